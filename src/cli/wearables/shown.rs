//! What `import-health` prints for people.

use std::fmt::Write as _;

use crate::app::wearables::records::{ChildRecord, DaysRecord, HealthAppliedRecord, HealthPlanRecord};

/// How many runs of days are shown of each kind; JSON has all.
const SHOWN: usize = 8;

/// What would be stored of a child's files, or was.
pub(super) fn report(
    folder: &str,
    child: &ChildRecord,
    plan: &HealthPlanRecord,
    applied: Option<&HealthAppliedRecord>,
) -> String {
    let mut text = format!(
        "{} ({}): {}, read by version {} of its reader, to import into {folder}:\n",
        child.username, child.id, plan.title, plan.reader
    );
    let _ = writeln!(text, "  not in such a file: {}", plan.cannot_say);
    for origin in &plan.origins {
        let _ = writeln!(text, "  {}: taken on {} of its {}", origin.origin, origin.taken, days(origin.days));
    }
    for left in &plan.left_out {
        let _ = writeln!(text, "  left out: {} {}, because {}", left.count, left.what, left.why);
    }
    text.push_str(&questions(plan));
    if !plan.counts.is_empty() {
        let _ = writeln!(text, "\n{:<24} {:>8} {:>8} {:>8} {:>8}", "", "new", "changed", "equal", "skipped");
    }
    for counts in &plan.counts {
        let _ = writeln!(
            text,
            "{:<24} {:>8} {:>8} {:>8} {:>8}",
            counts.kind, counts.new, counts.changed, counts.equal, counts.skipped
        );
    }
    text.push_str(&runs(&plan.days));
    match applied {
        Some(HealthAppliedRecord { import: Some(import), created, changed }) => {
            let _ = writeln!(
                text,
                "\nImport {import} into {folder}: {created} made, {changed} changed. `ocariot-users import undo \
                 {import}` takes it back.\n"
            );
        }
        Some(_) => text.push_str("\nEverything is there already: nothing was changed.\n\n"),
        None => text.push('\n'),
    }
    text
}

fn days(count: usize) -> String {
    if count == 1 { "1 day".to_owned() } else { format!("{count} days") }
}

/// What the file does not say, and what was answered.
fn questions(plan: &HealthPlanRecord) -> String {
    let mut text = String::new();
    for question in &plan.questions {
        let option = format!("--{}", question.question);
        let _ = match &question.answer {
            Some(answer) => writeln!(text, "  {}: taken as {answer}; if that is wrong, say {option}", question.why),
            None => writeln!(text, "  OPEN: {}: say {option}, {}", question.why, question.choices),
        };
        for row in &question.rows {
            let _ = writeln!(text, "      {row}");
        }
    }
    text
}

fn runs(all: &[DaysRecord]) -> String {
    let mut text = String::new();
    for runs in all.chunk_by(|one, other| one.kind == other.kind) {
        for run in runs.iter().take(SHOWN) {
            let until = if run.from == run.to { String::new() } else { format!(" to {}", run.to) };
            let why = run.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            let _ = writeln!(text, "  {} {}{until}: {} {}{why}", run.kind, run.from, run.count, run.what);
        }
        if runs.len() > SHOWN {
            let _ = writeln!(text, "  {}: and {} more like these; --json has all", runs[0].kind, runs.len() - SHOWN);
        }
    }
    text
}
