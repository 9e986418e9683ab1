//! Tokens of wearable services at rest, and what is known of such services by a hash alone. The keys are derived from that
//! for usernames, each for one of the two (RFC 5869's expansion, of one block).

use std::sync::{Mutex, PoisonError};

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use aws_lc_rs::hmac::{HMAC_SHA256, HMAC_SHA512, Key, sign};
use zeroize::Zeroizing;

use crate::model::Error;

/// Binds ciphertexts to what they are for.
const TOKENS: &[u8] = b"ocariot-users wearable_account.tokens";
const HASHES: &[u8] = b"ocariot-users wearable hashes";

/// A hash of what is not to be known.
pub(in crate::store) type KeyedHash = [u8; 16];

/// Encrypts tokens, and hashes ids.
pub(in crate::store) struct TokenCipher {
    siv: Mutex<Aes256Siv>,
    hashing: Key,
}

impl TokenCipher {
    /// From the key for usernames.
    pub(in crate::store) fn derived(key: &[u8; 64]) -> Self {
        let derive = |purpose: &[u8]| -> Zeroizing<[u8; 64]> {
            let mut derived = Zeroizing::new([0; 64]);
            let block = sign(&Key::new(HMAC_SHA512, key), &[purpose, &[1]].concat());
            derived.copy_from_slice(block.as_ref());
            derived
        };
        let siv = Aes256Siv::new((&*derive(TOKENS)).into());
        Self { siv: Mutex::new(siv), hashing: Key::new(HMAC_SHA256, &*derive(HASHES)) }
    }

    /// Seals a text for somebody: nobody else's place in the database is good for it.
    pub(in crate::store) fn seal(&self, whose: [&[u8]; 2], text: &[u8]) -> Result<Vec<u8>, Error> {
        let mut siv = self.siv.lock().unwrap_or_else(PoisonError::into_inner);
        let [first, second] = whose;
        siv.encrypt([TOKENS, first, second], text).map_err(|_| Error::internal("tokens cannot be encrypted"))
    }

    /// The text, unless it was sealed with another key or for somebody else, or was changed since.
    pub(in crate::store) fn open(&self, whose: [&[u8]; 2], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut siv = self.siv.lock().unwrap_or_else(PoisonError::into_inner);
        let [first, second] = whose;
        siv.decrypt([TOKENS, first, second], sealed).map(Zeroizing::new).ok()
    }

    /// What stands for an id of this sort.
    pub(in crate::store) fn hash(&self, sort: &str, id: &str) -> KeyedHash {
        let tag = sign(&self.hashing, format!("{sort}\0{id}").as_bytes());
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cipher(byte: u8) -> TokenCipher {
        TokenCipher::derived(&[byte; 64])
    }

    #[test]
    fn tokens_are_read_with_their_key_and_in_their_place_alone_and_as_they_were_written() {
        let whose: [&[u8]; 2] = [b"a child", b"fitbit"];
        let mut sealed = cipher(1).seal(whose, b"a token").unwrap();
        let opened = |cipher: TokenCipher, whose, sealed: &[u8]| cipher.open(whose, sealed).map(|text| text.to_vec());
        assert_eq!(opened(cipher(1), whose, &sealed).as_deref(), Some(&b"a token"[..]));
        assert_eq!(opened(cipher(2), whose, &sealed), None);
        assert_eq!(opened(cipher(1), [b"a sibling", b"fitbit"], &sealed), None);
        assert_eq!(opened(cipher(1), [b"a child", b"google"], &sealed), None);
        sealed[20] ^= 1;
        assert_eq!(opened(cipher(1), whose, &sealed), None);
    }

    #[test]
    fn a_hash_depends_on_the_key_and_on_what_it_is_of() {
        let hash = |byte, sort, id| cipher(byte).hash(sort, id);
        assert_eq!(hash(1, "subject", "1A2B3"), hash(1, "subject", "1A2B3"));
        assert_ne!(hash(1, "subject", "1A2B3"), hash(2, "subject", "1A2B3"));
        assert_ne!(hash(1, "subject", "1A2B3"), hash(1, "item", "1A2B3"));
        assert_ne!(hash(1, "subject", "1A2B3"), hash(1, "subject", "1A2B4"));
    }
}
