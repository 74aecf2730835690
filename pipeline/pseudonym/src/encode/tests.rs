#[path = "tests/digests.rs"]
mod digests;
#[path = "tests/families.rs"]
mod families;

use identity::{BirthDate, Name, TestNumbers, Uln};
use jiff::civil::{Date, date};
use proptest::prelude::*;
use records::{EthnicGroup, Payload, SchoolRecord, State, Version};

use super::*;
use crate::tests::{keys, other_keys};

fn encoder() -> Encoder {
    Encoder::new(&keys(), Arc::new(AreaLookup::empty())).unwrap()
}

fn number(text: &str) -> NhsNumber {
    NhsNumber::parse(text, TestNumbers::Allowed).unwrap()
}

fn child() -> Identity {
    Identity {
        nhs_number: Held::Valid(number("9434765919")),
        upn: Held::from_parse(Upn::parse("T881200123045")),
        former_upns: vec![
            Upn::parse("A88120012304C").unwrap(),
            Upn::parse("T881200123045").unwrap(),
        ],
        uln: Held::from_parse(Uln::parse("1234567899")),
        forename: Held::from_parse(Name::parse("Zoë")),
        surname: Held::from_parse(Name::parse("Okafor-Lee")),
        birth_date: Held::from_parse(BirthDate::new(date(2019, 4, 9))),
        postcode: Held::from_parse(Postcode::parse("CM1 1AA")),
        other_postcodes: vec![Postcode::parse("CM2 2BB").unwrap()],
        ..Identity::default()
    }
}

fn school_record() -> SchoolRecord {
    SchoolRecord {
        census: "2025-spring".parse().unwrap(),
        census_date: date(2025, 1, 16),
        school: "8812001".into(),
        nc_year: Some("R".into()),
        on_roll: true,
        enrol_status: Some("C".into()),
        sen_provision: Some("K".into()),
        sen_unit: None,
        resourced_provision: None,
        fsm: None,
        first_language: None,
        needs: Vec::new(),
    }
}

fn record() -> Record {
    Record {
        version: Version::at(date(2025, 2, 1).at(0, 0, 0, 0)),
        state: State::Current(Box::new(Payload::SchoolCensus(school_record()))),
        event_date: date(2025, 1, 16),
        received_date: None,
        sex: Sex::F,
        ethnic_group: Some(EthnicGroup::MWBA),
        scope: Some("2025-spring/8812001".into()),
    }
}

fn encode_with(encoder: &Encoder, child: Identity, record: Record) -> Encoded {
    let mother = Identity {
        nhs_number: Held::Valid(number("4010232137")),
        ..Identity::default()
    };
    let identified = Identified {
        people: People {
            child: Some(child),
            mother: Some(mother),
            ..People::default()
        },
        key: BusinessKey::new("upn", &["2025-spring", "8812001", "T881200123045"]),
        reference: SenderReference::new("T881200123045"),
        location: Some(Location {
            file: "pupils.csv".into(),
            line: Some(3),
            ..Location::default()
        }),
        record,
    };
    encoder.encode(Kind::SchoolCensus, "881", identified).unwrap()
}

fn encode(child: Identity) -> Encoded {
    encode_with(&encoder(), child, record())
}

fn person(encoded: &Encoded) -> &PersonEncoding {
    encoded.encoding.child.as_ref().unwrap()
}

#[test]
fn everything_that_linkage_compares_is_there() {
    let encoded = encode(child());
    let person = person(&encoded);
    assert!(person.nhs_number.unwrap().conclusive);
    assert_eq!(
        person.upns.len(),
        2,
        "the former UPN that is in force counts once"
    );
    assert_eq!(person.upn_in_force, Some(0));
    assert!(person.uln.is_some() && person.exact.is_some() && person.birth.is_some());
    assert_eq!(person.forenames.len(), 1);
    assert_eq!(person.surnames.len(), 3, "OKAFOR-LEE, OKAFOR, LEE");
    assert_eq!(person.postcodes.len(), 2);
    assert_eq!(person.sex, Some(SexEncoding::F));
    let birth = person.birth.unwrap().day_number;
    assert_eq!(
        encoded.encoding.event_day.unwrap() - birth,
        (date(2025, 1, 16) - date(2019, 4, 9)).get_days()
    );
}

