//! The model as a settings file of Splink, for those who want to link the same columns there, or to see what it makes of
//! our probabilities.
//!
//! Splink compares clear text by conditions in SQL (here DuckDB's); each of our levels is given the condition that is
//! nearest to it. Its probabilities are those that were learned by our own levels, so that a pair's weight there is near
//! to ours and not equal. What Splink has no word for is left out: the household class, and exchanged names.

use linkage::engine::{ColumnKind, ColumnModel, LevelModel};
use serde::Serialize;

use super::{Linked, write::json};
use crate::exit::Failure;

#[derive(Serialize)]
struct Settings<'a> {
    link_type: &'static str,
    unique_id_column_name: &'a str,
    sql_dialect: &'static str,
    probability_two_random_records_match: f64,
    blocking_rules_to_generate_predictions: Vec<BlockingRule>,
    comparisons: Vec<Comparison<'a>>,
    retain_matching_columns: bool,
    retain_intermediate_calculation_columns: bool,
}

#[derive(Serialize)]
struct BlockingRule {
    blocking_rule: String,
    sql_dialect: &'static str,
}

#[derive(Serialize)]
struct Comparison<'a> {
    output_column_name: &'a str,
    comparison_description: String,
    comparison_levels: Vec<Level<'a>>,
}

#[derive(Serialize)]
struct Level<'a> {
    sql_condition: String,
    label_for_charts: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    is_null_level: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    m_probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    u_probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tf_adjustment_column: Option<&'a str>,
}

const DIALECT: &str = "duckdb";

/// The settings file.
pub fn settings(linked: &Linked<'_>) -> Result<Vec<u8>, Failure> {
    let (plan, model) = (linked.plan, &linked.found.model);
    let names: Vec<&str> = model.columns.iter().map(|column| column.name.as_str()).collect();
    json(&Settings {
        link_type: if plan.inputs.len() == 2 {
            "link_only"
        } else {
            "dedupe_only"
        },
        unique_id_column_name: plan.inputs.first().map_or("id", |input| input.id.as_str()),
        sql_dialect: DIALECT,
        probability_two_random_records_match: model.prior,
        blocking_rules_to_generate_predictions: blocking_rules(&names),
        comparisons: model.columns.iter().map(comparison).collect(),
        retain_matching_columns: true,
        retain_intermediate_calculation_columns: false,
    })
}

/// Any two columns the same: what Splink's users begin with. Our keys are made of sounds and parts that SQL has no
/// words for.
fn blocking_rules(names: &[&str]) -> Vec<BlockingRule> {
    let same = |name: &str| format!("l.{0} = r.{0}", quoted(name));
    let rule = |blocking_rule| BlockingRule {
        blocking_rule,
        sql_dialect: DIALECT,
    };
    match names {
        [only] => vec![rule(same(only))],
        _ => names
            .iter()
            .enumerate()
            .flat_map(|(at, one)| {
                let others = names.iter().skip(at + 1);
                others.map(move |other| rule(format!("{} and {}", same(one), same(other))))
            })
            .collect(),
    }
}

fn comparison(column: &ColumnModel) -> Comparison<'_> {
    let (left, right) = (
        quoted(&format!("{}_l", column.name)),
        quoted(&format!("{}_r", column.name)),
    );
    let missing = Level {
        sql_condition: format!("{left} is null or {right} is null"),
        label_for_charts: "missing",
        is_null_level: true,
        m_probability: None,
        u_probability: None,
        tf_adjustment_column: None,
    };
    let last = column.levels.len().saturating_sub(1);
    let levels = column.levels.iter().enumerate().map(|(at, level)| Level {
        sql_condition: if at == last {
            "ELSE".to_owned()
        } else {
            condition(column.kind, at, &left, &right)
        },
        ..of(level, (at == 0).then_some(column.name.as_str()))
    });
    Comparison {
        output_column_name: &column.name,
        comparison_description: format!("{}, a {}", column.name, column.kind.as_str()),
        comparison_levels: [missing].into_iter().chain(levels).collect(),
    }
}

fn of<'a>(level: &'a LevelModel, rarity: Option<&'a str>) -> Level<'a> {
    Level {
        sql_condition: String::new(),
        label_for_charts: &level.label,
        is_null_level: false,
        m_probability: Some(level.same),
        u_probability: Some(level.unrelated),
        tf_adjustment_column: rarity,
    }
}

/// The condition nearest to a level, counted from 0; the last of a kind is whatever remains.
fn condition(kind: ColumnKind, level: usize, left: &str, right: &str) -> String {
    let alike = |least: f64| format!("jaro_winkler_similarity({left}, {right}) >= {least}");
    let part = |from: u32, length: u32| {
        format!("substr({left}, {from}, {length}) = substr({right}, {from}, {length})")
    };
    // Dates stand as 2021-03-04: year from 1, month from 6, day from 9.
    let (year, month, day) = (part(1, 4), part(6, 2), part(9, 2));
    let slips = |most: u32| format!("damerau_levenshtein({left}, {right}) <= {most}");
    match (kind, level) {
        (_, 0) => format!("{left} = {right}"),
        (ColumnKind::Name, 1) => alike(0.92),
        (ColumnKind::Name, 2) => format!("{} or {}", alike(0.85), part(1, 3)),
        (ColumnKind::Name, _) => format!("{} or {}", alike(0.7), part(1, 1)),
        (ColumnKind::Date, 1) => format!(
            "{year} and substr({left}, 6, 2) = substr({right}, 9, 2) and substr({left}, 9, 2) = substr({right}, 6, 2)"
        ),
        (ColumnKind::Date, 2) => slips(1),
        (ColumnKind::Date, 3) => {
            format!("({year} and {month}) or ({year} and {day}) or ({month} and {day})")
        }
        (ColumnKind::Date, _) => format!("{year} or {}", slips(2)),
        (ColumnKind::Postcode, 1) => format!(
            "left({left}, length({left}) - 2) = left({right}, length({right}) - 2) or {}",
            slips(1)
        ),
        (ColumnKind::Postcode, _) => {
            format!("split_part({left}, ' ', 1) = split_part({right}, ' ', 1)")
        }
        (ColumnKind::Code, _) => slips(1),
        (ColumnKind::Text, 1) => alike(0.92),
        (ColumnKind::Text, 2) => alike(0.8),
        (ColumnKind::Text, _) => format!("split_part({left}, ' ', 1) = split_part({right}, ' ', 1)"),
    }
}

/// A name of a column in SQL.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
