//! The record as a page.

use std::fmt::Write;

use super::{Entry, NOT_STATED, readers, way};
use crate::config::{Config, Feed, From};

/// The page: who and what for, the flows, what leaves, and each flow's fields.
pub fn markdown(config: &Config, entries: &[Entry]) -> String {
    let mut page = String::new();
    // Writing to a String does not fail.
    let _ = write_page(&mut page, config, entries);
    page
}

fn write_page(page: &mut String, config: &Config, entries: &[Entry]) -> std::fmt::Result {
    let stated = |text: &Option<String>| text.clone().unwrap_or_else(|| NOT_STATED.to_owned());
    writeln!(page, "# Record of processing: {}\n", cell(&config.area.name))?;
    writeln!(page, "| | |\n|---|---|")?;
    for (what, said) in [
        ("controller", stated(&config.register.controller)),
        ("purpose", stated(&config.register.purpose)),
        ("children of authorities", config.area.la_codes.join(", ")),
        ("readers of the joint dataset", readers(config)),
        (
            "deliveries as they came are kept for",
            format!("{} days", config.landing.keep_days),
        ),
        (
            "lists of opt-outs are kept for",
            format!("{} days", config.opt_outs.max_age.days()),
        ),
    ] {
        writeln!(page, "| {what} | {} |", cell(&said))?;
    }
    writeln!(
        page,
        "\n## What comes\n\n| flow | records | from | way | lawful basis | meaning of the basis | mapping |\n\
         |---|---|---|---|---|---|---|"
    )?;
    for feed in &config.feeds {
        let mapping = entries
            .iter()
            .find(|entry| entry.feed == feed.name)
            .map_or("", |entry| entry.mapping.as_str());
        writeln!(
            page,
            "| {} | {} | {} | {} | `{}` | {} | {} |",
            feed.name,
            feed.kind,
            cell(&feed.provider),
            way(feed),
            feed.basis.as_str(),
            feed.basis.words(),
            cell(mapping),
        )?;
    }
    writeln!(
        page,
        "\n## What leaves\n\n| what | to | holds |\n|---|---|---|\n\
         | joint dataset | {} | records under pseudonyms; no name, number, day of birth or postcode |\n\
         | findings and unmatched records of a provider | the provider itself | its own references, places and rules; no \
         identifier |",
        cell(&readers(config))
    )?;
    for feed in &config.feeds {
        if let Some(mailboxes) = findings_to(feed) {
            writeln!(
                page,
                "| findings of {} | mailboxes {mailboxes} | places and rules; no identifier |",
                feed.name
            )?;
        }
    }
    if config.feeds.iter().any(|feed| feed.basis.needs_opt_outs()) {
        let to = match &config.opt_outs.mesh {
            Some(mesh) => format!("mailbox {}, NHS England", mesh.to),
            None => "NHS England, carried by a person".to_owned(),
        };
        writeln!(
            page,
            "| lists for the check of opt-outs | {to} | the NHS numbers of records whose basis needs it |"
        )?;
    }
    for feed in &config.feeds {
        fields(page, feed, entries)?;
    }
    Ok(())
}

fn fields(page: &mut String, feed: &Feed, entries: &[Entry]) -> std::fmt::Result {
    writeln!(
        page,
        "\n## Fields of {}\n\n| table | field | column | class | meaning | kept | retention | recipients |\n\
         |---|---|---|---|---|---|---|---|",
        feed.name
    )?;
    for entry in entries.iter().filter(|entry| entry.feed == feed.name) {
        writeln!(
            page,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            entry.table,
            entry.field,
            cell(&entry.columns),
            entry.class,
            cell(&entry.meaning),
            entry.kept,
            entry.retention,
            cell(&entry.recipients),
        )?;
    }
    Ok(())
}

/// The mailboxes that a feed's findings go to.
fn findings_to(feed: &Feed) -> Option<String> {
    match &feed.from {
        From::Mesh(mesh) if mesh.findings_to_sender.is_some() => Some(mesh.senders.join(", ")),
        _ => None,
    }
}

/// Text that stays in its cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
