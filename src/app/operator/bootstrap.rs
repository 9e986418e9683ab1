//! What a new service needs before anybody can ask it anything: its first administrator.

use crate::app::access::hash_queue::Turn;
use crate::app::{App, random_password};
use crate::model::{Error, Password, Role, Username};
use crate::store::NewAccountRow;

/// Whether the start made an administrator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FirstAdmin {
    /// There was none: one was made.
    Made {
        /// The name to log in with.
        username: Username,
        /// The password, if it was made up rather than given.
        random_password: Option<Password>,
    },
    /// There is one already: nothing was done.
    Exists,
}

impl App {
    /// Makes an administrator if there is none; without a password, with a random one, which `keep` gets first: so there
    /// is never an administrator whose password nobody knows, whatever is cut short.
    ///
    /// # Errors
    /// What `keep` returns, `Unavailable` or `Internal` of the store, for the start: then there is no administrator yet.
    pub async fn ensure_admin<E: From<Error>>(
        &self,
        username: Username,
        password: Option<Password>,
        keep: impl FnOnce(&Password) -> Result<(), E>,
    ) -> Result<FirstAdmin, E> {
        if self.store.read(|view| view.count_of(Role::Admin))? > 0 {
            return Ok(FirstAdmin::Exists);
        }
        let (chosen, random) = match password {
            Some(given) => (given, None),
            None => {
                let made_up = Password::verbatim(&random_password()?);
                keep(&made_up)?;
                (made_up.clone(), Some(made_up))
            }
        };
        let hash = self.access.hasher.hash(Turn::of_the_machine(), chosen).await?;
        let stored_name = username.clone();
        self.store
            .write(move |tx| {
                tx.insert_account(&NewAccountRow {
                    role: Role::Admin,
                    username: &stored_name,
                    hash: &hash,
                    institution: None,
                })
            })
            .await?;
        Ok(FirstAdmin::Made { username, random_password: random })
    }
}
