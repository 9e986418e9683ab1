//! Random data and random queries: every list of what is tracked answers as section 7 of the contract says, evaluated
//! here once more on what was sent.

mod data;

use std::cmp::Ordering;
use std::fmt::Write;

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;

use data::{Kind, List, Row, filled, time};

use crate::queries_property::asked::encoded;
use crate::queries_property::contract::{fulfils, natural};

/// Worlds of random data, and queries of each list there.
const WORLDS: u32 = 3;
const QUERIES: u32 = 60;

impl List {
    fn kind(&self, field: &str) -> Option<Kind> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, kind)| *kind)
    }

    fn fits(&self, row: &Row, field: &str, test: &str) -> bool {
        match self.kind(field) {
            None => false,
            Some(Kind::Id | Kind::Plain) => fulfils(&row.values, field, test),
            Some(Kind::Truth) => {
                let operand = test.rsplit_once(':').map_or(test, |(_, operand)| operand);
                let comparable = test.contains('*') || ["true", "false"].contains(&operand);
                comparable && fulfils(&row.values, field, test)
            }
            Some(Kind::Time) => time_fits(row.times[field], &self.shown(row.times[field]), test),
        }
    }

    fn compare(&self, a: &Row, b: &Row, field: &str, kind: Kind) -> Ordering {
        let (x, y) = (&a.values[field], &b.values[field]);
        match kind {
            Kind::Id => a.id.cmp(&b.id),
            Kind::Time if self.collection == "weights" => {
                a.times[field].div_euclid(1000).cmp(&b.times[field].div_euclid(1000))
            }
            Kind::Time => a.times[field].cmp(&b.times[field]),
            Kind::Plain | Kind::Truth => match (x.as_f64(), y.as_f64(), x.as_str(), y.as_str()) {
                (Some(x), Some(y), ..) => x.total_cmp(&y),
                (.., Some(x), Some(y)) => natural(x, y),
                _ => (!x.is_null()).cmp(&!y.is_null()),
            },
        }
    }

    /// The ids on the page, and how many items match.
    fn evaluate(&self, query: &[Part], first: i64) -> (Vec<&str>, usize) {
        let mut found: Vec<&Row> = self.rows.iter().rev().collect();
        let mut keys = Vec::new();
        for part in query {
            match part {
                Part::Filter(field, any_of) => {
                    found.retain(|row| any_of.iter().any(|test| self.fits(row, field, test)))
                }
                Part::Sort(given) => keys.extend(given.iter().filter_map(|key| {
                    let field = key.trim_start_matches(['+', '-']);
                    self.kind(field).map(|kind| (field, kind, key.starts_with('-')))
                })),
                Part::From(_) | Part::Before(_) | Part::Page(..) | Part::Owner => {}
            }
        }
        // The first of several wins.
        let from = query.iter().find_map(|part| if let Part::From(hour) = part { Some(hour) } else { None });
        let before = query.iter().find_map(|part| if let Part::Before(hour) = part { Some(hour) } else { None });
        let (from, before) =
            (from.map_or(i64::MIN, |h| first + h * 3600), before.map_or(i64::MAX, |h| first + h * 3600));
        found.retain(|row| (from..before).contains(&row.registered));
        if !keys.is_empty() {
            let newest = self.collection == "weights" && keys.iter().any(|(field, ..)| *field == "timestamp");
            found.sort_by(|a, b| {
                let orders = keys.iter().map(|(field, kind, descending)| {
                    let order = self.compare(a, b, field, *kind);
                    if *descending { order.reverse() } else { order }
                });
                let ties = if newest { b.id.cmp(&a.id) } else { a.id.cmp(&b.id) };
                orders.fold(Ordering::Equal, Ordering::then).then(ties)
            });
        }
        let page =
            query.iter().find_map(|part| if let Part::Page(page, limit) = part { Some((page, limit)) } else { None });
        let (page, limit) = page.map_or((1, 100), |(page, limit)| (*page, *limit));
        let ids = found.iter().skip((page - 1) * limit).take(limit).map(|row| row.id.as_str()).collect();
        (ids, found.len())
    }
}

fn time_fits(at: i64, shown: &str, test: &str) -> bool {
    let asked = |text: &str| {
        let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let zoned = text.parse::<Timestamp>().or_else(|_| format!("{text}Z").parse());
        zoned.ok().map(Timestamp::as_millisecond)
    };
    for (prefix, wanted) in [
        ("gt:", &[Ordering::Greater][..]),
        ("gte:", &[Ordering::Greater, Ordering::Equal]),
        ("lt:", &[Ordering::Less]),
        ("lte:", &[Ordering::Less, Ordering::Equal]),
        ("ne:", &[Ordering::Less, Ordering::Greater]),
    ] {
        if let Some(operand) = test.strip_prefix(prefix) {
            return asked(operand).is_some_and(|operand| wanted.contains(&at.cmp(&operand)));
        }
    }
    let (shown, piece) = (shown.to_lowercase(), test.trim_matches('*').to_lowercase());
    match (test.starts_with('*'), test.ends_with('*')) {
        (true, true) => shown.contains(&piece),
        (true, false) => shown.ends_with(&piece),
        (false, true) => shown.starts_with(&piece),
        (false, false) => asked(test) == Some(at),
    }
}

