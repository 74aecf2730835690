//! Pregnancies: those that end in the births of the area, those that end otherwise, and those that have not ended.

use jiff::civil::Date;
use records::PregnancyOutcome;

use crate::{
    calendar::{days_between, plus_days},
    dice::{Dice, Purpose},
    family::{Families, Parents, Person, Stay, child_id},
    geography::Place,
};

/// One pregnancy.
#[derive(Clone, Debug)]
pub(crate) struct Pregnancy {
    /// What the truth calls it.
    pub(crate) id: String,
    /// Whose stream of chance is the pregnancy's.
    pub(crate) subject: u64,
    /// 280 days after the last period.
    pub(crate) due: Date,
    /// The first antenatal appointment.
    pub(crate) booked: Date,
    /// What becomes of each fetus, in the order of birth.
    pub(crate) fetuses: Vec<Fetus>,
    /// The day on which it ends, or on which the mother moves away: perhaps after the as-at date.
    pub(crate) ends: Date,
    /// How.
    pub(crate) outcome: PregnancyOutcome,
    /// Whether the maternity service is bound to tell of it.
    pub(crate) bound: bool,
}

/// One of the fetuses of a pregnancy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fetus {
    /// How it ends for this one.
    pub(crate) outcome: PregnancyOutcome,
    /// The child, once born alive.
    pub(crate) person: Option<String>,
}

impl Pregnancy {
    /// Days of gestation on a day.
    pub(crate) fn days(&self, on: Date) -> i32 {
        TERM + days_between(self.due, on)
    }

    /// Whether it has ended by a day.
    pub(crate) fn has_ended(&self, on: Date) -> bool {
        self.ends <= on
    }
}

/// A pregnancy of a mother who has no child by the as-at date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lone {
    pub(crate) outcome: PregnancyOutcome,
    /// The day on which it ends.
    pub(crate) on: Date,
}

impl Lone {
    /// What every area holds, however small: a loss, a stillbirth, a termination, a move away, and children who are
    /// expected.
    pub(crate) fn always(as_at: Date) -> [Lone; 6] {
        [
            (PregnancyOutcome::Loss, -400),
            (PregnancyOutcome::Stillbirth, -700),
            (PregnancyOutcome::Termination, -500),
            (PregnancyOutcome::MovedOut, -300),
            (PregnancyOutcome::LiveBirth, 60),
            (PregnancyOutcome::LiveBirth, 90),
        ]
        .map(|(outcome, days)| Lone {
            outcome,
            on: plus_days(as_at, days),
        })
    }
}

/// Families whose mother has no child by the as-at date are numbered from here. The range of NHS numbers ends long
/// before so many others are made.
pub(crate) const LONE_FAMILIES: u64 = 900_000;

/// Days from the last period to the due date.
const TERM: i32 = 280;

/// Days before a birth by which a mother may have booked: the pregnancies of births that are this far ahead are not
/// known yet.
const LONGEST_AFTER_BOOKING: i32 = 240;

/// Completed weeks at birth, with shares (ONS, birth characteristics in England and Wales, 2022): of one child, and of
/// twins and triplets.
const WEEKS_OF_ONE: &[((i32, i32), f64)] = &[
    ((24, 27), 0.4),
    ((28, 31), 0.8),
    ((32, 36), 5.6),
    ((37, 37), 8.0),
    ((38, 38), 17.5),
    ((39, 39), 27.5),
    ((40, 40), 24.5),
    ((41, 41), 14.0),
    ((42, 42), 1.7),
];
const WEEKS_OF_SEVERAL: &[((i32, i32), f64)] = &[
    ((26, 31), 9.0),
    ((32, 35), 25.0),
    ((36, 36), 28.0),
    ((37, 37), 30.0),
    ((38, 38), 8.0),
];

