//! `sendlink run`.

use crate::{
    cli::Run,
    config::Config,
    exit::{Exit, Failure},
    night::{self, Request},
};

/// Runs the night, or reads without writing.
///
/// # Errors
/// Whatever ends the night before its end.
pub async fn run(arguments: &Run) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.config.file)?;
    let request = Request {
        as_at: arguments.as_at,
        feeds: arguments.feeds.clone(),
    };
    if arguments.dry_run {
        return night::dry_run(&config, &request).await;
    }
    let ended = night::run(&config, &request).await?;
    super::quiet_pipe(ended.page.write_text(std::io::stdout().lock()))?;
    Ok(ended.exit)
}
