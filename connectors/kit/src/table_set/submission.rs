//! The header of a submission to an NHS data set.

use jiff::civil::{Date, DateTime, Time};
use records::{Month, Version, finding::Effect};

use super::recognise;
use crate::{
    connector::{Delivery, Nothing, Reading, SnapshotScope},
    field::{Class, Field, FieldType, Level, Table},
    rules,
    values::Values,
};

/// The fields of a header, as [`TableSet::submission`](super::TableSet::submission) reads them: CYP000 of the
/// Community Services Data Set, MSD000 of the Maternity Services Data Set.
pub const HEADER_FIELDS: &[Field] = &[
    Field::new(
        "version",
        FieldType::Text { max: 10 },
        Level::Optional,
        Class::Plain,
        "Version of the data set",
    )
    .source("NHS Data Dictionary, DATA SET VERSION NUMBER"),
    Field::new(
        "provider",
        FieldType::OdsCode,
        Level::Required,
        Class::Plain,
        "Whose care the submission is about; must be the provider of the feed",
    )
    .source("NHS Data Dictionary, ORGANISATION IDENTIFIER (CODE OF PROVIDER)"),
    Field::new(
        "submitter",
        FieldType::OdsCode,
        Level::Optional,
        Class::Plain,
        "Who made the submission",
    )
    .source("NHS Data Dictionary, ORGANISATION IDENTIFIER (CODE OF SUBMITTING ORGANISATION)"),
    Field::new(
        "period_start",
        FieldType::Date,
        Level::Required,
        Class::Plain,
        "First day of the reporting period, the first of a month",
    )
    .source("NHS Data Dictionary, REPORTING PERIOD START DATE"),
    Field::new(
        "period_end",
        FieldType::Date,
        Level::Required,
        Class::Plain,
        "Last day of the reporting period, the last of the same month",
    )
    .source("NHS Data Dictionary, REPORTING PERIOD END DATE"),
    Field::new(
        "created_at",
        FieldType::DateTime,
        Level::Required,
        Class::Plain,
        "When the submission was made: of two for one month the later one counts",
    )
    .source("NHS Data Dictionary, DATE AND TIME DATA SET CREATED"),
    Field::new(
        "created_time",
        FieldType::Text { max: 15 },
        Level::Optional,
        Class::Plain,
        "The time of day at which it was made, hh:mm:ss, where that stands in a column of its own",
    )
    .source("NHS Data Dictionary, DATA SET CREATED TIME"),
];

/// What a header states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// ODS code of the provider.
    pub provider: String,
    /// The month that is reported on.
    pub month: Month,
    /// Its last day.
    pub last_day: Date,
    /// When the submission was made.
    pub created: DateTime,
}

impl Submission {
    /// The scope of its records: whatever else the vault holds of it is gone.
    pub fn scope(&self) -> String {
        format!("{}/{}", self.provider, self.month)
    }

    /// The version of its records.
    pub fn version(&self) -> Version {
        Version::of_period(self.last_day, self.created)
    }

    /// The scope with its version.
    pub fn snapshot(&self) -> SnapshotScope {
        SnapshotScope {
            scope: self.scope(),
            version: self.version(),
        }
    }

    /// Reads a row of the header. None where it does not say what it must: that has then been noted, as refusing the
    /// delivery.
    pub(super) fn read(values: &mut Values<'_>, reading: &Reading<'_>) -> Option<Self> {
        let provider = values.text("provider");
        let start = values.date("period_start");
        let end = values.date("period_end");
        let created = values.moment("created_at").map(|moment| moment.ordered);
        let created = match values.text("created_time").map(|time| time.parse::<Time>()) {
            Some(Ok(time)) => created.map(|created| created.date().to_datetime(time)),
            Some(Err(_)) => None,
            None => created,
        };
        let mut refuse = |field: &str, rule| {
            values.note(field, rule, Effect::RefusedDelivery);
            None
        };
        let Some(provider) = provider else {
            return refuse("provider", &rules::NO_SUBMISSION);
        };
        let (Some(start), Some(end)) = (start, end) else {
            return refuse("period_end", &rules::NO_SUBMISSION);
        };
        let Some(created) = created else {
            return refuse("created_at", &rules::NO_SUBMISSION);
        };
        if !provider.eq_ignore_ascii_case(reading.provider) {
            return refuse("provider", &rules::OTHER_PROVIDER);
        }
        if start != end.first_of_month() || end != end.last_of_month() {
            return refuse("period_end", &rules::NOT_A_MONTH);
        }
        if end > reading.as_at {
            return refuse("period_end", &rules::FUTURE_PERIOD);
        }
        // It would win over every later submission for the month.
        if created.date() > reading.as_at {
            return refuse("created_at", &rules::FUTURE_PERIOD);
        }
        Some(Submission {
            provider,
            month: Month::of(end),
            last_day: end,
            created,
        })
    }
}

/// The provider that the header of a submission names, for looking at a sample of nobody's feed; none where no
/// header says.
pub fn stated_provider(
    tables: &'static [Table],
    delivery: &Delivery,
    reading: &Reading<'_>,
) -> Option<String> {
    let mut nothing = Nothing;
    let files = recognise(tables, delivery, reading, &mut nothing).ok()?;
    let is_header = |table: &Table| {
        ["provider", "period_end"]
            .iter()
            .all(|name| table.field(name).is_some())
    };
    for file in files.iter().filter(|file| is_header(file.table)) {
        let columns = (&file.layout.columns, file.layout.ignored.as_slice());
        let table = file.open(reading, &mut nothing).ok()?;
        let mut provider = None;
        let read = table.each_row(columns, reading, &mut nothing, |mut values, _| {
            provider = provider.take().or_else(|| values.text("provider"));
            Ok(())
        });
        if read.is_ok() && provider.is_some() {
            return provider;
        }
    }
    None
}
