//! The lists as they are written: rows in an order that tells nothing, and the truth beside them.

use std::io::Write;

use jiff::civil::Date;

use super::noise::Written;
use crate::{
    SynthError,
    dice::{Purpose, Seed},
    files::{Files, wrong},
};

/// On which lists a child is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    left: bool,
    right: bool,
}

impl Listed {
    /// Of six children in a row four are on both, and each list has one more; which, changes from six to six, so that
    /// brothers and sisters are missing as often as anybody.
    pub(super) fn of(number: usize, a_side: usize) -> Self {
        let (six, place) = (number / 6, number % 6);
        let (left_only, right_only) = ((six * 5) % 6, (six * 5 + 1 + six % 5) % 6);
        // The last, uneven six may have too few for both.
        let whole = six < a_side / 5;
        Listed {
            left: place != right_only || !whole,
            right: place != left_only || !whole,
        }
    }
}

/// Where a child came to stand, counted from 0 in each list.
struct Placed {
    positions: [Option<usize>; 2],
    family: usize,
    birth: Date,
    twin: bool,
    kinds: String,
}

/// Both lists, before they are shuffled.
#[derive(Default)]
pub(super) struct Lists {
    rows: [Vec<String>; 2],
    children: Vec<Placed>,
}

impl Lists {
    /// Begins a family, and names it.
    pub(super) fn family(&self) -> usize {
        self.children.len()
    }

    /// Adds a child of a family to the lists it is on.
    pub(super) fn add(&mut self, child: Written, on: Listed, family: usize) {
        let mut positions = [None; 2];
        for (side, is_on) in [on.left, on.right].into_iter().enumerate() {
            if is_on {
                positions[side] = Some(self.rows[side].len());
                self.rows[side].push(child.rows[side].written());
            }
        }
        self.children.push(Placed {
            positions,
            family,
            birth: child.birth,
            twin: child.twin,
            kinds: child.kinds.join("+"),
        });
    }

    /// Rows of each list.
    pub(super) fn rows(&self) -> [usize; 2] {
        [self.rows[0].len(), self.rows[1].len()]
    }

    /// Writes both lists, the truth and what `sendlink link` is given. How many children are on both.
    pub(super) fn write(&self, files: &Files, seed: Seed) -> Result<usize, SynthError> {
        let ids: [Vec<String>; 2] = [self.list(0, files, seed)?, self.list(1, files, seed)?];
        let id = |side: usize, position: usize| ids[side][position].as_str();

        let mut pairs = 0;
        text(files, "truth.csv", |out| {
            writeln!(out, "left_id,right_id,kinds")?;
            for child in &self.children {
                if let [Some(left), Some(right)] = child.positions {
                    let kinds = if child.kinds.is_empty() {
                        "none"
                    } else {
                        &child.kinds
                    };
                    writeln!(out, "{},{},{kinds}", id(0, left), id(1, right))?;
                    pairs += 1;
                }
            }
            Ok(())
        })?;
        text(files, "relatives.csv", |out| {
            writeln!(out, "left_id,right_id,relation")?;
            for family in self.children.chunk_by(|one, other| one.family == other.family) {
                for (one, left) in family.iter().enumerate() {
                    for (other, right) in family.iter().enumerate() {
                        if let (true, Some(at), Some(there)) =
                            (one != other, left.positions[0], right.positions[1])
                        {
                            let twins = left.twin && right.twin && left.birth == right.birth;
                            let relation = if twins { "twin" } else { "sibling" };
                            writeln!(out, "{},{},{relation}", id(0, at), id(1, there))?;
                        }
                    }
                }
            }
            Ok(())
        })?;
        text(files, "link.toml", |out| out.write_all(LINK.as_bytes()))?;
        Ok(pairs)
    }

    /// Writes a list, and gives the id of each of its rows.
    fn list(&self, side: usize, files: &Files, seed: Seed) -> Result<Vec<String>, SynthError> {
        let (name, letter) = [("left.csv", 'L'), ("right.csv", 'R')][side];
        let rows = &self.rows[side];
        let mut order: Vec<usize> = (0..rows.len()).collect();
        seed.dice(side as u64, Purpose::ListOrder).shuffle(&mut order);
        let mut ids = vec![String::new(); rows.len()];
        text(files, name, |out| {
            writeln!(out, "id,forename,surname,birth_date,sex,postcode")?;
            for (number, position) in order.into_iter().enumerate() {
                let id = format!("{letter}{}", number + 1);
                writeln!(out, "{id},{}", rows[position])?;
                ids[position] = id;
            }
            Ok(())
        })?;
        Ok(ids)
    }
}

fn text(
    files: &Files,
    path: &str,
    write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), SynthError> {
    let mut out = files.create(path)?;
    write(&mut out)
        .and_then(|()| out.flush())
        .map_err(|source| wrong(path, source))
}

/// Default settings, but that neither list has anybody twice.
const LINK: &str = r#"[[input]]
file = "left.csv"
id = "id"

[[input]]
file = "right.csv"
id = "id"

[columns]
forename = { kind = "name", same_as = "surname" }
surname = "name"
birth_date = "date"
sex = "code"
postcode = "postcode"

[link]
one_to_one = true

[output]
pairs = "out/pairs.csv"
clusters = "out/clusters.csv"
model = "out/model.json"
report = "out/report.html"
"#;
