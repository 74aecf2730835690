//! Keeps how good the night's links are.

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
    let mut rows = Vec::new();
    let mut add = |measure: &str, part: String, counted: u64, of: u64| {
        if let Some(interval) = measures::wilson(counted, of) {
            rows.push(QualityRow {
                measure: measure.to_owned(),
                slice: if part.is_empty() { "total" } else { "kind" }.to_owned(),
                part,
                counted: Some((counted, of)),
                share: Some([interval.value, interval.lower, interval.upper]),
            });
        }
    };
    for (measure, by_kind) in [
        ("hold-out recall", &held_out.found),
        ("hold-out precision", &held_out.right),
    ] {
        for kind in Kind::ALL {
            if let Some((of, counted)) = by_kind.get(&(kind as u8)) {
                add(measure, kind.as_str().to_owned(), *counted, *of);
            }
        }
        let (of, counted) = by_kind
            .values()
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        add(measure, String::new(), counted, of);
    }
    let (of, counted) = held_out.decoys;
    add("decoys matched", String::new(), counted, of);
    rows
}
