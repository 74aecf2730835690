//! A made-up local area written as real files, with the truth apart.
//!
//! Persons come first: each child is born once, into a family that moves, changes names and goes through hands; only
//! then is the child projected into every feed, with the noise that real ones have. Files are written through the
//! declared fields and layouts of the connectors that will read them.
//!
//! ```
//! use jiff::civil::date;
//! use synth::Settings;
//!
//! let folder = tempfile::tempdir()?;
//! let settings = Settings { children: 200, years: 1, ..Settings::new(folder.path(), date(2026, 3, 31)) };
//! let summary = synth::write(&settings, |_made, _of| {})?;
//! assert_eq!(summary.children, 200);
//! assert!(folder.path().join("truth/records.csv").is_file());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nobody in an area lives. NHS numbers are of the range 999 000 0000 to 999 999 9999, which is kept for tests; UPNs
//! bear the pseudo-authorities 001 to 005; postcodes begin with Q, as none does; schools, health bodies, wards and
//! neighbourhoods are made up, with codes of the right shape. Authorities and districts are real ones of Essex, because only a real
//! one can be looked up; no figure of an area says anything about them.
//!
//! The same [`Settings`] make the same bytes and times of files, whatever the machine. Each child has a stream of
//! chance of its own for each purpose, so that another rate in one feed leaves the others alone.
//!
//! ```text
//! incoming/section23/<ODS>/…             notices: CSV, XLSX, JSON, by body
//! incoming/pregnancy/<ODS>/…             notifications of pregnancies and births: monthly table sets of the Maternity
//!                                        Services Data Set, lists as XLSX
//! incoming/two-year-review/<ODS>/…       2-2½-year reviews: monthly table sets of the Community Services Data Set,
//!                                        each with its refresh, and lists
//! incoming/school-census/<census>-<set>/ COLLECT Blade sets of LA-maintained schools and of academies
//! incoming/school-returns/…              returns that schools send themselves, XML
//! reference/postcodes.csv                columns of the ONS Postcode Directory
//! reference/schools.csv                  columns of Get Information About Schools
//! reference/births.csv                   live births by authority and calendar year
//! opt-outs-came-back.dat                 where a feed needs opt-outs: the numbers in it of those who have not opted out
//! truth/records.csv                      whom each record is about: by file and line, and by sender's reference or
//!                                        census, school and UPN
//! truth/persons.csv                      the persons of whom there are records
//! truth/mothers.csv                      the mothers of whose pregnancies maternity services tell
//! truth/pregnancies.csv                  those pregnancies, and what each fetus became by the as-at date
//! truth/withheld.csv                     where a feed needs opt-outs: the records of it that must not be published
//! truth/must-not-join.csv                pairs that are two persons: before and after an adoption; born together; a
//!                                        mother who is at school, and her child
//! ```

mod bodies;
mod calendar;
mod census;
mod contact_files;
mod contacts;
mod development;
mod dice;
mod family;
mod feeds;
mod files;
mod geography;
mod lists;
mod maternity;
mod maternity_files;
mod mother;
mod names;
mod needs;
mod notice_files;
mod notices;
mod numbers;
mod opt_outs;
mod pregnancies;
mod rates;
mod schooling;
mod schools;
mod script;
mod settings;
mod stated;
mod submissions;
mod truth;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

pub use feeds::{DeliveryMode, Feed};
pub use lists::{FEWEST_LISTED, ListSettings, ListSummary, Noise, write_lists};
pub use rates::Rates;
pub use settings::{FEWEST_CHILDREN, MOST_YEARS, Settings, SynthError};

use crate::{
    calendar::{plus_years, year_start},
    census::{CensusFiles, Context, Layouts, censuses, sent},
    contact_files::write_contacts,
    contacts::Contacts,
    dice::Seed,
    family::{Births, Families, Family, Person},
    files::{Csv, Files},
    geography::{AUTHORITIES, Geography, OURS},
    maternity::Maternity,
    maternity_files::write_maternity,
    notice_files::write_notices,
    notices::{Notice, Window, notices},
    numbers::{NhsNumbers, Upns},
    opt_outs::write_opt_outs,
    pregnancies::{LONE_FAMILIES, Lone},
    schooling::schooling,
    schools::Schools,
    truth::Truth,
};

/// Years before the oldest census in which health bodies already gave notice: the children of a census were notified
/// up to five years earlier.
const YEARS_OF_NOTICES_BEFORE: i16 = 5;

/// Years of births that are followed from the notification of the pregnancy on: long enough for a child to be told of
/// before birth, at birth, at the review and by the first school.
const YEARS_FOLLOWED: i16 = 6;

