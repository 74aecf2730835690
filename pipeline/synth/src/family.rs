//! Families: who is born to whom, when, under which names, and where they live.

use jiff::civil::{Date, date};
use records::{EthnicGroup, Sex};

use crate::{
    calendar::{cohort, days_between, plus_days, reception, year_start},
    dice::{Dice, Purpose, Seed},
    geography::{AUTHORITIES, Geography, OURS, Place},
    names::{self, Culture},
    needs::{Level, Needs},
    pregnancies::{Lone, Pregnancy},
    rates::Rates,
    script::Script,
};

/// From this day on, this place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stay {
    pub(crate) from: Date,
    pub(crate) place: Place,
}

/// One child under one identity. A child who is adopted is two: nothing may join what is known of the one to what is
/// known of the other.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// What the truth calls the person.
    pub(crate) id: String,
    /// Whose streams of chance are the person's.
    pub(crate) subject: u64,
    pub(crate) group: EthnicGroup,
    pub(crate) culture: Culture,
    pub(crate) sex: Sex,
    pub(crate) birth: Date,
    /// The person is known under this identity from this day on.
    pub(crate) known_from: Date,
    /// The day of death or adoption.
    pub(crate) known_until: Option<Date>,
    pub(crate) forename: String,
    pub(crate) middle_name: Option<String>,
    pub(crate) surnames: Vec<(Date, String)>,
    pub(crate) stays: Vec<Stay>,
    pub(crate) needs: Needs,
    /// Free school meals, from a day to perhaps another.
    pub(crate) free_meals: Option<(Date, Option<Date>)>,
    /// Which of its birth the child is, where it is one of several.
    pub(crate) sibling: usize,
    /// How many were born at once.
    pub(crate) born_together: usize,
    /// The mother of the birth certificate; blank for the mothers themselves.
    pub(crate) mother_forename: &'static str,
    pub(crate) mother_surname: String,
    pub(crate) script: Script,
    /// Whether this is the identity after an adoption.
    pub(crate) adopted: bool,
    pub(crate) nhs_number: String,
    pub(crate) mother_nhs_number: String,
}

impl Person {
    /// Whether the person lives, under this identity, on a day.
    pub(crate) fn is_known(&self, on: Date) -> bool {
        self.known_from <= on && self.known_until.is_none_or(|until| on < until)
    }

    /// Where the person lives on a day.
    pub(crate) fn place(&self, on: Date) -> Place {
        self.stays
            .iter()
            .rev()
            .find(|stay| stay.from <= on)
            .or(self.stays.first())
            .map_or(Place::Elsewhere, |stay| stay.place)
    }

    /// Where the person lived before the last move.
    pub(crate) fn place_before(&self, on: Date) -> Option<Place> {
        let mut past = self.stays.iter().rev().filter(|stay| stay.from <= on);
        past.next();
        past.next().map(|stay| stay.place)
    }

    /// The surname on a day.
    pub(crate) fn surname(&self, on: Date) -> &str {
        let past = self.surnames.iter().rev().find(|(from, _)| *from <= on);
        past.or(self.surnames.first()).map_or("", |(_, surname)| surname)
    }

    /// The surname before it last changed, where it has.
    pub(crate) fn former_surname(&self, on: Date) -> Option<&str> {
        let mut past = self.surnames.iter().rev().filter(|(from, _)| *from <= on);
        past.next();
        past.next().map(|(_, surname)| surname.as_str())
    }

    /// Whether the child is, on a day, between birth and the end of primary school.
    pub(crate) fn is_of_age(&self, on: Date) -> bool {
        cohort(self.birth) >= records::dates::academic_year(on) - 11 && self.birth <= on
    }
}

/// What families are made from.
#[derive(Debug)]
pub(crate) struct Families<'a> {
    pub(crate) seed: Seed,
    pub(crate) rates: &'a Rates,
    pub(crate) geography: &'a Geography,
    /// No child is born before.
    pub(crate) first: Date,
    /// No child is born after.
    pub(crate) last: Date,
    /// The day on which health bodies began to give notice.
    pub(crate) notices_from: Date,
    /// The first birth of whose pregnancy maternity services tell, and of whose child a review is told.
    pub(crate) followed_from: Date,
    /// The day from which deliveries come as they are made; what is older was handed over when the area began.
    pub(crate) recent_from: Date,
    /// Whether development at two foretells needs.
    pub(crate) early_signals: bool,
    /// Whether errors are more frequent where deprivation is.
    pub(crate) bias_by_deprivation: bool,
}

