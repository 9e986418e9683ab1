//! Random sequences of operations, valid and not, by everybody, held against a model of the service in memory.
//!
//! The model is written from the contract: who may (section 4), what is refused and in which order (section 5), what
//! is shown. A failure prints the seed; `STATEFUL_SEED` runs it again.

mod deeds;
mod fitbit;
mod glances;
mod leaving;
mod model;
mod rosters;
mod sent;
mod things;
mod tracked;
mod wearables;

use std::collections::BTreeMap;

use ocariot_users::model::wearables::ProviderKind;
use poem::http::Method;
use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use serde_json::{Value, json};

use crate::support::wearable::Scripted;
use crate::support::{ABSENT, ADMIN, Client, Options, World};
use model::{Model, User, shape};

const WORLDS: u64 = 4;
const STEPS: usize = 5_500;

/// A world, its model, and the dice.
struct Walk {
    world: World,
    model: Model,
    dice: TestRng,
    /// Tokens of users who are no more, or whose password was changed.
    ghosts: Vec<Client>,
    /// How often each operation succeeded.
    done: BTreeMap<String, usize>,
    names: u32,
    log: Vec<String>,
}

/// Somebody who asks, and what keeps him from it.
struct Asker {
    client: Client,
    user: Option<User>,
    refused: Option<u16>,
}

impl Walk {
    async fn new(seed: u64) -> Self {
        let service = Scripted::new(ProviderKind::Fitbit);
        service.set(fitbit::empty);
        let options = Options { wearables: service.options(), ..Options::with_all_rows() };
        let world = World::with(options).await;
        let mut model = Model::default();
        let admin = User {
            id: world.admin_id().await,
            path: "admin",
            shown: json!({}),
            password: ADMIN.1.to_owned(),
            kids: Vec::new(),
            client: world.admin().await,
        };
        model.users.insert(admin.id.clone(), admin);
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let dice = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self { world, model, dice, ghosts: Vec::new(), done: BTreeMap::new(), names: 0, log: Vec::new() }
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.dice.random_range(0..100) < percent
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> Option<T> {
        (!from.is_empty()).then(|| from[self.dice.random_range(0..from.len())].clone())
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("name {}", self.names)
    }

    /// One of these ids; sometimes another one, or none that exists.
    fn target(&mut self, of: Vec<String>, others: Vec<String>) -> String {
        let from = if self.chance(90) { of } else { others };
        let found = if self.chance(95) { self.pick(&from) } else { None };
        found.unwrap_or_else(|| ABSENT.to_owned())
    }

    /// An id of a user of the type that lives under this path.
    fn user(&mut self, path: &str) -> String {
        let all = self.model.users.keys().cloned().collect();
        let of = self.model.of(path).map(|user| user.id.clone()).collect();
        self.target(of, all)
    }

    /// Somebody who may, or now and then somebody else.
    fn asker(&mut self, may: impl Fn(&User) -> bool) -> Asker {
        let users = || self.model.users.values().filter(|user| !user.has_left());
        let all: Vec<String> = users().map(|user| user.id.clone()).collect();
        let permitted: Vec<String> = users().filter(|user| may(user)).map(|user| user.id.clone()).collect();
        if self.chance(3) {
            let ghost = self.pick(&self.ghosts.clone()).unwrap_or_else(|| self.world.nobody());
            return Asker { client: ghost, user: None, refused: Some(401) };
        }
        let from = if self.chance(90) && !permitted.is_empty() { permitted } else { all };
        let id = self.pick(&from).unwrap();
        let user = self.model.users[&id].clone();
        let refused = (!may(&user)).then_some(403);
        Asker { client: user.client.clone(), user: Some(user), refused }
    }

    /// Sends a request; the answer must be the model's.
    async fn ask(
        &mut self,
        operation: &str,
        client: &Client,
        (method, path, body): (Method, &str, Option<Value>),
        expected: Result<u16, u16>,
    ) -> Value {
        self.log
            .push(format!("{operation}: {method} {path} {}", body.as_ref().map(Value::to_string).unwrap_or_default()));
        let reply = match body {
            Some(Value::String(file)) => client.call(client.request(method, path).body(file)).await,
            body => client.send(method, path, body).await,
        };
        let status = expected.unwrap_or_else(|refused| refused);
        assert_eq!(reply.status, status, "after {} steps\n{}\n{}", self.log.len(), self.tail(), reply.text);
        if expected.is_ok() {
            *self.done.entry(operation.to_owned()).or_default() += 1;
        } else {
            assert_eq!(reply.body["code"], json!(status));
        }
        reply.body
    }

    /// The last steps, for whoever looks for the reason.
    fn tail(&self) -> String {
        self.log[self.log.len().saturating_sub(25)..].join("\n")
    }

    /// What came back must be what the model shows; times are there or not.
    fn same(&self, answer: &Value, expected: &Value) {
        assert_eq!(&shape(answer), expected, "after {} steps\n{}", self.log.len(), self.tail());
    }
}

async fn walk(seed: u64) -> BTreeMap<String, usize> {
    let mut walk = Walk::new(seed).await;
    walk.found().await;
    for _ in 0..STEPS {
        walk.step().await;
    }
    walk.done
}

/// Random, or what `STATEFUL_SEED` says.
fn seed() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "a test is steered from outside")]
    let chosen = std::env::var("STATEFUL_SEED").ok().map(|seed| seed.parse().unwrap());
    chosen.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().subsec_nanos().into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(clippy::print_stdout, reason = "shown when the test fails")]
async fn twenty_thousand_random_steps_agree_with_the_model() {
    let seed = seed();
    println!("STATEFUL_SEED={seed}");
    let walks: Vec<_> = (0..WORLDS).map(|at| tokio::spawn(walk(seed.wrapping_add(at)))).collect();
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for walk in walks {
        for (operation, times) in walk.await.unwrap() {
            *done.entry(operation).or_default() += times;
        }
    }
    let rare: Vec<_> = done.iter().filter(|(_, times)| **times < 60).collect();
    assert!(rare.is_empty(), "too rarely done: {rare:?}");
    let operations = ocariot_users::app::policy::TABLE.iter().map(|row| row.id);
    // What is discontinued is asked for, and never succeeds.
    let operations = operations.filter(|id| !["physicalactivity_update", "sleep_update"].contains(id));
    let never: Vec<_> = operations.filter(|id| !done.contains_key(*id)).collect();
    assert!(never.is_empty() && done.contains_key("auth_login"), "never done: {never:?}");
}
