//! What is tracked: contract of tracking, a file per part of it.

mod access;
mod activities;
mod child_days;
mod environments;
mod export;
mod lists;
mod logs;
mod many;
mod measurements;
mod one_by_one;
mod orphans;
mod overview;
mod queries;
mod retention;
mod sleep;
mod values;

use serde_json::{Value, json};

use crate::support::{Client, Reply, School, World};

const INVALID: &str = "One or more request fields are invalid...";
const REQUIRED: &str = "Required fields were not provided...";
const AN_ID: &str = "A 24-byte hex ID similar to this: 507f191e810c19729de860ea is expected.";

/// A school, and the application that brings data of its child.
struct Tracking {
    world: World,
    school: School,
    client: Client,
}

impl Tracking {
    async fn new() -> Self {
        let world = World::new().await;
        let school = world.school().await;
        let client = school.application.client.clone();
        Self { world, school, client }
    }

    /// The path of a collection of the child.
    fn path(&self, collection: &str) -> String {
        format!("/v1/children/{}/{collection}", self.school.child.id)
    }

    async fn post(&self, collection: &str, body: Value) -> Reply {
        self.client.post(&self.path(collection), body).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.client.get(&self.path(path)).await
    }

    async fn delete(&self, path: &str) -> Reply {
        self.client.delete(&self.path(path)).await
    }

    /// The ids of a list, in its order.
    async fn ids(&self, path: &str) -> Vec<String> {
        let items = self.get(path).await.is(200).body;
        items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn weight(timestamp: &str, value: f64) -> Value {
    json!({"timestamp": timestamp, "value": value, "unit": "kg"})
}

/// What is told about a child that is not there.
fn unregistered(kind: &str, id: &str) -> (String, String) {
    let message = format!("There is no registered {kind} with ID: {id} on the platform!");
    (message, format!("Please register the {kind} and try again..."))
}

/// What the audit trail says of a child's measurements: what was done, and to which.
fn trail(world: &World, child: &str) -> Vec<(String, Option<String>)> {
    trail_of(world, child, "weight_")
}

/// What the audit trail says of somebody's data: which actions whose names begin like this, and to which part.
fn trail_of(world: &World, target: &str, actions: &str) -> Vec<(String, Option<String>)> {
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let sql = "SELECT action, lower(hex(part_id)) FROM audit WHERE target_id = unhex(?1) AND substr(action, 1, length(?2)) = ?2
               AND outcome = 'ok' ORDER BY id";
    let mut rows = database.prepare(sql).unwrap();
    let part = |text: String| (!text.is_empty()).then_some(text);
    let rows = rows.query_map([target, actions], |row| Ok((row.get(0)?, part(row.get(1)?))));
    rows.unwrap().map(Result::unwrap).collect()
}

/// How many rows a table has.
fn count(world: &World, table: &str) -> i64 {
    let database = rusqlite::Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}
