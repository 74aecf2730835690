//! A MESH service with full mailboxes, for tests/bench-mesh: `mesh_service PLACE COUNT BYTES PART`.
//!
//! It puts COUNT messages of BYTES bytes each, in parts of PART bytes, into the mailbox `AREA1`, and into PLACE what a
//! client needs: `authority.pem`, `client.pem`, `client.key`, `password`, `shared-key`, and, once it answers, `url`. It
//! speaks mutual TLS and keeps connections, as the real service does. At the end of its input it stops, says in a line
//! for each message the SHA-256 of its content, and fails where one was not acknowledged.

use std::{
    error::Error,
    fs,
    io::{self, Read, Write},
    path::PathBuf,
};

use data_encoding::HEXLOWER;
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{Rng, SeedableRng},
};
use sendlink_tests::peer::{
    http::Connections,
    mesh::{Mesh, PASSWORD, SHARED_KEY},
    tls::Authority,
};
use sha2::{Digest, Sha256};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: mesh_service PLACE COUNT BYTES PART";
    let place = PathBuf::from(arguments.next().ok_or(usage)?);
    let mut number = || -> Result<usize, Box<dyn Error>> { Ok(arguments.next().ok_or(usage)?.parse()?) };
    let (count, bytes, part) = (number()?, number()?, number()?);

    let authority = Authority::new();
    let client = authority.sign("area1.example.org", 2099);
    let mesh = Mesh::start_with(
        Connections::Kept,
        Some(authority.server(&authority.sign("127.0.0.1", 2099))),
    );
    let mut random = ChaCha8Rng::seed_from_u64(1);
    for message in 0..count {
        // What no compression on the way makes smaller, and no two alike.
        let mut content = vec![0; bytes];
        random.fill_bytes(&mut content);
        let parts: Vec<&[u8]> = content.chunks(part).collect();
        mesh.put("TRUST1", "S23", &format!("notices-{message}.csv"), &parts, false);
    }
    for (name, text) in [
        ("authority.pem", authority.pem()),
        ("client.pem", client.certificate),
        ("client.key", client.key),
        ("password", PASSWORD.to_owned()),
        ("shared-key", SHARED_KEY.to_owned()),
    ] {
        fs::write(place.join(name), text)?;
    }
    // Whoever waits for it must not find half of it.
    fs::write(place.join(".url"), &mesh.server.url)?;
    fs::rename(place.join(".url"), place.join("url"))?;

    io::stdin().read_to_end(&mut Vec::new())?;
    let mut said = io::stdout().lock();
    let messages = mesh.messages();
    for message in &messages {
        writeln!(said, "{}", HEXLOWER.encode(&Sha256::digest(message.content())))?;
    }
    let left = messages.iter().filter(|message| !message.acknowledged).count();
    match left {
        0 => Ok(()),
        _ => Err(format!("{left} messages of {count} are not acknowledged").into()),
    }
}
