//! Random data and random queries: every list answers as section 7 of the contract says, evaluated here once more,
//! item by item, on what the service shows of each.

use std::cmp::Ordering;
use std::fmt::Write;

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestCaseError, TestRunner};
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::support::{Client, PASSWORD, World};

/// Worlds of random data, and the queries asked of each of their lists.
const WORLDS: u32 = 6;
const QUERIES: u32 = 40;

/// Text that is easily confused with other text.
const WORDS: [&str; 30] = [
    "a", "A1", "a01", "a10", "A9", "b", "BR0001", "br2", "João", "joao", "JOÃO", "Joa", "É", "e", "ß", "9", "10",
    "010", "1e1", "-3", "0.5", "a*b", "100%", "x_y", "a,b", "a b", "'", "née 2b", "Née 10a", "ﬁ",
];

/// Every field of some object, and some of none.
const FIELDS: [&str; 24] = [
    "id",
    "username",
    "institution_id",
    "last_login",
    "gender",
    "age",
    "age_calc_date",
    "last_sync",
    "fitbit_status",
    "nfc_tag",
    "tag_ass_time",
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

/// The fields whose equality counts case.
const EXACT: [&str; 5] = ["id", "institution_id", "gender", "fitbit_status", "nfc_tag"];

/// One part of a query string.
#[derive(Debug, Clone)]
enum Part {
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

fn part() -> impl Strategy<Value = Part> {
    let key = (select(vec!["", "+", "-"]), select(FIELDS.to_vec())).prop_map(|(sign, field)| format!("{sign}{field}"));
    let number = || select(vec!["", "0", "-1", "x", "1", "2", "3", "4", "7", "100", "20000"]);
    prop_oneof![
        8 => (select(FIELDS.to_vec()), prop::collection::vec(value(), 1..4)).prop_map(|(f, v)| Part::Filter(f, v)),
        4 => prop::collection::vec(key, 1..4).prop_map(Part::Sort),
        1 => number().prop_map(Part::Page),
        1 => number().prop_map(Part::Limit),
        1 => (0..16_u8).prop_map(Part::Start),
        1 => (0..16_u8).prop_map(Part::End),
        1 => (0..16_u8).prop_map(Part::Period),
        1 => prop::collection::vec(any::<Index>(), 1..3).prop_map(Part::Institution),
    ]
}

/// One item and when it was made, in days after the first.
#[derive(Debug, Clone)]
struct Item {
    shown: Value,
    day: i64,
}

/// A list of a random world: the items in the order that it has when none is asked for.
struct Listing {
    client: Client,
    path: String,
    items: Vec<Item>,
    of_users: bool,
    most: usize,
}

/// A random world: data as strategies made it, stored through the API.
struct Data {
    world: World,
    institutions: Vec<String>,
    listings: Vec<Listing>,
    /// Days from the first creation until now.
    today: i64,
}

// --- The contract's words, one function each.

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

fn fulfils(item: &Value, field: &str, test: &str) -> bool {
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

fn natural(a: &str, b: &str) -> Ordering {
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
fn evaluate(listing: &Listing, query: &[Part], institutions: &[String], today: i64) -> (Vec<String>, usize) {
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
    fn fields(&self) -> &'static [&'static str] {
        let kind = self.path.rsplit('/').next().unwrap();
        match kind {
            "institutions" => &["id", "name", "type", "address", "latitude", "longitude"],
            "groups" => &["id", "name", "school_class"],
            "applications" => &["id", "username", "institution_id", "last_login", "application_name"],
            "children" if self.path == "/v1/children" => &[
                "id",
                "username",
                "institution_id",
                "last_login",
                "gender",
                "age",
                "age_calc_date",
                "last_sync",
                "fitbit_status",
                "nfc_tag",
                "tag_ass_time",
            ],
            "children" => &[
                "id",
                "username",
                "institution_id",
                "last_login",
                "gender",
                "age",
                "age_calc_date",
                "last_sync",
                "fitbit_status",
            ],
            _ => &["id", "username", "institution_id", "last_login"],
        }
    }

    /// The query as a query string.
    fn url(&self, query: &[Part], institutions: &[String]) -> String {
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

fn encoded(value: &str) -> String {
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

// --- Random data.

fn pick<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

impl Data {
    async fn new(runner: &mut TestRunner) -> Self {
        let world = World::new().await;
        let mut data = Self { world, institutions: Vec::new(), listings: Vec::new(), today: 0 };
        data.fill(runner).await;
        data
    }

    /// Sends a body a day, and keeps what is shown for it; names that are taken are left out.
    async fn make(&mut self, client: Option<&Client>, path: &str, bodies: Vec<Value>) -> Vec<Item> {
        let mut items = Vec::new();
        for body in bodies {
            let client = match client {
                Some(client) => client.clone(),
                None => self.world.admin().await,
            };
            let reply = client.post(path, body).await;
            if reply.status != 409 {
                items.push(Item { shown: reply.is(201).body, day: self.today });
            }
        }
        items
    }

    fn tomorrow(&mut self) {
        self.world.clock.advance(86_400);
        self.today += 1;
    }

    async fn fill(&mut self, runner: &mut TestRunner) {
        let names = || subsequence(WORDS.to_vec(), 3..12).prop_shuffle();
        let word = || select(WORDS.to_vec());
        let mut institutions = Vec::new();
        for name in pick(runner, names()) {
            let mut body = json!({"name": name, "type": pick(runner, word())});
            if pick(runner, any::<bool>()) {
                body["address"] = json!(pick(runner, word()));
                body["latitude"] = json!(pick(runner, select(vec![-3.0, 0.0, 0.5, 9.0, 10.0])));
            }
            institutions.extend(self.make(None, "/v1/institutions", vec![body]).await);
            self.tomorrow();
        }
        self.institutions = institutions.iter().map(|item| item.shown["id"].as_str().unwrap().to_owned()).collect();
        let account = |runner: &mut TestRunner, data: &Self, name: &str| {
            let institution = pick(runner, select(data.institutions.clone()));
            json!({"username": name, "password": PASSWORD, "institution_id": institution})
        };
        let mut children = Vec::new();
        for name in pick(runner, subsequence(WORDS.to_vec(), 8..20).prop_shuffle()) {
            let mut body = account(runner, self, name);
            body["gender"] = json!(pick(runner, select(vec!["male", "female"])));
            body["age"] = json!(pick(runner, select(vec!["9", "10", "010", "0.5", "1e1", "11", "2015-05-05"])));
            if pick(runner, any::<bool>()) {
                body["age_calc_date"] = json!(pick(runner, select(vec!["2015-05-05", "2019-11-29"])));
            }
            children.extend(self.make(None, "/v1/children", vec![body]).await);
            if pick(runner, any::<bool>()) {
                self.tomorrow();
            }
        }
        let admin = self.world.admin().await;
        for tag in ["tag1", "TAG1", "tag10", "9", "10"] {
            let child = pick(runner, any::<Index>()).get(&children).shown["id"].clone();
            let path = format!("/v1/children/{}/nfc", child.as_str().unwrap());
            admin.post(&path, json!({"nfc_tag": tag})).await.is(201);
        }
        self.world.sql(
            "UPDATE account SET last_login = created_at WHERE abs(random()) % 2 = 0 AND role = 'child';
             UPDATE child SET last_sync = (SELECT created_at FROM account WHERE id = account_id)
             WHERE abs(random()) % 2 = 0;",
        );
        let ids: Vec<String> = children.iter().map(|item| item.shown["id"].as_str().unwrap().to_owned()).collect();
        let mut others = Vec::new();
        for path in ["families", "applications", "educators"] {
            let mut items = Vec::new();
            for name in pick(runner, names()) {
                let mut body = account(runner, self, name);
                body["children"] = json!(pick(runner, subsequence(ids.clone(), 1..8).prop_shuffle()));
                body["application_name"] = json!(pick(runner, word()));
                items.extend(self.make(None, &format!("/v1/{path}"), vec![body]).await);
            }
            self.tomorrow();
            others.push((format!("/v1/{path}"), items));
        }
        self.list(institutions, children, others, runner).await;
    }

    /// Makes the lists of what was made, and of what belongs to the last of them.
    async fn list(
        &mut self,
        institutions: Vec<Item>,
        children: Vec<Item>,
        others: Vec<(String, Vec<Item>)>,
        runner: &mut TestRunner,
    ) {
        let educator = others[2].1.last().unwrap().shown.clone();
        // Users of other types may have the same name, but not the same password.
        let reset = format!("/v1/users/{}/reset-password", educator["id"].as_str().unwrap());
        self.world.admin().await.post(&reset, json!({"new_password": "the owner's"})).await.is(204);
        let owner = self.world.login(educator["username"].as_str().unwrap(), "the owner's").await;
        let path = format!("/v1/educators/{}/children/groups", educator["id"].as_str().unwrap());
        let mut groups = Vec::new();
        for name in pick(runner, subsequence(WORDS.to_vec(), 3..20).prop_shuffle()) {
            let mut body = json!({"name": name, "children": [children[0].shown["id"]]});
            if pick(runner, any::<bool>()) {
                body["school_class"] = json!(pick(runner, select(WORDS.to_vec())));
            }
            groups.extend(self.make(Some(&owner), &path, vec![body]).await);
        }
        self.world.clock.advance(3600);
        let admin = self.world.admin().await;
        let family = others[0].1.last().unwrap().shown.clone();
        let kin: Vec<Item> = family["children"]
            .as_array()
            .unwrap()
            .iter()
            .map(|kid| children.iter().find(|child| child.shown["id"] == kid["id"]).unwrap().clone())
            .collect();
        self.add(&owner, &path, groups, 1000).await;
        self.add(&admin, "/v1/institutions", institutions, 10_000).await;
        self.add(&admin, "/v1/children", children, 10_000).await;
        for (path, items) in others {
            let most = if path.ends_with("applications") { 10_000 } else { 1000 };
            self.add(&admin, &path, items, most).await;
        }
        let path = format!("/v1/families/{}/children", family["id"].as_str().unwrap());
        self.add(&admin, &path, kin.into_iter().rev().collect(), 10_000).await;
    }

    /// Adds a list of items, given oldest first, as the list shows them now.
    async fn add(&mut self, client: &Client, path: &str, items: Vec<Item>, most: usize) {
        let all = client.get(path).await.is(200).body;
        let mut items = items;
        items.reverse();
        let ids = |items: Vec<&Value>| items.into_iter().map(|item| item["id"].clone()).collect::<Vec<_>>();
        let shown = all.as_array().unwrap();
        assert_eq!(ids(shown.iter().collect()), ids(items.iter().map(|item| &item.shown).collect()), "{path}");
        for (item, shown) in items.iter_mut().zip(shown) {
            item.shown = shown.clone();
        }
        let of_users = !path.ends_with("groups") && !path.ends_with("institutions");
        self.listings.push(Listing { client: client.clone(), path: path.to_owned(), items, of_users, most });
    }
}

#[test]
fn every_list_answers_random_queries_as_the_contract_words_them() {
    let config = Config { rng_seed: seed(), failure_persistence: None, ..Config::default() };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let mut runner = TestRunner::new(config.clone());
    let (mut some, mut none) = (0_u32, 0_u32);
    for _ in 0..WORLDS {
        let data = runtime.block_on(Data::new(&mut runner));
        for listing in &data.listings {
            let mut cases = TestRunner::new(Config { cases: QUERIES, ..config.clone() });
            let counts = std::cell::Cell::new((0, 0));
            let query = prop::collection::vec(part(), 0..4);
            let outcome = cases.run(&query, |mut query| {
                // On users the institution is asked by id alone, which `Part::Institution` does.
                query.retain(|part| !listing.of_users || !matches!(part, Part::Filter("institution_id", _)));
                let url = listing.url(&query, &data.institutions);
                let (ids, total) = evaluate(listing, &query, &data.institutions, data.today);
                let reply = runtime.block_on(listing.client.get(&url));
                prop_assert_eq!(reply.status, 200, "{}: {}", url, reply.text);
                let found: Vec<_> =
                    reply.body.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
                prop_assert_eq!(&found, &ids, "{}\nof {:#?}", url, listing.items);
                let counted = reply.header("x-total-count").map(|count| count.parse().unwrap());
                prop_assert_eq!(counted, Some(total), "{}", url);
                let (some, none) = counts.get();
                counts.set(if total > 0 { (some + 1, none) } else { (some, none + 1) });
                Ok::<(), TestCaseError>(())
            });
            outcome.unwrap_or_else(|failure| panic!("{:?}: {failure}", config.rng_seed));
            some += counts.get().0;
            none += counts.get().1;
        }
    }
    assert!(some > 400 && none > 400, "queries find something ({some}) and nothing ({none})");
}

/// Random, or what `QUERIES_SEED` says.
fn seed() -> RngSeed {
    #[expect(clippy::disallowed_methods, reason = "a test is steered from outside")]
    let chosen = std::env::var("QUERIES_SEED").ok().map(|seed| seed.parse().unwrap());
    RngSeed::Fixed(chosen.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into()))
}
