//! What each mode of a contract does, and what of it is counted.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use kit::{
    Binding, Class, Codes, Contract, Field, FieldType, Layout, Level, Mode, ReadError, Reader, Row, Sink,
    Step, Stopped, Table, Verdict, connector::Incoming,
};
use records::{Finding, Outcome};

static TABLE: Table = Table {
    name: "things",
    description: "",
    fields: &[
        Field::new(
            "id",
            FieldType::Text { max: 4 },
            Level::Required,
            Class::Plain,
            "",
        ),
        Field::new("day", FieldType::Date, Level::Optional, Class::Plain, ""),
        Field::new(
            "colour",
            FieldType::Code(Codes::These(&[("R", "Red"), ("G", "Green")])),
            Level::Optional,
            Class::Plain,
            "",
        ),
        Field::new(
            "count",
            FieldType::Integer { min: 0, max: 9 },
            Level::Optional,
            Class::Plain,
            "",
        ),
    ],
};

const LAYOUT: &str = r#"
    kind = "section23"
    version = "1"
    description = "Things"
    ignored = ["passed over"]
    file = { dates = ["DD/MM/YYYY"] }
    [columns]
    id = ["not-a-list"]
"#;

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Sink for Findings {
    fn record(&mut self, _: Incoming) -> Result<(), Stopped> {
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    fn rows_read(&mut self, _: &'static str, _: u64) {}

    fn rows_without_record(&mut self, _: &'static str, _: Outcome, _: u64) {}
}

fn layout(contract: Contract) -> Layout {
    let text = LAYOUT.replace(
        r#"id = ["not-a-list"]"#,
        r#"id = "Id"
           day = "The day"
           colour = { column = ["Colour", "Color"], codes = { "Crimson Red" = "R", "none" = "" } }
           count = { column = "Count", default = "7" }"#,
    );
    let mut layout = Layout::parse("things", &text).unwrap();
    layout.contract = contract;
    layout.check(std::slice::from_ref(&TABLE)).unwrap();
    layout
}

/// Reads a text under a contract: each kept row's values, the rule ids with their effects, and whether it was
/// refused.
fn read(text: &str, contract: Contract) -> (Vec<String>, Vec<String>, bool) {
    let layout = layout(contract);
    let mut findings = Findings::default();
    let mut kept = Vec::new();
    let result = read_into(text, &layout, &mut findings, &mut kept);
    let refused = match result {
        Ok(()) => false,
        Err(ReadError::Refused(_)) => true,
        Err(error) => panic!("{error}"),
    };
    let lines = findings
        .0
        .iter()
        .map(|finding| {
            format!(
                "{} {} x{}",
                finding.rule.id,
                finding.effect.as_str(),
                finding.rows
            )
        })
        .collect();
    (kept, lines, refused)
}

fn read_into(
    text: &str,
    layout: &Layout,
    findings: &mut Findings,
    kept: &mut Vec<String>,
) -> Result<(), ReadError> {
    let source = std::io::Cursor::new(text.to_owned().into_bytes());
    let mut reader =
        Reader::from_csv(source, &layout.file, "file 1").map_err(|error| error.into_read_error("file 1"))?;
    let columns = (&layout.columns, layout.ignored.as_slice());
    let mut binding = Binding::new(
        &TABLE,
        layout,
        columns,
        reader.header(),
        reader.location(None, None),
        findings,
    )?;
    let mut row = Row::default();
    while let Step::Row = reader
        .read(&mut row)
        .map_err(|error| error.into_read_error("file 1"))?
    {
        let mut values = binding.values(&row);
        let said = format!(
            "{} {} {} {}",
            values.text("id").unwrap_or_default(),
            values.date("day").map(|day| day.to_string()).unwrap_or_default(),
            values.code("colour").unwrap_or_default(),
            values.integer("count").unwrap_or_default(),
        );
        if values.finish(findings)? == Verdict::Keep {
            kept.push(said);
        }
    }
    binding.finish(findings);
    Ok(())
}

fn all(mode: Mode) -> Contract {
    Contract {
        unknown_column: mode,
        unknown_code: mode,
        bad_value: mode,
    }
}

const TEXT: &str = "Id,The day,Color,Count,passed over,new\n\
    1,01/02/2025,crimson  RED,3,x,\n\
    2,31/02/2025,G,,x,\n\
    3,01/02/2025,PUCE,4.0,x,\n\
    4,01/02/2025,none,12,x,y\n\
    long5,,g,1,x,y\n";

#[test]
fn blank_value() {
    let (kept, findings, refused) = read(TEXT, all(Mode::BlankValue));
    assert_eq!(
        kept,
        [
            "1 2025-02-01 R 3",
            "2  G 7",
            "3 2025-02-01  4",
            "4 2025-02-01  0",
            "  G 1"
        ]
    );
    assert_eq!(
        findings,
        [
            "F024 blanked-value x1",
            "F023 blanked-value x1",
            "F025 blanked-value x1",
            "F026 blanked-value x1",
            "F008 blanked-value x2"
        ]
    );
    assert!(!refused);
}

#[test]
fn accept() {
    let (kept, findings, _) = read(TEXT, all(Mode::Accept));
    assert_eq!(
        kept,
        [
            "1 2025-02-01 R 3",
            "2  G 7",
            "3 2025-02-01 PUCE 4",
            "4 2025-02-01  0",
            "long5  G 1"
        ]
    );
    assert_eq!(
        findings,
        // What cannot be used is left out even so.
        [
            "F024 blanked-value x1",
            "F023 accepted x1",
            "F025 blanked-value x1",
            "F026 accepted x1",
            "F008 accepted x2"
        ]
    );
}

#[test]
fn quarantine_row() {
    let (kept, findings, _) = read(TEXT, all(Mode::QuarantineRow));
    assert_eq!(kept, ["1 2025-02-01 R 3"]);
    assert_eq!(findings.len(), 5);
    assert!(findings.iter().all(|finding| finding.contains("quarantined-row")));
}

#[test]
fn refuse_delivery() {
    let (_, findings, refused) = read(TEXT, all(Mode::RefuseDelivery));
    assert_eq!(
        (findings.as_slice(), refused),
        (["F008 refused-delivery x1".to_owned()].as_slice(), true)
    );
    let known = TEXT.replace(",new\n", ",\n").replace(",y\n", ",\n");
    let (kept, findings, refused) = read(&known, all(Mode::RefuseDelivery));
    assert_eq!(
        (kept.len(), findings.as_slice(), refused),
        (1, ["F024 refused-delivery x1".to_owned()].as_slice(), true)
    );
}

#[test]
fn words_are_no_codes_even_where_unknown_codes_are_accepted() {
    for words in ["Smith", "9990000018", "SEE LETTER", "É"] {
        let (kept, findings, _) = read(&format!("Id,Colour\n1,{words}\n"), all(Mode::Accept));
        assert_eq!(kept, ["1   7"]);
        assert!(findings.contains(&"F023 blanked-value x1".to_owned()));
    }
}

#[test]
fn columns_that_are_missing_or_there_twice() {
    let (_, findings, refused) = read("The day\n01/02/2025\n", Contract::default());
    assert_eq!(
        (findings.as_slice(), refused),
        (["F005 refused-delivery x1".to_owned()].as_slice(), true)
    );
    let (_, findings, refused) = read("Id, ID\n1,2\n", Contract::default());
    assert_eq!(
        (findings.as_slice(), refused),
        (["F007 refused-delivery x1".to_owned()].as_slice(), true)
    );
    // Two names of one column: the first that is not blank.
    let (kept, findings, _) = read("Id,Color,Colour\n1,R,\n2,R,G\n", Contract::default());
    assert_eq!(kept, ["1  R 7", "2  G 7"]);
    assert_eq!(findings, ["F006 accepted x1"; 2]);
}

#[test]
fn findings_hold_no_value() {
    let text = "Id,The day,Colour,Secret\n1,CANARY-DAY,CANARY-CODE,CANARY-CELL\n";
    let layout = layout(all(Mode::BlankValue));
    let mut findings = Findings::default();
    read_into(text, &layout, &mut findings, &mut Vec::new()).unwrap();
    let said = format!("{:?}", findings.0);
    assert_eq!(findings.0.len(), 4);
    assert!(!said.contains("CANARY") && !said.contains("Secret"));
}

#[test]
fn a_leading_zero_is_put_back_only_where_the_layout_says_that_the_column_holds_numbers() {
    use identity::{NhsNumber, TestNumbers};

    static PEOPLE: Table = Table {
        name: "people",
        description: "",
        fields: &[Field::new(
            "nhs_number",
            FieldType::NhsNumber,
            Level::Optional,
            Class::DirectId,
            "",
        )],
    };
    // What stands in the cell, and whether the number is found under a layout that says ten digits and under one that
    // does not. 0943476518 has a right check digit, 0943476519 has not.
    for (cell, with, without, findings) in [
        ("943476518", true, false, vec!["F039"]),
        ("943476519", false, false, vec!["F032"]),
        ("43476518", false, false, vec!["F032"]),
        ("9434765919.0", true, false, vec![]),
        ("9434765919", true, true, vec![]),
    ] {
        for (spec, found, findings) in [
            (r#"{ column = "NHS", digits = 10 }"#, with, Some(findings)),
            (r#""NHS""#, without, None),
        ] {
            let text = LAYOUT.replace(r#"id = ["not-a-list"]"#, &format!("nhs_number = {spec}"));
            let layout = Layout::parse("people", &text).unwrap();
            let csv = format!("NHS\n{cell}\n");
            let mut reader =
                Reader::from_csv(std::io::Cursor::new(csv.into_bytes()), &layout.file, "people.csv").unwrap();
            let mut sink = Findings::default();
            let mut binding = Binding::new(
                &PEOPLE,
                &layout,
                (&layout.columns, &layout.ignored),
                reader.header(),
                reader.location(None, None),
                &mut sink,
            )
            .unwrap();
            let mut row = Row::default();
            reader.read(&mut row).unwrap();
            let mut values = binding.values(&row);
            let held = values.identifier("nhs_number", |text| NhsNumber::parse(text, TestNumbers::Refused));
            values.finish(&mut sink).unwrap();
            assert_eq!(held.valid().is_some(), found, "{cell} {spec}");
            if let Some(findings) = findings {
                let rules: Vec<&str> = sink.0.iter().map(|finding| finding.rule.id).collect();
                assert_eq!(rules, findings, "{cell} {spec}");
            }
        }
    }
}
