//! The example of `docs/how-to/add-a-layout.md` does what the page says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::read_path;
use kit::{Connector, Layout};
use section23::Section23;

/// The first code block of a language in a page.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let start = page.find(&format!("```{language}\n")).unwrap() + language.len() + 4;
    let length = page[start..].find("```").unwrap();
    &page[start..start + length]
}

#[test]
fn the_layout_on_the_page_reads_the_sample_on_the_page() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/how-to/add-a-layout.md");
    let page = std::fs::read_to_string(page).unwrap();
    let layout = Layout::parse("riverside", block(&page, "toml")).unwrap();
    layout.check(Section23.tables()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample");
    std::fs::write(&path, block(&page, "csv")).unwrap();
    let (kept, result) = read_path(&layout, &path, "Early notification log June 2026.csv");
    result.unwrap();
    assert_eq!(kept.references(), ["EN-0412", "EN-0413"]);
    assert_eq!(kept.notice(0).notifier_role.as_deref(), Some("SLT"));
    assert_eq!(
        (kept.notice(1).limb.as_str(), kept.notice(1).category.as_str()),
        ("PROBABLY_HAS", "BOTH")
    );
    assert_eq!(kept.notice(1).primary_need.as_deref(), Some("PD"));
    // Only the NHS number, which is expected, is blank.
    assert!(
        kept.findings.iter().all(|finding| finding.rule.id == "F022"),
        "{:?}",
        kept.finding_lines()
    );
    assert_eq!(
        layout.file.label("Early notification log June 2026.csv", 1, &[]),
        "file 1"
    );
}
