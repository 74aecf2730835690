//! Throw-away PostgreSQL databases, and clusters for the tests that stop one.

use std::{
    env, fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

use tempfile::TempDir;

/// The folder of PostgreSQL's programs.
///
/// # Panics
/// Where there are none; `tests/run` installs them.
pub fn programs() -> PathBuf {
    if let Some(folder) = env::var_os("SENDLINK_TEST_POSTGRES_BIN") {
        return folder.into();
    }
    let mut found: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").exists())
        .collect();
    found.sort();
    found
        .pop()
        .expect("PostgreSQL 15 or later is installed (tests/run does it)")
}

/// A cluster that can be stopped and started.
pub struct Cluster {
    folder: TempDir,
    options: String,
    /// Its port on loopback.
    pub port: u16,
}

impl Cluster {
    /// Makes and starts a cluster.
    pub fn start() -> Self {
        Cluster::start_with("")
    }

    /// Makes and starts a cluster whose server has further options, such as `-c log_statement=all`.
    pub fn start_with(options: &str) -> Self {
        let folder = TempDir::with_prefix("sendlink-pg-").expect("a folder");
        own(folder.path());
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|socket| socket.local_addr())
            .expect("a port")
            .port();
        let cluster = Cluster {
            folder,
            options: options.to_owned(),
            port,
        };
        let data = cluster.data();
        check(as_postgres(
            "initdb",
            &[
                "-D",
                &data,
                "-A",
                "trust",
                "-U",
                "postgres",
                "--no-sync",
                "--encoding",
                "UTF8",
                "--locale",
                "C.UTF-8",
            ],
        ));
        cluster.up();
        cluster
    }

    /// Starts it again.
    pub fn up(&self) {
        let options = format!(
            "-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60 {}",
            self.port,
            self.folder.path().display(),
            self.options
        );
        let log = self.log_file().display().to_string();
        check(as_postgres(
            "pg_ctl",
            &["-D", &self.data(), "-w", "-l", &log, "-o", &options, "start"],
        ));
    }

    /// Stops it at once, as a power cut would.
    pub fn down(&self) {
        check(as_postgres(
            "pg_ctl",
            &["-D", &self.data(), "-w", "-m", "immediate", "stop"],
        ));
    }

    /// The process that all others of the server are children of.
    pub fn process(&self) -> u32 {
        let file = self.folder.path().join("data/postmaster.pid");
        let text = fs::read_to_string(file).expect("a server that runs");
        text.lines()
            .next()
            .and_then(|line| line.trim().parse().ok())
            .expect("its number")
    }

    /// Its log file.
    pub fn log_file(&self) -> PathBuf {
        self.folder.path().join("server.log")
    }

    /// The URL of its maintenance database.
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn data(&self) -> String {
        self.folder.path().join("data").display().to_string()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = as_postgres("pg_ctl", &["-D", &self.data(), "-m", "immediate", "stop"]);
    }
}

/// A new, empty database of the cluster behind this URL; the URL of it.
pub fn database(cluster: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("t{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    query(cluster, &format!("create database {name}"));
    let (base, _) = cluster.rsplit_once('/').expect("a database in the URL");
    format!("{base}/{name}")
}

/// Runs SQL with psql; the rows, unaligned.
#[track_caller]
pub fn query(url: &str, sql: &str) -> String {
    let output = Command::new(programs().join("psql"))
        .args([url, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql])
        .output()
        .expect("psql starts");
    assert!(
        output.status.success(),
        "{sql}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
}

/// The URL of the cluster that `tests/run` started.
///
/// # Panics
/// Where it did not. A cluster that a test process started for all its tests would outlive it.
pub fn shared() -> String {
    env::var("SENDLINK_TEST_POSTGRES").expect("a PostgreSQL to test on: run the tests through tests/run")
}

fn as_postgres(program: &str, arguments: &[&str]) -> Output {
    let program = programs().join(program);
    let mut command = if is_root() {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The server must not hold this process's pipes open.
    command
        .args(arguments)
        .current_dir("/")
        .stdin(std::process::Stdio::null());
    let errors = tempfile::tempfile().expect("a file");
    command
        .stdout(std::process::Stdio::null())
        .stderr(errors.try_clone().expect("a handle"));
    let status = command.status().expect("PostgreSQL's programs start");
    let mut text = String::new();
    use std::io::{Read, Seek};
    let mut errors = errors;
    errors.rewind().expect("rewinds");
    errors.read_to_string(&mut text).expect("reads");
    Output {
        status,
        stdout: Vec::new(),
        stderr: text.into_bytes(),
    }
}

#[track_caller]
fn check(output: Output) {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

fn own(folder: &Path) {
    if is_root() {
        check(
            Command::new("chown")
                .arg("postgres")
                .arg(folder)
                .output()
                .expect("chown starts"),
        );
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|metadata| {
        use std::os::unix::fs::MetadataExt;
        metadata.uid() == 0
    })
}
