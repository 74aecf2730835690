//! `sendlink mapping`.

use std::path::{Path, PathBuf};

use kit::{Delivery, DeliveryFile, Layout, mapping_check::Report};
use records::{Kind, Location};
use transport::{Folder, Grouping, Limits, Then};

use crate::{
    cli::{Mapping, MappingAction},
    context,
    exit::{Exit, Failure},
    feeds,
};

/// Lists, shows and checks mappings.
///
/// # Errors
/// Exit code 78 where a mapping is wrong, 65 where a sample cannot be read.
pub fn run(arguments: &Mapping) -> Result<Exit, Failure> {
    match &arguments.action {
        MappingAction::List => {
            for kind in Kind::ALL {
                for name in kit::mappings::names(kind) {
                    let layout = load(&name)?;
                    println!("{name}  {}  {}", layout.version, layout.description);
                }
            }
            Ok(Exit::Done)
        }
        MappingAction::Show { name } => {
            let name = name.strip_suffix(".toml").unwrap_or(name);
            let text = kit::mappings::embedded(&format!("{name}.toml")).ok_or_else(|| {
                Failure::new(
                    Exit::Usage,
                    "there is no such mapping in the program; `sendlink mapping list` names them",
                )
            })?;
            print!("{text}");
            Ok(Exit::Done)
        }
        MappingAction::Check { file, sample, as_at } => {
            let layout = load(file)?;
            let connector = feeds::connector(layout.kind);
            layout
                .check(connector.tables())
                .map_err(|error| Failure::new(Exit::Config, format!("{}: {error}", layout.name)))?;
            let deliveries = deliveries(&layout, sample)?;
            let reading = kit::Reading {
                layout: &layout,
                provider: "XXX",
                as_at: as_at.unwrap_or_else(context::today),
                // A sample may be made up; a live feed refuses the test range when it is read.
                test_numbers: identity::TestNumbers::Allowed,
            };
            let mut exit = Exit::Done;
            println!("{} {}: {}", layout.name, layout.version, layout.description);
            for delivery in &deliveries {
                let report = kit::mapping_check(connector, delivery, &reading)
                    .map_err(|error| Failure::new(Exit::NoInput, error))?;
                print(&report);
                if report.refused {
                    exit = Exit::Incomplete;
                }
            }
            Ok(exit)
        }
    }
}

/// What would be read, in words and counts.
fn print(report: &Report) {
    for file in &report.files {
        let table = file.table.unwrap_or("no table of the layout");
        println!("\n{}: {table}, {} rows", file.label, file.rows);
        for field in &file.fields {
            let from = match (&field.column, &field.default) {
                (Some(column), _) if field.found => format!("from {column}"),
                (Some(column), None) => format!("from {column}, which the file does not have"),
                (Some(column), Some(default)) => {
                    format!("from {column}, which the file does not have; else {default}")
                }
                (None, Some(default)) => format!("always {default}"),
                (None, None) => continue,
            };
            println!(
                "  {:28} {from}: {} valid, {} blank, {} bad",
                field.field.name, field.valid, field.blank, field.bad
            );
        }
        if !file.required_not_mapped.is_empty() {
            println!(
                "  required, but mapped to nothing: {}",
                file.required_not_mapped.join(", ")
            );
        }
        let letters: Vec<String> = file
            .columns_not_read
            .iter()
            .filter_map(|column| {
                Location {
                    column: Some(*column),
                    ..Location::default()
                }
                .column_letter()
            })
            .collect();
        if !letters.is_empty() {
            println!("  columns that are not read: {}", letters.join(", "));
        }
    }
    println!();
    for (table, rows) in &report.rows {
        println!("{table}: {rows} rows");
    }
    println!(
        "{} records would be read, {} rows kept out.",
        report.records, report.quarantined
    );
    for (rule, (finding, rows)) in &report.findings {
        println!(
            "  {rows} × {rule} ({}): {}; {}",
            finding.effect.as_str(),
            finding.rule.wrong,
            finding.rule.remedy
        );
    }
    if report.refused {
        println!("A delivery like this would be REFUSED.");
    }
}

fn load(name: &str) -> Result<Layout, Failure> {
    kit::mappings::load(name, Path::new(".")).map_err(|error| Failure::new(Exit::Config, error))
}

/// The sample files as deliveries: each file one, or all together for a set of tables.
fn deliveries(layout: &Layout, sample: &[PathBuf]) -> Result<Vec<Delivery>, Failure> {
    let mut files = Vec::new();
    for path in sample {
        if path.is_dir() {
            let folder = Folder {
                feed: "sample".to_owned(),
                path: path.clone(),
                then: Then::Keep,
                quiet: std::time::Duration::ZERO,
                grouping: Grouping::EachFile,
                limits: Limits::USUAL,
            };
            let deliveries = folder.deliveries()?.into_iter();
            files.extend(
                deliveries
                    .flat_map(|delivery| delivery.files)
                    .map(|file| file.path),
            );
        } else {
            files.push(path.clone());
        }
    }
    let mut found = Vec::new();
    for (index, path) in files.iter().enumerate() {
        let metadata = std::fs::metadata(path).map_err(|error| {
            Failure::new(
                Exit::NoInput,
                format!("sample {} cannot be read: {error}", index + 1),
            )
        })?;
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        found.push(DeliveryFile {
            label: layout.file.label(&name, index + 1, &[]),
            name,
            path: path.clone(),
            bytes: metadata.len(),
        });
    }
    let received = context::today().at(0, 0, 0, 0);
    if layout.file.format.is_set() && !found.is_empty() {
        return Ok(vec![Delivery {
            files: found,
            received,
        }]);
    }
    Ok(found
        .into_iter()
        .map(|file| Delivery {
            files: vec![file],
            received,
        })
        .collect())
}
