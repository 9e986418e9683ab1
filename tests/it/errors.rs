//! Every error that the document promises for an operation, provoked, and compared to the letter.
//!
//! The document's examples are worded by the same code as real errors; here the contract's texts are written out
//! once more, by hand. At the end, every documented example must have been seen.

use std::collections::BTreeSet;

use ocariot_users::app::wearables::provider::Fault;
use ocariot_users::model::wearables::ProviderKind;
use poem::http::Method;
use serde_json::{Value, json};

use crate::support::wearable::{Scripted, access_token, tokens};
use crate::support::{ABSENT, Client, Options, PASSWORD, PATHS, Reply, School, World, child, fresh, user};

const INVALID: &str = "One or more request fields are invalid...";
const REQUIRED: &str = "Required fields were not provided...";
const AN_ID: &str = "A 24-byte hex ID similar to this: 507f191e810c19729de860ea is expected.";

/// When our child was measured.
const MEASURED_AT: &str = "2019-06-20T14:40:00Z";

/// What needs a broken disk, a full queue, a slow network or a fault of the service; tested where those are made.
const ELSEWHERE: [u16; 4] = [408, 429, 500, 503];

/// An operation and a request that it accepts.
struct Target {
    id: String,
    method: Method,
    path: String,
    client: Client,
    body: Option<Value>,
}

/// An activity of our child, without what it need not have.
fn activity() -> Value {
    json!({"start_time": MEASURED_AT, "end_time": "2019-06-20T14:40:01Z", "duration": 1000, "name": "walk", "calories": 5})
}

/// A night of our child.
fn night() -> Value {
    json!({"start_time": MEASURED_AT, "end_time": "2019-06-20T14:40:01Z", "duration": 1000, "type": "classic",
        "pattern": {"data_set": [{"start_time": MEASURED_AT, "name": "asleep", "duration": 1000}]}})
}

/// The air of a room of our institution.
fn air() -> Value {
    json!({"timestamp": MEASURED_AT, "location": {"local": "a", "room": "b"},
        "measurements": [{"type": "temperature", "value": 28.5, "unit": "°C"}]})
}

/// What is discontinued.
const DISCONTINUED: &str = "Support for this method has been discontinued.";

/// The operations that are.
const DISCONTINUED_OPERATIONS: [&str; 2] = ["physicalactivity_update", "sleep_update"];

/// Whether an operation is about what is tracked.
fn is_tracked(id: &str) -> bool {
    ["physicalactivity_", "log_", "child_days_", "sleep_", "weight_", "bodyfat_", "environment_"]
        .iter()
        .any(|start| id.starts_with(start))
}

/// Provokes errors, and remembers which ones were seen where.
struct Provoker {
    world: World,
    ours: School,
    admin: Client,
    expired: Client,
    document: Value,
    /// A weight, a body fat, an activity and a night of our child, and the air of a room.
    measured: [String; 5],
    service: Scripted,
    seen: BTreeSet<(String, String)>,
}

impl Provoker {
    async fn new() -> Self {
        let service = Scripted::new(ProviderKind::Fitbit);
        let options = Options { wearables: service.options(), ..Options::with_all_rows() };
        let world = World::with(options).await;
        let expired = world.expired_admin().await;
        let (ours, admin) = (world.school().await, world.admin().await);
        let document = world.nobody().get("/v1/openapi.json").await.body;
        let weights = format!("/v1/children/{}/weights", ours.child.id);
        let body = json!({"timestamp": MEASURED_AT, "value": 30, "unit": "kg", "body_fat": 20});
        let weight = ours.application.client.post(&weights, body).await.is(201).id();
        let fats = ours.application.client.get(&weights.replace("weights", "bodyfats")).await.is(200).body;
        let activities = weights.replace("weights", "physicalactivities");
        let activity = ours.application.client.post(&activities, activity()).await.is(201).id();
        let nights = weights.replace("weights", "sleep");
        let night = ours.application.client.post(&nights, night()).await.is(201).id();
        let rooms = format!("/v1/institutions/{}/environments", ours.institution);
        let environment = ours.application.client.post(&rooms, air()).await.is(201).id();
        let measured = [weight, fats[0]["id"].as_str().unwrap().to_owned(), activity, night, environment];
        Self { world, ours, admin, expired, document, measured, service, seen: BTreeSet::new() }
    }

    /// Expects an error with this body, to the letter.
    async fn expect(&mut self, target: &Target, status: u16, message: &str, description: Option<&str>) {
        let reply = target.client.send(target.method.clone(), &target.path, target.body.clone()).await;
        let reply = reply.fails(status, message, description);
        self.seen.insert((target.id.clone(), reply.text));
    }

    async fn invalid(&mut self, target: &Target, description: &str) {
        self.expect(target, 400, INVALID, Some(description)).await;
    }

