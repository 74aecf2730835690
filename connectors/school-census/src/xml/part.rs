//! The rows of a document: which elements make one, and where their texts go.

use std::collections::{BTreeMap, BTreeSet};

use kit::{Binding, DeliveryFile, Layout, ReadError, Reading, Sink, Table, layout::TableLayout};
use records::{Location, Rule};
use zeroize::Zeroizing;

use crate::tables::table;

/// Names that a layout does not know, of which a file's findings tell apart at most this many.
const MOST_UNKNOWN: usize = 256;

/// Which table an element is a row of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Header,
    OnRoll,
    OffRoll,
    Need,
    Meals,
}

/// A row that is being put together from elements.
pub(super) struct Building {
    pub(super) kind: Kind,
    /// How deep its own element lies.
    pub(super) depth: usize,
    pub(super) line: u64,
    pub(super) texts: Texts,
    /// What all its texts take in memory, about.
    pub(super) bytes: usize,
    pub(super) addresses: Vec<(u64, Texts)>,
    pub(super) needs: Vec<(u64, Texts)>,
    pub(super) meals: Vec<(u64, Texts)>,
    /// What costs the row, and where.
    pub(super) spoilt: Option<(&'static Rule, Location)>,
}

/// The texts of a row, by the columns of its part.
pub(super) type Texts = Vec<Zeroizing<String>>;

impl Building {
    pub(super) fn new(kind: Kind, depth: usize, line: u64) -> Self {
        Building {
            kind,
            depth,
            line,
            texts: Texts::new(),
            bytes: 0,
            addresses: Vec::new(),
            needs: Vec::new(),
            meals: Vec::new(),
            spoilt: None,
        }
    }

    pub(super) fn take_block(&mut self, block: Building) {
        let rows = if block.kind == Kind::Need {
            &mut self.needs
        } else {
            &mut self.meals
        };
        rows.push((block.line, block.texts));
    }
}

/// How one table stands in a document.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// The element that is a row, in lower case.
    pub(super) element: Option<String>,
    /// Names of elements that are passed over, in lower case.
    pub(super) ignored: BTreeSet<String>,
    /// The column of each element that is read, by its name in lower case; and of those that were met and are not
    /// known.
    pub(super) columns: BTreeMap<String, usize>,
    pub(super) header: Vec<String>,
    pub(super) binding: Binding,
}

impl Part {
    pub(super) fn new(
        name: &'static str,
        file: &DeliveryFile,
        reading: &Reading<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Self, ReadError> {
        let layout: &Layout = reading.layout;
        let unsaid = TableLayout::default();
        let in_layout = layout.tables.get(name).unwrap_or(&unsaid);
        let declared: &Table = table(name).unwrap_or(&NO_TABLE);
        let mut header: Vec<String> = Vec::new();
        for column in in_layout.columns.values() {
            header.extend(column.names.iter().cloned());
        }
        let place = Location {
            file: file.label.clone(),
            ..Location::default()
        };
        let known = (&in_layout.columns, in_layout.ignored.as_slice());
        let binding = Binding::new(declared, layout, known, &header, place, sink)?.without_columns();
        Ok(Part {
            name: declared.name,
            element: in_layout.element.as_ref().map(|element| element.to_lowercase()),
            ignored: in_layout.ignored.iter().map(|name| name.to_lowercase()).collect(),
            columns: header
                .iter()
                .enumerate()
                .map(|(column, name)| (name.to_lowercase(), column))
                .collect(),
            header,
            binding,
        })
    }

    /// The column of an element. One that is not known gets a column behind the others, which the binding then
    /// reports.
    pub(super) fn column(&mut self, name: &str) -> usize {
        if let Some(column) = self.columns.get(name) {
            return *column;
        }
        let next = self.columns.len();
        if next < self.header.len() + MOST_UNKNOWN {
            self.columns.insert(name.to_owned(), next);
        }
        next
    }
}

/// Stands in for a table that is not declared, which the tests rule out.
static NO_TABLE: Table = Table {
    name: "",
    description: "",
    fields: &[],
};

pub(super) fn put(texts: &mut Texts, column: usize, text: Zeroizing<String>) {
    while texts.len() <= column {
        texts.push(Zeroizing::default());
    }
    if let Some(place) = texts.get_mut(column) {
        *place = text;
    }
}
