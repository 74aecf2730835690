//! What comes out: every record's child, tier, weight and evidence; candidates for review; refused unions.

use serde::{Deserialize, Serialize};

use crate::{
    Doubt, RecordId, Subject,
    engine::{Blocking, TableModel},
};

/// The logarithm to base 2 of the odds that two records are one child, in steps of 1/1024 bit: an integer,
/// so that it is the same on every machine that prints it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Weight(pub i32);

impl Weight {
    /// Steps in one bit.
    pub const STEPS: i32 = 1024;

    /// A whole number of bits.
    pub const fn from_bits(bits: i32) -> Weight {
        Weight(bits.saturating_mul(Weight::STEPS))
    }

    /// The nearest weight to a number of bits; beyond the range, the nearest end of it.
    pub fn nearest(bits: f64) -> Weight {
        // A float to integer cast saturates, and takes NaN to zero.
        Weight((bits * f64::from(Weight::STEPS)).round() as i32)
    }

    /// In bits.
    pub fn bits(self) -> f64 {
        f64::from(self.0) / f64::from(Weight::STEPS)
    }

    /// The probability of one child, from 0 to 1.
    pub fn probability(self) -> f64 {
        1.0 / (1.0 + (-self.bits()).exp2())
    }
}

/// By which rule a record was matched, strongest first, or why it was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Equal NHS numbers.
    T1,
    /// Equal digests of NHS numbers, of which at least one was sent without its number.
    T1d,
    /// Equal UPNs, in force or former.
    T2,
    /// Equal forename, surname, birth date and postcode.
    T3,
    /// Weight at or above the accepting threshold, or a pair that a person confirmed.
    T4,
    /// Not matched: a candidate between the thresholds waits for review.
    T4r,
    /// Not matched: several candidates, none of them clearly the best.
    Tx,
    /// Not matched: no candidate.
    T0,
}

impl Tier {
    /// Every tier, in the order above.
    pub const ALL: [Tier; 8] = [
        Tier::T1,
        Tier::T1d,
        Tier::T2,
        Tier::T3,
        Tier::T4,
        Tier::T4r,
        Tier::Tx,
        Tier::T0,
    ];

    /// Whether a record of this tier is matched.
    pub const fn is_match(self) -> bool {
        matches!(self, Tier::T1 | Tier::T1d | Tier::T2 | Tier::T3 | Tier::T4)
    }

    /// What it means, in a few words for people.
    pub const fn words(self) -> &'static str {
        match self {
            Tier::T1 => "NHS number",
            Tier::T1d => "digest of the NHS number",
            Tier::T2 => "unique pupil number",
            Tier::T3 => "exact names, birth date and postcode",
            Tier::T4 => "probable",
            Tier::T4r => "one candidate, for review",
            Tier::Tx => "several candidates",
            Tier::T0 => "no candidate",
        }
    }

    /// The code in the dataset: `T1`, `T4r`, `Tx`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Tier::T1 => "T1",
            Tier::T1d => "T1d",
            Tier::T2 => "T2",
            Tier::T3 => "T3",
            Tier::T4 => "T4",
            Tier::T4r => "T4r",
            Tier::Tx => "Tx",
            Tier::T0 => "T0",
        }
    }
}

/// The text is not the code of a tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the code of a tier")]
pub struct NotATier;

impl std::str::FromStr for Tier {
    type Err = NotATier;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Tier::ALL
            .into_iter()
            .find(|tier| tier.as_str() == text)
            .ok_or(NotATier)
    }
}

impl std::fmt::Display for Tier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What keeps two records from ever being one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bar {
    /// One of them is on the isolation list.
    Isolated,
    /// The do-not-link list names them.
    DoNotLink,
    /// Two valid NHS numbers that no supersession joins.
    NhsNumbersDiffer,
    /// Two digests of NHS numbers under one salt.
    DigestsDiffer,
    /// Two UPNs in force on one day.
    UpnsDiffer,
    /// Both in one duplicate-free source.
    SameSource,
    /// One was born after the other's event.
    BornAfterEvent,
    /// Born on one day in one household with unlike forenames: twins.
    Twins,
    /// One identifier, but birth dates that have at most one part in common.
    BirthDatesDiffer,
}

