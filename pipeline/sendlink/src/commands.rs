//! The commands, one file each.

pub mod check;
pub mod children;
pub mod decisions;
pub mod demo;
pub mod dictionary;
pub mod explain;
pub mod findings;
pub mod forget;
pub mod held;
pub mod history;
pub mod keys;
pub mod link;
pub mod mapping;
pub mod match_rates;
pub mod opt_outs;
pub mod quality;
pub mod register;
pub mod review;
pub mod run;
pub mod status;
pub mod synth;
pub mod verify;

use std::io;

use reports::{Format, Table, WriteError};

use crate::exit::{Exit, Failure};

/// Prints a table on standard output.
fn print<const N: usize>(table: &Table<N>, format: Format) -> Result<(), Failure> {
    quiet_pipe(table.write(format, io::stdout().lock()))
}

/// A reader that has seen enough (`| head`) is no failure.
fn quiet_pipe(written: Result<(), WriteError>) -> Result<(), Failure> {
    match written {
        Err(WriteError::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::new(Exit::Io, error)),
    }
}

/// Who gives a command: the account it runs under, for the audit chain.
fn actor() -> String {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .unwrap_or_else(|| "unknown".to_owned())
}
