-- The four zones. Text orders by its bytes (collation "C"), as on SQLite, whatever the database's own
-- collation is. A schema that a database administrator made before is taken as it is.
do $$
declare zone text;
begin
  foreach zone in array array['ops', 'vault', 'joint', 'open'] loop
    if not exists (select from pg_catalog.pg_namespace where nspname = zone) then
      execute format('create schema %I', zone);
    end if;
  end loop;
end $$;

-- ops: runs, deliveries, findings, audit. Never a value of a record.

create table ops.schema_version (
  version bigint primary key
);

-- The key that every token and seal in the vault was made with, by its fingerprint.
create table ops.store_key (
  id bigint primary key check (id = 1),
  fingerprint text collate "C" not null
);

-- Who may write. The fence rises with every holder.
create table ops.lease (
  id bigint primary key check (id = 1),
  fence bigint not null,
  holder text collate "C" not null,
  backend_pid bigint,
  backend_start text collate "C"
);
insert into ops.lease (id, fence, holder) values (1, 0, '');

create table ops.run (
  id bigint primary key,
  as_at text collate "C" not null,
  state text collate "C" not null check (state in ('running', 'finished', 'abandoned')),
  started text collate "C" not null,
  finished text collate "C",
  resumptions bigint not null,
  software text collate "C" not null,
  config_hash text collate "C" not null,
  exit_code bigint,
  summary text collate "C"
);

-- One line a reading of a delivery. in_force: the latest reading of its bytes.
create table ops.delivery (
  id bigint primary key,
  feed text collate "C" not null,
  kind text collate "C" not null,
  provider text collate "C" not null,
  delivery_hash bytea not null,
  layout_hash bytea not null,
  contract_hash bytea not null,
  label text collate "C" not null,
  received text collate "C" not null,
  bytes bigint not null,
  verdict text collate "C" not null check (verdict in ('loaded', 'refused', 'held', 'released', 'rejected')),
  reason text collate "C",
  run bigint not null references ops.run (id),
  row_count bigint not null,
  counts text collate "C" not null,
  in_force bigint not null check (in_force in (0, 1)),
  unique (feed, delivery_hash, layout_hash, contract_hash)
);

create table ops.rule (
  id text collate "C" primary key,
  wrong text collate "C" not null,
  remedy text collate "C" not null,
  source text collate "C" not null
);

create table ops.finding (
  delivery bigint not null references ops.delivery (id),
  number bigint not null,
  rule text collate "C" not null references ops.rule (id),
  effect text collate "C" not null,
  file text collate "C" not null,
  sheet text collate "C",
  line bigint,
  col bigint,
  header text collate "C",
  row_count bigint not null,
  primary key (delivery, number)
);

create table ops.publication (
  id bigint primary key,
  run bigint not null references ops.run (id),
  state text collate "C" not null check (state in ('intended', 'published', 'replaced', 'lost')),
  version text collate "C" not null,
  as_at text collate "C" not null,
  digest bytea not null,
  said text collate "C" not null,
  joint_hash bytea,
  open_hash bytea
);

-- Each entry is bound to the one before by its hash.
create table ops.audit (
  seq bigint primary key,
  at text collate "C" not null,
  actor text collate "C" not null,
  action text collate "C" not null,
  object text collate "C" not null,
  counts text collate "C" not null,
  previous bytea not null,
  hash bytea not null
);

-- How long the chain is and how it ends, so that a cut at its end shows.
create table ops.audit_anchor (
  id bigint primary key check (id = 1),
  entries bigint not null,
  hash bytea not null
);
insert into ops.audit_anchor (id, entries, hash) values (1, 0, decode(repeat('00', 32), 'hex'));

-- There is a row where erased records may still stand in free space.
create table ops.scrub (
  id bigint primary key check (id = 1)
);

-- vault: one row a record; the program alone reads it.

