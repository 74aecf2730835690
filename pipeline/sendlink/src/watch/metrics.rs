//! The figures of a night in the text form of Prometheus (OpenMetrics). All are gauges: they say how the last night was,
//! and a night that has ended counts no further.

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text},
    metrics::MetricType,
    registry::Registry,
};

use super::Ending;
use crate::{
    context,
    exit::{Exit, Failure},
    night::summary::{FeedSummary, Summary, total},
};

/// One figure, under one set of labels.
type Labels = Vec<(&'static str, String)>;

/// Figures of one name, each under labels of its own.
#[derive(Debug)]
struct Figures {
    name: &'static str,
    help: &'static str,
    values: Vec<(Labels, f64)>,
}

/// Figures in the order in which they are written, so that two nights can be compared line by line.
#[derive(Debug)]
struct Page(Vec<Figures>);

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        for figures in &self.0 {
            let mut metric =
                encoder.encode_descriptor(figures.name, figures.help, None, MetricType::Gauge)?;
            for (labels, value) in &figures.values {
                metric.encode_family(labels)?.encode_gauge(value)?;
            }
        }
        Ok(())
    }
}

/// How the last night ended, good or not.
///
/// # Errors
/// Exit code 70 where they cannot be written out.
pub fn of_night(area: &str, ending: &Ending<'_>) -> Result<String, Failure> {
    let mut page = vec![
        one(
            "sendlink_night_end_timestamp_seconds",
            "When the last night ended",
            ending.at.as_second() as f64,
        ),
        one(
            "sendlink_night_exit_code",
            "What the last night ended with: 0 done, 3 incomplete, 4 held, others failed",
            f64::from(ending.exit as u8),
        ),
        one(
            "sendlink_night_duration_seconds",
            "How long the last night took",
            ending.took.as_secs_f64(),
        ),
        Figures {
            name: "sendlink_night_software_info",
            help: "Which program ran the last night",
            values: vec![(vec![("software", context::SOFTWARE.to_owned())], 1.0)],
        },
    ];
    if let Some(summary) = ending.summary {
        page.extend(of_summary(summary));
    }
    written(area, page)
}

/// When a night was good for the last time.
///
/// # Errors
/// Exit code 70 where it cannot be written out.
pub fn of_good_night(area: &str, ending: &Ending<'_>) -> Result<String, Failure> {
    let end = one(
        "sendlink_good_night_end_timestamp_seconds",
        "When the last night ended that published",
        ending.at.as_second() as f64,
    );
    written(area, vec![end])
}

fn of_summary(summary: &Summary) -> Vec<Figures> {
    let stages = Figures {
        name: "sendlink_night_stage_duration_seconds",
        help: "How long each stage of the last night took",
        values: summary
            .stages
            .iter()
            .map(|(stage, seconds)| (vec![("stage", (*stage).to_owned())], *seconds))
            .collect(),
    };
    let mut page = vec![
        stages,
        by_feed(
            summary,
            "sendlink_night_source_missing",
            "1 where a source could not be reached or has been silent for too long",
            |feed| f64::from(u8::from(feed.missing.is_some())),
        ),
        by_feed(
            summary,
            "sendlink_night_source_alerts",
            "What a person should look at",
            |feed| feed.alerts.len() as f64,
        ),
        Figures {
            name: "sendlink_night_deliveries",
            help: "Deliveries by what became of them",
            values: several(summary, "verdict", |feed| {
                vec![
                    ("landed", feed.landed),
                    ("loaded", feed.loaded),
                    ("refused", feed.refused),
                    ("held", feed.held),
                    ("known", feed.known),
                    ("unsettled", feed.unsettled),
                ]
            }),
        },
        Figures {
            name: "sendlink_night_rows",
            help: "Rows of the deliveries that were read, by what became of them",
            values: several(summary, "outcome", |feed| {
                let rows = total(&feed.counts);
                vec![
                    ("loaded", rows.loaded),
                    ("unchanged", rows.unchanged),
                    ("superseded", rows.superseded),
                    ("duplicate", rows.duplicate),
                    ("withdrawn", rows.withdrawn),
                    ("out of scope", rows.out_of_scope),
                    ("quarantined", rows.quarantined),
                ]
            }),
        },
    ];
    if let Some(gate) = &summary.gate {
        page.push(one(
            "sendlink_night_opt_out_alerts",
            "What a person should look at of the check of opt-outs",
            gate.alerts.len() as f64,
        ));
    }
    if let Some(linkage) = &summary.linkage {
        page.push(one(
            "sendlink_night_children",
            "Children in the dataset, expected ones included",
            linkage.children as f64,
        ));
        page.push(Figures {
            name: "sendlink_night_links",
            help: "Records by the tier of their link",
            values: linkage
                .tiers
                .iter()
                .map(|(tier, links)| (vec![("tier", tier.clone())], *links as f64))
                .collect(),
        });
    }
    page
}

