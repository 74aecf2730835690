//! Through the one door: each record's identity becomes an encoding, and is dropped.

use dataset::{About, RowState, VaultRow};
use jiff::civil::DateTime;
use kit::Incoming;
use pseudonym::{EncodeError, Encoder, Identified};
use records::{Kind, State};

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
    /// The scope of a flat snapshot; none where the connector knows the scope of each record.
    pub snapshot: Option<&'a str>,
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
