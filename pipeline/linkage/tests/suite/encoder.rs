//! Encodings of made-up people, under a key that everybody may know: this crate never sees an identity, so its
//! tests bring their own.

use sendlink_linkage::{
    DateEncoding, DigestEncoding, DigestEncodings, DigestOf, Encoding, Entry, MotherDescription,
    MotherEncoding, NameBits, NameEncoding, NhsNumberEncoding, PartToken, PersonEncoding, PostcodeEncoding,
    PregnancyEncoding, RecordId, SexEncoding, Token,
};

/// A made-up person as one record tells of it; blank is missing.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub nhs_number: String,
    pub inconclusive: bool,
    /// The number that a digest was sent of, with another birth date behind it than the record's, or what else tells
    /// digests apart.
    pub digest: String,
    /// What digests are made of, where the area holds the salt: then a number has one too.
    pub salt: Option<DigestOf>,
    pub upn: String,
    pub former_upn: String,
    pub forename: String,
    pub other_forename: String,
    pub surname: String,
    pub former_surname: String,
    /// `2021-03-04`
    pub born: String,
    /// `ZX1 2AB`
    pub postcode: String,
    pub other_postcode: String,
    /// `M`, `F`
    pub sex: String,
    /// The mother's NHS number.
    pub mother: String,
    /// The number that a digest was sent of in the place of hers.
    pub mothers_digest: String,
    /// Her forename, surname, birth date and postcode: `Ada/Ashcombe/1990-01-02/ZX1 2AB`; the last may be blank.
    pub mothers_names: String,
    /// `2024-09-01`
    pub event: String,
    /// Of a birth: the record of its pregnancy.
    pub born_of: String,
    /// What a notification of a pregnancy says; such a record is about no child.
    pub pregnancy: Option<Notified>,
    /// Whether the record is about no child: a birth that was not live.
    pub childless: bool,
}

/// A notification of a pregnancy.
#[derive(Clone, Debug, Default)]
pub struct Notified {
    pub due: String,
    pub birth: String,
    pub fetuses: u8,
    pub ended: bool,
}

impl Made {
    pub fn entry(&self, record: &str, kind: u8, source: Option<u32>) -> Entry {
        Entry {
            record: record_id(record),
            kind,
            source,
            erased: std::collections::BTreeSet::new(),
            encoding: self.encoding(),
        }
    }

    pub fn encoding(&self) -> Encoding {
        let upns: Vec<&String> = [&self.upn, &self.former_upn]
            .into_iter()
            .filter(|upn| !upn.is_empty())
            .collect();
        let names = |names: [&String; 2]| -> Vec<NameEncoding> {
            names
                .into_iter()
                .filter(|name| !name.is_empty())
                .map(|name| encode_name(name))
                .collect()
        };
        let all = [&self.forename, &self.surname, &self.born, &self.postcode];
        let child = PersonEncoding {
            nhs_number: (!self.nhs_number.is_empty()).then(|| NhsNumberEncoding {
                token: nhs_token(&self.nhs_number),
                conclusive: !self.inconclusive,
            }),
            nhs_number_as_mother: (!self.nhs_number.is_empty()).then(|| token("mother", &self.nhs_number)),
            upn_in_force: (!self.upn.is_empty()).then_some(0),
            upns: upns.into_iter().map(|upn| upn_token(upn)).collect(),
            uln: None,
            forenames: names([&self.forename, &self.other_forename]),
            surnames: names([&self.surname, &self.former_surname]),
            birth: (!self.born.is_empty()).then(|| encode_date(&self.born)),
            postcodes: [&self.postcode, &self.other_postcode]
                .into_iter()
                .filter(|postcode| !postcode.is_empty())
                .map(|postcode| encode_postcode(postcode))
                .collect(),
            sex: match self.sex.as_str() {
                "M" => Some(SexEncoding::M),
                "F" => Some(SexEncoding::F),
                _ => None,
            },
            exact: all
                .iter()
                .all(|value| !value.is_empty())
                .then(|| token("exact", &all.map(|value| normal(value)).join("|"))),
        };
        let day = |date: &String| (!date.is_empty()).then(|| day_number(date));
        Encoding {
            child: (self.pregnancy.is_none() && !self.childless).then_some(child),
            mother: [&self.mother, &self.mothers_digest, &self.mothers_names]
                .iter()
                .any(|said| !said.is_empty())
                .then(|| {
                    let described: Vec<&str> = self.mothers_names.split('/').collect();
                    let all_four = described.len() == 4 && described.iter().all(|part| !part.is_empty());
                    MotherEncoding {
                        nhs_number: (!self.mother.is_empty()).then(|| token("mother", &self.mother)),
                        exact: all_four.then(|| token("mother's names", &normal(&self.mothers_names))),
                        described: describe(&described).map(Box::new),
                    }
                }),
            pregnancy: self.pregnancy.as_ref().map(|pregnancy| PregnancyEncoding {
                due_day: day(&pregnancy.due),
                birth_day: day(&pregnancy.birth),
                fetuses: pregnancy.fetuses,
                ended: pregnancy.ended,
            }),
            born_of: (!self.born_of.is_empty()).then(|| record_id(&self.born_of)),
            event_day: day(&self.event),
            digests: self.digests().map(Box::new),
        }
    }

