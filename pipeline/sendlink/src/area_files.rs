//! A made-up area with a configuration to run it with.

use std::{fmt::Write, fs, path::Path};

use jiff::civil::Date;
use records::Kind;

use crate::{
    exit::{Exit, Failure, of_write},
    progress::Progress,
};

/// What is wanted.
pub struct Wanted<'a> {
    /// Children who live in the area.
    pub children: u32,
    /// Years of deliveries.
    pub years: u8,
    /// The seed.
    pub seed: u64,
    /// The last day.
    pub as_at: Date,
    /// Whether records of deprived families are worse.
    pub bias: bool,
    /// Whether scores at two foretell needs.
    pub early_signals: bool,
    /// Whether one feed needs opt-outs.
    pub opt_outs: bool,
    /// The folder.
    pub out: &'a Path,
    /// The address of the database; `sqlite:data` where it is none.
    pub store: Option<&'a str>,
    /// The file that holds the database's password.
    pub password_file: Option<&'a Path>,
}

/// Writes the files of the area and `sendlink.toml`.
///
/// # Errors
/// Exit code 64 where no such area can be made, 73 or 74 where its files cannot be written.
pub fn write(wanted: &Wanted<'_>) -> Result<synth::Summary, Failure> {
    let settings = synth::Settings {
        children: wanted.children as usize,
        years: wanted.years,
        seed: wanted.seed,
        as_at: wanted.as_at,
        out: wanted.out.to_owned(),
        bias_by_deprivation: wanted.bias,
        early_signals: wanted.early_signals,
        opt_outs: wanted.opt_outs,
        rates: synth::Rates::default(),
    };
    let progress = Progress::start("making the area", Some(u64::from(wanted.children)));
    let summary =
        synth::write(&settings, |made, _| progress.reach(made as u64)).map_err(|error| match &error {
            synth::SynthError::Write { source, .. } => Failure::new(of_write(source), &error),
            synth::SynthError::Layout { .. } => Failure::new(Exit::Bug, &error),
            _ => Failure::new(Exit::Usage, &error),
        })?;
    let file = wanted.out.join("sendlink.toml");
    fs::write(&file, configuration(&summary, wanted)?).map_err(|error| {
        Failure::new(
            of_write(&error),
            format!("{} cannot be written: {error}", file.display()),
        )
    })?;
    Ok(summary)
}

/// Children from whom on one month of an area is about like the other.
const STEADY: usize = 10_000;

fn configuration(summary: &synth::Summary, wanted: &Wanted<'_>) -> Result<String, Failure> {
    let store = wanted.store.unwrap_or("sqlite:data");
    let password = match wanted.password_file {
        // The file is found from where the configuration lies, not from where this command was given.
        Some(file) => {
            let file = std::path::absolute(file).map_err(|error| Failure::new(Exit::Io, error))?;
            format!("\npassword_file = {file:?}")
        }
        None => String::new(),
    };
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        text,
        r#"# A made-up area. Nobody in it is real; [area] profile says so, and NHS numbers are of the 999 test range.

[area]
name = {name:?}
la_codes = ["{la_code}"]
profile = "made-up"

[store]
url = {store:?}{password}

[keys]
file = "keys/sendlink.key"

[landing]
folder = "landing"
keep_days = 3650

[reference]
postcodes = "reference/postcodes.csv"
schools = "reference/schools.csv"
births = "reference/births.csv"
"#,
        name = summary.area,
        la_code = summary.la_code,
    );
    for feed in &summary.feeds {
        let _ = write!(
            text,
            r#"
[[feed]]
name = {name:?}
kind = "{kind}"
provider = {provider:?}
mapping = {mapping:?}
from = {{ folder = {folder:?}, then = "keep", quiet = "0 seconds" }}
delivery = "{delivery}"
basis = "{basis}"
{expect}{volume}
"#,
            name = feed.name,
            kind = feed.kind,
            provider = feed.provider,
            mapping = feed.mapping,
            folder = feed.folder,
            delivery = feed.delivery.as_str(),
            basis = match feed.kind {
                _ if feed.needs_opt_outs => "s251-with-opt-out",
                Kind::Section23 | Kind::SchoolCensus => "duty",
                Kind::Pregnancy | Kind::TwoYearReview => "s251-exempt",
            },
            expect = match feed.delivery {
                synth::DeliveryMode::Period | synth::DeliveryMode::Snapshot =>
                    format!("expect_every = \"{} days\"", feed.expect_every_days),
                // A body of a small area has months with nothing to tell; in a real one, say so when they end.
                synth::DeliveryMode::Delta => format!("# expect_every = \"{} days\"", feed.expect_every_days),
            },
            // A month of a small area has a handful of reviews, or none, and the next has many.
            volume = match feed.delivery {
                synth::DeliveryMode::Period if summary.children < STEADY =>
                    "\nvolume_band = { least = 0.0, most = 1000.0 }",
                _ => "",
            },
        );
    }
    Ok(text)
}
