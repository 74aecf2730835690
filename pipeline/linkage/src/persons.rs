//! One person a cluster: every name, birth date and postcode that its records know, side by side in memory.
//!
//! Weighing persons instead of records costs a tenth of the pairs (a pupil has a dozen census records) and
//! finds a child by an address that it once had.

use rayon::prelude::*;

use crate::{
    DateEncoding, NameEncoding, PostcodeEncoding, SexEncoding,
    clusters::{Clusters, Kinds},
    compare::{Face, Names},
    population::Population,
};

/// Values kept of one field of one person. A child has few names and moves a few times; more than this is a
/// cluster gone wrong, and would cost the square.
const MOST_VALUES: usize = 8;
/// Birth dates kept: a child has one, and its slips.
const MOST_BIRTHS: usize = 3;

/// Where one person's values lie.
#[derive(Clone, Copy, Debug, Default)]
struct Span {
    forenames: (u32, u8, u8),
    surnames: (u32, u8, u8),
    births: (u32, u8),
    postcodes: (u32, u8),
    sex: Option<SexEncoding>,
}

/// The persons, in the order of their smallest record.
#[derive(Debug, Default)]
pub(crate) struct Persons {
    forenames: Vec<NameEncoding>,
    surnames: Vec<NameEncoding>,
    births: Vec<DateEncoding>,
    postcodes: Vec<PostcodeEncoding>,
    spans: Vec<Span>,
    /// The smallest record of each.
    pub(crate) first_record: Vec<u32>,
    /// The kinds of records of each.
    pub(crate) kinds: Vec<Kinds>,
}

/// The values of one person before they are laid side by side.
#[derive(Default)]
struct Gathered {
    forenames: (Vec<NameEncoding>, Vec<NameEncoding>),
    surnames: (Vec<NameEncoding>, Vec<NameEncoding>),
    births: Vec<DateEncoding>,
    postcodes: Vec<PostcodeEncoding>,
    sexes: Vec<SexEncoding>,
}

impl Gathered {
    fn has_name(&self) -> bool {
        [&self.forenames, &self.surnames]
            .into_iter()
            .any(|(firsts, others)| !firsts.is_empty() || !others.is_empty())
    }
}

impl Persons {
    /// Gathers the persons of all clusters, leaving out isolated records and those without a name, for which weights
    /// are not made: twins would agree in all that remains.
    pub(crate) fn gather(population: &Population<'_>, clusters: &Clusters<'_>) -> Self {
        let count = population.len();
        let mut seen = vec![false; count];
        let mut persons = Persons::default();
        for at in (0_u32..).take(count) {
            let root = clusters.root(at) as usize;
            let Some(seen) = seen.get_mut(root) else { continue };
            if std::mem::replace(seen, true) || population.isolated(at) {
                continue;
            }
            let gathered = gather(population, clusters.members(at));
            if gathered.has_name() {
                persons.push(at, clusters.kinds(at), gathered);
            }
        }
        persons
    }

    pub(crate) fn len(&self) -> usize {
        self.spans.len()
    }

    pub(crate) fn face(&self, person: u32) -> Face<'_> {
        let span = self.spans.get(person as usize).copied().unwrap_or_default();
        Face {
            forenames: names(&self.forenames, span.forenames),
            surnames: names(&self.surnames, span.surnames),
            births: slice(&self.births, span.births),
            postcodes: slice(&self.postcodes, span.postcodes),
            sex: span.sex,
        }
    }

    /// Whether a pair of persons would bring records of two kinds together.
    pub(crate) fn across_kinds(&self, a: u32, b: u32) -> bool {
        match (self.kinds.get(a as usize), self.kinds.get(b as usize)) {
            (Some(a), Some(b)) => a.single().is_none() || a != b,
            _ => false,
        }
    }

    fn push(&mut self, first_record: u32, kinds: Kinds, gathered: Gathered) {
        self.spans.push(Span {
            forenames: append_names(&mut self.forenames, gathered.forenames),
            surnames: append_names(&mut self.surnames, gathered.surnames),
            births: append(&mut self.births, gathered.births),
            postcodes: append(&mut self.postcodes, gathered.postcodes),
            sex: match gathered.sexes.as_slice() {
                [sex] => Some(*sex),
                _ => None,
            },
        });
        self.first_record.push(first_record);
        self.kinds.push(kinds);
    }
}

