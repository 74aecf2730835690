//! Access tokens for client credentials (RFC 6749, section 4.4).

use std::time::{Duration, Instant};

use reqwest::{Client, header};
use serde::Deserialize;
use tokio::sync::Mutex;
use url::{Url, form_urlencoded};

use crate::{
    Fault,
    http::{self, secret::Secret},
};

/// Gives a token that is good now.
#[derive(Debug)]
pub(super) struct Tokens {
    url: Url,
    client_id: String,
    secret: Secret,
    scope: Option<String>,
    held: Mutex<Option<(Secret, Instant)>>,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// A server that does not say how long a token lasts is asked again after five minutes.
const LIFETIME: u64 = 300;

/// A token is not used in its last seconds: a request takes time.
const MARGIN: u64 = 30;

const HINT: &str = "look at the client's id, secret and scope";

impl Tokens {
    pub(super) fn new(url: Url, client_id: String, secret: Secret, scope: Option<String>) -> Self {
        Tokens {
            url,
            client_id,
            secret,
            scope,
            held: Mutex::new(None),
        }
    }

    /// The token in hand, or a new one.
    pub(super) async fn get(&self, client: &Client, silence: Duration) -> Result<Secret, Fault> {
        let mut held = self.held.lock().await;
        if let Some((token, until)) = &*held
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        let mut response = client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json")
            .body(self.form())
            .send()
            .await
            .map_err(|error| http::fault(&error, silence))?;
        if let Some(fault) = http::status_fault(&response, None, HINT) {
            return Err(fault);
        }
        let body = http::small_body(&mut response, silence, 64 * 1024).await?;
        let granted: Granted = serde_json::from_slice(&body)
            .map_err(|_| Fault::Damaged("the answer with the token is not what RFC 6749 says"))?;
        let lasts = granted.expires_in.unwrap_or(LIFETIME).saturating_sub(MARGIN);
        let token = Secret::from(granted.access_token);
        *held = Some((token.clone(), Instant::now() + Duration::from_secs(lasts)));
        Ok(token)
    }

    fn form(&self) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials")
            .append_pair("client_id", &self.client_id)
            .append_pair("client_secret", self.secret.expose());
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        form.finish()
    }

    /// Forgets the token in hand: the server no longer takes it.
    pub(super) async fn forget(&self) {
        *self.held.lock().await = None;
    }
}
