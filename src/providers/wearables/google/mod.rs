//! The Google Health API, version 4.

mod days;
mod mapping;

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;
use serde_json::json;

use super::fault::granted;
use super::token::{Feature, features, usable};
use super::values::distinct;
use super::{ClientKey, ask, bearer, get, post, read};
use crate::app::wearables::provider::{Asked, Awaited, Fault, Found, Grant, Provider, Said, Totals, Weighed};
use crate::model::Clock;
use crate::model::tracking::{ActivityFacts, SleepFacts};
use crate::model::wearables::{Features, ProviderKind, Secret};
use crate::providers::http::{Outside, Question, form};
use days::ActiveMinutes;

/// Below it is what is of the user that a token is of.
const USER: &str = "/v4/users/me";
const SCOPES: &str = "https://www.googleapis.com/auth/googlehealth.";
/// Before all that was ever recorded: filters need both ends.
const BEGINNING: Date = Date::constant(2000, 1, 1);
/// How many nights or activities are enough.
const WANTED: usize = 100;
/// The most of them that a page has.
const SESSIONS: usize = 25;
/// The most weights, or body fats, of four months.
const MOST_SAMPLES: usize = 10_000;
/// The most pages of one list: many may be empty.
const MOST_PAGES: usize = 100;
/// How many days before the last sync may have changed since.
const LOOK_BACK: i64 = 42;
/// How long a token is good if nothing is said, in seconds.
const HOUR: i64 = 3600;

pub(super) struct Google {
    data: Outside,
    tokens: Outside,
    client: ClientKey,
    clock: Clock,
}

/// What a refresh answers. A new refresh token is none that must be kept: the old one stays good.
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    expires_in: Option<i64>,
    scope: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    health_user_id: String,
}

/// A page of a list.
struct Listed<T> {
    /// How many items it has.
    items: usize,
    /// Those of them that say enough.
    things: Vec<T>,
    /// What leads to the next page, if there is one.
    next: Option<String>,
}

/// Makes a page of an answer, if it can be read.
type Reading<T> = fn(&[u8]) -> Option<Listed<T>>;

/// A list, and which part of it is asked for.
struct List {
    /// As it stands in a path.
    kind: &'static str,
    filter: String,
    page_size: usize,
    /// How many are enough.
    wanted: usize,
}

/// Totals of days, and how they are asked for.
struct RollUp<T> {
    /// As it stands in a path.
    kind: &'static str,
    /// The most days at once.
    days: i64,
    reading: Reading<(Date, T)>,
}

const STEPS: RollUp<f64> = RollUp { kind: "steps", days: 90, reading: days::steps };
const CALORIES: RollUp<f64> = RollUp { kind: "total-calories", days: 14, reading: days::calories };
const SEDENTARY: RollUp<f64> = RollUp { kind: "sedentary-period", days: 90, reading: days::sedentary };
const ACTIVE: RollUp<ActiveMinutes> = RollUp { kind: "active-minutes", days: 14, reading: days::active_minutes };

impl Google {
    pub(super) fn new(data: Outside, tokens: Outside, client: ClientKey, clock: Clock) -> Self {
        Self { data, tokens, client, clock }
    }

