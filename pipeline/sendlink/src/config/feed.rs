//! One feed of the configuration.

use std::path::PathBuf;

use records::Kind;
use serde::Deserialize;

use super::{Span, https::FromHttps, mailbox, object_store::FromObjectStore, sftp::FromSftp};

/// `[[feed]]`: one flow of one kind of records from one provider.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Feed {
    /// Its name, unique in the file: lower-case letters, digits and hyphens, as it names folders.
    pub name: String,
    /// What its records are.
    pub kind: Kind,
    /// The body that sends it: ODS code of a health body, DfE code of an authority.
    pub provider: String,
    /// A layout in `mappings/`, or the path of one's own.
    pub mapping: String,
    /// Where its deliveries come from.
    pub from: From,
    /// What absence from a delivery means.
    pub delivery: Delivery,
    /// The lawful basis on which it is held for planning.
    pub basis: Basis,
    /// Silence for longer than this makes the source missing.
    #[serde(default)]
    pub expect_every: Option<Span>,
    /// What becomes of unknown columns, unknown codes and bad values, where it differs from the mapping's own.
    #[serde(default)]
    pub contract: kit::contract::ContractOverride,
    /// How large a snapshot may be beside the one before.
    #[serde(default)]
    pub volume_band: VolumeBand,
}

/// Where deliveries come from: one way for each feed.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "FromTable")]
pub enum From {
    /// A drop folder.
    Folder(FromFolder),
    /// A MESH mailbox.
    Mesh(FromMesh),
    /// An address over HTTPS.
    Https(Box<FromHttps>),
    /// An object store.
    ObjectStore(Box<FromObjectStore>),
    /// A folder on an SFTP server.
    Sftp(Box<FromSftp>),
}

/// `from` as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FromTable {
    folder: Option<PathBuf>,
    then: Option<Then>,
    quiet: Option<Span>,
    mesh: Option<FromMesh>,
    https: Option<FromHttps>,
    object_store: Option<FromObjectStore>,
    sftp: Option<FromSftp>,
}

/// A drop folder.
#[derive(Clone, Debug)]
pub struct FromFolder {
    /// The folder.
    pub folder: PathBuf,
    /// What becomes of a delivery there once it is loaded, refused or held.
    pub then: Then,
    /// How long a delivery must have been unchanged before it is taken.
    pub quiet: Span,
}

/// What a feed takes from a MESH mailbox.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromMesh {
    /// The id of a `[[mailbox]]`.
    pub mailbox: String,
    /// The workflows under which its messages come.
    pub workflows: Vec<String>,
    /// The mailboxes that may send them, on behalf of the feed's provider. Others are not fetched from.
    pub senders: Vec<String>,
    /// The workflow under which the findings go back to the mailbox that sent a message.
    #[serde(default)]
    pub findings_to_sender: Option<String>,
}

/// A minute: long enough for a copy over a slow share to touch the file again.
pub(super) fn default_quiet() -> Span {
    Span(std::time::Duration::from_secs(60))
}

/// Each night would fetch what stays on another machine once more.
pub(super) fn archive() -> Then {
    Then::Archive
}

impl TryFrom<FromTable> for From {
    type Error = &'static str;

    fn try_from(table: FromTable) -> Result<Self, Self::Error> {
        let FromTable {
            folder,
            then,
            quiet,
            mesh,
            https,
            object_store,
            sftp,
        } = table;
        let of_folder = then.is_some() || quiet.is_some();
        let folder = folder.map(|folder| {
            From::Folder(FromFolder {
                folder,
                then: then.unwrap_or_default(),
                quiet: quiet.unwrap_or_else(default_quiet),
            })
        });
        let mut ways = [
            folder,
            mesh.map(From::Mesh),
            https.map(|https| From::Https(Box::new(https))),
            object_store.map(|store| From::ObjectStore(Box::new(store))),
            sftp.map(|sftp| From::Sftp(Box::new(sftp))),
        ]
        .into_iter()
        .flatten();
        match (ways.next(), ways.next()) {
            (Some(way), None) if of_folder && !matches!(way, From::Folder(_)) => {
                Err("`then` and `quiet` beside the way itself are for a folder alone")
            }
            (Some(way), None) => Ok(way),
            _ => Err("one way for deliveries to come: `folder`, `mesh`, `https`, `object_store` or `sftp`"),
        }
    }
}

impl FromMesh {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.workflows.is_empty()
            || !self
                .workflows
                .iter()
                .chain(&self.findings_to_sender)
                .all(|name| mailbox::is_workflow(name))
        {
            faults.push(
                "from.mesh: workflows: at least one; letters, digits, _ and - as they are registered"
                    .to_owned(),
            );
        }
        if self.senders.is_empty() || !self.senders.iter().all(|id| mailbox::is_id(id)) {
            faults.push(
                "from.mesh: senders: the ids of the mailboxes that send for this provider, at least one; capital \
                 letters and digits"
                    .to_owned(),
            );
        }
        faults
    }
}

