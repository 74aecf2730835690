//! An S3 of our own, after the published API: listing in pages, ranges, conditions, copies. Google's XML API is the same
//! but for a few headers.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{Arc, Mutex, MutexGuard},
};

use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};

use super::http::{Reply, Request, Server};

/// The bucket.
pub const BUCKET: &str = "essex-send";
/// The id of the key that is let in.
pub const KEY_ID: &str = "AKIAEXAMPLE";

/// An object.
#[derive(Clone, Debug)]
pub struct Stored {
    /// What it says.
    pub content: Vec<u8>,
    /// When it came.
    pub modified: Timestamp,
}

impl Stored {
    fn etag(&self) -> String {
        let digest = Sha256::digest(&self.content);
        let hex: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("\"{hex}\"")
    }
}

/// Told of each object that is to be deleted, before it is.
pub type OnDelete = Box<dyn Fn(&str, &Stored) + Send>;

#[derive(Default)]
struct State {
    objects: BTreeMap<String, Stored>,
    on_delete: Option<OnDelete>,
    is_open: bool,
}

/// The service, with one bucket.
pub struct S3 {
    /// The server that speaks for it.
    pub server: Server,
    state: Arc<Mutex<State>>,
}

/// Objects and prefixes in one page of a listing.
const PAGE: usize = 2;

impl S3 {
    /// Starts a service whose bucket is empty.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let handler = move |request: &Request| {
            let date = TimeZone::UTC
                .to_datetime(Timestamp::now())
                .strftime("%a, %d %b %Y %H:%M:%S GMT");
            answer(&mut shared.lock().expect("no panic"), request).with("date", date)
        };
        S3 {
            server: Server::start(Arc::new(handler), None),
            state,
        }
    }

    /// Puts an object into the bucket.
    pub fn put(&self, key: &str, content: &[u8]) {
        let stored = Stored {
            content: content.to_vec(),
            modified: "2026-03-01T08:00:00Z".parse().expect("a time"),
        };
        self.lock().objects.insert(key.to_owned(), stored);
    }

    /// The keys in the bucket.
    pub fn keys(&self) -> Vec<String> {
        self.lock().objects.keys().cloned().collect()
    }

    /// What an object says.
    pub fn content(&self, key: &str) -> Option<Vec<u8>> {
        self.lock().objects.get(key).map(|stored| stored.content.clone())
    }

    /// Lets everybody in.
    pub fn open_to_all(&self) {
        self.lock().is_open = true;
    }

    /// Calls this for each object before it is deleted.
    pub fn on_delete(&self, call: OnDelete) {
        self.lock().on_delete = Some(call);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}

fn error(status: u16, code: &str) -> Reply {
    Reply::new(
        status,
        format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>m</Message></Error>"),
    )
}

fn answer(state: &mut State, request: &Request) -> Reply {
    let signed = format!("AWS4-HMAC-SHA256 Credential={KEY_ID}/");
    if !state.is_open && !request.header("authorization").starts_with(&signed) {
        return error(403, "AccessDenied");
    }
    let path = decoded(&request.path);
    let Some(key) = path.strip_prefix(&format!("/{BUCKET}")) else {
        return error(404, "NoSuchBucket");
    };
    let key = key.trim_start_matches('/').to_owned();
    match request.method.as_str() {
        "GET" if key.is_empty() => list(state, request),
        "GET" | "HEAD" => get(state, request, &key),
        "PUT" => copy(state, request, &key),
        "DELETE" => {
            if let (Some(stored), Some(call)) = (state.objects.get(&key), &state.on_delete) {
                call(&key, stored);
            }
            state.objects.remove(&key);
            Reply::new(204, "")
        }
        _ => error(405, "MethodNotAllowed"),
    }
}

fn list(state: &State, request: &Request) -> Reply {
    let asked = |name: &str| request.query.get(name).map(String::as_str).unwrap_or_default();
    let (prefix, delimiter, after) = (asked("prefix"), asked("delimiter"), asked("continuation-token"));
    let mut entries = BTreeMap::new();
    for (key, stored) in &state.objects {
        let Some(rest) = key.strip_prefix(prefix) else {
            continue;
        };
        match rest.split_once('/') {
            Some((folder, _)) if delimiter == "/" => entries.insert(format!("{prefix}{folder}/"), None),
            _ => entries.insert(key.clone(), Some(stored)),
        };
    }
    let left: Vec<_> = entries
        .into_iter()
        .filter(|(key, _)| key.as_str() > after)
        .collect();
    let is_truncated = left.len() > PAGE;
    let mut body = format!(
        "<?xml version=\"1.0\"?><ListBucketResult><IsTruncated>{is_truncated}</IsTruncated><KeyCount>{}</KeyCount>",
        left.len().min(PAGE)
    );
    let mut last = String::new();
    for (key, stored) in left.into_iter().take(PAGE) {
        let written = match stored {
            Some(stored) => write!(
                body,
                "<Contents><Key>{key}</Key><LastModified>{}</LastModified><ETag>{}</ETag><Size>{}</Size></Contents>",
                stored.modified,
                stored.etag().replace('"', "&quot;"),
                stored.content.len()
            ),
            None => write!(body, "<CommonPrefixes><Prefix>{key}</Prefix></CommonPrefixes>"),
        };
        written.expect("memory");
        last = key;
    }
    if is_truncated {
        write!(body, "<NextContinuationToken>{last}</NextContinuationToken>").expect("memory");
    }
    body.push_str("</ListBucketResult>");
    Reply::new(200, body)
}

fn get(state: &State, request: &Request, key: &str) -> Reply {
    let Some(stored) = state.objects.get(key) else {
        return error(404, "NoSuchKey");
    };
    let condition = request.header("if-match");
    if !condition.is_empty() && condition != stored.etag() {
        return error(412, "PreconditionFailed");
    }
    let total = stored.content.len();
    let from = request
        .header("range")
        .strip_prefix("bytes=")
        .and_then(|range| range.strip_suffix('-'))
        .and_then(|from| from.parse().ok());
    let reply = match from {
        Some(from) if from >= total => return error(416, "InvalidRange"),
        Some(from) => Reply::new(206, &stored.content[from..])
            .with("content-range", format!("bytes {from}-{}/{total}", total - 1)),
        None => Reply::new(200, stored.content.clone()),
    };
    let modified = TimeZone::UTC.to_datetime(stored.modified);
    reply
        .with("etag", stored.etag())
        .with("last-modified", modified.strftime("%a, %d %b %Y %H:%M:%S GMT"))
}

fn copy(state: &mut State, request: &Request, key: &str) -> Reply {
    let source = ["x-amz-copy-source", "x-goog-copy-source"].map(|name| request.header(name));
    let source = decoded(&source.concat());
    let source = source.trim_start_matches('/').strip_prefix(&format!("{BUCKET}/"));
    let Some(stored) = source.and_then(|source| state.objects.get(source)).cloned() else {
        return error(404, "NoSuchKey");
    };
    let body = format!(
        "<?xml version=\"1.0\"?><CopyObjectResult><ETag>{}</ETag></CopyObjectResult>",
        stored.etag().replace('"', "&quot;")
    );
    state.objects.insert(key.to_owned(), stored);
    Reply::new(200, body)
}

fn decoded(text: &str) -> String {
    // A path is no query: it knows no plus for a blank, and no pairs.
    let text = text.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    let mut pairs = url::form_urlencoded::parse(text.as_bytes());
    pairs
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}
