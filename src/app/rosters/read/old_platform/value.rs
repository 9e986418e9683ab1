//! Values of documents, whichever way a tool wrote them: extended JSON in its canonical, relaxed and older forms, or BSON.
//! What the platform stored nowhere is read over, so that no document takes more memory than it should.

use std::fmt;

use bson::raw::{RawBsonRef, RawDocument};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::model::{Id, text};

/// The most items of a list that are read: more than any of the platform has, and refused where it is used.
const MOST_ITEMS: usize = 10_000;
/// The most fields of a document that are read.
const MOST_FIELDS: usize = 200;
/// How deep lists and objects are read: a date in a list of a document.
const DEEPEST: usize = 3;

/// What a field holds.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// Nothing.
    Null,
    /// A text.
    Text(String),
    /// A number of any kind.
    Number(f64),
    /// Yes or no.
    Flag(bool),
    /// An `ObjectId`, in lower case.
    Id(String),
    /// Milliseconds since 1970.
    Time(i64),
    /// Several.
    List(Vec<Value>),
    /// Something that the platform stored nowhere, or a value that is damaged.
    Other,
}

/// The fields of a document, in their order.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fields(pub(super) Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_map(Reading(0))
    }
}

/// Reads an object as fields, or anything as a value, at a depth.
struct Reading(usize);

/// The same, as a value.
struct Inside(usize);

impl<'de> Visitor<'de> for Reading {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a document")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key()? {
            if fields.0.len() < MOST_FIELDS {
                fields.0.push((name, map.next_value_seed(Inside(self.0 + 1))?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

impl<'de> DeserializeSeed<'de> for Inside {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Value, D::Error> {
        if self.0 > DEEPEST { IgnoredAny::deserialize(from).map(|_| Value::Other) } else { from.deserialize_any(self) }
    }
}

impl<'de> Visitor<'de> for Inside {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Flag(flag))
    }

    #[expect(clippy::cast_precision_loss, reason = "the platform's numbers are small")]
    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "the platform's numbers are small")]
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while list.len() <= MOST_ITEMS {
            match items.next_element_seed(Inside(self.0 + 1))? {
                Some(item) => list.push(item),
                None => return Ok(Value::List(list)),
            }
        }
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let Some(first) = map.next_key::<String>()? else { return Ok(Value::Other) };
        let inner = map.next_value_seed(Inside(self.0 + 1))?;
        let mut alone = true;
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {
            alone = false;
        }
        Ok(if alone { wrapped(&first, inner) } else { Value::Other })
    }
}

/// A value that JSON has no form of its own for: an object whose only key begins with a dollar sign.
fn wrapped(key: &str, inner: Value) -> Value {
    let found = match (key, inner) {
        ("$undefined", _) => Some(Value::Null),
        ("$symbol", Value::Text(text)) => Some(Value::Text(text)),
        ("$oid", Value::Text(text)) => Id::<()>::parse(&text).map(|id| Value::Id(id.to_string())),
        ("$numberInt" | "$numberLong" | "$numberDouble" | "$numberDecimal", inner) => match inner {
            Value::Text(text) => text.parse().ok().map(Value::Number),
            Value::Number(number) => Some(Value::Number(number)),
            _ => None,
        },
        ("$date", Value::Text(text)) => time_of(&text).map(Value::Time),
        ("$date", Value::Number(number)) => milliseconds(number).map(Value::Time),
        _ => None,
    };
    found.unwrap_or(Value::Other)
}

fn milliseconds(number: f64) -> Option<i64> {
    // Of whole numbers that a double has exactly.
    let exact = number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
    #[expect(clippy::cast_possible_truncation, reason = "it is whole and small")]
    exact.then_some(number as i64)
}

/// The milliseconds since 1970 of a time in text, or of the beginning of a day.
pub(super) fn time_of(given: &str) -> Option<i64> {
    if let Ok(time) = given.parse::<Timestamp>() {
        return Some(time.as_millisecond());
    }
    let day = given.parse::<Date>().ok()?;
    TimeZone::UTC.to_timestamp(day.into()).ok().map(Timestamp::as_millisecond)
}

