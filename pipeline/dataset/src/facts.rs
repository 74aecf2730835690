//! What measures are made from: notices, reviews, pregnancies and births with their links, and the school records of
//! children.

mod record;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::civil::Date;
use linkage::{ChildId, RecordId};
use records::{Census, Kind, Payload, payload::SchoolNeed};
use serde::Deserialize;

pub use self::record::{
    BirthFact, Facts, LinkFact, NoticeFact, PregnancyFact, RecordFact, RecordState, ReviewFact,
};

use crate::{
    Store, StoreError,
    gate::Withheld,
    joint::build::{Born, json},
    sql::Tx,
};

/// How many children the current records are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    /// Children who are born, by the kinds of record that each has.
    pub born: BTreeMap<BTreeSet<Kind>, u64>,
    /// Children who are expected.
    pub expected: u64,
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
    /// How many children the current records are about: those who are born by the kinds of record that each has, apart
    /// from those who are expected.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn child_counts(&self) -> Result<ChildCounts, StoreError> {
        let mut tx = self.read("count the children").await?;
        let records = kinds_of_records(&mut tx).await?;
        let mut kinds: HashMap<[u8; 16], BTreeSet<Kind>> = HashMap::new();
        tx.each("select record_id, child_id from link", [], |row| {
            if let Some((kind, true)) = records.get(&row.bytes(0)?) {
                kinds.entry(row.bytes(1)?).or_default().insert(*kind);
            }
            Ok(())
        })
        .await?;
        // Of children of whom only notifications speak, what these say decides.
        let mut born: HashMap<[u8; 16], Born> = HashMap::new();
        tx.each(
            "select l.child_id, c.payload
               from link l join record r on r.record_id = l.record_id join content c on c.id = r.content
              where r.state = 'current' and l.number > 0
                and not exists (select 1 from withheld w where w.record_id = r.record_id) and not exists
                (select 1 from link o where o.child_id = l.child_id and o.number = 0
                    and not exists (select 1 from withheld w where w.record_id = o.record_id))",
            [],
            |row| {
                born.entry(row.bytes(0)?).or_default().hear(&json(&row.text(1)?)?);
                Ok(())
            },
        )
        .await?;
        let mut counts = ChildCounts::default();
        for (child, kinds) in kinds {
            if born.get(&child).is_some_and(|born| born.is_expected()) {
                counts.expected += 1;
            } else {
                *counts.born.entry(kinds).or_insert(0) += 1;
            }
        }
        Ok(counts)
    }

    /// The latest day that a current record of each feed is about; of a birth the first of its month.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn latest_events(&self) -> Result<BTreeMap<String, Date>, StoreError> {
        let mut tx = self.read("find the latest events").await?;
        let rows = tx
            .all(
                "select r.feed, max(r.event_date) from record r
                  where r.state = 'current' and not exists (select 1 from withheld w where w.record_id = r.record_id)
                  group by r.feed",
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
                "select l.child_id, r.record_id, r.received_date, c.payload
                   from link l join record r on r.record_id = l.record_id join content c on c.id = r.content
                  where r.kind = 'school-census' and r.state = 'current'
                    and not exists (select 1 from withheld w where w.record_id = r.record_id) and l.child_id in
                    (select n.child_id from link n join record s on s.record_id = n.record_id
                      where s.kind = 'section23' and s.state = 'current'
                        and not exists (select 1 from withheld w where w.record_id = s.record_id))
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
            "select c.payload from record r join content c on c.id = r.content
              where r.kind = 'school-census' and r.state = 'current'
                and not exists (select 1 from withheld w where w.record_id = r.record_id)",
            [],
            |row| {
                let Attended::SchoolCensus(school) = json(&row.text(0)?)?;
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

/// Of the payload of a school record, which census and school it is from: all are read, and the rest would take longer
/// than this.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Attended {
    SchoolCensus(CensusAndSchool),
}

#[derive(Deserialize)]
struct CensusAndSchool {
    census: Census,
    school: String,
}

/// The kind of every record that is not withheld, and whether it stands; to be joined with what is read of other tables. Looking each record
/// up in the database takes several times as long.
async fn kinds_of_records(tx: &mut Tx) -> Result<HashMap<[u8; 16], (Kind, bool)>, StoreError> {
    let withheld = Withheld::read(tx).await?;
    let mut kinds = HashMap::new();
    tx.each("select record_id, kind, state from record", [], |row| {
        let record = row.bytes(0)?;
        if !withheld.holds(&record) {
            kinds.insert(record, (row.parsed(1)?, row.str(2)? == "current"));
        }
        Ok(())
    })
    .await?;
    Ok(kinds)
}

pub(crate) fn child(bytes: Vec<u8>) -> Result<ChildId, StoreError> {
    bytes.try_into().map(ChildId).map_err(|_| StoreError::Corrupt {
        what: "an id of another length",
    })
}
