//! `sendlink held`.

use dataset::{Access, DeliveryRow, Store};
use reports::{Cell, Column, Table};

use super::{actor, print};
use crate::{
    cli::{Held, HeldAction},
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
};

/// Lists held deliveries, or decides on one.
///
/// # Errors
/// Exit code 64 where no held delivery, or more than one, has the id; 80 while a run goes on.
pub async fn run(arguments: &Held) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let Some(action) = &arguments.action else {
        let store = context::store(&config, Access::ReadOnly).await?;
        print(&table(&store.held().await?), arguments.data.format)?;
        store.close().await;
        return Ok(Exit::Done);
    };
    let store = context::store(&config, Access::ReadWrite).await?;
    let lease = store.acquire(context::SOFTWARE).await?;
    match action {
        HeldAction::Release { delivery, reason } => {
            let held = find(&store, delivery).await?;
            store.release(&lease, held.id, &actor(), reason).await?;
            println!("Released. The next run loads it.");
        }
        HeldAction::Reject { delivery, reason } => {
            let held = find(&store, delivery).await?;
            store.reject(&lease, held.id, &actor(), reason).await?;
            println!("Rejected. It will not be loaded.");
        }
    }
    store.close().await;
    Ok(Exit::Done)
}

async fn find(store: &Store, id: &str) -> Result<DeliveryRow, Failure> {
    let mut found: Vec<_> = store
        .held()
        .await?
        .into_iter()
        .filter(|row| {
            !id.is_empty() && hex::encode(&row.info.key.delivery_hash).starts_with(&id.to_lowercase())
        })
        .collect();
    match (found.pop(), found.is_empty()) {
        (Some(row), true) => Ok(row),
        (Some(_), false) => Err(Failure::new(
            Exit::Usage,
            "more than one held delivery begins with that id; give more of it",
        )),
        (None, _) => Err(Failure::new(
            Exit::Usage,
            "no held delivery has that id; `sendlink held` lists them",
        )),
    }
}

fn table(held: &[DeliveryRow]) -> Table<6> {
    let mut table = Table::new([
        Column::new("delivery"),
        Column::new("feed"),
        Column::new("label"),
        Column::new("received"),
        Column::new("rows").right(),
        Column::new("why"),
    ]);
    for row in held {
        let hash = hex::encode(&row.info.key.delivery_hash);
        table.push([
            Cell::from(hash.get(..12).unwrap_or(&hash)),
            Cell::from(row.info.key.feed.as_str()),
            Cell::from(row.info.label.as_str()),
            Cell::Text(row.info.received.to_string()),
            Cell::Integer(row.counts.0.values().map(|tally| tally.rows as i64).sum()),
            Cell::from(row.reason.as_deref().unwrap_or("")),
        ]);
    }
    table
}
