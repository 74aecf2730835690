//! How right tier T4 is: precision and recall where notices and census have no identifier in common.

use std::collections::{BTreeMap, BTreeSet};

use sendlink_linkage::{Decisions, Linkage, Settings, Tier, link};

use crate::area::{CENSUS, NOTICE, Told, area};

/// Floors that hold with no identifier in common, over all links (T3 and T4 together) and for T4 alone.
const LEAST_PRECISION: f64 = 0.99;
const LEAST_RECALL: f64 = 0.90;

struct Score {
    links: usize,
    right: usize,
    truth: usize,
    by_weight: usize,
    by_weight_right: usize,
    missed: BTreeMap<&'static str, (usize, usize)>,
    /// Clusters that hold records of two children.
    mixed: usize,
    /// Those of them that hold two twins, both with their forenames.
    twins_merged: usize,
}

impl Score {
    fn of(told: &[Told], outcome: &Linkage) -> Score {
        let children: BTreeMap<_, _> = told.iter().map(|t| (t.entry.record, t)).collect();
        let mut census: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        let mut in_cluster: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
        for link in &outcome.links {
            let told = children[&link.subject.record];
            in_cluster.entry(link.cluster).or_default().insert(told.child);
            if told.entry.kind == CENSUS {
                census.entry(link.cluster).or_default().insert(told.child);
            }
        }
        let in_census: BTreeSet<u32> = told
            .iter()
            .filter(|t| t.entry.kind == CENSUS)
            .map(|t| t.child)
            .collect();
        let mut score = Score {
            links: 0,
            right: 0,
            truth: 0,
            by_weight: 0,
            by_weight_right: 0,
            missed: BTreeMap::new(),
            mixed: 0,
            twins_merged: 0,
        };
        for link in outcome.links.iter() {
            let told = children[&link.subject.record];
            if told.entry.kind != NOTICE {
                continue;
            }
            let linked = census.get(&link.cluster);
            let right = linked.is_some_and(|linked| linked.len() == 1 && linked.contains(&told.child));
            assert_eq!(
                linked.is_some(),
                link.tier.is_match(),
                "the tier says whether a record is matched"
            );
            score.links += usize::from(linked.is_some());
            score.right += usize::from(right);
            if link.tier == Tier::T4 {
                score.by_weight += 1;
                score.by_weight_right += usize::from(right);
            }
            if in_census.contains(&told.child) {
                score.truth += 1;
                for noise in &told.noise {
                    let (all, missed) = score.missed.entry(noise).or_default();
                    *all += 1;
                    *missed += usize::from(!right);
                }
            }
        }
        score.mixed = in_cluster.values().filter(|children| children.len() > 1).count();
        let mut named: BTreeMap<(u32, u32), BTreeSet<u32>> = BTreeMap::new();
        for link in &outcome.links {
            let told = children[&link.subject.record];
            if told
                .entry
                .encoding
                .child
                .as_ref()
                .is_some_and(|child| !child.forenames.is_empty())
            {
                named
                    .entry((link.cluster, told.birth))
                    .or_default()
                    .insert(told.child);
            }
        }
        score.twins_merged = named.values().filter(|children| children.len() > 1).count();
        score
    }

    fn say(&self, outcome: &Linkage) {
        let share = |a: usize, b: usize| a as f64 / b.max(1) as f64;
        println!(
            "precision {:.4}, recall {:.4}; T4: {} links, precision {:.4}; clusters of two children: {}",
            share(self.right, self.links),
            share(self.right, self.truth),
            self.by_weight,
            share(self.by_weight_right, self.by_weight),
            self.mixed,
        );
        for (noise, (all, missed)) in &self.missed {
            println!("  {noise}: recall {:.3} of {all}", 1.0 - share(*missed, *all));
        }
        println!(
            "  pairs {}, persons {}, expected false {:.1}, household {:e}, priors {:?}",
            outcome.summary.pairs,
            outcome.summary.persons,
            outcome.summary.expected_false,
            outcome.summary.model.prior_household,
            outcome.summary.priors
        );
        for column in &outcome.summary.model.columns {
            for level in &column.levels {
                println!(
                    "  {} {}: m {:.5} h {:.5} u {:.7}",
                    column.name, level.label, level.same, level.household, level.unrelated
                );
            }
        }
    }
}

fn judge(children: u32, seed: u64) {
    judge_told(area(children, seed), 500);
}

fn judge_told(told: Vec<Told>, by_weight: usize) {
    let entries: Vec<_> = told.iter().map(|t| t.entry.clone()).collect();
    let outcome = link(&entries, &Decisions::default(), &Settings::default(), &()).expect("a linkage");
    let score = Score::of(&told, &outcome);
    score.say(&outcome);
    assert!(outcome.summary.model.trained, "the model was trained");
    assert!(
        score.right as f64 >= LEAST_PRECISION * score.links as f64,
        "precision of all links"
    );
    assert!(
        score.by_weight_right as f64 >= LEAST_PRECISION * score.by_weight as f64,
        "precision of T4"
    );
    assert!(score.right as f64 >= LEAST_RECALL * score.truth as f64, "recall");
    assert_eq!(score.twins_merged, 0, "twins stay two children");
    assert!(score.by_weight > by_weight, "T4 had something to do");
}

#[test]
fn five_thousand_children_with_no_identifier_in_common() {
    judge(5_000, 11);
}

#[test]
fn another_five_thousand() {
    judge(5_000, 12);
}

#[test]
fn a_few_notices_beside_a_large_census() {
    let mut told = area(16_000, 13);
    told.retain(|told| told.entry.kind == CENSUS || told.child % 25 == 0);
    judge_told(told, 100);
}
