//! The school census: what each school says of each pupil in each term, and the files that say it.

use jiff::civil::{Date, DateTime};
use records::{Census, EthnicGroup, Sex, Term};

use crate::{
    calendar::{cohort, curriculum_year, plus_days, swapped},
    census::{blade::Blade, returns::Return},
    dice::{Dice, Purpose},
    family::{Families, Person},
    feeds,
    files::Files,
    geography::{AUTHORITIES, OURS, Place},
    names::Culture,
    notices::Row,
    schooling::{Enrolment, Schooling},
    schools::{Phase, School, Schools, Sends},
    settings::SynthError,
    stated::{bias, forename_variant, surname_variant, untidy},
    truth::{Stands, Truth},
};

mod blade;
mod layouts;
mod returns;

pub(crate) use layouts::{Layouts, layout};

/// Days between a census day and the export that an authority takes from COLLECT.
const DAYS_TO_EXPORT: i32 = 42;

/// One pupil in one return, as declared fields in canonical form.
#[derive(Debug, Default)]
pub(crate) struct Pupil {
    pub(crate) on_roll: bool,
    pub(crate) fields: Row,
    pub(crate) needs: Vec<Row>,
    pub(crate) address: Option<Row>,
    pub(crate) meals: Option<Row>,
}

/// The censuses of some years, latest last, whose exports had come by the as-at date.
pub(crate) fn censuses(as_at: Date, years: u8) -> Vec<Census> {
    let mut censuses = Vec::new();
    for year in as_at.year() - i16::from(years) - 1..=as_at.year() {
        censuses.extend(
            [Term::Spring, Term::Summer, Term::Autumn]
                .into_iter()
                .filter_map(|term| Census::new(year, term)),
        );
    }
    censuses.retain(|census| exported(*census) < as_at);
    let keep = 3 * usize::from(years);
    censuses.split_off(censuses.len().saturating_sub(keep))
}

fn exported(census: Census) -> Date {
    plus_days(census.day(), DAYS_TO_EXPORT)
}

/// The census before another.
fn before(census: Census) -> Census {
    match census.term {
        Term::Spring => Census {
            year: census.year - 1,
            term: Term::Autumn,
        },
        Term::Summer => Census {
            term: Term::Spring,
            ..census
        },
        Term::Autumn => Census {
            term: Term::Summer,
            ..census
        },
    }
}

/// The files of one census.
pub(crate) struct CensusFiles {
    census: Census,
    maintained: Blade,
    academies: Blade,
    /// Returns of schools that send their own, by school.
    returns: Vec<(usize, Return)>,
}

impl CensusFiles {
    /// Opens the files of a census and writes the header of every school's return.
    pub(crate) fn begin(
        census: Census,
        schools: &Schools,
        layouts: &Layouts,
        files: &Files,
        sent: impl Fn(&School) -> DateTime,
    ) -> Result<Self, SynthError> {
        let mut maintained = Blade::begin(census, "la", layouts, files)?;
        let mut academies = Blade::begin(census, "acad", layouts, files)?;
        let mut returns = Vec::new();
        for (index, school) in schools.all().iter().enumerate() {
            let header = header(census, school, sent(school));
            match school.sends {
                Sends::Maintained => maintained.school(index, school, &header)?,
                Sends::Academies => academies.school(index, school, &header)?,
                Sends::Itself => {
                    returns.push((index, Return::begin(census, school, &header, layouts, files)?))
                }
            }
        }
        Ok(CensusFiles {
            census,
            maintained,
            academies,
            returns,
        })
    }

    /// Which census.
    pub(crate) fn census(&self) -> Census {
        self.census
    }

