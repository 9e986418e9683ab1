//! Names that tell nobody who somebody is, and stay the same as long as the key does.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};

use crate::app::random_bytes;
use crate::model::{Error, hex};

/// How far times are moved at most, in weeks.
const MOST_WEEKS: u32 = 26;

/// Whether times are moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shift {
    /// They are as they were.
    No,
    /// Those of each child by as many whole weeks, so that days of the week stay, and what lies between two times.
    ByChild,
}

/// Makes them: whoever does not have the key cannot tell whose they are, nor make them.
pub struct Pseudonyms(Key);

impl Pseudonyms {
    /// Those of a key.
    #[must_use]
    pub fn new(key: &str) -> Self {
        Self(Key::new(HMAC_SHA256, key.as_bytes()))
    }

    /// A new key, as text.
    ///
    /// # Errors
    /// If the system has no randomness to give.
    pub fn new_key() -> Result<String, Error> {
        let mut digits = [0; 64];
        hex::write(&random_bytes::<32>()?, &mut digits);
        Ok(String::from_utf8_lossy(&digits).into_owned())
    }

    /// That of a thing: 16 hexadecimal digits, others for each kind of thing.
    pub(super) fn of(&self, kind: &str, id: &str) -> String {
        let mut digits = [0; 16];
        hex::write(&self.bytes(kind, id), &mut digits);
        String::from_utf8_lossy(&digits).into_owned()
    }

    /// By how many days a child's times are moved: from one week to half a year, to and fro.
    pub(super) fn days(&self, shift: Shift, id: &str) -> i32 {
        if shift == Shift::No {
            return 0;
        }
        let [a, b, c, d, sign, ..] = self.bytes("shift", id);
        let weeks = i32::try_from(u32::from_be_bytes([a, b, c, d]) % MOST_WEEKS + 1).unwrap_or(1);
        if sign % 2 == 0 { weeks * 7 } else { weeks * -7 }
    }

    fn bytes(&self, kind: &str, id: &str) -> [u8; 8] {
        let tag = sign(&self.0, format!("{kind} {id}").as_bytes());
        tag.as_ref().first_chunk().copied().unwrap_or_default()
    }
}
