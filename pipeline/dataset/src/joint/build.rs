//! The rows of the joint dataset, made from the vault child by child.

use std::collections::BTreeMap;

use jiff::civil::Date;
use records::{Area, EthnicGroup, Month, Payload, Profile, SchoolRecord, Section23Notice, Sex};

use super::{CHILD, LINK, SCHOOL_NEED, SCHOOL_RECORD, SECTION23_NOTICE, digest::WEIGHT_UNITS};
use crate::{
    StoreError, hex,
    sql::{Row, Value},
};

/// Records with their links, in the order of child and record.
pub(crate) const JOINED: &str = "
    select l.child_id, l.record_id, r.feed, r.kind, r.provider, r.event_date, r.received_date,
           r.profile, r.payload, l.tier, l.weight, l.linked_on
      from link l join record r on r.record_id = l.record_id
     where r.state = 'current' order by l.child_id, l.record_id";

/// A record of a child, as it stands in the vault.
pub(crate) struct Joined {
    child_id: [u8; 16],
    record_id: [u8; 16],
    feed: String,
    kind: String,
    provider: String,
    event_date: Date,
    received_date: Date,
    profile: Profile,
    payload: Payload,
    tier: String,
    weight: Option<i64>,
    linked_on: String,
}

impl Joined {
    /// Reads a row of [`JOINED`].
    pub(crate) fn read(row: &Row) -> Result<Self, StoreError> {
        Ok(Joined {
            child_id: row.bytes(0)?,
            record_id: row.bytes(1)?,
            feed: row.text(2)?,
            kind: row.text(3)?,
            provider: row.text(4)?,
            event_date: row.parsed(5)?,
            received_date: row.parsed(6)?,
            profile: json(&row.text(7)?)?,
            payload: json(&row.text(8)?)?,
            tier: row.text(9)?,
            weight: row.optional_integer(10)?,
            linked_on: row.text(11)?,
        })
    }
}

/// Reads back what was stored as JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    // The error of the parser quotes the text.
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "stored JSON" })
}

/// Collects rows by table. Records must come in the order of their children.
#[derive(Default)]
pub(crate) struct Builder {
    open: Option<OpenChild>,
    rows: BTreeMap<&'static str, Vec<Vec<Value>>>,
    records: usize,
}

/// A child whose records are still coming.
struct OpenChild {
    child_id: [u8; 16],
    birth_month: Latest<Month>,
    sex: Latest<Sex>,
    ethnic_group: Latest<EthnicGroup>,
    area: Latest<Area>,
}

/// The value of the latest record that holds one.
struct Latest<T>(Option<(Date, [u8; 16], T)>);

impl<T> Latest<T> {
    fn offer(&mut self, day: Date, record: [u8; 16], value: Option<T>) {
        let Some(value) = value else { return };
        if self
            .0
            .as_ref()
            .is_none_or(|(held_day, held_record, _)| (day, record) > (*held_day, *held_record))
        {
            self.0 = Some((day, record, value));
        }
    }

    fn value(self) -> Option<T> {
        self.0.map(|(_, _, value)| value)
    }
}

impl Builder {
    /// Takes a record.
    pub(crate) fn add(&mut self, joined: Joined) {
        if self
            .open
            .as_ref()
            .is_some_and(|open| open.child_id != joined.child_id)
        {
            self.close();
        }
        let open = self.open.get_or_insert(OpenChild {
            child_id: joined.child_id,
            birth_month: Latest(None),
            sex: Latest(None),
            ethnic_group: Latest(None),
            area: Latest(None),
        });
        let (day, record, profile) = (joined.event_date, joined.record_id, &joined.profile);
        open.birth_month.offer(day, record, profile.birth_month);
        open.sex
            .offer(day, record, (profile.sex != Sex::U).then_some(profile.sex));
        open.ethnic_group.offer(day, record, profile.ethnic_group);
        open.area.offer(
            day,
            record,
            (profile.area != Area::default()).then(|| profile.area.clone()),
        );
        self.records += 1;
        self.add_link(&joined);
        match &joined.payload {
            Payload::Section23(notice) => self.add_notice(&joined, notice),
            Payload::Pregnancy(_) | Payload::Birth(_) | Payload::TwoYearReview(_) => {}
            Payload::SchoolCensus(school) => self.add_school(&joined, school),
        }
    }

