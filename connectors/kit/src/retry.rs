//! Trying again: the one place that knows the `backoff` crate.
//!
//! Only what is safe to do twice may be retried, and only faults that may pass by themselves. Waits grow from the first
//! to the longest, each drawn from around its length so that many programs that lost one server do not come back to it
//! at once. A server that says how long to wait is obeyed. What is spent on failed tries and on waits comes out of one
//! [`Patience`], so that a source that is down holds a night up for so long and no longer, however many requests it
//! takes. Every failed try is in the log once, with the class of its fault; the fault itself is not, as it may hold
//! what must not be.

use std::{
    future::Future,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use backoff::{Clock, backoff::Backoff, exponential::ExponentialBackoff};

/// How long to go on trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first wait.
    pub initial: Duration,
    /// The longest single wait.
    pub max_interval: Duration,
    /// Once failed tries and waits come to this, no further try is begun.
    pub budget: Duration,
}

impl RetryPolicy {
    /// For a server that may be restarting: half a second, doubling to ten, for two minutes.
    pub const SERVER_RESTART: RetryPolicy = RetryPolicy {
        initial: Duration::from_millis(500),
        max_interval: Duration::from_secs(10),
        budget: Duration::from_secs(120),
    };
}

/// Whether a fault may pass by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// It will not: the same try ends the same way.
    Never,
    /// It may.
    Later,
    /// It may, and the server has said when to ask again.
    After(Duration),
}

/// What is to be thought of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judged {
    /// A word for its class, for the log.
    pub class: &'static str,
    /// Whether it may pass by itself.
    pub again: Again,
}

/// What may still be spent on trying again, by all operations that share it.
#[derive(Debug)]
pub struct Patience {
    policy: RetryPolicy,
    spent_ms: AtomicU64,
}

impl Patience {
    /// The whole budget of a policy.
    pub fn new(policy: RetryPolicy) -> Self {
        Patience {
            policy,
            spent_ms: AtomicU64::new(0),
        }
    }

    /// Runs `operation` until it succeeds, fails for good in the eyes of `judge`, or the patience is spent. `what`
    /// names it in the log (`listing a mailbox`).
    ///
    /// # Errors
    /// The last error of `operation`.
    pub async fn retry<T, E, F: Future<Output = Result<T, E>>>(
        &self,
        what: &str,
        judge: impl Fn(&E) -> Judged,
        mut operation: impl FnMut() -> F,
    ) -> Result<T, E> {
        let mut waits = ExponentialBackoff {
            current_interval: self.policy.initial,
            initial_interval: self.policy.initial,
            randomization_factor: 0.25,
            multiplier: 2.0,
            max_interval: self.policy.max_interval,
            // The patience ends it, not the time of this one operation.
            max_elapsed_time: None,
            clock: TokioClock,
            start_time: TokioClock.now(),
        };
        let mut attempt = 0u32;
        loop {
            attempt += 1;
            let started = TokioClock.now();
            let error = match operation().await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            self.spend(TokioClock.now().duration_since(started));
            let Judged { class, again } = judge(&error);
            let own = waits.next_backoff().unwrap_or(self.policy.max_interval);
            let wait = match again {
                Again::Never => None,
                Again::Later => Some(own),
                // Never sooner than we would have come by ourselves: a server that says zero is not to be hammered.
                Again::After(wait) => Some(wait.max(own)),
            };
            let Some(wait) = wait.filter(|wait| *wait <= self.left()) else {
                tracing::warn!(attempt, class, "{what} failed, and is not tried again.");
                return Err(error);
            };
            let wait_ms = milliseconds(wait);
            tracing::warn!(
                attempt,
                class,
                wait_ms,
                "{what} failed, and is tried again after a wait."
            );
            self.spend(wait);
            tokio::time::sleep(wait).await;
        }
    }

    /// What is left.
    pub fn left(&self) -> Duration {
        let spent = Duration::from_millis(self.spent_ms.load(Ordering::Relaxed));
        self.policy.budget.saturating_sub(spent)
    }

    fn spend(&self, time: Duration) {
        self.spent_ms.fetch_add(milliseconds(time), Ordering::Relaxed);
    }
}

