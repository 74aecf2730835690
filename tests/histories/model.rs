//! What the program should hold: lists in memory.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use sendlink_tests::hand::Child;

/// Children of a history: few, so that operations meet.
pub(crate) const CHILDREN: usize = 10;
/// A need that the mapping knows only once it is mended.
pub(crate) const SENDERS_OWN_NEED: &str = "TALKING";
/// Children whose births a maternity service tells of: fewer still, so that their months meet.
pub(crate) const BORN: usize = 4;
/// Mothers of whom it tells that their children are yet to be born.
pub(crate) const EXPECTING: usize = 3;
/// The months for which submissions of reviews are made.
pub(crate) const MONTHS_OF_REVIEWS: i16 = 4;

/// One version of a notice, as its sender put it into a file.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) child: usize,
    /// None withdraws.
    pub(crate) need: Option<String>,
    /// Seconds after the first moment; no two versions share one.
    pub(crate) sent: u32,
}

/// A submission for a month as it was made. Of all that were let through for a month, the one made last holds.
#[derive(Clone, Debug)]
pub(crate) struct Sent<K, V> {
    /// Days after the first; no two submissions of a provider share one.
    pub(crate) made: u32,
    pub(crate) folder: String,
    pub(crate) says: BTreeMap<K, V>,
    /// Of all tables together.
    pub(crate) rows: usize,
    pub(crate) held: bool,
    pub(crate) rejected: bool,
}

/// Submissions by the first day of their month.
pub(crate) type Months<K, V> = BTreeMap<Date, Vec<Sent<K, V>>>;

/// The submission that holds for each month.
pub(crate) fn holding<K, V>(months: &Months<K, V>) -> impl Iterator<Item = (Date, &Sent<K, V>)> {
    months.iter().filter_map(|(month, sent)| {
        let through = sent.iter().filter(|sent| !sent.held && !sent.rejected);
        Some((*month, through.max_by_key(|sent| sent.made)?))
    })
}

/// What was said last of somebody, of what `counts`: in the latest month, and there last. None where the submission that
/// holds for that month leaves it out.
pub(crate) fn last_word<K: Ord, V: Copy>(
    months: &Months<K, V>,
    of: K,
    counts: impl Fn(&V) -> bool,
) -> Option<V> {
    let (month, made) = months
        .iter()
        .flat_map(|(month, sent)| sent.iter().map(|sent| (*month, sent)))
        .filter(|(_, sent)| !sent.held && !sent.rejected)
        .filter(|(_, sent)| sent.says.get(&of).is_some_and(&counts))
        .map(|(month, sent)| (month, sent.made))
        .max()?;
    let (_, last) = holding(months).find(|(other, _)| *other == month)?;
    last.says.get(&of).copied().filter(|_| last.made == made)
}

/// A review as its submission has it. The number of a review is of one child and one day for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reviewed {
    pub(crate) child: usize,
    pub(crate) day: Date,
    pub(crate) communication: u8,
}

/// Whose pregnancy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// The mother of a child.
    Child(usize),
    /// A mother whose child is yet to be born.
    Expecting(usize),
}

/// A pregnancy as its submission has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pregnant {
    /// Whether the delivery and the baby stand beside it.
    pub(crate) born: bool,
    pub(crate) fetuses: usize,
    pub(crate) lost: bool,
}

/// A census as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Snapshot {
    pub(crate) folder: String,
    pub(crate) made: u32,
    /// SEN provision by child.
    pub(crate) pupils: BTreeMap<usize, &'static str>,
    pub(crate) held: bool,
    pub(crate) rejected: bool,
}

/// What the program should hold.
#[derive(Debug, Default)]
pub(crate) struct Model {
    /// Every version that ever came, by notice.
    pub(crate) notices: BTreeMap<u32, Vec<Said>>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) reviews: Months<u32, Reviewed>,
    pub(crate) pregnancies: Months<Of, Pregnant>,
    pub(crate) forgotten_reviews: BTreeSet<u32>,
    /// Births and pregnancies of these children.
    pub(crate) forgotten_births: BTreeSet<usize>,
    pub(crate) forgotten_pregnancies: BTreeSet<usize>,
    /// Notices and pupils that were erased, never to come back.
    pub(crate) forgotten_notices: BTreeSet<u32>,
    pub(crate) forgotten_pupils: BTreeSet<usize>,
    /// Children whose NHS number and UPN must not be joined, with the number of the decision.
    pub(crate) apart: BTreeMap<usize, String>,
    pub(crate) mended: bool,
}

/// A child of the dataset: where it lives, and its records in words.
pub(crate) type Group = (String, BTreeSet<String>);

impl Model {
    /// The version of a notice that counts: of those that can be read, the one sent last.
    pub(crate) fn current(&self, notice: u32) -> Option<&Said> {
        if self.forgotten_notices.contains(&notice) {
            return None;
        }
        let readable = |said: &&Said| self.mended || said.need.as_deref() != Some(SENDERS_OWN_NEED);
        self.notices
            .get(&notice)?
            .iter()
            .filter(readable)
            .max_by_key(|said| said.sent)
            .filter(|said| said.need.is_some())
    }

    /// The notices of a child that stand.
    pub(crate) fn notices_of(&self, child: usize) -> BTreeMap<u32, String> {
        self.notices
            .keys()
            .filter_map(|notice| Some((*notice, self.current(*notice)?)))
            .filter(|(_, said)| said.child == child)
            .filter_map(|(notice, said)| Some((notice, said.need.clone()?)))
            .collect()
    }

