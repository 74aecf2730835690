//! The night on one page: what came, what became of it, how many children, how many notices match.

use std::{collections::BTreeMap, io::Write};

use jiff::civil::Date;
use maud::html;
use measures::Rate;
use records::{Kind, Outcome, counts::Tally};

use crate::{
    Column, Format, Table, WriteError,
    figures::count,
    html,
    rates::{OPERATIONAL, digest_table, early_table, provider_table},
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
    /// In the dataset, expected ones included.
    pub total: u64,
    /// Expected: not born yet.
    pub expected: u64,
    /// Of whose pregnancy or birth a maternity service told, expected ones included.
    pub notified: u64,
    /// With a Section 23 notice.
    pub with_notice: u64,
    /// With a 2-2½-year review.
    pub reviewed: u64,
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
            let digests = digest_table(&self.rates);
            if !digests.is_empty() {
                section(
                    &mut out,
                    "Notices matched by a digest of the NHS number",
                    &digests,
                )?;
            }
            writeln!(out, "{OPERATIONAL}")?;
        }
        let early = early_table(&self.rates);
        if !early.is_empty() {
            section(&mut out, "Reviews and pregnancies", &early)?;
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
        let digests = digest_table(&self.rates);
        let early = early_table(&self.rates);
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
                @if !digests.is_empty() {
                    (html::table("digests", "Of these, matched by nothing stronger than a digest of the NHS number", &digests))
                }
            }
            @if !early.is_empty() {
                h2 { "Reviews and pregnancies" }
                p class="note" { (OPERATIONAL) }
                (html::table(
                    "early",
                    "Reviews matched, reviews with concern and no notice within 90 days, and expected children found born",
                    &early,
                ))
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
            expected,
            notified,
            with_notice,
            reviewed,
            in_school,
            joined,
        } = self.children;
        table.push(["in the dataset".into(), total.into()]);
        table.push(["of them expected, not born yet".into(), expected.into()]);
        table.push(["told of by a maternity service".into(), notified.into()]);
        table.push(["with a Section 23 notice".into(), with_notice.into()]);
        table.push(["with a 2-2½-year review".into(), reviewed.into()]);
        table.push(["on a school census".into(), in_school.into()]);
        table.push(["with records of more than one kind".into(), joined.into()]);
        table
    }
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
mod tests;
