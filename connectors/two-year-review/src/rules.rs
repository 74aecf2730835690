//! The rules of 2-2½-year reviews. Those that any file can break are in [`kit::rules`].

records::rules! {
    NOT_MINIMUM = "TYR-001", "a review cannot be loaded without this value",
        "send the review again with the value filled in", "sendlink";
    NOBODY = "TYR-002", "nothing tells the child from others: no valid NHS number, nor enough besides",
        "send the NHS number, or birth date and postcode, and names where the file has them", "sendlink";
    FUTURE_REVIEW = "TYR-003", "the review lies after the day on which the delivery is read",
        "check the date of the contact", "sendlink";
    OUTSIDE_PERIOD = "TYR-004", "the review lies outside the reporting period of its submission",
        "check the date of the contact; report it in the submission of its month", "Community Services Data Set, reporting period";
    BEFORE_BIRTH = "TYR-005", "the review lies before the child's birth",
        "check birth date and date of the contact", "sendlink";
    ODD_AGE = "TYR-006", "the child is under 18 or over 48 months old at a 2-2½-year review",
        "check birth date, date of the contact and activity type", "Healthy Child Programme";
    NO_ATTENDANCE = "TYR-007", "the contact does not say whether it took place",
        "fill in the attendance status", "NHS Data Dictionary, ATTENDANCE STATUS";
    NO_CONTACT_DATE = "TYR-008", "the review has no date that can be read",
        "fill in the date of the contact, or of the completion of the assessment", "Community Services Data Set, CYP201 and CYP609";
    OTHER_TEAM = "TYR-009", "a 2-2½-year review by a team that is not health visiting; it was passed over",
        "check the team type of the referral, or the activity type", "Community Services Data Set, CYP102";
    BY_AGE = "TYR-010", "the contact has no activity type; it counts as the review because of the child's age",
        "fill in the activity type", "Community Services Data Set, CYP202";
    SAME_DAY = "TYR-011", "a second review of the child on one day; it was passed over",
        "send one contact a review", "sendlink";
    UNKNOWN_ACTIVITY = "TYR-012", "an activity type that is not in the code list, at the age of a 2-2½-year review",
        "use a type of the list, or tell the data team what the new one means", "NHS Data Dictionary, COMMUNITY CARE ACTIVITY TYPE";
    SEVERAL_CHILDREN = "TYR-013", "another child's review of this delivery has the same reference and time",
        "give each child's review its own reference", "sendlink";
    FUTURE_TIME = "TYR-014", "the time of sending or receipt lies after the day on which the delivery is read; it was not used",
        "check the date", "sendlink";
    UNKNOWN_ASSESSMENT = "TYR-101", "the code names no score of ASQ-3 or ASQ:SE-2",
        "send the code of the questionnaire's domain and interval", "SNOMED CT United Kingdom Edition";
    NOT_A_SCORE = "TYR-102", "the score is not a number",
        "send the total of the domain as a number", "NHS Data Dictionary, PERSON SCORE";
    OUT_OF_RANGE = "TYR-103", "the score lies outside what the form can yield",
        "check the score; a domain of ASQ-3 totals 0 to 60", "ASQ-3 scoring";
    DOUBLE_SCORE = "TYR-104", "the same score stands twice",
        "send each domain once", "sendlink";
    UNEQUAL_SCORES = "TYR-105", "one domain has several scores that differ; none of them was used",
        "send each domain once", "sendlink";
    SEVERAL_INTERVALS = "TYR-106", "the scores of one review are of forms for several ages; those of one form were used",
        "send the scores of the form that was used", "ASQ-3 scoring";
    AGE_OF_FORM = "TYR-107", "the child is not of the age that the form is made for",
        "check birth date and code of the score; the form that was sent was believed", "ASQ-3 scoring";
    INCOMPLETE = "TYR-108", "some domains of ASQ-3 have no score",
        "send all five domains", "ASQ-3 scoring";
    NO_INTERVAL = "TYR-109", "there are scores, and nothing says for which age their form is",
        "fill in the months of the form", "ASQ-3 scoring";
    NO_SUCH_FORM = "TYR-110", "there is no form of ASQ-3 for this age",
        "check the months of the form", "ASQ-3 scoring";
    SCORE_ALONE = "TYR-111", "an observation of one score stands alone, so that the scores of its review cannot be told together",
        "send the observations of a review in one Bundle", "HL7 FHIR, Bundle";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
