//! Tier T4 for records without a name, such as reviews from a community services return and births.
//!
//! Birth date, sex and postcode are all that there is to compare, and twins have all three in common. So a pair is
//! joined only where nobody else was born on that day at any postcode that either was ever known at, and nothing
//! says that several were born. Weights do not enter into it, except to be reported.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rayon::prelude::*;

use crate::{
    Candidate, RecordId, SexEncoding, Tier, Weight,
    clusters::{Clusters, Edge, Union},
    engine::Weights,
    faces, identifiers,
    mothers::Mothers,
    population::Population,
    pregnancies::Pregnancies,
    weighing::Prospect,
};

/// More children than this born on one day at one postcode, and the postcode is not a household's: a hospital's,
/// or one typed where none was known. Its children are nobody's candidates.
const MOST_IN_HOUSEHOLD: usize = 20;

/// A birth date and a postcode, by their tokens.
type Place = (u64, u64);

/// One child as far as this rule looks.
#[derive(Debug)]
struct Child {
    /// The record that stands for its cluster.
    record: u32,
    nameless: bool,
    sex: Option<SexEncoding>,
    places: Vec<Place>,
    /// Whether one of its places is not a household's.
    crowded: bool,
}

/// What the rule did.
#[derive(Debug, Default)]
pub(crate) struct Nameless {
    /// What each unmatched child might have been, by a record of its cluster.
    pub(crate) prospects: Vec<(u32, Prospect)>,
    /// Pairs for a person to decide.
    pub(crate) review: Vec<Candidate>,
    pub(crate) accepted: u64,
    pub(crate) expected_false: f64,
}

/// What the rule needs to know.
pub(crate) struct Known<'k, 'p> {
    pub(crate) population: &'k Population<'p>,
    pub(crate) mothers: &'k Mothers,
    pub(crate) pregnancies: &'k Pregnancies,
    pub(crate) weights: &'k Weights,
}

impl Known<'_, '_> {
    /// What two children weigh, by the two of their records that agree best.
    fn weight(&self, clusters: &Clusters<'_>, a: &Child, b: &Child) -> Weight {
        self.heaviest(clusters, a, b)
            .map_or(Weight::default(), |(_, weight)| weight)
    }

    fn heaviest(&self, clusters: &Clusters<'_>, a: &Child, b: &Child) -> Option<((u32, u32), Weight)> {
        let (ours, theirs) = (clusters.members(a.record), clusters.members(b.record));
        identifiers::heaviest(self.population, self.weights, ours, theirs)
    }

    /// The union of two children of whose household nobody else was born that day, so that it takes nothing away from
    /// what the two weigh.
    fn union(&self, clusters: &Clusters<'_>, a: &Child, b: &Child) -> Option<Edge> {
        let ((left, right), _) = self.heaviest(clusters, a, b)?;
        let pattern = faces::pattern(self.population.person(left)?, self.population.person(right)?);
        let waterfall = self.weights.waterfall(pattern);
        Some(Edge {
            tier: Tier::T4,
            weight: Weight::nearest(waterfall.weight - waterfall.household),
            left,
            right,
            confirmed: false,
        })
    }
}

