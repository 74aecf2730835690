//! An object store: S3 and what speaks like it, Azure Blob, Google Cloud Storage, or a folder taken as one.
//!
//! Objects below a prefix are what files are in a drop folder: each is a delivery, those below one further `/` are one
//! together, and a set of tables is what lies loose. Names that are work in progress are passed over as there.
//!
//! An object cannot be moved. Archiving copies every object of a delivery to `archive/`, below a name that the version
//! of the object decides, and only then deletes them; a delivery of which every object has its copy was acknowledged by
//! a night that was stopped in between, and is cleared away without being read again. An object that was replaced since
//! it was listed is left alone, to be found as a new one.
//!
//! The stores' own retries are off: what may be tried again is for [`kit::retry`] to say. A download that breaks goes on
//! from where it broke, as long as the object is still the same version.

mod place;
mod wire;

use std::{
    collections::BTreeSet,
    fmt,
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use futures_util::StreamExt;
use globset::GlobMatcher;
use jiff::{Timestamp, tz::TimeZone};
use kit::retry::{Patience, RetryPolicy};
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStore, ObjectStoreExt, path::Path};
use sha2::{Digest, Sha256};
use tokio::sync::Mutex;
use url::Url;

use crate::{
    Arrival, Checked, Fault, Limits, Listing, Offered, TransportError,
    arrival::{ArrivingFile, Mark},
    dropped::{self, ARCHIVE, Grouping, Then},
    error::Broken,
    http::{Connection, Pace},
};

/// What a feed takes from an object store, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The feed's name, for messages.
    pub feed: String,
    /// The store.
    pub store: Store,
    /// Only what lies below this; empty for all.
    pub prefix: String,
    /// Only objects whose names fit.
    pub pattern: Option<GlobMatcher>,
    /// What becomes of a delivery there once the night has its verdict.
    pub then: Then,
    /// How long a delivery must have been unchanged.
    pub quiet: Duration,
    /// Whether loose objects belong together.
    pub grouping: Grouping,
    /// How the store is reached.
    pub connection: Connection,
    /// How long requests of one night may be repeated.
    pub retry: RetryPolicy,
    /// A larger delivery is not taken.
    pub largest: u64,
    /// How far archives are opened.
    pub limits: Limits,
}

/// Which store, and who we are there.
#[derive(Clone, Debug)]
pub enum Store {
    /// S3, or a service that speaks like it.
    S3 {
        /// The bucket.
        bucket: String,
        /// Its region; `us-east-1` where there is none.
        region: Option<String>,
        /// The service, where it is not that of Amazon.
        endpoint: Option<Url>,
        /// The id of our key and the file with the key; none for a bucket open to all.
        key: Option<(String, PathBuf)>,
    },
    /// Azure Blob.
    Azure {
        /// The storage account.
        account: String,
        /// The container.
        container: String,
        /// The service, where it is not the public one.
        endpoint: Option<Url>,
        /// How we show who we are.
        access: AzureAccess,
    },
    /// Google Cloud Storage.
    Google {
        /// The bucket.
        bucket: String,
        /// The service, where it is not the public one.
        endpoint: Option<Url>,
        /// The file with the key of our service account; none for a bucket open to all.
        key_file: Option<PathBuf>,
    },
    /// A folder.
    Local {
        /// The folder.
        folder: PathBuf,
    },
}

/// How we show Azure who we are.
#[derive(Clone, Debug)]
pub enum AzureAccess {
    /// The key of the account, in a file.
    Key(PathBuf),
    /// A shared access signature, in a file.
    Signature(PathBuf),
    /// A client of Microsoft Entra.
    Client {
        /// The tenant's id.
        tenant: String,
        /// The client's id.
        client_id: String,
        /// The file with the client's secret.
        secret_file: PathBuf,
        /// Where tokens are given, where it is not the public place.
        authority: Option<Url>,
    },
}

/// An object and its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    path: Path,
    version: Option<String>,
}

