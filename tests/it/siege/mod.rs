//! Clients that are hostile, slow, greedy or many, against the real program: they change nothing for the others.
//!
//! These run short here, and ask for statuses, counts, closed sockets and memory alone. `SIEGE_SECONDS=30 cargo test
//! --release --locked --test it siege -- --nocapture --test-threads 1` runs them long, each measurement so many seconds,
//! and prints latencies: on a machine that does nothing else.

#![expect(clippy::print_stdout, reason = "the long forms are run for their figures")]

mod descriptors;
mod greed;
mod guesses;
mod holders;
mod logins;
mod slow;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use reqwest::{Client, Response};
use serde_json::{Value, json};
use tokio::net::{TcpSocket, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::binary::{Server, program};
use crate::support::ADMIN;

/// After this a request hangs.
const GUARD: Duration = Duration::from_secs(60);
/// What the service may ever have in memory.
const MEMORY: u64 = 150 << 20;
/// What password hashes cost unless the settings say otherwise.
const USUAL_HASHES: &[&str] = &["--hash-memory", "19 MiB", "--hash-iterations", "2"];

/// How many seconds each measurement takes, if this is the long form.
fn long() -> Option<u64> {
    #[expect(clippy::disallowed_methods, reason = "a setting of the test program, not of the service")]
    let given = std::env::var("SIEGE_SECONDS").ok();
    given.map(|seconds| seconds.parse().unwrap())
}

/// Runs what those do who are no danger, on a thread of their own.
fn peacefully<T>(deeds: impl Future<Output = T>) -> T {
    open_many_files();
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(deeds)
}

/// Where besiegers run: they have other machines in truth, so here they come after everybody else.
fn outside() -> &'static tokio::runtime::Runtime {
    static OUTSIDE: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    OUTSIDE.get_or_init(|| {
        let mut threads = tokio::runtime::Builder::new_multi_thread();
        // Of the calling thread alone, on Linux.
        threads.enable_all().worker_threads(2).on_thread_start(|| {
            rustix::process::nice(5).unwrap();
        });
        threads.build().unwrap()
    })
}

/// Many sockets need many file descriptors.
fn open_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
}

/// The service, its log of errors alone, and an administrator's token for it.
struct Besieged {
    server: Server,
    token: String,
    institution: String,
}

impl Besieged {
    async fn start(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let program = program(folder.path(), &[Self::SETTINGS, arguments].concat());
        Self::with(Server::run(program, folder)).await
    }

    const SETTINGS: &[&str] = &["--log", "warn", "--admin-password", ADMIN.1];

    async fn with(mut server: Server) -> Self {
        server.url = server.url.replace("localhost", "127.0.0.1");
        let mut this = Self { server, token: String::new(), institution: String::new() };
        let reply = this.log_in(&client(None), ADMIN).await;
        this.token = reply.json::<Value>().await.unwrap()["access_token"].as_str().unwrap().to_owned();
        let school = json!({"name": "Besieged", "type": "School"});
        let reply = client(None).post(this.url("/institutions")).bearer_auth(&this.token).json(&school).send();
        let made: Value = reply.await.unwrap().json().await.unwrap();
        this.institution = made["id"].as_str().unwrap().to_owned();
        this
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url)
    }

    fn health(&self) -> String {
        self.server.url.replace("/v1", "/healthz")
    }

    fn view(&self) -> String {
        self.url(&format!("/institutions/{}", self.institution))
    }

    fn address(&self) -> SocketAddr {
        let address = self.server.url.split("//").nth(1).unwrap().split('/').next().unwrap();
        address.parse().unwrap()
    }

    /// What trusts its certificate.
    fn tls(&self) -> TlsConnector {
        let certificate = std::fs::read(self.server.folder().join("data/tls.crt")).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&certificate).unwrap()).unwrap();
        Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()).into()
    }

    async fn log_in(&self, client: &Client, (username, password): (&str, &str)) -> Response {
        let body = json!({"username": username, "password": password});
        client.post(self.url("/auth")).json(&body).send().await.unwrap()
    }

    /// Registers children whose names are these; their password is that of [`crate::support::child`].
    async fn register(&self, names: impl Iterator<Item = String>) {
        let client = client(None);
        for name in names {
            let body = crate::support::child(&name, &self.institution);
            let reply = client.post(self.url("/children")).bearer_auth(&self.token).json(&body).send().await.unwrap();
            assert_eq!(reply.status(), 201);
        }
    }

    /// A figure of `/proc/PID/status`, in bytes.
    fn memory(&self, figure: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.server.process_id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':')).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<u64>().unwrap() << 10
    }

    /// The processor's time that the service has used.
    fn processor_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.server.process_id())).unwrap();
        let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_ascii_whitespace().collect();
        // User and system time (proc(5), 14 and 15), in hundredths of a second on every Linux.
        let ticks: u64 = fields[11..=12].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// Which part of a core the service uses meanwhile.
    async fn load(&self, time: Duration) -> f64 {
        let (before, begun) = (self.processor_time(), Instant::now());
        tokio::time::sleep(time).await;
        (self.processor_time() - before).as_secs_f64() / begun.elapsed().as_secs_f64()
    }

    /// It was never larger than it may be.
    fn stays_small(&self) -> String {
        let (most, now) = (self.memory("VmHWM"), self.memory("VmRSS"));
        assert!(most < MEMORY, "{most} bytes");
        format!("memory: at most {} MiB, now {} MiB", most >> 20, now >> 20)
    }
}

