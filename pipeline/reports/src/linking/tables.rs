//! The tables of the page.

use super::{EvaluationPart, Example, LinkingPage};
use crate::{Cell, Column, Table};

/// A share with as many decimals as tell one false link in ten thousand.
fn share(value: Option<f64>) -> Cell {
    value.map_or(Cell::Blank, |value| Cell::number(value, 4))
}

/// A probability over many powers of ten.
fn chance(value: f64) -> Cell {
    if value == 0.0 || value >= 0.001 {
        Cell::number(value, 4)
    } else {
        Cell::Text(format!("{value:.1e}"))
    }
}

/// What a column adds, with its sign.
fn signed(bits: f64) -> Cell {
    Cell::Text(format!("{bits:+.2}"))
}

impl LinkingPage {
    pub(super) fn inputs_table(&self) -> Table<2> {
        let mut table = Table::new([
            Column::new("input").titled("File"),
            Column::new("rows").titled("Rows").right(),
        ]);
        for (name, rows) in &self.inputs {
            table.push([name.into(), (*rows).into()]);
        }
        table
    }

    pub(super) fn estimates_table(&self) -> Table<4> {
        let mut table = Table::new([
            Column::new("threshold").titled("Threshold, bits").right(),
            Column::new("links").titled("Links").right(),
            Column::new("estimated_precision")
                .titled("Expected precision")
                .right(),
            Column::new("estimated_recall").titled("Expected recall").right(),
        ]);
        for line in &self.estimates {
            table.push([
                Cell::number(line.threshold, 1),
                line.links.into(),
                share(Some(line.precision)),
                share(Some(line.recall)),
            ]);
        }
        table
    }

    /// The same beside what is so.
    pub(super) fn compared_table(&self) -> Table<6> {
        let mut table = Table::new([
            Column::new("threshold").titled("Threshold, bits").right(),
            Column::new("links").titled("Links").right(),
            Column::new("estimated_precision")
                .titled("Expected precision")
                .right(),
            Column::new("precision").titled("True precision").right(),
            Column::new("estimated_recall").titled("Expected recall").right(),
            Column::new("recall").titled("True recall").right(),
        ]);
        for line in &self.estimates {
            let (precision, recall) = line.truly.unwrap_or_default();
            table.push([
                Cell::number(line.threshold, 1),
                line.links.into(),
                share(Some(line.precision)),
                share(precision),
                share(Some(line.recall)),
                share(recall),
            ]);
        }
        table
    }

    pub(super) fn model_table(&self) -> Table<7> {
        let mut table = Table::new([
            Column::new("column").titled("Column"),
            Column::new("level").titled("Level"),
            Column::new("m").titled("Same person (m)").right(),
            Column::new("household").titled("One household").right(),
            Column::new("u").titled("At random (u)").right(),
            Column::new("bits").titled("Bits").right(),
            Column::new("links").titled("Links").right(),
        ]);
        for line in &self.levels {
            table.push([
                (&line.column).into(),
                (&line.label).into(),
                chance(line.same),
                chance(line.household),
                chance(line.unrelated),
                signed(line.bits),
                line.links.into(),
            ]);
        }
        table
    }

    pub(super) fn blocking_table(&self) -> Table<5> {
        let mut table = Table::new([
            Column::new("key").titled("In common"),
            Column::new("blocks").titled("Blocks").right(),
            Column::new("largest").titled("Rows in the largest").right(),
            Column::new("left_out").titled("Blocks too large").right(),
            Column::new("pairs").titled("New pairs").right(),
        ]);
        for line in &self.blocking {
            table.push([
                (&line.key).into(),
                line.blocks.into(),
                line.largest.into(),
                line.left_out.into(),
                line.pairs.into(),
            ]);
        }
        table
    }

    pub(super) fn completeness_table(&self) -> Table<7> {
        let mut table = Table::new([
            Column::new("column").titled("Column"),
            Column::new("kind").titled("Kind"),
            Column::new("input").titled("File"),
            Column::new("rows").titled("Rows").right(),
            Column::new("blank").titled("Empty").right(),
            Column::new("unreadable").titled("Not understood").right(),
            Column::new("complete").titled("Complete, %").right(),
        ]);
        for line in &self.completeness {
            let whole = line
                .rows
                .saturating_sub(line.blank)
                .saturating_sub(line.unreadable);
            let complete = (line.rows > 0).then(|| 100.0 * whole as f64 / line.rows as f64);
            table.push([
                (&line.column).into(),
                (&line.kind).into(),
                (&line.input).into(),
                line.rows.into(),
                line.blank.into(),
                line.unreadable.into(),
                complete.map_or(Cell::Blank, |complete| Cell::number(complete, 1)),
            ]);
        }
        table
    }
}

impl EvaluationPart {
    pub(super) fn scores_table(&self) -> Table<4> {
        let mut table = Table::new([
            Column::new("of").titled("Of"),
            Column::new("precision").titled("Precision").right(),
            Column::new("recall").titled("Recall").right(),
            Column::new("f1").titled("F1").right(),
        ]);
        for line in &self.scores {
            table.push([
                (&line.of).into(),
                share(line.precision),
                share(line.recall),
                share(line.f1),
            ]);
        }
        table
    }
}

impl Example {
    pub(super) fn table(&self) -> Table<4> {
        let mut table = Table::new([
            Column::new("column").titled("Column"),
            Column::new("level").titled("Level"),
            Column::new("bits").titled("Bits").right(),
            Column::new("rarity").titled("For rarity").right(),
        ]);
        table.push(["before".into(), Cell::Blank, signed(self.prior), Cell::Blank]);
        for (name, level, bits, rarity) in &self.columns {
            table.push([name.into(), level.into(), signed(*bits), signed(*rarity)]);
        }
        let household = "may be of one household";
        table.push([household.into(), Cell::Blank, signed(self.household), Cell::Blank]);
        // Half of the last decimal that is shown.
        if self.relatives.abs() >= 0.005 {
            let relatives = "relatives who moved, or did not";
            table.push([relatives.into(), Cell::Blank, signed(self.relatives), Cell::Blank]);
        }
        if self.rivals.abs() >= 0.005 {
            let rivals = "others that either could be";
            table.push([rivals.into(), Cell::Blank, signed(self.rivals), Cell::Blank]);
        }
        let probability = format!("probability {:.6}", self.probability);
        table.push(["sum".into(), probability.into(), signed(self.weight), Cell::Blank]);
        table
    }
}
