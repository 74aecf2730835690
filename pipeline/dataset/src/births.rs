//! How pregnancies ended, by the births on record.
//!
//! A maternity service sends its delivery and its babies in the month of the birth, and the pregnancy again as long as
//! the mother is in care. A later submission without the delivery says nothing of how the pregnancy ended, so the births
//! that stand decide, whichever month they came in. A birth that somebody else told of names no pregnancy: it decides for
//! those whose child it is linked with.

use std::collections::HashMap;

use linkage::RecordId;
use records::{Month, Payload, PregnancyNotification, PregnancyOutcome};

use crate::{StoreError, joint::build::json, sql::Tx};

/// The births on record of each pregnancy: outcome, where known, and month.
#[derive(Debug, Default)]
pub(crate) struct Births(HashMap<RecordId, Vec<(Option<PregnancyOutcome>, Month)>>);

impl Births {
    /// Reads the births that stand, by the pregnancy that they name, else by those that their child is linked with.
    pub(crate) async fn read(tx: &mut Tx) -> Result<Self, StoreError> {
        const NAMED: &str = "
            select r.born_of, r.about, r.event_date, c.payload from record r join content c on c.id = r.content
             where r.state = 'current' and r.born_of is not null
               and not exists (select 1 from withheld w where w.record_id = r.record_id)";
        const LINKED: &str = "
            select p.record_id, r.about, r.event_date, c.payload
              from record r join content c on c.id = r.content
              join link b on b.record_id = r.record_id
              join link n on n.child_id = b.child_id
              join record p on p.record_id = n.record_id
             where r.kind = 'pregnancy' and r.about = 'child' and r.state = 'current' and r.born_of is null
               and p.about = 'pregnancy' and p.state = 'current'
               and not exists (select 1 from withheld w where w.record_id = r.record_id)
               and not exists (select 1 from withheld w where w.record_id = p.record_id)";
        let mut births = Births::default();
        for sql in [NAMED, LINKED] {
            tx.each(sql, [], |row| {
                let outcome = match json(&row.text(3)?)? {
                    // It has a child: where its row says no more, an NHS number told so.
                    Payload::Birth(_) if row.text(1)? == "child" => Some(PregnancyOutcome::LiveBirth),
                    Payload::Birth(birth) => birth.outcome,
                    _ => {
                        return Err(StoreError::Corrupt {
                            what: "a payload of another kind",
                        });
                    }
                };
                let told = births.0.entry(RecordId(row.bytes(0)?)).or_default();
                told.push((outcome, Month::of(row.parsed(2)?)));
                Ok(())
            })
            .await?;
        }
        Ok(births)
    }

    /// Puts right how a pregnancy ended, where its births tell: what they say goes before a reason of discharge, and
    /// stands where the pregnancy's own record says nothing.
    pub(crate) fn settle(&self, record: RecordId, pregnancy: &mut PregnancyNotification) {
        let births = self.0.get(&record).map(Vec::as_slice).unwrap_or_default();
        let told = PregnancyOutcome::of_births(births.iter().map(|(outcome, _)| *outcome));
        if told.is_none() || told == pregnancy.outcome {
            return;
        }
        pregnancy.outcome = told;
        pregnancy.outcome_month = births
            .iter()
            .filter(|(outcome, _)| *outcome == told)
            .map(|(_, month)| *month)
            .min();
    }
}
