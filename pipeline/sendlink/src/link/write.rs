//! What a linkage writes, byte for byte the same whatever the order of rows.

use std::{fmt::Write, path::Path};

use linkage::engine::{LevelModel, PairFound};
use rayon::prelude::*;
use serde::Serialize;

use super::{Linked, Written, report, splink};
use crate::{
    exit::{Exit, Failure},
    output,
};

/// Rows that are put into bytes at once.
const CHUNK: usize = 1 << 15;

/// Writes everything that has a place, and says what.
///
/// # Errors
/// Exit code 73 or 74 where a file cannot be written.
pub fn write(linked: &Linked<'_>) -> Result<Vec<Written>, Failure> {
    let outputs = &linked.plan.outputs;
    let mut written = Vec::new();
    let mut put =
        |what: &'static str, path: Option<&Path>, bytes: &dyn Fn(&Path) -> Result<Vec<u8>, Failure>| {
            let Some(path) = path else { return Ok(()) };
            output::write(path, &bytes(path)?)?;
            written.push(Written {
                what,
                path: path.to_owned(),
            });
            Ok::<(), Failure>(())
        };
    put("pairs", outputs.pairs.as_deref(), &|_| pairs(linked))?;
    put("clusters", outputs.clusters.as_deref(), &|_| clusters(linked))?;
    put("model", outputs.model.as_deref(), &|_| model(linked))?;
    put("model for Splink", outputs.splink.as_deref(), &|_| {
        splink::settings(linked)
    })?;
    let evaluation = linked.evaluation.map(|_| outputs.evaluation.as_path());
    put("evaluation", evaluation, &|_| json(&linked.evaluation))?;
    put("report", outputs.report.as_deref(), &|_| {
        Ok(report::page(linked).into_bytes())
    })?;
    Ok(written)
}

/// The accepted links, the heaviest first, then by id.
fn pairs(linked: &Linked<'_>) -> Result<Vec<u8>, Failure> {
    let ids = &linked.rows.ids;
    let places = places(&linked.rows.in_order);
    let place = |row: u32| places.get(row as usize).copied().unwrap_or_default();
    let mut links: Vec<(PairFound, u32, u32)> = linked
        .found
        .pairs
        .par_iter()
        .filter(|pair| pair.link)
        .map(|pair| {
            let (left, right) = (place(pair.left), place(pair.right));
            if left <= right {
                (*pair, left, right)
            } else {
                // Of one input either row may come first.
                let turned = PairFound {
                    left: pair.right,
                    right: pair.left,
                    ..*pair
                };
                (turned, right, left)
            }
        })
        .collect();
    links.par_sort_unstable_by_key(|(pair, left, right)| (std::cmp::Reverse(pair.weight), *left, *right));

    let columns = linked.plan.columns.len();
    let parts = links
        .par_chunks(CHUNK)
        .map(|links| {
            let mut csv = csv::Writer::from_writer(Vec::with_capacity(links.len() * 48));
            let (mut weight, mut probability, mut pattern) = (String::new(), String::new(), String::new());
            for (pair, _, _) in links {
                weight.clear();
                probability.clear();
                pattern.clear();
                // Writing to a String does not fail.
                let _ = write!(weight, "{:.3}", pair.weight.bits());
                let _ = write!(probability, "{:.6}", pair.weight.probability());
                for column in 0..columns {
                    let between = if column == 0 { "" } else { "|" };
                    let _ = write!(pattern, "{between}{}", pair.level(column));
                }
                let (left, right) = (ids.id(pair.left as usize), ids.id(pair.right as usize));
                csv.write_record([left, right, &weight, &probability, &pattern])
                    .map_err(bug)?;
            }
            csv.into_inner().map_err(bug)
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    Ok(joined("left_id,right_id,weight,probability,pattern\n", &parts))
}

/// Every row and its cluster. Clusters are numbered from 1 by their first row.
fn clusters(linked: &Linked<'_>) -> Result<Vec<u8>, Failure> {
    let (rows, found) = (linked.rows, linked.found);
    let names: Vec<&str> = linked
        .plan
        .inputs
        .iter()
        .map(|input| input.name.as_str())
        .collect();
    let mut numbers = vec![0_u32; rows.ids.total()];
    let mut next = 0;
    let mut ordered: Vec<(u32, u32, u32)> = Vec::with_capacity(rows.ids.total());
    for (place, row) in rows.in_order.iter().enumerate() {
        let first = found.clusters.get(*row as usize).copied().unwrap_or(*row);
        let Some(number) = numbers.get_mut(first as usize) else {
            continue;
        };
        if *number == 0 {
            next += 1;
            *number = next;
        }
        ordered.push((*number, place as u32, *row));
    }
    ordered.par_sort_unstable();
    let parts = ordered
        .par_chunks(CHUNK)
        .map(|rows_of_part| {
            let mut csv = csv::Writer::from_writer(Vec::with_capacity(rows_of_part.len() * 24));
            let mut number = String::new();
            for (cluster, _, row) in rows_of_part {
                number.clear();
                let _ = write!(number, "{cluster}");
                let row = *row as usize;
                let input = names.get(rows.ids.input(row)).copied().unwrap_or_default();
                csv.write_record([input, rows.ids.id(row), &number])
                    .map_err(bug)?;
            }
            csv.into_inner().map_err(bug)
        })
        .collect::<Result<Vec<_>, Failure>>()?;
    Ok(joined("input,id,cluster\n", &parts))
}

/// Where each row comes in the order of what is written.
fn places(in_order: &[u32]) -> Vec<u32> {
    let mut places = vec![0; in_order.len()];
    for (place, row) in in_order.iter().enumerate() {
        if let Some(of_row) = places.get_mut(*row as usize) {
            *of_row = place as u32;
        }
    }
    places
}

fn joined(heading: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(heading.len() + parts.iter().map(Vec::len).sum::<usize>());
    bytes.extend_from_slice(heading.as_bytes());
    parts.iter().for_each(|part| bytes.extend_from_slice(part));
    bytes
}

/// The form of `model.json`: a reader may count on its keys until the number changes.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct ModelFile<'a> {
    format: u32,
    sendlink: &'static str,
    inputs: Vec<ModelInput<'a>>,
    threshold: f64,
    one_to_one: bool,
    trained: bool,
    prior: f64,
    prior_household: f64,
    columns: Vec<ModelColumn<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved_together: Option<ModelMove>,
}

/// How often a pair of rows of different homes has another that leads the same way.
#[derive(Serialize)]
struct ModelMove {
    m: f64,
    u: f64,
}

#[derive(Serialize)]
struct ModelInput<'a> {
    name: &'a str,
    rows: usize,
}

