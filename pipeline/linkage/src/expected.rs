//! The children of notified pregnancies: those who were born, found by the record of their birth or by their
//! mother, and those who are still expected.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Bar, PregnancyEvidence, PregnancyState, Settings, Tier,
    clusters::Clusters,
    mothers::{ByMother, Mother, Mothers},
    population::Population,
    pregnancies::{BETWEEN_DELIVERIES, Pregnancies, Pregnancy},
};

/// Children of one mother born within this many days of each other were born together: twins may be born either
/// side of a midnight, the second of them rarely a day or two later.
const ONE_DELIVERY: i64 = 3;

/// A step from a notification to one of a child's records, or to another notification of the pregnancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The notification.
    pub(crate) notification: u32,
    /// Where the step leads.
    pub(crate) to: StepTo,
    pub(crate) tier: Tier,
    pub(crate) confirmed: bool,
}

/// Where a step leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StepTo {
    /// To a record of a child.
    Record(u32),
    /// To a notification.
    Notification(u32),
}

/// A child of a pregnancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Child {
    /// Born, and the cluster with this root.
    Born(u32),
    /// The fetus of the pregnancy with this number and place, counted from 1.
    Expected(u32, u8),
}

/// What the stage found.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// The children of each notification, each with its number.
    pub(crate) children: Vec<Vec<(u8, Child)>>,
    /// How each notification stands.
    pub(crate) evidence: Vec<PregnancyEvidence>,
    /// What kept a notification from a child.
    pub(crate) bars: Vec<Option<Bar>>,
    /// By the root of a cluster: the steps by which notifications reach its records.
    pub(crate) steps: BTreeMap<u32, Vec<Step>>,
}

/// A cluster that may be a child of a pregnancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    /// The day of its oldest event and its smallest record: older records come first, so that one that comes
    /// later seldom changes the order.
    age: (i64, u32),
    root: u32,
}

/// Children whom one mother bore at once.
#[derive(Debug)]
struct Delivery {
    first_day: i64,
    last_day: i64,
    children: Vec<Candidate>,
}

