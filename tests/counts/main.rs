//! Every count of the demonstration's summary, found once more without the program: from the truth of the made-up area,
//! and from its files.
//!
//! What does not depend on linkage must be equal. What does must be equal once the links that the truth calls wrong or
//! missing are taken into account, and there may be few of these.

use std::fs;

mod children;
mod demo;
mod early;
mod files;
mod notices;
mod pregnancies;

use children::check_children;
use demo::{Demo, demo};
use early::check_early;
use files::{check_deliveries, check_feeds};
use notices::check_notices;

/// The page for a browser shows what the terminal shows.
fn check_page(demo: &Demo) {
    let page = fs::read_to_string(demo.area.file("reports/summary.html")).unwrap();
    for (id, heading) in [
        ("deliveries", "Deliveries"),
        ("feeds", "Feeds"),
        ("children", "Children"),
        ("rates", "Match rates of Section 23 notices"),
        ("early", "Reviews and pregnancies"),
    ] {
        let (_, table) = page
            .split_once(&format!("<caption id=\"{id}\">"))
            .expect("the table");
        let (table, _) = table.split_once("</tbody>").expect("an end");
        let (_, body) = table.split_once("<tbody>").expect("rows");
        let rows: Vec<Vec<String>> = body.split("<tr>").skip(1).map(cells).collect();
        assert_eq!(rows, demo.shown(heading).rows, "{heading}");
    }
}

/// The cells of a row of a page.
fn cells(row: &str) -> Vec<String> {
    let ends = row.replace("</th>", "</td>");
    let (cells, _) = ends.rsplit_once("</td>").expect("a cell");
    cells
        .split("</td>")
        .map(|cell| cell.rsplit_once('>').map_or("", |(_, text)| text).to_owned())
        .collect()
}

#[test]
fn every_count_of_the_summary_agrees_with_the_truth() {
    let demo = demo();
    let standing = demo.standing();
    check_page(&demo);
    check_deliveries(&demo);
    check_feeds(&demo, &standing);
    check_children(&demo, &standing);
    check_notices(&demo, &standing);
    check_early(&demo, &standing);
}
