//! Looks for identifiers where none may be: in output, files, databases and logs.

use std::{fs, path::Path};

use aho_corasick::AhoCorasick;
use sha2::{Digest, Sha256};

/// How an identifier is usually written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A name, free text, an address: letters.
    Text,
    /// An NHS number: ten digits, also in groups of three, three and four.
    NhsNumber,
    /// A pupil number, a telephone number, a property number: digits and letters.
    Code,
    /// A postcode: also without its space.
    Postcode,
    /// A day, given as YYYY-MM-DD: also in the other orders.
    Day,
}

/// An identifier that must not be seen, with a name for it that may.
#[derive(Clone, Debug)]
pub struct Marker {
    /// What it is, for the report of a hit.
    pub name: String,
    /// How it is written.
    pub class: Class,
    /// The identifier.
    pub text: String,
}

impl Marker {
    /// A marker.
    pub fn new(name: impl Into<String>, class: Class, text: impl Into<String>) -> Self {
        Marker {
            name: name.into(),
            class,
            text: text.into(),
        }
    }

    /// Every usual writing of it: its own forms in three cases, each of these also as hexadecimal digits, in base64 (at
    /// each of three alignments), in UTF-16 and as its SHA-256.
    pub fn writings(&self) -> Vec<(String, Vec<u8>)> {
        let mut writings = Vec::new();
        let mut plain: Vec<String> = Vec::new();
        for form in self.forms() {
            plain.extend([form.to_uppercase(), form.to_lowercase(), form]);
        }
        plain.sort();
        plain.dedup();
        for text in plain {
            let bytes = text.as_bytes();
            for (name, form) in [
                ("hexadecimal", hex(bytes)),
                ("SHA-256", hex(&Sha256::digest(bytes))),
            ] {
                writings.push((name.to_owned(), form.to_uppercase().into_bytes()));
                writings.push((name.to_owned(), form.into_bytes()));
            }
            for offset in 0..3 {
                writings.push(("base64".to_owned(), base64_within(bytes, offset)));
            }
            let wide = |order: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(order).collect();
            writings.push(("UTF-16".to_owned(), wide(u16::to_le_bytes)));
            writings.push(("plain text".to_owned(), text.into_bytes()));
        }
        writings
    }

    fn forms(&self) -> Vec<String> {
        let text = self.text.as_str();
        let compact: String = text.chars().filter(|letter| letter.is_alphanumeric()).collect();
        match self.class {
            Class::Text => vec![text.to_owned()],
            Class::Code | Class::Postcode => vec![text.to_owned(), compact],
            Class::NhsNumber => {
                let (first, rest) = compact.split_at(3);
                let (middle, last) = rest.split_at(3);
                let grouped = |by: &str| [first, middle, last].join(by);
                vec![grouped(" "), grouped("-"), compact.clone()]
            }
            Class::Day => {
                let parts: Vec<&str> = text.split('-').collect();
                let [year, month, day] = parts.as_slice() else {
                    panic!("a day is written YYYY-MM-DD")
                };
                vec![
                    text.to_owned(),
                    format!("{day}/{month}/{year}"),
                    format!("{month}/{day}/{year}"),
                    format!("{year}{month}{day}"),
                    format!("{day}{month}{year}"),
                    format!("{day}.{month}.{year}"),
                    format!("{day}-{month}-{year}"),
                ]
            }
        }
    }
}

/// Finds markers in bytes.
pub struct Scanner {
    automaton: AhoCorasick,
    names: Vec<String>,
}

impl Scanner {
    /// A scanner for these markers.
    pub fn new(markers: &[Marker]) -> Self {
        let mut patterns = Vec::new();
        let mut names = Vec::new();
        for marker in markers {
            for (writing, pattern) in marker.writings() {
                assert!(
                    pattern.len() >= 6,
                    "{} is too short to be looked for",
                    marker.name
                );
                patterns.push(pattern);
                names.push(format!("{} as {writing}", marker.name));
            }
        }
        Scanner {
            automaton: AhoCorasick::new(&patterns).expect("the patterns fit"),
            names,
        }
    }

