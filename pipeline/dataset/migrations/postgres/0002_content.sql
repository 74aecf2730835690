-- What a record says stands apart from what it is judged by: written once, and not read where records are compared,
-- counted or linked.
-- sealed, reference: only of records that stand.
create table vault.content (
  id bigint primary key,
  profile text collate "C" not null,
  payload text collate "C",
  location text collate "C" not null,
  sealed bytea,
  reference bytea
);

insert into vault.content (id, profile, payload, location, sealed, reference)
select row_number() over (order by r.record_id), r.profile, r.payload, r.location, e.sealed, e.reference
  from vault.record r left join vault.encoding e on e.record_id = r.record_id;

-- content: what the record says. encoded: the content whose sealed encoding is in force; blank where it does not stand.
alter table vault.record add column content bigint not null default 0;
alter table vault.record add column encoded bigint;
update vault.record set content = n.id,
       encoded = case when exists (select 1 from vault.encoding e where e.record_id = n.record_id) then n.id end
  from (select record_id, row_number() over (order by record_id) as id from vault.record) n
 where record.record_id = n.record_id;
drop table vault.encoding;
alter table vault.record drop column profile;
alter table vault.record drop column payload;
alter table vault.record drop column location;

-- Times without what is zero in them: as short as they order right.
update vault.record set
  order_at = replace(replace(order_at, '.000000000', ''), 'T00:00:00', ''),
  version = replace(replace(version, '.000000000', ''), 'T00:00:00', ''),
  said_at = replace(replace(said_at, '.000000000', ''), 'T00:00:00', '');
update vault.snapshot set version = replace(replace(version, '.000000000', ''), 'T00:00:00', '');

-- Records of a scope are counted and compared by their state.
drop index vault.record_by_scope;
create index record_by_scope on vault.record (feed, scope, state);
