//! Files of wearables: read, planned, stored, and taken back.

mod hostile;
pub mod http;
pub mod made;
mod rules;
mod sources;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use ocariot_users::app::imports::UndoRecord;
use ocariot_users::app::wearables::reading::{Answers, Reading};
use ocariot_users::app::wearables::records::{
    HealthAppliedRecord, HealthPlanRecord, KindRecord, WearableCommand, WearableOutcome,
};
use ocariot_users::app::wearables::{Files, read};
use ocariot_users::app::{OperatorCommand, Outcome, Refusal};
use serde_json::Value;

use crate::support::{Client, World};

const ATHENS: (&str, &str) = ("zone", "Europe/Athens");

/// Answers to what files do not say.
type Given<'a> = &'a [(&'a str, &'a str)];

/// A file with its path and what is in it.
type Made = (String, Vec<u8>);

/// Reads files as they lie in a folder; a single one by itself.
fn read_made(files: &[Made], answers: Given<'_>) -> Result<Reading, Refusal> {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files {
        let path = folder.path().join("given").join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    let scratch = folder.path().join("scratch");
    std::fs::create_dir(&scratch).unwrap();
    let given: PathBuf = match files {
        [(path, _)] => folder.path().join("given").join(path),
        _ => folder.path().join("given"),
    };
    let answers: Answers = answers.iter().map(|(name, answer)| ((*name).to_owned(), (*answer).to_owned())).collect();
    let reading = Files::of_paths(&[given], &scratch).and_then(|mut files| read(&mut files, |_| answers));
    assert_eq!(std::fs::read_dir(&scratch).unwrap().count(), 0, "nothing is left where copies lie");
    reading
}

fn one(name: &str, bytes: impl Into<Vec<u8>>) -> Vec<Made> {
    vec![(name.to_owned(), bytes.into())]
}

/// A school's child, and somebody who may see everything.
struct Wearables {
    world: World,
    admin: Client,
    institution: String,
    child: String,
}

impl Wearables {
    async fn new() -> Self {
        let world = World::new().await;
        let admin = world.admin().await;
        let institution = admin.make_institution().await;
        let child = admin.make_child(&institution).await;
        Self { world, admin, institution, child }
    }

    async fn ask(&self, command: WearableCommand) -> Result<WearableOutcome, Refusal> {
        match self.world.app.operate(OperatorCommand::Wearable(command)).await? {
            Outcome::Wearable(outcome) => Ok(outcome),
            _ => panic!("an outcome of wearables"),
        }
    }

    async fn send(&self, reading: &Reading) -> String {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let upload = NUMBER.fetch_add(1, Ordering::Relaxed).to_string();
        let text = serde_json::to_string(reading).unwrap();
        let halves = text.split_at((0..=text.len() / 2).rev().find(|at| text.is_char_boundary(*at)).unwrap());
        for part in [halves.0, halves.1] {
            let command = WearableCommand::Send { upload: upload.clone(), part: part.to_owned() };
            self.ask(command).await.unwrap();
        }
        upload
    }

    async fn plan(&self, reading: &Reading) -> HealthPlanRecord {
        let upload = self.send(reading).await;
        match self.ask(WearableCommand::Plan { upload, child: self.child.clone() }).await.unwrap() {
            WearableOutcome::Planned(plan) => plan,
            _ => panic!("a plan"),
        }
    }

    async fn apply(&self, reading: &Reading) -> HealthAppliedRecord {
        let upload = self.send(reading).await;
        let command = WearableCommand::Apply { upload, child: self.child.clone(), import: None };
        match self.ask(command).await.unwrap() {
            WearableOutcome::Applied(applied) => applied,
            _ => panic!("it is applied"),
        }
    }

    async fn undo(&self, import: i64) -> UndoRecord {
        match self.ask(WearableCommand::Undo { import }).await.unwrap() {
            WearableOutcome::Import(record) => record,
            _ => panic!("an import"),
        }
    }

    /// All that is tracked of the child, without its id and others.
    async fn stored(&self) -> Value {
        let mut body = self.admin.get(&format!("/v1/children/{}/export", self.child)).await.is(200).body;
        let mut kept = serde_json::Map::new();
        for name in ["logs", "physicalactivities", "sleep", "weights", "bodyfats"] {
            let mut list = body[name].take();
            for item in list.as_array_mut().unwrap() {
                let item = item.as_object_mut().unwrap();
                item.remove("id");
                item.remove("child_id");
            }
            list.as_array_mut().unwrap().sort_by_key(ToString::to_string);
            kept.insert(name.to_owned(), list);
        }
        Value::Object(kept)
    }

    fn sql(&self, sql: &str) -> i64 {
        let database = rusqlite::Connection::open(self.world.folder.path().join("ocariot.db")).unwrap();
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    }
}

fn counts(plan: &HealthPlanRecord, kind: &str) -> (usize, usize, usize, usize) {
    let none = KindRecord::default();
    let found = plan.counts.iter().find(|counts| counts.kind == kind).unwrap_or(&none);
    (found.new, found.changed, found.equal, found.skipped)
}

/// How many things a plan would store.
fn stores(plan: &HealthPlanRecord) -> usize {
    plan.counts.iter().map(|counts| counts.new + counts.changed).sum()
}
