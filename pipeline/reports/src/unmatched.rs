//! The list of unmatched notices, reviews, births and pregnancies, with the sender's own reference or the place in
//! the sender's file.

use std::fmt;

use measures::{Reasons, Unmatched};
use records::Location;

use crate::{Column, Table};

/// How the sender finds the record again.
#[derive(Clone, PartialEq, Eq)]
pub enum Whereabouts {
    /// By the sender's own reference. Shown to that sender and in this list only, so Debug hides it.
    Reference(String),
    /// By its place, where there is no reference or the reference could itself name the child.
    Place {
        /// The delivery's label.
        delivery: String,
        /// Where in it.
        location: Location,
    },
}

impl fmt::Debug for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whereabouts::Reference(_) => f.write_str("Reference(..)"),
            Whereabouts::Place { delivery, location } => f
                .debug_struct("Place")
                .field("delivery", delivery)
                .field("location", location)
                .finish(),
        }
    }
}

impl fmt::Display for Whereabouts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Whereabouts::Reference(reference) => f.write_str(reference),
            Whereabouts::Place { delivery, location } => {
                f.write_str(if location.file.is_empty() {
                    delivery
                } else {
                    &location.file
                })?;
                if let Some(sheet) = &location.sheet {
                    write!(f, ", sheet {sheet}")?;
                }
                match location.line {
                    Some(line) if location.sheet.is_some() => write!(f, ", row {line}"),
                    Some(line) => write!(f, ", line {line}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct UnmatchedLine {
    /// What is known of the record.
    pub unmatched: Unmatched,
    /// How its sender finds it.
    pub whereabouts: Whereabouts,
}

/// The list as a table. `reference` is the sender's, or else the place in the file; `record_id` is ours, by which a
/// decision can name the record.
pub fn unmatched_table(lines: &[UnmatchedLine], reasons: &Reasons) -> Table<14> {
    let mut table = Table::new([
        Column::new("reference").titled("Reference"),
        Column::new("item").titled("What"),
        Column::new("provider").titled("Provider"),
        Column::new("feed").titled("Feed"),
        Column::new("received").titled("Received"),
        Column::new("reason").titled("Reason"),
        Column::new("why").titled("Why"),
        Column::new("tier").titled("Tier"),
        Column::new("valid").titled("Valid"),
        Column::new("days_open").titled("Days open").right(),
        Column::new("tries").titled("Tries").right(),
        Column::new("who").titled("Who acts"),
        Column::new("todo").titled("What to do"),
        Column::new("record_id").titled("Our reference"),
    ]);
    for UnmatchedLine {
        unmatched,
        whereabouts,
    } in lines
    {
        table.push([
            whereabouts.to_string().into(),
            unmatched.item.as_str().into(),
            (&unmatched.provider).into(),
            (&unmatched.feed).into(),
            unmatched.received.into(),
            unmatched.reason.as_str().into(),
            reasons
                .row(unmatched.reason)
                .map(|row| row.title_of(unmatched.item))
                .into(),
            unmatched.tier.as_str().into(),
            unmatched.counts.into(),
            unmatched.days_open.into(),
            unmatched.tries.into(),
            (&unmatched.who).into(),
            (&unmatched.todo).into(),
            (&unmatched.record_id).into(),
        ]);
    }
    table
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use measures::{Item, Reason, Tier};

    use super::*;
    use crate::Format;

    pub(crate) fn line(whereabouts: Whereabouts) -> UnmatchedLine {
        UnmatchedLine {
            unmatched: Unmatched {
                item: Item::Notice,
                record_id: "00ff".into(),
                feed: "s23-raj".into(),
                provider: "RAJ".into(),
                received: date(2026, 3, 4),
                reason: Reason::R02,
                tier: Tier::T0,
                days_open: 118,
                tries: 90,
                counts: true,
                todo: "Correct the NHS number and send the notice again.".into(),
                who: "sender".into(),
            },
            whereabouts,
        }
    }

    #[test]
    fn a_reference_is_shown_in_the_list_and_nowhere_else() {
        let reasons = Reasons::built_in().expect("well formed");
        let line = line(Whereabouts::Reference("=REF-7".into()));
        assert!(!format!("{line:?}").contains("REF-7"));
        let mut out = Vec::new();
        unmatched_table(&[line], &reasons)
            .write(Format::Csv, &mut out)
            .expect("memory takes all");
        let expected = "\
reference,item,provider,feed,received,reason,why,tier,valid,days_open,tries,who,todo,record_id
'=REF-7,notice,RAJ,s23-raj,2026-03-04,R02,NHS number fails its check,T0,yes,118,90,sender,\
Correct the NHS number and send the notice again.,00ff
";
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn without_a_reference_the_place_is_shown() {
        let place = |sheet: Option<&str>, line| {
            let location = Location {
                file: "notices.xlsx".into(),
                sheet: sheet.map(str::to_owned),
                line,
                ..Location::default()
            };
            Whereabouts::Place {
                delivery: "delivery 4".into(),
                location,
            }
            .to_string()
        };
        assert_eq!(
            place(Some("Notices"), Some(7)),
            "notices.xlsx, sheet Notices, row 7"
        );
        assert_eq!(place(None, Some(7)), "notices.xlsx, line 7");
        assert_eq!(place(None, None), "notices.xlsx");
        let nowhere = Whereabouts::Place {
            delivery: "delivery 4".into(),
            location: Location::default(),
        };
        assert_eq!(nowhere.to_string(), "delivery 4");
    }
}
