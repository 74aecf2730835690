//! Areas written by hand: a few children of whom a test knows every identifier, as real files.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use jiff::{civil::Date, tz::TimeZone};

use crate::Area;

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

/// The columns of the layout `section23/superset` that these tests write, in the order of the file.
pub const NOTICE_COLUMNS: &[&str] = &[
    "notification_id",
    "action",
    "replaces_notification_id",
    "kind",
    "opinion_date",
    "parent_informed_date",
    "discussion_offered_date",
    "voluntary_org_names",
    "sent_at",
    "received_at",
    "la_gss",
    "nhs_number",
    "nhs_number_status",
    "family_name",
    "given_name",
    "other_given_names",
    "previous_family_name",
    "preferred_name",
    "birth_date",
    "sex",
    "ethnic_category",
    "language",
    "address_line_1",
    "address_line_2",
    "address_line_3",
    "postcode",
    "uprn",
    "gp_practice_ods",
    "upn",
    "mother_nhs_number",
    "parent_contact_name",
    "parent_phone",
    "parent_email",
    "setting_name",
    "limb",
    "category",
    "primary_need",
    "other_needs",
    "diagnosis_snomed",
    "diagnosis_text",
    "reason_text",
    "attachment_refs",
    "services_waiting_for",
    "notifier_org_ods",
    "delivering_org_ods",
    "notifier_role",
    "notifier_practitioner_name",
    "notifier_registration_id",
    "notifier_contact_email",
];

/// A notice, as a row of the layout `section23/superset`.
#[derive(Clone, Debug)]
pub struct Notice(BTreeMap<String, String>);

impl Notice {
    /// A new notice of a child by the trust RAJ, complete enough to be valid, without a UPN.
    pub fn of(child: &Child, reference: &str, opinion_date: &str) -> Self {
        Notice(BTreeMap::new())
            .with("notification_id", reference)
            .with("action", "NEW")
            .with("kind", "NOTIFICATION")
            .with("opinion_date", opinion_date)
            .with("parent_informed_date", opinion_date)
            .with("discussion_offered_date", opinion_date)
            .with("sent_at", &format!("{opinion_date}T16:00:00Z"))
            .with("received_at", &format!("{opinion_date}T17:00:00Z"))
            .with("la_gss", "E10000012")
            .with("nhs_number", &child.nhs_number)
            .with("nhs_number_status", "01")
            .with("family_name", &child.surname)
            .with("given_name", &child.forename)
            .with("birth_date", &child.birth_date)
            .with("sex", "2")
            .with("ethnic_category", "A")
            .with("address_line_1", "1 Test Street")
            .with("postcode", &child.postcode)
            .with("limb", "HAS")
            .with("category", "SEN")
            .with("primary_need", "SLCN")
            .with("notifier_org_ods", "RAJ")
            .with("notifier_role", "PAEDIATRICIAN")
    }

    /// The same notice with another value in a column.
    pub fn with(mut self, column: &str, value: &str) -> Self {
        assert!(NOTICE_COLUMNS.contains(&column), "{column}");
        self.0.insert(column.to_owned(), value.to_owned());
        self
    }

    /// The same notice sent again at a later moment to do something else.
    pub fn again(self, action: &str, sent_at: &str) -> Self {
        self.with("action", action).with("sent_at", sent_at)
    }
}

/// Notices as a file of the layout `section23/superset`.
pub fn notices_csv(notices: &[Notice]) -> String {
    let rows = notices
        .iter()
        .map(|notice| {
            NOTICE_COLUMNS
                .iter()
                .map(|column| notice.0.get(*column).cloned().unwrap_or_default())
                .collect()
        })
        .collect();
    Table {
        name: "section23",
        header: NOTICE_COLUMNS.iter().map(|column| (*column).to_owned()).collect(),
        rows,
    }
    .csv()
}

/// A table of a file set.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name, without the census.
    pub name: &'static str,
    /// Its columns.
    pub header: Vec<String>,
    /// Its rows.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    fn new(name: &'static str, header: &[&str]) -> Self {
        Table {
            name,
            header: header.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    fn push(&mut self, cells: &[(&str, &str)]) {
        let row = self
            .header
            .iter()
            .map(|column| {
                cells
                    .iter()
                    .find(|(name, _)| name == column)
                    .map_or_else(String::new, |(_, value)| (*value).to_owned())
            })
            .collect();
        self.rows.push(row);
    }

    /// Puts a value into a cell.
    #[track_caller]
    pub fn set(&mut self, row: usize, column: &str, value: &str) {
        let place = self
            .header
            .iter()
            .position(|name| name == column)
            .unwrap_or_else(|| panic!("no column {column}"));
        self.rows[row][place] = value.to_owned();
    }

    /// As CSV, each line ended.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for row in std::iter::once(&self.header).chain(&self.rows) {
            writer.write_record(row).expect("memory takes all");
        }
        String::from_utf8(writer.into_inner().expect("memory takes all")).expect("text")
    }
}

