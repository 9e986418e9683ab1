//! Deeds with what is tracked of children, and with the air of institutions' rooms.

use std::collections::BTreeSet;

use poem::http::Method;
use proptest::prelude::RngExt;
use serde_json::{Value, json};

use super::model::{LOG_TYPES, Model, Tracked, User};
use super::sent::{Sent, Unfit};
use super::{ABSENT, Asker, Walk};

/// What is tracked of children and has ids: where it lives, and what its operations are called after.
const OF_CHILDREN: [(&str, &str); 4] =
    [("physicalactivities", "physicalactivity"), ("sleep", "sleep"), ("weights", "weight"), ("bodyfats", "bodyfat")];
const AIR: &str = "environments";

/// What somebody wants to do with data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Create,
    Read,
    Delete,
}

/// Whether a user's type may do so with some child's data.
fn holds_scope(user: &User, wish: Wish) -> bool {
    match user.path {
        "applications" | "educators" | "families" => true,
        "children" => wish != Wish::Delete,
        _ => wish == Wish::Read,
    }
}

impl Asker {
    /// Who is let through is told that there is nobody of whom the data would be.
    pub(super) fn told(mut self, unknown: bool) -> Self {
        if unknown && self.refused.is_none() {
            self.refused = Some(400);
        }
        self
    }
}

impl Model {
    /// Whether a user is let through to what he is told of a child's data, also that there is no such child.
    pub(super) fn reaches(&self, user: &User, child: &str, wish: Wish) -> bool {
        holds_scope(user, wish)
            && match user.path {
                "children" => user.id == child,
                _ if !self.is("children", child) => true,
                "educators" | "healthprofessionals" => self
                    .groups
                    .values()
                    .any(|group| group.owner == user.id && group.kids.iter().any(|kid| kid == child)),
                "families" => user.kids.iter().any(|kid| kid == child),
                _ => true,
            }
    }
}

impl Walk {
    /// A random operation with what is tracked.
    pub(super) async fn tracked_deed(&mut self, at: usize) {
        let (collection, name) = OF_CHILDREN[at % 4];
        match at {
            4..8 => self.tracked_list(collection, name).await,
            8..12 => self.tracked_view(collection, name).await,
            12..16 => self.tracked_delete(collection, name).await,
            16 => self.discontinued(OF_CHILDREN[0]).await,
            17 => self.discontinued(OF_CHILDREN[1]).await,
            18 => self.log_create().await,
            19 => self.log_list().await,
            20 => self.log_list_of_type().await,
            21 => self.environment_create().await,
            22 => self.environment_list().await,
            23 => self.environment_delete().await,
            24 => self.environment_clear().await,
            25 => self.child_export().await,
            26 | 27 => self.wearable_import().await,
            28 | 48 => self.group_coverage_view("educators", "educator").await,
            29 | 49 => self.group_coverage_view("healthprofessionals", "healthprofessional").await,
            30 => self.overview_view().await,
            31 => self.user_unlock().await,
            32 => self.child_days_view().await,
            33 | 41 => self.group_days_view("educators", "educator").await,
            34 | 42 => self.group_days_view("healthprofessionals", "healthprofessional").await,
            35 => self.user_deactivate().await,
            36 => self.user_activate().await,
            37 | 38 => self.roster_import().await,
            39 | 40 => self.child_password_reset().await,
            43..=47 => self.service_deed().await,
            _ => self.tracked_create(collection, name).await,
        }
    }

