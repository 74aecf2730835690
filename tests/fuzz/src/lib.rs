//! What each fuzz target does with its bytes. Nothing here may panic, whatever they are; where more can be asked of
//! the code than that, it is asserted.
//!
//! The targets of `fuzz_targets` hand libFuzzer's bytes to these functions; the test `fuzz_corpus` hands them the
//! files of `corpus`, on the stable toolchain.

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    fs,
    path::Path,
    sync::{Arc, Mutex},
};

use identity::{BirthDate, Name, NhsNumber, Postcode, TestNumbers, Uln, Upn};
use jiff::civil::date;
use kit::{
    Connector, Delivery, DeliveryFile, Incoming, Layout, ReadError, Reader, Reading, Row, Sink, Step,
    Stopped,
    date::{DateForm, DateForms},
    fhir::{Bundle, Unit, Units},
    layout::FileForm,
    tabular::TabularError,
    xml::{XmlReader, XmlStep},
};
use records::{Finding, Outcome, TableCounts};

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: &[Target] = &[
    ("csv", csv),
    ("json", json),
    ("xlsx", xlsx),
    ("xml", xml),
    ("nhs_number", nhs_number),
    ("upn", upn),
    ("uln", uln),
    ("name", name),
    ("postcode", postcode),
    ("dates", dates),
    ("layout", layout),
    ("label", label),
    ("section23_csv", section23_csv),
    ("section23_json", section23_json),
    ("section23_xlsx", section23_xlsx),
    ("census_xml", census_xml),
    ("census_pupils", census_pupils),
    ("reviews", reviews),
    ("pregnancies", pregnancies),
    ("fhir", fhir),
    ("fhir_births", fhir_births),
    ("fhir_asq", fhir_asq),
];

/// Rows of CSV.
pub fn csv(data: &[u8]) {
    drain(Reader::from_csv(
        std::io::Cursor::new(data.to_vec()),
        &FileForm::default(),
        "file 1",
    ));
}

/// Rows of JSON.
pub fn json(data: &[u8]) {
    let known = ["a".to_owned(), "b.c".to_owned()];
    let source = std::io::Cursor::new(data.to_vec());
    drain(Reader::from_json(source, &FileForm::default(), "file 1", &known));
}

/// Rows of a workbook.
pub fn xlsx(data: &[u8]) {
    let form: Layout = Layout::parse("xlsx", XLSX).expect("the layout stands");
    with_file(data, |path| {
        drain(Reader::open(&file(path, "file 1"), &form.file, &[]))
    });
}

const XLSX: &str = "kind = \"section23\"\nversion = \"1\"\ndescription = \"\"\n[file]\nformat = \"xlsx\"\n[columns]\naction = \"a\"\n";

fn drain(reader: Result<Reader, TabularError>) {
    let Ok(mut reader) = reader else { return };
    let mut row = Row::default();
    let mut line = 0;
    while let Ok(step) = reader.read(&mut row) {
        let at = match step {
            Step::End => return,
            Step::Row => row.line(),
            Step::Fault(fault) => fault.line,
        };
        assert!(at > line, "lines go up");
        line = at;
        for column in 0..=row.len() {
            let text = row.text(column);
            assert!(
                text.is_none_or(|text| !text.trim().is_empty()),
                "a text is no blank"
            );
        }
    }
}

/// Elements of a document.
pub fn xml(data: &[u8]) {
    let mut reader = XmlReader::new(data, ["Message"]);
    let mut open = 0_usize;
    while let Ok(step) = reader.step() {
        match step {
            XmlStep::Open { .. } => open += 1,
            XmlStep::Close(_) => open = open.checked_sub(1).expect("an element closes that was open"),
            XmlStep::End => {
                assert_eq!(open, 0, "a document that ends is whole");
                return;
            }
        }
    }
}

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// A number reads as itself.
pub fn nhs_number(data: &[u8]) {
    if let Some(Ok(number)) = text(data).map(|text| NhsNumber::parse(text, TestNumbers::Allowed)) {
        assert_eq!(
            NhsNumber::parse(number.expose(), TestNumbers::Allowed),
            Ok(number.clone())
        );
    }
}

/// A number reads as itself.
pub fn upn(data: &[u8]) {
    if let Some(Ok(upn)) = text(data).map(Upn::parse) {
        assert_eq!(Upn::parse(upn.expose()), Ok(upn.clone()));
    }
}

