//! What every connector promises, checked on any delivery: call it from a connector's own tests.

use std::collections::BTreeMap;

use records::{Finding, Location, Outcome, State, finding::Effect};

use crate::connector::{Connector, Delivery, Incoming, ReadError, Reading, Sink, SnapshotScope, Stopped};

/// The promises that a connector breaks on this delivery, as sentences; none where it keeps them all. `marks` are
/// texts of the delivery that no finding may show: names, numbers, unknown headers.
///
/// - The delivery read twice says the same.
/// - The rows of each table are those of its records and those that became none.
/// - Rows that are kept out have a finding that says so, and a refused delivery one that refuses it.
/// - A finding says what is wrong and how to mend it, names a file, and shows no value.
/// - Records are of the connector's kind, and their tables are declared.
/// - A sink that stops is obeyed.
///
/// # Errors
/// [`ReadError::Io`] and [`ReadError::Mapping`]: the delivery could not be read at all.
pub fn broken_promises(
    connector: &dyn Connector,
    delivery: &Delivery,
    reading: &Reading<'_>,
    marks: &[&str],
) -> Result<Vec<String>, ReadError> {
    let mut broken = Vec::new();
    let first = read(connector, delivery, reading)?;
    let second = read(connector, delivery, reading)?;
    if first.summary() != second.summary() {
        broken.push("the same delivery read twice says two things".to_owned());
    }
    if first.scopes.is_none() {
        if !first
            .findings
            .iter()
            .any(|finding| finding.effect == Effect::RefusedDelivery)
        {
            broken.push("a refused delivery has no finding that refuses it".to_owned());
        }
    } else {
        first.check_counts(&mut broken);
        check_stop(connector, delivery, reading, first.records.len(), &mut broken)?;
    }
    first.check_findings(marks, &mut broken);
    for incoming in &first.records {
        if let State::Current(payload) = &incoming.record.state
            && payload.kind() != connector.kind()
        {
            broken.push("a record is of another kind".to_owned());
        }
    }
    let declared = |name: &str| connector.tables().iter().any(|table| table.name == name);
    for table in first.rows.keys().filter(|name| !declared(name)) {
        broken.push(format!("the table {table} is counted but not declared"));
    }
    Ok(broken)
}

/// What a connector handed on.
#[derive(Default)]
struct Read {
    records: Vec<Incoming>,
    findings: Vec<Finding>,
    /// Rows read, by table.
    rows: BTreeMap<&'static str, u64>,
    /// Rows that became no record, by table and outcome.
    without_record: BTreeMap<(&'static str, Outcome), u64>,
    /// None where the delivery was refused.
    scopes: Option<Vec<SnapshotScope>>,
    /// Records that are still wanted.
    wanted: Option<usize>,
}

impl Read {
    /// Everything that was read, as text that two readings can be compared by.
    fn summary(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{:?} {:?} {:?}",
            self.rows, self.without_record, self.scopes
        )];
        lines.extend(self.findings.iter().map(|finding| format!("{finding:?}")));
        for incoming in &self.records {
            let Incoming {
                key,
                location,
                record,
                rows,
                ..
            } = incoming;
            lines.push(format!("{:?} {location:?} {record:?} {rows:?}", key.as_bytes()));
        }
        lines
    }

    fn check_counts(&self, broken: &mut Vec<String>) {
        let mut accounted: BTreeMap<&'static str, u64> = BTreeMap::new();
        for (table, rows) in self.records.iter().flat_map(|incoming| &incoming.rows) {
            *accounted.entry(table).or_default() += rows;
        }
        for ((table, _), rows) in &self.without_record {
            *accounted.entry(table).or_default() += rows;
        }
        accounted.retain(|_, rows| *rows > 0);
        let mut read = self.rows.clone();
        read.retain(|_, rows| *rows > 0);
        if accounted != read {
            broken.push(format!(
                "rows do not add up: read {read:?}, accounted for {accounted:?}"
            ));
        }
        let kept_out: u64 = self
            .without_record
            .iter()
            .filter(|((_, outcome), _)| *outcome == Outcome::Quarantined)
            .map(|(_, rows)| rows)
            .sum();
        if kept_out > 0
            && !self
                .findings
                .iter()
                .any(|finding| finding.effect == Effect::QuarantinedRow)
        {
            broken.push("rows are kept out and no finding says why".to_owned());
        }
    }

    fn check_findings(&self, marks: &[&str], broken: &mut Vec<String>) {
        for Finding {
            rule, location, rows, ..
        } in &self.findings
        {
            if rule.id.is_empty()
                || rule.wrong.is_empty()
                || rule.remedy.is_empty()
                || rule.wrong.ends_with('.')
            {
                broken.push(format!(
                    "the rule {} does not say what is wrong or how to mend it",
                    rule.id
                ));
            }
            if location.file.is_empty() || *rows == 0 {
                broken.push(format!("a finding of rule {} names no file or no row", rule.id));
            }
            let Location {
                file, sheet, header, ..
            } = location;
            for shown in [Some(file), sheet.as_ref(), header.as_ref()]
                .into_iter()
                .flatten()
            {
                if marks.iter().any(|mark| shown.contains(mark)) {
                    broken.push(format!("a finding of rule {} shows a value", rule.id));
                }
            }
        }
    }
}

/// Whether a sink that wants one record less than there are is obeyed.
fn check_stop(
    connector: &dyn Connector,
    delivery: &Delivery,
    reading: &Reading<'_>,
    records: usize,
    broken: &mut Vec<String>,
) -> Result<(), ReadError> {
    let Some(wanted) = records.checked_sub(1) else {
        return Ok(());
    };
    let mut sink = Read {
        wanted: Some(wanted),
        ..Read::default()
    };
    match connector.read(delivery, reading, &mut sink) {
        Err(ReadError::Stopped(_)) if sink.records.len() == wanted => Ok(()),
        Err(error @ (ReadError::Io { .. } | ReadError::Mapping(_))) => Err(error),
        _ => {
            broken.push("a sink that wants no more is not obeyed".to_owned());
            Ok(())
        }
    }
}

fn read(connector: &dyn Connector, delivery: &Delivery, reading: &Reading<'_>) -> Result<Read, ReadError> {
    let mut sink = Read::default();
    match connector.read(delivery, reading, &mut sink) {
        Ok(scopes) => sink.scopes = Some(scopes),
        Err(ReadError::Refused(_)) => {}
        Err(error) => return Err(error),
    }
    Ok(sink)
}

impl Sink for Read {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        if self.wanted.is_some_and(|wanted| self.records.len() >= wanted) {
            return Err(Stopped);
        }
        self.records.push(incoming);
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        *self.rows.entry(table).or_default() += rows;
    }

    fn rows_without_record(&mut self, table: &'static str, outcome: Outcome, rows: u64) {
        *self.without_record.entry((table, outcome)).or_default() += rows;
    }
}
