//! The rules of notifications of pregnancies and of births.

records::rules! {
    NOT_MINIMUM = "PN-001", "a notification cannot be loaded without this value",
        "send the notification again with the value filled in", "sendlink";
    NOBODY = "PN-002", "the mother has neither a valid NHS number nor a surname, forename and birth date",
        "send the notification again with the NHS number, or with all three", "sendlink";
    FUTURE_DATE = "PN-003", "the date lies after the day of the run",
        "check the date", "sendlink";
    NO_DUE_DATE = "PN-004", "the due date is missing: no child can be expected by it",
        "send the agreed due date", "sendlink";
    DUE_TOO_LATE = "PN-005", "the due date lies more than 42 weeks after the pregnancy was known",
        "check the due date; day and month may have changed places", "sendlink";
    DUE_BEFORE = "PN-006", "the due date lies before the booking or the notification",
        "check the due date and the date of the booking", "sendlink";
    BOOKED_BEFORE_PREGNANCY = "PN-007", "the booking lies before the pregnancy that the due date tells of",
        "check the due date and the date of the booking", "sendlink";
    GESTATION_DISAGREES = "PN-008", "the weeks of pregnancy at the booking differ by more than one from those that the due date makes",
        "check the due date, the date of the booking and the weeks", "sendlink";
    PERIOD_DISAGREES = "PN-009", "the due date and the last menstrual period do not belong together",
        "check both dates", "sendlink";
    MOTHERS_AGE = "PN-010", "by her birth date the mother is younger than 11 or older than 60 when the child is due",
        "check the birth date of the mother and the due date", "sendlink";
    NO_OUTCOME_DATE = "PN-011", "the pregnancy has ended and the date is missing",
        "send the date of the outcome", "sendlink";
    NO_OUTCOME = "PN-012", "a date of the outcome comes without an outcome; it was left out",
        "send the outcome", "sendlink";
    ODD_OUTCOME = "PN-013", "the outcome cannot be at this time of the pregnancy",
        "check the outcome, its date and the due date; before 24 weeks a loss is no stillbirth", "sendlink";
    CANCELLED_OUTCOME = "PN-014", "a notification is taken back and says how the pregnancy ended",
        "send the outcome as an update; take a notification back only if it was sent in error", "sendlink";
    SEVERAL_MOTHERS = "PN-015", "the same reference stands on notifications of different mothers",
        "give each mother's notification a reference of its own", "sendlink";
    NO_MOTHER = "PN-016", "the pregnancy belongs to no mother of this delivery",
        "export the whole table set again, at one time", "NHS Data Dictionary, Maternity Services Data Set";
    NO_PREGNANCY = "PN-017", "the mother has no pregnancy in this submission",
        "export the whole table set again, at one time", "NHS Data Dictionary, Maternity Services Data Set";
    NO_DELIVERY = "PN-018", "the baby belongs to no delivery of this submission; its mother is unknown",
        "export the whole table set again, at one time", "NHS Data Dictionary, Maternity Services Data Set";
    NO_BABY_DATE = "PN-019", "the baby has no usable birth date",
        "send the birth date of the baby", "NHS Data Dictionary, PERSON BIRTH DATE (BABY)";
    UNTOLD_BABY = "PN-020", "nothing tells the baby from others: neither a key nor a delivery and birth order",
        "send the local patient identifier of the baby", "NHS Data Dictionary, LOCAL PATIENT IDENTIFIER (EXTENDED (BABY))";
    SAME_NUMBER = "PN-021", "the baby and the mother have the same NHS number",
        "give each their own number; one of the two stands in the wrong field", "sendlink";
    NO_BIRTH_OUTCOME = "PN-022", "the row does not say whether the baby was born alive; it is taken for a living child only if it has an NHS number",
        "send the pregnancy outcome of each baby", "NHS Data Dictionary, PREGNANCY OUTCOME";
    MORE_BABIES = "PN-023", "more babies were born than the dating scan counts",
        "check the number of fetuses of the scan", "sendlink";
    SCANS_DISAGREE = "PN-024", "scans of one day count different numbers of fetuses; the largest was taken",
        "check the number of fetuses", "sendlink";
    BORN_OUT_OF_PERIOD = "PN-025", "the baby was born after the end of the reporting period",
        "check the birth date and the reporting period", "sendlink";
    UNTOLD_BIRTH = "PN-026", "nothing tells the birth from others: the baby has no NHS number, and its mother's number, birth date and birth order are not all there",
        "send the baby's NHS number, or all three", "National Events Management Service, PDS birth notification";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
