//! An analyst's own files, linked: one CSV file whose duplicates are wanted, or two that are linked with each other.
//!
//! The same engine as the night's, and as blind: cells are encoded under a key that is derived from the files and
//! thrown away, and nothing that is written holds a cell but the ids of the analyst's own rows. The same rows give the
//! same bytes, in whatever order they stand and on however many cores.

pub mod evaluate;
mod ids;
mod input;
mod plan;
mod read;
mod report;
mod splink;
mod summary;
mod write;

pub use plan::Plan;

use std::path::{Path, PathBuf};

use linkage::{
    LinkError,
    engine::{Found, link_tables},
};

use self::{
    evaluate::{Evaluation, Truth},
    read::Rows,
};
use crate::{
    exit::{Exit, Failure},
    night::{Clock, stop::Stop},
    progress::Progress,
    watcher::Watcher,
};

/// What came of a linkage.
struct Linked<'a> {
    plan: &'a Plan,
    rows: &'a Rows,
    found: &'a Found,
    evaluation: Option<&'a Evaluation>,
}

/// Links the files of a plan, and holds the links against the truth where one is given.
///
/// # Errors
/// Exit code 65 for a file that cannot be used, 73 or 74 where nothing can be written, 75 where it was stopped.
pub fn link(plan: &Plan, truth: Option<&Path>, stop: &Stop) -> Result<(), Failure> {
    let mut clock = Clock::start();
    let rows = read::read(plan, stop)?;
    clock.stage_ends("read");
    // Read before the work begins, so that a fault in it costs nothing.
    let truth = truth.map(|path| Truth::read(path, plan, &rows.ids)).transpose()?;
    let watch = Watcher {
        stop: stop.clone(),
        progress: Progress::start("linking", None),
    };
    let found = link_tables(&rows.tables, &plan.settings, &watch).map_err(|error| match error {
        LinkError::Cancelled => stopped(),
        error => Failure::new(Exit::Bug, error),
    })?;
    drop(watch);
    clock.stage_ends("link");
    let evaluation = truth
        .as_ref()
        .map(|truth| evaluate::evaluate(truth, &rows, &found, plan.settings.one_to_one));
    let linked = Linked {
        plan,
        rows: &rows,
        found: &found,
        evaluation: evaluation.as_ref(),
    };
    let written = write::write(&linked)?;
    clock.stage_ends("write");
    summary::print(&linked, &written)
}

/// A file that was written, and what it is.
struct Written {
    what: &'static str,
    path: PathBuf,
}

/// The end of a linkage that was told to stop.
fn stopped() -> Failure {
    Failure::new(Exit::TryAgain, "stopped before its end; nothing was written")
}
