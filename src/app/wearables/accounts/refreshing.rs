//! New tokens for old ones. In Fitbit's form a refresh token is good once: once it was sent, nothing may keep the answer from
//! being stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use super::Turn;
use crate::app::App;
use crate::app::wearables::accounts::syncing::Failure;
use crate::app::wearables::provider::{Fault, Grant, Provider};
use crate::model::wearables::{TokenRecord, TokenStatus, Tokens};
use crate::model::{AccountFault, Child, Error, Id};

/// How long to wait before new tokens are written once more, when they cannot be.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(500)];

/// New tokens that could not be written, with the record that they were had with: whoever reads that record writes them
/// first.
#[derive(Default)]
pub(super) struct Unsaved(Mutex<HashMap<Id<Child>, Fresh>>);

/// New tokens, and the record that they were had with.
#[derive(Clone)]
struct Fresh {
    from: TokenRecord,
    tokens: Tokens,
    subject: Option<String>,
}

impl Fresh {
    fn of(from: &TokenRecord, grant: Grant) -> Self {
        let refresh = grant.refresh.unwrap_or_else(|| from.tokens.refresh.clone());
        let tokens = Tokens { access: grant.access, refresh, ends: grant.ends, features: grant.features };
        Self { from: from.clone(), tokens, subject: grant.subject }
    }

    fn record(self) -> TokenRecord {
        TokenRecord { version: self.from.version + 1, tokens: self.tokens, status: TokenStatus::Valid, ..self.from }
    }
}

impl Unsaved {
    fn take(&self, child: Id<Child>) -> Option<Fresh> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&child)
    }

    fn keep(&self, child: Id<Child>, fresh: Fresh) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(child, fresh);
    }
}

impl App {
    /// Has new tokens for those of a record, and keeps them in their place. That goes on when nobody waits for it any more,
    /// and the child's turn with it.
    ///
    /// # Errors
    /// What the service says; `Account` if the record is not there any more; `Unavailable` if the store cannot write.
    pub(super) async fn refreshed(
        self: &Arc<Self>,
        child: Id<Child>,
        record: TokenRecord,
        turn: &Turn,
    ) -> Result<TokenRecord, Failure> {
        let provider = self.accounts.provider().ok_or(AccountFault::NothingSubmitted)?;
        let (app, turn) = (Arc::clone(self), Arc::clone(turn));
        let refreshed = self.accounts.tasks.run(async move {
            let _to_the_end = app.accounts.tasks.may_refresh().await?;
            let refreshed = app.refresh(&*provider, child, &record).await;
            drop(turn);
            Ok(refreshed)
        });
        refreshed.await?
    }

    async fn refresh(
        &self,
        provider: &dyn Provider,
        child: Id<Child>,
        record: &TokenRecord,
    ) -> Result<TokenRecord, Failure> {
        let grant = provider.refresh(&record.tokens.refresh).await;
        let grant = grant.map_err(|fault: Fault| Failure::said(fault, &record.tokens))?;
        self.keep_fresh(child, Fresh::of(record, grant)).await
    }

    /// Writes new tokens into the place of those that they were had with.
    async fn keep_fresh(&self, child: Id<Child>, fresh: Fresh) -> Result<TokenRecord, Failure> {
        let mut pauses = PAUSES.into_iter();
        let written = loop {
            let to_write = fresh.clone();
            let write = self.store.write(move |tx| {
                let Fresh { from, tokens, subject } = &to_write;
                tx.refresh_tokens(child, from, tokens, subject.as_deref())
            });
            match (write.await, pauses.next()) {
                (Err(Error::Unavailable(_)), Some(pause)) => sleep(pause).await,
                (written, _) => break written,
            }
        };
        match written {
            Ok(true) => Ok(fresh.record()),
            Ok(false) => Err(AccountFault::NothingSubmitted.into()),
            Err(error) => {
                self.accounts.unsaved.keep(child, fresh);
                Err(error.into())
            }
        }
    }

    /// The tokens of a child, if the connected service gave them; those first that could not be written before.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` of the store.
    pub(super) async fn record_to_sync(&self, child: Id<Child>) -> Result<TokenRecord, Failure> {
        let record = self.own_record(child)?.ok_or(AccountFault::NothingSubmitted)?;
        match self.accounts.unsaved.take(child) {
            Some(fresh) if (fresh.from.id, fresh.from.version) == (record.id, record.version) => {
                self.keep_fresh(child, fresh).await
            }
            _ => Ok(record),
        }
    }
}
