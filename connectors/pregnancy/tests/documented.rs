//! The example of `docs/how-to/notify-pregnancies.md` does what the page says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

mod common;

use common::{notification, read_path};
use identity::BusinessKey;
use kit::{Connector, Layout};
use pregnancy::Pregnancy;
use records::{PregnancyOutcome, State};

/// The first code block of a language in a page.
fn block<'a>(page: &'a str, language: &str) -> &'a str {
    let start = page.find(&format!("```{language}\n")).unwrap() + language.len() + 4;
    let length = page[start..].find("```").unwrap();
    &page[start..start + length]
}

#[test]
fn the_layout_on_the_page_reads_the_list_on_the_page() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/how-to/notify-pregnancies.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let layout = Layout::parse("riverside", block(&page, "toml")).unwrap();
    layout.check(Pregnancy.tables()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    std::fs::write(&path, block(&page, "csv")).unwrap();
    let (kept, result) = read_path(&layout, &path, "pregnancies-2026-04.csv");
    assert_eq!(result.unwrap(), []);
    assert_eq!(kept.references(), ["77-1", "78-1", "78-2", "79-1"]);
    let pregnancy = |id: &str| BusinessKey::new("pregnancy", &[id]);
    let [twins, first, lost, wrong] = ["77-1", "78-1", "78-2", "79-1"].map(|id| kept.of(id, 0));
    assert_eq!(notification(twins).fetus_count, Some(2));
    // The loss is a later version of the same pregnancy.
    assert_eq!(
        (&first.key, &lost.key),
        (&pregnancy("PR0078"), &pregnancy("PR0078"))
    );
    assert!(first.record.version < lost.record.version);
    assert_eq!(notification(lost).outcome, Some(PregnancyOutcome::Loss));
    assert_eq!(
        (&wrong.key, &wrong.record.state),
        (&pregnancy("PR0079"), &State::Withdrawn)
    );
    // Only NHS numbers, which are expected, are blank.
    assert_eq!(
        kept.finding_lines(),
        ["3 E F022 accepted NHS", "4 E F022 accepted NHS"]
    );
    assert_eq!(
        layout.file.label("pregnancies-2026-04.csv", 1, &[]),
        "pregnancies-2026-04.csv"
    );
}

#[test]
fn the_page_names_the_tables_that_a_submission_needs() {
    let page = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../docs/how-to/notify-pregnancies.md"
    );
    let page = std::fs::read_to_string(page).unwrap();
    let layout = common::layout("pregnancy/msds-2");
    for (name, table) in &layout.tables {
        let named = page.contains(&format!("`{}`", &name[..6]));
        assert_eq!(named, !table.columns.is_empty(), "{name}");
    }
    let required = layout.tables.values().filter(|table| table.required);
    assert_eq!(required.count(), 5);
}
