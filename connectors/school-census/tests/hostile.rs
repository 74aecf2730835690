//! Damaged files: whatever the damage, a delivery is refused or every row of it is accounted for.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{copy, delivery, layout, read_delivery};
use jiff::civil::date;
use kit::{Delivery, Layout, ReadError};
use proptest::{collection::vec, prelude::*, sample::Index};

/// One change: at a place, so many bytes are replaced by these.
type Change = (Index, usize, Vec<u8>);

/// Bytes that mean something to a reader, and some that do not.
fn change() -> impl Strategy<Value = Change> {
    let piece = prop_oneof![
        Just(b"\"".to_vec()),
        Just(b",".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"<".to_vec()),
        Just(b"</SENneed>".to_vec()),
        Just(b"&#0;".to_vec()),
        Just(b"<![CDATA[".to_vec()),
        Just(b"2026-Feb-30 00:00:00".to_vec()),
        vec(any::<u8>(), 0..4),
    ];
    (any::<Index>(), 0..40_usize, piece)
}

fn damaged(whole: &[u8], changes: &[Change]) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    for (at, removed, piece) in changes {
        let start = at.index(bytes.len().max(1)).min(bytes.len());
        let end = (start + removed).min(bytes.len());
        bytes.splice(start..end, piece.iter().copied());
    }
    bytes
}

fn is_refused_or_accounted_for(delivery: &Delivery, layout: &Layout) {
    let (read, outcome) = read_delivery(delivery, layout, date(2026, 11, 23));
    match outcome {
        Ok(_) => assert!(read.counts.add_up(), "{:#?}", read.counts),
        Err(ReadError::Refused(finding)) => assert!(read.findings.contains(&finding)),
        Err(error) => panic!("{error}"),
    }
}

fn try_damage(folder: &str, name: &str, layout_name: &str) {
    let layout = layout(layout_name);
    let folder = copy(folder);
    let path: &Path = &folder.path().join(name);
    let whole = std::fs::read(path).expect("bytes");
    let delivery = delivery(folder.path(), &layout);
    proptest!(ProptestConfig::with_cases(300), |(changes in vec(change(), 1..5))| {
        std::fs::write(path, damaged(&whole, &changes)).expect("written");
        is_refused_or_accounted_for(&delivery, &layout);
    });
}

#[test]
fn a_damaged_table_of_pupils() {
    try_damage(
        "blade-2018-spring",
        "2018_January_la_pupilonroll.csv",
        "school-census/blade",
    );
}

#[test]
fn a_damaged_table_of_needs() {
    try_damage(
        "blade-2018-spring",
        "2018_January_la_senneeds.csv",
        "school-census/blade",
    );
}

#[test]
fn a_damaged_table_of_returns() {
    try_damage(
        "blade-2018-spring",
        "2018_January_la_schoolcensus.csv",
        "school-census/blade",
    );
}

#[test]
fn a_damaged_return() {
    try_damage("xml", "0012001_SC1_001LL25_004.xml", "school-census/xml");
}
