//! Section 23 notices: who gives notice of which child, when, and what the notice says.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use records::{EthnicGroup, Sex, dates::compulsory_school_age};

use crate::{
    bodies::{self, BODIES},
    calendar::{days_between, plus_days},
    dice::{Dice, Purpose},
    family::{Families, Person},
    geography::{AUTHORITIES, OURS, Place},
    needs::Level,
    schooling::Schooling,
    stated::{Stated, bias, ethnic_category, stated},
};

/// A row by declared field, in canonical form.
pub(crate) type Row = BTreeMap<&'static str, String>;

/// A notice as it is sent.
#[derive(Debug)]
pub(crate) struct Notice {
    /// Its sender, as a place in [`BODIES`].
    pub(crate) body: usize,
    pub(crate) received: DateTime,
    pub(crate) reference: String,
    pub(crate) person: String,
    pub(crate) row: Row,
}

/// When notices are given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// The day on which the bodies began to give notice this way.
    pub(crate) from: Date,
    pub(crate) as_at: Date,
    pub(crate) bias_by_deprivation: bool,
}

/// Days between the opinion and the day on which notice is sent, with shares: most within four weeks.
const DELAYS: &[((i32, i32), f64)] = &[
    ((0, 6), 0.34),
    ((7, 20), 0.36),
    ((21, 28), 0.16),
    ((29, 90), 0.12),
    ((91, 200), 0.02),
];

/// The notices about one person.
pub(crate) fn notices(
    person: &Person,
    schooling: &Schooling,
    families: &Families<'_>,
    window: Window,
) -> Vec<Notice> {
    let rates = families.rates;
    let mut dice = families.seed.dice(person.subject, Purpose::Notices);
    let share = match (person.needs.level, person.needs.early) {
        (Level::Plan, true) => rates.notified_of_plan,
        (Level::Support, true) => rates.notified_of_support,
        (Level::None, _) => rates.notified_of_none,
        _ => 0.0,
    };
    let notified = dice.chance(share) || person.script.notified;
    let too_late = dice.chance(rates.notified_too_late) || person.script.too_late;
    let again = dice.chance(rates.adopted_notified_again);
    let opinion = match (person.adopted, too_late) {
        // After an adoption, health may see the child anew.
        (true, _) if again => plus_days(person.known_from, dice.between(20, 300)),
        (true, _) => return Vec::new(),
        (false, true) => plus_days(compulsory_school_age(person.birth), dice.between(10, 300)),
        (false, false) => person.needs.opinion,
    };
    if !notified || !person.is_known(opinion) || opinion < window.from {
        return Vec::new();
    }
    if person.adopted && opinion >= compulsory_school_age(person.birth) {
        return Vec::new();
    }
    let sent_here = match person.place(opinion) {
        Place::At(postcode) if families.geography.authority(postcode) != OURS => {
            dice.chance(rates.cross_border_sent_here)
        }
        place => families.geography.is_ours(place),
    };
    if !sent_here {
        return Vec::new();
    }
    let age = days_between(person.birth, opinion);
    let (role, body) = bodies::role(person.needs.primary, age, &mut dice);
    let body = nearer(body, person, opinion, families);
    let context = Context {
        person,
        schooling,
        families,
        window,
    };
    let mut notices = Vec::new();
    let first = Said {
        body,
        role,
        opinion,
        sent: plus_days(opinion, delay(&mut dice)),
        matter: 0,
        action: "NEW",
        replaces: None,
        reference: None,
    };
    context.add(&mut notices, &first);

    let every = person.script.every_action;
    if dice.chance(rates.duplicates) || every {
        let later = plus_days(opinion, dice.between(0, 80));
        let (other_role, other) = bodies::role(person.needs.primary, age, &mut dice);
        let body = if dice.chance(0.4) {
            body
        } else {
            nearer(other, person, opinion, families)
        };
        let duplicate = Said {
            body,
            role: other_role,
            opinion: later,
            sent: plus_days(later, delay(&mut dice)),
            matter: 1,
            ..first.clone()
        };
        context.add(&mut notices, &duplicate);
    }
    if dice.chance(rates.updates) || every {
        let as_new = dice.chance(rates.updates_sent_as_new) && !every;
        let reference = (!as_new).then(|| context.reference(&first));
        let action = if as_new { "NEW" } else { "UPDATE" };
        let sent = plus_days(first.sent, dice.between(14, 200));
        context.add(
            &mut notices,
            &Said {
                sent,
                matter: 2,
                action,
                reference,
                ..first.clone()
            },
        );
    }
    if dice.chance(rates.corrections) || every {
        let replaces = Some(context.reference(&first));
        let sent = plus_days(first.sent, dice.between(2, 60));
        context.add(
            &mut notices,
            &Said {
                sent,
                matter: 3,
                action: "CORRECT",
                replaces,
                ..first.clone()
            },
        );
    }
    if dice.chance(rates.withdrawals) || every {
        // What is taken back is the correction, where there is one.
        let last = notices
            .iter()
            .rev()
            .find(|notice| notice.body == body)
            .map(|notice| notice.reference.clone());
        let sent = plus_days(first.sent, dice.between(201, 300));
        context.add(
            &mut notices,
            &Said {
                sent,
                matter: 4,
                action: "WITHDRAW",
                reference: last,
                ..first.clone()
            },
        );
    }
    notices
}

