//! What the service should hold and show.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::Client;

/// Everything that is stored, by id; ids are in the order of creation.
#[derive(Default)]
pub struct Model {
    pub institutions: BTreeMap<String, Value>,
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, Group>,
    /// What is tracked, by whose it is, where it lives, and its id.
    pub tracked: BTreeMap<(String, &'static str, String), Tracked>,
    /// Totals, by child, type and day.
    pub logs: BTreeMap<(String, &'static str, String), u32>,
    /// The children whose wearable's tokens there are.
    pub tokens: BTreeSet<String>,
    /// How often each was synced, or tried to be.
    pub syncs: BTreeMap<String, u32>,
}

/// The types of totals.
pub const LOG_TYPES: [&str; 5] = ["steps", "calories", "active_minutes", "lightly_active_minutes", "sedentary_minutes"];

/// Something that is tracked.
#[derive(Clone)]
pub struct Tracked {
    /// What is shown, without the ids and without a weight's body fat.
    pub shown: Value,
    /// What nothing else of its owner and kind may have, too.
    pub key: String,
    /// The id of the body fat that is linked with it.
    pub fat: Option<String>,
    /// The value of a body fat that came with it, whose id is not known yet.
    pub brings_fat: Option<u32>,
}

#[derive(Clone)]
pub struct User {
    pub id: String,
    /// Where users of this type live; `admin` for administrators.
    pub path: &'static str,
    /// What is shown, without id and nested objects.
    pub shown: Value,
    pub password: String,
    /// A family's children.
    pub kids: Vec<String>,
    /// Holds the user's newest token.
    pub client: Client,
}

#[derive(Clone)]
pub struct Group {
    pub owner: String,
    pub name: String,
    pub school_class: Option<String>,
    pub kids: Vec<String>,
}

/// An answer without the figures of its times.
pub fn shape(answer: &Value) -> Value {
    match answer {
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(fields) => {
            let shaped = fields.iter().map(|(key, value)| match key.as_str() {
                "last_login" | "last_sync" | "tag_ass_time" | "deactivated_at" => (key.clone(), json!("a time")),
                _ => (key.clone(), shape(value)),
            });
            Value::Object(shaped.collect())
        }
        other => other.clone(),
    }
}

impl User {
    /// The institution that the user belongs to.
    pub fn institution(&self) -> Option<&str> {
        self.shown["institution_id"].as_str()
    }

    pub fn is_admin(&self) -> bool {
        self.path == "admin"
    }

    /// Whether the user is deactivated.
    pub fn has_left(&self) -> bool {
        self.shown.get("deactivated_at").is_some()
    }
}

impl Model {
    /// The users of the type that lives under this path, oldest first.
    pub fn of(&self, path: &str) -> impl DoubleEndedIterator<Item = &User> {
        self.users.values().filter(move |user| user.path == path)
    }

    pub fn is(&self, path: &str, id: &str) -> bool {
        self.users.get(id).is_some_and(|user| user.path == path)
    }

    /// Whether another user of this type has the name.
    pub fn username_taken(&self, path: &str, name: &Value, except: &str) -> bool {
        self.users.values().any(|user| user.path == path && user.id != except && user.shown["username"] == *name)
    }

    /// Those of some children who are active.
    pub fn active<'m>(&'m self, kids: &'m [String]) -> impl Iterator<Item = &'m User> {
        kids.iter().map(|id| &self.users[id]).filter(|kid| !kid.has_left())
    }

    fn nested(&self, kids: &[String]) -> Value {
        let kids = self.active(kids).map(|kid| {
            let mut kid = self.show_user(kid);
            kid.as_object_mut().unwrap().retain(|key, _| key != "nfc_tag" && key != "tag_ass_time");
            kid
        });
        kids.collect()
    }

    pub fn show_user(&self, user: &User) -> Value {
        let mut shown = user.shown.clone();
        shown["id"] = json!(user.id);
        match user.path {
            "families" => shown["children"] = self.nested(&user.kids),
            "educators" | "healthprofessionals" => shown["children_groups"] = self.show_groups(&user.id),
            _ => {}
        }
        shown
    }

    /// An owner's groups, newest first.
    pub fn show_groups(&self, owner: &str) -> Value {
        let of_owner = self.groups.iter().rev().filter(|(_, group)| group.owner == owner);
        of_owner.map(|(id, _)| self.show_group(id)).collect()
    }

    pub fn show_group(&self, id: &str) -> Value {
        let group = &self.groups[id];
        let mut shown = json!({"id": id, "name": group.name, "children": self.nested(&group.kids)});
        if let Some(class) = &group.school_class {
            shown["school_class"] = json!(class);
        }
        shown
    }

    /// All active users of a type, newest first.
    pub fn show_all(&self, path: &str) -> Value {
        self.of(path).rev().filter(|user| !user.has_left()).map(|user| self.show_user(user)).collect()
    }

    pub fn show_children_of(&self, family: &str) -> Value {
        self.nested(&self.users[family].kids)
    }

    pub fn show_institution(&self, id: &str) -> Value {
        let mut shown = self.institutions[id].clone();
        shown["id"] = json!(id);
        shown
    }

    /// The key under which what is tracked names whose it is.
    pub fn owner_key(collection: &str) -> &'static str {
        if collection == "environments" { "institution_id" } else { "child_id" }
    }

    fn of_owner<'m>(
        &'m self,
        owner: &'m str,
        collection: &'m str,
    ) -> impl DoubleEndedIterator<Item = (&'m String, &'m Tracked)> {
        let of_owner = self.tracked.iter().filter(move |(key, _)| key.0 == owner && key.1 == collection);
        of_owner.map(|(key, tracked)| (&key.2, tracked))
    }

