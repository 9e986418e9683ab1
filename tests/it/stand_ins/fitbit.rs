//! A stand-in for Fitbit's old form, as a bridge would speak it.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{CLIENT_ID, CLIENT_SECRET, Encryption, Question, StandIn, Tokens, Told};

/// When tokens end unless something else is said: in 2100.
const LATE: i64 = 4_102_444_800;
/// The most days that one question for weights may span.
const MOST_DAYS: i64 = 31;

/// The stand-in. Dereferences to its server.
pub struct FitbitStandIn {
    server: StandIn,
    state: Arc<Mutex<State>>,
}

/// What an account has.
#[derive(Default, Clone)]
pub struct FitbitAccount {
    /// As its lists have them, in any order.
    pub weights: Vec<Value>,
    pub sleep: Vec<Value>,
    pub activities: Vec<Value>,
    /// By the name in a path, such as `minutesSedentary`; a day that is not there has 0.
    pub trackers: BTreeMap<String, BTreeMap<Date, u64>>,
}

#[derive(Default)]
struct State {
    accounts: BTreeMap<String, FitbitAccount>,
    /// Account and scopes of each access token that is good.
    access: BTreeMap<String, (String, String)>,
    /// Access tokens that were good once.
    over: Vec<String>,
    /// Account and scopes of each refresh token that was not used.
    refresh: BTreeMap<String, (String, String)>,
    ends: i64,
    made: usize,
    today: Date,
}

impl Deref for FitbitStandIn {
    type Target = StandIn;

    fn deref(&self) -> &StandIn {
        &self.server
    }
}

impl FitbitStandIn {
    /// Starts one for which it is this day.
    pub fn start(encryption: Encryption, today: Date) -> Self {
        let state = Arc::new(Mutex::new(State { ends: LATE, today, ..State::default() }));
        let answering = Arc::clone(&state);
        let server = StandIn::start(encryption, move |question| answering.lock().unwrap().answer(question));
        Self { server, state }
    }

    /// Consents: gives tokens for an account, which is made if there is none. Scopes have blanks between.
    pub fn consent(&self, account: &str, scopes: &str) -> Tokens {
        let mut state = self.state.lock().unwrap();
        state.accounts.entry(account.to_owned()).or_default();
        state.tokens(account, scopes)
    }

    /// When tokens that are made from now on end, in seconds.
    pub fn set_ends(&self, ends: i64) {
        self.state.lock().unwrap().ends = ends;
    }

    /// Changes what an account has.
    pub fn change(&self, account: &str, change: impl FnOnce(&mut FitbitAccount)) {
        change(self.state.lock().unwrap().accounts.get_mut(account).unwrap());
    }

