//! Several people under one reference.
//!
//! A form that names twins, or a row copied for somebody else with its reference left in place, gives two rows of one
//! name and one moment. Taken as two versions of one record the second would wipe the first, so it is kept out with a
//! finding. A later row of the same reference is an update and may well correct a name or number.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use identity::{BusinessKey, Identity};
use records::{Rule, Version, finding::Effect};

use crate::values::Values;

/// The records of a delivery by key: when each was sent, and a mark of its person. The mark is a plain hash that is
/// never kept or compared across runs.
#[derive(Default)]
pub struct Several(BTreeMap<Vec<u8>, (Version, u64)>);

impl Several {
    /// Notes, as breaking `rule` at `field`, a row whose key stood on another person's record of the same moment.
    pub fn check(
        &mut self,
        values: &mut Values<'_>,
        (field, rule): (&str, &'static Rule),
        key: &BusinessKey,
        version: Version,
        person: &Identity,
    ) {
        let mut hasher = DefaultHasher::new();
        let digest = person.nhs_number_digest.valid();
        match (person.nhs_number.valid(), person.forename.valid(), digest) {
            (Some(number), _, _) => number.expose().hash(&mut hasher),
            (None, Some(forename), _) => forename.expose().hash(&mut hasher),
            (None, None, Some(digest)) => digest.expose().hash(&mut hasher),
            (None, None, None) => return,
        }
        let this = (version, hasher.finish());
        let first = *self.0.entry(key.as_bytes().to_vec()).or_insert(this);
        if first.0 == this.0 && first.1 != this.1 {
            values.note(field, rule, Effect::QuarantinedRow);
        }
    }
}
