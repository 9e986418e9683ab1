//! What the person who runs the machine may do, without a token: whoever may read the database may do all this
//! anyway. `cli` and the control socket of `server` both come here.

pub(in crate::app) mod bootstrap;
mod commands;
mod imports;
pub(in crate::app) mod refusal;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use commands::{GivenPassword, OperatorCommand, Outcome, UserName, UserRecord, WithPassword};

use crate::app::access::hash_queue::Turn;
use crate::app::audit::actions::{ADMIN_CREATE, USER_UNLOCK};
use crate::app::directory::leaving::{Leave, returning};
use crate::app::operator::refusal::{Refusal, fault_words, refusal};
use crate::app::policy::{Operation, UserActivate, UserDeactivate};
use crate::app::{App, random_password};
use crate::model::{Account, Conflict, Error, Id, Password, Role, Username, text};
use crate::store::{Asker, NewAccountRow, Tx};

const LAST_ADMIN: &str = "this is the last administrator, and nobody could run the service without: make another one \
                          first with `ocariot-users admin create`";

impl App {
    /// Carries out what an operator asks for. Revocations take effect at once.
    ///
    /// # Errors
    /// Why not, and what to do.
    pub async fn operate(&self, command: OperatorCommand) -> Result<Outcome, Refusal> {
        match command {
            OperatorCommand::AdminCreate { username, password } => {
                self.admin_create(&username, password).await.map(Outcome::Created)
            }
            OperatorCommand::AdminResetPassword { username, password } => {
                let admin = self.find_admin(username)?;
                self.operator_password(admin, password).await.map(Outcome::PasswordSet)
            }
            OperatorCommand::UserList { role, institution, deactivated } => {
                let role = role.as_deref().map(parse_role).transpose()?;
                self.users(role, institution, deactivated).await.map(Outcome::Users)
            }
            OperatorCommand::UserShow { user } => self.user_shown(&user).map(Outcome::User),
            OperatorCommand::UserDeactivate { user, at, erase_after_days } => {
                let account = self.find_user(&user)?;
                let at = at.map(|at| {
                    at.parse().map_err(|_| Refusal(format!("{at} is no time: write it as 2026-07-31T12:00:00Z")))
                });
                let at = at.transpose()?;
                let erase_after = erase_after_days.map(|days| SignedDuration::from_hours(24 * i64::from(days)));
                let leaving = self.leaving(account.id, Leave { at, erase_after });
                let left = self.operated(UserDeactivate::ROW.id, account.id, leaving).await;
                left.map_err(not_the_last_admin)?;
                self.user_shown(&UserName { name: account.id.to_string(), role: None }).map(Outcome::Deactivated)
            }
            OperatorCommand::UserActivate { user } => {
                let account = self.find_user(&user)?;
                self.operated(UserActivate::ROW.id, account.id, returning(account.id)).await.map_err(refusal)?;
                self.user_shown(&UserName { name: account.id.to_string(), role: None }).map(Outcome::Activated)
            }
            OperatorCommand::UserSetPassword { user, password } => {
                let account = self.find_user(&user)?;
                self.operator_password(account, password).await.map(Outcome::PasswordSet)
            }
            OperatorCommand::UserUnlock { user } => {
                let account = self.find_user(&user)?;
                self.operated(USER_UNLOCK, account.id, |_| Ok(true)).await.map_err(refusal)?;
                self.unlock(&account.username);
                Ok(Outcome::Unlocked(record(&account)))
            }
            OperatorCommand::UserDelete { user } => {
                let account = self.find_user(&user)?;
                let deleted = self.operated("user_delete", account.id, self.deletion(account.id)).await;
                deleted.map_err(not_the_last_admin)?;
                self.sweep().await;
                Ok(Outcome::Deleted(record(&account)))
            }
            OperatorCommand::KeysShow => self.keys_record().map(Outcome::Keys),
            OperatorCommand::KeysRotate { without_overlap } => {
                self.keys_rotate(without_overlap).await.map(Outcome::Rotated)
            }
            OperatorCommand::AuditList(mut query) => {
                query.actor = query.actor.map(|who| self.id_of(who)).transpose()?;
                query.target = query.target.map(|who| self.id_of(who)).transpose()?;
                self.trail(query).await.map(Outcome::Trail)
            }
            OperatorCommand::Limits {} => self.limited().await.map(Outcome::Limited),
            OperatorCommand::Roster(command) => self.operate_rosters(command).await.map(Outcome::Roster),
            OperatorCommand::Wearable(command) => self.operate_wearables(command).await.map(Outcome::Wearable),
            OperatorCommand::Imports(command) => self.operate_imports(command).await.map(Outcome::Imports),
        }
    }

