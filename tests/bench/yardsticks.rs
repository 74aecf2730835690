//! How fast this machine reads and encodes the files of a made-up area, beside the libraries below us.
//!
//! `yardsticks AREA [ROUNDS]` reads every delivery of the area's `sendlink.toml` as often as told, on one core, and
//! prints a line of JSON for each thing measured:
//!
//! - `parse`: the seconds that our connector takes for the files of one feed, from file to parsed and validated record,
//!   and that the bare loops of `csv` and `quick-xml` take for the same files;
//! - `hmac`: HMAC-SHA-256 of 20 bytes a second, with the key set up beforehand;
//! - `encode`: records encoded a second, from a sample of the area's own records.
//!
//! Seconds are of CPU time over all threads, so that a thread more would not look like speed. Each figure is the best of
//! its rounds: what disturbs a round makes it slower, never faster.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    hint::black_box,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hmac::{Hmac, KeyInit, Mac};
use identity::TestNumbers;
use jiff::civil::date;
use kit::{
    Connector, Delivery, DeliveryFile, Incoming, Layout, ReadError, Reading, Sink, Stopped, layout::Format,
};
use pseudonym::{AreaLookup, Encoder, Identified, Keys};
use records::{Finding, Kind, Outcome};
use rustix::time::{ClockId, clock_gettime};
use serde_json::json;
use sha2::Sha256;

type Outcomes<T> = Result<T, Box<dyn Error>>;

/// One record in so many is encoded as there are times this many bytes of input: of a million records some 40,000, far
/// under any machine's memory and far over its caches, of a small area all.
const BYTES_OF_A_SMALL_AREA: u64 = 8_000_000;

/// How long a rate is measured: long beside the clock and a time slice.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

fn main() -> Outcomes<()> {
    // `cargo bench` adds a flag of its own.
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let area = PathBuf::from(arguments.next().ok_or("usage: yardsticks AREA [ROUNDS]")?);
    let rounds: u32 = arguments.next().map_or(Ok(3), |rounds| rounds.parse())?;

    let feeds = feeds(&area)?;
    let bytes: u64 = feeds.iter().map(|feed| feed.bytes).sum();
    let mut sample = Sample {
        step: (bytes / BYTES_OF_A_SMALL_AREA).max(1),
        ..Sample::default()
    };
    for feed in &feeds {
        parse(feed, rounds, &mut sample)?;
    }
    let hmac = hmac_a_second(rounds)?;
    println!("{}", json!({"what": "hmac", "per_second": hmac}));
    encode(&area, rounds, sample)
}

// --- The files ---------------------------------------------------------------------------------------------------

/// A feed of the area, with its deliveries.
struct Feed {
    name: String,
    provider: String,
    connector: &'static dyn Connector,
    layout: Layout,
    deliveries: Vec<Delivery>,
    bytes: u64,
}

/// The feeds of `sendlink.toml`. A sub-folder is one delivery, and so is a file that lies loose.
fn feeds(area: &Path) -> Outcomes<Vec<Feed>> {
    let configuration: toml::Table = fs::read_to_string(area.join("sendlink.toml"))?.parse()?;
    let listed = configuration["feed"].as_array().ok_or("no feeds")?;
    let mut feeds = Vec::new();
    for feed in listed {
        let said = |key: &str| feed[key].as_str().unwrap_or_default().to_owned();
        let folder = area.join(feed["from"]["folder"].as_str().unwrap_or_default());
        let mut deliveries = Vec::new();
        for entry in sorted(&folder)? {
            let files = if entry.is_dir() {
                sorted(&entry)?
            } else {
                vec![entry]
            };
            deliveries.push(delivery(files)?);
        }
        feeds.push(Feed {
            name: said("name"),
            provider: said("provider"),
            connector: connector(&said("kind"))?,
            layout: kit::mappings::load(&said("mapping"), area)?,
            bytes: deliveries
                .iter()
                .flat_map(|delivery| &delivery.files)
                .map(|file| file.bytes)
                .sum(),
            deliveries,
        });
    }
    Ok(feeds)
}

fn connector(kind: &str) -> Outcomes<&'static dyn Connector> {
    Ok(match kind {
        "pregnancy" => &pregnancy::Pregnancy,
        "section23" => &section23::Section23,
        "two-year-review" => &two_year_review::TwoYearReview,
        "school-census" => &school_census::SchoolCensus,
        _ => return Err(format!("no connector reads {kind}").into()),
    })
}

fn sorted(folder: &Path) -> Outcomes<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    Ok(paths)
}

