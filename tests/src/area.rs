//! A made-up area in a folder of its own.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    postgres,
    program::{self, Ended},
};

/// Which database an area's nights run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// The embedded one.
    Sqlite,
    /// A new database of the shared cluster.
    Postgres,
}

impl Database {
    /// Both.
    pub const BOTH: [Database; 2] = [Database::Sqlite, Database::Postgres];
}

/// A made-up area: files, configuration, keys.
pub struct Area {
    folder: TempDir,
    /// The URL in its configuration.
    pub store: String,
}

/// The day that the tests' areas are about.
pub const AS_AT: &str = "2026-06-30";

/// Submissions that a small area keeps of each service.
const LAST_SUBMISSIONS: usize = 4;

/// The folders in a folder, by name.
fn folders(within: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(within)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

impl Area {
    /// An area of this many children with one year of deliveries.
    pub fn new(children: u32, seed: u64, database: Database) -> Self {
        Area::of_years(children, 1, seed, database)
    }

    /// The same with several years of deliveries, of which each has a census of all pupils.
    pub fn of_years(children: u32, years: u8, seed: u64, database: Database) -> Self {
        Area::made(children, years, seed, database, &["--as-at", AS_AT])
    }

    /// An area with a feed that needs opt-outs, about this day.
    pub fn with_opt_outs(children: u32, seed: u64, database: Database, as_at: &str) -> Self {
        Area::made(children, 1, seed, database, &["--as-at", as_at, "--opt-outs"])
    }

    fn made(children: u32, years: u8, seed: u64, database: Database, more: &[&str]) -> Self {
        let store = match database {
            Database::Sqlite => "sqlite:data".to_owned(),
            Database::Postgres => postgres::database(&postgres::shared()),
        };
        let folder = TempDir::with_prefix("sendlink-area-").expect("a folder");
        let [children, years, seed] = [children.to_string(), years.to_string(), seed.to_string()];
        let mut arguments = vec![
            "synth",
            "--children",
            &children,
            "--years",
            &years,
            "--seed",
            &seed,
        ];
        arguments.extend(["--out", "."]);
        arguments.extend(more);
        program::run(folder.path(), &arguments).expect(0);
        let area = Area { folder, store };
        area.edit_configuration(|text| text.replace("sqlite:data", &area.store));
        area.run(&["keys", "new", "keys/sendlink.key"]).expect(0);
        area
    }

    /// An area for tests that run many nights: 300 children, and of each service that submits monthly only the last
    /// submissions.
    pub fn small(seed: u64, database: Database) -> Self {
        let area = Area::new(300, seed, database);
        for kind in ["pregnancy", "two-year-review"] {
            for body in folders(&area.file("incoming").join(kind)) {
                let submissions = folders(&body);
                let before = submissions.len().saturating_sub(LAST_SUBMISSIONS);
                for submission in submissions.iter().take(before) {
                    fs::remove_dir_all(submission).expect("the folder is removed");
                }
            }
        }
        area
    }

    /// The demonstration with this many children, after its night; and what the command said.
    pub fn demonstration(children: u32) -> (Self, Ended) {
        let folder = TempDir::with_prefix("sendlink-demo-").expect("a folder");
        // The command makes the folder itself.
        fs::remove_dir(folder.path()).expect("the folder is removed");
        let out = folder.path().to_str().expect("a plain path");
        let ended = program::run(
            Path::new("."),
            &["demo", "--children", &children.to_string(), "--out", out],
        );
        let store = "sqlite:data".to_owned();
        (Area { folder, store }, ended)
    }

    /// An area with keys and no other file, for tests that write every byte of it.
    pub fn bare(database: Database) -> Self {
        Area::bare_with_store(match database {
            Database::Sqlite => "sqlite:data".to_owned(),
            Database::Postgres => postgres::database(&postgres::shared()),
        })
    }

    /// An area with keys and no other file, on the database behind this URL.
    pub fn bare_with_store(store: String) -> Self {
        let folder = TempDir::with_prefix("sendlink-area-").expect("a folder");
        let area = Area { folder, store };
        area.run(&["keys", "new", "keys/sendlink.key"]).expect(0);
        area
    }

    /// Another area with the same files and keys, on a database of its own.
    pub fn twin(&self, database: Database) -> Self {
        let folder = TempDir::with_prefix("sendlink-area-").expect("a folder");
        let status = Command::new("cp")
            .args([
                "-a",
                &format!("{}/.", self.path().display()),
                &folder.path().display().to_string(),
            ])
            .status()
            .expect("cp starts");
        assert!(status.success());
        for made in ["data", "landing", "reports"] {
            let _ = fs::remove_dir_all(folder.path().join(made));
        }
        let store = match database {
            Database::Sqlite => "sqlite:data".to_owned(),
            Database::Postgres => postgres::database(&postgres::shared()),
        };
        let twin = Area { folder, store };
        twin.edit_configuration(|text| text.replace(&self.store, &twin.store));
        twin
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A path in it.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    /// Changes its configuration.
    pub fn edit_configuration(&self, edit: impl FnOnce(String) -> String) {
        let file = self.file("sendlink.toml");
        let text = fs::read_to_string(&file).expect("the configuration");
        fs::write(file, edit(text)).expect("the configuration is written");
    }

    /// Runs a command of the program in it.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        program::run(self.path(), arguments)
    }

    /// Runs a night.
    pub fn night(&self) -> Ended {
        self.run(&["run", "--as-at", AS_AT])
    }

    /// Runs a night as at another day.
    pub fn night_as_at(&self, day: &str) -> Ended {
        self.run(&["run", "--as-at", day])
    }

    /// Runs a command of the program in it that reads this text from standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ended {
        let mut child = self
            .command(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // A command that reads nothing may have ended already.
        let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
        child.wait_with_output().expect("the program ends").into()
    }

    /// A command of the program in it, to be started otherwise.
    pub fn command(&self, arguments: &[&str]) -> Command {
        program::command(self.path(), arguments)
    }

    /// The version that is published: as-at date and digest.
    #[track_caller]
    pub fn version(&self) -> String {
        let status = self.run(&["status", "--format", "json"]).expect(0).json();
        status["published"]["version"]
            .as_str()
            .unwrap_or_else(|| panic!("nothing is published: {status}"))
            .to_owned()
    }
}
