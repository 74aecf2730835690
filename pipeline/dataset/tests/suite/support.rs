//! What the tests share: stores to test on, records to put in, and a short night.

#![allow(
    dead_code,
    unused_macros,
    unused_imports,
    reason = "each test file uses some of it"
)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on stops")]

use std::collections::BTreeMap;

use crate::postgres;
use dataset::{
    About, Access, ChildRow, DeliveryInfo, DeliveryKey, DeliveryLoad, EncodingRow, FeedState, Lease, LinkRow,
    Links, LoadReport, Published, Release, RowState, Run, RunRequest, Scope, Store, StoreError, StoreUrl,
    VaultRow, WrittenRow,
};
use jiff::civil::{Date, DateTime, date};
use linkage::{ChildId, MotherId, RecordId, Subject};
use records::{
    Area, Birth, Census, EthnicGroup, Finding, Kind, Location, Month, Outcome, Payload,
    PregnancyNotification, PregnancyOutcome, Profile, Rule, SchoolRecord, Section23Notice, Sex, TableCounts,
    Term, TwoYearReview, Version, finding::Effect, payload::SchoolNeed,
};

/// Where a store is made, and what must outlive it.
pub struct Home {
    pub url: StoreUrl,
    pub folder: Option<tempfile::TempDir>,
    pub database: Option<postgres::Database>,
}

impl Home {
    pub async fn sqlite() -> Home {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite {
            folder: folder.path().join("data"),
        };
        Home {
            url,
            folder: Some(folder),
            database: None,
        }
    }

    pub async fn postgres() -> Home {
        let database = postgres::Database::new().await;
        let url = StoreUrl::parse(&database.url, std::path::Path::new(".")).unwrap();
        Home {
            url,
            folder: None,
            database: Some(database),
        }
    }

    pub async fn open(&self) -> Store {
        Store::open(&self.url, Access::ReadWrite).await.unwrap()
    }

    pub fn path(&self, file: &str) -> std::path::PathBuf {
        self.folder.as_ref().unwrap().path().join("data").join(file)
    }
}

/// An open store with its lease and a run.
pub struct Night {
    pub store: Store,
    pub lease: Lease,
    pub run: Run,
}

pub const DAY: Date = date(2026, 3, 1);

impl Night {
    pub async fn begin(home: &Home, as_at: Date) -> Night {
        let store = home.open().await;
        let lease = store.acquire("test").await.unwrap();
        store.check_key(&lease, "fingerprint").await.unwrap();
        let run = begin_run(&store, &lease, Some(as_at)).await.unwrap();
        Night { store, lease, run }
    }

    pub async fn end(self) {
        self.store
            .finish_run(&self.lease, &self.run, 0, &serde_json::json!({}))
            .await
            .unwrap();
        drop(self.lease);
        self.store.close().await;
    }

    pub async fn load(&self, delivery: &Sent) -> LoadReport {
        self.try_load(delivery).await.unwrap()
    }

    pub async fn try_load(&self, delivery: &Sent) -> Result<LoadReport, StoreError> {
        self.store.load(&self.lease, &self.run, delivery.load()).await
    }

    /// Links every record to a child of its own, or to the child that `join` says, by record number.
    pub async fn link(&self, join: &[(u8, u8)]) -> dataset::LinkChange {
        let links = self.links(join).await;
        self.store
            .save_links(&self.lease, &self.run, &links)
            .await
            .unwrap()
    }

    pub async fn links(&self, join: &[(u8, u8)]) -> Links {
        let join: BTreeMap<u8, u8> = join.iter().copied().collect();
        let mut links = Links::default();
        let mut children = BTreeMap::new();
        for row in &encodings(&self.store).await {
            // Pregnancies and births without a child.
            if row.sealed_encoding.starts_with(b"apart") {
                continue;
            }
            let number = row.record_id.0[15];
            let child = *join.get(&number).unwrap_or(&number);
            children.insert(child_id(child), only(child));
            links.links.push(LinkRow {
                subject: Subject {
                    record: row.record_id,
                    number: 0,
                },
                child_id: child_id(child),
                tier: if child == number { "T0" } else { "T1" }.into(),
                weight: (child != number).then_some(i32::from(number) * 1024 + 1),
                evidence: "test".into(),
                linked_on: DAY,
            });
        }
        links.children = children
            .into_iter()
            .map(|(child_id, anchor)| ChildRow { child_id, anchor })
            .collect();
        links
    }

