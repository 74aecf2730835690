//! How far two persons agree: a level for each field, packed into a pattern.

use crate::{
    DateEncoding, NameEncoding, PersonEncoding, PostcodeEncoding, SexEncoding,
    rules::{likeness, parts_in_common, swapped},
};

/// The level of every field that was blank on either side: it says nothing.
pub(crate) const MISSING: u8 = 0;
/// The level of agreement in full, in every field.
pub(crate) const EXACT: u8 = 1;

/// The fields, in the order in which their levels are packed, with the number of levels beside missing.
pub(crate) const FIELDS: [(&str, u8); 5] = [
    ("forename", 5),
    ("surname", 5),
    ("birth date", 5),
    ("postcode", 4),
    ("sex", 2),
];
pub(crate) const FORENAME: usize = 0;
pub(crate) const SURNAME: usize = 1;
pub(crate) const BIRTH: usize = 2;
pub(crate) const POSTCODE: usize = 3;
/// The highest number of levels of a field, missing included.
pub(crate) const LEVELS: usize = 6;
/// How many patterns there can be: three bits a field.
pub(crate) const PATTERNS: usize = 1 << 15;

/// The levels of the five fields, three bits each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pattern(pub(crate) u16);

impl Pattern {
    fn of(levels: [u8; 5]) -> Self {
        Pattern((0_u16..).zip(levels).fold(0, |packed, (field, level)| {
            packed | (u16::from(level) << (3 * field))
        }))
    }

    /// Agreement in full on names, birth date and postcode.
    pub(crate) fn exact() -> Self {
        Pattern::of([EXACT, EXACT, EXACT, EXACT, MISSING])
    }

    pub(crate) fn level(self, field: usize) -> u8 {
        ((self.0 >> (3 * field)) & 7) as u8
    }

    /// Whether every birth date of one conflicts with every birth date of the other.
    pub(crate) fn birth_dates_conflict(self) -> bool {
        self.level(BIRTH) > 3
    }

    /// Whether two of forename, surname, birth date and postcode agree at least nearly. A pair below that is
    /// never one child by weight, whatever the model, and is counted but not kept.
    pub(crate) fn is_plausible(self) -> bool {
        let near = |field: usize, worst: u8| (EXACT..=worst).contains(&self.level(field));
        let count = u8::from(near(FORENAME, 3))
            + u8::from(near(SURNAME, 3))
            + u8::from(near(BIRTH, 3))
            + u8::from(near(POSTCODE, 2));
        count >= 2
    }
}

/// Names of one sort, those that stand first in a record before the others (middle, preferred, former).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    pub(crate) all: &'a [NameEncoding],
    pub(crate) first: usize,
}

impl<'a> Names<'a> {
    pub(crate) fn firsts(self) -> &'a [NameEncoding] {
        self.all.get(..self.first).unwrap_or(self.all)
    }
}

/// The fields of a person that are compared, each with every value known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Face<'a> {
    pub(crate) forenames: Names<'a>,
    pub(crate) surnames: Names<'a>,
    pub(crate) births: &'a [DateEncoding],
    pub(crate) postcodes: &'a [PostcodeEncoding],
    pub(crate) sex: Option<SexEncoding>,
}

impl<'a> Face<'a> {
    /// The face of one record.
    pub(crate) fn of(person: &'a PersonEncoding) -> Self {
        Face {
            forenames: Names {
                all: &person.forenames,
                first: 1,
            },
            surnames: Names {
                all: &person.surnames,
                first: 1,
            },
            births: person.birth.as_slice(),
            postcodes: &person.postcodes,
            sex: person.sex,
        }
    }
}

/// Compares two persons. Where a field has several values, the best agreement counts.
pub(crate) fn compare(a: &Face<'_>, b: &Face<'_>) -> Pattern {
    let mut forename = name_level(a.forenames, b.forenames);
    let mut surname = name_level(a.surnames, b.surnames);
    if forename > 2 && surname > 2 && exchanged(a, b) {
        (forename, surname) = (2, 2);
    }
    let sex = match (a.sex, b.sex) {
        (Some(x), Some(y)) if x == y => EXACT,
        (Some(_), Some(_)) => 2,
        _ => MISSING,
    };
    Pattern::of([
        forename,
        surname,
        birth_level(a.births, b.births),
        postcode_level(a.postcodes, b.postcodes),
        sex,
    ])
}

/// 1 the same; 2 nearly (Dice 0.75 and above), or the same but for one a middle, preferred or former name;
/// 3 much alike (0.55), or the first three letters; 4 somewhat (0.35), or the initial; 5 unlike.
fn name_level(a: Names<'_>, b: Names<'_>) -> u8 {
    if a.all.is_empty() || b.all.is_empty() {
        return MISSING;
    }
    let mut best = 5;
    for (i, x) in a.all.iter().enumerate() {
        for (j, y) in b.all.iter().enumerate() {
            let level = if x.whole != y.whole {
                unequal_name_level(x, y)
            } else if i < a.first && j < b.first {
                return EXACT;
            } else {
                2
            };
            best = best.min(level);
        }
    }
    best
}

fn unequal_name_level(x: &NameEncoding, y: &NameEncoding) -> u8 {
    match likeness(&x.bits, &y.bits) {
        75.. => 2,
        55.. => 3,
        _ if x.start == y.start => 3,
        35.. => 4,
        _ if x.initial == y.initial => 4,
        _ => 5,
    }
}

fn exchanged(a: &Face<'_>, b: &Face<'_>) -> bool {
    let share =
        |x: &[NameEncoding], y: &[NameEncoding]| x.iter().any(|p| y.iter().any(|q| p.whole == q.whole));
    share(a.forenames.firsts(), b.surnames.firsts()) && share(a.surnames.firsts(), b.forenames.firsts())
}

/// 1 the same; 2 day and month exchanged; 3 two parts of three; 4 one part; 5 none.
fn birth_level(a: &[DateEncoding], b: &[DateEncoding]) -> u8 {
    if a.is_empty() || b.is_empty() {
        return MISSING;
    }
    let mut best = 5;
    for x in a {
        for y in b {
            let level = match parts_in_common(x, y) {
                _ if x.whole == y.whole => return EXACT,
                _ if swapped(x, y) => 2,
                2.. => 3,
                1 => 4,
                0 => 5,
            };
            best = best.min(level);
        }
    }
    best
}

/// 1 the same; 2 the sector; 3 the outward code; 4 elsewhere.
fn postcode_level(a: &[PostcodeEncoding], b: &[PostcodeEncoding]) -> u8 {
    if a.is_empty() || b.is_empty() {
        return MISSING;
    }
    let mut best = 4;
    for x in a {
        for y in b {
            let level = if x.whole == y.whole {
                return EXACT;
            } else if x.sector == y.sector {
                2
            } else if x.outward == y.outward {
                3
            } else {
                4
            };
            best = best.min(level);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_survive_packing() {
        let pattern = Pattern::of([5, 4, 3, 2, 1]);
        assert_eq!([0, 1, 2, 3, 4].map(|field| pattern.level(field)), [5, 4, 3, 2, 1]);
    }

    #[test]
    fn a_shared_birthday_alone_is_not_plausible() {
        assert!(!Pattern::of([5, 5, 1, 4, 1]).is_plausible());
        assert!(Pattern::of([5, 1, 1, 4, 1]).is_plausible());
        assert!(!Pattern::of([0, 0, 1, 0, 1]).is_plausible());
    }
}
