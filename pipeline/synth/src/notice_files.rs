//! The files in which health bodies send their notices.

use std::{fs, path::Path};

use jiff::civil::{Date, DateTime};
use kit::write::{Table, write};
use section23::NOTICES;

use crate::{
    bodies::{BODIES, Body},
    calendar::{plus_months, plus_years},
    census::layout,
    feeds,
    files::{Files, wrong},
    notices::Notice,
    settings::SynthError,
    truth::{Says, Stands, Truth},
};

/// Writes the notices of every body: one file with those of the years before the censuses begin, then one a period.
/// Returns how many files that made.
pub(crate) fn write_notices(
    notices: &[Notice],
    as_at: Date,
    years: u8,
    files: &Files,
    truth: &mut Truth,
) -> Result<u64, SynthError> {
    let mut written = 0;
    for (index, body) in BODIES.iter().enumerate() {
        let mut of_body: Vec<&Notice> = notices.iter().filter(|notice| notice.body == index).collect();
        of_body.sort_by(|one, other| (one.received, &one.reference).cmp(&(other.received, &other.reference)));
        let mut rest = of_body.as_slice();
        let mut end = plus_years(as_at, -i16::from(years));
        loop {
            let (now, later) = rest.split_at(rest.partition_point(|notice| notice.received.date() < end));
            rest = later;
            if !now.is_empty() {
                write_file(body, end, now, files, truth)?;
                written += 1;
            }
            if end >= as_at {
                break;
            }
            end = plus_months(end, body.every_months).min(as_at);
        }
    }
    Ok(written)
}

fn write_file(
    body: &Body,
    on: Date,
    notices: &[&Notice],
    files: &Files,
    truth: &mut Truth,
) -> Result<(), SynthError> {
    let layout = layout(body.layout)?;
    let (before, after) = body.file;
    let path = format!(
        "incoming/section23/{}/{before}{}{after}",
        body.ods,
        on.strftime("%Y%m%d")
    );
    let rows: Vec<_> = notices.iter().map(|notice| notice.row.clone()).collect();
    let bytes = write(&Table::flat(&NOTICES, &layout), &rows).map_err(|error| SynthError::Layout {
        layout: body.layout.to_owned(),
        why: error.to_string(),
    })?;
    let place = files.place(&path)?;
    fs::write(&place, bytes).map_err(|source| wrong(&path, source))?;
    files.came(&path, Some(came(on)))?;
    // A list of objects has no header before its first record.
    let header = if Path::new(&path)
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        0
    } else {
        u64::from(layout.file.header_row)
    };
    let feed = feeds::of_body(body.ods);
    for (line, notice) in (header + 1..).zip(notices) {
        let said = |field| notice.row.get(field).map(String::as_str).unwrap_or_default();
        let stands = Stands {
            feed: &feed,
            kind: "section23",
            file: &path,
            line,
            provider: body.ods,
            reference: &notice.reference,
            person: &notice.person,
            says: Says {
                action: said("action"),
                version: said("sent_at"),
                refers_to: said("replaces_notification_id"),
                day: said("opinion_date"),
                incomplete: ["opinion_date", "category"].map(said).contains(&""),
                ..Says::default()
            },
            ..Stands::default()
        };
        truth.notice(&stands, &notice.row)?;
    }
    Ok(())
}

/// Files come early in the morning of the day after the last that they speak of.
fn came(on: Date) -> DateTime {
    on.at(5, 0, 0, 0)
}
