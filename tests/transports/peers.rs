//! Storms over servers that are not ours: moto for S3, Azurite for Azure Blob, OpenSSH's sshd, NHS England's sandbox for
//! MESH. A proxy before each harms whole connections.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use kit::retry::RetryPolicy;
use sendlink_tests::peer::{
    azurite::{self, Azurite},
    http,
    process::{Peer, Sshd, mesh_sandbox, programs},
    proxy::Proxy,
};
use tempfile::TempDir;
use transport::{
    Bucket, Grouping, Limits, Mailbox, MeshFeed, Sftp, Source, Then, TransportError,
    mesh::{self, Agreement, Outgoing},
    object::{self, AzureAccess, Store},
    sftp,
};

use crate::{CALM, Shared, Weather, storms::storms};

/// Servers in Python and Node need longer than ours.
const STORMY: Weather = Weather {
    silence: Duration::from_millis(1_500),
    retry: RetryPolicy {
        initial: Duration::from_millis(1),
        max_interval: Duration::from_millis(4),
        budget: Duration::from_secs(5),
    },
};

const SEEDS: u64 = 20;

/// A place on a server that is not ours, for one seed alone.
struct Remote<'a> {
    seed: u64,
    proxy: Proxy,
    port: u16,
    longest: u32,
    count: AtomicUsize,
    /// The source of a seed, reached through this port.
    open: &'a (dyn Fn(u64, u16, Weather) -> Source + Sync),
    /// Leaves a file of this name for a seed.
    put: &'a (dyn Fn(u64, &str, &[u8]) + Sync),
}

impl crate::Place for Remote<'_> {
    fn open(&self, _: Option<&str>) -> Source {
        (self.open)(self.seed, self.proxy.port, STORMY)
    }

    fn wrong(&self) -> Result<Source, TransportError> {
        // What is right with them is tried elsewhere.
        Ok((self.open)(self.seed, 1, STORMY))
    }

    fn put(&self, content: &str) {
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        (self.put)(self.seed, &format!("section23-{number}.csv"), content.as_bytes());
    }

    fn is_cleared(&self) -> bool {
        let source = (self.open)(self.seed, self.port, CALM);
        let listing = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(source.list())
            .expect("the server itself is well");
        listing.ready.is_empty() && listing.noted.is_empty() && listing.unsettled == 0
    }

    fn storm(&self) {
        self.proxy.storm(self.seed, 5, self.longest, STORMY.silence);
    }
}

fn storms_at(
    port: u16,
    longest: u32,
    open: impl Fn(u64, u16, Weather) -> Source + Sync,
    put: impl Fn(u64, &str, &[u8]) + Sync,
) {
    let make = |seed, _: &Shared| Remote {
        seed,
        proxy: Proxy::start(port),
        port,
        longest,
        count: AtomicUsize::new(0),
        open: &open,
        put: &put,
    };
    storms(SEEDS, make, |_| {});
}

fn secret(folder: &Path, name: &str, text: &str) -> std::path::PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).expect("a file");
    path
}

fn bucket(store: Store, seed: u64, weather: Weather) -> Source {
    let settings = object::Settings {
        feed: "s23".to_owned(),
        store,
        prefix: format!("seed {seed}"),
        pattern: None,
        then: Then::Archive,
        quiet: Duration::ZERO,
        grouping: Grouping::EachFile,
        connection: weather.connection(),
        retry: weather.retry,
        largest: 1024 * 1024,
        limits: Limits::USUAL,
    };
    Source::Object(Bucket::open(settings).expect("the secret is there"))
}

#[test]
fn s3_of_moto() {
    let moto = Peer::start("moto", |port| {
        let programs = programs("SENDLINK_TEST_MOTO", "moto_server");
        let mut command = Command::new(programs.join("moto_server"));
        command.args(["-H", "127.0.0.1", "-p"]).arg(port.to_string());
        command
    });
    let put = |path: &str, content: &[u8]| {
        let answer = http::ask(moto.port, "PUT", path, &[], content);
        assert_eq!(answer.0, 200, "{path}");
    };
    put("/essex-send", b"");
    let folder = TempDir::new().expect("a folder");
    let secret = secret(folder.path(), "secret", "a secret");
    storms_at(
        moto.port,
        3_000,
        |seed, port, weather| {
            let store = Store::S3 {
                bucket: "essex-send".to_owned(),
                region: None,
                endpoint: Some(format!("http://127.0.0.1:{port}").parse().expect("an address")),
                key: Some(("AKIAEXAMPLE".to_owned(), secret.clone())),
            };
            bucket(store, seed, weather)
        },
        |seed, name, content| put(&format!("/essex-send/seed%20{seed}/{name}"), content),
    );
}

