//! What becomes of the staged rows, and the vault afterwards. Every statement works on whole sets and is the
//! same on both back ends.
//!
//! Most rows of most deliveries are new and stand alone, and are staged as such; the statements here turn to those that
//! are repeated in the delivery, late, or known to the vault.

use super::{
    LoadReport, Scope,
    stage::{Staged, snapshot_order},
};
use crate::{DeliveryInfo, Run, StoreError, sql::Tx};

/// Of the rows of one record in this delivery, which is the greatest, and which is the greatest that states it
/// (where `withdrawn` is 0); and their earliest receipt.
const PLACE: &str = "
    update stage set place = r.place, said_place = r.said_place, received_date = r.first_received,
                     wins = case r.place when 1 then 1 else 0 end
      from (select number,
                   row_number() over (partition by record_id
                     order by order_at desc, order_tie desc, version desc, content_hash desc, number) as place,
                   row_number() over (partition by record_id, withdrawn
                     order by order_at desc, order_tie desc, version desc, content_hash desc, number) as said_place,
                   min(received_date) over (partition by record_id) as first_received
              from stage
             where place = 1 and record_id in
               (select record_id from stage where place = 1 group by record_id having count(*) > 1)) r
     where stage.number = r.number";

/// The others either say the same as the greatest or are superseded by it.
const REPEATED: &str = "
    update stage
       set outcome = case when stage.content_hash = w.content_hash and stage.withdrawn = w.withdrawn
                          then 'duplicate' else 'superseded' end
      from stage w
     where w.record_id = stage.record_id and w.place = 1 and stage.place > 1";

/// Rows of a snapshot that is not the latest of its scope, or of a delta before it.
const LATE: &str = "
    update stage set late = 1, outcome = case place when 1 then 'superseded' else outcome end
      from snapshot s
     where s.feed = $1 and s.scope = stage.scope and stage.withdrawn = 0 and stage.place > 0
       and (s.version, s.tie) > (stage.order_at, stage.order_tie)";

/// The readings of the delivery's bytes: what an earlier one brought, this one replaces, whatever its version.
macro_rules! readings {
    () => {
        "(select id from delivery where feed = $1 and delivery_hash = $2)"
    };
}

/// The greatest row of each record against what the vault holds. `wins`: it decides whether the record stands.
/// `says`: it becomes what the record says; a new record that stands is entered with what it says.
const JUDGE: &str = concat!(
    "
    update stage
       set known = 1,
           outcome = case
             when stage.late = 1 then 'superseded'
             when (stage.order_at, stage.order_tie) < (e.order_at, e.order_tie)
               and e.delivery not in ",
    readings!(),
    " then 'superseded'
             when stage.withdrawn = 1 and e.state = 'withdrawn' and stage.content_hash = e.content_hash
               then 'unchanged'
             when stage.withdrawn = 1 then 'withdrawn'
             when e.state = 'current' and stage.content_hash = e.content_hash then 'unchanged'
             else 'loaded' end,
           wins = case when (stage.order_at, stage.order_tie) > (e.order_at, e.order_tie)
                         or e.delivery in ",
    readings!(),
    " then 1 else 0 end,
           says = case when stage.withdrawn = 0
                        and (e.said_at is null or (stage.order_at, stage.order_tie) > (e.said_at, e.said_tie)
                             or e.said_delivery in ",
    readings!(),
    ") then 1 else 0 end,
           was_content = e.content, was_encoded = e.encoded
      from record e
     where e.record_id = stage.record_id and stage.place = 1"
);

/// The greatest row that states a record becomes what the record says, even where another of the delivery
/// withdraws it.
const SPEAK: &str = concat!(
    "
    update stage set says = 1
      from (select s.number, s.order_at, s.order_tie, e.record_id as known, e.said_at as said, e.said_tie,
                   case when e.said_delivery in ",
    readings!(),
    " then 1 else 0 end as again
              from stage s left join record e on e.record_id = s.record_id
             where s.said_place = 1 and s.withdrawn = 0 and s.place > 1) j
     where stage.number = j.number
       and (j.known is null or j.said is null or j.again = 1 or (j.order_at, j.order_tie) > (j.said, j.said_tie))"
);

/// How the staged rows stand to the vault: those that replace all that a known record is, those that are neither so nor
/// new and alone, and those that were entered and never stood.
const STAND: &str = "
    select coalesce(sum(whole), 0), coalesce(sum(case when place > 0 and whole = 0 and
                                                       (known = 1 or place > 1 or withdrawn = 1) then 1 else 0 end), 0),
           coalesce(sum(case when wins = 1 and late = 1 then 1 else 0 end), 0)
      from (select place, known, withdrawn, wins, late,
                   case when known = 1 and wins = 1 and says = 1 then 1 else 0 end as whole from stage) s";

/// What the statements turn to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judged {
    /// Whether a row belongs to a scope, or the delivery is a snapshot of one.
    scoped: bool,
    /// Whether rows take the place of all that known records are.
    whole: bool,
    /// Whether rows are repeated, withdrawn, or take the place of only a part of what known records are.
    partly: bool,
    /// Rows that win and are late.
    late: u64,
}

