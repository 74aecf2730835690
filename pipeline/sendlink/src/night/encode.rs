//! Through the one door: each record's identity becomes an encoding, and is dropped.

use std::sync::Mutex;

use dataset::{About, RowState, VaultRow};
use identity::People;
use jiff::civil::DateTime;
use kit::Incoming;
use linkage::Token;
use pseudonym::{EncodeError, Encoder, Identified, Patients};
use records::{Kind, State};

use crate::opt_outs::OptOuts;

/// How the rows of one delivery are encoded.
pub struct Encoding<'a> {
    /// Makes encodings.
    pub encoder: &'a Encoder,
    /// The kind of the records.
    pub kind: Kind,
    /// Who sent them.
    pub provider: &'a str,
    /// When the transport says that the delivery came.
    pub received: DateTime,
    /// Keeps NHS numbers, where the feed's lawful basis needs opt-outs.
    pub patients: Option<Collector<'a>>,
    /// The scope of a flat snapshot; none where the connector knows the scope of each record.
    pub snapshot: Option<&'a str>,
}

/// Takes the NHS numbers of records before their identities are dropped.
pub struct Collector<'a> {
    opt_outs: &'a OptOuts<'a>,
    seen: Mutex<Patients>,
}

impl<'a> Collector<'a> {
    /// One that has seen nobody.
    pub fn new(opt_outs: &'a OptOuts<'a>) -> Self {
        Collector {
            opt_outs,
            seen: Mutex::default(),
        }
    }

    /// Takes the numbers of a record; returns their tokens.
    fn take(&self, people: &People) -> Result<Vec<Token>, EncodeError> {
        let tokens = self.opt_outs.tokens_of(people);
        if !tokens.is_empty() {
            // A thread that panicked while it held the numbers has left them whole or a number short; the run ends.
            self.seen.lock().map_err(|_| EncodeError::Content)?.add(people);
        }
        Ok(tokens)
    }

    /// Everybody who was seen.
    pub fn into_patients(self) -> Patients {
        self.seen.into_inner().unwrap_or_default()
    }
}

impl Encoding<'_> {
    /// Encodes one record, and a tombstone for each that it replaces.
    ///
    /// # Errors
    /// Where sealing fails.
    pub fn encode(&self, incoming: Incoming, into: &mut Vec<VaultRow>) -> Result<(), EncodeError> {
        let Incoming {
            people,
            key,
            reference,
            location,
            record,
            rows,
            replaces,
        } = incoming;
        let patients = match &self.patients {
            Some(collector) => Some(collector.take(&people)?),
            None => None,
        };
        let version = record.version;
        let event_date = record.event_date;
        let received_date = record.received_date.unwrap_or(self.received.date());
        let scope = self.snapshot.map(str::to_owned).or_else(|| record.scope.clone());
        for replaced in &replaces {
            let record_id = self.encoder.record_id(self.kind, self.provider, replaced);
            into.push(VaultRow::tombstone(record_id, version, received_date));
        }
        let identified = Identified {
            people,
            key,
            reference,
            location: Some(location.clone()),
            record,
        };
        let encoded = self.encoder.encode(self.kind, self.provider, identified)?;
        let about = about(&encoded.encoding);
        let state = match encoded.record.state {
            State::Current(payload) => RowState::Current(payload),
            State::Withdrawn => RowState::Withdrawn,
        };
        into.push(VaultRow {
            record_id: encoded.record_id,
            version,
            content_hash: encoded.content_hash,
            sealed_encoding: matches!(state, RowState::Current(_)).then_some(encoded.sealed_encoding),
            state,
            about,
            mother_id: encoded.mother_id,
            born_of: encoded.encoding.born_of,
            event_date,
            received_date,
            scope,
            profile: encoded.profile,
            sealed_reference: encoded.sealed_reference,
            location,
            tables: rows
                .into_iter()
                .map(|(table, rows)| (table.to_owned(), rows))
                .collect(),
            patients,
        });
        Ok(())
    }
}

/// Whom a record is about, as linkage sees it.
fn about(encoding: &linkage::Encoding) -> About {
    if encoding.pregnancy.is_some() {
        About::Pregnancy
    } else if encoding.child.is_some() {
        About::Child
    } else {
        About::Nobody
    }
}
