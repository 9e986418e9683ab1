//! What verbs print: to people and programs that may have gone away meanwhile.

use std::borrow::Cow;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::sync::OnceLock;

use super::Failure;
use crate::model::{commands_terminal, write_escaped};

/// Why something could not be written to standard output.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// The text without anything that commands a terminal: names of files and words of archives are other people's.
fn harmless(text: &str) -> Cow<'_, str> {
    let commands = |c: char| !matches!(c, '\n' | '\t') && commands_terminal(c);
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let mut harmless = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        match commands(c) {
            // Writing to a String does not fail.
            true => drop(write_escaped(&mut harmless, c)),
            false => harmless.push(c),
        }
    }
    Cow::Owned(harmless)
}

/// Prints to standard output. Nobody there to read it is no error; any other is remembered for [`all_written`].
pub(super) fn print(text: &str) {
    if let Err(error) = write(text)
        && error.kind() != ErrorKind::BrokenPipe
    {
        // The first one is told.
        let _ = UNWRITTEN.set(error);
    }
}

/// Whether all that was printed could be written.
///
/// # Errors
/// `Unwritten` if not.
pub(super) fn all_written() -> Result<(), Failure> {
    match UNWRITTEN.get() {
        Some(error) => Err(Failure::Unwritten(io::Error::new(error.kind(), error.to_string()))),
        None => Ok(()),
    }
}

/// Prints a part of much: whoever prints it stops when it cannot be written.
///
/// # Errors
/// If it cannot be written; `BrokenPipe` if nobody is there to read it any more.
pub(super) fn write(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(harmless(text).as_bytes())?;
    stdout.flush()
}

/// Prints an error to standard error.
pub(super) fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "error: {}", harmless(text));
}

/// Prints a warning to standard error.
pub(super) fn warning(text: &str) {
    let _ = writeln!(io::stderr().lock(), "warning: {}", harmless(text));
}

/// Whether a person reads standard output.
pub(super) fn is_terminal() -> bool {
    io::stdout().is_terminal()
}
