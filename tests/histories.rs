//! Random histories of an area against a model so simple that one can see it is right.
//!
//! A history is fifty operations: deliveries that are new, late, doubled, corrected or withdrawn, snapshots whole
//! and shrunken, decisions, erasures, a mapping mended half-way, a night repeated. The program sees files and
//! commands; the model keeps lists in memory and never looks at the database. After every night both must hold the
//! same children with the same records.
//!
//! A hundred histories are run; `SENDLINK_HISTORIES=5000` runs as many, the seed of a failure is in its message.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
};

use jiff::{
    ToSpan,
    civil::{Date, date},
};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use sendlink_tests::{
    Area, Database,
    hand::{Child, Notice, Pupil, census_feed, notices_feed, spring_census},
};

/// Operations of a history.
const OPERATIONS: usize = 50;
/// Histories that are run where nobody says how many.
const HISTORIES: u64 = 100;
/// Tests that share them, so that all cores work.
const SHARES: u64 = 4;
/// Children of a history: few, so that operations meet.
const CHILDREN: usize = 10;
/// Every so manieth history runs on PostgreSQL, where a night takes longer.
const POSTGRES_EVERY: u64 = 25;
/// A need that the mapping knows only once it is mended.
const SENDERS_OWN_NEED: &str = "TALKING";

/// One version of a notice, as its sender put it into a file.
#[derive(Clone, Debug)]
struct Said {
    child: usize,
    /// None withdraws.
    need: Option<String>,
    /// Seconds after the first moment; no two versions share one.
    sent: u32,
}

/// A census as it was sent.
#[derive(Clone, Debug)]
struct Snapshot {
    folder: String,
    made: u32,
    /// SEN provision by child.
    pupils: BTreeMap<usize, &'static str>,
    held: bool,
    rejected: bool,
}

/// What the program should hold.
#[derive(Debug, Default)]
struct Model {
    /// Every version that ever came, by notice.
    notices: BTreeMap<u32, Vec<Said>>,
    snapshots: Vec<Snapshot>,
    /// Notices and pupils that were erased, never to come back.
    forgotten_notices: BTreeSet<u32>,
    forgotten_pupils: BTreeSet<usize>,
    /// Children whose NHS number and UPN must not be joined, with the number of the decision.
    apart: BTreeMap<usize, String>,
    mended: bool,
}

/// A child of the dataset: where it lives, and its records in words.
type Group = (String, BTreeSet<String>);

impl Model {
    /// The version of a notice that counts: of those that can be read, the one sent last.
    fn current(&self, notice: u32) -> Option<&Said> {
        if self.forgotten_notices.contains(&notice) {
            return None;
        }
        let readable = |said: &&Said| self.mended || said.need.as_deref() != Some(SENDERS_OWN_NEED);
        self.notices
            .get(&notice)?
            .iter()
            .filter(readable)
            .max_by_key(|said| said.sent)
            .filter(|said| said.need.is_some())
    }

    /// The notices of a child that stand.
    fn notices_of(&self, child: usize) -> BTreeMap<u32, String> {
        self.notices
            .keys()
            .filter_map(|notice| Some((*notice, self.current(*notice)?)))
            .filter(|(_, said)| said.child == child)
            .filter_map(|(notice, said)| Some((notice, said.need.clone()?)))
            .collect()
    }

    /// The pupils of the census that was made last, of those that were let through.
    fn pupils(&self) -> BTreeMap<usize, &'static str> {
        let stands = |snapshot: &&Snapshot| !snapshot.held && !snapshot.rejected;
        let last = self
            .snapshots
            .iter()
            .filter(stands)
            .max_by_key(|snapshot| snapshot.made);
        let mut pupils = last.map(|snapshot| snapshot.pupils.clone()).unwrap_or_default();
        pupils.retain(|child, _| !self.forgotten_pupils.contains(child));
        pupils
    }

    /// The children that the dataset should hold.
    fn children(&self) -> Vec<Group> {
        let pupils = self.pupils();
        let mut groups = Vec::new();
        for child in 0..CHILDREN {
            let home = format!("E01021{child:03}");
            let notices: BTreeSet<String> = self
                .notices_of(child)
                .into_iter()
                .map(|(notice, need)| {
                    let need = if need == SENDERS_OWN_NEED { "VI" } else { &need };
                    format!("notice of {} of {need}", opinion(notice))
                })
                .collect();
            let school: BTreeSet<String> = pupils
                .get(&child)
                .map(|provision| format!("at school with {provision}"))
                .into_iter()
                .collect();
            if self.apart.contains_key(&child) {
                groups.extend([(home.clone(), notices), (home, school)]);
            } else {
                groups.push((home, &notices | &school));
            }
        }
        groups.retain(|(_, records)| !records.is_empty());
        groups.sort();
        groups
    }
}

