//! Lists of opt-outs that go to the service and come back over MESH.

use std::fs;

use jiff::{ToSpan, civil::date};
use sendlink_tests::{
    Area, Database,
    hand::{Child, Review, Submission, community, community_feed},
    peer::{
        http::{Fault, Reply},
        mesh::{Mesh, PASSWORD, SHARED_KEY},
    },
};

const REVIEWED: Submission = Submission {
    provider: "RAT",
    month: "2024-03-01",
    made: "2024-04-20",
};

/// An area whose feed of reviews needs opt-outs, which `TRUST2` checks.
fn area(mesh: &Mesh, database: Database) -> (Area, Vec<Child>) {
    let children = Child::several(3);
    let area = Area::bare(database);
    let feed = community_feed("RAT").replace("\"duty\"", "\"s251-with-opt-out\"");
    area.configure(&[feed], &children);
    fs::write(area.file("password"), PASSWORD).unwrap();
    fs::write(area.file("shared-key"), SHARED_KEY).unwrap();
    let url = &mesh.server.url;
    area.edit_configuration(|text| {
        format!(
            r#"{text}
[[mailbox]]
id = "AREA1"
url = "{url}"
password_file = "password"
shared_key_file = "shared-key"
patience = "2 seconds"

[opt_outs]
mesh = {{ mailbox = "AREA1", to = "TRUST2" }}
"#
        )
    });
    let reviews: Vec<Review> = children
        .iter()
        .zip(["CC1", "CC2", "CC3"])
        .map(|(child, id)| Review {
            id,
            child,
            day: "2024-03-05",
            scores: [60, 55, 50, 45, 40],
        })
        .collect();
    area.put_submission("reviews-rat", REVIEWED, &community(REVIEWED, &reviews));
    (area, children)
}

#[track_caller]
fn night(area: &Area, day: i64, code: i32) -> String {
    let day = date(2026, 3, 2).checked_add(day.days()).unwrap();
    area.night_as_at(&day.to_string()).expect(code).stdout
}

fn list(children: &[&Child]) -> String {
    children
        .iter()
        .map(|child| format!("{},\n", child.nhs_number))
        .collect()
}

const WORKFLOW: &str = "SPINE_NTT_UPHOLDING";
const REVIEWS: &str = "select count(*) from two_year_review";

#[test]
fn a_list_goes_out_one_night_and_comes_back_the_next() {
    for database in Database::BOTH {
        let mesh = Mesh::start(None);
        let (area, children) = area(&mesh, database);
        let [first, second, third] = children.as_slice() else {
            unreachable!()
        };
        night(&area, 0, 3);
        let messages = mesh.messages();
        let [sent] = messages.as_slice() else {
            panic!("one message: {messages:?}");
        };
        assert_eq!(
            (sent.to.as_str(), sent.workflow.as_str(), sent.file.as_str()),
            ("TRUST2", WORKFLOW, "AREA1-020326-0001.dat")
        );
        assert!(!sent.local_id.is_empty());
        let content = String::from_utf8(sent.content()).unwrap();
        assert_eq!(content, list(&[first, second, third]));
        // While it waits, no second one goes out.
        night(&area, 1, 3);
        assert_eq!(mesh.messages().len(), 1);
        assert_eq!(area.count(REVIEWS), 0);

        let id = mesh.put(
            "TRUST2",
            WORKFLOW,
            &sent.file,
            &[list(&[first, third]).as_bytes()],
            true,
        );
        night(&area, 2, 0);
        assert!(mesh.acknowledged(&id));
        assert_eq!(area.count(REVIEWS), 2, "{database:?}");
        assert!(
            !area.file("landing/.opt-outs").exists(),
            "nothing is left of the answer"
        );
        night(&area, 6, 0);
        assert_eq!(mesh.messages().len(), 2, "the list is asked for once a week");
        night(&area, 7, 0);
        let messages = mesh.messages();
        let [_, _, again] = messages.as_slice() else {
            panic!("three messages: {messages:?}");
        };
        assert_eq!(again.file, "AREA1-090326-0002.dat");
        assert_eq!(
            again.content(),
            content.as_bytes(),
            "whoever opted out is asked for again"
        );
        // Nobody answers. The list before is good for its 21 days.
        night(&area, 21, 0);
        assert_eq!(area.count(REVIEWS), 2);
        night(&area, 22, 3);
        assert_eq!(area.count(REVIEWS), 0);
    }
}

