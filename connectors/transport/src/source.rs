//! The contract of every transport: list what is offered, fetch it into the landing folder, and, once the night has a
//! durable verdict on it, acknowledge it. Never before.

use std::{sync::Arc, time::SystemTime};

use crate::{
    Arrival, Bucket, Folder, MeshFeed, Promise, Pull, Sftp, TransportError, folder, mesh, object, promise,
    sftp,
};

/// Where a feed's deliveries come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A drop folder.
    Folder(Folder),
    /// A MESH mailbox.
    Mesh(Arc<MeshFeed>),
    /// An address over HTTPS.
    Pull(Arc<Pull>),
    /// An object store.
    Object(Arc<Bucket>),
    /// A folder on an SFTP server.
    Sftp(Arc<Sftp>),
}

/// A delivery where its sender left it.
#[derive(Clone, Debug)]
pub enum Offered {
    /// In a folder.
    Folder(Folder, folder::Dropped),
    /// In a mailbox.
    Mesh(Arc<MeshFeed>, mesh::Message),
    /// At an address.
    Pull(Arc<Pull>),
    /// In an object store.
    Object(Arc<Bucket>, object::Dropped),
    /// On an SFTP server.
    Sftp(Arc<Sftp>, sftp::Dropped),
}

/// What fetching came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// The delivery has arrived whole.
    Whole,
    /// There is nothing that was not there before.
    Nothing,
}

/// What a source offers.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// Deliveries that can be fetched, in a settled order.
    pub ready: Vec<Offered>,
    /// How many deliveries are not complete yet.
    pub unsettled: usize,
    /// What a person should know, each a sentence; the feed counts as incomplete.
    pub alerts: Vec<String>,
    /// What is only acknowledged, once the alerts are written down: reports, and what a night that was stopped had begun
    /// to acknowledge.
    pub noted: Vec<Offered>,
}

/// One thing that `sendlink check` has seen of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// In order.
    Good(String),
    /// Works, but somebody should know.
    Note(String),
    /// The night would miss this source.
    Bad(String),
}

impl Source {
    /// What this transport promises.
    pub fn promise(&self) -> &'static Promise {
        match self {
            Source::Folder(_) => &promise::FOLDER,
            Source::Mesh(_) => &promise::MESH,
            Source::Pull(_) => &promise::PULL,
            Source::Object(_) => &promise::OBJECT_STORE,
            Source::Sftp(_) => &promise::SFTP,
        }
    }

    /// Lists what is offered.
    ///
    /// # Errors
    /// [`TransportError::Source`] where it cannot be reached.
    pub async fn list(&self) -> Result<Listing, TransportError> {
        match self {
            Source::Folder(folder) => folder.list(SystemTime::now()),
            Source::Mesh(feed) => feed.list().await,
            Source::Pull(pull) => Ok(pull.list()),
            Source::Object(bucket) => bucket.list().await,
            Source::Sftp(sftp) => sftp.list().await,
        }
    }

    /// Tries everything that a night would need of it, and changes nothing.
    pub async fn check(&self) -> Vec<Checked> {
        match self {
            Source::Folder(folder) => folder.check(SystemTime::now()),
            Source::Mesh(feed) => feed.check().await,
            Source::Pull(pull) => pull.check().await,
            Source::Object(bucket) => bucket.check().await,
            Source::Sftp(sftp) => sftp.check().await,
        }
    }
}

impl Offered {
    /// Brings one delivery to the landing folder. Changes nothing at the source.
    ///
    /// # Errors
    /// [`TransportError::Delivery`] where only this one cannot be fetched, [`TransportError::Source`] where none can,
    /// [`TransportError::Landing`] where there is no place for it.
    pub async fn fetch(&self, into: &mut Arrival) -> Result<Fetched, TransportError> {
        match self {
            Offered::Folder(folder, dropped) => folder.fetch(dropped, into).map(|()| Fetched::Whole),
            Offered::Mesh(feed, message) => feed.fetch(message, into).await.map(|()| Fetched::Whole),
            Offered::Pull(pull) => pull.fetch(into).await,
            Offered::Object(bucket, delivery) => bucket.fetch(delivery, into).await.map(|()| Fetched::Whole),
            Offered::Sftp(sftp, delivery) => sftp.fetch(delivery, into).await.map(|()| Fetched::Whole),
        }
    }

    /// Tells the sender that there is a durable verdict.
    ///
    /// # Errors
    /// [`TransportError::Acknowledge`] where it cannot be told. Nothing is lost by that.
    pub async fn acknowledge(&self) -> Result<(), TransportError> {
        match self {
            Offered::Folder(folder, dropped) => folder.acknowledge(dropped),
            Offered::Mesh(feed, message) => feed.acknowledge(message).await,
            // Nobody is told: the bookmark, kept with the records, is what moves on.
            Offered::Pull(_) => Ok(()),
            Offered::Object(bucket, delivery) => bucket.acknowledge(delivery).await,
            Offered::Sftp(sftp, delivery) => sftp.acknowledge(delivery).await,
        }
    }
}
