//! `keys`: the keys for tokens.

use std::fmt::Write as _;

use clap::{Arg, ArgAction, Command};

use super::operator_verb;
use crate::app::{KeyRecord, KeysRecord};

/// `keys` and its verbs.
pub(super) fn keys_command() -> Command {
    let show = operator_verb("show", "Show the keys that tokens are verified with");
    let rotate = operator_verb("rotate", "Sign tokens with a new key from now on")
        .long_about(
            "Sign tokens with a new key from now on. Tokens of the key before stay valid until they end, and its \
             public half stays in /v1/.well-known/jwks.json as long: nobody is logged out. Services that read the \
             public key from its file read the new one there: let them do so at once.",
        )
        .arg(
            Arg::new("without-overlap")
                .long("without-overlap")
                .action(ArgAction::SetTrue)
                .help("Refuse tokens of the keys before at once, as when somebody else may have one of them"),
        );
    Command::new("keys")
        .about("Keys for tokens: show them, or sign with a new one")
        .subcommand_required(true)
        .subcommands([show, rotate])
}

/// What there is.
pub(super) fn shown(folder: &str, keys: &KeysRecord) -> String {
    let count = keys.earlier.len() + 1;
    let mut text = format!("{count} {} for tokens in {folder}\n", if count == 1 { "key" } else { "keys" });
    let _ = writeln!(text, "{:<43}  {:<24}  ACCEPTED UNTIL", "KID", "SIGNS SINCE");
    for KeyRecord { kid, since, accepted_until } in std::iter::once(&keys.signing).chain(&keys.earlier) {
        let since = since.as_deref().unwrap_or("the next start");
        let until = accepted_until.as_deref().unwrap_or("(it signs)");
        let _ = writeln!(text, "{kid:<43}  {since:<24}  {until}");
    }
    text + &where_public(keys)
}

/// What was done.
pub(super) fn rotated(folder: &str, keys: &KeysRecord) -> String {
    let mut text = format!("The key {} signs tokens in {folder} from now on.\n", keys.signing.kid);
    match keys.earlier.iter().filter_map(|key| key.accepted_until.as_deref()).max() {
        Some(until) => {
            let _ = writeln!(text, "Tokens from before are accepted until they end, the last one at {until}.");
        }
        None => text.push_str("No token from before is accepted: whoever was logged in logs in once more.\n"),
    }
    text + &where_public(keys)
}

fn where_public(keys: &KeysRecord) -> String {
    let set = "All of them, for services that verify tokens: /v1/.well-known/jwks.json\n";
    match &keys.public_key_file {
        Some(file) => format!("The public half of the one that signs, as PEM: {file}\n{set}"),
        None => set.to_owned(),
    }
}
