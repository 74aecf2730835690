//! Match rates of Section 23 notices.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use sendlink_tests::stated::is_valid;

use crate::demo::{Demo, Link, NOTICES, Place, Standing};

/// A notice that stands, as the measures see it.
struct Notice<'a> {
    provider: &'a str,
    child: &'a str,
    person: &'a str,
    tier: &'a str,
    opinion: Date,
    /// When it was received, and what tells it from others.
    order: (Date, String),
    valid: bool,
    objection: bool,
}

/// The day on which compulsory school age begins: the last of December, March or August on or after the fifth
/// birthday (Education (Start of Compulsory School Age) Order 1998).
fn school_age(birth: Date) -> Date {
    let fifth = birth + 5.years();
    let year = fifth.year();
    [date(year, 3, 31), date(year, 8, 31), date(year, 12, 31)]
        .into_iter()
        .find(|day| fifth <= *day)
        .expect("a day of the year")
}

/// The notices that stand, each judged by the definition of a valid notice.
fn judged<'a>(demo: &'a Demo, standing: &[Standing<'a>]) -> Vec<Notice<'a>> {
    let child_of: BTreeMap<&Place, &Link> = demo
        .links
        .iter()
        .filter(|link| link.kind == NOTICES)
        .map(|link| (&link.place, link))
        .collect();
    // A notice was received when the first of its versions was.
    let mut received: BTreeMap<(&str, &str), &str> = BTreeMap::new();
    for said in demo
        .said
        .values()
        .filter(|said| said.contains_key("notification_id"))
    {
        let first = received
            .entry((&said["feed"], &said["notification_id"]))
            .or_insert(&said["received_at"]);
        *first = (*first).min(said["received_at"].as_str());
    }
    standing
        .iter()
        .filter(|record| record.is(NOTICES))
        .map(|record| {
            let place = record.place();
            let said = &demo.said[&place];
            let link = child_of[&place];
            let birth: Option<Date> = said["birth_date"].parse().ok();
            let sent: Date = said["sent_at"][..10].parse().unwrap();
            let number = said["nhs_number"].replace(' ', "");
            let postcode = said["postcode"].replace(' ', "");
            let described = ["family_name", "given_name", "birth_date"]
                .iter()
                .all(|field| !said[*field].is_empty())
                && demo.authorities.contains_key(&postcode.to_uppercase());
            let valid = birth.is_some_and(|birth| sent < school_age(birth))
                && demo.is_ours(&postcode, &said["la_gss"])
                && (is_valid(&number) || described)
                && !said["primary_need"].is_empty()
                && !said["parent_informed_date"].is_empty();
            Notice {
                provider: &record.0["provider"],
                child: &link.child,
                person: &record.0["person"],
                tier: &link.tier,
                opinion: record.day(),
                order: (
                    received[&(said["feed"].as_str(), said["notification_id"].as_str())][..10]
                        .parse()
                        .unwrap(),
                    format!("{place:?}"),
                ),
                valid,
                objection: said["parent_objection"] == "Y",
            }
        })
        .collect()
}

/// The places of the notices that count: of several of a child by one body within a month of the first, one with an
/// objection, else a valid one, else the first.
fn counting(notices: &[Notice<'_>], of: fn(&Notice<'_>) -> String) -> Vec<usize> {
    let mut groups: BTreeMap<(String, &str), Vec<usize>> = BTreeMap::new();
    for (at, notice) in notices.iter().enumerate() {
        groups.entry((of(notice), notice.provider)).or_default().push(at);
    }
    let mut counting = Vec::new();
    for mut group in groups.into_values() {
        group.sort_by_key(|at| (notices[*at].opinion, notices[*at].order.clone()));
        while let Some(first) = group.first().copied() {
            let last = notices[first].opinion + 31.days();
            let (together, after): (Vec<usize>, Vec<usize>) =
                group.into_iter().partition(|at| notices[*at].opinion <= last);
            counting.extend(
                together
                    .into_iter()
                    .min_by_key(|at| (!notices[*at].objection, !notices[*at].valid)),
            );
            group = after;
        }
    }
    counting
}

pub(crate) fn check_notices(demo: &Demo, standing: &[Standing<'_>]) {
    let shown = demo.shown("Match rates of Section 23 notices");
    let kinds = demo.kinds_of_children();
    let notices = judged(demo, standing);
    let by_child = counting(&notices, |notice| notice.child.to_owned());
    let by_person = counting(&notices, |notice| notice.person.to_owned());
    assert!(
        by_child.len().abs_diff(by_person.len()) <= 2,
        "{} notices, by the truth {}",
        by_child.len(),
        by_person.len()
    );
    let rates = demo
        .area
        .run(&["match-rates", "--format", "json"])
        .expect(0)
        .rows();
    let mut true_kinds: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for record in standing {
        true_kinds
            .entry(&record.0["person"])
            .or_default()
            .insert(&record.0["kind"]);
    }
    let providers: BTreeSet<&str> = notices.iter().map(|notice| notice.provider).collect();
    for provider in providers.into_iter().chain(["all"]) {
        let of_provider: Vec<&Notice<'_>> = by_child
            .iter()
            .map(|at| &notices[*at])
            .filter(|notice| provider == "all" || notice.provider == provider)
            .collect();
        let number = |column: &str| {
            let number = shown.number(provider, column);
            number.unwrap_or_else(|| panic!("no {column} of {provider}"))
        };
        assert_eq!(
            number("Notices"),
            of_provider.len() as u64,
            "notices of {provider}"
        );
        let valid: Vec<&&Notice<'_>> = of_provider.iter().filter(|notice| notice.valid).collect();
        assert_eq!(number("Valid"), valid.len() as u64, "valid notices of {provider}");
        let eligible: Vec<&&&Notice<'_>> = valid.iter().filter(|notice| !notice.objection).collect();
        let is_matched = |notice: &&&&&Notice<'_>| kinds[notice.child].len() > 1;
        let matched: Vec<_> = eligible.iter().filter(is_matched).collect();
        assert_eq!(
            number("Matched"),
            matched.len() as u64,
            "matched notices of {provider}"
        );
        let rate = format!("{:.1}%", 100.0 * matched.len() as f64 / eligible.len() as f64);
        let row = shown.rows.iter().find(|row| row[0] == provider).unwrap();
        assert_eq!(row[4], rate, "rate of {provider}");
        for tier in ["T1", "T2", "T3", "T4"] {
            let of_tier = matched.iter().filter(|notice| notice.tier == tier).count();
            assert_eq!(number(tier), of_tier as u64, "{tier} of {provider}");
        }
        let to_find = eligible
            .iter()
            .filter(|notice| true_kinds[notice.person].len() > 1)
            .count();
        println!("{provider}: {} notices matched, {to_find} to find", matched.len());

        // What is shown beyond the overview.
        let messages: Vec<&Notice<'_>> = notices
            .iter()
            .filter(|notice| provider == "all" || notice.provider == provider)
            .collect();
        let repeated = messages.len() - of_provider.len();
        let late = of_provider
            .iter()
            .filter(|notice| notice.opinion + 28.days() < notice.order.0)
            .count();
        let taken_back = demo
            .last_versions()
            .iter()
            .filter(|(feed, _, row)| {
                let body = feed.strip_prefix("s23-").map(str::to_uppercase);
                row.is_none() && body.is_some_and(|body| provider == "all" || body == provider)
            })
            .count();
        for (measure, count, out_of) in [
            ("N01", of_provider.len(), None),
            ("N01w", taken_back, None),
            ("N02", valid.len(), Some(of_provider.len())),
            ("N03", repeated, Some(messages.len())),
            ("N04", late, Some(of_provider.len())),
            ("N05", matched.len(), Some(eligible.len())),
        ] {
            let rate = rates
                .iter()
                .find(|rate| {
                    let whose = rate["provider"].as_str().unwrap_or("all");
                    let whole = ["feed", "area", "month", "tier", "reason"];
                    rate["measure"] == measure
                        && whose == provider
                        && whole.iter().all(|part| rate[*part].is_null())
                })
                .unwrap_or_else(|| panic!("no {measure} of {provider}"));
            assert_eq!(rate["numerator"], count, "{measure} of {provider}: {rate}");
            let out_of = out_of.map_or(serde_json::Value::Null, |out_of| out_of.into());
            assert_eq!(rate["denominator"], out_of, "{measure} of {provider}: {rate}");
        }
        // A child of whom only a notification of the pregnancy is known besides is found by its mother's number.
        assert!(matched.len() * 10 >= to_find * 8, "{provider}");
    }
}
