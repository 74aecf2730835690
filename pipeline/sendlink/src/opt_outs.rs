//! The National Data Opt-out: whom to ask for, what comes back, and what the gate goes by.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use dataset::{GateRule, Lease, ListState, NewOptOutList, OptOutList, Store};
use identity::People;
use jiff::civil::Date;
use linkage::Token;
use pseudonym::{Keys, PatientFile, PatientTokens, Patients};

use crate::{
    config::{Config, WithoutNumber},
    exit::{Exit, Failure, of_write},
};

/// What asking for opt-outs needs.
pub struct OptOuts<'a> {
    config: &'a Config,
    tokens: PatientTokens,
    file: PatientFile,
}

/// Whom to ask for.
pub struct Asking {
    /// Their NHS numbers.
    pub patients: Patients,
    /// The tokens that records bear of them.
    pub tokens: BTreeSet<Token>,
    /// How many tokens there are whose NHS number was not kept.
    pub lost: usize,
}

/// What came back of a list.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The list.
    pub list: i64,
    /// How many NHS numbers were sent.
    pub sent: u64,
    /// How many came back.
    pub came_back: u64,
}

impl<'a> OptOuts<'a> {
    /// Under these keys. Nothing is read yet.
    ///
    /// # Errors
    /// Exit code 77 where keys cannot be derived.
    pub fn new(config: &'a Config, keys: &Keys) -> Result<Self, Failure> {
        let folder = config.path(&config.opt_outs.folder);
        let refused = |error| Failure::new(Exit::KeyRefused, error);
        Ok(OptOuts {
            config,
            tokens: PatientTokens::new(keys).map_err(refused)?,
            file: PatientFile::new(&folder, keys).map_err(refused)?,
        })
    }

    /// The tokens of everybody whose NHS number a record holds.
    pub fn tokens_of(&self, people: &People) -> Vec<Token> {
        self.tokens.of(people)
    }

    /// Keeps the NHS numbers of a delivery, sealed. This goes before its records are loaded: a night that is stopped
    /// between the two keeps too many, and the next one drops them.
    ///
    /// # Errors
    /// Where the file cannot be read or written.
    pub fn keep(&self, patients: Patients) -> Result<(), Failure> {
        if patients.is_empty() {
            return Ok(());
        }
        let mut kept = self.file.read().map_err(failed)?;
        if kept.extend(patients) {
            self.file.write(&kept).map_err(failed)?;
        }
        Ok(())
    }

    /// How many NHS numbers are kept.
    ///
    /// # Errors
    /// Where the file cannot be read, or does not open under this key.
    pub fn kept(&self) -> Result<usize, Failure> {
        Ok(self.file.read().map_err(failed)?.len())
    }

    /// Drops the NHS numbers that no record bears any more which must pass the gate.
    ///
    /// # Errors
    /// Where the file or the database fails.
    pub async fn prune(&self, store: &Store) -> Result<(), Failure> {
        let mut kept = self.file.read().map_err(failed)?;
        if kept.is_empty() {
            return Ok(());
        }
        let borne = store.patients(&free(self.config)).await?;
        if !kept.retain(|number| {
            self.tokens
                .of_number(number)
                .iter()
                .any(|token| borne.contains(token))
        }) {
            self.file.write(&kept).map_err(failed)?;
        }
        Ok(())
    }

    /// Whom to ask for: everybody in a record that stands and must pass the gate.
    ///
    /// # Errors
    /// Where the file or the database fails.
    pub async fn asking(&self, store: &Store) -> Result<Asking, Failure> {
        let borne = store.patients(&free(self.config)).await?;
        let mut patients = self.file.read().map_err(failed)?;
        let mut found = BTreeSet::new();
        patients.retain(|number| {
            let before = found.len();
            found.extend(
                self.tokens
                    .of_number(number)
                    .into_iter()
                    .filter(|token| borne.contains(token)),
            );
            found.len() > before
        });
        Ok(Asking {
            patients,
            lost: borne.len() - found.len(),
            tokens: found,
        })
    }

