//! The fuzz targets: each takes any bytes, and panics if the program does with them what it never may. The program's
//! own tests run them on the kept corpus.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ocariot_users::api::{self, Console, Cors, Hsts, Limits};
use ocariot_users::app::rosters::records::{Bytes, Passwords, PlanOptions, PlanRecord, RosterCommand, RosterOutcome};
use ocariot_users::app::wearables::{Files, read};
use ocariot_users::app::{
    App, AppOptions, AuditedReads, BackupShelf, ClockTrust, EducatorsReset, HashOptions, InForce, KeyCare,
    OperatorCommand, Outcome, SelfAffiliation, TokenOptions, WearableOptions,
};
use ocariot_users::config::{Config, Inputs, SETTINGS, resolve};
use ocariot_users::model::rosters::Sheet;
use ocariot_users::model::{Age, AgeDate, Clock, Error, Id, Password, Text, Username, past_date, text};
use ocariot_users::store::{ScanOptions, Store, StoreOptions};
use poem::endpoint::{BoxEndpoint, EndpointExt};
use poem::http::header::{HeaderMap, HeaderName, HeaderValue};
use poem::http::{Method, Uri};
use poem::{Body, Endpoint, Request};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// After so many changes the service begins anew, so that what it holds stays small.
const CHANGES: u32 = 1_000;

/// The operations that take a body.
const BODIES: [(&str, &str); 22] = [
    ("POST", "/v1/auth"),
    ("PUT", "/v1/users/{educator}/password"),
    ("POST", "/v1/users/{child}/reset-password"),
    ("POST", "/v1/institutions"),
    ("PATCH", "/v1/institutions/{institution}"),
    ("POST", "/v1/children"),
    ("PATCH", "/v1/children/{child}"),
    ("POST", "/v1/children/{child}/nfc"),
    ("POST", "/v1/educators"),
    ("PATCH", "/v1/educators/{educator}"),
    ("POST", "/v1/educators/{educator}/children/groups"),
    ("PATCH", "/v1/educators/{educator}/children/groups/{group}"),
    ("POST", "/v1/healthprofessionals"),
    ("PATCH", "/v1/healthprofessionals/{healthprofessional}"),
    ("POST", "/v1/healthprofessionals/{healthprofessional}/children/groups"),
    ("PATCH", "/v1/healthprofessionals/{healthprofessional}/children/groups/{group}"),
    ("POST", "/v1/families"),
    ("PATCH", "/v1/families/{family}"),
    ("POST", "/v1/applications"),
    ("PATCH", "/v1/applications/{application}"),
    ("POST", "/v1/families/{family}/children/{child}"),
    ("DELETE", "/v1/children/{child}"),
];

/// The lists, and who may read them.
const LISTS: [(&str, &str); 9] = [
    ("admin", "/v1/institutions"),
    ("admin", "/v1/children"),
    ("admin", "/v1/educators"),
    ("admin", "/v1/healthprofessionals"),
    ("admin", "/v1/families"),
    ("admin", "/v1/applications"),
    ("admin", "/v1/families/{family}/children"),
    ("educator", "/v1/educators/{educator}/children/groups"),
    ("healthprofessional", "/v1/healthprofessionals/{healthprofessional}/children/groups"),
];

/// What is tracked and can be listed.
const TRACKED: [&str; 5] = [
    "/v1/children/{child}/weights",
    "/v1/children/{child}/bodyfats",
    "/v1/children/{child}/physicalactivities",
    "/v1/institutions/{institution}/environments",
    "/v1/children/{child}/sleep",
];
/// What many items of may be brought.
const ITEMS: [&str; 7] = [
    "/v1/children/{child}/weights",
    "/v1/children/{child}/bodyfats",
    "/v1/children/{child}/physicalactivities",
    "/v1/children/{child}/logs/steps",
    "/v1/children/{child}/logs/none",
    "/v1/institutions/{institution}/environments",
    "/v1/children/{child}/sleep",
];

