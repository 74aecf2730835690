//! Where a layout finds one field.

use std::{collections::BTreeMap, fmt};

use records::Census;
use serde::{
    Deserialize, Deserializer,
    de::{self, MapAccess, Visitor, value::MapAccessDeserializer},
};

use crate::date::DateForms;

/// Where a layout finds one field. In TOML either the name of the column, or a table with more to say.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// Names that the source column may have, the preferred first; none where the layout only sets a default.
    pub names: Vec<String>,
    /// The source's codes and the canonical code that each means. Compared without regard to case and runs of
    /// spaces. A source code that is not here is taken as a canonical one.
    pub codes: BTreeMap<String, String>,
    /// How the source spells each canonical code of `codes`; where it has several ways, the first in the alphabet.
    pub spelt: BTreeMap<String, String>,
    /// The canonical value where the column is missing or the cell blank.
    pub default: Option<String>,
    /// Date forms of this column alone, in place of the file's.
    pub dates: Option<DateForms>,
    /// What separates the items of a list.
    pub separator: Option<String>,
    /// How many digits an identifier of digits has where the source keeps it as a number: one that is a digit short has
    /// lost its leading zero and gets it back, with a finding. None where a short identifier is a wrong one.
    pub digits: Option<usize>,
    /// The first census in which the column is sent.
    pub from: Option<Census>,
    /// The last census in which the column is sent.
    pub until: Option<Census>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Long {
    #[serde(default)]
    column: Names,
    #[serde(default)]
    codes: BTreeMap<String, String>,
    default: Option<String>,
    dates: Option<DateForms>,
    separator: Option<String>,
    digits: Option<usize>,
    from: Option<Census>,
    until: Option<Census>,
}

#[derive(Default)]
struct Names(Vec<String>);

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ColumnVisitor;

        impl<'de> Visitor<'de> for ColumnVisitor {
            type Value = Column;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a column's name, or a table with column, codes, default, dates, separator, digits, from or until",
                )
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Column, E> {
                Ok(Column {
                    names: vec![name.trim().to_owned()],
                    ..Column::default()
                })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Column, A::Error> {
                let long = Long::deserialize(MapAccessDeserializer::new(map))?;
                if long.column.0.is_empty() && long.default.is_none() {
                    return Err(de::Error::custom("needs a column or a default"));
                }
                let mut spelt = BTreeMap::new();
                for (code, means) in &long.codes {
                    spelt.entry(means.clone()).or_insert_with(|| code.clone());
                }
                Ok(Column {
                    names: long.column.0,
                    spelt,
                    codes: long
                        .codes
                        .into_iter()
                        .map(|(code, means)| (fold(&code), means))
                        .collect(),
                    default: long.default,
                    dates: long.dates,
                    separator: long.separator,
                    digits: long.digits,
                    from: long.from,
                    until: long.until,
                })
            }
        }

        deserializer.deserialize_any(ColumnVisitor)
    }
}

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NamesVisitor;

        impl<'de> Visitor<'de> for NamesVisitor {
            type Value = Names;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name or a list of names")
            }

            fn visit_str<E: de::Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names(vec![name.trim().to_owned()]))
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut names: A) -> Result<Names, A::Error> {
                let mut all = Vec::new();
                while let Some(name) = names.next_element::<String>()? {
                    all.push(name.trim().to_owned());
                }
                Ok(Names(all))
            }
        }

        deserializer.deserialize_any(NamesVisitor)
    }
}

/// How codes are compared: without regard to case, spaces at the ends and runs of spaces within.
///
/// ```
/// assert_eq!(kit::layout::fold_code("  Speech   and Language "), "speech and language");
/// ```
pub fn fold(code: &str) -> String {
    let mut folded = String::with_capacity(code.len());
    for word in code.split_whitespace() {
        if !folded.is_empty() {
            folded.push(' ');
        }
        folded.extend(word.chars().flat_map(char::to_lowercase));
    }
    folded
}
