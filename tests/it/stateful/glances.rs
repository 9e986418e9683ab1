//! Deeds of whoever looks at many at once: an administrator at everybody, somebody at the days of a child or of a group.

use std::collections::BTreeMap;

use poem::http::Method;
use serde_json::{Value, json};

use super::model::{Model, User};
use super::tracked::Wish;
use super::{ABSENT, Walk};

/// The days that totals are of.
const RANGE: &str = "days/2019-01-01/2019-01-31";

impl Model {
    /// Totals of a type, by day.
    fn days_of(&self, child: &str, kind: &str) -> BTreeMap<String, Value> {
        let of_child = self.logs.iter().filter(|((whose, of, _), _)| whose == child && *of == kind);
        of_child.map(|((_, _, day), value)| (day.clone(), json!(value))).collect()
    }
}

impl Walk {
    pub(super) async fn overview_view(&mut self) {
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 200, &[]);
        let told = self.ask("overview_view", &asker.client, (Method::GET, "/v1/overview", None), expected).await;
        if expected.is_ok() {
            let mut all: BTreeMap<&str, u64> = BTreeMap::new();
            for user in self.model.users.values().filter(|user| !user.has_left()) {
                *all.entry(user.path).or_default() += 1;
            }
            let mut counts: Vec<_> =
                told["users"].as_array().unwrap().iter().map(|kind| kind["users"].as_u64().unwrap()).collect();
            counts.sort_unstable();
            let mut expected: Vec<_> = all.into_values().collect();
            expected.sort_unstable();
            assert_eq!(counts, expected, "{told}\n{}", self.tail());
        }
    }

    /// What only administrators are told of the service.
    pub(super) async fn service_deed(&mut self) {
        let deeds = [
            ("audit_view", "audit"),
            ("limits_view", "limits"),
            ("keys_view", "keys"),
            ("settings_view", "settings"),
            ("backups_view", "backups"),
            ("backup_make", "backups"),
        ];
        let (deed, path) = self.pick(&deeds).unwrap();
        let (method, success) = if deed == "backup_make" { (Method::POST, 202) } else { (Method::GET, 200) };
        let url = format!("/v1/service/{path}");
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, success, &[]);
        self.ask(deed, &asker.client, (method, &url, None), expected).await;
    }

    pub(super) async fn user_unlock(&mut self) {
        let all = self.model.users.keys().cloned().collect();
        let id = self.target(all, vec![ABSENT.to_owned()]);
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 204, &[(!self.model.users.contains_key(&id), 404)]);
        let url = format!("/v1/users/{id}/unlock");
        self.ask("user_unlock", &asker.client, (Method::POST, &url, None), expected).await;
    }

    pub(super) async fn child_days_view(&mut self) {
        let child = self.user("children");
        let asker = self.asker_of_data(&child, Wish::Read);
        let expected = Self::verdict(&asker, 200, &[(!self.model.is("children", &child), 400)]);
        let url = format!("/v1/children/{child}/{RANGE}");
        let told = self.ask("child_days_view", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.has_days_of(&told, &child);
        }
    }

    pub(super) async fn group_days_view(&mut self, owners: &'static str, owner_name: &str) {
        let (owner, id) = self.group(owners);
        let asker = self.asker(|user| user.path == owners && user.id == owner);
        let expected = Self::verdict(&asker, 200, &[(self.not_theirs(&owner, &id), 404)]);
        let url = format!("/v1/{owners}/{owner}/children/groups/{id}/{RANGE}");
        let operation = format!("{owner_name}_group_days_view");
        let told = self.ask(&operation, &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            let children = told["children"].as_array().unwrap();
            let kids: Vec<_> = self.model.active(&self.model.groups[&id].kids).map(|kid| kid.id.clone()).collect();
            assert_eq!(children.len(), kids.len(), "{told}\n{}", self.tail());
            children.iter().zip(&kids).for_each(|(child, kid)| self.has_days_of(child, kid));
        }
    }

    /// The totals are the model's; days with nights alone may stand between.
    fn has_days_of(&self, told: &Value, child: &str) {
        assert_eq!(told["child_id"], json!(child));
        for kind in ["steps", "active_minutes"] {
            let days = told["days"].as_array().unwrap().iter();
            let days = days.filter_map(|day| Some((day["date"].as_str().unwrap().to_owned(), day.get(kind)?.clone())));
            assert_eq!(days.collect::<BTreeMap<_, _>>(), self.model.days_of(child, kind), "{}", self.tail());
        }
    }
}
