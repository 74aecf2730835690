//! The tables of the Community Services Data Set, versions 1.5 and 1.6.
//!
//! Those with fields are read; of the others only the rows are counted: nothing that they say is needed. What is not read
//! of a table that is stands in the layout as ignored.

use kit::{
    field::{Class::*, Codes, FieldType, FieldType::*, Level::*, Table},
    fields,
    table_set::HEADER_FIELDS,
};

use crate::REVIEWS;

/// The header.
pub(crate) const HEADER: &str = "CYP000Header";
/// Patients.
pub(crate) const PATIENTS: &str = "CYP001MPI";
/// Referrals.
pub(crate) const REFERRALS: &str = "CYP101Referral";
/// Teams that a referral is to.
pub(crate) const TEAMS: &str = "CYP102ServiceTypeReferredTo";
/// Contacts.
pub(crate) const CONTACTS: &str = "CYP201CareContact";
/// What was done at a contact.
pub(crate) const ACTIVITIES: &str = "CYP202CareActivity";
/// Special educational needs of patients.
pub(crate) const NEEDS: &str = "CYP401SpEdNeedId";
/// Safeguarding factors of patients.
pub(crate) const SAFEGUARDING: &str = "CYP402SVF";
/// Child protection plans of patients.
pub(crate) const PROTECTION: &str = "CYP403CPP";
/// Disabilities of patients.
pub(crate) const DISABILITIES: &str = "CYP602DisabilityType";
/// Scores that hang on a referral.
pub(crate) const REFERRAL_SCORES: &str = "CYP609CodedAssessmentReferral";
/// Scores that hang on an activity.
pub(crate) const CONTACT_SCORES: &str = "CYP612CodedAssessmentContact";

/// A key of the data set.
const KEY: FieldType = Text { max: 20 };

/// The longest code of SNOMED CT.
const SNOMED: FieldType = Digits { min: 6, max: 18 };

/// A table whose rows are counted and not read.
const fn not_read(name: &'static str, description: &'static str) -> Table {
    Table {
        name,
        description,
        fields: &[],
    }
}

