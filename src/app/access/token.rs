//! Tokens: RS256 JWTs that carry who somebody is and what the token may be used for (contract, section 3).
//!
//! Checking one asks no database: the signature, the claims, and the short list of revocations in memory.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, Validation, decode, decode_header};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::app::access::keys::{KeyCare, KeyRing};
use crate::app::access::scopes::scopes;
use crate::model::{Account, Error, Id, Role, Unauthenticated};
use crate::store::{Revocation, Revoked, View};

/// Who makes a request, according to his token.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user's id.
    pub id: Id<Account>,
    /// The user's type.
    pub role: Role,
    /// The number of the token.
    pub token: i64,
    /// In their order.
    scopes: Arc<[Box<str>]>,
}

impl Caller {
    /// Whether the token holds one of these scopes.
    #[must_use]
    pub fn has_scope(&self, any_of: &[&str]) -> bool {
        any_of.iter().any(|wanted| self.scopes.binary_search_by(|held| (**held).cmp(wanted)).is_ok())
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

/// The most tokens whose signature is remembered: about as many as there are people in a district.
const REMEMBERED: usize = 16_384;

/// Makes and checks tokens.
pub(in crate::app) struct Tokens {
    in_force: RwLock<Arc<InForce>>,
    validation: Validation,
    issuer: String,
    lifetime: Duration,
}

/// Keys, and the tokens that they are known to have signed. Both are replaced together, so that what other keys signed
/// is forgotten with them.
pub(in crate::app) struct InForce {
    keys: KeyRing,
    known: Cache<Box<str>, Arc<Known>>,
}

impl Deref for InForce {
    type Target = KeyRing;

    fn deref(&self) -> &KeyRing {
        &self.keys
    }
}

/// What a token says whose signature and form are good: nothing that changes with time.
struct Known {
    caller: Caller,
    /// Valid from this second on,
    begin: i64,
    /// until before this one,
    end: i64,
    /// as long as the key is accepted that signed it.
    key_until: Option<Timestamp>,
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
    pub(in crate::app) fn new(keys: KeyRing, issuer: String, lifetime: Duration) -> Self {
        let mut validation = Validation::new(Algorithm::RS256);
        // Time is checked below, against the service's own clock and without leeway.
        validation.validate_exp = false;
        validation.validate_aud = false;
        // `exp` too: the library takes one before 1970 for none at all.
        validation.set_required_spec_claims(&["iss", "sub"]);
        validation.set_issuer(&[&issuer]);
        Self { in_force: RwLock::new(InForce::new(keys)), validation, issuer, lifetime }
    }

    /// The keys in force.
    pub(in crate::app) fn keys(&self) -> Arc<InForce> {
        Arc::clone(&self.in_force.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other keys in force.
    pub(in crate::app) fn use_keys(&self, keys: KeyRing) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = InForce::new(keys);
    }

    /// From the making of a token to its end.
    pub(in crate::app) fn lifetime(&self) -> Duration {
        self.lifetime
    }

    /// Signs a token for a user.
    pub(in crate::app) fn issue(
        &self,
        id: Id<Account>,
        role: Role,
        token: i64,
        now: Timestamp,
    ) -> Result<String, Error> {
        let claims = Claims {
            sub: id.to_string(),
            sub_type: role.word().to_owned(),
            iss: self.issuer.clone(),
            iat: now.as_second(),
            exp: now.checked_add(self.lifetime).unwrap_or(Timestamp::MAX).as_second(),
            nbf: None,
            jti: token.to_string(),
            scope: scopes(role).join(" "),
        };
        self.keys().sign(&claims)
    }

    /// Whose token this is.
    ///
    /// # Errors
    /// `Unauthenticated` if it is not whole, not ours, from the future, or over.
    pub(in crate::app) fn check(&self, token: &str, now: Timestamp) -> Result<Caller, Error> {
        let in_force = self.keys();
        let known = in_force.known(token, || self.verify(&in_force, token))?;
        known.caller_at(now)
    }

    /// What a token says, if it is ours, whenever it may be valid.
    fn verify(&self, keys: &KeyRing, token: &str) -> Option<Known> {
        // The header says which key is meant, never by which algorithm to verify: that is fixed.
        let header = decode_header(token).ok()?;
        let (key, key_until) = keys.verifying(header.kid.as_deref())?;
        let claims = decode::<Claims>(token, key, &self.validation).ok()?.claims;
        // RFC 8725, section 3.11: a token for something else is none of ours. RFC 7515, section 4.1.11: we understand
        // no critical extension.
        if header.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) || header.crit.is_some() {
            return None;
        }
        let number: i64 = claims.jti.parse().ok().filter(|number: &i64| number.to_string() == claims.jti)?;
        let mut scopes: Vec<Box<str>> = claims.scope.split(' ').map(Into::into).collect();
        scopes.sort_unstable();
        let caller = Caller {
            id: Id::parse(&claims.sub)?,
            role: Role::of_word(&claims.sub_type)?,
            token: number,
            scopes: scopes.into(),
        };
        let begin = claims.nbf.map_or(claims.iat, |begin| begin.max(claims.iat));
        Some(Known { caller, begin, end: claims.exp, key_until })
    }
}

impl InForce {
    fn new(keys: KeyRing) -> Arc<Self> {
        Arc::new(Self { keys, known: Cache::new(REMEMBERED) })
    }

    /// What a token says: remembered, or verified now.
    fn known(&self, token: &str, verify: impl FnOnce() -> Option<Known>) -> Result<Arc<Known>, Error> {
        if let Some(known) = self.known.get(token) {
            return Ok(known);
        }
        let verified = Arc::new(verify().ok_or_else(bad)?);
        self.known.insert(token.into(), Arc::clone(&verified));
        Ok(verified)
    }
}

impl Known {
    fn caller_at(&self, now: Timestamp) -> Result<Caller, Error> {
        if self.begin > now.as_second() || self.key_until.is_some_and(|until| until <= now) {
            return Err(bad());
        }
        if self.end <= now.as_second() {
            return Err(Error::Unauthenticated(Unauthenticated::Expired));
        }
        Ok(self.caller.clone())
    }
}

fn bad() -> Error {
    Error::Unauthenticated(Unauthenticated::BadToken)
}

/// The tokens that are refused although their time is not over. A copy of the store's, changed after each commit.
pub(in crate::app) struct Revocations {
    known: RwLock<Refused>,
    /// The newest token that was given out. One that is newer is not of this database: it was given out by the one in
    /// whose place this came.
    newest: AtomicI64,
}

struct Refused {
    by_account: HashMap<Id<Account>, Revocation>,
    /// The newest token that is refused whoever it belongs to.
    floor: i64,
}

impl Revocations {
    pub(in crate::app) fn new(known: Vec<Revocation>, floor: i64, newest: i64) -> Self {
        let by_account = known.into_iter().map(|revocation| (revocation.account, revocation)).collect();
        Self { known: RwLock::new(Refused { by_account, floor }), newest: newest.into() }
    }

    /// Accepts a token that was just given out.
    pub(in crate::app) fn note(&self, token: i64) {
        self.newest.fetch_max(token, Ordering::SeqCst);
    }

    /// Refuses more tokens from now on, and forgets what the floor refuses.
    pub(in crate::app) fn add(&self, Revoked { revocation, floor }: Revoked) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.floor = known.floor.max(floor);
        known.by_account.retain(|_, other| other.through_token > floor);
        known.by_account.insert(revocation.account, revocation);
    }

    /// # Errors
    /// `Unauthenticated` if the caller's token is revoked.
    pub(in crate::app) fn check(&self, caller: &Caller) -> Result<(), Error> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let refused = caller.token <= known.floor
            || caller.token > self.newest.load(Ordering::SeqCst)
            || known.by_account.get(&caller.id).is_some_and(|revocation| {
                caller.token <= revocation.through_token && Some(caller.token) != revocation.spared_token
            });
        if refused { Err(revoked()) } else { Ok(()) }
    }
}

/// Looks once more, in the transaction of a change: the token may have been revoked while the request waited, and
/// what shares the commit is not in memory yet.
///
/// # Errors
/// `Unauthenticated` if the caller's token is revoked.
pub(in crate::app) fn require_unrevoked(view: &View<'_>, caller: &Caller) -> Result<(), Error> {
    if view.token_is_revoked(caller.id, caller.token)? { Err(revoked()) } else { Ok(()) }
}

fn revoked() -> Error {
    Error::Unauthenticated(Unauthenticated::Revoked)
}
