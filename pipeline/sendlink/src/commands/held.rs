//! `sendlink held`.

use dataset::{Access, DeliveryRow, Store};
use jiff::civil::Date;
use reports::{Cell, Column, Table};

use super::{actor, print};
use crate::{
    cli::{Held, HeldAction},
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
};

/// What the dataset is called among what is held.
const DATASET: &str = "dataset";

/// Lists what is held, or decides on it.
///
/// # Errors
/// Exit code 64 where nothing that is held, or more than one delivery, has the id; 80 while a run goes on.
pub async fn run(arguments: &Held) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let Some(action) = &arguments.action else {
        let store = context::store(&config, Access::ReadOnly).await?;
        let held = (store.held().await?, held_dataset(&store).await?);
        print(&table(&held.0, held.1.as_ref()), arguments.data.format)?;
        store.close().await;
        return Ok(Exit::Done);
    };
    let store = context::store(&config, Access::ReadWrite).await?;
    let lease = store.acquire(context::SOFTWARE).await?;
    match action {
        HeldAction::Release { delivery, reason } if delivery == DATASET => {
            let held = held_dataset(&store).await?.ok_or_else(|| {
                Failure::new(
                    Exit::Usage,
                    "the brake holds no dataset; `sendlink held` lists what is held",
                )
            })?;
            store
                .release_brake(&lease, held.changed, &actor(), reason)
                .await?;
            println!(
                "Released. The next run publishes it if no more than {} child ids change.",
                held.changed
            );
        }
        HeldAction::Reject { delivery, .. } if delivery == DATASET => {
            return Err(Failure::new(
                Exit::Usage,
                "a dataset cannot be rejected: what is published stays until a better one is; withdraw or reject what \
                 made it wrong",
            ));
        }
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

/// The dataset of the last night, where the brake held it.
struct HeldDataset {
    as_at: Date,
    /// Child ids that would change.
    changed: u64,
    before: u64,
    /// Whether a person has released it.
    released: bool,
}

async fn held_dataset(store: &Store) -> Result<Option<HeldDataset>, Failure> {
    let last = store.history(1).await?.pop();
    let Some((as_at, summary)) = last.and_then(|run| Some((run.as_at, run.summary?))) else {
        return Ok(None);
    };
    let count = |name: &str| summary["brake"][name].as_u64();
    let (Some(changed), Some(before)) = (count("changed"), count("before")) else {
        return Ok(None);
    };
    let released = store
        .brake_release()
        .await?
        .is_some_and(|release| release.changed >= changed);
    Ok(Some(HeldDataset {
        as_at,
        changed,
        before,
        released,
    }))
}

fn table(held: &[DeliveryRow], dataset: Option<&HeldDataset>) -> Table<6> {
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
    if let Some(dataset) = dataset {
        let released = if dataset.released {
            "; released for the next run"
        } else {
            ""
        };
        table.push([
            Cell::from(DATASET),
            Cell::Blank,
            Cell::from("the brake"),
            Cell::Text(dataset.as_at.to_string()),
            Cell::Blank,
            Cell::Text(format!(
                "{} of {} child ids would change{released}",
                dataset.changed, dataset.before
            )),
        ]);
    }
    table
}
