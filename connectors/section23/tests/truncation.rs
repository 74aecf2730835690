//! Every prefix of a file, as a broken transfer leaves it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::path::Path;

use common::{data, layout, read_path};
use kit::{ReadError, layout::FinalNewline};

/// Reads a prefix: how many records, or the rule that refused it.
fn read_prefix(layout: &kit::Layout, bytes: &[u8], folder: &Path) -> Result<usize, &'static str> {
    let path = folder.join("prefix");
    std::fs::write(&path, bytes).unwrap();
    let (kept, result) = read_path(layout, &path, "prefix");
    match result {
        Ok(()) => Ok(kept.records.len() + usize::try_from(kept.quarantined).unwrap()),
        Err(ReadError::Refused(finding)) => {
            assert!(kept.findings.contains(&finding));
            Err(finding.rule.id)
        }
        Err(error) => panic!("{error}"),
    }
}

/// Where records end: behind each line end that is not within quotes.
fn boundaries(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut quoted = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' if !quoted => ends.push(at + 1),
            _ => {}
        }
    }
    ends
}

#[test]
fn csv_that_must_end_with_a_line_end() {
    let layout = layout("section23/superset");
    assert_eq!(layout.file.final_newline, FinalNewline::Required);
    let bytes = std::fs::read(data().join("section23-prefixes.csv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    // The header, four records, and the empty line between two of them, which is none.
    let ends = boundaries(&bytes);
    assert_eq!(ends.len(), 6);
    let records = |length: usize| match ends.iter().position(|&end| end == length)? {
        ended @ 0..=2 => Some(ended),
        ended => Some(ended - 1),
    };
    for length in 0..=bytes.len() {
        match (
            records(length),
            read_prefix(&layout, &bytes[..length], folder.path()),
        ) {
            (Some(records), Ok(count)) => assert_eq!(count, records, "{length} bytes"),
            (None, Err("F001" | "F002")) => {}
            (_, read) => panic!("{length} bytes: {read:?}"),
        }
    }
}

#[test]
fn csv_that_need_not_end_with_a_line_end_loses_at_most_the_end_of_its_last_field() {
    let mut layout = layout("section23/superset");
    layout.file.final_newline = FinalNewline::Optional;
    let bytes = std::fs::read(data().join("section23-prefixes.csv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ends = boundaries(&bytes);
    let fields_before = |length: usize| {
        let start = ends
            .iter()
            .rev()
            .find(|&&end| end <= length)
            .copied()
            .unwrap_or_default();
        let mut quoted = false;
        bytes[start..length]
            .iter()
            .filter(|&&byte| {
                quoted ^= byte == b'"';
                byte == b',' && !quoted
            })
            .count()
    };
    for length in 0..=bytes.len() {
        let read = read_prefix(&layout, &bytes[..length], folder.path());
        if ends.contains(&length) {
            assert!(read.is_ok(), "{length} bytes: {read:?}");
        } else if read.is_ok() {
            // Taken only where the cut lies in the last of the eighteen fields.
            assert_eq!(fields_before(length), 17, "{length} bytes");
            assert!(length > ends[0], "{length} bytes");
        }
    }
}

#[test]
fn json_must_close() {
    let layout = layout("section23/api-json");
    let name = "section23-api.json";
    let bytes = std::fs::read(data().join(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let end = bytes.iter().rposition(|&byte| byte == b']').unwrap() + 1;
    for length in (0..=bytes.len()).step_by(3) {
        let read = read_prefix(&layout, &bytes[..length], folder.path());
        if length >= end {
            assert_eq!(read, Ok(4));
        } else {
            assert!(matches!(read, Err("F001" | "F002")), "{length} bytes: {read:?}");
        }
    }
}

#[test]
fn a_workbook_must_be_whole() {
    let layout = layout("section23/portal-export-xlsx");
    let name = "section23-notifications-2025-05.xlsx";
    let bytes = std::fs::read(data().join(name)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    for length in (0..bytes.len()).step_by(97) {
        assert!(
            matches!(
                read_prefix(&layout, &bytes[..length], folder.path()),
                Err("F001" | "F015")
            ),
            "{length} bytes"
        );
    }
}