/// The fields of a document in BSON.
///
/// # Errors
/// If it is damaged.
pub(super) fn of_bson(document: &RawDocument) -> Result<Fields, bson::error::Error> {
    let mut fields = Fields::default();
    for element in document {
        let (name, value) = element?;
        if fields.0.len() < MOST_FIELDS {
            fields.0.push((name.as_str().to_owned(), binary(value, true)?));
        }
    }
    Ok(fields)
}

/// A value in BSON. What stands in lists is read one level deep: the platform stored none deeper.
fn binary(value: RawBsonRef<'_>, outermost: bool) -> Result<Value, bson::error::Error> {
    Ok(match value {
        RawBsonRef::Null | RawBsonRef::Undefined => Value::Null,
        RawBsonRef::String(text) | RawBsonRef::Symbol(text) => Value::Text(text.to_owned()),
        RawBsonRef::Double(number) => Value::Number(number),
        RawBsonRef::Int32(number) => Value::Number(f64::from(number)),
        #[expect(clippy::cast_precision_loss, reason = "the platform's numbers are small")]
        RawBsonRef::Int64(number) => Value::Number(number as f64),
        RawBsonRef::Boolean(flag) => Value::Flag(flag),
        RawBsonRef::ObjectId(id) => Value::Id(Id::<()>::from_bytes(id.bytes()).to_string()),
        RawBsonRef::DateTime(time) => Value::Time(time.timestamp_millis()),
        RawBsonRef::Array(items) if outermost => {
            let mut list = Vec::new();
            for item in items.into_iter().take(MOST_ITEMS + 1) {
                list.push(binary(item?, false)?);
            }
            Value::List(list)
        }
        _ => Value::Other,
    })
}

impl Value {
    /// What it says as a text: texts themselves, and numbers.
    pub(super) fn words(&self) -> Option<String> {
        match self {
            Self::Text(given) => Some(text::composed(given.trim())),
            Self::Number(number) if number.is_finite() => Some(text::number_text(*number)),
            _ => None,
        }
    }

    /// What it says as a day.
    pub(super) fn day(&self) -> Option<String> {
        match self {
            Self::Time(time) => {
                let time = Timestamp::from_millisecond(*time).ok()?;
                Some(TimeZone::UTC.to_datetime(time).date().to_string())
            }
            Self::Text(given) => {
                let given = given.trim();
                // A time of that day, as JavaScript writes it.
                let day = given.split_once('T').map_or(given, |(day, _)| day);
                Some(if time_of(given).is_some() { day } else { given }.to_owned())
            }
            _ => None,
        }
    }

    /// What it says as a time: milliseconds since 1970, of a year up to 9999.
    pub(super) fn time(&self) -> Option<i64> {
        let time = match self {
            Self::Time(time) => *time,
            Self::Text(given) => time_of(given.trim())?,
            _ => return None,
        };
        Timestamp::from_millisecond(time).is_ok().then_some(time)
    }