/// A part of a query.
#[derive(Debug, Clone)]
enum Part {
    Filter(&'static str, Vec<String>),
    Sort(Vec<String>),
    Page(usize, usize),
    /// Registered so many hours after the first, or later.
    From(i64),
    Before(i64),
    /// The path decides.
    Owner,
}

/// Parts of queries of a list: what they compare with is often there.
fn part(list: &List) -> BoxedStrategy<Part> {
    let filters: Vec<_> = list.fields.iter().map(|(field, kind)| filter(list, field, *kind)).collect();
    let others = ["created_at", "summary", "pattern", "levels", "linked", "nothing"];
    let names: Vec<_> = list.fields.iter().map(|(field, _)| *field).chain(others).collect();
    let unknown = select(others.to_vec()).prop_map(|field| Part::Filter(field, vec!["ne:x".to_owned()]));
    let key = (select(vec!["", "+", "-"]), select(names)).prop_map(|(sign, field)| format!("{sign}{field}"));
    prop_oneof![
        40 => prop::strategy::Union::new(filters),
        1 => unknown,
        20 => prop::collection::vec(key, 1..4).prop_map(Part::Sort),
        5 => (1..4_usize, 1..9_usize).prop_map(|(page, limit)| Part::Page(page, limit)),
        2 => (0..18_i64).prop_map(Part::From),
        2 => (0..18_i64).prop_map(Part::Before),
        2 => Just(Part::Owner),
    ]
    .boxed()
}

fn filter(list: &List, field: &'static str, kind: Kind) -> BoxedStrategy<Part> {
    let mut operands: Vec<String> = match kind {
        Kind::Time => ["2019-06-01", "2019-06-02", "2019-06-02T02:00:00.001+02:00", "2019-06-31", "x", "9"]
            .map(str::to_owned)
            .into(),
        Kind::Truth => ["true", "false", "1", "x"].map(str::to_owned).into(),
        Kind::Id => Vec::new(),
        Kind::Plain => ["9", "10.0", "a2", "x", "JOÃO", "kg", "%", "classic"].map(str::to_owned).into(),
    };
    for row in &list.rows {
        match (&row.values[field], row.times.get(field)) {
            (_, Some(at)) => operands.push(time(*at).to_string()),
            (Value::String(text), None) => operands.push(text.clone()),
            (Value::Number(number), None) => operands.push(number.as_f64().unwrap().to_string()),
            _ => {}
        }
    }
    let shown: Vec<String> = list
        .rows
        .iter()
        .filter_map(|row| row.values[field].as_str().map(str::to_owned))
        .chain(["9.5".to_owned()])
        .collect();
    let compared = (select(vec!["", "", "gt:", "gte:", "lt:", "lte:", "ne:"]), select(operands));
    let compared = compared.prop_map(|(test, operand)| format!("{test}{operand}"));
    let wild = (select(shown), 0..4_usize, 1..6_usize, select(vec![("", "*"), ("*", ""), ("*", "*")]));
    let wild = wild.prop_map(|(word, from, length, (before, after))| {
        let piece: String = word.chars().skip(if before.is_empty() { 0 } else { from }).collect();
        let piece: String = if after.is_empty() { piece } else { piece.chars().take(length).collect() };
        format!("{before}{}{after}", if piece.is_empty() { "9" } else { &piece })
    });
    let tests = prop::collection::vec(prop_oneof![3 => compared, 1 => wild], 1..3);
    tests.prop_map(move |tests| Part::Filter(field, tests)).boxed()
}

/// The query as it is sent.
fn url(list: &List, query: &[Part], first: i64) -> String {
    let at = |hour: &i64| format!("{}", Timestamp::from_second(first + hour * 3600).unwrap()).replace('Z', "");
    query.iter().fold(format!("{}?", list.path), |mut url, part| {
        let written = match part {
            Part::Filter(field, tests) => {
                let tests: Vec<_> = tests.iter().map(|test| encoded(test)).collect();
                write!(url, "{field}={}&", tests.join(","))
            }
            Part::Sort(keys) => write!(url, "sort={}&", keys.join(",")),
            Part::Page(page, limit) => write!(url, "page={page}&limit={limit}&"),
            Part::From(hour) => write!(url, "start_at={}&", at(hour)),
            Part::Before(hour) => write!(url, "end_at={}&", at(hour)),
            Part::Owner => write!(url, "child_id=x&institution_id=y&"),
        };
        written.unwrap();
        url
    })
}

#[test]
fn every_list_of_what_is_tracked_answers_random_queries_as_the_contract_words_them() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut dice = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let (mut some, mut none) = (0, 0);
    for _ in 0..WORLDS {
        let (_world, client, lists, first) = runtime.block_on(filled(&mut dice));
        for list in &lists {
            assert!(list.rows.len() > 8, "{}: {}", list.collection, list.rows.len());
            let config = Config { cases: QUERIES, failure_persistence: None, ..Config::default() };
            let counts = std::cell::Cell::new((0, 0));
            let outcome = TestRunner::new(config).run(&prop::collection::vec(part(list), 0..4), |query| {
                let url = url(list, &query, first);
                let (ids, total) = list.evaluate(&query, first);
                let reply = runtime.block_on(client.get(&url));
                prop_assert_eq!(reply.status, 200, "{}: {}", url, reply.text);
                let found: Vec<_> =
                    reply.body.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
                prop_assert_eq!(&found, &ids, "{}\nof {:#?}", url, list.rows);
                let counted = reply.header("x-total-count").map(|count| count.parse().unwrap());
                prop_assert_eq!(counted, Some(total), "{}", url);
                let (some, none) = counts.get();
                counts.set(if total > 0 { (some + 1, none) } else { (some, none + 1) });
                Ok(())
            });
            outcome.unwrap_or_else(|failure| panic!("{}: {failure}", list.collection));
            some += counts.get().0;
            none += counts.get().1;
        }
    }
    assert!(some > 250 && none > 100, "queries find something ({some}) and nothing ({none})");
}
