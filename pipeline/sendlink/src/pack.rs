//! The return-to-sender pack: what one provider needs to mend its notices, and nothing of anybody else's.

use std::{collections::BTreeSet, path::Path};

use dataset::{Store, findings::FindingFilter};
use measures::Slice;
use pseudonym::Keys;

use crate::{
    assessment::Assessment,
    config::Config,
    exit::{Exit, Failure, of_write},
};

/// Writes the pack of a provider into a folder of its name under `out`.
///
/// # Errors
/// Exit code 65 where nothing is known of the provider; 73 or 74 where the pack cannot be written.
pub async fn write(
    config: &Config,
    store: &Store,
    assessment: &Assessment,
    keys: &Keys,
    provider: &str,
    out: &Path,
) -> Result<(), Failure> {
    let rates = assessment.rates(
        &BTreeSet::from([Slice::Provider, Slice::ProviderMonth]),
        Some(provider),
    );
    let unmatched = assessment.unmatched_lines(keys, Some(provider))?;
    let mut findings = Vec::new();
    for feed in config.feeds.iter().filter(|feed| feed.provider == provider) {
        let filter = FindingFilter {
            feed: Some(feed.name.clone()),
            ..FindingFilter::default()
        };
        findings.extend(store.findings(&filter).await?);
    }
    if rates.is_empty() && findings.is_empty() {
        return Err(Failure::new(
            Exit::NoInput,
            "no record and no finding of that provider is known",
        ));
    }
    let pack = reports::Pack {
        provider,
        area: &config.area.name,
        as_at: assessment.as_at(),
        rates: &rates,
        unmatched: &unmatched,
        findings: &findings,
        reasons: &assessment.reasons,
    };
    let folder = out.join(provider);
    pack.write(&folder).map_err(|error| match error {
        reports::WriteError::Io(error) => Failure::new(
            of_write(&error),
            format!("{} cannot be written: {error}", folder.display()),
        ),
        error => Failure::new(Exit::Bug, error),
    })?;
    println!("Wrote the pack of {provider} to {}.", folder.display());
    Ok(())
}