    async fn use_refresh(&self, refresh: &Secret) -> Result<Grant, Fault> {
        let form = form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose()),
            ("client_id", &self.client.id),
            ("client_secret", self.client.secret.expose()),
        ]);
        let answer = ask(&self.tokens, post("/token", None, form)).await?;
        let answer = granted(answer, &[refresh, &self.client.secret])?;
        let tokens = read(answer, |body| serde_json::from_slice::<Tokens>(body).ok()).await?;
        let length = SignedDuration::from_secs(tokens.expires_in.unwrap_or(HOUR));
        Ok(Grant {
            access: usable(tokens.access_token).ok_or(Fault::Unreachable)?,
            refresh: None,
            ends: self.clock.now().saturating_add(length).unwrap_or(Timestamp::MAX),
            features: tokens.scope.map_or(Features::ALL, |scopes| features(&scopes, feature)),
            subject: None,
        })
    }

    async fn give_back(&self, access: &Secret, refresh: &Secret) -> Result<(), Fault> {
        let answer = ask(&self.tokens, post("/revoke", None, form(&[("token", refresh.expose())]))).await?;
        granted(answer, &[access, refresh, &self.client.secret]).map(drop)
    }

    async fn who(&self, access: &Secret) -> Result<String, Fault> {
        let identity = |body: &[u8]| serde_json::from_slice::<Identity>(body).ok();
        Ok(self.data(access, get(format!("{USER}/identity"), access), identity).await?.health_user_id)
    }

    /// Asks for data, and reads them. A 401 is a token that is not good, whatever else it says.
    async fn data<T: Send + 'static>(
        &self,
        access: &Secret,
        question: Question,
        reading: impl FnOnce(&[u8]) -> Option<T> + Send + 'static,
    ) -> Result<T, Fault> {
        let answer = ask(&self.data, question).await?;
        if answer.status == 401 {
            return Err(Fault::InvalidToken);
        }
        read(granted(answer, &[access, &self.client.secret])?, reading).await
    }

    /// The things of a list, newest first, past pages that have none.
    async fn list<T: Send + 'static>(
        &self,
        access: &Secret,
        list: List,
        reading: Reading<Found<T>>,
    ) -> Result<Vec<Found<T>>, Fault> {
        let (mut found, mut items, mut next) = (Vec::new(), 0, None);
        let size = list.page_size.to_string();
        for _ in 0..MOST_PAGES {
            let mut query = vec![("filter", list.filter.as_str()), ("pageSize", &size)];
            query.extend(next.as_deref().map(|token| ("pageToken", token)));
            let path = format!("{USER}/dataTypes/{}/dataPoints:reconcile?{}", list.kind, form(&query));
            let page = self.data(access, get(path, access), reading).await?;
            items += page.items;
            found.extend(page.things);
            next = page.next;
            if next.is_none() || items >= list.wanted {
                return Ok(distinct(found.into_iter()));
            }
        }
        Err(endless(list.kind))
    }

    async fn weighed(&self, access: &Secret, today: Date) -> Result<Vec<Found<Weighed>>, Fault> {
        let samples = |kind, name: &str| List {
            kind,
            filter: between(
                &format!("{name}.sample_time.physical_time"),
                &instant(today.saturating_sub(4.months())),
                &instant(after(today, 1)),
            ),
            page_size: 1000,
            wanted: MOST_SAMPLES,
        };
        let (weights, fats) = tokio::try_join!(
            self.list(access, samples("weight", "weight"), mapping::weights),
            self.list(access, samples("body-fat", "body_fat"), mapping::body_fats),
        )?;
        Ok(mapping::paired(weights, fats))
    }

    /// All days of this kind from the first on, as many at once as can be asked for.
    async fn days<T: Send + 'static>(
        &self,
        access: &Secret,
        (first, today): (Date, Date),
        roll_up: RollUp<T>,
    ) -> Result<BTreeMap<Date, T>, Fault> {
        let (mut days, mut from) = (BTreeMap::new(), first);
        while from <= today {
            let to = after(from, roll_up.days).min(after(today, 1));
            self.window(access, (from, to), &roll_up, &mut days).await?;
            from = to;
        }
        Ok(days)
    }

    /// The days from one to another, which is not included.
    async fn window<T: Send + 'static>(
        &self,
        access: &Secret,
        (from, to): (Date, Date),
        roll_up: &RollUp<T>,
        days: &mut BTreeMap<Date, T>,
    ) -> Result<(), Fault> {
        let path = format!("{USER}/dataTypes/{}/dataPoints:dailyRollUp", roll_up.kind);
        let mut body =
            json!({"range": {"start": {"date": civil(from)}, "end": {"date": civil(to)}}, "windowSizeDays": 1});
        for _ in 0..MOST_PAGES {
            let question = Question {
                method: hyper::Method::POST,
                path: path.clone(),
                authorization: Some(bearer(access)),
                body: Some(("application/json", body.to_string())),
            };
            let page = self.data(access, question, roll_up.reading).await?;
            days.extend(page.things.into_iter().filter(|(day, _)| (from..to).contains(day)));
            let Some(next) = page.next else {
                return Ok(());
            };
            body["pageToken"] = next.into();
        }
        Err(endless(roll_up.kind))
    }

    async fn all_logs(&self, access: &Secret, today: Date, last_sync: Option<Date>) -> [Result<Totals, Fault>; 5] {
        let year = today.saturating_sub(12.months());
        let first = last_sync.map_or(year, |day| day.saturating_sub(LOOK_BACK.days()).max(year));
        let (steps, calories, sedentary, active) = tokio::join!(
            self.days(access, (first, today), STEPS),
            self.days(access, (first, today), CALORIES),
            self.days(access, (first, today), SEDENTARY),
            self.days(access, (first, today), ACTIVE),
        );
        let totals = |days: Result<BTreeMap<_, _>, _>| days.map(|days| days.into_iter().collect());
        let of = |value: fn(&ActiveMinutes) -> Option<f64>| {
            let days = active.as_ref().map_err(Clone::clone)?.iter();
            Ok(days.filter_map(|(day, minutes)| Some((*day, value(minutes)?))).collect())
        };
        [totals(steps), totals(calories), of(ActiveMinutes::active), of(ActiveMinutes::light), totals(sedentary)]
    }
}

