//! Which contacts and assessments of a patient are reviews.

use std::collections::BTreeMap;

use jiff::{Unit, civil::Date};
use kit::{Sink, report::at, table_set::HeldRow};
use records::{Location, Rule, finding::Effect};

use super::{ActivityKind, Answer, Around, Family, Referral, Seeing, Tables, Team};
use crate::{asq::Meaning, rules};

/// Days of age at which a contact without a type counts as the review: national analyses of the data set.
const WINDOW: std::ops::RangeInclusive<i32> = 691..=914;

/// How a review was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum By {
    /// By the type of an activity.
    Type,
    /// By the child's age.
    Age,
    /// By an assessment that hangs on the referral.
    Assessment,
}

impl By {
    /// The word for it in the dataset.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            By::Type => "activity-type",
            By::Age => "age",
            By::Assessment => "assessment",
        }
    }
}

/// A review.
pub(super) struct Found<'f> {
    pub(super) by: By,
    pub(super) date: Date,
    pub(super) referral: &'f Referral,
    /// None where it is an assessment without a contact.
    pub(super) contact: Option<&'f Seeing>,
    /// Scores that hang on the referral and are of the same day.
    pub(super) assessed: Vec<HeldRow<Answer>>,
}

/// What is found of one patient.
#[derive(Default)]
pub(super) struct Reviews<'f> {
    pub(super) found: Vec<Found<'f>>,
    /// Contacts that were meant as reviews and cannot be loaded.
    pub(super) kept_out: Vec<&'f Seeing>,
    /// Rows of scores on referrals that cannot be loaded.
    pub(super) scores_kept_out: u64,
}

/// What a contact looks like.
enum Looks {
    Typed,
    /// A contact of health visiting of which no activity has a type.
    Untyped,
    Nothing,
}

