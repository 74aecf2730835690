//! How right linkage is without a truth: everything is linked once more without NHS numbers, and what comes of it is held
//! against the numbers; and among the records stand decoys, made up of the parts of several children, whom nothing
//! should match.
//!
//! Hiding an identifier that some records have shows how the others fare (as hospital and education records of England
//! were compared); made-up records show how often chance alone is taken for a match (Robach, Statistics in Medicine,
//! 2025).

use std::collections::{BTreeMap, HashMap};

use crate::{
    Decisions, Encoding, Entry, LinkError, PersonEncoding, RecordId, Settings, Token, Watch, engine::mix,
    link::link_and,
};

/// One decoy to so many records, so that they change little of what is learned.
const RECORDS_TO_A_DECOY: usize = 50;
/// No more decoys than this: a rate of one in a thousand shows among them.
const MOST_DECOYS: usize = 5_000;

/// What the second linkage found, by the kind of record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldOut {
    /// By kind: records whose number a record of another kind bears too, and how many of them were matched with one
    /// such.
    pub found: BTreeMap<u8, (u64, u64)>,
    /// By kind: records with a number that were matched with records of other kinds that bear numbers, and how many of
    /// them with records of their own number only.
    pub right: BTreeMap<u8, (u64, u64)>,
    /// Decoys, and how many of them were matched.
    pub decoys: (u64, u64),
}

/// Links once more without NHS numbers and their digests, which it takes out of `entries`. The decisions hold as before, but those about
/// numbers.
///
/// # Errors
///
/// As [`link`](crate::link).
pub fn hold_out(
    entries: &mut Vec<Entry>,
    decisions: &Decisions,
    settings: &Settings,
    watch: &dyn Watch,
) -> Result<HoldOut, LinkError> {
    let numbers: HashMap<RecordId, (u8, Token)> = entries
        .iter()
        .filter_map(|entry| {
            let number = entry.encoding.child.as_ref()?.nhs_number?;
            number
                .conclusive
                .then_some((entry.record, (entry.kind, number.token)))
        })
        .collect();
    for entry in entries.iter_mut() {
        if let Some(child) = &mut entry.encoding.child {
            child.nhs_number = None;
            child.nhs_number_as_mother = None;
        }
        entry.encoding.digests = None;
    }
    let decoys = decoys(entries);
    let decoy_ids: Vec<RecordId> = decoys.iter().map(|decoy| decoy.record).collect();
    entries.extend(decoys);
    let (linkage, ()) = link_and(entries, decisions, settings, watch, |_, _, _| ())?;

    let mut clusters: BTreeMap<u32, Vec<(u8, Token)>> = BTreeMap::new();
    let mut of_number: HashMap<Token, Vec<(u8, u32)>> = HashMap::new();
    let mut held_out = HoldOut {
        decoys: (decoy_ids.len() as u64, 0),
        ..HoldOut::default()
    };
    for link in linkage.links.iter().filter(|link| link.subject.number == 0) {
        if let Some((kind, number)) = numbers.get(&link.subject.record) {
            clusters.entry(link.cluster).or_default().push((*kind, *number));
            of_number.entry(*number).or_default().push((*kind, link.cluster));
        } else if link.tier.is_match() && decoy_ids.binary_search(&link.subject.record).is_ok() {
            held_out.decoys.1 += 1;
        }
    }
    for records in of_number.values() {
        for (kind, cluster) in records {
            let others = || records.iter().filter(|(other, _)| other != kind);
            if others().next().is_some() {
                let (all, found) = held_out.found.entry(*kind).or_default();
                *all += 1;
                *found += u64::from(others().any(|(_, other)| other == cluster));
            }
        }
    }
    for records in clusters.values() {
        for (kind, number) in records {
            let others = || records.iter().filter(|(other, _)| other != kind);
            if others().next().is_some() {
                let (all, right) = held_out.right.entry(*kind).or_default();
                *all += 1;
                *right += u64::from(others().all(|(_, other)| other == number));
            }
        }
    }
    Ok(held_out)
}

/// Children who do not exist, by record: each with the forename and sex of one child, the surname of another, the birth
/// date of a third and the postcode of a fourth.
fn decoys(entries: &[Entry]) -> Vec<Entry> {
    let named: Vec<(&Entry, &PersonEncoding)> = entries
        .iter()
        .filter_map(|entry| Some((entry, entry.encoding.child.as_ref()?)))
        .filter(|(_, child)| !child.forenames.is_empty() && !child.surnames.is_empty())
        .collect();
    let count = (entries.len() / RECORDS_TO_A_DECOY).min(MOST_DECOYS);
    let pick = |decoy: usize, part: u64| {
        let drawn = mix(decoy as u64 ^ (part << 32)) % named.len().max(1) as u64;
        named.get(drawn as usize)
    };
    let mut decoys: Vec<Entry> = (0..count)
        .filter_map(|decoy| {
            let (of, first) = pick(decoy, 1)?;
            let child = PersonEncoding {
                forenames: first.forenames.clone(),
                sex: first.sex,
                surnames: pick(decoy, 2)?.1.surnames.clone(),
                birth: pick(decoy, 3)?.1.birth,
                postcodes: pick(decoy, 4)?.1.postcodes.clone(),
                ..PersonEncoding::default()
            };
            let [low, high] = [5, 6].map(|part| mix(decoy as u64 ^ (part << 32)));
            Some(Entry {
                record: RecordId((u128::from(low) << 64 | u128::from(high)).to_be_bytes()),
                kind: of.kind,
                source: None,
                erased: Default::default(),
                encoding: Encoding {
                    child: Some(child),
                    ..Encoding::default()
                },
            })
        })
        .collect();
    decoys.sort_unstable_by_key(|decoy| decoy.record);
    decoys
}
