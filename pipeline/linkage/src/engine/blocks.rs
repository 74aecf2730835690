//! Rows that share a block of a key.

use rayon::prelude::*;

use super::{
    frame::{Frame, Row},
    keys::Key,
};

/// Rows with their blocks' tokens, sorted: block by block, in each the rows of the first input before the second's.
pub(super) struct Blocks {
    sorted: Vec<Placed>,
}

/// A row and the token of its block.
pub(super) type Placed = (u64, Row);

/// Rows that one task builds tokens of.
const ROWS_A_TASK: usize = 1 << 16;

impl Blocks {
    /// The blocks of a key; with `sample` above 1, only one block in so many.
    pub(super) fn of(frame: &Frame<'_>, key: &Key, sample: u64) -> Self {
        let rows: Vec<usize> = (0..frame.rows()).step_by(ROWS_A_TASK).collect();
        let mut parts: Vec<Vec<Placed>> = rows
            .into_par_iter()
            .map(|start| {
                let end = (start + ROWS_A_TASK).min(frame.rows());
                let mut part = Vec::with_capacity(if sample > 1 { 0 } else { end - start });
                for row in start..end {
                    let row = row as Row;
                    if let Some(token) = key.token(frame.row(row))
                        && (sample <= 1 || token % sample == 0)
                    {
                        part.push((token, row));
                    }
                }
                part
            })
            .collect();
        let mut sorted = Vec::with_capacity(parts.iter().map(Vec::len).sum());
        for part in &mut parts {
            sorted.append(part);
        }
        sorted.par_sort_unstable();
        Blocks { sorted }
    }

    /// Stretches of whole blocks, about `count` of them.
    pub(super) fn stretches(&self, count: usize) -> Vec<&[Placed]> {
        let mut stretches = Vec::new();
        let mut rest = self.sorted.as_slice();
        let size = (rest.len() / count.max(1)).max(1 << 12);
        while rest.len() > size {
            let token = rest.get(size - 1).map_or(0, |(token, _)| *token);
            let end = size
                + rest
                    .get(size..)
                    .unwrap_or_default()
                    .partition_point(|(other, _)| *other == token);
            let (stretch, after) = rest.split_at(end);
            stretches.push(stretch);
            rest = after;
        }
        if !rest.is_empty() {
            stretches.push(rest);
        }
        stretches
    }
}

/// The blocks of a stretch.
pub(super) fn blocks_of(stretch: &[Placed]) -> impl Iterator<Item = &[Placed]> {
    stretch.chunk_by(|(a, _), (b, _)| a == b)
}

/// Splits the rows of a block into those that are compared with each other: of two inputs the one's and the
/// other's, of a single one all and nothing.
pub(super) fn sides<'b>(frame: &Frame<'_>, rows: &'b [Placed]) -> (&'b [Placed], &'b [Placed]) {
    if frame.two {
        rows.split_at(rows.partition_point(|(_, row)| frame.is_left(*row)))
    } else {
        (rows, &[])
    }
}

/// Pairs of rows in a block.
pub(super) fn pairs_in(frame: &Frame<'_>, rows: &[Placed]) -> u64 {
    let (left, right) = sides(frame, rows);
    let (left, right) = (left.len() as u64, right.len() as u64);
    if frame.two {
        left * right
    } else {
        left * left.saturating_sub(1) / 2
    }
}
