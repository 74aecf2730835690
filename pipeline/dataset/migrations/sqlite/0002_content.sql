-- What a record says stands apart from what it is judged by: written once, and not read where records are compared,
-- counted or linked.
-- sealed, reference: only of records that stand.
create table content (
  id integer primary key,
  profile text not null,
  payload text,
  location text not null,
  sealed blob,
  reference blob
) strict;

insert into content (id, profile, payload, location, sealed, reference)
select r.rowid, r.profile, r.payload, r.location, e.sealed, e.reference
  from record r left join encoding e on e.record_id = r.record_id
 order by r.rowid;

-- content: what the record says. encoded: the content whose sealed encoding is in force; blank where it does not stand.
alter table record add column content integer not null default 0;
alter table record add column encoded integer;
update record set content = rowid,
       encoded = case when exists (select 1 from encoding e where e.record_id = record.record_id) then rowid end;
drop table encoding;
alter table record drop column profile;
alter table record drop column payload;
alter table record drop column location;

-- Times without what is zero in them: as short as they order right.
update record set
  order_at = replace(replace(order_at, '.000000000', ''), 'T00:00:00', ''),
  version = replace(replace(version, '.000000000', ''), 'T00:00:00', ''),
  said_at = replace(replace(said_at, '.000000000', ''), 'T00:00:00', '');
update snapshot set version = replace(replace(version, '.000000000', ''), 'T00:00:00', '');

-- Records of a scope are counted and compared by their state.
drop index record_by_scope;
create index record_by_scope on record (feed, scope, state);
