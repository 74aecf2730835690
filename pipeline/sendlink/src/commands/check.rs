//! `sendlink check`.

use std::fs;

use dataset::{Access, StoreError};
use pseudonym::Keys;
use transport::Checked;

use crate::{
    assessment, cli,
    config::Config,
    context,
    exit::{Exit, Failure},
    feeds,
    opt_outs::OptOuts,
    sources::Sources,
    watch,
};

/// One thing that was looked at.
enum Seen {
    /// In order.
    Good(String),
    /// Works, but somebody should know.
    Note(String),
    /// The night would fail or be incomplete, or nobody would hear of it.
    Bad(Exit, String),
}

/// Looks at everything that a night needs, and changes nothing. Every fault is said, not only the first.
///
/// # Errors
/// The code of the first fault.
pub async fn run(arguments: &cli::Config) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.file)?;
    let mut seen = vec![Seen::Good(format!(
        "configuration: {} feeds for {}",
        config.feeds.len(),
        config.area.name
    ))];
    let keys = match context::keys(&config) {
        Ok(keys) => {
            seen.push(Seen::Good(format!("keys: fingerprint {}", keys.fingerprint())));
            Some(keys)
        }
        Err(failure) => {
            seen.push(Seen::Bad(failure.exit, format!("keys: {failure}")));
            None
        }
    };
    look_at_digests(&config, &mut seen);
    let sources = Sources::new(&config);
    for feed in &config.feeds {
        look_at_feed(&config, &sources, feed, &mut seen).await;
    }
    look_at_opt_outs(&config, keys.as_ref(), &sources, &mut seen).await;
    look_at_reference(&config, &mut seen);
    look_at_store(
        &config,
        keys.as_ref().map(pseudonym::Keys::fingerprint).as_deref(),
        &mut seen,
    )
    .await;
    for reached in watch::reach(&config).await {
        seen.push(match reached {
            Ok(text) => Seen::Good(text),
            Err(failure) => Seen::Bad(failure.exit, failure.message),
        });
    }

    let mut exit = Exit::Done;
    for one in &seen {
        match one {
            Seen::Good(text) => println!("ok    {text}"),
            Seen::Note(text) => println!("note  {text}"),
            Seen::Bad(code, text) => {
                println!("BAD   {text}");
                if exit == Exit::Done {
                    exit = *code;
                }
            }
        }
    }
    Ok(exit)
}

/// The salt of digests, with what must be said of them.
fn look_at_digests(config: &Config, seen: &mut Vec<Seen>) {
    let Some(digests) = &config.open_pseudonymiser else {
        return;
    };
    match context::open_pseudonymiser(config) {
        Ok(_) => {
            seen.push(Seen::Good(format!(
                "digests of NHS numbers: made of {}",
                digests.words()
            )));
            seen.push(Seen::Note(format!(
                "digests of NHS numbers: {}",
                context::DIGESTS_ARE_NUMBERS
            )));
        }
        Err(failure) => seen.push(Seen::Bad(failure.exit, failure.message)),
    }
}

async fn look_at_feed(
    config: &Config,
    sources: &Sources<'_>,
    feed: &crate::config::Feed,
    seen: &mut Vec<Seen>,
) {
    let ready = match feeds::Ready::new(config, feed) {
        Ok(ready) => ready,
        Err(failure) => return seen.push(Seen::Bad(failure.exit, failure.message)),
    };
    seen.push(Seen::Good(format!(
        "feed {}: mapping {} {}",
        feed.name, ready.layout.name, ready.layout.version
    )));
    if ready.maps_digests() && config.open_pseudonymiser.is_none() {
        seen.push(Seen::Note(format!(
            "feed {}: without [open_pseudonymiser] the digests of NHS numbers that it sends join one another alone, and \
             no record with a number; {}",
            feed.name,
            context::DIGESTS_ARE_NUMBERS
        )));
    }
    let source = match sources.of(&ready, None) {
        Ok(source) => source,
        Err(error) => return seen.push(Seen::Bad(Exit::Config, format!("feed {}: {error}", feed.name))),
    };
    for checked in source.check().await {
        let said = |text| format!("feed {}: {text}", feed.name);
        seen.push(match checked {
            Checked::Good(text) => Seen::Good(said(text)),
            Checked::Note(text) => Seen::Note(said(text)),
            Checked::Bad(text) => Seen::Bad(Exit::Incomplete, said(text)),
        });
    }
}

