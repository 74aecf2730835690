//! Files that were made to do harm: each is named by its finding, costs neither time nor memory beyond its measure, and
//! leaves the deliveries beside it alone.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Seek, SeekFrom, Write},
    os::unix::ffi::OsStrExt,
    path::Path,
    time::Duration,
};

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, feed, notices_csv, notices_feed},
    measured,
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// What a hostile file may take beyond a night without one, in KiB.
const ROOM_KIB: u64 = 200 * 1024;
/// How long a night with one may take: a gigabyte must be copied, hashed and read, on a busy machine.
const LONGEST: Duration = Duration::from_secs(120);

const MIB: u64 = 1024 * 1024;

/// An area with a feed of each format and one good delivery of notices.
fn area() -> (Area, Vec<Child>) {
    let children = Child::several(3);
    let area = Area::bare(Database::Sqlite);
    let census = feed(
        "census-xml",
        "school-census",
        "881",
        "school-census/xml",
        "incoming/census-xml",
        "snapshot",
    );
    area.configure(
        &[
            notices_feed("RAJ", "section23/superset"),
            notices_feed("RDD", "section23/portal-export-xlsx"),
            notices_feed("RGT", "section23/api-json"),
            notices_feed("RQ8", "section23/superset"),
            census,
        ],
        &children,
    );
    area.put_notices("section23-1.csv", &good(&children), "2026-02-01");
    (area, children)
}

fn good(children: &[Child]) -> Vec<Notice> {
    children
        .iter()
        .zip(1..)
        .map(|(child, number)| Notice::of(child, &format!("N-{number}"), "2024-03-01"))
        .collect()
}

/// The peak of a night with good deliveries alone, in KiB.
fn baseline() -> u64 {
    let (area, _) = area();
    let night = measured::run(&mut area.command(&["run", "--as-at", "2026-02-02"]));
    night.ended.expect(0);
    night.peak_kib
}

/// What a hostile file must bring.
struct Must {
    /// The feed's name.
    feed: &'static str,
    /// The file's name as findings show it.
    file: &'static str,
    /// The rule.
    rule: &'static str,
    /// What it costs.
    effect: &'static str,
    /// The exit code: 3 where the delivery was refused, else 0.
    code: i32,
    /// Notices of the hostile file itself that load.
    beside: u64,
}

const fn refused(feed: &'static str, file: &'static str, rule: &'static str) -> Must {
    Must {
        feed,
        file,
        rule,
        effect: "refused-delivery",
        code: 3,
        beside: 0,
    }
}

/// Runs a night over the good delivery and what `make` writes, and checks what came of it.
#[track_caller]
fn survives(title: &str, make: impl FnOnce(&Area, &[Child]), must: &Must) {
    let (area, children) = area();
    make(&area, &children);
    let night = measured::run(&mut area.command(&["run", "--as-at", "2026-02-02"]));
    let (peak, took) = (night.peak_kib, night.took);
    night.ended.expect(must.code);
    let base = baseline();
    println!(
        "{title}: {} MiB over {} MiB, {:.1} s",
        peak.saturating_sub(base) / 1024,
        base / 1024,
        took.as_secs_f64()
    );
    assert!(
        peak <= base + ROOM_KIB,
        "{title}: {peak} KiB, a quiet night takes {base} KiB"
    );
    assert!(took < LONGEST, "{title}: {took:?}");
    assert_eq!(
        area.count("select count(*) from section23_notice"),
        children.len() as u64 + must.beside,
        "{title}: the good neighbours load"
    );
    let findings = area
        .run(&["findings", "--feed", must.feed, "--format", "json"])
        .expect(0)
        .rows();
    let named = findings.iter().any(|finding| {
        finding["rule"] == must.rule && finding["effect"] == must.effect && finding["file"] == must.file
    });
    assert!(
        named,
        "{title}: no {} {} of {} in {findings:#?}",
        must.rule, must.effect, must.file
    );
}

