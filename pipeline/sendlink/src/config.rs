//! The configuration file, `sendlink.toml`.
//!
//! Unknown keys are refused with their line and column; secrets are never in the file, only the name of the
//! file or environment variable that holds them; relative paths start at the file's own folder.

mod duration;
mod feed;
mod https;
mod mailbox;
mod object_store;
mod open_pseudonymiser;
mod opt_outs;
mod register;
mod sftp;
mod watch;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde::Deserialize;

pub use self::{
    duration::Span,
    feed::{Delivery, Feed, From, Then},
    https::{Access, FromHttps, Paging},
    mailbox::Mailbox,
    object_store::{AzureAccess, FromObjectStore, ObjectStore},
    open_pseudonymiser::OpenPseudonymiser,
    opt_outs::{OptOuts, WithoutNumber},
    register::Register,
    sftp::FromSftp,
    watch::{Address, After, Alert, Email, Security, Watch},
};
use crate::exit::{Exit, Failure};

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Whose children the dataset is about.
    pub area: Area,
    /// Where the database is.
    pub store: Store,
    /// Where the keys are.
    pub keys: Keys,
    /// Where deliveries land.
    pub landing: Landing,
    /// Reference data.
    pub reference: Reference,
    /// Where reports are written.
    #[serde(default)]
    pub reports: Reports,
    /// What holds the night back.
    #[serde(default)]
    pub night: Night,
    /// The National Data Opt-out.
    #[serde(default)]
    pub opt_outs: OptOuts,
    /// How senders made the digests that stand in the place of NHS numbers.
    #[serde(default)]
    pub open_pseudonymiser: Option<OpenPseudonymiser>,
    /// What the record of processing says besides.
    #[serde(default)]
    pub register: Register,
    /// Where the figures of each night go.
    #[serde(default)]
    pub watch: Watch,
    /// Who is told of a night that a person should look at.
    #[serde(default, rename = "alert")]
    pub alerts: Vec<Alert>,
    /// MESH mailboxes.
    #[serde(default, rename = "mailbox")]
    pub mailboxes: Vec<Mailbox>,
    /// The feeds.
    #[serde(default, rename = "feed")]
    pub feeds: Vec<Feed>,
    /// The folder that relative paths start at: where the file lies.
    #[serde(skip)]
    pub folder: PathBuf,
    /// SHA-256 of the file, for the run's history.
    #[serde(skip)]
    pub hash: String,
}

/// `[area]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// What people call it.
    pub name: String,
    /// DfE codes of the authorities whose children are ours.
    pub la_codes: Vec<String>,
    /// Whether the people are real.
    pub profile: AreaProfile,
}

/// Whether the people of an area are real.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AreaProfile {
    /// Real people: NHS numbers of the 999 test range are refused as stray test data.
    Live,
    /// Made-up people: the 999 range is where their numbers come from.
    MadeUp,
}

impl AreaProfile {
    /// What the profile says of test numbers.
    pub fn test_numbers(self) -> identity::TestNumbers {
        match self {
            AreaProfile::Live => identity::TestNumbers::Refused,
            AreaProfile::MadeUp => identity::TestNumbers::Allowed,
        }
    }
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// `sqlite:FOLDER`, or `postgres://user@host:port/database` without a password.
    pub url: String,
    /// The file that holds the PostgreSQL password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The environment variable that holds the PostgreSQL password.
    #[serde(default)]
    pub password_env: Option<String>,
}

/// `[keys]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// The key file, made by `sendlink keys new`.
    pub file: PathBuf,
}

/// `[landing]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Landing {
    /// The folder.
    pub folder: PathBuf,
    /// For how many days after its arrival a delivery is kept. It names children: keep it as short as a mended
    /// mapping or a rotated key needs.
    pub keep_days: u16,
}

