//! One pupil of one return: who it is, and what the return says.

use std::sync::Arc;

use identity::{BirthDate, BusinessKey, Held, Identity, Name, People, Uln, Upn};
use jiff::civil::Date;
use kit::{
    Incoming, Values,
    codes::{self, CodeList},
    mappings::MappingError,
    people,
    table_set::Seen,
};
use records::{Payload, Record, SchoolRecord, Sex, dates::academic_year, finding::Effect, record::State};

use crate::{
    children::{self, Children},
    header::Return,
    rules,
};

/// The code lists that decide what is stored.
pub(crate) struct Lists {
    sex: Arc<CodeList>,
    ethnicity: Arc<CodeList>,
    provision: Arc<CodeList>,
    /// Types of need.
    pub(crate) need: Arc<CodeList>,
}

impl Lists {
    /// The lists that the program carries.
    ///
    /// # Errors
    /// Where one is missing.
    pub(crate) fn load() -> Result<Self, MappingError> {
        Ok(Lists {
            sex: codes::list("sex")?,
            ethnicity: codes::list("ethnic-dfe")?,
            provision: codes::list("sen-provision")?,
            need: codes::list("sen-types")?,
        })
    }
}

/// What a pupil's row is read with.
pub(crate) struct Surroundings<'a> {
    /// The return that it stands in.
    pub(crate) of: &'a Return,
    /// Whether the pupil is on the roll.
    pub(crate) on_roll: bool,
    /// The scope of the snapshot.
    pub(crate) scope: &'a str,
    /// The code lists.
    pub(crate) lists: &'a Lists,
}

/// Reads a pupil. None where nothing tells the pupil from others: that has then been noted, as costing the row.
/// The rows that it was made from are for the caller to fill in.
pub(crate) fn read(
    values: &mut Values<'_>,
    children: &Children<'_>,
    around: &Surroundings<'_>,
    upns: &mut Seen,
) -> Option<Incoming> {
    let Surroundings { of, on_roll, .. } = *around;
    report_blanks(values, on_roll);
    let mut child = identity(values, of.census_date);
    add_addresses(values, &mut child, children);
    if on_roll {
        report_upn(values, &child, of, upns);
    }
    let Some(key) = business_key(&child, of) else {
        values.note("upn", &rules::NOBODY, Effect::QuarantinedRow);
        return None;
    };
    report_dates(values, child.birth_date.valid().map(BirthDate::date), of, on_roll);

    let sen_provision = values.code("sen_provision");
    if let Some((_, code)) = sen_provision
        .as_deref()
        .and_then(|code| around.lists.provision.find(code))
    {
        children::report_legacy(values, "sen_provision", code, Some(of.census));
    }
    let needs = if on_roll {
        children::ranked(values, &children.needs, sen_provision.as_deref(), of.census)
    } else {
        Vec::new()
    };
    let sex = values
        .code("sex")
        .map_or(Sex::U, |code| around.lists.sex.sex(&code));
    let ethnic_group = values
        .code("ethnicity")
        .and_then(|code| around.lists.ethnicity.ethnic_group(&code));
    let payload = SchoolRecord {
        census: of.census,
        census_date: of.census_date,
        school: of.school.clone(),
        nc_year: values.code("nc_year"),
        on_roll,
        enrol_status: values.code("enrol_status"),
        sen_provision,
        sen_unit: values.flag("sen_unit"),
        resourced_provision: values.flag("resourced_provision"),
        fsm: children
            .meals
            .as_ref()
            .filter(|_| on_roll)
            .map(|periods| periods.iter().any(|period| period.covers(of.census_date))),
        first_language: language(values),
        needs,
    };
    Some(Incoming {
        people: People {
            child: Some(child),
            ..People::default()
        },
        key,
        reference: None,
        location: values.location(),
        record: Record {
            version: of.version(on_roll),
            state: State::Current(Box::new(Payload::SchoolCensus(payload))),
            event_date: of.census_date,
            received_date: None,
            sex,
            ethnic_group,
            scope: Some(around.scope.to_owned()),
        },
        rows: Vec::new(),
        replaces: Vec::new(),
    })
}

/// Fields whose blank is a finding, on the roll and off it. A UPN has a rule of its own.
const EXPECTED: [&str; 4] = ["surname", "forename", "birth_date", "sex"];
const EXPECTED_ON_ROLL: [&str; 2] = ["enrol_status", "sen_provision"];

fn report_blanks(values: &mut Values<'_>, on_roll: bool) {
    let on_roll = EXPECTED_ON_ROLL.iter().filter(|_| on_roll);
    for field in EXPECTED.iter().chain(on_roll) {
        if values.is_blank(field) {
            values.note(field, &kit::rules::EXPECTED_VALUE, Effect::Accepted);
        }
    }
}

fn identity(values: &mut Values<'_>, census_date: Date) -> Identity {
    let former_upn = values.identifier("former_upn", Upn::parse);
    Identity {
        upn: values.identifier("upn", Upn::parse),
        former_upns: former_upn.valid().cloned().into_iter().collect(),
        uln: values.identifier("uln", Uln::parse),
        forename: people::name(values, "forename"),
        other_forenames: people::names(values, &["middle_names"]),
        surname: people::name(values, "surname"),
        other_surnames: people::names(values, &["preferred_surname", "former_surname"]),
        birth_date: people::birth_date(values, "birth_date", census_date, &rules::FUTURE_BIRTH),
        ..Identity::default()
    }
}

