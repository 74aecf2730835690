//! From clusters, prospects and pregnancies to a link a subject, with its tier, weight and evidence.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap},
};

use crate::{
    AnchorRank, Bar, Evidence, Link, NumberEvidence, RecordId, Subject, Tier, Weight,
    births::{Step, StepTo},
    clusters::{Clusters, Edge},
    engine::Weights,
    expected::{Child, Expected},
    faces, identifiers,
    population::Population,
    ways::{self, Joined, Node, Way},
    weighing::Prospect,
};

/// What an NHS number, its digest or a UPN in common adds to a weight, in bits: one in 2^30 pairs of numbers, of some
/// 910 million that pass the check digit, agrees by chance.
const NUMBER_BITS: i32 = 30;

/// What the links are made from.
pub(crate) struct Linking<'l, 'p> {
    pub(crate) population: &'l Population<'p>,
    pub(crate) clusters: &'l Clusters<'l>,
    pub(crate) weights: &'l Weights,
    pub(crate) numbers: &'l [NumberEvidence],
    pub(crate) prospects: &'l BTreeMap<u32, Prospect>,
    pub(crate) expected: &'l Expected,
}

/// What joined those who belong to the born children of pregnancies.
#[derive(Default)]
struct Reached {
    records: HashMap<u32, Joined>,
    /// By the root of the child, and the notification.
    notifications: HashMap<(u32, u32), Joined>,
}

impl Linking<'_, '_> {
    /// All links by subject, their clusters numbered in that order; and how many clusters there are.
    pub(crate) fn links(&self) -> (Vec<Link>, u32) {
        let refused = refusals_across_kinds(self.population, self.clusters);
        let reached = self.reached();
        let mut links: Vec<(Child, Link)> = Vec::with_capacity(self.population.len());
        for (at, entry) in (0_u32..).zip(&self.population.entries) {
            let root = self.clusters.root(at);
            let mut evidence = Evidence {
                nhs_number: self.numbers.get(at as usize).copied().unwrap_or_default(),
                by_digest: self.population.digests.is_alone(at),
                ..Evidence::default()
            };
            let joined = if self.expected.steps.contains_key(&root) {
                reached.records.get(&at).copied()
            } else {
                self.clusters.joined(at).map(|edge| self.joined(edge))
            };
            let (tier, weight) = match joined {
                Some(joined) => {
                    evidence.confirmed = joined.confirmed;
                    (joined.tier, joined.weight)
                }
                None => {
                    let prospect = self.prospects.get(&root).copied().unwrap_or_default();
                    evidence.candidates = prospect.candidates;
                    let isolated = self.population.isolated(at).then_some(Bar::Isolated);
                    evidence.bar = [isolated, prospect.bar, refused.get(&entry.record).copied()]
                        .into_iter()
                        .flatten()
                        .min();
                    (unmatched_tier(&prospect), prospect.best.unwrap_or_default())
                }
            };
            let link = Link {
                subject: Subject {
                    record: entry.record,
                    number: 0,
                },
                cluster: 0,
                tier,
                weight,
                evidence,
                anchor: self.population.anchor_rank(at),
            };
            links.push((Child::Born(root), link));
        }
        for (at, entry) in (0_u32..).zip(&self.population.notifications) {
            let children = self.expected.children.get(at as usize);
            for (number, child) in children.into_iter().flatten() {
                links.push((
                    *child,
                    self.pregnancy_link(at, entry.record, *number, *child, &reached),
                ));
            }
        }

        links.sort_unstable_by_key(|(_, link)| link.subject);
        let mut numbers: HashMap<Child, u32> = HashMap::new();
        for (child, link) in &mut links {
            let next = numbers.len() as u32;
            link.cluster = *numbers.entry(*child).or_insert(next);
        }
        (
            links.into_iter().map(|(_, link)| link).collect(),
            numbers.len() as u32,
        )
    }

    fn pregnancy_link(&self, at: u32, record: RecordId, number: u8, child: Child, reached: &Reached) -> Link {
        let joined = match child {
            Child::Born(root) => reached.notifications.get(&(root, at)).copied(),
            Child::Expected(..) => None,
        };
        Link {
            subject: Subject { record, number },
            cluster: 0,
            tier: joined.map_or(Tier::T0, |joined| joined.tier),
            weight: joined.map_or(Weight::default(), |joined| joined.weight),
            evidence: Evidence {
                confirmed: joined.is_some_and(|joined| joined.confirmed),
                bar: self.expected.bars.get(at as usize).copied().flatten(),
                pregnancy: self.expected.evidence.get(at as usize).copied(),
                ..Evidence::default()
            },
            anchor: AnchorRank::Expected,
        }
    }

