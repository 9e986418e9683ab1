//! The grid: every operation, asked by everybody, for every kind of target.
//!
//! `grid.txt` beside this file is the table of the contract (section 4) as it is lived: a change of who may do what
//! is a diff to review there. A line is a caller, a column is whose thing the path names; `.` where there is none.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicI64, Ordering};

use ocariot_users::app::policy::TABLE;
use ocariot_users::model::{Account, Id};
use poem::http::Method;
use serde_json::{Value, json};

use crate::support::wearable::tokens;
use crate::support::{ABSENT, ADMIN, Client, Options, PASSWORD, School, World, child, claims, fresh, user};
use crate::tokens::{REVOKED, is_refused};

const COLUMNS: [&str; 4] = ["own", "related", "stranger's", "absent"];

/// Everybody who asks, in the order in which they do: those who can destroy the most come last.
const CALLERS: [&str; 9] =
    ["nobody", "bad token", "expired", "child", "application", "family", "healthprofessional", "educator", "admin"];

struct Grid {
    world: World,
    ours: School,
    theirs: School,
    expired: Client,
    /// What there is to name below a child, by its id.
    data: BTreeMap<String, String>,
}

impl Grid {
    async fn new() -> Self {
        let world = World::with(Options::with_all_rows()).await;
        let expired = world.expired_admin().await;
        let (ours, theirs) = (world.school().await, world.school().await);
        Self { world, ours, theirs, expired, data: BTreeMap::new() }
    }

    async fn client(&self, caller: &str) -> Client {
        match caller {
            "nobody" => self.world.nobody(),
            "bad token" => self.world.bearer("not.a.token"),
            "expired" => self.expired.clone(),
            "admin" => self.world.login(ADMIN.0, ADMIN.1).await,
            other => self.ours.client(path_of(other)).clone(),
        }
    }

    /// Path and query for an operation on a target; `None` if the caller has no such target.
    async fn path(&self, template: &str, caller: &str, column: &str) -> Option<String> {
        let logs = [("{resource}", "steps"), ("{date_start}", "2019-01-01"), ("{date_end}", "2019-01-02")];
        let template = &logs.iter().fold(template.to_owned(), |path, (name, given)| path.replace(name, given));
        if template.starts_with("/rosters/") && template.contains('{') {
            return if column == "own" { Some(self.of_rosters(template).await) } else { None };
        }
        if template.starts_with("/children/") && template.contains("/wearables/") {
            let child = self.owner("children", caller, column).await?;
            return Some(self.of_wearables(template, caller, &child).await);
        }
        if !template.contains('{') {
            return (column == "own").then(|| template.to_owned());
        }
        // What belongs to a wearable belongs to a child.
        let owner_kind = if template.contains("/fitbit/") { "children" } else { template.split('/').nth(1)? };
        let owner = self.owner(owner_kind, caller, column).await?;
        let mut parts: Vec<String> = template.split('/').map(str::to_owned).collect();
        let mut named = parts.iter_mut().filter(|part| part.starts_with('{'));
        let second = match self.data.get(&owner) {
            Some(data) => data.clone(),
            None => self.second(template, column),
        };
        *named.next()? = owner;
        if let Some(named) = named.next() {
            *named = second;
        }
        Some(parts.join("/"))
    }

    /// The path of an upload that is prepared, or of an import.
    async fn of_rosters(&self, template: &str) -> String {
        static NEXT: AtomicI64 = AtomicI64::new(1);
        let upload = format!("{:024x}", NEXT.fetch_add(1, Ordering::Relaxed));
        let admin = self.world.admin().await;
        let path = format!("/v1/rosters/uploads/{upload}");
        let text = format!("name,type\n{},School\n", fresh("grid-"));
        let file = admin.request(Method::PUT, &format!("{path}/files/institutions.csv")).body(text);
        admin.call(file).await.is(200);
        for step in ["plan", "prepare"] {
            admin.post(&format!("{path}/{step}"), json!({})).await.is(200);
        }
        let mut import = Value::Null;
        if template.contains("{import}") {
            import = admin.post(&format!("{path}/apply"), json!({})).await.is(200).body["import"].clone();
        }
        let filled = template.replace("{upload_id}", &upload).replace("{file_name}", "institutions.csv");
        filled.replace("{import}", &import.to_string())
    }

