//! `sendlink status`.

use dataset::{Access, RunRow, RunState, Status};
use jiff::{SignedDuration, Timestamp};
use reports::{Cell, Column, Format, Table};

use super::print;
use crate::{
    cli,
    config::{Config, Span},
    context,
    exit::{Exit, Failure},
};

/// Shows the last run, what is published, and each feed. Held where no night was good for longer than it may be.
///
/// # Errors
/// Exit code 65 where no night has run yet.
pub async fn run(arguments: &cli::Status) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    let status = store.status().await?;
    let good = store
        .last_run_ended_with(Exit::GOOD.map(|exit| exit as u8))
        .await?;
    match arguments.data.format {
        Format::Json => print_json(&status, good.as_ref())?,
        format => {
            if format == Format::Table {
                print_heading(&status, good.as_ref(), &store.published_at());
            }
            print(&feeds(&status), format)?;
        }
    }
    store.close().await;
    match arguments.max_age {
        Some(max_age) => Ok(judge(good.as_ref(), max_age, Timestamp::now())),
        None => Ok(Exit::Done),
    }
}

/// Whether a night has published recently enough; tells the log where none has.
fn judge(good: Option<&RunRow>, max_age: Span, now: Timestamp) -> Exit {
    let finished = good.and_then(|run| run.finished);
    // A night of the future is one under a clock that was wrong, and says nothing about its age.
    let age = finished.map(|finished| now.duration_since(finished).abs());
    let recent =
        age.is_some_and(|age| SignedDuration::try_from(max_age.0).is_ok_and(|max_age| age <= max_age));
    if recent {
        return Exit::Done;
    }
    match finished {
        Some(finished) => tracing::error!(%finished, "No night has published within {max_age}."),
        None => tracing::error!("No night has ever published."),
    }
    Exit::Held
}

fn print_heading(status: &Status, good: Option<&RunRow>, published_at: &str) {
    match &status.published {
        Some(published) => {
            println!(
                "Published: version {}, as at {}, in {published_at}",
                published.version, published.as_at
            );
        }
        None => println!("Published: nothing yet"),
    }
    if let Some(run) = &status.last_run {
        let ended = match (run.state, run.exit_code) {
            (RunState::Finished, Some(code)) => format!("ended with exit code {code}"),
            (_, Some(code)) => format!("failed with exit code {code}; running again continues it"),
            (_, None) => "has not ended; running again continues it".to_owned(),
        };
        println!("Last run:  {} as at {}, {ended}", run.id, run.as_at);
    }
    if let Some((run, finished)) = good.and_then(|run| Some((run, run.finished?))) {
        let finished = finished.strftime("%Y-%m-%d %H:%M:%SZ");
        println!("Last good: {} as at {}, ended {finished}", run.id, run.as_at);
    }
    println!();
}

fn feeds(status: &Status) -> Table<8> {
    let mut table = Table::new([
        Column::new("feed"),
        Column::new("kind"),
        Column::new("provider"),
        Column::new("deliveries").right(),
        Column::new("held").right(),
        Column::new("refused").right(),
        Column::new("records").right(),
        Column::new("last_received").titled("last received"),
    ]);
    for feed in &status.feeds {
        table.push([
            Cell::from(feed.feed.as_str()),
            Cell::from(feed.kind.as_str()),
            Cell::from(feed.provider.as_str()),
            Cell::Integer(feed.deliveries as i64),
            Cell::Integer(feed.held as i64),
            Cell::Integer(feed.refused as i64),
            Cell::Integer(feed.records as i64),
            feed.last_received
                .map_or(Cell::Blank, |when| Cell::Text(when.date().to_string())),
        ]);
    }
    table
}

fn print_json(status: &Status, good: Option<&RunRow>) -> Result<(), Failure> {
    let published = status.published.as_ref().map(|published| {
        serde_json::json!({
            "version": published.version,
            "digest": crate::hex::encode(&published.digest),
            "as_at": published.as_at.to_string(),
            "run": published.run,
        })
    });
    let last_run = status.last_run.as_ref().map(|run| {
        serde_json::json!({
            "run": run.id,
            "as_at": run.as_at.to_string(),
            "state": run.state.as_str(),
            "exit_code": run.exit_code,
            "software": run.software,
        })
    });
    let last_good_run = good.map(|run| {
        serde_json::json!({
            "run": run.id,
            "as_at": run.as_at.to_string(),
            "finished": run.finished.map(|when| when.to_string()),
        })
    });
    let feeds: Vec<_> = status
        .feeds
        .iter()
        .map(|feed| {
            serde_json::json!({
                "feed": feed.feed,
                "kind": feed.kind,
                "provider": feed.provider,
                "deliveries": feed.deliveries,
                "held": feed.held,
                "refused": feed.refused,
                "records": feed.records,
                "last_received": feed.last_received.map(|when| when.to_string()),
            })
        })
        .collect();
    let whole = serde_json::json!({
        "published": published,
        "last_run": last_run,
        "last_good_run": last_good_run,
        "feeds": feeds,
    });
    let text = serde_json::to_string_pretty(&whole).map_err(|error| Failure::new(Exit::Bug, error))?;
    println!("{text}");
    Ok(())
}
