//! What is wrong in a feed, as a spreadsheet and a page to send back to its provider: where, which rule, how to
//! mend it and what it cost. Never a value.

use std::{cmp::Reverse, collections::BTreeMap, io::Write};

use dataset::FindingRow;
use jiff::civil::Date;
use maud::{Markup, html};
use records::finding::Effect;

use crate::{Column, Format, Table, WriteError, figures::count, html};

/// Findings listed one by one on the page; the spreadsheet holds them all.
const LISTED: usize = 500;

/// What an effect means to the provider.
pub(crate) const fn effect_in_words(effect: Effect) -> &'static str {
    match effect {
        Effect::Accepted => "used as it is",
        Effect::BlankedValue => "value left out",
        Effect::QuarantinedRow => "row kept out",
        Effect::RefusedDelivery => "delivery refused",
    }
}

/// Every finding, one a row, in the order given: what `sendlink findings` prints and the provider's spreadsheet
/// holds.
pub fn findings_table(findings: &[FindingRow]) -> Table<14> {
    let mut table = Table::new([
        Column::new("feed").titled("Feed"),
        Column::new("delivery").titled("Delivery"),
        Column::new("file").titled("File"),
        Column::new("sheet").titled("Sheet"),
        Column::new("line").titled("Line or row").right(),
        Column::new("column").titled("Column"),
        Column::new("header").titled("Header"),
        Column::new("rule").titled("Rule"),
        Column::new("wrong").titled("What is wrong"),
        Column::new("remedy").titled("How to mend it"),
        Column::new("source").titled("Source of the rule"),
        Column::new("effect").titled("Effect"),
        Column::new("meaning").titled("Meaning"),
        Column::new("rows").titled("Rows").right(),
    ]);
    for finding in findings {
        let location = &finding.location;
        table.push([
            (&finding.feed).into(),
            (&finding.label).into(),
            (&location.file).into(),
            location.sheet.as_ref().into(),
            location.line.into(),
            location.column_letter().into(),
            location.header.as_ref().into(),
            (&finding.rule).into(),
            (&finding.wrong).into(),
            (&finding.remedy).into(),
            (&finding.source).into(),
            finding.effect.as_str().into(),
            effect_in_words(finding.effect).into(),
            finding.rows.into(),
        ]);
    }
    table
}

/// Writes findings: for people where to look, what is wrong and how to mend it; as CSV or JSON every column of
/// [`findings_table`].
///
/// # Errors
/// [`WriteError`] when the output takes no more.
pub fn write_findings(findings: &[FindingRow], format: Format, out: impl Write) -> Result<(), WriteError> {
    match format {
        Format::Table => findings_for_people(findings).write(format, out),
        Format::Csv | Format::Json => findings_table(findings).write(format, out),
    }
}

fn findings_for_people(findings: &[FindingRow]) -> Table<6> {
    let mut table = Table::new([
        Column::new("place").titled("Place"),
        Column::new("rule").titled("Rule"),
        Column::new("wrong").titled("What is wrong"),
        Column::new("remedy").titled("How to mend it"),
        Column::new("effect").titled("Effect"),
        Column::new("rows").titled("Rows").right(),
    ]);
    for finding in findings {
        table.push([
            place_in_words(finding).into(),
            (&finding.rule).into(),
            (&finding.wrong).into(),
            (&finding.remedy).into(),
            effect_in_words(finding.effect).into(),
            finding.rows.into(),
        ]);
    }
    table
}

/// `notices.csv, line 7, column AB (Child DOB)`; in a sheet `sheet Notices, row 7`.
pub(crate) fn place_in_words(finding: &FindingRow) -> String {
    let location = &finding.location;
    let mut words = vec![
        if location.file.is_empty() {
            &finding.label
        } else {
            &location.file
        }
        .clone(),
    ];
    if let Some(sheet) = &location.sheet {
        words.push(format!("sheet {sheet}"));
    }
    if let Some(line) = location.line {
        words.push(format!(
            "{} {line}",
            if location.sheet.is_some() { "row" } else { "line" }
        ));
    }
    match (location.column_letter(), &location.header) {
        (Some(letter), Some(header)) => words.push(format!("column {letter} ({header})")),
        (Some(letter), None) => words.push(format!("column {letter}")),
        (None, Some(header)) => words.push(header.clone()),
        (None, None) => {}
    }
    words.join(", ")
}

