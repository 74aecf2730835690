//! Lists of opt-outs: which numbers were sent to be checked, and which came back. Numbers are tokens here.
//!
//! A list is *asked*, then *answered*, then *dropped*: at its age limit, or when a later one is answered. What an asked
//! list holds is all that was sent; an answered one holds only what came back, so that of nobody it is written down that
//! they have opted out: who did is missing, like somebody who was never asked for.

use std::collections::BTreeSet;

use jiff::civil::Date;
use linkage::Token;

use crate::{
    Lease, Store, StoreError, audit,
    sql::{Row, Tx, Value},
};

/// Tokens that are written at a time.
const BATCH: usize = 10_000;

/// How a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListState {
    /// Sent, and not come back yet.
    Asked,
    /// Come back.
    Answered,
    /// Past its age, or replaced; its tokens are deleted.
    Dropped,
}

impl ListState {
    /// The word for it in tables.
    pub const fn as_str(self) -> &'static str {
        match self {
            ListState::Asked => "asked",
            ListState::Answered => "answered",
            ListState::Dropped => "dropped",
        }
    }

    fn from_code(code: &str) -> Result<Self, StoreError> {
        [ListState::Asked, ListState::Answered, ListState::Dropped]
            .into_iter()
            .find(|state| state.as_str() == code)
            .ok_or(StoreError::Corrupt {
                what: "the state of a list of opt-outs",
            })
    }
}

/// A list of NHS numbers that was sent to be checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptOutList {
    /// Its number, from 1.
    pub id: i64,
    /// The day on which it was asked for, from which its age counts: an opt-out of the day after is not in it.
    pub asked_on: Date,
    /// How many NHS numbers were sent.
    pub sent: u64,
    /// Where it was written for a person to carry; none where it went by MESH.
    pub file: Option<String>,
    /// How it stands.
    pub state: ListState,
    /// The day on which it came back.
    pub answered_on: Option<Date>,
    /// How many NHS numbers came back.
    pub came_back: Option<u64>,
}

/// A list to ask for.
#[derive(Clone, Debug)]
pub struct NewOptOutList {
    /// The day.
    pub asked_on: Date,
    /// How many NHS numbers are sent.
    pub sent: u64,
    /// Their tokens, those that records bear.
    pub tokens: BTreeSet<Token>,
}