/// A client that asks from this address, and takes any certificate.
fn client(from: Option<IpAddr>) -> Client {
    builder(from).build().unwrap()
}

fn builder(from: Option<IpAddr>) -> reqwest::ClientBuilder {
    Client::builder().danger_accept_invalid_certs(true).local_address(from).timeout(GUARD)
}

/// An address of this machine, one of many.
fn source(number: usize) -> IpAddr {
    let number = u8::try_from(number % 250).unwrap();
    Ipv4Addr::new(127, 0, 1, 1 + number).into()
}

fn server_name() -> ServerName<'static> {
    ServerName::try_from("localhost").unwrap()
}

/// A connection from this address; as soon as the service takes it.
async fn connect(from: IpAddr, to: SocketAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(to).await
}

/// Times of answers, in order.
struct Latencies(Vec<Duration>);

impl Latencies {
    fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    fn percentile(&self, percent: usize) -> Duration {
        self.0[(self.0.len() - 1) * percent / 100]
    }
}

impl std::fmt::Display for Latencies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let milliseconds = |time: Duration| time.as_secs_f64() * 1000.0;
        let [median, high, most] = [50, 99, 100].map(|percent| milliseconds(self.percentile(percent)));
        write!(f, "{:5} answers: p50 {median:8.2} ms, p99 {high:8.2} ms, max {most:8.2} ms", self.0.len())
    }
}

/// Whoever asks as always, and expects to be answered.
struct Others {
    thread: JoinHandle<Vec<Answers>>,
    stopped: Arc<AtomicBool>,
}

/// What was asked, and how long the answers took.
type Answers = (&'static str, Latencies);

impl Others {
    /// Asks now and then whether the service lives and for a school: some on one connection, some on a new one each time.
    fn ask(of: &Besieged) -> Self {
        let stopped = Arc::new(AtomicBool::new(false));
        let (health, view, token, until) = (of.health(), of.view(), of.token.clone(), Arc::clone(&stopped));
        let thread = std::thread::spawn(move || {
            peacefully(async {
                let new = || builder(None).pool_max_idle_per_host(0).build().unwrap();
                let ask = |client, url| ask_often(client, url, &token, &until);
                let answers = tokio::join!(
                    ask(client(None), &health),
                    ask(new(), &health),
                    ask(client(None), &view),
                    ask(new(), &view)
                );
                vec![
                    ("/healthz, connection kept", answers.0),
                    ("/healthz, new connections", answers.1),
                    ("a view, connection kept  ", answers.2),
                    ("a view, new connections  ", answers.3),
                ]
            })
        });
        Self { thread, stopped }
    }

    /// Stops asking.
    fn stop(self) -> Vec<Answers> {
        self.stopped.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn print(all: &[Answers]) {
    for (what, latencies) in all {
        println!("  {what} {latencies}");
    }
}

/// The medians of several runs.
fn print_medians(runs: &[Vec<Answers>]) {
    println!("  medians of {} runs:", runs.len());
    for (at, (what, _)) in runs[0].iter().enumerate() {
        let median = |percent| {
            let mut values: Vec<_> = runs.iter().map(|run| run[at].1.percentile(percent)).collect();
            values.sort_unstable();
            values[values.len() / 2].as_secs_f64() * 1000.0
        };
        let [middle, high, most] = [50, 99, 100].map(median);
        println!("  {what} p50 {middle:8.2} ms, p99 {high:8.2} ms, max {most:8.2} ms");
    }
}

async fn ask_often(client: Client, url: &str, token: &str, stopped: &AtomicBool) -> Latencies {
    let mut times = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let asked = Instant::now();
        let reply = client.get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(reply.status(), 200, "{url}");
        reply.bytes().await.unwrap();
        times.push(asked.elapsed());
        // Within the rate limits, whatever the settings.
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Latencies::of(times)
}
