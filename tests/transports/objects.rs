//! An object store: S3, of our own.

use std::{
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use sendlink_tests::peer::{
    http::Fault,
    s3::{BUCKET, KEY_ID, S3},
};
use tempfile::TempDir;
use transport::{
    Bucket, Grouping, Limits, Source, Then, TransportError,
    object::{Settings, Store},
};

use crate::{FAULTS, Shared, Weather, is_durable};

/// A bucket that knows what it may delete.
pub struct Place {
    seed: u64,
    weather: Weather,
    s3: S3,
    folder: TempDir,
    put: AtomicUsize,
    too_early: Arc<Mutex<Vec<String>>>,
}

impl Place {
    /// An empty one.
    pub fn new(seed: u64, weather: Weather, ledger: &Shared) -> Self {
        let s3 = S3::new();
        let too_early = Arc::new(Mutex::new(Vec::new()));
        let (ledger, told) = (Arc::clone(ledger), Arc::clone(&too_early));
        s3.on_delete(Box::new(move |key, stored| {
            if !is_durable(&ledger, &stored.content) {
                told.lock().expect("no panic").push(key.to_owned());
            }
        }));
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("secret"), "a secret").expect("a file");
        Place {
            seed,
            weather,
            s3,
            folder,
            put: AtomicUsize::new(0),
            too_early,
        }
    }

    fn settings(&self, key_id: &str) -> Settings {
        Settings {
            feed: "s23".to_owned(),
            store: Store::S3 {
                bucket: BUCKET.to_owned(),
                region: None,
                endpoint: Some(self.s3.server.url.parse().expect("an address")),
                key: Some((key_id.to_owned(), self.folder.path().join("secret"))),
            },
            prefix: "in".to_owned(),
            pattern: None,
            then: Then::Archive,
            quiet: Duration::ZERO,
            grouping: Grouping::EachFile,
            connection: self.weather.connection(),
            retry: self.weather.retry,
            largest: 64 * 1024 * 1024,
            limits: Limits::USUAL,
        }
    }
}

impl crate::Place for Place {
    fn open(&self, _: Option<&str>) -> Source {
        Source::Object(Bucket::open(self.settings(KEY_ID)).expect("the secret is there"))
    }

    fn wrong(&self) -> Result<Source, TransportError> {
        Bucket::open(self.settings("AKIAOTHER")).map(Source::Object)
    }

    fn put(&self, content: &str) {
        let number = self.put.fetch_add(1, Ordering::SeqCst);
        self.s3
            .put(&format!("in/section23-{number}.csv"), content.as_bytes());
    }

    fn is_cleared(&self) -> bool {
        self.s3.keys().iter().all(|key| key.starts_with("in/archive/"))
    }

    fn too_early(&self) -> Vec<String> {
        self.too_early.lock().expect("no panic").clone()
    }

    fn cut(&self) {
        self.s3.server.fail("GET", ".csv", 3, Fault::CloseAt(3_000_000));
    }

    fn storm(&self) {
        self.s3.server.storm(self.seed, FAULTS, self.weather.silence);
    }

    fn log(&self) -> Vec<String> {
        self.s3.server.log()
    }
}
