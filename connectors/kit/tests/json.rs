//! JSON files as they should and should not be.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use kit::{
    Reader, Row, Step,
    layout::FileForm,
    tabular::{LONGEST_RECORD, TabularError},
};

fn read(text: &[u8]) -> Result<(Vec<String>, Vec<String>), &'static str> {
    let refused = |error| match error {
        TabularError::Refused { rule, .. } => rule.id,
        TabularError::Io(error) => panic!("{error}"),
    };
    let known = ["id".to_owned(), "child.sex".to_owned()];
    let source = std::io::Cursor::new(text.to_vec());
    let mut reader = Reader::from_json(source, &FileForm::default(), "file 1", &known).map_err(refused)?;
    let mut row = Row::default();
    let mut rows = Vec::new();
    loop {
        match reader.read(&mut row).map_err(refused)? {
            Step::End => return Ok((rows, reader.header().to_vec())),
            Step::Row => {
                let cells: Vec<_> = (0..row.len())
                    .map(|column| row.text(column).unwrap_or_default().into_owned())
                    .collect();
                rows.push(format!("{}: {}", row.line(), cells.join("|")));
            }
            Step::Fault(fault) => rows.push(format!("{}: {}", fault.line, fault.rule.id)),
        }
    }
}

#[test]
fn objects_become_rows() {
    let text = br#" [ {"id": 9990000018, "child": {"sex": "F", "Age": 3.5}}, {"ID":"x","list":["a",{"k":1,"l":true},null]} ,{} ] "#;
    let (rows, header) = read(text).unwrap();
    assert_eq!(header, ["id", "child.sex", "child.Age", "list"]);
    assert_eq!(rows, ["1: 9990000018|F|3.5", "2: x|||a;k=1,l=true;", "3: "]);
}

#[test]
fn a_bad_object_costs_itself() {
    let long = format!(r#"{{"id":"{}"}}"#, "x".repeat(LONGEST_RECORD));
    let deep = format!(r#"{{"a":{}1{}}}"#, r#"{"a":"#.repeat(9), "}".repeat(9));
    let deeper = format!(r#"{{"a":{}1{}}}"#, "[".repeat(1000), "]".repeat(1000));
    let text = format!(
        "[{{\"id\":1}},{long},{{\"id\":1,\"id\":2}},{deep},{deeper},{{\"id\":\"\\u0000\"}},{{\"id\":\"\u{1}\"}},{{\"id\":2}}]"
    );
    let (rows, _) = read(text.as_bytes()).unwrap();
    assert_eq!(
        rows,
        [
            "1: 1", "2: F014", "3: F019", "4: F020", "5: F020", "6: F012", "7: F012", "8: 2"
        ]
    );
    let (rows, _) = read(b"[{\"id\":\"\xff\"},{\"id\":\"}] \\\"\"}]").unwrap();
    assert_eq!(rows, ["1: F011", "2: }] \""]);
}

#[test]
fn what_is_not_an_array_of_objects_is_refused() {
    assert_eq!(read(b""), Err("F001"));
    assert_eq!(read(b"[] []"), Err("F018"));
    assert_eq!(read(b"{}"), Err("F018"));
    assert_eq!(read(b"[1]"), Err("F018"));
    assert_eq!(read(b"[{},]"), Err("F018"));
    assert_eq!(read(b"[{\"id\": tru}]"), Err("F018"));
    assert_eq!(read(b"[{\"id\":1}"), Err("F002"));
    assert_eq!(read(b"[{\"id\":\"1}]"), Err("F002"));
    assert!(read(b"[]").unwrap().0.is_empty());
}