    /// A user with all that operators see of one.
    fn user_shown(&self, user: &UserName) -> Result<UserRecord, Refusal> {
        let account = self.find_user(user)?;
        let read = self
            .store
            .read(|view| Ok((view.names(account.institution.map(|id| id.cast()))?, view.departure(account.id)?)));
        let (names, departure) = read.map_err(refusal)?;
        let time = |time: Option<Timestamp>| time.map(text::time_text);
        Ok(UserRecord {
            deactivate_at: time(departure.and_then(|departure| departure.deactivate_at)),
            erase_at: time(departure.and_then(|departure| departure.erase_at)),
            ..named_record(&account, &names)
        })
    }

    /// The users of a type, or of all, and of an institution, or of all: those who are active, or those who are not.
    async fn users(
        &self,
        role: Option<Role>,
        institution: Option<String>,
        deactivated: bool,
    ) -> Result<Vec<UserRecord>, Refusal> {
        let of = institution.clone();
        let found = self.store.scan(Asker::Operator, move |view| {
            let of = match &of {
                Some(text) => Some(match Id::parse(text) {
                    Some(id) => Some(id),
                    None => view.institution_named(text)?.map(|id| id.cast()),
                }),
                None => None,
            };
            let mut accounts = view.accounts(role)?;
            accounts.retain(|account| account.deactivated_at.is_some() == deactivated);
            accounts.retain(|account| of.is_none_or(|of| account.institution == of && of.is_some()));
            let names = view.names(accounts.iter().filter_map(|account| Some(account.institution?.cast())))?;
            Ok((accounts, names, of == Some(None)))
        });
        match found.await.map_err(refusal)? {
            (_, _, true) => Err(Refusal(format!(
                "there is no institution {}: `ocariot-users user list` names those that users are of",
                institution.unwrap_or_default()
            ))),
            (accounts, names, false) => Ok(accounts.iter().map(|account| named_record(account, &names)).collect()),
        }
    }

    async fn admin_create(&self, username: &str, given: Option<GivenPassword>) -> Result<WithPassword, Refusal> {
        let username =
            Username::new(username).map_err(|fault| Refusal(format!("the username {}", fault_words(fault))))?;
        let (password, made_up) = self.password_or_made_up(given)?;
        let hash = self.access.hasher.hash(Turn::of_the_machine(), password).await.map_err(refusal)?;
        let name = username.clone();
        let id = self
            .store
            .write(move |tx| {
                let row = NewAccountRow { role: Role::Admin, username: &name, hash: &hash, institution: None };
                let id = tx.insert_account(&row)?;
                tx.record_operated(ADMIN_CREATE, Some(id))?;
                Ok(id)
            })
            .await
            .map_err(|error| match error {
                Error::Conflict(Conflict::Name(_)) => Refusal(
                    "there is an administrator of this name: choose another, or give that one a new password with \
                     `ocariot-users admin reset-password`"
                        .to_owned(),
                ),
                other => refusal(other),
            })?;
        let (institution, last_login, deactivated_at) = (None, None, None);
        let user = Account { id, role: Role::Admin, username, institution, last_login, deactivated_at };
        Ok(WithPassword { user: record(&user), password: made_up })
    }

    async fn operator_password(&self, account: Account, given: Option<GivenPassword>) -> Result<WithPassword, Refusal> {
        let (password, made_up) = self.password_or_made_up(given)?;
        let hash = self.access.hasher.hash(Turn::of_the_machine(), password).await.map_err(refusal)?;
        let replace = self.replacement(account.id, None, hash, None);
        if !self.operated("password_reset", account.id, replace).await.map_err(refusal)? {
            return Err(Refusal("this user was deleted meanwhile: nothing was changed".to_owned()));
        }
        Ok(WithPassword { user: record(&account), password: made_up })
    }

