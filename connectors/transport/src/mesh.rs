//! A MESH mailbox: NHS England's Message Exchange for Social Care and Health.
//!
//! One [`Mailbox`] serves all feeds that read from it. Once a night it shakes hands, lists the messages of the feeds'
//! workflows, page by page, and asks for the head of each, which says who sent it. A feed then takes the messages of its
//! workflows from its senders. A message from anybody else stays in the mailbox, not fetched and not acknowledged: we
//! have no agreement to hold what is in it, and after five days its sender is told that nobody took it.
//!
//! Requests are repeated as [`Fault::judge`] allows, each time under a new token, but the first part of a message that
//! we send is not: the service would deliver it twice.
//!
//! Follows the API of the MESH service (NHS England, `mesh-api.yaml`), version 2 of its bodies.

mod receive;
mod send;
mod token;
mod wire;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::SignedDuration;
use kit::retry::{Patience, RetryPolicy};
use reqwest::{Client, Method, RequestBuilder, Response, header};
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use self::receive::Inbox;
pub use self::{send::Outgoing, token::authorization};
use crate::{
    Arrival, Checked, Fault, Limits, Listing, Offered, TransportError,
    http::{self, Connection, secret::Secret},
};

/// How a mailbox is reached.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The mailbox's id.
    pub id: String,
    /// The service, without the path of its API.
    pub url: Url,
    /// The file with the mailbox's password.
    pub password_file: PathBuf,
    /// The file with the key that the environment shares.
    pub shared_key_file: PathBuf,
    /// How the service is reached.
    pub connection: Connection,
    /// How long requests of one night may be repeated.
    pub retry: RetryPolicy,
    /// Larger messages are not taken.
    pub largest_message: u64,
    /// How far archives in messages are opened.
    pub limits: Limits,
    /// The workflows of all feeds, and the senders that each may come from.
    pub agreed: Vec<Agreement>,
    /// The workflows under which this mailbox sends, of which it may get reports.
    pub answers: BTreeSet<String>,
    /// Messages asked for in one page of the listing.
    pub page: usize,
    /// The largest part that is sent in one request.
    pub part: usize,
}

/// What a feed has agreed to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Under this workflow.
    pub workflow: String,
    /// From this mailbox.
    pub sender: String,
}

impl Settings {
    /// The most ids that the service gives in one page.
    pub const PAGE: usize = 500;
    /// What the service's own client sends in one request; the service takes 100 MB.
    pub const PART: usize = 75 * 1024 * 1024;
    /// As much as may come out of an archive.
    pub const LARGEST_MESSAGE: u64 = Limits::USUAL.total;
    /// Half a second, doubling to half a minute, for ten minutes in all.
    pub const RETRY: RetryPolicy = RetryPolicy {
        initial: Duration::from_millis(500),
        max_interval: Duration::from_secs(30),
        budget: Duration::from_secs(600),
    };
}

/// A mailbox, for one night.
#[derive(Debug)]
pub struct Mailbox {
    settings: Settings,
    client: Client,
    password: Secret,
    shared_key: Secret,
    patience: Patience,
    inbox: OnceCell<Result<Inbox, String>>,
    /// What there is to say of the mailbox as a whole: told once, with the first feed.
    told: Mutex<bool>,
}

/// What one feed takes from a mailbox.
#[derive(Clone, Debug)]
pub struct MeshFeed {
    /// The mailbox.
    pub mailbox: Arc<Mailbox>,
    /// The workflows.
    pub workflows: Vec<String>,
    /// The mailboxes that may send.
    pub senders: Vec<String>,
}

/// A message in the inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its id: letters, digits and a few signs, safe in a path.
    pub id: String,
    /// The mailbox that sent it; none for a report of the service.
    pub sender: Option<String>,
    /// Its workflow.
    pub workflow: String,
    /// Its file's name, without any path.
    pub file: String,
    /// When the service took it.
    pub when: SystemTime,
    /// What a report says; none for data.
    pub report: Option<Report>,
}

/// A report of the service on a message that we sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The service's code.
    pub code: Option<String>,
    /// Our own name for the message that it is about.
    pub local_id: Option<String>,
}

/// After this the service refuses a token.
const SKEW_LIMIT: SignedDuration = SignedDuration::from_hours(2);

/// An error body is short.
const ERROR_BODY: u64 = 64 * 1024;

/// What to look at where we are not let in.
const HINT: &str = "look at mailbox id, password, shared key and client certificate";

impl Mailbox {
    /// Makes ready to reach a mailbox; nothing is sent yet.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where a secret or a certificate cannot be used.
    pub fn open(settings: Settings) -> Result<Arc<Self>, TransportError> {
        Ok(Arc::new(Mailbox {
            client: settings.connection.client()?,
            password: Secret::read("password_file", &settings.password_file)?,
            shared_key: Secret::read("shared_key_file", &settings.shared_key_file)?,
            patience: Patience::new(settings.retry),
            inbox: OnceCell::new(),
            told: Mutex::new(false),
            settings,
        }))
    }

    fn place(&self) -> String {
        format!("mailbox {}", self.settings.id)
    }

    fn silence(&self) -> Duration {
        self.settings.connection.silence
    }