/// The first address is the home; the others may still agree with another record's.
fn add_addresses(values: &mut Values<'_>, child: &mut Identity, children: &Children<'_>) {
    let Some(addresses) = &children.addresses else {
        return;
    };
    let mut addresses = addresses.clone();
    addresses.sort_by_key(|address| (address.order, address.home.postcode.valid()));
    if !addresses
        .iter()
        .any(|address| address.has_uprn || address.home.postcode != Held::Absent)
    {
        values.note("postcode", &rules::NO_ADDRESS, Effect::Accepted);
    }
    let Some((first, others)) = addresses.split_first() else {
        return;
    };
    child.postcode = first.home.postcode.clone();
    child.no_fixed_abode = first.home.no_fixed_abode;
    child.other_postcodes = others
        .iter()
        .filter_map(|address| address.home.postcode.valid().cloned())
        .collect();
}

fn report_upn(values: &mut Values<'_>, child: &Identity, of: &Return, upns: &mut Seen) {
    match &child.upn {
        Held::Absent => values.note("upn", &rules::NO_UPN, Effect::Accepted),
        Held::Valid(upn) if !upns.first(&(of.census, &of.school, upn.expose())) => {
            values.note("upn", &rules::DOUBLE_UPN, Effect::Accepted);
        }
        Held::Valid(_) | Held::Invalid | Held::Placeholder => {}
    }
}

/// What names the record: census, school and UPN, else census, school, names and birth date.
fn business_key(child: &Identity, of: &Return) -> Option<BusinessKey> {
    let census = of.census.to_string();
    if let Some(upn) = child.upn.valid() {
        return Some(BusinessKey::new("upn", &[&census, &of.school, upn.expose()]));
    }
    let birth_date = child.birth_date.valid()?.date().to_string();
    let name = |held: &Held<Name>| held.valid().map_or("", Name::expose).to_owned();
    let (surname, forename) = (name(&child.surname), name(&child.forename));
    if surname.is_empty() && forename.is_empty() {
        return None;
    }
    let parts = [census.as_str(), &of.school, &surname, &forename, &birth_date];
    Some(BusinessKey::new("names-and-birth-date", &parts))
}

/// Ages at which a pupil must attend full-time: DfE school census validation rules.
const FULL_TIME_AGES: std::ops::RangeInclusive<i16> = 5..=15;

/// Age from which hours at a setting are not collected: DfE validation rules 1851 and 1854.
const AGE_WITHOUT_HOURS: i16 = 5;

fn report_dates(values: &mut Values<'_>, birth: Option<Date>, of: &Return, on_roll: bool) {
    let entry = values.date("entry_date");
    let leaving = values.date("leaving_date");
    if entry.is_some_and(|entry| entry > of.census_date) {
        values.note("entry_date", &rules::ENTRY_AFTER_CENSUS, Effect::Accepted);
    }
    if let (Some(entry), Some(birth)) = (entry, birth)
        && entry < birth
    {
        values.note("entry_date", &rules::ENTRY_BEFORE_BIRTH, Effect::Accepted);
    }
    if let (Some(entry), Some(leaving)) = (entry, leaving)
        && leaving < entry
    {
        values.note("leaving_date", &rules::LEFT_BEFORE_ENTRY, Effect::Accepted);
    }
    if !on_roll {
        return;
    }
    let age = birth.map(|birth| age_at_start_of_year(birth, of.census_date));
    let part_time = values.flag("part_time") == Some(true);
    let boards = values.code("boarder").is_some_and(|code| code != "N");
    if part_time && age.is_some_and(|age| FULL_TIME_AGES.contains(&age)) {
        values.note("part_time", &rules::PART_TIME_AGE, Effect::Accepted);
    }
    if part_time && boards {
        values.note("boarder", &rules::PART_TIME_BOARDER, Effect::Accepted);
    }
    if age.is_some_and(|age| age >= AGE_WITHOUT_HOURS) {
        for field in ["hours_at_setting", "funded_hours"] {
            if values
                .raw(field)
                .is_some_and(|hours| !hours.trim_end_matches(['0', '.']).is_empty())
            {
                values.note(field, &rules::HOURS_AGE, Effect::Accepted);
            }
        }
    }
}

/// Age on the 31 August before the academic year of a day.
fn age_at_start_of_year(birth: Date, day: Date) -> i16 {
    let had_birthday = birth.month() <= 8;
    academic_year(day) - birth.year() - i16::from(!had_birthday)
}

/// A language: three or four letters of a list of over three hundred codes that changes from year to year.
fn language(values: &mut Values<'_>) -> Option<String> {
    let code = values.text("first_language")?.to_ascii_uppercase();
    if (3..=4).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(code);
    }
    values.bad("first_language", &kit::rules::BAD_FORM);
    None
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn age_counts_on_the_last_day_of_august() {
        let census = date(2026, 1, 15);
        assert_eq!(age_at_start_of_year(date(2020, 8, 31), census), 5);
        assert_eq!(age_at_start_of_year(date(2020, 9, 1), census), 4);
        assert_eq!(age_at_start_of_year(date(2020, 9, 1), date(2025, 10, 2)), 4);
        assert_eq!(age_at_start_of_year(date(2020, 8, 31), date(2025, 5, 15)), 4);
    }
}
