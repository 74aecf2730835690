//! Several children on one form.
//!
//! A form that names twins gives two rows with one reference and one time of sending. Taken as two versions of one
//! notice the second would wipe the first, so it is kept out with a finding. A later row with the same reference is
//! an update and may well correct a name or number.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use jiff::civil::DateTime;
use kit::{Incoming, Values};
use records::finding::Effect;

use crate::rules;

/// The notices of a delivery by key: when each was sent, and a mark of its child. The mark is a plain hash that is
/// never kept or compared across runs.
#[derive(Default)]
pub(crate) struct Several(BTreeMap<Vec<u8>, (DateTime, u64)>);

impl Several {
    /// Notes a row whose reference stood on another child's notice of the same moment.
    pub(crate) fn check(&mut self, incoming: &Incoming, values: &mut Values<'_>) {
        let Some(child) = &incoming.people.child else {
            return;
        };
        let mut hasher = DefaultHasher::new();
        match (child.nhs_number.valid(), child.forename.valid()) {
            (Some(number), _) => number.expose().hash(&mut hasher),
            (None, Some(forename)) => forename.expose().hash(&mut hasher),
            (None, None) => return,
        }
        let sent = incoming.record.version.time();
        let mark = hasher.finish();
        let (first_sent, first_mark) = *self
            .0
            .entry(incoming.key.as_bytes().to_vec())
            .or_insert((sent, mark));
        if first_sent == sent && first_mark != mark {
            values.note(
                "notification_id",
                &rules::SEVERAL_CHILDREN,
                Effect::QuarantinedRow,
            );
        }
    }
}
