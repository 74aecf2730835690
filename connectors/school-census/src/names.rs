//! What the names of files say: a set, a census, a school. Never believed over a header.

use records::{Census, Term};

/// Which set of a Blade export: COLLECT exports LA-maintained schools and academies apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Set {
    /// Schools that the authority maintains.
    Maintained,
    /// Academies and free schools.
    Academies,
}

impl Set {
    /// The word for it in a snapshot's scope.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Set::Maintained => "la",
            Set::Academies => "acad",
        }
    }

    /// The scope of a snapshot of one census of this set.
    pub(crate) fn scope(self, census: Census) -> String {
        format!("{census}/{}", self.as_str())
    }
}

/// What a file's name says.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameFacts {
    /// The set.
    pub(crate) set: Option<Set>,
    /// The calendar year.
    pub(crate) year: Option<i16>,
    /// The term.
    pub(crate) term: Option<Term>,
    /// LAESTAB, seven digits.
    pub(crate) school: Option<String>,
    /// Which attempt.
    pub(crate) serial: Option<i64>,
}

impl NameFacts {
    /// Reads the name of a file of a Blade export: year, term or month, and set as words in any order
    /// (`2023_October_acad_addressesonroll.csv`).
    pub(crate) fn of_table(name: &str) -> Self {
        let mut facts = NameFacts::default();
        for word in name.split(|c: char| !c.is_alphanumeric()) {
            let word = word.to_lowercase();
            match word.as_str() {
                "la" | "maintained" | "lamaintained" => facts.set = Some(Set::Maintained),
                "acad" | "academy" | "academies" => facts.set = Some(Set::Academies),
                _ if word.len() == 4 && word.starts_with("20") => {
                    facts.year = word.parse().ok().or(facts.year);
                }
                _ => facts.term = term(&word).or(facts.term),
            }
        }
        facts
    }

    /// Reads the name of a school's return: `LLLEEEE_SCn_LLLLLYY_nnn.xml`, where L is the authority, E the
    /// school, SC1 spring, SC2 summer and SC3 autumn, YY the year, and nnn the attempt.
    pub(crate) fn of_return(name: &str) -> Self {
        let mut facts = NameFacts::default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let parts: Vec<String> = stem.split('_').map(str::to_uppercase).collect();
        let [school, collection, year, rest @ ..] = parts.as_slice() else {
            return facts;
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let term = match collection.as_str() {
            "SC1" => Term::Spring,
            "SC2" => Term::Summer,
            "SC3" => Term::Autumn,
            _ => return facts,
        };
        facts.term = Some(term);
        if school.len() == 7 && digits(school) {
            facts.school = Some(school.clone());
        }
        let year = year
            .split_at_checked(year.len().saturating_sub(2))
            .map(|(_, year)| year)
            .filter(|year| digits(year));
        facts.year = year
            .and_then(|year| year.parse::<i16>().ok())
            .map(|year| 2000 + year);
        facts.serial = rest.first().and_then(|serial| serial.parse().ok());
        facts
    }

    /// What all of these say alike; what only some say, or say differently, is left out.
    pub(crate) fn common<'a>(mut all: impl Iterator<Item = &'a NameFacts>) -> Self {
        let Some(mut common) = all.next().cloned() else {
            return NameFacts::default();
        };
        for facts in all {
            common.set = common.set.filter(|_| common.set == facts.set);
            common.year = common.year.filter(|_| common.year == facts.year);
            common.term = common.term.filter(|_| common.term == facts.term);
        }
        common
    }
}

/// The term that a word means: its name, its DfE code, or the month of its census day.
pub(crate) fn term(word: &str) -> Option<Term> {
    match word.to_lowercase().as_str() {
        "spring" | "spr" | "january" | "jan" => Some(Term::Spring),
        "summer" | "sum" | "may" => Some(Term::Summer),
        "autumn" | "aut" | "october" | "oct" => Some(Term::Autumn),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_table_name_come_in_any_order() {
        let acad = |year, term| NameFacts {
            set: Some(Set::Academies),
            year: Some(year),
            term: Some(term),
            ..NameFacts::default()
        };
        assert_eq!(
            NameFacts::of_table("2023_October_acad_addressesonroll.csv"),
            acad(2023, Term::Autumn)
        );
        assert_eq!(
            NameFacts::of_table("addressesoffroll_2023_January_acad.csv"),
            acad(2023, Term::Spring)
        );
        assert_eq!(
            NameFacts::of_table("2025_summer_acad_addressesonroll.csv"),
            acad(2025, Term::Summer)
        );
        assert_eq!(NameFacts::of_table("PUPILONROLL.CSV"), NameFacts::default());
        assert_eq!(
            NameFacts::of_table("LA 2018 pupilonroll.csv").set,
            Some(Set::Maintained)
        );
    }

    #[test]
    fn a_return_is_named_after_school_term_year_and_attempt() {
        let facts = NameFacts::of_return("8812001_SC1_881LL26_003.xml");
        assert_eq!(
            facts,
            NameFacts {
                set: None,
                year: Some(2026),
                term: Some(Term::Spring),
                school: Some("8812001".into()),
                serial: Some(3)
            }
        );
        for name in [
            "return.xml",
            "8812001_SC9_881LL26_003.xml",
            "é_é_é.xml",
            "_",
            "a_SC1_é_x.xml",
        ] {
            assert_eq!(NameFacts::of_return(name).school, None, "{name}");
            assert_eq!(NameFacts::of_return(name).year, None, "{name}");
        }
    }

    #[test]
    fn files_agree_only_on_what_all_of_them_say() {
        let names =
            ["2023_October_acad_a.csv", "2023_October_la_b.csv", "2023_c.csv"].map(NameFacts::of_table);
        let common = NameFacts::common(names.iter());
        assert_eq!(
            common,
            NameFacts {
                year: Some(2023),
                ..NameFacts::default()
            }
        );
    }
}
