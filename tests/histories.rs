//! Random histories of an area against a model so simple that one can see it is right.
//!
//! A history is fifty operations: notices, submissions of pregnancies and reviews, and censuses that are new, late,
//! doubled, corrected or withdrawn, snapshots and months whole and shrunken, decisions, erasures, a mapping mended
//! half-way, a night repeated. The program sees files and commands; the model keeps lists in memory and never looks at
//! the database. After every night both must hold the same children with the same records.
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
    hand::{
        Child, Notice, Pregnancy, Pupil, Review, Submission, Table, census_feed, community, community_feed,
        maternity, maternity_feed, notices_feed, spring_census,
    },
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

/// Children whose births a maternity service tells of: fewer still, so that their months meet.
const BORN: usize = 4;
/// Mothers of whom it tells that their children are yet to be born.
const EXPECTING: usize = 3;
/// The months for which submissions of reviews are made.
const MONTHS_OF_REVIEWS: i16 = 4;

/// A submission for a month as it was made. Of all that were let through for a month, the one made last holds.
#[derive(Clone, Debug)]
struct Sent<K, V> {
    /// Days after the first; no two submissions of a provider share one.
    made: u32,
    folder: String,
    says: BTreeMap<K, V>,
    /// Of all tables together.
    rows: usize,
    held: bool,
    rejected: bool,
}

/// Submissions by the first day of their month.
type Months<K, V> = BTreeMap<Date, Vec<Sent<K, V>>>;

/// The submission that holds for each month.
fn holding<K, V>(months: &Months<K, V>) -> impl Iterator<Item = (Date, &Sent<K, V>)> {
    months.iter().filter_map(|(month, sent)| {
        let through = sent.iter().filter(|sent| !sent.held && !sent.rejected);
        Some((*month, through.max_by_key(|sent| sent.made)?))
    })
}

/// What was said last of somebody, of what `counts`: in the latest month, and there last. None where the submission that
/// holds for that month leaves it out.
fn last_word<K: Ord, V: Copy>(months: &Months<K, V>, of: K, counts: impl Fn(&V) -> bool) -> Option<V> {
    let (month, made) = months
        .iter()
        .flat_map(|(month, sent)| sent.iter().map(|sent| (*month, sent)))
        .filter(|(_, sent)| !sent.held && !sent.rejected)
        .filter(|(_, sent)| sent.says.get(&of).is_some_and(&counts))
        .map(|(month, sent)| (month, sent.made))
        .max()?;
    let (_, last) = holding(months).find(|(other, _)| *other == month)?;
    last.says.get(&of).copied().filter(|_| last.made == made)
}

/// A review as its submission has it. The number of a review is of one child and one day for ever.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reviewed {
    child: usize,
    day: Date,
    communication: u8,
}

/// Whose pregnancy it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Of {
    /// The mother of a child.
    Child(usize),
    /// A mother whose child is yet to be born.
    Expecting(usize),
}

