//! Counting pairs and shares of clusters and entities, without listing a pair.

use super::BCubed;

/// How many rows of a group are of the first input and how many of the second.
#[derive(Clone, Copy, Debug, Default)]
struct Sides {
    first: u64,
    second: u64,
}

impl Sides {
    fn of(rows: &[u32], left: Option<usize>) -> Self {
        let first = rows
            .iter()
            .filter(|row| left.is_none_or(|left| (**row as usize) < left))
            .count() as u64;
        Sides {
            first,
            second: rows.len() as u64 - first,
        }
    }

    /// Pairs across the inputs; of one input all pairs.
    fn pairs(self, left: Option<usize>) -> u64 {
        match left {
            Some(_) => self.first * self.second,
            None => self.first * self.first.saturating_sub(1) / 2,
        }
    }
}

/// Pairs of rows that are of one entity.
pub fn true_pairs(entities: &[u32], left: Option<usize>) -> u64 {
    by(entities.len(), |row| (at(entities, row), 0))
        .groups()
        .map(|rows| Sides::of(rows, left).pairs(left))
        .sum()
}

/// Pairs of rows that are in one cluster, and those of them that are of one entity.
pub fn pairs_in_clusters(clusters: &[u32], entities: &[u32], left: Option<usize>) -> (u64, u64) {
    let said = by(clusters.len(), |row| (at(clusters, row), 0))
        .groups()
        .map(|rows| Sides::of(rows, left).pairs(left))
        .sum();
    let right = by(clusters.len(), |row| (at(clusters, row), at(entities, row)))
        .groups()
        .map(|rows| Sides::of(rows, left).pairs(left))
        .sum();
    (said, right)
}

/// B-cubed precision and recall.
pub fn b_cubed(clusters: &[u32], entities: &[u32]) -> BCubed {
    let rows = clusters.len();
    if rows == 0 {
        return BCubed {
            precision: 1.0,
            recall: 1.0,
            f1: 1.0,
        };
    }
    let mut of_cluster = vec![0_u64; rows];
    let mut of_entity = vec![0_u64; rows];
    for (sizes, key) in [(&mut of_cluster, clusters), (&mut of_entity, entities)] {
        for group in by(rows, |row| (at(key, row), 0)).groups() {
            for row in group {
                if let Some(size) = sizes.get_mut(*row as usize) {
                    *size = group.len() as u64;
                }
            }
        }
    }
    let (mut precision, mut recall) = (0.0, 0.0);
    for cell in by(rows, |row| (at(clusters, row), at(entities, row))).groups() {
        let shared = cell.len() as f64;
        // All rows of a cell have the same cluster and entity.
        if let Some(row) = cell.first() {
            let size = |sizes: &[u64]| sizes.get(*row as usize).copied().unwrap_or(1) as f64;
            precision += shared * shared / size(&of_cluster);
            recall += shared * shared / size(&of_entity);
        }
    }
    let (precision, recall) = (precision / rows as f64, recall / rows as f64);
    BCubed {
        precision,
        recall,
        f1: 2.0 * precision * recall / (precision + recall),
    }
}

/// Rows sorted by a key.
struct By {
    rows: Vec<u32>,
    ends: Vec<usize>,
}

impl By {
    fn groups(&self) -> impl Iterator<Item = &[u32]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(&self.ends)
            .filter_map(|(start, end)| self.rows.get(start..*end))
    }
}

fn by(rows: usize, key: impl Fn(usize) -> (u32, u32)) -> By {
    let mut keyed: Vec<((u32, u32), u32)> = (0..rows).map(|row| (key(row), row as u32)).collect();
    keyed.sort_unstable();
    let mut ends = Vec::new();
    let mut end = 0;
    for group in keyed.chunk_by(|one, other| one.0 == other.0) {
        end += group.len();
        ends.push(end);
    }
    By {
        rows: keyed.into_iter().map(|(_, row)| row).collect(),
        ends,
    }
}

fn at(values: &[u32], row: usize) -> u32 {
    values.get(row).copied().unwrap_or(u32::MAX)
}
