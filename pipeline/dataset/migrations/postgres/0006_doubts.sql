-- What people are asked: two children who may be one, by the smallest records of each.
-- left_compared, right_compared: the two records that the comparison is about. standing: whether the last linkage
-- asked; of what people have read, the question is kept when it is settled. decision: what the readings led to.
create table vault.doubt (
  left_id bytea not null,
  right_id bytea not null,
  left_compared bytea not null,
  right_compared bytea not null,
  asked text collate "C" not null,
  comparison text collate "C" not null,
  since text collate "C" not null,
  standing bigint not null check (standing in (0, 1)),
  decision bigint,
  primary key (left_id, right_id)
);

-- What each person answered. One of a person is in force at most.
create table vault.doubt_reading (
  id bigint primary key,
  left_id bytea not null,
  right_id bytea not null,
  reader text collate "C" not null,
  answer text collate "C" not null check (answer in ('same', 'different', 'unsure')),
  reason text collate "C" not null,
  read_on text collate "C" not null,
  in_force bigint not null check (in_force in (0, 1))
);
create index doubt_reading_by_doubt on vault.doubt_reading (left_id, right_id);
