//! Puts the new dataset in force, or holds it for a person.

use std::collections::BTreeMap;

use dataset::{Release, StoreError};

use super::{
    Night,
    events::{DatasetHeld, Published},
    freshness,
    load::interrupted,
    summary::{BrakeSummary, PublishedSummary},
};
use crate::{context, exit::Failure, feeds::Ready};

/// Marks every release: match rates and what comes from them have had no disclosure control.
const NOTE: &str = "operational, not for publication";

/// Publishes what has been linked. Where an invariant does not hold or too many child ids would change,
/// yesterday's dataset stays and the summary says why.
///
/// # Errors
/// Where the database fails.
pub async fn publish(night: &mut Night<'_>, feeds: &[Ready<'_>]) -> Result<(), Failure> {
    night.check_stop()?;
    let versions: BTreeMap<&str, &str> = feeds
        .iter()
        .map(|ready| (ready.layout.name.as_str(), ready.layout.version.as_str()))
        .collect();
    let release = Release {
        software: context::SOFTWARE.to_owned(),
        key_fingerprint: night.keys.fingerprint(),
        mapping_versions: versions
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect::<Vec<_>>()
            .join(", "),
        feeds: freshness::states(night),
        brake: night.config.night.changed_ids_brake,
        brake_released: night
            .store
            .brake_release()
            .await
            .map_err(interrupted)?
            .map(|release| release.changed),
        note: NOTE.to_owned(),
    };
    fail::fail_point!("night::before-publish");
    match night.store.publish(&night.lease, &night.run, &release).await {
        Ok(published) => {
            night.tell(Published(PublishedSummary {
                version: published.version,
                changed: published.written,
                rows: published
                    .changes
                    .iter()
                    .map(|(table, change)| (table.clone(), change.rows))
                    .collect(),
            }));
        }
        Err(error @ (StoreError::Invariant { .. } | StoreError::Brake { .. })) => {
            let why = error.to_string();
            let brake = match error {
                StoreError::Brake { changed, before } => Some(BrakeSummary { changed, before }),
                _ => None,
            };
            night.tell(DatasetHeld { why, brake });
        }
        Err(error) => return Err(interrupted(error)),
    }
    fail::fail_point!("night::after-publish");
    Ok(())
}
