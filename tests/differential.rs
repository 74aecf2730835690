//! Generated files, read the same by our readers and by two others: Python's csv and lxml (libxml2).
//!
//! Ten thousand files of each format are made from a seed, most of them sound, some damaged. What differs on purpose
//! is said in `differential.py`; anything else is a fault of one of the two. Known leniencies of the XML parser below
//! ours are not generated: it takes `--` within a comment, `]]>` within text and a name that starts with a digit,
//! none of which leaves it in doubt where an element ends.

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use kit::{
    Reader, Row, Step,
    layout::FileForm,
    tabular::TabularError,
    xml::{XmlFault, XmlReader, XmlStep},
};
use serde_json::{Value, json};

/// Files of each format.
const FILES: usize = 10_000;

/// The seed, unless the environment names another.
const SEED: u64 = 20_261_123;

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

const CELLS: &[&str] = &[
    "a",
    "Wren",
    "O'Brien",
    "Zoë",
    "9990000018",
    "",
    " ",
    "x y",
    "1,5",
    "said \"no\"",
    "two\nlines",
    "cr\rlf\r\n",
    "€",
    "\u{a0}",
    "\"",
    "\t",
    "𝄞",
    ";",
    "''",
    "=1+1",
    "\u{feff}in",
];

fn csv_file(dice: &mut Dice) -> Vec<u8> {
    let width = 1 + dice.below(5);
    let mut text = String::new();
    if dice.one_in(6) {
        text.push('\u{feff}');
    }
    let eol = dice.pick(&["\n", "\r\n", "\r"]);
    let rows = dice.below(7);
    for row in 0..=rows {
        let width = if row > 0 && dice.one_in(25) {
            1 + dice.below(6)
        } else {
            width
        };
        for column in 0..width {
            if column > 0 {
                text.push(',');
            }
            let mut cell = if row == 0 {
                format!("h{column}")
            } else {
                dice.pick(CELLS).to_owned()
            };
            if row > 0 && dice.one_in(80) {
                cell.push(if dice.one_in(2) { '\u{7}' } else { '\u{85}' });
            }
            let must = cell.contains([',', '"', '\n', '\r']);
            if must || cell.is_empty() && width == 1 || dice.one_in(4) {
                text.push('"');
                text.push_str(&cell.replace('"', "\"\""));
                text.push('"');
                if dice.one_in(150) {
                    text.push('x');
                }
            } else {
                text.push_str(&cell);
                if dice.one_in(60) && !cell.is_empty() {
                    text.push('"');
                }
            }
        }
        if row < rows || !dice.one_in(4) {
            text.push_str(eol);
            if dice.one_in(10) {
                text.push_str(eol);
            }
        }
    }
    let mut bytes = text.into_bytes();
    if dice.one_in(20) {
        bytes.truncate(dice.below(bytes.len() + 1));
    }
    bytes
}

const NAMES: &[&str] = &["a", "Pupil", "UPN", "x:Sex", "Zoë", "b-c", "_d", "e.f"];
const TEXTS: &[&str] = &[
    "Wren",
    " ",
    "\n  ",
    "Rook &amp; Daw",
    "&lt;b&gt;",
    "&#65;",
    "&#x1F426;",
    "<![CDATA[ 1 < 2 & 3 ]]>",
    "Zoë",
    "a\r\nb",
    "&quot;",
    "<!-- a > b -->",
    "<?pi x?>",
    "]",
    "'",
    "\u{a0}",
    "𝄞",
];
const FLAWS: &[&str] = &[
    "&eacute;",
    "& ",
    "&#0;",
    "\u{7}",
    "\u{85}",
    "\u{fffd}",
    "&#xD800;",
    "<c>",
    "</d>",
    "<",
    "<a",
    "<!--",
    "<![CDATA[",
    "<!DOCTYPE a>",
    "<a b='1' b='2'/>",
    "<a b/>",
    "<a b=1/>",
    "&",
    "&#x110000;",
    "\u{fffe}",
];

