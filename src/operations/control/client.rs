//! The side of the verbs.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Answer, InForce, Inquiry, Question, Request, SOCKET, VERSION};
use crate::app::{OperatorCommand, Outcome, Refusal};
use crate::operations::OperateError;

/// Longer than any command takes; a service that hangs reaches it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Asks the service that holds the folder.
///
/// # Errors
/// `Unreachable` if it cannot be asked, `Refused` if it refuses.
pub(in crate::operations) fn ask(folder: &Path, command: &OperatorCommand) -> Result<Outcome, OperateError> {
    match exchange(folder, &Request { version: VERSION, command: Cow::Borrowed(command) })? {
        Answer::Outcome(outcome) => Ok(outcome),
        Answer::Refused(why) => Err(Refusal(why).into()),
        Answer::Settings(_) => Err(unreachable(folder, io::Error::other("it answered another question"))),
    }
}

/// Asks the service that holds the folder how it is set.
///
/// # Errors
/// As [`ask`].
pub(in crate::operations) fn ask_settings(folder: &Path) -> Result<InForce, OperateError> {
    match exchange(folder, &Inquiry { version: VERSION, question: Question::Settings })? {
        Answer::Settings(settings) => Ok(settings),
        Answer::Refused(why) => Err(Refusal(why).into()),
        Answer::Outcome(_) => Err(unreachable(folder, io::Error::other("it answered another question"))),
    }
}

/// Whether the folder is held by a service, which listens here, rather than by a verb.
///
/// # Errors
/// `Unreachable` if nobody listens.
pub(in crate::operations) fn reach(folder: &Path) -> Result<(), OperateError> {
    UnixStream::connect(folder.join(SOCKET)).map(drop).map_err(|cause| unreachable(folder, cause))
}

fn unreachable(folder: &Path, cause: io::Error) -> OperateError {
    OperateError::Unreachable { folder: folder.to_owned(), cause }
}

fn exchange(folder: &Path, request: &impl Serialize) -> Result<Answer, OperateError> {
    try_exchange(folder, request).map_err(|cause| unreachable(folder, cause))
}

fn try_exchange(folder: &Path, request: &impl Serialize) -> io::Result<Answer> {
    let mut stream = UnixStream::connect(folder.join(SOCKET))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = Zeroizing::new(serde_json::to_vec(request)?);
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = Zeroizing::new(Vec::new());
    BufReader::new(stream).read_until(b'\n', &mut answer)?;
    if answer.last() != Some(&b'\n') {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "it closed the connection without an answer"));
    }
    Ok(serde_json::from_slice(&answer)?)
}
