//! `sendlink forget`.

use std::io::BufRead;

use dataset::{Access, ForgetWhat, Store};
use linkage::ChildId;
use pseudonym::Keys;
use transport::Landing;

use super::actor;
use crate::{
    cli::{Forget, ForgetWhat as Asked},
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
    opt_outs::OptOuts,
};

/// Erases a child's records or a feed's, leaves a tombstone so that they do not come back, and proves it.
///
/// # Errors
/// Exit code 64 where nobody and nothing of that name is known, or no reason is given; 80 while a run goes on.
pub async fn run(arguments: &Forget) -> Result<Exit, Failure> {
    if arguments.reason.trim().is_empty() {
        return Err(Failure::new(
            Exit::Usage,
            "say why with --reason: it is kept in the audit chain",
        ));
    }
    let config = Config::load(&arguments.config.file)?;
    let keys = context::keys(&config)?;
    let store = context::store(&config, Access::ReadWrite).await?;
    let lease = store.acquire(context::SOFTWARE).await?;
    store.check_key(&lease, &keys.fingerprint()).await?;
    let what = match &arguments.what {
        Asked::Child { child } => ForgetWhat::Child(child_id(&config, &store, &keys, child).await?),
        Asked::Feed { name } => ForgetWhat::Feed(config.feed(name)?.name.clone()),
    };
    let proof = store.forget(&lease, &what, &actor(), &arguments.reason).await?;
    // The landed deliveries name the children of the feed, and would be read again by a mended mapping.
    if let ForgetWhat::Feed(name) = &what {
        let landing = Landing::open(&config.path(&config.landing.folder))?;
        for landed in landing.deliveries(name)? {
            landing.remove(&landed)?;
        }
    }
    // The numbers that were kept to be asked for go with the records that bore them.
    OptOuts::new(&config, &keys)?.prune(&store).await?;
    println!("Erased {} records.", proof.records);
    for (table, before) in &proof.before {
        let after = proof.after.get(table).copied().unwrap_or(0);
        println!("  {table}: {before} rows before, {after} after");
    }
    if proof.published {
        println!("The dataset is published again without them.");
    } else {
        println!("The next run publishes a dataset without them.");
    }
    if matches!(what, ForgetWhat::Child(_)) {
        println!(
            "Landed deliveries still name the child until their retention ends; see the operator's page."
        );
    }
    store.close().await;
    Ok(Exit::Done)
}

/// The child that is meant: by its id in the joint dataset, or by an NHS number or UPN from standard input.
async fn child_id(config: &Config, store: &Store, keys: &Keys, text: &str) -> Result<ChildId, Failure> {
    let unknown = || Failure::new(Exit::Usage, "no child of that name is known");
    let bytes = if text == "-" {
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| Failure::new(Exit::Io, error))?;
        let found = crate::person::find(config, store, keys, line.trim()).await;
        zeroize::Zeroize::zeroize(&mut line);
        return found?.ok_or_else(unknown);
    } else {
        hex::decode::<16>(text).ok_or_else(|| {
            Failure::new(
                Exit::Usage,
                "a child is named by its id in the joint dataset (32 hexadecimal digits), or - ",
            )
        })?
    };
    store.resolve_child(ChildId(bytes)).await?.ok_or_else(unknown)
}
