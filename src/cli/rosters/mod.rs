//! `import` and `export`: rosters in files, with the service running or stopped.

pub(super) mod cards;
mod proposal;
mod research;
pub(super) mod roll_over;
mod shown;
mod slips;
mod upload;

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, ValueHint};
use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Map, Value, json};

use super::operator::days;
use super::progress::Progress;
use super::{Failure, flags, imports, operator_verb, output, verb_settings, with_folder_settings};
use crate::api;
use crate::app::rosters::records::{Passwords, PlanOptions, PlanRecord, RosterCommand, RosterOutcome};
use crate::app::rosters::{ExportForm, OneRoster, exported_columns, new_name, template};
use crate::app::{OperatorCommand, Outcome, UserName};
use crate::model::Clock;
use crate::model::rosters::{Left, Sheet, SheetRow};
use crate::operations::{Operator, read_given_secret};
use proposal::Proposal;

const IMPORT: &str = "\
Reads a roster, and says what it would change: who is new, who changes and how, who is as the files say. Only with \
--apply is anything changed, and then all of it at once or nothing.

PATH is a dump of the old platform, or a CSV file, a folder of them, or a zip of them, a file for each sheet: \
institutions.csv, children.csv, \
educators.csv, healthprofessionals.csv, applications.csv, families.csv, groups.csv. The first row names the columns, as \
the API names the fields. A row is found by its id, else by its sourced_id (what another program of the school knows it \
by), else by its name; without one of that it is new. An empty cell, and a column that is not there, change nothing. \
`import template FOLDER` writes such files with an example in each.

The files of OneRoster 1.1 and 1.2 (CSV, bulk or delta), of Microsoft's School Data Sync 2.1 and of Clever are \
understood, too: students become children, teachers and aides educators, parents and guardians families, and classes \
groups of their teachers. Names of people are not read. Say with --usernames what children are to be called.

A dump of the old platform is its collections users, institutions and childrengroups, together: as mongoexport or Compass \
write them (users.json), as a folder or an archive of mongodump, or compressed with gzip. Ids and passwords stay as they \
are, a row is the document of that number, and what refers to nothing is left out and told.";

/// `import` and its verbs.
pub(super) fn import_command() -> Command {
    let number = || {
        Arg::new("number")
            .required(true)
            .value_name("NUMBER")
            .value_parser(clap::value_parser!(i64).range(1..))
            .help("Which import, as `import list` numbers them")
    };
    let list = operator_verb("list", "List the imports that were applied, the newest first");
    let show = operator_verb("show", "Say what taking an import back would do").arg(number());
    let undo = operator_verb("undo", "Take an import back, but for what was edited since").arg(number());
    let template = Command::new("template")
        .about("Write an empty file for each sheet, with an example row")
        .arg(folder().required(true))
        .arg(super::json());
    with_folder_settings(
        Command::new("import").about("Bring a whole school in, from spreadsheets or the old platform: a plan first"),
    )
    .long_about(IMPORT)
    .args_conflicts_with_subcommands(true)
    .subcommand_negates_reqs(true)
    .arg(
        Arg::new("path")
            .required(true)
            .value_name("PATH")
            .value_hint(ValueHint::AnyPath)
            .help("A CSV file, or a folder or zip of them, or a dump of the old platform"),
    )
    .args(import_arguments())
    .subcommands([list, show, undo, template])
}

