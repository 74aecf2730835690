//! Random histories of an area against a model so simple that one can see it is right.
//!
//! A history is fifty operations: notices, submissions of pregnancies and reviews, and censuses that are new, late,
//! doubled, corrected or withdrawn, snapshots and months whole and shrunken, decisions, erasures, a mapping mended
//! half-way, a night repeated. The program sees files and commands; the model keeps lists in memory and never looks at
//! the database. After every night both must hold the same children with the same records.
//!
//! A hundred histories are run; `SENDLINK_HISTORIES=5000` runs as many, and `SENDLINK_HISTORIES=2000..5000` goes on
//! where a run was stopped. The seed of a failure is in its message.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    ops::Range,
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
    hand::{Child, Notice, Pupil, census_feed, community_feed, maternity_feed, notices_feed, spring_census},
};

mod model;
mod submissions;

use model::{CHILDREN, EXPECTING, Group, Model, Of, SENDERS_OWN_NEED, Said, Snapshot, opinion, reference};

/// Operations of a history.
const OPERATIONS: usize = 50;
/// Histories that are run where nobody says how many.
const HISTORIES: u64 = 100;
/// Tests that share them, so that all cores work.
const SHARES: u64 = 4;
/// Every so manieth history runs on PostgreSQL, where a night takes longer.
const POSTGRES_EVERY: u64 = 25;

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
    /// Submissions so far, for doubling.
    submissions: Vec<(&'static str, String)>,
    /// Whether a submission of reviews waits for a night.
    reviews_wait: bool,
    /// The reviews' submissions in the order in which they came, by month and making.
    order_of_reviews: Vec<(Date, u32)>,
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
        let children = Child::several(CHILDREN + EXPECTING);
        let area = Area::bare(database);
        // A month of a handful of pregnancies may have any number of rows.
        let pregnancies = maternity_feed("RAJ") + "volume_band = { least = 0.0, most = 1000.0 }\n";
        let reviews = community_feed("RAT") + "volume_band = { least = 0.5, most = 1000.0 }\n";
        area.configure(
            &[
                notices_feed("RAJ", "ours.toml"),
                census_feed(),
                pregnancies,
                reviews,
            ],
            &children,
        );
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
            submissions: Vec::new(),
            reviews_wait: false,
            order_of_reviews: Vec::new(),
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

    /// A person lets a held census or month through, or not.
    fn decide_on_held(&mut self) {
        if self.reviews_wait {
            self.night();
        }
        let censuses: Vec<usize> = (0..self.model.snapshots.len())
            .filter(|at| self.model.snapshots[*at].held)
            .collect();
        let months: Vec<(Date, usize)> = self
            .model
            .reviews
            .iter()
            .flat_map(|(month, sent)| (0..sent.len()).map(|at| (*month, at)))
            .filter(|(month, at)| self.model.reviews[month][*at].held)
            .collect();
        let held = self.area.run(&["held", "--format", "json"]).expect(0).rows();
        assert_eq!(held.len(), censuses.len() + months.len(), "{}", self.story());
        let of_feed = |feed: &str| {
            let rows = held.iter().filter(|row| row["feed"] == feed);
            rows.map(|row| row["delivery"].as_str().unwrap())
                .collect::<Vec<_>>()
        };
        let release = self.below(2) == 0;
        let verb = if release { "release" } else { "reject" };
        // Which of several it is cannot be told from outside; with one it can.
        let (delivery, folder) = match (censuses.as_slice(), of_feed("school-census").as_slice()) {
            ([at], [delivery]) => {
                let snapshot = &mut self.model.snapshots[*at];
                snapshot.held = false;
                snapshot.rejected = !release;
                (delivery.to_string(), snapshot.folder.clone())
            }
            _ => match (months.as_slice(), of_feed("reviews-rat").as_slice()) {
                ([(month, at)], [delivery]) => {
                    let Some(sent) = self
                        .model
                        .reviews
                        .get_mut(month)
                        .and_then(|sent| sent.get_mut(*at))
                    else {
                        return;
                    };
                    sent.held = false;
                    sent.rejected = !release;
                    (delivery.to_string(), sent.folder.clone())
                }
                _ => return,
            },
        };
        self.area
            .run(&["held", verb, &delivery, "--reason", "a person looked"])
            .expect(0);
        self.told.push(format!("{verb} {folder}"));
        self.night();
    }

    /// Erases a child by its NHS number, which all records but the school's bear.
    fn forget(&mut self) {
        self.night();
        let child = self.below(CHILDREN);
        let notices = self.model.notices_of(child);
        let number = self.children[child].nhs_number.clone();
        let command = ["forget", "child", "-", "--reason", "the family objects"];
        let bearing = self.model.bearing_number(child);
        if bearing == 0 {
            self.area.run_with_input(&command, &number).expect(64);
            return;
        }
        let ended = self.area.run_with_input(&command, &number).expect(0);
        let with_school = self.model.pupils().contains_key(&child) && !self.model.apart.contains_key(&child);
        let erased = bearing + usize::from(with_school);
        let said = format!("Erased {erased} record");
        assert!(
            ended.stdout.contains(&said),
            "{said}: {}\n{}",
            ended.stdout,
            self.story()
        );
        self.told.push(format!("forget child {child}: {erased} records"));
        self.model.forgotten_notices.extend(notices.keys());
        let reviews = self.model.reviews_of(child);
        self.model.forgotten_reviews.extend(reviews.keys());
        if self.model.is_born(child) {
            self.model.forgotten_births.insert(child);
            if self.model.pregnancy(Of::Child(child)).is_some() {
                self.model.forgotten_pregnancies.insert(child);
            }
        }
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
        self.reviews_wait = false;
        assert_eq!(self.children(), self.model.children(), "{}", self.story());
        assert_eq!(
            self.notifications(),
            self.model.notifications(),
            "{}",
            self.story()
        );
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
               from school_record s join child c on c.child_id = s.child_id
             union all
             select c.child_id, c.lsoa,
                    'reviewed on ' || cast(r.review_date as text) || ' with ' || cast(r.communication as text)
               from two_year_review r join child c on c.child_id = r.child_id
             union all
             select c.child_id, c.lsoa, 'born' from birth b join child c on c.child_id = b.child_id
             union all
             select c.child_id, c.lsoa, 'of a pregnancy that was notified'
               from pregnancy_child p join child c on c.child_id = p.child_id",
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

    /// The notifications of the dataset.
    fn notifications(&self) -> Vec<(String, String)> {
        let mut notifications: Vec<(String, String)> = self
            .area
            .joint("select edd_month, coalesce(outcome, '') from pregnancy_notification")
            .into_iter()
            .map(|row| <[String; 2]>::try_from(row).expect("two columns").into())
            .collect();
        notifications.sort();
        notifications
    }

    fn story(&self) -> String {
        self.told.join("\n")
    }

    fn operation(&mut self) {
        match self.below(28) {
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
            19..=20 => self.send_reviews(false),
            21 => self.send_reviews(true),
            22..=24 => self.send_pregnancies(false),
            25 => self.send_pregnancies(true),
            26 => self.double_submission(),
            _ if self.below(3) == 0 => self.mend(),
            _ => self.night_again(),
        }
    }
}

/// The seeds that are run.
fn seeds() -> Range<u64> {
    let Ok(wanted) = env::var("SENDLINK_HISTORIES") else {
        return 0..HISTORIES;
    };
    let (first, end) = wanted.split_once("..").unwrap_or(("0", &wanted));
    first.parse().expect("a number")..end.parse().expect("a number")
}

/// One of the shares of the histories.
fn run(share: u64) {
    let seeds = seeds();
    let end = seeds.end;
    for seed in seeds.filter(|seed| seed % SHARES == share) {
        if (seed / SHARES).is_multiple_of(25) {
            eprintln!("share {share}: at history {seed} of {end}");
        }
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
