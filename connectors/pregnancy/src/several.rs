//! Several mothers under one reference.
//!
//! A row copied for another mother with its reference left in place gives two notifications of one name and one
//! moment. Taken as two versions of one notification the second would wipe the first, so it is kept out with a
//! finding. A later row of the same reference is an update and may well correct a name or number.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use identity::Identity;
use kit::Values;
use records::{Version, finding::Effect};

use crate::rules;

/// The notifications of a delivery by reference: when each was sent, and a mark of its mother. The mark is a plain
/// hash that is never kept or compared across runs.
#[derive(Default)]
pub(crate) struct Several(BTreeMap<String, (Version, u64)>);

impl Several {
    /// Notes a row whose reference stood on another mother's notification of the same moment.
    pub(crate) fn check(
        &mut self,
        values: &mut Values<'_>,
        reference: &str,
        version: Version,
        mother: &Identity,
    ) {
        let mut hasher = DefaultHasher::new();
        match (mother.nhs_number.valid(), mother.forename.valid()) {
            (Some(number), _) => number.expose().hash(&mut hasher),
            (None, Some(forename)) => forename.expose().hash(&mut hasher),
            (None, None) => return,
        }
        let mark = hasher.finish();
        let first = *self.0.entry(reference.to_owned()).or_insert((version, mark));
        if first.0 == version && first.1 != mark {
            values.note("notification_id", &rules::SEVERAL_MOTHERS, Effect::QuarantinedRow);
        }
    }
}
