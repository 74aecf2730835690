//! Archives in a drop folder, good and hostile.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs,
    io::Write,
    path::Path,
    time::{Duration, SystemTime},
};

use flate2::{Compression, write::GzEncoder};
use kit::rules::{self, Rule};
use tempfile::TempDir;
use transport::{Folder, Grouping, Landed, Landing, Limits, Offered, Then};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Few and small, so that the tests need no large files.
const LIMITS: Limits = Limits {
    ratio: 20,
    total: 8 * 1024 * 1024,
    entries: 3,
};

/// Lands everything in a folder: what each delivery became, in the order of names.
fn landed(place: &TempDir, grouping: Grouping) -> Vec<Landed> {
    let landing = Landing::open(&place.path().join("landing")).unwrap();
    let folder = Folder {
        feed: "notices".into(),
        path: place.path().join("in"),
        then: Then::Keep,
        quiet: Duration::ZERO,
        grouping,
        limits: LIMITS,
    };
    let listing = folder.list(SystemTime::now()).unwrap();
    let land = |offered: &Offered| {
        let Offered::Folder(folder, dropped) = offered else {
            panic!("in a folder")
        };
        let batch = landing.batch("notices").unwrap();
        let mut arrival = batch.arrival().unwrap();
        folder.fetch(dropped, &mut arrival).unwrap();
        batch.land(arrival).unwrap().unwrap()
    };
    listing.ready.iter().map(land).collect()
}

/// The one delivery that a file of this name and these bytes becomes.
fn alone(name: &str, bytes: &[u8]) -> Landed {
    let place = TempDir::new().unwrap();
    put(&place, name, bytes);
    let mut landed = landed(&place, Grouping::EachFile);
    assert_eq!(landed.len(), 1);
    landed.remove(0)
}

