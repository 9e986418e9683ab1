//! One random operation at a time: what is asked, and what the contract lets happen.

use std::collections::BTreeSet;

use poem::http::Method;
use proptest::prelude::RngExt;
use serde_json::{Value, json};

use super::model::User;
use super::{ABSENT, Asker, Walk};

/// The types of user, where they live and what their operations are called after.
const TYPES: [(&str, &str); 5] = [
    ("children", "child"),
    ("families", "family"),
    ("educators", "educator"),
    ("healthprofessionals", "healthprofessional"),
    ("applications", "application"),
];

/// Each of them once, where it comes first.
pub(super) fn once(kids: Vec<String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    kids.into_iter().filter(|kid| seen.insert(kid.clone())).collect()
}

impl Walk {
    /// Founds a few of everything, so that most of what follows finds something.
    pub async fn found(&mut self) {
        let users = (0..5).cycle().take(25);
        for kind in [36; 3].into_iter().chain(users).chain((20..22).cycle().take(8)) {
            self.deed(kind).await;
        }
    }

    pub async fn step(&mut self) {
        let kind = self.dice.random_range(0..53 + 50 + 6);
        self.deed(kind).await;
    }

    /// A random operation of a kind; kinds that depend on others have several numbers.
    async fn deed(&mut self, at: usize) {
        let (path, name) = TYPES[at % 5];
        let (owners, owner_name) = TYPES[2 + at % 2];
        match at {
            0..5 => self.user_create(path, name).await,
            5..10 => self.user_list(path, name).await,
            10..15 => self.user_view(path, name).await,
            15..20 => self.user_update(path, name).await,
            20..22 => self.group_create(owners, owner_name).await,
            22..24 => self.group_list(owners, owner_name).await,
            24..26 | 48..50 => self.group_view(owners, owner_name).await,
            26..28 | 50..52 => self.group_update(owners, owner_name).await,
            28..30 => self.group_delete(owners, owner_name).await,
            30 => self.family_child_list().await,
            31 => self.family_child_add().await,
            32 => self.family_child_remove().await,
            33 => self.tag_set().await,
            34 => self.tag_clear().await,
            35 => self.tag_view().await,
            36 => self.institution_create().await,
            37 => self.institution_list().await,
            38 => self.institution_view().await,
            39 => self.institution_update().await,
            40 => self.institution_delete().await,
            41 => self.password_change().await,
            42 => self.password_reset().await,
            43 => self.login().await,
            44 => self.user_update("families", "family").await,
            45 => self.user_update("applications", "application").await,
            46 | 47 | 52 => self.user_delete().await,
            53..103 => self.tracked_deed(at - 53).await,
            _ => self.fitbit_deed(at - 103).await,
        }
    }

    /// What stands between the asker and the deed: who he is, then what he says.
    pub(super) fn verdict(asker: &Asker, success: u16, faults: &[(bool, u16)]) -> Result<u16, u16> {
        if let Some(refused) = asker.refused {
            return Err(refused);
        }
        faults.iter().find(|(fault, _)| *fault).map_or(Ok(success), |(_, status)| Err(*status))
    }

    pub(super) fn institution(&mut self) -> String {
        let all = self.model.institutions.keys().cloned().collect();
        self.target(all, vec![ABSENT.to_owned()])
    }

    /// Some children; now and then one of them twice, or somebody who is none.
    pub(super) fn kids(&mut self) -> Vec<String> {
        let mut kids: Vec<String> = Vec::new();
        for _ in 0..3 {
            let all: Vec<_> = self.model.of("children").map(|kid| kid.id.clone()).collect();
            kids.extend(self.pick(&all));
        }
        if self.chance(4) {
            kids.push(self.user("educators"));
        }
        kids
    }

    pub(super) fn no_children(&self, kids: &[String]) -> bool {
        kids.iter().any(|kid| !self.model.is("children", kid))
    }

    /// A new name, or one that another user of the type has.
    fn username(&mut self, path: &str) -> Value {
        let taken: Vec<_> = self.model.of(path).map(|user| user.shown["username"].clone()).collect();
        let taken = if self.chance(8) { self.pick(&taken) } else { None };
        taken.unwrap_or_else(|| json!(self.name()))
    }

