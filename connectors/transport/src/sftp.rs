//! A folder on an SFTP server.
//!
//! Files there are what they are in a drop folder: each is a delivery, those of a sub-folder are one together, and a set
//! of tables is what lies loose. One that grows while it is fetched is not taken: its length and time must at the end be
//! those that were listed. A download that breaks goes on from where it broke.
//!
//! The server shows a host key that the configuration names, or we do not speak to it; who we are is shown by a key from
//! a file. RSA keys are not taken, neither its nor ours: the implementation at hand leaks them by its timing
//! (RUSTSEC-2023-0071).
//!
//! Follows RFC 4251 to 4254 (SSH) and version 3 of the file transfer protocol, as OpenSSH speaks it.

mod session;

use std::{
    io::SeekFrom,
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use globset::GlobMatcher;
use kit::retry::{Patience, RetryPolicy};
use russh_sftp::client::{SftpSession, fs::Metadata};
use tokio::{
    io::{AsyncReadExt, AsyncSeekExt},
    sync::Mutex,
};

pub use self::session::HostKey;
use self::session::{Session, fault};
use crate::{
    Arrival, Checked, Fault, Limits, Listing, Offered, TransportError,
    arrival::ArrivingFile,
    dropped::{self, ARCHIVE, Grouping, Then},
    error::Broken,
};

/// What a feed takes from an SFTP server, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The feed's name, for messages.
    pub feed: String,
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Who we are there.
    pub user: String,
    /// The file with our private key.
    pub key_file: PathBuf,
    /// The file with the words that open it, where it is locked.
    pub passphrase_file: Option<PathBuf>,
    /// The host keys that the server may show.
    pub host_keys: Vec<HostKey>,
    /// The folder there.
    pub folder: String,
    /// Only files whose names fit.
    pub pattern: Option<GlobMatcher>,
    /// What becomes of a delivery there once the night has its verdict.
    pub then: Then,
    /// How long a delivery must have been unchanged.
    pub quiet: Duration,
    /// Whether loose files belong together.
    pub grouping: Grouping,
    /// After this long without an answer an attempt is given up.
    pub silence: Duration,
    /// How long requests of one night may be repeated.
    pub retry: RetryPolicy,
    /// A larger delivery is not taken.
    pub largest: u64,
    /// How far archives are opened.
    pub limits: Limits,
}

/// A file of a delivery, by its path there.
pub type SourceFile = dropped::SourceFile<String>;

/// A delivery on an SFTP server.
pub type Dropped = dropped::Dropped<String>;

/// A folder on an SFTP server, for one night.
#[derive(Debug)]
pub struct Sftp {
    settings: Settings,
    session: Session,
    patience: Patience,
}

impl Sftp {
    /// Makes ready to reach a server; nothing is sent yet.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where the key cannot be used.
    pub fn open(settings: Settings) -> Result<Arc<Self>, TransportError> {
        Ok(Arc::new(Sftp {
            session: Session::new(&settings)?,
            patience: Patience::new(settings.retry),
            settings,
        }))
    }

    /// Lists the deliveries in the folder.
    ///
    /// # Errors
    /// [`TransportError::Source`] where it cannot be listed.
    pub async fn list(self: &Arc<Self>) -> Result<Listing, TransportError> {
        let deliveries = self.deliveries().await.map_err(|fault| TransportError::Source {
            place: self.place(),
            fault,
        })?;
        let mut listing = Listing::default();
        for delivery in deliveries {
            match delivery.is_settled(SystemTime::now(), self.settings.quiet) {
                true => listing.ready.push(Offered::Sftp(Arc::clone(self), delivery)),
                false => listing.unsettled += 1,
            }
        }
        Ok(listing)
    }

    /// Downloads a delivery, archives opened.
    ///
    /// # Errors
    /// See [`Offered::fetch`].
    pub async fn fetch(&self, delivery: &Dropped, into: &mut Arrival) -> Result<(), TransportError> {
        into.received(delivery.modified());
        let mut left = self.settings.largest;
        for source in &delivery.files {
            let file = Mutex::new(into.file(&source.name)?);
            self.patience
                .retry("Downloading a file", Broken::judge, || {
                    self.get(source, left, &file)
                })
                .await
                .map_err(|broken| broken.at(self.place()))?;
            let file = file.into_inner();
            left = left.saturating_sub(file.bytes());
            file.finish();
        }
        let names = delivery.files.iter().map(|file| file.name.as_str());
        into.open_archives_among(names, self.settings.limits, &self.place())
    }

