//! The stores' requests, sent by our own client: one way to reach a server, whatever it stands for. An answer that is no
//! success becomes a [`Fault`] here, where its headers are still at hand, and travels as one through the library.

use std::{
    error::Error,
    fmt, io,
    sync::{Arc, Mutex, OnceLock},
    time::Duration,
};

use ::http::Response as Answer;
use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::{
    ClientOptions,
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpResponse, HttpResponseBody,
        HttpService,
    },
};
use reqwest::{Client, Request, Response, StatusCode};
use url::Url;

use crate::{
    Checked, Fault, TransportError,
    http::{self, Connection},
};

/// Sends requests of a store.
#[derive(Clone, Debug)]
pub(super) struct Connector(Arc<Wire>);

#[derive(Debug)]
struct Wire {
    client: Client,
    silence: Duration,
    seen: OnceLock<Vec<Checked>>,
}

/// An error body is short.
const ERROR_BODY: u64 = 64 * 1024;

const HINT: &str = "look at the key or signature, and at what it permits";

impl Connector {
    pub(super) fn new(connection: &Connection) -> Result<Self, TransportError> {
        Ok(Connector(Arc::new(Wire {
            client: connection.client()?,
            silence: connection.silence,
            seen: OnceLock::new(),
        })))
    }

    /// What the first answer showed of certificate and clock.
    pub(super) fn seen(&self) -> Vec<Checked> {
        self.0.seen.get().cloned().unwrap_or_default()
    }
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        Ok(HttpClient::new(self.clone()))
    }
}

#[async_trait]
impl HttpService for Connector {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.send(request).await.map_err(carry)
    }
}

impl Wire {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Fault> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string())
            .map_err(|_| Fault::Damaged("the address of the store cannot be used"))?;
        let mut request = Request::new(parts.method, url);
        *request.headers_mut() = parts.headers;
        // What is sent is small and in one piece: we copy and delete, and never write an object.
        if let Some(bytes) = body.as_bytes().filter(|bytes| !bytes.is_empty()) {
            *request.body_mut() = Some(bytes.clone().into());
        }
        let sent = self.client.execute(request).await;
        let response = sent.map_err(|error| http::fault(&error, self.silence))?;
        self.seen.get_or_init(|| http::check_answer(&response));
        if response.status().is_success() {
            if header(&response, "x-ms-copy-status") == Some("pending") {
                return Err(pending());
            }
            let silence = self.silence;
            let (parts, body) = Answer::<reqwest::Body>::from(response).into_parts();
            let body = body.map_err(move |error| carry(http::fault(&error, silence)));
            return Ok(HttpResponse::from_parts(parts, HttpResponseBody::new(body)));
        }
        Err(self.refused(response).await)
    }

    /// What an answer that is no success means.
    async fn refused(&self, mut response: Response) -> Fault {
        match response.status() {
            StatusCode::NOT_FOUND => return Fault::Gone,
            StatusCode::PRECONDITION_FAILED => return Fault::Replaced,
            _ => {}
        }
        let code = match header(&response, "x-ms-error-code").and_then(plain) {
            Some(code) => Some(code),
            None => match http::small_body(&mut response, self.silence, ERROR_BODY).await {
                Ok(body) => code_in(&body),
                Err(_) => None,
            },
        };
        if code.as_deref() == Some("PendingCopyOperation") {
            return pending();
        }
        if code.as_deref() == Some("RequestTimeTooSkewed")
            && let Some(skew) = http::skew(&response)
        {
            return Fault::ClockSkew {
                minutes: skew.abs().as_mins().unsigned_abs(),
                ahead: skew.is_positive(),
            };
        }
        http::status_fault(&response, code, HINT)
            .unwrap_or(Fault::Damaged("an answer that is neither success nor failure"))
    }
}

/// A copy that the store goes on with by itself: the next try hears how it went.
fn pending() -> Fault {
    Fault::Busy {
        status: StatusCode::ACCEPTED.as_u16(),
        after: None,
        code: Some("pending".to_owned()),
    }
}

fn header<'a>(response: &'a Response, name: &str) -> Option<&'a str> {
    response.headers().get(name)?.to_str().ok()
}

/// The store's code of an error: `<Code>…</Code>` in S3's, Azure's and Google's bodies alike.
fn code_in(body: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(body).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    let (code, _) = rest.split_once("</Code>")?;
    plain(code)
}

/// A code of letters alone, safe in a log; none where it is anything else.
fn plain(code: &str) -> Option<String> {
    let fits = (1..=60).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    fits.then(|| code.to_owned())
}

/// A fault on its way through the library.
struct Carried(Mutex<Option<Fault>>);

impl fmt::Debug for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Carried")
    }
}

impl fmt::Display for Carried {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a fault of the transport")
    }
}

impl Error for Carried {}

fn carry(fault: Fault) -> HttpError {
    HttpError::new(HttpErrorKind::Unknown, Carried(Mutex::new(Some(fault))))
}

/// What a failure of a store means. The library's own words are not kept: they hold addresses and names.
pub(super) fn fault(error: object_store::Error) -> Fault {
    let mut cause: Option<&(dyn Error + 'static)> = Some(&error);
    while let Some(inner) = cause {
        if let Some(carried) = inner.downcast_ref::<Carried>() {
            let fault = carried.0.lock().ok().and_then(|mut fault| fault.take());
            return fault.unwrap_or(Fault::CutShort);
        }
        if let Some(io) = inner.downcast_ref::<io::Error>()
            && io.kind() != io::ErrorKind::NotFound
        {
            return Fault::Io(io.kind().into());
        }
        cause = inner.source();
    }
    match error {
        object_store::Error::NotFound { .. } => Fault::Gone,
        object_store::Error::Precondition { .. } => Fault::Replaced,
        object_store::Error::InvalidPath { .. } => {
            Fault::Damaged("it lists an object whose name cannot be used: an empty part, `.` or `..`")
        }
        _ => Fault::Damaged("the answer is not what such a store should send"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_taken_from_the_body_and_nothing_else_is() {
        let body = |code: &str| {
            format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>x</Message></Error>")
        };
        assert_eq!(
            code_in(body("AccessDenied").as_bytes()).as_deref(),
            Some("AccessDenied")
        );
        assert_eq!(code_in(body("Access Denied").as_bytes()), None);
        assert_eq!(code_in(body("").as_bytes()), None);
        assert_eq!(code_in(b"<html>busy</html>"), None);
        assert_eq!(code_in(&[0xff, 0xfe]), None);
    }

    #[test]
    fn a_fault_comes_out_as_it_went_in_and_once() {
        let error = object_store::Error::Generic {
            store: "S3",
            source: Box::new(carry(Fault::TooLarge { limit: 7 })),
        };
        assert!(matches!(fault(error), Fault::TooLarge { limit: 7 }));
    }
}
