//! Areas written by hand: a few children of whom a test knows every identifier, as real files.

mod census;
mod digests;
mod health;
mod notices;
mod table;

use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use jiff::{civil::Date, tz::TimeZone};

pub use census::{Pupil, spring_census};
pub use digests::{digest, digests_feed, notice_by_digest};
pub use health::{Pregnancy, Review, Submission, community, maternity};
pub use notices::{NOTICE_COLUMNS, Notice, notices_csv};
pub use table::Table;

use crate::{Area, Database};

/// A made-up child.
#[derive(Clone, Debug)]
pub struct Child {
    /// First forename.
    pub forename: String,
    /// Surname.
    pub surname: String,
    /// Day of birth, YYYY-MM-DD.
    pub birth_date: String,
    /// NHS number, of the 999 test range.
    pub nhs_number: String,
    /// UPN, under a pseudo-authority.
    pub upn: String,
    /// Postcode.
    pub postcode: String,
}

impl Child {
    /// A child with numbers of its own.
    pub fn new(number: u32, forename: &str, surname: &str, birth_date: &str, postcode: &str) -> Self {
        Child {
            forename: forename.to_owned(),
            surname: surname.to_owned(),
            birth_date: birth_date.to_owned(),
            nhs_number: nhs_number(number),
            upn: upn(number),
            postcode: postcode.to_owned(),
        }
    }

    /// Children who have nothing in common, for tests to whom names do not matter: the first `count` of forty.
    pub fn several(count: usize) -> Vec<Child> {
        const FORENAMES: [&str; 8] = [
            "Aurelia",
            "Bertram",
            "Cosima",
            "Dunstan",
            "Eudora",
            "Fergus",
            "Ghislaine",
            "Hector",
        ];
        const SURNAMES: [&str; 5] = ["Ashdown", "Birkett", "Colquhoun", "Drinkwater", "Eversholt"];
        assert!(count <= FORENAMES.len() * SURNAMES.len());
        (0..count)
            .map(|index| {
                let birth_date = format!(
                    "{}-{:02}-{:02}",
                    2020 + index % 2,
                    1 + index % 12,
                    1 + index * 7 % 28
                );
                let postcode = format!(
                    "QZ{} {}AA",
                    1 + index % POSTCODE_DISTRICTS,
                    index / POSTCODE_DISTRICTS
                );
                Child::new(
                    index as u32,
                    FORENAMES[index % FORENAMES.len()],
                    SURNAMES[index / FORENAMES.len()],
                    &birth_date,
                    &postcode,
                )
            })
            .collect()
    }
}

const POSTCODE_DISTRICTS: usize = 9;

/// A valid NHS number of the range 999 000 0000 to 999 999 9999, which is kept for tests: the `number`th.
pub fn nhs_number(number: u32) -> String {
    (0..1_000_000)
        .filter_map(|serial| {
            let body = format!("999{serial:06}");
            let sum: u32 = body
                .bytes()
                .zip((2..=10).rev())
                .map(|(digit, weight)| u32::from(digit - b'0') * weight)
                .sum();
            match (11 - sum % 11) % 11 {
                10 => None,
                check => Some(format!("{body}{check}")),
            }
        })
        .nth(number as usize)
        .expect("the range is large enough")
}

/// A valid UPN under the pseudo-authority 001.
pub fn upn(number: u32) -> String {
    const LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";
    let body = format!("001{:04}24{:03}", 3000 + number / 1000, number % 1000);
    let sum: usize = body
        .bytes()
        .zip(2..)
        .map(|(digit, weight)| usize::from(digit - b'0') * weight)
        .sum();
    format!("{}{body}", char::from(LETTERS[sum % LETTERS.len()]))
}

/// The configuration of a feed of notices through `section23/superset`, or another mapping.
pub fn notices_feed(provider: &str, mapping: &str) -> String {
    let name = format!("s23-{}", provider.to_lowercase());
    feed(
        &name,
        "section23",
        provider,
        mapping,
        &format!("incoming/{name}"),
        "delta",
    )
}

