//! Files with defects, each with what must come of it, written by hand beside it.
//!
//! A folder of `tests/data/dirty` holds the cases of one form of file. Its `form.toml` says how they are read
//! ([`Form`]). A case is a file and, beside it under the same name, a TOML file that says what kind of defect it
//! shows, which records load all the same, and which findings must be made ([`Case`]): these, and no others. A
//! table set is a folder that holds the tables with a defect, laid over the sound ones; a workbook is written down
//! as the cells in which it differs from a sound sheet ([`workbook`]).

pub mod reading;
pub mod workbook;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use kit::{Delivery, DeliveryFile, Layout};
use serde::{Deserialize, de::DeserializeOwned};

pub use reading::{Outcome, read};
use workbook::Recipe;

/// How the cases of a folder are read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Form {
    /// The layout: one that the program carries, or a file of the folder.
    pub layout: String,
    /// Who sent the files.
    pub provider: String,
    /// The name under which a file of one table comes.
    #[serde(default)]
    pub name: Option<String>,
    /// The sound rows that a case changes: a folder of tables, or a CSV file whose rows fill a sheet.
    #[serde(default)]
    pub sound: Option<String>,
}

/// One case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Which kind of defect, in words that several cases may share.
    pub kind: String,
    /// Why the outcome is what it is, where a reader would wonder.
    #[serde(default)]
    pub why: Option<String>,
    /// The name under which the file comes, where it matters.
    #[serde(default)]
    pub name: Option<String>,
    /// Another layout than the folder's.
    #[serde(default)]
    pub layout: Option<String>,
    /// What is otherwise in the layout's text: pairs of what stands there and what is put in its place.
    #[serde(default)]
    pub in_layout: Vec<(String, String)>,
    /// Whether the area is a live one, in which test numbers are nobody's.
    #[serde(default)]
    pub live: bool,
    /// Tables of the sound set that are not sent.
    #[serde(default)]
    pub without: Vec<String>,
    /// How the workbook differs from the sound one.
    #[serde(default)]
    pub workbook: Option<Recipe>,
    /// The records that load, by the sender's reference, else the UPN, else forename and surname.
    #[serde(default)]
    pub loads: Vec<String>,
    /// The findings.
    #[serde(default)]
    pub findings: Vec<Expected>,
}

/// A finding that must be made. What is left out must be left out of the finding too; the file is that of the case
/// where there is but one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// Id of the rule.
    pub rule: String,
    /// What it costs.
    pub effect: String,
    /// The file's label.
    #[serde(default)]
    pub file: Option<String>,
    /// The sheet.
    #[serde(default)]
    pub sheet: Option<String>,
    /// Line, Excel row or record.
    #[serde(default)]
    pub line: Option<u64>,
    /// The column's letter.
    #[serde(default)]
    pub column: Option<String>,
    /// The header.
    #[serde(default)]
    pub header: Option<String>,
    /// How many rows share it, where more than one.
    #[serde(default)]
    pub rows: Option<u64>,
}

/// A case with its folder's form, ready to be read.
pub struct Ready {
    /// Folder and name, for messages.
    pub title: String,
    /// The case.
    pub case: Case,
    /// The layout to read it through.
    pub layout: Layout,
    /// The files.
    pub delivery: Delivery,
    /// Who sent them.
    pub provider: String,
    /// Where files stand that had to be made.
    _made: tempfile::TempDir,
}

impl Expected {
    /// The finding in one line, as [`reading::line_of`] writes one that was made.
    pub fn line(&self, label: &str) -> String {
        reading::line(
            self.file.as_deref().unwrap_or(label),
            self.sheet.as_deref(),
            self.line,
            self.column.as_deref(),
            self.header.as_deref(),
            &self.rule,
            &self.effect,
            self.rows.unwrap_or(1),
        )
    }
}

/// The folder of the tests' data.
pub fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

