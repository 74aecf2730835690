//! The declared record of a Section 23 notice.
//!
//! No national standard exists: the record is the union of what authorities' forms ask, with the codes of the NHS and
//! DfE data sets where these have a field for it. Statute: Children and Families Act 2014, section 23.

use kit::{
    field::{Class::*, Codes, FieldType, FieldType::*, Level::*, Table},
    fields,
};

/// Codes that are this record's own.
const fn own(codes: &'static [(&'static str, &'static str)]) -> FieldType {
    Code(Codes::These(codes))
}

/// A list of codes that are this record's own.
const fn own_list(codes: &'static [(&'static str, &'static str)]) -> FieldType {
    CodeList(Codes::These(codes))
}

const YES_NO: FieldType = own(&[("Y", "Yes"), ("N", "No")]);
const YES_NO_UNKNOWN: FieldType = own(&[("Y", "Yes"), ("N", "No"), ("U", "Not known")]);
const SEN_TYPE: Codes = Codes::List("sen-types");

/// Services that a child may see or wait for.
pub(crate) const SERVICES: &[(&str, &str)] = &[
    ("HV", "Health visiting"),
    ("PAED", "Community paediatrics"),
    ("SLT", "Speech and language therapy"),
    ("OT", "Occupational therapy"),
    ("PT", "Physiotherapy"),
    ("AUD", "Audiology"),
    ("OPHTH", "Ophthalmology"),
    ("CCN", "Community children's nursing"),
    ("PORTAGE", "Portage home visiting"),
    ("QTVI", "Qualified teacher of children with vision impairment"),
    ("QTHI", "Qualified teacher of deaf children"),
    ("CAMHS", "Child and adolescent mental health"),
    ("LD", "Learning disability service"),
    ("SOCIAL_CARE", "Children's social care"),
    ("EY_SENCO", "Early years SENCO"),
    ("OTHER", "Another service"),
];

const ROLES: &[(&str, &str)] = &[
    ("PAEDIATRICIAN", "Paediatrician"),
    ("HEALTH_VISITOR", "Health visitor"),
    ("SLT", "Speech and language therapist"),
    ("OT", "Occupational therapist"),
    ("PT", "Physiotherapist"),
    ("AUDIOLOGIST", "Audiologist"),
    ("OPHTHALMOLOGY", "Ophthalmologist, optometrist or orthoptist"),
    ("CCN", "Community children's nurse"),
    ("SCHOOL_NURSE", "School nurse"),
    ("GP", "General practitioner"),
    ("DCO_DMO", "Designated clinical or medical officer"),
    ("NEONATAL", "Neonatal team"),
    ("MIDWIFE", "Midwife"),
    ("OTHER", "Another profession"),
];

const SETTINGS: &[(&str, &str)] = &[
    (
        "PVI_NURSERY",
        "Private, voluntary or independent nursery or pre-school",
    ),
    ("CHILDMINDER", "Childminder"),
    ("SCHOOL_NURSERY", "Nursery class of a school"),
    ("MAINTAINED_NURSERY", "Maintained nursery school"),
    ("RECEPTION", "Reception class"),
    ("SPECIAL", "Special school or nursery"),
    ("OTHER", "Another setting"),
];

const EQUIPMENT: &[(&str, &str)] = &[
    ("FEEDING", "Feeding by tube or special diet"),
    ("AIRWAY", "Airway or breathing"),
    ("MOBILITY", "Mobility"),
    ("SEATING", "Seating or standing"),
    ("HEARING_AID", "Hearing aid or implant"),
    ("VISION_AID", "Glasses, patch or low vision aid"),
    ("CONTINENCE", "Continence"),
    ("EPILEPSY_PLAN", "Epilepsy plan"),
    ("OTHER", "Another need"),
];

const RELATIONSHIPS: &[(&str, &str)] = &[
    ("MOTHER", "Mother"),
    ("FATHER", "Father"),
    ("CARER", "Carer"),
    ("FOSTER", "Foster carer"),
    ("GRANDPARENT", "Grandparent"),
    ("OTHER", "Another person"),
];

/// What a sender does.
pub(crate) const ACTION: &[(&str, &str)] = &[
    ("NEW", "A new notice"),
    ("UPDATE", "The same notice with more or later facts"),
    ("CORRECT", "A notice that replaces one sent in error"),
    ("WITHDRAW", "The notice is taken back"),
];

const KIND: &[(&str, &str)] = &[
    ("NOTIFICATION", "Notice alone"),
    ("NOTIFICATION_AND_REFERRAL", "Notice with a referral to services"),
];

const DISCUSSION_HELD: &[(&str, &str)] = &[
    ("YES", "Held"),
    ("DECLINED", "Declined"),
    ("NOT_YET", "Not yet held"),
];