/// Weeks at the first appointment, with shares: most by ten weeks (NICE guideline NG201).
const WEEKS_AT_BOOKING: &[((i32, i32), f64)] = &[
    ((6, 7), 0.14),
    ((8, 9), 0.4),
    ((10, 11), 0.27),
    ((12, 15), 0.12),
    ((16, 21), 0.05),
    ((22, 32), 0.02),
];

impl Families<'_> {
    /// The pregnancies of a family, and those of other mothers that come with so many births.
    pub(crate) fn pregnancies(&self, parents: &Parents, children: &[Person]) -> (Vec<Pregnancy>, Vec<Lone>) {
        let (mut pregnancies, mut others) = (Vec::new(), Vec::new());
        let latest = plus_days(self.last, LONGEST_AFTER_BOOKING);
        let mut before = None;
        for (slot, birth) in parents.births.iter().copied().enumerate() {
            let previous = before.replace(birth);
            if !(self.followed_from..=latest).contains(&birth) {
                continue;
            }
            let subject = parents.number << 8 | (slot as u64) << 4;
            let live = self.live(parents, slot, birth, subject, children);
            let mut dice = self.seed.dice_of(subject, 1, Purpose::Pregnancy);
            let ours = self.geography.is_ours(parents.place(birth));
            let rates = self.rates;
            for (kind, outcome, rate) in [
                (1, PregnancyOutcome::Loss, rates.pregnancy_losses),
                (2, PregnancyOutcome::Termination, rates.terminations),
                (3, PregnancyOutcome::Stillbirth, rates.stillbirths),
                (4, PregnancyOutcome::MovedOut, rates.moves_before_birth),
            ] {
                let happens = dice.chance(rate) && ours && !parents.script.is_scripted();
                let hers = dice.chance(0.5) && outcome != PregnancyOutcome::MovedOut;
                let days = gestation_at_end(outcome, 1, &mut dice);
                // Before the one that ended in this birth, and well after the birth before.
                let ends = plus_days(live.due, -TERM - dice.between(30, 120));
                let begins = plus_days(ends, -days);
                let room = previous.is_none_or(|previous| begins > plus_days(previous, 40));
                let around = dice.between(-180, 180);
                if happens && hers && room {
                    let mut dice = self.seed.dice(subject | kind, Purpose::Pregnancy);
                    pregnancies.push(self.ended(
                        parents,
                        &format!("{}{}", slot + 1, ["", "a", "b", "c", "d"][kind as usize]),
                        subject | kind,
                        (ends, days),
                        outcome,
                        &mut dice,
                    ));
                } else if happens {
                    others.push(Lone {
                        outcome,
                        on: plus_days(birth, around),
                    });
                }
            }
            // As many first children as were born in the year before are due in the year that comes.
            let next_year = plus_days(birth, 365);
            if slot == 0 && ours && next_year > self.last && next_year <= plus_days(self.last, 230) {
                others.push(Lone {
                    outcome: PregnancyOutcome::LiveBirth,
                    on: next_year,
                });
            }
            pregnancies.push(live);
        }
        pregnancies.sort_by(|one, other| (one.ends, &one.id).cmp(&(other.ends, &other.id)));
        (pregnancies, others)
    }

    /// The pregnancy of a mother who has no child. Where she moves away she does so on the day on which it ends for
    /// us.
    pub(crate) fn lone_pregnancy(&self, parents: &mut Parents, lone: Lone) -> Pregnancy {
        let subject = parents.number << 8;
        let mut dice = self.seed.dice(subject, Purpose::Pregnancy);
        let fetuses = self.together(&mut dice);
        let days = gestation_at_end(lone.outcome, fetuses, &mut dice);
        if lone.outcome == PregnancyOutcome::MovedOut {
            parents.stays.push(Stay {
                from: lone.on,
                place: Place::Elsewhere,
            });
        }
        let mut pregnancy = self.ended(parents, "1", subject, (lone.on, days), lone.outcome, &mut dice);
        pregnancy.fetuses = vec![pregnancy.fetuses[0].clone(); fetuses];
        pregnancy
    }

    /// The pregnancy that ended, or will end, in a birth.
    fn live(
        &self,
        parents: &Parents,
        slot: usize,
        birth: Date,
        subject: u64,
        children: &[Person],
    ) -> Pregnancy {
        let script = (slot == 0).then_some(&parents.script);
        let together = script
            .and_then(|script| script.born_together)
            .unwrap_or_else(|| self.together(&mut self.seed.dice(subject, Purpose::Birth)));
        let mut dice = self.seed.dice(subject, Purpose::Pregnancy);
        let days = gestation_at_end(PregnancyOutcome::LiveBirth, together, &mut dice);
        let mut pregnancy = self.ended(
            parents,
            &(slot + 1).to_string(),
            subject,
            (birth, days),
            PregnancyOutcome::LiveBirth,
            &mut dice,
        );
        pregnancy.bound = parents.script.is_scripted();
        pregnancy.fetuses = (0..together)
            .map(|sibling| {
                let id = child_id(parents.number, slot, sibling);
                let stillborn = script.is_some_and(|script| script.stillborn) && sibling + 1 == together;
                Fetus {
                    outcome: if stillborn {
                        PregnancyOutcome::Stillbirth
                    } else {
                        PregnancyOutcome::LiveBirth
                    },
                    person: children.iter().any(|child| child.id == id).then_some(id),
                }
            })
            .collect();
        pregnancy
    }

    /// A pregnancy of one that ends after so many days.
    fn ended(
        &self,
        parents: &Parents,
        which: &str,
        subject: u64,
        (ends, days): (Date, i32),
        outcome: PregnancyOutcome,
        dice: &mut Dice,
    ) -> Pregnancy {
        let due = plus_days(ends, TERM - days);
        let (least, most) = dice.weighted(WEEKS_AT_BOOKING);
        let at_booking = 7 * dice.between(least, most) + dice.between(0, 6);
        // A pregnancy that is known ended after somebody knew of it.
        let at_booking = if outcome == PregnancyOutcome::LiveBirth {
            at_booking
        } else {
            at_booking.min(days - 10)
        };
        Pregnancy {
            id: format!("F{:06}-P{which}", parents.number),
            subject,
            due,
            booked: plus_days(due, at_booking - TERM),
            fetuses: vec![Fetus {
                outcome,
                person: None,
            }],
            ends,
            outcome,
            bound: false,
        }
    }
}

