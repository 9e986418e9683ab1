//! Logging in: a name and a password become a token (contract, section 3).

use std::sync::Arc;

use crate::app::access::hash_queue::{Standing, Turn};
use crate::app::access::password::Fit;
use crate::app::{App, Origin};
use crate::model::{Account, Credential, Error, Id, Password, PasswordHash, Unauthenticated, Username};

impl App {
    /// Makes a token for the user of this name whose password this is. The same name may exist once in each type
    /// of user; the first whose password fits wins.
    ///
    /// # Errors
    /// `Unauthenticated` if there is none, after the same time whether or not the name exists. `Unavailable` if too
    /// many log in at once or the clock is wrong, `TooManyRequests` if too many passwords were tried from there or for this name.
    pub async fn login(&self, origin: Origin, username: Username, password: Password) -> Result<String, Error> {
        let mut target = None;
        let result = self.log_in(&origin, username, password, &mut target).await;
        self.noted_login(&origin, target, result)
    }

    /// `target` becomes whom it aims at, as soon as that is known: the first of those that have the name.
    async fn log_in(
        &self,
        origin: &Origin,
        username: Username,
        password: Password,
        target: &mut Option<Id<Account>>,
    ) -> Result<String, Error> {
        self.admit_login(origin, &username)?;
        self.check_clock()?;
        let candidates = self.store.read_one(|view| view.credentials(&username))?;
        *target = candidates.first().map(|candidate| candidate.id);
        let turn = self.turn(origin, &username)?;
        let Some((credential, fit)) = self.find_fitting(turn, candidates, &password).await? else {
            return Err(Error::Unauthenticated(Unauthenticated::WrongPassword));
        };
        let better = self.rehash(turn, (&credential, fit), password).await?;
        let Credential { id, role, hash } = credential;
        let origin = origin.clone();
        let (lifetime, revocations) = (self.access.tokens.lifetime(), Arc::clone(&self.access.revocations));
        let (token, now) = self
            .store
            .write(move |tx| {
                // The password may have been changed, or the user deleted, while the hash was computed.
                if !tx.set_last_login(id, &hash)? {
                    return Err(Error::Unauthenticated(Unauthenticated::WrongPassword));
                }
                if let Some(better) = better {
                    tx.set_password(id, Some(&hash), &better)?;
                }
                origin.record_login(tx, id, role)?;
                let token = tx.new_token(lifetime);
                tx.after_commit(move || revocations.note(token));
                Ok((token, tx.now()))
            })
            .await?;
        self.access.tokens.issue(id, role, token, now)
    }

    /// Whoever was logged in to from there before goes before those who never were.
    fn turn(&self, origin: &Origin, username: &Username) -> Result<Turn, Error> {
        let network = origin.network();
        let standing = match self.has_logged_in_from(network, username)? {
            true => Standing::Known,
            false => Standing::Stranger,
        };
        Ok(Turn { standing, network, account: Some(self.access.hasher.name(username)) })
    }

    async fn find_fitting(
        &self,
        turn: Turn,
        candidates: Vec<Credential>,
        password: &Password,
    ) -> Result<Option<(Credential, Fit)>, Error> {
        if candidates.is_empty() {
            self.access.hasher.verify_in_like_time(turn, password.clone(), None).await?;
        }
        for candidate in candidates {
            match self.access.hasher.verify_in_like_time(turn, password.clone(), Some(candidate.hash.clone())).await? {
                Fit::Not => {}
                fit => return Ok(Some((candidate, fit))),
            }
        }
        Ok(None)
    }

    /// Another hash of the password to store, if the present one has other costs than the settings say, or is not of
    /// the password as it is prepared.
    async fn rehash(
        &self,
        turn: Turn,
        (credential, fit): (&Credential, Fit),
        password: Password,
    ) -> Result<Option<PasswordHash>, Error> {
        if fit != Fit::AsTyped && !self.access.hasher.is_outdated(&credential.hash) {
            return Ok(None);
        }
        self.access.hasher.hash(turn, password).await.map(Some)
    }
}
