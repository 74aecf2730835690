//! The COLLECT Blade export: a set of CSV tables joined by keys.
//!
//! A delivery holds one set or several (LA-maintained, academies; one census or more), told apart by the names of
//! its files where all of them say so. Within a set the small tables come first: returns, then what belongs to
//! pupils (needs, addresses, free school meals), held in memory by the pupil's key. Then the tables of pupils are
//! streamed, each row taking what belongs to it. What is left over belongs to nobody: its pupil's row was lost or
//! never sent.

use std::collections::{BTreeMap, BTreeSet};

use kit::{
    Delivery, ReadError, Reading, Sink, SnapshotScope, Values, Verdict,
    layout::{Column, TableLayout, fold_code},
    report::{about_table, at, refuse},
    table_set::{self, Held, HeldRow, OpenTable, Seen, TableFile},
};
use records::{Census, Location, Outcome, Version, finding::Effect};

use crate::{
    children::{self, Children},
    header::{self, Return},
    names::{NameFacts, Set},
    pupil::{self, Lists, Surroundings},
    rules,
    tables::{ADDRESSES, MEALS, NEEDS, OFF_ROLL, ON_ROLL, RETURNS, TABLES},
};

mod files;
mod rows;

use files::SetFile;

/// Reads a delivery of table sets.
pub(crate) fn read(
    delivery: &Delivery,
    reading: &Reading<'_>,
    sink: &mut dyn Sink,
) -> Result<Vec<SnapshotScope>, ReadError> {
    let lists = Lists::load()?;
    let files = files::recognise(delivery, reading, sink)?;
    let mut scopes = BTreeMap::new();
    for files in files::sets(files) {
        let facts = NameFacts::common(files.iter().map(|file| &file.facts));
        let set = TableSet {
            reading,
            lists: &lists,
            facts,
            files,
            censuses: BTreeSet::new(),
        };
        set.read(&mut scopes, sink)?;
    }
    Ok(scopes
        .into_iter()
        .map(|(scope, version)| SnapshotScope { scope, version })
        .collect())
}

/// One table set.
struct TableSet<'a> {
    reading: &'a Reading<'a>,
    lists: &'a Lists,
    /// What the names of all its files say.
    facts: NameFacts,
    files: Vec<SetFile<'a>>,
    /// The censuses of its returns: nearly always one.
    censuses: BTreeSet<Census>,
}

/// A return and where it stands.
struct Sent {
    header: Return,
    /// What it is part of a snapshot of.
    scope: String,
    location: Location,
    has_pupils: bool,
}

/// What belongs to the pupils of one table, by the pupil's key.
struct Belongings {
    needs: Option<Held<children::Need>>,
    addresses: Vec<Held<children::Address>>,
    meals: Vec<Held<children::Meals>>,
}

impl<'a> TableSet<'a> {
    fn read(mut self, scopes: &mut BTreeMap<String, Version>, sink: &mut dyn Sink) -> Result<(), ReadError> {
        self.require(RETURNS, sink)?;
        let mut returns = self.read_returns(sink)?;
        self.censuses = returns.values().map(|sent| sent.header.census).collect();
        self.check_completeness(sink)?;
        self.pass_over_tables_that_are_not_read(sink)?;

        let mut upns = Seen::default();
        for name in [ON_ROLL, OFF_ROLL] {
            let mut belongings = self.read_belongings(name, sink)?;
            self.read_pupils(name, &mut returns, &mut belongings, &mut upns, sink)?;
            belongings.report_orphans(sink)?;
        }
        for sent in returns.values() {
            if !sent.has_pupils {
                sink.finding(at(&rules::NO_PUPILS, Effect::Accepted, sent.location.clone()));
            }
            let version = sent.header.version(true);
            let latest = scopes.entry(sent.scope.clone()).or_insert(version);
            *latest = version.max(*latest);
        }
        Ok(())
    }

    /// What a return is part of a snapshot of: its set, where the files say which, else its school.
    fn scope(&self, header: &Return) -> String {
        self.facts
            .set
            .map_or_else(|| header.scope(), |set: Set| set.scope(header.census))
    }