/// A family.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) mother: Person,
    /// The children who were born in the time of interest, in the order of their birth.
    pub(crate) children: Vec<Person>,
    /// The mother's pregnancies in the years of which maternity services tell, whatever became of them.
    pub(crate) pregnancies: Vec<Pregnancy>,
    /// Pregnancies of other mothers, whose only one it is, that come with so many births.
    pub(crate) others: Vec<Lone>,
}

/// What the children of a family share.
pub(crate) struct Parents {
    pub(crate) number: u64,
    pub(crate) script: Script,
    pub(crate) group: EthnicGroup,
    pub(crate) culture: Culture,
    pub(crate) mother_forename: &'static str,
    pub(crate) mother_surname: String,
    pub(crate) other_surname: String,
    surname_not_mothers: bool,
    pub(crate) births: Vec<Date>,
    pub(crate) stays: Vec<Stay>,
}

impl Parents {
    /// Where they live on a day.
    pub(crate) fn place(&self, on: Date) -> Place {
        let past = self.stays.iter().rev().find(|stay| stay.from <= on);
        past.or(self.stays.first())
            .map_or(Place::Elsewhere, |stay| stay.place)
    }
}

/// How a child is born.
struct Birth {
    day: Date,
    /// Which birth of the family it is.
    slot: usize,
    /// Whose stream of chance is the birth's.
    subject: u64,
    /// Which of those born at once the child is.
    sibling: usize,
    together: usize,
    script: Script,
}

/// Ethnic groups of families with children, in hundredths; about those of the pupils of the East of England.
const GROUPS: &[(EthnicGroup, f64)] = &[
    (EthnicGroup::WBRI, 70.0),
    (EthnicGroup::WOTH, 8.0),
    (EthnicGroup::BAFR, 4.5),
    (EthnicGroup::AIND, 3.2),
    (EthnicGroup::APKN, 2.0),
    (EthnicGroup::ABAN, 1.8),
    (EthnicGroup::MWAS, 1.7),
    (EthnicGroup::MOTH, 1.6),
    (EthnicGroup::AOTH, 1.5),
    (EthnicGroup::MWBC, 1.4),
    (EthnicGroup::MWBA, 1.0),
    (EthnicGroup::CHNE, 0.8),
    (EthnicGroup::OOTH, 0.8),
    (EthnicGroup::BCRB, 0.7),
    (EthnicGroup::BOTH, 0.6),
    (EthnicGroup::OARA, 0.5),
    (EthnicGroup::WIRI, 0.4),
    (EthnicGroup::WROM, 0.3),
    (EthnicGroup::WIRT, 0.2),
];

/// Days before the first birth of interest on which an elder sibling may be born: three gaps between births.
const ELDER_SIBLINGS: i32 = 2_500;

