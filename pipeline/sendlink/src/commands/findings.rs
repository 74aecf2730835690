//! `sendlink findings`.

use dataset::{Access, findings::FindingFilter};

use super::print;
use crate::{
    cli::Findings,
    config::Config,
    context,
    exit::{Exit, Failure},
};

/// Lists what was wrong in deliveries: by rule for people, one by one for programs.
///
/// # Errors
/// Exit code 65 where no night has run yet.
pub async fn run(arguments: &Findings) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    if let Some(name) = &arguments.feed {
        config.feed(name)?;
    }
    let store = context::store(&config, Access::ReadOnly).await?;
    let filter = FindingFilter {
        feed: arguments.feed.clone(),
        ..FindingFilter::default()
    };
    let findings = store.findings(&filter).await?;
    store.close().await;
    match arguments.data.format {
        reports::Format::Table => {
            print(&reports::rules_table(&findings), arguments.data.format)?;
            println!(
                "\n{} findings; --format csv lists them one by one.",
                findings.len()
            );
        }
        format => print(&reports::findings_table(&findings), format)?,
    }
    Ok(Exit::Done)
}
