//! A stand-in for the Google Health API and what gives its tokens.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, Encryption, Question, StandIn, Tokens, Told};

/// The scopes of all that is read.
pub const SCOPES: &str = "https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly \
                          https://www.googleapis.com/auth/googlehealth.health_metrics_and_measurements.readonly \
                          https://www.googleapis.com/auth/googlehealth.sleep.readonly";

/// The stand-in. Dereferences to its server.
pub struct GoogleStandIn {
    server: StandIn,
    state: Arc<Mutex<State>>,
}

/// What an account has.
#[derive(Default, Clone)]
pub struct GoogleAccount {
    /// Points of lists by their type, such as `body-fat`, newest first.
    pub points: BTreeMap<String, Vec<Value>>,
    /// Totals of days by their type, such as `total-calories`.
    pub days: BTreeMap<String, BTreeMap<Date, Value>>,
}

#[derive(Default)]
struct State {
    accounts: BTreeMap<String, GoogleAccount>,
    /// Account and scopes of each access token that is good.
    access: BTreeMap<String, (String, String)>,
    /// Account and scopes of each refresh token, which are good for ever.
    refresh: BTreeMap<String, (String, String)>,
    lifetime: i64,
    says_scope: bool,
    empty_pages: usize,
    made: usize,
}

impl Deref for GoogleStandIn {
    type Target = StandIn;

    fn deref(&self) -> &StandIn {
        &self.server
    }
}

impl GoogleStandIn {
    pub fn start(encryption: Encryption) -> Self {
        let state = Arc::new(Mutex::new(State { lifetime: 3599, says_scope: true, ..State::default() }));
        let answering = Arc::clone(&state);
        let server = StandIn::start(encryption, move |question| answering.lock().unwrap().answer(question));
        Self { server, state }
    }

    /// Consents: gives tokens for an account, which is made if there is none. Scopes have blanks between.
    pub fn consent(&self, account: &str, scopes: &str) -> Tokens {
        let mut state = self.state.lock().unwrap();
        state.accounts.entry(account.to_owned()).or_default();
        state.made += 1;
        let refresh = format!("1//refresh-{:030}", state.made);
        state.refresh.insert(refresh.clone(), (account.to_owned(), scopes.to_owned()));
        Tokens { access: state.access_token(account, scopes), refresh }
    }

    /// How long tokens that are made from now on are good, in seconds, and whether it is said what for.
    pub fn set_tokens(&self, lifetime: i64, says_scope: bool) {
        let mut state = self.state.lock().unwrap();
        (state.lifetime, state.says_scope) = (lifetime, says_scope);
    }

    /// How many pages without points come before each list.
    pub fn set_empty_pages(&self, pages: usize) {
        self.state.lock().unwrap().empty_pages = pages;
    }

    /// Changes what an account has.
    pub fn change(&self, account: &str, change: impl FnOnce(&mut GoogleAccount)) {
        change(self.state.lock().unwrap().accounts.get_mut(account).unwrap());
    }

    /// Lets all access tokens be over; refresh tokens stay good.
    pub fn end_access(&self) {
        self.state.lock().unwrap().access.clear();
    }

    /// Takes back what an account consented to.
    pub fn withdraw(&self, account: &str) {
        let mut state = self.state.lock().unwrap();
        state.access.retain(|_, (owner, _)| owner != account);
        state.refresh.retain(|_, (owner, _)| owner != account);
    }

    /// Whether a token is good.
    pub fn knows(&self, token: &str) -> bool {
        let state = self.state.lock().unwrap();
        state.access.contains_key(token) || state.refresh.contains_key(token)
    }
}

fn refusal(code: u16, status: &str, message: &str) -> Told {
    Told::json(code, json!({"error": {"code": code, "message": message, "status": status}}))
}

fn bad(message: &str) -> Told {
    refusal(400, "INVALID_ARGUMENT", message)
}

impl State {
    fn access_token(&mut self, account: &str, scopes: &str) -> String {
        self.made += 1;
        let access = format!("ya29.access-{:030}", self.made);
        self.access.insert(access.clone(), (account.to_owned(), scopes.to_owned()));
        access
    }

