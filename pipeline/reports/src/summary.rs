//! The night on one page: what came, what became of it, how many children, how many notices match.

use std::{collections::BTreeMap, io::Write};

use jiff::civil::Date;
use maud::html;
use measures::{Measure, Rate, Tier};
use records::{Kind, Outcome, counts::Tally};

use crate::{
    Column, Format, Table, WriteError,
    figures::{count, percent, percent_range},
    html,
    rates::OPERATIONAL,
};

/// Deliveries that are listed one by one; more are added up by feed.
const DELIVERIES_SHOWN: usize = 30;

/// What a row may become.
const OUTCOMES: [Outcome; 7] = [
    Outcome::Loaded,
    Outcome::Unchanged,
    Outcome::Superseded,
    Outcome::Duplicate,
    Outcome::Withdrawn,
    Outcome::OutOfScope,
    Outcome::Quarantined,
];

/// What the night ended with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A new version of the dataset was published.
    Published {
        /// Its name.
        version: String,
    },
    /// Nothing that is published changed.
    Unchanged {
        /// The name of the version that stands.
        version: String,
    },
    /// The new version waits for a person; the one before stands.
    Held {
        /// Why.
        why: String,
    },
    /// Nothing was written.
    DryRun,
}

/// A delivery of the night.
#[derive(Clone, Debug)]
pub struct DeliveryLine {
    /// The feed.
    pub feed: String,
    /// The delivery's label.
    pub label: String,
    /// What became of it: `loaded`, `refused`, `held`, `nothing new`.
    pub verdict: String,
    /// Its rows, all tables together.
    pub tally: Tally,
}

/// A feed after the night.
#[derive(Clone, Debug)]
pub struct FeedLine {
    /// The feed.
    pub feed: String,
    /// Its kind.
    pub kind: Kind,
    /// Who sends it.
    pub provider: String,
    /// Records that stand.
    pub records: u64,
    /// Rows that this night kept out.
    pub quarantined: u64,
    /// The latest day that a record is about.
    pub latest_event: Option<Date>,
    /// When it last brought something.
    pub latest_received: Option<Date>,
    /// How fresh it is: `fresh`, `late`, `missing`.
    pub state: String,
}

/// How many children there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Children {
    /// In the dataset.
    pub total: u64,
    /// With a Section 23 notice.
    pub with_notice: u64,
    /// On a school census.
    pub in_school: u64,
    /// With records of more than one kind.
    pub joined: u64,
}

/// Everything that the page tells.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The area's name.
    pub area: String,
    /// The day that the night was for.
    pub as_at: Date,
    /// What it ended with.
    pub ending: Ending,
    /// What came, in the order read.
    pub deliveries: Vec<DeliveryLine>,
    /// Every feed.
    pub feeds: Vec<FeedLine>,
    /// How many children.
    pub children: Children,
    /// Match rates; the total and those by provider are shown.
    pub rates: Vec<Rate>,
    /// What was written where: a word and a path.
    pub outputs: Vec<(String, String)>,
}

impl Summary {
    /// Writes the page for a terminal.
    ///
    /// # Errors
    /// [`WriteError`] when the output takes no more.
    pub fn write_text(&self, mut out: impl Write) -> Result<(), WriteError> {
        writeln!(
            out,
            "{}, as at {}: {}",
            self.area,
            self.as_at,
            self.ending_in_words()
        )?;
        if self.deliveries.is_empty() {
            writeln!(out, "\nNothing new was delivered.")?;
        } else {
            section(&mut out, "Deliveries", &self.deliveries_table())?;
        }
        if !self.feeds.is_empty() {
            section(&mut out, "Feeds", &self.feeds_table())?;
        }
        section(&mut out, "Children", &self.children_table())?;
        let rates = provider_table(&self.rates);
        if !rates.is_empty() {
            section(&mut out, "Match rates of Section 23 notices", &rates)?;
            writeln!(out, "{OPERATIONAL}")?;
        }
        if !self.outputs.is_empty() {
            writeln!(out, "\nWhere things are")?;
            let width = self
                .outputs
                .iter()
                .map(|(what, _)| what.chars().count())
                .max()
                .unwrap_or(0);
            for (what, path) in &self.outputs {
                writeln!(out, "  {what:<width$}  {path}")?;
            }
        }
        Ok(())
    }

    /// The page for a browser.
    pub fn html(&self) -> String {
        let title = format!("{}: the night of {}", self.area, self.as_at);
        let rates = provider_table(&self.rates);
        let body = html! {
            p { strong { (capital(&self.ending_in_words())) "." } }
            h2 { "Deliveries" }
            @if self.deliveries.is_empty() {
                p { "Nothing new was delivered." }
            } @else {
                (html::table("deliveries", "What came, and what became of its rows", &self.deliveries_table()))
            }
            @if !self.feeds.is_empty() {
                h2 { "Feeds" }
                (html::table("feeds", "Every feed after the night", &self.feeds_table()))
            }
            h2 { "Children" }
            (html::table("children", "Children in the dataset", &self.children_table()))
            @if !rates.is_empty() {
                h2 { "Match rates of Section 23 notices" }
                p class="note" { (OPERATIONAL) }
                (html::table("rates", "Valid notices whose child also holds a record of another kind", &rates))
            }
        };
        html::page(
            &title,
            "sendlink. Counts of records and children; nobody is named.",
            body,
        )
    }

    fn ending_in_words(&self) -> String {
        match &self.ending {
            Ending::Published { version } => format!("published {version}"),
            Ending::Unchanged { version } => format!("nothing changed, {version} stands"),
            Ending::Held { why } => format!("held, not published: {why}"),
            Ending::DryRun => "dry run, nothing written".to_owned(),
        }
    }

