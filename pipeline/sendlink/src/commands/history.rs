//! `sendlink history`.

use dataset::{Access, RunRow, RunState};
use reports::{Cell, Column, Table};

use super::print;
use crate::{
    cli::History,
    config::Config,
    context,
    exit::{Exit, Failure},
};

/// Lists the runs, the latest first.
///
/// # Errors
/// Exit code 65 where no night has run yet.
pub async fn run(arguments: &History) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    let mut table = Table::new([
        Column::new("run").right(),
        Column::new("as_at").titled("as at"),
        Column::new("outcome"),
        Column::new("exit").right(),
        Column::new("started"),
        Column::new("seconds").right(),
        Column::new("resumed").right(),
        Column::new("deliveries").right(),
        Column::new("rows").right(),
        Column::new("quarantined").right(),
        Column::new("missing").right(),
        Column::new("records").right(),
        Column::new("children").right(),
        Column::new("version"),
        Column::new("software"),
    ]);
    for run in store.history(arguments.runs).await? {
        let night = run.summary.as_ref().map(Figures::of);
        let figure = |pick: fn(&Figures) -> Option<i64>| {
            night.as_ref().and_then(pick).map_or(Cell::Blank, Cell::Integer)
        };
        table.push([
            Cell::Integer(run.id),
            Cell::Text(run.as_at.to_string()),
            Cell::from(outcome(&run)),
            run.exit_code
                .map_or(Cell::Blank, |code| Cell::Integer(code.into())),
            Cell::Text(run.started.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
            run.finished.map_or(Cell::Blank, |end| {
                Cell::Integer(end.as_second() - run.started.as_second())
            }),
            Cell::Integer(run.resumptions as i64),
            figure(|night| Some(night.deliveries)),
            figure(|night| Some(night.rows)),
            figure(|night| Some(night.quarantined)),
            figure(|night| Some(night.missing)),
            figure(|night| night.records),
            figure(|night| night.children),
            Cell::from(
                run.summary
                    .as_ref()
                    .and_then(|summary| summary["published"]["version"].as_str())
                    .unwrap_or(""),
            ),
            Cell::from(run.software.as_str()),
        ]);
    }
    store.close().await;
    print(&table, arguments.data.format)?;
    Ok(Exit::Done)
}

/// What became of a run, in a word. One that is going on has not ended either.
fn outcome(run: &RunRow) -> &'static str {
    const STOPPED: u8 = Exit::TryAgain as u8;
    let Some(summary) = &run.summary else {
        return match (run.state, run.exit_code) {
            (RunState::Finished, _) => "ended",
            (_, Some(STOPPED)) => "stopped",
            (_, Some(_)) => "failed",
            (_, None) => "did not end",
        };
    };
    match &summary["published"]["changed"] {
        _ if !summary["held"].is_null() => "held",
        serde_json::Value::Bool(false) => "unchanged",
        _ => "published",
    }
}

/// What a night kept of itself, added up.
struct Figures {
    /// Deliveries with a verdict.
    deliveries: i64,
    /// Rows in them.
    rows: i64,
    /// Rows of them in quarantine.
    quarantined: i64,
    /// Feeds whose source was missing.
    missing: i64,
    /// Records that were linked.
    records: Option<i64>,
    /// Children that they are of.
    children: Option<i64>,
}

impl Figures {
    fn of(summary: &serde_json::Value) -> Self {
        let mut figures = Figures {
            deliveries: 0,
            rows: 0,
            quarantined: 0,
            missing: 0,
            records: summary["linkage"]["records"].as_i64(),
            children: summary["linkage"]["children"].as_i64(),
        };
        for feed in summary["feeds"]
            .as_object()
            .iter()
            .flat_map(|feeds| feeds.values())
        {
            for verdict in ["loaded", "refused", "held"] {
                figures.deliveries += feed[verdict].as_i64().unwrap_or(0);
            }
            for table in feed["counts"]
                .as_object()
                .iter()
                .flat_map(|tables| tables.values())
            {
                figures.rows += table["rows"].as_i64().unwrap_or(0);
                figures.quarantined += table["quarantined"].as_i64().unwrap_or(0);
            }
            figures.missing += i64::from(!feed["missing"].is_null());
        }
        figures
    }
}
