//! From files to encoded tables: one thread reads, all encode, a column each.

use std::{sync::mpsc, thread};

use linkage::engine::{TableError, Tables};
use pseudonym::{ColumnEncoder, TableKeys};
use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::{
    ids::Ids,
    input::{Batch, Reader, digest, lines_of, unusable},
    plan::{Plan, PlannedColumn},
    stopped,
};
use crate::{
    exit::{Exit, Failure},
    night::stop::Stop,
    progress::Progress,
};

/// All rows, encoded.
pub struct Rows {
    /// Their ids.
    pub ids: Ids,
    /// By input and id.
    pub in_order: Vec<u32>,
    /// What linkage takes.
    pub tables: Tables,
    /// Of each input and planned column, how much is missing.
    pub gaps: Vec<Vec<Gaps>>,
}

/// How much is missing from a column of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Cells with nothing in them.
    pub blank: u64,
    /// Cells with something that cannot be read, such as a date in an unknown form.
    pub unreadable: u64,
}

/// Reads the files of a plan.
///
/// # Errors
/// Exit code 65 for a file that cannot be used, 75 where it was stopped.
pub fn read(plan: &Plan, stop: &Stop) -> Result<Rows, Failure> {
    let keys = keys(plan)?;
    let mut columns = plan
        .columns
        .iter()
        .enumerate()
        .map(|(position, column)| Encoding::new(&keys, plan, position, column))
        .collect::<Result<Vec<_>, _>>()?;
    let mut ids = Ids::default();
    for position in 0..plan.inputs.len() {
        ids.begin_input();
        columns.iter_mut().for_each(Encoding::begin_input);
        read_input(plan, position, &mut ids, &mut columns, stop)?;
    }
    let in_order = ids.in_order();
    refuse_repeated(plan, &ids, &in_order)?;

    let mut gaps = vec![Vec::new(); plan.inputs.len()];
    let mut encoded = Vec::new();
    for column in columns {
        for (of_input, of_column) in gaps.iter_mut().zip(column.gaps) {
            of_input.push(of_column);
        }
        encoded.push(column.encoder.finish());
    }
    let same_as = plan.columns.iter().map(|column| column.same_as).collect();
    let tables = Tables::new(encoded, same_as, ids.rows(), ids.names()).map_err(|error| too_much(&error))?;
    Ok(Rows {
        ids,
        in_order,
        tables,
        gaps,
    })
}

/// Keys that nobody has to keep: the same rows have the same ones.
fn keys(plan: &Plan) -> Result<TableKeys, Failure> {
    let digests: Vec<[u8; 32]> = plan
        .inputs
        .par_iter()
        .map(|input| digest(&input.path))
        .collect::<Result<_, _>>()?;
    let mut secret = Sha256::new();
    secret.update(b"sendlink link, key of tables, 1");
    for digest in digests {
        secret.update(digest);
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(&secret.finalize());
    Ok(TableKeys::new(&bytes))
}

/// A column on its way.
struct Encoding {
    encoder: ColumnEncoder,
    gaps: Vec<Gaps>,
}

impl Encoding {
    fn new(keys: &TableKeys, plan: &Plan, position: usize, column: &PlannedColumn) -> Result<Self, Failure> {
        let encoder = ColumnEncoder::new(keys, &column.name, column.kind, &domain(plan, position))
            .map_err(|error| Failure::new(Exit::Bug, error))?;
        Ok(Encoding {
            encoder,
            gaps: Vec::new(),
        })
    }

    fn begin_input(&mut self) {
        self.gaps.push(Gaps::default());
    }

    fn take<'b>(&mut self, cells: impl Iterator<Item = &'b str>) -> Result<(), TableError> {
        let unreadable = self.encoder.unreadable();
        let mut blank = 0;
        for cell in cells {
            blank += u64::from(cell.is_empty());
            self.encoder.push(cell)?;
        }
        if let Some(gaps) = self.gaps.last_mut() {
            gaps.blank += blank;
            gaps.unreadable += self.encoder.unreadable() - unreadable;
        }
        Ok(())
    }
}

/// What a column shares its keys with: the first of those whose values may be exchanged.
fn domain(plan: &Plan, position: usize) -> String {
    let mut group = vec![position];
    let mut seen = 0;
    while let Some(member) = group.get(seen).copied() {
        seen += 1;
        for (other, column) in plan.columns.iter().enumerate() {
            let joined = column.same_as == Some(member)
                || plan.columns.get(member).and_then(|column| column.same_as) == Some(other);
            if joined && !group.contains(&other) {
                group.push(other);
            }
        }
    }
    let first = group.into_iter().min().unwrap_or(position);
    plan.columns
        .get(first)
        .map(|column| column.name.clone())
        .unwrap_or_default()
}

fn read_input(
    plan: &Plan,
    position: usize,
    ids: &mut Ids,
    columns: &mut [Encoding],
    stop: &Stop,
) -> Result<(), Failure> {
    let Some(input) = plan.inputs.get(position) else {
        return Ok(());
    };
    let mut reader = Reader::open(input, position, &plan.columns)?;
    let bytes = std::fs::metadata(&input.path).ok().map(|seen| seen.len());
    let progress = Progress::start(format!("reading {}", input.name), bytes);
    // A few batches ahead keep both sides busy, and bound what waits.
    let (sender, receiver) = mpsc::sync_channel::<Batch>(4);
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            while let Some(batch) = reader.batch()? {
                if sender.send(batch).is_err() {
                    // Nobody wants more: the other side says why.
                    break;
                }
                progress.reach(reader.bytes());
            }
            Ok(())
        });
        let mut encoded = Ok(());
        for batch in &receiver {
            if stop.requested() {
                encoded = Err(stopped());
                break;
            }
            batch.ids().for_each(|id| ids.push(id));
            let taken = columns
                .par_iter_mut()
                .enumerate()
                .try_for_each(|(column, encoding)| encoding.take(batch.column(column)));
            if let Err(error) = taken {
                encoded = Err(too_much(&error));
                break;
            }
        }
        drop(receiver);
        let read = reading
            .join()
            .unwrap_or_else(|_| Err(Failure::new(Exit::Bug, "the reader of a file has failed")));
        encoded.and(read)
    })
}

fn refuse_repeated(plan: &Plan, ids: &Ids, in_order: &[u32]) -> Result<(), Failure> {
    let Some((later, earlier, count)) = ids.repeated(in_order) else {
        return Ok(());
    };
    let position = ids.input(later);
    let (Some(input), before) = (
        plan.inputs.get(position),
        ids.rows().iter().take(position).sum::<usize>(),
    ) else {
        return Ok(());
    };
    let lines = lines_of(&input.path, [later - before, earlier - before]);
    let [Some(line), Some(first)] = lines else {
        return Err(unusable(&input.path, "an id stands in two rows"));
    };
    let more = match count {
        1 => String::new(),
        count => format!("; {count} rows repeat an id"),
    };
    Err(unusable(
        &input.path,
        format!("line {line}: the id is that of line {first} too{more}. Every row needs an id of its own"),
    ))
}

fn too_much(error: &TableError) -> Failure {
    Failure::new(Exit::NoInput, error)
}
