//! NHS numbers that were sent as digests. A digest that stands beside its number on some record is that number on
//! every other, so that whatever is known or decided of the number holds; one that does not still joins the records
//! that bear it.

use std::collections::{HashMap, HashSet};

use crate::{DigestOf, DigestSummary, Entry, Token};

/// The digest of one record.
#[derive(Clone, Copy, Debug)]
struct Digest {
    token: Token,
    /// Whether it may join records.
    joins: bool,
    /// Whether the record bears no number besides.
    alone: bool,
    made_of: Option<DigestOf>,
}

/// Why a record's digest is not its child's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOwn {
    /// It is a mother's.
    Mothers,
    /// It stands beside several numbers.
    Several,
}

/// What a record bears beside its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// An NHS number of its own.
    Number,
    /// The number of a mother.
    Mothers,
    /// No number.
    Nothing,
}

/// What a record's digest says of its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    /// The number that it is.
    Number(Token),
    /// That it has one, which is on no record.
    Unknown,
    /// Nothing.
    Nothing(NotOwn),
}

/// The digests of a population; nothing at all where no record has one.
#[derive(Debug, Default)]
pub(crate) struct Digests {
    /// By the position of the record.
    of: Vec<Option<Digest>>,
    summary: DigestSummary,
}

/// The digests while it is found out what they are.
pub(crate) struct Finding {
    /// Whether there are any.
    any: bool,
    mothers: HashSet<Token>,
    /// None where a digest stands beside several numbers.
    number_of: HashMap<Token, Option<Token>>,
    found: Digests,
}

impl Finding {
    /// Begins with the records about a child, with the mothers whom `everybody` names, and with the numbers that are the
    /// children's own. Numbers of which one superseded the other are one: `representative` gives the one that stands
    /// for all.
    pub(crate) fn new<'e>(
        entries: &[&'e Entry],
        everybody: impl Iterator<Item = &'e Entry>,
        own_number: impl Fn(&Entry) -> Option<Token>,
        representative: impl Fn(Token) -> Token,
    ) -> Self {
        let mut number_of: HashMap<Token, Option<Token>> = HashMap::new();
        let mut any = false;
        for entry in entries {
            let digests = entry.encoding.digests.as_deref();
            let Some(digest) = digests.and_then(|digests| digests.child) else {
                continue;
            };
            any = true;
            if let Some(number) = own_number(entry).filter(|_| digest.conclusive) {
                number_of
                    .entry(digest.token)
                    .and_modify(|known| {
                        *known = known.filter(|known| representative(*known) == representative(number))
                    })
                    .or_insert(Some(number));
            }
        }
        Finding {
            any,
            mothers: everybody
                .filter_map(|entry| entry.encoding.digests.as_deref()?.mother)
                .collect(),
            number_of,
            found: Digests::default(),
        }
    }

    /// Takes the next record, in order, with what it bears of a number besides, and says what its digest says; none
    /// where it has none.
    pub(crate) fn next(&mut self, entry: &Entry, beside: Beside) -> Option<Said> {
        if !self.any {
            return None;
        }
        let alone = beside == Beside::Nothing;
        let digests = entry.encoding.digests.as_deref();
        let Some((digests, digest)) = digests.and_then(|digests| Some((digests, digests.child?))) else {
            self.found.of.push(None);
            return None;
        };
        let said = if beside == Beside::Mothers || self.mothers.contains(&digest.as_mother) {
            Said::Nothing(NotOwn::Mothers)
        } else {
            match self.number_of.get(&digest.token) {
                Some(Some(number)) => Said::Number(*number),
                Some(None) => Said::Nothing(NotOwn::Several),
                None => Said::Unknown,
            }
        };
        if alone {
            self.found.summary.records += 1;
            self.found.summary.known += u64::from(matches!(said, Said::Number(_)));
        }
        let own = !matches!(said, Said::Nothing(_));
        self.found.of.push(own.then_some(Digest {
            token: digest.token,
            joins: digest.conclusive,
            alone,
            made_of: digests.made_of,
        }));
        Some(said)
    }

    /// What was found.
    pub(crate) fn end(self) -> Digests {
        self.found
    }
}

impl Digests {
    /// How many records bear a digest alone.
    pub(crate) fn summary(&self) -> DigestSummary {
        self.summary
    }

    fn get(&self, at: u32) -> Option<&Digest> {
        self.of.get(at as usize)?.as_ref()
    }

    /// Takes the digest from a record: it turned out to be nobody's.
    pub(crate) fn forget(&mut self, at: u32) {
        if let Some(digest) = self.of.get_mut(at as usize) {
            *digest = None;
        }
    }

    /// Whether a record bears a digest and no number.
    pub(crate) fn is_alone(&self, at: u32) -> bool {
        self.get(at).is_some_and(|digest| digest.alone)
    }

    /// Whether one of two records bears a digest and no number.
    pub(crate) fn is_either_alone(&self, a: u32, b: u32) -> bool {
        self.is_alone(a) || self.is_alone(b)
    }

    /// The digest that a record may be joined by.
    pub(crate) fn joining(&self, at: u32) -> Option<Token> {
        let digest = self.get(at)?;
        digest.joins.then_some(digest.token)
    }

    /// The digest of a record that bears no number.
    pub(crate) fn alone(&self, at: u32) -> Option<Token> {
        let digest = self.get(at)?;
        digest.alone.then_some(digest.token)
    }

    /// Whether two records may be joined by one digest, where at least one bears no number.
    pub(crate) fn shared(&self, a: u32, b: u32) -> bool {
        self.is_either_alone(a, b) && self.joining(a).is_some() && self.joining(a) == self.joining(b)
    }

    /// Whether the digests of two records are of two numbers. Where the birth date is a part of them, they are only if
    /// both records give the same one.
    pub(crate) fn differ(&self, a: u32, b: u32, one_birth_date: bool) -> bool {
        let (Some(x), Some(y)) = (self.get(a), self.get(b)) else {
            return false;
        };
        if x.token == y.token || !(x.alone || y.alone) {
            return false;
        }
        match (x.made_of, y.made_of) {
            (Some(DigestOf::NhsNumber), Some(DigestOf::NhsNumber)) => true,
            (Some(DigestOf::NhsNumberAndBirthDate), Some(DigestOf::NhsNumberAndBirthDate)) => one_birth_date,
            _ => false,
        }
    }
}
