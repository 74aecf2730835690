//! Counts of the early feeds: reviews (N10, N10b) and notified pregnancies (N11).

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use records::Month;

use super::{
    Measure, Part, Rate, Slice, UNKNOWN_AREA, Whose, maturity,
    measure::{BIRTH_WITHIN_DAYS, NOTICE_WITHIN_DAYS},
};
use crate::{
    Assessed, Early, Settings, Standing,
    assess::days,
    early::{Pregnancy, Review},
    interval::wilson,
    validity::Residence,
};

/// What is counted over one part.
#[derive(Default)]
struct Tally<'a> {
    /// Whether there are reviews, valid or not.
    has_reviews: bool,
    reviews: u64,
    matched: u64,
    /// The first review with concern of each child, of those that are old enough.
    concerns: BTreeMap<&'a str, Date>,
    /// Whether there are notifications, whatever they say.
    has_pregnancies: bool,
    /// Pregnancies by their place in the list of all, so that one that two services notify counts once.
    pregnancies: BTreeSet<usize>,
}

/// One pregnancy, by all notifications of it.
struct Counted {
    expected: u64,
    born: u64,
}

/// A notification, its due month, and the number of the pregnancy that counts it.
type Notified<'a> = (&'a Pregnancy, Month, Option<usize>);

/// The early measures over every part that the slices make.
pub(super) fn rates(
    assessed: &[Assessed<'_>],
    early: &Early,
    slices: &BTreeSet<Slice>,
    settings: &Settings<'_>,
) -> Vec<Rate> {
    let mut tallies: BTreeMap<Part, Tally<'_>> = BTreeMap::new();
    for review in &early.reviews {
        let provider = settings
            .organisations
            .in_force(&review.record.provider, settings.as_at);
        let whose = Whose {
            feed: &review.record.feed,
            provider,
            area: review.record.la_code.as_deref().unwrap_or(UNKNOWN_AREA),
            month: Month::of(review.day),
        };
        for slice in slices {
            tallies
                .entry(whose.part(*slice))
                .or_default()
                .add_review(review, settings);
        }
    }
    let (pregnancies, counted) = pregnancies(early, settings);
    for (pregnancy, edd, number) in pregnancies {
        let provider = settings
            .organisations
            .in_force(&pregnancy.provider, settings.as_at);
        let whose = Whose {
            feed: &pregnancy.feed,
            provider,
            area: pregnancy.la_code.as_deref().unwrap_or(UNKNOWN_AREA),
            month: edd,
        };
        for slice in slices {
            let tally = tallies.entry(whose.part(*slice)).or_default();
            tally.has_pregnancies = true;
            tally.pregnancies.extend(number);
        }
    }
    let opinions = opinions(assessed);
    tallies
        .iter()
        .flat_map(|(part, tally)| tally.rates(part, &opinions, &counted, settings))
        .collect()
}

impl<'a> Tally<'a> {
    fn add_review(&mut self, review: &'a Review, settings: &Settings<'_>) {
        self.has_reviews = true;
        let record = &review.record;
        if !record.is_valid(review.day, settings) {
            return;
        }
        self.reviews += 1;
        self.matched += u64::from(record.link.is_match());
        // Before that a notice may still come, so that nothing can be said.
        let is_old_enough = days(review.day, settings.as_at) >= NOTICE_WITHIN_DAYS;
        if is_old_enough && review.below_expected.is_some_and(|domains| domains > 0) {
            let first = self.concerns.entry(&record.link.child_id).or_insert(review.day);
            *first = (*first).min(review.day);
        }
    }

    fn rates(
        &self,
        part: &Part,
        opinions: &BTreeMap<&str, Date>,
        counted: &[Counted],
        settings: &Settings<'_>,
    ) -> Vec<Rate> {
        let share = |measure, numerator, denominator| Rate {
            measure,
            part: part.clone(),
            tier: None,
            reason: None,
            numerator,
            denominator: Some(denominator),
            interval: wilson(numerator, denominator),
            maturity: maturity(measure, part.month, settings.as_at),
        };
        let mut rates = Vec::new();
        if self.has_reviews {
            rates.push(share(Measure::N10, self.matched, self.reviews));
            let is_notified = |child: &str, review: Date| {
                opinions
                    .get(child)
                    .is_some_and(|opinion| days(review, *opinion) <= NOTICE_WITHIN_DAYS)
            };
            let unnotified = self
                .concerns
                .iter()
                .filter(|(child, review)| !is_notified(child, **review))
                .count();
            rates.push(share(
                Measure::N10b,
                unnotified as u64,
                self.concerns.len() as u64,
            ));
        }
        if self.has_pregnancies {
            let (mut born, mut expected) = (0, 0);
            for pregnancy in self.pregnancies.iter().filter_map(|number| counted.get(*number)) {
                born += pregnancy.born;
                expected += pregnancy.expected;
            }
            rates.push(share(Measure::N11, born, expected));
        }
        rates
    }
}

/// The day of the first opinion of which a notice of the child stands.
fn opinions<'a>(assessed: &[Assessed<'a>]) -> BTreeMap<&'a str, Date> {
    let mut opinions: BTreeMap<&str, Date> = BTreeMap::new();
    for message in assessed {
        if let Standing::Current(judgement) = &message.standing {
            let stated = judgement.stated;
            let first = opinions
                .entry(stated.link.child_id.as_str())
                .or_insert(stated.opinion);
            *first = (*first).min(stated.opinion);
        }
    }
    opinions
}