    fn answer(&mut self, question: &Question) -> Told {
        match (question.method.as_str(), question.path.as_str()) {
            ("POST", "/token") => self.refreshed(question),
            ("POST", "/revoke") => self.revoke(question),
            (_, path) => match path.strip_prefix("/v4/users/me/") {
                Some(path) => self.data(question, path),
                None => refusal(404, "NOT_FOUND", "no such path"),
            },
        }
    }

    fn refreshed(&mut self, question: &Question) -> Told {
        let given = |name| question.form(name).unwrap_or_default();
        if (given("client_id").as_str(), given("client_secret").as_str()) != (CLIENT_ID, CLIENT_SECRET) {
            return Told::json(401, json!({"error": "invalid_client", "error_description": "Unauthorized"}));
        }
        let Some((account, scopes)) = self.refresh.get(&given("refresh_token")).cloned() else {
            let said = "Token has been expired or revoked.";
            return Told::json(400, json!({"error": "invalid_grant", "error_description": said}));
        };
        if given("grant_type") != "refresh_token" {
            return Told::json(400, json!({"error": "unsupported_grant_type"}));
        }
        let access = self.access_token(&account, &scopes);
        let mut body = json!({"access_token": access, "expires_in": self.lifetime, "token_type": "Bearer"});
        if self.says_scope {
            body["scope"] = scopes.into();
        }
        Told::json(200, body)
    }

    fn revoke(&mut self, question: &Question) -> Told {
        match self.refresh.remove(&question.form("token").unwrap_or_default()) {
            Some((account, _)) => {
                self.access.retain(|_, (owner, _)| *owner != account);
                Told::json(200, json!({}))
            }
            None => Told::json(400, json!({"error": "invalid_token"})),
        }
    }

    fn data(&self, question: &Question, path: &str) -> Told {
        let Some((id, scopes)) = self.access.get(question.bearer().unwrap_or_default()) else {
            return refusal(401, "UNAUTHENTICATED", "Request had invalid authentication credentials.");
        };
        let account = &self.accounts[id];
        let parts: Vec<_> = path.split('/').collect();
        let kind = match (question.method.as_str(), parts.as_slice()) {
            ("GET", ["identity"]) => return identity(id),
            ("GET", ["dataTypes", kind, "dataPoints:reconcile"]) => *kind,
            ("POST", ["dataTypes", kind, "dataPoints:dailyRollUp"]) => *kind,
            _ => return refusal(404, "NOT_FOUND", "no such path"),
        };
        let scope = match kind {
            "weight" | "body-fat" => "health_metrics_and_measurements",
            "sleep" => "sleep",
            _ => "activity_and_fitness",
        };
        if !scopes.contains(scope) {
            return refusal(403, "PERMISSION_DENIED", "Request had insufficient authentication scopes.");
        }
        match question.method.as_str() {
            "GET" => self.reconciled(question, kind, account.points.get(kind).map_or(&[], Vec::as_slice)),
            _ => rolled_up(question, kind, account.days.get(kind).unwrap_or(&BTreeMap::new())),
        }
    }

    fn reconciled(&self, question: &Question, kind: &str, points: &[Value]) -> Told {
        let field = match kind {
            "weight" => "weight.sample_time.physical_time",
            "body-fat" => "body_fat.sample_time.physical_time",
            "sleep" => "sleep.interval.end_time",
            "exercise" => "exercise.interval.civil_start_time",
            _ => return bad("no such list"),
        };
        let Some((from, to)) = question.asked("filter").and_then(|filter| ends(filter, field)) else {
            return bad("the filter has not both ends of the right field");
        };
        let most = if matches!(kind, "sleep" | "exercise") { 25 } else { 10_000 };
        let size = question.asked("pageSize").map_or(25, |size| size.parse::<usize>().unwrap()).min(most);
        let page = match question.asked("pageToken") {
            None => 0,
            Some(token) => match token.strip_prefix("page & ").and_then(|page| page.parse::<usize>().ok()) {
                Some(page) => page,
                None => return bad("no such page"),
            },
        };
        // What has no time is in every list, for tests of what is made of it.
        let within = |point: &&Value| time(point, kind).is_none_or(|time| from <= time && time < to);
        let all: Vec<_> = points.iter().filter(within).collect();
        let start = page.saturating_sub(self.empty_pages) * size;
        let shown =
            if page < self.empty_pages { &[][..] } else { &all[start.min(all.len())..(start + size).min(all.len())] };
        let is_last = page >= self.empty_pages && start + size >= all.len();
        let mut body = json!({});
        if !shown.is_empty() {
            body["dataPoints"] = json!(shown);
        }
        if !is_last {
            body["nextPageToken"] = format!("page & {}", page + 1).into();
        }
        Told::json(200, body)
    }
}