    /// All operations, as the document has them: id, method, template.
    fn operations(&self) -> Vec<(String, Method, String)> {
        let mut operations = Vec::new();
        for (path, methods) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap();
                operations.push((operation["operationId"].as_str().unwrap().to_owned(), method, path.clone()));
            }
        }
        operations
    }

    /// The operation, asked by somebody who may, on something that is there.
    fn target(&self, id: &str) -> Target {
        let (_, method, template) = self.operations().into_iter().find(|(known, _, _)| known == id).unwrap();
        let user = if id == "password_change" { &self.ours.educator } else { &self.ours.child };
        let ids: [(&str, &str); 18] = [
            ("user_id", &user.id),
            ("institution_id", &self.ours.institution),
            ("child_id", &self.ours.child.id),
            ("educator_id", &self.ours.educator.id),
            ("healthprofessional_id", &self.ours.professional.id),
            ("family_id", &self.ours.family.id),
            ("application_id", &self.ours.application.id),
            ("weight_id", &self.measured[0]),
            ("bodyfat_id", &self.measured[1]),
            ("physicalactivity_id", &self.measured[2]),
            ("sleep_id", &self.measured[3]),
            ("environment_id", &self.measured[4]),
            ("upload_id", ABSENT),
            ("file_name", "children.csv"),
            ("import", "1"),
            ("resource", "steps"),
            ("date_start", "2019-01-01"),
            ("date_end", "2019-01-02"),
        ];
        let group = if id.starts_with("educator") { &self.ours.educator_group } else { &self.ours.professional_group };
        let path = ids.iter().fold(template, |path, (name, id)| path.replace(&format!("{{{name}}}"), id));
        let path = path.replace("{group_id}", group).replace("{nfc_tag}", "no-such-tag");
        let client = match id {
            "auth_login" | "fitbit_subscriber_verify" | "fitbit_subscriber_notify" => self.world.nobody(),
            "password_change" => user.client.clone(),
            "child_password_reset" => self.ours.educator.client.clone(),
            _ if is_tracked(id) || id.starts_with("fitbit_") => self.ours.application.client.clone(),
            _ if id.starts_with("educator_group") => self.ours.educator.client.clone(),
            _ if id.starts_with("healthprofessional_group") => self.ours.professional.client.clone(),
            _ => self.admin.clone(),
        };
        Target { id: id.to_owned(), method, path: format!("/v1{path}"), client, body: self.body(id) }
    }

    fn body(&self, id: &str) -> Option<Value> {
        let (institution, kids) = (self.ours.institution.as_str(), [self.ours.child.id.as_str()]);
        Some(match id {
            "auth_login" => json!({"username": "x", "password": "y"}),
            "password_change" => json!({"old_password": PASSWORD, "new_password": PASSWORD}),
            "password_reset" | "child_password_reset" => json!({"new_password": PASSWORD}),
            "user_deactivate" | "roster_upload_plan" | "roster_upload_roll_over" | "roster_upload_apply" => json!({}),
            "wearable_upload_plan" | "wearable_upload_apply" => json!({}),
            "institution_create" => json!({"name": fresh("I"), "type": "School"}),
            "child_tag_set" => json!({"nfc_tag": "tag"}),
            "fitbit_auth_set" => tokens(),
            "log_create" => json!([{"date": "2019-01-01", "value": 1}]),
            "weight_create" => json!({"timestamp": MEASURED_AT, "value": 30, "unit": "kg"}),
            "physicalactivity_create" => activity(),
            "sleep_create" => night(),
            "environment_create" => air(),
            // They look at none.
            _ if DISCONTINUED_OPERATIONS.contains(&id) => return None,
            "bodyfat_create" => json!({"timestamp": MEASURED_AT, "value": 20}),
            "child_create" => child(&fresh("c"), institution),
            "family_create" => user("families", &fresh("f"), institution, &kids),
            "educator_create" | "healthprofessional_create" => user("educators", &fresh("p"), institution, &[]),
            "application_create" => user("applications", &fresh("a"), institution, &[]),
            _ if id.ends_with("group_create") => json!({"name": fresh("G"), "children": kids}),
            _ if id.ends_with("_update") => json!({}),
            _ => return None,
        })
    }

    /// The operation with one field of its body replaced.
    fn with(&self, id: &str, field: &str, value: Value) -> Target {
        let mut target = self.target(id);
        target.body.as_mut().unwrap()[field] = value;
        target
    }

    /// STR of an ordinary field.
    async fn text(&mut self, id: &str, field: &str, most: usize) {
        for bad in [json!(null), json!(5), json!(true), json!(["a"]), json!({})] {
            self.invalid(&self.with(id, field, bad), &format!("{field} must be a string!")).await;
        }
        self.invalid(&self.with(id, field, json!("")), &format!("{field} must have at least one character!")).await;
        let long = json!("é".repeat(most + 1));
        self.invalid(&self.with(id, field, long), &format!("{field} must have at most {most} characters!")).await;
        let control = json!("a\u{7}b");
        self.invalid(&self.with(id, field, control), &format!("{field} must not contain control characters!")).await;
    }

    /// STR of a password.
    async fn password(&mut self, id: &str, field: &str) {
        self.invalid(&self.with(id, field, json!(5)), &format!("{field} must be a string!")).await;
        self.invalid(&self.with(id, field, json!("")), &format!("{field} must have at least one character!")).await;
        let long = json!("é".repeat(513));
        self.invalid(&self.with(id, field, long), &format!("{field} must have at most 1024 bytes!")).await;
    }

    async fn missing(&mut self, id: &str, body: Value, words: &str) {
        let mut target = self.target(id);
        target.body = Some(body);
        self.expect(&target, 400, REQUIRED, Some(&format!("{words} are required!"))).await;
    }

    async fn not_found(&mut self, id: &str, what: &str, path: String) {
        let mut target = self.target(id);
        target.path = path;
        let text =
            format!("{what} not found or already removed. A new operation for the same resource is not required.");
        self.expect(&target, 404, &format!("{what} not found!"), Some(&text)).await;
    }

    async fn conflict(&mut self, target: &Target, what: &str) {
        self.expect(target, 409, &format!("{what} is already registered..."), None).await;
    }

    async fn kids(&mut self, id: &str) {
        for bad in [json!(null), json!("a"), json!({}), json!(5)] {
            self.invalid(&self.with(id, "children", bad), "children must be an array!").await;
        }
        let many = json!(vec![ABSENT; 1001]);
        self.invalid(&self.with(id, "children", many), "children must have at most 1000 items!").await;
        let no_id = "Children field contains invalid IDs. It is expected that each item in the array is a 24-byte hex \
                     string like this: 507f191e810c19729de860ea";
        for bad in [json!(null), json!(""), json!(7), json!({"name": "x"}), json!({"id": 7}), json!(["a"])] {
            self.invalid(&self.with(id, "children", json!([ABSENT, "BR0001", bad])), no_id).await;
        }
        let ids = "The following IDs from children attribute are not in valid format: BR0001, 507f191e";
        let bad = json!(["BR0001", self.ours.child.id, {"id": "507f191e"}]);
        self.invalid(&self.with(id, "children", bad), ids).await;
        let unknown = self.with(id, "children", json!([self.ours.child.id, ABSENT]));
        let text = format!("The following IDs were verified without registration: {ABSENT}");
        let message = "It is necessary for children to be registered before proceeding.";
        self.expect(&unknown, 400, message, Some(&text)).await;
        // A user of another type is no child.
        let educator = self.ours.educator.id.clone();
        let other = self.with(id, "children", json!([educator.clone(), ABSENT]));
        let text = format!("The following IDs were verified without registration: {educator}, {ABSENT}");
        self.expect(&other, 400, message, Some(&text)).await;
    }

    async fn institution_id(&mut self, id: &str) {
        for key in ["institution_id", "institution"] {
            for bad in [json!(null), json!(""), json!(5), json!("abc")] {
                let target = self.with(id, key, bad);
                self.expect(&target, 400, "Parameter {institution_id} is not in valid format!", Some(AN_ID)).await;
            }
        }
        let absent = self.with(id, "institution_id", json!(ABSENT));
        let message = "The institution provided does not have a registration.";
        let text = "It is necessary that the institution be registered before trying again.";
        self.expect(&absent, 400, message, Some(text)).await;
    }
}

/// What every operation does before it looks at anything of its own.
async fn general(p: &mut Provoker) {
    let institution = p.ours.institution.clone();
    let gone = p.world.person("applications", &institution, &[]).await;
    p.admin.delete(&format!("/v1/users/{}", gone.id)).await.is(204);
    let reasons = [
        (p.world.nobody(), "Authentication failed for lack of authentication credentials."),
        (p.expired.clone(), "Authentication failed because access token is expired."),
        (p.world.bearer("x.y.z"), "Authentication failed due to access token issues."),
        (gone.client, "The token user is not properly registered as a consumer at the gateway."),
    ];
    for (id, _, template) in p.operations() {
        let mut target = p.target(&id);
        target.path = format!("{}?{}", target.path, "x".repeat(4096));
        p.expect(&target, 414, "URI TOO LONG", Some("The request URI must not exceed 4096 bytes.")).await;
        if ocariot_users::api::PUBLIC.contains(&id.as_str()) {
            continue;
        }
        for (client, text) in &reasons {
            let target = Target { client: client.clone(), ..p.target(&id) };
            p.expect(&target, 401, "UNAUTHORIZED", Some(text)).await;
        }
        // Children hold few scopes; those they hold lead to things that are not theirs.
        let stranger = p.world.person("children", &institution, &[]).await.client;
        let target = Target { client: stranger, ..p.target(&id) };
        if !["child_view_by_tag", "institution_view", "environment_list", "fitbit_client_view"].contains(&id.as_str()) {
            let text = "Authorization failed due to insufficient permissions.";
            p.expect(&target, 403, "FORBIDDEN", Some(text)).await;
        }
        path_ids(p, &id, &template).await;
    }
    let forbidden = "Authorization failed due to insufficient permissions.";
    let other = p.world.school().await;
    let target = Target { client: other.child.client.clone(), ..p.target("institution_view") };
    p.expect(&target, 403, "FORBIDDEN", Some(forbidden)).await;
    let target = Target { client: other.application.client.clone(), ..p.target("child_view_by_tag") };
    p.expect(&target, 403, "FORBIDDEN", Some(forbidden)).await;
}

/// Each id in the path, badly written.
async fn path_ids(p: &mut Provoker, id: &str, template: &str) {
    let given: Vec<_> = p.target(id).path.split('/').skip(2).map(str::to_owned).collect();
    for (at, name) in template.split('/').skip(1).enumerate().filter(|(_, part)| part.starts_with('{')) {
        for bad in ["1", "507f191e810c19729de860eg", "507f191e810c19729de860eaa", "%ff"] {
            let mut parts = given.clone();
            parts[at] = bad.to_owned();
            let target = Target { path: format!("/v1/{}", parts.join("/")), ..p.target(id) };
            match name {
                "{nfc_tag}" | "{resource}" | "{date_start}" | "{date_end}" | "{file_name}" | "{import}" => {}
                _ if DISCONTINUED_OPERATIONS.contains(&id) => p.expect(&target, 405, DISCONTINUED, None).await,
                // Each item hears of it.
                _ if id == "log_create" => _ = target.client.post(&target.path, json!([{}])).await.is(207),
                _ if id.starts_with("child_tag_") || id.starts_with("fitbit_") => {
                    p.expect(&target, 400, "Some ID provided does not have a valid format!", Some(AN_ID)).await;
                }
                _ => {
                    let message = format!("Parameter {name} is not in valid format!");
                    p.expect(&target, 400, &message, Some(AN_ID)).await;
                }
            }
        }
    }
}

