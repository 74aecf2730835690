//! `sendlink review`.

use dataset::{Access, Answer, DoubtRow, Reading, Source, Store, doubts::agreement};
use linkage::{Asked, Bar, Comparison, Weight};
use reports::{Cell, Column, Format, Table};

use super::print;
use crate::{
    cli::{Review, ReviewAction},
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
};

/// Digits of a pair's id that are shown: one chance in a hundred that two of a million pairs begin alike is far more
/// than an area has, and a beginning that is not enough is refused.
const SHOWN: usize = 12;

/// Lists pairs that may be one child, shows how one of them agrees, and enters what people say of it.
///
/// # Errors
/// Exit code 64 where there is no such pair, or what was said of it could not be obeyed; 65 where no night has run
/// yet; 80 while a run goes on.
pub async fn run(arguments: &Review) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    let format = arguments.data.format;
    let action = arguments.action.as_ref().unwrap_or(&ReviewAction::List {
        second: false,
        author: None,
        pairs: 50,
    });
    match action {
        ReviewAction::List {
            second,
            author,
            pairs,
        } => {
            let doubts = read(&config).await?;
            let listed = listed(&doubts, *second, author.as_deref());
            print(&list(listed.into_iter().take(*pairs)), format)?;
        }
        ReviewAction::Show { pair } => {
            let doubts = read(&config).await?;
            print(&waterfall(find(&doubts, pair)?), format)?;
        }
        ReviewAction::Agreement => print_agreement(&read(&config).await?, format)?,
        ReviewAction::Decide {
            pair,
            answer,
            author,
            reason,
        } => {
            let answer = Answer::from_code(answer)
                .ok_or_else(|| Failure::new(Exit::Usage, "the answer is one of same, different, unsure"))?;
            let reading = Reading {
                reader: said(author, "--author says who decides")?,
                answer,
                reason: said(reason, "--reason says why")?,
                on: context::today(),
            };
            let store = context::store(&config, Access::ReadWrite).await?;
            let lease = store.acquire(context::SOFTWARE).await?;
            let doubts = store.doubts().await?;
            let doubt = find(&doubts, pair)?;
            obeyable(doubt, answer)?;
            store.answer_doubt(&lease, doubt, &reading).await?;
            println!("Noted. The next run obeys what most readers say who are sure.");
            store.close().await;
        }
        ReviewAction::Undo { pair, author, reason } => {
            let reason = said(reason, "--reason says why")?;
            let store = context::store(&config, Access::ReadWrite).await?;
            let lease = store.acquire(context::SOFTWARE).await?;
            let doubts = store.doubts().await?;
            let doubt = find(&doubts, pair)?;
            if !doubt.readings.iter().any(|reading| reading.is_of(author)) {
                return Err(Failure::new(
                    Exit::Usage,
                    "that person has said nothing of this pair",
                ));
            }
            store
                .undo_answer(&lease, doubt, author.trim(), &reason, context::today())
                .await?;
            println!("Taken back. The next run no longer obeys it.");
            store.close().await;
        }
    }
    Ok(Exit::Done)
}

async fn read(config: &Config) -> Result<Vec<DoubtRow>, Failure> {
    let store: Store = context::store(config, Access::ReadOnly).await?;
    let doubts = store.doubts().await?;
    store.close().await;
    Ok(doubts)
}

/// What was typed, unless it is blank.
fn said(text: &str, rule: &str) -> Result<String, Failure> {
    match text.trim() {
        "" => Err(Failure::new(Exit::Usage, rule)),
        text => Ok(text.to_owned()),
    }
}

