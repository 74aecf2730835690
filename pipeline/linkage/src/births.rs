//! The births on record: by pregnancy where a record of a birth names it, and by mother.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    Entry, Tier, Weight,
    clusters::Clusters,
    mothers::{ByMother, Mothers},
    population::Population,
    pregnancies::Pregnancies,
};

/// Children of one mother born within this many days of each other were born together: twins may be born either
/// side of a midnight, the second of them rarely a day or two later.
const ONE_DELIVERY: i64 = 3;

/// Of a birth that was not live, whoever told of it, only the month is sure to be known: the days after its first.
const REST_OF_MONTH: i64 = 30;

/// A step from a notification to one of a child's records, or to another notification of the pregnancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// The notification.
    pub(crate) notification: u32,
    /// Where the step leads.
    pub(crate) to: StepTo,
    pub(crate) tier: Tier,
    /// What it weighs that the mother is one, where that was weighed.
    pub(crate) mother: Option<Weight>,
    /// What the time between due date and birth adds.
    pub(crate) time: Weight,
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

/// A cluster that may be a child of a pregnancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    /// The day of its oldest event and its smallest record: older records come first, so that one that comes
    /// later seldom changes the order.
    pub(crate) age: (i64, u32),
    pub(crate) root: u32,
}

/// Children whom one mother bore at once.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) first_day: i64,
    pub(crate) last_day: i64,
    pub(crate) children: Vec<Candidate>,
}

/// The children whose pregnancy is on record, before they are given to pregnancies.
#[derive(Debug, Default)]
pub(crate) struct Births {
    /// By pregnancy: clusters that a record of a birth, or a person, says are its children.
    pub(crate) direct: BTreeMap<u32, BTreeSet<Candidate>>,
    /// By pregnancy: births that gave no child who may be linked, not live or of a child who is kept alone.
    pub(crate) others: BTreeMap<u32, Others>,
    /// By mother.
    pub(crate) deliveries: ByMother<Delivery>,
    /// Pregnancies that a decision keeps from a child whose record of birth names them.
    pub(crate) kept_apart: BTreeSet<u32>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Others {
    pub(crate) not_live: u8,
    pub(crate) kept_alone: u8,
}

/// What the search for children stands on.
pub(crate) struct Ground<'f, 'p> {
    pub(crate) population: &'f Population<'p>,
    pub(crate) clusters: &'f Clusters<'f>,
    pub(crate) mothers: &'f Mothers,
    pub(crate) pregnancies: &'f Pregnancies,
}

impl Ground<'_, '_> {
    /// The births on record, and by cluster the steps that lead from notifications to its records.
    pub(crate) fn births(&self) -> (Births, BTreeMap<u32, Vec<Step>>) {
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
            let Some(mother) = self.mothers.who(&entry.encoding) else {
                continue;
            };
            let mut notified = self.pregnancies.of_mother(mother).peekable();
            if alone || notified.peek().is_none() {
                continue;
            }
            let day = self.birth_day(root);
            let notifications = notified.flat_map(|(_, pregnancy)| {
                pregnancy
                    .notifications
                    .iter()
                    .map(move |notification| (pregnancy, *notification))
            });
            for (pregnancy, notification) in notifications {
                let theirs = self
                    .population
                    .notifications
                    .get(notification as usize)
                    .map(|entry| &entry.encoding);
                let (tier, weight) = self.mothers.rule(Some(&entry.encoding), theirs);
                steps.entry(root).or_default().push(Step {
                    notification,
                    to: StepTo::Record(at),
                    tier,
                    mother: weight,
                    time: day.map_or(Weight::default(), |day| pregnancy.time(day)),
                    confirmed: false,
                });
            }
            if let Some(day) = day {
                of_mother
                    .entry(mother)
                    .or_default()
                    .push((day, self.candidate(root)));
            }
        }
        for (notification, at) in &self.population.same_pregnancy {
            self.direct(&mut births, &mut steps, (*notification, *at), Tier::T4);
        }
        self.not_live(&mut births);
        births.deliveries = of_mother
            .into_iter()
            .map(|(mother, children)| (mother, deliveries(children)))
            .collect();
        (births, steps)
    }

    /// Counts the births that were not live, by pregnancy. One that names its pregnancy and one that names the mother
    /// alone may be of the same fetus, told of twice: the larger of the two counts holds.
    fn not_live(&self, births: &mut Births) {
        let (mut named, mut told) = (BTreeMap::<u32, u8>::new(), BTreeMap::<u32, u8>::new());
        for entry in &self.population.childless {
            let (counts, pregnancy) = match entry.encoding.born_of {
                Some(pregnancy) => {
                    let at = self.pregnancies.notification(pregnancy);
                    let number = at.and_then(|at| self.pregnancies.of.get(at as usize));
                    (&mut named, number.copied())
                }
                None => (&mut told, self.ended_by(entry)),
            };
            if let Some(pregnancy) = pregnancy {
                let count = counts.entry(pregnancy).or_default();
                *count = count.saturating_add(1);
            }
        }
        for (pregnancy, count) in named.into_iter().chain(told) {
            let others = births.others.entry(pregnancy).or_default();
            others.not_live = others.not_live.max(count);
        }
    }

    /// The pregnancy that a birth ended which names none: of its mother's the one whose due day is nearest, else one that
    /// the birth leaves no room for.
    fn ended_by(&self, birth: &Entry) -> Option<u32> {
        let mother = self.mothers.who(&birth.encoding)?;
        let first = i64::from(birth.encoding.event_day?);
        let month = first..=first + REST_OF_MONTH;
        self.pregnancies
            .of_mother(mother)
            .filter_map(|(number, pregnancy)| {
                let nearest = month.clone().filter_map(|day| pregnancy.distance(day)).min();
                let leaves_no_room = month.clone().any(|day| pregnancy.is_ruled_out_by(day));
                Some((nearest.or(leaves_no_room.then_some(i64::MAX))?, number))
            })
            .min()
            .map(|(_, number)| number)
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
            mother: None,
            time: Weight::default(),
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
    pub(crate) fn birth_day(&self, root: u32) -> Option<i64> {
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
}

impl Delivery {
    pub(crate) fn holds(&self, root: u32) -> bool {
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
