//! The tables of the school census and their declared fields.
//!
//! Names of tables are those of the COLLECT Blade export. A school's own XML return fills the same tables: its
//! `PupilOnRoll` elements are rows of `pupilonroll`, and so on.

use kit::field::{Class, Codes, Field, FieldType, Level, Table};

/// Where field names and codes come from.
const GUIDE: &str = "DfE, school census business and technical specification";

/// Longest key of a row. COLLECT's are 36 characters.
const KEY: FieldType = FieldType::Text { max: 80 };

const fn field(
    name: &'static str,
    field_type: FieldType,
    level: Level,
    class: Class,
    description: &'static str,
) -> Field {
    Field::new(name, field_type, level, class, description).source(GUIDE)
}

const fn key(name: &'static str, description: &'static str) -> Field {
    Field::new(name, KEY, Level::Conditional, Class::Plain, description)
        .source("COLLECT Blade export; XML has none")
}

const ROW_ID: Field = key("row_id", "Key of the row within its export");
const RETURN_ID: Field = key(
    "return_id",
    "Key of the school's return that the pupil belongs to",
);
const PUPIL_ID: Field = key("pupil_id", "Key of the pupil that the row belongs to");

const UPN: Field = field(
    "upn",
    FieldType::Upn,
    Level::Expected,
    Class::DirectId,
    "Unique pupil number",
);
const FORMER_UPN: Field = field(
    "former_upn",
    FieldType::Upn,
    Level::Optional,
    Class::DirectId,
    "Unique pupil number that the pupil had before",
);
const ULN: Field = field(
    "uln",
    FieldType::Uln,
    Level::Optional,
    Class::DirectId,
    "Unique learner number, from age 14",
);
const SURNAME: Field = field(
    "surname",
    FieldType::Name,
    Level::Expected,
    Class::DirectId,
    "Legal surname",
);
const FORENAME: Field = field(
    "forename",
    FieldType::Name,
    Level::Expected,
    Class::DirectId,
    "Legal forename",
);
const MIDDLE_NAMES: Field = field(
    "middle_names",
    FieldType::Name,
    Level::Optional,
    Class::DirectId,
    "Middle names",
);
const PREFERRED_SURNAME: Field = field(
    "preferred_surname",
    FieldType::Name,
    Level::Optional,
    Class::DirectId,
    "Surname by which the pupil is known at school",
);
const FORMER_SURNAME: Field = field(
    "former_surname",
    FieldType::Name,
    Level::Optional,
    Class::DirectId,
    "Surname that the pupil had before",
);
const BIRTH_DATE: Field = field(
    "birth_date",
    FieldType::Date,
    Level::Expected,
    Class::DirectId,
    "Date of birth",
);
const SEX: Field = field(
    "sex",
    FieldType::Code(Codes::List("sex")),
    Level::Expected,
    Class::Plain,
    "Legal sex; called gender before the 2023 autumn census",
);
const ETHNICITY: Field = field(
    "ethnicity",
    FieldType::Code(Codes::List("ethnic-dfe")),
    Level::Optional,
    Class::SpecialCategory,
    "Ethnicity as ascribed or stated; collected in spring",
);
const FIRST_LANGUAGE: Field = field(
    "first_language",
    FieldType::Text { max: 4 },
    Level::Optional,
    Class::Plain,
    "First language: three or four letters of the DfE language list",
);
const NC_YEAR: Field = field(
    "nc_year",
    FieldType::Code(Codes::List("nc-year")),
    Level::Optional,
    Class::Quasi,
    "National curriculum year: actual on the roll, on leaving off it",
);
const ENTRY_DATE: Field = field(
    "entry_date",
    FieldType::Date,
    Level::Optional,
    Class::Quasi,
    "Day on which the pupil entered the school",
);
const LEAVING_DATE: Field = field(
    "leaving_date",
    FieldType::Date,
    Level::Optional,
    Class::Quasi,
    "Day on which the pupil left the school",
);
const PART_TIME: Field = field(
    "part_time",
    FieldType::Flag,
    Level::Optional,
    Class::Plain,
    "Attends part-time",
);
const BOARDER: Field = field(
    "boarder",
    FieldType::Code(Codes::List("boarder")),
    Level::Optional,
    Class::Quasi,
    "Whether the pupil boards",
);
const ENROL_STATUS: Field = field(
    "enrol_status",
    FieldType::Code(Codes::List("enrol-status")),
    Level::Expected,
    Class::Plain,
    "Enrolment status, which tells the main of two registrations",
);
const SEN_PROVISION: Field = field(
    "sen_provision",
    FieldType::Code(Codes::List("sen-provision")),
    Level::Expected,
    Class::SpecialCategory,
    "Special educational needs provision",
);
const SEN_UNIT: Field = field(
    "sen_unit",
    FieldType::Flag,
    Level::Optional,
    Class::SpecialCategory,
    "Member of a SEN unit",
);
const RESOURCED_PROVISION: Field = field(
    "resourced_provision",
    FieldType::Flag,
    Level::Optional,
    Class::SpecialCategory,
    "In a resourced provision",
);
const HOURS_AT_SETTING: Field = field(
    "hours_at_setting",
    FieldType::Text { max: 10 },
    Level::Optional,
    Class::Plain,
    "Hours a week at the setting, under five only; checked and not kept",
);
const FUNDED_HOURS: Field = field(
    "funded_hours",
    FieldType::Text { max: 10 },
    Level::Optional,
    Class::Plain,
    "Funded hours a week, under five only; checked and not kept",
);
const POSTCODE: Field = field(
    "postcode",
    FieldType::Postcode,
    Level::Optional,
    Class::DirectId,
    "Postcode of the home",
);
const UPRN: Field = field(
    "uprn",
    FieldType::Digits { min: 1, max: 12 },
    Level::Optional,
    Class::DirectId,
    "Unique property reference number; only whether there is one is looked at",
);
const ADDRESS_ORDER: Field = Field::new(
    "order",
    FieldType::Integer {
        min: 0,
        max: i64::MAX,
    },
    Level::Optional,
    Class::Plain,
    "Place of the row among the pupil's addresses; the first is the home",
)
.source("COLLECT Blade export");

