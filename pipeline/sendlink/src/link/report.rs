//! The page for people, filled.

use linkage::engine::{ColumnKind, Example as Explained, Found, PairFound};
use reports::linking::{
    BlockingLine, CompletenessLine, EstimateLine, EvaluationPart, Example, LevelLine, LinkingPage, ScoreLine,
};

use super::{
    Linked,
    evaluate::{Evaluation, Score},
};

/// The page as HTML.
pub fn page(linked: &Linked<'_>) -> String {
    let (plan, rows, found) = (linked.plan, linked.rows, linked.found);
    let names = plan.inputs.iter().map(|input| input.name.clone());
    LinkingPage {
        inputs: names
            .zip(rows.ids.rows().iter().map(|rows| *rows as u64))
            .collect(),
        threshold: found.threshold.bits(),
        one_to_one: plan.settings.one_to_one,
        scored: found.scored,
        links: links(found),
        clusters: clusters(found),
        unlinkable: found.unlinkable,
        implausible: implausible(found),
        decoys: (found.decoys.rows, found.decoys.linked),
        trained: found.model.trained,
        prior: found.model.prior,
        prior_household: found.model.prior_household,
        moved_together: found
            .model
            .moved_together
            .map(|moved| (moved.same, moved.unrelated)),
        levels: levels(found),
        histogram: found.histogram.clone(),
        examples: examples(linked),
        blocking: found
            .blocking
            .iter()
            .map(|key| BlockingLine {
                key: key.key.clone(),
                blocks: key.blocks,
                largest: key.largest,
                left_out: key.left_out,
                pairs: key.pairs,
            })
            .collect(),
        completeness: completeness(linked),
        estimates: estimates(linked),
        evaluation: linked.evaluation.map(evaluation),
    }
    .html()
}

/// Accepted links.
pub fn links(found: &Found) -> u64 {
    found.pairs.iter().filter(|pair| pair.link).count() as u64
}

/// Clusters of two rows or more, and the rows in them.
pub fn clusters(found: &Found) -> (u64, u64) {
    let mut sizes = vec![0_u64; found.clusters.len()];
    for first in &found.clusters {
        if let Some(size) = sizes.get_mut(*first as usize) {
            *size += 1;
        }
    }
    let more = sizes.iter().filter(|size| **size > 1);
    (more.clone().count() as u64, more.sum())
}

fn levels(found: &Found) -> Vec<LevelLine> {
    let links = || found.pairs.iter().filter(|pair| pair.link);
    let columns = found.model.columns.iter().enumerate();
    columns
        .flat_map(|(position, column)| {
            let mut counts = vec![0_u64; column.levels.len() + 1];
            for link in links() {
                if let Some(count) = counts.get_mut(usize::from(link.level(position))) {
                    *count += 1;
                }
            }
            column
                .levels
                .iter()
                .zip(counts.into_iter().skip(1))
                .map(|(level, links)| LevelLine {
                    column: column.name.clone(),
                    label: level.label.clone(),
                    same: level.same,
                    household: level.household,
                    unrelated: level.unrelated,
                    bits: level.bits,
                    links,
                })
        })
        .collect()
}

/// Links whose two rows are as unlike as can be in two columns or more of those that hardly change: a person may move,
/// but not under another name and with another birth date.
fn implausible(found: &Found) -> u64 {
    let unlike = |pair: &&PairFound| {
        let columns = found.model.columns.iter().enumerate();
        let unlike = columns.filter(|(position, column)| {
            let lasting = matches!(
                column.kind,
                ColumnKind::Name | ColumnKind::Date | ColumnKind::Code
            );
            lasting && usize::from(pair.level(*position)) == column.levels.len()
        });
        unlike.count() > 1
    };
    let links = found.pairs.iter().filter(|pair| pair.link);
    links.filter(unlike).count() as u64
}

fn completeness(linked: &Linked<'_>) -> Vec<CompletenessLine> {
    let mut lines = Vec::new();
    for (position, column) in linked.plan.columns.iter().enumerate() {
        let inputs = linked
            .plan
            .inputs
            .iter()
            .zip(&linked.rows.gaps)
            .zip(linked.rows.ids.rows());
        for ((input, gaps), rows) in inputs {
            let gaps = gaps.get(position).copied().unwrap_or_default();
            lines.push(CompletenessLine {
                input: input.name.clone(),
                column: column.name.clone(),
                kind: column.kind.as_str().to_owned(),
                rows: *rows as u64,
                blank: gaps.blank,
                unreadable: gaps.unreadable,
            });
        }
    }
    lines
}

fn estimates(linked: &Linked<'_>) -> Vec<EstimateLine> {
    let compared = linked.evaluation.map(|evaluation| &evaluation.estimates);
    linked
        .found
        .estimates
        .iter()
        .enumerate()
        .map(|(position, estimate)| EstimateLine {
            threshold: estimate.threshold,
            links: estimate.links,
            precision: estimate.precision,
            recall: estimate.recall,
            truly: compared
                .and_then(|compared| compared.get(position))
                .map(|compared| (compared.precision, compared.recall)),
        })
        .collect()
}

fn evaluation(evaluation: &Evaluation) -> EvaluationPart {
    let score = |of: &str, score: &Score| ScoreLine {
        of: of.to_owned(),
        precision: score.precision,
        recall: score.recall,
        f1: score.f1,
    };
    let b_cubed = evaluation.b_cubed;
    EvaluationPart {
        true_pairs: (evaluation.true_pairs, evaluation.out_of_reach),
        scores: vec![
            score("links", &evaluation.links),
            score("clusters", &evaluation.clusters),
            ScoreLine {
                of: "rows (B-cubed)".to_owned(),
                precision: Some(b_cubed.precision),
                recall: Some(b_cubed.recall),
                f1: Some(b_cubed.f1),
            },
        ],
        best: evaluation
            .best
            .map(|best| (best.threshold, best.precision, best.recall, best.f1)),
        strict_recall: evaluation.recall_at_precision_0_999,
        curve: evaluation
            .curve
            .iter()
            .map(|point| (point.recall, point.precision))
            .collect(),
    }
}

/// The pairs that the engine explains, from the heaviest to the lightest.
fn examples(linked: &Linked<'_>) -> Vec<Example> {
    let found = linked.found;
    let explained = found.examples.iter();
    explained
        .filter_map(|of_engine| {
            let pair = found.pairs.get(of_engine.pair)?;
            Some(example(pair, of_engine, linked))
        })
        .collect()
}

fn example(pair: &PairFound, explained: &Explained, linked: &Linked<'_>) -> Example {
    let weight = pair.weight.bits();
    let (fall, relatives) = (&explained.waterfall, explained.relatives.bits());
    let columns = linked.plan.columns.iter().zip(&fall.columns).enumerate();
    Example {
        title: if pair.link {
            format!("A link of {weight:.1} bits")
        } else {
            format!("A pair of {weight:.1} bits that is no link")
        },
        prior: fall.prior,
        columns: columns
            .map(|(position, (column, part))| {
                let level = usize::from(part.level)
                    .checked_sub(1)
                    .and_then(|level| linked.found.model.columns.get(position)?.levels.get(level));
                let label = level.map_or_else(|| "missing".to_owned(), |level| level.label.clone());
                (column.name.clone(), label, part.bits, part.rarity)
            })
            .collect(),
        household: fall.household,
        relatives,
        rivals: weight - fall.weight - relatives,
        weight,
        probability: pair.weight.probability(),
    }
}
