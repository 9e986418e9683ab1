//! Children's accounts at a wearable service: the groups of Fitbit, with a service in this process that answers as the
//! tests say, and with services beyond sockets.

mod background;
mod checks;
mod faults;
mod off;
mod sockets;
mod syncs;
mod tokens;

use std::sync::Arc;

use ocariot_users::model::wearables::ProviderKind;
use poem::http::Method;
use serde_json::Value;

use crate::support::wearable::{Scripted, tokens};
use crate::support::{Client, Options, Reply, School, World};

/// A school, and the service that its children's wearables are with.
struct Fitbit {
    world: World,
    school: School,
    service: Scripted,
    /// An application, which may do everything here.
    client: Client,
}

impl Fitbit {
    async fn new() -> Self {
        Self::of(ProviderKind::Fitbit).await
    }

    async fn of(kind: ProviderKind) -> Self {
        let service = Scripted::new(kind);
        Self::with(service.clone(), Options { wearables: service.options(), ..Options::default() }).await
    }

    async fn with(service: Scripted, options: Options) -> Self {
        let world = World::with(options).await;
        let school = world.school().await;
        let client = school.application.client.clone();
        Self { world, school, service, client }
    }

    /// One whose child has submitted tokens.
    async fn begun() -> Self {
        let fitbit = Self::new().await;
        fitbit.submit().await;
        fitbit
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/users/{}/fitbit/{rest}", self.school.child.id)
    }

    async fn submit(&self) {
        self.client.post(&self.path("auth"), tokens()).await.is(204);
        self.service.asked();
    }

    /// Asks for a sync without a body.
    async fn sync(&self) -> Reply {
        self.client.send(Method::POST, &self.path("sync"), None).await
    }

    /// The child, as administrators see it.
    async fn child(&self) -> Value {
        self.world.admin().await.get(&format!("/v1/children/{}", self.school.child.id)).await.is(200).body
    }

    async fn status(&self) -> String {
        self.child().await["fitbit_status"].as_str().unwrap().to_owned()
    }

    /// What is tracked of the child.
    async fn tracked(&self, what: &str) -> Vec<Value> {
        let path = format!("/v1/children/{}/{what}", self.school.child.id);
        self.client.get(&path).await.is(200).body.as_array().unwrap().clone()
    }

    async fn steps(&self, day: &str) -> Value {
        let path = format!("/v1/children/{}/logs/steps/date/{day}/{day}", self.school.child.id);
        self.client.get(&path).await.is(200).body[0]["value"].clone()
    }

    fn rows(&self, table: &str) -> i64 {
        self.world.sql_value(&format!("SELECT count(*) FROM {table}"))
    }

    /// Does what the service does once a minute.
    async fn turn(&self) {
        let app = Arc::clone(&self.world.app);
        app.sync_wearables().await.unwrap();
    }
}
