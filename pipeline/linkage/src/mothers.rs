//! Which records name one mother. She joins no records: siblings would become one child. She only shows whose
//! pregnancy a child was.
//!
//! Her NHS number tells her from all others, or names, birth date and postcode that are the same. Where a record lacks
//! them, she is found by the weight of how she is called, when she was born and where she lives, among mothers alone.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

use crate::{
    Encoding, MotherDescription, MotherEvidence, Tier, Token, Weight,
    engine::{Weights, mix},
    faces,
    population::Population,
};

/// A mother named by more records than this is nobody's: a number typed into a form as a stopgap. Ten
/// pregnancies of two notifications each, and ten reviews of each child, are fewer.
const MOST_RECORDS: usize = 200;
/// Descriptions kept of one mother. She changes her name and moves a few times; more are of several people.
const MOST_DESCRIPTIONS: usize = 8;
/// More mothers than this who agree in the parts that bring pairs together are not compared: what they share is
/// common.
const MOST_ALIKE: usize = 50;
/// From this weight on two are one mother. A birth at the edge of the time in which one is looked for takes six bits
/// away ([`crate::pregnancies`]), and four must remain, as for children.
const ACCEPT: Weight = Weight::from_bits(10);
/// Pairs of two mothers of one household, sisters mostly, to each pair of records of one: few live together while both
/// bear children.
const SISTERS: f64 = 0.02;
/// A second mother within this weight of the best makes the choice open, as for children.
const MARGIN: Weight = Weight::from_bits(5);

/// A mother as far as records tell mothers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mother {
    /// By her NHS number.
    Number(Token),
    /// By the digest of a number that stands beside it on no record.
    Digest(Token),
    /// By exact names, birth date and postcode, where no record that names her so has her number.
    Exact(Token),
    /// By exact names and birth date, where a record has no more.
    Described(u64),
}

impl Mother {
    /// Whether her number tells her from all others.
    fn is_numbered(&self) -> bool {
        matches!(self, Mother::Number(_) | Mother::Digest(_))
    }
}

/// The mothers of a population.
#[derive(Debug, Default)]
pub(crate) struct Mothers {
    /// The numbers that stand beside exact names: none where several do, as then the names are of several.
    number_of: HashMap<Token, Option<Token>>,
    /// The numbers that stand beside digests, in the same way.
    number_of_digest: HashMap<Token, Option<Token>>,
    /// Who turned out to be another by weight, and the weight.
    one_with: HashMap<Mother, (Mother, Weight)>,
    /// How many records name each.
    records: HashMap<Mother, usize>,
}

impl Mothers {
    pub(crate) fn of(population: &Population<'_>) -> Self {
        let mut mothers = Mothers::default();
        // Most areas' records name no mother by a notification; then nobody asks who she is.
        if population.notifications.is_empty() {
            return mothers;
        }
        let all = || population.everybody().map(|entry| &entry.encoding);
        for encoding in all() {
            let Some(number) = encoding.mother.as_ref().and_then(|mother| mother.nhs_number) else {
                continue;
            };
            let exact = encoding.mother.as_ref().and_then(|mother| mother.exact);
            for (known, beside) in [
                (&mut mothers.number_of, exact),
                (&mut mothers.number_of_digest, digest(encoding)),
            ] {
                if let Some(beside) = beside {
                    known
                        .entry(beside)
                        .and_modify(|known| *known = known.filter(|known| *known == number))
                        .or_insert(Some(number));
                }
            }
        }
        mothers.one_with = mothers.found_by_weight(all());
        for mother in all() {
            if let Some((mother, _)) = mothers.named(mother) {
                *mothers.records.entry(mother).or_default() += 1;
            }
        }
        mothers
    }

    /// Who she is; none where nothing identifies her, or what does is on too many records.
    pub(crate) fn who(&self, encoding: &Encoding) -> Option<Mother> {
        let (mother, _) = self.named(encoding)?;
        (self.records.get(&mother).copied().unwrap_or_default() <= MOST_RECORDS).then_some(mother)
    }

    /// How well a record says who she is.
    pub(crate) fn evidence(&self, encoding: &Encoding) -> MotherEvidence {
        match (self.named(encoding), Numbered::of(encoding)) {
            (None, _) => MotherEvidence::Absent,
            (Some(_), _) if self.who(encoding).is_none() => MotherEvidence::TooManyRecords,
            (Some(_), Some(_)) => MotherEvidence::NhsNumber,
            (Some(_), None) => MotherEvidence::Names,
        }
    }

    /// By which rule two records name one mother, and what that weighs where it was weighed; of two that do.
    pub(crate) fn rule(&self, one: Option<&Encoding>, other: Option<&Encoding>) -> (Tier, Option<Weight>) {
        match (one.and_then(Numbered::of), other.and_then(Numbered::of)) {
            (Some(Numbered::Number), Some(Numbered::Number)) => return (Tier::T1, None),
            (Some(_), Some(_)) => return (Tier::T1d, None),
            _ => {}
        }
        let weighed = [one, other]
            .into_iter()
            .filter_map(|encoding| self.named(encoding?)?.1)
            .min();
        let exact = |encoding: Option<&Encoding>| encoding?.mother.as_ref()?.exact;
        match weighed {
            Some(weight) if exact(one).is_none() || exact(one) != exact(other) => (Tier::T4, Some(weight)),
            _ => (Tier::T3, None),
        }
    }