const VOLUNTARY_ORG_ADVISED: &[(&str, &str)] = &[
    ("YES", "Told of one"),
    ("NOT_APPLICABLE", "None likely to help"),
    ("NO", "Not told"),
];

const PARENT_CONTACT_PREFERENCE: &[(&str, &str)] = &[
    ("PHONE", "Telephone"),
    ("EMAIL", "Email"),
    ("POST", "Post"),
    ("TEXT", "Text message"),
    ("NONE", "No contact"),
];

const SHARE_FOR_SERVICES: &[(&str, &str)] = &[
    ("GIVEN", "Given"),
    ("REFUSED", "Refused"),
    ("NOT_SOUGHT", "Not sought"),
];

const REFERRAL_CONSENT: &[(&str, &str)] = &[
    ("GIVEN", "Given"),
    ("REFUSED", "Refused"),
    ("NOT_APPLICABLE", "No referral"),
];

const SETTING_ATTENDS: &[(&str, &str)] = &[
    ("YES", "Attends one"),
    ("NO", "Attends none"),
    ("UNKNOWN", "Not known"),
];

const LIMB: &[(&str, &str)] = &[("HAS", "Has"), ("PROBABLY_HAS", "Probably has")];

const CATEGORY: &[(&str, &str)] = &[
    ("SEN", "Special educational needs"),
    ("DISABILITY", "Disability"),
    ("BOTH", "Both"),
];

const BROAD_AREA: &[(&str, &str)] = &[
    ("CI", "Communication and interaction"),
    ("CL", "Cognition and learning"),
    ("SEMH", "Social, emotional and mental health"),
    ("SP", "Sensory or physical"),
];

const DIAGNOSIS_STATUS: &[(&str, &str)] = &[
    ("CONFIRMED", "Confirmed"),
    ("SUSPECTED", "Suspected"),
    ("UNDER_ASSESSMENT", "Under assessment"),
    ("NONE", "None"),
];

const OUTCOME_STATUS: &[(&str, &str)] = &[
    ("RECEIVED", "Received"),
    ("ACKNOWLEDGED", "Acknowledged"),
    ("ALLOCATED", "Allocated"),
    ("CLOSED", "Closed"),
    ("REJECTED", "Rejected"),
    ("FORWARDED", "Forwarded to another authority"),
];

const OUTCOME_REJECT_REASON: &[(&str, &str)] = &[
    ("NOT_RESIDENT", "Lives elsewhere"),
    ("COMPULSORY_SCHOOL_AGE", "Of compulsory school age"),
    ("DUPLICATE", "Sent before"),
    ("INCOMPLETE", "Incomplete"),
    ("EHCP_EXISTS", "Has a plan"),
    ("NOT_SEND", "No special need or disability"),
];

const OUTCOME_ACTION: &[(&str, &str)] = &[
    ("EY_SENCO", "Early years SENCO"),
    ("PORTAGE", "Portage"),
    ("INCLUSION_FUNDING", "Inclusion funding"),
    ("SPECIALIST_TEACHER", "Specialist teacher"),
    ("EHCNA", "Needs assessment"),
    ("FAMILY_CONTACT", "Family contacted"),
    ("INFORMATION_ONLY", "Information only"),
];

