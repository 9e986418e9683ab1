//! What README says is so: its first steps are run as they stand, its table of settings is the program's.

use std::path::Path;
use std::process::Command;

use super::binary::Server;
use super::document;

const START: &str = "<!-- settings: written by the tests with UPDATE_GENERATED=1 -->\n";
const END: &str = "<!-- end of settings -->\n";

pub fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The shell blocks of the section.
pub fn blocks(section: &str) -> Vec<String> {
    let text = readme();
    let section = text.split(&format!("\n## {section}\n")).nth(1).unwrap().split("\n## ").next().unwrap().to_owned();
    section.split("```sh\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

/// Runs the first steps as one script. Only the first block, which says where and who, is replaced.
fn run_first_steps(server: &Server) {
    let blocks = blocks("First steps");
    assert_eq!(blocks.len(), 5);
    assert!(blocks[0].starts_with("URL=") && blocks[0].contains("\nPASSWORD="), "{}", blocks[0]);
    let setup = format!("set -euo pipefail\nURL={}\nPASSWORD=$(cat data/initial-admin-password)\n", server.url);
    let script = format!("{setup}{}\nprintf '\\n'; login BR0001 first || echo refused", blocks[1..].join("\n"));
    let output = Command::new("timeout").args(["120", "bash", "-c", &script]).current_dir(server.folder()).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(text.matches(r#""username":"BR0001""#).count(), 2, "the admin and the child see the child: {text}");
    assert_eq!(text.matches(r#"{"code":201,"item":{"date":"2026-01-"#).count(), 7, "seven days are stored: {text}");
    let week = r#"[{"date":"2026-01-05","value":8210},{"date":"2026-01-06","value":9034},"#;
    assert!(text.contains(week) && text.contains(r#"{"date":"2026-01-11","value":6377}]"#), "and read: {text}");
    assert!(text.trim_end().ends_with("refused"), "the old password is refused: {text}");
}

#[test]
fn the_first_steps_work_over_tls() {
    run_first_steps(&Server::start(&[]));
}

#[test]
fn the_first_steps_work_over_plain_http() {
    run_first_steps(&Server::start(&["--plain-http"]));
}

#[test]
fn the_table_of_settings_is_that_of_the_program() {
    let text = readme();
    let (before, rest) = text.split_once(START).unwrap();
    let (_, after) = rest.split_once(END).unwrap();
    document::assert_current("README.md", &format!("{before}{START}{}{END}{after}", ocariot_users::config::markdown()));
}
