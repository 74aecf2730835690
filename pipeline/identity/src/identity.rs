//! The people of one record.

use crate::{BirthDate, BusinessKey, Held, Name, NhsNumber, NhsNumberDigest, Postcode, Uln, Upn};

/// NHS number status indicator (NHS Data Dictionary, codes 01 to 08).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NhsNumberStatus {
    /// 01: present and verified.
    Verified,
    /// 02: present, not traced.
    NotTraced,
    /// 03: trace required.
    TraceRequired,
    /// 04: trace attempted, no match or several.
    TraceFailed,
    /// 05: trace needs to be resolved.
    TraceUnresolved,
    /// 06: trace in progress.
    InProgress,
    /// 07: number not present and trace not required.
    NotRequired,
    /// 08: trace postponed, a baby under six weeks old.
    Postponed,
}

/// What identifies one person in one record.
#[derive(Clone, Debug, Default)]
pub struct Identity {
    /// NHS number.
    pub nhs_number: Held<NhsNumber>,
    /// Its status, where the source has one.
    pub nhs_number_status: Option<NhsNumberStatus>,
    /// What stands for the NHS number where the sender has pseudonymised it.
    pub nhs_number_digest: Held<NhsNumberDigest>,
    /// The UPN in force, permanent or temporary.
    pub upn: Held<Upn>,
    /// Former UPNs.
    pub former_upns: Vec<Upn>,
    /// Unique learner number.
    pub uln: Held<Uln>,
    /// Forename.
    pub forename: Held<Name>,
    /// Middle and preferred forenames.
    pub other_forenames: Vec<Name>,
    /// Surname.
    pub surname: Held<Name>,
    /// Former and preferred surnames.
    pub other_surnames: Vec<Name>,
    /// Birth date.
    pub birth_date: Held<BirthDate>,
    /// The latest postcode.
    pub postcode: Held<Postcode>,
    /// Whether the latest postcode says "no fixed abode" (ZZ99 3VZ).
    pub no_fixed_abode: bool,
    /// Other postcodes of the same record.
    pub other_postcodes: Vec<Postcode>,
}

/// What is known of a pregnancy that could tell when a child was or will be born.
#[derive(Clone, Debug, Default)]
pub struct Expectation {
    /// The agreed due date.
    pub due: Option<BirthDate>,
    /// The day of the birth, where the notification says that it ended in one.
    pub born: Option<BirthDate>,
}

/// The people of one record, by role. Roles never compare: a mother's number is no clue to a child.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// The child.
    pub child: Option<Identity>,
    /// The child's mother.
    pub mother: Option<Identity>,
    /// The children whom a notification of a pregnancy lets expect.
    pub expected: Option<Expectation>,
    /// Of a birth: the record of the pregnancy that it ended, by the same provider.
    pub born_of: Option<BusinessKey>,
}