/// Bodies that are no JSON object, or not for us.
async fn bodies(p: &mut Provoker) {
    for (id, method, _) in p.operations() {
        let target = p.target(&id);
        if target.body.is_none() {
            continue;
        }
        let request = || target.client.request(method.clone(), &target.path);
        let text = "Please verify that the JSON provided in the request body has a valid format and try again.";
        // Where many items may be sent, an array is a body.
        let (none, most) = if is_tracked(&id) { ("5", 1 << 20) } else { ("[]", 100 << 10) };
        for bad in ["{", none, "null", "\"x\"", "{} {}", "{\"a\":\"\\ud800\"}", &"[".repeat(100_000)] {
            let reply = target.client.call(request().body(bad.to_owned())).await;
            let reply = reply.fails(400, "Unable to process request body!", Some(text));
            p.seen.insert((id.clone(), reply.text));
        }
        let reply = target.client.call(request().body(" ".repeat(most + 1))).await;
        let text = format!("The request body must not exceed {most} bytes.");
        let reply = reply.fails(413, "REQUEST ENTITY TOO LARGE", Some(&text));
        p.seen.insert((id.clone(), reply.text));
        for other in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
            let request = request().header("content-type", other);
            let reply = target.client.call(request.body("{}".to_owned())).await;
            let reply = reply.fails(415, "UNSUPPORTED MEDIA TYPE", Some("Content-Type must be application/json."));
            p.seen.insert((id.clone(), reply.text));
        }
    }
}

async fn login_and_passwords(p: &mut Provoker) {
    for field in ["username", "password"] {
        p.invalid(&p.with("auth_login", field, json!(5)), &format!("{field} must be a string!")).await;
        p.invalid(&p.with("auth_login", field, json!("")), &format!("{field} must have at least one character!")).await;
    }
    p.missing("auth_login", json!({}), "username, password").await;
    p.missing("auth_login", json!({"username": "a"}), "password").await;
    let nobody = p.target("auth_login");
    p.expect(&nobody, 401, "Invalid username or password!", None).await;
    for odd in [json!("x".repeat(5000)), json!(" "), json!("a\u{0}b")] {
        let target = p.with("auth_login", "username", odd);
        p.expect(&target, 401, "Invalid username or password!", None).await;
    }

    for field in ["old_password", "new_password"] {
        p.password("password_change", field).await;
    }
    p.missing("password_change", json!({}), "old_password, new_password").await;
    let text = "The old password parameter does not match with the actual user password.";
    let wrong = p.with("password_change", "old_password", json!("wrong"));
    p.expect(&wrong, 400, "Password does not match!", Some(text)).await;

    for id in ["password_reset", "child_password_reset"] {
        p.password(id, "new_password").await;
        let mut target = p.target(id);
        target.body = Some(json!({}));
        p.expect(&target, 400, "Required field not provided...", Some("new_password is required!")).await;
    }
    p.not_found("password_reset", "User", format!("/v1/users/{ABSENT}/reset-password")).await;
    p.not_found("user_unlock", "User", format!("/v1/users/{ABSENT}/unlock")).await;

    for bad in [json!("tomorrow"), json!(5)] {
        let text = "at must be a time in RFC 3339, such as \"2026-12-31T00:00:00Z\"!";
        let target = p.with("user_deactivate", "at", bad);
        p.expect(&target, 400, text, None).await;
    }
    for bad in [json!(0), json!("30"), json!(36_501)] {
        let text = "erase_after_days must be a whole number from 1 to 36500!";
        let target = p.with("user_deactivate", "erase_after_days", bad);
        p.expect(&target, 400, text, None).await;
    }
    p.not_found("user_deactivate", "User", format!("/v1/users/{ABSENT}/deactivate")).await;
    p.not_found("user_activate", "User", format!("/v1/users/{ABSENT}/activate")).await;
}

/// Somebody whose own row another program has deleted.
async fn vanished_user(p: &mut Provoker) {
    let institution = p.ours.institution.clone();
    let educator = p.world.person("educators", &institution, &[]).await;
    p.world.sql(&format!("DELETE FROM account WHERE id = x'{}'", educator.id));
    let target = Target { client: educator.client, ..p.target("password_change") };
    let target = Target { path: format!("/v1/users/{}/password", educator.id), ..target };
    let text = "User not found or already removed. A new operation for the same resource is not required.";
    p.expect(&target, 404, "User not found!", Some(text)).await;
}

async fn institutions(p: &mut Provoker) {
    for id in ["institution_create", "institution_update"] {
        p.text(id, "name", 256).await;
        p.text(id, "type", 256).await;
        p.text(id, "address", 1024).await;
        for (field, out_of_range) in [("latitude", 90.5), ("longitude", -180.5)] {
            for bad in [json!(null), json!("x"), json!(""), json!(true), json!(out_of_range), json!("1e999")] {
                p.invalid(&p.with(id, field, bad), &format!("{field} must be a string!")).await;
            }
        }
    }
    p.missing("institution_create", json!({}), "name, type").await;
    p.missing("institution_create", json!({"name": "x"}), "type").await;
    let taken = json!({"name": "Taken", "type": "School"});
    p.admin.post("/v1/institutions", taken.clone()).await.is(201);
    for id in ["institution_create", "institution_update"] {
        let mut target = p.target(id);
        target.body = Some(taken.clone());
        p.conflict(&target, "Institution").await;
    }
    let absent = format!("/v1/institutions/{ABSENT}");
    p.not_found("institution_view", "Institution", absent.clone()).await;
    p.not_found("institution_update", "Institution", absent).await;
    let target = p.target("institution_delete");
    p.expect(&target, 400, "The institution is associated with one or more users.", None).await;
}

async fn children(p: &mut Provoker) {
    for id in ["child_create", "child_update"] {
        for bad in [json!(null), json!("other"), json!("Male"), json!(1)] {
            p.invalid(&p.with(id, "gender", bad), "The names of the allowed genders are: male, female.").await;
        }
        for bad in [json!(true), json!([9]), json!({})] {
            p.invalid(&p.with(id, "age", bad), "age must be a string!").await;
        }
        p.invalid(&p.with(id, "age", json!("")), "age must have at least one character!").await;
        for bad in [json!(0), json!(-1), json!("0"), json!("-2.5"), json!(0.0)] {
            p.invalid(&p.with(id, "age", bad), "Age cannot be less than or equal to zero!").await;
        }
        dates(p, id, "age").await;
        let with_age = |value: Value| {
            let mut target = p.with(id, "age_calc_date", value);
            target.body.as_mut().unwrap()["age"] = json!("9");
            target
        };
        let (number, empty) = (with_age(json!(5)), with_age(json!("")));
        p.invalid(&number, "age_calc_date must be a string!").await;
        p.invalid(&empty, "age_calc_date must have at least one character!").await;
        dates(p, id, "age_calc_date").await;
    }
    p.invalid(&p.with("child_create", "age", json!(null)), "age must be a string!").await;
    p.invalid(&p.with("child_update", "age", json!(null)), "Provided age is not a valid number!").await;
    p.missing("child_create", json!({}), "username, password, institution, gender, age").await;
    p.missing("child_create", json!({"username": "a", "gender": "male"}), "password, institution, age").await;
    p.missing("child_update", json!({"age_calc_date": "2019-12-02"}), "age").await;
    let absent = format!("/v1/children/{ABSENT}");
    p.not_found("child_view", "Child", absent.clone()).await;
    p.not_found("child_update", "Child", absent.clone()).await;
    tags(p, &absent).await;
}

