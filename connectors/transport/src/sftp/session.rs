//! A connection to an SFTP server, made when it is needed and made again when it has broken.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc, time::Duration};

use kit::retry::{Again, Patience};
use russh::{
    AlgorithmKind, Preferred,
    client::{self, AuthResult, Handle},
    keys::{
        HashAlg, PrivateKey, PrivateKeyWithHashAlg, PublicKey, PublicKeyOrCertificate, decode_secret_key,
    },
};
use russh_sftp::{
    client::{SftpSession, error::Error as SftpError},
    protocol::StatusCode,
};
use tokio::{net::TcpStream, sync::Mutex};

use super::Settings;
use crate::{Fault, TransportError, http::secret::Secret};

/// A host key that a server may show.
#[derive(Clone, PartialEq, Eq)]
pub struct HostKey(PublicKey);

/// The text is not a host key that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "not a host key as `ssh-keyscan` writes it, of the kind ssh-ed25519 or ecdsa-sha2-nistp256, -384 or -521 (RSA keys \
     are not taken)"
)]
pub struct NotAHostKey;

impl FromStr for HostKey {
    type Err = NotAHostKey;

    fn from_str(text: &str) -> Result<Self, NotAHostKey> {
        let key = PublicKey::from_openssh(text).map_err(|_| NotAHostKey)?;
        match key.algorithm().is_ed25519() || key.algorithm().is_ecdsa() {
            true => Ok(HostKey(key)),
            false => Err(NotAHostKey),
        }
    }
}

impl fmt::Debug for HostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HostKey({})", self.0.fingerprint(HashAlg::Sha256))
    }
}

/// A connection, perhaps.
pub(super) struct Session {
    address: (String, u16),
    user: String,
    key: Arc<PrivateKey>,
    host_keys: Vec<HostKey>,
    silence: Duration,
    live: Mutex<Option<Live>>,
}

/// A connection that was not seen to be broken.
struct Live {
    sftp: Arc<SftpSession>,
    /// Ends the connection when it goes.
    _handle: Handle<Pinned>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("host", &self.address.0).finish()
    }
}

impl Session {
    pub(super) fn new(settings: &Settings) -> Result<Self, TransportError> {
        let text = Secret::read_whole("key_file", &settings.key_file)?;
        let passphrase = match &settings.passphrase_file {
            Some(file) => Some(Secret::read("passphrase_file", file)?),
            None => None,
        };
        let key = decode_secret_key(text.expose(), passphrase.as_ref().map(Secret::expose))
            .ok()
            .filter(|key| !key.algorithm().is_rsa())
            .ok_or_else(|| TransportError::Setup {
                what: "key_file",
                path: settings.key_file.clone(),
                reason: "not a private key of the kind ed25519 or ecdsa, or locked with other words than those of \
                         passphrase_file"
                    .to_owned(),
            })?;
        Ok(Session {
            address: (settings.host.clone(), settings.port),
            user: settings.user.clone(),
            key: Arc::new(key),
            host_keys: settings.host_keys.clone(),
            silence: settings.silence,
            live: Mutex::new(None),
        })
    }

    /// Asks the server, again while patience lasts and the fault may pass; a broken connection is made anew.
    pub(super) async fn ask<T, F: Future<Output = Result<T, Fault>>>(
        &self,
        patience: &Patience,
        what: &str,
        question: impl Fn(Arc<SftpSession>) -> F,
    ) -> Result<T, Fault> {
        let question = &question;
        patience
            .retry(what, Fault::judge, || async move {
                let sftp = self.get().await?;
                let answer = tokio::time::timeout(self.silence, question(sftp)).await;
                let answer = answer.unwrap_or(Err(Fault::Timeout(self.silence)));
                if let Err(fault) = &answer {
                    self.forget_after(fault).await;
                }
                answer
            })
            .await
    }

    /// One request, within the time that silence may last.
    pub(super) async fn timed<T>(
        &self,
        request: impl Future<Output = Result<T, SftpError>>,
    ) -> Result<T, Fault> {
        match tokio::time::timeout(self.silence, request).await {
            Ok(answer) => answer.map_err(fault),
            Err(_) => Err(Fault::Timeout(self.silence)),
        }
    }

    /// The connection, made where there is none.
    pub(super) async fn get(&self) -> Result<Arc<SftpSession>, Fault> {
        let mut live = self.live.lock().await;
        if let Some(live) = &*live {
            return Ok(Arc::clone(&live.sftp));
        }
        // The time of one answer for each of the few that it takes.
        let made = tokio::time::timeout(self.silence * 4, self.connect()).await;
        let made = made.unwrap_or(Err(Fault::Timeout(self.silence * 4)))?;
        let sftp = Arc::clone(&made.sftp);
        *live = Some(made);
        Ok(sftp)
    }