/// The findings counted by rule and effect, the costliest effect first, then the most rows.
pub fn rules_table(findings: &[FindingRow]) -> Table<5> {
    let mut rules: BTreeMap<(Reverse<Effect>, &str), (&FindingRow, u64)> = BTreeMap::new();
    for finding in findings {
        let (_, rows) = rules
            .entry((Reverse(finding.effect), &finding.rule))
            .or_insert((finding, 0));
        *rows = rows.saturating_add(finding.rows);
    }
    let mut counted: Vec<_> = rules.into_iter().collect();
    counted.sort_by_key(|&((effect, rule), (_, rows))| (effect, Reverse(rows), rule));

    let mut table = Table::new([
        Column::new("rule").titled("Rule"),
        Column::new("wrong").titled("What is wrong"),
        Column::new("remedy").titled("How to mend it"),
        Column::new("effect").titled("Effect"),
        Column::new("rows").titled("Rows").right(),
    ]);
    for ((Reverse(effect), rule), (finding, rows)) in counted {
        table.push([
            rule.into(),
            (&finding.wrong).into(),
            (&finding.remedy).into(),
            effect_in_words(effect).into(),
            rows.into(),
        ]);
    }
    table
}

/// The page of one feed, or of all feeds of one provider.
#[derive(Clone, Copy, Debug)]
pub struct FindingsPage<'a> {
    /// Whose findings: the feed, or the provider.
    pub of: &'a str,
    /// The area that received the deliveries.
    pub area: &'a str,
    /// As at which day.
    pub as_at: Date,
    /// The findings, in the order of delivery, file and line.
    pub findings: &'a [FindingRow],
}

impl FindingsPage<'_> {
    /// The page.
    pub fn html(&self) -> String {
        let title = format!("Findings: {}", self.of);
        let source = format!(
            "sendlink, {}, as at {}. Findings name places and rules, never values.",
            self.area, self.as_at
        );
        html::page(&title, &source, self.body())
    }

    fn body(&self) -> Markup {
        if self.findings.is_empty() {
            return html! { p { "Nothing is wrong in what was received." } };
        }
        let rows = self
            .findings
            .iter()
            .fold(0_u64, |sum, finding| sum.saturating_add(finding.rows));
        let listed = self.findings.get(..LISTED).unwrap_or(self.findings);
        html! {
            p {
                (count(rows, "row has", "rows have")) " something to mend. Please mend it where the data is held, \
                 and send the rows again: nothing is corrected here."
            }
            h2 { "By rule" }
            (html::table("rules", "What is wrong, and how to mend it", &rules_table(self.findings)))
            h2 { "By place" }
            @if listed.len() < self.findings.len() {
                p { "The first " (listed.len()) " of " (self.findings.len()) " places. The spreadsheet holds all." }
            }
            (html::table("places", "Where it is wrong", &places_table(listed)))
        }
    }
}

/// Where to look, in few columns.
fn places_table(findings: &[FindingRow]) -> Table<7> {
    let mut table = Table::new([
        Column::new("file").titled("File"),
        Column::new("sheet").titled("Sheet"),
        Column::new("line").titled("Line or row").right(),
        Column::new("column").titled("Column"),
        Column::new("header").titled("Header"),
        Column::new("rule").titled("Rule"),
        Column::new("rows").titled("Rows").right(),
    ]);
    for finding in findings {
        let location = &finding.location;
        let file = if location.file.is_empty() {
            &finding.label
        } else {
            &location.file
        };
        table.push([
            file.into(),
            location.sheet.as_ref().into(),
            location.line.into(),
            location.column_letter().into(),
            location.header.as_ref().into(),
            (&finding.rule).into(),
            finding.rows.into(),
        ]);
    }
    table
}