    /// What these bytes hold, each once.
    pub fn scan(&self, bytes: &[u8]) -> Vec<&str> {
        let mut found: Vec<&str> = self
            .automaton
            .find_overlapping_iter(bytes)
            .filter_map(|hit| self.names.get(hit.pattern().as_usize()))
            .map(String::as_str)
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Fails if these bytes hold a marker.
    #[track_caller]
    pub fn refuse(&self, place: &str, bytes: &[u8]) {
        let found = self.scan(bytes);
        assert!(found.is_empty(), "{place} holds {}", found.join(", "));
    }

    /// Fails if a file of this folder, or its name, holds a marker. Returns how many files were looked at.
    #[track_caller]
    pub fn refuse_folder(&self, folder: &Path) -> usize {
        let mut looked_at = 0;
        for path in files(folder) {
            self.refuse("a file's name", path.display().to_string().as_bytes());
            let bytes = fs::read(&path).expect("a file can be read");
            self.refuse(&path.display().to_string(), &bytes);
            looked_at += 1;
        }
        looked_at
    }
}

/// Every file of a folder and the folders in it; none where there is no such folder.
pub fn files(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The letters of base64 that stand for these bytes wherever they stand `offset` bytes after a multiple of three: those
/// that are made of their bits alone.
fn base64_within(bytes: &[u8], offset: usize) -> Vec<u8> {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits = vec![false; offset * 8];
    for byte in bytes {
        bits.extend((0..8).rev().map(|place| byte >> place & 1 == 1));
    }
    let first = (offset * 8).div_ceil(6);
    bits.chunks_exact(6)
        .skip(first)
        .map(|six| LETTERS[six.iter().fold(0, |number, bit| number * 2 + usize::from(*bit))])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanner() -> Scanner {
        Scanner::new(&[
            Marker::new("surname", Class::Text, "Zqxandrovik"),
            Marker::new("number", Class::NhsNumber, "9990000018"),
            Marker::new("postcode", Class::Postcode, "QZ7 3XK"),
            Marker::new("birth", Class::Day, "2021-03-17"),
        ])
    }

    #[test]
    fn planted_identifiers_are_found_however_they_are_written() {
        let scanner = scanner();
        for (planted, name) in [
            ("the surname ZQXANDROVIK-Smith", "surname as plain text"),
            ("zqxandrovik", "surname as plain text"),
            ("5a7178616e64726f76696b", "surname as hexadecimal"),
            ("5A5158414E44524F56494B", "surname as hexadecimal"),
            // "a Zqxandrovik!", "ab Zqxandrovik!" and "abc Zqxandrovik!" in base64.
            ("YSBacXhhbmRyb3ZpayE=", "surname as base64"),
            ("YWIgWnF4YW5kcm92aWsh", "surname as base64"),
            ("YWJjIFpxeGFuZHJvdmlrIQ==", "surname as base64"),
            ("number 999 000 0018.", "number as plain text"),
            ("999-000-0018", "number as plain text"),
            ("=9990000018;", "number as plain text"),
            ("39393930303030303138", "number as hexadecimal"),
            ("qz73xk", "postcode as plain text"),
            ("born 17/03/2021", "birth as plain text"),
            ("20210317", "birth as plain text"),
        ] {
            assert_eq!(scanner.scan(planted.as_bytes()), [name], "{planted}");
        }
        let digest = hex(&Sha256::digest(b"9990000018"));
        assert_eq!(scanner.scan(digest.as_bytes()), ["number as SHA-256"]);
        assert_eq!(
            scanner.scan(digest.to_uppercase().as_bytes()),
            ["number as SHA-256"]
        );
        let wide: Vec<u8> = "Zqxandrovik".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(scanner.scan(&wide), ["surname as UTF-16"]);
    }

    #[test]
    fn what_is_no_identifier_is_not_found() {
        let scanner = scanner();
        for harmless in ["Zqxandrov", "999 000 001", "QZ7 3X", "2021-03", "2021-03-18", ""] {
            assert!(scanner.scan(harmless.as_bytes()).is_empty(), "{harmless}");
        }
    }

    #[test]
    #[should_panic(expected = "a report holds surname as plain text")]
    fn a_hit_fails_the_test_without_repeating_it() {
        scanner().refuse("a report", b"<td>Zqxandrovik</td>");
    }
}
