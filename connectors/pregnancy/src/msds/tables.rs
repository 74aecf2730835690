//! The tables of the Maternity Services Data Set, version 2.
//!
//! Those with fields are read; of the others only the rows are counted: nothing that they say is needed.

use kit::{
    field::{Class::*, Codes, FieldType::*, Level::*, Table},
    table_set::HEADER_FIELDS,
};

use crate::{BIRTHS, NOTIFICATIONS};

/// The header.
pub(crate) const HEADER: &str = "MSD000Header";
/// Mothers.
pub(crate) const MOTHERS: &str = "MSD001MotherDemog";
/// General practices of mothers.
pub(crate) const PRACTICES: &str = "MSD002GP";
/// Social and personal circumstances of mothers.
pub(crate) const CIRCUMSTANCES: &str = "MSD003SocPersCircumstances";
/// Pregnancies.
pub(crate) const PREGNANCIES: &str = "MSD101PregnancyBooking";
/// Dating scans.
pub(crate) const SCANS: &str = "MSD103DatingScan";
/// Deliveries.
pub(crate) const DELIVERIES: &str = "MSD301LabourDelivery";
/// Babies.
pub(crate) const BABIES: &str = "MSD401BabyDemographics";

/// A table whose rows are counted and not read.
const fn not_read(name: &'static str, description: &'static str) -> Table {
    Table {
        name,
        description,
        fields: &[],
    }
}

