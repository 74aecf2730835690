//! A MESH service of our own, after the published API, with what NHS England's sandbox does not enforce: a token is good
//! once, and only within two hours of the service's clock.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read, Write},
    sync::{Arc, Mutex, MutexGuard},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use rustls::ServerConfig;
use serde_json::json;
use sha2::Sha256;

use super::http::{Connections, Reply, Request, Server};

/// The password of every mailbox.
pub const PASSWORD: &str = "a password";
/// The key that the environment shares.
pub const SHARED_KEY: &str = "a shared key";

/// A message that the service holds.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// Who sent it; empty for a report.
    pub from: String,
    /// Whom it is for.
    pub to: String,
    /// Its workflow.
    pub workflow: String,
    /// Its file's name.
    pub file: String,
    /// The sender's name for it.
    pub local_id: String,
    /// Its parts as they were sent.
    pub parts: Vec<Vec<u8>>,
    /// Whether each part is compressed.
    pub gzip: bool,
    /// Whether all parts have come.
    pub complete: bool,
    /// Whether it is a report that another was not delivered.
    pub report: bool,
    /// Whether its time is over, though it is still listed.
    pub expired: bool,
    /// Whether its receiver has acknowledged it.
    pub acknowledged: bool,
}

impl Held {
    /// What it says, decompressed and put together.
    pub fn content(&self) -> Vec<u8> {
        let mut content = Vec::new();
        for part in &self.parts {
            if self.gzip {
                GzDecoder::new(part.as_slice())
                    .read_to_end(&mut content)
                    .expect("gzip");
            } else {
                content.extend(part);
            }
        }
        content
    }
}

/// Told of each message that is to be acknowledged, before it is.
pub type OnAcknowledge = Box<dyn Fn(&Held) + Send>;

#[derive(Default)]
struct State {
    on_acknowledge: Option<OnAcknowledge>,
    messages: Vec<Held>,
    used: BTreeSet<String>,
    ahead: SignedDuration,
}

/// The service.
pub struct Mesh {
    /// The server that speaks for it.
    pub server: Server,
    state: Arc<Mutex<State>>,
}

impl Mesh {
    /// Starts a service with the mailboxes `AREA1`, `TRUST1` and `TRUST2`.
    pub fn start(tls: Option<Arc<ServerConfig>>) -> Self {
        Mesh::start_with(Connections::OneAnswer, tls)
    }

    /// The same, with connections that last so long.
    pub fn start_with(connections: Connections, tls: Option<Arc<ServerConfig>>) -> Self {
        let state = Arc::new(Mutex::new(State::default()));
        let shared = Arc::clone(&state);
        let server = Server::start_with(
            connections,
            Arc::new(move |request| {
                let mut state = shared.lock().expect("no panic");
                let now = Timestamp::now() + state.ahead;
                let date = TimeZone::UTC
                    .to_datetime(now)
                    .strftime("%a, %d %b %Y %H:%M:%S GMT");
                answer(&mut state, request, now).with("date", date)
            }),
            tls,
        );
        Mesh { server, state }
    }

    /// Puts a message into the mailbox `AREA1`. Returns its id.
    pub fn put(&self, from: &str, workflow: &str, file: &str, parts: &[&[u8]], gzip: bool) -> String {
        let parts = parts
            .iter()
            .map(|part| if gzip { zipped(part) } else { part.to_vec() });
        let parts = parts.collect();
        self.add(Held {
            from: from.to_owned(),
            workflow: workflow.to_owned(),
            file: file.to_owned(),
            parts,
            gzip,
            ..Held::default()
        })
    }

    /// Puts a report that the message of this name was not collected into the mailbox `AREA1`. Returns its id.
    pub fn put_report(&self, workflow: &str, local_id: &str) -> String {
        self.add(Held {
            workflow: workflow.to_owned(),
            local_id: local_id.to_owned(),
            report: true,
            ..Held::default()
        })
    }

    fn add(&self, message: Held) -> String {
        let mut state = self.lock();
        let id = format!("20261123{:06}_ABC", state.messages.len());
        state.messages.push(Held {
            id: id.clone(),
            to: "AREA1".to_owned(),
            complete: true,
            ..message
        });
        id
    }

    /// Every message, in the order in which they came.
    pub fn messages(&self) -> Vec<Held> {
        self.lock().messages.clone()
    }