#[cfg(test)]
pub(crate) mod tests {
    use jiff::civil::date;
    use records::{Kind, Location};

    use super::*;

    pub(crate) fn finding(rule: &str, effect: Effect, line: u64, rows: u64) -> FindingRow {
        FindingRow {
            delivery: 4,
            label: "notices-2026-03.csv".into(),
            feed: "s23-raj".into(),
            kind: Kind::Section23,
            provider: "RAJ".into(),
            rule: rule.into(),
            wrong: "not a date in a form that this feed uses".into(),
            remedy: "write the date as day/month/year".into(),
            source: "sendlink".into(),
            effect,
            location: Location {
                file: "notices-2026-03.csv".into(),
                sheet: None,
                line: Some(line),
                column: Some(27),
                header: Some("Child DOB".into()),
            },
            rows,
        }
    }

    #[test]
    fn the_spreadsheet_says_where_and_how_to_mend() {
        let mut out = Vec::new();
        findings_table(&[finding("F012", Effect::QuarantinedRow, 7, 1)])
            .write(Format::Csv, &mut out)
            .expect("memory takes all");
        let expected = "\
feed,delivery,file,sheet,line,column,header,rule,wrong,remedy,source,effect,meaning,rows
s23-raj,notices-2026-03.csv,notices-2026-03.csv,,7,AB,Child DOB,F012,not a date in a form that this feed uses,\
write the date as day/month/year,sendlink,quarantined-row,row kept out,1
";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn people_read_the_place_in_words() {
        let mut one = finding("F012", Effect::QuarantinedRow, 7, 1);
        assert_eq!(
            place_in_words(&one),
            "notices-2026-03.csv, line 7, column AB (Child DOB)"
        );
        one.location.sheet = Some("Notices".into());
        one.location.header = None;
        assert_eq!(
            place_in_words(&one),
            "notices-2026-03.csv, sheet Notices, row 7, column AB"
        );
        one.location = Location::default();
        assert_eq!(place_in_words(&one), "notices-2026-03.csv");
        let mut out = Vec::new();
        write_findings(&[one], Format::Table, &mut out).expect("memory takes all");
        assert_eq!(String::from_utf8_lossy(&out).lines().count(), 3);
    }

    #[test]
    fn rules_are_counted_costliest_first() {
        let findings = [
            finding("F001", Effect::Accepted, 2, 90),
            finding("F012", Effect::QuarantinedRow, 3, 1),
            finding("F013", Effect::QuarantinedRow, 4, 5),
            finding("F012", Effect::QuarantinedRow, 5, 1),
            finding("F012", Effect::BlankedValue, 6, 1),
        ];
        let table = rules_table(&findings);
        let lines: Vec<String> = table
            .rows()
            .iter()
            .map(|r| format!("{} {} {}", r[0].shown(), r[3].shown(), r[4].shown()))
            .collect();
        let expected = [
            "F013 row kept out 5",
            "F012 row kept out 2",
            "F012 value left out 1",
            "F001 used as it is 90",
        ];
        assert_eq!(lines, expected);
    }

    fn page(findings: &[FindingRow]) -> String {
        FindingsPage {
            of: "s23-raj",
            area: "Essex",
            as_at: date(2026, 6, 30),
            findings,
        }
        .html()
    }

    #[test]
    fn the_page_lists_a_limited_number_of_places() {
        let findings: Vec<FindingRow> = (0..501)
            .map(|line| finding("F012", Effect::QuarantinedRow, line, 1))
            .collect();
        let page = page(&findings);
        assert!(page.contains("501 rows have something to mend"));
        assert!(page.contains("The first 500 of 501 places"));
        assert!(page.contains("<td>AB</td><td>Child DOB</td><td>F012</td>"));
    }

    #[test]
    fn a_sound_feed_is_told_so() {
        assert!(page(&[]).contains("Nothing is wrong in what was received."));
    }
}
