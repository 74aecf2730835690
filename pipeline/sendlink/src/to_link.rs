//! What linkage is given: the encodings of all current records, and what people have decided.

use dataset::{DecisionKind, EncodingRow, Side, Store};
use linkage::{Apart, Decisions, Entry, Supersession};
use pseudonym::Encoder;
use rayon::prelude::*;

use crate::{
    context,
    exit::{Exit, Failure},
    night::interrupted,
};

/// Every current record, unsealed while the next are read; by record id.
///
/// # Errors
/// Where the database fails, or an encoding is not sealed under this key.
pub async fn entries(store: &Store, encoder: &Encoder) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    let (mut batches, reading) = context::encodings(store);
    while let Some(batch) = batches.recv().await {
        let opened = tokio::task::block_in_place(|| {
            batch
                .par_iter()
                .map(|row| entry(row, encoder))
                .collect::<Result<Vec<_>, Failure>>()
        })?;
        entries.extend(opened);
    }
    context::read(reading).await.map_err(interrupted)?;
    entries.par_sort_unstable_by_key(|entry| entry.record);
    Ok(entries)
}

fn entry(row: &EncodingRow, encoder: &Encoder) -> Result<Entry, Failure> {
    let encoding = encoder
        .seal()
        .open_encoding(row.record_id, &row.sealed_encoding)
        .map_err(|error| Failure::new(Exit::KeyRefused, format!("a record of feed {} {error}", row.feed)))?;
    Ok(Entry {
        record: row.record_id,
        kind: row.kind as u8,
        // A school may send a child twice in one census (left and came back), a trust a child in two notices.
        source: None,
        erased: row.erased.clone(),
        encoding,
    })
}

/// What people have decided, as linkage obeys it.
///
/// # Errors
/// Where the database fails, or a decision cannot be obeyed.
pub async fn decisions(store: &Store) -> Result<Decisions, Failure> {
    let mut all = Decisions::default();
    for stored in store.decisions().await.map_err(interrupted)? {
        let decision = stored.decision;
        match (decision.kind, decision.left, decision.right) {
            (DecisionKind::DoNotLink, Side::Record(left), Some(Side::Record(right))) => {
                all.apart.push(Apart::Records(left, right));
            }
            (DecisionKind::DoNotLink, left, Some(right)) => match (token(left), token(right)) {
                (Some(left), Some(right)) => all.apart.push(Apart::Persons(left, right)),
                _ => return Err(unusable(stored.id)),
            },
            (DecisionKind::Link, Side::Record(left), Some(Side::Record(right))) => {
                all.same.push((left, right))
            }
            (DecisionKind::Superseded, Side::NhsNumber(former), Some(Side::NhsNumber(current))) => {
                all.superseded.push(Supersession { former, current });
            }
            (DecisionKind::Isolate, side, None) => match token(side) {
                Some(token) => all.isolated.push(token),
                None => return Err(unusable(stored.id)),
            },
            _ => return Err(unusable(stored.id)),
        }
    }
    Ok(all)
}

fn token(side: Side) -> Option<linkage::Token> {
    match side {
        Side::NhsNumber(token) | Side::Upn(token) => Some(token),
        Side::Record(_) => None,
    }
}

/// A decision that cannot be obeyed must stop the night: obeying the rest would look as if all were.
fn unusable(id: i64) -> Failure {
    Failure::new(
        Exit::Held,
        format!("decision {id} cannot be obeyed; remove it and add it anew: `sendlink decisions`"),
    )
}