    /// Links records to children as [`Night::links`] does, and notifications of pregnancies by record number,
    /// number of the child and child.
    pub async fn link_families(&self, join: &[(u8, u8)], families: &[(u8, u8, u8)]) -> dataset::LinkChange {
        let links = self.families(join, families).await;
        self.store
            .save_links(&self.lease, &self.run, &links)
            .await
            .unwrap()
    }

    pub async fn families(&self, join: &[(u8, u8)], families: &[(u8, u8, u8)]) -> Links {
        let mut links = self.links(join).await;
        let known = self.store.known_children().await.unwrap();
        for (record, number, child) in families {
            let subject = Subject {
                record: record_id(*record),
                number: *number,
            };
            links.links.push(LinkRow {
                subject,
                child_id: child_id(*child),
                tier: "T1".into(),
                weight: None,
                evidence: "test".into(),
                linked_on: DAY,
            });
            links.children.retain(|row| row.child_id != child_id(*child));
            links.children.push(ChildRow {
                child_id: child_id(*child),
                anchor: subject,
            });
        }
        for row in &mut links.children {
            if let Some(known) = known.iter().find(|known| known.child_id == row.child_id) {
                row.anchor = known.anchor;
            }
        }
        links
    }

    pub async fn publish(&self) -> Published {
        self.try_publish(&release()).await.unwrap()
    }

    pub async fn try_publish(&self, release: &Release) -> Result<Published, StoreError> {
        self.store.publish(&self.lease, &self.run, release).await
    }
}

pub async fn begin_run(store: &Store, lease: &Lease, as_at: Option<Date>) -> Result<Run, StoreError> {
    let request = RunRequest {
        as_at,
        today: DAY,
        software: "sendlink test",
        config_hash: "hash",
    };
    store.begin_or_resume_run(lease, request).await
}

pub fn release() -> Release {
    Release {
        software: "sendlink test".into(),
        key_fingerprint: "fingerprint".into(),
        mapping_versions: "a@1 b@2".into(),
        // Names that a dictionary orders otherwise than their bytes.
        feeds: [
            ("s23", Kind::Section23, "RAJ", "fresh"),
            ("s23a", Kind::Section23, "RAJ", "late"),
            ("s23-b", Kind::Section23, "RAJ", "late"),
            ("census", Kind::SchoolCensus, "881", "missing"),
        ]
        .map(|(feed, kind, provider, state)| FeedState {
            feed: feed.into(),
            kind,
            provider: provider.into(),
            state: state.into(),
        })
        .into(),
        brake: 1.0,
        brake_released: None,
        note: "operational".into(),
    }
}

/// Ids that differ in their last byte alone.
pub fn record_id(number: u8) -> RecordId {
    let mut id = [0xab; 16];
    id[15] = number;
    RecordId(id)
}

/// The one child of a record.
pub fn only(number: u8) -> Subject {
    Subject {
        record: record_id(number),
        number: 0,
    }
}

pub fn child_id(number: u8) -> ChildId {
    let mut id = [0xcd; 16];
    id[15] = number;
    ChildId(id)
}

/// The `n`th hour of 2026.
pub fn hour(n: i8) -> Version {
    Version::at(DateTime::new(2026, 1, 1 + n / 24, n % 24, 0, 0, 0).unwrap())
}

