//! One person a cluster, and what each kind of source says of it: the rows that the engine compares.
//!
//! Comparing persons instead of records costs a tenth of the pairs (a pupil has a dozen census records), and finds a
//! child by a name or an address that it once had.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::{
    LinkError, NameEncoding, PersonEncoding, Weight,
    clusters::Clusters,
    engine::{self, Column, Known, RowPair, Tables, Value, ValueId, mix},
    entry::Watch,
    faces::{self, COLUMNS, SAME_AS},
    population::Population,
    weighing::{UNSEEN, Weighed},
};

/// Different rows kept of one person and one kind of source. A child has few names and moves a few times; more than
/// this is a cluster gone wrong, and would cost the square.
const MOST_ROWS: usize = 8;
/// Fewer persons than this teach nothing.
const FEWEST_PERSONS: usize = 1_000;

/// The persons, in the order of their smallest record, and their rows.
pub(crate) struct Persons {
    /// The smallest record of each.
    pub(crate) first_record: Vec<u32>,
    tables: Tables,
    pub(crate) rows: Rows,
}

/// Of each row what is known of it.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) persons: Vec<u32>,
    /// A record that says what the row says.
    pub(crate) records: Vec<u32>,
    kinds: Vec<u8>,
    groups: Vec<u32>,
}

/// The values of one row, by column.
type Cells = [Option<ValueId>; COLUMNS.len()];

/// One row while it is gathered.
#[derive(Clone, Copy)]
struct Gathered {
    kind: u8,
    cells: Cells,
    record: u32,
}

impl Persons {
    /// Gathers the persons of all clusters, leaving out isolated records and those without a name, for which weights
    /// are not made: twins would agree in all that remains.
    ///
    /// # Errors
    ///
    /// When there are more values than 32 bits count.
    pub(crate) fn gather(population: &Population<'_>, clusters: &Clusters<'_>) -> Result<Self, LinkError> {
        let mut makers = COLUMNS.map(|(name, kind)| Maker::new(Column::new(name, kind)));
        let (mut first_record, mut of_rows, mut names) = (Vec::new(), Rows::default(), Vec::new());
        let mut seen = vec![false; population.len()];
        let (mut members, mut rows) = (Vec::new(), Vec::new());
        for at in (0_u32..).take(population.len()) {
            let root = clusters.root(at) as usize;
            let Some(seen) = seen.get_mut(root) else { continue };
            if std::mem::replace(seen, true) || population.isolated(at) {
                continue;
            }
            members.clear();
            members.extend_from_slice(clusters.members(at));
            members.sort_unstable();
            if rows_of(population, &members, &mut makers, &mut rows)? {
                let person = first_record.len() as u32;
                first_record.push(at);
                of_rows.push(person, &rows, &mut makers);
                // Part of a keyed hash: a number of its own that no order of records changes.
                let record = population
                    .record(at)
                    .map_or(0, |record| u128::from_le_bytes(record.0) as u64);
                names.extend((0_u64..).take(rows.len()).map(|number| mix(record ^ number)));
            }
        }
        let columns = makers.map(|maker| maker.column).into();
        let tables =
            Tables::new(columns, SAME_AS.to_vec(), &[names.len()], names).map_err(|_| LinkError::TooMany)?;
        Ok(Persons {
            first_record,
            tables,
            rows: of_rows,
        })
    }

    pub(crate) fn len(&self) -> usize {
        self.first_record.len()
    }

    /// Weighs the pairs of persons that may be one: each by the rows of theirs that agree best.
    ///
    /// # Errors
    ///
    /// When the watcher stops it.
    pub(crate) fn weigh(
        &self,
        below: Weight,
        watch: &dyn Watch,
    ) -> Result<(Vec<Weighed>, engine::Weighed<'_>), LinkError> {
        let assumed = (self.len() < FEWEST_PERSONS).then(faces::assumed);
        let known = Known {
            groups: &self.rows.groups,
            persons: &self.rows.persons,
            kinds: &self.rows.kinds,
        };
        let weighed = engine::weigh(&self.tables, &known, assumed, watch)?;
        Ok((best(&self.rows.persons, &weighed.pairs, below), weighed))
    }

    /// The kind of source of a row.
    pub(crate) fn kind(&self, row: u32) -> u8 {
        self.rows.kinds.get(row as usize).copied().unwrap_or_default()
    }
}

impl Rows {
    fn push(&mut self, person: u32, rows: &[Gathered], makers: &mut [Maker]) {
        let mut group = self.groups.last().map_or(0, |group| group + 1);
        let mut kind_before = None;
        for row in rows {
            if kind_before
                .replace(row.kind)
                .is_some_and(|before| before != row.kind)
            {
                group += 1;
            }
            self.persons.push(person);
            self.records.push(row.record);
            self.kinds.push(row.kind);
            self.groups.push(group);
            for (maker, cell) in makers.iter_mut().zip(row.cells) {
                maker.column.push(cell);
            }
        }
    }
}

