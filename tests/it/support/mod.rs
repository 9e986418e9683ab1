//! A service of one's own for each test, people who use it, and what they get.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use jiff::Timestamp;
use ocariot_users::api::{self, Console, Cors, Hsts, Limits};
use ocariot_users::app::{
    App, AppOptions, AuditedReads, BackupShelf, ClockTrust, EducatorsReset, HashOptions, InForce, KeyCare, KnownBackup,
    OnShelf, RateLimits, SelfAffiliation, TokenOptions, WearableOptions,
};
use ocariot_users::config::{Config, Inputs, resolve};
use ocariot_users::model::wearables::ProviderKind;
use ocariot_users::model::{Clock, Error, Password, Username};
use ocariot_users::operations::StartError;
use ocariot_users::server::{LostLines, Service, Started};
use ocariot_users::store::{ScanOptions, Store, StoreOptions};
use poem::http::uri::Scheme;
use poem::http::{HeaderMap, Method, Uri};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint, Request, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

pub use people::*;
pub use school::*;

pub mod keys;
mod people;
mod school;
pub mod wearable;

/// A service on a folder of its own, and its first administrator.
pub struct World {
    pub folder: Arc<TempDir>,
    pub store: Store,
    pub clock: TestClock,
    pub app: Arc<App>,
    endpoint: Arc<poem::endpoint::BoxEndpoint<'static>>,
    document: Arc<Value>,
}

/// A clock that tests set.
#[derive(Clone)]
pub struct TestClock(Arc<std::sync::atomic::AtomicI64>, Arc<std::sync::atomic::AtomicBool>);

impl TestClock {
    /// Starts at a fixed instant, and goes on by itself one microsecond each time it is read.
    pub fn new() -> Self {
        let start: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        Self(Arc::new(start.as_microsecond().into()), Arc::default())
    }

    pub fn now(&self) -> Timestamp {
        let broken = self.1.load(std::sync::atomic::Ordering::SeqCst) && on_writer_thread();
        assert!(!broken, "the clock is broken on purpose");
        let microsecond = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Timestamp::from_microsecond(microsecond).unwrap()
    }

    /// From now on the thread that writes cannot tell the time, and ends.
    pub fn break_for_writer(&self) {
        self.1.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// Moves the clock, forwards or back.
    pub fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, std::sync::atomic::Ordering::SeqCst);
    }
}

/// Whether these bytes hold a text. Goes from one of its first letter to the next: tests are not optimised.
pub fn holds(mut bytes: &[u8], text: &str) -> bool {
    let (first, others) = text.as_bytes().split_first().unwrap();
    assert!(!others.is_empty(), "more than a letter");
    while bytes.skip_until(*first).unwrap() > 0 {
        if bytes.starts_with(others) {
            return true;
        }
    }
    false
}

/// Whether this is the store's thread that writes.
pub fn on_writer_thread() -> bool {
    std::thread::current().name() == Some("store-writer")
}

/// How a world differs from the usual one.
pub struct Options {
    pub self_affiliation: SelfAffiliation,
    pub educators_reset: EducatorsReset,
    pub password_min_length: usize,
    pub body_bytes: usize,
    pub upload_bytes: usize,
    pub wearable_bytes: u64,
    pub body_timeout: Duration,
    pub body_budget: usize,
    pub hash_memory: u32,
    pub hash_queue: usize,
    pub hsts: Hsts,
    pub console: Console,
    pub cors_origins: Vec<String>,
    pub audit_bytes: u64,
    pub keep_tracking: Option<Duration>,
    pub audited_reads: AuditedReads,
    pub rate_limits: Option<RateLimits>,
    pub trusted_proxies: Vec<ipnet::IpNet>,
    pub clock_trust: ClockTrust,
    /// Without, the service's own.
    pub key_care: Option<KeyCare>,
    pub backups: BackupShelf,
    pub wearables: WearableOptions,
}

