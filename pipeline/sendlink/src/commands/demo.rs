//! `sendlink demo`.

use std::path::Path;

use jiff::civil::{Date, date};
use pseudonym::KeyFile;

use crate::{
    area_files::{self, Wanted},
    cli::Demo,
    config::Config,
    exit::{Exit, Failure},
    night::{self, Request, stop::Stop},
};

/// The day that the demonstration is about: after the autumn census of 2026 has come in. Fixed, so that the
/// demonstration shows the same on any day.
const AS_AT: Date = date(2026, 11, 16);

/// The seed of the demonstration's area.
const SEED: u64 = 20_261_116;

/// Years of deliveries in the demonstration.
const YEARS: u8 = 3;

/// Makes an area where there is none yet, runs a night on it, and shows what comes out.
///
/// # Errors
/// Whatever making the area or running the night fails with.
pub async fn run(arguments: &Demo) -> Result<Exit, Failure> {
    let file = arguments.out.join("sendlink.toml");
    if !file.exists() {
        if arguments.out.exists() {
            return Err(Failure::new(
                Exit::Usage,
                format!(
                    "the folder {0} is there but holds no finished area; delete it, or name another with --out",
                    arguments.out.display()
                ),
            ));
        }
        println!(
            "Making a local area of {} invented children in {}.",
            arguments.children,
            arguments.out.display()
        );
        area_files::write(&Wanted {
            children: arguments.children,
            years: YEARS,
            seed: SEED,
            as_at: AS_AT,
            bias: false,
            early_signals: true,
            opt_outs: false,
            out: &arguments.out,
            store: arguments.store.as_deref(),
            password_file: arguments.password_file.as_deref(),
        })?;
    }
    let config = Config::load(&file)?;
    make_keys(&config.path(&config.keys.file))?;
    println!("Running the night.");
    let ended = night::run(
        &config,
        &Request {
            as_at: Some(AS_AT),
            feeds: Vec::new(),
        },
        &Stop::listening(),
    )
    .await?;
    println!();
    super::quiet_pipe(ended.page.write_text(std::io::stdout().lock()))?;
    show_what_next(&arguments.out);
    Ok(ended.exit)
}

fn make_keys(path: &Path) -> Result<(), Failure> {
    if path.exists() {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| Failure::new(Exit::CannotWrite, error))?;
    }
    KeyFile::generate(path).map_err(|error| Failure::new(Exit::CannotWrite, error))?;
    Ok(())
}

fn show_what_next(out: &Path) {
    let config = out.join("sendlink.toml");
    let config = config.display();
    println!(
        "  the truth (the night did not read it)  {}",
        out.join("truth").display()
    );
    println!(
        "\nWhat to try next\n  \
         cargo run --release -- match-rates -c {config} --unmatched   which notices did not match, and why\n  \
         cargo run --release -- findings -c {config}                  what was wrong in the files\n  \
         cargo run --release -- status -c {config}                    what is published\n  \
         cargo run --release -- demo                                  again: nothing is new, and the version stays"
    );
}
