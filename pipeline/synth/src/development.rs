//! How a child develops, and what the form of the 2-2½-year review makes of it.
//!
//! Each child has one latent development, its place among all children at two: 0 the lowest, 1 the highest. Over the
//! lowest fifth it pulls all five domains of ASQ-3 down together; above, the domains vary mostly on their own. That
//! yields what is published: each domain's share at or above expected, four in five children so in all of them, and
//! scores that go together with a correlation of about a half. Domains with the correlation of a normal distribution
//! would not: far more children would be below in one domain only.
//!
//! Needs come first here and development is drawn to fit them, which gives the same joint chances as the other way
//! round and leaves every other feed as it is, whether early signals are on or off.

use jiff::civil::Date;

use crate::{
    calendar::{plus_days, plus_months},
    dice::{Dice, Purpose},
    family::{Families, Person},
    needs::{self, Level},
};

/// Months of the forms of 24, 27 and 30 months, each with the lowest scores that are not below the cut-off, by domain
/// in the order of the form (communication, gross motor, fine motor, problem solving, personal-social): the next
/// multiple of five above the cut-offs that NHS England bands by.
pub(crate) const FORMS: [Form; 3] = [
    (24, [30, 40, 40, 30, 35]),
    (27, [25, 30, 20, 30, 30]),
    (30, [35, 40, 20, 30, 35]),
];

/// Where in each domain's spread the cut-off lies, so that 85.3, 92.8, 92.6, 91.8 and 90.3 children in a hundred are
/// at or above it (OHID, child development outcomes at 2 to 2½ years, England, 2022/23). Found by trying a
/// quarter of a million children; a test tries others.
const CUT_OFFS: [f64; 5] = [-1.71, -2.62, -2.58, -2.44, -2.23];

/// Below this place all domains are pulled down, the further below the more.
const PULLED: f64 = 0.2;

/// How far the lowest child is pulled, in standard deviations of a domain.
const PULL: f64 = 3.7;

/// How much the domains go together otherwise.
const SHARED: f64 = 0.3;

/// How far above the cut-off, in standard deviations, a domain has all sixty points: so near that many have, which
/// makes the scores lean to the left.
const TO_FULL_SCORE: f64 = 2.6;

/// Points for a standard deviation below the cut-off.
const POINTS_BELOW: f64 = 8.0;

/// What the form of a review says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asq3 {
    /// Months of the form.
    pub(crate) months: u8,
    /// Scores by domain in the order of the form, in steps of five from 0 to 60.
    pub(crate) scores: [u8; 5],
}

/// A form: its months, and the lowest scores that are not below its cut-offs.
pub(crate) type Form = (u8, [u8; 5]);

/// The form for the age on a day: that of 24 months up to 25 months and 15 days, that of 27 up to 28 months and 15 days,
/// then that of 30.
pub(crate) fn form(birth: Date, on: Date) -> Form {
    let [of_24, of_27, of_30] = FORMS;
    let until = |months| plus_days(plus_months(birth, months), 15);
    if on <= until(25) {
        of_24
    } else if on <= until(28) {
        of_27
    } else {
        of_30
    }
}

/// What a child of this development scores.
pub(crate) fn asq3(development: f64, (months, expected): Form, dice: &mut Dice) -> Asq3 {
    let pull = if development < PULLED {
        PULL * (PULLED - development) / PULLED
    } else {
        0.0
    };
    let mut scores = [0; 5];
    for ((score, expected), cut_off) in scores.iter_mut().zip(expected).zip(CUT_OFFS) {
        let above = SHARED * (development - 0.5) - pull + dice.normal() - cut_off;
        // Half a step below the lowest score that is expected, which is where rounding parts them.
        let boundary = f64::from(expected) - 2.5;
        let points = if above < 0.0 {
            boundary + POINTS_BELOW * above
        } else {
            boundary + (62.0 - boundary) * above / TO_FULL_SCORE
        };
        *score = 5 * ((points / 5.0 + 0.5).floor().clamp(0.0, 12.0) as u8);
    }
    Asq3 { months, scores }
}