#[test]
fn azure_blob_of_azurite() {
    let azurite = Azurite::new();
    let folder = TempDir::new().expect("a folder");
    let key = secret(folder.path(), "key", azurite::KEY);
    storms_at(
        azurite.peer.port,
        3_000,
        |seed, port, weather| {
            let endpoint = format!("http://127.0.0.1:{port}/{}", azurite::ACCOUNT);
            let store = Store::Azure {
                account: azurite::ACCOUNT.to_owned(),
                container: azurite::CONTAINER.to_owned(),
                endpoint: Some(endpoint.parse().expect("an address")),
                access: AzureAccess::Key(key.clone()),
            };
            bucket(store, seed, weather)
        },
        |seed, name, content| azurite.put(&format!("seed%20{seed}/{name}"), content),
    );
}

#[test]
fn the_sshd_of_openssh() {
    let sshd = Sshd::new();
    let drop = |seed: u64| sshd.file("drop").join(seed.to_string());
    storms_at(
        sshd.peer.port,
        6_000,
        |seed, port, weather| {
            fs::create_dir_all(drop(seed)).expect("a folder");
            let settings = sftp::Settings {
                feed: "s23".to_owned(),
                host: "127.0.0.1".to_owned(),
                port,
                user: sshd.user(),
                key_file: sshd.file("user-key"),
                passphrase_file: None,
                host_keys: vec![sshd.host_key().parse().expect("a host key")],
                folder: drop(seed).display().to_string(),
                pattern: None,
                then: Then::Archive,
                quiet: Duration::ZERO,
                grouping: Grouping::EachFile,
                silence: weather.silence,
                retry: weather.retry,
                largest: 1024 * 1024,
                limits: Limits::USUAL,
            };
            Source::Sftp(Sftp::open(settings).expect("the key is there"))
        },
        |seed, name, content| {
            fs::create_dir_all(drop(seed)).expect("a folder");
            fs::write(drop(seed).join(name), content).expect("a file");
        },
    );
}

#[test]
fn mesh_of_the_sandbox() {
    let sandbox = mesh_sandbox();
    let folder = TempDir::new().expect("a folder");
    let password_file = secret(folder.path(), "password", "password");
    let shared_key_file = secret(folder.path(), "shared-key", "TestKey");
    let mailbox = |id: &str, port: u16, workflow: String, weather: Weather| {
        Mailbox::open(mesh::Settings {
            id: id.to_owned(),
            url: format!("http://127.0.0.1:{port}").parse().expect("an address"),
            password_file: password_file.clone(),
            shared_key_file: shared_key_file.clone(),
            connection: weather.connection(),
            retry: weather.retry,
            largest_message: 1024 * 1024,
            limits: Limits::USUAL,
            agreed: vec![Agreement {
                workflow,
                sender: "X26ABC1".to_owned(),
            }],
            answers: BTreeSet::new(),
            page: 10,
            part: 200,
        })
        .expect("the secrets are there")
    };
    // Of messages that reach it at one moment the sandbox now and then never lists one.
    let sending = Mutex::new(());
    storms_at(
        sandbox.port,
        2_000,
        |seed, port, weather| {
            Source::Mesh(Arc::new(MeshFeed {
                mailbox: mailbox("X26ABC2", port, format!("S23_{seed}"), weather),
                workflows: vec![format!("S23_{seed}")],
                senders: vec!["X26ABC1".to_owned()],
            }))
        },
        |seed, name, content| {
            let _alone = sending.lock().expect("no panic");
            let workflow = format!("S23_{seed}");
            let sent = mailbox("X26ABC1", sandbox.port, workflow.clone(), CALM);
            let outgoing = Outgoing {
                to: "X26ABC2",
                workflow: &workflow,
                local_id: name,
                file: name,
                subject: "a storm",
                content,
            };
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(sent.send_message(outgoing))
                .expect("the sandbox itself is well");
        },
    );
}
