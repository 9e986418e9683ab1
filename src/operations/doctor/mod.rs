//! What an operator should know and mend. Looking changes nothing.

mod backups;
mod certificates;
mod data;
mod disk;
mod files;
mod parts;
mod settings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::control::ask_settings;
use super::folder::DataFolder;
use super::reach::owned;
use super::remedy::{Remedy, quoted, verb};
use super::{OperateError, StartError};
use crate::app::InForce;
use crate::config::Config;
use crate::model::Clock;

/// What a finding means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As it should be.
    Fine,
    /// Not wrong, but better known.
    Advice,
    /// To be mended.
    Wrong,
}

/// What was found of one thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    /// What it means.
    pub state: State,
    /// What was found, with what was measured.
    pub found: String,
    /// The command that mends it. None where all is fine.
    pub mend: Option<String>,
}

impl Finding {
    fn fine(check: &'static str, found: impl Into<String>) -> Self {
        Self { check, state: State::Fine, found: found.into(), mend: None }
    }

    fn advice(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, state: State::Advice, found: found.into(), mend: Some(mend.into()) }
    }

    fn wrong(check: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, state: State::Wrong, found: found.into(), mend: Some(mend.into()) }
    }
}

/// Who holds the data folder while it is looked at.
enum Holder {
    /// This process, so that no service starts meanwhile.
    Us(#[expect(dead_code, reason = "held until it is dropped")] DataFolder),
    /// A service, which said how it is set.
    Service(InForce),
    /// Something that does not answer, and why.
    Silent(String),
}

/// An examination of a data folder.
pub struct Examination {
    folder: PathBuf,
    holder: Holder,
}

impl Examination {
    /// Finds the folder, and asks the service that runs in it, if one does.
    ///
    /// # Errors
    /// If there is no such folder, it holds no database, or it is another user's.
    pub fn begin(folder: &Path) -> Result<Self, OperateError> {
        owned(folder)?;
        let holder = match DataFolder::find(folder) {
            Ok(Some(held)) => Holder::Us(held),
            Ok(None) => return Err(OperateError::NoFolder(folder.to_owned())),
            Err(StartError::FolderInUse(_)) => match ask_settings(folder) {
                Ok(in_force) => Holder::Service(in_force),
                Err(error) => Holder::Silent(error.to_string()),
            },
            Err(other) => return Err(other.into()),
        };
        let folder =
            std::path::absolute(folder).map_err(|cause| StartError::Folder { folder: folder.into(), cause })?;
        if !data::database(&folder).exists() && !parts::are_in(&folder) {
            return Err(OperateError::NoDatabase(folder));
        }
        Ok(Self { folder, holder })
    }

    /// The settings of the service that runs, without secrets; none if none runs.
    #[must_use]
    pub fn settings(&self) -> Option<&BTreeMap<String, String>> {
        match &self.holder {
            Holder::Service(in_force) => Some(&in_force.settings),
            Holder::Us(_) | Holder::Silent(_) => None,
        }
    }

    /// Looks at everything. `config` has the settings of [`Examination::settings`].
    #[must_use]
    pub fn findings(&self, config: &Config, clock: &Clock) -> Vec<Finding> {
        let seen =
            Seen { config, folder: &self.folder, now: clock.now(), running: !matches!(self.holder, Holder::Us(_)) };
        // Whoever may not read a file finds it missing or broken: so that comes first, and then what the rest needs.
        let mut findings = vec![self.service()];
        findings.extend(files::look(&seen));
        findings.extend(parts::look(&seen));
        findings.push(certificates::look(&seen));
        findings.extend(data::look(&seen));
        findings.extend(disk::look(&seen));
        findings.extend(backups::look(&seen));
        findings.extend(settings::look(config));
        findings
    }

