-- What people are asked: two children who may be one, by the smallest records of each.
-- left_compared, right_compared: the two records that the comparison is about. standing: whether the last linkage
-- asked; of what people have read, the question is kept when it is settled. decision: what the readings led to.
create table doubt (
  left_id blob not null,
  right_id blob not null,
  left_compared blob not null,
  right_compared blob not null,
  asked text not null,
  comparison text not null,
  since text not null,
  standing integer not null check (standing in (0, 1)),
  decision integer,
  primary key (left_id, right_id)
) strict;

-- What each person answered. One of a person is in force at most.
create table doubt_reading (
  id integer primary key,
  left_id blob not null,
  right_id blob not null,
  reader text not null,
  answer text not null check (answer in ('same', 'different', 'unsure')),
  reason text not null,
  read_on text not null,
  in_force integer not null check (in_force in (0, 1))
) strict;
create index doubt_reading_by_doubt on doubt_reading (left_id, right_id);
