//! Health reviews at 2 to 2½ years, with ASQ-3.

use kit::{
    Connector, Delivery, ReadError, Reading, Sink, SnapshotScope, Table, layout::LayoutError,
    mappings::MappingError,
};
use records::Kind;

/// Reads feeds of this kind.
#[derive(Clone, Copy, Debug, Default)]
pub struct TwoYearReview;

impl Connector for TwoYearReview {
    fn kind(&self) -> Kind {
        Kind::TwoYearReview
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
            what: format!("{} have no layout yet", Kind::TwoYearReview.plural()),
        })
        .into())
    }
}