/// The day of a notice's opinion tells it from all others.
fn opinion(notice: u32) -> Date {
    date(2023, 1, 1) + i64::from(notice).days()
}

fn reference(notice: u32) -> String {
    format!("N-{notice}")
}

/// A history under way.
struct History {
    area: Area,
    children: Vec<Child>,
    model: Model,
    chance: ChaCha8Rng,
    /// Grows with every version, snapshot and file.
    clock: u32,
    today: Date,
    /// Files of notices so far, for doubling.
    files: Vec<String>,
    mapping: String,
    /// What was done, for the message of a failure.
    told: Vec<String>,
}

impl History {
    fn new(seed: u64) -> Self {
        let database = if seed.is_multiple_of(POSTGRES_EVERY) {
            Database::Postgres
        } else {
            Database::Sqlite
        };
        let children = Child::several(CHILDREN);
        let area = Area::bare(database);
        area.configure(&[notices_feed("RAJ", "ours.toml"), census_feed()], &children);
        // Each row whose need is not known waits in quarantine.
        let mapping = area
            .run(&["mapping", "show", "section23/superset"])
            .expect(0)
            .stdout
            .replace(
                "unknown_code = \"blank-value\"",
                "unknown_code = \"quarantine-row\"",
            );
        fs::write(area.file("ours.toml"), &mapping).unwrap();
        History {
            area,
            children,
            model: Model::default(),
            chance: ChaCha8Rng::seed_from_u64(seed),
            clock: 0,
            today: date(2026, 2, 2),
            files: Vec::new(),
            mapping,
            told: vec![format!("history {seed} on {database:?}")],
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.chance.next_u64() % bound as u64) as usize
    }

    fn tick(&mut self) -> u32 {
        self.clock += 1;
        self.clock
    }

    fn need(&mut self) -> String {
        ["SLCN", "ASD", "HI", "MLD", SENDERS_OWN_NEED][self.below(5)].to_owned()
    }

    /// Puts versions of notices into a file that came today.
    fn send(&mut self, versions: &[(u32, Said)]) {
        let name = format!("section23-{}.csv", self.tick());
        let notices: Vec<Notice> = versions
            .iter()
            .map(|(notice, said)| {
                let of = Notice::of(
                    &self.children[said.child],
                    &reference(*notice),
                    &opinion(*notice).to_string(),
                );
                let (minutes, seconds) = (said.sent / 60, said.sent % 60);
                let sent = format!("2026-01-31T{:02}:{:02}:{seconds:02}Z", minutes / 60, minutes % 60);
                match &said.need {
                    Some(need) => of.with("primary_need", need).again("UPDATE", &sent),
                    None => of.again("WITHDRAW", &sent),
                }
            })
            .collect();
        self.area.put_notices(&name, &notices, &self.today.to_string());
        self.told.push(format!("{name}: {versions:?}"));
        self.files.push(name);
        for (notice, said) in versions {
            self.model.notices.entry(*notice).or_default().push(said.clone());
        }
    }

    fn new_notices(&mut self) {
        let mut versions = Vec::new();
        for _ in 0..=self.below(3) {
            let notice = self.tick();
            let said = Said {
                child: self.below(CHILDREN),
                need: Some(self.need()),
                sent: self.tick(),
            };
            versions.push((notice, said));
        }
        self.send(&versions);
    }

    fn known_notice(&mut self) -> Option<(u32, Said)> {
        let known: Vec<(u32, Said)> = self
            .model
            .notices
            .iter()
            .filter_map(|(notice, versions)| Some((*notice, versions.first()?.clone())))
            .collect();
        (!known.is_empty()).then(|| known[self.below(known.len())].clone())
    }

    /// Another version of a notice: later, or late.
    fn correct(&mut self, late: bool) {
        let Some((notice, said)) = self.known_notice() else {
            return;
        };
        let need = Some(self.need());
        // A late version was sent before the first that came; every other moment is taken.
        let sent = if late {
            said.sent.saturating_sub(1)
        } else {
            self.tick()
        };
        let taken = self.model.notices[&notice].iter().any(|other| other.sent == sent);
        if !taken {
            self.send(&[(notice, Said { need, sent, ..said })]);
        }
    }

    fn withdraw(&mut self) {
        let Some((notice, said)) = self.known_notice() else {
            return;
        };
        let sent = self.tick();
        self.send(&[(
            notice,
            Said {
                need: None,
                sent,
                ..said
            },
        )]);
    }

