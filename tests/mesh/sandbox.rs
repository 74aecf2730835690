//! A notice from NHS England's own client, through NHS England's own sandbox, and its findings back.

use std::process::Command;

use sendlink_tests::{
    Database,
    hand::notices_csv,
    peer::process::{Peer, mesh_program, mesh_sandbox},
};

use crate::nights::{area_at, notice};

/// The sandbox, and where it answers.
struct Sandbox {
    _peer: Peer,
    url: String,
}

impl Sandbox {
    fn start() -> Self {
        let peer = mesh_sandbox();
        Sandbox {
            url: format!("http://127.0.0.1:{}", peer.port),
            _peer: peer,
        }
    }

    /// Runs a few lines of Python in which `client` is NHS England's client for this mailbox; what they print.
    fn python(&self, mailbox: &str, lines: &str) -> String {
        let program = format!(
            "import sys\nfrom mesh_client import MeshClient\n\
             with MeshClient({:?}, {mailbox:?}, 'password', shared_key=b'TestKey') as client:\n    client.handshake()\n    {}\n",
            self.url,
            lines.replace('\n', "\n    ")
        );
        let output = Command::new(mesh_program("python"))
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
