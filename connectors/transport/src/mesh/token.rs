//! The token that each request to the MESH service carries once.

use hmac::{Hmac, KeyInit, Mac};
use jiff::{Timestamp, tz::TimeZone};
use sha2::Sha256;
use uuid::Uuid;

use crate::http::secret::Secret;

/// The header `Authorization` for a moment and a nonce that was never used before:
/// `NHSMESH mailbox:nonce:count:yyyyMMddHHmm:hash`, the hash being the HMAC-SHA-256, under the shared key, of the same
/// with the password before the time. Times are UTC.
pub fn authorization(
    mailbox: &str,
    password: &Secret,
    shared_key: &Secret,
    (nonce, count): (&str, u32),
    at: Timestamp,
) -> String {
    let time = TimeZone::UTC.to_datetime(at).strftime("%Y%m%d%H%M");
    let mut hash = String::new();
    // An HMAC takes a key of any length.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(shared_key.expose().as_bytes()) {
        mac.update(format!("{mailbox}:{nonce}:{count}:").as_bytes());
        mac.update(password.expose().as_bytes());
        mac.update(format!(":{time}").as_bytes());
        for byte in mac.finalize().into_bytes() {
            hash.push_str(&format!("{byte:02x}"));
        }
    }
    format!("NHSMESH {mailbox}:{nonce}:{count}:{time}:{hash}")
}

/// A token for now.
pub(super) fn fresh(mailbox: &str, password: &Secret, shared_key: &Secret) -> String {
    let nonce = Uuid::new_v4().to_string();
    authorization(mailbox, password, shared_key, (&nonce, 0), Timestamp::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(mailbox: &str, nonce: &str, count: u32, at: &str, hash: &str) {
        let secret = |text: &str| Secret::from(text.to_owned());
        let header = authorization(
            mailbox,
            &secret("password"),
            &secret("TestKey"),
            (nonce, count),
            at.parse().unwrap(),
        );
        assert_eq!(header.rsplit(':').next(), Some(hash));
        assert!(header.starts_with(&format!("NHSMESH {mailbox}:{nonce}:{count}:2026112")));
        assert!(!header.contains("password"));
    }

    /// The first was accepted by NHS England's sandbox, the second made with Python's `hmac`.
    #[test]
    fn tokens_are_those_of_the_service() {
        check(
            "X26ABC2",
            "b3188803-d967-40cb-8764-b31780f2fad5",
            0,
            "2026-11-23T02:08:30Z",
            "72a8f39c8bfd688d0610b36afb9c745db853773d71ed3a259bd5eb7326936a3d",
        );
        check(
            "X26ABC1",
            "00000000-0000-4000-8000-000000000001",
            1,
            "2026-11-23T09:30:59Z",
            "4e48cd66e9647739c4328711160443faa63dea3cdf483d5642095ed8411d61bb",
        );
    }

    #[test]
    fn no_two_are_alike() {
        let secret = || Secret::from("s".to_owned());
        assert_ne!(fresh("X", &secret(), &secret()), fresh("X", &secret(), &secret()));
    }
}