const RETURN: &str = "incoming/census-xml/8812001_SC1_881LL26_001.xml";
const RETURN_NAME: &str = "8812001_SC1_881LL26_001.xml";
const HEADER: &str = "<Message><Header><Collection>SC</Collection><Term>SPR</Term><Year>2026</Year>\
    <ReferenceDate>2026-01-15</ReferenceDate><LEA>881</LEA><Estab>2001</Estab><DateTime>2026-01-20T16:30:05</DateTime>\
    </Header><Pupils>";

fn put_return(area: &Area, text: impl AsRef<[u8]>) {
    area.put(RETURN, text, "2026-02-01");
}

#[test]
fn an_entity_bomb_is_not_expanded() {
    let mut text = String::from("<!DOCTYPE Message [<!ENTITY a0 \"ha\">");
    for level in 1..40 {
        let before = level - 1;
        text.push_str(&format!(
            "<!ENTITY a{level} \"{}\">",
            format!("&a{before};").repeat(10)
        ));
    }
    text.push_str(&format!(
        "]>{HEADER}<PupilOnRoll><Surname>&a39;</Surname></PupilOnRoll></Pupils></Message>"
    ));
    survives(
        "entity bomb",
        |area, _| put_return(area, &text),
        &refused("census-xml", RETURN_NAME, "XML-006"),
    );
}

#[test]
fn an_external_entity_is_not_fetched() {
    let (area, _) = area();
    let secret = area.put("secret.txt", "Wolverine", "2026-01-01");
    put_return(
        &area,
        format!(
            "<!DOCTYPE Message [<!ENTITY x SYSTEM \"file://{}\">]>{HEADER}<PupilOnRoll><UPN>A881200122001</UPN>\
             <Surname>&x;</Surname></PupilOnRoll></Pupils></Message>",
            secret.display()
        ),
    );
    let night = area.run(&["run", "--as-at", "2026-02-02"]).expect(3);
    let findings = area.run(&["findings", "--format", "json"]).expect(0);
    assert!(findings.stdout.contains("XML-006"), "{}", findings.stdout);
    for said in [&night.stdout, &night.stderr, &findings.stdout] {
        assert!(!said.contains("Wolverine"), "{said}");
    }
    assert_eq!(area.count("select count(*) from school_record"), 0);
}

#[test]
fn a_million_levels_of_elements_are_not_descended() {
    let text = format!("{HEADER}{}", "<a>".repeat(1_000_000));
    survives(
        "deep nesting",
        |area, _| put_return(area, &text),
        &refused("census-xml", RETURN_NAME, "XML-007"),
    );
}

#[test]
fn a_flood_of_attributes_is_not_compared_one_by_one() {
    let attributes: String = (0..60_000).map(|number| format!(" a{number}=\"\"")).collect();
    assert!(attributes.len() < 1024 * 1024);
    let pupil = format!("<PupilOnRoll{attributes}><UPN>A881200122001</UPN></PupilOnRoll>");
    let text = format!("{HEADER}{}</Pupils></Message>", pupil.repeat(8));
    survives(
        "attribute flood",
        |area, _| put_return(area, &text),
        &Must {
            feed: "census-xml",
            file: RETURN_NAME,
            rule: "XML-013",
            effect: "quarantined-row",
            code: 0,
            beside: 0,
        },
    );
    let endless = format!("{HEADER}<PupilOnRoll{}", attributes.repeat(30));
    survives(
        "endless tag",
        |area, _| put_return(area, &endless),
        &refused("census-xml", RETURN_NAME, "XML-008"),
    );
}

#[test]
fn an_element_of_three_hundred_megabytes_is_not_held() {
    survives(
        "endless text",
        |area, _| {
            let path = area.put(RETURN, HEADER, "2026-02-01");
            stretch(&path, 300 * MIB, b"</Pupils></Message>");
        },
        &refused("census-xml", RETURN_NAME, "XML-008"),
    );
}

/// Lengthens a file by so many zeros, which take no room on the disk, and these bytes.
fn stretch(path: &Path, zeros: u64, then: &[u8]) {
    let mut file = fs::File::options().write(true).open(path).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.seek(SeekFrom::End(i64::try_from(zeros).unwrap())).unwrap();
    file.write_all(then).unwrap();
    file.set_modified(modified).unwrap();
}

