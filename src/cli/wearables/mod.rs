//! `import-health`: what files of wearables say of children. The files are read here, in the program that was started for
//! it: the service gets only what was found, and no file can do anything to it.

mod coverage;
mod given;
mod shown;

use std::path::{Path, PathBuf};

use clap::builder::ValueHint;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Map, Value, json};

use super::progress::Progress;
use super::{Failure, flags, output, verb_settings, with_folder_settings};
use crate::app::wearables::reading::{Answers, Reading};
use crate::app::wearables::records::{
    ChildRecord, HealthAppliedRecord, HealthPlanRecord, WearableCommand, WearableOutcome,
};
use crate::app::wearables::{Files, QUESTIONS, read};
use crate::app::{OperatorCommand, Outcome, random_bytes};
use crate::model::Clock;
use crate::operations::Operator;

pub(super) use coverage::{coverage, coverage_command};

const IMPORT_HEALTH: &str = "\
Reads what a watch, a band, a scale or a phone recorded of a child, from a file that its family exported, and says what \
of it would be stored: for each kind of data and day what is new, changed, there already, or left out, and why. Only with \
--apply is anything stored. A file that was imported before changes nothing; a longer one of the same source adds what is \
new. `import undo` takes an import back.

PATH is a Fitbit or Google Health archive of Google Takeout (its zip or zips, or the unpacked folder), an export of \
Health Connect, a database or export of Gadgetbridge, an export.zip of Apple Health, or a weight.csv of Withings: what it \
is, the program finds out. Of several devices that recorded the same day, the one that recorded most is taken. What a \
file does not say, such as the time zone, is asked in the plan, answered by an option, and remembered for the child.

Without --child it is a whole class: a folder with a file or folder for each child, called by its username; or, with \
--list, a CSV file whose rows are a username and a file.";

/// What is answered by options: questions have the names of these.
const ANSWERS: [(&str, &str, &str); 4] = [
    ("zone", "ZONE", "The time zone in which the child lived, such as Europe/Athens"),
    ("weight-unit", "UNIT", "In what weights are counted: kg or lb"),
    ("date-order", "ORDER", "Whether days of Fitbit's web site are dmy or mdy"),
    ("exercise-times", "HOW", "Whether times of activities in Fitbit's own files are utc or local"),
];

/// `import-health`.
pub(super) fn import_health_command() -> Command {
    let answers = ANSWERS.map(|(name, value, help)| {
        let arg = Arg::new(name).long(name).value_name(value).help(help);
        let known = QUESTIONS.iter().find(|question| question.name == name);
        match known.map(|question| question.choices).filter(|choices| !choices.is_empty()) {
            Some(choices) => arg.value_parser(choices.to_vec()),
            None => arg,
        }
    });
    let path = |name: &'static str| Arg::new(name).value_parser(value_parser!(PathBuf)).value_hint(ValueHint::AnyPath);
    with_folder_settings(
        Command::new("import-health").about("Bring in what wearables recorded, from files: a plan first"),
    )
    .long_about(IMPORT_HEALTH)
    .after_help(
        "The service may be running: then it stores what this program reads. If it is stopped, the data folder is \
             opened here.",
    )
    .arg(path("path").value_name("PATH").num_args(1..).required_unless_present("list").help("What was exported"))
    .arg(Arg::new("child").long("child").value_name("NAME").help("Whose it is: a username, or an id"))
    .arg(
        path("list")
            .long("list")
            .value_name("FILE")
            .conflicts_with_all(["child", "path"])
            .help("A CSV file for a whole class: in each row a username and the path of a file"),
    )
    .arg(Arg::new("apply").long("apply").action(ArgAction::SetTrue).help("Store it; without, it is shown"))
    .args(answers)
}

/// Whoever carries the commands out.
struct Asked {
    operator: Operator,
    runtime: tokio::runtime::Runtime,
    folder: String,
    scratch: PathBuf,
}

impl Asked {
    fn reach(matches: &ArgMatches) -> Result<Self, Failure> {
        let config = verb_settings(flags(matches))?;
        let operator = Operator::reach(&config, Clock::system())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|error| Failure::Other(format!("the command cannot be started: {error}")))?;
        let folder = std::path::absolute(&config.data_dir).unwrap_or(config.data_dir);
        Ok(Self { operator, runtime, scratch: folder.clone(), folder: folder.display().to_string() })
    }

    fn ask(&self, command: WearableCommand) -> Result<WearableOutcome, Failure> {
        match self.runtime.block_on(self.operator.operate(OperatorCommand::Wearable(command)))? {
            Outcome::Wearable(outcome) => Ok(outcome),
            _ => Err(something_else()),
        }
    }
}

fn something_else() -> Failure {
    Failure::Other("the service answered something else than was asked".to_owned())
}

/// What became of a child's files.
struct Report {
    child: ChildRecord,
    plan: HealthPlanRecord,
    applied: Option<HealthAppliedRecord>,
}

