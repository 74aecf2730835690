//! The joint SEND dataset: its tables, their columns, and what they mean.
//!
//! From this declaration come the tables of both back ends with their keys and comments, the canonical dump
//! that the digest is made of, and the data dictionary. [`build`] makes the rows.

pub(crate) mod build;
pub(crate) mod ddl;
pub(crate) mod digest;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// A calendar day: `date` in PostgreSQL, ISO text in SQLite.
    Date,
    /// A small whole number; a flag is 0 or 1.
    Integer,
    /// Bits of evidence, a multiple of 1/1024.
    Weight,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub column_type: ColumnType,
    /// Whether it may be blank.
    pub nullable: bool,
    /// What it means.
    pub comment: &'static str,
}

/// A foreign key.
#[derive(Clone, Copy, Debug)]
pub struct ForeignKey {
    /// The column.
    pub column: &'static str,
    /// The table it points into, whose primary key it holds.
    pub table: &'static str,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What a row is.
    pub comment: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
    /// The columns of its primary key.
    pub primary_key: &'static [&'static str],
    /// Its foreign keys.
    pub foreign_keys: &'static [ForeignKey],
}

impl Table {
    /// The names of its columns.
    pub fn column_names(&self) -> Vec<&'static str> {
        self.columns.iter().map(|column| column.name).collect()
    }
}

const fn text(name: &'static str, comment: &'static str) -> Column {
    Column {
        name,
        column_type: ColumnType::Text,
        nullable: true,
        comment,
    }
}

const fn day(name: &'static str, comment: &'static str) -> Column {
    Column {
        name,
        column_type: ColumnType::Date,
        nullable: true,
        comment,
    }
}

const fn number(name: &'static str, comment: &'static str) -> Column {
    Column {
        name,
        column_type: ColumnType::Integer,
        nullable: true,
        comment,
    }
}

const fn needed(column: Column) -> Column {
    Column {
        nullable: false,
        ..column
    }
}

const TO_CHILD: ForeignKey = ForeignKey {
    column: "child_id",
    table: "child",
};

const RECORD_ID: Column = needed(text(
    "record_id",
    "Names the record for ever: 32 hexadecimal digits, made under a secret key",
));

const CHILD_ID: Column = needed(text(
    "child_id",
    "The child, 32 hexadecimal digits; kept from night to night",
));

const RECEIVED: Column = needed(day("received_date", "When the record first reached the area"));

/// Children.
pub const CHILD: Table = Table {
    name: "child",
    comment: "A child that at least one record is about. Of sex, ethnic group and address, the latest record \
              by event date that holds a value wins; the greater record id where days are equal. The birth \
              month is found in the same way",
    columns: &[
        CHILD_ID,
        text("birth_month", "Month of birth, YYYY-MM"),
        needed(text("sex", "M, F, or U for unknown, not stated or indeterminate")),
        text(
            "ethnic_group",
            "One of the 19 groups of the 2021 Census, under the DfE code of the same group",
        ),
        text("la_code", "DfE code of the authority of residence, three digits"),
        text("district", "ONS code of the district of residence"),
        text("ward", "ONS code of the electoral ward of residence"),
        text(
            "lsoa",
            "ONS code of the lower layer super output area of residence",
        ),
        number(
            "imd_decile",
            "Decile of deprivation of the lower layer super output area, 1 the most deprived",
        ),
        needed(number("expected", "1 where the child is not born yet, else 0")),
    ],
    primary_key: &["child_id"],
    foreign_keys: &[],
};

/// Section 23 notices.
pub const SECTION23_NOTICE: Table = Table {
    name: "section23_notice",
    comment: "A notice under section 23 of the Children and Families Act 2014 that stands: neither withdrawn \
              nor gone from its sender's snapshot",
    columns: &[
        RECORD_ID,
        CHILD_ID,
        needed(text("provider", "ODS code of the body that sent it")),
        needed(day(
            "opinion_date",
            "When the opinion was formed that the child has, or probably has, needs",
        )),
        day(
            "parent_informed_date",
            "When the parent was told: section 23(2)(a)",
        ),
        day("sent_date", "When the health body sent the notice"),
        RECEIVED,
        needed(text("category", "SEN, DISABILITY or BOTH")),
        text("primary_need", "Primary need, DfE SEN type"),
        text("secondary_need", "First other need, DfE SEN type"),
        text(
            "notifier_role",
            "Profession of the person who gave notice, as a code",
        ),
        needed(number(
            "statutory_duty",
            "1 where the duty lies on the notifier: an integrated care board, NHS trust or foundation trust",
        )),
        needed(text("action", "What the sender did last: NEW, UPDATE or CORRECT")),
        needed(text(
            "notifier_org",
            "ODS code of the body that formed the opinion",
        )),
        text(
            "delivering_org",
            "ODS code of the body that acts for it under contract",
        ),
        needed(text("limb", "HAS or PROBABLY_HAS")),
        needed(text("notice_kind", "NOTIFICATION or NOTIFICATION_AND_REFERRAL")),
        day(
            "discussion_offered_date",
            "When the parent was offered a discussion: section 23(2)(b)",
        ),
    ],
    primary_key: &["record_id"],
    foreign_keys: &[TO_CHILD],
};

