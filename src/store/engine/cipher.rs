//! Usernames at rest.
//!
//! AES-256-SIV (RFC 5297) without a nonce: the same name is the same ciphertext, so equality and uniqueness are
//! look-ups in an ordinary index, and one column serves reading, searching and proving. A keyed index beside
//! randomised encryption would do the same with two columns and two keys, and tell a thief of the file exactly as
//! much: which users of different types share a name, and how long a name is. A changed byte is noticed on reading.

use std::array;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use zeroize::Zeroizing;

use crate::model::{Error, Username};
use crate::store::engine::token_cipher::TokenCipher;

/// The length of the key in bytes: two AES-256 keys.
pub const KEY_LENGTH: usize = 64;

/// The key that usernames are encrypted with.
pub type UsernameKey = Zeroizing<[u8; KEY_LENGTH]>;

/// Binds ciphertexts to what they are for.
const PURPOSE: &[&[u8]] = &[b"ocariot-users account.username"];
/// What another text is sealed for: bound to it like a username to its column.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) enum Purpose {
    /// What another program knows a thing by.
    Source,
    /// What an import changed.
    Journal,
}

impl Purpose {
    fn words(self) -> &'static [&'static [u8]] {
        match self {
            Purpose::Source => &[b"ocariot-users roster_source.source"],
            Purpose::Journal => &[b"ocariot-users roster_change"],
        }
    }
}

const LIST: &[&[u8]] = &[b"ocariot-users erasures"];
const CHECK: &[&[u8]] = &[b"ocariot-users store_state.username_check"];

/// As many threads work with it at the same time without waiting for each other.
const INSTANCES: usize = 8;

/// Encrypts and decrypts usernames.
pub(in crate::store) struct Cipher {
    instances: [Mutex<Aes256Siv>; INSTANCES],
    /// And the tokens of wearable services.
    pub(in crate::store) tokens: TokenCipher,
}

impl Cipher {
    pub(in crate::store) fn new(key: &UsernameKey) -> Self {
        let instances = array::from_fn(|_| Mutex::new(Aes256Siv::new((&**key).into())));
        Self { instances, tokens: TokenCipher::derived(key) }
    }

    pub(in crate::store) fn encrypt(&self, name: &Username) -> Result<Vec<u8>, Error> {
        self.seal(PURPOSE, name.as_str().as_bytes())
    }

    /// The name, or an error if the bytes were not made with this key or were changed since.
    pub(in crate::store) fn decrypt(&self, stored: &[u8]) -> Result<Username, DecryptError> {
        let name = self.siv().decrypt(PURPOSE, stored).map_err(|_| DecryptError)?;
        String::from_utf8(name).map(Username::verbatim).map_err(|_| DecryptError)
    }

    /// Seals a text that is not a username, in the same way: equal texts are equal bytes.
    pub(in crate::store) fn seal_text(&self, purpose: Purpose, text: &str) -> Result<Vec<u8>, Error> {
        self.seal(purpose.words(), text.as_bytes())
    }

    /// The sealed text, or an error if the bytes were not made with this key for this or were changed since.
    pub(in crate::store) fn open_text(&self, purpose: Purpose, sealed: &[u8]) -> Result<String, DecryptError> {
        let text = self.siv().decrypt(purpose.words(), sealed).map_err(|_| DecryptError)?;
        String::from_utf8(text).map_err(|_| DecryptError)
    }

    /// A value that only this key makes, to tell later whether a key is the same.
    pub(in crate::store) fn check_value(&self) -> Result<Vec<u8>, Error> {
        self.seal(CHECK, b"fits")
    }

    /// Encrypts a list of people who were deleted.
    pub(in crate::store) fn seal_list(&self, list: &[u8]) -> Result<Vec<u8>, Error> {
        self.seal(LIST, list)
    }

    /// The list, unless it was made with another key or was changed since.
    pub(in crate::store) fn open_list(&self, stored: &[u8]) -> Option<Vec<u8>> {
        self.siv().decrypt(LIST, stored).ok()
    }

    fn seal(&self, purpose: &[&[u8]], text: &[u8]) -> Result<Vec<u8>, Error> {
        self.siv().encrypt(purpose, text).map_err(|_| Error::internal("it cannot be encrypted"))
    }

    /// An instance that nobody uses. It keeps working state during a call, and none that outlives one.
    fn siv(&self) -> MutexGuard<'_, Aes256Siv> {
        let free = self.instances.iter().find_map(|instance| instance.try_lock().ok());
        free.unwrap_or_else(|| self.instances[0].lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A stored username does not fit the key.
#[derive(Debug, thiserror::Error)]
#[error("a stored username, or another sealed text, cannot be decrypted: it was changed, or made with another key")]
pub(in crate::store) struct DecryptError;

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(byte: u8) -> Cipher {
        Cipher::new(&Zeroizing::new([byte; KEY_LENGTH]))
    }

    #[test]
    fn equal_names_are_equal_bytes_and_only_the_same_key_reads_them() {
        let name = Username::new("BR0001").unwrap();
        let stored = cipher(1).encrypt(&name).unwrap();
        assert_eq!(stored, cipher(1).encrypt(&name).unwrap());
        assert!(!stored.windows(6).any(|window| window == b"BR0001"));
        assert_eq!(cipher(1).decrypt(&stored).unwrap(), name);
        assert!(cipher(2).decrypt(&stored).is_err());
        assert_ne!(cipher(1).check_value().unwrap(), cipher(2).check_value().unwrap());
    }

    #[test]
    fn a_changed_byte_is_noticed() {
        let mut stored = cipher(1).encrypt(&Username::new("BR0001").unwrap()).unwrap();
        stored[3] ^= 1;
        assert!(cipher(1).decrypt(&stored).is_err());
    }
}