/// What was written.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Children who on the as-at date live in the authority and are between birth and the end of primary school.
    pub children: usize,
    /// Persons of whom there are records; an adopted child may be two.
    pub persons: usize,
    /// Section 23 notices written, each repetition and withdrawal counted.
    pub notices: u64,
    /// Pregnancies of which maternity services told.
    pub pregnancies: u64,
    /// Rows that tell of a pregnancy: each month's and each update counted.
    pub pregnancy_records: u64,
    /// Rows that tell of a birth.
    pub birth_records: u64,
    /// Reviews at 2 to 2½ years of which health visiting told.
    pub reviews: u64,
    /// Rows that tell of a review: primary submission, refresh, correction and withdrawal counted.
    pub review_records: u64,
    /// Files and submissions of maternity services and health visiting.
    pub early_deliveries: u64,
    /// Pupils' records written, over all censuses.
    pub school_records: u64,
    /// The censuses written, the oldest first.
    pub censuses: Vec<records::Census>,
    /// Files of notices.
    pub notice_files: u64,
    /// The feeds, for a configuration.
    pub feeds: Vec<Feed>,
    /// DfE code of the authority whose children they are.
    pub la_code: &'static str,
    /// What the made-up area is called.
    pub area: &'static str,
}

/// Writes a made-up area. `progress` is told how many children there are so far and how many there will be.
///
/// # Errors
/// [`SynthError`]: settings that make no area, more children than the range of test numbers holds, or a file that
/// cannot be written.
pub fn write(settings: &Settings, progress: impl Fn(usize, usize)) -> Result<Summary, SynthError> {
    settings.check()?;
    let seed = Seed::new(settings.seed);
    let years = i16::from(settings.years);
    let mut people = People::new(settings)?;
    let files = Files::begin(&settings.out, settings.as_at)?;
    let layouts = Layouts::load()?;
    let geography = Geography::new(seed, settings.children);
    let schools = Schools::new(seed, settings.children, &geography);
    let window = Window {
        from: plus_years(settings.as_at, -years - YEARS_OF_NOTICES_BEFORE),
        as_at: settings.as_at,
        bias_by_deprivation: settings.bias_by_deprivation,
    };
    let families = Families {
        seed,
        rates: &settings.rates,
        geography: &geography,
        first: year_start(records::dates::academic_year(settings.as_at) - 11 - years),
        last: settings.as_at,
        notices_from: window.from,
        followed_from: plus_years(settings.as_at, -YEARS_FOLLOWED),
        recent_from: plus_years(settings.as_at, -years),
        early_signals: settings.early_signals,
        bias_by_deprivation: settings.bias_by_deprivation,
    };
    geography.write(&files)?;
    schools.write(&geography, &files, families.first)?;
    let mut truth = Truth::begin(&files)?;
    let mut open = Vec::new();
    for census in censuses(settings.as_at, settings.years) {
        open.push(CensusFiles::begin(
            census,
            &schools,
            &layouts,
            &files,
            |school| sent(census, school),
        )?);
    }
    let context = Context {
        families: &families,
        schools: &schools,
        bias_by_deprivation: settings.bias_by_deprivation,
    };

    let mut given: Vec<Notice> = Vec::new();
    let mut maternity = Maternity::default();
    let mut contacts = Contacts::default();
    let mut lone: Vec<Lone> = Lone::always(settings.as_at).into();
    let mut upns = Upns::default();
    let mut births = Births::default();
    let mut summary = Summary {
        children: 0,
        persons: 0,
        notices: 0,
        pregnancies: 0,
        pregnancy_records: 0,
        birth_records: 0,
        reviews: 0,
        review_records: 0,
        early_deliveries: 0,
        school_records: 0,
        censuses: open.iter().map(CensusFiles::census).collect(),
        notice_files: 0,
        feeds: feeds::feeds(settings.opt_outs),
        la_code: AUTHORITIES[OURS].dfe,
        area: "Mere and Holt",
    };
    let mut number = 0;
    while summary.children < settings.children {
        let family = families.family(number);
        number += 1;
        let lives_here = |person: &Person| {
            person.is_known(settings.as_at)
                && person.is_of_age(settings.as_at)
                && geography.is_ours(person.place(settings.as_at))
        };
        let Some(mut family) = family else { continue };
        let more = family.children.iter().filter(|person| lives_here(person)).count();
        if family.children.is_empty() || summary.children + more > settings.children {
            continue;
        }
        summary.children += more;
        people.number(&mut family)?;
        lone.append(&mut family.others);
        let mut recorded = BTreeSet::new();
        let told = maternity.family(&family, &families);
        truth.mother(&family.mother, told, settings.as_at)?;
        let births_told: BTreeMap<&str, u64> = told
            .iter()
            .flat_map(|course| course.births_told(&families))
            .collect();
        let first_birth = family.children[0].birth;
        let hers = mother::schooling(&family.mother, first_birth, &families, &schools, &mut upns);
        let pupil = (!hers.enrolments.is_empty()).then_some((&family.mother, hers));
        let children = family
            .children
            .iter()
            .map(|child| (child, schooling(child, &families, &schools, &mut upns)));
        for (person, schooling) in children.chain(pupil) {
            if person.birth >= families.first {
                births.count(person, &geography);
            }
            let mut records = 0;
            for census in &mut open {
                records += census.person(person, &schooling, &context, &mut truth)?;
            }
            summary.school_records += records;
            let of_person = notices(person, &schooling, &families, window);
            records += of_person.len() as u64;
            given.extend(of_person);
            records += births_told.get(person.id.as_str()).copied().unwrap_or_default();
            records += contacts.child(person, &families);
            if records > 0 {
                recorded.insert(person.id.as_str());
                let decile = geography.known_decile(person.place(person.known_from));
                truth.person(person, decile, schooling.upn(settings.as_at), records)?;
            }
        }
        summary.persons += recorded.len();
        truth.family(&family, &recorded)?;
        if number % 512 == 0 {
            progress(summary.children, settings.children);
        }
    }
    for (lone, number) in lone.into_iter().zip(LONE_FAMILIES..) {
        let mut family = families.lone(number, lone);
        people.number(&mut family)?;
        let told = maternity.family(&family, &families);
        truth.mother(&family.mother, told, settings.as_at)?;
    }
    for census in open {
        census.finish(&mut truth)?;
    }
    summary.notices = given.len() as u64;
    summary.notice_files = write_notices(&given, settings.as_at, settings.years, &files, &mut truth)?;
    let early = write_maternity(&maternity, &families, &files, &mut truth)?;
    summary.pregnancies = maternity.courses.len() as u64;
    summary.pregnancy_records = early.pregnancy_records;
    summary.birth_records = early.birth_records;
    let reviews = write_contacts(&contacts, &families, &files, &mut truth)?;
    summary.reviews = reviews.reviews;
    summary.review_records = reviews.records;
    if settings.opt_outs {
        write_opt_outs(&contacts, &families, &files)?;
    }
    summary.early_deliveries = early.deliveries + reviews.deliveries;
    write_births(&births, families.first, settings.as_at, &files)?;
    truth.finish()?;
    progress(summary.children, settings.children);
    Ok(summary)
}

