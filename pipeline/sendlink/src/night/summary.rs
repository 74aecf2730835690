//! What a person wants to know of a night.

use std::collections::BTreeMap;

use dataset::Run;
use records::{Kind, TableCounts, counts::Tally};
use serde::Serialize;

use crate::{config::Config, exit::Exit};

/// The night in figures. Kept with the run; holds no value of a record.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The area's name.
    pub area: String,
    /// The run's number.
    pub run: i64,
    /// The day that the dataset is about.
    pub as_at: String,
    /// Deliveries read for the first time (or through a mended mapping), by feed.
    pub feeds: BTreeMap<String, FeedSummary>,
    /// What linkage did; none where the run did not come to it.
    pub linkage: Option<LinkageSummary>,
    /// What opt-outs keep back; none where no feed's basis needs them.
    pub gate: Option<GateSummary>,
    /// What was published; none where it was held.
    pub published: Option<PublishedSummary>,
    /// Why the dataset was not published.
    pub held: Option<String>,
    /// What the brake held it for; none where it did not.
    pub brake: Option<BrakeSummary>,
    /// Where reports were written.
    pub reports: Vec<String>,
    /// The stages that came to their end, with the seconds that each took.
    pub stages: Vec<(&'static str, f64)>,
}

/// One feed's night.
#[derive(Clone, Debug, Serialize)]
pub struct FeedSummary {
    /// The kind of its records.
    pub kind: Kind,
    /// Who sends it.
    pub provider: String,
    /// Deliveries that landed.
    pub landed: u64,
    /// Deliveries loaded.
    pub loaded: u64,
    /// Deliveries refused.
    pub refused: u64,
    /// Deliveries held for a person's decision.
    pub held: u64,
    /// Deliveries still changing in their folder.
    pub unsettled: u64,
    /// Deliveries found and known already.
    pub known: u64,
    /// Why the source is missing; none where it is not.
    pub missing: Option<String>,
    /// Reports of findings sent back to senders.
    pub findings_sent: u64,
    /// What a person should look at, each a sentence.
    pub alerts: Vec<String>,
    /// Its rows by table and outcome.
    pub counts: TableCounts,
    /// The deliveries that were read, in the order in which they were.
    pub deliveries: Vec<DeliverySummary>,
}

/// One delivery's night.
#[derive(Clone, Debug, Serialize)]
pub struct DeliverySummary {
    /// How findings name it.
    pub label: String,
    /// `loaded`, `refused`, `held`, the latter two with the reason.
    pub verdict: String,
    /// Its rows by table and outcome.
    pub counts: TableCounts,
}

/// What linkage did.
#[derive(Clone, Debug, Serialize)]
pub struct LinkageSummary {
    /// Links: one a record about a child, and one for each child of a notified pregnancy.
    pub records: u64,
    /// Children they are of, expected ones included.
    pub children: u64,
    /// Links by tier.
    pub tiers: BTreeMap<String, u64>,
    /// Notifications of pregnancies by how they stand.
    pub pregnancies: BTreeMap<String, u64>,
    /// Unions refused by a hard rule.
    pub refused_unions: u64,
    /// The records that bear the digest of an NHS number and not the number; none where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digests: Option<DigestsSummary>,
}

/// The records that bear the digest of an NHS number and not the number.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct DigestsSummary {
    /// How many there are.
    pub records: u64,
    /// Those whose digest is that of a number on another record.
    pub known: u64,
}

/// Child ids that would change, more than the brake allows.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct BrakeSummary {
    /// How many would change or leave.
    pub changed: u64,
    /// How many are published.
    pub before: u64,
}

/// What opt-outs keep back.
#[derive(Clone, Debug, Serialize)]
pub struct GateSummary {
    /// The day on which the list in force was asked for; none where there is none of legal age.
    pub list_date: Option<String>,
    /// Records withheld by feed, to the nearest five; none where they are one to nine.
    pub withheld: BTreeMap<String, Option<u64>>,
    /// What a person should look at, each a sentence.
    pub alerts: Vec<String>,
}

