//! Hand-written deliveries, and every record and finding that they must give.

mod common;

use common::{data, layout, taken};

#[test]
fn print() {
    for (folder, name) in [
        ("blade-2018-spring", "school-census/blade"),
        ("blade-2024-autumn", "school-census/blade"),
        ("blade-2026-spring", "school-census/blade"),
        ("xml", "school-census/xml"),
    ] {
        let (read, scopes) = taken(&data(folder), &layout(name));
        println!(
            "{:#?}\n{:#?}\n{:#?}\n{:?}",
            read.records(),
            read.findings(),
            read.tallies(),
            scopes
        );
        for i in &read.incoming {
            println!("{:?} {:?}", i.record.version, i.rows);
        }
    }
}
