//! What people are asked: two children of whom the records do not settle whether they are one.
//!
//! A doubt says how far the two agree, what that is worth and how many days lie between them: nothing of what stands
//! in either. What was joined by weight is explained in the same way, to those who ask.

use std::collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry};

use serde::{Deserialize, Serialize};

use crate::{
    Bar, Candidate, RecordId, Refusal, Tier, Weight,
    clusters::{Clusters, Edge},
    engine::{Explained, Explainer, Waterfall, Weighed, label},
    faces::{self, COLUMNS},
    identifiers,
    persons::Persons,
    population::Population,
};

/// Two children who may be one.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// The smallest record of one; smaller than `right`.
    pub left: RecordId,
    /// The smallest record of the other.
    pub right: RecordId,
    /// The record of the one that is compared.
    pub left_compared: RecordId,
    /// The record of the other.
    pub right_compared: RecordId,
    /// Why a person is asked.
    pub asked: Asked,
    /// What speaks for and against one child.
    pub comparison: Comparison,
}

/// Why a person is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Asked {
    /// The weight is between the thresholds.
    Between,
    /// The weight would do, but another candidate is as good.
    Ambiguous,
    /// A rule of this tier asked for a union, and this kept it from being made.
    Refused(Tier, Bar),
}

/// How two children compare, by the two of their records that agree best; of a refused union, by the two that the
/// rule would have joined. What it adds up to is [`Comparison::weight`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What is likely before anything is compared, by the kinds of the two feeds.
    pub prior: Weight,
    /// What is compared, in order: forename, surname, birth date, postcode, sex.
    pub fields: Vec<Field>,
    /// What the chance of two children of one household takes away; never above 0.
    pub household: Weight,
    /// What the other records of the two, which agree less, take away, or a rule that holds the weight down.
    pub others: Weight,
    /// Days between the two birth dates; none where one has none.
    pub birth_gap: Option<u32>,
    /// Days between the two events.
    pub event_gap: Option<u32>,
}

/// One field of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Field {
    /// Its name.
    pub field: String,
    /// How far the two agree, in words.
    pub agreement: String,
    /// What that is worth.
    pub bits: Weight,
    /// What the rarity of the value in common adds or takes away.
    pub rarity: Weight,
    /// How often the commoner of the two values is met; none where they are not near, or it was not counted.
    pub bearers: Option<Bearers>,
}

/// On how many different entries of the area a value stands: one a person, kind of source and spelling. In bands, as a
/// count of its own would say which value it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bearers {
    /// Fewer than 10.
    Below10,
    /// 10 to 99.
    Below100,
    /// 100 to 999.
    Below1000,
    /// 1,000 or more.
    From1000,
}

impl Bearers {
    /// The band of a count.
    pub const fn of(count: u32) -> Self {
        match count {
            0..10 => Bearers::Below10,
            10..100 => Bearers::Below100,
            100..1_000 => Bearers::Below1000,
            _ => Bearers::From1000,
        }
    }

    /// The band, for people.
    pub const fn words(self) -> &'static str {
        match self {
            Bearers::Below10 => "on fewer than 10",
            Bearers::Below100 => "on 10 to 99",
            Bearers::Below1000 => "on 100 to 999",
            Bearers::From1000 => "on 1,000 or more",
        }
    }
}

impl Comparison {
    /// What speaks for one child, less what speaks against it.
    pub fn weight(&self) -> Weight {
        let fields = self.fields.iter().flat_map(|field| [field.bits, field.rarity]);
        let all = fields.chain([self.prior, self.household, self.others]);
        Weight(all.fold(0, |sum, part| sum.saturating_add(part.0)))
    }
}

/// A union by weight: two records that were joined as of one child, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// One of the two records that agree best.
    pub left: RecordId,
    /// The other.
    pub right: RecordId,
    /// What speaks for and against one child.
    pub comparison: Comparison,
}

/// What a linkage stood on.
pub(crate) struct Ground<'d, 'p, 't> {
    pub(crate) population: &'d Population<'p>,
    pub(crate) clusters: &'d Clusters<'d>,
    pub(crate) persons: &'d Persons,
    pub(crate) weighed: &'d Weighed<'t>,
}