fn delivery(paths: Vec<PathBuf>) -> Outcomes<Delivery> {
    let mut files = Vec::new();
    for path in paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        files.push(DeliveryFile {
            label: name.clone(),
            name,
            bytes: fs::metadata(&path)?.len(),
            path,
        });
    }
    Ok(Delivery {
        files,
        received: date(2026, 11, 16).at(0, 0, 0, 0),
    })
}

// --- Parsing -----------------------------------------------------------------------------------------------------

fn parse(feed: &Feed, rounds: u32, sample: &mut Sample) -> Outcomes<()> {
    let format = match feed.layout.file.format {
        Format::Csv | Format::TableSet | Format::Blade => "csv",
        Format::Xml => "xml",
        Format::Xlsx => "xlsx",
        Format::Json => "json",
        Format::Fhir => "fhir",
    };
    // Also what brings the files into the system's cache.
    let counted = sample.take(feed)?;

    let ours = best(rounds, || read(feed, &mut Counted::default()))?;
    let (borrowed, owned, events) = match format {
        "csv" => (
            Some(best(rounds, || each_file(feed, csv_borrowed))?),
            Some(best(rounds, || each_file(feed, csv_owned))?),
            None,
        ),
        "xml" => (None, None, Some(best(rounds, || each_file(feed, xml_events))?)),
        _ => (None, None, None),
    };
    println!(
        "{}",
        json!({
            "what": "parse",
            "feed": feed.name,
            "format": format,
            "files": feed.deliveries.iter().map(|delivery| delivery.files.len()).sum::<usize>(),
            "bytes": feed.bytes,
            "rows": counted.rows,
            "records": counted.records,
            "ours": ours,
            "csv_borrowed": borrowed,
            "csv_owned": owned,
            "xml_events": events,
        })
    );
    Ok(())
}