/// The children whose pregnancy is on record, before they are given to pregnancies.
#[derive(Debug, Default)]
struct Births {
    /// By pregnancy: clusters that a record of a birth, or a person, says are its children.
    direct: BTreeMap<u32, BTreeSet<Candidate>>,
    /// By pregnancy: births that gave no child who may be linked, not live or of a child who is kept alone.
    others: BTreeMap<u32, Others>,
    /// By mother.
    deliveries: ByMother<Delivery>,
    /// Pregnancies that a decision keeps from a child whose record of birth names them.
    kept_apart: BTreeSet<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Others {
    not_live: u8,
    kept_alone: u8,
}

/// Finds the children of all pregnancies.
pub(crate) fn find(
    population: &Population<'_>,
    clusters: &Clusters<'_>,
    mothers: &Mothers,
    pregnancies: &Pregnancies,
    settings: &Settings,
) -> Expected {
    if pregnancies.is_empty() {
        return Expected::default();
    }
    let stage = Finding {
        population,
        clusters,
        mothers,
        pregnancies,
    };
    let (mut births, mut steps) = stage.births();
    let found = stage.assign(&mut births);

    let count = population.notifications.len();
    let mut expected = Expected {
        children: vec![Vec::new(); count],
        bars: vec![None; count],
        evidence: population
            .notifications
            .iter()
            .map(|entry| PregnancyEvidence {
                state: PregnancyState::Silent,
                mother: mothers.evidence(entry.encoding.mother),
                due_day: entry.encoding.pregnancy.is_some_and(|p| p.due_day.is_some()),
            })
            .collect(),
        steps: BTreeMap::new(),
    };
    for (number, pregnancy) in (0_u32..).zip(&pregnancies.all) {
        let born = found.get(&number).map(Vec::as_slice).unwrap_or_default();
        stage.settle(&mut expected, &births, settings, (number, pregnancy), born);
        for candidate in born {
            let steps_here = steps.remove(&candidate.root).unwrap_or_default();
            let mine = |step: &Step| pregnancy.notifications.contains(&step.notification);
            let (own, rest): (Vec<Step>, Vec<Step>) = steps_here.into_iter().partition(mine);
            if !rest.is_empty() {
                steps.insert(candidate.root, rest);
            }
            let known = expected.steps.entry(candidate.root).or_default();
            known.extend(own);
            known.extend(stage.between_notifications(pregnancy));
        }
    }
    expected
}

struct Finding<'f, 'p> {
    population: &'f Population<'p>,
    clusters: &'f Clusters<'f>,
    mothers: &'f Mothers,
    pregnancies: &'f Pregnancies,
}

impl Finding<'_, '_> {
    /// The births on record, and by cluster the steps that lead from notifications to its records.
    fn births(&self) -> (Births, BTreeMap<u32, Vec<Step>>) {
        let mut births = Births::default();
        let mut steps: BTreeMap<u32, Vec<Step>> = BTreeMap::new();
        let mut of_mother: ByMother<(i64, Candidate)> = ByMother::new();
        for (at, entry) in (0_u32..).zip(&self.population.entries) {
            let alone = self.population.isolated(at);
            let root = self.clusters.root(at);
            let direct = entry
                .encoding
                .born_of
                .and_then(|pregnancy| self.pregnancies.notification(pregnancy));
            if let Some(notification) = direct {
                self.direct(&mut births, &mut steps, (notification, at), Tier::T1);
            }
            let Some(mother) = self.mothers.who(entry.encoding.mother) else {
                continue;
            };
            let mut notified = self.pregnancies.of_mother(mother).peekable();
            if alone || notified.peek().is_none() {
                continue;
            }
            let has_number = |mother: Option<crate::MotherEncoding>| {
                mother.is_some_and(|mother| mother.nhs_number.is_some())
            };
            for notification in notified.flat_map(|(_, pregnancy)| &pregnancy.notifications) {
                let theirs = self
                    .population
                    .notifications
                    .get(*notification as usize)
                    .and_then(|entry| entry.encoding.mother);
                let by_number = has_number(entry.encoding.mother) && has_number(theirs);
                steps.entry(root).or_default().push(Step {
                    notification: *notification,
                    to: StepTo::Record(at),
                    tier: if by_number { Tier::T1 } else { Tier::T3 },
                    confirmed: false,
                });
            }
            if let Some(day) = self.birth_day(root) {
                of_mother
                    .entry(mother)
                    .or_default()
                    .push((day, self.candidate(root)));
            }
        }
        for (notification, at) in &self.population.same_pregnancy {
            self.direct(&mut births, &mut steps, (*notification, *at), Tier::T4);
        }
        for entry in &self.population.childless {
            let pregnancy = entry
                .encoding
                .born_of
                .and_then(|pregnancy| self.pregnancies.notification(pregnancy))
                .and_then(|at| self.pregnancies.of.get(at as usize));
            if let Some(pregnancy) = pregnancy {
                let others = births.others.entry(*pregnancy).or_default();
                others.not_live = others.not_live.saturating_add(1);
            }
        }
        births.deliveries = of_mother
            .into_iter()
            .map(|(mother, children)| (mother, deliveries(children)))
            .collect();
        (births, steps)
    }

    /// Enters what says of itself whose pregnancy it ended.
    fn direct(
        &self,
        births: &mut Births,
        steps: &mut BTreeMap<u32, Vec<Step>>,
        (notification, at): (u32, u32),
        tier: Tier,
    ) {
        let Some(pregnancy) = self.pregnancies.of.get(notification as usize) else {
            return;
        };
        if self.population.isolated(at) {
            let others = births.others.entry(*pregnancy).or_default();
            others.kept_alone = others.kept_alone.saturating_add(1);
            return;
        }
        let root = self.clusters.root(at);
        births
            .direct
            .entry(*pregnancy)
            .or_default()
            .insert(self.candidate(root));
        steps.entry(root).or_default().push(Step {
            notification,
            to: StepTo::Record(at),
            tier,
            confirmed: tier == Tier::T4,
        });
    }

