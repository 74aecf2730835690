//! Who may have opted out: the NHS numbers of feeds whose lawful basis needs the National Data Opt-out.
//!
//! These numbers are the one exception to the rule that no identity is kept: without them nobody could ask who has
//! opted out. They lie apart from the vault, in a file of their own ([`PatientFile`]), sealed under a key of their own.
//! The vault knows them by tokens, made under the spine secret, so that they outlive an epoch of linkage. A number has a
//! token as a child's and another as a mother's, as everywhere: the vault cannot tell that a mother is a child of the
//! dataset.
//!
//! What is sent to be checked, and what comes back, has the form of NHS England's service "Check for National Data
//! Opt-outs": a number of ten digits and a comma a line, each line ended by a line feed. What comes back leaves out
//! whoever has opted out.

mod file;

use std::{collections::BTreeSet, fmt};

use identity::{Identity, NhsNumber, People, TestNumbers};
use linkage::Token;
use zeroize::Zeroizing;

pub use self::file::{PatientFile, PatientFileError};
use crate::{KeyError, Keys, keyed::KeyedHash, keys::Secret};

/// Bytes of a line of a list: ten digits, a comma and a line feed.
const LINE: usize = 12;

/// Makes the tokens by which the vault knows patients.
pub struct PatientTokens {
    child: KeyedHash,
    mother: KeyedHash,
}

impl PatientTokens {
    /// Under these keys.
    ///
    /// # Errors
    /// [`KeyError::Derivation`], a fault of this program.
    pub fn new(keys: &Keys) -> Result<Self, KeyError> {
        Ok(PatientTokens {
            child: keys.hash(Secret::Spine, "patient-child")?,
            mother: keys.hash(Secret::Spine, "patient-mother")?,
        })
    }

    /// The tokens of everybody whose NHS number a record holds, in order; empty where it holds none.
    pub fn of(&self, people: &People) -> Vec<Token> {
        let number = |person: &Option<Identity>| {
            person
                .as_ref()
                .and_then(|person| person.nhs_number.valid().cloned())
        };
        let mut tokens = Vec::new();
        tokens.extend(number(&people.child).map(|number| token(&self.child, &number)));
        tokens.extend(number(&people.mother).map(|number| token(&self.mother, &number)));
        tokens.sort_unstable();
        tokens
    }

    /// The tokens of a number: as a child's and as a mother's.
    pub fn of_number(&self, number: &NhsNumber) -> [Token; 2] {
        [token(&self.child, number), token(&self.mother, number)]
    }
}

impl fmt::Debug for PatientTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientTokens(…)")
    }
}

fn token(hash: &KeyedHash, number: &NhsNumber) -> Token {
    Token(hash.half(&[number.expose().as_bytes()]))
}

/// NHS numbers, each once. They are overwritten when dropped.
///
/// ```
/// use identity::TestNumbers;
/// use pseudonym::Patients;
///
/// let came_back = Patients::parse_list(b"9990000018,\n9990000026,\n", TestNumbers::Allowed)?;
/// assert_eq!(came_back.len(), 2);
/// assert_eq!(came_back.list().as_slice(), b"9990000018,\n9990000026,\n");
/// assert_eq!(format!("{came_back:?}"), "Patients(2)");
/// # Ok::<(), pseudonym::ListFault>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Patients(BTreeSet<NhsNumber>);

impl Patients {
    /// Adds everybody whose NHS number a record holds.
    pub fn add(&mut self, people: &People) {
        for person in [&people.child, &people.mother].into_iter().flatten() {
            self.0.extend(person.nhs_number.valid().cloned());
        }
    }

    /// Adds all of others. Whether any of them is new.
    pub fn extend(&mut self, others: Patients) -> bool {
        let before = self.0.len();
        self.0.extend(others.0);
        self.0.len() > before
    }

    /// Keeps those whom `keep` says. Whether all were kept.
    pub fn retain(&mut self, keep: impl FnMut(&NhsNumber) -> bool) -> bool {
        let before = self.0.len();
        self.0.retain(keep);
        self.0.len() == before
    }