/// The one table of a Section 23 delivery: a notice a row.
pub static NOTICES: Table = Table {
    name: "notices",
    description: "One row a notice. A form that names several children gives one row for each.",
    fields: fields! {
        // The notice.
        "schema_version" Text { max: 20 }, Optional, Plain, "Version of the sender's record";
        "notification_id" Text { max: 64 }, Required, Plain,
            "The sender's own reference, unique with the notifier's code";
        "action" own(ACTION), Required, Plain, "What the sender does";
        "replaces_notification_id" Text { max: 64 }, Conditional, Plain,
            "The notice that a correction replaces";
        "kind" own(KIND), Required, Plain, "Whether a referral comes with the notice";
        "opinion_date" Date, Required, Plain, "When the health body formed the opinion", "section 23(1)";
        "parent_informed_date" Date, Required, Plain,
            "When the parent was told of the opinion and of the duty to notify", "section 23(2)(a)";
        "discussion_offered_date" Date, Required, Plain,
            "When the parent was given the chance to discuss the opinion", "section 23(2)(b)";
        "discussion_held" own(DISCUSSION_HELD), Optional, Plain, "Whether the discussion took place";
        "voluntary_org_advised" own(VOLUNTARY_ORG_ADVISED), Optional, Plain,
            "Whether the parent was told of a voluntary organisation", "section 23(4)";
        "voluntary_org_names" TextList { max: 200 }, Optional, FreeText, "Which organisations";
        "sent_at" DateTime, Required, Plain,
            "When the health body sent the notice; the later one wins where a notice is sent again";
        "received_at" DateTime, Optional, Plain,
            "When the authority received it, where its portal says so; else the transport's time";
        "acknowledged_at" DateTime, SetByPipeline, Plain, "When the authority acknowledged it";
        "la_gss" GssCode, Required, Plain,
            "ONS code of the authority where the child lived on the day of the opinion";
        "la_dfe" Digits { min: 3, max: 3 }, Derived, Plain, "DfE code of that authority";
        // The child.
        "nhs_number" NhsNumber, Expected, DirectId,
            "NHS number of the child", "NHS Data Dictionary, NHS NUMBER";
        "nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
            "How far the number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE";
        "nhs_number_digest" NhsNumberDigest, Optional, DirectId,
            "Digest of the NHS number, where the sender has replaced the number by one", "OpenPseudonymiser CryptoLib";
        "family_name" Name, Required, DirectId, "Surname";
        "given_name" Name, Required, DirectId, "First forename";
        "other_given_names" Name, Optional, DirectId, "Other forenames";
        "previous_family_name" Name, Optional, DirectId, "An earlier surname";
        "preferred_name" Name, Optional, DirectId, "The forename in daily use";
        "birth_date" Date, Required, DirectId, "Day of birth";
        "sex" Code(Codes::List("sex")), Optional, Plain,
            "Sex", "NHS Data Dictionary, PERSON STATED GENDER CODE";
        "ethnic_category" Code(Codes::List("ethnic-2001")), Optional, SpecialCategory,
            "Ethnic category", "NHS Data Dictionary, ETHNIC CATEGORY CODE 2001";
        "language" Text { max: 8 }, Optional, Plain,
            "Preferred language", "ISO 639-1; NHS Data Dictionary, LANGUAGE CODE";
        "interpreter_needed" YES_NO_UNKNOWN, Optional, Plain, "Whether an interpreter is needed";
        "address_line_1" Text { max: 35 }, Required, DirectId,
            "First line of the address; only whether it is there is looked at";
        "address_line_2" Text { max: 35 }, Optional, DirectId, "Second line of the address";
        "address_line_3" Text { max: 35 }, Optional, DirectId, "Third line of the address";
        "address_line_4" Text { max: 35 }, Optional, DirectId, "Fourth line of the address";
        "address_line_5" Text { max: 35 }, Optional, DirectId, "Fifth line of the address";
        "postcode" Postcode, Required, DirectId, "Postcode of the home; ZZ99 codes stand for no place";
        "uprn" Digits { min: 1, max: 12 }, Optional, DirectId, "Unique property reference number; not read";
        "gp_practice_ods" OdsCode, Optional, Plain, "ODS code of the general practice";
        "upn" Upn, Optional, DirectId, "Unique pupil number, for a child in a maintained nursery";
        "mother_nhs_number" NhsNumber, Optional, DirectId, "NHS number of the mother";
        "mother_nhs_number_digest" NhsNumberDigest, Optional, DirectId,
            "Digest of the mother's NHS number, where the sender has replaced the number by one", "OpenPseudonymiser CryptoLib";
        "gestation_at_birth_weeks" Integer { min: 20, max: 45 }, Optional, SpecialCategory,
            "Completed weeks of pregnancy at birth";
        "looked_after" YES_NO_UNKNOWN, Optional, SpecialCategory, "Whether the child is looked after";
        "child_protection_plan" YES_NO_UNKNOWN, Optional, SpecialCategory,
            "Whether the child has a protection plan";
        "safeguarding_flag" YES_NO_UNKNOWN, Optional, SpecialCategory,
            "Whether there is a concern; never what it is";
        // The parent.
        "parent_contact_name" Text { max: 70 }, Optional, DirectId, "Whom to contact; not read";
        "parent_relationship" own(RELATIONSHIPS), Optional, Plain, "What the contact is to the child";
        "parent_has_parental_responsibility" YES_NO_UNKNOWN, Optional, Plain,
            "Whether the contact has parental responsibility";
        "parent_phone" Text { max: 20 }, Optional, DirectId, "Telephone number; not read";
        "parent_email" Text { max: 254 }, Optional, DirectId, "Email address; not read";
        "parent_contact_preference" own(PARENT_CONTACT_PREFERENCE), Optional, Plain,
            "How the contact prefers to be reached";
        // Consent: apart from informing, which alone the duty asks for.
        "share_for_services" own(SHARE_FOR_SERVICES), Optional, Plain,
            "Consent to share with services; the notice counts either way";
        "referral_consent" own(REFERRAL_CONSENT), Conditional, Plain, "Consent to a referral";
        "parent_objection" YES_NO, Optional, Plain, "Whether an objection of the parent is recorded";
        // The setting.
        "setting_attends" own(SETTING_ATTENDS), Optional, Plain,
            "Whether the child attends an early years setting";
        "setting_type" own(SETTINGS), Optional, Plain, "What kind of setting";
        "setting_name" Text { max: 120 }, Optional, Quasi, "Its name; not read";
        "setting_ofsted_urn" Text { max: 12 }, Optional, Quasi, "Its Ofsted number; not read";
        "setting_dfe_urn" Digits { min: 6, max: 6 }, Optional, Quasi, "Its DfE number; not read";
        // The need.
        "limb" own(LIMB), Required, SpecialCategory, "How certain the opinion is", "section 23(1)";
        "category" own(CATEGORY), Required, SpecialCategory, "What the opinion is of", "section 23(1)";
        "broad_area" own_list(BROAD_AREA), Optional, SpecialCategory,
            "Broad areas of need", "SEND Code of Practice 2015, 6.28-6.35";
        "primary_need" Code(SEN_TYPE), Optional, SpecialCategory,
            "Main type of need", "DfE school census, SEN type";
        "other_needs" CodeList(SEN_TYPE), Optional, SpecialCategory,
            "Further types of need, the weightiest first", "DfE school census, SEN type";
        "diagnosis_status" own(DIAGNOSIS_STATUS), Optional, SpecialCategory, "How far a diagnosis has come";
        "diagnosis_snomed" TextList { max: 18 }, Optional, SpecialCategory,
            "Diagnoses as SNOMED CT concept ids", "SNOMED CT release file specification, SCTID";
        "diagnosis_icd10" TextList { max: 7 }, Optional, SpecialCategory,
            "Diagnoses as ICD-10 codes", "WHO ICD-10, fifth edition";
        "diagnosis_text" Text { max: 2000 }, Optional, FreeText, "Diagnoses in words; never read";
        "reason_text" Text { max: 4000 }, Optional, FreeText, "Why notice is given, in words; never read";
        "asq3_scores" TextList { max: 80 }, Optional, SpecialCategory,
            "ASQ-3 scores as interval:domain:score (24:communication:35)",
            "Ages and Stages Questionnaires, third edition";
        "equipment_or_medical_needs" own_list(EQUIPMENT), Optional, SpecialCategory,
            "Equipment and medical needs";
        "evidence_attached" YES_NO, Optional, Plain, "Whether a report came with the notice";
        "attachment_refs" TextList { max: 200 }, Optional, Plain,
            "References of attachments; never fetched or read";
        // Services.
        "services_involved" own_list(SERVICES), Optional, SpecialCategory, "Services that see the child";
        "services_waiting_for" TextList { max: 80 }, Optional, SpecialCategory,
            "Services that the child waits for, as service:referral date (SLT:2025-03-01)";
        "ehcna_requested" YES_NO_UNKNOWN, Optional, SpecialCategory,
            "Whether an education, health and care needs assessment was asked for";
        "ehcp_in_place" YES_NO_UNKNOWN, Optional, SpecialCategory,
            "Whether the child has an education, health and care plan";
        "early_years_inclusion_funding" YES_NO_UNKNOWN, Optional, Plain, "Whether inclusion funding is paid";
        // The notifier.
        "notifier_org_ods" OdsCode, Required, Plain,
            "ODS code of the health body that formed the opinion and answers for the notice",
            "NHS England, Organisation Data Service";
        "notifier_site_ods" OdsCode, Optional, Plain, "ODS code of its site";
        "delivering_org_ods" OdsCode, Optional, Plain, "ODS code of the body that acts for it under contract";
        "notifier_role" own(ROLES), Required, Plain, "Profession of the person who gives notice";
        "notifier_practitioner_name" Text { max: 70 }, Optional, StaffId, "Name of that person; never read";
        "notifier_registration_id" Text { max: 20 }, Optional, StaffId, "Professional registration; never read";
        "notifier_contact_email" Text { max: 254 }, Optional, StaffId, "Email address; never read";
        // What the authority does with it.
        "outcome_status" own(OUTCOME_STATUS), SetByPipeline, Plain, "Where the notice stands";
        "outcome_reject_reason" own(OUTCOME_REJECT_REASON), SetByPipeline, Plain, "Why it was rejected";
        "outcome_forwarded_to_la_gss" GssCode, SetByPipeline, Plain, "The authority it was forwarded to";
        "outcome_action" own_list(OUTCOME_ACTION), SetByPipeline, SpecialCategory, "What followed";
        "outcome_date" Date, SetByPipeline, Plain, "When it followed";
    },
};
