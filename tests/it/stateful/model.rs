//! What the service should hold and show.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::Client;

/// Everything that is stored, by id; ids are in the order of creation.
#[derive(Default)]
pub struct Model {
    pub institutions: BTreeMap<String, Value>,
    pub users: BTreeMap<String, User>,
    pub groups: BTreeMap<String, Group>,
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
                "last_login" | "tag_ass_time" => (key.clone(), json!("a time")),
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
}

impl Model {
    /// The users of the type that lives under this path, oldest first.
    pub fn of(&self, path: &str) -> Vec<User> {
        self.users.values().filter(|user| user.path == path).cloned().collect()
    }

    pub fn is(&self, path: &str, id: &str) -> bool {
        self.users.get(id).is_some_and(|user| user.path == path)
    }

    /// Whether another user of this type has the name.
    pub fn username_taken(&self, path: &str, name: &Value, except: &str) -> bool {
        self.users.values().any(|user| user.path == path && user.id != except && user.shown["username"] == *name)
    }

    fn nested(&self, kids: &[String]) -> Value {
        let kids = kids.iter().map(|id| {
            let mut kid = self.show_user(&self.users[id]);
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

    /// All users of a type, newest first.
    pub fn show_all(&self, path: &str) -> Value {
        self.of(path).iter().rev().map(|user| self.show_user(user)).collect()
    }

    pub fn show_children_of(&self, family: &str) -> Value {
        self.nested(&self.users[family].kids)
    }

    pub fn show_institution(&self, id: &str) -> Value {
        let mut shown = self.institutions[id].clone();
        shown["id"] = json!(id);
        shown
    }

    /// Deletes a user with what belongs to it.
    pub fn delete_user(&mut self, id: &str) -> Option<User> {
        for user in self.users.values_mut() {
            user.kids.retain(|kid| kid != id);
        }
        self.groups.retain(|_, group| group.owner != id);
        for group in self.groups.values_mut() {
            group.kids.retain(|kid| kid != id);
        }
        self.users.remove(id)
    }
}
