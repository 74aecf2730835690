//! The contract of a connector.
//!
//! A connector reads one landed delivery of one kind and hands on, record by record, who the record is about
//! ([`People`]) and what it says ([`Record`]). It knows no transport and no database. Bad input never stops
//! it: a bad row is quarantined with a finding and its neighbours go on; only what makes the whole delivery
//! untrustworthy (truncation, an unknown layout, a declared contract) refuses it.

use std::path::PathBuf;

use identity::{BusinessKey, People, SenderReference};
use jiff::civil::{Date, DateTime};
use records::{Finding, Kind, Location, Outcome, Record};

use crate::{field::Table, layout::Layout, mappings::MappingError};

/// One file of a delivery, in the landing folder.
#[derive(Clone, Debug)]
pub struct DeliveryFile {
    /// How findings name it: the sender's file name where the layout's pattern knows it, else "file 1".
    pub label: String,
    /// The sender's file name, for telling tables and sets apart; never shown.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Its length in bytes.
    pub bytes: u64,
}

/// What a provider sent at once.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its files, in the order of their names.
    pub files: Vec<DeliveryFile>,
    /// When the transport says that it came.
    pub received: DateTime,
}

/// What a connector must know besides the delivery.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// How the provider lays its files out, with the feed's contract applied.
    pub layout: &'a Layout,
    /// Who sent it: ODS code of a health body, DfE code of an authority.
    pub provider: &'a str,
    /// The as-at date of the run. Dates after it are findings.
    pub as_at: Date,
    /// Whether NHS numbers of the 999 test range are people here.
    pub test_numbers: identity::TestNumbers,
}

/// One record as a connector hands it on.
#[derive(Debug)]
pub struct Incoming {
    /// Who it is about.
    pub people: People,
    /// What names it within its kind and provider.
    pub key: BusinessKey,
    /// The sender's own reference, for the unmatched list.
    pub reference: Option<SenderReference>,
    /// Where it stood, for the unmatched list where there is no reference to show.
    pub location: Location,
    /// The record.
    pub record: Record,
    /// How many rows of which tables it was made from; their outcome is the record's.
    pub rows: Vec<(&'static str, u64)>,
    /// Records that this one replaces, by key: each gets a tombstone of this record's version.
    pub replaces: Vec<BusinessKey>,
}

/// A scope of a snapshot: whatever the vault holds of it that is not in this delivery is gone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SnapshotScope {
    /// The scope, as [`Record::scope`] names it.
    pub scope: String,
    /// Which snapshot of the scope this is: a later one wins, whichever arrives first.
    pub version: records::Version,
}

/// Where a connector puts what it reads.
pub trait Sink {
    /// Takes a record.
    ///
    /// # Errors
    /// [`Stopped`] when nobody wants more.
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped>;

    /// Takes a finding.
    fn finding(&mut self, finding: Finding);

    /// Counts `rows` rows read from `table` of the delivery.
    fn rows_read(&mut self, table: &'static str, rows: u64);

    /// Counts rows that became no record: [`Outcome::OutOfScope`] or [`Outcome::Quarantined`]. Rows that
    /// became a record are counted through [`Incoming::rows`].
    fn rows_without_record(&mut self, table: &'static str, outcome: Outcome, rows: u64);
}

/// Nobody wants more records: the run is stopping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("stopped")]
pub struct Stopped;

/// Why a delivery could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The delivery must not be loaded. The findings say why; at least one has the effect "refused".
    #[error("the delivery is refused: {}", .0.rule.wrong)]
    Refused(Box<Finding>),
    /// The landing folder could not be read.
    #[error("{label}: cannot be read: {source}")]
    Io {
        /// The file's label.
        label: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A mapping that the connector needs is not there or cannot be read.
    #[error(transparent)]
    Mapping(#[from] MappingError),
    /// The run is stopping.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Reads deliveries of one kind.
pub trait Connector: Send + Sync {
    /// Which kind.
    fn kind(&self) -> Kind;

    /// The declared fields, by table: the parser, the findings, the data dictionary and the made-up area all
    /// come from these.
    fn tables(&self) -> &'static [Table];

    /// Reads one delivery. Returns the scopes that it is a snapshot of; none for a delta.
    ///
    /// # Errors
    /// [`ReadError::Refused`] where the delivery as a whole cannot be trusted; the sink must then be dropped
    /// with everything in it.
    fn read(
        &self,
        delivery: &Delivery,
        reading: &Reading<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Vec<SnapshotScope>, ReadError>;
}

/// Takes no notice.
pub(crate) struct Nothing;

impl Sink for Nothing {
    fn record(&mut self, _: Incoming) -> Result<(), Stopped> {
        Ok(())
    }

    fn finding(&mut self, _: Finding) {}

    fn rows_read(&mut self, _: &'static str, _: u64) {}

    fn rows_without_record(&mut self, _: &'static str, _: Outcome, _: u64) {}
}