async fn dates(p: &mut Provoker, id: &str, field: &str) {
    let at = |value: &str| {
        let mut target = p.with(id, field, json!(value));
        if field == "age_calc_date" {
            target.body.as_mut().unwrap()["age"] = json!("9");
        }
        target
    };
    let (format, year, day, future) = (at("02-12-2019"), at("1600-12-02"), at("2019-02-30"), at("2260-12-02"));
    let not_iso = |value: &str| format!("Date: {value}, is not in valid ISO 8601 format.");
    p.expect(&format, 400, &not_iso("02-12-2019"), Some("Date must be in the format: yyyy-MM-dd")).await;
    let message = "Date 1600-12-02 has year not allowed. The year must be greater than 1678 and less than 2261.";
    p.expect(&year, 400, message, None).await;
    p.expect(&day, 400, &not_iso("2019-02-30"), None).await;
    let text = "The 'age' and 'age_calc_date' fields can only receive past or present dates.";
    p.expect(&future, 400, "Datetime: 2260-12-02, cannot be used!", Some(text)).await;
}

async fn tags(p: &mut Provoker, absent: &str) {
    let message = "NFC Tag must have a valid value. For example: \"04a22422dd6480\"";
    for bad in [json!(null), json!(""), json!(5)] {
        let target = p.with("child_tag_set", "nfc_tag", bad);
        p.expect(&target, 400, message, None).await;
    }
    let mut target = p.target("child_tag_set");
    target.body = Some(json!({}));
    p.expect(&target, 400, message, None).await;
    let (long, control) = (json!("x".repeat(257)), json!("a\nb"));
    p.invalid(&p.with("child_tag_set", "nfc_tag", long), "nfc_tag must have at most 256 characters!").await;
    p.invalid(&p.with("child_tag_set", "nfc_tag", control), "nfc_tag must not contain control characters!").await;
    let held = format!("/v1/children/{}/nfc", p.ours.sibling.id);
    p.admin.post(&held, json!({"nfc_tag": "held"})).await.is(201);
    let target = p.with("child_tag_set", "nfc_tag", json!("held"));
    let text = "The same NFC tag cannot be used on more than one child. Please correct and try again.";
    p.expect(&target, 409, "The NFC tag is already associated with another child.", Some(text)).await;
    p.not_found("child_tag_set", "Child", format!("{absent}/nfc")).await;
    p.not_found("child_tag_clear", "Child", format!("{absent}/nfc")).await;
    p.not_found("child_view_by_tag", "Child", "/v1/children/nfc/nobody%20has%20it".to_owned()).await;
}

/// What the five types of user that are registered have in common.
async fn users(p: &mut Provoker) {
    let titles = ["Child", "Family", "Educator", "Health Professional", "Application"];
    let names = ["child", "family", "educator", "healthprofessional", "application"];
    let first_words = "username, password, institution";
    for ((path, title), name) in PATHS.into_iter().zip(titles).zip(names) {
        let (create, update) = (format!("{name}_create"), format!("{name}_update"));
        for id in [&create, &update] {
            p.text(id, "username", 256).await;
            p.invalid(&p.with(id, "username", json!(" \t ")), "username must have at least one character!").await;
            p.institution_id(id).await;
        }
        p.password(&create, "password").await;
        match name {
            "family" => p.missing(&create, json!({}), &format!("{first_words}, Collection with children IDs")).await,
            "application" => p.missing(&create, json!({}), "username, password, application_name").await,
            "child" => {}
            _ => p.missing(&create, json!({}), first_words).await,
        }
        let institution = p.ours.institution.clone();
        let taken = p.world.person(path, &institution, &[p.ours.child.id.as_str()]).await;
        for id in [&create, &update] {
            let target = p.with(id, "username", json!(format!(" {} ", taken.username)));
            p.conflict(&target, title).await;
        }
        p.not_found(&update, title, format!("/v1/{path}/{ABSENT}")).await;
        if name != "child" {
            p.not_found(&format!("{name}_view"), title, format!("/v1/{path}/{ABSENT}")).await;
        }
        password_in_update(p, &update, path).await;
    }
    p.missing(
        "family_create",
        {
            let mut body = p.body("family_create").unwrap();
            body["children"] = json!([]);
            body
        },
        "Collection with children IDs",
    )
    .await;
    for id in ["application_create", "application_update"] {
        p.text(id, "application_name", 256).await;
    }
}

async fn password_in_update(p: &mut Provoker, id: &str, path: &str) {
    // The document's example has an id of its own; a made one is put in its place.
    let example = "5a62be07d6f33400146c9b61";
    for bad in [json!(null), json!("x"), json!("")] {
        let mut target = p.with(id, "password", bad);
        target.path = format!("/v1/{path}/{example}");
        let text = format!(
            "A specific route to update user password already exists. Access: PUT /users/{example}/password to update \
             your password."
        );
        p.expect(&target, 400, "This parameter could not be updated.", Some(&text)).await;
    }
}

async fn groups(p: &mut Provoker) {
    for (name, title) in [("educator", "educators"), ("healthprofessional", "healthprofessionals")] {
        let (create, update) = (format!("{name}_group_create"), format!("{name}_group_update"));
        for id in [&create, &update] {
            p.text(id, "name", 256).await;
            p.text(id, "school_class", 256).await;
            p.kids(id).await;
        }
        p.missing(&create, json!({}), "name, Collection with children IDs").await;
        p.missing(&create, json!({"name": "x", "children": []}), "Collection with children IDs").await;
        let made = p.target(&create);
        let taken = made.body.clone().unwrap();
        made.client.post(&made.path, taken.clone()).await.is(201);
        for id in [&create, &update] {
            let target = p.with(id, "name", taken["name"].clone());
            p.conflict(&target, "Children Group").await;
        }
        let owner = p.ours.of(title).id.clone();
        let absent = format!("/v1/{title}/{owner}/children/groups/{ABSENT}");
        p.not_found(&format!("{name}_group_view"), "Children Group", absent.clone()).await;
        p.not_found(&update, "Children Group", absent.clone()).await;
        let days = format!("{absent}/days/2019-01-01/2019-01-02");
        p.not_found(&format!("{name}_group_days_view"), "Children Group", days.clone()).await;
        let coverage = days.replace("/days/", "/coverage/");
        p.not_found(&format!("{name}_group_coverage_view"), "Children Group", coverage).await;
        for _ in 2..200 {
            let target = p.target(&create);
            target.client.post(&target.path, target.body.unwrap()).await.is(201);
        }
        let target = p.target(&create);
        p.expect(&target, 400, "The limit of 200 children groups was reached.", None).await;
        let other = p.world.person(title, &p.ours.institution.clone(), &[]).await;
        let children = p.world.give_groups(&other.id, 100, 100).await;
        let groups = format!("/v1/{title}/{}/children/groups", other.id);
        let newest = other.client.get(&groups).await.body[0]["id"].as_str().unwrap().to_owned();
        let group = format!("{groups}/{newest}");
        let more = [children.as_slice(), std::slice::from_ref(&p.ours.child.id)].concat();
        for (id, path) in [(&create, groups), (&update, group)] {
            let mut target = p.with(id, "children", json!(more));
            (target.client, target.path) = (other.client.clone(), path);
            p.expect(&target, 400, "The limit of 10000 children in all groups was reached.", None).await;
        }
    }
}

async fn families(p: &mut Provoker) {
    p.kids("family_create").await;
    p.kids("family_update").await;
    let child = p.ours.child.id.clone();
    p.not_found("family_child_list", "Family", format!("/v1/families/{ABSENT}/children")).await;
    p.not_found("family_child_remove", "Family", format!("/v1/families/{ABSENT}/children/{child}")).await;
    let mut target = p.target("family_child_add");
    target.path = format!("/v1/families/{ABSENT}/children/{child}");
    let text = "Family not found or already removed. A new operation for the same resource is not required.";
    p.expect(&target, 400, "Family not found!", Some(text)).await;
    target.path = format!("/v1/families/{}/children/{ABSENT}", p.ours.family.id);
    let message = "The association could not be performed because the child does not have a record.";
    p.expect(&target, 400, message, None).await;
    let mut ids = Vec::new();
    for _ in 0..1000 {
        ids.push(p.admin.make_child(&p.ours.institution).await);
    }
    let full = p.world.person("families", &p.ours.institution, &[&p.ours.sibling.id]).await;
    p.admin.patch(&format!("/v1/families/{}", full.id), json!({"children": ids})).await.is(200);
    target.path = format!("/v1/families/{}/children/{child}", full.id);
    p.invalid(&target, "children must have at most 1000 items!").await;
}

