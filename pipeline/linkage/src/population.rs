//! The records made ready: in order of their ids, with the identifiers that each may be joined or barred by.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::{
    AnchorRank, Apart, Bar, Decisions, Entry, LinkError, NameEncoding, NumberEvidence, PersonEncoding,
    RecordId, Token,
    digests::{Beside, Digests, Finding, NotOwn, Said},
    rules::{Shared, birth_dates_conflict, forenames_alike, twins},
};

/// More mutually conflicting birth dates than this on one NHS number, and it is nobody's: one of a child's
/// records may carry a date that is plainly wrong, which makes two; a third needs a third person.
const MAX_UNLIKE_BIRTH_DATES: usize = 2;

/// A record's identifiers, once decisions, mothers and supersessions are taken into account.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    /// The NHS number that is the child's own, by the representative of its supersessions; from its digest, where
    /// the record has no more and another record bears both.
    pub(crate) nhs_number: Option<Token>,
    /// Whether that number may join records (T1): never where it was known by its digest.
    pub(crate) nhs_number_joins: bool,
    /// UPN and former UPNs.
    pub(crate) upns: Vec<Token>,
    /// The UPN in force, if any.
    pub(crate) upn_in_force: Option<Token>,
    /// How the number fares.
    pub(crate) number: NumberEvidence,
    /// Whether a decision keeps the record alone.
    isolated: bool,
    /// Those of its tokens that the do-not-link list names.
    listed: Vec<Token>,
}

/// All records of a linkage, by record id. A record about a child is named by its position.
pub(crate) struct Population<'a> {
    /// Records about a child.
    pub(crate) entries: Vec<&'a Entry>,
    /// Notifications of pregnancies.
    pub(crate) notifications: Vec<&'a Entry>,
    /// Records about no child: births that were not live.
    pub(crate) childless: Vec<&'a Entry>,
    pub(crate) standings: Vec<Standing>,
    /// The digests of NHS numbers.
    pub(crate) digests: Digests,
    /// Confirmed pairs, by position.
    pub(crate) same: Vec<(u32, u32)>,
    /// Confirmed pairs of a notification and a record about a child, by their positions among their own.
    pub(crate) same_pregnancy: Vec<(u32, u32)>,
    /// Pairs of a notification and a record about a child that the do-not-link list names.
    apart_pregnancy: BTreeSet<(u32, u32)>,
    apart_persons: BTreeSet<(Token, Token)>,
    apart_records: BTreeSet<(u32, u32)>,
}

