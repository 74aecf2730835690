//! What a layout would read from a sample: columns, counts and findings, never a value.

use std::collections::BTreeMap;

use identity::{Name, NhsNumber, NhsNumberDigest, Postcode, TestNumbers, Uln, Upn};
use records::{Finding, Outcome};

use crate::{
    binding::{Binding, known_names},
    connector::{Connector, Delivery, Incoming, Nothing, ReadError, Reading, Sink, Stopped},
    field::{Field, FieldType, Level, Table},
    layout::Format,
    table_set,
    tabular::{Reader, Row, Step},
    values::{Parsed, Values},
};

/// What a layout would read from a sample.
#[derive(Debug, Default)]
pub struct Report {
    /// By file of the sample, except XML and FHIR, whose elements are only counted under [`rows`](Self::rows).
    pub files: Vec<FileReport>,
    /// Rows by table.
    pub rows: BTreeMap<&'static str, u64>,
    /// Records that would go on to the pseudonym stage.
    pub records: u64,
    /// Rows that would be kept out.
    pub quarantined: u64,
    /// Findings by rule: how many rows share each.
    pub findings: BTreeMap<&'static str, (Finding, u64)>,
    /// Whether the sample as a whole would be refused.
    pub refused: bool,
}

/// What a layout would read from one file.
#[derive(Debug)]
pub struct FileReport {
    /// What findings call the file.
    pub label: String,
    /// The table that its header tells it to be; none where no table of the layout is recognised.
    pub table: Option<&'static str>,
    /// Rows with any text.
    pub rows: u64,
    /// The declared fields, in order.
    pub fields: Vec<FieldReport>,
    /// Columns that are not read, from 0. Their names are not shown: a file whose header stands elsewhere than
    /// the layout says has values in its place.
    pub columns_not_read: Vec<u32>,
    /// Required fields that the layout has neither column nor default for.
    pub required_not_mapped: Vec<&'static str>,
}

/// What a layout would read into one field.
#[derive(Debug)]
pub struct FieldReport {
    /// The field.
    pub field: &'static Field,
    /// The column that it reads, as the layout names it; none where the layout has none.
    pub column: Option<String>,
    /// Whether the file has that column.
    pub found: bool,
    /// What a blank is taken for.
    pub default: Option<String>,
    /// Rows in which it is blank.
    pub blank: u64,
    /// Rows in which it can be used.
    pub valid: u64,
    /// Rows in which it cannot.
    pub bad: u64,
}

/// Reads a sample through a layout and says what came of it. `reading` is as for a delivery; its layout is the
/// one that is checked.
///
/// # Errors
/// [`ReadError`], except that a refused sample is part of the report.
pub fn mapping_check(
    connector: &dyn Connector,
    sample: &Delivery,
    reading: &Reading<'_>,
) -> Result<Report, ReadError> {
    let layout = reading.layout;
    // A sample is nobody's delivery: whoever its header names has sent it.
    let stated = match layout.file.format {
        Format::TableSet => table_set::stated_provider(connector.tables(), sample, reading),
        _ => None,
    };
    let reading = &Reading {
        provider: stated.as_deref().unwrap_or(reading.provider),
        ..*reading
    };
    let mut report = Report::default();
    if !matches!(layout.file.format, Format::Xml | Format::Fhir) {
        for file in &sample.files {
            let known = known_names(&layout.columns, &layout.ignored);
            // A file that cannot be opened refuses the sample below, with a finding that says why.
            let Ok(reader) = Reader::open(file, &layout.file, &known) else {
                continue;
            };
            report.files.push(check_file(
                connector.tables(),
                reading,
                reader,
                &file.name,
                &mut report.refused,
            )?);
        }
    }
    let mut counts = Counts { report };
    match connector.read(sample, reading, &mut counts) {
        Ok(_) => {}
        Err(ReadError::Refused(_)) => counts.report.refused = true,
        Err(error) => return Err(error),
    }
    Ok(counts.report)
}

