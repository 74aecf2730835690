//! A table of a file set.

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
    pub(super) fn new(name: &'static str, header: &[&str]) -> Self {
        Table {
            name,
            header: header.iter().map(|column| (*column).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, cells: &[(&str, &str)]) {
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
