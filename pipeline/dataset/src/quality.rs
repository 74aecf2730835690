//! How good the linkage of each night was.

use jiff::civil::Date;

use crate::{
    Lease, Run, Store, StoreError,
    sql::{Row, Value},
};

/// One figure about one group of records.
#[derive(Clone, Debug, PartialEq)]
pub struct QualityRow {
    /// What it says.
    pub measure: String,
    /// By what the records are divided.
    pub slice: String,
    /// Which part; blank for all.
    pub part: String,
    /// How many and of how many; none where the group is too small to be shown.
    pub counted: Option<(u64, u64)>,
    /// The share with the limits of its 95% interval, from 0 to 1; none where the group is too small to be shown.
    pub share: Option<[f64; 3]>,
}

/// The figures of one run.
#[derive(Clone, Debug, PartialEq)]
pub struct RunQuality {
    /// The run.
    pub run: i64,
    /// The day that it was for.
    pub as_at: Date,
    /// Its figures, by measure, slice and part.
    pub figures: Vec<QualityRow>,
}

impl Store {
    /// Keeps the figures of a run, in place of those that it kept before it was stopped.
    ///
    /// # Errors
    /// Where the database cannot be written.
    pub async fn save_quality(
        &self,
        lease: &Lease,
        run: &Run,
        figures: &[QualityRow],
    ) -> Result<(), StoreError> {
        let mut tx = self.write(lease, "keep the quality of linkage").await?;
        tx.execute("delete from linkage_quality where run = $1", [run.id.into()])
            .await?;
        let count = |value: Option<u64>| Value::Integer(value.and_then(|value| i64::try_from(value).ok()));
        let rows = figures
            .iter()
            .map(|figure| {
                let share = |at: usize| Value::Real(figure.share.and_then(|share| share.get(at).copied()));
                vec![
                    run.id.into(),
                    figure.measure.as_str().into(),
                    figure.slice.as_str().into(),
                    figure.part.as_str().into(),
                    count(figure.counted.map(|(counted, _)| counted)),
                    count(figure.counted.map(|(_, of)| of)),
                    share(0),
                    share(1),
                    share(2),
                ]
            })
            .collect();
        let columns = [
            "run", "measure", "slice", "part", "counted", "of_all", "share", "lower", "upper",
        ];
        tx.bulk("linkage_quality", &columns, rows).await?;
        tx.commit().await
    }

    /// The figures of the latest runs that kept any, latest first.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn quality(&self, runs: u32) -> Result<Vec<RunQuality>, StoreError> {
        let mut tx = self.read("read the quality of linkage").await?;
        let latest = tx
            .all(
                "select r.id, r.as_at from run r
                  where exists (select 1 from linkage_quality q where q.run = r.id) order by r.id desc limit $1",
                [i64::from(runs).into()],
                |row| Ok((row.integer(0)?, row.parsed(1)?)),
            )
            .await?;
        let mut all = Vec::with_capacity(latest.len());
        for (run, as_at) in latest {
            let figures = tx
                .all(
                    "select measure, slice, part, counted, of_all, share, lower, upper from linkage_quality
                      where run = $1 order by measure, slice, part",
                    [run.into()],
                    figure,
                )
                .await?;
            all.push(RunQuality { run, as_at, figures });
        }
        Ok(all)
    }
}

fn figure(row: &Row) -> Result<QualityRow, StoreError> {
    let counts = (row.optional_integer(3)?, row.optional_integer(4)?);
    let count = |value: i64| {
        u64::try_from(value).map_err(|_| StoreError::Corrupt {
            what: "a count below nought",
        })
    };
    Ok(QualityRow {
        measure: row.text(0)?,
        slice: row.text(1)?,
        part: row.text(2)?,
        counted: match counts {
            (Some(counted), Some(of)) => Some((count(counted)?, count(of)?)),
            _ => None,
        },
        share: match (
            row.optional_real(5)?,
            row.optional_real(6)?,
            row.optional_real(7)?,
        ) {
            (Some(share), Some(lower), Some(upper)) => Some([share, lower, upper]),
            _ => None,
        },
    })
}
