//! A small HTTP/1.1 server on this machine: one answer a connection unless it is told to keep them, and a plan of faults.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// Its query, decoded.
    pub query: BTreeMap<String, String>,
    /// Its headers, by lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header's text; empty where it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Reply {
    /// An answer of this status with this body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Reply {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    /// With a header.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }
}

/// What goes wrong with an answer.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Another answer comes in its place; the request was not acted on.
    Instead(Reply),
    /// The connection is reset after so many bytes of the answer.
    ResetAt(usize),
    /// The connection is closed after so many bytes of the answer, whatever length was announced.
    CloseAt(usize),
    /// Nothing comes for so long, and then the connection is closed.
    Hang(Duration),
    /// The answer comes byte by byte.
    Slices,
    /// The answer comes late by so long.
    Late(Duration),
    /// The answer comes in drops of so many bytes, with such a pause before each.
    Drip(usize, Duration),
    /// The answer comes twice on one connection.
    Twice,
}

impl Fault {
    /// A fault for one request or a burst of them, drawn from a stream of random numbers, and for how many. `silence` is
    /// after how long the client gives up.
    pub fn draw(random: &mut ChaCha8Rng, silence: Duration) -> (Fault, usize) {
        let mut below = |limit: u32| random.next_u32() % limit;
        let busy = |status: u16| Reply::new(status, "busy");
        let fault = match below(12) {
            0 => Fault::ResetAt(below(1024) as usize),
            1 => Fault::CloseAt(below(1024) as usize),
            2 => Fault::Slices,
            3 => Fault::Late(silence * below(100) / 200),
            4 => Fault::Hang(silence * 3 / 2),
            5 => Fault::Drip(8 + below(200) as usize, silence / 20),
            6 => Fault::Twice,
            7 => Fault::Instead(busy(429)),
            8 => Fault::Instead(busy(429).with("retry-after", 0)),
            9 => Fault::Instead(busy([500, 502, 503, 504][below(4) as usize])),
            // Once, a token may have run out; twice, we are not let in, and the night goes on without this source.
            10 => return (Fault::Instead(Reply::new(401, "")), 1 + below(2) as usize),
            _ => {
                let burst = 2 + below(4) as usize;
                return (Fault::Instead(busy(503)), burst);
            }
        };
        (fault, 1)
    }
}

/// Faults drawn from a seed, until so many have come.
struct Storm {
    random: ChaCha8Rng,
    silence: Duration,
    left: usize,
    burst: Option<(Fault, usize)>,
}

impl Storm {
    fn next(&mut self) -> Option<Fault> {
        let (fault, times) = match self.burst.take() {
            Some(burst) => burst,
            None if self.left == 0 || self.random.next_u32().is_multiple_of(2) => return None,
            None => {
                self.left -= 1;
                Fault::draw(&mut self.random, self.silence)
            }
        };
        if times > 1 {
            self.burst = Some((fault.clone(), times - 1));
        }
        Some(fault)
    }
}

/// A fault that waits for its request.
struct Planned {
    method: &'static str,
    path: String,
    times: usize,
    fault: Fault,
}

/// How long a connection lasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Connections {
    /// For one answer, so that each request meets its fault alone.
    #[default]
    OneAnswer,
    /// Until the client closes it, as real services have it.
    Kept,
}

/// What all connections share.
#[derive(Default)]
struct Shared {
    connections: Connections,
    plan: Mutex<Vec<Planned>>,
    storm: Mutex<Option<Storm>>,
    log: Mutex<Vec<String>>,
    sent: Mutex<usize>,
}

/// A server. It ends with the test.
pub struct Server {
    /// Its address, without a path.
    pub url: String,
    shared: Arc<Shared>,
}

/// Asks a server on this machine, over a connection of its own: the status and the body.
pub fn ask(port: u16, method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Vec<u8>) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    let mut request = format!(
        "{method} {target} HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).expect("the server reads");
    stream.write_all(body).expect("the server reads");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the server answers");
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text
        .split_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok());
    let (_, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    (status.expect("a status"), body.as_bytes().to_vec())
}

/// What answers requests.
pub type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

impl Server {
    /// Starts a server on a free port; over TLS where there is a configuration for it.
    pub fn start(handler: Handler, tls: Option<Arc<ServerConfig>>) -> Self {
        Server::start_with(Connections::OneAnswer, handler, tls)
    }

    /// The same, with connections that last so long.
    pub fn start_with(connections: Connections, handler: Handler, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared {
            connections,
            ..Shared::default()
        });
        let server = Server {
            url: format!("{scheme}://127.0.0.1:{port}"),
            shared: Arc::clone(&shared),
        };
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (handler, tls, shared) = (Arc::clone(&handler), tls.clone(), Arc::clone(&shared));
                // A client that goes away in the middle is not the server's failure.
                thread::spawn(move || serve(stream, tls, &handler, &shared));
            }
        });
        server
    }

    /// Plans a fault for the next `times` requests of this method whose path ends so.
    pub fn fail(&self, method: &'static str, path: &str, times: usize, fault: Fault) {
        self.shared.plan.lock().expect("no panic").push(Planned {
            method,
            path: path.to_owned(),
            times,
            fault,
        });
    }

    /// Lets so many faults come, drawn from a seed, at every second request or so. After `silence` the client gives up.
    pub fn storm(&self, seed: u64, faults: usize, silence: Duration) {
        *self.shared.storm.lock().expect("no panic") = Some(Storm {
            random: ChaCha8Rng::seed_from_u64(seed),
            silence,
            left: faults,
            burst: None,
        });
    }

    /// The requests so far, as `METHOD /path`.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().expect("no panic").clone()
    }

    /// How many requests of this method had a path that ends so.
    pub fn count(&self, method: &str, path: &str) -> usize {
        let fits = |line: &&String| line.starts_with(&format!("{method} ")) && line.ends_with(path);
        self.log().iter().filter(fits).count()
    }

    /// How many bytes of answers were sent.
    pub fn sent(&self) -> usize {
        *self.shared.sent.lock().expect("no panic")
    }
}

