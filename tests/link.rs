//! `sendlink link`: an analyst's own files, from outside.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use sendlink_tests::program::{Ended, command, run};
use tempfile::TempDir;

/// Twelve children on both lists, and a few on one only. Enough agrees that nobody could take one for another.
const CHILDREN: [(&str, &str, &str, &str); 12] = [
    ("Matilda", "Ashworth", "2012-03-04", "QA1 1AB"),
    ("Theodore", "Blackburn", "2011-11-23", "QA1 2CD"),
    ("Zuzanna", "Kowalczyk", "2013-07-30", "QB2 3EF"),
    ("Ibrahim", "Chaudhry", "2010-01-17", "QB2 4GH"),
    ("Niamh", "O'Sullivan", "2012-09-09", "QC3 5JK"),
    ("Barnaby", "Featherstone", "2014-05-21", "QC3 6LM"),
    ("Adaeze", "Okonkwo", "2011-02-14", "QD4 7NP"),
    ("Priya", "Ramachandran", "2013-12-01", "QD4 8QR"),
    ("Wilfred", "Hathersage", "2010-10-10", "QE5 9ST"),
    ("Seren", "Llewellyn", "2012-06-18", "QE5 1UW"),
    ("Mei", "Zhang", "2014-08-27", "QF6 2XY"),
    ("Caspian", "Thistlewood", "2011-04-05", "QF6 3ZA"),
];

const TWO: &str = r#"
[[input]]
file = "left.csv"
id = "id"

[[input]]
file = "right.csv"
id = "id"

[columns]
forename = { kind = "name", same_as = "surname" }
surname = "name"
birth_date = "date"
postcode = "postcode"

[output]
pairs = "out/pairs.csv"
clusters = "out/clusters.csv"
model = "out/model.json"
report = "out/report.html"
"#;

struct Files(TempDir);

impl Files {
    /// Two lists of the children, the second in another order, with a child of its own.
    fn two() -> Self {
        let files = Files(tempfile::tempdir().unwrap());
        files.write("link.toml", TWO);
        files.write("left.csv", &list("L", CHILDREN.iter()));
        let mut right = list("R", CHILDREN.iter().rev());
        right.push_str("R99,Gwendolyn,Quartermaine,2013-03-03,QZ9 9ZZ\n");
        files.write("right.csv", &right);
        files
    }

    /// One list that has everybody twice.
    fn one() -> Self {
        let files = Files(tempfile::tempdir().unwrap());
        files.write("link.toml", ONE);
        let rows = CHILDREN.iter().chain(CHILDREN.iter());
        files.write("people.csv", &list("P", rows));
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn link(&self, arguments: &[&str]) -> Ended {
        run(self.0.path(), &[&["link"], arguments].concat())
    }

    /// Everything that was written.
    fn written(&self) -> BTreeMap<String, Vec<u8>> {
        fs::read_dir(self.path("out"))
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read(path).unwrap())
            })
            .collect()
    }

    fn pairs(&self) -> BTreeSet<(String, String)> {
        rows(&self.path("out/pairs.csv"))
            .into_iter()
            .map(|row| (row[0].clone(), row[1].clone()))
            .collect()
    }
}

const ONE: &str = r#"
[[input]]
file = "people.csv"
id = "id"

[columns]
forename = "name"
surname = "name"
birth_date = "date"
postcode = "postcode"

[output]
pairs = "out/pairs.csv"
clusters = "out/clusters.csv"
report = "out/report.html"
"#;

