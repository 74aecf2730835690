//! Deliveries from a drop folder into the landing folder.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    fs::{self, File},
    path::Path,
    time::{Duration, SystemTime},
};

use tempfile::TempDir;
use transport::{Folder, Grouping, Landing, Then};

fn folder(path: &Path, then: Then, grouping: Grouping) -> Folder {
    Folder {
        feed: "notices".into(),
        path: path.into(),
        then,
        quiet: Duration::from_secs(60),
        grouping,
    }
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
    let listing = folder(place.path(), Then::Keep, Grouping::EachFile)
        .list(SystemTime::now())
        .unwrap();
    assert_eq!(listing.ready.len(), 1);
    assert_eq!(listing.ready[0].files[0].name, "old.csv");
    assert_eq!(listing.unsettled, 1);
}

#[test]
fn a_sub_folder_is_one_delivery_and_waits_for_its_youngest_file() {
    let place = TempDir::new().unwrap();
    put(&place.path().join("spring/b.csv"), "b", OLD);
    put(&place.path().join("spring/a.csv"), "a", OLD);
    put(&place.path().join("summer/a.csv"), "a", OLD);
    put(&place.path().join("summer/b.csv"), "b", Duration::ZERO);
    let listing = folder(place.path(), Then::Keep, Grouping::Together)
        .list(SystemTime::now())
        .unwrap();
    assert_eq!(listing.ready.len(), 1);
    let names: Vec<_> = listing.ready[0]
        .files
        .iter()
        .map(|file| file.name.as_str())
        .collect();
    assert_eq!(names, ["a.csv", "b.csv"]);
    assert_eq!(listing.unsettled, 1);
}

#[test]
fn landing_twice_keeps_one_copy_and_a_renamed_copy_is_the_same_delivery() {
    let place = TempDir::new().unwrap();
    let landing = Landing::open(&place.path().join("landing")).unwrap();
    put(&place.path().join("in/one.csv"), "same", OLD);
    put(&place.path().join("in/two.csv"), "same", OLD * 2);
    let listing = folder(&place.path().join("in"), Then::Keep, Grouping::EachFile)
        .list(SystemTime::now())
        .unwrap();
    let first = landing.land("notices", &listing.ready[0]).unwrap();
    let second = landing.land("notices", &listing.ready[1]).unwrap();
    assert_eq!(first.hash, second.hash);
    assert_eq!(first.hash, landing.hash("notices", &listing.ready[0]).unwrap());
    let landed = landing.deliveries("notices").unwrap();
    assert_eq!(landed, [second]);
    assert_eq!(fs::read_to_string(&landed[0].files[0].path).unwrap(), "same");
}

#[test]
fn a_landing_that_was_cut_off_is_not_a_delivery() {
    let place = TempDir::new().unwrap();
    let landing = Landing::open(place.path()).unwrap();
    put(&place.path().join("notices/.arriving/0001"), "half", OLD);
    assert_eq!(landing.deliveries("notices").unwrap(), []);
    put(&place.path().join("in/one.csv"), "whole", OLD);
    let listing = folder(&place.path().join("in"), Then::Keep, Grouping::EachFile)
        .list(SystemTime::now())
        .unwrap();
    landing.land("notices", &listing.ready[0]).unwrap();
    assert_eq!(landing.deliveries("notices").unwrap().len(), 1);
}

#[test]
fn acknowledged_deliveries_go_to_the_archive_without_overwriting() {
    let place = TempDir::new().unwrap();
    let source = folder(place.path(), Then::Archive, Grouping::EachFile);
    for text in ["first", "second"] {
        put(&place.path().join("notices.csv"), text, OLD);
        let listing = source.list(SystemTime::now()).unwrap();
        source.acknowledge(&listing.ready[0]).unwrap();
        source.acknowledge(&listing.ready[0]).unwrap();
    }
    assert_eq!(
        fs::read_to_string(place.path().join("archive/notices.csv")).unwrap(),
        "first"
    );
    assert_eq!(
        fs::read_to_string(place.path().join("archive/notices.csv.2")).unwrap(),
        "second"
    );
    assert_eq!(source.list(SystemTime::now()).unwrap().ready, []);
}

#[test]
fn a_file_that_changed_after_it_was_listed_is_left_alone() {
    let place = TempDir::new().unwrap();
    let source = folder(place.path(), Then::Delete, Grouping::EachFile);
    put(&place.path().join("notices.csv"), "first", OLD);
    let listing = source.list(SystemTime::now()).unwrap();
    put(&place.path().join("notices.csv"), "second", OLD / 2);
    source.acknowledge(&listing.ready[0]).unwrap();
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
    let listing = folder(&place.path().join("in"), Then::Keep, Grouping::EachFile)
        .list(SystemTime::now())
        .unwrap();
    let landed = landing.land("notices", &listing.ready[0]).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&root), 0o700);
    assert_eq!(mode(&landed.path), 0o700);
    assert_eq!(mode(&landed.files[0].path), 0o600);
}