/// `[reference]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The ONS Postcode Directory as CSV.
    pub postcodes: PathBuf,
    /// Get Information About Schools as CSV.
    #[serde(default)]
    pub schools: Option<PathBuf>,
    /// Births a year by authority as CSV (`la_code,year,births`), for volumes per 1,000 births.
    #[serde(default)]
    pub births: Option<PathBuf>,
}

/// `[reports]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reports {
    /// The folder.
    pub folder: PathBuf,
}

impl Default for Reports {
    fn default() -> Self {
        Reports {
            folder: PathBuf::from("reports"),
        }
    }
}

/// `[night]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Night {
    /// The share of a delivery's rows in quarantine above which the run ends with exit code 3.
    pub quarantine_threshold: f64,
    /// The share of child ids that may change in one night; more holds the publication until a person has
    /// looked. The first publication has no limit.
    pub changed_ids_brake: f64,
    /// A notice that reached the area more than this many days after the opinion is late.
    pub late_notice_days: u16,
    /// Whether everything is linked once more without NHS numbers, to see how right linkage is.
    pub hold_out: bool,
    /// How long after a night that something passing ended it is tried again, where the program keeps the time itself
    /// (`run --every-night-at`).
    pub try_again_after: Span,
}

impl Default for Night {
    fn default() -> Self {
        Night {
            // A spreadsheet with one bad row in twenty needs a person's eye; a census has far fewer.
            quarantine_threshold: 0.05,
            // Corrections move a few children in ten thousand; one in ten means a wrong file or mapping.
            changed_ids_brake: 0.1,
            // Four weeks: the usual local agreement, as the statute sets no limit.
            late_notice_days: 28,
            hold_out: true,
            // Long enough for a server to come back, short enough for several tries before the morning.
            try_again_after: Span(std::time::Duration::from_secs(600)),
        }
    }
}

