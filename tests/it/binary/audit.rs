//! `audit list` and `limits`, with the service running and stopped.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use super::operator::{done, log_in, refused, verb};
use super::{Server, ocariot};
use crate::support::{ABSENT, holds};

/// The rows, as a script reads them.
#[track_caller]
fn rows(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = verb(folder, &[&["audit", "list", "--json"], arguments].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_audit_trail_is_listed_alike_with_the_service_running_and_stopped() {
    let server = Server::start(&["--plain-http", "--admin-password", "first"]);
    let made = done(server.folder(), &["admin", "create", "canary-name", "--password-stdin"], "canary-password");
    let id = made["created"]["user"]["id"].as_str().unwrap().to_owned();
    assert_eq!(log_in(&server, "canary-name", "canary-password").status(), 200);
    assert_eq!(log_in(&server, "canary-name", "wrong").status(), 401);
    done(server.folder(), &["user", "unlock", &id], "");

    let running = rows(server.folder(), &[]);
    let words: Vec<_> = running.iter().map(|row| [&row["action"], &row["outcome"], &row["target"]]).collect();
    // What was refused is written down when somebody looks.
    assert_eq!(words[0], [&Value::from("auth_login"), &"failed".into(), &id.as_str().into()]);
    assert_eq!(words[1], [&Value::from("user_unlock"), &"ok".into(), &id.as_str().into()]);
    assert_eq!(words[2], [&Value::from("auth_login"), &"ok".into(), &id.as_str().into()]);
    assert_eq!(words[3], [&Value::from("admin_create"), &"ok".into(), &id.as_str().into()]);
    assert_eq!(running[2]["actor"], id.as_str());
    assert_eq!(rows(server.folder(), &["--actor", &id]), running[2..3]);
    assert_eq!(running[2]["actor_name"], "canary-name");
    assert_eq!(rows(server.folder(), &["--actor", "canary-name"]), running[2..3]);
    assert_eq!(rows(server.folder(), &["--target", &id, "--limit", "2"]), running[..2]);
    assert_eq!(
        rows(server.folder(), &["--target", "canary-name", "--action", "auth_login"]).len(),
        2,
        "failed ones too"
    );
    assert_eq!(log_in(&server, "nobody-of-this-name", "wrong").status(), 401);
    assert_eq!(rows(server.folder(), &["--limit", "1"])[0]["target"], Value::Null);
    let running = rows(server.folder(), &[]);
    assert_eq!(rows(server.folder(), &["--action", "user_unlock,admin_create"]).len(), 2);
    assert_eq!(rows(server.folder(), &["--actor", ABSENT]), [] as [Value; 0]);
    assert_eq!(rows(server.folder(), &["--until", "1d", "--since", "2d"]), [] as [Value; 0]);

    let text = String::from_utf8(verb(server.folder(), &["audit", "list"], "").stdout).unwrap();
    assert!(text.starts_with("Audit trail in ") && text.contains("user_unlock") && text.contains(&id), "{text}");
    assert_eq!(text.lines().count(), 2 + running.len());
    assert!(text.contains(&format!("canary-name ({id})")) && !text.contains("nobody-of-this-name"), "{text}");
    let none = verb(server.folder(), &["audit", "list", "--until", "1d", "--since", "2d"], "");
    assert!(String::from_utf8(none.stdout).unwrap().ends_with("(no such row)\n"));
    refused(server.folder(), &["audit", "list", "--actor", "nobody-of-this-name"], 1, &["no such user"]);
    // The database holds ids alone.
    let stored = std::fs::read(server.folder().join("data/ocariot.db")).unwrap();
    assert!(!holds(&stored, "canary-name"));
    let folder = server.stop();
    assert_eq!(rows(folder.path(), &["--since", "365d"]), running);
}

#[test]
fn a_reader_who_has_seen_enough_ends_the_listing() {
    let folder = Server::start(&["--plain-http"]).stop();
    let database = rusqlite::Connection::open(folder.path().join("data/ocariot.db")).unwrap();
    let copies = "INSERT INTO audit (at, action, outcome, count)
                  WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000)
                  SELECT n, 'child_view', 'ok', 1 FROM n";
    database.execute_batch(copies).unwrap();
    drop(database);
    let mut listing = ocariot(folder.path(), &["audit", "list", "--since", "1970-01-01"]);
    let mut listing = listing.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(listing.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().starts_with("Audit trail in "));
    drop(lines);
    let output = listing.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), b"".as_slice()));
}

#[test]
fn an_audit_listing_that_cannot_be_meant_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, words) in [
        (&["--since", "yesterday"] as &[&str], "2026-11-01"),
        (&["--until", "24"], "24h"),
        (&["--since", "9999999999d"], "too long ago"),
        (&["--action", "child_updat"], "child_update"),
        (&["--limit", "0"], "limit"),
        (&["--limit", "-1"], "-1"),
        (&["--since", "1h", "--until", "2h"], "not after"),
        (&["--since", "2026-11-01", "--until", "2026-11-01"], "not after"),
    ] {
        refused(folder.path(), &[&["audit", "list"], arguments].concat(), 2, &[words]);
    }
    refused(folder.path(), &["audit"], 2, &["audit <COMMAND>"]);
    refused(folder.path(), &["audit", "list"], 1, &["no data folder", "--data-dir"]);
}

#[test]
fn who_is_limited_is_told_while_the_service_runs() {
    let server = Server::start(&["--plain-http", "--rate-limit-account", "2/1h", "--admin-username", "canary-admin"]);
    let none = String::from_utf8(verb(server.folder(), &["limits"], "").stdout).unwrap();
    assert!(none.starts_with("Nobody is limited in "), "{none}");
    for _ in 0..3 {
        log_in(&server, "canary-admin", "wrong");
    }
    let report = done(server.folder(), &["limits"], "");
    let id = done(server.folder(), &["user", "show", "canary-admin"], "")["user"]["id"].clone();
    let limited = report["limited"]["rows"].as_array().unwrap();
    assert_eq!(limited.len(), 1, "{report}");
    assert_eq!((&limited[0]["limit"], &limited[0]["address"]), (&"account".into(), &"127.0.0.1".into()));
    assert_eq!((&limited[0]["users"][0], &report["limited"]["complete"]), (&id, &true.into()));
    let text = String::from_utf8(verb(server.folder(), &["limits"], "").stdout).unwrap();
    assert!(text.contains("127.0.0.1") && text.contains(id.as_str().unwrap()) && !text.contains("canary"), "{text}");
    let folder = server.stop();
    for arguments in [&["limits"] as &[&str], &["user", "unlock", "canary-admin"]] {
        refused(folder.path(), arguments, 1, &["no service runs", "nobody is limited"]);
    }
}
