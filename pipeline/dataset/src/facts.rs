//! What measures are made from: notices with their links, and the school records of children.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use linkage::{ChildId, RecordId};
use records::{Census, Kind, Location, Payload, Profile, Section23Notice, payload::SchoolNeed};

use crate::{
    Store, StoreError,
    joint::build::json,
    sql::{Row, Tx, version_of},
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
    fn from_code(code: &str) -> Result<Self, StoreError> {
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

/// One school record of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchoolFact {
    /// The child.
    pub child_id: ChildId,
    /// The record.
    pub record_id: RecordId,
    /// Which census.
    pub census: Census,
    /// Its reference date.
    pub census_date: Date,
    /// When it reached the area.
    pub received_date: Date,
    /// LAESTAB of the school.
    pub school: String,
    /// National curriculum year.
    pub nc_year: Option<String>,
    /// Whether the pupil was on the roll.
    pub on_roll: bool,
    /// Enrolment status.
    pub enrol_status: Option<String>,
    /// `N`, `K`, `E`, or a code of years past.
    pub sen_provision: Option<String>,
    /// Needs by rank.
    pub needs: Vec<SchoolNeed>,
}

/// A census of which something is loaded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CensusLoaded {
    /// Which census.
    pub census: Census,
    /// The authority's code, the first three digits of its schools' LAESTABs.
    pub la_code: String,
    /// How many schools.
    pub schools: u64,
    /// How many pupil records.
    pub records: u64,
}

