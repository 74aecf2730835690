//! Hand-written deliveries, and every record and finding that they must give.
//!
//! A record is written as: place, school, on or off the roll, UPN, former UPNs, ULN, surname and others, forename
//! and others, birth date, sex, ethnic group, postcodes; then what the school says. A finding is written as: place,
//! column and header, rule, what it cost.

#![cfg_attr(rustfmt, rustfmt_skip)]

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeMap;

use common::{assert_lines, data, layout, taken};

/// Two maintained schools; `gender`; a dual registration, a former UPN, one UPN on two pupils, a pupil whom
/// nothing names, a need that belongs to nobody, one pupil both on the roll and off it.
#[test]
fn blade_of_2018_spring() {
    let (read, scopes) = taken(&data("blade-2018-spring"), &layout("school-census/blade"));
    assert_lines(&read.records(), &[
        "2018_January_la_pupilonroll.csv:2: 0012001 on F001200113001 was[] - WREN[WREN-HILL] ADA[MARY JANE] 2008-09-02 F WBRI at[ZZ1 2ZZ/ZZ1 9ZZ] | year 4 C sen K unit no rp yes fsm yes ENG needs[1SPLD 2SLCN]",
        "2018_January_la_pupilonroll.csv:3: 0012001 on V001200113002 was[] - O'FINCH[] ZOE[] 2009-02-28 F - at[] no fixed abode | year 4 C sen S unit yes rp no fsm no POL needs[1SEMH]",
        "2018_January_la_pupilonroll.csv:4: 0012001 on Y001200112003 was[] - HERON[] SAM[] 2008-05-05 M BCRB at[ZZ3 3ZZ] | year 5 M sen E unit no rp no fsm no ENG needs[1ASD]",
        "2018_January_la_pupilonroll.csv:5: 0012001 on - was[] - ROBIN[] KIT[] 2013-10-10 M - at[] | year N2 C sen N unit no rp no fsm no ENG needs[]",
        "2018_January_la_pupilonroll.csv:7: 0014001 on Y001200112003 was[] - HERON[] SAM[] 2008-05-05 M BCRB at[ZZ3 3ZZ] | year 5 S sen E unit no rp no fsm no ENG needs[1ASD]",
        "2018_January_la_pupilonroll.csv:8: 0014001 on J001400110001 was[N00120010701A] 1234567899 TERN[GULL] ISLA[] 2001-12-01 F CHNE at[] | year 12 C sen P unit no rp no fsm no ENB needs[1HI]",
        "2018_January_la_pupilonroll.csv:9: 0014001 on L001400109002 was[] - DOVE[] BEN[] 2003-03-03 M WBRI at[ZZ8 8ZZ] | year 10 C sen N unit - rp - fsm no ENG needs[]",
        "2018_January_la_pupilonroll.csv:10: 0014001 on L001400109002 was[] - DUNN[] CAL[] 2003-04-04 M WBRI at[] | year 10 C sen - unit - rp - fsm no - needs[]",
        "2018_January_la_pupilnolongeronroll.csv:2: 0012001 off H001200112009 was[] - LARK[] JOY[] 2007-07-07 F WIRT at[] | year - - sen - unit - rp - fsm - ENG needs[]",
        "2018_January_la_pupilnolongeronroll.csv:3: 0012001 off F001200113001 was[] - WREN[] ADA[] 2008-09-02 F WBRI at[] | year - - sen - unit - rp - fsm - ENG needs[]",
    ]);
    assert_lines(&read.findings(), &[
        "2018_January_la_senneeds.csv:4 G sentype: F029 accepted",
        "2018_January_la_senneeds.csv:7 F sentyperank: SC-112 accepted",
        "2018_January_la_senneeds.csv:8 G sentype: F023 blanked-value",
        "2018_January_la_addresses.csv:9 F postcode: F036 blanked-value",
        "2018_January_la_fsmperiod.csv:5 G fsmenddate: SC-119 blanked-value",
        "2018_January_la_pupilonroll.csv:4 Q parttime: SC-116 accepted",
        "2018_January_la_pupilonroll.csv:5 F upn: SC-101 accepted",
        "2018_January_la_pupilonroll.csv:5 AO ethnicity: F023 blanked-value",
        "2018_January_la_pupilonroll.csv:6 H surname: F022 accepted",
        "2018_January_la_pupilonroll.csv:6 I forename: F022 accepted",
        "2018_January_la_pupilonroll.csv:6 AA gender: F022 accepted",
        "2018_January_la_pupilonroll.csv:6 F upn: F033 blanked-value",
        "2018_January_la_pupilonroll.csv:6 F upn: SC-104 quarantined-row",
        "2018_January_la_pupilonroll.csv:7 Q parttime: SC-116 accepted",
        "2018_January_la_pupilonroll.csv:8 O hoursatsetting: SC-118 accepted",
        "2018_January_la_pupilonroll.csv:10: SC-105 accepted",
        "2018_January_la_pupilonroll.csv:10 F upn: SC-102 accepted",
        "2018_January_la_pupilonroll.csv:10 R entrydate: SC-106 accepted",
        "2018_January_la_pupilonroll.csv:10 AG senprovision: F023 blanked-value",
        "2018_January_la_pupilonroll.csv:10 AC language: F026 blanked-value",
        "2018_January_la_senneeds.csv:9 E pupilonrolltableid: F044 quarantined-row",
        "2018_January_la_pupilnolongeronroll.csv:3 O leavingdate: SC-108 accepted",
    ]);
    assert_eq!(scopes.iter().map(|scope| scope.scope.as_str()).collect::<Vec<_>>(), ["2018-spring/la"]);
    // Rows, loaded, out of scope, quarantined.
    assert_eq!(read.tallies(), BTreeMap::from([
        ("addresses", [9, 8, 0, 1]),
        ("fsmperiod", [4, 4, 0, 0]),
        ("pupilnolongeronroll", [2, 2, 0, 0]),
        ("pupilonroll", [9, 8, 0, 1]),
        ("schoolcensus", [2, 0, 2, 0]),
        ("senneeds", [8, 7, 0, 1]),
        ("termlyexclusionsonroll", [1, 0, 1, 0]),
    ]));
}

