//! A made-up local area written as real files, with the truth apart.
