//! The real program, killed and stopped while it syncs.

use std::time::Duration;

use jiff::civil::date;
use ocariot_users::model::Clock;
use reqwest::blocking::Client;
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::Server;
use crate::stand_ins::{CLIENT_ID, CLIENT_SECRET, Encryption, FitbitStandIn, Tokens, Trouble};
use crate::support::{ADMIN, PASSWORD, child};

pub const ACCOUNT: &str = "1A2B3";
/// More than are written at once.
const ACTIVITIES: u64 = 100;

/// A service whose account has a year of everything.
pub fn stand_in(encryption: Encryption) -> FitbitStandIn {
    // The program tells the time itself.
    let today = jiff::tz::TimeZone::UTC.to_datetime(Clock::system().now()).date();
    let stand_in = FitbitStandIn::start(encryption, today);
    stand_in.consent(ACCOUNT, "");
    stand_in.change(ACCOUNT, |account| {
        let walk = |n: u64| {
            json!({"logId": n, "activityName": "Walk", "startTime": format!("2026-02-01T10:{:02}:{:02}.000", n / 60, n % 60),
                "duration": 1000, "calories": 1})
        };
        account.activities = (0..ACTIVITIES).map(walk).collect();
        account.trackers.insert("steps".to_owned(), [(date(2026, 6, 1), 1234)].into());
    });
    stand_in
}

pub fn settings(url: &str) -> Vec<String> {
    let service = ["--wearable-provider", "fitbit", "--wearable-url", url, "--fitbit-client-id", CLIENT_ID];
    let rest = ["--fitbit-client-secret", CLIENT_SECRET, "--plain-http", "--admin-password", ADMIN.1];
    service.iter().chain(&rest).map(|text| (*text).to_owned()).collect()
}

fn start(folder: TempDir, stand_in: &FitbitStandIn) -> Server {
    let settings = settings(&stand_in.url());
    Server::start_in(folder, &settings.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A child that logs in and syncs itself.
pub struct Wearer {
    http: Client,
    id: String,
    token: String,
}

impl Wearer {
    pub fn of(server: &Server) -> Self {
        let http = Client::new();
        let post = |token: &str, path: &str, body: Value| -> Value {
            let reply = http.post(format!("{}/{path}", server.url)).bearer_auth(token).json(&body).send().unwrap();
            assert!(reply.status().is_success(), "{path}: {reply:?}");
            reply.json().unwrap()
        };
        let login = |name: &str, password: &str| {
            let body = json!({"username": name, "password": password});
            post("", "auth", body)["access_token"].as_str().unwrap().to_owned()
        };
        let admin = login(ADMIN.0, ADMIN.1);
        let school = post(&admin, "institutions", json!({"name": "A", "type": "School"}));
        let made = post(&admin, "children", child("BR0001", school["id"].as_str().unwrap()));
        let token = login("BR0001", PASSWORD);
        Self { http, id: made["id"].as_str().unwrap().to_owned(), token }
    }

    pub fn ask(&self, server: &Server, method: reqwest::Method, rest: &str) -> reqwest::blocking::RequestBuilder {
        let url = format!("{}/users/{}/fitbit/{rest}", server.url, self.id);
        self.http.request(method, url).bearer_auth(&self.token).timeout(Duration::from_secs(60))
    }

    fn submit(&self, server: &Server, tokens: &Tokens) {
        let body = json!({"access_token": tokens.access, "refresh_token": tokens.refresh});
        let reply = self.ask(server, reqwest::Method::POST, "auth").json(&body).send().unwrap();
        assert_eq!(reply.status(), 204);
    }

    pub fn sync(&self, server: &Server) -> Result<(u16, Value), reqwest::Error> {
        let reply = self.ask(server, reqwest::Method::POST, "sync").send()?;
        Ok((reply.status().as_u16(), reply.json()?))
    }

    pub fn refresh_token(&self, server: &Server) -> Value {
        let shown: Value = self.ask(server, reqwest::Method::GET, "auth").send().unwrap().json().unwrap();
        shown["refresh_token"].clone()
    }
}

fn rows(server: &Server, table: &str) -> u64 {
    let database = rusqlite::Connection::open(server.folder().join("data/ocariot.db")).unwrap();
    database.busy_timeout(Duration::from_secs(5)).unwrap();
    database.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
}

#[test]
fn a_sync_that_is_killed_anywhere_leaves_whole_parts_and_the_next_one_goes_on() {
    let stand_in = stand_in(Encryption::None);
    let mut server = start(tempfile::tempdir().unwrap(), &stand_in);
    let wearer = Wearer::of(&server);
    let mut random = fastrand::Rng::with_seed(16);
    let mut partly = 0;
    for turn in 0..4 {
        wearer.submit(&server, &stand_in.consent(ACCOUNT, "ract"));
        let before = rows(&server, "physical_activity");
        std::thread::scope(|scope| {
            scope.spawn(|| wearer.sync(&server));
            // Once all is asked, it is written.
            while stand_in.count("/activities/tracker/") < 6 * (turn + 1) {
                std::thread::sleep(Duration::from_micros(200));
            }
            std::thread::sleep(Duration::from_micros(random.u64(0..40_000)));
            server.signal(Signal::KILL);
        });
        server = start(server.kill(), &stand_in);
        let after = rows(&server, "physical_activity");
        partly += usize::from(after > before && after < ACTIVITIES);
        assert_eq!(rows(&server, "wearable_seen"), after, "each with its id: {partly}");
    }
    let (status, counts) = wearer.sync(&server).unwrap();
    assert_eq!(status, 200, "{counts}");
    assert_eq!((rows(&server, "physical_activity"), rows(&server, "wearable_seen")), (ACTIVITIES, ACTIVITIES));
    let (status, counts) = wearer.sync(&server).unwrap();
    assert_eq!((status, &counts["activities"]), (200, &json!(0)));
}

#[test]
fn a_stop_waits_for_new_tokens_and_they_are_there_after_it() {
    let stand_in = stand_in(Encryption::None);
    let server = start(tempfile::tempdir().unwrap(), &stand_in);
    let wearer = Wearer::of(&server);
    let first = stand_in.consent(ACCOUNT, "ract");
    wearer.submit(&server, &first);
    stand_in.end_access();
    stand_in.trouble("/oauth2/token", Trouble::Late(Duration::from_millis(700)));
    std::thread::scope(|scope| {
        let syncing = scope.spawn(|| wearer.sync(&server));
        while stand_in.knows(&first.refresh) {
            std::thread::sleep(Duration::from_millis(1));
        }
        server.terminate();
        if let Ok((status, _)) = syncing.join().unwrap() {
            assert_eq!(status, 503);
        }
    });
    stand_in.heal();
    let server = start(server.ended(), &stand_in);
    assert_ne!(wearer.refresh_token(&server), json!(first.refresh));
    assert_eq!(wearer.sync(&server).unwrap().0, 200);
    assert_eq!(stand_in.count("/oauth2/token"), 1);
}

#[test]
fn a_service_that_cannot_be_asked_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let given =
        ["--fitbit-client-id", "x", "--fitbit-client-secret", "y", "--wearable-provider", "fitbit", "--wearable-url"];
    for (url, words) in [("http://bridge.example", "begin it with https://"), ("bridge", "is no address")] {
        let output = super::program(folder.path(), &[&given[..], &[url]].concat()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && error.contains("--wearable-url") && error.contains(words), "{error}");
    }
    assert!(!folder.path().join("data").exists());
}
