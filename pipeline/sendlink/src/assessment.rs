//! Every record judged: what `match-rates`, the night's reports and the demonstration count from.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
};

use dataset::{Facts, RecordFact, Store};
use jiff::civil::Date;
use linkage::RecordId;
use measures::{
    Births, Early, Notice, Organisations, QualityFigure, Reasons, SchoolFacts, Settings, Slice, Unmatched,
};
use pseudonym::{Keys, Reference};
use records::Location;
use reports::{UnmatchedLine, Whereabouts};

use crate::{
    config::Config,
    context,
    exit::{Exit, Failure},
};

/// What the measures are made from, read at one time.
pub struct Assessment {
    /// The notices as the measures take them.
    pub notices: Vec<Notice>,
    /// Reviews, pregnancies and births as the measures take them.
    pub early: Early,
    /// The children in the census.
    pub school: SchoolFacts,
    /// Which bodies there are.
    pub organisations: Organisations,
    /// Why a notice is not matched.
    pub reasons: Reasons,
    /// How good linkage is, by group of children.
    pub quality: Vec<QualityFigure>,
    senders: HashMap<String, Sender>,
    as_at: Date,
    first_night: Date,
    la_codes: BTreeSet<String>,
    la_gss: BTreeMap<String, String>,
    late_after_days: i32,
    births: Births,
}

impl Assessment {
    /// Reads everything that the measures need.
    ///
    /// # Errors
    /// Exit code 65 where no night has published yet; 78 where reference data cannot be read.
    pub async fn read(config: &Config, store: &Store, as_at: Option<Date>) -> Result<Self, Failure> {
        let published = store.published().await?.ok_or_else(|| {
            Failure::new(
                Exit::NoInput,
                "nothing is published yet; `sendlink run` publishes",
            )
        })?;
        let facts = store.facts().await?;
        let notices =
            measures::facts::notices(&facts.notices).map_err(|error| Failure::new(Exit::Bug, error))?;
        let early = measures::facts::early(&facts.reviews, &facts.pregnancies, &facts.births)
            .map_err(|error| Failure::new(Exit::Bug, error))?;
        let school = measures::facts::school(&store.school_facts().await?, &store.censuses_loaded().await?);
        let la_gss = pseudonym::local_authorities()
            .map_err(|error| Failure::new(Exit::Bug, error))?
            .into_values()
            .map(|authority| (authority.ons_code, authority.dfe_code))
            .collect();
        let as_at = as_at.unwrap_or(published.as_at);
        Ok(Assessment {
            first_night: facts
                .notices
                .iter()
                .map(|fact| fact.first_seen)
                .min()
                .unwrap_or(as_at),
            quality: measures::quality(&facts, as_at).map_err(|error| Failure::new(Exit::Bug, error))?,
            senders: senders(facts),
            notices,
            early,
            school,
            organisations: Organisations::built_in().map_err(|error| Failure::new(Exit::Bug, error))?,
            reasons: Reasons::built_in().map_err(|error| Failure::new(Exit::Bug, error))?,
            as_at,
            la_codes: config.area.la_codes.iter().cloned().collect(),
            la_gss,
            late_after_days: i32::from(config.night.late_notice_days),
            births: births(config)?,
        })
    }

    /// The day that the measures speak of.
    pub fn as_at(&self) -> Date {
        self.as_at
    }

    /// The rules' settings.
    pub fn settings(&self) -> Settings<'_> {
        Settings {
            as_at: self.as_at,
            first_night: self.first_night,
            la_codes: self.la_codes.clone(),
            la_gss: self.la_gss.clone(),
            late_after_days: self.late_after_days,
            duplicate_within_days: Settings::DUPLICATE_WITHIN_DAYS,
            births: self.births.clone(),
            organisations: &self.organisations,
            reasons: &self.reasons,
        }
    }

    /// The rates of these parts; of one provider where it is named.
    pub fn rates(&self, slices: &BTreeSet<Slice>, provider: Option<&str>) -> Vec<measures::Rate> {
        let settings = self.settings();
        let mut assessed = measures::assess(&self.notices, &self.school, &settings);
        if let Some(provider) = provider {
            assessed.retain(|one| one.provider == provider);
        }
        measures::match_rates(&assessed, &self.early, slices, &settings)
    }

    /// What is not matched; of one provider where it is named.
    pub fn unmatched(&self, provider: Option<&str>) -> Vec<Unmatched> {
        let settings = self.settings();
        let assessed = measures::assess(&self.notices, &self.school, &settings);
        let mut unmatched = measures::unmatched(&assessed, &self.early, &settings);
        if let Some(provider) = provider {
            unmatched.retain(|one| one.provider == provider);
        }
        unmatched
    }

    /// The unmatched list with each sender's reference, or the place in its file.
    ///
    /// # Errors
    /// Exit code 77 where a reference is not sealed under this key.
    pub fn unmatched_lines(
        &self,
        keys: &Keys,
        provider: Option<&str>,
    ) -> Result<Vec<UnmatchedLine>, Failure> {
        let encoder = context::encoder(keys)?;
        let mut lines = Vec::new();
        for unmatched in self.unmatched(provider) {
            let Some(sender) = self.senders.get(&unmatched.record_id) else {
                return Err(Failure::new(
                    Exit::Bug,
                    "an unmatched record is not among the records",
                ));
            };
            let whereabouts = match &sender.sealed_reference {
                Some(sealed) => {
                    let reference =
                        encoder
                            .seal()
                            .open_reference(sender.record_id, sealed)
                            .map_err(|error| {
                                Failure::new(Exit::KeyRefused, format!("a sender's reference {error}"))
                            })?;
                    match &reference {
                        Reference::Given(text) => Whereabouts::Reference(text.clone()),
                        Reference::Place { .. } => sender.place(),
                    }
                }
                None => sender.place(),
            };
            lines.push(UnmatchedLine {
                unmatched,
                whereabouts,
            });
        }
        Ok(lines)
    }
}

