//! No identifier leaves the vault: an area in which every identifier is a marker, every command and many faults on it,
//! and a scanner that looks for each marker, in any usual writing, in everything that came out.
//!
//! Left out of the search are the folders that hold deliveries as they came (`incoming`, `landing`).

use std::{
    cell::RefCell,
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
};

use sendlink_tests::{
    Area, Database, Ended,
    canary::{
        HARMLESS_REFERENCE, OTHERS_REFERENCE, SALT, broken_files, census, children, json_notices, markers,
        notices, notices_by_digest, school_return, workbook, wrong_number,
    },
    hand::{Child, Notice, census_feed, digests_feed, feed, nhs_number, notices_csv, notices_feed, upn},
    peer::smtp::{MailServer, Protection},
    postgres::{self, Cluster},
    scanner::{self, Scanner},
};

/// The area, its scanner, and everything that was looked at so far.
struct Canary {
    area: Area,
    cluster: Option<Cluster>,
    scanner: Scanner,
    /// Takes the alerts.
    post: MailServer,
    /// Output in which the harmless reference was seen: commands.
    reference_seen_in: RefCell<Vec<String>>,
}

impl Canary {
    fn new(database: Database) -> Self {
        let cluster = (database == Database::Postgres).then(|| {
            Cluster::start_with(
                "-c log_statement=all -c log_min_duration_statement=0 -c log_min_messages=info",
            )
        });
        let store = match &cluster {
            Some(cluster) => postgres::database(&cluster.url()),
            None => "sqlite:data".to_owned(),
        };
        let area = Area::bare_with_store(store);
        let all = children();
        area.configure(
            &[
                notices_feed("RAJ", "section23/superset"),
                notices_feed("RQW", "section23/superset"),
                notices_feed("RXJ", "section23/api-json"),
                notices_feed("RXS", "section23/portal-export-xlsx"),
                digests_feed(),
                census_feed(),
                feed(
                    "school-returns",
                    "school-census",
                    "881",
                    "school-census/xml",
                    "incoming/school-returns",
                    "snapshot",
                ),
            ],
            &all,
        );
        fs::create_dir(area.file("tmp")).unwrap();
        let post = MailServer::start(Protection::None);
        area.edit_configuration(|text| {
            format!(
                "{text}\n[watch]\nmetrics_file = \"reports/sendlink.prom\"\n\n[[alert]]\nafter = \"every-night\"\n\
                 email = {{ server = \"127.0.0.1\", port = {}, security = \"none\", from = \"a@example.org\", to = \
                 [\"b@example.org\"] }}\n",
                post.port
            )
        });
        area.put_digests_layout();
        area.salt(SALT, "\"nhs-number\"");
        area.put(
            "incoming/s23-rxp/section23-1.csv",
            notices_csv(&notices_by_digest()),
            "2026-02-01",
        );
        // A file that is called after a child.
        area.put_notices(
            &format!("section23-{}-{}.csv", all[0].surname, all[0].nhs_number),
            &notices(),
            "2026-02-01",
        );
        let stranger = Child::new(4_500, "Blimquorth", "Dwindlespur", "2021-10-07", "QX2 1ZK");
        area.put(
            "incoming/s23-rqw/section23-1.csv",
            notices_csv(&[
                Notice::of(&stranger, OTHERS_REFERENCE, "2024-11-05").with("notifier_org_ods", "RQW")
            ]),
            "2026-02-01",
        );
        let surname = &all[2].surname;
        for (file, bytes) in [
            (format!("s23-rxj/section23-{surname}.json"), json_notices()),
            (
                format!("s23-rxs/section23-notifications-{surname}.xlsx"),
                workbook(),
            ),
            (
                format!("school-returns/8812998_{surname}.xml"),
                school_return().into_bytes(),
            ),
        ] {
            area.put(&format!("incoming/{file}"), bytes, "2026-02-01");
        }
        for table in census() {
            let name = if table.name == "addresses" {
                format!("{}-{}.csv", all[1].surname, table.name)
            } else {
                format!("2026_spring_la_{}.csv", table.name)
            };
            area.put(
                &format!("incoming/school-census/{}/{name}", all[1].surname),
                table.csv(),
                "2026-02-01",
            );
        }
        Canary {
            area,
            cluster,
            scanner: Scanner::new(&markers()),
            post,
            reference_seen_in: RefCell::default(),
        }
    }

