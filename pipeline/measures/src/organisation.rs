//! Health bodies: what a code names, whether it was open on a day, and who answers for it today.
//!
//! Both tables are data, `mappings/organisations/health-bodies.toml` and `successors.toml`; an area adds its
//! own mergers in a copy.

mod shape;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde::Deserialize;

use self::shape::Shape;

/// The bodies and mergers that come with the program.
const BODIES: &str = include_str!("../../../mappings/organisations/health-bodies.toml");
const SUCCESSORS: &str = include_str!("../../../mappings/organisations/successors.toml");

/// What a code names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body<'a> {
    /// A body of this kind.
    Known {
        /// The kind, in words.
        name: &'a str,
        /// Whether section 23 of the Children and Families Act 2014 lays the duty on it.
        statutory: bool,
    },
    /// A code that stands for nobody (not known, not applicable).
    Nobody {
        /// What the code stands for.
        means: &'a str,
    },
    /// Not the shape of an organisation code.
    NotACode,
}

/// The tables of organisations.
#[derive(Clone, Debug)]
pub struct Organisations {
    bodies: Vec<BodyRow>,
    nobody: BTreeMap<String, String>,
    mergers: BTreeMap<String, Merger>,
}

#[derive(Clone, Debug)]
struct BodyRow {
    name: String,
    shapes: Vec<Shape>,
    codes: BTreeSet<String>,
    statutory: bool,
    parent_characters: Option<usize>,
}

#[derive(Clone, Debug)]
struct Merger {
    to: String,
    on: Date,
}

/// A table of organisations cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationsError {
    /// Not the TOML that is expected. The text names line and column.
    #[error("the table of organisations: {0}")]
    Toml(#[from] toml::de::Error),
    /// A date that is no day.
    #[error("the successor of {from}: not a date")]
    NotADate {
        /// The code that was closed.
        from: String,
    },
    /// A code was closed twice.
    #[error("{from} has two successors")]
    TwoSuccessors {
        /// The code that was closed.
        from: String,
    },
    /// Following the mergers comes back to where it began.
    #[error("the successors of {from} run in a circle")]
    Circle {
        /// The code that was closed.
        from: String,
    },
}

impl Organisations {
    /// The tables that come with the program.
    ///
    /// # Errors
    /// [`OrganisationsError`] where one is malformed, which a test rules out.
    pub fn built_in() -> Result<Self, OrganisationsError> {
        Organisations::parse(BODIES, SUCCESSORS)
    }

    /// Reads both tables.
    ///
    /// # Errors
    /// [`OrganisationsError`], naming the place or the code.
    pub fn parse(bodies: &str, successors: &str) -> Result<Self, OrganisationsError> {
        let bodies: BodiesFile = toml::from_str(bodies)?;
        let successors: SuccessorsFile = toml::from_str(successors)?;

        let mut mergers = BTreeMap::new();
        for row in successors.merger {
            let Some(on) = row.on.date.and_then(civil) else {
                return Err(OrganisationsError::NotADate { from: row.from });
            };
            if mergers
                .insert(row.from.clone(), Merger { to: row.to, on })
                .is_some()
            {
                return Err(OrganisationsError::TwoSuccessors { from: row.from });
            }
        }
        for from in mergers.keys() {
            let mut seen = BTreeSet::from([from]);
            let mut code = from;
            while let Some(merger) = mergers.get(code) {
                code = &merger.to;
                if !seen.insert(code) {
                    return Err(OrganisationsError::Circle { from: from.clone() });
                }
            }
        }

        Ok(Organisations {
            bodies: bodies
                .body
                .into_iter()
                .map(|row| BodyRow {
                    name: row.name,
                    shapes: row.shapes.iter().map(|shape| Shape::new(shape)).collect(),
                    codes: row.codes,
                    statutory: row.statutory,
                    parent_characters: row.parent_characters,
                })
                .collect(),
            nobody: bodies
                .default
                .into_iter()
                .map(|row| (row.code, row.means))
                .collect(),
            mergers,
        })
    }

    /// What a code names.
    ///
    /// ```
    /// use measures::{Body, Organisations};
    ///
    /// let organisations = Organisations::built_in()?;
    /// assert!(matches!(organisations.body("RAJ"), Body::Known { statutory: true, .. }));
    /// assert!(matches!(organisations.body("A83627"), Body::Known { statutory: false, .. }));
    /// assert_eq!(organisations.body("V81999"), Body::Nobody { means: "practice not known" });
    /// # Ok::<(), measures::OrganisationsError>(())
    /// ```
    pub fn body(&self, code: &str) -> Body<'_> {
        if let Some(means) = self.nobody.get(code) {
            return Body::Nobody { means };
        }
        match self.row(code) {
            Some(row) => Body::Known {
                name: &row.name,
                statutory: row.statutory,
            },
            None => Body::NotACode,
        }
    }

    /// Whether a code named an open body on a day: it names one, and no merger had closed it. There is no
    /// register of every body here, so a code that was never issued but has the shape of one is not caught.
    pub fn is_live(&self, code: &str, on: Date) -> bool {
        matches!(self.body(code), Body::Known { .. })
            && self
                .mergers
                .get(self.parent(code))
                .is_none_or(|merger| on < merger.on)
    }

    /// The code that answers for `code` on a day: of a site its trust, of a closed body its successor.
    ///
    /// ```
    /// use jiff::civil::date;
    /// use measures::Organisations;
    ///
    /// let organisations = Organisations::built_in()?;
    /// assert_eq!(organisations.in_force("RQ8", date(2026, 3, 1)), "RAJ");
    /// assert_eq!(organisations.in_force("RQ8", date(2019, 3, 1)), "RQ8");
    /// # Ok::<(), measures::OrganisationsError>(())
    /// ```
    pub fn in_force<'a>(&'a self, code: &'a str, on: Date) -> &'a str {
        let mut code = self.parent(code);
        // Ends: a circle is refused when the table is read.
        while let Some(merger) = self.mergers.get(code).filter(|merger| merger.on <= on) {
            code = &merger.to;
        }
        code
    }

    fn parent<'a>(&self, code: &'a str) -> &'a str {
        if self.nobody.contains_key(code) {
            return code;
        }
        self.row(code)
            .and_then(|row| code.get(..row.parent_characters?))
            .unwrap_or(code)
    }

    fn row(&self, code: &str) -> Option<&BodyRow> {
        self.bodies
            .iter()
            .find(|row| row.codes.contains(code) || row.shapes.iter().any(|shape| shape.fits(code)))
    }
}

