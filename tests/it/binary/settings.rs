//! Settings of the real program: flags, variables, files, and `config show`.

use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::{Value, json};

use super::{Server, ocariot, program};

fn show(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = ocariot(folder, &["config", "show"]);
    command.args(arguments).envs(variables.iter().copied()).output().unwrap()
}

/// What is in force: value and source of a setting.
fn in_force(folder: &Path, arguments: &[&str], variables: &[(&str, &str)], setting: &str) -> (String, String) {
    let output = show(folder, &[&["--json"], arguments].concat(), variables);
    assert!(output.status.success(), "{output:?}");
    let shown: Value = serde_json::from_slice(&output.stdout).unwrap();
    let found = shown.as_array().unwrap().iter().find(|given| given["setting"] == setting).unwrap();
    let text = |key: &str| found[key].as_str().unwrap().to_owned();
    (text("value"), text("source"))
}

/// Wrong use: exit code 2, the words, nothing printed, nothing made.
#[track_caller]
fn wrong(arguments: &[&str], variables: &[(&str, &str)], words: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("typo.toml"), "port_htps = 1\n").unwrap();
    let output = ocariot(folder.path(), arguments).envs(variables.iter().copied()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    let error = String::from_utf8(output.stderr).unwrap();
    words.iter().for_each(|word| assert!(error.contains(word), "{word} in: {error}"));
    assert!(!folder.path().join("data").exists());
}

#[test]
fn config_show_tells_every_setting_where_it_comes_from_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("settings.toml"), "issuer = \"school\"\nadmin_password = \"from the file\"\n")
        .unwrap();
    let variables = [("OCARIOT_CONFIG", "settings.toml"), ("PORT_HTTPS", "4001"), ("ENCRYPT_SECRET_KEY", "sesame")];
    let output = show(folder.path(), &["--hsts"], &variables);
    let text = String::from_utf8(output.stdout).unwrap();
    let words = |setting: &str| -> Vec<String> {
        let line = text.lines().find(|line| line.split_whitespace().next() == Some(setting)).unwrap();
        line.split_whitespace().map(str::to_owned).collect()
    };
    assert_eq!(words("hsts"), ["hsts", "true", "flag"]);
    assert_eq!(words("port-https"), ["port-https", "4001", "environment,", "PORT_HTTPS"]);
    assert_eq!(words("issuer"), ["issuer", "school", "file", "settings.toml"]);
    assert_eq!(words("port-http"), ["port-http", "3000", "default"]);
    assert_eq!(words("admin-password"), ["admin-password", "***", "file", "settings.toml"]);
    assert_eq!(words("username-passphrase"), ["username-passphrase", "***", "environment,", "ENCRYPT_SECRET_KEY"]);
    let json = String::from_utf8(show(folder.path(), &["--hsts", "--json"], &variables).stdout).unwrap();
    for secret in ["from the file", "sesame"] {
        assert!(!text.contains(secret) && !json.contains(secret));
    }
    let shown: Value = serde_json::from_str(&json).unwrap();
    let (whose, settings) = text.split_once("\n\n").unwrap();
    assert!(whose.starts_with("As a start with these settings"), "{whose}");
    assert_eq!(shown.as_array().unwrap().len(), settings.lines().count(), "both forms show every setting");
    assert!(shown.as_array().unwrap().contains(&json!({"setting": "hsts", "value": "true", "source": "flag"})));
    assert!(!folder.path().join("data").exists(), "showing makes nothing");
}

#[test]
fn config_show_asks_the_service_that_runs_in_the_folder_and_says_whose_settings_these_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut start = program(folder.path(), &["--plain-http", "--token-ttl", "7h"]);
    start.env("OCARIOT_ADMIN_PASSWORD", "a secret").env("ISSUER", "school");
    let server = Server::run(start, folder);
    let of = |setting: &str| in_force(server.folder(), &[], &[("OCARIOT_TOKEN_TTL", "3h")], setting);
    assert_eq!(of("token-ttl"), ("7h".to_owned(), "flag".to_owned()), "the service's, not those given here");
    assert_eq!(of("issuer"), ("school".to_owned(), "environment, ISSUER".to_owned()));
    assert_eq!(of("admin-password"), ("***".to_owned(), "environment, OCARIOT_ADMIN_PASSWORD".to_owned()));
    assert_eq!(of("port-http").1, "environment, OCARIOT_PORT_HTTP");
    assert_eq!(of("hsts"), ("false".to_owned(), "default".to_owned()));
    let told = |folder: &Path, arguments: &[&str]| {
        let output = show(folder, arguments, &[]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned()
    };
    assert!(told(server.folder(), &[]).starts_with("In force in the service that runs in /"));
    assert!(told(server.folder(), &["--token-ttl", "1h"]).starts_with("As a start with these settings"));
    let folder = server.stop();
    assert!(told(folder.path(), &[]).starts_with("No service runs in /"));
    assert!(told(Path::new("/"), &["--data-dir", "/etc/passwd"]).starts_with("No service runs in /etc/passwd"));
}