    /// Runs a command at the most talkative level and searches what it says.
    #[track_caller]
    fn says(&self, arguments: &[&str], codes: &[i32]) -> Ended {
        self.says_after(arguments, "", codes, |_| {})
    }

    #[track_caller]
    fn says_after(
        &self,
        arguments: &[&str],
        input: &str,
        codes: &[i32],
        prepare: impl FnOnce(&mut Command),
    ) -> Ended {
        let mut command = self.area.command(arguments);
        command
            .env("SENDLINK_LOG", "trace")
            .env("TMPDIR", self.area.file("tmp"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        prepare(&mut command);
        let mut child = command.spawn().unwrap();
        // A command that reads nothing may be gone already.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ended = Ended::from(child.wait_with_output().unwrap());
        let name = arguments.join(" ");
        self.scanner
            .refuse(&format!("the output of {name}"), ended.stdout.as_bytes());
        self.scanner
            .refuse(&format!("the log of {name}"), ended.stderr.as_bytes());
        if ended.stdout.contains(HARMLESS_REFERENCE) || ended.stderr.contains(HARMLESS_REFERENCE) {
            self.reference_seen_in.borrow_mut().push(name.clone());
        }
        let expected =
            codes.iter().any(|code| Some(*code) == ended.code) || (codes.is_empty() && ended.code.is_none());
        assert!(
            expected,
            "{name} ended with {:?}\n{}\n{}",
            ended.code, ended.stdout, ended.stderr
        );
        ended
    }

    /// Searches every file that the program wrote, the whole database, and the server's log.
    #[track_caller]
    fn search_everything(&self) {
        let mut looked_at = 0;
        for folder in ["data", "reports", "packs", "dictionary", "opt-outs", "tmp"] {
            looked_at += self.scanner.refuse_folder(&self.area.file(folder));
        }
        for mail in self.post.mails() {
            self.scanner.refuse("an alert", mail.data.as_bytes());
        }
        if let Some(cluster) = &self.cluster {
            let dump = dump(&self.area.store);
            self.scanner.refuse("the database", &dump);
            let log = fs::read(cluster.log_file()).unwrap();
            self.scanner.refuse("the server's log", &log);
            assert!(dump.len() > 1_000 && log.len() > 1_000);
        } else {
            assert!(looked_at > 0);
        }
    }
}

/// Every row of every table of the database, as text and with bytes escaped, which leaves text in them readable.
fn dump(url: &str) -> Vec<u8> {
    let tables = postgres::query(
        url,
        "select format('%I.%I', schemaname, tablename) from pg_tables
          where schemaname not in ('pg_catalog', 'information_schema') order by 1",
    );
    let mut dump = Vec::new();
    for table in tables.lines() {
        for form in ["escape", "hex"] {
            let sql = format!("set bytea_output = {form}; copy {table} to stdout");
            dump.extend(format!("{table}\n").bytes());
            dump.extend(postgres::query(url, &sql).bytes());
        }
    }
    dump
}

const AS_AT: &str = "2026-02-02";

fn every_command_and_fault(database: Database) {
    let canary = Canary::new(database);
    let area = &canary.area;
    let all = children();

    // The scanner does see the markers where they are.
    let mut planted: Vec<u8> = Vec::new();
    for folder in ["incoming", "secrets"] {
        for file in scanner::files(&area.file(folder)) {
            planted.extend(fs::read(file).unwrap());
        }
    }
    let seen = canary.scanner.scan(&planted);
    for marker in markers() {
        assert!(
            seen.iter().any(|hit| hit.starts_with(&marker.name)),
            "{} is not in the area: the search would prove nothing",
            marker.name
        );
    }

    // Before anything has run, and a night that only looks.
    canary.says(&["check"], &[0]);
    canary.says(&["status"], &[65]);
    canary.says(&["run", "--as-at", AS_AT, "--dry-run"], &[0, 3]);
    // Killed here and there, then whole.
    for point in [
        "night::before-read",
        "night::after-read",
        "night::before-link",
        "night::after-link",
        "night::after-publish",
    ] {
        canary.says_after(&["run", "--as-at", AS_AT], "", &[], |command| {
            command.env("SENDLINK_KILL_AT", point);
        });
        canary.search_everything();
    }
    canary.says(&["run", "--as-at", AS_AT], &[0]);
    canary.search_everything();
    assert!(
        area.count("select count(*) from link where tier in ('T2', 'T3', 'T4')") >= 4,
        "hardly anything matched: the search would prove little"
    );
    let read: Vec<Vec<String>> = area.joint("select distinct feed from link order by feed");
    assert_eq!(
        read.concat(),
        [
            "s23-raj",
            "s23-rqw",
            "s23-rxj",
            "s23-rxp",
            "s23-rxs",
            "school-census",
            "school-returns"
        ],
        "a format in which nothing was read proves nothing"
    );

    // Every command that shows something, in every format.
    canary.says(&["check"], &[0]);
    let data = [
        vec!["status"],
        vec!["history"],
        vec!["held"],
        vec!["findings"],
        vec!["findings", "--feed", "s23-raj"],
        vec!["findings", "--feed", "school-census"],
        vec!["match-rates"],
        vec!["match-rates", "--provider", "RAJ"],
        vec!["match-rates", "--unmatched"],
        vec!["match-rates", "--unmatched", "--provider", "RQW"],
        vec!["decisions"],
        vec!["review"],
        vec!["review", "agreement"],
    ];
    for command in &data {
        for format in ["table", "csv", "json"] {
            let mut arguments = command.clone();
            arguments.extend(["--format", format]);
            canary.says(&arguments, &[0]);
        }
    }
    canary.says(&["match-rates", "--pack", "RAJ"], &[0]);
    canary.says(&["match-rates", "--pack", "RQW"], &[0]);
    canary.says(&["dictionary", "--out", "dictionary"], &[0]);
    canary.says(&["dictionary"], &[0]);
    canary.says(&["keys", "show"], &[0]);
    canary.says(&["mapping", "list"], &[0]);
    canary.says(&["quality"], &[0]);
    canary.says(&["quality", "--guild"], &[0]);
    canary.says(&["children", "changes", "--with-new"], &[0]);
    canary.says(&["verify"], &[0]);
    let census_folder = area.file("incoming/school-census").join(&all[1].surname);
    for (layout, sample) in [
        ("section23/superset", area.file("incoming/s23-raj")),
        ("school-census/blade", census_folder),
        // The wrong layout for the file, too.
        ("section23/portal-export", area.file("incoming/s23-raj")),
    ] {
        canary.says(
            &[
                "mapping",
                "check",
                layout,
                "--sample",
                &sample.display().to_string(),
                "--as-at",
                AS_AT,
            ],
            &[0, 3],
        );
    }
    references_stay_with_their_providers(&canary);
    pairs_are_read(&canary, &all[0].nhs_number);

    // Decisions and erasure take identifiers from standard input.
    let list = format!(
        "decision,left_type,left,right_type,right,reason\ndo-not-link,nhs-number,{},upn,{},adoption\n",
        all[0].nhs_number, all[1].upn
    );
    let add = ["decisions", "add", "-", "--author", "A. Officer"];
    canary.says_after(&add, &list, &[0], |_| {});
    for wrong in [
        list.replace(&all[0].nhs_number, &wrong_number()),
        list.replace(&all[1].upn, &all[1].surname),
        list.replace(",adoption", ""),
        list.replace("do-not-link", &all[0].surname),
        list.replace("left_type", &all[0].surname),
    ] {
        canary.says_after(&add, &wrong, &[65], |_| {});
    }
    canary.says(&["decisions", "list", "--format", "json"], &[0]);
    canary.says(
        &["decisions", "remove", &all[0].nhs_number, "--reason", "none"],
        &[64],
    );
    canary.says(&["decisions", "remove", "1", "--reason", "listed in error"], &[0]);
    canary.search_everything();

    // Deliveries that are broken, and one that came before under another name.
    for (name, bytes) in broken_files() {
        area.put(&format!("incoming/s23-raj/section23-{name}"), bytes, "2026-02-02");
    }
    area.put_notices("section23-copy.csv", &notices(), "2026-02-02");
    canary.says(&["run", "--as-at", "2026-02-03"], &[3]);
    canary.says(&["findings", "--format", "json"], &[0]);
    canary.says(&["findings"], &[0]);
    canary.says(&["match-rates", "--pack", "RAJ"], &[0]);
    canary.search_everything();
    samples_of_every_format(&canary);
    opt_outs_are_asked_for(&canary);

    // Another key.
    fs::rename(area.file("keys/sendlink.key"), area.file("keys/first.key")).unwrap();
    canary.says(&["keys", "new", "keys/sendlink.key"], &[0]);
    canary.says(&["run", "--as-at", "2026-02-03"], &[77]);
    canary.says(&["check"], &[77]);
    canary.says(&["match-rates", "--unmatched"], &[77]);
    fs::rename(area.file("keys/first.key"), area.file("keys/sendlink.key")).unwrap();
    fs::set_permissions(area.file("keys/sendlink.key"), fs::Permissions::from_mode(0o644)).unwrap();
    canary.says(&["run", "--as-at", "2026-02-03"], &[77]);
    fs::set_permissions(area.file("keys/sendlink.key"), fs::Permissions::from_mode(0o600)).unwrap();
    canary.says(&["run", "--as-at", "2020-01-01"], &[64]);

    // Erasure, by identifiers right and wrong.
    let forget = ["forget", "child", "-", "--reason", "erasure request"];
    canary.says_after(&forget, &wrong_number(), &[64], |_| {});
    canary.says_after(&forget, &upn(4_900), &[64], |_| {});
    canary.says(
        &[
            "forget",
            "child",
            &all[0].nhs_number,
            "--reason",
            "typed in the wrong place",
        ],
        &[64],
    );
    canary.says_after(&forget, &all[0].nhs_number, &[0], |_| {});
    canary.says_after(&forget, &all[1].upn, &[0], |_| {});
    canary.says(&["run", "--as-at", "2026-02-04", "--log-format", "json"], &[0, 3]);
    canary.says(
        &["forget", "feed", "school-census", "--reason", "retention"],
        &[0],
    );
    canary.says(&["run", "--as-at", "2026-02-05"], &[0, 3]);
    canary.says(&["history"], &[0]);
    canary.says(&["verify"], &[0]);
    canary.search_everything();
}

/// A feed whose basis needs opt-outs: the numbers are in the file that goes to the service, and nowhere else.
fn opt_outs_are_asked_for(canary: &Canary) {
    let area = &canary.area;
    let turn = |from: &'static str, to: &'static str| {
        area.edit_configuration(|text| {
            let (before, feed) = text.split_once("name = \"s23-raj\"").expect("the feed");
            format!("{before}name = \"s23-raj\"{}", feed.replacen(from, to, 1))
        });
    };
    let night = ["run", "--as-at", "2026-02-03"];
    turn("\"duty\"", "\"s251-with-opt-out\"");
    for point in [
        "night::after-read",
        "night::before-gate",
        "dataset::gate::before-commit",
    ] {
        canary.says_after(&night, "", &[], |command| {
            command.env("SENDLINK_KILL_AT", point);
        });
        canary.search_everything();
    }
    canary.says(&night, &[3]);
    fs::create_dir(area.file("carried")).unwrap();
    canary.says(&["opt-outs", "export", "--out", "carried"], &[0]);
    canary.says(&["opt-outs", "export", "--out", "no-such-folder"], &[73, 74]);
    let sent = scanner::files(&area.file("carried")).pop().expect("a file");
    let list = fs::read_to_string(sent).unwrap();
    let all = children();
    assert!(list.contains(&all[0].nhs_number));
    let import = ["opt-outs", "import", "answer.dat"];
    for wrong in [
        format!("{}\n", wrong_number()),
        format!("{},\n", wrong_number()),
        format!("{list}{},\n", all[0].surname),
        format!("{list}{}", list.lines().next().unwrap()),
        format!("{list}{},\n", nhs_number(4_999)),
    ] {
        fs::write(area.file("answer.dat"), wrong).unwrap();
        canary.says(&import, &[65]);
    }
    canary.search_everything();
    canary.says(&["opt-outs", "import", &all[0].nhs_number], &[65]);
    fs::write(area.file("answer.dat"), list).unwrap();
    canary.says(&import, &[0]);
    canary.says(&night, &[0, 3]);
    for format in ["table", "csv", "json"] {
        canary.says(&["opt-outs", "--format", format], &[0]);
    }
    canary.says(&["register"], &[0]);
    canary.says(&["register", "--format", "csv"], &[0]);
    canary.search_everything();
    turn("\"s251-with-opt-out\"", "\"duty\"");
    canary.says(&night, &[0, 3]);
}

/// Every pair is shown and answered, and every record explained; an identifier is typed where an id belongs.
fn pairs_are_read(canary: &Canary, number: &str) {
    let pairs = canary.says(&["review", "--format", "json"], &[0]).rows();
    for pair in &pairs {
        let id = pair["pair"].as_str().unwrap();
        canary.says(&["review", "show", id], &[0]);
        let unsure = [
            "review",
            "decide",
            id,
            "unsure",
            "--author",
            "A. Officer",
            "--reason",
        ];
        canary.says(&[&unsure[..], &["it does not say"]].concat(), &[0]);
        let undo = ["review", "undo", id, "--author", "A. Officer", "--reason"];
        canary.says(&[&undo[..], &["a slip"]].concat(), &[0]);
    }
    for record in canary.area.joint("select distinct record_id from link") {
        canary.says(&["explain", &record.concat()], &[0]);
    }
    for record in canary.area.joint("select max(record_id) from link group by tier") {
        canary.says(&["explain", "--weights", &record.concat()], &[0]);
    }
    canary.says(&["explain", number], &[64]);
    canary.says(&["review", "show", number], &[64]);
    let decide = [
        "review", "decide", number, "same", "--author", "A", "--reason", "b",
    ];
    canary.says(&decide, &[64]);
}

/// The harmless reference stood in the lists and the pack of its own provider, and nowhere else.
fn references_stay_with_their_providers(canary: &Canary) {
    let seen = canary.reference_seen_in.borrow();
    assert!(seen.len() >= 3, "{seen:?}");
    for command in seen.iter() {
        assert!(
            command.starts_with("match-rates --unmatched") && !command.contains("RQW"),
            "{command} shows a reference"
        );
    }
    let pack = |provider: &str, reference: &str| {
        scanner::files(&canary.area.file("packs").join(provider))
            .iter()
            .any(|file| holds(&fs::read(file).unwrap(), reference))
    };
    assert!(pack("RAJ", HARMLESS_REFERENCE) && pack("RQW", OTHERS_REFERENCE));
    assert!(!pack("RAJ", OTHERS_REFERENCE) && !pack("RQW", HARMLESS_REFERENCE));
    for folder in ["data", "reports", "tmp"] {
        for file in scanner::files(&canary.area.file(folder)) {
            let bytes = fs::read(&file).unwrap();
            for reference in [HARMLESS_REFERENCE, OTHERS_REFERENCE] {
                assert!(!holds(&bytes, reference), "{}", file.display());
            }
        }
    }
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Samples of the other formats, each broken where it names a child.
fn samples_of_every_format(canary: &Canary) {
    let all = children();
    let (name, number) = (&all[0].surname, &all[0].nhs_number);
    let samples = [
        (
            "section23/api-json",
            "wrong-type.json",
            format!(
                "[{{\"child\": {{\"nhs_number\": {number}, \"family_name\": [\"{name}\"]}}, \"{name}\": 1}}]"
            ),
        ),
        (
            "section23/api-json",
            "cut.json",
            format!(
                "[{{\"child\": {{\"family_name\": \"{name}\", \"given_name\": \"{}",
                all[0].forename
            ),
        ),
        (
            "section23/api-json",
            "no-object.json",
            format!("[\"{name}\", {number}]"),
        ),
        (
            "section23/api-json",
            "twice.json",
            format!("[{{\"child\": {{\"{name}\": 1, \"{name}\": \"{number}\" 2}}}}]"),
        ),
        (
            "school-census/xml",
            "8812999_SC1_881LL26_001.xml",
            format!("<Message><Pupil><Surname>{name}</{name}></Pupil></Message>"),
        ),
        (
            "school-census/xml",
            "8812999_SC1_881LL26_002.xml",
            format!(
                "<Message><PupilOnRoll><Surname>{name}&{name};</Surname><{name} a='{number}' a='{number}'/>"
            ),
        ),
        (
            "school-census/xml",
            "8812999_SC1_881LL26_003.xml",
            format!("<!DOCTYPE {name} [<!ENTITY a \"{name}\">]><Message>&a;</Message>"),
        ),
        (
            "section23/portal-export-xlsx",
            "section23-notifications-1.xlsx",
            format!("PK\u{3}\u{4} {name} {number}"),
        ),
    ];
    for (layout, file, text) in samples {
        let path = canary
            .area
            .put(&format!("incoming/samples/{file}"), text, "2026-02-02");
        canary.says(
            &[
                "mapping",
                "check",
                layout,
                "--sample",
                &path.display().to_string(),
            ],
            &[0, 3, 65],
        );
    }
    // A mapping that is broken around a name of the operator's own: the file's text is shown, as it is no delivery.
    canary.search_everything();
}

#[test]
fn no_identifier_leaves_the_vault_on_sqlite() {
    every_command_and_fault(Database::Sqlite);
}

#[test]
fn no_identifier_leaves_the_vault_on_postgresql() {
    every_command_and_fault(Database::Postgres);
}