fn import_arguments() -> [Arg; 12] {
    let sheets = PossibleValuesParser::new(Sheet::ALL.map(Sheet::word));
    [
        Arg::new("apply").long("apply").action(ArgAction::SetTrue).help("Make the changes; without, they are shown"),
        Arg::new("sheet")
            .long("sheet")
            .value_name("SHEET")
            .value_parser(sheets)
            .help("Which sheet the only file is, if its name does not say so"),
        Arg::new("encoding")
            .long("encoding")
            .value_name("NAME")
            .help("How files are written that are not UTF-8 [default: windows-1252; in Greece windows-1253]"),
        Arg::new("ignore")
            .long("ignore")
            .value_name("HEADER")
            .action(ArgAction::Append)
            .help("Leave out a column of this header, which is none of the sheet's"),
        Arg::new("remove-missing").long("remove-missing").action(ArgAction::SetTrue).help(
            "Deactivate users whom the files do not name, of the institutions that they name, and delete such groups",
        ),
        Arg::new("max-removals").long("max-removals").value_name("COUNT").requires("remove-missing").help(
            "Refuse the files if more users of a type would be deactivated: a number, or a part such as 10% [default: 10%]",
        ),
        Arg::new("erase-after")
            .long("erase-after")
            .value_name("TIME")
            .requires("remove-missing")
            .help("Delete users with all that belongs to them so long after they are deactivated, such as 30d"),
        Arg::new("usernames").long("usernames").value_name("[SHEET=]FROM").action(ArgAction::Append).help(
            "Where usernames come from, those of children if no sheet is named: a column of another program's file, \
                 or a pattern that numbers those who are new, such as 'BR{0001}'",
        ),
        Arg::new("passwords")
            .long("passwords")
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .conflicts_with("without-passwords")
            .help("Make up passwords for new users who have none, and write them into this new file, for you alone"),
        Arg::new("without-passwords")
            .long("without-passwords")
            .action(ArgAction::SetTrue)
            .help("Let new users have no password: they cannot log in until `user set-password` gives them one"),
        Arg::new("old-secret-file")
            .long("old-secret-file")
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .help("File with the secret that the old platform encrypted usernames with, its ENCRYPT_SECRET_KEY"),
        Arg::new("rename-duplicates")
            .long("rename-duplicates")
            .action(ArgAction::SetTrue)
            .help("Put the end of its id behind the name of a user of the old platform whose name is taken"),
    ]
}

/// `export`.
pub(super) fn export_command() -> Command {
    with_folder_settings(Command::new("export").about("Write all sheets as CSV files, which `import` finds unchanged"))
        .long_about(
            "Writes a CSV file for each sheet into a folder: everybody who is registered, by id, without passwords and \
             without what is tracked. What a spreadsheet program would compute begins with a quote. `import` of the \
             same folder changes nothing.\n\nWith --research it writes tables for a study instead: what was tracked of \
             children, by pseudonyms, without names, ids or dates of birth. The audit trail names each child, as of \
             `child export`.",
        )
        .args(research::arguments())
        .arg(folder().required(true))
        .arg(Arg::new("oneroster").long("oneroster").action(ArgAction::SetTrue).conflicts_with("research").help(
            "Write the files of OneRoster 1.1 instead: without anybody's name, and without what is nothing there",
        ))
}

fn folder() -> Arg {
    Arg::new("folder").value_name("FOLDER").value_hint(ValueHint::DirPath).help("Where to; made if it is not there")
}

/// Whoever carries the commands out.
struct Asked {
    operator: Operator,
    runtime: tokio::runtime::Runtime,
    folder: String,
}

