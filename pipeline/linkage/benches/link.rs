//! Linking a made-up area from scratch, on as many cores as there are, beside the least that any linkage does: to
//! group the records by the whole birth date. A million records take a minute and gigabytes:
//! `cargo bench -p sendlink-linkage -- /20000` runs the smallest alone.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark of made-up people"
)]

use std::{collections::HashMap, hint::black_box};

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use sendlink_linkage::{Decisions, Entry, PartToken, Settings, link};

#[path = "../tests/suite/area.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod area;
#[path = "../tests/suite/encoder.rs"]
#[allow(dead_code, reason = "shared with the tests")]
mod encoder;

/// Records of the area, two censuses and the notices, to each child: a little under this many in ten.
const RECORDS_TO_TEN_CHILDREN: u32 = 28;

fn by_birth_date(entries: &[Entry]) -> HashMap<PartToken, Vec<usize>> {
    let mut groups: HashMap<PartToken, Vec<usize>> = HashMap::new();
    for (at, entry) in entries.iter().enumerate() {
        if let Some(birth) = entry.encoding.child.as_ref().and_then(|child| child.birth) {
            groups.entry(birth.whole).or_default().push(at);
        }
    }
    groups
}

fn linking(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("link");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for records in [20_000, 100_000, 1_000_000] {
        let told = area::area(records * 10 / RECORDS_TO_TEN_CHILDREN, 13);
        let entries: Vec<Entry> = told.into_iter().map(|told| told.entry).collect();
        group.throughput(Throughput::Elements(entries.len() as u64));
        group.bench_with_input(
            BenchmarkId::new("yardstick: group by birth date", records),
            &entries,
            |bencher, entries| bencher.iter(|| by_birth_date(black_box(entries))),
        );
        group.bench_with_input(BenchmarkId::new("link", records), &entries, |bencher, entries| {
            bencher.iter(|| link(entries, &Decisions::default(), &Settings::default(), &()).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, linking);
criterion_main!(benches);