async fn tracking(p: &mut Provoker) {
    let tracked: Vec<_> =
        p.operations().into_iter().filter(|(id, _, _)| is_tracked(id) || id == "child_export").collect();
    for (id, _, _) in tracked.into_iter().filter(|(id, _, _)| !DISCONTINUED_OPERATIONS.contains(&id.as_str())) {
        let target = p.target(&id);
        let (kind, owner) = if id.starts_with("environment") {
            ("Institution", &p.ours.institution)
        } else {
            ("Child", &p.ours.child.id)
        };
        let target = Target { path: target.path.replace(owner, ABSENT), ..target };
        let message = format!("There is no registered {kind} with ID: {ABSENT} on the platform!");
        p.expect(&target, 400, &message, Some(&format!("Please register the {kind} and try again..."))).await;
        if id.ends_with("_create") {
            let target = Target { body: Some(json!(vec![{}; 1001])), ..p.target(&id) };
            p.invalid(&target, "At most 1000 items can be sent at once.").await;
        }
    }
    let number = |field: &str| format!("{field} must be a number equal to or greater than zero.");
    for (id, title, time) in [
        ("weight_create", "Weight", "timestamp"),
        ("bodyfat_create", "Body Fat", "timestamp"),
        ("physicalactivity_create", "Physical Activity", "start_time"),
        ("sleep_create", "Sleep", "start_time"),
    ] {
        instant(p, id, time).await;
        p.conflict(&p.target(id), title).await;
        let view = id.replace("create", "view");
        let path = p.target(&view).path.rsplit_once('/').unwrap().0.to_owned();
        p.not_found(&view, title, format!("{path}/{ABSENT}")).await;
    }
    for id in ["physicalactivity_create", "sleep_create"] {
        period(p, id).await;
    }
    activities(p).await;
    nights(p).await;
    for id in DISCONTINUED_OPERATIONS {
        p.expect(&p.target(id), 405, DISCONTINUED, None).await;
    }
    for id in ["weight_create", "bodyfat_create"] {
        p.invalid(&p.with(id, "value", json!(null)), &number("value")).await;
    }
    p.text("weight_create", "unit", 256).await;
    p.missing("weight_create", json!({}), "timestamp, value, unit").await;
    p.invalid(&p.with("weight_create", "body_fat", json!("x")), &number("body_fat")).await;
    p.missing("bodyfat_create", json!({}), "timestamp, value").await;
    logs(p).await;
    environments(p).await;
}

async fn environments(p: &mut Provoker) {
    let id = "environment_create";
    instant(p, id, "timestamp").await;
    p.conflict(&p.target(id), "Environment").await;
    let bad = [
        (json!([]), "must be a string!".to_owned()),
        (json!(""), "must have at least one character!".to_owned()),
        (json!("é".repeat(257)), "must have at most 256 characters!".to_owned()),
        (json!("a\u{7}b"), "must not contain control characters!".to_owned()),
    ];
    for (value, text) in &bad {
        for field in ["local", "room", "latitude", "longitude"] {
            let mut target = p.target(id);
            target.body.as_mut().unwrap()["location"][field] = value.clone();
            p.invalid(&target, &format!("location.{field} {text}")).await;
        }
        for field in ["type", "unit"] {
            let mut target = p.target(id);
            target.body.as_mut().unwrap()["measurements"][0][field] = value.clone();
            p.invalid(&target, &format!("measurements.{field} {text}")).await;
        }
    }
    let values = json!([{"type": "a", "value": null}]);
    p.invalid(&p.with(id, "measurements", values), "measurements.value must be a valid number.").await;
    p.invalid(&p.with(id, "measurements", json!([])), "measurements collection must not be empty!").await;
    let many = json!(vec![{}; 101]);
    p.invalid(&p.with(id, "measurements", many), "measurements must have at most 100 items!").await;
    p.invalid(&p.with(id, "climatized", json!(null)), "climatized must be a boolean!").await;
    p.missing(id, json!({}), "timestamp, location, measurements").await;
    p.missing(id, json!({"location": {}}), "location.local, location.room").await;
    let mut body = air();
    body["measurements"] = json!([{}]);
    p.missing(id, body, "measurements.type, measurements.value, measurements.unit").await;
}

async fn logs(p: &mut Provoker) {
    let of_type = p.target("log_list_of_type");
    let target = Target { path: of_type.path.replace("steps", "step"), ..of_type };
    let types = "steps, calories, active_minutes, lightly_active_minutes, sedentary_minutes";
    p.invalid(&target, &format!("The names of the allowed types are: {types}.")).await;
    let of_groups = [
        "educator_group_days_view",
        "healthprofessional_group_days_view",
        "educator_group_coverage_view",
        "healthprofessional_group_coverage_view",
    ];
    for id in ["log_list", "log_list_of_type", "child_days_view"].into_iter().chain(of_groups) {
        let between = |p: &Provoker, start: &str, end: &str| {
            let target = p.target(id);
            Target { path: target.path.replace("2019-01-01/2019-01-02", &format!("{start}/{end}")), ..target }
        };
        let not_iso = |value: &str| format!("Date: {value}, is not in valid ISO 8601 format.");
        let target = between(p, "today", "2019-01-02");
        p.expect(&target, 400, &not_iso("today"), Some("Date must be in the format: yyyy-MM-dd")).await;
        let target = between(p, "2019-01-01", "1600-12-02");
        let message = "Date 1600-12-02 has year not allowed. The year must be greater than 1678 and less than 2261.";
        p.expect(&target, 400, message, None).await;
        let target = between(p, "2019-02-30", "2019-01-02");
        p.expect(&target, 400, &not_iso("2019-02-30"), None).await;
        for (start, end, text) in [
            (
                "2019-12-01",
                "2019-01-01",
                "The date_end parameter can not contain an older date than that the date_start parameter!",
            ),
            ("2019-01-01", "2020-01-02", "The period between the received dates can not exceed one year!"),
        ] {
            let message = format!("The interval between dates {start} and {end} is invalid!");
            p.expect(&between(p, start, end), 400, &message, Some(text)).await;
        }
    }
}

/// Two times, and how long it is from one to the other.
async fn period(p: &mut Provoker, id: &str) {
    let text = "duration must be an integer equal to or greater than zero.";
    p.invalid(&p.with(id, "duration", json!("x")), text).await;
    p.invalid(&p.with(id, "duration", json!(0)), "duration must be an integer greater than zero.").await;
    let text = "The end_time parameter can not contain an older date than that the start_time parameter!";
    p.invalid(&p.with(id, "end_time", json!("2019-06-20T14:39:59Z")), text).await;
    let text = "duration value does not match values passed in start_time and end_time parameters!";
    p.invalid(&p.with(id, "duration", json!(1)), text).await;
}

async fn nights(p: &mut Provoker) {
    let id = "sleep_create";
    let of = |p: &Provoker, data_set: Value| p.with(id, "pattern", json!({"data_set": data_set}));
    let text = "The names of the allowed Sleep Pattern types are: classic, stages.";
    p.invalid(&p.with(id, "type", json!("x")), text).await;
    let empty = p.with(id, "pattern", json!({}));
    p.expect(&empty, 400, REQUIRED, Some("pattern.data_set is required!")).await;
    p.invalid(&of(p, json!([])), "pattern.data_set must not be empty!").await;
    p.invalid(&of(p, json!(vec![0; 5001])), "pattern.data_set must have at most 5000 items!").await;
    let text = "The names of the allowed data_set patterns are: asleep, restless, awake.";
    p.invalid(&of(p, json!([{"name": "rem"}])), text).await;
    let text = "The names of the allowed data_set patterns are: deep, light, rem, awake.";
    p.invalid(&p.with(id, "type", json!("stages")), text).await;
    let text = "pattern.data_set.duration must be an integer equal to or greater than zero.";
    p.invalid(&of(p, json!([{"duration": -1}])), text).await;
    let missing = "pattern.data_set.start_time, pattern.data_set.name, pattern.data_set.duration";
    p.missing(id, json!({"pattern": {"data_set": [{}]}}), missing).await;
    p.missing(id, json!({}), "start_time, end_time, duration, type, pattern").await;
}

