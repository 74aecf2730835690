//! A made-up area: families with brothers, sisters and twins, told of by a census and by notices that have no
//! identifier in common, with the noise of real feeds.

use sendlink_linkage::Entry;

use crate::encoder::Made;

pub const NOTICE: u8 = 1;
pub const CENSUS: u8 = 2;

/// A record and the child that it is truly about.
pub struct Told {
    pub entry: Entry,
    pub child: u32,
    /// The birth that the child comes of: twins share it.
    pub birth: u32,
    /// What was done to it, for a report by kind of noise.
    pub noise: Vec<&'static str>,
}

/// SplitMix64: the same numbers for the same seed everywhere.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.roll() % bound
    }

    pub fn chance(&mut self, share: f64) -> bool {
        (self.roll() >> 11) as f64 / ((1_u64 << 53) as f64) < share
    }

    /// A rank below `bound`, the low ones common: roughly as names are.
    pub fn zipf(&mut self, bound: f64) -> u64 {
        let uniform = (self.roll() >> 11) as f64 / ((1_u64 << 53) as f64);
        (bound.powf(uniform) - 1.0) as u64
    }
}

/// Children of the area, a census of nearly all of school age and a notice of nearly all.
pub fn area(children: u32, seed: u64) -> Vec<Told> {
    let mut dice = Dice(seed);
    let mut told = Vec::new();
    let (mut child, mut birth) = (0, 0);
    let postcodes = u64::from(children) * 3 / 2;
    while child < children {
        let surname = surname(dice.zipf(3_000.0));
        let postcode = postcode(dice.below(postcodes));
        let mut year = 2010 + dice.below(6) as i32;
        for _ in 0..=dice.below(3) {
            year += 2;
            let born = format!("{year}-{:02}-{:02}", 1 + dice.below(12), 1 + dice.below(28));
            let births = if dice.chance(0.015) { 2 } else { 1 };
            let mut given: Vec<String> = Vec::new();
            for _ in 0..births {
                let boy = dice.chance(0.5);
                let mut name = forename(dice.zipf(400.0), boy);
                // Parents do not call twins by one name, nor by one that begins alike.
                while given.iter().any(|other| other[..2] == name[..2]) {
                    name = forename(dice.zipf(400.0), boy);
                }
                given.push(name.clone());
                let made = Made {
                    forename: name,
                    surname: surname.clone(),
                    born: born.clone(),
                    postcode: postcode.clone(),
                    sex: if boy { "M" } else { "F" }.to_owned(),
                    ..Made::default()
                };
                tell(&mut told, &mut dice, (child, birth), &made, postcodes);
                child += 1;
            }
            birth += 1;
        }
    }
    told
}

/// What notice and census say of a child.
fn tell(told: &mut Vec<Told>, dice: &mut Dice, (child, birth): (u32, u32), truth: &Made, postcodes: u64) {
    let mut census = truth.clone();
    let mut noise = Vec::new();
    if dice.chance(0.25) {
        census.postcode = postcode(dice.below(postcodes));
        noise.push("moved");
    }
    if dice.chance(0.06) {
        census.surname = surname(dice.zipf(3_000.0));
        noise.push("surname changed");
    }
    census.event = "2030-01-17".to_owned();
    census.upn = format!("H{child:012}");
    let surname_now = census.surname.clone();
    for term in 0..2 {
        if dice.chance(0.9) {
            census.event = format!("203{term}-01-17");
            let record = format!("census {child} {term}");
            told.push(Told {
                entry: census.entry(&record, CENSUS, None),
                child,
                birth,
                noise: noise.clone(),
            });
        }
    }

    // A notice for nine in ten; one in ten is sent twice.
    let copies = u32::from(dice.chance(0.9)) + u32::from(dice.chance(0.1));
    for copy in 0..copies {
        let mut notice = Made {
            event: format!("{}-06-01", 2018 + dice.below(8)),
            ..truth.clone()
        };
        let mut noise = noise.clone();
        if notice.born > notice.event {
            notice.event = format!("{}-01-01", 2026);
        }
        if dice.chance(0.04) {
            notice.forename = variant(&notice.forename, dice);
            noise.push("forename variant");
        }
        if dice.chance(0.03) {
            notice.surname = variant(&surname_now, dice);
            noise.push("surname variant");
        }
        if dice.chance(0.004) {
            notice.born = exchanged(&notice.born);
            noise.push("day and month exchanged");
        } else if dice.chance(0.006) {
            notice.born = slip(&notice.born, dice);
            noise.push("slip in birth date");
        }
        if dice.chance(0.01) {
            notice.forename = String::new();
            noise.push("blank forename");
        }
        if dice.chance(0.003) {
            notice.postcode = String::new();
            noise.push("blank postcode");
        }
        if dice.chance(0.01) {
            notice.born = String::new();
            noise.push("blank birth date");
        }
        let record = format!("notice {child} {copy}");
        told.push(Told {
            entry: notice.entry(&record, NOTICE, None),
            child,
            birth,
            noise,
        });
    }
}

