//! A submission to the Maternity Services Data Set, version 2.
//!
//! A pregnancy is sent again each month while it is in care, and the latest submission tells how it stands. Its mother
//! is joined from MSD001, its scans from MSD103, its deliveries from MSD301 and their babies from MSD401; how it ended
//! is told by its babies, else by the reason of the mother's discharge. Each baby is a record of its own, born of the
//! pregnancy. The tables hold no names.

use std::sync::Arc;

use jiff::civil::Date;
use kit::{
    Delivery, ReadError, Reading, Sink, SnapshotScope, Values, Verdict,
    codes::{self, CodeList},
    report::{at, refuse},
    table_set::{Held, HeldRow, Seen, Submission, TableSet, is_cut_off},
};
use records::{Outcome, PregnancyOutcome, finding::Effect};

use crate::{key, rules};

mod baby;
mod mothers;
mod pregnancy;
pub(crate) mod tables;

use baby::Baby;
use mothers::{Mother, Mothers};
use pregnancy::Scan;
use tables::{BABIES, DELIVERIES, HEADER, PREGNANCIES, SCANS};

/// Reads a submission.
pub(crate) fn read(
    delivery: &Delivery,
    reading: &Reading<'_>,
    sink: &mut dyn Sink,
) -> Result<Vec<SnapshotScope>, ReadError> {
    let lists = Lists::load()?;
    let mut set = TableSet::open(tables::TABLES, delivery, reading, sink)?;
    let submission = set.submission(HEADER, sink)?;
    let around = Around {
        reading,
        lists: &lists,
        submission: &submission,
    };
    let mothers = Mothers::hold(&mut set, &around, sink)?;
    let scans = set.hold(SCANS, "pregnancy_id", sink, |values| Some(Scan::read(values)))?;
    let mut ids = Seen::default();
    let deliveries = set.hold(DELIVERIES, "pregnancy_id", sink, |values| {
        let id = ids.key(values, "delivery_id")?;
        let pregnancy = values.raw("pregnancy_id").unwrap_or_default().as_ref().into();
        Some(Labour { id, pregnancy })
    })?;
    let mut keys = Seen::default();
    let babies = set.hold(BABIES, "delivery_id", sink, |values| {
        baby::read(values, &around, &mut keys)
    })?;
    let tables = Tables {
        around,
        mothers,
        scans,
        deliveries,
        babies,
        without_mother: 0,
        pregnancies: 0,
    };
    tables.read(&mut set, sink)?;
    set.finish(sink)?;
    Ok(vec![submission.snapshot()])
}

/// The lists whose codes mean something in the dataset.
struct Lists {
    outcomes: Arc<CodeList>,
    discharge_reasons: Arc<CodeList>,
    circumstances: Arc<CodeList>,
    sexes: Arc<CodeList>,
    ethnic_categories: Arc<CodeList>,
}

impl Lists {
    fn load() -> Result<Self, ReadError> {
        Ok(Lists {
            outcomes: codes::list("pregnancy-outcome")?,
            discharge_reasons: codes::list("maternity-discharge-reason")?,
            circumstances: codes::list("social-circumstances")?,
            sexes: codes::list("phenotypic-sex")?,
            ethnic_categories: codes::list("ethnic-2001")?,
        })
    }
}

/// The outcome that a code of a list means; none where it tells none.
fn outcome_of(list: &CodeList, code: &str) -> Option<PregnancyOutcome> {
    PregnancyOutcome::from_code(list.find(code)?.1.means.as_deref()?)
}

/// What every row is read in the light of.
#[derive(Clone, Copy)]
struct Around<'a> {
    reading: &'a Reading<'a>,
    lists: &'a Lists,
    submission: &'a Submission,
}

/// A delivery: its own key and that of its pregnancy.
struct Labour {
    id: Box<str>,
    pregnancy: Box<str>,
}

/// The tables that pregnancies and births are made of.
struct Tables<'a> {
    around: Around<'a>,
    mothers: Mothers,
    scans: Held<Scan>,
    deliveries: Held<Labour>,
    babies: Held<Baby>,
    without_mother: u64,
    pregnancies: u64,
}

