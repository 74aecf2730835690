//! Loads what has landed: one transaction a delivery, so that it is loaded whole or not at all. While one delivery is
//! loaded, the next is read and encoded.

use std::{
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
    thread,
};

use dataset::{DeliveryInfo, DeliveryLoad, Verdict};
use pseudonym::{AreaLookup, Encoder};
use tokio::runtime::Handle;
use transport::{DeliveryHash, landing::Landed};

use super::{
    Night,
    events::{DeliveryHeld, DeliveryLoaded, DeliveryRefused},
    read::{ReadDelivery, Reader},
    volume,
};
use crate::{
    config,
    exit::{Exit, Failure},
    feeds::Ready,
    opt_outs::OptOuts,
};

/// Reads and loads every landed delivery that this mapping and contract have not read before.
///
/// # Errors
/// Where the database, the landing folder or the postcode directory fails. A delivery that is refused or held
/// is no error: its verdict is in the ledger and the others go on.
pub async fn load_all(night: &mut Night<'_>, feeds: &[Ready<'_>]) -> Result<(), Failure> {
    let mut waiting = Vec::new();
    for (index, ready) in feeds.iter().enumerate() {
        for landed in night.landing.deliveries(&ready.feed.name)? {
            let released = match night.store.known(&ready.key(landed.hash)).await? {
                None => false,
                Some(Verdict::Released) => true,
                Some(Verdict::Loaded) if restores(night, ready, landed.hash, landed.received).await? => false,
                Some(_) => continue,
            };
            waiting.push(Waiting {
                feed: index,
                landed,
                released,
            });
        }
    }
    if waiting.is_empty() {
        return Ok(());
    }
    let encoder = encoder(night)?;
    let opt_outs = OptOuts::new(night.config, &night.keys)?;
    let stop = night.stop.clone();
    let folder = night.config.path(&night.config.landing.folder);
    let reader = Reader {
        encoder: &encoder,
        opt_outs: Some(&opt_outs),
        as_at: night.run.as_at,
        profile: night.config.area.profile,
        stop: &stop,
        folder: &folder,
    };
    let runtime = Handle::current();
    let span = tracing::Span::current();
    tokio::task::block_in_place(|| {
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(READ_AHEAD);
            let reading = scope.spawn(|| span.in_scope(|| read_all(&reader, feeds, waiting, sender)));
            for read in receiver {
                let (waiting, read) = read?;
                night.check_stop()?;
                let Some(ready) = feeds.get(waiting.feed) else {
                    continue;
                };
                runtime.block_on(load_one(night, ready, &waiting, &opt_outs, read))?;
            }
            reading
                .join()
                .map_err(|_| Failure::new(Exit::Bug, "the reader of deliveries stopped by a bug"))
        })
    })
}

/// Deliveries that wait beyond the one that the reader holds ready: none, as rows take room on the disk and findings in
/// memory.
const READ_AHEAD: usize = 0;

/// A delivery that has landed and was not loaded yet.
struct Waiting {
    feed: usize,
    landed: Landed,
    released: bool,
}

