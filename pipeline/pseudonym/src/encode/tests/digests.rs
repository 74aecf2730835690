//! Digests that stand for NHS numbers.

use linkage::{DigestOf, MotherEncoding, PregnancyEncoding};
use serde::Serialize;

use super::*;
use crate::{DigestFields, Order, SealError};

const NUMBER: &str = "9434765919";
/// Of another number, 4010232137, with the salt `mackerel` behind it: any SHA-256 gives it.
const DIGEST: &str = "9085BC4369D1ADA984B35E8308AB01F4029B8B2636E64C02361D7B03F9C525DE";

fn salted(fields: DigestFields) -> Encoder {
    encoder().with_open_pseudonymiser(Some(OpenPseudonymiser::new("mackerel", fields).unwrap()))
}

fn with_birth_date() -> DigestFields {
    let order = Order::of("NHSNumber", "DOB").unwrap();
    DigestFields::NhsNumberAndBirthDate(order, "dd.mm.yyyy".parse().unwrap())
}

fn sent(fields: DigestFields) -> Held<NhsNumberDigest> {
    let digests = OpenPseudonymiser::new("mackerel", fields).unwrap();
    let birth = BirthDate::new(date(2019, 4, 9)).unwrap();
    Held::Valid(digests.digest(&number(NUMBER), Some(&birth)).unwrap())
}

/// A child of whom the digest was sent and not the number.
fn by_digest(fields: DigestFields) -> Identity {
    Identity {
        nhs_number: Held::Absent,
        nhs_number_digest: sent(fields),
        ..child()
    }
}

fn digest(encoded: &Encoded) -> Option<DigestEncoding> {
    encoded.encoding.digests.as_ref()?.child
}

#[test]
fn a_digest_that_was_sent_meets_the_number() {
    for (fields, made_of) in [
        (DigestFields::NhsNumber, DigestOf::NhsNumber),
        (with_birth_date(), DigestOf::NhsNumberAndBirthDate),
    ] {
        let encoder = salted(fields);
        let numbered = encode_with(&encoder, child(), record());
        let digested = encode_with(&encoder, by_digest(fields), record());
        assert_eq!(digest(&numbered), digest(&digested));
        assert_eq!(numbered.encoding.digests.as_ref().unwrap().made_of, Some(made_of));
        assert_eq!(person(&digested).nhs_number, None);
        // What the dataset may know: there is a number.
        assert_eq!(digested.profile.identifiers.nhs_number, IdentifierState::Valid);
        // A mother's is another.
        let own = digest(&numbered).unwrap();
        assert_ne!(own.token, own.as_mother);
    }
}

#[test]
fn what_is_kept_is_not_what_was_sent() {
    let encoder = salted(DigestFields::NhsNumber);
    let Held::Valid(text) = sent(DigestFields::NhsNumber) else {
        panic!("a digest");
    };
    let token = digest(&encode_with(
        &encoder,
        by_digest(DigestFields::NhsNumber),
        record(),
    ))
    .unwrap()
    .token;
    assert!(!text.expose().windows(16).any(|window| window == token.0));
    assert_ne!(token, encoder.nhs_number_token(&number(NUMBER)));
    let other = Encoder::new(&other_keys(), Arc::default()).unwrap();
    let elsewhere = encode_with(&other, by_digest(DigestFields::NhsNumber), record());
    assert_ne!(digest(&elsewhere).unwrap().token, token);
}

#[test]
fn without_the_salt_a_digest_is_what_was_sent() {
    let encoded = encode(by_digest(DigestFields::NhsNumber));
    let digests = encoded.encoding.digests.as_ref().unwrap();
    assert_eq!(digests.made_of, None);
    let known = encode_with(
        &salted(DigestFields::NhsNumber),
        by_digest(DigestFields::NhsNumber),
        record(),
    );
    assert_eq!(digests.child, digest(&known));
    assert_eq!(
        encode(child()).encoding.digests,
        None,
        "nothing to pay where there is none"
    );
}