    /// The ids that it lists; nothing if it is no list, or one of something else.
    pub(super) fn ids(&self) -> Option<Vec<&str>> {
        let Self::List(items) = self else { return None };
        fn id(item: &Value) -> Option<&str> {
            if let Value::Id(id) = item { Some(id) } else { None }
        }
        items.iter().map(id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Option<Value> {
        let fields: Fields = serde_json::from_str(&format!("{{\"it\": {text}}}")).unwrap();
        fields.0.into_iter().next().map(|(_, value)| value)
    }

    #[test]
    fn a_date_is_understood_as_every_tool_writes_it() {
        let time = 1_575_461_715_120;
        for text in [
            r#"{"$date": "2019-12-04T12:15:15.12Z"}"#,
            r#"{"$date": "2019-12-04T12:15:15.120Z"}"#,
            r#"{"$date": "2019-12-04T12:15:15.120000Z"}"#,
            r#"{"$date": "2019-12-04T09:15:15.120-0300"}"#,
            r#"{"$date": "2019-12-04T12:15:15.120+0000"}"#,
            r#"{"$date": {"$numberLong": "1575461715120"}}"#,
            r#"{"$date": {"$numberLong": 1575461715120}}"#,
            r#"{"$date": 1575461715120}"#,
        ] {
            assert_eq!(one(text), Some(Value::Time(time)), "{text}");
        }
        let whole = r#"{"$date": "2019-12-04T12:15:15Z"}"#;
        assert_eq!(one(whole), Some(Value::Time(time - 120)));
        assert_eq!(one(r#"{"$date": "2019-12-04"}"#), Some(Value::Time(1_575_417_600_000)));
        assert_eq!(one(r#"{"$date": {"$numberLong": "-1000"}}"#), Some(Value::Time(-1000)));
        assert_eq!(one(r#"{"$date": "1969-12-31T23:59:59Z"}"#), Some(Value::Time(-1000)));
        for text in [r#"{"$date": "soon"}"#, r#"{"$date": null}"#, r#"{"$date": {"$numberLong": "x"}}"#] {
            assert_eq!(one(text), Some(Value::Other), "{text}");
        }
        // After the year 9999 there are no times.
        assert_eq!(Value::Time(253_402_300_800_000).time(), None);
    }

    #[test]
    fn a_number_is_the_same_in_every_form() {
        for text in ["9", "9.0", r#"{"$numberInt": "9"}"#, r#"{"$numberLong": "9"}"#, r#"{"$numberDouble": "9.0"}"#] {
            assert_eq!(one(text).unwrap().words().as_deref(), Some("9"), "{text}");
        }
        for text in ["1.56753E+12", "1567530000000", "1567530000000.0", r#"{"$numberDouble": "1567530000000.0"}"#] {
            assert_eq!(one(text).unwrap().words().as_deref(), Some("1567530000000"), "{text}");
        }
        assert_eq!(one("1e+21").unwrap().words().as_deref(), Some("1e+21"));
        assert_eq!(one("9007199254740993"), Some(Value::Number(9_007_199_254_740_992.0)));
        assert_eq!(one(r#"{"$numberDouble": "NaN"}"#).unwrap().words(), None);
    }

    #[test]
    fn ids_are_in_lower_case_and_what_is_no_value_of_the_platform_is_nothing_known() {
        let id = Value::Id("5de7a0f3c2a1b40012ab34cd".to_owned());
        assert_eq!(one(r#"{"$oid": "5DE7A0F3C2A1B40012AB34CD"}"#), Some(id.clone()));
        let list = one(r#"[{"$oid": "5de7a0f3c2a1b40012ab34cd"}]"#).unwrap();
        assert_eq!(list.ids(), Some(vec!["5de7a0f3c2a1b40012ab34cd"]));
        assert_eq!(one("[7]").unwrap().ids(), None);
        for text in [
            r#"{"$oid": "5de7"}"#,
            r#"{"$binary": {"base64": "AA==", "subType": "00"}}"#,
            r#"{"$binary": "AA==", "$type": "00"}"#,
            r#"{"a": 1}"#,
            "{}",
        ] {
            assert_eq!(one(text), Some(Value::Other), "{text}");
        }
        assert_eq!((one("null"), one(r#"{"$undefined": true}"#)), (Some(Value::Null), Some(Value::Null)));
    }

    #[test]
    fn a_hostile_document_is_read_over() {
        let long = format!("[{}1]", "1,".repeat(1_000_000));
        let Some(Value::List(items)) = one(&long) else { panic!("a list") };
        assert_eq!(items.len(), MOST_ITEMS + 1);
        let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
        assert_eq!(one(&deep), Some(Value::List(vec![Value::List(vec![Value::List(vec![Value::Other])])])));
        let wide: String = (0..1000).map(|number| format!("\"f{number}\":{number},")).collect();
        let fields: Fields = serde_json::from_str(&format!("{{{wide}\"last\":1}}")).unwrap();
        assert_eq!(fields.0.len(), MOST_FIELDS);
    }

    #[test]
    fn a_day_is_taken_from_a_time() {
        for value in [Value::Time(1_575_461_715_120), Value::Text("2019-12-04T12:15:15.120Z".to_owned())] {
            assert_eq!(value.day().as_deref(), Some("2019-12-04"));
        }
        assert_eq!(Value::Text(" 2019-12-04 ".to_owned()).day().as_deref(), Some("2019-12-04"));
        assert_eq!(Value::Text("Tuesday".to_owned()).day().as_deref(), Some("Tuesday"));
    }
}
