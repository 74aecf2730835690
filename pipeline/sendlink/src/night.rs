//! The night, as one story: each stage is one function of one file below.
//!
//! | stage | a crash here leaves |
//! |---|---|
//! | lock | nothing |
//! | fetch | a delivery landed or not; nothing acknowledged |
//! | read, encode, load | whole deliveries: each is one transaction |
//! | link | yesterday's links |
//! | gate | yesterday's dataset; what came since is withheld |
//! | publish | yesterday's dataset, whole |
//! | report, acknowledge | a delivery found again and recognised by its hash |
//! | prune | landed deliveries a night longer |
//!
//! Running again continues. What one source does holds back no other, nor yesterday's data.

mod answer;
mod dry_run;
mod encode;
mod events;
mod fetch;
mod freshness;
mod gate;
mod link;
mod load;
mod publish;
mod quality;
mod read;
mod report;
mod settle;
mod spool;
pub mod stop;
pub mod summary;
mod volume;

use std::{
    collections::BTreeMap,
    future::{Future, poll_fn},
    panic::{self, AssertUnwindSafe},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::{Duration, Instant},
};

use dataset::{Access, Lease, Run, RunRequest, Store};
use jiff::civil::Date;
use linkage::HoldOut;
use pseudonym::{Keys, OpenPseudonymiser};
use tracing::{Instrument, field::Empty};
use transport::{Landing, Offered};

use self::{events::Event, stop::Stop, summary::Summary};
use crate::{
    assessment,
    config::{Config, Feed},
    context,
    exit::{Exit, Failure},
    feeds,
    sources::Sources,
};

pub use self::{dry_run::dry_run, load::interrupted};

/// What a night is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The day that the dataset is about, where it is not today.
    pub as_at: Option<Date>,
    /// The feeds to read; all where it is empty.
    pub feeds: Vec<String>,
}

/// How a night ended.
pub struct Ended {
    /// The exit code that it has earned.
    pub exit: Exit,
    /// The night on one page.
    pub page: reports::summary::Summary,
    /// The night in figures.
    pub summary: Summary,
}

/// What every stage needs.
struct Night<'a> {
    config: &'a Config,
    keys: Arc<Keys>,
    /// How senders make digests of NHS numbers.
    digests: Option<OpenPseudonymiser>,
    store: Store,
    lease: Lease,
    run: Run,
    landing: Landing,
    sources: Sources<'a>,
    /// What holds no delivery and is acknowledged once the night's page tells of it.
    noted: Vec<Offered>,
    stop: Stop,
    summary: Summary,
    /// What linking once more without NHS numbers found.
    held_out: Option<HoldOut>,
    /// By kind: records that are matched, and how many of those matches can hardly be right.
    implausible: BTreeMap<u8, (u64, u64)>,
}

/// Runs the night.
///
/// # Errors
/// Whatever ends it before its end, with its exit code. A dataset that was held is not among them: the summary
/// says so and the run ends with [`Exit::Held`].
pub async fn run(config: &Config, request: &Request, stop: &Stop) -> Result<Ended, Failure> {
    let feeds = feeds::ready(config, &chosen(config, request)?)?;
    let span = tracing::info_span!("night", run = Empty, as_at = Empty);
    let told = span.clone();
    let work = async {
        let mut clock = Clock::start();
        let mut night = clock.time("lock", begin(config, request, stop)).await?;
        let fingerprint = context::fingerprint(night.digests.as_ref(), &night.keys)?;
        // Feeds with NHS numbers are read again where digests are made in another way than before.
        let feeds: Vec<feeds::Ready<'_>> = feeds
            .into_iter()
            .map(|ready| ready.with_digests(fingerprint.as_deref()))
            .collect();
        told.record("run", night.run.id);
        told.record("as_at", tracing::field::display(night.run.as_at));
        match caught(stages(&mut night, &feeds, &mut clock)).await {
            Ok(page) => {
                night.summary.stages = clock.stages;
                finish(night, page).await
            }
            Err(failure) => Err(fail(night, failure).await),
        }
    };
    work.instrument(span).await
}

/// All stages once the lease is held. Returns the night's page.
async fn stages(
    night: &mut Night<'_>,
    feeds: &[feeds::Ready<'_>],
    clock: &mut Clock,
) -> Result<reports::summary::Summary, Failure> {
    let offers = clock.time("fetch", fetch::fetch(night, feeds)).await?;
    clock.time("load", load(night, feeds)).await?;
    clock.time("link", link::link(night, feeds)).await?;
    clock.time("gate", gate::pass(night)).await?;
    clock.time("publish", publish::publish(night, feeds)).await?;
    let page = clock.time("report", report::write(night)).await?;
    clock.time("settle", settle(night, &offers, feeds)).await?;
    Ok(page)
}

/// Does this work; a bug in it is a failure of the night, whose lease and database are still there.
async fn caught<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let mut work = pin!(work);
    // Of what a panic has left half done, nothing is looked at any more but the lease, which it does not touch.
    poll_fn(
        |context| match panic::catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))) {
            Ok(polled) => polled,
            Err(_) => Poll::Ready(Err(bug())),
        },
    )
    .await
}

/// What is said of a night that a bug has ended.
pub fn bug() -> Failure {
    Failure::new(Exit::Bug, "a bug ended the night; the log names its place")
}

/// Reads, encodes and loads what has landed, and notes which sources are silent.
async fn load(night: &mut Night<'_>, feeds: &[feeds::Ready<'_>]) -> Result<(), Failure> {
    load::load_all(night, feeds).await?;
    freshness::note(night).await
}