    async fn user_create(&mut self, path: &'static str, name: &str) {
        let institution = self.institution();
        let mut shown = json!({"username": self.username(path), "institution_id": institution});
        let kids = if path == "families" { self.kids() } else { Vec::new() };
        match path {
            "children" => {
                shown["gender"] = json!(self.pick(&["male", "female"]));
                shown["age"] = json!(self.pick(&["9", "10", "2015-05-05"]));
            }
            "applications" => shown["application_name"] = json!(self.name()),
            _ => {}
        }
        let password = self.name();
        let mut body = shown.clone();
        body["password"] = json!(password);
        body["children"] = json!(kids);
        let missing = self.chance(3);
        if missing {
            body.as_object_mut().unwrap().remove("username");
        }
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(
            &asker,
            201,
            &[
                (missing || (path == "families" && kids.is_empty()), 400),
                (self.model.username_taken(path, &shown["username"], ""), 409),
                (self.no_children(&kids), 400),
                (!self.model.institutions.contains_key(&institution), 400),
            ],
        );
        let operation = format!("{name}_create");
        let made =
            self.ask(&operation, &asker.client, (Method::POST, &format!("/v1/{path}"), Some(body)), expected).await;
        if expected.is_ok() {
            if path == "children" {
                shown["fitbit_status"] = json!("none");
            }
            let id = made["id"].as_str().unwrap().to_owned();
            let client = self.world.nobody();
            let user = User { id: id.clone(), path, shown, password, kids: once(kids), client };
            self.same(&made, &self.model.show_user(&user));
            self.model.users.insert(id.clone(), user);
            self.enter(&id).await;
        }
    }

    /// Logs somebody in, whose token is then the one used.
    pub(super) async fn enter(&mut self, id: &str) {
        let user = self.model.users[id].clone();
        let login = json!({"username": user.shown["username"], "password": user.password});
        let nobody = self.world.nobody();
        let reply = self.ask("auth_login", &nobody, (Method::POST, "/v1/auth", Some(login)), Ok(200)).await;
        let user = self.model.users.get_mut(id).unwrap();
        user.client = self.world.bearer(reply["access_token"].as_str().unwrap());
        user.shown["last_login"] = json!("a time");
    }

    async fn login(&mut self) {
        let users: Vec<_> = self.model.users.values().filter(|user| !user.is_admin()).cloned().collect();
        let Some(user) = self.pick(&users) else { return };
        if user.has_left() {
            return self.stay_out(&user).await;
        }
        if self.chance(85) {
            return self.enter(&user.id).await;
        }
        let wrong = json!({"username": user.shown["username"], "password": format!("not {}", user.password)});
        let nobody = self.world.nobody();
        self.ask("auth_login", &nobody, (Method::POST, "/v1/auth", Some(wrong)), Err(401)).await;
    }

    /// That somebody who left is not let in.
    async fn stay_out(&mut self, user: &User) {
        let login = json!({"username": user.shown["username"], "password": user.password});
        let nobody = self.world.nobody();
        self.ask("auth_login", &nobody, (Method::POST, "/v1/auth", Some(login)), Err(401)).await;
    }