    /// Whom a record names, and by what weight, where it took one.
    fn named(&self, encoding: &Encoding) -> Option<(Mother, Option<Weight>)> {
        let plainly = self.plainly_named(encoding)?;
        Some(match self.one_with.get(&plainly) {
            Some((mother, weight)) => (*mother, Some(*weight)),
            None => (plainly, None),
        })
    }

    fn plainly_named(&self, encoding: &Encoding) -> Option<Mother> {
        let mother = encoding.mother.as_ref()?;
        if let (None, Some(digest)) = (mother.nhs_number, digest(encoding)) {
            return Some(match self.number_of_digest.get(&digest) {
                Some(Some(number)) => Mother::Number(*number),
                _ => Mother::Digest(digest),
            });
        }
        match (mother.nhs_number, mother.exact, &mother.described) {
            (Some(number), _, _) => Some(Mother::Number(number)),
            (None, Some(exact), _) => Some(match self.number_of.get(&exact) {
                Some(Some(number)) => Mother::Number(*number),
                _ => Mother::Exact(exact),
            }),
            (None, None, Some(described)) => Some(Mother::Described(described.names_and_birth_date())),
            (None, None, None) => None,
        }
    }

    /// Joins those without a number to each other and to those with one.
    fn found_by_weight<'e>(
        &self,
        all: impl Iterator<Item = &'e Encoding>,
    ) -> HashMap<Mother, (Mother, Weight)> {
        let mut descriptions: BTreeMap<Mother, Vec<&MotherDescription>> = BTreeMap::new();
        for encoding in all {
            let described = encoding
                .mother
                .as_ref()
                .and_then(|mother| mother.described.as_ref());
            if let (Some(named), Some(described)) = (self.plainly_named(encoding), described) {
                let known = descriptions.entry(named).or_default();
                if known.len() < MOST_DESCRIPTIONS && !known.contains(&&**described) {
                    known.push(described);
                }
            }
        }
        let pairs = pairs(&descriptions);
        Joining::new(&pairs).join()
    }
}

/// How a record gives a mother's NHS number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Numbered {
    /// As it is.
    Number,
    /// As a digest.
    Digest,
}

impl Numbered {
    /// How this record does; none where it does not.
    fn of(encoding: &Encoding) -> Option<Self> {
        match encoding.mother.as_ref()?.nhs_number {
            Some(_) => Some(Numbered::Number),
            None => digest(encoding).map(|_| Numbered::Digest),
        }
    }
}

/// The digest of a mother's number.
fn digest(encoding: &Encoding) -> Option<Token> {
    encoding.digests.as_deref()?.mother
}

impl MotherDescription {
    fn names_and_birth_date(&self) -> u64 {
        let first = |names: &[crate::NameEncoding]| names.first().map_or(0, |name| name.whole.0);
        mix(mix(mix(first(&self.forenames)) ^ first(&self.surnames)) ^ self.birth.whole.0)
    }

    /// What brings pairs together: two parts of three that tell people apart.
    fn keys(&self) -> impl Iterator<Item = (u8, u64, u64)> {
        let (birth, forename, surname) = (self.birth.whole.0, self.forenames.first(), self.surnames.first());
        let (forename, surname) = (
            forename.map(|name| name.whole.0),
            surname.map(|name| name.whole.0),
        );
        let postcode = self.postcodes.first().map(|postcode| postcode.whole.0);
        let sector = self.postcodes.first().map(|postcode| postcode.sector.0);
        [
            (0, Some(birth), forename),
            (1, Some(birth), surname),
            (2, Some(birth), sector),
            (3, forename, postcode),
            (4, surname, postcode),
        ]
        .into_iter()
        .filter_map(|(kind, one, other)| Some((kind, one?, other?)))
    }
}

/// Two who may be one mother, and what they weigh; at most one of them has a number.
type Pair = (Weight, Mother, Mother);

