//! `backup verify --drill`: a backup is brought to life elsewhere, and nothing of it is left.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::archives::repacked;
use super::backup::Past;
use super::operator::{refused, verb};

#[test]
fn a_drill_brings_a_backup_to_life_and_leaves_nothing() {
    let past = Past::new();
    let temporary = tempfile::tempdir().unwrap();
    let before = (fs::read(past.data().join("ocariot.db")).unwrap(), fs::read_dir(past.data()).unwrap().count());
    let run = |arguments: &[&str], settings: &[(&str, &str)]| {
        let mut command = super::ocariot(past.path(), &[&["backup", "verify"], arguments].concat());
        command.env("TMPDIR", temporary.path()).envs(settings.iter().copied()).output().unwrap()
    };
    let file = past.backup.to_str().unwrap();
    // What this process is set to is nothing to the service of the drill.
    let unlike = [("OCARIOT_BACKUP_SCHEDULE", "1m"), ("OCARIOT_BACKUP_WITHOUT_KEYS", "true"), ("PORT_HTTP", "1")];
    let output = run(&[file, "--drill", "--json", "--passphrase-file", "passphrase"], &[unlike[2]]);
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&told["keys_opened"], &told["drill"]["logged_in"]), (&true.into(), &true.into()));
    let rows = told["drill"]["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    for row in rows {
        assert_eq!(
            (&row["found"], &row["expected"]),
            (&told["manifest"]["rows"][row["table"].as_str().unwrap()], &row["found"])
        );
    }
    // Without its keys, with the key of the data folder.
    let output = run(&[file, "--drill", "--without-keys", "--passphrase-file", "passphrase"], &unlike);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("The drill went well") && text.contains("members of groups"),
        "{text}"
    );
    assert_eq!(fs::read_dir(temporary.path()).unwrap().count(), 0, "nothing is left");
    // When it went well is noted beside the backup, where the service finds it.
    let noted = fs::read_to_string(past.backup.with_file_name("last-drill")).unwrap();
    assert!(noted.trim().parse::<jiff::Timestamp>().is_ok(), "{noted}");
    assert!(before.0 == fs::read(past.data().join("ocariot.db")).unwrap());
    assert_eq!(fs::read_dir(past.data()).unwrap().count(), before.1);
}

#[test]
fn a_drill_that_is_ended_leaves_nothing() {
    let past = Past::new();
    let temporary = tempfile::tempdir().unwrap();
    let left = || fs::read_dir(temporary.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    // Before, the bytes of the backup are checked in a folder of their own, without keys.
    let restored = || left().iter().any(|folder| folder.join("data").exists());
    let file = past.backup.to_str().unwrap();
    let arguments = ["backup", "verify", file, "--drill", "--passphrase-file", "passphrase"];
    let mut command = super::ocariot(past.path(), &arguments);
    command.env("TMPDIR", temporary.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let drill = command.spawn().unwrap();
    let patience = Instant::now() + Duration::from_secs(60);
    while !restored() && Instant::now() < patience {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(restored(), "the drill has begun");
    kill_process(Pid::from_child(&drill), Signal::TERM).unwrap();
    let output = drill.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && said.contains("was ended: nothing of it is left"), "{output:?}");
    assert!(left().is_empty(), "{:?}", left());
}

#[test]
fn a_backup_that_verifies_and_does_not_come_to_life_fails_its_drill() {
    let past = Past::new();
    let changed =
        repacked(&past.backup, "UPDATE account SET username = zeroblob(32) WHERE id = (SELECT min(id) FROM account)");
    let file = changed.to_str().unwrap();
    assert!(verb(past.path(), &["backup", "verify", file], "").status.success(), "every byte is where it should be");
    refused(
        past.path(),
        &["backup", "verify", file, "--drill"],
        1,
        &["the drill with the backup", "failed", "Make another"],
    );
    fs::remove_file(past.data().join("username.key")).unwrap();
    refused(past.path(), &["backup", "verify", file, "--drill"], 1, &["cannot be read without their key"]);
}