impl Store {
    /// Every Section 23 notice that ever came and was not erased, by record id.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn notice_facts(&self) -> Result<Vec<NoticeFact>, StoreError> {
        let mut tx = self.read("read the notices").await?;
        let kinds = other_kinds(&mut tx).await?;
        let finished = tx
            .all(
                "select id from run where state = 'finished' order by id",
                [],
                |row| row.integer(0),
            )
            .await?;
        let tries = |first: i64| (finished.len() - finished.partition_point(|run| *run < first)) as u64;
        tx.all(
            "select r.record_id, r.feed, r.provider, r.delivery, d.label, r.location, r.state, r.event_date,
                    r.received_date, r.profile, r.payload, e.reference, r.version, l.child_id, l.tier,
                    l.weight, l.evidence, l.linked_on, r.first_seen, r.first_run
               from record r
               join delivery d on d.id = r.delivery
               left join encoding e on e.record_id = r.record_id
               left join link l on l.record_id = r.record_id
              where r.kind = 'section23' order by r.record_id",
            [],
            |row| {
                let child_id = row.optional_blob(13)?.map(child).transpose()?;
                Ok(NoticeFact {
                    record_id: RecordId(row.bytes(0)?),
                    feed: row.text(1)?,
                    provider: row.text(2)?,
                    delivery: row.integer(3)?,
                    delivery_label: row.text(4)?,
                    location: json(&row.text(5)?)?,
                    state: RecordState::from_code(&row.text(6)?)?,
                    event_date: row.parsed(7)?,
                    received_date: row.parsed(8)?,
                    profile: json(&row.text(9)?)?,
                    notice: notice(row, 10)?,
                    sealed_reference: row.optional_blob(11)?,
                    version: version_of(&row.text(12)?)?,
                    matched_kinds: child_id
                        .and_then(|child| kinds.get(&child))
                        .cloned()
                        .unwrap_or_default(),
                    child_id,
                    tier: row.optional_text(14)?,
                    weight: row
                        .optional_integer(15)?
                        .and_then(|weight| i32::try_from(weight).ok()),
                    evidence: row.optional_text(16)?,
                    linked_on: row.optional_parsed(17)?,
                    first_seen: row.parsed(18)?,
                    tries: tries(row.integer(19)?),
                })
            },
        )
        .await
    }

    /// How many children the current records are about, by the kinds of record that each has.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn child_counts(&self) -> Result<BTreeMap<BTreeSet<Kind>, u64>, StoreError> {
        let mut tx = self.read("count the children").await?;
        let pairs = tx
            .all(
                "select distinct l.child_id, r.kind from link l join record r on r.record_id = l.record_id
                  where r.state = 'current'",
                [],
                |row| Ok((row.bytes::<16>(0)?, row.parsed::<Kind>(1)?)),
            )
            .await?;
        let mut kinds: BTreeMap<[u8; 16], BTreeSet<Kind>> = BTreeMap::new();
        for (child, kind) in pairs {
            kinds.entry(child).or_default().insert(kind);
        }
        let mut counts = BTreeMap::new();
        for kinds in kinds.into_values() {
            *counts.entry(kinds).or_insert(0) += 1;
        }
        Ok(counts)
    }

    /// The latest day that a current record of each feed is about.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn latest_events(&self) -> Result<BTreeMap<String, Date>, StoreError> {
        let mut tx = self.read("find the latest events").await?;
        let rows = tx
            .all(
                "select feed, max(event_date) from record where state = 'current' group by feed",
                [],
                |row| Ok((row.text(0)?, row.parsed(1)?)),
            )
            .await?;
        Ok(rows.into_iter().collect())
    }

    /// The school records of every child that has a notice, ordered by child, census and record.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn school_facts(&self) -> Result<Vec<SchoolFact>, StoreError> {
        let mut tx = self.read("read the school records").await?;
        let mut facts = tx
            .all(
                "select l.child_id, r.record_id, r.received_date, r.payload
                   from link l join record r on r.record_id = l.record_id
                  where r.kind = 'school-census' and r.state = 'current' and l.child_id in
                    (select n.child_id from link n join record s on s.record_id = n.record_id
                      where s.kind = 'section23' and s.state = 'current')
                  order by l.child_id, r.record_id",
                [],
                |row| {
                    let Payload::SchoolCensus(school) = json(&row.text(3)?)? else {
                        return Err(StoreError::Corrupt {
                            what: "a payload of another kind",
                        });
                    };
                    Ok(SchoolFact {
                        child_id: child(row.blob(0)?)?,
                        record_id: RecordId(row.bytes(1)?),
                        census: school.census,
                        census_date: school.census_date,
                        received_date: row.parsed(2)?,
                        school: school.school,
                        nc_year: school.nc_year,
                        on_roll: school.on_roll,
                        enrol_status: school.enrol_status,
                        sen_provision: school.sen_provision,
                        needs: school.needs,
                    })
                },
            )
            .await?;
        facts.sort_by_key(|fact| (fact.child_id, fact.census, fact.record_id));
        Ok(facts)
    }

    /// Which censuses are loaded, by authority.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn censuses_loaded(&self) -> Result<Vec<CensusLoaded>, StoreError> {
        let mut tx = self.read("read which censuses are loaded").await?;
        let mut found: BTreeMap<(Census, String), (BTreeSet<String>, u64)> = BTreeMap::new();
        tx.each(
            "select payload from record where kind = 'school-census' and state = 'current'",
            [],
            |row| {
                let Payload::SchoolCensus(school) = json(&row.text(0)?)? else {
                    return Err(StoreError::Corrupt {
                        what: "a payload of another kind",
                    });
                };
                let la_code = school.school.get(..3).unwrap_or_default().to_owned();
                let (schools, records) = found.entry((school.census, la_code)).or_default();
                schools.insert(school.school);
                *records += 1;
                Ok(())
            },
        )
        .await?;
        Ok(found
            .into_iter()
            .map(|((census, la_code), (schools, records))| CensusLoaded {
                census,
                la_code,
                schools: schools.len() as u64,
                records,
            })
            .collect())
    }
}

/// The kinds besides notices that a child has records of.
async fn other_kinds(tx: &mut Tx) -> Result<BTreeMap<ChildId, BTreeSet<Kind>>, StoreError> {
    let mut kinds: BTreeMap<ChildId, BTreeSet<Kind>> = BTreeMap::new();
    tx.each(
        "select distinct l.child_id, r.kind from link l join record r on r.record_id = l.record_id
          where r.kind <> 'section23' and r.state = 'current' and l.child_id in
            (select n.child_id from link n join record s on s.record_id = n.record_id
              where s.kind = 'section23' and s.state = 'current')",
        [],
        |row| {
            kinds
                .entry(child(row.blob(0)?)?)
                .or_default()
                .insert(row.parsed(1)?);
            Ok(())
        },
    )
    .await?;
    Ok(kinds)
}

fn notice(row: &Row, column: usize) -> Result<Option<Section23Notice>, StoreError> {
    match row
        .optional_text(column)?
        .map(|payload| json(&payload))
        .transpose()?
    {
        Some(Payload::Section23(notice)) => Ok(Some(notice)),
        Some(_) => Err(StoreError::Corrupt {
            what: "a payload of another kind",
        }),
        None => Ok(None),
    }
}

fn child(bytes: Vec<u8>) -> Result<ChildId, StoreError> {
    bytes.try_into().map(ChildId).map_err(|_| StoreError::Corrupt {
        what: "an id of another length",
    })
}