-- order_at, order_tie: of all versions that came, the greatest decides whether the record stands.
-- said_at, said_tie: of all versions that state it, the greatest says what it says; they differ where the
-- record was taken back. Both are independent of the order of arrival.
-- about: 'child' where the record is about one child, who is then linked under number 0; 'pregnancy' where it
-- notifies one, whose children are linked under numbers from 1; 'nobody' for a birth without a living child.
create table vault.record (
  record_id bytea primary key,
  kind text collate "C" not null,
  feed text collate "C" not null,
  provider text collate "C" not null,
  state text collate "C" not null check (state in ('current', 'withdrawn', 'absent')),
  order_at text collate "C" not null,
  order_tie bytea not null,
  version text collate "C" not null,
  content_hash bytea not null,
  scope text collate "C",
  delivery bigint not null references ops.delivery (id),
  said_at text collate "C",
  said_tie bytea,
  said_delivery bigint references ops.delivery (id),
  event_date text collate "C" not null,
  received_date text collate "C" not null,
  profile text collate "C" not null,
  payload text collate "C",
  about text collate "C" not null check (about in ('child', 'pregnancy', 'nobody')),
  mother_id bytea,
  location text collate "C" not null,
  first_run bigint not null references ops.run (id),
  first_seen text collate "C" not null
);
create index record_by_scope on vault.record (feed, scope);
create index record_by_delivery on vault.record (delivery);

-- Apart from the record, so that what is read often is small. Only of records that stand.
create table vault.encoding (
  record_id bytea primary key references vault.record (record_id) on delete cascade,
  version text collate "C" not null,
  sealed bytea not null,
  reference bytea
);

-- The latest snapshot of every scope.
create table vault.snapshot (
  feed text collate "C" not null,
  scope text collate "C" not null,
  version text collate "C" not null,
  tie bytea not null,
  primary key (feed, scope)
);

create table vault.child (
  child_id bytea primary key,
  anchor bytea not null,
  anchor_number bigint not null,
  state text collate "C" not null check (state in ('live', 'merged', 'ended')),
  redirect bytea,
  since text collate "C" not null
);

create table vault.link (
  record_id bytea not null,
  number bigint not null,
  child_id bytea not null,
  tier text collate "C" not null,
  weight bigint,
  evidence text collate "C" not null,
  linked_on text collate "C" not null,
  primary key (record_id, number)
);
create index link_by_child on vault.link (child_id, record_id, number);

create table vault.child_event (
  run bigint not null references ops.run (id),
  event text collate "C" not null check (event in ('new', 'split', 'merged', 'ended', 'returned')),
  child_id bytea not null,
  other bytea,
  as_at text collate "C" not null,
  primary key (run, event, child_id)
);

create table vault.decision (
  id bigint primary key,
  kind text collate "C" not null,
  left_type text collate "C" not null,
  left_id bytea not null,
  right_type text collate "C",
  right_id bytea,
  reason text collate "C" not null,
  author text collate "C" not null,
  decided_on text collate "C" not null,
  in_force bigint not null check (in_force in (0, 1))
);

-- Records that were erased and must not come back, by a hash of their id.
create table vault.forgotten (
  mark bytea primary key
);

-- Children who were erased from a notification of a pregnancy that others are about too, by a hash of its id.
create table vault.forgotten_subject (
  mark bytea not null,
  number bigint not null,
  primary key (mark, number)
);

create function ops.refuse_audit_change() returns trigger language plpgsql as $$
begin
  raise exception 'the audit chain is append-only';
end $$;
create trigger audit_is_not_edited before update or delete on ops.audit
  for each row execute function ops.refuse_audit_change();
create trigger audit_is_not_cut before truncate on ops.audit
  for each statement execute function ops.refuse_audit_change();

-- joint and open, as declared in `joint::TABLES` and `joint::OPEN_TABLES`.