fn serve(
    stream: TcpStream,
    tls: Option<Arc<ServerConfig>>,
    handler: &Handler,
    shared: &Shared,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let raw = stream.try_clone()?;
    match tls {
        None => answers(stream, &raw, handler, shared),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(connection, stream);
            let result = answers(&mut stream, &raw, handler, shared);
            stream.conn.send_close_notify();
            let _ = stream.flush();
            result
        }
    }
}

/// Answers as many requests as a connection is for.
fn answers(
    mut stream: impl Read + Write,
    raw: &TcpStream,
    handler: &Handler,
    shared: &Shared,
) -> io::Result<()> {
    while let Some(request) = read(&mut stream)? {
        let sound = answer(&request, &mut stream, raw, handler, shared)?;
        if !sound || shared.connections == Connections::OneAnswer {
            break;
        }
    }
    Ok(())
}

/// Answers one request. Returns whether nothing went wrong with it.
fn answer(
    request: &Request,
    stream: &mut (impl Read + Write),
    raw: &TcpStream,
    handler: &Handler,
    shared: &Shared,
) -> io::Result<bool> {
    shared
        .log
        .lock()
        .expect("no panic")
        .push(format!("{} {}", request.method, request.path));
    let fault = due(shared, request);
    let sound = fault.is_none();
    let reply = match &fault {
        Some(Fault::Instead(reply)) => reply.clone(),
        _ => handler(request),
    };
    let bytes = written(shared.connections, request, &reply);
    let mut sent = bytes.len();
    match fault {
        Some(Fault::Hang(time)) => {
            thread::sleep(time);
            sent = 0;
        }
        Some(Fault::ResetAt(at)) => {
            sent = sent.min(at);
            stream.write_all(&bytes[..sent])?;
            stream.flush()?;
            // Closing with this set sends a reset.
            rustix::net::sockopt::set_socket_linger(raw, Some(Duration::ZERO))?;
        }
        Some(Fault::CloseAt(at)) => {
            sent = sent.min(at);
            stream.write_all(&bytes[..sent])?;
        }
        Some(Fault::Slices) => {
            for byte in bytes.chunks(1) {
                stream.write_all(byte)?;
                stream.flush()?;
            }
        }
        Some(Fault::Late(time)) => {
            thread::sleep(time);
            stream.write_all(&bytes)?;
        }
        Some(Fault::Drip(size, pause)) => {
            for drop in bytes.chunks(size) {
                thread::sleep(pause);
                stream.write_all(drop)?;
                stream.flush()?;
            }
        }
        Some(Fault::Twice) => {
            stream.write_all(&bytes)?;
            stream.write_all(&bytes)?;
        }
        Some(Fault::Instead(_)) | None => stream.write_all(&bytes)?,
    }
    *shared.sent.lock().expect("no panic") += sent;
    stream.flush()?;
    Ok(sound)
}

fn due(shared: &Shared, request: &Request) -> Option<Fault> {
    if let Some(storm) = &mut *shared.storm.lock().expect("no panic") {
        return storm.next();
    }
    let mut plan = shared.plan.lock().expect("no panic");
    let planned = plan.iter_mut().find(|planned| {
        planned.times > 0 && planned.method == request.method && request.path.ends_with(&planned.path)
    })?;
    planned.times -= 1;
    Some(planned.fault.clone())
}

/// The next request; none where the client has closed. A client waits for an answer before it asks again, so nothing that
/// is read ahead belongs to another request.
fn read(stream: &mut impl Read) -> io::Result<Option<Request>> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut parts = line.split_whitespace();
    let method = parts.next().unwrap_or_default().to_owned();
    let target = parts.next().unwrap_or_default().to_owned();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Some(Request {
        method,
        path: path.to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes())
            .into_owned()
            .collect(),
        headers,
        body,
    }))
}

fn written(connections: Connections, request: &Request, reply: &Reply) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {} -\r\n", reply.status).into_bytes();
    if connections == Connections::OneAnswer {
        bytes.extend(b"connection: close\r\n");
    }
    for (name, value) in &reply.headers {
        bytes.extend(format!("{name}: {value}\r\n").into_bytes());
    }
    if reply.status != 304 {
        bytes.extend(format!("content-length: {}\r\n", reply.body.len()).into_bytes());
    }
    bytes.extend(b"\r\n");
    if request.method != "HEAD" {
        bytes.extend(&reply.body);
    }
    bytes
}
