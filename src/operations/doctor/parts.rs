//! The files beside the database that a start reads: the very reading of a start, without what it would make.

use std::path::Path;

use super::{Finding, Seen};
use crate::operations::StartError;
use crate::operations::backup::{BackupError, read_passphrase};
use crate::operations::keys::{present_token_key, present_username_key};
use crate::operations::opening::{derive, refused};
use crate::store::Store;

/// What a data folder without a database is told by.
const PARTS: [&str; 4] = ["username.key", "jwt.key", "tls.key", "backups"];

/// Whether the folder is one of a service, as far as can be told without its database.
pub(super) fn are_in(folder: &Path) -> bool {
    PARTS.iter().any(|name| folder.join(name).exists())
}

pub(super) fn look(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = vec![username_key(seen), token_key(seen)];
    findings.extend(passphrase(seen));
    findings
}

fn username_key(seen: &Seen<'_>) -> Finding {
    const CHECK: &str = "username key";
    let database = super::data::database(seen.folder);
    let fits = present_username_key(seen.config, seen.folder).and_then(|key| match key {
        Some(key) if database.exists() => match Store::fits(&database, derive(key)) {
            // What is wrong with the database itself is told with it.
            Err(error) if !matches!(error, crate::store::OpenError::WrongKey) => Ok(true),
            fits => fits.map(|()| true).map_err(|error| refused(error, &database)),
        },
        key => Ok(key.is_some()),
    });
    match fits {
        Ok(true) => Finding::fine(CHECK, "it fits the database"),
        Ok(false) => Finding::fine(CHECK, "the next start makes one"),
        Err(error) => seen.refused(CHECK, &error),
    }
}

fn token_key(seen: &Seen<'_>) -> Finding {
    const CHECK: &str = "key for tokens";
    match present_token_key(seen.config, seen.folder, &mut Vec::new()) {
        Ok(Some(_)) => Finding::fine(CHECK, "it is one"),
        Ok(None) if seen.running => Finding::advice(
            CHECK,
            "it is missing: the next start makes another, and then everybody logs in once more",
            seen.verb("keys rotate"),
        ),
        Ok(None) => Finding::advice(
            CHECK,
            "it is missing: the next start makes one, and then everybody logs in once more",
            seen.verb("serve"),
        ),
        Err(error) => seen.refused(CHECK, &error),
    }
}

/// Without it, the service makes no backups by itself.
fn passphrase(seen: &Seen<'_>) -> Option<Finding> {
    const CHECK: &str = "passphrase";
    Some(match read_passphrase(seen.config.backup.passphrase_file.as_deref()?) {
        Ok(_) => Finding::fine(CHECK, "it can be read"),
        Err(BackupError::Start(error)) => seen.refused(CHECK, &error),
        Err(error) => seen.refused(CHECK, &StartError::Internal(error.to_string())),
    })
}