    /// Writes all that schools say of a person in this census. Returns how many records that was.
    pub(crate) fn person(
        &mut self,
        person: &Person,
        schooling: &Schooling,
        context: &Context<'_>,
        truth: &mut Truth,
    ) -> Result<u64, SynthError> {
        let day = self.census.day();
        let before = before(self.census).day();
        let mut written = 0;
        for (index, enrolment) in schooling.enrolments.iter().enumerate() {
            let on_roll = enrolment.is_on_roll(day);
            let left = enrolment
                .leaving
                .is_some_and(|leaving| before < leaving && leaving <= day)
                && enrolment.entry < day;
            if !on_roll && !left {
                continue;
            }
            // A second time at the same school on the same day would be the same record.
            let again = |other: &Enrolment| other.school == enrolment.school && other.is_on_roll(day);
            if left && schooling.enrolments.iter().any(again) {
                continue;
            }
            let pupil = context.pupil(self.census, person, schooling, enrolment, index, on_roll);
            let school = context.schools.get(enrolment.school);
            let (path, blade) = match school.sends {
                Sends::Maintained => (self.maintained.path(on_roll), &mut self.maintained),
                Sends::Academies => (self.academies.path(on_roll), &mut self.academies),
                Sends::Itself => {
                    if let Some((_, own)) = self
                        .returns
                        .iter_mut()
                        .find(|(index, _)| *index == enrolment.school)
                    {
                        own.pupil(&pupil, &person.id, truth)?;
                        written += 1;
                    }
                    continue;
                }
            };
            let line = blade.pupil(enrolment.school, school, &pupil)?;
            truth.record(&Stands {
                feed: feeds::CENSUS,
                kind: "school-census",
                file: &path,
                line,
                provider: AUTHORITIES[OURS].dfe,
                reference: "",
                census: &self.census.to_string(),
                school: &school.laestab(),
                upn: pupil.fields.get("upn").map_or("", String::as_str),
                person: &person.id,
                ..Stands::default()
            })?;
            written += 1;
        }
        Ok(written)
    }

    /// Ends the files.
    pub(crate) fn finish(self, truth: &mut Truth) -> Result<(), SynthError> {
        let at = exported(self.census).at(2, 0, 0, 0);
        self.maintained.finish(at)?;
        self.academies.finish(at)?;
        for (_, of_school) in self.returns {
            of_school.finish(at, truth)?;
        }
        Ok(())
    }
}

/// When a school makes its return: in the weeks after the census day.
pub(crate) fn sent(census: Census, school: &School) -> DateTime {
    let number = i32::from(school.number);
    plus_days(census.day(), 1 + number % 20).at(9 + (number % 8) as i8, (number * 7 % 60) as i8, 0, 0)
}

fn header(census: Census, school: &School, sent: DateTime) -> Row {
    Row::from([
        ("collection", "SC".to_owned()),
        ("term", census.term.code().to_owned()),
        ("year", census.year.to_string()),
        ("reference_date", census.day().to_string()),
        ("la", AUTHORITIES[OURS].dfe.to_owned()),
        ("school_number", format!("{:04}", school.number)),
        ("sent_at", sent.strftime("%Y-%m-%dT%H:%M:%S").to_string()),
        ("serial_number", (1 + school.number % 3).to_string()),
    ])
}

/// What schools know.
pub(crate) struct Context<'a> {
    pub(crate) families: &'a Families<'a>,
    pub(crate) schools: &'a Schools,
    pub(crate) bias_by_deprivation: bool,
}

