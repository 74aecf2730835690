//! What is compared of a person: the columns of the engine, and what agreement on them is worth before anything is
//! learned.

use crate::{
    DateEncoding, MotherDescription, NameEncoding, PersonEncoding, PostcodeEncoding, SexEncoding,
    engine::{ColumnKind, ColumnWeights, MISSING, Value, Weights, between},
};

/// The columns, in the order in which their levels are packed into a pattern.
pub(crate) const COLUMNS: [(&str, ColumnKind); 5] = [
    ("forename", ColumnKind::Name),
    ("surname", ColumnKind::Name),
    ("birth date", ColumnKind::Date),
    ("postcode", ColumnKind::Postcode),
    ("sex", ColumnKind::Code),
];
const FORENAME: usize = 0;
const SURNAME: usize = 1;
const BIRTH: usize = 2;
/// With which column the values of each may have been exchanged.
pub(crate) const SAME_AS: [Option<usize>; 5] = [Some(SURNAME), Some(FORENAME), None, None, None];

/// Chances of a column's levels between records of one child, and between two children taken at random from an area
/// of some ten thousand; and how much of it a household shares. The rates of one child are those of slips and moves
/// between a health record and a school record; two thirds to nine tenths of brothers and sisters share surname and
/// postcode, and 15 in 1,000 maternities are multiple.
const ASSUMED: [([f64; 7], [f64; 7], f64); 5] = [
    (
        [1.0, 0.90, 0.025, 0.03, 0.015, 0.03, 0.0],
        [1.0, 0.005, 0.003, 0.02, 0.11, 0.862, 0.0],
        0.0,
    ),
    (
        [1.0, 0.90, 0.025, 0.015, 0.01, 0.05, 0.0],
        [1.0, 0.003, 0.002, 0.01, 0.08, 0.905, 0.0],
        0.88,
    ),
    (
        [1.0, 0.98, 0.004, 0.0002, 0.0118, 0.002, 0.002],
        [1.0, 0.0003, 0.0001, 0.0002, 0.0148, 0.06, 0.9246],
        0.03,
    ),
    (
        [1.0, 0.70, 0.03, 0.05, 0.22, 0.0, 0.0],
        [1.0, 0.0003, 0.003, 0.03, 0.9667, 0.0, 0.0],
        0.95,
    ),
    (
        [1.0, 0.995, 0.0005, 0.0045, 0.0, 0.0, 0.0],
        [1.0, 0.5, 0.0005, 0.4995, 0.0, 0.0, 0.0],
        0.0,
    ),
];
/// One chance in 2^13: an area of some ten thousand children on each side.
const PRIOR: f64 = 1.0 / 8192.0;

/// The weights before anything is learned.
pub(crate) fn assumed() -> Weights {
    Weights {
        columns: ASSUMED
            .into_iter()
            .map(|(same, unrelated, shared)| ColumnWeights {
                same,
                unrelated,
                shared,
            })
            .collect(),
        same: PRIOR,
        household: PRIOR,
        trained: false,
        by_value: false,
    }
}

/// What is compared of somebody.
#[derive(Clone, Copy)]
pub(crate) struct Face<'e> {
    forenames: &'e [NameEncoding],
    surnames: &'e [NameEncoding],
    birth: Option<&'e DateEncoding>,
    postcodes: &'e [PostcodeEncoding],
    sex: Option<SexEncoding>,
}

impl<'e> From<&'e PersonEncoding> for Face<'e> {
    fn from(person: &'e PersonEncoding) -> Self {
        Face {
            forenames: &person.forenames,
            surnames: &person.surnames,
            birth: person.birth.as_ref(),
            postcodes: &person.postcodes,
            sex: person.sex,
        }
    }
}

impl<'e> From<&'e MotherDescription> for Face<'e> {
    fn from(mother: &'e MotherDescription) -> Self {
        Face {
            forenames: &mother.forenames,
            surnames: &mother.surnames,
            birth: Some(&mother.birth),
            postcodes: &mother.postcodes,
            sex: None,
        }
    }
}