fn list<'a>(
    letter: &str,
    children: impl Iterator<Item = &'a (&'a str, &'a str, &'a str, &'a str)>,
) -> String {
    let mut text = "id,forename,surname,birth_date,postcode\n".to_owned();
    for (number, (forename, surname, birth, postcode)) in (1..).zip(children) {
        writeln!(text, "{letter}{number},{forename},{surname},{birth},{postcode}").unwrap();
    }
    text
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    csv::Reader::from_path(path)
        .unwrap()
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// The pairs of [`Files::two`].
fn true_pairs() -> BTreeSet<(String, String)> {
    (1..=12)
        .map(|number| (format!("L{number}"), format!("R{}", 13 - number)))
        .collect()
}

#[test]
fn two_lists_are_linked_and_everything_asked_for_is_written() {
    let files = Files::two();
    let said = files.link(&[]).expect(0).stdout;
    assert_eq!(files.pairs(), true_pairs());
    assert!(said.contains("left: 12 rows"), "{said}");
    assert!(said.contains("12 links"), "{said}");

    let pairs = files.read("out/pairs.csv");
    assert!(pairs.starts_with("left_id,right_id,weight,probability,pattern\n"));
    let first: Vec<&str> = pairs.lines().nth(1).unwrap().split(',').collect();
    assert_eq!(first[4], "1|1|1|1", "a level a column, 1 is the same");

    let clusters = rows(&files.path("out/clusters.csv"));
    assert_eq!(clusters.len(), 25);
    assert_eq!(clusters[0], ["left", "L1", "1"]);
    assert_eq!(clusters[1], ["right", "R12", "1"]);
    let alone: Vec<_> = clusters.iter().filter(|row| row[1] == "R99").collect();
    assert_eq!(clusters.iter().filter(|row| row[2] == alone[0][2]).count(), 1);

    let model: serde_json::Value = serde_json::from_str(&files.read("out/model.json")).unwrap();
    let names: Vec<&str> = model["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| column["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["forename", "surname", "birth_date", "postcode"],
        "as in link.toml"
    );
    assert_eq!(model["columns"][0]["same_as"], "surname");
    assert!(model["columns"][0]["levels"][0]["m"].is_number());
    assert!(files.read("out/report.html").starts_with("<!DOCTYPE html>"));
}

#[test]
fn the_model_is_written_for_splink_too() {
    let files = Files::two();
    files.write(
        "link.toml",
        &TWO.replace("[output]", "[output]\nsplink = \"out/splink.json\""),
    );
    files.link(&[]).expect(0);
    let settings: serde_json::Value = serde_json::from_str(&files.read("out/splink.json")).unwrap();
    let model: serde_json::Value = serde_json::from_str(&files.read("out/model.json")).unwrap();
    assert_eq!(settings["link_type"], "link_only");
    assert_eq!(settings["probability_two_random_records_match"], model["prior"]);
    let comparisons = settings["comparisons"].as_array().unwrap();
    let columns = model["columns"].as_array().unwrap();
    assert_eq!(comparisons.len(), columns.len());
    for (comparison, column) in comparisons.iter().zip(columns) {
        assert_eq!(comparison["output_column_name"], column["name"]);
        let levels = comparison["comparison_levels"].as_array().unwrap();
        let (missing, levels) = levels.split_first().unwrap();
        assert_eq!(missing["is_null_level"], true);
        assert_eq!(levels.last().unwrap()["sql_condition"], "ELSE");
        let of_model = column["levels"].as_array().unwrap();
        assert_eq!(levels.len(), of_model.len());
        for (level, of_model) in levels.iter().zip(of_model) {
            assert_eq!(level["m_probability"], of_model["m"]);
            assert_eq!(level["u_probability"], of_model["u"]);
        }
        let conditions: BTreeSet<&str> = levels
            .iter()
            .map(|level| level["sql_condition"].as_str().unwrap())
            .collect();
        assert_eq!(
            conditions.len(),
            levels.len(),
            "no condition stands twice: {conditions:?}"
        );
    }
}

#[test]
fn one_list_is_searched_for_duplicates() {
    let files = Files::one();
    files.link(&[]).expect(0);
    let expected = (1..=12)
        .map(|number| {
            // By id, as bytes: P13 comes before P2.
            let mut pair = [format!("P{number}"), format!("P{}", number + 12)];
            pair.sort();
            let [one, other] = pair;
            (one, other)
        })
        .collect();
    assert_eq!(files.pairs(), expected);
}

#[test]
fn the_order_of_rows_and_the_number_of_threads_change_no_byte() {
    for files in [Files::two(), Files::one()] {
        files.link(&[]).expect(0);
        let first = files.written();
        for name in ["left.csv", "right.csv", "people.csv"] {
            if files.path(name).exists() {
                let text = files.read(name);
                let mut lines: Vec<&str> = text.lines().collect();
                lines[1..].reverse();
                lines[1..].swap(0, 5);
                files.write(name, &(lines.join("\n") + "\n"));
            }
        }
        files.link(&[]).expect(0);
        assert!(files.written() == first, "another order of rows");
        for threads in ["1", "3"] {
            let ended: Ended = command(files.0.path(), &["link"])
                .env("RAYON_NUM_THREADS", threads)
                .output()
                .unwrap()
                .into();
            ended.expect(0);
            assert!(files.written() == first, "{threads} threads");
        }
    }
}

#[test]
fn no_cell_is_in_what_is_written_or_said() {
    let files = Files::two();
    let truth: String = std::iter::once("left_id,right_id\n".to_owned())
        .chain(
            true_pairs()
                .into_iter()
                .map(|(left, right)| format!("{left},{right}\n")),
        )
        .collect();
    files.write("truth.csv", &truth);
    let ended = files.link(&["--evaluate", "truth.csv"]).expect(0);
    let mut said: Vec<String> = files
        .written()
        .into_values()
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect();
    assert_eq!(said.len(), 5);
    said.push(ended.stdout);
    said.push(ended.stderr);
    for (forename, surname, birth, postcode) in CHILDREN {
        for cell in [forename, surname, birth, postcode] {
            // Two letters may well be part of a word.
            if cell.len() > 3 {
                let cell = cell.to_lowercase();
                assert!(
                    said.iter().all(|text| !text.to_lowercase().contains(&cell)),
                    "{cell}"
                );
            }
        }
    }
}

#[test]
fn columns_may_be_called_differently_and_headings_may_have_spaces() {
    let files = Files::two();
    let right = files.read("right.csv").replace(
        "id,forename,surname,birth_date,postcode",
        "\u{feff}\"Pupil, ID\", Given Name ,Family name,DOB,\"postcode \"",
    );
    files.write("right.csv", &right.replace('\n', "\r\n"));
    let plan = TWO
        .replace(
            "file = \"right.csv\"\nid = \"id\"",
            "file = \"right.csv\"\nid = \"Pupil, ID\"",
        )
        .replace(
            "forename = { kind = \"name\", same_as = \"surname\" }",
            "forename = { kind = \"name\", same_as = \"surname\", columns = { left = \"forename\", right = \"Given Name\" } }",
        )
        .replace(
            "surname = \"name\"",
            "surname = { kind = \"name\", columns = { left = \"surname\", right = \"Family name\" } }",
        )
        .replace(
            "birth_date = \"date\"",
            "birth_date = { kind = \"date\", columns = { left = \"birth_date\", right = \"DOB\" } }",
        );
    files.write("link.toml", &plan);
    files.link(&[]).expect(0);
    assert_eq!(files.pairs(), true_pairs());
}

#[test]
fn ids_and_cells_may_be_quoted() {
    let files = Files::two();
    let left = files
        .read("left.csv")
        .replace("L1,Matilda,", "\"L,\"\"1\"\"\", \"Matilda\" ,")
        .replace("L2,Theodore,Blackburn", "\"L\n2\",Theodore,\"Blackburn\"");
    files.write("left.csv", &left);
    files.link(&[]).expect(0);
    let pairs = files.pairs();
    assert_eq!(pairs.len(), 12);
    assert!(
        pairs.contains(&("L,\"1\"".to_owned(), "R12".to_owned())),
        "{pairs:?}"
    );
    assert!(pairs.contains(&("L\n2".to_owned(), "R11".to_owned())));
}

#[test]
fn each_row_is_linked_once_where_that_is_asked() {
    let files = Files::two();
    let twice = files.read("right.csv") + "R100,Matilda,Ashworth,2012-03-04,QA1 1AB\n";
    files.write("right.csv", &twice);
    files.link(&[]).expect(0);
    let of_first = |files: &Files| files.pairs().iter().filter(|(left, _)| left == "L1").count();
    assert_eq!(of_first(&files), 2);
    files.write(
        "link.toml",
        &TWO.replace("[output]", "[link]\none_to_one = true\n\n[output]"),
    );
    files.link(&[]).expect(0);
    assert_eq!(of_first(&files), 1);
    assert_eq!(files.pairs().len(), 12);
}

#[test]
fn a_threshold_nobody_reaches_leaves_no_link() {
    let files = Files::two();
    files.write(
        "link.toml",
        &TWO.replace("[output]", "[link]\nthreshold = 900\n\n[output]"),
    );
    files.link(&[]).expect(0);
    assert_eq!(
        files.read("out/pairs.csv"),
        "left_id,right_id,weight,probability,pattern\n"
    );
    assert_eq!(rows(&files.path("out/clusters.csv")).len(), 25);
}

#[test]
fn a_file_without_rows_has_no_links() {
    let files = Files::two();
    files.write("right.csv", "id,forename,surname,birth_date,postcode\n");
    files.link(&[]).expect(0);
    assert_eq!(files.pairs().len(), 0);
    assert_eq!(rows(&files.path("out/clusters.csv")).len(), 12);
}

// --- Dates ----------------------------------------------------------------------------------------------------

#[test]
fn dates_long_ago_are_dates_and_what_is_none_is_counted() {
    let files = Files::two();
    let long_ago = |text: String| {
        text.replace("2012-03-04", "1893-03-04")
            .replace("2011-11-23", "an unknown day")
            .replace("2013-07-30", "")
    };
    files.write("left.csv", &long_ago(files.read("left.csv")));
    files.write("right.csv", &long_ago(files.read("right.csv")));
    let said = files.link(&[]).expect(0).stdout;
    assert!(said.contains("birth_date: 2 cells are no date"), "{said}");
    let patterns: BTreeMap<String, String> = rows(&files.path("out/pairs.csv"))
        .into_iter()
        .map(|row| (row[0].clone(), row[4].clone()))
        .collect();
    assert_eq!(patterns["L1"], "1|1|1|1");
    assert_eq!(patterns["L2"], "1|1|0|1");
    assert_eq!(patterns["L3"], "1|1|0|1");
    let report = files.read("out/report.html");
    let completeness = &report[report.find("Completeness of the columns").unwrap()..];
    let of_dates = &completeness[completeness.find("birth_date").unwrap()..];
    let cells: Vec<&str> = of_dates
        .split("number\">")
        .skip(1)
        .take(4)
        .map(|cell| cell.split('<').next().unwrap())
        .collect();
    assert_eq!(
        cells,
        ["12", "1", "1", "83.3"],
        "rows, empty, not understood, complete"
    );
}

// --- Refusals ---------------------------------------------------------------------------------------------------

#[test]
fn what_is_wrong_in_the_configuration_is_named_with_its_place() {
    let files = Files::two();
    for (from, to, place, why) in [
        (
            "[output]",
            "[link]\nfuzzy = true\n\n[output]",
            "line 17, column 1",
            "unknown field",
        ),
        (
            "surname = \"name\"",
            "surname = \"nam\"",
            "line 12, column 11",
            "no kind of column",
        ),
        (
            "surname = \"name\"",
            "surname = { kind = \"name\", near = 2 }",
            "line 12, column 28",
            "unknown field",
        ),
        (
            "same_as = \"surname\"",
            "same_as = \"family\"",
            "line 11, column 39",
            "no column",
        ),
        (
            "same_as = \"surname\"",
            "same_as = \"birth_date\"",
            "line 11, column 39",
            "another kind",
        ),
        (
            "same_as = \"surname\"",
            "same_as = \"forename\"",
            "line 11, column 39",
            "itself",
        ),
        (
            "[output]",
            "[link]\nthreshold = \"high\"\n\n[output]",
            "line 17, column 13",
            "invalid type",
        ),
        (
            "[output]",
            "[link]\nthreshold = nan\n\n[output]",
            "line 17, column 13",
            "bits",
        ),
        ("pairs = ", "links = ", "line 17, column 1", "unknown field"),
        ("\"right.csv\"", "\"left.csv\"", "line 6, column 1", "same name"),
        (
            "[columns]",
            "[[input]]\nfile = \"c.csv\"\nid = \"id\"\n\n[columns]",
            "line 10, column 1",
            "two inputs already",
        ),
    ] {
        files.write("link.toml", &TWO.replacen(from, to, 1));
        let said = files.link(&[]).expect(78).stderr;
        assert!(said.contains("link.toml"), "{said}");
        assert!(said.contains(place), "{to}: {place} is not in: {said}");
        assert!(said.contains(why), "{to}: {why} is not in: {said}");
    }
    files.write("link.toml", "[columns]\nname = \"name\"\n");
    assert!(files.link(&[]).expect(78).stderr.contains("[[input]]"));
    files.write("link.toml", &TWO.replace("out/pairs.csv", "left.csv"));
    assert!(files.link(&[]).expect(78).stderr.contains("written over"));
    files.link(&["-c", "nowhere.toml"]).expect(78);
    assert!(!files.path("out").exists(), "nothing was written");
}

#[test]
fn what_needs_two_inputs_is_refused_for_one() {
    let files = Files::one();
    files.write(
        "link.toml",
        &ONE.replace("[output]", "[link]\none_to_one = true\n\n[output]"),
    );
    let said = files.link(&[]).expect(78).stderr;
    assert!(said.contains("needs two inputs"), "{said}");
    files.write(
        "link.toml",
        &ONE.replace(
            "surname = \"name\"",
            "surname = { kind = \"name\", columns = { left = \"a\", right = \"b\" } }",
        ),
    );
    let said = files.link(&[]).expect(78).stderr;
    assert!(said.contains("needs two inputs"), "{said}");
}

#[test]
fn rows_that_cannot_be_used_are_named_by_line_and_never_by_what_they_hold() {
    let files = Files::two();
    let right = files.read("right.csv");
    for (text, places, why) in [
        (
            right.clone() + "R5,Somebody,Else,2011-01-01,QA1 1AA\n",
            vec!["line 15", "line 6"],
            "id",
        ),
        (
            right.clone() + ",Somebody,Else,2011-01-01,QA1 1AA\n",
            vec!["line 15"],
            "needs an id",
        ),
        (
            right.clone() + "R50,Somebody,Else,2011-01-01\n",
            vec!["line 15"],
            "4 fields",
        ),
        (
            right.clone() + "R50,\"Some\nbody\",Else,2011-01-01,\"QA1\n1AA\"\nR50,Somebody,,,\n",
            vec!["line 18", "line 15"],
            "id",
        ),
        (
            right.replace("postcode", "post"),
            vec!["line 1"],
            "no column \"postcode\"",
        ),
        (
            right.replace("surname", "forename"),
            vec!["line 1"],
            "two columns \"forename\"",
        ),
        (right.replace(',', ";"), vec!["line 1"], "not separated by commas"),
        (String::new(), vec![], "empty"),
    ] {
        files.write("right.csv", &text);
        let said = files.link(&[]).expect(65).stderr;
        assert!(said.contains("right.csv"), "{said}");
        assert!(said.contains(why), "{why} is not in: {said}");
        for place in places {
            assert!(said.contains(place), "{place} is not in: {said}");
        }
        for cell in ["Somebody", "R5", "2011", "Kowalczyk"] {
            assert!(!said.contains(cell), "{said}");
        }
    }
    let mut bytes = right.into_bytes();
    bytes.extend_from_slice(b"R60,Zo\xeb,Smith,2011-01-01,QA1 1AA\n");
    fs::write(files.path("right.csv"), bytes).unwrap();
    let said = files.link(&[]).expect(65).stderr;
    assert!(
        said.contains("line 15, field 2") && said.contains("UTF-8"),
        "{said}"
    );
    fs::remove_file(files.path("right.csv")).unwrap();
    files.link(&[]).expect(65);
    assert!(!files.path("out").exists(), "nothing was written");
}

#[test]
fn where_nothing_can_be_written_it_says_so() {
    let files = Files::two();
    files.write("out", "a file where a folder is wanted");
    let said = files.link(&[]).expect(74).stderr;
    assert!(said.contains("cannot be written"), "{said}");
}

// --- Truth ------------------------------------------------------------------------------------------------------

fn evaluation(files: &Files) -> serde_json::Value {
    serde_json::from_str(&files.read("out/evaluation.json")).unwrap()
}

#[test]
fn links_are_held_against_pairs() {
    let files = Files::two();
    // Ten of the twelve, and one that is none: 12 links of which 10 are right, of 11 that are true.
    let mut truth = " left_id ,right_id,note\n".to_owned();
    for (left, right) in true_pairs()
        .into_iter()
        .filter(|(left, _)| left != "L1" && left != "L2")
    {
        writeln!(truth, "{left},{right},x").unwrap();
    }
    truth.push_str("L1,R99,x\n");
    files.write("truth.csv", &truth);
    let said = files.link(&["--evaluate", "truth.csv"]).expect(0).stdout;
    let evaluation = evaluation(&files);
    assert_eq!(evaluation["true_pairs"], 11);
    let links = &evaluation["links"];
    assert_eq!(
        (&links["right"], &links["wrong"], &links["missed"]),
        (&10.into(), &2.into(), &1.into())
    );
    let near = |value: &serde_json::Value, wanted: f64| (value.as_f64().unwrap() - wanted).abs() < 1e-9;
    assert!(near(&links["precision"], 10.0 / 12.0));
    assert!(near(&links["recall"], 10.0 / 11.0));
    assert!(near(&links["f1"], 20.0 / 23.0));
    assert!(said.contains("0.8333") && said.contains("0.9091"), "{said}");
    let report = files.read("out/report.html");
    assert!(report.contains("Beside the truth") && report.contains("0.8333"));
}

#[test]
fn links_are_held_against_entities() {
    let files = Files::two();
    let mut truth = "input,id,entity\n".to_owned();
    for (entity, (left, right)) in true_pairs().into_iter().enumerate() {
        writeln!(truth, "left,{left},{entity}\nright,{right},{entity}").unwrap();
    }
    files.write("truth.csv", &truth);
    let plan = TWO.replace("[output]", "[output]\nevaluation = \"out/beside the truth.json\"");
    files.write("link.toml", &plan);
    files.link(&["--evaluate", "truth.csv"]).expect(0);
    let evaluation: serde_json::Value =
        serde_json::from_str(&files.read("out/beside the truth.json")).unwrap();
    for score in [
        &evaluation["links"]["f1"],
        &evaluation["clusters"]["f1"],
        &evaluation["b_cubed"]["f1"],
        &evaluation["best"]["f1"],
        &evaluation["recall_at_precision_0_999"],
    ] {
        assert_eq!(score, &1.0);
    }
    assert_eq!(evaluation["out_of_reach"], 0);
    assert!(!evaluation["curve"].as_array().unwrap().is_empty());
}

#[test]
fn duplicates_of_one_list_are_held_against_both_forms() {
    let files = Files::one();
    let (mut pairs, mut entities) = ("left_id,right_id\n".to_owned(), "input,id,entity\n".to_owned());
    for number in 1..=12 {
        // Which of the two comes first does not matter.
        let (one, other) = (number, number + 12);
        let (left, right) = if number % 2 == 0 {
            (one, other)
        } else {
            (other, one)
        };
        writeln!(pairs, "P{left},P{right}").unwrap();
        writeln!(
            entities,
            "people,P{one},child {number}\npeople,P{other},child {number}"
        )
        .unwrap();
    }
    for truth in [pairs, entities] {
        files.write("truth.csv", &truth);
        files.link(&["--evaluate", "truth.csv"]).expect(0);
        let evaluation = evaluation(&files);
        assert_eq!(evaluation["true_pairs"], 12);
        assert_eq!(evaluation["links"]["f1"], 1.0);
        assert_eq!(evaluation["b_cubed"]["f1"], 1.0);
    }
}

#[test]
fn a_truth_that_fits_no_row_is_refused_by_line() {
    let files = Files::two();
    for (truth, place, why) in [
        (
            "left_id,right_id\nL1,R12\nL77,R1\n",
            "line 3",
            "left_id is the id of no row of left",
        ),
        (
            "left_id,right_id\nR1,L1\n",
            "line 2",
            "left_id is the id of no row of left",
        ),
        (
            "input,id,entity\nleft,L1,7\nmiddle,L2,8\n",
            "line 3",
            "left or right",
        ),
        ("input,id,entity\nleft,L1,7\nleft,L1,8\n", "line 3", "already"),
        ("input,id,entity\nleft,L1,\n", "line 2", "no entity"),
        ("id,person\nL1,1\n", "line 1", "left_id and right_id"),
    ] {
        files.write("truth.csv", truth);
        let said = files.link(&["--evaluate", "truth.csv"]).expect(65).stderr;
        assert!(said.contains("truth.csv"), "{said}");
        assert!(
            said.contains(place) && said.contains(why),
            "{place}, {why}: {said}"
        );
    }
    assert!(!files.path("out").exists(), "nothing was written");
    files.link(&["--evaluate", "nowhere.csv"]).expect(65);
}
