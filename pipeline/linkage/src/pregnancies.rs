//! Pregnancies that were notified: which notifications are of one pregnancy, and when its birth may be.

use std::collections::HashMap;

use crate::{
    Entry, PregnancyEncoding, RecordId, Weight,
    mothers::{ByMother, Mother, Mothers},
    population::Population,
};

/// A birth this many days before the agreed due date is still of the pregnancy: 18 weeks before 40 is 22 weeks
/// of gestation, before which no child is born that lives.
pub(crate) const EARLIEST: i64 = 18 * 7;
/// And this many days after it: an induction is offered from 41 weeks on, and the due date may be a week or two
/// wrong where no scan dated it.
pub(crate) const LATEST: i64 = 4 * 7;
/// Live births by days from the agreed due date, which stands at 40 weeks: 22 to 27, 28 to 31, 32 to 36, 37 to 38, 39
/// to 40, 41, and 42 to 44 weeks of gestation. 8% are born before 37 weeks (7.9% in England and Wales in 2022; Office
/// for National Statistics, Birth characteristics); how all are spread within that and after is assumed, as a weight
/// moves by little more than a bit where a share is twice what it should be.
const GESTATION: [(i64, i64, f64); 7] = [
    (-126, -85, 0.005),
    (-84, -57, 0.008),
    (-56, -22, 0.067),
    (-21, -8, 0.26),
    (-7, 6, 0.50),
    (7, 13, 0.14),
    (14, 28, 0.02),
];
/// Notifications of one mother whose due dates lie this near each other are of one pregnancy: dating by the
/// last period and by a scan differ by days, seldom by weeks.
const ONE_PREGNANCY: i64 = 4 * 7;
/// One mother has one delivery in this many days, seven months: the earliest birth that a child survives comes
/// 20 weeks after conception, and conception some weeks after the birth before.
pub(crate) const BETWEEN_DELIVERIES: i64 = 210;
/// Days from a booking to the latest birth: booked at 4 weeks at the earliest, born at 44 at the latest.
const BOOKING_TO_BIRTH: i64 = 40 * 7;
/// Children of one birth at most; nine were born alive in 2021, the most that is recorded.
pub(crate) const MOST_FETUSES: u8 = 9;
/// An expected child is given up when its due day is past by more than this: three weeks, by when labour has
/// been induced.
const PATIENCE: i64 = 3 * 7;
/// The same where no due day was given, counted from the notification's event, which comes some weeks after
/// conception at the earliest.
const PATIENCE_WITHOUT_DUE_DAY: i64 = 365;

/// One pregnancy, by all its notifications.
#[derive(Debug, Default)]
pub(crate) struct Pregnancy {
    /// Its notifications, by their positions, in the order of record ids.
    pub(crate) notifications: Vec<u32>,
    /// Its mother, where one of them tells who she is.
    pub(crate) mother: Option<Mother>,
    /// When it is due, by each notification that says so.
    due: Vec<i64>,
    /// When it ended in a birth, by each that says so.
    births: Vec<i64>,
    /// The days of notifications that give no due day.
    undated: Vec<i64>,
    /// How many children are expected: the most that a notification says.
    pub(crate) fetuses: u8,
}

/// All pregnancies, in the order of their smallest record.
#[derive(Debug, Default)]
pub(crate) struct Pregnancies {
    pub(crate) all: Vec<Pregnancy>,
    /// The pregnancy of each notification.
    pub(crate) of: Vec<u32>,
    /// Where each notification stands.
    at: HashMap<RecordId, u32>,
    by_mother: HashMap<Mother, Vec<u32>>,
}

impl Pregnancy {
    /// How far a day is from the day on which its birth was due, or is said to have been; none where a birth on
    /// that day cannot be this pregnancy's.
    pub(crate) fn distance(&self, day: i64) -> Option<i64> {
        if self.births.contains(&day) {
            return Some(0);
        }
        self.due
            .iter()
            .filter(|due| (**due - EARLIEST..=**due + LATEST).contains(&day))
            .map(|due| (day - due).abs())
            .min()
    }

    /// What it says of a birth on a day being this pregnancy's that it lies so far from the due date: the chance of
    /// such a day among births of pregnancies, beside its chance in the time in which one is looked for.
    pub(crate) fn time(&self, day: i64) -> Weight {
        if self.births.contains(&day) {
            return Weight::default();
        }
        let within = (LATEST + EARLIEST + 1) as f64;
        let chances = self.due.iter().filter_map(|due| {
            let after = day - due;
            let (first, last, share) = GESTATION
                .iter()
                .find(|(first, last, _)| (*first..=*last).contains(&after))?;
            Some(share / (last - first + 1) as f64)
        });
        let best = chances.fold(0.0, f64::max);
        if best > 0.0 {
            Weight::nearest((best * within).log2())
        } else {
            Weight::default()
        }
    }

    /// Whether a birth of its mother on a day leaves no room for one of this pregnancy.
    pub(crate) fn is_ruled_out_by(&self, day: i64) -> bool {
        self.due
            .iter()
            .any(|due| (*due - BETWEEN_DELIVERIES..=*due + LATEST).contains(&day))
            || self.due.is_empty()
                && self
                    .undated
                    .iter()
                    .any(|from| (*from..=*from + BOOKING_TO_BIRTH).contains(&day))
    }