impl Asked {
    fn reach(matches: &ArgMatches) -> Result<Self, Failure> {
        let config = verb_settings(flags(matches))?;
        let operator = Operator::reach(&config, Clock::system())?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| Failure::Other(format!("the command cannot be started: {error}")))?;
        let folder = std::path::absolute(&config.data_dir).unwrap_or(config.data_dir).display().to_string();
        Ok(Self { operator, runtime, folder })
    }

    fn ask(&self, command: RosterCommand) -> Result<RosterOutcome, Failure> {
        match self.runtime.block_on(self.operator.operate(OperatorCommand::Roster(command)))? {
            Outcome::Roster(outcome) => Ok(outcome),
            _ => Err(something_else()),
        }
    }

    /// All rows of a sheet, without what is empty.
    fn rows(&self, sheet: Sheet, left: Left) -> Result<Vec<SheetRow>, Failure> {
        let mut rows = Vec::new();
        self.each_part((sheet, left), |part| {
            let row = |cells: &Vec<String>| {
                exported_columns(sheet).zip(cells.iter().cloned()).filter(|(_, cell)| !cell.is_empty()).collect()
            };
            rows.extend(part.iter().map(row));
            Ok(())
        })?;
        Ok(rows)
    }

    /// Hands over the rows of a sheet a part at a time; returns how many they are.
    fn each_part(
        &self,
        (sheet, left): (Sheet, Left),
        mut take: impl FnMut(&[Vec<String>]) -> Result<(), Failure>,
    ) -> Result<usize, Failure> {
        let (mut after, mut rows) = (None, 0);
        loop {
            let command = RosterCommand::Export { sheet: sheet.word().to_owned(), after, with_left: left == Left::In };
            let RosterOutcome::Rows(part) = self.ask(command)? else { return Err(something_else()) };
            take(&part.rows)?;
            rows += part.rows.len();
            after = part.next;
            if after.is_none() {
                return Ok(rows);
            }
        }
    }

    /// Writes what is stored about a child.
    fn export(&self, child: UserName, out: &mut dyn Write) -> Result<(), Failure> {
        Ok(self.runtime.block_on(self.operator.export(child, api::child_export, out))?)
    }

    fn as_json(&self, parts: impl IntoIterator<Item = (&'static str, Value)>) -> String {
        let mut object = Map::from_iter([("folder".to_owned(), json!(self.folder))]);
        object.extend(parts.into_iter().map(|(name, part)| (name.to_owned(), part)));
        format!("{:#}\n", Value::Object(object))
    }
}

fn something_else() -> Failure {
    Failure::Other("the service answered something else than was asked".to_owned())
}

/// Carries out `import`, or a verb of it.
pub(super) fn import(matches: &ArgMatches) -> Result<(), Failure> {
    match matches.subcommand() {
        Some(("template", matches)) => write_templates(matches),
        Some((verb, matches)) => imports::look_back(verb, matches),
        None => bring_in(matches),
    }
}

fn bring_in(matches: &ArgMatches) -> Result<(), Failure> {
    let path = PathBuf::from(matches.get_one::<String>("path").map(String::as_str).unwrap_or_default());
    let passwords = matches.get_one::<String>("passwords").map(PathBuf::from);
    if let Some(path) = passwords.as_ref().filter(|path| path.exists()) {
        return Err(Failure::Other(format!(
            "{} is there already: name another file for the passwords",
            path.display()
        )));
    }
    let files = upload::files(&path)?;
    let asked = Asked::reach(matches)?;
    let proposal =
        Proposal { asked: &asked, json: matches.get_flag("json"), apply: matches.get_flag("apply"), passwords };
    proposal.settle(|keep| plan(&asked, &files, matches, keep))
}

fn plan(asked: &Asked, files: &[PathBuf], matches: &ArgMatches, keep: bool) -> Result<PlanRecord, Failure> {
    let progress = Progress::begin("Reading");
    let upload = new_name().map_err(|error| Failure::Other(error.to_string()))?;
    for file in files {
        upload::send(file, |file, part| {
            asked.ask(RosterCommand::Send { upload: upload.clone(), file, part }).map(drop)
        })?;
    }
    progress.say("Planning");
    let text = |name: &str| matches.get_one::<String>(name).cloned();
    let secret = text("old-secret-file").map(|path| read_given_secret("old platform's secret", Path::new(&path)));
    let options = PlanOptions {
        sheet: text("sheet"),
        encoding: text("encoding"),
        usernames: usernames(matches),
        ignore: matches.get_many::<String>("ignore").unwrap_or_default().cloned().collect(),
        passwords: match (text("passwords"), matches.get_flag("without-passwords")) {
            (Some(_), _) => Passwords::MadeUp,
            (None, true) => Passwords::Unset,
            (None, false) => Passwords::Given,
        },
        remove_missing: matches.get_flag("remove-missing"),
        max_removals: text("max-removals"),
        erase_after_days: text("erase-after").map(|after| days(&after)).transpose()?,
        keep,
        old_secret: secret.transpose()?.map(|secret| secret.trim_end_matches(['\r', '\n']).to_owned()),
        rename_duplicates: matches.get_flag("rename-duplicates"),
    };
    match asked.ask(RosterCommand::Plan { upload, options })? {
        RosterOutcome::Planned(planned) => Ok(planned),
        _ => Err(something_else()),
    }
}

