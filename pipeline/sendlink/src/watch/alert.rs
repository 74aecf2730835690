//! What people are told of a night: how it ended, and the feeds that need a person, in figures. No text of a source, no
//! file's name and no message of an error stands in it, as any of them may hold what must not leave the machine.

use serde::Serialize;

use super::Ending;
use crate::{
    context,
    exit::Exit,
    night::summary::{FeedSummary, total},
};

/// An alert. As JSON it is what a webhook gets.
#[derive(Debug, Serialize)]
pub struct Alert {
    /// The whole of it as lines for people; chat programs show this.
    pub text: String,
    /// Name and version of the program.
    software: &'static str,
    area: String,
    /// The run's number; none where the night did not come to one.
    run: Option<i64>,
    /// The day that the dataset is about.
    as_at: Option<String>,
    exit_code: u8,
    /// What the exit code means.
    meaning: &'static str,
    /// Whether a dataset is published that this night made or found right.
    published: bool,
    /// What the check of opt-outs wants a person to look at, in number.
    opt_out_alerts: usize,
    /// The feeds that need a person.
    feeds: Vec<Feed>,
}

/// A feed in figures.
#[derive(Debug, Serialize)]
struct Feed {
    feed: String,
    missing: bool,
    alerts: usize,
    loaded: u64,
    refused: u64,
    held: u64,
    rows: u64,
    quarantined: u64,
}

impl Alert {
    /// What there is to tell of a night.
    pub fn of(area: &str, ending: &Ending<'_>) -> Self {
        let meaning = Exit::ALL
            .iter()
            .find(|(exit, _)| *exit == ending.exit)
            .map_or("", |(_, meaning)| *meaning);
        let summary = ending.summary;
        let feeds = summary
            .iter()
            .flat_map(|summary| &summary.feeds)
            .map(|(name, seen)| Feed::of(name, seen))
            .filter(Feed::needs_a_person)
            .collect();
        let mut alert = Alert {
            text: String::new(),
            software: context::SOFTWARE,
            area: area.to_owned(),
            run: summary.map(|summary| summary.run),
            as_at: summary.map(|summary| summary.as_at.clone()),
            exit_code: ending.exit as u8,
            meaning,
            published: Exit::GOOD.contains(&ending.exit),
            opt_out_alerts: summary
                .and_then(|summary| summary.gate.as_ref())
                .map_or(0, |gate| gate.alerts.len()),
            feeds,
        };
        alert.text = alert.lines();
        alert
    }

    /// One line that says the most of it.
    pub fn subject(&self) -> String {
        format!("sendlink: {}: exit code {}", self.area, self.exit_code)
    }

    fn lines(&self) -> String {
        let mut lines = vec![format!(
            "sendlink: the night for {} ended with exit code {}: {}.",
            self.area, self.exit_code, self.meaning
        )];
        if let (Some(run), Some(as_at)) = (self.run, &self.as_at) {
            lines.push(format!("Run {run}, as at {as_at}."));
        }
        if self.opt_out_alerts > 0 {
            lines.push(format!("The check of opt-outs: alerts: {}.", self.opt_out_alerts));
        }
        lines.extend(self.feeds.iter().map(Feed::line));
        lines.push(
            "`sendlink status`, `sendlink held` and `sendlink findings` say more, where the night runs."
                .to_owned(),
        );
        lines.join("\n")
    }
}

impl Feed {
    fn of(name: &str, seen: &FeedSummary) -> Self {
        let rows = total(&seen.counts);
        Feed {
            feed: name.to_owned(),
            missing: seen.missing.is_some(),
            alerts: seen.alerts.len(),
            loaded: seen.loaded,
            refused: seen.refused,
            held: seen.held,
            rows: rows.rows,
            quarantined: rows.quarantined,
        }
    }

    fn needs_a_person(&self) -> bool {
        self.missing || self.alerts > 0 || self.refused > 0 || self.held > 0 || self.quarantined > 0
    }

    fn line(&self) -> String {
        let mut parts = Vec::new();
        if self.missing {
            parts.push("its source is missing".to_owned());
        }
        for (count, what) in [
            (self.refused, "deliveries refused"),
            (self.held, "deliveries held"),
            (self.alerts as u64, "alerts"),
        ] {
            if count > 0 {
                parts.push(format!("{what}: {count}"));
            }
        }
        if self.quarantined > 0 {
            parts.push(format!(
                "rows in quarantine: {} of {}",
                self.quarantined, self.rows
            ));
        }
        format!("{}: {}.", self.feed, parts.join(", "))
    }
}
