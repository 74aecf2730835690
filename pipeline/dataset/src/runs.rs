//! Runs: when, for which day, with what outcome.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use records::Kind;

use crate::{Lease, PublishedRow, Store, StoreError};

/// What a run is begun with.
#[derive(Clone, Copy, Debug)]
pub struct RunRequest<'a> {
    /// The day asked for; none to take `today`, or to continue a stopped run with its own day.
    pub as_at: Option<Date>,
    /// Today in the area's time zone.
    pub today: Date,
    /// Name and version of the program.
    pub software: &'a str,
    /// Hash of the configuration.
    pub config_hash: &'a str,
}

/// A run that is going on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its number; rises by one a run.
    pub id: i64,
    /// The day that the dataset is about.
    pub as_at: Date,
    /// Whether it continues a run that was stopped.
    pub resumed: bool,
}

/// How a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Going on, or stopped before its end.
    Running,
    /// Ended, with an exit code.
    Finished,
    /// Stopped, and not continued because another day was asked for.
    Abandoned,
}

impl RunState {
    /// The word for it in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Finished => "finished",
            RunState::Abandoned => "abandoned",
        }
    }
}

/// One run of the history.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its number.
    pub id: i64,
    /// The day that it was for.
    pub as_at: Date,
    /// How it stands.
    pub state: RunState,
    /// When it began.
    pub started: Timestamp,
    /// When it ended.
    pub finished: Option<Timestamp>,
    /// How often it was continued after a stop.
    pub resumptions: u64,
    /// Name and version of the program.
    pub software: String,
    /// Hash of the configuration.
    pub config_hash: String,
    /// The exit code it ended with.
    pub exit_code: Option<u8>,
    /// What the program kept of it.
    pub summary: Option<serde_json::Value>,
}

/// How a feed stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedStatus {
    /// The feed.
    pub feed: String,
    /// Its kind.
    pub kind: Kind,
    /// Who sends it.
    pub provider: String,
    /// Deliveries loaded.
    pub deliveries: u64,
    /// Deliveries held for a person's decision.
    pub held: u64,
    /// Deliveries refused or rejected.
    pub refused: u64,
    /// When the latest loaded delivery came.
    pub last_received: Option<DateTime>,
    /// Records that stand.
    pub records: u64,
}

/// The database at a glance.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// The latest run, finished or not.
    pub last_run: Option<RunRow>,
    /// What is published.
    pub published: Option<PublishedRow>,
    /// Every feed that ever delivered.
    pub feeds: Vec<FeedStatus>,
}

impl Store {
    /// Begins a run, or continues one that was stopped, which keeps its day unless another is asked for.
    ///
    /// # Errors
    /// [`StoreError::AsAtTooEarly`] where the day lies before that of the published dataset.
    pub async fn begin_or_resume_run(
        &self,
        lease: &Lease,
        request: RunRequest<'_>,
    ) -> Result<Run, StoreError> {
        let _ = (lease, request);
        Err(StoreError::unfinished())
    }

    /// Ends a run. `summary` is what the program wants to remember of it: counts, never values.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn finish_run(
        &self,
        lease: &Lease,
        run: &Run,
        exit_code: u8,
        summary: &serde_json::Value,
    ) -> Result<(), StoreError> {
        let _ = (lease, run, exit_code, summary);
        Err(StoreError::unfinished())
    }

    /// The latest `limit` runs, latest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn history(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let _ = limit;
        Err(StoreError::unfinished())
    }

    /// The database at a glance.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn status(&self) -> Result<Status, StoreError> {
        Err(StoreError::unfinished())
    }
}