/// Joins what may be joined.
pub(crate) fn join(known: &Known<'_, '_>, clusters: &mut Clusters<'_>) -> Nameless {
    let children = children(known.population, clusters);
    let near = near(&children);
    let born_together = born_together(known.population);

    // Who might be whom, both ways; and whether anybody else was born there that day.
    let mut possible: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (one, others) in &near {
        for other in others.iter().filter(|other| *other > one) {
            if may_be_one(&children, clusters, *one, *other) {
                possible.entry(*one).or_default().push(*other);
                possible.entry(*other).or_default().push(*one);
            }
        }
    }

    let mut found = Nameless::default();
    let mut unions: Vec<(u32, u32)> = Vec::new();
    for (one, candidates) in &possible {
        for other in candidates.iter().filter(|other| *other > one) {
            let (Some(a), Some(b)) = (child(&children, *one), child(&children, *other)) else {
                continue;
            };
            let alone_there = [one, other]
                .into_iter()
                .all(|at| near.get(at).is_none_or(|near| near.len() == 1));
            let sure = alone_there
                && !a.crowded
                && !b.crowded
                && a.sex.is_some()
                && a.sex == b.sex
                && !is_multiple(known, clusters, &born_together, a)
                && !is_multiple(known, clusters, &born_together, b);
            if sure {
                unions.push((*one, *other));
            } else if let Some(candidate) = review(known, clusters, a, b, candidates.len() > 1) {
                found.review.push(candidate);
            }
        }
    }
    let mut joined: BTreeSet<u32> = BTreeSet::new();
    for (one, other) in unions {
        let (Some(a), Some(b)) = (child(&children, one), child(&children, other)) else {
            continue;
        };
        let Some(edge) = known.union(clusters, a, b) else {
            continue;
        };
        if clusters.unite(edge) == Union::Made {
            joined.extend([one, other]);
            found.accepted += 1;
            found.expected_false += 1.0 - edge.weight.probability();
        }
    }
    for (one, candidates) in &possible {
        let Some(here) = child(&children, *one).filter(|_| !joined.contains(one)) else {
            continue;
        };
        let best = candidates
            .iter()
            .filter_map(|other| child(&children, *other))
            .map(|there| known.weight(clusters, here, there))
            .max();
        let has_rival = |at: &u32| possible.get(at).is_some_and(|others| others.len() > 1);
        found.prospects.push((
            here.record,
            Prospect {
                candidates: u16::try_from(candidates.len()).unwrap_or(u16::MAX),
                best,
                ambiguous: has_rival(one) || candidates.iter().any(has_rival),
                bar: None,
            },
        ));
    }
    found
}

fn child(children: &[Child], at: u32) -> Option<&Child> {
    children.get(at as usize)
}

/// The nameless children, all who were born on one of their days at one of their postcodes, and who was born with
/// those; in the order of their smallest record.
fn children(population: &Population<'_>, clusters: &Clusters<'_>) -> Vec<Child> {
    let count = population.len();
    let mut named = vec![false; count];
    for at in (0_u32..).take(count) {
        let has_name = population
            .person(at)
            .is_some_and(|person| !person.forenames.is_empty() || !person.surnames.is_empty());
        if has_name && let Some(named) = named.get_mut(clusters.root(at) as usize) {
            *named = true;
        }
    }
    let is_named = |root: u32| named.get(root as usize).copied().unwrap_or_default();
    let roots: Vec<u32> = (0_u32..)
        .take(count)
        .filter(|at| clusters.root(*at) == *at && !population.isolated(*at))
        .collect();
    let nameless: Vec<Child> = roots
        .par_iter()
        .filter(|root| !is_named(**root))
        .filter_map(|root| gather(population, clusters, *root, true))
        .collect();
    if nameless.is_empty() {
        return Vec::new();
    }
    let named_at = |places: &HashSet<Place>| -> Vec<Child> {
        roots
            .par_iter()
            .filter(|root| is_named(**root))
            .filter_map(|root| gather(population, clusters, *root, false))
            .filter(|child| child.places.iter().any(|place| places.contains(place)))
            .collect()
    };
    let mut places: HashSet<Place> = HashSet::new();
    places.extend(nameless.iter().flat_map(|child| &child.places));
    // A twin may be known only at an address at which the nameless record does not know the family.
    let touched = named_at(&places);
    places.extend(touched.iter().flat_map(|child| &child.places));
    let mut children = named_at(&places);
    children.extend(nameless);
    children.sort_unstable_by_key(|child| child.record);
    crowd(&mut children);
    children
}

/// Birth dates, postcodes and sex of a cluster; none where it has no birth date or no postcode.
fn gather(population: &Population<'_>, clusters: &Clusters<'_>, root: u32, nameless: bool) -> Option<Child> {
    let (mut births, mut postcodes, mut sexes) = (Vec::new(), Vec::new(), Vec::new());
    let members = clusters.members(root);
    for person in members.iter().filter_map(|at| population.person(*at)) {
        births.extend(person.birth.map(|birth| birth.whole.0));
        postcodes.extend(person.postcodes.iter().map(|postcode| postcode.whole.0));
        if let Some(sex) = person.sex
            && !sexes.contains(&sex)
        {
            sexes.push(sex);
        }
    }
    for values in [&mut births, &mut postcodes] {
        values.sort_unstable();
        values.dedup();
    }
    let places: Vec<Place> = births
        .iter()
        .flat_map(|birth| postcodes.iter().map(|postcode| (*birth, *postcode)))
        .collect();
    let record = members.iter().min().copied()?;
    (!places.is_empty()).then_some(Child {
        record,
        nameless,
        sex: match sexes.as_slice() {
            [sex] => Some(*sex),
            _ => None,
        },
        places,
        crowded: false,
    })
}

