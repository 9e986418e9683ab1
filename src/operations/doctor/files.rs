//! Whose the files are, who may read them, and what lies there that should not.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;

use super::{Finding, Seen, quoted, time};
use crate::config::UsernameKeySource;
use crate::operations::folder::FIRST_PASSWORD;

/// What everybody may read.
const PUBLIC: [&str; 2] = ["jwt.pub", "tls.crt"];
/// What a restore keeps begins with this.
const BEFORE: &str = "pre-restore-";
/// How long what was there before a restore is of use.
const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

pub(super) fn look(seen: &Seen<'_>) -> Vec<Finding> {
    let mut findings = permissions(seen);
    let first = seen.folder.join(FIRST_PASSWORD);
    if first.exists() {
        findings.push(Finding::wrong(
            "first password",
            format!("{} still holds the first administrator's password: log in, and delete the file", first.display()),
            format!("rm {}", quoted(&first)),
        ));
    }
    findings.extend(old_copies(seen));
    findings
}

/// A file or folder of the service.
struct Part {
    path: PathBuf,
    metadata: Metadata,
    /// Everybody may read it.
    public: bool,
}

impl Part {
    /// What its owner may not do with it, and must.
    fn is_closed(&self) -> bool {
        let needed = if self.metadata.is_dir() { 0o700 } else { 0o600 };
        self.metadata.mode() & needed != needed
    }
}

fn permissions(seen: &Seen<'_>) -> Vec<Finding> {
    const CHECK: &str = "permissions";
    let mut all = Vec::new();
    collect(seen.folder, 3, &mut all);
    let Ok(owner) = fs::metadata(seen.folder).map(|folder| folder.uid()) else { return Vec::new() };
    let inside = all.len();
    for path in outside(seen) {
        all.extend(fs::metadata(&path).ok().map(|metadata| Part { path, metadata, public: false }));
    }
    let list = |found: Vec<&Part>| found.iter().map(|one| quoted(&one.path)).collect::<Vec<_>>().join(" ");
    let mut findings = Vec::new();
    let foreign: Vec<_> = all[..inside].iter().filter(|one| one.metadata.uid() != owner).collect();
    if !foreign.is_empty() {
        let found = format!("{} in the data folder belong to another user than the folder", foreign.len());
        let sudo = if rustix::process::geteuid().is_root() { "" } else { "sudo " };
        findings.push(Finding::wrong(CHECK, found, format!("{sudo}chown {owner} {}", list(foreign))));
    }
    let closed: Vec<_> = all[..inside].iter().filter(|one| one.is_closed()).collect();
    if !closed.is_empty() {
        let found = format!("{} in the data folder may not be read and written by their owner", closed.len());
        findings.push(Finding::wrong(CHECK, found, format!("chmod u+rwX {}", list(closed))));
    }
    let open: Vec<_> = all.iter().filter(|one| !one.public && one.metadata.mode() & 0o077 != 0).collect();
    if !open.is_empty() {
        let found = format!("{} that hold secrets or people's data can be used by others than their owner", open.len());
        findings.push(Finding::wrong(CHECK, found, format!("chmod go-rwx {}", list(open))));
    }
    if findings.is_empty() {
        findings.push(Finding::fine(CHECK, format!("{} files and folders, for their owner alone", all.len())));
    }
    findings
}

/// A folder and what is in it.
fn collect(path: &Path, depth: usize, into: &mut Vec<Part>) {
    let Ok(metadata) = fs::symlink_metadata(path) else { return };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if metadata.is_symlink() || name == ".gitignore" {
        return;
    }
    let folder = metadata.is_dir();
    into.push(Part { path: path.to_owned(), metadata, public: PUBLIC.contains(&name.as_str()) });
    if folder && depth > 0 {
        let entries = fs::read_dir(path).into_iter().flatten().filter_map(Result::ok);
        entries.for_each(|entry| collect(&entry.path(), depth - 1, into));
    }
}

/// The secrets that settings keep elsewhere.
fn outside(seen: &Seen<'_>) -> impl Iterator<Item = PathBuf> {
    let config = seen.config;
    let username_key = match &config.username_key {
        UsernameKeySource::File(path) => Some(path.clone()),
        UsernameKeySource::DataFolder | UsernameKeySource::Passphrase(_) => None,
    };
    let tls_key = config.tls.as_ref().map(|files| files.key.clone());
    let others = [username_key, config.jwt_private_key.clone(), tls_key, config.backup.passphrase_file.clone()];
    others.into_iter().flatten().collect::<Vec<_>>().into_iter()
}

/// What restores put aside, people's data too, is not to lie about for ever.
fn old_copies(seen: &Seen<'_>) -> Option<Finding> {
    let age = |path: &Path| {
        let changed = fs::metadata(path).ok()?.ctime();
        Some(SignedDuration::from_secs(seen.now.as_second() - changed))
    };
    let entries = fs::read_dir(seen.folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
    let before = entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(BEFORE)));
    let old: Vec<_> = before.filter_map(|path| Some((age(&path)?, path))).filter(|(age, _)| *age > KEPT).collect();
    let oldest = old.iter().map(|(age, _)| *age).max()?;
    let paths: Vec<_> = old.iter().map(|(_, path)| quoted(path)).collect();
    Some(Finding::advice(
        "old copies",
        format!("{} of what was there before a restore, up to {} old", old.len(), time(oldest)),
        format!("rm -r {}", paths.join(" ")),
    ))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::State;
    use super::super::tests_support::seen;
    use super::*;

    #[test]
    fn what_was_there_before_a_restore_is_told_when_it_is_old() {
        let parent = tempfile::tempdir().unwrap();
        let kept = parent.path().join("pre-restore-1");
        fs::create_dir(&kept).unwrap();
        fs::create_dir(parent.path().join("backups")).unwrap();
        let made = fs::metadata(&kept).unwrap().ctime();
        let after = |days: i64| {
            let now = Timestamp::from_second(made + days * 86_400 + 60).unwrap();
            seen(&[], true, |seen| old_copies(&Seen { folder: parent.path(), now, ..*seen }))
        };
        assert_eq!(after(29), None);
        let found = after(30).unwrap();
        assert_eq!((found.state, found.mend), (State::Advice, Some(format!("rm -r {}", quoted(&kept)))));
    }
}
