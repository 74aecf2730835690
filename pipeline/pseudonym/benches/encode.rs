//! Records encoded a second on one core, beside HMAC-SHA-256 as the crates give it, of which a record takes some
//! fifteen.

#![expect(
    clippy::unwrap_used,
    reason = "a benchmark of made-up people, whose identifiers are valid"
)]

use std::{hint::black_box, sync::Arc};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use identity::{
    BirthDate, BusinessKey, Held, Identity, Name, NhsNumber, People, Postcode, SenderReference, TestNumbers,
    Upn,
};
use jiff::civil::date;
use pseudonym::{AreaLookup, Encoder, Identified, Keys};
use records::{Kind, Location, Payload, Record, SchoolRecord, Sex, State, Version};
use sha2::Sha256;

fn encoder() -> Encoder {
    let keys = Keys::from_secrets(
        1,
        *b"linkage linkage linkage linkage ",
        *b"spine spine spine spine spine sp",
        *b"seal seal seal seal seal seal se",
    )
    .unwrap();
    Encoder::new(&keys, Arc::new(AreaLookup::empty())).unwrap()
}

/// A pupil of the census with everything that a return holds of one.
fn people() -> People {
    People {
        child: Some(Identity {
            nhs_number: Held::from_parse(NhsNumber::parse("999 000 0018", TestNumbers::Allowed)),
            upn: Held::from_parse(Upn::parse("R001396023001")),
            forename: Held::from_parse(Name::parse("Catherine")),
            other_forenames: vec![Name::parse("Anne").unwrap()],
            surname: Held::from_parse(Name::parse("O'Brien")),
            birth_date: Held::from_parse(BirthDate::new(date(2019, 4, 21))),
            postcode: Held::from_parse(Postcode::parse("QE1 7FZ")),
            ..Identity::default()
        }),
        ..People::default()
    }
}

fn record() -> Record {
    let census = "2026-spring".parse().unwrap();
    Record {
        version: Version::at(date(2026, 2, 1).at(9, 0, 0, 0)),
        state: State::Current(Box::new(Payload::SchoolCensus(SchoolRecord {
            census,
            census_date: census.day(),
            school: "8812001".into(),
            nc_year: Some("1".into()),
            on_roll: true,
            enrol_status: Some("C".into()),
            sen_provision: Some("K".into()),
            sen_unit: Some(false),
            resourced_provision: Some(false),
            fsm: Some(true),
            first_language: Some("ENG".into()),
            needs: Vec::new(),
        }))),
        event_date: census.day(),
        received_date: None,
        sex: Sex::F,
        ethnic_group: None,
        scope: Some("2026-spring/8812001".into()),
    }
}

fn identified() -> Identified {
    Identified {
        people: people(),
        key: BusinessKey::new("upn", &["2026-spring", "8812001", "R001396023001"]),
        reference: SenderReference::new("R001396023001"),
        location: Some(Location::default()),
        record: record(),
    }
}

fn encode(criterion: &mut Criterion) {
    let encoder = encoder();
    let mut group = criterion.benchmark_group("encode");
    group.throughput(Throughput::Elements(1));

    let prepared = Hmac::<Sha256>::new_from_slice(b"yardstick").unwrap();
    group.bench_function("yardstick: one HMAC-SHA-256 of 20 bytes", |bencher| {
        bencher.iter(|| {
            let mut hmac = prepared.clone();
            hmac.update(black_box(b"twenty bytes of text"));
            hmac.finalize().into_bytes()
        });
    });

    let (people, record) = (people(), record());
    group.bench_function("tokens and vectors", |bencher| {
        bencher.iter(|| encoder.encoding(Kind::SchoolCensus, "881", black_box(&people), &record));
    });
    group.bench_function("the whole record, sealed and hashed", |bencher| {
        bencher.iter_batched(
            identified,
            |identified| encoder.encode(Kind::SchoolCensus, "881", identified).unwrap(),
            criterion::BatchSize::SmallInput,
        );
    });
    group.finish();
}

criterion_group!(benches, encode);
criterion_main!(benches);
