//! The service's side.

use std::fs::{self, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::timeout;
use zeroize::Zeroizing;

use super::{Answer, Export, Exporter, Inquiry, Question, Request, SOCKET, VERSION, Versioned};
use crate::app::{AnswerBody, App, UserName};
use crate::operations::folder::DataFolder;

/// The longest request, in bytes, with its line's end.
const REQUEST: usize = 64 * 1024;
/// For a request to arrive, and again for its answer to leave.
const DEADLINE: Duration = Duration::from_secs(10);
/// How many at the same time; more wait.
const CONNECTIONS: u32 = 8;

/// The bound socket. Its file is removed when this is dropped.
pub(crate) struct ControlSocket {
    listener: UnixListener,
    path: PathBuf,
    exporter: Exporter,
}

impl ControlSocket {
    /// Binds the socket of a folder that this process holds: a file that is there already was left by a service that
    /// was killed. What is exported, `exporter` writes.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn bind(folder: &DataFolder, exporter: Exporter) -> io::Result<Self> {
        let path = folder.path().join(SOCKET);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Self { listener, path, exporter })
    }

    /// Carries out what is asked until `stop` says so, then lets commands in work end.
    pub(crate) async fn serve(self, app: Arc<App>, mut stop: watch::Receiver<bool>, grace: Duration) {
        let places = Arc::new(Semaphore::new(CONNECTIONS as usize));
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&places) => accepted,
                _ = stop.wait_for(|stop| *stop) => break,
            };
            match accepted {
                Ok((stream, place)) => {
                    let (app, exporter) = (Arc::clone(&app), self.exporter);
                    tokio::spawn(async move {
                        if let Err(error) = connection(&app, exporter, stream).await {
                            tracing::debug!(%error, "A connection to the control socket failed");
                        }
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "A connection to the control socket could not be accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
        // All places are free when every connection has ended.
        let _ = timeout(grace, places.acquire_many(CONNECTIONS)).await;
    }

    async fn accept(&self, places: &Arc<Semaphore>) -> io::Result<(UnixStream, tokio::sync::OwnedSemaphorePermit)> {
        let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
        Ok((self.listener.accept().await?.0, place))
    }
}

impl Drop for ControlSocket {
    fn drop(&mut self) {
        // Whoever comes later removes it otherwise.
        let _ = fs::remove_file(&self.path);
    }
}

async fn connection(app: &App, exporter: Exporter, mut stream: UnixStream) -> io::Result<()> {
    let user = stream.peer_cred()?.uid();
    if user != 0 && user != rustix::process::geteuid().as_raw() {
        tracing::warn!(user, "Somebody else asked at the control socket");
        return Ok(());
    }
    let line = timeout(DEADLINE, read_line(&mut stream)).await??;
    if let Ok(Export { version: VERSION, export }) = serde_json::from_slice(&line) {
        return send_export(app, exporter, export.into_owned(), &mut stream).await;
    }
    send(&mut stream, &answer(app, &line).await).await
}

async fn send(stream: &mut UnixStream, answer: &Answer) -> io::Result<()> {
    let mut text = Zeroizing::new(serde_json::to_vec(answer)?);
    text.push(b'\n');
    timeout(DEADLINE, stream.write_all(&text)).await?
}

/// Sends a document while it is read. Its line ends only if it is whole.
async fn send_export(app: &App, exporter: Exporter, child: UserName, stream: &mut UnixStream) -> io::Result<()> {
    let written = match exporter(app, child).await {
        Ok(written) => written,
        Err(refusal) => return send(stream, &Answer::Refused(refusal.0)).await,
    };
    send(stream, &Answer::Document).await?;
    match written.body {
        AnswerBody::Whole(bytes) => timeout(DEADLINE, stream.write_all(&bytes)).await??,
        AnswerBody::Chunks(mut chunks) => {
            while let Some(part) = chunks.next().await {
                let part = part.map_err(io::Error::other)?;
                timeout(DEADLINE, stream.write_all(&part)).await??;
            }
        }
    }
    tracing::info!("The operator's export was sent");
    timeout(DEADLINE, stream.write_all(b"\n")).await?
}

/// Reads a line; more than the longest request is not read.
async fn read_line(stream: &mut UnixStream) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut line = Zeroizing::new(Vec::with_capacity(REQUEST));
    BufReader::new(stream.take(REQUEST as u64)).read_until(b'\n', &mut line).await?;
    Ok(line)
}

async fn answer(app: &App, line: &[u8]) -> Answer {
    let refused = |why: &str| Answer::Refused(why.to_owned());
    let Some(line) = line.strip_suffix(b"\n") else {
        return refused("the request is not one line of at most 64 KiB");
    };
    match serde_json::from_slice::<Versioned>(line) {
        Ok(Versioned { version: VERSION }) => {}
        Ok(_) => {
            return refused("the service that runs is of another version: use the program that it was started from");
        }
        Err(_) => return refused("the request is no JSON object with a version"),
    }
    if let Ok(Inquiry { question: Question::Settings, .. }) = serde_json::from_slice(line) {
        return Answer::Settings(app.in_force().clone());
    }
    // What serde says may quote the request, and with it a password.
    let Ok(request) = serde_json::from_slice::<Request<'_>>(line) else {
        return refused("the service that runs does not know this command: use the program that it was started from");
    };
    let verb = request.command.verb();
    match app.operate(request.command.into_owned()).await {
        Ok(outcome) => {
            tracing::info!(verb, "The operator's command was carried out");
            Answer::Outcome(outcome)
        }
        Err(refusal) => {
            tracing::info!(verb, "The operator's command was refused");
            Answer::Refused(refusal.0)
        }
    }
}