/// How the sender of a record finds it again.
struct Sender {
    record_id: RecordId,
    sealed_reference: Option<Vec<u8>>,
    delivery: String,
    location: Location,
}

impl Sender {
    fn place(&self) -> Whereabouts {
        Whereabouts::Place {
            delivery: self.delivery.clone(),
            location: self.location.clone(),
        }
    }
}

/// Of every record by its id.
fn senders(facts: Facts) -> HashMap<String, Sender> {
    fn of<S>(fact: RecordFact<S>) -> Sender {
        Sender {
            record_id: fact.record_id,
            sealed_reference: fact.sealed_reference,
            delivery: fact.delivery_label,
            location: fact.location,
        }
    }
    let of_notices = facts.notices.into_iter().map(|fact| Sender {
        record_id: fact.record_id,
        sealed_reference: fact.sealed_reference,
        delivery: fact.delivery_label,
        location: fact.location,
    });
    of_notices
        .chain(facts.reviews.into_iter().map(of))
        .chain(facts.pregnancies.into_iter().map(of))
        .chain(facts.births.into_iter().map(of))
        .map(|sender| (crate::hex::encode(&sender.record_id.0), sender))
        .collect()
}

/// Births of the latest year in the configured file: `la_code,year,births`, or `provider` in place of `la_code`.
///
/// # Errors
/// Exit code 78 where the file cannot be read or understood.
pub fn births(config: &Config) -> Result<Births, Failure> {
    let Some(path) = &config.reference.births else {
        return Ok(Births::default());
    };
    let path = config.path(path);
    let wrong = |rule: String| {
        Failure::new(
            Exit::Config,
            format!("[reference] births: {}: {rule}", path.display()),
        )
    };
    let text = fs::read_to_string(&path).map_err(|error| wrong(error.to_string()))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let headers = reader
        .headers()
        .map_err(|_| wrong("the header cannot be read".to_owned()))?
        .clone();
    let place = |name: &str| headers.iter().position(|header| header == name);
    let (Some(year), Some(count)) = (place("year"), place("births")) else {
        return Err(wrong(
            "the columns are la_code (or provider), year, births".to_owned(),
        ));
    };
    let (la_code, provider) = (place("la_code"), place("provider"));
    if la_code.is_none() && provider.is_none() {
        return Err(wrong(
            "the columns are la_code (or provider), year, births".to_owned(),
        ));
    }
    let mut latest: BTreeMap<(bool, String), (i16, u64)> = BTreeMap::new();
    for record in reader.records() {
        let record =
            record.map_err(|_| wrong("a line has another number of fields than the header".to_owned()))?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |index: usize| record.get(index).unwrap_or("");
        let year: i16 = cell(year)
            .parse()
            .map_err(|_| wrong(format!("line {line}: the year is no number")))?;
        let count: u64 = cell(count)
            .parse()
            .map_err(|_| wrong(format!("line {line}: the births are no number")))?;
        for (is_area, column) in [(true, la_code), (false, provider)] {
            let Some(code) = column.map(cell).filter(|code| !code.is_empty()) else {
                continue;
            };
            let slot = latest.entry((is_area, code.to_owned())).or_insert((year, count));
            if year > slot.0 {
                *slot = (year, count);
            }
        }
    }
    let mut births = Births::default();
    for ((is_area, code), (_, count)) in latest {
        if is_area {
            births.by_area.insert(code, count)
        } else {
            births.by_provider.insert(code, count)
        };
    }
    Ok(births)
}