fn gather(population: &Population<'_>, members: &[u32]) -> Gathered {
    let mut members = members.to_vec();
    members.sort_unstable();
    let mut all = Gathered::default();
    for person in members.iter().filter_map(|at| population.person(*at)) {
        for (names, (firsts, others)) in [
            (&person.forenames, &mut all.forenames),
            (&person.surnames, &mut all.surnames),
        ] {
            for (at, name) in names.iter().enumerate() {
                add(
                    if at == 0 { &mut *firsts } else { &mut *others },
                    *name,
                    |a, b| a.whole == b.whole,
                );
            }
        }
        if let Some(birth) = person.birth
            && all.births.len() < MOST_BIRTHS
        {
            add(&mut all.births, birth, |a, b| a.whole == b.whole);
        }
        for postcode in &person.postcodes {
            add(&mut all.postcodes, *postcode, |a, b| a.whole == b.whole);
        }
        if let Some(sex) = person.sex {
            add(&mut all.sexes, sex, |a, b| a == b);
        }
    }
    for (firsts, others) in [&mut all.forenames, &mut all.surnames] {
        others.retain(|other| firsts.iter().all(|first| first.whole != other.whole));
        others.truncate(MOST_VALUES.saturating_sub(firsts.len()));
    }
    all
}

fn add<T>(values: &mut Vec<T>, value: T, same: impl Fn(&T, &T) -> bool) {
    if values.len() < MOST_VALUES && !values.iter().any(|known| same(known, &value)) {
        values.push(value);
    }
}

fn append<T>(all: &mut Vec<T>, values: Vec<T>) -> (u32, u8) {
    // At most eight values a person, and fewer persons than 2^32 / 8 for any memory that exists.
    let span = (
        u32::try_from(all.len()).unwrap_or(u32::MAX),
        u8::try_from(values.len()).unwrap_or(0),
    );
    all.extend(values);
    span
}

fn append_names(
    all: &mut Vec<NameEncoding>,
    (firsts, others): (Vec<NameEncoding>, Vec<NameEncoding>),
) -> (u32, u8, u8) {
    let (start, first) = append(all, firsts);
    let (_, other) = append(all, others);
    (start, first + other, first)
}

fn slice<T>(all: &[T], (start, len): (u32, u8)) -> &[T] {
    all.get(start as usize..start as usize + usize::from(len))
        .unwrap_or_default()
}

fn names(all: &[NameEncoding], (start, len, first): (u32, u8, u8)) -> Names<'_> {
    Names {
        all: slice(all, (start, len)),
        first: usize::from(first),
    }
}

/// How many persons bear each value as one of their first, so that a rare name can weigh more.
#[derive(Debug, Default)]
pub(crate) struct Frequencies {
    pub(crate) forenames: Frequency,
    pub(crate) surnames: Frequency,
    pub(crate) postcodes: Frequency,
}

impl Frequencies {
    pub(crate) fn of(persons: &Persons) -> Self {
        let count = |values: fn(&Face<'_>) -> Vec<u64>| {
            let all = (0..persons.len() as u32)
                .into_par_iter()
                .flat_map_iter(|at| values(&persons.face(at)));
            Frequency::of(all.collect(), persons.len())
        };
        Frequencies {
            forenames: count(|face| face.forenames.firsts().iter().map(|name| name.whole.0).collect()),
            surnames: count(|face| face.surnames.firsts().iter().map(|name| name.whole.0).collect()),
            postcodes: count(|face| face.postcodes.iter().map(|postcode| postcode.whole.0).collect()),
        }
    }
}

/// How often each value of one field occurs.
#[derive(Debug, Default)]
pub(crate) struct Frequency {
    counts: Vec<(u64, u32)>,
    of: usize,
}

impl Frequency {
    fn of(mut values: Vec<u64>, of: usize) -> Self {
        values.par_sort_unstable();
        let counts = values
            .chunk_by(|a, b| a == b)
            .filter_map(|run| Some((*run.first()?, u32::try_from(run.len()).ok()?)))
            .collect();
        Frequency { counts, of }
    }

    /// The share of persons that bear a value, above 0.
    pub(crate) fn share(&self, value: u64) -> f64 {
        let found = self.counts.binary_search_by_key(&value, |(known, _)| *known).ok();
        let count = found
            .and_then(|at| self.counts.get(at))
            .map_or(1, |(_, count)| *count);
        f64::from(count) / self.of.max(1) as f64
    }

    /// The chance that two persons drawn at random agree on the field.
    pub(crate) fn chance(&self) -> f64 {
        let of = self.of.max(2) as f64;
        let pairs: f64 = self
            .counts
            .iter()
            .map(|(_, count)| f64::from(*count) * (f64::from(*count) - 1.0))
            .sum();
        pairs / (of * (of - 1.0))
    }
}