    /// The path of an upload of the caller's that is planned, or of an import of his, if he may make one.
    async fn of_wearables(&self, template: &str, caller: &str, child: &str) -> String {
        static NEXT: AtomicI64 = AtomicI64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let (upload, client) = (format!("{number:024x}"), self.client(caller).await);
        let path = format!("/v1/children/{child}/wearables/uploads/{upload}");
        let text = format!("Date,Weight (kg)\n2001-01-01 {:02}:{:02}:00,30\n", number / 60 % 24, number % 60);
        let mut import = json!(1);
        if client.call(client.request(Method::PUT, &format!("{path}/files/weight.csv")).body(text)).await.status == 200
        {
            client.post(&format!("{path}/plan"), json!({"answers": {"zone": "Europe/Athens"}})).await.is(200);
            crate::wearables::http::settled(&client, &path).await;
            if template.contains("{import}") {
                client.post(&format!("{path}/apply"), json!({})).await.is(200);
                import = crate::wearables::http::settled(&client, &path).await["applied"]["import"].clone();
            }
        }
        let filled = template.replace("{child_id}", child).replace("{upload_id}", &upload);
        filled.replace("{file_name}", "weight.csv").replace("{import}", &import.to_string())
    }

    /// What the first parameter names.
    async fn owner(&self, kind: &str, caller: &str, column: &str) -> Option<String> {
        let same = caller != "nobody" && path_of(caller) == kind;
        match (kind, column) {
            // A group or child that is absent is so below somebody who is there.
            ("educators" | "healthprofessionals" | "families", "absent") => Some(ABSENT.to_owned()),
            (_, "absent") => Some(ABSENT.to_owned()),
            ("institutions", "own") => Some(self.ours.institution.clone()),
            // One that nobody belongs to.
            ("institutions", "related") => Some(self.world.admin().await.make_institution().await),
            ("institutions", "stranger's") => Some(self.theirs.institution.clone()),
            ("users", "own") if caller == "admin" => Some(self.world.admin_id().await),
            ("users", "own") => self.person(caller),
            ("users", "related") if caller == "family" => Some(self.ours.child.id.clone()),
            ("users", "stranger's") => Some(self.theirs.child.id.clone()),
            ("children", "own") if same => Some(self.ours.child.id.clone()),
            ("children", "related") => Some(self.ours.sibling.id.clone()),
            (_, "own") if same => Some(self.ours.of(kind).id.clone()),
            // One's own path with somebody else's thing behind it.
            ("educators" | "healthprofessionals", "related") if same => Some(self.ours.of(kind).id.clone()),
            ("families", "related") if same => Some(self.ours.of(kind).id.clone()),
            ("users", _) => None,
            (_, "stranger's") => Some(self.theirs.of(kind).id.clone()),
            _ => None,
        }
    }

    fn person(&self, caller: &str) -> Option<String> {
        match caller {
            "nobody" | "bad token" | "expired" | "admin" => None,
            other => Some(self.ours.of(path_of(other)).id.clone()),
        }
    }

    /// What the second parameter names.
    fn second(&self, template: &str, column: &str) -> String {
        let (ours, theirs) = match template.split('/').nth(1) {
            Some("educators") => (&self.ours.educator_group, &self.theirs.educator_group),
            Some("healthprofessionals") => (&self.ours.professional_group, &self.theirs.professional_group),
            _ => (&self.ours.child.id, &self.theirs.child.id),
        };
        if column == "own" { ours.clone() } else { theirs.clone() }
    }

    /// Makes something below each child, for paths to name.
    async fn fill(&mut self, collection: &str) {
        for child in [&self.ours.child, &self.ours.sibling, &self.theirs.child] {
            let path = format!("/v1/children/{}/{collection}", child.id);
            let made = self.ours.application.client.post(&path, measured()).await.is(201).id();
            self.data.insert(child.id.clone(), made);
        }
    }

