-- patients: of a record that came by a feed whose lawful basis needs the National Data Opt-out, the tokens of the NHS
-- numbers that it holds, one after the other; empty where it holds none. Blank where the feed needed no opt-outs then.
alter table content add column patients blob;

-- Lists of NHS numbers that were sent to be checked. file: where a list lies that a person carries.
create table opt_out_list (
  id integer primary key,
  asked_on text not null,
  sent integer not null,
  file text,
  state text not null check (state in ('asked', 'answered', 'dropped')),
  answered_on text,
  came_back integer
) strict;

-- The numbers of a list as tokens: while it is asked, those that were sent; once it is answered, those that came back.
create table opt_out_number (
  list integer not null references opt_out_list (id),
  token blob not null,
  primary key (list, token)
) strict, without rowid;

-- Records that are loaded and not published, because no opt-out list of legal age covers them.
create table withheld (
  record_id blob primary key
) strict, without rowid;

-- Feeds whose records pass the gate. list_date: of the list that the gate went by, the day on which it was asked for.
create table gated_feed (
  feed text primary key,
  provider text not null,
  list_date text
) strict;