/// The pair whose id begins so. What was typed is not shown: it may be an identifier.
fn find<'d>(doubts: &'d [DoubtRow], beginning: &str) -> Result<&'d DoubtRow, Failure> {
    let beginning = beginning.to_lowercase();
    let mut found = doubts
        .iter()
        .filter(|doubt| !beginning.is_empty() && hex::encode(&doubt.id()).starts_with(&beginning));
    match (found.next(), found.next()) {
        (Some(doubt), None) => Ok(doubt),
        (Some(_), Some(_)) => Err(Failure::new(
            Exit::Usage,
            "more than one pair begins with that id; give more of it",
        )),
        (None, _) => Err(Failure::new(
            Exit::Usage,
            "no pair has that id; `sendlink review list` lists them",
        )),
    }
}

/// Refuses an answer that linkage could not obey: what keeps the two apart keeps them apart whatever people say.
fn obeyable(doubt: &DoubtRow, answer: Answer) -> Result<(), Failure> {
    match (answer, doubt.doubt.asked) {
        // This bars a rule, not the pair.
        (Answer::Same, Asked::Refused(_, Bar::BirthDatesDiffer)) => Ok(()),
        (Answer::Same, Asked::Refused(_, bar)) => Err(Failure::new(
            Exit::Usage,
            format!(
                "this pair cannot be joined while a rule forbids it ({}): have the records mended where they were \
                 written, or, where one NHS number replaced another, say so with `sendlink decisions add`",
                bar.as_str()
            ),
        )),
        _ => Ok(()),
    }
}

/// The pairs to list: those that wait; or those that one person has read, for a second.
fn listed<'d>(doubts: &'d [DoubtRow], second: bool, author: Option<&str>) -> Vec<&'d DoubtRow> {
    let unread = |doubt: &DoubtRow| {
        author.is_none_or(|author| !doubt.readings.iter().any(|reading| reading.is_of(author)))
    };
    let mut listed: Vec<&DoubtRow> = doubts
        .iter()
        .filter(|doubt| {
            let of_round = if second {
                doubt.readings.len() == 1
            } else {
                doubt.is_waiting()
            };
            of_round && unread(doubt)
        })
        .collect();
    if second {
        listed.sort_unstable_by_key(|doubt| doubt.id());
    }
    listed
}

/// Says nothing of what anybody answered.
fn list<'d>(doubts: impl Iterator<Item = &'d DoubtRow>) -> Table<7> {
    let mut table = Table::new([
        Column::new("pair"),
        Column::new("asked").titled("why it is asked"),
        Column::new("weight").right(),
        Column::new("one"),
        Column::new("other"),
        Column::new("agreement"),
        Column::new("since"),
    ]);
    for row in doubts {
        let [one, other] = sources(row);
        let agreement: Vec<String> = row
            .doubt
            .comparison
            .fields
            .iter()
            .map(|field| format!("{}: {}", field.field, field.agreement))
            .collect();
        table.push([
            Cell::Text(shown(row)),
            Cell::Text(asked(row.doubt.asked)),
            bits(row.doubt.comparison.weight()),
            Cell::Text(one),
            Cell::Text(other),
            Cell::Text(agreement.join("; ")),
            Cell::Text(row.since.to_string()),
        ]);
    }
    table
}

/// A pair's id as people see it.
pub fn shown(row: &DoubtRow) -> String {
    let id = hex::encode(&row.id());
    id.get(..SHOWN).unwrap_or(&id).to_owned()
}

/// Why a pair is asked about, in words.
pub fn asked(asked: Asked) -> String {
    match asked {
        Asked::Between => "the weight is between the thresholds".to_owned(),
        Asked::Ambiguous => "another candidate is as good".to_owned(),
        Asked::Refused(tier, bar) => format!("refused to {tier} ({}): {}", tier.words(), bar.as_str()),
    }
}

/// Where a record came from, in words.
pub fn from(source: &Source) -> String {
    format!("{} of {}, feed {}", source.kind, source.provider, source.feed)
}

fn sources(row: &DoubtRow) -> [String; 2] {
    match &row.sources {
        Some(sources) => sources.each_ref().map(from),
        None => ["a record that left", "a record that left"].map(str::to_owned),
    }
}

