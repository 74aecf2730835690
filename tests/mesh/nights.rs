//! Whole nights of the program with a mailbox.

use std::fs;

use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, coming_from, notices_csv, notices_feed},
    peer::{
        http::{Fault, Reply},
        mesh::{Mesh, PASSWORD, SHARED_KEY},
    },
};

fn area(mesh: &Mesh, database: Database) -> (Area, Vec<Child>) {
    area_at(&mesh.server.url, database)
}

/// An area with a feed from a mailbox of this service and another from a folder.
pub fn area_at(url: &str, database: Database) -> (Area, Vec<Child>) {
    let children = Child::several(4);
    let area = Area::bare(database);
    let mailed = coming_from(
        &notices_feed("RAJ", "section23/superset"),
        "{ mesh = { mailbox = \"AREA1\", workflows = [\"S23\"], senders = [\"TRUST1\"], findings_to_sender = \
         \"S23_FINDINGS\" } }",
    );
    area.configure(&[mailed, notices_feed("RXX", "section23/superset")], &children);
    fs::create_dir_all(area.file("incoming/s23-rxx")).unwrap();
    fs::write(area.file("password"), PASSWORD).unwrap();
    fs::write(area.file("shared-key"), SHARED_KEY).unwrap();
    let mailbox = format!(
        "\n[[mailbox]]\nid = \"AREA1\"\nurl = \"{}\"\npassword_file = \"password\"\nshared_key_file = \"shared-key\"\n\
         patience = \"2 seconds\"\n",
        url
    );
    area.edit_configuration(|text| text + &mailbox);
    (area, children)
}

/// A notice about one of the children.
pub fn notice(children: &[Child], number: usize) -> Notice {
    Notice::of(&children[number], &format!("N-{number}"), "2025-03-01")
}

fn notices(children: &[Child], numbers: &[usize]) -> String {
    let notices: Vec<_> = numbers.iter().map(|number| notice(children, *number)).collect();
    notices_csv(&notices)
}

const COUNT: &str = "select count(*) from section23_notice";

#[test]
fn a_message_becomes_rows_and_its_sender_gets_the_findings() {
    for database in Database::BOTH {
        let mesh = Mesh::start(None);
        let (area, children) = area(&mesh, database);
        let text = notices(&children, &[0, 1]);
        let (head, tail) = text.as_bytes().split_at(text.len() / 2);
        let id = mesh.put("TRUST1", "S23", "section23-1.csv", &[head, tail], true);
        area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
        assert_eq!(area.count(COUNT), 2);
        assert!(mesh.acknowledged(&id));
        let messages = mesh.messages();
        let findings = messages.last().expect("a message");
        assert_eq!(
            (findings.to.as_str(), findings.workflow.as_str()),
            ("TRUST1", "S23_FINDINGS")
        );
        let written = fs::read(area.file("reports/findings/s23-raj.csv")).unwrap();
        assert_eq!(findings.content(), written);
        // Nothing new: no further message.
        area.run(&["run", "--as-at", "2026-03-03"]).expect(0);
        assert_eq!(mesh.messages().len(), messages.len());
        assert_eq!(area.count(COUNT), 2);
    }
}

#[test]
fn a_night_killed_before_it_acknowledges_fetches_once_more_and_doubles_nothing() {
    let mesh = Mesh::start(None);
    let (area, children) = area(&mesh, Database::Sqlite);
    let id = mesh.put(
        "TRUST1",
        "S23",
        "section23-1.csv",
        &[notices(&children, &[0]).as_bytes()],
        false,
    );
    for point in [
        "night::after-landing",
        "dataset::load::after-commit",
        "night::before-acknowledge",
    ] {
        let killed = area
            .command(&["run", "--as-at", "2026-03-02"])
            .env("SENDLINK_KILL_AT", point)
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "{point}");
        assert!(!mesh.acknowledged(&id), "{point}");
    }
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    assert!(mesh.acknowledged(&id));
    assert_eq!(area.count(COUNT), 1);
    assert_eq!(mesh.server.count("GET", &format!("/{id}")), 4);
}

#[test]
fn a_refused_message_is_acknowledged_too() {
    let mesh = Mesh::start(None);
    let (area, children) = area(&mesh, Database::Sqlite);
    let text = notices(&children, &[0]);
    let id = mesh.put(
        "TRUST1",
        "S23",
        "section23-1.csv",
        &[&text.as_bytes()[..text.len() - 20]],
        false,
    );
    let bomb = mesh.put("TRUST1", "S23", "section23-2.csv.gz", &[b"no gzip"], false);
    let good = mesh.put(
        "TRUST1",
        "S23",
        "section23-3.csv",
        &[notices(&children, &[1]).as_bytes()],
        false,
    );
    area.run(&["run", "--as-at", "2026-03-02"]).expect(3);
    for id in [&id, &bomb, &good] {
        assert!(mesh.acknowledged(id));
    }
    assert_eq!(area.count(COUNT), 1);
    let findings = mesh.messages().last().map(|message| message.content()).unwrap();
    let findings = String::from_utf8(findings).unwrap();
    assert!(
        findings.contains("F061") && findings.contains("F002"),
        "{findings}"
    );
}

