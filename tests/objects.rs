//! Object stores: S3 against a service of our own, a folder taken as a store, and what both have in common.

use std::{fs, sync::Arc, time::Duration};

use globset::Glob;
use kit::retry::RetryPolicy;
use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, coming_from, notices_csv, notices_feed},
    landed::texts,
    peer::{
        http::{Fault, Reply},
        s3::{BUCKET, KEY_ID, S3},
    },
    rows::block_on,
};
use tempfile::TempDir;
use transport::{
    Bucket, Checked, Grouping, Landed, Landing, Limits, Listing, Offered, Then, TransportError,
    http::Connection,
    object::{Settings, Store},
};

/// What a feed takes from a bucket, and a landing folder for it.
struct Taker {
    place: TempDir,
    settings: Settings,
}

impl Taker {
    fn of(s3: &S3) -> Self {
        let place = TempDir::new().expect("a folder");
        let secret = place.path().join("secret");
        fs::write(&secret, "a secret\n").expect("a file");
        let settings = Settings {
            feed: "s23".to_owned(),
            store: Store::S3 {
                bucket: BUCKET.to_owned(),
                region: None,
                endpoint: Some(s3.server.url.parse().expect("an address")),
                key: Some((KEY_ID.to_owned(), secret)),
            },
            prefix: "in/RAJ".to_owned(),
            pattern: None,
            then: Then::Archive,
            quiet: Duration::ZERO,
            grouping: Grouping::EachFile,
            connection: Connection {
                certificate: None,
                authority: None,
                proxy: None,
                silence: Duration::from_secs(5),
            },
            retry: RetryPolicy {
                initial: Duration::from_millis(1),
                max_interval: Duration::from_millis(5),
                budget: Duration::from_secs(3),
            },
            largest: 1024 * 1024,
            limits: Limits::USUAL,
        };
        Taker { place, settings }
    }

    fn open(&self) -> Arc<Bucket> {
        Bucket::open(self.settings.clone()).expect("the secret is there")
    }

    fn list(&self) -> Result<Listing, TransportError> {
        block_on(self.open().list())
    }

    fn land(&self, offered: &Offered) -> Result<Landed, TransportError> {
        let batch = Landing::open(&self.place.path().join("landing"))?.batch("s23")?;
        let mut arrival = batch.arrival()?;
        block_on(offered.fetch(&mut arrival))?;
        Ok(batch.land(arrival)?.expect("it is written"))
    }

    /// A night that lists, lands and acknowledges everything: the texts that landed.
    fn night(&self) -> Result<Vec<String>, TransportError> {
        let listing = self.list()?;
        let mut landed = Vec::new();
        for offered in &listing.ready {
            landed.push(texts(&self.land(offered)?));
            block_on(offered.acknowledge())?;
        }
        for noted in &listing.noted {
            block_on(noted.acknowledge())?;
        }
        Ok(landed)
    }
}

#[test]
fn objects_and_sub_folders_are_deliveries_and_go_to_the_archive() {
    let s3 = S3::new();
    s3.put("in/RAJ/one.csv", b"1");
    s3.put("in/RAJ/two.csv", b"2");
    s3.put("in/RAJ/set/a.csv", b"a");
    s3.put("in/RAJ/set/b.csv", b"b");
    // Another prefix, work in progress, marks of folders, what was archived long ago.
    for other in [
        "in/RAJX/x.csv",
        "in/RAJ/three.csv.part",
        "in/RAJ/archive/old/x.csv",
    ] {
        s3.put(other, b"other");
    }
    for marker in ["in/RAJ/", "in/RAJ/set/", "in/RAJ/archive/"] {
        s3.put(marker, b"");
    }
    let taker = Taker::of(&s3);
    assert_eq!(
        taker.night().unwrap(),
        ["a.csv=a+b.csv=b", "one.csv=1", "two.csv=2"]
    );
    let left: Vec<_> = s3
        .keys()
        .into_iter()
        .filter(|key| !key.contains("archive/"))
        .collect();
    assert_eq!(
        left,
        ["in/RAJ/", "in/RAJ/set/", "in/RAJ/three.csv.part", "in/RAJX/x.csv"]
    );
    let archived: Vec<_> = s3
        .keys()
        .into_iter()
        .filter(|key| key.starts_with("in/RAJ/archive/2026"))
        .map(|key| key.splitn(5, '/').last().expect("a part").to_owned())
        .collect();
    assert_eq!(archived.len(), 4);
    for name in ["one.csv", "two.csv", "set/a.csv", "set/b.csv"] {
        assert!(archived.contains(&name.to_owned()), "{archived:?}");
    }
    assert_eq!(taker.night().unwrap(), Vec::<String>::new());
}

