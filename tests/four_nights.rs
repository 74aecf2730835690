//! One child from pregnancy to school, a night for each part of the story.
//!
//! A maternity service books a mother in September 2020. Her daughter is born in April 2021, has her review at two
//! years and two months, and starts school in September 2025. Four bodies each send what they know, in the form in
//! which they send it to everybody. In the joint dataset it is one child, under one id from the first night on.

use std::slice;

use sendlink_tests::{
    Area, Database,
    hand::{
        Child, Notice, Pregnancy, Pupil, Review, Submission, census_feed, community, community_feed,
        maternity, maternity_feed, notices_feed, spring_census,
    },
};

const BOOKED: Submission<'static> = Submission {
    provider: "RAJ",
    month: "2020-09-01",
    made: "2020-10-20",
};
const STILL_BOOKED: Submission<'static> = Submission {
    provider: "RAJ",
    month: "2020-10-01",
    made: "2020-11-20",
};
const BORN: Submission<'static> = Submission {
    provider: "RAJ",
    month: "2021-04-01",
    made: "2021-05-20",
};
const REVIEWED: Submission<'static> = Submission {
    provider: "RAT",
    month: "2023-06-01",
    made: "2023-07-20",
};

fn area(database: Database, people: &[Child]) -> Area {
    let area = Area::bare(database);
    area.configure(
        &[
            maternity_feed("RAJ"),
            community_feed("RAT"),
            notices_feed("RAJ", "section23/superset"),
            census_feed(),
        ],
        people,
    );
    area
}

/// What a body sends: the next submission to the Maternity Services Data Set.
fn maternity_sends(area: &Area, of: Submission<'_>, pregnancies: &[Pregnancy<'_>]) {
    area.put_submission("pregnancy-raj", of, &maternity(of, pregnancies));
}

/// The children of the dataset as `expected, birth month`, by id.
fn children(area: &Area) -> Vec<(String, String, String)> {
    area.joint("select child_id, expected, coalesce(birth_month, '') from child order by child_id")
        .into_iter()
        .map(|row| <[String; 3]>::try_from(row).expect("three columns").into())
        .collect()
}

/// The records of a child, as kind and tier.
fn records(area: &Area, child: &str) -> Vec<(String, String)> {
    area.joint(&format!(
        "select kind, tier from link where child_id = '{child}' order by kind, tier"
    ))
    .into_iter()
    .map(|row| <[String; 2]>::try_from(row).expect("two columns").into())
    .collect()
}

fn told(records: &[(&str, &str)]) -> Vec<(String, String)> {
    records
        .iter()
        .map(|(kind, tier)| ((*kind).to_owned(), (*tier).to_owned()))
        .collect()
}

