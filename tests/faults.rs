//! The night is killed, and run again: the dataset is the one that an undisturbed night makes.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    process::Stdio,
    thread,
    time::{Duration, Instant},
};

use sendlink_tests::{Area, Database, area::AS_AT, postgres::Cluster};

/// Every fail point that the sources declare.
fn declared_points() -> BTreeSet<String> {
    fn collect(folder: &Path, points: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, points);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                for piece in text.split("fail_point!(\"").skip(1) {
                    points.insert(piece.split('"').next().unwrap().to_owned());
                }
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut points = BTreeSet::new();
    for folder in ["connectors", "pipeline"] {
        collect(&root.join(folder), &mut points);
    }
    points
}

/// Points that only one of the databases has.
const ONLY_ON_SQLITE: &[&str] = &[
    "dataset::publish::after-intent",
    "dataset::publish::after-renames",
    "dataset::publish::before-intent",
    "dataset::publish::between-renames",
];
const ONLY_ON_POSTGRESQL: &[&str] = &[
    "dataset::publish::before-apply",
    "dataset::publish::before-commit",
];

/// Stands for the pair that waits first for a person.
const FIRST_PAIR: &str = "FIRST";

/// Stands for the list of opt-outs that was written, which comes back as it went.
const ANSWER: &str = "ANSWER";

/// What an operator does over a few nights: a first night with a delivery that is refused, a decision, an answer about a
/// pair, a list of opt-outs that is sent and comes back, a second night, an erasure, a third night. Each is repeated until
/// it ends by itself.
const STORY: &[&[&str]] = &[
    &["run", "--as-at", AS_AT],
    &["decisions", "add", "decisions.csv", "--author", "tests"],
    &[
        "review", "decide", FIRST_PAIR, "unsure", "--author", "tests", "--reason", "a test",
    ],
    &["opt-outs", "export", "--out", "carried"],
    &["opt-outs", "import", ANSWER],
    &["run", "--as-at", AS_AT],
    &[
        "forget",
        "feed",
        "s23-n9v",
        "--reason",
        "the end of its retention",
    ],
    &["run", "--as-at", AS_AT],
];

/// Plays the story, killed where `kill_at` says. Whether it was killed.
fn play(area: &Area, kill_at: Option<&str>) -> bool {
    let mut killed = false;
    for arguments in STORY {
        let mut arguments = arguments.to_vec();
        let (pair, answer);
        if let Some(place) = arguments.iter_mut().find(|argument| **argument == ANSWER) {
            let mut carried = fs::read_dir(area.file("carried")).unwrap();
            answer = carried
                .next()
                .expect("a list")
                .unwrap()
                .path()
                .display()
                .to_string();
            *place = &answer;
        }
        if let Some(place) = arguments.iter_mut().find(|argument| **argument == FIRST_PAIR) {
            let waiting = area.run(&["review", "list", "--format", "json"]).expect(0).rows();
            pair = waiting[0]["pair"].as_str().expect("a pair that waits").to_owned();
            *place = &pair;
        }
        let arguments = arguments.as_slice();
        let mut command = area.command(arguments);
        if let Some(point) = kill_at.filter(|_| !killed) {
            command.env("SENDLINK_KILL_AT", point);
        }
        let mut ended = command.output().unwrap();
        if ended.status.code().is_none() {
            killed = true;
            ended = area.command(arguments).output().unwrap();
        }
        let code = ended.status.code();
        // The erasure was carried through when its command was repeated, so that there is nothing left to erase.
        if killed && arguments[0] == "forget" && code == Some(64) {
            continue;
        }
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(
            matches!(code, Some(0 | 3)),
            "{arguments:?} after {kill_at:?}: {code:?}\n{errors}"
        );
    }
    killed
}

fn killed_at_every_point(database: Database) {
    let area = Area::small(21, Database::Sqlite);
    fs::write(
        area.file("incoming/section23/R9M/cut-off.csv"),
        "Form reference,\"half a re",
    )
    .unwrap();
    fs::write(
        area.file("decisions.csv"),
        "decision,left_type,left,right_type,right,reason\n\
         do-not-link,nhs-number,9990000018,nhs-number,9990000026,a test\n",
    )
    .unwrap();
    area.edit_configuration(|text| text.replacen("\"s251-exempt\"", "\"s251-with-opt-out\"", 1));
    fs::create_dir(area.file("carried")).unwrap();
    let undisturbed = area.twin(database);
    assert!(!play(&undisturbed, None));
    let version = undisturbed.version();
    let mut missed = BTreeSet::new();
    for point in declared_points() {
        let twin = area.twin(database);
        if !play(&twin, Some(&point)) {
            missed.insert(point);
            continue;
        }
        assert_eq!(twin.version(), version, "{database:?}: killed at {point}");
        twin.run(&["verify"]).expect(0);
    }
    let expected = match database {
        Database::Sqlite => ONLY_ON_POSTGRESQL,
        Database::Postgres => ONLY_ON_SQLITE,
    };
    let expected: BTreeSet<String> = expected.iter().map(|point| (*point).to_owned()).collect();
    assert_eq!(
        missed, expected,
        "{database:?}: fail points that were never passed"
    );
}

