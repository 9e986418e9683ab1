//! A server that answers on a socket of its own, plain or encrypted.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ocariot_users::providers::http::Trust;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::pairs;

/// What was asked.
#[derive(Debug, Clone)]
pub struct Question {
    pub method: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    /// By their names in lower case.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl Question {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// A value of the query.
    pub fn asked(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A value of the form that was sent.
    pub fn form(&self, name: &str) -> Option<String> {
        let is_form = self.header("content-type") == Some("application/x-www-form-urlencoded");
        pairs(&self.body).into_iter().find(|(known, _)| is_form && known == name).map(|(_, value)| value)
    }

    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ")
    }
}

/// What is answered.
#[derive(Debug, Clone)]
pub struct Told {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Told {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into() }
    }

    pub fn json(status: u16, body: Value) -> Self {
        Self::new(status, body.to_string()).with("content-type", "application/json")
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Packed, as a server may do.
    pub fn packed(mut self) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, &self.body).unwrap();
        self.body = encoder.finish().unwrap();
        self.with("content-encoding", "gzip")
    }

    fn text(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&self.body)))
    }
}

/// What goes wrong.
#[derive(Debug, Clone)]
pub enum Trouble {
    /// This is said, and nothing is done.
    Says(Told),
    /// What is right is said this late.
    Late(Duration),
    /// What is right is done, and half of the answer sent.
    Half,
    /// What is right is done, and nothing said.
    HangsUp,
}

/// Whether connections are encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    None,
    Tls,
}

/// A name of each encrypted one that no name server knows.
pub const BEHIND_PROXY: &str = "behind-the-proxy.invalid";

type Answering = dyn Fn(&Question) -> Told + Send + Sync;

struct State {
    answering: Box<Answering>,
    log: Mutex<Log>,
}

#[derive(Default)]
struct Log {
    /// Everything that was asked, and what came of it.
    asked: Vec<(Question, Told)>,
    /// Of paths that contain a text, and how often still.
    troubles: Vec<(String, Trouble, usize)>,
    /// How many are being answered, and how many were at most.
    at_a_time: (usize, usize),
    connections: usize,
}

/// A server, gone when dropped.
pub struct StandIn {
    address: SocketAddr,
    /// Whose certificate it shows, if it is encrypted.
    authority: Option<String>,
    state: Arc<State>,
    runtime: Option<Runtime>,
}

impl StandIn {
    pub fn start(encryption: Encryption, answering: impl Fn(&Question) -> Told + Send + Sync + 'static) -> Self {
        let state = Arc::new(State { answering: Box::new(answering), log: Mutex::default() });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        listener.set_nonblocking(true).unwrap();
        let (tls, authority) = match encryption {
            Encryption::None => (None, None),
            Encryption::Tls => {
                let (acceptor, authority) = certified();
                (Some(acceptor), Some(authority))
            }
        };
        runtime.spawn(accept(listener, tls, Arc::clone(&state)));
        Self { address, authority, state, runtime: Some(runtime) }
    }

    /// Where it is, by its number.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.authority.is_some() { "https" } else { "http" }, self.address)
    }

    /// Where it is, by its name.
    pub fn named_url(&self) -> String {
        self.url().replace("127.0.0.1", "localhost")
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Believes whom its certificate is of.
    pub fn trust(&self) -> Trust {
        let authority = self.authority_pem().map(|pem| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap());
        Trust::only(authority.into_iter().collect())
    }

    /// The same as a file for `SSL_CERT_FILE`.
    pub fn authority_pem(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.state.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on something goes wrong wherever a path contains this, before what was said earlier.
    pub fn trouble(&self, path: &str, trouble: Trouble) {
        self.trouble_times(path, trouble, usize::MAX);
    }

    /// The same, so many times.
    pub fn trouble_times(&self, path: &str, trouble: Trouble, times: usize) {
        self.log().troubles.insert(0, (path.to_owned(), trouble, times));
    }

    /// From now on nothing goes wrong.
    pub fn heal(&self) {
        self.log().troubles.clear();
    }

    /// Everything that was asked.
    pub fn asked(&self) -> Vec<Question> {
        self.log().asked.iter().map(|(question, _)| question.clone()).collect()
    }

    /// How often something was asked whose path contains this.
    pub fn count(&self, path: &str) -> usize {
        self.log().asked.iter().filter(|(question, _)| question.path.contains(path)).count()
    }

    /// Forgets what was asked.
    pub fn forget(&self) {
        self.log().asked.clear();
    }

    /// How many were asked at the same time, at most.
    pub fn most_at_a_time(&self) -> usize {
        self.log().at_a_time.1
    }

    /// How many connections were made.
    pub fn connections(&self) -> usize {
        self.log().connections
    }

    /// All questions and answers, one a line.
    pub fn traffic(&self) -> String {
        let line = |(question, told): &(Question, Told)| {
            let body = serde_json::from_str(&question.body).unwrap_or_else(|_| json!(question.body));
            let line = json!({
                "method": question.method,
                "path": question.path,
                "query": question.query,
                "content_type": question.header("content-type"),
                "body": body,
                "status": told.status,
                "answer": told.text(),
            });
            format!("{line}\n")
        };
        self.log().asked.iter().map(line).collect()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // Tests may be within another runtime, which must not wait.
        self.runtime.take().unwrap().shutdown_background();
    }
}

/// A certificate for this machine, of an authority made for it.
fn certified() -> (TlsAcceptor, String) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.distinguished_name.push(rcgen::DnType::CommonName, "an authority for tests");
    let authority = rcgen::CertifiedIssuer::self_signed(authority, rcgen::KeyPair::generate().unwrap()).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let names = ["localhost", "127.0.0.1", BEHIND_PROXY].map(str::to_owned);
    let certificate = rcgen::CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
    (TlsAcceptor::from(Arc::new(config)), authority.as_ref().pem())
}