impl Bar {
    /// What it is, as a fragment of a sentence.
    pub const fn as_str(self) -> &'static str {
        match self {
            Bar::Isolated => "a decision keeps the record alone",
            Bar::DoNotLink => "the do-not-link list keeps them apart",
            Bar::NhsNumbersDiffer => "two different NHS numbers",
            Bar::DigestsDiffer => "two different digests of NHS numbers",
            Bar::UpnsDiffer => "two UPNs in force on one day",
            Bar::SameSource => "two records of a source without duplicates",
            Bar::BornAfterEvent => "a birth after the event",
            Bar::Twins => "two births on one day in one household with unlike forenames",
            Bar::BirthDatesDiffer => "one identifier, but conflicting birth dates",
        }
    }

    /// Whether people decided it, and not the records.
    pub const fn is_decision(self) -> bool {
        matches!(self, Bar::Isolated | Bar::DoNotLink)
    }
}

/// How a record's own NHS number fared, or the digest that was sent in its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberEvidence {
    /// The record has none that is valid.
    #[default]
    Absent,
    /// No record of another kind bears it.
    Unknown,
    /// A record of another kind bears it, and it may join them.
    Known,
    /// Its status says that tracing failed (04) or is unresolved (05), and a record of another kind bears it.
    Inconclusive,
    /// Another record bears it with a conflicting birth date, or is a twin.
    Conflict,
    /// It is on records of too many unlike birth dates to be one person's.
    ManyBirthDates,
    /// It is the number of a mother.
    Mothers,
}

impl NumberEvidence {
    /// Whether the number met a conflict, so that it should be checked where it was written down (reason R06).
    pub const fn is_conflict(self) -> bool {
        matches!(
            self,
            NumberEvidence::Inconclusive
                | NumberEvidence::Conflict
                | NumberEvidence::ManyBirthDates
                | NumberEvidence::Mothers
        )
    }
}

/// Why a record has the tier that it has: enough to choose a reason for an unmatched record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// How its NHS number fared.
    pub nhs_number: NumberEvidence,
    /// Whether nothing of the number but its digest was sent.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_digest: bool,
    /// How many children of another kind's records it might be, at the review threshold or above. 0 when it is
    /// matched.
    pub candidates: u16,
    /// What kept an unmatched record from its best barred candidate, if there was one.
    pub bar: Option<Bar>,
    /// Whether a pair that a person confirmed joined it.
    pub confirmed: bool,
    /// Of a notification of a pregnancy: how it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pregnancy: Option<PregnancyEvidence>,
}

/// How a notified pregnancy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PregnancyState {
    /// Its children, or some of them, were found.
    Born,
    /// Its children are expected.
    Expected,
    /// It ended: by a loss, a stillbirth, a termination, a move, or in the birth of a child who is kept apart.
    Ended,
    /// Its due day is past by more than three weeks, or it had none and is a year old, and no birth was found.
    Silent,
    /// Its mother had another birth that leaves no room for one of this pregnancy.
    OtherBirth,
}

impl PregnancyState {
    /// Every state, in the order above.
    pub const ALL: [PregnancyState; 5] = [
        PregnancyState::Born,
        PregnancyState::Expected,
        PregnancyState::Ended,
        PregnancyState::Silent,
        PregnancyState::OtherBirth,
    ];

    /// What it is, in a few words for people.
    pub const fn words(self) -> &'static str {
        match self {
            PregnancyState::Born => "born",
            PregnancyState::Expected => "still expected",
            PregnancyState::Ended => "ended without a child here",
            PregnancyState::Silent => "no birth heard of three weeks after the due date",
            PregnancyState::OtherBirth => "another birth of its mother",
        }
    }
}

/// How well a notification of a pregnancy says who the mother is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MotherEvidence {
    /// By her NHS number.
    NhsNumber,
    /// By names and birth date, and her postcode where there is one.
    Names,
    /// Not well enough to find her children: neither a valid number nor forename, surname and birth
    /// date.
    Absent,
    /// By what stands on too many records to be one mother's.
    TooManyRecords,
}

/// Why a notification of a pregnancy has the children that it has, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PregnancyEvidence {
    /// How it stands.
    pub state: PregnancyState,
    /// How well it names the mother.
    pub mother: MotherEvidence,
    /// Whether it gives a due day.
    pub due_day: bool,
}

/// One notification of a pregnancy, with or without children.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pregnancy {
    /// The record.
    pub record: RecordId,
    /// How it stands.
    pub evidence: PregnancyEvidence,
}

