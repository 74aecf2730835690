//! Reviews, and pregnancies that end in births.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{ToSpan, civil::Date};
use sendlink_tests::stated::is_valid;

use crate::{
    demo::{AS_AT, Demo, Link, NOTICES, OURS, Place, REVIEWS, Standing},
    pregnancies::pregnancies,
};

/// ASQ-3 cut-offs in the order communication, gross motor, fine motor, problem solving, personal-social, by the months
/// of the form (Ages & Stages Questionnaires, third edition, information summaries).
const CUT_OFFS: [(&str, [f64; 5]); 3] = [
    ("24", [25.17, 38.07, 35.16, 29.78, 31.54]),
    ("27", [24.02, 28.01, 18.42, 27.62, 25.31]),
    ("30", [33.30, 36.14, 19.25, 27.08, 32.01]),
];

/// Domains whose score lies below its cut-off.
fn below(asq3: &str) -> Option<usize> {
    let mut parts = asq3.split_whitespace();
    let months = parts.next()?;
    let (_, cut_offs) = CUT_OFFS
        .iter()
        .find(|(of, _)| *of == months)
        .unwrap_or_else(|| panic!("no cut-offs of {months} months"));
    let below = parts
        .zip(cut_offs)
        .filter(|(score, cut_off)| score.parse::<f64>().unwrap() < **cut_off);
    Some(below.count())
}

pub(crate) fn check_early(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Reviews and pregnancies");
    let links: BTreeMap<&Place, &Link> = demo
        .links
        .iter()
        .filter(|link| link.number == 0)
        .map(|link| (&link.place, link))
        .collect();
    let kinds = demo.kinds_of_children();
    let mut opinions: BTreeMap<&str, Date> = BTreeMap::new();
    for record in standing.iter().filter(|record| record.is(NOTICES)) {
        let first = opinions
            .entry(&links[&record.place()].child)
            .or_insert(record.day());
        *first = (*first).min(record.day());
    }
    let mut concerns_of_all: BTreeMap<&str, Date> = BTreeMap::new();
    for provider in ["N9V", "R9K", "all"] {
        let (mut reviews, mut matched) = (0, 0);
        let mut concerns: BTreeMap<&str, Date> = BTreeMap::new();
        for record in standing.iter().filter(|record| record.is(REVIEWS)) {
            let place = record.place();
            let said = &demo.said[&place];
            let has = |field: &str| !said[field].is_empty();
            let postcode = said["postcode"].replace(' ', "").to_uppercase();
            let is_placed = demo.authorities.contains_key(&postcode);
            let named = has("family_name") && has("given_name");
            let valid = demo.is_ours(&postcode, "")
                && (is_valid(&said["nhs_number"].replace(' ', ""))
                    || is_placed && has("birth_date") && (named || said["sex"] != "U"));
            if !valid || provider != "all" && record.0["provider"] != provider {
                continue;
            }
            let child = links[&place].child.as_str();
            reviews += 1;
            matched += u64::from(kinds[child].len() > 1);
            if record.day() + 90.days() <= AS_AT && below(&said["asq3"]).is_some_and(|below| below > 0) {
                let first = concerns.entry(child).or_insert(record.day());
                *first = (*first).min(record.day());
            }
        }
        let unnotified = concerns
            .iter()
            .filter(|(child, review)| {
                opinions
                    .get(*child)
                    .is_none_or(|opinion| **review + 90.days() < *opinion)
            })
            .count() as u64;
        assert_eq!(
            shown.number(provider, "Reviews"),
            Some(reviews),
            "reviews of {provider}"
        );
        assert_eq!(
            shown.number(provider, "Matched"),
            Some(matched),
            "matched of {provider}"
        );
        assert_eq!(
            shown.number(provider, "With concern"),
            Some(concerns.len() as u64),
            "reviews with concern of {provider}"
        );
        assert_eq!(
            shown.number(provider, "No notice"),
            Some(unnotified),
            "no notice of {provider}"
        );
        concerns_of_all.extend(concerns);
    }
    assert!(!concerns_of_all.is_empty());

    // Pregnancies of one mother whose due months are the same or neighbours are one.
    let own = demo.children_with_own_record();
    let mut linked: BTreeMap<Place, BTreeSet<&str>> = BTreeMap::new();
    for link in demo.links.iter().filter(|link| link.number > 0) {
        linked.entry(link.place.clone()).or_default().insert(&link.child);
    }
    let pregnancies = pregnancies(standing);
    for provider in ["R9H", "R9M", "all"] {
        let (mut expected, mut born) = (0, 0);
        for pregnancy in &pregnancies {
            let row = pregnancy.record.0;
            let is_of = provider == "all" || row["provider"] == provider;
            let due = pregnancy.record.day().last_of_month() + 84.days();
            let authority = demo
                .authorities
                .get(&row["postcode"].replace(' ', "").to_uppercase());
            let is_elsewhere = authority.is_some_and(|authority| authority != OURS);
            if !is_of || is_elsewhere || pregnancy.has_ended_without_child() || due > AS_AT {
                continue;
            }
            let found = linked.get(&pregnancy.record.place()).cloned().unwrap_or_default();
            let found = found.intersection(&own).count() as u64;
            expected += (pregnancy.fetuses - pregnancy.not_live).max(found);
            born += found;
        }
        assert_eq!(
            shown.number(provider, "Expected"),
            Some(expected),
            "expected of {provider}"
        );
        assert_eq!(
            shown.number(provider, "Found born"),
            Some(born),
            "born of {provider}"
        );
    }
}