fn put(place: &TempDir, name: &str, bytes: &[u8]) {
    let path = place.path().join("in").join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn gz(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn names(landed: &Landed) -> Vec<&str> {
    landed.files.iter().map(|file| file.name.as_str()).collect()
}

#[track_caller]
fn refused(name: &str, bytes: &[u8], rule: &Rule) {
    let landed = alone(name, bytes);
    assert_eq!(landed.unfit(), Some(rule));
    // What came is kept as it came, so that somebody can look at it.
    assert_eq!(names(&landed), [name]);
    assert_eq!(landed.files[0].bytes, bytes.len() as u64);
}

#[test]
fn a_compressed_file_is_the_delivery_that_it_holds() {
    let place = TempDir::new().unwrap();
    put(&place, "a.csv", b"nhs_number\n");
    put(&place, "b.csv.gz", &gz(b"nhs_number\n"));
    let landed = landed(&place, Grouping::EachFile);
    assert_eq!(landed[0].hash, landed[1].hash);
    assert_eq!(alone("b.csv.gz", &gz(b"x")).files[0].name, "b.csv");
}

#[test]
fn an_archive_is_one_delivery_of_its_files() {
    let place = TempDir::new().unwrap();
    let bytes = zipped(&[
        ("month/b.csv", b"b"),
        ("__MACOSX/month/._b.csv", b"litter"),
        ("a.csv", b"a"),
    ]);
    put(&place, "march.zip", &bytes);
    let landed = landed(&place, Grouping::EachFile);
    assert_eq!(landed.len(), 1);
    assert_eq!(names(&landed[0]), ["a.csv", "b.csv"]);
    assert_eq!(fs::read(&landed[0].files[1].path).unwrap(), b"b");
    assert_eq!(landed[0].unfit(), None);
}

#[test]
fn the_order_in_an_archive_does_not_matter() {
    let one = alone("one.zip", &zipped(&[("a.csv", b"a"), ("b.csv", b"b")]));
    let other = alone("other.zip", &zipped(&[("b.csv", b"b"), ("a.csv", b"a")]));
    assert_eq!(one.hash, other.hash);
}

#[test]
fn an_archive_among_the_tables_of_a_set_is_a_set_of_its_own() {
    let place = TempDir::new().unwrap();
    put(&place, "pupils.csv", b"p");
    put(&place, "schools.csv.gz", &gz(b"s"));
    put(&place, "last-year.zip", &zipped(&[("pupils.csv", b"q")]));
    let landed = landed(&place, Grouping::Together);
    let mut sets: Vec<_> = landed.iter().map(names).collect();
    sets.sort();
    assert_eq!(sets, [vec!["pupils.csv"], vec!["pupils.csv", "schools.csv"]]);
}

#[test]
fn no_path_of_an_archive_is_used() {
    let bytes = zipped(&[
        ("../../escaped.csv", b"a"),
        ("/etc/absolute.csv", b"b"),
        ("C:\\windows\\drive.csv", b"c"),
    ]);
    let place = TempDir::new().unwrap();
    put(&place, "sly.zip", &bytes);
    let landed = landed(&place, Grouping::EachFile);
    assert_eq!(names(&landed[0]), ["absolute.csv", "drive.csv", "escaped.csv"]);
    for file in &landed[0].files {
        assert!(file.path.starts_with(place.path().join("landing")), "{file:?}");
    }
    let mut beside: Vec<_> = fs::read_dir(place.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    beside.sort();
    assert_eq!(beside, ["in", "landing"]);
    assert!(!Path::new("/etc/absolute.csv").exists());
}

#[test]
fn bombs_are_refused() {
    let zeros = vec![0u8; 6 * 1024 * 1024];
    refused("bomb.csv.gz", &gz(&zeros), &rules::ARCHIVE_BOMB);
    refused("bomb.zip", &zipped(&[("bomb.csv", &zeros)]), &rules::ARCHIVE_BOMB);
    // Each entry is within the ratio of the whole, and all of them together are not.
    let part = vec![0u8; 700 * 1024];
    refused(
        "parts.zip",
        &zipped(&[("1.csv", &part), ("2.csv", &part), ("3.csv", &part)]),
        &rules::ARCHIVE_BOMB,
    );
    refused(
        "many.zip",
        &zipped(&[("1.csv", b"1"), ("2.csv", b"2"), ("3.csv", b"3"), ("4.csv", b"4")]),
        &rules::ARCHIVE_BOMB,
    );
}

#[test]
fn an_archive_that_lies_about_its_size_is_counted_by_what_comes_out() {
    let zeros = vec![0u8; 6 * 1024 * 1024];
    let mut bytes = zipped(&[("bomb.csv", &zeros)]);
    // The uncompressed size in the central directory: 24 bytes after its signature.
    let central = bytes.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    bytes[central + 24..central + 28].copy_from_slice(&100u32.to_le_bytes());
    let landed = alone("liar.zip", &bytes);
    assert!(landed.unfit().is_some());
}

#[test]
fn a_damaged_archive_is_refused() {
    let mut noise = 1u32;
    let text: Vec<u8> = std::iter::repeat_with(|| {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        b'a' + (noise >> 24) as u8 % 26
    })
    .take(10_000)
    .collect();
    let whole = gz(&text);
    refused("cut.csv.gz", &whole[..whole.len() - 9], &rules::DAMAGED_ARCHIVE);
    refused("cut.csv.gz", &whole[..whole.len() / 2], &rules::DAMAGED_ARCHIVE);
    refused("no.csv.gz", b"nhs_number\n", &rules::DAMAGED_ARCHIVE);
    let whole = zipped(&[("a.csv", &text)]);
    refused("cut.zip", &whole[..whole.len() - 1], &rules::DAMAGED_ARCHIVE);
    refused("no.zip", b"PK", &rules::DAMAGED_ARCHIVE);
    let mut flipped = whole.clone();
    flipped[2_000] ^= 0x55;
    refused("flipped.zip", &flipped, &rules::DAMAGED_ARCHIVE);
}

#[test]
fn what_is_no_plain_file_is_refused() {
    let inner = zipped(&[("a.csv", b"a")]);
    refused(
        "nested.zip",
        &zipped(&[("inner.zip", &inner)]),
        &rules::NESTED_ARCHIVE,
    );
    refused(
        "twice.zip",
        &zipped(&[("one/a.csv", b"a"), ("other/a.csv", b"b")]),
        &rules::ARCHIVE_NAMES,
    );
    refused("empty.zip", &zipped(&[]), &rules::EMPTY_FILE);

    let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer
        .add_symlink("a.csv", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    refused(
        "link.zip",
        &writer.finish().unwrap().into_inner(),
        &rules::NESTED_ARCHIVE,
    );

    // The lowest bit of the flags says that an entry is encrypted: 6 bytes into the local header, 8 into the central one.
    let mut locked = zipped(&[("a.csv", b"a")]);
    let central = locked.windows(4).rposition(|four| four == b"PK\x01\x02").unwrap();
    locked[6] |= 1;
    locked[central + 8] |= 1;
    refused("locked.zip", &locked, &rules::LOCKED_ARCHIVE);
}

#[test]
fn a_refused_archive_leaves_its_neighbours_alone() {
    let place = TempDir::new().unwrap();
    put(&place, "a.csv", b"a");
    put(&place, "b.zip", b"not a zip");
    put(&place, "c.csv.gz", &gz(b"c"));
    let landed = landed(&place, Grouping::EachFile);
    let fit: Vec<_> = landed.iter().map(|landed| landed.unfit().is_none()).collect();
    assert_eq!(fit, [true, false, true]);
    // It is still refused when it is read back.
    let again = Landing::open(&place.path().join("landing"))
        .unwrap()
        .deliveries("notices")
        .unwrap();
    assert_eq!(again.iter().filter(|landed| landed.unfit().is_some()).count(), 1);
}