/// An object of a delivery.
pub type SourceFile = dropped::SourceFile<Key>;

/// A delivery in an object store.
pub type Dropped = dropped::Dropped<Key, Path>;

/// What a feed takes from an object store, for one night.
pub struct Bucket {
    settings: Settings,
    store: Arc<dyn ObjectStore>,
    wire: wire::Connector,
    prefix: Path,
    patience: Patience,
}

impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bucket")
            .field("feed", &self.settings.feed)
            .finish()
    }
}

impl Bucket {
    /// Makes ready to reach a store; nothing is sent yet.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where a secret or a certificate cannot be used.
    pub fn open(settings: Settings) -> Result<Arc<Self>, TransportError> {
        let wire = wire::Connector::new(&settings.connection)?;
        let store = place::open(&settings.store, &wire)?;
        Ok(Arc::new(Bucket {
            store,
            wire,
            // Empty and doubled slashes vanish here, as they do in every path of the library.
            prefix: Path::from(settings.prefix.as_str()),
            patience: Patience::new(settings.retry),
            settings,
        }))
    }

    /// Lists the deliveries below the prefix.
    ///
    /// # Errors
    /// [`TransportError::Source`] where it cannot be listed.
    pub async fn list(self: &Arc<Self>) -> Result<Listing, TransportError> {
        let failed = |fault| TransportError::Source {
            place: self.place(),
            fault,
        };
        let mut listing = Listing::default();
        for delivery in self.deliveries().await.map_err(failed)? {
            if !delivery.is_settled(SystemTime::now(), self.settings.quiet) {
                listing.unsettled += 1;
                continue;
            }
            let is_known =
                self.settings.then == Then::Archive && self.is_archived(&delivery).await.map_err(failed)?;
            let offered = Offered::Object(Arc::clone(self), delivery);
            match is_known {
                true => listing.noted.push(offered),
                false => listing.ready.push(offered),
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
        for object in &delivery.files {
            let file = into.file(&object.name)?;
            let mark = file.mark();
            let file = Mutex::new(file);
            self.patience
                .retry("Downloading an object", Broken::judge, || {
                    self.get(object, left, &mark, &file)
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

    /// Clears a delivery that has its verdict as [`Then`] says.
    ///
    /// # Errors
    /// [`TransportError::Acknowledge`]; the delivery is then listed again, and recognised.
    pub async fn acknowledge(&self, delivery: &Dropped) -> Result<(), TransportError> {
        let cleared = match self.settings.then {
            Then::Keep => Ok(()),
            Then::Archive => match self.copy(delivery).await {
                Ok(()) => self.delete(delivery).await,
                Err(fault) => Err(fault),
            },
            Then::Delete => self.delete(delivery).await,
        };
        match cleared {
            // Replaced since: what lies there now is another delivery.
            Ok(()) | Err(Fault::Replaced) => Ok(()),
            Err(fault) => Err(TransportError::Acknowledge {
                place: self.place(),
                fault,
            }),
        }
    }

    /// Lists once, and looks at certificates and clocks.
    pub async fn check(self: &Arc<Self>) -> Vec<Checked> {
        let mut seen = Vec::new();
        seen.extend(self.settings.connection.check_certificate());
        let found = self.list_below(&self.prefix).await;
        seen.extend(self.wire.seen());
        seen.push(match found {
            Ok(found) => {
                let objects = found.objects.iter().filter(|meta| self.is_ours(meta)).count();
                Checked::Good(format!(
                    "{} can be listed; {objects} objects lie there",
                    self.place()
                ))
            }
            Err(fault) => Checked::Bad(format!("{}: {fault}", self.place())),
        });
        seen
    }

    fn place(&self) -> String {
        format!(
            "the {} of feed {}",
            self.settings.store.name(),
            self.settings.feed
        )
    }

    async fn deliveries(&self) -> Result<Vec<Dropped>, Fault> {
        let found = self.list_again(&self.prefix).await?;
        let mut sub_folders = Vec::new();
        for folder in found.common_prefixes {
            let name = folder.filename().unwrap_or_default();
            if name == ARCHIVE || dropped::is_unfinished(name) {
                continue;
            }
            let mut below = self.list_again(&folder).await?;
            below.objects.retain(|meta| meta.location != folder);
            sub_folders.push((folder, self.files(below.objects)));
        }
        // Some programs mark a folder by an empty object of its name, with a slash behind it or without.
        let folders: BTreeSet<_> = sub_folders.iter().map(|(folder, _)| folder.clone()).collect();
        let loose = found.objects.into_iter().filter(|meta| {
            let marker = meta.size == 0
                && (folders.contains(&meta.location) || meta.location.filename() == Some(ARCHIVE));
            !marker
        });
        let loose = self.files(loose.collect());
        Ok(dropped::deliveries(sub_folders, loose, self.settings.grouping))
    }

    fn files(&self, objects: Vec<ObjectMeta>) -> Vec<SourceFile> {
        let mut files: Vec<_> = objects
            .into_iter()
            .filter(|meta| self.is_ours(meta))
            .map(|meta| SourceFile {
                name: meta.location.filename().unwrap_or_default().to_owned(),
                bytes: meta.size,
                modified: meta.last_modified.into(),
                path: Key {
                    version: self.version(&meta),
                    path: meta.location,
                },
            })
            .collect();
        files.sort_by(|one, other| one.name.cmp(&other.name));
        files
    }

    /// What tells an object from another of its name. Azure's listing leaves out the quotes that its headers have.
    fn version(&self, meta: &ObjectMeta) -> Option<String> {
        let tag = meta.e_tag.clone()?;
        match self.settings.store {
            Store::Azure { .. } if !tag.ends_with('"') => Some(format!("\"{tag}\"")),
            _ => Some(tag),
        }
    }

    fn is_ours(&self, meta: &ObjectMeta) -> bool {
        // An object of the prefix's own name is its marker.
        let name = meta.location.filename().filter(|_| meta.location != self.prefix);
        let fits = |name: &str| {
            self.settings
                .pattern
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(name))
        };
        name.is_some_and(|name| !dropped::is_unfinished(name) && fits(name))
    }

    async fn list_again(&self, prefix: &Path) -> Result<object_store::ListResult, Fault> {
        self.patience
            .retry("Listing an object store", Fault::judge, || {
                self.list_below(prefix)
            })
            .await
    }

    async fn list_below(&self, prefix: &Path) -> Result<object_store::ListResult, Fault> {
        let listed = self.store.list_with_delimiter(Some(prefix)).await;
        listed.map_err(|error| match wire::fault(error) {
            // No bucket of that name, or none that we may know of.
            Fault::Gone => Fault::Status {
                status: 404,
                code: None,
            },
            fault => fault,
        })
    }

    /// Downloads one object over or after whatever an earlier try has left.
    async fn get(
        &self,
        object: &SourceFile,
        limit: u64,
        mark: &Mark,
        file: &Mutex<ArrivingFile<'_>>,
    ) -> Result<(), Broken> {
        let mut file = file.lock().await;
        if object.bytes > limit {
            return Err(Fault::TooLarge { limit }.into());
        }
        // Without a version nobody can say that the rest is of the same object.
        if object.path.version.is_none() {
            file.rewind(mark).map_err(Broken::Landing)?;
        }
        let have = file.bytes();
        if have > 0 && have == object.bytes {
            return Ok(());
        }
        let options = GetOptions {
            if_match: object.path.version.clone(),
            range: (have > 0).then_some(GetRange::Offset(have)),
            ..GetOptions::default()
        };
        let got = self.store.get_opts(&object.path.path, options).await;
        let mut stream = got.map_err(wire::fault)?.into_stream();
        let mut pace = Pace::new(self.settings.connection.silence);
        while let Some(piece) = stream.next().await {
            let piece = piece.map_err(wire::fault)?;
            if file.bytes() + piece.len() as u64 > object.bytes {
                return Err(Fault::Replaced.into());
            }
            let written = file.write_all(&piece);
            written.map_err(|error| Broken::Landing(file.failure().unwrap_or(error)))?;
            pace.came(piece.len())?;
        }
        match file.bytes() == object.bytes {
            true => Ok(()),
            false => Err(Fault::CutShort.into()),
        }
    }

    /// Whether every object of a delivery has its copy in the archive.
    async fn is_archived(&self, delivery: &Dropped) -> Result<bool, Fault> {
        for object in &delivery.files {
            match self.head(&self.archived(object)).await? {
                Some(copy) if copy.size == object.bytes => {}
                _ => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Copies each object of a delivery to the archive.
    async fn copy(&self, delivery: &Dropped) -> Result<(), Fault> {
        for object in &delivery.files {
            if !self.is_there(object).await? {
                continue;
            }
            let to = self.archived(object);
            self.patience
                .retry("Archiving an object", Fault::judge, || async {
                    let copied = self.store.copy(&object.path.path, &to).await;
                    copied.map_err(wire::fault)
                })
                .await?;
        }
        Ok(())
    }

    /// Deletes each object of a delivery.
    async fn delete(&self, delivery: &Dropped) -> Result<(), Fault> {
        for object in &delivery.files {
            if !self.is_there(object).await? {
                continue;
            }
            self.patience
                .retry("Deleting an object", Fault::judge, || async {
                    match self.store.delete(&object.path.path).await.map_err(wire::fault) {
                        // A try whose answer was lost has done it.
                        Ok(()) | Err(Fault::Gone) => Ok(()),
                        Err(fault) => Err(fault),
                    }
                })
                .await?;
        }
        Ok(())
    }

    /// Whether an object is still there as it was listed; false where it was cleared before, by a night that was
    /// stopped just after.
    async fn is_there(&self, object: &SourceFile) -> Result<bool, Fault> {
        let Some(now) = self.head(&object.path.path).await? else {
            return Ok(false);
        };
        let same = match (&object.path.version, &self.version(&now)) {
            (Some(listed), Some(now)) => listed == now,
            _ => now.size == object.bytes && SystemTime::from(now.last_modified) == object.modified,
        };
        match same {
            true => Ok(true),
            false => Err(Fault::Replaced),
        }
    }

    async fn head(&self, path: &Path) -> Result<Option<ObjectMeta>, Fault> {
        self.patience
            .retry("Looking at an object", Fault::judge, || async {
                match self.store.head(path).await.map_err(wire::fault) {
                    Ok(meta) => Ok(Some(meta)),
                    Err(Fault::Gone) => Ok(None),
                    Err(fault) => Err(fault),
                }
            })
            .await
    }

    /// Where an object goes in the archive: the same for the same version and for no other, so that a second try
    /// repeats the first, and a file that comes each week under one name does not write over itself.
    fn archived(&self, object: &SourceFile) -> Path {
        let changed = Timestamp::try_from(object.modified).unwrap_or(Timestamp::UNIX_EPOCH);
        let day = TimeZone::UTC.to_datetime(changed).strftime("%Y%m%dT%H%M%SZ");
        let version = object.path.version.as_deref().unwrap_or_default();
        let digest = Sha256::digest(version.as_bytes());
        let short: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let folder = self.prefix.clone().join(ARCHIVE).join(format!("{day}-{short}"));
        match object.path.path.prefix_match(&self.prefix) {
            Some(parts) => parts.fold(folder, Path::join),
            None => folder.join(object.name.as_str()),
        }
    }
}

impl Store {
    /// What people call it.
    fn name(&self) -> String {
        match self {
            Store::S3 { bucket, .. } => format!("bucket {bucket}"),
            Store::Azure { container, .. } => format!("container {container}"),
            Store::Google { bucket, .. } => format!("bucket {bucket}"),
            Store::Local { .. } => "object folder".to_owned(),
        }
    }
}
