//! The data dictionary page of the notice.

use kit::{Connector, dictionary};
use section23::Section23;

#[test]
fn every_field_and_code_is_on_the_page() {
    let page = dictionary::page("Section 23 notices", Section23.tables()).unwrap();
    for table in Section23.tables() {
        for field in table.fields {
            assert_eq!(
                page.matches(&format!("\n| `{}` |", field.name)).count(),
                1,
                "{}",
                field.name
            );
        }
    }
    assert!(page.contains("| `PROBABLY_HAS` | Probably has |"));
    assert!(page.contains("## Code list `sen-types`"));
    assert!(page.contains("| `reason_text` | text, never read | optional | free text |"));
    // Every row of a table has the cells that its head has.
    let rows = page.lines().filter(|line| line.starts_with('|'));
    assert!(
        rows.map(|row| row.replace("\\|", "").matches('|').count())
            .all(|bars| matches!(bars, 3 | 6 | 7))
    );
}
