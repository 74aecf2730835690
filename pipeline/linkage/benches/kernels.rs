//! The engine's inner work beside what the machine can do: pairs that are scored, beside comparisons of bit vectors that
//! lie in a row; and keys that are sorted, which is the least that blocking costs.
//!
//! The engine's rate is that of a whole linkage of two lists: keys, training, scoring, assignment and clusters count in
//! its time, only scored pairs in its figure. `cargo bench -p sendlink-linkage --bench kernels`

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark of made-up values"
)]

use std::hint::black_box;

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use sendlink_linkage::engine::{Column, ColumnKind, TableSettings, Tables, Value, ValueId, link_tables};

/// Rows of each list.
const ROWS: usize = 100_000;
/// Vectors against which each of some is compared.
const VECTORS: usize = 4_096;
/// Keys that are sorted.
const KEYS: usize = 1_000_000;

/// SplitMix64: the same numbers for the same seed everywhere.
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A vector of so many words with one bit in six set, as a name of eight letters has.
fn vector<const WORDS: usize>(seed: u64) -> [u64; WORDS] {
    std::array::from_fn(|word| {
        (0..11).fold(0, |bits, at| {
            bits | 1 << (mix(seed << 12 | (word as u64) << 6 | at) % 64)
        })
    })
}

/// The `rank`-th value of a column, with parts that some others share.
fn value(column: u64, rank: u64) -> Value {
    let token = |part: u64, of: u64| mix(column << 56 | part << 48 | of).max(1);
    Value {
        whole: token(0, rank),
        parts: [token(1, rank / 8), token(2, rank % 26), token(3, rank / 3), 0],
        bits: vector(column << 20 | rank),
        day: 0,
    }
}

/// Two lists of the same people, of whom every twentieth has another value in one column of the second.
fn lists() -> Tables {
    let kinds = [
        ("forename", ColumnKind::Name, 2_000_u64),
        ("surname", ColumnKind::Name, 20_000),
        ("birth date", ColumnKind::Date, 7_000),
        ("postcode", ColumnKind::Postcode, 30_000),
    ];
    let columns = kinds.iter().zip(0_u64..).map(|((name, kind, values), at)| {
        let mut column = Column::new(name, *kind);
        let ids: Vec<ValueId> = (0..*values)
            .map(|rank| column.add_value(value(at, rank), &[]).unwrap())
            .collect();
        // Low ranks are common, as names are; dates and postcodes are even.
        let drawn = |row: u64| {
            let share = (mix(row << 3 | at) >> 11) as f64 / (1_u64 << 53) as f64;
            match kind {
                ColumnKind::Name => ((*values as f64).powf(share) - 1.0) as u64,
                _ => (share * *values as f64) as u64,
            }
        };
        for list in 0..2_u64 {
            for row in 0..ROWS as u64 {
                let noise = list == 1 && mix(row << 3 | at | 1 << 40).is_multiple_of(20);
                let rank = drawn(if noise { row + (1 << 32) } else { row });
                column.push(Some(ids[(rank % values) as usize]));
            }
        }
        column
    });
    let names = (0..2 * ROWS as u64).map(mix).collect();
    Tables::new(columns.collect(), vec![None; kinds.len()], &[ROWS, ROWS], names).unwrap()
}

fn scored_pairs(criterion: &mut Criterion) {
    let tables = lists();
    let settings = TableSettings::default();
    let found = link_tables(&tables, &settings, &()).unwrap();
    let mut group = criterion.benchmark_group("pairs");
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(found.scored));
    group.bench_function("scored by a whole linkage, all cores", |bencher| {
        bencher.iter(|| link_tables(black_box(&tables), &settings, &()).unwrap());
    });
    group.finish();
}

/// Dice coefficients of vectors that lie in a row, as the compiler makes them for any machine of the target.
fn comparisons<const WORDS: usize>(criterion: &mut Criterion, name: &str) {
    let vectors: Vec<[u64; WORDS]> = (0..VECTORS as u64).map(vector).collect();
    let mut group = criterion.benchmark_group("yardstick");
    group.throughput(Throughput::Elements(VECTORS as u64));
    group.bench_function(name, |bencher| {
        let ours = vector::<WORDS>(1 << 40);
        bencher.iter(|| {
            let near = black_box(&vectors).iter().filter(|theirs| {
                let words = || ours.iter().zip(theirs.iter());
                let common: u32 = words().map(|(a, b)| (a & b).count_ones()).sum();
                let all: u32 = words().map(|(a, b)| a.count_ones() + b.count_ones()).sum();
                200 * common >= 80 * all
            });
            near.count()
        });
    });
    group.finish();
}

fn yardsticks(criterion: &mut Criterion) {
    comparisons::<4>(criterion, "Dice of 256 bits, one core");
    comparisons::<16>(criterion, "Dice of 1,024 bits, one core");
    let mut group = criterion.benchmark_group("yardstick");
    group.sample_size(10);
    group.throughput(Throughput::Elements(KEYS as u64));
    let keys: Vec<(u64, u32)> = (0..KEYS as u32).map(|row| (mix(u64::from(row)), row)).collect();
    group.bench_function("sort keys, one core", |bencher| {
        bencher.iter_batched_ref(
            || keys.clone(),
            |keys| keys.sort_unstable(),
            criterion::BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, scored_pairs, yardsticks);
criterion_main!(benches);
