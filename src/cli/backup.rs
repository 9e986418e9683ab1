//! `backup` and `restore`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::builder::ValueHint;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::progress::Progress;
use super::{Failure, flags, output, verb_settings, with_folder_settings};
use crate::config::Config;
use crate::model::text::time_text;
use crate::model::{Clock, shown};
use crate::operations::backup::{
    self, ArchivedKeys, BackupMade, Count, DanglingRows, Drilled, Form, Manifest, Opening, Protection, RestoreMode,
    Restored, Shelved, Verified, dangling_text,
};
use crate::store::{Dangling, EarlierTokens};

const WITHOUT_KEYS: &str = "\
the keys are not in this backup. Keep copies of username.key and jwt.key elsewhere: without username.key \
nobody can read the usernames, and nobody can log in.";

const SAME_DISK: &str = "\
the backup is on the same disk as the data: if it breaks, both are gone. Name a folder of another disk with --to; if this \
is to be one, it is not mounted.";

/// `backup` and its verbs.
pub(super) fn backup_command() -> Command {
    let now = with_folder_settings(Command::new("now").about("Make a backup, also while the service runs"))
        .long_about(
            "Make a backup, also while the service runs: one file with the database, its keys and a manifest, \
             compressed and sealed under a passphrase: nobody without it can read or change the file. It is on disk when \
             this ends with 0. Programs of others open it, too: `age -d FILE | zstd -d | tar -x`.",
        )
        .arg(folder("to", "Folder for the backup; without, `backups` in the data folder"))
        .args(key_flags("Leave the keys out: keep them elsewhere, or usernames are lost"))
        .arg(switch("readable-by-anybody", "Make it without a passphrase: whoever has it can read it. It holds no keys"));
    let list = with_folder_settings(Command::new("list").about("List the backups of a folder"))
        .arg(folder("in", "Folder of the backups; without, `backups` in the data folder"));
    let verify = with_folder_settings(Command::new("verify").about("Check a backup to the last byte"))
        .arg(file())
        .arg(switch("drill", "Restore it into a temporary folder, start the service there, log in and count, too"))
        .args(key_flags("Leave the keys in it alone"));
    Command::new("backup")
        .about("Backups: make, list, verify")
        .subcommand_required(true)
        .subcommands([now, list, verify])
}

/// `restore`.
pub(super) fn restore_command() -> Command {
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

fn file() -> Arg {
    let file = Arg::new("file").required(true).value_name("FILE").value_hint(ValueHint::AnyPath);
    file.value_parser(value_parser!(PathBuf)).help("The backup; of a folder, the newest in it")
}

fn folder(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("FOLDER").value_hint(ValueHint::DirPath).help(help)
}

fn switch(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
}

fn key_flags(without: &'static str) -> [Arg; 2] {
    let from = Arg::new("passphrase-file").long("passphrase-file").value_name("FILE").value_hint(ValueHint::FilePath);
    [
        from.help("File with the passphrase of the backup; without, it is asked for at a terminal"),
        switch("without-keys", without),
    ]
}

/// Carries out a verb of `backup`.
pub(super) fn backup(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("now", matches)) => now(matches),
        Some(("list", matches)) => list(matches),
        Some((_, matches)) => verify(matches),
        None => Err(Failure::Other("backup needs a verb: see `ocariot-users backup --help`".to_owned())),
    }
}

