//! Stand-ins for services outside, on real sockets: each keeps what it was given, is as strict as what it stands for, and
//! fails as it is told to.

mod fitbit;
mod google;
mod proxy;
mod server;

pub use fitbit::{FitbitAccount, FitbitStandIn};
pub use google::{GoogleAccount, GoogleStandIn, SCOPES};
pub use proxy::proxy;
pub use server::{BEHIND_PROXY, Encryption, Question, StandIn, Told, Trouble};

use std::sync::Arc;
use std::time::Duration;

use ocariot_users::app::wearables::provider::Provider;
use ocariot_users::model::Clock;
use ocariot_users::model::wearables::Secret;
use ocariot_users::providers::http::{Address, HttpLimits, HttpOptions};
use ocariot_users::providers::wearables::{ClientKey, Service, connect};
use percent_encoding::percent_decode_str;

/// As whom stand-ins are asked.
pub const CLIENT_ID: &str = "CLIENT";
pub const CLIENT_SECRET: &str = "the secret of the client";

/// Tokens of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    pub fn access(&self) -> Secret {
        Secret::new(self.access.clone())
    }

    pub fn refresh(&self) -> Secret {
        Secret::new(self.refresh.clone())
    }
}

pub fn client() -> ClientKey {
    ClientKey { id: CLIENT_ID.to_owned(), secret: Secret::new(CLIENT_SECRET.to_owned()) }
}

/// Limits that tests need not wait for.
pub fn short_limits() -> HttpLimits {
    HttpLimits { connect: Duration::from_secs(5), whole: Duration::from_secs(10), ..HttpLimits::default() }
}

/// Connects to a stand-in for Fitbit's old form.
pub fn fitbit_provider(stand_in: &StandIn, limits: HttpLimits, clock: Clock) -> Arc<dyn Provider> {
    let address = Address::parse(&stand_in.url()).unwrap();
    let options = HttpOptions { limits, trust: stand_in.trust(), proxies: None, clock };
    connect(Service::Fitbit { address }, client(), options).unwrap()
}

/// Connects to a stand-in for the Google Health API.
pub fn google_provider(stand_in: &StandIn, limits: HttpLimits, clock: Clock) -> Arc<dyn Provider> {
    let address = Address::parse(&stand_in.url()).unwrap();
    let options = HttpOptions { limits, trust: stand_in.trust(), proxies: None, clock };
    connect(Service::Google { address: address.clone(), tokens: address }, client(), options).unwrap()
}

/// The pairs of a query or a form.
fn pairs(text: &str) -> Vec<(String, String)> {
    let decoded = |part: &str| percent_decode_str(&part.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}
