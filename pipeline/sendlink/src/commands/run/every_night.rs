//! `sendlink run --every-night-at`: one process that keeps the time itself.
//!
//! It outlives whatever a night ends with. What may pass by itself (a database that is away, another run, a disk that is
//! full) is tried again the same day; anything else waits for a person and the next night. The configuration is read
//! again each night. A night that was missed because the program was not running is made up for at its start.

use std::time::{Duration, Instant};

use dataset::Access;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::{
    cli::Run,
    config::Config,
    context,
    exit::{Exit, Failure},
    night::{self, Request, stop::Stop},
    schedule::{Due, TimeOfNight},
    watch::{self, Ending},
};

/// How long the program sleeps before it looks at the clock again. The clock may have been set meanwhile, or the machine
/// have slept, and neither wakes a sleeper.
const LOOK_EVERY: Duration = Duration::from_secs(20);

/// No night is further away than this. If it is, the clock was wrong when it was reckoned.
const FURTHEST: SignedDuration = SignedDuration::from_hours(26);

/// Runs a night every day until told to stop.
///
/// # Errors
/// Exit code 78 where there is no time zone database, 75 where it is stopped in the middle of a night. A night that
/// fails is no error.
pub async fn run(arguments: &Run, config: Config, time: TimeOfNight, stop: &Stop) -> Result<Exit, Failure> {
    let zone = context::london().ok_or_else(|| {
        Failure::new(
            Exit::Config,
            "there is no time zone database, so the time in London is not known; install tzdata",
        )
    })?;
    let nights = Nights {
        arguments,
        time,
        zone,
        stop,
    };
    // From before the look: a night that falls due during it is not passed over.
    let mut due = nights.next(Timestamp::now())?;
    match nights.missed(&config).await {
        Ok(None) => {}
        Ok(Some(missed)) => due = missed,
        Err(_) if stop.requested() => return Ok(Exit::Done),
        Err(failure) => {
            tracing::warn!(%failure, "Whether a night was missed is not known; the next one comes at its time.");
        }
    }
    loop {
        tracing::info!(day = %due.day, at = %due.at, "The next night is planned.");
        if !nights.wait_until(&mut due).await? {
            tracing::info!("Told to stop between two nights.");
            return Ok(Exit::Done);
        }
        let next = nights.next(Timestamp::now().max(due.at))?;
        nights.night(due, next).await?;
        // The night may have taken longer than a day.
        due = nights.next(Timestamp::now().max(due.at))?;
    }
}

struct Nights<'a> {
    arguments: &'a Run,
    time: TimeOfNight,
    zone: TimeZone,
    stop: &'a Stop,
}

impl Nights<'_> {
    /// The night that should have been since the last good one; none where there was none to miss.
    async fn missed(&self, config: &Config) -> Result<Option<Due>, Failure> {
        let store = self.stop.or(context::store(config, Access::ReadOnly)).await?;
        let store = match store {
            Ok(store) => store,
            // Nothing was ever run here.
            Err(failure) if failure.exit == Exit::NoInput => return Ok(None),
            Err(failure) => return Err(failure),
        };
        let last = store
            .last_run_ended_with(Exit::GOOD.map(|exit| exit as u8))
            .await?;
        store.close().await;
        let (Some(run), Some(due)) = (last, self.time.until(Timestamp::now(), &self.zone)) else {
            return Ok(None);
        };
        if run.finished.is_some_and(|finished| finished >= due.at) {
            return Ok(None);
        }
        tracing::warn!(day = %due.day, "A night was missed while the program was not running; it is made up for now.");
        Ok(Some(due))
    }

    fn next(&self, moment: Timestamp) -> Result<Due, Failure> {
        self.time.after(moment, &self.zone).ok_or_else(|| {
            Failure::new(
                Exit::Config,
                "the clock of this machine is at the end of the calendar",
            )
        })
    }

    /// Waits for a night; false where it is time to stop.
    async fn wait_until(&self, due: &mut Due) -> Result<bool, Failure> {
        loop {
            if self.stop.requested() {
                return Ok(false);
            }
            let left = due.at.duration_since(Timestamp::now());
            if left > FURTHEST {
                *due = self.next(Timestamp::now())?;
                tracing::warn!(day = %due.day, at = %due.at, "The clock was set back; the next night is planned anew.");
                continue;
            }
            let Ok(left) = Duration::try_from(left) else {
                return Ok(true);
            };
            if left.is_zero() {
                return Ok(true);
            }
            if self
                .stop
                .or(tokio::time::sleep(left.min(LOOK_EVERY)))
                .await
                .is_err()
            {
                return Ok(false);
            }
        }
    }

    /// Runs one night, again and again if what ends it may pass, until the next is due. People are told of the first
    /// failure of a night, and of how it ended after that.
    ///
    /// # Errors
    /// Only where it is time to stop.
    async fn night(&self, due: Due, next: Due) -> Result<(), Failure> {
        let mut told = None;
        loop {
            let (exit, again) = self.once(due, &mut told).await;
            if self.stop.requested() {
                return Err(night::stop::stopped());
            }
            if !may_pass(exit) {
                return Ok(());
            }
            let at = Timestamp::now() + again;
            if at >= next.at {
                tracing::error!(day = %due.day, "The night could not be run; it is given up for the next one.");
                return Ok(());
            }
            tracing::warn!(day = %due.day, at = %at, "The night is tried again.");
            if !self.wait_until(&mut Due { at, day: due.day }).await? {
                return Err(night::stop::stopped());
            }
        }
    }

    /// Runs one night once: what it ended with, and after which time it may be tried again. `told` is what people were
    /// told of it last.
    async fn once(&self, due: Due, told: &mut Option<Exit>) -> (Exit, Duration) {
        let config = match Config::load(&self.arguments.config.file) {
            Ok(config) => config,
            Err(failure) => {
                tracing::error!(exit = failure.exit as u8, %failure, "The night cannot begin.");
                // Whom to tell stands in what cannot be read.
                return (failure.exit, Duration::ZERO);
            }
        };
        let again = config.night.try_again_after.0;
        let request = Request {
            // A night that is tried again after midnight is still that of its day.
            as_at: Some(due.day),
            feeds: self.arguments.feeds.clone(),
        };
        let started = Instant::now();
        let ended = super::one(config.clone(), request, self.stop.clone()).await;
        if let Err(failure) = &ended {
            tracing::error!(exit = failure.exit as u8, %failure, "The night ended before its end.");
        }
        let ending = Ending::of(&ended, started.elapsed());
        watch::measure(&config, &ending, self.stop).await;
        if !self.stop.requested() && *told != Some(ending.exit) {
            watch::alert(&config, &ending, told.is_some(), self.stop).await;
            *told = Some(ending.exit);
        }
        (ending.exit, again)
    }
}

/// Whether what ended a night may be over in a while.
fn may_pass(exit: Exit) -> bool {
    match exit {
        Exit::Unavailable | Exit::TryAgain | Exit::LeaseHeld | Exit::Io | Exit::CannotWrite => true,
        Exit::Done
        | Exit::Incomplete
        | Exit::Held
        | Exit::Usage
        | Exit::NoInput
        | Exit::Bug
        | Exit::KeyRefused
        | Exit::Config => false,
    }
}