    /// A withdrawal that comes before what it withdraws; the notice follows with an earlier time.
    fn withdraw_first(&mut self) {
        let (notice, child) = (self.tick(), self.below(CHILDREN));
        let (stated, withdrawn) = (self.tick(), self.tick());
        self.send(&[(
            notice,
            Said {
                child,
                need: None,
                sent: withdrawn,
            },
        )]);
        if self.below(2) == 0 {
            self.night();
        }
        let need = Some(self.need());
        self.send(&[(
            notice,
            Said {
                child,
                need,
                sent: stated,
            },
        )]);
    }

    /// The same bytes under another name: nothing happens.
    fn double(&mut self) {
        if self.files.is_empty() {
            return;
        }
        let chosen = self.below(self.files.len());
        let name = self.files[chosen].clone();
        let bytes = fs::read(self.area.file("incoming/s23-raj").join(&name)).unwrap();
        let copy = format!("section23-{}-again.csv", self.tick());
        self.area.put(
            &format!("incoming/s23-raj/{copy}"),
            bytes,
            &self.today.to_string(),
        );
        self.told.push(format!("{copy} is {name} again"));
    }

    /// A census of some children, and a night, since what is held depends on what stands.
    fn census(&mut self, shrunken: bool, late: bool) {
        let mut pupils = BTreeMap::new();
        let wanted = if shrunken { 1 } else { 6 + self.below(CHILDREN - 5) };
        while pupils.len() < wanted {
            let child = self.below(CHILDREN);
            pupils.insert(child, ["K", "E"][self.below(2)]);
        }
        let made = if late { 0 } else { self.tick() };
        if self.model.snapshots.iter().any(|snapshot| snapshot.made == made) {
            return;
        }
        let folder = format!("census-{}", self.tick());
        let rows: Vec<Pupil> = pupils
            .iter()
            .map(|(child, provision)| Pupil {
                provision,
                ..Pupil::of(&self.children[*child])
            })
            .collect();
        let time = format!(
            "2026-Jan-22 {:02}:{:02}:{:02}",
            made / 3600,
            made / 60 % 60,
            made % 60
        );
        self.area.put_census(
            &folder,
            2026,
            &spring_census(2026, &time, &rows),
            &self.today.to_string(),
        );
        let before = self.model.pupils().len();
        // Fewer than half of what stands: a person must say.
        let held = pupils.len() < before / 2;
        self.told.push(format!(
            "{folder}: {pupils:?} made {made}, {before} stood, held {held}"
        ));
        self.model.snapshots.push(Snapshot {
            folder,
            made,
            pupils,
            held,
            rejected: false,
        });
        self.night();
    }

    /// A person lets a held census through, or not.
    fn decide_on_held(&mut self) {
        let waiting: Vec<usize> = (0..self.model.snapshots.len())
            .filter(|at| self.model.snapshots[*at].held && !self.model.snapshots[*at].rejected)
            .collect();
        let held = self.area.run(&["held", "--format", "json"]).expect(0).rows();
        assert_eq!(held.len(), waiting.len(), "{}", self.story());
        // Which of several it is cannot be told from outside by a census alone; with one it can.
        let ([at], [row]) = (waiting.as_slice(), held.as_slice()) else {
            return;
        };
        let delivery = row["delivery"].as_str().unwrap();
        let release = self.below(2) == 0;
        let verb = if release { "release" } else { "reject" };
        self.area
            .run(&["held", verb, delivery, "--reason", "a person looked"])
            .expect(0);
        self.told
            .push(format!("{verb} {}", self.model.snapshots[*at].folder));
        let snapshot = &mut self.model.snapshots[*at];
        snapshot.held = false;
        snapshot.rejected = !release;
        self.night();
    }

    /// Erases a child by its NHS number, which only notices bear.
    fn forget(&mut self) {
        self.night();
        let child = self.below(CHILDREN);
        let notices = self.model.notices_of(child);
        let number = self.children[child].nhs_number.clone();
        let command = ["forget", "child", "-", "--reason", "the family objects"];
        if notices.is_empty() {
            self.area.run_with_input(&command, &number).expect(64);
            return;
        }
        let ended = self.area.run_with_input(&command, &number).expect(0);
        let with_school = self.model.pupils().contains_key(&child) && !self.model.apart.contains_key(&child);
        let erased = notices.len() + usize::from(with_school);
        let said = format!("Erased {erased} record");
        assert!(
            ended.stdout.contains(&said),
            "{said}: {}\n{}",
            ended.stdout,
            self.story()
        );
        self.told.push(format!("forget child {child}: {erased} records"));
        self.model.forgotten_notices.extend(notices.keys());
        if with_school {
            self.model.forgotten_pupils.insert(child);
        }
        self.night();
    }

