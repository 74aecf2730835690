//! The declared fields of a table, bound to the columns of one file.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use foldhash::fast::FixedState;
use records::{Finding, Location, Rule, finding::Effect};

use crate::{
    codes::{self, CodeList},
    connector::{ReadError, Sink},
    contract::{Contract, Mode},
    date::DateForms,
    field::{Codes, Field, FieldType, Level, Table},
    layout::{Column, Format, Layout, fold_code},
    report::refuse,
    rules,
    tabular::Row,
    values::Values,
};

/// The declared fields of a table, each with the columns that one file has for it.
pub struct Binding {
    fields: Vec<BoundField>,
    /// Looked into for every value of every row. The names are ours: nobody can choose them so that they collide.
    by_name: HashMap<&'static str, usize, FixedState>,
    pub(crate) contract: Contract,
    place: Location,
    /// Whether a finding can say which column: an XML element has none.
    has_columns: bool,
    /// For each column of the file, whether the layout knows it.
    known: Vec<bool>,
    /// Rows that have something in a column that the layout does not know, by column; without a place, by none.
    unknown: BTreeMap<Option<u32>, u64>,
}

/// One declared field in one file.
pub(crate) struct BoundField {
    pub(crate) field: &'static Field,
    /// The columns that the file has for it: the first that is not blank holds its value.
    pub(crate) columns: Vec<usize>,
    /// What the layout calls the column: what findings show.
    pub(crate) header: Option<String>,
    pub(crate) spec: Column,
    pub(crate) dates: DateForms,
    pub(crate) separator: String,
    pub(crate) list: Option<Arc<CodeList>>,
}

/// The names that the layout knows: those it reads and those it passes over. For JSON, which has no header,
/// they are the first columns.
pub fn known_names(columns: &BTreeMap<String, Column>, ignored: &[String]) -> Vec<String> {
    let mut names: Vec<String> = columns
        .values()
        .flat_map(|column| column.names.iter().cloned())
        .collect();
    names.extend(ignored.iter().cloned());
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(fold_code(name)));
    names
}

impl Binding {
    /// Binds `table` to a file with this `header`. `columns` and `ignored` are the layout's own, or those of
    /// one of its tables; `place` names file and sheet for findings. Absent and unknown columns are reported
    /// to `sink` now and by [`finish`](Self::finish).
    ///
    /// # Errors
    /// [`ReadError::Refused`] where a required field's column is missing, where a column that is read is there
    /// twice, and where the contract refuses unknown columns; [`ReadError::Mapping`] where a code list is
    /// missing from the program.
    pub fn new(
        table: &Table,
        layout: &Layout,
        (columns, ignored): (&BTreeMap<String, Column>, &[String]),
        header: &[String],
        place: Location,
        sink: &mut dyn Sink,
    ) -> Result<Self, ReadError> {
        let folded: Vec<String> = header.iter().map(|name| fold_code(name)).collect();
        let ignored: BTreeSet<String> = ignored.iter().map(|name| fold_code(name)).collect();
        let mut known: Vec<bool> = folded.iter().map(|name| ignored.contains(name)).collect();
        let mut fields = Vec::with_capacity(table.fields.len());
        // A finding on the header: the first name that the layout has for the column, and where it stands.
        let finding = |rule, effect, spec: Option<&Column>, column: Option<usize>| Finding {
            rule,
            effect,
            location: Location {
                header: spec.and_then(|spec| spec.names.first().cloned()),
                column: column.and_then(|column| u32::try_from(column).ok()),
                ..place.clone()
            },
            rows: 1,
        };
        let refused = |rule, spec, column| finding(rule, Effect::RefusedDelivery, spec, column);
        for field in table.fields {
            let Some(spec) = columns.get(field.name) else {
                continue;
            };
            let at = match columns_of(spec, &folded) {
                Ok(at) => at,
                Err(second) => {
                    return Err(refuse(
                        refused(&rules::DOUBLE_COLUMN, Some(spec), Some(second)),
                        sink,
                    ));
                }
            };
            for column in &at {
                if let Some(known) = known.get_mut(*column) {
                    *known = true;
                }
            }
            if at.is_empty() && !spec.names.is_empty() {
                if field.level == Level::Required && spec.default.is_none() {
                    return Err(refuse(refused(&rules::MISSING_COLUMN, Some(spec), None), sink));
                }
                sink.finding(finding(&rules::ABSENT_COLUMN, Effect::Accepted, Some(spec), None));
            }
            fields.push(BoundField::new(field, spec, at, &folded, layout)?);
        }
        let unnamed = |column: &usize| folded.get(*column).is_none_or(String::is_empty);
        let unknown = (0..header.len()).find(|column| known.get(*column) == Some(&false) && !unnamed(column));
        if layout.contract.unknown_column == Mode::RefuseDelivery && unknown.is_some() {
            return Err(refuse(refused(&rules::UNKNOWN_COLUMN, None, unknown), sink));
        }
        let by_name = fields
            .iter()
            .enumerate()
            .map(|(index, bound)| (bound.field.name, index))
            .collect();
        Ok(Binding {
            fields,
            by_name,
            contract: layout.contract,
            place,
            // The keys of JSON objects stand in no order.
            has_columns: layout.file.format != Format::Json,
            known,
            unknown: BTreeMap::new(),
        })
    }

