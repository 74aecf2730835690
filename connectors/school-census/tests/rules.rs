//! The rules of a return as a table: what is changed in a sound one, and the rule that it then breaks.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::collections::BTreeSet;

use common::{layout, taken};
use records::{Rule, finding::Effect};
use school_census::rules;

/// A sound return of one pupil: born in 2015, in year 4.
const SOUND: &str = "<Message><Header>\
    <Collection>SC</Collection><Term>SPR</Term><Year>2025</Year><ReferenceDate>2025-01-16</ReferenceDate>\
    <LEA>001</LEA><Estab>2001</Estab><DateTime>2025-01-21T14:05:09</DateTime></Header>\
    <Pupils><PupilOnRoll>\
    <UPN>F001200113001</UPN><Surname>Wren</Surname><Forename>Ada</Forename><DOB>2015-09-02</DOB><Sex>F</Sex>\
    <Ethnicity>WBRI</Ethnicity><Language>ENG</Language>\
    <FSMperiod><FSMstartDate>2023-09-04</FSMstartDate></FSMperiod>\
    <EnrolStatus>C</EnrolStatus><EntryDate>2020-09-03</EntryDate><PartTime>false</PartTime><Boarder>N</Boarder>\
    <NCyearActual>4</NCyearActual><SENprovision>K</SENprovision>\
    <SENneed><SENtypeRank>1</SENtypeRank><SENtype>ASD</SENtype></SENneed>\
    <PostCode>ZZ1 1ZZ</PostCode></PupilOnRoll></Pupils></Message>\n";

/// The rules that a return breaks once `from` is replaced by `to`, with what each cost.
fn broken(from: &str, to: &str) -> Vec<(&'static str, Effect)> {
    let text = SOUND.replacen(from, to, 1);
    assert!(from.is_empty() || text != SOUND, "{from} is not in the return");
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("return.xml"), text).expect("written");
    let (read, _) = taken(folder.path(), &layout("school-census/xml"));
    read.findings
        .iter()
        .map(|finding| (finding.rule.id, finding.effect))
        .collect()
}

#[test]
fn a_sound_return_breaks_none() {
    assert_eq!(broken("", ""), []);
}