/// A pregnancy as its submission has it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pregnant {
    /// Whether the delivery and the baby stand beside it.
    born: bool,
    fetuses: usize,
    lost: bool,
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
    reviews: Months<u32, Reviewed>,
    pregnancies: Months<Of, Pregnant>,
    forgotten_reviews: BTreeSet<u32>,
    /// Births and pregnancies of these children.
    forgotten_births: BTreeSet<usize>,
    forgotten_pregnancies: BTreeSet<usize>,
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

    /// The reviews that stand.
    fn reviews(&self) -> BTreeMap<u32, Reviewed> {
        holding(&self.reviews)
            .flat_map(|(_, sent)| sent.says.clone())
            .filter(|(number, _)| !self.forgotten_reviews.contains(number))
            .collect()
    }

    fn reviews_of(&self, child: usize) -> BTreeMap<u32, Reviewed> {
        let mut reviews = self.reviews();
        reviews.retain(|_, review| review.child == child);
        reviews
    }

    /// Whether the birth of a child is on record: in whichever month it came.
    fn is_born(&self, child: usize) -> bool {
        !self.forgotten_births.contains(&child)
            && last_word(&self.pregnancies, Of::Child(child), |said| said.born).is_some()
    }

    /// What the latest month that tells of a pregnancy says of it.
    fn pregnancy(&self, of: Of) -> Option<Pregnant> {
        let forgotten = matches!(of, Of::Child(child) if self.forgotten_pregnancies.contains(&child));
        last_word(&self.pregnancies, of, |_| true).filter(|_| !forgotten)
    }

    /// The notifications that the dataset should hold, as due month and outcome.
    fn notifications(&self) -> Vec<(String, String)> {
        let mut notifications = Vec::new();
        for child in 0..CHILDREN {
            if self.pregnancy(Of::Child(child)).is_some() {
                let outcome = if self.is_born(child) { "LIVE_BIRTH" } else { "" };
                notifications.push((month_of(birth_of(child)), outcome.to_owned()));
            }
        }
        for mother in 0..EXPECTING {
            if let Some(said) = self.pregnancy(Of::Expecting(mother)) {
                let outcome = if said.lost { "LOSS" } else { "" };
                notifications.push((month_of(due_of(mother)), outcome.to_owned()));
            }
        }
        notifications.sort();
        notifications
    }

    /// What erasing a child by its NHS number erases.
    fn bearing_number(&self, child: usize) -> usize {
        let born = self.is_born(child);
        // The notification of the pregnancy is about nobody else.
        let notified = born && self.pregnancy(Of::Child(child)).is_some();
        self.notices_of(child).len()
            + self.reviews_of(child).len()
            + usize::from(born)
            + usize::from(notified)
    }

    /// The children that the dataset should hold.
    fn children(&self) -> Vec<Group> {
        let pupils = self.pupils();
        let mut groups = Vec::new();
        for child in 0..CHILDREN {
            let home = format!("E01021{child:03}");
            let mut by_number: BTreeSet<String> = self
                .notices_of(child)
                .into_iter()
                .map(|(notice, need)| {
                    let need = if need == SENDERS_OWN_NEED { "VI" } else { &need };
                    format!("notice of {} of {need}", opinion(notice))
                })
                .collect();
            by_number.extend(
                self.reviews_of(child)
                    .into_values()
                    .map(|review| format!("reviewed on {} with {}", review.day, review.communication)),
            );
            if self.is_born(child) {
                by_number.insert("born".to_owned());
                if self.pregnancy(Of::Child(child)).is_some() {
                    by_number.insert("of a pregnancy that was notified".to_owned());
                }
            }
            let school: BTreeSet<String> = pupils
                .get(&child)
                .map(|provision| format!("at school with {provision}"))
                .into_iter()
                .collect();
            if self.apart.contains_key(&child) {
                groups.extend([(home.clone(), by_number), (home, school)]);
            } else {
                groups.push((home, &by_number | &school));
            }
        }
        for mother in 0..EXPECTING {
            if let Some(said) = self.pregnancy(Of::Expecting(mother)).filter(|said| !said.lost) {
                let home = format!("E01021{:03}", CHILDREN + mother);
                let expected = BTreeSet::from(["of a pregnancy that was notified".to_owned()]);
                groups.extend(vec![(home, expected); said.fetuses]);
            }
        }
        groups.retain(|(_, records)| !records.is_empty());
        groups.sort();
        groups
    }
}

/// The children of a history have their birthdays from [`Child::several`].
fn birth_of(child: usize) -> Date {
    Child::several(CHILDREN)[child].birth_date.parse().expect("a day")
}

/// The due date of a child who is yet to be born: months after the last night of any history.
fn due_of(mother: usize) -> Date {
    date(2026, 6, 10) + (12 * mother as i64).days()
}

/// The day on which a month's submission is made.
fn made_on(month: Date, made: u32) -> String {
    (month + 33.days() + i64::from(made).days()).to_string()
}

