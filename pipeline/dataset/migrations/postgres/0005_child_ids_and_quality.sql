-- tier: of the link of the record that the id was made from, after the change. Blank in rows of an earlier program.
alter table vault.child_event add column tier text collate "C";
create index child_event_by_child on vault.child_event (child_id);
create index child_event_by_other on vault.child_event (other);

-- Leave of a person to publish once although more child ids change than the brake allows.
create table ops.brake_release (
  id bigint primary key,
  changed bigint not null,
  author text collate "C" not null,
  reason text collate "C" not null,
  released_at text collate "C" not null,
  used_by bigint references ops.run (id)
);

-- How good the linkage of each night was, as `sendlink quality` prints it. Counts are blank where a group is too small
-- to be shown.
create table ops.linkage_quality (
  run bigint not null references ops.run (id),
  measure text collate "C" not null,
  slice text collate "C" not null,
  part text collate "C" not null,
  counted bigint,
  of_all bigint,
  share double precision,
  lower double precision,
  upper double precision,
  primary key (run, measure, slice, part)
);

create table joint.child_id_history (
  child_id text collate "C" not null,
  now text collate "C" not null,
  reason text collate "C" not null,
  as_at date not null,
  primary key (child_id, now)
);
comment on table joint.child_id_history is 'A child id of an earlier version that no longer stands, or no longer for all that it stood for, and the id that stands for it since: to bring work that used the earlier version up to date.';
comment on column joint.child_id_history.child_id is 'The child id as it was';
comment on column joint.child_id_history.now is 'The child id of today for it: of `merged` the child that it went into, of `split` the one that some of its records have since, of `ended` the id itself, which no child has any more';
comment on column joint.child_id_history.reason is 'merged: its records and another child''s were found to be of one child; split: of two children; ended: none of its records stands';
comment on column joint.child_id_history.as_at is 'The day that the night was for in which it changed';
