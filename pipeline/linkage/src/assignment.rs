//! Which pregnancy a child is of: by the record of its birth, else by its mother.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    births::{Births, Candidate, Delivery, Ground},
    mothers::Mother,
    pregnancies::{BETWEEN_DELIVERIES, Pregnancy},
};

impl Ground<'_, '_> {
    /// Gives each child to one pregnancy at most: first by records of births, then by mothers, the nearest due
    /// day first.
    pub(crate) fn assign(&self, births: &mut Births) -> BTreeMap<u32, Vec<Candidate>> {
        let mut found: BTreeMap<u32, Vec<Candidate>> = BTreeMap::new();
        let mut taken: BTreeSet<u32> = BTreeSet::new();
        let mut holder: BTreeMap<u32, u32> = BTreeMap::new();

        let mut claims: Vec<(i64, u32, Candidate)> = Vec::new();
        for (number, children) in &births.direct {
            let Some(pregnancy) = self.pregnancies.all.get(*number as usize) else {
                continue;
            };
            for child in children {
                if !self.may_be_its(pregnancy, child) {
                    births.kept_apart.insert(*number);
                    continue;
                }
                let distance = self
                    .birth_day(child.root)
                    .and_then(|day| pregnancy.distance(day))
                    .unwrap_or(i64::MAX);
                claims.push((distance, *number, *child));
            }
        }
        claims.sort_unstable();
        for (_, number, child) in claims {
            let first = *holder.entry(child.root).or_insert(number);
            if first == number || self.may_be_one_pregnancy(first, number) {
                taken.insert(child.root);
                found.entry(number).or_default().push(child);
            }
        }
        let by_record: BTreeSet<u32> = births.direct.keys().copied().collect();

        for (mother, deliveries) in &births.deliveries {
            self.assign_of_mother(*mother, deliveries, &by_record, births, &mut taken, &mut found);
        }
        for children in found.values_mut() {
            children.sort_unstable();
        }
        found
    }

    fn assign_of_mother(
        &self,
        mother: Mother,
        deliveries: &[Delivery],
        by_record: &BTreeSet<u32>,
        births: &Births,
        taken: &mut BTreeSet<u32>,
        found: &mut BTreeMap<u32, Vec<Candidate>>,
    ) {
        // A twin whose own record of birth does not name the pregnancy, of one whose does.
        for (number, pregnancy) in self.pregnancies.of_mother(mother) {
            let Some(born) = found.get(&number).filter(|_| by_record.contains(&number)) else {
                continue;
            };
            let others = births.others.get(&number).copied().unwrap_or_default();
            let missing = usize::from(pregnancy.fetuses)
                .saturating_sub(born.len() + usize::from(others.not_live) + usize::from(others.kept_alone));
            let with: Vec<Candidate> = deliveries
                .iter()
                .filter(|delivery| born.iter().any(|child| delivery.holds(child.root)))
                .flat_map(|delivery| &delivery.children)
                .filter(|child| !taken.contains(&child.root) && self.may_be_its(pregnancy, child))
                .copied()
                .collect();
            if with.len() <= missing {
                taken.extend(with.iter().map(|child| child.root));
                found.entry(number).or_default().extend(with);
            }
        }

        let mut claims: Vec<(i64, u32, usize)> = Vec::new();
        for (number, pregnancy) in self.pregnancies.of_mother(mother) {
            if by_record.contains(&number) || self.is_over(pregnancy) {
                continue;
            }
            for (at, delivery) in deliveries.iter().enumerate() {
                let free = delivery
                    .children
                    .iter()
                    .all(|child| !taken.contains(&child.root) && self.may_be_its(pregnancy, child));
                let distance = [delivery.first_day, delivery.last_day]
                    .into_iter()
                    .filter_map(|day| pregnancy.distance(day))
                    .min();
                if let Some(distance) = distance.filter(|_| free) {
                    claims.push((distance, number, at));
                }
            }
        }
        claims.sort_unstable();
        let mut served: BTreeSet<u32> = BTreeSet::new();
        let mut days: Vec<i64> = Vec::new();
        for (_, number, at) in claims {
            let (Some(delivery), Some(pregnancy)) =
                (deliveries.get(at), self.pregnancies.all.get(number as usize))
            else {
                continue;
            };
            let is_free = delivery.children.iter().all(|child| !taken.contains(&child.root));
            let too_near = |day: &i64| (day - delivery.first_day).abs() < BETWEEN_DELIVERIES;
            if !is_free || served.contains(&number) || days.iter().any(too_near) {
                continue;
            }
            served.insert(number);
            days.push(delivery.first_day);
            let others = births.others.get(&number).copied().unwrap_or_default();
            let wanted = usize::from(pregnancy.fetuses)
                .saturating_sub(usize::from(others.not_live))
                .max(1);
            let children = self.told_apart(&delivery.children, wanted);
            taken.extend(delivery.children.iter().map(|child| child.root));
            found.insert(number, children);
        }
    }

    /// Of children born together, those who are certainly several, then others up to the number wanted: two
    /// clusters of a mother's may still be one child whose records share too little.
    fn told_apart(&self, children: &[Candidate], wanted: usize) -> Vec<Candidate> {
        let mut children = children.to_vec();
        children.sort_unstable();
        let mut kept: Vec<Candidate> = Vec::new();
        let mut doubtful: Vec<Candidate> = Vec::new();
        for child in children {
            let is_another = kept.iter().all(|other| {
                self.clusters.bar(child.root, other.root).is_some()
                    || self.sexes_differ(child.root, other.root)
            });
            if is_another {
                kept.push(child);
            } else {
                doubtful.push(child);
            }
        }
        let room = wanted.saturating_sub(kept.len());
        kept.extend(doubtful.into_iter().take(room));
        kept
    }

    fn sexes_differ(&self, one: u32, other: u32) -> bool {
        let sex = |root: u32| {
            let mut sexes = self
                .clusters
                .members(root)
                .iter()
                .filter_map(|at| self.population.person(*at)?.sex);
            let first = sexes.next()?;
            sexes.all(|sex| sex == first).then_some(first)
        };
        matches!((sex(one), sex(other)), (Some(a), Some(b)) if a != b)
    }

    /// Whether two pregnancies that each claim a child by a record of its birth may be one, notified twice: unless
    /// their mothers are known to be one or two, which has kept the two pregnancies apart.
    fn may_be_one_pregnancy(&self, one: u32, other: u32) -> bool {
        let mother = |number: u32| {
            self.pregnancies
                .all
                .get(number as usize)
                .and_then(|pregnancy| pregnancy.mother)
        };
        match (mother(one), mother(other)) {
            (Some(a), Some(b)) => a != b && !matches!((a, b), (Mother::Number(_), Mother::Number(_))),
            _ => true,
        }
    }

    /// Whether no decision keeps a child from a pregnancy.
    fn may_be_its(&self, pregnancy: &Pregnancy, child: &Candidate) -> bool {
        pregnancy.notifications.iter().all(|notification| {
            !self
                .population
                .kept_from_pregnancy(*notification, self.clusters.members(child.root))
        })
    }

    /// Whether every notification of a pregnancy says that it ended without a child here.
    fn is_over(&self, pregnancy: &Pregnancy) -> bool {
        pregnancy.notifications.iter().all(|at| self.ended(*at))
    }

    pub(crate) fn ended(&self, notification: u32) -> bool {
        self.population
            .notifications
            .get(notification as usize)
            .and_then(|entry| entry.encoding.pregnancy)
            .is_some_and(|pregnancy| pregnancy.ended)
    }
}
