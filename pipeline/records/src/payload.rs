//! What each kind of record says.
//!
//! Payloads hold codes and dates of events, never free text, staff or anything that names a person. They are
//! stored in the vault as JSON, so a field that is added must have a default.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Census, Kind};

/// What a record says, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// A Section 23 notice.
    Section23(Section23Notice),
    /// One pupil in one school's return to one census.
    SchoolCensus(SchoolRecord),
}

impl Payload {
    /// The kind of record.
    pub fn kind(&self) -> Kind {
        match self {
            Payload::Section23(_) => Kind::Section23,
            Payload::SchoolCensus(_) => Kind::SchoolCensus,
        }
    }
}

/// A notice that a child under compulsory school age has, or probably has, special educational needs or a
/// disability: Children and Families Act 2014 section 23.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section23Notice {
    /// ODS code of the health body that formed the opinion and answers for the notice.
    pub notifier_org: String,
    /// ODS code of the body that acts for it under contract, where there is one.
    #[serde(default)]
    pub delivering_org: Option<String>,
    /// When the opinion was formed.
    pub opinion_date: Date,
    /// When the parent was told: s23(2)(a).
    #[serde(default)]
    pub parent_informed_date: Option<Date>,
    /// When the parent was offered a discussion: s23(2)(b).
    #[serde(default)]
    pub discussion_offered_date: Option<Date>,
    /// When the health body sent the notice.
    #[serde(default)]
    pub sent_date: Option<Date>,
    /// Whether the child has needs or probably has them: `HAS`, `PROBABLY_HAS`.
    pub limb: String,
    /// `SEN`, `DISABILITY` or `BOTH`: s23(1).
    pub category: String,
    /// DfE SEN type, or none where unknown.
    #[serde(default)]
    pub primary_need: Option<String>,
    /// The first other need.
    #[serde(default)]
    pub secondary_need: Option<String>,
    /// Profession of the person who gave notice.
    #[serde(default)]
    pub notifier_role: Option<String>,
    /// `NOTIFICATION` or `NOTIFICATION_AND_REFERRAL`.
    pub notice_kind: String,
    /// What the sender did: `NEW`, `UPDATE`, `CORRECT`.
    pub action: String,
    /// ONS code of the authority where the child lives, as the sender states it.
    #[serde(default)]
    pub la_gss: Option<String>,
    /// Whether the duty of section 23 lies on the notifier (an ICB, NHS trust or foundation trust).
    pub statutory_duty: bool,
    /// Whether the parent's agreement to share for services was `GIVEN`, `REFUSED` or `NOT_SOUGHT`. It does
    /// not decide whether the notice counts: the duty is to inform.
    #[serde(default)]
    pub share_for_services: Option<String>,
    /// Whether the parent's objection is recorded.
    #[serde(default)]
    pub parent_objection: bool,
    /// Other coded items of the notice (`setting_type`, `looked_after`, `ehcp_in_place`, …) by their field name.
    #[serde(default)]
    pub other: std::collections::BTreeMap<String, String>,
}

/// One need of a pupil, as ranked by the school.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SchoolNeed {
    /// 1 is the primary need.
    pub rank: u8,
    /// DfE SEN type.
    pub need: String,
}

/// One pupil in one school's return to one census.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchoolRecord {
    /// Which census.
    pub census: Census,
    /// The reference date in the return's header.
    pub census_date: Date,
    /// LAESTAB of the school, seven digits.
    pub school: String,
    /// National curriculum year: `E1`, `E2`, `N1`, `N2`, `R`, `1` to `14`, `M`, `X`.
    #[serde(default)]
    pub nc_year: Option<String>,
    /// Whether the pupil was on the roll on the census day.
    pub on_roll: bool,
    /// Enrolment status: `C` single, `M` main, `S` subsidiary, `F`, `O`.
    #[serde(default)]
    pub enrol_status: Option<String>,
    /// `N`, `K` or `E` (`A`, `P`, `S` in years past).
    #[serde(default)]
    pub sen_provision: Option<String>,
    /// In a SEN unit.
    #[serde(default)]
    pub sen_unit: Option<bool>,
    /// In a resourced provision.
    #[serde(default)]
    pub resourced_provision: Option<bool>,
    /// Eligible for free school meals on the census day: a period is open.
    #[serde(default)]
    pub fsm: Option<bool>,
    /// First language, DfE code.
    #[serde(default)]
    pub first_language: Option<String>,
    /// Needs by rank; only a spring census holds any.
    #[serde(default)]
    pub needs: Vec<SchoolNeed>,
}