#[test]
fn killed_at_every_fail_point_on_sqlite() {
    killed_at_every_point(Database::Sqlite);
}

#[test]
fn killed_at_every_fail_point_on_postgresql() {
    killed_at_every_point(Database::Postgres);
}

fn killed_at_moments(database: Database, moments: u32) {
    let area = Area::small(22, Database::Sqlite);
    let undisturbed = area.twin(database);
    let began = Instant::now();
    undisturbed.night().expect(0);
    let whole = began.elapsed();
    let version = undisturbed.version();
    for moment in 0..moments {
        // Moments spread over the undisturbed run by a fixed sequence (the golden ratio leaves no gaps).
        let fraction = (f64::from(moment) + 0.5) * 0.618_033_988_749_895 % 1.0;
        let twin = area.twin(database);
        let mut child = twin
            .command(&["run", "--as-at", AS_AT])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole.mul_f64(fraction));
        // Too late on a fast run: then it ended by itself, which is as good a case.
        let _ = child.kill();
        let _ = child.wait();
        twin.night().expect(0);
        assert_eq!(
            twin.version(),
            version,
            "{database:?}: killed at {fraction:.3} of the night"
        );
    }
}

#[test]
fn killed_at_sixty_moments_on_sqlite() {
    killed_at_moments(Database::Sqlite, 60);
}

#[test]
fn killed_at_sixty_moments_on_postgresql() {
    killed_at_moments(Database::Postgres, 60);
}

#[test]
fn of_two_runs_at_once_one_wins() {
    for database in Database::BOTH {
        let area = Area::small(23, database);
        let mut runs: Vec<_> = (0..2)
            .map(|_| {
                area.command(&["run", "--as-at", AS_AT])
                    .stdout(Stdio::null())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap()
            })
            .collect();
        let mut codes: Vec<_> = runs.iter_mut().map(|run| run.wait().unwrap().code()).collect();
        codes.sort();
        assert_eq!(codes, [Some(0), Some(80)], "{database:?}");
    }
}

#[test]
fn postgresql_stopped_and_started_in_the_middle_of_a_load() {
    let area = Area::small(24, Database::Sqlite);
    area.night().expect(0);
    let version = area.version();
    let cluster = Cluster::start();
    for delay in [300, 600, 900] {
        let twin = area.twin(Database::Postgres);
        let store = sendlink_tests::postgres::database(&cluster.url());
        twin.edit_configuration(|text| text.replace(&twin.store, &store));
        let mut run = twin
            .command(&["run", "--as-at", AS_AT])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(Duration::from_millis(delay));
        cluster.down();
        thread::sleep(Duration::from_millis(200));
        cluster.up();
        let code = run.wait().unwrap().code();
        assert!(matches!(code, Some(0 | 69 | 75)), "after {delay} ms: {code:?}");
        twin.night().expect(0);
        assert_eq!(twin.version(), version, "stopped after {delay} ms");
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let area = Area::small(25, Database::Sqlite);
    let undisturbed = area.twin(Database::Sqlite);
    undisturbed.night().expect(0);
    let version = undisturbed.version();
    let mut full = 0;
    for kilobytes in [256, 1_024, 3_072, 6_144] {
        let twin = area.twin(Database::Sqlite);
        let Some(disk) = SmallDisk::mount(&twin.file("data"), kilobytes) else {
            panic!("a small tmpfs cannot be mounted: run the tests as root");
        };
        let night = twin.night();
        if night.code != Some(0) {
            assert!(
                matches!(night.code, Some(73 | 74)),
                "{kilobytes} KiB: {:?} {}",
                night.code,
                night.stderr
            );
            full += 1;
        }
        disk.grow(200 * 1_024);
        twin.night().expect(0);
        assert_eq!(twin.version(), version, "{kilobytes} KiB");
    }
    assert!(full >= 2, "the disk was hardly ever full");
}

/// A small file system in memory.
struct SmallDisk {
    path: std::path::PathBuf,
}

impl SmallDisk {
    fn mount(path: &Path, kilobytes: u32) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={kilobytes}k"), "tmpfs"])
            .arg(path)
            .status()
            .is_ok_and(|status| status.success());
        mounted.then(|| SmallDisk {
            path: path.to_owned(),
        })
    }

    fn grow(&self, kilobytes: u32) {
        let status = std::process::Command::new("mount")
            .args(["-o", &format!("remount,size={kilobytes}k")])
            .arg(&self.path)
            .status()
            .unwrap();
        assert!(status.success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = std::process::Command::new("umount").arg(&self.path).status();
    }
}
