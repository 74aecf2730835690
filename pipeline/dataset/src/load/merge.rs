//! What becomes of the staged rows, and the vault afterwards. Every statement works on whole sets and is the
//! same on both back ends.
//!
//! Most rows of most deliveries are new and stand alone, and are staged as such; the statements here turn to those that
//! are repeated in the delivery, late, or known to the vault.

use super::{
    LoadReport, Scope,
    stage::{Staged, snapshot_order},
};
use crate::{
    DeliveryInfo, Run, StoreError,
    sql::{Sql, Tx},
};

/// Earlier readings of the same delivery: what they brought, this reading replaces.
const EARLIER: &str = "
    insert into earlier_reading (id)
    select id from delivery where feed = $1 and delivery_hash = $2 and id <> $3";

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

/// The greatest row of each record against what the vault holds. `wins`: it decides whether the record stands.
const JUDGE: &str = "
    update stage
       set known = 1,
           outcome = case
             when j.late = 1 then 'superseded'
             when j.again = 0 and (j.order_at, j.order_tie) < (j.known_at, j.known_tie) then 'superseded'
             when j.withdrawn = 1 and j.state = 'withdrawn' and j.content_hash = j.known_hash then 'unchanged'
             when j.withdrawn = 1 then 'withdrawn'
             when j.state = 'current' and j.content_hash = j.known_hash then 'unchanged'
             else 'loaded' end,
           wins = case when j.again = 1 or (j.order_at, j.order_tie) > (j.known_at, j.known_tie) then 1 else 0 end
      from (select s.number, s.late, s.withdrawn, s.order_at, s.order_tie, s.content_hash,
                   e.order_at as known_at, e.order_tie as known_tie, e.content_hash as known_hash, e.state,
                   case when e.delivery = $1 or e.delivery in (select id from earlier_reading)
                        then 1 else 0 end as again
              from stage s join record e on e.record_id = s.record_id
             where s.place = 1) j
     where stage.number = j.number";

/// The greatest row that states a record becomes what the record says, even where another of the delivery
/// withdraws it. A new record that stands is entered with what it says.
const SPEAK: &str = "
    update stage set says = 1
      from (select s.number, s.order_at, s.order_tie, e.record_id as known, e.said_at as said, e.said_tie,
                   case when e.said_delivery = $1 or e.said_delivery in (select id from earlier_reading)
                        then 1 else 0 end as again
              from stage s left join record e on e.record_id = s.record_id
             where s.said_place = 1 and s.withdrawn = 0 and (s.place > 1 or s.known = 1)) j
     where stage.number = j.number
       and (j.known is null or j.said is null or j.again = 1 or (j.order_at, j.order_tie) > (j.said, j.said_tie))";

