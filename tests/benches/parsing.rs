//! Bytes parsed a second on one core: each connector and the readers that it stands on, over the largest delivery of
//! each feed of a made-up area, beside the bare loops of `csv`, `quick-xml` and `serde_json` over the same bytes.
//!
//! Connectors read files that the system holds in memory, check completeness, decode, validate, join tables and hand
//! on records; the bare loops look at nothing.

#![allow(clippy::unwrap_used, reason = "a benchmark over made-up files that are whole")]

use std::{
    fs,
    hint::black_box,
    path::{Path, PathBuf},
};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use identity::TestNumbers;
use jiff::civil::{Date, date};
use kit::{
    Delivery, DeliveryFile, Incoming, Layout, Reader, Reading, Row, Sink, Step, Stopped,
    layout::Format,
    mappings,
    xml::{self, XmlStep},
};
use records::{Finding, Outcome};
use sendlink_tests::corpus::reading::connector;

const AS_AT: Date = date(2026, 11, 16);

/// Takes records and lets go of them.
struct Dropped;

impl Sink for Dropped {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        black_box(incoming);
        Ok(())
    }

    fn finding(&mut self, _: Finding) {}

    fn rows_read(&mut self, _: &'static str, _: u64) {}

    fn rows_without_record(&mut self, _: &'static str, _: Outcome, _: u64) {}
}

/// The largest delivery of a feed: a file, or a folder of them.
fn largest(folder: &Path) -> Delivery {
    let entries = |folder: &Path| -> Vec<PathBuf> {
        let mut entries: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        entries.sort();
        entries
    };
    let deliveries = entries(folder).into_iter().map(|path| {
        let paths = if path.is_dir() { entries(&path) } else { vec![path] };
        let files = paths.into_iter().map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            DeliveryFile {
                label: name.clone(),
                name,
                bytes: fs::metadata(&path).unwrap().len(),
                path,
            }
        });
        Delivery {
            files: files.collect(),
            received: AS_AT.at(1, 0, 0, 0),
        }
    });
    deliveries.max_by_key(bytes).unwrap()
}

fn bytes(delivery: &Delivery) -> u64 {
    delivery.files.iter().map(|file| file.bytes).sum()
}

/// The reader that connectors of CSV and JSON stand on.
fn rows(delivery: &Delivery, layout: &Layout) {
    let mut row = Row::default();
    for file in &delivery.files {
        let mut reader = Reader::open(file, &layout.file, &[]).unwrap();
        while !matches!(reader.read(&mut row).unwrap(), Step::End) {
            black_box(&row);
        }
    }
}

/// The reader that connectors of XML stand on.
fn elements(delivery: &Delivery, layout: &Layout) {
    for file in &delivery.files {
        let mut reader = xml::open(file, &layout.file).unwrap();
        while !matches!(black_box(reader.step().unwrap()), XmlStep::End) {}
    }
}

fn csv_borrowed(text: &[u8]) {
    let mut reader = csv::Reader::from_reader(text);
    let mut record = csv::ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        black_box(&record);
    }
}

fn csv_owned(text: &[u8]) {
    for record in csv::Reader::from_reader(text).into_records() {
        black_box(record.unwrap());
    }
}

fn quick_xml(text: &[u8]) {
    let mut reader = quick_xml::Reader::from_reader(text);
    let mut buffer = Vec::new();
    while reader.read_event_into(&mut buffer).unwrap() != quick_xml::events::Event::Eof {
        buffer.clear();
    }
}

fn json(text: &[u8]) {
    black_box(serde_json::from_slice::<serde_json::Value>(text).unwrap());
}

type Loop = (&'static str, fn(&[u8]));

fn parse(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let area = folder.path().join("area");
    let settings = synth::Settings {
        children: 10_000,
        years: 1,
        ..synth::Settings::new(&area, AS_AT)
    };
    for feed in synth::write(&settings, |_, _| {}).unwrap().feeds {
        let layout = mappings::load(feed.mapping, &area).unwrap();
        let yardsticks: &[Loop] = match layout.file.format {
            Format::Csv | Format::Blade | Format::TableSet => {
                &[("csv, borrowed", csv_borrowed), ("csv, owned", csv_owned)]
            }
            Format::Xml => &[("quick-xml", quick_xml)],
            Format::Json => &[("serde_json", json)],
            // Workbooks are read by calamine, whose speed is theirs.
            Format::Xlsx => continue,
            // The made-up area has none.
            Format::Fhir => continue,
        };
        let delivery = largest(&area.join(&feed.folder));
        let texts: Vec<Vec<u8>> = delivery
            .files
            .iter()
            .map(|file| fs::read(&file.path).unwrap())
            .collect();
        let reading = Reading {
            layout: &layout,
            provider: &feed.provider,
            as_at: AS_AT,
            test_numbers: TestNumbers::Allowed,
        };
        let mut group = criterion.benchmark_group(format!("parse {}", feed.mapping));
        group
            .throughput(Throughput::Bytes(bytes(&delivery)))
            .sample_size(20);
        for (name, over) in yardsticks {
            group.bench_function(format!("yardstick: {name}"), |bencher| {
                bencher.iter(|| texts.iter().for_each(|text| over(text)));
            });
        }
        let read = if layout.file.format == Format::Xml {
            elements
        } else {
            rows
        };
        group.bench_function("rows", |bencher| bencher.iter(|| read(&delivery, &layout)));
        group.bench_function("connector", |bencher| {
            bencher.iter(|| {
                connector(feed.kind)
                    .read(&delivery, &reading, &mut Dropped)
                    .unwrap()
            });
        });
        group.finish();
    }
}

criterion_group!(benches, parse);
criterion_main!(benches);