#[test]
fn a_name_that_comes_again_does_not_write_over_the_archive() {
    let s3 = S3::new();
    let taker = Taker::of(&s3);
    for content in [b"1", b"2"] {
        s3.put("in/RAJ/notices.csv", content);
        taker.night().unwrap();
    }
    assert_eq!(s3.keys().len(), 2);
}

#[test]
fn only_names_that_fit_are_taken() {
    let s3 = S3::new();
    s3.put("in/RAJ/section23-1.csv", b"1");
    s3.put("in/RAJ/readme.txt", b"2");
    let mut taker = Taker::of(&s3);
    taker.settings.pattern = Some(Glob::new("section23-*.csv").unwrap().compile_matcher());
    assert_eq!(taker.night().unwrap(), ["section23-1.csv=1"]);
    assert!(s3.keys().contains(&"in/RAJ/readme.txt".to_owned()));
}

#[test]
fn what_is_kept_stays_and_what_is_deleted_goes() {
    let s3 = S3::new();
    s3.put("in/RAJ/one.csv", b"1");
    let mut taker = Taker::of(&s3);
    taker.settings.then = Then::Keep;
    taker.night().unwrap();
    assert_eq!(s3.keys(), ["in/RAJ/one.csv"]);
    taker.settings.then = Then::Delete;
    taker.night().unwrap();
    assert_eq!(s3.keys(), Vec::<String>::new());
}

#[test]
fn tables_that_lie_loose_belong_together_once_they_are_quiet() {
    let s3 = S3::new();
    s3.put("in/RAJ/a.csv", b"a");
    s3.put("in/RAJ/b.csv", b"b");
    let mut taker = Taker::of(&s3);
    taker.settings.grouping = Grouping::Together;
    taker.settings.quiet = Duration::from_secs(100 * 365 * 86_400);
    assert_eq!(taker.list().unwrap().unsettled, 1);
    taker.settings.quiet = Duration::from_secs(60);
    assert_eq!(taker.night().unwrap(), ["a.csv=a+b.csv=b"]);
}

#[test]
fn an_object_that_is_replaced_meanwhile_is_never_mixed_up_nor_lost() {
    let s3 = S3::new();
    s3.put("in/RAJ/one.csv", b"first");
    let taker = Taker::of(&s3);
    let offered = taker.list().unwrap().ready.remove(0);
    // Between the listing and the fetch.
    s3.put("in/RAJ/one.csv", b"other");
    let error = taker.land(&offered).unwrap_err();
    assert!(matches!(error, TransportError::Delivery { .. }), "{error}");
    // Between the fetch and the acknowledgement.
    let offered = taker.list().unwrap().ready.remove(0);
    assert_eq!(texts(&taker.land(&offered).unwrap()), "one.csv=other");
    s3.put("in/RAJ/one.csv", b"third");
    block_on(offered.acknowledge()).unwrap();
    assert_eq!(taker.night().unwrap(), ["one.csv=third"]);
}