fn config(matches: &ArgMatches) -> Result<Config, Failure> {
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

fn now(matches: &ArgMatches) -> Result<(), Failure> {
    let config = config(matches)?;
    let given = match config.backup.may_be_readable() && config.backup.passphrase_file.is_none() {
        true => None,
        false => passphrase(&config, Asked::Twice)?,
    };
    let protection = Protection::of(&config.backup, given)?;
    let progress = Progress::begin(&format!("copying the database of {}", shown_absolute(&config.data_dir)));
    let made = backup::back_up(&config, &Clock::system(), &protection)?;
    drop(progress);
    if !made.manifest.keys {
        output::warning(WITHOUT_KEYS);
    }
    if !made.sealed {
        output::warning("whoever has this backup can read it, and change it without a trace.");
    }
    if made.on_disk_of_data {
        output::warning(SAME_DISK);
    }
    if !made.dangling.is_empty() {
        output::warning(&changed_by_another(&made));
    }
    let BackupMade { path, bytes, manifest, sealed, .. } = &made;
    output::print(&match matches.get_flag("json") {
        true => document(
            &config.data_dir,
            json!({"file": path.display().to_string(), "bytes": bytes, "sealed": sealed,
                   "dangling": dangling_json(&made.dangling), "manifest": manifest_json(manifest)?}),
        ),
        false => format!(
            "Made the backup {} of {} ({bytes} bytes).\n{}",
            shown(path),
            shown_absolute(&config.data_dir),
            holds(manifest)
        ),
    });
    Ok(())
}

/// What is wrong with the database that was backed up, and how it is mended.
fn changed_by_another(made: &BackupMade) -> String {
    format!(
        "the database was changed by another program: {}. It is in the backup as it is. To mend it, stop the service and \
         restore this backup with --without-dangling-rows.",
        dangling_text(&made.dangling)
    )
}

fn dangling_json(rows: &[Dangling]) -> Value {
    rows.iter()
        .map(|Dangling { table, parent, rows }| json!({"table": table, "parent": parent, "rows": rows}))
        .collect()
}

fn list(matches: &ArgMatches) -> Result<(), Failure> {
    let config = config(matches)?;
    let place = backup::place(&config);
    let shelved = backup::list(&place)?;
    output::print(&match matches.get_flag("json") {
        true => {
            let backups: Vec<_> = shelved.iter().map(shelved_json).collect();
            format!("{:#}\n", json!({"folder": absolute(&place), "backups": backups}))
        }
        false => {
            let count = if shelved.len() == 1 { "1 backup".to_owned() } else { format!("{} backups", shelved.len()) };
            let lines: String = shelved.iter().map(shelved_line).collect();
            format!("{count} in {}\n{lines}", shown_absolute(&place))
        }
    });
    Ok(())
}

fn shelved_json(found: &Shelved) -> Value {
    let manifest = match &found.form {
        Ok(Form::Readable(manifest)) => Some(manifest),
        Ok(Form::Sealed) | Err(_) => None,
    };
    json!({
        "file": found.path.display().to_string(),
        "bytes": found.bytes,
        "made_at": backup::made_at(&found.path).map(time_text),
        "sealed": found.form.as_ref().ok().map(|form| matches!(form, Form::Sealed)),
        "keys": manifest.map(|manifest| manifest.keys),
        "error": found.form.as_ref().err().map(ToString::to_string),
    })
}

fn shelved_line(found: &Shelved) -> String {
    let made_at = backup::made_at(&found.path).map_or_else(|| "-".to_owned(), time_text);
    let form = match &found.form {
        Ok(Form::Sealed) => "sealed".to_owned(),
        Ok(Form::Readable(manifest)) if manifest.keys => "readable by anybody, but its keys".to_owned(),
        Ok(Form::Readable(_)) => "readable by anybody, without keys".to_owned(),
        Err(error) => error.to_string(),
    };
    format!("{}  {:>12} bytes  {made_at}  {form}\n", shown(&found.path), found.bytes)
}

fn verify(matches: &ArgMatches) -> Result<(), Failure> {
    let (config, file) = (config(matches)?, given_file(matches)?);
    let opening = opening(&config, matches, &file)?;
    let progress = Progress::begin(&format!("checking {}", shown(&file)));
    let verified = backup::verify(&file, &opening)?;
    // Without keys in it, a drill goes on with those of the data folder.
    let keys = if verified.keys_opened { opening.keys } else { ArchivedKeys::LeftAlone };
    let opening = Opening { keys, ..opening };
    let drilled = matches.get_flag("drill").then(|| {
        let (clock, say) = (Clock::system(), |what: &str| progress.say(what));
        let drill = backup::drill(&config, &clock, &file, &opening, &say);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| Failure::Other(error.to_string()))?.block_on(drill).map_err(Failure::from)
    });
    let drilled = drilled.transpose()?;
    drop(progress);
    warn_of(&file, &verified);
    let Verified { manifest, sealed, keys_opened, dangling } = &verified;
    output::print(&match matches.get_flag("json") {
        true => format!(
            "{:#}\n",
            json!({"file": file.display().to_string(), "whole": true, "sealed": sealed, "keys_opened": keys_opened,
                   "dangling": dangling_json(dangling), "drill": drilled.as_ref().map(drill_json),
                   "manifest": manifest_json(manifest)?})
        ),
        false => format!(
            "The backup {} is whole, made {}{}.\n{}{}",
            shown(&file),
            manifest.made_at,
            if *keys_opened { ", and the passphrase opens its keys" } else { "" },
            holds(manifest),
            drilled.as_ref().map(drill_text).unwrap_or_default()
        ),
    });
    Ok(())
}

