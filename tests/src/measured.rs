//! The program run under measurement: how long it took, and the most memory that it held.

use std::{
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::Ended;

/// A run that was measured.
#[derive(Debug)]
pub struct Measured {
    /// How it ended.
    pub ended: Ended,
    /// The most memory that it held at any time, in KiB.
    pub peak_kib: u64,
    /// How long it took.
    pub took: Duration,
}

/// How often the system is asked for the peak so far. It never falls, so that only what happened in the last
/// milliseconds before the end can be missed.
const INTERVAL: Duration = Duration::from_millis(2);

/// Runs a command to its end. Its output is small, so that the pipes hold it.
pub fn run(command: &mut Command) -> Measured {
    let start = Instant::now();
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let status = format!("/proc/{}/status", child.id());
    let mut peak_kib = 0;
    while child.try_wait().expect("the program can be waited for").is_none() {
        peak_kib = peak_kib.max(high_water_mark(&status).unwrap_or(0));
        std::thread::sleep(INTERVAL);
    }
    let took = start.elapsed();
    let ended = child.wait_with_output().expect("the program ended").into();
    assert!(peak_kib > 0, "the program's memory could not be measured");
    Measured {
        ended,
        peak_kib,
        took,
    }
}

/// The largest resident set so far, in KiB (proc(5), VmHWM).
fn high_water_mark(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