pub fn notice(number: u8, version: i8, need: &str) -> VaultRow {
    let opinion_date = date(2025, 11, 1 + (number % 28) as i8);
    VaultRow {
        record_id: record_id(number),
        version: hour(version),
        content_hash: hash(&format!("{number} {need}")),
        state: RowState::Current(Box::new(Payload::Section23(Section23Notice {
            notifier_org: "RAJ".into(),
            delivering_org: None,
            opinion_date,
            parent_informed_date: Some(opinion_date),
            discussion_offered_date: None,
            sent_date: None,
            limb: "HAS".into(),
            category: "SEN".into(),
            primary_need: Some(need.into()),
            secondary_need: None,
            notifier_role: Some("PAEDIATRICIAN".into()),
            notice_kind: "NOTIFICATION".into(),
            action: "NEW".into(),
            la_gss: None,
            statutory_duty: true,
            share_for_services: None,
            parent_objection: false,
            other: BTreeMap::new(),
        }))),
        about: About::Child,
        mother_id: None,
        born_of: None,
        event_date: opinion_date,
        received_date: date(2026, 1, 2 + version),
        scope: None,
        profile: Profile {
            birth_month: Some(Month::of(date(2023, 5, 1))),
            sex: if number.is_multiple_of(2) { Sex::F } else { Sex::M },
            ethnic_group: Some(EthnicGroup::WBRI),
            area: Area {
                la_code: Some("881".into()),
                district: Some("E07000066".into()),
                ward: None,
                lsoa: Some("E01021203".into()),
                imd_decile: Some(4),
            },
            ..Profile::default()
        },
        sealed_encoding: Some(format!("sealed {number} {version} {need}").into_bytes()),
        sealed_reference: Some(format!("reference {number}").into_bytes()),
        location: Location {
            file: "notices.csv".into(),
            line: Some(u64::from(number)),
            ..Location::default()
        },
        tables: vec![("notices".into(), 1)],
        patients: None,
    }
}

pub fn mother_id(number: u8) -> MotherId {
    MotherId([number; 16])
}

/// A notification that lives in another authority than the records of children do.
pub fn pregnancy(number: u8, version: i8, fetuses: u8) -> VaultRow {
    VaultRow {
        content_hash: hash(&format!("{number} {fetuses}")),
        state: RowState::Current(Box::new(Payload::Pregnancy(PregnancyNotification {
            notified_date: Some(date(2025, 12, 20)),
            booking_date: Some(date(2025, 12, 10)),
            edd_month: Some("2026-06".parse().unwrap()),
            gestation_weeks_at_booking: Some(10),
            fetus_count: Some(fetuses),
            outcome: None,
            outcome_month: None,
            complex_social_factors: Some(true),
            other: BTreeMap::new(),
        }))),
        about: About::Pregnancy,
        mother_id: Some(mother_id(number)),
        event_date: date(2025, 12, 10),
        profile: Profile {
            area: Area {
                la_code: Some("882".into()),
                ..Area::default()
            },
            ..Profile::default()
        },
        sealed_encoding: Some(format!("apart {number} {version}").into_bytes()),
        ..notice(number, version, "-")
    }
}

/// A birth in June 2026.
pub fn birth(number: u8, version: i8, live: bool) -> VaultRow {
    let (about, outcome, sealed) = if live {
        (About::Child, PregnancyOutcome::LiveBirth, "sealed")
    } else {
        (About::Nobody, PregnancyOutcome::Stillbirth, "apart")
    };
    let said = notice(number, version, "-");
    VaultRow {
        content_hash: hash(&format!("{number} {live}")),
        state: RowState::Current(Box::new(Payload::Birth(Birth {
            outcome: Some(outcome),
            birth_order: Some(number - 1),
            gestation_weeks: Some(37),
            other: BTreeMap::new(),
        }))),
        about,
        mother_id: Some(mother_id(1)),
        event_date: date(2026, 6, 1),
        profile: Profile {
            birth_month: Some("2026-06".parse().unwrap()),
            ..said.profile.clone()
        },
        sealed_encoding: Some(format!("{sealed} {number} {version}").into_bytes()),
        ..said
    }
}

/// A review without ASQ-3.
pub fn review(number: u8, version: i8) -> VaultRow {
    VaultRow {
        content_hash: hash(&format!("{number} review")),
        state: RowState::Current(Box::new(Payload::TwoYearReview(TwoYearReview {
            review_date: date(2026, 2, 3),
            age_months: Some(27),
            integrated: Some(true),
            asq3: None,
            asq_se_interval_months: None,
            asq_se_score: None,
            needs: Vec::new(),
            disabilities: Vec::new(),
            other: BTreeMap::new(),
        }))),
        event_date: date(2026, 2, 3),
        ..notice(number, version, "-")
    }
}

