//! The scores of a review, found by their codes.

use std::collections::{BTreeMap, BTreeSet};

use kit::fhir::{Bundle, Extract, Node, Resource, SNOMED};
use records::finding::Effect;

use crate::{
    asq::{Asq, Domain, Meaning},
    rules,
};

/// The questionnaire ASQ-3 as a whole, in the profile and in its example.
const QUESTIONNAIRES: [&str; 2] = ["448615001", "716619000"];

/// The scores of a review: by the months of their form and domain, each with every value that is given for it. ASQ:SE
/// has no domain.
#[derive(Default)]
pub(super) struct Scores {
    asq3: BTreeMap<u8, BTreeMap<Domain, Vec<String>>>,
    asq_se: BTreeMap<u8, Vec<String>>,
    /// Whether a code is none of a questionnaire's.
    unknown: bool,
}

impl Scores {
    /// The scores of these observations.
    pub(super) fn of(observations: &[Resource<'_>], asq: &Asq) -> Self {
        let mut scores = Scores::default();
        for observation in observations {
            for (code, value) in given(observation.node) {
                match meaning(asq, code) {
                    // A score without a value still says that the form was used.
                    Some(Meaning::Asq3 { months, domain }) => {
                        let form = scores.asq3.entry(months).or_default();
                        form.entry(domain).or_default().extend(value);
                    }
                    Some(Meaning::AsqSe { months }) => scores.asq_se.entry(months).or_default().extend(value),
                    None => scores.unknown |= !QUESTIONNAIRES.contains(&code),
                }
            }
        }
        scores
    }

    /// Whether one of the forms is of the review at 2 to 2½ years.
    pub(super) fn are_of_two_years(&self, asq: &Asq) -> bool {
        self.asq3.keys().any(|months| asq.is_banded(*months))
    }

    /// Says the scores of one form, and notes what is wrong with them.
    pub(super) fn tell(&self, told: &mut Extract) {
        if self.unknown {
            told.note("ASQ-3:interval", &rules::UNKNOWN_ASSESSMENT, Effect::BlankedValue);
        }
        if let Some((months, domains)) = one_form(&self.asq3, BTreeMap::len, "ASQ-3:interval", told) {
            told.set("ASQ-3:interval", &months.to_string());
            for (domain, given) in domains {
                let element = match domain {
                    Domain::Communication => "ASQ-3:communication",
                    Domain::GrossMotor => "ASQ-3:grossMotor",
                    Domain::FineMotor => "ASQ-3:fineMotor",
                    Domain::ProblemSolving => "ASQ-3:problemSolving",
                    Domain::PersonalSocial => "ASQ-3:personalSocial",
                };
                agreed(given, element, told);
            }
        }
        if let Some((months, given)) = one_form(&self.asq_se, Vec::len, "ASQ-SE:interval", told) {
            told.set("ASQ-SE:interval", &months.to_string());
            agreed(given, "ASQ-SE:total", told);
        }
    }
}

/// Whether an observation is of the questionnaires: as a whole, or a score of its own.
pub(super) fn is_of_asq(observation: &Node, asq: &Asq) -> bool {
    let Some(code) = snomed(observation) else {
        return given(observation)
            .iter()
            .any(|(code, _)| meaning(asq, code).is_some());
    };
    QUESTIONNAIRES.contains(&code)
        || meaning(asq, code).is_some()
        || given(observation)
            .iter()
            .any(|(code, _)| meaning(asq, code).is_some())
}

/// Every score of an observation with its code: its own, those of its components, those that it contains.
pub(super) fn given(observation: &Node) -> Vec<(&str, Option<String>)> {
    let contained = observation.all("contained");
    let contained = contained.filter(|node| node.resource_type() == Some("Observation"));
    std::iter::once(observation)
        .chain(observation.all("component"))
        .chain(contained.flat_map(|node| std::iter::once(node).chain(node.all("component"))))
        .filter_map(|part| Some((snomed(part)?, Bundle::observed(part))))
        .collect()
}

fn snomed(part: &Node) -> Option<&str> {
    part.at("code")?.code(|system| system == SNOMED)
}

fn meaning(asq: &Asq, code: &str) -> Option<Meaning> {
    asq.meaning(code.parse().ok()?)
}

/// The form with most scores; of several the one for the youngest.
fn one_form<'s, T>(
    forms: &'s BTreeMap<u8, T>,
    size: impl Fn(&T) -> usize,
    element: &str,
    told: &mut Extract,
) -> Option<(u8, &'s T)> {
    let best = forms
        .iter()
        .max_by_key(|(months, scores)| (size(scores), std::cmp::Reverse(**months)))?;
    if forms.len() > 1 {
        told.note(element, &rules::SEVERAL_INTERVALS, Effect::BlankedValue);
    }
    Some((*best.0, best.1))
}

/// Sets the one score that all of a domain are.
fn agreed(given: &[String], element: &str, told: &mut Extract) {
    let different: BTreeSet<&String> = given.iter().collect();
    match (different.first(), different.len(), given.len()) {
        (Some(score), 1, 1) => told.set(element, score),
        (Some(score), 1, _) => {
            told.set(element, score);
            told.note(element, &rules::DOUBLE_SCORE, Effect::Accepted);
        }
        (Some(_), _, _) => told.note(element, &rules::UNEQUAL_SCORES, Effect::BlankedValue),
        (None, _, _) => {}
    }
}