impl Config {
    /// Reads and checks a configuration file.
    ///
    /// # Errors
    /// Exit code 78 with every fault that can be seen in the file itself.
    pub fn load(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::new(
                Exit::Config,
                format!("{shown} cannot be read: {error}. Give another with -c FILE, or try `sendlink demo` first."),
            )
        })?;
        let mut config: Config =
            toml::from_str(&text).map_err(|error| Failure::new(Exit::Config, format!("{shown}: {error}")))?;
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        config.folder = folder;
        config.hash = crate::hex::sha256(text.as_bytes());
        let faults = config.faults();
        if faults.is_empty() {
            return Ok(config);
        }
        Err(Failure::new(
            Exit::Config,
            format!("{shown}:\n  {}", faults.join("\n  ")),
        ))
    }

    /// A path of the file, from the file's own folder.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// The feed with this name.
    ///
    /// # Errors
    /// Exit code 64 with the names there are.
    pub fn feed(&self, name: &str) -> Result<&Feed, Failure> {
        self.feeds.iter().find(|feed| feed.name == name).ok_or_else(|| {
            let names: Vec<_> = self.feeds.iter().map(|feed| feed.name.as_str()).collect();
            Failure::new(
                Exit::Usage,
                format!(
                    "there is no feed of that name; the feeds are: {}",
                    names.join(", ")
                ),
            )
        })
    }

    /// The mailbox with this id.
    pub fn mailbox(&self, id: &str) -> Option<&Mailbox> {
        self.mailboxes.iter().find(|mailbox| mailbox.id == id)
    }

    /// What a feed reads from; no two feeds may share one.
    fn sources(&self, feed: &Feed) -> Vec<(&'static str, PathBuf)> {
        match &feed.from {
            From::Folder(from) => vec![("folder", self.path(&from.folder))],
            From::Https(https) => vec![("address", PathBuf::from(https.url.as_str()))],
            From::ObjectStore(from) => vec![("objects", PathBuf::from(from.place()))],
            From::Sftp(from) => vec![("folder of the same server", PathBuf::from(from.place()))],
            From::Mesh(mesh) => {
                let mut pairs = Vec::new();
                for workflow in &mesh.workflows {
                    for sender in &mesh.senders {
                        let place = mesh_place(&mesh.mailbox, workflow, sender);
                        pairs.push(("workflow from the same sender", place));
                    }
                }
                pairs
            }
        }
    }

    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.area.la_codes.is_empty() {
            faults
                .push("[area] la_codes: name at least one authority by its three-digit DfE code".to_owned());
        }
        for code in &self.area.la_codes {
            if code.len() != 3 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
                faults.push(format!(
                    "[area] la_codes: \"{code}\" is not a three-digit DfE code"
                ));
            }
        }
        if self.feeds.is_empty() {
            faults.push("there is no [[feed]]: nothing would be read".to_owned());
        }
        for (name, share) in [
            ("quarantine_threshold", self.night.quarantine_threshold),
            ("changed_ids_brake", self.night.changed_ids_brake),
        ] {
            if !(0.0..=1.0).contains(&share) {
                faults.push(format!("[night] {name}: a share between 0 and 1"));
            }
        }
        if self.store.password_file.is_some() && self.store.password_env.is_some() {
            faults.push("[store]: give password_file or password_env, not both".to_owned());
        }
        if !(self.store.url.starts_with("sqlite:") || self.store.url.starts_with("postgres://")) {
            faults.push("[store] url: begins with sqlite: or postgres://".to_owned());
        }
        faults.extend(
            self.watch
                .faults()
                .into_iter()
                .map(|fault| format!("[watch] {fault}")),
        );
        for alert in &self.alerts {
            faults.extend(
                alert
                    .faults()
                    .into_iter()
                    .map(|fault| format!("[[alert]] {fault}")),
            );
        }
        let mut ids = BTreeSet::new();
        for mailbox in &self.mailboxes {
            if !ids.insert(mailbox.id.as_str()) {
                faults.push(format!("[[mailbox]] {}: another mailbox has this id", mailbox.id));
            }
            faults.extend(
                mailbox
                    .faults()
                    .into_iter()
                    .map(|fault| format!("[[mailbox]] {}: {fault}", mailbox.id)),
            );
        }
        faults.extend(
            self.opt_outs
                .faults()
                .into_iter()
                .map(|fault| format!("[opt_outs] {fault}")),
        );
        if let Some(Err(fault)) = self
            .open_pseudonymiser
            .as_ref()
            .map(OpenPseudonymiser::digest_fields)
        {
            faults.push(format!("[open_pseudonymiser] {fault}"));
        }
        let mut names = BTreeSet::new();
        let mut sources = BTreeSet::new();
        if let Some(mesh) = &self.opt_outs.mesh {
            if self.mailbox(&mesh.mailbox).is_none() {
                faults.push("[opt_outs] mesh: mailbox: there is no [[mailbox]] of that id".to_owned());
            }
            sources.insert(mesh_place(&mesh.mailbox, mesh.answers(), &mesh.to));
        }
        for feed in &self.feeds {
            if !names.insert(feed.name.as_str()) {
                faults.push(format!("[[feed]] {}: another feed has this name", feed.name));
            }
            for (what, source) in self.sources(feed) {
                if !sources.insert(source) {
                    faults.push(format!(
                        "[[feed]] {}: another feed reads the same {what}",
                        feed.name
                    ));
                }
            }
            if let From::Mesh(mesh) = &feed.from
                && self.mailbox(&mesh.mailbox).is_none()
            {
                faults.push(format!(
                    "[[feed]] {}: from.mesh: mailbox: there is no [[mailbox]] of that id",
                    feed.name
                ));
            }
            faults.extend(
                feed.faults()
                    .into_iter()
                    .map(|fault| format!("[[feed]] {}: {fault}", feed.name)),
            );
        }
        faults
    }
}

/// What is read from a mailbox, as one name.
fn mesh_place(mailbox: &str, workflow: &str, sender: &str) -> PathBuf {
    PathBuf::from(format!("mesh:{mailbox}:{workflow}:{sender}"))
}
