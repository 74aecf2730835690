//! What became of notified children at school: measures N08 and N08a to N08c.
//!
//! A notice is *matured* once its child has passed the day of a loaded census by which the child was of
//! Reception age (four on 31 August before the academic year of that census) or older. A notice about a baby
//! is therefore not missing from the census for about four years. Children who moved away or died are not
//! known as such to these feeds and stay in the denominator.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use records::{Census, Month, dates::academic_year};

/// One pupil in one return.
#[derive(Clone, Debug)]
pub struct SchoolFact {
    /// The child; only compared.
    pub child_id: String,
    /// Which census.
    pub census: Census,
    /// Enrolment status: `C` single, `M` main, `S` subsidiary, `F`, `O`.
    pub enrol_status: Option<String>,
    /// SEN provision as returned: `N`, `K`, `E`, in years past `A`, `P`, `S`.
    pub sen_provision: Option<String>,
}

/// What the censuses say of the children.
#[derive(Clone, Debug, Default)]
pub struct SchoolFacts {
    loaded: BTreeSet<(Census, String)>,
    children: BTreeMap<String, Found>,
}

/// How a child was found at school. Each says more than the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// On any census.
    pub at_all: bool,
    /// With SEN support on one: code `K`, earlier school action (`A`) or school action plus (`P`).
    pub support: bool,
    /// With an education, health and care plan on one: code `E`, earlier a statement (`S`).
    pub plan: bool,
}

impl Found {
    /// With support or a plan.
    pub fn support_or_plan(self) -> bool {
        self.support || self.plan
    }
}

impl SchoolFacts {
    /// Takes which censuses are loaded, each with the DfE code of the authority that it came from, and the
    /// school records of the children who have a notice, both in any order. Where a census holds a child's main registration (`C`, `M`),
    /// its others in that census do not count; where it holds none, a subsidiary (`S`) does.
    pub fn new(
        loaded: impl IntoIterator<Item = (Census, String)>,
        records: impl IntoIterator<Item = SchoolFact>,
    ) -> Self {
        let mut facts = SchoolFacts {
            loaded: loaded.into_iter().collect(),
            children: BTreeMap::new(),
        };
        let mut by_child: BTreeMap<(String, Census), Vec<SchoolFact>> = BTreeMap::new();
        for record in records {
            by_child
                .entry((record.child_id.clone(), record.census))
                .or_default()
                .push(record);
        }
        for ((child_id, _), records) in by_child {
            let has_main = records.iter().any(SchoolFact::is_main);
            let found = facts.children.entry(child_id).or_default();
            for record in records.iter().filter(|record| !has_main || record.is_main()) {
                found.at_all = true;
                found.support |= matches!(record.sen_provision.as_deref(), Some("K" | "A" | "P"));
                found.plan |= matches!(record.sen_provision.as_deref(), Some("E" | "S"));
            }
        }
        facts
    }

    /// How a child was found.
    pub fn found(&self, child_id: &str) -> Found {
        self.children.get(child_id).copied().unwrap_or_default()
    }

    /// Whether a child born in a month has passed a loaded census, up to a day, at Reception age or older: a
    /// census of the authority where the child lives; where that is not known, of any.
    pub fn is_mature(&self, birth_month: Month, la_code: Option<&str>, as_at: Date) -> bool {
        self.loaded.iter().any(|(census, from)| {
            let day = census.day();
            day <= as_at && is_reception_age(birth_month, day) && la_code.is_none_or(|code| code == from)
        })
    }
}

impl SchoolFact {
    /// Whether the registration is the child's main one. A return that states no status means a single one.
    fn is_main(&self) -> bool {
        !matches!(self.enrol_status.as_deref(), Some("S" | "F" | "O"))
    }
}

/// Whether a child born in a month was four by 31 August before the academic year of `day`. The month is
/// enough, as the border lies between two months.
fn is_reception_age(birth_month: Month, day: Date) -> bool {
    let born_by = academic_year(day) - 4;
    (birth_month.year(), birth_month.month()) <= (born_by, 8)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use records::Term;

    use super::*;

    fn fact(child: &str, term: Term, status: &str, provision: &str) -> SchoolFact {
        SchoolFact {
            child_id: child.to_owned(),
            census: Census { year: 2025, term },
            enrol_status: (!status.is_empty()).then(|| status.to_owned()),
            sen_provision: (!provision.is_empty()).then(|| provision.to_owned()),
        }
    }

    #[test]
    fn reception_age_turns_between_august_and_september() {
        let loaded = |term| SchoolFacts::new([(Census { year: 2025, term }, "881".to_owned())], []);
        let facts = loaded(Term::Autumn);
        let ours = Some("881");
        let month = |text: &str| text.parse().expect("a month");
        let day = Census {
            year: 2025,
            term: Term::Autumn,
        }
        .day();
        // Reception in 2025/26 takes births from September 2020 to August 2021.
        assert!(facts.is_mature(month("2021-08"), ours, day));
        assert!(facts.is_mature(month("2021-08"), None, day));
        assert!(
            !facts.is_mature(month("2021-08"), Some("882"), day),
            "another authority's census"
        );
        assert!(!facts.is_mature(month("2021-09"), ours, day));
        assert!(
            !facts.is_mature(month("2021-08"), ours, date(2025, 9, 30)),
            "before the census day"
        );
        assert!(
            !SchoolFacts::default().is_mature(month("2015-01"), ours, day),
            "no census is loaded"
        );
        // A spring census belongs to the academic year that began the autumn before.
        let spring = loaded(Term::Spring);
        assert!(!spring.is_mature(month("2020-09"), ours, day));
        assert!(spring.is_mature(month("2020-08"), ours, day));
    }

    #[test]
    fn a_main_registration_outweighs_a_subsidiary_one() {
        let records = [
            fact("dual", Term::Spring, "M", "N"),
            fact("dual", Term::Spring, "S", "E"),
            fact("sub", Term::Spring, "S", "K"),
            fact("old", Term::Spring, "", "P"),
            fact("later", Term::Spring, "C", "K"),
            fact("later", Term::Autumn, "C", "E"),
        ];
        let facts = SchoolFacts::new([], records);
        assert_eq!(
            facts.found("dual"),
            Found {
                at_all: true,
                support: false,
                plan: false
            }
        );
        assert_eq!(
            facts.found("sub"),
            Found {
                at_all: true,
                support: true,
                plan: false
            }
        );
        assert_eq!(
            facts.found("old"),
            Found {
                at_all: true,
                support: true,
                plan: false
            }
        );
        assert_eq!(
            facts.found("later"),
            Found {
                at_all: true,
                support: true,
                plan: true
            }
        );
        assert_eq!(facts.found("nobody"), Found::default());
    }
}
