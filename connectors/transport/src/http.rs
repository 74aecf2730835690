//! What all transports over HTTP share: how a server is reached, and what its answers mean.
//!
//! Redirects are not followed, answers are not decompressed behind our back, and no proxy is taken from the
//! environment: what is to happen is said in the configuration or not at all. Addresses never reach an error or a log,
//! as their queries may hold what must not be there.

mod reach;
pub mod secret;

use std::{
    error::Error,
    fs, io,
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use reqwest::{
    Certificate, Client, ClientBuilder, Identity, Proxy, Response, StatusCode,
    header::{DATE, HeaderMap, RETRY_AFTER},
    redirect, tls,
};
use url::Url;
use x509_parser::{certificate::X509Certificate, pem::Pem, prelude::FromDer};

use crate::{Checked, Fault, TransportError};

/// How a server is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The certificate chain and the private key that we show, as PEM files.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// The authority that signs the server's certificate, as a PEM file; those of the system where there is none.
    pub authority: Option<PathBuf>,
    /// The proxy on the way.
    pub proxy: Option<Url>,
    /// After this long without a byte an attempt is given up.
    pub silence: Duration,
}

/// After this long a server that is not reached is not there.
const CONNECT_WITHIN: Duration = Duration::from_secs(15);

/// A certificate that ends within so many days is worth telling of.
const EXPIRY_NOTICE_DAYS: i64 = 30;

/// Half of the two hours that MESH allows is a reason to look after a clock; a few minutes are a first sign.
const SKEW_NOTICE: SignedDuration = SignedDuration::from_mins(5);

impl Connection {
    /// A client for this connection.
    ///
    /// # Errors
    /// [`TransportError::Setup`] where a certificate cannot be used.
    pub fn client(&self) -> Result<Client, TransportError> {
        self.build(self.builder()?)
    }

    fn builder(&self) -> Result<ClientBuilder, TransportError> {
        let mut builder = Client::builder()
            .user_agent(concat!("sendlink/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tls_version_min(tls::Version::TLS_1_2)
            .tls_info(true)
            .connect_timeout(CONNECT_WITHIN.min(self.silence))
            .read_timeout(self.silence)
            .no_proxy();
        if let Some((chain, key)) = &self.certificate {
            let mut pem = read("certificate_file", chain)?;
            pem.push(b'\n');
            pem.extend(read("key_file", key)?);
            let identity = Identity::from_pem(&pem);
            zeroize::Zeroize::zeroize(&mut pem);
            builder = builder.identity(identity.map_err(|_| {
                setup(
                    "certificate_file",
                    chain,
                    "it and its key_file are not a certificate and its private key in PEM",
                )
            })?);
        }
        if let Some(path) = &self.authority {
            let bundle = Certificate::from_pem_bundle(&read("authority_file", path)?)
                .ok()
                .filter(|bundle| !bundle.is_empty())
                .ok_or_else(|| setup("authority_file", path, "it holds no certificate in PEM"))?;
            builder = builder.tls_certs_only(bundle);
        }
        if let Some(proxy) = &self.proxy {
            let proxy = Proxy::all(proxy.clone()).map_err(|_| {
                setup(
                    "proxy",
                    &PathBuf::from(proxy.host_str().unwrap_or_default()),
                    "not the address of a proxy",
                )
            })?;
            builder = builder.proxy(proxy);
        }
        Ok(builder)
    }

    fn build(&self, builder: ClientBuilder) -> Result<Client, TransportError> {
        builder.build().map_err(|error| {
            let path = self.authority.clone().unwrap_or_else(|| "/etc/ssl/certs".into());
            setup("certificates of authorities", &path, &innermost(&error))
        })
    }

    /// How long our own certificate still holds.
    pub fn check_certificate(&self) -> Option<Checked> {
        let (chain, _) = self.certificate.as_ref()?;
        let bytes = fs::read(chain).ok()?;
        let (_, pem) = x509_parser::pem::parse_x509_pem(&bytes).ok()?;
        let Pem { contents, .. } = pem;
        expiry("our certificate", &contents)
    }
}

/// Whether the address is one that secrets may be sent to: HTTPS, or this very machine.
pub fn is_private(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}

/// What a failed request means.
pub fn fault(error: &reqwest::Error, silence: Duration) -> Fault {
    if error.is_timeout() {
        return Fault::Timeout(silence);
    }
    if let Some(refusal) = tls_refusal(error) {
        return Fault::Tls(refusal.to_string());
    }
    if error.is_body() || error.is_decode() {
        return Fault::CutShort;
    }
    Fault::Connect(innermost(error))
}

/// The refusal of a certificate, by us or by the server, among the causes of an error.
fn tls_refusal<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(refusal @ (rustls::Error::InvalidCertificate(_) | rustls::Error::AlertReceived(_))) =
        error.downcast_ref()
    {
        return Some(refusal);
    }
    // What an I/O error wraps is not its source but itself.
    let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    match wrapped {
        Some(wrapped) => tls_refusal(wrapped),
        None => tls_refusal(error.source()?),
    }
}

/// What an answer that is no success means; none for a success. `hint` is for one that does not let us in.
pub fn status_fault(response: &Response, code: Option<String>, hint: &'static str) -> Option<Fault> {
    let status = response.status();
    let number = status.as_u16();
    Some(match status {
        _ if status.is_success() => return None,
        StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS => busy(number, response, code),
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Fault::Denied {
            status: number,
            code,
            hint,
        },
        StatusCode::GONE => Fault::Gone,
        _ if status.is_server_error() => busy(number, response, code),
        _ if status.is_redirection() => Fault::Redirect,
        _ => Fault::Status { status: number, code },
    })
}

fn busy(status: u16, response: &Response, code: Option<String>) -> Fault {
    Fault::Busy {
        status,
        after: retry_after(response.headers()),
        code,
    }
}

/// How long the server asks us to wait: seconds, or a moment by its own clock.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = rfc2822::parse(text).ok()?.timestamp();
    let now = server_time(headers).unwrap_or_else(Timestamp::now);
    Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
}

