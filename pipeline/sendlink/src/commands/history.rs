//! `sendlink history`.

use dataset::Access;
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
        Column::new("state"),
        Column::new("exit").right(),
        Column::new("started"),
        Column::new("seconds").right(),
        Column::new("resumed").right(),
        Column::new("deliveries").right(),
        Column::new("children").right(),
        Column::new("version"),
    ]);
    for run in store.history(arguments.runs).await? {
        let summary = run.summary.unwrap_or_default();
        let deliveries: Option<i64> = summary["feeds"].as_object().map(|feeds| {
            feeds
                .values()
                .flat_map(|feed| ["loaded", "refused", "held"].map(|key| feed[key].as_i64().unwrap_or(0)))
                .sum()
        });
        table.push([
            Cell::Integer(run.id),
            Cell::Text(run.as_at.to_string()),
            Cell::from(run.state.as_str()),
            run.exit_code
                .map_or(Cell::Blank, |code| Cell::Integer(code.into())),
            Cell::Text(run.started.strftime("%Y-%m-%d %H:%M:%SZ").to_string()),
            run.finished.map_or(Cell::Blank, |end| {
                Cell::Integer(end.as_second() - run.started.as_second())
            }),
            Cell::Integer(run.resumptions as i64),
            deliveries.map_or(Cell::Blank, Cell::Integer),
            summary["linkage"]["children"]
                .as_i64()
                .map_or(Cell::Blank, Cell::Integer),
            Cell::from(summary["published"]["version"].as_str().unwrap_or("")),
        ]);
    }
    store.close().await;
    print(&table, arguments.data.format)?;
    Ok(Exit::Done)
}
