//! What the files of a made-up area state of identities, read without the program.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use calamine::{Data, Reader, Xlsx, open_workbook};
use serde_json::Value;

use crate::Area;

/// The rows of a CSV file by column.
pub fn csv_rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// The identity that a record states, as its file has it.
pub struct Stated {
    /// Forename, surname, birth day, postcode; where each is stated.
    pub exact: Option<[String; 4]>,
    /// UPNs, in force and former.
    pub upns: BTreeSet<String>,
    /// NHS number, without spaces.
    pub nhs_number: String,
}

/// Notices, by file and line, row or place.
pub fn in_notices(area: &Area) -> BTreeMap<(String, String), Stated> {
    let mut stated = BTreeMap::new();
    for (body, names) in [
        (
            "N9V",
            [
                "given_name",
                "family_name",
                "birth_date",
                "postcode",
                "upn",
                "nhs_number",
            ],
        ),
        (
            "R9M",
            [
                "Child's first name",
                "Child's surname",
                "Child's date of birth",
                "Postcode",
                "UPN (if at a maintained nursery)",
                "NHS number",
            ],
        ),
    ] {
        for entry in fs::read_dir(area.file("incoming/section23").join(body)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            for (line, row) in (2..).zip(csv_rows(&path)) {
                let [forename, surname, birth, postcode, upn, number] = names.map(|name| row[name].as_str());
                stated.insert(
                    (name.clone(), line.to_string()),
                    Stated {
                        exact: exact(forename, surname, &iso(birth), postcode),
                        upns: one(upn),
                        nhs_number: number.replace(' ', ""),
                    },
                );
            }
        }
    }
    for entry in fs::read_dir(area.file("incoming/section23/R9H")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (row, cells) in sheet_rows(&path, "Notifications", 2) {
            let [forename, surname, birth, postcode, upn, number] = [
                "Child's first name",
                "Child's surname",
                "Child's date of birth",
                "Postcode",
                "UPN (if at a maintained nursery)",
                "NHS number",
            ]
            .map(|column| cells[column].as_str());
            stated.insert(
                (name.clone(), row.to_string()),
                Stated {
                    exact: exact(forename, surname, &iso(birth), postcode),
                    upns: one(upn),
                    nhs_number: number.replace(' ', ""),
                },
            );
        }
    }
    for entry in fs::read_dir(area.file("incoming/section23/R9K")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let notices: Vec<Value> = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        for (place, notice) in (1..).zip(&notices) {
            let [forename, surname, birth, postcode, upn, number] = [
                "given_name",
                "family_name",
                "birth_date",
                "postcode",
                "upn",
                "nhs_number",
            ]
            .map(|field| notice["child"][field].as_str().unwrap_or_default());
            stated.insert(
                (name.clone(), u64::to_string(&place)),
                Stated {
                    exact: exact(forename, surname, birth, postcode),
                    upns: one(upn),
                    nhs_number: number.replace(' ', ""),
                },
            );
        }
    }
    stated
}

/// The rows of a sheet below its header by column, with their numbers in Excel. A date is `2014-10-28`.
pub fn sheet_rows(path: &Path, sheet: &str, header_row: usize) -> Vec<(usize, BTreeMap<String, String>)> {
    let mut workbook: Xlsx<_> = open_workbook(path).unwrap();
    let range = workbook.worksheet_range(sheet).unwrap();
    let (first, _) = range.start().unwrap();
    let text = |cell: &Data| match cell {
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year}-{month:02}-{day:02}")
        }
        other => other.to_string(),
    };
    let mut rows = (first as usize + 1..)
        .zip(range.rows())
        .filter(|(row, _)| *row >= header_row);
    let (_, header) = rows.next().unwrap();
    let header: Vec<String> = header.iter().map(text).collect();
    rows.map(|(row, cells)| (row, header.iter().cloned().zip(cells.iter().map(text)).collect()))
        .collect()
}

/// A set of one; of none where it is blank.
fn one(upn: &str) -> BTreeSet<String> {
    Some(upn.to_owned())
        .into_iter()
        .filter(|upn| !upn.is_empty())
        .collect()
}

/// Pupils in the table sets, by file and line.
pub fn in_the_census(area: &Area) -> BTreeMap<(String, String), Stated> {
    let mut stated = BTreeMap::new();
    for entry in fs::read_dir(area.file("incoming/school-census")).unwrap() {
        let set = entry.unwrap().path();
        let files: Vec<_> = fs::read_dir(&set)
            .unwrap()
            .map(|file| file.unwrap().path())
            .collect();
        let ending = |path: &Path, end: &str| path.display().to_string().ends_with(end);
        let mut postcodes = BTreeMap::new();
        for path in &files {
            if ending(path, "_addresses.csv") || ending(path, "_addressesonroll.csv") {
                for row in csv_rows(path) {
                    postcodes.insert(row["pupilonrolltableid"].clone(), row["postcode"].clone());
                }
            }
        }
        for path in files.iter().filter(|path| ending(path, "_pupilonroll.csv")) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            for (line, row) in (2..).zip(csv_rows(path)) {
                let postcode = postcodes
                    .get(&row["pupilonrolltableid"])
                    .map_or("", String::as_str);
                stated.insert(
                    (name.clone(), line.to_string()),
                    Stated {
                        exact: exact(&row["forename"], &row["surname"], &iso(&row["dob"]), postcode),
                        upns: [&row["upn"], &row["formerupn"]]
                            .into_iter()
                            .filter(|upn| !upn.is_empty())
                            .cloned()
                            .collect(),
                        nhs_number: String::new(),
                    },
                );
            }
        }
    }
    stated
}

fn exact(forename: &str, surname: &str, birth: &str, postcode: &str) -> Option<[String; 4]> {
    let postcode = postcode.replace(' ', "").to_uppercase();
    let parts = [forename.trim(), surname.trim(), birth, &postcode].map(str::to_owned);
    let placeholder =
        postcode.starts_with("ZZ99") || forename.starts_with("Baby") || forename.starts_with("Twin");
    (parts.iter().all(|part| !part.is_empty()) && !placeholder).then_some(parts)
}

/// `28/10/2014` or `2014-Oct-28 00:00:00` as `2014-10-28`.
fn iso(day: &str) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let day = day.split(' ').next().unwrap_or_default();
    if let [day, month, year] = day.split('/').collect::<Vec<_>>().as_slice() {
        return format!("{year}-{month}-{day}");
    }
    match day.split('-').collect::<Vec<_>>().as_slice() {
        [year, month, day] if month.len() == 3 => {
            let month = MONTHS
                .iter()
                .position(|name| name == month)
                .map_or(0, |index| index + 1);
            format!("{year}-{month:02}-{day}")
        }
        _ => day.to_owned(),
    }
}

/// A valid NHS number is one whose check digit is right.
pub fn is_valid(number: &str) -> bool {
    let digits: Vec<u32> = number.chars().filter_map(|digit| digit.to_digit(10)).collect();
    let [body @ .., check] = digits.as_slice() else {
        return false;
    };
    let sum: u32 = body
        .iter()
        .zip((2..=10).rev())
        .map(|(digit, weight)| digit * weight)
        .sum();
    number.len() == 10 && number.starts_with("999") && (11 - sum % 11) % 11 == *check
}
