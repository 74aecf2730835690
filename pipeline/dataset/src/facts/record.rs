//! What measures are made from of each record: what it says, how it stands, and its links.

use std::collections::{BTreeSet, HashMap, HashSet};

use jiff::civil::Date;
use linkage::{ChildId, MotherId, RecordId, Tier};
use records::{
    Birth, Kind, Location, Payload, PregnancyNotification, Profile, Section23Notice, TwoYearReview,
};

use super::kinds_of_records;
use crate::{
    Store, StoreError,
    births::Births,
    joint::build::json,
    sql::{Tx, version_of},
};

/// How a record stands in the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RecordState {
    /// It stands.
    Current,
    /// Its sender took it back.
    Withdrawn,
    /// A newer snapshot of its scope no longer holds it.
    Absent,
}

impl RecordState {
    pub(crate) fn from_code(code: &str) -> Result<Self, StoreError> {
        match code {
            "current" => Ok(RecordState::Current),
            "withdrawn" => Ok(RecordState::Withdrawn),
            "absent" => Ok(RecordState::Absent),
            _ => Err(StoreError::Corrupt {
                what: "the state of a record",
            }),
        }
    }
}

/// Everything that measures may know of one record, withdrawn ones included. `S` is what such a record says.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordFact<S> {
    /// The record.
    pub record_id: RecordId,
    /// Its feed.
    pub feed: String,
    /// Who sent it.
    pub provider: String,
    /// The number of the delivery that its current version came in.
    pub delivery: i64,
    /// The label of that delivery.
    pub delivery_label: String,
    /// Where it stood there.
    pub location: Location,
    /// How it stands.
    pub state: RecordState,
    /// The day that it is about; of the withdrawal, where the record itself never came.
    pub event_date: Date,
    /// When it first reached the area.
    pub received_date: Date,
    /// What may be known of the child; of a notified pregnancy, of the mother.
    pub profile: Profile,
    /// The mother whom it names.
    pub mother_id: Option<MotherId>,
    /// What it says; none where only its withdrawal came.
    pub said: Option<S>,
    /// The sender's reference, sealed; the seal is bound to the record id.
    pub sealed_reference: Option<Vec<u8>>,
    /// Its version.
    pub version: records::Version,
    /// Its children, by number: one at most, but of a notified pregnancy; none where it does not stand or was not
    /// linked yet, or is about nobody.
    pub links: Vec<LinkFact>,
    /// The day of the first run that held it.
    pub first_seen: Date,
    /// How many runs have tried to match it: finished runs since it was first held, that one included.
    pub tries: u64,
}

/// A link of a record to a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFact {
    /// The child.
    pub child_id: ChildId,
    /// The tier.
    pub tier: String,
    /// The weight, in 1/1024 bit.
    pub weight: Option<i32>,
    /// What joined it, or kept it from being joined.
    pub evidence: String,
    /// Since when it has been joined so.
    pub linked_on: Date,
    /// The kinds of the child's records that stand, this record's own kind left out.
    pub matched_kinds: BTreeSet<Kind>,
    /// Whether a record of the child itself stands, and not only notifications of its pregnancy.
    pub has_own_record: bool,
    /// Whether a notification of the child's pregnancy stands.
    pub has_notification: bool,
}

impl<S> RecordFact<S> {
    /// The same record, saying this.
    fn saying<T>(self, said: T) -> RecordFact<T> {
        RecordFact {
            said: Some(said),
            record_id: self.record_id,
            feed: self.feed,
            provider: self.provider,
            delivery: self.delivery,
            delivery_label: self.delivery_label,
            location: self.location,
            state: self.state,
            event_date: self.event_date,
            received_date: self.received_date,
            profile: self.profile,
            mother_id: self.mother_id,
            sealed_reference: self.sealed_reference,
            version: self.version,
            links: self.links,
            first_seen: self.first_seen,
            tries: self.tries,
        }
    }
}

/// A 2-2½-year review.
pub type ReviewFact = RecordFact<TwoYearReview>;

/// A notification of a pregnancy.
pub type PregnancyFact = RecordFact<PregnancyNotification>;

/// A birth. One that was not live has no link.
pub type BirthFact = RecordFact<Birth>;