impl<'a> Population<'a> {
    pub(crate) fn new(entries: &'a [Entry], decisions: &Decisions) -> Result<Self, LinkError> {
        let mut entries: Vec<&Entry> = entries.iter().collect();
        if u32::try_from(entries.len()).is_err() {
            return Err(LinkError::TooMany);
        }
        entries.sort_unstable_by_key(|entry| entry.record);
        if entries
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a.record == b.record))
        {
            return Err(LinkError::DuplicateRecord);
        }

        let (notifications, others): (Vec<&Entry>, Vec<&Entry>) = entries
            .into_iter()
            .partition(|entry| entry.encoding.pregnancy.is_some());
        let (entries, childless) = others
            .into_iter()
            .partition(|entry| entry.encoding.child.is_some());

        let superseded = Supersessions::new(decisions);
        let mut population = Population {
            notifications,
            childless,
            standings: Vec::new(),
            digests: Digests::default(),
            same: Vec::new(),
            same_pregnancy: Vec::new(),
            apart_pregnancy: BTreeSet::new(),
            apart_persons: apart_persons(decisions, &superseded),
            apart_records: BTreeSet::new(),
            entries,
        };
        for decision in &decisions.apart {
            if let Apart::Records(a, b) = decision {
                if let Some(pair) = population.pair(*a, *b) {
                    population.apart_records.insert(pair);
                } else if let Some(pair) = population.pregnancy_pair(*a, *b) {
                    population.apart_pregnancy.insert(pair);
                }
            }
        }
        population.same = decisions
            .same
            .iter()
            .filter_map(|(a, b)| population.pair(*a, *b))
            .collect();
        population.same.sort_unstable();
        population.same.dedup();
        population.same_pregnancy = decisions
            .same
            .iter()
            .filter_map(|(a, b)| population.pregnancy_pair(*a, *b))
            .collect();
        population.same_pregnancy.sort_unstable();
        population.same_pregnancy.dedup();
        (population.standings, population.digests) = population.standings(decisions, &superseded);
        population.judge_numbers();
        Ok(population)
    }

    /// How many records are about a child.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Every record, whoever it is about.
    pub(crate) fn everybody(&self) -> impl Iterator<Item = &'a Entry> + '_ {
        [&self.entries, &self.notifications, &self.childless]
            .into_iter()
            .flatten()
            .copied()
    }

    pub(crate) fn record(&self, at: u32) -> Option<RecordId> {
        self.entries.get(at as usize).map(|entry| entry.record)
    }

    /// The position of a record about a child.
    pub(crate) fn position(&self, record: RecordId) -> Option<u32> {
        position(&self.entries, record)
    }

    pub(crate) fn person(&self, at: u32) -> Option<&'a PersonEncoding> {
        self.entries
            .get(at as usize)
            .and_then(|entry| entry.encoding.child.as_ref())
    }

    pub(crate) fn anchor_rank(&self, at: u32) -> AnchorRank {
        match self.standings.get(at as usize) {
            Some(standing) if standing.nhs_number_joins || self.digests.joining(at).is_some() => {
                AnchorRank::NhsNumber
            }
            Some(standing) if !standing.upns.is_empty() => AnchorRank::Upn,
            _ => AnchorRank::Record,
        }
    }

    /// Whether a decision keeps the record alone.
    pub(crate) fn isolated(&self, at: u32) -> bool {
        self.standings
            .get(at as usize)
            .is_some_and(|standing| standing.isolated)
    }

    /// What keeps two records from ever being one child, if anything does.
    pub(crate) fn bar(&self, a: u32, b: u32) -> Option<Bar> {
        let (x, y) = (self.entries.get(a as usize)?, self.entries.get(b as usize)?);
        let (s, t) = (self.standings.get(a as usize)?, self.standings.get(b as usize)?);
        if s.isolated || t.isolated {
            return Some(Bar::Isolated);
        }
        let listed = s
            .listed
            .iter()
            .any(|p| t.listed.iter().any(|q| self.listed_apart(*p, *q)));
        if listed || self.apart_records.contains(&ordered(a, b)) {
            return Some(Bar::DoNotLink);
        }
        if differ(s.nhs_number, t.nhs_number) {
            return Some(Bar::NhsNumbersDiffer);
        }
        if self.digests_differ(a, b) {
            return Some(Bar::DigestsDiffer);
        }
        let one_day = x.encoding.event_day.is_some() && x.encoding.event_day == y.encoding.event_day;
        if one_day && differ(s.upn_in_force, t.upn_in_force) {
            return Some(Bar::UpnsDiffer);
        }
        if x.source.is_some() && x.source == y.source {
            return Some(Bar::SameSource);
        }
        let (p, q) = (x.encoding.child.as_ref()?, y.encoding.child.as_ref()?);
        if born_after(p, y) || born_after(q, x) {
            return Some(Bar::BornAfterEvent);
        }
        let shared = self.shared(a, b);
        (born_together(x, y) && shared == Shared::Nothing || twins(p, q, shared)).then_some(Bar::Twins)
    }

    /// Whether two records that look like twins' are of one child after all, the forename of one being mistyped:
    /// under its number their clusters know a forename near to it that is the other's. A record shares its number
    /// with itself.
    pub(crate) fn named_alike_elsewhere(&self, (a, of_a): (u32, &[u32]), (b, of_b): (u32, &[u32])) -> bool {
        let (Some(x), Some(y)) = (self.entries.get(a as usize), self.entries.get(b as usize)) else {
            return false;
        };
        if born_together(x, y) {
            return false;
        }
        let forenames = |record: u32, cluster: &[u32]| -> Vec<&NameEncoding> {
            cluster
                .iter()
                .filter(|other| **other == record || self.one_number_and_near_names(record, **other))
                .filter_map(|other| self.person(*other))
                .flat_map(|person| &person.forenames)
                .collect()
        };
        let theirs = forenames(b, of_b);
        forenames(a, of_a)
            .iter()
            .any(|name| theirs.iter().any(|other| name.whole == other.whole))
    }

    /// Whether two records bear one NHS number that may join them, or one UPN, and forenames that would not tell
    /// twins with one number apart.
    fn one_number_and_near_names(&self, a: u32, b: u32) -> bool {
        let one_number = self.shared(a, b) != Shared::Nothing;
        let near = |x, y| forenames_alike(x, y, Shared::NhsNumber);
        one_number
            && self
                .person(a)
                .zip(self.person(b))
                .is_some_and(|(x, y)| near(x, y))
    }

    /// What two records share that speaks for one child by itself.
    fn shared(&self, a: u32, b: u32) -> Shared {
        let (Some(s), Some(t)) = (self.standings.get(a as usize), self.standings.get(b as usize)) else {
            return Shared::Nothing;
        };
        if s.upns.iter().any(|upn| t.upns.contains(upn)) {
            Shared::Upn
        } else if s.nhs_number_joins && t.nhs_number_joins && s.nhs_number == t.nhs_number
            || self.digests.shared(a, b)
        {
            Shared::NhsNumber
        } else {
            Shared::Nothing
        }
    }

    /// Whether the digests of two records are of two NHS numbers. Where both numbers are known, they have been compared.
    fn digests_differ(&self, a: u32, b: u32) -> bool {
        let number = |at: u32| {
            self.standings
                .get(at as usize)
                .and_then(|standing| standing.nhs_number)
        };
        if number(a).is_some() && number(b).is_some() {
            return false;
        }
        let birth = |at: u32| Some(self.person(at)?.birth.as_ref()?.whole);
        self.digests
            .differ(a, b, birth(a).is_some() && birth(a) == birth(b))
    }

    fn listed_apart(&self, a: Token, b: Token) -> bool {
        self.apart_persons.contains(&ordered(a, b))
    }

    /// Whether the do-not-link list keeps a notification from any of the records of a child.
    pub(crate) fn kept_from_pregnancy(&self, notification: u32, children: &[u32]) -> bool {
        !self.apart_pregnancy.is_empty()
            && children
                .iter()
                .any(|child| self.apart_pregnancy.contains(&(notification, *child)))
    }

    /// The positions of two different records about a child, if both are current.
    fn pair(&self, a: RecordId, b: RecordId) -> Option<(u32, u32)> {
        let (a, b) = (position(&self.entries, a)?, position(&self.entries, b)?);
        (a != b).then(|| ordered(a, b))
    }

    /// The positions of a notification and of a record about a child, whichever is named first.
    fn pregnancy_pair(&self, a: RecordId, b: RecordId) -> Option<(u32, u32)> {
        let pair = |p, c| Some((position(&self.notifications, p)?, position(&self.entries, c)?));
        pair(a, b).or_else(|| pair(b, a))
    }

    fn standings(&self, decisions: &Decisions, superseded: &Supersessions) -> (Vec<Standing>, Digests) {
        let isolated: HashSet<Token> = decisions
            .isolated
            .iter()
            .map(|token| superseded.representative(*token))
            .collect();
        let listed: HashSet<Token> = self.apart_persons.iter().flat_map(|(a, b)| [*a, *b]).collect();
        let mothers: HashSet<Token> = self
            .everybody()
            .filter_map(|entry| entry.encoding.mother.as_ref()?.nhs_number)
            .collect();

        let is_mothers = |child: &PersonEncoding| {
            child
                .nhs_number_as_mother
                .is_some_and(|token| mothers.contains(&token))
        };
        let own_number = |child: &PersonEncoding| child.nhs_number.filter(|_| !is_mothers(child));
        let mut digests = Finding::new(
            &self.entries,
            self.everybody(),
            |entry| Some(own_number(entry.encoding.child.as_ref()?)?.token),
            |number| superseded.representative(number),
        );

        let mut standings = Vec::with_capacity(self.entries.len());
        for entry in &self.entries {
            let Some(child) = &entry.encoding.child else {
                standings.push(Standing::default());
                continue;
            };
            let mothers_number = is_mothers(child);
            let own_number = own_number(child);
            let beside = match child.nhs_number {
                None => Beside::Nothing,
                Some(_) if mothers_number => Beside::Mothers,
                Some(_) => Beside::Number,
            };
            let said = digests.next(entry, beside).filter(|_| beside == Beside::Nothing);
            let by_digest = match said {
                Some(Said::Number(number)) => Some(number),
                _ => None,
            };
            let in_force = child
                .upn_in_force
                .and_then(|at| child.upns.get(usize::from(at)))
                .copied();

            // The tokens in order of trust; one that is listed apart from an earlier one is not the child's:
            // an adopted child's new school may still have written down the former UPN.
            let mut own: Vec<Token> = Vec::new();
            let candidates = own_number
                .iter()
                .map(|number| number.token)
                .chain(by_digest)
                .chain(in_force)
                .chain(child.upns.iter().copied());
            for token in candidates {
                if !own.contains(&token) && own.iter().all(|other| !self.listed_apart(*other, token)) {
                    own.push(token);
                }
            }
            let kept = |token: &Token| own.contains(token);

            standings.push(Standing {
                nhs_number: own_number
                    .map(|number| number.token)
                    .or(by_digest)
                    .map(|token| superseded.representative(token)),
                nhs_number_joins: own_number.is_some_and(|number| number.conclusive),
                upns: child.upns.iter().copied().filter(kept).collect(),
                upn_in_force: in_force,
                number: match (child.nhs_number, said) {
                    (Some(_), _) if mothers_number => NumberEvidence::Mothers,
                    (None, Some(Said::Nothing(NotOwn::Mothers))) => NumberEvidence::Mothers,
                    (None, Some(Said::Nothing(NotOwn::Several))) => NumberEvidence::Conflict,
                    (Some(_), _) | (None, Some(_)) => NumberEvidence::Unknown,
                    (None, None) => NumberEvidence::Absent,
                },
                isolated: own
                    .iter()
                    .any(|token| isolated.contains(&superseded.representative(*token))),
                listed: own
                    .iter()
                    .copied()
                    .filter(|token| listed.contains(token))
                    .collect(),
            });
        }
        (standings, digests.end())
    }

    /// Sees how each NHS number fares over all records that bear it, and takes numbers of too many birth dates
    /// away from their records.
    fn judge_numbers(&mut self) {
        let mut bearers: BTreeMap<Token, Vec<u32>> = BTreeMap::new();
        for (at, standing) in (0_u32..).zip(&self.standings) {
            // A digest whose number nobody knows stands for itself.
            if let Some(token) = standing.nhs_number.or_else(|| self.digests.alone(at)) {
                bearers.entry(token).or_default().push(at);
            }
        }
        for records in bearers.values() {
            let first_kind = records
                .first()
                .and_then(|at| self.entries.get(*at as usize))
                .map(|e| e.kind);
            let several_kinds = records
                .iter()
                .any(|at| self.entries.get(*at as usize).map(|entry| entry.kind) != first_kind);
            let nobodys = self.too_many_birth_dates(records);
            for at in records {
                let Some(standing) = self.standings.get_mut(*at as usize) else {
                    continue;
                };
                if nobodys {
                    standing.number = NumberEvidence::ManyBirthDates;
                    standing.nhs_number = None;
                    standing.nhs_number_joins = false;
                    self.digests.forget(*at);
                } else if several_kinds {
                    standing.number = if standing.nhs_number_joins || self.digests.joining(*at).is_some() {
                        NumberEvidence::Known
                    } else {
                        NumberEvidence::Inconclusive
                    };
                }
            }
        }
    }

    fn too_many_birth_dates(&self, records: &[u32]) -> bool {
        let mut unlike: Vec<&crate::DateEncoding> = Vec::new();
        for at in records {
            if let Some(birth) = self.person(*at).and_then(|person| person.birth.as_ref())
                && unlike.iter().all(|other| birth_dates_conflict(other, birth))
            {
                unlike.push(birth);
                if unlike.len() > MAX_UNLIKE_BIRTH_DATES {
                    return true;
                }
            }
        }
        false
    }
}

