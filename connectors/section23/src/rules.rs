//! The rules of a notice's own.

records::rules! {
    NOT_MINIMUM = "S23-001", "a notice cannot be loaded without this value",
        "send the notice again with the value filled in", "Children and Families Act 2014 section 23; sendlink";
    NOBODY = "S23-002", "the child has neither a valid NHS number nor a surname, forename and postcode",
        "send the notice again with the NHS number, or with all three", "sendlink";
    NOT_AN_ENGLISH_AUTHORITY = "S23-003", "the area code is not that of an English local authority",
        "give the ONS code of the authority where the child lives: E06, E08, E09 or E10 and six digits",
        "Children and Families Act 2014 section 23(3); ONS Code History Database";
    FUTURE_DATE = "S23-004", "the date lies after the day of the run",
        "check the date", "sendlink";
    BORN_AFTER_OPINION = "S23-005", "the birth date lies after the date of the opinion",
        "check both dates; day and month may have changed places", "sendlink";
    OPINION_AFTER_SENT = "S23-006", "the opinion is dated after the notice was sent",
        "check both dates; day and month may have changed places", "sendlink";
    INFORMED_AFTER_SENT = "S23-007", "the parent was informed after the notice was sent",
        "inform the parent first; check both dates", "Children and Families Act 2014 section 23(2) and (3)";
    INFORMED_BEFORE_OPINION = "S23-008", "the parent was informed before the opinion was formed",
        "check both dates", "Children and Families Act 2014 section 23(2)";
    SCHOOL_AGE = "S23-009", "the child was of compulsory school age when the opinion was formed",
        "section 23 ends there: use the authority's route for pupils", "Children and Families Act 2014 section 23(1)";
    NO_ORGANISATION = "S23-010", "the organisation code stands for no organisation",
        "give the ODS code of the health body that answers for the notice", "NHS England, Organisation Data Service";
    NOTHING_REPLACED = "S23-011", "a correction does not say which other notice it replaces",
        "give the reference of the notice that was sent in error", "sendlink";
    SEVERAL_CHILDREN = "S23-012", "the same reference stands on notices of different children",
        "give each child's notice a reference of its own", "sendlink";
    NO_REFERRAL_CONSENT = "S23-013", "a referral comes without saying whether the parent agrees to it",
        "fill in the consent to the referral", "sendlink";
    BAD_SNOMED = "S23-014", "not a SNOMED CT concept id",
        "check the digits; the last is a check digit", "SNOMED CT release file specification, SCTID";
    BAD_ICD10 = "S23-015", "not an ICD-10 code",
        "write a letter, two digits and where needed a point and more", "WHO ICD-10, fifth edition";
    BAD_ASQ3 = "S23-016", "not an ASQ-3 score as interval, domain and score",
        "write 24:communication:35, with a score of 0 to 60", "Ages and Stages Questionnaires, third edition";
    BAD_WAIT = "S23-017", "not a service and the date of referral",
        "write SLT:2025-03-01", "sendlink";
    SAME_NUMBER = "S23-018", "the child and the mother have the same NHS number",
        "give each their own number; one of the two stands in the wrong field", "sendlink";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
