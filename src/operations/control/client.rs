//! The side of the verbs.

use std::borrow::Cow;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use zeroize::Zeroizing;

use super::{Answer, Export, Inquiry, Question, Request, SOCKET, VERSION};
use crate::app::{InForce, OperatorCommand, Outcome, Refusal, UserName};
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
        Answer::Settings(_) | Answer::Document => Err(misunderstood(folder)),
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
        Answer::Outcome(_) | Answer::Document => Err(misunderstood(folder)),
    }
}

/// Has the service that holds the folder write what is stored about a child.
///
/// # Errors
/// As [`ask`]; `Unwritten` if `out` takes it not, `CutOff` if the service sends not all of it.
pub(in crate::operations) fn export(folder: &Path, child: &UserName, out: &mut dyn Write) -> Result<(), OperateError> {
    let request = Export { version: VERSION, export: Cow::Borrowed(child) };
    let (answer, mut rest) = try_exchange(folder, &request).map_err(|cause| unreachable(folder, cause))?;
    match answer {
        Answer::Document => {}
        Answer::Refused(why) => return Err(Refusal(why).into()),
        Answer::Outcome(_) | Answer::Settings(_) => return Err(misunderstood(folder)),
    }
    let mut last = None;
    loop {
        let part = rest.fill_buf().map_err(|_| OperateError::CutOff)?;
        let Some(end) = part.last() else {
            break;
        };
        last = Some(*end);
        let length = part.len();
        out.write_all(part).map_err(OperateError::Unwritten)?;
        rest.consume(length);
    }
    if last == Some(b'\n') { Ok(()) } else { Err(OperateError::CutOff) }
}

fn misunderstood(folder: &Path) -> OperateError {
    unreachable(folder, io::Error::other("it answered another question"))
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
    try_exchange(folder, request).map(|(answer, _)| answer).map_err(|cause| unreachable(folder, cause))
}

/// The answer, and what follows it.
fn try_exchange(folder: &Path, request: &impl Serialize) -> io::Result<(Answer, BufReader<UnixStream>)> {
    let mut stream = UnixStream::connect(folder.join(SOCKET))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = Zeroizing::new(serde_json::to_vec(request)?);
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = Zeroizing::new(Vec::new());
    let mut rest = BufReader::new(stream);
    rest.read_until(b'\n', &mut answer)?;
    if answer.last() != Some(&b'\n') {
        return Err(io::Error::new(ErrorKind::UnexpectedEof, "it closed the connection without an answer"));
    }
    Ok((serde_json::from_slice(&answer)?, rest))
}