#[test]
fn a_download_that_breaks_goes_on_from_where_it_broke() {
    let s3 = S3::new();
    let content: Vec<u8> = (0..200_000u32).flat_map(|number| number.to_be_bytes()).collect();
    s3.put("in/RAJ/large.bin", &content);
    let taker = Taker::of(&s3);
    let offered = taker.list().unwrap().ready.remove(0);
    let before = s3.server.sent();
    for at in [300_000, 500_000] {
        s3.server.fail("GET", "/large.bin", 1, Fault::CloseAt(at));
    }
    let landed = taker.land(&offered).unwrap();
    assert_eq!(fs::read(&landed.files[0].path).unwrap(), content);
    assert_eq!(s3.server.count("GET", "/large.bin"), 3);
    // Were it fetched anew each time, it would be 1.6 MB.
    assert!(
        s3.server.sent() - before < 850_000,
        "{}",
        s3.server.sent() - before
    );
}

#[test]
fn a_night_killed_while_it_acknowledges_leaves_nothing_half_taken() {
    let s3 = S3::new();
    s3.put("in/RAJ/set/a.csv", b"a");
    s3.put("in/RAJ/set/b.csv", b"b");
    let mut taker = Taker::of(&s3);
    taker.settings.retry.budget = Duration::ZERO;
    // Killed after the first copy: the delivery is offered whole again.
    s3.server
        .fail("PUT", "/b.csv", 1, Fault::Instead(Reply::new(503, "")));
    taker.night().unwrap_err();
    assert_eq!(taker.list().unwrap().ready.len(), 1);
    // Killed after the first deletion: the rest is cleared away, and not taken for a delivery of one file.
    s3.server
        .fail("DELETE", "/b.csv", 1, Fault::Instead(Reply::new(503, "")));
    taker.night().unwrap_err();
    let listing = taker.list().unwrap();
    assert_eq!((listing.ready.len(), listing.noted.len()), (0, 1));
    assert_eq!(taker.night().unwrap(), Vec::<String>::new());
    assert!(s3.keys().iter().all(|key| key.starts_with("in/RAJ/archive/")));
}

#[test]
fn a_reset_at_any_byte_of_the_exchange_loses_nothing() {
    let requests = [
        ("GET", "/essex-send"),
        ("HEAD", "/one.csv"),
        ("GET", "/one.csv"),
        ("PUT", "/one.csv"),
        ("DELETE", "/one.csv"),
    ];
    for (method, path) in requests {
        for at in (0..640).step_by(64) {
            for fault in [Fault::ResetAt(at), Fault::CloseAt(at)] {
                let s3 = S3::new();
                s3.put("in/RAJ/one.csv", &[b'x'; 300]);
                s3.server.fail(method, path, 1, fault.clone());
                let landed = Taker::of(&s3)
                    .night()
                    .unwrap_or_else(|error| panic!("{fault:?} on {method} {path}: {error}"));
                assert_eq!(landed.len(), 1, "{fault:?} on {method} {path}");
                assert_eq!(s3.keys().len(), 1, "{fault:?} on {method} {path}");
            }
        }
    }
}

#[test]
fn what_does_not_pass_is_said_in_words_and_not_tried_again() {
    let xml =
        |code: &str| format!("<Error><Code>{code}</Code><Message>in/RAJ/secret-name.csv</Message></Error>");
    for (status, code, said) in [
        (403, "AccessDenied", "(403) with code AccessDenied"),
        (404, "NoSuchBucket", "404"),
        (301, "PermanentRedirect", "redirects"),
        (
            400,
            "AuthorizationHeaderMalformed",
            "AuthorizationHeaderMalformed",
        ),
    ] {
        let s3 = S3::new();
        let answer = Fault::Instead(Reply::new(status, xml(code)));
        s3.server.fail("GET", "/essex-send", 9, answer);
        let error = Taker::of(&s3).list().unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
        assert!(
            !error.contains("secret-name") && !error.contains("http"),
            "{error}"
        );
        assert_eq!(s3.server.log().len(), 1, "{status}");
    }
    let s3 = S3::new();
    let skewed = Reply::new(403, xml("RequestTimeTooSkewed")).with("date", "Sun, 01 Mar 2020 08:00:00 GMT");
    // The server's own date comes after it.
    s3.server.fail("GET", "/essex-send", 1, Fault::Instead(skewed));
    let error = Taker::of(&s3).list().unwrap_err().to_string();
    assert!(error.contains("ahead of the server's"), "{error}");
}

