//! Mothers, with what belongs to them: practices and circumstances.

use identity::Identity;
use jiff::civil::Date;
use kit::{
    ReadError, Sink, Values,
    table_set::{Held, Seen, TableSet},
};
use records::Outcome;

use super::{
    Around, is_open,
    tables::{CIRCUMSTANCES, MOTHERS, PRACTICES},
};
use crate::{fields::FLAGS, items, mother, rules};

/// A mother, as a pregnancy sees her.
#[derive(Clone)]
pub(super) struct Mother {
    pub(super) identity: Identity,
    /// ODS code of her practice.
    pub(super) practice: Option<String>,
    /// Flags that her circumstances raise.
    pub(super) flags: Vec<&'static str>,
}

/// The mothers of a submission by their key.
pub(super) struct Mothers {
    mothers: Held<(Box<str>, Identity)>,
    practices: Held<Practice>,
    circumstances: Held<&'static str>,
}

/// A registration with a practice.
struct Practice {
    code: Option<String>,
    from: Option<Date>,
    until: Option<Date>,
}

impl Mothers {
    pub(super) fn hold(
        set: &mut TableSet<'_>,
        around: &Around<'_>,
        sink: &mut dyn Sink,
    ) -> Result<Self, ReadError> {
        let mut keys = Seen::default();
        Ok(Mothers {
            mothers: set.hold(MOTHERS, "mother_id", sink, |values| {
                let key = keys.key(values, "mother_id")?;
                items::note_expected(values, &["nhs_number", "birth_date", "postcode"]);
                let reading = around.reading;
                Some((key, mother::unnamed(values, reading.test_numbers, reading.as_at)))
            })?,
            practices: set.hold(PRACTICES, "mother_id", sink, |values| {
                Some(Practice {
                    code: items::practice(values),
                    from: values.date("registered_from"),
                    until: values.date("registered_until"),
                })
            })?,
            circumstances: set.hold(CIRCUMSTANCES, "mother_id", sink, |values| {
                circumstance(values, around)
            })?,
        })
    }

    /// The mother of a pregnancy, as she stood on a day. The rows of hers that are taken for the first time are
    /// counted in `counts`.
    pub(super) fn take(
        &mut self,
        mother: &str,
        day: Date,
        counts: &mut Vec<(&'static str, u64)>,
    ) -> Option<Mother> {
        let row = self.mothers.take(mother, counts).first()?;
        let (_, identity) = row.says.clone()?;
        let practices = self.practices.take(mother, counts).iter();
        let mut open: Vec<&Practice> = practices
            .filter_map(|row| row.says.as_ref())
            .filter(|practice| is_open(practice.from, practice.until, day))
            .collect();
        open.sort_by_key(|practice| (practice.from, &practice.code));
        let mut flags: Vec<&'static str> = self
            .circumstances
            .take(mother, counts)
            .iter()
            .filter_map(|row| row.says)
            .collect();
        flags.sort_unstable();
        flags.dedup();
        Some(Mother {
            identity,
            practice: open.last().and_then(|practice| practice.code.clone()),
            flags,
        })
    }

    /// Reports the mothers of no pregnancy, who concern nobody here, and what belongs to no mother.
    ///
    /// # Errors
    /// Refuses the delivery where they are so many that a table must have been cut short.
    pub(super) fn report_left(mut self, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let alone = self.mothers.adopt_orphans(&rules::NO_PREGNANCY, sink)?;
        for row in &alone {
            let mut rows = vec![(MOTHERS, 1)];
            if let Some((mother, _)) = &row.says {
                self.practices.take(mother, &mut rows);
                self.circumstances.take(mother, &mut rows);
            }
            for (table, rows) in rows {
                sink.rows_without_record(table, Outcome::OutOfScope, rows);
            }
        }
        self.practices.report_orphans(sink)?;
        self.circumstances.report_orphans(sink)?;
        Ok(())
    }
}

/// The flag that a circumstance raises; most raise none.
fn circumstance(values: &mut Values<'_>, around: &Around<'_>) -> Option<&'static str> {
    let concept = values.text("circumstance")?;
    let (_, code) = around.lists.circumstances.find(&concept)?;
    let means = code.means.as_deref()?;
    FLAGS.iter().copied().find(|flag| *flag == means)
}
