//! Which column of a postcode directory says what: data, because editions differ.

use serde::Deserialize;

/// Column names by what they say, and how deprivation ranks are counted.
///
/// ```
/// use pseudonym::PostcodeDirectoryLayout;
///
/// // The layout of the ONS Postcode Directory that the program carries.
/// let layout = PostcodeDirectoryLayout::ons()?;
/// assert!(layout.district.iter().any(|name| name == "oslaua"));
/// # Ok::<(), pseudonym::AreaError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PostcodeDirectoryLayout {
    /// Version of the layout.
    pub version: String,
    /// The postcode. The first name that the file has is used, in any case; so for all the others.
    pub postcode: Vec<String>,
    /// ONS code of the district.
    pub district: Vec<String>,
    /// ONS code of the county that a non-metropolitan district lies in. A file may lack it.
    pub county: Vec<String>,
    /// ONS code of the ward. A file may lack it.
    pub ward: Vec<String>,
    /// ONS code of the lower layer super output area.
    pub lsoa: Vec<String>,
    /// Editions of the Index of Multiple Deprivation; the first that fits a file is used.
    pub deprivation: Vec<DeprivationEdition>,
}

/// One edition of the Index of Multiple Deprivation.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeprivationEdition {
    /// Names of the column that holds the rank.
    pub columns: Vec<String>,
    /// The edition is another one where the file has one of these columns.
    #[serde(default)]
    pub without: Vec<String>,
    /// How many areas are ranked.
    pub ranks: u32,
}

impl PostcodeDirectoryLayout {
    /// The layout of the ONS Postcode Directory.
    ///
    /// # Errors
    /// [`AreaError::Layout`], a fault of this program.
    pub fn ons() -> Result<Self, super::AreaError> {
        Self::parse(include_str!("../../../../mappings/areas/postcode-directory.toml"))
    }

    /// A layout of one's own, in the form of `mappings/areas/postcode-directory.toml`.
    ///
    /// # Errors
    /// [`AreaError::Layout`](super::AreaError::Layout) says what is wrong where.
    pub fn parse(text: &str) -> Result<Self, super::AreaError> {
        Ok(toml::from_str(text)?)
    }
}

/// Where the columns of one file stand.
pub(super) struct Columns {
    pub(super) postcode: usize,
    pub(super) district: usize,
    pub(super) county: Option<usize>,
    pub(super) ward: Option<usize>,
    pub(super) lsoa: Option<usize>,
    /// The column of the rank, and how many ranks there are.
    pub(super) deprivation: Option<(usize, u32)>,
}

impl Columns {
    /// Finds the columns in a header. Says which required one is missing.
    pub(super) fn find(
        layout: &PostcodeDirectoryLayout,
        header: &csv::ByteRecord,
    ) -> Result<Self, &'static str> {
        let place = |names: &[String]| {
            names.iter().find_map(|name| {
                header
                    .iter()
                    .position(|column| column.trim_ascii().eq_ignore_ascii_case(name.as_bytes()))
            })
        };
        let deprivation = layout.deprivation.iter().find_map(|edition| {
            let column = place(&edition.columns)?;
            place(&edition.without)
                .is_none()
                .then_some((column, edition.ranks))
        });
        Ok(Columns {
            postcode: place(&layout.postcode).ok_or("postcode")?,
            district: place(&layout.district).ok_or("district")?,
            county: place(&layout.county),
            ward: place(&layout.ward),
            lsoa: place(&layout.lsoa),
            deprivation,
        })
    }
}
