//! What can happen in a night, one type an event. Telling an event writes its line in the log and counts it in the
//! summary, both from the same fields, so that the two cannot disagree. Whatever is told of a night later (its history,
//! its page, metrics, alerts) is read from the summary.

use records::TableCounts;
use transport::TransportError;

use super::summary::{BrakeSummary, GateSummary, LinkageSummary, PublishedSummary, Summary};
use crate::config::Feed;

/// Something that happened.
pub trait Event {
    /// Writes its line and counts it.
    fn tell(self, summary: &mut Summary);
}

/// A source cannot be reached.
pub struct SourceMissing<'a> {
    pub feed: &'a Feed,
    pub error: TransportError,
}

impl Event for SourceMissing<'_> {
    fn tell(self, summary: &mut Summary) {
        tracing::warn!(feed = self.feed.name, error = %self.error, "A source is missing; the others go on.");
        summary.feed(self.feed).missing = Some(self.error.to_string());
    }
}

/// A source has been silent for longer than its feed expects.
pub struct SourceSilent<'a> {
    pub feed: &'a Feed,
    /// Since when, as a sentence.
    pub since: String,
    pub expected_days: i64,
}

impl Event for SourceSilent<'_> {
    fn tell(self, summary: &mut Summary) {
        let Self {
            feed,
            since,
            expected_days,
        } = self;
        tracing::warn!(feed = feed.name, since, expected_days, "A source is missing.");
        summary.feed(feed).missing = Some(format!("{since}, and one is expected every {expected_days} days"));
    }
}

/// A source needs a person's eye.
pub struct SourceAlert<'a> {
    pub feed: &'a Feed,
    pub alert: String,
}

impl Event for SourceAlert<'_> {
    fn tell(self, summary: &mut Summary) {
        tracing::warn!(
            feed = self.feed.name,
            alert = self.alert,
            "A source needs a person's eye."
        );
        summary.feed(self.feed).alerts.push(self.alert);
    }
}

/// Deliveries are still changing at their source.
pub struct DeliveriesUnsettled<'a> {
    pub feed: &'a Feed,
    pub deliveries: usize,
}

impl Event for DeliveriesUnsettled<'_> {
    fn tell(self, summary: &mut Summary) {
        tracing::info!(
            feed = self.feed.name,
            deliveries = self.deliveries,
            "Deliveries are still changing; they wait for the next run."
        );
        summary.feed(self.feed).unsettled = self.deliveries as u64;
    }
}

/// A delivery cannot be fetched, and its neighbours can.
pub struct DeliveryLeft<'a> {
    pub feed: &'a Feed,
    pub error: TransportError,
}

impl Event for DeliveryLeft<'_> {
    fn tell(self, summary: &mut Summary) {
        tracing::warn!(feed = self.feed.name, error = %self.error, "A delivery stays where it is; its neighbours go on.");
        summary.feed(self.feed).alerts.push(self.error.to_string());
    }
}

/// A delivery was found that has its verdict already.
pub struct DeliveryKnown<'a> {
    pub feed: &'a Feed,
}

impl Event for DeliveryKnown<'_> {
    fn tell(self, summary: &mut Summary) {
        tracing::debug!(feed = self.feed.name, "A delivery is recognised.");
        summary.feed(self.feed).known += 1;
    }
}

/// A delivery has landed.
pub struct DeliveryLanded<'a> {
    pub feed: &'a Feed,
    pub files: usize,
}

impl Event for DeliveryLanded<'_> {
    fn tell(self, summary: &mut Summary) {
        tracing::info!(
            feed = self.feed.name,
            files = self.files,
            "A delivery has landed."
        );
        summary.feed(self.feed).landed += 1;
    }
}

/// A delivery is refused.
pub struct DeliveryRefused<'a> {
    pub feed: &'a Feed,
    /// How findings name it.
    pub delivery: String,
    pub reason: &'a str,
    pub counts: TableCounts,
}

impl Event for DeliveryRefused<'_> {
    fn tell(self, summary: &mut Summary) {
        let Self {
            feed,
            delivery,
            reason,
            counts,
        } = self;
        tracing::warn!(feed = feed.name, delivery, reason, "A delivery is refused.");
        let summary = summary.feed(feed);
        summary.refused += 1;
        summary.add(delivery, format!("refused: {reason}"), counts);
    }
}

/// A delivery is held for a person's decision.
pub struct DeliveryHeld<'a> {
    pub feed: &'a Feed,
    /// How findings name it.
    pub delivery: String,
    pub reason: String,
    pub counts: TableCounts,
}

