//! The rules between two persons: birth dates in conflict, forenames unlike, one household.

use crate::{DateEncoding, NameBits, NameEncoding, PersonEncoding, SexEncoding};

/// Whether two birth dates contradict each other: fewer than two of year, month and day agree, and they are
/// not the same date with day and month exchanged. One slip of the pen leaves two parts right.
pub(crate) fn birth_dates_conflict(a: &DateEncoding, b: &DateEncoding) -> bool {
    a.whole != b.whole && !swapped(a, b) && parts_in_common(a, b) < 2
}

/// Whether one date is the other with day and month exchanged.
pub(crate) fn swapped(a: &DateEncoding, b: &DateEncoding) -> bool {
    a.swapped == Some(b.whole) || b.swapped == Some(a.whole)
}

/// How many of year, month and day agree.
pub(crate) fn parts_in_common(a: &DateEncoding, b: &DateEncoding) -> u8 {
    u8::from(a.year == b.year) + u8::from(a.month == b.month) + u8::from(a.day == b.day)
}

/// How alike two names are, 0 to 100: the Dice coefficient of their bigrams in per cent.
pub(crate) fn likeness(a: &NameBits, b: &NameBits) -> u32 {
    dice(&a.0, &b.0)
}

/// The Dice coefficient of two bit vectors in per cent.
pub(crate) fn dice(a: &[u64; 4], b: &[u64; 4]) -> u32 {
    let (mut common, mut total) = (0, 0);
    for (x, y) in a.iter().zip(b) {
        common += (x & y).count_ones();
        total += x.count_ones() + y.count_ones();
    }
    (200 * common).checked_div(total).unwrap_or(0)
}

/// What two records share that makes their forenames matter less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shared {
    /// Neither NHS number nor UPN.
    Nothing,
    /// A conclusive NHS number.
    NhsNumber,
    /// A UPN.
    Upn,
}

/// Whether two records are of two children of one multiple birth: born on one day, in one household (surname
/// or postcode in common), with unlike forenames.
///
/// What is unlike depends on what else is shared. A UPN is given to one pupil and the census refuses it twice
/// in a school, so it outweighs a changed forename. An NHS number may be a mother's, written on both twins:
/// then forenames with nothing in common, or two sexes under two forenames, still make two children. With
/// neither, the forenames must be near enough to be one name with a slip or a short form of it.
pub(crate) fn twins(a: &PersonEncoding, b: &PersonEncoding, shared: Shared) -> bool {
    let (Some(x), Some(y)) = (&a.birth, &b.birth) else {
        return false;
    };
    if shared == Shared::Upn || x.whole != y.whole || a.forenames.is_empty() || b.forenames.is_empty() {
        return false;
    }
    household(a, b) && !forenames_alike(a, b, shared)
}

/// A likeness from which two forenames of one initial are one with a slip: a letter exchanged in five leaves
/// about 60. Without a common initial it is not enough, as parents of twins like names that rhyme.
const SLIP: u32 = 50;
/// Below this likeness and without a common initial, two forenames have nothing in common.
const TRACE: u32 = 35;

fn household(a: &PersonEncoding, b: &PersonEncoding) -> bool {
    any_whole_in_common(&a.surnames, &b.surnames)
        || a.postcodes
            .iter()
            .any(|p| b.postcodes.iter().any(|q| p.whole == q.whole))
}

pub(crate) fn forenames_alike(a: &PersonEncoding, b: &PersonEncoding, shared: Shared) -> bool {
    if any_whole_in_common(&a.forenames, &b.forenames) || names_exchanged(a, b) {
        return true;
    }
    if sexes_differ(a.sex, b.sex) {
        return false;
    }
    a.forenames.iter().any(|x| {
        b.forenames.iter().any(|y| match shared {
            Shared::NhsNumber => x.initial == y.initial || likeness(&x.bits, &y.bits) >= TRACE,
            _ => x.start == y.start || (x.initial == y.initial && likeness(&x.bits, &y.bits) >= SLIP),
        })
    })
}

/// Whether forename and surname stand in each other's place.
fn names_exchanged(a: &PersonEncoding, b: &PersonEncoding) -> bool {
    any_whole_in_common(&a.forenames, &b.surnames) && any_whole_in_common(&a.surnames, &b.forenames)
}

fn sexes_differ(a: Option<SexEncoding>, b: Option<SexEncoding>) -> bool {
    matches!((a, b), (Some(x), Some(y)) if x != y)
}

fn any_whole_in_common(a: &[NameEncoding], b: &[NameEncoding]) -> bool {
    a.iter().any(|x| b.iter().any(|y| x.whole == y.whole))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PartToken;

    fn date(year: u64, month: u64, day: u64) -> DateEncoding {
        let whole = |month, day| PartToken(year * 10_000 + month * 100 + day);
        DateEncoding {
            whole: whole(month, day),
            swapped: (day <= 12 && day != month).then(|| whole(day, month)),
            year: PartToken(year),
            month: PartToken(month),
            day: PartToken(day),
            day_number: 0,
        }
    }

    #[test]
    fn one_slip_is_no_conflict() {
        for other in [
            date(2021, 3, 4),
            date(2012, 3, 4),
            date(2021, 5, 4),
            date(2021, 3, 24),
            date(2021, 4, 3),
        ] {
            assert!(!birth_dates_conflict(&date(2021, 3, 4), &other));
        }
    }

    #[test]
    fn two_parts_wrong_is_a_conflict() {
        for other in [
            date(2012, 5, 4),
            date(2021, 5, 9),
            date(2019, 3, 9),
            date(2020, 4, 3),
        ] {
            assert!(birth_dates_conflict(&date(2021, 3, 4), &other));
        }
    }

    #[test]
    fn no_bits_are_like_nothing() {
        assert_eq!(likeness(&NameBits([0; 4]), &NameBits([0; 4])), 0);
        assert_eq!(likeness(&NameBits([3; 4]), &NameBits([3; 4])), 100);
    }
}