create table joint.child (
  child_id text collate "C" not null,
  birth_month text collate "C",
  sex text collate "C" not null,
  ethnic_group text collate "C",
  la_code text collate "C",
  district text collate "C",
  ward text collate "C",
  lsoa text collate "C",
  imd_decile smallint,
  expected smallint not null,
  primary key (child_id)
);
comment on table joint.child is 'A child that at least one record is about, or whom a notified pregnancy lets expect. Of sex, ethnic group and address, the latest record by event date that holds a value wins; the greater record id where days are equal. The birth month is found in the same way. A notification of a pregnancy gives the mother''s address, and only while no record of the child itself has one.';
comment on column joint.child.child_id is 'The child, 32 hexadecimal digits; kept from night to night';
comment on column joint.child.birth_month is 'Month of birth, YYYY-MM; blank before it';
comment on column joint.child.sex is 'M, F, or U for unknown, not stated or indeterminate';
comment on column joint.child.ethnic_group is 'One of the 19 groups of the 2021 Census, under the DfE code of the same group';
comment on column joint.child.la_code is 'DfE code of the authority of residence, three digits';
comment on column joint.child.district is 'ONS code of the district of residence';
comment on column joint.child.ward is 'ONS code of the electoral ward of residence';
comment on column joint.child.lsoa is 'ONS code of the lower layer super output area of residence';
comment on column joint.child.imd_decile is 'Decile of deprivation of the lower layer super output area, 1 the most deprived';
comment on column joint.child.expected is '1 where the child is not born yet: only notifications speak of it, and none says that it was; else 0';

create table joint.pregnancy_notification (
  record_id text collate "C" not null,
  mother_id text collate "C" not null,
  provider text collate "C" not null,
  notified_date date,
  received_date date not null,
  booking_date date,
  edd_month text collate "C",
  gestation_weeks_at_booking smallint,
  fetus_count smallint,
  outcome text collate "C",
  outcome_month text collate "C",
  complex_social_factors smallint,
  primary key (record_id)
);
comment on table joint.pregnancy_notification is 'What a maternity service says of a pregnancy, as its latest submission has it. Two services may notify one pregnancy.';
comment on column joint.pregnancy_notification.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.pregnancy_notification.mother_id is 'The mother, 32 hexadecimal digits: tells siblings. Nothing joins it with the child_id of a mother who is herself a child of the dataset';
comment on column joint.pregnancy_notification.provider is 'ODS code of the body that sent it';
comment on column joint.pregnancy_notification.notified_date is 'When the maternity service gave notice';
comment on column joint.pregnancy_notification.received_date is 'When the record first reached the area';
comment on column joint.pregnancy_notification.booking_date is 'The antenatal booking appointment';
comment on column joint.pregnancy_notification.edd_month is 'Month of the agreed due date, YYYY-MM';
comment on column joint.pregnancy_notification.gestation_weeks_at_booking is 'Completed weeks of gestation at the booking';
comment on column joint.pregnancy_notification.fetus_count is 'How many fetuses the dating scan, or the form, counts';
comment on column joint.pregnancy_notification.outcome is 'LIVE_BIRTH, STILLBIRTH, LOSS, TERMINATION or MOVED_OUT; blank while nothing is said';
comment on column joint.pregnancy_notification.outcome_month is 'Month of the outcome, YYYY-MM';
comment on column joint.pregnancy_notification.complex_social_factors is '1 where there are complex social factors, 0 where there are none';

create table joint.pregnancy_child (
  record_id text collate "C" not null,
  child_id text collate "C" not null,
  primary key (record_id, child_id),
  foreign key (record_id) references joint.pregnancy_notification,
  foreign key (child_id) references joint.child
);
create index pregnancy_child_by_child_id on joint.pregnancy_child (child_id);
comment on table joint.pregnancy_child is 'A child whom a notified pregnancy lets expect, or who was born of it: one row for each of several. None once a loss, a move or silence has ended the expectation.';
comment on column joint.pregnancy_child.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.pregnancy_child.child_id is 'The child, 32 hexadecimal digits; kept from night to night';