/// A pupil in a census.
#[derive(Clone, Debug)]
pub struct Pupil {
    /// Who it is.
    pub child: Child,
    /// SEN provision: N, K or E.
    pub provision: &'static str,
    /// SEN types, the primary one first.
    pub needs: Vec<&'static str>,
}

impl Pupil {
    /// A pupil with SEN support for speech and language.
    pub fn of(child: &Child) -> Self {
        Pupil {
            child: child.clone(),
            provision: "K",
            needs: vec!["SLCN"],
        }
    }
}

/// The spring census of a year as a table set of one maintained school, made at this moment
/// (`2026-Jan-22 09:00:00`).
pub fn spring_census(year: i16, made: &str, pupils: &[Pupil]) -> Vec<Table> {
    let mut returns = Table::new(
        "schoolcensus",
        &[
            "schoolcensustableid",
            "collection",
            "term",
            "year",
            "referencedate",
            "serialno",
            "estab",
            "datetime",
            "lea",
        ],
    );
    returns.push(&[
        ("schoolcensustableid", "return-1"),
        ("collection", "SC"),
        ("term", "SPR"),
        ("year", &year.to_string()),
        ("referencedate", &format!("{year}-Jan-15 00:00:00")),
        ("serialno", "1"),
        ("estab", "2999"),
        ("datetime", made),
        ("lea", "881"),
    ]);
    let mut on_roll = Table::new(
        "pupilonroll",
        &[
            "pupilonrolltableid",
            "schoolcensustableid",
            "upn",
            "formerupn",
            "uniquelearnernumber",
            "surname",
            "forename",
            "middlenames",
            "preferredsurname",
            "formersurname",
            "dob",
            "sex",
            "ethnicity",
            "language",
            "enrolstatus",
            "ncyearactual",
            "senprovision",
            "senunitindicator",
            "resourcedprovisionindicator",
            "entrydate",
            "parttime",
            "boarder",
            "hoursatsetting",
            "fundedhours",
        ],
    );
    let mut needs = Table::new(
        "senneeds",
        &["senneedstableid", "pupilonrolltableid", "sentyperank", "sentype"],
    );
    let mut addresses = Table::new(
        "addresses",
        &[
            "addressestableid",
            "pupilonrolltableid",
            "addressesorderseqcolumn",
            "postcode",
            "addressline1",
            "uniquepropertyreferencenumber",
        ],
    );
    let mut meals = Table::new(
        "fsmperiod",
        &[
            "fsmperiodtableid",
            "pupilonrolltableid",
            "fsmstartdate",
            "fsmenddate",
        ],
    );
    for (index, pupil) in pupils.iter().enumerate() {
        let id = format!("pupil-{index}");
        let child = &pupil.child;
        on_roll.push(&[
            ("pupilonrolltableid", &id),
            ("schoolcensustableid", "return-1"),
            ("upn", &child.upn),
            ("surname", &child.surname),
            ("forename", &child.forename),
            ("dob", &child.birth_date),
            ("sex", "F"),
            ("ethnicity", "WBRI"),
            ("language", "ENG"),
            ("enrolstatus", "C"),
            ("ncyearactual", "R"),
            ("senprovision", pupil.provision),
            ("senunitindicator", "False"),
            ("resourcedprovisionindicator", "False"),
            ("entrydate", &format!("{}-Sep-03 00:00:00", year - 1)),
            ("parttime", "False"),
            ("boarder", "N"),
        ]);
        for (rank, need) in pupil.needs.iter().enumerate() {
            needs.push(&[
                ("senneedstableid", &format!("need-{index}-{rank}")),
                ("pupilonrolltableid", &id),
                ("sentyperank", &(rank + 1).to_string()),
                ("sentype", need),
            ]);
        }
        addresses.push(&[
            ("addressestableid", &format!("address-{index}")),
            ("pupilonrolltableid", &id),
            ("addressesorderseqcolumn", "1"),
            ("postcode", &child.postcode),
        ]);
        if index % 2 == 0 {
            meals.push(&[
                ("fsmperiodtableid", &format!("meal-{index}")),
                ("pupilonrolltableid", &id),
                ("fsmstartdate", &format!("{}-Sep-03 00:00:00", year - 1)),
            ]);
        }
    }
    vec![returns, on_roll, needs, addresses, meals]
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
