//! A small mail server on this machine, which keeps what it is given.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A message as it came.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// Who is said to send it.
    pub from: String,
    /// Who is to get it.
    pub to: Vec<String>,
    /// Its head and its text.
    pub data: String,
    /// Whether it came over TLS.
    pub protected: bool,
    /// Whether its sender showed a password.
    pub known: bool,
}

/// When TLS begins.
#[derive(Clone)]
pub enum Protection {
    /// Never.
    None,
    /// Before the first word.
    Tls(Arc<ServerConfig>),
    /// When the client asks for it.
    Starttls(Arc<ServerConfig>),
}

/// A mail server. It ends with the test.
pub struct MailServer {
    /// Its port.
    pub port: u16,
    mails: Arc<Mutex<Vec<Mail>>>,
    said: Arc<Mutex<Vec<String>>>,
}

/// What becomes of whoever shows a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Login {
    /// Let in.
    Taken,
    /// Sent away.
    Refused,
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

impl MailServer {
    /// Starts a server on a free port.
    pub fn start(protection: Protection) -> Self {
        MailServer::start_with(protection, Login::Taken)
    }

    /// The same, with this for whoever shows a password.
    pub fn start_with(protection: Protection, login: Login) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let mails = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::new(Mutex::new(Vec::new()));
        let kept = (Arc::clone(&mails), Arc::clone(&said));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (protection, kept) = (protection.clone(), kept.clone());
                // A client that goes away in the middle is not the server's failure.
                thread::spawn(move || serve(stream, &protection, login, &kept.0, &kept.1));
            }
        });
        MailServer { port, mails, said }
    }

    /// The commands that it was given, each by its first word.
    pub fn said(&self) -> Vec<String> {
        self.said.lock().expect("no panic").clone()
    }

    /// What has come.
    pub fn mails(&self) -> Vec<Mail> {
        self.mails.lock().expect("no panic").clone()
    }
}

fn tls(config: &Arc<ServerConfig>, stream: TcpStream) -> io::Result<Box<dyn Stream>> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(io::Error::other)?;
    Ok(Box::new(StreamOwned::new(connection, stream)))
}

fn serve(
    raw: TcpStream,
    protection: &Protection,
    login: Login,
    kept: &Mutex<Vec<Mail>>,
    said: &Mutex<Vec<String>>,
) -> io::Result<()> {
    let mut offered = None;
    let mut protected = false;
    let stream: Box<dyn Stream> = match protection {
        Protection::None => Box::new(raw.try_clone()?),
        Protection::Tls(config) => {
            protected = true;
            tls(config, raw.try_clone()?)?
        }
        Protection::Starttls(config) => {
            offered = Some(Arc::clone(config));
            Box::new(raw.try_clone()?)
        }
    };
    let mut stream = BufReader::new(stream);
    stream.get_mut().write_all(b"220 mail.example.org\r\n")?;
    let mut mail = Mail::default();
    let mut line = String::new();
    loop {
        line.clear();
        if stream.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let text = line.trim_end();
        let word = text.split(' ').next().unwrap_or_default();
        said.lock().expect("no panic").push(word.to_owned());
        let answer: &[u8] = match text.get(..4).unwrap_or(text) {
            "EHLO" if offered.is_some() => b"250-mail.example.org\r\n250 STARTTLS\r\n",
            "EHLO" => b"250-mail.example.org\r\n250 AUTH PLAIN\r\n",
            "STAR" => {
                stream.get_mut().write_all(b"220 go on\r\n")?;
                if let Some(config) = offered.take() {
                    stream = BufReader::new(tls(&config, raw.try_clone()?)?);
                    protected = true;
                }
                continue;
            }
            "AUTH" if login == Login::Refused => b"535 5.7.8 not known\r\n",
            "AUTH" => {
                mail.known = true;
                b"235 known\r\n"
            }
            "MAIL" => {
                mail.from = between(text);
                b"250 ok\r\n"
            }
            "RCPT" => {
                mail.to.push(between(text));
                b"250 ok\r\n"
            }
            "DATA" => {
                stream.get_mut().write_all(b"354 go on\r\n")?;
                loop {
                    let mut line = String::new();
                    if stream.read_line(&mut line)? == 0 || line == ".\r\n" {
                        break;
                    }
                    mail.data.push_str(&line);
                }
                mail.protected = protected;
                kept.lock().expect("no panic").push(std::mem::take(&mut mail));
                b"250 kept\r\n"
            }
            "QUIT" => {
                stream.get_mut().write_all(b"221 goodbye\r\n")?;
                return Ok(());
            }
            _ => b"250 ok\r\n",
        };
        stream.get_mut().write_all(answer)?;
        stream.get_mut().flush()?;
    }
}

/// What stands between the angle brackets.
fn between(text: &str) -> String {
    let inside = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(inside, _)| inside.to_owned()).unwrap_or_default()
}