#[test]
fn what_an_officer_types_becomes_what_is_stored() {
    let encoder = encoder();
    let encoded = encode(child());
    let typed = NhsNumber::parse(" 943 476 5919", TestNumbers::Refused).unwrap();
    assert_eq!(
        encoder.nhs_number_token(&typed),
        person(&encoded).nhs_number.unwrap().token
    );
    assert_eq!(
        encoder.upn_token(&Upn::parse("t8812 00123045").unwrap()),
        person(&encoded).upns[0]
    );
}

#[test]
fn a_number_has_a_token_for_each_role() {
    let own = encode(child());
    let as_mother = Identity {
        nhs_number: Held::Valid(number("4010232137")),
        ..child()
    };
    let bears_mothers = encode(as_mother);
    assert_ne!(
        person(&own).nhs_number.unwrap().token,
        person(&own).nhs_number_as_mother.unwrap()
    );
    // A child record under its mother's number is seen, though the tokens of the roles never meet.
    assert_eq!(
        person(&bears_mothers).nhs_number_as_mother,
        bears_mothers.encoding.mother.as_ref().unwrap().nhs_number
    );
    assert_ne!(
        Some(person(&bears_mothers).nhs_number.unwrap().token),
        bears_mothers.encoding.mother.as_ref().unwrap().nhs_number
    );
}

#[test]
fn statuses_that_doubt_the_number_make_it_inconclusive() {
    for (status, conclusive) in [
        (None, true),
        (Some(NhsNumberStatus::Verified), true),
        (Some(NhsNumberStatus::NotTraced), true),
        (Some(NhsNumberStatus::TraceFailed), false),
        (Some(NhsNumberStatus::TraceUnresolved), false),
    ] {
        let encoded = encode(Identity {
            nhs_number_status: status,
            ..child()
        });
        assert_eq!(
            person(&encoded).nhs_number.unwrap().conclusive,
            conclusive,
            "{status:?}"
        );
    }
}

#[test]
fn no_two_fields_share_a_key() {
    // One text in every field that it can be in: each token must be another.
    let encoder = encoder();
    let text = "4010232137";
    let message: &[&[u8]] = &[text.as_bytes()];
    let hashes = [
        &encoder.children.nhs_number,
        &encoder.children.nhs_number_digest,
        &encoder.mothers.nhs_number_digest,
        &encoder.mothers.nhs_number,
        &encoder.mothers.postcode,
        &encoder.mothers.sector,
        &encoder.mothers.outward,
        &encoder.mothers.exact,
        &encoder.upn,
        &encoder.uln,
        &encoder.children.postcode,
        &encoder.children.sector,
        &encoder.children.outward,
        &encoder.children.exact,
        &encoder.record,
        &encoder.child,
        &encoder.content,
    ];
    let tokens: std::collections::BTreeSet<_> = hashes.iter().map(|hash| hash.of(message)).collect();
    assert_eq!(tokens.len(), hashes.len());
}

#[test]
fn another_key_file_and_another_epoch_make_other_tokens() {
    let secret = |start: u8| std::array::from_fn(|index| start + index as u8);
    let epoch = |epoch, linkage| Keys::from_secrets(epoch, secret(linkage), secret(2), secret(3)).unwrap();
    let with = |keys: &Keys| encode_with(&Encoder::new(keys, Arc::default()).unwrap(), child(), record());
    let (base, next, other) = (with(&epoch(1, 1)), with(&epoch(2, 4)), with(&other_keys()));
    for different in [&next, &other] {
        assert_ne!(person(&base).nhs_number, person(different).nhs_number);
        assert_ne!(person(&base).forenames[0], person(different).forenames[0]);
        assert_ne!(person(&base).birth, person(different).birth);
        assert_ne!(person(&base).exact, person(different).exact);
    }
    // Record ids outlive the epoch, because the spine does.
    assert_eq!(base.record_id, next.record_id);
    assert_ne!(base.record_id, other.record_id);
}

#[test]
fn a_record_is_named_by_kind_provider_and_key() {
    let encoder = encoder();
    let key = BusinessKey::new("notice-id", &["RAJ", "1"]);
    let id = encoder.record_id(Kind::Section23, "RAJ", &key);
    assert_eq!(id, encoder.record_id(Kind::Section23, "RAJ", &key.clone()));
    assert_ne!(id, encoder.record_id(Kind::SchoolCensus, "RAJ", &key));
    assert_ne!(id, encoder.record_id(Kind::Section23, "RAT", &key));
    assert_ne!(
        id,
        encoder.record_id(
            Kind::Section23,
            "RAJ",
            &BusinessKey::new("notice-id", &["RAJ", "2"])
        )
    );
    let subject = |number| Subject { record: id, number };
    assert_ne!(encoder.child_id(subject(0)).0, id.0);
    assert_eq!(encoder.child_id(subject(0)), encoder.child_id(subject(0)));
    // Of twins expected, each is a child.
    assert_ne!(encoder.child_id(subject(1)), encoder.child_id(subject(2)));
    assert_ne!(encoder.child_id(subject(1)), encoder.child_id(subject(0)));
}