    fn service(&self) -> Finding {
        const CHECK: &str = "service";
        let this = env!("CARGO_PKG_VERSION");
        match &self.holder {
            Holder::Us(_) => Finding::fine(CHECK, "it is stopped"),
            Holder::Service(in_force) if in_force.program == this => {
                Finding::fine(CHECK, format!("version {this} runs, and answers"))
            }
            Holder::Service(in_force) => Finding::wrong(
                CHECK,
                format!("version {} runs, and this program is version {this}", in_force.program),
                RESTART,
            ),
            Holder::Silent(why) => Finding::wrong(CHECK, why, RESTART),
        }
    }
}

const RESTART: &str = "systemctl restart ocariot-users   # or stop it and start it by hand";

/// What all checks go by.
struct Seen<'a> {
    config: &'a Config,
    folder: &'a Path,
    now: Timestamp,
    running: bool,
}

impl Seen<'_> {
    /// A command of this program about this folder.
    fn verb(&self, words: &str) -> String {
        verb(words, self.folder)
    }

    /// How to put the newest backup in the place of the data, if there is one.
    fn restore(&self) -> Option<String> {
        let newest = backups::newest(self).ok().flatten()?.1.path;
        let passphrase = self.config.backup.passphrase_file.as_deref();
        let passphrase = passphrase.map(|file| format!(" --passphrase-file {}", quoted(file))).unwrap_or_default();
        Some(self.verb(&format!("restore {}{passphrase}   # stop the service before", quoted(&newest))))
    }

    /// A finding of what would stop a start, with what helps.
    fn refused(&self, check: &'static str, error: &StartError) -> Finding {
        let mend = match error.remedy() {
            Some(Remedy::Restore(_)) => self
                .restore()
                .unwrap_or_else(|| self.verb("restore FILE   # FILE: a backup; there is none where the settings say")),
            Some(remedy) => remedy.command(),
            None => self.verb("config show"),
        };
        Finding::wrong(check, error.to_string(), mend)
    }
}

fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "KiB", "MiB", "GiB", "TiB"];
    let unit =
        UNITS.iter().enumerate().rev().find(|(power, _)| count >> (10 * power) > 0).map_or(0, |(power, _)| power);
    match unit {
        0 => format!("{count} {}", UNITS[0]),
        // To one decimal, without floating point.
        _ => {
            let tenths = (u128::from(count) * 10) >> (10 * unit);
            format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
        }
    }
}

fn time(span: SignedDuration) -> String {
    let seconds = span.as_secs().abs();
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7200 => (seconds / 60, "minute"),
        7200..172_800 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests_support {
    use super::*;
    use crate::config::{Inputs, resolve};

    pub(super) const NOW: &str = "2026-03-01T12:00:00Z";

    /// Looks with these settings, at a folder that is not there.
    pub(super) fn seen<T>(settings: &[(&str, &str)], running: bool, look: impl FnOnce(&Seen<'_>) -> T) -> T {
        let flags = settings.iter().map(|(flag, value)| ((*flag).to_owned(), (*value).to_owned())).collect();
        let read = |_: &Path| Err(std::io::ErrorKind::NotFound.into());
        let resolved = resolve(&Inputs { flags, environment: BTreeMap::new(), read: &read });
        let config = resolved.and_then(|resolved| Config::of(&resolved)).unwrap_or_else(|error| panic!("{error}"));
        look(&Seen { config: &config, folder: Path::new("/absent"), now: NOW.parse().unwrap(), running })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_of_another_version_and_one_that_is_silent_are_wrong() {
        let state = |holder| Examination { folder: PathBuf::new(), holder }.service().state;
        let of = |program: &str| Holder::Service(InForce { program: program.to_owned(), ..InForce::default() });
        assert_eq!(state(of(env!("CARGO_PKG_VERSION"))), State::Fine);
        assert_eq!(state(of("0.0.1")), State::Wrong);
        assert_eq!(state(Holder::Silent("it hangs".to_owned())), State::Wrong);
    }

    #[test]
    fn figures_are_readable() {
        let shown = [0, 1023, 1024, 1_610_612_736, u64::MAX].map(bytes);
        assert_eq!(shown, ["0 bytes", "1023 bytes", "1.0 KiB", "1.5 GiB", "16777215.9 TiB"]);
        let shown = [1, 119, -7199, 7200, 172_800].map(|seconds| time(SignedDuration::from_secs(seconds)));
        assert_eq!(shown, ["1 second", "119 seconds", "119 minutes", "2 hours", "2 days"]);
    }
}
