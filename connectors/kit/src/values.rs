//! The values of one row, read field by field under the contract.

use std::borrow::Cow;

use records::{Finding, Location, Rule, finding::Effect};

use crate::{
    binding::{Binding, BoundField},
    connector::{ReadError, Sink},
    contract::Mode,
    rules,
    tabular::{Row, Slot},
};

mod form;
mod typed;

/// The values of one row. Whatever is wrong with a value is noted as it is read; [`finish`](Self::finish) hands
/// the findings on and says whether the row may be kept.
pub struct Values<'a> {
    binding: &'a Binding,
    row: &'a Row,
    findings: Vec<Finding>,
    quarantined: bool,
    refused: Option<Finding>,
}

/// Whether a row may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Keep,
    /// It was kept out, and its findings say why.
    Quarantined,
}

/// A value of a declared type, or none, or one that is not of that type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed<T> {
    /// Blank, and the layout has no default.
    Blank,
    /// A value.
    Value(T),
    /// Not of the type.
    Bad,
}

/// What the columns of a field hold: the first that is not blank.
enum Cell<'a> {
    Blank,
    /// A spreadsheet error.
    Error,
    /// A text, or the layout's default.
    Text(Cow<'a, str>),
}

impl<'a> Values<'a> {
    pub(crate) fn new(binding: &'a Binding, row: &'a Row) -> Self {
        Values {
            binding,
            row,
            findings: Vec::new(),
            quarantined: false,
            refused: None,
        }
    }

    /// The text of a field as it stands, trimmed, or the layout's default. No type is checked: this is for
    /// identifiers and for fields with rules of their own.
    pub fn raw(&self, field: &str) -> Option<Cow<'a, str>> {
        let bound = self.binding.field(field)?;
        let cell = bound.columns.iter().find_map(|&column| self.row.text(column));
        cell.or_else(|| bound.spec.default.as_deref().map(Cow::Borrowed))
    }

    fn holds(&self, bound: &'a BoundField) -> Cell<'a> {
        for &column in &bound.columns {
            if let Some(text) = self.row.text(column) {
                return Cell::Text(text);
            }
            if self.row.slot(column) == Slot::Error {
                return Cell::Error;
            }
        }
        let default = bound.spec.default.as_deref();
        default.map_or(Cell::Blank, |default| Cell::Text(Cow::Borrowed(default)))
    }

    /// Whether the layout has a column or a default for a field.
    pub fn has(&self, field: &str) -> bool {
        self.binding.has(field)
    }

    /// Whether a field is blank and has no default. Where an identifier belongs, a dash or other punctuation alone is
    /// as good as blank.
    pub fn is_blank(&self, field: &str) -> bool {
        let Some(text) = self.raw(field) else {
            return !self.is_error(field);
        };
        let field_type = self.binding.field(field).map(|bound| bound.field.field_type);
        field_type.is_some_and(|field_type| form::is_no_identifier(field_type, &text))
    }

    /// Notes that a field breaks a rule.
    pub fn note(&mut self, field: &str, rule: &'static Rule, effect: Effect) {
        let (column, header) = match self.binding.field(field) {
            // A blank is shown in the column where the value should be.
            Some(bound) => (
                self.used_column(bound).or(bound.columns.first().copied()),
                bound.header.as_ref(),
            ),
            None => (None, None),
        };
        let location = self.binding.location(self.row.line(), column, header);
        let finding = Finding {
            rule,
            effect,
            location,
            rows: 1,
        };
        match effect {
            Effect::QuarantinedRow => self.quarantined = true,
            Effect::RefusedDelivery if self.refused.is_none() => self.refused = Some(finding.clone()),
            _ => {}
        }
        self.findings.push(finding);
    }

    /// A value without which the row is no record: notes that the row is kept out where there is none. A value that
    /// was there but could not be read, and for that already keeps the row out, is not noted twice.
    pub fn need<T>(&mut self, field: &str, value: Option<T>, rule: &'static Rule) -> Option<T> {
        let noted = self.is_quarantined() && !self.is_blank(field);
        if value.is_none() && !noted {
            self.note(field, rule, Effect::QuarantinedRow);
        }
        value
    }

    /// Notes that a value is not of its field's type, as the contract has it.
    pub fn bad(&mut self, field: &str, rule: &'static Rule) {
        let effect = match self.binding.contract.bad_value {
            // Only a text that is too long can be used although it is wrong.
            Mode::Accept if rule.id != rules::LONG_TEXT.id => Effect::BlankedValue,
            mode => mode.effect(),
        };
        self.note(field, rule, effect);
    }

    /// How many findings were noted so far.
    pub fn findings(&self) -> usize {
        self.findings.len()
    }

    /// Whether the row is kept out by what was read so far.
    pub fn is_quarantined(&self) -> bool {
        self.quarantined
    }

    /// Where the row stands.
    pub fn location(&self) -> Location {
        self.binding.location(self.row.line(), None, None)
    }

    /// Hands the findings on.
    ///
    /// # Errors
    /// [`ReadError::Refused`] where the contract refuses the delivery.
    pub fn finish(self, sink: &mut dyn Sink) -> Result<Verdict, ReadError> {
        for finding in self.findings {
            sink.finding(finding);
        }
        match self.refused {
            Some(finding) => Err(ReadError::Refused(Box::new(finding))),
            None if self.quarantined => Ok(Verdict::Quarantined),
            None => Ok(Verdict::Keep),
        }
    }

    /// Notes that the row uses a column that the layout does not know. The finding itself is one for the file,
    /// by [`Binding::finish`], unless it refuses the delivery.
    pub(crate) fn unknown_column(&mut self, column: usize) {
        match self.binding.contract.unknown_column {
            Mode::RefuseDelivery => {
                let location = self.binding.location(self.row.line(), Some(column), None);
                let effect = Effect::RefusedDelivery;
                let finding = Finding {
                    rule: &rules::UNKNOWN_COLUMN,
                    effect,
                    location,
                    rows: 1,
                };
                self.findings.push(finding.clone());
                self.refused = Some(finding);
            }
            Mode::QuarantineRow => self.quarantined = true,
            Mode::BlankValue | Mode::Accept => {}
        }
    }

    /// The column that holds the field's value: its first that is not blank.
    fn used_column(&self, bound: &BoundField) -> Option<usize> {
        bound
            .columns
            .iter()
            .copied()
            .find(|&column| self.row.text(column).is_some() || self.row.slot(column) == Slot::Error)
    }

    /// Whether the field's cell holds a spreadsheet error.
    pub(crate) fn is_error(&self, field: &str) -> bool {
        self.binding
            .field(field)
            .and_then(|bound| self.used_column(bound))
            .is_some_and(|column| self.row.slot(column) == Slot::Error)
    }
}
