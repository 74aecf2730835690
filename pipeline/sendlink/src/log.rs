//! Log lines on standard error: a sentence that reads alone, with fields that can be searched.

use std::panic;

use tracing_subscriber::{EnvFilter, fmt};

use crate::cli::LogFormat;

/// Starts logging. `SENDLINK_LOG` filters as `RUST_LOG` does elsewhere (`info` where it is not set).
///
/// Also replaces the panic message, which may quote a value, by the place in the code alone.
pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env("SENDLINK_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    match format {
        LogFormat::Plain => {
            fmt()
                .with_env_filter(filter)
                .with_writer(std::io::stderr)
                .with_target(false)
                .with_ansi(false)
                .init();
        }
        LogFormat::Json => fmt()
            .json()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .init(),
    }
    panic::set_hook(Box::new(|info| {
        let place = info
            .location()
            .map(|at| format!("{}:{}", at.file(), at.line()))
            .unwrap_or_default();
        tracing::error!(
            place,
            "sendlink has a bug and stops; yesterday's dataset stands. Please report the place."
        );
    }));
}
