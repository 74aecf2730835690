//! What every transport must do alike: one body, run over each of them.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sendlink_tests::peer::process::Sshd;
use tempfile::TempDir;
use transport::{
    Bucket, Checked, Fetched, Folder, Grouping, Landing, Limits, Sftp, Source, Then, TransportError,
    object::{self, Store},
    sftp,
};

use crate::{CALM, Place, Shared, https, mesh, objects};

/// What a night brought.
#[derive(Debug, Default)]
struct Night {
    /// What came that had not come before.
    new: BTreeSet<String>,
    /// The bookmark after it.
    bookmark: Option<String>,
}

/// A place, its landing folder, and all that has come from it.
struct Feed<'a> {
    place: &'a dyn Place,
    folder: TempDir,
    known: Mutex<BTreeSet<String>>,
}

impl Feed<'_> {
    /// One night from a bookmark on; `tells` whether it acknowledges.
    fn night(&self, bookmark: Option<&str>, tells: bool) -> Result<Night, TransportError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let landing = Landing::open(&self.folder.path().join("landing"))?;
        let source = self.place.open(bookmark);
        runtime.block_on(async {
            let mut night = Night::default();
            let listing = source.list().await?;
            for offered in &listing.ready {
                let batch = landing.batch("feed")?;
                let mut arrival = batch.arrival()?;
                if offered.fetch(&mut arrival).await? == Fetched::Nothing {
                    continue;
                }
                let landed = batch.land(arrival)?.expect("it is written");
                for file in &landed.files {
                    let content = fs::read_to_string(&file.path).expect("it has landed");
                    assert_eq!(content.len() as u64, file.bytes);
                    if self.known.lock().expect("no panic").insert(content.clone()) {
                        night.new.insert(content);
                    }
                }
                night.bookmark.clone_from(&landed.bookmark);
                if tells {
                    offered.acknowledge().await?;
                }
            }
            Ok(night)
        })
    }

    #[track_caller]
    fn brings(&self, bookmark: Option<&str>, expected: &[&str]) -> Option<String> {
        let night = self
            .night(bookmark, true)
            .unwrap_or_else(|error| panic!("{error}"));
        let expected: BTreeSet<_> = expected.iter().map(|text| (*text).to_owned()).collect();
        assert!(
            night.new == expected,
            "{} came, not {}",
            night.new.len(),
            expected.len()
        );
        night.bookmark
    }
}

fn check(source: &Source) -> Vec<Checked> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime")
        .block_on(source.check())
}

fn is_bad(checked: &Checked) -> bool {
    matches!(checked, Checked::Bad(_))
}

fn conforms(place: &dyn Place) {
    let feed = Feed {
        place,
        folder: TempDir::new().expect("a folder"),
        known: Mutex::default(),
    };

    // A bad configuration is said, by whichever of the two sees it first; a good one is not.
    match place.wrong() {
        Ok(source) => assert!(check(&source).iter().any(is_bad)),
        Err(error) => assert!(matches!(error, TransportError::Setup { .. }), "{error}"),
    }
    place.put("one\n");
    place.put("two\n");
    let seen = check(&place.open(None));
    assert!(!seen.is_empty() && !seen.iter().any(is_bad), "{seen:?}");

    // What lies there is found and read as it is. A night that acknowledges nothing takes nothing away.
    let first = feed.night(None, false).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(
        first.new,
        BTreeSet::from(["one\n".to_owned(), "two\n".to_owned()])
    );
    let bookmark = feed.brings(None, &[]);
    assert!(place.is_cleared());

    // Nothing new brings nothing; then only what is new comes.
    let bookmark = feed.brings(bookmark.as_deref(), &[]).or(bookmark);
    place.put("three\n");
    let bookmark = feed.brings(bookmark.as_deref(), &["three\n"]);

    // An empty file is a file.
    place.put("");
    let bookmark = feed.brings(bookmark.as_deref(), &[""]);

    // A large one comes whole, though the first download breaks half way.
    let huge = "0123456789abcdef".repeat(512 * 1024);
    place.put(&huge);
    place.cut();
    let bookmark = feed.brings(bookmark.as_deref(), &[huge.as_str()]);

    // An older mark, or none, brings what is known, and loses nothing.
    place.put("last\n");
    assert!(bookmark.is_none() || bookmark.as_deref() != Some(""));
    feed.brings(None, &["last\n"]);
    assert!(place.is_cleared());
}

#[test]
fn a_mailbox_conforms() {
    let ledger = Shared::default();
    conforms(&mesh::Place::new(0, CALM, &ledger));
}