    /// The pupils of the census that was made last, of those that were let through.
    pub(crate) fn pupils(&self) -> BTreeMap<usize, &'static str> {
        let stands = |snapshot: &&Snapshot| !snapshot.held && !snapshot.rejected;
        let last = self
            .snapshots
            .iter()
            .filter(stands)
            .max_by_key(|snapshot| snapshot.made);
        let mut pupils = last.map(|snapshot| snapshot.pupils.clone()).unwrap_or_default();
        pupils.retain(|child, _| !self.forgotten_pupils.contains(child));
        pupils
    }

    /// The reviews that stand.
    pub(crate) fn reviews(&self) -> BTreeMap<u32, Reviewed> {
        holding(&self.reviews)
            .flat_map(|(_, sent)| sent.says.clone())
            .filter(|(number, _)| !self.forgotten_reviews.contains(number))
            .collect()
    }

    pub(crate) fn reviews_of(&self, child: usize) -> BTreeMap<u32, Reviewed> {
        let mut reviews = self.reviews();
        reviews.retain(|_, review| review.child == child);
        reviews
    }

    /// Whether the birth of a child is on record: in whichever month it came.
    pub(crate) fn is_born(&self, child: usize) -> bool {
        !self.forgotten_births.contains(&child)
            && last_word(&self.pregnancies, Of::Child(child), |said| said.born).is_some()
    }

    /// What the latest month that tells of a pregnancy says of it.
    pub(crate) fn pregnancy(&self, of: Of) -> Option<Pregnant> {
        let forgotten = matches!(of, Of::Child(child) if self.forgotten_pregnancies.contains(&child));
        last_word(&self.pregnancies, of, |_| true).filter(|_| !forgotten)
    }

    /// The notifications that the dataset should hold, as due month and outcome.
    pub(crate) fn notifications(&self) -> Vec<(String, String)> {
        let mut notifications = Vec::new();
        for child in 0..CHILDREN {
            if self.pregnancy(Of::Child(child)).is_some() {
                let outcome = if self.is_born(child) { "LIVE_BIRTH" } else { "" };
                notifications.push((month_of(birth_of(child)), outcome.to_owned()));
            }
        }
        for mother in 0..EXPECTING {
            if let Some(said) = self.pregnancy(Of::Expecting(mother)) {
                let outcome = if said.lost { "LOSS" } else { "" };
                notifications.push((month_of(due_of(mother)), outcome.to_owned()));
            }
        }
        notifications.sort();
        notifications
    }

    /// What erasing a child by its NHS number erases.
    pub(crate) fn bearing_number(&self, child: usize) -> usize {
        let born = self.is_born(child);
        // The notification of the pregnancy is about nobody else.
        let notified = born && self.pregnancy(Of::Child(child)).is_some();
        self.notices_of(child).len()
            + self.reviews_of(child).len()
            + usize::from(born)
            + usize::from(notified)
    }

    /// The children that the dataset should hold.
    pub(crate) fn children(&self) -> Vec<Group> {
        let pupils = self.pupils();
        let mut groups = Vec::new();
        for child in 0..CHILDREN {
            let home = format!("E01021{child:03}");
            let mut by_number: BTreeSet<String> = self
                .notices_of(child)
                .into_iter()
                .map(|(notice, need)| {
                    let need = if need == SENDERS_OWN_NEED { "VI" } else { &need };
                    format!("notice of {} of {need}", opinion(notice))
                })
                .collect();
            by_number.extend(
                self.reviews_of(child)
                    .into_values()
                    .map(|review| format!("reviewed on {} with {}", review.day, review.communication)),
            );
            if self.is_born(child) {
                by_number.insert("born".to_owned());
                if self.pregnancy(Of::Child(child)).is_some() {
                    by_number.insert("of a pregnancy that was notified".to_owned());
                }
            }
            let school: BTreeSet<String> = pupils
                .get(&child)
                .map(|provision| format!("at school with {provision}"))
                .into_iter()
                .collect();
            if self.apart.contains_key(&child) {
                groups.extend([(home.clone(), by_number), (home, school)]);
            } else {
                groups.push((home, &by_number | &school));
            }
        }
        for mother in 0..EXPECTING {
            if let Some(said) = self.pregnancy(Of::Expecting(mother)).filter(|said| !said.lost) {
                let home = format!("E01021{:03}", CHILDREN + mother);
                let expected = BTreeSet::from(["of a pregnancy that was notified".to_owned()]);
                groups.extend(vec![(home, expected); said.fetuses]);
            }
        }
        groups.retain(|(_, records)| !records.is_empty());
        groups.sort();
        groups
    }
}

/// The children of a history have their birthdays from [`Child::several`].
pub(crate) fn birth_of(child: usize) -> Date {
    Child::several(CHILDREN)[child].birth_date.parse().expect("a day")
}

/// The due date of a child who is yet to be born: months after the last night of any history.
pub(crate) fn due_of(mother: usize) -> Date {
    date(2026, 6, 10) + (12 * mother as i64).days()
}

/// The day on which a month's submission is made.
pub(crate) fn made_on(month: Date, made: u32) -> String {
    (month + 33.days() + i64::from(made).days()).to_string()
}

pub(crate) fn month_of(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
}

/// The day of a notice's opinion tells it from all others.
pub(crate) fn opinion(notice: u32) -> Date {
    date(2023, 1, 1) + i64::from(notice).days()
}

pub(crate) fn reference(notice: u32) -> String {
    format!("N-{notice}")
}
