//! Whether a notice is valid (measure N02).
//!
//! A valid notice is about a child under compulsory school age when it was sent, who lived in our area then,
//! from a live body; it names the child well enough (a valid NHS number, or surname, forename, birth date and
//! postcode), states a need, and says that the parent was informed.

use std::fmt;

use jiff::civil::Date;
use records::{IdentifierState, Identifiers, Month};

use crate::{
    Settings,
    notice::{Notice, Stated},
};

/// What makes a notice not valid. Tried in this order; a notice counts under the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Compulsory school age had begun on the day of sending, or the birth date is missing.
    Age,
    /// The child lived elsewhere, or neither postcode nor stated authority says where.
    Residence,
    /// The sender's code names no body that was open on the day.
    Sender,
    /// Neither a valid NHS number nor all of surname, forename, birth date and postcode.
    Identity,
    /// No need is stated.
    Need,
    /// The notice does not say that the parent was informed.
    ParentInformed,
}

impl Fault {
    /// Every fault, in the order tried.
    pub const ALL: [Fault; 6] = [
        Fault::Age,
        Fault::Residence,
        Fault::Sender,
        Fault::Identity,
        Fault::Need,
        Fault::ParentInformed,
    ];

    /// The code in the column `reason` of measure N02.
    pub const fn as_str(self) -> &'static str {
        match self {
            Fault::Age => "V01",
            Fault::Residence => "V02",
            Fault::Sender => "V03",
            Fault::Identity => "V04",
            Fault::Need => "V05",
            Fault::ParentInformed => "V06",
        }
    }

    /// What is wrong, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Fault::Age => "not shown to be under compulsory school age when sent",
            Fault::Residence => "not shown to live in this area when sent",
            Fault::Sender => "sender's code names no open body",
            Fault::Identity => "no valid NHS number, and names, birth date and postcode incomplete",
            Fault::Need => "no need stated",
            Fault::ParentInformed => "parent not said to be informed",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where the child lived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Residence {
    /// In an authority whose children are ours.
    Ours,
    /// In another.
    Elsewhere,
    /// Neither postcode nor sender says.
    Unknown,
}

/// The first fault of a notice; none if it is valid.
pub(crate) fn fault(notice: &Notice, stated: &Stated, settings: &Settings<'_>) -> Option<Fault> {
    let sent = sent(notice, stated);
    let holds = |fault: &Fault| match fault {
        Fault::Age => over_age(stated.school_age_from, sent) != Some(false),
        Fault::Residence => residence(stated, settings) != Residence::Ours,
        Fault::Sender => !settings.organisations.is_live(&notice.provider, sent),
        Fault::Identity => !identifies(&stated.identifiers),
        Fault::Need => !stated.has_need,
        Fault::ParentInformed => !stated.parent_informed,
    };
    Fault::ALL.into_iter().find(holds)
}

/// The day of sending; the day of receipt where the sender does not say.
pub(crate) fn sent(notice: &Notice, stated: &Stated) -> Date {
    stated.sent.unwrap_or(notice.received)
}

/// Whether compulsory school age had begun on `day`; none without a birth date.
pub(crate) fn over_age(school_age_from: Option<Month>, day: Date) -> Option<bool> {
    // Compulsory school age begins on the last day of its month.
    school_age_from.map(|month| day >= month.first_day().last_of_month())
}

/// Where the child lived: by the postcode, else as the sender states.
pub(crate) fn residence(stated: &Stated, settings: &Settings<'_>) -> Residence {
    lives(stated.la_code.as_deref(), stated.la_gss.as_deref(), settings)
}

/// Where somebody lived: by the DfE code of the postcode's authority, else by the ONS code of the one stated.
pub(crate) fn lives(la_code: Option<&str>, la_gss: Option<&str>, settings: &Settings<'_>) -> Residence {
    let ours = match (la_code, la_gss) {
        (Some(code), _) => settings.la_codes.contains(code),
        (None, Some(code)) if !settings.la_gss.is_empty() => settings.la_gss.contains_key(code),
        (None, _) => return Residence::Unknown,
    };
    if ours {
        Residence::Ours
    } else {
        Residence::Elsewhere
    }
}

/// Whether the identifiers name a child: a valid NHS number, or surname, forename, birth date and postcode.
pub(crate) fn identifies(identifiers: &Identifiers) -> bool {
    identifiers.nhs_number == IdentifierState::Valid || is_described(identifiers)
}

/// Whether surname, forename, birth date and postcode are all there.
pub(crate) fn is_described(identifiers: &Identifiers) -> bool {
    [
        identifiers.surname,
        identifiers.forename,
        identifiers.birth_date,
        identifiers.postcode,
    ]
    .into_iter()
    .all(|state| state == IdentifierState::Valid)
}
