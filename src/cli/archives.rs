//! What the verbs of backups and of restores share: their flags, how an archive is opened, and how both tell of it.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::builder::ValueHint;
use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{Failure, flags, output, verb_settings};
use crate::config::Config;
use crate::model::{Clock, shown};
use crate::operations::backup::{self, ArchivedKeys, Form, Manifest, Opening, Verified};
use crate::store::Dangling;

pub(super) fn file() -> Arg {
    let file = Arg::new("file").required(true).value_name("FILE").value_hint(ValueHint::AnyPath);
    file.value_parser(value_parser!(PathBuf)).help("The backup; of a folder, the newest in it")
}

pub(super) fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

pub(super) fn key_flags(without: &'static str) -> [Arg; 2] {
    let from = Arg::new("passphrase-file").long("passphrase-file").value_name("FILE").value_hint(ValueHint::FilePath);
    [
        from.help("File with the passphrase of the backup; without, it is asked for at a terminal"),
        switch("without-keys", without),
    ]
}

pub(super) fn config(matches: &ArgMatches) -> Result<Config, Failure> {
    let mut settings: BTreeMap<String, String> = flags(matches);
    for (flag, setting) in [("to", "backup-dir"), ("in", "backup-dir"), ("passphrase-file", "backup-passphrase-file")] {
        if let Ok(Some(value)) = matches.try_get_one::<String>(flag) {
            settings.insert(setting.to_owned(), value.clone());
        }
    }
    for (flag, setting) in
        [("without-keys", "backup-without-keys"), ("readable-by-anybody", "backup-readable-by-anybody")]
    {
        if let Ok(Some(true)) = matches.try_get_one::<bool>(flag) {
            settings.insert(setting.to_owned(), "true".to_owned());
        }
    }
    verb_settings(settings)
}

/// The backup that was given, or the newest of the folder that was.
pub(super) fn given_file(matches: &ArgMatches) -> Result<PathBuf, Failure> {
    let given = matches.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    if !given.is_dir() {
        return Ok(given);
    }
    let dated = backup::list(&given)?.into_iter().filter_map(|one| Some((backup::made_at(&one.path)?, one.path)));
    let mut dated: Vec<_> = dated.collect();
    backup::newest_first(&mut dated, Clock::system().now());
    let newest = dated.into_iter().next().map(|(_, path)| path);
    newest
        .ok_or_else(|| Failure::Other(format!("the folder {} holds no backup: name another, or a file", shown(&given))))
}

/// How a backup is to be opened.
pub(super) fn opening(config: &Config, matches: &ArgMatches, file: &Path) -> Result<Opening, Failure> {
    let keys = if matches.get_flag("without-keys") { ArchivedKeys::LeftAlone } else { ArchivedKeys::Taken };
    let passphrase = match backup::look(file)? {
        Form::Sealed => passphrase(config, Asked::Once)?,
        Form::Readable(manifest) if manifest.keys && keys == ArchivedKeys::Taken => passphrase(config, Asked::Once)?,
        Form::Readable(_) => None,
    };
    Ok(Opening { passphrase, keys })
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    Once,
    Twice,
}

/// The passphrase that was given, or that the person at the terminal types.
pub(super) fn passphrase(config: &Config, asked: Asked) -> Result<Option<Zeroizing<String>>, Failure> {
    if let Some(path) = &config.backup.passphrase_file {
        return Ok(Some(backup::read_passphrase(path)?));
    }
    if !std::io::stdin().is_terminal() {
        return Ok(None);
    }
    let ask = |prompt| {
        rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|error| {
            Failure::Other(format!("the passphrase cannot be read ({error}): give it with --passphrase-file"))
        })
    };
    let first = ask("Passphrase of the backup: ")?;
    if first.is_empty() {
        return Err(Failure::Other("the passphrase is empty: give one".to_owned()));
    }
    if asked == Asked::Twice && ask("The same once more: ")? != first {
        return Err(Failure::Other("the two passphrases differ: no backup was made; try again".to_owned()));
    }
    Ok(Some(first))
}

pub(super) fn warn_if_readable(file: &Path, backup: &Verified) {
    if !backup.sealed {
        output::warning(&format!(
            "the backup {} is not sealed: whoever could write to it could have changed anything in it, unnoticed.",
            shown(file)
        ));
    }
}

pub(super) fn dangling_json(rows: &[Dangling]) -> Value {
    rows.iter()
        .map(|Dangling { table, parent, rows }| json!({"table": table, "parent": parent, "rows": rows}))
        .collect()
}

pub(super) fn manifest_json(manifest: &Manifest) -> Result<Value, Failure> {
    serde_json::to_value(manifest).map_err(|error| Failure::Other(error.to_string()))
}

pub(super) fn document(folder: &Path, mut fields: Value) -> String {
    if let Value::Object(fields) = &mut fields {
        fields.shift_insert(0, "folder".to_owned(), json!(absolute(folder)));
    }
    format!("{fields:#}\n")
}

pub(super) fn shown_absolute(path: &Path) -> String {
    shown(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

pub(super) fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
