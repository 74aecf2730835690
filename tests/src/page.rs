//! The night's summary as a terminal shows it, read back.

use std::collections::BTreeMap;

/// A table of the page.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    header: Vec<String>,
    /// Its rows, cell by cell.
    pub rows: Vec<Vec<String>>,
}

impl Shown {
    /// The number in a column of the row that begins with `name`; of two columns of one title, the first. None where
    /// there is no such row, or its cell is blank.
    #[track_caller]
    pub fn number(&self, name: &str, column: &str) -> Option<u64> {
        let row = self.rows.iter().find(|row| row[0] == name)?;
        let cell = &row[self.column(column)];
        (!cell.is_empty()).then(|| {
            cell.parse()
                .unwrap_or_else(|_| panic!("{name}, {column}: {cell}"))
        })
    }

    /// The sum of a column over the rows that begin with `name`.
    #[track_caller]
    pub fn sum(&self, name: &str, column: &str) -> u64 {
        let column = self.column(column);
        let rows = self.rows.iter().filter(|row| row[0] == name);
        rows.map(|row| row[column].parse::<u64>().expect("a number"))
            .sum()
    }

    #[track_caller]
    fn column(&self, name: &str) -> usize {
        let place = self.header.iter().position(|title| title == name);
        place.unwrap_or_else(|| panic!("no column {name}: {:?}", self.header))
    }
}

/// The tables of a page by their headings.
pub fn tables(page: &str) -> BTreeMap<String, Shown> {
    let lines: Vec<&str> = page.lines().collect();
    let mut tables = BTreeMap::new();
    for (at, line) in lines.iter().enumerate() {
        let is_rule = line.contains('─') && line.chars().all(|letter| matches!(letter, '─' | ' '));
        if !is_rule {
            continue;
        }
        let spans = spans(line);
        let cells = |line: &str| -> Vec<String> {
            let letters: Vec<char> = line.chars().collect();
            spans
                .iter()
                .map(|(from, to)| {
                    let cell = letters.get(*from..(*to).min(letters.len())).unwrap_or_default();
                    cell.iter().collect::<String>().trim().to_owned()
                })
                .collect()
        };
        let rows = lines[at + 1..]
            .iter()
            .take_while(|line| !line.is_empty() && !line.starts_with("Operational figures"))
            .map(|line| cells(line))
            .collect();
        let heading = lines[..at - 1].iter().rev().find(|line| !line.is_empty());
        let header = cells(lines[at - 1]);
        tables.insert(heading.expect("a heading").to_string(), Shown { header, rows });
    }
    tables
}

/// From where to where each column goes.
fn spans(rule: &str) -> Vec<(usize, usize)> {
    let mut spans: Vec<(usize, usize)> = Vec::new();
    let mut before = ' ';
    for (at, letter) in rule.chars().enumerate() {
        match (before, letter) {
            (' ', '─') => spans.push((at, at + 1)),
            (_, '─') => {
                if let Some((_, to)) = spans.last_mut() {
                    *to = at + 1;
                }
            }
            _ => {}
        }
        before = letter;
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_back() {
        let page = "Town\n\nFeeds\n\nFeed  Rows  Rate\n────  ────  ────\na       12  1.5%\nb             -\nOperational figures\n";
        let tables = tables(page);
        let feeds = &tables["Feeds"];
        assert_eq!(feeds.number("a", "Rows"), Some(12));
        assert_eq!(feeds.number("b", "Rows"), None);
        assert_eq!(feeds.number("c", "Rows"), None);
        assert_eq!(feeds.rows.len(), 2);
        assert_eq!(feeds.sum("a", "Rows"), 12);
    }
}
