//! How good linkage is, and whether that has changed.

use std::{collections::BTreeMap, fmt::Write};

use dataset::{FeedStatus, QualityRow, RunQuality};

use crate::{
    figures::percent,
    table::{Cell, Column, Table},
};

/// Nights before the last with which it is compared.
pub const NIGHTS: usize = 28;
/// What stands where a group, or its rest, is too small to be shown.
const SUPPRESSED: &str = "under 10";
/// Decimals of a share: a tenth of a per cent.
const DECIMALS: usize = 3;
/// Fewer nights than this do not say what is usual.
const FEWEST_NIGHTS: usize = 7;

/// The figures of the latest run, each beside the middle of the runs before it. A share has *drifted* where that middle
/// lies outside its 95% interval.
pub fn quality_table(runs: &[RunQuality]) -> Table<10> {
    let mut table = Table::new([
        Column::new("measure").titled("Measure"),
        Column::new("by").titled("By"),
        Column::new("part").titled("Part"),
        Column::new("count").titled("Count").right(),
        Column::new("of").titled("Of").right(),
        Column::new("share").titled("Share").right(),
        Column::new("lower").titled("Lower").right(),
        Column::new("upper").titled("Upper").right(),
        Column::new("before").titled("28 nights").right(),
        Column::new("drift").titled("Drift"),
    ]);
    let Some((last, before)) = runs.split_first() else {
        return table;
    };
    let usual = middles(before);
    for figure in &last.figures {
        let middle = usual.get(&key(figure)).copied();
        let drifted = figure
            .share
            .zip(middle)
            .is_some_and(|([_, lower, upper], middle)| !(lower..=upper).contains(&middle));
        let share = |at: usize| {
            let share = figure.share.and_then(|share| share.get(at).copied());
            share.map_or(Cell::Blank, |share| Cell::number(share, DECIMALS))
        };
        let count = |of: fn((u64, u64)) -> u64| match figure.counted {
            Some(counted) => Cell::Integer(i64::try_from(of(counted)).unwrap_or(i64::MAX)),
            None => Cell::from(SUPPRESSED),
        };
        table.push([
            Cell::from(figure.measure.as_str()),
            Cell::from(figure.slice.as_str()),
            Cell::from(figure.part.as_str()),
            count(|(counted, _)| counted),
            count(|(_, of)| of),
            share(0),
            share(1),
            share(2),
            middle.map_or(Cell::Blank, |middle| Cell::number(middle, DECIMALS)),
            if drifted {
                Cell::from("drifted")
            } else {
                Cell::Blank
            },
        ]);
    }
    table
}

type Key<'r> = (&'r str, &'r str, &'r str);

fn key(figure: &QualityRow) -> Key<'_> {
    (&figure.measure, &figure.slice, &figure.part)
}

/// The median share of each figure that enough of the runs have.
fn middles(runs: &[RunQuality]) -> BTreeMap<Key<'_>, f64> {
    let mut shares: BTreeMap<Key<'_>, Vec<f64>> = BTreeMap::new();
    for figure in runs.iter().take(NIGHTS).flat_map(|run| &run.figures) {
        if let Some([share, _, _]) = figure.share {
            shares.entry(key(figure)).or_default().push(share);
        }
    }
    shares
        .into_iter()
        .filter(|(_, shares)| shares.len() >= FEWEST_NIGHTS)
        .filter_map(|(key, mut shares)| {
            shares.sort_by(f64::total_cmp);
            Some((key, *shares.get(shares.len() / 2)?))
        })
        .collect()
}

/// What whoever uses linked data should be told of how they were linked, in the steps of the guidance for information
/// about linking data sets (GUILD).
#[derive(Debug)]
pub struct LinkageStatement<'s> {
    /// The area's name.
    pub area: &'s str,
    /// The version that is published.
    pub version: &'s str,
    /// Name and version of the program.
    pub software: &'s str,
    /// The feeds that are loaded.
    pub feeds: &'s [FeedStatus],
    /// The latest run's figures.
    pub quality: &'s RunQuality,
}