/// The names of the targets.
pub const TARGETS: [&str; 12] = [
    "service",
    "bodies",
    "lists",
    "items",
    "tracked",
    "ranges",
    "tokens",
    "forwarded",
    "values",
    "settings",
    "rosters",
    "wearables",
];

/// Runs the targets, and has a service for those that need one.
pub struct Fuzz {
    runtime: Runtime,
    key: String,
    service: Service,
}

/// A service in process, and somebody of each type.
struct Service {
    app: Arc<App>,
    endpoint: BoxEndpoint<'static>,
    /// Ids by the word that stands for them in an input.
    ids: BTreeMap<&'static str, String>,
    /// Tokens by the type of their users.
    tokens: BTreeMap<&'static str, String>,
    changes: u32,
    folder: TempDir,
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Fuzz {
    pub fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        let key = key.serialize_pem();
        let service = runtime.block_on(Service::new(&key));
        Self { runtime, key, service }
    }

    /// Runs a target of [`TARGETS`].
    ///
    /// # Panics
    /// If the program does with the input what it never may.
    pub fn run(&mut self, target: &str, data: &[u8]) {
        if self.service.changes > CHANGES {
            self.service = self.runtime.block_on(Service::new(&self.key));
        }
        let service = &mut self.service;
        match target {
            "service" => self.runtime.block_on(service.whole(data)),
            "bodies" => self.runtime.block_on(service.body(data)),
            "lists" => self.runtime.block_on(service.list(data)),
            "items" => self.runtime.block_on(service.items(data)),
            "tracked" => self.runtime.block_on(service.tracked(data)),
            "ranges" => self.runtime.block_on(service.range(data)),
            "tokens" => self.runtime.block_on(service.token(data)),
            "forwarded" => forwarded(&service.app, data),
            "values" => values(data),
            "settings" => settings(data),
            "rosters" => self.runtime.block_on(service.roster(data)),
            "wearables" => wearable(service.folder.path(), data),
            other => panic!("there is no target {other}"),
        }
    }
}

impl Service {
    async fn new(key: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { TempDir::new_in(memory) } else { TempDir::new() }.unwrap();
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let microseconds = AtomicI64::new(start.as_microsecond());
        let clock =
            Clock::new(move || Timestamp::from_microsecond(microseconds.fetch_add(1, Ordering::Relaxed)).unwrap());
        let scans = ScanOptions { running: 1, answer_bytes: 1 << 20, on_thread_start: || {} };
        let options = StoreOptions { path: folder.path().join("fuzz.db"), scans, readers: 1, clock: clock.clone() };
        let store = Store::open(options, |_| Ok(zeroize::Zeroizing::new([7; 64]))).unwrap();
        let options = AppOptions {
            tokens: TokenOptions {
                private_key: key.to_owned().into(),
                key_care: KeyCare::Given,
                public_key_file: None,
                issuer: "ocariot".to_owned(),
                lifetime: Duration::from_secs(86_400),
            },
            hashing: HashOptions {
                memory: 8,
                iterations: 1,
                parallelism: 1,
                threads: 1,
                queue: 64,
                on_thread_start: || {},
            },
            password_min_length: 1,
            self_affiliation: SelfAffiliation::Refused,
            educators_reset: EducatorsReset::Allowed,
            keep_tracking: None,
            audit_keep: Duration::from_secs(86_400),
            audit_bytes: 256 << 20,
            audited_reads: AuditedReads::SingleChildren,
            wearables: WearableOptions::default(),
            backups: BackupShelf { folder: "backups".to_owned(), look: Arc::new(|| None), make: Arc::new(|| Ok(())) },
            in_force: InForce::default(),
            uploads: folder.path().to_owned(),
            wearable_bytes: 1 << 20,
            rate_limits: None,
            trusted_proxies: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            clock,
            clock_trust: ClockTrust::Checked,
        };
        let app = Arc::new(App::start(store, options).unwrap());
        app.ensure_admin(Username::new("admin").unwrap(), Some(Password::verbatim("first")), |_| Ok::<_, Error>(()))
            .await
            .unwrap();
        let limits = Limits {
            body_bytes: 100 << 10,
            upload_bytes: 100 << 10,
            body_timeout: Duration::from_secs(20),
            body_budget: 1 << 20,
            uri_bytes: 4096,
            hsts: Hsts::Off,
            console: Console::On,
        };
        let endpoint = api::endpoint(app.clone(), limits, Cors::new(vec!["https://a.example".to_owned()])).unwrap();
        let (ids, tokens) = (BTreeMap::new(), BTreeMap::new());
        let mut service = Self { app, endpoint: endpoint.boxed(), ids, tokens, changes: 0, folder };
        service.fill().await;
        service
    }

