//! Servers that are not ours, as processes that end with the test.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// A server on a port of this machine.
pub struct Peer {
    process: Child,
    /// Its port.
    pub port: u16,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Peer {
    /// Starts a program that listens on the port that it is given, and waits until it does.
    ///
    /// # Panics
    /// Where it does not.
    pub fn start(name: &str, command: impl FnOnce(u16) -> Command) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let process = command(port)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let peer = Peer { process, port };
        // A Python or Node program on a busy machine takes its time.
        for _ in 0..600 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return peer;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("{name} does not answer");
    }
}

/// The folder with the programs of a peer, which `tests/run` installs and names.
///
/// # Panics
/// Where it does not name one.
pub fn programs(variable: &str, what: &str) -> PathBuf {
    env::var_os(variable)
        .unwrap_or_else(|| panic!("{variable} names no folder with {what}: run the tests through tests/run"))
        .into()
}

/// A program of the Python environment that holds `mesh-sandbox` and `mesh-client`.
pub fn mesh_program(name: &str) -> PathBuf {
    programs("SENDLINK_TEST_MESH_SANDBOX", "mesh-sandbox and mesh-client").join(name)
}

/// NHS England's sandbox of MESH, with full authentication under the shared key `TestKey`.
///
/// # Panics
/// Where it does not answer.
pub fn mesh_sandbox() -> Peer {
    Peer::start("the MESH sandbox", |port| {
        let mut command = Command::new(mesh_program("uvicorn"));
        command
            .args([
                "mesh_sandbox.api:app",
                "--host",
                "127.0.0.1",
                "--workers",
                "1",
                "--port",
            ])
            .arg(port.to_string())
            .env("AUTH_MODE", "full")
            .env("SHARED_KEY", "TestKey")
            .env("STORE_MODE", "memory");
        command
    })
}

/// OpenSSH's server, with a key of its own, for one user with one key: whoever runs the test.
pub struct Sshd {
    /// The server.
    pub peer: Peer,
    place: TempDir,
}

impl Sshd {
    /// Starts it.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let place = TempDir::new().expect("a folder");
        let path = |name: &str| place.path().join(name);
        for key in ["host-key", "user-key", "other-key"] {
            make_key(&path(key));
        }
        fs::copy(path("user-key.pub"), path("authorized")).expect("a file");
        fs::create_dir(path("drop")).expect("a folder");
        // The privilege separation of sshd wants this folder, where it runs as root.
        let _ = fs::create_dir_all("/run/sshd");
        let peer = Peer::start("sshd", |port| {
            let configuration = format!(
                "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\n\
                 PasswordAuthentication no\nPermitRootLogin yes\nPidFile none\nMaxStartups 100\nSubsystem sftp \
                 internal-sftp\n",
                path("host-key").display(),
                path("authorized").display()
            );
            fs::write(path("sshd_config"), configuration).expect("a file");
            let mut command = Command::new(sshd());
            command.arg("-D").arg("-f").arg(path("sshd_config"));
            command
        });
        Sshd { peer, place }
    }

    /// A file of it: `user-key`, `other-key`, `host-key.pub`; or the folder `drop` that it serves.
    pub fn file(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Its host key, without the comment.
    pub fn host_key(&self) -> String {
        let text = fs::read_to_string(self.file("host-key.pub")).expect("a key");
        text.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
    }

    /// The user's name.
    pub fn user(&self) -> String {
        let output = Command::new("id").arg("-un").output().expect("id");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

fn make_key(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .expect("ssh-keygen: run the tests through tests/run");
    assert!(made.success());
}

/// `sshd` insists on being called by its whole path.
fn sshd() -> PathBuf {
    ["/usr/sbin/sshd", "/usr/bin/sshd", "/usr/local/sbin/sshd"]
        .into_iter()
        .map(PathBuf::from)
        .find(|path| path.exists())
        .expect("sshd: run the tests through tests/run")
}