fn civil(date: toml::value::Date) -> Option<Date> {
    Date::new(
        i16::try_from(date.year).ok()?,
        i8::try_from(date.month).ok()?,
        i8::try_from(date.day).ok()?,
    )
    .ok()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodiesFile {
    #[serde(rename = "version")]
    _version: String,
    body: Vec<BodyLine>,
    #[serde(default)]
    default: Vec<DefaultLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BodyLine {
    name: String,
    shapes: Vec<String>,
    #[serde(default)]
    codes: BTreeSet<String>,
    statutory: bool,
    #[serde(default)]
    parent_characters: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DefaultLine {
    code: String,
    means: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuccessorsFile {
    #[serde(rename = "version")]
    _version: String,
    #[serde(default)]
    merger: Vec<MergerLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MergerLine {
    from: String,
    to: String,
    on: toml::value::Datetime,
    #[serde(rename = "note", default)]
    _note: Option<String>,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const ONE_BODY: &str =
        "version = \"1\"\n[[body]]\nname = \"trust\"\nshapes = [\"R??\"]\nstatutory = true\n";

    fn chain(lines: &[(&str, &str, &str)]) -> Result<Organisations, OrganisationsError> {
        let mut text = "version = \"1\"\n".to_owned();
        for (from, to, on) in lines {
            text.push_str(&format!(
                "[[merger]]\nfrom = \"{from}\"\nto = \"{to}\"\non = {on}\n"
            ));
        }
        Organisations::parse(ONE_BODY, &text)
    }

    #[test]
    fn a_chain_is_followed_up_to_the_day_asked_for() {
        let table =
            chain(&[("RX1", "RX2", "2020-04-01"), ("RX2", "RX3", "2024-04-01")]).expect("well formed");
        assert_eq!(table.in_force("RX1", date(2020, 3, 31)), "RX1");
        assert_eq!(table.in_force("RX1", date(2020, 4, 1)), "RX2");
        assert_eq!(table.in_force("RX1", date(2024, 4, 1)), "RX3");
        assert_eq!(table.in_force("RX9", date(2024, 4, 1)), "RX9");
        assert!(table.is_live("RX1", date(2020, 3, 31)));
        assert!(!table.is_live("RX1", date(2020, 4, 1)));
        assert!(table.is_live("RX3", date(2026, 1, 1)));
    }

    #[test]
    fn a_table_that_contradicts_itself_is_refused() {
        let twice = chain(&[("RX1", "RX2", "2020-04-01"), ("RX1", "RX3", "2021-04-01")]);
        assert!(matches!(twice, Err(OrganisationsError::TwoSuccessors { from }) if from == "RX1"));
        let circle = chain(&[("RX1", "RX2", "2020-04-01"), ("RX2", "RX1", "2021-04-01")]);
        assert!(matches!(circle, Err(OrganisationsError::Circle { .. })));
        let no_day = chain(&[("RX1", "RX2", "12:00:00")]);
        assert!(matches!(no_day, Err(OrganisationsError::NotADate { .. })));
        assert!(matches!(
            chain(&[("RX1", "RX1", "2020-04-01")]),
            Err(OrganisationsError::Circle { .. })
        ));
    }

    #[test]
    fn the_built_in_tables_tell_bodies_apart() {
        let table = Organisations::built_in().expect("well formed");
        let statutory = |code| match table.body(code) {
            Body::Known { statutory, .. } => Some(statutory),
            Body::Nobody { .. } | Body::NotACode => None,
        };
        for code in ["RAJ", "R1L", "TAJ", "QH8", "06Q", "99E", "RAJ01", "D9Y0V"] {
            assert_eq!(statutory(code), Some(true), "{code}");
        }
        for code in ["A83627", "881", "NXX", "8HX12"] {
            assert_eq!(statutory(code), Some(false), "{code}");
        }
        for code in [
            "V81997", "V81999", "X99999", "89999", "R9998", "Q99", "XMD00", "", "raj", "RA", "R-J",
        ] {
            assert_eq!(statutory(code), None, "{code}");
        }
    }

    #[test]
    fn a_site_counts_with_its_trust_and_the_trust_with_its_successor() {
        let table = Organisations::built_in().expect("well formed");
        assert_eq!(table.in_force("RDD01", date(2026, 1, 1)), "RAJ");
        assert_eq!(table.in_force("A83627", date(2026, 1, 1)), "A83627");
        // A default that looks like a site of a trust is not one.
        assert_eq!(table.in_force("R9998", date(2026, 1, 1)), "R9998");
        assert!(!table.is_live("RDD01", date(2020, 4, 1)));
        assert!(!table.is_live("R9998", date(2020, 4, 1)));
    }
}