    /// Somebody of each type.
    async fn fill(&mut self) {
        self.login("admin", "admin").await;
        self.make("admin", "institution", "/v1/institutions", json!({"name": "A", "type": "School"})).await;
        let institution = self.ids["institution"].clone();
        let user = |name: &str, more: Value| {
            let mut body = json!({"username": name, "password": "first", "institution_id": institution});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        self.make("admin", "child", "/v1/children", user("child", json!({"gender": "male", "age": 9}))).await;
        let child = json!([self.ids["child"]]);
        self.make("admin", "family", "/v1/families", user("family", json!({"children": child}))).await;
        let application = user("application", json!({"application_name": "P"}));
        self.make("admin", "application", "/v1/applications", application).await;
        for (role, path) in [("educator", "/v1/educators"), ("healthprofessional", "/v1/healthprofessionals")] {
            self.make("admin", role, path, user(role, json!({}))).await;
            self.login(role, role).await;
            let groups = format!("{path}/{}/children/groups", self.ids[role]);
            self.make(role, "group", &groups, json!({"name": "G", "children": child})).await;
        }
        for role in ["child", "family", "application"] {
            self.login(role, role).await;
        }
        self.changes = 0;
    }

    async fn login(&mut self, role: &'static str, name: &str) {
        let body = json!({"username": name, "password": "first"});
        let reply = self.send(request(Method::POST, "/v1/auth", None, body.to_string().into_bytes()).unwrap()).await;
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        self.tokens.insert(role, body["access_token"].as_str().unwrap().to_owned());
    }

    async fn make(&mut self, by: &str, word: &'static str, path: &str, body: Value) {
        let body = body.to_string().into_bytes();
        let reply = self.send(request(Method::POST, path, Some(&self.tokens[by]), body).unwrap()).await;
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        self.ids.insert(word, body["id"].as_str().unwrap().to_owned());
    }

    /// Sends a request, and looks at what no answer may be.
    async fn send(&mut self, request: Request) -> Reply {
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        let response = self.endpoint.call(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.into_body().into_vec().await.unwrap();
        // What is in one that is compressed, whoever asks for it the other way sees.
        let is_packed = headers.contains_key("content-encoding");
        let body = if is_packed { String::new() } else { String::from_utf8(body).unwrap() };
        if !reads && status < 300 {
            self.changes += 1;
        }
        assert!((200..500).contains(&status), "{status}: {body}");
        assert!(headers.contains_key("x-request-id") && headers["x-content-type-options"] == "nosniff");
        if status >= 400 && !is_packed {
            let error: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(error["code"], status);
            let known = ["code", "message", "description", "redirect_link"];
            assert!(error.as_object().unwrap().keys().all(|key| known.contains(&key.as_str())), "{body}");
        }
        assert!(status != 204 || body.is_empty(), "{body}");
        if status < 300 && headers.get("content-type").is_some_and(|of| of == "application/json; charset=utf-8") {
            ["argon2", "password_hash"].iter().for_each(|secret| assert!(!body.contains(secret), "{body}"));
        }
        Reply { status, headers, body }
    }

    /// Words in braces become the ids that they stand for.
    fn filled(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (word, id)| text.replace(&format!("{{{word}}}"), id))
    }

    /// A whole request: a line `CALLER METHOD PATH`, lines of headers, an empty line, the body.
    async fn whole(&mut self, data: &[u8]) {
        let end = data.windows(2).position(|two| two == b"\n\n").unwrap_or(data.len());
        let (head, body) = (String::from_utf8_lossy(&data[..end]), data.get(end + 2..).unwrap_or_default());
        let mut lines = head.split('\n');
        let mut words = lines.next().unwrap_or_default().splitn(3, ' ');
        let token = words.next().and_then(|caller| self.tokens.get(caller)).cloned();
        let Some(Ok(method)) = words.next().map(|method| Method::from_bytes(method.as_bytes())) else {
            return;
        };
        let body = match std::str::from_utf8(body) {
            Ok(text) => self.filled(text).into_bytes(),
            Err(_) => body.to_vec(),
        };
        let path = self.filled(words.next().unwrap_or_default());
        let Some(mut request) = request(method, &path, token.as_deref(), body) else {
            return;
        };
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            if let (Ok(name), Ok(value)) =
                (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value.trim()))
            {
                request.headers_mut().append(name, value);
            }
        }
        self.send(request).await;
    }

    /// A body for the operation that the first byte chooses, by somebody whom it also chooses.
    async fn body(&mut self, data: &[u8]) {
        let Some((first, body)) = data.split_first() else {
            return;
        };
        let (method, path) = BODIES[usize::from(*first) % BODIES.len()];
        let own =
            ["educator", "healthprofessional"].into_iter().find(|role| path.starts_with(&format!("/v1/{role}s/")));
        let caller = if *first >= 128 { own.unwrap_or("family") } else { "admin" };
        let body = match std::str::from_utf8(body) {
            Ok(text) => self.filled(text).into_bytes(),
            Err(_) => body.to_vec(),
        };
        let request = request(method.parse().unwrap(), &self.filled(path), Some(&self.tokens[caller]), body);
        let reply = self.send(request.unwrap()).await;
        if reply.status == 201 || reply.status == 200 {
            serde_json::from_str::<Value>(&reply.body).unwrap();
        }
    }

    /// A query string for the list that the first byte chooses.
    async fn list(&mut self, data: &[u8]) {
        let Some((first, query)) = data.split_first() else {
            return;
        };
        let (caller, path) = LISTS[usize::from(*first) % LISTS.len()];
        self.ask(caller, path, query).await;
    }

    /// What is tracked: one or many, of the kind that the first byte chooses, whatever becomes of each.
    async fn items(&mut self, data: &[u8]) {
        let Some((first, body)) = data.split_first() else {
            return;
        };
        let path = ITEMS[usize::from(*first) % ITEMS.len()];
        let path = if *first < 128 {
            path.to_owned()
        } else {
            path.replace("{child}", "no-id").replace("{institution}", "no-id")
        };
        let caller = &self.tokens["application"];
        let request = request(Method::POST, &self.filled(&path), Some(caller), body.to_vec()).unwrap();
        let reply = self.send(request).await;
        if reply.status == 207 {
            // Of logs, one item alone counts as none.
            let sent: Result<Vec<&serde_json::value::RawValue>, _> = serde_json::from_slice(body);
            let sent = if path.contains("/logs/") { sent.unwrap_or_default() } else { sent.unwrap() };
            // What is refused is told as it was sent, also a number that no double holds.
            let outcomes: BTreeMap<String, Vec<&serde_json::value::RawValue>> =
                serde_json::from_str(&reply.body).unwrap();
            let count = |key: &str| outcomes[key].len();
            assert_eq!(count("success") + count("error"), sent.len());
            assert!(*first < 128 || count("success") == 0);
        }
    }

    /// A query string for the list of what is tracked, of the kind that the first byte chooses.
    async fn tracked(&mut self, data: &[u8]) {
        let Some((first, query)) = data.split_first() else {
            return;
        };
        self.ask("application", TRACKED[usize::from(*first) % TRACKED.len()], query).await;
    }

    /// Two days, and a type before them if there are three parts: logs are shown for each day between them.
    async fn range(&mut self, data: &[u8]) {
        let text = String::from_utf8_lossy(data);
        let parts: Vec<_> = text.split('/').collect();
        let path = match parts.as_slice() {
            [first, last] => format!("date/{first}/{last}"),
            [kind, first, last] => format!("{kind}/date/{first}/{last}"),
            _ => return,
        };
        let path = self.filled(&format!("/v1/children/{{child}}/logs/{path}"));
        let Some(request) = request(Method::GET, &path, Some(&self.tokens["application"]), Vec::new()) else {
            return;
        };
        let reply = self.send(request).await;
        assert!(matches!(reply.status, 200 | 400 | 404 | 405 | 414), "{}: {}", reply.status, reply.body);
        if reply.status == 200 {
            let days: Value = serde_json::from_str(&reply.body).unwrap();
            let days = if parts.len() == 2 { &days["steps"] } else { &days };
            assert!((1..=367).contains(&days.as_array().unwrap().len()), "{path}");
        }
    }

    async fn ask(&mut self, caller: &str, path: &str, query: &[u8]) {
        let query = String::from_utf8_lossy(query);
        let path = format!("{}?{}", self.filled(path), self.filled(&query));
        let Some(request) = request(Method::GET, &path, Some(&self.tokens[caller]), Vec::new()) else {
            return;
        };
        let reply = self.send(request).await;
        assert!(matches!(reply.status, 200 | 400 | 414), "{}: {}", reply.status, reply.body);
        if reply.status == 200 {
            let items = serde_json::from_str::<Vec<Value>>(&reply.body).unwrap().len();
            let total: usize = reply.headers["x-total-count"].to_str().unwrap().parse().unwrap();
            assert!(items <= total);
        }
    }

    async fn rosters(&mut self, command: RosterCommand) -> RosterOutcome {
        match self.app.operate(OperatorCommand::Roster(command)).await {
            Ok(Outcome::Roster(outcome)) => outcome,
            Ok(_) => panic!("an outcome of rosters"),
            Err(refusal) => panic!("no file makes the service fail: {refusal}"),
        }
    }

    async fn plan(&mut self, file: &str, bytes: &[u8]) -> PlanRecord {
        let (upload, file, part) = ("fuzz".to_owned(), file.to_owned(), Bytes(bytes.to_vec()));
        self.rosters(RosterCommand::Send { upload: upload.clone(), file, part }).await;
        let old_secret = Some("s3cr3tk3y".to_owned());
        let options = PlanOptions { passwords: Passwords::Unset, keep: true, old_secret, ..PlanOptions::default() };
        match self.rosters(RosterCommand::Plan { upload, options }).await {
            RosterOutcome::Planned(planned) => planned,
            _ => panic!("a plan"),
        }
    }

    /// A file of a roster, behind a byte that says which: it is refused with words and without its values, or what it
    /// says is so afterwards.
    async fn roster(&mut self, data: &[u8]) {
        let Some((which, bytes)) = data.split_first() else { return };
        let mut files = Sheet::ALL.map(|sheet| format!("{}.csv", sheet.word())).to_vec();
        files.extend(
            ["roster.zip", "users.json", "users.bson", "dump.archive", "childrengroups.json"].map(str::to_owned),
        );
        let file = files[usize::from(*which) % files.len()].as_str();
        let planned = self.plan(file, bytes).await;
        assert!(planned.problems.len() <= 200 && planned.problems.len() <= planned.problems_in_all);
        for problem in &planned.problems {
            assert!(problem.message.contains(": "), "{}", problem.message);
        }
        if planned.problems_in_all > 0 {
            return;
        }
        loop {
            match self.rosters(RosterCommand::Prepare { plan: planned.plan.clone() }).await {
                RosterOutcome::Prepared(so_far) if so_far.done < so_far.total => {}
                _ => break,
            }
        }
        let applied = self.rosters(RosterCommand::Apply { plan: planned.plan }).await;
        assert!(matches!(applied, RosterOutcome::Applied(_)), "nobody else changes anything");
        self.changes += 100;
        let again = self.plan(file, bytes).await;
        assert!(again.problems.is_empty() && again.lines.is_empty(), "it is so afterwards");
    }

    /// An `Authorization` header, in which `{token}` is one that was issued, and `{head}`, `{claims}` and `{signature}`
    /// are its parts: nobody is let in but with an issued one, to the letter.
    async fn token(&mut self, data: &[u8]) {
        let token = self.tokens["admin"].clone();
        let mut text = String::from_utf8_lossy(data).replace("{token}", &token);
        for (word, part) in ["{head}", "{claims}", "{signature}"].into_iter().zip(token.split('.')) {
            text = text.replace(word, part);
        }
        let Ok(given) = HeaderValue::from_bytes(text.as_bytes()) else {
            return;
        };
        let mut request = request(Method::GET, "/v1/institutions", None, Vec::new()).unwrap();
        request.headers_mut().insert("authorization", given);
        let reply = self.send(request).await;
        let issued = text.trim().split_once(' ').is_some_and(|(scheme, given)| {
            scheme.eq_ignore_ascii_case("bearer") && self.tokens.values().any(|token| token == given.trim())
        });
        assert!(reply.status == 401 || issued, "{}: {text}", reply.status);
    }
}

