//! From the rows of the dataset to what the measures ask.

use std::fmt::Write;

use dataset::{
    BirthFact, CensusLoaded, LinkFact, NoticeFact, PregnancyFact, RecordFact, ReviewFact, facts::RecordState,
};
use records::{Month, PregnancyOutcome, Section23Notice, Sex};

use crate::{
    census::{self, SchoolFacts},
    early::{Birth, ChildRecord, Early, ExpectedChild, Pregnancy, Review},
    notice::{Link, Notice, NoticeState, Stated, Tier},
};

/// The codes of linkage's evidence that speak of a conflict over the NHS number: traced without success, a
/// conflicting birth date or a twin, many unlike birth dates, a mother's number.
const CONFLICTS: [&str; 4] = ["inconclusive", "conflict", "many-birth-dates", "mothers"];

/// A row of the dataset does not say what a measure needs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FactsError {
    /// The tier is none that is known here.
    #[error("record {record_id}: not the code of a tier")]
    Tier {
        /// The record.
        record_id: String,
    },
    /// A notice that stands has no content, or a child but no tier; a pregnancy has no content or no mother.
    #[error("record {record_id}: a standing record without content, tier or mother")]
    Incomplete {
        /// The record.
        record_id: String,
    },
}

/// The notices as the measures take them. A notice whose sender took it back, or that a newer snapshot no
/// longer holds, counts as withdrawn. One that no linkage has seen yet, because the night that loaded it was
/// stopped, is left out until the next.
///
/// The body that answers for a notice is its notifier; the sender of the file (a portal, say) stands in only
/// where the notice itself was never seen.
///
/// # Errors
/// [`FactsError`] where a row contradicts itself, naming the record.
pub fn notices(facts: &[NoticeFact]) -> Result<Vec<Notice>, FactsError> {
    facts.iter().filter_map(|fact| notice(fact).transpose()).collect()
}

/// The records of the early feeds as the measures take them: those that stand. A record of a child that no linkage has
/// seen yet is left out until the next; of a pregnancy this cannot be told, as it may have no link.
///
/// # Errors
/// [`FactsError`] where a row contradicts itself, naming the record.
pub fn early(
    reviews: &[ReviewFact],
    pregnancies: &[PregnancyFact],
    births: &[BirthFact],
) -> Result<Early, FactsError> {
    let mut early = Early::default();
    for fact in standing(reviews) {
        if let (Some(said), Some(record)) = (&fact.said, child_record(fact)?) {
            early.reviews.push(Review {
                record,
                day: said.review_date,
                below_expected: said.asq3.and_then(|asq| asq.below_expected_domains()),
            });
        }
    }
    for fact in standing(births) {
        match child_record(fact)? {
            Some(record) => early.births.push(Birth {
                record,
                has_notification: fact.links.iter().any(|link| link.has_notification),
            }),
            None if fact
                .said
                .as_ref()
                .is_some_and(|said| said.outcome.is_some_and(|o| o.ends_expectation())) =>
            {
                let mother = fact.mother_id.map(|mother| hex(&mother.0));
                early
                    .not_live
                    .extend(mother.map(|mother| (mother, Month::of(fact.event_date))));
            }
            None => {}
        }
    }
    for fact in standing(pregnancies) {
        let record_id = hex(&fact.record_id.0);
        let (Some(said), Some(mother)) = (&fact.said, fact.mother_id) else {
            return Err(FactsError::Incomplete { record_id });
        };
        early.pregnancies.push(Pregnancy {
            record_id,
            feed: fact.feed.clone(),
            provider: fact.provider.clone(),
            received: fact.received_date,
            mother_id: hex(&mother.0),
            la_code: fact.profile.area.la_code.clone(),
            identifiers: fact.profile.identifiers,
            edd_month: said.edd_month,
            fetuses: said.fetus_count.unwrap_or(1).max(1),
            ended: said.outcome.is_some_and(|outcome| outcome.ends_expectation()),
            born: said.outcome == Some(PregnancyOutcome::LiveBirth),
            children: fact
                .links
                .iter()
                .map(|link| ExpectedChild {
                    child_id: hex(&link.child_id.0),
                    born: link.has_own_record,
                })
                .collect(),
            tries: tries(fact.tries),
        });
    }
    Ok(early)
}

fn standing<S>(facts: &[RecordFact<S>]) -> impl Iterator<Item = &RecordFact<S>> {
    facts.iter().filter(|fact| fact.state == RecordState::Current)
}