/// School records.
pub const SCHOOL_RECORD: Table = Table {
    name: "school_record",
    comment: "One pupil in one school's return to one school census. Every registration is here, subsidiary \
              ones included",
    columns: &[
        RECORD_ID,
        CHILD_ID,
        needed(text(
            "census",
            "Which census: calendar year and term, such as 2025-spring",
        )),
        needed(day("census_date", "Reference date of the census")),
        needed(text("school", "LAESTAB of the school, seven digits")),
        text(
            "nc_year",
            "National curriculum year: E1, E2, N1, N2, R, 1 to 14, M, X",
        ),
        needed(number(
            "on_roll",
            "1 where the pupil was on the roll on the census day",
        )),
        text(
            "enrol_status",
            "Enrolment status: C single, M main, S subsidiary, F, O",
        ),
        text(
            "sen_provision",
            "N none, K support, E plan; in past years also A, P, S",
        ),
        number("sen_unit", "1 where the pupil is in a SEN unit"),
        number(
            "resourced_provision",
            "1 where the pupil is in a resourced provision",
        ),
        number(
            "fsm",
            "1 where the pupil may have free school meals on the census day",
        ),
        text("first_language", "First language, DfE code"),
        RECEIVED,
    ],
    primary_key: &["record_id"],
    foreign_keys: &[TO_CHILD],
};

/// Needs of pupils.
pub const SCHOOL_NEED: Table = Table {
    name: "school_need",
    comment: "A need of a pupil as ranked by the school. Only spring censuses hold any",
    columns: &[
        RECORD_ID,
        needed(number("rank", "1 is the primary need")),
        needed(text("need", "DfE SEN type")),
    ],
    primary_key: &["record_id", "rank"],
    foreign_keys: &[ForeignKey {
        column: "record_id",
        table: "school_record",
    }],
};

/// Links.
pub const LINK: Table = Table {
    name: "link",
    comment: "Which child each record is about, and how that is known",
    columns: &[
        RECORD_ID,
        needed(text("feed", "The configured flow that the record came by")),
        needed(text("kind", "section23 or school-census")),
        needed(text(
            "provider",
            "Who sent it: ODS code of a health body, DfE code of an authority",
        )),
        CHILD_ID,
        needed(text(
            "tier",
            "The strongest rule that joined the record to one of another kind: T1 NHS number, T2 UPN, T3 exact \
             names, birth date and postcode, T4 probabilistic; T4r for review, Tx several candidates, T0 none",
        )),
        Column {
            name: "weight",
            column_type: ColumnType::Weight,
            nullable: true,
            comment: "Evidence for the link in bits, a multiple of 1/1024; blank where nothing was weighed",
        },
        needed(day("linked_on", "Since when the record has been joined so")),
    ],
    primary_key: &["record_id", "child_id"],
    foreign_keys: &[TO_CHILD],
};

/// Freshness of the feeds.
pub const FRESHNESS: Table = Table {
    name: "freshness",
    comment: "How fresh each configured feed is",
    columns: &[
        needed(text("feed", "The configured flow")),
        needed(text("kind", "section23 or school-census")),
        needed(text("provider", "Who sends it")),
        day("latest_event", "Latest opinion or census day among its records"),
        day(
            "latest_received",
            "Latest day on which a record of it first reached the area",
        ),
        needed(text(
            "state",
            "current, or missing: the source could not be read, or was silent for longer than expected",
        )),
    ],
    primary_key: &["feed"],
    foreign_keys: &[],
};

/// The dataset itself.
pub const DATASET: Table = Table {
    name: "dataset",
    comment: "One row: which version of the dataset this is",
    columns: &[
        needed(text(
            "version",
            "As-at date and the first 12 hexadecimal digits of the digest of all other tables",
        )),
        needed(day("as_at", "The day that the dataset is about")),
        needed(text("software", "Name and version of the program")),
        needed(text(
            "key_fingerprint",
            "Tells keys apart: ids under another key cannot be compared",
        )),
        needed(text(
            "mapping_versions",
            "The mappings in force: names with their versions",
        )),
    ],
    primary_key: &["version"],
    foreign_keys: &[],
};

/// The tables of zone `joint`, each after those that it points into.
pub const TABLES: &[Table] = &[
    CHILD,
    SECTION23_NOTICE,
    SCHOOL_RECORD,
    SCHOOL_NEED,
    LINK,
    FRESHNESS,
    DATASET,
];

/// What the open zone was made from. Match rates are operational figures, not for publication, so that no
/// other table stands there until measures have passed disclosure control.
pub const RELEASE: Table = Table {
    name: "release",
    comment: "One row: which version of the joint dataset the open zone was made from",
    columns: &[
        needed(text("version", "Version of the joint dataset")),
        needed(day("as_at", "The day that it is about")),
        needed(text("note", "What a reader must know")),
    ],
    primary_key: &["version"],
    foreign_keys: &[],
};

/// The tables of zone `open`.
pub const OPEN_TABLES: &[Table] = &[RELEASE];