/// What whoever relies on a backup should know.
fn warn_of(file: &Path, backup: &Verified) {
    warn_if_readable(file, backup);
    if backup.manifest.keys && !backup.keys_opened {
        output::warning("its keys were not looked at: give their passphrase with --passphrase-file.");
    }
    if !backup.dangling.is_empty() {
        output::warning(&format!(
            "the database in it was changed by another program: {}. It is restored with --without-dangling-rows alone.",
            dangling_text(&backup.dangling)
        ));
    }
}

fn warn_if_readable(file: &Path, backup: &Verified) {
    if !backup.sealed {
        output::warning(&format!(
            "the backup {} is not sealed: whoever could write to it could have changed anything in it, unnoticed.",
            shown(file)
        ));
    }
}

fn drill_json(drilled: &Drilled) -> Value {
    let milliseconds = u64::try_from(drilled.ready_after.as_millis()).unwrap_or(u64::MAX);
    json!({"ready_after_milliseconds": milliseconds, "logged_in": true, "rows": drilled.counts})
}

fn drill_text(drilled: &Drilled) -> String {
    let mut text = format!(
        "The drill went well. The backup was restored into a temporary folder, which is gone again; the service was \
         started there, and was ready after {:.1} s; an administrator made for the drill logged in and listed; each \
         table has as many rows as the manifest says:\n",
        drilled.ready_after.as_secs_f64()
    );
    for Count { table, found, .. } in &drilled.counts {
        let _ = writeln!(text, "  {table:<16} {found:>8}");
    }
    text
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

/// The backup that was given, or the newest of the folder that was.
fn given_file(matches: &ArgMatches) -> Result<PathBuf, Failure> {
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
fn opening(config: &Config, matches: &ArgMatches, file: &Path) -> Result<Opening, Failure> {
    let keys = if matches.get_flag("without-keys") { ArchivedKeys::LeftAlone } else { ArchivedKeys::Taken };
    let passphrase = match backup::look(file)? {
        Form::Sealed => passphrase(config, Asked::Once)?,
        Form::Readable(manifest) if manifest.keys && keys == ArchivedKeys::Taken => passphrase(config, Asked::Once)?,
        Form::Readable(_) => None,
    };
    Ok(Opening { passphrase, keys })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    Once,
    Twice,
}

/// The passphrase that was given, or that the person at the terminal types.
fn passphrase(config: &Config, asked: Asked) -> Result<Option<Zeroizing<String>>, Failure> {
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

fn holds(manifest: &Manifest) -> String {
    let rows: Vec<_> = manifest.rows.iter().map(|(table, rows)| format!("{table} {rows}")).collect();
    let keys = if manifest.keys { "keys" } else { "no keys" };
    format!("It holds schema {}, {keys}, and rows: {}.\n", manifest.schema, rows.join(", "))
}

fn manifest_json(manifest: &Manifest) -> Result<Value, Failure> {
    serde_json::to_value(manifest).map_err(|error| Failure::Other(error.to_string()))
}

fn document(folder: &Path, mut fields: Value) -> String {
    if let Value::Object(fields) = &mut fields {
        fields.shift_insert(0, "folder".to_owned(), json!(absolute(folder)));
    }
    format!("{fields:#}\n")
}

fn shown_absolute(path: &Path) -> String {
    shown(&std::path::absolute(path).unwrap_or_else(|_| path.to_owned()))
}

fn absolute(path: &Path) -> String {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}
