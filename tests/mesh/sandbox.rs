//! A notice from NHS England's own client, through NHS England's own sandbox, and its findings back.

use std::{
    env,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child as Process, Command, Stdio},
    thread,
    time::Duration,
};

use sendlink_tests::{Database, hand::notices_csv};

use crate::nights::{area_at, notice};

/// The sandbox, as a process that ends with the test.
struct Sandbox {
    process: Process,
    url: String,
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The programs of the Python environment that holds `mesh-sandbox` and `mesh-client`.
fn programs() -> PathBuf {
    env::var_os("SENDLINK_TEST_MESH_SANDBOX")
        .expect("a folder with mesh-sandbox and mesh-client: run the tests through tests/run")
        .into()
}

impl Sandbox {
    fn start() -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .expect("a free port")
            .port();
        let process = Command::new(programs().join("uvicorn"))
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
            .env("STORE_MODE", "memory")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the sandbox starts");
        let sandbox = Sandbox {
            process,
            url: format!("http://127.0.0.1:{port}"),
        };
        for _ in 0..300 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return sandbox;
            }
            thread::sleep(Duration::from_millis(100));
        }
        panic!("the sandbox does not answer");
    }

    /// Runs a few lines of Python in which `client` is NHS England's client for this mailbox; what they print.
    fn python(&self, mailbox: &str, lines: &str) -> String {
        let program = format!(
            "import sys\nfrom mesh_client import MeshClient\n\
             with MeshClient({:?}, {mailbox:?}, 'password', shared_key=b'TestKey') as client:\n    client.handshake()\n    {}\n",
            self.url,
            lines.replace('\n', "\n    ")
        );
        let output = Command::new(programs().join("python"))
            .args(["-c", &program])
            .output()
            .expect("Python");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("text")
    }
}

#[test]
fn a_notice_of_the_official_client_becomes_a_row_and_its_findings_come_back() {
    let sandbox = Sandbox::start();
    let (area, children) = area_at(&sandbox.url, Database::Sqlite);
    area.edit_configuration(|text| text.replace("AREA1", "X26ABC2").replace("TRUST1", "X26ABC1"));
    std::fs::write(area.file("password"), "password").unwrap();
    std::fs::write(area.file("shared-key"), "TestKey").unwrap();
    let check = area.run(&["check"]).expect(0);
    assert!(
        check.stdout.contains("mailbox X26ABC2: lets us in"),
        "{}",
        check.stdout
    );

    std::fs::write(
        area.file("notices.csv"),
        notices_csv(&[notice(&children, 0), notice(&children, 1)]),
    )
    .unwrap();
    // In parts of 200 bytes, each compressed.
    sandbox.python(
        "X26ABC1",
        &format!(
            "data = open({:?}, 'rb').read()\nclient.send_message('X26ABC2', data, max_chunk_size=200, compress=True, \
             workflow_id='S23', filename='section23-1.csv')",
            area.file("notices.csv")
        ),
    );
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    assert_eq!(area.count("select count(*) from section23_notice"), 2);
    assert_eq!(
        sandbox.python("X26ABC2", "print(client.list_messages())"),
        "[]\n",
        "it is acknowledged"
    );

    let findings = sandbox.python(
        "X26ABC1",
        "for message in client.iterate_all_messages():\n    if message.workflow_id == 'S23_FINDINGS':\n        \
         sys.stdout.buffer.write(message.read())",
    );
    let written = std::fs::read_to_string(area.file("reports/findings/s23-raj.csv")).unwrap();
    assert_eq!(findings, written);
}