const ADDRESS: &[Field] = &[ROW_ID, PUPIL_ID, ADDRESS_ORDER, POSTCODE, UPRN];
const FREE_MEALS: &[Field] = &[
    ROW_ID,
    PUPIL_ID,
    field(
        "start_date",
        FieldType::Date,
        Level::Expected,
        Class::SpecialCategory,
        "First day of a period of eligibility for free school meals",
    ),
    field(
        "end_date",
        FieldType::Date,
        Level::Optional,
        Class::SpecialCategory,
        "Last day of the period; blank while it is open",
    ),
];

const fn unread(name: &'static str, description: &'static str) -> Table {
    Table {
        name,
        description,
        fields: &[],
    }
}

/// Name of the table of returns.
pub const RETURNS: &str = "schoolcensus";
/// Name of the table of pupils on the roll.
pub const ON_ROLL: &str = "pupilonroll";
/// Name of the table of pupils no longer on the roll.
pub const OFF_ROLL: &str = "pupilnolongeronroll";
/// Name of the table of needs.
pub const NEEDS: &str = "senneeds";
/// Names of the tables of addresses.
pub const ADDRESSES: [&str; 3] = ["addresses", "addressesonroll", "addressesoffroll"];
/// Names of the tables of periods of eligibility for free school meals.
pub const MEALS: [&str; 2] = ["fsmperiod", "fsmperiodsonroll"];

