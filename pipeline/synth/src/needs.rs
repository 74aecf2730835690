//! Needs: what a child has, when it shows, and what the school does about it.

use jiff::civil::Date;
use records::Sex;

use crate::{
    calendar::{cohort, plus_days, reception, year_start},
    dice::Dice,
    rates::Rates,
};

/// What a child's needs come to lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    None,
    Support,
    Plan,
}

/// A child's needs, from birth on, though nobody may know yet.
#[derive(Clone, Debug)]
pub(crate) struct Needs {
    pub(crate) level: Level,
    /// DfE SEN type.
    pub(crate) primary: &'static str,
    pub(crate) secondary: Option<&'static str>,
    /// Whether they show before school.
    pub(crate) early: bool,
    /// The day on which a health professional would form the opinion that there are needs.
    pub(crate) opinion: Date,
    support_from: Option<Date>,
    support_until: Option<Date>,
    plan_from: Option<Date>,
}

/// Primary needs of pupils with a plan (DfE, special educational needs, January 2025), each with the share of cases
/// that show before school.
const OF_PLANS: &[((&str, f64), f64)] = &[
    (("ASD", 0.6), 31.5),
    (("SLCN", 0.7), 21.3),
    (("SEMH", 0.15), 20.7),
    (("MLD", 0.3), 10.6),
    (("SLD", 0.9), 4.0),
    (("PD", 0.9), 3.9),
    (("SPLD", 0.02), 2.3),
    (("HI", 0.9), 1.4),
    (("PMLD", 0.95), 1.3),
    (("OTH", 0.3), 1.2),
    (("VI", 0.9), 0.8),
    (("DS", 0.97), 0.7),
    (("MSI", 0.9), 0.3),
];

/// Primary needs of pupils with SEN support: speech and language first, then much that shows at school only.
const OF_SUPPORT: &[((&str, f64), f64)] = &[
    (("SLCN", 0.7), 33.0),
    (("SEMH", 0.12), 20.0),
    (("SPLD", 0.02), 14.0),
    (("MLD", 0.2), 13.0),
    (("ASD", 0.5), 9.0),
    (("OTH", 0.2), 4.0),
    (("NSA", 0.2), 3.0),
    (("PD", 0.8), 2.0),
    (("HI", 0.9), 1.4),
    (("VI", 0.9), 0.7),
];

/// Needs that are known within the first year of life.
const KNOWN_FROM_BIRTH: [&str; 6] = ["DS", "PD", "PMLD", "HI", "VI", "MSI"];

/// The share of those who come to this level whose needs show before school.
pub(crate) fn share_early(level: Level) -> f64 {
    let needs = match level {
        Level::Plan => OF_PLANS,
        Level::Support => OF_SUPPORT,
        Level::None => return 1.0,
    };
    let all: f64 = needs.iter().map(|(_, weight)| weight).sum();
    needs
        .iter()
        .map(|((_, early), weight)| early * weight)
        .sum::<f64>()
        / all
}

impl Needs {
    /// The needs of somebody who has none.
    pub(crate) fn none(birth: Date) -> Self {
        Needs {
            level: Level::None,
            primary: "NSA",
            secondary: None,
            early: false,
            opinion: birth,
            support_from: None,
            support_until: None,
            plan_from: None,
        }
    }

    pub(crate) fn draw(birth: Date, sex: Sex, decile: u8, rates: &Rates, dice: &mut Dice) -> Self {
        let (support, plan) = match sex {
            Sex::F => (rates.support_girls, rates.plan_girls),
            Sex::M | Sex::U => (rates.support_boys, rates.plan_boys),
        };
        // From a third more in the most deprived tenth to a third fewer in the least.
        let deprivation = 1.33 - 0.074 * f64::from(decile - 1);
        let level = dice.weighted(&[
            (Level::Plan, plan * deprivation),
            (Level::Support, support * deprivation),
            (Level::None, (1.0 - (plan + support) * deprivation).max(0.0)),
        ]);
        let (primary, early) = dice.weighted(if level == Level::Plan {
            OF_PLANS
        } else {
            OF_SUPPORT
        });
        let early = dice.chance(if level == Level::None { 1.0 } else { early });
        let (secondary, _) = dice.weighted(OF_SUPPORT);
        let secondary = (dice.chance(0.3) && secondary != primary && secondary != "NSA").then_some(secondary);
        let opinion = if KNOWN_FROM_BIRTH.contains(&primary) {
            plus_days(birth, dice.between(3, 420))
        } else {
            // Most come to a head between the review at two and the start of school.
            plus_days(birth, (dice.between(330, 1_660) + dice.between(330, 1_660)) / 2)
        };
        let school = year_start(reception(cohort(birth)));
        let (support_from, plan_from) = if early {
            let known = opinion.max(plus_days(birth, 900));
            (
                plus_days(known, dice.between(60, 300)),
                plus_days(known, dice.between(250, 1_300)),
            )
        } else {
            let noticed = plus_days(school, dice.between(30, 1_500));
            (noticed, plus_days(noticed, dice.between(300, 900)))
        };
        let recovers = level == Level::Support && dice.chance(0.15);
        let support_until = recovers.then(|| plus_days(support_from, dice.between(400, 1_000)));
        Needs {
            level,
            primary,
            secondary,
            early,
            opinion,
            support_from: (level != Level::None).then_some(support_from),
            support_until,
            plan_from: (level == Level::Plan).then_some(plan_from),
        }
    }

    /// The provision that a school records on a day: `N`, `K` or `E`.
    pub(crate) fn provision(&self, on: Date) -> &'static str {
        let begun = |from: Option<Date>| from.is_some_and(|from| from <= on);
        if begun(self.plan_from) {
            "E"
        } else if begun(self.support_from) && !begun(self.support_until) {
            "K"
        } else {
            "N"
        }
    }

    /// When a plan is or will be made.
    pub(crate) fn plan_from(&self) -> Option<Date> {
        self.plan_from
    }

    /// Whether a mainstream school would find it hard.
    pub(crate) fn is_severe(&self) -> bool {
        self.level == Level::Plan && matches!(self.primary, "SLD" | "PMLD" | "ASD" | "MSI" | "DS")
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::dice::{Purpose, Seed};

    #[test]
    fn needs_are_about_as_frequent_as_in_england() {
        let rates = Rates::default();
        let (mut support, mut plans, mut notified) = (0, 0, 0.0);
        for child in 0..20_000 {
            let mut dice = Seed::new(5).dice(child, Purpose::Needs);
            let sex = if child % 2 == 0 { Sex::M } else { Sex::F };
            let needs = Needs::draw(date(2016, 3, 4), sex, (child % 10) as u8 + 1, &rates, &mut dice);
            // Year 4.
            match needs.provision(date(2025, 1, 16)) {
                "K" => support += 1,
                "E" => plans += 1,
                _ => {}
            }
            notified += match needs.level {
                Level::Plan if needs.early => rates.notified_of_plan,
                Level::Support if needs.early => rates.notified_of_support,
                _ => rates.notified_of_none,
            };
        }
        assert!((2_300..3_500).contains(&support), "{support}");
        assert!((850..1_250).contains(&plans), "{plans}");
        assert!(
            (700.0..1_100.0).contains(&notified),
            "{notified}: 35 to 55 in 1,000 births"
        );
    }
}
