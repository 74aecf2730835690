//! What each transport promises, as one table: the page in the documentation is made from it.

use std::fmt::Write;

/// What a transport promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promise {
    /// The key of `from` in the configuration.
    pub name: &'static str,
    /// What it is.
    pub what: &'static str,
    /// Whether a delivery can be lost or come twice.
    pub guarantee: &'static str,
    /// Whether deliveries come in an order.
    pub order: &'static str,
    /// What it means that something is no longer there.
    pub deletion: &'static str,
    /// What the sender is told once there is a durable verdict.
    pub acknowledgement: &'static str,
    /// Whether a delivery may be read again at no cost to the source, so that a known one need not be copied.
    pub local: bool,
}

/// The drop folder.
pub const FOLDER: Promise = Promise {
    name: "folder",
    what: "a folder that files are dropped into",
    guarantee: "at least once: what has no durable verdict is found again, and recognised by its hash",
    order: "none needed: the sender's own dates order records, not arrivals",
    deletion: "nothing: a file that vanishes from the folder withdraws nothing",
    acknowledgement: "the delivery is kept, archived or deleted, as the feed says",
    local: true,
};

/// The MESH mailbox.
pub const MESH: Promise = Promise {
    name: "mesh",
    what: "a mailbox of NHS England's MESH service",
    guarantee: "at least once: a message stays in the mailbox until its delivery has a durable verdict; one that nobody \
                fetches within five days is reported to its sender by the service",
    order: "none needed: the sender's own dates order records, not arrivals",
    deletion: "nothing: a message that is no longer listed withdraws nothing",
    acknowledgement: "the message is acknowledged and leaves the inbox; where the feed says so, the findings go back to \
                      the mailbox that sent it",
    local: false,
};

/// Pulling over HTTPS.
pub const PULL: Promise = Promise {
    name: "https",
    what: "an address that is asked for what it has",
    guarantee: "at least once: the mark from which the next night asks on is kept in the transaction that loads the \
                delivery, so that what was not loaded is asked for again",
    order: "none needed: the sender's own dates order records, not answers",
    deletion: "nothing, unless the feed says that each answer is a snapshot",
    acknowledgement: "none: the server is not told",
    local: false,
};

/// The object store.
pub const OBJECT_STORE: Promise = Promise {
    name: "object_store",
    what: "objects in S3, Azure Blob, Google Cloud Storage or a folder",
    guarantee: "at least once: what has no durable verdict is found again, and recognised by its hash; an object that is \
                replaced while it is fetched is left for the next night",
    order: "none needed: the sender's own dates order records, not arrivals",
    deletion: "nothing: an object that is no longer listed withdraws nothing",
    acknowledgement: "the delivery is kept, archived (every object copied, then every object deleted) or deleted, as the \
                      feed says; one that was replaced since it was listed is left alone",
    local: false,
};

/// The folder on an SFTP server.
pub const SFTP: Promise = Promise {
    name: "sftp",
    what: "a folder on an SFTP server",
    guarantee: "at least once: what has no durable verdict is found again, and recognised by its hash; a file that grows \
                while it is fetched is left for the next night",
    order: "none needed: the sender's own dates order records, not arrivals",
    deletion: "nothing: a file that vanishes from the folder withdraws nothing",
    acknowledgement: "the delivery is kept, moved to `archive` or deleted, as the feed says; one that changed since it was \
                      listed is left alone",
    local: false,
};

/// Every transport.
pub const ALL: [Promise; 5] = [FOLDER, MESH, PULL, OBJECT_STORE, SFTP];

/// The page of the documentation.
pub fn page() -> String {
    let mut page = "# How deliveries arrive\n\n\
        Whatever the way, a delivery first lies in the landing folder, complete and synced to disk, before anything \
        reads it. Its sender is told only once the night has a durable verdict on it: loaded, refused or held. A \
        transport knows no format: it moves bytes, and the feed's mapping says what they mean.\n"
        .to_owned();
    for promise in ALL {
        // Writing to a String does not fail.
        let _ = write!(
            page,
            "\n## `{}`: {}\n\n| | |\n|---|---|\n| guarantee | {} |\n| order | {} |\n| deletion means | {} |\n\
             | acknowledgement | {} |\n",
            promise.name,
            promise.what,
            promise.guarantee,
            promise.order,
            promise.deletion,
            promise.acknowledgement
        );
    }
    page
}
