//! Who hears of a night: monitors and people.

use std::path::PathBuf;

use serde::Deserialize;
use transport::http;
use url::Url;

/// `[watch]`: where the figures of each night go.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Watch {
    /// A file for the text file collector of Prometheus' node exporter; another beside it, whose name ends in `-good`,
    /// is written only after a good night.
    pub metrics_file: Option<PathBuf>,
    /// A Pushgateway of Prometheus.
    pub push: Option<Address>,
}

/// `[[alert]]`: who is told of a night that a person should look at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// A program that takes JSON.
    #[serde(default)]
    pub webhook: Option<Address>,
    /// People.
    #[serde(default)]
    pub email: Option<Email>,
    /// After which nights.
    #[serde(default)]
    pub after: After,
}

/// After which nights somebody is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum After {
    /// Those that end with another code than 0.
    #[default]
    Trouble,
    /// All of them.
    EveryNight,
}

/// An address that something is sent to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// The address.
    #[serde(default)]
    pub url: Option<Url>,
    /// The file that holds it, where whoever knows it may send.
    #[serde(default)]
    pub url_file: Option<PathBuf>,
    /// The authority of the server's certificate, as PEM, where it is not one of the system's.
    #[serde(default)]
    pub authority_file: Option<PathBuf>,
    /// The proxy on the way.
    #[serde(default)]
    pub proxy: Option<Url>,
}

/// How mail is sent.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Email {
    /// The server that takes it.
    pub server: String,
    /// Its port, where it is not the usual one.
    #[serde(default)]
    pub port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    pub security: Security,
    /// The sender's address.
    pub from: String,
    /// The addresses of those who are told.
    pub to: Vec<String>,
    /// The user's name at the server.
    #[serde(default)]
    pub user: Option<String>,
    /// The file with the password.
    #[serde(default)]
    pub password_file: Option<PathBuf>,
    /// The authority of the server's certificate, as PEM, where it is not one of the system's.
    #[serde(default)]
    pub authority_file: Option<PathBuf>,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Security {
    /// It begins in the clear and turns to TLS before anything is said; usually on port 587.
    #[default]
    Starttls,
    /// TLS from the beginning; usually on port 465.
    Tls,
    /// Not at all: for a server on this machine only.
    None,
}

impl Watch {
    /// What is wrong with it in itself.
    pub fn faults(&self) -> Vec<String> {
        let push = self.push.iter().flat_map(Address::faults);
        push.map(|fault| format!("push: {fault}")).collect()
    }
}

impl Alert {
    /// What is wrong with it in itself.
    pub fn faults(&self) -> Vec<String> {
        match (&self.webhook, &self.email) {
            (Some(address), None) => address
                .faults()
                .into_iter()
                .map(|fault| format!("webhook: {fault}"))
                .collect(),
            (None, Some(email)) => email
                .faults()
                .into_iter()
                .map(|fault| format!("email: {fault}"))
                .collect(),
            _ => vec!["one way to tell: `webhook` or `email`".to_owned()],
        }
    }
}

impl Address {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.url.is_some() == self.url_file.is_some() {
            faults.push("give url or url_file".to_owned());
        }
        if let Some(url) = &self.url
            && !http::is_private(url)
        {
            faults.push("url: begins with https://; http:// is for this very machine".to_owned());
        }
        faults
    }
}

impl Email {
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        let is_address = |text: &String| text.parse::<lettre::Address>().is_ok();
        if !is_address(&self.from) {
            faults.push("from: an address such as sendlink@example.org".to_owned());
        }
        if self.to.is_empty() || !self.to.iter().all(is_address) {
            faults.push("to: addresses such as data-team@example.org, at least one".to_owned());
        }
        if self.user.is_some() != self.password_file.is_some() {
            faults.push("give user and password_file, or neither".to_owned());
        }
        let here = matches!(self.server.as_str(), "localhost" | "127.0.0.1" | "::1");
        if self.security == Security::None && (!here || self.user.is_some()) {
            faults.push(
                "security: \"none\" is for a server on this very machine that wants no password".to_owned(),
            );
        }
        faults
    }
}
