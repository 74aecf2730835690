//! Which of two digested fields comes first: that is decided by their names.

/// The order of NHS number and birth date in a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// `DOB` comes before `NHSNumber`.
    BirthDateFirst,
    /// `NHSNumber` comes before `YearMonthDay`.
    NhsNumberFirst,
}

impl Order {
    /// The order of fields of these names.
    ///
    /// The tool's two editions sort them differently: the one for .NET by the rules of a language, to which case is of
    /// little weight; the one for Java by characters with their case exchanged.
    ///
    /// ```
    /// use pseudonym::Order;
    ///
    /// assert_eq!(Order::of("NHSNumber", "DOB"), Ok(Order::BirthDateFirst));
    /// assert_eq!(Order::of("a1_nhs", "a2_dob"), Ok(Order::NhsNumberFirst));
    /// // A small letter comes first in Java, whatever it is.
    /// assert!(Order::of("nhs_number", "DOB").is_err());
    /// ```
    ///
    /// # Errors
    /// [`OrderUnclear`] where the names are equal, or the two editions sort them differently.
    pub fn of(nhs_number: &str, birth_date: &str) -> Result<Self, OrderUnclear> {
        let by_letters = birth_date.to_lowercase().cmp(&nhs_number.to_lowercase());
        let by_characters = exchanged(birth_date).cmp(&exchanged(nhs_number));
        let ordinal = birth_date.cmp(nhs_number);
        if by_letters != by_characters || by_characters != ordinal {
            return Err(OrderUnclear);
        }
        match ordinal {
            std::cmp::Ordering::Less => Ok(Order::BirthDateFirst),
            std::cmp::Ordering::Greater => Ok(Order::NhsNumberFirst),
            std::cmp::Ordering::Equal => Err(OrderUnclear),
        }
    }
}

/// Each letter in the other case.
fn exchanged(name: &str) -> String {
    let exchange = |letter: char| {
        if letter.is_uppercase() {
            letter.to_ascii_lowercase()
        } else {
            letter.to_ascii_uppercase()
        }
    };
    name.chars().map(exchange).collect()
}

/// The names do not settle which field comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "editions of OpenPseudonymiser sort these two names differently; ask the sender which value comes first and give \
     two names that sort so, such as \"A\" and \"B\": nothing but their order counts"
)]
pub struct OrderUnclear;
