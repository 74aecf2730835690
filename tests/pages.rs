//! The pages of a night in a browser: they show what they hold, without an error and without asking anybody for anything.
//!
//! The browser is Chromium without a window, which `tests/run` installs where there is none.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, spring_census},
};
use serde_json::Value;

/// Names under which a browser is installed.
const BROWSERS: [&str; 4] = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
];

/// What became of a page.
struct Opened {
    /// The document as the browser holds it.
    document: String,
    /// What it wrote to its console.
    console: Vec<String>,
    /// Addresses that it asked for something.
    asked: Vec<String>,
}

fn browser() -> PathBuf {
    if let Some(named) = env::var_os("SENDLINK_TEST_BROWSER") {
        return named.into();
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    BROWSERS
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)))
        .find(|file| file.is_file())
        .expect("no browser: apt-get install chromium-headless-shell")
}

/// Opens a page.
fn open(page: &Path) -> Opened {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("network.json");
    let ended = Command::new(browser())
        .args([
            "--headless",
            // It runs as root in a container, where its sandbox cannot; the page is ours.
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--no-first-run",
            "--enable-logging=stderr",
            "--dump-dom",
        ])
        .arg(format!(
            "--user-data-dir={}",
            folder.path().join("profile").display()
        ))
        .arg(format!("--log-net-log={}", log.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("the browser starts");
    let errors = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{errors}");
    let network: Value = serde_json::from_slice(&fs::read(&log).unwrap()).expect("a log of the network");
    let events = network["events"].as_array().expect("events");
    Opened {
        document: String::from_utf8(ended.stdout).expect("text"),
        console: errors
            .lines()
            .filter(|line| line.contains(":CONSOLE"))
            .map(str::to_owned)
            .collect(),
        asked: events
            .iter()
            .filter_map(|event| event["params"]["url"].as_str())
            .map(str::to_owned)
            .collect(),
    }
}

/// The parts of a text between two marks.
fn between<'a>(text: &'a str, from: &str, to: &str) -> Vec<&'a str> {
    text.split(from)
        .skip(1)
        .filter_map(|rest| rest.split_once(to).map(|(part, _)| part))
        .collect()
}

/// A night with two notices, one of them without a readable birth date, and a census.
fn area() -> Area {
    let children = Child::several(3);
    let area = Area::by_hand(Database::Sqlite, &children);
    let notices = [
        Notice::of(&children[0], "N-1", "2024-03-01"),
        Notice::of(&children[1], "N-2", "2024-03-02").with("birth_date", "31 February"),
    ];
    area.put_notices("section23-1.csv", &notices, "2026-02-01");
    let pupils: Vec<Pupil> = children.iter().map(Pupil::of).collect();
    let census = spring_census(2026, "2026-Jan-22 09:00:00", &pupils);
    area.put_census("spring", 2026, &census, "2026-02-01");
    area.night_as_at("2026-02-02").expect(0);
    area
}

#[test]
fn the_pages_of_a_night_open_in_a_browser() {
    let area = area();
    for (page, tables) in [
        (
            "reports/summary.html",
            &["deliveries", "feeds", "children", "rates"][..],
        ),
        ("reports/findings/s23-raj.html", &[][..]),
    ] {
        let file = area.file(page);
        let opened = open(&file);
        assert_eq!(opened.console, [""; 0], "{page}");
        assert_eq!(opened.asked, [""; 0], "{page}");
        let written = fs::read_to_string(&file).unwrap();
        // What the browser had to mend it would show otherwise.
        for element in ["<table", "<caption", "<tr", "<th", "<td", "<h2"] {
            let count = |text: &str| text.matches(element).count();
            assert_eq!(count(&opened.document), count(&written), "{page}: {element}");
        }
        assert!(opened.document.contains("<table"), "{page} has no table");
        let captions = between(&opened.document, "<caption id=\"", "\"");
        for table in tables {
            assert!(
                captions.contains(table),
                "{page}: {table} is not among {captions:?}"
            );
        }
        for body in between(&opened.document, "<tbody>", "</tbody>") {
            assert!(body.contains("<tr>"), "{page} has an empty table");
        }
    }
    let summary = open(&area.file("reports/summary.html")).document;
    let children = between(&summary, "<caption id=\"children\">", "</table>");
    let row = between(children[0], "in the dataset</th>", "</tr>");
    assert_eq!(row, ["<td class=\"number\">3</td>"]);
}

#[test]
fn a_page_that_errs_or_asks_somebody_is_seen() {
    let area = area();
    let page = fs::read_to_string(area.file("reports/summary.html")).unwrap();
    let spoilt = page.replace(
        "</main>",
        "<script>console.error('broken')</script><img src=\"http://127.0.0.1:9/x.png\"></main>",
    );
    fs::write(area.file("spoilt.html"), spoilt).unwrap();
    let opened = open(&area.file("spoilt.html"));
    assert_eq!(opened.console.len(), 1, "{:?}", opened.console);
    assert!(
        opened
            .asked
            .iter()
            .any(|address| address == "http://127.0.0.1:9/x.png"),
        "{:?}",
        opened.asked
    );
}