/// The tables of this kind: the flat record, births in FHIR, then those of the data set.
pub(crate) static TABLES: &[Table] = &[
    NOTIFICATIONS,
    BIRTHS,
    Table {
        name: HEADER,
        description: "Maternity Services Data Set: one row, whose submission this is and of which month.",
        fields: HEADER_FIELDS,
    },
    Table {
        name: MOTHERS,
        description: "Maternity Services Data Set: one row a mother.",
        fields: kit::fields! {
            "mother_id" Text { max: 20 }, Required, DirectId,
                "The provider's number of the mother", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED (MOTHER))";
            "nhs_number" NhsNumber, Expected, DirectId,
                "NHS number of the mother", "NHS Data Dictionary, NHS NUMBER (MOTHER)";
            "nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
                "How far the number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE (MOTHER)";
            "birth_date" Date, Expected, DirectId,
                "Birth date of the mother", "NHS Data Dictionary, PERSON BIRTH DATE (MOTHER)";
            "postcode" Postcode, Expected, DirectId,
                "Postcode of the mother's home, which is her baby's", "NHS Data Dictionary, POSTCODE OF USUAL ADDRESS (MOTHER)";
        },
    },
    Table {
        name: PRACTICES,
        description: "Maternity Services Data Set: one row a registration of a mother with a general practice.",
        fields: kit::fields! {
            "mother_id" Text { max: 20 }, Required, DirectId,
                "The mother", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED (MOTHER))";
            "gp_practice_ods" OdsCode, Optional, Plain,
                "ODS code of the practice", "NHS Data Dictionary, GENERAL MEDICAL PRACTICE CODE (PATIENT REGISTRATION (MOTHER))";
            "registered_from" Date, Optional, Plain,
                "First day of the registration; the latest that has not ended counts", "NHS Data Dictionary, START DATE (GMP PATIENT REGISTRATION)";
            "registered_until" Date, Optional, Plain,
                "Last day of the registration", "NHS Data Dictionary, END DATE (GMP PATIENT REGISTRATION)";
        },
    },
    Table {
        name: CIRCUMSTANCES,
        description: "Maternity Services Data Set: one row a social or personal circumstance of a mother.",
        fields: kit::fields! {
            "mother_id" Text { max: 20 }, Required, DirectId,
                "The mother", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED (MOTHER))";
            "circumstance" Digits { min: 6, max: 18 }, Optional, SpecialCategory,
                "SNOMED CT concept id; one of the list `social-circumstances` raises its flag, others are passed over",
                "NHS Data Dictionary, SOCIAL AND PERSONAL CIRCUMSTANCE (SNOMED CT)";
        },
    },
    not_read(
        "MSD004OverseasVisChargCat",
        "Maternity Services Data Set: charging of overseas visitors; counted, not read.",
    ),
    Table {
        name: PREGNANCIES,
        description: "Maternity Services Data Set: one row a pregnancy, sent again each month while it is in care.",
        fields: kit::fields! {
            "pregnancy_id" Text { max: 20 }, Required, Plain,
                "The provider's reference of the pregnancy", "NHS Data Dictionary, PREGNANCY IDENTIFIER";
            "mother_id" Text { max: 20 }, Required, DirectId,
                "The mother", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED (MOTHER))";
            "booking_date" Date, Expected, Plain,
                "Day of the antenatal booking", "NHS Data Dictionary, APPOINTMENT DATE (FORMAL ANTENATAL BOOKING)";
            "first_contact_date" Date, Optional, Plain,
                "Day of the first contact, for a pregnancy without a booking", "NHS Data Dictionary, PREGNANCY FIRST CONTACT DATE";
            "edd" Date, Expected, DirectId,
                "Agreed due date; kept as a month", "NHS Data Dictionary, ESTIMATED DATE OF DELIVERY (AGREED)";
            "edd_method" Code(Codes::List("edd-method")), Optional, Plain,
                "How the due date was found", "NHS Data Dictionary, METHOD OF ESTIMATED DATE OF DELIVERY (AGREED)";
            "lmp_date" Date, Optional, DirectId,
                "First day of the last menstrual period; only compared with the due date",
                "NHS Data Dictionary, LAST MENSTRUAL PERIOD DATE";
            "booking_site_ods" OdsCode, Optional, Plain,
                "ODS code of the site of the booking", "NHS Data Dictionary, ORGANISATION SITE IDENTIFIER (OF ANTENATAL BOOKING)";
            "language" Text { max: 8 }, Optional, Plain,
                "Preferred language of the mother", "NHS Data Dictionary, LANGUAGE CODE (PREFERRED)";
            "complex_social_factors" Code(Codes::List("indicator")), Optional, SpecialCategory,
                "Whether there are complex social factors; never which",
                "NHS Data Dictionary, COMPLEX SOCIAL FACTORS INDICATOR (AT ANTENATAL BOOKING)";
            "mental_health" Code(Codes::List("indicator")), Optional, SpecialCategory,
                "Whether there is a concern for the mother's mental health; never what",
                "NHS Data Dictionary, MENTAL HEALTH PREDICTION AND DETECTION INDICATOR (AT ANTENATAL BOOKING)";
            "disability_mother" Code(Codes::List("indicator")), Optional, SpecialCategory,
                "Whether the mother has a disability; never which",
                "NHS Data Dictionary, DISABILITY INDICATOR (AT ANTENATAL BOOKING)";
            "discharge_date" Date, Optional, Plain,
                "When maternity care of the mother ended", "NHS Data Dictionary, DISCHARGE DATE (MOTHER MATERNITY SERVICES)";
            "discharge_reason" Code(Codes::List("maternity-discharge-reason")), Optional, SpecialCategory,
                "Why it ended; tells the outcome of a pregnancy without a birth",
                "NHS Data Dictionary, PRIMARY DISCHARGE REASON (MOTHER MATERNITY SERVICES)";
        },
    },
    not_read(
        "MSD102MatCarePlan",
        "Maternity Services Data Set: care plans; counted, not read.",
    ),
    Table {
        name: SCANS,
        description: "Maternity Services Data Set: one row a fetus of a dating scan.",
        fields: kit::fields! {
            "pregnancy_id" Text { max: 20 }, Required, Plain,
                "The pregnancy", "NHS Data Dictionary, PREGNANCY IDENTIFIER";
            "scan_date" Date, Optional, Plain,
                "Day of the scan; the latest counts", "NHS Data Dictionary, PROCEDURE DATE (DATING ULTRASOUND SCAN)";
            "fetus_count" Integer { min: 1, max: 6 }, Optional, SpecialCategory,
                "How many fetuses the scan counts, the same in each row of one scan",
                "NHS Data Dictionary, NUMBER OF FETUSES (DATING ULTRASOUND SCAN)";
        },
    },
    not_read(
        "MSD104CodedScoreAssPreg",
        "Maternity Services Data Set: scored assessments; counted, not read.",
    ),
    not_read(
        "MSD105ProvDiagnosisPreg",
        "Maternity Services Data Set: provisional diagnoses; counted, not read.",
    ),
    not_read(
        "MSD106DiagnosisPreg",
        "Maternity Services Data Set: diagnoses; counted, not read.",
    ),
    not_read(
        "MSD107MedHistory",
        "Maternity Services Data Set: medical history; counted, not read.",
    ),
    not_read(
        "MSD108FamHistBooking",
        "Maternity Services Data Set: family history; counted, not read.",
    ),
    not_read(
        "MSD109FindingObsMother",
        "Maternity Services Data Set: findings and observations of mothers; counted, not read.",
    ),
    not_read(
        "MSD201CareContactPreg",
        "Maternity Services Data Set: care contacts; counted, not read.",
    ),
    not_read(
        "MSD202CareActivityPreg",
        "Maternity Services Data Set: care activities; counted, not read.",
    ),
    not_read(
        "MSD203CodedScoreAssContact",
        "Maternity Services Data Set: scored assessments at contacts; counted, not read.",
    ),
    Table {
        name: DELIVERIES,
        description: "Maternity Services Data Set: one row a labour and delivery.",
        fields: kit::fields! {
            "delivery_id" Text { max: 20 }, Required, Plain,
                "The provider's reference of the delivery", "NHS Data Dictionary, LABOUR AND DELIVERY IDENTIFIER";
            "pregnancy_id" Text { max: 20 }, Required, Plain,
                "The pregnancy", "NHS Data Dictionary, PREGNANCY IDENTIFIER";
        },
    },
    not_read(
        "MSD302CareActivityLabDel",
        "Maternity Services Data Set: care activities of labour; counted, not read.",
    ),
    Table {
        name: BABIES,
        description: "Maternity Services Data Set: one row a baby, born alive or not.",
        fields: kit::fields! {
            "baby_id" Text { max: 20 }, Expected, DirectId,
                "The provider's number of the baby; else its delivery and birth order name it",
                "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED (BABY))";
            "delivery_id" Text { max: 20 }, Required, Plain,
                "The delivery", "NHS Data Dictionary, LABOUR AND DELIVERY IDENTIFIER";
            "nhs_number" NhsNumber, Optional, DirectId,
                "NHS number of the baby; a baby that was not born alive has none", "NHS Data Dictionary, NHS NUMBER (BABY)";
            "nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
                "How far the number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE (BABY)";
            "birth_date" Date, Required, DirectId,
                "Day of birth; kept as a month", "NHS Data Dictionary, PERSON BIRTH DATE (BABY)";
            "outcome" Code(Codes::List("pregnancy-outcome")), Expected, SpecialCategory,
                "Whether the baby was born alive", "NHS Data Dictionary, PREGNANCY OUTCOME";
            "sex" Code(Codes::List("phenotypic-sex")), Optional, Plain,
                "Sex of the baby", "NHS Data Dictionary, PERSON PHENOTYPIC SEX";
            "ethnic_category" Code(Codes::List("ethnic-2001")), Optional, SpecialCategory,
                "Ethnic category of the baby", "NHS Data Dictionary, ETHNIC CATEGORY (BABY)";
            "birth_order" Integer { min: 1, max: 9 }, Optional, Plain,
                "Its place among those born together", "NHS Data Dictionary, BIRTH ORDER (MATERNITY SERVICES)";
            "gestation_days" Integer { min: 140, max: 315 }, Optional, SpecialCategory,
                "Days of pregnancy at birth; kept as weeks", "NHS Data Dictionary, GESTATION LENGTH (AT BIRTH)";
            "death_date" Date, Optional, SpecialCategory,
                "Day of death; only that there is one is kept", "NHS Data Dictionary, PERSON DEATH DATE (BABY)";
        },
    },
    not_read(
        "MSD402NeonatalAdmission",
        "Maternity Services Data Set: neonatal admissions; counted, not read.",
    ),
    not_read(
        "MSD403ProvDiagNeonatal",
        "Maternity Services Data Set: provisional neonatal diagnoses; counted, not read.",
    ),
    not_read(
        "MSD404DiagnosisNeonatal",
        "Maternity Services Data Set: neonatal diagnoses; counted, not read.",
    ),
    not_read(
        "MSD405CareActivityBaby",
        "Maternity Services Data Set: care activities of babies; counted, not read.",
    ),
    not_read(
        "MSD406CodedScoreAssBaby",
        "Maternity Services Data Set: scored assessments of babies; counted, not read.",
    ),
    not_read(
        "MSD501HospProvSpell",
        "Maternity Services Data Set: hospital spells; counted, not read.",
    ),
    not_read(
        "MSD502HospSpellComm",
        "Maternity Services Data Set: commissioners of hospital spells; counted, not read.",
    ),
    not_read(
        "MSD503WardStay",
        "Maternity Services Data Set: ward stays; counted, not read.",
    ),
    not_read(
        "MSD504AssignedCareProf",
        "Maternity Services Data Set: assigned staff; counted, not read.",
    ),
    not_read(
        "MSD601AnonSelfAssessment",
        "Maternity Services Data Set: anonymous self-assessments; counted, not read.",
    ),
    not_read(
        "MSD602AnonFindings",
        "Maternity Services Data Set: anonymous findings; counted, not read.",
    ),
    not_read(
        "MSD901StaffDetails",
        "Maternity Services Data Set: staff; counted, not read.",
    ),
];
