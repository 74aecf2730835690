//! In which censuses a table or a column is sent.

use std::{collections::BTreeSet, str::FromStr};

use records::{Census, Term};
use serde::{Deserialize, Deserializer, de};

/// Some school censuses: what a column or table of a return is collected in.
///
/// Written as spans joined by `|`. A span is terms, then a range; either may be missing. An end of a range is a
/// census or a year and counts as inside; an end that is missing is open. `always` is every census.
///
/// ```
/// use kit::layout::Censuses;
/// use records::{Census, Term::*};
///
/// let in_force: Censuses = "spring | summer autumn 2024..".parse()?;
/// assert!(in_force.contains(Census { year: 2019, term: Spring }));
/// assert!(!in_force.contains(Census { year: 2019, term: Summer }));
/// assert!(in_force.contains(Census { year: 2024, term: Summer }));
///
/// let gone: Censuses = "..2023-summer".parse()?;
/// assert!(gone.contains(Census { year: 2023, term: Summer }));
/// assert!(!gone.contains(Census { year: 2023, term: Autumn }));
/// # Ok::<(), kit::layout::NotCensuses>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Censuses(Vec<Span>);

/// The censuses of some terms between two censuses.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    from: Option<Census>,
    until: Option<Census>,
    /// Empty for every term.
    terms: BTreeSet<Term>,
}

/// The text does not name censuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not some censuses, as in: always, spring, 2023-autumn.., autumn ..2016, spring | summer 2018..")]
pub struct NotCensuses;

impl Default for Censuses {
    /// Every census.
    fn default() -> Self {
        Censuses(vec![Span::default()])
    }
}

impl Censuses {
    /// Whether a census is one of them.
    pub fn contains(&self, census: Census) -> bool {
        self.0.iter().any(|span| {
            (span.terms.is_empty() || span.terms.contains(&census.term))
                && span.from.is_none_or(|from| from <= census)
                && span.until.is_none_or(|until| census <= until)
        })
    }
}

impl FromStr for Censuses {
    type Err = NotCensuses;

    fn from_str(text: &str) -> Result<Self, NotCensuses> {
        if text.trim() == "always" {
            return Ok(Censuses::default());
        }
        let mut spans = Vec::new();
        for part in text.split('|') {
            let mut span = Span::default();
            let mut ranged = false;
            for word in part.split_whitespace() {
                if let Some(term) = term(word)
                    && !ranged
                {
                    span.terms.insert(term);
                } else if let Some((from, until)) = word.split_once("..")
                    && !ranged
                {
                    span.from = end(from, Term::Spring)?;
                    span.until = end(until, Term::Autumn)?;
                    ranged = true;
                } else {
                    return Err(NotCensuses);
                }
            }
            let empty = span.terms.is_empty() && span.from.is_none() && span.until.is_none();
            let backwards = matches!((span.from, span.until), (Some(from), Some(until)) if until < from);
            if empty || backwards {
                return Err(NotCensuses);
            }
            spans.push(span);
        }
        Ok(Censuses(spans))
    }
}

impl<'de> Deserialize<'de> for Censuses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

fn term(word: &str) -> Option<Term> {
    [Term::Spring, Term::Summer, Term::Autumn]
        .into_iter()
        .find(|term| term.as_str() == word)
}

/// One end of a range; a bare year stands for its census of the given term.
fn end(text: &str, of_year: Term) -> Result<Option<Census>, NotCensuses> {
    if text.is_empty() {
        return Ok(None);
    }
    if let Ok(census) = text.parse() {
        return Ok(Some(census));
    }
    let year = text.parse().map_err(|_| NotCensuses)?;
    Census::new(year, of_year).map(Some).ok_or(NotCensuses)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_inside_and_years_are_whole() {
        let censuses: Censuses = "2016-autumn..2018-summer | spring 2020..2021"
            .parse()
            .expect("censuses");
        for (census, inside) in [
            ("2016-summer", false),
            ("2016-autumn", true),
            ("2018-summer", true),
            ("2018-autumn", false),
            ("2020-spring", true),
            ("2020-summer", false),
            ("2021-spring", true),
            ("2022-spring", false),
        ] {
            assert_eq!(
                censuses.contains(census.parse().expect("a census")),
                inside,
                "{census}"
            );
        }
    }

    #[test]
    fn what_names_no_census_is_refused() {
        for text in [
            "",
            "..",
            "winter",
            "spring |",
            "2018..2016",
            "2016..2017 spring",
            "99..",
            "2016-spring",
            "always ..2016",
        ] {
            assert_eq!(text.parse::<Censuses>(), Err(NotCensuses), "{text}");
        }
    }
}
