//! A drill: a backup is restored into a folder of its own, and the service started there and used. Only that shows
//! that a backup is one.

use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::client::conn::http1::handshake;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use rustix::process::{Pid, Signal, kill_process};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::{
    ArchivedKeys, BackupError, DanglingRows, Manifest, Opening, RestoreMode, RestoreOptions, Source, restore, rows_of,
};
use crate::app::{OperatorCommand, Outcome, random_password};
use crate::config::{Config, UsernameKeySource};
use crate::model::Clock;
use crate::operations::files::DATABASE;
use crate::operations::operate;
use crate::operations::signals::Termination;
use crate::store::{EarlierTokens, ErasedPeople, Store};

/// For the start, for each answer, and for the end. Only a service that hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(60);
/// The lists that the canary asks for, and the tables that they show.
const LISTS: [(&str, &str); 3] =
    [("institutions", "institution"), ("children", "child"), ("applications", "application")];
/// The tables that a start and a log-in leave as they are.
const UNCHANGED: [&str; 6] = ["institution", "child", "application", "family_child", "children_group", "group_member"];

/// What a drill showed.
pub struct Drilled {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// From the start of the service until it was ready.
    pub ready_after: Duration,
    /// The rows of each table, as the manifest says and as were found.
    pub counts: Vec<Count>,
}

/// The rows of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The table.
    pub table: &'static str,
    /// As the manifest says.
    pub expected: u64,
    /// As the service that was started in the drill left them, without the canary.
    pub found: u64,
}

/// Restores a backup into a temporary folder, starts this program there, makes an administrator who exists nowhere
/// else, has it log in and list, and compares the rows with the manifest. `say` hears what is done next. The data
/// folder of `config` is not touched, and nothing is left in the temporary one, also if the process is asked to end.
///
/// # Errors
/// Why the backup could not be brought to life.
pub async fn drill(
    config: &Config,
    clock: &Clock,
    file: &Path,
    opening: &Opening,
    say: &dyn Fn(&str),
) -> Result<Drilled, BackupError> {
    let failed = |error: std::io::Error| BackupError::Drill { file: file.to_owned(), why: error.to_string() };
    let mut termination = Termination::listen().map_err(failed)?;
    tokio::select! {
        drilled = bring_to_life(config, clock, file, opening, say) => drilled,
        () = termination.requested() => Err(BackupError::DrillEnded { file: file.to_owned() }),
    }
}

async fn bring_to_life(
    config: &Config,
    clock: &Clock,
    file: &Path,
    opening: &Opening,
    say: &dyn Fn(&str),
) -> Result<Drilled, BackupError> {
    let work = tempfile::tempdir().map_err(|cause| BackupError::Place { folder: tempfile::env::temp_dir(), cause })?;
    let config = elsewhere(config, opening.keys, work.path().join("data"));
    say("restoring into a temporary folder");
    let options = RestoreOptions {
        mode: RestoreMode::Real,
        tokens: EarlierTokens::Revoked,
        dangling: DanglingRows::Refused,
        // The drill is about all that is in it.
        erased: ErasedPeople::ComeBack,
    };
    let restored = restore(&config, clock, &Source::Backup { file, opening }, options)?;
    let failed = |why: String| BackupError::Drill { file: file.to_owned(), why };
    say("starting the service there");
    let started = Instant::now();
    let service = RunningService::start(&config).map_err(&failed)?;
    let ready_after = started.elapsed();
    say("logging in as an administrator made for this");
    let listed = service.try_out(&config, clock).await.map_err(&failed)?;
    say("stopping it, and counting");
    service.stop().map_err(&failed)?;
    let database = config.data_dir.join(DATABASE);
    let contents = Store::inspect(&database).map_err(|error| failed(error.to_string()))?;
    let manifest = restored.backup.ok_or_else(|| failed("it has no manifest".to_owned()))?.manifest;
    let count = |(table, found)| Count { table, expected: manifest.rows.get(table).copied().unwrap_or(0), found };
    let left = |table| contents.rows.get(table).copied().unwrap_or(0);
    let canary = ("account", left("account").saturating_sub(1));
    let counts: Vec<_> = UNCHANGED.iter().map(|table| (*table, left(table))).chain([canary]).map(count).collect();
    let listed = listed.into_iter().map(count);
    if let Some(other) = listed.chain(counts.iter().cloned()).find(|count| count.expected != count.found) {
        let Count { table, expected, found } = other;
        return Err(failed(format!("there are {found} {}, and the manifest has {expected}", rows_of(table))));
    }
    Ok(Drilled { manifest, ready_after, counts })
}

/// The same settings, about another folder. A key that is not in the backup is the one of the data folder.
fn elsewhere(config: &Config, keys: ArchivedKeys, folder: PathBuf) -> Config {
    let mut other = config.clone();
    let own = config.data_dir.join("username.key");
    if matches!((keys, &config.username_key), (ArchivedKeys::LeftAlone, UsernameKeySource::DataFolder)) && own.exists()
    {
        other.username_key = UsernameKeySource::File(own);
    }
    other.data_dir = folder;
    other
}