async fn activities(p: &mut Provoker) {
    let id = "physicalactivity_create";
    let whole = |field: &str| format!("{field} must be an integer equal to or greater than zero.");
    let number = |field: &str| format!("{field} must be a number equal to or greater than zero.");
    p.text(id, "name", 256).await;
    p.invalid(&p.with(id, "calories", json!(-1)), &number("calories")).await;
    p.invalid(&p.with(id, "steps", json!(-1)), &whole("steps")).await;
    p.invalid(&p.with(id, "distance", json!(-1)), &number("distance")).await;
    let level = |name: &str, duration: i32| json!({"name": name, "duration": duration});
    let text = "The names of the allowed levels are: sedentary, lightly, fairly, very.";
    p.invalid(&p.with(id, "levels", json!([level("x", 1)])), text).await;
    p.invalid(&p.with(id, "levels", json!([level("very", -1)])), &whole("levels.duration")).await;
    let text = "The levels array must have values for the following levels: sedentary, lightly, fairly, very.";
    p.invalid(&p.with(id, "levels", json!([level("very", 1)])), text).await;
    let mut levels = ["sedentary", "lightly", "fairly", "very"].map(|name| level(name, 1));
    levels[1].as_object_mut().unwrap().remove("duration");
    let mut body = activity();
    body["levels"] = json!(levels);
    p.missing(id, body, "levels.duration").await;
    let average = json!({"average": 0});
    p.invalid(&p.with(id, "heart_rate", average), "heart_rate.average must be an integer greater than zero.").await;
    let zone = || json!({"min": 1, "max": 2, "duration": 3});
    let zones = json!({"average": 1, "out_of_range_zone": zone(), "fat_burn_zone": zone(), "cardio_zone": zone(),
        "peak_zone": zone()});
    let mut bad = zones.clone();
    bad["cardio_zone"]["duration"] = json!(-1);
    p.invalid(&p.with(id, "heart_rate", bad), &whole("heart_rate.cardio_zone.duration")).await;
    let mut bad = zones;
    (bad["cardio_zone"]["max"], bad["peak_zone"]["min"]) = (json!(0), json!(0));
    let text = "heart_rate.cardio_zone.max, heart_rate.peak_zone.min must be an integer greater than zero.";
    p.invalid(&p.with(id, "heart_rate", bad), text).await;
    let mut body = activity();
    body["heart_rate"] = json!({});
    let missing = "heart_rate.average, heart_rate.out_of_range_zone, heart_rate.fat_burn_zone, \
                   heart_rate.cardio_zone, heart_rate.peak_zone";
    p.missing(id, body, missing).await;
    p.missing(id, json!({}), "start_time, end_time, duration, name, calories").await;
}

/// TIME.
async fn instant(p: &mut Provoker, id: &str, field: &str) {
    for (bad, description) in
        [("yesterday", Some("Datetime must be in the format: yyyy-MM-ddTHH:mm:ssZ")), ("2019-02-30T08:00:00Z", None)]
    {
        let message = format!("Datetime: {bad}, is not in valid ISO 8601 format.");
        p.expect(&p.with(id, field, json!(bad)), 400, &message, description).await;
    }
}

/// Files on their way to an import, from none there to an import that was taken back.
async fn rosters(p: &mut Provoker) {
    let cannot = "The import cannot be carried out as it was asked for!";
    let uploads = ["view", "plan", "prepare", "passwords", "apply"].map(|step| format!("roster_upload_{step}"));
    for id in &uploads {
        let path = p.target(id).path;
        p.not_found(id, "Upload", path).await;
    }
    put(p, "children.csv", b"username,age\nA1,x\n".to_vec()).await.is(200);
    let no_plan = "There is no plan of this upload that can be applied!";
    let text = "Another one was made, or this one waited too long or has problems: plan the import again.";
    for id in &uploads[2..] {
        p.expect(&p.target(id), 409, no_plan, Some(text)).await;
    }
    let mut target = p.with("roster_upload_plan", "max_removals", json!("many"));
    target.body.as_mut().unwrap()["remove_missing"] = json!(true);
    p.expect(&target, 400, cannot, Some("\"many\" is no number of users: write it as 25, or as 10%")).await;
    let target = p.with("roster_upload_roll_over", "max_removals", json!("many"));
    p.expect(&target, 400, cannot, Some("\"many\" is no number of users: write it as 25, or as 10%")).await;
    let target = p.with("roster_upload_apply", "plan", json!(5));
    p.expect(&target, 400, cannot, Some("plan must be a string")).await;

    let text = format!("username,institution,gender,age,password\nRO1,{},female,9,secret\n", p.ours.institution);
    put(p, "children.csv", text.clone().into_bytes()).await.is(200);
    let planned = p.target("roster_upload_plan");
    let plan = async |p: &Provoker| p.admin.post(&planned.path, json!({})).await.is(200).body["plan"].clone();
    plan(p).await;
    for id in &uploads[3..] {
        let text = "Prepare it until as much is done as there is in total.";
        p.expect(&p.target(id), 409, "The plan is not prepared yet!", Some(text)).await;
    }
    let prepare = p.target("roster_upload_prepare").path;
    p.admin.post(&prepare, json!({})).await.is(200);
    let taken = p.admin.post("/v1/children", child("RO1", &p.ours.institution)).await.is(201).id();
    let text = "Something was changed meanwhile that it is about, and nothing was imported: plan the import again.";
    p.expect(&p.target("roster_upload_apply"), 409, "The plan is out of date!", Some(text)).await;
    p.admin.delete(&format!("/v1/users/{taken}")).await.is(204);
    plan(p).await;
    p.admin.post(&prepare, json!({})).await.is(200);
    let apply = p.target("roster_upload_apply").path;
    let import = p.admin.post(&apply, json!({})).await.is(200).body["import"].to_string();

    let text = "Nothing was planned: begin another upload, of another id.";
    for id in ["roster_upload_plan", "roster_upload_roll_over"] {
        p.expect(&p.target(id), 409, "The upload was applied already!", Some(text)).await;
    }

    let imports = "/v1/rosters/imports";
    for bad in ["0", "99", "x", "%ff"] {
        p.not_found("roster_import_view", "Import", format!("{imports}/{bad}")).await;
        p.not_found("roster_import_undo", "Import", format!("{imports}/{bad}/undo")).await;
    }
    let undo = format!("{imports}/{import}/undo");
    p.admin.post(&undo, json!({})).await.is(200);
    let target = Target { path: undo, ..p.target("roster_import_undo") };
    p.expect(&target, 409, "The import was taken back already!", Some("Nothing was changed.")).await;
    too_much(p).await;
}

async fn put(p: &mut Provoker, file: &str, bytes: Vec<u8>) -> Reply {
    let path = p.target("roster_file_put").path.replace("children.csv", file);
    let reply = p.admin.call(p.admin.request(Method::PUT, &path).body(bytes)).await;
    p.seen.insert(("roster_file_put".to_owned(), reply.text.clone()));
    reply
}

/// Files that are too long, too many, or called what no file is.
async fn too_much(p: &mut Provoker) {
    let cannot = "The import cannot be carried out as it was asked for!";
    const MOST: usize = 64 << 20;
    let text = format!("The request body must not exceed {MOST} bytes.");
    put(p, "a.csv", vec![b'x'; MOST + 1]).await.fails(413, "REQUEST ENTITY TOO LARGE", Some(&text));
    put(p, "children.csv", vec![b'x'; MOST]).await.is(200);
    let text = "the files are larger than 64 MiB together: import them in several parts";
    put(p, "a.csv", vec![b'x']).await.fails(400, cannot, Some(text));
    for number in 1..64 {
        put(p, &format!("{number}.csv"), Vec::new()).await.is(200);
    }
    let text = "there are more than 64 files: import them in several parts";
    put(p, "64.csv", Vec::new()).await.fails(400, cannot, Some(text));
    let text = "this is no name of a file: give it one of 1 to 256 characters, such as children.csv";
    for name in ["%2Fetc%2Fpasswd", "a%5Cb", "a%00", "%ff", &"x".repeat(257)] {
        put(p, name, Vec::new()).await.fails(400, cannot, Some(text));
    }
}

