//! Telling people by mail.

use std::{error::Error, fs};

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        self,
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
    },
};
use transport::http::secret::Secret;

use super::{SILENCE, alert::Alert};
use crate::{
    config::{Config, Email, Security},
    exit::{Exit, Failure},
};

/// How a server refuses a login: RFC 4954, section 6, and what went before it.
const LOGIN_REFUSED: [u16; 5] = [454, 530, 534, 535, 538];

/// Sends an alert to everybody whom the configuration names, in one message.
///
/// # Errors
/// Why it was not sent, in words: the server's own answer is not among them, as it may quote the message.
pub async fn send(config: &Config, email: &Email, alert: &Alert) -> Result<(), String> {
    let message = message(email, alert)?;
    let server = server(config, email)?;
    server
        .send(message)
        .await
        .map(|_| ())
        .map_err(|error| why(email, &error))
}

/// Connects and logs in as for a message, and sends none. What there is to say of it.
///
/// # Errors
/// What of the configuration cannot be used, or why the server is of no use.
pub async fn reach(config: &Config, email: &Email) -> Result<String, Failure> {
    let transport = server(config, email).map_err(|why| Failure::new(Exit::Config, why))?;
    let unusable = |why| Failure::new(Exit::Unavailable, why);
    let server = &email.server;
    match transport.test_connection().await {
        Ok(true) if email.user.is_some() => Ok(format!("mail server {server}: lets us in")),
        Ok(true) => Ok(format!("mail server {server}: answers")),
        Ok(false) => Err(unusable(format!(
            "mail server {server}: it breaks off after the greeting"
        ))),
        Err(error) => Err(unusable(why(email, &error))),
    }
}

/// Why a server was of no use, without its own words.
fn why(email: &Email, error: &smtp::Error) -> String {
    let why = match error.status() {
        Some(status) if LOGIN_REFUSED.contains(&u16::from(status)) => {
            format!("it does not let us in ({status}): look at user and password_file")
        }
        Some(status) => format!("the server answers {status}"),
        None if error.is_timeout() => "it does not answer in time".to_owned(),
        None => innermost(error),
    };
    format!("mail server {}: {why}", email.server)
}

fn message(email: &Email, alert: &Alert) -> Result<Message, String> {
    let mailbox = |address: &str| {
        address
            .parse()
            .map(|address| Mailbox::new(None, address))
            .map_err(|_| "an address is not one".to_owned())
    };
    let mut message = Message::builder()
        .from(mailbox(&email.from)?)
        .subject(alert.subject())
        .header(ContentType::TEXT_PLAIN);
    for to in &email.to {
        message = message.to(mailbox(to)?);
    }
    message
        .body(alert.text.clone())
        .map_err(|error| format!("the message cannot be written: {error}"))
}

fn server(config: &Config, email: &Email) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let mut builder =
        AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&email.server).timeout(Some(SILENCE));
    let (tls, usual) = match email.security {
        Security::None => (Tls::None, 25),
        Security::Starttls => (Tls::Required(tls(config, email)?), 587),
        Security::Tls => (Tls::Wrapper(tls(config, email)?), 465),
    };
    builder = builder.tls(tls).port(email.port.unwrap_or(usual));
    if let (Some(user), Some(file)) = (&email.user, &email.password_file) {
        let password =
            Secret::read("password_file", &config.path(file)).map_err(|error| error.to_string())?;
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.build())
}

fn tls(config: &Config, email: &Email) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(email.server.clone());
    if let Some(file) = &email.authority_file {
        let path = config.path(file);
        let wrong = |why: &str| format!("authority_file: {}: {why}", path.display());
        let pem = fs::read(&path).map_err(|error| wrong(&error.to_string()))?;
        let authority = Certificate::from_pem(&pem).map_err(|_| wrong("it holds no certificate in PEM"))?;
        parameters = parameters
            .certificate_store(CertificateStore::None)
            .add_root_certificate(authority);
    }
    parameters
        .build_rustls()
        .map_err(|error| format!("certificates of authorities: {}", innermost(&error)))
}

fn innermost(error: &dyn Error) -> String {
    let mut cause = error.source();
    let mut text = None;
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| "the connection broke".to_owned())
}
