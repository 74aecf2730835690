//! The areas that a postcode lies in, from a postcode directory in memory.
//!
//! The ONS Postcode Directory has some 2.7 million rows, live and terminated postcodes. Few combinations of areas
//! occur among them, so a postcode costs eight bytes: 37 bits of postcode and 27 bits of index into the distinct
//! areas, in one sorted list. The whole country takes about 40 MB.

mod authorities;
mod layout;

use std::{collections::HashMap, fs, io, path::Path};

use identity::Postcode;
use records::Area;

use self::layout::Columns;
pub use self::{
    authorities::{LocalAuthority, local_authorities},
    layout::{DeprivationEdition, PostcodeDirectoryLayout},
};

/// Bits of the index into the distinct areas. Seven characters of 37 signs take 37 bits, so 27 remain.
const INDEX_BITS: u32 = 27;

/// Signs that a packed postcode is made of: nothing, ten digits, 26 letters.
const SIGNS: u64 = 37;

/// Areas by postcode.
#[derive(Default)]
pub struct AreaLookup {
    /// Packed postcode and index into `areas`, sorted.
    postcodes: Vec<u64>,
    /// The distinct areas, in the order in which the file has them.
    areas: Vec<Area>,
    summary: AreaSummary,
}

/// What a postcode directory held.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AreaSummary {
    /// Postcodes that can be looked up.
    pub postcodes: u64,
    /// Rows without a postcode of the right form.
    pub skipped: u64,
    /// English postcodes without an education authority: a district of a county in a file without counties, or a code
    /// that the table of authorities does not have.
    pub without_authority: u64,
}

impl AreaLookup {
    /// A lookup that knows no postcode, for areas that configure no directory: every area is then blank.
    pub fn empty() -> Self {
        AreaLookup::default()
    }

    /// Reads a file in the layout of the ONS Postcode Directory.
    ///
    /// # Errors
    /// Says why the file is no postcode directory, without its path, which the caller knows. A postcode that occurs
    /// twice stands as it first does.
    pub fn load(path: &Path) -> Result<Self, AreaError> {
        Self::load_as(path, &PostcodeDirectoryLayout::ons()?)
    }

    /// Reads a file in a layout of one's own.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_as(path: &Path, layout: &PostcodeDirectoryLayout) -> Result<Self, AreaError> {
        // The reader does its own buffering.
        Self::read(fs::File::open(path)?, layout)
    }

    /// How many postcodes it knows.
    pub fn len(&self) -> usize {
        self.postcodes.len()
    }

    /// Whether it knows none.
    pub fn is_empty(&self) -> bool {
        self.postcodes.is_empty()
    }

    /// The areas of a postcode; none where the directory does not know it.
    pub fn area(&self, postcode: &Postcode) -> Option<&Area> {
        let packed = pack(postcode)? << INDEX_BITS;
        let place = self.postcodes.partition_point(|entry| *entry < packed);
        let entry = self.postcodes.get(place)?;
        if entry >> INDEX_BITS != packed >> INDEX_BITS {
            return None;
        }
        self.areas.get((entry & ((1 << INDEX_BITS) - 1)) as usize)
    }

    /// What the directory held.
    pub fn summary(&self) -> AreaSummary {
        self.summary
    }

    fn read(file: impl io::Read, layout: &PostcodeDirectoryLayout) -> Result<Self, AreaError> {
        let authorities = local_authorities()?;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(file);
        let mut row = csv::ByteRecord::new();
        if !reader.read_byte_record(&mut row)? {
            return Err(AreaError::Malformed {
                line: 1,
                wrong: "the file is empty",
            });
        }
        let columns = Columns::find(layout, &row).map_err(AreaError::NoColumn)?;

        let mut lookup = AreaLookup::default();
        let mut indices: HashMap<Vec<u8>, u64> = HashMap::new();
        let mut key = Vec::new();
        while reader.read_byte_record(&mut row)? {
            let line = row.position().map_or(0, csv::Position::line);
            let cell = |column: usize| row.get(column).unwrap_or_default().trim_ascii();
            let code = |column: Option<usize>| {
                column
                    .map(cell)
                    .filter(|code| is_area_code(code))
                    .unwrap_or_default()
            };
            let postcode = std::str::from_utf8(cell(columns.postcode))
                .ok()
                .and_then(|text| Postcode::parse(text).ok());
            let Some(packed) = postcode.as_ref().and_then(pack) else {
                lookup.summary.skipped += 1;
                continue;
            };
            let (district, county) = (code(Some(columns.district)), code(columns.county));
            let (ward, lsoa) = (code(columns.ward), code(columns.lsoa));
            let decile = match columns.deprivation {
                // Each country has an index of its own, whose ranks cannot be compared.
                Some((column, ranks)) if lsoa.starts_with(b"E01") => {
                    decile(cell(column), ranks).map_err(|wrong| AreaError::Malformed { line, wrong })?
                }
                _ => None,
            };

            key.clear();
            for part in [
                district,
                county,
                ward,
                lsoa,
                &decile.map_or([0], |decile| [decile]),
            ] {
                key.extend_from_slice(part);
                key.push(b',');
            }
            let index = match indices.get(&key) {
                Some(index) => *index,
                None => {
                    let index = lookup.areas.len() as u64;
                    if index >> INDEX_BITS != 0 {
                        return Err(AreaError::Malformed {
                            line,
                            wrong: "there are more areas than a country has",
                        });
                    }
                    let text = |code: &[u8]| {
                        std::str::from_utf8(code)
                            .ok()
                            .filter(|code| !code.is_empty())
                            .map(str::to_owned)
                    };
                    let authority = [county, district]
                        .into_iter()
                        .find_map(|code| authorities.get(&text(code)?));
                    lookup.areas.push(Area {
                        la_code: authority.map(|authority| authority.dfe_code.clone()),
                        district: text(district),
                        ward: text(ward),
                        lsoa: text(lsoa),
                        imd_decile: decile,
                    });
                    indices.insert(key.clone(), index);
                    index
                }
            };
            let english = district.starts_with(b"E");
            if english
                && lookup
                    .areas
                    .get(index as usize)
                    .is_some_and(|area| area.la_code.is_none())
            {
                lookup.summary.without_authority += 1;
            }
            lookup.postcodes.push((packed << INDEX_BITS) | index);
        }
        if lookup.postcodes.is_empty() {
            return Err(AreaError::Malformed {
                line: 1,
                wrong: "the file has no postcode",
            });
        }
        lookup.postcodes.sort_unstable();
        // The smaller index came first in the file.
        lookup.postcodes.dedup_by_key(|entry| *entry >> INDEX_BITS);
        lookup.postcodes.shrink_to_fit();
        lookup.summary.postcodes = lookup.postcodes.len() as u64;
        Ok(lookup)
    }
}