    /// Lets all access tokens be over; refresh tokens stay good.
    pub fn end_access(&self) {
        let mut state = self.state.lock().unwrap();
        let over = std::mem::take(&mut state.access);
        state.over.extend(over.into_keys());
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

fn refusal(status: u16, kind: &str, message: &str) -> Told {
    Told::json(status, json!({"errors": [{"errorType": kind, "message": message}], "success": false}))
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok().filter(|_| text.len() == 10)
}

impl State {
    fn tokens(&mut self, account: &str, scopes: &str) -> Tokens {
        self.made += 1;
        let claims = json!({"sub": account, "scopes": scopes, "exp": self.ends, "iat": self.made, "aud": CLIENT_ID});
        let encoded = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let access = format!("{}.{}.c2lnbmVk", encoded(&json!({"alg": "HS256"})), encoded(&claims));
        let refresh = format!("{:064x}", self.made);
        self.access.insert(access.clone(), (account.to_owned(), scopes.to_owned()));
        self.refresh.insert(refresh.clone(), (account.to_owned(), scopes.to_owned()));
        Tokens { access, refresh }
    }

    fn answer(&mut self, question: &Question) -> Told {
        if question.header("accept-language").is_some() {
            return refusal(400, "validation", "units of a country would be said");
        }
        match (question.method.as_str(), question.path.as_str()) {
            ("POST", "/1.1/oauth2/introspect") => self.introspect(question),
            ("POST", "/oauth2/token") => self.refreshed(question),
            ("POST", "/oauth2/revoke") => self.revoke(question),
            ("GET", path) => match path.strip_prefix("/1.2/user/-/") {
                Some(path) => self.data(question, path),
                None => refusal(404, "not_found", "no such path"),
            },
            _ => refusal(404, "not_found", "no such path"),
        }
    }

    fn is_client(question: &Question) -> bool {
        let expected = format!("Basic {}", STANDARD.encode(format!("{CLIENT_ID}:{CLIENT_SECRET}")));
        question.header("authorization") == Some(&expected)
    }

    fn introspect(&self, question: &Question) -> Told {
        let token = question.form("token").unwrap_or_default();
        if question.bearer() != Some(&token) {
            return refusal(401, "invalid_token", "Access token invalid");
        }
        Told::json(200, json!({"active": self.access.contains_key(&token), "token_type": "access_token"}))
    }

    fn refreshed(&mut self, question: &Question) -> Told {
        if !Self::is_client(question) {
            return refusal(401, "invalid_client", "Invalid authorization header");
        }
        let token = question.form("refresh_token").unwrap_or_default();
        match self.refresh.remove(&token) {
            Some((account, scopes)) if question.form("grant_type").as_deref() == Some("refresh_token") => {
                self.access.retain(|_, (owner, _)| *owner != account);
                let tokens = self.tokens(&account, &scopes);
                let body = json!({
                    "access_token": tokens.access,
                    "expires_in": 28800,
                    "refresh_token": tokens.refresh,
                    "scope": "activity sleep weight",
                    "token_type": "Bearer",
                    "user_id": account,
                });
                Told::json(200, body)
            }
            _ => refusal(400, "invalid_grant", &format!("Refresh token invalid: {token}")),
        }
    }

    fn revoke(&mut self, question: &Question) -> Told {
        let token = question.form("token").unwrap_or_default();
        if !Self::is_client(question) || question.form("token_type_hint").as_deref() != Some("access_token") {
            return refusal(401, "invalid_client", "Invalid authorization header");
        }
        if let Some((account, _)) = self.access.remove(&token) {
            self.refresh.retain(|_, (owner, _)| *owner != account);
        }
        Told::json(200, json!({}))
    }

    fn data(&self, question: &Question, path: &str) -> Told {
        let token = question.bearer().unwrap_or_default();
        let Some((account, scopes)) = self.access.get(token) else {
            return match self.over.iter().any(|over| over == token) {
                true => refusal(401, "expired_token", &format!("Access token expired: {token}")),
                false => refusal(401, "invalid_token", &format!("Access token invalid: {token}")),
            };
        };
        let scope = match path {
            _ if path.starts_with("body/") => "rwei",
            _ if path.starts_with("sleep/") => "rsle",
            _ => "ract",
        };
        if !scopes.split(' ').any(|known| known == scope) {
            return refusal(403, "insufficient_scope", "This application does not have permission.");
        }
        let account = &self.accounts[account];
        let parts: Vec<_> = path.split('/').collect();
        match parts.as_slice() {
            ["body", "log", "weight", "date", from, to] => weights(account, from, to),
            ["sleep", "list.json"] => newest("sleep", &account.sleep, question),
            ["activities", "list.json"] => newest("activities", &account.activities, question),
            ["activities", "tracker", kind, "date", from, "today.json"] => self.days(account, kind, from),
            _ => refusal(404, "not_found", "no such path"),
        }
    }

    fn days(&self, account: &FitbitAccount, kind: &str, from: &str) -> Told {
        const KINDS: [&str; 6] = [
            "steps",
            "calories",
            "minutesSedentary",
            "minutesLightlyActive",
            "minutesFairlyActive",
            "minutesVeryActive",
        ];
        let Some(from) = day(from).filter(|_| KINDS.contains(&kind)) else {
            return refusal(400, "validation", "no such log, or day");
        };
        let known = account.trackers.get(kind);
        let days = std::iter::successors(Some(from), |day| day.tomorrow().ok()).take_while(|day| *day <= self.today);
        let value = |day: Date| known.and_then(|known| known.get(&day)).copied().unwrap_or_default().to_string();
        let days: Vec<_> = days.map(|day| json!({"dateTime": day.to_string(), "value": value(day)})).collect();
        Told::json(200, json!({format!("activities-tracker-{kind}"): days}))
    }
}

fn weights(account: &FitbitAccount, from: &str, to: &str) -> Told {
    let (Some(from), Some(to)) = (day(from), to.strip_suffix(".json").and_then(day)) else {
        return refusal(400, "validation", "no such days");
    };
    if from > to || from.saturating_add(MOST_DAYS.days()) <= to {
        return refusal(400, "validation", "more than 31 days");
    }
    let within = |weight: &&Value| {
        let date = day(weight["date"].as_str().unwrap()).unwrap();
        (from..=to).contains(&date)
    };
    Told::json(200, json!({"weight": account.weights.iter().filter(within).collect::<Vec<_>>()}))
}

fn newest(name: &str, all: &[Value], question: &Question) -> Told {
    let asked = ["beforeDate", "sort", "offset", "limit"].map(|name| question.asked(name));
    let [Some(before), Some("desc"), Some("0"), Some(limit)] = asked else {
        return refusal(400, "validation", "no such part of the list");
    };
    let limit = limit.parse::<usize>().unwrap();
    if limit > 100 || day(before).is_none() {
        return refusal(400, "validation", "too many, or no day");
    }
    let start = |item: &Value| item["startTime"].as_str().unwrap_or_default().to_owned();
    let mut items: Vec<_> = all.iter().filter(|item| start(item).as_str() < before).collect();
    items.sort_by_key(|item| std::cmp::Reverse(start(item)));
    items.truncate(limit);
    Told::json(200, json!({name: items, "pagination": {"limit": limit, "offset": 0, "next": "", "previous": ""}}))
}
