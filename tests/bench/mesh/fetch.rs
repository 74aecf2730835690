//! What a night does with a mailbox, alone, for tests/bench-mesh: `mesh_fetch PLACE LANDING`.
//!
//! Lists the mailbox that `mesh_service` describes in PLACE, brings each message into the landing folder and
//! acknowledges it. Says how much that was, as a line of JSON.

use std::{collections::BTreeSet, error::Error, fs, path::PathBuf, sync::Arc, time::Duration};

use serde_json::json;
use transport::{
    Landing, Limits, Mailbox, MeshFeed,
    http::Connection,
    mesh::{Agreement, Settings},
};

type Failure = Box<dyn Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: mesh_fetch PLACE LANDING";
    let place = PathBuf::from(arguments.next().ok_or(usage)?);
    let landing = PathBuf::from(arguments.next().ok_or(usage)?);
    let settings = Settings {
        id: "AREA1".to_owned(),
        url: fs::read_to_string(place.join("url"))?.parse()?,
        password_file: place.join("password"),
        shared_key_file: place.join("shared-key"),
        connection: Connection {
            certificate: Some((place.join("client.pem"), place.join("client.key"))),
            authority: Some(place.join("authority.pem")),
            proxy: None,
            silence: Duration::from_secs(60),
        },
        retry: Settings::RETRY,
        largest_message: Settings::LARGEST_MESSAGE,
        limits: Limits::USUAL,
        agreed: vec![Agreement {
            workflow: "S23".to_owned(),
            sender: "TRUST1".to_owned(),
        }],
        answers: BTreeSet::new(),
        page: Settings::PAGE,
        part: Settings::PART,
    };
    // As the program runs a night: a task of its own on all cores.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let landing = Landing::open(&landing)?;
    let fetching = async { tokio::spawn(fetch(settings, landing)).await };
    let (messages, bytes) = runtime.block_on(fetching)??;
    let said = json!({ "messages": messages, "bytes": bytes, "peak_kib": peak_kib()? });
    println!("{said}");
    Ok(())
}

/// Lands and acknowledges everything. Returns how many messages and bytes that was.
async fn fetch(settings: Settings, landing: Landing) -> Result<(usize, u64), Failure> {
    let feed = Arc::new(MeshFeed {
        mailbox: Mailbox::open(settings)?,
        workflows: vec!["S23".to_owned()],
        senders: vec!["TRUST1".to_owned()],
    });
    let listing = feed.list().await?;
    let mut bytes = 0;
    let mut batch = landing.batch("s23")?;
    for offered in &listing.ready {
        let mut arrival = batch.arrival()?;
        offered.fetch(&mut arrival).await?;
        batch.add(arrival)?.ok_or("it was not written")?;
    }
    batch.settle()?;
    for landed in landing.deliveries("s23")? {
        bytes += landed.files.iter().map(|file| file.bytes).sum::<u64>();
    }
    for offered in &listing.ready {
        offered.acknowledge().await?;
    }
    Ok((listing.ready.len(), bytes))
}

/// The most memory that this process ever had, which the kernel counts from its own start.
fn peak_kib() -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next());
    Ok(kib.ok_or("the kernel does not say")?.parse()?)
}
