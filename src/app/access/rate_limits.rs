//! Rate limits: how often one client, one token and one account may ask (GCRA, by governor).
//!
//! Every try counts, whatever comes of it. Log-ins count three times: for the client's network; for the account as
//! tried from that network, so that an attack from elsewhere does not lock its owner out; and for the account as
//! tried from everywhere, which slows only networks that its user never logged in from.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hash};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::{Quota, RateLimiter};
use jiff::Timestamp;

use crate::app::access::buckets::Buckets;
use crate::app::access::limit_report::{Limit, Noted, Who, Whose};
use crate::app::{App, Caller, Origin};
use crate::model::{Clock, Error, Limited, Network, Username};

/// How often something may happen: `count` times at once, and as often again within each `period`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How often at once.
    pub count: NonZeroU32,
    /// How long until as many fit again; not zero.
    pub period: Duration,
}

/// How often each may ask.
#[derive(Debug, Clone, Copy)]
pub struct RateLimits {
    /// Requests of one client.
    pub address: Rate,
    /// Requests with one token.
    pub token: Rate,
    /// Passwords that one client tries, whoever's.
    pub logins: Rate,
    /// Passwords tried for one account: by one client, and by all together, which slows only those that its user never
    /// logged in from.
    pub account: Rate,
}

/// Counts tries.
pub(in crate::app) struct RateLimiters {
    address: Limiter<Option<Network>>,
    /// By the token's number.
    token: Limiter<i64>,
    logins: Limiter<Option<Network>>,
    account_by_network: Limiter<(u64, Option<Network>)>,
    account: Limiter<u64>,
    accounts: Accounts,
    noted: Noted,
    clock: ForwardClock,
}

impl RateLimiters {
    /// # Errors
    /// If a period is zero.
    pub(in crate::app) fn new(limits: &RateLimits, clock: Clock) -> Result<Self, Error> {
        let clock = ForwardClock::new(clock);
        Ok(Self {
            address: Limiter::new(limits.address, &clock)?,
            token: Limiter::new(limits.token, &clock)?,
            logins: Limiter::new(limits.logins, &clock)?,
            account_by_network: Limiter::new(limits.account, &clock)?,
            account: Limiter::new(limits.account, &clock)?,
            noted: Noted::default(),
            clock: clock.clone(),
            accounts: Accounts {
                keys: RandomState::new(),
                unlocked: Mutex::default(),
                clock,
                period: limits.account.period,
            },
        })
    }

    fn request(&self, network: Option<Network>) -> Result<(), Error> {
        self.noting(Who { limit: Limit::Address, network, account: None }, self.address.check(network))
    }

    fn token(&self, caller: &Caller) -> Result<(), Error> {
        let who = Who { limit: Limit::Token, network: None, account: Some(Whose::User(caller.id)) };
        self.noting(who, self.token.check(caller.token))
    }

    fn login(
        &self,
        network: Option<Network>,
        username: &Username,
        is_known: impl FnOnce() -> Result<bool, Error>,
    ) -> Result<(), Error> {
        let account = self.accounts.key(username);
        self.noting(Who { limit: Limit::Logins, network, account: None }, self.logins.check(network))?;
        let by_network = Who { limit: Limit::Account, network, account: Some(Whose::Name(self.name(username))) };
        self.noting(by_network, self.account_by_network.check((account, network)))?;
        match self.account.check(account) {
            Err(limited) if !is_known()? => self.noting(Who { network: None, ..by_network }, Err(limited)),
            _ => Ok(()),
        }
    }

    /// Notes who is refused, and passes the refusal on.
    fn noting(&self, who: Who, checked: Result<(), Error>) -> Result<(), Error> {
        if let Err(Error::TooManyRequests(Limited { wait, .. })) = &checked {
            let rate = match who.limit {
                Limit::Address => self.address.rate,
                Limit::Token => self.token.rate,
                Limit::Logins => self.logins.rate,
                Limit::Account => self.account.rate,
            };
            self.noted.add(who, self.clock.now(), *wait, rate.period);
        }
        checked
    }

    /// What a name is noted by.
    pub(in crate::app) fn name(&self, username: &Username) -> u64 {
        self.accounts.name(username)
    }

    pub(in crate::app) fn noted(&self) -> &Noted {
        &self.noted
    }

    pub(in crate::app) fn now(&self) -> Nanos {
        self.clock.now()
    }

    /// Forgets what no longer counts, and gives its memory back.
    pub(in crate::app) fn forget_old(&self) {
        self.address.forget_old();
        self.token.forget_old();
        self.logins.forget_old();
        self.account_by_network.forget_old();
        self.account.forget_old();
        self.accounts.forget_old();
        self.noted.forget_old(self.now());
    }
}

