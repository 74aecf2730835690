//! Lists whose items have parts: diagnoses by code, ASQ-3 scores, waits.

use jiff::civil::Date;
use kit::Values;
use records::Rule;

use crate::{fields::SERVICES, rules};

/// The separator of items in the payload.
const SEPARATOR: &str = ";";

/// Domains of ASQ-3.
const DOMAINS: &[&str] = &[
    "communication",
    "gross_motor",
    "fine_motor",
    "problem_solving",
    "personal_social",
];
/// Months of the first and last ASQ-3 questionnaire.
const INTERVALS: std::ops::RangeInclusive<u8> = 1..=66;
/// The highest score of a domain: six questions of ten points; scores go up in fives.
const HIGHEST_SCORE: u8 = 60;

/// The items of a list field that are well formed, in canonical form, joined; none where there are none. The others
/// are noted.
pub(crate) fn read(values: &mut Values<'_>, field: &str) -> Option<String> {
    let (canonical, rule): (fn(&str) -> Option<String>, &'static Rule) = match field {
        "diagnosis_snomed" => (snomed, &rules::BAD_SNOMED),
        "diagnosis_icd10" => (icd10, &rules::BAD_ICD10),
        "asq3_scores" => (asq3, &rules::BAD_ASQ3),
        "services_waiting_for" => (wait, &rules::BAD_WAIT),
        _ => return None,
    };
    let mut items = Vec::new();
    for item in values.texts(field) {
        match canonical(&item) {
            Some(item) => items.push(item),
            None => values.bad(field, rule),
        }
    }
    (!items.is_empty()).then(|| items.join(SEPARATOR))
}

/// The parts of an item, written `24:communication:35` or `interval=24,domain=communication,score=35`. Named parts
/// may come in any order and are put in that of `names`.
fn parts<'a>(item: &'a str, names: &[&str]) -> Option<Vec<&'a str>> {
    if !item.contains('=') {
        let parts: Vec<&str> = item.split(':').map(str::trim).collect();
        return (parts.len() == names.len()).then_some(parts);
    }
    let pairs: Vec<(&str, &str)> = item.split(',').filter_map(|pair| pair.split_once('=')).collect();
    let named = |name: &&str| {
        let pair = pairs
            .iter()
            .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))?;
        Some(pair.1.trim())
    };
    names.iter().map(named).collect()
}

fn asq3(item: &str) -> Option<String> {
    let parts = parts(item, &["interval", "domain", "score"])?;
    let [interval, domain, score] = parts.as_slice() else {
        return None;
    };
    let interval: u8 = interval
        .parse()
        .ok()
        .filter(|interval| INTERVALS.contains(interval))?;
    let spelt = domain.to_ascii_lowercase().replace([' ', '-'], "_");
    let domain = DOMAINS.iter().find(|known| **known == spelt)?;
    let score: u8 = score
        .parse()
        .ok()
        .filter(|score| *score <= HIGHEST_SCORE && score % 5 == 0)?;
    Some(format!("{interval}:{domain}:{score}"))
}

fn wait(item: &str) -> Option<String> {
    let parts = parts(item, &["service", "referral_date"])?;
    let [service, referred] = parts.as_slice() else {
        return None;
    };
    let (service, _) = SERVICES
        .iter()
        .find(|(code, _)| code.eq_ignore_ascii_case(service))?;
    let referred: Date = referred.parse().ok()?;
    Some(format!("{service}:{referred}"))
}

/// A letter, a digit, a digit or letter, and up to four more characters after an optional point.
fn icd10(code: &str) -> Option<String> {
    let code = code.to_ascii_uppercase();
    let plain = code.replacen('.', "", 1);
    let bytes = plain.as_bytes();
    let right = (3..=7).contains(&bytes.len())
        && code.find('.').is_none_or(|point| point == 3)
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
        && bytes.get(1).is_some_and(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric);
    right.then_some(code)
}

/// A concept id: 6 to 18 digits, a concept's partition (`00` or `10` before the last digit), and a Verhoeff check
/// digit.
fn snomed(id: &str) -> Option<String> {
    let right =
        (6..=18).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_digit()) && !id.starts_with('0');
    let partition = id.get(id.len().checked_sub(3)?..id.len() - 1)?;
    (right && matches!(partition, "00" | "10") && verhoeff_holds(id)).then(|| id.to_owned())
}

/// Verhoeff's check: the digits, from the last, permuted by their place and multiplied in the dihedral group of
/// order ten, come to nought (J. Verhoeff, Error detecting decimal codes, 1969).
fn verhoeff_holds(digits: &str) -> bool {
    const PERMUTED: [[u8; 10]; 8] = [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
        [1, 5, 7, 6, 2, 8, 3, 0, 9, 4],
        [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
        [8, 9, 1, 6, 0, 4, 3, 5, 2, 7],
        [9, 4, 5, 3, 1, 2, 6, 8, 7, 0],
        [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
        [2, 7, 9, 3, 8, 0, 6, 4, 1, 5],
        [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
    ];
    let mut product = 0;
    for (row, digit) in PERMUTED.iter().cycle().zip(digits.bytes().rev()) {
        let Some(&permuted) = row.get(usize::from(digit.wrapping_sub(b'0'))) else {
            return false;
        };
        product = dihedral(product, permuted);
    }
    product == 0
}

/// The product in the dihedral group of order ten: 0 to 4 are turns, 5 to 9 reflections.
fn dihedral(left: u8, right: u8) -> u8 {
    match (left < 5, right < 5) {
        (true, true) => (left + right) % 5,
        (true, false) => (left + right) % 5 + 5,
        (false, true) => (left + 5 - right) % 5 + 5,
        (false, false) => (left + 5 - right) % 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snomed_ids_have_a_check_digit() {
        // Autism spectrum disorder, speech delay, Down syndrome.
        for id in ["35919005", "408856003", "229721007", "41040004"] {
            assert_eq!(snomed(id).as_deref(), Some(id));
        }
        for id in ["35919006", "359190", "3591900", "035919005", "35919O05", "", "12"] {
            assert_eq!(snomed(id), None, "{id}");
        }
    }

    #[test]
    fn items_have_one_canonical_form() {
        assert_eq!(asq3("24:Gross motor:35").as_deref(), Some("24:gross_motor:35"));
        assert_eq!(
            asq3("score=60,domain=communication,interval=27").as_deref(),
            Some("27:communication:60")
        );
        for bad in [
            "24:communication:61",
            "24:communication:33",
            "24:talking:30",
            "24:communication",
            "",
        ] {
            assert_eq!(asq3(bad), None, "{bad}");
        }
        assert_eq!(wait("slt:2025-03-01").as_deref(), Some("SLT:2025-03-01"));
        assert_eq!(
            wait("service=PAED,referral_date=2025-02-28").as_deref(),
            Some("PAED:2025-02-28")
        );
        assert_eq!(wait("SLT:2025-02-30"), None);
        assert_eq!(icd10("f84.0").as_deref(), Some("F84.0"));
        assert_eq!(icd10("Q90").as_deref(), Some("Q90"));
        assert_eq!(icd10("autism"), None);
        assert_eq!(icd10("F8.40"), None);
    }
}