#[test]
fn a_flag_goes_before_a_variable_before_an_alias_before_the_file_before_the_default() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("settings.toml"), "issuer = \"file\"\n").unwrap();
    let all = [("ISSUER", "alias"), ("OCARIOT_CONFIG", "settings.toml"), ("OCARIOT_ISSUER", "variable")];
    let value =
        |arguments: &[&str], variables: &[(&str, &str)]| in_force(folder.path(), arguments, variables, "issuer").0;
    assert_eq!(value(&["--issuer", "flag"], &all), "flag");
    assert_eq!(value(&[], &all), "variable");
    assert_eq!(value(&[], &all[..2]), "alias");
    assert_eq!(value(&[], &all[1..2]), "file");
    assert_eq!(value(&["--config", "settings.toml"], &[]), "file");
    assert_eq!(value(&[], &[]), "ocariot");
}

#[test]
fn the_names_that_operators_of_the_original_know_are_aliases() {
    let folder = tempfile::tempdir().unwrap();
    for (alias, setting, value) in [
        ("PORT_HTTP", "port-http", "81"),
        ("PORT_HTTPS", "port-https", "444"),
        ("ISSUER", "issuer", "x"),
        ("JWT_PRIVATE_KEY_PATH", "jwt-private-key", "a.key"),
        ("JWT_PUBLIC_KEY_PATH", "jwt-public-key", "a.pub"),
        ("ADMIN_USERNAME", "admin-username", "head"),
        ("ADMIN_PASSWORD", "admin-password", "***"),
        ("ENCRYPT_SECRET_KEY", "username-passphrase", "***"),
    ] {
        let found = in_force(folder.path(), &[], &[(alias, value)], setting);
        assert_eq!(found, (value.to_owned(), format!("environment, {alias}")));
    }
    let both = [("SSL_CERT_PATH", "a.crt"), ("SSL_KEY_PATH", "a.key")];
    assert_eq!(in_force(folder.path(), &[], &both, "tls-cert").0, "a.crt");
    assert_eq!(in_force(folder.path(), &[], &both, "tls-key").0, "a.key");
}

#[test]
fn a_typing_mistake_stops_the_start_and_names_the_nearest_setting() {
    wrong(&["serve", "--port-htps", "1"], &[], &["--port-htps", "--port-http"]);
    wrong(&["--isuer", "x"], &[], &["--isuer", "--issuer"]);
    wrong(&["serv"], &[], &["serv", "serve"]);
    wrong(&[], &[("OCARIOT_PORT_HTPS", "1")], &["no setting OCARIOT_PORT_HTPS", "did you mean OCARIOT_PORT_HTTP"]);
    wrong(&["--config", "typo.toml"], &[], &["typo.toml", "unknown key port_htps", "did you mean port_http"]);
    wrong(&["--config", "absent.toml"], &[], &["absent.toml cannot be read"]);
    wrong(&["--port-https", "70000"], &[], &["--port-https is \"70000\" (flag)", "0 to 65535"]);
}

#[test]
fn a_variable_of_ours_that_means_nothing_is_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    let output = show(folder.path(), &[], &[("OCARIOT_WEATHER_STATION", "1")]);
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("warning: the variable OCARIOT_WEATHER_STATION means nothing"), "{text}");
}

#[test]
fn a_control_character_in_any_setting_stops_the_start_and_names_it() {
    let flag = |text: &'static str| ["serve", "--issuer", text];
    wrong(&flag("school\u{7}"), &[], &["--issuer (flag) holds a control character, U+0007"]);
    wrong(&flag("\u{1b}[2J"), &[], &["--issuer (flag)", "U+001B"]);
    let secret = [("OCARIOT_ADMIN_PASSWORD", "two\nlines")];
    wrong(&["serve"], &secret, &["--admin-password (environment, OCARIOT_ADMIN_PASSWORD)", "U+000A"]);
    wrong(&["user", "list"], &[("OCARIOT_DATA_DIR", "da\tta")], &["--data-dir (environment, OCARIOT_DATA_DIR)"]);
}

