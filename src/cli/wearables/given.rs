//! Whose files are which: one child's, a folder of a class, or a list.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use clap::ArgMatches;

use crate::cli::Failure;

/// The most children of a class.
const MOST: usize = 1000;
/// The largest list.
const LIST: u64 = 1 << 20;

/// The files of each child, by its name.
pub(super) fn children(matches: &ArgMatches) -> Result<BTreeMap<String, Vec<PathBuf>>, Failure> {
    let paths: Vec<PathBuf> = matches.get_many("path").unwrap_or_default().cloned().collect();
    if let Some(child) = matches.get_one::<String>("child") {
        return Ok(BTreeMap::from([(child.clone(), paths)]));
    }
    let given = match (matches.get_one::<PathBuf>("list"), paths.as_slice()) {
        (Some(list), _) => listed(list)?,
        (None, [folder]) if folder.is_dir() => folder_of_a_class(folder)?,
        (None, _) => {
            return Err(Failure::Usage(
                "say whose it is with --child; without, name a folder with a file for each child of a class, or --list"
                    .to_owned(),
            ));
        }
    };
    match given.len() {
        0 => Err(Failure::Other("there is no file of any child: call each by the child's username".to_owned())),
        1..=MOST => Ok(given),
        _ => Err(Failure::Other(format!("there are more than {MOST} children: import them class by class"))),
    }
}

fn unreadable(path: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Other(format!("{} cannot be read ({error}), and nothing was changed: name another", path.display()))
}

/// What lies in a folder, each called by a username, with or without an ending.
fn folder_of_a_class(folder: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>, Failure> {
    let mut given: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
        let path = entry.map_err(|error| unreadable(folder, &error))?.path();
        let name = if path.is_dir() { path.file_name() } else { path.file_stem() };
        let name = name.unwrap_or_default().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            given.entry(name).or_default().push(path);
        }
    }
    given.values_mut().for_each(|paths| paths.sort());
    Ok(given)
}

/// A row for each file: a username and a path, which is meant from where the list lies.
fn listed(list: &Path) -> Result<BTreeMap<String, Vec<PathBuf>>, Failure> {
    let size = fs::metadata(list).map_err(|error| unreadable(list, &error))?.len();
    if size > LIST {
        return Err(unreadable(list, &"it is larger than 1 MiB"));
    }
    let text = fs::read_to_string(list).map_err(|error| unreadable(list, &error))?;
    let text = text.trim_start_matches('\u{feff}').replace("\r\n", "\n");
    let from = list.parent().unwrap_or(Path::new(""));
    let mut given: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let cells = line.split_once([',', ';', '\t']).map(|(name, path)| (cell(name), cell(path)));
        match cells {
            Some(("username" | "child", _)) if number == 0 => {}
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                given.entry(name.to_owned()).or_default().push(from.join(path));
            }
            _ => {
                let why = format!("row {} is no username and a path", number + 1);
                return Err(unreadable(list, &why));
            }
        }
    }
    Ok(given)
}

fn cell(text: &str) -> &str {
    text.trim().trim_matches('"')
}
