//! Typed ids: 12 bytes, written as 24 hex digits (contract, section 1).

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use super::{Kind, hex};

/// What an id can name.
pub trait Identified {
    /// Which kind of thing.
    const KIND: Kind;
}

/// The id of a `K`. Ids of different kinds do not mix.
pub struct Id<K> {
    bytes: [u8; 12],
    kind: PhantomData<fn() -> K>,
}

impl<K> Id<K> {
    /// The id of these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 12]) -> Self {
        Self { bytes, kind: PhantomData }
    }

    /// The bytes, as they are stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 12] {
        &self.bytes
    }

    /// Reads exactly 24 hex digits of either case; anything else is no id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 12];
        hex::read(text, &mut bytes).map(|()| Self::from_bytes(bytes))
    }

    /// The same id, taken as one of another kind: all users share one space of ids.
    #[must_use]
    pub fn cast<L>(&self) -> Id<L> {
        Id::from_bytes(self.bytes)
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [0; 24];
        hex::write(&self.bytes, &mut text);
        f.write_str(str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// By hand, because a derive would ask the same of `K`.
impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.bytes.cmp(&other.bytes)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes.hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_24_hex_digits_of_either_case_and_shown_in_lower_case() {
        let id = Id::<()>::parse("507F191e810c19729de860EA").unwrap();
        assert_eq!(id.to_string(), "507f191e810c19729de860ea");
        for bad in ["", "507f191e810c19729de860e", "507f191e810c19729de860eaa", "507f191e810c19729de860eg", "ééééééééé"]
        {
            assert!(Id::<()>::parse(bad).is_none(), "{bad:?}");
        }
    }
}
