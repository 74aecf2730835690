//! How an analyst's own files were linked, on one page: what agreement is worth, how sure the links are, what was
//! missing. It holds no cell of the files and no id of a row.

mod charts;
mod tables;

use maud::{Markup, html};

use self::charts::{Chart, curve, histogram};
use crate::{
    figures::{count, percent},
    html,
};

/// Everything that the page tells.
#[derive(Clone, Debug, Default)]
pub struct LinkingPage {
    /// The files, one or two: name and rows.
    pub inputs: Vec<(String, u64)>,
    /// The weight from which pairs are links, in bits.
    pub threshold: f64,
    /// Whether each row was linked at most once.
    pub one_to_one: bool,
    /// Pairs that were scored.
    pub scored: u64,
    /// Accepted links.
    pub links: u64,
    /// Clusters of two rows or more, and the rows in them.
    pub clusters: (u64, u64),
    /// Rows with too little in them ever to be linked.
    pub unlinkable: u64,
    /// Links whose rows are as unlike as can be in two columns of names, dates or codes, or more.
    pub implausible: u64,
    /// Rows put together from the values of several, and those of them that would have been linked.
    pub decoys: (u64, u64),
    /// Whether the model was learned from the rows.
    pub trained: bool,
    /// The chance that two rows are the same, before anything is compared.
    pub prior: f64,
    /// The chance that they are of one household and not the same.
    pub prior_household: f64,
    /// Of those whose home differs, the share that others lead the same way, and the chance of it between strangers.
    pub moved_together: Option<(f64, f64)>,
    /// What agreement is worth.
    pub levels: Vec<LevelLine>,
    /// Pairs by weight in whole bits, rounded down, by rising weight.
    pub histogram: Vec<(i32, u64)>,
    /// Why a few pairs have their weights.
    pub examples: Vec<Example>,
    /// What was compared.
    pub blocking: Vec<BlockingLine>,
    /// What was missing.
    pub completeness: Vec<CompletenessLine>,
    /// Precision and recall by threshold.
    pub estimates: Vec<EstimateLine>,
    /// How the links compare with the truth, where it is known.
    pub evaluation: Option<EvaluationPart>,
}

/// One level of one column.
#[derive(Clone, Debug, Default)]
pub struct LevelLine {
    /// The column.
    pub column: String,
    /// What the level means.
    pub label: String,
    /// Its probability between rows of one person, *m*.
    pub same: f64,
    /// Its probability between two persons of one household.
    pub household: f64,
    /// Its probability between rows taken at random, *u*.
    pub unrelated: f64,
    /// What it adds to a weight.
    pub bits: f64,
    /// Links of this level.
    pub links: u64,
}

/// A pair, and why it has its weight.
#[derive(Clone, Debug, Default)]
pub struct Example {
    /// Which pair it is, in words.
    pub title: String,
    /// Before anything was compared, in bits.
    pub prior: f64,
    /// Of each column its name, the level in words, and what the level and the rarity of the value add.
    pub columns: Vec<(String, String, f64, f64)>,
    /// What the chance of one household takes away.
    pub household: f64,
    /// What relatives add who moved the same way.
    pub relatives: f64,
    /// What others that either row could be add or take away.
    pub rivals: f64,
    /// The sum.
    pub weight: f64,
    /// The probability of one person.
    pub probability: f64,
}

/// One blocking key.
#[derive(Clone, Debug, Default)]
pub struct BlockingLine {
    /// What the rows of a block have in common.
    pub key: String,
    /// Blocks with something to compare.
    pub blocks: u64,
    /// Rows in the largest.
    pub largest: u64,
    /// Blocks left out for their size.
    pub left_out: u64,
    /// Pairs that this key was the first to compare.
    pub pairs: u64,
}

/// One column of one file.
#[derive(Clone, Debug, Default)]
pub struct CompletenessLine {
    /// The file.
    pub input: String,
    /// The column.
    pub column: String,
    /// What it holds.
    pub kind: String,
    /// Rows of the file.
    pub rows: u64,
    /// Cells with nothing in them.
    pub blank: u64,
    /// Cells with something that was not understood.
    pub unreadable: u64,
}

/// What is expected at a threshold, and what is so where the truth is known.
#[derive(Clone, Copy, Debug, Default)]
pub struct EstimateLine {
    /// In bits.
    pub threshold: f64,
    /// Links at that threshold.
    pub links: u64,
    /// Expected share of links that are right.
    pub precision: f64,
    /// Expected share of what is there that is found.
    pub recall: f64,
    /// The true shares.
    pub truly: Option<(Option<f64>, Option<f64>)>,
}

/// How links compare with the truth.
#[derive(Clone, Debug, Default)]
pub struct EvaluationPart {
    /// Pairs that are truly the same, and those of them that no threshold would find.
    pub true_pairs: (u64, u64),
    /// Of links, of clusters, and by row.
    pub scores: Vec<ScoreLine>,
    /// The threshold with the highest F1: bits, precision, recall, F1.
    pub best: Option<(f64, f64, f64, f64)>,
    /// The highest recall at a precision of 0.999.
    pub strict_recall: Option<f64>,
    /// Recall and precision by falling threshold.
    pub curve: Vec<(f64, f64)>,
}

/// How right something is; a share of nothing is none.
#[derive(Clone, Debug, Default)]
pub struct ScoreLine {
    /// What.
    pub of: String,
    /// The share of what was said that is right.
    pub precision: Option<f64>,
    /// The share of what is there that was said.
    pub recall: Option<f64>,
    /// The harmonic mean of both.
    pub f1: Option<f64>,
}

