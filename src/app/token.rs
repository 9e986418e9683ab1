//! Tokens: RS256 JWTs that carry who somebody is and what the token may be used for (contract, section 3).
//!
//! Checking one asks no database: the signature, the claims, and the short list of revocations in memory.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::jwk::{AlgorithmParameters, Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use super::scopes::scopes;
use crate::model::{Account, Error, Id, Role, Unauthenticated};
use crate::store::Revocation;

/// Who makes a request, according to his token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user's id.
    pub id: Id<Account>,
    /// The user's type.
    pub role: Role,
    /// The number of the token.
    pub token: i64,
    scope: String,
}

impl Caller {
    /// Whether the token holds one of these scopes.
    #[must_use]
    pub fn has_scope(&self, any_of: &[&str]) -> bool {
        self.scope.split(' ').any(|held| any_of.contains(&held))
    }
}

/// The public half of the key, for those who verify tokens elsewhere (RFC 7517).
#[derive(Debug, Clone)]
pub struct PublicKey {
    /// RFC 7638 thumbprint.
    pub kid: String,
    /// `n`, base64url.
    pub modulus: String,
    /// `e`, base64url.
    pub exponent: String,
}

/// How tokens are made.
pub struct TokenOptions {
    /// An RSA key in PEM form.
    pub private_key: Vec<u8>,
    /// `iss`.
    pub issuer: String,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
}

/// Makes and checks tokens.
pub(super) struct Tokens {
    signing: EncodingKey,
    verifying: DecodingKey,
    header: Header,
    validation: Validation,
    public: PublicKey,
    issuer: String,
    lifetime: Duration,
}

/// The claims of a token. Unknown ones are ignored, those here must be there with these types.
#[derive(Serialize, Deserialize)]
struct Claims {
    sub: String,
    sub_type: String,
    iss: String,
    iat: i64,
    exp: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    jti: String,
    scope: String,
}

impl Tokens {
    /// # Errors
    /// If the key is not an RSA key.
    pub(super) fn new(options: TokenOptions) -> Result<Self, Error> {
        let signing = EncodingKey::from_rsa_pem(&options.private_key).map_err(Error::internal)?;
        let jwk = Jwk::from_encoding_key(&signing, Algorithm::RS256).map_err(Error::internal)?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(Error::internal)?;
        let AlgorithmParameters::RSA(parameters) = &jwk.algorithm else {
            return Err(Error::internal("the key for tokens is not an RSA key"));
        };
        let public = PublicKey { kid: kid.clone(), modulus: parameters.n.clone(), exponent: parameters.e.clone() };
        let mut validation = Validation::new(Algorithm::RS256);
        // Time is checked below, against the service's own clock and without leeway.
        validation.validate_exp = false;
        validation.validate_aud = false;
        // `exp` too: the library takes one before 1970 for none at all.
        validation.set_required_spec_claims(&["iss", "sub"]);
        validation.set_issuer(&[&options.issuer]);
        Ok(Self {
            verifying: DecodingKey::from_jwk(&jwk).map_err(Error::internal)?,
            header: Header { kid: Some(kid), ..Header::new(Algorithm::RS256) },
            signing,
            validation,
            public,
            issuer: options.issuer,
            lifetime: options.lifetime,
        })
    }

    pub(super) fn public_key(&self) -> &PublicKey {
        &self.public
    }

    /// When a token that is made now ends.
    pub(super) fn expiry(&self, now: Timestamp) -> Timestamp {
        now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX)
    }

    /// Signs a token for a user.
    pub(super) fn issue(&self, id: Id<Account>, role: Role, token: i64, now: Timestamp) -> Result<String, Error> {
        let claims = Claims {
            sub: id.to_string(),
            sub_type: role_claim(role).to_owned(),
            iss: self.issuer.clone(),
            iat: now.as_second(),
            exp: self.expiry(now).as_second(),
            nbf: None,
            jti: token.to_string(),
            scope: scopes(role).join(" "),
        };
        encode(&self.header, &claims, &self.signing).map_err(Error::internal)
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `Unauthenticated` if it is not whole, not ours, from the future, or over.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<Caller, Error> {
        let bad = || Error::Unauthenticated(Unauthenticated::BadToken);
        let data = decode::<Claims>(token, &self.verifying, &self.validation).map_err(|_| bad())?;
        let claims = data.claims;
        let now = now.as_second();
        let header = data.header;
        let known_key = header.kid.is_none_or(|kid| kid == self.public.kid);
        // RFC 8725, section 3.11: a token for something else is none of ours. RFC 7515, section 4.1.11: we understand
        // no critical extension.
        let known_form = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT")) && header.crit.is_none();
        let begun = claims.iat <= now && claims.nbf.is_none_or(|begin| begin <= now);
        if !known_key || !known_form || !begun {
            return Err(bad());
        }
        let id = Id::parse(&claims.sub).ok_or_else(bad)?;
        let role = role_of_claim(&claims.sub_type).ok_or_else(bad)?;
        let number: i64 = claims.jti.parse().map_err(|_| bad())?;
        if number.to_string() != claims.jti {
            return Err(bad());
        }
        if claims.exp <= now {
            return Err(Error::Unauthenticated(Unauthenticated::Expired));
        }
        Ok(Caller { id, role, token: number, scope: claims.scope })
    }
}

/// The role of that name.
pub(super) fn role_of_claim(word: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role_claim(*role) == word)
}

/// How a token names a type of user (contract, section 3).
#[must_use]
pub fn role_claim(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Child => "child",
        Role::Educator => "educator",
        Role::Family => "family",
        Role::HealthProfessional => "healthprofessional",
        Role::Application => "application",
    }
}

/// The tokens that are refused although their time is not over. A copy of the store's, changed after each commit.
pub(super) struct Revocations {
    known: RwLock<HashMap<Id<Account>, Revocation>>,
    /// The newest token that is refused whoever it belongs to.
    floor: i64,
}

impl Revocations {
    pub(super) fn new(known: Vec<Revocation>, floor: i64) -> Self {
        let known = known.into_iter().map(|revocation| (revocation.account, revocation)).collect();
        Self { known: RwLock::new(known), floor }
    }

    /// Refuses more tokens from now on, and forgets those whose time is over.
    pub(super) fn add(&self, revocation: Revocation, now: Timestamp) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, other| other.expires_at >= now);
        known.insert(revocation.account, revocation);
    }

    /// # Errors
    /// `Unauthenticated` if the caller's token is revoked.
    pub(super) fn check(&self, caller: &Caller) -> Result<(), Error> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match known.get(&caller.id) {
            _ if caller.token <= self.floor => Err(Error::Unauthenticated(Unauthenticated::Revoked)),
            Some(revocation)
                if caller.token <= revocation.through_token && Some(caller.token) != revocation.spared_token =>
            {
                Err(Error::Unauthenticated(Unauthenticated::Revoked))
            }
            _ => Ok(()),
        }
    }
}
