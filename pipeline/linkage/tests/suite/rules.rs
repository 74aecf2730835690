//! Runs every example of `tests/rules.md`.

use std::collections::{BTreeMap, BTreeSet};

use sendlink_linkage::{
    Apart, Bar, Decisions, DigestOf, Entry, Evidence, Link, Linkage, MotherEvidence, NumberEvidence,
    PregnancyState, RecordId, Settings, Supersession, Tier, link,
};

use crate::encoder::{Made, Notified, day_number, nhs_token, record_id, upn_token};

const RULES: &str = include_str!("../rules.md");

/// One table of records under a heading, with the decisions above it.
struct Example {
    title: String,
    decisions: Vec<Row>,
    records: Vec<Row>,
}

type Row = BTreeMap<String, String>;

#[test]
fn every_example_comes_out_as_pictured() {
    let examples = examples();
    assert!(
        examples.len() >= 30,
        "only {} examples were found",
        examples.len()
    );
    let mut wrong = Vec::new();
    for example in &examples {
        let salt = salt(&example.decisions);
        let entries: Vec<Entry> = example.records.iter().map(|row| entry(row, salt)).collect();
        let decisions = decisions(&example.decisions);
        let settings = settings(&example.decisions);
        let outcome = link(&entries, &decisions, &settings, &()).expect("a linkage");
        let mut reversed = entries.clone();
        reversed.reverse();
        let again = link(&reversed, &decisions, &settings, &()).expect("a linkage");
        if again.links != outcome.links || again.pregnancies != outcome.pregnancies {
            wrong.push(format!("{}: depends on the order of the records", example.title));
        }
        check(example, &outcome, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_tier_and_every_bar_has_an_example() {
    let said: Vec<String> = examples()
        .iter()
        .flat_map(|example| &example.records)
        .flat_map(|row| [get(row, "tier"), get(row, "why")])
        .collect();
    for tier in Tier::ALL {
        assert!(
            said.iter().any(|cell| cell == tier.as_str()),
            "no example of {tier}"
        );
    }
    let bars = BARS.iter().map(|(name, _)| *name);
    let numbers = NUMBERS.iter().map(|(name, _)| *name);
    for name in bars.chain(numbers).chain(STATES.iter().map(|(name, _)| *name)) {
        assert!(
            said.iter().any(|cell| cell.split(", ").next() == Some(name)),
            "no example of {name}"
        );
    }
}

const BARS: [(&str, Bar); 9] = [
    ("kept alone", Bar::Isolated),
    ("do not link", Bar::DoNotLink),
    ("two NHS numbers", Bar::NhsNumbersDiffer),
    ("two digests", Bar::DigestsDiffer),
    ("two UPNs", Bar::UpnsDiffer),
    ("one source", Bar::SameSource),
    ("born after", Bar::BornAfterEvent),
    ("twins", Bar::Twins),
    ("birth dates", Bar::BirthDatesDiffer),
];

const NUMBERS: [(&str, NumberEvidence); 6] = [
    ("number unknown", NumberEvidence::Unknown),
    ("number known", NumberEvidence::Known),
    ("number inconclusive", NumberEvidence::Inconclusive),
    ("number conflict", NumberEvidence::Conflict),
    ("number of many", NumberEvidence::ManyBirthDates),
    ("mother's number", NumberEvidence::Mothers),
];

const STATES: [(&str, PregnancyState); 5] = [
    ("born", PregnancyState::Born),
    ("expected", PregnancyState::Expected),
    ("ended", PregnancyState::Ended),
    ("silent", PregnancyState::Silent),
    ("another birth", PregnancyState::OtherBirth),
];

fn check(example: &Example, outcome: &Linkage, wrong: &mut Vec<String>) {
    let mut links: BTreeMap<RecordId, Vec<&Link>> = BTreeMap::new();
    for link in &outcome.links {
        links.entry(link.subject.record).or_default().push(link);
    }
    let mut cluster_of_letter: BTreeMap<String, u32> = BTreeMap::new();
    // Records about children first: which child an expected one became is seen from these.
    let (notified, told): (Vec<&Row>, Vec<&Row>) = example
        .records
        .iter()
        .partition(|row| get(row, "kind") == "notification");
    for row in told.into_iter().chain(notified) {
        let record = get(row, "record");
        let links = links.remove(&record_id(&record)).unwrap_or_default();
        let at = format!("{}, record {record}", example.title);

        let cell = get(row, "child");
        let letters: Vec<&str> = cell.split_whitespace().filter(|letter| *letter != "-").collect();
        let mut clusters: BTreeSet<u32> = links.iter().map(|link| link.cluster).collect();
        for letter in &letters {
            if let Some(cluster) = cluster_of_letter.get(*letter)
                && !clusters.remove(cluster)
            {
                wrong.push(format!("{at}: is not child {letter}: {links:?}"));
            }
        }
        let unknown = letters
            .iter()
            .filter(|letter| !cluster_of_letter.contains_key(**letter));
        for letter in unknown.copied().collect::<Vec<_>>() {
            let known: Vec<u32> = cluster_of_letter.values().copied().collect();
            match clusters.iter().find(|cluster| !known.contains(cluster)).copied() {
                Some(cluster) => {
                    clusters.remove(&cluster);
                    cluster_of_letter.insert(letter.to_owned(), cluster);
                }
                None => wrong.push(format!("{at}: there is no new child {letter}: {links:?}")),
            }
        }
        if !clusters.is_empty() || links.len() != letters.len() {
            wrong.push(format!("{at}: has other children than {letters:?}: {links:?}"));
        }

        let (tier, why) = (get(row, "tier"), get(row, "why"));
        for link in &links {
            if tier != link.tier.as_str() {
                wrong.push(format!(
                    "{at}: expected tier {tier}, got {} ({} bits) {:?}",
                    link.tier,
                    link.weight.bits(),
                    link.evidence
                ));
            }
            if !is_said(&why, &link.evidence) {
                wrong.push(format!("{at}: expected {why}, got {:?}", link.evidence));
            }
        }
        if let Some(pregnancy) = outcome
            .pregnancies
            .iter()
            .find(|p| p.record == record_id(&record))
        {
            let evidence = Evidence {
                pregnancy: Some(pregnancy.evidence),
                ..Evidence::default()
            };
            if links.is_empty() && !is_said(&why, &evidence) {
                wrong.push(format!("{at}: expected {why}, got {:?}", pregnancy.evidence));
            }
        }
    }
}

fn is_said(why: &str, evidence: &Evidence) -> bool {
    let (state, mother) = match why.split_once(", ") {
        Some((state, mother)) => (state, Some(mother)),
        None => (why, None),
    };
    if let (Some((_, state)), Some(pregnancy)) =
        (STATES.iter().find(|(name, _)| *name == state), evidence.pregnancy)
    {
        let mother_is_said = match mother {
            None => true,
            Some("no mother") => pregnancy.mother == MotherEvidence::Absent,
            Some("mother's names") => pregnancy.mother == MotherEvidence::Names,
            Some("no due date") => !pregnancy.due_day,
            Some(other) => panic!("{other} is nothing to say of a pregnancy"),
        };
        return pregnancy.state == *state && mother_is_said;
    }
    match (
        BARS.iter().find(|(name, _)| *name == why),
        NUMBERS.iter().find(|(name, _)| *name == why),
    ) {
        (Some((_, bar)), _) => evidence.bar == Some(*bar),
        (_, Some((_, number))) => evidence.nhs_number == *number,
        (None, None) if why.is_empty() => true,
        (None, None) if why == "confirmed" => evidence.confirmed,
        (None, None) => why.strip_suffix(" candidates") == Some(&evidence.candidates.to_string()),
    }
}

fn entry(row: &Row, salt: Option<DigestOf>) -> Entry {
    let (kind, source) = match get(row, "kind").split_once(' ') {
        None => (get(row, "kind"), None),
        Some((kind, source)) => (
            kind.to_owned(),
            Some(source.parse().expect("the number of a source")),
        ),
    };
    let pregnancy = (kind == "notification").then(|| Notified {
        due: get(row, "due"),
        birth: get(row, "birth day"),
        fetuses: get(row, "fetuses").parse().unwrap_or(1),
        ended: get(row, "ended") == "yes",
    });
    let childless = kind == "stillbirth";
    let kind = match kind.as_str() {
        "notification" | "birth" | "stillbirth" => 0,
        "notice" => 1,
        "census" => 2,
        "review" => 3,
        other => panic!("{other} is no kind"),
    };
    let (nhs_number, inconclusive) = match get(row, "NHS number").split_once(" status ") {
        None => (
            get(row, "NHS number"),
            ["04", "05"].contains(&get(row, "status").as_str()),
        ),
        Some((number, status)) => (number.to_owned(), ["04", "05"].contains(&status)),
    };
    let made = Made {
        nhs_number,
        inconclusive,
        digest: get(row, "digest"),
        salt,
        upn: get(row, "UPN"),
        former_upn: get(row, "former UPN"),
        forename: get(row, "forename"),
        other_forename: get(row, "preferred"),
        surname: get(row, "surname"),
        former_surname: get(row, "former surname"),
        born: get(row, "born"),
        postcode: get(row, "postcode"),
        other_postcode: get(row, "former postcode"),
        sex: get(row, "sex"),
        mother: get(row, "mother"),
        mothers_digest: get(row, "mother's digest"),
        mothers_names: get(row, "mother's names"),
        event: get(row, "event"),
        born_of: get(row, "born of"),
        pregnancy,
        childless,
    };
    made.entry(&get(row, "record"), kind, source)
}

fn decisions(rows: &[Row]) -> Decisions {
    let mut decisions = Decisions::default();
    let token = |cell: &str| match cell.split_once(' ') {
        Some(("NHS", number)) => nhs_token(number),
        Some(("UPN", upn)) => upn_token(upn),
        _ => panic!("{cell} is no identifier"),
    };
    for row in rows {
        let (a, b) = (get(row, "one"), get(row, "other"));
        match get(row, "decision").as_str() {
            "records apart" => decisions.apart.push(Apart::Records(record_id(&a), record_id(&b))),
            "persons apart" => decisions.apart.push(Apart::Persons(token(&a), token(&b))),
            "alone" => decisions.isolated.push(token(&a)),
            "superseded by" => decisions.superseded.push(Supersession {
                former: token(&a),
                current: token(&b),
            }),
            "same" => decisions.same.push((record_id(&a), record_id(&b))),
            "tonight" | "salt" => (),
            other => panic!("{other} is no decision"),
        }
    }
    decisions
}

/// The day that the example is about, where it says so.
fn settings(rows: &[Row]) -> Settings {
    let tonight = rows.iter().find(|row| get(row, "decision") == "tonight");
    let mut settings = Settings::default();
    if let Some(row) = tonight {
        settings.as_at_day = day_number(&get(row, "one"));
    }
    settings
}

/// What digests are made of in the example, where the area holds the salt.
fn salt(rows: &[Row]) -> Option<DigestOf> {
    let row = rows.iter().find(|row| get(row, "decision") == "salt")?;
    Some(match get(row, "one").as_str() {
        "NHS number" => DigestOf::NhsNumber,
        "NHS number and birth date" => DigestOf::NhsNumberAndBirthDate,
        other => panic!("{other} is nothing that digests are made of"),
    })
}

/// Reads the examples: after a heading, tables whose first column is `decision` or `record`.
fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    let mut title = "";
    let mut decisions = Vec::new();
    let mut table: Vec<&str> = Vec::new();
    for line in RULES.lines().chain([""]) {
        if line.starts_with('|') {
            table.push(line);
            continue;
        }
        if let Some((header, rows)) = table.split_first() {
            let header = cells(header);
            let rows: Vec<Row> = rows.iter().skip(1).map(|row| row_of(&header, row)).collect();
            match header.first().map(String::as_str) {
                Some("decision") => decisions = rows,
                Some("record") => {
                    let decisions = std::mem::take(&mut decisions);
                    examples.push(Example {
                        title: title.to_owned(),
                        decisions,
                        records: rows,
                    });
                }
                _ => (),
            }
            table.clear();
        }
        if let Some(heading) = line.strip_prefix("### ") {
            title = heading;
        }
    }
    examples
}

fn row_of(header: &[String], row: &str) -> Row {
    let cells = cells(row);
    assert_eq!(header.len(), cells.len(), "as many cells as headings: {row}");
    header.iter().cloned().zip(cells).collect()
}

fn cells(row: &str) -> Vec<String> {
    row.trim()
        .trim_matches('|')
        .split('|')
        .map(|cell| cell.trim().to_owned())
        .collect()
}

fn get(row: &Row, column: &str) -> String {
    row.get(column).cloned().unwrap_or_default()
}
