//! The control socket: what the operator asks of a running service, from the same machine.
//!
//! `control.sock` in the data folder is bound while the folder is held, and may be opened by the service's own user
//! and by root. A connection carries one request and one answer, each a line of JSON:
//! `{"version":1,"command":{..}}`, and `{"outcome":{..}}` or `{"refused":".."}`; or `{"version":1,"question":"settings"}`,
//! and `{"settings":{..}}`; or `{"version":1,"export":{..}}`, and `"document"`, behind which a document follows: one more line,
//! of any length.

mod client;
mod listener;

use std::borrow::Cow;
use std::pin::Pin;

use serde::{Deserialize, Serialize};

use crate::app::{App, InForce, OperatorCommand, Outcome, Refusal, UserName, Written};

pub(super) use client::{ask, ask_settings, export, reach};
pub(crate) use listener::ControlSocket;

/// The socket's name in the data folder.
const SOCKET: &str = "control.sock";
/// Writes what is stored about a child, in the form that the API answers with.
pub type Exporter = fn(&App, UserName) -> Exporting<'_>;

/// The document, or its beginning.
pub type Exporting<'a> = Pin<Box<dyn Future<Output = Result<Written, Refusal>> + Send + 'a>>;

/// The version of what is spoken here.
const VERSION: u32 = 1;

/// What the first field of every version is.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Request<'a> {
    version: u32,
    command: Cow<'a, OperatorCommand>,
}

/// What is not the service's work, but about the service itself.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inquiry {
    version: u32,
    question: Question,
}

/// What is answered by a document.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Export<'a> {
    version: u32,
    export: Cow<'a, UserName>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Question {
    Settings,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answer {
    Outcome(Outcome),
    Settings(InForce),
    /// It follows.
    Document,
    Refused(String),
}
