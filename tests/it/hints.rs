//! No hints: what is stored and not shown is told by no list, no log and no audit trail.

use std::collections::BTreeSet;

use reqwest::Method;
use reqwest::blocking::Client;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::binary::Server;
use crate::support::World;

/// The names of all stored columns, and of what holds them.
fn columns(world: &World) -> BTreeSet<String> {
    let database = Connection::open(world.folder.path().join("ocariot.db")).unwrap();
    let sql = "SELECT DISTINCT c.name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'
               UNION SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite%'";
    let mut names = database.prepare(sql).unwrap();
    let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
    names.collect::<Result<_, _>>().unwrap()
}

#[tokio::test]
async fn no_list_filters_or_sorts_by_what_is_stored_and_not_shown() {
    let world = World::new().await;
    let (school, _) = (world.school().await, world.school().await);
    let (admin, educator) = (world.admin().await, &school.educator);
    educator.client.make_group(&format!("educators/{}", educator.id), &[&school.child.id]).await;
    let columns = columns(&world);
    for known in ["password_hash", "owner_id", "created_at", "through_token", "audit"] {
        assert!(columns.contains(known), "{known} is stored: {columns:?}");
    }
    // With an alias of SQLite's, a table's, and ways out of a column's name.
    let tricks = ["rowid", "a.password_hash", "account.password_hash", "password", "c.nfc_tag", "1", "id desc--"];
    let groups = format!("/v1/educators/{}/children/groups", educator.id);
    let measured = ["weights", "bodyfats", "physicalactivities", "sleep"]
        .map(|name| format!("/v1/children/{}/{name}", school.child.id));
    let rooms = format!("/v1/institutions/{}/environments", school.institution);
    for day in ["2019-01-01", "2019-01-02"] {
        let body = json!({"timestamp": format!("{day}T08:00:00"), "location": {"local": "a", "room": "b"},
            "measurements": [{"type": "a", "value": 1, "unit": "b"}]});
        school.application.client.post(&rooms, body).await.is(201);
        let body = json!({"timestamp": format!("{day}T08:00:00"), "value": 30, "unit": "kg", "body_fat": 20});
        school.application.client.post(&measured[0], body).await.is(201);
        let body = json!({"start_time": format!("{day}T08:00:00"), "end_time": format!("{day}T08:00:01"),
            "duration": 1000, "name": "walk", "calories": 1, "steps": 1, "distance": 1});
        school.application.client.post(&measured[2], body).await.is(201);
        let body = json!({"start_time": format!("{day}T08:00:00"), "end_time": format!("{day}T08:00:01"),
            "duration": 1000, "type": "classic",
            "pattern": {"data_set": [{"start_time": format!("{day}T08:00:00"), "name": "awake", "duration": 1}]}});
        school.application.client.post(&measured[3], body).await.is(201);
    }
    let lists = [
        (&admin, "/v1/children".to_owned()),
        (&admin, "/v1/families".to_owned()),
        (&admin, "/v1/educators".to_owned()),
        (&admin, "/v1/healthprofessionals".to_owned()),
        (&admin, "/v1/applications".to_owned()),
        (&admin, "/v1/institutions".to_owned()),
        (&admin, format!("/v1/families/{}/children", school.family.id)),
        (&educator.client, groups),
        (&school.application.client, measured[0].clone()),
        (&school.application.client, measured[1].clone()),
        (&school.application.client, measured[2].clone()),
        (&school.application.client, measured[3].clone()),
        (&school.application.client, rooms),
    ];
    let mut asked = 0;
    for (client, path) in &lists {
        let all = client.get(path).await.is(200);
        let items = all.body.as_array().unwrap();
        assert!(items.len() >= 2, "{path}");
        let shown: BTreeSet<&String> = items.iter().flat_map(|item| item.as_object().unwrap().keys()).collect();
        let hidden = columns.iter().map(String::as_str).chain(tricks);
        // These are fields, which no item here has.
        let fields = [
            "institution",
            "institution_id",
            "nfc_tag",
            "age_calc_date",
            "address",
            "latitude",
            "longitude",
            "last_sync",
            "school_class",
            "child_id",
        ];
        for name in hidden.filter(|name| !shown.contains(&(*name).to_owned()) && !fields.contains(name)) {
            let name = name.replace(' ', "%20");
            for sort in [name.clone(), format!("-{name}")] {
                let reply = client.get(&format!("{path}?sort={sort}")).await.is(200);
                assert_eq!(reply.body, all.body, "{path} by {sort}");
            }
            for value in ["ne:x", "gt:0", "lt:z", "*a*", "%241*", "1", "admin"] {
                let reply = client.get(&format!("{path}?{name}={value}")).await.is(200);
                assert_eq!(reply.body, json!([]), "{path} with {name}={value}");
                asked += 1;
            }
        }
    }
    assert!(asked > 500, "{asked}");
}