fn element(dice: &mut Dice, depth: usize, text: &mut String) {
    // The name of the outermost element is the one that is asked for.
    let name = if depth == 0 { "Message" } else { dice.pick(NAMES) };
    let prefix = if depth == 0 { " xmlns:x='urn:x'" } else { "" };
    let attribute = dice.pick(&["", "", "", " one='1'", " one=\"&lt;\" two='2'"]);
    if depth > 0 && dice.one_in(6) {
        text.push_str(&format!("<{name}{attribute}/>"));
        return;
    }
    text.push_str(&format!("<{name}{prefix}{attribute}>"));
    let children = if depth < 4 { dice.below(4) } else { 0 };
    for _ in 0..children {
        if dice.one_in(2) {
            text.push_str(dice.pick(&["\n", "  ", "\t"]));
        }
        if dice.one_in(40) {
            text.push_str(dice.pick(TEXTS));
        }
        element(dice, depth + 1, text);
    }
    if children == 0 {
        for _ in 0..dice.below(4) {
            text.push_str(dice.pick(TEXTS));
            if dice.one_in(150) {
                text.push_str(dice.pick(FLAWS));
            }
        }
    }
    text.push_str(&format!("</{name}>"));
}

fn xml_file(dice: &mut Dice) -> Vec<u8> {
    let mut text = String::new();
    text.push_str(dice.pick(&[
        "",
        "<?xml version=\"1.0\"?>",
        "<?xml version='1.0' encoding='UTF-8'?>\n",
        "<!-- c -->\n",
    ]));
    element(dice, 0, &mut text);
    text.push_str(dice.pick(&["", "\n", "\n<!-- end -->", "<?pi?>"]));
    if dice.one_in(40) {
        text.push_str(dice.pick(&["<b/>", "x", "&amp;"]));
    }
    let mut bytes = text.into_bytes();
    if dice.one_in(20) {
        bytes.truncate(dice.below(bytes.len() + 1));
    }
    if dice.one_in(60) {
        let at = dice.below(bytes.len().max(1));
        if let Some(byte) = bytes.get_mut(at) {
            *byte = 0xff;
        }
    }
    bytes
}

/// Our reading of a CSV file; "error" where a row was found damaged or the file refused for it.
fn read_csv(bytes: Vec<u8>) -> Value {
    let refused = |error| match error {
        TabularError::Refused { rule, .. } => match rule.id {
            // Cut off: another reader may still make rows of it, or not.
            "F001" | "F002" => json!("refused"),
            _ => json!("error"),
        },
        TabularError::Io(error) => panic!("{error}"),
    };
    let mut reader = match Reader::from_csv(std::io::Cursor::new(bytes), &FileForm::default(), "file 1") {
        Ok(reader) => reader,
        Err(error) => return refused(error),
    };
    let header = reader.header().to_vec();
    let mut rows = Vec::new();
    let mut row = Row::default();
    loop {
        match reader.read(&mut row) {
            Err(error) => return refused(error),
            Ok(Step::End) => return json!({ "header": header, "rows": rows }),
            Ok(Step::Fault(fault)) => match fault.rule.id {
                "F009" => rows.push(json!("ragged")),
                "F012" => rows.push(json!("control")),
                _ => return json!("error"),
            },
            Ok(Step::Row) => {
                let cells = (0..row.len()).map(|column| row.text(column).unwrap_or_default().into_owned());
                rows.push(json!(cells.collect::<Vec<_>>()));
            }
        }
    }
}

