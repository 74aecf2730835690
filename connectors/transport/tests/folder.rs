//! Deliveries from a drop folder into the landing folder.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use transport::{
    Arrival, Batch, DeliveryHash, Folder, Grouping, Landed, Landing, Limits, Listing, Offered, Then,
};

fn folder(path: &Path, then: Then, grouping: Grouping) -> Folder {
    Folder {
        feed: "notices".into(),
        path: path.into(),
        then,
        quiet: Duration::from_secs(60),
        grouping,
        limits: Limits::USUAL,
    }
}

fn list(folder: &Folder) -> Listing {
    folder.list(SystemTime::now()).unwrap()
}

/// The names of a delivery's files where they lie.
fn names(offered: &Offered) -> Vec<String> {
    let Offered::Folder(_, dropped) = offered else {
        panic!("in a folder")
    };
    dropped.files.iter().map(|file| file.name.clone()).collect()
}

fn glance(offered: &Offered) -> DeliveryHash {
    let Offered::Folder(folder, dropped) = offered else {
        panic!("in a folder")
    };
    let mut arrival = Arrival::glance();
    folder.fetch(dropped, &mut arrival).unwrap();
    arrival.hash()
}

fn land(landing: &Landing, offered: &Offered) -> Landed {
    let Offered::Folder(folder, dropped) = offered else {
        panic!("in a folder")
    };
    let batch = landing.batch("notices").unwrap();
    let mut arrival = batch.arrival().unwrap();
    folder.fetch(dropped, &mut arrival).unwrap();
    batch.land(arrival).unwrap().unwrap()
}

fn acknowledge(offered: &Offered) {
    let Offered::Folder(folder, dropped) = offered else {
        panic!("in a folder")
    };
    folder.acknowledge(dropped).unwrap();
}

fn put(path: &Path, text: &str, age: Duration) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    File::options()
        .write(true)
        .open(path)
        .unwrap()
        .set_modified(SystemTime::now() - age)
        .unwrap();
}

const OLD: Duration = Duration::from_secs(3600);

#[test]
fn a_file_that_is_still_being_written_waits() {
    let place = TempDir::new().unwrap();
    put(&place.path().join("old.csv"), "a", OLD);
    put(&place.path().join("young.csv"), "b", Duration::ZERO);
    put(&place.path().join("half.csv.part"), "c", OLD);
    put(&place.path().join(".hidden"), "d", OLD);
    let listing = list(&folder(place.path(), Then::Keep, Grouping::EachFile));
    assert_eq!(listing.ready.len(), 1);
    assert_eq!(names(&listing.ready[0]), ["old.csv"]);
    assert_eq!(listing.unsettled, 1);
}

#[test]
fn a_sub_folder_is_one_delivery_and_waits_for_its_youngest_file() {
    let place = TempDir::new().unwrap();
    put(&place.path().join("spring/b.csv"), "b", OLD);
    put(&place.path().join("spring/a.csv"), "a", OLD);
    put(&place.path().join("summer/a.csv"), "a", OLD);
    put(&place.path().join("summer/b.csv"), "b", Duration::ZERO);
    let listing = list(&folder(place.path(), Then::Keep, Grouping::Together));
    assert_eq!(listing.ready.len(), 1);
    assert_eq!(names(&listing.ready[0]), ["a.csv", "b.csv"]);
    assert_eq!(listing.unsettled, 1);
}

#[test]
fn landing_twice_keeps_one_copy_and_a_renamed_copy_is_the_same_delivery() {
    let place = TempDir::new().unwrap();
    let landing = Landing::open(&place.path().join("landing")).unwrap();
    put(&place.path().join("in/one.csv"), "same", OLD);
    put(&place.path().join("in/two.csv"), "same", OLD * 2);
    let listing = list(&folder(&place.path().join("in"), Then::Keep, Grouping::EachFile));
    let first = land(&landing, &listing.ready[0]);
    let second = land(&landing, &listing.ready[1]);
    assert_eq!(first.hash, second.hash);
    assert_eq!(first.hash, glance(&listing.ready[0]));
    let landed = landing.deliveries("notices").unwrap();
    assert_eq!(landed, [second]);
    assert_eq!(fs::read_to_string(&landed[0].files[0].path).unwrap(), "same");
}

#[test]
fn a_landing_that_was_cut_off_is_not_a_delivery() {
    let place = TempDir::new().unwrap();
    let landing = Landing::open(place.path()).unwrap();
    put(&place.path().join("notices/.waiting/.arriving/0001"), "half", OLD);
    assert_eq!(landing.deliveries("notices").unwrap(), []);
    put(&place.path().join("in/one.csv"), "whole", OLD);
    let listing = list(&folder(&place.path().join("in"), Then::Keep, Grouping::EachFile));
    land(&landing, &listing.ready[0]);
    assert_eq!(landing.deliveries("notices").unwrap().len(), 1);
}

