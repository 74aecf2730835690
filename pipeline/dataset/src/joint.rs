//! The joint SEND dataset: its tables, their columns, and what they mean.
//!
//! From this declaration come the tables of both back ends with their keys and comments, the canonical dump
//! that the digest is made of, and the data dictionary. [`build`] makes the rows.

pub(crate) mod build;
pub(crate) mod ddl;
pub(crate) mod digest;
pub(crate) mod standing;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnType {
    /// Text.
    Text,
    /// A calendar day: `date` in PostgreSQL, ISO text in SQLite.
    Date,
    /// A small whole number; a flag is 0 or 1.
    Integer,
    /// A whole number of any size: a count.
    Count,
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
    comment: "A child that at least one record is about, or whom a notified pregnancy lets expect. Of sex, ethnic \
              group and address, the latest record by event date that holds a value wins; the greater record id \
              where days are equal. The birth month is found in the same way. A notification of a pregnancy gives \
              the mother's address, and only while no record of the child itself has one",
    columns: &[
        CHILD_ID,
        text("birth_month", "Month of birth, YYYY-MM; blank before it"),
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
        needed(number(
            "expected",
            "1 where the child is not born yet: only notifications speak of it, and none says that it was; else 0",
        )),
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

const MOTHER_ID: &str = "The mother, 32 hexadecimal digits: tells siblings. Nothing joins it with the child_id of a mother who is \
     herself a child of the dataset";

const KIND: &str = "pregnancy, section23, two-year-review or school-census";

/// Notifications of pregnancies.
pub const PREGNANCY_NOTIFICATION: Table = Table {
    name: "pregnancy_notification",
    comment: "What a maternity service says of a pregnancy, as its latest submission has it. Two services may \
              notify one pregnancy",
    columns: &[
        RECORD_ID,
        needed(text("mother_id", MOTHER_ID)),
        needed(text("provider", "ODS code of the body that sent it")),
        day("notified_date", "When the maternity service gave notice"),
        RECEIVED,
        day("booking_date", "The antenatal booking appointment"),
        text("edd_month", "Month of the agreed due date, YYYY-MM"),
        number(
            "gestation_weeks_at_booking",
            "Completed weeks of gestation at the booking",
        ),
        number(
            "fetus_count",
            "How many fetuses the dating scan, or the form, counts",
        ),
        text(
            "outcome",
            "LIVE_BIRTH, STILLBIRTH, LOSS, TERMINATION or MOVED_OUT; blank while nothing is said",
        ),
        text("outcome_month", "Month of the outcome, YYYY-MM"),
        number(
            "complex_social_factors",
            "1 where there are complex social factors, 0 where there are none",
        ),
    ],
    primary_key: &["record_id"],
    foreign_keys: &[],
};

/// Children of notified pregnancies.
pub const PREGNANCY_CHILD: Table = Table {
    name: "pregnancy_child",
    comment: "A child whom a notified pregnancy lets expect, or who was born of it: one row for each of several. \
              None once a loss, a move or silence has ended the expectation",
    columns: &[RECORD_ID, CHILD_ID],
    primary_key: &["record_id", "child_id"],
    foreign_keys: &[
        ForeignKey {
            column: "record_id",
            table: "pregnancy_notification",
        },
        TO_CHILD,
    ],
};

/// Births.
pub const BIRTH: Table = Table {
    name: "birth",
    comment: "The birth of one child: as the maternity service records it in the Maternity Services Data Set, or as a \
              national notification of birth or record at birth tells of it. Notifications of pregnancies alone have \
              none",
    columns: &[
        RECORD_ID,
        text("child_id", "The child; blank where it was not born alive"),
        text("mother_id", MOTHER_ID),
        needed(text("provider", "ODS code of the body that sent it")),
        needed(text("birth_month", "Month of the birth, YYYY-MM")),
        text("outcome", "LIVE_BIRTH, STILLBIRTH, LOSS or TERMINATION"),
        number("birth_order", "Place among those born together: 1 is the first"),
        number("gestation_weeks", "Completed weeks of gestation at birth"),
        RECEIVED,
    ],
    primary_key: &["record_id"],
    foreign_keys: &[TO_CHILD],
};

/// Reviews at 2 to 2½ years.
pub const TWO_YEAR_REVIEW: Table = Table {
    name: "two_year_review",
    comment: "A health review at 2 to 2½ years, with ASQ-3 where it was used. A child may have several: a first \
              look and a second",
    columns: &[
        RECORD_ID,
        CHILD_ID,
        needed(text("provider", "ODS code of the body that sent it")),
        needed(day("review_date", "When the child was seen")),
        number("age_months", "Completed months of age on that day"),
        number(
            "integrated",
            "1 where the early years setting took part, 0 where it did not",
        ),
        number(
            "asq_interval_months",
            "Months of the ASQ-3 form that was sent, as the code of the score says: not the age of the child",
        ),
        number(
            "communication",
            "ASQ-3 communication: 0 to 60, rounded to a whole number",
        ),
        number(
            "gross_motor",
            "ASQ-3 gross motor: 0 to 60, rounded to a whole number",
        ),
        number(
            "fine_motor",
            "ASQ-3 fine motor: 0 to 60, rounded to a whole number",
        ),
        number(
            "problem_solving",
            "ASQ-3 problem solving: 0 to 60, rounded to a whole number",
        ),
        number(
            "personal_social",
            "ASQ-3 personal-social: 0 to 60, rounded to a whole number",
        ),
        number(
            "below_expected_domains",
            "How many of the five domains are below the cut-off; blank where none has a band",
        ),
        text(
            "communication_band",
            "BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known",
        ),
        text(
            "gross_motor_band",
            "BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known",
        ),
        text(
            "fine_motor_band",
            "BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known",
        ),
        text(
            "problem_solving_band",
            "BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known",
        ),
        text(
            "personal_social_band",
            "BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known",
        ),
        number(
            "asq_se_interval_months",
            "Months of the ASQ:SE form, where it was used",
        ),
        number(
            "asq_se_score",
            "Total of ASQ:SE: rises with concern, and has no place among the bands of ASQ-3",
        ),
        RECEIVED,
    ],
    primary_key: &["record_id"],
    foreign_keys: &[TO_CHILD],
};

/// Needs recorded with reviews.
pub const REVIEW_NEED: Table = Table {
    name: "review_need",
    comment: "An educational need recorded for a child in the data set that its review came with",
    columns: &[
        RECORD_ID,
        needed(text("need", "DfE SEN type where the code has one, else the code")),
    ],
    primary_key: &["record_id", "need"],
    foreign_keys: &[ForeignKey {
        column: "record_id",
        table: "two_year_review",
    }],
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
    comment: "Which child each record is about, and how that is known. A notification of a pregnancy has a row for \
              each of its children, so possibly none; a birth that was not live has none",
    columns: &[
        RECORD_ID,
        needed(text("feed", "The configured flow that the record came by")),
        needed(text("kind", KIND)),
        needed(text(
            "provider",
            "Who sent it: ODS code of a health body, DfE code of an authority",
        )),
        CHILD_ID,
        needed(text(
            "tier",
            "The strongest rule that joined the record to one of another kind: T1 NHS number, T1d its \
             digest, T2 UPN, T3 exact names, birth date and postcode, T4 probabilistic; T4r for review, Tx several \
             candidates, T0 none",
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
        needed(text("kind", KIND)),
        needed(text("provider", "Who sends it")),
        day(
            "latest_event",
            "Latest day that one of its records is about: opinion, review, booking or census; of a birth the first \
             of its month",
        ),
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

/// What became of child ids.
pub const CHILD_ID_HISTORY: Table = Table {
    name: "child_id_history",
    comment: "A child id of an earlier version that no longer stands, or no longer for all that it stood for, and the \
              id that stands for it since: to bring work that used the earlier version up to date",
    columns: &[
        needed(text("child_id", "The child id as it was")),
        needed(text(
            "now",
            "The child id of today for it: of `merged` the child that it went into, of `split` the one that some of its \
             records have since, of `ended` the id itself, which no child has any more",
        )),
        needed(text(
            "reason",
            "merged: its records and another child's were found to be of one child; split: of two children; ended: \
             none of its records stands",
        )),
        needed(day("as_at", "The day that the night was for in which it changed")),
    ],
    primary_key: &["child_id", "now"],
    foreign_keys: &[],
};

/// What the National Data Opt-out keeps back.
pub const OPT_OUT: Table = Table {
    name: "opt_out",
    comment: "How many records of each feed are loaded and not published, because its lawful basis needs the National \
              Data Opt-out and no list of legal age covers them. A feed that needs none has no row",
    columns: &[
        needed(text("feed", "The configured flow")),
        needed(text("provider", "Who sends it")),
        day(
            "list_date",
            "The day on which the list of opt-outs in force was asked for; blank where there is none of legal age",
        ),
        Column {
            name: "records_withheld",
            column_type: ColumnType::Count,
            nullable: true,
            comment: "Records that stand and are withheld, to the nearest five; blank where they are one to nine",
        },
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
    PREGNANCY_NOTIFICATION,
    PREGNANCY_CHILD,
    BIRTH,
    SECTION23_NOTICE,
    TWO_YEAR_REVIEW,
    REVIEW_NEED,
    SCHOOL_RECORD,
    SCHOOL_NEED,
    LINK,
    CHILD_ID_HISTORY,
    FRESHNESS,
    OPT_OUT,
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
