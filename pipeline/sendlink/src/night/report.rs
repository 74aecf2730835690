//! Writes the night's reports: findings to send back to each provider, match rates.

use std::collections::BTreeSet;

use dataset::findings::FindingFilter;
use measures::{Rate, Slice};
use records::Kind;
use reports::summary::{Children, DeliveryLine, Ending, FeedLine, Summary as Page};

use super::{
    Night,
    load::interrupted,
    quality,
    summary::{FeedSummary, total},
};
use crate::{
    assessment::Assessment,
    exit::{Exit, Failure},
    output,
};

/// Writes the reports that changed. Returns the night's page, as the terminal shows it too.
///
/// # Errors
/// Where the reports cannot be written or the database not be read.
pub async fn write(night: &mut Night<'_>) -> Result<Page, Failure> {
    let folder = night.config.path(&night.config.reports.folder);
    let mut written = Vec::new();
    for feed in &night.config.feeds {
        let filter = FindingFilter {
            feed: Some(feed.name.clone()),
            ..FindingFilter::default()
        };
        let findings = night.store.findings(&filter).await.map_err(interrupted)?;
        let page = reports::FindingsPage {
            of: &feed.name,
            area: &night.config.area.name,
            as_at: night.run.as_at,
            findings: &findings,
        };
        let place = folder.join("findings");
        output::write(
            &place.join(format!("{}.csv", feed.name)),
            &output::csv(&reports::findings_table(&findings))?,
        )?;
        output::write(&place.join(format!("{}.html", feed.name)), page.html().as_bytes())?;
    }
    written.push(("findings for each provider".to_owned(), folder.join("findings")));
    let mut rates = Vec::new();
    if night.store.published().await.map_err(interrupted)?.is_some() {
        let assessment = Assessment::read(night.config, &night.store, None).await?;
        rates = assessment.rates(&BTreeSet::from(Slice::ALL), None);
        quality::keep(night, &assessment.quality).await?;
        let mut bytes = Vec::new();
        reports::write_rates(&rates, reports::Format::Csv, &mut bytes)
            .map_err(|error| Failure::new(Exit::Bug, error))?;
        let place = folder.join("match-rates.csv");
        output::write(&place, &bytes)?;
        written.push(("match rates".to_owned(), place));
    }
    let place = folder.join("summary.html");
    written.push(("this summary as a page".to_owned(), place.clone()));
    night.summary.reports = written
        .iter()
        .map(|(_, path)| path.display().to_string())
        .collect();
    let mut outputs = vec![("joint dataset".to_owned(), night.store.published_at())];
    outputs.extend(
        written
            .into_iter()
            .map(|(what, path)| (what, path.display().to_string())),
    );
    let page = page(night, rates, outputs).await?;
    output::write(&place, page.html().as_bytes())?;
    Ok(page)
}

/// The night on one page.
async fn page(night: &Night<'_>, rates: Vec<Rate>, outputs: Vec<(String, String)>) -> Result<Page, Failure> {
    let status = night.store.status().await.map_err(interrupted)?;
    let ending = match (&night.summary.held, &night.summary.published) {
        (None, Some(published)) if published.changed => Ending::Published {
            version: published.version.clone(),
        },
        (None, Some(published)) => Ending::Unchanged {
            version: published.version.clone(),
        },
        (Some(why), _) => Ending::Held { why: why.clone() },
        (None, None) => Ending::Held {
            why: "the night did not come to publishing".to_owned(),
        },
    };
    let latest = night.store.latest_events().await.map_err(interrupted)?;
    let mut deliveries = Vec::new();
    let mut feeds = Vec::new();
    for feed in &night.config.feeds {
        let seen = night.summary.feeds.get(&feed.name);
        for delivery in seen.iter().flat_map(|seen| &seen.deliveries) {
            deliveries.push(DeliveryLine {
                feed: feed.name.clone(),
                label: delivery.label.clone(),
                verdict: delivery.verdict.clone(),
                tally: total(&delivery.counts),
            });
        }
        let row = status.feeds.iter().find(|row| row.feed == feed.name);
        feeds.push(FeedLine {
            feed: feed.name.clone(),
            kind: feed.kind,
            provider: feed.provider.clone(),
            records: row.map_or(0, |row| row.records),
            quarantined: seen.map_or(0, |seen| total(&seen.counts).quarantined),
            latest_event: latest.get(&feed.name).copied(),
            latest_received: row.and_then(|row| row.last_received).map(|when| when.date()),
            state: state(seen, withheld(night, &feed.name)),
        });
    }
    Ok(Page {
        area: night.config.area.name.clone(),
        as_at: night.run.as_at,
        ending,
        deliveries,
        feeds,
        children: children(night).await?,
        rates,
        outputs,
    })
}

/// What the gate of opt-outs says of a feed; none where its basis needs none.
fn withheld(night: &Night<'_>, feed: &str) -> Option<String> {
    let gate = night.summary.gate.as_ref()?;
    let withheld = gate.withheld.get(feed)?;
    let mut said = match withheld {
        Some(0) => "no record is withheld".to_owned(),
        Some(count) => format!("about {count} records are withheld"),
        None => "fewer than 10 records are withheld".to_owned(),
    };
    if gate.list_date.is_none() {
        said.push_str(" for want of a list of opt-outs");
    }
    // What is to be told of all these feeds is told once.
    if gate.withheld.keys().next().is_some_and(|first| first == feed) {
        for alert in &gate.alerts {
            said.push_str("; ");
            said.push_str(alert);
        }
    }
    Some(said)
}

/// What stands beside a feed on the page.
fn state(seen: Option<&FeedSummary>, withheld: Option<String>) -> String {
    let mut parts = Vec::new();
    match seen.and_then(|seen| seen.missing.as_ref()) {
        Some(why) => parts.push(format!("missing: {why}")),
        None => parts.push("current".to_owned()),
    }
    parts.extend(withheld);
    parts.extend(seen.iter().flat_map(|seen| seen.alerts.iter().cloned()));
    parts.join("; ")
}

async fn children(night: &Night<'_>) -> Result<Children, Failure> {
    let counts = night.store.child_counts().await.map_err(interrupted)?;
    // Of an expected child only its mother's maternity services have told.
    let mut children = Children {
        total: counts.expected,
        expected: counts.expected,
        notified: counts.expected,
        ..Children::default()
    };
    for (kinds, count) in counts.born {
        children.total += count;
        let of = |kind| if kinds.contains(&kind) { count } else { 0 };
        children.notified += of(Kind::Pregnancy);
        children.with_notice += of(Kind::Section23);
        children.reviewed += of(Kind::TwoYearReview);
        children.in_school += of(Kind::SchoolCensus);
        if kinds.len() > 1 {
            children.joined += count;
        }
    }
    Ok(children)
}
