//! Sets of tables: which file is which table, what belongs to what, and what became of every row.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::{collections::BTreeMap, path::Path};

use identity::TestNumbers;
use jiff::civil::date;
use kit::{
    Class, Delivery, DeliveryFile, Field, FieldType, Incoming, Layout, Level, ReadError, Reading, Sink,
    Stopped, Table, rules,
    table_set::{Held, Seen, TableSet},
};
use records::{Finding, Outcome};

const KEY: FieldType = FieldType::Text { max: 10 };

static TABLES: &[Table] = &[
    Table {
        name: "parents",
        description: "",
        fields: &[Field::new("id", KEY, Level::Required, Class::Plain, "")],
    },
    Table {
        name: "children",
        description: "",
        fields: &[
            Field::new("parent", KEY, Level::Required, Class::Plain, ""),
            Field::new("says", KEY, Level::Optional, Class::Plain, ""),
        ],
    },
    Table {
        name: "cousins",
        description: "",
        fields: &[Field::new("parent", KEY, Level::Required, Class::Plain, "")],
    },
];

const LAYOUT: &str = r#"
kind = "two-year-review"
version = "1"
description = "Two tables that their headers tell apart and two that only their names do"
file = { format = "table-set", pattern = "{*,parents,children,cousins}.csv" }
[tables.parents]
required = true
recognised_by = ["Id"]
columns = { id = "Id" }
[tables.children]
recognised_by = ["Parent"]
named = ["child"]
columns = { parent = "Parent", says = "Says" }
[tables.cousins]
recognised_by = ["Parent"]
named = ["cousin"]
columns = { parent = "Parent" }
"#;

/// Rows by table: read, and by outcome; and the findings.
#[derive(Default)]
struct Kept {
    rows: BTreeMap<&'static str, u64>,
    outcomes: BTreeMap<(&'static str, Outcome), u64>,
    findings: Vec<Finding>,
}

impl Sink for Kept {
    fn record(&mut self, _: Incoming) -> Result<(), Stopped> {
        panic!("there are no records here")
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        *self.rows.entry(table).or_default() += rows;
    }

    fn rows_without_record(&mut self, table: &'static str, outcome: Outcome, rows: u64) {
        *self.outcomes.entry((table, outcome)).or_default() += rows;
    }
}

/// Reads files as parents and children: what each parent's children say, in order.
fn read(files: &[(&str, &str)]) -> (Kept, Result<Vec<String>, ReadError>) {
    let folder = tempfile::tempdir().unwrap();
    let delivery = delivery(folder.path(), files);
    let layout = Layout::parse("set", LAYOUT).unwrap();
    layout.check(TABLES).unwrap();
    let reading = Reading {
        layout: &layout,
        provider: "RAJ",
        as_at: date(2026, 5, 1),
        test_numbers: TestNumbers::Allowed,
    };
    let mut kept = Kept::default();
    let result = families(&delivery, &reading, &mut kept);
    (kept, result)
}

fn families(delivery: &Delivery, reading: &Reading<'_>, kept: &mut Kept) -> Result<Vec<String>, ReadError> {
    let mut set = TableSet::open(TABLES, delivery, reading, kept)?;
    let mut children: Held<String> = set.hold("children", "parent", kept, |values| values.text("says"))?;
    let mut families = Vec::new();
    let mut keys = Seen::default();
    set.each_row("parents", kept, |mut values, sink| {
        let key = keys.key(&mut values, "id");
        values.finish(sink)?;
        let Some(key) = key else {
            sink.rows_without_record("parents", Outcome::Quarantined, 1);
            return Ok(());
        };
        let mut counts = vec![("parents", 1)];
        let says: Vec<&str> = children
            .take(&key, &mut counts)
            .iter()
            .filter_map(|row| row.says.as_deref())
            .collect();
        families.push(format!("{key}: {}", says.join(" ")));
        for (table, rows) in counts {
            sink.rows_without_record(table, Outcome::OutOfScope, rows);
        }
        Ok(())
    })?;
    children.report_orphans(kept)?;
    set.finish(kept)?;
    Ok(families)
}

fn delivery(folder: &Path, files: &[(&str, &str)]) -> Delivery {
    let file = |(name, text): &(&str, &str)| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        DeliveryFile {
            label: (*name).to_owned(),
            name: (*name).to_owned(),
            bytes: text.len() as u64,
            path,
        }
    };
    Delivery {
        files: files.iter().map(file).collect(),
        received: date(2026, 5, 1).at(0, 0, 0, 0),
    }
}

