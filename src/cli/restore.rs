//! `restore`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use clap::{ArgMatches, Command};
use serde_json::json;

use super::archives::{
    config, dangling_json, document, file, given_file, key_flags, manifest_json, opening, shown_absolute, switch,
    warn_if_readable,
};
use super::progress::Progress;
use super::{Failure, output, with_folder_settings};
use crate::config::Config;
use crate::model::{Clock, shown};
use crate::operations::backup::{self, ArchivedKeys, DanglingRows, Form, RestoreMode, Restored, dangling_text};
use crate::store::EarlierTokens;

/// `restore`.
pub(super) fn command() -> Command {
    with_folder_settings(Command::new("restore").about("Put a backup in the place of the data; the service is stopped"))
        .long_about(
            "Put a backup in the place of what the data folder holds. The service must be stopped. What was there is \
             kept in a folder `pre-restore-...` beside it. Tokens from before are refused: everybody logs in once more.",
        )
        .arg(file())
        .args(key_flags("Go on with the keys of the data folder"))
        .arg(switch("dry-run", "Only check, and say what would change"))
        .arg(switch("without-dangling-rows", "Leave out rows that refer to what is not there, if another program made any"))
        .arg(switch("keep-tokens", "Do not refuse tokens from before, except those that the backup or the data folder knows as revoked"))
}

/// Carries out `restore`.
pub(super) fn restore(matches: &ArgMatches) -> Result<(), Failure> {
    let (config, file) = (config(matches)?, given_file(matches)?);
    let opening = opening(&config, matches, &file)?;
    let with_keys = matches!(backup::look(&file)?, Form::Readable(manifest) if manifest.keys);
    if with_keys && opening.passphrase.is_none() && opening.keys == ArchivedKeys::Taken {
        return Err(Failure::Other(
            "the backup has the keys, encrypted: give their passphrase with --passphrase-file, or go on with the keys \
             of the data folder with --without-keys"
                .to_owned(),
        ));
    }
    let mode = if matches.get_flag("dry-run") { RestoreMode::DryRun } else { RestoreMode::Real };
    let tokens = if matches.get_flag("keep-tokens") { EarlierTokens::Kept } else { EarlierTokens::Revoked };
    let dangling =
        if matches.get_flag("without-dangling-rows") { DanglingRows::Removed } else { DanglingRows::Refused };
    let progress = Progress::begin(&format!("restoring {}", shown(&file)));
    let restored = backup::restore(&config, &Clock::system(), &file, &opening, (mode, tokens, dangling))?;
    drop(progress);
    warn_if_readable(&file, &restored.backup);
    output::print(&match matches.get_flag("json") {
        true => document(
            &config.data_dir,
            json!({
                "file": file.display().to_string(),
                "restored": mode == RestoreMode::Real,
                "sealed": restored.backup.sealed,
                "manifest": manifest_json(&restored.backup.manifest)?,
                "rows_before": restored.before.as_ref().map(|before| &before.rows),
                "dangling_removed": dangling_json(&restored.backup.dangling),
                "kept": restored.kept.as_ref().map(|kept| kept.display().to_string()),
                "tokens_revoked": mode == RestoreMode::Real && tokens == EarlierTokens::Revoked,
            }),
        ),
        false => restored_text(&config, &file, &restored, (mode, tokens)),
    });
    Ok(())
}

fn restored_text(
    config: &Config,
    file: &Path,
    restored: &Restored,
    (mode, tokens): (RestoreMode, EarlierTokens),
) -> String {
    let (folder, made_at) = (shown_absolute(&config.data_dir), &restored.backup.manifest.made_at);
    let mut text = match mode {
        RestoreMode::DryRun => format!("Nothing was changed. Restoring {} would go well.\n", shown(file)),
        RestoreMode::Real => format!("Restored {} into {folder}.\n", shown(file)),
    };
    let _ = writeln!(text, "Everything goes back to {made_at}; what was changed since is not in the backup:");
    let empty = BTreeMap::new();
    let before = restored.before.as_ref().map_or(&empty, |before| &before.rows);
    for (table, after) in &restored.backup.manifest.rows {
        let before = before.get(table).map_or("?".to_owned(), ToString::to_string);
        let _ = writeln!(text, "  {table:<16} {before:>8} -> {after:>8}");
    }
    if let Some(kept) = &restored.kept {
        let _ = writeln!(text, "What was there before is in {}.", shown(kept));
    }
    if !restored.backup.dangling.is_empty() {
        let _ = writeln!(text, "Left out of it: {}.", dangling_text(&restored.backup.dangling));
    }
    text.push_str(match (mode, tokens) {
        (RestoreMode::DryRun, _) => "",
        (_, EarlierTokens::Revoked) => "Tokens from before are refused: everybody logs in once more.\n",
        (_, EarlierTokens::Kept) => {
            "Tokens from before go on, except those that the backup or the data folder knew as revoked.\n"
        }
    });
    text
}
