//! Who may ask, for what, and how often: the table of who may do what, permits, tokens, passwords, limits.

mod buckets;
pub(in crate::app) mod costs;
pub(in crate::app) mod hash_queue;
pub(in crate::app) mod keys;
pub(in crate::app) mod limit_report;
pub(in crate::app) mod login;
pub(in crate::app) mod origin;
pub(in crate::app) mod password;
pub(in crate::app) mod permit;
pub(in crate::app) mod policy;
pub(in crate::app) mod proxies;
pub(in crate::app) mod rate_limits;
pub(in crate::app) mod scopes;
pub(in crate::app) mod token;

use std::sync::Arc;

use ipnet::IpNet;
use tokio::sync::Mutex;

use crate::model::{Clock, Error};
use crate::store::Store;
use keys::{KeyCare, KeyRing, Unpublished};
use password::{HashOptions, Hasher};
use proxies::TrustedProxies;
use rate_limits::{RateLimiters, RateLimits};
use token::{Revocations, TokenOptions, Tokens};

/// Who may ask: what is known of it in memory.
pub(in crate::app) struct Access {
    pub(in crate::app) tokens: Tokens,
    pub(in crate::app) key_care: KeyCare,
    pub(in crate::app) public_key_file: Option<String>,
    pub(in crate::app) rotation: Mutex<Unpublished>,
    pub(in crate::app) revocations: Arc<Revocations>,
    pub(in crate::app) hasher: Hasher,
    pub(in crate::app) limiters: Option<RateLimiters>,
    pub(in crate::app) proxies: TrustedProxies,
}

/// What of the service's options is about this.
pub(in crate::app) struct AccessOptions {
    pub(in crate::app) tokens: TokenOptions,
    pub(in crate::app) hashing: HashOptions,
    pub(in crate::app) rate_limits: Option<RateLimits>,
    pub(in crate::app) trusted_proxies: Vec<IpNet>,
}

impl Access {
    /// # Errors
    /// `Internal` if the key for tokens is none or the costs of hashes are impossible; what the store fails with.
    pub(in crate::app) fn start(store: &Store, options: AccessOptions, clock: &Clock) -> Result<Self, Error> {
        let limiters = options.rate_limits.map(|limits| RateLimiters::new(&limits, clock.clone())).transpose()?;
        let revocations = store
            .read(|view| Ok(Revocations::new(view.revocations()?, view.revoked_through()?, view.last_token()?)))?;
        let (keys, last_expiry) = store.read(|view| Ok((view.token_keys()?, view.last_token_expiry()?)))?;
        let hasher = Hasher::start(&options.hashing)?;
        hasher.note_costs(&store.read_one(|view| view.hash_costs())?);
        let TokenOptions { private_key, key_care, public_key_file, issuer, lifetime } = options.tokens;
        Ok(Self {
            tokens: Tokens::new(KeyRing::new(private_key.as_bytes(), keys, last_expiry)?, issuer, lifetime),
            key_care,
            public_key_file,
            rotation: Mutex::default(),
            revocations: Arc::new(revocations),
            hasher,
            limiters,
            proxies: TrustedProxies::new(options.trusted_proxies),
        })
    }
}