/// Our reading of a document: elements as they close; and whether any has a flaw.
fn read_xml(bytes: &[u8]) -> (Value, bool) {
    let mut reader = XmlReader::new(bytes, ["Message"]);
    let mut elements = Vec::new();
    let mut flawed = false;
    loop {
        let step = match reader.step() {
            Ok(XmlStep::Close(element)) => Some(element),
            Ok(XmlStep::Open { .. }) => None,
            Ok(XmlStep::End) => return (json!(elements), flawed),
            Err(XmlFault::Broken { .. }) => return (json!("refused"), true),
            Err(XmlFault::Io(error)) => panic!("{error}"),
        };
        if let Some(element) = step {
            let depth = reader.depth() + 1;
            flawed |= element.flaw.is_some();
            let text = if element.flaw.is_some() {
                "flaw"
            } else {
                element.text.as_str()
            };
            elements.push(json!([element.name, depth, text]));
        }
    }
}

/// A Python that has lxml.
fn python() -> &'static str {
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| {
            let found = Command::new(python)
                .args(["-c", "import lxml.etree"])
                .stderr(Stdio::null())
                .status();
            found.is_ok_and(|status| status.success())
        })
        .expect("no python3 with lxml: tests/run installs python3-lxml")
}

/// What the script says of each file.
fn answers(format: &str, files: &[Vec<u8>]) -> Vec<Value> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/differential.py");
    let mut child = Command::new(python())
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut input = child.stdin.take().expect("a pipe");
    let lines: String = files
        .iter()
        .map(|bytes| {
            let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            format!("{}\n", json!({ "format": format, "hex": hex }))
        })
        .collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("python ends");
    writer.join().expect("the writer ends").expect("written");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    text.lines()
        .map(|line| serde_json::from_str(line).expect("an answer"))
        .collect()
}

fn dice() -> (u64, Dice) {
    let seed = env::var("SENDLINK_TEST_SEED")
        .ok()
        .and_then(|seed| seed.parse().ok())
        .unwrap_or(SEED);
    (seed, Dice(seed))
}

#[test]
fn csv_reads_as_python_reads_it() {
    let (seed, mut dice) = dice();
    let files: Vec<Vec<u8>> = (0..FILES).map(|_| csv_file(&mut dice)).collect();
    let theirs = answers("csv", &files);
    assert_eq!(theirs.len(), files.len());
    let (mut sound, mut damaged) = (0, 0);
    for (number, (bytes, theirs)) in files.iter().zip(&theirs).enumerate() {
        let ours = read_csv(bytes.clone());
        // A file that both refuse may be refused for its end by one and for a quote within by the other; and a row
        // that has text after a quote may have too few cells as well, which costs it alone.
        let is_ragged = ours["rows"]
            .as_array()
            .is_some_and(|rows| rows.contains(&json!("ragged")));
        let both_refuse = theirs.is_string() && (ours.is_string() || (theirs == "error" && is_ragged));
        assert!(
            both_refuse || ours == *theirs,
            "seed {seed}, file {number}: {:?}\n ours   {ours}\n theirs {theirs}",
            String::from_utf8_lossy(bytes)
        );
        if both_refuse { damaged += 1 } else { sound += 1 }
    }
    assert!(
        sound > FILES / 2 && damaged > FILES / 50,
        "{sound} sound, {damaged} damaged"
    );
}

#[test]
fn xml_reads_as_libxml_reads_it() {
    let (seed, mut dice) = dice();
    let files: Vec<Vec<u8>> = (0..FILES).map(|_| xml_file(&mut dice)).collect();
    let theirs = answers("xml", &files);
    assert_eq!(theirs.len(), files.len());
    let (mut sound, mut damaged) = (0, 0);
    for (number, (bytes, theirs)) in files.iter().zip(&theirs).enumerate() {
        let (ours, flawed) = read_xml(bytes);
        let agree = if theirs == "error" {
            flawed
        } else {
            ours == *theirs
        };
        assert!(
            agree,
            "seed {seed}, file {number}: {:?}\n ours   {ours}\n theirs {theirs}",
            String::from_utf8_lossy(bytes)
        );
        if theirs.is_string() {
            damaged += 1
        } else {
            sound += 1
        }
    }
    assert!(
        sound > FILES / 2 && damaged > FILES / 50,
        "{sound} sound, {damaged} damaged"
    );
}
