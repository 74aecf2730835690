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
    hand::{
        Child, Notice, Pupil, Table, census_feed, nhs_number, notices_csv, notices_feed, spring_census, upn,
    },
    postgres::{self, Cluster},
    scanner::{Class, Marker, Scanner},
};

/// A reference that names nobody. It may stand in its own provider's list and pack, and nowhere else.
const HARMLESS_REFERENCE: &str = "XKREF-70017001";
/// The same of another provider.
const OTHERS_REFERENCE: &str = "XKREF-70029002";

/// Names that nobody bears; birth days on which nothing else in the area happens.
fn children() -> Vec<Child> {
    [
        ("Zqxandrovik", "Wyvernhollow", "2021-03-17", "QX7 3ZK"),
        ("Pflorimunda", "Vexlorimund", "2021-04-19", "QX8 4ZK"),
        ("Jaxwithorpe", "Quoznebrith", "2021-05-23", "QX9 5ZK"),
        ("Kryzmontague", "Grimbolzwick", "2021-06-29", "QX6 6ZK"),
        ("Oxbryndellia", "Thwaitzengul", "2021-07-13", "QX5 7ZK"),
        ("Ulfrenquist", "Brackzomewell", "2021-08-27", "QX4 8ZK"),
        ("Ibbrazelda", "Snarkwizzle", "2021-09-11", "QX3 9ZK"),
    ]
    .iter()
    .zip(4_000..)
    .map(|((forename, surname, birth_date, postcode), number)| {
        Child::new(number, forename, surname, birth_date, postcode)
    })
    .collect()
}

/// Identifiers beside those of the children themselves.
const MOTHERS_NUMBER: u32 = 4_100;
const FORMER_UPN: u32 = 4_101;
const MOTHERS_NAME: &str = "Mirrabolquin";
const FORMER_SURNAME: &str = "Yttervaldez";
const MIDDLE_NAME: &str = "Ezrabundle";
const PREFERRED_NAME: &str = "Zanzibrook";
const STREET: &str = "Hexagambol Mews";
const PHONE: &str = "07700900461";
const EMAIL: &str = "wobblethrax@example.org";
const FREE_TEXT: &str = "jabbernowlish";
const STAFF: &str = "Krontafelberg";
const REGISTRATION: &str = "GMC7654321X";
const SETTING: &str = "Wuzzlebatch Nursery";
const PROPERTY: &str = "100098765432";
const UNIQUE_LEARNER_NUMBER: &str = "9900012346";

/// The number of the fourth child with its last digit wrong.
fn wrong_number() -> String {
    let number = &children()[3].nhs_number;
    let last = number.bytes().last().expect("ten digits") - b'0';
    format!("{}{}", &number[..9], (last + 1) % 10)
}

fn markers() -> Vec<Marker> {
    let mut markers = Vec::new();
    for (index, child) in children().into_iter().enumerate() {
        let of = |what: &str| format!("the {what} of child {index}");
        markers.extend([
            Marker::new(of("forename"), Class::Text, child.forename),
            Marker::new(of("surname"), Class::Text, child.surname),
            Marker::new(of("birth day"), Class::Day, child.birth_date),
            Marker::new(of("NHS number"), Class::NhsNumber, child.nhs_number),
            Marker::new(of("UPN"), Class::Code, child.upn),
            Marker::new(of("postcode"), Class::Postcode, child.postcode),
        ]);
    }
    for (name, class, text) in [
        (
            "a mother's number",
            Class::NhsNumber,
            nhs_number(MOTHERS_NUMBER).as_str(),
        ),
        ("a number with a wrong digit", Class::NhsNumber, &wrong_number()),
        ("a former UPN", Class::Code, &upn(FORMER_UPN)),
        ("a mother's name", Class::Text, MOTHERS_NAME),
        ("a former surname", Class::Text, FORMER_SURNAME),
        ("a middle name", Class::Text, MIDDLE_NAME),
        ("a preferred name", Class::Text, PREFERRED_NAME),
        ("a street", Class::Text, STREET),
        ("a telephone number", Class::Code, PHONE),
        ("an email address", Class::Text, EMAIL),
        ("free text", Class::Text, FREE_TEXT),
        ("a member of staff", Class::Text, STAFF),
        ("a registration", Class::Text, REGISTRATION),
        ("a setting", Class::Text, SETTING),
        ("a property number", Class::Code, PROPERTY),
        ("a unique learner number", Class::Code, UNIQUE_LEARNER_NUMBER),
    ] {
        markers.push(Marker::new(name, class, text));
    }
    markers
}

