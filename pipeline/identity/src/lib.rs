//! Identifying types: valid by construction, redacted, never serialised.
//!
//! Whatever can name a child lives in one of these types between the connector that reads it and the pseudonym
//! stage that forgets it. A value exists only if it passed its identifier's own rule, so nothing downstream checks
//! again:
//!
//! ```
//! use identity::{Held, Identity, Name, NhsNumber, TestNumbers};
//!
//! let child = Identity {
//!     nhs_number: Held::from_parse(NhsNumber::parse("943 476 5919", TestNumbers::Refused)),
//!     forename: Held::from_parse(Name::parse("Baby")),
//!     ..Identity::default()
//! };
//! assert!(child.nhs_number.valid().is_some());
//! assert_eq!(child.forename, Held::Placeholder);
//! // Debug output names the types alone.
//! assert!(!format!("{child:?}").contains("9434765919"));
//! ```
//!
//! None of these types has `Display` or `Serialize`; the only way to the text is a method called `expose` (or
//! `date`, `letters`, `parts`), so that a search finds every place that looks.
//!
//! # What is wiped from memory
//! Each value overwrites itself when it is dropped. Not wiped are copies that this crate does not own: the file
//! buffer that a text was parsed from, what `expose` callers copy, registers and stack slots that the compiler
//! used on the way, the temporary date that `BirthDate` is made from, and pages that the system swapped out. The
//! wiping narrows the time in which a core dump holds a child's name; it does not close it.

mod birth_date;
mod held;
mod identity;
mod key;
mod name;
mod nhs_number;
mod nhs_number_digest;
mod postcode;
mod text;
mod uln;
mod upn;

pub use birth_date::{BirthDate, BirthDateFault};
pub use held::{Fault, Held};
pub use identity::{Expectation, Identity, NhsNumberStatus, People};
pub use key::{BusinessKey, SenderReference};
pub use name::{Name, NameFault};
pub use nhs_number::{NhsNumber, NhsNumberFault, TestNumbers};
pub use nhs_number_digest::{NhsNumberDigest, NhsNumberDigestFault};
pub use postcode::{Postcode, PostcodeFault};
pub use uln::{Uln, UlnFault};
pub use upn::{Upn, UpnFault};
