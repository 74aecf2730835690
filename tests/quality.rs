//! How good linkage is, as every night keeps it and `sendlink quality` tells it.

use std::collections::BTreeMap;

use sendlink_tests::{Area, Database};

/// The figures by measure, division and part: count and of, none where the group is too small to be shown.
fn figures(area: &Area) -> BTreeMap<[String; 3], Option<(u64, u64)>> {
    area.run(&["quality", "--format", "json"])
        .expect(0)
        .rows()
        .iter()
        .map(|row| {
            let key = ["measure", "by", "part"].map(|name| row[name].as_str().unwrap_or("").to_owned());
            (key, row["count"].as_u64().zip(row["of"].as_u64()))
        })
        .collect()
}

#[test]
fn every_night_says_how_good_its_links_are_by_group() {
    for database in Database::BOTH {
        let area = Area::small(5, database);
        area.run(&["quality"]).expect(65);
        area.night_as_at("2026-02-02");
        let figures = figures(&area);
        let figure = |measure: &str, by: &str, part: &str| {
            *figures
                .get(&[measure, by, part].map(str::to_owned))
                .unwrap_or_else(|| panic!("{database:?}: no {measure} by {by} of {part}"))
        };

        // Beside what the dataset itself says of its links.
        let records = "from link l where l.record_id in (select record_id from section23_notice
              union select record_id from two_year_review
              union select record_id from birth)";
        let all = area.count(&format!("select count(*) {records}"));
        let matched = area.count(&format!(
            "select count(*) {records} and l.tier in ('T1', 'T2', 'T3', 'T4')"
        ));
        assert_eq!(
            figure("match rate", "total", ""),
            Some((matched, all)),
            "{database:?}"
        );
        let (right, of) = figure("expected precision", "total", "").expect("a figure");
        assert_eq!(of, matched);
        assert!(right <= of && right + of / 20 > of, "{right} of {of}");
        let (found, there) = figure("expected recall", "total", "").expect("a figure");
        assert!(found == right && there >= found, "{found} of {there}");

        let (hardly, of) = figure("implausible match", "total", "").expect("a figure");
        assert!(
            of >= matched && hardly * 10 < of,
            "{hardly} of {of}, school records among them"
        );

        let (again, hidden) = figure("hold-out recall", "total", "").expect("a figure");
        assert!(
            hidden > 0 && again < hidden,
            "{again} of {hidden} found without numbers"
        );
        let (right, joined) = figure("hold-out precision", "total", "").expect("a figure");
        assert!(
            right <= joined && right * 100 >= joined * 98,
            "{right} of {joined}"
        );
        let (chance, decoys) = figure("decoys matched", "total", "").expect("a figure");
        assert!(decoys > 10 && chance * 4 <= decoys, "{chance} of {decoys}");

        // The parts make up the whole, but for those that are too small to be shown.
        for by in ["feed", "provider"] {
            let sum: u64 = figures
                .iter()
                .filter(|([measure, slice, _], _)| measure == "match rate" && slice == by)
                .map(|(_, counted)| counted.expect("a feed is no group of children").1)
                .sum();
            assert_eq!(sum, all, "{by}");
        }
        for (key, counted) in &figures {
            let [measure, by, _] = key;
            let is_of_children = !["total", "feed", "provider", "tier"].contains(&by.as_str());
            if let (true, "match rate", Some((count, of))) = (is_of_children, measure.as_str(), counted) {
                for shown in [*count, of - count, *of] {
                    assert!(shown == 0 || shown >= 10, "{database:?}: {key:?} shows {shown}");
                }
            }
        }
        assert!(
            figures.values().any(Option::is_none),
            "an area of 300 children has small groups"
        );

        let statement = area.run(&["quality", "--guild"]).expect(0).stdout;
        for said in ["| T4 |", "under 10", "| match rate | total |", &area.version()] {
            assert!(statement.contains(said), "{database:?}: nothing of {said}");
        }
        // The same night again keeps the same figures, once.
        area.night_as_at("2026-02-02");
        assert_eq!(self::figures(&area), figures);
    }
}
