//! Fitbit's old form. Fitbit itself answers 410 since November 2026; a bridge may speak it on.

mod mapping;

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fault::granted;
use super::token::{said_by, usable};
use super::{ClientKey, ask, bearer, get, post, read};
use crate::app::wearables::provider::{Asked, Awaited, Fault, Found, Grant, Provider, Said, Totals, Weighed};
use crate::model::tracking::{ActivityFacts, SleepFacts};
use crate::model::wearables::{ProviderKind, Secret};
use crate::providers::http::{Outside, form};

/// Below it is what is of the user that a token is of.
const USER: &str = "/1.2/user/-";
/// How many months of weights are asked for, one at a time: it gives no more at once.
const MONTHS: i64 = 4;

pub(super) struct Fitbit {
    outside: Outside,
    client: ClientKey,
}

/// What a refresh answers.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
struct Introspection<'a> {
    #[serde(borrow, default)]
    active: Option<&'a RawValue>,
}

impl Fitbit {
    pub(super) fn new(outside: Outside, client: ClientKey) -> Self {
        Self { outside, client }
    }

    fn basic(&self) -> String {
        format!("Basic {}", STANDARD.encode(format!("{}:{}", self.client.id, self.client.secret.expose())))
    }

    /// Asks for something of the user, and reads it.
    async fn data<T: Send + 'static>(
        &self,
        access: &Secret,
        path: String,
        reading: impl FnOnce(&[u8]) -> Option<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let answer = ask(&self.outside, get(format!("{USER}{path}"), access)).await?;
        read(granted(answer, &[access, &self.client.secret])?, reading).await
    }

    async fn introspect(&self, access: &Secret) -> Result<bool, Fault> {
        let question = post("/1.1/oauth2/introspect", Some(bearer(access)), form(&[("token", access.expose())]));
        let answer = ask(&self.outside, question).await?;
        match granted(answer, &[access, &self.client.secret]) {
            Ok(answer) => {
                let active = |body: &[u8]| {
                    let said: Introspection<'_> = serde_json::from_slice(body).ok()?;
                    Some(said.active.is_some_and(|active| active.get() == "true"))
                };
                read(answer, active).await
            }
            Err(fault @ (Fault::Limited(_) | Fault::Failed { .. } | Fault::Unreachable)) => Err(fault),
            Err(_) => Ok(false),
        }
    }

    async fn use_refresh(&self, refresh: &Secret) -> Result<Grant, Fault> {
        let form = form(&[("grant_type", "refresh_token"), ("refresh_token", refresh.expose())]);
        let answer = ask(&self.outside, post("/oauth2/token", Some(self.basic()), form)).await?;
        read(granted(answer, &[refresh, &self.client.secret])?, grant).await
    }

    async fn give_back(&self, access: &Secret) -> Result<(), Fault> {
        let form = form(&[("token", access.expose()), ("token_type_hint", "access_token")]);
        let answer = ask(&self.outside, post("/oauth2/revoke", Some(self.basic()), form)).await?;
        granted(answer, &[access, &self.client.secret]).map(drop)
    }

    async fn weighed(&self, access: &Secret, today: Date) -> Result<Vec<Found<Weighed>>, Fault> {
        let mut found = Vec::new();
        for month in 0..MONTHS {
            let last = today.saturating_sub(month.months());
            let first = today.saturating_sub((month + 1).months()).saturating_add(1.day());
            let path = format!("/body/log/weight/date/{first}/{last}.json");
            found.extend(self.data(access, path, mapping::weights).await?);
        }
        Ok(super::values::distinct(found.into_iter()))
    }

    /// The totals of a year of one kind.
    async fn totals(&self, access: &Secret, today: Date, (kind, list): (&str, &'static str)) -> Result<Totals, Fault> {
        let first = today.saturating_sub(12.months());
        let path = format!("/activities/tracker/{kind}/date/{first}/today.json");
        self.data(access, path, move |body| mapping::totals(body, list)).await
    }

    async fn all_logs(&self, access: &Secret, today: Date) -> [Result<Totals, Fault>; 5] {
        let totals = |of| self.totals(access, today, of);
        let (steps, calories, sedentary, lightly, fairly, very) = tokio::join!(
            totals(("steps", "activities-tracker-steps")),
            totals(("calories", "activities-tracker-calories")),
            totals(("minutesSedentary", "activities-tracker-minutesSedentary")),
            totals(("minutesLightlyActive", "activities-tracker-minutesLightlyActive")),
            totals(("minutesFairlyActive", "activities-tracker-minutesFairlyActive")),
            totals(("minutesVeryActive", "activities-tracker-minutesVeryActive")),
        );
        let active = fairly.and_then(|fairly| very.map(|very| mapping::both(&fairly, &very)));
        [steps, calories, active, lightly, sedentary]
    }
}

fn grant(body: &[u8]) -> Option<Grant> {
    let tokens: Tokens = serde_json::from_slice(body).ok()?;
    let access = usable(tokens.access_token)?;
    let refresh = match tokens.refresh_token {
        Some(text) => Some(usable(text)?),
        None => None,
    };
    let Said { subject, ends, features } = said_by(&access)?;
    Some(Grant { access, refresh, ends, features, subject: Some(subject) })
}

/// The last hundred of a list that begins with the newest.
fn newest(list: &str, today: Date) -> String {
    let tomorrow = today.saturating_add(1.day());
    format!("/{list}/list.json?beforeDate={tomorrow}&sort=desc&offset=0&limit=100")
}

impl Provider for Fitbit {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Fitbit
    }

    fn said_by(&self, access: &Secret) -> Option<Said> {
        said_by(access)
    }

    fn is_active<'a>(&'a self, access: &'a Secret) -> Asked<'a, bool> {
        Box::pin(self.introspect(access))
    }

    fn refresh<'a>(&'a self, refresh: &'a Secret) -> Asked<'a, Grant> {
        Box::pin(self.use_refresh(refresh))
    }

    fn identity<'a>(&'a self, access: &'a Secret) -> Asked<'a, String> {
        Box::pin(async { said_by(access).map(|said| said.subject).ok_or(Fault::InvalidToken) })
    }

    fn revoke<'a>(&'a self, access: &'a Secret, _refresh: &'a Secret) -> Asked<'a, ()> {
        Box::pin(self.give_back(access))
    }

    fn weights<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<Weighed>>> {
        Box::pin(self.weighed(access, today))
    }

    fn nights<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<SleepFacts>>> {
        Box::pin(self.data(access, newest("sleep", today), mapping::nights))
    }

    fn activities<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<ActivityFacts>>> {
        Box::pin(self.data(access, newest("activities", today), mapping::activities))
    }

    fn logs<'a>(
        &'a self,
        access: &'a Secret,
        today: Date,
        _last_sync: Option<Date>,
    ) -> Awaited<'a, [Result<Totals, Fault>; 5]> {
        Box::pin(self.all_logs(access, today))
    }

    fn has_signed(&self, notice: &[u8], signature: &str) -> bool {
        let key = format!("{}&", self.client.secret.expose());
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
        STANDARD.decode(signature).is_ok_and(|signature| hmac::verify(&key, notice, &signature).is_ok())
    }
}
