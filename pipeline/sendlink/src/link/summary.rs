//! What a linkage says when it is done.

use std::io::{self, Write};

use super::{Linked, Written, evaluate::Evaluation, report};
use crate::exit::{Exit, Failure};

/// Prints the outcome on standard output.
///
/// # Errors
/// Exit code 74 where it takes no more.
pub fn print(linked: &Linked<'_>, written: &[Written]) -> Result<(), Failure> {
    match say(linked, written, io::stdout().lock()) {
        // A reader that has seen enough (`| head`) is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::new(Exit::Io, error)),
    }
}

fn say(linked: &Linked<'_>, written: &[Written], mut out: impl Write) -> io::Result<()> {
    let (plan, rows, found) = (linked.plan, linked.rows, linked.found);
    for (input, count) in plan.inputs.iter().zip(rows.ids.rows()) {
        writeln!(out, "{}: {count} rows", input.name)?;
    }
    for (column, position) in plan.columns.iter().zip(0..) {
        let unreadable: u64 = rows
            .gaps
            .iter()
            .filter_map(|gaps| gaps.get(position))
            .map(|gaps| gaps.unreadable)
            .sum();
        if unreadable > 0 {
            writeln!(
                out,
                "{}: {unreadable} cells are no {} that is understood; they count as missing",
                column.name,
                column.kind.as_str()
            )?;
        }
    }
    let (clusters, in_clusters) = report::clusters(found);
    writeln!(
        out,
        "{} links of weight {:.1} bits or more, from {} pairs scored",
        report::links(found),
        found.threshold.bits(),
        found.scored
    )?;
    writeln!(out, "{in_clusters} rows in {clusters} clusters of two or more")?;
    writeln!(out, "{} rows hold too little to be linked", found.unlinkable)?;
    writeln!(
        out,
        "{} of {} rows put together from several would have been linked",
        found.decoys.linked, found.decoys.rows
    )?;
    if !found.model.trained {
        writeln!(
            out,
            "Too few rows to learn from: weights that fit most files were taken"
        )?;
    }
    let at_threshold = found
        .estimates
        .iter()
        .find(|estimate| estimate.threshold >= found.threshold.bits() - 1e-9);
    if let Some(estimate) = at_threshold {
        writeln!(
            out,
            "Expected precision {:.4}, expected recall {:.4}",
            estimate.precision, estimate.recall
        )?;
    }
    if let Some(evaluation) = linked.evaluation {
        say_evaluation(evaluation, &mut out)?;
    }
    if !written.is_empty() {
        writeln!(out, "\nWhere things are")?;
        for file in written {
            writeln!(out, "  {:<10}  {}", file.what, file.path.display())?;
        }
    }
    Ok(())
}

fn say_evaluation(evaluation: &Evaluation, out: &mut impl Write) -> io::Result<()> {
    let shown = |share: Option<f64>| share.map_or("     -".to_owned(), |share| format!("{share:.4}"));
    writeln!(
        out,
        "\nBeside the truth: {} pairs are the same, {} of them out of reach",
        evaluation.true_pairs, evaluation.out_of_reach
    )?;
    writeln!(out, "            precision  recall  F1")?;
    for (name, score) in [("links", evaluation.links), ("clusters", evaluation.clusters)] {
        writeln!(
            out,
            "  {name:<9} {:<9}  {}  {}",
            shown(score.precision),
            shown(score.recall),
            shown(score.f1)
        )?;
    }
    let b_cubed = evaluation.b_cubed;
    writeln!(
        out,
        "  B-cubed   {:<9.4}  {:.4}  {:.4}",
        b_cubed.precision, b_cubed.recall, b_cubed.f1
    )?;
    if let Some(best) = evaluation.best {
        writeln!(
            out,
            "  The best threshold is {:.1} bits: precision {:.4}, recall {:.4}, F1 {:.4}",
            best.threshold, best.precision, best.recall, best.f1
        )?;
    }
    match evaluation.recall_at_precision_0_999 {
        Some(recall) => writeln!(out, "  Recall at precision 0.999: {recall:.4}"),
        None => writeln!(out, "  No threshold has a precision of 0.999"),
    }
}
