//! Sending a small text to an address: figures for a monitor, alerts for people.
//!
//! A text may arrive twice, where an answer was lost and it was sent again. What is sent here must bear that.

use std::path::PathBuf;

use kit::retry::{Patience, RetryPolicy};
use reqwest::{Client, header};
use url::Url;

use crate::{
    Fault, TransportError,
    http::{self, Connection, secret::Secret},
};

/// Where texts go, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What people call the place (`the webhook`), for messages: an address may itself be a secret.
    pub place: String,
    /// The address.
    pub address: Address,
    /// How the server is reached.
    pub connection: Connection,
    /// How long one text may be sent again.
    pub retry: RetryPolicy,
}

/// An address.
#[derive(Clone, Debug)]
pub enum Address {
    /// One that anybody may read.
    Open(Url),
    /// One that lets in whoever knows it: the file that holds it.
    Secret(PathBuf),
}

/// An address to send to.
pub struct Post {
    settings: Settings,
    url: Url,
    client: Client,
}

const HINT: &str = "look at the address, and at what the server wants to know of whoever sends";

impl Post {
    /// Makes ready to send; nothing is sent yet.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where the address or a certificate cannot be used.
    pub fn open(settings: Settings) -> Result<Self, TransportError> {
        let client = settings.connection.client()?;
        let url = match &settings.address {
            Address::Open(url) => url.clone(),
            Address::Secret(path) => {
                let wrong = |reason: &str| TransportError::Setup {
                    what: "url_file",
                    path: path.clone(),
                    reason: reason.to_owned(),
                };
                let text = Secret::read("url_file", path)?;
                let url = Url::parse(text.expose()).map_err(|_| wrong("it does not hold an address"))?;
                if !http::is_private(&url) {
                    return Err(wrong("the address does not begin with https://"));
                }
                url
            }
        };
        Ok(Post {
            settings,
            url,
            client,
        })
    }

    /// Connects as for a text, by the proxy and with TLS, and sends none.
    ///
    /// # Errors
    /// Why the server cannot be reached.
    pub async fn reach(&self) -> Result<(), Fault> {
        let connection = &self.settings.connection;
        let caller = connection
            .caller()
            .map_err(|error| Fault::Told(error.to_string()))?;
        connection.reach(&caller, &self.url).await
    }

    /// Sends a text.
    ///
    /// # Errors
    /// [`TransportError::Post`] where the server does not take it.
    pub async fn send(&self, content_type: &'static str, text: &str) -> Result<(), TransportError> {
        Patience::new(self.settings.retry)
            .retry("Sending to an address", Fault::judge, || {
                self.once(content_type, text)
            })
            .await
            .map_err(|fault| TransportError::Post {
                place: self.settings.place.clone(),
                fault,
            })
    }

    async fn once(&self, content_type: &'static str, text: &str) -> Result<(), Fault> {
        let response = self
            .client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, content_type)
            .body(text.to_owned())
            .send()
            .await
            .map_err(|error| http::fault(&error, self.settings.connection.silence))?;
        http::status_fault(&response, None, HINT).map_or(Ok(()), Err)
    }
}