/// Reads deliveries in their order, and hands each on once the one before was taken. Ends early where one cannot be
/// read, and where nobody takes them any more.
fn read_all(
    reader: &Reader<'_>,
    feeds: &[Ready<'_>],
    deliveries: Vec<Waiting>,
    to: SyncSender<Result<(Waiting, ReadDelivery), Failure>>,
) {
    for waiting in deliveries {
        let Some(ready) = feeds.get(waiting.feed) else {
            continue;
        };
        if reader.stop.requested() {
            let _ = to.send(Err(super::stop::stopped()));
            return;
        }
        fail::fail_point!("night::before-read");
        let read = reader.read(ready, &waiting.landed);
        fail::fail_point!("night::after-read");
        let failed = read.is_err();
        if to.send(read.map(|read| (waiting, read))).is_err() || failed {
            return;
        }
    }
}

/// Whether the same bytes, come again later, undo a delivery that was loaded in between: a provider that sends
/// A, then B, then A means A. Only a snapshot without times of its own can mean this; the records of a delta
/// carry the sender's own order.
///
/// # Errors
/// Where the ledger cannot be read.
pub async fn restores(
    night: &Night<'_>,
    ready: &Ready<'_>,
    hash: DeliveryHash,
    received: jiff::civil::DateTime,
) -> Result<bool, Failure> {
    if ready.feed.delivery != config::Delivery::Snapshot {
        return Ok(false);
    }
    let loaded = night.store.deliveries(Some(&ready.feed.name)).await?;
    let loaded = loaded.iter().filter(|row| row.verdict == Verdict::Loaded);
    let mut before = None;
    let mut latest_other = None;
    for row in loaded {
        if row.info.key.delivery_hash == hash.0 {
            before = before.max(Some(row.info.received));
        } else {
            latest_other = latest_other.max(Some(row.info.received));
        }
    }
    Ok(matches!((before, latest_other), (Some(before), Some(other)) if before < other && other < received))
}

fn encoder(night: &Night<'_>) -> Result<Encoder, Failure> {
    let path = night.config.path(&night.config.reference.postcodes);
    tracing::info!("Reading the postcode directory.");
    let areas = AreaLookup::load(&path).map_err(|error| {
        Failure::new(
            Exit::Config,
            format!("[reference] postcodes: {}: {error}", path.display()),
        )
    })?;
    let encoder = Encoder::new(&night.keys, Arc::new(areas));
    let encoder = encoder.map_err(|error| Failure::new(Exit::KeyRefused, error))?;
    Ok(encoder.with_open_pseudonymiser(night.digests.clone()))
}

async fn load_one(
    night: &mut Night<'_>,
    ready: &Ready<'_>,
    waiting: &Waiting,
    opt_outs: &OptOuts<'_>,
    read: ReadDelivery,
) -> Result<(), Failure> {
    let Waiting { landed, released, .. } = waiting;
    let names: Vec<&str> = landed.files.iter().map(|file| file.name.as_str()).collect();
    let info = DeliveryInfo {
        key: ready.key(landed.hash),
        kind: ready.feed.kind,
        provider: ready.feed.provider.clone(),
        label: ready.label(&names),
        received: landed.received,
        bytes: landed.files.iter().map(|file| file.bytes).sum(),
    };
    if read.refused {
        let wrong = read.findings.last().map_or("", |finding| finding.rule.wrong);
        night
            .store
            .refuse(&night.lease, &night.run, &info, &read.findings, &read.counts)
            .await?;
        night.tell(DeliveryRefused {
            feed: ready.feed,
            delivery: info.label,
            reason: wrong,
            counts: read.counts,
        });
        return Ok(());
    }
    if !released && let Some(reason) = volume::implausible(&night.store, ready.feed, &info, &read).await? {
        night
            .store
            .hold(
                &night.lease,
                &night.run,
                &info,
                &reason,
                &read.findings,
                &read.counts,
            )
            .await?;
        night.tell(DeliveryHeld {
            feed: ready.feed,
            delivery: info.label,
            reason,
            counts: read.counts,
        });
        return Ok(());
    }

    let ReadDelivery {
        spool,
        scopes,
        findings,
        counts,
        patients,
        ..
    } = read;
    opt_outs.keep(patients)?;
    let records = spool.rows();
    let label = info.label.clone();
    let report = night
        .store
        .load(
            &night.lease,
            &night.run,
            DeliveryLoad {
                info,
                scopes,
                rows: Box::new(spool.read()),
                findings: Box::new(findings.into_iter()),
                counts,
                bookmark: landed.bookmark.clone(),
            },
        )
        .await
        .map_err(interrupted)?;
    night.tell(DeliveryLoaded {
        feed: ready.feed,
        delivery: label,
        records,
        absent: report.absent,
        counts: report.counts,
    });
    Ok(())
}

/// A database that goes away in the middle of the night is one to come back to, not one that was never there.
pub fn interrupted(error: dataset::StoreError) -> Failure {
    let away = matches!(error, dataset::StoreError::Unavailable { .. });
    let mut failure = Failure::from(error);
    if away {
        failure.exit = Exit::TryAgain;
        failure.message = format!("{}; running again continues", failure.message);
    }
    failure
}
