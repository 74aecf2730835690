//! Which sources are missing: silent for longer than their feed expects.

use dataset::FeedState;
use jiff::civil::Date;

use super::{Night, events::SourceSilent};
use crate::exit::Failure;

/// Marks every feed that has been silent for too long as missing. The others, and what it sent before, go on.
///
/// # Errors
/// Where the database cannot be read.
pub async fn note(night: &mut Night<'_>) -> Result<(), Failure> {
    let status = night.store.status().await?;
    for feed in &night.config.feeds {
        let Some(expected) = feed.expect_every else {
            continue;
        };
        let last = status
            .feeds
            .iter()
            .find(|row| row.feed == feed.name)
            .and_then(|row| row.last_received);
        let silent = match last {
            Some(last) => days_between(last.date(), night.run.as_at) > expected.days(),
            None => true,
        };
        if silent && night.summary.feed(feed).missing.is_none() {
            night.tell(SourceSilent {
                feed,
                since: last.map_or("it has never sent anything".to_owned(), |last| {
                    format!("its last delivery came on {}", last.date())
                }),
                expected_days: expected.days(),
            });
        }
    }
    Ok(())
}

/// The state of every configured feed, for the dataset's table `freshness`.
pub fn states(night: &Night<'_>) -> Vec<FeedState> {
    night
        .config
        .feeds
        .iter()
        .map(|feed| {
            let missing = night
                .summary
                .feeds
                .get(&feed.name)
                .is_some_and(|summary| summary.missing.is_some());
            FeedState {
                feed: feed.name.clone(),
                kind: feed.kind,
                provider: feed.provider.clone(),
                state: if missing { "missing" } else { "current" }.to_owned(),
            }
        })
        .collect()
}

fn days_between(earlier: Date, later: Date) -> i64 {
    (later - earlier).get_days().into()
}
