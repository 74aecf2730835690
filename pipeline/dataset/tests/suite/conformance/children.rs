//! Links, child ids, decisions, and what is published of children.

use dataset::{ChildChange, ChildEvent, ChildEventFilter, DecisionKind, NewDecision, Side, StoreError};
use jiff::civil::date;
use records::Kind;

use crate::support::{
    DAY, Home, Night, Sent, child_id, hex, notice, on_both, only, pupil, record_id, release, sqlite_pool,
    withdrawn,
};

on_both! {
    children_keep_their_ids_and_history,
    links_must_be_whole,
    decisions_hold_a_publication,
    a_publication_is_written_once,
    the_brake_holds_a_publication,
    the_latest_record_with_a_value_wins,
    facts_tell_how_notices_stand,
}

async fn children_keep_their_ids_and_history(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let store = &night.store;
    night
        .load(&Sent::delta(
            "1",
            vec![notice(1, 1, "ASD"), notice(2, 1, "HI"), notice(3, 1, "VI")],
        ))
        .await;
    let change = night.link(&[]).await;
    assert_eq!((change.before, change.after, change.new), (0, 3, 3));
    assert_eq!(
        night.link(&[]).await,
        dataset::LinkChange {
            before: 3,
            after: 3,
            ..Default::default()
        }
    );

    // 2 goes into 1, then 3 ends.
    let change = night.link(&[(2, 1)]).await;
    assert_eq!((change.after, change.merged, change.moved), (2, 1, 1));
    assert_eq!(store.resolve_child(child_id(2)).await.unwrap(), Some(child_id(1)));
    night.load(&Sent::delta("2", vec![withdrawn(3, 2)])).await;
    let change = night.link(&[(2, 1)]).await;
    assert_eq!((change.after, change.ended), (1, 1));
    assert_eq!(store.resolve_child(child_id(3)).await.unwrap(), None);
    let members = store.membership().await.unwrap();
    assert_eq!(members.len(), 2);
    assert!(
        members
            .iter()
            .all(|member| member.anchor == only(1) && member.child_id == child_id(1))
    );

    // 1 goes into 2: the redirect of 2 is lifted and 1 leads to it.
    let change = night.link(&[(1, 2)]).await;
    assert_eq!((change.merged, change.split, change.moved), (1, 1, 2));
    assert_eq!(store.resolve_child(child_id(1)).await.unwrap(), Some(child_id(2)));
    assert_eq!(store.resolve_child(child_id(9)).await.unwrap(), None);

    let event = |change, child, other: Option<u8>| ChildEvent {
        run: night.run.id,
        as_at: DAY,
        change,
        child: child_id(child),
        other: other.map(child_id),
        tier: match change {
            ChildChange::New | ChildChange::Ended => None,
            // It stands alone, but for the record that its id was not made from.
            ChildChange::Returned => Some("T0".to_owned()),
            _ => Some("T1".to_owned()),
        },
    };
    let of_two = [
        event(ChildChange::New, 1, None),
        event(ChildChange::Merged, 1, Some(2)),
        event(ChildChange::New, 2, None),
        event(ChildChange::Merged, 2, Some(1)),
        event(ChildChange::Returned, 2, Some(1)),
    ];
    assert_eq!(store.child_history(child_id(2)).await.unwrap(), of_two);
    assert_eq!(store.child_history(child_id(9)).await.unwrap(), []);
    let since = |since| ChildEventFilter {
        since,
        ..ChildEventFilter::default()
    };
    assert_eq!(store.child_events(since(None)).await.unwrap().len(), 4);
    assert_eq!(
        store.child_events(since(Some(date(2026, 3, 2)))).await.unwrap(),
        []
    );

    night.publish().await;
    let told = |was: u8, now: u8, reason: &str| {
        let [was, now] = [was, now].map(|child| hex(&child_id(child).0));
        format!("{was} {now} {reason} {DAY}")
    };
    assert_eq!(
        child_id_history(&home).await,
        [told(1, 2, "merged"), told(3, 3, "ended"),]
    );
}

async fn child_id_history(home: &Home) -> Vec<String> {
    let sql = "select child_id || ' ' || now || ' ' || reason || ' ' || as_at from child_id_history
                order by child_id, now";
    match &home.database {
        Some(database) => {
            let sql = sqlx::AssertSqlSafe(sql.replace("from child", "from joint.child"));
            sqlx::query_scalar(sql)
                .fetch_all(&mut database.connect().await)
                .await
                .unwrap()
        }
        None => {
            let pool = sqlite_pool(home, "joint.db").await;
            sqlx::query_scalar(sql).fetch_all(&pool).await.unwrap()
        }
    }
}

