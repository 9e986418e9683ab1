//! From settings to the service that children's wearables are synced with.

use crate::app::{ConnectedService, SecretSharing, WearableOptions};
use crate::config::{self, Config, WearableService};
use crate::model::Clock;
use crate::model::wearables::Secret;
use crate::operations::StartError;
use crate::providers::http::{Address, AddressFault, HttpLimits, HttpOptions, Proxies, Trust};
use crate::providers::wearables::{ClientKey, Service, connect};

/// How children's wearables are synced with these settings. Nobody is asked yet.
///
/// # Errors
/// If the service cannot be asked at its address.
pub(super) fn wearable_options(config: &Config, clock: &Clock) -> Result<WearableOptions, StartError> {
    let Some(given) = &config.wearables else { return Ok(WearableOptions::default()) };
    let address = |flag, text: &str| Address::parse(text).map_err(refused(flag));
    let service = match &given.service {
        WearableService::Fitbit { url } => Service::Fitbit { address: address("wearable-url", url)? },
        WearableService::Google { url, token_url } => Service::Google {
            address: address("wearable-url", url)?,
            tokens: address("wearable-token-url", token_url)?,
        },
    };
    let secret = |secret: &config::Secret| Secret::new(secret.expose().to_owned());
    let client_secret = secret(&given.client_secret);
    let client = ClientKey { id: given.client_id.clone(), secret: client_secret.clone() };
    let options = HttpOptions {
        limits: HttpLimits::default(),
        trust: Trust::of_system(),
        proxies: given.proxy.then(Proxies::of_environment),
        clock: clock.clone(),
    };
    let service = ConnectedService {
        provider: connect(service, client, options).map_err(refused("wearable-provider"))?,
        client_id: given.client_id.clone(),
        client_secret,
        sharing: if given.share_secret { SecretSharing::Allowed } else { SecretSharing::Refused },
        subscriber_code: given.subscriber_code.as_ref().map(secret),
    };
    Ok(WearableOptions { service: Some(service), sync_every: given.sync_every, ..WearableOptions::default() })
}

fn refused(flag: &'static str) -> impl Fn(AddressFault) -> StartError {
    move |fault| StartError::Wearable { flag, cause: fault.to_string() }
}
