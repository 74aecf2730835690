//! The DfE school census, pupil level: the COLLECT Blade export and a school's own XML return.
//!
//! Statutory basis: Education Act 1996 section 537A and the Education (Information About Individual Pupils)
//! (England) Regulations 2013. A census is taken in January, May and October; types of need are collected in
//! January only. Each pupil in each school's return is a record of its own, so that what one census does not
//! collect wipes nothing that another one said. A pupil registered at two schools is two records.
//!
//! How the files call things is data: `mappings/school-census/blade.toml` and `xml.toml`.

mod blade;
mod children;
mod header;
mod names;
mod pupil;
pub mod rules;
pub mod tables;
mod xml;

use kit::{
    Connector, Delivery, ReadError, Reading, Sink, SnapshotScope, Table,
    layout::{Format, LayoutError},
    mappings::MappingError,
};
use records::Kind;

/// Reads the school census.
#[derive(Clone, Copy, Debug, Default)]
pub struct SchoolCensus;

impl Connector for SchoolCensus {
    fn kind(&self) -> Kind {
        Kind::SchoolCensus
    }

    fn tables(&self) -> &'static [Table] {
        tables::TABLES
    }

    fn read(
        &self,
        delivery: &Delivery,
        reading: &Reading<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<SnapshotScope>, ReadError> {
        match reading.layout.file.format {
            Format::Blade => blade::read(delivery, reading, sink),
            Format::Xml => xml::read(delivery, reading, sink),
            Format::Csv | Format::Xlsx | Format::Json | Format::Fhir | Format::TableSet => {
                Err(MappingError::from(LayoutError::Contradiction {
                    layout: reading.layout.name.clone(),
                    what: "the school census is read in the formats blade and xml".to_owned(),
                })
                .into())
            }
        }
    }
}
