//! How the program ends: one exit code for each thing that an operator can act on.

use std::{fmt, process};

/// The exit codes of the program. The numbers from 64 on are those of `sysexits.h`, so that schedulers and
/// people who know them need no table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Finished, but a source is missing, a delivery was refused or held, or quarantine passed its threshold.
    Incomplete = 3,
    /// Held, not published: a person must decide.
    Held = 4,
    /// The command line is not understood.
    Usage = 64,
    /// Nothing usable to work on.
    NoInput = 65,
    /// A service is not available: the database, or one that hears of nights.
    Unavailable = 69,
    /// A bug.
    Bug = 70,
    /// Something cannot be created or is full.
    CannotWrite = 73,
    /// Input or output failed.
    Io = 74,
    /// Stopped, or try again later.
    TryAgain = 75,
    /// A key is missing, open to others, or not the one that the vault was made with.
    KeyRefused = 77,
    /// The configuration is not valid.
    Config = 78,
    /// Another run holds the lease.
    LeaseHeld = 80,
}

impl Exit {
    /// What a night ends with that has published: a good night, even if a provider needs a call.
    pub const GOOD: [Exit; 2] = [Exit::Done, Exit::Incomplete];

    /// Every code with what it means, for the operator's page.
    pub const ALL: [(Exit, &'static str); 13] = [
        (Exit::Done, "done"),
        (
            Exit::Incomplete,
            "finished, but a source is missing, a delivery was refused or held, or quarantine passed its threshold",
        ),
        (Exit::Held, "held, not published: a person must decide"),
        (Exit::Usage, "the command line is not understood"),
        (Exit::NoInput, "nothing usable to work on"),
        (Exit::Unavailable, "the database is not available"),
        (Exit::Bug, "a bug in sendlink; please report it"),
        (
            Exit::CannotWrite,
            "something cannot be created, or the disk is full",
        ),
        (Exit::Io, "input or output failed"),
        (Exit::TryAgain, "stopped; running again continues"),
        (
            Exit::KeyRefused,
            "the key is missing, open to others, or not the one that the vault was made with",
        ),
        (Exit::Config, "the configuration is not valid"),
        (Exit::LeaseHeld, "another run holds the lease"),
    ];
}

impl From<Exit> for i32 {
    fn from(exit: Exit) -> Self {
        i32::from(exit as u8)
    }
}

impl From<Exit> for process::ExitCode {
    fn from(exit: Exit) -> Self {
        process::ExitCode::from(exit as u8)
    }
}

/// Why a command could not do its work: what to tell the operator, and the code to end with.
#[derive(Debug)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What happened and what to do, as one sentence. Never a value of a record.
    pub message: String,
}

impl Failure {
    /// A failure with this code and message.
    pub fn new(exit: Exit, message: impl fmt::Display) -> Self {
        Failure {
            exit,
            message: message.to_string(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<transport::TransportError> for Failure {
    fn from(error: transport::TransportError) -> Self {
        use transport::TransportError as E;
        let exit = match &error {
            E::Landing { source } => of_write(source),
            E::Manifest { .. } => Exit::Io,
            E::Setup { .. } => Exit::Config,
            E::Source { .. }
            | E::Delivery { .. }
            | E::Acknowledge { .. }
            | E::Send { .. }
            | E::Post { .. } => Exit::Unavailable,
        };
        Failure::new(exit, error)
    }
}

/// The code for a failed write: 73 where there is no room or no right, else 74.
pub fn of_write(error: &std::io::Error) -> Exit {
    use std::io::ErrorKind as K;
    match error.kind() {
        K::StorageFull | K::QuotaExceeded | K::PermissionDenied | K::ReadOnlyFilesystem | K::FileTooLarge => {
            Exit::CannotWrite
        }
        _ => Exit::Io,
    }
}