#[test]
fn deliveries_of_a_batch_are_there_once_it_is_settled() {
    let place = TempDir::new().unwrap();
    let landing = Landing::open(&place.path().join("landing")).unwrap();
    put(&place.path().join("in/one.csv"), "same", OLD * 3);
    put(&place.path().join("in/two.csv"), "same", OLD * 2);
    put(&place.path().join("in/three.csv"), "other", OLD);
    let listing = list(&folder(&place.path().join("in"), Then::Keep, Grouping::EachFile));
    let add_all = |batch: &mut Batch| {
        for offered in &listing.ready {
            let Offered::Folder(folder, dropped) = offered else {
                panic!("in a folder")
            };
            let mut arrival = batch.arrival().unwrap();
            folder.fetch(dropped, &mut arrival).unwrap();
            assert_eq!(batch.add(arrival).unwrap(), Some(1));
        }
    };

    let mut killed = landing.batch("notices").unwrap();
    add_all(&mut killed);
    drop(killed);
    assert_eq!(landing.deliveries("notices").unwrap(), []);

    let mut batch = landing.batch("notices").unwrap();
    assert_eq!(batch.settle().unwrap(), [], "what a killed run left is gone");
    add_all(&mut batch);
    let mut settled = batch.settle().unwrap();
    settled.sort_by_key(|landed| landed.received);
    let landed = landing.deliveries("notices").unwrap();
    assert_eq!(landed, settled);
    let texts: Vec<_> = landed
        .iter()
        .map(|landed| fs::read_to_string(&landed.files[0].path).unwrap())
        .collect();
    assert_eq!(texts, ["same", "other"]);
    assert_eq!(landed[0].files[0].name, "two.csv", "the later of the two");
    assert_eq!(batch.settle().unwrap(), [], "once is enough");
}

#[test]
fn a_batch_that_grows_long_settles_by_itself() {
    let place = TempDir::new().unwrap();
    let landing = Landing::open(place.path()).unwrap();
    let mut batch = landing.batch("notices").unwrap();
    let mut there = Vec::new();
    for number in 0..600 {
        let mut arrival = batch.arrival().unwrap();
        let mut file = arrival.file("one.csv").unwrap();
        file.write_all(format!("{number}").as_bytes()).unwrap();
        file.finish();
        batch.add(arrival).unwrap();
        if number % 200 == 199 {
            there.push(landing.deliveries("notices").unwrap().len());
        }
    }
    assert!(there[0] < there[2] && there[2] <= 600, "{there:?}");
    batch.settle().unwrap();
    assert_eq!(landing.deliveries("notices").unwrap().len(), 600);
}

#[test]
fn acknowledged_deliveries_go_to_the_archive_without_overwriting() {
    let place = TempDir::new().unwrap();
    let source = folder(place.path(), Then::Archive, Grouping::EachFile);
    for text in ["first", "second"] {
        put(&place.path().join("notices.csv"), text, OLD);
        let listing = list(&source);
        acknowledge(&listing.ready[0]);
        acknowledge(&listing.ready[0]);
    }
    assert_eq!(
        fs::read_to_string(place.path().join("archive/notices.csv")).unwrap(),
        "first"
    );
    assert_eq!(
        fs::read_to_string(place.path().join("archive/notices.csv.2")).unwrap(),
        "second"
    );
    assert!(list(&source).ready.is_empty());
}

#[test]
fn a_file_that_changed_after_it_was_listed_is_left_alone() {
    let place = TempDir::new().unwrap();
    let source = folder(place.path(), Then::Delete, Grouping::EachFile);
    put(&place.path().join("notices.csv"), "first", OLD);
    let listing = list(&source);
    put(&place.path().join("notices.csv"), "second", OLD / 2);
    acknowledge(&listing.ready[0]);
    assert_eq!(
        fs::read_to_string(place.path().join("notices.csv")).unwrap(),
        "second"
    );
}

#[cfg(unix)]
#[test]
fn the_landing_folder_is_open_to_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = TempDir::new().unwrap();
    let root = place.path().join("landing");
    let landing = Landing::open(&root).unwrap();
    put(&place.path().join("in/one.csv"), "text", OLD);
    let listing = list(&folder(&place.path().join("in"), Then::Keep, Grouping::EachFile));
    let landed = land(&landing, &listing.ready[0]);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&landed.path), 0o700);
    assert_eq!(mode(&landed.files[0].path), 0o600);
}
