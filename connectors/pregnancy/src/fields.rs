//! The declared record of a supplier's flat file of notifications.
//!
//! No national message tells health visiting or the authority of a pregnancy: the record holds what maternity systems
//! export and what such lists ask, with the codes of the Maternity Services Data Set where it has a field for it.

use kit::field::{Class::*, Codes, FieldType, FieldType::*, Level::*, Table};

/// Codes that are this record's own.
const fn own(codes: &'static [(&'static str, &'static str)]) -> FieldType {
    Code(Codes::These(codes))
}

const YES_NO_UNKNOWN: FieldType = own(&[("Y", "Yes"), ("N", "No"), ("U", "Not known")]);

/// What a sender may do with a notification.
pub(crate) const ACTION: &[(&str, &str)] = &[
    ("NEW", "A new notification"),
    (
        "UPDATE",
        "The same notification with more or later facts, how the pregnancy ended among them",
    ),
    ("CANCEL", "The notification was sent in error and is taken back"),
];

const SMOKING: &[(&str, &str)] = &[
    ("SMOKER", "Smokes"),
    ("STOPPED", "Stopped in the year before or during the pregnancy"),
    ("EX_SMOKER", "Stopped longer ago"),
    ("NEVER", "Never smoked"),
];

const OUTCOME: &[(&str, &str)] = &[
    ("LIVE_BIRTH", "At least one child was born alive"),
    ("STILLBIRTH", "No child was born alive, at 24 weeks or later"),
    ("LOSS", "Miscarriage, before 24 weeks"),
    ("TERMINATION", "Terminated"),
    ("MOVED_OUT", "The mother moved out of the area before the birth"),
];

/// Vulnerabilities that a notification may flag. What they are about is never read.
pub(crate) const FLAGS: &[&str] = &[
    "mental_health",
    "disability_mother",
    "safeguarding",
    "previous_child_removed",
    "fgm",
    "substance",
    "domestic_abuse",
];