    /// Drops the connection after a fault that says it may have broken.
    pub(super) async fn forget_after(&self, fault: &Fault) {
        if fault.judge().again != Again::Never {
            *self.live.lock().await = None;
        }
    }

    async fn connect(&self) -> Result<Live, Fault> {
        let (host, port) = (self.address.0.as_str(), self.address.1);
        let stream = TcpStream::connect((host, port))
            .await
            .map_err(|error| Fault::Connect(error.kind().to_string()))?;
        let algorithms = self.host_keys.iter().map(|key| key.0.algorithm()).collect();
        let config = client::Config {
            preferred: Preferred {
                // The server shows the key that we know, where it has several.
                key: Cow::Owned(algorithms),
                ..Preferred::default()
            },
            ..client::Config::default()
        };
        let pinned = Pinned(self.host_keys.clone());
        let mut handle = client::connect_stream(Arc::new(config), stream, pinned)
            .await
            .map_err(|Refused(fault)| fault)?;
        let key = PrivateKeyWithHashAlg::new(Arc::clone(&self.key), None);
        match handle.authenticate_publickey(&self.user, key).await {
            Ok(AuthResult::Success) => {}
            Ok(AuthResult::Failure { .. }) => {
                return Err(Fault::NotPermitted(
                    "the server does not take this user with this key",
                ));
            }
            Err(error) => return Err(ssh_fault(&error)),
        }
        let channel = handle
            .channel_open_session()
            .await
            .map_err(|error| ssh_fault(&error))?;
        channel
            .request_subsystem(true, "sftp")
            .await
            .map_err(|error| ssh_fault(&error))?;
        let sftp = SftpSession::new(channel.into_stream()).await.map_err(fault)?;
        Ok(Live {
            sftp: Arc::new(sftp),
            _handle: handle,
        })
    }
}

/// Takes the host keys of the configuration and no other.
struct Pinned(Vec<HostKey>);

/// Why there is no connection.
#[derive(Debug)]
struct Refused(Fault);

impl From<russh::Error> for Refused {
    fn from(error: russh::Error) -> Self {
        Refused(ssh_fault(&error))
    }
}

impl client::Handler for Pinned {
    type Error = Refused;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, Refused> {
        let PublicKeyOrCertificate::PublicKey { key, .. } = shown else {
            return Err(Refused(Fault::HostKey(None)));
        };
        match self.0.iter().any(|known| known.0.key_data() == key.key_data()) {
            true => Ok(true),
            false => Err(Refused(Fault::HostKey(Some(
                key.fingerprint(HashAlg::Sha256).to_string(),
            )))),
        }
    }
}

/// What a failure of the connection means.
fn ssh_fault(error: &russh::Error) -> Fault {
    use russh::Error as E;
    match error {
        E::UnknownKey
        | E::NoCommonAlgo {
            kind: AlgorithmKind::Key,
            ..
        } => Fault::HostKey(None),
        E::NoCommonAlgo { .. } => {
            Fault::Damaged("the server and we have no cipher or key exchange in common")
        }
        E::ChannelOpenFailure(_) | E::RequestDenied => {
            Fault::NotPermitted("the server lets this user in, but gives no SFTP")
        }
        E::IO(error) => Fault::Connect(error.kind().to_string()),
        // Whatever else a broken or garbled connection looks like: it is made anew.
        _ => Fault::CutShort,
    }
}

/// What a failure of a request means. The server's own words are not kept: they may hold names.
pub(super) fn fault(error: SftpError) -> Fault {
    match error {
        SftpError::Status(status) => match status.status_code {
            StatusCode::NoSuchFile => Fault::Gone,
            StatusCode::PermissionDenied => Fault::NotPermitted("this user may not do that there"),
            StatusCode::NoConnection | StatusCode::ConnectionLost => Fault::CutShort,
            _ => Fault::Damaged("the server could not do what it was asked for"),
        },
        SftpError::Timeout | SftpError::IO(_) | SftpError::UnexpectedBehavior(_) => Fault::CutShort,
        SftpError::Limited(_) | SftpError::UnexpectedPacket => {
            Fault::Damaged("the answer is not what an SFTP server should send")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_keys_are_what_ssh_keyscan_writes() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
        assert!(key.parse::<HostKey>().is_ok());
        assert!(format!("{key} somebody@somewhere").parse::<HostKey>().is_ok());
        for wrong in [
            "",
            "ssh-ed25519",
            "SHA256:abc",
            "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQ==",
        ] {
            assert_eq!(wrong.parse::<HostKey>(), Err(NotAHostKey), "{wrong}");
        }
    }
}