    fn candidate(&self, root: u32) -> Candidate {
        let members = self.clusters.members(root);
        let events = members
            .iter()
            .filter_map(|at| self.population.entries.get(*at as usize)?.encoding.event_day);
        Candidate {
            age: (
                events.min().map_or(i64::MAX, i64::from),
                members.iter().min().copied().unwrap_or(root),
            ),
            root,
        }
    }

    /// The birth day that most of a child's records give; of equals the earliest.
    fn birth_day(&self, root: u32) -> Option<i64> {
        let mut days: BTreeMap<i64, u32> = BTreeMap::new();
        for at in self.clusters.members(root) {
            if let Some(birth) = self.population.person(*at).and_then(|person| person.birth) {
                *days.entry(birth.day_number.into()).or_default() += 1;
            }
        }
        let most = days.values().max().copied()?;
        days.into_iter()
            .find_map(|(day, count)| (count == most).then_some(day))
    }

    /// Gives each child to one pregnancy at most: first by records of births, then by mothers, the nearest due
    /// day first.
    fn assign(&self, births: &mut Births) -> BTreeMap<u32, Vec<Candidate>> {
        let mut found: BTreeMap<u32, Vec<Candidate>> = BTreeMap::new();
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        let mut holder: BTreeMap<u32, u32> = BTreeMap::new();

        let mut claims: Vec<(i64, u32, Candidate)> = Vec::new();
        for (number, children) in &births.direct {
            let Some(pregnancy) = self.pregnancies.all.get(*number as usize) else {
                continue;
            };
            for child in children {
                if !self.may_be_its(pregnancy, child) {
                    births.kept_apart.insert(*number);
                    continue;
                }
                let distance = self
                    .birth_day(child.root)
                    .and_then(|day| pregnancy.distance(day))
                    .unwrap_or(i64::MAX);
                claims.push((distance, *number, *child));
            }
        }
        claims.sort_unstable();
        for (_, number, child) in claims {
            let first = *holder.entry(child.root).or_insert(number);
            if first == number || self.may_be_one_pregnancy(first, number) {
                taken.insert(child.root);
                found.entry(number).or_default().push(child);
            }
        }
        let by_record: BTreeSet<u32> = births.direct.keys().copied().collect();

        for (mother, deliveries) in &births.deliveries {
            self.assign_of_mother(*mother, deliveries, &by_record, births, &mut taken, &mut found);
        }
        for children in found.values_mut() {
            children.sort_unstable();
        }
        found
    }

    fn assign_of_mother(
        &self,
        mother: Mother,
        deliveries: &[Delivery],
        by_record: &BTreeSet<u32>,
        births: &Births,
        taken: &mut BTreeSet<u32>,
        found: &mut BTreeMap<u32, Vec<Candidate>>,
    ) {
        // A twin whose own record of birth does not name the pregnancy, of one whose does.
        for (number, pregnancy) in self.pregnancies.of_mother(mother) {
            let Some(born) = found.get(&number).filter(|_| by_record.contains(&number)) else {
                continue;
            };
            let others = births.others.get(&number).copied().unwrap_or_default();
            let missing = usize::from(pregnancy.fetuses)
                .saturating_sub(born.len() + usize::from(others.not_live) + usize::from(others.kept_alone));
            let with: Vec<Candidate> = deliveries
                .iter()
                .filter(|delivery| born.iter().any(|child| delivery.holds(child.root)))
                .flat_map(|delivery| &delivery.children)
                .filter(|child| !taken.contains(&child.root) && self.may_be_its(pregnancy, child))
                .copied()
                .collect();
            if with.len() <= missing {
                taken.extend(with.iter().map(|child| child.root));
                found.entry(number).or_default().extend(with);
            }
        }

        let mut claims: Vec<(i64, u32, usize)> = Vec::new();
        for (number, pregnancy) in self.pregnancies.of_mother(mother) {
            if by_record.contains(&number) || self.is_over(pregnancy) {
                continue;
            }
            for (at, delivery) in deliveries.iter().enumerate() {
                let free = delivery
                    .children
                    .iter()
                    .all(|child| !taken.contains(&child.root) && self.may_be_its(pregnancy, child));
                let distance = [delivery.first_day, delivery.last_day]
                    .into_iter()
                    .filter_map(|day| pregnancy.distance(day))
                    .min();
                if let Some(distance) = distance.filter(|_| free) {
                    claims.push((distance, number, at));
                }
            }
        }
        claims.sort_unstable();
        let mut served: BTreeSet<u32> = BTreeSet::new();
        let mut days: Vec<i64> = Vec::new();
        for (_, number, at) in claims {
            let (Some(delivery), Some(pregnancy)) =
                (deliveries.get(at), self.pregnancies.all.get(number as usize))
            else {
                continue;
            };
            let is_free = delivery.children.iter().all(|child| !taken.contains(&child.root));
            let too_near = |day: &i64| (day - delivery.first_day).abs() < BETWEEN_DELIVERIES;
            if !is_free || served.contains(&number) || days.iter().any(too_near) {
                continue;
            }
            served.insert(number);
            days.push(delivery.first_day);
            let others = births.others.get(&number).copied().unwrap_or_default();
            let wanted = usize::from(pregnancy.fetuses)
                .saturating_sub(usize::from(others.not_live))
                .max(1);
            let children = self.told_apart(&delivery.children, wanted);
            taken.extend(delivery.children.iter().map(|child| child.root));
            found.insert(number, children);
        }
    }

