//! The file `link.toml`: which files are linked, by which columns, and what is written.
//!
//! Unknown keys are refused with line and column, and so is what cannot be meant. Relative paths start at the file's
//! own folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt, fs,
    path::{Path, PathBuf},
};

use linkage::{
    Weight,
    engine::{ColumnKind, TableSettings},
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use toml::Spanned;

use crate::exit::{Exit, Failure};

/// What is to be linked, and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// One file, or two.
    pub inputs: Vec<Input>,
    /// The columns, in the order of the file.
    pub columns: Vec<PlannedColumn>,
    /// How to link.
    pub settings: TableSettings,
    /// What to write.
    pub outputs: Outputs,
}

/// A file of rows.
#[derive(Clone, Debug)]
pub struct Input {
    /// The file's name without its extension.
    pub name: String,
    /// The file.
    pub path: PathBuf,
    /// The heading of the column with the rows' ids.
    pub id: String,
}

/// A column that is compared.
#[derive(Clone, Debug)]
pub struct PlannedColumn {
    /// What it is called in what is written.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// The column whose values may have been exchanged with its own, by position.
    pub same_as: Option<usize>,
    /// Its heading in each input.
    pub headings: Vec<String>,
}

/// Where things are written; what has no place is not written.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// The accepted links.
    pub pairs: Option<PathBuf>,
    /// Of each row its cluster.
    pub clusters: Option<PathBuf>,
    /// What agreement is worth.
    pub model: Option<PathBuf>,
    /// The same as a settings file of Splink.
    pub splink: Option<PathBuf>,
    /// The page for people.
    pub report: Option<PathBuf>,
    /// How the links compare with the truth, where one is given.
    pub evaluation: PathBuf,
}