/// Days of gestation at which a pregnancy ends.
fn gestation_at_end(outcome: PregnancyOutcome, fetuses: usize, dice: &mut Dice) -> i32 {
    let (least, most) = match outcome {
        PregnancyOutcome::LiveBirth => dice.weighted(if fetuses == 1 {
            WEEKS_OF_ONE
        } else {
            WEEKS_OF_SEVERAL
        }),
        PregnancyOutcome::Stillbirth => dice.weighted(&[((24, 31), 0.4), ((32, 36), 0.25), ((37, 41), 0.35)]),
        PregnancyOutcome::Loss => dice.weighted(&[((9, 13), 0.7), ((14, 23), 0.3)]),
        PregnancyOutcome::Termination => dice.weighted(&[((9, 13), 0.6), ((14, 23), 0.4)]),
        PregnancyOutcome::MovedOut => (11, 36),
    };
    7 * dice.between(least, most) + dice.between(0, 6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Seed;

    #[test]
    fn most_children_are_born_at_term_and_twins_before() {
        let mut dice = Seed::new(1).dice(1, Purpose::Pregnancy);
        let mut preterm = |fetuses| {
            (0..20_000)
                .filter(|_| gestation_at_end(PregnancyOutcome::LiveBirth, fetuses, &mut dice) < 37 * 7)
                .count()
        };
        // 7 in 100 of one child, 60 in 100 of twins.
        assert!((1_200..1_600).contains(&preterm(1)));
        assert!((11_000..13_500).contains(&preterm(2)));
    }
}