/// A service that is killed if the drill ends early.
struct RunningService {
    process: Child,
    port: u16,
}

impl Drop for RunningService {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl RunningService {
    /// Starts this program with nothing of this process's settings, and waits until it is ready.
    fn start(config: &Config) -> Result<Self, String> {
        let program = std::env::current_exe().map_err(|error| format!("this program cannot be found: {error}"))?;
        let mut command = Command::new(program);
        command.env_clear().arg("serve").arg("--data-dir").arg(&config.data_dir);
        command.args(["--plain-http", "--bind", "127.0.0.1", "--port-http", "0", "--log", "error"]);
        match &config.username_key {
            UsernameKeySource::DataFolder => {}
            UsernameKeySource::File(path) => {
                command.arg("--username-key").arg(path);
            }
            UsernameKeySource::Passphrase(passphrase) => {
                command.env("OCARIOT_USERNAME_PASSPHRASE", passphrase.expose());
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn().map_err(|error| format!("the service cannot be started: {error}"))?;
        let (output, errors) = (process.stdout.take(), process.stderr.take());
        let mut started = Self { process, port: 0 };
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            // Reads to the end, so that the service never waits for a reader.
            for line in output.into_iter().flat_map(|output| BufReader::new(output).lines()).map_while(Result::ok) {
                drop(sender.send(line));
            }
        });
        while let Ok(line) = lines.recv_timeout(PATIENCE) {
            if let Some(("API", url)) = line.trim().split_once(' ') {
                let port = url.trim().trim_start_matches("http://localhost:").trim_end_matches("/v1");
                started.port = port.parse().map_err(|_| format!("the service is at {url}"))?;
                return Ok(started);
            }
        }
        let _ = started.process.kill();
        Err(format!("the service did not start: {}", said(errors)))
    }

    /// Has an administrator made, logs in as it, and asks for lists: what they say of their length.
    async fn try_out(&self, config: &Config, clock: &Clock) -> Result<Vec<(&'static str, u64)>, String> {
        let word = random_password().map_err(|error| error.to_string())?;
        let username = format!("drill-{}", String::from_utf8_lossy(word.as_bytes()));
        let command = OperatorCommand::AdminCreate { username: username.clone(), password: None };
        let made = operate(config, clock.clone(), command).await.map_err(|error| error.to_string())?;
        let Outcome::Created(made) = made else { return Err("no administrator could be made".to_owned()) };
        let login = json!({"username": username, "password": made.password.unwrap_or_default()}).to_string();
        let reply = self.ask(Method::POST, "auth", None, login).await?;
        let token: Value = serde_json::from_slice(reply.body()).map_err(|error| error.to_string())?;
        let token = token["access_token"].as_str().ok_or("the answer to the log-in has no token")?;
        let mut listed = Vec::new();
        for (path, table) in LISTS {
            let reply = self.ask(Method::GET, &format!("{path}?limit=1"), Some(token), String::new()).await?;
            let total = reply.headers().get("x-total-count").and_then(|total| total.to_str().ok()?.parse().ok());
            let found = total.ok_or_else(|| format!("the list of {path} does not say how long it is"))?;
            listed.push((table, found));
        }
        // Every username is decrypted for this.
        operate(config, clock.clone(), OperatorCommand::UserList { role: None, institution: None, deactivated: false })
            .await
            .map_err(|error| error.to_string())?;
        Ok(listed)
    }

    async fn ask(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: String,
    ) -> Result<Response<Bytes>, String> {
        let exchange = async {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
            let stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
            let (mut sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
            tokio::spawn(connection);
            let mut request = Request::builder().method(method).uri(format!("/v1/{path}")).header("host", "localhost");
            if let Some(token) = token {
                request = request.header("authorization", format!("Bearer {token}"));
            }
            let request = request.body(body).map_err(|error| error.to_string())?;
            let (head, body) = sender.send_request(request).await.map_err(|error| error.to_string())?.into_parts();
            let body = body.collect().await.map_err(|error| error.to_string())?.to_bytes();
            Ok(Response::from_parts(head, body))
        };
        let reply = tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| Err("no answer".to_owned()));
        let reply = reply.map_err(|error| format!("the service did not answer at {path}: {error}"))?;
        match reply.status().as_u16() {
            200 => Ok(reply),
            status => Err(format!("the service answered {status} at {path}")),
        }
    }

    /// Asks it to end, and waits until it did.
    fn stop(mut self) -> Result<(), String> {
        kill_process(Pid::from_child(&self.process), Signal::TERM).map_err(|error| error.to_string())?;
        let begin = Instant::now();
        while begin.elapsed() < PATIENCE {
            match self.process.try_wait().map_err(|error| error.to_string())? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("the service ended with {status}")),
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        Err("the service did not end when it was asked to".to_owned())
    }
}

/// What a process that has ended wrote to standard error.
fn said(errors: Option<ChildStderr>) -> String {
    let mut text = String::new();
    if let Some(mut errors) = errors {
        let _ = errors.read_to_string(&mut text);
    }
    text.trim().trim_start_matches("error: ").to_owned()
}
