//! Matches that can hardly be right, whatever they weigh: between two records a child changes neither sex nor year of
//! birth.

use std::collections::BTreeMap;

use crate::{Entry, Linkage, encoding::SexEncoding};

/// Days by which two birth dates of one child may differ. One written wrongly is mostly off in day or month.
const APART: i32 = 366;

/// What the records of a cluster say of the child.
#[derive(Clone, Copy, Debug, Default)]
struct Said {
    male: bool,
    female: bool,
    /// The first and the last day of birth.
    born: Option<(i32, i32)>,
}

/// By kind: records that are matched, and how many of them are of a child of whom another record says another sex, or a
/// birth more than a year away. `entries` are those that were linked, by record id.
pub fn implausible(entries: &[Entry], linkage: &Linkage) -> BTreeMap<u8, (u64, u64)> {
    let records = || {
        linkage
            .links
            .iter()
            .filter(|link| link.subject.number == 0)
            .filter_map(|link| {
                let at = entries
                    .binary_search_by_key(&link.subject.record, |entry| entry.record)
                    .ok()?;
                Some((link, entries.get(at)?))
            })
    };
    let mut children = vec![Said::default(); linkage.clusters as usize];
    for (link, entry) in records() {
        if let Some(said) = children.get_mut(link.cluster as usize) {
            said.hear(entry);
        }
    }
    let mut kinds: BTreeMap<u8, (u64, u64)> = BTreeMap::new();
    for (link, entry) in records().filter(|(link, _)| link.tier.is_match()) {
        let (matched, implausible) = kinds.entry(entry.kind).or_default();
        *matched += 1;
        let said = children.get(link.cluster as usize);
        *implausible += u64::from(said.is_some_and(|said| said.contradicts(entry)));
    }
    kinds
}

impl Said {
    fn hear(&mut self, entry: &Entry) {
        let Some(child) = &entry.encoding.child else {
            return;
        };
        match child.sex {
            Some(SexEncoding::M) => self.male = true,
            Some(SexEncoding::F) => self.female = true,
            None => {}
        }
        if let Some(day) = child.birth.map(|birth| birth.day_number) {
            let (first, last) = self.born.unwrap_or((day, day));
            self.born = Some((first.min(day), last.max(day)));
        }
    }

    fn contradicts(&self, entry: &Entry) -> bool {
        let Some(child) = &entry.encoding.child else {
            return false;
        };
        let of_sex = match child.sex {
            Some(SexEncoding::M) => self.female,
            Some(SexEncoding::F) => self.male,
            None => false,
        };
        let of_birth = child.birth.zip(self.born).is_some_and(|(birth, (first, last))| {
            birth.day_number.saturating_sub(first) > APART || last.saturating_sub(birth.day_number) > APART
        });
        of_sex || of_birth
    }
}
