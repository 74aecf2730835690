//! What each kind of record says.
//!
//! Payloads hold codes and dates of events, never free text, staff or anything that names a person. They are
//! stored in the vault as JSON, so a field that is added must have a default.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Census, Kind, Month};

/// What a record says, by kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Payload {
    /// A notification of a pregnancy.
    Pregnancy(PregnancyNotification),
    /// A birth that ended a pregnancy; of the kind of the notifications, with which it arrives.
    Birth(Birth),
    /// A Section 23 notice.
    Section23(Section23Notice),
    /// A 2-2½-year review.
    TwoYearReview(TwoYearReview),
    /// One pupil in one school's return to one census.
    SchoolCensus(SchoolRecord),
}

impl Payload {
    /// The kind of record.
    pub fn kind(&self) -> Kind {
        match self {
            Payload::Pregnancy(_) | Payload::Birth(_) => Kind::Pregnancy,
            Payload::Section23(_) => Kind::Section23,
            Payload::TwoYearReview(_) => Kind::TwoYearReview,
            Payload::SchoolCensus(_) => Kind::SchoolCensus,
        }
    }
}

/// How a pregnancy ended, or that its mother went away before it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PregnancyOutcome {
    /// At least one child was born alive.
    LiveBirth,
    /// No child was born alive, at 24 weeks or later.
    Stillbirth,
    /// Miscarriage: lost before 24 weeks.
    Loss,
    /// Terminated.
    Termination,
    /// The mother moved out of the area before the birth.
    MovedOut,
}

impl PregnancyOutcome {
    /// Every outcome, in the order above.
    pub const ALL: [PregnancyOutcome; 5] = [
        PregnancyOutcome::LiveBirth,
        PregnancyOutcome::Stillbirth,
        PregnancyOutcome::Loss,
        PregnancyOutcome::Termination,
        PregnancyOutcome::MovedOut,
    ];

    /// The code in the dataset.
    pub const fn as_str(self) -> &'static str {
        match self {
            PregnancyOutcome::LiveBirth => "LIVE_BIRTH",
            PregnancyOutcome::Stillbirth => "STILLBIRTH",
            PregnancyOutcome::Loss => "LOSS",
            PregnancyOutcome::Termination => "TERMINATION",
            PregnancyOutcome::MovedOut => "MOVED_OUT",
        }
    }

    /// The outcome with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        PregnancyOutcome::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == code)
    }

    /// How a pregnancy ended by its births: a live birth where one child lives, else what the most of care is owed to.
    /// None where there is no birth, or where one does not say and so may have been live.
    pub fn of_births(births: impl IntoIterator<Item = Option<PregnancyOutcome>>) -> Option<Self> {
        let (mut least, mut untold) = (None, false);
        for birth in births {
            match birth {
                Some(outcome) => least = Some(least.map_or(outcome, |least: Self| least.min(outcome))),
                None => untold = true,
            }
        }
        least.filter(|outcome| !untold || *outcome == PregnancyOutcome::LiveBirth)
    }

    /// Whether no child is to be expected here: a loss, a stillbirth, a termination, a move away.
    pub const fn ends_expectation(self) -> bool {
        !matches!(self, PregnancyOutcome::LiveBirth)
    }
}

/// A notification of a pregnancy by a maternity service. Due date and day of the outcome would name a birth
/// date, so that only their months stand here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PregnancyNotification {
    /// When the maternity service gave notice.
    #[serde(default)]
    pub notified_date: Option<Date>,
    /// The antenatal booking appointment.
    #[serde(default)]
    pub booking_date: Option<Date>,
    /// The month of the agreed due date.
    #[serde(default)]
    pub edd_month: Option<Month>,
    /// Completed weeks of gestation at the booking.
    #[serde(default)]
    pub gestation_weeks_at_booking: Option<u8>,
    /// How many fetuses the dating scan, or the form, counts.
    #[serde(default)]
    pub fetus_count: Option<u8>,
    /// How it ended.
    #[serde(default)]
    pub outcome: Option<PregnancyOutcome>,
    /// The month in which it ended.
    #[serde(default)]
    pub outcome_month: Option<Month>,
    /// Whether there are complex social factors.
    #[serde(default)]
    pub complex_social_factors: Option<bool>,
    /// Other vulnerabilities, as flags by their field name (`mental_health`, `safeguarding`, …), and other coded
    /// items.
    #[serde(default)]
    pub other: std::collections::BTreeMap<String, String>,
}

