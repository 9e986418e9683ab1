//! A wearable service in this process, which answers as tests say.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use ocariot_users::app::wearables::provider::{Asked, Awaited, Fault, Found, Grant, Provider, Said, Totals, Weighed};
use ocariot_users::app::{ConnectedService, SecretSharing, WearableOptions};
use ocariot_users::model::Text;
use ocariot_users::model::tracking::{ActivityFacts, NewWeight, Period, SleepEntry, SleepFacts, SleepPhase, SleepType};
use ocariot_users::model::wearables::{Features, ProviderKind, Secret};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// What proves that notices may come.
pub const SUBSCRIBER_CODE: &str = "the code of the subscriber";
/// What notices are signed with here.
pub const SIGNATURE: &str = "a signature";
/// Who it is there.
pub const SUBJECT: &str = "1A2B3";

/// The service. Cloning shares it.
#[derive(Clone)]
pub struct Scripted(Arc<State>);

struct State {
    kind: ProviderKind,
    script: Mutex<Script>,
    asked: Mutex<Vec<String>>,
    /// Who asks for data waits for one of these.
    open: Semaphore,
}

/// What it answers.
#[derive(Clone)]
pub struct Script {
    pub active: Result<bool, Fault>,
    pub refresh: Result<Grant, Fault>,
    pub identity: Result<String, Fault>,
    pub weights: Result<Vec<Found<Weighed>>, Fault>,
    pub nights: Result<Vec<Found<SleepFacts>>, Fault>,
    pub activities: Result<Vec<Found<ActivityFacts>>, Fault>,
    pub logs: [Result<Totals, Fault>; 5],
    /// An access token that data is refused for.
    pub over: Option<Secret>,
    /// How long refreshing takes.
    pub refreshing: Duration,
}

impl Scripted {
    /// One that knows all tokens, and has two activities, a night, a weight, and totals of two days.
    pub fn new(kind: ProviderKind) -> Self {
        let script = Script {
            active: Ok(true),
            refresh: Ok(grant("next", Features::ALL)),
            identity: Ok(SUBJECT.to_owned()),
            weights: Ok(vec![weight("w1", "2026-02-27T07:00:00Z", 30.5)]),
            nights: Ok(vec![night("s1", "2026-02-27T21:00:00Z")]),
            activities: Ok(vec![activity("a1", "2026-02-27T15:00:00Z"), activity("a2", "2026-02-28T15:00:00Z")]),
            logs: [100.0, 1500.0, 30.0, 120.0, 700.0]
                .map(|value| Ok(vec![(date(2026, 2, 27), value), (date(2026, 2, 28), value + 1.0)])),
            over: None,
            refreshing: Duration::ZERO,
        };
        let open = Semaphore::new(Semaphore::MAX_PERMITS);
        Self(Arc::new(State { kind, script: Mutex::new(script), asked: Mutex::default(), open }))
    }

    /// Lets it answer otherwise from now on.
    pub fn set(&self, change: impl FnOnce(&mut Script)) {
        change(&mut self.0.script.lock().unwrap());
    }

    /// What it answers now.
    pub fn script(&self) -> Script {
        self.0.script.lock().unwrap().clone()
    }

    /// What it was asked since this was asked last.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.asked.lock().unwrap())
    }

    /// How often it was asked for this.
    pub fn times_asked(&self, what: &str) -> usize {
        self.0.asked.lock().unwrap().iter().filter(|asked| *asked == what).count()
    }

    /// Waits until it was asked for this.
    pub async fn was_asked(&self, what: &str) {
        while self.times_asked(what) == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// From now on whoever asks for data waits.
    pub fn close(&self) {
        let all = self.0.open.forget_permits(Semaphore::MAX_PERMITS);
        assert!(all > 0, "it was open");
    }

    /// So many may go on.
    pub fn let_through(&self, count: usize) {
        self.0.open.add_permits(count);
    }

    /// How a world is connected with it.
    pub fn options(&self) -> WearableOptions {
        let service = ConnectedService {
            provider: Arc::new(self.clone()),
            client_id: "23ABCD".to_owned(),
            client_secret: Secret::new("the secret of the client".to_owned()),
            sharing: SecretSharing::Refused,
            subscriber_code: Some(Secret::new(SUBSCRIBER_CODE.to_owned())),
        };
        WearableOptions { service: Some(service), ..WearableOptions::default() }
    }

    fn note(&self, what: &str) {
        self.0.asked.lock().unwrap().push(what.to_owned());
    }

    fn data<'a, T: Send + 'a>(
        &'a self,
        what: &'static str,
        access: &'a Secret,
        answer: impl FnOnce(Script) -> Result<T, Fault> + Send + 'a,
    ) -> Asked<'a, T> {
        Box::pin(async move {
            self.note(what);
            drop(self.0.open.acquire().await.unwrap());
            let script = self.script();
            if script.over.as_ref() == Some(access) { Err(Fault::InvalidToken) } else { answer(script) }
        })
    }
}