fn check_file(
    tables: &'static [Table],
    reading: &Reading<'_>,
    mut reader: Reader,
    name: &str,
    refused: &mut bool,
) -> Result<FileReport, ReadError> {
    let layout = reading.layout;
    let label = reader.label().to_owned();
    let flat = (&layout.columns, layout.ignored.as_slice());
    let recognised = match (tables, layout.columns.is_empty()) {
        ([table, ..], false) => Some((table, flat)),
        _ => table_set::find(tables, reading, reader.header(), name)
            .map(|(table, told)| (table, (&told.columns, told.ignored.as_slice()))),
    };
    let mut file = FileReport {
        label,
        table: recognised.map(|(table, _)| table.name),
        rows: 0,
        fields: Vec::new(),
        columns_not_read: Vec::new(),
        required_not_mapped: Vec::new(),
    };
    let Some((table, columns)) = recognised else {
        return Ok(file);
    };
    let place = reader.location(None, None);
    let bound = Binding::new(table, layout, columns, reader.header(), place, &mut Nothing);
    for field in table.fields.iter().filter(|field| field.level.is_read()) {
        let spec = columns.0.get(field.name);
        if spec.is_none() && field.level == Level::Required {
            file.required_not_mapped.push(field.name);
        }
        file.fields.push(FieldReport {
            field,
            column: spec.and_then(|spec| spec.names.first().cloned()),
            found: bound.as_ref().is_ok_and(|binding| binding.is_found(field.name)),
            default: spec.and_then(|spec| spec.default.clone()),
            blank: 0,
            valid: 0,
            bad: 0,
        });
    }
    let mut binding = match bound {
        Ok(binding) => binding,
        Err(ReadError::Refused(_)) => {
            *refused = true;
            return Ok(file);
        }
        Err(error) => return Err(error),
    };
    let mut row = Row::default();
    loop {
        match reader.read(&mut row) {
            Ok(Step::Row) => {
                file.rows += 1;
                let mut values = binding.values(&row);
                for report in &mut file.fields {
                    match check(&mut values, report.field) {
                        Parsed::Blank => report.blank += 1,
                        Parsed::Value(()) => report.valid += 1,
                        Parsed::Bad => report.bad += 1,
                    }
                }
            }
            Ok(Step::Fault(_)) => file.rows += 1,
            Ok(Step::End) => break,
            Err(_) => {
                *refused = true;
                break;
            }
        }
    }
    file.columns_not_read = (0..)
        .zip(reader.header())
        .filter(|(column, name)| !name.is_empty() && !binding.is_known(*column))
        .filter_map(|(column, _)| u32::try_from(column).ok())
        .collect();
    Ok(file)
}

/// Whether a field's value can be used.
fn check(values: &mut Values<'_>, field: &Field) -> Parsed<()> {
    if values.is_blank(field.name) {
        return Parsed::Blank;
    }
    if !field.class.is_read() {
        return Parsed::Value(());
    }
    let before = values.findings();
    let held = |values: &mut Values<'_>| match field.field_type {
        FieldType::NhsNumber => values
            .identifier(field.name, |text| NhsNumber::parse(text, TestNumbers::Allowed))
            .valid()
            .is_some(),
        FieldType::NhsNumberDigest => values
            .identifier(field.name, NhsNumberDigest::parse)
            .valid()
            .is_some(),
        FieldType::Upn => values.identifier(field.name, Upn::parse).valid().is_some(),
        FieldType::Uln => values.identifier(field.name, Uln::parse).valid().is_some(),
        FieldType::Name => values.identifier(field.name, Name::parse).valid().is_some(),
        FieldType::Postcode => values.identifier(field.name, Postcode::parse).valid().is_some(),
        FieldType::Date | FieldType::DateTime => values.moment(field.name).is_some(),
        FieldType::Code(_) => values.code(field.name).is_some(),
        FieldType::CodeList(_) => !values.codes(field.name).is_empty(),
        FieldType::TextList { .. } => !values.texts(field.name).is_empty(),
        FieldType::Integer { .. } => values.integer(field.name).is_some(),
        FieldType::Flag => values.flag(field.name).is_some(),
        FieldType::Text { .. } | FieldType::OdsCode | FieldType::GssCode | FieldType::Digits { .. } => {
            values.text(field.name).is_some()
        }
    };
    match (held(values), values.findings() == before) {
        (true, true) => Parsed::Value(()),
        // A code that the layout maps to nothing.
        (false, true) => Parsed::Blank,
        (_, false) => Parsed::Bad,
    }
}

/// Counts what a connector hands on.
struct Counts {
    report: Report,
}

impl Sink for Counts {
    fn record(&mut self, _: Incoming) -> Result<(), Stopped> {
        self.report.records += 1;
        Ok(())
    }

    fn finding(&mut self, finding: Finding) {
        let rows = finding.rows;
        let (_, count) = self
            .report
            .findings
            .entry(finding.rule.id)
            .or_insert((finding, 0));
        *count += rows;
    }

    fn rows_read(&mut self, table: &'static str, rows: u64) {
        *self.report.rows.entry(table).or_default() += rows;
    }

    fn rows_without_record(&mut self, _: &'static str, outcome: Outcome, rows: u64) {
        if outcome == Outcome::Quarantined {
            self.report.quarantined += rows;
        }
    }
}
