//! The key for tokens and the key for usernames: found, or made on the first start.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::KeyPair;
use rcgen::{PKCS_RSA_SHA256, RsaKeySize};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer};
use zeroize::Zeroizing;

use super::StartError;
use super::files::DATABASE;
use super::folder::{DataFolder, read_given_secret, read_secret, write_file};
use super::remedy::Remedy;
use crate::app::{KeyCare, KeyKeeper, NewKey};
use crate::config::{Config, UsernameKeySource};
use crate::model::{Error, hex};
use crate::store::{KEY_LENGTH, UsernameKey};

const TOKEN_KEY: &str = "key for tokens";
const PUBLIC_KEY: &str = "public key for tokens";
const USERNAME_KEY: &str = "username key";
/// The files in a data folder.
const TOKEN_KEY_FILE: &str = "jwt.key";
const PUBLIC_KEY_FILE: &str = "jwt.pub";
const USERNAME_KEY_FILE: &str = "username.key";

/// The key for usernames, or what it is derived from.
pub(crate) enum FoundUsernameKey {
    /// The key.
    Key(UsernameKey),
    /// A passphrase, which the database's salt makes a key of.
    Passphrase(Zeroizing<String>),
}

/// A file to make, once everything that can be checked has been.
pub(crate) struct Missing {
    what: &'static str,
    name: &'static str,
    mode: u32,
    content: Zeroizing<String>,
}

impl Missing {
    pub(crate) fn new(what: &'static str, name: &'static str, mode: u32, content: String) -> Self {
        Self { what, name, mode, content: Zeroizing::new(content) }
    }

    pub(crate) fn write(&self, folder: &DataFolder) -> Result<(), StartError> {
        write_file(self.what, &folder.path().join(self.name), self.mode, &self.content)
    }
}

/// The key for tokens.
pub(crate) struct FoundTokenKey {
    /// In PEM form.
    pub(crate) private: Zeroizing<String>,
    /// Who may replace it.
    pub(crate) care: KeyCare,
    /// The file with its public half, if there is one.
    pub(crate) public_file: Option<PathBuf>,
    /// It was just made, and is not kept yet.
    pub(crate) made: bool,
}

/// Finds the key for tokens, or makes one up. Its public half in the data folder is mended if it is another one's.
pub(crate) fn token_key(
    config: &Config,
    folder: &DataFolder,
    missing: &mut Vec<Missing>,
) -> Result<FoundTokenKey, StartError> {
    if let Some(found) = present_token_key(config, folder.path(), missing)? {
        return Ok(found);
    }
    let own = folder.path().join(TOKEN_KEY_FILE);
    if let Some(public_path) = &config.jwt_public_key {
        return Err(StartError::Misfit {
            one: PUBLIC_KEY,
            one_path: public_path.clone(),
            other: "key for tokens, which is not made yet,",
            remedy: Remedy::Pair(own.clone(), public_path.clone()).into(),
            other_path: own,
        });
    }
    let NewKey { private, public } = new_key().map_err(StartError::Internal)?;
    missing.push(Missing::new(TOKEN_KEY, TOKEN_KEY_FILE, 0o600, private.to_string()));
    missing.push(Missing::new(PUBLIC_KEY, PUBLIC_KEY_FILE, 0o644, public));
    let care = KeyCare::Own(Arc::new(OwnKey(folder.path().to_owned())));
    Ok(FoundTokenKey { private, care, public_file: Some(folder.path().join(PUBLIC_KEY_FILE)), made: true })
}

/// As [`token_key`], but makes none. `None` if it is still to be made.
pub(crate) fn present_token_key(
    config: &Config,
    folder: &Path,
    missing: &mut Vec<Missing>,
) -> Result<Option<FoundTokenKey>, StartError> {
    let (own, own_public) = (folder.join(TOKEN_KEY_FILE), folder.join(PUBLIC_KEY_FILE));
    let helped = |error: StartError| match config.jwt_private_key {
        Some(_) => error,
        None => error.helped_by(Remedy::Remake(vec![own.clone()], "then everybody logs in once more")),
    };
    let (path, found) = match &config.jwt_private_key {
        Some(path) => (path, Some(read_given_secret(TOKEN_KEY, path)?)),
        None => (&own, read_secret(TOKEN_KEY, &own).map_err(helped)?),
    };
    let Some(pem) = found else { return Ok(None) };
    let public = public_key_of(path, &pem).map_err(helped)?;
    if let Some(public_path) = &config.jwt_public_key {
        require_fit(path, &public, public_path)?;
    }
    let (care, public_file) = match config.jwt_private_key {
        Some(_) => (KeyCare::Given, config.jwt_public_key.clone()),
        None => (KeyCare::Own(Arc::new(OwnKey(folder.to_owned()))), Some(own_public)),
    };
    if let (KeyCare::Own(_), Some(public_file)) = (&care, &public_file)
        && require_fit(path, &public, public_file).is_err()
    {
        missing.push(Missing::new(PUBLIC_KEY, PUBLIC_KEY_FILE, 0o644, public_pem(path, &pem)?));
    }
    Ok(Some(FoundTokenKey { private: Zeroizing::new(pem), care, public_file, made: false }))
}