/// The different rows of a person, by kind; false where no record of it has a name. A record without a name (of a
/// table set that carries none) is completed from the first that has one, and then counts as of its kind: what was
/// copied says nothing of how often two kinds agree.
fn rows_of(
    population: &Population<'_>,
    members: &[u32],
    makers: &mut [Maker; COLUMNS.len()],
    rows: &mut Vec<Gathered>,
) -> Result<bool, LinkError> {
    rows.clear();
    let record = |at: u32| {
        Some((
            at,
            population.entries.get(at as usize)?.kind,
            population.person(at)?,
        ))
    };
    let has_name = |person: &PersonEncoding| !person.forenames.is_empty() || !person.surnames.is_empty();
    let named = members
        .iter()
        .filter_map(|at| record(*at))
        .find(|(_, _, person)| has_name(person));
    let Some((_, kind_of_named, named)) = named else {
        return Ok(false);
    };
    for (record, kind, person) in members.iter().filter_map(|at| record(*at)) {
        let (kind, of_names) = if has_name(person) {
            (kind, person)
        } else {
            (kind_of_named, named)
        };
        let [forename, surname, birth, postcode, sex] = &mut *makers;
        let cells = [
            forename.names(&of_names.forenames)?,
            surname.names(&of_names.surnames)?,
            birth.one(person.birth.as_ref().map(faces::date))?,
            match person.postcodes.as_slice() {
                [] => None,
                [latest, others @ ..] => {
                    postcode.cell(faces::postcode(latest), others.iter().map(faces::postcode))?
                }
            },
            sex.one(person.sex.map(faces::sex))?,
        ];
        let of_kind = || rows.iter().filter(|row| row.kind == kind);
        if of_kind().all(|row| row.cells != cells) && of_kind().count() < MOST_ROWS {
            rows.push(Gathered { kind, cells, record });
        }
    }
    rows.sort_by_key(|row| row.kind);
    Ok(true)
}

/// A column while its values are gathered: each combination of a value and others beside it once.
struct Maker {
    column: Column,
    known: HashMap<u64, ValueId, FixedState>,
}

impl Maker {
    fn new(column: Column) -> Self {
        Maker {
            column,
            known: HashMap::default(),
        }
    }

    fn names(&mut self, names: &[NameEncoding]) -> Result<Option<ValueId>, LinkError> {
        match names {
            [] => Ok(None),
            [first, others @ ..] => self.cell(faces::name(first), others.iter().map(faces::name)),
        }
    }

    fn one(&mut self, value: Option<Value>) -> Result<Option<ValueId>, LinkError> {
        match value {
            None => Ok(None),
            Some(value) => self.cell(value, std::iter::empty()),
        }
    }

    fn cell(
        &mut self,
        value: Value,
        others: impl Iterator<Item = Value> + Clone,
    ) -> Result<Option<ValueId>, LinkError> {
        let key = others
            .clone()
            .fold(mix(value.whole), |key, other| mix(key ^ other.whole));
        if let Some(known) = self.known.get(&key) {
            return Ok(Some(*known));
        }
        let mut beside = Vec::new();
        for other in others {
            beside.extend(self.one(Some(other))?);
        }
        let added = self
            .column
            .add_value(value, &beside)
            .map_err(|_| LinkError::TooMany)?;
        self.known.insert(key, added);
        Ok(Some(added))
    }
}

/// The best weight of each two persons, from that of a pair never weighed; none whose birth dates conflict reaches
/// acceptance: chance agreement of everything else is rare, but so is a child with no part of its birth date right.
fn best(persons: &[u32], pairs: &[RowPair], below_acceptance: Weight) -> Vec<Weighed> {
    let person = |row: u32| persons.get(row as usize).copied().unwrap_or_default();
    let mut weighed: Vec<Weighed> = pairs
        .iter()
        .map(|pair| {
            let (a, b) = (person(pair.left), person(pair.right));
            let weight = if faces::birth_dates_conflict(pair.pattern) {
                pair.weight.min(below_acceptance)
            } else {
                pair.weight
            };
            Weighed {
                left: a.min(b),
                right: a.max(b),
                weight,
            }
        })
        .filter(|pair| pair.weight >= UNSEEN)
        .collect();
    weighed.sort_unstable_by_key(|pair| (pair.left, pair.right, std::cmp::Reverse(pair.weight)));
    weighed.dedup_by_key(|pair| (pair.left, pair.right));
    weighed
}