/// The tables of this kind: the flat record, then those of the data set.
pub(crate) static TABLES: &[Table] = &[
    REVIEWS,
    Table {
        name: HEADER,
        description: "Community Services Data Set: one row, whose submission this is and of which month.",
        fields: HEADER_FIELDS,
    },
    Table {
        name: PATIENTS,
        description: "Community Services Data Set: one row a patient. No names are submitted.",
        fields: fields! {
            "patient_id" KEY, Required, DirectId,
                "The provider's number of the patient", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED)";
            "nhs_number" NhsNumber, Expected, DirectId,
                "NHS number", "NHS Data Dictionary, NHS NUMBER";
            "nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
                "How far the number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE";
            "birth_date" Date, Expected, DirectId,
                "Birth date", "NHS Data Dictionary, PERSON BIRTH DATE";
            "postcode" Postcode, Expected, DirectId,
                "Postcode of the home", "NHS Data Dictionary, POSTCODE OF USUAL ADDRESS";
            "sex" Code(Codes::List("sex")), Expected, Plain,
                "Sex", "NHS Data Dictionary, PERSON STATED GENDER CODE";
            "ethnic_category" Code(Codes::List("ethnic-2001")), Optional, SpecialCategory,
                "Ethnic category of 2001", "NHS Data Dictionary, ETHNIC CATEGORY";
            "looked_after" Code(Codes::List("indicator")), Optional, SpecialCategory,
                "Whether the child is looked after; kept as a flag", "NHS Data Dictionary, LOOKED AFTER CHILD INDICATOR";
            "safeguarding" Code(Codes::List("indicator")), Optional, SpecialCategory,
                "Whether there are safeguarding factors; kept as a flag", "NHS Data Dictionary, SAFEGUARDING VULNERABILITY FACTORS INDICATOR";
            "constant_supervision" Code(Codes::List("indicator")), Optional, SpecialCategory,
                "Whether a disability needs constant supervision and care; kept as a flag", "NHS Data Dictionary, CONSTANT SUPERVISION AND CARE REQUIRED DUE TO DISABILITY INDICATOR";
            "mother_nhs_number" NhsNumber, Optional, DirectId,
                "NHS number of the mother", "NHS Data Dictionary, NHS NUMBER (MOTHER)";
            "mother_nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
                "How far the mother's number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE (MOTHER)";
        },
    },
    Table {
        name: REFERRALS,
        description: "Community Services Data Set: one row a referral to a service.",
        fields: fields! {
            "referral_id" KEY, Required, Plain,
                "Key of the referral", "NHS Data Dictionary, SERVICE REQUEST IDENTIFIER";
            "patient_id" KEY, Required, DirectId,
                "Key of the patient", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED)";
        },
    },
    Table {
        name: TEAMS,
        description: "Community Services Data Set: one row a team that a referral is to.",
        fields: fields! {
            "referral_id" KEY, Required, Plain,
                "Key of the referral", "NHS Data Dictionary, SERVICE REQUEST IDENTIFIER";
            "team_id" KEY, Optional, Plain,
                "The provider's key of the team", "NHS Data Dictionary, CARE PROFESSIONAL TEAM LOCAL IDENTIFIER";
            "team_type" Text { max: 3 }, Expected, Plain,
                "What the team does: 16 is health visiting", "NHS Data Dictionary, SERVICE OR TEAM TYPE REFERRED TO (COMMUNITY CARE)";
        },
    },
    Table {
        name: CONTACTS,
        description: "Community Services Data Set: one row a contact, kept or not.",
        fields: fields! {
            "contact_id" KEY, Required, Plain,
                "Key of the contact, which names the review", "NHS Data Dictionary, CARE CONTACT IDENTIFIER";
            "referral_id" KEY, Required, Plain,
                "Key of the referral", "NHS Data Dictionary, SERVICE REQUEST IDENTIFIER";
            "team_id" KEY, Optional, Plain,
                "The provider's key of the team", "NHS Data Dictionary, CARE PROFESSIONAL TEAM LOCAL IDENTIFIER";
            "contact_date" Date, Expected, Plain,
                "Day of the contact", "NHS Data Dictionary, CARE CONTACT DATE";
            "attendance" Code(Codes::List("attendance-status")), Expected, Plain,
                "Whether it took place", "NHS Data Dictionary, ATTENDANCE STATUS; ATTENDED OR DID NOT ATTEND CODE in version 1.5";
            "consultation_mechanism" Code(Codes::List("consultation-mechanism")), Optional, Plain,
                "How people met", "NHS Data Dictionary, CONSULTATION MECHANISM; CONSULTATION MEDIUM USED in version 1.5";
        },
    },
    Table {
        name: ACTIVITIES,
        description: "Community Services Data Set: one row a thing done at a contact.",
        fields: fields! {
            "activity_id" KEY, Required, Plain,
                "Key of the activity", "NHS Data Dictionary, CARE ACTIVITY IDENTIFIER";
            "contact_id" KEY, Required, Plain,
                "Key of the contact", "NHS Data Dictionary, CARE CONTACT IDENTIFIER";
            "activity_type" Code(Codes::List("community-activity-type")), Expected, Plain,
                "What was done", "NHS Data Dictionary, COMMUNITY CARE ACTIVITY TYPE";
        },
    },
    Table {
        name: NEEDS,
        description: "Community Services Data Set: one row a special educational need of a patient.",
        fields: fields! {
            "patient_id" KEY, Required, DirectId,
                "Key of the patient", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED)";
            "need" Code(Codes::List("education-need")), Expected, SpecialCategory,
                "The need", "NHS Data Dictionary, SPECIAL EDUCATIONAL NEED TYPE";
        },
    },
    Table {
        name: SAFEGUARDING,
        description: "Community Services Data Set: one row a safeguarding factor of a patient. That there is one is kept as a flag; what it is is not read.",
        fields: fields! {
            "patient_id" KEY, Required, DirectId,
                "Key of the patient", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED)";
        },
    },
    Table {
        name: PROTECTION,
        description: "Community Services Data Set: one row a child protection plan of a patient. Whether one is in force at the review is kept as a flag; its reason is not read.",
        fields: fields! {
            "patient_id" KEY, Required, DirectId,
                "Key of the patient", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED)";
            "start_date" Date, Expected, Plain,
                "First day of the plan", "NHS Data Dictionary, CHILD PROTECTION PLAN START DATE";
            "end_date" Date, Optional, Plain,
                "Last day of the plan", "NHS Data Dictionary, CHILD PROTECTION PLAN END DATE";
        },
    },
    Table {
        name: DISABILITIES,
        description: "Community Services Data Set: one row a disability of a patient.",
        fields: fields! {
            "patient_id" KEY, Required, DirectId,
                "Key of the patient", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED)";
            "disability" Code(Codes::List("disability")), Expected, SpecialCategory,
                "The disability", "NHS Data Dictionary, DISABILITY CODE";
        },
    },
    Table {
        name: REFERRAL_SCORES,
        description: "Community Services Data Set: one row a score of an assessment that hangs on a referral.",
        fields: fields! {
            "referral_id" KEY, Required, Plain,
                "Key of the referral", "NHS Data Dictionary, SERVICE REQUEST IDENTIFIER";
            "assessment" SNOMED, Expected, Plain,
                "What was assessed: for ASQ form and domain", "NHS Data Dictionary, CODED ASSESSMENT TOOL TYPE (SNOMED CT)";
            "score" Text { max: 10 }, Expected, SpecialCategory,
                "The total", "NHS Data Dictionary, PERSON SCORE";
            "completed" Date, Expected, Plain,
                "Day on which the assessment was completed", "NHS Data Dictionary, ASSESSMENT TOOL COMPLETION DATE";
        },
    },
    Table {
        name: CONTACT_SCORES,
        description: "Community Services Data Set: one row a score of an assessment at an activity.",
        fields: fields! {
            "activity_id" KEY, Required, Plain,
                "Key of the activity", "NHS Data Dictionary, CARE ACTIVITY IDENTIFIER";
            "assessment" SNOMED, Expected, Plain,
                "What was assessed: for ASQ form and domain", "NHS Data Dictionary, CODED ASSESSMENT TOOL TYPE (SNOMED CT)";
            "score" Text { max: 10 }, Expected, SpecialCategory,
                "The total", "NHS Data Dictionary, PERSON SCORE";
        },
    },
    not_read(
        "CYP002GP",
        "Community Services Data Set: registrations with practices; counted, not read.",
    ),
    not_read(
        "CYP003AccommType",
        "Community Services Data Set: accommodation; counted, not read.",
    ),
    not_read(
        "CYP004CarePlanType",
        "Community Services Data Set: care plans; counted, not read.",
    ),
    not_read(
        "CYP005CarePlanAgreement",
        "Community Services Data Set: agreements to care plans; counted, not read.",
    ),
    not_read(
        "CYP006SocPerCircumstances",
        "Community Services Data Set: social and personal circumstances; counted, not read.",
    ),
    not_read(
        "CYP007EmpStatus",
        "Community Services Data Set: employment; counted, not read.",
    ),
    not_read(
        "CYP008OverseasVisitorChargCat",
        "Community Services Data Set: charging of overseas visitors; counted, not read.",
    ),
    not_read(
        "CYP103OtherReasonReferral",
        "Community Services Data Set: further reasons of referrals; counted, not read.",
    ),
    not_read(
        "CYP104RTT",
        "Community Services Data Set: waits from referral to treatment; counted, not read.",
    ),
    not_read(
        "CYP105OnwardReferral",
        "Community Services Data Set: onward referrals; counted, not read.",
    ),
    not_read(
        "CYP301GroupSession",
        "Community Services Data Set: group sessions, about nobody in particular; counted, not read.",
    ),
    not_read(
        "CYP404AssTechToSupportDisTyp",
        "Community Services Data Set: assistive technology; counted, not read.",
    ),
    not_read(
        "CYP501CodedImm",
        "Community Services Data Set: coded immunisations; counted, not read.",
    ),
    not_read(
        "CYP502Imm",
        "Community Services Data Set: immunisations; counted, not read.",
    ),
    not_read(
        "CYP601MedicalHistory",
        "Community Services Data Set: previous diagnoses; counted, not read.",
    ),
    not_read(
        "CYP603NewbornHearingScreening",
        "Community Services Data Set: newborn hearing screening; counted, not read.",
    ),
    not_read(
        "CYP604BloodSpotResult",
        "Community Services Data Set: newborn blood spot results; counted, not read.",
    ),
    not_read(
        "CYP605IPE",
        "Community Services Data Set: newborn and infant physical examinations; counted, not read.",
    ),
    not_read(
        "CYP606ProvDiag",
        "Community Services Data Set: provisional diagnoses; counted, not read.",
    ),
    not_read(
        "CYP607PrimDiag",
        "Community Services Data Set: primary diagnoses; counted, not read.",
    ),
    not_read(
        "CYP608SecDiag",
        "Community Services Data Set: secondary diagnoses; counted, not read.",
    ),
    not_read(
        "CYP610BreastfeedingStatus",
        "Community Services Data Set: breastfeeding; counted, not read.",
    ),
    not_read(
        "CYP611Obs",
        "Community Services Data Set: weight, height and length; counted, not read.",
    ),
    not_read(
        "CYP613AnonSelfAssessment",
        "Community Services Data Set: anonymous self-assessments: of nobody, and never joined to anybody; counted, not read.",
    ),
    not_read(
        "CYP901StaffDetails",
        "Community Services Data Set: staff; counted, not read.",
    ),
];
