//! Reads what has come and reports it, and writes nothing.

use std::{path::PathBuf, sync::Arc, time::SystemTime};

use dataset::{Access, Store, StoreError};
use pseudonym::AreaLookup;
use transport::landing::{Landed, LandedFile};

use super::{Request, read::Reader, stop::Stop, summary};
use crate::{
    config::Config,
    context,
    exit::{Exit, Failure},
    feeds::{self, Ready},
};

/// Reads every delivery that a night would read, straight from its folder, and prints what it would load.
///
/// # Errors
/// Exit codes of what a night could not begin with; 3 where a delivery would be refused or a source is missing.
pub async fn dry_run(config: &Config, request: &Request) -> Result<Exit, Failure> {
    let feeds = feeds::ready(config, &super::chosen(config, request)?)?;
    let keys = context::keys(config)?;
    let store = known_store(config).await?;
    let areas = AreaLookup::default();
    let encoder = pseudonym::Encoder::new(&keys, Arc::new(areas))
        .map_err(|error| Failure::new(Exit::KeyRefused, error))?;
    let stop = Stop::listening();
    // The spool is a nameless file; it has to lie somewhere, and the system's own place is not ours.
    let spool = std::env::temp_dir();
    let reader = Reader {
        encoder: &encoder,
        as_at: request.as_at.unwrap_or_else(context::today),
        profile: config.area.profile,
        stop: &stop,
        folder: &spool,
    };
    let mut exit = Exit::Done;
    for ready in &feeds {
        if !read_feed(config, ready, store.as_ref(), &reader).await? {
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
    config: &Config,
    ready: &Ready<'_>,
    store: Option<&Store>,
    reader: &Reader<'_>,
) -> Result<bool, Failure> {
    let folder = ready.folder(config);
    let listing = match folder.list(SystemTime::now()) {
        Ok(listing) => listing,
        Err(error) => {
            println!("{}: missing: {error}", ready.feed.name);
            return Ok(false);
        }
    };
    let mut well = true;
    for offered in &listing.ready {
        let mut hashes = Vec::new();
        for file in &offered.files {
            let (hash, _) = std::fs::File::open(&file.path)
                .and_then(|open| transport::hash::hash_reader(open, |_| Ok(())))
                .map_err(|error| Failure::new(Exit::Io, format!("{}: {error}", ready.feed.name)))?;
            hashes.push((file.name.as_str(), hash));
        }
        let hash = transport::DeliveryHash::of_files(hashes.into_iter());
        if let Some(store) = store
            && store.known(&ready.key(hash)).await?.is_some()
        {
            continue;
        }
        let landed = Landed {
            hash,
            received: transport::landing::london(offered.modified()),
            files: offered
                .files
                .iter()
                .map(|file| LandedFile {
                    name: file.name.clone(),
                    path: file.path.clone(),
                    bytes: file.bytes,
                })
                .collect(),
            path: PathBuf::new(),
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
    }
    if listing.unsettled > 0 {
        println!(
            "{}: {} deliveries are still changing",
            ready.feed.name, listing.unsettled
        );
    }
    Ok(well)
}