#[test]
fn a_changed_resend_is_seen_and_an_unchanged_one_is_not() {
    let encoder = encoder();
    let hash = |child, record| encode_with(&encoder, child, record).content_hash;
    let base = hash(child(), record());
    let later = Record {
        version: Version::at(date(2025, 3, 1).at(9, 0, 0, 0)),
        received_date: Some(date(2025, 3, 2)),
        ..record()
    };
    assert_eq!(base, hash(child(), later));

    let support = SchoolRecord {
        sen_provision: Some("E".into()),
        ..school_record()
    };
    let changed = Record {
        state: State::Current(Box::new(Payload::SchoolCensus(support))),
        ..record()
    };
    assert_ne!(base, hash(child(), changed));
    assert_ne!(
        base,
        hash(
            child(),
            Record {
                state: State::Withdrawn,
                ..record()
            }
        )
    );
    assert_ne!(
        base,
        hash(
            child(),
            Record {
                sex: Sex::U,
                ..record()
            }
        )
    );
    assert_ne!(
        base,
        hash(
            child(),
            Record {
                scope: None,
                ..record()
            }
        )
    );
    let renamed = Identity {
        surname: Held::from_parse(Name::parse("Okafor")),
        ..child()
    };
    assert_ne!(base, hash(renamed, record()));
    // Only how the number was written wrongly is lost, not that it was.
    let invalid = Identity {
        uln: Held::Invalid,
        ..child()
    };
    let absent = Identity {
        uln: Held::Absent,
        ..child()
    };
    assert_ne!(hash(invalid, record()), hash(absent, record()));
}

#[test]
fn the_profile_says_what_the_identity_allowed() {
    let homeless = Identity {
        nhs_number: Held::Invalid,
        forename: Held::Placeholder,
        uln: Held::Absent,
        postcode: Held::Placeholder,
        no_fixed_abode: true,
        ..child()
    };
    let encoded = encode(homeless);
    let profile = &encoded.profile;
    assert_eq!(profile.identifiers.nhs_number, IdentifierState::Invalid);
    assert_eq!(profile.identifiers.forename, IdentifierState::Placeholder);
    assert_eq!(profile.identifiers.uln, IdentifierState::Absent);
    assert_eq!(profile.identifiers.surname, IdentifierState::Valid);
    assert!(profile.no_fixed_abode);
    assert_eq!(profile.area, Area::default());
    assert_eq!(profile.birth_month.unwrap().to_string(), "2019-04");
    assert_eq!(profile.ethnic_group, Some(EthnicGroup::MWBA));
    // Born on 9 April 2019: five in April 2024, of school age from 31 August.
    assert_eq!(profile.school_age_from.unwrap().to_string(), "2024-08");
    assert_eq!(profile.school_age_at_event, Some(true));
    assert_eq!(person(&encoded).exact, None);
    assert_eq!(person(&encoded).nhs_number_as_mother, None);
}

#[test]
fn school_age_starts_on_the_prescribed_day() {
    let on = |day: Date| {
        encode_with(
            &encoder(),
            child(),
            Record {
                event_date: day,
                ..record()
            },
        )
        .profile
        .school_age_at_event
    };
    assert_eq!(on(date(2024, 8, 30)), Some(false));
    assert_eq!(on(date(2024, 8, 31)), Some(true));
    let unborn = Identity {
        birth_date: Held::Absent,
        ..child()
    };
    assert_eq!(encode(unborn).profile.school_age_at_event, None);
}

#[test]
fn a_tombstone_names_its_record_and_nobody() {
    let encoder = encoder();
    let identified = Identified {
        people: People::default(),
        key: BusinessKey::new("notice-id", &["RAJ", "1"]),
        reference: None,
        location: None,
        record: Record {
            state: State::Withdrawn,
            sex: Sex::U,
            ethnic_group: None,
            scope: None,
            ..record()
        },
    };
    let encoded = encoder.encode(Kind::Section23, "RAJ", identified).unwrap();
    assert_eq!(encoded.encoding.child, None);
    assert_eq!(encoded.profile, Profile::default());
    assert_eq!(encoded.sealed_reference, None);
}

