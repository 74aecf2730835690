//! Stopping when the operator or the container says so: between batches, and in the middle of any wait.

use std::{
    future::Future,
    process,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use tokio::sync::Notify;

use crate::exit::{Exit, Failure};

/// How long the work in hand may take once it has been told to stop. Containers are killed ten seconds after they were
/// told; what is left is for writing a line and leaving. Nothing is lost by leaving early: whatever a night has not
/// committed is done again by the next, as after a power cut.
const GRACE: Duration = Duration::from_secs(8);

/// Whether the program has been told to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Told>);

#[derive(Debug, Default)]
struct Told {
    raised: AtomicBool,
    wake: Notify,
}

impl Stop {
    /// A flag that SIGINT and SIGTERM raise. What does not heed it within a few seconds is left, as it is at the second
    /// signal.
    pub fn listening() -> Self {
        let stop = Stop::default();
        let raised = stop.clone();
        tokio::spawn(async move {
            if wait_for_signal().await.is_err() {
                return;
            }
            tracing::warn!("Told to stop; what is in hand ends or is given up. Running again continues it.");
            // A thread, as every worker of the runtime may be busy.
            thread::spawn(|| {
                thread::sleep(GRACE);
                leave("The work in hand takes too long; it is given up.");
            });
            raised.0.raised.store(true, Ordering::SeqCst);
            raised.0.wake.notify_waiters();
            if wait_for_signal().await.is_ok() {
                leave("Told to stop again; the work in hand is given up.");
            }
        });
        stop
    }

    /// Whether to stop.
    pub fn requested(&self) -> bool {
        self.0.raised.load(Ordering::Relaxed)
    }

    /// Waits until it is time to stop.
    pub async fn told(&self) {
        // Made before the look, so that a signal between the two is not missed.
        let woken = self.0.wake.notified();
        if !self.requested() {
            woken.await;
        }
    }

    /// Does this work, unless it is time to stop: then the work is dropped wherever it waits.
    ///
    /// # Errors
    /// [`stopped`] where it was dropped.
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Result<T, Failure> {
        tokio::select! {
            biased;
            () = self.told() => Err(stopped()),
            done = work => Ok(done),
        }
    }
}

/// The end of a run that was told to stop.
pub fn stopped() -> Failure {
    Failure::new(Exit::TryAgain, "stopped before its end; running again continues")
}

fn leave(why: &str) -> ! {
    tracing::warn!("{why} Running again continues.");
    process::exit(Exit::TryAgain.into())
}

#[cfg(unix)]
async fn wait_for_signal() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn wait_for_signal() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raise(stop: &Stop) {
        stop.0.raised.store(true, Ordering::SeqCst);
        stop.0.wake.notify_waiters();
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_when_it_is_time_to_stop() {
        let stop = Stop::default();
        let other = stop.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            raise(&other);
        });
        let started = tokio::time::Instant::now();
        let waited = stop.or(tokio::time::sleep(Duration::from_secs(600))).await;
        assert_eq!(waited.map_err(|failure| failure.exit), Err(Exit::TryAgain));
        assert_eq!(started.elapsed().as_secs(), 1);
    }

    #[tokio::test]
    async fn work_is_not_begun_once_it_is_time_to_stop() {
        let stop = Stop::default();
        assert_eq!(stop.or(async { 1 }).await.ok(), Some(1));
        raise(&stop);
        assert!(stop.or(async { 1 }).await.is_err());
        // Told again and again, not only once.
        assert!(stop.or(async { 1 }).await.is_err());
    }
}