/// Files of a child's wearable, from none there to an import that was taken back.
async fn wearables(p: &mut Provoker) {
    let cannot = "The import cannot be carried out as it was asked for!";
    let of_upload = ["view", "plan", "apply"].map(|step| format!("wearable_upload_{step}"));
    let of_import = ["view", "undo"].map(|step| format!("wearable_import_{step}"));
    let others = ["wearable_file_put", "wearable_upload_delete", "child_wearable_import_list"].map(str::to_owned);
    for id in of_upload.iter().chain(&of_import).chain(&others) {
        let mut target = p.target(id);
        target.path = target.path.replace(&p.ours.child.id, ABSENT);
        let message = format!("There is no registered Child with ID: {ABSENT} on the platform!");
        let text = "Please register the Child and try again...";
        p.expect(&target, 400, &message, Some(text)).await;
    }
    for id in &of_upload {
        let path = p.target(id).path;
        p.not_found(id, "Upload", path).await;
    }
    for id in &of_import {
        for bad in ["0", "99", "x", "%ff"] {
            let path = p.target(id).path.replace("imports/1", &format!("imports/{bad}"));
            p.not_found(id, "Import", path).await;
        }
    }
    let answers = |p: &Provoker, answers: Value| p.with("wearable_upload_plan", "answers", answers);
    for (given, text) in [
        (json!(["zone"]), "answers must be an object of strings"),
        (
            json!({"colour": "red"}),
            "one of the answers answers nothing: the questions are zone, weight-unit, date-order, exercise-times",
        ),
        (
            json!({"zone": "Nowhere"}),
            "there is no such time zone: name the continent and the town, such as Europe/Athens",
        ),
        (json!({"weight-unit": "stone"}), "weight-unit can be answered with kg or lb"),
    ] {
        p.expect(&answers(p, given), 400, cannot, Some(text)).await;
    }
    let target = p.with("wearable_upload_apply", "plan", json!(5));
    p.expect(&target, 400, cannot, Some("plan must be a string")).await;

    let put = p.target("wearable_file_put");
    let name = "this is no name of a file: give it one of 1 to 256 characters, such as takeout.zip";
    let bad = Target { path: put.path.replace("children.csv", "a%5Cb"), ..p.target("wearable_file_put") };
    p.expect(&bad, 400, cannot, Some(name)).await;
    let length = (2_u64 << 30) + 1;
    let request = put.client.request(Method::PUT, &put.path).header("content-length", length);
    let text = format!("The request body must not exceed {} bytes.", 2_u64 << 30);
    let long = put.client.call(request.finish()).await.fails(413, "REQUEST ENTITY TOO LARGE", Some(&text));
    p.seen.insert(("wearable_file_put".to_owned(), long.text));
    p.expect(&p.target("wearable_upload_plan"), 400, cannot, Some("the upload has no file yet: upload one first"))
        .await;
    let no_plan = "Another one was made, or this one waited too long or has problems: plan the import again.";
    let message = "There is no plan of this upload that can be applied!";
    p.expect(&p.target("wearable_upload_apply"), 409, message, Some(no_plan)).await;
    for number in 0..64 {
        let path = put.path.replace("children.csv", &number.to_string());
        p.admin.call(p.admin.request(Method::PUT, &path).finish()).await.is(200);
    }
    let text = "there are more than 64 files: give those of one export alone";
    p.expect(&p.target("wearable_file_put"), 400, cannot, Some(text)).await;
    let upload = p.target("wearable_upload_view").path;
    let others: Vec<_> = (0..40).map(|number| upload.replace(ABSENT, &format!("{number:024x}"))).collect();
    for other in &others {
        let path = format!("{other}/files/a");
        p.admin.call(p.admin.request(Method::PUT, &path).finish()).await;
    }
    let target = Target { path: put.path.replace(ABSENT, &format!("{:024x}", 41)), ..p.target("wearable_file_put") };
    let text = "you have 40 uploads that wait: store some of them, or give them up";
    p.expect(&target, 400, cannot, Some(text)).await;
    for path in others.iter().chain([&upload]) {
        p.admin.delete(path).await.is(204);
    }
    wearable_import(p, &put.path, &upload).await;
}

/// A weight comes in and is taken back.
async fn wearable_import(p: &mut Provoker, file: &str, upload: &str) {
    let weight = "Date,Weight (kg)\n2001-01-01 08:00:00,30\n".to_owned();
    let file = file.replace("children.csv", "weight.csv");
    p.admin.call(p.admin.request(Method::PUT, &file).body(weight)).await.is(200);
    p.admin.post(&format!("{upload}/plan"), json!({})).await.is(200);
    crate::wearables::http::settled(&p.admin, upload).await;
    let text = "Nothing was imported: plan the import again, with answers to its questions.";
    let message = "The plan asks something that is not answered!";
    p.expect(&p.target("wearable_upload_apply"), 409, message, Some(text)).await;
    p.admin.post(&format!("{upload}/plan"), json!({"answers": {"zone": "Europe/Athens"}})).await.is(200);
    crate::wearables::http::settled(&p.admin, upload).await;
    p.admin.post(&format!("{upload}/apply"), json!({})).await.is(200);
    let import = crate::wearables::http::settled(&p.admin, upload).await["applied"]["import"].to_string();
    let text = "Nothing was planned: begin another upload, of another id.";
    for id in ["wearable_upload_plan", "wearable_file_put"] {
        p.expect(&p.target(id), 409, "The upload was applied already!", Some(text)).await;
    }
    let undo = p.target("wearable_import_undo").path.replace("imports/1", &format!("imports/{import}"));
    p.admin.post(&undo, json!({})).await.is(200);
    let target = Target { path: undo, ..p.target("wearable_import_undo") };
    p.expect(&target, 409, "The import was taken back already!", Some("Nothing was changed.")).await;
}

async fn service(p: &mut Provoker) {
    let audit = |given: &str| format!("/v1/service/audit?{given}");
    let message = "Date: yesterday, is not in valid ISO 8601 format.";
    for given in ["start_at=yesterday", "end_at=yesterday"] {
        let target = Target { path: audit(given), ..p.target("audit_view") };
        p.expect(&target, 400, message, Some("Date must be in the format: yyyy-MM-dd")).await;
    }
    let no_rows = ["1", "1-", "-1", "+1-1", "1-9999999999999999", "a-b", ""].map(|row| format!("before={row}"));
    for given in ["actor=admin", "target=%ff"] {
        let target = Target { path: audit(given), ..p.target("audit_view") };
        p.expect(&target, 400, "Some ID provided does not have a valid format!", Some(AN_ID)).await;
    }
    let text = "Give the next of the page before, such as 1767600900000-1.";
    for given in no_rows {
        let target = Target { path: audit(&given), ..p.target("audit_view") };
        p.expect(&target, 400, "before is no place in the audit trail!", Some(text)).await;
    }
}

