//! What share of notices matched, and why the rest did not.
//!
//! A *notice* comes in as plain facts ([`Notice`]): who sent it and when, which identifiers it bore, what
//! linkage found; so do reviews, pregnancies and births ([`Early`]). [`assess()`] judges each notice by the stated
//! rules; [`match_rates`] counts by provider, month and area; [`unmatched()`] lists what somebody must act on. Rates are operational: they count real
//! children without disclosure control, and are not for publication.

pub mod assess;
pub mod census;
pub mod early;
pub mod facts;
pub mod interval;
pub mod notice;
pub mod organisation;
pub mod quality;
pub mod rates;
pub mod reason;
pub mod unmatched;
pub mod validity;

#[cfg(test)]
mod testing;

pub use assess::{Assessed, Births, Judgement, Settings, Standing, assess};
pub use census::{SchoolFact, SchoolFacts};
pub use early::{Birth, ChildRecord, Early, ExpectedChild, Pregnancy, Review};
pub use facts::FactsError;
pub use interval::{Interval, per_thousand, wilson};
pub use notice::{Link, Notice, NoticeState, Stated, Tier};
pub use organisation::{Body, Organisations, OrganisationsError};
pub use quality::{QualityFigure, QualityMeasure, QualitySlice, quality};
pub use rates::{Maturity, Measure, Part, Rate, Slice, match_rates};
pub use reason::{Reason, ReasonRow, Reasons, ReasonsError};
pub use unmatched::{Item, Unmatched, unmatched};
pub use validity::{Fault, Residence};
