use proptest::prelude::*;

use super::*;

const HEADER: &str = "pcd,pcd2,pcds,dointr,doterm,oscty,oslaua,osward,lsoa11,lsoa21,imd";

fn lookup(text: &str) -> Result<AreaLookup, String> {
    let layout = PostcodeDirectoryLayout::ons().unwrap();
    AreaLookup::read(text.as_bytes(), &layout).map_err(|error| error.to_string())
}

fn area(lookup: &AreaLookup, postcode: &str) -> Option<Area> {
    lookup.area(&Postcode::parse(postcode).unwrap()).cloned()
}

#[test]
fn a_district_of_a_county_has_the_county_as_its_authority() {
    let text = format!(
        "\u{feff}{HEADER}\n\
         \"CM1 1AA\",\"CM1  1AA\",\"CM1 1AA\",198001,,E10000012,E07000070,E05004101,E01021563,E01021563,3284\n\
         SS0 7AA,SS0  7AA,SS0 7AA,198001,,E99999999,E06000033,E05002220,E01015800,E01015801,3285\n\
         ZX9 9ZZ,ZX9  9ZZ,ZX9 9ZZ,198001,,,E07000070,,,,\n\
         CF101AA,CF10 1AA,CF10 1AA,198001,,W99999999,W06000015,W05000864,W01001940,W01001940,1909\n"
    );
    let lookup = lookup(&text).unwrap();
    let chelmsford = area(&lookup, "CM1 1AA").unwrap();
    assert_eq!(chelmsford.la_code.as_deref(), Some("881"));
    assert_eq!(chelmsford.district.as_deref(), Some("E07000070"));
    assert_eq!(chelmsford.ward.as_deref(), Some("E05004101"));
    assert_eq!(chelmsford.imd_decile, Some(1));
    let southend = area(&lookup, "SS0 7AA").unwrap();
    assert_eq!(southend.la_code.as_deref(), Some("882"));
    assert_eq!(
        southend.lsoa.as_deref(),
        Some("E01015801"),
        "the newer areas come first"
    );
    assert_eq!(southend.imd_decile, Some(2));
    let bare = area(&lookup, "ZX9 9ZZ").unwrap();
    assert_eq!((bare.la_code, bare.ward, bare.imd_decile), (None, None, None));
    // Wales has an index and authorities of its own.
    let cardiff = area(&lookup, "CF10 1AA").unwrap();
    assert_eq!((cardiff.la_code, cardiff.imd_decile), (None, None));
    assert_eq!(area(&lookup, "CM1 1AB"), None);
    assert_eq!(
        lookup.summary(),
        AreaSummary {
            postcodes: 4,
            skipped: 0,
            without_authority: 1
        }
    );
}

#[test]
fn editions_without_counties_and_under_other_names_are_read() {
    let text = "PCDS,LAUA,WARD,LSOA21,IMD\nCM1 1AA,E06000033,E05002220,E01015801,33755\nnot one,,,,\n";
    let lookup = lookup(text).unwrap();
    assert_eq!(area(&lookup, "CM1 1AA").unwrap().imd_decile, Some(10));
    assert_eq!(lookup.summary().skipped, 1);
}

#[test]
fn what_is_no_postcode_directory_is_refused() {
    assert_eq!(lookup("").unwrap_err(), "line 1: the file is empty");
    assert_eq!(lookup(HEADER).unwrap_err(), "line 1: the file has no postcode");
    assert_eq!(
        lookup("name,laua\n").unwrap_err(),
        "no column for the postcode; is it a postcode directory with its header?"
    );
    assert_eq!(
        lookup("pcds,name\n").unwrap_err(),
        "no column for the district; is it a postcode directory with its header?"
    );
    let row = "CM1 1AA,CM1  1AA,CM1 1AA,198001,,E10000012,E07000070,E05004101,E01021563,E01021563";
    let wrong_edition = lookup(&format!("{HEADER}\n{row},32845\n")).unwrap_err();
    assert!(
        wrong_edition.starts_with("line 2: the deprivation rank is beyond"),
        "{wrong_edition}"
    );
    let no_rank = lookup(&format!("{HEADER}\n{row},high\n")).unwrap_err();
    assert!(
        no_rank.starts_with("line 2: the deprivation rank is not"),
        "{no_rank}"
    );
}

#[test]
fn a_postcode_that_occurs_twice_stands_as_it_first_does() {
    let text = "pcds,laua\nCM1 1AA,E06000034\nCM1 1AA,E06000033\nCM11AA,E06000035\n";
    let lookup = lookup(text).unwrap();
    assert_eq!(area(&lookup, "CM1 1AA").unwrap().la_code.as_deref(), Some("883"));
    assert_eq!(lookup.summary().postcodes, 1);
}

#[test]
fn deciles_have_a_tenth_of_the_ranks_each() {
    for ranks in [32_844, 33_755] {
        let mut counts = [0_u32; 10];
        for rank in 1..=ranks {
            let decile = decile(rank.to_string().as_bytes(), ranks).unwrap().unwrap();
            counts[usize::from(decile) - 1] += 1;
        }
        assert!(
            counts.iter().all(|count| count.abs_diff(ranks / 10) <= 1),
            "{counts:?}"
        );
    }
    assert_eq!(decile(b"0", 100), Ok(None));
    assert_eq!(decile(b"", 100), Ok(None));
}

#[test]
fn a_file_is_read_and_a_missing_one_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("postcodes.csv");
    assert!(matches!(AreaLookup::load(&path), Err(AreaError::Io(_))));
    fs::write(&path, "pcds,laua\nCM1 1AA,E06000034\n").unwrap();
    let lookup = AreaLookup::load(&path).unwrap();
    assert_eq!((lookup.len(), lookup.is_empty()), (1, false));
    assert!(AreaLookup::empty().is_empty());
}

proptest! {
    #[test]
    fn every_postcode_is_found_in_any_order(
        postcodes in proptest::collection::btree_set("[A-Y]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}", 1..40),
        turn in 0_usize..40,
    ) {
        let mut rows: Vec<_> = postcodes.iter().enumerate().collect();
        let turn = turn % rows.len();
        rows.rotate_left(turn);
        let mut text = String::from("pcds,laua,lsoa21\n");
        for (number, postcode) in &rows {
            text.push_str(&format!("{postcode},E06000033,E01{number:06}\n"));
        }
        let lookup = lookup(&text).unwrap();
        for (number, postcode) in rows {
            prop_assert_eq!(area(&lookup, postcode).unwrap().lsoa, Some(format!("E01{number:06}")));
        }
    }
}
