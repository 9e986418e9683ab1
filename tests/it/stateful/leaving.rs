//! Deeds of administrators with those who leave and come back.

use poem::http::Method;
use serde_json::json;

use super::model::User;
use super::{ABSENT, Walk};

impl Walk {
    pub(super) async fn user_deactivate(&mut self) {
        let (all, none) = (self.model.users.keys().cloned().collect(), vec![ABSENT.to_owned()]);
        let id = self.target(all, none);
        let asker = self.asker(|user| user.is_admin() && user.id != id);
        let (later, bad) = (self.chance(20), self.chance(5));
        let mut body = json!({"erase_after_days": if bad { 0 } else { 30 }});
        if later {
            body["at"] = json!("2199-12-31T00:00:00Z");
        }
        let expected = Self::verdict(&asker, 204, &[(bad, 400), (!self.model.users.contains_key(&id), 404)]);
        let url = format!("/v1/users/{id}/deactivate");
        self.ask("user_deactivate", &asker.client, (Method::POST, &url, Some(body)), expected).await;
        if expected.is_ok() && !later {
            let user = self.model.users.get_mut(&id).unwrap();
            user.shown["deactivated_at"] = json!("a time");
            self.ghosts.push(user.client.clone());
        }
    }

    pub(super) async fn user_activate(&mut self) {
        let left = self.model.users.values().filter(|user| user.has_left()).map(|user| user.id.clone()).collect();
        let all = self.model.users.values().filter(|user| !user.is_admin()).map(|user| user.id.clone()).collect();
        let id = self.target(left, all);
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 204, &[(!self.model.users.contains_key(&id), 404)]);
        let url = format!("/v1/users/{id}/activate");
        self.ask("user_activate", &asker.client, (Method::POST, &url, None), expected).await;
        if expected.is_ok()
            && let Some(shown) = self.model.users.get_mut(&id).and_then(|user| user.shown.as_object_mut())
            && shown.remove("deactivated_at").is_some()
        {
            self.enter(&id).await;
        }
    }
}