fn bits(weight: Weight) -> Cell {
    Cell::number(weight.bits(), 1)
}

/// A part of a weight.
pub struct Part<'c> {
    /// What it is of.
    pub name: &'c str,
    /// How far the two agree in it.
    pub says: &'c str,
    /// How rare the value in common is.
    pub value: &'c str,
    /// What it adds.
    pub weight: Weight,
}

/// The parts of a weight, in order: what is likely beforehand, then what each field adds, and what takes away.
pub fn parts(comparison: &Comparison) -> Vec<Part<'_>> {
    let part = |name, says, value, weight| Part {
        name,
        says,
        value,
        weight,
    };
    let mut parts = vec![part(
        "beforehand",
        "two records of these feeds, taken at random",
        "",
        comparison.prior,
    )];
    for field in &comparison.fields {
        let bearers = field.bearers.map_or("", |bearers| bearers.words());
        parts.push(part(&field.field, &field.agreement, bearers, field.bits));
        if field.rarity != Weight::default() {
            parts.push(part(&field.field, "how rare the value is", "", field.rarity));
        }
    }
    if comparison.household != Weight::default() {
        parts.push(part(
            "household",
            "two children of one household would agree so too",
            "",
            comparison.household,
        ));
    }
    if comparison.others != Weight::default() {
        parts.push(part(
            "the rest",
            "their other records, and rules that hold a weight down",
            "",
            comparison.others,
        ));
    }
    parts
}

/// What is likely beforehand, and then what each part adds, down to the weight.
fn waterfall(row: &DoubtRow) -> Table<5> {
    let mut table = Table::new([
        Column::new("part"),
        Column::new("says"),
        Column::new("value").titled("the value is"),
        Column::new("bits").right(),
        Column::new("sum").right(),
    ]);
    let comparison = &row.doubt.comparison;
    let mut say = |part: &str, says: String| {
        table.push([
            Cell::from(part),
            Cell::Text(says),
            Cell::Blank,
            Cell::Blank,
            Cell::Blank,
        ]);
    };
    let [one, other] = sources(row);
    let days = |gap: Option<u32>| gap.map_or("not known".to_owned(), |days| days.to_string());
    say("pair", shown(row));
    say("why it is asked", asked(row.doubt.asked));
    say("since", row.since.to_string());
    say("one", one);
    say("other", other);
    say("one's record", hex::encode(&row.doubt.left_compared.0));
    say("other's record", hex::encode(&row.doubt.right_compared.0));
    say("days between birth dates", days(comparison.birth_gap));
    say("days between events", days(comparison.event_gap));

    let mut sum = Weight::default();
    for part in parts(comparison) {
        sum = Weight(sum.0.saturating_add(part.weight.0));
        table.push([
            Cell::from(part.name),
            Cell::from(part.says),
            Cell::from(part.value),
            bits(part.weight),
            bits(sum),
        ]);
    }
    let weight = comparison.weight();
    table.push([
        Cell::from("weight"),
        Cell::Text(format!("{:.1} % likely one child", 100.0 * weight.probability())),
        Cell::Blank,
        Cell::Blank,
        bits(weight),
    ]);
    table
}

fn print_agreement(doubts: &[DoubtRow], format: Format) -> Result<(), Failure> {
    let mut table = Table::new([
        Column::new("one"),
        Column::new("other"),
        Column::new("pairs").right(),
        Column::new("agreed").right(),
        Column::new("by_chance").titled("by chance").right(),
        Column::new("kappa").right(),
    ]);
    for between in agreement(doubts) {
        table.push([
            Cell::Text(between.one),
            Cell::Text(between.other),
            Cell::Integer(between.doubts as i64),
            Cell::Integer(between.agreed as i64),
            Cell::number(between.by_chance, 3),
            between.kappa.map_or(Cell::Blank, |kappa| Cell::number(kappa, 3)),
        ]);
    }
    print(&table, format)
}