    /// A request to a path below the mailbox, under a new token.
    fn request(&self, method: Method, path: &[&str]) -> Result<RequestBuilder, Fault> {
        let mut url = self.settings.url.clone();
        url.path_segments_mut()
            .map_err(|()| Fault::Damaged("the address of the service cannot have a path"))?
            .pop_if_empty()
            .push("messageexchange")
            .push(&self.settings.id)
            .extend(path);
        self.request_url(method, url)
    }

    fn request_url(&self, method: Method, url: Url) -> Result<RequestBuilder, Fault> {
        let token = token::fresh(&self.settings.id, &self.password, &self.shared_key);
        let mut token = header::HeaderValue::from_str(&token)
            .map_err(|_| Fault::Damaged("mailbox id or password cannot stand in a header"))?;
        token.set_sensitive(true);
        Ok(self
            .client
            .request(method, url)
            .header(header::ACCEPT, wire::VERSION_2)
            .header(header::ACCEPT_ENCODING, "gzip")
            .header(header::AUTHORIZATION, token))
    }

    /// Sends a request once. An answer that is no success is a fault.
    async fn send(&self, request: RequestBuilder) -> Result<Response, Fault> {
        let mut response = request
            .send()
            .await
            .map_err(|error| http::fault(&error, self.silence()))?;
        if response.status().is_success() {
            return Ok(response);
        }
        if response.status() == reqwest::StatusCode::FORBIDDEN
            && let Some(skew) = http::skew(&response)
            && skew.abs() > SKEW_LIMIT - SignedDuration::from_mins(1)
        {
            return Err(Fault::ClockSkew {
                minutes: skew.abs().as_mins().unsigned_abs(),
                ahead: skew.is_positive(),
            });
        }
        let fault = http::status_fault(&response, None, HINT);
        let code = match http::small_body(&mut response, self.silence(), ERROR_BODY).await {
            Ok(body) => wire::error_code(&body),
            Err(_) => None,
        };
        Err(http::status_fault(&response, code, HINT)
            .or(fault)
            .unwrap_or(Fault::Damaged("an answer that is neither success nor failure")))
    }

    async fn handshake(&self) -> Result<Response, Fault> {
        let request = self
            .request(Method::GET, &[])?
            .header(
                "mex-ClientVersion",
                concat!("sendlink==", env!("CARGO_PKG_VERSION")),
            )
            .header("mex-OSName", std::env::consts::OS)
            .header("mex-OSVersion", std::env::consts::ARCH);
        self.send(request).await
    }
}

impl MeshFeed {
    /// The messages that this feed takes, by time and id.
    ///
    /// # Errors
    /// [`TransportError::Source`] where the mailbox cannot be reached. It is tried once a night for all feeds.
    pub async fn list(self: &Arc<Self>) -> Result<Listing, TransportError> {
        let mailbox = &self.mailbox;
        let inbox = mailbox.inbox().await?;
        let mut listing = Listing::default();
        for message in &inbox.messages {
            let ours = self.workflows.contains(&message.workflow)
                && message
                    .sender
                    .as_ref()
                    .is_some_and(|sender| self.senders.contains(sender));
            if ours {
                listing
                    .ready
                    .push(Offered::Mesh(Arc::clone(self), message.clone()));
            }
        }
        let mut told = mailbox.told.lock().await;
        if !*told {
            *told = true;
            listing.alerts.clone_from(&inbox.alerts);
            listing.noted = inbox
                .reports
                .iter()
                .map(|message| Offered::Mesh(Arc::clone(self), message.clone()))
                .collect();
        }
        Ok(listing)
    }

    /// Downloads a message, part by part, archives opened.
    ///
    /// # Errors
    /// See [`Offered::fetch`].
    pub async fn fetch(&self, message: &Message, into: &mut Arrival) -> Result<(), TransportError> {
        self.mailbox.download(message, into).await
    }

    /// Acknowledges a message: it leaves the inbox.
    ///
    /// # Errors
    /// [`TransportError::Acknowledge`]; the message is then listed again, and recognised.
    pub async fn acknowledge(&self, message: &Message) -> Result<(), TransportError> {
        let mailbox = &self.mailbox;
        let path = ["inbox", &message.id, "status", "acknowledged"];
        mailbox
            .patience
            .retry("Acknowledging a message", Fault::judge, || async {
                mailbox.send(mailbox.request(Method::PUT, &path)?).await
            })
            .await
            .map(|_| ())
            .map_err(|fault| TransportError::Acknowledge {
                place: mailbox.place(),
                fault,
            })
    }

    /// Shakes hands and asks for the first page of the inbox, once each; looks at certificates and clocks.
    pub async fn check(&self) -> Vec<Checked> {
        let mailbox = &self.mailbox;
        let mut seen = Vec::new();
        seen.extend(mailbox.settings.connection.check_certificate());
        let said = |text: String| format!("{}: {text}", mailbox.place());
        match mailbox.handshake().await {
            Ok(response) => {
                seen.extend(http::check_answer(&response));
                seen.push(match mailbox.first_page().await {
                    Ok(waiting) => Checked::Good(said(format!("lets us in; {waiting} messages wait"))),
                    Err(fault) => Checked::Bad(said(format!("lets us in, but not into its inbox: {fault}"))),
                });
            }
            Err(fault) => seen.push(Checked::Bad(said(fault.to_string()))),
        }
        seen
    }
}
