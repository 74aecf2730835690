//! Whom the mailbox believes: senders, reports, certificates.

use std::{fs, path::PathBuf};

use sendlink_tests::peer::{
    mesh::Mesh,
    tls::{Authority, Signed},
};
use transport::{Checked, Offered};

use crate::{Receiver, block_on};

#[test]
fn a_message_of_a_stranger_stays_where_it_is() {
    let mesh = Mesh::start(None);
    let ours = mesh.put("TRUST1", "S23", "s23.csv", &[b"ours"], false);
    let strange = mesh.put("TRUST2", "S23", "s23.csv", &[b"a stranger's"], false);
    let (listing, landed) = block_on(Receiver::of(&mesh).night()).unwrap();
    assert_eq!(landed.len(), 1);
    assert!(mesh.acknowledged(&ours) && !mesh.acknowledged(&strange));
    assert_eq!(
        mesh.server.count("GET", &format!("/{strange}")),
        0,
        "not even fetched"
    );
    assert_eq!(listing.alerts.len(), 1);
    assert!(
        listing.alerts[0].starts_with("1 messages in mailbox AREA1"),
        "{}",
        listing.alerts[0]
    );
}

#[test]
fn a_report_is_told_and_is_no_delivery() {
    let mesh = Mesh::start(None);
    let report = mesh.put_report("S23_FINDINGS", "s23-0123456789abcdef");
    let receiver = Receiver::of(&mesh);
    let (listing, landed) = block_on(receiver.night()).unwrap();
    assert!(landed.is_empty());
    assert_eq!(
        listing.alerts,
        [
            "a message that mailbox AREA1 sent (s23-0123456789abcdef) was not delivered: nobody collected it within five days"
        ]
    );
    // It is acknowledged once it is written down, which is for the night to say.
    assert!(!mesh.acknowledged(&report));
    let [noted @ Offered::Mesh(..)] = listing.noted.as_slice() else {
        panic!("one report")
    };
    block_on(noted.acknowledge()).unwrap();
    assert!(mesh.acknowledged(&report));
}

/// A service with TLS, and a mailbox that shows this certificate and trusts this authority.
fn over_tls(
    server: &Authority,
    certificate: &Signed,
    client: Option<&Signed>,
    trusted: &Authority,
) -> (Mesh, Receiver) {
    let mesh = Mesh::start(Some(server.server(certificate)));
    let mut receiver = Receiver::of(&mesh);
    let file = |name: &str, text: &str| -> PathBuf {
        let path = receiver.place.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    let connection = &mut receiver.settings.connection;
    connection.certificate = client.map(|signed| {
        (
            file("client.crt", &signed.certificate),
            file("client.key", &signed.key),
        )
    });
    connection.authority = Some(file("authority.crt", &trusted.pem()));
    (mesh, receiver)
}

const LATE: i32 = 2099;

#[test]
fn both_sides_show_certificates() {
    let authority = Authority::new();
    let (server, client) = (
        authority.sign("127.0.0.1", LATE),
        authority.sign("local.x26.api.mesh-client.nhs.uk", LATE),
    );
    let (mesh, receiver) = over_tls(&authority, &server, Some(&client), &authority);
    let id = mesh.put("TRUST1", "S23", "s23.csv", &[b"x"], false);
    let (_, landed) = block_on(receiver.night()).unwrap();
    assert_eq!(landed.len(), 1);
    assert!(mesh.acknowledged(&id));
}

#[test]
fn a_certificate_that_is_not_right_ends_it_at_once() {
    let (authority, other) = (Authority::new(), Authority::new());
    let right = authority.sign("127.0.0.1", LATE);
    let client = authority.sign("client", LATE);
    let cases = [
        (
            "another host",
            authority.sign("mesh.example.org", LATE),
            Some(&client),
            &authority,
        ),
        (
            "ended",
            authority.sign("127.0.0.1", 2024),
            Some(&client),
            &authority,
        ),
        (
            "another authority",
            authority.sign("127.0.0.1", LATE),
            Some(&client),
            &other,
        ),
        ("no client certificate", right, None, &authority),
    ];
    for (what, server, client, trusted) in cases {
        let (mesh, receiver) = over_tls(&authority, &server, client, trusted);
        let started = std::time::Instant::now();
        let error = block_on(receiver.night()).unwrap_err().to_string();
        assert!(error.contains("TLS handshake failed"), "{what}: {error}");
        assert!(started.elapsed().as_secs() < 2, "{what} is not tried again");
        assert_eq!(
            mesh.server.log(),
            Vec::<String>::new(),
            "{what}: nothing was sent"
        );
    }
}

#[test]
fn a_client_certificate_of_another_authority_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authority.sign("127.0.0.1", LATE);
    let client = other.sign("client", LATE);
    let (_mesh, receiver) = over_tls(&authority, &server, Some(&client), &authority);
    let error = block_on(receiver.night()).unwrap_err().to_string();
    assert!(error.contains("TLS handshake failed"), "{error}");
}

#[test]
fn a_check_looks_at_certificates_and_changes_nothing() {
    let authority = Authority::new();
    let server = authority.sign("127.0.0.1", LATE);
    let client = authority.sign("client", LATE);
    let (mesh, receiver) = over_tls(&authority, &server, Some(&client), &authority);
    let id = mesh.put("TRUST1", "S23", "s23.csv", &[b"x"], false);
    let seen = block_on(receiver.open().check());
    assert_eq!(
        seen,
        [
            Checked::Good("our certificate holds until 2099-01-01".to_owned()),
            Checked::Good("the server's certificate holds until 2099-01-01".to_owned()),
            Checked::Good("mailbox AREA1: lets us in; 1 messages wait".to_owned()),
        ]
    );
    assert_eq!(
        mesh.server.log(),
        ["GET /messageexchange/AREA1", "GET /messageexchange/AREA1/inbox"]
    );
    assert!(!mesh.acknowledged(&id));
}

#[test]
fn a_certificate_that_has_ended_is_seen_before_the_night() {
    let authority = Authority::new();
    let server = authority.sign("127.0.0.1", LATE);
    let client = authority.sign("client", 2024);
    let (_mesh, receiver) = over_tls(&authority, &server, Some(&client), &authority);
    let seen = block_on(receiver.open().check());
    assert_eq!(
        seen[0],
        Checked::Bad("our certificate ended on 2024-01-01".to_owned())
    );
    assert!(matches!(seen[1], Checked::Bad(_)), "{seen:?}");
}