create table joint.birth (
  record_id text collate "C" not null,
  child_id text collate "C",
  mother_id text collate "C",
  provider text collate "C" not null,
  birth_month text collate "C" not null,
  outcome text collate "C",
  birth_order smallint,
  gestation_weeks smallint,
  received_date date not null,
  primary key (record_id),
  foreign key (child_id) references joint.child
);
create index birth_by_child_id on joint.birth (child_id);
comment on table joint.birth is 'The birth of one child as the maternity service records it. Only services that send the Maternity Services Data Set send any.';
comment on column joint.birth.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.birth.child_id is 'The child; blank where it was not born alive';
comment on column joint.birth.mother_id is 'The mother, 32 hexadecimal digits: tells siblings. Nothing joins it with the child_id of a mother who is herself a child of the dataset';
comment on column joint.birth.provider is 'ODS code of the body that sent it';
comment on column joint.birth.birth_month is 'Month of the birth, YYYY-MM';
comment on column joint.birth.outcome is 'LIVE_BIRTH, STILLBIRTH, LOSS or TERMINATION';
comment on column joint.birth.birth_order is 'Place among those born together: 1 is the first';
comment on column joint.birth.gestation_weeks is 'Completed weeks of gestation at birth';
comment on column joint.birth.received_date is 'When the record first reached the area';

create table joint.section23_notice (
  record_id text collate "C" not null,
  child_id text collate "C" not null,
  provider text collate "C" not null,
  opinion_date date not null,
  parent_informed_date date,
  sent_date date,
  received_date date not null,
  category text collate "C" not null,
  primary_need text collate "C",
  secondary_need text collate "C",
  notifier_role text collate "C",
  statutory_duty smallint not null,
  action text collate "C" not null,
  notifier_org text collate "C" not null,
  delivering_org text collate "C",
  limb text collate "C" not null,
  notice_kind text collate "C" not null,
  discussion_offered_date date,
  primary key (record_id),
  foreign key (child_id) references joint.child
);
create index section23_notice_by_child_id on joint.section23_notice (child_id);
comment on table joint.section23_notice is 'A notice under section 23 of the Children and Families Act 2014 that stands: neither withdrawn nor gone from its sender''s snapshot.';
comment on column joint.section23_notice.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.section23_notice.child_id is 'The child, 32 hexadecimal digits; kept from night to night';
comment on column joint.section23_notice.provider is 'ODS code of the body that sent it';
comment on column joint.section23_notice.opinion_date is 'When the opinion was formed that the child has, or probably has, needs';
comment on column joint.section23_notice.parent_informed_date is 'When the parent was told: section 23(2)(a)';
comment on column joint.section23_notice.sent_date is 'When the health body sent the notice';
comment on column joint.section23_notice.received_date is 'When the record first reached the area';
comment on column joint.section23_notice.category is 'SEN, DISABILITY or BOTH';
comment on column joint.section23_notice.primary_need is 'Primary need, DfE SEN type';
comment on column joint.section23_notice.secondary_need is 'First other need, DfE SEN type';
comment on column joint.section23_notice.notifier_role is 'Profession of the person who gave notice, as a code';
comment on column joint.section23_notice.statutory_duty is '1 where the duty lies on the notifier: an integrated care board, NHS trust or foundation trust';
comment on column joint.section23_notice.action is 'What the sender did last: NEW, UPDATE or CORRECT';
comment on column joint.section23_notice.notifier_org is 'ODS code of the body that formed the opinion';
comment on column joint.section23_notice.delivering_org is 'ODS code of the body that acts for it under contract';
comment on column joint.section23_notice.limb is 'HAS or PROBABLY_HAS';
comment on column joint.section23_notice.notice_kind is 'NOTIFICATION or NOTIFICATION_AND_REFERRAL';
comment on column joint.section23_notice.discussion_offered_date is 'When the parent was offered a discussion: section 23(2)(b)';