/// Tells senders and sources, and deletes what is past its retention.
async fn settle(
    night: &mut Night<'_>,
    offers: &[fetch::Offer],
    feeds: &[feeds::Ready<'_>],
) -> Result<(), Failure> {
    answer::send(night, offers, feeds).await?;
    gate::ask(night).await?;
    settle::acknowledge(night, offers, feeds).await?;
    settle::prune(night, feeds).await
}

/// Tells the log how long each stage took, and keeps it: what an operator compares from night to night.
pub struct Clock {
    since: Instant,
    stages: Vec<(&'static str, f64)>,
}

impl Clock {
    /// Starts with the first stage.
    pub fn start() -> Self {
        Clock {
            since: Instant::now(),
            stages: Vec::new(),
        }
    }

    /// A stage ends here, and the next begins.
    pub fn stage_ends(&mut self, stage: &'static str) {
        let now = Instant::now();
        let seconds = now
            .duration_since(std::mem::replace(&mut self.since, now))
            .as_secs_f64();
        tracing::info!(stage, seconds, "A stage ends.");
        self.stages.push((stage, seconds));
    }

    /// A stage from its beginning to its end, in a span of its own.
    async fn time<T>(
        &mut self,
        stage: &'static str,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let done = work.instrument(tracing::info_span!("stage", stage)).await?;
        self.stage_ends(stage);
        Ok(done)
    }
}

fn chosen<'a>(config: &'a Config, request: &Request) -> Result<Vec<&'a Feed>, Failure> {
    if request.feeds.is_empty() {
        return Ok(config.feeds.iter().collect());
    }
    request.feeds.iter().map(|name| config.feed(name)).collect()
}

/// Takes the lease, proves the key and fixes the day.
async fn begin<'a>(config: &'a Config, request: &Request, stop: &Stop) -> Result<Night<'a>, Failure> {
    let keys = context::keys(config)?;
    let digests = context::open_pseudonymiser(config)?;
    if digests.is_some() {
        tracing::warn!(
            warning = context::DIGESTS_ARE_NUMBERS,
            "Digests of NHS numbers are made and compared."
        );
    }
    // A file that the reports need at the end must not be found wrong after all the work.
    assessment::births(config)?;
    let store = stop.or(context::store(config, Access::ReadWrite)).await??;
    for grant in store.skipped_grants() {
        tracing::warn!(grant, "A reader was not granted the published tables.");
    }
    let lease = store
        .acquire(&format!("{}:{}", context::SOFTWARE, std::process::id()))
        .await?;
    store.check_key(&lease, &keys.fingerprint()).await?;
    let landing = Landing::open(&config.path(&config.landing.folder))?;
    let run = store
        .begin_or_resume_run(
            &lease,
            RunRequest {
                as_at: request.as_at,
                today: context::today(),
                software: context::SOFTWARE,
                config_hash: &config.hash,
            },
        )
        .await?;
    if run.resumed {
        tracing::info!(run = run.id, as_at = %run.as_at, "Continuing a run that was stopped.");
    } else {
        tracing::info!(run = run.id, as_at = %run.as_at, "A run begins.");
    }
    let summary = Summary::new(&config.area.name, &run);
    Ok(Night {
        config,
        keys: Arc::new(keys),
        digests,
        store,
        lease,
        run,
        landing,
        sources: Sources::new(config),
        noted: Vec::new(),
        stop: stop.clone(),
        summary,
        held_out: None,
        implausible: BTreeMap::new(),
    })
}

async fn finish(night: Night<'_>, page: reports::summary::Summary) -> Result<Ended, Failure> {
    let exit = night.summary.exit(night.config);
    let kept = serde_json::to_value(&night.summary).map_err(|error| Failure::new(Exit::Bug, error))?;
    night
        .store
        .finish_run(&night.lease, &night.run, exit as u8, &kept)
        .await?;
    tracing::info!(run = night.run.id, exit = exit as u8, "The run ends.");
    night.store.close().await;
    Ok(Ended {
        exit,
        page,
        summary: night.summary,
    })
}

/// A database that has not taken one row within this time is away.
const LAST_WORD: Duration = Duration::from_secs(5);

/// Writes down what a night failed with, where that can still be written: a run without a code was killed.
async fn fail(night: Night<'_>, failure: Failure) -> Failure {
    let written = night.store.fail_run(&night.lease, &night.run, failure.exit as u8);
    match tokio::time::timeout(LAST_WORD, written).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "The history cannot say how this run failed."),
        Err(_) => tracing::warn!("The history cannot say how this run failed: the database does not answer."),
    }
    failure
}

impl Night<'_> {
    /// Tells of something that happened.
    fn tell(&mut self, event: impl Event) {
        event.tell(&mut self.summary);
    }

    /// Ends the run here if it has been told to stop.
    fn check_stop(&self) -> Result<(), Failure> {
        if self.stop.requested() {
            return Err(stop::stopped());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_is_a_failure_like_others() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let buggy = async {
            tokio::task::yield_now().await;
            let few: Vec<u8> = Vec::new();
            Ok(few[few.len()])
        };
        assert_eq!(runtime.block_on(caught(buggy)).unwrap_err().exit, Exit::Bug);
        assert_eq!(runtime.block_on(caught(async { Ok(7) })).unwrap(), 7);
        let failing = async { Err::<(), _>(Failure::new(Exit::Io, "no disk")) };
        assert_eq!(runtime.block_on(caught(failing)).unwrap_err().exit, Exit::Io);
    }
}
