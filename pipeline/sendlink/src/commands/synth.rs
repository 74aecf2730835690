//! `sendlink synth`.

use crate::{
    area_files,
    cli::Synth,
    exit::{Exit, Failure},
};

/// Writes a made-up area as files, with a configuration to run it with.
///
/// # Errors
/// Exit code 73 or 74 where the files cannot be written.
pub fn run(arguments: &Synth) -> Result<Exit, Failure> {
    let summary = area_files::write(&area_files::Wanted {
        children: arguments.children,
        years: arguments.years,
        seed: arguments.seed,
        as_at: arguments.as_at,
        bias: arguments.bias,
        early_signals: !arguments.no_early_signals,
        opt_outs: arguments.opt_outs,
        out: &arguments.out,
        store: None,
        password_file: None,
    })?;
    println!(
        "{}: {} children; {} pregnancies, {} reviews, {} notices and {} census records, in {} feeds.",
        summary.area,
        summary.children,
        summary.pregnancies,
        summary.reviews,
        summary.notices,
        summary.school_records,
        summary.feeds.len()
    );
    println!(
        "To run a night on it: `sendlink keys new {0}/keys/sendlink.key`, then `sendlink run -c {0}/sendlink.toml --as-at {1}`.",
        arguments.out.display(),
        arguments.as_at
    );
    Ok(Exit::Done)
}
