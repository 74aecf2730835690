//! Pregnancies, expected children, births and reviews.

use std::collections::BTreeSet;

use dataset::{ForgetWhat, RowState, StoreError};
use jiff::civil::date;
use linkage::Subject;
use records::{Area, Asq3, AsqBand, AsqDomain, Kind, Payload, PregnancyOutcome, Sex};

use crate::support::{
    DAY, Home, Night, Sent, birth, child_id, encodings, hex, hour, mother_id, notice, on_both, pregnancy,
    published, pupil, record_id, release, review,
};

on_both! {
    twins_are_expected_then_born,
    a_pregnancy_has_links_of_its_own,
    a_pregnancy_names_its_mother,
    an_ended_pregnancy_has_no_child,
    births_tell_how_a_pregnancy_ended,
    a_notification_that_says_born_expects_nobody,
    reviews_keep_their_scores_and_bands,
    erasing_a_twin_keeps_the_notification,
    an_expected_twin_can_be_erased,
    the_childs_own_address_wins,
    facts_tell_how_reviews_and_pregnancies_stand,
}

/// Notifications and births, as one feed sends them.
fn maternity(name: &str, rows: Vec<dataset::VaultRow>) -> Sent {
    Sent::of(Kind::Pregnancy, name, rows)
}

fn reviews(name: &str, rows: Vec<dataset::VaultRow>) -> Sent {
    Sent::of(Kind::TwoYearReview, name, rows)
}

async fn twins_are_expected_then_born(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night.load(&maternity("1", vec![pregnancy(1, 1, 2)])).await;
    night.link_families(&[], &[(1, 1, 51), (1, 2, 52)]).await;
    night.publish().await;
    let children =
        "select child_id, expected, sex, coalesce(birth_month, '-'), coalesce(la_code, '-') from child
                     order by child_id";
    assert_eq!(
        published(&home, children, 5).await,
        [
            format!("{} 1 U - 882", hex(&child_id(51).0)),
            format!("{} 1 U - 882", hex(&child_id(52).0)),
        ],
        "expected children live where their mother does"
    );
    let counts = night.store.child_counts().await.unwrap();
    assert_eq!((counts.expected, counts.born.len()), (2, 0));
    assert_eq!(
        published(
            &home,
            "select mother_id, provider, edd_month, gestation_weeks_at_booking, fetus_count,
                    complex_social_factors, coalesce(outcome, '-') from pregnancy_notification",
            7
        )
        .await,
        [format!("{} RAJ 2026-06 10 2 1 -", hex(&mother_id(1).0))]
    );

    // One is born alive, the other not.
    night
        .load(&maternity("2", vec![birth(2, 2, true), birth(3, 2, false)]))
        .await;
    let change = night.link_families(&[(2, 51)], &[(1, 1, 51)]).await;
    assert_eq!((change.new, change.ended, change.moved), (0, 1, 0));
    night.publish().await;
    assert_eq!(
        published(&home, children, 5).await,
        [format!("{} 0 F 2026-06 881", hex(&child_id(51).0))],
        "born, and with an id kept"
    );
    assert_eq!(
        published(
            &home,
            "select coalesce(child_id, '-'), birth_month, outcome, birth_order from birth order by record_id",
            4
        )
        .await,
        [
            format!("{} 2026-06 LIVE_BIRTH 1", hex(&child_id(51).0)),
            "- 2026-06 STILLBIRTH 2".to_owned(),
        ]
    );
    assert_eq!(
        published(&home, "select kind from link order by record_id", 1).await,
        ["pregnancy", "pregnancy"],
        "the birth that was not live has no link"
    );
    let counts = night.store.child_counts().await.unwrap();
    assert_eq!(counts.expected, 0);
    assert_eq!(counts.born[&BTreeSet::from([Kind::Pregnancy])], 1);
    let latest = night.store.latest_events().await.unwrap();
    assert_eq!(latest["pregnancy"], date(2026, 6, 1), "the month of the births");
}

