//! What health visiting tells: reviews at 2 to 2½ years with their ASQ-3 scores, and the contacts that are none.

use jiff::civil::Date;
use records::Sex;

use crate::{
    bodies,
    calendar::{month_start, plus_days, plus_months},
    development::{Asq3, asq3, form},
    dice::{Dice, Purpose},
    family::{Families, Person},
    maternity::reference,
    needs::Level,
    stated::{Stated, bias, ethnic_category, stated},
    submissions::{Submission, Window},
};

/// All that health visiting tells.
#[derive(Debug, Default)]
pub(crate) struct Contacts {
    pub(crate) contacts: Vec<Contact>,
}

/// One contact with a child.
#[derive(Debug)]
pub(crate) struct Contact {
    /// The service, as a place in [`bodies::BODIES`].
    pub(crate) body: usize,
    /// What the truth calls the child.
    pub(crate) person: String,
    /// The service's references of contact and child.
    pub(crate) reference: String,
    pub(crate) child_reference: String,
    pub(crate) on: Date,
    pub(crate) what: What,
    pub(crate) sex: Sex,
    pub(crate) ethnic_category: &'static str,
    /// The mother's number, where it is told.
    pub(crate) mother_nhs_number: String,
    pub(crate) first: Said,
    /// What is told later, where it is something else.
    pub(crate) later: Option<Said>,
    /// The primary need of the child, where it was known by then.
    pub(crate) need: Option<&'static str>,
    /// Since when the child has a child protection plan.
    pub(crate) protected_since: Option<Date>,
    /// Whether nobody wrote down what was done.
    pub(crate) untyped: bool,
    /// Whether the scores hang on the referral, as those do that came by post.
    pub(crate) scores_on_referral: bool,
    /// Whether it comes with the refresh alone.
    pub(crate) late: bool,
    /// Whether it is taken back.
    pub(crate) withdrawn: bool,
}

/// What is told of a contact that can be told wrongly.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(crate) child: Stated,
    pub(crate) asq3: Option<Asq3>,
}

/// What a contact was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A review at 2 to 2½ years.
    Review {
        /// Whether it was done together with the nursery.
        integrated: bool,
        /// Months of the form and total of ASQ:SE, where that was used.
        asq_se: Option<(u8, u16)>,
    },
    /// An appointment for one that nobody came to.
    Missed,
    /// Something else: the code of the activity.
    Other(&'static str),
}

/// One time that a list tells of a contact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry<'a> {
    pub(crate) sent: Date,
    pub(crate) action: &'static str,
    pub(crate) said: &'a Said,
}

impl Contact {
    /// Whether it is a review at 2 to 2½ years.
    pub(crate) fn is_review(&self) -> bool {
        matches!(self.what, What::Review { .. })
    }

    /// The submissions that it is in, as far as they have come, and what each says. What is taken back is in the
    /// refresh no more. Of months before the deliveries began the refresh alone was handed over.
    pub(crate) fn submissions(&self, families: &Families<'_>) -> impl Iterator<Item = (Submission, &Said)> {
        let (as_at, first) = (families.last, first_submission(families));
        let recent =
            Submission::of(self.on, Window::Primary) >= Submission::of(families.recent_from, Window::Primary);
        let primary = (!self.late && recent).then_some((Window::Primary, &self.first));
        let refresh =
            (!self.withdrawn).then(|| (Window::Refresh, self.later.as_ref().unwrap_or(&self.first)));
        primary
            .into_iter()
            .chain(refresh)
            .map(|(window, said)| (Submission::of(self.on, window), said))
            .filter(move |(submission, _)| submission.first_day() >= first && submission.has_come(as_at))
    }