impl Options {
    /// Where everything of the table is done by somebody.
    pub fn with_all_rows() -> Self {
        let wearables = wearable::Scripted::new(ProviderKind::Fitbit).options();
        Self { educators_reset: EducatorsReset::Allowed, wearables, ..Self::default() }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            self_affiliation: SelfAffiliation::Refused,
            educators_reset: EducatorsReset::Refused,
            password_min_length: 1,
            body_bytes: 100 * 1024,
            upload_bytes: 1 << 20,
            wearable_bytes: 2 << 30,
            body_timeout: Duration::from_secs(5),
            body_budget: 1 << 20,
            hash_memory: 8,
            hash_queue: 1024,
            hsts: Hsts::Off,
            console: Console::On,
            cors_origins: Vec::new(),
            audit_bytes: 256 << 20,
            keep_tracking: None,
            audited_reads: AuditedReads::None,
            rate_limits: None,
            trusted_proxies: Vec::new(),
            clock_trust: ClockTrust::Checked,
            key_care: None,
            backups: BackupShelf {
                folder: "backups".to_owned(),
                look: Arc::new(|| Some(OnShelf { files: vec![backup()], last_drill: backup().made_at })),
                make: Arc::new(|| Ok(())),
            },
            wearables: WearableOptions::default(),
        }
    }
}

/// What lies in the folder of backups.
pub const BACKUP: &str = "ocariot-users-20190101T000000.000Z.tar.zst";

fn backup() -> KnownBackup {
    let made_at = Some("2019-01-01T00:00:00Z".parse().unwrap());
    KnownBackup { file: BACKUP.to_owned(), bytes: 1, made_at, sealed: false }
}

/// The administrator of every world.
pub const ADMIN: (&str, &str) = ("admin", "the admin's password");

impl World {
    pub async fn new() -> Self {
        Self::with(Options::default()).await
    }

    pub async fn with(options: Options) -> Self {
        Self::open(Arc::new(tempfile::tempdir().unwrap()), TestClock::new(), options).await
    }

    /// The same folder, as after a restart.
    pub async fn restarted(self) -> Self {
        self.restarted_with(Options::default()).await
    }

    /// The same, with other options.
    pub async fn restarted_with(self, options: Options) -> Self {
        let (folder, clock) = (self.folder.clone(), self.clock.clone());
        drop(self);
        Self::open(folder, clock, options).await
    }

