//! The words of the command line, and what is said of those that are none.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue};
use clap::{ArgMatches, Command, Error};

use crate::config::nearest;

/// Reads the words, the first of which is the program's name.
///
/// # Errors
/// What is wrong with them, or what they ask to be shown.
pub(super) fn read(mut command: Command, words: impl Iterator<Item = OsString>) -> Result<ArgMatches, Error> {
    let mut words: Vec<_> = words.collect();
    if words.get(1).is_some_and(|verb| verb == "help") {
        // Help about help is help.
        words.retain(|word| word != "--help" && word != "-h");
    }
    command.try_get_matches_from_mut(words).map_err(with_nearest_alone)
}

/// Of the verbs that look like the one that is none, the nearest: clap names the farthest first.
fn with_nearest_alone(mut error: Error) -> Error {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    };
    let (given, alike) = (text(ContextKind::InvalidSubcommand), text(ContextKind::SuggestedSubcommand));
    let Some(given) = given.first() else { return error };
    if let Some(nearest) = nearest(given, alike.into_iter(), usize::MAX) {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![nearest]));
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(words: &[&str]) -> String {
        let words = std::iter::once("ocariot-users").chain(words.iter().copied()).map(OsString::from);
        read(super::super::command(), words).unwrap_err().to_string()
    }

    #[test]
    fn of_verbs_that_are_alike_the_nearest_is_named() {
        for (given, nearest) in [("sevre", "serve"), ("resotre", "restore"), ("bakup", "backup"), ("usr", "user")] {
            let said = said(&[given]);
            assert!(said.contains(&format!("a similar subcommand exists: '{nearest}'")), "{said}");
        }
    }

    #[test]
    fn help_about_help_is_help() {
        for words in [&["help", "--help"][..], &["help", "-h"], &["help"], &["--help"]] {
            let said = said(words);
            assert!(said.contains("Without a verb, the service is served."), "{said}");
        }
        assert!(said(&["help", "backup", "now", "--help"]).contains("Make a backup"));
    }
}
