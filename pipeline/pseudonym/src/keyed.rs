//! Keyed hashes: HMAC-SHA-256 (RFC 2104) under keys that HKDF-SHA-256 (RFC 5869) derives from the secrets.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac, digest::common::InvalidLength};
use sha2::Sha256;
use zeroize::Zeroizing;

/// First byte of every hashed message and of every derivation. Another way to write messages takes another
/// number, so that old and new tokens cannot meet.
const VERSION: u8 = 1;

/// HKDF salt: tells keys of this program from keys that another derives from the same secret.
const SALT: &[u8] = b"sendlink";

/// Bytes of a secret, of a derived key and of a hash.
pub(crate) const BYTES: usize = 32;

/// A hash under one key. Holds the state after the key's block, which saves half of the work of a short message.
#[derive(Clone)]
pub(crate) struct KeyedHash(Hmac<Sha256>);

impl KeyedHash {
    /// The hash under `key`, which may have any length.
    pub(crate) fn new(key: &[u8]) -> Result<Self, InvalidLength> {
        Hmac::new_from_slice(key).map(KeyedHash)
    }

    /// The hash under the key that `secret` gives for this purpose. Different purposes, fields and epochs have
    /// unrelated keys.
    pub(crate) fn derived(
        secret: &[u8; BYTES],
        purpose: &str,
        field: &str,
        epoch: u32,
    ) -> Result<Self, InvalidLength> {
        let key = derived_key(secret, purpose, field, epoch)?;
        KeyedHash::new(key.as_slice())
    }

    /// The hash of a message of these parts. Each part is preceded by its length, so that no two lists of parts
    /// make one message.
    pub(crate) fn of(&self, parts: &[&[u8]]) -> [u8; BYTES] {
        let mut hmac = self.0.clone();
        hmac.update(&[VERSION]);
        for part in parts {
            hmac.update(&(part.len() as u32).to_be_bytes());
            hmac.update(part);
        }
        hmac.finalize().into_bytes().into()
    }

    /// The first eight bytes of [`of`](Self::of), as a number.
    pub(crate) fn number(&self, parts: &[&[u8]]) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.of(parts);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }

    /// The first sixteen bytes of [`of`](Self::of).
    pub(crate) fn half(&self, parts: &[&[u8]]) -> [u8; 16] {
        let mut half = [0; 16];
        for (byte, hashed) in half.iter_mut().zip(self.of(parts)) {
            *byte = hashed;
        }
        half
    }
}

/// The key that a secret gives for a purpose, field and epoch.
pub(crate) fn derived_key(
    secret: &[u8; BYTES],
    purpose: &str,
    field: &str,
    epoch: u32,
) -> Result<Zeroizing<[u8; BYTES]>, InvalidLength> {
    let mut key = Zeroizing::new([0; BYTES]);
    let info = [
        &[VERSION][..],
        &(purpose.len() as u32).to_be_bytes(),
        purpose.as_bytes(),
        &(field.len() as u32).to_be_bytes(),
        field.as_bytes(),
        &epoch.to_be_bytes(),
    ];
    expand(Some(SALT), secret, &info, key.as_mut_slice()).map(|()| key)
}

/// HKDF-SHA-256: extract from `material`, expand to fill `out`.
fn expand(salt: Option<&[u8]>, material: &[u8], info: &[&[u8]], out: &mut [u8]) -> Result<(), InvalidLength> {
    Hkdf::<Sha256>::new(salt, material)
        .expand_multi_info(info, out)
        .map_err(|_| InvalidLength)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u8> = hex.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
        digits.chunks(2).map(pair).collect()
    }

    fn raw(key: &[u8], message: &[u8]) -> Vec<u8> {
        // The state that `of` clones, without the framing of parts.
        let mut hmac = KeyedHash::new(key).unwrap().0;
        hmac.update(message);
        hmac.finalize().into_bytes().to_vec()
    }

    #[test]
    fn rfc_4231() {
        let cases: [(Vec<u8>, Vec<u8>, &str); 6] = [
            (
                vec![0x0b; 20],
                b"Hi There".to_vec(),
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
            ),
            (
                b"Jefe".to_vec(),
                b"what do ya want for nothing?".to_vec(),
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                vec![0xaa; 20],
                vec![0xdd; 50],
                "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
            ),
            (
                (1..=25).collect(),
                vec![0xcd; 50],
                "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
            ),
            (
                vec![0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
            ),
            (
                vec![0xaa; 131],
                b"This is a test using a larger than block-size key and a larger than block-size data. \
                  The key needs to be hashed before being used by the HMAC algorithm."
                    .to_vec(),
                "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
            ),
        ];
        for (key, message, hash) in cases {
            assert_eq!(raw(&key, &message), bytes(hash));
        }
    }

    #[test]
    fn rfc_4231_truncated() {
        let hash = raw(&[0x0c; 20], b"Test With Truncation");
        assert_eq!(hash[..16], bytes("a3b6167473100ee06e0c796c2955552b"));
    }

    #[test]
    fn rfc_5869() {
        let (a1, a2): (Vec<u8>, Vec<u8>) = ((0..=0x4f).collect(), (0x60..=0xaf).collect());
        let a3: Vec<u8> = (0xb0..=0xff).collect();
        type Case<'a> = (Option<&'a [u8]>, &'a [u8], &'a [u8], &'a str);
        let cases: [Case; 3] = [
            (
                Some(&(0..=0x0c).collect::<Vec<u8>>()),
                &[0x0b; 22],
                &(0xf0..=0xf9).collect::<Vec<u8>>(),
                "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
            ),
            (
                Some(&a2),
                &a1,
                &a3,
                "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
                 da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
            ),
            (
                None,
                &[0x0b; 22],
                &[],
                "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
            ),
        ];
        for (salt, material, info, expected) in cases {
            let expected = bytes(expected);
            let mut out = vec![0; expected.len()];
            // The parts of `info` run together, as the derivation of keys uses them.
            let (first, second) = info.split_at(info.len() / 2);
            expand(salt, material, &[first, second], &mut out).unwrap();
            assert_eq!(out, expected);
        }
    }

    #[test]
    fn purposes_fields_and_epochs_have_unrelated_keys() {
        let secret = [7; BYTES];
        let keys = [
            derived_key(&secret, "linkage", "upn", 1).unwrap(),
            derived_key(&secret, "linkage", "upn", 2).unwrap(),
            derived_key(&secret, "linkage", "uln", 1).unwrap(),
            derived_key(&secret, "spine", "upn", 1).unwrap(),
            // The same letters, parted elsewhere.
            derived_key(&secret, "linkageu", "pn", 1).unwrap(),
            derived_key(&[8; BYTES], "linkage", "upn", 1).unwrap(),
        ];
        for (index, key) in keys.iter().enumerate() {
            assert!(keys.iter().skip(index + 1).all(|other| other != key), "{index}");
        }
    }

    proptest! {
        #[test]
        fn lists_of_parts_never_run_together(a in "[ab]{0,4}", b in "[ab]{0,4}", c in "[ab]{0,4}", d in "[ab]{0,4}") {
            let hash = KeyedHash::new(&[1; BYTES]).unwrap();
            let equal = hash.of(&[a.as_bytes(), b.as_bytes()]) == hash.of(&[c.as_bytes(), d.as_bytes()]);
            prop_assert_eq!(equal, a == c && b == d);
        }
    }
}
