//! `import` and `export`, with the service running and stopped.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::Server;
use super::operator::{PLAIN, done, refused, verb};

const CHILDREN: &str = "username,institution,gender,age\nBR0001,Elementary School,female,11\n";

fn roster(folder: &Path) {
    fs::create_dir(folder.join("roster")).unwrap();
    fs::write(folder.join("roster/institutions.csv"), "name,type\nElementary School,School\n").unwrap();
    fs::write(folder.join("roster/children.csv"), CHILDREN).unwrap();
}

/// The same commands do the same in both ways.
#[track_caller]
fn life_of_a_roster(folder: &Path) {
    roster(folder);
    let imports = || done(folder, &["import", "list"], "")["imports"].as_array().unwrap().clone();
    let before = imports().len();
    let planned = done(folder, &["import", "roster", "--without-passwords"], "");
    assert_eq!(planned["plan"]["counts"][1]["create"], 1);
    assert_eq!(imports().len(), before, "a plan writes nothing");
    let passwords = folder.join("passwords.csv");
    let applied = done(folder, &["import", "roster", "--passwords", "passwords.csv", "--apply"], "");
    let import = applied["applied"]["import"].as_i64().unwrap().to_string();
    assert_eq!(applied["applied"]["created"], 2);
    assert_eq!(fs::metadata(&passwords).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&passwords).unwrap();
    assert!(text.starts_with("type,username,password\r\nchild,BR0001,"), "{text}");
    refused(folder, &["import", "roster", "--passwords", "passwords.csv"], 1, &["is there already"]);
    done(folder, &["export", "exported"], "");
    let again = done(folder, &["import", "exported", "--apply"], "");
    assert_eq!(again["applied"]["import"], Value::Null, "an export changes nothing");
    refused(folder, &["export", "exported"], 1, &["exported/institutions.csv", "is there already"]);
    assert_eq!(done(folder, &["import", "show", &import], "")["would_undo"]["removed"], 2);
    assert_eq!(done(folder, &["import", "undo", &import], "")["undone"]["removed"], 2);
    assert_eq!(imports()[0]["created"], 0, "nothing of it is left");
    refused(folder, &["import", "undo", "99"], 1, &["no import of this number", "import list"]);
    ["roster", "exported"].iter().for_each(|name| fs::remove_dir_all(folder.join(name)).unwrap());
    fs::remove_file(passwords).unwrap();
}

#[test]
fn a_roster_is_imported_exported_and_taken_back_with_the_service_running_and_stopped() {
    let server = Server::start(PLAIN);
    life_of_a_roster(server.folder());
    let folder = server.stop();
    life_of_a_roster(folder.path());
}

#[test]
fn a_folder_of_mongodump_is_imported_with_the_secret_in_a_file() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    let dump = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/dumps/dump");
    let dump = dump.to_str().unwrap();
    fs::write(folder.join("old-secret"), "s3cr3tk3y\n").unwrap();
    fs::set_permissions(folder.join("old-secret"), fs::Permissions::from_mode(0o644)).unwrap();
    refused(folder, &["import", dump, "--old-secret-file", "old-secret"], 1, &["chmod 600 old-secret"]);
    fs::set_permissions(folder.join("old-secret"), fs::Permissions::from_mode(0o600)).unwrap();
    let output = verb(folder, &["import", dump, "--apply"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.code() == Some(1) && text.contains("--old-secret-file"), "{text}");
    refused(folder, &["import", dump, "--old-secret-file", "nowhere"], 1, &["old platform's secret", "nowhere"]);
    let applied = done(folder, &["import", dump, "--old-secret-file", "old-secret", "--apply"], "");
    assert_eq!(applied["applied"]["created"], 12);
    let output = verb(folder, &["import", dump, "--old-secret-file", "old-secret"], "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Taken for a dump of the old platform") && text.contains("nothing to change"), "{text}");
    assert!(text.contains("users.bson: 8 rows of users, in BSON, without cve_status"), "{text}");
    assert!(!server.output().contains("BR0001") && !server.output().contains("s3cr3t"), "nothing of it is logged");
}