/// Reads all deliveries of a feed through its connector.
fn read(feed: &Feed, sink: &mut dyn Sink) -> Outcomes<()> {
    let reading = Reading {
        layout: &feed.layout,
        provider: &feed.provider,
        as_at: date(2026, 11, 16),
        test_numbers: TestNumbers::Allowed,
    };
    for delivery in &feed.deliveries {
        match feed.connector.read(delivery, &reading, sink) {
            // A refused delivery costs what reading it cost.
            Ok(_) | Err(ReadError::Refused(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Counts records and lets them go.
#[derive(Default)]
struct Counted {
    records: u64,
    rows: u64,
}

impl Sink for Counted {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        black_box(&incoming);
        self.records += 1;
        Ok(())
    }

    fn finding(&mut self, _: Finding) {}

    fn rows_read(&mut self, _: &'static str, rows: u64) {
        self.rows += rows;
    }

    fn rows_without_record(&mut self, _: &'static str, _: Outcome, _: u64) {}
}

fn each_file(feed: &Feed, each: impl Fn(&Path) -> Outcomes<u64>) -> Outcomes<()> {
    for file in feed.deliveries.iter().flat_map(|delivery| &delivery.files) {
        black_box(each(&file.path)?);
    }
    Ok(())
}

fn csv_reader(path: &Path) -> Outcomes<csv::Reader<fs::File>> {
    Ok(csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .buffer_capacity(1 << 16)
        .from_path(path)?)
}

/// The fastest loop that `csv` has: one record is filled again and again, its fields are looked at where they lie.
fn csv_borrowed(path: &Path) -> Outcomes<u64> {
    let mut reader = csv_reader(path)?;
    let mut record = csv::ByteRecord::new();
    let mut seen = 0;
    while reader.read_byte_record(&mut record)? {
        seen += record.iter().map(|field| field.len() as u64).sum::<u64>();
    }
    Ok(seen)
}

/// The loop that most programs have: each row as a list of strings of its own.
fn csv_owned(path: &Path) -> Outcomes<u64> {
    let mut reader = csv_reader(path)?;
    let mut seen = 0;
    for record in reader.byte_records() {
        let row: Vec<String> = record?
            .iter()
            .map(|field| String::from_utf8_lossy(field).into_owned())
            .collect();
        seen += black_box(row).len() as u64;
    }
    Ok(seen)
}

/// The events of an XML file, looked at where they lie.
fn xml_events(path: &Path) -> Outcomes<u64> {
    let text = fs::read_to_string(path)?;
    let mut reader = quick_xml::Reader::from_str(&text);
    let mut seen = 0;
    loop {
        match reader.read_event()? {
            quick_xml::events::Event::Eof => return Ok(seen),
            event => seen += black_box(event).len() as u64,
        }
    }
}

/// What this process has taken of all cores together.
fn cpu_time() -> Duration {
    let taken = clock_gettime(ClockId::ProcessCPUTime);
    Duration::from_secs(taken.tv_sec.unsigned_abs()) + Duration::from_nanos(taken.tv_nsec.unsigned_abs())
}

/// The least seconds of several rounds.
fn best(rounds: u32, mut each: impl FnMut() -> Outcomes<()>) -> Outcomes<f64> {
    let mut least = Duration::MAX;
    for _ in 0..rounds {
        let begun = cpu_time();
        each()?;
        least = least.min(cpu_time() - begun);
    }
    Ok(least.as_secs_f64())
}

// --- Encoding ----------------------------------------------------------------------------------------------------

/// Every so manieth record of the area, from whichever feed.
#[derive(Default)]
struct Sample {
    step: u64,
    seen: u64,
    records: Vec<(Kind, String, Incoming)>,
}

impl Sample {
    /// Takes its share of a feed's records, and counts them all.
    fn take(&mut self, feed: &Feed) -> Outcomes<Counted> {
        let mut taking = Taking {
            sample: self,
            kind: feed.connector.kind(),
            provider: &feed.provider,
            counted: Counted::default(),
        };
        read(feed, &mut taking)?;
        Ok(taking.counted)
    }
}

/// Takes from one feed.
struct Taking<'a> {
    sample: &'a mut Sample,
    kind: Kind,
    provider: &'a str,
    counted: Counted,
}

impl Sink for Taking<'_> {
    fn record(&mut self, incoming: Incoming) -> Result<(), Stopped> {
        self.counted.records += 1;
        if self.sample.seen.is_multiple_of(self.sample.step) {
            self.sample
                .records
                .push((self.kind, self.provider.to_owned(), incoming));
        }
        self.sample.seen += 1;
        Ok(())
    }

    fn finding(&mut self, _: Finding) {}

    fn rows_read(&mut self, _: &'static str, rows: u64) {
        self.counted.rows += rows;
    }

    fn rows_without_record(&mut self, _: &'static str, _: Outcome, _: u64) {}
}

fn hmac_a_second(rounds: u32) -> Outcomes<f64> {
    let prepared = Hmac::<Sha256>::new_from_slice(b"yardstick")?;
    rate(rounds, 1_000, || {
        for _ in 0..1_000 {
            let mut hmac = prepared.clone();
            hmac.update(black_box(b"twenty bytes of text"));
            black_box(hmac.finalize());
        }
    })
}

fn encode(area: &Path, rounds: u32, sample: Sample) -> Outcomes<()> {
    let keys = Keys::from_secrets(
        1,
        *b"linkage linkage linkage linkage ",
        *b"spine spine spine spine spine sp",
        *b"seal seal seal seal seal seal se",
    )?;
    let areas = AreaLookup::load(&area.join("reference/postcodes.csv"))?;
    let encoder = Encoder::new(&keys, Arc::new(areas))?;

    let mut by_kind: BTreeMap<Kind, Vec<usize>> = BTreeMap::new();
    for (index, (kind, _, _)) in sample.records.iter().enumerate() {
        by_kind.entry(*kind).or_default().push(index);
    }
    let all = (0..sample.records.len()).collect();
    let groups = by_kind
        .into_iter()
        .map(|(kind, indices)| (kind.to_string(), indices));
    for (name, indices) in groups.chain([("all".to_owned(), all)]) {
        let per_second = rate(rounds, indices.len() as u64, || {
            for &index in &indices {
                let (kind, provider, incoming) = &sample.records[index];
                black_box(encoder.encoding(*kind, provider, &incoming.people, &incoming.record));
            }
        })?;
        println!(
            "{}",
            json!({"what": "encode", "kind": name, "sample": indices.len(), "per_second": per_second})
        );
    }

    // An encoded record is gone, so the whole way through the door is gone once.
    let records = sample.records.len();
    let begun = cpu_time();
    for (
        kind,
        provider,
        Incoming {
            people,
            key,
            reference,
            location,
            record,
            ..
        },
    ) in sample.records
    {
        let identified = Identified {
            people,
            key,
            reference,
            location: Some(location),
            record,
        };
        black_box(encoder.encode(kind, &provider, identified)?);
    }
    let per_second = records as f64 / (cpu_time() - begun).as_secs_f64();
    println!(
        "{}",
        json!({"what": "encode-whole", "sample": records, "per_second": per_second})
    );
    Ok(())
}

/// How often something is done in a second: the best of several rounds, each of which does it `times` times at a call.
fn rate(rounds: u32, times: u64, mut each: impl FnMut()) -> Outcomes<f64> {
    let mut most = 0.0_f64;
    for _ in 0..rounds {
        let begun = cpu_time();
        let mut done = 0;
        while cpu_time() - begun < LONG_ENOUGH {
            each();
            done += times;
        }
        most = most.max(done as f64 / (cpu_time() - begun).as_secs_f64());
    }
    Ok(most)
}