/// The same feed with another source: what `from` is set to.
pub fn coming_from(feed: &str, source: &str) -> String {
    let lines = feed.lines().map(|line| match line.starts_with("from") {
        true => format!("from = {source}\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}

/// The configuration of the feed of the census.
pub fn census_feed() -> String {
    feed(
        "school-census",
        "school-census",
        "881",
        "school-census/blade",
        "incoming/school-census",
        "snapshot",
    )
}

/// The configuration of a feed of submissions to the Maternity Services Data Set.
pub fn maternity_feed(provider: &str) -> String {
    let name = format!("pregnancy-{}", provider.to_lowercase());
    feed(
        &name,
        "pregnancy",
        provider,
        "pregnancy/msds-2",
        &format!("incoming/{name}"),
        "period",
    )
}

/// The configuration of a feed of submissions to the Community Services Data Set.
pub fn community_feed(provider: &str) -> String {
    let name = format!("reviews-{}", provider.to_lowercase());
    feed(
        &name,
        "two-year-review",
        provider,
        "two-year-review/csds-1.6",
        &format!("incoming/{name}"),
        "period",
    )
}

/// The configuration of a feed.
pub fn feed(name: &str, kind: &str, provider: &str, mapping: &str, folder: &str, delivery: &str) -> String {
    format!(
        r#"
[[feed]]
name = "{name}"
kind = "{kind}"
provider = "{provider}"
mapping = "{mapping}"
from = {{ folder = "{folder}", then = "keep", quiet = "0 seconds" }}
delivery = "{delivery}"
basis = "duty"
"#
    )
}

impl Area {
    /// An area by hand with notices of the trust RAJ, as changes, and the census.
    pub fn by_hand(database: Database, children: &[Child]) -> Self {
        let area = Area::bare(database);
        area.configure(
            &[notices_feed("RAJ", "section23/superset"), census_feed()],
            children,
        );
        area
    }

    /// Writes the configuration of an area by hand, with these feeds and a directory of these children's postcodes, and
    /// makes the folders that the feeds read.
    pub fn configure<'a>(&self, feeds: &[String], children: impl IntoIterator<Item = &'a Child>) {
        let mut text = format!(
            r#"[area]
name = "Essex"
la_codes = ["881"]
profile = "made-up"

[store]
url = "{}"

[keys]
file = "keys/sendlink.key"

[landing]
folder = "landing"
keep_days = 3650

[reference]
postcodes = "reference/postcodes.csv"

[night]
quarantine_threshold = 1.0
changed_ids_brake = 1.0
"#,
            self.store
        );
        for feed in feeds {
            text.push_str(feed);
        }
        for folder in text.split("folder = \"incoming/").skip(1) {
            let name = folder.split('"').next().expect("a quotation mark");
            fs::create_dir_all(self.file("incoming").join(name)).expect("a folder");
        }
        fs::write(self.file("sendlink.toml"), text).expect("the configuration is written");
        let mut directory = String::from("pcds,oscty,oslaua,osward,lsoa21,imd\n");
        for (index, child) in children.into_iter().enumerate() {
            directory.push_str(&format!(
                "{},E10000012,E07000070,E05004{:03},E01021{:03},{}\n",
                child.postcode,
                index % 9,
                index,
                1 + index * 700
            ));
        }
        self.put("reference/postcodes.csv", directory, "2026-01-01");
    }

    /// Writes a file that came on this day.
    pub fn put(&self, path: &str, bytes: impl AsRef<[u8]>, came: &str) -> PathBuf {
        let file = self.file(path);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
        fs::write(&file, bytes).expect("the file is written");
        let day: Date = came.parse().expect("a day");
        let noon = day
            .at(12, 0, 0, 0)
            .to_zoned(TimeZone::UTC)
            .expect("a time")
            .timestamp();
        let time = SystemTime::UNIX_EPOCH
            + Duration::from_secs(u64::try_from(noon.as_second()).expect("after 1970"));
        fs::File::options()
            .write(true)
            .open(&file)
            .and_then(|open| open.set_modified(time))
            .expect("the time is set");
        file
    }

    /// Writes notices of the trust RAJ that came on this day.
    pub fn put_notices(&self, file: &str, notices: &[Notice], came: &str) -> PathBuf {
        self.put(&format!("incoming/s23-raj/{file}"), notices_csv(notices), came)
    }

    /// Writes a submission of a health body into a folder of its own below this feed's.
    pub fn put_submission(&self, feed: &str, of: Submission<'_>, tables: &[Table]) {
        for table in tables {
            let file = format!("incoming/{feed}/{}-{}/{}.csv", of.month, of.made, table.name);
            self.put(&file, table.csv(), &of.came());
        }
    }

    /// Writes a spring census of maintained schools into a folder of its own.
    pub fn put_census(&self, folder: &str, year: i16, tables: &[Table], came: &str) {
        for table in tables {
            self.put(
                &format!(
                    "incoming/school-census/{folder}/{year}_spring_la_{}.csv",
                    table.name
                ),
                table.csv(),
                came,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specifications() {
        assert_eq!(nhs_number(0), "9990000018");
        assert!((0..500).all(|number| nhs_number(number).len() == 10));
        assert_eq!(upn(0).len(), 13);
        assert_ne!(upn(1), upn(2));
    }
}