    /// Of children born together, those who are certainly several, then others up to the number wanted: two
    /// clusters of a mother's may still be one child whose records share too little.
    fn told_apart(&self, children: &[Candidate], wanted: usize) -> Vec<Candidate> {
        let mut children = children.to_vec();
        children.sort_unstable();
        let mut kept: Vec<Candidate> = Vec::new();
        let mut doubtful: Vec<Candidate> = Vec::new();
        for child in children {
            let is_another = kept.iter().all(|other| {
                self.clusters.bar(child.root, other.root).is_some()
                    || self.sexes_differ(child.root, other.root)
            });
            if is_another {
                kept.push(child);
            } else {
                doubtful.push(child);
            }
        }
        let room = wanted.saturating_sub(kept.len());
        kept.extend(doubtful.into_iter().take(room));
        kept
    }

    fn sexes_differ(&self, one: u32, other: u32) -> bool {
        let sex = |root: u32| {
            let mut sexes = self
                .clusters
                .members(root)
                .iter()
                .filter_map(|at| self.population.person(*at)?.sex);
            let first = sexes.next()?;
            sexes.all(|sex| sex == first).then_some(first)
        };
        matches!((sex(one), sex(other)), (Some(a), Some(b)) if a != b)
    }

    /// Whether two pregnancies that each claim a child by a record of its birth may be one, notified twice: unless
    /// their mothers are known to be one or two, which has kept the two pregnancies apart.
    fn may_be_one_pregnancy(&self, one: u32, other: u32) -> bool {
        let mother = |number: u32| {
            self.pregnancies
                .all
                .get(number as usize)
                .and_then(|pregnancy| pregnancy.mother)
        };
        match (mother(one), mother(other)) {
            (Some(a), Some(b)) => a != b && !matches!((a, b), (Mother::Number(_), Mother::Number(_))),
            _ => true,
        }
    }

    /// Whether no decision keeps a child from a pregnancy.
    fn may_be_its(&self, pregnancy: &Pregnancy, child: &Candidate) -> bool {
        pregnancy.notifications.iter().all(|notification| {
            !self
                .population
                .kept_from_pregnancy(*notification, self.clusters.members(child.root))
        })
    }

    /// Whether every notification of a pregnancy says that it ended without a child here.
    fn is_over(&self, pregnancy: &Pregnancy) -> bool {
        pregnancy.notifications.iter().all(|at| self.ended(*at))
    }

    fn ended(&self, notification: u32) -> bool {
        self.population
            .notifications
            .get(notification as usize)
            .and_then(|entry| entry.encoding.pregnancy)
            .is_some_and(|pregnancy| pregnancy.ended)
    }