/// Every table of a Blade export. Those without fields are counted and not read.
pub static TABLES: &[Table] = &[
    Table {
        name: RETURNS,
        description: "One row a return: which school, which census, and when it was made",
        fields: &[
            ROW_ID,
            field(
                "collection",
                FieldType::Text { max: 10 },
                Level::Optional,
                Class::Plain,
                "SC: the school census",
            ),
            field(
                "term",
                FieldType::Code(Codes::List("census-term")),
                Level::Required,
                Class::Plain,
                "Term of the census",
            ),
            field(
                "year",
                FieldType::Integer { min: 2000, max: 2100 },
                Level::Required,
                Class::Plain,
                "Calendar year of the census",
            ),
            field(
                "reference_date",
                FieldType::Date,
                Level::Expected,
                Class::Plain,
                "Census day",
            ),
            field(
                "la",
                FieldType::Digits { min: 3, max: 3 },
                Level::Required,
                Class::Plain,
                "DfE number of the authority",
            ),
            field(
                "school_number",
                FieldType::Digits { min: 4, max: 4 },
                Level::Required,
                Class::Plain,
                "DfE number of the school within its authority",
            ),
            field(
                "sent_at",
                FieldType::DateTime,
                Level::Expected,
                Class::Plain,
                "When the return was made: a later one replaces an earlier one",
            ),
            field(
                "serial_number",
                FieldType::Integer {
                    min: 0,
                    max: i64::MAX,
                },
                Level::Optional,
                Class::Plain,
                "Which attempt at the return it is",
            ),
        ],
    },
    Table {
        name: ON_ROLL,
        description: "One row a pupil on the roll on the census day",
        fields: &[
            ROW_ID,
            RETURN_ID,
            UPN,
            FORMER_UPN,
            ULN,
            SURNAME,
            FORENAME,
            MIDDLE_NAMES,
            PREFERRED_SURNAME,
            FORMER_SURNAME,
            BIRTH_DATE,
            SEX,
            ETHNICITY,
            FIRST_LANGUAGE,
            ENROL_STATUS,
            NC_YEAR,
            SEN_PROVISION,
            SEN_UNIT,
            RESOURCED_PROVISION,
            ENTRY_DATE,
            LEAVING_DATE,
            PART_TIME,
            BOARDER,
            HOURS_AT_SETTING,
            FUNDED_HOURS,
        ],
    },
    Table {
        name: OFF_ROLL,
        description: "One row a pupil who left the school since the census before",
        fields: &[
            ROW_ID,
            RETURN_ID,
            UPN,
            FORMER_UPN,
            ULN,
            SURNAME,
            FORENAME,
            MIDDLE_NAMES,
            PREFERRED_SURNAME,
            FORMER_SURNAME,
            BIRTH_DATE,
            SEX,
            ETHNICITY,
            FIRST_LANGUAGE,
            ENROL_STATUS,
            NC_YEAR,
            SEN_PROVISION,
            SEN_UNIT,
            RESOURCED_PROVISION,
            ENTRY_DATE,
            LEAVING_DATE,
            PART_TIME,
            BOARDER,
            HOURS_AT_SETTING,
            FUNDED_HOURS,
        ],
    },
    Table {
        name: NEEDS,
        description: "One row a special educational need of a pupil on the roll; spring only",
        fields: &[
            ROW_ID,
            PUPIL_ID,
            field(
                "rank",
                FieldType::Integer { min: 1, max: 99 },
                Level::Expected,
                Class::SpecialCategory,
                "Place among the pupil's needs: 1 is the primary need",
            ),
            field(
                "need",
                FieldType::Code(Codes::List("sen-types")),
                Level::Expected,
                Class::SpecialCategory,
                "Type of need",
            ),
        ],
    },
    Table {
        name: ADDRESSES[0],
        description: "One row an address of a pupil on the roll; spring and summer",
        fields: ADDRESS,
    },
    Table {
        name: ADDRESSES[1],
        description: "One row an address of a pupil on the roll; autumn",
        fields: ADDRESS,
    },
    Table {
        name: ADDRESSES[2],
        description: "One row an address of a pupil who left; autumn",
        fields: ADDRESS,
    },
    Table {
        name: MEALS[0],
        description: "One row a period of eligibility for free school meals; spring and summer",
        fields: FREE_MEALS,
    },
    Table {
        name: MEALS[1],
        description: "One row a period of eligibility for free school meals; autumn",
        fields: FREE_MEALS,
    },
    unread(
        "annualsessiondetailsoffroll",
        "Attendance over the year of pupils who left; not read",
    ),
    unread("annualsessiondetailsonroll", "Attendance over the year; not read"),
    unread(
        "approvisiondetailoffroll",
        "Alternative provision of pupils who left; not read",
    ),
    unread("approvisiondetailonroll", "Alternative provision; not read"),
    unread("childcare", "Childcare on the school's site; not read"),
    unread("classes", "Classes on the census day; not read"),
    unread(
        "fundingbasisitems",
        "Basis of funding for two-year-olds; not read",
    ),
    unread(
        "learnerfamoffroll",
        "Funding and monitoring of pupils who left; not read",
    ),
    unread("learnerfamonroll", "Funding and monitoring; not read"),
    unread("learnersupportoffroll", "Bursaries of pupils who left; not read"),
    unread("learnersupportonroll", "Bursaries; not read"),
    unread(
        "learningaimsoffroll",
        "Post-16 learning aims of pupils who left; not read",
    ),
    unread("learningaimsonroll", "Post-16 learning aims; not read"),
    unread("levels", "Levels of data in the return; not read"),
    unread(
        "nationalitiesoffroll",
        "Nationalities of pupils who left; not read",
    ),
    unread("nationalitiesonroll", "Nationalities; not read"),
    unread(
        "programmeaimsoffroll",
        "Post-16 programmes of pupils who left; not read",
    ),
    unread("programmeaimsonroll", "Post-16 programmes; not read"),
    unread("provisions", "Approved types of a special school; not read"),
    unread("school", "The school's own details; not read"),
    unread(
        "schoolarrangedapdetailoffroll",
        "Alternative provision that the school arranged for pupils who left; not read",
    ),
    unread(
        "schoolarrangedapdetailonroll",
        "Alternative provision that the school arranged; not read",
    ),
    unread(
        "summerhalfterm2sessiondetailsoffroll",
        "Attendance in the second half of the summer term of pupils who left; not read",
    ),
    unread(
        "summerhalfterm2sessiondetailsonroll",
        "Attendance in the second half of the summer term; not read",
    ),
    unread(
        "termlyexclusionsoffroll",
        "Suspensions and exclusions of pupils who left; not read",
    ),
    unread("termlyexclusionsonroll", "Suspensions and exclusions; not read"),
    unread(
        "termlysessiondetailsoffroll",
        "Attendance over the term of pupils who left; not read",
    ),
    unread("termlysessiondetailsonroll", "Attendance over the term; not read"),
    unread(
        "workplaceentityoffroll",
        "Work placements of pupils who left; not read",
    ),
    unread("workplaceentityonroll", "Work placements; not read"),
];

/// The declared table of this name.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}
