//! `import list`, `show` and `undo`: imports, whatever was imported.

use std::fmt::Write as _;

use clap::ArgMatches;
use serde_json::{Map, Value, json};

use super::{Failure, flags, output, verb_settings};
use crate::app::imports::{ImportRecord, ImportsCommand, ImportsOutcome, UndoRecord};
use crate::app::{OperatorCommand, Outcome};
use crate::model::Clock;
use crate::operations::Operator;

/// Carries out such a verb.
pub(super) fn look_back(verb: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let config = verb_settings(flags(matches))?;
    let operator = Operator::reach(&config, Clock::system())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::Other(format!("the command cannot be started: {error}")))?;
    let folder = std::path::absolute(&config.data_dir).unwrap_or(config.data_dir).display().to_string();
    let number = || matches.get_one::<i64>("number").copied().unwrap_or_default();
    let command = match verb {
        "show" => ImportsCommand::Show { import: number() },
        "undo" => ImportsCommand::Undo { import: number() },
        _ => ImportsCommand::List {},
    };
    let as_json = |name: &str, part: Value| {
        let parts = [("folder".to_owned(), json!(folder)), (name.to_owned(), part)];
        format!("{:#}\n", Value::Object(Map::from_iter(parts)))
    };
    let done = verb == "undo";
    let word = if done { "undone" } else { "would_undo" };
    let json = matches.get_flag("json");
    match runtime.block_on(operator.operate(OperatorCommand::Imports(command)))? {
        Outcome::Imports(ImportsOutcome::All(all)) if json => output::print(&as_json("imports", json!(all))),
        Outcome::Imports(ImportsOutcome::All(all)) => output::print(&imports(&folder, &all)),
        Outcome::Imports(ImportsOutcome::One(record)) if json => output::print(&as_json(word, json!(record))),
        Outcome::Imports(ImportsOutcome::One(record)) => output::print(&undone(&folder, &record, done)),
        _ => return Err(Failure::Other("the service answered something else than was asked".to_owned())),
    }
    Ok(())
}

/// The imports that there were.
fn imports(folder: &str, imports: &[ImportRecord]) -> String {
    let count = if imports.len() == 1 { "1 import".to_owned() } else { format!("{} imports", imports.len()) };
    let mut text = format!("{count} in {folder}\n");
    if !imports.is_empty() {
        let _ = writeln!(
            text,
            "{:>6}  {:<24}  {:<14}  {:>8}  {:>8}  TAKEN BACK",
            "NUMBER", "AT", "FORMAT", "MADE", "CHANGED"
        );
    }
    for import in imports {
        let ImportRecord { import, at, format, created, changed, undone_at } = import;
        let undone = undone_at.as_deref().unwrap_or("no");
        let _ = writeln!(text, "{import:>6}  {at:<24}  {format:<14}  {created:>8}  {changed:>8}  {undone}");
    }
    text
}

/// What was, or would be, taken back of an import.
fn undone(folder: &str, record: &UndoRecord, done: bool) -> String {
    let import = record.import.import;
    let mut text = match (done, &record.import.undone_at) {
        (true, _) => format!(
            "Took import {import} in {folder} back: {} removed, {} put back, {} left.\n",
            record.removed, record.put_back, record.left_in_all
        ),
        (false, Some(at)) => format!("Import {import} in {folder} of {} was taken back at {at}.\n", record.import.at),
        (false, None) => format!(
            "Import {import} in {folder} of {} made {} and changed {}. Taken back now, {} would be removed, {} put \
             back, {} left.\n",
            record.import.at,
            record.import.created,
            record.import.changed,
            record.removed,
            record.put_back,
            record.left_in_all
        ),
    };
    if done || record.import.undone_at.is_none() {
        for left in &record.left {
            let _ = writeln!(text, "  left: {} {}: it {}", left.sheet, left.id, left.why);
        }
        if record.left_in_all > record.left.len() {
            let _ = writeln!(text, "  and {} more like these", record.left_in_all - record.left.len());
        }
    }
    text
}
