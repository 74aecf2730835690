//! Match rates and intervals.
