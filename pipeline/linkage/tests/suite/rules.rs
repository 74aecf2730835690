//! Runs every example of `tests/rules.md`.

use std::collections::BTreeMap;

use sendlink_linkage::{
    Apart, Bar, Decisions, Entry, Link, Linkage, NumberEvidence, Settings, Supersession, Tier, link,
};

use crate::encoder::{Made, nhs_token, record_id, upn_token};

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
        let entries: Vec<Entry> = example.records.iter().map(entry).collect();
        let decisions = decisions(&example.decisions);
        let outcome = link(&entries, &decisions, &Settings::default(), &()).expect("a linkage");
        let mut reversed = entries.clone();
        reversed.reverse();
        let again = link(&reversed, &decisions, &Settings::default(), &()).expect("a linkage");
        if again.links != outcome.links {
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
    for (name, _) in BARS
        .iter()
        .map(|(n, b)| (n, format!("{b:?}")))
        .chain(NUMBERS.iter().map(|(n, e)| (n, format!("{e:?}"))))
    {
        assert!(said.iter().any(|cell| cell == name), "no example of {name}");
    }
}

const BARS: [(&str, Bar); 8] = [
    ("kept alone", Bar::Isolated),
    ("do not link", Bar::DoNotLink),
    ("two NHS numbers", Bar::NhsNumbersDiffer),
    ("two UPNs", Bar::UpnsDiffer),
    ("one source", Bar::SameSource),
    ("born after", Bar::BornAfterEvent),
    ("twins", Bar::Twins),
    ("birth dates", Bar::BirthDatesDiffer),
];

const NUMBERS: [(&str, NumberEvidence); 5] = [
    ("number unknown", NumberEvidence::Unknown),
    ("number inconclusive", NumberEvidence::Inconclusive),
    ("number conflict", NumberEvidence::Conflict),
    ("number of many", NumberEvidence::ManyBirthDates),
    ("mother's number", NumberEvidence::Mothers),
];

fn check(example: &Example, outcome: &Linkage, wrong: &mut Vec<String>) {
    let links: BTreeMap<_, &Link> = outcome.links.iter().map(|link| (link.record, link)).collect();
    let mut cluster_of_letter: BTreeMap<String, u32> = BTreeMap::new();
    let mut letter_of_cluster: BTreeMap<u32, String> = BTreeMap::new();
    for row in &example.records {
        let record = get(row, "record");
        let link = links[&record_id(&record)];
        let at = format!("{}, record {record}", example.title);

        let letter = get(row, "child");
        let cluster = *cluster_of_letter.entry(letter.clone()).or_insert(link.cluster);
        let known = letter_of_cluster
            .entry(link.cluster)
            .or_insert_with(|| letter.clone());
        if cluster != link.cluster || *known != letter {
            wrong.push(format!("{at}: is not child {letter} ({:?})", link));
        }
        if get(row, "tier") != link.tier.as_str() {
            wrong.push(format!(
                "{at}: expected tier {}, got {} ({} bits)",
                get(row, "tier"),
                link.tier,
                link.weight.bits()
            ));
        }
        let why = get(row, "why");
        let said = match (
            BARS.iter().find(|(name, _)| *name == why),
            NUMBERS.iter().find(|(name, _)| *name == why),
        ) {
            (Some((_, bar)), _) => link.evidence.bar == Some(*bar),
            (_, Some((_, number))) => link.evidence.nhs_number == *number,
            (None, None) if why.is_empty() => true,
            (None, None) if why == "confirmed" => link.evidence.confirmed,
            (None, None) => why.strip_suffix(" candidates") == Some(&link.evidence.candidates.to_string()),
        };
        if !said {
            wrong.push(format!("{at}: expected {why}, got {:?}", link.evidence));
        }
    }
}

fn entry(row: &Row) -> Entry {
    let (kind, source) = match get(row, "kind").split_once(' ') {
        None => (get(row, "kind"), None),
        Some((kind, source)) => (
            kind.to_owned(),
            Some(source.parse().expect("the number of a source")),
        ),
    };
    let kind = match kind.as_str() {
        "notice" => 1,
        "census" => 2,
        other => panic!("{other} is no kind"),
    };
    let (nhs_number, inconclusive) = match get(row, "NHS number").split_once(" status ") {
        None => (get(row, "NHS number"), false),
        Some((number, status)) => (number.to_owned(), ["04", "05"].contains(&status)),
    };
    let made = Made {
        nhs_number,
        inconclusive,
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
        event: get(row, "event"),
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
            other => panic!("{other} is no decision"),
        }
    }
    decisions
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