impl LinkingPage {
    /// The page for a browser.
    pub fn html(&self) -> String {
        let names: Vec<&str> = self.inputs.iter().map(|(name, _)| name.as_str()).collect();
        let title = format!("Linkage of {}", names.join(" and "));
        html::page(
            &title,
            "sendlink. Counts, weights and chances; no value of a row and no id.",
            self.body(),
        )
    }

    fn body(&self) -> Markup {
        html! {
            (self.outcome())
            @if let Some(evaluation) = &self.evaluation { (evaluation.section()) }
            h2 { "How sure the links are" }
            p {
                "Precision is the share of links that are right, recall the share of what is there that was found. "
                "Estimates are what the model expects of the pairs it weighed; a model can be wrong, so look at pairs "
                "near the threshold before relying on them."
            }
            @if self.evaluation.is_some() {
                (html::table("estimates", "Precision and recall by threshold", &self.compared_table()))
            } @else if !self.estimates.is_empty() {
                (html::table("estimates", "Precision and recall by threshold", &self.estimates_table()))
            }
            (self.without_truth())
            (histogram(&self.histogram, self.threshold))
            h2 { "What agreement is worth" }
            (self.model())
            h2 { "Why pairs have their weights" }
            @if self.examples.is_empty() {
                p { "No pair was weighed." }
            }
            @for (number, example) in self.examples.iter().enumerate() {
                (html::table(&format!("example-{number}"), &example.title, &example.table()))
            }
            h2 { "What was compared" }
            (html::table("blocking", "Rows are compared where they share one of these", &self.blocking_table()))
            h2 { "What was missing" }
            p {
                (count(self.unlinkable, "row has", "rows have")) " too little in "
                (if self.unlinkable == 1 { "it" } else { "them" }) " ever to reach the threshold."
            }
            (html::table("completeness", "Completeness of the columns", &self.completeness_table()))
        }
    }

    fn outcome(&self) -> Markup {
        let at = self
            .estimates
            .iter()
            .find(|line| line.threshold >= self.threshold - 1e-9);
        html! {
            p {
                strong { (count(self.links, "link", "links")) } ", of weight "
                (format!("{:.1}", self.threshold)) " bits or more, from "
                (count(self.scored, "pair", "pairs")) " scored."
                @if self.one_to_one { " Each row is linked at most once." }
            }
            p {
                (count(self.clusters.1, "row is", "rows are")) " in "
                (count(self.clusters.0, "cluster", "clusters")) " of two or more."
                @if let Some(line) = at {
                    " Expected precision " (percent(line.precision)) ", expected recall " (percent(line.recall)) "."
                }
            }
            (html::table("inputs", "Files", &self.inputs_table()))
        }
    }

    /// What speaks of wrong links where no truth is known.
    fn without_truth(&self) -> Markup {
        let (decoys, linked) = self.decoys;
        html! {
            @if decoys > 0 {
                p {
                    "Of " (count(decoys, "row that was", "rows that were")) " put together from the values of several, "
                    (linked) " would have been linked" (share_of(linked, decoys))
                    ": as often is somebody linked by chance whose match is not there."
                }
            }
            p {
                (count(self.implausible, "link joins", "links join")) " two rows that are as unlike as can be in two "
                "columns of names, dates or codes" (share_of(self.implausible, self.links)) ": such a link can hardly be "
                "right."
            }
        }
    }

    fn model(&self) -> Markup {
        html! {
            @if !self.trained {
                p class="note" {
                    "There were too few rows to learn from, so weights that fit most files were taken."
                }
            }
            p {
                "Of two rows taken at random, about 1 pair in " (one_in(self.prior)) " is the same person"
                @if self.prior_household > 0.0 {
                    ", and 1 in " (one_in(self.prior_household)) " are two of one household"
                }
                ". A level adds its bits to the weight of a pair: one bit doubles the odds."
            }
            @if let Some((same, unrelated)) = self.moved_together {
                p {
                    "Of those who moved, " (percent(same)) " did so with others who were found; between strangers that is so in "
                    "1 pair in " (one_in(unrelated)) "."
                }
            }
            (html::table("model", "Levels of agreement", &self.model_table()))
        }
    }
}

impl EvaluationPart {
    fn section(&self) -> Markup {
        html! {
            h2 { "Beside the truth" }
            p {
                (count(self.true_pairs.0, "pair is", "pairs are")) " truly the same; "
                (count(self.true_pairs.1, "was", "were")) " never weighed or too light to be kept, so that no threshold "
                "would find them."
            }
            (html::table("scores", "Precision, recall and F1", &self.scores_table()))
            @if let Some((threshold, precision, recall, f1)) = self.best {
                p {
                    "The best threshold would have been " (format!("{threshold:.1}")) " bits: precision "
                    (format!("{precision:.4}")) ", recall " (format!("{recall:.4}")) ", F1 " (format!("{f1:.4}")) "."
                }
            }
            @if let Some(recall) = self.strict_recall {
                p { "Recall at a precision of 0.999: " (format!("{recall:.4}")) "." }
            }
            (curve(&Chart::of(&self.curve)))
        }
    }
}

/// A share in brackets; nothing of nothing.
fn share_of(count: u64, of: u64) -> String {
    if of == 0 {
        return String::new();
    }
    format!(" ({})", percent(count as f64 / of as f64))
}

/// `1 pair in 1000000`: whole numbers are enough.
fn one_in(chance: f64) -> String {
    if chance > 0.0 {
        format!("{:.0}", 1.0 / chance)
    } else {
        "very many".to_owned()
    }
}

#[cfg(test)]
mod tests;