pub fn withdrawn(number: u8, version: i8) -> VaultRow {
    VaultRow {
        content_hash: hash(&format!("{number} withdrawn")),
        state: RowState::Withdrawn,
        sealed_encoding: None,
        sealed_reference: None,
        profile: Profile::default(),
        ..notice(number, version, "-")
    }
}

pub fn pupil(number: u8, version: i8, scope: &str, provision: &str) -> VaultRow {
    let census = Census {
        year: 2026,
        term: Term::Spring,
    };
    VaultRow {
        content_hash: hash(&format!("{number} {provision}")),
        state: RowState::Current(Box::new(Payload::SchoolCensus(SchoolRecord {
            census,
            census_date: census.day(),
            school: "8812001".into(),
            nc_year: Some("R".into()),
            on_roll: true,
            enrol_status: Some("C".into()),
            sen_provision: Some(provision.into()),
            sen_unit: Some(false),
            resourced_provision: None,
            fsm: Some(true),
            first_language: Some("ENG".into()),
            needs: vec![
                SchoolNeed {
                    rank: 1,
                    need: "SLCN".into(),
                },
                SchoolNeed {
                    rank: 2,
                    need: "ASD".into(),
                },
            ],
        }))),
        event_date: census.day(),
        scope: Some(scope.into()),
        sealed_encoding: Some(format!("sealed {number} {version} {provision}").into_bytes()),
        sealed_reference: None,
        location: Location::default(),
        tables: vec![("pupils".into(), 1), ("needs".into(), 2)],
        ..notice(number, version, "-")
    }
}

/// A delivery to load, which can be loaded again.
#[derive(Clone)]
pub struct Sent {
    pub info: DeliveryInfo,
    pub scopes: Vec<Scope>,
    pub rows: Vec<VaultRow>,
    pub findings: Vec<Finding>,
    pub counts: TableCounts,
}

impl Sent {
    /// A delta of feed `s23`. The name stands for the bytes.
    pub fn delta(name: &str, rows: Vec<VaultRow>) -> Sent {
        Sent::new("s23", Kind::Section23, "RAJ", name, Vec::new(), rows)
    }

    /// A snapshot of one scope of feed `census`.
    pub fn snapshot(name: &str, scope: &str, version: i8, rows: Vec<VaultRow>) -> Sent {
        let scopes = vec![Scope {
            scope: scope.into(),
            version: hour(version),
        }];
        Sent::new("census", Kind::SchoolCensus, "881", name, scopes, rows)
    }

    /// A delta of the feed that is called as its kind.
    pub fn of(kind: Kind, name: &str, rows: Vec<VaultRow>) -> Sent {
        Sent::new(kind.as_str(), kind, "RAJ", name, Vec::new(), rows)
    }

    fn new(
        feed: &str,
        kind: Kind,
        provider: &str,
        name: &str,
        scopes: Vec<Scope>,
        rows: Vec<VaultRow>,
    ) -> Sent {
        let mut counts = TableCounts::default();
        for (table, rows) in rows.iter().flat_map(|row| &row.tables) {
            counts.table(table).rows += rows;
        }
        let info = DeliveryInfo {
            key: DeliveryKey {
                feed: feed.into(),
                delivery_hash: hash(name),
                layout_hash: hash("layout"),
                contract_hash: hash("contract"),
            },
            kind,
            provider: provider.into(),
            label: name.into(),
            received: DateTime::new(2026, 2, 1, 8, 0, 0, 0).unwrap(),
            bytes: 100,
        };
        Sent {
            info,
            scopes,
            rows,
            findings: Vec::new(),
            counts,
        }
    }

    pub fn load(&self) -> DeliveryLoad<'_> {
        DeliveryLoad {
            info: self.info.clone(),
            scopes: self.scopes.clone(),
            rows: Box::new(
                self.rows
                    .iter()
                    .cloned()
                    .map(|row| WrittenRow::write(row).map_err(std::io::Error::other)),
            ),
            findings: Box::new(self.findings.iter().cloned()),
            counts: self.counts.clone(),
            bookmark: None,
        }
    }
}

