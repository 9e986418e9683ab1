//! `/metrics`.

use reqwest::blocking::Client;

use super::Server;
use crate::support::ADMIN;

/// The figures: name and labels, and the value.
fn figures(client: &Client, server: &Server) -> Vec<(String, f64)> {
    let reply = client.get(server.metrics()).send().unwrap();
    assert!(reply.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    let text = reply.text().unwrap();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

fn value(figures: &[(String, f64)], name: &str) -> Option<f64> {
    figures.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
}

fn requests(method: &str, route: &str, status: u16) -> String {
    format!("ocariot_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}}")
}

#[test]
fn metrics_count_requests_by_route_and_tell_sizes_and_readiness() {
    let server = Server::start(&["--metrics-bind", "127.0.0.1:0", "--plain-http", "--admin-password", ADMIN.1]);
    let client = Client::new();
    let log_in = |password: &str| {
        let body = serde_json::json!({"username": ADMIN.0, "password": password});
        client.post(format!("{}/auth", server.url)).json(&body).send().unwrap().status().as_u16()
    };
    assert_eq!((log_in(ADMIN.1), log_in("wrong"), log_in("wrong")), (200, 401, 401));
    let figures = figures(&client, &server);
    assert_eq!(value(&figures, &requests("POST", "/v1/auth", 200)), Some(1.0), "{figures:?}");
    assert_eq!(value(&figures, &requests("POST", "/v1/auth", 401)), Some(2.0));
    let count = "ocariot_http_request_duration_seconds_count{method=\"POST\",route=\"/v1/auth\"}";
    assert_eq!(value(&figures, count), Some(3.0));
    assert_eq!(value(&figures, "ocariot_ready"), Some(1.0));
    for queue in ["ocariot_hash_queue_length", "ocariot_write_queue_length"] {
        assert_eq!(value(&figures, queue), Some(0.0));
    }
    for size in ["ocariot_database_size_bytes", "ocariot_journal_size_bytes"] {
        assert!(value(&figures, size) >= Some(4096.0), "{size}");
    }
}

#[test]
fn what_a_client_makes_up_makes_no_series() {
    let server = Server::start(&["--metrics-bind", "127.0.0.1:0", "--plain-http"]);
    let client = Client::new();
    let before = figures(&client, &server).len();
    for number in 0..50 {
        let method = reqwest::Method::from_bytes(format!("M{number}").as_bytes()).unwrap();
        assert_eq!(client.request(method, format!("{}/made/up/{number}", server.url)).send().unwrap().status(), 404);
    }
    let figures = figures(&client, &server);
    assert_eq!(value(&figures, &requests("other", "-", 404)), Some(50.0), "{figures:?}");
    assert!(figures.len() <= before + 16, "{figures:?}");
}

#[test]
fn metrics_tell_when_the_certificate_ends_and_are_off_unless_asked_for() {
    let server = Server::start(&["--metrics-bind", "127.0.0.1:0"]);
    let figures = figures(&Client::new(), &server);
    assert!(value(&figures, "ocariot_certificate_expiry_timestamp_seconds") > Some(1.7e9));
    assert!(value(&figures, "ocariot_certificate_start_timestamp_seconds") > Some(1.7e9));
    assert!(!Server::start(&[]).notice.contains("Metrics"));
}

#[test]
fn the_dashboard_asks_for_figures_and_labels_that_there_are() {
    let server = Server::start(&["--metrics-bind", "127.0.0.1:0"]);
    let client = Client::builder().danger_accept_invalid_certs(true).build().unwrap();
    assert_eq!(client.post(format!("{}/auth", server.url)).body("{}").send().unwrap().status(), 400);
    let known = figures(&client, &server);
    let names: Vec<_> = known.iter().map(|(name, _)| name.split('{').next().unwrap()).collect();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging/grafana-dashboard.json");
    let dashboard: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let queries = panels.iter().flat_map(|panel| panel["targets"].as_array().unwrap());
    let mut asked = std::collections::BTreeSet::new();
    for query in queries.map(|target| target["expr"].as_str().unwrap()) {
        let words = query.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        asked.extend(words.filter(|word| word.starts_with("ocariot_")).map(ToOwned::to_owned));
    }
    let unknown: Vec<_> = asked.iter().filter(|name| !names.contains(&name.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?} of {names:?}");
    assert!(asked.len() >= 8, "{asked:?}");
    let text = dashboard.to_string();
    for label in ["method", "route", "status"] {
        assert!(known.iter().any(|(name, _)| name.contains(&format!("{label}=\""))) && text.contains(label), "{label}");
    }
}

/// Asks until a figure is as expected; only a service that hangs makes it give up.
fn eventually(server: &Server, name: &str, expected: impl Fn(f64) -> bool) {
    let client = Client::new();
    for _ in 0..1200 {
        if value(&figures(&client, server), name).is_some_and(&expected) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    panic!("{name} does not become as expected: {:?}", value(&figures(&client, server), name));
}

const LAST: &str = "ocariot_last_backup_timestamp_seconds";
const FAILURES: &str = "ocariot_backup_failures_total";

#[test]
fn metrics_tell_of_the_last_backup_and_of_those_that_failed() {
    let schedule = ["--metrics-bind", "127.0.0.1:0", "--backup-schedule", "24h", "--backup-readable-by-anybody"];
    let server = Server::start(&schedule);
    eventually(&server, LAST, |time| time > 1.7e9);
    assert_eq!(value(&figures(&Client::new(), &server), FAILURES), Some(0.0));
    let server = Server::start(&[&schedule[..], &["--backup-dir", "not-mounted"]].concat());
    eventually(&server, FAILURES, |count| count == 1.0);
    assert_eq!(value(&figures(&Client::new(), &server), LAST), Some(0.0));
}

#[test]
fn metrics_tell_the_end_of_a_certificate_that_replaced_another() {
    let folder = tempfile::tempdir().unwrap();
    let make = |year| {
        let mut parameters = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        parameters.not_after = rcgen::date_time_ymd(year, 1, 1);
        let key = rcgen::KeyPair::generate().unwrap();
        std::fs::write(folder.path().join("own.key"), key.serialize_pem()).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(folder.path().join("own.key"), private).unwrap();
        std::fs::write(folder.path().join("own.crt"), parameters.self_signed(&key).unwrap().pem()).unwrap();
    };
    make(2090);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (certificate, key) = (path("own.crt"), path("own.key"));
    let server = Server::start(&["--metrics-bind", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key]);
    let name = "ocariot_certificate_expiry_timestamp_seconds";
    // 2090-01-01 and 2091-01-01.
    eventually(&server, name, |end| end == 3_786_912_000.0);
    make(2091);
    eventually(&server, name, |end| end == 3_818_448_000.0);
}
