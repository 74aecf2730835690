//! What the engine takes: columns of encoded values.

use crate::Weight;

/// What a column holds, which decides how far two of its values can agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ColumnKind {
    /// Names of people: near where most bigrams, the first letters or the sound are the same.
    Name,
    /// Dates: near where day and month are exchanged, or one part or digit is wrong.
    Date,
    /// Postcodes: near within a sector or an outward code, or with a slip.
    Postcode,
    /// Codes and numbers: near where most pairs of neighbouring signs are the same.
    Code,
    /// Any other text: addresses, places, e-mail addresses.
    Text,
}

/// Parts of a value that have tokens of their own.
pub const PARTS: usize = 4;

/// One distinct value of a column, encoded. Two values are the same where `whole` is.
///
/// | kind | `parts`, 0 where there is none |
/// |---|---|
/// | name | first three letters; first letter; sound; none |
/// | date | year; month; day; the date with day and month exchanged, under the key of `whole` |
/// | postcode | sector; outward code; none; none |
/// | code | first half; second half; none; none |
/// | text | first word; longest other word; first four letters; none |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// Keyed token of the whole value.
    pub whole: u64,
    /// Keyed tokens of its parts.
    pub parts: [u64; PARTS],
    /// Keyed bit vector of its bigrams.
    pub bits: [u64; 4],
    /// Of a date: its day number, moved by an offset that the key hides.
    pub day: i32,
}

/// Names a value of one column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(u32);

/// A column: its distinct values, and which of them each row has.
#[derive(Clone, Debug)]
pub struct Column {
    pub(super) name: String,
    pub(super) kind: ColumnKind,
    pub(super) values: Vec<Value>,
    /// Of each value the others that stand beside it (the parts of a double name, former names): positions in
    /// `other_ids`, one more than there are values.
    pub(super) others: Vec<u32>,
    pub(super) other_ids: Vec<u32>,
    /// Of each row its value, counted from 1; 0 where it has none.
    pub(super) cells: Vec<u32>,
}

impl Column {
    /// A column without rows.
    pub fn new(name: &str, kind: ColumnKind) -> Self {
        Column {
            name: name.to_owned(),
            kind,
            values: Vec::new(),
            others: vec![0],
            other_ids: Vec::new(),
            cells: Vec::new(),
        }
    }

    /// Its name, for people.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it holds.
    pub fn kind(&self) -> ColumnKind {
        self.kind
    }

    /// Rows so far.
    pub fn rows(&self) -> usize {
        self.cells.len()
    }

    /// Rows without a value.
    pub fn missing(&self) -> usize {
        self.cells.iter().filter(|cell| **cell == 0).count()
    }

    /// Adds a distinct value, with others that stand beside it. The caller adds each combination once.
    ///
    /// # Errors
    ///
    /// When there are more values than 32 bits count.
    pub fn add_value(&mut self, value: Value, others: &[ValueId]) -> Result<ValueId, TableError> {
        let id = u32::try_from(self.values.len()).map_err(|_| TableError::TooMany)?;
        self.values.push(value);
        self.other_ids.extend(others.iter().map(|other| other.0));
        self.others
            .push(u32::try_from(self.other_ids.len()).map_err(|_| TableError::TooMany)?);
        Ok(ValueId(id))
    }

    /// The value of a row.
    pub(super) fn value_of(&self, row: u32) -> Option<&Value> {
        let id = self.cells.get(row as usize)?.checked_sub(1)?;
        self.values.get(id as usize)
    }

    /// Positions of the values that stand beside a value.
    pub(super) fn others_of(&self, id: usize) -> &[u32] {
        let at = |position: usize| self.others.get(position).map_or(0, |at| *at as usize);
        self.other_ids.get(at(id)..at(id + 1)).unwrap_or_default()
    }

    /// Adds a row.
    pub fn push(&mut self, value: Option<ValueId>) {
        self.cells
            .push(value.map_or(0, |value| value.0.saturating_add(1)));
    }
}

/// One or two inputs, the rows of the second after those of the first.
#[derive(Clone, Debug)]
pub struct Tables {
    pub(super) columns: Vec<Column>,
    pub(super) same_as: Vec<Option<usize>>,
    pub(super) left: usize,
    pub(super) names: Vec<u64>,
    pub(super) inputs: usize,
}

impl Tables {
    /// Puts columns together.
    ///
    /// `same_as` says of each column with which other its values may have been exchanged (forename and surname);
    /// `rows` counts the rows of each input, one or two; `names` gives each row a number of its own that does not
    /// depend on the order of rows (a hash of its id), which breaks ties.
    ///
    /// # Errors
    ///
    /// When there are no columns, not one or two inputs, or the columns are of different lengths.
    pub fn new(
        columns: Vec<Column>,
        same_as: Vec<Option<usize>>,
        rows: &[usize],
        names: Vec<u64>,
    ) -> Result<Self, TableError> {
        let total: usize = rows.iter().sum();
        if u32::try_from(total).is_err() {
            return Err(TableError::TooMany);
        }
        let (Some(left), 1 | 2) = (rows.first(), rows.len()) else {
            return Err(TableError::Inputs);
        };
        let even = columns.iter().all(|column| column.rows() == total)
            && names.len() == total
            && same_as.len() == columns.len()
            && same_as.iter().flatten().all(|other| *other < columns.len());
        if columns.is_empty() || !even {
            return Err(TableError::Uneven);
        }
        if columns.len() > MOST_COLUMNS {
            return Err(TableError::TooManyColumns);
        }
        Ok(Tables {
            columns,
            same_as,
            left: *left,
            names,
            inputs: rows.len(),
        })
    }

    /// Rows of all inputs.
    pub fn rows(&self) -> usize {
        self.names.len()
    }

    /// Rows of the first input.
    pub fn left_rows(&self) -> usize {
        self.left
    }

    /// Its columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Whether there are two inputs, whose rows are linked with each other only.
    pub fn are_two(&self) -> bool {
        self.inputs == 2
    }
}

/// Columns that a packed pattern has room for, three bits each.
pub const MOST_COLUMNS: usize = 21;

/// How to link tables.
#[derive(Clone, Copy, Debug, Default)]
pub struct TableSettings {
    /// Pairs of this weight or more are links; none for the default, at which a pair is as likely one person as not.
    pub threshold: Option<Weight>,
    /// Each row of one input is linked with at most one row of the other, as where both are free of duplicates.
    /// Says nothing of a single input.
    pub one_to_one: bool,
}

/// Why tables cannot be linked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// Neither one input nor two.
    #[error("one or two inputs can be linked")]
    Inputs,
    /// No column, or columns of different lengths.
    #[error("the columns are not equally long, or there is none")]
    Uneven,
    /// A position would need more than 32 bits.
    #[error("more than {} rows or values", u32::MAX)]
    TooMany,
    /// A pattern has no room for so many columns.
    #[error("more than {MOST_COLUMNS} columns")]
    TooManyColumns,
}
