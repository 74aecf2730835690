//! The ids of all rows, in one piece of memory.

use std::cmp::Ordering;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// The ids of the rows of one input or two, the second's after the first's.
#[derive(Debug, Default)]
pub struct Ids {
    text: String,
    ends: Vec<usize>,
    /// Rows of each input.
    rows: Vec<usize>,
}

impl Ids {
    /// Begins the next input.
    pub fn begin_input(&mut self) {
        self.rows.push(0);
    }

    /// Adds the next row's id.
    pub fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
        if let Some(rows) = self.rows.last_mut() {
            *rows += 1;
        }
    }

    /// Rows of each input.
    pub fn rows(&self) -> &[usize] {
        &self.rows
    }

    /// Rows of all inputs.
    pub fn total(&self) -> usize {
        self.ends.len()
    }

    /// The id of a row.
    pub fn id(&self, row: usize) -> &str {
        let start = row
            .checked_sub(1)
            .and_then(|before| self.ends.get(before))
            .copied()
            .unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Which input a row is of.
    pub fn input(&self, row: usize) -> usize {
        usize::from(self.rows.first().is_some_and(|first| row >= *first))
    }

    /// A number for each row that its place does not change: from its input and id.
    pub fn names(&self) -> Vec<u64> {
        (0..self.total())
            .into_par_iter()
            .map(|row| {
                let mut hash = Sha256::new();
                hash.update([self.input(row) as u8]);
                hash.update(self.id(row));
                let mut first = [0; 8];
                first
                    .iter_mut()
                    .zip(hash.finalize())
                    .for_each(|(to, from)| *to = from);
                u64::from_le_bytes(first)
            })
            .collect()
    }

    /// The rows by input and id, which is the order of everything that is written.
    pub fn in_order(&self) -> Vec<u32> {
        // Comparing eight bytes in place decides nearly always, and far sooner than looking an id up.
        let mut rows: Vec<(u64, u32)> = (0..self.total())
            .into_par_iter()
            .map(|row| (self.first_bytes(row), row as u32))
            .collect();
        rows.par_sort_unstable_by(|(one_bytes, one), (other_bytes, other)| {
            self.input(*one as usize)
                .cmp(&self.input(*other as usize))
                .then(one_bytes.cmp(other_bytes))
                .then_with(|| self.id(*one as usize).cmp(self.id(*other as usize)))
        });
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// The first row, by place, whose id an earlier row of its input has too, with that row; and how many there are.
    /// `in_order` is what [`Ids::in_order`] gave.
    pub fn repeated(&self, in_order: &[u32]) -> Option<(usize, usize, usize)> {
        let mut first: Option<(usize, usize)> = None;
        let mut count = 0;
        for group in
            in_order.chunk_by(|one, other| self.same(*one as usize, *other as usize) == Ordering::Equal)
        {
            count += group.len() - 1;
            let mut rows: Vec<usize> = group.iter().map(|row| *row as usize).collect();
            rows.sort_unstable();
            if let [earlier, later, ..] = rows[..]
                && first.is_none_or(|(found, _)| later < found)
            {
                first = Some((later, earlier));
            }
        }
        first.map(|(later, earlier)| (later, earlier, count))
    }

    fn same(&self, one: usize, other: usize) -> Ordering {
        self.input(one)
            .cmp(&self.input(other))
            .then_with(|| self.id(one).cmp(self.id(other)))
    }

    fn first_bytes(&self, row: usize) -> u64 {
        let mut first = [0; 8];
        first
            .iter_mut()
            .zip(self.id(row).bytes())
            .for_each(|(to, from)| *to = from);
        u64::from_be_bytes(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(inputs: &[&[&str]]) -> Ids {
        let mut ids = Ids::default();
        for input in inputs {
            ids.begin_input();
            input.iter().for_each(|id| ids.push(id));
        }
        ids
    }

    #[test]
    fn rows_stand_by_input_and_id() {
        let ids = ids(&[&["b", "a", "long-name-2", "long-name-1"], &["a", ""]]);
        let order: Vec<(usize, &str)> = ids
            .in_order()
            .iter()
            .map(|row| (ids.input(*row as usize), ids.id(*row as usize)))
            .collect();
        assert_eq!(
            order,
            [
                (0, "a"),
                (0, "b"),
                (0, "long-name-1"),
                (0, "long-name-2"),
                (1, ""),
                (1, "a")
            ]
        );
        assert_eq!(ids.repeated(&ids.in_order()), None);
    }

    #[test]
    fn an_id_may_be_in_both_inputs_but_not_twice_in_one() {
        let ids = ids(&[&["x", "y", "x", "y", "x"], &["x"]]);
        assert_eq!(ids.repeated(&ids.in_order()), Some((2, 0, 3)));
    }

    #[test]
    fn names_depend_on_input_and_id_alone() {
        let one = ids(&[&["a", "b"], &["a"]]).names();
        let other = ids(&[&["b", "a"], &["a"]]).names();
        assert_eq!((one[0], one[1], one[2]), (other[1], other[0], other[2]));
        assert_ne!(one[0], one[2]);
    }
}