fn child_record<S>(fact: &RecordFact<S>) -> Result<Option<ChildRecord>, FactsError> {
    let record_id = hex(&fact.record_id.0);
    let Some(found) = fact.links.first() else {
        return Ok(None);
    };
    Ok(Some(ChildRecord {
        link: link(found, &record_id)?,
        feed: fact.feed.clone(),
        provider: fact.provider.clone(),
        received: fact.received_date,
        la_code: fact.profile.area.la_code.clone(),
        identifiers: fact.profile.identifiers,
        has_sex: fact.profile.sex != Sex::U,
        tries: tries(fact.tries),
        record_id,
    }))
}

fn link(found: &LinkFact, record_id: &str) -> Result<Link, FactsError> {
    let tier: Tier = found.tier.parse().map_err(|_| FactsError::Tier {
        record_id: record_id.to_owned(),
    })?;
    Ok(Link {
        child_id: hex(&found.child_id.0),
        tier,
        matched_on: tier.is_match().then_some(found.linked_on),
        conflict: is_conflict(&found.evidence),
    })
}

fn tries(tries: u64) -> u32 {
    u32::try_from(tries).unwrap_or(u32::MAX)
}

/// The school records as the measures take them.
pub fn school(facts: &[dataset::SchoolFact], loaded: &[CensusLoaded]) -> SchoolFacts {
    SchoolFacts::new(
        loaded.iter().map(|row| (row.census, row.la_code.clone())),
        facts.iter().map(|fact| census::SchoolFact {
            child_id: hex(&fact.child_id.0),
            census: fact.census,
            enrol_status: fact.enrol_status.clone(),
            sen_provision: fact.sen_provision.clone(),
        }),
    )
}

fn notice(fact: &NoticeFact) -> Result<Option<Notice>, FactsError> {
    let record_id = hex(&fact.record_id.0);
    let notifier = fact.notice.as_ref().map(|notice| notice.notifier_org.clone());
    let state = match fact.state {
        RecordState::Withdrawn | RecordState::Absent => NoticeState::Withdrawn,
        RecordState::Current => {
            let incomplete = || FactsError::Incomplete {
                record_id: record_id.clone(),
            };
            let said = fact.notice.as_ref().ok_or_else(incomplete)?;
            let Some(child) = fact.child_id else {
                return Ok(None);
            };
            let tier = fact.tier.as_deref().ok_or_else(incomplete)?;
            let tier: Tier = tier.parse().map_err(|_| FactsError::Tier {
                record_id: record_id.clone(),
            })?;
            let link = Link {
                child_id: hex(&child.0),
                tier,
                matched_on: fact.linked_on.filter(|_| tier.is_match()),
                conflict: fact.evidence.as_deref().is_some_and(is_conflict),
            };
            NoticeState::Current(Box::new(stated(fact, said, link)))
        }
    };
    Ok(Some(Notice {
        feed: fact.feed.clone(),
        provider: notifier.unwrap_or_else(|| fact.provider.clone()),
        received: fact.received_date,
        record_id,
        state,
    }))
}

fn stated(fact: &NoticeFact, said: &Section23Notice, link: Link) -> Stated {
    Stated {
        opinion: said.opinion_date,
        sent: said.sent_date,
        parent_informed: said.parent_informed_date.is_some(),
        parent_objection: said.parent_objection,
        has_need: said.primary_need.is_some(),
        la_code: fact.profile.area.la_code.clone(),
        la_gss: said.la_gss.clone(),
        birth_month: fact.profile.birth_month,
        school_age_from: fact.profile.school_age_from,
        identifiers: fact.profile.identifiers,
        link,
        // What cannot be compared is refused as a delivery and never becomes a record.
        comparable: true,
        tries: tries(fact.tries),
    }
}

