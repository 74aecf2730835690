//! Sends the findings back to the mailboxes that sent deliveries, where the feed says so.

use std::collections::BTreeSet;

use transport::{Offered, mesh::Outgoing};

use super::{
    Night,
    events::{FindingsNotSent, FindingsSent},
    fetch::Offer,
};
use crate::{
    config::From,
    exit::{Exit, Failure},
    feeds::Ready,
    hex,
};

/// Sends each feed's findings to every mailbox whose messages got a verdict tonight. This goes before their
/// acknowledgement: a night that is stopped between the two sends the same report again, under the same name, and none
/// is lost. A report that cannot be sent is an alert, and holds nothing back: it lies among the night's reports.
///
/// # Errors
/// Where the database or the report cannot be read, or the run is stopping.
pub async fn send(night: &mut Night<'_>, offers: &[Offer], feeds: &[Ready<'_>]) -> Result<(), Failure> {
    for (index, ready) in feeds.iter().enumerate() {
        let From::Mesh(mesh) = &ready.feed.from else {
            continue;
        };
        let Some(workflow) = &mesh.findings_to_sender else {
            continue;
        };
        let mut senders = BTreeSet::new();
        for offer in offers.iter().filter(|offer| offer.feed == index) {
            if let Offered::Mesh(_, message) = &offer.offered
                && night.store.known(&ready.key(offer.hash)).await?.is_some()
            {
                senders.extend(message.sender.clone());
            }
        }
        if senders.is_empty() {
            continue;
        }
        let file = format!("{}.csv", ready.feed.name);
        let path = night
            .config
            .path(&night.config.reports.folder)
            .join("findings")
            .join(&file);
        let content = std::fs::read(&path)
            .map_err(|error| Failure::new(Exit::Io, format!("{} cannot be read: {error}", path.display())))?;
        let hash = hex::sha256(&content);
        let local_id = format!("{}-{}", ready.feed.name, hash.get(..16).unwrap_or(&hash));
        for sender in senders {
            let outgoing = Outgoing {
                to: &sender,
                workflow,
                local_id: &local_id,
                file: &file,
                subject: "sendlink findings",
                content: &content,
            };
            let sent = match night.sources.mailbox(&mesh.mailbox) {
                Ok(mailbox) => night.stop.or(mailbox.send_message(outgoing)).await?,
                Err(error) => Err(error),
            };
            let (feed, to) = (ready.feed, sender.as_str());
            match sent {
                Ok(message) => night.tell(FindingsSent { feed, to, message }),
                Err(error) => night.tell(FindingsNotSent {
                    feed,
                    to,
                    file: &file,
                    error,
                }),
            }
        }
    }
    Ok(())
}
