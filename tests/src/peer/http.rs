//! A small HTTP/1.1 server on this machine: one answer a connection, and a plan of faults.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
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
}

/// A fault that waits for its request.
struct Planned {
    method: &'static str,
    path: String,
    times: usize,
    fault: Fault,
}

/// What all connections share.
#[derive(Default)]
struct Shared {
    plan: Mutex<Vec<Planned>>,
    log: Mutex<Vec<String>>,
    sent: Mutex<usize>,
}

/// A server. It ends with the test.
pub struct Server {
    /// Its address, without a path.
    pub url: String,
    shared: Arc<Shared>,
}

/// What answers requests.
pub type Handler = Arc<dyn Fn(&Request) -> Reply + Send + Sync>;

impl Server {
    /// Starts a server on a free port; over TLS where there is a configuration for it.
    pub fn start(handler: Handler, tls: Option<Arc<ServerConfig>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let shared = Arc::new(Shared::default());
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
        None => answer(stream, &raw, handler, shared),
        Some(config) => {
            let connection = ServerConnection::new(config).map_err(io::Error::other)?;
            let mut stream = StreamOwned::new(connection, stream);
            let result = answer(&mut stream, &raw, handler, shared);
            stream.conn.send_close_notify();
            let _ = stream.flush();
            result
        }
    }
}

fn answer(
    mut stream: impl Read + Write,
    raw: &TcpStream,
    handler: &Handler,
    shared: &Shared,
) -> io::Result<()> {
    let Some(request) = read(&mut stream)? else {
        return Ok(());
    };
    shared
        .log
        .lock()
        .expect("no panic")
        .push(format!("{} {}", request.method, request.path));
    let fault = due(shared, &request);
    let reply = match &fault {
        Some(Fault::Instead(reply)) => reply.clone(),
        _ => handler(&request),
    };
    let bytes = written(&request, &reply);
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
        Some(Fault::Instead(_)) | None => stream.write_all(&bytes)?,
    }
    *shared.sent.lock().expect("no panic") += sent;
    stream.flush()
}

fn due(shared: &Shared, request: &Request) -> Option<Fault> {
    let mut plan = shared.plan.lock().expect("no panic");
    let planned = plan.iter_mut().find(|planned| {
        planned.times > 0 && planned.method == request.method && request.path.ends_with(&planned.path)
    })?;
    planned.times -= 1;
    Some(planned.fault.clone())
}

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

fn written(request: &Request, reply: &Reply) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", reply.status).into_bytes();
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