fn month_of(day: Date) -> String {
    day.strftime("%Y-%m").to_string()
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

    /// A month of reviews: the one before, with a review more, one less or one corrected.
    fn send_reviews(&mut self, late: bool) {
        // What is held depends on what was loaded last.
        if self.reviews_wait {
            self.night();
        }
        let month = date(2023, 1 + self.below(MONTHS_OF_REVIEWS as usize) as i8, 1);
        let mut says = holding(&self.model.reviews)
            .find(|(of, _)| *of == month)
            .map(|(_, sent)| sent.says.clone())
            .unwrap_or_default();
        let score = 5 * self.below(13) as u8;
        match (says.len(), self.below(4)) {
            (1.., 0) => {
                let chosen = self.below(says.len());
                let number = says.keys().copied().nth(chosen).expect("a review");
                says.remove(&number);
            }
            (1.., 1) => {
                let chosen = self.below(says.len());
                if let Some(review) = says.values_mut().nth(chosen) {
                    review.communication = score;
                }
            }
            // Half a month is missing.
            (4.., 2) => {
                let least = says.keys().copied().next().expect("a review");
                says.retain(|number, _| *number == least);
            }
            _ => {
                for _ in 0..=self.below(3) {
                    let review = Reviewed {
                        child: self.below(CHILDREN),
                        day: month + i64::from(self.clock % 28).days(),
                        communication: score,
                    };
                    says.insert(self.tick(), review);
                }
            }
        }
        let known = self
            .model
            .reviews
            .get(&month)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let latest = known.iter().map(|sent| sent.made).max();
        let made = match (late, latest) {
            (true, Some(latest)) => latest - 1,
            // Each leaves room for a late one before it.
            (_, latest) => latest.unwrap_or_default() + 2,
        };
        if known.iter().any(|sent| sent.made == made) {
            return;
        }
        let made_on = made_on(month, made);
        let first = month.to_string();
        let of = Submission {
            provider: "RAT",
            month: &first,
            made: &made_on,
        };
        let named: Vec<(String, String, Reviewed)> = says
            .iter()
            .map(|(number, review)| (format!("C{number}"), review.day.to_string(), *review))
            .collect();
        let reviews: Vec<Review<'_>> = named
            .iter()
            .map(|(id, day, review)| Review {
                id,
                child: &self.children[review.child],
                day,
                scores: [review.communication, 60, 60, 60, 60],
            })
            .collect();
        let (folder, rows) = self.put_submission("reviews-rat", of, &community(of, &reviews));
        // Fewer than half the rows that were loaded last: a person must say.
        let before = self.order_of_reviews.iter().rev().find_map(|(month, made)| {
            let sent = &self.model.reviews[month];
            let sent = sent.iter().find(|sent| sent.made == *made)?;
            (!sent.held && !sent.rejected).then_some(sent.rows)
        });
        let held = before.is_some_and(|before| rows < before / 2 || 2 * rows < before && before - rows > 30);
        self.told.push(format!(
            "{folder}: {says:?}, {rows} rows, {before:?} before, held {held}"
        ));
        self.order_of_reviews.push((month, made));
        self.model.reviews.entry(month).or_default().push(Sent {
            made,
            folder,
            says,
            rows,
            held,
            rejected: false,
        });
        self.reviews_wait = true;
    }

    /// A month of pregnancies: the one before, with one that is new, changed or left out.
    fn send_pregnancies(&mut self, late: bool) {
        let (of, month) = if self.below(3) == 0 {
            let mother = self.below(EXPECTING);
            (Of::Expecting(mother), date(2025, 9 + self.below(3) as i8, 1))
        } else {
            let child = self.below(BORN);
            // Booked, born, and still in care the month after.
            let months = [-6, 0, 0, 1][self.below(4)];
            (
                Of::Child(child),
                birth_of(child).first_of_month() + i64::from(months).months(),
            )
        };
        let mut says = holding(&self.model.pregnancies)
            .find(|(other, _)| *other == month)
            .map(|(_, sent)| sent.says.clone())
            .unwrap_or_default();
        if says.contains_key(&of) && self.below(4) == 0 {
            says.remove(&of);
        } else {
            let said = match of {
                Of::Child(child) => Pregnant {
                    born: month == birth_of(child).first_of_month() && self.below(4) > 0,
                    fetuses: 1,
                    lost: false,
                },
                Of::Expecting(_) => Pregnant {
                    born: false,
                    fetuses: 1 + self.below(2),
                    lost: self.below(4) == 0,
                },
            };
            says.insert(of, said);
        }
        let known = self
            .model
            .pregnancies
            .get(&month)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let latest = known.iter().map(|sent| sent.made).max();
        let made = match (late, latest) {
            (true, Some(latest)) => latest - 1,
            // Each leaves room for a late one before it.
            (_, latest) => latest.unwrap_or_default() + 2,
        };
        if known.iter().any(|sent| sent.made == made) {
            return;
        }
        let made_on = made_on(month, made);
        let first = month.to_string();
        let submission = Submission {
            provider: "RAJ",
            month: &first,
            made: &made_on,
        };
        let named: Vec<(String, String, String, Of, Pregnant)> = says
            .iter()
            .map(|(of, said)| {
                let (id, due) = match of {
                    Of::Child(child) => (format!("P{child}"), birth_of(*child)),
                    Of::Expecting(mother) => (format!("E{mother}"), due_of(*mother)),
                };
                (id, (due - 34.weeks()).to_string(), due.to_string(), *of, *said)
            })
            .collect();
        let mothers: Vec<Child> = named.iter().map(|(_, _, _, of, _)| self.mother(*of)).collect();
        let pregnancies: Vec<Pregnancy<'_>> = named
            .iter()
            .zip(&mothers)
            .map(|((id, booked, due, of, said), mother)| Pregnancy {
                id,
                mother,
                booked,
                due,
                fetuses: said.fetuses,
                discharged: if said.lost { "03" } else { "" },
                babies: match of {
                    Of::Child(child) if said.born => vec![&self.children[*child]],
                    _ => Vec::new(),
                },
            })
            .collect();
        let tables = maternity(submission, &pregnancies);
        let (folder, rows) = self.put_submission("pregnancy-raj", submission, &tables);
        self.told.push(format!("{folder}: {says:?}"));
        self.model.pregnancies.entry(month).or_default().push(Sent {
            made,
            folder,
            says,
            rows,
            held: false,
            rejected: false,
        });
    }

    /// The mother of a pregnancy: she lives where the child does.
    fn mother(&self, of: Of) -> Child {
        let child = match of {
            Of::Child(child) => child,
            Of::Expecting(mother) => CHILDREN + mother,
        };
        let postcode = &self.children[child].postcode;
        Child::new(100 + child as u32, "Mother", "Nobody", "1990-05-06", postcode)
    }

    /// Puts a submission into its folder; returns its name and how many rows it has.
    fn put_submission(
        &mut self,
        feed: &'static str,
        of: Submission<'_>,
        tables: &[Table],
    ) -> (String, usize) {
        let came = self.today.to_string();
        let folder = format!("{}-{}", of.month, of.made);
        for table in tables {
            let file = format!("incoming/{feed}/{folder}/{}.csv", table.name);
            self.area.put(&file, table.csv(), &came);
        }
        self.submissions.push((feed, folder.clone()));
        (folder, tables.iter().map(|table| table.rows.len()).sum())
    }

    /// The same submission in another folder: nothing happens.
    fn double_submission(&mut self) {
        if self.submissions.is_empty() {
            return;
        }
        let chosen = self.below(self.submissions.len());
        let (feed, folder) = self.submissions[chosen].clone();
        let copy = format!("{folder}-again-{}", self.tick());
        let from = self.area.file("incoming").join(feed).join(&folder);
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            self.area.put(
                &format!("incoming/{feed}/{copy}/{name}"),
                fs::read(&path).unwrap(),
                &self.today.to_string(),
            );
        }
        self.told.push(format!("{copy} is {folder} of {feed} again"));
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