/// Reads a TOML file of the tests' data; a panic names the file where it is not what it should be.
pub fn toml_file<T: DeserializeOwned>(path: &Path) -> T {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The text of a layout that the program carries, or of a file of `folder`, with these changes.
pub fn layout(name: &str, folder: &Path, changes: &[(String, String)]) -> Layout {
    let own = folder.join(name);
    let mut text = if own.is_file() {
        fs::read_to_string(own).expect("the layout")
    } else {
        kit::mappings::embedded(&format!("{name}.toml"))
            .unwrap_or_else(|| panic!("no layout {name}"))
            .to_owned()
    };
    for (from, to) in changes {
        assert!(text.contains(from.as_str()), "{name} does not hold {from}");
        text = text.replace(from.as_str(), to);
    }
    let layout = Layout::parse(name, &text).unwrap_or_else(|error| panic!("{error}"));
    layout
        .check(reading::connector(layout.kind).tables())
        .unwrap_or_else(|error| panic!("{error}"));
    layout
}

/// Every case of the corpus, folder by folder.
pub fn cases() -> Vec<Ready> {
    let mut cases = Vec::new();
    for folder in sorted(&data().join("dirty")) {
        let form: Form = toml_file(&folder.join("form.toml"));
        for path in sorted(&folder) {
            let stem = path
                .file_stem()
                .and_then(|stem| stem.to_str())
                .expect("a plain name");
            let is_case = path.extension().is_some_and(|extension| extension == "toml");
            if is_case && stem != "form" && stem != "layout" {
                cases.push(ready(&form, &folder, stem, toml_file(&path)));
            }
        }
    }
    cases
}

fn ready(form: &Form, folder: &Path, stem: &str, case: Case) -> Ready {
    let folder_name = folder.file_name().unwrap_or_default().to_string_lossy();
    let title = format!("{folder_name}/{stem}");
    let layout = layout(
        case.layout.as_deref().unwrap_or(&form.layout),
        folder,
        &case.in_layout,
    );
    let made = tempfile::tempdir().expect("a folder");
    let mut files: BTreeMap<String, PathBuf> = BTreeMap::new();
    let name = case.name.clone().or_else(|| form.name.clone());
    if let Some(recipe) = &case.workbook {
        let sound = form.sound.as_ref().expect("sound rows for the sheet");
        let path = made.path().join("workbook");
        fs::write(&path, recipe.build(&folder.join(sound))).expect("the workbook is written");
        files.insert(name.expect("a name"), path);
    } else if folder.join(stem).is_dir() {
        let sound = form.sound.as_ref().map(|sound| folder.join(sound));
        for path in sound
            .iter()
            .flat_map(|sound| sorted(sound))
            .chain(sorted(&folder.join(stem)))
        {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a plain name");
            if !case.without.iter().any(|without| name.contains(without.as_str())) {
                files.insert(name.to_owned(), path);
            }
        }
    } else if form.sound.is_some() && !case.without.is_empty() {
        let sound = form
            .sound
            .as_ref()
            .map(|sound| folder.join(sound))
            .expect("sound tables");
        for path in sorted(&sound) {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .expect("a plain name");
            if !case.without.iter().any(|without| name.contains(without.as_str())) {
                files.insert(name.to_owned(), path);
            }
        }
    } else {
        let path = sorted(folder)
            .into_iter()
            .find(|path| {
                path.file_stem().is_some_and(|name| name == stem)
                    && path.extension().is_some_and(|extension| extension != "toml")
            })
            .unwrap_or_else(|| panic!("{title} has no file"));
        files.insert(name.expect("a name"), path);
    }
    let files = files
        .into_iter()
        .zip(1..)
        .map(|((name, path), number)| DeliveryFile {
            label: layout.file.label(&name, number, &[&form.provider]),
            bytes: fs::metadata(&path).expect("a file").len(),
            name,
            path,
        })
        .collect();
    Ready {
        title,
        delivery: Delivery {
            files,
            received: reading::AS_AT.at(6, 0, 0, 0),
        },
        layout,
        provider: form.provider.clone(),
        case,
        _made: made,
    }
}

/// The entries of a folder by name.
fn sorted(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths
}
