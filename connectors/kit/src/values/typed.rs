//! Reading a field as what it is declared to hold.

use std::borrow::Cow;

use identity::{Fault, Held};
use jiff::civil::{Date, DateTime, Time};
use records::finding::Effect;

use super::{Parsed, Values, form};
use crate::{
    binding::identifier_rule,
    contract::Mode,
    date::{Moment, from_excel_serial},
    field::FieldType,
    layout::fold_code,
    rules,
    tabular::Slot,
};

impl<'a> Values<'a> {
    /// A text, an ODS code, an area code or digits: in the form that its type requires.
    pub fn text(&mut self, field: &str) -> Option<String> {
        let text = self.cell(field)?;
        let field_type = self.binding.field(field)?.field.field_type;
        match form::in_form(field_type, &text) {
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
        let text = self.cell(field)?;
        self.one_code(field, &text)
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
        let Some(text) = self.cell(field) else {
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
        let (Some(text), Some(bound)) = (self.cell(field), self.binding.field(field)) else {
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
        let text = self.cell(field)?;
        let FieldType::Integer { min, max } = self.binding.field(field)?.field.field_type else {
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
        let text = self.cell(field)?;
        let bound = self.binding.field(field)?;
        let folded = fold_code(form::without_decimals(&text));
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
        let (text, zero_put_back) = self.with_leading_zero(field, text);
        let held = Held::from_parse(parse(&text));
        if zero_put_back && held.valid().is_some() {
            self.note(field, &rules::LEADING_ZERO, Effect::Accepted);
        }
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

    /// The digits of an identifier that its source keeps as a number, where the layout says so, and whether the zero
    /// that it lost at its start was put back.
    fn with_leading_zero<'t>(&self, field: &str, text: Cow<'t, str>) -> (Cow<'t, str>, bool) {
        let Some(digits) = self.binding.field(field).and_then(|bound| bound.spec.digits) else {
            return (text, false);
        };
        let number = form::without_decimals(&text);
        if number.len() + 1 == digits && number.bytes().all(|byte| byte.is_ascii_digit()) {
            return (Cow::Owned(format!("0{number}")), true);
        }
        (Cow::Owned(number.to_owned()), false)
    }

    /// The text of a field; a spreadsheet error is noted and is no text.
    fn cell(&mut self, field: &str) -> Option<Cow<'a, str>> {
        if self.is_error(field) {
            self.bad(field, &rules::ERROR_CELL);
            return None;
        }
        self.raw(field)
    }

    fn one_code(&mut self, field: &str, text: &str) -> Option<String> {
        let bound = self.binding.field(field)?;
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
        let from_sheet = match self.row.slot(column) {
            Slot::Moment(moment) => Some(moment),
            Slot::Number(serial) if bound.dates.excel_serials() => from_excel_serial(serial, false),
            _ => None,
        };
        match (from_sheet, self.row.text(column)) {
            (Some(moment), _) => as_written(moment),
            (None, Some(text)) => bound.dates.moment(&text).map_or(Parsed::Bad, Parsed::Value),
            (None, None) => Parsed::Bad,
        }
    }
}