#[test]
fn a_child_is_one_child_from_the_notification_to_school() {
    for database in Database::BOTH {
        let mother = Child::new(1, "Marian", "Thistlewood", "1991-02-11", "QZ1 1AA");
        let daughter = Child::new(2, "Rosalind", "Thistlewood", "2021-04-12", "QZ1 1AA");
        let area = area(database, &[mother.clone(), daughter.clone()]);
        let pregnancy = Pregnancy {
            id: "P-1",
            mother: &mother,
            booked: "2020-09-14",
            due: "2021-04-10",
            fetuses: 1,
            discharged: "",
            babies: Vec::new(),
        };

        // The first night: a child is expected. It has no birth month, and lives where its mother does.
        maternity_sends(&area, BOOKED, slice::from_ref(&pregnancy));
        area.night_as_at("2020-10-22").expect(0);
        let expected = children(&area);
        let [(child, is_expected, birth_month)] = expected.as_slice() else {
            panic!("{database:?}: one child is expected: {expected:?}");
        };
        assert_eq!((is_expected.as_str(), birth_month.as_str()), ("1", ""));
        assert_eq!(
            area.joint("select edd_month, fetus_count, outcome from pregnancy_notification"),
            [["2021-04", "1", ""]]
        );
        assert_eq!(records(&area, child), told(&[("pregnancy", "T0")]));

        // The same pregnancy comes again with the next month's submission: nobody new.
        maternity_sends(&area, STILL_BOOKED, slice::from_ref(&pregnancy));
        area.night_as_at("2020-11-22").expect(0);
        assert_eq!(
            children(&area),
            expected,
            "{database:?}: the same child is expected"
        );

        // The second night: she is born. The id stays.
        let born = Pregnancy {
            babies: vec![&daughter],
            ..pregnancy
        };
        maternity_sends(&area, BORN, &[born]);
        area.night_as_at("2021-05-22").expect(0);
        let one_child = vec![(child.clone(), "0".to_owned(), "2021-04".to_owned())];
        assert_eq!(
            children(&area),
            one_child,
            "{database:?}: born under the id of the expected child"
        );
        assert_eq!(
            records(&area, child),
            told(&[("pregnancy", "T1"), ("pregnancy", "T1")]),
            "{database:?}: the notification and the birth"
        );

        // The third night: her review, by her NHS number, at 26 months. She is below the cut-off in one domain.
        let review = Review {
            id: "C-1",
            child: &daughter,
            day: "2023-06-15",
            scores: [20, 55, 50, 45, 50],
        };
        area.put_submission("reviews-rat", REVIEWED, &community(REVIEWED, &[review]));
        area.night_as_at("2023-07-22").expect(0);
        assert_eq!(children(&area), one_child, "{database:?}: reviewed");
        assert_eq!(
            area.joint(
                "select age_months, asq_interval_months, communication, communication_band, gross_motor_band,
                        below_expected_domains
                   from two_year_review"
            ),
            [["26", "27", "20", "BELOW", "EXPECTED", "1"]]
        );

        // The fourth night: she is on the census of her school, which knows no NHS number. Birth date, sex and
        // home are hers alone.
        area.put_census(
            "first",
            2026,
            &spring_census(2026, "2026-Jan-22 09:00:00", &[Pupil::of(&daughter)]),
            "2026-02-01",
        );
        area.night_as_at("2026-02-02").expect(0);
        assert_eq!(children(&area), one_child, "{database:?}: at school");
        assert_eq!(
            records(&area, child),
            told(&[
                ("pregnancy", "T1"),
                ("pregnancy", "T1"),
                ("school-census", "T4"),
                ("two-year-review", "T1"),
            ]),
            "{database:?}: all four know one child"
        );
        area.run(&["verify"]).expect(0);
    }
}

/// Later months send the mother again without her delivery, or say why she left care: neither undoes the birth.
#[test]
fn a_stillbirth_stands_when_later_months_say_nothing_of_it() {
    for database in Database::BOTH {
        let mother = Child::new(1, "Marian", "Thistlewood", "1991-02-11", "QZ1 1AA");
        let stillborn = Child::new(2, "Nobody", "Thistlewood", "2021-04-12", "QZ1 1AA");
        let area = area(database, std::slice::from_ref(&mother));
        let pregnancy = Pregnancy {
            id: "P-1",
            mother: &mother,
            booked: "2020-12-14",
            due: "2021-07-10",
            fetuses: 1,
            discharged: "",
            babies: Vec::new(),
        };
        let booked = Submission {
            month: "2020-12-01",
            made: "2021-01-20",
            ..BORN
        };
        maternity_sends(&area, booked, slice::from_ref(&pregnancy));
        area.night_as_at("2021-01-22").expect(0);
        assert_eq!(children(&area).len(), 1, "{database:?}: a child is expected");

        let born = Pregnancy {
            babies: vec![&stillborn],
            ..pregnancy.clone()
        };
        let mut tables = maternity(BORN, &[born]);
        let baby = tables
            .iter_mut()
            .find(|table| table.name == "MSD401BabyDemographics")
            .expect("the table of babies");
        baby.set(0, "PregOutcome", "02");
        baby.set(0, "NHSNumberBaby", "");
        baby.set(0, "NHSNumberStatusBaby", "");
        area.put_submission("pregnancy-raj", BORN, &tables);
        area.night_as_at("2021-05-22").expect(0);
        let ended = "select outcome, outcome_month from pregnancy_notification";
        assert_eq!(area.joint(ended), [["STILLBIRTH", "2021-04"]]);
        assert_eq!(children(&area), [], "{database:?}: nobody is expected");

        let later = [
            ("2021-05-01", "2021-06-20", ""),
            ("2021-06-01", "2021-07-20", "02"),
        ];
        for (month, made, discharged) in later {
            let of = Submission { month, made, ..BORN };
            let still_in_care = Pregnancy {
                discharged,
                ..pregnancy.clone()
            };
            maternity_sends(&area, of, &[still_in_care]);
            area.night_as_at(&of.came()).expect(0);
            assert_eq!(
                area.joint(ended),
                [["STILLBIRTH", "2021-04"]],
                "{database:?}: as sent for {month}"
            );
            assert_eq!(children(&area), [], "{database:?}: as sent for {month}");
        }
    }
}