/// The sealed NHS numbers, and the mailbox that lists go through.
async fn look_at_opt_outs(config: &Config, keys: Option<&Keys>, sources: &Sources<'_>, seen: &mut Vec<Seen>) {
    if !config.feeds.iter().any(|feed| feed.basis.needs_opt_outs()) {
        return;
    }
    if let Some(keys) = keys {
        match OptOuts::new(config, keys).and_then(|opt_outs| opt_outs.kept()) {
            Ok(kept) => seen.push(Seen::Good(format!(
                "opt-outs: {kept} NHS numbers are kept to be asked for"
            ))),
            Err(failure) => seen.push(Seen::Bad(failure.exit, failure.message)),
        }
    }
    match sources.opt_outs() {
        None => seen.push(Seen::Note(
            "opt-outs: a person carries the lists; `sendlink opt-outs` shows them".to_owned(),
        )),
        Some(Err(error)) => seen.push(Seen::Bad(Exit::Config, format!("opt-outs: {error}"))),
        Some(Ok(feed)) => {
            for checked in feed.check().await {
                seen.push(match checked {
                    Checked::Good(text) => Seen::Good(format!("opt-outs: {text}")),
                    Checked::Note(text) => Seen::Note(format!("opt-outs: {text}")),
                    Checked::Bad(text) => Seen::Bad(Exit::Incomplete, format!("opt-outs: {text}")),
                });
            }
        }
    }
}

fn look_at_reference(config: &Config, seen: &mut Vec<Seen>) {
    let path = config.path(&config.reference.postcodes);
    match pseudonym::AreaLookup::load(&path) {
        Ok(areas) => seen.push(Seen::Good(format!(
            "postcode directory: {} postcodes",
            areas.len()
        ))),
        Err(error) => seen.push(Seen::Bad(
            Exit::Config,
            format!("[reference] postcodes: {}: {error}", path.display()),
        )),
    }
    if let Some(schools) = &config.reference.schools {
        let path = config.path(schools);
        match fs::File::open(&path) {
            Ok(_) => seen.push(Seen::Good(format!("[reference] schools: {}", path.display()))),
            Err(error) => {
                let fault = format!("[reference] schools: {} cannot be read: {error}", path.display());
                seen.push(Seen::Bad(Exit::Config, fault));
            }
        }
    }
    if config.reference.births.is_some() {
        match assessment::births(config) {
            Ok(_) => seen.push(Seen::Good("[reference] births: understood".to_owned())),
            Err(failure) => seen.push(Seen::Bad(failure.exit, failure.message)),
        }
    }
}

async fn look_at_store(config: &Config, fingerprint: Option<&str>, seen: &mut Vec<Seen>) {
    let store = match context::store_url(config) {
        Ok(url) => dataset::Store::open(&url, Access::ReadOnly).await,
        Err(failure) => return seen.push(Seen::Bad(failure.exit, failure.message)),
    };
    let store = match store {
        Ok(store) => store,
        Err(StoreError::Missing) => {
            return seen.push(Seen::Note(
                "database: there is none yet; the first run makes it".to_owned(),
            ));
        }
        Err(error @ StoreError::OlderSchema { .. }) => {
            return seen.push(Seen::Note(format!("database: {error}")));
        }
        Err(error) => {
            let failure = Failure::from(error);
            return seen.push(Seen::Bad(failure.exit, format!("database: {failure}")));
        }
    };
    match store.key_fingerprint().await {
        Ok(Some(stored)) if fingerprint.is_some_and(|own| own != stored) => {
            seen.push(Seen::Bad(
                Exit::KeyRefused,
                format!("database: made with the key {stored}, not with this one"),
            ));
        }
        Ok(_) => seen.push(Seen::Good("database: answers, and the key is its own".to_owned())),
        Err(error) => {
            let failure = Failure::from(error);
            seen.push(Seen::Bad(failure.exit, format!("database: {failure}")));
        }
    }
    match store.log_faults().await {
        Ok(faults) => seen.extend(
            faults
                .into_iter()
                .map(|fault| Seen::Note(format!("database: {fault}"))),
        ),
        Err(error) => {
            let failure = Failure::from(error);
            seen.push(Seen::Bad(failure.exit, format!("database: {failure}")));
        }
    }
    for grant in store.skipped_grants() {
        seen.push(Seen::Note(format!("database: {grant}")));
    }
    store.close().await;
}
