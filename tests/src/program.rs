//! The program, run as a process.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Output},
};

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; none where a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ended {
    /// The output, if the command ended with this code; a panic that shows everything if not.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "\n--- stdout\n{}\n--- stderr\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }

    /// Standard output as the rows of a table in JSON.
    #[track_caller]
    pub fn rows(&self) -> Vec<serde_json::Value> {
        self.json().as_array().expect("an array").clone()
    }
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Ended {
            code: code(output.status),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

fn code(status: ExitStatus) -> Option<i32> {
    status.code()
}

/// The program: `sendlink` beside the tests, built by `tests/run` with its fail points.
pub fn path() -> PathBuf {
    if let Some(path) = env::var_os("SENDLINK_TEST_PROGRAM") {
        return path.into();
    }
    let mut folder = env::current_exe().expect("the test knows its own path");
    folder.pop();
    if folder.ends_with("deps") {
        folder.pop();
    }
    let program = folder.join("sendlink");
    assert!(
        program.exists(),
        "the program is not built: cargo build --profile ci --package sendlink --features failpoints"
    );
    program
}

/// A command of the program, in a folder.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(path());
    command
        .args(arguments)
        .current_dir(folder)
        .env_remove("SENDLINK_LOG")
        .env_remove("SENDLINK_CONFIG");
    command
}

/// Runs a command of the program in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Ended {
    command(folder, arguments)
        .output()
        .expect("the program starts")
        .into()
}