impl Tables {
    /// Finds the reviews of a patient born on `birth`.
    pub(super) fn find<'f>(
        &self,
        family: &'f Family,
        birth: Option<Date>,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> Reviews<'f> {
        let mut reviews = Reviews::default();
        let mut untyped: Vec<Found<'f>> = Vec::new();
        for referral in &family.referrals {
            for contact in &referral.contacts {
                let looks = self.looks(referral, contact, birth, sink);
                if matches!(looks, Looks::Nothing) {
                    continue;
                }
                let Some(says) = &contact.row.says else { continue };
                let typed = matches!(looks, Looks::Typed);
                if says.attended.is_none() && typed {
                    self.note_contact(
                        &rules::NO_ATTENDANCE,
                        Effect::QuarantinedRow,
                        contact,
                        "attendance",
                        sink,
                    );
                    reviews.kept_out.push(contact);
                    continue;
                }
                if says.attended != Some(true) {
                    continue;
                }
                let date = match says.date {
                    Some(date) if date <= around.reading.as_at => date,
                    missing => {
                        let rule = match missing {
                            Some(_) => &rules::FUTURE_REVIEW,
                            None => &rules::NO_CONTACT_DATE,
                        };
                        if typed {
                            self.note_contact(rule, Effect::QuarantinedRow, contact, "contact_date", sink);
                            reviews.kept_out.push(contact);
                        }
                        continue;
                    }
                };
                let found = Found {
                    by: if typed { By::Type } else { By::Age },
                    date,
                    referral,
                    contact: Some(contact),
                    assessed: Vec::new(),
                };
                if typed {
                    reviews.found.push(found);
                } else if birth.is_some_and(|birth| is_in_window(birth, date)) {
                    untyped.push(found);
                }
            }
        }
        self.one_a_day(&mut reviews.found, sink);
        // The age says that a contact may be the review; a contact that says so itself is believed.
        if reviews.found.is_empty()
            && let Some(first) = untyped.into_iter().min_by(|a, b| {
                let key = |found: &Found<'_>| (found.date, found.contact.map(id));
                key(a).cmp(&key(b))
            })
        {
            if let Some(contact) = first.contact {
                self.note_contact(&rules::BY_AGE, Effect::Accepted, contact, "contact_date", sink);
            }
            reviews.found.push(first);
        }
        for referral in &family.referrals {
            self.find_assessments(referral, birth, around, &mut reviews, sink);
        }
        reviews.found.sort_by(|a, b| {
            let key = |found: &Found<'_>| (found.date, found.contact.map(id), found.referral.id.clone());
            key(a).cmp(&key(b))
        });
        reviews
    }

    fn looks(
        &self,
        referral: &Referral,
        contact: &Seeing,
        birth: Option<Date>,
        sink: &mut dyn Sink,
    ) -> Looks {
        let Some(says) = &contact.row.says else {
            return Looks::Nothing;
        };
        let kinds = || {
            contact
                .activities
                .iter()
                .filter_map(|row| Some((row, row.says.as_ref()?.kind)))
        };
        let team = is_health_visiting(&referral.teams, says.team.as_deref());
        if kinds().any(|(_, kind)| kind == ActivityKind::Review) {
            // The type names health visitors; a team whose type is not known does not say otherwise.
            if team == Some(false) {
                self.note_contact(&rules::OTHER_TEAM, Effect::Accepted, contact, "team_id", sink);
                return Looks::Nothing;
            }
            return Looks::Typed;
        }
        let at_age = match (birth, says.date) {
            (Some(birth), Some(date)) => is_in_window(birth, date),
            _ => false,
        };
        if team != Some(true) || says.attended != Some(true) || !at_age {
            return Looks::Nothing;
        }
        for (row, _) in kinds().filter(|(_, kind)| *kind == ActivityKind::Unknown) {
            let place = self.activities.place(row, "activity_type");
            sink.finding(at(&rules::UNKNOWN_ACTIVITY, Effect::Accepted, place));
        }
        if kinds().all(|(_, kind)| kind == ActivityKind::Blank) {
            Looks::Untyped
        } else {
            Looks::Nothing
        }
    }

    /// Of several reviews on one day the one with most scores stands.
    fn one_a_day(&self, found: &mut Vec<Found<'_>>, sink: &mut dyn Sink) {
        found.sort_by_key(|found| {
            let scores = found.contact.map_or(0, |contact| contact.scores.len());
            (found.date, std::cmp::Reverse(scores), found.contact.map(id))
        });
        let mut day = None;
        found.retain(|found| {
            if day.replace(found.date) != Some(found.date) {
                return true;
            }
            if let Some(contact) = found.contact {
                self.note_contact(&rules::SAME_DAY, Effect::Accepted, contact, "contact_date", sink);
            }
            false
        });
    }

    /// Gives the scores that hang on a referral to the review of the same day, or makes a review of them.
    fn find_assessments<'f>(
        &self,
        referral: &'f Referral,
        birth: Option<Date>,
        around: Around<'_>,
        reviews: &mut Reviews<'f>,
        sink: &mut dyn Sink,
    ) {
        let mut by_day: BTreeMap<Date, Vec<HeldRow<Answer>>> = BTreeMap::new();
        for row in &referral.scores {
            let Some(answer) = row.says else { continue };
            let Some(day) = answer.completed else {
                if self.is_of_review(&answer, None, birth, around) {
                    let place = self.referral_scores.place(row, "completed");
                    sink.finding(at(&rules::NO_CONTACT_DATE, Effect::QuarantinedRow, place));
                    reviews.scores_kept_out += 1;
                }
                continue;
            };
            by_day.entry(day).or_default().push(*row);
        }
        for (day, rows) in by_day {
            let same = |found: &&mut Found<'_>| found.date == day && found.referral.id == referral.id;
            if let Some(found) = reviews.found.iter_mut().find(same) {
                found.assessed = rows;
                continue;
            }
            let of_review = |row: &HeldRow<Answer>| {
                row.says
                    .is_some_and(|answer| self.is_of_review(&answer, Some(day), birth, around))
            };
            // A team of something else, say speech therapy, assesses for reasons of its own.
            let team = is_health_visiting(&referral.teams, None);
            if team == Some(false) || !rows.iter().any(of_review) {
                continue;
            }
            if day > around.reading.as_at {
                for row in &rows {
                    let place = self.referral_scores.place(row, "completed");
                    sink.finding(at(&rules::FUTURE_REVIEW, Effect::QuarantinedRow, place));
                }
                reviews.scores_kept_out += rows.len() as u64;
                continue;
            }
            reviews.found.push(Found {
                by: By::Assessment,
                date: day,
                referral,
                contact: None,
                assessed: rows,
            });
        }
    }

    /// Whether a score that hangs on a referral is one of this review: its form is, or the child is of the age for it.
    fn is_of_review(
        &self,
        answer: &Answer,
        day: Option<Date>,
        birth: Option<Date>,
        around: Around<'_>,
    ) -> bool {
        let Some(meaning) = answer.meaning else {
            return false;
        };
        if matches!(meaning, Meaning::Asq3 { months, .. } if around.lists.asq.is_banded(months)) {
            return true;
        }
        matches!((birth, day), (Some(birth), Some(day)) if is_in_window(birth, day))
    }

    fn note_contact(
        &self,
        rule: &'static Rule,
        effect: Effect,
        contact: &Seeing,
        field: &str,
        sink: &mut dyn Sink,
    ) {
        sink.finding(at(rule, effect, self.place_of(contact, field)));
    }

    /// Where a field of a contact stands.
    pub(super) fn place_of(&self, contact: &Seeing, field: &str) -> Location {
        self.contacts.place(&contact.row, field)
    }
}

/// Whether a contact is one of health visiting: by its own team where the referral names it, else by whether any team of
/// the referral is. None where no team has a type.
fn is_health_visiting(teams: &[Team], own: Option<&str>) -> Option<bool> {
    let own_team = teams
        .iter()
        .find(|team| own.is_some() && team.id.as_deref() == own)
        .and_then(|team| team.is_health_visiting);
    own_team.or_else(|| teams.iter().filter_map(|team| team.is_health_visiting).max())
}

fn is_in_window(birth: Date, day: Date) -> bool {
    birth
        .until((Unit::Day, day))
        .is_ok_and(|age| WINDOW.contains(&age.get_days()))
}

fn id(contact: &Seeing) -> Box<str> {
    contact
        .row
        .says
        .as_ref()
        .map(|contact| contact.id.clone())
        .unwrap_or_default()
}
