//! Storms: each seed draws a plan of faults, deliveries and deaths, and nights go on until all is quiet. Whatever was
//! drawn, nothing is lost, nothing is doubled or altered, and nothing is acknowledged before it is durable.

use std::{
    collections::BTreeSet,
    fs,
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    thread,
};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use tempfile::TempDir;
use transport::{Fetched, Landing, Offered, Source, TransportError};

use crate::{Place, STORMY, Shared, https, lock, mesh, objects};

/// How a night ended early.
enum Died {
    Source(TransportError),
    Killed,
}

impl From<TransportError> for Died {
    fn from(error: TransportError) -> Self {
        Died::Source(error)
    }
}

/// One night: list, fetch, load, acknowledge. At each step it may be killed.
async fn night(
    source: &Source,
    landing: &Landing,
    ledger: &Shared,
    random: &mut ChaCha8Rng,
    deaths: &mut usize,
) -> Result<(), Died> {
    let mut dies = || {
        let now = *deaths > 0 && random.next_u32().is_multiple_of(6);
        *deaths -= usize::from(now);
        now
    };
    let listing = source.list().await?;
    let mut offers: Vec<&Offered> = Vec::new();
    let mut batch = landing.batch("feed")?;
    for offered in &listing.ready {
        let mut arrival = batch.arrival()?;
        match offered.fetch(&mut arrival).await {
            Ok(Fetched::Whole) => {}
            Ok(Fetched::Nothing) => continue,
            Err(TransportError::Delivery { .. }) => continue,
            Err(error) => return Err(error.into()),
        }
        if dies() {
            return Err(Died::Killed);
        }
        batch.add(arrival)?;
        offers.push(offered);
        if dies() {
            return Err(Died::Killed);
        }
    }
    let landed = batch.settle()?;
    if dies() {
        return Err(Died::Killed);
    }
    for landed in landed {
        let mut ledger = lock(ledger);
        for file in &landed.files {
            ledger.loads += 1;
            ledger
                .loaded
                .insert(fs::read_to_string(&file.path).expect("it has landed"));
        }
        ledger.bookmark.clone_from(&landed.bookmark);
    }
    for offered in offers.into_iter().chain(&listing.noted) {
        if dies() {
            return Err(Died::Killed);
        }
        // One that cannot be told is told the next night.
        let _ = offered.acknowledge().await;
    }
    Ok(())
}

/// Nights until all is quiet, and what must then be so.
fn weather(seed: u64, place: &impl Place, ledger: &Shared) {
    let folder = TempDir::new().expect("a folder");
    let landing = Landing::open(&folder.path().join("landing")).expect("a folder");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let mut random = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
    let mut deaths = (random.next_u32() % 3) as usize;
    let mut expected = BTreeSet::new();
    let mut put = |number: usize| {
        let content = format!("delivery {number} of seed {seed}\n").repeat(1 + number * 7);
        place.put(&content);
        expected.insert(content);
    };
    put(0);
    put(1);
    place.storm();
    let mut told = Vec::new();
    for night_number in 0..60 {
        if night_number == 2 {
            put(2);
        }
        let bookmark = lock(ledger).bookmark.clone();
        let source = place.open(bookmark.as_deref());
        match runtime.block_on(night(&source, &landing, ledger, &mut random, &mut deaths)) {
            Err(Died::Source(error)) => told.push(error.to_string()),
            Err(Died::Killed) => {}
            Ok(()) if night_number > 2 && place.is_cleared() && lock(ledger).loaded.len() == 3 => break,
            Ok(()) => {}
        }
    }
    let loaded = lock(ledger).loaded.clone();
    assert!(
        loaded == expected,
        "seed {seed}: {} deliveries of {}, {} of them altered; the nights told {told:?}; {:?}",
        loaded.len(),
        expected.len(),
        loaded.difference(&expected).count(),
        place.log()
    );
    assert!(place.is_cleared(), "seed {seed}: {told:?}; {:?}", place.log());
    assert_eq!(place.too_early(), Vec::<String>::new(), "seed {seed}");
    for told in told {
        assert!(
            !told.contains("http://") && !told.contains("delivery 0"),
            "{told}"
        );
    }
}

/// Runs so many seeds, several at a time: they mostly wait. `after` looks at each place once all is quiet.
pub fn storms<P: Place>(seeds: u64, make: impl Fn(u64, &Shared) -> P + Sync, after: impl Fn(&P) + Sync) {
    let next = AtomicU64::new(0);
    thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::SeqCst);
                    if seed >= seeds {
                        return;
                    }
                    let ledger = Shared::default();
                    let place = make(seed, &ledger);
                    weather(seed, &place, &ledger);
                    after(&place);
                }
            });
        }
    });
}

#[test]
fn a_mailbox_loses_and_doubles_nothing() {
    storms(170, |seed, ledger| mesh::Place::new(seed, STORMY, ledger), |_| {});
}

#[test]
fn an_address_loses_and_doubles_nothing() {
    let ran_out = AtomicUsize::new(0);
    storms(
        160,
        |seed, _| https::Place::new(seed, STORMY),
        |place| {
            ran_out.fetch_add(place.ran_out(), Ordering::SeqCst);
        },
    );
    assert!(ran_out.into_inner() >= 160, "tokens run out between two pages");
}

#[test]
fn an_object_store_loses_and_doubles_nothing() {
    storms(
        170,
        |seed, ledger| objects::Place::new(seed, STORMY, ledger),
        |_| {},
    );
}
