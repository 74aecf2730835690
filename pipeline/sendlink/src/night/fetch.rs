//! Brings what has come into the landing folder.

use transport::{Arrival, Batch, DeliveryHash, Fetched, Offered, Source, TransportError};

use super::{
    Night,
    events::{DeliveriesUnsettled, DeliveryKnown, DeliveryLanded, DeliveryLeft, SourceAlert, SourceMissing},
};
use crate::{exit::Failure, feeds::Ready};

/// A delivery at its source, to be acknowledged when the night has its verdict.
pub struct Offer {
    /// Where it lies.
    pub offered: Offered,
    /// What it landed as.
    pub hash: DeliveryHash,
    /// The feed's place in the list of feeds.
    pub feed: usize,
}

/// Lands every delivery that is ready and new. A source that cannot be read is missing, and holds nothing
/// back.
///
/// # Errors
/// Where the landing folder cannot be written: then nothing can be read safely.
pub async fn fetch(night: &mut Night<'_>, feeds: &[Ready<'_>]) -> Result<Vec<Offer>, Failure> {
    let mut offers = Vec::new();
    for (index, ready) in feeds.iter().enumerate() {
        night.check_stop()?;
        night.summary.feed(ready.feed);
        match fetch_feed(night, ready, index, &mut offers).await? {
            Ok(()) => {}
            Err(error) => {
                let feed = ready.feed;
                night.tell(SourceMissing { feed, error });
            }
        }
    }
    Ok(offers)
}

/// Lands one feed's deliveries. The inner error is a source that cannot be read, the outer one ends the run.
async fn fetch_feed(
    night: &mut Night<'_>,
    ready: &Ready<'_>,
    index: usize,
    offers: &mut Vec<Offer>,
) -> Result<Result<(), TransportError>, Failure> {
    let bookmark = night.store.bookmark(&ready.feed.name).await?;
    let source = match night.sources.of(ready, bookmark.as_deref()) {
        Ok(source) => source,
        Err(error) => return Ok(Err(error)),
    };
    let listing = match night.stop.or(source.list()).await? {
        Ok(listing) => listing,
        Err(error) => return Ok(Err(error)),
    };
    let feed = ready.feed;
    if listing.unsettled > 0 {
        let deliveries = listing.unsettled;
        night.tell(DeliveriesUnsettled { feed, deliveries });
    }
    for alert in listing.alerts {
        night.tell(SourceAlert { feed, alert });
    }
    night.noted.extend(listing.noted);
    let mut batch = night.landing.batch(&feed.name)?;
    let landed = land_all(night, ready, index, &source, listing.ready, &mut batch, offers).await;
    // What came before a failure or a signal is kept all the same.
    batch.settle()?;
    landed
}

/// Lands what is new of a feed's deliveries, all of which wait in the batch until it is settled. Its errors are those of
/// [`fetch_feed`].
async fn land_all(
    night: &mut Night<'_>,
    ready: &Ready<'_>,
    index: usize,
    source: &Source,
    offered: Vec<Offered>,
    batch: &mut Batch,
    offers: &mut Vec<Offer>,
) -> Result<Result<(), TransportError>, Failure> {
    let feed = ready.feed;
    for offered in offered {
        night.check_stop()?;
        match land(night, ready, source, &offered, batch).await? {
            Ok(Some(hash)) => offers.push(Offer {
                offered,
                hash,
                feed: index,
            }),
            Ok(None) => tracing::info!(feed = feed.name, "Nothing has changed at the source."),
            Err(error @ TransportError::Delivery { .. }) => night.tell(DeliveryLeft { feed, error }),
            Err(error) => return Ok(Err(error)),
        }
    }
    Ok(Ok(()))
}

/// Lands one delivery, unless the ledger knows it. None where there was nothing new to fetch.
async fn land(
    night: &mut Night<'_>,
    ready: &Ready<'_>,
    source: &Source,
    offered: &Offered,
    batch: &mut Batch,
) -> Result<Result<Option<DeliveryHash>, TransportError>, Failure> {
    // What lies on our own disk is hashed first, so that what is known is not written once more each night.
    if source.promise().local {
        let mut glance = Arrival::glance();
        match night.stop.or(offered.fetch(&mut glance)).await? {
            Ok(_) if is_known(night, ready, &glance).await? => {
                night.tell(DeliveryKnown { feed: ready.feed });
                return Ok(Ok(Some(glance.hash())));
            }
            Ok(_) => {}
            Err(error) => return fetch_failed(error),
        }
    }
    fail::fail_point!("night::before-landing");
    let mut arrival = batch.arrival()?;
    // What has come by the time of a signal is cleared away by the next arrival.
    match night.stop.or(offered.fetch(&mut arrival)).await? {
        Ok(Fetched::Whole) => {}
        Ok(Fetched::Nothing) => {
            arrival.discard()?;
            return Ok(Ok(None));
        }
        Err(error) => {
            arrival.discard()?;
            return fetch_failed(error);
        }
    }
    let hash = arrival.hash();
    if is_known(night, ready, &arrival).await? {
        arrival.discard()?;
        night.tell(DeliveryKnown { feed: ready.feed });
    } else if let Some(files) = batch.add(arrival)? {
        night.tell(DeliveryLanded {
            feed: ready.feed,
            files,
        });
    }
    fail::fail_point!("night::after-landing");
    Ok(Ok(Some(hash)))
}

/// Whether the ledger has a verdict on this content, and its coming again changes nothing.
async fn is_known(night: &Night<'_>, ready: &Ready<'_>, arrival: &Arrival) -> Result<bool, Failure> {
    let hash = arrival.hash();
    Ok(night.store.known(&ready.key(hash)).await?.is_some()
        && !super::load::restores(night, ready, hash, arrival.when()).await?)
}

/// A source or a delivery that fails is skipped; a landing folder that fails ends the run.
fn fetch_failed<T>(error: TransportError) -> Result<Result<T, TransportError>, Failure> {
    match error {
        TransportError::Source { .. } | TransportError::Delivery { .. } => Ok(Err(error)),
        other => Err(other.into()),
    }
}
