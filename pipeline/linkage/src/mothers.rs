//! Which records name one mother. She joins no records: siblings would become one child. She only shows whose
//! pregnancy a child was.

use std::collections::{BTreeMap, HashMap};

use crate::{MotherEncoding, MotherEvidence, Token, population::Population};

/// A mother named by more records than this is nobody's: a number typed into a form as a stopgap. Ten
/// pregnancies of two notifications each, and ten reviews of each child, are fewer.
const MOST_RECORDS: usize = 200;

/// A mother as far as records tell mothers apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Mother {
    /// By her NHS number.
    Number(Token),
    /// By exact names, birth date and postcode, where no record that names her so has her number.
    Exact(Token),
}

/// The mothers of a population.
#[derive(Debug, Default)]
pub(crate) struct Mothers {
    /// The numbers that stand beside exact names: none where several do, as then the names are of several.
    number_of: HashMap<Token, Option<Token>>,
    /// How many records name each.
    records: HashMap<Mother, usize>,
}

impl Mothers {
    pub(crate) fn of(population: &Population<'_>) -> Self {
        let mut mothers = Mothers::default();
        // Most areas' records name no mother by a notification; then nobody asks who she is.
        if population.notifications.is_empty() {
            return mothers;
        }
        let all = || population.everybody().filter_map(|entry| entry.encoding.mother);
        for mother in all() {
            if let (Some(number), Some(exact)) = (mother.nhs_number, mother.exact) {
                mothers
                    .number_of
                    .entry(exact)
                    .and_modify(|known| *known = known.filter(|known| *known == number))
                    .or_insert(Some(number));
            }
        }
        for mother in all() {
            if let Some(mother) = mothers.named(&mother) {
                *mothers.records.entry(mother).or_default() += 1;
            }
        }
        mothers
    }

    /// Who she is; none where nothing identifies her, or what does is on too many records.
    pub(crate) fn who(&self, mother: Option<MotherEncoding>) -> Option<Mother> {
        let mother = self.named(&mother?)?;
        (self.records.get(&mother).copied().unwrap_or_default() <= MOST_RECORDS).then_some(mother)
    }

    /// How well a record says who she is.
    pub(crate) fn evidence(&self, mother: Option<MotherEncoding>) -> MotherEvidence {
        let Some(encoding) = mother else {
            return MotherEvidence::Absent;
        };
        match (self.named(&encoding), encoding.nhs_number) {
            (None, _) => MotherEvidence::Absent,
            (Some(_), _) if self.who(mother).is_none() => MotherEvidence::TooManyRecords,
            (Some(_), Some(_)) => MotherEvidence::NhsNumber,
            (Some(_), None) => MotherEvidence::Names,
        }
    }

    fn named(&self, mother: &MotherEncoding) -> Option<Mother> {
        match (mother.nhs_number, mother.exact) {
            (Some(number), _) => Some(Mother::Number(number)),
            (None, Some(exact)) => Some(match self.number_of.get(&exact) {
                Some(Some(number)) => Mother::Number(*number),
                _ => Mother::Exact(exact),
            }),
            (None, None) => None,
        }
    }
}

/// Values by mother, in order of the mothers.
pub(crate) type ByMother<T> = BTreeMap<Mother, Vec<T>>;