    /// The same for a source whose rows are no lines of columns, such as XML: findings name the header alone.
    pub fn without_columns(self) -> Self {
        Binding {
            has_columns: false,
            ..self
        }
    }

    /// The values of one row, and whatever is wrong with them.
    pub fn values<'a>(&'a mut self, row: &'a Row) -> Values<'a> {
        let used = |column: &usize| self.known.get(*column) != Some(&true) && row.text(*column).is_some();
        let used: Vec<usize> = (0..row.len()).filter(used).collect();
        let places: BTreeSet<Option<u32>> = used.iter().map(|&column| self.shown(column)).collect();
        for place in places {
            *self.unknown.entry(place).or_default() += 1;
        }
        let unknown = used.first().copied();
        let mut values = Values::new(self, row);
        if let Some(column) = unknown {
            values.unknown_column(column);
        }
        values
    }

    /// Reports the columns that the layout does not know, once each with the rows that use them. Call when the
    /// file is read.
    pub fn finish(self, sink: &mut dyn Sink) {
        for (&column, &rows) in &self.unknown {
            sink.finding(Finding {
                rule: &rules::UNKNOWN_COLUMN,
                effect: self.contract.unknown_column.effect(),
                location: Location {
                    column,
                    ..self.place.clone()
                },
                rows,
            });
        }
    }

    /// A place in this file, with the header of its column where the layout knows it.
    pub fn location_of(&self, line: u64, column: Option<u32>) -> Location {
        let at = column.and_then(|column| usize::try_from(column).ok());
        let known = |bound: &&BoundField| at.is_some_and(|column| bound.columns.contains(&column));
        let header = self
            .fields
            .iter()
            .find(known)
            .and_then(|bound| bound.header.as_ref());
        self.location(line, at, header)
    }

    /// Where a field stands in this file, without a line.
    pub(crate) fn location_of_field(&self, name: &str) -> Location {
        let bound = self.field(name);
        Location {
            column: bound
                .and_then(|bound| bound.columns.first())
                .and_then(|&column| self.shown(column)),
            header: bound.and_then(|bound| bound.header.clone()),
            ..self.place.clone()
        }
    }

    /// Whether the layout has a column or a default for a field.
    pub fn has(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    /// A bound field.
    pub(crate) fn field(&self, name: &str) -> Option<&BoundField> {
        self.by_name.get(name).and_then(|&index| self.fields.get(index))
    }

    /// Whether the file has a column for a field.
    pub fn is_found(&self, name: &str) -> bool {
        self.field(name).is_some_and(|bound| !bound.columns.is_empty())
    }

    /// Whether the layout knows a column of the file.
    pub fn is_known(&self, column: usize) -> bool {
        self.known.get(column) == Some(&true)
    }

    /// A place in this file.
    pub(crate) fn location(&self, line: u64, column: Option<usize>, header: Option<&String>) -> Location {
        Location {
            line: Some(line),
            column: column.and_then(|column| self.shown(column)),
            header: header.cloned(),
            ..self.place.clone()
        }
    }

    /// The column as a finding shows it.
    fn shown(&self, column: usize) -> Option<u32> {
        u32::try_from(column).ok().filter(|_| self.has_columns)
    }
}

impl BoundField {
    fn new(
        field: &'static Field,
        spec: &Column,
        columns: Vec<usize>,
        folded_header: &[String],
        layout: &Layout,
    ) -> Result<Self, ReadError> {
        let list = match field.field_type {
            FieldType::Code(Codes::List(name)) | FieldType::CodeList(Codes::List(name)) => {
                Some(codes::list(name)?)
            }
            _ => None,
        };
        // Of several names the one that the file uses.
        let used = spec
            .names
            .iter()
            .find(|name| folded_header.contains(&fold_code(name)));
        Ok(BoundField {
            field,
            columns,
            header: used.or_else(|| spec.names.first()).cloned(),
            spec: spec.clone(),
            dates: layout.dates(spec).clone(),
            separator: layout.separator(spec).to_owned(),
            list,
        })
    }
}

/// The columns that a file has for a field, in the order of the layout's names; the second one of a name that
/// is there twice as the error.
fn columns_of(spec: &Column, folded_header: &[String]) -> Result<Vec<usize>, usize> {
    let mut columns = Vec::new();
    for name in &spec.names {
        let name = fold_code(name);
        let mut places = folded_header
            .iter()
            .enumerate()
            .filter(|(_, other)| **other == name);
        let Some((column, _)) = places.next() else {
            continue;
        };
        if let Some((second, _)) = places.next() {
            return Err(second);
        }
        columns.push(column);
    }
    Ok(columns)
}

/// The rule that an identifier of this type breaks when it is not valid.
pub(crate) fn identifier_rule(field_type: FieldType) -> &'static Rule {
    match field_type {
        FieldType::NhsNumber => &rules::BAD_NHS_NUMBER,
        FieldType::NhsNumberDigest => &rules::BAD_NHS_NUMBER_DIGEST,
        FieldType::Upn => &rules::BAD_UPN,
        FieldType::Uln => &rules::BAD_ULN,
        FieldType::Name => &rules::BAD_NAME,
        FieldType::Postcode => &rules::BAD_POSTCODE,
        FieldType::Date | FieldType::DateTime => &rules::BAD_DATE,
        _ => &rules::BAD_FORM,
    }
}
