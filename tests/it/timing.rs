//! Whether the time of a log-in that fails tells that the name exists: Welch's t-test on the running program.
//!
//! `cargo test` asks few times, with cheap hashes, and only compares what is answered: time decides no test. For
//! figures, with hashes as costly as everybody's, on a machine that does nothing else: `TIMING_NAMES=2000 cargo test --release --locked --test it timing -- --nocapture`.

use std::process::Command;
use std::time::Instant;

use reqwest::blocking::Client;
use serde_json::{Value, json};

use crate::binary::Server;

const ADMIN: &str = "the admin's password";

/// The program, computing one hash at a time, with these settings besides.
fn server(costs: &[&str]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let mut program = Command::new(env!("CARGO_BIN_EXE_ocariot-users"));
    program.current_dir(folder.path()).env_clear().args(["serve", "--plain-http", "--port-http", "0"]);
    program.args(["--hash-threads", "1", "--rate-limit", "off", "--log", "error", "--admin-password", ADMIN]);
    program.args(costs);
    Server::run(program, folder)
}

struct Guesser {
    http: Client,
    url: String,
}

impl Guesser {
    fn post(&self, token: &str, path: &str, body: &Value) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.url)).json(body);
        let reply = if token.is_empty() { request } else { request.bearer_auth(token) }.send().unwrap();
        (reply.status().as_u16(), reply.json().unwrap())
    }

    /// Milliseconds until a wrong password is refused.
    fn guess(&self, name: &str) -> f64 {
        let body = json!({"username": name, "password": "a wrong password"});
        let asked = Instant::now();
        let answer = self.post("", "/auth", &body);
        let time = asked.elapsed().as_secs_f64() * 1000.0;
        assert_eq!(answer, (401, json!({"code": 401, "message": "Invalid username or password!"})));
        time
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / count(values)
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn count(values: &[f64]) -> f64 {
    values.len() as f64
}

/// Of the mean: the variance over the count.
fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count(values) - 1.0) / count(values)
}

fn median(values: &[f64]) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

#[test]
fn a_wrong_password_is_answered_the_same_whether_or_not_the_name_exists() {
    #[expect(clippy::disallowed_methods, reason = "a setting of the test program, not of the service")]
    let given: Option<usize> = std::env::var("TIMING_NAMES").ok().map(|names| names.parse().unwrap());
    let (names, costs): (_, &[&str]) = match given {
        Some(names) => (names, &[]),
        None => (20, &["--hash-memory", "8 KiB", "--hash-iterations", "1"]),
    };
    let server = server(costs);
    let guesser = Guesser { http: Client::new(), url: server.url.clone() };
    let (_, admin) = guesser.post("", "/auth", &json!({"username": "admin", "password": ADMIN}));
    let admin = admin["access_token"].as_str().unwrap();
    let (_, institution) = guesser.post(admin, "/institutions", &json!({"name": "I", "type": "School"}));
    for number in 0..names {
        let body = json!({"username": format!("known{number:06}"), "password": "a password",
            "institution_id": institution["id"], "gender": "female", "age": 8});
        assert_eq!(guesser.post(admin, "/children", &body).0, 201);
    }
    // In turn, so that whatever slows the machine slows both; who goes first takes turns, too.
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..names {
        let mut turn = [(&mut known, format!("known{number:06}")), (&mut unknown, format!("other{number:06}"))];
        if number % 2 == 1 {
            turn.reverse();
        }
        for (times, name) in turn {
            times.push(guesser.guess(&name));
        }
    }
    let medians = (median(&known), median(&unknown));
    let t = (mean(&known) - mean(&unknown)) / (variance(&known) + variance(&unknown)).sqrt();
    let difference = (medians.0 / medians.1 - 1.0) * 100.0;
    #[expect(clippy::print_stdout, reason = "whoever runs it wants the figures")]
    {
        println!("{names} names each: medians {:.3} ms known, {:.3} ms unknown", medians.0, medians.1);
        println!("difference {difference:+.2} %, Welch's t {t:+.2}");
    }
}