#[test]
fn the_number_counts_for_more_than_a_digest_beside_it() {
    let encoder = salted(DigestFields::NhsNumber);
    let both = Identity {
        nhs_number_digest: Held::from_parse(NhsNumberDigest::parse(DIGEST)),
        ..child()
    };
    assert_eq!(
        digest(&encode_with(&encoder, both, record())),
        digest(&encode_with(&encoder, child(), record()))
    );
}

#[test]
fn the_digest_of_a_blank_number_is_nobodys() {
    let blank = OpenPseudonymiser::new("mackerel", DigestFields::NhsNumber).unwrap();
    // What the tool makes of a row without a number: the digest of the salt, `printf mackerel | sha256sum`.
    let nobody =
        NhsNumberDigest::parse("d4de4ed3f9fe1ad1eda1cdecccead08b8331d069eed01f05889f5c5bce312c73").unwrap();
    assert!(blank.is_nobodys(&nobody, None));
    let identity = Identity {
        nhs_number: Held::Absent,
        nhs_number_digest: Held::Valid(nobody),
        ..child()
    };
    let encoded = encode_with(&salted(DigestFields::NhsNumber), identity, record());
    assert_eq!(digest(&encoded), None);
}

#[test]
fn a_reference_that_is_a_digest_is_not_shown() {
    let Held::Valid(own) = sent(DigestFields::NhsNumber) else {
        panic!("a digest");
    };
    let mut hex = String::new();
    own.write_hex(&mut hex).unwrap();
    for text in [
        hex.clone(),
        hex.to_lowercase(),
        format!("row 7 {hex}"),
        DIGEST.to_owned(),
    ] {
        let identified = Identified {
            people: People {
                child: Some(by_digest(DigestFields::NhsNumber)),
                ..People::default()
            },
            key: BusinessKey::new("notice-id", &["RAJ", "1"]),
            reference: SenderReference::new(&text),
            location: None,
            record: record(),
        };
        let encoded = encoder().encode(Kind::Section23, "RAJ", identified).unwrap();
        assert_eq!(encoded.sealed_reference, None, "{text}");
    }
}

/// An encoding as programs before digests wrote it.
#[derive(Serialize)]
struct Before<'a> {
    child: &'a Option<PersonEncoding>,
    mother: &'a Option<MotherEncoding>,
    pregnancy: &'a Option<PregnancyEncoding>,
    born_of: Option<RecordId>,
    event_day: Option<i32>,
}

#[test]
fn a_vault_from_before_digests_is_read_as_it_is() {
    let encoded = encode(child());
    let Encoding {
        child,
        mother,
        pregnancy,
        born_of,
        event_day,
        digests,
    } = &encoded.encoding;
    assert_eq!(*digests, None);
    let written = Before {
        child,
        mother,
        pregnancy,
        born_of: *born_of,
        event_day: *event_day,
    };
    let before = postcard::to_extend(&written, Vec::new()).unwrap();
    assert_eq!(Written::of(&encoded.encoding).unwrap().content(), before);
    assert_eq!(
        encoded.sealed_encoding[0], 3,
        "the version that those programs wrote"
    );
}

#[test]
fn what_holds_digests_is_of_another_version() {
    let encoder = salted(DigestFields::NhsNumber);
    let encoded = encode_with(&encoder, child(), record());
    let (id, seal) = (encoded.record_id, encoder.seal());
    assert_eq!(encoded.sealed_encoding[0], 4);
    assert_eq!(
        seal.open_encoding(id, &encoded.sealed_encoding),
        Ok(encoded.encoding.clone())
    );
    // The version is authenticated: nobody takes digests away by it.
    let mut relabelled = encoded.sealed_encoding.clone();
    relabelled[0] = 3;
    assert_eq!(seal.open_encoding(id, &relabelled), Err(SealError::NotSealed));
    relabelled[0] = 5;
    assert_eq!(seal.open_encoding(id, &relabelled), Err(SealError::Version(5)));
    // Another salt makes another record of it.
    let digests = OpenPseudonymiser::new("herring", DigestFields::NhsNumber).unwrap();
    let elsewhere = Encoder::new(&keys(), Arc::default())
        .unwrap()
        .with_open_pseudonymiser(Some(digests));
    let other = encode_with(&elsewhere, child(), record());
    assert_eq!(other.record_id, id);
    assert_ne!(other.content_hash, encoded.content_hash);
}