/// What was published.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedSummary {
    /// The version: day and digest.
    pub version: String,
    /// Whether anything changed.
    pub changed: bool,
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
}

impl Summary {
    /// An empty summary of a run.
    pub fn new(area: &str, run: &Run) -> Self {
        Summary {
            area: area.to_owned(),
            run: run.id,
            as_at: run.as_at.to_string(),
            feeds: BTreeMap::new(),
            linkage: None,
            gate: None,
            published: None,
            held: None,
            brake: None,
            reports: Vec::new(),
            stages: Vec::new(),
        }
    }

    /// A feed's summary, made if it is new.
    pub fn feed(&mut self, feed: &crate::config::Feed) -> &mut FeedSummary {
        self.feeds
            .entry(feed.name.clone())
            .or_insert_with(|| FeedSummary {
                kind: feed.kind,
                provider: feed.provider.clone(),
                landed: 0,
                loaded: 0,
                refused: 0,
                held: 0,
                unsettled: 0,
                known: 0,
                missing: None,
                findings_sent: 0,
                alerts: Vec::new(),
                counts: TableCounts::default(),
                deliveries: Vec::new(),
            })
    }

    /// The exit code that the night has earned.
    pub fn exit(&self, config: &Config) -> Exit {
        if self.held.is_some() {
            return Exit::Held;
        }
        let alerted = self.gate.as_ref().is_some_and(|gate| !gate.alerts.is_empty());
        let incomplete = alerted
            || self.feeds.values().any(|feed| {
                feed.missing.is_some()
                    || !feed.alerts.is_empty()
                    || feed.refused > 0
                    || feed.held > 0
                    || quarantine_share(&feed.counts) > config.night.quarantine_threshold
            });
        if incomplete { Exit::Incomplete } else { Exit::Done }
    }
}

impl FeedSummary {
    /// Adds one delivery.
    pub fn add(&mut self, label: String, verdict: String, counts: TableCounts) {
        for (table, tally) in &counts.0 {
            add_tally(self.counts.table(table), tally);
        }
        self.deliveries.push(DeliverySummary {
            label,
            verdict,
            counts,
        });
    }
}

/// The rows of all tables together.
pub fn total(counts: &TableCounts) -> Tally {
    let mut sum = Tally::default();
    for tally in counts.0.values() {
        add_tally(&mut sum, tally);
    }
    sum
}

fn add_tally(sum: &mut Tally, more: &Tally) {
    sum.rows += more.rows;
    sum.loaded += more.loaded;
    sum.unchanged += more.unchanged;
    sum.superseded += more.superseded;
    sum.duplicate += more.duplicate;
    sum.withdrawn += more.withdrawn;
    sum.out_of_scope += more.out_of_scope;
    sum.quarantined += more.quarantined;
}

/// The largest share of quarantined rows of any table.
fn quarantine_share(counts: &TableCounts) -> f64 {
    counts
        .0
        .values()
        .filter(|tally| tally.rows > 0)
        .map(|tally| tally.quarantined as f64 / tally.rows as f64)
        .fold(0.0, f64::max)
}

/// Findings by rule, the most frequent first, as lines for a person.
pub fn finding_lines(findings: &[records::Finding]) -> Vec<String> {
    let mut by_rule: BTreeMap<(&str, &str, &str), u64> = BTreeMap::new();
    for finding in findings {
        *by_rule
            .entry((finding.rule.id, finding.rule.wrong, finding.effect.as_str()))
            .or_default() += finding.rows;
    }
    let mut lines: Vec<_> = by_rule.into_iter().collect();
    lines.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    lines
        .into_iter()
        .map(|((id, wrong, effect), rows)| format!("{rows} × {id} ({effect}): {wrong}"))
        .collect()
}
