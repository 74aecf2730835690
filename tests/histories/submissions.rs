//! Operations on months of reviews and pregnancies.

use std::fs;

use jiff::{ToSpan, civil::date};
use sendlink_tests::hand::{Child, Pregnancy, Review, Submission, Table, community, maternity};

use crate::{
    History,
    model::{
        BORN, CHILDREN, EXPECTING, MONTHS_OF_REVIEWS, Of, Pregnant, Reviewed, Sent, birth_of, due_of,
        holding, made_on,
    },
};

impl History {
    /// A month of reviews: the one before, with a review more, one less or one corrected.
    pub(crate) fn send_reviews(&mut self, late: bool) {
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
        let few = before.is_some_and(|before| rows < before / 2 || 2 * rows < before && before - rows > 30);
        // So does a month that would be left without any.
        let standing = holding(&self.model.reviews).find(|(of, sent)| *of == month && sent.made < made);
        let emptied = says.is_empty()
            && standing.is_some_and(|(_, sent)| {
                let mut numbers = sent.says.keys();
                numbers.any(|number| !self.model.forgotten_reviews.contains(number))
            });
        let held = few || emptied;
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
    pub(crate) fn send_pregnancies(&mut self, late: bool) {
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
    pub(crate) fn double_submission(&mut self) {
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
}