    /// Numbers a pregnancy's children for each of its notifications, and says how it stands.
    fn settle(
        &self,
        expected: &mut Expected,
        births: &Births,
        settings: &Settings,
        (number, pregnancy): (u32, &Pregnancy),
        born: &[Candidate],
    ) {
        let others = births.others.get(&number).copied().unwrap_or_default();
        let ruled_out = pregnancy
            .mother
            .and_then(|mother| births.deliveries.get(&mother))
            .is_some_and(|deliveries| {
                deliveries
                    .iter()
                    .any(|delivery| pregnancy.is_ruled_out_by(delivery.first_day))
            });
        let kept_apart = births.kept_apart.contains(&number) && born.is_empty();
        // Its birth is on record, as another pregnancy's.
        let ruled_out = ruled_out || births.direct.contains_key(&number);
        let state = if !born.is_empty() {
            PregnancyState::Born
        } else if others.kept_alone > 0 || kept_apart || others.not_live >= pregnancy.fetuses {
            PregnancyState::Ended
        } else if ruled_out {
            PregnancyState::OtherBirth
        } else if pregnancy.has_passed(settings.as_at_day.into()) {
            PregnancyState::Silent
        } else {
            PregnancyState::Expected
        };
        let unborn = pregnancy.fetuses.saturating_sub(others.not_live);
        for at in &pregnancy.notifications {
            let position = *at as usize;
            let state = match state {
                PregnancyState::Born => state,
                _ if self.ended(*at) => PregnancyState::Ended,
                _ => state,
            };
            let erased = self
                .population
                .notifications
                .get(position)
                .map(|entry| &entry.erased);
            let numbers = (1..=u8::MAX).filter(|number| erased.is_none_or(|erased| !erased.contains(number)));
            let children: Vec<(u8, Child)> = match state {
                PregnancyState::Born => numbers
                    .zip(born.iter().map(|child| Child::Born(child.root)))
                    .collect(),
                PregnancyState::Expected => numbers
                    .take_while(|place| *place <= unborn)
                    .map(|place| (place, Child::Expected(number, place)))
                    .collect(),
                _ => Vec::new(),
            };
            if let Some(all) = expected.children.get_mut(position) {
                *all = children;
            }
            if let Some(evidence) = expected.evidence.get_mut(position) {
                evidence.state = state;
            }
            if kept_apart && let Some(bar) = expected.bars.get_mut(position) {
                *bar = Some(Bar::DoNotLink);
            }
        }
    }

    /// The steps between the notifications of a pregnancy, each to the first that shares its mother best.
    fn between_notifications(&self, pregnancy: &Pregnancy) -> Vec<Step> {
        let number = |at: &u32| {
            let mother = self.population.notifications.get(*at as usize)?.encoding.mother?;
            mother.nhs_number
        };
        let Some((first, rest)) = pregnancy.notifications.split_first() else {
            return Vec::new();
        };
        let head = pregnancy
            .notifications
            .iter()
            .find(|at| number(at).is_some())
            .unwrap_or(first);
        rest.iter()
            .chain([first])
            .filter(|at| *at != head)
            .map(|at| Step {
                notification: *at,
                to: StepTo::Notification(*head),
                tier: if number(at).is_some() && number(head).is_some() {
                    Tier::T1
                } else {
                    Tier::T3
                },
                confirmed: false,
            })
            .collect()
    }
}

impl Delivery {
    fn holds(&self, root: u32) -> bool {
        self.children.iter().any(|child| child.root == root)
    }
}

/// Splits a mother's children into deliveries.
fn deliveries(mut children: Vec<(i64, Candidate)>) -> Vec<Delivery> {
    children.sort_unstable();
    children.dedup();
    let mut deliveries: Vec<Delivery> = Vec::new();
    for (day, child) in children {
        match deliveries.last_mut() {
            Some(delivery) if day - delivery.first_day <= ONE_DELIVERY => {
                delivery.last_day = day;
                delivery.children.push(child);
            }
            _ => deliveries.push(Delivery {
                first_day: day,
                last_day: day,
                children: vec![child],
            }),
        }
    }
    deliveries
}
