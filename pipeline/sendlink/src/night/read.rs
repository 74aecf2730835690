//! Reads one delivery: parse, validate, encode. Nothing of it is in the database yet.
//!
//! One thread parses and fills batches; rayon encodes each batch; the rows go to a spool. The batches between
//! them are bounded, so memory does not grow with the delivery.

use std::{
    io,
    path::Path,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use dataset::{Scope, VaultRow, WrittenRow};
use jiff::civil::Date;
use kit::{Delivery, DeliveryFile, Incoming, ReadError, Reading, Sink, SnapshotScope, Stopped};
use pseudonym::{Encoder, Patients};
use rayon::prelude::*;
use records::{Finding, Location, Outcome, Rule, TableCounts, Version, finding::Effect};
use transport::landing::{Landed, LandedFile};

use super::{
    encode::{Collector, Encoding},
    spool::{Spool, SpoolWriter, SpooledRow},
    stop::Stop,
};
use crate::{
    config::{self, AreaProfile},
    exit::{Exit, Failure, of_write},
    feeds::{self, Ready},
    opt_outs::OptOuts,
    progress::Progress,
};

/// Records that are encoded together: enough to keep every core busy, few enough to stay in cache.
const BATCH: usize = 2_048;

/// Batches that wait between the parser and the encoder.
const BATCHES_WAITING: usize = 4;

/// What reading a delivery came to.
pub struct ReadDelivery {
    /// The encoded rows.
    pub spool: Spool,
    /// The scopes that it is a snapshot of.
    pub scopes: Vec<Scope>,
    /// What was wrong.
    pub findings: Vec<Finding>,
    /// The rows so far: read, out of scope, quarantined.
    pub counts: TableCounts,
    /// Whether it must not be loaded.
    pub refused: bool,
    /// The NHS numbers to keep, where the feed's lawful basis needs opt-outs.
    pub patients: Patients,
}

/// What all deliveries are read with.
pub struct Reader<'a> {
    /// Makes encodings.
    pub encoder: &'a Encoder,
    /// The run's day.
    pub as_at: Date,
    /// Keeps the NHS numbers of feeds whose lawful basis needs opt-outs; none where nothing is kept.
    pub opt_outs: Option<&'a OptOuts<'a>>,
    /// Whether people are real.
    pub profile: AreaProfile,
    /// Whether to stop.
    pub stop: &'a Stop,
    /// Where spools lie.
    pub folder: &'a Path,
}