#[test]
fn an_answer_that_is_none_is_told_once_and_the_list_before_stays() {
    let mesh = Mesh::start(None);
    let (area, children) = area(&mesh, Database::Sqlite);
    let [first, second, third] = children.as_slice() else {
        unreachable!()
    };
    let stranger = Child::new(99, "Nobody", "Known", "2020-01-01", "QZ1 1AA");
    // One that nobody asked for.
    let early = mesh.put("TRUST2", WORKFLOW, "a.dat", &[list(&[first]).as_bytes()], false);
    let said = night(&area, 0, 3);
    assert!(said.contains("no list waits for one"), "{said}");
    assert!(mesh.acknowledged(&early));
    for (text, says) in [
        (list(&[first, &stranger]), "are not on list 1"),
        ("ERROR\n".to_owned(), "line 1"),
        (String::new(), "empty"),
    ] {
        let id = mesh.put("TRUST2", WORKFLOW, "a.dat", &[text.as_bytes()], false);
        let said = night(&area, 0, 3);
        assert!(said.contains(says), "{said}");
        assert!(!said.contains(&first.nhs_number), "{said}");
        assert!(mesh.acknowledged(&id), "{text:?}");
        assert_eq!(area.count(REVIEWS), 0);
    }
    // From somebody else it is no answer at all, and stays where it is.
    let forged = mesh.put("TRUST1", WORKFLOW, "AREA1-020326-0001.dat", &[b"x"], false);
    night(&area, 0, 3);
    assert!(!mesh.acknowledged(&forged));
    let all = list(&[first, second, third]);
    mesh.put("TRUST2", WORKFLOW, "anything.dat", &[all.as_bytes()], false);
    area.night_as_at("2026-03-02");
    assert_eq!(area.count(REVIEWS), 3);
}

#[test]
fn a_list_that_cannot_be_sent_goes_out_the_next_night() {
    let mesh = Mesh::start(None);
    let (area, _) = area(&mesh, Database::Sqlite);
    mesh.server
        .fail("POST", "/outbox", 1, Fault::Instead(Reply::new(417, "{}")));
    night(&area, 0, 3);
    assert_eq!(mesh.messages().len(), 0);
    night(&area, 1, 3);
    assert_eq!(mesh.messages().len(), 1);
    let lists = area.run(&["opt-outs", "--format", "json"]).expect(0).rows();
    let states: Vec<&str> = lists.iter().filter_map(|list| list["state"].as_str()).collect();
    assert_eq!(states, ["dropped", "asked"]);
}

#[test]
fn a_night_killed_around_the_gate_ends_as_if_it_had_not_been() {
    let mesh = Mesh::start(None);
    let (area, children) = area(&mesh, Database::Sqlite);
    night(&area, 0, 3);
    let all: Vec<&Child> = children.iter().collect();
    let id = mesh.put(
        "TRUST2",
        WORKFLOW,
        "AREA1-020326-0001.dat",
        &[list(&all).as_bytes()],
        false,
    );
    for point in [
        "dataset::opt-outs::before-answer-commit",
        "night::before-gate",
        "dataset::gate::before-commit",
        "night::after-gate",
    ] {
        let killed = area
            .command(&["run", "--as-at", "2026-03-03"])
            .env("SENDLINK_KILL_AT", point)
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None, "{point}");
    }
    night(&area, 1, 0);
    assert!(mesh.acknowledged(&id));
    assert_eq!(area.count(REVIEWS), 3);
    assert!(!area.file("landing/.opt-outs").exists());
}