impl std::fmt::Debug for AreaLookup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AreaLookup")
            .field("summary", &self.summary)
            .finish_non_exhaustive()
    }
}

/// Why there is no lookup.
#[derive(Debug, thiserror::Error)]
pub enum AreaError {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A column is missing.
    #[error("no column for the {0}; is it a postcode directory with its header?")]
    NoColumn(&'static str),
    /// The content is not a postcode directory's.
    #[error("line {line}: {wrong}")]
    Malformed {
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        wrong: &'static str,
    },
    /// The layout is no layout.
    #[error("the layout of the postcode directory: {0}")]
    Layout(#[from] toml::de::Error),
    /// The table of authorities is damaged.
    #[error("the table of authorities: {0}")]
    Authorities(csv::Error),
}

impl From<csv::Error> for AreaError {
    fn from(error: csv::Error) -> Self {
        let line = error.position().map_or(0, csv::Position::line);
        match error.into_kind() {
            csv::ErrorKind::Io(source) => AreaError::Io(source),
            _ => AreaError::Malformed {
                line,
                wrong: "is not a line of a CSV file",
            },
        }
    }
}

/// A postcode without its space as a number. None where it has more signs than fit, which no postcode has.
fn pack(postcode: &Postcode) -> Option<u64> {
    let mut packed = 0_u64;
    for byte in postcode.expose().bytes().filter(|byte| *byte != b' ') {
        let sign = match byte {
            b'0'..=b'9' => byte - b'0' + 1,
            b'A'..=b'Z' => byte - b'A' + 11,
            _ => return None,
        };
        packed = packed * SIGNS + u64::from(sign);
    }
    (packed >> (u64::BITS - INDEX_BITS) == 0).then_some(packed)
}

/// A letter and eight digits that are not all nines: ONS writes `E99999999` for "there is none".
fn is_area_code(code: &[u8]) -> bool {
    match code {
        [letter, digits @ ..] => {
            letter.is_ascii_uppercase()
                && digits.len() == 8
                && digits.iter().all(u8::is_ascii_digit)
                && digits != b"99999999"
        }
        [] => false,
    }
}

/// The decile of a rank, 1 being the most deprived. The tenths of a number of areas that ten does not divide are
/// rounded, as in the published deciles. A blank or zero is no rank.
fn decile(rank: &[u8], ranks: u32) -> Result<Option<u8>, &'static str> {
    if rank.is_empty() {
        return Ok(None);
    }
    let rank: u32 = std::str::from_utf8(rank)
        .ok()
        .and_then(|rank| rank.parse().ok())
        .ok_or("the deprivation rank is not a whole number")?;
    if rank > ranks {
        return Err("the deprivation rank is beyond the edition that the layout names");
    }
    Ok((1..=10).find(|tenth| rank > 0 && rank <= (u32::from(*tenth) * ranks + 5) / 10))
}

#[cfg(test)]
#[path = "areas/tests.rs"]
mod tests;
