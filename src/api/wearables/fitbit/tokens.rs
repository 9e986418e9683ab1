//! `/fitbit` and `/users/{user_id}/fitbit/auth`: as whom the service is asked, and the tokens of a child.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use serde::Serialize;

use super::catalogue::Tag;
use crate::api::access::auth::Auth;
use crate::api::http::body::{Body, Fields, ReadBody};
use crate::api::http::params::Path;
use crate::api::http::reply::{Done, Found};
use crate::app::policy::{All, FitbitAuthRevoke, FitbitAuthSet, FitbitAuthView, FitbitClientView};
use crate::app::{App, GivenTokens, ServiceClient, ShownTokens};
use crate::model::wearables::{Field, Secret, TokenStatus};
use crate::model::{Child, Invalid};

pub(in crate::api) struct ClientApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/fitbit", tag = "Tag::Fitbit")]
impl ClientApi {
    /// View as whom the wearable service is asked
    ///
    /// The id of the client that families let read their children's data, and its secret if the service is set so
    /// (`--fitbit-share-secret`). Without the secret, whoever asks cannot turn a code of theirs into tokens.
    #[oai(path = "/", method = "get", operation_id = "fitbit_client_view")]
    async fn fitbit_client_view(&self, auth: Auth<FitbitClientView>) -> poem::Result<Found<ClientBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        Ok(Found::of(self.0.fitbit_client_view(&permit)?))
    }
}

pub(in crate::api) struct TokensApi(pub(super) Arc<App>);

#[OpenApi(prefix_path = "/v1/users", tag = "Tag::Auth")]
impl TokensApi {
    /// Submit the tokens of a child's wearable
    ///
    /// In the place of all that there were, once the wearable service has said that it knows them. They are stored
    /// encrypted, and renewed when they end.
    #[oai(path = "/:user_id/fitbit/auth", method = "post", operation_id = "fitbit_auth_set")]
    async fn fitbit_auth_set(
        &self,
        auth: Auth<FitbitAuthSet>,
        user_id: Path<Child>,
        body: Body<NewTokensBody>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.some_data_of()?)?;
        let given = body.read(self.0.field_rules()).await?;
        Ok(self.0.fitbit_auth_set(permit, given).await?.into())
    }

    /// View the tokens of a child's wearable
    ///
    /// Applications and children see both tokens, others whether the wearable service takes them.
    #[oai(path = "/:user_id/fitbit/auth", method = "get", operation_id = "fitbit_auth_view")]
    async fn fitbit_auth_view(
        &self,
        auth: Auth<FitbitAuthView>,
        user_id: Path<Child>,
    ) -> poem::Result<Found<TokensBody>> {
        let permit = auth.permit(&self.0, user_id.some_data_of()?)?;
        Ok(Found::of(self.0.fitbit_auth_view(permit).await?))
    }

    /// Take back the tokens of a child's wearable
    ///
    /// They are deleted here, and the wearable service is asked once to forget them, too. What was synced stays.
    #[oai(path = "/:user_id/fitbit/auth/revoke", method = "post", operation_id = "fitbit_auth_revoke")]
    async fn fitbit_auth_revoke(&self, auth: Auth<FitbitAuthRevoke>, user_id: Path<Child>) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, user_id.some_data_of()?)?;
        Ok(self.0.fitbit_auth_revoke(permit).await?.into())
    }
}

/// As whom the wearable service is asked.
#[derive(Object, Serialize)]
#[oai(rename = "FitbitClient", example, skip_serializing_if_is_none)]
struct ClientBody {
    /// The client's id there.
    client_id: String,
    /// Its secret; absent unless the service is set so.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<String>,
}

impl Example for ClientBody {
    fn example() -> Self {
        Self { client_id: "23ABCD".to_owned(), client_secret: None }
    }
}

impl From<ServiceClient> for ClientBody {
    fn from(client: ServiceClient) -> Self {
        Self { client_id: client.id, client_secret: client.secret.map(|secret| secret.expose().to_owned()) }
    }
}

/// Whether the wearable service takes tokens, as far as is known.
#[derive(Debug, Clone, Copy, Enum, Serialize)]
#[oai(rename = "TokenStatus", rename_all = "snake_case")]
#[serde(rename_all = "snake_case")]
enum StatusBody {
    /// Nothing else is known.
    ValidToken,
    /// It refused them.
    InvalidToken,
}

/// The tokens of a child's wearable.
#[derive(Object, Serialize)]
#[oai(rename = "FitbitAuth", example, skip_serializing_if_is_none)]
struct TokensBody {
    /// What data is read with; only applications and children see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    /// What the next tokens are had with; only applications and children see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Whether the wearable service takes them.
    status: StatusBody,
}

impl Example for TokensBody {
    fn example() -> Self {
        Self { access_token: None, refresh_token: None, status: StatusBody::ValidToken }
    }
}

impl From<ShownTokens> for TokensBody {
    fn from(shown: ShownTokens) -> Self {
        let text = |secret: Secret| secret.expose().to_owned();
        let (access_token, refresh_token) =
            shown.tokens.map(|tokens| (text(tokens.access), text(tokens.refresh))).unzip();
        let status = match shown.status {
            TokenStatus::Valid => StatusBody::ValidToken,
            TokenStatus::Invalid => StatusBody::InvalidToken,
        };
        Self { access_token, refresh_token, status }
    }
}

/// The tokens that a child's wearable service gave.
#[derive(Object)]
#[oai(rename = "NewFitbitAuth", example)]
struct NewTokensBody {
    /// What data is read with: visible ASCII characters. In Fitbit's form a JSON Web Token.
    #[oai(validator(min_length = 1, max_length = 4096))]
    access_token: String,
    /// What the next tokens are had with: visible ASCII characters.
    #[oai(validator(min_length = 1, max_length = 4096))]
    refresh_token: String,
}

impl Example for NewTokensBody {
    fn example() -> Self {
        // Of nobody, with {"sub":"1A2B3C","scopes":"rwei ract rsle","exp":1924905600}.
        let access = "eyJhbGciOiJIUzI1NiJ9.\
                      eyJzdWIiOiIxQTJCM0MiLCJzY29wZXMiOiJyd2VpIHJhY3QgcnNsZSIsImV4cCI6MTkyNDkwNTYwMH0.c2ln";
        Self { access_token: access.to_owned(), refresh_token: "0123456789abcdef0123456789abcdef".to_owned() }
    }
}

impl ReadBody for NewTokensBody {
    type Model = GivenTokens;

    fn read(fields: &Fields) -> Result<GivenTokens, Invalid> {
        let token = |field: Field| fields.checked(field.into(), Secret::submitted);
        Ok(GivenTokens { access: token(Field::AccessToken)?, refresh: token(Field::RefreshToken)? })
    }
}