/// Gives numbers to people.
struct People {
    nhs_numbers: NhsNumbers,
    children: usize,
    mothers: usize,
}

impl People {
    fn new(settings: &Settings) -> Result<Self, SynthError> {
        // Besides the children who count there are those who have grown up, moved away, died, or will never be ours:
        // never half as many again over the same years.
        let children = settings.children * (12 + usize::from(settings.years)) / 11 * 3 / 2 + 200;
        let nhs_numbers = NhsNumbers::new(children, children).ok_or(SynthError::TooManyChildren)?;
        Ok(People {
            nhs_numbers,
            children: 0,
            mothers: 0,
        })
    }

    /// Gives every child of a family, and their mother, an NHS number.
    fn number(&mut self, family: &mut Family) -> Result<(), SynthError> {
        let mother = self
            .nhs_numbers
            .mother(self.mothers)
            .ok_or(SynthError::TooManyChildren)?;
        self.mothers += 1;
        family.mother.nhs_number.clone_from(&mother);
        let mut first = self.children;
        for person in &mut family.children {
            if person.sibling == 0 {
                first = self.children;
            }
            let number = self
                .nhs_numbers
                .child(first, person.sibling)
                .ok_or(SynthError::TooManyChildren)?;
            person.nhs_number = number;
            person.mother_nhs_number.clone_from(&mother);
            self.children += 1;
        }
        Ok(())
    }
}

fn write_births(births: &Births, first: Date, last: Date, files: &Files) -> Result<(), SynthError> {
    let mut table = Csv::create(files, "reference/births.csv", &["la_code", "year", "births"])?;
    for (year, births) in births.whole_years(first, last) {
        table.row(&[AUTHORITIES[OURS].dfe, &year.to_string(), &births.to_string()])?;
    }
    table.finish(None)
}

#[cfg(test)]
mod tests;