/// Does every operation on a running server, and remembers which ones it did.
struct Everything {
    http: Client,
    url: String,
    done: BTreeSet<String>,
    /// What must be written nowhere.
    canaries: Vec<String>,
}

impl Everything {
    /// Asks; `template` is the path as the document writes it, filled in with `ids`.
    fn ask(&mut self, token: &str, (method, template): (&str, &str), ids: &[&str], body: Value) -> (u16, Value) {
        self.done.insert(format!("{method} {}", template.split('?').next().unwrap()));
        let mut ids = ids.iter();
        let parts = template.split('/').map(|part| if part.starts_with('{') { *ids.next().unwrap() } else { part });
        let path: Vec<&str> = parts.collect();
        let url = self.url.strip_suffix("/v1").unwrap();
        let request =
            self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{url}{}", path.join("/")));
        let request = if token.is_empty() { request } else { request.bearer_auth(token) };
        let reply = match body {
            Value::Null => request.send(),
            Value::String(file) => request.body(file).send(),
            body => request.json(&body).send(),
        };
        let reply = reply.unwrap();
        (reply.status().as_u16(), reply.json().unwrap_or(Value::Null))
    }

    #[track_caller]
    fn id(&mut self, token: &str, template: &str, ids: &[&str], body: Value) -> String {
        let (status, reply) = self.ask(token, ("POST", template), ids, body);
        assert_eq!(status, 201, "{template}: {reply}");
        reply["id"].as_str().unwrap().to_owned()
    }

    fn canary(&mut self, text: &str) -> String {
        let canary = format!("canary{}{text}", self.canaries.len());
        self.canaries.push(canary.clone());
        canary
    }

    fn login(&mut self, username: &str, password: &str) -> String {
        let body = json!({"username": username, "password": password});
        let (status, reply) = self.ask("", ("POST", "/v1/auth"), &[], body);
        assert_eq!(status, 200, "{reply}");
        let token = reply["access_token"].as_str().unwrap().to_owned();
        self.canaries.extend(token.split('.').skip(1).map(str::to_owned));
        token
    }