/// Whether two births ended one pregnancy.
fn born_together(a: &Entry, b: &Entry) -> bool {
    a.encoding.born_of.is_some() && a.encoding.born_of == b.encoding.born_of
}

fn differ(a: Option<Token>, b: Option<Token>) -> bool {
    matches!((a, b), (Some(a), Some(b)) if a != b)
}

/// Whether a person was born after the event of another record. An event on the very day of that record's own
/// birth date is the birth itself: it shows when somebody was born, not that somebody had been born before.
fn born_after(person: &PersonEncoding, other: &Entry) -> bool {
    let own_birth = other
        .encoding
        .child
        .as_ref()
        .and_then(|child| child.birth.as_ref());
    matches!(
        (&person.birth, other.encoding.event_day),
        (Some(birth), Some(event))
            if birth.day_number > event && own_birth.is_none_or(|own| own.day_number != event)
    )
}

fn position(entries: &[&Entry], record: RecordId) -> Option<u32> {
    let at = entries.binary_search_by_key(&record, |entry| entry.record).ok()?;
    u32::try_from(at).ok()
}

fn ordered<T: Ord>(a: T, b: T) -> (T, T) {
    if a <= b { (a, b) } else { (b, a) }
}

/// The do-not-link list of persons, carried over to every number that superseded a listed one or was
/// superseded by it. A pair that is also on the supersession list stays as it was listed: keeping apart wins.
fn apart_persons(decisions: &Decisions, superseded: &Supersessions) -> BTreeSet<(Token, Token)> {
    let mut pairs = BTreeSet::new();
    for decision in &decisions.apart {
        let Apart::Persons(a, b) = *decision else { continue };
        pairs.insert(ordered(a, b));
        if superseded.representative(a) != superseded.representative(b) {
            for p in superseded.family(a) {
                for q in superseded.family(b) {
                    pairs.insert(ordered(p, q));
                }
            }
        }
    }
    pairs
}

/// Which NHS numbers stand for one child.
struct Supersessions {
    representative: HashMap<Token, Token>,
    families: BTreeMap<Token, BTreeSet<Token>>,
}

impl Supersessions {
    fn new(decisions: &Decisions) -> Self {
        let mut this = Supersessions {
            representative: HashMap::new(),
            families: BTreeMap::new(),
        };
        for pair in &decisions.superseded {
            let (a, b) = ordered(
                this.representative(pair.former),
                this.representative(pair.current),
            );
            let mut family: BTreeSet<Token> = this.families.remove(&a).unwrap_or_else(|| BTreeSet::from([a]));
            family.extend(this.families.remove(&b).unwrap_or_else(|| BTreeSet::from([b])));
            for token in &family {
                this.representative.insert(*token, a);
            }
            this.families.insert(a, family);
        }
        this
    }

    fn representative(&self, token: Token) -> Token {
        self.representative.get(&token).copied().unwrap_or(token)
    }

    fn family(&self, token: Token) -> Vec<Token> {
        match self.families.get(&self.representative(token)) {
            Some(family) => family.iter().copied().collect(),
            None => vec![token],
        }
    }
}