/// The hospital that is nearer where a hospital is meant.
fn nearer(body: usize, person: &Person, on: Date, families: &Families<'_>) -> usize {
    if body == 0 {
        bodies::hospital(families.geography.position(person.place(on)))
    } else {
        body
    }
}

fn delay(dice: &mut Dice) -> i32 {
    let (low, high) = dice.weighted(DELAYS);
    dice.between(low, high)
}

/// One thing that a body says.
#[derive(Clone)]
struct Said {
    body: usize,
    role: &'static str,
    opinion: Date,
    sent: Date,
    /// Which of the person's notices this is, for the streams of chance.
    matter: usize,
    action: &'static str,
    replaces: Option<String>,
    /// The reference of an earlier notice that this one speaks of.
    reference: Option<String>,
}

struct Context<'a> {
    person: &'a Person,
    schooling: &'a Schooling,
    families: &'a Families<'a>,
    window: Window,
}

impl Context<'_> {
    /// A new reference: the body's letters and a number that does not show in which order children were made.
    fn reference(&self, said: &Said) -> String {
        /// The largest prime below 10^10: multiplying by anything modulo a prime keeps numbers apart.
        const PRIME: u128 = 9_999_999_967;
        const FACTOR: u128 = 3_141_592_653;
        let body = &BODIES[said.body];
        let mut dice = self
            .families
            .seed
            .dice_of(self.person.subject, said.matter, Purpose::NoticeNoise);
        if body.refers_by_number
            && said.matter == 0
            && dice.chance(self.families.rates.references_by_nhs_number)
        {
            return self.person.nhs_number.clone();
        }
        // The subject of a family below 2^20 and the matter, below 10^10 together.
        let number = u128::from(self.person.subject) * 8 + said.matter as u128;
        format!("{}{:010}", body.reference, number * FACTOR % PRIME)
    }

    /// Adds what is said, unless it would come after the as-at date.
    fn add(&self, notices: &mut Vec<Notice>, said: &Said) {
        let Context {
            person,
            families,
            window,
            ..
        } = *self;
        let reference = said.reference.clone().unwrap_or_else(|| self.reference(said));
        // A stream for each notice: the reference has its own draw from the same one, which is why this skips a matter.
        let mut dice = families
            .seed
            .dice_of(person.subject, 8 + said.matter, Purpose::NoticeNoise);
        let sent = said.sent.at(8 + dice.below(10) as i8, dice.below(60) as i8, 0, 0);
        let received = plus_days(said.sent, dice.weighted(&[(0, 0.7), (1, 0.2), (3, 0.1)])).at(
            19,
            dice.below(60) as i8,
            0,
            0,
        );
        if received.date() >= window.as_at || !person.is_known(said.sent) {
            return;
        }
        let place = person.place(said.opinion);
        let bias = bias(person, place, families, window.bias_by_deprivation);
        let body = &BODIES[said.body];
        let mut stated = stated(person, said.opinion, body.from_system, bias, families, &mut dice);
        if said.action == "CORRECT" {
            stated.given_name.clone_from(&person.forename);
            stated.family_name = person.surname(said.opinion).to_owned();
            stated.birth_date = Some(person.birth);
        }
        let row = self.row(said, &reference, &stated, (sent, received), bias, &mut dice);
        notices.push(Notice {
            body: said.body,
            received,
            reference,
            person: person.id.clone(),
            row,
        });
    }

    fn row(
        &self,
        said: &Said,
        reference: &str,
        stated: &Stated,
        (sent, received): (DateTime, DateTime),
        bias: f64,
        dice: &mut Dice,
    ) -> Row {
        let Context { person, families, .. } = *self;
        let rates = families.rates;
        let body = &BODIES[said.body];
        let mut row = Row::new();
        let mut set = |field, value: &str| {
            if !value.is_empty() {
                row.insert(field, value.to_owned());
            }
        };
        let referral = dice.chance(0.25);
        let missing_opinion = dice.chance(rates.incomplete / 2.0);
        let missing_category = dice.chance(rates.incomplete / 2.0);

        set("schema_version", "1.0");
        set("notification_id", reference);
        set("action", said.action);
        set(
            "replaces_notification_id",
            said.replaces.as_deref().unwrap_or_default(),
        );
        set(
            "kind",
            if referral {
                "NOTIFICATION_AND_REFERRAL"
            } else {
                "NOTIFICATION"
            },
        );
        if !missing_opinion {
            set("opinion_date", &said.opinion.to_string());
        }
        let informed = if dice.chance(rates.parent_informed_late) {
            plus_days(said.sent, dice.between(1, 20))
        } else {
            plus_days(
                said.opinion,
                dice.between(0, days_between(said.opinion, said.sent).min(10)),
            )
        };
        if !dice.chance(rates.parent_informed_missing) && informed < self.window.as_at {
            set("parent_informed_date", &informed.to_string());
            set("discussion_offered_date", &informed.to_string());
        }
        set(
            "discussion_held",
            dice.weighted(&[("YES", 0.8), ("DECLINED", 0.08), ("NOT_YET", 0.12)]),
        );
        set(
            "voluntary_org_advised",
            dice.weighted(&[("YES", 0.5), ("NOT_APPLICABLE", 0.3), ("NO", 0.2)]),
        );
        set("sent_at", &moment(sent));
        set("received_at", &moment(received));
        let authority = match person.place(said.opinion) {
            Place::At(postcode) => families.geography.authority(postcode),
            Place::NoFixedAbode | Place::Elsewhere => OURS,
        };
        set("la_gss", AUTHORITIES[authority].ons);

        set("nhs_number", &stated.nhs_number);
        if body.from_system {
            set("nhs_number_status", stated.nhs_number_status);
        }
        set("family_name", &stated.family_name);
        set("given_name", &stated.given_name);
        if dice.chance(0.4) {
            set(
                "other_given_names",
                person.middle_name.as_deref().unwrap_or_default(),
            );
        }
        if dice.chance(0.3) {
            set(
                "previous_family_name",
                person.former_surname(said.opinion).unwrap_or_default(),
            );
        }
        if let Some(birth) = stated.birth_date {
            set("birth_date", &birth.to_string());
        }
        let sex = match person.sex {
            _ if dice.chance(0.004) => "0",
            Sex::M => "1",
            Sex::F => "2",
            Sex::U => "9",
        };
        set("sex", sex);
        if dice.chance(0.7) {
            set(
                "ethnic_category",
                if dice.chance(0.08) {
                    "Z"
                } else {
                    ethnic_category(person.group)
                },
            );
        }
        set(
            "interpreter_needed",
            if person.group != EthnicGroup::WBRI && dice.chance(0.08) {
                "Y"
            } else {
                "N"
            },
        );
        if !stated.postcode.starts_with("ZZ99") {
            set(
                "address_line_1",
                &format!("{} {}", dice.between(1, 180), dice.pick(STREETS)),
            );
        }
        set("postcode", &stated.postcode);
        set("gp_practice_ods", "V81999");
        // A child in a nursery class has a UPN, and now and then somebody asks for it.
        let at_nursery = self
            .schooling
            .enrolments
            .iter()
            .any(|enrolment| enrolment.is_on_roll(said.opinion));
        if at_nursery && dice.chance(0.2) {
            set("upn", self.schooling.upn(said.opinion));
        }
        // Nobody tells the mother before an adoption to those who care for the child after it.
        if dice.chance(if body.from_system { 0.3 } else { 0.05 }) && !person.adopted {
            set("mother_nhs_number", &person.mother_nhs_number);
        }
        set(
            "looked_after",
            if person.adopted && dice.chance(0.3) {
                "Y"
            } else {
                "N"
            },
        );
        set("child_protection_plan", if dice.chance(0.01) { "Y" } else { "N" });
        set(
            "parent_contact_name",
            &format!("{} {}", person.mother_forename, person.mother_surname),
        );
        set("parent_relationship", "MOTHER");
        // Numbers and addresses that are kept for films and examples.
        set("parent_phone", &format!("07700 900{:03}", dice.below(1_000)));
        set(
            "parent_email",
            &format!("parent{:04}@example.org", dice.below(10_000)),
        );

        set(
            "share_for_services",
            dice.weighted(&[("GIVEN", 0.85), ("REFUSED", 0.05), ("NOT_SOUGHT", 0.1)]),
        );
        if referral {
            set(
                "referral_consent",
                dice.weighted(&[("GIVEN", 0.97), ("REFUSED", 0.03)]),
            );
        }
        set(
            "parent_objection",
            if dice.chance(rates.objections) { "Y" } else { "N" },
        );
        set(
            "setting_attends",
            if at_nursery || dice.chance(0.4) {
                "YES"
            } else {
                "NO"
            },
        );
        if at_nursery {
            set("setting_type", "SCHOOL_NURSERY");
        }

        set("limb", if dice.chance(0.6) { "HAS" } else { "PROBABLY_HAS" });
        if !missing_category {
            set(
                "category",
                dice.weighted(&[("SEN", 0.55), ("DISABILITY", 0.15), ("BOTH", 0.3)]),
            );
        }
        if !dice.chance(rates.need_missing * bias) && person.needs.primary != "NSA" {
            set("primary_need", person.needs.primary);
            set("broad_area", broad_area(person.needs.primary));
        }
        set("other_needs", person.needs.secondary.unwrap_or_default());
        set(
            "diagnosis_status",
            dice.weighted(&[
                ("CONFIRMED", 0.3),
                ("SUSPECTED", 0.3),
                ("UNDER_ASSESSMENT", 0.3),
                ("NONE", 0.1),
            ]),
        );
        if dice.chance(rates.formula_text) {
            set("reason_text", "=SUM(A1:A9)");
        } else if dice.chance(0.5) {
            set("diagnosis_text", dice.pick(WORDS));
        }
        set("evidence_attached", if dice.chance(0.4) { "Y" } else { "N" });
        set(
            "services_involved",
            dice.pick(&["HV", "SLT", "PAED", "HV;SLT", "PAED;OT;PT", "HV;PAED", "AUD"]),
        );
        set(
            "ehcp_in_place",
            if person.needs.provision(said.opinion) == "E" {
                "Y"
            } else {
                "N"
            },
        );

        set("notifier_org_ods", body.ods);
        set("notifier_role", said.role);
        set(
            "notifier_practitioner_name",
            dice.pick(&["A Practitioner", "B Practitioner", "C Practitioner"]),
        );
        set(
            "notifier_contact_email",
            &format!("team@{}.example.org", body.ods.to_lowercase()),
        );
        row
    }
}