/// Everything that measures may know of one notice, withdrawn ones included.
#[derive(Clone, Debug, PartialEq)]
pub struct NoticeFact {
    /// The record.
    pub record_id: RecordId,
    /// Its feed.
    pub feed: String,
    /// Who sent it.
    pub provider: String,
    /// The delivery that its current version came in, by number and label.
    pub delivery: i64,
    /// The label of that delivery.
    pub delivery_label: String,
    /// Where it stood there.
    pub location: Location,
    /// How it stands.
    pub state: RecordState,
    /// The day of the opinion; of the withdrawal, where the notice itself never came.
    pub event_date: Date,
    /// When the notice first reached the area.
    pub received_date: Date,
    /// What may be known of the child.
    pub profile: Profile,
    /// What it says; none where only its withdrawal came.
    pub notice: Option<Section23Notice>,
    /// The sender's reference, sealed; the seal is bound to record id and version.
    pub sealed_reference: Option<Vec<u8>>,
    /// The version that the seal is bound to.
    pub version: records::Version,
    /// Its child; none where it does not stand or was not linked yet.
    pub child_id: Option<ChildId>,
    /// The tier of its link.
    pub tier: Option<String>,
    /// The weight of its link, in 1/1024 bit.
    pub weight: Option<i32>,
    /// What joined it, or kept it from being joined.
    pub evidence: Option<String>,
    /// Since when it has been joined so.
    pub linked_on: Option<Date>,
    /// The kinds of the other records of its child that stand, its own kind left out.
    pub matched_kinds: BTreeSet<Kind>,
    /// The day of the first run that held it.
    pub first_seen: Date,
    /// How many runs have tried to match it: finished runs since it was first held, that one included.
    pub tries: u64,
}

/// Everything that measures may know: each by record id, withdrawn ones included, erased and withheld ones not.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Every Section 23 notice.
    pub notices: Vec<NoticeFact>,
    /// Every 2-2½-year review.
    pub reviews: Vec<ReviewFact>,
    /// Every notification of a pregnancy. One of which only the withdrawal came cannot be told from a birth, and is
    /// not among them.
    pub pregnancies: Vec<PregnancyFact>,
    /// Every birth; without those of which only the withdrawal came.
    pub births: Vec<BirthFact>,
}

impl Store {
    /// What measures are made from, read at one time.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn facts(&self) -> Result<Facts, StoreError> {
        let mut tx = self.read("read the records").await?;
        let mut links = AllLinks::read(&mut tx).await?;
        let mut facts = Facts {
            notices: record_facts(&mut tx, Kind::Section23, &mut links, |payload| match payload {
                Payload::Section23(notice) => Some(notice),
                _ => None,
            })
            .await?
            .into_iter()
            .map(NoticeFact::of)
            .collect(),
            reviews: record_facts(
                &mut tx,
                Kind::TwoYearReview,
                &mut links,
                |payload| match payload {
                    Payload::TwoYearReview(review) => Some(review),
                    _ => None,
                },
            )
            .await?,
            ..Facts::default()
        };
        let births = Births::read(&mut tx).await?;
        for mut fact in record_facts(&mut tx, Kind::Pregnancy, &mut links, Some).await? {
            match fact.said.take() {
                Some(Payload::Pregnancy(mut pregnancy)) => {
                    births.settle(fact.record_id, &mut pregnancy);
                    facts.pregnancies.push(fact.saying(pregnancy));
                }
                Some(Payload::Birth(birth)) => facts.births.push(fact.saying(birth)),
                _ => {}
            }
        }
        Ok(facts)
    }
}

/// The records of a kind, with what `take` makes of their payloads.
async fn record_facts<S>(
    tx: &mut Tx,
    kind: Kind,
    links: &mut AllLinks,
    take: impl Fn(Payload) -> Option<S>,
) -> Result<Vec<RecordFact<S>>, StoreError> {
    let finished = tx
        .all(
            "select id from run where state = 'finished' order by id",
            [],
            |row| row.integer(0),
        )
        .await?;
    let tries = |first: i64| (finished.len() - finished.partition_point(|run| *run < first)) as u64;
    tx.all(
            "select r.record_id, r.feed, r.provider, r.delivery, d.label, c.location, r.state, r.event_date,
                    r.received_date, c.profile, c.payload, r.mother_id, e.reference, r.version, r.first_seen, r.first_run
               from record r
               join delivery d on d.id = r.delivery
               join content c on c.id = r.content
               left join content e on e.id = r.encoded
              where r.kind = $1 and not exists (select 1 from withheld w where w.record_id = r.record_id)
              order by r.record_id",
            [kind.as_str().into()],
            |row| {
                let record_id = RecordId(row.bytes(0)?);
                let payload: Option<Payload> = row.optional_text(10)?.map(|payload| json(&payload)).transpose()?;
                if payload.as_ref().is_some_and(|payload| payload.kind() != kind) {
                    return Err(StoreError::Corrupt {
                        what: "a payload of another kind",
                    });
                }
                Ok(RecordFact {
                    record_id,
                    feed: row.text(1)?,
                    provider: row.text(2)?,
                    delivery: row.integer(3)?,
                    delivery_label: row.text(4)?,
                    location: json(&row.text(5)?)?,
                    state: RecordState::from_code(&row.text(6)?)?,
                    event_date: row.parsed(7)?,
                    received_date: row.parsed(8)?,
                    profile: json(&row.text(9)?)?,
                    said: payload.and_then(&take),
                    mother_id: row.optional_blob(11)?.map(mother).transpose()?,
                    sealed_reference: row.optional_blob(12)?,
                    version: version_of(&row.text(13)?)?,
                    links: links.of(record_id, kind),
                    first_seen: row.parsed(14)?,
                    tries: tries(row.integer(15)?),
                })
            },
        )
        .await
}

