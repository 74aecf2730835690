//! The data dictionary page of reviews.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use kit::{Connector, dictionary};
use two_year_review::TwoYearReview;

#[test]
fn every_table_field_and_list_is_on_the_page() {
    let page = dictionary::page("2-2½-year reviews", TwoYearReview.tables()).unwrap();
    for table in TwoYearReview.tables() {
        assert!(page.contains(&format!("\n## {}\n", table.name)), "{}", table.name);
        for field in table.fields {
            assert!(
                page.contains(&format!("\n| `{}` |", field.name)),
                "{}",
                field.name
            );
        }
    }
    assert!(page.contains("## Code list `education-need`"));
    assert!(page.contains("| `2` | Learning difficulty, degree not stated | `LD` |"));
    assert!(page.contains("| `notes` | text, never read | optional | free text |"));
}