/// Finds the outcome of every staged row, and enters the delivery's snapshots.
pub(super) async fn judge(
    tx: &mut Tx,
    info: &DeliveryInfo,
    delivery: i64,
    scopes: &[Scope],
) -> Result<(), StoreError> {
    let feed = info.key.feed.as_str();
    if tx.execute(PLACE, []).await? > 0 {
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
    tx.execute(LATE, [feed.into()]).await?;
    tx.execute(
        "create temporary table earlier_reading (id bigint primary key)",
        [],
    )
    .await?;
    tx.execute(
        EARLIER,
        [
            feed.into(),
            info.key.delivery_hash.as_slice().into(),
            delivery.into(),
        ],
    )
    .await?;
    tx.execute(JUDGE, [delivery.into()]).await?;
    tx.execute(SPEAK, [delivery.into()]).await?;
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
    for scope in scopes {
        tx.execute(
            "insert into touched_scope (scope) values ($1) on conflict (scope) do nothing",
            [scope.scope.as_str().into()],
        )
        .await?;
    }
    Ok(())
}

/// What known records said and were encoded by before: what none refers to afterwards goes.
const DISPLACED: &str = "
    insert into displaced (id, record_id)
    select r.content, r.record_id
      from stage s join record r on r.record_id = s.record_id
     where (s.wins = 1 or s.says = 1) and (s.known = 1 or s.place > 1)
    union all
    select r.encoded, r.record_id
      from stage s join record r on r.record_id = s.record_id
     where (s.wins = 1 or s.says = 1) and (s.known = 1 or s.place > 1) and r.encoded <> r.content";

/// What an earlier reading of this delivery made and this one does not.
const UNREAD: [&str; 2] = [
    "insert into displaced (id, record_id)
     select content, record_id from record
      where (delivery = $1 or delivery in (select id from earlier_reading))
        and not exists (select 1 from stage s where s.record_id = record.record_id)
     union all
     select encoded, record_id from record
      where (delivery = $1 or delivery in (select id from earlier_reading)) and encoded <> content
        and not exists (select 1 from stage s where s.record_id = record.record_id)",
    "delete from record
      where (delivery = $1 or delivery in (select id from earlier_reading))
        and not exists (select 1 from stage s where s.record_id = record.record_id)",
];

/// The earliest receipt of all versions, superseded ones included.
const RECEIVED: &str = "
    update record set received_date = s.received_date
      from stage s
     where s.record_id = record.record_id and s.known = 1 and s.received_date < record.received_date";

/// Whether it stands; and, where only withdrawals ever came, what they say. `$4` and the number of a row make the
/// id of its content.
const WINS: &str = "
    update record
       set feed = $1, provider = $2, delivery = $3, order_at = s.order_at, order_tie = s.order_tie,
           version = s.version, content_hash = s.content_hash, scope = s.scope,
           state = case s.withdrawn when 1 then 'withdrawn' else 'current' end,
           encoded = case s.withdrawn when 0 then $4 + s.number end,
           event_date = case when record.said_at is null then s.event_date else record.event_date end,
           content = case when record.said_at is null then $4 + s.number else record.content end
      from stage s
     where s.record_id = record.record_id and s.wins = 1 and s.known = 1";

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
     where s.record_id = record.record_id and s.says = 1";

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
        where s.place > 0 and (s.known = 1 or s.place > 1 or s.withdrawn = 1) and not exists
          (select 1 from record r
            where r.record_id = s.record_id and (r.content = $1 + s.number or r.encoded = $1 + s.number)))";

/// Content of before that no record holds any more.
const LEFT: &str = "
    delete from content where id in
      (select d.id from displaced d where not exists
        (select 1 from record r where r.record_id = d.record_id and (r.content = d.id or r.encoded = d.id)))";

/// What a record says keeps its sealed encoding only as long as the record stands by it.
const UNSEALED: [&str; 2] = [
    "update content set sealed = null, reference = null
      where sealed is not null and id in
        (select r.content from stage s join record r on r.record_id = s.record_id
          where (s.wins = 1 or s.says = 1) and (s.known = 1 or s.place > 1 or s.withdrawn = 1)
            and r.encoded is distinct from r.content)",
    "update content set sealed = null, reference = null
      where sealed is not null and id in
        (select r.content from record r
          where r.feed = $1 and r.state = 'absent' and r.scope in (select scope from touched_scope))",
];

/// Brings the vault to what the delivery says.
pub(super) async fn merge(
    tx: &mut Tx,
    run: &Run,
    info: &DeliveryInfo,
    delivery: i64,
    staged: &Staged,
    report: &mut LoadReport,
) -> Result<(), StoreError> {
    let (feed, provider) = (info.key.feed.as_str(), info.provider.as_str());
    let base = staged.content_base();
    let id = if tx.is_postgres() { "bytea" } else { "blob" };
    tx.execute(
        Sql::Made(format!(
            "create temporary table displaced (id bigint, record_id {id} not null)"
        )),
        [],
    )
    .await?;
    tx.execute(DISPLACED, []).await?;
    let [find_unread, delete_unread] = UNREAD;
    tx.execute(find_unread, [delivery.into()]).await?;
    report.unread = tx.execute(delete_unread, [delivery.into()]).await?;
    tx.execute(RECEIVED, []).await?;
    tx.execute(WINS, [feed.into(), provider.into(), delivery.into(), base.into()])
        .await?;
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
    tx.execute(SAYS, [delivery.into(), base.into()]).await?;
    let absent = tx.execute(ABSENT, [feed.into()]).await?;
    // Late rows that were entered just now never stood.
    let late = tx
        .count("select count(*) from stage where wins = 1 and late = 1", [])
        .await?;
    report.absent = absent.saturating_sub(late);
    tx.execute(UNUSED, [base.into()]).await?;
    tx.execute(LEFT, []).await?;
    let [taken_back, gone] = UNSEALED;
    tx.execute(taken_back, []).await?;
    if absent > 0 {
        tx.execute(gone, [feed.into()]).await?;
    }
    for table in ["touched_scope", "earlier_reading", "displaced"] {
        tx.execute(Sql::Made(format!("drop table {table}")), []).await?;
    }
    Ok(())
}
