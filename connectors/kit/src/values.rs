//! The values of one row, read field by field under the contract.

use std::borrow::Cow;

use identity::{Fault, Held};
use jiff::civil::{Date, DateTime, Time};
use records::{Finding, Location, Rule, finding::Effect};

use crate::{
    binding::{Binding, BoundField, identifier_rule},
    connector::{ReadError, Sink},
    contract::Mode,
    date::{Moment, from_excel_serial},
    field::{Codes, FieldType},
    layout::fold_code,
    rules,
    tabular::{Row, Slot},
};

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

/// The longest text that an accepted unknown code may have: longer ones are words, and words may name people.
const LONGEST_UNKNOWN_CODE: usize = 8;

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

    /// Whether the layout has a column or a default for a field.
    pub fn has(&self, field: &str) -> bool {
        self.binding.has(field)
    }

    /// Whether a field is blank and has no default.
    pub fn is_blank(&self, field: &str) -> bool {
        self.raw(field).is_none() && !self.is_error(field)
    }

    /// A text, an ODS code, an area code or digits: in the form that its type requires.
    pub fn text(&mut self, field: &str) -> Option<String> {
        if self.is_error(field) {
            self.bad(field, &rules::ERROR_CELL);
            return None;
        }
        let text = self.raw(field)?;
        let field_type = self.binding.field(field)?.field.field_type;
        match in_form(field_type, &text) {
            Ok(text) => Some(text),
            Err(rule) => {
                self.bad(field, rule);
                let too_long = rule.id == rules::LONG_TEXT.id;
                (too_long && self.binding.contract.bad_value == Mode::Accept).then(|| text.into_owned())
            }
        }
    }

    /// One code, in canonical form. A code that the layout maps to nothing (`"N/A" = ""`) is blank.
    pub fn code(&mut self, field: &str) -> Option<String> {
        if self.is_error(field) {
            self.bad(field, &rules::ERROR_CELL);
            return None;
        }
        let text = self.raw(field)?;
        self.one_code(field, &text)
    }

    /// Several codes, in the sender's order, without repeats.
    pub fn codes(&mut self, field: &str) -> Vec<String> {
        let Some(text) = self.raw(field) else {
            return Vec::new();
        };
        let Some(separator) = self.binding.field(field).map(|bound| bound.separator.as_str()) else {
            return Vec::new();
        };
        let mut codes: Vec<String> = Vec::new();
        for item in text.split(separator) {
            if let Some(code) = self.one_code(field, item)
                && !codes.contains(&code)
            {
                codes.push(code);
            }
        }
        codes
    }

    /// The items of a list of texts, trimmed, in the sender's order.
    pub fn texts(&mut self, field: &str) -> Vec<String> {
        let (Some(text), Some(bound)) = (self.raw(field), self.binding.field(field)) else {
            return Vec::new();
        };
        let longest = match bound.field.field_type {
            FieldType::TextList { max } => max,
            _ => usize::MAX,
        };
        let mut texts = Vec::new();
        for item in text
            .split(bound.separator.as_str())
            .map(str::trim)
            .filter(|item| !item.is_empty())
        {
            if item.chars().count() > longest {
                self.bad(field, &rules::LONG_TEXT);
            } else {
                texts.push(item.to_owned());
            }
        }
        texts
    }

    /// A day.
    pub fn date(&mut self, field: &str) -> Option<Date> {
        self.moment(field).map(|moment| moment.written.date())
    }

    /// A moment, or the midnight at which a day begins.
    pub fn moment(&mut self, field: &str) -> Option<Moment> {
        match self.parsed_moment(field) {
            Parsed::Value(moment) => Some(moment),
            Parsed::Blank => None,
            Parsed::Bad => {
                let rule = if self.is_error(field) {
                    &rules::ERROR_CELL
                } else {
                    &rules::BAD_DATE
                };
                self.bad(field, rule);
                None
            }
        }
    }

    /// A day, with nothing noted where it is none: for birth dates, whose faults are not the contract's.
    pub fn parsed_date(&self, field: &str) -> Parsed<Date> {
        match self.parsed_moment(field) {
            Parsed::Value(moment) => Parsed::Value(moment.written.date()),
            Parsed::Blank => Parsed::Blank,
            Parsed::Bad => Parsed::Bad,
        }
    }

    /// A whole number. Exports that write `134.0` mean 134.
    pub fn integer(&mut self, field: &str) -> Option<i64> {
        let text = self.raw(field)?;
        let FieldType::Integer { min, max } = self.binding.field(field)?.field.field_type else {
            return None;
        };
        match without_decimals(&text).parse() {
            Ok(number) if (min..=max).contains(&number) => Some(number),
            _ => {
                self.bad(field, &rules::BAD_NUMBER);
                None
            }
        }
    }

    /// True or false, however the sender says it (`Y`, `Yes`, `1`, `true`, or as the layout maps).
    pub fn flag(&mut self, field: &str) -> Option<bool> {
        let text = self.raw(field)?;
        let bound = self.binding.field(field)?;
        let folded = fold_code(without_decimals(&text));
        let said = bound
            .spec
            .codes
            .get(&folded)
            .map_or(folded.as_str(), String::as_str);
        match said {
            "1" | "true" | "y" | "yes" => Some(true),
            "0" | "false" | "n" | "no" => Some(false),
            "" => None,
            _ => {
                self.bad(field, &rules::BAD_FORM);
                None
            }
        }
    }

    /// An identifier. One that is not valid is left out with a finding, whatever the contract says: the rest of
    /// the record can still be matched, and a record that cannot is kept out by its own kind's rule.
    pub fn identifier<T, F: Fault>(
        &mut self,
        field: &str,
        parse: impl FnOnce(&str) -> Result<T, F>,
    ) -> Held<T> {
        if self.is_error(field) {
            self.note(field, &rules::ERROR_CELL, Effect::BlankedValue);
            return Held::Invalid;
        }
        let Some(text) = self.raw(field) else {
            return Held::Absent;
        };
        let held = Held::from_parse(parse(&text));
        let field_type = self.binding.field(field).map(|bound| bound.field.field_type);
        match held {
            Held::Placeholder => self.note(field, &rules::PLACEHOLDER, Effect::BlankedValue),
            Held::Invalid => {
                let rule = field_type.map_or(&rules::BAD_FORM, identifier_rule);
                self.note(field, rule, Effect::BlankedValue);
            }
            Held::Absent | Held::Valid(_) => {}
        }
        held
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

    fn one_code(&mut self, field: &str, text: &str) -> Option<String> {
        let bound = self.binding.field(field)?;
        match canonical_code(bound, text) {
            Parsed::Value(code) => Some(code),
            Parsed::Blank => None,
            Parsed::Bad => {
                let mode = self.binding.contract.unknown_code;
                let accepted = mode == Mode::Accept && is_shaped_like_a_code(text.trim());
                let effect = if mode == Mode::Accept && !accepted {
                    Effect::BlankedValue
                } else {
                    mode.effect()
                };
                self.note(field, &rules::UNKNOWN_CODE, effect);
                accepted.then(|| text.trim().to_owned())
            }
        }
    }

    fn parsed_moment(&self, field: &str) -> Parsed<Moment> {
        let Some(bound) = self.binding.field(field) else {
            return Parsed::Blank;
        };
        let as_written = |written: DateTime| {
            Parsed::Value(Moment {
                written,
                ordered: written,
            })
        };
        let Some(column) = self.used_column(bound) else {
            let default = bound
                .spec
                .default
                .as_deref()
                .and_then(|text| text.parse::<Date>().ok());
            return default.map_or(Parsed::Blank, |date| {
                as_written(date.to_datetime(Time::midnight()))
            });
        };
        match self.row.slot(column) {
            Slot::Moment(moment) => as_written(moment),
            Slot::Number(serial) if bound.dates.excel_serials() => {
                from_excel_serial(serial, false).map_or(Parsed::Bad, as_written)
            }
            _ => match self.row.text(column) {
                None => Parsed::Bad,
                Some(text) => bound.dates.moment(&text).map_or(Parsed::Bad, Parsed::Value),
            },
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

    fn is_error(&self, field: &str) -> bool {
        self.binding
            .field(field)
            .and_then(|bound| self.used_column(bound))
            .is_some_and(|column| self.row.slot(column) == Slot::Error)
    }
}

/// The canonical code that a source text means.
pub(crate) fn canonical_code(bound: &BoundField, text: &str) -> Parsed<String> {
    let text = text.trim();
    if text.is_empty() {
        return Parsed::Blank;
    }
    let text = match bound.spec.codes.get(&fold_code(text)) {
        Some(means) if means.is_empty() => return Parsed::Blank,
        Some(means) => means.as_str(),
        None => without_decimals(text),
    };
    let found = match bound.field.field_type {
        FieldType::Code(Codes::These(codes)) | FieldType::CodeList(Codes::These(codes)) => codes
            .iter()
            .map(|(code, _)| *code)
            .find(|code| code.eq_ignore_ascii_case(text)),
        _ => bound
            .list
            .as_ref()
            .and_then(|list| list.find(text))
            .map(|(code, _)| code),
    };
    found.map_or(Parsed::Bad, |code| Parsed::Value(code.to_owned()))
}

/// A text in the form that its type requires, or the rule that it breaks.
pub(crate) fn in_form(field_type: FieldType, text: &str) -> Result<String, &'static Rule> {
    let upper = || text.to_ascii_uppercase();
    let alphanumeric = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match field_type {
        FieldType::Text { max } if text.chars().count() > max => Err(&rules::LONG_TEXT),
        FieldType::OdsCode if !((3..=6).contains(&text.len()) && alphanumeric(text)) => Err(&rules::BAD_FORM),
        FieldType::OdsCode => Ok(upper()),
        FieldType::GssCode => {
            let digits = text.get(1..).unwrap_or_default();
            let letter = text.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
            let right = letter && digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
            if right { Ok(upper()) } else { Err(&rules::BAD_FORM) }
        }
        FieldType::Digits { min, max } => {
            let text = without_decimals(text);
            let right = (min..=max).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            if right {
                Ok(text.to_owned())
            } else {
                Err(&rules::BAD_FORM)
            }
        }
        _ => Ok(text.to_owned()),
    }
}

/// A whole number as an export writes it that took the column for one of decimals: `134.0` is 134.
fn without_decimals(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => digits,
        _ => text,
    }
}

fn is_shaped_like_a_code(text: &str) -> bool {
    text.len() <= LONGEST_UNKNOWN_CODE
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}