async fn links_must_be_whole(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    let whole = night.links(&[]).await;
    let save = |links| {
        let night = &night;
        async move {
            night
                .store
                .save_links(&night.lease, &night.run, &links)
                .await
                .unwrap_err()
                .to_string()
        }
    };
    let mut missing = whole.clone();
    missing.links.pop();
    missing.children.pop();
    assert!(save(missing).await.contains("without a link"));
    let mut stray = whole.clone();
    stray.links[0].subject = only(77);
    assert!(save(stray).await.contains("do not stand"));
    let mut unlisted = whole.clone();
    unlisted.children.pop();
    assert!(save(unlisted).await.contains("not listed"));
    let mut empty = whole.clone();
    empty.children.push(dataset::ChildRow {
        child_id: child_id(8),
        anchor: only(8),
    });
    assert!(save(empty).await.contains("without a record"));
    assert!(night.store.membership().await.unwrap().is_empty());
    // What is not linked yet is not published either.
    let error = night.try_publish(&release()).await.unwrap_err();
    assert!(matches!(error, StoreError::Invariant { count: 2, .. }), "{error}");
}

async fn decisions_hold_a_publication(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let Night { store, lease, .. } = &night;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    night.link(&[]).await;
    night.publish().await;
    let decision = |left, right| NewDecision {
        kind: DecisionKind::DoNotLink,
        left: Side::Record(record_id(left)),
        right: Some(Side::Record(record_id(right))),
        reason: "adopted".into(),
        author: "a person".into(),
        on: DAY,
    };
    assert_eq!(
        store
            .add_decisions(lease, &[decision(1, 2), decision(2, 1)])
            .await
            .unwrap(),
        1
    );
    let token = Side::NhsNumber(linkage::Token([3; 16]));
    let isolate = NewDecision {
        kind: DecisionKind::Isolate,
        left: token,
        right: None,
        ..decision(1, 2)
    };
    assert_eq!(
        store
            .add_decisions(lease, std::slice::from_ref(&isolate))
            .await
            .unwrap(),
        1
    );
    let decisions = store.decisions().await.unwrap();
    assert_eq!(
        decisions.iter().map(|decision| decision.id).collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(decisions[0].decision, decision(1, 2));
    assert_eq!(decisions[1].decision, isolate);
    night.publish().await;

    night.link(&[(2, 1)]).await;
    let error = night.try_publish(&release()).await.unwrap_err();
    assert!(error.to_string().contains("do-not-link"), "{error}");
    store
        .remove_decision(lease, 1, "a person", "a mistake")
        .await
        .unwrap();
    assert!(matches!(
        store.remove_decision(lease, 1, "a", "b").await,
        Err(StoreError::Unknown { .. })
    ));
    night.publish().await;
}

async fn a_publication_is_written_once(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    night
        .load(&Sent::snapshot("2", "a", 1, vec![pupil(3, 1, "a", "K")]))
        .await;
    night.link(&[(3, 1)]).await;
    let first = night.publish().await;
    assert!(first.written);
    assert_eq!(first.version, format!("2026-03-01-{}", &hex(&first.digest)[..12]));
    assert_eq!(first.changes["child"].inserted, 2);
    assert_eq!(first.changes["link"].rows, 3);
    assert_eq!(first.changes["school_need"].rows, 2);
    let before = bytes_of_what_is_published(&home).await;

    let again = night.publish().await;
    assert!(!again.written);
    assert_eq!(
        (again.digest, again.version.as_str()),
        (first.digest, first.version.as_str())
    );
    assert_eq!(bytes_of_what_is_published(&home).await, before);
    assert_eq!(night.store.digest().await.unwrap(), first.digest);
    assert_eq!(
        night.store.published().await.unwrap().unwrap().version,
        first.version
    );

    night
        .load(&Sent::delta("3", vec![notice(2, 2, "VI"), withdrawn(1, 2)]))
        .await;
    night.link(&[(3, 1)]).await;
    let third = night.publish().await;
    assert!(third.written);
    let notices = third.changes["section23_notice"];
    assert_eq!(
        (notices.rows, notices.inserted, notices.updated, notices.deleted),
        (1, 0, 1, 1)
    );
    assert_eq!(third.changes["child"].deleted, 0, "the pupil keeps the child");
    assert_eq!(third.changes["dataset"].rows, 1);
    assert_ne!(bytes_of_what_is_published(&home).await, before);

    // Nothing new on the next night but its day: the rows stay, the dataset is about another day.
    night.end().await;
    let next = Night::begin(&home, date(2026, 3, 2)).await;
    let fourth = next.publish().await;
    assert!(fourth.written);
    assert_eq!(fourth.digest, third.digest);
    assert!(fourth.version.starts_with("2026-03-02-"));
}

/// The files; or every row with the transaction that wrote it.
async fn bytes_of_what_is_published(home: &Home) -> Vec<u8> {
    let Some(database) = &home.database else {
        let joint = std::fs::read(home.path("joint.db")).unwrap();
        assert!(!home.path("joint.next.db").exists() && !home.path("open.next.db").exists());
        return [joint, std::fs::read(home.path("open.db")).unwrap()].concat();
    };
    let mut connection = database.connect().await;
    let mut rows = Vec::new();
    for table in [
        "child",
        "pregnancy_notification",
        "pregnancy_child",
        "birth",
        "section23_notice",
        "two_year_review",
        "review_need",
        "school_record",
        "school_need",
        "link",
        "child_id_history",
        "freshness",
        "dataset",
    ] {
        let sql = format!("select ctid::text || xmin::text || t::text from joint.{table} t order by 1");
        let found: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
            .fetch_all(&mut connection)
            .await
            .unwrap();
        rows.extend(found.join("\n").into_bytes());
    }
    rows
}

async fn the_brake_holds_a_publication(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let rows = (1..=10).map(|number| notice(number, 1, "ASD")).collect();
    night.load(&Sent::delta("1", rows)).await;
    night.link(&[]).await;
    let careful = dataset::Release {
        brake: 0.25,
        ..release()
    };
    let first = night.try_publish(&careful).await.unwrap();
    night
        .load(&Sent::delta(
            "2",
            (1..=3).map(|number| withdrawn(number, 2)).collect(),
        ))
        .await;
    night.link(&[]).await;
    let error = night.try_publish(&careful).await.unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Brake {
                changed: 3,
                before: 10
            }
        ),
        "{error}"
    );
    assert_eq!(
        night.store.digest().await.unwrap(),
        first.digest,
        "what was published stays"
    );

    // Leave for fewer ids than change is none; leave for so many is used up by the publication.
    let leave = async |changed| {
        let store = &night.store;
        store
            .release_brake(&night.lease, changed, "a person", "a trust left the area")
            .await
            .unwrap();
        let given = store.brake_release().await.unwrap().unwrap();
        assert_eq!(
            (given.changed, given.reason.as_str()),
            (changed, "a trust left the area")
        );
        dataset::Release {
            brake_released: Some(given.changed),
            ..careful.clone()
        }
    };
    let too_little = leave(2).await;
    assert!(night.try_publish(&too_little).await.is_err());
    let enough = leave(3).await;
    night.try_publish(&enough).await.unwrap();
    assert_eq!(night.store.brake_release().await.unwrap(), None);
    assert_ne!(night.store.digest().await.unwrap(), first.digest);
}

