//! A folder on an SFTP server, against OpenSSH's own.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use kit::retry::RetryPolicy;
use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, coming_from, notices_csv, notices_feed},
    landed::texts,
    peer::{process::Sshd, proxy::Proxy},
    rows::block_on,
};
use tempfile::TempDir;
use transport::{
    Checked, Grouping, Landed, Landing, Limits, Listing, Offered, Sftp, Then, TransportError, sftp::Settings,
};

/// What a feed takes from a server, and a landing folder for it.
struct Taker {
    place: TempDir,
    settings: Settings,
}

impl Taker {
    fn of(sshd: &Sshd) -> Self {
        let settings = Settings {
            feed: "s23".to_owned(),
            host: "127.0.0.1".to_owned(),
            port: sshd.peer.port,
            user: sshd.user(),
            key_file: sshd.file("user-key"),
            passphrase_file: None,
            host_keys: vec![sshd.host_key().parse().expect("a host key")],
            folder: sshd.file("drop").display().to_string(),
            pattern: None,
            then: Then::Archive,
            quiet: Duration::ZERO,
            grouping: Grouping::EachFile,
            silence: Duration::from_secs(3),
            retry: RetryPolicy {
                initial: Duration::from_millis(1),
                max_interval: Duration::from_millis(5),
                budget: Duration::from_secs(10),
            },
            largest: 64 * 1024 * 1024,
            limits: Limits::USUAL,
        };
        Taker {
            place: TempDir::new().expect("a folder"),
            settings,
        }
    }

    fn open(&self) -> Arc<Sftp> {
        Sftp::open(self.settings.clone()).expect("the key is there")
    }

    async fn land(&self, offered: &Offered) -> Result<Landed, TransportError> {
        let batch = Landing::open(&self.place.path().join("landing"))?.batch("s23")?;
        let mut arrival = batch.arrival()?;
        offered.fetch(&mut arrival).await?;
        Ok(batch.land(arrival)?.expect("it is written"))
    }

    /// A night that lists, lands and acknowledges everything: the texts that landed.
    fn night(&self) -> Result<(Listing, Vec<String>), TransportError> {
        block_on(async {
            let listing = self.open().list().await?;
            let mut landed = Vec::new();
            for offered in &listing.ready {
                landed.push(texts(&self.land(offered).await?));
                offered.acknowledge().await?;
            }
            Ok((listing, landed))
        })
    }

    fn refused(&self) -> String {
        block_on(self.open().list()).unwrap_err().to_string()
    }
}

