//! Files that have moved away from their layout: columns added, removed, renamed, put in another order and filled
//! otherwise, new codes, a new year's header. Under each contract the outcome is written in a table, and is never a
//! guess that nobody hears of.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use kit::{Contract, Delivery, DeliveryFile, Layout, Mode};
use sendlink_tests::corpus::{Form, data, layout, read, reading::AS_AT, toml_file};
use serde::Deserialize;

const TABLES: [&str; 5] = ["notices", "census", "return", "reviews", "pregnancies"];

/// One table of cases.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Drift {
    /// The folder of the corpus whose layout and sound files these are.
    folder: String,
    /// The file that is changed, under the name that it comes with.
    file: String,
    /// Where its sound text lies, if not in the folder that the form names.
    sound: Option<String>,
    /// What "all" stands for.
    all: String,
    #[serde(rename = "case")]
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Added, removed, renamed, reordered, retyped, new code, new header.
    what: String,
    /// The case in words.
    says: String,
    change: Vec<Change>,
    #[serde(rename = "refuse-delivery")]
    refuse_delivery: Vec<String>,
    #[serde(rename = "quarantine-row")]
    quarantine_row: Vec<String>,
    #[serde(rename = "blank-value")]
    blank_value: Vec<String>,
    accept: Vec<String>,
}

impl Case {
    /// The outcome under each contract.
    fn outcomes(&self) -> [(Mode, &[String]); 4] {
        [
            (Mode::RefuseDelivery, &self.refuse_delivery),
            (Mode::QuarantineRow, &self.quarantine_row),
            (Mode::BlankValue, &self.blank_value),
            (Mode::Accept, &self.accept),
        ]
    }
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Change {
    /// A column more, with these cells.
    Add {
        add: String,
        at: Option<usize>,
        cells: Vec<String>,
    },
    Remove {
        remove: String,
    },
    Rename {
        rename: String,
        to: String,
    },
    /// "reversed" or "rotated".
    Order {
        order: String,
    },
    /// Other cells in a column; a blank one stays as it is.
    Set {
        set: String,
        cells: Vec<String>,
    },
    /// "none".
    Header {
        header: String,
    },
    /// The layout learns something.
    Layout {
        layout: String,
        to: String,
    },
    /// Another text in a document.
    Replace {
        replace: String,
        with: String,
    },
    /// A file more.
    File {
        file: String,
        text: String,
    },
}

fn tables() -> impl Iterator<Item = (&'static str, Drift)> {
    TABLES.into_iter().map(|name| {
        (
            name,
            toml_file(&data().join("drift").join(format!("{name}.toml"))),
        )
    })
}

type Rows = Vec<Vec<String>>;

fn parse(text: &str) -> Rows {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(text.as_bytes())
        .records()
        .map(|row| row.expect("a row").iter().map(str::to_owned).collect())
        .collect()
}

fn write(rows: &Rows) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).expect("written");
    }
    String::from_utf8(writer.into_inner().expect("written")).expect("text")
}

fn column(rows: &Rows, name: &str) -> usize {
    let found = rows[0].iter().position(|header| header == name);
    found.unwrap_or_else(|| panic!("no column {name}"))
}

impl Change {
    /// Changes the rows of a table.
    fn apply(&self, rows: &mut Rows) {
        match self {
            Change::Add { add, at, cells } => {
                let at = at.unwrap_or(rows[0].len());
                let cells = std::iter::once(add).chain(cells);
                for (row, cell) in rows.iter_mut().zip(cells) {
                    row.insert(at, cell.clone());
                }
            }
            Change::Remove { remove } => {
                let at = column(rows, remove);
                for row in rows.iter_mut() {
                    row.remove(at);
                }
            }
            Change::Rename { rename, to } => {
                let at = column(rows, rename);
                rows[0][at].clone_from(to);
            }
            Change::Order { order } => {
                for row in rows.iter_mut() {
                    match order.as_str() {
                        "reversed" => row.reverse(),
                        "rotated" => row.rotate_left(7),
                        other => panic!("{other} is no order"),
                    }
                }
            }
            Change::Set { set, cells } => {
                let at = column(rows, set);
                for (row, cell) in rows.iter_mut().skip(1).zip(cells) {
                    if !cell.is_empty() {
                        row[at].clone_from(cell);
                    }
                }
            }
            Change::Header { header } => {
                assert_eq!(header, "none");
                rows.remove(0);
            }
            Change::Layout { .. } | Change::Replace { .. } | Change::File { .. } => {}
        }
    }
}