fn ids(kept: &Kept) -> Vec<(&'static str, &str, Option<u64>)> {
    let id = |finding: &Finding| (finding.rule.id, finding.location.line);
    let mut ids: Vec<_> = kept
        .findings
        .iter()
        .map(|finding| (id(finding).0, finding.location.file.as_str(), id(finding).1))
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn children_find_their_parents_and_every_row_is_counted() {
    let (kept, families) = read(&[
        // Without a name of its own the header decides.
        ("1.csv", "Id\r\na\r\nb\r\na\r\n\"\"x\r\n"),
        (
            "children.csv",
            "Says,Parent\r\none,a\r\ntwo,c\r\nthree,a\r\n,b\r\nfour,\r\n",
        ),
        ("more children.csv", "Parent\r\nb\r\n"),
        ("cousins.csv", "Parent\r\na\r\nb\r\n"),
    ]);
    assert_eq!(families.unwrap(), ["a: one three", "b: "]);
    assert_eq!(
        ids(&kept),
        [
            // The second file of children has no column "Says".
            (rules::ABSENT_COLUMN.id, "more children.csv", None),
            (rules::TEXT_AFTER_QUOTE.id, "1.csv", Some(5)),
            (rules::DOUBLE_KEY.id, "1.csv", Some(4)),
            (rules::ORPHAN.id, "children.csv", Some(3)),
            (rules::ORPHAN.id, "children.csv", Some(6)),
        ]
    );
    assert_eq!(
        kept.rows,
        BTreeMap::from([("parents", 4), ("children", 6), ("cousins", 2)])
    );
    let outcome = |table, outcome| kept.outcomes.get(&(table, outcome)).copied().unwrap_or_default();
    assert_eq!(
        (
            outcome("parents", Outcome::OutOfScope),
            outcome("parents", Outcome::Quarantined)
        ),
        (2, 2)
    );
    assert_eq!(
        (
            outcome("children", Outcome::OutOfScope),
            outcome("children", Outcome::Quarantined)
        ),
        (4, 2)
    );
    // A table that nobody asks for.
    assert_eq!(outcome("cousins", Outcome::OutOfScope), 2);
}

#[test]
fn nobody_guesses_which_table_a_file_is() {
    let parents = ("parents.csv", "Id\r\na\r\n");
    for (name, header, known) in [
        ("the child list.csv", "Parent", true),
        ("COUSINS.CSV", "Parent", true),
        // Neither header nor name, and both names.
        ("list.csv", "Parent", false),
        ("list.csv", "Something", false),
        ("child and cousin.csv", "Parent", false),
        // The name alone, where no header is known.
        ("children.csv", "Something", true),
        ("children.txt", "Parent", false),
    ] {
        let text = format!("{header}\r\na\r\n");
        let (kept, result) = read(&[parents, (name, &text)]);
        let unknown = ids(&kept)
            .iter()
            .any(|(rule, ..)| *rule == rules::UNKNOWN_TABLE.id);
        assert_eq!(unknown, !known, "{name} {header}");
        if header == "Something" && known {
            // Known by its name, it lacks the column by which its rows belong to anything.
            assert!(
                matches!(result, Err(ReadError::Refused(finding)) if finding.rule.id == rules::MISSING_COLUMN.id)
            );
        } else {
            result.unwrap();
        }
    }
}

#[test]
fn a_set_without_a_table_that_it_needs_is_refused() {
    let (kept, result) = read(&[("children.csv", "Parent\r\na\r\n")]);
    assert!(matches!(result, Err(ReadError::Refused(finding)) if finding.rule.id == rules::MISSING_TABLE.id));
    assert_eq!(ids(&kept), [(rules::MISSING_TABLE.id, "parents", None)]);
}

#[test]
fn a_table_cut_off_from_its_parents_refuses_the_set() {
    let children = |lost: usize, kept: usize| {
        let mut text = "Parent\r\n".to_owned();
        text.extend(std::iter::repeat_n("z\r\n", lost));
        text.extend(std::iter::repeat_n("a\r\n", kept));
        text
    };
    // Nineteen are a few, whatever their share; twenty of more than two hundred are no tenth.
    for (lost, kept, refused) in [(19, 0, false), (20, 0, true), (20, 179, true), (20, 180, false)] {
        let text = children(lost, kept);
        let (_, result) = read(&[("parents.csv", "Id\r\na\r\n"), ("children.csv", &text)]);
        assert_eq!(result.is_err(), refused, "{lost} of {}", lost + kept);
    }
}
