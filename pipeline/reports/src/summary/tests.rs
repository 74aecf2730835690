use jiff::civil::date;
use measures::{Maturity, Measure, Part, Tier, wilson};

use super::*;

fn rate(measure: Measure, provider: Option<&str>, tier: Option<Tier>, x: u64, n: u64) -> Rate {
    Rate {
        measure,
        part: Part {
            provider: provider.map(str::to_owned),
            ..Part::default()
        },
        tier,
        reason: None,
        numerator: x,
        denominator: Some(n),
        interval: wilson(x, n),
        maturity: Maturity::Rolling,
    }
}

fn summary() -> Summary {
    let tally = Tally {
        rows: 122,
        loaded: 120,
        quarantined: 2,
        ..Tally::default()
    };
    Summary {
        area: "Essex".into(),
        as_at: date(2026, 6, 30),
        ending: Ending::Published {
            version: "2026-06-30-1a2b3c4d".into(),
        },
        deliveries: vec![DeliveryLine {
            feed: "s23-raj".into(),
            label: "notices.csv".into(),
            verdict: "loaded".into(),
            tally,
        }],
        feeds: vec![FeedLine {
            feed: "s23-raj".into(),
            kind: Kind::Section23,
            provider: "RAJ".into(),
            records: 120,
            quarantined: 2,
            latest_event: Some(date(2026, 6, 28)),
            latest_received: None,
            state: "fresh".into(),
        }],
        children: Children {
            total: 20_000,
            expected: 310,
            notified: 4_100,
            with_notice: 118,
            reviewed: 3_900,
            in_school: 15_000,
            joined: 65,
        },
        rates: vec![
            rate(Measure::N05, None, None, 65, 100),
            rate(Measure::N01, Some("RAJ"), None, 118, 0),
            rate(Measure::N02, Some("RAJ"), None, 100, 118),
            rate(Measure::N05, Some("RAJ"), None, 65, 100),
            rate(Measure::N05, Some("RAJ"), Some(Tier::T3), 65, 100),
        ],
        outputs: vec![("Dataset".into(), "data/joint.db".into())],
    }
}

#[test]
fn the_terminal_shows_the_night() {
    let mut out = Vec::new();
    summary().write_text(&mut out).expect("memory takes all");
    let expected = "\
Essex, as at 2026-06-30: published 2026-06-30-1a2b3c4d

Deliveries

Feed     Delivery     Verdict  Rows  Loaded  Unchanged  Other  Quarantined
───────  ───────────  ───────  ────  ──────  ─────────  ─────  ───────────
s23-raj  notices.csv  loaded    122     120          0      0            2

Feeds

Feed     Kind       Provider  Records  Quarantined  Latest event  Latest receipt  State
───────  ─────────  ────────  ───────  ───────────  ────────────  ──────────────  ─────
s23-raj  section23  RAJ           120            2  2026-06-28                    fresh

Children

Children                            Count
──────────────────────────────────  ─────
in the dataset                      20000
of them expected, not born yet        310
told of by a maternity service       4100
with a Section 23 notice              118
with a 2-2½-year review              3900
on a school census                  15000
with records of more than one kind     65

Match rates of Section 23 notices

Provider  Notices  Valid  Matched   Rate    95% interval  T1  T2  T3  T4
────────  ───────  ─────  ───────  ─────  ──────────────  ──  ──  ──  ──
RAJ           118    100       65  65.0%  55.3% to 73.6%   0   0  65   0
all             0      0       65  65.0%  55.3% to 73.6%   0   0   0   0
Operational figures, without disclosure control: not for publication.

Where things are
  Dataset  data/joint.db
";
    assert_eq!(String::from_utf8_lossy(&out), expected);
}

#[test]
fn many_deliveries_are_added_up_by_feed() {
    let one = |number: usize| DeliveryLine {
        feed: "s23-raj".into(),
        label: format!("notices-{number}.csv"),
        verdict: if number == 0 { "refused" } else { "loaded" }.into(),
        tally: Tally {
            rows: 4,
            loaded: 1,
            duplicate: 1,
            out_of_scope: 1,
            quarantined: 1,
            ..Tally::default()
        },
    };
    let many = Summary {
        deliveries: (0..31).map(one).collect(),
        ..summary()
    };
    let mut out = Vec::new();
    many.write_text(&mut out).expect("memory takes all");
    let text = String::from_utf8_lossy(&out);
    let line = text.lines().nth(6).expect("a line");
    assert_eq!(
        line,
        "s23-raj  30 deliveries  loaded    120      30          0     60           30"
    );
    assert!(text.contains("s23-raj  1 delivery     refused"));
}

#[test]
fn a_night_without_news_says_so() {
    let quiet = Summary {
        ending: Ending::Unchanged {
            version: "2026-06-30-1a2b3c4d".into(),
        },
        deliveries: Vec::new(),
        rates: Vec::new(),
        ..summary()
    };
    let mut out = Vec::new();
    quiet.write_text(&mut out).expect("memory takes all");
    let text = String::from_utf8_lossy(&out);
    assert!(
        text.starts_with(
            "Essex, as at 2026-06-30: nothing changed, 2026-06-30-1a2b3c4d stands\n\nNothing new"
        )
    );
    assert!(!text.contains("Match rates"));
    assert!(quiet.html().contains("<p>Nothing new was delivered.</p>"));
}

#[test]
fn the_page_says_the_same() {
    let page = summary().html();
    assert!(page.contains("<strong>Published 2026-06-30-1a2b3c4d.</strong>"));
    assert!(page.contains("55.3% to 73.6%"));
    assert!(page.contains(OPERATIONAL));
}