/// Carries out `import-health`.
pub(super) fn import_health(matches: &ArgMatches) -> Result<(), Failure> {
    let given = given::children(matches)?;
    let asked = Asked::reach(matches)?;
    let (apply, json) = (matches.get_flag("apply"), matches.get_flag("json"));
    let (mut import, mut reports, mut failures) = (None, Vec::new(), Vec::new());
    let alone = given.len() == 1;
    for (name, paths) in given {
        match child(&asked, &name, &paths, matches, (apply, import)) {
            Ok(report) => {
                import = report.applied.as_ref().and_then(|applied| applied.import).or(import);
                if !json {
                    output::print(&shown::report(&asked.folder, &report.child, &report.plan, report.applied.as_ref()));
                }
                reports.push(report);
            }
            Err(failure) if alone => return Err(failure),
            Err(failure) => failures.push((name, failure.to_string())),
        }
    }
    if json {
        output::print(&as_json(&asked.folder, &reports, &failures, import));
    }
    for (name, failure) in &failures {
        output::warning(&format!("{name}: {failure}"));
    }
    let open = reports.iter().filter(|report| apply && report.applied.is_none()).count();
    match (failures.len(), open) {
        (0, 0) => Ok(()),
        (0, _) => Err(Failure::Other(
            "what the files do not say is to be answered first, by the options that the plan names: without that nothing \
             is stored"
                .to_owned(),
        )),
        (1, _) => Err(Failure::Other("the files of one child could not be taken: see above".to_owned())),
        (more, _) => Err(Failure::Other(format!("the files of {more} children could not be taken: see above"))),
    }
}

fn as_json(folder: &str, reports: &[Report], failures: &[(String, String)], import: Option<i64>) -> String {
    let children: Vec<Value> = reports
        .iter()
        .map(|report| json!({"username": report.child.username, "plan": report.plan, "applied": report.applied}))
        .collect();
    let failed: Vec<Value> = failures.iter().map(|(name, error)| json!({"username": name, "error": error})).collect();
    let parts = [
        ("folder", json!(folder)),
        ("import", json!(import)),
        ("children", json!(children)),
        ("failed", json!(failed)),
    ];
    let parts = parts.into_iter().map(|(name, part)| (name.to_owned(), part));
    format!("{:#}\n", Value::Object(Map::from_iter(parts)))
}

/// Reads, plans, and if it is to be stored and nothing is open, stores the files of a child.
fn child(
    asked: &Asked,
    name: &str,
    paths: &[PathBuf],
    matches: &ArgMatches,
    (apply, import): (bool, Option<i64>),
) -> Result<Report, Failure> {
    let WearableOutcome::Child(child) = asked.ask(WearableCommand::Child { child: name.to_owned() })? else {
        return Err(something_else());
    };
    let progress = Progress::begin("Reading");
    let reading = read_files(paths, &asked.scratch, &child, matches)?;
    progress.say("Planning");
    let name = random_bytes::<12>().map_err(|error| Failure::Other(error.to_string()))?;
    let upload: String = name.iter().map(|byte| format!("{byte:02x}")).collect();
    send(asked, &upload, &reading)?;
    let plan = WearableCommand::Plan { upload: upload.clone(), child: child.id.clone() };
    let WearableOutcome::Planned(plan) = asked.ask(plan)? else { return Err(something_else()) };
    let applied = if apply && plan.open().next().is_none() {
        progress.say("Storing");
        match asked.ask(WearableCommand::Apply { upload, child: child.id.clone(), import })? {
            WearableOutcome::Applied(applied) => Some(applied),
            _ => return Err(something_else()),
        }
    } else {
        None
    };
    Ok(Report { child, plan, applied })
}

fn read_files(
    paths: &[PathBuf],
    scratch: &Path,
    child: &ChildRecord,
    matches: &ArgMatches,
) -> Result<Reading, Failure> {
    let refused = |why: crate::app::Refusal| Failure::Other(why.0);
    let mut files = Files::of_paths(paths, scratch).map_err(refused)?;
    let answers = |source: &str| {
        let mut answers: Answers = child.answers.get(source).cloned().unwrap_or_default();
        for (name, ..) in ANSWERS {
            if let Some(answer) = matches.get_one::<String>(name) {
                answers.insert(name.to_owned(), answer.clone());
            }
        }
        answers
    };
    read(&mut files, answers).map_err(refused)
}

/// Hands over what was read, a part at a time.
fn send(asked: &Asked, upload: &str, reading: &Reading) -> Result<(), Failure> {
    /// In a line of the control socket there is room for twice as many bytes.
    const PART: usize = 28 << 10;
    let text = serde_json::to_string(reading).map_err(|error| Failure::Other(error.to_string()))?;
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let end = (0..=PART.min(rest.len())).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        asked.ask(WearableCommand::Send { upload: upload.to_owned(), part: part.to_owned() })?;
        rest = behind;
    }
    Ok(())
}
