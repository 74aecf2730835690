//! Reads what has come and reports it, and writes nothing.

use std::sync::Arc;

use dataset::{Access, Store, StoreError};
use pseudonym::AreaLookup;
use transport::{Fetched, Landing, TransportError};

use super::{Request, read::Reader, stop::Stop, summary};
use crate::{
    config::Config,
    context,
    exit::{Exit, Failure, of_write},
    feeds::{self, Ready},
    sources::Sources,
};

/// Reads every delivery that a night would read, and prints what it would load.
///
/// # Errors
/// Exit codes of what a night could not begin with; 3 where a delivery would be refused or a source is missing.
pub async fn dry_run(config: &Config, request: &Request, stop: &Stop) -> Result<Exit, Failure> {
    let keys = context::keys(config)?;
    let digests = context::open_pseudonymiser(config)?;
    let fingerprint = context::fingerprint(digests.as_ref(), &keys)?;
    let feeds = feeds::ready(config, &super::chosen(config, request)?)?.into_iter();
    let feeds: Vec<Ready<'_>> = feeds
        .map(|ready| ready.with_digests(fingerprint.as_deref()))
        .collect();
    let store = known_store(config).await?;
    let areas = AreaLookup::default();
    let encoder = pseudonym::Encoder::new(&keys, Arc::new(areas))
        .map_err(|error| Failure::new(Exit::KeyRefused, error))?
        .with_open_pseudonymiser(digests);
    // What is fetched and the spool have to lie somewhere while they are read; the area's own folders are not touched.
    let place = tempfile::tempdir().map_err(|error| {
        Failure::new(
            of_write(&error),
            format!("no temporary folder can be made: {error}"),
        )
    })?;
    let landing = Landing::open(place.path())?;
    let reader = Reader {
        encoder: &encoder,
        opt_outs: None,
        as_at: request.as_at.unwrap_or_else(context::today),
        profile: config.area.profile,
        stop,
        folder: place.path(),
    };
    let sources = Sources::new(config);
    let mut exit = Exit::Done;
    for ready in &feeds {
        if !read_feed(&sources, ready, store.as_ref(), &reader, &landing).await? {
            exit = Exit::Incomplete;
        }
    }
    println!("This was a dry run: nothing was written.");
    Ok(exit)
}

/// The database, where there is one.
async fn known_store(config: &Config) -> Result<Option<Store>, Failure> {
    match Store::open(&context::store_url(config)?, Access::ReadOnly).await {
        Ok(store) => Ok(Some(store)),
        Err(StoreError::Missing) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Reads one feed; whether all was well.
async fn read_feed(
    sources: &Sources<'_>,
    ready: &Ready<'_>,
    store: Option<&Store>,
    reader: &Reader<'_>,
    landing: &Landing,
) -> Result<bool, Failure> {
    let bookmark = match store {
        Some(store) => store.bookmark(&ready.feed.name).await?,
        None => None,
    };
    let listed = match sources.of(ready, bookmark.as_deref()) {
        Ok(source) => reader.stop.or(source.list()).await?,
        Err(error) => Err(error),
    };
    let listing = match listed {
        Ok(listing) => listing,
        Err(error) => {
            println!("{}: missing: {error}", ready.feed.name);
            return Ok(false);
        }
    };
    let mut well = listing.alerts.is_empty();
    for alert in &listing.alerts {
        println!("{}: {alert}", ready.feed.name);
    }
    for offered in &listing.ready {
        let batch = landing.batch(&ready.feed.name)?;
        let mut arrival = batch.arrival()?;
        match reader.stop.or(offered.fetch(&mut arrival)).await? {
            Ok(Fetched::Whole) => {}
            Ok(Fetched::Nothing) => continue,
            Err(error @ TransportError::Landing { .. }) => return Err(error.into()),
            Err(error) => {
                println!("{}: {error}", ready.feed.name);
                well = false;
                continue;
            }
        }
        if let Some(store) = store
            && store.known(&ready.key(arrival.hash())).await?.is_some()
        {
            continue;
        }
        let Some(landed) = batch.land(arrival)? else {
            continue;
        };
        let read = tokio::task::block_in_place(|| reader.read(ready, &landed))?;
        let names: Vec<&str> = landed.files.iter().map(|file| file.name.as_str()).collect();
        println!(
            "{}: {}{}",
            ready.feed.name,
            ready.label(&names),
            if read.refused { " would be refused" } else { "" }
        );
        for (table, tally) in &read.counts.0 {
            println!(
                "  {table}: {} rows, {} to load, {} out of scope, {} quarantined",
                tally.rows,
                tally.rows - tally.out_of_scope - tally.quarantined,
                tally.out_of_scope,
                tally.quarantined
            );
        }
        for line in summary::finding_lines(&read.findings) {
            println!("  {line}");
        }
        well &= !read.refused;
        landing.remove(&landed)?;
    }
    if listing.unsettled > 0 {
        println!(
            "{}: {} deliveries are still changing",
            ready.feed.name, listing.unsettled
        );
    }
    Ok(well)
}
