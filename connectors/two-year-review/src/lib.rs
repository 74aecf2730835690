//! Health reviews at 2 to 2½ years, with ASQ-3.
//!
//! Health visitors see every child between 24 and 30 months of age (Healthy Child Programme; the review is mandated by
//! the Local Authorities (Public Health Functions and Entry to Premises by Local Healthwatch Representatives)
//! Regulations 2013). Reviews arrive in three ways: as a provider's own submission to the Community Services Data Set,
//! a set of tables without names; as a supplier's flat file, a review a row ([`REVIEWS`]); and as observations in FHIR.
//!
//! # Which contacts are reviews
//!
//! In the data set a review is a contact of health visiting that was attended and has the activity type "2-2½ year
//! review". Where a contact's activities have no type at all, the child's age tells: 691 to 914 days, as national
//! analyses of the data set have it, and then only the first such contact of a child without a typed review, and only
//! where the team is known to be health visiting. Of several contacts on one day one is the review, the one with most
//! scores. All else that the provider's community services did is out of scope and only counted.
//!
//! # Where the scores are
//!
//! Scores that were taken at a contact hang on its activities (CYP612). Scores that came by another way hang on the
//! referral, with a day of their own (CYP609). Where that day and referral are those of a contact that is a review, the
//! two are one record, named by the contact; else the assessment is a review of its own, named by referral and day,
//! provided that its form is one of the three of this review or the child is of the age for it. A refresh of the month
//! replaces all records of provider and month, so that a contact which turns up later takes its assessment over.
//!
//! The form that was used is the one that the code of the score names: never derived from age, only compared with it.

use kit::{
    Connector, Delivery, ReadError, Reading, Sink, SnapshotScope, Table,
    layout::{Format, LayoutError},
    mappings::MappingError,
};
use records::Kind;

mod asq;
mod csds;
mod fhir;
mod fields;
mod flat;
pub mod rules;

pub use asq::{Asq, Domain, Meaning};
pub use fields::REVIEWS;

/// Reads reviews.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwoYearReview;

impl Connector for TwoYearReview {
    fn kind(&self) -> Kind {
        Kind::TwoYearReview
    }

    fn tables(&self) -> &'static [Table] {
        csds::tables::TABLES
    }

    fn read(
        &self,
        delivery: &Delivery,
        reading: &Reading<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<SnapshotScope>, ReadError> {
        reading.layout.check(self.tables()).map_err(MappingError::from)?;
        match reading.layout.file.format {
            Format::Csv | Format::Xlsx | Format::Json => {
                flat::read(delivery, reading, sink)?;
                Ok(Vec::new())
            }
            Format::Fhir => {
                fhir::read(delivery, reading, sink)?;
                Ok(Vec::new())
            }
            Format::TableSet => csds::read(delivery, reading, sink),
            Format::Xml | Format::Blade => Err(MappingError::from(LayoutError::Contradiction {
                layout: reading.layout.name.clone(),
                what: format!(
                    "{} are read as flat files, FHIR and table sets",
                    Kind::TwoYearReview.plural()
                ),
            })
            .into()),
        }
    }
}