/// All pairs that some key brings together and that weigh enough to be one, or to keep a choice open; the heaviest
/// first.
fn pairs(descriptions: &BTreeMap<Mother, Vec<&MotherDescription>>) -> Vec<Pair> {
    let keys_of = |of: &[&MotherDescription]| -> Vec<(u8, u64, u64)> {
        of.iter().flat_map(|described| described.keys()).collect()
    };
    let has_number = |mother: &Mother| mother.is_numbered();
    let wanted: HashSet<(u8, u64, u64)> = descriptions
        .iter()
        .filter(|(mother, _)| !has_number(mother))
        .flat_map(|(_, of)| keys_of(of))
        .collect();
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut alike: BTreeMap<(u8, u64, u64), Vec<Mother>> = BTreeMap::new();
    for (mother, of) in descriptions {
        for key in keys_of(of) {
            if wanted.contains(&key) {
                let here = alike.entry(key).or_default();
                if here.last() != Some(mother) {
                    here.push(*mother);
                }
            }
        }
    }
    let mut together: HashSet<(Mother, Mother)> = HashSet::new();
    for here in alike.values().filter(|here| here.len() <= MOST_ALIKE) {
        for (at, one) in here.iter().enumerate() {
            let others = here.iter().skip(at + 1).filter(|other| other != &one);
            together.extend(
                others
                    .filter(|other| !has_number(one) || !has_number(other))
                    .map(|other| (*one.min(other), *one.max(other))),
            );
        }
    }
    let weights = weights(descriptions.len());
    let least = Weight(ACCEPT.0.saturating_sub(MARGIN.0));
    let described = |mother: &Mother| descriptions.get(mother).into_iter().flatten();
    let mut pairs: Vec<Pair> = together
        .into_iter()
        .filter_map(|(one, other)| {
            let weighed = described(&one)
                .flat_map(|a| described(&other).map(|b| weights.of_pattern(faces::pattern(&**a, &**b))));
            let weight = weighed.max()?;
            (weight >= least).then_some((weight, one, other))
        })
        .collect();
    pairs.sort_unstable_by_key(|(weight, one, other)| (Reverse(*weight), *one, *other));
    pairs
}

/// What agreement is worth among so many mothers: slips in a mother's names and birth date are as those in a child's.
fn weights(mothers: usize) -> Weights {
    let chance = 1.0 / mothers.max(2) as f64;
    Weights {
        same: chance,
        household: chance * SISTERS,
        ..faces::assumed()
    }
}

/// Groups of those who are one mother.
struct Joining<'p> {
    pairs: &'p [Pair],
    near: HashMap<Mother, Vec<(Weight, Mother)>>,
    group_of: HashMap<Mother, usize>,
    groups: Vec<Vec<Mother>>,
    weight_of: HashMap<Mother, Weight>,
}

impl<'p> Joining<'p> {
    fn new(pairs: &'p [Pair]) -> Self {
        let mut near: HashMap<Mother, Vec<(Weight, Mother)>> = HashMap::new();
        for (weight, one, other) in pairs {
            near.entry(*one).or_default().push((*weight, *other));
            near.entry(*other).or_default().push((*weight, *one));
        }
        let mut all: Vec<Mother> = near.keys().copied().collect();
        all.sort_unstable();
        Joining {
            pairs,
            near,
            group_of: all.iter().copied().zip(0..).collect(),
            groups: all.into_iter().map(|mother| vec![mother]).collect(),
            weight_of: HashMap::new(),
        }
    }

    /// Joins the heaviest pairs first, never two numbers, and leaves a choice between two mothers open.
    fn join(mut self) -> HashMap<Mother, (Mother, Weight)> {
        for (weight, one, other) in self.pairs.iter().filter(|(weight, ..)| *weight >= ACCEPT) {
            let (Some(a), Some(b)) = (self.group_of.get(one).copied(), self.group_of.get(other).copied())
            else {
                continue;
            };
            if a == b
                || self.are_two(a, b)
                || self.has_rival(*one, b, *weight)
                || self.has_rival(*other, a, *weight)
            {
                continue;
            }
            for mother in [one, other] {
                let known = self.weight_of.entry(*mother).or_insert(*weight);
                *known = (*known).min(*weight);
            }
            let moved = self.groups.get_mut(b).map(std::mem::take).unwrap_or_default();
            for mother in &moved {
                self.group_of.insert(*mother, a);
            }
            if let Some(group) = self.groups.get_mut(a) {
                group.extend(moved);
            }
        }
        let mut found = HashMap::new();
        for group in &self.groups {
            let Some(first) = group.iter().min() else { continue };
            for mother in group.iter().filter(|mother| *mother != first) {
                let weight = self.weight_of.get(mother).copied().unwrap_or_default();
                found.insert(*mother, (*first, weight));
            }
        }
        found
    }

    fn number(&self, group: usize) -> Option<Mother> {
        let members = self.groups.get(group)?;
        members.iter().copied().find(|mother| mother.is_numbered())
    }

    fn are_two(&self, a: usize, b: usize) -> bool {
        matches!((self.number(a), self.number(b)), (Some(one), Some(other)) if one != other)
    }

    /// Whether somebody who cannot be one mother with a group is about as near as it is.
    fn has_rival(&self, mother: Mother, group: usize, weight: Weight) -> bool {
        let least = weight.0.saturating_sub(MARGIN.0);
        let near = self.near.get(&mother).into_iter().flatten();
        near.filter(|(other_weight, _)| other_weight.0 >= least)
            .filter_map(|(_, other)| self.group_of.get(other))
            .any(|other| *other != group && self.are_two(*other, group))
    }
}

/// Values by mother, in order of the mothers.
pub(crate) type ByMother<T> = BTreeMap<Mother, Vec<T>>;
