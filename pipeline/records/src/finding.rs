//! Findings: what is wrong in a delivery, where, and how to mend it. Never a value.

use serde::{Deserialize, Serialize};

/// What a finding cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Nothing: the value was used as it is and the finding only counts.
    Accepted,
    /// The value was left out, the rest of the record loaded.
    BlankedValue,
    /// The row was kept out.
    QuarantinedRow,
    /// The whole delivery was refused.
    RefusedDelivery,
}

impl Effect {
    /// The word for it in files and tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            Effect::Accepted => "accepted",
            Effect::BlankedValue => "blanked-value",
            Effect::QuarantinedRow => "quarantined-row",
            Effect::RefusedDelivery => "refused-delivery",
        }
    }
}

/// A rule that a delivery can break. Rules are constants of the crate that checks them.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Stable id, for example `F012` or `S23-003`.
    pub id: &'static str,
    /// What is wrong, as a sentence without a full stop that can follow "line 7, column C (Child DOB): ".
    pub wrong: &'static str,
    /// How the provider mends it.
    pub remedy: &'static str,
    /// Where the rule comes from: statute, specification, or "sendlink" for a rule of our own.
    pub source: &'static str,
}

/// Declares the rules of a module as statics, and `ALL` of them by id: name = id, what is wrong, the remedy, the
/// source.
#[macro_export]
macro_rules! rules {
    ($($name:ident = $id:literal, $wrong:literal, $remedy:literal, $source:literal;)*) => {
        $(
            #[doc = concat!("`", $id, "`: ", $wrong, ".")]
            pub static $name: $crate::Rule =
                $crate::Rule { id: $id, wrong: $wrong, remedy: $remedy, source: $source };
        )*

        /// Every rule of this module, by id.
        pub static ALL: &[&$crate::Rule] = &[$(&$name,)*];
    };
}

/// Where in a delivery. Everything a person needs to open the file at the place.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Location {
    /// The file's label: its name where the layout's pattern knows it, else "file 1", "file 2".
    pub file: String,
    /// The sheet, for a workbook.
    #[serde(default)]
    pub sheet: Option<String>,
    /// The line of a text file, from 1; the Excel row of a sheet; the record of a JSON array.
    #[serde(default)]
    pub line: Option<u64>,
    /// The column, from 0. Shown as an Excel letter.
    #[serde(default)]
    pub column: Option<u32>,
    /// The header or element name, only where the layout knows it.
    #[serde(default)]
    pub header: Option<String>,
}

impl Location {
    /// The column as Excel names it: 0 is `A`, 26 is `AA`.
    pub fn column_letter(&self) -> Option<String> {
        let mut number = u64::from(self.column?) + 1;
        let mut letters = Vec::new();
        while number > 0 {
            let digit = (number - 1) % 26;
            letters.push(b'A' + digit as u8);
            number = (number - 1) / 26;
        }
        letters.reverse();
        String::from_utf8(letters).ok()
    }
}

/// One thing wrong in one place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub rule: &'static Rule,
    /// What it cost.
    pub effect: Effect,
    /// Where.
    pub location: Location,
    /// How many rows share it, where a finding speaks of many (an unknown column, say); else 1.
    pub rows: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_lettered_as_excel_does() {
        let letter = |column| {
            Location {
                column: Some(column),
                ..Location::default()
            }
            .column_letter()
        };
        assert_eq!(letter(0).as_deref(), Some("A"));
        assert_eq!(letter(25).as_deref(), Some("Z"));
        assert_eq!(letter(26).as_deref(), Some("AA"));
        assert_eq!(letter(701).as_deref(), Some("ZZ"));
        assert_eq!(letter(702).as_deref(), Some("AAA"));
    }
}