/// Marks the children of places that are no household's, and leaves these places out.
fn crowd(children: &mut [Child]) {
    let mut count: HashMap<Place, usize> = HashMap::new();
    for place in children.iter().flat_map(|child| &child.places) {
        *count.entry(*place).or_default() += 1;
    }
    let is_crowd = |place: &Place| count.get(place).is_some_and(|count| *count > MOST_IN_HOUSEHOLD);
    for child in children {
        child.crowded = child.places.iter().any(is_crowd);
        child.places.retain(|place| !is_crowd(place));
    }
}

/// For each child, the others who were born on its day at its postcode, in order.
fn near(children: &[Child]) -> BTreeMap<u32, BTreeSet<u32>> {
    let mut at: BTreeMap<Place, Vec<u32>> = BTreeMap::new();
    for (number, child) in (0_u32..).zip(children) {
        for place in &child.places {
            at.entry(*place).or_default().push(number);
        }
    }
    let mut near: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
    for group in at.into_values().filter(|group| group.len() > 1) {
        for one in &group {
            let others = group.iter().filter(|other| *other != one);
            near.entry(*one).or_default().extend(others);
        }
    }
    near
}

/// Whether two children may be one by this rule: one of them has no name, they would bring records of two kinds
/// together, their sexes do not differ, and nothing bars them.
fn may_be_one(children: &[Child], clusters: &Clusters<'_>, one: u32, other: u32) -> bool {
    let (Some(a), Some(b)) = (child(children, one), child(children, other)) else {
        return false;
    };
    let (kinds, theirs) = (clusters.kinds(a.record), clusters.kinds(b.record));
    (a.nameless || b.nameless)
        && (kinds.single().is_none() || kinds != theirs)
        && !matches!((a.sex, b.sex), (Some(x), Some(y)) if x != y)
        && clusters.bar(a.record, b.record).is_none()
}

/// The pregnancies of which several births are recorded.
fn born_together(population: &Population<'_>) -> HashSet<RecordId> {
    let (mut once, mut several) = (HashSet::new(), HashSet::new());
    for pregnancy in population
        .entries
        .iter()
        .filter_map(|entry| entry.encoding.born_of)
    {
        if !once.insert(pregnancy) {
            several.insert(pregnancy);
        }
    }
    several
}

/// Whether a child is known to be one of several born together: by the records of their births, or by what the
/// notification of its pregnancy, or one of its mother's, expects.
fn is_multiple(
    known: &Known<'_, '_>,
    clusters: &Clusters<'_>,
    born_together: &HashSet<RecordId>,
    child: &Child,
) -> bool {
    let entries = clusters
        .members(child.record)
        .iter()
        .filter_map(|at| known.population.entries.get(*at as usize));
    entries.into_iter().any(|entry| {
        let of_several = entry
            .encoding
            .born_of
            .is_some_and(|of| born_together.contains(&of) || known.pregnancies.are_several_of(of));
        let birth = entry.encoding.child.as_ref().and_then(|child| child.birth);
        let several_due = || {
            let mother = known.mothers.who(&entry.encoding)?;
            Some(
                known
                    .pregnancies
                    .are_several_due(mother, birth?.day_number.into()),
            )
        };
        of_several || several_due().unwrap_or_default()
    })
}

fn review(
    known: &Known<'_, '_>,
    clusters: &Clusters<'_>,
    a: &Child,
    b: &Child,
    ambiguous: bool,
) -> Option<Candidate> {
    let (one, other) = (a.record.min(b.record), a.record.max(b.record));
    Some(Candidate {
        left: known.population.record(one)?,
        right: known.population.record(other)?,
        weight: known.weight(clusters, a, b),
        ambiguous,
    })
}