    pub fn time_taken(&self, owner: &str, collection: &str, key: &str) -> bool {
        self.of_owner(owner, collection).any(|(_, tracked)| tracked.key == key)
    }

    /// Keeps what was stored. A weight that brings a body fat is linked with the one of its time, if one is there.
    pub fn keep(&mut self, owner: &str, collection: &'static str, id: String, mut tracked: Tracked) {
        let mut fats = self.tracked.iter_mut().filter(|(key, _)| key.0 == owner && key.1 == "bodyfats");
        if let Some(value) = tracked.brings_fat
            && let Some((key, fat)) = fats.find(|(_, fat)| fat.key == tracked.key)
        {
            fat.shown["value"] = json!(value);
            (tracked.fat, tracked.brings_fat) = (Some(key.2.clone()), None);
        }
        self.tracked.insert((owner.to_owned(), collection, id), tracked);
    }

    pub fn has_unknown_fats(&self, child: &str) -> bool {
        self.of_owner(child, "weights").any(|(_, weight)| weight.brings_fat.is_some())
    }

    /// Learns the ids of body fats that came with weights from a list of all.
    pub fn learn_fats(&mut self, child: &str, listed: &[Value]) {
        let weights = self.tracked.iter_mut().filter(|(key, _)| key.0 == child && key.1 == "weights");
        let mut fats = Vec::new();
        for (_, weight) in weights {
            let Some(value) = weight.brings_fat.take() else { continue };
            let timestamp = json!(format!("{}.000Z", weight.key));
            let id = &listed.iter().find(|fat| fat["timestamp"] == timestamp).unwrap()["id"];
            weight.fat = Some(id.as_str().unwrap().to_owned());
            let shown = json!({"timestamp": timestamp, "value": value, "unit": "%"});
            let fat = Tracked { shown, key: weight.key.clone(), fat: None, brings_fat: None };
            fats.push(((child.to_owned(), "bodyfats", id.as_str().unwrap().to_owned()), fat));
        }
        self.tracked.extend(fats);
    }

    /// Deletes something; a weight stays when its body fat goes, and the other way round.
    pub fn forget(&mut self, owner: &str, collection: &'static str, id: &str) {
        if self.tracked.remove(&(owner.to_owned(), collection, id.to_owned())).is_some() {
            self.tracked.values_mut().filter(|one| one.fat.as_deref() == Some(id)).for_each(|one| one.fat = None);
        }
    }

    pub fn show_one(&self, owner: &str, collection: &'static str, id: &str) -> Option<Value> {
        let tracked = self.tracked.get(&(owner.to_owned(), collection, id.to_owned()))?;
        let mut shown = tracked.shown.clone();
        shown["id"] = json!(id);
        shown[Self::owner_key(collection)] = json!(owner);
        if let Some(fat) = &tracked.fat {
            shown["body_fat"] = self.tracked[&(owner.to_owned(), "bodyfats", fat.clone())].shown["value"].clone();
        }
        Some(shown)
    }

    /// A list of what is tracked, newest first.
    pub fn show_tracked(&self, owner: &str, collection: &'static str) -> Value {
        self.of_owner(owner, collection).rev().filter_map(|(id, _)| self.show_one(owner, collection, id)).collect()
    }

    /// Totals of the days of January from one to another.
    pub fn show_logs(&self, child: &str, kind: &'static str, first: u32, last: u32) -> Value {
        let of_day = |day: u32| {
            let date = format!("2019-01-{day:02}");
            let value = self.logs.get(&(child.to_owned(), kind, date.clone())).copied().unwrap_or(0);
            json!({"date": date, "value": value})
        };
        (first..=last).map(of_day).collect()
    }

    /// Deletes a user with what belongs to it.
    pub fn delete_user(&mut self, id: &str) -> Option<User> {
        for user in self.users.values_mut() {
            user.kids.retain(|kid| kid != id);
        }
        self.groups.retain(|_, group| group.owner != id);
        self.tracked.retain(|key, _| key.0 != id);
        self.logs.retain(|key, _| key.0 != id);
        for group in self.groups.values_mut() {
            group.kids.retain(|kid| kid != id);
        }
        self.users.remove(id)
    }
}
