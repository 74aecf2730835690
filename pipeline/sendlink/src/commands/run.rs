//! `sendlink run`.

mod every_night;

use std::time::Instant;

use crate::{
    cli::Run,
    config::Config,
    exit::{Exit, Failure},
    night::{self, Ended, Request, stop::Stop},
    watch::{self, Ending},
};

/// Runs the night, or one every night, or reads without writing.
///
/// # Errors
/// Whatever ends the night before its end.
pub async fn run(arguments: &Run) -> Result<Exit, Failure> {
    // Before anything else: the first process of a container is deaf to a signal until it listens.
    let stop = Stop::listening();
    let config = Config::load(&arguments.config.file)?;
    if let Some(time) = arguments.every_night_at {
        return every_night::run(arguments, config, time, &stop).await;
    }
    let request = Request {
        as_at: arguments.as_at,
        feeds: arguments.feeds.clone(),
    };
    if arguments.dry_run {
        return night::dry_run(&config, &request, &stop).await;
    }
    let started = Instant::now();
    let ended = one(config.clone(), request, stop.clone()).await;
    let ending = Ending::of(&ended, started.elapsed());
    watch::measure(&config, &ending, &stop).await;
    // Whoever stopped it knows.
    if !stop.requested() {
        watch::alert(&config, &ending, false, &stop).await;
    }
    let ended = ended?;
    super::quiet_pipe(ended.page.write_text(std::io::stdout().lock()))?;
    Ok(ended.exit)
}

/// One night, in a task of its own, so that a bug in it ends it alone and is told of.
async fn one(config: Config, request: Request, stop: Stop) -> Result<Ended, Failure> {
    tokio::spawn(async move { night::run(&config, &request, &stop).await })
        .await
        .unwrap_or_else(|_| Err(night::bug()))
}
