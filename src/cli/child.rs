//! `child`: what is stored about one.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::builder::ValueHint;
use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;
use tempfile::NamedTempFile;
use zip::ZipWriter;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;

use super::{Failure, flags, operator_verb, output, verb_settings};
use crate::api;
use crate::app::UserName;
use crate::config::Config;
use crate::model::Clock;
use crate::operations::{OperateError, Operator};

const EXPORT: &str = "\
Writes everything that is stored about a child as one JSON document: its profile, its families and groups by id, what the \
audit trail says of it, all that was tracked, and which backups may still hold it. It is what `/children/{child_id}/export` \
answers administrators with. The audit trail names it.";

/// `child` and its verb.
pub(super) fn command() -> Command {
    let export = operator_verb("export", "Write everything that is stored about a child")
        .long_about(EXPORT)
        .arg(Arg::new("name").required(true).value_name("CHILD").help("A username, or an id"))
        .arg(
            Arg::new("to")
                .long("to")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .value_hint(ValueHint::FilePath)
                .help(
                    "Write it into this new file, which only its owner may read, and not to standard output; into an \
                     archive if the file's name ends with .zip",
                ),
        );
    Command::new("child").about("Children: what is stored about one").subcommand_required(true).subcommand(export)
}

/// Carries out the verb of `child`.
pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some(("export", matches)) = matches.subcommand() else {
        return Err(Failure::Usage("child needs a verb: try `ocariot-users child export NAME`".to_owned()));
    };
    let config = verb_settings(flags(matches))?;
    let name = matches.get_one::<String>("name").cloned().unwrap_or_default();
    let child = UserName { name, role: None };
    match matches.get_one::<PathBuf>("to") {
        None => match export(&config, child, &mut io::stdout().lock()) {
            Err(Failure::Operate(OperateError::Unwritten(gone))) if gone.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            written => written,
        },
        Some(path) => {
            write_file(path, |file| match path.extension().is_some_and(|end| end.eq_ignore_ascii_case("zip")) {
                true => export_packed(&config, child, file),
                false => export(&config, child, file),
            })?;
            let file = std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string();
            let folder = std::path::absolute(&config.data_dir).unwrap_or(config.data_dir).display().to_string();
            let mut text = String::new();
            let _ = match matches.get_flag("json") {
                true => writeln!(text, "{:#}", json!({"folder": folder, "file": file})),
                false => writeln!(text, "Wrote what is stored about the child in {folder} into {file}."),
            };
            output::print(&text);
            Ok(())
        }
    }
}

fn export(config: &Config, child: UserName, out: &mut dyn Write) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Other(format!("the command cannot be started: {error}")))?;
    let operator = Operator::reach(config, Clock::system())?;
    runtime.block_on(operator.export(child, api::child_export, out))?;
    out.flush().map_err(|error| OperateError::Unwritten(error).into())
}

/// The same in a ZIP archive.
fn export_packed(config: &Config, child: UserName, out: &mut dyn Write) -> Result<(), Failure> {
    let unwritten = |error: ZipError| Failure::from(OperateError::Unwritten(error.into()));
    let mut zip = ZipWriter::new_stream(out);
    zip.start_file("child.json", SimpleFileOptions::default()).map_err(unwritten)?;
    export(config, child, &mut zip)?;
    zip.finish().map_err(unwritten)?.into_inner().flush().map_err(|error| OperateError::Unwritten(error).into())
}

/// Writes a file as a whole or not at all, and never over another one.
fn write_file(path: &Path, write: impl FnOnce(&mut dyn Write) -> Result<(), Failure>) -> Result<(), Failure> {
    let unwritten = |error: io::Error| {
        Failure::Other(format!("{} cannot be written ({error}): name another file with --to", path.display()))
    };
    if path.exists() {
        return Err(Failure::Other(format!("{} is there already: name another file with --to", path.display())));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).map_err(unwritten)?;
    write(&mut io::BufWriter::new(file.as_file_mut()))?;
    file.as_file().sync_all().map_err(unwritten)?;
    file.persist_noclobber(path).map(drop).map_err(|error| unwritten(error.error))
}
