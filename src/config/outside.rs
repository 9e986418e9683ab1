//! The settings of the service that children's wearables are synced with, which belong together.

use zeroize::Zeroizing;

use super::resolve::{Given, SettingsError};
use super::{Secret, WearableService, WearableSettings};

/// Where Google's service is, unless another address is given.
const GOOGLE: &str = "https://health.googleapis.com";

/// What is given of the service, if one is.
///
/// # Errors
/// If what a service needs is not given, or what another one has.
pub(super) fn wearable_settings<'a>(
    get: &impl Fn(&str) -> Result<&'a Given, SettingsError>,
) -> Result<Option<WearableSettings>, SettingsError> {
    let (provider, code) = (get("wearable-provider")?, get("fitbit-subscriber-code")?);
    // They are judged without a service, too.
    let sync_every = get("wearable-sync-every")?;
    let sync_every = sync_every.text().map(|_| sync_every.duration(3600..=365 * 86_400)).transpose()?;
    let (share_secret, proxy) = (get("fitbit-share-secret")?.switch()?, get("wearable-proxy")?.switch()?);
    if code.text().is_some() && provider.text != "fitbit" {
        return Err(SettingsError(
            "--fitbit-subscriber-code is for notices that only Fitbit's old form sends: give --wearable-provider fitbit, \
             or leave the code out"
                .to_owned(),
        ));
    }
    let url = get("wearable-url")?.text().map(str::to_owned);
    let service = match (provider.text.as_str(), url) {
        ("off", _) => return Ok(None),
        ("fitbit", Some(url)) => WearableService::Fitbit { url },
        ("fitbit", None) => {
            return Err(SettingsError(
                "--wearable-provider fitbit needs --wearable-url, the address of a bridge that speaks Fitbit's old form: \
                 Fitbit's own service is off since 2 November 2026"
                    .to_owned(),
            ));
        }
        ("google", url) => {
            let url = url.unwrap_or_else(|| GOOGLE.to_owned());
            WearableService::Google { url, token_url: get("wearable-token-url")?.required()?.to_owned() }
        }
        _ => return Err(provider.wrong("off, fitbit or google")),
    };
    let needed = |flag: &str| {
        let given = get(flag)?.text();
        given.map(str::to_owned).ok_or_else(|| {
            SettingsError(format!(
                "--wearable-provider {} needs --{flag}, of the client that the service knows: without it, no child can be \
                 synced",
                provider.text
            ))
        })
    };
    let secret = |text: String| Secret(Zeroizing::new(text));
    Ok(Some(WearableSettings {
        service,
        client_id: needed("fitbit-client-id")?,
        client_secret: secret(needed("fitbit-client-secret")?),
        share_secret,
        subscriber_code: code.text().map(|text| secret(text.to_owned())),
        sync_every,
        proxy,
    }))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use super::super::{Config, Inputs, resolve};
    use super::*;

    fn settings(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Option<WearableSettings>, String> {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let read = |path: &std::path::Path| match path.to_str() {
            Some("secret") => Ok("from a file\n".to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        let environment: BTreeMap<_, _> = map(variables);
        let resolved = resolve(&Inputs { flags: map(flags), environment, read: &read });
        resolved.and_then(|resolved| Config::of(&resolved)).map(|config| config.wearables).map_err(|error| error.0)
    }

    #[test]
    fn without_a_service_nothing_else_is_needed() {
        assert!(settings(&[], &[]).unwrap().is_none());
        assert!(settings(&[("wearable-provider", "off"), ("fitbit-client-id", "x")], &[]).unwrap().is_none());
    }

    #[test]
    fn a_service_is_found_by_the_names_that_operators_of_the_original_know() {
        let flags = [
            ("wearable-provider", "fitbit"),
            ("wearable-url", "https://bridge.example"),
            ("wearable-sync-every", "6h"),
        ];
        let variables = [
            ("FITBIT_CLIENT_ID", "23ABCD"),
            ("FITBIT_CLIENT_SECRET_FILE", "secret"),
            ("FITBIT_CLIENT_SUBSCRIBER", "a code"),
        ];
        let found = settings(&flags, &variables).unwrap().unwrap();
        assert_eq!(found.service, WearableService::Fitbit { url: "https://bridge.example".to_owned() });
        assert_eq!((found.client_id.as_str(), found.client_secret.expose()), ("23ABCD", "from a file"));
        assert_eq!(found.subscriber_code.as_ref().map(Secret::expose), Some("a code"));
        assert_eq!((found.sync_every, found.share_secret), (Some(Duration::from_hours(6)), false));
        let google = [("wearable-provider", "google"), ("fitbit-client-id", "x"), ("fitbit-client-secret", "y")];
        let service = settings(&google, &[]).unwrap().unwrap().service;
        let token_url = "https://oauth2.googleapis.com".to_owned();
        assert_eq!(service, WearableService::Google { url: GOOGLE.to_owned(), token_url });
    }

    #[test]
    fn what_a_service_needs_is_named() {
        let client = [("fitbit-client-id", "x"), ("fitbit-client-secret", "y")];
        let with = |more: &[(&'static str, &'static str)]| {
            settings(&[&client[..], more].concat(), &[]).err().unwrap_or_default()
        };
        assert!(with(&[("wearable-provider", "garmin")]).contains("must be off, fitbit or google"));
        assert!(with(&[("wearable-provider", "fitbit")]).contains("needs --wearable-url"));
        for (provider, code) in [("off", "c"), ("google", "c")] {
            let error = with(&[("wearable-provider", provider), ("fitbit-subscriber-code", code)]);
            assert!(error.contains("--fitbit-subscriber-code is for notices"), "{error}");
        }
        for flag in ["fitbit-client-id", "fitbit-client-secret"] {
            let other = client.iter().copied().filter(|(known, _)| *known != flag);
            let flags: Vec<_> = other.chain([("wearable-provider", "google")]).collect();
            let error = settings(&flags, &[]).err().unwrap_or_default();
            assert!(error.contains(&format!("needs --{flag}")), "{error}");
        }
    }
}
