//! `sendlink match-rates`.

use std::collections::BTreeSet;

use dataset::Access;
use measures::Slice;

use crate::{
    assessment::Assessment,
    cli::MatchRates,
    config::Config,
    context,
    exit::{Exit, Failure},
};

use super::print;

/// Shows the match rates, the unmatched list, or writes a provider's return-to-sender pack.
///
/// # Errors
/// Exit code 65 where nothing is published, or nothing is known of the provider.
pub async fn run(arguments: &MatchRates) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    let assessment = Assessment::read(&config, &store, arguments.as_at).await?;
    let provider = arguments.provider.as_deref();
    if let Some(provider) = &arguments.pack {
        let keys = context::keys(&config)?;
        crate::pack::write(&config, &store, &assessment, &keys, provider, &arguments.out).await?;
    } else if arguments.unmatched {
        let keys = context::keys(&config)?;
        let lines = assessment.unmatched_lines(&keys, provider)?;
        print(
            &reports::unmatched_table(&lines, &assessment.reasons),
            arguments.data.format,
        )?;
    } else {
        let slices: BTreeSet<Slice> = match arguments.data.format {
            // What a person wants at first sight; the finer parts are for programs.
            reports::Format::Table => [Slice::Total, Slice::Provider, Slice::Area].into(),
            _ => Slice::ALL.into(),
        };
        let rates = assessment.rates(&slices, provider);
        super::quiet_pipe(reports::write_rates(
            &rates,
            arguments.data.format,
            std::io::stdout().lock(),
        ))?;
    }
    store.close().await;
    Ok(Exit::Done)
}