    /// Clears a delivery that has its verdict as [`Then`] says. One that changed since it was listed is left alone.
    ///
    /// # Errors
    /// [`TransportError::Acknowledge`]; the delivery is then listed again, and recognised.
    pub async fn acknowledge(&self, delivery: &Dropped) -> Result<(), TransportError> {
        self.clear(delivery)
            .await
            .map_err(|fault| TransportError::Acknowledge {
                place: self.place(),
                fault,
            })
    }

    /// Connects once and lists.
    pub async fn check(self: &Arc<Self>) -> Vec<Checked> {
        let once = Patience::new(RetryPolicy {
            budget: Duration::ZERO,
            ..self.settings.retry
        });
        let found = self
            .session
            .ask(&once, "Listing an SFTP server", |sftp| async move {
                entries(&sftp, &self.settings.folder).await
            })
            .await;
        vec![match found {
            Ok(found) => {
                let files = found.iter().filter(|entry| entry.metadata.file_type().is_file());
                Checked::Good(format!(
                    "{} lets us in and shows its host key; {} files lie there",
                    self.place(),
                    files.filter(|entry| self.is_ours(&entry.name)).count()
                ))
            }
            Err(fault) => Checked::Bad(format!("{}: {fault}", self.place())),
        }]
    }

    /// The host alone: names of users and folders are nobody else's matter.
    fn place(&self) -> String {
        format!(
            "the SFTP server {} of feed {}",
            self.settings.host, self.settings.feed
        )
    }

    fn is_ours(&self, name: &str) -> bool {
        let pattern = self.settings.pattern.as_ref();
        !dropped::is_unfinished(name) && pattern.is_none_or(|pattern| pattern.is_match(name))
    }

    async fn deliveries(&self) -> Result<Vec<Dropped>, Fault> {
        let (mut loose, mut sub_folders) = (Vec::new(), Vec::new());
        for entry in self.entries(&self.settings.folder).await? {
            let kind = entry.metadata.file_type();
            if kind.is_dir() && entry.name != ARCHIVE && !dropped::is_unfinished(&entry.name) {
                let mut files = Vec::new();
                for entry in self.entries(&entry.path).await? {
                    files.extend(self.source_file(entry)?);
                }
                sub_folders.push((entry.path, files));
            } else {
                loose.extend(self.source_file(entry)?);
            }
        }
        Ok(dropped::deliveries(sub_folders, loose, self.settings.grouping))
    }

    fn source_file(&self, entry: Entry) -> Result<Option<SourceFile>, Fault> {
        if !entry.metadata.file_type().is_file() || !self.is_ours(&entry.name) {
            return Ok(None);
        }
        Ok(Some(SourceFile {
            modified: modified(&entry.metadata)?,
            bytes: entry.metadata.len(),
            name: entry.name,
            path: entry.path,
        }))
    }

    async fn entries(&self, folder: &str) -> Result<Vec<Entry>, Fault> {
        self.session
            .ask(&self.patience, "Listing an SFTP server", |sftp| async move {
                entries(&sftp, folder).await
            })
            .await
    }

    /// Downloads one file after whatever an earlier try has left.
    async fn get(
        &self,
        source: &SourceFile,
        limit: u64,
        file: &Mutex<ArrivingFile<'_>>,
    ) -> Result<(), Broken> {
        let mut file = file.lock().await;
        if source.bytes > limit {
            return Err(Fault::TooLarge { limit }.into());
        }
        let sftp = self.session.get().await?;
        let result = self.read(&sftp, source, &mut file).await;
        if let Err(Broken::Fault(fault)) = &result {
            self.session.forget_after(fault).await;
        }
        result
    }

    async fn read(
        &self,
        sftp: &SftpSession,
        source: &SourceFile,
        file: &mut ArrivingFile<'_>,
    ) -> Result<(), Broken> {
        let mut remote = self.session.timed(sftp.open(&source.path)).await?;
        let start = SeekFrom::Start(file.bytes());
        remote.seek(start).await.map_err(|_| Fault::CutShort)?;
        // A server gives at most this much at a time.
        let mut buffer = vec![0u8; 256 * 1024];
        loop {
            let read = tokio::time::timeout(self.settings.silence, remote.read(&mut buffer)).await;
            let read = match read {
                Ok(Ok(0)) => break,
                Ok(Ok(read)) => read,
                Ok(Err(_)) => return Err(Fault::CutShort.into()),
                Err(_) => return Err(Fault::Timeout(self.settings.silence).into()),
            };
            if file.bytes() + read as u64 > source.bytes {
                return Err(Fault::Replaced.into());
            }
            let written = file.write_all(buffer.get(..read).unwrap_or_default());
            written.map_err(|error| Broken::Landing(file.failure().unwrap_or(error)))?;
        }
        let now = self.session.timed(sftp.metadata(&source.path)).await?;
        if now.len() != source.bytes || modified(&now)? != source.modified {
            return Err(Fault::Replaced.into());
        }
        match file.bytes() == source.bytes {
            true => Ok(()),
            false => Err(Fault::CutShort.into()),
        }
    }

