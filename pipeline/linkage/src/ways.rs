//! The strongest rule that joined each record of a child to a record of another kind, where notifications of
//! pregnancies are among them.
//!
//! The unions of `clusters` were made before anybody knew of the pregnancies. Here they are made again within one
//! child, strongest first, with the steps that lead to its notifications, which count as a kind of their own: a
//! birth arrives in the same feed, but it is another record of the child.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Tier, Weight};

/// A record of a child, or a notification of its pregnancy, by position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Node {
    Record(u32),
    Notification(u32),
}

/// What joined a record to one of another kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Joined {
    pub(crate) tier: Tier,
    pub(crate) weight: Weight,
    pub(crate) confirmed: bool,
}

/// A way from one node to another.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way {
    pub(crate) from: Node,
    pub(crate) to: Node,
    pub(crate) joined: Joined,
}

/// What joined each node to a node of another kind. `kind_of` gives the kind of a record's feed.
pub(crate) fn strongest(ways: &[Way], kind_of: &dyn Fn(u32) -> u8) -> BTreeMap<Node, Joined> {
    let mut ways = ways.to_vec();
    // A stable sort: within a tier they stay in the order in which they were made.
    ways.sort_by_key(|way| way.joined.tier);
    let mut group_of: BTreeMap<Node, usize> = BTreeMap::new();
    let mut groups: Vec<(BTreeSet<Option<u8>>, Vec<Node>)> = Vec::new();
    let mut joined: BTreeMap<Node, Joined> = BTreeMap::new();
    for way in &ways {
        for node in [way.from, way.to] {
            group_of.entry(node).or_insert_with(|| {
                let kind = match node {
                    Node::Record(at) => Some(kind_of(at)),
                    Node::Notification(_) => None,
                };
                groups.push((BTreeSet::from([kind]), vec![node]));
                groups.len() - 1
            });
        }
        let (Some(a), Some(b)) = (group_of.get(&way.from).copied(), group_of.get(&way.to).copied()) else {
            continue;
        };
        if a == b {
            continue;
        }
        let mut take = |at: usize| groups.get_mut(at).map(std::mem::take).unwrap_or_default();
        let (one, other) = (take(a), take(b));
        for ((kinds, nodes), theirs) in [(&one, &other.0), (&other, &one.0)] {
            if kinds.len() == 1 && !theirs.is_subset(kinds) {
                joined.extend(nodes.iter().map(|node| (*node, way.joined)));
            }
        }
        for node in &other.1 {
            group_of.insert(*node, a);
        }
        if let Some((kinds, nodes)) = groups.get_mut(a) {
            (*kinds, *nodes) = one;
            kinds.extend(other.0);
            nodes.extend(other.1);
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(from: Node, to: Node, tier: Tier) -> Way {
        Way {
            from,
            to,
            joined: Joined {
                tier,
                weight: Weight::default(),
                confirmed: false,
            },
        }
    }

    #[test]
    fn a_stronger_way_through_the_notification_counts() {
        // A review (kind 3) reached a census record (kind 4) by weight; its mother's number names the pregnancy.
        let ways = [
            way(Node::Record(0), Node::Record(1), Tier::T4),
            way(Node::Notification(0), Node::Record(0), Tier::T1),
        ];
        let joined = strongest(&ways, &|at| if at == 0 { 3 } else { 4 });
        let tier = |node| joined.get(&node).map(|joined| joined.tier);
        assert_eq!(tier(Node::Record(0)), Some(Tier::T1));
        assert_eq!(tier(Node::Notification(0)), Some(Tier::T1));
        assert_eq!(tier(Node::Record(1)), Some(Tier::T4));
    }

    #[test]
    fn two_notifications_do_not_match_each_other() {
        let ways = [way(Node::Notification(0), Node::Notification(1), Tier::T1)];
        assert!(strongest(&ways, &|_| 1).is_empty());
    }
}
