//! Section 23 notices: a health body tells the council of a child under school age who probably has SEND.
//!
//! The duty is that of section 23 of the Children and Families Act 2014: a health body that forms the opinion
//! that a child under compulsory school age has, or probably has, special educational needs or a disability
//! tells the parent, offers to discuss it, and then brings it to the attention of the authority. The Act sets no
//! form. What arrives is the export of an authority's online form, a spreadsheet or an interface's JSON, each
//! read through a layout of `mappings/section23/`.
//!
//! [`NOTICES`] declares the record. A notice is loaded if it says what it must (see `minimum`); everything else
//! that is missing or odd is a finding and costs nothing. Informing the parent and consent are kept apart: the
//! duty is to inform, and a refusal of sharing does not take the notice back. Free text and the names of staff
//! are never read.

use kit::{Connector, Delivery, ReadError, Reading, Sink, SnapshotScope, Table, mappings::MappingError};
use records::Kind;

mod bodies;
mod fields;
mod items;
mod minimum;
mod notice;
mod person;
pub mod rules;

pub use bodies::HealthBodies;
pub use fields::NOTICES;

/// Reads Section 23 notices.
#[derive(Clone, Copy, Debug, Default)]
pub struct Section23;

impl Connector for Section23 {
    fn kind(&self) -> Kind {
        Kind::Section23
    }

    fn tables(&self) -> &'static [Table] {
        std::slice::from_ref(&NOTICES)
    }

    fn read(
        &self,
        delivery: &Delivery,
        reading: &Reading<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<SnapshotScope>, ReadError> {
        reading.layout.check(self.tables()).map_err(MappingError::from)?;
        let bodies = HealthBodies::carried()?;
        let notices = notice::Notices::new(delivery, reading, bodies)?;
        let mut several = kit::several::Several::default();
        for file in &delivery.files {
            kit::flat::check_mapped(minimum::FIELDS, &reading.layout.columns, file, sink)?;
            kit::flat::read_file(&NOTICES, file, reading.layout, sink, |values| {
                let incoming = notices.read(values)?;
                if let Some(child) = &incoming.people.child {
                    let rule = ("notification_id", &rules::SEVERAL_CHILDREN);
                    several.check(values, rule, &incoming.key, incoming.record.version, child);
                }
                Some(incoming)
            })?;
        }
        Ok(Vec::new())
    }
}