impl Tables<'_> {
    /// Streams the pregnancies, each taking what belongs to it, and then what belongs to none.
    fn read(mut self, set: &mut TableSet<'_>, sink: &mut dyn Sink) -> Result<(), ReadError> {
        let mut keys = Seen::default();
        set.each_row(PREGNANCIES, sink, |values, sink| {
            self.pregnancy(values, &mut keys, sink)
        })?;
        if is_cut_off(self.without_mother, self.pregnancies) {
            let finding =
                kit::report::about_table(&kit::rules::MANY_ORPHANS, Effect::RefusedDelivery, PREGNANCIES);
            return Err(refuse(finding, sink));
        }
        self.mothers.report_left(sink)?;
        self.scans.report_orphans(sink)?;
        // A delivery without a pregnancy here may well be of one that was sent in a month before.
        for labour in self.deliveries.report_orphans(sink)? {
            let born_of = (!labour.pregnancy.is_empty()).then(|| key::of_pregnancy(&labour.pregnancy));
            for row in self.babies.take(&labour.id, &mut Vec::new()) {
                if let Some(baby) = &row.says {
                    sink.record(
                        baby.clone()
                            .into_record(None, born_of.clone(), self.around.submission),
                    )?;
                }
            }
        }
        for row in self.babies.adopt_orphans(&rules::NO_DELIVERY, sink)? {
            if let Some(baby) = row.says {
                sink.record(baby.into_record(None, None, self.around.submission))?;
            }
        }
        Ok(())
    }

    fn pregnancy(
        &mut self,
        mut values: Values<'_>,
        keys: &mut Seen,
        sink: &mut dyn Sink,
    ) -> Result<(), ReadError> {
        self.pregnancies += 1;
        let Some(id) = keys.key(&mut values, "pregnancy_id") else {
            values.finish(sink)?;
            sink.rows_without_record(PREGNANCIES, Outcome::Quarantined, 1);
            return Ok(());
        };
        let mut rows = vec![(PREGNANCIES, 1)];
        let mother = values.raw("mother_id");
        let mother = mother.and_then(|mother| {
            self.mothers
                .take(&mother, self.around.submission.last_day, &mut rows)
        });
        let scans = self.scans.take(&id, &mut rows);
        let babies = babies_of(self.deliveries.take(&id, &mut rows), &mut self.babies);
        let incoming = match &mother {
            Some(mother) => {
                let born: Vec<&Baby> = babies.iter().filter_map(|row| row.says.as_ref()).collect();
                Some(pregnancy::read(
                    &mut values,
                    &id,
                    mother,
                    scans,
                    &born,
                    &self.around,
                ))
            }
            None => {
                self.without_mother += 1;
                values.note("mother_id", &rules::NO_MOTHER, Effect::QuarantinedRow);
                None
            }
        };
        let verdict = values.finish(sink)?;
        match incoming.filter(|_| verdict == Verdict::Keep) {
            Some(mut incoming) => {
                incoming.rows = rows;
                sink.record(incoming)?;
            }
            None => {
                for (table, rows) in rows {
                    sink.rows_without_record(table, Outcome::Quarantined, rows);
                }
            }
        }
        for row in babies {
            self.report_same_number(&row, mother.as_ref(), sink);
            if let Some(baby) = row.says {
                let born_of = Some(key::of_pregnancy(&id));
                sink.record(baby.into_record(mother.as_ref(), born_of, self.around.submission))?;
            }
        }
        Ok(())
    }

    fn report_same_number(&self, row: &HeldRow<Baby>, mother: Option<&Mother>, sink: &mut dyn Sink) {
        let own = row.says.as_ref().and_then(Baby::nhs_number);
        let mothers = mother.and_then(|mother| mother.identity.nhs_number.valid());
        if own.is_some() && own == mothers {
            let place = self.babies.place(row, "nhs_number");
            sink.finding(at(&rules::SAME_NUMBER, Effect::Accepted, place));
        }
    }
}

/// The babies of some deliveries; their rows are counted with their own records.
fn babies_of(deliveries: &[HeldRow<Labour>], babies: &mut Held<Baby>) -> Vec<HeldRow<Baby>> {
    let mut born = Vec::new();
    for labour in deliveries.iter().filter_map(|row| row.says.as_ref()) {
        born.extend_from_slice(babies.take(&labour.id, &mut Vec::new()));
    }
    born
}

/// Whether a period of days is open on a day.
fn is_open(from: Option<Date>, until: Option<Date>, day: Date) -> bool {
    from.is_none_or(|from| from <= day) && until.is_none_or(|until| day <= until)
}
