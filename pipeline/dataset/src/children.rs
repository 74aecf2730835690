//! What became of child ids: the events of every linkage, and what an id of yesterday means today.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use jiff::civil::Date;
use linkage::ChildId;

use crate::{
    Store, StoreError, hex,
    sql::{Row, Tx, Value},
};

/// What became of a child id in a linkage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChildChange {
    /// It was made for a child none of whose records had another.
    New,
    /// It was made for records that had another child's before.
    Split,
    /// Its records went to another child.
    Merged,
    /// None of its records stands.
    Ended,
    /// It had ended or gone into another, and has records again.
    Returned,
}

impl ChildChange {
    /// Every change.
    pub const ALL: [ChildChange; 5] = [
        ChildChange::New,
        ChildChange::Split,
        ChildChange::Merged,
        ChildChange::Ended,
        ChildChange::Returned,
    ];

    /// The word for it in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            ChildChange::New => "new",
            ChildChange::Split => "split",
            ChildChange::Merged => "merged",
            ChildChange::Ended => "ended",
            ChildChange::Returned => "returned",
        }
    }

    fn from_code(code: &str) -> Result<Self, StoreError> {
        ChildChange::ALL
            .into_iter()
            .find(|change| change.as_str() == code)
            .ok_or(StoreError::Corrupt {
                what: "a change of a child id",
            })
    }
}

/// One change of one child id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChildEvent {
    /// The run that linked so.
    pub run: i64,
    /// The day that it was for.
    pub as_at: Date,
    /// What became of the id.
    pub change: ChildChange,
    /// The id.
    pub child: ChildId,
    /// The child that it went into, came from or returned from; none otherwise.
    pub other: Option<ChildId>,
    /// The tier of the link, after the change, of the record that the id was made from: by which rule it was joined
    /// where it now is. None where that record stands no more, or the change is no move.
    pub tier: Option<String>,
}

/// Which changes are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildEventFilter {
    /// Of runs for this day and later.
    pub since: Option<Date>,
    /// Of this run.
    pub run: Option<i64>,
    /// With the ids that were new, which are most.
    pub with_new: bool,
}

const EVENTS: &str = "
    select run, as_at, event, child_id, other, tier from child_event
     where ($1 is null or as_at >= $1) and ($2 is null or run = $2) and (event <> 'new' or $3 = 1)
     order by run, child_id, event";

impl Store {
    /// What became of child ids, run by run.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn child_events(&self, filter: ChildEventFilter) -> Result<Vec<ChildEvent>, StoreError> {
        let mut tx = self.read("read the history of child ids").await?;
        tx.all(
            EVENTS,
            [
                filter.since.map(|day| day.to_string()).into(),
                Value::Integer(filter.run),
                i64::from(filter.with_new).into(),
            ],
            event,
        )
        .await
    }

    /// What became of one child id and of those that it went into, came from, or took in, run by run. Nothing where
    /// there never was such an id.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn child_history(&self, child: ChildId) -> Result<Vec<ChildEvent>, StoreError> {
        let mut tx = self.read("read the history of a child id").await?;
        let (mut found, mut known, mut next) = (Vec::new(), BTreeSet::from([child.0]), vec![child.0]);
        while let Some(id) = next.pop() {
            let events = tx
                .all(
                    "select run, as_at, event, child_id, other, tier from child_event
                      where child_id = $1 or other = $1",
                    [id.as_slice().into()],
                    event,
                )
                .await?;
            for event in events {
                for id in [Some(event.child), event.other].into_iter().flatten() {
                    if known.insert(id.0) {
                        next.push(id.0);
                    }
                }
                if !found.contains(&event) {
                    found.push(event);
                }
            }
        }
        found.sort_by_key(|event| (event.run, event.child, event.change));
        Ok(found)
    }
}

fn event(row: &Row) -> Result<ChildEvent, StoreError> {
    Ok(ChildEvent {
        run: row.integer(0)?,
        as_at: row.parsed(1)?,
        change: ChildChange::from_code(&row.text(2)?)?,
        child: ChildId(row.bytes(3)?),
        other: row.optional_blob(4)?.map(id).transpose()?.map(ChildId),
        tier: row.optional_text(5)?,
    })
}

fn id(bytes: Vec<u8>) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| StoreError::Corrupt {
        what: "an id of another length",
    })
}

/// The rows of [`CHILD_ID_HISTORY`](crate::joint::CHILD_ID_HISTORY): every id that is no longer, or not for all that
/// it was for, and the one that stands for it today. An id that came back is not among them: a delivery that restores
/// what was restores the rows too.
/// Rows that lead to a `hidden` child, of whom nothing may be published, are left out too.
pub(crate) async fn id_history(
    vault: &mut Tx,
    hidden: &HashSet<String>,
) -> Result<Vec<Vec<Value>>, StoreError> {
    let gone: BTreeMap<[u8; 16], Option<[u8; 16]>> = vault
        .all(
            "select child_id, redirect from child where state <> 'live'",
            [],
            |row| Ok((row.bytes(0)?, row.optional_blob(1)?.map(id).transpose()?)),
        )
        .await?
        .into_iter()
        .collect();
    let today = |mut child: [u8; 16]| {
        // No chain is longer than there are ids that are gone.
        for _ in 0..gone.len() {
            match gone.get(&child) {
                Some(Some(next)) => child = *next,
                _ => break,
            }
        }
        child
    };
    let events = vault
        .all(
            "select run, as_at, event, child_id, other, tier from child_event
              where event in ('split', 'merged', 'ended') order by run, event, child_id",
            [],
            event,
        )
        .await?;
    // Of what happened to an id more than once, the last counts.
    let mut rows: BTreeMap<(String, String), (ChildChange, Date)> = BTreeMap::new();
    for event in events {
        let (was, now) = match event.change {
            ChildChange::Split => {
                let Some(other) = event.other else { continue };
                (other.0, today(event.child.0))
            }
            _ if gone.contains_key(&event.child.0) => (event.child.0, today(event.child.0)),
            _ => continue,
        };
        // What was split off may have come back.
        if event.change == ChildChange::Split && (was == now || gone.contains_key(&was)) {
            continue;
        }
        rows.insert(
            (hex::encode(&was), hex::encode(&now)),
            (event.change, event.as_at),
        );
    }
    Ok(rows
        .into_iter()
        .filter(|((_, now), _)| !hidden.contains(now))
        .map(|((was, now), (change, as_at))| {
            vec![was.into(), now.into(), change.as_str().into(), as_at.into()]
        })
        .collect())
}
