//! What a notice must say to be loaded: its reference, what the sender does, whether a referral comes with it,
//! when the opinion was formed, by whom, where the child lives, the birth date, how certain the opinion is and of
//! what; and a child that can be told from others, by a valid NHS number or by surname, forename and postcode.

use identity::{Held, Identity};
use kit::{Layout, Values, values::Verdict};
use records::{Finding, Location, finding::Effect};

use crate::rules;

/// Fields without any of which a notice is not loaded. The reference is one where the layout has a column for it: a
/// hand-kept list without references is told apart by its children and days.
pub(crate) const FIELDS: &[&str] = &[
    "action",
    "kind",
    "opinion_date",
    "notifier_org_ods",
    "la_gss",
    "birth_date",
    "limb",
    "category",
];

/// The finding that refuses a delivery whose layout has neither column nor default for such a field: no row of it
/// could be loaded, and the layout is to blame, not the rows.
pub(crate) fn unmapped(layout: &Layout, label: &str) -> Option<Finding> {
    FIELDS
        .iter()
        .find(|field| !layout.columns.contains_key(**field))
        .map(|field| Finding {
            rule: &kit::rules::UNMAPPED_FIELD,
            effect: Effect::RefusedDelivery,
            location: Location {
                file: label.to_owned(),
                // The name of a declared field is ours, not the sender's.
                header: Some((*field).to_owned()),
                ..Location::default()
            },
            rows: 1,
        })
}

/// A value of the minimum: notes that the row is kept out where there is none. A value that was there but could not
/// be read, and for that already keeps the row out, is not noted twice.
pub(crate) fn need<T>(values: &mut Values<'_>, field: &str, value: Option<T>) -> Option<T> {
    let noted = values.is_quarantined() && !values.is_blank(field);
    if value.is_none() && !noted {
        values.note(field, &rules::NOT_MINIMUM, Effect::QuarantinedRow);
    }
    value
}

/// Whether the child can be told from others; notes it where not. A postcode of no place (ZZ99) counts as one: a
/// homeless child's notice is not turned away.
pub(crate) fn somebody(values: &mut Values<'_>, child: &Identity) -> Verdict {
    let postcode = matches!(child.postcode, Held::Valid(_) | Held::Placeholder) || child.no_fixed_abode;
    let named = child.surname.valid().is_some() && child.forename.valid().is_some() && postcode;
    if child.nhs_number.valid().is_some() || named {
        return Verdict::Keep;
    }
    values.note("nhs_number", &rules::NOBODY, Effect::QuarantinedRow);
    Verdict::Quarantined
}
