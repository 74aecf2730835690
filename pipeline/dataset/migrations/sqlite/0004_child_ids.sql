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
