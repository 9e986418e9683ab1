//! `import-health` and `coverage`, with the service running and stopped.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use super::Server;
use super::operator::{PLAIN, done, refused, verb};
use crate::readme::blocks;

const ROSTER: [(&str, &str); 4] = [
    ("institutions.csv", "name,type\nElementary School,School\n"),
    (
        "children.csv",
        "username,institution,gender,age\nBR0001,Elementary School,female,11\nBR0002,Elementary School,male,9\n",
    ),
    ("educators.csv", "username,institution\nmaria,Elementary School\n"),
    ("groups.csv", "owner,name,school_class,children\nmaria,Class 4a,4a,BR0001|BR0002\n"),
];

const WEIGHTS: &str = "Date,\"Weight (kg)\",\"Fat mass (kg)\",Comments\n\
                       2025-03-30 02:30:00,31.5,6.3,\n2025-03-31 07:30:00,31.6,,Anna\n";

fn class(folder: &Path) {
    fs::create_dir(folder.join("class")).unwrap();
    fs::write(folder.join("class/BR0001.csv"), WEIGHTS).unwrap();
    fs::write(folder.join("class/BR0002.csv"), WEIGHTS.replace("31.", "28.")).unwrap();
}

fn applied(folder: &Path, words: &[&str]) -> Value {
    done(folder, &[&["import-health"], words].concat(), "")
}

/// The same commands do the same in both ways.
#[track_caller]
fn life_of_files(folder: &Path, is_first: bool) {
    class(folder);
    let one = ["class/BR0001.csv", "--child", "BR0001"];
    let asked = applied(folder, &one);
    assert_eq!(asked["children"][0]["plan"]["questions"][0]["question"], "zone");
    if is_first {
        let open = verb(folder, &["import-health", "class/BR0001.csv", "--child", "BR0001", "--apply"], "");
        assert_eq!(open.status.code(), Some(1), "what is open is to be answered");
        let text = String::from_utf8(open.stdout).unwrap();
        assert!(
            text.contains("OPEN") && text.contains("--zone") && text.contains("2025-03-31T07:30:00 31.6"),
            "{text}"
        );
    }
    let stored = applied(folder, &[&one[..], &["--zone", "Europe/Athens", "--apply"]].concat());
    assert_eq!(stored["children"][0]["applied"]["created"], 2, "{stored}");
    let first = stored["import"].as_i64().unwrap().to_string();
    let again = applied(folder, &[&one[..], &["--apply"]].concat());
    assert_eq!(again["import"], Value::Null, "the zone was remembered, and all of it is there");
    fs::write(folder.join("class/list.txt"), "username,file\nBR0001,BR0001.csv\nBR0002,BR0002.csv\n").unwrap();
    let listed = applied(folder, &["--list", "class/list.txt", "--zone", "Europe/Athens", "--apply"]);
    assert_eq!(listed["children"][1]["applied"]["created"], 2);
    fs::remove_file(folder.join("class/list.txt")).unwrap();
    let whole = applied(folder, &["class"]);
    assert_eq!(whole["children"].as_array().unwrap().len(), 2, "a folder of a class");
    let covered = verb(folder, &["coverage", "4a", "--from", "2025-03-29", "--to", "2025-03-31"], "");
    let table = String::from_utf8(covered.stdout).unwrap();
    assert!(table.contains("BR0001     .    wf     w"), "{table}");
    let csv = verb(folder, &["coverage", "4a", "--from", "2025-03-30", "--to", "2025-03-31", "--csv"], "");
    let csv = String::from_utf8(csv.stdout).unwrap();
    assert!(csv.lines().count() == 5 && csv.contains(",BR0002,2025-03-31,0,0,0,0,0,0,0,1,0"), "{csv}");
    assert_eq!(done(folder, &["coverage", "4a"], "")["coverage"]["children"].as_array().unwrap().len(), 2);
    refused(folder, &["coverage", "nowhere"], 1, &["no class at school"]);
    let second = listed["import"].as_i64().unwrap().to_string();
    assert_eq!(done(folder, &["import", "show", &second], "")["would_undo"]["removed"], 3);
    assert_eq!(done(folder, &["import", "undo", &second], "")["undone"]["removed"], 3);
    assert_eq!(done(folder, &["import", "undo", &first], "")["undone"]["removed"], 3, "two weights and a body fat");
}

#[test]
fn files_are_imported_and_taken_back_with_the_service_running_and_stopped() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    fs::create_dir(folder.join("roster")).unwrap();
    for (name, text) in ROSTER {
        fs::write(folder.join("roster").join(name), text).unwrap();
    }
    done(folder, &["import", "roster", "--without-passwords", "--apply"], "");
    life_of_files(folder, true);
    let log = server.output();
    assert!(!log.contains("BR0001") && !log.contains("Anna"), "{log}");
    let folder = server.stop();
    fs::remove_dir_all(folder.path().join("class")).unwrap();
    life_of_files(folder.path(), false);
}

#[test]
fn what_is_wrong_with_files_is_said_and_nothing_is_stored() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    class(folder);
    refused(folder, &["import-health", "class/BR0001.csv"], 2, &["--child"]);
    refused(folder, &["import-health", "class/BR0001.csv", "--child", "BR0001"], 1, &["no such user"]);
    refused(folder, &["import-health", "absent.zip", "--child", "BR0001"], 1, &["no such user"]);
    refused(folder, &["import-health", "--list", "absent.csv"], 1, &["absent.csv", "nothing was changed"]);
    let output = verb(folder, &["import-health", "class", "--json"], "");
    assert_eq!(output.status.code(), Some(1));
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told["failed"].as_array().unwrap().len(), 2, "each is told, and the others go on");
}

#[test]
fn every_command_of_readmes_page_about_wearables_goes_well_in_its_order() {
    let server = Server::start(PLAIN);
    let folder = server.folder();
    fs::create_dir(folder.join("roster")).unwrap();
    for (name, text) in ROSTER {
        fs::write(folder.join("roster").join(name), text).unwrap();
    }
    done(folder, &["import", "roster", "--without-passwords", "--apply"], "");
    class(folder);
    fs::rename(folder.join("class"), folder.join("class-4a")).unwrap();
    let steps = (String::from("steps-2025-03-01.json"), br#"[{"dateTime":"03/01/25 10:00:00","value":"42"}]"#.to_vec());
    fs::write(folder.join("BR0001.zip"), crate::wearables::made::zipped(&[steps])).unwrap();
    let blocks = blocks("Wearables");
    assert_eq!(blocks.len(), 2, "the page is all there");
    for block in blocks {
        let script = block.replace("./ocariot-users", env!("CARGO_BIN_EXE_ocariot-users"));
        let output = Command::new("bash").args(["-euc", &script]).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{block}\n{}", String::from_utf8_lossy(&output.stderr));
    }
    let csv = fs::read_to_string(folder.join("coverage.csv")).unwrap();
    assert!(csv.starts_with("child_id,username,date,steps,"), "{csv}");
}
