//! Progress of slow work: a bar on a terminal, a plain line now and then elsewhere.

use std::{
    io::IsTerminal,
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a log hears of slow work: often enough to see it live, seldom enough to read.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// The progress of one stage.
pub struct Progress {
    what: String,
    total: Option<u64>,
    done: AtomicU64,
    bar: Option<ProgressBar>,
    last_line: Mutex<Instant>,
}

impl Progress {
    /// Starts showing `what` (`"reading"`), of `total` units where the total is known.
    pub fn start(what: impl Into<String>, total: Option<u64>) -> Self {
        let what = what.into();
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = match total {
                Some(total) => ProgressBar::new(total).with_style(
                    ProgressStyle::with_template("{msg:28} {bar:30} {percent:>3} %  {eta}")
                        .unwrap_or_else(|_| ProgressStyle::default_bar()),
                ),
                None => ProgressBar::new_spinner().with_style(
                    ProgressStyle::with_template("{msg:28} {spinner} {human_pos}  {elapsed}")
                        .unwrap_or_else(|_| ProgressStyle::default_spinner()),
                ),
            };
            bar.set_message(what.clone());
            bar.enable_steady_tick(Duration::from_millis(200));
            bar
        });
        Progress {
            what,
            total,
            done: AtomicU64::new(0),
            bar,
            last_line: Mutex::new(Instant::now()),
        }
    }

    /// Some more is done.
    pub fn add(&self, units: u64) {
        self.show(self.done.fetch_add(units, Ordering::Relaxed) + units);
    }

    /// So much is done.
    pub fn reach(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.show(done);
    }

    fn show(&self, done: u64) {
        if let Some(bar) = &self.bar {
            bar.set_position(done);
            return;
        }
        let Ok(mut last) = self.last_line.try_lock() else {
            return;
        };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            match self.total.filter(|total| *total > 0) {
                Some(total) => {
                    tracing::info!(percent = done.min(total) * 100 / total, "Still {}.", self.what);
                }
                None => tracing::info!(done, "Still {}.", self.what),
            }
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