async fn accept(listener: std::net::TcpListener, tls: Option<TlsAcceptor>, state: Arc<State>) {
    let listener = TcpListener::from_std(listener).unwrap();
    loop {
        let (connection, _) = listener.accept().await.unwrap();
        let (tls, state) = (tls.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            state.log.lock().unwrap().connections += 1;
            match tls {
                None => converse(connection, &state).await,
                Some(tls) => match tls.accept(connection).await {
                    Ok(connection) => converse(connection, &state).await,
                    Err(_) => None,
                },
            }
        });
    }
}

/// Answers all that is asked over a connection.
async fn converse(mut connection: impl AsyncRead + AsyncWrite + Unpin, state: &State) -> Option<()> {
    loop {
        let question = read(&mut connection).await?;
        {
            let mut log = state.log.lock().unwrap();
            log.at_a_time.0 += 1;
            log.at_a_time.1 = log.at_a_time.1.max(log.at_a_time.0);
        }
        let going_on = answer(&mut connection, question, state).await;
        state.log.lock().unwrap().at_a_time.0 -= 1;
        going_on?;
    }
}

async fn answer(connection: &mut (impl AsyncWrite + Unpin), question: Question, state: &State) -> Option<()> {
    let trouble = {
        let mut log = state.log.lock().unwrap();
        let mut troubles = log.troubles.iter_mut();
        let found = troubles.find(|(path, _, times)| *times > 0 && question.path.contains(path.as_str()));
        found.map(|(_, trouble, times)| {
            *times -= 1;
            trouble.clone()
        })
    };
    let told = match &trouble {
        Some(Trouble::Says(told)) => told.clone(),
        _ => (state.answering)(&question),
    };
    state.log.lock().unwrap().asked.push((question, told.clone()));
    if let Some(Trouble::Late(time)) = &trouble {
        tokio::time::sleep(*time).await;
    }
    let mut head = format!("HTTP/1.1 {} So\r\ncontent-length: {}\r\n", told.status, told.body.len());
    for (name, value) in &told.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut bytes = [head.as_bytes(), b"\r\n", &told.body].concat();
    match trouble {
        Some(Trouble::HangsUp) => return None,
        Some(Trouble::Half) => bytes.truncate(bytes.len() - told.body.len() / 2 - 1),
        _ => {}
    }
    connection.write_all(&bytes).await.ok()?;
    if matches!(trouble, Some(Trouble::Half)) {
        connection.shutdown().await.ok()?;
        return None;
    }
    Some(())
}

async fn read(connection: &mut (impl AsyncRead + Unpin)) -> Option<Question> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if connection.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.split("\r\n");
    let mut first = lines.next()?.split(' ');
    let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
    let header = |line: &str| {
        let (name, value) = line.split_once(':').unwrap();
        (name.to_ascii_lowercase(), value.trim().to_owned())
    };
    let headers: BTreeMap<_, _> = lines.map(header).collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        if connection.read_buf(&mut body).await.ok()? == 0 {
            return None;
        }
    }
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    Some(Question {
        method,
        path: path.to_owned(),
        query: pairs(query),
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}
