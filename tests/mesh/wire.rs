//! What is on the wire where nothing goes wrong.

use std::io::Write;

use sendlink_tests::peer::mesh::Mesh;
use transport::mesh::Outgoing;
use zip::{ZipWriter, write::SimpleFileOptions};

use crate::{Receiver, block_on, read};

#[test]
fn a_message_lands_and_then_leaves_the_mailbox() {
    let mesh = Mesh::start(None);
    let id = mesh.put("TRUST1", "S23", "section23-1.csv", &[b"nhs_number\n"], false);
    let receiver = Receiver::of(&mesh);
    let (_, landed) = block_on(receiver.night()).unwrap();
    assert_eq!(landed.len(), 1);
    assert_eq!(read(&landed[0]), b"nhs_number\n");
    assert_eq!(landed[0].files[0].name, "section23-1.csv");
    assert_eq!(landed[0].received.to_string(), "2026-03-01T08:00:00");
    assert!(mesh.acknowledged(&id));
    let (_, again) = block_on(receiver.night()).unwrap();
    assert!(again.is_empty());
    let log = mesh.server.log();
    let inbox = "/messageexchange/AREA1/inbox";
    assert_eq!(
        log[..5],
        [
            "GET /messageexchange/AREA1".to_owned(),
            format!("GET {inbox}"),
            format!("GET {inbox}"),
            format!("HEAD {inbox}/{id}"),
            format!("GET {inbox}/{id}"),
        ]
    );
    assert_eq!(log[5], format!("PUT {inbox}/{id}/status/acknowledged"));
}

#[test]
fn parts_are_put_together_each_opened_on_its_own() {
    let mesh = Mesh::start(None);
    let parts: [&[u8]; 3] = [b"nhs_number,date_of_birth\n", b"9990000018,2022-", b"03-01\n"];
    mesh.put("TRUST1", "S23", "plain.csv", &parts, false);
    mesh.put("TRUST1", "S23", "zipped.csv", &parts, true);
    let receiver = Receiver::of(&mesh);
    let (_, landed) = block_on(receiver.night()).unwrap();
    assert_eq!(landed.len(), 2);
    for one in &landed {
        assert_eq!(read(one), parts.concat());
    }
    assert_eq!(landed[0].hash, landed[1].hash);
}

#[test]
fn a_long_listing_is_read_page_by_page() {
    let mesh = Mesh::start(None);
    for number in 0..25 {
        mesh.put(
            "TRUST1",
            "S23",
            "s23.csv",
            &[format!("row {number}").as_bytes()],
            false,
        );
        mesh.put("TRUST1", "SOMETHING_ELSE", "other.csv", &[b"not ours"], false);
    }
    let (_, landed) = block_on(Receiver::of(&mesh).night()).unwrap();
    assert_eq!(landed.len(), 25);
    // Three pages of our workflow and one of the workflow that we answer under; of the other workflow nothing is asked.
    assert_eq!(mesh.server.count("GET", "/inbox"), 4);
    let untouched = mesh
        .messages()
        .iter()
        .filter(|message| !message.acknowledged)
        .count();
    assert_eq!(untouched, 25);
}

#[test]
fn an_archive_in_a_message_is_a_delivery_of_its_files() {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for name in ["b.csv", "month/a.csv"] {
        writer.start_file(name, SimpleFileOptions::default()).unwrap();
        writer.write_all(name.as_bytes()).unwrap();
    }
    let bytes = writer.finish().unwrap().into_inner();
    let mesh = Mesh::start(None);
    mesh.put("TRUST1", "S23", "month.zip", &[&bytes], false);
    mesh.put("TRUST1", "S23", "broken.zip", &[&bytes[..40]], false);
    let (_, landed) = block_on(Receiver::of(&mesh).night()).unwrap();
    let names: Vec<_> = landed[0].files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["a.csv", "b.csv"]);
    assert_eq!(landed[0].unfit(), None);
    assert_eq!(landed[1].unfit(), Some(&kit::rules::DAMAGED_ARCHIVE));
}

#[test]
fn a_message_is_sent_compressed_in_as_many_parts_as_it_needs() {
    let mesh = Mesh::start(None);
    let mut receiver = Receiver::of(&mesh);
    receiver.settings.part = 10;
    let content = b"feed,rule,rows\ns23,F024,17\n";
    let outgoing = Outgoing {
        to: "TRUST1",
        workflow: "S23_FINDINGS",
        local_id: "s23-0123456789abcdef",
        file: "s23.csv",
        subject: "sendlink findings",
        content,
    };
    block_on(receiver.open().mailbox.send_message(outgoing)).unwrap();
    let sent = &mesh.messages()[0];
    assert_eq!(sent.content(), content);
    assert_eq!(sent.parts.len(), 3);
    assert!(sent.complete && sent.gzip);
    assert_eq!(
        (sent.to.as_str(), sent.workflow.as_str()),
        ("TRUST1", "S23_FINDINGS")
    );
    assert_eq!(sent.local_id, "s23-0123456789abcdef");
}
