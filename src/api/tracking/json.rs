//! Items as they were given: known keys and the JSON text behind each, borrowed from the body.
//!
//! Nothing is built of what is not looked at, so that an item takes no more memory than its text; and what an error
//! repeats is what was sent, to the letter.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::api::http::names::key;
use crate::model::{DateFault, Fault, Field, Given, Invalid, NumberForm, Text, TimeFault, Unfit, calendar_date, time};

/// The values of the keys that somebody wants to know; of several with one key, the last.
pub(super) struct Object<'b>(Vec<(&'static str, &'b RawValue)>);

impl<'b> Object<'b> {
    /// Reads the keys of an object; what is no object has none.
    pub(super) fn of(raw: &'b RawValue, keys: &'static [&'static str]) -> Self {
        let mut reader = serde_json::Deserializer::from_str(raw.get());
        reader.deserialize_map(Keys(keys)).unwrap_or(Self(Vec::new()))
    }

    pub(super) fn get(&self, key: &str) -> Option<&'b RawValue> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }
}

/// Reads those keys that are known.
struct Keys(&'static [&'static str]);

impl<'b> Visitor<'b> for Keys {
    type Value = Object<'b>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'b>>(self, mut map: A) -> Result<Object<'b>, A::Error> {
        let mut found: Vec<(&'static str, &'b RawValue)> = Vec::with_capacity(self.0.len());
        while let Some(Chars(given)) = map.next_key()? {
            let Some(known) = self.0.iter().find(|known| **known == given) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let value = map.next_value()?;
            match found.iter_mut().find(|(before, _)| before == known) {
                Some(earlier) => earlier.1 = value,
                None => found.push((known, value)),
            }
        }
        Ok(Object(found))
    }
}

/// A string, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Chars<'b>(#[serde(borrow)] Cow<'b, str>);

/// The text of a string; `None` for what is none.
pub(super) fn text(raw: &RawValue) -> Option<Cow<'_, str>> {
    serde_json::from_str(raw.get()).ok().map(|Chars(text)| text)
}

/// The parts of an array; `None` for what is none.
pub(super) fn array(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

/// The number of a value, if it is of this form.
pub(super) fn number(raw: &RawValue, form: NumberForm) -> Option<f64> {
    match raw.get().as_bytes().first() {
        Some(b'"') => form.read(Given::Text(&text(raw)?)),
        Some(b'-' | b'0'..=b'9') => form.read(Given::Number(raw.get().parse().ok()?)),
        _ => form.read(Given::Other),
    }
}

/// The same of a form that takes whole numbers alone.
pub(super) fn whole(raw: &RawValue, form: NumberForm) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole, and neither negative nor large"
    )]
    number(raw, form).map(|number| number as u64)
}

/// The number that is given as one, if a double holds it: whatever its size, never a negative zero.
pub(super) fn finite(raw: &RawValue) -> Option<f64> {
    let is_number = matches!(raw.get().as_bytes().first(), Some(b'-' | b'0'..=b'9'));
    let number = is_number.then(|| raw.get().parse::<f64>().ok()).flatten()?;
    number.is_finite().then_some(number + 0.0)
}

/// TIME.
pub(super) fn instant(raw: &RawValue) -> Result<jiff::Timestamp, Invalid> {
    match text(raw) {
        Some(text) => time::parse(&text).map_err(|fault| Unfit::Time(fault, text.into_owned()).into()),
        None => Err(Unfit::Time(TimeFault::Format, compact(raw)).into()),
    }
}

/// DATE.
pub(super) fn date(raw: &RawValue) -> Result<jiff::civil::Date, Invalid> {
    match text(raw) {
        Some(text) => calendar_date(&text).map_err(|fault| Invalid::Date(fault, text.into_owned())),
        None => Err(Invalid::Date(DateFault::Format, compact(raw))),
    }
}

/// JSON without blanks between its parts.
fn compact(raw: &RawValue) -> String {
    let (mut inside, mut escaped) = (false, false);
    let keep = |c: &char| {
        let blank = !inside && c.is_ascii_whitespace();
        (inside, escaped) = match c {
            _ if escaped => (inside, false),
            '\\' => (inside, true),
            '"' => (!inside, false),
            _ => (inside, false),
        };
        !blank
    };
    raw.get().chars().filter(keep).collect()
}

