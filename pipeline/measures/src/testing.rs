//! A sound notice for tests to spoil.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use records::{IdentifierState, Identifiers};

use crate::{
    Births, ChildRecord, ExpectedChild, Organisations, Pregnancy, Reasons, Review, Settings,
    notice::{Link, Notice, NoticeState, Stated, Tier},
};

/// A valid, unmatched notice about a child born in June 2023.
pub(crate) fn stated() -> Stated {
    Stated {
        opinion: date(2026, 3, 1),
        sent: Some(date(2026, 3, 3)),
        parent_informed: true,
        parent_objection: false,
        has_need: true,
        la_code: Some("881".to_owned()),
        la_gss: Some("E10000012".to_owned()),
        birth_month: Some("2023-06".parse().expect("a month")),
        school_age_from: Some("2028-08".parse().expect("a month")),
        identifiers: Identifiers {
            nhs_number: IdentifierState::Valid,
            upn: IdentifierState::Absent,
            uln: IdentifierState::Absent,
            forename: IdentifierState::Valid,
            surname: IdentifierState::Valid,
            birth_date: IdentifierState::Valid,
            postcode: IdentifierState::Valid,
        },
        link: Link {
            child_id: "alone".to_owned(),
            tier: Tier::T0,
            matched_on: None,
            conflict: false,
        },
        comparable: true,
        tries: 3,
    }
}

/// The same as a message of the trust RAJ.
pub(crate) fn notice(record_id: &str) -> Notice {
    let mut stated = stated();
    stated.link.child_id = format!("child of {record_id}");
    Notice {
        record_id: record_id.to_owned(),
        feed: "s23-raj".to_owned(),
        provider: "RAJ".to_owned(),
        received: date(2026, 3, 4),
        state: NoticeState::Current(Box::new(stated)),
    }
}

/// A message, changed.
pub(crate) fn changed(record_id: &str, change: impl FnOnce(&mut Stated)) -> Notice {
    let mut notice = notice(record_id);
    if let NoticeState::Current(stated) = &mut notice.state {
        change(stated);
    }
    notice
}

/// A valid, unmatched review of a child of its own, without names, by the trust RAJ on 3 February 2026.
pub(crate) fn review(record_id: &str, change: impl FnOnce(&mut Review)) -> Review {
    let stated = stated();
    let mut review = Review {
        record: ChildRecord {
            record_id: record_id.to_owned(),
            feed: "csds-raj".to_owned(),
            provider: "RAJ".to_owned(),
            received: date(2026, 3, 20),
            la_code: Some("881".to_owned()),
            identifiers: Identifiers {
                forename: IdentifierState::Absent,
                surname: IdentifierState::Absent,
                ..stated.identifiers
            },
            has_sex: true,
            link: Link {
                child_id: format!("child of {record_id}"),
                ..stated.link
            },
            tries: 2,
        },
        day: date(2026, 2, 3),
        below_expected: Some(0),
    };
    change(&mut review);
    review
}

/// A pregnancy of one, due in March 2026, whose child was not found; notified by the trust RAJ.
pub(crate) fn pregnancy(record_id: &str, change: impl FnOnce(&mut Pregnancy)) -> Pregnancy {
    let mut pregnancy = Pregnancy {
        record_id: record_id.to_owned(),
        feed: "msds-raj".to_owned(),
        provider: "RAJ".to_owned(),
        received: date(2025, 9, 20),
        mother_id: format!("mother of {record_id}"),
        la_code: Some("881".to_owned()),
        identifiers: stated().identifiers,
        edd_month: Some("2026-03".parse().expect("a month")),
        fetuses: 1,
        ended: false,
        born: false,
        children: Vec::new(),
        tries: 5,
    };
    change(&mut pregnancy);
    pregnancy
}

/// Children of a pregnancy who were born.
pub(crate) fn born(children: &[&str]) -> Vec<ExpectedChild> {
    children
        .iter()
        .map(|child| ExpectedChild {
            child_id: (*child).to_owned(),
            born: true,
        })
        .collect()
}

/// Runs a test with the settings of an area with authority 881, as at 30 June 2026.
pub(crate) fn with_settings<T>(test: impl FnOnce(Settings<'_>) -> T) -> T {
    let organisations = Organisations::built_in().expect("well formed");
    let reasons = Reasons::built_in().expect("well formed");
    test(Settings {
        as_at: date(2026, 6, 30),
        first_night: date(2026, 1, 1),
        la_codes: BTreeSet::from(["881".to_owned()]),
        la_gss: BTreeMap::from([("E10000012".to_owned(), "881".to_owned())]),
        late_after_days: Settings::LATE_AFTER_DAYS,
        duplicate_within_days: Settings::DUPLICATE_WITHIN_DAYS,
        births: Births::default(),
        organisations: &organisations,
        reasons: &reasons,
    })
}