    fn deliveries_table(&self) -> Table<8> {
        let mut table = Table::new([
            Column::new("feed").titled("Feed"),
            Column::new("delivery").titled("Delivery"),
            Column::new("verdict").titled("Verdict"),
            Column::new("rows").titled("Rows").right(),
            Column::new("loaded").titled("Loaded").right(),
            Column::new("unchanged").titled("Unchanged").right(),
            Column::new("other").titled("Other").right(),
            Column::new("quarantined").titled("Quarantined").right(),
        ]);
        for line in self.delivery_lines() {
            let Tally {
                rows,
                loaded,
                unchanged,
                superseded,
                duplicate,
                withdrawn,
                out_of_scope,
                quarantined,
            } = line.tally;
            table.push([
                (&line.feed).into(),
                (&line.label).into(),
                (&line.verdict).into(),
                rows.into(),
                loaded.into(),
                unchanged.into(),
                (superseded + duplicate + withdrawn + out_of_scope).into(),
                quarantined.into(),
            ]);
        }
        table
    }

    /// Each delivery while they fit on a page, else those of one feed and verdict together.
    fn delivery_lines(&self) -> Vec<DeliveryLine> {
        if self.deliveries.len() <= DELIVERIES_SHOWN {
            return self.deliveries.clone();
        }
        let mut together: BTreeMap<(&str, &str), (u64, Tally)> = BTreeMap::new();
        for line in &self.deliveries {
            let (deliveries, sum) = together.entry((&line.feed, &line.verdict)).or_default();
            *deliveries += 1;
            sum.rows += line.tally.rows;
            for outcome in OUTCOMES {
                sum.add(outcome, line.tally.of(outcome));
            }
        }
        together
            .into_iter()
            .map(|((feed, verdict), (deliveries, tally))| DeliveryLine {
                feed: feed.to_owned(),
                label: count(deliveries, "delivery", "deliveries"),
                verdict: verdict.to_owned(),
                tally,
            })
            .collect()
    }

    fn feeds_table(&self) -> Table<8> {
        let mut table = Table::new([
            Column::new("feed").titled("Feed"),
            Column::new("kind").titled("Kind"),
            Column::new("provider").titled("Provider"),
            Column::new("records").titled("Records").right(),
            Column::new("quarantined").titled("Quarantined").right(),
            Column::new("latest_event").titled("Latest event"),
            Column::new("latest_received").titled("Latest receipt"),
            Column::new("state").titled("State"),
        ]);
        for line in &self.feeds {
            table.push([
                (&line.feed).into(),
                line.kind.into(),
                (&line.provider).into(),
                line.records.into(),
                line.quarantined.into(),
                line.latest_event.into(),
                line.latest_received.into(),
                (&line.state).into(),
            ]);
        }
        table
    }

    fn children_table(&self) -> Table<2> {
        let mut table = Table::new([
            Column::new("children").titled("Children"),
            Column::new("count").titled("Count").right(),
        ]);
        let Children {
            total,
            with_notice,
            in_school,
            joined,
        } = self.children;
        table.push(["in the dataset".into(), total.into()]);
        table.push(["with a Section 23 notice".into(), with_notice.into()]);
        table.push(["on a school census".into(), in_school.into()]);
        table.push(["with records of more than one kind".into(), joined.into()]);
        table
    }
}

/// Match rates by provider, the whole area last: notices, valid, matched, by tier.
pub fn provider_table(rates: &[Rate]) -> Table<10> {
    let mut table = Table::new([
        Column::new("provider").titled("Provider"),
        Column::new("notices").titled("Notices").right(),
        Column::new("valid").titled("Valid").right(),
        Column::new("matched").titled("Matched").right(),
        Column::new("rate").titled("Rate").right(),
        Column::new("interval").titled("95% interval").right(),
        Column::new("t1").titled("T1").right(),
        Column::new("t2").titled("T2").right(),
        Column::new("t3").titled("T3").right(),
        Column::new("t4").titled("T4").right(),
    ]);
    let is_shown = |rate: &&Rate| {
        let part = &rate.part;
        rate.measure == Measure::N05
            && rate.tier.is_none()
            && rate.reason.is_none()
            && part.feed.is_none()
            && part.area.is_none()
            && part.month.is_none()
    };
    let mut shown: Vec<&Rate> = rates.iter().filter(is_shown).collect();
    shown.sort_by_key(|rate| (rate.part.provider.is_none(), &rate.part.provider));
    for whole in shown {
        let of = |measure, tier| {
            rates
                .iter()
                .find(|rate| {
                    rate.part == whole.part
                        && rate.measure == measure
                        && rate.tier == tier
                        && rate.reason.is_none()
                })
                .map_or(0, |rate| rate.numerator)
        };
        table.push([
            whole.part.provider.as_deref().unwrap_or("all").into(),
            of(Measure::N01, None).into(),
            of(Measure::N02, None).into(),
            whole.numerator.into(),
            whole.interval.map(|interval| percent(interval.value)).into(),
            whole.interval.map(percent_range).into(),
            of(Measure::N05, Some(Tier::T1)).into(),
            of(Measure::N05, Some(Tier::T2)).into(),
            of(Measure::N05, Some(Tier::T3)).into(),
            of(Measure::N05, Some(Tier::T4)).into(),
        ]);
    }
    table
}

fn section<const N: usize>(mut out: impl Write, heading: &str, table: &Table<N>) -> Result<(), WriteError> {
    writeln!(out, "\n{heading}\n")?;
    table.write(Format::Table, out)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use measures::{Maturity, Part, wilson};

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
                with_notice: 118,
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
with a Section 23 notice              118
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
        assert!(text.starts_with(
            "Essex, as at 2026-06-30: nothing changed, 2026-06-30-1a2b3c4d stands\n\nNothing new"
        ));
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
}