impl Provider for Scripted {
    fn kind(&self) -> ProviderKind {
        self.0.kind
    }

    fn said_by(&self, access: &Secret) -> Option<Said> {
        let payload = access.expose().split('.').nth(1)?;
        let said: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let scopes: Vec<_> = said["scopes"].as_str().unwrap_or_default().split(' ').collect();
        let has = |scope| scopes.contains(&scope);
        Some(Said {
            subject: said["sub"].as_str()?.to_owned(),
            ends: Timestamp::from_second(said["exp"].as_i64()?).ok()?,
            features: Features { weights: has("rwei"), activities: has("ract"), sleep: has("rsle") },
        })
    }

    fn is_active<'a>(&'a self, _: &'a Secret) -> Asked<'a, bool> {
        Box::pin(async move {
            self.note("active");
            self.script().active
        })
    }

    fn refresh<'a>(&'a self, refresh: &'a Secret) -> Asked<'a, Grant> {
        Box::pin(async move {
            self.note(&format!("refresh {}", refresh.expose()));
            let script = self.script();
            tokio::time::sleep(script.refreshing).await;
            script.refresh
        })
    }

    fn identity<'a>(&'a self, _: &'a Secret) -> Asked<'a, String> {
        Box::pin(async move {
            self.note("identity");
            self.script().identity
        })
    }

    fn revoke<'a>(&'a self, _: &'a Secret, refresh: &'a Secret) -> Asked<'a, ()> {
        Box::pin(async move {
            self.note(&format!("revoke {}", refresh.expose()));
            Ok(())
        })
    }

    fn weights<'a>(&'a self, access: &'a Secret, _: Date) -> Asked<'a, Vec<Found<Weighed>>> {
        self.data("weights", access, |script| script.weights)
    }

    fn nights<'a>(&'a self, access: &'a Secret, _: Date) -> Asked<'a, Vec<Found<SleepFacts>>> {
        self.data("nights", access, |script| script.nights)
    }

    fn activities<'a>(&'a self, access: &'a Secret, _: Date) -> Asked<'a, Vec<Found<ActivityFacts>>> {
        self.data("activities", access, |script| script.activities)
    }

    fn logs<'a>(&'a self, access: &'a Secret, _: Date, _: Option<Date>) -> Awaited<'a, [Result<Totals, Fault>; 5]> {
        let asked = self.data("logs", access, |script| Ok(script.logs));
        Box::pin(async move { asked.await.unwrap_or_else(|fault| [(); 5].map(|()| Err(fault.clone()))) })
    }

    fn has_signed(&self, _: &[u8], signature: &str) -> bool {
        signature == SIGNATURE
    }
}

/// An access token in Fitbit's form: of whom, for what, until when.
pub fn access_token(subject: &str, scopes: &str, ends: &str) -> String {
    let ends: Timestamp = ends.parse().unwrap();
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let payload = part(json!({"sub": subject, "scopes": scopes, "exp": ends.as_second()}));
    format!("{}.{payload}.c2ln", part(json!({"alg": "HS256"})))
}

/// Tokens that are good for everything, and long.
pub fn tokens() -> Value {
    let access = access_token(SUBJECT, "rwei ract rsle", "2030-01-01T00:00:00Z");
    json!({"access_token": access, "refresh_token": "0123456789abcdef-first"})
}

/// What refreshing gives.
pub fn grant(name: &str, features: Features) -> Grant {
    let access = access_token(SUBJECT, name, "2030-01-01T00:00:00Z");
    Grant {
        access: Secret::new(access),
        refresh: Some(Secret::new(format!("0123456789abcdef-{name}"))),
        ends: "2030-01-01T00:00:00Z".parse().unwrap(),
        features,
        subject: Some(SUBJECT.to_owned()),
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A weight that it has.
pub fn weight(id: &str, timestamp: &str, value: f64) -> Found<Weighed> {
    let unit = Text::new("kg", Text::MAX).unwrap();
    let new = NewWeight { timestamp: at(timestamp), value, unit, body_fat: Some(20.5) };
    Found { id: id.to_owned(), thing: Some(Weighed::Weight(new)) }
}

/// A night that it has.
pub fn night(id: &str, start: &str) -> Found<SleepFacts> {
    let start = at(start);
    let entry = SleepEntry { start, phase: SleepPhase::Deep, duration: 60_000 };
    let period = Period { start, duration: 28_800_000 };
    Found { id: id.to_owned(), thing: Some(SleepFacts { period, kind: SleepType::Stages, data_set: vec![entry] }) }
}

/// An activity that it has.
pub fn activity(id: &str, start: &str) -> Found<ActivityFacts> {
    let facts = ActivityFacts {
        period: Period { start: at(start), duration: 1_200_000 },
        name: Text::new("walk", Text::MAX).unwrap(),
        calories: 70.0,
        steps: Some(1000),
        distance: None,
        levels: None,
        heart_rate: None,
    };
    Found { id: id.to_owned(), thing: Some(facts) }
}
