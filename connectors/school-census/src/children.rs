//! What belongs to a pupil in rows of its own: needs, addresses, periods of free school meals.

use jiff::civil::Date;
use kit::{Values, codes::CodeList, people::Home};
use records::{Census, Term, finding::Effect, payload::SchoolNeed};

use crate::rules;

/// The last rank that a school can mean; extracts carry up to ten.
const LAST_RANK: u8 = 99;

/// A need as the school ranked it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Need {
    /// None where the rank could not be read: after all others.
    pub(crate) rank: Option<u8>,
    /// The dataset's code.
    pub(crate) need: String,
}

/// An address: what is kept of it.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// Its place among the pupil's addresses.
    pub(crate) order: i64,
    /// Where it is.
    pub(crate) home: Home,
    /// Whether it has a property reference.
    pub(crate) has_uprn: bool,
}

/// A period of eligibility for free school meals.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meals {
    start: Option<Date>,
    end: Option<Date>,
}

/// The rows of one pupil.
#[derive(Debug, Default)]
pub(crate) struct Children<'a> {
    pub(crate) needs: Vec<&'a Need>,
    /// None where the delivery holds no such table.
    pub(crate) addresses: Option<Vec<&'a Address>>,
    /// None where the delivery holds no such table: then nothing is known.
    pub(crate) meals: Option<Vec<Meals>>,
}

/// Reads a row of needs; none where it names none.
pub(crate) fn need(values: &mut Values<'_>, list: &CodeList, census: Option<Census>) -> Option<Need> {
    if values.is_blank("need") {
        values.note("need", &kit::rules::EXPECTED_VALUE, Effect::QuarantinedRow);
        return None;
    }
    let code = values.code("need")?;
    let need = match list.find(&code) {
        Some((name, known)) => {
            report_legacy(values, "need", known, census);
            known.means.as_deref().unwrap_or(name).to_owned()
        }
        None => code,
    };
    let rank = values
        .raw("rank")
        .and_then(|rank| rank.strip_suffix(".0").unwrap_or(&rank).parse().ok());
    let rank = rank.filter(|rank| (1..=LAST_RANK).contains(rank));
    if rank.is_none() {
        values.note("rank", &rules::BAD_RANK, Effect::Accepted);
    }
    Some(Need { rank, need })
}

/// Reads a row of addresses.
pub(crate) fn address(values: &mut Values<'_>) -> Address {
    Address {
        order: values.integer("order").unwrap_or(i64::MAX),
        home: Home::read(values, "postcode"),
        has_uprn: values.raw("uprn").is_some(),
    }
}

/// Reads a row of periods of free school meals; none where the period cannot be.
pub(crate) fn meals(values: &mut Values<'_>) -> Option<Meals> {
    let period = Meals {
        start: values.date("start_date"),
        end: values.date("end_date"),
    };
    // An end that cannot be read does not leave the period open.
    if period.end.is_none() && !values.is_blank("end_date") {
        return None;
    }
    if matches!(period, Meals { start: Some(start), end: Some(end) } if end < start) {
        values.note("end_date", &rules::MEALS_ORDER, Effect::BlankedValue);
        return None;
    }
    Some(period)
}

impl Meals {
    /// Whether the period is open on a day.
    pub(crate) fn covers(self, day: Date) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

/// Notes a code that was given up before this census.
pub(crate) fn report_legacy(
    values: &mut Values<'_>,
    field: &str,
    code: &kit::codes::Code,
    census: Option<Census>,
) {
    if let (Some(census), Some(until)) = (census, code.until)
        && until < census
    {
        values.note(field, &kit::rules::LEGACY_CODE, Effect::Accepted);
    }
}

/// The needs of a pupil in the order of their ranks, each with a rank of its own; what is wrong with them is noted
/// at the pupil's provision.
pub(crate) fn ranked(
    values: &mut Values<'_>,
    needs: &[&Need],
    provision: Option<&str>,
    census: Census,
) -> Vec<SchoolNeed> {
    if census.term != Term::Spring {
        if !needs.is_empty() {
            values.note("sen_provision", &rules::NEEDS_OUT_OF_TERM, Effect::BlankedValue);
        }
        return Vec::new();
    }
    match provision {
        Some("K" | "E") if needs.is_empty() => {
            values.note("sen_provision", &rules::NO_NEEDS, Effect::Accepted);
        }
        Some("N") if !needs.is_empty() => {
            values.note("sen_provision", &rules::NEEDS_WITHOUT_PROVISION, Effect::Accepted);
        }
        Some("E") if needs.iter().any(|need| need.need == "NSA") => {
            values.note("sen_provision", &rules::NO_ASSESSMENT_WITH_PLAN, Effect::Accepted);
        }
        _ => {}
    }
    let mut sorted = needs.to_vec();
    sorted.sort_by_key(|need| (need.rank.is_none(), need.rank, &need.need));
    if sorted
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.rank.is_some() && a.rank == b.rank))
    {
        values.note("sen_provision", &rules::DOUBLE_RANK, Effect::Accepted);
    }
    let mut ranked: Vec<SchoolNeed> = Vec::new();
    for need in sorted {
        if ranked.iter().any(|earlier| earlier.need == need.need) {
            values.note("sen_provision", &rules::DOUBLE_NEED, Effect::BlankedValue);
            continue;
        }
        // Ranks run out after two hundred different needs, of which there are fourteen.
        let Some(after) = ranked
            .last()
            .map_or(Some(1), |earlier| earlier.rank.checked_add(1))
        else {
            break;
        };
        let rank = need.rank.unwrap_or(0).max(after);
        ranked.push(SchoolNeed {
            rank,
            need: need.need.clone(),
        });
    }
    ranked
}
