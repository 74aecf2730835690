//! After the dataset stands: tell the sources, and drop what is past its retention.

use jiff::ToSpan;

use super::{Night, fetch::Offer};
use crate::{exit::Failure, opt_outs::OptOuts};

/// Tells each source that its delivery has a durable verdict. A source that cannot be told is told the next
/// night; the delivery is then recognised by its hash.
///
/// # Errors
/// Where the database cannot be read, or the run is stopping.
pub async fn acknowledge(
    night: &mut Night<'_>,
    offers: &[Offer],
    feeds: &[crate::feeds::Ready<'_>],
) -> Result<(), Failure> {
    for offer in offers {
        let Some(ready) = feeds.get(offer.feed) else {
            continue;
        };
        if night.store.known(&ready.key(offer.hash)).await?.is_none() {
            continue;
        }
        fail::fail_point!("night::before-acknowledge");
        if let Err(error) = night.stop.or(offer.offered.acknowledge()).await? {
            tracing::warn!(feed = ready.feed.name, %error, "A delivery stays where it is; it is recognised the next night.");
        }
        fail::fail_point!("night::after-acknowledge");
    }
    for noted in &night.noted {
        if let Err(error) = night.stop.or(noted.acknowledge()).await? {
            tracing::warn!(%error, "A report stays where it is; it is told again the next night.");
        }
    }
    Ok(())
}

/// Deletes landed deliveries past their retention that have a final verdict, and NHS numbers kept for opt-outs that no
/// record needs any more.
///
/// # Errors
/// Where the landing folder cannot be written or the database not be read.
pub async fn prune(night: &mut Night<'_>, feeds: &[crate::feeds::Ready<'_>]) -> Result<(), Failure> {
    OptOuts::new(night.config, &night.keys)?
        .prune(&night.store)
        .await?;
    let keep = i64::from(night.config.landing.keep_days).days();
    let Ok(oldest) = night.run.as_at.checked_sub(keep) else {
        return Ok(());
    };
    for ready in feeds {
        for landed in night.landing.deliveries(&ready.feed.name)? {
            if landed.received.date() >= oldest {
                continue;
            }
            let verdict = night.store.known(&ready.key(landed.hash)).await?;
            let settled = matches!(
                verdict,
                Some(dataset::Verdict::Loaded | dataset::Verdict::Refused | dataset::Verdict::Rejected)
            );
            if settled {
                night.landing.remove(&landed)?;
                tracing::info!(
                    feed = ready.feed.name,
                    "A landed delivery is past its retention and deleted."
                );
            }
        }
    }
    Ok(())
}