impl Context<'_> {
    /// What one school says of one pupil. A school's mistakes stay from term to term, so they come from a stream of
    /// the registration, not of the census.
    fn pupil(
        &self,
        census: Census,
        person: &Person,
        schooling: &Schooling,
        enrolment: &Enrolment,
        index: usize,
        on_roll: bool,
    ) -> Pupil {
        let rates = self.families.rates;
        let mut dice = self
            .families
            .seed
            .dice_of(person.subject, index, Purpose::CensusNoise);
        let day = census.day();
        let on = enrolment.leaving.filter(|_| !on_roll).unwrap_or(day).min(day);
        let bias = bias(person, person.place(on), self.families, self.bias_by_deprivation);
        let mut pupil = Pupil {
            on_roll,
            ..Pupil::default()
        };
        let mut set = |field, value: &str| {
            if !value.is_empty() {
                pupil.fields.insert(field, value.to_owned());
            }
        };

        let upn = schooling.upn(on);
        let wrong_upn = dice.chance(rates.census_wrong_upns * bias);
        set(
            "upn",
            &if wrong_upn {
                with_wrong_letter(upn)
            } else {
                upn.to_owned()
            },
        );
        set("former_upn", schooling.former_upn(on).unwrap_or_default());
        let old_surname = dice.chance(rates.census_old_surnames * bias);
        let surname = match person.former_surname(on) {
            Some(former) if old_surname => former,
            _ => person.surname(on),
        };
        let surname_differs = dice.chance(rates.census_surname_variants * bias);
        set(
            "surname",
            &if surname_differs {
                surname_variant(surname, &mut dice)
            } else {
                surname.to_owned()
            },
        );
        let forename_differs = dice.chance(rates.census_forename_variants * bias);
        set(
            "forename",
            &if forename_differs {
                forename_variant(&person.forename, &mut dice)
            } else {
                person.forename.clone()
            },
        );
        set("middle_names", person.middle_name.as_deref().unwrap_or_default());
        if on_roll && dice.chance(0.03) {
            set("preferred_surname", &person.mother_surname);
        }
        if !old_surname && dice.chance(0.6) {
            set("former_surname", person.former_surname(on).unwrap_or_default());
        }
        let birth = if dice.chance(rates.census_birth_date_swaps * bias) {
            swapped(person.birth)
                .filter(|day| *day < enrolment.entry)
                .unwrap_or(person.birth)
        } else {
            person.birth
        };
        set("birth_date", &birth.to_string());
        set("sex", if person.sex == Sex::F { "F" } else { "M" });
        let ethnicity = ethnicity(person, rates.census_ethnicity_unknown * bias, &mut dice);
        if census.term == Term::Spring {
            set("ethnicity", ethnicity);
        }
        set("first_language", language(person.culture, &mut dice));

        let academic_year = records::dates::academic_year(day);
        let young = cohort(person.birth) + 5 > academic_year;
        if on_roll {
            let main_of_two = schooling
                .enrolments
                .iter()
                .any(|other| other.subsidiary && other.is_on_roll(day));
            set(
                "enrol_status",
                match (enrolment.subsidiary, main_of_two) {
                    (true, _) => "S",
                    (false, true) => "M",
                    (false, false) => "C",
                },
            );
            set("sen_provision", person.needs.provision(day));
            let in_unit = dice.chance(0.06) && person.needs.provision(day) == "E";
            let unit_known = matches!(self.schools.get(enrolment.school).phase, Phase::Primary);
            set("sen_unit", if in_unit && unit_known { "1" } else { "0" });
            set(
                "resourced_provision",
                if !in_unit && unit_known && dice.chance(0.01) {
                    "1"
                } else {
                    "0"
                },
            );
            if young {
                set("hours_at_setting", "15");
                set("funded_hours", "15");
            }
        } else {
            set(
                "leaving_date",
                &enrolment.leaving.map(|day| day.to_string()).unwrap_or_default(),
            );
        }
        set(
            "nc_year",
            curriculum_year(cohort(person.birth), academic_year).unwrap_or("X"),
        );
        set("entry_date", &enrolment.entry.to_string());
        set("part_time", if young { "1" } else { "0" });
        set("boarder", "N");

        if on_roll || census.term == Term::Autumn {
            pupil.address = self.address(person, on, bias, &mut dice);
        }
        if on_roll {
            if census.term == Term::Spring {
                pupil.needs = needs(person, census);
            }
            if let Some((from, until)) = person.free_meals.filter(|(from, _)| *from <= day) {
                let from = from.max(enrolment.entry);
                let ended = until.filter(|until| *until <= day && *until > from);
                let mut meals = Row::from([("start_date", from.to_string())]);
                if let Some(until) = ended {
                    meals.insert("end_date", until.to_string());
                }
                // A period that was over before the child came to the school is another school's to report.
                if until.is_none_or(|until| until > enrolment.entry) {
                    pupil.meals = Some(meals);
                }
            }
        }
        pupil
    }

    fn address(&self, person: &Person, on: Date, bias: f64, dice: &mut Dice) -> Option<Row> {
        let rates = self.families.rates;
        let stale = dice.chance(rates.census_stale_addresses * bias);
        let missing = dice.chance(rates.census_missing_addresses * bias);
        let place = match person.place_before(on) {
            Some(before @ Place::At(_)) if stale => before,
            _ => person.place(on),
        };
        let postcode = match place {
            _ if missing => return None,
            Place::At(postcode) => self.families.geography.postcode(postcode),
            Place::NoFixedAbode => "ZZ99 3VZ".to_owned(),
            Place::Elsewhere => return None,
        };
        let postcode = untidy(postcode, rates.census_untidy_postcodes, dice);
        Some(Row::from([("postcode", postcode), ("order", "1".to_owned())]))
    }
}

