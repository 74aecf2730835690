//! Shows how far linkage is, and stops it when the run is stopping.

use linkage::{Stage, Watch};

use crate::{night::stop::Stop, progress::Progress};

/// What linkage tells while it works, and asks.
pub struct Watcher {
    /// Asked between pieces of work.
    pub stop: Stop,
    /// Shows each piece of work that is done.
    pub progress: Progress,
}

impl Watch for Watcher {
    fn progress(&self, _stage: Stage, _done: usize, _total: usize) {
        self.progress.add(1);
    }

    fn cancelled(&self) -> bool {
        self.stop.requested()
    }
}