pub(crate) const STREETS: &[&str] = &[
    "Abbey Walk",
    "Alder Close",
    "Barley Road",
    "Canal Street",
    "Dovecote Lane",
    "Elm Grove",
    "Ferry Road",
    "Garth Way",
    "High Street",
    "Ivy Court",
    "Kiln Lane",
    "Long Meadow",
    "Mill Road",
    "North Parade",
    "Orchard Way",
    "Priory Close",
    "Quay Street",
    "Rectory Road",
    "Station Road",
    "The Green",
    "Upland Drive",
    "Vicarage Lane",
    "Well Street",
];

const WORDS: &[&str] = &[
    "?ASD",
    "GDD",
    "query autism",
    "speech delay",
    "awaiting assessment, see report",
    "Trisomy 21",
    "hearing loss both ears",
];

/// A moment in canonical form. The senders' clocks are not those of London: all files are in UTC.
pub(crate) fn moment(at: DateTime) -> String {
    format!("{}Z", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

/// The broad area of the SEND code of practice that a need belongs to.
fn broad_area(need: &str) -> &'static str {
    match need {
        "ASD" | "SLCN" => "CI",
        "SEMH" => "SEMH",
        "HI" | "VI" | "MSI" | "PD" => "SP",
        _ => "CL",
    }
}
