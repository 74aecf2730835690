//! The MESH mailbox against a service of our own: what is on the wire, what goes wrong on it, and whole nights.

mod faults;
mod nights;
mod opt_outs;
mod sandbox;
mod trust;
mod wire;

use std::{collections::BTreeSet, fs, sync::Arc, time::Duration};

use kit::retry::RetryPolicy;
use sendlink_tests::{
    peer::mesh::{Mesh, PASSWORD, SHARED_KEY},
    rows::block_on,
};
use tempfile::TempDir;
use transport::{
    Landed, Landing, Limits, Listing, Mailbox, MeshFeed, Offered, TransportError,
    http::Connection,
    mesh::{Agreement, Settings},
};

/// The mailbox `AREA1`, and a landing folder for what comes into it.
struct Receiver {
    place: TempDir,
    settings: Settings,
}

impl Receiver {
    /// A mailbox at this service, whose feed takes notices from `TRUST1`.
    fn of(mesh: &Mesh) -> Self {
        let place = TempDir::new().expect("a folder");
        let secret = |name: &str, text: &str| {
            let path = place.path().join(name);
            fs::write(&path, format!("{text}\n")).expect("a file");
            path
        };
        let settings = Settings {
            id: "AREA1".to_owned(),
            url: mesh.server.url.parse().expect("an address"),
            password_file: secret("password", PASSWORD),
            shared_key_file: secret("shared-key", SHARED_KEY),
            connection: Connection {
                certificate: None,
                authority: None,
                proxy: None,
                silence: Duration::from_millis(400),
            },
            retry: RetryPolicy {
                initial: Duration::from_millis(1),
                max_interval: Duration::from_millis(5),
                budget: Duration::from_secs(3),
            },
            largest_message: 1024 * 1024,
            limits: Limits::USUAL,
            agreed: vec![Agreement {
                workflow: "S23".to_owned(),
                sender: "TRUST1".to_owned(),
            }],
            answers: BTreeSet::from(["S23_FINDINGS".to_owned()]),
            page: 10,
            part: Settings::PART,
        };
        Receiver { place, settings }
    }

    /// The mailbox, as a new night opens it.
    fn open(&self) -> Arc<MeshFeed> {
        let mailbox = Mailbox::open(self.settings.clone()).expect("the secrets are there");
        Arc::new(MeshFeed {
            mailbox,
            workflows: vec!["S23".to_owned()],
            senders: vec!["TRUST1".to_owned()],
        })
    }

    fn landing(&self) -> Landing {
        Landing::open(&self.place.path().join("landing")).expect("a folder")
    }

    /// A night that lists, lands and acknowledges everything.
    async fn night(&self) -> Result<(Listing, Vec<Landed>), TransportError> {
        let listing = self.open().list().await?;
        let mut landed = Vec::new();
        for offered in &listing.ready {
            let one = self.land(offered).await?;
            assert!(
                fs::metadata(&one.files[0].path).is_ok(),
                "it is there before it is acknowledged"
            );
            offered.acknowledge().await?;
            landed.push(one);
        }
        Ok((listing, landed))
    }

    async fn land(&self, offered: &Offered) -> Result<Landed, TransportError> {
        let batch = self.landing().batch("s23")?;
        let mut arrival = batch.arrival()?;
        offered.fetch(&mut arrival).await?;
        Ok(batch.land(arrival)?.expect("it is written"))
    }
}

fn read(landed: &Landed) -> Vec<u8> {
    fs::read(&landed.files[0].path).expect("it has landed")
}
