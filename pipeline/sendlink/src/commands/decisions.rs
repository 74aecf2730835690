//! `sendlink decisions`.

use std::io::Read;

use dataset::{Access, Decision, DecisionKind, NewDecision, Side};
use linkage::RecordId;
use pseudonym::Keys;
use reports::{Cell, Column, Table};

use super::{actor, print};
use crate::{
    cli::{Decisions, DecisionsAction},
    config::Config,
    context,
    exit::{Exit, Failure},
    hex,
    person::{self, Person},
};

/// Lists, adds and removes decisions about linkage. They take force with the next run, also for what was
/// published before.
///
/// # Errors
/// Exit code 65 where a line of the file is wrong (nothing is added then), 64 where there is no such decision,
/// 80 while a run goes on.
pub async fn run(arguments: &Decisions) -> Result<Exit, Failure> {
    let config = Config::load(&arguments.data.config.file)?;
    match &arguments.action {
        None | Some(DecisionsAction::List) => {
            let store = context::store(&config, Access::ReadOnly).await?;
            print(&table(&store.decisions().await?), arguments.data.format)?;
            store.close().await;
        }
        Some(DecisionsAction::Add { file, author }) => {
            let keys = context::keys(&config)?;
            let mut text = read(file)?;
            let parsed = parse(&config, &keys, &text, author);
            zeroize::Zeroize::zeroize(&mut text);
            let decisions = parsed?;
            let store = context::store(&config, Access::ReadWrite).await?;
            let lease = store.acquire(context::SOFTWARE).await?;
            store.check_key(&lease, &keys.fingerprint()).await?;
            let added = store.add_decisions(&lease, &decisions).await?;
            println!(
                "{added} decisions added; {} were known. The next run obeys them.",
                decisions.len() as u64 - added
            );
            store.close().await;
        }
        Some(DecisionsAction::Remove { id, reason }) => {
            let id = id.parse().map_err(|_| {
                Failure::new(
                    Exit::Usage,
                    "a decision's id is a number; `sendlink decisions` lists them",
                )
            })?;
            let store = context::store(&config, Access::ReadWrite).await?;
            let lease = store.acquire(context::SOFTWARE).await?;
            store.remove_decision(&lease, id, &actor(), reason).await?;
            println!("Removed. The next run no longer obeys it.");
            store.close().await;
        }
    }
    Ok(Exit::Done)
}

fn read(file: &std::path::Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == std::path::Path::new("-") {
        std::io::stdin().lock().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(file).map(|whole| text = whole)
    };
    read.map_err(|error| Failure::new(Exit::NoInput, format!("the decisions cannot be read: {error}")))?;
    Ok(text)
}

/// Every decision of a CSV text; a fault names its line and column, never what stands there.
fn parse(config: &Config, keys: &Keys, text: &str, author: &str) -> Result<Vec<NewDecision>, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let wrong = |line: u64, column: &str, rule: &str| {
        Failure::new(
            Exit::NoInput,
            format!("line {line}, column {column}: {rule}; nothing was added"),
        )
    };
    let headers = reader
        .headers()
        .map_err(|_| wrong(1, "decision", "the header cannot be read"))?
        .clone();
    let place = |name: &str| headers.iter().position(|header| header == name);
    let [Some(decision), Some(left_type), Some(left), Some(reason)] =
        ["decision", "left_type", "left", "reason"].map(place)
    else {
        return Err(wrong(
            1,
            "header",
            "the columns are decision, left_type, left, right_type, right, reason",
        ));
    };
    let (right_type, right) = (place("right_type"), place("right"));
    let on = context::today();
    let mut decisions = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            wrong(
                line,
                "all",
                "the line has another number of fields than the header",
            )
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |index: Option<usize>| index.and_then(|index| record.get(index)).unwrap_or("");
        let kind = DecisionKind::from_code(cell(Some(decision)))
            .ok_or_else(|| wrong(line, "decision", "one of do-not-link, link, superseded, isolate"))?;
        let left = side(config, keys, cell(Some(left_type)), cell(Some(left)))
            .map_err(|rule| wrong(line, "left", &rule))?;
        let right = match cell(right) {
            "" if kind == DecisionKind::Isolate => None,
            "" => return Err(wrong(line, "right", "this decision is about two")),
            text => {
                Some(side(config, keys, cell(right_type), text).map_err(|rule| wrong(line, "right", &rule))?)
            }
        };
        if cell(Some(reason)).is_empty() {
            return Err(wrong(line, "reason", "say why"));
        }
        decisions.push(NewDecision {
            kind,
            left,
            right,
            reason: cell(Some(reason)).to_owned(),
            author: author.to_owned(),
            on,
        });
    }
    if decisions.is_empty() {
        return Err(Failure::new(Exit::NoInput, "the file holds no decision"));
    }
    Ok(decisions)
}

fn side(config: &Config, keys: &Keys, type_name: &str, text: &str) -> Result<Side, String> {
    match type_name {
        "record" => hex::decode(text)
            .map(|bytes| Side::Record(RecordId(bytes)))
            .ok_or_else(|| {
                "a record is named by its record_id in the joint dataset, 32 hexadecimal digits".to_owned()
            }),
        "nhs-number" | "upn" => match (type_name, person::token(config, keys, text)) {
            ("nhs-number", Ok(Person::NhsNumber(token))) => Ok(Side::NhsNumber(token)),
            ("upn", Ok(Person::Upn(token))) => Ok(Side::Upn(token)),
            _ => Err(format!("not a valid {type_name}")),
        },
        _ => Err("its type is nhs-number, upn or record".to_owned()),
    }
}

fn table(decisions: &[Decision]) -> Table<7> {
    let mut table = Table::new([
        Column::new("id").right(),
        Column::new("decision"),
        Column::new("left_type").titled("left"),
        Column::new("right_type").titled("right"),
        Column::new("on"),
        Column::new("author"),
        Column::new("reason"),
    ]);
    for Decision { id, decision } in decisions {
        table.push([
            Cell::Integer(*id),
            Cell::from(decision.kind.as_str()),
            Cell::from(decision.left.type_name()),
            decision
                .right
                .map_or(Cell::Blank, |side| Cell::from(side.type_name())),
            Cell::Text(decision.on.to_string()),
            Cell::from(decision.author.as_str()),
            Cell::from(decision.reason.as_str()),
        ]);
    }
    table
}
