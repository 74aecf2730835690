//! Notices of a provider that replaces NHS numbers by the digests of OpenPseudonymiser and leaves names out.

use std::{fs, os::unix::fs::PermissionsExt};

use sha2::{Digest, Sha256};

use super::{Child, Notice, feed};
use crate::Area;

/// The layout that every declared field is in.
const SUPERSET: &str = include_str!("../../../mappings/section23/superset.toml");

/// The column that the digest stands in: one that these notices do not need otherwise.
const COLUMN: &str = "gp_practice_ods";

/// What OpenPseudonymiser makes of these values in their order, with this salt.
pub fn digest(values: &str, salt: &str) -> String {
    let hash = Sha256::digest(format!("{values}{salt}"));
    hash.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A notice by the trust RXP, which says of the child its digest and birth date alone.
pub fn notice_by_digest(child: &Child, reference: &str, digest: &str) -> Notice {
    let blank = ["nhs_number", "family_name", "given_name", "postcode"];
    let notice = Notice::of(child, reference, "2024-05-01").with("notifier_org_ods", "RXP");
    blank
        .into_iter()
        .fold(notice, |notice, column| notice.with(column, ""))
        .with(COLUMN, digest)
}

/// The feed of such notices.
pub fn digests_feed() -> String {
    feed(
        "s23-rxp",
        "section23",
        "RXP",
        "pseudonymised.toml",
        "incoming/s23-rxp",
        "delta",
    )
}

impl Area {
    /// Writes the layout of the feed of digests.
    pub fn put_digests_layout(&self) {
        let left_out = [
            "nhs_number",
            "family_name",
            "given_name",
            "postcode",
            "mother_nhs_number",
            COLUMN,
        ];
        let is_kept = |line: &&str| {
            !left_out
                .iter()
                .any(|field| line.starts_with(&format!("{field} =")))
        };
        let mut layout = String::new();
        for line in SUPERSET.lines().filter(is_kept) {
            layout.push_str(&format!("{line}\n"));
            if line == "[columns]" {
                layout.push_str(&format!("nhs_number_digest = \"{COLUMN}\"\n"));
            }
        }
        fs::write(self.file("pseudonymised.toml"), layout).expect("the layout is written");
    }

    /// Configures the salt of digests and what they are made of, as the configuration has it.
    pub fn salt(&self, salt: &str, fields: &str) {
        let file = self.file("secrets/salt");
        fs::create_dir_all(self.file("secrets")).expect("a folder");
        fs::write(&file, format!("{salt}\n")).expect("the salt is written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).expect("the salt is closed");
        self.edit_configuration(|text| {
            let before = text.split("\n[open_pseudonymiser]").next().unwrap_or_default();
            format!("{before}\n[open_pseudonymiser]\nsalt_file = \"secrets/salt\"\nfields = {fields}\n")
        });
    }
}