    /// The numbers, in order.
    pub fn numbers(&self) -> impl Iterator<Item = &NhsNumber> {
        self.0.iter()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The list as it is sent to be checked.
    pub fn list(&self) -> Zeroizing<Vec<u8>> {
        // Room for everything from the start: a buffer that grows leaves copies of itself behind.
        let mut list = Zeroizing::new(Vec::with_capacity(self.0.len() * LINE));
        for number in &self.0 {
            list.extend_from_slice(number.expose().as_bytes());
            list.extend_from_slice(b",\n");
        }
        list
    }

    /// Reads a list that has come back. Of its form nothing is repaired but lines that a program has ended as Windows
    /// does: a list that was edited is not the answer of the service.
    ///
    /// # Errors
    /// The first line that is not a number and a comma.
    pub fn parse_list(list: &[u8], test_numbers: TestNumbers) -> Result<Self, ListFault> {
        let mut numbers = BTreeSet::new();
        let lines = list.strip_suffix(b"\n").unwrap_or(list);
        if lines.is_empty() {
            return Ok(Patients::default());
        }
        for (index, line) in lines.split(|byte| *byte == b'\n').enumerate() {
            let fault = |wrong| ListFault {
                line: index + 1,
                wrong,
            };
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let [digits @ .., b','] = line else {
                return Err(fault("is not a number followed by a comma"));
            };
            if digits.len() != LINE - 2 || !digits.iter().all(u8::is_ascii_digit) {
                return Err(fault("is not ten digits followed by a comma"));
            }
            let number = std::str::from_utf8(digits)
                .ok()
                .and_then(|digits| NhsNumber::parse(digits, test_numbers).ok())
                .ok_or(fault("holds a number that cannot be an NHS number"))?;
            if !numbers.insert(number) {
                return Err(fault("holds a number that stands there before"));
            }
        }
        Ok(Patients(numbers))
    }
}

impl fmt::Debug for Patients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patients({})", self.0.len())
    }
}

/// Why a text is no list of the service. Never holds what the line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {wrong}")]
pub struct ListFault {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub wrong: &'static str,
}

#[cfg(test)]
mod tests {
    use identity::Held;

    use super::*;
    use crate::tests::{keys, other_keys};

    fn number(text: &str) -> NhsNumber {
        NhsNumber::parse(text, TestNumbers::Allowed).unwrap()
    }

    fn person(text: &str) -> Option<Identity> {
        Some(Identity {
            nhs_number: Held::Valid(number(text)),
            ..Identity::default()
        })
    }

    #[test]
    fn a_child_and_a_mother_of_one_number_have_nothing_in_common() {
        let tokens = PatientTokens::new(&keys()).unwrap();
        let child = People {
            child: person("9990000018"),
            ..People::default()
        };
        let mother = People {
            mother: person("9990000018"),
            ..People::default()
        };
        assert_ne!(tokens.of(&child), tokens.of(&mother));
        let both = tokens.of_number(&number("9990000018"));
        assert_eq!(
            [tokens.of(&child), tokens.of(&mother)].concat(),
            both,
            "a list holds both, whoever is asked for"
        );
        assert_eq!(tokens.of(&People::default()), []);
        let others = PatientTokens::new(&other_keys()).unwrap();
        assert_ne!(tokens.of(&child), others.of(&child));
    }

    #[test]
    fn a_list_has_the_form_of_the_service() {
        let mut patients = Patients::default();
        patients.add(&People {
            child: person("9990000026"),
            mother: person("9990000018"),
            ..People::default()
        });
        assert_eq!(patients.list().as_slice(), b"9990000018,\n9990000026,\n");
        assert_eq!(
            Patients::parse_list(&patients.list(), TestNumbers::Allowed),
            Ok(patients.clone())
        );
        let windows = b"9990000018,\r\n9990000026,";
        assert_eq!(Patients::parse_list(windows, TestNumbers::Allowed), Ok(patients));
        assert_eq!(
            Patients::parse_list(b"", TestNumbers::Allowed),
            Ok(Patients::default())
        );
    }

    #[test]
    fn what_is_no_list_is_refused_by_its_line_alone() {
        for (text, line) in [
            ("9990000018\n", 1),
            ("9990000018,\n\n", 2),
            ("9990000018,\n999 000 0026,\n", 2),
            ("9990000018,\n9990000027,\n", 2),
            ("9990000018,\n9990000018,\n", 2),
            ("9990000018,Smith,\n", 1),
            ("9990000018,\nERROR 11 the file is not valid", 2),
            ("nhs_number,\n", 1),
            ("\u{ff19}990000018,\n", 1),
        ] {
            let fault = Patients::parse_list(text.as_bytes(), TestNumbers::Allowed).unwrap_err();
            assert_eq!(fault.line, line, "{text:?}");
            assert!(!fault.to_string().contains("999"), "{fault}");
        }
        let live = Patients::parse_list(b"9990000018,\n", TestNumbers::Refused);
        assert!(live.is_err(), "no test number is asked for in a live area");
    }
}
