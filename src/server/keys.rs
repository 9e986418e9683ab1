//! The key for tokens and the key for usernames: found, or made on the first start.

use std::path::Path;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use rcgen::{PKCS_RSA_SHA256, RsaKeySize};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use zeroize::Zeroizing;

use super::StartError;
use super::folder::{DataFolder, read_given_secret, read_secret, write_file};
use crate::config::{Config, UsernameKeySource};
use crate::store::{KEY_LENGTH, UsernameKey};

const TOKEN_KEY: &str = "key for tokens";
const PUBLIC_KEY: &str = "public key for tokens";
const USERNAME_KEY: &str = "username key";

/// The key for usernames, or what it is derived from.
pub(super) enum FoundUsernameKey {
    /// The key.
    Key(UsernameKey),
    /// A passphrase, which the database's salt makes a key of.
    Passphrase(Zeroizing<String>),
}

/// A file to make, once everything that can be checked has been.
pub(super) struct Missing {
    what: &'static str,
    name: &'static str,
    mode: u32,
    content: Zeroizing<String>,
}

impl Missing {
    pub(super) fn new(what: &'static str, name: &'static str, mode: u32, content: String) -> Self {
        Self { what, name, mode, content: Zeroizing::new(content) }
    }

    pub(super) fn write(&self, folder: &DataFolder) -> Result<(), StartError> {
        write_file(self.what, &folder.path().join(self.name), self.mode, &self.content)
    }
}

/// Finds the key for tokens, in PEM form, or makes one up.
pub(super) fn token_key(
    config: &Config,
    folder: &DataFolder,
    missing: &mut Vec<Missing>,
) -> Result<Zeroizing<String>, StartError> {
    let own = folder.path().join("jwt.key");
    let (path, found) = match &config.jwt_private_key {
        Some(path) => (path, Some(read_given_secret(TOKEN_KEY, path)?)),
        None => (&own, read_secret(TOKEN_KEY, &own)?),
    };
    if let Some(pem) = found {
        let public = public_key_of(path, &pem)?;
        if let Some(public_path) = &config.jwt_public_key {
            require_fit(path, &public, public_path)?;
        }
        return Ok(Zeroizing::new(pem));
    }
    if let Some(public_path) = &config.jwt_public_key {
        return Err(StartError::Misfit {
            one: PUBLIC_KEY,
            one_path: public_path.clone(),
            other: "key for tokens, which is not made yet,",
            other_path: own,
        });
    }
    let key = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)
        .map_err(|error| StartError::Internal(error.to_string()))?;
    let pem = key.serialize_pem();
    missing.push(Missing::new(TOKEN_KEY, "jwt.key", 0o600, pem.clone()));
    missing.push(Missing::new(PUBLIC_KEY, "jwt.pub", 0o644, key.public_key_pem()));
    Ok(Zeroizing::new(pem))
}

/// The public half of an RSA key of at least 2048 bits, as SPKI.
fn public_key_of(path: &Path, pem: &str) -> Result<Vec<u8>, StartError> {
    let not = || StartError::not(TOKEN_KEY, path, "an RSA key of at least 2048 bits in PEM form");
    let pair = match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
        Ok(PrivateKeyDer::Pkcs8(der)) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
        Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
        _ => return Err(not()),
    };
    let pair = pair.map_err(|_| not())?;
    if pair.public_modulus_len() < 256 {
        return Err(not());
    }
    let spki: PublicKeyX509Der<'_> = pair.public_key().as_der().map_err(|_| not())?;
    Ok(spki.as_ref().to_vec())
}

fn require_fit(path: &Path, public: &[u8], public_path: &Path) -> Result<(), StartError> {
    let text = std::fs::read(public_path).map_err(|cause| StartError::file(PUBLIC_KEY, public_path, cause))?;
    let given = SubjectPublicKeyInfoDer::from_pem_slice(&text)
        .map_err(|_| StartError::not(PUBLIC_KEY, public_path, "a public key in PEM form"))?;
    if given.as_ref() == public {
        return Ok(());
    }
    Err(StartError::Misfit {
        one: PUBLIC_KEY,
        one_path: public_path.to_owned(),
        other: TOKEN_KEY,
        other_path: path.to_owned(),
    })
}

/// Finds the key for usernames, or makes one up if there is no database that it would not fit.
pub(super) fn username_key(
    config: &Config,
    folder: &DataFolder,
    missing: &mut Vec<Missing>,
) -> Result<FoundUsernameKey, StartError> {
    let own = folder.path().join("username.key");
    if let Some(found) = username_key_at(config, &own)? {
        return Ok(found);
    }
    if folder.database().exists() {
        return Err(StartError::KeyMissing { key: own, database: folder.database() });
    }
    let mut key: UsernameKey = Zeroizing::new([0; KEY_LENGTH]);
    rand::fill(&mut *key).map_err(|error| StartError::Internal(error.to_string()))?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    missing.push(Missing::new(USERNAME_KEY, "username.key", 0o600, format!("{digits}\n")));
    Ok(FoundUsernameKey::Key(key))
}

/// Finds the key for usernames where the settings say, or in the file `own` if they do not.
pub(super) fn username_key_at(config: &Config, own: &Path) -> Result<Option<FoundUsernameKey>, StartError> {
    let (path, found) = match &config.username_key {
        UsernameKeySource::Passphrase(passphrase) => {
            return Ok(Some(FoundUsernameKey::Passphrase(Zeroizing::new(passphrase.expose().to_owned()))));
        }
        UsernameKeySource::File(path) => (path.as_path(), Some(read_given_secret(USERNAME_KEY, path)?)),
        UsernameKeySource::DataFolder => (own, read_secret(USERNAME_KEY, own)?),
    };
    let Some(text) = found else { return Ok(None) };
    let key = from_hex(text.trim()).ok_or_else(|| StartError::not(USERNAME_KEY, path, "128 hex digits"))?;
    Ok(Some(FoundUsernameKey::Key(key)))
}

fn from_hex(text: &str) -> Option<UsernameKey> {
    if text.len() != 2 * KEY_LENGTH || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut key = Zeroizing::new([0; KEY_LENGTH]);
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(key)
}
