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
            let store = context::store(&config, Access::ReadWrite).await?;
            let lease = store.acquire(context::SOFTWARE).await?;
            // Looked up here: what is typed in error, an NHS number say, must not come into a server's log.
            let decision = store
                .decisions()
                .await?
                .into_iter()
                .find(|known| known.id.to_string() == *id);
            let Some(decision) = decision else {
                return Err(Failure::new(
                    Exit::Usage,
                    "there is no decision of that id; `sendlink decisions` lists them",
                ));
            };
            store
                .remove_decision(&lease, decision.id, &actor(), reason)
                .await?;
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
        if let Some(rule) = misfit(kind, left, right) {
            return Err(wrong(line, "left_type", rule));
        }
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

/// Why linkage could not obey a decision of this kind about these two; none where it can.
fn misfit(kind: DecisionKind, left: Side, right: Option<Side>) -> Option<&'static str> {
    let is_record = |side: Side| matches!(side, Side::Record(_));
    let is_number = |side: Side| matches!(side, Side::NhsNumber(_));
    match (kind, right) {
        (DecisionKind::DoNotLink, Some(right)) if is_record(left) == is_record(right) => None,
        (DecisionKind::DoNotLink, _) => Some("do-not-link is about two records, or about two identifiers"),
        (DecisionKind::Link, Some(right)) if is_record(left) && is_record(right) => None,
        (DecisionKind::Link, _) => Some("link is about two records"),
        (DecisionKind::Superseded, Some(right)) if is_number(left) && is_number(right) => None,
        (DecisionKind::Superseded, _) => Some("superseded is about two NHS numbers"),
        (DecisionKind::Isolate, None) if !is_record(left) => None,
        (DecisionKind::Isolate, _) => Some("isolate is about one identifier, on the left"),
    }
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

#[cfg(test)]
mod tests {
    use linkage::Token;

    use super::*;

    #[test]
    fn only_what_linkage_can_obey_is_added() {
        let record = Side::Record(RecordId([1; 16]));
        let number = Side::NhsNumber(Token([2; 16]));
        let upn = Side::Upn(Token([3; 16]));
        for (kind, left, right, obeyed) in [
            (DecisionKind::DoNotLink, record, Some(record), true),
            (DecisionKind::DoNotLink, number, Some(upn), true),
            (DecisionKind::DoNotLink, record, Some(number), false),
            (DecisionKind::Link, record, Some(record), true),
            (DecisionKind::Link, number, Some(number), false),
            (DecisionKind::Superseded, number, Some(number), true),
            (DecisionKind::Superseded, number, Some(upn), false),
            (DecisionKind::Isolate, upn, None, true),
            (DecisionKind::Isolate, record, None, false),
            (DecisionKind::Isolate, upn, Some(upn), false),
        ] {
            assert_eq!(
                misfit(kind, left, right).is_none(),
                obeyed,
                "{kind:?} {left:?} {right:?}"
            );
        }
    }
}
