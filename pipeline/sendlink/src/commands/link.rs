//! `sendlink link`.

use crate::{
    cli::Link,
    exit::{Exit, Failure},
    link::{Plan, link},
    night::stop::Stop,
};

/// Links an analyst's own files.
///
/// # Errors
/// Exit code 78 for a configuration that is not valid, 65 for a file that cannot be used, 73 or 74 where nothing can
/// be written.
pub async fn run(arguments: &Link) -> Result<Exit, Failure> {
    let plan = Plan::load(&arguments.file)?;
    let stop = Stop::listening();
    tokio::task::block_in_place(|| link(&plan, arguments.evaluate.as_deref(), &stop))?;
    Ok(Exit::Done)
}
