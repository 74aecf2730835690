//! Rows that are nobody's: each value is that of another row. Whatever they are linked with, chance alone did it
//! (Robach, Statistics in Medicine, 2025). They are held against the rows when all is learned, and change no link.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use rayon::prelude::*;

use super::{
    assignment,
    frame::{Frame, Row, SPARE_ROWS},
    keys::Key,
    levels::compare,
    mix,
    outcome::Decoys,
    scale::Scale,
    weights::Weights,
};
use crate::Weight;

/// No more decoys than this: a rate of one in a thousand shows among them.
const MOST_DECOYS: usize = SPARE_ROWS;
/// A decoy to so many rows at most, as each is held against as many others as a row is.
const ROWS_TO_A_DECOY: usize = 4;
/// Rows whose blocks one task looks up.
const ROWS_A_TASK: usize = 1 << 14;

/// Adds decoys to a frame that nothing else is learned from, and counts those that would be links. Of two inputs they
/// are rows of the second, held against the first. `taken` are, where each row has one match at most, the odds of all
/// candidates of each row together.
pub(super) fn count(
    mut frame: Frame<'_>,
    keys: &[Key],
    weights: &Weights,
    taken: Option<&[f64]>,
    threshold: Weight,
) -> Decoys {
    let real = frame.rows();
    let (sources, against) = if frame.two {
        (frame.left..real, 0..frame.left)
    } else {
        (0..real, 0..real)
    };
    let rows = (sources.len() / ROWS_TO_A_DECOY).min(MOST_DECOYS);
    let alone = taken.map_or(0.0, |_| assignment::uncontested_bits(&frame, weights));
    for decoy in 0..rows as u64 {
        frame.push_mixed(|column| {
            let drawn = mix(decoy ^ ((column as u64 + 1) << 32)) % sources.len() as u64;
            (sources.start as u64 + drawn) as Row
        });
    }
    let mut pairs = in_one_block(&frame, keys, real, against);
    pairs.par_sort_unstable();
    pairs.dedup();

    let scale = Scale::new(&frame, weights);
    // What the row's own candidates leave of it: what assignment would send a decoy that nobody else wants.
    let left_of = |row: Row| {
        let odds = taken.and_then(|taken| taken.get(row as usize));
        odds.map_or(0.0, |odds| alone - (1.0 + odds).log2())
    };
    let mut found: Vec<Row> = pairs
        .par_iter()
        .filter_map(|(decoy, row)| {
            let pattern = compare(&frame, *row, *decoy);
            let bits = scale.weigh(&frame, *row, *decoy, pattern) + left_of(*row);
            (Weight::nearest(bits) >= threshold).then_some(*decoy)
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    Decoys {
        rows: rows as u64,
        linked: found.len() as u64,
    }
}

/// Decoys, each with the rows that share a block of any key with it.
fn in_one_block(
    frame: &Frame<'_>,
    keys: &[Key],
    real: usize,
    against: std::ops::Range<usize>,
) -> Vec<(Row, Row)> {
    let decoys_by_token: Vec<HashMap<u64, Vec<Row>, FixedState>> = keys
        .iter()
        .map(|key| {
            let mut by_token: HashMap<u64, Vec<Row>, FixedState> = HashMap::default();
            for decoy in real as Row..frame.rows() as Row {
                if let Some(token) = key.token(frame.row(decoy)) {
                    by_token.entry(token).or_default().push(decoy);
                }
            }
            by_token
        })
        .collect();
    let starts: Vec<usize> = against.clone().step_by(ROWS_A_TASK).collect();
    starts
        .into_par_iter()
        .flat_map_iter(|start| {
            let mut pairs = Vec::new();
            for row in start..(start + ROWS_A_TASK).min(against.end) {
                let row = row as Row;
                let units = frame.row(row);
                for (key, by_token) in keys.iter().zip(&decoys_by_token) {
                    let decoys = key.token(units).and_then(|token| by_token.get(&token));
                    pairs.extend(decoys.into_iter().flatten().map(|decoy| (*decoy, row)));
                }
            }
            pairs
        })
        .collect()
}