    /// A valid body for an operation.
    fn body(&self, id: &str, caller: &str) -> Option<Value> {
        let institution = &self.theirs.institution;
        let kids = [self.theirs.child.id.as_str()];
        let name = fresh("grid-");
        Some(match id {
            "password_change" if caller == "admin" => json!({"old_password": ADMIN.1, "new_password": ADMIN.1}),
            "password_change" => json!({"old_password": PASSWORD, "new_password": PASSWORD}),
            "password_reset" | "child_password_reset" => json!({"new_password": ADMIN.1}),
            "institution_create" => json!({"name": name, "type": "School"}),
            "child_create" => child(&name, institution),
            "family_create" => user("families", &name, institution, &kids),
            "educator_create" => user("educators", &name, institution, &[]),
            "healthprofessional_create" => user("healthprofessionals", &name, institution, &[]),
            "application_create" => user("applications", &name, institution, &[]),
            "fitbit_auth_set" => tokens(),
            "child_tag_set" => json!({"nfc_tag": name}),
            "log_create" => json!([{"date": "2019-01-01", "value": 1}]),
            "environment_create" => {
                json!({"timestamp": measured()["timestamp"], "location": {"local": "a", "room": "b"},
                "measurements": [{"type": "a", "value": 1, "unit": "b"}]})
            }
            "physicalactivity_create" | "sleep_create" | "weight_create" | "bodyfat_create" => measured(),
            _ if id.ends_with("_group_create") => json!({"name": name, "children": kids}),
            _ if id.ends_with("_update") => json!({}),
            _ => return None,
        })
    }
}

/// Something that is tracked, of any kind, at a time that was not used before.
fn measured() -> Value {
    static NEXT: AtomicI64 = AtomicI64::new(1_546_300_800_000);
    let at = NEXT.fetch_add(1, Ordering::Relaxed);
    let [start, end] = [at, at + 1000].map(|at| jiff::Timestamp::from_millisecond(at).unwrap().to_string());
    json!({"timestamp": start, "value": 1, "unit": "kg", "start_time": start, "end_time": end, "duration": 1000,
        "name": "walk", "calories": 1, "type": "stages",
        "pattern": {"data_set": [{"start_time": start, "name": "rem", "duration": 1}]}})
}

fn path_of(caller: &str) -> &'static str {
    match caller {
        "child" => "children",
        "family" => "families",
        "educator" => "educators",
        "healthprofessional" => "healthprofessionals",
        "application" => "applications",
        _ => "users",
    }
}

/// One matrix: a line per caller, a column per kind of target. Who is granted something gets through somewhere, or
/// the refusals would prove nothing, and nobody else does anywhere.
async fn matrix(id: &str, method: &str, template: &str, granted: &[&str]) -> String {
    let mut grid = Grid::new().await;
    let of_child = template.strip_prefix("/children/{child_id}/").filter(|rest| !rest.starts_with("wearables/"));
    if let Some(collection) = of_child.and_then(|rest| rest.strip_suffix("_id}")) {
        grid.fill(collection.split('/').next().unwrap()).await;
    }
    if template.contains("/fitbit/") {
        for school in [&grid.ours, &grid.theirs] {
            for child in [&school.child, &school.sibling] {
                let path = format!("/v1/users/{}/fitbit/auth", child.id);
                school.application.client.post(&path, tokens()).await.is(204);
            }
        }
    }
    if id == "child_view_by_tag" {
        tag_everybody(&grid).await;
    }
    let mut lines = Vec::new();
    for caller in CALLERS {
        let client = grid.client(caller).await;
        let mut cells = [const { String::new() }; 4];
        let mut permitted = false;
        for (at, column) in COLUMNS.into_iter().enumerate().rev() {
            cells[at] = ".".to_owned();
            if let Some(path) = grid.path(template, caller, column).await {
                let method = Method::from_bytes(method.as_bytes()).unwrap();
                let reply = client.send(method, &format!("/v1{path}"), grid.body(id, caller)).await;
                // What is discontinued says so to those who may.
                permitted |= reply.status < 300 || reply.status == 405;
                cells[at] = reply.status.to_string();
            }
        }
        assert_eq!(permitted, granted.contains(&caller), "{id}: {caller} gets {cells:?}");
        lines.push(format!("{caller:<18} {:<7} {:<9} {:<12} {}", cells[0], cells[1], cells[2], cells[3]));
    }
    lines.reverse();
    format!("{id}: {method} {template}\n{:<18} own     related   stranger's   absent\n{}\n\n", "", lines.join("\n"))
}