fn request(method: Method, path: &str, token: Option<&str>, body: Vec<u8>) -> Option<Request> {
    let uri = Uri::try_from(path).ok().filter(|uri| uri.path().starts_with('/'))?;
    let request = Request::builder().method(method).uri(uri);
    let request = match token {
        Some(token) => request.header("authorization", format!("Bearer {token}")),
        None => request,
    };
    Some(request.body(Body::from(body)))
}

/// `X-Forwarded-For`: from whomever is no proxy it changes nothing, and a proxy never passes for another one's client
/// whom it did not name.
fn forwarded(app: &App, data: &[u8]) {
    let list = String::from_utf8_lossy(data);
    let client = |peer: &str| app.client_address(peer.parse().unwrap(), list.split(','));
    assert_eq!(client("192.0.2.1"), "192.0.2.1".parse::<IpAddr>().unwrap());
    assert_eq!(client("::ffff:192.0.2.1"), "192.0.2.1".parse::<IpAddr>().unwrap());
    let behind = client("10.0.0.1");
    assert_eq!(behind, behind.to_canonical());
    assert_eq!(behind, client("::ffff:10.0.0.1"));
}

/// The parsers of values: what they take is shown as it was given, but for the form of a name's letters, and taken again.
fn values(data: &[u8]) {
    let given = String::from_utf8_lossy(data);
    if let Some(id) = Id::<()>::parse(&given) {
        assert_eq!(id.to_string(), given.to_lowercase());
    }
    let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
    let today = TimeZone::UTC.to_datetime(now).date();
    if let Ok(date) = past_date(&given, today) {
        assert!(date <= today);
        assert_eq!(date.to_string(), given);
    }
    if let Ok(age) = Age::new(&given, today) {
        assert_eq!(age.as_str(), given);
    }
    if let Ok(date) = AgeDate::new(&given, today) {
        assert_eq!(date.as_str(), given);
    }
    if let Ok(name) = Username::new(&given) {
        assert_eq!(name.as_str(), text::composed(given.trim()));
        assert!(!text::has_ignorable(name.as_str()));
        assert!((1..=Username::MAX).contains(&name.as_str().chars().count()));
        assert_eq!(Username::new(name.as_str()).unwrap().as_str(), name.as_str());
        assert_eq!(name.folded(), text::fold_case(&name.folded()), "folding is done once");
    }
    if let Ok(password) = Password::new(&given, 1) {
        assert!((1..=Password::MAX_BYTES).contains(&given.len()));
        let prepared = String::from_utf8_lossy(password.as_bytes());
        assert_eq!(password.as_typed(), (prepared != given).then_some(given.as_bytes()));
        assert_eq!(Password::verbatim(&prepared).as_typed(), None, "preparing is done once");
    }
    if let Ok(taken) = Text::new(&given, Text::MAX) {
        assert_eq!(taken.as_str(), given);
        assert!(!given.chars().any(char::is_control));
    }
    if let Some(number) = text::number(&given) {
        assert!(number.is_finite(), "{given}");
        assert_eq!(text::number(&text::number_text(number)), Some(number), "{given}");
    }
    let (left, right) = given.split_at(given.chars().take(given.chars().count() / 2).map(char::len_utf8).sum());
    assert_eq!(text::natural_order(left, right), text::natural_order(right, left).reverse());
    assert!(text::natural_order(&given, &given).is_eq());
    let plain = text::fold_accents(&given);
    assert_eq!(text::fold_accents(&plain), plain, "{given:?}");
}