impl Ground<'_, '_, '_> {
    /// One doubt for each two children about whom there is a question, by weight, the heaviest first. What people
    /// have decided is no question any more.
    pub(crate) fn doubts(&self, review: &[Candidate], refused: &[Refusal]) -> Vec<Doubt> {
        // By the smallest records of the two children. The first question about two is the one that is asked, and a
        // rule that wanted them says more than a weight.
        let mut questions: BTreeMap<(u32, u32), Question> = BTreeMap::new();
        for refusal in refused {
            self.ask(&mut questions, (refusal.left, refusal.right), |asking| Question {
                asked: Asked::Refused(refusal.tier, refusal.bar),
                asking: Some(asking),
                weight: None,
            });
        }
        for candidate in review {
            let asked = if candidate.ambiguous {
                Asked::Ambiguous
            } else {
                Asked::Between
            };
            self.ask(&mut questions, (candidate.left, candidate.right), |_| Question {
                asked,
                asking: None,
                weight: Some(candidate.weight),
            });
        }
        if questions.is_empty() {
            return Vec::new();
        }

        let rows = self.rows_of(&questions);
        let rows_of = |at: u32| rows.get(&self.clusters.root(at)).map_or(&[][..], Vec::as_slice);
        let explainer = self.weighed.explainer();
        let mut doubts: Vec<Doubt> = questions
            .into_iter()
            .filter_map(|((left, right), question)| {
                let (compared, comparison) = match question.asking {
                    Some((a, b)) => ((a, b), self.plainly(a, b)?),
                    None => self
                        .by_rows(&explainer, rows_of(left), rows_of(right))
                        .or_else(|| self.by_records(left, right))?,
                };
                Some(Doubt {
                    left: self.population.record(left)?,
                    right: self.population.record(right)?,
                    left_compared: self.population.record(compared.0)?,
                    right_compared: self.population.record(compared.1)?,
                    asked: question.asked,
                    comparison: match question.weight {
                        Some(weight) => comparison.held_to(weight),
                        None => comparison,
                    },
                })
            })
            .collect();
        doubts.sort_by_key(|doubt| {
            (
                std::cmp::Reverse(doubt.comparison.weight()),
                doubt.left,
                doubt.right,
            )
        });
        doubts
    }

    /// The unions by weight of a record's child, in the order in which they were made.
    pub(crate) fn joined(&self, record: RecordId) -> Vec<Joined> {
        let Some(at) = self.population.position(record) else {
            return Vec::new();
        };
        let root = self.clusters.root(at);
        let by_weight =
            |edge: &&Edge| edge.tier == Tier::T4 && !edge.confirmed && self.clusters.root(edge.left) == root;
        let explainer = self.weighed.explainer();
        let made = self.clusters.made.iter().filter(by_weight);
        made.filter_map(|edge| {
            let rows = [edge.left, edge.right].map(|record| self.rows_of_person(record));
            let [ours, theirs] = rows.each_ref().map(Vec::as_slice);
            let (compared, comparison) = match self.by_rows(&explainer, ours, theirs) {
                Some(found) => found,
                // Who has no name was joined because nobody else of the household was born that day.
                None => {
                    let mut comparison = self.plainly(edge.left, edge.right)?;
                    comparison.household = Weight::default();
                    ((edge.left, edge.right), comparison)
                }
            };
            Some(Joined {
                left: self.population.record(compared.0)?,
                right: self.population.record(compared.1)?,
                comparison: comparison.held_to(edge.weight),
            })
        })
        .collect()
    }

    /// The rows of the person whose smallest record this is; none where nobody's is, or it has no name.
    fn rows_of_person(&self, record: u32) -> Vec<u32> {
        let Ok(person) = self.persons.first_record.binary_search(&record) else {
            return Vec::new();
        };
        let of = &self.persons.rows.persons;
        let person = person as u32;
        let from = of.partition_point(|other| *other < person) as u32;
        let to = of.partition_point(|other| *other <= person) as u32;
        (from..to).collect()
    }

    /// Enters a question, unless the two turned out to be one child, people have decided, or there is one about them.
    fn ask(
        &self,
        questions: &mut BTreeMap<(u32, u32), Question>,
        (left, right): (RecordId, RecordId),
        question: impl FnOnce((u32, u32)) -> Question,
    ) {
        let (Some(a), Some(b)) = (self.population.position(left), self.population.position(right)) else {
            return;
        };
        if self.clusters.root(a) == self.clusters.root(b) {
            return;
        }
        let smallest = |at: u32| self.clusters.members(at).iter().min().copied().unwrap_or(at);
        let (x, y) = (smallest(a), smallest(b));
        let (children, asking) = if x < y { ((x, y), (a, b)) } else { ((y, x), (b, a)) };
        if let Entry::Vacant(free) = questions.entry(children)
            && !self.is_decided(x, y)
        {
            free.insert(question(asking));
        }
    }

    /// Whether a decision keeps two children apart, whatever else does.
    fn is_decided(&self, left: u32, right: u32) -> bool {
        let theirs = self.clusters.members(right);
        let bars = |a: &u32, b: &u32| self.population.bar(*a, *b).is_some_and(Bar::is_decision);
        self.clusters
            .members(left)
            .iter()
            .any(|a| theirs.iter().any(|b| bars(a, b)))
    }

    /// The rows of the children who are asked about, by the root of their records.
    fn rows_of(&self, questions: &BTreeMap<(u32, u32), Question>) -> HashMap<u32, Vec<u32>> {
        let wanted: BTreeSet<u32> = questions
            .keys()
            .flat_map(|(left, right)| [*left, *right])
            .map(|at| self.clusters.root(at))
            .collect();
        let mut rows: HashMap<u32, Vec<u32>> = HashMap::new();
        for (row, record) in (0_u32..).zip(&self.persons.rows.records) {
            let root = self.clusters.root(*record);
            if wanted.contains(&root) {
                rows.entry(root).or_default().push(row);
            }
        }
        rows
    }

    /// By the two rows that agree best; none where one child has no row, having no name.
    fn by_rows(
        &self,
        explainer: &Explainer<'_, '_>,
        ours: &[u32],
        theirs: &[u32],
    ) -> Option<((u32, u32), Comparison)> {
        let mut best: Option<(Weight, f64, (u32, u32), Explained)> = None;
        for (x, y) in ours.iter().flat_map(|x| theirs.iter().map(move |y| (*x, *y))) {
            let explained = explainer.explain(x, y);
            let rise = self.weighed.rise(self.persons.kind(x), self.persons.kind(y));
            let weight = Weight::nearest(explained.waterfall.weight + rise);
            if best.as_ref().is_none_or(|(known, ..)| weight > *known) {
                best = Some((weight, rise, (x, y), explained));
            }
        }
        let (_, rise, (x, y), explained) = best?;
        let record = |row: u32| self.persons.rows.records.get(row as usize).copied();
        let compared = (record(x)?, record(y)?);
        let comparison = self.comparison(compared, &explained.waterfall, rise, &explained.bearers)?;
        Some((compared, comparison))
    }

    /// By the two records that agree best, any value counting as an average one.
    fn by_records(&self, left: u32, right: u32) -> Option<((u32, u32), Comparison)> {
        let (ours, theirs) = (self.clusters.members(left), self.clusters.members(right));
        let ((a, b), _) = identifiers::heaviest(self.population, &self.weighed.weights, ours, theirs)?;
        Some(((a, b), self.plainly(a, b)?))
    }

    /// Two records, any value counting as an average one.
    fn plainly(&self, a: u32, b: u32) -> Option<Comparison> {
        let pattern = faces::pattern(self.population.person(a)?, self.population.person(b)?);
        self.comparison((a, b), &self.weighed.weights.waterfall(pattern), 0.0, &[])
    }

    fn comparison(
        &self,
        (a, b): (u32, u32),
        waterfall: &Waterfall,
        rise: f64,
        bearers: &[Option<u32>],
    ) -> Option<Comparison> {
        let (x, y) = (
            self.population.entries.get(a as usize)?,
            self.population.entries.get(b as usize)?,
        );
        let birth = |at: u32| Some(self.population.person(at)?.birth?.day_number);
        let gap = |one: Option<i32>, other: Option<i32>| Some(one?.abs_diff(other?));
        let bearers = bearers.iter().copied().chain(std::iter::repeat(None));
        let fields = COLUMNS.iter().zip(&waterfall.columns).zip(bearers);
        Some(Comparison {
            prior: Weight::nearest(waterfall.prior + rise),
            fields: fields
                .map(|(((name, kind), of), bearers)| Field {
                    field: (*name).to_owned(),
                    agreement: label(*kind, of.level).to_owned(),
                    bits: Weight::nearest(of.bits),
                    rarity: Weight::nearest(of.rarity),
                    bearers: bearers.map(Bearers::of),
                })
                .collect(),
            household: Weight::nearest(waterfall.household),
            others: Weight::default(),
            birth_gap: gap(birth(a), birth(b)),
            event_gap: gap(x.encoding.event_day, y.encoding.event_day),
        })
    }
}

/// A question about two children.
struct Question {
    asked: Asked,
    /// The two records that a rule would have joined.
    asking: Option<(u32, u32)>,
    /// What the two children weigh together.
    weight: Option<Weight>,
}

impl Comparison {
    /// Puts down to other records what the two that agree best do not explain.
    fn held_to(mut self, weight: Weight) -> Self {
        self.others = Weight(weight.0.saturating_sub(self.weight().0));
        self
    }
}
