//! FHIR resources as they reach the feeds: NHS event messages in STU3, UK Core resources in R4.
//!
//! A file holds one Bundle, or one Bundle or resource after another: a line each (newline-delimited JSON), in an array,
//! or inside a Bundle of Bundles. JSON and XML read as the same tree ([`Node`]). What belongs to one message is looked up
//! within it alone ([`Bundle`]): nothing is fetched, and no reference leads out of it.
//!
//! Each message is read for itself, so that memory is bounded by the longest, [`LONGEST_RECORD`]; one that is longer, or
//! broken, costs itself. A file that is not FHIR, or stops early, is refused.
//!
//! A feed says what of a message is a record of its own ([`Extract`]): cells under the names of their elements
//! (`Patient.birthDate`). A layout maps these to declared fields as it does columns of a spreadsheet, so that code lists,
//! contract and findings are those of any other file.
//!
//! [`LONGEST_RECORD`]: crate::tabular::LONGEST_RECORD

mod bundle;
mod node;
mod person;
mod read;
mod units;
mod xml;

pub use bundle::{Bundle, Resource};
pub use node::Node;
pub use person::{NHS_NUMBER_SYSTEMS, PERSON_ELEMENTS, person};
pub use read::{Extract, Shape, read_file};
pub use units::{Unit, Units};

/// SNOMED CT, whose codes name what an observation observes.
pub const SNOMED: &str = "http://snomed.info/sct";