impl Store {
    /// The tokens of everybody whose NHS number a record holds that stands and must pass the gate: of records that came
    /// under a lawful basis that needs opt-outs, but for those of the feeds in `free`, whose basis no longer does.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn patients(&self, free: &[String]) -> Result<BTreeSet<Token>, StoreError> {
        let mut tx = self.read("read the tokens of patients").await?;
        let mut found = BTreeSet::new();
        tx.each(
            "select r.feed, c.patients from record r join content c on c.id = r.content
              where r.state = 'current' and c.patients is not null",
            [],
            |row| {
                if !free.iter().any(|feed| row.str(0).is_ok_and(|name| name == feed)) {
                    found.extend(tokens(&row.blob(1)?)?);
                }
                Ok(())
            },
        )
        .await?;
        Ok(found)
    }

    /// Every list, the latest last.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn opt_out_lists(&self) -> Result<Vec<OptOutList>, StoreError> {
        let mut tx = self.read("read the lists of opt-outs").await?;
        lists(&mut tx).await
    }

    /// Enters a list that is about to be sent. `file` says, from its number, where it will lie for a person to carry.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn ask_opt_outs(
        &self,
        lease: &Lease,
        list: &NewOptOutList,
        file: impl Fn(i64) -> Option<String>,
    ) -> Result<OptOutList, StoreError> {
        let mut tx = self.write(lease, "enter a list of opt-outs").await?;
        let id = tx
            .optional("select coalesce(max(id), 0) + 1 from opt_out_list", [], |row| {
                row.integer(0)
            })
            .await?
            .unwrap_or(1);
        let entered = OptOutList {
            id,
            asked_on: list.asked_on,
            sent: list.sent,
            file: file(id),
            state: ListState::Asked,
            answered_on: None,
            came_back: None,
        };
        tx.execute(
            "insert into opt_out_list (id, asked_on, sent, file, state) values ($1, $2, $3, $4, 'asked')",
            [
                id.into(),
                entered.asked_on.into(),
                Value::Integer(i64::try_from(entered.sent).ok()),
                entered.file.clone().into(),
            ],
        )
        .await?;
        let all: Vec<&Token> = list.tokens.iter().collect();
        for batch in all.chunks(BATCH) {
            let rows = batch
                .iter()
                .map(|token| vec![id.into(), token.0.as_slice().into()])
                .collect();
            tx.bulk("opt_out_number", &["list", "token"], rows).await?;
        }
        let said = serde_json::json!({ "numbers": entered.sent });
        audit::append(&mut tx, "sendlink", "ask opt-outs", &format!("list {id}"), &said).await?;
        fail::fail_point!("dataset::opt-outs::before-ask-commit");
        tx.commit().await?;
        Ok(entered)
    }

    /// The tokens of a list: of an asked one what was sent, of an answered one what came back.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn opt_out_tokens(&self, list: i64) -> Result<BTreeSet<Token>, StoreError> {
        let mut tx = self.read("read a list of opt-outs").await?;
        tokens_of(&mut tx, list).await
    }

    /// Enters what came back of a list that was asked. Of its tokens those that did not come back are deleted, and every
    /// earlier list is dropped.
    ///
    /// # Errors
    /// [`StoreError::Unknown`] where no such list waits for its answer, or a later one is answered already.
    pub async fn answer_opt_outs(
        &self,
        lease: &Lease,
        list: i64,
        answered_on: Date,
        came_back: u64,
        tokens: &BTreeSet<Token>,
        actor: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "enter an answer on opt-outs").await?;
        let all = lists(&mut tx).await?;
        let waits = all
            .iter()
            .any(|known| known.id == list && known.state == ListState::Asked);
        let is_late = all
            .iter()
            .any(|known| known.id > list && known.state == ListState::Answered);
        if !waits || is_late {
            return Err(StoreError::Unknown {
                what: "list of opt-outs that waits for its answer",
            });
        }
        let sent = tokens_of(&mut tx, list).await?;
        tx.execute("delete from opt_out_number where list = $1", [list.into()])
            .await?;
        let kept: Vec<&Token> = sent.intersection(tokens).collect();
        for batch in kept.chunks(BATCH) {
            let rows = batch
                .iter()
                .map(|token| vec![list.into(), token.0.as_slice().into()])
                .collect();
            tx.bulk("opt_out_number", &["list", "token"], rows).await?;
        }
        tx.execute(
            "update opt_out_list set state = 'answered', answered_on = $1, came_back = $2, file = null where id = $3",
            [
                answered_on.into(),
                Value::Integer(i64::try_from(came_back).ok()),
                list.into(),
            ],
        )
        .await?;
        for earlier in all
            .iter()
            .filter(|known| known.id < list && known.state != ListState::Dropped)
        {
            drop_list(&mut tx, earlier.id).await?;
        }
        let said = serde_json::json!({ "numbers": came_back });
        audit::append(&mut tx, actor, "answer opt-outs", &format!("list {list}"), &said).await?;
        fail::fail_point!("dataset::opt-outs::before-answer-commit");
        tx.commit().await
    }

    /// Drops a list that could not be sent, or that nobody will answer.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn drop_opt_outs(&self, lease: &Lease, list: i64, actor: &str) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "drop a list of opt-outs").await?;
        drop_list(&mut tx, list).await?;
        let said = serde_json::json!({});
        audit::append(&mut tx, actor, "drop opt-outs", &format!("list {list}"), &said).await?;
        tx.commit().await
    }
}

/// Every list, the latest last.
pub(crate) async fn lists(tx: &mut Tx) -> Result<Vec<OptOutList>, StoreError> {
    tx.all(
        "select id, asked_on, sent, file, state, answered_on, came_back from opt_out_list order by id",
        [],
        list,
    )
    .await
}

fn list(row: &Row) -> Result<OptOutList, StoreError> {
    Ok(OptOutList {
        id: row.integer(0)?,
        asked_on: row.parsed(1)?,
        sent: row.count(2)?,
        file: row.optional_text(3)?,
        state: ListState::from_code(row.str(4)?)?,
        answered_on: row.optional_parsed(5)?,
        came_back: row
            .optional_integer(6)?
            .and_then(|count| u64::try_from(count).ok()),
    })
}

/// The tokens of a list.
pub(crate) async fn tokens_of(tx: &mut Tx, list: i64) -> Result<BTreeSet<Token>, StoreError> {
    let found = tx
        .all(
            "select token from opt_out_number where list = $1",
            [list.into()],
            |row| Ok(Token(row.bytes(0)?)),
        )
        .await?;
    Ok(found.into_iter().collect())
}

/// Deletes the tokens of a list. That there was one stays known.
pub(crate) async fn drop_list(tx: &mut Tx, list: i64) -> Result<(), StoreError> {
    tx.execute("delete from opt_out_number where list = $1", [list.into()])
        .await?;
    tx.execute(
        "update opt_out_list set state = 'dropped', file = null where id = $1",
        [list.into()],
    )
    .await?;
    Ok(())
}

/// Tokens that stand one after the other.
pub(crate) fn tokens(bytes: &[u8]) -> Result<Vec<Token>, StoreError> {
    let (tokens, rest) = bytes.as_chunks::<16>();
    if !rest.is_empty() {
        return Err(StoreError::Corrupt {
            what: "tokens of another length",
        });
    }
    Ok(tokens.iter().copied().map(Token).collect())
}