/// A child's birth as the maternity service records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Birth {
    /// `LIVE_BIRTH` or how else the pregnancy ended for this fetus; a record of a birth that was not live is
    /// about no child.
    #[serde(default)]
    pub outcome: Option<PregnancyOutcome>,
    /// Its place among those born together: 1 is the first.
    #[serde(default)]
    pub birth_order: Option<u8>,
    /// Completed weeks of gestation at birth.
    #[serde(default)]
    pub gestation_weeks: Option<u8>,
    /// Other coded items by their field name.
    #[serde(default)]
    pub other: std::collections::BTreeMap<String, String>,
}

/// How a domain's score stands to the cut-off of the interval whose form was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AsqBand {
    /// Below the cut-off: two standard deviations below the mean.
    Below,
    /// At or above the cut-off.
    Expected,
    /// Outside 0 to 60, which no form can yield.
    OutOfRange,
}

impl AsqBand {
    /// The code in the dataset.
    pub const fn as_str(self) -> &'static str {
        match self {
            AsqBand::Below => "BELOW",
            AsqBand::Expected => "EXPECTED",
            AsqBand::OutOfRange => "OUT_OF_RANGE",
        }
    }
}

/// One domain of ASQ-3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsqDomain {
    /// 0 to 60, to the nearest whole number; a total that omitted items were scaled to need not be one. None
    /// where there is no score or it is out of range.
    #[serde(default)]
    pub score: Option<u8>,
    /// Where the unrounded score stands; none where no cut-off is known for the interval.
    #[serde(default)]
    pub band: Option<AsqBand>,
}

/// The five domains of ASQ-3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asq3 {
    /// Months of the interval whose form was sent, as the code of the score says; never derived from age.
    #[serde(default)]
    pub interval_months: Option<u8>,
    /// Communication.
    #[serde(default)]
    pub communication: AsqDomain,
    /// Gross motor.
    #[serde(default)]
    pub gross_motor: AsqDomain,
    /// Fine motor.
    #[serde(default)]
    pub fine_motor: AsqDomain,
    /// Problem solving.
    #[serde(default)]
    pub problem_solving: AsqDomain,
    /// Personal-social.
    #[serde(default)]
    pub personal_social: AsqDomain,
}

impl Asq3 {
    /// The domains in the order of the form.
    pub fn domains(&self) -> [AsqDomain; 5] {
        [
            self.communication,
            self.gross_motor,
            self.fine_motor,
            self.problem_solving,
            self.personal_social,
        ]
    }

    /// How many domains are below expected; none where no domain has a band.
    pub fn below_expected_domains(&self) -> Option<u8> {
        let bands = || self.domains().into_iter().filter_map(|domain| domain.band);
        let counts = |band: &AsqBand| *band != AsqBand::OutOfRange;
        bands()
            .any(|band| counts(&band))
            .then(|| bands().filter(|band| *band == AsqBand::Below).count() as u8)
    }
}

/// A health review at 2 to 2½ years under the Healthy Child Programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoYearReview {
    /// When the child was seen.
    pub review_date: Date,
    /// Completed months of age on that day.
    #[serde(default)]
    pub age_months: Option<u8>,
    /// Whether it was an integrated review, with the early years setting.
    #[serde(default)]
    pub integrated: Option<bool>,
    /// ASQ-3, where it was used.
    #[serde(default)]
    pub asq3: Option<Asq3>,
    /// Months of the interval of ASQ:SE, where it was used. Its scores rise with concern and are never banded
    /// as those of ASQ-3 are.
    #[serde(default)]
    pub asq_se_interval_months: Option<u8>,
    /// The total of ASQ:SE.
    #[serde(default)]
    pub asq_se_score: Option<u16>,
    /// Educational needs recorded for the child, as DfE SEN types where the code has one.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Disabilities recorded for the child, as codes of the NHS Data Dictionary.
    #[serde(default)]
    pub disabilities: Vec<String>,
    /// Other coded items by their field name.
    #[serde(default)]
    pub other: std::collections::BTreeMap<String, String>,
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
