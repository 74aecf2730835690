//! `sendlink quality`.

use dataset::Access;
use reports::{LinkageStatement, quality::NIGHTS, quality_table};

use super::print;
use crate::{
    cli::Quality,
    config::Config,
    context,
    exit::{Exit, Failure},
};

/// Shows how good linkage is, beside the nights before.
///
/// # Errors
/// Exit code 65 where no night has published yet.
pub async fn run(arguments: &Quality) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    let runs = store.quality(NIGHTS as u32 + 1).await?;
    let (Some(last), Some(published)) = (runs.first(), store.published().await?) else {
        return Err(Failure::new(
            Exit::NoInput,
            "nothing is published yet; `sendlink run` publishes",
        ));
    };
    if arguments.guild {
        let statement = LinkageStatement {
            area: &config.area.name,
            version: &published.version,
            software: context::SOFTWARE,
            feeds: &store.status().await?.feeds,
            quality: last,
        };
        print!("{}", statement.markdown());
    } else {
        print(&quality_table(&runs), arguments.data.format)?;
    }
    store.close().await;
    Ok(Exit::Done)
}