#[test]
fn a_field_of_a_gigabyte_costs_its_row() {
    survives(
        "field of a gigabyte",
        |area, children| {
            let whole = notices_csv(&[
                Notice::of(&children[0], "Q-1", "2024-04-01"),
                Notice::of(&children[1], "Q-2", "2024-04-02").with("reason_text", "@"),
                Notice::of(&children[2], "Q-3", "2024-04-03"),
            ]);
            let (before, after) = whole.split_once('@').unwrap();
            let path = area.put("incoming/s23-rq8/section23-2.csv", before, "2026-02-01");
            stretch(&path, 1024 * MIB, after.as_bytes());
        },
        &Must {
            feed: "s23-rq8",
            file: "section23-2.csv",
            rule: "F014",
            effect: "quarantined-row",
            code: 0,
            beside: 2,
        },
    );
}

#[test]
fn a_quote_that_is_never_closed_does_not_take_the_file_into_memory() {
    survives(
        "open quote",
        |area, children| {
            let whole =
                notices_csv(&[Notice::of(&children[0], "Q-1", "2024-04-01").with("reason_text", "@")]);
            let (before, after) = whole.split_once('@').unwrap();
            let path = area.put(
                "incoming/s23-rq8/section23-2.csv",
                format!("{before}\""),
                "2026-02-01",
            );
            stretch(&path, 300 * MIB, after.as_bytes());
        },
        &refused("s23-rq8", "section23-2.csv", "F002"),
    );
}