    /// A service on this folder, which may hold a database already.
    pub async fn open(folder: Arc<TempDir>, clock: TestClock, options: Options) -> Self {
        let store = open_store(&folder.path().join("ocariot.db"), &clock);
        let options_of_app = AppOptions {
            tokens: TokenOptions {
                private_key: keys::token_key(folder.path()),
                key_care: options.key_care.clone().unwrap_or_else(|| keys::own(folder.path())),
                public_key_file: Some("jwt.pub".to_owned()),
                issuer: "ocariot".to_owned(),
                lifetime: Duration::from_secs(24 * 3600),
            },
            hashing: HashOptions {
                memory: options.hash_memory,
                iterations: 1,
                parallelism: 1,
                threads: 2,
                queue: options.hash_queue,
                on_thread_start: || {},
            },
            password_min_length: options.password_min_length,
            self_affiliation: options.self_affiliation,
            educators_reset: options.educators_reset,
            audited_reads: options.audited_reads,
            backups: options.backups.clone(),
            wearables: options.wearables,
            in_force: InForce {
                program: "0.1.0".to_owned(),
                settings: [("bind", "::"), ("token-ttl", "24h")]
                    .map(|(flag, value)| (flag.into(), value.into()))
                    .into(),
                sources: [("bind", "--bind")].map(|(flag, source)| (flag.into(), source.into())).into(),
            },
            uploads: folder.path().to_owned(),
            wearable_bytes: options.wearable_bytes,
            rate_limits: options.rate_limits,
            trusted_proxies: options.trusted_proxies.clone(),
            keep_tracking: options.keep_tracking,
            audit_keep: Duration::from_secs(365 * 86_400),
            audit_bytes: options.audit_bytes,
            clock: clock.as_clock(),
            clock_trust: options.clock_trust,
        };
        let app = Arc::new(App::start(store.clone(), options_of_app).unwrap());
        app.settle_keys().await.unwrap();
        let admin = Username::new(ADMIN.0).unwrap();
        app.ensure_admin(admin, Some(Password::verbatim(ADMIN.1)), |_| Ok::<_, Error>(())).await.unwrap();
        let limits = Limits {
            body_bytes: options.body_bytes,
            upload_bytes: options.upload_bytes,
            body_timeout: options.body_timeout,
            body_budget: options.body_budget,
            uri_bytes: 4096,
            hsts: options.hsts,
            console: options.console,
        };
        let endpoint = api::endpoint(app.clone(), limits, Cors::new(options.cors_origins)).unwrap();
        let endpoint = Arc::new(poem::endpoint::EndpointExt::boxed(endpoint));
        // It is the same in every world.
        static DOCUMENT: OnceLock<Arc<Value>> = OnceLock::new();
        let mut world = Self { folder, store, clock, app, endpoint, document: Arc::default() };
        world.document = match DOCUMENT.get() {
            Some(document) => document.clone(),
            None => {
                let document = world.nobody().get("/v1/openapi.json").await.body;
                DOCUMENT.get_or_init(|| document.into()).clone()
            }
        };
        world
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> Client {
        Client { endpoint: self.endpoint.clone(), document: self.document.clone(), token: None, address: None }
    }

    /// Somebody with this token.
    pub fn bearer(&self, token: &str) -> Client {
        Client { token: Some(token.to_owned()), ..self.nobody() }
    }

    pub async fn login(&self, username: &str, password: &str) -> Client {
        let reply = self.nobody().post("/v1/auth", json!({"username": username, "password": password})).await;
        assert_eq!(reply.status, 200, "{username} logs in: {}", reply.body);
        self.bearer(reply.body["access_token"].as_str().unwrap())
    }

    /// Changes the database as another program would.
    pub fn sql(&self, statements: &str) {
        let database = rusqlite::Connection::open(self.folder.path().join("ocariot.db")).unwrap();
        database.busy_timeout(Duration::from_secs(5)).unwrap();
        database.execute_batch(statements).unwrap();
    }

    /// How many rows the audit trail has.
    pub fn audit_rows(&self) -> i64 {
        self.sql_value("SELECT count(*) FROM audit")
    }

    /// A number that the database has.
    pub fn sql_value(&self, statement: &str) -> i64 {
        let database = rusqlite::Connection::open(self.folder.path().join("ocariot.db")).unwrap();
        database.query_row(statement, [], |row| row.get(0)).unwrap()
    }

    /// The administrator with a token that is over: a day and an hour have gone by when this returns.
    pub async fn expired_admin(&self) -> Client {
        let admin = self.admin().await;
        self.clock.advance(25 * 3600);
        admin
    }

    pub async fn admin(&self) -> Client {
        self.login(ADMIN.0, ADMIN.1).await
    }
}

impl TestClock {
    pub fn as_clock(&self) -> Clock {
        let clock = self.clone();
        Clock::new(move || clock.now())
    }
}

pub fn open_store(path: &Path, clock: &TestClock) -> Store {
    let scans = ScanOptions { running: 2, answer_bytes: 1 << 20, on_thread_start: || {} };
    let options = StoreOptions { path: path.to_owned(), scans, readers: 4, clock: clock.as_clock() };
    Store::open(options, |_| Ok(zeroize::Zeroizing::new([7; 64]))).unwrap()
}

/// The whole service in this process, plain, with cheap hashes, on this folder.
pub async fn start_service(
    folder: &Path,
    clock: Clock,
    flags: &[(&str, &str)],
) -> Result<(Service, Started), StartError> {
    let usual = [
        ("data-dir", folder.to_str().unwrap()),
        ("plain-http", "true"),
        ("port-http", "0"),
        ("hash-memory", "8 KiB"),
        ("hash-iterations", "1"),
    ];
    let flags = usual.iter().chain(flags).map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned())).collect();
    let inputs = Inputs { flags, environment: BTreeMap::new(), read: &|path| std::fs::read_to_string(path) };
    let config = Config::of(&resolve(&inputs).unwrap()).unwrap();
    Service::start(&config, clock, LostLines::default()).await
}