fn one(name: &'static str, help: &'static str, value: f64) -> Figures {
    Figures {
        name,
        help,
        values: vec![(Vec::new(), value)],
    }
}

fn by_feed(
    summary: &Summary,
    name: &'static str,
    help: &'static str,
    figure: impl Fn(&FeedSummary) -> f64,
) -> Figures {
    let value = |(feed, seen): (&String, &FeedSummary)| (vec![("feed", feed.clone())], figure(seen));
    Figures {
        name,
        help,
        values: summary.feeds.iter().map(value).collect(),
    }
}

fn several(
    summary: &Summary,
    label: &'static str,
    figures: impl Fn(&FeedSummary) -> Vec<(&'static str, u64)>,
) -> Vec<(Labels, f64)> {
    let mut values = Vec::new();
    for (feed, seen) in &summary.feeds {
        for (what, count) in figures(seen) {
            values.push((
                vec![("feed", feed.clone()), (label, what.to_owned())],
                count as f64,
            ));
        }
    }
    values
}

fn written(area: &str, page: Vec<Figures>) -> Result<String, Failure> {
    let mut registry = Registry::with_labels([("area".into(), area.to_owned().into())].into_iter());
    registry.register_collector(Box::new(Page(page)));
    let mut text = String::new();
    text::encode(&mut text, &registry).map_err(|error| Failure::new(Exit::Bug, error))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_night_that_failed_still_says_when_and_how_it_ended() {
        let ending = Ending {
            exit: Exit::Unavailable,
            summary: None,
            at: jiff::Timestamp::UNIX_EPOCH,
            took: Duration::from_millis(1_500),
        };
        let text = of_night("A \"quoted\" area", &ending).unwrap();
        assert_eq!(
            text,
            format!(
                "# HELP sendlink_night_end_timestamp_seconds When the last night ended\n\
                 # TYPE sendlink_night_end_timestamp_seconds gauge\n\
                 sendlink_night_end_timestamp_seconds{{area=\"A \\\"quoted\\\" area\"}} 0.0\n\
                 # HELP sendlink_night_exit_code What the last night ended with: 0 done, 3 incomplete, 4 held, others failed\n\
                 # TYPE sendlink_night_exit_code gauge\n\
                 sendlink_night_exit_code{{area=\"A \\\"quoted\\\" area\"}} 69.0\n\
                 # HELP sendlink_night_duration_seconds How long the last night took\n\
                 # TYPE sendlink_night_duration_seconds gauge\n\
                 sendlink_night_duration_seconds{{area=\"A \\\"quoted\\\" area\"}} 1.5\n\
                 # HELP sendlink_night_software_info Which program ran the last night\n\
                 # TYPE sendlink_night_software_info gauge\n\
                 sendlink_night_software_info{{area=\"A \\\"quoted\\\" area\",software=\"{}\"}} 1.0\n\
                 # EOF\n",
                context::SOFTWARE
            )
        );
    }
}
