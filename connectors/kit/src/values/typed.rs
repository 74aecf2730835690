//! Reading a field as what it is declared to hold.

use std::borrow::Cow;

use identity::{Fault, Held};
use jiff::civil::{Date, DateTime, Time};
use records::finding::Effect;

use super::{Cell, Parsed, Values, form};
use crate::{
    binding::{BoundField, identifier_rule},
    contract::Mode,
    date::{Moment, from_excel_serial},
    field::FieldType,
    rules,
    tabular::Slot,
};

impl<'a> Values<'a> {
    /// A text, an ODS code, an area code or digits: in the form that its type requires.
    pub fn text(&mut self, field: &str) -> Option<String> {
        let bound = self.binding.field(field)?;
        let text = self.cell(bound)?;
        match form::in_form(bound.field.field_type, &text) {
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
        let bound = self.binding.field(field)?;
        let text = self.cell(bound)?;
        self.one_code(bound, &text)
    }

    /// One code, with nothing noted where it is not in the list: for codes that matter on few rows of many.
    pub fn parsed_code(&self, field: &str) -> Parsed<String> {
        match (self.binding.field(field), self.raw(field)) {
            (Some(bound), Some(text)) => form::canonical_code(bound, &text),
            (Some(_), None) if self.is_error(field) => Parsed::Bad,
            _ => Parsed::Blank,
        }
    }

    /// Several codes, in the sender's order, without repeats.
    pub fn codes(&mut self, field: &str) -> Vec<String> {
        let Some(bound) = self.binding.field(field) else {
            return Vec::new();
        };
        let Some(text) = self.cell(bound) else {
            return Vec::new();
        };
        let mut codes: Vec<String> = Vec::new();
        for item in text.split(bound.separator.as_str()) {
            if let Some(code) = self.one_code(bound, item)
                && !codes.contains(&code)
            {
                codes.push(code);
            }
        }
        codes
    }

    /// The items of a list of texts, trimmed, in the sender's order.
    pub fn texts(&mut self, field: &str) -> Vec<String> {
        let Some(bound) = self.binding.field(field) else {
            return Vec::new();
        };
        let Some(text) = self.cell(bound) else {
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
        let bound = self.binding.field(field)?;
        let text = self.cell(bound)?;
        let FieldType::Integer { min, max } = bound.field.field_type else {
            return None;
        };
        match form::without_decimals(&text).parse() {
            Ok(number) if (min..=max).contains(&number) => Some(number),
            _ => {
                self.bad(field, &rules::BAD_NUMBER);
                None
            }
        }
    }

    /// True or false, however the sender says it (`Y`, `Yes`, `1`, `true`, or as the layout maps).
    pub fn flag(&mut self, field: &str) -> Option<bool> {
        let bound = self.binding.field(field)?;
        let text = self.cell(bound)?;
        let folded = form::folded(form::without_decimals(&text));
        let said = bound
            .spec
            .codes
            .get(folded.as_ref())
            .map_or(folded.as_ref(), String::as_str);
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
        let Some(bound) = self.binding.field(field) else {
            return Held::Absent;
        };
        let text = match self.holds(bound) {
            Cell::Text(text) => text,
            Cell::Blank => return Held::Absent,
            Cell::Error => {
                self.note(field, &rules::ERROR_CELL, Effect::BlankedValue);
                return Held::Invalid;
            }
        };
        let (text, zero_put_back) = with_leading_zero(bound, text);
        let held = Held::from_parse(parse(&text));
        if zero_put_back && held.valid().is_some() {
            self.note(field, &rules::LEADING_ZERO, Effect::Accepted);
        }
        match held {
            Held::Placeholder => self.note(field, &rules::PLACEHOLDER, Effect::BlankedValue),
            Held::Invalid => {
                self.note(
                    field,
                    identifier_rule(bound.field.field_type),
                    Effect::BlankedValue,
                );
            }
            Held::Absent | Held::Valid(_) => {}
        }
        held
    }

    /// The text of a field; a spreadsheet error is noted and is no text.
    fn cell(&mut self, bound: &'a BoundField) -> Option<Cow<'a, str>> {
        match self.holds(bound) {
            Cell::Text(text) => Some(text),
            Cell::Blank => None,
            Cell::Error => {
                self.bad(bound.field.name, &rules::ERROR_CELL);
                None
            }
        }
    }

    fn one_code(&mut self, bound: &BoundField, text: &str) -> Option<String> {
        match form::canonical_code(bound, text) {
            Parsed::Value(code) => Some(code),
            Parsed::Blank => None,
            Parsed::Bad => {
                let mode = self.binding.contract.unknown_code;
                let accepted = mode == Mode::Accept && form::is_shaped_like_a_code(text.trim());
                let effect = if mode == Mode::Accept && !accepted {
                    Effect::BlankedValue
                } else {
                    mode.effect()
                };
                self.note(bound.field.name, &rules::UNKNOWN_CODE, effect);
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
        for &column in &bound.columns {
            match self.row.slot(column) {
                Slot::Moment(moment) => return as_written(moment),
                Slot::Error => return Parsed::Bad,
                Slot::Number(serial) if bound.dates.excel_serials() => {
                    if let Some(moment) = from_excel_serial(serial, false) {
                        return as_written(moment);
                    }
                }
                _ => {}
            }
            if let Some(text) = self.row.text(column) {
                return bound.dates.moment(&text).map_or(Parsed::Bad, Parsed::Value);
            }
        }
        let default = bound.spec.default.as_deref();
        let default = default.and_then(|text| text.parse::<Date>().ok());
        default.map_or(Parsed::Blank, |date| {
            as_written(date.to_datetime(Time::midnight()))
        })
    }
}

/// The digits of an identifier that its source keeps as a number, where the layout says so, and whether the zero that
/// it lost at its start was put back.
fn with_leading_zero<'t>(bound: &BoundField, text: Cow<'t, str>) -> (Cow<'t, str>, bool) {
    let Some(digits) = bound.spec.digits else {
        return (text, false);
    };
    let number = form::without_decimals(&text);
    if number.len() + 1 == digits && number.bytes().all(|byte| byte.is_ascii_digit()) {
        return (Cow::Owned(format!("0{number}")), true);
    }
    (Cow::Owned(number.to_owned()), false)
}
