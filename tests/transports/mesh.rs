//! A MESH mailbox, at a service of our own.

use std::{
    collections::BTreeSet,
    fs,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use sendlink_tests::peer::{
    http::Fault,
    mesh::{Mesh, PASSWORD, SHARED_KEY},
};
use tempfile::TempDir;
use transport::{
    Limits, Mailbox, MeshFeed, Source, TransportError,
    mesh::{Agreement, Settings},
};

use crate::{FAULTS, Shared, Weather, is_durable};

/// A mailbox whose service knows what may be acknowledged.
pub struct Place {
    seed: u64,
    weather: Weather,
    mesh: Mesh,
    folder: TempDir,
    put: AtomicUsize,
    too_early: Arc<Mutex<Vec<String>>>,
}

impl Place {
    /// An empty one.
    pub fn new(seed: u64, weather: Weather, ledger: &Shared) -> Self {
        let mesh = Mesh::start(None);
        let too_early = Arc::new(Mutex::new(Vec::new()));
        let (ledger, told) = (Arc::clone(ledger), Arc::clone(&too_early));
        mesh.on_acknowledge(Box::new(move |message| {
            if !is_durable(&ledger, &message.content()) {
                told.lock().expect("no panic").push(message.id.clone());
            }
        }));
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("password"), PASSWORD).expect("a file");
        fs::write(folder.path().join("shared-key"), SHARED_KEY).expect("a file");
        Place {
            seed,
            weather,
            mesh,
            folder,
            put: AtomicUsize::new(0),
            too_early,
        }
    }

    fn feed(&self, password: &str) -> Result<Source, TransportError> {
        let mailbox = Mailbox::open(Settings {
            id: "AREA1".to_owned(),
            url: self.mesh.server.url.parse().expect("an address"),
            password_file: self.folder.path().join(password),
            shared_key_file: self.folder.path().join("shared-key"),
            connection: self.weather.connection(),
            retry: self.weather.retry,
            largest_message: 64 * 1024 * 1024,
            limits: Limits::USUAL,
            agreed: vec![Agreement {
                workflow: "S23".to_owned(),
                sender: "TRUST1".to_owned(),
            }],
            answers: BTreeSet::new(),
            page: 10,
            part: Settings::PART,
        })?;
        Ok(Source::Mesh(Arc::new(MeshFeed {
            mailbox,
            workflows: vec!["S23".to_owned()],
            senders: vec!["TRUST1".to_owned()],
        })))
    }
}

impl crate::Place for Place {
    fn open(&self, _: Option<&str>) -> Source {
        self.feed("password").expect("the secrets are there")
    }

    fn wrong(&self) -> Result<Source, TransportError> {
        self.feed("shared-key")
    }

    /// In one part or two, compressed or not.
    fn put(&self, content: &str) {
        let number = self.put.fetch_add(1, Ordering::SeqCst);
        let (head, tail) = content.as_bytes().split_at(content.len() / 2);
        let parts: &[&[u8]] = if number == 0 {
            &[content.as_bytes()]
        } else {
            &[head, tail]
        };
        let file = format!("section23-{number}.csv");
        self.mesh.put("TRUST1", "S23", &file, parts, number == 2);
    }

    fn is_cleared(&self) -> bool {
        self.mesh.messages().iter().all(|message| message.acknowledged)
    }

    fn too_early(&self) -> Vec<String> {
        self.too_early.lock().expect("no panic").clone()
    }

    fn cut(&self) {
        self.mesh.server.fail("GET", "", 6, Fault::CloseAt(3_000_000));
    }

    fn storm(&self) {
        self.mesh.server.storm(self.seed, FAULTS, self.weather.silence);
    }

    fn log(&self) -> Vec<String> {
        self.mesh.server.log()
    }
}
