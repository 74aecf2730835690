-- tier: of the link of the record that the id was made from, after the change. Blank in rows of an earlier program.
alter table child_event add column tier text;
create index child_event_by_child on child_event (child_id);
create index child_event_by_other on child_event (other);

-- Leave of a person to publish once although more child ids change than the brake allows.
create table brake_release (
  id integer primary key,
  changed integer not null,
  author text not null,
  reason text not null,
  released_at text not null,
  used_by integer references run (id)
) strict;

-- How good the linkage of each night was, as `sendlink quality` prints it. Counts are blank where a group is too small
-- to be shown.
create table linkage_quality (
  run integer not null references run (id),
  measure text not null,
  slice text not null,
  part text not null,
  counted integer,
  of_all integer,
  share real,
  lower real,
  upper real,
  primary key (run, measure, slice, part)
) strict;
