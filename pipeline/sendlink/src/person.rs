//! Finding a person by an identifier that an officer types, through its keyed token alone.

use dataset::Store;
use identity::{NhsNumber, Upn};
use linkage::{ChildId, Token};
use pseudonym::Keys;

use crate::{
    config::Config,
    context,
    exit::{Exit, Failure},
};

/// What an officer typed, as the token that encodings hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Person {
    /// An NHS number.
    NhsNumber(Token),
    /// A UPN.
    Upn(Token),
}

/// The token of an NHS number or a UPN.
///
/// # Errors
/// Exit code 64 where the text is neither. The text is not shown.
pub fn token(config: &Config, keys: &Keys, text: &str) -> Result<Person, Failure> {
    let tokens = context::encoder(keys)?;
    if let Ok(number) = NhsNumber::parse(text, config.area.profile.test_numbers()) {
        return Ok(Person::NhsNumber(tokens.nhs_number_token(&number)));
    }
    if let Ok(upn) = Upn::parse(text) {
        return Ok(Person::Upn(tokens.upn_token(&upn)));
    }
    Err(Failure::new(
        Exit::Usage,
        "what was typed is neither a valid NHS number nor a valid UPN",
    ))
}

/// The child whose records bear this identifier; none where there is none.
///
/// # Errors
/// Exit code 64 where the text is no identifier; whatever the database or the seal fails with.
pub async fn find(
    config: &Config,
    store: &Store,
    keys: &Keys,
    text: &str,
) -> Result<Option<ChildId>, Failure> {
    let wanted = token(config, keys, text)?;
    let encoder = context::encoder(keys)?;
    let members: std::collections::HashMap<_, _> = store
        .membership()
        .await?
        .into_iter()
        .filter(|member| member.subject.number == 0)
        .map(|member| (member.subject.record, member.child_id))
        .collect();
    let mut bearers = Vec::new();
    let (mut batches, reading) = context::encodings(store);
    while let Some(batch) = batches.recv().await {
        for row in &batch {
            let encoding = encoder
                .seal()
                .open_encoding(row.record_id, &row.sealed_encoding)
                .map_err(|error| Failure::new(Exit::KeyRefused, error))?;
            let Some(child) = encoding.child else { continue };
            let bears = match wanted {
                Person::NhsNumber(token) => child.nhs_number.is_some_and(|number| number.token == token),
                Person::Upn(token) => child.upns.contains(&token),
            };
            if bears {
                bearers.push(row.record_id);
            }
        }
    }
    context::read(reading).await?;
    bearers.sort_unstable();
    Ok(bearers.iter().find_map(|record| members.get(record)).copied())
}