/// What the server's clock says.
pub fn server_time(headers: &HeaderMap) -> Option<Timestamp> {
    let text = headers.get(DATE)?.to_str().ok()?;
    Some(rfc2822::parse(text).ok()?.timestamp())
}

/// How far our clock is ahead of the server's; negative where it is behind.
pub fn skew(response: &Response) -> Option<SignedDuration> {
    Some(Timestamp::now().duration_since(server_time(response.headers())?))
}

/// What `sendlink check` says of an answer: the server's certificate and the two clocks.
pub fn check_answer(response: &Response) -> Vec<Checked> {
    let mut seen = Vec::new();
    let certificate = response
        .extensions()
        .get::<tls::TlsInfo>()
        .and_then(tls::TlsInfo::peer_certificate);
    seen.extend(certificate.and_then(|der| expiry("the server's certificate", der)));
    if let Some(skew) = skew(response)
        && skew.abs() > SKEW_NOTICE
    {
        let side = if skew.is_positive() { "ahead of" } else { "behind" };
        seen.push(Checked::Note(format!(
            "the clock of this machine is {} minutes {side} the server's; set it by NTP",
            skew.abs().as_mins()
        )));
    }
    seen
}

/// What there is to say of the end of a certificate.
fn expiry(whose: &str, der: &[u8]) -> Option<Checked> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let end = Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()?;
    let days = end.duration_since(Timestamp::now()).as_hours().div_euclid(24);
    let day = jiff::tz::TimeZone::UTC.to_datetime(end).date();
    Some(match days {
        ..0 => Checked::Bad(format!("{whose} ended on {day}")),
        0..EXPIRY_NOTICE_DAYS => Checked::Note(format!("{whose} ends on {day}; renew it")),
        _ => Checked::Good(format!("{whose} holds until {day}")),
    })
}

/// A limit below which a body that trickles in is given up: slower than this, a megabyte takes three hours.
const LEAST_BYTES_A_SECOND: u64 = 100;

/// Hands the body of an answer on as it comes.
///
/// # Errors
/// Where it breaks off or trickles; whatever `each` fails with.
pub async fn stream<E: From<Fault>>(
    response: &mut Response,
    silence: Duration,
    mut each: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let mut pace = Pace::new(silence);
    loop {
        let piece = match response.chunk().await {
            Ok(Some(piece)) => piece,
            Ok(None) => return Ok(()),
            Err(error) => return Err(fault(&error, silence).into()),
        };
        each(&piece)?;
        pace.came(piece.len())?;
    }
}

/// How fast a body comes.
pub(crate) struct Pace {
    started: Instant,
    silence: Duration,
    bytes: u64,
}

impl Pace {
    /// From now on; the first `silence` is given to it.
    pub(crate) fn new(silence: Duration) -> Self {
        Pace {
            started: Instant::now(),
            silence,
            bytes: 0,
        }
    }

    /// So many bytes more have come.
    ///
    /// # Errors
    /// [`Fault::Timeout`] where it trickles.
    pub(crate) fn came(&mut self, bytes: usize) -> Result<(), Fault> {
        self.bytes += bytes as u64;
        let elapsed = self.started.elapsed();
        if elapsed > self.silence && self.bytes / elapsed.as_secs().max(1) < LEAST_BYTES_A_SECOND {
            return Err(Fault::Timeout(elapsed));
        }
        Ok(())
    }
}

/// A small body, whole.
///
/// # Errors
/// Where it breaks off or is larger than the limit.
pub async fn small_body(response: &mut Response, silence: Duration, limit: u64) -> Result<Vec<u8>, Fault> {
    let mut body = Vec::new();
    stream(response, silence, |piece| {
        if (body.len() + piece.len()) as u64 > limit {
            return Err(Fault::TooLarge { limit });
        }
        body.extend_from_slice(piece);
        Ok(())
    })
    .await?;
    Ok(body)
}

/// The time that a `Last-Modified` header or the like tells.
pub fn http_time(headers: &HeaderMap, name: &str) -> Option<SystemTime> {
    let text = headers.get(name)?.to_str().ok()?;
    // MESH writes UTC where RFC 9110 has GMT.
    let text = text.replace(" UTC", " GMT");
    Some(rfc2822::parse(&text).ok()?.timestamp().into())
}

fn read(what: &'static str, path: &PathBuf) -> Result<Vec<u8>, TransportError> {
    fs::read(path).map_err(|error| setup(what, path, &error.to_string()))
}

fn setup(what: &'static str, path: &std::path::Path, reason: &str) -> TransportError {
    TransportError::Setup {
        what,
        path: path.to_owned(),
        reason: reason.to_owned(),
    }
}

/// The innermost cause of an error: what the system or the library said, without the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut text = None;
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = Some(inner.to_string());
        cause = inner.source();
    }
    text.unwrap_or_else(|| "the connection broke".to_owned())
}