fn feature(scope: &str) -> Option<Feature> {
    let name = scope.strip_prefix(SCOPES)?;
    match name.strip_suffix(".readonly").unwrap_or(name) {
        "health_metrics_and_measurements" => Some(Feature::Weights),
        "activity_and_fitness" => Some(Feature::Activities),
        "sleep" => Some(Feature::Sleep),
        _ => None,
    }
}

fn endless(kind: &str) -> Fault {
    tracing::warn!(kind, "A list from outside has too many pages");
    Fault::Unreachable
}

/// A filter (AIP-160). With one end alone it is not always heeded.
fn between(field: &str, from: &str, to: &str) -> String {
    format!(r#"{field} >= "{from}" AND {field} < "{to}""#)
}

fn after(day: Date, days: i64) -> Date {
    day.saturating_add(days.days())
}

/// The first instant of a day.
fn instant(day: Date) -> String {
    format!("{day}T00:00:00Z")
}

fn civil(day: Date) -> serde_json::Value {
    json!({"year": day.year(), "month": day.month(), "day": day.day()})
}

impl Provider for Google {
    fn kind(&self) -> ProviderKind {
        ProviderKind::Google
    }

    fn said_by(&self, _access: &Secret) -> Option<Said> {
        None
    }

    fn is_active<'a>(&'a self, _access: &'a Secret) -> Asked<'a, bool> {
        Box::pin(std::future::ready(Ok(true)))
    }

    fn refresh<'a>(&'a self, refresh: &'a Secret) -> Asked<'a, Grant> {
        Box::pin(self.use_refresh(refresh))
    }

    fn identity<'a>(&'a self, access: &'a Secret) -> Asked<'a, String> {
        Box::pin(self.who(access))
    }

    fn revoke<'a>(&'a self, access: &'a Secret, refresh: &'a Secret) -> Asked<'a, ()> {
        Box::pin(self.give_back(access, refresh))
    }

    fn weights<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<Weighed>>> {
        Box::pin(self.weighed(access, today))
    }

    fn nights<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<SleepFacts>>> {
        let filter = between("sleep.interval.end_time", &instant(BEGINNING), &instant(after(today, 1)));
        let list = List { kind: "sleep", filter, page_size: SESSIONS, wanted: WANTED };
        Box::pin(self.list(access, list, mapping::nights))
    }

    fn activities<'a>(&'a self, access: &'a Secret, today: Date) -> Asked<'a, Vec<Found<ActivityFacts>>> {
        // Somewhere it is tomorrow already.
        let (from, to) = (BEGINNING.to_string(), after(today, 2).to_string());
        let filter = between("exercise.interval.civil_start_time", &from, &to);
        let list = List { kind: "exercise", filter, page_size: SESSIONS, wanted: WANTED };
        Box::pin(self.list(access, list, mapping::activities))
    }

    fn logs<'a>(
        &'a self,
        access: &'a Secret,
        today: Date,
        last_sync: Option<Date>,
    ) -> Awaited<'a, [Result<Totals, Fault>; 5]> {
        Box::pin(self.all_logs(access, today, last_sync))
    }

    fn has_signed(&self, _notice: &[u8], _signature: &str) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_count_plain_and_readonly() {
        let of = |scopes: &[&str]| {
            features(&scopes.iter().map(|scope| format!("{SCOPES}{scope}")).collect::<Vec<_>>().join(" "), feature)
        };
        let all = ["health_metrics_and_measurements", "activity_and_fitness.readonly", "sleep.readonly"];
        assert_eq!(of(&all), Features::ALL);
        assert_eq!(of(&["sleep"]), Features { sleep: true, ..Features::default() });
        assert_eq!(of(&["sleep.writeonly", "nutrition", "sleepy", ""]), Features::default());
        assert_eq!(features("sleep openid", feature), Features::default());
    }
}
