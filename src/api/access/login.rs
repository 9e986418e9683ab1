//! `/auth`: logging in, and the keys that tokens are verified with.

use std::sync::Arc;

use poem::handler;
use poem::web::Data;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use crate::api::Context;
use crate::api::access::catalogue::Tag;
use crate::api::http::body::{Body, Fields, ReadBody, missing};
use crate::api::http::reply::Found;
use crate::app::{App, PublicKey, demo};
use crate::model::{Field, Invalid, Password, Username};

pub(in crate::api) struct LoginApi(pub(in crate::api) Arc<App>);

#[OpenApi(prefix_path = "/v1", tag = "Tag::Auth")]
impl LoginApi {
    /// Log in
    ///
    /// Answers with an access token for the user of this name and password. Send it with other requests as
    /// `Authorization: Bearer <access_token>`; on this page, press *Authorize* and paste it. It is valid for 24 hours
    /// unless the server is set otherwise; to log out, forget it.
    #[oai(path = "/auth", method = "post", operation_id = "auth_login")]
    async fn auth_login(&self, context: Data<&Context>, body: Body<Login>) -> poem::Result<Found<AccessToken>> {
        let (username, password) = body.read(self.0.field_rules()).await?;
        let token = self.0.login(context.origin.clone(), username, password).await?;
        Ok(Found::of(AccessToken { access_token: token }))
    }

    /// View the keys that tokens are verified with
    ///
    /// A set of JSON Web Keys (RFC 7517), for services that verify access tokens themselves: the key that signs comes
    /// first, then those that signed before it and whose tokens may still be valid. The header of a token names its
    /// key: fetch the set again when a token names one that is not in it. Anybody may read it.
    #[oai(path = "/.well-known/jwks.json", method = "get", operation_id = "jwks_view")]
    async fn jwks_view(&self) -> Found<KeySet> {
        Found::of(self.0.public_keys())
    }
}

/// The key set, beside the API.
#[handler]
pub(in crate::api) fn jwks(context: Data<&Context>) -> Found<KeySet> {
    Found::of(context.app.public_keys())
}

/// A name and a password.
#[derive(Object)]
#[oai(example)]
pub(in crate::api) struct Login {
    /// Exactly as it was registered: case counts.
    #[oai(validator(min_length = 1))]
    username: String,
    /// The user's password.
    #[oai(validator(min_length = 1))]
    password: String,
}

impl Example for Login {
    fn example() -> Self {
        Self { username: "admin".to_owned(), password: demo::PASSWORD.to_owned() }
    }
}

impl ReadBody for Login {
    type Model = (Username, Password);

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        let username = fields.claimed(Field::Username)?;
        let password = fields.claimed(Field::Password)?;
        let (Some(username), Some(password)) = (username, password) else {
            return Err(missing(&[(Field::Username, username.is_some()), (Field::Password, password.is_some())]));
        };
        Ok((Username::verbatim(username.to_owned()), Password::verbatim(password)))
    }
}

/// What logging in gives.
#[derive(Object, Serialize)]
#[oai(example)]
pub(in crate::api) struct AccessToken {
    /// A JSON Web Token (RFC 7519), signed with RS256.
    access_token: String,
}

impl Example for AccessToken {
    fn example() -> Self {
        Self {
            access_token: "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI1YTYyYmUwN2RlMzQ1MDAxNDZkOWM1NDQifQ.c2ln"
                .to_owned(),
        }
    }
}

/// A set of public keys (RFC 7517).
#[derive(Object, Serialize)]
pub(in crate::api) struct KeySet {
    /// The keys.
    keys: Vec<Key>,
}

/// A public RSA key (RFC 7517, RFC 7518).
#[derive(Object, Serialize)]
#[oai(rename = "JsonWebKey", example)]
struct Key {
    /// `RSA`.
    kty: String,
    /// `sig`: it verifies signatures.
    #[oai(rename = "use")]
    #[serde(rename = "use")]
    usage: String,
    /// `RS256`.
    alg: String,
    /// The key's name in the header of tokens: its RFC 7638 thumbprint.
    kid: String,
    /// The modulus, base64url.
    n: String,
    /// The exponent, base64url.
    e: String,
}

impl Key {
    fn new(kid: &str, modulus: &str, exponent: &str) -> Self {
        Self {
            kty: "RSA".to_owned(),
            usage: "sig".to_owned(),
            alg: "RS256".to_owned(),
            kid: kid.to_owned(),
            n: modulus.to_owned(),
            e: exponent.to_owned(),
        }
    }
}

impl Example for Key {
    fn example() -> Self {
        Self::new(
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78Lhw",
            "AQAB",
        )
    }
}

impl From<Vec<PublicKey>> for KeySet {
    fn from(keys: Vec<PublicKey>) -> Self {
        Self { keys: keys.iter().map(|key| Key::new(&key.kid, &key.modulus, &key.exponent)).collect() }
    }
}
