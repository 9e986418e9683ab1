//! Deeds with children's wearables: tokens, and syncs of a service that has nothing.

use poem::http::Method;
use serde_json::{Value, json};

use super::model::User;
use super::tracked::Wish;
use super::{Asker, Walk};
use crate::support::wearable::{Script, tokens};

/// How many syncs of a child fit into an hour, which does not go by here.
const SYNCS: u32 = 10;

/// A service that has nothing of anybody.
pub(super) fn empty(script: &mut Script) {
    (script.weights, script.nights, script.activities) = (Ok(Vec::new()), Ok(Vec::new()), Ok(Vec::new()));
    script.logs = [(); 5].map(|()| Ok(Vec::new()));
}

impl Walk {
    pub(super) async fn fitbit_deed(&mut self, at: usize) {
        match at {
            0 => self.fitbit_client_view().await,
            1 => self.fitbit_auth_set().await,
            2 => self.fitbit_auth_view().await,
            3 => self.fitbit_auth_revoke().await,
            _ => self.fitbit_sync().await,
        }
    }

    async fn fitbit_client_view(&mut self) {
        let asker = self.asker(|user| !user.is_admin());
        let expected = Self::verdict(&asker, 200, &[]);
        self.ask("fitbit_client_view", &asker.client, (Method::GET, "/v1/fitbit", None), expected).await;
    }

    /// Somebody who reaches a child's wearable, or now and then somebody else.
    fn asker_of_wearable(&mut self, child: &str) -> Asker {
        let users = self.model.users.values();
        let may = users.filter(|user| !user.is_admin() && self.model.reaches(user, child, Wish::Read));
        let may: Vec<String> = may.map(|user| user.id.clone()).collect();
        let asker = self.asker(|user: &User| may.contains(&user.id));
        asker.told(!self.model.is("children", child))
    }

    async fn fitbit_auth_set(&mut self) {
        let child = self.user("children");
        let asker = self.asker_of_wearable(&child);
        let bad = self.chance(10);
        let body = if bad { json!({}) } else { tokens() };
        let expected = Self::verdict(&asker, 204, &[(bad, 400)]);
        let url = format!("/v1/users/{child}/fitbit/auth");
        self.ask("fitbit_auth_set", &asker.client, (Method::POST, &url, Some(body)), expected).await;
        if expected.is_ok() {
            self.model.tokens.insert(child);
        }
    }

    async fn fitbit_auth_view(&mut self) {
        let child = self.with_tokens();
        let asker = self.asker_of_wearable(&child);
        let expected = Self::verdict(&asker, 200, &[(!self.model.tokens.contains(&child), 404)]);
        let url = format!("/v1/users/{child}/fitbit/auth");
        let shown = self.ask("fitbit_auth_view", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            assert_eq!(shown["status"], json!("valid_token"));
            let sees = asker.user.is_some_and(|user| ["children", "applications"].contains(&user.path));
            assert_eq!(shown["access_token"].is_string(), sees, "after {} steps", self.log.len());
        }
    }

    async fn fitbit_auth_revoke(&mut self) {
        let child = self.with_tokens();
        let asker = self.asker_of_wearable(&child);
        let expected = Self::verdict(&asker, 204, &[]);
        let url = format!("/v1/users/{child}/fitbit/auth/revoke");
        self.ask("fitbit_auth_revoke", &asker.client, (Method::POST, &url, None), expected).await;
        if expected.is_ok() {
            self.model.tokens.remove(&child);
            self.show_of_wearable(&child, &[("fitbit_status", json!("none"))]);
        }
    }

    async fn fitbit_sync(&mut self) {
        let child = self.with_tokens();
        let asker = self.asker_of_wearable(&child);
        if asker.refused.is_none() {
            let syncs = self.model.syncs.entry(child.clone()).or_default();
            *syncs += 1;
            if *syncs > SYNCS {
                return;
            }
        }
        let expected = Self::verdict(&asker, 200, &[(!self.model.tokens.contains(&child), 400)]);
        let url = format!("/v1/users/{child}/fitbit/sync");
        self.ask("fitbit_sync", &asker.client, (Method::POST, &url, None), expected).await;
        if expected.is_ok() {
            let shown = [("fitbit_status", json!("valid_token")), ("last_sync", json!("a time"))];
            self.show_of_wearable(&child, &shown);
        }
    }

    /// A child with tokens; sometimes another one, or none that exists.
    fn with_tokens(&mut self) -> String {
        let model = &self.model;
        let fresh = |id: &&String| model.is("children", id) && model.syncs.get(*id).is_none_or(|syncs| *syncs < SYNCS);
        let of: Vec<String> = model.tokens.iter().filter(fresh).cloned().collect();
        let all = model.of("children").map(|user| user.id.clone()).collect();
        self.target(of, all)
    }

    fn show_of_wearable(&mut self, child: &str, shown: &[(&str, Value)]) {
        let user = self.model.users.get_mut(child).unwrap();
        shown.iter().for_each(|(key, value)| user.shown[*key] = value.clone());
    }
}
