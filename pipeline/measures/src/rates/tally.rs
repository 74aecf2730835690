//! Counts over one part of the notices.

use std::collections::BTreeMap;

use super::{Measure, Part, Rate, WINDOWS, births, maturity, year_before};
use crate::{
    Assessed, Fault, Judgement, Reason, Settings, Standing, Tier,
    assess::days,
    census::Found,
    interval::{per_thousand, wilson},
    notice::Notice,
};

/// What is counted; each field is the numerator or denominator that the measures name.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    withdrawn: u64,
    messages: u64,
    duplicates: u64,
    reasons_of_messages: BTreeMap<Reason, u64>,
    notices: u64,
    notices_of_the_year: u64,
    late: u64,
    faults: BTreeMap<Fault, u64>,
    eligible: u64,
    tiers: BTreeMap<Tier, u64>,
    reasons: BTreeMap<Reason, u64>,
    windows: [Window; WINDOWS.len()],
    matured: u64,
    found: u64,
    found_at_all: u64,
    found_support: u64,
    found_plan: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    matched: u64,
    watched: u64,
}

impl Tally {
    pub(super) fn add(&mut self, message: &Assessed<'_>, settings: &Settings<'_>) {
        let judgement = match &message.standing {
            Standing::Withdrawn => {
                self.withdrawn += 1;
                return;
            }
            Standing::Current(judgement) => judgement,
        };
        self.messages += 1;
        if let Some(reason) = judgement.reason {
            *self.reasons_of_messages.entry(reason).or_default() += 1;
        }
        if judgement.duplicate {
            self.duplicates += 1;
            return;
        }
        self.notices += 1;
        self.notices_of_the_year += u64::from(message.notice.received > year_before(settings.as_at));
        let delay = days(judgement.stated.opinion, message.notice.received);
        self.late += u64::from(delay > settings.late_after_days);
        if let Some(fault) = judgement.fault {
            *self.faults.entry(fault).or_default() += 1;
        }
        if judgement.is_eligible() {
            self.add_eligible(message.notice, judgement, settings);
        }
    }

    fn add_eligible(&mut self, notice: &Notice, judgement: &Judgement<'_>, settings: &Settings<'_>) {
        let link = &judgement.stated.link;
        self.eligible += 1;
        *self.tiers.entry(link.tier).or_default() += 1;
        if let Some(reason) = judgement.reason {
            *self.reasons.entry(reason).or_default() += 1;
        }

        for (window, within) in self.windows.iter_mut().zip(WINDOWS) {
            // What happened by then is known only if the day is over, and if somebody watched by then: a notice
            // older than the first night has no history.
            let age = days(notice.received, settings.as_at);
            let unwatched = days(notice.received, settings.first_night);
            if age >= within && unwatched <= within {
                window.watched += 1;
                let in_time = |on| link.is_match() && days(notice.received, on) <= within;
                window.matched += u64::from(link.matched_on.is_some_and(in_time));
            }
        }

        if judgement.matured {
            let Found {
                at_all,
                support,
                plan,
            } = judgement.found;
            self.matured += 1;
            self.found += u64::from(judgement.found.support_or_plan());
            self.found_at_all += u64::from(at_all);
            self.found_support += u64::from(support);
            self.found_plan += u64::from(plan);
        }
    }

    pub(super) fn rates(&self, part: &Part, settings: &Settings<'_>) -> Vec<Rate> {
        let mut rates = Rates {
            part,
            settings,
            rates: Vec::new(),
        };
        rates.count(Measure::N01, self.notices);
        rates.count(Measure::N01w, self.withdrawn);
        if let Some(births) = births(part, settings) {
            rates.volume(self.notices_of_the_year, births);
        }

        let invalid: u64 = self.faults.values().sum();
        rates.share(Measure::N02, self.notices - invalid, self.notices);
        for (fault, &count) in &self.faults {
            rates.for_reason(Measure::N02, fault.as_str(), count, self.notices);
        }
        rates.share(Measure::N03, self.duplicates, self.messages);
        rates.share(Measure::N04, self.late, self.notices);

        let matched = self
            .tiers
            .iter()
            .filter(|(tier, _)| tier.is_match())
            .map(|(_, count)| count)
            .sum();
        rates.share(Measure::N05, matched, self.eligible);
        for (&tier, &count) in &self.tiers {
            rates.for_tier(tier, count, self.eligible);
        }
        for (reason, &count) in &self.reasons {
            rates.for_reason(Measure::N05, reason.as_str(), count, self.eligible);
        }
        let within = [Measure::N05Within7, Measure::N05Within28, Measure::N05Within90];
        for (measure, window) in within.into_iter().zip(self.windows) {
            rates.share(measure, window.matched, window.watched);
        }
        for (reason, &count) in &self.reasons_of_messages {
            rates.for_reason(Measure::N05r, reason.as_str(), count, self.messages);
        }

        rates.share(Measure::N08, self.found, self.matured);
        rates.share(Measure::N08a, self.found_at_all, self.matured);
        rates.share(Measure::N08b, self.found_support, self.matured);
        rates.share(Measure::N08c, self.found_plan, self.matured);
        rates.rates
    }
}

/// The rates of one part as they are made.
struct Rates<'a> {
    part: &'a Part,
    settings: &'a Settings<'a>,
    rates: Vec<Rate>,
}

impl Rates<'_> {
    fn count(&mut self, measure: Measure, numerator: u64) {
        let rate = self.rate(measure, numerator);
        self.rates.push(rate);
    }

    fn share(&mut self, measure: Measure, numerator: u64, denominator: u64) {
        let rate = self.share_of(measure, numerator, denominator);
        self.rates.push(rate);
    }

    fn for_tier(&mut self, tier: Tier, numerator: u64, denominator: u64) {
        let rate = self.share_of(Measure::N05, numerator, denominator);
        self.rates.push(Rate {
            tier: Some(tier),
            ..rate
        });
    }

    fn for_reason(&mut self, measure: Measure, reason: &'static str, numerator: u64, denominator: u64) {
        let rate = self.share_of(measure, numerator, denominator);
        self.rates.push(Rate {
            reason: Some(reason),
            ..rate
        });
    }

    fn volume(&mut self, numerator: u64, births: u64) {
        let rate = self.rate(Measure::N01r, numerator);
        self.rates.push(Rate {
            denominator: Some(births),
            interval: per_thousand(numerator, births),
            ..rate
        });
    }

    fn share_of(&self, measure: Measure, numerator: u64, denominator: u64) -> Rate {
        Rate {
            denominator: Some(denominator),
            interval: wilson(numerator, denominator),
            ..self.rate(measure, numerator)
        }
    }

    fn rate(&self, measure: Measure, numerator: u64) -> Rate {
        Rate {
            measure,
            part: self.part.clone(),
            tier: None,
            reason: None,
            numerator,
            denominator: None,
            interval: None,
            maturity: maturity(measure, self.part.month, self.settings.as_at),
        }
    }
}