impl Plan {
    /// Reads and checks a plan.
    ///
    /// # Errors
    /// Exit code 78 with every fault that can be seen in the file itself.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let refused = |what: String| Failure::new(Exit::Config, format!("{shown}{what}"));
        let text = fs::read_to_string(path)
            .map_err(|error| refused(format!(" cannot be read: {error}. Give another with -c FILE.")))?;
        let written: Written = toml::from_str(&text).map_err(|error| refused(format!(": {error}")))?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        let mut faults = Faults {
            text: &text,
            found: Vec::new(),
        };
        let plan = written.plan(&folder, &mut faults);
        if faults.found.is_empty() {
            Ok(plan)
        } else {
            Err(refused(format!(":\n  {}", faults.found.join("\n  "))))
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "input")]
    inputs: Vec<Spanned<WrittenInput>>,
    #[serde(default)]
    columns: BTreeMap<String, Spanned<WrittenColumn>>,
    #[serde(default)]
    link: WrittenLink,
    #[serde(default)]
    output: WrittenOutput,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenInput {
    file: PathBuf,
    id: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLink {
    threshold: Option<Spanned<f64>>,
    one_to_one: Option<Spanned<bool>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOutput {
    pairs: Option<PathBuf>,
    clusters: Option<PathBuf>,
    model: Option<PathBuf>,
    splink: Option<PathBuf>,
    report: Option<PathBuf>,
    evaluation: Option<PathBuf>,
}

/// `"name"`, or a table that says more.
#[derive(Debug)]
struct WrittenColumn(ColumnTable);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnTable {
    kind: Kind,
    same_as: Option<Spanned<String>>,
    columns: Option<Spanned<Headings>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Headings {
    left: String,
    right: String,
}

#[derive(Debug)]
struct Kind(ColumnKind);

const KINDS: [ColumnKind; 5] = [
    ColumnKind::Name,
    ColumnKind::Date,
    ColumnKind::Postcode,
    ColumnKind::Code,
    ColumnKind::Text,
];

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word = String::deserialize(deserializer)?;
        kind_of(&word)
    }
}

fn kind_of<E: serde::de::Error>(word: &str) -> Result<Kind, E> {
    KINDS
        .into_iter()
        .find(|kind| kind.as_str() == word)
        .map(Kind)
        .ok_or_else(|| {
            E::custom(format!(
                "`{word}` is no kind of column: name, date, postcode, code or text"
            ))
        })
}

impl<'de> Deserialize<'de> for WrittenColumn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KindOrTable;

        impl<'de> Visitor<'de> for KindOrTable {
            type Value = WrittenColumn;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a kind of column, or a table with `kind`")
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<WrittenColumn, E> {
                Ok(WrittenColumn(ColumnTable {
                    kind: kind_of(word)?,
                    same_as: None,
                    columns: None,
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<WrittenColumn, A::Error> {
                ColumnTable::deserialize(MapAccessDeserializer::new(map)).map(WrittenColumn)
            }
        }

        deserializer.deserialize_any(KindOrTable)
    }
}

/// What is wrong, each with its place.
struct Faults<'a> {
    text: &'a str,
    found: Vec<String>,
}

impl Faults<'_> {
    fn add(&mut self, what: impl fmt::Display) {
        self.found.push(what.to_string());
    }

    /// A fault at an offset of the file.
    fn at(&mut self, offset: usize, what: impl fmt::Display) {
        let before = self.text.get(..offset).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        self.found.push(format!("line {line}, column {column}: {what}"));
    }
}

impl Written {
    fn plan(self, folder: &Path, faults: &mut Faults<'_>) -> Plan {
        let one_to_one = self
            .link
            .one_to_one
            .as_ref()
            .is_some_and(|wanted| *wanted.get_ref());
        if let (1, true, Some(wanted)) = (self.inputs.len(), one_to_one, &self.link.one_to_one) {
            faults.at(wanted.span().start, "one_to_one needs two inputs");
        }
        let threshold = self.link.threshold.as_ref().map(|threshold| {
            if !(-1_000.0..=1_000.0).contains(threshold.get_ref()) {
                faults.at(
                    threshold.span().start,
                    "a threshold is a weight in bits, from -1000 to 1000",
                );
            }
            Weight::nearest(*threshold.get_ref())
        });
        let inputs = inputs(self.inputs, folder, faults);
        let columns = columns(self.columns, inputs.len(), faults);
        let outputs = self.output.outputs(folder, &inputs, faults);
        Plan {
            inputs,
            columns,
            settings: TableSettings {
                threshold,
                one_to_one,
            },
            outputs,
        }
    }
}

fn inputs(written: Vec<Spanned<WrittenInput>>, folder: &Path, faults: &mut Faults<'_>) -> Vec<Input> {
    if written.is_empty() {
        faults.add("there is no [[input]]: name one file, or two");
    }
    let mut inputs: Vec<Input> = Vec::new();
    for input in written {
        let at = input.span().start;
        let WrittenInput { file, id } = input.into_inner();
        if inputs.len() == 2 {
            faults.at(at, "there are two inputs already; no more can be linked");
            break;
        }
        let name = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if inputs.iter().any(|other| other.name == name) {
            faults.at(
                at,
                "both inputs have the same name, so that nobody could tell their rows apart: rename a file",
            );
        }
        inputs.push(Input {
            name,
            path: folder.join(file),
            id: id.trim().to_owned(),
        });
    }
    inputs
}

fn columns(
    written: BTreeMap<String, Spanned<WrittenColumn>>,
    inputs: usize,
    faults: &mut Faults<'_>,
) -> Vec<PlannedColumn> {
    if written.is_empty() {
        faults.add("there are no [columns]: say what is to be compared");
    }
    // A map has lost the order of the file; places bring it back.
    let mut in_order: Vec<(String, usize, ColumnTable)> = written
        .into_iter()
        .map(|(name, column)| (name, column.span().start, column.into_inner().0))
        .collect();
    in_order.sort_by_key(|(_, at, _)| *at);
    let names: Vec<(String, ColumnKind)> = in_order
        .iter()
        .map(|(name, _, column)| (name.clone(), column.kind.0))
        .collect();
    let mut planned = Vec::new();
    for (position, (name, _, column)) in in_order.into_iter().enumerate() {
        let same_as = column.same_as.and_then(|other| {
            let found = names.iter().position(|(name, _)| name == other.get_ref());
            let fault = match found {
                None => "same_as names no column of [columns]",
                Some(found) if found == position => "a column is the same as itself anyway",
                Some(found) if names.get(found).is_some_and(|(_, kind)| *kind != column.kind.0) => {
                    "same_as names a column of another kind"
                }
                found => return found,
            };
            faults.at(other.span().start, fault);
            None
        });
        let headings = match column.columns {
            Some(headings) if inputs == 2 => {
                let Headings { left, right } = headings.into_inner();
                vec![left.trim().to_owned(), right.trim().to_owned()]
            }
            Some(headings) => {
                faults.at(
                    headings.span().start,
                    "columns has a left and a right, so it needs two inputs",
                );
                Vec::new()
            }
            None => vec![name.trim().to_owned(); inputs],
        };
        planned.push(PlannedColumn {
            name,
            kind: column.kind.0,
            same_as,
            headings,
        });
    }
    planned
}

impl WrittenOutput {
    fn outputs(self, folder: &Path, inputs: &[Input], faults: &mut Faults<'_>) -> Outputs {
        let place = |path: Option<PathBuf>| path.map(|path| folder.join(path));
        let report = place(self.report);
        let evaluation = place(self.evaluation).unwrap_or_else(|| {
            let beside = report.as_deref().and_then(Path::parent).unwrap_or(folder);
            beside.join("evaluation.json")
        });
        let outputs = Outputs {
            pairs: place(self.pairs),
            clusters: place(self.clusters),
            model: place(self.model),
            splink: place(self.splink),
            report,
            evaluation,
        };
        let mut taken: BTreeSet<&Path> = inputs.iter().map(|input| input.path.as_path()).collect();
        for path in outputs.paths() {
            if !taken.insert(path) {
                faults.add(format!(
                    "[output]: {} would be written over an input or another output",
                    path.display()
                ));
            }
        }
        outputs
    }
}

impl Outputs {
    /// All places.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        [
            &self.pairs,
            &self.clusters,
            &self.model,
            &self.splink,
            &self.report,
        ]
        .into_iter()
        .flatten()
        .chain([&self.evaluation])
        .map(PathBuf::as_path)
    }
}
