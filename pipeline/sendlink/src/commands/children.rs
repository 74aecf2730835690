//! `sendlink children`.

use dataset::{Access, ChildEvent, ChildEventFilter};
use linkage::ChildId;
use reports::{Cell, Column, Table};

use super::print;
use crate::{
    cli::{Children, ChildrenAction},
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
};

/// Lists what became of child ids.
///
/// # Errors
/// Exit code 64 where there never was a child of that id; 65 where no night has run yet.
pub async fn run(arguments: &Children) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    let events = match &arguments.action {
        ChildrenAction::History { child } => {
            let id = hex::decode(child).map(ChildId).ok_or_else(|| {
                Failure::new(
                    Exit::Usage,
                    "a child id has 32 hexadecimal digits, as table child has it",
                )
            })?;
            let events = store.child_history(id).await?;
            if events.is_empty() {
                return Err(Failure::new(Exit::Usage, "there never was a child of that id"));
            }
            events
        }
        ChildrenAction::Changes { since, run, with_new } => {
            let filter = ChildEventFilter {
                since: *since,
                run: *run,
                with_new: *with_new,
            };
            store.child_events(filter).await?
        }
    };
    store.close().await;
    print(&table(&events), arguments.data.format)?;
    Ok(Exit::Done)
}

fn table(events: &[ChildEvent]) -> Table<6> {
    let mut table = Table::new([
        Column::new("run").right(),
        Column::new("as_at").titled("as at"),
        Column::new("child_id").titled("child id"),
        Column::new("change"),
        Column::new("other"),
        Column::new("tier"),
    ]);
    for event in events {
        table.push([
            Cell::Integer(event.run),
            Cell::Text(event.as_at.to_string()),
            Cell::Text(hex::encode(&event.child.0)),
            Cell::from(event.change.as_str()),
            event
                .other
                .map_or(Cell::Blank, |other| Cell::Text(hex::encode(&other.0))),
            event.tier.as_deref().map_or(Cell::Blank, Cell::from),
        ]);
    }
    table
}
