//! The header of a return: which census, which school, and which attempt.

use jiff::civil::{Date, DateTime, Time};
use kit::{Reading, Values};
use records::{Census, Version, finding::Effect};

use crate::{names::NameFacts, rules};

/// How far the reference date may lie from the day that the guide sets. Schools with other term dates move it by
/// up to two weeks.
const REFERENCE_DATE_TOLERANCE_DAYS: i32 = 21;

/// Ranges in which the DfE gives out establishment numbers: nursery, primary and middle, secondary, special,
/// academies and independent schools, pupil referral units.
const SCHOOL_NUMBERS: [std::ops::RangeInclusive<u16>; 10] = [
    1000..=1099,
    1100..=1150,
    1800..=1899,
    2000..=3999,
    4000..=4999,
    5200..=5299,
    5400..=5499,
    5900..=5999,
    6000..=6999,
    7000..=7999,
];

/// What the header of a return says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Return {
    /// Which census.
    pub(crate) census: Census,
    /// The reference date.
    pub(crate) census_date: Date,
    /// LAESTAB, seven digits.
    pub(crate) school: String,
    /// When it was made, its serial number in the milliseconds.
    made: DateTime,
}

impl Return {
    /// Which version of a pupil's record this return makes. A pupil may stand both on the roll and off it, having
    /// left and come back: the row on the roll is the later one.
    pub(crate) fn version(&self, on_roll: bool) -> Version {
        let after = jiff::Span::new().microseconds(i64::from(on_roll));
        Version::at(self.made.saturating_add(after))
    }

    /// Which of two returns under one key is the later.
    pub(crate) fn order(&self) -> (Census, DateTime, &str) {
        (self.census, self.made, &self.school)
    }

    /// The scope of a snapshot of this school alone.
    pub(crate) fn scope(&self) -> String {
        format!("{}/{}", self.census, self.school)
    }
}

/// Reads a header row. None where census or school cannot be told: what is wrong has then been noted, as costing
/// the row.
pub(crate) fn read(values: &mut Values<'_>, reading: &Reading<'_>, named: &NameFacts) -> Option<Return> {
    if let Some(collection) = values.raw("collection")
        && !collection.eq_ignore_ascii_case("SC")
    {
        values.note("collection", &rules::OTHER_COLLECTION, Effect::Accepted);
    }
    let census = census(values);
    let school = school(values, reading.provider);
    let (Some(census), Some(school)) = (census, school) else {
        if census.is_none() {
            values.note("term", &rules::NO_CENSUS, Effect::QuarantinedRow);
        }
        return None;
    };
    if named.term.is_some_and(|term| term != census.term)
        || named.year.is_some_and(|year| year != census.year)
    {
        values.note("term", &rules::OTHER_CENSUS_IN_NAME, Effect::Accepted);
    }
    let census_date = census_date(values, census);
    if census_date > reading.as_at {
        values.note("reference_date", &rules::FUTURE_CENSUS, Effect::RefusedDelivery);
    }
    let made = match values.moment("sent_at") {
        Some(moment) => moment.ordered,
        None => {
            values.note("sent_at", &rules::NO_TIME, Effect::Accepted);
            census_date.to_datetime(Time::midnight())
        }
    };
    let serial = values.integer("serial_number").unwrap_or(0);
    Some(Return {
        census,
        census_date,
        school,
        made: with_serial(made, serial),
    })
}

/// The return that a file's name tells of, for one without a header; none where the name does not say.
pub(crate) fn from_name(named: &NameFacts) -> Option<Return> {
    let census = Census::new(named.year?, named.term?)?;
    let census_date = census.day();
    Some(Return {
        census,
        census_date,
        school: named.school.clone()?,
        made: with_serial(
            census_date.to_datetime(Time::midnight()),
            named.serial.unwrap_or(0),
        ),
    })
}

fn census(values: &mut Values<'_>) -> Option<Census> {
    let term = values.code("term").and_then(|code| crate::names::term(&code));
    let year = values.integer("year").and_then(|year| i16::try_from(year).ok());
    Census::new(year?, term?)
}

fn census_date(values: &mut Values<'_>, census: Census) -> Date {
    let Some(date) = values.date("reference_date") else {
        values.note("reference_date", &rules::NO_REFERENCE_DATE, Effect::Accepted);
        return census.day();
    };
    let away = date
        .since((jiff::Unit::Day, census.day()))
        .map_or(i32::MAX, |span| span.get_days());
    if away.abs() > REFERENCE_DATE_TOLERANCE_DAYS {
        values.note("reference_date", &rules::ODD_REFERENCE_DATE, Effect::Accepted);
    }
    date
}

fn school(values: &mut Values<'_>, provider: &str) -> Option<String> {
    let (Some(la), Some(number)) = (values.text("la"), values.text("school_number")) else {
        values.note("school_number", &rules::NO_SCHOOL, Effect::QuarantinedRow);
        return None;
    };
    let odd = number
        .parse()
        .is_ok_and(|number: u16| !SCHOOL_NUMBERS.iter().any(|range| range.contains(&number)));
    if odd {
        values.note("school_number", &rules::ODD_SCHOOL, Effect::Accepted);
    }
    // A provider that is not an authority (a trust of academies, say) sends schools of several.
    let is_authority = provider.len() == 3 && provider.bytes().all(|byte| byte.is_ascii_digit());
    if is_authority && la != provider {
        values.note("la", &rules::OTHER_AUTHORITY, Effect::Accepted);
    }
    Some(format!("{la}{number}"))
}

/// Headers count attempts up to 999 and time them to the second, so the serial number fits in the milliseconds.
fn with_serial(made: DateTime, serial: i64) -> DateTime {
    made.saturating_add(jiff::Span::new().milliseconds(serial.clamp(0, 999)))
}