/// A settings file, and after a line `--` flags and variables, `name=value` on a line each.
fn settings(data: &[u8]) {
    let given = String::from_utf8_lossy(data);
    let (file, rest) = given.split_once("\n--\n").unwrap_or((&given, ""));
    let mut flags = BTreeMap::from([("config".to_owned(), "settings.toml".to_owned())]);
    let mut environment = BTreeMap::new();
    for (name, value) in rest.lines().filter_map(|line| line.split_once('=')) {
        match SETTINGS.iter().any(|setting| setting.flag == name) {
            true => flags.insert(name.to_owned(), value.to_owned()),
            false => environment.insert(name.to_owned(), value.to_owned()),
        };
    }
    let read = |path: &Path| match path == Path::new("settings.toml") {
        true => Ok(file.to_owned()),
        false => Err(std::io::ErrorKind::NotFound.into()),
    };
    let error = match resolve(&Inputs { flags, environment, read: &read }) {
        Ok(resolved) => match Config::of(&resolved) {
            Ok(config) => {
                assert!(config.limits.body >= 1 << 10 && !config.token_ttl.is_zero());
                return;
            }
            Err(error) => error,
        },
        Err(error) => error,
    };
    assert!(!error.to_string().trim().is_empty());
}

/// A file of a wearable, behind a byte that says what it is called: it is refused with words, or read, the same again.
fn wearable(folder: &Path, data: &[u8]) {
    const NAMES: [&str; 10] = [
        "export.zip",
        "export.xml",
        "health.db",
        "weight.csv",
        "steps-2022-01-01.json",
        "sleep-2022-01-01.json",
        "exercise-0.json",
        "weight-2022-01-01.json",
        "Physical Activity_GoogleData/steps_2022-01-01.csv",
        "UserSleepStages_2022-01-01.csv",
    ];
    let Some((which, bytes)) = data.split_first() else { return };
    let path = folder.join("given").join(NAMES[usize::from(*which) % NAMES.len()]);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    let answers = [("zone", "Europe/Athens"), ("weight-unit", "lb"), ("exercise-times", "local")];
    let answers: BTreeMap<_, _> = answers.map(|(name, answer)| (name.to_owned(), answer.to_owned())).into();
    let reading = || {
        let given = [folder.join("given")];
        Files::of_paths(&given, folder).and_then(|mut files| read(&mut files, |_| answers.clone()))
    };
    match (reading(), reading()) {
        (Ok(one), Ok(other)) => assert_eq!(one, other, "a file is read as it was read before"),
        (Err(refusal), Err(_)) => assert!(refusal.0.contains("nothing was changed"), "{refusal}"),
        _ => panic!("a file that is read is read again"),
    }
    std::fs::remove_dir_all(folder.join("given")).unwrap();
}
