//! The keys that go into a backup, and come back from one.

use std::collections::BTreeMap;
use std::path::Path;

use zeroize::Zeroizing;

use crate::config::{Config, UsernameKeySource};
use crate::operations::StartError;
use crate::operations::folder::read_secret;

/// The files that keys live in, in a data folder, and the mode of each.
pub(super) const FILES: [(&str, u32); 5] =
    [("username.key", 0o600), ("jwt.key", 0o600), ("jwt.pub", 0o644), ("tls.key", 0o600), ("tls.crt", 0o644)];

/// Files by name.
#[derive(Default)]
pub(super) struct KeyFiles(pub(super) BTreeMap<String, Zeroizing<String>>);

impl KeyFiles {
    /// Reads the keys that are in force, wherever the settings say that they are. An operator's own certificate is
    /// not among them.
    pub(super) fn collect(config: &Config) -> Result<Self, StartError> {
        let mut files = Self::default();
        for (name, mode) in FILES {
            let own = config.data_dir.join(name);
            let path = match name {
                "username.key" => match &config.username_key {
                    UsernameKeySource::DataFolder => &own,
                    UsernameKeySource::File(path) => path,
                    UsernameKeySource::Passphrase(_) => continue,
                },
                "jwt.key" => config.jwt_private_key.as_ref().unwrap_or(&own),
                _ => &own,
            };
            let content = match mode {
                0o600 => read_secret("key", path)?.map(Zeroizing::new),
                _ => std::fs::read_to_string(path).ok().map(Zeroizing::new),
            };
            files.0.extend(content.map(|content| (name.to_owned(), content)));
        }
        Ok(files)
    }

    /// Reads those in a folder.
    pub(super) fn read(folder: &Path) -> Result<Self, StartError> {
        let mut files = Self::default();
        for (name, mode) in FILES {
            let path = folder.join(name);
            let content = match mode {
                0o600 => read_secret("key", &path)?.map(Zeroizing::new),
                _ => std::fs::read_to_string(&path).ok().map(Zeroizing::new),
            };
            files.0.extend(content.map(|content| (name.to_owned(), content)));
        }
        Ok(files)
    }

    /// Leaves out what the settings keep outside the data folder.
    pub(super) fn without_those_kept_elsewhere(mut self, config: &Config) -> Self {
        if !matches!(config.username_key, UsernameKeySource::DataFolder) {
            self.0.remove("username.key");
        }
        if config.jwt_private_key.is_some() {
            self.0.remove("jwt.key");
            self.0.remove("jwt.pub");
        }
        self
    }

    /// Writes those of known names to a folder.
    pub(super) fn write(&self, folder: &Path) -> Result<(), StartError> {
        for (name, mode) in FILES {
            if let Some(content) = self.0.get(name) {
                crate::operations::folder::write_file("key", &folder.join(name), mode, content)?;
            }
        }
        Ok(())
    }
}