create table joint.two_year_review (
  record_id text collate "C" not null,
  child_id text collate "C" not null,
  provider text collate "C" not null,
  review_date date not null,
  age_months smallint,
  integrated smallint,
  asq_interval_months smallint,
  communication smallint,
  gross_motor smallint,
  fine_motor smallint,
  problem_solving smallint,
  personal_social smallint,
  below_expected_domains smallint,
  communication_band text collate "C",
  gross_motor_band text collate "C",
  fine_motor_band text collate "C",
  problem_solving_band text collate "C",
  personal_social_band text collate "C",
  asq_se_interval_months smallint,
  asq_se_score smallint,
  received_date date not null,
  primary key (record_id),
  foreign key (child_id) references joint.child
);
create index two_year_review_by_child_id on joint.two_year_review (child_id);
comment on table joint.two_year_review is 'A health review at 2 to 2½ years, with ASQ-3 where it was used. A child may have several: a first look and a second.';
comment on column joint.two_year_review.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.two_year_review.child_id is 'The child, 32 hexadecimal digits; kept from night to night';
comment on column joint.two_year_review.provider is 'ODS code of the body that sent it';
comment on column joint.two_year_review.review_date is 'When the child was seen';
comment on column joint.two_year_review.age_months is 'Completed months of age on that day';
comment on column joint.two_year_review.integrated is '1 where the early years setting took part, 0 where it did not';
comment on column joint.two_year_review.asq_interval_months is 'Months of the ASQ-3 form that was sent, as the code of the score says: not the age of the child';
comment on column joint.two_year_review.communication is 'ASQ-3 communication: 0 to 60, rounded to a whole number';
comment on column joint.two_year_review.gross_motor is 'ASQ-3 gross motor: 0 to 60, rounded to a whole number';
comment on column joint.two_year_review.fine_motor is 'ASQ-3 fine motor: 0 to 60, rounded to a whole number';
comment on column joint.two_year_review.problem_solving is 'ASQ-3 problem solving: 0 to 60, rounded to a whole number';
comment on column joint.two_year_review.personal_social is 'ASQ-3 personal-social: 0 to 60, rounded to a whole number';
comment on column joint.two_year_review.below_expected_domains is 'How many of the five domains are below the cut-off; blank where none has a band';
comment on column joint.two_year_review.communication_band is 'BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known';
comment on column joint.two_year_review.gross_motor_band is 'BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known';
comment on column joint.two_year_review.fine_motor_band is 'BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known';
comment on column joint.two_year_review.problem_solving_band is 'BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known';
comment on column joint.two_year_review.personal_social_band is 'BELOW or EXPECTED as the unrounded score stands to the cut-off, OUT_OF_RANGE; blank where none is known';
comment on column joint.two_year_review.asq_se_interval_months is 'Months of the ASQ:SE form, where it was used';
comment on column joint.two_year_review.asq_se_score is 'Total of ASQ:SE: rises with concern, and has no place among the bands of ASQ-3';
comment on column joint.two_year_review.received_date is 'When the record first reached the area';

create table joint.review_need (
  record_id text collate "C" not null,
  need text collate "C" not null,
  primary key (record_id, need),
  foreign key (record_id) references joint.two_year_review
);
comment on table joint.review_need is 'An educational need recorded for a child in the data set that its review came with.';
comment on column joint.review_need.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.review_need.need is 'DfE SEN type where the code has one, else the code';

create table joint.school_record (
  record_id text collate "C" not null,
  child_id text collate "C" not null,
  census text collate "C" not null,
  census_date date not null,
  school text collate "C" not null,
  nc_year text collate "C",
  on_roll smallint not null,
  enrol_status text collate "C",
  sen_provision text collate "C",
  sen_unit smallint,
  resourced_provision smallint,
  fsm smallint,
  first_language text collate "C",
  received_date date not null,
  primary key (record_id),
  foreign key (child_id) references joint.child
);
create index school_record_by_child_id on joint.school_record (child_id);
comment on table joint.school_record is 'One pupil in one school''s return to one school census. Every registration is here, subsidiary ones included.';
comment on column joint.school_record.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.school_record.child_id is 'The child, 32 hexadecimal digits; kept from night to night';
comment on column joint.school_record.census is 'Which census: calendar year and term, such as 2025-spring';
comment on column joint.school_record.census_date is 'Reference date of the census';
comment on column joint.school_record.school is 'LAESTAB of the school, seven digits';
comment on column joint.school_record.nc_year is 'National curriculum year: E1, E2, N1, N2, R, 1 to 14, M, X';
comment on column joint.school_record.on_roll is '1 where the pupil was on the roll on the census day';
comment on column joint.school_record.enrol_status is 'Enrolment status: C single, M main, S subsidiary, F, O';
comment on column joint.school_record.sen_provision is 'N none, K support, E plan; in past years also A, P, S';
comment on column joint.school_record.sen_unit is '1 where the pupil is in a SEN unit';
comment on column joint.school_record.resourced_provision is '1 where the pupil is in a resourced provision';
comment on column joint.school_record.fsm is '1 where the pupil may have free school meals on the census day';
comment on column joint.school_record.first_language is 'First language, DfE code';
comment on column joint.school_record.received_date is 'When the record first reached the area';