/// What becomes of a delivery in its folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It stays.
    #[default]
    Keep,
    /// It moves to `archive`.
    Archive,
    /// It is deleted.
    Delete,
}

/// What absence from a delivery means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// Nothing: each delivery holds what is new.
    Delta,
    /// Gone: each delivery holds all there is, within the scope that it states.
    Snapshot,
    /// Gone, within the provider and reporting period that the delivery states: a submission to an NHS data set,
    /// which a refresh of the same month replaces.
    Period,
}

/// The lawful basis of a feed for planning and commissioning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// A statutory duty to tell.
    Duty,
    /// Individual care.
    DirectCare,
    /// Section 251 support under which the National Data Opt-out applies.
    S251WithOptOut,
    /// Section 251 support exempt from the opt-out.
    S251Exempt,
    /// Explicit consent.
    Consent,
    /// Anonymous in the sense of the Information Commissioner's code when it leaves the health body.
    Anonymous,
}

impl Basis {
    /// The word for it in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Basis::Duty => "duty",
            Basis::DirectCare => "direct-care",
            Basis::S251WithOptOut => "s251-with-opt-out",
            Basis::S251Exempt => "s251-exempt",
            Basis::Consent => "consent",
            Basis::Anonymous => "anonymous",
        }
    }

    /// What it means, as a sentence without a full stop.
    pub const fn words(self) -> &'static str {
        match self {
            Basis::Duty => "A statutory duty to tell; the National Data Opt-out does not apply",
            Basis::DirectCare => "Individual care; the National Data Opt-out does not apply",
            Basis::S251WithOptOut => {
                "Support under section 251 of the National Health Service Act 2006; the National Data Opt-out applies"
            }
            Basis::S251Exempt => {
                "Support under section 251 of the National Health Service Act 2006, exempt from the National Data \
                 Opt-out"
            }
            Basis::Consent => "Explicit consent; the National Data Opt-out does not apply",
            Basis::Anonymous => {
                "Anonymous in the sense of the Information Commissioner when it leaves the health body; the National \
                 Data Opt-out does not apply"
            }
        }
    }

    /// Whether its records are published only if nobody in them has opted out.
    pub const fn needs_opt_outs(self) -> bool {
        matches!(self, Basis::S251WithOptOut)
    }
}

/// How many rows a snapshot may have, as a share of the one before it; what is not said depends on what the
/// deliveries are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VolumeBand {
    /// Fewer than this share is held.
    pub least: Option<f64>,
    /// More than this share is held.
    pub most: Option<f64>,
}

/// School rolls move by a few per cent a year: losing a fifth is a wrong file.
const LEAST_OF_A_SNAPSHOT: f64 = 0.8;
/// Twice as much is a wrong file.
const MOST_OF_A_SNAPSHOT: f64 = 2.0;
/// Months differ by holidays and by clinics: half of a month is a wrong file.
const LEAST_OF_A_PERIOD: f64 = 0.5;
/// A service that begins to send grows many times over, and what is too much deletes nothing.
const MOST_OF_A_PERIOD: f64 = f64::INFINITY;

impl Feed {
    /// The least and the most rows of a snapshot, as shares of the one before it.
    pub fn volume(&self) -> (f64, f64) {
        let (least, most) = match self.delivery {
            Delivery::Period => (LEAST_OF_A_PERIOD, MOST_OF_A_PERIOD),
            Delivery::Snapshot | Delivery::Delta => (LEAST_OF_A_SNAPSHOT, MOST_OF_A_SNAPSHOT),
        };
        (
            self.volume_band.least.unwrap_or(least),
            self.volume_band.most.unwrap_or(most),
        )
    }

    /// What is wrong with the feed in itself.
    pub fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.name.is_empty() || self.name.starts_with('-') || !self.name.bytes().all(plain) {
            faults.push("name: lower-case letters, digits and hyphens only".to_owned());
        }
        if !(3..=6).contains(&self.provider.len())
            || !self.provider.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            faults.push("provider: an ODS code or a DfE code, three to six letters and digits".to_owned());
        }
        if let From::Https(https) = &self.from
            && https.since.is_some()
            && self.delivery != Delivery::Delta
        {
            faults.push(
                "from.https: since: what changed is no snapshot; delivery must be \"delta\"".to_owned(),
            );
        }
        match &self.from {
            From::Folder(_) => {}
            From::Mesh(mesh) => faults.extend(mesh.faults()),
            From::Https(https) => faults.extend(https.faults()),
            From::ObjectStore(store) => faults.extend(store.faults()),
            From::Sftp(sftp) => faults.extend(sftp.faults()),
        }
        let (least, most) = self.volume();
        if !((0.0..=1.0).contains(&least) && most >= 1.0) {
            faults.push("volume_band: least between 0 and 1, most 1 or more".to_owned());
        }
        faults
    }
}