impl LinkageStatement<'_> {
    /// The statement as Markdown.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "# How {} was linked\n\nVersion {} of the joint dataset, as at {}, made by {}.\n\n\
             ## The population and the feeds\n\n\
             | feed | kind | provider | records that stand | last received |\n|---|---|---|---:|---|\n",
            self.area, self.version, self.quality.as_at, self.software
        );
        for feed in self.feeds {
            let received = feed
                .last_received
                .map_or_else(String::new, |when| when.date().to_string());
            // Writing to a string cannot fail.
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {received} |",
                feed.feed,
                feed.kind.as_str(),
                feed.provider,
                feed.records
            );
        }
        text += METHOD;
        text += "## What came of it\n\nOf the records of children in notices, reviews and births. A school record is \
                 not among them: most pupils have a record of no other kind.\n\n\
                 | measure | by | part | count | of | share | 95% interval |\n|---|---|---|---:|---:|---:|---|\n";
        for figure in &self.quality.figures {
            let (counted, of) = match figure.counted {
                Some((counted, of)) => (counted.to_string(), of.to_string()),
                None => (SUPPRESSED.to_owned(), SUPPRESSED.to_owned()),
            };
            let (share, interval) = match figure.share {
                Some([share, lower, upper]) => (
                    percent(share),
                    format!("{} to {}", percent(lower), percent(upper)),
                ),
                None => (String::new(), String::new()),
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {counted} | {of} | {share} | {interval} |",
                figure.measure, figure.slice, figure.part
            );
        }
        text += LIMITS;
        text
    }
}

/// How links are made, for people who do not run them.
const METHOD: &str = "
## Identifiers and how they were made ready

NHS number, UPN and former UPNs, forenames, surnames, birth date, postcodes and sex. Names lose case, accents and \
punctuation. Every value is replaced by keyed hashes of the whole and of its parts, and names by keyed bit vectors of their \
bigrams, before anything is compared. What is blank, not well formed or a stand-in is missing, and neither agrees nor \
disagrees.

## How records were linked

| tier | two records are of one child because |
|---|---|
| T1 | the NHS numbers are equal, and nothing speaks against the number |
| T1d | the digests of the NHS numbers are equal, of which one at least was sent in the number's place |
| T2 | the UPNs are equal, in force or former |
| T3 | forename, surname, birth date and postcode are equal |
| T4 | the weight of what agrees and what does not is 4 bits or more (odds of 16 to 1); or a person confirmed it |

Weights are after Fellegi and Sunter, with a class for two children of one household; they are learned every night from the \
records themselves. Two NHS numbers, two UPNs on one census day, a birth after a contact, twins and the do-not-link list \
keep records apart whatever their weight. Pairs from 0 to 4 bits, and choices between candidates, are left to people.

";

/// What the figures do not say.
const LIMITS: &str = "
## What this does not say

- Expected precision and recall come from the weights. They are as right as the model is, and know nothing of pairs that no \
key brought together.
- Groups whose names, addresses or numbers are recorded less well are matched less often. Compare the match rates above \
before you compare groups.
- Where a group, or its rest, has fewer than 10 records, nothing is shown of it.
";

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::Format;

    fn run(number: i64, share: f64) -> RunQuality {
        RunQuality {
            run: number,
            as_at: date(2026, 3, 1),
            figures: vec![QualityRow {
                measure: "match rate".to_owned(),
                slice: "total".to_owned(),
                part: String::new(),
                counted: Some((80, 100)),
                share: Some([share, share - 0.05, share + 0.05]),
            }],
        }
    }

    fn drifts(shares: &[f64]) -> bool {
        let runs: Vec<RunQuality> = (0..)
            .zip(shares)
            .map(|(number, share)| run(number, *share))
            .collect();
        let mut csv = Vec::new();
        quality_table(&runs).write(Format::Csv, &mut csv).unwrap();
        String::from_utf8(csv).unwrap().contains("drifted")
    }

    #[test]
    fn a_share_drifts_when_the_middle_of_enough_nights_is_outside_its_interval() {
        assert!(drifts(&[0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]));
        assert!(
            !drifts(&[0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]),
            "six nights are too few"
        );
        assert!(!drifts(&[0.8, 0.84, 0.84, 0.84, 0.84, 0.84, 0.84, 0.84]));
        assert!(
            !drifts(&[0.8, 0.1, 0.1, 0.1, 0.8, 0.8, 0.8, 0.8]),
            "one bad week is no middle"
        );
    }

    #[test]
    fn nights_long_past_are_forgotten() {
        let mut shares = vec![0.8; NIGHTS + 1];
        shares.extend([0.1; 60]);
        assert!(!drifts(&shares));
    }
}