    /// Whether a message was acknowledged.
    pub fn acknowledged(&self, id: &str) -> bool {
        self.messages()
            .iter()
            .any(|message| message.id == id && message.acknowledged)
    }

    /// Changes a message.
    pub fn change(&self, id: &str, change: impl FnOnce(&mut Held)) {
        let mut state = self.lock();
        change(
            state
                .messages
                .iter_mut()
                .find(|message| message.id == id)
                .expect("the message"),
        );
    }

    /// Calls this for each message before it is acknowledged.
    pub fn on_acknowledge(&self, call: OnAcknowledge) {
        self.lock().on_acknowledge = Some(call);
    }

    /// Sets the service's clock ahead of ours.
    pub fn set_clock_ahead(&self, by: SignedDuration) {
        self.lock().ahead = by;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic")
    }
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

const MAILBOXES: [&str; 3] = ["AREA1", "TRUST1", "TRUST2"];

fn error(status: u16, event: &str, code: &str, message: &str) -> Reply {
    let body = json!({ "detail": [{ "event": event, "code": code, "msg": message }] });
    Reply::new(status, body.to_string())
}

fn answer(state: &mut State, request: &Request, now: Timestamp) -> Reply {
    let segments: Vec<&str> = request.path.split('/').skip(1).collect();
    let ["messageexchange", mailbox, rest @ ..] = segments.as_slice() else {
        return error(404, "", "", "Not found");
    };
    if let Err(why) = authorized(state, request, mailbox, now) {
        return error(403, "", "", why);
    }
    if !MAILBOXES.contains(mailbox) {
        return error(403, "SEND", "EPL-151", "No mailbox matched");
    }
    match (request.method.as_str(), rest) {
        ("GET" | "POST", []) => {
            let told = ["mex-clientversion", "mex-osname", "mex-osversion"];
            if told.iter().any(|name| request.header(name).is_empty()) {
                return Reply::new(400, json!({ "detail": [{ "type": "missing" }] }).to_string());
            }
            Reply::new(200, "")
        }
        ("GET", ["inbox"]) => list(state, request, mailbox),
        ("HEAD" | "GET", ["inbox", id]) => part(state, mailbox, id, 1),
        ("GET", ["inbox", id, number]) => part(state, mailbox, id, number.parse().unwrap_or(0)),
        ("PUT", ["inbox", id, "status", "acknowledged"]) => {
            let found = state
                .messages
                .iter_mut()
                .find(|message| message.id == *id && message.to == *mailbox);
            match found {
                Some(message) => {
                    if let Some(call) = &state.on_acknowledge {
                        call(message);
                    }
                    message.acknowledged = true;
                    Reply::new(200, "")
                }
                None => error(404, "RECEIVE", "20", "Message does not exist"),
            }
        }
        ("POST", ["outbox"]) => send(state, request, mailbox),
        ("POST", ["outbox", id, _]) => send_part(state, request, id),
        _ => error(404, "", "", "Not found"),
    }
}

fn authorized(
    state: &mut State,
    request: &Request,
    mailbox: &str,
    now: Timestamp,
) -> Result<(), &'static str> {
    let token = request
        .header("authorization")
        .strip_prefix("NHSMESH ")
        .ok_or("Error reading from Authorization header")?;
    let [name, nonce, count, time, hash] = token.split(':').collect::<Vec<_>>()[..] else {
        return Err("Error reading from Authorization header");
    };
    if name != mailbox {
        return Err("Mailbox id does not match token");
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(SHARED_KEY.as_bytes()).expect("a key");
    mac.update(format!("{name}:{nonce}:{count}:{PASSWORD}:{time}").as_bytes());
    let expected: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    if expected != hash {
        return Err("Invalid Authentication Token");
    }
    let told =
        jiff::civil::DateTime::strptime("%Y%m%d%H%M", time).map_err(|_| "Invalid Authentication Token")?;
    let told = TimeZone::UTC
        .to_timestamp(told)
        .map_err(|_| "Invalid Authentication Token")?;
    if now.duration_since(told).abs() > SignedDuration::from_hours(2) {
        return Err("Invalid Authentication Token");
    }
    if !state.used.insert(format!("{nonce}:{count}")) {
        return Err("Invalid Authentication Token");
    }
    Ok(())
}

fn list(state: &State, request: &Request, mailbox: &str) -> Reply {
    let size: usize = request
        .query
        .get("max_results")
        .map_or(500, |text| text.parse().unwrap_or(0));
    if !(10..=5000).contains(&size) {
        return Reply::new(400, json!({ "detail": [{ "type": "range" }] }).to_string());
    }
    let filter = request.query.get("workflow_filter");
    let from = request.query.get("continue_from");
    let mut ids: Vec<&str> = state
        .messages
        .iter()
        .filter(|message| message.to == mailbox && message.complete && !message.acknowledged)
        .filter(|message| filter.is_none_or(|filter| message.workflow == *filter))
        .map(|message| message.id.as_str())
        .filter(|id| from.is_none_or(|from| *id > from.as_str()))
        .collect();
    let mut links = BTreeMap::from([("self", request.path.clone())]);
    let waiting = ids.len();
    if ids.len() > size {
        ids.truncate(size);
        let filter = filter
            .map(|filter| format!("&workflow_filter={filter}"))
            .unwrap_or_default();
        let last = ids.last().expect("a page is not empty");
        links.insert(
            "next",
            format!("{}?max_results={size}&continue_from={last}{filter}", request.path),
        );
    }
    let body = json!({ "messages": ids, "links": links, "approx_inbox_count": waiting });
    Reply::new(200, body.to_string())
}

fn part(state: &State, mailbox: &str, id: &str, number: usize) -> Reply {
    let Some(message) = state
        .messages
        .iter()
        .find(|message| message.id == id && message.to == mailbox)
    else {
        return error(404, "RECEIVE", "20", "Message does not exist");
    };
    if message.expired {
        return error(410, "RECEIVE", "17", "Message no longer available for download");
    }
    let reply = Reply::new(if number < message.parts.len() { 206 } else { 200 }, "")
        .with("mex-to", &message.to)
        .with("mex-workflowid", &message.workflow)
        .with("mex-chunk-range", format!("{number}:{}", message.parts.len()))
        .with("mex-total-chunks", message.parts.len())
        .with("mex-localid", &message.local_id)
        .with(
            "mex-filename",
            if message.file.is_empty() {
                format!("{id}.dat")
            } else {
                message.file.clone()
            },
        )
        .with("mex-messageid", id)
        .with("last-modified", "Sun, 01 Mar 2026 08:00:00 UTC");
    if message.report {
        return reply
            .with("mex-messagetype", "REPORT")
            .with("mex-statuscode", "14")
            .with("mex-statussuccess", "ERROR")
            .with("mex-linkedmsgid", "20261101_X");
    }
    let mut reply = reply
        .with("mex-messagetype", "DATA")
        .with("mex-from", &message.from);
    if message.gzip {
        reply = reply.with("content-encoding", "gzip");
    }
    match message.parts.get(number.wrapping_sub(1)) {
        Some(bytes) => {
            reply.body.clone_from(bytes);
            reply
        }
        None => error(404, "RECEIVE", "20", "Message does not exist"),
    }
}

fn send(state: &mut State, request: &Request, mailbox: &str) -> Reply {
    let to = request.header("mex-to");
    if !MAILBOXES.contains(&to) {
        return error(417, "SEND", "12", "Unregistered to address");
    }
    let range = request.header("mex-chunk-range");
    let of = range.split_once(':').map_or("1", |(_, of)| of);
    let id = format!("20261123{:06}_OUT", state.messages.len());
    state.messages.push(Held {
        id: id.clone(),
        from: mailbox.to_owned(),
        to: to.to_owned(),
        workflow: request.header("mex-workflowid").to_owned(),
        file: request.header("mex-filename").to_owned(),
        local_id: request.header("mex-localid").to_owned(),
        parts: vec![request.body.clone()],
        gzip: request.header("content-encoding") == "gzip",
        complete: of == "1",
        ..Held::default()
    });
    Reply::new(202, json!({ "message_id": id }).to_string())
}

fn send_part(state: &mut State, request: &Request, id: &str) -> Reply {
    let range = request.header("mex-chunk-range");
    let (Some(message), Some((number, of))) = (
        state.messages.iter_mut().find(|message| message.id == id),
        range.split_once(':'),
    ) else {
        return error(417, "SEND", "InvalidHeaderChunks", "Invalid chunk range");
    };
    let number: usize = number.parse().unwrap_or(0);
    // A part that comes twice takes its own place again.
    message.parts.truncate(number.saturating_sub(1));
    message.parts.push(request.body.clone());
    message.complete = number.to_string() == of;
    Reply::new(202, "null")
}