fn put(sshd: &Sshd, name: &str, content: &[u8]) {
    let path = sshd.file("drop").join(name);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, content).expect("a file");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .expect("a folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

#[test]
fn files_and_sub_folders_are_deliveries_and_go_to_the_archive() {
    let sshd = Sshd::new();
    let drop = sshd.file("drop");
    for (name, content) in [
        ("one.csv", "1"),
        ("set/a.csv", "a"),
        ("set/b.csv", "b"),
        ("two.csv.filepart", "2"),
    ] {
        put(&sshd, name, content.as_bytes());
    }
    let taker = Taker::of(&sshd);
    assert_eq!(taker.night().unwrap().1, ["a.csv=a+b.csv=b", "one.csv=1"]);
    assert_eq!(names(&drop), ["archive", "two.csv.filepart"]);
    // The same name again is kept beside the first.
    put(&sshd, "one.csv", b"another");
    assert_eq!(taker.night().unwrap().1, ["one.csv=another"]);
    assert_eq!(names(&drop.join("archive")), ["one.csv", "one.csv.2", "set"]);
    assert_eq!(fs::read(drop.join("archive/one.csv.2")).unwrap(), b"another");
    assert_eq!(taker.night().unwrap().1, Vec::<String>::new());
}

#[test]
fn what_is_deleted_goes_with_its_folder_and_what_is_kept_stays() {
    let sshd = Sshd::new();
    put(&sshd, "set/a.csv", b"a");
    let mut taker = Taker::of(&sshd);
    taker.settings.then = Then::Keep;
    taker.night().unwrap();
    taker.settings.then = Then::Delete;
    assert_eq!(taker.night().unwrap().1, ["a.csv=a"]);
    assert_eq!(names(&sshd.file("drop")), Vec::<String>::new());
}

#[test]
fn a_file_that_is_still_being_written_is_not_taken() {
    let sshd = Sshd::new();
    put(&sshd, "one.csv", b"1");
    let mut taker = Taker::of(&sshd);
    taker.settings.quiet = Duration::from_secs(60);
    let (listing, landed) = taker.night().unwrap();
    assert_eq!((listing.unsettled, landed.len()), (1, 0));
    // It grows between the listing and the fetch, and after that before it is acknowledged.
    taker.settings.quiet = Duration::ZERO;
    block_on(async {
        let offered = taker.open().list().await.unwrap().ready.remove(0);
        put(&sshd, "one.csv", b"12");
        let error = taker.land(&offered).await.unwrap_err();
        assert!(matches!(error, TransportError::Delivery { .. }), "{error}");
        let offered = taker.open().list().await.unwrap().ready.remove(0);
        taker.land(&offered).await.unwrap();
        put(&sshd, "one.csv", b"123");
        offered.acknowledge().await.unwrap();
    });
    assert_eq!(names(&sshd.file("drop")), ["one.csv"]);
}

#[test]
fn only_the_host_key_of_the_configuration_is_believed() {
    let sshd = Sshd::new();
    put(&sshd, "one.csv", b"1");
    let mut taker = Taker::of(&sshd);
    let other = fs::read_to_string(sshd.file("other-key.pub")).unwrap();
    taker.settings.host_keys = vec![other.trim().parse().unwrap()];
    let started = Instant::now();
    let told = taker.refused();
    assert!(
        told.contains("a host key that is not in the configuration (SHA256:"),
        "{told}"
    );
    // It does not pass by itself, and is not tried again.
    assert!(started.elapsed() < Duration::from_secs(3));
    taker.settings.host_keys.push(sshd.host_key().parse().unwrap());
    assert_eq!(taker.night().unwrap().1, ["one.csv=1"]);
}

#[test]
fn a_key_that_is_not_taken_is_said_in_words() {
    let sshd = Sshd::new();
    let mut taker = Taker::of(&sshd);
    taker.settings.key_file = sshd.file("other-key");
    let told = taker.refused();
    assert!(told.contains("does not take this user with this key"), "{told}");
    assert!(!told.contains(&sshd.user()), "{told}");
    taker.settings.key_file = sshd.file("host-key.pub");
    let error = Sftp::open(taker.settings.clone()).unwrap_err();
    assert!(matches!(error, TransportError::Setup { .. }), "{error}");
}

#[test]
fn a_key_that_is_locked_is_opened_with_its_words() {
    let sshd = Sshd::new();
    put(&sshd, "one.csv", b"1");
    let mut taker = Taker::of(&sshd);
    let locked = std::process::Command::new("ssh-keygen")
        .args(["-q", "-p", "-P", "", "-N", "some words", "-f"])
        .arg(sshd.file("user-key"))
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(locked.success());
    Sftp::open(taker.settings.clone()).unwrap_err();
    let words = taker.place.path().join("words");
    fs::write(&words, "some words\n").unwrap();
    taker.settings.passphrase_file = Some(words);
    assert_eq!(taker.night().unwrap().1, ["one.csv=1"]);
}

#[test]
fn what_is_wrong_at_the_server_is_said_and_its_neighbours_go_on() {
    let sshd = Sshd::new();
    let mut taker = Taker::of(&sshd);
    let folder = std::mem::replace(&mut taker.settings.folder, "/nowhere/at/all".to_owned());
    assert!(taker.refused().contains("no longer has it"));
    taker.settings.folder = folder;
    taker.settings.largest = 4;
    put(&sshd, "large.csv", b"12345");
    block_on(async {
        let offered = taker.open().list().await.unwrap().ready.remove(0);
        let error = taker.land(&offered).await.unwrap_err();
        assert!(matches!(error, TransportError::Delivery { .. }), "{error}");
    });
    let seen = block_on(taker.open().check());
    assert!(
        matches!(seen.as_slice(), [Checked::Good(text)] if text.contains("1 files")),
        "{seen:?}"
    );
}

#[test]
fn a_server_that_is_away_is_given_up_within_its_budget() {
    let sshd = Sshd::new();
    let mut taker = Taker::of(&sshd);
    // Nothing listens on port 1.
    taker.settings.port = 1;
    taker.settings.retry.budget = Duration::from_millis(300);
    let started = Instant::now();
    assert!(taker.refused().contains("no connection"), "{}", taker.refused());
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[test]
fn a_connection_that_breaks_at_any_byte_is_made_anew_and_a_large_file_goes_on() {
    let sshd = Sshd::new();
    let content: Vec<u8> = (0..1_000_000u32)
        .flat_map(|number| number.to_be_bytes())
        .collect();
    put(&sshd, "large.bin", &content);
    let proxy = Proxy::start(sshd.peer.port);
    let mut taker = Taker::of(&sshd);
    taker.settings.port = proxy.port;
    taker.settings.then = Then::Keep;
    taker.settings.silence = Duration::from_millis(800);
    for seed in 0..6 {
        // Deep in the file for some, in the handshake for others.
        proxy.storm(
            seed,
            4,
            if seed % 2 == 0 { 4_000_000 } else { 4_000 },
            taker.settings.silence,
        );
        let landed = block_on(async {
            let offered = taker.open().list().await?.ready.remove(0);
            taker.land(&offered).await
        })
        .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert!(fs::read(&landed.files[0].path).unwrap() == content, "seed {seed}");
    }
}

const COUNT: &str = "select count(*) from section23_notice";

#[test]
fn files_become_rows_and_a_night_killed_before_it_acknowledges_doubles_nothing() {
    for database in Database::BOTH {
        let sshd = Sshd::new();
        let children = Child::several(2);
        let area = Area::bare(database);
        let feed = coming_from(
            &notices_feed("RAJ", "section23/superset"),
            &format!(
                "{{ sftp = {{ host = \"127.0.0.1\", port = {}, user = \"{}\", key_file = \"{}\", host_keys = \
                 [\"{}\"], folder = \"{}\", pattern = \"*.csv\", patience = \"2 seconds\" }} }}",
                sshd.peer.port,
                sshd.user(),
                sshd.file("user-key").display(),
                sshd.host_key(),
                sshd.file("drop").display()
            ),
        );
        area.configure(&[feed], &children);
        let notice = [Notice::of(&children[0], "N-0", "2025-03-01")];
        put(&sshd, "section23-1.csv", notices_csv(&notice).as_bytes());
        // Just uploaded: it waits.
        area.run(&["run", "--as-at", "2026-03-02"]).expect(0);
        assert_eq!(area.count(COUNT), 0);
        let file = fs::File::options()
            .write(true)
            .open(sshd.file("drop/section23-1.csv"))
            .unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(3_600))
            .unwrap();
        let check = area.run(&["check"]).expect(0);
        assert!(
            check.stdout.contains("lets us in and shows its host key"),
            "{}",
            check.stdout
        );
        let killed = area
            .command(&["run", "--as-at", "2026-03-02"])
            .env("SENDLINK_KILL_AT", "night::before-acknowledge")
            .output()
            .unwrap();
        assert_eq!(killed.status.code(), None);
        assert_eq!(names(&sshd.file("drop")), ["section23-1.csv"]);
        area.run(&["run", "--as-at", "2026-03-03"]).expect(0);
        assert_eq!(names(&sshd.file("drop")), ["archive"]);
        assert_eq!(area.count(COUNT), 1);
    }
}

#[test]
fn what_is_wrong_with_the_configuration_is_said_at_once() {
    let area = Area::bare(Database::Sqlite);
    let feed = notices_feed("RAJ", "section23/superset");
    let sftp = |host_keys: &str| {
        format!(
            "{{ sftp = {{ host = \"u@h\", user = \"u\", key_file = \"k\", host_keys = [{host_keys}], folder = \
             \"\" }} }}"
        )
    };
    area.configure(&[coming_from(&feed, &sftp(""))], &[]);
    let ended = area.run(&["check"]).expect(78);
    for said in ["host_keys: at least one", "the server's name alone", "folder: "] {
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
    area.configure(&[coming_from(&feed, &sftp("\"ssh-rsa AAAAB3NzaC1yc2E=\""))], &[]);
    let ended = area.run(&["check"]).expect(78);
    assert!(
        ended.stderr.contains("RSA keys are not taken"),
        "{}",
        ended.stderr
    );
}