/// Where usernames come from, by sheet; those of children if no sheet is named.
fn usernames(matches: &ArgMatches) -> BTreeMap<String, String> {
    let given = matches.get_many::<String>("usernames").unwrap_or_default();
    let sheet = |text: &String| match text.split_once('=') {
        Some((sheet, from)) => (sheet.to_owned(), from.to_owned()),
        None => (Sheet::Children.word().to_owned(), text.clone()),
    };
    given.map(sheet).collect()
}

/// A new file in a folder, which is made if it is not there. What stands there stays.
fn new_file(folder: &Path, name: &str) -> Result<(PathBuf, File), Failure> {
    let path = folder.join(name);
    let refused = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::Other(format!("{} is there already: name another folder", path.display())),
        _ => Failure::Other(format!("{} cannot be written ({error}): name another folder", path.display())),
    };
    std::fs::create_dir_all(folder).map_err(refused)?;
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(refused)?;
    Ok((path, file))
}

fn given_folder(matches: &ArgMatches) -> PathBuf {
    PathBuf::from(matches.get_one::<String>("folder").map(String::as_str).unwrap_or_default())
}

fn write_templates(matches: &ArgMatches) -> Result<(), Failure> {
    let folder = given_folder(matches);
    let mut files = Vec::new();
    for sheet in Sheet::ALL {
        let text = template(sheet).map_err(|error| Failure::Other(error.to_string()))?;
        let (path, mut file) = new_file(&folder, &format!("{}.csv", sheet.word()))?;
        file.write_all(text.as_bytes()).map_err(|error| unwritten(&path, &error))?;
        files.push(path.display().to_string());
    }
    output::print(&match matches.get_flag("json") {
        true => format!("{:#}\n", json!({"files": files})),
        false => format!(
            "Wrote {} files into {}: put your own rows in the place of the examples, remove the files that you do not \
             need, and import the folder.\n",
            files.len(),
            folder.display()
        ),
    });
    Ok(())
}

fn unwritten(path: &Path, error: &std::io::Error) -> Failure {
    Failure::Other(format!("{} cannot be written ({error}): remove it, and try again elsewhere", path.display()))
}

/// Carries out `export`.
pub(super) fn export(matches: &ArgMatches) -> Result<(), Failure> {
    if matches.get_flag("research") {
        return research::export(matches);
    }
    let asked = Asked::reach(matches)?;
    let folder = given_folder(matches);
    let progress = Progress::begin("Exporting");
    let mut written = Vec::new();
    let mut form = match matches.get_flag("oneroster") {
        true => ExportForm::OneRoster(OneRoster::default()),
        false => ExportForm::Sheets,
    };
    for (name, sheets) in form.files() {
        progress.say(&name);
        let (path, mut file) = new_file(&folder, &name)?;
        let (mut first, mut rows) = (true, 0);
        for sheet in sheets {
            rows += asked.each_part((*sheet, Left::Out), |part| {
                let text = form.text(&name, *sheet, part, first).map_err(|error| Failure::Other(error.to_string()))?;
                first = false;
                file.write_all(text.as_bytes()).map_err(|error| unwritten(&path, &error))
            })?;
        }
        file.sync_all().map_err(|error| unwritten(&path, &error))?;
        written.push((path.display().to_string(), rows));
    }
    if let Some((name, text)) = form.manifest() {
        let (path, mut file) = new_file(&folder, name)?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|error| unwritten(&path, &error))?;
    }
    drop(progress);
    let files: Vec<_> = written.iter().map(|(file, rows)| json!({"file": file, "rows": rows})).collect();
    output::print(&match matches.get_flag("json") {
        true => asked.as_json([("files", Value::Array(files))]),
        false => shown::exported(&asked.folder, &folder, &written),
    });
    Ok(())
}
