//! What a notice must say to be loaded: its reference, what the sender does, whether a referral comes with it,
//! when the opinion was formed, by whom, where the child lives, the birth date, how certain the opinion is and of
//! what; and a child that can be told from others, by a valid NHS number, its digest, or by surname, forename and postcode.

use identity::{Held, Identity};
use kit::{Values, values::Verdict};
use records::finding::Effect;

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

/// A value of the minimum.
pub(crate) fn need<T>(values: &mut Values<'_>, field: &str, value: Option<T>) -> Option<T> {
    values.need(field, value, &rules::NOT_MINIMUM)
}

/// Whether the child can be told from others; notes it where not. A postcode of no place (ZZ99) counts as one: a
/// homeless child's notice is not turned away.
pub(crate) fn somebody(values: &mut Values<'_>, child: &Identity) -> Verdict {
    let postcode = matches!(child.postcode, Held::Valid(_) | Held::Placeholder) || child.no_fixed_abode;
    let named = child.surname.valid().is_some() && child.forename.valid().is_some() && postcode;
    let numbered = child.nhs_number.valid().is_some() || child.nhs_number_digest.valid().is_some();
    if numbered || named {
        return Verdict::Keep;
    }
    values.note("nhs_number", &rules::NOBODY, Effect::QuarantinedRow);
    Verdict::Quarantined
}
