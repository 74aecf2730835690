//! What linkage compares: keyed tokens, keyed bit vectors and shifted day numbers, never clear text.
//!
//! The pseudonym stage makes an [`Encoding`] from an identity; this crate never sees the identity. Bit
//! vectors can be attacked, so an encoding is sealed wherever it is stored and never leaves the vault.

use serde::{Deserialize, Serialize};

/// Names one record for ever: 128 bits, HMAC of kind, provider and business key under the spine key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RecordId(pub [u8; 16]);

/// Names one child for ever: 128 bits, HMAC of the record id of its first anchor under the spine key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChildId(pub [u8; 16]);

/// What is linked to a child: a record's only child, number 0, or one of the children whom a notification of a
/// pregnancy lets expect, numbered from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Subject {
    /// The record.
    pub record: RecordId,
    /// Which of the children that it is about.
    pub number: u8,
}

/// Names one mother for ever: 128 bits, an HMAC under the spine key of what identifies her best. A derivation of
/// its own: a mother who is herself a child of the dataset has two ids that nothing joins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MotherId(pub [u8; 16]);

/// A keyed token of a whole identifier, 128 bits: equal where the identifier is equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(pub [u8; 16]);

/// A keyed token of a part of an identifier, 64 bits: enough to block and compare parts
/// (about 1e-5 chance pairs a key at 20 million records).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartToken(pub u64);

/// A keyed 256-bit vector of a name's bigrams, for the Dice coefficient. Forenames and surnames share one
/// key, so that swapped names show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameBits(pub [u64; 4]);

/// One name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameEncoding {
    /// The whole name.
    pub whole: PartToken,
    /// Its first three letters.
    pub start: PartToken,
    /// Its first letter.
    pub initial: PartToken,
    /// Its bigrams.
    pub bits: NameBits,
}

/// A date by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DateEncoding {
    /// The whole date.
    pub whole: PartToken,
    /// The date with day and month exchanged, under the key of `whole`; equal to another record's `whole`
    /// where one of the two swapped them. None where the exchange is no date or the same date.
    pub swapped: Option<PartToken>,
    /// The year.
    pub year: PartToken,
    /// The month of the year. Shares its key with `day`, as swaps are seen through `swapped`.
    pub month: PartToken,
    /// The day of the month.
    pub day: PartToken,
    /// Days since a key-derived day: gaps can be measured, dates not read.
    pub day_number: i32,
}

/// A postcode by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostcodeEncoding {
    /// The whole postcode.
    pub whole: PartToken,
    /// Outward code and the digit of the inward code.
    pub sector: PartToken,
    /// Outward code.
    pub outward: PartToken,
}

/// An NHS number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NhsNumberEncoding {
    /// The number.
    pub token: Token,
    /// Whether its status allows a link by the number alone (statuses 04 and 05 do not).
    pub conclusive: bool,
}

/// What a digest of OpenPseudonymiser is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DigestOf {
    /// The NHS number alone: other digests are of other numbers.
    NhsNumber,
    /// The NHS number and the birth date: another digest may be of another date.
    NhsNumberAndBirthDate,
}

/// A child's NHS number as far as a digest stands for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestEncoding {
    /// The digest, under a key of its own: it compares with no number.
    pub token: Token,
    /// The digest under the key of mothers' digests, as [`PersonEncoding::nhs_number_as_mother`] is of the number.
    pub as_mother: Token,
    /// Whether the number's status allows a link by it alone.
    pub conclusive: bool,
}

/// The digests that stand for the NHS numbers of a record's people: of those who bear a number as well as of those of
/// whom nothing but the digest was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DigestEncodings {
    /// What they are made of; none where the area does not hold the senders' salt. Then two digests may differ by
    /// their salts alone.
    pub made_of: Option<DigestOf>,
    /// The child's.
    pub child: Option<DigestEncoding>,
    /// The mother's, under the key of mothers' digests.
    pub mother: Option<Token>,
}

/// Sex as linkage compares it; unknown is none and never disagrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SexEncoding {
    /// Male.
    M,
    /// Female.
    F,
}

/// A person in one role of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEncoding {
    /// NHS number.
    pub nhs_number: Option<NhsNumberEncoding>,
    /// The NHS number under the key of mothers' numbers: a child record that bears a known mother's number as
    /// its own is seen by this, though roles never compare otherwise.
    pub nhs_number_as_mother: Option<Token>,
    /// UPN and former UPNs.
    pub upns: Vec<Token>,
    /// Which of `upns` is the one in force, by position; none where there is no UPN in force.
    pub upn_in_force: Option<u8>,
    /// ULN. Boxed, as few records bear one.
    pub uln: Option<Box<Token>>,
    /// Forename first, then preferred and middle names.
    pub forenames: Vec<NameEncoding>,
    /// Surname first, then former and preferred surnames.
    pub surnames: Vec<NameEncoding>,
    /// Birth date.
    pub birth: Option<DateEncoding>,
    /// Postcodes, the latest first.
    pub postcodes: Vec<PostcodeEncoding>,
    /// Sex.
    pub sex: Option<SexEncoding>,
    /// Exact forename, surname, birth date and postcode together (tier T3); none unless all four are there.
    pub exact: Option<Token>,
}

/// A mother. None of it compares with what a child bears.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotherEncoding {
    /// NHS number, under the key of mothers' numbers.
    pub nhs_number: Option<Token>,
    /// Exact forename, surname, birth date and postcode together, under a key of mothers' own; none unless all
    /// four are there.
    pub exact: Option<Token>,
    /// What tells her from other mothers where a record has no number of hers; none unless forename, surname and birth
    /// date are there.
    pub described: Option<Box<MotherDescription>>,
}

/// A mother by what she is called and where she lives, under keys of mothers' own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MotherDescription {
    /// Forename first, then preferred and middle names.
    pub forenames: Vec<NameEncoding>,
    /// Surname first, then former surnames.
    pub surnames: Vec<NameEncoding>,
    /// Birth date.
    pub birth: DateEncoding,
    /// Postcodes, the latest first.
    pub postcodes: Vec<PostcodeEncoding>,
}

/// A pregnancy that was notified. Day numbers are moved by the same offset as birth dates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PregnancyEncoding {
    /// The agreed due date.
    pub due_day: Option<i32>,
    /// The day on which it ended in a birth, where the notification says so.
    pub birth_day: Option<i32>,
    /// How many fetuses there are; 1 where nothing was said.
    pub fetuses: u8,
    /// Whether a loss, stillbirth, termination or move has ended the expectation.
    pub ended: bool,
}

/// Everything that linkage may know of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoding {
    /// The child.
    pub child: Option<PersonEncoding>,
    /// The mother.
    pub mother: Option<MotherEncoding>,
    /// The pregnancy, where the record notifies one.
    pub pregnancy: Option<PregnancyEncoding>,
    /// Of a birth: the record of the pregnancy that it ended.
    pub born_of: Option<RecordId>,
    /// The day of the record's event, moved by the same key-derived offset as birth dates: a birth after a
    /// contact is a contradiction.
    pub event_day: Option<i32>,
    /// The digests of NHS numbers, where there are any. Not a part of the serialised form: who stores encodings writes
    /// them behind it, so that those of areas without digests stay as they are.
    #[serde(skip)]
    pub digests: Option<Box<DigestEncodings>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_without_digests_takes_no_room_for_them() {
        // Ten million encodings lie in memory at once.
        assert!(size_of::<Encoding>() <= 320, "{}", size_of::<Encoding>());
    }
}