    /// Whether its time has passed tonight.
    pub(crate) fn has_passed(&self, tonight: i64) -> bool {
        let last = self
            .births
            .iter()
            .chain(&self.due)
            .map(|day| *day + PATIENCE)
            .max()
            .or_else(|| {
                self.undated
                    .iter()
                    .map(|day| *day + PATIENCE_WITHOUT_DUE_DAY)
                    .max()
            });
        last.is_none_or(|last| last < tonight)
    }

    fn add(&mut self, at: u32, entry: &Entry, encoding: &PregnancyEncoding) {
        self.notifications.push(at);
        self.due.extend(encoding.due_day.map(i64::from));
        self.births.extend(encoding.birth_day.map(i64::from));
        if encoding.due_day.is_none() {
            self.undated.extend(entry.encoding.event_day.map(i64::from));
        }
        self.fetuses = self.fetuses.max(encoding.fetuses.clamp(1, MOST_FETUSES));
    }
}

impl Pregnancies {
    pub(crate) fn of(population: &Population<'_>, mothers: &Mothers) -> Self {
        let mut by_mother: ByMother<u32> = ByMother::new();
        let mut groups: Vec<(Option<Mother>, Vec<u32>)> = Vec::new();
        for (at, entry) in (0_u32..).zip(&population.notifications) {
            match mothers.who(&entry.encoding) {
                Some(mother) => by_mother.entry(mother).or_default().push(at),
                None => groups.push((None, vec![at])),
            }
        }
        for (mother, notifications) in by_mother {
            for group in one_pregnancy_each(population, &notifications) {
                groups.push((Some(mother), group));
            }
        }
        groups.sort_unstable_by(|a, b| a.1.cmp(&b.1));

        let mut pregnancies = Pregnancies {
            of: vec![0; population.notifications.len()],
            ..Pregnancies::default()
        };
        for (number, (mother, group)) in (0_u32..).zip(groups) {
            let mut pregnancy = Pregnancy {
                mother,
                ..Pregnancy::default()
            };
            for at in group {
                let Some(entry) = population.notifications.get(at as usize) else {
                    continue;
                };
                if let Some(encoding) = &entry.encoding.pregnancy {
                    pregnancy.add(at, entry, encoding);
                }
                pregnancies.at.insert(entry.record, at);
                if let Some(of) = pregnancies.of.get_mut(at as usize) {
                    *of = number;
                }
            }
            if let Some(mother) = mother {
                pregnancies.by_mother.entry(mother).or_default().push(number);
            }
            pregnancies.all.push(pregnancy);
        }
        pregnancies
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// The position of a notification, if it is current.
    pub(crate) fn notification(&self, record: RecordId) -> Option<u32> {
        self.at.get(&record).copied()
    }

    /// The pregnancies of a mother.
    pub(crate) fn of_mother(&self, mother: Mother) -> impl Iterator<Item = (u32, &Pregnancy)> {
        self.by_mother
            .get(&mother)
            .into_iter()
            .flatten()
            .filter_map(|number| Some((*number, self.all.get(*number as usize)?)))
    }

    /// Whether several children were expected of the pregnancy that a record of a birth names.
    pub(crate) fn are_several_of(&self, pregnancy: RecordId) -> bool {
        self.notification(pregnancy)
            .and_then(|at| self.of.get(at as usize))
            .and_then(|number| self.all.get(*number as usize))
            .is_some_and(|pregnancy| pregnancy.fetuses > 1)
    }

    /// Whether several children of a mother were expected for about a day.
    pub(crate) fn are_several_due(&self, mother: Mother, day: i64) -> bool {
        self.of_mother(mother)
            .any(|(_, pregnancy)| pregnancy.fetuses > 1 && pregnancy.distance(day).is_some())
    }
}

/// Splits a mother's notifications into pregnancies: by due days; one without a due day belongs to the pregnancy
/// whose time its own day falls in, or to others without one.
fn one_pregnancy_each(population: &Population<'_>, notifications: &[u32]) -> Vec<Vec<u32>> {
    let mut dated: Vec<(i64, u32)> = Vec::new();
    let mut undated: Vec<(i64, u32)> = Vec::new();
    for at in notifications {
        let Some(entry) = population.notifications.get(*at as usize) else {
            continue;
        };
        match entry.encoding.pregnancy.and_then(|pregnancy| pregnancy.due_day) {
            Some(due) => dated.push((i64::from(due), *at)),
            None => undated.push((entry.encoding.event_day.map_or(i64::MIN / 2, i64::from), *at)),
        }
    }
    dated.sort_unstable();
    undated.sort_unstable();
    let mut groups: Vec<(i64, Vec<u32>)> = Vec::new();
    for (due, at) in dated {
        match groups.last_mut() {
            Some((first, group)) if due - *first <= ONE_PREGNANCY => group.push(at),
            _ => groups.push((due, vec![at])),
        }
    }
    let with_due_day = groups.len();
    for (day, at) in undated {
        let fits = |due: i64| (day..=day + BOOKING_TO_BIRTH).contains(&due);
        let nearest = groups
            .iter_mut()
            .take(with_due_day)
            .filter(|(due, _)| fits(*due))
            .min_by_key(|(due, _)| due - day);
        if let Some((_, group)) = nearest {
            group.push(at);
            continue;
        }
        match groups.get_mut(with_due_day..).and_then(|rest| rest.last_mut()) {
            Some((first, group)) if day - *first <= BETWEEN_DELIVERIES => group.push(at),
            _ => groups.push((day, vec![at])),
        }
    }
    groups
        .into_iter()
        .map(|(_, mut group)| {
            group.sort_unstable();
            group
        })
        .collect()
}
