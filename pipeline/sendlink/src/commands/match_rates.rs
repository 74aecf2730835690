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
    truth::Truth,
};

use super::print;

/// Shows the match rates, the unmatched list, how a made-up area fares beside its truth, or writes a provider's return-to-sender pack.
///
/// # Errors
/// Exit code 65 where nothing is published, nothing is known of the provider, or the truth is of another area.
pub async fn run(arguments: &MatchRates) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    if let Some(folder) = &arguments.truth {
        let records = store.placed_records().await?;
        print(&Truth::read(folder)?.compare(&records)?, arguments.data.format)?;
        store.close().await;
        return Ok(Exit::Done);
    }
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