#[test]
fn a_variable_of_ours_that_is_no_text_stops_the_start_and_one_of_others_does_not() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let folder = tempfile::tempdir().unwrap();
    let show = |name: &str| {
        let mut command = ocariot(folder.path(), &["config", "show"]);
        command.env(name, OsStr::from_bytes(b"caf\xe9")).output().unwrap()
    };
    for name in ["OCARIOT_ADMIN_PASSWORD", "ADMIN_PASSWORD_FILE", "ISSUER"] {
        let output = show(name);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains(&format!("the variable {name} is not UTF-8")), "{error}");
    }
    assert!(show("LESSCHARSET").status.success());
}

#[test]
fn a_secret_on_the_command_line_is_warned_of_where_it_is_given() {
    let words =
        ["--admin-password is a secret on the command line", "OCARIOT_ADMIN_PASSWORD,", "OCARIOT_ADMIN_PASSWORD_FILE"];
    let server = Server::start(&["--plain-http", "--admin-password", "first secret"]);
    let log = server.output();
    let line = log.lines().find(|line| line.contains(words[0])).unwrap_or_else(|| panic!("{log}"));
    assert!(line.contains("WARN") && words.iter().all(|word| line.contains(word)), "{line}");
    assert!(!log.contains("first secret"));
    let shown = show(server.folder(), &["--admin-password", "first secret"], &[]);
    assert!(String::from_utf8(shown.stdout).unwrap().contains(words[0]));
    let verb = ocariot(server.folder(), &["user", "list", "--username-passphrase", "sesame"]).output().unwrap();
    assert!(verb.status.success(), "{verb:?}");
    let warning = String::from_utf8(verb.stderr).unwrap();
    assert!(warning.starts_with("warning: --username-passphrase is a secret on the command line"), "{warning}");
    assert!(!warning.contains("sesame"), "{warning}");
    let quiet = ocariot(server.folder(), &["user", "list"]).env("ENCRYPT_SECRET_KEY", "sesame").output().unwrap();
    assert!(quiet.status.success() && quiet.stderr.is_empty(), "{quiet:?}");
}

/// Editors of some systems put U+FEFF before what they save.
#[test]
fn a_secret_in_a_file_is_the_same_with_and_without_the_mark_of_an_editor() {
    let marked = |text: &str| format!("\u{feff}{text}");
    let folder = tempfile::tempdir().unwrap();
    let secret = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    };
    secret("first", &marked("the first one\r\n"));
    secret("passphrase", &marked("open sesame\n"));
    let mut command = super::program(folder.path(), &["--plain-http"]);
    command.env("OCARIOT_ADMIN_PASSWORD_FILE", "first").env("ENCRYPT_SECRET_KEY_FILE", "passphrase");
    let server = Server::run(command, folder);
    let login = |server: &Server, password: &str| {
        let client = reqwest::blocking::Client::new();
        let login = json!({"username": "admin", "password": password});
        client.post(format!("{}/auth", server.url)).json(&login).send().unwrap().status().as_u16()
    };
    assert_eq!((login(&server, "the first one"), login(&server, &marked("the first one"))), (200, 401));
    let mut set = ocariot(server.folder(), &["user", "set-password", "admin", "--password-stdin"]);
    set.env("ENCRYPT_SECRET_KEY", "open sesame").stdin(std::process::Stdio::piped());
    let mut set = set.stdout(std::process::Stdio::null()).spawn().unwrap();
    std::io::Write::write_all(&mut set.stdin.take().unwrap(), marked("another\n").as_bytes()).unwrap();
    assert!(set.wait().unwrap().success());
    assert_eq!(login(&server, "another"), 200);

    let folder = server.kill();
    for name in ["jwt.key", "jwt.pub"] {
        let path = folder.path().join("data").join(name);
        fs::write(&path, marked(&fs::read_to_string(&path).unwrap())).unwrap();
    }
    let mut command = super::program(folder.path(), &["--plain-http"]);
    command.env("ENCRYPT_SECRET_KEY", "open sesame");
    let server = Server::run(command, folder);
    assert_eq!(login(&server, "another"), 200);
    assert!(!server.notice.contains("logs in once more"), "the key for tokens is the same: {}", server.notice);
}
