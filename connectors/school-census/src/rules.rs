//! The rules of the school census. Those that any file can break are in [`kit::rules`].

records::rules! {
    TABLE_OUT_OF_TERM = "SC-004", "the table is not part of this census",
        "check that the table belongs to this export; its rows were passed over", "COLLECT Blade export";
    COLUMN_OUT_OF_TERM = "SC-005", "the column is not part of this census",
        "check that the file belongs to this export", "COLLECT Blade export";
    NO_RETURN = "SC-009", "the pupil belongs to no return of this delivery that can be read",
        "export the whole table set again, at one time", "COLLECT Blade export";
    NO_READABLE_RETURN = "SC-010", "no return of the delivery says which census and which school it is of",
        "fill in the header of the return", "DfE school census guide, header";
    NO_CENSUS = "SC-011", "the return does not say which census it answers",
        "fill in term and year in the header of the return", "DfE school census guide, header";
    NO_SCHOOL = "SC-012", "the return does not say which school it is of",
        "fill in authority (three digits) and school (four digits) in the header", "DfE school census guide, header";
    FUTURE_CENSUS = "SC-013", "the census day lies after the day on which the delivery is read",
        "check term, year and reference date in the header", "sendlink";
    NO_REFERENCE_DATE = "SC-014", "the return has no reference date; the day that the census guide sets was taken",
        "fill in the reference date in the header", "DfE school census guide, header";
    ODD_REFERENCE_DATE = "SC-015", "the reference date is not within three weeks of the day that the census guide sets",
        "check term, year and reference date in the header", "DfE school census guide, census day";
    NO_TIME = "SC-016", "the return does not say when it was made; it counts as made on the census day",
        "fill in date and time in the header", "DfE school census guide, header";
    OTHER_COLLECTION = "SC-017", "the header says that this is another collection than the school census",
        "send school census returns to this feed", "DfE school census guide, header";
    OTHER_CENSUS_IN_NAME = "SC-018", "the file's name says another census than the return in it",
        "check that the right file was sent; the return was believed", "COLLECT Blade export";
    HEADER_FROM_NAME = "SC-019", "the return has no header; school and census were taken from the file's name",
        "send the return with its header", "DfE school census guide, file names";
    ODD_SCHOOL = "SC-020", "the school's number lies in no range that the DfE gives out",
        "check the number against Get Information about Schools", "DfE school census validation rules, establishment numbers";
    OTHER_AUTHORITY = "SC-021", "the school belongs to another authority than the one that sent the delivery",
        "check that the return was meant for this feed", "sendlink";
    NO_PUPILS = "SC-022", "the return holds no pupil",
        "check that the return was exported whole", "sendlink";
    DOUBLE_ELEMENT = "SC-023", "an element stands twice in one place; the first was used",
        "export the return again", "DfE school census guide";
    NO_UPN = "SC-101", "a pupil on the roll has no UPN",
        "give the pupil a UPN, or find the one that an earlier school gave", "DfE validation rule 1510; UPN guide";
    DOUBLE_UPN = "SC-102", "two pupils on the roll of the school have the same UPN",
        "find out whose UPN it is; only one of the two is counted", "DfE validation rule 1520; UPN guide";
    FUTURE_BIRTH = "SC-103", "the birth date lies after the census day",
        "correct the birth date", "DfE school census validation rules, date of birth";
    NOBODY = "SC-104", "the pupil has neither a usable UPN nor both a name and a birth date: nothing tells the pupil from others",
        "fill in the pupil's identifiers", "sendlink";
    NO_ADDRESS = "SC-105", "the pupil has neither a postcode nor a property reference",
        "fill in the pupil's address", "DfE school census validation rules, address";
    ENTRY_AFTER_CENSUS = "SC-106", "the entry date lies after the census day",
        "correct the entry date", "DfE school census validation rules, entry date";
    ENTRY_BEFORE_BIRTH = "SC-107", "the entry date lies before the birth date",
        "correct the entry date or the birth date", "DfE school census validation rules, entry date";
    LEFT_BEFORE_ENTRY = "SC-108", "the leaving date lies before the entry date",
        "correct the dates", "DfE school census validation rules, leaving date";
    NO_NEEDS = "SC-109", "the pupil has SEN provision K or E and no need",
        "record the pupil's needs", "DfE school census validation rules, SEN type";
    NEEDS_WITHOUT_PROVISION = "SC-110", "the pupil has a need and SEN provision N",
        "correct the provision or remove the need", "DfE school census validation rules, SEN type";
    NEEDS_OUT_OF_TERM = "SC-111", "needs are collected in the spring census alone; these were left out",
        "send needs in spring", "DfE school census guide, SEN type";
    BAD_RANK = "SC-112", "the rank of a need is missing or not a whole number from 1; the need was ranked last",
        "rank the needs from 1", "DfE school census guide, SEN type ranking";
    DOUBLE_RANK = "SC-113", "two needs of the pupil have the same rank; they were ranked one after the other",
        "give each need its own rank", "DfE school census guide, SEN type ranking";
    DOUBLE_NEED = "SC-114", "the pupil has the same need twice; it was counted once",
        "record each need once", "DfE school census guide, SEN type";
    NO_ASSESSMENT_WITH_PLAN = "SC-115", "\"no specialist assessment\" is for SEN support alone",
        "record the type of need that the plan names", "DfE school census guide, SEN type";
    PART_TIME_AGE = "SC-116", "a pupil aged 5 to 15 is part-time",
        "correct the birth date or the part-time indicator", "DfE school census validation rules, part-time";
    PART_TIME_BOARDER = "SC-117", "a part-time pupil boards",
        "correct one of the two", "DfE school census validation rules, boarder";
    HOURS_AGE = "SC-118", "hours are given for a pupil of five or more",
        "remove the hours, or correct the birth date", "DfE validation rules 1851 and 1854";
    MEALS_ORDER = "SC-119", "a period of free school meals ends before it starts; it was left out",
        "correct the dates", "DfE school census guide, free school meals";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_unique_and_sorted() {
        assert!(ALL.windows(2).all(|pair| pair[0].id < pair[1].id));
    }
}
