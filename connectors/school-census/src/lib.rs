//! The DfE school census: Blade CSV exports and per-school XML.
