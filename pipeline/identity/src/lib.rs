//! Identifying types: valid by construction, redacted, never serialised.

mod birth_date;
mod held;
mod identity;
mod key;
mod name;
mod nhs_number;
mod postcode;
mod uln;
mod upn;

pub use birth_date::{BirthDate, BirthDateFault};
pub use held::Held;
pub use identity::{Identity, NhsNumberStatus, People};
pub use key::{BusinessKey, SenderReference};
pub use name::{Name, NameFault};
pub use nhs_number::{NhsNumber, NhsNumberFault, TestNumbers};
pub use postcode::{Postcode, PostcodeFault};
pub use uln::{Uln, UlnFault};
pub use upn::{Upn, UpnFault};