    /// Makes a change together with its row of the audit trail.
    async fn operated(
        &self,
        action: &'static str,
        id: Id<Account>,
        job: impl FnOnce(&Tx<'_>) -> Result<bool, Error> + Send + 'static,
    ) -> Result<bool, Error> {
        self.store
            .write(move |tx| {
                let changed = job(tx)?;
                if changed {
                    tx.record_operated(action, Some(id))?;
                }
                Ok(changed)
            })
            .await
    }

    fn password_or_made_up(&self, given: Option<GivenPassword>) -> Result<(Password, Option<String>), Refusal> {
        match given {
            Some(given) => Password::new(&given.0, self.rules.password_min_length)
                .map(|password| (password, None))
                .map_err(|fault| Refusal(format!("the password {}", fault_words(fault)))),
            None => {
                let made_up = random_password().map_err(refusal)?;
                Ok((Password::verbatim(&made_up), Some(made_up)))
            }
        }
    }

    fn find_admin(&self, username: Option<String>) -> Result<Account, Refusal> {
        if let Some(name) = username {
            return self.find_user(&UserName { name, role: Some(Role::Admin.word().to_owned()) });
        }
        let mut admins = self.store.read(|view| view.accounts(Some(Role::Admin))).map_err(refusal)?;
        match (admins.pop(), admins.len()) {
            (Some(admin), 0) => Ok(admin),
            (Some(_), others) => Err(Refusal(format!(
                "there are {} administrators: say which one; `ocariot-users user list --type admin` names them",
                others + 1
            ))),
            (None, _) => {
                Err(Refusal("there is no administrator: make one with `ocariot-users admin create`".to_owned()))
            }
        }
    }

    /// The id of whoever is told by one or by name. Who has been deleted has an id alone.
    fn id_of(&self, who: String) -> Result<String, Refusal> {
        match Id::<()>::parse(&who) {
            Some(_) => Ok(who),
            None => self.find_user(&UserName { name: who, role: None }).map(|user| user.id.to_string()),
        }
    }

    pub(in crate::app) fn find_user(&self, user: &UserName) -> Result<Account, Refusal> {
        let role = user.role.as_deref().map(parse_role).transpose()?;
        let name = Username::verbatim(user.name.trim().to_owned());
        let mut found = self
            .store
            .read(|view| {
                let by_name = view.users_named(&name)?;
                let ids: Vec<Id<Account>> = Id::parse(name.as_str()).into_iter().chain(by_name).collect();
                ids.into_iter().filter_map(|id| view.account(id).transpose()).collect::<Result<Vec<_>, _>>()
            })
            .map_err(refusal)?;
        found.retain(|account| role.is_none_or(|role| role == account.role));
        found.dedup_by_key(|account| account.id);
        match (found.pop(), found.is_empty()) {
            (Some(account), true) => Ok(account),
            (Some(last), false) => {
                found.push(last);
                let ids: Vec<String> =
                    found.iter().map(|account| format!("{} ({})", account.id, account.role.word())).collect();
                Err(Refusal(format!("{} users have this name: give the id of one: {}", found.len(), ids.join(", "))))
            }
            (None, _) => {
                Err(Refusal("there is no such user: `ocariot-users user list` names those that there are".to_owned()))
            }
        }
    }
}

/// The same with the name of the institution, of those that are known.
fn named_record(account: &Account, names: &BTreeMap<Id<()>, String>) -> UserRecord {
    let institution_name = account.institution.and_then(|id| names.get(&id.cast()).cloned());
    UserRecord { institution_name, ..record(account) }
}

fn record(account: &Account) -> UserRecord {
    UserRecord {
        id: account.id.to_string(),
        r#type: account.role.word().to_owned(),
        username: account.username.as_str().to_owned(),
        institution: account.institution.map(|id| id.to_string()),
        institution_name: None,
        last_login: account.last_login.map(text::time_text),
        deactivated_at: account.deactivated_at.map(text::time_text),
        deactivate_at: None,
        erase_at: None,
    }
}

fn not_the_last_admin(error: Error) -> Refusal {
    match error {
        Error::Forbidden => Refusal(LAST_ADMIN.to_owned()),
        other => refusal(other),
    }
}

fn parse_role(word: &str) -> Result<Role, Refusal> {
    Role::of_word(word).ok_or_else(|| {
        let known: Vec<_> = Role::ALL.into_iter().map(Role::word).collect();
        Refusal(format!("there is no type of user of this name: choose one of {}", known.join(", ")))
    })
}