async fn the_latest_record_with_a_value_wins(home: Home) {
    let night = Night::begin(&home, DAY).await;
    let mut old = notice(1, 1, "ASD");
    old.event_date = date(2025, 1, 1);
    let mut new = notice(2, 1, "ASD");
    new.event_date = date(2025, 6, 1);
    new.profile.sex = records::Sex::U;
    new.profile.ethnic_group = None;
    new.profile.area = records::Area {
        lsoa: Some("E01099999".into()),
        ..records::Area::default()
    };
    night.load(&Sent::delta("1", vec![old, new])).await;
    night.link(&[(2, 1)]).await;
    night.publish().await;
    let sql = "select sex || ' ' || ethnic_group || ' ' || lsoa || ' ' || coalesce(la_code, '-') from child";
    let child: String = match &home.database {
        Some(database) => {
            let sql = sqlx::AssertSqlSafe(sql.replace("from child", "from joint.child"));
            sqlx::query_scalar(sql)
                .fetch_one(&mut database.connect().await)
                .await
                .unwrap()
        }
        None => {
            let pool = sqlite_pool(&home, "joint.db").await;
            sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
        }
    };
    // The address is taken whole from one record, not patched together.
    assert_eq!(child, "M WBRI E01099999 -");
}

async fn facts_tell_how_notices_stand(home: Home) {
    let night = Night::begin(&home, DAY).await;
    night
        .load(&Sent::delta("1", vec![notice(1, 1, "ASD"), notice(2, 1, "HI")]))
        .await;
    night
        .load(&Sent::snapshot(
            "2",
            "a",
            1,
            vec![pupil(3, 1, "a", "K"), pupil(4, 1, "a", "N")],
        ))
        .await;
    night.link(&[(3, 1)]).await;
    night.end().await;
    let night = Night::begin(&home, date(2026, 3, 2)).await;
    let facts = night.store.facts().await.unwrap().notices;
    assert_eq!(
        facts[0].matched_kinds.iter().copied().collect::<Vec<_>>(),
        [Kind::SchoolCensus]
    );
    assert!(facts[1].matched_kinds.is_empty());
    assert_eq!(facts[0].child_id, Some(child_id(1)));
    assert_eq!((facts[0].tries, facts[0].first_seen), (1, DAY));
    assert_eq!(
        facts[0].sealed_reference.as_deref(),
        Some(b"reference 1".as_slice())
    );
    assert_eq!(
        (facts[0].delivery_label.as_str(), facts[0].location.line),
        ("1", Some(1))
    );
    let school = night.store.school_facts().await.unwrap();
    assert_eq!(school.len(), 1, "only of children that have a notice");
    assert_eq!(
        (school[0].child_id, school[0].sen_provision.as_deref()),
        (child_id(1), Some("K"))
    );
    let loaded = night.store.censuses_loaded().await.unwrap();
    assert_eq!(
        (
            loaded.len(),
            loaded[0].la_code.as_str(),
            loaded[0].schools,
            loaded[0].records
        ),
        (1, "881", 1, 2)
    );
}
