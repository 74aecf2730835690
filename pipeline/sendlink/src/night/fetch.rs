//! Brings what has come into the landing folder.

use std::time::SystemTime;

use transport::{DeliveryHash, Folder, TransportError, folder::Offered};

use super::Night;
use crate::{exit::Failure, feeds::Ready};

/// A delivery at its source, to be acknowledged when the night has its verdict.
pub struct Offer {
    /// Where it came from.
    pub folder: Folder,
    /// What lies there.
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
        let folder = ready.folder(night.config);
        night.summary.feed(ready.feed);
        match fetch_feed(night, ready, &folder, index, &mut offers).await? {
            Ok(()) => {}
            Err(error) => {
                tracing::warn!(feed = ready.feed.name, %error, "A source is missing; the others go on.");
                night.summary.feed(ready.feed).missing = Some(error.to_string());
            }
        }
    }
    Ok(offers)
}

/// Lands one feed's deliveries. The inner error is a source that cannot be read, the outer one ends the run.
async fn fetch_feed(
    night: &mut Night<'_>,
    ready: &Ready<'_>,
    folder: &Folder,
    index: usize,
    offers: &mut Vec<Offer>,
) -> Result<Result<(), TransportError>, Failure> {
    let listing = match folder.list(SystemTime::now()) {
        Ok(listing) => listing,
        Err(error) => return Ok(Err(error)),
    };
    night.summary.feed(ready.feed).unsettled = listing.unsettled as u64;
    if listing.unsettled > 0 {
        tracing::info!(
            feed = ready.feed.name,
            deliveries = listing.unsettled,
            "Deliveries are still changing; they wait for the next run."
        );
    }
    for offered in listing.ready {
        night.check_stop()?;
        let hash = match night.landing.hash(&ready.feed.name, &offered) {
            Ok(hash) => hash,
            Err(error) => return Ok(Err(error)),
        };
        if night.store.known(&ready.key(hash)).await?.is_none()
            || super::load::returns(night, ready, hash, &offered).await?
        {
            fail::fail_point!("night::before-landing");
            match night.landing.land(&ready.feed.name, &offered) {
                Ok(landed) => tracing::info!(
                    feed = ready.feed.name,
                    files = landed.files.len(),
                    "A delivery has landed."
                ),
                Err(error @ TransportError::Source { .. }) => return Ok(Err(error)),
                Err(error) => return Err(error.into()),
            }
            fail::fail_point!("night::after-landing");
        } else {
            night.summary.feed(ready.feed).known += 1;
        }
        offers.push(Offer {
            folder: folder.clone(),
            offered,
            hash,
            feed: index,
        });
    }
    Ok(Ok(()))
}