    /// How many records were added since rows were taken.
    pub(crate) fn records(&self) -> usize {
        self.records
    }

    /// Ends the last child.
    pub(crate) fn finish(&mut self) {
        self.close();
    }

    /// The rows so far, by table; forgets them.
    pub(crate) fn take(&mut self) -> BTreeMap<&'static str, Vec<Vec<Value>>> {
        self.records = 0;
        std::mem::take(&mut self.rows)
    }

    fn push(&mut self, table: &'static str, row: Vec<Value>) {
        self.rows.entry(table).or_default().push(row);
    }

    fn close(&mut self) {
        let Some(open) = self.open.take() else { return };
        let area = open.area.value().unwrap_or_default();
        let row = vec![
            id(open.child_id),
            open.birth_month.value().map(|month| month.to_string()).into(),
            open.sex.value().unwrap_or_default().as_str().into(),
            open.ethnic_group
                .value()
                .map(|group| group.as_str().to_owned())
                .into(),
            area.la_code.into(),
            area.district.into(),
            area.ward.into(),
            area.lsoa.into(),
            area.imd_decile.map(i64::from).into(),
            false.into(),
        ];
        self.push(CHILD.name, row);
    }

    fn add_link(&mut self, joined: &Joined) {
        let row = vec![
            id(joined.record_id),
            joined.feed.as_str().into(),
            joined.kind.as_str().into(),
            joined.provider.as_str().into(),
            id(joined.child_id),
            joined.tier.as_str().into(),
            // A weight fits 32 bits, so that its value in bits is exact.
            #[expect(clippy::cast_precision_loss, reason = "exact, as said above")]
            Value::Real(joined.weight.map(|units| units as f64 / WEIGHT_UNITS)),
            joined.linked_on.as_str().into(),
        ];
        self.push(LINK.name, row);
    }

    fn add_notice(&mut self, joined: &Joined, notice: &Section23Notice) {
        let row = vec![
            id(joined.record_id),
            id(joined.child_id),
            joined.provider.as_str().into(),
            notice.opinion_date.into(),
            date(notice.parent_informed_date),
            date(notice.sent_date),
            joined.received_date.into(),
            notice.category.as_str().into(),
            notice.primary_need.clone().into(),
            notice.secondary_need.clone().into(),
            notice.notifier_role.clone().into(),
            notice.statutory_duty.into(),
            notice.action.as_str().into(),
            notice.notifier_org.as_str().into(),
            notice.delivering_org.clone().into(),
            notice.limb.as_str().into(),
            notice.notice_kind.as_str().into(),
            date(notice.discussion_offered_date),
        ];
        self.push(SECTION23_NOTICE.name, row);
    }

    fn add_school(&mut self, joined: &Joined, school: &SchoolRecord) {
        let row = vec![
            id(joined.record_id),
            id(joined.child_id),
            school.census.to_string().into(),
            school.census_date.into(),
            school.school.as_str().into(),
            school.nc_year.clone().into(),
            school.on_roll.into(),
            school.enrol_status.clone().into(),
            school.sen_provision.clone().into(),
            flag(school.sen_unit),
            flag(school.resourced_provision),
            flag(school.fsm),
            school.first_language.clone().into(),
            joined.received_date.into(),
        ];
        self.push(SCHOOL_RECORD.name, row);
        // The rank is the key: of two needs that a return ranks alike, the first by code stays.
        let mut needs = BTreeMap::new();
        for need in &school.needs {
            let held = needs.entry(need.rank).or_insert(need.need.as_str());
            *held = (*held).min(need.need.as_str());
        }
        for (rank, need) in needs {
            self.push(
                SCHOOL_NEED.name,
                vec![id(joined.record_id), i64::from(rank).into(), need.into()],
            );
        }
    }
}

fn id(bytes: [u8; 16]) -> Value {
    hex::encode(&bytes).into()
}

fn date(day: Option<Date>) -> Value {
    Value::Text(day.map(|day| day.to_string()))
}

fn flag(value: Option<bool>) -> Value {
    Value::Integer(value.map(i64::from))
}
