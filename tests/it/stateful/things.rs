//! Deeds with groups, the children of families, tags and institutions.

use poem::http::Method;
use serde_json::{Value, json};

use super::deeds::once;
use super::model::{Group, User};
use super::{ABSENT, Walk};

impl Walk {
    /// An owner, perhaps a stranger to the group that is named beside him.
    pub(super) fn group(&mut self, owners: &str) -> (String, String) {
        let of_type = self.model.groups.iter().filter(|(_, group)| self.model.is(owners, &group.owner));
        let of_type: Vec<_> = of_type.map(|(id, group)| (group.owner.clone(), id.clone())).collect();
        let found = self.pick(&of_type);
        match found.filter(|_| self.dice_keeps()) {
            Some(pair) => pair,
            None => {
                let all = self.model.groups.keys().cloned().collect();
                (self.user(owners), self.target(all, vec![ABSENT.to_owned()]))
            }
        }
    }

    fn dice_keeps(&mut self) -> bool {
        self.chance(85)
    }

    pub(super) fn not_theirs(&self, owner: &str, id: &str) -> bool {
        self.model.groups.get(id).is_none_or(|group| group.owner != owner)
    }

    fn group_name_taken(&self, owner: &str, name: &Value, except: &str) -> bool {
        self.model.groups.iter().any(|(id, group)| group.owner == owner && id != except && json!(group.name) == *name)
    }

    pub(super) async fn group_create(&mut self, owners: &'static str, owner_name: &str) {
        let owner = self.user(owners);
        let of_owner: Vec<_> = self.model.groups.values().filter(|group| group.owner == owner).cloned().collect();
        let taken = if self.chance(10) { self.pick(&of_owner).map(|group| group.name) } else { None };
        let name = taken.unwrap_or_else(|| self.name());
        let school_class = if self.chance(50) { Some(self.name()) } else { None };
        let kids = self.kids();
        let mut body = json!({"name": name, "children": kids});
        if let Some(class) = &school_class {
            body["school_class"] = json!(class);
        }
        let asker = self.asker(|user| user.path == owners && user.id == owner);
        let expected = Self::verdict(
            &asker,
            201,
            &[
                (kids.is_empty(), 400),
                (self.group_name_taken(&owner, &json!(name), ""), 409),
                (self.no_children(&kids), 400),
            ],
        );
        let url = format!("/v1/{owners}/{owner}/children/groups");
        let operation = format!("{owner_name}_group_create");
        let made = self.ask(&operation, &asker.client, (Method::POST, &url, Some(body)), expected).await;
        if expected.is_ok() {
            let id = made["id"].as_str().unwrap().to_owned();
            self.model.groups.insert(id.clone(), Group { owner, name, school_class, kids: once(kids) });
            self.same(&made, &self.model.show_group(&id));
        }
    }

