-- Ops and vault in one file. STRICT tables: SQLite checks types as PostgreSQL does.

-- ops: runs, deliveries, findings, audit. Never a value of a record.

create table schema_version (
  version integer primary key
) strict;

-- The key that every token and seal in the vault was made with, by its fingerprint.
create table store_key (
  id integer primary key check (id = 1),
  fingerprint text not null
) strict;

-- Who may write. The fence rises with every holder.
create table lease (
  id integer primary key check (id = 1),
  fence integer not null,
  holder text not null,
  backend_pid integer,
  backend_start text
) strict;
insert into lease (id, fence, holder) values (1, 0, '');

create table run (
  id integer primary key,
  as_at text not null,
  state text not null check (state in ('running', 'finished', 'abandoned')),
  started text not null,
  finished text,
  resumptions integer not null,
  software text not null,
  config_hash text not null,
  exit_code integer,
  summary text
) strict;

-- One line a reading of a delivery. in_force: the latest reading of its bytes.
create table delivery (
  id integer primary key,
  feed text not null,
  kind text not null,
  provider text not null,
  delivery_hash blob not null,
  layout_hash blob not null,
  contract_hash blob not null,
  label text not null,
  received text not null,
  bytes integer not null,
  verdict text not null check (verdict in ('loaded', 'refused', 'held', 'released', 'rejected')),
  reason text,
  run integer not null references run (id),
  row_count integer not null,
  counts text not null,
  in_force integer not null check (in_force in (0, 1)),
  unique (feed, delivery_hash, layout_hash, contract_hash)
) strict;

create table rule (
  id text primary key,
  wrong text not null,
  remedy text not null,
  source text not null
) strict;

create table finding (
  delivery integer not null references delivery (id),
  number integer not null,
  rule text not null references rule (id),
  effect text not null,
  file text not null,
  sheet text,
  line integer,
  col integer,
  header text,
  row_count integer not null,
  primary key (delivery, number)
) strict;

create table publication (
  id integer primary key,
  run integer not null references run (id),
  state text not null check (state in ('intended', 'published', 'replaced', 'lost')),
  version text not null,
  as_at text not null,
  digest blob not null,
  said text not null,
  joint_hash blob,
  open_hash blob
) strict;

-- Each entry is bound to the one before by its hash.
create table audit (
  seq integer primary key,
  at text not null,
  actor text not null,
  action text not null,
  object text not null,
  counts text not null,
  previous blob not null,
  hash blob not null
) strict;

-- How long the chain is and how it ends, so that a cut at its end shows.
create table audit_anchor (
  id integer primary key check (id = 1),
  entries integer not null,
  hash blob not null
) strict;
insert into audit_anchor (id, entries, hash) values (1, 0, zeroblob(32));

-- There is a row where erased records may still stand in free space.
create table scrub (
  id integer primary key check (id = 1)
) strict;

-- vault: one row a record; the program alone reads it.

-- order_at, order_tie: of all versions that came, the greatest decides whether the record stands.
-- said_at, said_tie: of all versions that state it, the greatest says what it says; they differ where the
-- record was taken back. Both are independent of the order of arrival.
-- about: 'child' where the record is about one child, who is then linked under number 0; 'pregnancy' where it
-- notifies one, whose children are linked under numbers from 1; 'nobody' for a birth without a living child.
create table record (
  record_id blob primary key,
  kind text not null,
  feed text not null,
  provider text not null,
  state text not null check (state in ('current', 'withdrawn', 'absent')),
  order_at text not null,
  order_tie blob not null,
  version text not null,
  content_hash blob not null,
  scope text,
  delivery integer not null references delivery (id),
  said_at text,
  said_tie blob,
  said_delivery integer references delivery (id),
  event_date text not null,
  received_date text not null,
  profile text not null,
  payload text,
  about text not null check (about in ('child', 'pregnancy', 'nobody')),
  mother_id blob,
  location text not null,
  first_run integer not null references run (id),
  first_seen text not null
) strict;
create index record_by_scope on record (feed, scope);
create index record_by_delivery on record (delivery);

-- Apart from the record, so that what is read often is small. Only of records that stand.
create table encoding (
  record_id blob primary key references record (record_id) on delete cascade,
  version text not null,
  sealed blob not null,
  reference blob
) strict;

-- The latest snapshot of every scope.
create table snapshot (
  feed text not null,
  scope text not null,
  version text not null,
  tie blob not null,
  primary key (feed, scope)
) strict;

create table child (
  child_id blob primary key,
  anchor blob not null,
  anchor_number integer not null,
  state text not null check (state in ('live', 'merged', 'ended')),
  redirect blob,
  since text not null
) strict;

create table link (
  record_id blob not null,
  number integer not null,
  child_id blob not null,
  tier text not null,
  weight integer,
  evidence text not null,
  linked_on text not null,
  primary key (record_id, number)
) strict;
create index link_by_child on link (child_id, record_id, number);

create table child_event (
  run integer not null references run (id),
  event text not null check (event in ('new', 'split', 'merged', 'ended', 'returned')),
  child_id blob not null,
  other blob,
  as_at text not null,
  primary key (run, event, child_id)
) strict;

create table decision (
  id integer primary key,
  kind text not null,
  left_type text not null,
  left_id blob not null,
  right_type text,
  right_id blob,
  reason text not null,
  author text not null,
  decided_on text not null,
  in_force integer not null check (in_force in (0, 1))
) strict;

-- Records that were erased and must not come back, by a hash of their id.
create table forgotten (
  mark blob primary key
) strict;

-- Children who were erased from a notification of a pregnancy that others are about too, by a hash of its id.
create table forgotten_subject (
  mark blob not null,
  number integer not null,
  primary key (mark, number)
) strict;

create trigger audit_is_not_edited before update on audit
begin select raise(abort, 'the audit chain is append-only'); end;
create trigger audit_is_not_cut before delete on audit
begin select raise(abort, 'the audit chain is append-only'); end;
