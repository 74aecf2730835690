//! The lease on a server: a row that names its holder's connection, and that connection's life.
//!
//! A session-level advisory lock would do the same, but poolers move sessions about and a lock has no number
//! to fence with. The server ends the connection of a dead process by itself, so that a dead holder's lease
//! is free at once.

use std::time::Duration;

use sqlx::{ConnectOptions, Connection, PgConnection, Row};

use super::Backend;
use crate::{StoreError, error::Doing};

const DOING: Doing = Doing("take the lease");

/// How often the lease is looked at again while a transaction of its holder, perhaps a dead one, still ends.
const TRIES: u32 = 16;

/// How often a living holder is looked at. Its connection is idle, so that the server sees its process die at
/// once; a moment's grace is for the busy machine. Longer, and a second run would wait for a short first one.
const LOOKS: u32 = 3;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Takes the lease on a connection of its own, which holds it while it lives.
pub(crate) async fn acquire(back: &Backend, holder: &str) -> Result<(PgConnection, i64), StoreError> {
    let mut connection = back
        .options
        .connect()
        .await
        .map_err(|error| DOING.failed(&error))?;
    let mut looks = 0;
    for attempt in 0..TRIES {
        if attempt > 0 {
            tokio::time::sleep(PAUSE).await;
        }
        match try_once(&mut connection, holder).await {
            Ok(Some(fence)) => return Ok((connection, fence)),
            Ok(None) => {
                looks += 1;
                if looks == LOOKS {
                    break;
                }
            }
            // The row is locked by a transaction of the holder that is still writing.
            Err(StoreError::Unavailable { code, .. }) if code == "55P03" => {}
            Err(error) => return Err(error),
        }
    }
    Err(StoreError::LeaseHeld)
}

async fn try_once(connection: &mut PgConnection, holder: &str) -> Result<Option<i64>, StoreError> {
    let failed = |error: sqlx::Error| DOING.failed(&error);
    let mut tx = connection.begin().await.map_err(failed)?;
    sqlx::query("set local lock_timeout = '100ms'")
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    sqlx::query("select 1 from lease where id = 1 for update")
        .execute(&mut *tx)
        .await
        .map_err(failed)?;
    // A start that may not be seen (another role's backend) counts as the holder's.
    let held: bool = sqlx::query(
        "select exists (
           select 1 from lease l join pg_catalog.pg_stat_activity a on a.pid = l.backend_pid
            where l.backend_pid <> pg_backend_pid()
              and (a.backend_start is null or extract(epoch from a.backend_start)::text = l.backend_start))",
    )
    .fetch_one(&mut *tx)
    .await
    .and_then(|row| row.try_get(0))
    .map_err(failed)?;
    if held {
        tx.rollback().await.map_err(failed)?;
        return Ok(None);
    }
    let fence: i64 = sqlx::query(
        "update lease set fence = fence + 1, holder = $1, backend_pid = pg_backend_pid(),
           backend_start = (select extract(epoch from backend_start)::text
                              from pg_catalog.pg_stat_activity where pid = pg_backend_pid())
          where id = 1 returning fence",
    )
    .bind(holder)
    .fetch_one(&mut *tx)
    .await
    .and_then(|row| row.try_get(0))
    .map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    Ok(Some(fence))
}
