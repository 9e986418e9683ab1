//! Starts that are refused: an exit code, one sentence that names the thing and the remedy, and nothing changed.

use std::collections::BTreeMap;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::Command;

use super::{Server, program_under, refused_by};

/// Content and mode of every file of the data folder; nothing if there is no such folder.
pub fn snapshot(folder: &Path) -> BTreeMap<String, (Vec<u8>, u32)> {
    let Ok(entries) = fs::read_dir(folder.join("data")) else { return BTreeMap::new() };
    entries
        .map(Result::unwrap)
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| {
            let mode = entry.metadata().unwrap().mode() & 0o777;
            (entry.file_name().into_string().unwrap(), (fs::read(entry.path()).unwrap(), mode))
        })
        .collect()
}

#[track_caller]
fn refused(folder: &Path, start: Command, words: &[&str]) {
    let before = (folder.join("data").exists(), snapshot(folder));
    let output = refused_by(start);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.trim_end().lines().count(), 1, "one sentence: {error}");
    words.iter().for_each(|word| assert!(error.contains(word), "{word} in: {error}"));
    let after = (folder.join("data").exists(), snapshot(folder));
    assert_eq!(before.1.keys().collect::<Vec<_>>(), after.1.keys().collect::<Vec<_>>());
    assert!(before == after, "nothing in the data folder changed");
}

/// A folder with the data of a service that was stopped.
fn stopped() -> tempfile::TempDir {
    Server::start(&[]).stop()
}

#[track_caller]
fn refused_unchanged(folder: &Path, arguments: &[&str], words: &[&str]) {
    refused(folder, program_under(&["timeout", "120"], folder, arguments), words);
}

#[test]
fn a_second_server_on_the_same_folder_is_refused_by_name() {
    let server = Server::start(&[]);
    refused_unchanged(server.folder(), &[], &["data", "is in use"]);
}

#[test]
fn a_key_that_others_can_read_is_refused() {
    let folder = stopped();
    let key = folder.path().join("data/jwt.key");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    refused_unchanged(folder.path(), &[], &["jwt.key", "chmod 600"]);
}

#[test]
fn a_file_that_is_no_key_is_refused() {
    let folder = stopped();
    fs::write(folder.path().join("data/jwt.key"), "not a key\n").unwrap();
    refused_unchanged(folder.path(), &[], &["jwt.key"]);
}

#[test]
fn a_port_in_use_is_refused_before_there_is_a_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, port) = (taken.local_addr().unwrap().to_string(), taken.local_addr().unwrap().port().to_string());
    for (arguments, flag) in [
        (vec!["--port-https", &port], "--port-https"),
        (vec!["--port-http", &port], "--port-http"),
        (vec!["--plain-http", "--port-http", &port], "--port-http"),
    ] {
        refused_unchanged(folder.path(), &arguments, &[&address, "is in use", "another port", flag]);
    }
}

/// The start as somebody without rights.
fn as_nobody(folder: &Path) -> Command {
    // Where the program was built may be closed to others.
    let copy = folder.join("ocariot-users");
    fs::copy(env!("CARGO_BIN_EXE_ocariot-users"), &copy).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let rights: &[&str] = if rustix::process::geteuid().is_root() { &nobody } else { &[] };
    let copied = ["sh", "-c", "shift; exec ./ocariot-users \"$@\"", "sh"];
    program_under(&[&["timeout", "120"], rights, &copied].concat(), folder, &[])
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let start = as_nobody(folder.path());
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    refused(folder.path(), start, &["data cannot be used", "writable", "--data-dir"]);

    let folder = tempfile::tempdir().unwrap();
    let start = as_nobody(folder.path());
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o555)).unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    refused(folder.path(), start, &["data cannot be used", "writable", "--data-dir"]);
    assert_eq!(fs::metadata(&data).unwrap().mode() & 0o777, 0o555);
}

#[test]
fn a_certificate_that_does_not_fit_its_key_is_refused() {
    let folder = stopped();
    let data = folder.path().join("data");
    let other = rcgen::KeyPair::generate().unwrap().serialize_pem();
    fs::write(data.join("other.key"), &other).unwrap();
    fs::set_permissions(data.join("other.key"), fs::Permissions::from_mode(0o600)).unwrap();
    let given = ["--tls-cert", "data/tls.crt", "--tls-key", "data/other.key"];
    refused_unchanged(folder.path(), &given, &["data/tls.crt does not fit", "data/other.key", "made together"]);
    fs::write(data.join("tls.key"), &other).unwrap();
    refused_unchanged(folder.path(), &[], &["data/tls.crt does not fit", "data/tls.key", "run `rm data/tls.crt`"]);
}

#[test]
fn a_username_key_that_is_missing_or_another_is_refused() {
    let folder = Server::start(&["--plain-http"]).stop();
    let key = folder.path().join("data/username.key");
    fs::write(&key, "00".repeat(64)).unwrap();
    // Over TLS, where a certificate would have to be made.
    refused_unchanged(folder.path(), &[], &["username key does not fit", "data/ocariot.db", "start with the key"]);
    fs::write(&key, "no key").unwrap();
    refused_unchanged(
        folder.path(),
        &[],
        &["data/username.key is not 128 hex digits", "`ocariot-users restore FILE --data-dir data`"],
    );
    fs::remove_file(&key).unwrap();
    refused_unchanged(folder.path(), &[], &["username key data/username.key is missing", "restore", "backup"]);
    let mut program = program_under(&["timeout", "120"], folder.path(), &[]);
    program.env("OCARIOT_USERNAME_PASSPHRASE", "open sesame");
    refused(folder.path(), program, &["username key does not fit", "data/ocariot.db"]);
}

#[test]
fn a_database_from_the_future_is_refused() {
    let folder = stopped();
    let database = rusqlite::Connection::open(folder.path().join("data/ocariot.db")).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    refused_unchanged(folder.path(), &[], &["data/ocariot.db has schema 999", "newer ocariot-users", "backup"]);
}

#[test]
fn a_file_that_is_no_database_of_ours_is_refused() {
    let folder = stopped();
    let path = folder.path().join("data/ocariot.db");
    fs::write(&path, "this is no database, however long one looks at it".repeat(100)).unwrap();
    refused_unchanged(folder.path(), &[], &["data/ocariot.db cannot be used", "backup"]);
    fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE recipe (name TEXT)").unwrap();
    refused_unchanged(folder.path(), &[], &["not a database of ocariot-users", "data/ocariot.db"]);
}
