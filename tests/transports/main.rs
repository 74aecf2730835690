//! Every transport alike: what each must do ([`conformance`]), and what none may do in bad weather ([`storms`]).

mod conformance;
mod https;
mod mesh;
mod objects;
mod peers;
mod storms;

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use kit::retry::RetryPolicy;
use transport::{Source, TransportError, http::Connection};

/// How patient the client is.
#[derive(Clone, Copy)]
pub struct Weather {
    /// After this long without a byte it gives up.
    pub silence: Duration,
    /// How long it tries again in one night.
    pub retry: RetryPolicy,
}

/// Nothing goes wrong but what a test does.
pub const CALM: Weather = Weather {
    silence: Duration::from_secs(10),
    retry: RetryPolicy {
        initial: Duration::from_millis(1),
        max_interval: Duration::from_millis(4),
        budget: Duration::from_secs(30),
    },
};

/// Waits are short, and a night has little patience: many nights end with the source missing.
pub const STORMY: Weather = Weather {
    silence: Duration::from_millis(120),
    retry: RetryPolicy {
        initial: Duration::from_millis(1),
        max_interval: Duration::from_millis(4),
        budget: Duration::from_millis(800),
    },
};

/// Faults that come over one of our own servers in a seed.
pub const FAULTS: usize = 12;

impl Weather {
    /// How a server on this machine is reached.
    pub fn connection(&self) -> Connection {
        Connection {
            certificate: None,
            authority: None,
            proxy: None,
            silence: self.silence,
        }
    }
}

/// What the database would hold: the contents that were loaded, each once, in a transaction with the bookmark.
#[derive(Default)]
pub struct Ledger {
    loaded: BTreeSet<String>,
    bookmark: Option<String>,
    loads: usize,
}

/// A ledger that the source's server can look into.
pub type Shared = Arc<Mutex<Ledger>>;

/// Locks a ledger.
pub fn lock(ledger: &Shared) -> MutexGuard<'_, Ledger> {
    ledger.lock().expect("no panic")
}

/// Whether a content was loaded.
pub fn is_durable(ledger: &Shared, content: &[u8]) -> bool {
    lock(ledger)
        .loaded
        .contains(&String::from_utf8_lossy(content).into_owned())
}

/// A place that deliveries lie at, behind one of the transports.
pub trait Place {
    /// The source, as a new night opens it.
    fn open(&self, bookmark: Option<&str>) -> Source;
    /// The same with something wrong in its configuration.
    fn wrong(&self) -> Result<Source, TransportError>;
    /// Leaves another delivery there.
    fn put(&self, content: &str);
    /// Whether everything there was acknowledged; true where nobody is told.
    fn is_cleared(&self) -> bool;
    /// Breaks the next downloads half way, where there is a wire to break.
    fn cut(&self) {}
    /// Lets the faults of its seed come.
    fn storm(&self) {}
    /// What was acknowledged before it was durable, where the place sees that.
    fn too_early(&self) -> Vec<String> {
        Vec::new()
    }
    /// The requests so far, where the place tells.
    fn log(&self) -> Vec<String> {
        Vec::new()
    }
}