    async fn clear(&self, delivery: &Dropped) -> Result<(), Fault> {
        for file in &delivery.files {
            match self.metadata(&file.path).await? {
                Some(now) if now.len() == file.bytes && modified(&now)? == file.modified => {}
                // Replaced since: what lies there now is another delivery.
                Some(_) => return Ok(()),
                // Cleared before, by a night that was stopped just after.
                None => {}
            }
        }
        match self.settings.then {
            Then::Keep => Ok(()),
            Then::Archive => self.archive(delivery).await,
            Then::Delete => {
                for file in &delivery.files {
                    self.change("Deleting a file", |sftp| async move {
                        sftp.remove_file(&file.path).await
                    })
                    .await?;
                }
                match &delivery.sub_folder {
                    // Fails where something else has come into the folder meanwhile; that is then a delivery.
                    Some(folder) => self
                        .change("Deleting a folder", |sftp| async move {
                            sftp.remove_dir(folder).await
                        })
                        .await
                        .or(Ok(())),
                    None => Ok(()),
                }
            }
        }
    }

    async fn archive(&self, delivery: &Dropped) -> Result<(), Fault> {
        let archive = joined(&self.settings.folder, ARCHIVE);
        let place = &archive;
        if self.metadata(place).await?.is_none() {
            self.change("Making the archive", |sftp| async move {
                sftp.create_dir(place).await
            })
            .await?;
        }
        let moves: Vec<&String> = match &delivery.sub_folder {
            Some(folder) => vec![folder],
            None => delivery.files.iter().map(|file| &file.path).collect(),
        };
        for from in moves {
            let name = from.rsplit('/').next().unwrap_or_default();
            let mut to = joined(&archive, name);
            let mut copy = 1u32;
            while self.metadata(&to).await?.is_some() {
                copy += 1;
                to = joined(&archive, &format!("{name}.{copy}"));
            }
            let place = &to;
            self.change("Archiving a file", |sftp| async move {
                sftp.rename(from, place).await
            })
            .await?;
        }
        Ok(())
    }

    async fn metadata(&self, path: &str) -> Result<Option<Metadata>, Fault> {
        self.session
            .ask(&self.patience, "Looking at a file", |sftp| async move {
                match sftp.metadata(path).await.map_err(fault) {
                    Ok(metadata) => Ok(Some(metadata)),
                    Err(Fault::Gone) => Ok(None),
                    Err(fault) => Err(fault),
                }
            })
            .await
    }

    /// Changes something there. What is gone was changed by a try whose answer was lost.
    async fn change<F: Future<Output = Result<(), russh_sftp::client::error::Error>>>(
        &self,
        what: &str,
        change: impl Fn(Arc<SftpSession>) -> F,
    ) -> Result<(), Fault> {
        self.session
            .ask(&self.patience, what, |sftp| {
                let changed = change(sftp);
                async move {
                    match changed.await.map_err(fault) {
                        Ok(()) | Err(Fault::Gone) => Ok(()),
                        Err(fault) => Err(fault),
                    }
                }
            })
            .await
    }
}

/// Something in a folder there.
struct Entry {
    name: String,
    path: String,
    metadata: Metadata,
}

/// What is in a folder there, by name. Links are followed.
async fn entries(sftp: &SftpSession, folder: &str) -> Result<Vec<Entry>, Fault> {
    let mut found = Vec::new();
    for entry in sftp.read_dir(folder).await.map_err(fault)? {
        let name = entry.file_name();
        // A name is not a path, whatever the server says.
        if name.contains('/') {
            continue;
        }
        let path = joined(folder, &name);
        let metadata = match entry.file_type().is_symlink() {
            false => entry.metadata(),
            true => match sftp.metadata(&path).await.map_err(fault) {
                Ok(metadata) => metadata,
                Err(Fault::Gone) => continue,
                Err(fault) => return Err(fault),
            },
        };
        found.push(Entry { name, path, metadata });
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(found)
}

fn modified(metadata: &Metadata) -> Result<SystemTime, Fault> {
    metadata
        .modified()
        .map_err(|_| Fault::Damaged("the server does not say when files were changed"))
}

fn joined(folder: &str, name: &str) -> String {
    match folder {
        "" => name.to_owned(),
        folder if folder.ends_with('/') => format!("{folder}{name}"),
        folder => format!("{folder}/{name}"),
    }
}