    /// One type of user: registered, logged in, listed, viewed, changed.
    fn user(&mut self, admin: &str, path: &str, id: &str, more: &Value) -> (String, String) {
        let (name, password) = (self.canary("name"), self.canary("pässword"));
        let mut body = more.clone();
        (body["username"], body["password"]) = (json!(name), json!(password));
        let (list, one) = (format!("/v1/{path}"), format!("/v1/{path}/{{{id}}}"));
        let user = self.id(admin, &list, &[], body.clone());
        assert_eq!(self.ask(admin, ("POST", &list), &[], body).0, 409, "a conflict names it nowhere");
        let token = self.login(&name, &password);
        for query in [String::new(), format!("?username={name}"), format!("?sort=username&username=*{}", &name[1..])] {
            let (_, found) = self.ask(admin, ("GET", &format!("{list}{query}")), &[], Value::Null);
            assert_eq!(found.as_array().unwrap().len(), 1, "{found}");
        }
        assert_eq!(self.ask(admin, ("GET", &one), &[&user], Value::Null).0, 200);
        let renamed = json!({"username": self.canary("renamed")});
        assert_eq!(self.ask(admin, ("PATCH", &one), &[&user], renamed).0, 200);
        let change = json!({"old_password": password, "new_password": self.canary("changed")});
        self.ask(&token, ("PUT", "/v1/users/{user_id}/password"), &[&user], change);
        let change = json!({"old_password": self.canary("wrong"), "new_password": self.canary("never")});
        self.ask(&token, ("PUT", "/v1/users/{user_id}/password"), &[&user], change);
        (user, token)
    }

    fn groups(&mut self, token: &str, (path, id): (&str, &str), owner: &str, child: &str) {
        let list = format!("/v1/{path}/{{{id}}}/children/groups");
        let one = format!("{list}/{{group_id}}");
        let group = self.id(token, &list, &[owner], json!({"name": "A", "children": [child]}));
        let days = (&format!("{one}/days/{{date_start}}/{{date_end}}"), [owner, &group, "2019-01-01", "2019-01-02"]);
        assert_eq!(self.ask(token, ("GET", days.0), &days.1, Value::Null).0, 200);
        let coverage = format!("{one}/coverage/{{date_start}}/{{date_end}}");
        assert_eq!(self.ask(token, ("GET", &coverage), &days.1, Value::Null).0, 200);
        let (reset, new) = ("/v1/children/{child_id}/reset-password", json!({"new_password": self.canary("reset")}));
        let expected = if path == "educators" { 204 } else { 403 };
        assert_eq!(self.ask(token, ("POST", reset), &[child], new).0, expected);
        for (method, template) in [("GET", &list), ("GET", &one), ("PATCH", &one), ("DELETE", &one)] {
            let body = if method == "PATCH" { json!({"name": "B"}) } else { Value::Null };
            assert!(self.ask(token, (method, template), &[owner, &group], body).0 < 300, "{method} {template}");
        }
    }

    /// The air of an institution's rooms.
    fn rooms(&mut self, token: &str, institution: &str) {
        let list = "/v1/institutions/{institution_id}/environments";
        let room = self.canary("room");
        let body = json!({"timestamp": "2019-01-01T08:00:00", "location": {"local": room, "room": room},
            "measurements": [{"type": room, "value": 1, "unit": room}]});
        let made = self.id(token, list, &[institution], body.clone());
        assert_eq!(
            self.ask(token, ("POST", list), &[institution], json!([body, {"location": {"room": [room]}}])).0,
            207
        );
        let query = format!("{list}?location.room={room}");
        assert_eq!(self.ask(token, ("GET", &query), &[institution], Value::Null).0, 200);
        let one = format!("{list}/{{environment_id}}");
        assert_eq!(self.ask(token, ("DELETE", &one), &[institution, &made], Value::Null).0, 204);
        assert_eq!(self.ask(token, ("DELETE", list), &[institution], Value::Null).0, 204);
    }