impl Families<'_> {
    /// A child's development. With early signals a share of children with needs stand as low as their needs are
    /// grave; without, nobody's development says anything about needs.
    pub(crate) fn development(&self, person: &Person) -> f64 {
        // Both identities of an adopted child are one child.
        let mut dice = self.seed.dice(person.subject & !1, Purpose::Development);
        let (any, by_needs) = (dice.share(), dice.share());
        let foretold = dice.chance(self.rates.early_signal);
        if !(self.early_signals && foretold) {
            return any;
        }
        let plan = over_both_sexes(self.rates.plan_boys, self.rates.plan_girls);
        let support = over_both_sexes(self.rates.support_boys, self.rates.support_girls);
        let (early_plan, early_support) = (
            plan * needs::share_early(Level::Plan),
            support * needs::share_early(Level::Support),
        );
        // The gravest lowest.
        let shares = [
            (Level::Plan, true, early_plan),
            (Level::Support, true, early_support),
            (Level::Plan, false, plan - early_plan),
            (Level::Support, false, support - early_support),
        ];
        let mut lower = 0.0;
        for (level, early, share) in shares {
            if (level, early) == (person.needs.level, person.needs.early) {
                return lower + share * by_needs;
            }
            lower += share;
        }
        lower + (1.0 - lower) * by_needs
    }
}

fn over_both_sexes(boys: f64, girls: f64) -> f64 {
    0.512 * boys + 0.488 * girls
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::dice::Seed;

    const CHILDREN: u64 = 60_000;

    /// Scores of children of every development, on one form.
    fn scores(form: Form) -> Vec<[u8; 5]> {
        let scores = (0..CHILDREN).map(|child| {
            let mut dice = Seed::new(77).dice(child, Purpose::Development);
            let development = dice.share();
            asq3(development, form, &mut dice).scores
        });
        scores.collect()
    }

    /// A figure of a domain.
    fn mean(scores: &[[u8; 5]], of: impl Fn(&[u8; 5]) -> f64) -> f64 {
        scores.iter().map(of).sum::<f64>() / scores.len() as f64
    }

    #[test]
    fn shares_at_or_above_expected_are_those_of_2022_to_2023() {
        for form in FORMS {
            let (scores, (months, expected)) = (scores(form), form);
            let share =
                |passes: &dyn Fn(&[u8; 5]) -> bool| mean(&scores, |score| f64::from(u8::from(passes(score))));
            for (domain, published) in [0.853, 0.928, 0.926, 0.918, 0.903].into_iter().enumerate() {
                let found = share(&|score| score[domain] >= expected[domain]);
                assert!(
                    (found - published).abs() < 0.006,
                    "domain {domain} at {months} months: {found}"
                );
            }
            // 79.2 in 2022/23, 81.4 in 2024/25.
            let all = share(&|score| {
                score
                    .iter()
                    .zip(expected)
                    .all(|(score, expected)| *score >= expected)
            });
            assert!((0.79..0.81).contains(&all), "all five at {months} months: {all}");
        }
    }

    #[test]
    fn domains_go_together_and_lean_to_the_left() {
        let scores = scores(FORMS[1]);
        let moments: Vec<(f64, f64, f64)> = (0..5)
            .map(|domain| {
                let average = mean(&scores, |score| f64::from(score[domain]));
                let central = |power| mean(&scores, |score| (f64::from(score[domain]) - average).powi(power));
                let deviation = central(2).sqrt();
                (average, deviation, central(3) / deviation.powi(3))
            })
            .collect();
        for (one, (average, deviation, skew)) in moments.iter().enumerate() {
            assert!(*skew < -0.5, "domain {one} leans by {skew}");
            for (other, (others, others_deviation, _)) in moments.iter().enumerate().skip(one + 1) {
                let covariance = mean(&scores, |score| {
                    (f64::from(score[one]) - average) * (f64::from(score[other]) - others)
                });
                let correlation = covariance / deviation / others_deviation;
                assert!(
                    (0.42..0.66).contains(&correlation),
                    "domains {one} and {other}: {correlation}"
                );
            }
        }
        assert!(
            scores
                .iter()
                .flatten()
                .all(|score| score % 5 == 0 && *score <= 60)
        );
    }

    #[test]
    fn the_form_goes_by_age() {
        let birth = date(2023, 1, 10);
        let form = |on| super::form(birth, on).0;
        assert_eq!((form(date(2025, 2, 25)), form(date(2025, 2, 26))), (24, 27));
        assert_eq!((form(date(2025, 5, 25)), form(date(2025, 5, 26))), (27, 30));
    }

    #[test]
    fn the_lowest_scores_that_pass_are_those_next_to_the_cut_offs() {
        // NHS England's cut-offs, which stand with the codes of the forms.
        let cut_offs = [
            [25.17, 38.07, 35.16, 29.78, 31.54],
            [24.02, 28.01, 18.42, 27.62, 25.31],
            [33.30, 36.14, 19.25, 27.08, 32.01],
        ];
        for ((_, lowest), cut_offs) in FORMS.into_iter().zip(cut_offs) {
            for (lowest, cut_off) in lowest.into_iter().zip(cut_offs) {
                assert!(f64::from(lowest) >= cut_off && f64::from(lowest) - 5.0 < cut_off);
            }
        }
    }
}
