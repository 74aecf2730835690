//! The list of notices, reviews, births and pregnancies that are not matched, for the people who can do something
//! about it.

use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;

use crate::{
    Assessed, ChildRecord, Early, Pregnancy, Reason, Settings, Standing, Tier, assess::days, reason::Case,
    validity,
};

/// What sort of record a line of the list is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Item {
    /// A Section 23 notice.
    Notice,
    /// A 2-2½-year review.
    Review,
    /// A notification of a pregnancy whose children were not found, though nothing says why.
    Pregnancy,
    /// A live birth of which neither a notification nor a record of another kind is known.
    Birth,
}

impl Item {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Item::Notice => "notice",
            Item::Review => "review",
            Item::Pregnancy => "pregnancy",
            Item::Birth => "birth",
        }
    }
}

impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One record that is not matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// What sort of record it is.
    pub item: Item,
    /// Names the record; the program finds the sender's own reference, or the place in the file, by it.
    pub record_id: String,
    /// The feed that it came by.
    pub feed: String,
    /// The body that answers for it today.
    pub provider: String,
    /// When it reached the area.
    pub received: Date,
    /// Why it is not matched.
    pub reason: Reason,
    /// How far linkage came.
    pub tier: Tier,
    /// Whole days from receipt to the as-at date; 0 for one that is dated after it.
    pub days_open: u32,
    /// Nights on which it was tried.
    pub tries: u32,
    /// Whether it is valid and so counts against the match rate. There is no rate of births, so that of a birth it
    /// says whether a review of the same child would count.
    pub counts: bool,
    /// What to do.
    pub todo: String,
    /// Who should: `sender`, `local authority`, `nobody`.
    pub who: String,
}

/// Lists what is not matched: by sort and provider, then reason in the order of the table, then the longest open
/// first.
pub fn unmatched(assessed: &[Assessed<'_>], early: &Early, settings: &Settings<'_>) -> Vec<Unmatched> {
    let mut list = notices(assessed, settings);
    for review in early
        .reviews
        .iter()
        .filter(|review| !review.record.link.is_match())
    {
        list.push(of_child(Item::Review, &review.record, review.day, settings));
    }
    for birth in early.births.iter().filter(|birth| birth.is_unmatched()) {
        list.push(of_child(
            Item::Birth,
            &birth.record,
            birth.record.received,
            settings,
        ));
    }
    for pregnancy in early.pregnancies.iter().filter(|pregnancy| pregnancy.is_silent()) {
        list.push(silent(pregnancy, settings));
    }
    let rank = |reason| settings.reasons.rows().iter().position(|row| row.id == reason);
    list.sort_by(|a, b| {
        (a.item, &a.provider, rank(a.reason), a.received, &a.record_id).cmp(&(
            b.item,
            &b.provider,
            rank(b.reason),
            b.received,
            &b.record_id,
        ))
    });
    list
}

/// A record of a child that no record of another kind shares.
fn of_child(item: Item, record: &ChildRecord, day: Date, settings: &Settings<'_>) -> Unmatched {
    let case = Case {
        comparable: true,
        parent_objects: false,
        duplicate: false,
        over_age: false,
        residence: record.residence(settings),
        conflict: record.link.conflict,
        tier: record.link.tier,
        nhs_number: record.identifiers.nhs_number,
        described: record.is_described(),
    };
    let line = Line {
        item,
        record_id: &record.record_id,
        feed: &record.feed,
        provider: &record.provider,
        received: record.received,
        tier: record.link.tier,
        tries: record.tries,
        counts: record.is_valid(day, settings),
    };
    line.with(settings.reasons.first(&case), settings)
}

/// A pregnancy whose time has passed without a birth, a loss or a move. Its identifiers are the mother's.
fn silent(pregnancy: &Pregnancy, settings: &Settings<'_>) -> Unmatched {
    let residence = pregnancy.residence(settings);
    let case = Case {
        comparable: true,
        parent_objects: false,
        duplicate: false,
        over_age: false,
        residence,
        conflict: false,
        tier: Tier::T0,
        nhs_number: pregnancy.identifiers.nhs_number,
        described: validity::is_described(&pregnancy.identifiers),
    };
    let line = Line {
        item: Item::Pregnancy,
        record_id: &pregnancy.record_id,
        feed: &pregnancy.feed,
        provider: &pregnancy.provider,
        received: pregnancy.received,
        tier: Tier::T0,
        tries: pregnancy.tries,
        counts: residence != validity::Residence::Elsewhere && pregnancy.edd_month.is_some(),
    };
    let reason = settings.reasons.first(&case);
    let mut line = line.with(reason, settings);
    if pregnancy.born
        && let Some(row) = settings.reasons.row(reason)
    {
        let (todo, who) = row.once_born();
        todo.clone_into(&mut line.todo);
        who.clone_into(&mut line.who);
    }
    line
}

/// What a line says before its reason is known.
struct Line<'a> {
    item: Item,
    record_id: &'a str,
    feed: &'a str,
    provider: &'a str,
    received: Date,
    tier: Tier,
    tries: u32,
    counts: bool,
}