/// A notice in which everything that can be stated is.
fn full(child: &Child, reference: &str) -> Notice {
    Notice::of(child, reference, "2024-11-05")
        .with("other_given_names", MIDDLE_NAME)
        .with("previous_family_name", FORMER_SURNAME)
        .with("preferred_name", PREFERRED_NAME)
        .with("mother_nhs_number", &nhs_number(MOTHERS_NUMBER))
        .with("address_line_1", STREET)
        .with("uprn", PROPERTY)
        .with("parent_contact_name", MOTHERS_NAME)
        .with("parent_phone", PHONE)
        .with("parent_email", EMAIL)
        .with("setting_name", SETTING)
        .with("diagnosis_text", FREE_TEXT)
        .with(
            "reason_text",
            &format!("{FREE_TEXT} {} lives in {STREET}", child.forename),
        )
        .with("voluntary_org_names", &format!("{SETTING};{FREE_TEXT}"))
        .with("attachment_refs", &format!("letter about {}.pdf", child.surname))
        .with("notifier_practitioner_name", STAFF)
        .with("notifier_registration_id", REGISTRATION)
        .with("notifier_contact_email", EMAIL)
}

/// Notices of every child, each with a fault of its own.
fn notices() -> Vec<Notice> {
    let all = children();
    let day = |iso: &str| {
        let parts: Vec<&str> = iso.split('-').collect();
        format!("{}/{}/{}", parts[2], parts[1], parts[0])
    };
    vec![
        // The reference is the NHS number, in groups.
        full(&all[0], &all[0].nhs_number).with("upn", &all[0].upn),
        // The reference holds the surname, and replaces one that holds the forename.
        full(&all[1], &format!("S23/{}/1", all[1].surname))
            .again("CORRECT", "2024-11-07T10:00:00Z")
            .with("replaces_notification_id", &format!("S23/{}/0", all[1].forename)),
        // Identifiers where codes belong.
        full(&all[2], "XK-3")
            .with("sex", &all[2].forename)
            .with("ethnic_category", &all[2].surname)
            .with("language", &all[2].surname)
            .with("gp_practice_ods", &all[2].upn)
            .with("delivering_org_ods", &all[2].postcode)
            .with("diagnosis_snomed", &all[2].nhs_number)
            .with("primary_need", &all[2].surname)
            .with("other_needs", &format!("SLCN;{}", all[2].forename))
            .with(
                "services_waiting_for",
                &format!("SLT:{};{}", day(&all[2].birth_date), all[2].surname),
            )
            .with("notifier_role", STAFF)
            .with("parent_informed_date", &all[2].surname),
        // A number that fails its check; a birth day in another order; both cost the row something.
        full(&all[3], "XK-4")
            .with("nhs_number", &wrong_number())
            .with("mother_nhs_number", &all[3].nhs_number)
            .with("birth_date", &day(&all[3].birth_date)),
        // Days out of order, and an authority that is a name.
        full(&all[4], "XK-5")
            .with("opinion_date", "2031-01-01")
            .with("la_gss", &all[4].surname),
        // Sent twice.
        full(&all[5], "XK-6"),
        full(&all[5], "XK-6"),
        // Nobody at school is like this one: unmatched under a reference that may be shown.
        full(&all[6], HARMLESS_REFERENCE).with("upn", &all[6].upn),
    ]
}

