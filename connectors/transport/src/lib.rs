//! How bytes arrive. Knows no format: a delivery is bytes with a name, a time and a hash.
//!
//! | transport | guarantee | order | deletion means |
//! |---|---|---|---|
//! | [`folder`] | at least once: what is acknowledged has a durable verdict; what is not is found again and recognised by its hash | none needed: versions order records, not arrivals | nothing: a file that vanishes from the folder withdraws nothing |
//!
//! Whatever the transport, a delivery first lies in the [`landing`] folder, complete and synced to disk,
//! before anything reads it, and its source is told only after the night has a durable verdict on it.

pub mod folder;
pub mod hash;
pub mod landing;

pub use folder::{Folder, Grouping, Then};
pub use hash::DeliveryHash;
pub use landing::{Landed, Landing};

/// Why a transport failed.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The place that deliveries come from cannot be reached or listed.
    #[error("the folder of feed {feed} cannot be read: {source}")]
    Source {
        /// The feed's name.
        feed: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The landing folder cannot be written.
    #[error("the landing folder cannot be written: {source}")]
    Landing {
        /// What the system said.
        source: std::io::Error,
    },
    /// The landing folder cannot be read back.
    #[error("a landed delivery of feed {feed} cannot be read: {source}")]
    Manifest {
        /// The feed's name.
        feed: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A delivery could not be archived or deleted at its source after it was loaded. It will be found again.
    #[error("a delivery of feed {feed} was taken but cannot be cleared from its folder: {source}")]
    Acknowledge {
        /// The feed's name.
        feed: String,
        /// What the system said.
        source: std::io::Error,
    },
}