    /// What joined the records and notifications of the born children of pregnancies, one child after the other.
    fn reached(&self) -> Reached {
        let mut reached = Reached::default();
        if self.expected.steps.is_empty() {
            return reached;
        }
        let mut unions: Vec<(u32, usize)> = Vec::new();
        for (at, edge) in self.clusters.made.iter().enumerate() {
            let root = self.clusters.root(edge.left);
            if self.expected.steps.contains_key(&root) {
                unions.push((root, at));
            }
        }
        unions.sort_unstable();
        let kind_of = |at: u32| {
            let entry = self.population.entries.get(at as usize);
            entry.map_or(0, |entry| entry.kind)
        };
        let mut ways: Vec<Way> = Vec::new();
        for (root, steps) in &self.expected.steps {
            let from = unions.partition_point(|(of, _)| of < root);
            let here = unions.iter().skip(from).take_while(|(of, _)| of == root);
            ways.clear();
            ways.extend(here.filter_map(|(_, at)| {
                let edge = self.clusters.made.get(*at)?;
                Some(Way {
                    from: Node::Record(edge.left),
                    to: Node::Record(edge.right),
                    joined: self.joined(edge),
                })
            }));
            ways.extend(steps.iter().map(|step| Way {
                from: Node::Notification(step.notification),
                to: match step.to {
                    StepTo::Record(at) => Node::Record(at),
                    StepTo::Notification(at) => Node::Notification(at),
                },
                joined: Joined {
                    tier: step.tier,
                    weight: mothers_weight(self.weights, step),
                    confirmed: step.confirmed,
                },
            }));
            for (node, joined) in ways::strongest(&ways, &kind_of) {
                match node {
                    Node::Record(at) => reached.records.insert(at, joined),
                    Node::Notification(at) => reached.notifications.insert((*root, at), joined),
                };
            }
        }
        reached
    }

    fn joined(&self, edge: &Edge) -> Joined {
        Joined {
            tier: edge.tier,
            weight: final_weight(self.population, self.weights, edge),
            confirmed: edge.confirmed,
        }
    }
}

/// What a notification and a child have in common: a number, the mother's or the pregnancy's; or everything else
/// that tells mothers apart; and the time between the due date and the birth.
fn mothers_weight(weights: &Weights, step: &Step) -> Weight {
    let mother = match (step.tier, step.mother) {
        (_, Some(weight)) => weight,
        (Tier::T1 | Tier::T1d, None) => Weight::from_bits(NUMBER_BITS),
        (Tier::T3, None) => weights.of_pattern(faces::all_the_same()),
        _ => Weight::default(),
    };
    Weight(mother.0.saturating_add(step.time.0))
}

fn unmatched_tier(prospect: &Prospect) -> Tier {
    match prospect {
        Prospect { candidates: 0, .. } => Tier::T0,
        Prospect { ambiguous: true, .. } => Tier::Tx,
        _ => Tier::T4r,
    }
}

/// The weight of the pair that matched a record: what the trained model says of it, and what the identifier
/// adds.
fn final_weight(population: &Population<'_>, weights: &Weights, edge: &Edge) -> Weight {
    let identifier = match edge.tier {
        Tier::T1 | Tier::T1d | Tier::T2 => Weight::from_bits(NUMBER_BITS),
        Tier::T3 => Weight::default(),
        _ if edge.confirmed => Weight::default(),
        _ => return edge.weight,
    };
    let names = identifiers::weight(population, weights, edge.left, edge.right);
    Weight(names.0.saturating_add(identifier.0))
}

/// For each record, the gravest conflict that kept it from a record of another kind by an identifier.
fn refusals_across_kinds(population: &Population<'_>, clusters: &Clusters<'_>) -> BTreeMap<RecordId, Bar> {
    let kinds: BTreeMap<RecordId, u8> = population
        .entries
        .iter()
        .map(|entry| (entry.record, entry.kind))
        .collect();
    let mut gravest: BTreeMap<RecordId, Bar> = BTreeMap::new();
    let mut order: Vec<_> = clusters.refused.iter().collect();
    order.sort_by_key(|refusal| Reverse(refusal.bar));
    for refusal in order {
        if kinds.get(&refusal.left) != kinds.get(&refusal.right) {
            gravest.insert(refusal.left, refusal.bar);
            gravest.insert(refusal.right, refusal.bar);
        }
    }
    gravest
}
