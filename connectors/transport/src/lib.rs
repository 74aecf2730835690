//! How bytes arrive; knows no format.
