//! Lists in answers: each item is looked at by itself, so that neither their number nor a strange one does harm.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The most items of a list.
const MOST: usize = 10_000;
/// The most characters of what leads to the next page.
const LONGEST: usize = 4096;

/// A page of a list.
#[derive(Debug)]
pub(super) struct Page<'a> {
    /// Its items as they were written; nothing if there is no list of that name.
    pub(super) items: Option<Vec<&'a RawValue>>,
    /// What leads to the next page, if there is one.
    pub(super) next: Option<String>,
}

/// The page that an answer is, with the list of this name.
pub(super) fn page<'a>(body: &'a [u8], list: &'static str) -> Option<Page<'a>> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let page = Object(list).deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    Some(page)
}

/// An item of a list, if it has this form.
pub(super) fn item<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

struct Object(&'static str);

impl<'de> DeserializeSeed<'de> for Object {
    type Value = Page<'de>;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Page<'de>, D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Page<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Page<'de>, A::Error> {
        let mut page = Page { items: None, next: None };
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == self.0 {
                page.items = Some(map.next_value::<Items<'de>>()?.0);
            } else if key == "nextPageToken" {
                page.next = map.next_value::<Option<String>>()?.filter(|token| !token.is_empty());
                if page.next.as_ref().is_some_and(|token| token.len() > LONGEST) {
                    return Err(A::Error::custom("no token is that long"));
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(page)
    }
}

/// Items as they were written, no more than are looked at.
pub(super) struct Items<'a>(pub(super) Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Items<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            if items.len() == MOST {
                return Err(A::Error::custom("no list is that long"));
            }
            items.push(item);
        }
        Ok(Items(items))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_its_items_as_they_were_written() {
        let found = page(br#"{"x":{"sleep":[1]},"sleep":[{"a": 1},2],"nextPageToken":"n"}"#, "sleep").unwrap();
        assert_eq!(found.items.unwrap().iter().map(|item| item.get()).collect::<Vec<_>>(), [r#"{"a": 1}"#, "2"]);
        assert_eq!(found.next.as_deref(), Some("n"));
        let empty = page(br#"{"nextPageToken":""}"#, "sleep").unwrap();
        assert!(empty.items.is_none() && empty.next.is_none());
        for none in ["", "[]", "{", r#"{"sleep":{}}"#, r#"{"sleep":[1]"#, r#"{"sleep":[]} x"#, r#"{"nextPageToken":1}"#]
        {
            assert!(page(none.as_bytes(), "sleep").is_none(), "{none}");
        }
    }

    #[test]
    fn a_list_without_end_is_none() {
        let list = |items: usize| format!(r#"{{"sleep":[{}1]}}"#, "1,".repeat(items - 1));
        assert_eq!(page(list(MOST).as_bytes(), "sleep").unwrap().items.unwrap().len(), MOST);
        assert!(page(list(MOST + 1).as_bytes(), "sleep").is_none());
        assert!(page(format!(r#"{{"nextPageToken":"{}"}}"#, "a".repeat(LONGEST + 1)).as_bytes(), "sleep").is_none());
        assert!(page(format!(r#"{{"a":{}"#, "[".repeat(100_000)).as_bytes(), "sleep").is_none());
    }
}