#[test]
fn an_address_conforms() {
    conforms(&https::Place::new(0, CALM));
}

#[test]
fn a_bucket_conforms() {
    let ledger = Shared::default();
    conforms(&objects::Place::new(0, CALM, &ledger));
}

/// A folder of this machine, behind one of the transports that read one.
struct Local {
    folder: TempDir,
    count: AtomicUsize,
    open: fn(&std::path::Path) -> Source,
}

impl Local {
    fn new(open: fn(&std::path::Path) -> Source) -> Self {
        Local {
            folder: TempDir::new().expect("a folder"),
            count: AtomicUsize::new(0),
            open,
        }
    }
}

impl Place for Local {
    fn open(&self, _: Option<&str>) -> Source {
        (self.open)(self.folder.path())
    }

    fn wrong(&self) -> Result<Source, TransportError> {
        Ok((self.open)(&self.folder.path().join("missing")))
    }

    fn put(&self, content: &str) {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let path = self.folder.path().join(format!("section23-{number}.csv"));
        fs::write(path, content).expect("a file");
    }

    fn is_cleared(&self) -> bool {
        let entries = fs::read_dir(self.folder.path()).expect("a folder");
        entries.flatten().all(|entry| entry.file_name() == "archive")
    }
}

#[test]
fn a_folder_conforms() {
    conforms(&Local::new(|path| {
        Source::Folder(Folder {
            feed: "s23".to_owned(),
            path: path.to_owned(),
            then: Then::Archive,
            quiet: Duration::ZERO,
            grouping: Grouping::EachFile,
            limits: Limits::USUAL,
        })
    }));
}

/// A folder as an object store.
struct LocalStore(Local);

impl LocalStore {
    fn store(&self, name: &str) -> Result<Source, TransportError> {
        let settings = object::Settings {
            feed: "s23".to_owned(),
            store: Store::Local {
                folder: self.0.folder.path().join(name),
            },
            prefix: String::new(),
            pattern: None,
            then: Then::Archive,
            quiet: Duration::ZERO,
            grouping: Grouping::EachFile,
            connection: CALM.connection(),
            retry: CALM.retry,
            largest: 64 * 1024 * 1024,
            limits: Limits::USUAL,
        };
        Bucket::open(settings).map(Source::Object)
    }
}

impl Place for LocalStore {
    fn open(&self, _: Option<&str>) -> Source {
        self.store("").expect("the folder is there")
    }

    fn wrong(&self) -> Result<Source, TransportError> {
        self.store("missing")
    }

    fn put(&self, content: &str) {
        self.0.put(content);
    }

    fn is_cleared(&self) -> bool {
        self.0.is_cleared()
    }
}

#[test]
fn a_folder_as_an_object_store_conforms() {
    conforms(&LocalStore(Local::new(|_| {
        unreachable!("it is opened as a store")
    })));
}

/// A folder that OpenSSH serves.
struct Served {
    sshd: Sshd,
    count: AtomicUsize,
}

impl Served {
    fn settings(&self) -> sftp::Settings {
        sftp::Settings {
            feed: "s23".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: self.sshd.peer.port,
            user: self.sshd.user(),
            key_file: self.sshd.file("user-key"),
            passphrase_file: None,
            host_keys: vec![self.sshd.host_key().parse().expect("a host key")],
            folder: self.sshd.file("drop").display().to_string(),
            pattern: None,
            then: Then::Archive,
            quiet: Duration::ZERO,
            grouping: Grouping::EachFile,
            silence: Duration::from_secs(5),
            retry: CALM.retry,
            largest: 64 * 1024 * 1024,
            limits: Limits::USUAL,
        }
    }
}

impl Place for Served {
    fn open(&self, _: Option<&str>) -> Source {
        Source::Sftp(Sftp::open(self.settings()).expect("the key is there"))
    }

    fn wrong(&self) -> Result<Source, TransportError> {
        let settings = sftp::Settings {
            key_file: self.sshd.file("other-key"),
            ..self.settings()
        };
        Sftp::open(settings).map(Source::Sftp)
    }

    fn put(&self, content: &str) {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let path = self.sshd.file("drop").join(format!("section23-{number}.csv"));
        fs::write(path, content).expect("a file");
    }

    fn is_cleared(&self) -> bool {
        let entries = fs::read_dir(self.sshd.file("drop")).expect("a folder");
        entries.flatten().all(|entry| entry.file_name() == "archive")
    }
}

#[test]
fn an_sftp_server_conforms() {
    conforms(&Served {
        sshd: Sshd::new(),
        count: AtomicUsize::new(0),
    });
}
