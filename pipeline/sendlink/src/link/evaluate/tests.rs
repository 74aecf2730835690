//! Figures that were worked out by hand.

use linkage::{
    Weight,
    engine::{Estimate, Found, PairFound, TableModel},
};

use super::*;

fn found(pairs: &[(u32, u32, i32, bool)], clusters: &[u32]) -> Found {
    Found {
        pairs: pairs
            .iter()
            .map(|(left, right, bits, link)| PairFound {
                left: *left,
                right: *right,
                weight: Weight::from_bits(*bits),
                pattern: 0,
                link: *link,
            })
            .collect(),
        threshold: Weight::from_bits(0),
        floor: Weight::from_bits(-10),
        clusters: clusters.to_vec(),
        model: TableModel::default(),
        blocking: Vec::new(),
        scored: 0,
        unlinkable: 0,
        histogram: Vec::new(),
        examples: Vec::new(),
        decoys: linkage::engine::Decoys::default(),
        estimates: vec![
            Estimate {
                threshold: 5.0,
                links: 2,
                precision: 0.9,
                recall: 0.5,
            },
            Estimate {
                threshold: 20.0,
                links: 0,
                precision: 1.0,
                recall: 0.0,
            },
        ],
    }
}

/// Six rows of one input: {0, 1, 2} are one, {3, 4} are one, 5 is alone. So 3 + 1 pairs are true.
const ENTITIES: [u32; 6] = [0, 0, 0, 3, 3, 5];

#[test]
fn links_of_one_input() {
    let found = found(
        &[
            (0, 1, 9, true),
            (3, 4, 8, true),
            (2, 5, 4, true),
            (0, 2, -3, false),
        ],
        &[0, 0, 2, 3, 3, 2],
    );
    let evaluation = weigh(&ENTITIES, None, &found, false);
    assert_eq!(evaluation.true_pairs, 4);
    // The pair of 1 and 2 was never weighed.
    assert_eq!(evaluation.out_of_reach, 1);
    let links = evaluation.links;
    assert_eq!((links.right, links.wrong, links.missed), (2, 1, 2));
    assert_eq!(links.precision, Some(2.0 / 3.0));
    assert_eq!(links.recall, Some(0.5));
    assert_eq!(links.f1, Some(4.0 / 7.0));
    // Clusters {0, 1}, {2, 5}, {3, 4}: the same three pairs.
    assert_eq!(evaluation.clusters, links);
    // The curve goes on below the threshold: 9, 8, 4 and -3 bits.
    let curve: Vec<(f64, u64, f64, f64)> = evaluation
        .curve
        .iter()
        .map(|point| (point.threshold, point.links, point.precision, point.recall))
        .collect();
    assert_eq!(
        curve,
        [
            (9.0, 1, 1.0, 0.25),
            (8.0, 2, 1.0, 0.5),
            (4.0, 3, 2.0 / 3.0, 0.5),
            (-3.0, 4, 0.75, 0.75)
        ]
    );
    let best = evaluation.best.unwrap();
    assert_eq!((best.threshold, best.f1), (-3.0, 0.75));
    assert_eq!(evaluation.recall_at_precision_0_999, Some(0.5));
}

#[test]
fn clusters_count_pairs_that_no_link_names() {
    // One cluster of everything: 15 pairs, 4 of them right.
    let found = found(&[], &[0; 6]);
    let evaluation = weigh(&ENTITIES, None, &found, false);
    let clusters = evaluation.clusters;
    assert_eq!((clusters.right, clusters.wrong, clusters.missed), (4, 11, 0));
    assert_eq!(evaluation.links.precision, None);
    assert_eq!(evaluation.links.recall, Some(0.0));
    assert_eq!(evaluation.best, None);
}

#[test]
fn b_cubed_is_a_mean_over_rows() {
    // Clusters {0, 1}, {2, 5}, {3, 4}. Precision by row: 1, 1, 1/2, 1, 1, 1/2. Recall: 2/3, 2/3, 1/3, 1, 1, 1.
    let found = found(&[], &[0, 0, 2, 3, 3, 2]);
    let b_cubed = weigh(&ENTITIES, None, &found, false).b_cubed;
    let near = |one: f64, other: f64| (one - other).abs() < 1e-12;
    assert!(near(b_cubed.precision, 5.0 / 6.0), "{b_cubed:?}");
    assert!(near(b_cubed.recall, 7.0 / 9.0), "{b_cubed:?}");
    assert!(near(
        b_cubed.f1,
        2.0 * (5.0 / 6.0) * (7.0 / 9.0) / (5.0 / 6.0 + 7.0 / 9.0)
    ));
}

#[test]
fn of_two_inputs_only_pairs_across_count() {
    // Rows 0 to 2 are of the first input, 3 to 5 of the second. {0, 1, 3} and {2, 4} are one each.
    let entities = [0, 0, 2, 0, 2, 5];
    let found = found(&[(0, 3, 9, true), (2, 5, 3, true)], &[0, 1, 2, 0, 4, 2]);
    let evaluation = weigh(&entities, Some(3), &found, false);
    // 0-3, 1-3 and 2-4, but not 0-1.
    assert_eq!(evaluation.true_pairs, 3);
    assert_eq!(
        (
            evaluation.links.right,
            evaluation.links.wrong,
            evaluation.links.missed
        ),
        (1, 1, 2)
    );
    assert_eq!((evaluation.clusters.right, evaluation.clusters.wrong), (1, 1));
}

#[test]
fn one_to_one_takes_each_row_once_by_falling_weight() {
    // Row 0 is row 2 and row 1 is row 3; 0-3 is heavier than 1-3 but comes after 0-2.
    let entities = [0, 1, 0, 1];
    let pairs = [(0, 2, 9, true), (0, 3, 7, false), (1, 3, 5, true)];
    let found = found(&pairs, &[0, 1, 0, 1]);
    let one_to_one = weigh(&entities, Some(2), &found, true);
    assert_eq!(one_to_one.best.unwrap().f1, 1.0);
    assert_eq!(one_to_one.curve.len(), 2);
    let free = weigh(&entities, Some(2), &found, false);
    assert_eq!(free.best.unwrap().f1, 0.8);
}

#[test]
fn estimates_stand_beside_what_is_so() {
    let found = found(
        &[(0, 1, 9, true), (2, 5, 5, true), (3, 4, 4, true)],
        &[0, 0, 2, 3, 3, 2],
    );
    let estimates = weigh(&ENTITIES, None, &found, false).estimates;
    assert_eq!(
        (estimates[0].precision, estimates[0].recall),
        (Some(0.5), Some(0.25))
    );
    assert_eq!((estimates[1].precision, estimates[1].recall), (None, Some(0.0)));
}

#[test]
fn points_of_the_curve_are_half_a_bit_apart() {
    let mut found = found(&[], &[0; 4]);
    found.pairs = (0..3_000)
        .map(|step| PairFound {
            left: 0,
            right: 1,
            weight: Weight(3_000 - step),
            pattern: 0,
            link: false,
        })
        .collect();
    let evaluation = weigh(&[0, 0, 0, 0], None, &found, false);
    assert_eq!(evaluation.curve.len(), 6);
    assert_eq!(evaluation.curve.last().unwrap().links, 3_000);
}
