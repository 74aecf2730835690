//! What share of notices matched, and why the rest did not.
//!
//! A *notice* comes in as plain facts ([`Notice`]): who sent it and when, which identifiers it bore, what
//! linkage found. [`assess`] judges each by the stated rules; [`match_rates`] counts them by provider, month
//! and area; [`unmatched`] lists those that somebody must act on. Rates are operational: they count real
//! children without disclosure control, and are not for publication.

pub mod interval;
pub mod organisation;

pub use interval::{Interval, per_thousand, wilson};
pub use organisation::{Body, Organisations, OrganisationsError};