/// Gives the children tags that are their ids, so that paths can name them alike.
async fn tag_everybody(grid: &Grid) {
    let admin = grid.world.admin().await;
    for child in [&grid.ours.child, &grid.ours.sibling, &grid.theirs.child] {
        admin.post(&format!("/v1/children/{}/nfc", child.id), json!({"nfc_tag": child.id})).await.is(201);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_grid_is_the_one_reviewed() {
    let mut text = String::new();
    let operations = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/operations.txt")).unwrap();
    let mut asked = 0;
    for line in operations.lines().filter(|line| !line.starts_with('#') && !line.ends_with("public")) {
        let mut parts = line.split(" | ");
        let (id, method, template) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        let roles = ["admin", "application", "educator", "healthprofessional", "family", "child"];
        let granted: Vec<_> = roles.into_iter().zip(parts.skip(1)).filter(|(_, cell)| *cell != "-").collect();
        let granted: Vec<_> = granted.into_iter().map(|(role, _)| role).collect();
        assert!(!granted.is_empty(), "{id}");
        write!(text, "{}", matrix(id, method, template, &granted).await).unwrap();
        asked += 1;
    }
    assert_eq!(asked, TABLE.len());
    crate::document::assert_current("tests/it/grid.txt", &text);
}

/// Tokens are revoked on disk alone: whoever asks passes for somebody whose token was good until a moment ago.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_change_is_made_for_a_token_that_was_revoked_after_it_was_looked_at() {
    let operations = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/operations.txt")).unwrap();
    let mut changes = 0;
    for line in operations.lines().filter(|line| !line.starts_with('#') && !line.ends_with("public")) {
        let mut parts = line.split(" | ");
        let (id, method, template) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
        // What was discontinued says so to whoever holds the scope, before it looks at anything.
        let discontinued = ["physicalactivity_update", "sleep_update"].contains(&id);
        if method == "GET" {
            continue;
        }
        let grid = Grid::new().await;
        let roles = ["admin", "application", "educator", "healthprofessional", "family", "child"];
        let (caller, _) = roles.into_iter().zip(parts.skip(1)).find(|(_, cell)| *cell != "-").unwrap();
        let client = grid.client(caller).await;
        let own = Id::<Account>::parse(claims(&client)["sub"].as_str().unwrap()).unwrap();
        let mut paths = Vec::new();
        for column in COLUMNS {
            paths.extend(grid.path(template, caller, column).await);
        }
        grid.world.store.write(move |tx| tx.revoke_tokens(own, None)).await.unwrap();
        let before = changed(&grid);
        let mut refused = 0;
        for path in paths {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let reply = client.send(method, &format!("/v1{path}"), grid.body(id, caller)).await;
            assert!(reply.status >= 400, "{id} {path}: {}", reply.text);
            assert!(!discontinued || reply.status == 405, "{id} {path}: {}", reply.text);
            refused += usize::from(discontinued || is_refused(&reply, REVOKED));
        }
        assert!(refused > 0, "{id}: {caller} is refused for his token");
        assert_eq!(changed(&grid), before, "{id}");
        changes += 1;
    }
    assert!(changes >= 25, "{changes} operations change something");
}

/// How many changes the trail has.
fn changed(grid: &Grid) -> i64 {
    let database = rusqlite::Connection::open(grid.world.folder.path().join("ocariot.db")).unwrap();
    database.query_row("SELECT count(*) FROM audit WHERE outcome = 'ok'", [], |row| row.get(0)).unwrap()
}
