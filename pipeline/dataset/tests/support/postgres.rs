//! A PostgreSQL server to test on: the one that `SENDLINK_TEST_POSTGRES` names, or a throw-away cluster of
//! one's own, which goes away with the last test that uses it. Where there is neither, tests fail loudly.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex, Weak,
        atomic::{AtomicU32, Ordering},
    },
};

use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

/// The variable that names a server: a URL of a superuser on a throw-away cluster.
const VARIABLE: &str = "SENDLINK_TEST_POSTGRES";

/// A cluster of one's own, stopped and removed when dropped.
pub struct Cluster {
    folder: PathBuf,
    port: u16,
}

impl Cluster {
    /// Makes and starts a cluster on a free port of the loopback interface, without passwords or fsync.
    pub fn start() -> Cluster {
        let folder = tempfile::Builder::new()
            .prefix("sendlink-postgres-")
            .tempdir()
            .unwrap()
            .keep();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(&folder));
        }
        // Free a moment ago, and the system hands ports out in turn.
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let cluster = Cluster { folder, port };
        run(as_server("initdb")
            .args([
                "--auth=trust",
                "--username=postgres",
                "--encoding=UTF8",
                "--no-sync",
                "-D",
            ])
            .arg(cluster.data()));
        cluster.start_server();
        cluster
    }

    /// Starts the server again after [`Cluster::stop_server`].
    pub fn start_server(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off \
             -c full_page_writes=off -c log_min_error_statement=panic -c log_error_verbosity=terse \
             -c log_parameter_max_length=0 -c log_parameter_max_length_on_error=0",
            self.port,
            self.folder.display()
        );
        run(as_server("pg_ctl")
            .args(["start", "--wait", "--silent", "-o", &options, "-l"])
            .arg(self.log())
            .arg("-D")
            .arg(self.data()));
    }

    /// Stops the server as a crash would.
    pub fn stop_server(&self) {
        run(as_server("pg_ctl")
            .args(["stop", "--wait", "--silent", "-m", "immediate", "-D"])
            .arg(self.data()));
    }

    /// The address of its maintenance database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The server's log.
    pub fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = as_server("pg_ctl")
            .args(["stop", "--silent", "-m", "immediate", "-D"])
            .arg(self.data())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A database of one's own on a server that is kept while it is used.
pub struct Database {
    /// Its address, for the superuser.
    pub url: String,
    _cluster: Option<Arc<Cluster>>,
}

impl Database {
    /// Makes an empty database.
    pub async fn new() -> Database {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let (server, cluster) = server();
        let name = format!(
            "sendlink_{}_{}_{}",
            std::process::id(),
            // A server may outlive many processes, and their numbers come again.
            std::time::UNIX_EPOCH.elapsed().unwrap().as_micros(),
            MADE.fetch_add(1, Ordering::Relaxed)
        );
        let mut connection = connect(&server).await;
        // Another collation than ours, so that a comparison that forgets its own shows.
        let sql = format!(
            "create database {name} template template0 locale_provider icu icu_locale 'en-GB' locale 'C.UTF-8'"
        );
        sqlx::query(AssertSqlSafe(sql))
            .execute(&mut connection)
            .await
            .unwrap();
        connection.close().await.unwrap();
        let base = server.rsplit_once('/').unwrap().0.to_owned();
        Database {
            url: format!("{base}/{name}"),
            _cluster: cluster,
        }
    }

    /// A connection to it.
    pub async fn connect(&self) -> PgConnection {
        connect(&self.url).await
    }
}

async fn connect(url: &str) -> PgConnection {
    url.parse::<PgConnectOptions>()
        .unwrap()
        .disable_statement_logging()
        .connect()
        .await
        .unwrap()
}

/// The server's address, and the cluster to keep where it is our own.
fn server() -> (String, Option<Arc<Cluster>>) {
    static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    if let Ok(url) = std::env::var(VARIABLE) {
        return (url, None);
    }
    let mut shared = SHARED.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let cluster = shared.upgrade().unwrap_or_else(|| {
        let cluster = Arc::new(Cluster::start());
        *shared = Arc::downgrade(&cluster);
        cluster
    });
    (cluster.url(), Some(cluster))
}

/// A program of the server, under an account that the server accepts: it refuses to run as root.
fn as_server(program: &str) -> Command {
    let program = find(program);
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command
        .args(["-u", "postgres", "--"])
        .arg(program)
        .current_dir("/");
    command
}

fn find(program: &str) -> PathBuf {
    let mut folders: Vec<PathBuf> =
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    // Debian keeps the server's programs apart, by version; the latest last.
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|versions| {
            versions
                .flatten()
                .map(|version| version.path().join("bin"))
                .collect()
        })
        .unwrap_or_default();
    versions.sort();
    folders.extend(versions.into_iter().rev());
    folders
        .iter()
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| {
            panic!(
                "{program} was not found: install PostgreSQL 15 or later, or set {VARIABLE} to a server's URL"
            )
        })
}

fn is_root() -> bool {
    fs::metadata(Path::new("/proc/self")).is_ok_and(|process| process.uid() == 0)
}

fn run(command: &mut Command) {
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{:?} failed: {}",
        command.get_program(),
        String::from_utf8_lossy(&output.stderr)
    );
}