    /// What is tracked of a child.
    fn tracked(&mut self, token: &str, child: &str) {
        let logs = "/v1/children/{child_id}/logs";
        let (kind, day) = (self.canary("kind"), self.canary("day"));
        let items = json!([{"date": "2019-01-01", "value": 1}, {"date": day, "value": day}]);
        for kind in ["steps", &kind] {
            assert_eq!(
                self.ask(token, ("POST", &format!("{logs}/{{resource}}")), &[child, kind], items.clone()).0,
                207
            );
        }
        let (all, of_type) = ("date/{date_start}/{date_end}", "{resource}/date/{date_start}/{date_end}");
        for (first, status) in [("2019-01-01", 200), (day.as_str(), 400)] {
            let range = [child, first, "2019-01-02"];
            assert_eq!(self.ask(token, ("GET", &format!("{logs}/{all}")), &range, Value::Null).0, status);
            let range = [child, "steps", first, "2019-01-02"];
            assert_eq!(self.ask(token, ("GET", &format!("{logs}/{of_type}")), &range, Value::Null).0, status);
        }
        let days = ("GET", "/v1/children/{child_id}/days/{date_start}/{date_end}");
        assert_eq!(self.ask(token, days, &[child, "2019-01-01", "2019-01-02"], Value::Null).0, 200);
        assert_eq!(self.ask(token, days, &[child, &day, "2019-01-02"], Value::Null).0, 400);
        for (list, one) in [
            ("weights", "weight_id"),
            ("bodyfats", "bodyfat_id"),
            ("physicalactivities", "physicalactivity_id"),
            ("sleep", "sleep_id"),
        ] {
            let (list, one) =
                (format!("/v1/children/{{child_id}}/{list}"), format!("/v1/children/{{child_id}}/{list}/{{{one}}}"));
            let unit = self.canary("unit");
            let body = json!({"timestamp": "2019-01-01T08:00:00", "value": 30, "unit": unit, "name": unit,
                "start_time": "2019-01-01T08:00:00", "end_time": "2019-01-01T08:00:01", "duration": 1000, "calories": 1,
                "type": "stages", "pattern": {"more": unit, "data_set":
                    [{"start_time": "2019-01-01T08:00:00", "name": "rem", "duration": 1, "more": unit}]}});
            let made = self.id(token, &list, &[child], body.clone());
            assert_eq!(
                self.ask(
                    token,
                    ("POST", &list),
                    &[child],
                    json!([body, {"unit": [unit], "type": [unit], "pattern": {"data_set": [{"name": [unit]}]}}])
                )
                .0,
                207
            );
            assert_eq!(self.ask(token, ("GET", &format!("{list}?unit={unit}")), &[child], Value::Null).0, 200);
            assert_eq!(self.ask(token, ("GET", &one), &[child, &made], Value::Null).0, 200);
            if list.ends_with("activities") || list.ends_with("sleep") {
                assert_eq!(self.ask(token, ("PATCH", &one), &[child, &made], Value::Null).0, 405);
            }
            assert_eq!(self.ask(token, ("DELETE", &one), &[child, &made], Value::Null).0, 204);
        }
    }

