//! Making findings.

use records::{Finding, Location, Rule, finding::Effect};

use crate::connector::{ReadError, Sink};

/// A finding at a place.
pub fn at(rule: &'static Rule, effect: Effect, location: Location) -> Finding {
    Finding {
        rule,
        effect,
        location,
        rows: 1,
    }
}

/// A finding about a table that is not there: the table's name stands where a file would.
pub fn about_table(rule: &'static Rule, effect: Effect, name: &str) -> Finding {
    let location = Location {
        file: name.to_owned(),
        ..Location::default()
    };
    at(rule, effect, location)
}

/// Reports a finding that refuses the delivery and makes the error of it.
pub fn refuse(finding: Finding, sink: &mut dyn Sink) -> ReadError {
    sink.finding(finding.clone());
    ReadError::Refused(Box::new(finding))
}

/// The same error, its finding told to the sink.
pub fn refused(error: ReadError, sink: &mut dyn Sink) -> ReadError {
    if let ReadError::Refused(finding) = &error {
        sink.finding((**finding).clone());
    }
    error
}
