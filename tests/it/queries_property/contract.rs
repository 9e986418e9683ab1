//! The contract's words, one function each.

use std::cmp::Ordering;

use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::CHILD;
use super::asked::Part;
use super::data::{Item, Listing};

/// The fields whose equality counts case.
const EXACT: [&str; 5] = ["id", "institution_id", "gender", "fitbit_status", "nfc_tag"];

/// Whether an item shows the field, as text and perhaps as a number.
fn shown(item: &Value, field: &str) -> Option<String> {
    match &item[field] {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.as_f64().unwrap().to_string()),
        _ => None,
    }
}

fn as_number(text: &str) -> Option<f64> {
    let decimal = text.trim().chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
    text.trim().parse::<f64>().ok().filter(|number| decimal && number.is_finite())
}

fn without_accents(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).collect::<String>().to_lowercase()
}

/// Whether a field of an item passes a test.
pub fn fulfils(item: &Value, field: &str, test: &str) -> bool {
    let Some(have) = shown(item, field) else { return false };
    let exact = EXACT.contains(&field);
    let case = |text: &str| if exact { text.to_owned() } else { text.to_lowercase() };
    for (prefix, wanted) in [
        ("gt:", &[Ordering::Greater][..]),
        ("gte:", &[Ordering::Greater, Ordering::Equal]),
        ("lt:", &[Ordering::Less]),
        ("lte:", &[Ordering::Less, Ordering::Equal]),
        ("ne:", &[Ordering::Less, Ordering::Greater]),
    ] {
        let Some(operand) = test.strip_prefix(prefix) else { continue };
        return match (as_number(&have), as_number(operand)) {
            (Some(have), Some(operand)) => wanted.contains(&have.partial_cmp(&operand).unwrap()),
            (None, None) if prefix == "ne:" => case(&have) != case(operand),
            (None, None) => wanted.contains(&have.to_lowercase().cmp(&operand.to_lowercase())),
            _ => false,
        };
    }
    let folded = without_accents(&have);
    let starred = (test.starts_with('*'), test.len() > 1 && test.ends_with('*'));
    let inner = &test[usize::from(starred.0)..test.len() - usize::from(starred.1)];
    let inner_folded = without_accents(inner);
    match starred {
        (true, true) => folded.contains(&inner_folded),
        (true, false) => folded.ends_with(&inner_folded),
        (false, true) => folded.starts_with(&inner_folded),
        (false, false) if item[field].is_number() => as_number(test) == as_number(&have),
        (false, false) => case(&have) == case(test),
    }
}

/// Text cut into runs of digits, which compare as numbers, and single characters.
fn pieces(text: &str) -> Vec<Result<u128, char>> {
    let mut pieces = Vec::new();
    for c in text.to_lowercase().chars() {
        match (c.to_digit(10), pieces.last_mut()) {
            (Some(digit), Some(Ok(run))) => *run = *run * 10 + u128::from(digit),
            (Some(digit), _) => pieces.push(Ok(u128::from(digit))),
            (None, _) => pieces.push(Err(c)),
        }
    }
    pieces
}

/// The natural order of text.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (a, b) = (pieces(a), pieces(b));
    let differ = a.iter().zip(&b).map(|pair| match pair {
        (Ok(a), Ok(b)) => a.cmp(b),
        (Err(a), Err(b)) => a.cmp(b),
        (Ok(_), Err(b)) => '0'.cmp(b),
        (Err(a), Ok(_)) => a.cmp(&'0'),
    });
    differ.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
}

fn compare(a: &Value, b: &Value, field: &str) -> Ordering {
    match (shown(a, field), shown(b, field)) {
        (Some(a), Some(b)) => match field {
            "username" => a.to_lowercase().cmp(&b.to_lowercase()),
            "id" | "institution_id" => a.cmp(&b),
            "latitude" | "longitude" => as_number(&a).unwrap().total_cmp(&as_number(&b).unwrap()),
            _ => natural(&a, &b),
        },
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

/// The ids on the page, and how many items match.
pub fn evaluate(listing: &Listing, query: &[Part], institutions: &[String], today: i64) -> (Vec<String>, usize) {
    let first = |pick: &dyn Fn(&Part) -> Option<i64>| query.iter().find_map(pick);
    let start = first(&|part| if let Part::Start(day) = part { Some((*day).into()) } else { None });
    let end = first(&|part| if let Part::End(day) = part { Some((*day).into()) } else { None });
    let period = first(&|part| if let Part::Period(days) = part { Some((*days).into()) } else { None });
    // Items are made at noon; days begin at midnight, half a day earlier.
    let (from, before) = match (start, end, period) {
        (Some(start), None, Some(days)) => (start, start + days),
        (None, Some(end), Some(days)) => (end - days, end),
        // It is an hour later in the day than when the items were made.
        (None, None, Some(days)) => (today - days + 1, i64::MAX),
        (start, end, _) => (start.unwrap_or(i64::MIN), end.unwrap_or(i64::MAX)),
    };
    let mut found: Vec<&Item> = listing.items.iter().filter(|item| from <= item.day && item.day < before).collect();
    let mut keys: Vec<(&str, bool)> = Vec::new();
    for part in query {
        match part {
            Part::Filter(field, _) if listing.of_users && *field == "institution_id" => unreachable!("made apart"),
            Part::Filter(field, any_of) => {
                let known = listing.of_users || *field != "institution_id";
                found.retain(|item| known && any_of.iter().any(|test| fulfils(&item.shown, field, test)));
            }
            Part::Institution(_) if !listing.of_users => found.clear(),
            Part::Institution(any_of) => found.retain(|item| {
                any_of
                    .iter()
                    .any(|one| item.shown["institution_id"] == json!(institutions[one.index(institutions.len())]))
            }),
            Part::Sort(given) => keys.extend(given.iter().map(|key| match key.strip_prefix('-') {
                Some(field) => (field, true),
                None => (key.trim_start_matches('+'), false),
            })),
            _ => {}
        }
    }
    keys.retain(|(field, _)| listing.fields().contains(field));
    if !keys.is_empty() {
        found.sort_by(|a, b| {
            let order = keys.iter().map(|(field, descending)| {
                let order = compare(&a.shown, &b.shown, field);
                if *descending { order.reverse() } else { order }
            });
            order.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| compare(&a.shown, &b.shown, "id"))
        });
    }
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
    let page = query.iter().find_map(|part| if let Part::Page(text) = part { Some(number(text)) } else { None });
    let limit = query.iter().find_map(|part| if let Part::Limit(text) = part { Some(number(text)) } else { None });
    let limit = limit.flatten().unwrap_or(100).min(listing.most);
    let skipped = (page.flatten().unwrap_or(1) - 1) * limit;
    let ids = found.iter().skip(skipped).take(limit).map(|item| item.shown["id"].as_str().unwrap().to_owned());
    (ids.collect(), found.len())
}

impl Listing {
    /// The fields that items of this list can show, other than nested objects.
    pub fn fields(&self) -> &'static [&'static str] {
        let kind = self.path.rsplit('/').next().unwrap();
        match kind {
            "institutions" => &["id", "name", "type", "address", "latitude", "longitude"],
            "groups" => &["id", "name", "school_class"],
            "applications" => &["id", "username", "institution_id", "last_login", "application_name"],
            "children" if self.path == "/v1/children" => &CHILD,
            "children" => &CHILD[..9],
            _ => &["id", "username", "institution_id", "last_login"],
        }
    }
}