/// Whether a code of evidence is among the words of the text.
fn is_conflict(evidence: &str) -> bool {
    evidence
        .split(|c: char| !c.is_ascii_lowercase() && c != '-')
        .any(|word| CONFLICTS.contains(&word))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use jiff::civil::date;
    use linkage::{ChildId, NumberEvidence, RecordId};
    use records::{
        Area, Asq3, AsqBand, AsqDomain, Census, IdentifierState, Identifiers, Kind, Location,
        PregnancyNotification, Profile, Term, TwoYearReview, Version,
    };

    use super::*;

    fn fact() -> NoticeFact {
        NoticeFact {
            record_id: RecordId([0xAB; 16]),
            feed: "portal".into(),
            provider: "881".into(),
            delivery: 1,
            delivery_label: "notices.csv".into(),
            location: Location::default(),
            state: RecordState::Current,
            event_date: date(2026, 3, 1),
            received_date: date(2026, 3, 4),
            profile: Profile {
                birth_month: Some("2023-06".parse().expect("a month")),
                area: Area {
                    la_code: Some("881".into()),
                    ..Area::default()
                },
                identifiers: Identifiers {
                    nhs_number: IdentifierState::Valid,
                    ..Identifiers::default()
                },
                ..Profile::default()
            },
            notice: Some(Section23Notice {
                notifier_org: "RAJ".into(),
                delivering_org: None,
                opinion_date: date(2026, 3, 1),
                parent_informed_date: Some(date(2026, 3, 1)),
                discussion_offered_date: None,
                sent_date: None,
                limb: "HAS".into(),
                category: "SEN".into(),
                primary_need: Some("SLCN".into()),
                secondary_need: None,
                notifier_role: None,
                notice_kind: "NOTIFICATION".into(),
                action: "NEW".into(),
                la_gss: None,
                statutory_duty: true,
                share_for_services: None,
                parent_objection: false,
                other: BTreeMap::new(),
            }),
            sealed_reference: None,
            version: Version::at(date(2026, 3, 1).at(0, 0, 0, 0)),
            child_id: Some(ChildId([0x01; 16])),
            tier: Some("T3".into()),
            weight: None,
            evidence: None,
            linked_on: Some(date(2026, 3, 5)),
            matched_kinds: BTreeSet::from([Kind::SchoolCensus]),
            first_seen: date(2026, 3, 4),
            tries: 7,
        }
    }

    fn stated_of(fact: NoticeFact) -> Stated {
        match notices(&[fact]).expect("sound").remove(0).state {
            NoticeState::Current(stated) => *stated,
            NoticeState::Withdrawn => panic!("withdrawn"),
        }
    }

    #[test]
    fn a_notice_is_its_notifiers_and_keeps_what_it_says() {
        let all = notices(&[fact()]).expect("sound");
        assert_eq!(
            (all[0].provider.as_str(), all[0].feed.as_str()),
            ("RAJ", "portal")
        );
        assert_eq!(all[0].record_id, "ab".repeat(16));
        let stated = stated_of(fact());
        assert!(stated.parent_informed && stated.has_need && stated.link.is_match());
        assert_eq!(stated.link.matched_on, Some(date(2026, 3, 5)));
        assert_eq!(stated.tries, 7);
        // What is not matched was matched on no day, though its link has one.
        let alone = stated_of(NoticeFact {
            tier: Some("T0".into()),
            ..fact()
        });
        assert_eq!(alone.link.matched_on, None);
    }

    #[test]
    fn what_does_not_stand_is_withdrawn_and_what_is_not_linked_waits() {
        for state in [RecordState::Withdrawn, RecordState::Absent] {
            let gone = NoticeFact {
                state,
                notice: None,
                child_id: None,
                tier: None,
                ..fact()
            };
            let all = notices(&[gone]).expect("sound");
            assert!(matches!(all[0].state, NoticeState::Withdrawn));
            assert_eq!(all[0].provider, "881", "the sender of the file stands in");
        }
        let unlinked = NoticeFact {
            child_id: None,
            tier: None,
            ..fact()
        };
        assert!(notices(&[unlinked]).expect("sound").is_empty());
    }

    #[test]
    fn a_row_that_contradicts_itself_is_refused() {
        let no_content = notices(&[NoticeFact {
            notice: None,
            ..fact()
        }]);
        assert!(matches!(no_content, Err(FactsError::Incomplete { .. })));
        let tier = notices(&[NoticeFact {
            tier: Some("T9".into()),
            ..fact()
        }]);
        assert!(matches!(tier, Err(FactsError::Tier { .. })));
    }

    #[test]
    fn conflicts_are_read_from_the_evidence_as_linkage_writes_it() {
        use NumberEvidence::{Absent, Conflict, Inconclusive, Known, ManyBirthDates, Mothers, Unknown};
        for nhs_number in [
            Absent,
            Unknown,
            Known,
            Inconclusive,
            Conflict,
            ManyBirthDates,
            Mothers,
        ] {
            let evidence = linkage::Evidence {
                nhs_number,
                by_digest: false,
                confirmed: true,
                bar: Some(linkage::Bar::BirthDatesDiffer),
                candidates: 2,
                pregnancy: None,
            };
            let written = serde_json::to_string(&evidence).expect("writes");
            assert_eq!(is_conflict(&written), nhs_number.is_conflict(), "{written}");
        }
    }

    #[test]
    fn school_records_are_found_by_the_same_child() {
        let census = Census {
            year: 2026,
            term: Term::Spring,
        };
        let pupil = dataset::SchoolFact {
            child_id: ChildId([0x01; 16]),
            record_id: RecordId([2; 16]),
            census,
            census_date: census.day(),
            received_date: census.day(),
            school: "8812001".into(),
            nc_year: None,
            on_roll: true,
            enrol_status: Some("C".into()),
            sen_provision: Some("K".into()),
            needs: Vec::new(),
        };
        let loaded = CensusLoaded {
            census,
            la_code: "881".into(),
            schools: 1,
            records: 1,
        };
        let school = school(&[pupil], &[loaded]);
        assert!(school.found(&stated_of(fact()).link.child_id).support);
        assert!(school.is_mature(
            "2021-08".parse().expect("a month"),
            Some("881"),
            date(2026, 6, 30)
        ));
    }

    fn record<S>(number: u8, said: S, links: Vec<LinkFact>) -> RecordFact<S> {
        let like = fact();
        RecordFact {
            record_id: RecordId([number; 16]),
            feed: "feed".into(),
            provider: "RAJ".into(),
            delivery: 1,
            delivery_label: "delivery".into(),
            location: Location::default(),
            state: RecordState::Current,
            event_date: date(2026, 6, 1),
            received_date: date(2026, 6, 20),
            profile: like.profile,
            mother_id: Some(linkage::MotherId([9; 16])),
            said: Some(said),
            sealed_reference: None,
            version: like.version,
            links,
            first_seen: like.first_seen,
            tries: 1,
        }
    }

    fn linked(child: u8, tier: &str, born: bool) -> LinkFact {
        LinkFact {
            child_id: ChildId([child; 16]),
            tier: tier.into(),
            weight: None,
            evidence: r#"{"nhs_number":"conflict"}"#.into(),
            linked_on: date(2026, 6, 21),
            matched_kinds: BTreeSet::new(),
            has_own_record: born,
            has_notification: true,
        }
    }

    #[test]
    fn early_records_keep_what_the_measures_ask() {
        let review = TwoYearReview {
            review_date: date(2026, 6, 3),
            age_months: Some(27),
            integrated: None,
            asq3: Some(Asq3 {
                communication: AsqDomain {
                    score: Some(10),
                    band: Some(AsqBand::Below),
                },
                ..Asq3::default()
            }),
            asq_se_interval_months: None,
            asq_se_score: None,
            needs: Vec::new(),
            disabilities: Vec::new(),
            other: BTreeMap::new(),
        };
        let birth = |outcome| records::Birth {
            outcome: Some(outcome),
            birth_order: None,
            gestation_weeks: None,
            other: BTreeMap::new(),
        };
        let pregnancy = PregnancyNotification {
            notified_date: None,
            booking_date: None,
            edd_month: Some("2026-06".parse().expect("a month")),
            gestation_weeks_at_booking: None,
            fetus_count: None,
            outcome: Some(PregnancyOutcome::LiveBirth),
            outcome_month: None,
            complex_social_factors: None,
            other: BTreeMap::new(),
        };
        let mut gone = record(7, review.clone(), vec![linked(1, "T1", true)]);
        gone.state = RecordState::Absent;
        let early = early(
            &[
                record(1, review.clone(), vec![linked(1, "T1", true)]),
                record(2, review, Vec::new()),
                gone,
            ],
            &[record(
                3,
                pregnancy,
                vec![linked(1, "T1", true), linked(2, "T0", false)],
            )],
            &[
                record(4, birth(PregnancyOutcome::LiveBirth), vec![linked(1, "T1", true)]),
                record(5, birth(PregnancyOutcome::Stillbirth), Vec::new()),
                // Live, but not linked yet.
                record(6, birth(PregnancyOutcome::LiveBirth), Vec::new()),
            ],
        )
        .expect("sound");
        let reviews: Vec<_> = early
            .reviews
            .iter()
            .map(|review| (review.day, review.below_expected, review.record.link.conflict))
            .collect();
        assert_eq!(
            reviews,
            [(date(2026, 6, 3), Some(1), true)],
            "what is not linked waits, what is gone does not count"
        );
        assert_eq!(early.births.len(), 1);
        assert!(early.births[0].has_notification);
        assert_eq!(
            early.not_live,
            [("09".repeat(16), "2026-06".parse().expect("a month"))]
        );
        let found = &early.pregnancies[0];
        assert_eq!(
            (found.fetuses, found.ended, found.born),
            (1, false, true),
            "one where nothing is said"
        );
        assert_eq!(
            found.children.iter().map(|child| child.born).collect::<Vec<_>>(),
            [true, false]
        );
    }
}