    fn digests(&self) -> Option<DigestEncodings> {
        let text = |number: &str| match self.salt {
            _ if number.is_empty() => None,
            Some(DigestOf::NhsNumberAndBirthDate) if !number.contains(' ') => {
                (!self.born.is_empty()).then(|| format!("{number} {}", self.born))
            }
            _ => Some(number.to_owned()),
        };
        let own = self.salt.and_then(|_| text(&self.nhs_number));
        let digests = DigestEncodings {
            made_of: self.salt,
            child: own.or_else(|| text(&self.digest)).map(|text| DigestEncoding {
                token: token("digest", &text),
                as_mother: token("mother's digest", &text),
                conclusive: !self.inconclusive,
            }),
            mother: self
                .salt
                .filter(|_| !self.mother.is_empty())
                .map(|_| &self.mother)
                .or(Some(&self.mothers_digest).filter(|sent| !sent.is_empty()))
                .map(|text| token("mother's digest", text)),
        };
        (digests.child.is_some() || digests.mother.is_some()).then_some(digests)
    }
}

/// A mother by forename, surname, birth date and postcode, of which only the last may be blank.
fn describe(parts: &[&str]) -> Option<MotherDescription> {
    let [forename, surname, born, postcode] = parts else {
        return None;
    };
    Some(MotherDescription {
        forenames: vec![encode_name(forename)],
        surnames: vec![encode_name(surname)],
        birth: encode_date(born),
        postcodes: (!postcode.is_empty())
            .then(|| encode_postcode(postcode))
            .into_iter()
            .collect(),
    })
}

pub fn record_id(record: &str) -> RecordId {
    RecordId(token("record", record).0)
}

pub fn nhs_token(number: &str) -> Token {
    token("nhs", number)
}

pub fn upn_token(upn: &str) -> Token {
    token("upn", upn)
}

fn token(purpose: &str, value: &str) -> Token {
    let mut bytes = [0; 16];
    let (high, low) = bytes.split_at_mut(8);
    high.copy_from_slice(&hash(purpose, value, 1).to_be_bytes());
    low.copy_from_slice(&hash(purpose, value, 2).to_be_bytes());
    Token(bytes)
}

fn part(purpose: &str, value: &str) -> PartToken {
    PartToken(hash(purpose, value, 3))
}

/// FNV-1a with a finaliser, under a constant key.
fn hash(purpose: &str, value: &str, salt: u64) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64 ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in purpose.bytes().chain([0]).chain(value.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    hash ^= hash >> 32;
    hash = hash.wrapping_mul(0xd6e8_feb8_6659_fd93);
    hash ^ (hash >> 32)
}

fn normal(value: &str) -> String {
    value.to_uppercase()
}

pub fn encode_name(name: &str) -> NameEncoding {
    let name = normal(name);
    let start: String = name.chars().take(3).collect();
    let initial: String = name.chars().take(1).collect();
    let padded: Vec<char> = format!("_{name}_").chars().collect();
    let mut bits = [0_u64; 4];
    for bigram in padded.windows(2) {
        let bigram: String = bigram.iter().collect();
        for salt in 10..15 {
            let bit = (hash("bigram", &bigram, salt) % 256) as usize;
            bits[bit / 64] |= 1 << (bit % 64);
        }
    }
    NameEncoding {
        whole: part("name", &name),
        start: part("name start", &start),
        initial: part("name initial", &initial),
        bits: NameBits(bits),
    }
}

fn encode_date(date: &str) -> DateEncoding {
    let (year, month, day) = parts(date);
    let whole = |month: u32, day: u32| part("date", &format!("{year}-{month}-{day}"));
    DateEncoding {
        whole: whole(month, day),
        swapped: (day <= 12 && day != month).then(|| whole(day, month)),
        year: part("year", &year.to_string()),
        month: part("day or month", &month.to_string()),
        day: part("day or month", &day.to_string()),
        day_number: day_number(date),
    }
}

fn encode_postcode(postcode: &str) -> PostcodeEncoding {
    let (outward, inward) = postcode.split_once(' ').expect("a postcode with a space");
    PostcodeEncoding {
        whole: part("postcode", postcode),
        sector: part("sector", &format!("{outward} {}", &inward[..1])),
        outward: part("outward", outward),
    }
}

fn parts(date: &str) -> (i32, u32, u32) {
    let mut parts = date.split('-').map(|part| part.parse::<i32>().expect("a date"));
    let mut next = || parts.next().expect("a date of three parts");
    (next(), next().unsigned_abs(), next().unsigned_abs())
}

/// Days of the Gregorian calendar since 1 March of the year 0, by H. Hinnant's formula for years from 0 on.
pub fn day_number(date: &str) -> i32 {
    let (year, month, day) = parts(date);
    let (year, month) = if month > 2 {
        (year, month as i32 - 3)
    } else {
        (year - 1, month as i32 + 9)
    };
    let of_year = (153 * month + 2) / 5 + day as i32 - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year
}
