//! `restore`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::{ArgMatches, Command};
use serde_json::json;

use super::archives::{
    config, dangling_json, document, file, given_file, key_flags, manifest_json, opening, shown_absolute, switch,
    warn_if_readable,
};
use super::progress::Progress;
use super::{Failure, came_back, output, with_folder_settings};
use crate::config::Config;
use crate::model::{Clock, shown};
use crate::operations::backup::{
    self, ArchivedKeys, DanglingRows, Form, Opening, RestoreMode, RestoreOptions, Restored, Source, TokenKey,
    dangling_text, rows_of,
};
use crate::operations::remedy::verb;
use crate::store::{EarlierTokens, ErasedPeople};

/// `restore`.
pub(super) fn command() -> Command {
    with_folder_settings(Command::new("restore").about("Put a backup in the place of the data; the service is stopped"))
        .long_about(
            "Put a backup in the place of what the data folder holds. The service must be stopped. What was there is \
             kept in a folder `pre-restore-...` beside it, and --undo takes the restore back. Tokens from before are \
             refused: everybody logs in once more.",
        )
        .arg(file().required(false).required_unless_present("undo").help(
            "The backup; of a folder, the newest in it. Or a folder `pre-restore-...` of the data folder, to take that back",
        ))
        .arg(
            switch("undo", "Take back what the newest restore kept: that restore, or its undoing, is undone")
                .conflicts_with("file"),
        )
        .args(key_flags("Go on with the keys of the data folder"))
        .arg(switch("dry-run", "Only check, and say what would change"))
        .arg(switch("without-dangling-rows", "Leave out rows that refer to what is not there, if another program made any"))
        .arg(switch("without-erasures", "Bring people back who were deleted since the backup, or since that restore"))
        .arg(switch("keep-tokens", "Do not refuse tokens from before, except those that the backup or the data folder knows as revoked"))
}

/// What is to be put in the place of the data.
enum Given {
    Backup(PathBuf, Opening),
    Kept(PathBuf, ArchivedKeys),
}

impl Given {
    fn of(config: &Config, matches: &ArgMatches) -> Result<Self, Failure> {
        let keys = if matches.get_flag("without-keys") { ArchivedKeys::LeftAlone } else { ArchivedKeys::Taken };
        if matches.get_flag("undo") {
            return Ok(Self::Kept(backup::kept(&config.data_dir, None)?, keys));
        }
        let kept = matches.get_one::<PathBuf>("file").filter(|path| backup::is_called_kept(path));
        if let Some(folder) = kept {
            return Ok(Self::Kept(backup::kept(&config.data_dir, Some(folder))?, keys));
        }
        let file = given_file(matches)?;
        let opening = opening(config, matches, &file)?;
        let with_keys = matches!(backup::look(&file)?, Form::Readable(manifest) if manifest.keys);
        if with_keys && opening.passphrase.is_none() && opening.keys == ArchivedKeys::Taken {
            return Err(Failure::Other(
                "the backup has the keys, encrypted: give their passphrase with --passphrase-file, or go on with the \
                 keys of the data folder with --without-keys"
                    .to_owned(),
            ));
        }
        Ok(Self::Backup(file, opening))
    }

    fn source(&self) -> Source<'_> {
        match self {
            Self::Backup(file, opening) => Source::Backup { file, opening },
            Self::Kept(folder, keys) => Source::Kept { folder, keys: *keys },
        }
    }

    fn path(&self) -> &Path {
        let (Self::Backup(path, _) | Self::Kept(path, _)) = self;
        path
    }
}

/// Carries out `restore`.
pub(super) fn restore(matches: &ArgMatches) -> Result<(), Failure> {
    let config = config(matches)?;
    let given = Given::of(&config, matches)?;
    let options = RestoreOptions {
        mode: if matches.get_flag("dry-run") { RestoreMode::DryRun } else { RestoreMode::Real },
        tokens: if matches.get_flag("keep-tokens") { EarlierTokens::Kept } else { EarlierTokens::Revoked },
        dangling: match matches.get_flag("without-dangling-rows") {
            true => DanglingRows::Removed,
            false => DanglingRows::Refused,
        },
        erased: match matches.get_flag("without-erasures") {
            true => ErasedPeople::ComeBack,
            false => ErasedPeople::DeletedAgain,
        },
    };
    let progress = Progress::begin(&format!("restoring {}", shown(given.path())));
    let restored = backup::restore(&config, &Clock::system(), &given.source(), options)?;
    drop(progress);
    if let Some(backup) = &restored.backup {
        warn_if_readable(given.path(), backup);
    }
    for list in &restored.refused_lists {
        output::warning(&format!(
            "the list of people who were deleted, {}, was changed, or is another service's: it was not used.",
            shown(list)
        ));
    }
    output::print(&match matches.get_flag("json") {
        true => restored_json(&config, &given, &restored, options)?,
        false => restored_text(&config, &given, &restored, options),
    });
    Ok(())
}

