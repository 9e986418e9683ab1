//! Random data, stored through the API.

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::WORDS;
use crate::support::{Client, PASSWORD, World};

/// One item and when it was made, in days after the first.
#[derive(Debug, Clone)]
pub struct Item {
    pub shown: Value,
    pub day: i64,
}

/// A list of a random world: the items in the order that it has when none is asked for.
pub struct Listing {
    pub client: Client,
    pub path: String,
    pub items: Vec<Item>,
    pub of_users: bool,
    pub most: usize,
}

/// A random world: data as strategies made it, stored through the API.
pub struct Data {
    world: World,
    pub institutions: Vec<String>,
    pub listings: Vec<Listing>,
    /// Days from the first creation until now.
    pub today: i64,
}

fn pick<S: Strategy>(runner: &mut TestRunner, strategy: S) -> S::Value {
    strategy.new_tree(runner).unwrap().current()
}

impl Data {
    pub async fn new(runner: &mut TestRunner) -> Self {
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
