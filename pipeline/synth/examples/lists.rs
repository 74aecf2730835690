//! Writes two lists of made-up children, and the truth about them, for linkage to be measured on.
//!
//! `cargo run --release --package sendlink-synth --example lists -- FOLDER A_SIDE [SEED [light|usual|heavy]]`

use std::{error::Error, path::PathBuf};

use synth::{ListSettings, Noise, write_lists};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: lists FOLDER A_SIDE [SEED [light|usual|heavy]]";
    let out = PathBuf::from(arguments.next().ok_or(usage)?);
    let a_side = arguments.next().ok_or(usage)?.parse()?;
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    let noise = match arguments.next().as_deref() {
        None | Some("usual") => Noise::Usual,
        Some("light") => Noise::Light,
        Some("heavy") => Noise::Heavy,
        Some(_) => return Err(usage.into()),
    };
    let summary = write_lists(&ListSettings {
        a_side,
        seed,
        noise,
        out,
    })?;
    println!(
        "{} and {} children, {} on both, {} of them all one of twins",
        summary.rows[0], summary.rows[1], summary.pairs, summary.twins
    );
    Ok(())
}