impl Line<'_> {
    fn with(self, reason: Reason, settings: &Settings<'_>) -> Unmatched {
        let days_open = days(self.received, settings.as_at).max(0);
        // A table of reasons holds every reason.
        let row = settings.reasons.row(reason);
        Unmatched {
            item: self.item,
            record_id: self.record_id.to_owned(),
            feed: self.feed.to_owned(),
            provider: settings
                .organisations
                .in_force(self.provider, settings.as_at)
                .to_owned(),
            received: self.received,
            reason,
            tier: self.tier,
            days_open: days_open.unsigned_abs(),
            tries: self.tries,
            counts: self.counts,
            todo: row
                .map_or("", |row| row.todo_after(self.item, days_open))
                .to_owned(),
            who: row.map_or("", |row| row.who_of(self.item)).to_owned(),
        }
    }
}

fn notices(assessed: &[Assessed<'_>], settings: &Settings<'_>) -> Vec<Unmatched> {
    let mut list = Vec::new();
    for message in assessed {
        let Standing::Current(judgement) = &message.standing else {
            continue;
        };
        let Some(reason) = judgement.reason else {
            continue;
        };
        let line = Line {
            item: Item::Notice,
            record_id: &message.notice.record_id,
            feed: &message.notice.feed,
            provider: &message.notice.provider,
            received: message.notice.received,
            tier: judgement.stated.link.tier,
            tries: judgement.stated.tries,
            counts: judgement.is_eligible(),
        };
        list.push(line.with(reason, settings));
    }
    list
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use records::IdentifierState;

    use super::*;
    use crate::{
        Birth, SchoolFacts, assess,
        testing::{born, changed, pregnancy, review, with_settings},
    };

    #[test]
    fn the_list_is_ordered_for_work() {
        let mut waiting = changed("a", |_| {});
        waiting.received = date(2026, 4, 1); // 90 days before the as-at date
        let mut later = changed("b", |s| s.has_need = false);
        later.received = date(2026, 4, 2);
        let broken = changed("c", |s| s.identifiers.nhs_number = IdentifierState::Invalid);
        let mut other = changed("d", |_| {});
        other.provider = "QH8".into();
        let matched = changed("e", |s| s.link.tier = Tier::T1);
        let notices = [matched, later, waiting, broken, other];
        with_settings(|settings| {
            let list = unmatched(
                &assess::assess(&notices, &SchoolFacts::default(), &settings),
                &Early::default(),
                &settings,
            );
            let lines: Vec<String> = list
                .iter()
                .map(|row| {
                    let counts = if row.counts { "" } else { " not valid" };
                    format!(
                        "{} {} {} {}{counts}",
                        row.provider, row.reason, row.record_id, row.days_open
                    )
                })
                .collect();
            assert_eq!(
                lines,
                [
                    "QH8 R03 d 118",
                    "RAJ R02 c 118",
                    "RAJ R03 a 90",
                    "RAJ R03 b 89 not valid"
                ]
            );
            assert!(
                list[2].todo.starts_with("Ask the health visiting service"),
                "{}",
                list[2].todo
            );
            assert!(list[3].todo.starts_with("Wait"), "{}", list[3].todo);
            assert_eq!(list[2].tries, 3);
        });
    }

    #[test]
    fn early_records_stand_under_their_own_words() {
        let early = Early {
            reviews: vec![
                review("r1", |_| {}),
                review("r2", |r| r.record.link.tier = Tier::Tx),
                review("r3", |r| r.record.la_code = Some("882".into())),
                review("r4", |r| r.record.link.tier = Tier::T4),
            ],
            births: [("b1", false), ("b2", true)]
                .map(|(id, has_notification)| Birth {
                    record: review(id, |r| r.record.identifiers.nhs_number = IdentifierState::Invalid).record,
                    has_notification,
                })
                .into(),
            pregnancies: vec![
                pregnancy("p1", |_| {}),
                pregnancy("p5", |p| p.born = true),
                pregnancy("p2", |p| p.ended = true),
                pregnancy("p3", |p| p.children = born(&["c"])),
                pregnancy("p4", |p| {
                    p.identifiers.nhs_number = IdentifierState::Absent;
                    p.identifiers.postcode = IdentifierState::Absent;
                }),
            ],
            ..Early::default()
        };
        with_settings(|settings| {
            let list = unmatched(&[], &early, &settings);
            let lines: Vec<String> = list
                .iter()
                .map(|row| format!("{} {} {} {}", row.item, row.reason, row.record_id, row.who))
                .collect();
            assert_eq!(
                lines,
                [
                    "review R07 r3 nobody",
                    "review R05 r2 local authority",
                    "review R03 r1 nobody",
                    "pregnancy R03 p1 sender",
                    "pregnancy R03 p5 nobody",
                    "pregnancy R01 p4 sender",
                    "birth R02 b1 sender",
                ]
            );
            assert!(list[3].todo.starts_with("Send the outcome"), "{}", list[3].todo);
            assert!(list[4].todo.starts_with("Wait."), "{}", list[4].todo);
            assert!(!list[0].counts && list[2].counts && list[3].counts);
        });
    }
}