    /// The entries of lists that tell of it.
    pub(crate) fn entries(&self, as_at: Date) -> impl Iterator<Item = Entry<'_>> {
        let later = self.later.as_ref();
        let entries = [
            Some((5, "NEW", &self.first)),
            later.map(|said| (25, "UPDATE", said)),
            self.withdrawn
                .then_some((40, "CANCEL", later.unwrap_or(&self.first))),
        ];
        let day_before = plus_days(as_at, -1);
        entries
            .into_iter()
            .flatten()
            .map(|(days, action, said)| Entry {
                sent: plus_days(self.on, days),
                action,
                said,
            })
            .filter(move |entry| entry.sent < day_before)
    }

    /// How many records of a review there are of it.
    pub(crate) fn records(&self, families: &Families<'_>) -> u64 {
        match self.body {
            _ if !self.is_review() => 0,
            SUBMITS => self.submissions(families).count() as u64,
            _ => self.entries(families.last).count() as u64,
        }
    }
}

/// The first month that submissions are about: that in which the first child who is followed can be reviewed.
pub(crate) fn first_submission(families: &Families<'_>) -> Date {
    month_start(plus_months(families.followed_from, 23))
}

/// Who sends monthly submissions, and who sends lists, as places in [`bodies::BODIES`].
pub(crate) const SUBMITS: usize = 2;
pub(crate) const LISTS: usize = 3;

/// Ages in days at the review, with shares: from 23 to 30½ months, and a few later.
const AGES: &[((i32, i32), f64)] = &[
    ((705, 730), 0.05),
    ((731, 776), 0.25),
    ((777, 820), 0.25),
    ((821, 867), 0.2),
    ((868, 914), 0.21),
    ((915, 950), 0.04),
];

/// The age in days until which a contact of health visiting that says nothing of what was done is taken for the review.
const LATEST_BY_AGE: i32 = 914;

/// Contacts that are no reviews, by the code of the activity (NHS Data Dictionary, COMMUNITY CARE ACTIVITY TYPE):
/// new birth visit, the reviews at 6 to 8 weeks and at a year, and another of health visiting.
const OTHERS: [(&str, (i32, i32)); 4] = [
    ("08", (10, 14)),
    ("09", (42, 56)),
    ("10", (300, 400)),
    ("12", (500, 1_200)),
];

impl Contacts {
    /// Adds the contacts with a child who is followed. Returns how many records of reviews that makes.
    pub(crate) fn child(&mut self, person: &Person, families: &Families<'_>) -> u64 {
        let before = self.contacts.len();
        // The children whose reviews stand in the first submission were born before others are followed.
        if person.birth >= plus_months(families.followed_from, 23 - 32) {
            self.followed(person, families);
        }
        let added = self.contacts.get(before..).unwrap_or_default();
        added.iter().map(|contact| contact.records(families)).sum()
    }

    fn followed(&mut self, person: &Person, families: &Families<'_>) {
        // Both identities of an adopted child are one child, whom nobody sees twice.
        let subject = person.subject & !1;
        let mut dice = families.seed.dice(subject, Purpose::Contacts);
        let rates = families.rates;
        let reviewed = dice.chance(rates.reviewed) || person.script.followed;
        let (least, most) = dice.weighted(AGES);
        let age = dice.between(least, most);
        let asq_used = dice.chance(rates.asq_used) || person.script.followed;
        let on = plus_days(person.birth, age);
        let form = form(person.birth, on);
        let asq3 = asq3(families.development(person), form, &mut dice);
        let se_used = dice.chance(rates.asq_se_used);
        let se_score = 5 * dice.between(0, 16) as u16;
        let integrated = dice.chance(0.15);
        let missed_first = dice.chance(rates.reviews_missed_first);
        let missed_age = age - dice.between(14, 60);
        if reviewed {
            let what = What::Review {
                integrated,
                asq_se: se_used.then_some((if age < 820 { 24 } else { 30 }, se_score)),
            };
            self.add(person, on, 0, what, asq_used.then_some(asq3), families);
            if missed_first {
                let on = plus_days(person.birth, missed_age);
                self.add(person, on, 1, What::Missed, None, families);
            }
        }
        for ((activity, (least, most)), matter) in OTHERS.into_iter().zip(2..) {
            let happens = dice.chance(rates.other_contacts);
            let on = plus_days(person.birth, dice.between(least, most));
            if happens {
                self.add(person, on, matter, What::Other(activity), None, families);
            }
        }
    }

