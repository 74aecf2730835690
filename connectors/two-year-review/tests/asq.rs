//! The questionnaires that the program carries: every code, each once, and right.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use two_year_review::{Asq, Domain, Meaning};

/// Months for which there is a form of ASQ-3, and one of ASQ:SE-2.
const ASQ3: [u8; 21] = [
    2, 4, 6, 8, 9, 10, 12, 14, 16, 18, 20, 22, 24, 27, 30, 33, 36, 42, 48, 54, 60,
];
const ASQ_SE: [u8; 9] = [2, 6, 12, 18, 24, 30, 36, 48, 60];

/// Whether the check digit of a SNOMED CT identifier is right: Verhoeff's, over the dihedral group of ten.
fn is_checked(code: u64) -> bool {
    const TIMES: [&[u8; 10]; 10] = [
        b"0123456789",
        b"1234067895",
        b"2340178956",
        b"3401289567",
        b"4012395678",
        b"5987604321",
        b"6598710432",
        b"7659821043",
        b"8765932104",
        b"9876543210",
    ];
    const SHUFFLE: &[u8; 10] = b"1576283094";
    let digits: Vec<usize> = code
        .to_string()
        .bytes()
        .rev()
        .map(|digit| usize::from(digit - b'0'))
        .collect();
    let sum = digits.iter().enumerate().fold(0, |sum, (place, &digit)| {
        let shuffled = (0..place % 8).fold(digit, |digit, _| usize::from(SHUFFLE[digit] - b'0'));
        usize::from(TIMES[sum][shuffled] - b'0')
    });
    sum == 0
}

#[test]
fn all_codes_are_there_once_with_right_check_digits() {
    let asq = Asq::carried().unwrap();
    let codes = asq.codes();
    assert_eq!(codes.len(), 105 + 9);
    let mut forms: BTreeMap<u8, Vec<Domain>> = BTreeMap::new();
    let mut social = Vec::new();
    for (code, meaning) in codes {
        assert!(is_checked(code), "{code}");
        // The namespace of the United Kingdom, and a concept.
        assert!(
            code.to_string().ends_with(&format!(
                "10000001{}",
                code.to_string().split_at(code.to_string().len() - 2).1
            )),
            "{code}"
        );
        match meaning {
            Meaning::Asq3 { months, domain } => {
                forms.entry(months).or_default().push(domain);
                assert_eq!(asq.code(months, domain), Some(code));
            }
            Meaning::AsqSe { months } => social.push(months),
        }
    }
    assert_eq!(forms.keys().copied().collect::<Vec<_>>(), ASQ3);
    // The codes of a form rise from communication over fine motor, gross motor and problem solving to personal-social.
    for domains in forms.values() {
        assert_eq!(
            domains[..],
            [
                Domain::Communication,
                Domain::FineMotor,
                Domain::GrossMotor,
                Domain::ProblemSolving,
                Domain::PersonalSocial
            ]
        );
    }
    social.sort_unstable();
    assert_eq!(social, ASQ_SE);
    // One digit wrong, and two that changed places.
    assert!(!is_checked(953_211_000_000_101) && !is_checked(953_211_000_001_000));
}

#[test]
fn the_three_forms_of_the_review_are_banded_and_no_others() {
    let asq = Asq::carried().unwrap();
    for months in ASQ3 {
        assert_eq!(asq.is_banded(months), [24, 27, 30].contains(&months), "{months}");
    }
    assert!(!asq.has_form(25) && !asq.has_form(0));
    assert_eq!(
        asq.meaning(953_351_000_000_109),
        Some(Meaning::Asq3 {
            months: 30,
            domain: Domain::PersonalSocial
        })
    );
    assert_eq!(
        asq.meaning(1_054_021_000_000_105),
        Some(Meaning::AsqSe { months: 30 })
    );
    assert_eq!(asq.meaning(716_619_001), None);
}
