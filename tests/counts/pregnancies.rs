//! What the files say of each pregnancy, all together.

use std::collections::BTreeMap;

use jiff::{ToSpan, civil::Date};

use crate::demo::{Row, Standing};

/// What a notified pregnancy's records say all together.
pub(crate) struct Pregnant<'a> {
    pub(crate) record: Standing<'a>,
    pub(crate) fetuses: u64,
    pub(crate) not_live: u64,
    /// Blank while nothing is said.
    pub(crate) outcome: &'a str,
}

impl Pregnant<'_> {
    pub(crate) fn has_ended_without_child(&self) -> bool {
        !matches!(self.outcome, "" | "LIVE_BIRTH")
    }
}

pub(crate) fn pregnancies<'a>(standing: &[Standing<'a>]) -> Vec<Pregnant<'a>> {
    // Who leaves a hospital's care about when her child is due may have had it there.
    let left_in_time = |row: &Row, due: Date| {
        let on: Option<Date> = row["ended"].parse().ok();
        on.is_some_and(|on| on < due - 21.days())
    };
    let mut births: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for birth in standing.iter().filter(|record| record.0["payload"] == "birth") {
        births
            .entry((&birth.0["feed"], &birth.0["refers_to"]))
            .or_default()
            .push(&birth.0["outcome"]);
    }
    standing
        .iter()
        .filter(|record| record.0["payload"] == "pregnancy")
        .map(|record| {
            let born = births.get(&(record.0["feed"].as_str(), record.0["reference"].as_str()));
            let born = born.map(Vec::as_slice).unwrap_or_default();
            let not_live = born.iter().filter(|outcome| **outcome != "LIVE_BIRTH").count();
            let outcome = match born {
                [] if record.0["outcome"] == "MOVED_OUT"
                    && record.0["feed"] == "pregnancy-r9m"
                    && !left_in_time(record.0, record.day()) =>
                {
                    ""
                }
                [] => record.0["outcome"].as_str(),
                _ if not_live < born.len() => "LIVE_BIRTH",
                [first, ..] => first,
            };
            Pregnant {
                record: *record,
                fetuses: record.0["fetuses"].parse().unwrap_or(1),
                not_live: not_live as u64,
                outcome,
            }
        })
        .collect()
}
