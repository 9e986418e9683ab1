//! What came back with a restore, each with the command that mends it.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use crate::config::Config;
use crate::operations::remedy::{quoted, verb as verb_for};
use crate::store::{CameBack, People};

/// How many people are told to a person; a program hears of more.
const TOLD: usize = 20;

/// For a program.
pub(super) fn as_json(came_back: &CameBack) -> Value {
    let erased: Vec<_> =
        came_back.erased.iter().map(|(id, role)| json!({"id": id.to_string(), "type": role.word()})).collect();
    json!({
        "deleted_again": erased,
        "people": people_json(&came_back.people),
        "passwords": came_back.passwords.as_ref().map(people_json),
    })
}

fn people_json(people: &People) -> Value {
    let first: Vec<_> = people
        .first
        .iter()
        .map(|(id, role, name)| json!({"id": id.to_string(), "type": role.word(), "username": name.as_str()}))
        .collect();
    json!({"count": people.count, "first": first})
}

/// For a person. `restored` is what was restored.
pub(super) fn as_text(config: &Config, restored: &Path, came_back: &CameBack) -> String {
    let mut text = String::new();
    if !came_back.erased.is_empty() {
        let again = again_with_all(config, restored);
        let who = number(came_back.erased.len() as u64, "person was", "people were");
        let _ = writeln!(text, "{who} deleted after that, and deleted again now. To have them back: `{again}`");
    }
    let verb = |words: String| verb_for(&words, &config.data_dir);
    let people = &came_back.people;
    if people.count > 0 {
        let who = number(people.count, "person was", "people were");
        let _ = writeln!(text, "{who} deleted after that, and came back. To delete them again:");
        each(&mut text, people, |id| verb(format!("user delete {id} --yes")));
    }
    if let Some(people) = came_back.passwords.as_ref().filter(|people| people.count > 0) {
        let whose = number(people.count, "password was", "passwords were");
        let _ = writeln!(text, "{whose} another one since: the earlier one holds again. To set new ones:");
        each(&mut text, people, |id| verb(format!("user set-password {id}")));
    }
    text
}

fn number(count: u64, one: &str, several: &str) -> String {
    if count == 1 { format!("1 {one}") } else { format!("{count} {several}") }
}

fn each(text: &mut String, people: &People, command: impl Fn(String) -> String) {
    for (id, role, name) in people.first.iter().take(TOLD) {
        let _ = writeln!(text, "  {} {}: `{}`", role.word(), name.as_str(), command(id.to_string()));
    }
    let more = people.count.saturating_sub(TOLD as u64);
    if more > 0 {
        let _ = writeln!(text, "  and {more} more, whom --json names");
    }
}

/// The command that restores the same once more with those who were deleted since.
fn again_with_all(config: &Config, restored: &Path) -> String {
    let mut words = format!("restore {} --without-erasures", quoted(restored));
    if let Some(file) = &config.backup.passphrase_file {
        let _ = write!(words, " --passphrase-file {}", quoted(file));
    }
    verb_for(&words, &config.data_dir)
}
