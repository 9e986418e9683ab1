//! Deeds with files of wearables: an import of a child from its file to its end, and what coverage shows.

use poem::http::Method;
use serde_json::{Value, json};

use super::model::User;
use super::tracked::Wish;
use super::{Asker, Walk};

impl Walk {
    /// A step of an import of a child.
    async fn wearable(
        &mut self,
        asker: &Asker,
        operation: &str,
        (method, path, body): (Method, &str, Option<Value>),
    ) -> Value {
        let success = if method == Method::DELETE { 204 } else { 200 };
        let expected = Self::verdict(asker, success, &[]);
        self.ask(operation, &asker.client, (method, path, body), expected).await
    }

    /// A weight of a time that no other has: it comes in, is seen, and is taken back.
    pub(super) async fn wearable_import(&mut self) {
        let child = self.user("children");
        let may = |user: &User| user.is_admin() || ["educators", "families"].contains(&user.path);
        let users = self.model.users.values();
        let users =
            users.filter(|user| may(user) && (user.is_admin() || self.model.reaches(user, &child, Wish::Delete)));
        let ids: Vec<String> = users.map(|user| user.id.clone()).collect();
        let asker = self.asker(|user| ids.contains(&user.id)).told(!self.model.is("children", &child));
        self.names += 1;
        let (minute, hour, day) = (self.names % 60, self.names / 60 % 24, self.names / 1440 + 1);
        let sheet = format!("Date,Weight (kg)\n2001-01-{day:02} {hour:02}:{minute:02}:00,30\n");
        let of_child = format!("/v1/children/{child}/wearables");
        let upload = format!("{of_child}/uploads/{:024x}", self.names);
        let put = (Method::PUT, &*format!("{upload}/files/weight.csv"), Some(json!(sheet)));
        self.wearable(&asker, "wearable_file_put", put).await;
        let plan = (Method::POST, &*format!("{upload}/plan"), Some(json!({"answers": {"zone": "Europe/Athens"}})));
        self.wearable(&asker, "wearable_upload_plan", plan).await;
        self.settled(&asker, &upload).await;
        let shown = self.wearable(&asker, "wearable_upload_view", (Method::GET, &upload, None)).await;
        let apply = (Method::POST, &*format!("{upload}/apply"), Some(json!({"plan": shown["plan"]["plan"]})));
        let apply = if asker.refused.is_some() { (apply.0, apply.1, None) } else { apply };
        self.wearable(&asker, "wearable_upload_apply", apply).await;
        let applied = self.settled(&asker, &upload).await["applied"].clone();
        self.wearable(&asker, "wearable_upload_delete", (Method::DELETE, &upload, None)).await;
        let list = (Method::GET, &*format!("{of_child}/imports"), None);
        let imports = self.wearable(&asker, "child_wearable_import_list", list).await;
        if asker.refused.is_some() {
            return;
        }
        assert_eq!((&applied["created"], &imports[0]["import"]), (&json!(1), &applied["import"]), "{}", self.tail());
        let import = format!("{of_child}/imports/{}", applied["import"]);
        let shown = self.wearable(&asker, "wearable_import_view", (Method::GET, &import, None)).await;
        assert_eq!((&shown["removed"], &shown["left_in_all"]), (&json!(1), &json!(0)), "{}", self.tail());
        let undo = (Method::POST, &*format!("{import}/undo"), None);
        assert_eq!(self.wearable(&asker, "wearable_import_undo", undo).await["removed"], json!(1), "{}", self.tail());
        let admin = self.asker(User::is_admin);
        self.wearable(&admin, "wearable_import_list", (Method::GET, "/v1/wearables/imports", None)).await;
    }

    /// An upload with which nothing is done any more.
    async fn settled(&mut self, asker: &Asker, upload: &str) -> Value {
        loop {
            let found = asker.client.get(upload).await.body;
            if !["reading", "applying"].contains(&found["stage"].as_str().unwrap_or_default()) {
                return found;
            }
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn group_coverage_view(&mut self, owners: &'static str, owner_name: &str) {
        let (owner, id) = self.group(owners);
        let asker = self.asker(|user| user.is_admin() || (user.path == owners && user.id == owner));
        let expected = Self::verdict(&asker, 200, &[(self.not_theirs(&owner, &id), 404)]);
        let url = format!("/v1/{owners}/{owner}/children/groups/{id}/coverage/2019-01-01/2019-01-31");
        let operation = format!("{owner_name}_group_coverage_view");
        let told = self.ask(&operation, &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            let kids: Vec<_> = self.model.active(&self.model.groups[&id].kids).map(|kid| json!(kid.id)).collect();
            let children: Vec<_> =
                told["children"].as_array().unwrap().iter().map(|child| child["child_id"].clone()).collect();
            assert_eq!(children, kids, "{told}\n{}", self.tail());
        }
    }
}