    fn files_of(&self, name: &str) -> impl Iterator<Item = &SetFile<'a>> {
        self.files.iter().filter(move |file| file.of.table.name == name)
    }

    fn layout_of(&self, name: &str) -> Option<&'a TableLayout> {
        self.reading.layout.tables.get(name)
    }

    /// Whether a table is part of any census of this set.
    fn in_force(&self, layout: &TableLayout) -> bool {
        self.censuses.iter().any(|census| layout.census.contains(*census))
    }

    fn require(&self, name: &'static str, sink: &mut dyn Sink) -> Result<(), ReadError> {
        if self.files_of(name).next().is_some() {
            return Ok(());
        }
        Err(refuse(
            about_table(&kit::rules::MISSING_TABLE, Effect::RefusedDelivery, name),
            sink,
        ))
    }

    /// Every table that the layout requires in this census must be there. Another that would be read is missed
    /// aloud: what it says is then unknown, not "no".
    fn check_completeness(&self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        for table in TABLES {
            let Some(layout) = self.layout_of(table.name).filter(|layout| self.in_force(layout)) else {
                continue;
            };
            if layout.required {
                self.require(table.name, sink)?;
            } else if !layout.columns.is_empty() && self.files_of(table.name).next().is_none() {
                sink.finding(about_table(
                    &kit::rules::EXPECTED_TABLE,
                    Effect::Accepted,
                    table.name,
                ));
            }
        }
        Ok(())
    }

    fn read_returns(&self, sink: &mut dyn Sink) -> Result<BTreeMap<String, Sent>, ReadError> {
        let mut returns: BTreeMap<String, Sent> = BTreeMap::new();
        for file in self.files_of(RETURNS) {
            self.each_row(file, sink, |mut values, sink| {
                let header = header::read(&mut values, self.reading, &self.facts);
                let key = values.raw("row_id").unwrap_or_default().into_owned();
                if returns.contains_key(&key) {
                    values.note("row_id", &kit::rules::DOUBLE_KEY, Effect::Accepted);
                }
                let location = values.location();
                let kept = values.finish(sink)? == Verdict::Keep;
                let outcome = if kept {
                    Outcome::OutOfScope
                } else {
                    Outcome::Quarantined
                };
                sink.rows_without_record(RETURNS, outcome, 1);
                if let Some(header) = header.filter(|_| kept) {
                    let sent = Sent {
                        scope: self.scope(&header),
                        header,
                        location,
                        has_pupils: false,
                    };
                    match returns.get_mut(&key) {
                        // Of two with one key the later is taken, in whichever order they stand.
                        Some(other) if other.header.order() >= sent.header.order() => {}
                        _ => drop(returns.insert(key, sent)),
                    }
                }
                Ok(())
            })?;
        }
        if returns.is_empty() {
            return Err(refuse(
                about_table(&rules::NO_READABLE_RETURN, Effect::RefusedDelivery, RETURNS),
                sink,
            ));
        }
        Ok(returns)
    }

    /// Counts the rows of tables that are of no use, and of tables that are not part of the census.
    fn pass_over_tables_that_are_not_read(&self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        for SetFile { of: file, .. } in &self.files {
            let in_force = self.in_force(file.layout);
            if !in_force {
                let location = Location {
                    file: file.file.label.clone(),
                    ..Location::default()
                };
                sink.finding(at(&rules::TABLE_OUT_OF_TERM, Effect::Accepted, location));
            }
            if !in_force || file.table.fields.is_empty() {
                file.pass_over(self.reading, sink)?;
            }
        }
        Ok(())
    }

    /// Reads what belongs to the pupils of the table `pupils`.
    fn read_belongings(&self, pupils: &str, sink: &mut dyn Sink) -> Result<Belongings, ReadError> {
        let latest = self.censuses.last().copied();
        let needs = match pupils {
            ON_ROLL => self.hold(NEEDS, sink, |values| {
                children::need(values, &self.lists.need, latest)
            })?,
            _ => None,
        };
        let [addresses, addresses_on_roll, addresses_off_roll] = ADDRESSES;
        let tables = if pupils == ON_ROLL {
            vec![addresses, addresses_on_roll]
        } else {
            vec![addresses_off_roll]
        };
        let mut belongings = Belongings {
            needs,
            addresses: Vec::new(),
            meals: Vec::new(),
        };
        for name in tables {
            let held = self.hold(name, sink, |values| Some(children::address(values)))?;
            belongings.addresses.extend(held);
        }
        if pupils == ON_ROLL {
            for name in MEALS {
                belongings.meals.extend(self.hold(name, sink, children::meals)?);
            }
        }
        Ok(belongings)
    }

    /// Holds a table by the pupil that each row belongs to; none where the table is not there.
    fn hold<T>(
        &self,
        name: &'static str,
        sink: &mut dyn Sink,
        mut parse: impl FnMut(&mut Values<'_>) -> Option<T>,
    ) -> Result<Option<Held<T>>, ReadError> {
        if !self.layout_of(name).is_some_and(|layout| self.in_force(layout)) {
            return Ok(None);
        }
        let mut held = Held::new(name, "pupil_id");
        let mut ids = Seen::default();
        for file in self.files_of(name) {
            let (table, in_force) = self.open(file, sink)?;
            table.hold(in_force.columns(), self.reading, &mut held, sink, |values| {
                report_double_id(values, &mut ids);
                parse(values)
            })?;
        }
        Ok((!held.is_without_files()).then_some(held))
    }

    fn read_pupils(
        &self,
        name: &'static str,
        returns: &mut BTreeMap<String, Sent>,
        belongings: &mut Belongings,
        upns: &mut Seen,
        sink: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        if !self.layout_of(name).is_some_and(|layout| self.in_force(layout)) {
            return Ok(());
        }
        let mut ids = Seen::default();
        for file in self.files_of(name) {
            self.each_row(file, sink, |mut values, sink| {
                report_double_id(&mut values, &mut ids);
                let id = values.raw("row_id").unwrap_or_default();
                let mut rows = vec![(name, 1)];
                let children = belongings.of(&id, &mut rows);
                let sent = values
                    .raw("return_id")
                    .and_then(|id| returns.get_mut(id.as_ref()));
                let incoming = match sent {
                    Some(sent) => {
                        sent.has_pupils = true;
                        let around = Surroundings {
                            of: &sent.header,
                            on_roll: name == ON_ROLL,
                            scope: &sent.scope,
                            lists: self.lists,
                        };
                        pupil::read(&mut values, &children, &around, upns)
                    }
                    None => {
                        values.note("return_id", &rules::NO_RETURN, Effect::QuarantinedRow);
                        None
                    }
                };
                let verdict = values.finish(sink)?;
                match incoming.filter(|_| verdict == Verdict::Keep) {
                    Some(mut incoming) => {
                        incoming.rows = rows;
                        sink.record(incoming)?;
                    }
                    None => {
                        for (table, rows) in rows {
                            sink.rows_without_record(table, Outcome::Quarantined, rows);
                        }
                    }
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl Belongings {
    /// What belongs to a pupil; the rows that it stands in are counted in `rows`, with the pupil's own.
    fn of(&mut self, pupil: &str, rows: &mut Vec<(&'static str, u64)>) -> Children<'_> {
        let mut children = Children::default();
        if let Some(needs) = &mut self.needs {
            children.needs = says(needs.take(pupil, rows)).collect();
        }
        for table in &mut self.addresses {
            let addresses = children.addresses.get_or_insert_default();
            addresses.extend(says(table.take(pupil, rows)));
        }
        for table in &mut self.meals {
            let meals = children.meals.get_or_insert_default();
            meals.extend(says(table.take(pupil, rows)));
        }
        children
    }

    fn report_orphans(self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        if let Some(needs) = self.needs {
            needs.report_orphans(sink)?;
        }
        for table in self.addresses {
            table.report_orphans(sink)?;
        }
        for table in self.meals {
            table.report_orphans(sink)?;
        }
        Ok(())
    }
}

/// What rows say whose values did not have to be left out.
fn says<T>(rows: &[HeldRow<T>]) -> impl Iterator<Item = &T> {
    rows.iter().filter_map(|row| row.says.as_ref())
}

fn report_double_id(values: &mut Values<'_>, ids: &mut Seen) {
    if let Some(id) = values.raw("row_id")
        && !ids.first(id.as_ref())
    {
        values.note("row_id", &kit::rules::DOUBLE_KEY, Effect::Accepted);
    }
}