#[derive(Serialize)]
struct ModelColumn<'a> {
    name: &'a str,
    kind: &'static str,
    same_as: Option<&'a str>,
    levels: Vec<ModelLevel<'a>>,
}

/// A level under the names that the field gives its probabilities.
#[derive(Serialize)]
struct ModelLevel<'a> {
    label: &'a str,
    m: f64,
    m_household: f64,
    u: f64,
    bits: f64,
}

fn model(linked: &Linked<'_>) -> Result<Vec<u8>, Failure> {
    let (plan, found) = (linked.plan, linked.found);
    let column = |position: usize| plan.columns.get(position);
    json(&ModelFile {
        format: FORMAT,
        sendlink: env!("CARGO_PKG_VERSION"),
        inputs: plan
            .inputs
            .iter()
            .zip(linked.rows.ids.rows())
            .map(|(input, rows)| ModelInput {
                name: &input.name,
                rows: *rows,
            })
            .collect(),
        threshold: found.threshold.bits(),
        one_to_one: plan.settings.one_to_one,
        trained: found.model.trained,
        prior: found.model.prior,
        prior_household: found.model.prior_household,
        columns: found
            .model
            .columns
            .iter()
            .enumerate()
            .map(|(position, of_model)| ModelColumn {
                name: &of_model.name,
                kind: of_model.kind.as_str(),
                same_as: column(position)
                    .and_then(|planned| planned.same_as)
                    .and_then(column)
                    .map(|other| other.name.as_str()),
                levels: levels(&of_model.levels),
            })
            .collect(),
        moved_together: found.model.moved_together.map(|moved| ModelMove {
            m: moved.same,
            u: moved.unrelated,
        }),
    })
}

fn levels(levels: &[LevelModel]) -> Vec<ModelLevel<'_>> {
    levels
        .iter()
        .map(|level| ModelLevel {
            label: &level.label,
            m: level.same,
            m_household: level.household,
            u: level.unrelated,
            bits: level.bits,
        })
        .collect()
}

pub(super) fn json(value: &impl Serialize) -> Result<Vec<u8>, Failure> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(bug)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Bytes in memory take everything.
fn bug(error: impl std::fmt::Display) -> Failure {
    Failure::new(Exit::Bug, error)
}
