//! Tokens: RS256 JWTs that carry who somebody is and what the token may be used for (contract, section 3).
//!
//! Checking one asks no database: the signature, the claims, and the short list of revocations in memory.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header, encode};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::keys::{KeyCare, KeyRing};
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

/// How tokens are made.
pub struct TokenOptions {
    /// An RSA key in PEM form.
    pub private_key: Zeroizing<String>,
    /// Who may replace it.
    pub key_care: KeyCare,
    /// The file with its public half, in PEM form, if there is one.
    pub public_key_file: Option<String>,
    /// `iss`.
    pub issuer: String,
    /// From `iat` to `exp`.
    pub lifetime: Duration,
}

/// Makes and checks tokens.
pub(super) struct Tokens {
    keys: RwLock<Arc<KeyRing>>,
    validation: Validation,
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
    pub(super) fn new(keys: KeyRing, issuer: String, lifetime: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        // Time is checked below, against the service's own clock and without leeway.
        validation.validate_exp = false;
        validation.validate_aud = false;
        // `exp` too: the library takes one before 1970 for none at all.
        validation.set_required_spec_claims(&["iss", "sub"]);
        validation.set_issuer(&[&issuer]);
        Self { keys: RwLock::new(Arc::new(keys)), validation, issuer, lifetime }
    }

    /// The keys in force.
    pub(super) fn keys(&self) -> Arc<KeyRing> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other keys in force.
    pub(super) fn use_keys(&self, keys: KeyRing) {
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
    }

    /// From the making of a token to its end.
    pub(super) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Signs a token for a user.
    pub(super) fn issue(&self, id: Id<Account>, role: Role, token: i64, now: Timestamp) -> Result<String, Error> {
        let claims = Claims {
            sub: id.to_string(),
            sub_type: role_claim(role).to_owned(),
            iss: self.issuer.clone(),
            iat: now.as_second(),
            exp: now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX).as_second(),
            nbf: None,
            jti: token.to_string(),
            scope: scopes(role).join(" "),
        };
        let keys = self.keys();
        encode(&keys.header, &claims, &keys.signing).map_err(Error::internal)
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `Unauthenticated` if it is not whole, not ours, from the future, or over.
    pub(super) fn check(&self, token: &str, now: Timestamp) -> Result<Caller, Error> {
        let bad = || Error::Unauthenticated(Unauthenticated::BadToken);
        let keys = self.keys();
        // The header says which key is meant, never by which algorithm to verify: that is fixed.
        let header = decode_header(token).map_err(|_| bad())?;
        let key = keys.verifying(header.kid.as_deref(), now).ok_or_else(bad)?;
        let claims = decode::<Claims>(token, key, &self.validation).map_err(|_| bad())?.claims;
        let now = now.as_second();
        // RFC 8725, section 3.11: a token for something else is none of ours. RFC 7515, section 4.1.11: we understand
        // no critical extension.
        let known_form = header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT")) && header.crit.is_none();
        let begun = claims.iat <= now && claims.nbf.is_none_or(|begin| begin <= now);
        if !known_form || !begun {
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