#[test]
fn slips_hold_the_passwords_of_an_import_by_class() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    roster(folder);
    let children = format!("{CHILDREN}BR0010,Elementary School,male,9\nBR0002,Elementary School,male,9\n");
    fs::write(folder.join("roster/children.csv"), children).unwrap();
    fs::write(folder.join("roster/educators.csv"), "username,institution\nana <b>,Elementary School\n").unwrap();
    let groups =
        "owner,name,school_class,children\nana <b>,All,10a,BR0001|BR0002|BR0010\nana <b>,Half,9b,BR0010|BR0002\n";
    fs::write(folder.join("roster/groups.csv"), groups).unwrap();
    let cards = ["cards", "passwords.csv", "--address", "https://school-box:3001", "--to", "slips.html"];
    done(folder, &["import", "roster", "--passwords", "passwords.csv", "--apply"], "");
    let made = done(folder, &cards, "");
    assert_eq!((&made["cards"]["slips"], &made["cards"]["classes"]), (&4.into(), &3.into()));
    let page = fs::read_to_string(folder.join("slips.html")).unwrap();
    assert_eq!(fs::metadata(folder.join("slips.html")).unwrap().permissions().mode() & 0o777, 0o600);
    let at = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
    let order = ["<h1>9b<", ">BR0002<", ">BR0010<", "<h1>10a<", ">BR0001<", "<h1>educators<", ">ana &lt;b&gt;<"];
    assert!(order.map(at).is_sorted(), "classes and names in the order that people count in");
    for line in fs::read_to_string(folder.join("passwords.csv")).unwrap().lines().skip(1) {
        assert!(page.contains(&format!(">{}<", line.rsplit(',').next().unwrap())), "{line}");
    }
    refused(folder, &cards, 1, &["slips.html is there already"]);
    let blank = ["cards", "--address", "http://10.0.0.2:3000", "--to", "blank.html", "--language", "el"];
    assert_eq!(done(folder, &blank, "")["cards"]["slips"], 4);
    assert!(!fs::read_to_string(folder.join("blank.html")).unwrap().contains("passwords"));
    for (arguments, words) in [
        (["cards", "nowhere", "--address", "https://a", "--to", "x"], "cannot be read"),
        (["cards", "roster/children.csv", "--address", "https://a", "--to", "x"], "columns are not type, username"),
    ] {
        refused(folder, &arguments, 1, &[words]);
    }
    refused(folder, &["cards", "--address", "school-box", "--to", "x"], 2, &["https://school-box:3001"]);
    fs::write(folder.join("other.csv"), "type,username,password\nchild,NOBODY,x\n").unwrap();
    refused(folder, &["cards", "other.csv", "--address", "https://a", "--to", "x"], 1, &["1 of those in the file"]);
}

#[test]
fn tables_for_research_name_nobody_and_are_the_same_with_the_same_key() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    roster(folder);
    done(folder, &["import", "roster", "--without-passwords", "--apply"], "");
    refused(folder, &["export", "--research", "tables"], 2, &["--research-key"]);
    let tables = |to: &str| done(folder, &["export", "--research", "--research-key", "key", to], "");
    assert_eq!(tables("tables")["files"].as_array().unwrap().len(), 14);
    let children = |to: &str| fs::read_to_string(folder.join(to).join("children.csv")).unwrap();
    let text = children("tables");
    assert!(text.starts_with("child,gender,age,birth_year,") && text.contains(",female,11,"), "{text}");
    assert!(!text.contains("BR0001") && !text.contains("Elementary"), "{text}");
    for table in ["children", "logs"] {
        let path = folder.join(format!("tables/{table}.parquet"));
        assert!(fs::read(&path).unwrap().ends_with(b"PAR1"), "{table}");
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(fs::metadata(folder.join("key")).unwrap().permissions().mode() & 0o777, 0o600);
    done(folder, &["user", "deactivate", "BR0001"], "");
    tables("again");
    assert_eq!(children("again"), text);
    done(folder, &["export", "--research", "--research-key", "other", "others"], "");
    assert_ne!(children("others"), text);
    refused(folder, &["export", "--research", "--research-key", "key", "tables"], 1, &["is there already"]);
    fs::write(folder.join("short"), "x").unwrap();
    fs::set_permissions(folder.join("short"), fs::Permissions::from_mode(0o600)).unwrap();
    refused(folder, &["export", "--research", "--research-key", "short", "x"], 1, &["at least 16 characters"]);
}

