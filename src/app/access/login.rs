//! Logging in: a name and a password become a token (contract, section 3).

use crate::app::{App, Origin};
use crate::model::{Credential, Error, Password, PasswordHash, Unauthenticated, Username};

/// The operation's id.
pub(in crate::app) const LOGIN: &str = "auth_login";

impl App {
    /// Makes a token for the user of this name whose password this is. The same name may exist once in each type
    /// of user; the first whose password fits wins.
    ///
    /// # Errors
    /// `Unauthenticated` if there is none, after the same time whether or not the name exists. `Unavailable` if too
    /// many log in at once or the clock is wrong, `TooManyRequests` if too many passwords were tried from there or for this name.
    pub async fn login(&self, origin: Origin, username: Username, password: Password) -> Result<String, Error> {
        let result = self.log_in(&origin, username, password).await;
        self.noted(&origin, LOGIN, None, result)
    }

    async fn log_in(&self, origin: &Origin, username: Username, password: Password) -> Result<String, Error> {
        self.admit_login(origin, &username)?;
        self.check_clock()?;
        let candidates = self.store.read_one(|view| view.credentials(&username))?;
        let Some(credential) = self.find_fitting(candidates, &password).await? else {
            return Err(Error::Unauthenticated(Unauthenticated::WrongPassword));
        };
        let stronger = self.strengthen(&credential, password).await?;
        let Credential { id, role, hash } = credential;
        let origin = origin.clone();
        let lifetime = self.tokens.lifetime();
        let (token, now) = self
            .store
            .write(move |tx| {
                // The password may have been changed, or the user deleted, while the hash was computed.
                if !tx.set_last_login(id, &hash)? {
                    return Err(Error::Unauthenticated(Unauthenticated::WrongPassword));
                }
                if let Some(stronger) = stronger {
                    tx.set_password(id, Some(&hash), &stronger)?;
                }
                origin.record_login(tx, id, role)?;
                Ok((tx.new_token(lifetime), tx.now()))
            })
            .await?;
        self.tokens.issue(id, role, token, now)
    }

    async fn find_fitting(
        &self,
        candidates: Vec<Credential>,
        password: &Password,
    ) -> Result<Option<Credential>, Error> {
        if candidates.is_empty() {
            self.hasher.verify(password.clone(), self.hasher.dummy().clone()).await?;
        }
        for candidate in candidates {
            if self.hasher.verify(password.clone(), candidate.hash.clone()).await? {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// The password's hash at the present costs, if the stored one is weaker.
    async fn strengthen(&self, credential: &Credential, password: Password) -> Result<Option<PasswordHash>, Error> {
        if !self.hasher.is_weaker(&credential.hash) {
            return Ok(None);
        }
        self.hasher.hash(password).await.map(Some)
    }
}
