//! The record of processing: what the configuration and the mappings say, and nothing else.

use std::collections::BTreeSet;

use sendlink_tests::{
    Area, Database,
    hand::{Child, census_feed, community_feed, notices_feed},
};

fn area() -> Area {
    let area = Area::bare(Database::Sqlite);
    let gated = community_feed("RAT").replace("\"duty\"", "\"s251-with-opt-out\"");
    area.configure(
        &[notices_feed("RAJ", "section23/superset"), census_feed(), gated],
        &Child::several(1),
    );
    area
}

fn rows(area: &Area) -> Vec<Vec<String>> {
    let csv = area.run(&["register", "--format", "csv"]).expect(0).stdout;
    csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(csv.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

/// The row of a field.
fn field<'r>(rows: &'r [Vec<String>], feed: &str, name: &str) -> &'r Vec<String> {
    rows.iter()
        .find(|row| row[0] == feed && row[7] == name)
        .unwrap_or_else(|| panic!("{feed} has no {name}"))
}

#[test]
fn every_flow_and_every_field_that_is_read_is_in_it() {
    let area = area();
    // No key, no database and no delivery is needed.
    std::fs::remove_dir_all(area.file("keys")).unwrap();
    let all = rows(&area);
    assert_eq!(
        all[0].join(","),
        "feed,kind,provider,way,basis,mapping,table,field,columns,class,meaning,kept,retention,recipients"
    );
    let flows: BTreeSet<(&str, &str)> = all[1..]
        .iter()
        .map(|row| (row[0].as_str(), row[4].as_str()))
        .collect();
    assert_eq!(
        flows.into_iter().collect::<Vec<_>>(),
        [
            ("reviews-rat", "s251-with-opt-out"),
            ("s23-raj", "duty"),
            ("school-census", "duty")
        ]
    );
    // The fields are those of the mapping as the program shows it.
    let shown = area
        .run(&["mapping", "show", "section23/superset"])
        .expect(0)
        .stdout;
    let mapping: toml::Table = shown.parse().unwrap();
    let columns: BTreeSet<&str> = mapping["columns"]
        .as_table()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let told: BTreeSet<&str> = all
        .iter()
        .filter(|row| row[0] == "s23-raj" && !row[7].is_empty())
        .map(|row| row[7].as_str())
        .collect();
    assert_eq!(told, columns);
    // What becomes of a number depends on the basis.
    let of_duty = field(&all, "s23-raj", "nhs_number");
    let gated = field(&all, "reviews-rat", "nhs_number");
    assert_eq!(
        (of_duty[9].as_str(), of_duty[13].as_str()),
        ("identifying", "the program alone")
    );
    assert!(
        gated[11].contains("file of its own") && gated[13].contains("Opt-outs"),
        "{gated:?}"
    );
    assert!(gated[12].contains("21 days"));
    assert_eq!(field(&all, "s23-raj", "reason_text")[13], "nobody");
    assert!(field(&all, "school-census", "upn")[11].contains("token"));
}

#[test]
fn it_says_what_the_configuration_says_and_is_the_same_each_time() {
    let area = area();
    let page = area.run(&["register"]).expect(0).stdout;
    assert_eq!(page, area.run(&["register"]).expect(0).stdout);
    assert!(
        page.contains("| controller | not stated in the configuration |"),
        "{page}"
    );
    assert!(page.contains("| lists for the check of opt-outs | NHS England, carried by a person |"));
    area.edit_configuration(|text| {
        text.replace("keep_days = 3650", "keep_days = 90")
            + "\n[register]\ncontroller = \"Essex County Council\"\npurpose = \"Joint commissioning | JSNA\"\nrecipients \
               = [\"JSNA team, agreement 14\"]\n"
    });
    let page = area.run(&["register"]).expect(0).stdout;
    assert!(page.contains("| controller | Essex County Council |"));
    assert!(page.contains("Joint commissioning \\| JSNA"));
    let all = rows(&area);
    let sex = field(&all, "s23-raj", "sex");
    assert_eq!(sex[13], "readers of the joint dataset: JSNA team, agreement 14");
    assert!(sex[12].starts_with("90 days in the landing folder"));
    area.edit_configuration(|text| text.replace("[register]", "[register]\nrecipient = \"x\""));
    area.run(&["register"]).expect(78);
}
