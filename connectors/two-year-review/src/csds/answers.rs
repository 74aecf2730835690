//! The scores of one review.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use jiff::civil::Date;
use kit::{
    Contract, Mode, ReadError, Sink,
    report::{at, refuse},
    table_set::{Held, HeldRow},
};
use records::{Asq3, AsqBand, AsqDomain, Location, Rule, finding::Effect};

use super::Answer;
use crate::{
    asq::{Asq, Domain, Meaning},
    rules,
};

/// A score and the table that it stands in.
#[derive(Clone, Copy)]
pub(super) struct Given<'h> {
    pub(super) row: HeldRow<Answer>,
    pub(super) held: &'h Held<Answer>,
}

impl Given<'_> {
    fn place(&self, field: &str) -> Location {
        self.held.place(&self.row, field)
    }
}

/// The scores of one form; those of ASQ:SE-2 have no domain.
type Scores<'h> = Vec<(Option<Domain>, Given<'h>)>;

/// Scores by the months of their form.
type Forms<'h> = BTreeMap<u8, Scores<'h>>;

/// What the scores of a review say.
#[derive(Default)]
pub(super) struct Scored {
    pub(super) asq3: Option<Asq3>,
    /// Months of the form of ASQ:SE-2 and the total.
    pub(super) asq_se: Option<(u8, Option<u16>)>,
    /// The tables of rows that are kept out, once a row.
    pub(super) kept_out: Vec<&'static str>,
}

/// Scores them.
pub(super) struct Scoring<'a> {
    pub(super) asq: &'a Asq,
    pub(super) contract: Contract,
    /// The birth date, where it is usable.
    pub(super) birth: Option<Date>,
    /// The day of the review.
    pub(super) day: Date,
    /// Where the review stands.
    pub(super) place: Location,
}

