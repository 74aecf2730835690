use identity::TestNumbers;
use jiff::civil::date;

use super::*;
use crate::tests::{keys, other_keys};

fn hex(text: &str) -> NhsNumberDigest {
    NhsNumberDigest::parse(text).unwrap()
}

fn with(salt: &str, fields: DigestFields) -> OpenPseudonymiser {
    OpenPseudonymiser::new(salt, fields).unwrap()
}

fn with_birth_date(form: &str) -> DigestFields {
    DigestFields::NhsNumberAndBirthDate(Order::of("NHSNumber", "DOB").unwrap(), form.parse().unwrap())
}

fn number() -> NhsNumber {
    NhsNumber::parse("9434765919", TestNumbers::Refused).unwrap()
}

fn birth() -> BirthDate {
    BirthDate::new(date(1973, 11, 29)).unwrap()
}

/// The published vectors: `CryptHelperTest` and `CryptoTest` of OpenPseudonymiser CryptoLib 0.9.7 (University of
/// Nottingham), whose preimages can be hashed with any SHA-256.
#[test]
fn the_published_vectors() {
    assert_eq!(
        hashed([], "pie"),
        hex("558211ED72B2D6967037419DFF6F1E7CFD002D178C8FDEEB1239760D4E4C4059")
    );
    let whole = hex("ED72F814B7905F3D3958749FA90FE657C101EC657402783DB68CBE3513E76087");
    assert_eq!(hashed(["29.11.1973", "943 476 5919"], "mackerel"), whole);
    assert_eq!(hashed(["\t29.11.\r\n1973", "943 476\n5919 "], "mackerel"), whole);
    let digests = with("mackerel", with_birth_date("dd.mm.yyyy"));
    assert_eq!(digests.digest(&number(), Some(&birth())), Some(whole));
    // Numbers that the tool's own validator takes.
    for text in ["4505577104", "450 557 7104", "450-557-710-4", "9434765919"] {
        assert!(NhsNumber::parse(text, TestNumbers::Refused).is_ok(), "{text}");
    }
}

#[test]
fn order_form_and_salt_are_each_part_of_the_digest() {
    let forms = [
        "yyyymmdd",
        "dd.mm.yyyy",
        "dd/mm/yyyy",
        "dd.mm.yy",
        "dd/mm/yy",
        "dd-mm-yyyy",
        "yyyy-mm-dd",
        "ddmmyyyy",
    ];
    let mut all: Vec<NhsNumberDigest> = forms
        .iter()
        .filter_map(|form| with("mackerel", with_birth_date(form)).digest(&number(), Some(&birth())))
        .collect();
    let first = Order::of("A", "B").unwrap();
    let form = "dd.mm.yyyy".parse().unwrap();
    for (salt, fields) in [
        ("mackerel", DigestFields::NhsNumber),
        ("Mackerel", DigestFields::NhsNumber),
        ("mackerel", DigestFields::NhsNumberAndBirthDate(first, form)),
    ] {
        all.extend(with(salt, fields).digest(&number(), Some(&birth())));
    }
    assert_eq!(all.len(), forms.len() + 3);
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), forms.len() + 3, "two are equal");
}

#[test]
fn forms_write_what_they_say() {
    for (form, written) in [
        ("dd.mm.yyyy", "05.03.2021"),
        ("dd/mm/yy", "05/03/21"),
        ("yyyymmdd", "20210305"),
    ] {
        let form: BirthDateForm = form.parse().unwrap();
        assert_eq!(form.write(date(2021, 3, 5)).as_str(), written);
    }
}

#[test]
fn names_that_editions_sort_differently_are_refused() {
    assert_eq!(
        Order::of("NHS_NUMBER", "DATE_OF_BIRTH"),
        Ok(Order::BirthDateFirst)
    );
    assert_eq!(Order::of("nhsno", "dob"), Ok(Order::BirthDateFirst));
    assert_eq!(Order::of("nhs", "patientdob"), Ok(Order::NhsNumberFirst));
    for (number, birth) in [("nhs", "DOB"), ("NHS", "patient_dob"), ("x", "x"), ("DOB", "dob")] {
        assert_eq!(Order::of(number, birth), Err(OrderUnclear), "{number} {birth}");
    }
}

#[test]
fn the_digest_of_a_blank_number_is_nobodys() {
    for fields in [DigestFields::NhsNumber, with_birth_date("dd.mm.yyyy")] {
        let digests = with("mackerel", fields);
        assert!(digests.is_nobodys(&hashed([], "mackerel"), Some(&birth())));
        let own = digests.digest(&number(), Some(&birth())).unwrap();
        assert!(!digests.is_nobodys(&own, Some(&birth())));
    }
    let digests = with("mackerel", with_birth_date("dd.mm.yyyy"));
    assert!(digests.is_nobodys(&hashed(["29.11.1973"], "mackerel"), Some(&birth())));
}

#[test]
fn a_fingerprint_tells_salts_and_fields_apart_under_a_key() {
    let of = |salt: &str, fields, keys: &Keys| with(salt, fields).fingerprint(keys).unwrap();
    let one = of("mackerel", DigestFields::NhsNumber, &keys());
    assert_eq!(one.len(), 16);
    assert_ne!(one, of("mackarel", DigestFields::NhsNumber, &keys()));
    assert_ne!(one, of("mackerel", with_birth_date("dd.mm.yyyy"), &keys()));
    assert_ne!(one, of("mackerel", DigestFields::NhsNumber, &other_keys()));
}

#[test]
fn a_salt_that_is_none_is_refused_and_never_quoted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("salt");
    let load = |bytes: &[u8]| {
        let _ = std::fs::remove_file(&path);
        std::io::Write::write_all(&mut crate::keys::create_new(&path).unwrap(), bytes).unwrap();
        OpenPseudonymiser::load(&path, DigestFields::NhsNumber)
    };
    for bytes in [&b"mackerel"[..], b"mackerel\n", b"mackerel\r\n"] {
        let digests = load(bytes).unwrap();
        assert_eq!(digests.salt.as_str(), "mackerel");
        assert_eq!(format!("{digests:?}"), "OpenPseudonymiser(…)");
    }
    for (bytes, says) in [
        (&b""[..], "blank"),
        (b" \n", "blank"),
        (b"mackerel\nherring\n", "more than one line"),
        (b" mackerel\n", "white space"),
        (b"mackerel\t", "128 bytes"),
        (&[0x91, 0xc5, 0x61, 0x76], "128 bytes"),
        (&[b'm'; 129], "longer"),
    ] {
        let message = load(bytes).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
        assert!(!message.contains("mackerel"), "{message}");
    }
    let none = OpenPseudonymiser::load(&folder.path().join("none"), DigestFields::NhsNumber);
    assert!(matches!(none, Err(SaltError::Missing { .. })));
}

#[cfg(unix)]
#[test]
fn a_salt_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("salt");
    std::fs::write(&path, "mackerel").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let error = OpenPseudonymiser::load(&path, DigestFields::NhsNumber).unwrap_err();
    assert!(error.to_string().contains("chmod 600"), "{error}");
}