#[test]
fn what_is_larger_than_the_limit_is_not_fetched() {
    let s3 = S3::new();
    s3.put("in/RAJ/large.csv", &vec![b'x'; 2 * 1024 * 1024]);
    let taker = Taker::of(&s3);
    let offered = taker.list().unwrap().ready.remove(0);
    let error = taker.land(&offered).unwrap_err();
    assert!(matches!(error, TransportError::Delivery { .. }), "{error}");
    assert_eq!(s3.server.count("GET", "/large.csv"), 0);
}

#[test]
fn google_cloud_storage_is_spoken_to_in_its_own_way() {
    let s3 = S3::new();
    s3.open_to_all();
    s3.put("in/RAJ/one.csv", b"1");
    let mut taker = Taker::of(&s3);
    let key_file = taker.place.path().join("google.json");
    let key = serde_json::json!({
        "private_key": "none", "private_key_id": "none", "client_email": "essex@example.org", "disable_oauth": true,
    });
    fs::write(&key_file, key.to_string()).unwrap();
    taker.settings.store = Store::Google {
        bucket: BUCKET.to_owned(),
        endpoint: Some(s3.server.url.parse().unwrap()),
        key_file: Some(key_file),
    };
    assert_eq!(taker.night().unwrap(), ["one.csv=1"]);
    assert!(s3.keys().iter().all(|key| key.starts_with("in/RAJ/archive/")));
}

#[test]
fn a_folder_is_a_store_too() {
    let folder = TempDir::new().unwrap();
    fs::create_dir_all(folder.path().join("RAJ/set")).unwrap();
    fs::write(folder.path().join("RAJ/one.csv"), "1").unwrap();
    fs::write(folder.path().join("RAJ/set/a.csv"), "a").unwrap();
    let mut taker = Taker::of(&S3::new());
    taker.settings.store = Store::Local {
        folder: folder.path().to_owned(),
    };
    taker.settings.prefix = "RAJ".to_owned();
    assert_eq!(taker.night().unwrap(), ["a.csv=a", "one.csv=1"]);
    assert!(!folder.path().join("RAJ/one.csv").exists());
    assert!(folder.path().join("RAJ/archive").exists());
    assert_eq!(taker.night().unwrap(), Vec::<String>::new());
}

#[test]
fn a_check_looks_and_changes_nothing() {
    let s3 = S3::new();
    s3.put("in/RAJ/one.csv", b"1");
    let mut taker = Taker::of(&s3);
    let seen = block_on(taker.open().check());
    assert!(
        matches!(seen.last(), Some(Checked::Good(text)) if text.contains("1 objects")),
        "{seen:?}"
    );
    assert!(s3.server.log().iter().all(|line| line.starts_with("GET")));
    if let Store::S3 { key, .. } = &mut taker.settings.store {
        *key = None;
    }
    let seen = block_on(taker.open().check());
    assert!(
        matches!(seen.last(), Some(Checked::Bad(text)) if text.contains("AccessDenied")),
        "{seen:?}"
    );
    taker.settings.store = Store::Google {
        bucket: BUCKET.to_owned(),
        endpoint: None,
        key_file: Some(taker.place.path().join("missing.json")),
    };
    let error = Bucket::open(taker.settings.clone()).unwrap_err();
    assert!(matches!(error, TransportError::Setup { .. }), "{error}");
}

/// An area with a feed from a bucket of this service.
fn area(s3: &S3, database: Database) -> (Area, Vec<Child>) {
    let children = Child::several(4);
    let area = Area::bare(database);
    let feed = coming_from(
        &notices_feed("RAJ", "section23/superset"),
        &format!(
            "{{ object_store = {{ store = {{ s3 = {{ bucket = \"{BUCKET}\", endpoint = \"{}\", key_id = \
             \"{KEY_ID}\", secret_file = \"s3-secret\" }} }}, prefix = \"in/RAJ\", pattern = \"*.csv\", quiet = \
             \"0 seconds\", patience = \"2 seconds\" }} }}",
            s3.server.url
        ),
    );
    area.configure(&[feed], &children);
    fs::write(area.file("s3-secret"), "a secret").unwrap();
    (area, children)
}

