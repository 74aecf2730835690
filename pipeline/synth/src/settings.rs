//! What an area is made from.

use std::{io, path::PathBuf};

use jiff::civil::Date;

use crate::rates::Rates;

/// What an area is made from. The same settings make the same bytes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Live children of the authority on the as-at date, from birth to the end of primary school.
    pub children: usize,
    /// How many years of censuses, back from the as-at date.
    pub years: u8,
    /// Where chance comes from.
    pub seed: u64,
    /// The last day that the files know of.
    pub as_at: Date,
    /// The folder to write, which must be new or empty.
    pub out: PathBuf,
    /// Whether errors and gaps are more frequent for children of deprived neighbourhoods and of ethnic minorities, as
    /// they are in life. Without it everybody has the same chance of them.
    pub bias_by_deprivation: bool,
    /// Whether development at two foretells needs: whether children who score low at the review more often come to
    /// have SEN support, a plan and a Section 23 notice. Without it reviews say nothing about what comes later.
    pub early_signals: bool,
    /// Whether the reviews of one service may be published only where nobody in them has opted out.
    pub opt_outs: bool,
    /// How often what happens.
    pub rates: Rates,
}

impl Settings {
    /// The area that a first look wants: 20,000 children, three years of censuses, seed 1.
    pub fn new(out: impl Into<PathBuf>, as_at: Date) -> Self {
        Settings {
            children: 20_000,
            years: 3,
            seed: 1,
            as_at,
            out: out.into(),
            bias_by_deprivation: true,
            early_signals: true,
            opt_outs: false,
            rates: Rates::default(),
        }
    }
}

/// The fewest children that make an area: enough for a school a year group.
pub const FEWEST_CHILDREN: usize = 200;

/// The most years of censuses: the oldest census whose columns the layouts know is that of autumn 2015.
pub const MOST_YEARS: u8 = 10;

/// Why an area could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// A setting that makes no area.
    #[error("{0}")]
    Settings(&'static str),
    /// The range of test numbers holds too few for so many children and mothers.
    #[error("the 999 range holds too few NHS numbers for so many children and years; ask for fewer")]
    TooManyChildren,
    /// A layout that ships with the program cannot be used: a fault of the program.
    #[error("the layout {layout} cannot be used: {why}")]
    Layout {
        /// The layout's name.
        layout: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file could not be written.
    #[error("{path} cannot be written: {source}")]
    Write {
        /// The file, from the folder of the area.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

impl Settings {
    /// Refuses what makes no area.
    pub(crate) fn check(&self) -> Result<(), SynthError> {
        if self.children < FEWEST_CHILDREN {
            return Err(SynthError::Settings("an area needs at least 200 children"));
        }
        if self.years == 0 || self.years > MOST_YEARS {
            return Err(SynthError::Settings("an area needs one to ten years of censuses"));
        }
        let oldest = self.as_at.year() - i16::from(self.years);
        if oldest < 2015 || self.as_at.year() > 2060 {
            return Err(SynthError::Settings(
                "censuses are known from autumn 2015 on; choose a later as-at date or fewer years",
            ));
        }
        Ok(())
    }
}