#[test]
fn twins_of_one_pregnancy_are_two_children() {
    for database in Database::BOTH {
        let mother = Child::new(1, "Marian", "Thistlewood", "1991-02-11", "QZ1 1AA");
        let first = Child::new(2, "Rosalind", "Thistlewood", "2021-04-12", "QZ1 1AA");
        let second = Child::new(3, "Celia", "Thistlewood", "2021-04-12", "QZ1 1AA");
        let area = area(database, &[mother.clone(), first.clone(), second.clone()]);
        let pregnancy = Pregnancy {
            id: "P-1",
            mother: &mother,
            booked: "2020-09-14",
            due: "2021-05-10",
            fetuses: 2,
            discharged: "",
            babies: Vec::new(),
        };
        maternity_sends(&area, BOOKED, slice::from_ref(&pregnancy));
        area.night_as_at("2020-10-22").expect(0);
        let ids = |area: &Area| {
            children(area)
                .into_iter()
                .map(|child| child.0)
                .collect::<Vec<_>>()
        };
        let expected = ids(&area);
        assert_eq!(expected.len(), 2, "{database:?}: two are expected");

        maternity_sends(
            &area,
            BORN,
            &[Pregnancy {
                babies: vec![&first, &second],
                ..pregnancy
            }],
        );
        area.night_as_at("2021-05-22").expect(0);
        assert_eq!(ids(&area), expected, "{database:?}: the two who were expected");
        assert_eq!(
            area.joint("select count(*), count(distinct child_id) from pregnancy_child"),
            [["2", "2"]]
        );

        // Notices say who is who; the census then knows each by name.
        area.put_notices(
            "section23-1.csv",
            &[
                Notice::of(&first, "N-1", "2023-03-01"),
                Notice::of(&second, "N-2", "2023-03-02"),
            ],
            "2023-03-05",
        );
        area.put_census(
            "first",
            2026,
            &spring_census(
                2026,
                "2026-Jan-22 09:00:00",
                &[Pupil::of(&first), Pupil::of(&second)],
            ),
            "2026-02-01",
        );
        area.night_as_at("2026-02-02").expect(0);
        assert_eq!(ids(&area), expected, "{database:?}: still the same two");
        for child in &expected {
            let kinds: Vec<String> = records(&area, child).into_iter().map(|record| record.0).collect();
            assert_eq!(
                kinds,
                ["pregnancy", "pregnancy", "school-census", "section23"],
                "{database:?}: each has its own records"
            );
        }
    }
}

#[test]
fn a_loss_ends_the_expectation() {
    let mother = Child::new(1, "Marian", "Thistlewood", "1991-02-11", "QZ1 1AA");
    let area = area(Database::Sqlite, slice::from_ref(&mother));
    let pregnancy = Pregnancy {
        id: "P-1",
        mother: &mother,
        booked: "2020-09-14",
        due: "2021-04-10",
        fetuses: 1,
        discharged: "",
        babies: Vec::new(),
    };
    maternity_sends(&area, BOOKED, slice::from_ref(&pregnancy));
    area.night_as_at("2020-10-22").expect(0);
    assert_eq!(children(&area).len(), 1);
    // Discharge reason 03 of the NHS Data Dictionary: miscarriage.
    maternity_sends(
        &area,
        STILL_BOOKED,
        &[Pregnancy {
            discharged: "03",
            ..pregnancy
        }],
    );
    area.night_as_at("2020-11-22").expect(0);
    assert_eq!(children(&area), [], "nobody is expected any more");
    assert_eq!(
        area.joint("select outcome from pregnancy_notification"),
        [["LOSS"]],
        "the notification stays, for what it counts"
    );
}

#[test]
fn silence_ends_the_expectation_three_weeks_after_the_due_date() {
    let mother = Child::new(1, "Marian", "Thistlewood", "1991-02-11", "QZ1 1AA");
    let area = area(Database::Sqlite, slice::from_ref(&mother));
    let pregnancy = Pregnancy {
        id: "P-1",
        mother: &mother,
        booked: "2020-09-14",
        due: "2021-04-10",
        fetuses: 1,
        discharged: "",
        babies: Vec::new(),
    };
    maternity_sends(&area, BOOKED, &[pregnancy]);
    area.night_as_at("2021-05-01").expect(0);
    assert_eq!(children(&area).len(), 1, "three weeks after the due date");
    area.night_as_at("2021-05-02").expect(0);
    assert_eq!(children(&area), [], "a day later");
}
