//! Reading a delivery as the night does, and writing down in lines what came of it.

use identity::TestNumbers;
use jiff::civil::{Date, date};
use kit::{Connector, Delivery, Incoming, Layout, ReadError, Reading, Sink, Stopped};
use records::{Finding, Kind, Outcome as RowOutcome, TableCounts, finding::Effect, record::State};

/// The day on which the tests' deliveries are read.
pub const AS_AT: Date = date(2026, 6, 30);

/// What came of a delivery.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Whether it was refused; what loaded before is then of no account.
    pub refused: bool,
    /// The records, each by its sender's reference, else its UPN, else forename and surname.
    pub loaded: Vec<String>,
    /// The findings in lines, sorted.
    pub findings: Vec<String>,
    /// What became of the rows.
    pub counts: TableCounts,
}

/// The connector of a kind.
pub fn connector(kind: Kind) -> &'static dyn Connector {
    match kind {
        Kind::Pregnancy => &pregnancy::Pregnancy,
        Kind::Section23 => &section23::Section23,
        Kind::TwoYearReview => &two_year_review::TwoYearReview,
        Kind::SchoolCensus => &school_census::SchoolCensus,
    }
}

/// Reads a delivery. Panics where the landing folder or a mapping fails, which no file can make it do.
pub fn read(delivery: &Delivery, layout: &Layout, provider: &str, live: bool) -> Outcome {
    let reading = Reading {
        layout,
        provider,
        as_at: AS_AT,
        test_numbers: if live {
            TestNumbers::Refused
        } else {
            TestNumbers::Allowed
        },
    };
    let mut kept = Kept::default();
    let read = connector(layout.kind).read(delivery, &reading, &mut kept);
    let refused = match read {
        Ok(_) => false,
        Err(ReadError::Refused(finding)) => {
            assert!(kept.findings.contains(&finding), "a refusal without its finding");
            true
        }
        Err(error) => panic!("{error}"),
    };
    let mut findings: Vec<String> = kept.findings.iter().map(line_of).collect();
    findings.sort();
    let refusing = kept
        .findings
        .iter()
        .filter(|finding| finding.effect == Effect::RefusedDelivery);
    assert_eq!(
        refused,
        refusing.count() > 0,
        "what refuses a delivery refuses it: {findings:#?}"
    );
    Outcome {
        refused,
        loaded: if refused { Vec::new() } else { kept.loaded },
        findings,
        counts: kept.counts,
    }
}

/// A finding in one line: where, which rule, what it costs, and for how many rows.
pub fn line_of(finding: &Finding) -> String {
    let place = &finding.location;
    line(
        &place.file,
        place.sheet.as_deref(),
        place.line,
        place.column_letter().as_deref(),
        place.header.as_deref(),
        finding.rule.id,
        finding.effect.as_str(),
        finding.rows,
    )
}

#[expect(clippy::too_many_arguments, reason = "the parts of a finding")]
pub(super) fn line(
    file: &str,
    sheet: Option<&str>,
    line: Option<u64>,
    column: Option<&str>,
    header: Option<&str>,
    rule: &str,
    effect: &str,
    rows: u64,
) -> String {
    let line = line.map_or_else(|| "-".to_owned(), |line| line.to_string());
    format!(
        "{file} sheet {} line {line} column {} header {}: {rule} {effect} x{rows}",
        sheet.unwrap_or("-"),
        column.unwrap_or("-"),
        header.unwrap_or("-"),
    )
}

#[derive(Default)]
struct Kept {
    loaded: Vec<String>,
    findings: Vec<Finding>,
    counts: TableCounts,
}

impl Sink for Kept {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        for (table, rows) in &incoming.rows {
            self.counts.table(table).add(RowOutcome::Loaded, *rows);
        }
        self.loaded.push(name_of(&incoming));
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        self.counts.table(table).rows += rows;
    }

    fn rows_without_record(&mut self, table: &'static str, outcome: RowOutcome, rows: u64) {
        self.counts.table(table).add(outcome, rows);
    }
}

fn name_of(incoming: &Incoming) -> String {
    let name = match (&incoming.reference, &incoming.people.child) {
        (Some(reference), _) => reference.expose().to_owned(),
        (None, Some(child)) => match child.upn.valid() {
            Some(upn) => upn.expose().to_owned(),
            None => {
                let name = |name: &identity::Held<identity::Name>| {
                    name.valid().map_or("?", identity::Name::expose).to_owned()
                };
                format!("{} {}", name(&child.forename), name(&child.surname))
            }
        },
        (None, None) => "nobody".to_owned(),
    };
    match incoming.record.state {
        State::Current(_) => name,
        State::Withdrawn => format!("{name} withdrawn"),
    }
}