    async fn child_export(&mut self) {
        let child = self.user("children");
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 200, &[(!self.model.is("children", &child), 400)]);
        let url = format!("/v1/children/{child}/export");
        let told = self.ask("child_export", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&told["child"], &self.model.show_user(&self.model.users[&child]));
            for collection in ["physicalactivities", "sleep"] {
                self.same(&told[collection], &self.model.show_tracked(&child, collection));
            }
        }
    }

    pub(super) fn asker_of_data(&mut self, child: &str, wish: Wish) -> Asker {
        let users = self.model.users.values().filter(|user| self.model.reaches(user, child, wish));
        let may: BTreeSet<String> = users.map(|user| user.id.clone()).collect();
        self.asker(|user| may.contains(&user.id))
    }

    async fn tracked_create(&mut self, collection: &'static str, name: &str) {
        let child = self.user("children");
        let asker = self.asker_of_data(&child, Wish::Create);
        let asker = asker.told(!self.model.is("children", &child));
        self.bring(collection, &format!("{name}_create"), (&format!("children/{child}"), &child), asker).await;
    }

    /// Sends one item or some of them.
    async fn bring(&mut self, collection: &'static str, operation: &str, (path, owner): (&str, &str), asker: Asker) {
        let url = format!("/v1/{path}/{collection}");
        if self.chance(50) {
            let sent = self.item(collection);
            let taken = sent.made.as_ref().is_ok_and(|made| self.model.time_taken(owner, collection, &made.key));
            let expected = Self::verdict(&asker, 201, &[(sent.made.is_err(), 400), (taken, 409)]);
            let request = (Method::POST, url.as_str(), Some(sent.body));
            let made = self.ask(operation, &asker.client, request, expected).await;
            if let (Ok(_), Ok(tracked)) = (expected, sent.made) {
                self.keep(collection, owner, tracked, &made);
            }
        } else {
            let sent: Vec<_> = (0..self.dice.random_range(0..5)).map(|_| self.item(collection)).collect();
            let bodies: Vec<_> = sent.iter().map(|one| one.body.clone()).collect();
            let expected = Self::verdict(&asker, 207, &[]);
            let request = (Method::POST, url.as_str(), Some(json!(bodies)));
            let answer = self.ask(operation, &asker.client, request, expected).await;
            if expected.is_ok() {
                self.keep_all(collection, owner, sent, &answer);
            }
        }
        if collection == "weights" {
            self.learn_fats(owner, &asker).await;
        }
    }

    /// What became of each of many.
    fn keep_all(&mut self, collection: &'static str, owner: &str, sent: Vec<Sent>, answer: &Value) {
        let (mut errors, mut of_times) = (Vec::new(), 0);
        let mut made = answer["success"].as_array().unwrap().iter();
        for one in sent {
            match one.made {
                Err(Unfit::Times) => of_times += 1,
                Err(Unfit::Fields) => errors.push(json!(400)),
                Ok(tracked) if self.model.time_taken(owner, collection, &tracked.key) => errors.push(json!(409)),
                Ok(tracked) => self.keep(collection, owner, tracked, &made.next().unwrap()["item"]),
            }
        }
        assert!(made.next().is_none(), "{}\n{answer}", self.tail());
        errors.extend(vec![json!(400); of_times]);
        let told: Vec<_> = answer["error"].as_array().unwrap().iter().map(|error| error["code"].clone()).collect();
        assert_eq!(told, errors, "{}\n{answer}", self.tail());
        let last = &answer["error"].as_array().unwrap()[told.len() - of_times..];
        assert!(last.iter().all(|error| error["message"].as_str().unwrap().starts_with("Datetime: ")), "{answer}");
    }

    fn keep(&mut self, collection: &'static str, owner: &str, tracked: Tracked, made: &Value) {
        let id = made["id"].as_str().unwrap().to_owned();
        let mut expected = tracked.shown.clone();
        expected["id"] = json!(id);
        expected[Model::owner_key(collection)] = json!(owner);
        if let Some(fat) = tracked.brings_fat {
            expected["body_fat"] = json!(fat);
        }
        self.same(made, &expected);
        self.model.keep(owner, collection, id, tracked);
    }

    /// The body fats that came with weights have ids that no answer told yet.
    async fn learn_fats(&mut self, child: &str, asker: &Asker) {
        if !self.model.has_unknown_fats(child) {
            return;
        }
        let url = format!("/v1/children/{child}/bodyfats?limit=1000");
        let listed = self.ask("bodyfat_list", &asker.client, (Method::GET, &url, None), Ok(200)).await;
        self.model.learn_fats(child, listed.as_array().unwrap());
        self.same(&listed, &self.model.show_tracked(child, "bodyfats"));
    }

    async fn tracked_list(&mut self, collection: &'static str, name: &str) {
        let child = self.user("children");
        let asker = self.asker_of_data(&child, Wish::Read);
        let expected = Self::verdict(&asker, 200, &[(!self.model.is("children", &child), 400)]);
        let url = format!("/v1/children/{child}/{collection}?limit=1000");
        let found = self.ask(&format!("{name}_list"), &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_tracked(&child, collection));
        }
    }

    /// A child and something of a collection, perhaps of another child, or of none.
    fn tracked(&mut self, collection: &str) -> (String, String) {
        let all: Vec<_> = self.model.tracked.keys().filter(|key| key.1 == collection).cloned().collect();
        let others: Vec<_> = self.model.tracked.keys().map(|key| key.2.clone()).collect();
        match self.pick(&all).filter(|_| self.dice.random_range(0..100) < 90) {
            Some((child, _, id)) => (child, id),
            None => (self.user("children"), self.pick(&others).unwrap_or_else(|| ABSENT.to_owned())),
        }
    }

    async fn tracked_view(&mut self, collection: &'static str, name: &str) {
        let (child, id) = self.tracked(collection);
        let asker = self.asker_of_data(&child, Wish::Read);
        let found = self.model.show_one(&child, collection, &id);
        let unknown = !self.model.is("children", &child);
        let expected = Self::verdict(&asker, 200, &[(unknown, 400), (found.is_none(), 404)]);
        let url = format!("/v1/children/{child}/{collection}/{id}");
        let answer = self.ask(&format!("{name}_view"), &asker.client, (Method::GET, &url, None), expected).await;
        if let (Ok(_), Some(found)) = (expected, found) {
            self.same(&answer, &found);
        }
    }

    async fn tracked_delete(&mut self, collection: &'static str, name: &str) {
        let (child, id) = self.tracked(collection);
        let asker = self.asker_of_data(&child, Wish::Delete);
        let expected = Self::verdict(&asker, 204, &[(!self.model.is("children", &child), 400)]);
        let url = format!("/v1/children/{child}/{collection}/{id}");
        self.ask(&format!("{name}_delete"), &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok() {
            self.model.forget(&child, collection, &id);
        }
    }

    /// Whoever holds the scope is told so, whatever the child and the id.
    async fn discontinued(&mut self, (collection, name): (&'static str, &str)) {
        let (child, id) = self.tracked(collection);
        let asker = self.asker(|user| ["applications", "educators", "families"].contains(&user.path));
        let expected = Self::verdict(&asker, 200, &[(true, 405)]);
        let url = format!("/v1/children/{child}/{collection}/{id}");
        self.ask(&format!("{name}_update"), &asker.client, (Method::PATCH, &url, Some(json!({}))), expected).await;
    }

    fn log_type(&mut self) -> &'static str {
        self.pick(&LOG_TYPES).unwrap()
    }

    async fn log_create(&mut self) {
        let child = self.user("children");
        let known = !self.chance(5);
        let kind = if known { self.log_type() } else { "naps" };
        // Of what is no type, everybody with the scope is told so with each item.
        let asker = match known {
            true => self.asker_of_data(&child, Wish::Create),
            false => self.asker(|user| holds_scope(user, Wish::Create)),
        };
        let mut items = Vec::new();
        for _ in 0..self.dice.random_range(0..4) {
            let day = format!("2019-01-{:02}", self.dice.random_range(1..6));
            let value = self.whole();
            items.push(match self.chance(10) {
                true => (json!({"date": day}), None),
                false => (json!({"date": day, "value": value}), known.then_some((day, value))),
            });
        }
        let bodies: Vec<_> = items.iter().map(|(body, _)| body.clone()).collect();
        let unknown = known && !self.model.is("children", &child);
        let expected = Self::verdict(&asker, 207, &[(unknown, 400)]);
        let url = format!("/v1/children/{child}/logs/{kind}");
        let answer = self.ask("log_create", &asker.client, (Method::POST, &url, Some(json!(bodies))), expected).await;
        if expected.is_ok() {
            let stored = items.iter().filter(|(_, stored)| stored.is_some());
            let success: Value = stored.map(|(body, _)| json!({"code": 201, "item": body})).collect();
            assert_eq!(answer["success"], success, "{}", self.tail());
            let failed: Vec<_> = items.iter().filter(|(_, stored)| stored.is_none()).map(|(body, _)| body).collect();
            let told: Vec<_> = answer["error"].as_array().unwrap().iter().map(|error| &error["item"]).collect();
            assert_eq!(told, failed, "{}", self.tail());
            for (day, value) in items.into_iter().filter_map(|(_, stored)| stored) {
                self.model.logs.insert((child.clone(), kind, day), value);
            }
        }
    }

    /// Two days, from the first to the second or the other way round.
    fn range(&mut self) -> (u32, u32) {
        let first = self.dice.random_range(1..7);
        (first, if self.chance(95) { self.dice.random_range(first..8) } else { first - 1 })
    }

    async fn log_list(&mut self) {
        let (child, (first, last)) = (self.user("children"), self.range());
        let asker = self.asker_of_data(&child, Wish::Read);
        let faults = [(!self.model.is("children", &child), 400), (last < first, 400)];
        let expected = Self::verdict(&asker, 200, &faults);
        let url = format!("/v1/children/{child}/logs/date/2019-01-{first:02}/{}", day(last));
        let found = self.ask("log_list", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            let all: serde_json::Map<_, _> = LOG_TYPES
                .iter()
                .map(|kind| ((*kind).to_owned(), self.model.show_logs(&child, kind, first, last)))
                .collect();
            self.same(&found, &Value::Object(all));
        }
    }

    async fn log_list_of_type(&mut self) {
        let (child, (first, last), kind) = (self.user("children"), self.range(), self.log_type());
        let asker = self.asker_of_data(&child, Wish::Read);
        let faults = [(!self.model.is("children", &child), 400), (last < first, 400)];
        let expected = Self::verdict(&asker, 200, &faults);
        let url = format!("/v1/children/{child}/logs/{kind}/date/2019-01-{first:02}/{}", day(last));
        let found = self.ask("log_list_of_type", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_logs(&child, kind, first, last));
        }
    }

    async fn environment_create(&mut self) {
        let institution = self.institution();
        let asker = self.asker(|user| user.path == "applications");
        let asker = asker.told(!self.model.institutions.contains_key(&institution));
        let path = format!("institutions/{institution}");
        self.bring(AIR, "environment_create", (&path, &institution), asker).await;
    }

    async fn environment_list(&mut self) {
        let institution = self.institution();
        let asker = self.asker(|_| true);
        let expected = Self::verdict(&asker, 200, &[(!self.model.institutions.contains_key(&institution), 400)]);
        let url = format!("/v1/institutions/{institution}/environments?limit=1000");
        let found = self.ask("environment_list", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_tracked(&institution, AIR));
        }
    }

    async fn environment_delete(&mut self) {
        let institution = self.institution();
        let of: Vec<_> =
            self.model.tracked.keys().filter(|key| key.0 == institution).map(|key| key.2.clone()).collect();
        let others = self.model.tracked.keys().map(|key| key.2.clone()).collect();
        let id = self.target(of, others);
        let asker = self.asker(|user| user.path == "applications");
        let expected = Self::verdict(&asker, 204, &[(!self.model.institutions.contains_key(&institution), 400)]);
        let url = format!("/v1/institutions/{institution}/environments/{id}");
        self.ask("environment_delete", &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok() {
            self.model.forget(&institution, AIR, &id);
        }
    }

    async fn environment_clear(&mut self) {
        let institution = self.institution();
        let asker = self.asker(|user| user.path == "applications");
        let expected = Self::verdict(&asker, 204, &[(!self.model.institutions.contains_key(&institution), 400)]);
        let url = format!("/v1/institutions/{institution}/environments");
        self.ask("environment_clear", &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok() {
            self.model.tracked.retain(|key, _| key.0 != institution);
        }
    }
}

/// A day of the January of 2019, or the last one before it.
fn day(number: u32) -> String {
    if number == 0 { "2018-12-31".to_owned() } else { format!("2019-01-{number:02}") }
}