    fn run(&mut self, admin_password: &str) {
        let admin = self.login("canary-admin", admin_password);
        let institution = self.id(&admin, "/v1/institutions", &[], json!({"name": "I", "type": "School"}));
        for method in ["GET", "PATCH"] {
            let body = if method == "PATCH" { json!({"name": "J"}) } else { Value::Null };
            self.ask(&admin, (method, "/v1/institutions/{institution_id}"), &[&institution], body);
        }
        self.ask(&admin, ("GET", "/v1/institutions"), &[], Value::Null);
        let of = json!({"institution_id": institution});
        let child = json!({"institution_id": institution, "gender": "male", "age": 9});
        let (child, _) = self.user(&admin, "children", "child_id", &child);
        let tag = self.canary("tag");
        self.ask(&admin, ("POST", "/v1/children/{child_id}/nfc"), &[&child], json!({"nfc_tag": tag}));
        assert_eq!(self.ask(&admin, ("GET", "/v1/children/nfc/{nfc_tag}"), &[&tag], Value::Null).0, 200);
        self.ask(&admin, ("DELETE", "/v1/children/{child_id}/nfc"), &[&child], Value::Null);
        let family = json!({"institution_id": institution, "children": [child]});
        let (family, _) = self.user(&admin, "families", "family_id", &family);
        self.ask(&admin, ("GET", "/v1/families/{family_id}/children"), &[&family], Value::Null);
        for method in ["POST", "DELETE"] {
            let template = "/v1/families/{family_id}/children/{child_id}";
            assert!(self.ask(&admin, (method, template), &[&family, &child], Value::Null).0 < 300);
        }
        for (path, id) in [("educators", "educator_id"), ("healthprofessionals", "healthprofessional_id")] {
            let (owner, token) = self.user(&admin, path, id, &of);
            self.groups(&token, (path, id), &owner, &child);
        }
        let application = json!({"institution_id": institution, "application_name": "P"});
        let (application, token) = self.user(&admin, "applications", "application_id", &application);
        self.tracked(&token, &child);
        assert_eq!(self.ask(&admin, ("GET", "/v1/children/{child_id}/export"), &[&child], Value::Null).0, 200);
        self.rooms(&token, &institution);
        self.fitbit(&token, &child);
        let reset = json!({"new_password": self.canary("reset")});
        self.ask(&admin, ("POST", "/v1/users/{user_id}/reset-password"), &[&application], reset);
        assert_eq!(self.ask(&admin, ("POST", "/v1/users/{user_id}/unlock"), &[&application], Value::Null).0, 204);
        assert_eq!(self.ask(&admin, ("GET", "/v1/overview"), &[], Value::Null).0, 200);
        assert_eq!(self.ask(&token, ("GET", "/v1/applications"), &[], Value::Null).0, 401, "its token was revoked");
        let leave = json!({"at": self.canary("when")});
        self.ask(&admin, ("POST", "/v1/users/{user_id}/deactivate"), &[&application], leave);
        self.ask(&admin, ("POST", "/v1/users/{user_id}/activate"), &[&application], json!({}));
        self.rosters(&admin, &institution);
        self.wearables(&admin, &child);
        for template in ["audit", "limits", "keys", "settings", "backups"] {
            assert_eq!(self.ask(&admin, ("GET", &format!("/v1/service/{template}")), &[], Value::Null).0, 200);
        }
        assert_eq!(self.ask(&admin, ("POST", "/v1/service/backups"), &[], Value::Null).0, 202);
        self.ask(&admin, ("DELETE", "/v1/users/{user_id}"), &[&application], Value::Null);
        self.ask(&admin, ("DELETE", "/v1/institutions/{institution_id}"), &[&institution], Value::Null);
        self.ask("", ("GET", "/v1/.well-known/jwks.json"), &[], Value::Null);
        // Log-ins that fail, tokens that are none, and a name in each place where somebody may put one by mistake.
        let (name, password, token) = (self.canary("nobody"), self.canary("guess"), self.canary("token"));
        self.ask("", ("POST", "/v1/auth"), &[], json!({"username": name, "password": password}));
        self.ask("", ("POST", "/v1/auth"), &[], json!({"username": name, "password": [password]}));
        self.ask(&token, ("GET", "/v1/children"), &[], Value::Null);
        let ids = ["{child_id}"].map(|_| name.as_str());
        self.ask(&admin, ("GET", "/v1/children/{child_id}"), &ids, Value::Null);
        self.http.get(format!("{}/nothing/{name}?password={password}", self.url)).send().unwrap();
    }
}