async fn a_pregnancy_has_links_of_its_own(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&maternity("1", vec![pregnancy(1, 1, 2), birth(2, 1, false)]))
        .await;
    night.load(&Sent::delta("2", vec![notice(3, 1, "ASD")])).await;
    let save = |births: &'static [(u8, u8)], families: &'static [(u8, u8, u8)]| {
        let night = &night;
        async move {
            let mut links = night.families(&[], families).await;
            for (record, child) in births {
                let subject = Subject {
                    record: record_id(*record),
                    number: 0,
                };
                let mut link = links.links[0].clone();
                link.subject = subject;
                link.child_id = child_id(*child);
                links.links.push(link);
            }
            night.store.save_links(&night.lease, &night.run, &links).await
        }
    };
    type Wrong = (&'static [(u8, u8)], &'static [(u8, u8, u8)], &'static str);
    let wrong: [Wrong; 4] = [
        (&[(1, 3)], &[], "under a number"),
        (&[(2, 3)], &[], "under a number"),
        (&[], &[(3, 1, 53)], "under a number"),
        (&[], &[(1, 1, 51), (1, 2, 51)], "twice with one pregnancy"),
    ];
    for (births, families, what) in wrong {
        let error = save(births, families).await.unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
    save(&[], &[]).await.unwrap();
    night.publish().await;
    save(&[], &[(1, 1, 51)]).await.unwrap();
    let members = night.store.membership().await.unwrap();
    assert_eq!(members.len(), 2);
    assert_eq!((members[0].subject.number, members[0].anchor.number), (1, 1));
    assert_eq!(
        night.store.known_children().await.unwrap().len(),
        2,
        "the child of the notice and the expected one"
    );
}

async fn a_pregnancy_names_its_mother(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let mut nobodys = pregnancy(1, 1, 1);
    nobodys.mother_id = None;
    let error = night.try_load(&maternity("1", vec![nobodys])).await.unwrap_err();
    assert!(error.to_string().contains("without a mother"), "{error}");
    let mut confused = pregnancy(1, 1, 1);
    confused.about = dataset::About::Child;
    let error = night.try_load(&maternity("1", vec![confused])).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

async fn an_ended_pregnancy_has_no_child(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night.load(&maternity("1", vec![pregnancy(1, 1, 1)])).await;
    night.link_families(&[], &[(1, 1, 51)]).await;
    night.publish().await;
    let mut lost = pregnancy(1, 2, 1);
    lost.content_hash[0] ^= 1;
    change(&mut lost, |said| {
        said.outcome = Some(PregnancyOutcome::Loss);
        said.outcome_month = Some("2026-02".parse().unwrap());
    });
    night.load(&maternity("2", vec![lost])).await;
    let change = night.link_families(&[], &[]).await;
    assert_eq!((change.before, change.after, change.ended), (1, 0, 1));
    let third = night.publish().await;
    assert_eq!(third.changes["child"].rows, 0);
    assert_eq!(third.changes["pregnancy_child"].deleted, 1);
    assert_eq!(
        published(
            &home,
            "select outcome, outcome_month from pregnancy_notification",
            2
        )
        .await,
        ["LOSS 2026-02"],
        "the notification stays"
    );
    let facts = night.store.facts().await.unwrap().pregnancies;
    assert_eq!((facts.len(), facts[0].links.len()), (1, 0));
}

async fn births_tell_how_a_pregnancy_ended(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let born_of = |mut birth: dataset::VaultRow, pregnancy: u8| {
        birth.born_of = Some(record_id(pregnancy));
        birth
    };
    // What the notifications themselves say is older, or nothing.
    let mut moved = pregnancy(10, 1, 1);
    let RowState::Current(said) = &mut moved.state else {
        unreachable!()
    };
    let Payload::Pregnancy(said) = &mut **said else {
        unreachable!()
    };
    (said.outcome, said.outcome_month) = (Some(PregnancyOutcome::MovedOut), Some("2026-04".parse().unwrap()));
    let mut untold = birth(7, 1, false);
    let RowState::Current(said) = &mut untold.state else {
        unreachable!()
    };
    let Payload::Birth(said) = &mut **said else {
        unreachable!()
    };
    said.outcome = None;
    night
        .load(&maternity(
            "1",
            vec![
                pregnancy(1, 1, 2),
                born_of(birth(2, 1, true), 1),
                born_of(birth(3, 1, false), 1),
                pregnancy(4, 1, 1),
                born_of(birth(5, 1, false), 4),
                pregnancy(6, 1, 2),
                born_of(untold, 6),
                born_of(birth(8, 1, false), 6),
                pregnancy(9, 1, 1),
                moved,
                born_of(birth(11, 1, false), 10),
            ],
        ))
        .await;
    night.link_families(&[(2, 51)], &[(1, 1, 51)]).await;
    night.publish().await;
    let sql = "select coalesce(outcome, '-'), coalesce(outcome_month, '-') from pregnancy_notification
                order by record_id";
    let ended = [
        "LIVE_BIRTH 2026-06", // one of twins lives
        "STILLBIRTH 2026-06",
        "- -", // one of twins may live
        "- -",
        "STILLBIRTH 2026-06", // before a reason of discharge
    ];
    assert_eq!(published(&home, sql, 2).await, ended);
    let facts = night.store.facts().await.unwrap().pregnancies;
    let outcomes: Vec<_> = facts
        .iter()
        .map(|fact| fact.said.as_ref().unwrap().outcome)
        .collect();
    let stillborn = Some(PregnancyOutcome::Stillbirth);
    assert_eq!(
        outcomes,
        [
            Some(PregnancyOutcome::LiveBirth),
            stillborn,
            None,
            None,
            stillborn
        ]
    );

    // A birth that its sender takes back tells nothing.
    let mut withdrawn = born_of(birth(5, 2, false), 4);
    withdrawn.state = RowState::Withdrawn;
    night.load(&maternity("2", vec![withdrawn])).await;
    night.link_families(&[(2, 51)], &[(1, 1, 51)]).await;
    night.publish().await;
    assert_eq!(published(&home, sql, 2).await[1], "- -");
}

async fn a_notification_that_says_born_expects_nobody(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let mut born = pregnancy(1, 1, 1);
    change(&mut born, |said| {
        said.outcome = Some(PregnancyOutcome::LiveBirth);
        said.outcome_month = Some("2026-05".parse().unwrap());
    });
    night.load(&maternity("1", vec![born])).await;
    night.link_families(&[], &[(1, 1, 51)]).await;
    night.publish().await;
    assert_eq!(
        published(&home, "select expected, birth_month, sex from child", 3).await,
        ["0 2026-05 U"]
    );
    assert_eq!(night.store.child_counts().await.unwrap().expected, 0);
}

async fn reviews_keep_their_scores_and_bands(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let mut low = review(1, 1);
    if let dataset::RowState::Current(payload) = &mut low.state
        && let Payload::TwoYearReview(said) = &mut **payload
    {
        said.asq3 = Some(Asq3 {
            interval_months: Some(27),
            // Below by the unrounded score, at the cut-off once rounded.
            communication: AsqDomain {
                score: Some(24),
                band: Some(AsqBand::Below),
            },
            gross_motor: AsqDomain {
                score: None,
                band: Some(AsqBand::OutOfRange),
            },
            fine_motor: AsqDomain {
                score: Some(60),
                band: Some(AsqBand::Expected),
            },
            ..Asq3::default()
        });
        said.asq_se_interval_months = Some(24);
        said.asq_se_score = Some(95);
        said.needs = vec!["SLCN".into(), "ASD".into(), "SLCN".into()];
    }
    night.load(&reviews("1", vec![low, review(2, 1)])).await;
    night.link(&[]).await;
    night.publish().await;
    assert_eq!(
        published(
            &home,
            "select communication, communication_band, coalesce(gross_motor, -1), gross_motor_band, fine_motor,
                    fine_motor_band, coalesce(personal_social_band, '-'), below_expected_domains, asq_interval_months,
                    asq_se_interval_months, asq_se_score, integrated, age_months, review_date
               from two_year_review where asq_se_score is not null",
            14
        )
        .await,
        ["24 BELOW -1 OUT_OF_RANGE 60 EXPECTED - 1 27 24 95 1 27 2026-02-03"]
    );
    assert_eq!(
        published(
            &home,
            "select coalesce(communication, -1), coalesce(below_expected_domains, -1) from two_year_review
              where asq_se_score is null",
            2
        )
        .await,
        ["-1 -1"],
        "a review without ASQ-3 counts no domain, not none below"
    );
    assert_eq!(
        published(&home, "select need from review_need order by need", 1).await,
        ["ASD", "SLCN"]
    );
}

async fn erasing_a_twin_keeps_the_notification(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&maternity(
            "1",
            vec![pregnancy(1, 1, 2), birth(2, 1, true), birth(3, 1, true)],
        ))
        .await;
    night
        .link_families(&[(2, 51), (3, 52)], &[(1, 1, 51), (1, 2, 52)])
        .await;
    night.publish().await;
    let proof = night
        .store
        .forget(
            &night.lease,
            &ForgetWhat::Child(child_id(51)),
            "a person",
            "asked",
        )
        .await
        .unwrap();
    assert!(proof.published);
    assert_eq!((proof.records, proof.before["vault.link"]), (1, 2));
    assert!(proof.after.values().all(|rows| *rows == 0), "{:?}", proof.after);
    assert!(proof.after.contains_key("joint.pregnancy_child"));
    let rest = "select child_id from pregnancy_child";
    assert_eq!(published(&home, rest, 1).await, [hex(&child_id(52).0)]);
    assert_eq!(
        published(&home, "select count(*) from pregnancy_notification", 1).await,
        ["1"]
    );

    // Linkage is told, and even where it did not listen the child does not come back.
    let page = encodings(&night.store).await;
    let erased: Vec<_> = page.iter().map(|row| row.erased.clone()).collect();
    assert_eq!(erased, [BTreeSet::from([1]), BTreeSet::new()]);
    night.link_families(&[(3, 52)], &[(1, 1, 51), (1, 2, 52)]).await;
    night.publish().await;
    assert_eq!(published(&home, rest, 1).await, [hex(&child_id(52).0)]);

    // The second twin takes the notification along: it is about nobody else.
    let proof = night
        .store
        .forget(
            &night.lease,
            &ForgetWhat::Child(child_id(52)),
            "a person",
            "asked",
        )
        .await
        .unwrap();
    assert_eq!(proof.records, 2);
    assert_eq!(
        published(&home, "select count(*) from pregnancy_notification", 1).await,
        ["0"]
    );
    let again = maternity("2", vec![pregnancy(1, 5, 2)]);
    assert_eq!(night.load(&again).await.forgotten, 1);
}

async fn an_expected_twin_can_be_erased(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night.load(&maternity("1", vec![pregnancy(1, 1, 2)])).await;
    night.link_families(&[], &[(1, 1, 51), (1, 2, 52)]).await;
    night.publish().await;
    let forget = |child| ForgetWhat::Child(child_id(child));
    let proof = night
        .store
        .forget(&night.lease, &forget(52), "a person", "asked")
        .await
        .unwrap();
    assert_eq!((proof.records, proof.before["vault.link"]), (0, 1));
    assert_eq!(
        published(&home, "select child_id from child", 1).await,
        [hex(&child_id(51).0)]
    );
    let error = night
        .store
        .forget(&night.lease, &forget(52), "a person", "asked")
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unknown { .. }), "{error}");
}