/// The levels of two records.
pub(crate) fn pattern<'e>(a: impl Into<Face<'e>>, b: impl Into<Face<'e>>) -> u64 {
    let (a, b) = (a.into(), b.into());
    let (mut forename, mut surname) = (names(a.forenames, b.forenames), names(a.surnames, b.surnames));
    if forename > 2 && surname > 2 && exchanged(&a, &b) {
        (forename, surname) = (2, 2);
    }
    let nothing = std::iter::empty;
    let birth = match (a.birth, b.birth) {
        (Some(x), Some(y)) => between(ColumnKind::Date, (&date(x), nothing()), (&date(y), nothing())),
        _ => MISSING,
    };
    let postcode = match (a.postcodes, b.postcodes) {
        ([x, ours @ ..], [y, theirs @ ..]) => between(
            ColumnKind::Postcode,
            (&postcode(x), ours.iter().map(|other| other.whole.0)),
            (&postcode(y), theirs.iter().map(|other| other.whole.0)),
        ),
        _ => MISSING,
    };
    let sex = match (a.sex, b.sex) {
        (Some(x), Some(y)) => between(ColumnKind::Code, (&sex(x), nothing()), (&sex(y), nothing())),
        _ => MISSING,
    };
    packed([forename, surname, birth, postcode, sex])
}

/// Agreement in full on names, birth date and postcode.
pub(crate) fn all_the_same() -> u64 {
    packed([1, 1, 1, 1, MISSING])
}

/// Whether fewer than two parts of the birth dates agree and they are not one date with day and month exchanged.
pub(crate) fn birth_dates_conflict(pattern: u64) -> bool {
    (pattern >> (3 * BIRTH)) & 7 > 4
}

fn packed(levels: [u8; 5]) -> u64 {
    levels
        .into_iter()
        .rev()
        .fold(0, |pattern, level| (pattern << 3) | u64::from(level))
}

fn names(a: &[NameEncoding], b: &[NameEncoding]) -> u8 {
    let ([x, ours @ ..], [y, theirs @ ..]) = (a, b) else {
        return MISSING;
    };
    between(
        ColumnKind::Name,
        (&name(x), ours.iter().map(|other| other.whole.0)),
        (&name(y), theirs.iter().map(|other| other.whole.0)),
    )
}

fn exchanged(a: &Face<'_>, b: &Face<'_>) -> bool {
    let first = |names: &[NameEncoding]| names.first().map(|name| name.whole);
    let crossed =
        |a: &Face<'_>, b: &Face<'_>| first(a.forenames).is_some() && first(a.forenames) == first(b.surnames);
    crossed(a, b) && crossed(b, a)
}

/// A name, as the engine compares it.
pub(crate) fn name(name: &NameEncoding) -> Value {
    Value {
        whole: name.whole.0,
        parts: [name.start.0, name.initial.0, 0, 0],
        bits: name.bits.0,
        day: 0,
    }
}

/// A date, as the engine compares it.
pub(crate) fn date(date: &DateEncoding) -> Value {
    Value {
        whole: date.whole.0,
        parts: [
            date.year.0,
            date.month.0,
            date.day.0,
            date.swapped.map_or(0, |swapped| swapped.0),
        ],
        bits: [0; 4],
        day: date.day_number,
    }
}

/// A postcode, as the engine compares it.
pub(crate) fn postcode(postcode: &PostcodeEncoding) -> Value {
    Value {
        whole: postcode.whole.0,
        parts: [postcode.sector.0, postcode.outward.0, 0, 0],
        ..Value::default()
    }
}

/// A sex, as the engine compares it.
pub(crate) fn sex(sex: SexEncoding) -> Value {
    Value {
        whole: match sex {
            SexEncoding::M => 1,
            SexEncoding::F => 2,
        },
        ..Value::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_assumed_are_probabilities() {
        for (same, unrelated, shared) in ASSUMED {
            for table in [same, unrelated] {
                let sum: f64 = table.iter().skip(1).sum();
                assert!((sum - 1.0).abs() < 1e-9, "{sum}");
            }
            assert!((0.0..=1.0).contains(&shared));
        }
    }

    #[test]
    fn levels_are_packed_in_the_order_of_the_columns() {
        let pattern = packed([5, 4, 3, 2, 1]);
        let levels: Vec<u64> = (0..5).map(|at| (pattern >> (3 * at)) & 7).collect();
        assert_eq!(levels, [5, 4, 3, 2, 1]);
    }
}