impl Everything {
    /// What a child's wearable says comes in by a file, and is taken back.
    fn wearables(&mut self, admin: &str, child: &str) {
        const OF_CHILD: &str = "/v1/children/{child_id}/wearables";
        let uploads = format!("{OF_CHILD}/uploads/{{upload_id}}");
        let (upload, file) = ("507f191e810c19729de860ea", format!("{}-weight.csv", self.canary("export")));
        let rows = format!("Date,Weight (kg),Comments\n2001-01-01 08:00:00,31.5,{}\n", self.canary("comment"));
        let put = (format!("{uploads}/files/{{file_name}}"), [child, upload, file.as_str()]);
        for text in [self.canary("no file of a watch"), rows] {
            assert_eq!(self.ask(admin, ("PUT", &put.0), &put.1, Value::String(text)).0, 200);
            let answers = json!({"answers": {"zone": "Europe/Athens"}});
            assert_eq!(self.ask(admin, ("POST", &format!("{uploads}/plan")), &[child, upload], answers).0, 200);
            self.settled(admin, &uploads, &[child, upload]);
        }
        let nowhere = json!({"answers": {"zone": self.canary("zone")}});
        assert_eq!(self.ask(admin, ("POST", &format!("{uploads}/plan")), &[child, upload], nowhere).0, 400);
        assert_eq!(self.ask(admin, ("POST", &format!("{uploads}/apply")), &[child, upload], Value::Null).0, 200);
        let applied = self.settled(admin, &uploads, &[child, upload]);
        let import = applied["applied"]["import"].to_string();
        self.ask(admin, ("DELETE", &uploads), &[child, upload], Value::Null);
        let imports = format!("{OF_CHILD}/imports");
        for (method, template, ids) in [
            ("GET", "/v1/wearables/imports".to_owned(), &[][..]),
            ("GET", imports.clone(), &[child]),
            ("GET", format!("{imports}/{{import}}"), &[child, &import]),
            ("POST", format!("{imports}/{{import}}/undo"), &[child, &import]),
        ] {
            assert_eq!(self.ask(admin, (method, &template), ids, Value::Null).0, 200, "{template}");
        }
    }

    /// An upload with which nothing is done any more.
    fn settled(&mut self, admin: &str, uploads: &str, ids: &[&str]) -> Value {
        loop {
            let (status, found) = self.ask(admin, ("GET", uploads), ids, Value::Null);
            assert_eq!(status, 200, "{found}");
            if found["stage"] != "reading" && found["stage"] != "applying" {
                return found;
            }
        }
    }

    /// Tokens of a wearable service, which is not connected, and a notice of it.
    fn fitbit(&mut self, token: &str, child: &str) {
        const AUTH: &str = "/v1/users/{user_id}/fitbit/auth";
        let tokens = json!({"access_token": self.canary("access"), "refresh_token": self.canary("refresh")});
        assert_eq!(self.ask(token, ("GET", "/v1/fitbit"), &[], Value::Null).0, 404);
        assert_eq!(self.ask(token, ("POST", AUTH), &[child], tokens).0, 503);
        let array = json!({"access_token": [self.canary("token")]});
        assert_eq!(self.ask(token, ("POST", AUTH), &[child], array).0, 400);
        assert_eq!(self.ask(token, ("GET", AUTH), &[child], Value::Null).0, 404);
        assert_eq!(self.ask(token, ("POST", &format!("{AUTH}/revoke")), &[child], Value::Null).0, 204);
        let sync = "/v1/users/{user_id}/fitbit/sync";
        assert_eq!(self.ask(token, ("POST", sync), &[child], Value::Null).0, 400);
        let subscriber = "/v1/fitbit/subscriber";
        let code = self.canary("code");
        assert_eq!(self.ask("", ("GET", &format!("{subscriber}?verify={code}")), &[], Value::Null).0, 404);
        let notice = json!([{"ownerId": self.canary("owner")}]);
        assert_eq!(self.ask("", ("POST", subscriber), &[], notice).0, 404);
    }

