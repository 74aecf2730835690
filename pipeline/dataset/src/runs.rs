//! Runs: when, for which day, with what outcome.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
};
use records::Kind;

use crate::{
    Lease, PublishedRow, Store, StoreError, audit,
    joint::build::json,
    publish::last_publication,
    sql::{Row, Tx},
};

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

    fn from_code(code: &str) -> Result<Self, StoreError> {
        [RunState::Running, RunState::Finished, RunState::Abandoned]
            .into_iter()
            .find(|state| state.as_str() == code)
            .ok_or(StoreError::Corrupt {
                what: "the state of a run",
            })
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
    /// When it ended, or failed.
    pub finished: Option<Timestamp>,
    /// How often it was continued after a stop.
    pub resumptions: u64,
    /// Name and version of the program.
    pub software: String,
    /// Hash of the configuration.
    pub config_hash: String,
    /// The exit code it ended with; of a run that has not ended, what it failed with, where that could still be
    /// written.
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
        let mut tx = self.write(lease, "begin a run").await?;
        let stopped: Option<(i64, Date)> = tx
            .optional(
                "select id, as_at from run where state = 'running' order by id desc limit 1",
                [],
                |row| Ok((row.integer(0)?, row.parsed(1)?)),
            )
            .await?;
        let as_at = match (request.as_at, stopped) {
            (Some(asked), _) => asked,
            (None, Some((_, stopped))) => stopped,
            (None, None) => request.today,
        };
        if let Some(last) = last_publication(&mut tx).await?
            && as_at < last.row.as_at
        {
            return Err(StoreError::AsAtTooEarly {
                published: last.row.as_at,
            });
        }
        let run = match stopped {
            Some((id, stopped)) if stopped == as_at => {
                tx.execute(
                    "update run set resumptions = resumptions + 1, software = $1, config_hash = $2, finished = null,
                            exit_code = null
                      where id = $3",
                    [request.software.into(), request.config_hash.into(), id.into()],
                )
                .await?;
                Run {
                    id,
                    as_at,
                    resumed: true,
                }
            }
            _ => {
                tx.execute("update run set state = 'abandoned' where state = 'running'", [])
                    .await?;
                let id = tx
                    .optional("select coalesce(max(id), 0) + 1 from run", [], |row| {
                        row.integer(0)
                    })
                    .await?
                    .unwrap_or(1);
                tx.execute(
                    "insert into run (id, as_at, state, started, resumptions, software, config_hash)
                     values ($1, $2, 'running', $3, 0, $4, $5)",
                    [
                        id.into(),
                        as_at.into(),
                        Timestamp::now().to_string().into(),
                        request.software.into(),
                        request.config_hash.into(),
                    ],
                )
                .await?;
                Run {
                    id,
                    as_at,
                    resumed: false,
                }
            }
        };
        let action = if run.resumed { "resume run" } else { "begin run" };
        let counts = serde_json::json!({ "as_at": as_at.to_string() });
        audit::append(&mut tx, "sendlink", action, &run.id.to_string(), &counts).await?;
        fail::fail_point!("dataset::run::before-begin-commit");
        tx.commit().await?;
        Ok(run)
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
        let mut tx = self.write(lease, "finish a run").await?;
        tx.execute(
            "update run set state = 'finished', finished = $1, exit_code = $2, summary = $3 where id = $4",
            [
                Timestamp::now().to_string().into(),
                i64::from(exit_code).into(),
                summary.to_string().into(),
                run.id.into(),
            ],
        )
        .await?;
        let counts = serde_json::json!({ "exit_code": exit_code });
        audit::append(&mut tx, "sendlink", "finish run", &run.id.to_string(), &counts).await?;
        fail::fail_point!("dataset::run::before-finish-commit");
        tx.commit().await
    }

    /// Writes down what a run failed with. It stands as stopped, and the next one continues it.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn fail_run(&self, lease: &Lease, run: &Run, exit_code: u8) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "write down how a run failed").await?;
        let rows = tx
            .execute(
                "update run set finished = $1, exit_code = $2 where id = $3 and state = 'running'",
                [
                    Timestamp::now().to_string().into(),
                    i64::from(exit_code).into(),
                    run.id.into(),
                ],
            )
            .await?;
        // One that has ended before is told of already.
        if rows > 0 {
            let counts = serde_json::json!({ "exit_code": exit_code });
            audit::append(&mut tx, "sendlink", "fail run", &run.id.to_string(), &counts).await?;
        }
        tx.commit().await
    }

    /// The latest `limit` runs, latest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn history(&self, limit: u32) -> Result<Vec<RunRow>, StoreError> {
        let mut tx = self.read("read the history").await?;
        runs(&mut tx, limit).await
    }

    /// The latest run that ended with one of these exit codes.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn last_run_ended_with(&self, codes: [u8; 2]) -> Result<Option<RunRow>, StoreError> {
        let [one, other] = codes.map(i64::from);
        let mut tx = self.read("look for the last good run").await?;
        tx.optional(
            "select id, as_at, state, started, finished, resumptions, software, config_hash, exit_code, summary
               from run where state = 'finished' and exit_code in ($1, $2) order by id desc limit 1",
            [one.into(), other.into()],
            run_row,
        )
        .await
    }

    /// The database at a glance.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn status(&self) -> Result<Status, StoreError> {
        let mut tx = self.read("read the status").await?;
        let feeds = tx
            .all(
                "select d.feed, d.kind, d.provider,
                        cast(sum(case when d.verdict = 'loaded' then 1 else 0 end) as bigint),
                        cast(sum(case when d.verdict = 'held' then 1 else 0 end) as bigint),
                        cast(sum(case when d.verdict in ('refused', 'rejected') then 1 else 0 end) as bigint),
                        max(case when d.verdict = 'loaded' then d.received end),
                        (select count(*) from record r where r.feed = d.feed and r.state = 'current')
                   from delivery d where d.in_force = 1
                  group by d.feed, d.kind, d.provider order by d.feed, d.kind, d.provider",
                [],
                |row| {
                    Ok(FeedStatus {
                        feed: row.text(0)?,
                        kind: row.parsed(1)?,
                        provider: row.text(2)?,
                        deliveries: row.count(3)?,
                        held: row.count(4)?,
                        refused: row.count(5)?,
                        last_received: row.optional_parsed(6)?,
                        records: row.count(7)?,
                    })
                },
            )
            .await?;
        Ok(Status {
            last_run: runs(&mut tx, 1).await?.into_iter().next(),
            published: last_publication(&mut tx).await?.map(|last| last.row),
            feeds,
        })
    }
}

async fn runs(tx: &mut Tx, limit: u32) -> Result<Vec<RunRow>, StoreError> {
    tx.all(
        "select id, as_at, state, started, finished, resumptions, software, config_hash, exit_code, summary
           from run order by id desc limit $1",
        [i64::from(limit).into()],
        run_row,
    )
    .await
}

fn run_row(row: &Row) -> Result<RunRow, StoreError> {
    Ok(RunRow {
        id: row.integer(0)?,
        as_at: row.parsed(1)?,
        state: RunState::from_code(&row.text(2)?)?,
        started: row.parsed(3)?,
        finished: row.optional_parsed(4)?,
        resumptions: row.count(5)?,
        software: row.text(6)?,
        config_hash: row.text(7)?,
        exit_code: row.optional_integer(8)?.and_then(|code| u8::try_from(code).ok()),
        summary: row.optional_text(9)?.map(|summary| json(&summary)).transpose()?,
    })
}