/// File names that say nothing; no needs, no ethnicity; a temporary UPN; an address off the roll.
#[test]
fn blade_of_2024_autumn() {
    let (read, scopes) = taken(&data("blade-2024-autumn"), &layout("school-census/blade"));
    assert_lines(&read.records(), &[
        "pupilonroll.csv:2: 0012001 on Z001690121001 was[] - CRANE[] NOOR[] 2017-03-14 F - at[ZZ1 1ZZ] | year 3 C sen K unit no rp no fsm no ARA needs[]",
        "pupilonroll.csv:3: 0012001 on B00120012400B was[] - PIPIT[] REMY[] 2020-09-30 M - at[ZZ2 1ZZ] | year N2 C sen N unit - rp - fsm yes ENG needs[]",
        "pupilnolongeronroll.csv:2: 0012001 off Z001690123003 was[] - RAIL[] MAY[] 2019-06-01 F - at[ZZ3 1ZZ] | year R - sen - unit - rp - fsm - ENG needs[]",
    ]);
    assert_lines(&read.findings(), &[

    ]);
    assert_eq!(scopes.iter().map(|scope| scope.scope.as_str()).collect::<Vec<_>>(), ["2024-autumn/0012001"]);
    // Rows, loaded, out of scope, quarantined.
    assert_eq!(read.tallies(), BTreeMap::from([
        ("addressesoffroll", [1, 1, 0, 0]),
        ("addressesonroll", [2, 2, 0, 0]),
        ("fsmperiodsonroll", [1, 1, 0, 0]),
        ("pupilnolongeronroll", [1, 1, 0, 0]),
        ("pupilonroll", [2, 2, 0, 0]),
        ("schoolcensus", [1, 0, 1, 0]),
    ]));
}

