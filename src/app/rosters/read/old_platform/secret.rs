//! Usernames as the old platform stored them: AES-256-CBC under a key made of a secret.

use std::fmt;

use aws_lc_rs::cipher::{AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::iv::FixedLength;
use zeroize::Zeroizing;

use crate::model::{hex, text};

/// The secret's key.
#[derive(Clone)]
pub struct OldSecret(Zeroizing<[u8; 32]>);

impl fmt::Debug for OldSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OldSecret(***)")
    }
}

impl OldSecret {
    /// The key is the first half of the hash of the secret in hexadecimal digits, taken as letters.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        let hash = digest(&SHA256, secret.as_bytes());
        let mut digits = Zeroizing::new([0; 64]);
        hex::write(hash.as_ref(), &mut *digits);
        let mut key = Zeroizing::new([0; 32]);
        key.copy_from_slice(&digits[..32]);
        Self(key)
    }

    /// The name that was stored; nothing if this is not the secret of it. Another secret opens one in some hundreds all
    /// the same, nearly always to what is no text.
    pub(super) fn open(&self, stored: &str) -> Option<String> {
        let (vector, sealed) = parts(stored)?;
        let key = UnboundCipherKey::new(&AES_256, &*self.0).ok()?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
        let mut bytes = Zeroizing::new(sealed);
        let opened = key.decrypt(&mut bytes, DecryptionContext::Iv128(FixedLength::from(vector))).ok()?;
        let name = str::from_utf8(opened).ok()?;
        let readable =
            !name.is_empty() && !name.contains(char::is_control) && !name.contains(char::REPLACEMENT_CHARACTER);
        readable.then(|| text::composed(name))
    }
}

/// Whether a text has the form of what was encrypted.
pub(super) fn is_sealed(stored: &str) -> bool {
    parts(stored).is_some()
}

/// The vector and the rest.
fn parts(stored: &str) -> Option<([u8; 16], Vec<u8>)> {
    let (vector, sealed) = stored.split_once(':')?;
    let mut first = [0; 16];
    hex::read(vector, &mut first)?;
    let mut rest = vec![0; sealed.len() / 2];
    hex::read(sealed, &mut rest)?;
    (!rest.is_empty() && rest.len().is_multiple_of(16)).then_some((first, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = "31323334353637383930313233343536:0c5dd0400b6a84a0e4518e2032d7149a";

    #[test]
    fn the_known_example_is_opened_and_nothing_else_opens_it() {
        let secret = OldSecret::new("s3cr3tk3y");
        assert_eq!(&*secret.0, b"4753fd596408b5d9d2d51c34422d1adb");
        assert_eq!(secret.open(STORED).as_deref(), Some("BR0001"));
        assert_eq!(OldSecret::new("s3cr3tk3Y").open(STORED), None);
        assert_eq!(format!("{secret:?}"), "OldSecret(***)");
    }

    #[test]
    fn what_is_not_of_its_form_is_not_taken_for_encrypted() {
        assert!(is_sealed(STORED) && is_sealed(&STORED.to_uppercase()));
        for other in ["BR0001", "", ":", "a:b", &STORED[..STORED.len() - 2], &STORED[1..], &STORED[..33]] {
            assert!(!is_sealed(other), "{other}");
            assert_eq!(OldSecret::new("s3cr3tk3y").open(other), None);
        }
    }

    #[test]
    fn another_secret_opens_next_to_nothing() {
        let opened = (0..3000).filter(|number| OldSecret::new(&format!("secret {number}")).open(STORED).is_some());
        assert!(opened.count() <= 3);
    }
}
