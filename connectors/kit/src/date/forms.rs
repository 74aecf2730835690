//! The forms of one file.

use std::fmt;

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Deserializer, de};

use super::{DateForm, DateFormError, Moment, Parts};

/// The forms in which a file writes its dates, tried in order. Never two that could read one text differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DateForms(Vec<DateForm>);

impl Default for DateForms {
    /// ISO 8601: `YYYY-MM-DD`, with or without a time.
    fn default() -> Self {
        DateForms(
            ["YYYY-MM-DD", "RFC3339"]
                .into_iter()
                .filter_map(|form| DateForm::new(form).ok())
                .collect(),
        )
    }
}

impl DateForms {
    /// These forms.
    ///
    /// # Errors
    /// [`DateFormError::NotAForm`]; [`DateFormError::Ambiguous`] where two forms look alike but order day,
    /// month and year differently.
    pub fn new<S: AsRef<str>>(forms: &[S]) -> Result<Self, DateFormError> {
        let forms: Vec<DateForm> = forms
            .iter()
            .map(|form| DateForm::new(form.as_ref()))
            .collect::<Result<_, _>>()?;
        for (index, one) in forms.iter().enumerate() {
            for other in forms.iter().skip(index + 1) {
                if let (Some((shape, order)), Some((other_shape, other_order))) = (one.shape(), other.shape())
                    && shape == other_shape
                    && order != other_order
                {
                    return Err(DateFormError::Ambiguous(one.name.clone(), other.name.clone()));
                }
            }
        }
        Ok(DateForms(forms))
    }

    /// The forms, in order.
    pub fn forms(&self) -> &[DateForm] {
        &self.0
    }

    /// The moment that `text` means in the first form that it fits.
    pub fn moment(&self, text: &str) -> Option<Moment> {
        self.0.iter().find_map(|form| form.parse(text))
    }

    /// The day that `text` means; a time after it is dropped.
    pub fn date(&self, text: &str) -> Option<Date> {
        self.moment(text).map(|moment| moment.written.date())
    }

    /// Whether plain numbers in a sheet are days.
    pub fn excel_serials(&self) -> bool {
        self.0.iter().any(|form| form.parts == Parts::ExcelSerial)
    }

    /// Writes a moment in the first form with (or without) a time of day, else in the first form that is text.
    pub fn write_timed(&self, moment: DateTime, timed: bool) -> String {
        let fits = |form: &&DateForm| form.parts != Parts::ExcelSerial && form.has_time() == timed;
        let first = self
            .0
            .iter()
            .find(fits)
            .or_else(|| self.0.iter().find(|form| form.parts != Parts::ExcelSerial));
        match first {
            Some(form) => form.write(moment),
            None => moment.date().to_string(),
        }
    }
}

impl<'de> Deserialize<'de> for DateForms {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let forms = Vec::<String>::deserialize(deserializer)?;
        DateForms::new(&forms).map_err(de::Error::custom)
    }
}

impl fmt::Display for DateForms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, form) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", form.name)?;
        }
        Ok(())
    }
}