    fn add(
        &mut self,
        person: &Person,
        on: Date,
        matter: usize,
        what: What,
        asq3: Option<Asq3>,
        families: &Families<'_>,
    ) {
        let (rates, geography) = (families.rates, families.geography);
        let place = person.place(on);
        if on >= families.last || !person.is_known(on) || !geography.is_ours(place) {
            return;
        }
        let mut dice = families
            .seed
            .dice_of(person.subject, matter, Purpose::ContactNoise);
        let bias = bias(person, place, families, families.bias_by_deprivation);
        let mut child = stated(person, on, true, bias, families, &mut dice);
        if person.script.followed {
            child.nhs_number.clone_from(&person.nhs_number);
            child.nhs_number_status = "01";
            child.birth_date = Some(person.birth);
        }
        // A baby's number is traced when it is six weeks old.
        if on < plus_days(person.birth, 42) && child.nhs_number_status == "01" {
            child.nhs_number_status = "08";
        }
        let first = Said { child, asq3 };
        let late = dice.chance(rates.contacts_refreshed_late);
        let body = bodies::health_visiting(geography.position(place));
        let changes = if body == SUBMITS {
            rates.contacts_changed_by_refresh
        } else {
            rates.reviews_corrected
        };
        let is_review = matches!(what, What::Review { .. });
        // Nobody looks again at what was no review.
        let later = (dice.chance(changes) && is_review).then(|| corrected(&first, person, &mut dice));
        let (first, later) = match later {
            // The number came late, rather than being lost.
            Some(said) if dice.chance(0.5) => {
                let mut before = first;
                (before.child.nhs_number, before.child.nhs_number_status) = (String::new(), "07");
                (before, Some(said))
            }
            later => (first, later),
        };
        let untyped = dice.chance(rates.activity_types_missing)
            && on <= plus_days(person.birth, LATEST_BY_AGE)
            && !person.script.followed;
        let told_mother = dice.chance(rates.contacts_with_mothers_number) || person.script.followed;
        self.contacts.push(Contact {
            body,
            person: person.id.clone(),
            reference: reference("C", person.subject << 3 | matter as u64),
            child_reference: reference("L", person.subject),
            on,
            what,
            sex: person.sex,
            ethnic_category: ethnic_category(person.group),
            // Nobody tells the mother before an adoption to those who care for the child after it.
            mother_nhs_number: if told_mother && !person.adopted {
                person.mother_nhs_number.clone()
            } else {
                String::new()
            },
            need: Some(person.needs.primary).filter(|_| {
                person.needs.early && person.needs.level > Level::None && person.needs.opinion <= on
            }),
            protected_since: dice
                .chance(rates.protection_plans)
                .then(|| plus_days(person.birth, dice.between(5, 600)).min(on)),
            untyped,
            scores_on_referral: dice.chance(rates.scores_on_referrals),
            first,
            later,
            late,
            withdrawn: dice.chance(rates.reviews_withdrawn) && is_review && !person.script.followed,
        });
    }
}

/// What a later look at the records puts right: number and birth date, and a total that was added up wrongly.
fn corrected(first: &Said, person: &Person, dice: &mut Dice) -> Said {
    let mut said = first.clone();
    said.child.nhs_number.clone_from(&person.nhs_number);
    said.child.nhs_number_status = "01";
    said.child.birth_date = Some(person.birth);
    if let Some(asq3) = &mut said.asq3 {
        let domain = dice.below(5);
        let score = &mut asq3.scores[domain];
        *score = if *score >= 30 { *score - 5 } else { *score + 5 };
    }
    said
}
