//! The rows of the joint dataset, made from the vault record by record; of each child what its records say.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use linkage::RecordId;
use records::{
    Area, AsqBand, Birth, EthnicGroup, Month, Payload, PregnancyNotification, PregnancyOutcome, Profile,
    SchoolRecord, Section23Notice, Sex, TwoYearReview,
};

use super::{
    BIRTH, CHILD, LINK, PREGNANCY_CHILD, PREGNANCY_NOTIFICATION, REVIEW_NEED, SCHOOL_NEED, SCHOOL_RECORD,
    SECTION23_NOTICE, TWO_YEAR_REVIEW,
    digest::WEIGHT_UNITS,
    standing::{Linked, Standing},
};
use crate::{StoreError, births::Births, hex, sql::Value};

/// Reads back what was stored as JSON.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    // The error of the parser quotes the text.
    serde_json::from_str(text).map_err(|_| StoreError::Corrupt { what: "stored JSON" })
}

/// Collects rows by table, and what is known of each child.
pub(crate) struct Builder {
    /// The births on record, which tell how pregnancies ended.
    births: Births,
    children: BTreeMap<[u8; 16], KnownChild>,
    rows: BTreeMap<&'static str, Vec<Vec<Value>>>,
}

/// A child whose records are still coming.
#[derive(Default)]
struct KnownChild {
    born: Born,
    birth_month: Latest<Month>,
    sex: Latest<Sex>,
    ethnic_group: Latest<EthnicGroup>,
    area: Latest<Area>,
    /// What notifications of its pregnancy say of the mother's address.
    mothers_area: Latest<Area>,
    /// The month of its birth, where a notification says so.
    outcome_month: Latest<Month>,
}

/// Whether a child is born: the records about it say so, one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Born(bool);

impl Born {
    /// Hears what a record says that the child is linked with.
    pub(crate) fn hear(&mut self, payload: &Payload) {
        self.0 |= match payload {
            Payload::Pregnancy(pregnancy) => pregnancy.outcome == Some(PregnancyOutcome::LiveBirth),
            Payload::Birth(_)
            | Payload::Section23(_)
            | Payload::TwoYearReview(_)
            | Payload::SchoolCensus(_) => true,
        };
    }

    /// Whether only notifications of its pregnancy were heard, and none says that it was born.
    pub(crate) fn is_expected(self) -> bool {
        !self.0
    }
}

/// The value of the latest record that holds one.
struct Latest<T>(Option<(Date, [u8; 16], T)>);

