//! Published and worked-out identifiers, each with what parsing it must say.

#![allow(clippy::unwrap_used, reason = "a table that cannot be read fails the test")]

use identity::{NhsNumber, NhsNumberFault, TestNumbers, Uln, UlnFault, Upn, UpnFault};

/// The rows of a table of vectors, without its header.
fn rows(table: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .from_reader(table.as_bytes());
    reader
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

fn nhs_number(text: &str, test_numbers: TestNumbers) -> &'static str {
    match NhsNumber::parse(text, test_numbers) {
        Ok(_) => "valid",
        Err(NhsNumberFault::Blank) => "blank",
        Err(NhsNumberFault::Shape) => "shape",
        Err(NhsNumberFault::CheckDigit) => "check-digit",
        Err(NhsNumberFault::RepeatedDigit) => "repeated",
        Err(NhsNumberFault::TestNumber) => "test",
    }
}

#[test]
fn nhs_numbers() {
    let rows = rows(include_str!("data/nhs-numbers.csv"));
    assert_eq!(rows.len(), 48);
    for row in rows {
        assert_eq!(nhs_number(&row[0], TestNumbers::Refused), row[1], "live: {row:?}");
        assert_eq!(
            nhs_number(&row[0], TestNumbers::Allowed),
            row[2],
            "made up: {row:?}"
        );
    }
}

#[test]
fn the_test_range_holds_as_many_numbers_as_modulus_11_allows() {
    // Ten numbers in eleven of nine digits have a check digit: 90 or 91 of the first hundred here.
    let valid = (0..1000)
        .filter(|last| NhsNumber::parse(&format!("9990000{last:03}"), TestNumbers::Allowed).is_ok())
        .count();
    assert_eq!(valid, 91);
}

#[test]
fn upns() {
    let rows = rows(include_str!("data/upns.csv"));
    assert_eq!(rows.len(), 26);
    for row in rows {
        let verdict = match Upn::parse(&row[0]) {
            Ok(upn) if upn.is_temporary() => "temporary",
            Ok(_) => "permanent",
            Err(UpnFault::Blank) => "blank",
            Err(UpnFault::Shape) => "shape",
            Err(UpnFault::CheckLetter) => "check-letter",
            Err(UpnFault::Authority) => "authority",
            Err(UpnFault::UnknownReason) => "unknown-reason",
            Err(UpnFault::Zeros) => "zeros",
        };
        assert_eq!(verdict, row[1], "{row:?}");
    }
}

#[test]
fn ulns() {
    let rows = rows(include_str!("data/ulns.csv"));
    assert_eq!(rows.len(), 17);
    for row in rows {
        let verdict = match Uln::parse(&row[0]) {
            Ok(_) => "valid",
            Err(UlnFault::Blank) => "blank",
            Err(UlnFault::Shape) => "shape",
            Err(UlnFault::CheckDigit) => "check-digit",
            Err(UlnFault::Placeholder) => "placeholder",
        };
        assert_eq!(verdict, row[1], "{row:?}");
    }
}
