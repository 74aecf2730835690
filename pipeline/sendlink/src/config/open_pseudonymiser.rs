//! Digests of OpenPseudonymiser in the configuration.

use std::path::PathBuf;

use pseudonym::{BirthDateForm, DigestFields, Order};
use serde::{Deserialize, Deserializer, de};

/// `[open_pseudonymiser]`: how senders made the digests that stand in their files in the place of NHS numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenPseudonymiser {
    /// The file that holds the salt, in plain text on one line.
    pub salt_file: PathBuf,
    /// What was digested.
    pub fields: Digested,
}

/// What senders digested.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Digested {
    /// The NHS number alone.
    NhsNumber,
    /// The NHS number and the birth date.
    NhsNumberAndBirthDate(Named),
}

/// The two fields by the names that the sender gave them: their order decides the order of the values.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The name of the NHS number.
    pub nhs_number: String,
    /// The name of the birth date.
    pub birth_date: String,
    /// How the birth date was written.
    #[serde(deserialize_with = "form")]
    pub form: BirthDateForm,
}

fn form<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BirthDateForm, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}

impl OpenPseudonymiser {
    /// What is digested, for the program.
    ///
    /// # Errors
    /// Where the names of two fields do not settle their order.
    pub fn digest_fields(&self) -> Result<DigestFields, String> {
        match &self.fields {
            Digested::NhsNumber => Ok(DigestFields::NhsNumber),
            Digested::NhsNumberAndBirthDate(named) => Order::of(&named.nhs_number, &named.birth_date)
                .map(|order| DigestFields::NhsNumberAndBirthDate(order, named.form))
                .map_err(|error| format!("fields: {error}")),
        }
    }

    /// What is digested, in words.
    pub fn words(&self) -> String {
        match &self.fields {
            Digested::NhsNumber => "the NHS number alone".to_owned(),
            Digested::NhsNumberAndBirthDate(named) => {
                format!("the NHS number and the birth date as {}", named.form)
            }
        }
    }
}