/// A number reads as itself.
pub fn uln(data: &[u8]) {
    if let Some(Ok(uln)) = text(data).map(Uln::parse) {
        assert_eq!(Uln::parse(uln.expose()), Ok(uln.clone()));
    }
}

/// A name in canonical form reads as itself, and has no blank part.
pub fn name(data: &[u8]) {
    if let Some(Ok(name)) = text(data).map(Name::parse) {
        assert_eq!(Name::parse(name.expose()), Ok(name.clone()));
        assert!(name.parts().all(|part| !part.is_empty()));
    }
}

/// A postcode reads as itself, and starts with its sector and district.
pub fn postcode(data: &[u8]) {
    if let Some(Ok(postcode)) = text(data).map(Postcode::parse) {
        assert_eq!(Postcode::parse(postcode.expose()), Ok(postcode.clone()));
        assert!(postcode.sector().starts_with(postcode.outward()));
    }
}

/// A form on the first line, a date on the second: what is read is written back and read the same.
pub fn dates(data: &[u8]) {
    let Some((form, written)) = text(data).and_then(|text| text.split_once('\n')) else {
        return;
    };
    let Ok(_) = DateForm::new(form) else { return };
    let Ok(forms) = DateForms::new(&[form]) else {
        return;
    };
    if let Some(day) = forms.date(written) {
        let _ = BirthDate::new(day);
        let again = forms.write_timed(day.at(0, 0, 0, 0), false);
        if !form.contains("YY") || form.contains("YYYY") {
            assert_eq!(forms.date(&again), Some(day), "{form}");
        }
    }
}

/// A layout, and the codes that it leads to.
pub fn layout(data: &[u8]) {
    if let Some(Ok(layout)) = text(data).map(|text| Layout::parse("fuzz", text)) {
        let _ = layout.check(section23::Section23.tables());
        let _ = layout.recognise(&["upn".to_owned()], "upn.csv");
    }
}

/// The name of a file: what is shown of it is plain.
pub fn label(data: &[u8]) {
    let Some(name) = text(data) else { return };
    let form = FileForm {
        pattern: "{*,notices}-*.csv".to_owned(),
        ..FileForm::default()
    };
    let label = form.label(name, 1, &["RAJ"]);
    assert!(
        label == "file 1"
            || label
                .chars()
                .all(|c| c.is_alphanumeric() || "-_., ()".contains(c))
    );
}

/// A delivery of notices as CSV.
pub fn section23_csv(data: &[u8]) {
    deliver(
        &section23::Section23,
        "section23/superset",
        "section23-1.csv",
        data,
    );
}

/// A delivery of notices as JSON.
pub fn section23_json(data: &[u8]) {
    deliver(
        &section23::Section23,
        "section23/api-json",
        "section23-1.json",
        data,
    );
}

/// A delivery of notices as a workbook.
pub fn section23_xlsx(data: &[u8]) {
    deliver(
        &section23::Section23,
        "section23/portal-export-xlsx",
        "section23-notifications-1.xlsx",
        data,
    );
}

/// A school's return.
pub fn census_xml(data: &[u8]) {
    deliver(
        &school_census::SchoolCensus,
        "school-census/xml",
        "8812001_SC1_881LL26_001.xml",
        data,
    );
}

/// A table of pupils, beside the table of its return.
pub fn census_pupils(data: &[u8]) {
    deliver(
        &school_census::SchoolCensus,
        "school-census/blade",
        "2026_spring_la_pupilonroll.csv",
        data,
    );
}

/// Reviews as a supplier's CSV.
pub fn reviews(data: &[u8]) {
    deliver(
        &two_year_review::TwoYearReview,
        "two-year-review/child-health-csv",
        "reviews.csv",
        data,
    );
}

/// Notifications of pregnancies as a supplier's CSV.
pub fn pregnancies(data: &[u8]) {
    deliver(
        &pregnancy::Pregnancy,
        "pregnancy/epr-export",
        "pregnancies.csv",
        data,
    );
}