/// How good a record is as the anchor of a new child id, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AnchorRank {
    /// It bears an NHS number that may join records.
    NhsNumber,
    /// It bears a UPN.
    Upn,
    /// Neither.
    Record,
    /// It is a notification of a pregnancy, which says less of a child than any record of one. An expected child has
    /// no other anchor; once born, it keeps the id, which is the older.
    Expected,
}

/// Where one record went, or one of the children that a notification of a pregnancy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The record, and which of its children: 0 for a record about a child; from 1 for a notification, which has no
    /// link where no child is expected.
    pub subject: Subject,
    /// Its cluster, that is its child: clusters are numbered from 0 in the order of their smallest subject.
    pub cluster: u32,
    /// The strongest rule that joined it to a record of another kind, or why there was none.
    pub tier: Tier,
    /// The weight of that rule's pair; for T4r and Tx of the best candidate; for T0 zero.
    pub weight: Weight,
    /// Why.
    pub evidence: Evidence,
    /// How good an anchor it is.
    pub anchor: AnchorRank,
}

/// Two records whose children may be one, for a person to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The smallest record of one.
    pub left: RecordId,
    /// The smallest record of the other.
    pub right: RecordId,
    /// The weight between them.
    pub weight: Weight,
    /// Whether the weight would do, but another candidate is as good.
    pub ambiguous: bool,
}

/// A union that a rule asked for and a conflict refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The record on one side of the pair that asked.
    pub left: RecordId,
    /// The record on the other side.
    pub right: RecordId,
    /// The rule that asked.
    pub tier: Tier,
    /// Why not.
    pub bar: Bar,
}

/// The outcome of a linkage.
#[derive(Clone, Debug, Default)]
pub struct Linkage {
    /// Every record about a child, and every child of a notified pregnancy; by subject.
    pub links: Vec<Link>,
    /// How many clusters there are.
    pub clusters: u32,
    /// Every notification of a pregnancy, by record id.
    pub pregnancies: Vec<Pregnancy>,
    /// What a person should look at, heaviest first.
    pub review: Vec<Candidate>,
    /// What was refused, in the order in which it was.
    pub refused: Vec<Refusal>,
    /// The questions for people that follow from `review` and `refused`: one for each two children, heaviest first.
    pub doubts: Vec<Doubt>,
    /// The records that bear the digest of an NHS number without the number.
    pub digests: DigestSummary,
    /// The model of tier T4 and what it did.
    pub summary: ModelSummary,
}

/// The records that bear the digest of an NHS number without the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DigestSummary {
    /// How many there are.
    pub records: u64,
    /// Those among them whose digest stands beside a number on another record. None of many is what a wrong salt
    /// looks like.
    pub known: u64,
}

/// What tier T4 worked with and did, for people.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModelSummary {
    /// What agreement is worth.
    pub model: TableModel,
    /// The share of pairs of records that are one child, by the kinds of their feeds; nothing where nothing was learned.
    pub priors: Vec<KindPrior>,
    /// Persons compared: clusters after tiers T1 to T3.
    pub persons: u64,
    /// Pairs compared.
    pub pairs: u64,
    /// By which keys.
    pub blocking: Vec<Blocking>,
    /// Identifiers left out because they were on too many records.
    pub identifiers_left_out: u64,
    /// Unions made by weight.
    pub accepted: u64,
    /// How many of them the model expects to be false.
    pub expected_false: f64,
}

/// The share of pairs of records of two kinds of feed that are one child.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct KindPrior {
    /// The kinds, the smaller code first.
    pub kinds: (u8, u8),
    /// The share.
    pub same: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_weight_is_the_logarithm_of_odds() {
        assert!((Weight::from_bits(0).probability() - 0.5).abs() < 1e-12);
        assert!((Weight::from_bits(4).probability() - 16.0 / 17.0).abs() < 1e-12);
        assert_eq!(Weight::nearest(-1.5), Weight(-1536));
    }

    #[test]
    fn a_weight_beyond_the_range_is_its_end() {
        assert_eq!(Weight::nearest(f64::INFINITY), Weight(i32::MAX));
        assert_eq!(Weight::nearest(f64::NEG_INFINITY), Weight(i32::MIN));
        assert_eq!(Weight::from_bits(i32::MAX), Weight(i32::MAX));
    }
}
