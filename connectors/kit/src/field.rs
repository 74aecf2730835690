//! Declared fields: the one list from which a connector's parser, findings, data dictionary page and made-up
//! files all come.
//!
//! ```
//! use kit::field::{Class, Codes, Field, FieldType, Level, Table};
//!
//! static REVIEWS: Table = Table {
//!     name: "reviews",
//!     description: "One row a review.",
//!     fields: &[
//!         Field::new("review_date", FieldType::Date, Level::Required, Class::Plain, "Day of the review"),
//!         Field::new(
//!             "sex",
//!             FieldType::Code(Codes::List("sex")),
//!             Level::Optional,
//!             Class::Plain,
//!             "Sex of the child",
//!         )
//!         .source("NHS Data Dictionary, PERSON STATED GENDER CODE"),
//!     ],
//! };
//!
//! assert_eq!(REVIEWS.field("sex").map(|field| field.level), Some(Level::Optional));
//! assert!(REVIEWS.field("shoe_size").is_none());
//! ```

/// A table of declared fields.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name in counts, layouts and the data dictionary.
    pub name: &'static str,
    /// What one row is.
    pub description: &'static str,
    /// Its fields, in the order in which they are shown.
    pub fields: &'static [Field],
}

impl Table {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// Declares fields, one a line: name, what it holds, level, class, meaning and, where it has one, source.
///
/// ```
/// use kit::field::{Class::*, Field, FieldType::*, Level::*};
///
/// const FIELDS: &[Field] = kit::fields! {
///     "review_date" Date, Required, Plain, "Day of the review";
///     "sex" Flag, Optional, Plain, "Whether there is a sex", "NHS Data Dictionary";
/// };
/// assert_eq!((FIELDS[0].source, FIELDS[1].source), ("", "NHS Data Dictionary"));
/// ```
#[macro_export]
macro_rules! fields {
    ($($name:literal $field_type:expr, $level:ident, $class:ident, $description:literal $(, $source:literal)?;)*) => {
        &[$($crate::field::Field::new($name, $field_type, $level, $class, $description)$(.source($source))?,)*]
    };
}

/// A declared field.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its name in layouts, counts and the data dictionary.
    pub name: &'static str,
    /// What it holds.
    pub field_type: FieldType,
    /// Whether a record needs it.
    pub level: Level,
    /// How sensitive it is, which decides how far it travels.
    pub class: Class,
    /// What it means, as a sentence without a full stop.
    pub description: &'static str,
    /// Where the field or its codes come from: statute, specification; blank for one of our own.
    pub source: &'static str,
}

impl Field {
    /// A field without a source.
    pub const fn new(
        name: &'static str,
        field_type: FieldType,
        level: Level,
        class: Class,
        description: &'static str,
    ) -> Self {
        Field {
            name,
            field_type,
            level,
            class,
            description,
            source: "",
        }
    }

    /// The same field, saying where it or its codes come from.
    pub const fn source(self, source: &'static str) -> Self {
        Field { source, ..self }
    }
}

/// What a field holds, in canonical form: what a layout's code maps and date forms lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldType {
    /// Text of at most this many characters.
    Text {
        /// The longest text that is taken.
        max: usize,
    },
    /// One code.
    Code(Codes),
    /// Several codes, in the sender's order, separated by [`LIST_SEPARATOR`] unless the layout says otherwise.
    CodeList(Codes),
    /// Several texts, separated as a list of codes is.
    TextList {
        /// The longest single text.
        max: usize,
    },
    /// A day; canonically `YYYY-MM-DD`.
    Date,
    /// A moment; canonically RFC 3339.
    DateTime,
    /// A whole number.
    Integer {
        /// The least that can be meant.
        min: i64,
        /// The most that can be meant.
        max: i64,
    },
    /// True or false; canonically `1` and `0`.
    Flag,
    /// An NHS number: ten digits with a modulus 11 check digit.
    NhsNumber,
    /// The digest of an NHS number as OpenPseudonymiser makes it: 64 hexadecimal digits.
    NhsNumberDigest,
    /// A unique pupil number: a check letter and twelve characters.
    Upn,
    /// A unique learner number: ten digits with a check digit.
    Uln,
    /// A personal name.
    Name,
    /// A postcode.
    Postcode,
    /// An ODS organisation code: three to six letters and digits, `A-Z` and `0-9`.
    OdsCode,
    /// A nine-character ONS area code, `E06000000`.
    GssCode,
    /// Digits only.
    Digits {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
}

/// What separates the items of a list in one cell, unless the layout says otherwise.
pub const LIST_SEPARATOR: &str = ";";

/// Which codes a coded field may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Codes {
    /// The codes of `mappings/codes/<name>.toml`.
    List(&'static str),
    /// These codes, each with its meaning: codes that are the record's own and no supplier's or year's.
    These(&'static [(&'static str, &'static str)]),
}

/// Whether a record needs a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Must be there: its column in the header, its value in every row.
    Required,
    /// Should be there; a blank is a finding and costs nothing.
    Expected,
    /// Must be there where another field says so.
    Conditional,
    /// May be there.
    Optional,
    /// Made from other fields, never read.
    Derived,
    /// Set by the pipeline or by the authority, never read from the sender.
    SetByPipeline,
}

impl Level {
    /// The word for it in the data dictionary.
    pub const fn as_str(self) -> &'static str {
        match self {
            Level::Required => "required",
            Level::Expected => "expected",
            Level::Conditional => "conditional",
            Level::Optional => "optional",
            Level::Derived => "derived",
            Level::SetByPipeline => "set by pipeline",
        }
    }

    /// Whether a sender may fill the field.
    pub const fn is_read(self) -> bool {
        !matches!(self, Level::Derived | Level::SetByPipeline)
    }
}

/// How sensitive a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// May be loaded as it is.
    Plain,
    /// Identifies somebody: becomes a token or is forgotten.
    DirectId,
    /// A code about health, ethnicity, care or need: loaded only as a code.
    SpecialCategory,
    /// Words that somebody wrote: never leave the reader.
    FreeText,
    /// Identifies a member of staff: never leaves the reader.
    StaffId,
    /// Could identify together with others.
    Quasi,
}

impl Class {
    /// The word for it in the data dictionary.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Plain => "plain",
            Class::DirectId => "identifying",
            Class::SpecialCategory => "special category",
            Class::FreeText => "free text",
            Class::StaffId => "staff",
            Class::Quasi => "could identify",
        }
    }

    /// Whether a reader may take the value up at all. Free text and staff are skipped before they are decoded.
    pub const fn is_read(self) -> bool {
        !matches!(self, Class::FreeText | Class::StaffId)
    }
}
