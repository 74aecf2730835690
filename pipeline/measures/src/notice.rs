//! What the measures know of a notice: plain facts, nobody named.

pub use dataset::Tier;
use jiff::civil::Date;
use records::{Identifiers, Month};

/// One message: a record of kind `section23` as the vault holds it, with what linkage found.
#[derive(Clone, Debug)]
pub struct Notice {
    /// Names the record; only compared and sorted.
    pub record_id: String,
    /// The feed that it came by.
    pub feed: String,
    /// ODS code of the body that answers for it, as sent: the notifier, not a portal that passed it on.
    pub provider: String,
    /// When it reached the area.
    pub received: Date,
    /// What it says, or that it was taken back.
    pub state: NoticeState,
}

/// Whether a notice stands.
#[derive(Clone, Debug)]
pub enum NoticeState {
    /// It stands, and says this.
    Current(Box<Stated>),
    /// The sender took it back.
    Withdrawn,
}

/// What a standing notice says, and what linkage made of it.
#[derive(Clone, Debug)]
pub struct Stated {
    /// When the opinion was formed.
    pub opinion: Date,
    /// When it was sent; where the sender does not say, the day of receipt stands for it.
    pub sent: Option<Date>,
    /// Whether it says that the parent was informed.
    pub parent_informed: bool,
    /// Whether it records the parent's objection.
    pub parent_objection: bool,
    /// Whether it states a need.
    pub has_need: bool,
    /// DfE code of the authority that the child's postcode lies in.
    pub la_code: Option<String>,
    /// ONS code of the authority where the child lives, as the sender states it.
    pub la_gss: Option<String>,
    /// Month of birth.
    pub birth_month: Option<Month>,
    /// The month on whose last day compulsory school age begins (it does on 31 March, 31 August or
    /// 31 December).
    pub school_age_from: Option<Month>,
    /// Which identifiers it bore.
    pub identifiers: Identifiers,
    /// What linkage found.
    pub link: Link,
    /// Why it was found unfit to compare at all (another key epoch, a format out of use); false in a sound
    /// delivery.
    pub comparable: bool,
    /// How many nights it has been tried.
    pub tries: u32,
}

/// What linkage found for a notice.
#[derive(Clone, Debug)]
pub struct Link {
    /// The child; only compared. A notice that met no other record still has a child of its own.
    pub child_id: String,
    /// The strongest rule that joined it to a record of another kind, or why none did.
    pub tier: Tier,
    /// The first night on which its child also held a record of another kind; none while unmatched.
    pub matched_on: Option<Date>,
    /// Whether its NHS number met a conflict: another birth date, many children, or a mother's number.
    pub conflict: bool,
}

impl Link {
    /// Whether the child also holds a current record of another kind.
    pub fn is_match(&self) -> bool {
        self.tier.is_match()
    }
}