/// The one table of a supplier's flat file: a notification a row.
pub static NOTIFICATIONS: Table = Table {
    name: "notifications",
    description: "One row a notification of a pregnancy in a supplier's flat file, whatever the number of children.",
    fields: kit::fields! {
        // The notification.
        "notification_id" Text { max: 64 }, Required, Plain, "The sender's own reference";
        "action" own(ACTION), Required, Plain, "What the sender does";
        "pregnancy_id" Text { max: 64 }, Optional, Plain,
            "The sender's own reference of the pregnancy, the same in all its notifications and in its submissions",
            "NHS Data Dictionary, PREGNANCY IDENTIFIER";
        "notified_date" Date, Optional, Plain,
            "When the maternity service first gave notice; else the day on which the row was sent";
        "sent_at" DateTime, Required, Plain,
            "When the row was sent; the later one wins where a notification is sent again";
        "received_at" DateTime, Optional, Plain,
            "When it was received, where the list says so; else the transport's time";
        "source_org_ods" OdsCode, Optional, Plain,
            "ODS code of the maternity provider", "NHS England, Organisation Data Service";
        "booking_site_ods" OdsCode, Optional, Plain,
            "ODS code of the site of the booking", "NHS Data Dictionary, ORGANISATION SITE IDENTIFIER (OF ANTENATAL BOOKING)";
        // The mother.
        "nhs_number" NhsNumber, Expected, DirectId,
            "NHS number of the mother", "NHS Data Dictionary, NHS NUMBER (MOTHER)";
        "nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
            "How far the number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE (MOTHER)";
        "nhs_number_digest" NhsNumberDigest, Optional, DirectId,
            "Digest of the mother's NHS number, where the sender has replaced the number by one", "OpenPseudonymiser CryptoLib";
        "family_name" Name, Expected, DirectId, "Surname of the mother";
        "given_name" Name, Expected, DirectId, "Forename of the mother";
        "previous_family_name" Name, Optional, DirectId, "An earlier surname of the mother";
        "birth_date" Date, Expected, DirectId,
            "Birth date of the mother", "NHS Data Dictionary, PERSON BIRTH DATE (MOTHER)";
        "address_line_1" Text { max: 35 }, Optional, DirectId, "First line of the address; not read";
        "address_line_2" Text { max: 35 }, Optional, DirectId, "Second line of the address; not read";
        "address_line_3" Text { max: 35 }, Optional, DirectId, "Third line of the address; not read";
        "address_line_4" Text { max: 35 }, Optional, DirectId, "Fourth line of the address; not read";
        "address_line_5" Text { max: 35 }, Optional, DirectId, "Fifth line of the address; not read";
        "postcode" Postcode, Expected, DirectId,
            "Postcode of the mother's home; ZZ99 codes stand for no place", "NHS Data Dictionary, POSTCODE OF USUAL ADDRESS (MOTHER)";
        "phone" Text { max: 20 }, Optional, DirectId, "Telephone number; not read";
        "ethnic_category" Code(Codes::List("ethnic-2001")), Optional, SpecialCategory,
            "Ethnic category of the mother; not read: the child has its own", "NHS Data Dictionary, ETHNIC CATEGORY (MOTHER)";
        "language" Text { max: 8 }, Optional, Plain,
            "Preferred language of the mother", "ISO 639-1; NHS Data Dictionary, LANGUAGE CODE (PREFERRED)";
        "interpreter_needed" YES_NO_UNKNOWN, Optional, Plain, "Whether an interpreter is needed";
        "gp_practice_ods" OdsCode, Optional, Plain, "ODS code of the mother's general practice";
        // The pregnancy.
        "booking_date" Date, Expected, Plain,
            "Day of the antenatal booking", "NHS Data Dictionary, APPOINTMENT DATE (FORMAL ANTENATAL BOOKING)";
        "first_contact_date" Date, Optional, Plain,
            "Day of the first contact; not read", "NHS Data Dictionary, PREGNANCY FIRST CONTACT DATE";
        "edd" Date, Expected, DirectId,
            "Agreed due date; kept as a month", "NHS Data Dictionary, ESTIMATED DATE OF DELIVERY (AGREED)";
        "edd_method" Code(Codes::List("edd-method")), Optional, Plain,
            "How the due date was found", "NHS Data Dictionary, METHOD OF ESTIMATED DATE OF DELIVERY (AGREED)";
        "lmp_date" Date, Optional, DirectId,
            "First day of the last menstrual period; only compared with the due date",
            "NHS Data Dictionary, LAST MENSTRUAL PERIOD DATE";
        "gestation_weeks_at_booking" Integer { min: 1, max: 44 }, Optional, SpecialCategory,
            "Completed weeks of pregnancy at the booking; else made from the due date";
        "fetus_count" Integer { min: 1, max: 6 }, Optional, SpecialCategory,
            "How many fetuses the scan counts", "NHS Data Dictionary, NUMBER OF FETUSES (DATING ULTRASOUND SCAN)";
        "gravida" Integer { min: 1, max: 40 }, Optional, SpecialCategory, "How often the mother was pregnant, this time included";
        "parity" Integer { min: 0, max: 25 }, Optional, SpecialCategory, "How often she gave birth at 24 weeks or later";
        "smoking" own(SMOKING), Optional, SpecialCategory, "Whether the mother smokes";
        "complex_social_factors" YES_NO_UNKNOWN, Optional, SpecialCategory,
            "Whether there are complex social factors; never which",
            "NHS Data Dictionary, COMPLEX SOCIAL FACTORS INDICATOR (AT ANTENATAL BOOKING)";
        "mental_health" YES_NO_UNKNOWN, Optional, SpecialCategory,
            "Whether there is a concern for the mother's mental health; never what",
            "NHS Data Dictionary, MENTAL HEALTH PREDICTION AND DETECTION INDICATOR (AT ANTENATAL BOOKING)";
        "disability_mother" YES_NO_UNKNOWN, Optional, SpecialCategory,
            "Whether the mother has a disability or learning disability; never which",
            "NHS Data Dictionary, DISABILITY INDICATOR (AT ANTENATAL BOOKING)";
        "safeguarding" YES_NO_UNKNOWN, Optional, SpecialCategory, "Whether there is a safeguarding concern; never what it is";
        "previous_child_removed" YES_NO_UNKNOWN, Optional, SpecialCategory, "Whether an earlier child was taken into care";
        "fgm" YES_NO_UNKNOWN, Optional, SpecialCategory, "Whether there is a concern of female genital mutilation";
        "substance" YES_NO_UNKNOWN, Optional, SpecialCategory, "Whether there is a concern of drugs or alcohol";
        "domestic_abuse" YES_NO_UNKNOWN, Optional, SpecialCategory, "Whether there is a concern of domestic abuse";
        "hv_team" Text { max: 120 }, Optional, Plain, "Health visiting team that was told; not read";
        "planned_contact_date" Date, Optional, DirectId,
            "Day planned for the antenatal contact at 28 weeks; not read, as it tells the due date";
        "midwife_name" Text { max: 120 }, Optional, StaffId, "Name of the midwife; never read";
        "notes" Text { max: 4000 }, Optional, FreeText, "Remarks; never read";
        // How it ended.
        "outcome" own(OUTCOME), Optional, SpecialCategory,
            "How the pregnancy ended: an update of the notification, not its withdrawal";
        "outcome_date" Date, Conditional, DirectId, "When it ended; kept as a month";
    },
};

#[cfg(test)]
mod tests {
    use records::PregnancyOutcome;

    use super::*;

    #[test]
    fn outcomes_are_those_of_the_dataset() {
        assert!(
            OUTCOME
                .iter()
                .map(|(code, _)| PregnancyOutcome::from_code(code))
                .eq(PregnancyOutcome::ALL.into_iter().map(Some))
        );
        for flag in FLAGS {
            assert!(NOTIFICATIONS.field(flag).is_some(), "{flag}");
        }
    }
}
