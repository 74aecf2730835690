//! Pulling from an address over HTTPS.
//!
//! What lies there is one delivery: a file, or, where the answer comes in pages, a file a page. How pages hang together
//! is declared in the configuration; nothing else of what is fetched is understood here. Two ways spare a server work:
//! a request may carry what the last answer was known by (`ETag`, `Last-Modified`), and a parameter may ask for what
//! changed since. What they need is the delivery's bookmark, which the load keeps in its own transaction: a delivery
//! that is not loaded moves no watermark, and the next night asks for all of it again.
//!
//! Credentials go to the address's own host and to nobody else: a page that leads elsewhere, and any redirect, ends it.
//!
//! Follows RFC 9110 (HTTP semantics), RFC 8288 (links), RFC 6749 section 4.4 (client credentials) and, for paging,
//! FHIR R4 section 3.1.1.4.

mod paging;
mod token;

use std::{
    collections::BTreeSet,
    io::Write,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use kit::retry::{Judged, Patience, RetryPolicy};
use reqwest::{Client, RequestBuilder, Response, StatusCode, header};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use url::Url;

pub use self::paging::Paging;
use self::token::Tokens;
use crate::{
    Arrival, Checked, Fault, Fetched, Limits, Listing, Offered, TransportError,
    arrival::{ArrivingFile, Mark},
    http::{self, Connection, secret::Secret},
};

/// What a feed pulls, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The feed's name, for messages.
    pub feed: String,
    /// The address.
    pub url: Url,
    /// The name that what lies there has as a file; its ending says what it is.
    pub file: String,
    /// How the server is reached.
    pub connection: Connection,
    /// How we show who we are.
    pub access: Access,
    /// How pages hang together.
    pub paging: Paging,
    /// The parameter that asks for what changed since.
    pub since: Option<Since>,
    /// How long requests of one night may be repeated.
    pub retry: RetryPolicy,
    /// More than this is not taken.
    pub largest: u64,
    /// How far archives are opened.
    pub limits: Limits,
}

/// How we show who we are.
#[derive(Clone, Debug)]
pub enum Access {
    /// Not at all, or by a client certificate alone.
    Open,
    /// By a key in a header.
    Key {
        /// The header.
        header: String,
        /// The file with the key.
        file: PathBuf,
    },
    /// By a token that OAuth 2 gives for client credentials.
    OAuth {
        /// Where tokens are given.
        token_url: Url,
        /// Our id there.
        client_id: String,
        /// The file with our secret there.
        secret_file: PathBuf,
        /// What the token is to be good for.
        scope: Option<String>,
    },
}

/// The parameter that asks for what changed since the last loaded delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Since {
    /// Its name.
    pub parameter: String,
    /// What stands before the time, such as `ge` in FHIR.
    pub prefix: String,
}

/// What a delivery was known by and when it was asked for; opaque outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Bookmark {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    since: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    modified: Option<String>,
}

/// An address to pull from, for one night.
#[derive(Debug)]
pub struct Pull {
    settings: Settings,
    client: Client,
    key: Option<Secret>,
    tokens: Option<Tokens>,
    patience: Patience,
    bookmark: Bookmark,
}

/// More pages than any night has: a server that goes round in circles.
const PAGES: usize = 10_000;

const HINT: &str = "look at the key, or the client's id, secret and scope";

impl Pull {
    /// Makes ready to pull; nothing is sent yet. `bookmark` is that of the feed's last loaded delivery.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where a secret or a certificate cannot be used.
    pub fn open(settings: Settings, bookmark: Option<&str>) -> Result<Arc<Self>, TransportError> {
        let client = settings.connection.client()?;
        let (mut key, mut tokens) = (None, None);
        match &settings.access {
            Access::Open => {}
            Access::Key { file, .. } => key = Some(Secret::read("key_file", file)?),
            Access::OAuth {
                token_url,
                client_id,
                secret_file,
                scope,
            } => {
                let secret = Secret::read("secret_file", secret_file)?;
                tokens = Some(Tokens::new(
                    token_url.clone(),
                    client_id.clone(),
                    secret,
                    scope.clone(),
                ));
            }
        }
        Ok(Arc::new(Pull {
            client,
            key,
            tokens,
            patience: Patience::new(settings.retry),
            // One that cannot be read, of another version, only means that all is asked for.
            bookmark: bookmark
                .and_then(|text| serde_json::from_str(text).ok())
                .unwrap_or_default(),
            settings,
        }))
    }

