//! Judges every notice by the stated rules, once; the measures and the unmatched list count from this.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::{
    Organisations, Reason, Reasons,
    census::{Found, SchoolFacts},
    notice::{Notice, NoticeState, Stated},
    reason::Case,
    validity::{self, Fault},
};

/// What the rules need to know besides the notices.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// The day that the measures speak of.
    pub as_at: Date,
    /// The as-at date of the first night whose matches are known: before it nobody watched.
    pub first_night: Date,
    /// DfE codes of the authorities whose children are ours.
    pub la_codes: BTreeSet<String>,
    /// DfE codes of the same authorities by their ONS codes. While empty, an authority that a sender states
    /// by ONS code is not known to be ours or another's.
    pub la_gss: BTreeMap<String, String>,
    /// A notice received more than this many days after the opinion is late (N04).
    pub late_after_days: i32,
    /// Two notices of one child by one body whose opinions lie at most this many days apart are one (N03).
    pub duplicate_within_days: i32,
    /// Live births a year, for the volume of notices (N01r).
    pub births: Births,
    /// Which bodies there are.
    pub organisations: &'a Organisations,
    /// Why a notice is not matched, in order.
    pub reasons: &'a Reasons,
}

/// Live births in the latest year known.
#[derive(Clone, Debug, Default)]
pub struct Births {
    /// Of residents, by DfE code of the authority.
    pub by_area: BTreeMap<String, u64>,
    /// Of the children that a body serves, by its code.
    pub by_provider: BTreeMap<String, u64>,
}

impl Settings<'_> {
    /// Days from opinion to receipt after which a notice is late, where nothing else is set.
    pub const LATE_AFTER_DAYS: i32 = 28;
    /// Days between opinions within which a second notice is a duplicate.
    pub const DUPLICATE_WITHIN_DAYS: i32 = 31;
}

/// A message with its judgement.
#[derive(Clone, Debug)]
pub struct Assessed<'a> {
    /// The message.
    pub notice: &'a Notice,
    /// Who answers for it today: a site counts with its trust, a merged body with its successor.
    pub provider: String,
    /// The judgement.
    pub standing: Standing<'a>,
}

/// What a message counts as.
#[derive(Clone, Debug)]
pub enum Standing<'a> {
    /// Taken back: counted as withdrawn, and nowhere else.
    Withdrawn,
    /// It stands.
    Current(Judgement<'a>),
}

/// The judgement of a message that stands.
#[derive(Clone, Debug)]
pub struct Judgement<'a> {
    /// What it says.
    pub stated: &'a Stated,
    /// Whether it repeats another notice, which counts in its place.
    pub duplicate: bool,
    /// What makes it not valid; none if it is valid.
    pub fault: Option<Fault>,
    /// Why it is not matched; none exactly if it is matched and no duplicate.
    pub reason: Option<Reason>,
    /// Whether its child should by now have been seen in a census.
    pub matured: bool,
    /// How its child was found at school.
    pub found: Found,
}

impl Judgement<'_> {
    /// Whether it belongs to the denominator of the match rate: a valid notice to which nobody objected.
    pub fn is_eligible(&self) -> bool {
        !self.duplicate && self.fault.is_none() && !self.stated.parent_objection
    }
}

/// Judges every message. The order of the answer is by record, whatever the order of the question.
pub fn assess<'a>(notices: &'a [Notice], school: &SchoolFacts, settings: &Settings<'_>) -> Vec<Assessed<'a>> {
    let duplicates = duplicates(notices, settings);
    let mut assessed: Vec<Assessed<'a>> = notices
        .iter()
        .map(|notice| Assessed {
            notice,
            provider: settings
                .organisations
                .in_force(&notice.provider, settings.as_at)
                .to_owned(),
            standing: match &notice.state {
                NoticeState::Withdrawn => Standing::Withdrawn,
                NoticeState::Current(stated) => {
                    let duplicate = duplicates.contains(notice.record_id.as_str());
                    Standing::Current(judge(notice, stated, duplicate, school, settings))
                }
            },
        })
        .collect();
    assessed.sort_by(|a, b| a.notice.record_id.cmp(&b.notice.record_id));
    assessed
}