    /// Enters a list that is about to be sent.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn enter(
        &self,
        store: &Store,
        lease: &Lease,
        asking: &Asking,
        asked_on: Date,
        file: impl Fn(i64) -> Option<PathBuf>,
    ) -> Result<OptOutList, Failure> {
        let list = NewOptOutList {
            asked_on,
            sent: asking.patients.len() as u64,
            tokens: asking.tokens.clone(),
        };
        let file = |id| file(id).map(|path| path.display().to_string());
        Ok(store.ask_opt_outs(lease, &list, file).await?)
    }

    /// Takes what came back of a list. Files in which earlier lists lie, and the list itself, are destroyed.
    ///
    /// # Errors
    /// Exit code 65 where it is no answer to this list: the list that was in force stays so.
    pub async fn take(
        &self,
        store: &Store,
        lease: &Lease,
        list: &OptOutList,
        came_back: &[u8],
        answered_on: Date,
        actor: &str,
    ) -> Result<Answer, Failure> {
        let unusable = |message: String| Failure::new(Exit::NoInput, message);
        let patients = Patients::parse_list(came_back, self.config.area.profile.test_numbers())
            .map_err(|fault| unusable(format!("it is no list of the service: {fault}")))?;
        let sent = store.opt_out_tokens(list.id).await?;
        let mut tokens = BTreeSet::new();
        let mut foreign = 0;
        for number in patients.numbers() {
            let known = self.tokens.of_number(number).into_iter();
            let before = tokens.len();
            tokens.extend(known.filter(|token| sent.contains(token)));
            foreign += u64::from(tokens.len() == before);
        }
        if foreign > 0 {
            return Err(unusable(format!(
                "{foreign} of its numbers are not on list {}, which was sent: it is the answer to another, or was \
                 changed",
                list.id
            )));
        }
        let answer = Answer {
            list: list.id,
            sent: list.sent,
            came_back: patients.len() as u64,
        };
        let lists = store.opt_out_lists().await?;
        store
            .answer_opt_outs(lease, list.id, answered_on, answer.came_back, &tokens, actor)
            .await?;
        for file in lists
            .iter()
            .filter(|known| known.id <= list.id)
            .filter_map(|known| known.file.as_ref())
        {
            destroy_quietly(Path::new(file));
        }
        Ok(answer)
    }
}

/// What the gate goes by.
pub fn rule(config: &Config) -> GateRule {
    let gated = config.feeds.iter().filter(|feed| feed.basis.needs_opt_outs());
    GateRule {
        gated: gated
            .map(|feed| (feed.name.clone(), feed.provider.clone()))
            .collect(),
        free: free(config).into_iter().collect(),
        max_age_days: config.opt_outs.max_age.days(),
        publish_without_number: config.opt_outs.without_number == WithoutNumber::Publish,
    }
}

/// The feeds whose basis needs no opt-outs.
fn free(config: &Config) -> Vec<String> {
    let free = config.feeds.iter().filter(|feed| !feed.basis.needs_opt_outs());
    free.map(|feed| feed.name.clone()).collect()
}

/// The lists that wait for their answer, the latest last.
pub fn waiting(lists: &[OptOutList]) -> Vec<&OptOutList> {
    lists
        .iter()
        .filter(|list| list.state == ListState::Asked)
        .collect()
}

/// The name of a list's file, as the service asks for it: the mailbox that sends it, the day and a number of four digits.
pub fn file_name(config: &Config, asked_on: Date, list: i64) -> String {
    let mailbox = config
        .opt_outs
        .mesh
        .as_ref()
        .map_or("sendlink", |mesh| mesh.mailbox.as_str());
    let (day, month, year) = (asked_on.day(), asked_on.month(), asked_on.year() % 100);
    format!("{mailbox}-{day:02}{month:02}{year:02}-{:04}.dat", list % 10_000)
}

/// Writes a list into a file that its owner alone may read.
///
/// # Errors
/// Exit code 73 or 74 where it cannot be written, or is there.
pub fn write_list(path: &Path, patients: &Patients) -> Result<(), Failure> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
        .open(path)
        .and_then(|mut file| {
            file.write_all(&patients.list())?;
            file.sync_all()
        })
        .map_err(|error| {
            Failure::new(
                of_write(&error),
                format!("{} cannot be written: {error}", path.display()),
            )
        })
}

/// Overwrites a file that names people, and deletes it. What a file system or a disk keeps of it elsewhere is out of reach.
///
/// # Errors
/// Where it cannot be.
pub fn destroy(path: &Path) -> io::Result<()> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let mut file = fs::OpenOptions::new().write(true).open(path)?;
    let mut left = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    while left > 0 {
        let piece = ZEROS
            .get(..usize::try_from(left).unwrap_or(usize::MAX).min(ZEROS.len()))
            .unwrap_or(&ZEROS);
        file.write_all(piece)?;
        left -= piece.len() as u64;
    }
    file.sync_all()?;
    drop(file);
    fs::remove_file(path)
}

/// Destroys a file that may be gone already; says so where it cannot.
pub fn destroy_quietly(path: &Path) {
    match destroy(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            tracing::warn!(file = %path.display(), %error, "A list of NHS numbers cannot be destroyed; destroy it by hand.");
        }
        _ => {}
    }
}

fn failed(error: pseudonym::PatientFileError) -> Failure {
    let exit = match &error {
        pseudonym::PatientFileError::Io { source, .. } => of_write(source),
        pseudonym::PatientFileError::NotSealed { .. } => Exit::KeyRefused,
        pseudonym::PatientFileError::Refused => Exit::Bug,
    };
    Failure::new(exit, format!("[opt_outs] folder: {error}"))
}
