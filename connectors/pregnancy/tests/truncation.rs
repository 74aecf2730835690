//! Every prefix of a file, as a broken transfer leaves it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use std::path::Path;

use common::{data, layout, read_path};
use kit::{Layout, ReadError, layout::FinalNewline};

/// Reads what lies at a path: how many rows, or the rule that refused it.
fn read_all(layout: &Layout, path: &Path) -> Result<u64, &'static str> {
    let (kept, result) = read_path(layout, path, "prefix");
    match result {
        Ok(_) => Ok(kept.rows.values().sum()),
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
fn an_export_shows_where_it_was_cut() {
    let layout = layout("pregnancy/epr-export");
    assert_eq!(layout.file.final_newline, FinalNewline::Required);
    let bytes = std::fs::read(data().join("pregnancy-prefixes.csv")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prefix");
    // The header, four records, and the empty line between two of them, which is none.
    let ends = boundaries(&bytes);
    assert_eq!(ends.len(), 6);
    let records = |length: usize| match ends.iter().position(|&end| end == length)? {
        ended @ 0..=2 => Some(ended as u64),
        ended => Some(ended as u64 - 1),
    };
    for length in 0..=bytes.len() {
        std::fs::write(&path, &bytes[..length]).unwrap();
        match (records(length), read_all(&layout, &path)) {
            (Some(records), Ok(count)) => assert_eq!(count, records, "{length} bytes"),
            (None, Err("F001" | "F002")) => {}
            (_, read) => panic!("{length} bytes: {read:?}"),
        }
    }
}

#[test]
fn a_workbook_must_be_whole() {
    let layout = layout("pregnancy/weekly-list-xlsx");
    let bytes = std::fs::read(data().join("antenatal-list-2026-03.xlsx")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("prefix");
    for length in (0..bytes.len()).step_by(97) {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let read = read_all(&layout, &path);
        assert!(matches!(read, Err("F001" | "F015")), "{length} bytes: {read:?}");
    }
}

#[test]
fn a_table_of_a_submission_shows_where_it_was_cut() {
    let layout = layout("pregnancy/msds-2");
    assert_eq!(layout.file.final_newline, FinalNewline::Required);
    let folder = tempfile::tempdir().unwrap();
    let mut tables = Vec::new();
    for entry in std::fs::read_dir(data().join("msds-2026-03")).unwrap() {
        let entry = entry.unwrap();
        let bytes = std::fs::read(entry.path()).unwrap();
        let path = folder.path().join(entry.file_name());
        std::fs::write(&path, &bytes).unwrap();
        tables.push((path, bytes));
    }
    tables.sort();
    for (path, bytes) in &tables {
        let ends = boundaries(bytes);
        // The last records of babies byte by byte; of all else a sample.
        let last = match path.ends_with("MSD401BabyDemographics.csv") {
            true => ends[ends.len() - 3],
            false => bytes.len(),
        };
        let lengths = (0..last)
            .step_by(31)
            .chain(ends.iter().copied())
            .chain(last..bytes.len());
        for length in lengths {
            std::fs::write(path, &bytes[..length]).unwrap();
            let read = read_all(&layout, folder.path());
            let name = path.file_name().unwrap().to_string_lossy();
            // A carriage return ends a record too: what follows it is no loss.
            let whole = ends.contains(&length) || ends.contains(&(length + 1));
            if whole {
                // Whole records; a header table without its row says nothing.
                let said = !name.starts_with("MSD000") || length + 1 >= bytes.len();
                assert_eq!(read.is_ok(), said, "{name}, {length} bytes: {read:?}");
            } else {
                assert!(
                    matches!(read, Err("F001" | "F002")),
                    "{name}, {length} bytes: {read:?}"
                );
            }
        }
        std::fs::write(path, bytes).unwrap();
    }
}