impl Families<'_> {
    /// A family; none where all its children are born outside the time of interest.
    pub(crate) fn family(&self, number: u64) -> Option<Family> {
        let parents = self.parents(number)?;
        let mut children = self.children(&parents);
        let (pregnancies, others) = self.pregnancies(&parents, &children);
        self.adopt(&mut children);
        for person in &mut children {
            person.free_meals = self.free_meals(person);
        }
        Some(Family {
            mother: self.mother(&parents),
            children,
            pregnancies,
            others,
        })
    }

    /// The family of a mother whose only pregnancy this is. Nobody is born of it by the as-at date.
    pub(crate) fn lone(&self, number: u64, lone: Lone) -> Family {
        let mut dice = self.seed.dice(number, Purpose::Household);
        let place = self
            .geography
            .home(OURS, &mut self.seed.dice(number, Purpose::Moves));
        let mut parents = self.couple(number, Script::default(), &mut dice);
        parents.births = vec![lone.on];
        parents.stays = vec![Stay {
            from: plus_days(lone.on, -1_000),
            place,
        }];
        let pregnancies = vec![self.lone_pregnancy(&mut parents, lone)];
        Family {
            mother: self.mother(&parents),
            children: Vec::new(),
            pregnancies,
            others: Vec::new(),
        }
    }

    /// The children of a family who are born in the time of interest, in the order of their birth.
    fn children(&self, parents: &Parents) -> Vec<Person> {
        let mut persons: Vec<Person> = Vec::new();
        let of_interest = |birth: &Date| (self.first..=self.last).contains(birth);
        for (slot, birth) in parents
            .births
            .iter()
            .enumerate()
            .filter(|(_, birth)| of_interest(birth))
        {
            let script = if slot == 0 {
                parents.script.clone()
            } else {
                Script::default()
            };
            // Sixteen subjects a birth: the birth itself, and each child before and after adoption.
            let subject = parents.number << 8 | (slot as u64) << 4;
            let mut dice = self.seed.dice(subject, Purpose::Birth);
            let together = script.born_together.unwrap_or_else(|| self.together(&mut dice));
            for sibling in 0..together {
                // A stillborn child is in no record.
                if !(script.stillborn && sibling + 1 == together) {
                    let birth = Birth {
                        day: *birth,
                        slot,
                        subject,
                        sibling,
                        together,
                        script: script.clone(),
                    };
                    persons.push(self.child(parents, birth, &persons));
                }
            }
        }
        persons
    }

    /// How many are born at once: the first draw of a birth's stream.
    pub(crate) fn together(&self, dice: &mut Dice) -> usize {
        if dice.chance(self.rates.multiple_births) {
            2 + usize::from(dice.chance(self.rates.triplets))
        } else {
            1
        }
    }

    /// The parents of a family, and when their children are born; none where none is born in the time of interest.
    fn parents(&self, number: u64) -> Option<Parents> {
        let mut dice = self.seed.dice(number, Purpose::Household);
        let script = Script::of(number, self.last, self.notices_from);
        let mut parents = self.couple(number, script, &mut dice);
        parents.births = self.births(&parents.script, &mut dice);
        parents.stays = self.stays(*parents.births.first()?, number, &parents.script);
        Some(parents)
    }

    /// Parents who have no children and no home yet.
    fn couple(&self, number: u64, script: Script, dice: &mut Dice) -> Parents {
        let group = dice.weighted(GROUPS);
        let culture = Culture::of(group, dice);
        let mother_forename = names::forename(culture, Sex::F, dice);
        let mother_surname = names::surname(culture, dice);
        let other_surname = names::surname(
            if dice.chance(0.85) {
                culture
            } else {
                Culture::British
            },
            dice,
        );
        let surname_not_mothers = dice.chance(self.rates.surname_not_mothers);
        Parents {
            number,
            script,
            group,
            culture,
            mother_forename,
            mother_surname,
            other_surname,
            surname_not_mothers,
            births: Vec::new(),
            stays: Vec::new(),
        }
    }

    /// One child. `elder` are those born before, or just before.
    fn child(&self, parents: &Parents, birth: Birth, elder: &[Person]) -> Person {
        let subject = birth.subject | (birth.sibling as u64 + 1) << 1;
        let mut dice = self.seed.dice(subject, Purpose::Names);
        let culture = parents.culture;
        let sex = if dice.chance(0.512) { Sex::M } else { Sex::F };
        let mut forename = names::forename(culture, sex, &mut dice);
        for _ in 0..20 {
            // Parents do not use a name twice.
            if elder.iter().all(|elder| elder.forename != forename) {
                break;
            }
            forename = names::forename(culture, sex, &mut dice);
        }
        let middle_name = dice
            .chance(0.7)
            .then(|| names::forename(culture, sex, &mut dice).to_owned());
        let surnames = self.surnames(birth.day, parents, &mut dice);
        let at_birth = parents.stays.iter().rev().find(|stay| stay.from <= birth.day);
        let place = at_birth.map_or(Place::Elsewhere, |stay| stay.place);
        let needs = self.needs(birth.day, sex, place, subject, &birth.script);
        let mut dice = self.seed.dice(subject, Purpose::Birth);
        let dies = dice.chance(self.rates.deaths) && !birth.script.is_scripted();
        let death = dies.then(|| plus_days(birth.day, dice.between(1, 1_700)));
        Person {
            id: child_id(parents.number, birth.slot, birth.sibling),
            subject,
            group: parents.group,
            culture,
            sex,
            birth: birth.day,
            known_from: birth.day,
            known_until: death,
            forename: forename.to_owned(),
            middle_name,
            surnames,
            stays: parents.stays.clone(),
            needs,
            free_meals: None,
            sibling: birth.sibling,
            born_together: birth.together,
            mother_forename: parents.mother_forename,
            mother_surname: parents.mother_surname.clone(),
            script: birth.script,
            adopted: false,
            nhs_number: String::new(),
            mother_nhs_number: String::new(),
        }
    }

    /// Birthdays of the children of a family.
    fn births(&self, script: &Script, dice: &mut Dice) -> Vec<Date> {
        let earliest = plus_days(self.first, -ELDER_SIBLINGS);
        let mut birth = plus_days(earliest, dice.between(0, days_between(earliest, self.last)));
        if let Some(born) = script.born {
            birth = born;
        }
        let count = dice.weighted(&[(1, 0.42), (2, 0.4), (3, 0.14), (4, 0.04)]);
        let mut births = Vec::new();
        for _ in 0..count {
            births.push(birth);
            birth = plus_days(birth, dice.between(540, 1_500));
        }
        let any = births
            .iter()
            .any(|birth| (self.first..=self.last).contains(birth));
        if any { births } else { Vec::new() }
    }

    /// Where a family lives from its first birth on.
    fn stays(&self, first: Date, number: u64, script: &Script) -> Vec<Stay> {
        let mut dice = self.seed.dice(number, Purpose::Moves);
        let beyond = dice.chance(self.rates.families_from_beyond) && !script.is_scripted();
        let mut place = match (beyond, dice.chance(0.5)) {
            (false, _) => self.geography.home(OURS, &mut dice),
            (true, true) => self.neighbour(&mut dice),
            (true, false) => Place::Elsewhere,
        };
        let mut stays = vec![Stay { from: first, place }];
        if let Some(after) = script.moves_away_after_days {
            stays.push(Stay {
                from: plus_days(first, after),
                place: self.neighbour(&mut dice),
            });
            return stays;
        }
        let homeless_in =
            (dice.chance(self.rates.no_fixed_abode) || script.homeless).then(|| dice.between(0, 5));
        for year in 0..days_between(first, self.last) / 365 {
            let begins = plus_days(first, 365 * year + 1);
            if homeless_in == Some(year) && self.geography.is_ours(place) {
                stays.push(Stay {
                    from: begins,
                    place: Place::NoFixedAbode,
                });
                place = self.geography.home(OURS, &mut dice);
                stays.push(Stay {
                    from: plus_days(begins, dice.between(150, 360)),
                    place,
                });
                continue;
            }
            let unsettled = if self.geography.decile(place) <= 3 {
                1.3
            } else {
                1.0
            };
            // Whoever lives beyond moves in as often as others move out.
            let beyond = if self.geography.is_ours(place) { 1.0 } else { 2.0 };
            if !dice.chance(self.rates.moves_a_year * unsettled * beyond) || script.is_scripted() {
                continue;
            }
            let near = if let Place::At(postcode) = place {
                Some(postcode)
            } else {
                None
            };
            place = match (
                dice.chance(self.rates.moves_to_neighbours),
                dice.chance(self.rates.moves_elsewhere),
                near,
            ) {
                (true, _, _) => self.neighbour(&mut dice),
                (_, true, _) => Place::Elsewhere,
                (_, _, Some(postcode)) if self.geography.is_ours(place) && dice.chance(0.6) => {
                    self.geography.home_near(postcode, &mut dice)
                }
                _ => self.geography.home(OURS, &mut dice),
            };
            stays.push(Stay {
                from: plus_days(begins, dice.between(0, 360)),
                place,
            });
        }
        stays
    }

    fn neighbour(&self, dice: &mut Dice) -> Place {
        let authority = 1 + dice.below(AUTHORITIES.len() - 1);
        self.geography.home(authority, dice)
    }

    /// The surnames of a child by the day from which they hold.
    fn surnames(&self, birth: Date, parents: &Parents, dice: &mut Dice) -> Vec<(Date, String)> {
        let (mothers, others) = (parents.mother_surname.as_str(), parents.other_surname.as_str());
        let at_birth = if parents.surname_not_mothers {
            others
        } else {
            mothers
        };
        let mut surnames = vec![(birth, at_birth.to_owned())];
        let school = year_start(reception(cohort(birth)));
        let before = dice.chance(self.rates.surname_changes_before_school);
        let after = dice.chance(self.rates.surname_changes_at_school);
        let changes = [
            (before, plus_days(birth, dice.between(60, 1_400))),
            (after, plus_days(school, dice.between(30, 2_300))),
        ];
        for (_, from) in changes.into_iter().filter(|(happens, _)| *happens) {
            let now = surnames.last().map_or("", |(_, surname)| surname).to_owned();
            let other = if now == mothers { others } else { mothers };
            let hyphenated =
                dice.chance(0.25) && !now.contains(['-', ' ']) && !other.contains(['-', ' ']) && now != other;
            let surname = if hyphenated {
                format!("{now}-{other}")
            } else {
                other.to_owned()
            };
            if surname != now {
                surnames.push((from, surname));
            }
        }
        surnames
    }

    fn needs(&self, birth: Date, sex: Sex, place: Place, subject: u64, script: &Script) -> Needs {
        let decile = self.geography.decile(place);
        let mut needs = Needs::draw(
            birth,
            sex,
            decile,
            self.rates,
            &mut self.seed.dice(subject, Purpose::Needs),
        );
        // A scripted child must be known to health and to school: draw on, from streams that nobody else has.
        for again in 1..200_usize {
            if !script.notified
                || (needs.early && needs.level == Level::Plan && needs.opinion < plus_days(birth, 1_200))
            {
                break;
            }
            let mut dice = self.seed.dice_of(subject, again, Purpose::Needs);
            needs = Needs::draw(birth, sex, decile, self.rates, &mut dice);
        }
        needs
    }

    /// Splits each adopted child into the two identities.
    fn adopt(&self, persons: &mut Vec<Person>) {
        let mut adopted = Vec::new();
        for person in persons.iter_mut() {
            let mut dice = self.seed.dice(person.subject, Purpose::Adoption);
            let happens = dice.chance(self.rates.adoptions)
                && person.known_until.is_none()
                && !person.script.is_scripted();
            let on = plus_days(person.birth, dice.between(300, 2_500));
            let scripted = person
                .script
                .adopted_after_days
                .map(|days| plus_days(person.birth, days));
            let Some(on) = scripted.or(happens.then_some(on)).filter(|on| *on <= self.last) else {
                continue;
            };
            let mut after = person.clone();
            person.known_until = Some(on);
            after.id = format!("{}-adopted", person.id);
            after.subject |= 1;
            after.known_from = on;
            after.known_until = None;
            after.adopted = true;
            after.born_together = 1;
            after.sibling = 0;
            if dice.chance(0.3) {
                after.forename = names::forename(Culture::British, person.sex, &mut dice).to_owned();
            }
            after.middle_name = dice
                .chance(0.5)
                .then(|| names::forename(Culture::British, person.sex, &mut dice).to_owned());
            after.surnames = vec![(person.birth, names::surname(Culture::British, &mut dice))];
            after.stays = vec![Stay {
                from: on,
                place: self.geography.home(OURS, &mut dice),
            }];
            adopted.push(after);
        }
        persons.append(&mut adopted);
    }

    /// Free school meals, from some day of the child's school life on; more often in deprived neighbourhoods.
    fn free_meals(&self, person: &Person) -> Option<(Date, Option<Date>)> {
        let mut dice = self.seed.dice(person.subject, Purpose::FreeMeals);
        let school = plus_days(person.birth, 3 * 365);
        let decile = f64::from(self.geography.decile(person.place(school)));
        let eligible = dice.chance(0.52 - 0.045 * decile);
        let from = if dice.chance(0.6) {
            school
        } else {
            plus_days(school, dice.between(0, 2_000))
        };
        let until = dice
            .chance(0.2)
            .then(|| plus_days(from, dice.between(200, 1_500)));
        eligible.then_some((from, until))
    }
}

/// What the truth calls a child: the family, which of its births, and which of those born at once.
pub(crate) fn child_id(family: u64, slot: usize, sibling: usize) -> String {
    format!("F{family:06}-{}{}", slot + 1, ["", "b", "c"][sibling.min(2)])
}

/// Live births of the authority by calendar year, for rates per 1,000 births.
#[derive(Debug, Default)]
pub(crate) struct Births(std::collections::BTreeMap<i16, u64>);

impl Births {
    pub(crate) fn count(&mut self, person: &Person, geography: &Geography) {
        if !person.adopted && geography.is_ours(person.place(person.birth)) {
            *self.0.entry(person.birth.year()).or_default() += 1;
        }
    }

    /// The years that lie wholly between two days, with their births.
    pub(crate) fn whole_years(&self, first: Date, last: Date) -> impl Iterator<Item = (i16, u64)> {
        self.0
            .iter()
            .map(|(year, births)| (*year, *births))
            .filter(move |(year, _)| date(*year, 1, 1) >= first && date(*year, 12, 31) <= last)
    }
}
