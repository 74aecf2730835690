use super::*;

fn page() -> LinkingPage {
    LinkingPage {
        inputs: vec![("left <1>".to_owned(), 1_000), ("right".to_owned(), 900)],
        threshold: 2.5,
        one_to_one: true,
        scored: 50_000,
        links: 700,
        clusters: (700, 1_400),
        unlinkable: 1,
        implausible: 7,
        decoys: (400, 2),
        trained: true,
        prior: 0.001,
        prior_household: 0.002,
        moved_together: Some((0.35, 0.0001)),
        levels: vec![LevelLine {
            column: "surname".to_owned(),
            label: "the same".to_owned(),
            same: 0.95,
            household: 0.9,
            unrelated: 0.0001,
            bits: 13.2,
            links: 653,
        }],
        histogram: vec![(-12, 40_000), (-3, 5), (20, 700)],
        examples: vec![Example {
            title: "The heaviest link".to_owned(),
            prior: -10.0,
            columns: vec![("surname".to_owned(), "the same".to_owned(), 13.2, 2.5)],
            household: -0.25,
            relatives: 6.25,
            rivals: -1.5,
            weight: 3.95,
            probability: 0.977,
        }],
        blocking: vec![BlockingLine {
            key: "surname and birth date".to_owned(),
            blocks: 12,
            largest: 4,
            left_out: 0,
            pairs: 60,
        }],
        completeness: vec![CompletenessLine {
            input: "right".to_owned(),
            column: "birth_date".to_owned(),
            kind: "date".to_owned(),
            rows: 900,
            blank: 40,
            unreadable: 5,
        }],
        estimates: vec![
            EstimateLine {
                threshold: 0.0,
                links: 720,
                precision: 0.98,
                recall: 0.99,
                truly: None,
            },
            EstimateLine {
                threshold: 2.5,
                links: 700,
                precision: 0.995,
                recall: 0.981,
                truly: None,
            },
        ],
        evaluation: None,
    }
}

#[test]
fn it_says_what_came_of_it_at_the_threshold() {
    let html = page().html();
    for said in [
        "700 links",
        "from 50000 pairs scored",
        "Each row is linked at most once",
        "Expected precision 99.5%, expected recall 98.1%",
        "1400 rows are in 700 clusters",
        "1 row has",
        "Of 400 rows that were put together from the values of several, 2 would have been linked (0.5%)",
        "7 links join two rows that are as unlike as can be in two columns of names, dates or codes (1.0%)",
        ">653<",
        "about 1 pair in 1000 is the same person",
        "95.0",
        "left &lt;1&gt;",
        "-0.25",
        "+13.20",
        "Of those who moved, 35.0% did so with others",
        "1 pair in 10000.",
        "relatives who moved",
        "+6.25",
        "others that either could be",
        "-1.50",
    ] {
        assert!(html.contains(said), "{said}");
    }
    assert!(!html.contains("Beside the truth") && !html.contains("True precision"));
}

#[test]
fn with_a_truth_it_says_how_right_it_is() {
    let mut page = page();
    page.evaluation = Some(EvaluationPart {
        true_pairs: (800, 12),
        scores: vec![
            ScoreLine {
                of: "links".to_owned(),
                precision: Some(0.99),
                recall: Some(0.87),
                f1: Some(0.926),
            },
            ScoreLine {
                of: "clusters".to_owned(),
                ..ScoreLine::default()
            },
        ],
        best: Some((1.25, 0.98, 0.9, 0.938)),
        strict_recall: Some(0.85),
        curve: vec![(0.5, 1.0), (0.9, 0.98)],
    });
    let html = page.html();
    for said in [
        "Beside the truth",
        "0.9260",
        "1.2 bits",
        "0.999: 0.8500",
        "<polyline",
    ] {
        assert!(html.contains(said), "{said}");
    }
}

#[test]
fn drawings_stay_within_their_frame() {
    let drawn = histogram(&[(-40, 1), (0, 1_000_000), (60, 3)], 0.0).into_string();
    let places = |name: &str| -> Vec<f64> {
        drawn
            .match_indices(&format!(" {name}=\""))
            .filter_map(|(at, found)| drawn[at + found.len()..].split('"').next()?.parse().ok())
            .collect()
    };
    assert_eq!(drawn.matches("<rect").count(), 3);
    assert!(places("x").iter().all(|x| (0.0..=WIDTH_OF_FRAME).contains(x)));
    assert!(places("y").iter().all(|y| (0.0..=HEIGHT_OF_FRAME).contains(y)));
    let nothing = histogram(&[], 0.0).into_string();
    assert!(nothing.contains("No pair"));
}

const WIDTH_OF_FRAME: f64 = 720.0;
const HEIGHT_OF_FRAME: f64 = 240.0;

#[test]
fn nothing_at_all_makes_a_page_too() {
    let html = LinkingPage::default().html();
    assert!(html.contains("0 links"));
    assert!(html.contains("No pair was weighed"));
}