    fn keep_apart(&mut self) {
        let child = self.below(CHILDREN);
        if self.model.apart.contains_key(&child) {
            return;
        }
        let Child { nhs_number, upn, .. } = &self.children[child];
        let list = format!(
            "decision,left_type,left,right_type,right,reason\ndo-not-link,nhs-number,{nhs_number},upn,{upn},adoption\n"
        );
        self.area
            .run_with_input(&["decisions", "add", "-", "--author", "A. Officer"], &list)
            .expect(0);
        let listed = self.area.run(&["decisions", "--format", "json"]).expect(0).rows();
        let id = listed.iter().filter_map(|row| row["id"].as_i64()).max().unwrap();
        self.told.push(format!("keep child {child} apart: decision {id}"));
        self.model.apart.insert(child, id.to_string());
    }

    fn join_again(&mut self) {
        let Some((child, id)) = self.model.apart.pop_first() else {
            return;
        };
        self.area
            .run(&["decisions", "remove", &id, "--reason", "listed in error"])
            .expect(0);
        self.told.push(format!("child {child} may be joined again"));
    }

    /// The mapping learns the sender's own word; what has landed is read again.
    fn mend(&mut self) {
        if self.model.mended {
            return;
        }
        let mended = self.mapping.replace(
            "column = \"primary_need\", codes = { ",
            &format!("column = \"primary_need\", codes = {{ \"{SENDERS_OWN_NEED}\" = \"VI\", "),
        );
        assert_ne!(mended, self.mapping);
        fs::write(self.area.file("ours.toml"), mended).unwrap();
        self.model.mended = true;
        self.told.push("the mapping is mended".to_owned());
    }

    /// A night, after which the dataset holds what the model holds.
    fn night(&mut self) {
        let day = self.today.to_string();
        let ended = self.area.night_as_at(&day);
        assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}\n{}", self.story());
        self.told.push(format!("night as at {day}"));
        assert_eq!(self.children(), self.model.children(), "{}", self.story());
        self.today += 1.day();
    }

    /// The last night again: not a byte of what is published changes.
    fn night_again(&mut self) {
        self.night();
        let version = self.area.version();
        let before = fs::read(self.area.file("data/joint.db")).ok();
        let day = (self.today - 1.day()).to_string();
        let ended = self.area.night_as_at(&day);
        assert!(matches!(ended.code, Some(0 | 3)), "{ended:?}\n{}", self.story());
        assert_eq!(self.area.version(), version, "{}", self.story());
        assert!(
            fs::read(self.area.file("data/joint.db")).ok() == before,
            "{}",
            self.story()
        );
        self.told.push("the night again".to_owned());
    }

    /// The children of the dataset.
    fn children(&self) -> Vec<Group> {
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        for row in self.area.joint(
            "select c.child_id, c.lsoa,
                    'notice of ' || cast(n.opinion_date as text) || ' of ' || coalesce(n.primary_need, '')
               from section23_notice n join child c on c.child_id = n.child_id
             union all
             select c.child_id, c.lsoa, 'at school with ' || s.sen_provision
               from school_record s join child c on c.child_id = s.child_id",
        ) {
            let [child, home, record] = <[String; 3]>::try_from(row).expect("three columns");
            groups
                .entry(child)
                .or_insert_with(|| (home, BTreeSet::new()))
                .1
                .insert(record);
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort();
        groups
    }

    fn story(&self) -> String {
        self.told.join("\n")
    }

    fn operation(&mut self) {
        match self.below(20) {
            0..=4 => self.new_notices(),
            5..=6 => self.correct(false),
            7 => self.correct(true),
            8 => self.withdraw(),
            9 => self.withdraw_first(),
            10 => self.double(),
            11..=12 => self.census(false, false),
            13 => self.census(true, false),
            14 => self.census(false, true),
            15 => self.decide_on_held(),
            16 => self.forget(),
            17 => self.keep_apart(),
            18 => self.join_again(),
            _ if self.below(3) == 0 => self.mend(),
            _ => self.night_again(),
        }
    }
}

/// One of the shares of the histories.
fn run(share: u64) {
    let wanted = env::var("SENDLINK_HISTORIES").map_or(HISTORIES, |count| count.parse().expect("a number"));
    for seed in (0..wanted).filter(|seed| seed % SHARES == share) {
        let mut history = History::new(seed);
        history.night();
        for _ in 0..OPERATIONS {
            history.operation();
        }
        history.night();
        history.area.run(&["verify"]).expect(0);
        // Every row of every delivery that was loaded has an outcome.
        history.area.tallies("where verdict = 'loaded'");
    }
}

#[test]
fn the_dataset_holds_what_the_model_holds_1() {
    run(0);
}

#[test]
fn the_dataset_holds_what_the_model_holds_2() {
    run(1);
}

#[test]
fn the_dataset_holds_what_the_model_holds_3() {
    run(2);
}

#[test]
fn the_dataset_holds_what_the_model_holds_4() {
    run(3);
}