    pub(super) async fn group_list(&mut self, owners: &'static str, owner_name: &str) {
        let owner = self.user(owners);
        let asker = self.asker(|user| user.path == owners && user.id == owner);
        let expected = Self::verdict(&asker, 200, &[]);
        let url = format!("/v1/{owners}/{owner}/children/groups");
        let operation = format!("{owner_name}_group_list");
        let found = self.ask(&operation, &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_groups(&owner));
        }
    }

    pub(super) async fn group_view(&mut self, owners: &'static str, owner_name: &str) {
        let (owner, id) = self.group(owners);
        let asker = self.asker(|user| user.path == owners && user.id == owner);
        let expected = Self::verdict(&asker, 200, &[(self.not_theirs(&owner, &id), 404)]);
        let url = format!("/v1/{owners}/{owner}/children/groups/{id}");
        let operation = format!("{owner_name}_group_view");
        let found = self.ask(&operation, &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_group(&id));
        }
    }

    pub(super) async fn group_update(&mut self, owners: &'static str, owner_name: &str) {
        let (owner, id) = self.group(owners);
        let asker = self.asker(|user| user.path == owners && user.id == owner);
        let mut body = json!({});
        let names: Vec<_> = self.model.groups.values().map(|group| group.name.clone()).collect();
        if self.chance(50) {
            let taken = if self.chance(10) { self.pick(&names) } else { None };
            body["name"] = json!(taken.unwrap_or_else(|| self.name()));
        }
        if self.chance(30) {
            body["school_class"] = json!(self.name());
        }
        if self.chance(50) {
            body["children"] = json!(self.kids());
        }
        let kids: Vec<String> = serde_json::from_value(body["children"].clone()).unwrap_or_default();
        let expected = Self::verdict(
            &asker,
            200,
            &[
                (self.not_theirs(&owner, &id), 404),
                (self.group_name_taken(&owner, &body["name"], &id), 409),
                (self.no_children(&kids), 400),
            ],
        );
        let url = format!("/v1/{owners}/{owner}/children/groups/{id}");
        let operation = format!("{owner_name}_group_update");
        let found = self.ask(&operation, &asker.client, (Method::PATCH, &url, Some(body.clone())), expected).await;
        if expected.is_ok() {
            let group = self.model.groups.get_mut(&id).unwrap();
            if let Some(name) = body["name"].as_str() {
                group.name = name.to_owned();
            }
            if let Some(class) = body["school_class"].as_str() {
                group.school_class = Some(class.to_owned());
            }
            if body["children"].is_array() {
                group.kids = once(kids);
            }
            self.same(&found, &self.model.show_group(&id));
        }
    }

    pub(super) async fn group_delete(&mut self, owners: &'static str, owner_name: &str) {
        let (owner, id) = self.group(owners);
        let asker = self.asker(|user| user.path == owners && user.id == owner);
        let expected = Self::verdict(&asker, 204, &[]);
        let url = format!("/v1/{owners}/{owner}/children/groups/{id}");
        let operation = format!("{owner_name}_group_delete");
        self.ask(&operation, &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok() && !self.not_theirs(&owner, &id) {
            self.model.groups.remove(&id);
        }
    }

    pub(super) async fn family_child_list(&mut self) {
        let id = self.user("families");
        let asker = self.asker(|user| user.is_admin() || (user.path == "families" && user.id == id));
        let expected = Self::verdict(&asker, 200, &[(!self.model.is("families", &id), 404)]);
        let url = format!("/v1/families/{id}/children");
        let found = self.ask("family_child_list", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_children_of(&id));
        }
    }

    pub(super) async fn family_child_add(&mut self) {
        let (id, kid) = (self.user("families"), self.user("children"));
        let asker = self.asker(User::is_admin);
        let faults = [(!self.model.is("families", &id), 400), (!self.model.is("children", &kid), 400)];
        let expected = Self::verdict(&asker, 200, &faults);
        let url = format!("/v1/families/{id}/children/{kid}");
        let found = self.ask("family_child_add", &asker.client, (Method::POST, &url, None), expected).await;
        if expected.is_ok() {
            let family = self.model.users.get_mut(&id).unwrap();
            if !family.kids.contains(&kid) {
                family.kids.push(kid);
            }
            self.same(&found, &self.model.show_user(&self.model.users[&id]));
        }
    }

    pub(super) async fn family_child_remove(&mut self) {
        let id = self.user("families");
        let kids = self.model.users.get(&id).map(|family| family.kids.clone()).unwrap_or_default();
        let others = self.model.of("children").map(|kid| kid.id.clone()).collect();
        let kid = self.target(kids, others);
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 204, &[(!self.model.is("families", &id), 404)]);
        let url = format!("/v1/families/{id}/children/{kid}");
        self.ask("family_child_remove", &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok() {
            self.model.users.get_mut(&id).unwrap().kids.retain(|one| *one != kid);
        }
    }

    /// A tag that some child holds, or none does.
    fn tag(&mut self) -> String {
        let held: Vec<_> =
            self.model.of("children").filter_map(|kid| kid.shown["nfc_tag"].as_str().map(str::to_owned)).collect();
        let held = self.pick(&held);
        held.unwrap_or_else(|| self.name()).replace(' ', "-")
    }

    fn holder(&self, tag: &str) -> Option<&User> {
        self.model.of("children").find(|kid| kid.shown["nfc_tag"] == json!(tag))
    }

    pub(super) async fn tag_set(&mut self) {
        let id = self.user("children");
        let tag = if self.chance(10) { self.tag() } else { self.name().replace(' ', "-") };
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(
            &asker,
            201,
            &[(!self.model.is("children", &id), 404), (self.holder(&tag).is_some_and(|holder| holder.id != id), 409)],
        );
        let url = format!("/v1/children/{id}/nfc");
        let request = (Method::POST, url.as_str(), Some(json!({"nfc_tag": tag})));
        let found = self.ask("child_tag_set", &asker.client, request, expected).await;
        if expected.is_ok() {
            let shown = &mut self.model.users.get_mut(&id).unwrap().shown;
            shown["nfc_tag"] = json!(tag);
            shown["tag_ass_time"] = json!("a time");
            self.same(&found, &self.model.show_user(&self.model.users[&id]));
        }
    }

    pub(super) async fn tag_clear(&mut self) {
        let id = self.user("children");
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 204, &[(!self.model.is("children", &id), 404)]);
        let url = format!("/v1/children/{id}/nfc");
        self.ask("child_tag_clear", &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok() {
            let shown = self.model.users.get_mut(&id).unwrap().shown.as_object_mut().unwrap();
            shown.retain(|key, _| key != "nfc_tag" && key != "tag_ass_time");
        }
    }

    pub(super) async fn tag_view(&mut self) {
        let tag = if self.chance(90) { self.tag() } else { self.name().replace(' ', "-") };
        let holder = self.holder(&tag).filter(|holder| !holder.has_left()).map(|holder| holder.id.clone());
        let id = holder.clone().unwrap_or_else(|| ABSENT.to_owned());
        let mut asker = self.asker(|user| Self::sees(user, "children", &id));
        // Families and children are told that there is none; applications lack the scope.
        let told = asker.user.as_ref().is_some_and(|user| ["families", "children"].contains(&user.path));
        if told && asker.refused.is_some() {
            asker.refused = Some(404);
        }
        let expected = Self::verdict(&asker, 200, &[(holder.is_none(), 404)]);
        let url = format!("/v1/children/nfc/{tag}");
        let found = self.ask("child_view_by_tag", &asker.client, (Method::GET, &url, None), expected).await;
        if let (Ok(_), Some(holder)) = (expected, holder) {
            self.same(&found, &self.model.show_user(&self.model.users[&holder]));
        }
    }

    fn institution_name(&mut self) -> Value {
        let names: Vec<_> = self.model.institutions.values().map(|one| one["name"].clone()).collect();
        let taken = if self.chance(10) { self.pick(&names) } else { None };
        taken.unwrap_or_else(|| json!(self.name()))
    }

    fn institution_name_taken(&self, name: &Value, except: &str) -> bool {
        self.model.institutions.iter().any(|(id, one)| id != except && one["name"] == *name)
    }

    pub(super) async fn institution_create(&mut self) {
        let mut body = json!({"name": self.institution_name(), "type": "School"});
        if self.chance(50) {
            body["latitude"] = json!(self.pick(&[-7.5, 40.25]));
        }
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 201, &[(self.institution_name_taken(&body["name"], ""), 409)]);
        let request = (Method::POST, "/v1/institutions", Some(body.clone()));
        let made = self.ask("institution_create", &asker.client, request, expected).await;
        if expected.is_ok() {
            let id = made["id"].as_str().unwrap().to_owned();
            self.model.institutions.insert(id.clone(), body);
            self.same(&made, &self.model.show_institution(&id));
        }
    }

    pub(super) async fn institution_list(&mut self) {
        let asker = self.asker(|user| !["families", "children"].contains(&user.path));
        let expected = Self::verdict(&asker, 200, &[]);
        let request = (Method::GET, "/v1/institutions?limit=1000", None);
        let found = self.ask("institution_list", &asker.client, request, expected).await;
        if expected.is_ok() {
            let all = self.model.institutions.keys().rev().map(|id| self.model.show_institution(id)).collect();
            self.same(&found, &all);
        }
    }

    pub(super) async fn institution_view(&mut self) {
        let id = self.institution();
        let asker =
            self.asker(|user| !["families", "children"].contains(&user.path) || user.institution() == Some(&id));
        let expected = Self::verdict(&asker, 200, &[(!self.model.institutions.contains_key(&id), 404)]);
        let url = format!("/v1/institutions/{id}");
        let found = self.ask("institution_view", &asker.client, (Method::GET, &url, None), expected).await;
        if expected.is_ok() {
            self.same(&found, &self.model.show_institution(&id));
        }
    }

    pub(super) async fn institution_update(&mut self) {
        let id = self.institution();
        let mut body = json!({});
        if self.chance(60) {
            body["name"] = self.institution_name();
        }
        if self.chance(40) {
            body["address"] = json!(self.name());
        }
        let asker = self.asker(|user| {
            let cares = ["educators", "healthprofessionals"].contains(&user.path);
            user.is_admin() || (cares && user.institution() == Some(&id))
        });
        let expected = Self::verdict(
            &asker,
            200,
            &[
                (!body["name"].is_null() && self.institution_name_taken(&body["name"], &id), 409),
                (!self.model.institutions.contains_key(&id), 404),
            ],
        );
        let url = format!("/v1/institutions/{id}");
        let request = (Method::PATCH, url.as_str(), Some(body.clone()));
        let found = self.ask("institution_update", &asker.client, request, expected).await;
        if expected.is_ok() {
            let stored = self.model.institutions.get_mut(&id).unwrap();
            body.as_object().unwrap().iter().for_each(|(key, value)| stored[key] = value.clone());
            self.same(&found, &self.model.show_institution(&id));
        }
    }

    pub(super) async fn institution_delete(&mut self) {
        let used = |id: &String| self.model.users.values().any(|user| user.institution() == Some(id));
        let free: Vec<_> = self.model.institutions.keys().filter(|id| !used(id)).cloned().collect();
        // Some are kept for those who are to come.
        let free = if self.model.institutions.len() > 3 { free } else { Vec::new() };
        let all = self.model.institutions.keys().filter(|id| used(id)).cloned().collect();
        let id = self.target(free, all);
        let in_use = self.model.users.values().any(|user| user.institution() == Some(&id));
        let asker = self.asker(User::is_admin);
        let expected = Self::verdict(&asker, 204, &[(in_use, 400)]);
        let url = format!("/v1/institutions/{id}");
        self.ask("institution_delete", &asker.client, (Method::DELETE, &url, None), expected).await;
        if expected.is_ok() {
            self.model.institutions.remove(&id);
            self.model.tracked.retain(|key, _| key.0 != id);
        }
    }
}
