//! `export --research`: tables of pseudonyms, for those who study what was tracked.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::builder::ValueHint;
use clap::{Arg, ArgAction, ArgMatches};
use serde_json::{Value, json};

use super::{Asked, given_folder, new_file, unwritten};
use crate::app::UserName;
use crate::app::rosters::{ParquetTable, Pseudonyms, Shift, Table, research_csv, research_headers, research_rows};
use crate::cli::progress::Progress;
use crate::cli::{Failure, output};
use crate::model::rosters::{Column, Left, Sheet};
use crate::operations::read_given_secret;

const KEY: &str = "key for pseudonyms";

/// What `export` is told of it.
pub(super) fn arguments() -> [Arg; 3] {
    [
        Arg::new("research").long("research").action(ArgAction::SetTrue).requires("research-key").help(
            "Write tables for a study instead, as CSV and Parquet: what was tracked of children, by pseudonyms and \
                 without names",
        ),
        Arg::new("research-key")
            .long("research-key")
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .requires("research")
            .help(
                "File with the key that pseudonyms are made with, made if it is not there: the same key, the same ones",
            ),
        Arg::new("shift-dates")
            .long("shift-dates")
            .action(ArgAction::SetTrue)
            .requires("research")
            .help("Move all dates of each child by as many weeks, up to half a year to and fro"),
    ]
}

/// Carries it out.
pub(super) fn export(matches: &ArgMatches) -> Result<(), Failure> {
    let asked = Asked::reach(matches)?;
    let folder = given_folder(matches);
    let key = matches.get_one::<String>("research-key").map(PathBuf::from).unwrap_or_default();
    let pseudonyms = Pseudonyms::new(&key_in(&key)?);
    let shift = if matches.get_flag("shift-dates") { Shift::ByChild } else { Shift::No };
    let internal = |error: crate::model::Error| Failure::Other(error.to_string());
    let mut tables = BTreeMap::new();
    for table in Table::ALL {
        tables.insert(table, Opened::new(&folder, table)?);
    }
    // A study does not lose whoever left.
    let children = asked.rows(Sheet::Children, Left::In)?;
    let progress = Progress::begin("Exporting");
    for (done, child) in children.iter().enumerate() {
        progress.say(&format!("Exporting: {done} of {} children", children.len()));
        let name = child.get(&Column::Id).cloned().unwrap_or_default();
        let mut document = Vec::new();
        asked.export(UserName { name, role: None }, &mut document)?;
        let document: Value = serde_json::from_slice(&document).map_err(|_| {
            Failure::Other("the service told a child's data in another form: run the same version".to_owned())
        })?;
        for (table, row) in research_rows(&document, &pseudonyms, shift).map_err(internal)? {
            let Some(opened) = tables.get_mut(&table) else { continue };
            opened.add(&research_csv(table, &row).map_err(internal)?, &row)?;
        }
    }
    drop(progress);
    let mut files = Vec::new();
    for opened in tables.into_values() {
        let rows = opened.rows;
        files.extend(opened.finish()?.map(|path| (path.display().to_string(), rows)));
    }
    print(matches, &asked, &folder, &files);
    Ok(())
}

fn print(matches: &ArgMatches, asked: &Asked, folder: &Path, files: &[(String, usize)]) {
    if matches.get_flag("json") {
        let files: Vec<_> = files.iter().map(|(file, rows)| json!({"file": file, "rows": rows})).collect();
        return output::print(&asked.as_json([("files", Value::Array(files))]));
    }
    let mut text = format!(
        "Exported {} into {} by pseudonyms. Whoever has the key can tell whose they are: keep it apart.\n",
        asked.folder,
        folder.display()
    );
    files.iter().for_each(|(file, rows)| text.push_str(&format!("  {file}: {rows} rows\n")));
    output::print(&text);
}

/// A table on its way to disk, in both forms.
struct Opened {
    csv: (PathBuf, BufWriter<File>),
    parquet: (PathBuf, ParquetTable<File>),
    rows: usize,
}

impl Opened {
    fn new(folder: &Path, table: Table) -> Result<Self, Failure> {
        let headers = research_headers(table).map_err(|error| Failure::Other(error.to_string()))?;
        let (path, file) = new_file(folder, &format!("{}.csv", table.word()))?;
        let mut writer = BufWriter::new(file);
        writer.write_all(&headers).map_err(|error| unwritten(&path, &error))?;
        let csv = (path, writer);
        let (path, file) = new_file(folder, &format!("{}.parquet", table.word()))?;
        let parquet = ParquetTable::new(table, file).map_err(|error| unwritten(&path, &error))?;
        Ok(Self { csv, parquet: (path, parquet), rows: 0 })
    }

    fn add(&mut self, line: &[u8], row: &[String]) -> Result<(), Failure> {
        self.rows += 1;
        let ((csv, writer), (parquet, table)) = (&mut self.csv, &mut self.parquet);
        writer.write_all(line).map_err(|error| unwritten(csv, &error))?;
        table.add(row).map_err(|error| unwritten(parquet, &error))
    }

    /// Where they are, on disk.
    fn finish(self) -> Result<[PathBuf; 2], Failure> {
        let ((csv, writer), (parquet, table)) = (self.csv, self.parquet);
        let flushed = writer.into_inner().map_err(std::io::IntoInnerError::into_error);
        flushed.and_then(|file| file.sync_all()).map_err(|error| unwritten(&csv, &error))?;
        table.finish().and_then(|file| file.sync_all()).map_err(|error| unwritten(&parquet, &error))?;
        Ok([csv, parquet])
    }
}

/// The key in a file, which is made if it is not there.
fn key_in(path: &Path) -> Result<String, Failure> {
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match made {
        Ok(mut file) => {
            let key = Pseudonyms::new_key().map_err(|error| Failure::Other(error.to_string()))?;
            let written = writeln!(file, "{key}").and_then(|()| file.sync_all());
            written.map_err(|error| unwritten(path, &error))?;
            Ok(key)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => match read_given_secret(KEY, path)?.trim() {
            short if short.len() < 16 => Err(Failure::Other(format!(
                "{} holds no {KEY} of at least 16 characters: name a file that is not there, to have one made",
                path.display()
            ))),
            key => Ok(key.to_owned()),
        },
        Err(error) => Err(unwritten(path, &error)),
    }
}