/// An academy; `sex`, columns in another order, a byte order mark; ranks that clash, codes given up, needs where
/// none should be and none where some should.
#[test]
fn blade_of_2026_spring() {
    let (read, scopes) = taken(&data("blade-2026-spring"), &layout("school-census/blade"));
    assert_lines(&read.records(), &[
        "pupilonroll_2026_spring_acad.csv:2: 0016901 on Z001690121001 was[] - CRANE[] NOOR[] 2017-03-14 F OARA at[ZZ1 1ZZ] | year 4 C sen E unit yes rp no fsm no ENG needs[1ASD 2DS 3NSA]",
        "pupilonroll_2026_spring_acad.csv:3: 0016901 on Z001690122002 was[] - SWIFT[] LEO[] 2018-01-31 M MWBC at[ZZ2 1ZZ] | year 3 C sen K unit no rp no fsm no ENG needs[]",
        "pupilonroll_2026_spring_acad.csv:4: 0016901 on Z001690123003 was[] - RAIL[] MAY[] 2019-06-01 F - at[ZZ3 1ZZ] | year 1 C sen N unit no rp no fsm no ENG needs[1OTH]",
        "pupilonroll_2026_spring_acad.csv:5: 0016901 on F001690120004 was[] - STORK[] IVO[] - M AIND at[ZZ4 1ZZ] | year 5 C sen S unit no rp - fsm no ENG needs[]",
    ]);
    assert_lines(&read.findings(), &[
        "pupilonroll_2026_spring_acad.csv:2 Y senprovision: SC-115 accepted",
        "pupilonroll_2026_spring_acad.csv:2 Y senprovision: SC-113 accepted",
        "pupilonroll_2026_spring_acad.csv:3 Y senprovision: SC-109 accepted",
        "pupilonroll_2026_spring_acad.csv:4 Y senprovision: SC-110 accepted",
        "pupilonroll_2026_spring_acad.csv:4 Y senprovision: SC-114 blanked-value",
        "pupilonroll_2026_spring_acad.csv:5 AH dob: SC-103 blanked-value",
        "pupilonroll_2026_spring_acad.csv:5 Y senprovision: F029 accepted",
        "pupilonroll_2026_spring_acad.csv:5 AE resourcedprovisionindicator: F027 blanked-value",
    ]);
    assert_eq!(scopes.iter().map(|scope| scope.scope.as_str()).collect::<Vec<_>>(), ["2026-spring/acad"]);
    // Rows, loaded, out of scope, quarantined.
    assert_eq!(read.tallies(), BTreeMap::from([
        ("addresses", [4, 4, 0, 0]),
        ("pupilonroll", [4, 4, 0, 0]),
        ("schoolcensus", [1, 0, 1, 0]),
        ("senneeds", [5, 5, 0, 0]),
    ]));
}

/// Blocks with names of the pupil's own, two addresses, an entity that is not one of the five, names in lower case,
/// a birth date in month thirteen, an element that nobody knows.
#[test]
fn a_return_of_2025_spring() {
    let (read, scopes) = taken(&data("xml"), &layout("school-census/xml"));
    assert_lines(&read.records(), &[
        "0012001_SC1_001LL25_004.xml:27: 0012001 on F001200113001 was[N00120010701A] - WREN[HILL] ADA[MARY] 2015-09-02 F WBRI at[ZZ1 1ZZ/ZZ1 2ZZ] | year 4 C sen E unit no rp yes fsm yes ENG needs[1ASD 2SLCN]",
        "0012001_SC1_001LL25_004.xml:97: 0012001 on Y001200112003 was[] - HERON[] SAM[] - M - at[ZZ3 3ZZ] | year - M sen K unit - rp - fsm no - needs[]",
        "0012001_SC1_001LL25_004.xml:110: 0012001 off H001200112009 was[] - LARK[] JOY[] 2014-07-07 F - at[ZZ4 4ZZ] | year 5 - sen - unit - rp - fsm - - needs[]",
    ]);
    assert_lines(&read.findings(), &[
        "0012001_SC1_001LL25_004.xml:90 Forename: XML-010 quarantined-row",
        "0012001_SC1_001LL25_004.xml:105 SENprovision: SC-023 blanked-value",
        "0012001_SC1_001LL25_004.xml:97 DOB: F024 blanked-value",
        "0012001_SC1_001LL25_004.xml:97 SENprovision: SC-109 accepted",
        "0012001_SC1_001LL25_004.xml: F008 accepted",
    ]);
    assert_eq!(scopes.iter().map(|scope| scope.scope.as_str()).collect::<Vec<_>>(), ["2025-spring/0012001"]);
    // Rows, loaded, out of scope, quarantined.
    assert_eq!(read.tallies(), BTreeMap::from([
        ("pupilnolongeronroll", [1, 1, 0, 0]),
        ("pupilonroll", [3, 2, 0, 1]),
        ("schoolcensus", [1, 0, 1, 0]),
    ]));
}