#[test]
fn a_million_columns_hold_none_that_is_needed() {
    survives(
        "million columns",
        |area, _| {
            let text = format!("{}\n{}\n", "a,".repeat(1_000_000), ",".repeat(1_000_000));
            area.put("incoming/s23-rq8/section23-2.csv", text, "2026-02-01");
        },
        &refused("s23-rq8", "section23-2.csv", "F005"),
    );
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    // Every byte there is, again and again, in an order that repeats late.
    let noise: Vec<u8> = (0..5_000_000_u32)
        .map(|number| (number.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    survives(
        "noise",
        |area, _| drop(area.put("incoming/s23-rq8/section23-2.csv", &noise, "2026-02-01")),
        &refused("s23-rq8", "section23-2.csv", "F004"),
    );
    survives(
        "zeros",
        |area, _| {
            drop(area.put(
                "incoming/s23-rq8/section23-2.csv",
                vec![0; 1_000_000],
                "2026-02-01",
            ))
        },
        &refused("s23-rq8", "section23-2.csv", "F002"),
    );
}

#[test]
fn deep_and_wide_objects_cost_themselves() {
    let put = |area: &Area, text: &str| {
        area.put("incoming/s23-rgt/section23-2.json", text, "2026-02-01");
    };
    let deep = format!("[{}1{}]", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let costs_itself = |rule| Must {
        feed: "s23-rgt",
        file: "section23-2.json",
        rule,
        effect: "quarantined-row",
        code: 0,
        beside: 0,
    };
    survives("deep object", |area, _| put(area, &deep), &costs_itself("F020"));
    // Keys that must all be told apart: ten objects of 80,000 each.
    let keys: Vec<String> = (0..80_000).map(|number| format!("\"{number}\":1")).collect();
    let wide = format!(
        "[{}]",
        vec![format!("{{{},\"1\":2}}", keys.join(",")); 10].join(",")
    );
    survives("wide objects", |area, _| put(area, &wide), &costs_itself("F019"));
    let long = format!("[{{\"a\":\"{}\"}}]", "x".repeat(20_000_000));
    survives("long object", |area, _| put(area, &long), &costs_itself("F014"));
}

/// Parts of a workbook with one sheet, apart from the two that a bomb fills.
const WORKBOOK: [(&str, &str); 4] = [
    (
        "[Content_Types].xml",
        r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
    ),
    (
        "_rels/.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    ),
    (
        "xl/workbook.xml",
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Notifications" sheetId="1" r:id="rId1"/></sheets></workbook>"#,
    ),
    (
        "xl/_rels/workbook.xml.rels",
        r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#,
    ),
];

const SHEET: &str =
    r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#;
const TEXTS: &str = r#"<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#;

/// Writes one part of a workbook.
type Part<'a> = &'a dyn Fn(&mut dyn Write) -> io::Result<()>;

/// A workbook with this sheet and these shared texts, and so many parts beyond.
fn workbook(sheet: Part<'_>, texts: Part<'_>, more: usize) -> Vec<u8> {
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(1));
    for (name, text) in WORKBOOK {
        zip.start_file(name, options).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    for (name, part) in [
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", texts),
    ] {
        zip.start_file(name, options).unwrap();
        part(&mut zip).unwrap();
    }
    for number in 0..more {
        zip.start_file(format!("../../part{number}.xml"), options)
            .unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// A part that starts so, repeats a text, and ends so.
fn repeated(
    start: &'static str,
    text: &'static str,
    times: u64,
    end: &'static str,
) -> impl Fn(&mut dyn Write) -> io::Result<()> {
    move |to| {
        to.write_all(start.as_bytes())?;
        let block = text.repeat(1000);
        for _ in 0..times / 1000 {
            to.write_all(block.as_bytes())?;
        }
        to.write_all(end.as_bytes())
    }
}

#[test]
fn workbooks_that_unpack_without_end_are_not_unpacked_into_memory() {
    let end = "</sheetData></worksheet>";
    let no_rows = repeated(SHEET, "", 0, end);
    let no_texts = repeated(TEXTS, "", 0, "</sst>");
    let put = |area: &Area, bytes: &[u8]| {
        assert!(bytes.len() < 64 * 1024 * 1024, "a bomb is small: {}", bytes.len());
        area.put(
            "incoming/s23-rdd/section23-notifications-2.xlsx",
            bytes,
            "2026-02-01",
        );
    };
    let refused = refused("s23-rdd", "section23-notifications-2.xlsx", "F017");
    let row = "<row><c t=\"inlineStr\"><is><t>a</t></is></c></row>";
    let bombs: [(&str, Vec<u8>); 5] = [
        (
            "sheet of 600 MiB",
            workbook(&repeated(SHEET, row, 13_000_000, end), &no_texts, 0),
        ),
        (
            "shared texts of 300 MiB",
            workbook(
                &no_rows,
                &repeated(TEXTS, "<si><t>abc</t></si>", 16_000_000, "</sst>"),
                0,
            ),
        ),
        (
            "one cell of 300 MiB",
            workbook(
                &repeated(
                    "<worksheet><sheetData><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>",
                    "x",
                    300_000_000,
                    "</t></is></c></row></sheetData></worksheet>",
                ),
                &no_texts,
                0,
            ),
        ),
        ("three thousand parts", workbook(&no_rows, &no_texts, 3000)),
        // Small as a file and as a sheet: each row uses its thousandth column alone.
        ("rows of blanks", workbook(&wide_rows, &no_texts, 0)),
    ];
    for (title, bytes) in &bombs {
        survives(title, |area, _| put(area, bytes), &refused);
    }
}

/// A sheet of 200,000 rows, each with one cell in column ALL.
fn wide_rows(to: &mut dyn Write) -> io::Result<()> {
    to.write_all(SHEET.as_bytes())?;
    for row in 1..=200_000 {
        write!(to, "<row r=\"{row}\"><c r=\"ALL{row}\"><v>1</v></c></row>")?;
    }
    to.write_all(b"</sheetData></worksheet>")
}

/// Names that files may have on this system and that mean something elsewhere.
const NAMES: &[&[u8]] = &[
    b"section23-\\..\\windows\\system.csv",
    b"section23-;rm -rf ~.csv",
    b"section23-$(id).csv",
    b"-section23.csv",
    b"CON.csv",
    b"section23-\n[[feed]]\nname = x.csv",
    b"section23-\x1b[2J.csv",
    b"section23-\xe2\x80\xae2026.csv",
    b"section23-%2e%2e%2fpasswd.csv",
    b"section23-<script>.csv",
    b"section23-=1+1.csv",
];

#[test]
fn names_of_files_are_data() {
    let (area, children) = area();
    let folder = area.file("incoming/s23-rq8");
    let mut longest = b"section23-".to_vec();
    longest.resize(251, b'9');
    longest.extend(b".csv");
    let names = NAMES.iter().copied().chain([longest.as_slice()]);
    for (name, number) in names.zip(1..) {
        let notice = Notice::of(
            &children[0],
            &format!("Q-{number}"),
            &format!("2024-05-{number:02}"),
        )
        .with("nhs_number", "1234567890");
        fs::write(folder.join(OsStr::from_bytes(name)), notices_csv(&[notice])).unwrap();
    }
    let night = area.run(&["run", "--as-at", "2026-12-01"]).expect(0);
    let loaded = children.len() as u64 + NAMES.len() as u64 + 1;
    assert_eq!(area.count("select count(*) from section23_notice"), loaded);
    let findings = area
        .run(&["findings", "--feed", "s23-rq8", "--format", "json"])
        .expect(0);
    let bad: Vec<_> = findings
        .rows()
        .into_iter()
        .filter(|finding| finding["rule"] == "F032")
        .collect();
    assert_eq!(bad.len(), NAMES.len() + 1);
    for finding in &bad {
        assert_eq!(
            finding["file"], "file 1",
            "a name that is no plain one is not shown"
        );
    }
    for said in [&night.stdout, &night.stderr, &findings.stdout] {
        for shown in ["\u{1b}", "\u{202e}", "rm -rf", "<script>", "passwd"] {
            assert!(!said.contains(shown), "{shown:?} is in {said}");
        }
    }
    // Nothing was written where a name led.
    assert!(!area.file("incoming/windows").exists() && !area.file("windows").exists());
}

#[test]
fn a_name_that_is_no_text_holds_nobody_up() {
    let (area, children) = area();
    let path = area
        .file("incoming/s23-rq8")
        .join(OsStr::from_bytes(b"section23-\xff\xfe.csv"));
    fs::write(
        path,
        notices_csv(&[Notice::of(&children[0], "Q-1", "2024-05-01")]),
    )
    .unwrap();
    let night = area.run(&["run", "--as-at", "2026-02-02"]);
    assert!(matches!(night.code, Some(0 | 3)), "{}", night.stderr);
    assert!(area.count("select count(*) from section23_notice") >= children.len() as u64);
}

#[test]
fn characters_that_mislead_are_named_and_shown_nowhere() {
    let (area, children) = area();
    let name = |column: &str, text: &str| Notice::of(&children[0], "Q-1", "2024-05-01").with(column, text);
    let notices: Vec<Notice> = [
        name("family_name", "\u{202e}gnitsoH"),
        name("family_name", "Ho\u{200b}sting"),
        name("given_name", "=HYPERLINK(\"http://example.org\")"),
        name("given_name", "\u{2066}Aurelia"),
        name("address_line_1", "1 Test\u{0} Street"),
    ]
    .into_iter()
    .zip(1..)
    .map(|(notice, number)| notice.with("notification_id", &format!("Q-{number}")))
    .collect();
    area.put(
        "incoming/s23-rq8/section23-2.csv",
        notices_csv(&notices),
        "2026-02-01",
    );
    area.run(&["run", "--as-at", "2026-02-02"]).expect(0);
    let findings = area
        .run(&["findings", "--feed", "s23-rq8", "--format", "json"])
        .expect(0);
    let mut said: Vec<(u64, String)> = findings
        .rows()
        .iter()
        .filter(|finding| finding["rule"] == "F035" || finding["rule"] == "F012")
        .map(|finding| {
            (
                finding["line"].as_u64().unwrap(),
                finding["rule"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    said.sort();
    let expected = [(2, "F035"), (3, "F035"), (4, "F035"), (5, "F035"), (6, "F012")];
    assert_eq!(said, expected.map(|(line, rule)| (line, rule.to_owned())));
    assert!(!findings.stdout.contains("HYPERLINK") && !findings.stdout.contains('\u{202e}'));
    assert_eq!(
        area.count("select count(*) from section23_notice"),
        children.len() as u64 + 4
    );
}