impl Event for DeliveryHeld<'_> {
    fn tell(self, summary: &mut Summary) {
        let Self {
            feed,
            delivery,
            reason,
            counts,
        } = self;
        tracing::warn!(
            feed = feed.name,
            delivery,
            reason,
            "A delivery is held for a person's decision."
        );
        let summary = summary.feed(feed);
        summary.held += 1;
        summary.add(delivery, format!("held: {reason}"), counts);
    }
}

/// A delivery is loaded.
pub struct DeliveryLoaded<'a> {
    pub feed: &'a Feed,
    /// How findings name it.
    pub delivery: String,
    pub records: u64,
    /// Records that are gone, as a snapshot no longer holds them.
    pub absent: u64,
    pub counts: TableCounts,
}

impl Event for DeliveryLoaded<'_> {
    fn tell(self, summary: &mut Summary) {
        let Self {
            feed,
            delivery,
            records,
            absent,
            counts,
        } = self;
        tracing::info!(
            feed = feed.name,
            delivery,
            records,
            absent,
            "A delivery is loaded."
        );
        let summary = summary.feed(feed);
        summary.loaded += 1;
        summary.add(delivery, "loaded".to_owned(), counts);
    }
}

/// Findings are on their way to the mailbox that sent the delivery.
pub struct FindingsSent<'a> {
    pub feed: &'a Feed,
    pub to: &'a str,
    /// The service's id of the message.
    pub message: String,
}

impl Event for FindingsSent<'_> {
    fn tell(self, summary: &mut Summary) {
        tracing::info!(
            feed = self.feed.name,
            to = self.to,
            message = self.message,
            "Findings are sent."
        );
        summary.feed(self.feed).findings_sent += 1;
    }
}

/// Findings cannot be sent.
pub struct FindingsNotSent<'a> {
    pub feed: &'a Feed,
    pub to: &'a str,
    /// The report that is to be sent by hand.
    pub file: &'a str,
    pub error: TransportError,
}

impl Event for FindingsNotSent<'_> {
    fn tell(self, summary: &mut Summary) {
        let Self {
            feed,
            to,
            file,
            error,
        } = self;
        tracing::warn!(feed = feed.name, to, %error, "Findings are not sent.");
        let alert = format!("the findings were not sent to {to}: {error}; send {file} by hand");
        summary.feed(feed).alerts.push(alert);
    }
}

/// All records are linked.
pub struct Linked {
    pub linkage: LinkageSummary,
    pub new: u64,
    pub merged: u64,
    pub split: u64,
    pub doubts: usize,
}

impl Event for Linked {
    fn tell(self, summary: &mut Summary) {
        tracing::info!(
            records = self.linkage.records,
            children = self.linkage.children,
            new = self.new,
            merged = self.merged,
            split = self.split,
            doubts = self.doubts,
            "Records are linked."
        );
        summary.linkage = Some(self.linkage);
    }
}

/// What opt-outs keep back is decided.
pub struct OptOutsUpheld {
    pub gate: GateSummary,
    /// How many records are withheld, as it may be told.
    pub records: String,
    /// The list in force.
    pub list: Option<i64>,
}

impl Event for OptOutsUpheld {
    fn tell(self, summary: &mut Summary) {
        tracing::info!(
            feeds = self.gate.withheld.len(),
            withheld = self.records,
            list = self.list,
            "Opt-outs are upheld."
        );
        summary.gate = Some(self.gate);
    }
}

/// The check of opt-outs needs a person's eye. Told once the gate is passed, and only where a feed needs it.
pub struct OptOutsAlert {
    pub alert: String,
}

impl Event for OptOutsAlert {
    fn tell(self, summary: &mut Summary) {
        tracing::warn!(alert = self.alert, "The check of opt-outs needs a person's eye.");
        if let Some(gate) = &mut summary.gate {
            gate.alerts.push(self.alert);
        }
    }
}

/// The dataset is published.
pub struct Published(pub PublishedSummary);

impl Event for Published {
    fn tell(self, summary: &mut Summary) {
        tracing::info!(
            version = self.0.version,
            changed = self.0.changed,
            "The dataset is published."
        );
        summary.published = Some(self.0);
    }
}

/// The dataset is held.
pub struct DatasetHeld {
    pub why: String,
    pub brake: Option<BrakeSummary>,
}

impl Event for DatasetHeld {
    fn tell(self, summary: &mut Summary) {
        tracing::error!(
            error = self.why,
            "The dataset is held; yesterday's stands until a person has looked."
        );
        summary.held = Some(self.why);
        summary.brake = self.brake;
    }
}
