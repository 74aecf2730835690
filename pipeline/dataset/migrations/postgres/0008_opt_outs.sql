-- patients: of a record that came by a feed whose lawful basis needs the National Data Opt-out, the tokens of the NHS
-- numbers that it holds, one after the other; empty where it holds none. Blank where the feed needed no opt-outs then.
alter table vault.content add column patients bytea;

-- Lists of NHS numbers that were sent to be checked. file: where a list lies that a person carries.
create table ops.opt_out_list (
  id bigint primary key,
  asked_on text collate "C" not null,
  sent bigint not null,
  file text collate "C",
  state text collate "C" not null check (state in ('asked', 'answered', 'dropped')),
  answered_on text collate "C",
  came_back bigint
);

-- The numbers of a list as tokens: while it is asked, those that were sent; once it is answered, those that came back.
create table vault.opt_out_number (
  list bigint not null references ops.opt_out_list (id),
  token bytea not null,
  primary key (list, token)
);

-- Records that are loaded and not published, because no opt-out list of legal age covers them.
create table vault.withheld (
  record_id bytea primary key
);

-- Feeds whose records pass the gate. list_date: of the list that the gate went by, the day on which it was asked for.
create table vault.gated_feed (
  feed text collate "C" primary key,
  provider text collate "C" not null,
  list_date text collate "C"
);

create table joint.opt_out (
  feed text collate "C" not null,
  provider text collate "C" not null,
  list_date date,
  records_withheld bigint,
  primary key (feed)
);
comment on table joint.opt_out is 'How many records of each feed are loaded and not published, because its lawful basis needs the National Data Opt-out and no list of legal age covers them. A feed that needs none has no row.';
comment on column joint.opt_out.feed is 'The configured flow';
comment on column joint.opt_out.provider is 'Who sends it';
comment on column joint.opt_out.list_date is 'The day on which the list of opt-outs in force was asked for; blank where there is none of legal age';
comment on column joint.opt_out.records_withheld is 'Records that stand and are withheld, to the nearest five; blank where they are one to nine';
