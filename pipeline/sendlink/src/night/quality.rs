//! Keeps how good the night's links are.

use std::collections::BTreeMap;

use dataset::QualityRow;
use linkage::HoldOut;
use measures::QualityFigure;
use records::Kind;

use super::{Night, load::interrupted};
use crate::exit::Failure;

/// Keeps the figures by group, and what a second linkage without NHS numbers found.
///
/// # Errors
/// Where the database fails.
pub async fn keep(night: &Night<'_>, figures: &[QualityFigure]) -> Result<(), Failure> {
    let mut rows: Vec<QualityRow> = figures.iter().map(row).collect();
    rows.extend(by_kind("implausible match", &night.implausible));
    rows.extend(night.held_out.iter().flat_map(held_out_rows));
    night
        .store
        .save_quality(&night.lease, &night.run, &rows)
        .await
        .map_err(interrupted)
}

fn row(figure: &QualityFigure) -> QualityRow {
    QualityRow {
        measure: figure.measure.as_str().to_owned(),
        slice: figure.slice.as_str().to_owned(),
        part: figure.part.clone(),
        counted: figure.counted.map(|(counted, of, _)| (counted, of)),
        share: figure
            .counted
            .map(|(_, _, interval)| [interval.value, interval.lower, interval.upper]),
    }
}

/// What a second linkage found, which knew no NHS number.
fn held_out_rows(held_out: &HoldOut) -> Vec<QualityRow> {
    let mut rows = by_kind("hold-out recall", &held_out.found);
    rows.extend(by_kind("hold-out precision", &held_out.right));
    let (of, counted) = held_out.decoys;
    rows.extend(counted_row("decoys matched", None, counted, of));
    rows
}

/// A measure by kind of record, and in all; of each kind how many there are, and how many of them count.
fn by_kind(measure: &str, kinds: &BTreeMap<u8, (u64, u64)>) -> Vec<QualityRow> {
    let of_kinds = Kind::ALL.into_iter().filter_map(|kind| {
        let (of, counted) = kinds.get(&(kind as u8))?;
        counted_row(measure, Some(kind), *counted, *of)
    });
    let (of, counted) = kinds
        .values()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    of_kinds.chain(counted_row(measure, None, counted, of)).collect()
}

/// So many of so many, of a kind or in all; none of none at all.
fn counted_row(measure: &str, kind: Option<Kind>, counted: u64, of: u64) -> Option<QualityRow> {
    let interval = measures::wilson(counted, of)?;
    Some(QualityRow {
        measure: measure.to_owned(),
        slice: if kind.is_some() { "kind" } else { "total" }.to_owned(),
        part: kind.map_or(String::new(), |kind| kind.as_str().to_owned()),
        counted: Some((counted, of)),
        share: Some([interval.value, interval.lower, interval.upper]),
    })
}