/// Finds the outcome of every staged row, and enters the delivery's snapshots.
pub(super) async fn judge(
    tx: &mut Tx,
    info: &DeliveryInfo,
    scopes: &[Scope],
    staged: &Staged,
) -> Result<Judged, StoreError> {
    let feed = info.key.feed.as_str();
    let hash = info.key.delivery_hash.as_slice();
    if staged.repeated() {
        tx.execute(PLACE, []).await?;
        tx.execute(REPEATED, []).await?;
    }
    for scope in scopes {
        let (version, tie) = snapshot_order(scope, info);
        tx.execute(
            "insert into snapshot (feed, scope, version, tie) values ($1, $2, $3, $4)
             on conflict (feed, scope) do update set version = excluded.version, tie = excluded.tie
             where (excluded.version, excluded.tie) > (snapshot.version, snapshot.tie)",
            [
                feed.into(),
                scope.scope.as_str().into(),
                version.into(),
                tie.into(),
            ],
        )
        .await?;
    }
    let scoped = staged.scoped() || !scopes.is_empty();
    if scoped {
        tx.execute(LATE, [feed.into()]).await?;
    }
    tx.execute(JUDGE, [feed.into(), hash.into()]).await?;
    if staged.repeated() {
        tx.execute(SPEAK, [feed.into(), hash.into()]).await?;
    }
    let (whole, partly, late) = tx
        .optional(STAND, [], |row| Ok((row.count(0)?, row.count(1)?, row.count(2)?)))
        .await?
        .unwrap_or_default();
    Ok(Judged {
        scoped,
        whole: whole > 0,
        partly: partly > 0,
        late,
    })
}

