//! The joint SEND dataset: its tables, their columns, and what they mean. From this declaration come the
//! tables of both back ends, their comments, the digest and the data dictionary.

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// A calendar day: `date` in PostgreSQL, ISO text in SQLite.
    Date,
    /// A small whole number; a flag is 0 or 1.
    Integer,
    /// Bits of evidence, a multiple of 1/1024.
    Weight,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether it may be blank.
    pub nullable: bool,
    /// What it means.
    pub comment: &'static str,
}

/// A foreign key.
#[derive(Clone, Copy, Debug)]
pub struct ForeignKey {
    /// The column.
    pub column: &'static str,
    /// The table it points into, whose primary key it holds.
    pub table: &'static str,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub comment: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// The columns of its primary key.
    pub primary_key: &'static [&'static str],
    /// Its foreign keys.
    pub foreign_keys: &'static [ForeignKey],
}

/// The tables, each after those that it points into.
pub const TABLES: &[Table] = &[];