pub(in crate::operations) fn new_key() -> Result<NewKey, String> {
    let key =
        rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048).map_err(|error| error.to_string())?;
    Ok(NewKey { private: Zeroizing::new(key.serialize_pem()), public: key.public_key_pem() })
}

/// The key for tokens in this data folder, which is held meanwhile.
struct OwnKey(PathBuf);

impl KeyKeeper for OwnKey {
    fn make(&self) -> Result<NewKey, Error> {
        new_key().map_err(Error::internal)
    }

    fn keep(&self, private: &str) -> Result<(), Error> {
        write_file(TOKEN_KEY, &self.0.join(TOKEN_KEY_FILE), 0o600, private).map_err(Error::internal)
    }

    fn kept(&self) -> Result<Option<Zeroizing<String>>, Error> {
        let found = read_secret(TOKEN_KEY, &self.0.join(TOKEN_KEY_FILE)).map_err(Error::internal)?;
        Ok(found.map(Zeroizing::new))
    }

    fn publish(&self, public: &str) -> Result<(), Error> {
        write_file(PUBLIC_KEY, &self.0.join(PUBLIC_KEY_FILE), 0o644, public).map_err(Error::internal)
    }
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

/// The same in PEM form.
fn public_pem(path: &Path, pem: &str) -> Result<String, StartError> {
    rcgen::KeyPair::from_pem_and_sign_algo(pem, &PKCS_RSA_SHA256)
        .map(|key| key.public_key_pem())
        .map_err(|_| StartError::not(TOKEN_KEY, path, "an RSA key in PEM form"))
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
        remedy: Remedy::Pair(path.to_owned(), public_path.to_owned()).into(),
    })
}

/// Finds the key for usernames, or makes one up if there is no database that it would not fit.
pub(crate) fn username_key(
    config: &Config,
    folder: &DataFolder,
    missing: &mut Vec<Missing>,
) -> Result<FoundUsernameKey, StartError> {
    if let Some(found) = present_username_key(config, folder.path())? {
        return Ok(found);
    }
    let mut key: UsernameKey = Zeroizing::new([0; KEY_LENGTH]);
    rand::fill(&mut *key).map_err(|error| StartError::Internal(error.to_string()))?;
    missing.push(Missing::new(USERNAME_KEY, USERNAME_KEY_FILE, 0o600, format!("{}\n", hex::text(&*key))));
    Ok(FoundUsernameKey::Key(key))
}

/// As [`username_key`], but makes none. `None` if it is still to be made.
pub(crate) fn present_username_key(config: &Config, folder: &Path) -> Result<Option<FoundUsernameKey>, StartError> {
    let (own, database) = (folder.join(USERNAME_KEY_FILE), folder.join(DATABASE));
    let remedy = match database.exists() {
        true => Remedy::Restore(folder.to_owned()),
        false => Remedy::Remake(vec![own.clone()], "there is no database that needs this one"),
    };
    let found = username_key_at(config, &own).map_err(|error| match config.username_key {
        UsernameKeySource::DataFolder => error.helped_by(remedy.clone()),
        UsernameKeySource::File(_) | UsernameKeySource::Passphrase(_) => error,
    })?;
    match found {
        None if database.exists() => Err(StartError::KeyMissing { key: own, database, remedy: remedy.into() }),
        found => Ok(found),
    }
}

/// Finds the key for usernames where the settings say, or in the file `own` if they do not.
pub(crate) fn username_key_at(config: &Config, own: &Path) -> Result<Option<FoundUsernameKey>, StartError> {
    let (path, found) = match &config.username_key {
        UsernameKeySource::Passphrase(passphrase) => {
            return Ok(Some(FoundUsernameKey::Passphrase(Zeroizing::new(passphrase.expose().to_owned()))));
        }
        UsernameKeySource::File(path) => (path.as_path(), Some(read_given_secret(USERNAME_KEY, path)?)),
        UsernameKeySource::DataFolder => (own, read_secret(USERNAME_KEY, own)?),
    };
    let Some(text) = found else { return Ok(None) };
    let mut key: UsernameKey = Zeroizing::new([0; KEY_LENGTH]);
    hex::read(text.trim(), &mut *key).ok_or_else(|| StartError::not(USERNAME_KEY, path, "128 hex digits"))?;
    Ok(Some(FoundUsernameKey::Key(key)))
}
