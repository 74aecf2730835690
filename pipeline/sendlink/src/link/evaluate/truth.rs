//! The truth: of each row the entity it is of.
//!
//! A file of truth is a list of pairs (`left_id,right_id`) or says of each row whom it is of (`input,id,entity`, where
//! `input` is the file's name without its extension). Other columns are passed over. Being the same passes on: where A
//! is B and B is C, A is C. A row that the truth does not name is an entity of its own.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use csv::StringRecord;

use crate::{
    exit::Failure,
    link::{
        ids::Ids,
        input::{place, refused, unusable},
        plan::Plan,
    },
};

/// Whom each row is of.
#[derive(Clone, Debug)]
pub struct Truth {
    entities: Vec<u32>,
}

impl Truth {
    /// Reads a file of truth about the rows of a plan's inputs.
    ///
    /// # Errors
    /// Exit code 65 where it has neither form, or names a row that is not there.
    pub fn read(path: &Path, plan: &Plan, ids: &Ids) -> Result<Self, Failure> {
        let mut csv = csv::Reader::from_path(path).map_err(|error| refused(path, &error))?;
        let headings = csv.headers().map_err(|error| refused(path, &error))?.clone();
        let has = |wanted: &str| headings.iter().any(|heading| heading.trim().ends_with(wanted));
        let reading = Reading {
            path: path.to_owned(),
            names: plan.inputs.iter().map(|input| input.name.clone()).collect(),
            rows: rows_by_id(ids),
        };
        let entities = if has("left_id") {
            reading.pairs(&mut csv, &headings, ids.total())?
        } else if has("entity") {
            reading.entities(&mut csv, &headings, ids.total())?
        } else {
            return Err(unusable(
                path,
                "line 1: a truth has the columns left_id and right_id, or input, id and entity",
            ));
        };
        Ok(Truth { entities })
    }

    /// The entity of each row: the first row that is of it.
    pub fn entities(&self) -> &[u32] {
        &self.entities
    }
}

/// The row of each id, by input.
fn rows_by_id(ids: &Ids) -> Vec<HashMap<&str, u32>> {
    let mut rows: Vec<HashMap<&str, u32>> = ids
        .rows()
        .iter()
        .map(|rows| HashMap::with_capacity(*rows))
        .collect();
    for row in 0..ids.total() {
        if let Some(of_input) = rows.get_mut(ids.input(row)) {
            of_input.insert(ids.id(row), row as u32);
        }
    }
    rows
}

struct Reading<'a> {
    path: PathBuf,
    names: Vec<String>,
    rows: Vec<HashMap<&'a str, u32>>,
}

impl Reading<'_> {
    fn pairs(
        &self,
        csv: &mut csv::Reader<std::fs::File>,
        headings: &StringRecord,
        rows: usize,
    ) -> Result<Vec<u32>, Failure> {
        let left = place(&self.path, headings, "left_id")?;
        let right = place(&self.path, headings, "right_id")?;
        // With one input both are of it.
        let second = self.names.len().saturating_sub(1);
        let mut same = Same::new(rows);
        let mut record = StringRecord::new();
        while csv
            .read_record(&mut record)
            .map_err(|error| refused(&self.path, &error))?
        {
            let one = self.row(&record, 0, left, "left_id")?;
            let other = self.row(&record, second, right, "right_id")?;
            same.join(one, other);
        }
        Ok(same.first_of_each())
    }

    fn entities(
        &self,
        csv: &mut csv::Reader<std::fs::File>,
        headings: &StringRecord,
        rows: usize,
    ) -> Result<Vec<u32>, Failure> {
        let input = place(&self.path, headings, "input")?;
        let id = place(&self.path, headings, "id")?;
        let entity = place(&self.path, headings, "entity")?;
        let mut first: HashMap<String, u32> = HashMap::new();
        let mut told = vec![false; rows];
        let mut same = Same::new(rows);
        let mut record = StringRecord::new();
        while csv
            .read_record(&mut record)
            .map_err(|error| refused(&self.path, &error))?
        {
            let name = record.get(input).unwrap_or_default().trim();
            let Some(of_input) = self.names.iter().position(|known| known == name) else {
                let names = self.names.join(" or ");
                return Err(self.refused(&record, format!("input names no input; it would be {names}")));
            };
            let row = self.row(&record, of_input, id, "id")?;
            let entity = record.get(entity).unwrap_or_default().trim();
            if entity.is_empty() {
                return Err(self.refused(&record, "there is no entity"));
            }
            match told.get_mut(row as usize) {
                Some(told) if !*told => *told = true,
                _ => return Err(self.refused(&record, "an earlier line already says of whom the row is")),
            }
            match first.get(entity) {
                Some(other) => same.join(*other, row),
                None => {
                    first.insert(entity.to_owned(), row);
                }
            }
        }
        Ok(same.first_of_each())
    }

    /// The row with the id in a field of a record.
    fn row(&self, record: &StringRecord, input: usize, field: usize, heading: &str) -> Result<u32, Failure> {
        let id = record.get(field).unwrap_or_default().trim();
        match self.rows.get(input).and_then(|rows| rows.get(id)) {
            Some(row) => Ok(*row),
            None => {
                let name = self.names.get(input).cloned().unwrap_or_default();
                Err(self.refused(record, format!("{heading} is the id of no row of {name}")))
            }
        }
    }

    fn refused(&self, record: &StringRecord, why: impl std::fmt::Display) -> Failure {
        let line = record.position().map_or(0, csv::Position::line);
        unusable(&self.path, format!("line {line}: {why}"))
    }
}

/// Which rows are the same, joined pair by pair.
struct Same {
    parents: Vec<u32>,
}

impl Same {
    fn new(rows: usize) -> Self {
        Same {
            parents: (0..rows as u32).collect(),
        }
    }

    fn first(&mut self, mut row: u32) -> u32 {
        while let Some(parent) = self.parents.get(row as usize).copied() {
            if parent == row {
                break;
            }
            // Halving the way as it is walked keeps it short.
            let above = self.parents.get(parent as usize).copied().unwrap_or(parent);
            if let Some(place) = self.parents.get_mut(row as usize) {
                *place = above;
            }
            row = above;
        }
        row
    }

    fn join(&mut self, one: u32, other: u32) {
        let (one, other) = (self.first(one), self.first(other));
        let (first, later) = (one.min(other), one.max(other));
        if let Some(place) = self.parents.get_mut(later as usize) {
            *place = first;
        }
    }

    fn first_of_each(mut self) -> Vec<u32> {
        (0..self.parents.len() as u32)
            .map(|row| self.first(row))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn being_the_same_passes_on() {
        let mut same = Same::new(6);
        same.join(4, 5);
        same.join(1, 4);
        same.join(0, 2);
        assert_eq!(same.first_of_each(), [0, 1, 0, 3, 1, 1]);
    }
}
