//! People and things to test with: each call makes one more, with a name of its own.

use std::sync::atomic::{AtomicU32, Ordering};

use ocariot_users::model::{Age, Child, Gender, Id, NewGroup, PasswordHash, Role, Text, Username};
use ocariot_users::store::NewAccountRow;
use serde_json::{Value, json};

use super::{Client, World};

/// A user and the client that he uses.
pub struct Person {
    pub id: String,
    pub username: String,
    pub client: Client,
}

/// The first password of everybody made here.
pub const PASSWORD: &str = "first password";

/// An id that nothing has.
pub const ABSENT: &str = "507f191e810c19729de860ea";

/// A name that was not used before.
pub fn fresh(prefix: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{prefix}{:04}", NEXT.fetch_add(1, Ordering::Relaxed))
}

impl Client {
    pub async fn make_institution(&self) -> String {
        let body = json!({"name": fresh("Institution "), "type": "School"});
        self.post("/v1/institutions", body).await.is(201).id()
    }

    pub async fn make_child(&self, institution: &str) -> String {
        self.post("/v1/children", child(&fresh("BR"), institution)).await.is(201).id()
    }

    pub async fn make_group(&self, owner: &str, children: &[&str]) -> String {
        let body = json!({"name": fresh("Group "), "children": children});
        self.post(&format!("/v1/{owner}/children/groups"), body).await.is(201).id()
    }
}

/// A body that registers a child.
pub fn child(username: &str, institution: &str) -> Value {
    json!({"username": username, "password": PASSWORD, "institution_id": institution, "gender": "male", "age": 9})
}

/// A body that registers a user of the type that lives under this path.
pub fn user(path: &str, username: &str, institution: &str, children: &[&str]) -> Value {
    let mut body = json!({"username": username, "password": PASSWORD, "institution_id": institution});
    match path {
        "children" => body = child(username, institution),
        "families" => body["children"] = json!(children),
        "applications" => body["application_name"] = json!(format!("{username}'s program")),
        _ => {}
    }
    body
}

impl World {
    /// Registers a user of the type that lives under this path, and logs in.
    pub async fn person(&self, path: &str, institution: &str, children: &[&str]) -> Person {
        let username = fresh("user-");
        let body = user(path, &username, institution, children);
        let id = self.admin().await.post(&format!("/v1/{path}"), body).await.is(201).id();
        let client = self.login(&username, PASSWORD).await;
        Person { id, username, client }
    }

    /// Gives somebody so many groups, each of the same so many new children, in one write. Returns the children's ids.
    pub async fn give_groups(&self, owner: &str, groups: usize, children: usize) -> Vec<String> {
        let (owner, first) = (Id::parse(owner).unwrap(), fresh("in groups "));
        let day = jiff::civil::date(2026, 1, 1);
        let made = self.store.write(move |tx| {
            let hash = PasswordHash::from_phc("none".to_owned());
            let mut ids: Vec<Id<Child>> = Vec::new();
            for number in 0..children {
                let username = Username::new(&format!("{first} {number}")).unwrap();
                let row = NewAccountRow { role: Role::Child, username: &username, hash: &hash, institution: None };
                let id = tx.insert_account(&row)?;
                tx.insert_child(id, Gender::Female, &Age::new("9", day).unwrap(), None)?;
                ids.push(id.cast());
            }
            for number in 0..groups {
                let name = Text::new(&format!("{first} {number}"), Text::MAX).unwrap();
                tx.insert_group(owner, &NewGroup { name, school_class: None, children: ids.clone() })?;
            }
            Ok(ids)
        });
        made.await.unwrap().iter().map(Id::to_string).collect()
    }

    /// The administrator's own id.
    pub async fn admin_id(&self) -> String {
        claims(&self.admin().await)["sub"].as_str().unwrap().to_owned()
    }
}

/// What a client's token says, unchecked.
pub fn claims(client: &Client) -> Value {
    let token = client.token.as_deref().unwrap();
    jsonwebtoken::dangerous::insecure_decode(token).unwrap().claims
}
