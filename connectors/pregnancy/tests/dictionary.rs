//! The data dictionary page of notifications and births.

use kit::{Connector, dictionary};
use pregnancy::Pregnancy;

#[test]
fn every_field_and_code_is_on_the_page() {
    let page = dictionary::page("Pregnancies", Pregnancy.tables()).unwrap();
    for table in Pregnancy.tables() {
        let start = page.find(&format!("\n## {}\n", table.name)).unwrap();
        let section = &page[start + 4..];
        let section = &section[..section.find("\n## ").unwrap_or(section.len())];
        for field in table.fields {
            assert_eq!(
                section.matches(&format!("\n| `{}` |", field.name)).count(),
                1,
                "{} {}",
                table.name,
                field.name
            );
        }
    }
    assert!(page.contains("| `MOVED_OUT` | The mother moved out of the area before the birth |"));
    assert!(page.contains("| `notes` | text, never read | optional | free text |"));
    assert!(page.contains("## Code list `pregnancy-outcome`"));
    assert!(page.contains("| `02` | Antepartum stillbirth | `STILLBIRTH` |"));
}
