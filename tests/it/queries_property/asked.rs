//! Random queries.

use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::data::Listing;
use super::{CHILD, WORDS};

/// One part of a query string.
#[derive(Debug, Clone)]
pub enum Part {
    Filter(&'static str, Vec<String>),
    Sort(Vec<String>),
    Page(&'static str),
    Limit(&'static str),
    /// Days after the first item's creation.
    Start(u8),
    End(u8),
    Period(u8),
    Institution(Vec<Index>),
}

fn operand() -> impl Strategy<Value = String> {
    let word = select(WORDS.to_vec()).prop_map(str::to_owned);
    let other = select(vec![
        "",
        "male",
        "female",
        "Male",
        "none",
        "NONE",
        "11",
        "2015-05-05",
        "2026-03-05T12:00:00.000Z",
        "School",
        "tag1",
    ]);
    prop_oneof![3 => word, 1 => other.prop_map(str::to_owned)]
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => operand(),
        2 => (select(vec!["gt:", "gte:", "lt:", "lte:", "ne:"]), operand()).prop_map(|(test, word)| format!("{test}{word}")),
        // A piece of a word, so that something is found.
        3 => (operand(), any::<bool>(), any::<bool>(), 0..3_usize).prop_map(|(word, before, after, cut)| {
            let piece: String = if before { word.chars().skip(cut).collect() } else { word.chars().take(cut + 1).collect() };
            format!("{}{piece}{}", if before { "*" } else { "" }, if after { "*" } else { "" })
        }),
    ]
}

pub fn part() -> impl Strategy<Value = Part> {
    let key = (select(vec!["", "+", "-"]), select(fields())).prop_map(|(sign, field)| format!("{sign}{field}"));
    let number = || select(vec!["", "0", "-1", "x", "1", "2", "3", "4", "7", "100", "20000"]);
    prop_oneof![
        8 => (select(fields()), prop::collection::vec(value(), 1..4)).prop_map(|(f, v)| Part::Filter(f, v)),
        4 => prop::collection::vec(key, 1..4).prop_map(Part::Sort),
        1 => number().prop_map(Part::Page),
        1 => number().prop_map(Part::Limit),
        1 => (0..16_u8).prop_map(Part::Start),
        1 => (0..16_u8).prop_map(Part::End),
        1 => (0..16_u8).prop_map(Part::Period),
        1 => prop::collection::vec(any::<Index>(), 1..3).prop_map(Part::Institution),
    ]
}

/// Every field of some object, and some of none.
fn fields() -> Vec<&'static str> {
    let others = [
        "application_name",
        "name",
        "type",
        "address",
        "latitude",
        "longitude",
        "school_class",
        "children",
        "children_groups",
        "password",
        "password_hash",
        "created_at",
        "nothing",
    ];
    [CHILD.as_slice(), &others].concat()
}

impl Listing {
    /// The query as a query string.
    pub fn url(&self, query: &[Part], institutions: &[String]) -> String {
        let mut url = format!("{}?", self.path);
        for part in query {
            let date = |day: u8| format!("2026-03-{:02}", day + 1);
            match part {
                Part::Filter(field, any_of) => {
                    let values: Vec<_> = any_of.iter().map(|value| encoded(value)).collect();
                    write!(url, "{field}={}&", values.join(",")).unwrap();
                }
                Part::Sort(keys) => write!(url, "sort={}&", keys.join(",")).unwrap(),
                Part::Page(text) => write!(url, "page={text}&").unwrap(),
                Part::Limit(text) => write!(url, "limit={text}&").unwrap(),
                Part::Start(day) => write!(url, "start_at={}&", date(*day)).unwrap(),
                Part::End(day) => write!(url, "end_at={}&", date(*day)).unwrap(),
                Part::Period(days) => write!(url, "period={days}d&").unwrap(),
                Part::Institution(any_of) => {
                    let ids: Vec<_> = any_of.iter().map(|one| one.get(institutions).as_str()).collect();
                    write!(url, "institution={}&", ids.join(",")).unwrap();
                }
            }
        }
        url
    }
}

/// A value as it stands in a query string.
pub fn encoded(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"*:-._".contains(&byte);
    value.bytes().fold(String::new(), |mut text, byte| {
        if plain(byte) {
            text.push(byte.into())
        } else {
            write!(text, "%{byte:02X}").unwrap()
        }
        text
    })
}
