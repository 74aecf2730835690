//! The children of notified pregnancies: those who were born, and those who are still expected.

use std::collections::BTreeMap;

use crate::{
    Bar, PregnancyEvidence, PregnancyState, Settings, Weight,
    births::{Births, Candidate, Ground, Step, StepTo},
    clusters::Clusters,
    mothers::Mothers,
    population::Population,
    pregnancies::{Pregnancies, Pregnancy},
};

/// A child of a pregnancy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Child {
    /// Born, and the cluster with this root.
    Born(u32),
    /// The fetus of the pregnancy with this number and place, counted from 1.
    Expected(u32, u8),
}

/// What the stage found.
#[derive(Debug, Default)]
pub(crate) struct Expected {
    /// The children of each notification, each with its number.
    pub(crate) children: Vec<Vec<(u8, Child)>>,
    /// How each notification stands.
    pub(crate) evidence: Vec<PregnancyEvidence>,
    /// What kept a notification from a child.
    pub(crate) bars: Vec<Option<Bar>>,
    /// By the root of a cluster: the steps by which notifications reach its records.
    pub(crate) steps: BTreeMap<u32, Vec<Step>>,
}

/// Finds the children of all pregnancies.
pub(crate) fn find(
    population: &Population<'_>,
    clusters: &Clusters<'_>,
    mothers: &Mothers,
    pregnancies: &Pregnancies,
    settings: &Settings,
) -> Expected {
    if pregnancies.is_empty() {
        return Expected::default();
    }
    let stage = Ground {
        population,
        clusters,
        mothers,
        pregnancies,
    };
    let (mut births, mut steps) = stage.births();
    let found = stage.assign(&mut births);

    let count = population.notifications.len();
    let mut expected = Expected {
        children: vec![Vec::new(); count],
        bars: vec![None; count],
        evidence: population
            .notifications
            .iter()
            .map(|entry| PregnancyEvidence {
                state: PregnancyState::Silent,
                mother: mothers.evidence(&entry.encoding),
                due_day: entry.encoding.pregnancy.is_some_and(|p| p.due_day.is_some()),
            })
            .collect(),
        steps: BTreeMap::new(),
    };
    for (number, pregnancy) in (0_u32..).zip(&pregnancies.all) {
        let born = found.get(&number).map(Vec::as_slice).unwrap_or_default();
        stage.settle(&mut expected, &births, settings, (number, pregnancy), born);
        for candidate in born {
            let steps_here = steps.remove(&candidate.root).unwrap_or_default();
            let mine = |step: &Step| pregnancy.notifications.contains(&step.notification);
            let (own, rest): (Vec<Step>, Vec<Step>) = steps_here.into_iter().partition(mine);
            if !rest.is_empty() {
                steps.insert(candidate.root, rest);
            }
            let known = expected.steps.entry(candidate.root).or_default();
            known.extend(own);
            known.extend(stage.between_notifications(pregnancy));
        }
    }
    expected
}

impl Ground<'_, '_> {
    /// Numbers a pregnancy's children for each of its notifications, and says how it stands.
    fn settle(
        &self,
        expected: &mut Expected,
        births: &Births,
        settings: &Settings,
        (number, pregnancy): (u32, &Pregnancy),
        born: &[Candidate],
    ) {
        let others = births.others.get(&number).copied().unwrap_or_default();
        let ruled_out = pregnancy
            .mother
            .and_then(|mother| births.deliveries.get(&mother))
            .is_some_and(|deliveries| {
                deliveries
                    .iter()
                    .any(|delivery| pregnancy.is_ruled_out_by(delivery.first_day))
            });
        let kept_apart = births.kept_apart.contains(&number) && born.is_empty();
        // Its birth is on record, as another pregnancy's.
        let ruled_out = ruled_out || births.direct.contains_key(&number);
        let state = if !born.is_empty() {
            PregnancyState::Born
        } else if others.kept_alone > 0 || kept_apart || others.not_live >= pregnancy.fetuses {
            PregnancyState::Ended
        } else if ruled_out {
            PregnancyState::OtherBirth
        } else if pregnancy.has_passed(settings.as_at_day.into()) {
            PregnancyState::Silent
        } else {
            PregnancyState::Expected
        };
        let unborn = pregnancy.fetuses.saturating_sub(others.not_live);
        for at in &pregnancy.notifications {
            let position = *at as usize;
            let state = match state {
                PregnancyState::Born => state,
                _ if self.ended(*at) => PregnancyState::Ended,
                _ => state,
            };
            let erased = self
                .population
                .notifications
                .get(position)
                .map(|entry| &entry.erased);
            let numbers = (1..=u8::MAX).filter(|number| erased.is_none_or(|erased| !erased.contains(number)));
            let children: Vec<(u8, Child)> = match state {
                PregnancyState::Born => numbers
                    .zip(born.iter().map(|child| Child::Born(child.root)))
                    .collect(),
                PregnancyState::Expected => numbers
                    .take_while(|place| *place <= unborn)
                    .map(|place| (place, Child::Expected(number, place)))
                    .collect(),
                _ => Vec::new(),
            };
            if let Some(all) = expected.children.get_mut(position) {
                *all = children;
            }
            if let Some(evidence) = expected.evidence.get_mut(position) {
                evidence.state = state;
            }
            if kept_apart && let Some(bar) = expected.bars.get_mut(position) {
                *bar = Some(Bar::DoNotLink);
            }
        }
    }

    /// The steps between the notifications of a pregnancy, each to the first that shares its mother best.
    fn between_notifications(&self, pregnancy: &Pregnancy) -> Vec<Step> {
        let encoding = |at: &u32| {
            let notification = self.population.notifications.get(*at as usize)?;
            Some(&notification.encoding)
        };
        let number = |at: &u32| encoding(at)?.mother.as_ref()?.nhs_number;
        let Some((first, rest)) = pregnancy.notifications.split_first() else {
            return Vec::new();
        };
        let head = pregnancy
            .notifications
            .iter()
            .find(|at| number(at).is_some())
            .unwrap_or(first);
        rest.iter()
            .chain([first])
            .filter(|at| *at != head)
            .map(|at| {
                let (tier, weight) = self.mothers.rule(encoding(at), encoding(head));
                Step {
                    notification: *at,
                    to: StepTo::Notification(*head),
                    tier,
                    mother: weight,
                    time: Weight::default(),
                    confirmed: false,
                }
            })
            .collect()
    }
}
