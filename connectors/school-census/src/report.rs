//! Making findings.

use kit::{ReadError, Sink};
use records::{Finding, Location, Rule, finding::Effect};

/// A finding at a place.
pub(crate) fn at(rule: &'static Rule, effect: Effect, location: Location) -> Finding {
    Finding {
        rule,
        effect,
        location,
        rows: 1,
    }
}

/// The same error, its finding told to the sink.
pub(crate) fn refused(error: ReadError, sink: &mut dyn Sink) -> ReadError {
    if let ReadError::Refused(finding) = &error {
        sink.finding((**finding).clone());
    }
    error
}
