//! Stopping between batches when the operator or the container says so.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::exit::{Exit, Failure};

/// Whether the run has been told to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A flag that SIGINT and SIGTERM raise.
    pub fn listening() -> Self {
        let stop = Stop::default();
        let raised = stop.clone();
        tokio::spawn(async move {
            if wait_for_signal().await.is_ok() {
                tracing::warn!(
                    "Told to stop; the run ends after the batch in hand. Running again continues it."
                );
                raised.0.store(true, Ordering::SeqCst);
            }
        });
        stop
    }

    /// Whether to stop.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The end of a run that was told to stop.
pub fn stopped() -> Failure {
    Failure::new(Exit::TryAgain, "stopped before its end; running again continues")
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