    /// What is offered: always one delivery, which may turn out not to be there when it is fetched.
    pub fn list(self: &Arc<Self>) -> Listing {
        Listing {
            ready: vec![Offered::Pull(Arc::clone(self))],
            ..Listing::default()
        }
    }

    /// Fetches all pages into an arrival.
    ///
    /// # Errors
    /// See [`Offered::fetch`].
    pub async fn fetch(&self, into: &mut Arrival) -> Result<Fetched, TransportError> {
        self.pages(into).await.map_err(|broken| match broken {
            Broken::Landing(source) => TransportError::Landing { source },
            Broken::Transport(error) => error,
            Broken::Fault(fault) => TransportError::Source {
                place: self.place(),
                fault,
            },
        })
    }

    /// Asks for the first page and leaves its body where it is.
    pub async fn check(&self) -> Vec<Checked> {
        let mut seen = Vec::new();
        seen.extend(self.settings.connection.check_certificate());
        let answer = match self.first() {
            Ok(url) => self.ask(&url, false).await,
            Err(fault) => Err(fault),
        };
        match answer {
            Ok(response) => {
                seen.extend(http::check_answer(&response));
                seen.push(Checked::Good(format!("{} answers and lets us in", self.place())));
            }
            Err(fault) => seen.push(Checked::Bad(format!("{}: {fault}", self.place()))),
        }
        seen
    }

    /// The host alone: paths and queries may hold what must not be told.
    fn place(&self) -> String {
        format!(
            "the address of feed {} at {}",
            self.settings.feed,
            self.settings.url.host_str().unwrap_or_default()
        )
    }

    fn first(&self) -> Result<Url, Fault> {
        let mut url = self.settings.url.clone();
        if let (Some(since), Some(at)) = (&self.settings.since, self.bookmark.since) {
            url.query_pairs_mut()
                .append_pair(&since.parameter, &format!("{}{at}", since.prefix));
        }
        Ok(url)
    }

    async fn pages(&self, into: &mut Arrival) -> Result<Fetched, Broken> {
        let mut url = self.first()?;
        let mut seen = BTreeSet::new();
        let mut bookmark = Bookmark::default();
        let mut left = self.settings.largest;
        for page in 1..=PAGES {
            if !seen.insert(url.clone()) {
                return Err(Fault::Damaged("its pages go round in circles").into());
            }
            let name = match self.settings.paging {
                Paging::None => self.settings.file.clone(),
                _ => format!("{page:04}-{}", self.settings.file),
            };
            let file = into.file(&name).map_err(Broken::Transport)?;
            let mark = file.mark();
            let file = Mutex::new(file);
            let got = self
                .patience
                .retry("Pulling from an address", Broken::judge, || {
                    self.page(&url, page == 1, left, &mark, &file)
                })
                .await?;
            let file = file.into_inner();
            let Some(got) = got else {
                // Nothing changed; the file that was opened for it holds nothing and is not part of anything.
                return Ok(Fetched::Nothing);
            };
            left = left.saturating_sub(file.bytes());
            file.finish();
            if page == 1 {
                bookmark = got.bookmark;
                into.received(SystemTime::from(bookmark.since.unwrap_or_else(Timestamp::now)));
            }
            let next = match &self.settings.paging {
                Paging::None => None,
                Paging::LinkHeader => got.link,
                other => {
                    let path = into
                        .latest()
                        .ok_or(Fault::Damaged("a page that was not written"))?;
                    paging::next_in(other, &path, &url)?
                }
            };
            let Some(next) = next else {
                let text = serde_json::to_string(&bookmark).unwrap_or_default();
                into.bookmark(text);
                return into
                    .open_archives_among([self.settings.file.as_str()], self.settings.limits, &self.place())
                    .map(|()| Fetched::Whole)
                    .map_err(Broken::Transport);
            };
            let next = url
                .join(&next)
                .map_err(|_| Fault::Damaged("a link that is no address"))?;
            if next.origin() != self.settings.url.origin() {
                return Err(Fault::Redirect.into());
            }
            url = next;
        }
        Err(Fault::Damaged("its pages have no end").into())
    }

