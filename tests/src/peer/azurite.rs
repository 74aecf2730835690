//! Azurite, Microsoft's stand-in for Azure Blob, with one container.

use std::process::Command;

use data_encoding::BASE64;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, tz::TimeZone};
use sha2::Sha256;
use tempfile::TempDir;

use super::{
    http,
    process::{Peer, programs},
};

/// Its one account.
pub const ACCOUNT: &str = "devstoreaccount1";
/// The key of that account, which Microsoft publishes.
pub const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
/// The container.
pub const CONTAINER: &str = "essex-send";

/// The server.
pub struct Azurite {
    /// The process.
    pub peer: Peer,
    _place: TempDir,
}

impl Azurite {
    /// Starts it, with an empty container.
    #[expect(clippy::new_without_default, reason = "each is another one")]
    pub fn new() -> Self {
        let place = TempDir::new().expect("a folder");
        let peer = Peer::start("azurite-blob", |port| {
            let programs = programs("SENDLINK_TEST_AZURITE", "azurite-blob");
            let mut command = Command::new(programs.join("azurite-blob"));
            command
                .args([
                    "--silent",
                    "--skipApiVersionCheck",
                    "--inMemoryPersistence",
                    "--blobHost",
                    "127.0.0.1",
                ])
                .arg("--blobPort")
                .arg(port.to_string())
                .current_dir(place.path());
            command
        });
        let azurite = Azurite { peer, _place: place };
        azurite.write("", Some("restype=container"), b"");
        azurite
    }

    /// Puts a blob into the container; its name as it stands in an address.
    pub fn put(&self, name: &str, content: &[u8]) {
        self.write(&format!("/{name}"), None, content);
    }

    /// Follows "Authorize with Shared Key" of the Blob service.
    fn write(&self, name: &str, query: Option<&str>, content: &[u8]) {
        let date = TimeZone::UTC
            .to_datetime(Timestamp::now())
            .strftime("%a, %d %b %Y %H:%M:%S GMT")
            .to_string();
        let headers = [
            ("x-ms-blob-type", "BlockBlob"),
            ("x-ms-date", date.as_str()),
            ("x-ms-version", "2021-08-06"),
        ];
        let length = match content.len() {
            0 => String::new(),
            length => length.to_string(),
        };
        let mut signed = format!("PUT\n\n\n{length}\n\n\n\n\n\n\n\n\n");
        for (header, value) in headers {
            signed.push_str(&format!("{header}:{value}\n"));
        }
        let path = format!("/{ACCOUNT}/{CONTAINER}{name}");
        signed.push_str(&format!("/{ACCOUNT}{path}"));
        if let Some((key, value)) = query.and_then(|query| query.split_once('=')) {
            signed.push_str(&format!("\n{key}:{value}"));
        }
        let key = BASE64.decode(KEY.as_bytes()).expect("a key");
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).expect("a key");
        mac.update(signed.as_bytes());
        let authorization = format!(
            "SharedKey {ACCOUNT}:{}",
            BASE64.encode(&mac.finalize().into_bytes())
        );
        let mut all = headers.to_vec();
        all.push(("authorization", &authorization));
        let target = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        let (status, body) = http::ask(self.peer.port, "PUT", &target, &all, content);
        assert_eq!(status, 201, "{}", String::from_utf8_lossy(&body));
    }
}