/// A hash-like value that depends on the text.
pub fn hash(text: &str) -> [u8; 32] {
    let mut hash = [7u8; 32];
    for (index, byte) in text.bytes().enumerate() {
        hash[index % 32] = hash[index % 32].wrapping_mul(31).wrapping_add(byte);
    }
    hash
}

/// What the vault says, without what depends on the order of arrival.
pub async fn state(store: &Store) -> Vec<String> {
    let mut state = Vec::new();
    for fact in store.facts().await.unwrap().notices {
        state.push(format!(
            "{:?} {:?} {} {} {:?} {:?} {:?}",
            fact.record_id,
            fact.state,
            fact.event_date,
            fact.received_date,
            fact.notice.map(|notice| notice.primary_need),
            fact.location,
            fact.version,
        ));
    }
    for row in encodings(store).await {
        state.push(format!(
            "{:?} {:?} {:?} {} {:?}",
            row.record_id,
            row.scope,
            row.version,
            row.received_date,
            String::from_utf8_lossy(&row.sealed_encoding)
        ));
    }
    state
}

/// Every sealed encoding, by record id; sent in small batches, so that there are several.
pub async fn encodings(store: &Store) -> Vec<EncodingRow> {
    let (sender, mut receiver) = tokio::sync::mpsc::channel(2);
    let reader = store.clone();
    let reading = tokio::spawn(async move { reader.encodings(3, &sender).await });
    let mut rows = Vec::new();
    while let Some(batch) = receiver.recv().await {
        rows.extend(batch);
    }
    reading.await.unwrap().unwrap();
    rows.sort_by_key(|row| row.record_id);
    rows
}

pub async fn sqlite_pool(home: &Home, file: &str) -> sqlx::SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(home.path(file));
    sqlx::SqlitePool::connect_with(options).await.unwrap()
}

/// The rows of a query on the joint dataset, their columns as text with blanks between.
pub async fn published(home: &Home, sql: &str, columns: usize) -> Vec<String> {
    match &home.database {
        Some(database) => {
            let mut connection = database.connect().await;
            sqlx::query("set search_path to joint")
                .execute(&mut connection)
                .await
                .unwrap();
            // As text, whatever the columns are.
            let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
            let list: Vec<String> = names.iter().map(|name| format!("{name}::text")).collect();
            let sql = format!(
                "select concat_ws(' ', {}) from ({sql}) q ({})",
                list.join(", "),
                names.join(", ")
            );
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_all(&mut connection)
                .await
                .unwrap()
        }
        None => {
            let pool = sqlite_pool(home, "joint.db").await;
            let names: Vec<String> = (0..columns).map(|column| format!("c{column}")).collect();
            let sql = format!(
                "with q ({}) as ({sql}) select '' || {} from q",
                names.join(", "),
                names.join(" || ' ' || ")
            );
            let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
                .fetch_all(&pool)
                .await
                .unwrap();
            pool.close().await;
            rows
        }
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The tally of table `notices` as (rows, loaded, unchanged, superseded, duplicate, withdrawn).
pub fn tally(report: &mut dataset::LoadReport) -> (u64, u64, u64, u64, u64, u64) {
    let tally = report.counts.table("notices");
    let of = |outcome| tally.of(outcome);
    (
        tally.rows,
        of(Outcome::Loaded),
        of(Outcome::Unchanged),
        of(Outcome::Superseded),
        of(Outcome::Duplicate),
        of(Outcome::Withdrawn),
    )
}

pub static BAD_DATE: Rule = Rule {
    id: "T001",
    wrong: "not a date",
    remedy: "write DD/MM/YYYY",
    source: "sendlink",
};

pub static BAD_FILE: Rule = Rule {
    id: "T002",
    wrong: "cut short",
    remedy: "send it again",
    source: "sendlink",
};

pub fn finding(rule: &'static Rule, effect: Effect, line: Option<u64>) -> Finding {
    let location = Location {
        file: "notices.csv".into(),
        line,
        column: Some(27),
        ..Location::default()
    };
    Finding {
        rule,
        effect,
        location,
        rows: 1,
    }
}

/// Makes every test of a list a test on each back end.
macro_rules! on_both {
    ($($name:ident,)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::support::Home::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(crate::support::Home::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both;