#[test]
fn a_service_that_is_down_holds_nothing_else_back() {
    let mesh = Mesh::start(None);
    let (area, children) = area(&mesh, Database::Sqlite);
    mesh.put(
        "TRUST1",
        "S23",
        "section23-1.csv",
        &[notices(&children, &[0]).as_bytes()],
        false,
    );
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    mesh.server
        .fail("GET", "/AREA1", usize::MAX, Fault::Instead(Reply::new(503, "")));
    let notice = [Notice::of(&children[1], "N-1", "2025-03-01")];
    area.put(
        "incoming/s23-rxx/section23-2.csv",
        notices_csv(&notice),
        "2026-03-02",
    );
    let night = area.run(&["run", "--as-at", "2026-03-03"]).expect(3);
    assert!(
        night.stdout.contains("missing: mailbox AREA1"),
        "{}",
        night.stdout
    );
    assert_eq!(
        area.count(COUNT),
        2,
        "the others load, and what was sent before stays"
    );
    let states = area.joint("select feed, state from freshness order by feed");
    assert_eq!(
        states,
        [["s23-raj", "missing"], ["s23-rxx", "current"]],
        "the dataset says so"
    );
    // Each attempt is in the log, with its class and without an address.
    let tries = night
        .stderr
        .lines()
        .filter(|line| line.contains("Shaking hands") && line.contains("busy"))
        .count();
    assert!(tries >= 2, "{}", night.stderr);
    assert!(!night.stderr.contains("http://"), "{}", night.stderr);
}

#[test]
fn a_report_is_on_the_page_and_then_acknowledged() {
    let mesh = Mesh::start(None);
    let (area, _) = area(&mesh, Database::Sqlite);
    let report = mesh.put_report("S23_FINDINGS", "s23-raj-0123456789abcdef");
    let night = area.run(&["run", "--as-at", "2026-03-02"]).expect(3);
    assert!(night.stdout.contains("was not delivered"), "{}", night.stdout);
    assert!(mesh.acknowledged(&report));
    area.run(&["run", "--as-at", "2026-03-03"]).expect(0);
}

#[test]
fn findings_that_cannot_be_sent_are_an_alert() {
    let mesh = Mesh::start(None);
    let (area, children) = area(&mesh, Database::Sqlite);
    let id = mesh.put(
        "TRUST1",
        "S23",
        "section23-1.csv",
        &[notices(&children, &[0]).as_bytes()],
        false,
    );
    mesh.server
        .fail("POST", "/outbox", 1, Fault::Instead(Reply::new(417, "{}")));
    let night = area.run(&["run", "--as-at", "2026-03-02"]).expect(3);
    assert!(night.stderr.contains("Findings are not sent"), "{}", night.stderr);
    assert!(mesh.acknowledged(&id));
}

#[test]
fn a_check_and_a_dry_run_change_nothing() {
    let mesh = Mesh::start(None);
    let (area, children) = area(&mesh, Database::Sqlite);
    let id = mesh.put(
        "TRUST1",
        "S23",
        "section23-1.csv",
        &[notices(&children, &[0]).as_bytes()],
        false,
    );
    let check = area.run(&["check"]).expect(0);
    assert!(
        check
            .stdout
            .contains("mailbox AREA1: lets us in; 1 messages wait"),
        "{}",
        check.stdout
    );
    let dry = area.run(&["run", "--as-at", "2026-03-02", "--dry-run"]).expect(0);
    assert!(dry.stdout.contains("1 rows"), "{}", dry.stdout);
    assert!(!mesh.acknowledged(&id));
    assert!(!area.file("landing").exists());
    fs::write(area.file("password"), "another").unwrap();
    let check = area.run(&["check"]).expect(3);
    assert!(
        check.stdout.contains("lets us in no further (403)"),
        "{}",
        check.stdout
    );
    fs::remove_file(area.file("password")).unwrap();
    let check = area.run(&["check"]).expect(78);
    assert!(check.stdout.contains("password_file"), "{}", check.stdout);
}

#[test]
fn what_is_wrong_with_a_mailbox_is_said_at_once() {
    let mesh = Mesh::start(None);
    let (area, _) = area(&mesh, Database::Sqlite);
    area.edit_configuration(|text| {
        text.replace(&mesh.server.url, "http://mesh.example.org")
            .replace("senders = [\"TRUST1\"]", "senders = []")
    });
    let ended = area.run(&["check"]).expect(78);
    assert!(ended.stderr.contains("begins with https://"), "{}", ended.stderr);
    assert!(ended.stderr.contains("senders"), "{}", ended.stderr);
}
