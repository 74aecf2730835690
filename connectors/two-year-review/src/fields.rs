//! The declared record of a supplier's flat file of reviews.
//!
//! No standard exists for such files: the record holds what child health systems export of a review, with the codes of
//! the NHS and DfE data sets where these have a field for it.

use kit::{
    field::{Class::*, Codes, FieldType, FieldType::*, Level::*, Table},
    fields,
};

/// Codes that are this record's own.
const fn own(codes: &'static [(&'static str, &'static str)]) -> FieldType {
    Code(Codes::These(codes))
}

const ACTION: &[(&str, &str)] = &[
    ("NEW", "A new review"),
    ("UPDATE", "The same review with more or later facts"),
    ("CANCEL", "The review was sent in error and is taken back"),
];

const STATUS: &[(&str, &str)] = &[
    ("COMPLETED", "The child was seen"),
    ("NOT_ATTENDED", "The child was not brought"),
    ("DECLINED", "The parent declined the review"),
    ("CANCELLED", "The review was cancelled"),
];

/// A total of a questionnaire. Not a whole number where omitted items were scaled.
const SCORE: FieldType = Text { max: 10 };

/// The one table of a supplier's flat file: a review a row.
pub static REVIEWS: Table = Table {
    name: "reviews",
    description: "One row a 2-2½-year review in a supplier's flat file.",
    fields: fields! {
        "review_id" Text { max: 60 }, Required, DirectId,
            "The sender's reference, which names the review in later updates; a file without such a column has none to take back";
        "action" own(ACTION), Required, Plain, "What the sender does";
        "sent_at" DateTime, Expected, Plain, "When the sender made the row: of two for one review the later one counts";
        "received_at" DateTime, Optional, Plain, "When it reached the area";
        "review_date" Date, Required, Plain, "Day of the review";
        "status" own(STATUS), Optional, Plain, "Whether it took place; one that did not is out of scope, and taken back where an update says so";
        "integrated" Flag, Optional, Plain, "Whether it was an integrated review, with the early years setting";
        "nhs_number" NhsNumber, Expected, DirectId, "NHS number of the child", "NHS Data Dictionary, NHS NUMBER";
        "nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
            "How far the number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE";
        "nhs_number_digest" NhsNumberDigest, Optional, DirectId,
            "Digest of the NHS number, where the sender has replaced the number by one", "OpenPseudonymiser CryptoLib";
        "family_name" Name, Expected, DirectId, "Surname of the child";
        "given_name" Name, Expected, DirectId, "Forename of the child";
        "other_given_names" Name, Optional, DirectId, "Middle names";
        "preferred_name" Name, Optional, DirectId, "The name that the child goes by";
        "previous_family_name" Name, Optional, DirectId, "An earlier surname";
        "birth_date" Date, Expected, DirectId, "Birth date of the child";
        "sex" Code(Codes::List("sex")), Expected, Plain, "Sex of the child", "NHS Data Dictionary, PERSON STATED GENDER CODE";
        "ethnic_category" Code(Codes::List("ethnic-2001")), Optional, SpecialCategory,
            "Ethnic category of 2001", "NHS Data Dictionary, ETHNIC CATEGORY";
        "postcode" Postcode, Expected, DirectId, "Postcode of the home", "NHS Data Dictionary, POSTCODE OF USUAL ADDRESS";
        "address" Text { max: 200 }, Optional, FreeText, "Address";
        "mother_nhs_number" NhsNumber, Optional, DirectId, "NHS number of the mother", "NHS Data Dictionary, NHS NUMBER (MOTHER)";
        "mother_nhs_number_status" Code(Codes::List("nhs-number-status")), Optional, Plain,
            "How far the mother's number was checked", "NHS Data Dictionary, NHS NUMBER STATUS INDICATOR CODE (MOTHER)";
        "mother_nhs_number_digest" NhsNumberDigest, Optional, DirectId,
            "Digest of the mother's NHS number, where the sender has replaced the number by one", "OpenPseudonymiser CryptoLib";
        "asq3_interval" Integer { min: 1, max: 66 }, Conditional, Plain,
            "Months of the form of ASQ-3 that was used; needed where there are scores", "ASQ-3 scoring";
        "asq3_communication" SCORE, Optional, SpecialCategory, "Communication, 0 to 60", "ASQ-3 scoring";
        "asq3_gross_motor" SCORE, Optional, SpecialCategory, "Gross motor, 0 to 60", "ASQ-3 scoring";
        "asq3_fine_motor" SCORE, Optional, SpecialCategory, "Fine motor, 0 to 60", "ASQ-3 scoring";
        "asq3_problem_solving" SCORE, Optional, SpecialCategory, "Problem solving, 0 to 60", "ASQ-3 scoring";
        "asq3_personal_social" SCORE, Optional, SpecialCategory, "Personal-social, 0 to 60", "ASQ-3 scoring";
        "asq_se_interval" Integer { min: 1, max: 72 }, Optional, Plain, "Months of the form of ASQ:SE-2 that was used";
        "asq_se_score" SCORE, Optional, SpecialCategory, "Total of ASQ:SE-2; higher is more concern, and no cut-off is applied";
        "needs" CodeList(Codes::List("sen-types")), Optional, SpecialCategory,
            "Educational needs that were seen", "DfE school census guides, SEN type";
        "disabilities" CodeList(Codes::List("disability")), Optional, SpecialCategory,
            "Disabilities", "NHS Data Dictionary, DISABILITY CODE";
        "looked_after" Code(Codes::List("indicator")), Optional, SpecialCategory, "Whether the child is looked after; kept as a flag";
        "child_protection_plan" Code(Codes::List("indicator")), Optional, SpecialCategory,
            "Whether a child protection plan is in force; kept as a flag";
        "safeguarding" Code(Codes::List("indicator")), Optional, SpecialCategory, "Whether there are safeguarding factors; kept as a flag";
        "reviewer" Text { max: 100 }, Optional, StaffId, "Who saw the child";
        "notes" Text { max: 4000 }, Optional, FreeText, "Remarks";
    },
};