fn notice(children: &[Child], number: usize) -> String {
    notices_csv(&[Notice::of(
        &children[number],
        &format!("N-{number}"),
        "2025-03-01",
    )])
}

const COUNT: &str = "select count(*) from section23_notice";

#[test]
fn objects_become_rows_and_then_are_archived() {
    for database in Database::BOTH {
        let s3 = S3::new();
        let (area, children) = area(&s3, database);
        s3.put("in/RAJ/section23-1.csv", notice(&children, 0).as_bytes());
        // Refused: that is a verdict too.
        s3.put("in/RAJ/section23-2.csv", b"no such columns\n1\n");
        let check = area.run(&["check"]).expect(0);
        assert!(check.stdout.contains("bucket essex-send"), "{}", check.stdout);
        area.run(&["run", "--as-at", "2026-03-02"]).expect(3);
        assert_eq!(area.count(COUNT), 1);
        let keys = s3.keys();
        assert!(
            keys.len() == 2 && keys.iter().all(|key| key.starts_with("in/RAJ/archive/2026")),
            "{keys:?}"
        );
        area.run(&["run", "--as-at", "2026-03-03"]).expect(0);
        assert_eq!(area.count(COUNT), 1);
    }
}

#[test]
fn a_night_killed_before_it_acknowledges_fetches_once_more_and_doubles_nothing() {
    let s3 = S3::new();
    let (area, children) = area(&s3, Database::Sqlite);
    s3.put("in/RAJ/section23-1.csv", notice(&children, 0).as_bytes());
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
        assert_eq!(s3.keys(), ["in/RAJ/section23-1.csv"], "{point}");
    }
    area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
    assert_eq!(s3.keys().len(), 1);
    assert_eq!(area.count(COUNT), 1);
    assert_eq!(s3.server.count("GET", "/section23-1.csv"), 4);
}

#[test]
fn a_store_that_is_down_is_missing_and_each_attempt_is_logged() {
    let s3 = S3::new();
    let (area, children) = area(&s3, Database::Sqlite);
    s3.put("in/RAJ/section23-1.csv", notice(&children, 0).as_bytes());
    s3.server.fail(
        "GET",
        "/essex-send",
        usize::MAX,
        Fault::Instead(Reply::new(503, "")),
    );
    let night = area.run(&["run", "--as-at", "2026-03-02"]).expect(3);
    assert!(
        night.stdout.contains("missing: the bucket essex-send"),
        "{}",
        night.stdout
    );
    let tries = s3.server.log().len();
    let logged = night
        .stderr
        .lines()
        .filter(|line| line.contains("Listing an object store failed") && line.contains("busy"))
        .count();
    assert!(tries >= 2, "{}", night.stderr);
    assert_eq!(logged, tries, "each attempt once: {}", night.stderr);
    assert!(!night.stderr.contains("http://"), "{}", night.stderr);
}

#[test]
fn what_is_wrong_with_a_store_is_said_at_once() {
    let s3 = S3::new();
    let (area, _) = area(&s3, Database::Sqlite);
    area.edit_configuration(|text| {
        text.replace(&s3.server.url, "http://s3.example.org")
            .replace(", secret_file = \"s3-secret\"", "")
            .replace("in/RAJ", "../RAJ")
    });
    let ended = area.run(&["check"]).expect(78);
    for said in ["begins with https://", "key_id and secret_file", "prefix"] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    area.edit_configuration(|text| text.replace("pattern = \"*.csv\"", "pattern = \"[\""));
    let ended = area.run(&["check"]).expect(78);
    assert!(ended.stderr.contains("a pattern of names"), "{}", ended.stderr);
}