    /// Fetches one page over whatever an earlier try has left; none where nothing changed.
    async fn page(
        &self,
        url: &Url,
        first: bool,
        limit: u64,
        mark: &Mark,
        file: &Mutex<ArrivingFile<'_>>,
    ) -> Result<Option<Got>, Broken> {
        let mut file = file.lock().await;
        file.rewind(mark).map_err(Broken::Landing)?;
        let mut response = self.ask(url, first).await?;
        if response.status() == StatusCode::NOT_MODIFIED {
            return Ok(None);
        }
        let text = |name: header::HeaderName| {
            let value = response.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        let got = Got {
            link: text(header::LINK).and_then(|text| paging::next_link(&text)),
            bookmark: Bookmark {
                since: Some(http::server_time(response.headers()).unwrap_or_else(Timestamp::now)),
                etag: text(header::ETAG),
                modified: text(header::LAST_MODIFIED),
            },
        };
        http::stream(&mut response, self.silence(), |piece| {
            if file.bytes() + piece.len() as u64 > limit {
                return Err(Broken::Fault(Fault::TooLarge { limit }));
            }
            let written = file.write_all(piece);
            written.map_err(|error| Broken::Landing(file.failure().unwrap_or(error)))
        })
        .await?;
        Ok(Some(got))
    }

    /// One request under our credentials. A token that has run out is renewed once.
    async fn ask(&self, url: &Url, conditional: bool) -> Result<Response, Fault> {
        let mut response = self.send(url, conditional).await?;
        if response.status() == StatusCode::UNAUTHORIZED
            && let Some(tokens) = &self.tokens
        {
            tokens.forget().await;
            response = self.send(url, conditional).await?;
        }
        if response.status() == StatusCode::NOT_MODIFIED && conditional {
            return Ok(response);
        }
        match http::status_fault(&response, None, HINT) {
            None => Ok(response),
            Some(fault) => Err(fault),
        }
    }

    async fn send(&self, url: &Url, conditional: bool) -> Result<Response, Fault> {
        let mut request = self
            .client
            .get(url.clone())
            .header(header::ACCEPT_ENCODING, "identity");
        // What changed since and what is as it was are two ways to ask the same; together they may miss something.
        if conditional && self.settings.since.is_none() {
            if let Some(etag) = &self.bookmark.etag {
                request = request.header(header::IF_NONE_MATCH, etag);
            } else if let Some(modified) = &self.bookmark.modified {
                request = request.header(header::IF_MODIFIED_SINCE, modified);
            }
        }
        let request = self.signed(request).await?;
        request
            .send()
            .await
            .map_err(|error| http::fault(&error, self.silence()))
    }

    async fn signed(&self, request: RequestBuilder) -> Result<RequestBuilder, Fault> {
        let sensitive = |text: &str| {
            let mut value = header::HeaderValue::from_str(text)
                .map_err(|_| Fault::Damaged("the key cannot stand in a header"))?;
            value.set_sensitive(true);
            Ok::<_, Fault>(value)
        };
        if let (Access::Key { header, .. }, Some(key)) = (&self.settings.access, &self.key) {
            return Ok(request.header(header, sensitive(key.expose())?));
        }
        if let Some(tokens) = &self.tokens {
            let token = tokens.get(&self.client, self.silence()).await?;
            return Ok(request.header(
                header::AUTHORIZATION,
                sensitive(&format!("Bearer {}", token.expose()))?,
            ));
        }
        Ok(request)
    }

    fn silence(&self) -> Duration {
        self.settings.connection.silence
    }
}

/// What an answer says beside its body.
struct Got {
    link: Option<String>,
    bookmark: Bookmark,
}

/// Why a page could not be fetched.
enum Broken {
    Landing(std::io::Error),
    Transport(TransportError),
    Fault(Fault),
}

impl Broken {
    fn judge(&self) -> Judged {
        match self {
            Broken::Fault(fault) => fault.judge(),
            Broken::Landing(_) | Broken::Transport(_) => Fault::Damaged("the landing folder").judge(),
        }
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Broken::Fault(fault)
    }
}
