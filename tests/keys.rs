//! Wrong key, no key, a key that others can read: nothing is read and nothing is written.

use std::{fs, os::unix::fs::PermissionsExt};

use sendlink_tests::{Area, Database};

#[test]
fn without_its_key_the_night_does_not_begin() {
    let area = Area::small(11, Database::Sqlite);
    fs::rename(area.file("keys/sendlink.key"), area.file("keys/away")).unwrap();
    area.night().expect(77);
    assert!(!area.file("data/vault.db").exists());
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let area = Area::small(12, Database::Sqlite);
    for mode in [0o644, 0o604] {
        fs::set_permissions(area.file("keys/sendlink.key"), fs::Permissions::from_mode(mode)).unwrap();
        area.night().expect(77);
    }
    fs::set_permissions(area.file("keys/sendlink.key"), fs::Permissions::from_mode(0o600)).unwrap();
    area.night().expect(0);
}

#[test]
fn another_key_stops_the_night_before_a_row_is_written() {
    for database in Database::BOTH {
        let area = Area::small(13, database);
        area.night().expect(0);
        let version = area.version();
        fs::rename(area.file("keys/sendlink.key"), area.file("keys/first.key")).unwrap();
        area.run(&["keys", "new", "keys/sendlink.key"]).expect(0);
        let refused = area.night().expect(77);
        assert!(
            refused.stderr.contains("fingerprint") || refused.stderr.contains("key"),
            "{}",
            refused.stderr
        );
        fs::rename(area.file("keys/first.key"), area.file("keys/sendlink.key")).unwrap();
        assert_eq!(area.version(), version);
        area.night().expect(0);
        assert_eq!(area.version(), version);
    }
}

#[test]
fn the_fingerprint_is_all_that_is_shown_of_a_key() {
    let area = Area::small(14, Database::Sqlite);
    let shown = area.run(&["keys", "show"]).expect(0).stdout;
    let file = fs::read_to_string(area.file("keys/sendlink.key")).unwrap();
    assert!(!file.contains(shown.trim()));
    area.run(&["keys", "new", "keys/sendlink.key"]).expect(73);
    assert_eq!(fs::read_to_string(area.file("keys/sendlink.key")).unwrap(), file);
}
