//! What goes wrong on the wire: nothing is lost, nothing comes twice, nothing is acknowledged before it is durable.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use sendlink_tests::peer::{
    http::{Fault, Reply},
    mesh::Mesh,
};
use transport::{TransportError, mesh::Outgoing};

use crate::{Receiver, block_on, read};

const PARTS: [&[u8]; 2] = [
    b"nhs_number,date_of_birth\n9990000018,2022-03-01\n",
    b"9990000026,2021-12-24\n",
];

/// A service with one message of two parts, and the requests of a night that takes it.
fn service(gzip: bool) -> (Mesh, String, [(&'static str, String); 6]) {
    let mesh = Mesh::start(None);
    let id = mesh.put("TRUST1", "S23", "s23.csv", &PARTS, gzip);
    let requests = [
        ("GET", "/AREA1".to_owned()),
        ("GET", "/inbox".to_owned()),
        ("HEAD", format!("/{id}")),
        ("GET", format!("/{id}")),
        ("GET", format!("/{id}/2")),
        ("PUT", "/acknowledged".to_owned()),
    ];
    (mesh, id, requests)
}

/// A night gets the message whole, once, and acknowledges it, though this happens to one of its requests.
#[track_caller]
fn survives(request: usize, gzip: bool, times: usize, fault: Fault) {
    let (mesh, id, requests) = service(gzip);
    let (method, path) = &requests[request];
    mesh.server.fail(method, path, times, fault.clone());
    let receiver = Receiver::of(&mesh);
    let (_, landed) =
        block_on(receiver.night()).unwrap_or_else(|error| panic!("{fault:?} on {method} {path}: {error}"));
    assert_eq!(landed.len(), 1, "{fault:?} on {method} {path}");
    assert_eq!(read(&landed[0]), PARTS.concat(), "{fault:?} on {method} {path}");
    assert!(mesh.acknowledged(&id));
}

/// Longer than any answer to a night's requests.
const LONGEST: usize = 768;

#[test]
fn a_reset_at_any_byte_of_the_exchange_loses_nothing() {
    for request in 0..6 {
        for at in (0..LONGEST).step_by(64) {
            survives(request, false, 1, Fault::ResetAt(at));
        }
    }
}

#[test]
fn a_body_that_is_cut_short_at_any_byte_is_asked_for_again() {
    for request in 0..6 {
        for at in (0..LONGEST).step_by(64) {
            survives(request, true, 1, Fault::CloseAt(at));
        }
    }
}

#[test]
fn errors_that_pass_are_waited_out() {
    for request in 0..6 {
        for status in [425, 429, 500, 502, 503, 504] {
            survives(request, false, 3, Fault::Instead(Reply::new(status, "busy")));
        }
        survives(request, true, 1, Fault::Slices);
    }
}

#[test]
fn a_service_that_hangs_is_given_up_and_asked_again() {
    for request in [1, 3] {
        survives(request, false, 1, Fault::Hang(Duration::from_secs(2)));
    }
}

#[test]
fn a_service_that_says_how_long_to_wait_is_obeyed() {
    let wait = Fault::Instead(Reply::new(429, "").with("retry-after", 1));
    let started = Instant::now();
    survives(3, false, 1, wait);
    assert!(started.elapsed() >= Duration::from_secs(1));
}

#[test]
fn errors_that_do_not_pass_are_not_tried_again() {
    for status in [400, 401, 403, 404, 417] {
        let (mesh, id, _) = service(false);
        mesh.server
            .fail("GET", "/AREA1", 9, Fault::Instead(Reply::new(status, "{}")));
        let error = block_on(Receiver::of(&mesh).night()).unwrap_err();
        assert!(matches!(error, TransportError::Source { .. }), "{error}");
        assert_eq!(mesh.server.log().len(), 1, "{status}");
        assert!(!mesh.acknowledged(&id));
    }
}

#[test]
fn a_redirect_is_not_followed() {
    let (mesh, id, _) = service(false);
    let elsewhere = Mesh::start(None);
    let moved = Reply::new(302, "").with(
        "location",
        format!("{}/messageexchange/AREA1", elsewhere.server.url),
    );
    mesh.server.fail("GET", "/AREA1", 9, Fault::Instead(moved));
    let error = block_on(Receiver::of(&mesh).night()).unwrap_err();
    assert!(error.to_string().contains("redirects"), "{error}");
    assert_eq!(elsewhere.server.log(), Vec::<String>::new());
    assert!(!mesh.acknowledged(&id));
}

#[test]
fn a_page_that_leads_elsewhere_is_not_followed() {
    let (mesh, ..) = service(false);
    let elsewhere = Mesh::start(None);
    let link = format!("{}/messageexchange/AREA1/inbox", elsewhere.server.url);
    let page = format!(r#"{{"messages":[],"links":{{"next":"{link}"}}}}"#);
    mesh.server
        .fail("GET", "/inbox", 1, Fault::Instead(Reply::new(200, page)));
    block_on(Receiver::of(&mesh).night()).unwrap_err();
    assert_eq!(elsewhere.server.log(), Vec::<String>::new());
}

#[test]
fn a_source_that_stays_down_is_given_up_within_its_budget() {
    let (mesh, ..) = service(false);
    mesh.server
        .fail("GET", "/AREA1", usize::MAX, Fault::Instead(Reply::new(503, "")));
    let mut receiver = Receiver::of(&mesh);
    receiver.settings.retry.budget = Duration::from_millis(500);
    let feed = receiver.open();
    let started = Instant::now();
    let first = block_on(feed.list()).unwrap_err().to_string();
    assert!(started.elapsed() < Duration::from_secs(2));
    // The other feeds of the mailbox are told the same at once.
    let asked = mesh.server.log().len();
    let second = block_on(feed.list()).unwrap_err().to_string();
    assert_eq!(first, second);
    assert_eq!(mesh.server.log().len(), asked);
}

#[test]
fn a_clock_that_is_off_is_told_in_words() {
    let (mesh, ..) = service(false);
    mesh.set_clock_ahead(SignedDuration::from_mins(150));
    let error = block_on(Receiver::of(&mesh).night()).unwrap_err().to_string();
    assert!(error.contains("the clock of this machine is 1"), "{error}");
    assert!(error.contains("minutes behind the server's"), "{error}");
    assert_eq!(mesh.server.log().len(), 1);
}

#[test]
fn a_message_that_is_gone_leaves_its_neighbours_alone() {
    let (mesh, gone, _) = service(false);
    let id = mesh.put("TRUST1", "S23", "s23.csv", &[b"another"], false);
    mesh.change(&gone, |message| message.expired = true);
    let (listing, landed) = block_on(Receiver::of(&mesh).night()).unwrap();
    assert_eq!(landed.len(), 1);
    assert_eq!(listing.alerts.len(), 1);
    assert!(
        listing.alerts[0].contains("no longer has it"),
        "{}",
        listing.alerts[0]
    );
    assert!(mesh.acknowledged(&id) && !mesh.acknowledged(&gone));
}

#[test]
fn what_is_larger_than_the_limit_is_not_taken() {
    let mesh = Mesh::start(None);
    let large = vec![b'x'; 2 * 1024 * 1024];
    for gzip in [false, true] {
        let id = mesh.put("TRUST1", "S23", "s23.csv", &[&large], gzip);
        let receiver = Receiver::of(&mesh);
        let error = block_on(receiver.night()).unwrap_err();
        assert!(matches!(error, TransportError::Delivery { .. }), "{error}");
        assert!(error.to_string().contains("1048576 bytes"), "{error}");
        assert!(!mesh.acknowledged(&id));
        mesh.change(&id, |message| message.acknowledged = true);
    }
}

#[test]
fn a_compressed_part_that_is_damaged_is_not_taken() {
    for cut in [1, 6, 12] {
        let (mesh, id, _) = service(true);
        mesh.change(&id, |message| {
            let length = message.parts[1].len();
            message.parts[1].truncate(length - cut);
        });
        let error = block_on(Receiver::of(&mesh).night()).unwrap_err();
        assert!(matches!(error, TransportError::Delivery { .. }), "{error}");
        assert!(!mesh.acknowledged(&id));
    }
}

#[test]
fn the_first_part_of_what_we_send_is_sent_once() {
    let outgoing = Outgoing {
        to: "TRUST1",
        workflow: "S23_FINDINGS",
        local_id: "x",
        file: "s23.csv",
        subject: "sendlink findings",
        content: b"0123456789abcdefghij",
    };
    for fault in [
        Fault::Instead(Reply::new(503, "")),
        Fault::ResetAt(0),
        Fault::CloseAt(20),
        Fault::Hang(Duration::from_secs(1)),
    ] {
        let mesh = Mesh::start(None);
        mesh.server.fail("POST", "/outbox", 1, fault);
        let error = block_on(Receiver::of(&mesh).open().mailbox.send_message(outgoing)).unwrap_err();
        assert!(matches!(error, TransportError::Send { .. }), "{error}");
        assert_eq!(mesh.server.count("POST", "/outbox"), 1);
    }
    // What follows the first part replaces itself, and is repeated.
    let mesh = Mesh::start(None);
    let mut receiver = Receiver::of(&mesh);
    receiver.settings.part = 10;
    mesh.server.fail("POST", "/2", 2, Fault::CloseAt(10));
    block_on(receiver.open().mailbox.send_message(outgoing)).unwrap();
    let sent = &mesh.messages()[0];
    assert_eq!(sent.content(), outgoing.content);
    assert!(sent.complete);
}
