//! The form of a supplier's files.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;

use crate::date::DateForms;

/// The form of a supplier's files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FileForm {
    /// The format.
    pub format: Format,
    /// Names that the files have, as a glob (`notices-*.csv`, `*_{pupilonroll,senneeds}.csv`). It says which
    /// names findings may show; see [`FileForm::label`].
    pub pattern: String,
    /// The encoding of text. A byte order mark is honoured whatever this says.
    pub encoding: Encoding,
    /// What separates the fields of a CSV record.
    pub delimiter: char,
    /// Whether the last record of a CSV file must end with a line end.
    pub final_newline: FinalNewline,
    /// The sheet of a workbook; its first where there is none here.
    pub sheet: Option<String>,
    /// The row of a CSV file or sheet that names the columns, from 1; rows above it are passed over.
    pub header_row: u32,
    /// The forms in which dates are written.
    pub dates: DateForms,
    /// XML: the local names that the outermost element may have.
    pub roots: Vec<String>,
}

impl Default for FileForm {
    fn default() -> Self {
        FileForm {
            format: Format::Csv,
            pattern: "*".to_owned(),
            encoding: Encoding::Utf8,
            delimiter: ',',
            final_newline: FinalNewline::Optional,
            sheet: None,
            header_row: 1,
            dates: DateForms::default(),
            roots: Vec::new(),
        }
    }
}

impl FileForm {
    /// How findings name the file `name`, the `number`th of its delivery (from 1).
    ///
    /// The name itself is shown only where the pattern knows it: it matches, and each of its words is a word of
    /// the pattern or of `also` (the feed's name and provider, say). What a wildcard stands for shows only if
    /// it is made of up to eight digits and separators, so that a file called after a child stays "file 1". So does one
    /// whose name holds anything but letters, digits and plain separators.
    ///
    /// ```
    /// use kit::layout::FileForm;
    ///
    /// let form = FileForm { pattern: "notices-*.csv".into(), ..FileForm::default() };
    /// assert_eq!(form.label("notices-2025-03-01.csv", 1, &[]), "notices-2025-03-01.csv");
    /// assert_eq!(form.label("notices-Robin-Marsh.csv", 2, &[]), "file 2");
    /// assert_eq!(form.label("notices-RAJ.csv", 3, &["RAJ"]), "notices-RAJ.csv");
    /// assert_eq!(form.label("notices-9990000018.csv", 4, &[]), "file 4");
    /// ```
    pub fn label(&self, name: &str, number: usize, also: &[&str]) -> String {
        let pattern_words = words(&self.pattern);
        let also_words: Vec<String> = also.iter().flat_map(|text| words(text)).collect();
        // No direction marks, terminal escapes or parts of a path.
        let plain = name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ',' | ' ' | '(' | ')'));
        let known = words(name).iter().all(|word| {
            pattern_words.contains(word)
                || also_words.contains(word)
                // A date, a time or a number in a series, but not an identifier of ten digits.
                || (word.len() <= 8 && word.bytes().all(|byte| byte.is_ascii_digit()))
        });
        if plain && known && matches(&self.pattern, name) {
            name.to_owned()
        } else {
            format!("file {number}")
        }
    }
}

/// Whether a glob fits a name, whatever its case. Patterns are few and names many: each pattern is compiled once.
fn matches(pattern: &str, name: &str) -> bool {
    static COMPILED: Mutex<BTreeMap<String, Option<GlobMatcher>>> = Mutex::new(BTreeMap::new());

    let mut compiled = COMPILED.lock().unwrap_or_else(PoisonError::into_inner);
    if !compiled.contains_key(pattern) {
        let glob = GlobBuilder::new(pattern).case_insensitive(true).build();
        compiled.insert(pattern.to_owned(), glob.ok().map(|glob| glob.compile_matcher()));
    }
    let matcher = compiled.get(pattern).and_then(Option::as_ref);
    matcher.is_some_and(|matcher| matcher.is_match(name))
}

/// Runs of letters and runs of digits, in lower case.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for character in text.chars() {
        let class = (character.is_alphabetic(), character.is_numeric());
        if class == (false, false) {
            last = None;
            continue;
        }
        if last != Some(class) {
            words.push(String::new());
            last = Some(class);
        }
        if let Some(word) = words.last_mut() {
            word.extend(character.to_lowercase());
        }
    }
    words
}

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// Comma-separated values: RFC 4180, with any delimiter.
    Csv,
    /// An Excel workbook.
    Xlsx,
    /// An array of JSON objects.
    Json,
    /// XML.
    Xml,
    /// FHIR resources, as JSON or XML.
    Fhir,
    /// A set of CSV files joined by table ids, as COLLECT's Blade export gives them.
    Blade,
    /// A set of CSV files joined by keys: a submission to an NHS data set.
    #[serde(rename = "table-set")]
    TableSet,
}

impl Format {
    /// Whether many files make one delivery.
    pub const fn is_set(self) -> bool {
        matches!(self, Format::Blade | Format::TableSet)
    }

    /// Whether a layout says how each table of several is written down.
    pub const fn needs_tables(self) -> bool {
        self.is_set() || matches!(self, Format::Xml)
    }
}

/// The encoding of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16 with a byte order mark.
    #[serde(rename = "utf-16")]
    Utf16,
    /// Windows code page 1252, as Excel on Windows writes CSV.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// Whether the last record of a CSV file must end with a line end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FinalNewline {
    /// It must: a file that stops within its last field is refused.
    Required,
    /// It need not: a last line with all its fields is taken.
    Optional,
}
