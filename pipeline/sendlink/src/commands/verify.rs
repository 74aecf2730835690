//! `sendlink verify`.

use dataset::{Access, audit::AuditFault};

use crate::{
    cli,
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
};

/// Checks the audit chain.
///
/// # Errors
/// Exit code 4 where an entry was changed, removed or moved: a person must find out by whom.
pub async fn run(arguments: &cli::Config) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.file)?;
    let store = context::store(&config, Access::ReadOnly).await?;
    let report = store.verify_audit().await?;
    store.close().await;
    println!("{} entries, head {}", report.entries, hex::encode(&report.head));
    if report.faults.is_empty() {
        println!("The audit chain is whole.");
        return Ok(Exit::Done);
    }
    for fault in &report.faults {
        match fault {
            AuditFault::Edited { seq } => println!("entry {seq} was changed after it was written"),
            AuditFault::Broken { seq } => println!("entry {seq} does not follow the one before it"),
            AuditFault::Truncated { expected, found } => {
                println!("{found} entries where {expected} were written: some are missing");
            }
        }
    }
    Err(Failure::new(Exit::Held, "the audit chain has been tampered with"))
}
