//! Keys for tokens, kept in a folder as the service keeps its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex};

use ocariot_users::app::{KeyCare, KeyKeeper, NewKey};
use ocariot_users::model::Error;
use zeroize::Zeroizing;

use super::rsa_key;

/// The key that a service on this folder signs with.
pub fn token_key(folder: &Path) -> Zeroizing<String> {
    let kept = fs::read_to_string(folder.join("jwt.key")).ok();
    Zeroizing::new(kept.unwrap_or_else(|| String::from_utf8(rsa_key().to_vec()).unwrap()))
}

/// The care of a service that makes its own.
pub fn own(folder: &Path) -> KeyCare {
    KeyCare::Own(Arc::new(Keeper::new(folder)))
}

/// Keeps keys in a folder, and fails when it is told to.
pub struct Keeper {
    folder: PathBuf,
    fault: AtomicU8,
    holding: Mutex<Option<rusqlite::Connection>>,
}

/// When keeping a key fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Fault {
    Never,
    BeforeItIsKept,
    AfterItIsKept,
    /// It is kept, but not its public half.
    BeforeItIsPublished,
    /// It is kept, and whoever asks what is kept hears nothing.
    AfterItIsKeptUnseen,
    /// It is kept; then another program holds the database, until `let_go`.
    DatabaseIsHeld,
}

impl Keeper {
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), fault: AtomicU8::new(Fault::Never as u8), holding: Mutex::default() }
    }

    pub fn fails(&self, when: Fault) {
        self.fault.store(when as u8, Ordering::SeqCst);
    }

    pub fn let_go(&self) {
        drop(self.holding.lock().unwrap().take());
    }

    fn failing(&self, now: Fault) -> Result<(), Error> {
        match self.fault.load(Ordering::SeqCst) == now as u8 {
            true => Err(Error::internal("the disk is full")),
            false => Ok(()),
        }
    }
}

impl KeyKeeper for Keeper {
    fn make(&self) -> Result<NewKey, Error> {
        let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
        Ok(NewKey { private: Zeroizing::new(key.serialize_pem()), public: key.public_key_pem() })
    }

    fn keep(&self, private: &str) -> Result<(), Error> {
        self.failing(Fault::BeforeItIsKept)?;
        fs::write(self.folder.join("jwt.key"), private).map_err(Error::internal)?;
        if self.failing(Fault::DatabaseIsHeld).is_err() {
            let database = rusqlite::Connection::open(self.folder.join("ocariot.db")).map_err(Error::internal)?;
            database.execute_batch("BEGIN IMMEDIATE").map_err(Error::internal)?;
            *self.holding.lock().unwrap() = Some(database);
        }
        self.failing(Fault::AfterItIsKept)?;
        self.failing(Fault::AfterItIsKeptUnseen)
    }

    fn kept(&self) -> Result<Option<Zeroizing<String>>, Error> {
        self.failing(Fault::AfterItIsKeptUnseen)?;
        Ok(fs::read_to_string(self.folder.join("jwt.key")).ok().map(Zeroizing::new))
    }

    fn publish(&self, public: &str) -> Result<(), Error> {
        self.failing(Fault::BeforeItIsPublished)?;
        fs::write(self.folder.join("jwt.pub"), public).map_err(Error::internal)
    }
}
