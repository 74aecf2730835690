//! Pregnancy notifications, and the births that end them.

use kit::{
    Connector, Delivery, ReadError, Reading, Sink, SnapshotScope, Table, layout::LayoutError,
    mappings::MappingError,
};
use records::Kind;

/// Reads feeds of this kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pregnancy;

impl Connector for Pregnancy {
    fn kind(&self) -> Kind {
        Kind::Pregnancy
    }

    fn tables(&self) -> &'static [Table] {
        &[]
    }

    fn read(
        &self,
        _delivery: &Delivery,
        reading: &Reading<'_>,
        _sink: &mut dyn Sink,
    ) -> Result<Vec<SnapshotScope>, ReadError> {
        Err(MappingError::from(LayoutError::Contradiction {
            layout: reading.layout.name.clone(),
            what: format!("{} have no layout yet", Kind::Pregnancy.plural()),
        })
        .into())
    }
}
