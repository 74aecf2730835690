//! Why a transport failed, in words that an operator can act on. Never the query of an address, nor anything that a
//! sender wrote.

use std::{io, path::PathBuf, time::Duration};

use kit::retry::{Again, Judged};

/// Why a transport failed.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// The place that deliveries come from cannot be reached or listed.
    #[error("{place} cannot be read: {fault}")]
    Source {
        /// The place, as the configuration names it.
        place: String,
        /// What happened.
        fault: Fault,
    },
    /// One delivery cannot be fetched; its neighbours can.
    #[error("a delivery in {place} cannot be fetched: {fault}")]
    Delivery {
        /// The place, as the configuration names it.
        place: String,
        /// What happened.
        fault: Fault,
    },
    /// The landing folder cannot be written.
    #[error("the landing folder cannot be written: {source}")]
    Landing {
        /// What the system said.
        source: io::Error,
    },
    /// The landing folder cannot be read back.
    #[error("a landed delivery of feed {feed} cannot be read: {source}")]
    Manifest {
        /// The feed's name.
        feed: String,
        /// What the system said.
        source: io::Error,
    },
    /// The sender cannot be told that its delivery has a verdict. It will be offered again, and recognised.
    #[error("a delivery was taken, but {place} cannot be told: {fault}")]
    Acknowledge {
        /// The place, as the configuration names it.
        place: String,
        /// What happened.
        fault: Fault,
    },
    /// A message cannot be sent.
    #[error("{place} cannot send: {fault}")]
    Send {
        /// The place, as the configuration names it.
        place: String,
        /// What happened.
        fault: Fault,
    },
    /// A text is not taken at the address that it goes to.
    #[error("{place} does not take it: {fault}")]
    Post {
        /// The place, as people call it.
        place: String,
        /// What happened.
        fault: Fault,
    },
    /// The configuration names something that cannot be used: a secret, a certificate, an address.
    #[error("{what}: {}: {reason}", path.display())]
    Setup {
        /// What it is for.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

/// One thing that went wrong between a source and the landing folder.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file system.
    #[error("{0}")]
    Io(io::Error),
    /// No connection, or it broke before an answer came.
    #[error("no connection: {0}")]
    Connect(String),
    /// The certificate of either side was not accepted.
    #[error("the TLS handshake failed: {0}")]
    Tls(String),
    /// No answer in time.
    #[error("no answer within {} seconds", .0.as_secs_f64())]
    Timeout(Duration),
    /// The answer stopped before its end.
    #[error("the answer broke off before its end")]
    CutShort,
    /// The server answers with an error that may pass by itself.
    #[error("the server answers {status}{}", said(.code.as_deref()))]
    Busy {
        /// The HTTP status.
        status: u16,
        /// How long to wait, where the server says.
        after: Option<Duration>,
        /// The server's own code, where it is a plain one.
        code: Option<String>,
    },
    /// The server refuses.
    #[error("the server answers {status}{}", said(.code.as_deref()))]
    Status {
        /// The HTTP status.
        status: u16,
        /// The server's own code, where it is a plain one.
        code: Option<String>,
    },
    /// We are not let in.
    #[error("the server lets us in no further ({status}){}: {hint}", said(.code.as_deref()))]
    Denied {
        /// The HTTP status.
        status: u16,
        /// The server's own code, where it is a plain one.
        code: Option<String>,
        /// What to look at.
        hint: &'static str,
    },
    /// Our clock and the server's are too far apart.
    #[error(
        "the clock of this machine is {minutes} minutes {} the server's, which refuses what is so far off; set it by \
         NTP", if *.ahead { "ahead of" } else { "behind" }
    )]
    ClockSkew {
        /// By how much.
        minutes: u64,
        /// Whether ours is the later one.
        ahead: bool,
    },
    /// The server no longer has it, or does not have all of it yet.
    #[error("the server no longer has it")]
    Gone,
    /// The server is not the one that the configuration knows: the fingerprint of the host key that it shows, where it
    /// shows one that could be compared.
    #[error("{}", host_key(.0.as_deref()))]
    HostKey(Option<String>),
    /// The server knows who we are and does not let us.
    #[error("the server refuses: {0}")]
    NotPermitted(&'static str),
    /// What lies there is no longer what was listed.
    #[error("it was replaced since it was listed; the next night takes what is there now")]
    Replaced,
    /// More bytes than the limit.
    #[error("it is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// Bytes that are not what they claim to be.
    #[error("{0}")]
    Damaged(&'static str),
    /// What has been told before, of the same place in the same night.
    #[error("{0}")]
    Told(String),
    /// The server sends us to another place.
    #[error("the server redirects to another place, which is refused")]
    Redirect,
}

impl Fault {
    /// Its class, and whether it may pass by itself.
    pub fn judge(&self) -> Judged {
        let (class, again) = match self {
            Fault::Io(_) => ("io", Again::Never),
            Fault::Connect(_) => ("connection", Again::Later),
            Fault::Tls(_) => ("tls", Again::Never),
            Fault::Timeout(_) => ("timeout", Again::Later),
            Fault::CutShort => ("cut-short", Again::Later),
            Fault::Busy { after: None, .. } => ("busy", Again::Later),
            Fault::Busy {
                after: Some(wait), ..
            } => ("busy", Again::After(*wait)),
            Fault::Status { .. } => ("refused", Again::Never),
            Fault::Denied { .. } => ("denied", Again::Never),
            Fault::ClockSkew { .. } => ("clock", Again::Never),
            Fault::Gone => ("gone", Again::Never),
            Fault::HostKey(_) => ("host-key", Again::Never),
            Fault::NotPermitted(_) => ("denied", Again::Never),
            Fault::Replaced => ("replaced", Again::Never),
            Fault::TooLarge { .. } => ("too-large", Again::Never),
            Fault::Damaged(_) => ("damaged", Again::Never),
            Fault::Told(_) => ("told", Again::Never),
            Fault::Redirect => ("redirect", Again::Never),
        };
        Judged { class, again }
    }

    /// Whether it is about the one delivery and says nothing of its neighbours.
    pub fn of_one_delivery(&self) -> bool {
        matches!(
            self,
            Fault::Gone | Fault::Replaced | Fault::TooLarge { .. } | Fault::Damaged(_) | Fault::Status { .. }
        )
    }
}

/// Why a file could not be brought to the landing folder.
pub(crate) enum Broken {
    /// The landing folder.
    Landing(io::Error),
    /// The source, or the delivery.
    Fault(Fault),
}

impl Broken {
    /// Its class, and whether it may pass by itself. A disk that fails is not the source's matter.
    pub(crate) fn judge(&self) -> Judged {
        match self {
            Broken::Landing(error) => Fault::Io(error.kind().into()).judge(),
            Broken::Fault(fault) => fault.judge(),
        }
    }

    /// The failure of this place.
    pub(crate) fn at(self, place: String) -> TransportError {
        match self {
            Broken::Landing(source) => TransportError::Landing { source },
            Broken::Fault(fault) if fault.of_one_delivery() => TransportError::Delivery { place, fault },
            Broken::Fault(fault) => TransportError::Source { place, fault },
        }
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Broken::Fault(fault)
    }
}

fn host_key(fingerprint: Option<&str>) -> String {
    match fingerprint {
        Some(shown) => format!("the server shows a host key that is not in the configuration ({shown})"),
        None => "the server shows no host key of a kind that is in the configuration".to_owned(),
    }
}

fn said(code: Option<&str>) -> String {
    code.map(|code| format!(" with code {code}")).unwrap_or_default()
}
