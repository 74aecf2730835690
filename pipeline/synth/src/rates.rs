//! How often what happens. Where no source is named no figure was found, and the default is a judgement.

macro_rules! rates {
    ($($(#[$doc:meta])* $name:ident: $default:literal,)*) => {
        /// How often what happens in a made-up area. Shares are from 0 to 1.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Rates {
            $($(#[$doc])* pub $name: f64,)*
        }

        impl Default for Rates {
            fn default() -> Self {
                Rates { $($name: $default,)* }
            }
        }

        impl Rates {
            /// Every rate with its name, in the order in which they are declared.
            pub fn all(&self) -> Vec<(&'static str, f64)> {
                vec![$((stringify!($name), self.$name),)*]
            }
        }
    };
}

rates! {
    // Families.

    /// Share of births that are twins or more: 14.6 in 1,000 maternities (ONS, births in England and Wales, 2022).
    multiple_births: 0.0146,
    /// Share of those that are triplets.
    triplets: 0.015,
    /// Share of children who die before they are five.
    deaths: 0.004,
    /// Share of families that move in a year. Between 25 % and 40 % of children move before they are five (NHS general
    /// practice registers, 2015 to 2019): 7 % a year makes 30 %.
    moves_a_year: 0.07,
    /// Share of moves that lead to a neighbouring authority.
    moves_to_neighbours: 0.09,
    /// Share of moves that lead further away, where nobody writes to us.
    moves_elsewhere: 0.1,
    /// Share of families that live beyond the authority when the first child is born.
    families_from_beyond: 0.1,
    /// Share of families that have no fixed abode for a time.
    no_fixed_abode: 0.003,
    /// Share of children who bear another surname than their mother.
    surname_not_mothers: 0.35,
    /// Share of children whose surname changes between birth and school.
    surname_changes_before_school: 0.06,
    /// Share of pupils whose surname changes while they are at school.
    surname_changes_at_school: 0.02,
    /// Share of children who are adopted, and so get a new NHS number, surname and UPN.
    adoptions: 0.003,

    // Pregnancies. Together about 1,050 notifications for 1,000 births.

    /// Share of first-time mothers who are under eighteen. About 6 in 1,000 (ONS, births in England and Wales, 2022).
    teenage_mothers: 0.006,
    /// Share of mothers whose surname changes around the first birth.
    mothers_surname_changes: 0.15,
    /// Share of first-time mothers who move house while they are pregnant.
    moves_while_pregnant: 0.12,
    /// Pregnancies that end in a miscarriage after they were notified, for each that ends in a birth.
    pregnancy_losses: 0.055,
    /// Pregnancies that are terminated after they were notified, likewise.
    terminations: 0.012,
    /// Pregnancies that end in a stillbirth: 4 in 1,000 births (ONS, births in England and Wales, 2022).
    stillbirths: 0.004,
    /// Pregnancies of mothers who move away before the birth.
    moves_before_birth: 0.025,
    /// Share of pregnancies of which no notification comes.
    pregnancies_not_notified: 0.03,
    /// Share of moves away of which the maternity service does not tell.
    moves_away_not_told: 0.3,
    /// Share of pregnancies about which something is corrected later: a number filled in, a due date after the scan.
    pregnancies_corrected: 0.08,
    /// Share of notifications in lists that were sent in error and are taken back.
    notifications_in_error: 0.01,
    /// Share of losses of which a list tells by taking the notification back.
    losses_sent_as_cancelled: 0.1,
    /// Share of pregnancies with complex social factors.
    complex_social_factors: 0.09,
    /// Share of babies without an NHS number while it has not come yet.
    newborn_number_missing: 0.05,

    // Reviews at 2 to 2½ years.

    /// Share of children who are reviewed: between 800 and 900 in 1,000 (OHID, health visitor service delivery
    /// metrics, 2024/25).
    reviewed: 0.86,
    /// Share of reviews in which ASQ-3 is used: 91.2 % (PHE, 2017/18).
    asq_used: 0.912,
    /// Share of reviews with ASQ:SE.
    asq_se_used: 0.15,
    /// Share of children with needs whose development at two foretells them, where there are early signals.
    early_signal: 0.4,
    /// Share of children for whom one more contact of each kind that is no review is told.
    other_contacts: 0.12,
    /// Share of reviews before which an appointment was missed.
    reviews_missed_first: 0.08,
    /// Share of contacts that come in the refresh of their month alone.
    contacts_refreshed_late: 0.05,
    /// Share of contacts about which the refresh says something else than the primary submission.
    contacts_changed_by_refresh: 0.06,
    /// Share of contacts for which the mother's NHS number is told.
    contacts_with_mothers_number: 0.6,
    /// Share of children with a child protection plan.
    protection_plans: 0.006,
    /// Share of contacts of which nobody wrote down what was done.
    activity_types_missing: 0.01,
    /// Share of reviews whose scores hang on the referral rather than on the contact.
    scores_on_referrals: 0.08,
    /// Share of reviews in lists that are sent again, corrected.
    reviews_corrected: 0.03,
    /// Share of reviews in lists that are taken back.
    reviews_withdrawn: 0.005,

    /// Share of people who have opted out of other uses of what is known of their care: some 5 in 100 of those
    /// registered with a general practice (NHS England, National Data Opt-out, 2024).
    opted_out: 0.05,

    // Needs. About 14 in 100 pupils have SEN support and 5 in 100 a plan (DfE, special educational needs, 2025).

    /// Share of boys who come to have SEN support at some time in primary school and no plan.
    support_boys: 0.225,
    /// Share of girls who do.
    support_girls: 0.15,
    /// Share of boys who come to have an education, health and care plan.
    plan_boys: 0.078,
    /// Share of girls who do.
    plan_girls: 0.033,

    // Schools.

    /// Share of children who come to a nursery class or nursery school of the state.
    nursery: 0.36,
    /// Share of children who are taught in independent schools or at home, and are in no census.
    outside_state_schools: 0.06,
    /// Share of pupils who change school when they move within the authority.
    school_changes_on_move: 0.5,
    /// Share of pupils from a neighbouring authority who go to school in ours.
    pupils_from_neighbours: 0.12,
    /// Share of pupils with SEN who for a time are registered at two schools.
    dual_registrations: 0.03,
    /// Share of pupils who start under a temporary UPN because their own is not known.
    temporary_upns: 0.01,
    /// Share of those with a plan and severe needs who go to a special school.
    special_schools: 0.6,

    // What schools write.

    /// Share of school records with another form of the forename.
    census_forename_variants: 0.02,
    /// Share of school records with a slip or another spelling in the surname.
    census_surname_variants: 0.01,
    /// Share of pupils whose surname has changed for whom the school still has the old one.
    census_old_surnames: 0.15,
    /// Share of school records with day and month of birth swapped.
    census_birth_date_swaps: 0.0005,
    /// Share of school records without an address.
    census_missing_addresses: 0.008,
    /// Share of pupils for whom the school still has the address before the last move.
    census_stale_addresses: 0.08,
    /// Share of school records whose postcode is written without its space or in lower case.
    census_untidy_postcodes: 0.03,
    /// Share of school records that do not state the ethnic group.
    census_ethnicity_unknown: 0.02,
    /// Share of UPNs with a wrong check letter.
    census_wrong_upns: 0.0005,

    // Which children are notified. Together with the ages at which needs show, about 45 in 1,000 births: no national
    // figure exists.

    /// Share of children with needs that show early and lead to a plan of whom a health body gives notice.
    notified_of_plan: 0.8,
    /// Share of children with needs that show early and lead to SEN support of whom a health body gives notice.
    notified_of_support: 0.26,
    /// Share of children without such needs of whom a health body gives notice all the same.
    notified_of_none: 0.003,
    /// Share of notices that come when the child has reached compulsory school age.
    notified_too_late: 0.012,
    /// Share of notices about children of a neighbouring authority that are sent to ours.
    cross_border_sent_here: 0.4,
    /// Share of children notified again by another professional within three months.
    duplicates: 0.10,
    /// Share of notices that a later update restates.
    updates: 0.05,
    /// Share of notices that are corrected under a new reference.
    corrections: 0.02,
    /// Share of notices that are withdrawn.
    withdrawals: 0.015,
    /// Share of updates that are sent as if they were new notices.
    updates_sent_as_new: 0.15,
    /// Share of adopted children of whom a health body gives notice again under the new identity.
    adopted_notified_again: 0.5,

    /// Share of notices whose reference is the child's NHS number, from a body that refers so now and then.
    references_by_nhs_number: 0.02,

    // What health bodies write.

    /// Share of notices without an NHS number, on forms that ask a professional to type it.
    nhs_number_missing: 0.12,
    /// Share of notices without one where a patient system fills the form.
    nhs_number_missing_from_system: 0.02,
    /// Share with a number that is well formed and wrong.
    nhs_number_mistaken: 0.003,
    /// Share with a number that fails its check digit.
    nhs_number_check_digit: 0.005,
    /// Share with ten equal digits in place of a number.
    nhs_number_placeholder: 0.004,
    /// Share with the mother's number in place of the child's.
    nhs_number_of_mother: 0.002,
    /// Share with the number in groups of three, three and four.
    nhs_number_spaced: 0.35,
    /// Share with another form of the forename: short, unaccented, other spelling.
    forename_variants: 0.04,
    /// Share with a slip or another spelling in the surname.
    surname_variants: 0.03,
    /// Share with forename and surname in each other's place.
    names_swapped: 0.003,
    /// Share with "Baby" for a forename, in the first ten days of life.
    placeholder_forenames_newborn: 0.25,
    /// Share with "Baby" for a forename later.
    placeholder_forenames: 0.01,
    /// Share with day and month of birth swapped, where that makes a date.
    birth_date_swaps: 0.004,
    /// Share with the birth date one day, month or year off.
    birth_date_slips: 0.006,
    /// Share with the address before the last move, among children who have moved.
    stale_addresses: 0.08,
    /// Share without a postcode.
    postcode_missing: 0.015,
    /// Share with the first half of a postcode alone.
    postcode_partial: 0.006,
    /// Share with a ZZ99 code in place of a postcode.
    postcode_pseudo: 0.003,
    /// Share whose postcode is written without its space or in lower case.
    postcode_untidy: 0.12,
    /// Share that do not state the primary need.
    need_missing: 0.06,
    /// Share that do not say when the parent was told.
    parent_informed_missing: 0.05,
    /// Share in which the parent was told after the notice was sent.
    parent_informed_late: 0.03,
    /// Share of parents who object to sharing for services.
    objections: 0.02,
    /// Share of notices that lack something without which none can be loaded (category or opinion date).
    incomplete: 0.004,
    /// Share with words in a free-text cell that a spreadsheet would take for a formula.
    formula_text: 0.002,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rate_is_a_share() {
        for (name, rate) in Rates::default().all() {
            assert!((0.0..=1.0).contains(&rate), "{name}");
        }
    }
}
