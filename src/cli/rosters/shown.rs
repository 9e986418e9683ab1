//! What `import` and `export` print for people.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::app::rosters::records::{AppliedRecord, ColumnRecord, LineRecord, PlanRecord, ProblemRecord};

/// A plan: the files, the counts, the first of what would be done, and what is wrong.
pub(super) fn plan(folder: &str, plan: &PlanRecord) -> String {
    let article = if plan.format.starts_with(char::is_lowercase) { "a " } else { "" };
    let mut text = match plan.files.is_empty() && !plan.format.is_empty() {
        true => format!("{article}{}, in {folder}:\n", plan.format),
        false => format!("Taken for {article}{}, to import into {folder}:\n", plan.format),
    };
    for file in plan.files.iter().filter(|file| !file.encoding.is_empty()) {
        let ignored = match file.ignored.as_slice() {
            [] => String::new(),
            columns => format!(", without {}", columns.join(", ")),
        };
        let between = match file.separator.as_str() {
            "" => String::new(),
            separator => format!(", with a {separator} between cells"),
        };
        let _ = writeln!(
            text,
            "  {}: {} of {}, in {}{between}{ignored}",
            file.file,
            rows(file.rows),
            file.sheet,
            file.encoding,
        );
    }
    if !plan.counts.is_empty() {
        let _ = writeln!(
            text,
            "\n{:<20} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>10}",
            "", "create", "change", "move", "remove", "activate", "unchanged", "not named"
        );
    }
    for counts in &plan.counts {
        let _ = writeln!(
            text,
            "{:<20} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>10}",
            counts.sheet,
            counts.create,
            counts.change,
            counts.r#move,
            counts.remove,
            counts.activate,
            counts.unchanged,
            counts.missing
        );
    }
    if !plan.lines.is_empty() {
        text.push_str("\nThe first of each:\n");
        let has_files = !plan.files.is_empty();
        plan.lines.iter().for_each(|line| text.push_str(&shown_line(line, has_files)));
    }
    if !plan.left_out.is_empty() {
        text.push_str("\nLeft out:\n");
        plan.left_out.iter().for_each(|what| text.push_str(&format!("  {what}\n")));
    }
    text.push_str(&problems(plan));
    text
}

fn rows(count: usize) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

fn shown_line(line: &LineRecord, has_files: bool) -> String {
    let id = line.id.as_ref().map(|id| format!(" ({id})")).unwrap_or_default();
    let place = match (line.row, &line.file) {
        (Some(row), Some(file)) => format!(", row {row} of {file}"),
        _ if has_files => ", in no file".to_owned(),
        _ => String::new(),
    };
    let mut text = format!("  {} {} {}{id}{place}\n", line.deed, line.sheet, line.name);
    if line.deed != "create" {
        for ColumnRecord { column, from, to } in &line.columns {
            let _ = writeln!(text, "      {column}: {} -> {to}", from.as_deref().unwrap_or("nothing"));
        }
    }
    text
}

fn problems(plan: &PlanRecord) -> String {
    let mut text = String::new();
    for problem in plan.notices.iter().chain(&plan.problems) {
        let ProblemRecord { class, file, row, column, value, message } = problem;
        let row = row.map(|row| format!(", row {row}")).unwrap_or_default();
        let column = column.as_ref().map(|column| format!(", {column}")).unwrap_or_default();
        let value = value.as_ref().map(|value| format!(" ({value})")).unwrap_or_default();
        let colon = if file.is_empty() { "" } else { ": " };
        let _ = writeln!(text, "{class}: {file}{row}{column}{value}{colon}{message}");
    }
    let untold = plan.problems_in_all + plan.notices_in_all - plan.problems.len() - plan.notices.len();
    if untold > 0 {
        let _ = writeln!(text, "and {untold} more like these");
    }
    if plan.problems_in_all == 0 && plan.lines.is_empty() {
        text.push_str("Everything is as the files say: there is nothing to change.\n");
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// What was changed.
pub(super) fn applied(folder: &str, applied: &AppliedRecord, passwords: Option<&Path>) -> String {
    let Some(import) = applied.import else { return String::new() };
    let mut text = format!(
        "Import {import} into {folder}: {} made, {} changed, {} removed. `ocariot-users import undo {import}` takes it back.\n",
        applied.created, applied.changed, applied.removed
    );
    if let Some(path) = passwords {
        let _ =
            writeln!(text, "Passwords: in {}, readable by you alone; delete it when it is not needed.", path.display());
    }
    text
}

/// How far it is, how fast, and how long it will take.
pub(super) fn rate(done: usize, total: usize, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64().max(0.001);
    #[expect(clippy::cast_precision_loss, reason = "these are for reading")]
    let (each, open) = (done as f64 / seconds, total.saturating_sub(done) as f64);
    match each > 0.0 {
        true => format!("Hashing passwords: {done} of {total}, {each:.0} a second, {:.0} s left", open / each),
        false => format!("Hashing passwords: {done} of {total}"),
    }
}

/// What was written.
pub(super) fn exported(data: &str, folder: &Path, files: &[(String, usize)]) -> String {
    let mut text = format!("Exported {data} into {}, which holds people's data: keep it safe.\n", folder.display());
    for (file, count) in files {
        let _ = writeln!(text, "  {file}: {}", rows(*count));
    }
    text
}