fn variant(name: &str, dice: &mut Dice) -> String {
    let letters: Vec<char> = name.chars().collect();
    let at = 1 + dice.below(letters.len() as u64 - 2) as usize;
    let mut changed = letters.clone();
    match dice.below(4) {
        0 => changed.swap(at, at + 1),
        1 => drop(changed.remove(at)),
        2 => changed[at] = (b'a' + dice.below(26) as u8) as char,
        // A short form.
        _ => changed.truncate(4.max(letters.len() - 3)),
    }
    changed.into_iter().collect()
}

fn exchanged(date: &str) -> String {
    let (year, month, day) = (&date[..4], &date[5..7], &date[8..]);
    if day <= "12" {
        format!("{year}-{day}-{month}")
    } else {
        date.to_owned()
    }
}

fn slip(date: &str, dice: &mut Dice) -> String {
    let (year, month, day) = (&date[..4], &date[5..7], &date[8..]);
    let year_off: i32 = year.parse::<i32>().unwrap() - 1;
    match dice.below(3) {
        0 => format!("{year_off}-{month}-{day}"),
        1 => format!("{year}-{:02}-{day}", 1 + dice.below(12)),
        _ => format!("{year}-{month}-{:02}", 1 + dice.below(28)),
    }
}

const STARTS: [&str; 20] = [
    "Ba", "Ke", "Lo", "Mi", "Ru", "Ta", "Se", "Ho", "Di", "Wu", "Fa", "Ge", "Jo", "Ni", "Pu", "Va", "Ze",
    "Cro", "Bri", "Shu",
];
const MIDDLES: [&str; 20] = [
    "la", "re", "mo", "ni", "su", "ka", "ve", "to", "li", "du", "sha", "ne", "ro", "di", "mu", "ra", "le",
    "no", "ti", "bu",
];
const ENDS: [&str; 10] = ["n", "th", "s", "ll", "rd", "m", "x", "ck", "nt", "r"];
const TOWNS: [&str; 10] = [
    "ton", "ley", "worth", "combe", "ham", "field", "stead", "bury", "ford", "well",
];

pub fn forename(rank: u64, boy: bool) -> String {
    let mixed = Dice(rank * 2 + u64::from(boy)).roll();
    let pick = |list: &[&'static str], shift: u32| list[((mixed >> shift) % list.len() as u64) as usize];
    let end = if boy { pick(&ENDS, 40) } else { "a" };
    format!("{}{}{end}", pick(&STARTS, 0), pick(&MIDDLES, 20))
}

pub fn surname(rank: u64) -> String {
    let mixed = Dice(rank + 1_000_000).roll();
    let pick = |list: &[&'static str], shift: u32| list[((mixed >> shift) % list.len() as u64) as usize];
    format!("{}{}{}", pick(&STARTS, 0), pick(&MIDDLES, 20), pick(&TOWNS, 40))
}

pub fn postcode(number: u64) -> String {
    let letters = b"ABDEFGHJLNPQRSTUWXYZ";
    let letter = |at: u64| letters[(at % 20) as usize] as char;
    let outward = number / 2_000;
    format!(
        "ZX{} {}{}{}",
        outward + 1,
        number / 200 % 10,
        letter(number / 10),
        letter(number)
    )
}