async fn the_childs_own_address_wins(home: Home) {
    let night = Night::begin(&home, DAY).await;
    // The child's own record is older than the notification's event, and says nothing of sex.
    let mut own = birth(2, 1, true);
    own.event_date = date(2025, 1, 1);
    own.profile.sex = Sex::U;
    let mut mothers = pregnancy(1, 1, 1);
    mothers.profile.sex = Sex::F;
    mothers.profile.birth_month = Some("1990-01".parse().unwrap());
    night.load(&maternity("1", vec![mothers, own])).await;
    night.link_families(&[(2, 51)], &[(1, 1, 51)]).await;
    night.publish().await;
    let child = "select la_code, sex, coalesce(birth_month, '-') from child";
    assert_eq!(published(&home, child, 3).await, ["881 U 2026-06"]);

    let mut nowhere = birth(2, 2, true);
    nowhere.profile.area = Area::default();
    nowhere.content_hash[0] ^= 1;
    night.load(&maternity("2", vec![nowhere])).await;
    night.link_families(&[(2, 51)], &[(1, 1, 51)]).await;
    night.publish().await;
    assert_eq!(published(&home, child, 3).await, ["882 F 2026-06"]);
}

async fn facts_tell_how_reviews_and_pregnancies_stand(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&maternity(
            "1",
            vec![pregnancy(1, 1, 2), birth(2, 1, true), birth(3, 1, false)],
        ))
        .await;
    night.load(&reviews("2", vec![review(4, 1), review(5, 1)])).await;
    night
        .load(&Sent::snapshot("3", "a", 1, vec![pupil(6, 1, "a", "K")]))
        .await;
    night
        .link_families(&[(2, 51), (4, 51), (6, 51)], &[(1, 1, 51), (1, 2, 52)])
        .await;
    let reviews = night.store.facts().await.unwrap().reviews;
    let kinds = |kinds: &[Kind]| kinds.iter().copied().collect::<BTreeSet<_>>();
    assert_eq!(reviews.len(), 2);
    assert_eq!(
        reviews[0].links[0].matched_kinds,
        kinds(&[Kind::Pregnancy, Kind::SchoolCensus])
    );
    assert!(reviews[1].links[0].matched_kinds.is_empty());
    let dataset::Facts {
        pregnancies, births, ..
    } = night.store.facts().await.unwrap();
    assert_eq!(pregnancies[0].mother_id, Some(mother_id(1)));
    let links: Vec<_> = pregnancies[0]
        .links
        .iter()
        .map(|link| (link.child_id, link.has_own_record, link.matched_kinds.len()))
        .collect();
    assert_eq!(links, [(child_id(51), true, 2), (child_id(52), false, 0)]);
    assert_eq!(
        births.iter().map(|fact| fact.links.len()).collect::<Vec<_>>(),
        [1, 0]
    );
    assert!(births[0].links[0].has_notification && !reviews[1].links[0].has_notification);
    // A withdrawal alone says too little to be one or the other.
    let gone = dataset::VaultRow::tombstone(record_id(9), hour(9), DAY);
    night.load(&maternity("4", vec![gone])).await;
    let dataset::Facts {
        pregnancies, births, ..
    } = night.store.facts().await.unwrap();
    assert_eq!((pregnancies.len(), births.len()), (1, 2));
    night.try_publish(&release()).await.unwrap();
}

fn change(row: &mut dataset::VaultRow, change: impl FnOnce(&mut records::PregnancyNotification)) {
    if let dataset::RowState::Current(payload) = &mut row.state
        && let Payload::Pregnancy(said) = &mut **payload
    {
        change(said);
    }
}
