//! Keys under a passphrase: argon2id (RFC 9106) makes a key of it, AES-256-GCM encrypts with that.

use std::collections::BTreeMap;
use std::path::Path;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use zeroize::Zeroizing;

use crate::app::{derive_key, random_bytes};
use crate::config::{Config, UsernameKeySource};
use crate::operations::StartError;
use crate::operations::folder::read_secret;

/// Names what follows: salt (16 bytes), nonce (12 bytes), the encrypted files with their tag.
const MAGIC: &[u8] = b"ocariot-users keys 1\n";
const SALT: usize = 16;
const NONCE: usize = 12;

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

    /// Encrypts them.
    pub(super) fn seal(&self, passphrase: &str) -> Result<Vec<u8>, String> {
        let plain: BTreeMap<_, _> = self.0.iter().map(|(name, content)| (name, content.as_str())).collect();
        let mut bytes = Zeroizing::new(serde_json::to_vec(&plain).map_err(|error| error.to_string())?);
        let salt: [u8; SALT] = random_bytes().map_err(|error| error.to_string())?;
        let nonce: [u8; NONCE] = random_bytes().map_err(|error| error.to_string())?;
        let key = cipher(passphrase, &salt)?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(MAGIC), &mut *bytes)
            .map_err(|error| error.to_string())?;
        Ok([MAGIC, &salt, &nonce, &bytes].concat())
    }

    /// Decrypts them. `None` if the passphrase is another one, or they were changed.
    pub(super) fn open(sealed: &[u8], passphrase: &str) -> Option<Self> {
        let rest = sealed.strip_prefix(MAGIC)?;
        let (salt, rest) = rest.split_first_chunk::<SALT>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let mut bytes = Zeroizing::new(rest.to_vec());
        let key = cipher(passphrase, salt).ok()?;
        let plain = key.open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(MAGIC), &mut bytes).ok()?;
        let files: BTreeMap<String, String> = serde_json::from_slice(plain).ok()?;
        Some(Self(files.into_iter().map(|(name, content)| (name, Zeroizing::new(content))).collect()))
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

fn cipher(passphrase: &str, salt: &[u8; SALT]) -> Result<LessSafeKey, String> {
    let key: Zeroizing<[u8; 32]> = derive_key(passphrase.as_bytes(), salt).map_err(|error| error.to_string())?;
    UnboundKey::new(&AES_256_GCM, &*key).map(LessSafeKey::new).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_passphrase_opens_the_keys_and_a_changed_byte_is_noticed() {
        let files = KeyFiles([("jwt.key".to_owned(), Zeroizing::new("the secret".to_owned()))].into());
        let sealed = files.seal("open sesame").unwrap();
        assert!(!sealed.windows(10).any(|window| window == b"the secret"));
        assert_eq!(KeyFiles::open(&sealed, "open sesame").unwrap().0["jwt.key"].as_str(), "the secret");
        assert!(KeyFiles::open(&sealed, "open sesam").is_none());
        for at in [0, MAGIC.len(), MAGIC.len() + SALT, sealed.len() - 1] {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(KeyFiles::open(&changed, "open sesame").is_none(), "byte {at}");
        }
        assert!(KeyFiles::open(&sealed[..40], "open sesame").is_none());
    }
}