#[test]
fn each_fault_breaks_its_rule_and_no_other() {
    use Effect::{Accepted, BlankedValue, QuarantinedRow};
    let need = "<SENneed><SENtypeRank>1</SENtypeRank><SENtype>ASD</SENtype></SENneed>";
    let second = |rank: &str, need: &str| {
        format!(
            "<SENtype>ASD</SENtype></SENneed><SENneed><SENtypeRank>{rank}</SENtypeRank><SENtype>{need}</SENtype></SENneed>"
        )
    };
    let end_of_need = "<SENtype>ASD</SENtype></SENneed>";
    let cases: Vec<(&str, String, &Rule, Effect)> = vec![
        (
            "<Collection>SC<",
            "<Collection>CIN<".into(),
            &rules::OTHER_COLLECTION,
            Accepted,
        ),
        ("<LEA>001<", "<LEA>002<".into(), &rules::OTHER_AUTHORITY, Accepted),
        (
            "<Estab>2001<",
            "<Estab>1500<".into(),
            &rules::ODD_SCHOOL,
            Accepted,
        ),
        (
            "<ReferenceDate>2025-01-16</ReferenceDate>",
            String::new(),
            &rules::NO_REFERENCE_DATE,
            Accepted,
        ),
        (
            "2025-01-16",
            "2025-02-14".into(),
            &rules::ODD_REFERENCE_DATE,
            Accepted,
        ),
        (
            "<DateTime>2025-01-21T14:05:09</DateTime>",
            String::new(),
            &rules::NO_TIME,
            Accepted,
        ),
        (
            "<Sex>F</Sex>",
            "<Sex>F</Sex><Sex>M</Sex>".into(),
            &rules::DOUBLE_ELEMENT,
            BlankedValue,
        ),
        (
            "<UPN>F001200113001</UPN>",
            String::new(),
            &rules::NO_UPN,
            Accepted,
        ),
        (
            "F001200113001",
            "F001200113002".into(),
            &kit::rules::BAD_UPN,
            BlankedValue,
        ),
        (
            "<Surname>Wren</Surname>",
            String::new(),
            &kit::rules::EXPECTED_VALUE,
            Accepted,
        ),
        (
            "<Forename>Ada<",
            "<Forename>Baby<".into(),
            &kit::rules::PLACEHOLDER,
            BlankedValue,
        ),
        (
            "<Forename>Ada<",
            "<Forename>Ada 2<".into(),
            &kit::rules::BAD_NAME,
            BlankedValue,
        ),
        (
            "2015-09-02",
            "2025-01-17".into(),
            &rules::FUTURE_BIRTH,
            BlankedValue,
        ),
        (
            "2015-09-02",
            "1900-01-01".into(),
            &kit::rules::PLACEHOLDER,
            BlankedValue,
        ),
        (
            "<Ethnicity>WBRI<",
            "<Ethnicity>WBRY<".into(),
            &kit::rules::UNKNOWN_CODE,
            BlankedValue,
        ),
        (
            "<Language>ENG<",
            "<Language>E1<".into(),
            &kit::rules::BAD_FORM,
            BlankedValue,
        ),
        (
            "<EntryDate>2020-09-03<",
            "<EntryDate>2025-01-17<".into(),
            &rules::ENTRY_AFTER_CENSUS,
            Accepted,
        ),
        (
            "<EntryDate>2020-09-03<",
            "<EntryDate>2015-09-01<".into(),
            &rules::ENTRY_BEFORE_BIRTH,
            Accepted,
        ),
        (
            "<PartTime>",
            "<LeavingDate>2020-09-02</LeavingDate><PartTime>".into(),
            &rules::LEFT_BEFORE_ENTRY,
            Accepted,
        ),
        (
            "<PartTime>false<",
            "<PartTime>true<".into(),
            &rules::PART_TIME_AGE,
            Accepted,
        ),
        (
            "<PartTime>false<",
            "<PartTime>sometimes<".into(),
            &kit::rules::BAD_FORM,
            BlankedValue,
        ),
        (
            "<PartTime>",
            "<FundedHours>15</FundedHours><PartTime>".into(),
            &rules::HOURS_AGE,
            Accepted,
        ),
        (
            "<SENprovision>K<",
            "<SENprovision>S<".into(),
            &kit::rules::LEGACY_CODE,
            Accepted,
        ),
        (
            "<SENprovision>K<",
            "<SENprovision>N<".into(),
            &rules::NEEDS_WITHOUT_PROVISION,
            Accepted,
        ),
        (need, String::new(), &rules::NO_NEEDS, Accepted),
        (
            "<SENtypeRank>1<",
            "<SENtypeRank>first<".into(),
            &rules::BAD_RANK,
            Accepted,
        ),
        (end_of_need, second("1", "HI"), &rules::DOUBLE_RANK, Accepted),
        (end_of_need, second("2", "ASD"), &rules::DOUBLE_NEED, BlankedValue),
        (
            "<SENtype>ASD</SENtype>",
            String::new(),
            &kit::rules::EXPECTED_VALUE,
            QuarantinedRow,
        ),
        (
            "<PostCode>ZZ1 1ZZ</PostCode>",
            String::new(),
            &rules::NO_ADDRESS,
            Accepted,
        ),
        ("ZZ1 1ZZ", "ZZ1".into(), &kit::rules::BAD_POSTCODE, BlankedValue),
        (
            "</FSMstartDate>",
            "</FSMstartDate><FSMendDate>2023-09-03</FSMendDate>".into(),
            &rules::MEALS_ORDER,
            BlankedValue,
        ),
    ];
    for (from, to, rule, effect) in cases {
        // A need that must be left out leaves the pupil without any.
        let expected: Vec<_> = std::iter::once((rule.id, effect))
            .chain((effect == QuarantinedRow).then_some((rules::NO_NEEDS.id, Accepted)))
            .collect();
        assert_eq!(broken(from, &to), expected, "{from} -> {to}");
    }
}

#[test]
fn faults_that_need_more_than_one_change() {
    let has = |from: &str, to: &str, rule: &Rule| {
        assert!(
            broken(from, to).iter().any(|(id, _)| *id == rule.id),
            "{}",
            rule.id
        );
    };
    has(
        "<PartTime>false</PartTime><Boarder>N<",
        "<PartTime>true</PartTime><Boarder>6<",
        &rules::PART_TIME_BOARDER,
    );
    has(
        "<SENprovision>K</SENprovision><SENneed><SENtypeRank>1</SENtypeRank><SENtype>ASD<",
        "<SENprovision>E</SENprovision><SENneed><SENtypeRank>1</SENtypeRank><SENtype>NSA<",
        &rules::NO_ASSESSMENT_WITH_PLAN,
    );
    has(
        "<UPN>F001200113001</UPN><Surname>Wren</Surname><Forename>Ada</Forename>",
        "",
        &rules::NOBODY,
    );
    let (start, pupil) = SOUND.split_once("<PupilOnRoll>").expect("a pupil");
    let (pupil, end) = pupil.split_once("</PupilOnRoll>").expect("its end");
    let twice = format!("<PupilOnRoll>{pupil}</PupilOnRoll><PupilOnRoll>{pupil}</PupilOnRoll>");
    has(SOUND, &format!("{start}{twice}{end}"), &rules::DOUBLE_UPN);
    has(SOUND, &format!("{start}{end}"), &rules::NO_PUPILS);
}

#[test]
fn a_pupil_under_five_may_attend_part_time_for_funded_hours() {
    let young = SOUND
        .replace("2015-09-02", "2020-09-01")
        .replace("2020-09-03", "2024-09-03")
        .replace(
            "<PartTime>false",
            "<FundedHours>15</FundedHours><HoursAtSetting>20.0</HoursAtSetting><PartTime>true",
        );
    assert_eq!(broken(SOUND, &young), []);
}

#[test]
fn ids_of_rules_are_each_used_once() {
    let all = rules::ALL.iter().chain(kit::rules::ALL).chain(kit::xml::ALL);
    let ids: Vec<&str> = all.map(|rule| rule.id).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
}