fn judge<'a>(
    notice: &Notice,
    stated: &'a Stated,
    duplicate: bool,
    school: &SchoolFacts,
    settings: &Settings<'_>,
) -> Judgement<'a> {
    let reason = (duplicate || !stated.link.is_match()).then(|| {
        let over_age = validity::over_age(stated.school_age_from, validity::sent(notice, stated));
        settings.reasons.first(&Case {
            duplicate,
            over_age: over_age == Some(true),
            residence: validity::residence(stated, settings),
            ..Case::of(stated)
        })
    });
    Judgement {
        stated,
        duplicate,
        fault: validity::fault(notice, stated, settings),
        reason,
        matured: stated
            .birth_month
            .is_some_and(|month| school.is_mature(month, stated.la_code.as_deref(), settings.as_at)),
        found: school.found(&stated.link.child_id),
    }
}

/// The records that repeat another notice (N03).
///
/// The notices of one child by one body are taken in the order of their opinions. The first opens a group,
/// and those within [`Settings::duplicate_within_days`] of that first belong to it; the next opens another.
/// Of a group one notice counts: one with an objection before any other, so that an objection is never
/// overruled by a second message, else a valid one, else the earliest.
fn duplicates<'a>(notices: &'a [Notice], settings: &Settings<'_>) -> BTreeSet<&'a str> {
    type Message<'a> = (&'a Notice, &'a Stated);
    let mut by_child: BTreeMap<(&str, &str), Vec<Message<'_>>> = BTreeMap::new();
    for notice in notices {
        if let NoticeState::Current(stated) = &notice.state {
            let body = settings.organisations.in_force(&notice.provider, settings.as_at);
            by_child
                .entry((&stated.link.child_id, body))
                .or_default()
                .push((notice, stated));
        }
    }

    let mut duplicates = BTreeSet::new();
    for mut messages in by_child.into_values() {
        messages.sort_by_key(|(notice, stated)| (stated.opinion, notice.received, &notice.record_id));
        let mut rest = messages.as_slice();
        while let Some((_, first)) = rest.first() {
            let within =
                |stated: &Stated| days(first.opinion, stated.opinion) <= settings.duplicate_within_days;
            let (group, after) = rest.split_at(rest.partition_point(|(_, stated)| within(stated)));
            let kept = group.iter().min_by_key(|(notice, stated)| {
                (
                    !stated.parent_objection,
                    validity::fault(notice, stated, settings).is_some(),
                )
            });
            let kept = kept.map(|(notice, _)| notice.record_id.as_str());
            duplicates.extend(
                group
                    .iter()
                    .map(|(n, _)| n.record_id.as_str())
                    .filter(|&id| Some(id) != kept),
            );
            rest = after;
        }
    }
    duplicates
}