impl Scoring<'_> {
    /// Reads the scores of a review and reports what is wrong with them.
    ///
    /// # Errors
    /// [`ReadError::Refused`] where the contract refuses the delivery.
    pub(super) fn read(&self, given: &[Given<'_>], sink: &mut dyn Sink) -> Result<Scored, ReadError> {
        let mut scored = Scored::default();
        let mut asq3: Forms<'_> = BTreeMap::new();
        let mut asq_se: Forms<'_> = BTreeMap::new();
        for this in given {
            let answer = this.row.says;
            let meaning = answer.and_then(|answer| answer.meaning);
            let wrong = match (meaning, answer.and_then(|answer| answer.score)) {
                (Some(_), Some(_)) => None,
                (Some(_), None) => Some((&rules::NOT_A_SCORE, self.contract.bad_value, "score")),
                (None, _) => Some((
                    &rules::UNKNOWN_ASSESSMENT,
                    self.contract.unknown_code,
                    "assessment",
                )),
            };
            if let Some((rule, mode, field)) = wrong
                && self.report(rule, mode, this.place(field), sink)?
            {
                scored.kept_out.push(this.held.table());
                continue;
            }
            // A score that cannot be used still says that the form was.
            match meaning {
                Some(Meaning::Asq3 { months, domain }) => {
                    asq3.entry(months).or_default().push((Some(domain), *this));
                }
                Some(Meaning::AsqSe { months }) => asq_se.entry(months).or_default().push((None, *this)),
                None => {}
            }
        }
        if let Some((months, scores)) = self.one_form(asq3, sink) {
            scored.asq3 = Some(self.asq3(months, &scores, sink));
        }
        if let Some((months, scores)) = self.one_form(asq_se, sink) {
            let total = self.agreed(None, &scores, sink).and_then(|(hundredths, this)| {
                let total = Asq::social_emotional(hundredths);
                if total.is_none() {
                    sink.finding(at(
                        &rules::OUT_OF_RANGE,
                        Effect::BlankedValue,
                        this.place("score"),
                    ));
                }
                total
            });
            scored.asq_se = Some((months, total));
        }
        Ok(scored)
    }

    /// The form with most domains; of several the one for the child's age, then that for the youngest. The others are
    /// reported.
    fn one_form<'h>(&self, mut forms: Forms<'h>, sink: &mut dyn Sink) -> Option<(u8, Scores<'h>)> {
        let best = forms
            .iter()
            .max_by_key(|(months, scores)| {
                let domains: BTreeSet<Option<Domain>> = scores.iter().map(|(domain, _)| *domain).collect();
                let for_age = self.is_for_age(**months) == Some(true);
                (domains.len(), for_age, Reverse(**months))
            })
            .map(|(months, _)| *months)?;
        let form = forms.remove(&best)?;
        for (_, other) in forms.values().flatten() {
            sink.finding(at(
                &rules::SEVERAL_INTERVALS,
                Effect::BlankedValue,
                other.place("assessment"),
            ));
        }
        Some((best, form))
    }

    fn asq3(&self, months: u8, scores: &Scores<'_>, sink: &mut dyn Sink) -> Asq3 {
        let mut missing = false;
        let mut domain = |domain: Domain| {
            missing |= !scores.iter().any(|(of, _)| *of == Some(domain));
            let Some((hundredths, this)) = self.agreed(Some(domain), scores, sink) else {
                return AsqDomain::default();
            };
            let scored = self.asq.domain(Some(months), domain, hundredths);
            if scored.band == Some(AsqBand::OutOfRange) {
                sink.finding(at(
                    &rules::OUT_OF_RANGE,
                    Effect::BlankedValue,
                    this.place("score"),
                ));
            }
            scored
        };
        let asq3 = Asq3 {
            interval_months: Some(months),
            communication: domain(Domain::Communication),
            gross_motor: domain(Domain::GrossMotor),
            fine_motor: domain(Domain::FineMotor),
            problem_solving: domain(Domain::ProblemSolving),
            personal_social: domain(Domain::PersonalSocial),
        };
        if self.is_for_age(months) == Some(false) {
            let first = scores.first().map(|(_, this)| this.place("assessment"));
            let place = first.unwrap_or_else(|| self.place.clone());
            sink.finding(at(&rules::AGE_OF_FORM, Effect::Accepted, place));
        }
        if missing {
            sink.finding(at(&rules::INCOMPLETE, Effect::Accepted, self.place.clone()));
        }
        asq3
    }

    /// The one score that all scores of a domain are; none where there is none or they differ.
    fn agreed<'h>(
        &self,
        domain: Option<Domain>,
        scores: &Scores<'h>,
        sink: &mut dyn Sink,
    ) -> Option<(i64, Given<'h>)> {
        let of_domain = scores.iter().filter(|(of, _)| *of == domain);
        let mut given = of_domain.filter_map(|(_, this)| Some((this.row.says?.score?, *this)));
        let (hundredths, first) = given.next()?;
        let others: Vec<(i64, Given<'_>)> = given.collect();
        let differ = others.iter().any(|(other, _)| *other != hundredths);
        let (rule, effect): (&'static Rule, Effect) = if differ {
            (&rules::UNEQUAL_SCORES, Effect::BlankedValue)
        } else {
            (&rules::DOUBLE_SCORE, Effect::Accepted)
        };
        for (_, this) in &others {
            sink.finding(at(rule, effect, this.place("score")));
        }
        (!differ).then_some((hundredths, first))
    }

    fn is_for_age(&self, months: u8) -> Option<bool> {
        self.asq.is_for_age(months, self.birth?, self.day)
    }

    /// Reports something as the contract has it; whether it keeps the row out.
    fn report(
        &self,
        rule: &'static Rule,
        mode: Mode,
        place: Location,
        sink: &mut dyn Sink,
    ) -> Result<bool, ReadError> {
        // A code that is not known and a text that is no number cannot be used even where they are accepted.
        let effect = match mode {
            Mode::Accept => Effect::BlankedValue,
            mode => mode.effect(),
        };
        let finding = at(rule, effect, place);
        if effect == Effect::RefusedDelivery {
            return Err(refuse(finding, sink));
        }
        sink.finding(finding);
        Ok(effect == Effect::QuarantinedRow)
    }
}
