//! The tokens of children's accounts: submitted, shown, taken back.

use crate::app::audit::Made;
use crate::app::policy::{DataOf, FitbitAuthRevoke, FitbitAuthSet, FitbitAuthView, FitbitClientView};
use crate::app::wearables::accounts::SecretSharing;
use crate::app::wearables::provider::Provider;
use crate::app::{App, Permit};
use crate::model::wearables::{Field, FitbitStatus, ProviderKind, Secret, TokenRecord, TokenStatus, Tokens};
use crate::model::{AccountFault, Child, Error, Fault, Invalid, Kind, Role, Unfit};
use crate::store::Within;

/// As whom a wearable service is asked.
pub struct ServiceClient {
    /// Its id.
    pub id: String,
    /// Its secret, if that is told.
    pub secret: Option<Secret>,
}

/// Tokens as they were submitted, as far as they were.
#[derive(Debug)]
pub struct GivenTokens {
    /// The access token.
    pub access: Option<Secret>,
    /// The refresh token.
    pub refresh: Option<Secret>,
}

/// What somebody is shown of a child's tokens.
pub struct ShownTokens {
    /// Both, for those who need them.
    pub tokens: Option<Tokens>,
    /// Whether the service takes them.
    pub status: TokenStatus,
}

/// Tokens that a service knows, and whose they are.
struct Accepted {
    tokens: Tokens,
    subject: String,
}

/// What was taken back, whose id nobody is told.
struct TakenBack(Option<TokenRecord>);

impl Made for TakenBack {}

impl App {
    /// As whom the wearable service is asked.
    ///
    /// # Errors
    /// `Account` if none is connected.
    pub fn fitbit_client_view(&self, _: &Permit<FitbitClientView>) -> Result<ServiceClient, Error> {
        let service = self.accounts.service.as_ref().ok_or(AccountFault::NoClient)?;
        let secret = (service.sharing == SecretSharing::Allowed).then(|| service.client_secret.clone());
        Ok(ServiceClient { id: service.client_id.clone(), secret })
    }

    /// Keeps the tokens of a child's account, once the service has said that it knows them, in the place of all there were.
    ///
    /// # Errors
    /// `Invalid` if a token is none or is missing; `Account` if no service is connected, if it does not know them, or if
    /// nothing can be read with them.
    pub async fn fitbit_auth_set(&self, permit: Permit<FitbitAuthSet>, given: GivenTokens) -> Result<(), Error> {
        self.require_unrevoked_now(&permit)?;
        let provider = self.accounts.provider();
        let fitbit = provider.as_ref().filter(|provider| provider.kind() == ProviderKind::Fitbit);
        if let (Some(provider), Some(access)) = (fitbit, &given.access)
            && provider.said_by(access).is_none()
        {
            return Err(Invalid::Field(Field::AccessToken.into(), Fault::NotToken).into());
        }
        let missing = [(Field::AccessToken, given.access.is_none()), (Field::RefreshToken, given.refresh.is_none())];
        let (Some(access), Some(refresh)) = (given.access, given.refresh) else {
            let missing = missing.into_iter().filter(|(_, missing)| *missing).map(|(field, _)| field.into());
            return Err(Invalid::MissingTokens(missing.collect()).into());
        };
        let provider = provider.ok_or(AccountFault::NoService)?;
        let Accepted { tokens, subject } = match provider.kind() {
            ProviderKind::Fitbit => known_to_fitbit(&*provider, access, refresh).await?,
            ProviderKind::Google => known_to_google(&*provider, &access, refresh).await?,
        };
        let (child, kind) = (permit.target().clone(), provider.kind());
        self.change(permit, move |tx| match tx.child_within(child.id.cast(), Within::All)? {
            Some(_) => tx.put_tokens(child.id, kind, &tokens, Some(&subject)),
            None => Err(gone(&child)),
        })
        .await
    }

    /// What a caller may see of a child's tokens.
    ///
    /// # Errors
    /// `Account` if there are none.
    pub async fn fitbit_auth_view(&self, permit: Permit<FitbitAuthView>) -> Result<ShownTokens, Error> {
        let child = permit.target().id;
        let TokenRecord { tokens, status, .. } = self.own_record(child)?.ok_or(AccountFault::NoRecord)?;
        let sees_tokens = matches!(permit.caller().role, Role::Application | Role::Child);
        self.record_read(permit, child.cast()).await?;
        Ok(ShownTokens { tokens: sees_tokens.then_some(tokens), status })
    }

    /// Takes a child's tokens back, if there are any; the service is asked to, too.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be written.
    pub async fn fitbit_auth_revoke(&self, permit: Permit<FitbitAuthRevoke>) -> Result<(), Error> {
        let child = permit.target().id;
        let TakenBack(record) = self
            .change(permit, move |tx| {
                let record = tx.delete_tokens(child)?;
                tx.set_fitbit_status(child, FitbitStatus::None)?;
                Ok(TakenBack(record))
            })
            .await?;
        if let Some(TokenRecord { provider, tokens: Tokens { access, refresh, .. }, .. }) = record {
            self.give_back(provider, access, refresh);
        }
        Ok(())
    }
}

/// Tokens of Fitbit's form, if they let something be read and Fitbit calls them active.
async fn known_to_fitbit(provider: &dyn Provider, access: Secret, refresh: Secret) -> Result<Accepted, Error> {
    let said = provider.said_by(&access).ok_or(Invalid::Field(Field::AccessToken.into(), Fault::NotToken))?;
    if said.features.is_empty() {
        return Err(AccountFault::NothingPermitted.into());
    }
    match provider.is_active(&access).await {
        Ok(true) => {
            let tokens = Tokens { access, refresh, ends: said.ends, features: said.features };
            Ok(Accepted { tokens, subject: said.subject })
        }
        Ok(false) | Err(_) => Err(AccountFault::NotAccepted(access.shortened()).into()),
    }
}

/// Tokens of Google's form, which say nothing: the refresh token is used at once, and who it is is asked.
async fn known_to_google(provider: &dyn Provider, access: &Secret, refresh: Secret) -> Result<Accepted, Error> {
    let not_accepted = |_| AccountFault::NotAccepted(access.shortened());
    let grant = provider.refresh(&refresh).await.map_err(not_accepted)?;
    let subject = provider.identity(&grant.access).await.map_err(not_accepted)?;
    if grant.features.is_empty() {
        return Err(AccountFault::NothingPermitted.into());
    }
    let refresh = grant.refresh.unwrap_or(refresh);
    Ok(Accepted {
        tokens: Tokens { access: grant.access, refresh, ends: grant.ends, features: grant.features },
        subject,
    })
}

/// That a child is not there any more.
pub(super) fn gone(child: &DataOf<Child>) -> Error {
    Unfit::Unregistered(Kind::Child, child.given.clone()).into()
}
