//! Trying again: the one place that knows the `backoff` crate.
//!
//! Only what is safe to do twice may be retried, and only errors that may pass by themselves. Waits grow from
//! the first to the longest, each drawn from around its length so that many programs that lost one server do
//! not come back to it at once.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use backoff::{Clock, Error, exponential::ExponentialBackoff, future};

/// How long to go on trying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The first wait.
    pub initial: Duration,
    /// The longest single wait.
    pub max_interval: Duration,
    /// After this long no further try is begun.
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

/// Runs `operation` until it succeeds, fails with an error that `is_transient` says no to, or the budget is
/// spent. `what` names it in the log (`connecting to PostgreSQL`); the error itself is not logged, as it may
/// hold what must not be.
///
/// ```
/// use std::time::Duration;
/// use kit::retry::{RetryPolicy, retry};
///
/// # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(async {
/// let mut tries = 0;
/// let result = retry(RetryPolicy::SERVER_RESTART, "asking", |_: &&str| true, || {
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
    is_transient: impl Fn(&E) -> bool,
    mut operation: impl FnMut() -> F,
) -> Result<T, E> {
    let waits = ExponentialBackoff {
        current_interval: policy.initial,
        initial_interval: policy.initial,
        randomization_factor: 0.25,
        multiplier: 2.0,
        max_interval: policy.max_interval,
        max_elapsed_time: Some(policy.budget),
        clock: TokioClock,
        start_time: TokioClock.now(),
    };
    let attempt = || {
        let result = operation();
        let is_transient = &is_transient;
        async move {
            result.await.map_err(|error| match is_transient(&error) {
                true => Error::transient(error),
                false => Error::permanent(error),
            })
        }
    };
    let notify = |_, wait: Duration| {
        let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        tracing::warn!(wait_ms, "{what} failed, and is tried again after a wait.");
    };
    future::retry_notify(waits, attempt, notify).await
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
    async fn tried(succeeds_on: u32, transient: bool) -> (u32, u64, Result<(), &'static str>) {
        let started = tokio::time::Instant::now();
        let mut tries = 0;
        let result = retry(
            POLICY,
            "trying",
            |_| transient,
            || {
                tries += 1;
                let result = if tries >= succeeds_on { Ok(()) } else { Err("no") };
                async move { result }
            },
        )
        .await;
        (tries, started.elapsed().as_secs(), result)
    }

    #[tokio::test(start_paused = true)]
    async fn a_passing_fault_passes() {
        let (tries, seconds, result) = tried(4, true).await;
        assert_eq!((tries, result), (4, Ok(())));
        // 1, 2 and 4 seconds, each a quarter more or less.
        assert!((5..=9).contains(&seconds), "{seconds}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lasting_fault_is_not_tried_again() {
        assert_eq!(tried(2, false).await, (1, 0, Err("no")));
    }

    #[tokio::test(start_paused = true)]
    async fn the_budget_ends_it() {
        let (tries, seconds, result) = tried(u32::MAX, true).await;
        assert_eq!(result, Err("no"));
        assert!((6..=15).contains(&tries), "{tries}");
        assert!((45..=70).contains(&seconds), "{seconds}");
    }
}
