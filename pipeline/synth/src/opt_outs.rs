//! Made-up opt-outs: what NHS England's service *Check for National Data Opt-outs* would send back, and which reviews
//! must be withheld by it.

use std::{collections::BTreeSet, io::Write};

use identity::{NhsNumber, TestNumbers};

use crate::{
    bodies::BODIES,
    contacts::{Contacts, LISTS},
    dice::{Purpose, Seed},
    family::Families,
    feeds,
    files::{Csv, Files, wrong},
    settings::SynthError,
};

/// What comes back of a list of everybody in the feed, in the form of the service.
const CAME_BACK: &str = "opt-outs-came-back.dat";

/// Writes what comes back, and the truth of what must be withheld: every review of the lists that stands and names
/// somebody who has opted out, or nobody who could be asked for.
pub(crate) fn write_opt_outs(
    contacts: &Contacts,
    families: &Families<'_>,
    files: &Files,
) -> Result<(), SynthError> {
    let body = &BODIES[LISTS];
    let feed = feeds::of_health_visiting(body.ods);
    let mut truth = Csv::create(
        files,
        "truth/withheld.csv",
        &["feed", "provider", "reference", "person", "why"],
    )?;
    let mut came_back = BTreeSet::new();
    for contact in &contacts.contacts {
        if contact.body != LISTS || !contact.is_review() {
            continue;
        }
        // What was said last stands.
        let Some(said) = contact
            .entries(families.last)
            .last()
            .filter(|entry| entry.action != "CANCEL")
            .map(|entry| entry.said)
        else {
            continue;
        };
        let child = digits(&said.child.nhs_number);
        let mother = digits(&contact.mother_nhs_number);
        let opted_out = |number: &Option<u64>| number.is_some_and(|number| has_opted_out(number, families));
        let why = match (child, mother) {
            (None, None) => Some("no NHS number"),
            _ if opted_out(&child) => Some("the child has opted out"),
            _ if opted_out(&mother) => Some("the mother has opted out"),
            _ => None,
        };
        if let Some(why) = why {
            truth.row(&[&feed, body.ods, &contact.reference, &contact.person, why])?;
        }
        came_back.extend(
            [child, mother]
                .into_iter()
                .filter(|number| !opted_out(number))
                .flatten(),
        );
    }
    truth.finish(None)?;
    let mut file = files.create(CAME_BACK)?;
    let written = came_back
        .into_iter()
        .try_for_each(|number| writeln!(file, "{number:010},"))
        .and_then(|()| file.flush());
    written.map_err(|source| wrong(CAME_BACK, source))?;
    drop(file);
    files.came(CAME_BACK, None)
}

/// Whether whoever bears a number has opted out. A number that was mistaken is nobody's, and has its own chance.
fn has_opted_out(number: u64, families: &Families<'_>) -> bool {
    let seed: Seed = families.seed;
    seed.dice(number, Purpose::OptOut)
        .chance(families.rates.opted_out)
}

/// A number that the service could be asked for.
fn digits(written: &str) -> Option<u64> {
    let number = NhsNumber::parse(written, TestNumbers::Allowed).ok()?;
    number.expose().parse().ok()
}