impl<T> Default for Latest<T> {
    fn default() -> Self {
        Latest(None)
    }
}

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
    /// A builder that has heard of no record.
    pub(crate) fn new(births: Births) -> Self {
        Builder {
            births,
            children: BTreeMap::new(),
            rows: BTreeMap::new(),
        }
    }

    /// Hears what the profile of a record says of the children that it is linked with.
    pub(crate) fn hear_profile(
        &mut self,
        standing: &Standing,
        links: &[Linked],
        profile: &str,
    ) -> Result<(), StoreError> {
        let profile: Profile = json(profile)?;
        let (day, record) = (standing.event_date, standing.record_id);
        for link in links {
            let known = self.children.entry(link.child_id).or_default();
            let area = (profile.area != Area::default()).then(|| profile.area.clone());
            if &*standing.about == "pregnancy" {
                known.mothers_area.offer(day, record, area);
                continue;
            }
            known.birth_month.offer(day, record, profile.birth_month);
            known
                .sex
                .offer(day, record, (profile.sex != Sex::U).then_some(profile.sex));
            known.ethnic_group.offer(day, record, profile.ethnic_group);
            known.area.offer(day, record, area);
        }
        Ok(())
    }

    /// Takes a record with its links and its payload; by record id, which is the order of the tables that they go into.
    pub(crate) fn add(
        &mut self,
        standing: &Standing,
        links: &[Linked],
        payload: &str,
    ) -> Result<(), StoreError> {
        let mut payload: Payload = json(payload)?;
        for link in links {
            let child = link.child_id;
            self.add_link(standing, link);
            let known = self.children.entry(child).or_default();
            known.born.hear(&payload);
            match &payload {
                // The notification itself stands once, whatever number of children it has.
                Payload::Pregnancy(pregnancy) => {
                    let born = pregnancy.outcome == Some(PregnancyOutcome::LiveBirth);
                    let month = pregnancy.outcome_month.filter(|_| born);
                    known
                        .outcome_month
                        .offer(standing.event_date, standing.record_id, month);
                    let row = vec![id(standing.record_id), id(child)];
                    self.push(PREGNANCY_CHILD.name, row);
                }
                Payload::Birth(birth) => self.add_birth(standing, Some(child), birth),
                Payload::Section23(notice) => self.add_notice(standing, child, notice),
                Payload::TwoYearReview(review) => self.add_review(standing, child, review),
                Payload::SchoolCensus(school) => self.add_school(standing, child, school),
            }
        }
        match &mut payload {
            Payload::Pregnancy(pregnancy) => {
                self.births.settle(RecordId(standing.record_id), pregnancy);
                self.add_pregnancy(standing, pregnancy);
            }
            // Of a birth that was not live there is no child.
            Payload::Birth(birth) if &*standing.about != "child" => self.add_birth(standing, None, birth),
            _ => {}
        }
        Ok(())
    }

    /// Makes the rows of the children, once all records have come.
    pub(crate) fn finish(&mut self) {
        for (child_id, known) in std::mem::take(&mut self.children) {
            self.add_child(child_id, known);
        }
    }

    /// The rows so far, by table; forgets them.
    pub(crate) fn take(&mut self) -> BTreeMap<&'static str, Vec<Vec<Value>>> {
        std::mem::take(&mut self.rows)
    }

    fn push(&mut self, table: &'static str, row: Vec<Value>) {
        self.rows.entry(table).or_default().push(row);
    }

    fn add_child(&mut self, child_id: [u8; 16], known: KnownChild) {
        let area = known
            .area
            .value()
            .or(known.mothers_area.value())
            .unwrap_or_default();
        let birth_month = known.birth_month.value().or(known.outcome_month.value());
        let row = vec![
            id(child_id),
            month(birth_month),
            known.sex.value().unwrap_or_default().as_str().into(),
            known
                .ethnic_group
                .value()
                .map(|group| group.as_str().to_owned())
                .into(),
            area.la_code.into(),
            area.district.into(),
            area.ward.into(),
            area.lsoa.into(),
            area.imd_decile.map(i64::from).into(),
            known.born.is_expected().into(),
        ];
        self.push(CHILD.name, row);
    }

    fn add_link(&mut self, standing: &Standing, link: &Linked) {
        let row = vec![
            id(standing.record_id),
            (&*standing.feed).into(),
            (&*standing.kind).into(),
            (&*standing.provider).into(),
            id(link.child_id),
            (&*link.tier).into(),
            // A weight fits 32 bits, so that its value in bits is exact.
            #[expect(clippy::cast_precision_loss, reason = "exact, as said above")]
            Value::Real(link.weight.map(|units| units as f64 / WEIGHT_UNITS)),
            link.linked_on.into(),
        ];
        self.push(LINK.name, row);
    }

    fn add_pregnancy(&mut self, standing: &Standing, pregnancy: &PregnancyNotification) {
        let row = vec![
            id(standing.record_id),
            mother(standing),
            (&*standing.provider).into(),
            date(pregnancy.notified_date),
            standing.received_date.into(),
            date(pregnancy.booking_date),
            month(pregnancy.edd_month),
            number(pregnancy.gestation_weeks_at_booking),
            number(pregnancy.fetus_count),
            outcome(pregnancy.outcome),
            month(pregnancy.outcome_month),
            flag(pregnancy.complex_social_factors),
        ];
        self.push(PREGNANCY_NOTIFICATION.name, row);
    }

    fn add_birth(&mut self, standing: &Standing, child: Option<[u8; 16]>, birth: &Birth) {
        let row = vec![
            id(standing.record_id),
            Value::Text(child.map(|child| hex::encode(&child))),
            mother(standing),
            (&*standing.provider).into(),
            month(Some(Month::of(standing.event_date))),
            outcome(birth.outcome),
            number(birth.birth_order),
            number(birth.gestation_weeks),
            standing.received_date.into(),
        ];
        self.push(BIRTH.name, row);
    }

    fn add_notice(&mut self, standing: &Standing, child: [u8; 16], notice: &Section23Notice) {
        let row = vec![
            id(standing.record_id),
            id(child),
            (&*standing.provider).into(),
            notice.opinion_date.into(),
            date(notice.parent_informed_date),
            date(notice.sent_date),
            standing.received_date.into(),
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

    fn add_review(&mut self, standing: &Standing, child: [u8; 16], review: &TwoYearReview) {
        let asq = review.asq3.unwrap_or_default();
        let mut row = vec![
            id(standing.record_id),
            id(child),
            (&*standing.provider).into(),
            review.review_date.into(),
            number(review.age_months),
            flag(review.integrated),
            number(asq.interval_months),
        ];
        row.extend(asq.domains().map(|domain| number(domain.score)));
        row.push(number(asq.below_expected_domains()));
        row.extend(
            asq.domains()
                .map(|domain| domain.band.map(|band| AsqBand::as_str(band).to_owned()).into()),
        );
        row.push(number(review.asq_se_interval_months));
        // A total of over 30 questions of at most 15 points fits; what does not fit was no total.
        row.push(number(
            review.asq_se_score.and_then(|score| i16::try_from(score).ok()),
        ));
        row.push(standing.received_date.into());
        self.push(TWO_YEAR_REVIEW.name, row);
        for need in review.needs.iter().collect::<BTreeSet<_>>() {
            self.push(
                REVIEW_NEED.name,
                vec![id(standing.record_id), need.as_str().into()],
            );
        }
    }

    fn add_school(&mut self, standing: &Standing, child: [u8; 16], school: &SchoolRecord) {
        let row = vec![
            id(standing.record_id),
            id(child),
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
            standing.received_date.into(),
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
                vec![id(standing.record_id), i64::from(rank).into(), need.into()],
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

fn month(month: Option<Month>) -> Value {
    Value::Text(month.map(|month| month.to_string()))
}

fn number<N: Into<i64>>(value: Option<N>) -> Value {
    Value::Integer(value.map(N::into))
}

fn outcome(outcome: Option<PregnancyOutcome>) -> Value {
    Value::Text(outcome.map(|outcome| outcome.as_str().to_owned()))
}

fn mother(standing: &Standing) -> Value {
    Value::Text(standing.mother_id.map(|mother| hex::encode(&mother)))
}

fn flag(value: Option<bool>) -> Value {
    Value::Integer(value.map(i64::from))
}