impl Reader<'_> {
    /// Reads one landed delivery.
    ///
    /// # Errors
    /// Where its files or the spool cannot be read or written, or the run is stopping. A delivery that is
    /// refused is no error.
    pub fn read(&self, ready: &Ready<'_>, landed: &Landed) -> Result<ReadDelivery, Failure> {
        let delivery = delivery(ready, landed);
        if let Some(rule) = landed.unfit() {
            return self.unfit(&delivery, rule);
        }
        let reading = Reading {
            layout: &ready.layout,
            provider: &ready.feed.provider,
            as_at: self.as_at,
            test_numbers: self.profile.test_numbers(),
        };
        let flat_snapshot = ready.feed.delivery == config::Delivery::Snapshot;
        let connector = feeds::connector(ready.feed.kind);
        let scoped_by_connector = ready.feed.kind == records::Kind::SchoolCensus;
        let encoding = Encoding {
            encoder: self.encoder,
            kind: ready.feed.kind,
            provider: &ready.feed.provider,
            received: landed.received,
            patients: self
                .opt_outs
                .filter(|_| ready.feed.basis.needs_opt_outs())
                .map(Collector::new),
            snapshot: (flat_snapshot && !scoped_by_connector).then_some(FLAT_SCOPE),
        };
        let progress = Progress::start(format!("reading {}", ready.feed.name), None);
        let (sender, receiver) = sync_channel(BATCHES_WAITING);
        let (parsed, spooled) = thread::scope(|scope| {
            let parser = scope.spawn(|| {
                let mut sink = BatchSink::new(sender, self.stop);
                let result = connector.read(&delivery, &reading, &mut sink);
                let flushed = sink.flush();
                (result, flushed, sink.findings, sink.counts)
            });
            let spooled = self.spool(&encoding, receiver, &progress);
            (parser.join(), spooled)
        });
        let Ok((result, flushed, mut findings, counts)) = parsed else {
            return Err(Failure::new(
                Exit::Bug,
                "the reader of a delivery stopped by a bug",
            ));
        };
        let spool = spooled?;
        let scopes = match result.and_then(|scopes| flushed.map(|()| scopes).map_err(ReadError::from)) {
            Ok(scopes) => scopes,
            Err(ReadError::Refused(finding)) => {
                if !findings.contains(&finding) {
                    findings.push(*finding);
                }
                return Ok(ReadDelivery {
                    spool,
                    scopes: Vec::new(),
                    findings,
                    counts,
                    refused: true,
                    patients: Patients::default(),
                });
            }
            Err(ReadError::Stopped(_)) => return Err(super::stop::stopped()),
            Err(error @ ReadError::Io { .. }) => return Err(Failure::new(Exit::Io, error)),
            Err(error @ ReadError::Mapping(_)) => return Err(Failure::new(Exit::Config, error)),
        };
        let refused = findings
            .iter()
            .any(|finding| finding.effect == Effect::RefusedDelivery);
        let deletes = ready.feed.delivery != config::Delivery::Delta;
        let mut scopes: Vec<Scope> = scopes
            .into_iter()
            .filter(|_| deletes)
            .map(|SnapshotScope { scope, version }| Scope { scope, version })
            .collect();
        if encoding.snapshot.is_some() {
            scopes.push(Scope {
                scope: FLAT_SCOPE.to_owned(),
                version: Version::at(landed.received),
            });
        }
        Ok(ReadDelivery {
            spool,
            scopes,
            findings,
            counts,
            refused,
            patients: encoding
                .patients
                .map(Collector::into_patients)
                .unwrap_or_default(),
        })
    }

    /// A delivery whose content could not be taken: refused, for the reason that the transport saw.
    fn unfit(&self, delivery: &Delivery, rule: &'static Rule) -> Result<ReadDelivery, Failure> {
        let file = delivery.files.first().map(|file| file.label.clone());
        let spool = SpoolWriter::new(self.folder).and_then(SpoolWriter::finish);
        Ok(ReadDelivery {
            spool: spool.map_err(|error| spool_failed(&error))?,
            scopes: Vec::new(),
            findings: vec![Finding {
                rule,
                effect: Effect::RefusedDelivery,
                location: Location {
                    file: file.unwrap_or_default(),
                    ..Location::default()
                },
                rows: 1,
            }],
            counts: TableCounts::default(),
            refused: true,
            patients: Patients::default(),
        })
    }

    fn spool(
        &self,
        encoding: &Encoding<'_>,
        batches: Receiver<Vec<Incoming>>,
        progress: &Progress,
    ) -> Result<Spool, Failure> {
        let write_failed = |error: io::Error| spool_failed(&error);
        let mut spool = SpoolWriter::new(self.folder).map_err(write_failed)?;
        for batch in batches {
            let rows = batch.len() as u64;
            let encoded = batch
                .into_par_iter()
                .map(|incoming| {
                    let mut rows = Vec::with_capacity(1);
                    encoding
                        .encode(incoming, &mut rows)
                        .map_err(|error| Failure::new(Exit::Bug, error))?;
                    rows.into_iter().map(spooled).collect()
                })
                .collect::<Result<Vec<Vec<SpooledRow>>, Failure>>()?;
            for row in encoded.iter().flatten() {
                spool.push(row).map_err(write_failed)?;
            }
            progress.add(rows);
        }
        spool.finish().map_err(write_failed)
    }
}

fn spool_failed(error: &io::Error) -> Failure {
    Failure::new(of_write(error), format!("the spool cannot be written: {error}"))
}

/// Writes a row out: here, where all cores work, and not where rows are loaded one after the other.
fn spooled(row: VaultRow) -> Result<SpooledRow, Failure> {
    let row = WrittenRow::write(row)?;
    SpooledRow::new(&row).map_err(|error| Failure::new(Exit::Bug, error))
}

/// The scope of a flat snapshot: the whole feed.
const FLAT_SCOPE: &str = "feed";

fn delivery(ready: &Ready<'_>, landed: &Landed) -> Delivery {
    let also = [ready.feed.name.as_str(), ready.feed.provider.as_str()];
    let files = landed
        .files
        .iter()
        .enumerate()
        .map(|(index, LandedFile { name, path, bytes })| DeliveryFile {
            label: ready.layout.file.label(name, index + 1, &also),
            name: name.clone(),
            path: path.clone(),
            bytes: *bytes,
        })
        .collect();
    Delivery {
        files,
        received: landed.received,
    }
}

/// Collects what a connector reads, and hands records on in batches.
struct BatchSink<'a> {
    batch: Vec<Incoming>,
    batches: SyncSender<Vec<Incoming>>,
    stop: &'a Stop,
    findings: Vec<Finding>,
    counts: TableCounts,
}

impl<'a> BatchSink<'a> {
    fn new(batches: SyncSender<Vec<Incoming>>, stop: &'a Stop) -> Self {
        BatchSink {
            batch: Vec::with_capacity(BATCH),
            batches,
            stop,
            findings: Vec::new(),
            counts: TableCounts::default(),
        }
    }

    fn flush(&mut self) -> Result<(), Stopped> {
        if self.batch.is_empty() {
            return Ok(());
        }
        let batch = std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH));
        self.batches.send(batch).map_err(|_| Stopped)
    }
}

impl Sink for BatchSink<'_> {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        self.batch.push(incoming);
        if self.batch.len() < BATCH {
            return Ok(());
        }
        if self.stop.requested() {
            return Err(Stopped);
        }
        self.flush()
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        self.counts.table(table).rows += rows;
    }

    fn rows_without_record(&mut self, table: &'static str, outcome: Outcome, rows: u64) {
        self.counts.table(table).add(outcome, rows);
    }
}