/// What stands of a child.
#[derive(Clone, Debug, Default)]
struct Known {
    kinds: BTreeSet<Kind>,
    has_own_record: bool,
    has_notification: bool,
}

/// The links of every record that is a fact of its own: of all but those of the census.
#[derive(Default)]
struct AllLinks {
    children: HashMap<ChildId, Known>,
    links: HashMap<RecordId, Vec<(i64, LinkFact)>>,
    /// Children who have withheld records.
    affected: HashSet<ChildId>,
}

impl AllLinks {
    /// Reads them, with what stands of each child.
    async fn read(tx: &mut Tx) -> Result<Self, StoreError> {
        let records = kinds_of_records(tx).await?;
        let mut all = AllLinks::default();
        tx.each(
            "select record_id, number, child_id, tier, weight, evidence, linked_on from link",
            [],
            |row| {
                let record_id = row.bytes(0)?;
                let child_id = ChildId(row.bytes(2)?);
                // Every link has its record; what is withheld is not among the records.
                let Some((kind, stands)) = records.get(&record_id) else {
                    all.affected.insert(child_id);
                    return Ok(());
                };
                let number = row.integer(1)?;
                if *stands {
                    let known = all.children.entry(child_id).or_default();
                    known.kinds.insert(*kind);
                    known.has_own_record |= number == 0;
                    known.has_notification |= number > 0;
                }
                if *kind == Kind::SchoolCensus {
                    return Ok(());
                }
                let link = LinkFact {
                    child_id,
                    tier: row.text(3)?,
                    weight: row
                        .optional_integer(4)?
                        .and_then(|weight| i32::try_from(weight).ok()),
                    evidence: row.text(5)?,
                    linked_on: row.parsed(6)?,
                    // Known once all links are read.
                    matched_kinds: BTreeSet::new(),
                    has_own_record: false,
                    has_notification: false,
                };
                all.links
                    .entry(RecordId(record_id))
                    .or_default()
                    .push((number, link));
                Ok(())
            },
        )
        .await?;
        Ok(all)
    }

    /// Those of a record of this kind, in the order of their numbers. Takes them.
    fn of(&mut self, record: RecordId, kind: Kind) -> Vec<LinkFact> {
        let mut links = self.links.remove(&record).unwrap_or_default();
        links.sort_by_key(|(number, _)| *number);
        links
            .into_iter()
            .map(|(_, link)| {
                let known = self.children.get(&link.child_id).cloned().unwrap_or_default();
                let mut matched_kinds = known.kinds;
                matched_kinds.remove(&kind);
                // It was matched with withheld records alone.
                let lost = matched_kinds.is_empty() && self.affected.contains(&link.child_id);
                let is_match = link.tier.parse().is_ok_and(Tier::is_match);
                let (tier, weight) = match lost && is_match {
                    true => (Tier::T0.as_str().to_owned(), None),
                    false => (link.tier, link.weight),
                };
                LinkFact {
                    tier,
                    weight,
                    matched_kinds,
                    has_own_record: known.has_own_record,
                    has_notification: known.has_notification,
                    ..link
                }
            })
            .collect()
    }
}

impl NoticeFact {
    fn of(fact: RecordFact<Section23Notice>) -> Self {
        let link = fact.links.into_iter().next();
        NoticeFact {
            record_id: fact.record_id,
            feed: fact.feed,
            provider: fact.provider,
            delivery: fact.delivery,
            delivery_label: fact.delivery_label,
            location: fact.location,
            state: fact.state,
            event_date: fact.event_date,
            received_date: fact.received_date,
            profile: fact.profile,
            notice: fact.said,
            sealed_reference: fact.sealed_reference,
            version: fact.version,
            child_id: link.as_ref().map(|link| link.child_id),
            tier: link.as_ref().map(|link| link.tier.clone()),
            weight: link.as_ref().and_then(|link| link.weight),
            evidence: link.as_ref().map(|link| link.evidence.clone()),
            linked_on: link.as_ref().map(|link| link.linked_on),
            matched_kinds: link.map(|link| link.matched_kinds).unwrap_or_default(),
            first_seen: fact.first_seen,
            tries: fact.tries,
        }
    }
}

fn mother(bytes: Vec<u8>) -> Result<MotherId, StoreError> {
    bytes.try_into().map(MotherId).map_err(|_| StoreError::Corrupt {
        what: "an id of another length",
    })
}
