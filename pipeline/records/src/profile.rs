//! What remains of an identity below the one door: a month, a small area, and which identifiers there were.

use serde::{Deserialize, Serialize};

use crate::{EthnicGroup, Month, Sex};

/// The areas that a postcode lies in, from the postcode directory in force when the record was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Area {
    /// DfE code of the authority with education duties, three digits.
    pub la_code: Option<String>,
    /// ONS code of the local authority district (in a unitary, the authority itself).
    pub district: Option<String>,
    /// ONS code of the electoral ward.
    pub ward: Option<String>,
    /// ONS code of the lower layer super output area.
    pub lsoa: Option<String>,
    /// Decile of the Index of Multiple Deprivation, 1 (most deprived) to 10.
    pub imd_decile: Option<u8>,
}

/// Whether an identifier was there and could be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentifierState {
    /// Blank, or the source has no such field.
    #[default]
    Absent,
    /// Present and usable.
    Valid,
    /// Present, but it fails the identifier's own rule (length, check digit).
    Invalid,
    /// Present, but a stand-in (repeated digits, "Baby", ZZ99, 1900-01-01) or a test number in a live area.
    Placeholder,
}

/// Which identifiers of the child a record carried. Counts and reasons are made from these, so that an
/// unmatched record can be explained without naming anybody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identifiers {
    /// NHS number.
    pub nhs_number: IdentifierState,
    /// Unique pupil number, permanent or temporary.
    pub upn: IdentifierState,
    /// Unique learner number.
    pub uln: IdentifierState,
    /// Forename.
    pub forename: IdentifierState,
    /// Surname.
    pub surname: IdentifierState,
    /// Birth date.
    pub birth_date: IdentifierState,
    /// Postcode.
    pub postcode: IdentifierState,
}

/// What the dataset may know of the person a record is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Month of birth.
    pub birth_month: Option<Month>,
    /// Sex.
    pub sex: Sex,
    /// Ethnic group; none where not stated, refused or unknown.
    pub ethnic_group: Option<EthnicGroup>,
    /// Where the child lived; all blank where the postcode is absent or unknown to the directory.
    pub area: Area,
    /// Whether the record says that the child has no fixed abode (postcode ZZ99 3VZ).
    pub no_fixed_abode: bool,
    /// Which identifiers there were.
    pub identifiers: Identifiers,
    /// Whether the child had reached compulsory school age on the record's event date; none without a birth
    /// date. Kept because the birth date itself is not.
    pub school_age_at_event: Option<bool>,
    /// First day on which the child is of compulsory school age, as a month; see
    /// [`compulsory_school_age`](crate::dates::compulsory_school_age).
    pub school_age_from: Option<Month>,
}