/// One RSA key for all tests: making one takes a while.
pub fn rsa_key() -> &'static [u8] {
    static KEY: OnceLock<Vec<u8>> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        key.serialize_pem().into_bytes()
    })
}

/// Somebody who makes requests.
#[derive(Clone)]
pub struct Client {
    endpoint: Arc<poem::endpoint::BoxEndpoint<'static>>,
    document: Arc<Value>,
    pub token: Option<String>,
    address: Option<SocketAddr>,
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    /// `Null` if there is no body.
    pub body: Value,
    pub text: String,
}

impl Client {
    /// The same, from this address.
    pub fn from(&self, address: &str) -> Self {
        Self { address: Some(SocketAddr::new(address.parse().unwrap(), 40_000)), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some(body)).await
    }

    pub async fn patch(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let request = self.request(method, path).header("content-type", "application/json");
        match body {
            Some(body) => self.call(request.body(body.to_string())).await,
            None => self.call(request.finish()).await,
        }
    }

    /// A request to complete by hand.
    pub fn request(&self, method: Method, path: &str) -> poem::RequestBuilder {
        let request = Request::builder().method(method).uri(path.parse::<Uri>().unwrap());
        match &self.token {
            Some(token) => request.header("authorization", format!("Bearer {token}")),
            None => request,
        }
    }

    /// Sends it; returns status and text alone, for those who measure.
    pub async fn send_unchecked(&self, request: Request) -> (u16, String) {
        let response: Response = self.endpoint.call(request).await.unwrap();
        (response.status().as_u16(), response.into_body().into_string().await.unwrap())
    }

    /// Asks, and takes nothing of the answer yet but its head.
    pub async fn ask(&self, path: &str) -> Response {
        self.answer(self.request(Method::GET, path).finish()).await
    }

    /// The same, with a request that was completed by hand.
    pub async fn answer(&self, request: Request) -> Response {
        self.endpoint.call(request).await.unwrap()
    }

    /// Sends it, and holds the answer against the document.
    pub async fn call(&self, request: Request) -> Reply {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let request = match self.address {
            Some(address) => remote(request, address),
            None => request,
        };
        let response: Response = self.endpoint.call(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8_lossy(&response.into_body().into_vec().await.unwrap()).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let reply = Reply { status, headers, body, text };
        super::document::check(&self.document, &method, &path, &reply);
        reply
    }
}

/// The request as if it came from an address.
fn remote(request: Request, address: SocketAddr) -> Request {
    let (given, body) = request.into_parts();
    let (mut parts, ()) = poem::http::Request::new(()).into_parts();
    (parts.method, parts.uri, parts.headers) = (given.method, given.uri, given.headers);
    let remote = RemoteAddr(Addr::SocketAddr(address));
    Request::from_parts((parts, LocalAddr::default(), remote, Scheme::HTTPS).into(), body)
}

impl Reply {
    /// The id of the object that came back.
    pub fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("an id in {self:?}")).to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Expects a status.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// Expects an error body, to the letter.
    #[track_caller]
    pub fn fails(self, status: u16, message: &str, description: Option<&str>) -> Self {
        let mut expected = json!({"code": status, "message": message});
        if let Some(description) = description {
            expected["description"] = description.into();
        }
        if status == 401 && message == "UNAUTHORIZED" {
            expected["redirect_link"] = "/auth".into();
        }
        assert_eq!(self.body, expected);
        self.is(status)
    }
}

/// Makes `count` requests at the same time; the answers come in their order.
pub async fn together<F>(count: usize, request: impl Fn(usize) -> F) -> Vec<Reply>
where
    F: Future<Output = Reply> + Send + 'static,
{
    let running: Vec<_> = (0..count).map(|at| tokio::spawn(request(at))).collect();
    let mut replies = Vec::new();
    for task in running {
        replies.push(task.await.unwrap());
    }
    replies
}
