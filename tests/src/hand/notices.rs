//! Notices as files of the layout `section23/superset`.

use std::collections::BTreeMap;

use super::{Child, Table};

/// The columns of the layout `section23/superset` that these tests write, in the order of the file.
pub const NOTICE_COLUMNS: &[&str] = &[
    "notification_id",
    "action",
    "replaces_notification_id",
    "kind",
    "opinion_date",
    "parent_informed_date",
    "discussion_offered_date",
    "voluntary_org_names",
    "sent_at",
    "received_at",
    "la_gss",
    "nhs_number",
    "nhs_number_status",
    "family_name",
    "given_name",
    "other_given_names",
    "previous_family_name",
    "preferred_name",
    "birth_date",
    "sex",
    "ethnic_category",
    "language",
    "address_line_1",
    "address_line_2",
    "address_line_3",
    "postcode",
    "uprn",
    "gp_practice_ods",
    "upn",
    "mother_nhs_number",
    "parent_contact_name",
    "parent_phone",
    "parent_email",
    "setting_name",
    "limb",
    "category",
    "primary_need",
    "other_needs",
    "diagnosis_snomed",
    "diagnosis_text",
    "reason_text",
    "attachment_refs",
    "services_waiting_for",
    "notifier_org_ods",
    "delivering_org_ods",
    "notifier_role",
    "notifier_practitioner_name",
    "notifier_registration_id",
    "notifier_contact_email",
];

/// A notice, as a row of the layout `section23/superset`.
#[derive(Clone, Debug)]
pub struct Notice(BTreeMap<String, String>);

impl Notice {
    /// A new notice of a child by the trust RAJ, complete enough to be valid, without a UPN.
    pub fn of(child: &Child, reference: &str, opinion_date: &str) -> Self {
        Notice(BTreeMap::new())
            .with("notification_id", reference)
            .with("action", "NEW")
            .with("kind", "NOTIFICATION")
            .with("opinion_date", opinion_date)
            .with("parent_informed_date", opinion_date)
            .with("discussion_offered_date", opinion_date)
            .with("sent_at", &format!("{opinion_date}T16:00:00Z"))
            .with("received_at", &format!("{opinion_date}T17:00:00Z"))
            .with("la_gss", "E10000012")
            .with("nhs_number", &child.nhs_number)
            .with("nhs_number_status", "01")
            .with("family_name", &child.surname)
            .with("given_name", &child.forename)
            .with("birth_date", &child.birth_date)
            .with("sex", "2")
            .with("ethnic_category", "A")
            .with("address_line_1", "1 Test Street")
            .with("postcode", &child.postcode)
            .with("limb", "HAS")
            .with("category", "SEN")
            .with("primary_need", "SLCN")
            .with("notifier_org_ods", "RAJ")
            .with("notifier_role", "PAEDIATRICIAN")
    }

    /// The same notice with another value in a column.
    pub fn with(mut self, column: &str, value: &str) -> Self {
        assert!(NOTICE_COLUMNS.contains(&column), "{column}");
        self.0.insert(column.to_owned(), value.to_owned());
        self
    }

    /// The same notice sent again at a later moment to do something else.
    pub fn again(self, action: &str, sent_at: &str) -> Self {
        self.with("action", action).with("sent_at", sent_at)
    }
}

/// Notices as a file of the layout `section23/superset`.
pub fn notices_csv(notices: &[Notice]) -> String {
    let rows = notices
        .iter()
        .map(|notice| {
            NOTICE_COLUMNS
                .iter()
                .map(|column| notice.0.get(*column).cloned().unwrap_or_default())
                .collect()
        })
        .collect();
    Table {
        name: "section23",
        header: NOTICE_COLUMNS.iter().map(|column| (*column).to_owned()).collect(),
        rows,
    }
    .csv()
}