/// Every notification with a due month, and which of the pregnancies that count it is of, if of any.
fn pregnancies<'a>(early: &'a Early, settings: &Settings<'_>) -> (Vec<Notified<'a>>, Vec<Counted>) {
    let mut dated: Vec<(&Pregnancy, Month)> = early
        .pregnancies
        .iter()
        .filter_map(|pregnancy| Some((pregnancy, pregnancy.edd_month?)))
        .collect();
    dated.sort_by(|(a, a_month), (b, b_month)| {
        (&a.mother_id, a_month, &a.record_id).cmp(&(&b.mother_id, b_month, &b.record_id))
    });
    let mut not_live: BTreeMap<&str, Vec<Month>> = BTreeMap::new();
    for (mother, month) in &early.not_live {
        not_live.entry(mother).or_default().push(*month);
    }
    let mut notifications = Vec::with_capacity(dated.len());
    let mut counted = Vec::new();
    // Dated by a scan or by the last period, two notifications of one pregnancy may fall in neighbouring months.
    for group in dated.chunk_by(|(a, a_month), (b, b_month)| {
        a.mother_id == b.mother_id && b_month.months_since(*a_month) <= 1
    }) {
        let number = count(group, &not_live, settings).map(|pregnancy| {
            counted.push(pregnancy);
            counted.len() - 1
        });
        notifications.extend(group.iter().map(|(pregnancy, edd)| (*pregnancy, *edd, number)));
    }
    (notifications, counted)
}

/// How many children of a pregnancy count; none where it does not.
fn count(
    group: &[(&Pregnancy, Month)],
    not_live: &BTreeMap<&str, Vec<Month>>,
    settings: &Settings<'_>,
) -> Option<Counted> {
    let counts = |(pregnancy, edd): &(&Pregnancy, Month)| {
        !pregnancy.ended
            && pregnancy.residence(settings) != Residence::Elsewhere
            && days(edd.first_day().last_of_month(), settings.as_at) >= BIRTH_WITHIN_DAYS
    };
    if !group.iter().all(counts) {
        return None;
    }
    let (first, _) = group.first()?;
    let born: BTreeSet<&str> = group
        .iter()
        .flat_map(|(pregnancy, _)| &pregnancy.children)
        .filter(|child| child.born)
        .map(|child| child.child_id.as_str())
        .collect();
    // A birth from 18 weeks before the due date to 4 weeks after it.
    let is_of_it = |month: Month| {
        group
            .iter()
            .any(|(_, edd)| (-5..=1).contains(&month.months_since(*edd)))
    };
    let not_live = not_live
        .get(first.mother_id.as_str())
        .into_iter()
        .flatten()
        .filter(|month| is_of_it(**month))
        .count() as u64;
    let fetuses = group
        .iter()
        .map(|(pregnancy, _)| u64::from(pregnancy.fetuses))
        .max()?;
    let born = born.len() as u64;
    Some(Counted {
        expected: fetuses.saturating_sub(not_live).max(born),
        born,
    })
}

#[cfg(test)]
mod tests;