#[test]
fn a_large_file_arrives_whole_at_the_running_service() {
    let server = Server::start(PLAIN);
    roster(server.folder());
    let mut text = CHILDREN.to_owned();
    (0..5_000).for_each(|n| text += &format!("MANY{n:06},Elementary School,male,9\n"));
    fs::write(server.folder().join("roster/children.csv"), text).unwrap();
    let applied = done(server.folder(), &["import", "roster", "--without-passwords", "--apply"], "");
    assert_eq!(applied["applied"]["created"], 5_002);
}

#[test]
fn a_file_larger_than_other_bodies_is_uploaded_over_http_and_has_no_name_on_disk() {
    let server = Server::start(PLAIN);
    // Whatever else this machine has to do.
    let (http, url) = (reqwest::blocking::Client::builder().timeout(None).build().unwrap(), &server.url);
    let login = json!({"username": "admin", "password": "first"});
    let token: Value = http.post(format!("{url}/auth")).json(&login).send().unwrap().json().unwrap();
    let token = token["access_token"].as_str().unwrap();
    let upload = format!("{url}/rosters/uploads/507f191e810c19729de860ea");
    let mut text = CHILDREN.to_owned();
    (0..12_000).for_each(|n| text += &format!("{n:0200},Elementary School,male,9\n"));
    assert!(text.len() > 2 << 20);
    let length = text.len();
    // In pieces, without a length.
    let body = reqwest::blocking::Body::new(std::io::Cursor::new(text));
    let put = http.put(format!("{upload}/files/children.csv")).bearer_auth(token).body(body).send().unwrap();
    let told: Value = put.json().unwrap();
    assert_eq!(told["files"], json!([{"file": "children.csv", "bytes": length}]));
    let names: Vec<_> =
        fs::read_dir(server.folder().join("data")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(names.iter().all(|name| !name.to_string_lossy().contains("upload")), "{names:?}");
    let plan = http.post(format!("{upload}/plan")).bearer_auth(token).json(&json!({"passwords": "unset"})).send();
    let plan: Value = plan.unwrap().json().unwrap();
    assert_eq!((&plan["files"][0]["rows"], &plan["problems_in_all"]), (&json!(12_001), &json!(12_001)), "no school");
}

#[test]
fn what_is_wrong_with_files_is_said_with_file_row_and_column_and_nothing_is_changed() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    roster(folder);
    let text = format!("{CHILDREN}BR0002,Elementary School,girl\u{1b}[2J,11\n");
    fs::write(folder.join("roster/children.csv"), text).unwrap();
    let output = verb(folder, &["import", "roster", "--without-passwords", "--apply"], "");
    let (shown, error) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(
        shown.contains("refused: children.csv, row 3, gender (text of 8 characters): this is no gender"),
        "{shown}"
    );
    assert!(!shown.contains("girl") && error.contains("nothing was changed"), "{error}");
    assert!(!server.output().contains("BR000"), "no name is logged");
    for (arguments, words) in [
        (&["import", "nowhere"] as &[&str], "cannot be read"),
        (&["import", "/dev/zero"], "is no file"),
        (&["import", "roster", "--encoding", "klingon"], "is not known"),
    ] {
        let output = verb(folder, arguments, "");
        let all = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        assert!(output.status.code() == Some(1) && all.contains(words), "{arguments:?}: {all}");
    }
    for arguments in [&["import"] as &[&str], &["import", "undo", "x"], &["import", "roster", "--sheet", "pupils"]] {
        assert_eq!(verb(folder, arguments, "").status.code(), Some(2), "{arguments:?}");
    }
}
