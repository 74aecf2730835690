//! What stands between a client and a server that is not ours: it passes everything on, and harms what the server says.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};

use super::http::Fault;

/// Faults drawn from a seed, one for a connection, until so many have come.
struct Storm {
    random: ChaCha8Rng,
    silence: Duration,
    longest: u32,
    left: usize,
}

/// A proxy. It ends with the test.
pub struct Proxy {
    /// Its port on this machine.
    pub port: u16,
    storm: Arc<Mutex<Option<Storm>>>,
}

impl Proxy {
    /// Starts a proxy before the server on this port of this machine.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let storm = Arc::new(Mutex::new(None));
        let shared = Arc::clone(&storm);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let fault = due(&shared);
                // A side that goes away in the middle is not the proxy's failure.
                thread::spawn(move || pass(client, server, fault));
            }
        });
        Proxy { port, storm }
    }

    /// Lets so many connections be harmed, as a seed draws it, every second or so, within their first `longest` bytes.
    /// After `silence` the client gives up.
    pub fn storm(&self, seed: u64, faults: usize, longest: u32, silence: Duration) {
        *self.storm.lock().expect("no panic") = Some(Storm {
            random: ChaCha8Rng::seed_from_u64(seed),
            silence,
            longest,
            left: faults,
        });
    }
}

fn due(storm: &Mutex<Option<Storm>>) -> Option<Fault> {
    let mut storm = storm.lock().expect("no panic");
    let storm = storm.as_mut()?;
    if storm.left == 0 || storm.random.next_u32() % 2 == 0 {
        return None;
    }
    storm.left -= 1;
    let random = &mut storm.random;
    let at = (random.next_u32() % storm.longest) as usize;
    Some(match random.next_u32() % 6 {
        0 => Fault::ResetAt(at),
        1 => Fault::CloseAt(at),
        2 => Fault::Slices,
        3 => Fault::Late(storm.silence / 2),
        4 => Fault::Hang(storm.silence * 3 / 2),
        _ => Fault::Drip(64, storm.silence / 20),
    })
}

fn pass(client: TcpStream, server: u16, fault: Option<Fault>) -> io::Result<()> {
    client.set_nodelay(true)?;
    let server = TcpStream::connect(("127.0.0.1", server))?;
    server.set_nodelay(true)?;
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let result = harm(server.try_clone()?, &client, fault);
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
    result
}

/// Passes on what the server says.
fn harm(mut server: TcpStream, mut client: &TcpStream, fault: Option<Fault>) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    let mut passed = 0;
    match fault {
        Some(Fault::Hang(time)) => {
            thread::sleep(time);
            return Ok(());
        }
        Some(Fault::Late(time)) => thread::sleep(time),
        _ => {}
    }
    loop {
        let read = server.read(&mut buffer)?;
        let Some(piece) = buffer.get(..read).filter(|piece| !piece.is_empty()) else {
            return Ok(());
        };
        match fault {
            Some(Fault::ResetAt(at) | Fault::CloseAt(at)) if passed + read > at => {
                client.write_all(&piece[..at - passed])?;
                if matches!(fault, Some(Fault::ResetAt(_))) {
                    // Closing with this set sends a reset.
                    rustix::net::sockopt::set_socket_linger(client, Some(Duration::ZERO))?;
                }
                return Ok(());
            }
            Some(Fault::Slices) => {
                for byte in piece.chunks(1) {
                    client.write_all(byte)?;
                }
            }
            Some(Fault::Drip(size, pause)) => {
                for drop in piece.chunks(size) {
                    thread::sleep(pause);
                    client.write_all(drop)?;
                }
            }
            _ => client.write_all(piece)?,
        }
        passed += read;
    }
}