    /// A child comes in by a file, and is taken back.
    fn rosters(&mut self, admin: &str, institution: &str) {
        const UPLOAD: &str = "/v1/rosters/uploads/{upload_id}";
        let upload = "507f191e810c19729de860ea";
        let (file, name, password) = (self.canary("file"), self.canary("pupil"), self.canary("given"));
        let sheet = format!("username,institution,gender,age,password\n{name},{institution},female,9,{password}\n");
        let put = format!("{UPLOAD}/files/{{file_name}}");
        let ids = [upload, file.as_str()];
        assert_eq!(self.ask(admin, ("PUT", &put), &ids, Value::String(sheet)).0, 200);
        let options = json!({"sheet": "children", "old_secret": self.canary("secret")});
        for (method, step, body) in [
            ("GET", "", Value::Null),
            ("POST", "/roll-over", json!({"institution": self.canary("school")})),
            ("POST", "/plan", options),
            ("POST", "/prepare", Value::Null),
            ("GET", "/passwords", Value::Null),
            ("POST", "/apply", json!({})),
            ("DELETE", "", Value::Null),
        ] {
            let (status, reply) = self.ask(admin, (method, &format!("{UPLOAD}{step}")), &[upload], body);
            assert!(status < 300, "{method} {step}: {reply}");
        }
        for template in ["imports", "export", "export/oneroster", "template"] {
            assert_eq!(self.ask(admin, ("GET", &format!("/v1/rosters/{template}")), &[], Value::Null).0, 200);
        }
        for (method, template) in
            [("GET", "/v1/rosters/imports/{import}"), ("POST", "/v1/rosters/imports/{import}/undo")]
        {
            assert_eq!(self.ask(admin, (method, template), &["1"], Value::Null).0, 200);
        }
    }
}

#[test]
fn passwords_tokens_keys_and_names_are_in_no_log_no_audit_trail_and_no_figures() {
    let password = "canary-admin-password";
    let arguments =
        ["--plain-http", "--log", "trace", "--audit-reads", "--educators-reset", "--metrics-bind", "127.0.0.1:0"];
    let admin = ["--admin-username", "canary-admin", "--admin-password", password];
    let server = Server::start(&[arguments.as_slice(), admin.as_slice()].concat());
    let canaries = vec!["canary".to_owned()];
    let mut all = Everything { http: Client::new(), url: server.url.clone(), done: BTreeSet::new(), canaries };
    all.run(password);

    // Nothing was left out.
    let document: Value = all.http.get(format!("{}/openapi.json", all.url)).send().unwrap().json().unwrap();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let operation = format!("{} /v1{path}", method.to_uppercase());
            assert!(all.done.contains(&operation), "{operation} was not done: {:?}", all.done);
        }
    }
    let data = server.folder().join("data");
    for key in ["jwt.key", "username.key"] {
        let key = std::fs::read_to_string(data.join(key)).unwrap();
        all.canaries.extend(key.lines().filter(|line| line.len() >= 32 && !line.contains('-')).map(str::to_owned));
    }
    let figures = all.http.get(server.metrics()).send().unwrap().text().unwrap();
    assert!(figures.matches("ocariot_http_requests_total{").count() > 40, "{figures}");
    let log = server.output();
    let database = server.stop();
    // The terminal, which is not the log, is told who the first administrator is.
    let log: Vec<&str> = log.lines().filter(|line| !line.starts_with("  Administrator ")).collect();
    assert!(log.iter().filter(|line| line.contains("Answered a request")).count() > 60, "{log:?}");

    let database = Connection::open(database.path().join("data/ocariot.db")).unwrap();
    let mut rows = database.prepare("SELECT * FROM audit").unwrap();
    let width = rows.column_count();
    let rows = rows.query_map([], |row| {
        Ok((0..width).map(|column| format!("{:?}", row.get_ref(column).unwrap())).collect::<Vec<_>>().join(" "))
    });
    let trail = rows.unwrap().collect::<Result<Vec<_>, _>>().unwrap().join("\n");
    assert!(trail.lines().count() > 30, "{trail}");
    for canary in &all.canaries {
        let line = log.iter().find(|line| line.contains(canary.as_str()));
        assert_eq!(line, None, "{canary}");
        assert!(!trail.contains(canary.as_str()), "{canary}");
        assert!(!figures.contains(canary.as_str()), "{canary}");
        let bytes = canary.as_bytes().iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
        assert!(!trail.contains(&bytes), "{canary}");
    }
}