/// The layout and the files of a case.
fn prepare(drift: &Drift, case: &Case, folder: &std::path::Path) -> (Layout, Form, Delivery) {
    let corpus = data().join(&drift.folder);
    let form: Form = toml_file(&corpus.join("form.toml"));
    let in_layout: Vec<(String, String)> = case
        .change
        .iter()
        .filter_map(|change| match change {
            Change::Layout { layout, to } => Some((layout.clone(), to.clone())),
            _ => None,
        })
        .collect();
    let layout = layout(&form.layout, &corpus, &in_layout);
    let mut texts = BTreeMap::new();
    match (&drift.sound, &form.sound) {
        (Some(sound), _) => drop(texts.insert(
            drift.file.clone(),
            fs::read_to_string(corpus.join(sound)).unwrap(),
        )),
        (None, Some(sound)) => {
            for entry in fs::read_dir(corpus.join(sound)).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                texts.insert(name, fs::read_to_string(path).unwrap());
            }
        }
        (None, None) => panic!("{} has no sound files", drift.folder),
    }
    for change in &case.change {
        let text = texts.get_mut(&drift.file).expect("the file that is changed");
        match change {
            Change::Replace { replace, with } => {
                assert!(text.contains(replace.as_str()), "{replace}");
                *text = text.replace(replace.as_str(), with);
            }
            Change::File { file, text } => drop(texts.insert(file.clone(), text.clone())),
            Change::Layout { .. } => {}
            other => {
                let mut rows = parse(text);
                other.apply(&mut rows);
                *text = write(&rows);
            }
        }
    }
    let files = texts
        .into_iter()
        .zip(1..)
        .map(|((name, text), number)| {
            let path = folder.join(&name);
            fs::write(&path, &text).expect("written");
            DeliveryFile {
                label: layout.file.label(&name, number, &[&form.provider]),
                bytes: text.len() as u64,
                name,
                path,
            }
        })
        .collect();
    let delivery = Delivery {
        files,
        received: AS_AT.at(6, 0, 0, 0),
    };
    (layout, form, delivery)
}

/// A finding of [`reading::line_of`] as the tables have it: without its file and header.
fn short(line: &str) -> String {
    let (_, place) = line.split_once(" line ").expect("a line");
    let (line, place) = place.split_once(" column ").expect("a column");
    let (column, rest) = place.split_once(" header ").expect("a header");
    let (_, rule) = rest.rsplit_once(": ").expect("a rule");
    format!("{line} {column} {}", rule.strip_suffix(" x1").unwrap_or(rule))
}

#[test]
fn every_contract_does_what_it_says_with_what_has_changed() {
    let mut wrong = Vec::new();
    for (table, drift) in tables() {
        for case in &drift.cases {
            for (mode, outcome) in case.outcomes() {
                let name = mode.as_str();
                let [loads, findings @ ..] = outcome else {
                    panic!("{}: {name} has no outcome", case.says);
                };
                let folder = tempfile::tempdir().unwrap();
                let (mut layout, form, delivery) = prepare(&drift, case, folder.path());
                layout.contract = Contract {
                    unknown_column: mode,
                    unknown_code: mode,
                    bad_value: mode,
                };
                let outcome = read(&delivery, &layout, &form.provider, false);
                let loaded = if outcome.refused {
                    "refused".to_owned()
                } else {
                    let loaded: Vec<String> =
                        outcome.loaded.iter().map(|name| name.replace(' ', "_")).collect();
                    match loaded.join(" ") {
                        none if none.is_empty() => "none".to_owned(),
                        all if all == drift.all => "all".to_owned(),
                        some => some,
                    }
                };
                let mut made: Vec<String> = outcome.findings.iter().map(|line| short(line)).collect();
                made.sort();
                let mut expected = findings.to_vec();
                expected.sort();
                if (loads, &expected) != (&loaded, &made) {
                    wrong.push(format!(
                        "{table}, {}: {} ({name})\n  must {loads} {expected:#?}\n  does {loaded} {made:#?}",
                        case.what, case.says
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} outcomes differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_way_to_change_is_tried_and_none_goes_unheard() {
    let mut kinds = BTreeSet::new();
    let mut cases = 0;
    for (_, drift) in tables() {
        for case in &drift.cases {
            cases += 1;
            kinds.insert(case.what.clone());
            // What loads as if nothing had changed must be what reads the same: a column found under another of its
            // names or in another place, a column that nobody reads, or a code that the layout has learnt.
            let harmless = [
                "reordered",
                "renamed",
                "removed",
                "added",
                "new code",
                "new header",
            ];
            let silent = case.outcomes().iter().all(|(_, outcome)| *outcome == ["all"]);
            assert!(!silent || harmless.contains(&case.what.as_str()), "{}", case.says);
        }
    }
    assert!(cases >= 40, "{cases} cases");
    let all = [
        "added",
        "new code",
        "new header",
        "removed",
        "renamed",
        "reordered",
        "retyped",
    ];
    assert!(all.iter().all(|kind| kinds.contains(*kind)), "{kinds:?}");
}