/// Messages of a file: each begins no higher up than the one before it.
pub fn fhir(data: &[u8]) {
    let source = std::io::Cursor::new(data.to_vec());
    let Ok(mut units) = Units::from_json(source, &FileForm::default()) else {
        return;
    };
    let mut line = 0;
    while let Ok(Some(unit)) = units.read() {
        let at = match &unit {
            Unit::Message(at, node) => {
                assert!(Bundle::of(node).is_some(), "a message is a resource");
                *at
            }
            Unit::Fault(at, _) => *at,
        };
        assert!(at >= line, "lines go up");
        line = at;
    }
}

/// Births in FHIR.
pub fn fhir_births(data: &[u8]) {
    deliver(&pregnancy::Pregnancy, "pregnancy/fhir-births", "1.json", data);
}

/// Reviews in FHIR.
pub fn fhir_asq(data: &[u8]) {
    deliver(
        &two_year_review::TwoYearReview,
        "two-year-review/fhir-asq",
        "1.json",
        data,
    );
}

/// Tables that a set needs before its pupils are looked at.
const BESIDE: &[(&str, &str)] = &[
    (
        "2026_spring_la_schoolcensus.csv",
        "schoolcensustableid,referencedate,collection,term,year,lea,estab,datetime\n\
         r1,2026-Jan-15 00:00:00,SC,SPR,2026,881,2001,2026-Jan-20 16:30:05\n",
    ),
    (
        "2026_spring_la_senneeds.csv",
        "senneedstableid,pupilonrolltableid,sentyperank,sentype\nn1,p1,1,ASD\n",
    ),
    (
        "2026_spring_la_addresses.csv",
        "addressestableid,pupilonrolltableid,postcode\na1,p1,CM99 1AA\n",
    ),
];

fn file(path: &Path, name: &str) -> DeliveryFile {
    DeliveryFile {
        label: name.to_owned(),
        name: name.to_owned(),
        path: path.to_owned(),
        bytes: fs::metadata(path).map(|found| found.len()).unwrap_or_default(),
    }
}

fn with_file(data: &[u8], read: impl FnOnce(&Path)) {
    thread_local! {
        static FOLDER: OnceCell<tempfile::TempDir> = const { OnceCell::new() };
    }
    FOLDER.with(|folder| {
        let path = folder
            .get_or_init(|| tempfile::tempdir().expect("a folder"))
            .path()
            .join("delivery");
        fs::write(&path, data).expect("written");
        read(&path);
    });
}

/// A layout that the program carries, read once.
fn carried(name: &'static str) -> Arc<Layout> {
    static LAYOUTS: Mutex<BTreeMap<&str, Arc<Layout>>> = Mutex::new(BTreeMap::new());
    let mut layouts = LAYOUTS.lock().expect("nobody panicked with the lock");
    let read = || Arc::new(kit::mappings::load(name, Path::new("/nowhere")).expect("the layout is carried"));
    Arc::clone(layouts.entry(name).or_insert_with(read))
}

/// Reads a delivery: it is refused with a finding, or each of its rows is counted once.
fn deliver(connector: &dyn Connector, layout: &'static str, name: &str, data: &[u8]) {
    let layout = carried(layout);
    with_file(data, |path| {
        let mut files = vec![file(path, name)];
        if name.contains("pupilonroll") {
            for (name, text) in BESIDE {
                let beside = path.with_file_name(name);
                fs::write(&beside, text).expect("written");
                files.push(file(&beside, name));
            }
        }
        let delivery = Delivery {
            files,
            received: date(2026, 6, 30).at(6, 0, 0, 0),
        };
        let reading = Reading {
            layout: &layout,
            provider: "881",
            as_at: date(2026, 6, 30),
            test_numbers: TestNumbers::Allowed,
        };
        let mut counted = Counted::default();
        match connector.read(&delivery, &reading, &mut counted) {
            Ok(_) => assert!(counted.counts.add_up(), "{:?}", counted.counts),
            Err(ReadError::Refused(finding)) => assert!(counted.findings.contains(&finding)),
            Err(error) => panic!("{error}"),
        }
    });
}

#[derive(Default)]
struct Counted {
    counts: TableCounts,
    findings: Vec<Finding>,
}

impl Sink for Counted {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        for (table, rows) in &incoming.rows {
            self.counts.table(table).add(Outcome::Loaded, *rows);
        }
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        self.counts.table(table).rows += rows;
    }

    fn rows_without_record(&mut self, table: &'static str, outcome: Outcome, rows: u64) {
        self.counts.table(table).add(outcome, rows);
    }
}