/// What the tokens of a child's wearable give.
async fn fitbit(p: &mut Provoker) {
    let off = World::new().await;
    let theirs = off.school().await;
    let nowhere = |id: &str, p: &Provoker| {
        let path = p.target(id).path.replace(&p.ours.child.id, &theirs.child.id);
        Target { client: theirs.application.client.clone(), path, ..p.target(id) }
    };
    p.expect(&nowhere("fitbit_client_view", p), 404, "Fitbit client id and secret key not found!", None).await;
    let (message, text) =
        ("Unable to find Fitbit authentication data!", "You must enter new data before you can refer to it.");
    p.expect(&nowhere("fitbit_auth_view", p), 404, message, Some(text)).await;
    for id in ["fitbit_auth_set", "fitbit_auth_view", "fitbit_auth_revoke", "fitbit_sync"] {
        let target = Target { path: p.target(id).path.replace(&p.ours.child.id, ABSENT), ..p.target(id) };
        let message = format!("There is no registered Child with ID: {ABSENT} on the platform!");
        p.expect(&target, 400, &message, Some("Please register the Child and try again...")).await;
    }
    let target = Target { client: p.admin.clone(), ..p.target("fitbit_client_view") };
    let text = "Authorization failed due to insufficient permissions.";
    p.expect(&target, 403, "FORBIDDEN", Some(text)).await;
    let set = "fitbit_auth_set";
    for field in ["access_token", "refresh_token"] {
        p.text(set, field, 4096).await;
        for bad in ["a token", "tokén"] {
            let text = format!("{field} must have visible ASCII characters only!");
            p.invalid(&p.with(set, field, json!(bad)), &text).await;
        }
    }
    for bad in ["opaque", "a.b.c", "e30.e30.e30"] {
        p.invalid(&p.with(set, "access_token", json!(bad)), "access_token must be a valid token!").await;
    }
    let missing = "Fitbit Auth Data Validation: access_token, refresh_token required!";
    let target = Target { body: Some(json!({})), ..p.target(set) };
    p.expect(&target, 400, REQUIRED, Some(missing)).await;
    let target = Target { body: Some(json!({"access_token": tokens()["access_token"]})), ..p.target(set) };
    p.expect(&target, 400, REQUIRED, Some("Fitbit Auth Data Validation: refresh_token required!")).await;
    let useless = p.with(set, "access_token", json!(access_token("1A2B3", "rpro rhrt", "2030-01-01T00:00:00Z")));
    p.expect(&useless, 400, NOTHING_PERMITTED, Some(FEATURES)).await;

    let message = "User does not have authentication data. Please, submit authentication data and try again.";
    p.expect(&p.target("fitbit_sync"), 400, message, None).await;
    let text = "The request body must not exceed 102400 bytes.";
    let notice = p.world.nobody().request(Method::POST, "/v1/fitbit/subscriber").body("x".repeat(102_401));
    let reply = p.world.nobody().call(notice).await.fails(413, "REQUEST ENTITY TOO LARGE", Some(text));
    p.seen.insert(("fitbit_subscriber_notify".to_owned(), reply.text));
    synced(p).await;
}

/// What is said of tokens that let nothing be read.
const NOTHING_PERMITTED: &str =
    "The token must have permission for at least one of the features that are synced by the API.";
const FEATURES: &str = "The features that are mapped are: rwei (weight), ract (activity), rsle (sleep).";

/// What a wearable service says of tokens.
async fn synced(p: &mut Provoker) {
    let (set, sync) = (p.target("fitbit_auth_set"), p.target("fitbit_sync"));
    sync.client.post(&set.path, tokens()).await.is(204);
    p.world.sql("UPDATE wearable_account SET features = 0");
    p.expect(&sync, 400, NOTHING_PERMITTED, Some(FEATURES)).await;
    let again = "is invalid. Please make a new Fitbit Auth Data request and try again.";
    for (fault, status, code, message, description) in [
        (
            Fault::ExpiredToken,
            400,
            1011,
            "Access token expired.",
            "The access token eyJh... has been expired and needs to be refreshed.".to_owned(),
        ),
        (Fault::InvalidToken, 400, 1012, "Access token invalid.", format!("The access token eyJh... {again}")),
        (Fault::InvalidGrant, 400, 1021, "Refresh token invalid.", format!("The refresh token 0123... {again}")),
        (
            Fault::InvalidClient,
            401,
            1401,
            "Invalid Fitbit Client data.",
            "The Fitbit Client credentials are invalid. The operation cannot be performed.".to_owned(),
        ),
        (
            Fault::InvalidToken,
            400,
            1012,
            "The access token is invalid: eyJh...",
            "Please make a new Fitbit Auth data and try again.".to_owned(),
        ),
    ] {
        sync.client.post(&set.path, tokens()).await.is(204);
        if message.contains(':') {
            p.world.sql("UPDATE wearable_account SET status = 'invalid_token'");
        }
        p.service.set(|script| {
            script.weights = Err(fault.clone());
            script.nights = Err(fault.clone());
            script.activities = Err(fault);
        });
        let reply = sync.client.post(&sync.path, Value::Null).await.is(status);
        assert_eq!(reply.body, json!({"code": code, "message": message, "description": description}));
        assert_eq!(reply.header("www-authenticate"), None);
        p.seen.insert((sync.id.clone(), reply.text));
    }
}

async fn lists(p: &mut Provoker) {
    let message = "Date: yesterday, is not in valid ISO 8601 format.";
    let lists: Vec<_> = p.operations().into_iter().filter(|(id, _, _)| id.ends_with("_list")).collect();
    let lists = lists.into_iter().filter(|(id, _, _)| id != "log_list" && !id.ends_with("_import_list"));
    for (id, _, _) in lists {
        let base = p.target(&id).path;
        for parameter in ["start_at", "end_at", "period"] {
            let target = Target { path: format!("{base}?{parameter}=yesterday"), ..p.target(&id) };
            p.expect(&target, 400, message, Some("Date must be in the format: yyyy-MM-dd")).await;
        }
        if id == "institution_list" || id.contains("group") || is_tracked(&id) {
            continue;
        }
        let target = Target { path: format!("{base}?deactivated=maybe"), ..p.target(&id) };
        p.expect(&target, 400, "The values that deactivated can have are: include, only.", None).await;
        for parameter in ["institution", "institution_id"] {
            let target = Target { path: format!("{base}?{parameter}=abc"), ..p.target(&id) };
            p.expect(&target, 400, "Some ID provided does not have a valid format!", Some(AN_ID)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_documented_error_is_given_to_the_letter() {
    let mut p = Provoker::new().await;
    general(&mut p).await;
    bodies(&mut p).await;
    login_and_passwords(&mut p).await;
    vanished_user(&mut p).await;
    institutions(&mut p).await;
    children(&mut p).await;
    users(&mut p).await;
    groups(&mut p).await;
    families(&mut p).await;
    tracking(&mut p).await;
    lists(&mut p).await;
    rosters(&mut p).await;
    wearables(&mut p).await;
    service(&mut p).await;
    fitbit(&mut p).await;
    let mut unseen = Vec::new();
    for (id, method, path) in p.operations() {
        let responses = &p.document["paths"][path.as_str()][method.as_str().to_ascii_lowercase()]["responses"];
        let here = responses.as_object().unwrap().iter();
        let here = here.filter(|(status, _)| !ELSEWHERE.contains(&status.parse().unwrap()));
        let examples = here.filter_map(|(_, r)| r["content"]["application/json"]["examples"].as_object());
        for example in examples.flat_map(|examples| examples.values()).map(|example| &example["value"]) {
            if !p.seen.contains(&(id.clone(), example.to_string())) {
                unseen.push(format!("{id}: {example}"));
            }
        }
    }
    assert!(unseen.is_empty(), "documented, and not seen:\n{}", unseen.join("\n"));
}

#[tokio::test]
async fn a_password_shorter_than_the_configured_length_is_refused_where_one_is_set() {
    let world = World::with(Options { password_min_length: 8, ..Options::default() }).await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let mut body = child("short", &institution);
    body["password"] = json!("seven77");
    let text = "password must have at least 8 characters!";
    admin.post("/v1/children", body).await.fails(400, INVALID, Some(text));
    let path = format!("/v1/users/{}/reset-password", world.admin_id().await);
    let text = "new_password must have at least 8 characters!";
    admin.post(&path, json!({"new_password": "seven77"})).await.fails(400, INVALID, Some(text));
}

#[tokio::test]
async fn a_bad_format_goes_before_a_missing_field_and_the_first_bad_format_goes_first() {
    let world = World::new().await;
    let admin = world.admin().await;
    let body = json!({"password": 5, "institution_id": "x", "gender": "x"});
    admin.post("/v1/children", body).await.fails(400, INVALID, Some("password must be a string!"));
    let body = json!({"gender": "x", "age": true});
    let text = "The names of the allowed genders are: male, female.";
    admin.post("/v1/children", body).await.fails(400, INVALID, Some(text));
}