fn identity(id: &str) -> Told {
    Told::json(200, json!({"name": format!("users/{id}/identity"), "healthUserId": id, "legacyUserId": "1A2B3"}))
}

/// The ends of a filter on this field.
fn ends(filter: &str, field: &str) -> Option<(String, String)> {
    let (from, to) = filter.split_once(" AND ")?;
    let from = from.strip_prefix(&format!("{field} >= \""))?.strip_suffix('"')?;
    let to = to.strip_prefix(&format!("{field} < \""))?.strip_suffix('"')?;
    let is_civil = field.contains("civil");
    let shaped = |end: &str| (end.len() == 10) == is_civil && end.ends_with('Z') != is_civil;
    (shaped(from) && shaped(to)).then(|| (from.to_owned(), to.to_owned()))
}

/// By which a list is filtered, as text that sorts.
fn time(point: &Value, kind: &str) -> Option<String> {
    let pointer = match kind {
        "weight" => "/weight/sampleTime/physicalTime",
        "body-fat" => "/bodyFat/sampleTime/physicalTime",
        "sleep" => "/sleep/interval/endTime",
        _ => return Some(day(point.pointer("/exercise/interval/civilStartTime")?)?.to_string()),
    };
    Some(point.pointer(pointer)?.as_str()?.to_owned())
}

/// The day of a civil time; a number with zeros before it, or text, is none.
fn day(civil: &Value) -> Option<Date> {
    let part = |name: &str| civil["date"][name].as_i64();
    Date::new(part("year")? as i16, part("month")? as i8, part("day")? as i8).ok()
}

/// A day as a civil time, whose zero parts are left out.
fn civil(day: Date) -> Value {
    json!({"date": {"year": day.year(), "month": day.month(), "day": day.day()}, "time": {}})
}

fn rolled_up(question: &Question, kind: &str, days: &BTreeMap<Date, Value>) -> Told {
    let (field, most) = match kind {
        "steps" => ("steps", 90),
        "sedentary-period" => ("sedentaryPeriod", 90),
        "total-calories" => ("totalCalories", 14),
        "active-minutes" => ("activeMinutes", 14),
        _ => return bad("no such roll-up"),
    };
    let body: Value = serde_json::from_str(&question.body).unwrap_or_default();
    let (Some(from), Some(to)) = (day(&body["range"]["start"]), day(&body["range"]["end"])) else {
        return bad("a day is none");
    };
    if from >= to || from.saturating_add(most.days()) < to {
        return bad("the range is empty, or too long");
    }
    // Half of the days a page, so that there are always two.
    let (middle, second) = (from.saturating_add((most / 2).days()), body["pageToken"] == "second");
    let (first, last) = if second { (middle, to) } else { (from, to.min(middle)) };
    let point = |(day, value): (&Date, &Value)| {
        json!({
            "civilStartTime": civil(*day),
            "civilEndTime": civil(day.tomorrow().unwrap()),
            field: value,
        })
    };
    let mut points: Vec<_> = days.range(first..last.max(first)).map(point).collect();
    points.reverse();
    let mut body = json!({"rollupDataPoints": points});
    if !second && middle < to {
        body["nextPageToken"] = "second".into();
    }
    Told::json(200, body)
}
