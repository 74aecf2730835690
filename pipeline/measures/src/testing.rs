//! A sound notice for tests to spoil.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use records::{IdentifierState, Identifiers};

use crate::{
    Births, Organisations, Reasons, Settings,
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
