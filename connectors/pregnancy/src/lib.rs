//! Notifications of pregnancies, and the births that end them.
//!
//! No national message tells of a pregnancy whoever plans for its child. What there is are lists and exports of
//! maternity systems, a notification a row ([`NOTIFICATIONS`]), each read through a layout of `mappings/pregnancy/`;
//! and the monthly submissions to the Maternity Services Data Set, a set of tables without names. Births are told of
//! nationally, in FHIR ([`BIRTHS`]).
//!
//! A notification is about no child yet: it holds its mother and when a child is due. A row that states how the
//! pregnancy ended is an update of it; taking it back says that it was sent in error. Due dates and days of birth leave
//! the reader as months. Vulnerabilities are flags: what they are about is never read.

use kit::{
    Connector, Delivery, Layout, ReadError, Reading, Sink, SnapshotScope, Table,
    layout::{Format, LayoutError},
    mappings::MappingError,
};
use records::Kind;

mod births;
mod course;
mod fhir;
mod fields;
mod items;
mod key;
mod mother;
mod msds;
mod notification;
pub mod rules;

pub use births::BIRTHS;
pub use fields::NOTIFICATIONS;

/// Reads notifications of pregnancies and births.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pregnancy;

impl Connector for Pregnancy {
    fn kind(&self) -> Kind {
        Kind::Pregnancy
    }

    fn tables(&self) -> &'static [Table] {
        msds::tables::TABLES
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
                read_flat(delivery, reading, sink)?;
                Ok(Vec::new())
            }
            Format::TableSet => msds::read(delivery, reading, sink),
            Format::Fhir => {
                fhir::read(delivery, reading, sink)?;
                Ok(Vec::new())
            }
            Format::Xml | Format::Blade => {
                let what = format!(
                    "{} are read as flat files, FHIR and table sets",
                    Kind::Pregnancy.plural()
                );
                Err(not_laid_out(reading.layout, &what).into())
            }
        }
    }
}

/// The error of a layout that this kind cannot be read by.
fn not_laid_out(layout: &Layout, what: &str) -> MappingError {
    MappingError::from(LayoutError::Contradiction {
        layout: layout.name.clone(),
        what: what.to_owned(),
    })
}

fn read_flat(delivery: &Delivery, reading: &Reading<'_>, sink: &mut dyn Sink) -> Result<(), ReadError> {
    let mut notifications = notification::Notifications::new(delivery, reading);
    for file in &delivery.files {
        kit::flat::check_mapped(notification::MINIMUM, &reading.layout.columns, file, sink)?;
        kit::flat::read_file(&NOTIFICATIONS, file, reading.layout, sink, |values| {
            notifications.read(values)
        })?;
    }
    Ok(())
}