/// Rows that no reader can take apart rightly: too many fields, a quotation mark that does not close, bytes that are no
/// text, a control character, a field that is far too long.
fn broken_files() -> Vec<(&'static str, Vec<u8>)> {
    let all = children();
    let good = notices_csv(&[full(&all[0], "XK-9")]);
    let (header, row) = good.split_once('\n').expect("two lines");
    let mut files = vec![
        (
            "too-many-fields.csv",
            format!("{header}\n{},{row}", all[1].surname).into_bytes(),
        ),
        (
            "open-quote.csv",
            format!("{header}\n\"{} {},{row}{row}", all[1].surname, all[1].nhs_number).into_bytes(),
        ),
        (
            "control.csv",
            format!(
                "{header}\n{}",
                row.replace(MIDDLE_NAME, &format!("{MIDDLE_NAME}\u{7}"))
            )
            .into_bytes(),
        ),
        (
            "too-long.csv",
            format!("{header}\n{}", row.replace(FREE_TEXT, &FREE_TEXT.repeat(9_000))).into_bytes(),
        ),
        ("truncated.csv", good.as_bytes()[..good.len() - 30].to_vec()),
        (
            "no-header.csv",
            format!("{},{}\n{row}", all[0].surname, all[0].nhs_number).into_bytes(),
        ),
        // A header that names a child twice over.
        (
            "strange-header.csv",
            format!("{},{header},{}\nx,{row}", all[1].surname, all[1].surname).into_bytes(),
        ),
    ];
    let mut no_text = good.into_bytes();
    let place = no_text
        .windows(MIDDLE_NAME.len())
        .position(|window| window == MIDDLE_NAME.as_bytes())
        .expect("the name");
    no_text[place + 4] = 0xff;
    files.push(("no-text.csv", no_text));
    files
}

/// The census of the same children, with faults and with names of files that name a child.
fn census() -> Vec<Table> {
    let all = children();
    let pupils: Vec<Pupil> = all[..6].iter().map(Pupil::of).collect();
    let mut tables = spring_census(2026, "2026-Jan-22 09:00:00", &pupils);
    let [_, on_roll, needs, addresses, _] = tables.as_mut_slice() else {
        panic!("five tables")
    };
    on_roll.set(0, "formerupn", &upn(FORMER_UPN));
    on_roll.set(0, "middlenames", MIDDLE_NAME);
    on_roll.set(0, "preferredsurname", PREFERRED_NAME);
    on_roll.set(0, "formersurname", FORMER_SURNAME);
    on_roll.set(0, "uniquelearnernumber", UNIQUE_LEARNER_NUMBER);
    addresses.set(0, "addressline1", STREET);
    addresses.set(0, "uniquepropertyreferencenumber", PROPERTY);
    // A UPN with a wrong check letter, a name among the codes, a pupil of a return that is a name.
    let upn = format!(
        "{}{}",
        if all[2].upn.starts_with('A') { 'B' } else { 'A' },
        &all[2].upn[1..]
    );
    on_roll.set(2, "upn", &upn);
    on_roll.set(3, "ethnicity", &all[3].surname);
    on_roll.set(3, "ncyearactual", &all[3].forename);
    on_roll.set(4, "schoolcensustableid", &all[4].surname);
    on_roll.set(5, "dob", &all[5].surname);
    needs.set(1, "sentype", &all[1].surname);
    needs.set(2, "pupilonrolltableid", &all[2].upn);
    tables
}

/// The area, its scanner, and everything that was looked at so far.
struct Canary {
    area: Area,
    cluster: Option<Cluster>,
    scanner: Scanner,
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
                census_feed(),
            ],
            &all,
        );
        fs::create_dir(area.file("tmp")).unwrap();
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
        for folder in ["data", "reports", "packs", "dictionary", "tmp"] {
            looked_at += self.scanner.refuse_folder(&self.area.file(folder));
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
    for file in sendlink_tests::scanner::files(&area.file("incoming")) {
        planted.extend(fs::read(file).unwrap());
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
        sendlink_tests::scanner::files(&canary.area.file("packs").join(provider))
            .iter()
            .any(|file| holds(&fs::read(file).unwrap(), reference))
    };
    assert!(pack("RAJ", HARMLESS_REFERENCE) && pack("RQW", OTHERS_REFERENCE));
    assert!(!pack("RAJ", OTHERS_REFERENCE) && !pack("RQW", HARMLESS_REFERENCE));
    for folder in ["data", "reports", "tmp"] {
        for file in sendlink_tests::scanner::files(&canary.area.file(folder)) {
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