/// What an earlier reading of this delivery made and this one does not; first what it said.
const UNREAD: [&str; 2] = [
    concat!(
        "delete from content where id in
      (select content from record
        where delivery in ",
        readings!(),
        " and not exists (select 1 from stage s where s.record_id = record.record_id)
       union all
       select encoded from record
        where delivery in ",
        readings!(),
        " and encoded is not null and not exists (select 1 from stage s where s.record_id = record.record_id))"
    ),
    concat!(
        "delete from record where delivery in ",
        readings!(),
        " and not exists (select 1 from stage s where s.record_id = record.record_id)"
    ),
];

/// Most of what is known is said again, or anew, by a row that both wins and says: all that the record is becomes what
/// the row is. `$4` and the number of a row make the id of its content.
const WHOLE: &str = "
    update record
       set feed = $1, provider = $2, delivery = $3, order_at = s.order_at, order_tie = s.order_tie,
           version = s.version, content_hash = s.content_hash, scope = s.scope, state = 'current',
           said_at = s.order_at, said_tie = s.order_tie, said_delivery = $3, event_date = s.event_date,
           received_date = case when s.received_date < record.received_date
                                then s.received_date else record.received_date end,
           about = s.about, mother_id = s.mother_id, born_of = s.born_of, content = $4 + s.number,
           encoded = $4 + s.number
      from stage s
     where s.record_id = record.record_id and s.known = 1 and s.wins = 1 and s.says = 1";

/// What such records said and were encoded by before.
const REPLACED: [&str; 2] = [
    "delete from content where id in
      (select was_content from stage where known = 1 and wins = 1 and says = 1)",
    "delete from content where id in
      (select was_encoded from stage
        where known = 1 and wins = 1 and says = 1 and was_encoded <> was_content)",
];

/// The earliest receipt of all versions, superseded ones included.
const RECEIVED: &str = "
    update record set received_date = s.received_date
      from stage s
     where s.record_id = record.record_id and s.known = 1 and (s.wins = 0 or s.says = 0)
       and s.received_date < record.received_date";

/// Whether it stands; and, where only withdrawals ever came, what they say.
const WINS: &str = "
    update record
       set feed = $1, provider = $2, delivery = $3, order_at = s.order_at, order_tie = s.order_tie,
           version = s.version, content_hash = s.content_hash, scope = s.scope,
           state = case s.withdrawn when 1 then 'withdrawn' else 'current' end,
           encoded = case s.withdrawn when 0 then $4 + s.number end,
           event_date = case when record.said_at is null then s.event_date else record.event_date end,
           content = case when record.said_at is null then $4 + s.number else record.content end
      from stage s
     where s.record_id = record.record_id and s.wins = 1 and s.says = 0 and s.known = 1";

const NEW: &str = "
    insert into record (record_id, kind, feed, provider, state, order_at, order_tie, version, content_hash,
                        scope, delivery, said_at, said_tie, said_delivery, event_date, received_date,
                        about, mother_id, born_of, first_run, first_seen, content, encoded)
    select s.record_id, $1, $2, $3, case s.withdrawn when 1 then 'withdrawn' else 'current' end,
           s.order_at, s.order_tie, s.version, s.content_hash, s.scope, $4,
           case s.withdrawn when 0 then s.order_at end, case s.withdrawn when 0 then s.order_tie end,
           case s.withdrawn when 0 then cast($4 as bigint) end, s.event_date, s.received_date,
           s.about, s.mother_id, s.born_of, $5, $6, $7 + s.number,
           case s.withdrawn when 0 then $7 + s.number end
      from stage s
     where s.place = 1 and s.wins = 1 and s.known = 0
     order by s.record_id";

/// What the record says; after it was entered, or else taken back.
const SAYS: &str = "
    update record
       set said_at = s.order_at, said_tie = s.order_tie, said_delivery = $1, event_date = s.event_date,
           content = $2 + s.number, about = s.about, mother_id = s.mother_id, born_of = s.born_of
      from stage s
     where s.record_id = record.record_id and s.says = 1 and (s.wins = 0 or s.known = 0)";

/// Records that the latest snapshot of their scope does not hold.
const ABSENT: &str = "
    update record set state = 'absent', encoded = null
      from snapshot p
     where record.feed = $1 and record.state = 'current'
       and record.scope in (select scope from touched_scope)
       and p.feed = record.feed and p.scope = record.scope
       and (record.order_at, record.order_tie) < (p.version, p.tie)";

/// Staged content that no record took.
const UNUSED: &str = "
    delete from content where id in
      (select $1 + s.number from stage s
        where s.place > 0 and (s.known = 1 or s.place > 1 or s.withdrawn = 1)
          and (s.known = 0 or s.wins = 0 or s.says = 0) and not exists
          (select 1 from record r
            where r.record_id = s.record_id and (r.content = $1 + s.number or r.encoded = $1 + s.number)))";

/// Content of before that no record holds any more.
const LEFT: [&str; 2] = [
    "delete from content where id in
      (select s.was_content from stage s
        where s.known = 1 and (s.wins = 0 or s.says = 0) and not exists
          (select 1 from record r where r.record_id = s.record_id
                                    and (r.content = s.was_content or r.encoded = s.was_content)))",
    "delete from content where id in
      (select s.was_encoded from stage s
        where s.known = 1 and (s.wins = 0 or s.says = 0) and s.was_encoded <> s.was_content and not exists
          (select 1 from record r where r.record_id = s.record_id
                                    and (r.content = s.was_encoded or r.encoded = s.was_encoded)))",
];

/// What a record says keeps its sealed encoding only as long as the record stands by it.
const TAKEN_BACK: &str = "
    update content set sealed = null, reference = null, patients = null
      where sealed is not null and id in
        (select r.content from stage s join record r on r.record_id = s.record_id
          where (s.wins = 1 or s.says = 1) and (s.known = 1 or s.place > 1 or s.withdrawn = 1)
            and (s.known = 0 or s.wins = 0 or s.says = 0) and r.encoded is distinct from r.content)";

/// The same of records that are absent.
const GONE: &str = "
    update content set sealed = null, reference = null, patients = null
      where sealed is not null and id in
        (select r.content from record r
          where r.feed = $1 and r.state = 'absent' and r.scope in (select scope from touched_scope))";

/// Brings the vault to what the delivery says.
pub(super) async fn merge(
    tx: &mut Tx,
    run: &Run,
    info: &DeliveryInfo,
    delivery: i64,
    judged: Judged,
    staged: &Staged,
    report: &mut LoadReport,
) -> Result<(), StoreError> {
    let (feed, provider) = (info.key.feed.as_str(), info.provider.as_str());
    let base = staged.content_base();
    let entered = || [feed.into(), provider.into(), delivery.into(), base.into()];
    if staged.again() {
        let hash = info.key.delivery_hash.as_slice();
        let [said, unread] = UNREAD;
        tx.execute(said, [feed.into(), hash.into()]).await?;
        report.unread = tx.execute(unread, [feed.into(), hash.into()]).await?;
    }
    if judged.whole {
        tx.execute(WHOLE, entered()).await?;
        for replaced in REPLACED {
            tx.execute(replaced, []).await?;
        }
    }
    if judged.partly {
        tx.execute(RECEIVED, []).await?;
        tx.execute(WINS, entered()).await?;
    }
    tx.execute(
        NEW,
        [
            info.kind.as_str().into(),
            feed.into(),
            provider.into(),
            delivery.into(),
            run.id.into(),
            run.as_at.into(),
            base.into(),
        ],
    )
    .await?;
    if judged.partly {
        tx.execute(SAYS, [delivery.into(), base.into()]).await?;
    }
    let absent = match judged.scoped {
        true => end_absent(tx, feed, staged).await?,
        false => 0,
    };
    // Late rows that were entered just now never stood.
    report.absent = absent.saturating_sub(judged.late);
    if judged.partly {
        tx.execute(UNUSED, [base.into()]).await?;
        for left in LEFT {
            tx.execute(left, []).await?;
        }
        tx.execute(TAKEN_BACK, []).await?;
    }
    Ok(())
}

/// Ends what the latest snapshots of the scopes that are touched do not hold; returns how many records.
async fn end_absent(tx: &mut Tx, feed: &str, staged: &Staged) -> Result<u64, StoreError> {
    tx.execute(
        "create temporary table touched_scope (scope text primary key)",
        [],
    )
    .await?;
    tx.execute(
        "insert into touched_scope (scope) select distinct scope from stage where scope is not null",
        [],
    )
    .await?;
    for scope in staged.scopes() {
        tx.execute(
            "insert into touched_scope (scope) values ($1) on conflict (scope) do nothing",
            [scope.into()],
        )
        .await?;
    }
    if tx.is_postgres() {
        tx.execute("analyze touched_scope", []).await?;
    }
    let absent = tx.execute(ABSENT, [feed.into()]).await?;
    if absent > 0 {
        tx.execute(GONE, [feed.into()]).await?;
    }
    tx.execute("drop table touched_scope", []).await?;
    Ok(absent)
}