/// Whether JSON escapes halves of characters that are no characters by themselves: no text holds them.
pub(super) fn has_lone_surrogates(text: &str) -> bool {
    let mut high = false;
    // Hardly any text escapes a character at all.
    let Some(first) = text.find("\\u") else { return false };
    // A backslash before it may be what is escaped: it is looked at from the first of them on.
    let mut rest = &text.as_bytes()[text[..first].trim_end_matches('\\').len()..];
    while let Some((first, behind)) = rest.split_first() {
        let unit = match behind {
            [b'u', digits @ ..] if *first == b'\\' => digits.first_chunk::<4>().and_then(hex),
            _ => None,
        };
        let low = unit.is_some_and(|unit| (0xdc00..0xe000).contains(&unit));
        if high != low {
            return true;
        }
        high = unit.is_some_and(|unit| (0xd800..0xdc00).contains(&unit));
        // An escape is at least two bytes, of which the second escapes nothing.
        let length = if unit.is_some() {
            6
        } else if *first == b'\\' {
            2
        } else {
            1
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    high
}

fn hex(digits: &[u8; 4]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

/// The fields of an item, read in the contract's order: the first that is invalid ends it, those that are missing are
/// noted.
pub(super) struct Fields<'o, 'b> {
    object: &'o Object<'b>,
    missing: Vec<Field>,
}

impl<'o, 'b> Fields<'o, 'b> {
    pub(super) fn of(object: &'o Object<'b>) -> Self {
        Self { object, missing: Vec::new() }
    }

    /// The value of a field, whose key in its own object is the last part of its whole one.
    fn get(&self, field: Field) -> Option<&'b RawValue> {
        self.object.get(key(field).rsplit('.').next().unwrap_or_default())
    }

    /// The value of a field; noted if it is missing.
    pub(super) fn required(&mut self, field: impl Into<Field>) -> Option<&'b RawValue> {
        let field = field.into();
        let found = self.get(field);
        self.note(field, found.is_some());
        found
    }

    /// Notes a field that is missing.
    pub(super) fn note(&mut self, field: impl Into<Field>, given: bool) {
        if !given {
            self.missing.push(field.into());
        }
    }

    /// NUM, INT, POS or REAL of a field that must be there.
    pub(super) fn number(&mut self, field: impl Into<Field>, form: NumberForm) -> Result<Option<f64>, Invalid> {
        let field = field.into();
        self.required(field).map(|raw| number_of(field, raw, form)).transpose()
    }

    /// The same of a field that need not be there.
    pub(super) fn optional_number(&self, field: impl Into<Field>, form: NumberForm) -> Result<Option<f64>, Invalid> {
        let field = field.into();
        self.get(field).map(|raw| number_of(field, raw, form)).transpose()
    }

    /// INT of a field that must be there.
    pub(super) fn whole(&mut self, field: impl Into<Field>) -> Result<Option<u64>, Invalid> {
        let field = field.into();
        self.required(field).map(|raw| whole_of(field, raw, NumberForm::Whole)).transpose()
    }

    /// The same of a field that need not be there.
    pub(super) fn optional_whole(&self, field: impl Into<Field>) -> Result<Option<u64>, Invalid> {
        let field = field.into();
        self.get(field).map(|raw| whole_of(field, raw, NumberForm::Whole)).transpose()
    }

    /// POS of a field that must be there.
    pub(super) fn positive(&mut self, field: impl Into<Field>) -> Result<Option<u64>, Invalid> {
        let field = field.into();
        self.required(field).map(|raw| whole_of(field, raw, NumberForm::Positive)).transpose()
    }

    /// STR of a field that must be there, without the blanks around it.
    pub(super) fn trimmed_text(&mut self, field: impl Into<Field>) -> Result<Option<Text>, Invalid> {
        let field = field.into();
        self.required(field).map(|raw| checked(field, text(raw).as_deref().map(str::trim))).transpose()
    }

    /// What was noted so far, which is forgotten.
    pub(super) fn take_missing(&mut self) -> Vec<Field> {
        std::mem::take(&mut self.missing)
    }

    /// Notes fields that are missing elsewhere.
    pub(super) fn note_all(&mut self, missing: Vec<Field>) {
        self.missing.extend(missing);
    }

    /// Whether nothing was noted.
    pub(super) fn is_complete(&self) -> bool {
        self.missing.is_empty()
    }

    /// STR of a field that must be there.
    pub(super) fn text(&mut self, field: impl Into<Field>) -> Result<Option<Text>, Invalid> {
        let field = field.into();
        self.required(field).map(|raw| checked(field, text(raw).as_deref())).transpose()
    }

    /// STR of a field that need not be there.
    pub(super) fn optional_text(&self, field: impl Into<Field>) -> Result<Option<Text>, Invalid> {
        let field = field.into();
        self.get(field).map(|raw| checked(field, text(raw).as_deref())).transpose()
    }

    /// REQ of all that was noted.
    pub(super) fn missing(self) -> Invalid {
        Invalid::Missing(self.missing)
    }
}

fn number_of(field: Field, raw: &RawValue, form: NumberForm) -> Result<f64, Invalid> {
    number(raw, form).ok_or_else(|| Unfit::Number(vec![field], form).into())
}

fn whole_of(field: Field, raw: &RawValue, form: NumberForm) -> Result<u64, Invalid> {
    whole(raw, form).ok_or_else(|| Unfit::Number(vec![field], form).into())
}

/// STR of what was given for a field, if it is text.
///
/// # Errors
/// The first rule that it breaks.
pub(super) fn checked(field: Field, text: Option<&str>) -> Result<Text, Invalid> {
    let checked = text.ok_or(Fault::NotText).and_then(|text| Text::new(text, Text::MAX));
    checked.map_err(|fault| Invalid::Field(field, fault))
}

/// An object in an answer, made of what was given.
#[derive(Default)]
pub(super) struct Shown<'b>(Vec<(&'static str, Piece<'b>)>);

/// A value in such an object.
pub(super) enum Piece<'b> {
    /// As it was given.
    Given(&'b RawValue),
    /// Text.
    Text(String),
    /// What is not said to be true.
    False,
    /// An object.
    Object(Shown<'b>),
    /// An array of objects.
    Array(Vec<Shown<'b>>),
}

impl<'b> Shown<'b> {
    /// The object with this value.
    pub(super) fn with(mut self, key: &'static str, piece: Piece<'b>) -> Self {
        self.0.push((key, piece));
        self
    }

    /// The object with what was given for this key, if anything was.
    pub(super) fn given(self, key: &'static str, object: &Object<'b>) -> Self {
        match object.get(key) {
            Some(raw) => self.with(key, Piece::Given(raw)),
            None => self,
        }
    }

    /// The same for each of these keys.
    pub(super) fn all_given(self, keys: &[&'static str], object: &Object<'b>) -> Self {
        keys.iter().fold(self, |shown, key| shown.given(key, object))
    }

    /// The object with this value, if there is one.
    pub(super) fn with_some(self, key: &'static str, piece: Option<Piece<'b>>) -> Self {
        match piece {
            Some(piece) => self.with(key, piece),
            None => self,
        }
    }

    /// The object with what was given for this key, if anything was: without the blanks around it, if it is text.
    pub(super) fn trimmed(self, key: &'static str, object: &Object<'b>) -> Self {
        let trimmed = object.get(key).and_then(text).map(|text| Piece::Text(text.trim().to_owned()));
        match trimmed {
            Some(piece) => self.with(key, piece),
            None => self.given(key, object),
        }
    }

    /// The object with the time that was given for this key, if one was, as responses show it.
    pub(super) fn time(self, key: &'static str, object: &Object<'b>, show: fn(jiff::Timestamp) -> String) -> Self {
        match object.get(key).map(|raw| (raw, instant(raw))) {
            Some((_, Ok(instant))) => self.with(key, Piece::Text(show(instant))),
            Some((raw, Err(_))) => self.with(key, Piece::Given(raw)),
            None => self,
        }
    }
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, piece) in &self.0 {
            map.serialize_entry(key, piece)?;
        }
        map.end()
    }
}

impl Serialize for Piece<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Piece::Given(raw) => raw.serialize(serializer),
            Piece::Text(text) => serializer.serialize_str(text),
            Piece::False => serializer.serialize_bool(false),
            Piece::Object(object) => object.serialize(serializer),
            Piece::Array(objects) => objects.serialize(serializer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_of_characters_are_found_and_whole_ones_pass() {
        for (text, expected) in [
            (r#"{"a":"\ud83d\ude00"}"#, false),
            (r#"{"a":"\u00e9 \\ud800 \n"}"#, false),
            (r#""\ud800""#, true),
            (r#""\ud800x""#, true),
            (r#""\ude00""#, true),
            (r#""\ud800\ud800""#, true),
            (r#""\ud83d\ude00\ude00""#, true),
            (r#""\\\ud800""#, true),
        ] {
            assert_eq!(has_lone_surrogates(text), expected, "{text}");
        }
    }

    #[test]
    fn blanks_are_dropped_but_inside_strings() {
        let raw = RawValue::from_string("{ \"a \\\" b\" : [1,\n 2] }".to_owned()).unwrap();
        assert_eq!(compact(&raw), "{\"a \\\" b\":[1,2]}");
    }

    #[test]
    fn of_several_values_with_one_key_the_last_counts_and_others_are_not_looked_at() {
        let raw = RawValue::from_string(r#"{"a":1,"\u0061":2,"x":[[1e999]],"b":{"a":3}}"#.to_owned()).unwrap();
        let object = Object::of(&raw, &["a", "b", "c"]);
        assert_eq!(object.get("a").map(RawValue::get), Some("2"));
        assert_eq!(object.get("b").map(RawValue::get), Some(r#"{"a":3}"#));
        assert!(object.get("c").is_none() && object.get("x").is_none());
        let none = RawValue::from_string("[1]".to_owned()).unwrap();
        assert!(Object::of(&none, &["a"]).get("a").is_none());
    }
}