#[test]
fn what_is_sealed_opens_for_its_own_record_alone() {
    let encoder = encoder();
    let encoded = encode(child());
    let (seal, id) = (encoder.seal(), encoded.record_id);
    assert_eq!(
        seal.open_encoding(id, &encoded.sealed_encoding),
        Ok(encoded.encoding.clone())
    );
    let reference = encoded.sealed_reference.clone().unwrap();
    let place = Reference::Place {
        file: "pupils.csv".into(),
        sheet: None,
        line: Some(3),
    };
    assert_eq!(seal.open_reference(id, &reference), Ok(place));

    let other = RecordId([9; 16]);
    assert_eq!(
        seal.open_encoding(other, &encoded.sealed_encoding),
        Err(SealError::NotSealed)
    );
    assert_eq!(seal.open_encoding(id, &reference), Err(SealError::NotSealed));
    assert_eq!(
        seal.open_reference(id, &encoded.sealed_encoding),
        Err(SealError::NotSealed)
    );
    let stranger = Seal::new(&other_keys()).unwrap();
    assert_eq!(
        stranger.open_encoding(id, &encoded.sealed_encoding),
        Err(SealError::NotSealed)
    );
    assert_eq!(
        encode(child()).sealed_encoding,
        encoded.sealed_encoding,
        "a night run again changes no byte"
    );
}

proptest! {
    #[test]
    fn no_damaged_byte_opens(place in any::<prop::sample::Index>(), change in 1_u8..) {
        let encoder = encoder();
        let encoded = encode_with(&encoder, child(), record());
        let mut damaged = encoded.sealed_encoding.clone();
        let place = place.index(damaged.len());
        damaged[place] ^= change;
        prop_assert!(encoder.seal().open_encoding(encoded.record_id, &damaged).is_err());
        prop_assert!(encoder.seal().open_encoding(encoded.record_id, &damaged[..place]).is_err());
    }

    #[test]
    fn formatting_does_not_change_a_token(spaces in "[ \u{a0}-]{0,2}", lower in any::<bool>()) {
        let case = |text: &str| if lower { text.to_lowercase() } else { text.to_owned() };
        let written = Identity {
            nhs_number: Held::from_parse(NhsNumber::parse(&format!("943{spaces}476{spaces}5919"), TestNumbers::Refused)),
            upn: Held::from_parse(Upn::parse(&case("T881200123045"))),
            forename: Held::from_parse(Name::parse(&case("ZOE"))),
            surname: Held::from_parse(Name::parse(&format!("{}{}", case("Okafor–Lee"), " "))),
            postcode: Held::from_parse(Postcode::parse(&case(&format!("CM1{spaces}1AA")))),
            ..child()
        };
        let (written, plain) = (encode(written), encode(child()));
        prop_assert_eq!(written.encoding, plain.encoding);
        prop_assert_eq!(written.content_hash, plain.content_hash);
    }
}

/// Everything that can be printed is printed, and searched for what names the child.
#[test]
fn nothing_that_is_printed_names_anybody() {
    let encoder = encoder();
    let identity = child();
    let place = Location {
        file: "pupils.csv".into(),
        ..Location::default()
    };
    let identified = Identified {
        people: People {
            child: Some(identity.clone()),
            ..People::default()
        },
        key: BusinessKey::new("upn", &["T881200123045"]),
        reference: SenderReference::new("CANARY-1"),
        location: Some(place),
        record: record(),
    };
    let mut printed = format!(
        "{identified:?} {identity:#?} {encoder:?} {:?} {:?}",
        encoder.seal(),
        keys()
    );
    let encoded = encoder.encode(Kind::SchoolCensus, "881", identified).unwrap();
    let reference = encoder
        .seal()
        .open_reference(encoded.record_id, encoded.sealed_reference.as_ref().unwrap());
    assert_eq!(reference, Ok(Reference::Given("CANARY-1".into())));
    printed += &format!(
        "{encoded:?} {reference:?} {:?}",
        Reference::Given("CANARY-1".into())
    );
    let scan = |text: &str| {
        [
            "9434765919",
            "T881200123045",
            "A88120012304C",
            "1234567899",
            "ZOE",
            "OKAFOR",
            "2019-04-09",
            "CM1",
            "CANARY",
        ]
        .iter()
        .any(|marker| text.to_uppercase().contains(marker))
    };
    assert!(scan("pupil t881200123045"), "the scan finds what is there");
    assert!(!scan(&printed), "{printed}");
}