    async fn user_list(&mut self, path: &'static str, name: &str) {
        let asker = self.asker(|user| {
            user.is_admin() || (path == "children" && ["educators", "healthprofessionals"].contains(&user.path))
        });
        let expected = Self::verdict(&asker, 200, &[]);
        let url = format!("/v1/{path}?limit=1000");
        let found = self.ask(&format!("{name}_list"), &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_all(path));
        }
    }

    /// Who may see a user.
    pub(super) fn sees(user: &User, path: &str, id: &str) -> bool {
        let own = user.id == id && user.path == path;
        let cares = ["educators", "healthprofessionals"].contains(&user.path);
        user.is_admin() || own || (path == "children" && (cares || user.kids.iter().any(|kid| kid == id)))
    }

    async fn user_view(&mut self, path: &'static str, name: &str) {
        let id = self.user(path);
        let asker = self.asker(|user| Self::sees(user, path, &id));
        let expected = Self::verdict(&asker, 200, &[(!self.model.is(path, &id), 404)]);
        let url = format!("/v1/{path}/{id}");
        let found = self.ask(&format!("{name}_view"), &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_user(&self.model.users[&id]));
        }
    }

    async fn user_update(&mut self, path: &'static str, name: &str) {
        let id = self.user(path);
        let mut body = json!({});
        if self.chance(40) {
            body["username"] = self.username(path);
        }
        if self.chance(30) {
            body["institution_id"] = json!(self.institution());
        }
        if path == "families" && self.chance(40) {
            body["children"] = json!(self.kids());
        }
        if path == "children" && self.chance(40) {
            body["age"] = json!(self.pick(&["11", "12"]));
        }
        if path == "applications" && self.chance(40) {
            body["application_name"] = json!(self.name());
        }
        let bad = self.chance(3);
        if bad {
            body["password"] = json!("x");
        }
        let owned = ["families", "educators", "healthprofessionals"].contains(&path);
        let asker = self.asker(|user| user.is_admin() || (owned && user.path == path && user.id == id));
        let kids: Vec<String> = serde_json::from_value(body["children"].clone()).unwrap_or_default();
        let institution = body["institution_id"].as_str().map(str::to_owned);
        let affiliates = asker.user.as_ref().is_some_and(|user| {
            let moves = institution.is_some() && institution.as_deref() != user.institution();
            !user.is_admin() && (moves || kids.iter().any(|kid| !user.kids.contains(kid)))
        });
        let expected = Self::verdict(
            &asker,
            200,
            &[
                (bad, 400),
                (affiliates, 403),
                (!self.model.is(path, &id), 404),
                (!body["username"].is_null() && self.model.username_taken(path, &body["username"], &id), 409),
                (self.no_children(&kids), 400),
                (institution.is_some_and(|id| !self.model.institutions.contains_key(&id)), 400),
            ],
        );
        let url = format!("/v1/{path}/{id}");
        let request = (Method::PATCH, url.as_str(), Some(body.clone()));
        let found = self.ask(&format!("{name}_update"), &asker.client, request, expected).await;
        if expected.is_ok() {
            let user = self.model.users.get_mut(&id).unwrap();
            let changes = body.as_object().unwrap().iter().filter(|(key, _)| *key != "children");
            changes.for_each(|(key, value)| user.shown[key] = value.clone());
            if body["children"].is_array() {
                user.kids = once(kids);
            }
            self.same(&found, &self.model.show_user(&self.model.users[&id]));
        }
    }

    async fn user_delete(&mut self) {
        // The larger a type, the likelier.
        let id = if self.chance(90) {
            let all: Vec<_> =
                self.model.users.values().filter(|user| !user.is_admin()).map(|user| user.id.clone()).collect();
            self.pick(&all).unwrap_or_else(|| ABSENT.to_owned())
        } else {
            self.user("admin")
        };
        let asker = self.asker(|user| user.is_admin() && user.id != id);
        let expected = Self::verdict(&asker, 204, &[]);
        let url = format!("/v1/users/{id}");
        self.ask("user_delete", &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok()
            && let Some(gone) = self.model.delete_user(&id)
        {
            self.ghosts.push(gone.client);
        }
    }

    async fn password_change(&mut self) {
        let changes = |user: &User| !["admin", "children", "applications"].contains(&user.path);
        let wide = self.chance(10);
        let all = self.model.users.values().filter(|user| changes(user) || (wide && !user.is_admin()));
        let all: Vec<_> = all.map(|user| user.id.clone()).collect();
        let Some(id) = self.pick(&all) else { return };
        let may = |user: &User| user.id == id && changes(user);
        let asker = self.asker(may);
        let wrong = self.chance(10);
        let old = if wrong { self.name() } else { self.model.users[&id].password.clone() };
        let new = self.name();
        let body = json!({"old_password": old, "new_password": new});
        let expected = Self::verdict(&asker, 204, &[(wrong, 400)]);
        let url = format!("/v1/users/{id}/password");
        self.ask("password_change", &asker.client, (Method::PUT, &url, Some(body)), expected).await;
        if expected.is_ok() {
            self.model.users.get_mut(&id).unwrap().password = new;
        }
    }

    /// An educator gives a child of one of his groups another password.
    pub(super) async fn child_password_reset(&mut self) {
        let of_educators = self.model.groups.values().filter(|group| self.model.is("educators", &group.owner));
        let kids = of_educators.flat_map(|group| group.kids.clone()).collect();
        let all = self.model.users.keys().cloned().collect();
        let id = self.target(kids, all);
        let groups = self.model.groups.values().filter(|group| group.kids.contains(&id));
        let owners: BTreeSet<String> = groups.map(|group| group.owner.clone()).collect();
        let asker = self.asker(|user| user.path == "educators" && owners.contains(&user.id));
        let missing = self.chance(5);
        let new = self.name();
        let body = if missing { json!({}) } else { json!({"new_password": new}) };
        let expected = Self::verdict(&asker, 204, &[(missing, 400)]);
        let url = format!("/v1/children/{id}/reset-password");
        self.ask("child_password_reset", &asker.client, (Method::POST, &url, Some(body)), expected).await;
        if expected.is_ok() {
            self.has_new_password(&id, new).await;
        }
    }

    /// Somebody's tokens work no more, and his password is another.
    async fn has_new_password(&mut self, id: &str, new: String) {
        let user = self.model.users.get_mut(id).unwrap();
        user.password = new;
        let (revoked, has_left) = (user.client.clone(), user.has_left());
        self.ghosts.push(revoked);
        if !has_left {
            self.enter(id).await;
        }
    }

    async fn password_reset(&mut self) {
        let all: Vec<_> =
            self.model.users.values().filter(|user| !user.is_admin()).map(|user| user.id.clone()).collect();
        let id = self.target(all, vec![ABSENT.to_owned()]);
        let asker = self.asker(User::is_admin);
        let missing = self.chance(5);
        let new = self.name();
        let body = if missing { json!({}) } else { json!({"new_password": new}) };
        let expected = Self::verdict(&asker, 204, &[(missing, 400), (!self.model.users.contains_key(&id), 404)]);
        let url = format!("/v1/users/{id}/reset-password");
        self.ask("password_reset", &asker.client, (Method::POST, &url, Some(body)), expected).await;
        if expected.is_ok() {
            self.has_new_password(&id, new).await;
        }
    }
}