/// Days from `from` to `to`.
pub(crate) fn days(from: Date, to: Date) -> i32 {
    // Civil dates lie within about 20,000 years: the count fits.
    (to - from).get_days()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use records::IdentifierState;

    use super::*;
    use crate::{
        Tier,
        testing::{changed, with_settings},
    };

    fn judged(notices: &[Notice], test: impl Fn(&[Judgement<'_>])) {
        with_settings(|settings| {
            let judgements: Vec<_> = assess(notices, &SchoolFacts::default(), &settings)
                .into_iter()
                .filter_map(|assessed| match assessed.standing {
                    Standing::Current(judgement) => Some(judgement),
                    Standing::Withdrawn => None,
                })
                .collect();
            test(&judgements);
        });
    }

    fn fault_of(notice: Notice) -> Option<Fault> {
        let fault = std::cell::Cell::new(None);
        judged(&[notice], |judgements| fault.set(judgements[0].fault));
        fault.get()
    }

    #[test]
    fn a_sound_notice_is_valid_and_each_rule_can_fail() {
        assert_eq!(fault_of(changed("a", |_| {})), None);
        assert_eq!(
            fault_of(changed("a", |s| s.school_age_from = None)),
            Some(Fault::Age)
        );
        assert_eq!(
            fault_of(changed("a", |s| s.la_code = Some("882".into()))),
            Some(Fault::Residence)
        );
        assert_eq!(fault_of(changed("a", |s| s.has_need = false)), Some(Fault::Need));
        assert_eq!(
            fault_of(changed("a", |s| s.parent_informed = false)),
            Some(Fault::ParentInformed)
        );
        let mut closed = changed("a", |_| {});
        closed.provider = "RQ8".into();
        assert_eq!(fault_of(closed), Some(Fault::Sender));
        let mut nobody = changed("a", |_| {});
        nobody.provider = "V81999".into();
        assert_eq!(fault_of(nobody), Some(Fault::Sender));
    }

    #[test]
    fn school_age_begins_on_the_last_day_of_its_month() {
        let sent = |day| {
            changed("a", |s| {
                s.school_age_from = Some("2026-03".parse().expect("a month"));
                s.sent = Some(day);
            })
        };
        assert_eq!(fault_of(sent(date(2026, 3, 30))), None);
        assert_eq!(fault_of(sent(date(2026, 3, 31))), Some(Fault::Age));
    }

    #[test]
    fn a_number_or_a_full_description_names_a_child() {
        let with = |number, postcode| {
            changed("a", |s| {
                s.identifiers.nhs_number = number;
                s.identifiers.postcode = postcode;
            })
        };
        use IdentifierState::{Absent, Invalid, Valid};
        assert_eq!(fault_of(with(Valid, Absent)), None);
        assert_eq!(fault_of(with(Invalid, Valid)), None);
        assert_eq!(fault_of(with(Absent, Absent)), Some(Fault::Identity));
    }

    #[test]
    fn without_a_postcode_the_stated_authority_decides() {
        let stated = |code: Option<&str>| {
            changed("a", |s| {
                s.la_code = None;
                s.la_gss = code.map(str::to_owned);
            })
        };
        assert_eq!(fault_of(stated(Some("E10000012"))), None);
        assert_eq!(fault_of(stated(Some("E10000028"))), Some(Fault::Residence));
        assert_eq!(fault_of(stated(None)), Some(Fault::Residence));
        // Not known where is not known to be elsewhere: the reason is another.
        judged(&[stated(None)], |j| assert_eq!(j[0].reason, Some(Reason::R03)));
        judged(&[stated(Some("E10000028"))], |j| {
            assert_eq!(j[0].reason, Some(Reason::R07))
        });
    }

    /// A valid notice of child `c` on a day of 2026, from `provider`.
    fn of_child(id: &str, month: i8, day: i8, provider: &str, change: impl FnOnce(&mut Stated)) -> Notice {
        let mut notice = changed(id, |stated| {
            stated.opinion = date(2026, month, day);
            stated.link.child_id = "c".into();
            change(stated);
        });
        notice.provider = provider.into();
        notice
    }

    #[test]
    fn a_second_notice_within_31_days_is_a_duplicate() {
        let notices = [
            of_child("a", 1, 1, "RAJ", |_| {}),
            of_child("b", 2, 1, "RAJ01", |_| {}),
            of_child("c", 2, 2, "RAJ", |_| {}),
            of_child("d", 1, 5, "QH8", |_| {}),
        ];
        judged(&notices, |j| {
            let duplicates: Vec<bool> = j.iter().map(|j| j.duplicate).collect();
            // 31 days after the first, from a site of the same trust; 32 days after; another body.
            assert_eq!(duplicates, [false, true, false, false]);
            assert_eq!(j[1].reason, Some(Reason::R09));
            assert!(!j[1].is_eligible());
        });
        // The order of the question does not matter.
        let mut turned = notices.to_vec();
        turned.reverse();
        judged(&turned, |j| assert!(j[1].duplicate && !j[0].duplicate));
    }

    #[test]
    fn of_a_group_the_valid_one_counts_unless_one_objects() {
        let bad = |s: &mut Stated| s.has_need = false;
        let notices = [
            of_child("a", 1, 1, "RAJ", bad),
            of_child("b", 1, 9, "RAJ", |_| {}),
        ];
        judged(&notices, |j| assert!(j[0].duplicate && !j[1].duplicate));
        let objects = |s: &mut Stated| s.parent_objection = true;
        let notices = [
            of_child("a", 1, 1, "RAJ", |_| {}),
            of_child("b", 1, 9, "RAJ", objects),
        ];
        judged(&notices, |j| {
            assert!(j[0].duplicate && !j[1].duplicate && !j[1].is_eligible());
        });
    }

    #[test]
    fn what_is_not_matched_has_one_reason_and_what_is_matched_has_none() {
        for tier in Tier::ALL {
            judged(&[changed("a", |s| s.link.tier = tier)], |j| {
                assert_eq!(j[0].reason.is_none(), tier.is_match(), "{tier}");
            });
        }
    }
}