fn restored_json(
    config: &Config,
    given: &Given,
    restored: &Restored,
    options: RestoreOptions,
) -> Result<String, Failure> {
    let manifest = restored.backup.as_ref().map(|backup| manifest_json(&backup.manifest)).transpose()?;
    let real = options.mode == RestoreMode::Real;
    Ok(document(
        &config.data_dir,
        json!({
            "file": given.path().display().to_string(),
            "restored": real,
            "taken_back": matches!(given, Given::Kept(..)),
            "sealed": restored.backup.as_ref().map(|backup| backup.sealed),
            "manifest": manifest,
            "rows_before": restored.before.as_ref().map(|before| &before.rows),
            "rows": restored.rows,
            "dangling_removed": dangling_json(&restored.dangling),
            "kept": restored.kept.as_ref().map(|kept| kept.display().to_string()),
            "tokens_revoked": real && options.tokens == EarlierTokens::Revoked,
            "token_key": match restored.token_key {
                TokenKey::Same => "same",
                TokenKey::Newer => "newer",
                TokenKey::CameBack => "came-back",
                TokenKey::New => "new",
                TokenKey::None => "none",
            },
            "came_back": came_back::as_json(&restored.came_back),
        }),
    ))
}

fn restored_text(config: &Config, given: &Given, restored: &Restored, options: RestoreOptions) -> String {
    let (folder, source) = (shown_absolute(&config.data_dir), shown(given.path()));
    let mut text = match (options.mode, given) {
        (RestoreMode::DryRun, Given::Backup(..)) => {
            format!("Nothing was changed. Restoring {source} would go well.\n")
        }
        (RestoreMode::DryRun, Given::Kept(..)) => format!("Nothing was changed. Taking back {source} would go well.\n"),
        (RestoreMode::Real, Given::Backup(..)) => format!("Restored {source} into {folder}.\n"),
        (RestoreMode::Real, Given::Kept(..)) => {
            format!("Took back {source}, which a restore had kept, into {folder}.\n")
        }
    };
    let since = restored.backup.as_ref().map_or("that restore", |backup| &backup.manifest.made_at);
    let _ = writeln!(text, "Everything goes back to {since}; what was changed since is not in it:");
    let empty = BTreeMap::new();
    let before = restored.before.as_ref().map_or(&empty, |before| &before.rows);
    for (table, after) in &restored.rows {
        let before = before.get(table).map_or("?".to_owned(), ToString::to_string);
        let _ = writeln!(text, "  {:<30} {before:>9} -> {after:>9}", rows_of(table));
    }
    if let Some(kept) = &restored.kept {
        let undo = verb("restore --undo", &config.data_dir);
        let kept = shown(kept);
        let _ = writeln!(text, "What was there before is in {kept}, until you delete that. To take it back: `{undo}`");
    }
    if !restored.dangling.is_empty() {
        let _ = writeln!(text, "Left out of it: {}.", dangling_text(&restored.dangling));
    }
    if options.mode == RestoreMode::Real {
        text.push_str(match options.tokens {
            EarlierTokens::Revoked => "Tokens from before are refused: everybody logs in once more.\n",
            EarlierTokens::Kept => {
                "Tokens from before go on, except those that the backup or the data folder knew as revoked.\n"
            }
        });
    }
    text.push_str(&token_key_text(config, restored.token_key));
    if restored.before.is_none() && restored.kept.is_some() {
        text.push_str("What was there before cannot be read: nobody knows whose password was changed since.\n");
    }
    text + &came_back::as_text(config, given.path(), &restored.came_back)
}

/// Which key signs, where that is not what one would think.
fn token_key_text(config: &Config, key: TokenKey) -> String {
    let text = match key {
        TokenKey::Same | TokenKey::None => "",
        TokenKey::Newer => {
            "The key for tokens stays the one of now: the one in the backup may have been replaced because somebody else \
             had it, and its tokens are refused.\n"
        }
        TokenKey::New => {
            "Another key for tokens was made: the one in the backup may have been replaced since, because somebody else \
             had it. Who verifies tokens by a copy of jwt.pub needs it anew.\n"
        }
        TokenKey::CameBack => {
            let rotate = verb("keys rotate --without-overlap", &config.data_dir);
            return format!(
                "The key for tokens is the one in the backup. If it was replaced since because somebody else had it, \
                 replace it once more: `{rotate}`\n"
            );
        }
    };
    text.to_owned()
}