create table joint.school_need (
  record_id text collate "C" not null,
  rank smallint not null,
  need text collate "C" not null,
  primary key (record_id, rank),
  foreign key (record_id) references joint.school_record
);
comment on table joint.school_need is 'A need of a pupil as ranked by the school. Only spring censuses hold any.';
comment on column joint.school_need.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.school_need.rank is '1 is the primary need';
comment on column joint.school_need.need is 'DfE SEN type';

create table joint.link (
  record_id text collate "C" not null,
  feed text collate "C" not null,
  kind text collate "C" not null,
  provider text collate "C" not null,
  child_id text collate "C" not null,
  tier text collate "C" not null,
  weight double precision,
  linked_on date not null,
  primary key (record_id, child_id),
  foreign key (child_id) references joint.child
);
create index link_by_child_id on joint.link (child_id);
comment on table joint.link is 'Which child each record is about, and how that is known. A notification of a pregnancy has a row for each of its children, so possibly none; a birth that was not live has none.';
comment on column joint.link.record_id is 'Names the record for ever: 32 hexadecimal digits, made under a secret key';
comment on column joint.link.feed is 'The configured flow that the record came by';
comment on column joint.link.kind is 'pregnancy, section23, two-year-review or school-census';
comment on column joint.link.provider is 'Who sent it: ODS code of a health body, DfE code of an authority';
comment on column joint.link.child_id is 'The child, 32 hexadecimal digits; kept from night to night';
comment on column joint.link.tier is 'The strongest rule that joined the record to one of another kind: T1 NHS number, T2 UPN, T3 exact names, birth date and postcode, T4 probabilistic; T4r for review, Tx several candidates, T0 none';
comment on column joint.link.weight is 'Evidence for the link in bits, a multiple of 1/1024; blank where nothing was weighed';
comment on column joint.link.linked_on is 'Since when the record has been joined so';

create table joint.freshness (
  feed text collate "C" not null,
  kind text collate "C" not null,
  provider text collate "C" not null,
  latest_event date,
  latest_received date,
  state text collate "C" not null,
  primary key (feed)
);
comment on table joint.freshness is 'How fresh each configured feed is.';
comment on column joint.freshness.feed is 'The configured flow';
comment on column joint.freshness.kind is 'pregnancy, section23, two-year-review or school-census';
comment on column joint.freshness.provider is 'Who sends it';
comment on column joint.freshness.latest_event is 'Latest day that one of its records is about: opinion, review, booking or census; of a birth the first of its month';
comment on column joint.freshness.latest_received is 'Latest day on which a record of it first reached the area';
comment on column joint.freshness.state is 'current, or missing: the source could not be read, or was silent for longer than expected';

create table joint.dataset (
  version text collate "C" not null,
  as_at date not null,
  software text collate "C" not null,
  key_fingerprint text collate "C" not null,
  mapping_versions text collate "C" not null,
  primary key (version)
);
comment on table joint.dataset is 'One row: which version of the dataset this is.';
comment on column joint.dataset.version is 'As-at date and the first 12 hexadecimal digits of the digest of all other tables';
comment on column joint.dataset.as_at is 'The day that the dataset is about';
comment on column joint.dataset.software is 'Name and version of the program';
comment on column joint.dataset.key_fingerprint is 'Tells keys apart: ids under another key cannot be compared';
comment on column joint.dataset.mapping_versions is 'The mappings in force: names with their versions';

create table open.release (
  version text collate "C" not null,
  as_at date not null,
  note text collate "C" not null,
  primary key (version)
);
comment on table open.release is 'One row: which version of the joint dataset the open zone was made from.';
comment on column open.release.version is 'Version of the joint dataset';
comment on column open.release.as_at is 'The day that it is about';
comment on column open.release.note is 'What a reader must know';