/// Runs one operation with a patience of its own.
///
/// ```
/// use kit::retry::{Again, Judged, RetryPolicy, retry};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// let mut tries = 0;
/// let judge = |_: &&str| Judged { class: "busy", again: Again::Later };
/// let result = retry(RetryPolicy::SERVER_RESTART, "asking", judge, || {
///     tries += 1;
///     let answer = if tries < 3 { Err("busy") } else { Ok(tries) };
///     async move { answer }
/// });
/// assert_eq!(result.await, Ok(3));
/// # });
/// ```
///
/// # Errors
/// The last error of `operation`.
pub async fn retry<T, E, F: Future<Output = Result<T, E>>>(
    policy: RetryPolicy,
    what: &str,
    judge: impl Fn(&E) -> Judged,
    operation: impl FnMut() -> F,
) -> Result<T, E> {
    Patience::new(policy).retry(what, judge, operation).await
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The clock of the runtime, so that tests can move it.
struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: RetryPolicy = RetryPolicy {
        initial: Duration::from_secs(1),
        max_interval: Duration::from_secs(8),
        budget: Duration::from_secs(60),
    };

    /// Tries an operation that fails until its `succeeds_on`th try: the tries, the seconds and the result.
    async fn tried(
        patience: &Patience,
        succeeds_on: u32,
        again: Again,
    ) -> (u32, u64, Result<(), &'static str>) {
        let started = tokio::time::Instant::now();
        let mut tries = 0;
        let judge = |_: &&str| Judged { class: "test", again };
        let result = patience
            .retry("Trying", judge, || {
                tries += 1;
                let result = if tries >= succeeds_on { Ok(()) } else { Err("no") };
                async move { result }
            })
            .await;
        (tries, started.elapsed().as_secs(), result)
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_fault_passes() {
        let (tries, seconds, result) = tried(&Patience::new(POLICY), 4, Again::Later).await;
        assert_eq!((tries, result), (4, Ok(())));
        // 1, 2 and 4 seconds, each a quarter more or less.
        assert!((5..=9).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lasting_fault_is_not_tried_again() {
        let patience = Patience::new(POLICY);
        assert_eq!(tried(&patience, 2, Again::Never).await, (1, 0, Err("no")));
        assert_eq!(patience.left(), POLICY.budget);
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_ends_it() {
        let (tries, seconds, result) = tried(&Patience::new(POLICY), u32::MAX, Again::Later).await;
        assert_eq!(result, Err("no"));
        assert!((6..=15).contains(&tries), "{tries}");
        assert!((45..=60).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn operations_share_one_patience() {
        let patience = Patience::new(POLICY);
        let (_, first, _) = tried(&patience, u32::MAX, Again::Later).await;
        let (tries, second, result) = tried(&patience, u32::MAX, Again::Later).await;
        assert_eq!(result, Err("no"));
        assert!(tries <= 4, "{tries}");
        assert!(first + second <= 60, "{first} and {second}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_server_says_is_obeyed() {
        let after = Again::After(Duration::from_secs(20));
        let (tries, seconds, result) = tried(&Patience::new(POLICY), 3, after).await;
        assert_eq!((tries, seconds, result), (3, 40, Ok(())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_asks_for_more_than_there_is_ends_it_at_once() {
        let after = Again::After(Duration::from_secs(3_600));
        let (tries, seconds, result) = tried(&Patience::new(POLICY), 3, after).await;
        assert_eq!((tries, seconds, result), (1, 0, Err("no")));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_zero_is_not_hammered() {
        let (tries, seconds, _) = tried(&Patience::new(POLICY), 3, Again::After(Duration::ZERO)).await;
        assert_eq!(tries, 3);
        assert!((2..=4).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn time_lost_in_a_try_counts() {
        let patience = Patience::new(POLICY);
        let judge = |_: &()| Judged {
            class: "timeout",
            again: Again::Later,
        };
        let mut tries = 0;
        let result = patience
            .retry("Hanging", judge, || {
                tries += 1;
                async {
                    tokio::time::sleep(Duration::from_secs(25)).await;
                    Err::<(), ()>(())
                }
            })
            .await;
        assert_eq!((result, tries), (Err(()), 3));
    }
}
