//! From the rows of the dataset to what the measures ask.

use std::fmt::Write;

use dataset::{CensusLoaded, NoticeFact, facts::RecordState};
use records::Section23Notice;

use crate::{
    census::{self, SchoolFacts},
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
    /// A notice that stands has no content or no link, so the linkage is not complete.
    #[error("record {record_id}: a standing notice without content or link")]
    Incomplete {
        /// The record.
        record_id: String,
    },
}

/// The notices as the measures take them. A notice whose sender took it back, or that a newer snapshot no
/// longer holds, counts as withdrawn.
///
/// The body that answers for a notice is its notifier; the sender of the file (a portal, say) stands in only
/// where the notice itself was never seen.
///
/// # Errors
/// [`FactsError`] where a row contradicts itself, naming the record.
pub fn notices(facts: &[NoticeFact]) -> Result<Vec<Notice>, FactsError> {
    facts.iter().map(notice).collect()
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

fn notice(fact: &NoticeFact) -> Result<Notice, FactsError> {
    let record_id = hex(&fact.record_id.0);
    let notifier = fact.notice.as_ref().map(|notice| notice.notifier_org.clone());
    let state = match fact.state {
        RecordState::Withdrawn | RecordState::Absent => NoticeState::Withdrawn,
        RecordState::Current => {
            let incomplete = || FactsError::Incomplete { record_id: record_id.clone() };
            let said = fact.notice.as_ref().ok_or_else(incomplete)?;
            let child = fact.child_id.ok_or_else(incomplete)?;
            let tier = fact.tier.as_deref().ok_or_else(incomplete)?;
            let tier: Tier = tier.parse().map_err(|_| FactsError::Tier { record_id: record_id.clone() })?;
            let link = Link {
                child_id: hex(&child.0),
                tier,
                matched_on: fact.linked_on.filter(|_| tier.is_match()),
                conflict: fact.evidence.as_deref().is_some_and(is_conflict),
            };
            NoticeState::Current(Box::new(stated(fact, said, link)))
        }
    };
    Ok(Notice {
        feed: fact.feed.clone(),
        provider: notifier.unwrap_or_else(|| fact.provider.clone()),
        received: fact.received_date,
        record_id,
        state,
    })
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
        tries: u32::try_from(fact.tries).unwrap_or(u32::MAX),
    }
}

/// Whether a code of evidence is among the words of the text.
fn is_conflict(evidence: &str) -> bool {
    evidence.split(|c: char| !c.is_ascii_lowercase() && c != '-').any(|word| CONFLICTS.contains(&word))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conflicts_are_read_from_the_evidence() {
        assert!(is_conflict("conflict"));
        assert!(is_conflict(r#"{"nhs_number":"many-birth-dates","candidates":0}"#));
        assert!(!is_conflict("unknown"));
        assert!(!is_conflict(r#"{"nhs_number":"known","confirmed":true}"#));
        assert!(!is_conflict("birth-dates-differ"));
    }

    #[test]
    fn ids_are_lower_case_hexadecimal() {
        assert_eq!(hex(&[0x00, 0xAB, 0x0F]), "00ab0f");
    }
}