/// The needs that a school ranks in spring.
fn needs(person: &Person, census: Census) -> Vec<Row> {
    let provision = person.needs.provision(census.day());
    if provision == "N" {
        return Vec::new();
    }
    // Down syndrome is a type of its own from 2025; "no specialist assessment" goes with SEN support alone.
    let known = |need: &'static str| match need {
        "DS" if census.year < 2025 => "SLD",
        "NSA" if provision == "E" => "OTH",
        need => need,
    };
    let mut ranked = vec![known(person.needs.primary)];
    ranked.extend(
        person
            .needs
            .secondary
            .map(known)
            .filter(|need| *need != ranked[0]),
    );
    (1..)
        .zip(ranked)
        .map(|(rank, need)| Row::from([("rank", i32::to_string(&rank)), ("need", need.to_owned())]))
        .collect()
}

fn with_wrong_letter(upn: &str) -> String {
    let other = if upn.starts_with('A') { "B" } else { "A" };
    format!("{other}{}", upn.get(1..).unwrap_or_default())
}

/// DfE ethnicity codes: the main code of the group, or now and then one of its extended codes.
fn ethnicity(person: &Person, unknown: f64, dice: &mut Dice) -> &'static str {
    if dice.chance(unknown) {
        return if dice.chance(0.5) { "REFU" } else { "NOBT" };
    }
    match person.group {
        EthnicGroup::OARA => "OARA",
        EthnicGroup::WBRI if dice.chance(0.3) => "WENG",
        EthnicGroup::WOTH if person.culture == Culture::Polish || person.culture == Culture::Romanian => {
            "WEEU"
        }
        EthnicGroup::WOTH if person.culture == Culture::Portuguese => "WPOR",
        EthnicGroup::BAFR if person.culture == Culture::Somali => "BSOM",
        group => group.as_str(),
    }
}

/// First language: DfE codes.
fn language(culture: Culture, dice: &mut Dice) -> &'static str {
    let (code, share) = match culture {
        Culture::British | Culture::Irish | Culture::Caribbean => return "ENG",
        Culture::Polish => ("POL", 0.8),
        Culture::Romanian => ("RMN", 0.8),
        Culture::Portuguese => ("POR", 0.6),
        Culture::Turkish => ("TUR", 0.7),
        Culture::Indian => ("GUJ", 0.5),
        Culture::Sikh => ("PNJ", 0.6),
        Culture::Pakistani => ("URD", 0.7),
        Culture::Bangladeshi => ("BNG", 0.7),
        Culture::Chinese => ("CHI", 0.6),
        Culture::African => ("YOR", 0.3),
        Culture::Somali => ("SOM", 0.8),
        Culture::Arab => ("ARA", 0.7),
        Culture::Filipino => ("TGL", 0.4),
    };
    if dice.chance(share) { code } else { "ENG" }
}