/// One limit, with a bucket for each key.
struct Limiter<K: Hash + Eq + Clone> {
    rate: Rate,
    buckets: RateLimiter<K, Buckets<K>, ForwardClock, NoOpMiddleware<Nanos>>,
    clock: ForwardClock,
}

impl<K: Hash + Eq + Clone> Limiter<K> {
    fn new(rate: Rate, clock: &ForwardClock) -> Result<Self, Error> {
        let quota = Quota::with_period(rate.period / rate.count.get())
            .ok_or_else(|| Error::internal("a rate limit over no time"))?
            .allow_burst(rate.count);
        let buckets = RateLimiter::new(quota, Buckets::default(), clock.clone());
        Ok(Self { rate, buckets, clock: clock.clone() })
    }

    /// # Errors
    /// `TooManyRequests` if this key was used too often.
    fn check(&self, key: K) -> Result<(), Error> {
        self.buckets.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            Error::TooManyRequests(Limited { limit: self.rate.count.get(), wait })
        })
    }

    fn forget_old(&self) {
        self.buckets.retain_recent();
        self.buckets.shrink_to_fit();
    }
}

/// What accounts are counted by: a keyed hash of the name, so that no name stays in memory, and of when the account
/// was last unlocked, which gives it fresh buckets.
struct Accounts {
    keys: RandomState,
    unlocked: Mutex<HashMap<u64, Nanos>>,
    clock: ForwardClock,
    period: Duration,
}

impl Accounts {
    fn name(&self, username: &Username) -> u64 {
        self.keys.hash_one(username.folded())
    }

    fn key(&self, username: &Username) -> u64 {
        let name = self.name(username);
        let unlocked = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        match unlocked.get(&name) {
            Some(at) => self.keys.hash_one((name, at.as_u64())),
            None => name,
        }
    }

    fn unlock(&self, username: &Username) {
        let name = self.name(username);
        self.unlocked.lock().unwrap_or_else(PoisonError::into_inner).insert(name, self.clock.now());
    }

    /// A period later the old buckets are as new, and may be used again.
    fn forget_old(&self) {
        let now = self.clock.now().as_u64();
        let period = u64::try_from(self.period.as_nanos()).unwrap_or(u64::MAX);
        let mut unlocked = self.unlocked.lock().unwrap_or_else(PoisonError::into_inner);
        // One may have been unlocked since `now` was asked for.
        unlocked.retain(|_, at| now.saturating_sub(at.as_u64()) <= period);
    }
}

/// The service's clock, as time that passed. When that clock is set back, no time passes, so that nobody is locked out.
#[derive(Clone)]
struct ForwardClock(Arc<(Clock, Mutex<(Timestamp, Nanos)>)>);

impl ForwardClock {
    fn new(clock: Clock) -> Self {
        let now = clock.now();
        Self(Arc::new((clock, Mutex::new((now, Nanos::from(0))))))
    }
}

impl governor::clock::Clock for ForwardClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let (clock, state) = &*self.0;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock.now();
        let passed = u64::try_from(now.duration_since(state.0).as_nanos()).unwrap_or(0);
        *state = (now, Nanos::from(state.1.as_u64().saturating_add(passed)));
        state.1
    }
}

impl App {
    /// Counts a request of a client, before anything is known about who sends it.
    ///
    /// # Errors
    /// `TooManyRequests` if the client asks too often.
    pub fn admit(&self, origin: &Origin) -> Result<(), Error> {
        let admitted = self.access.limiters.as_ref().map_or(Ok(()), |limiters| limiters.request(origin.network()));
        self.noted_early(origin, admitted)
    }

    /// Counts a request with a token that was found to be valid.
    pub(in crate::app) fn admit_token(&self, caller: &Caller) -> Result<(), Error> {
        self.access.limiters.as_ref().map_or(Ok(()), |limiters| limiters.token(caller))
    }

    /// Counts a try at an account's password, before the password is looked at. Whether the account exists makes no
    /// difference.
    pub(in crate::app) fn admit_login(&self, origin: &Origin, username: &Username) -> Result<(), Error> {
        let Some(limiters) = &self.access.limiters else {
            return Ok(());
        };
        let network = origin.network();
        limiters.login(network, username, || self.has_logged_in_from(network, username))
    }

    /// Whether an account of this name was logged in to from there before.
    pub(in crate::app) fn has_logged_in_from(
        &self,
        network: Option<Network>,
        username: &Username,
    ) -> Result<bool, Error> {
        match network {
            Some(network) => self.store.read_one(|view| view.has_logged_in_from(username, network)),
            None => Ok(false),
        }
    }

    /// Forgets how often passwords for this name were tried.
    pub fn unlock(&self, username: &Username) {
        if let Some(limiters) = &self.access.limiters {
            limiters.accounts.unlock(username);
            limiters.noted.forget_name(limiters.name(username));
        }
    }
}
