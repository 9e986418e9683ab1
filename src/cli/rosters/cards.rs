//! `cards`: slips to hand out, with what somebody needs to log in, by class and ready for cutting.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, ValueHint};
use clap::{Arg, ArgMatches, Command};
use serde_json::json;

use super::slips::{self, LANGUAGES, Slip};
use super::{Asked, unwritten};
use crate::app::rosters::passwords_of;
use crate::cli::{Failure, output, with_folder_settings};
use crate::model::rosters::{Column, Left, Sheet};
use crate::model::text::natural_order;

/// The longest address that a code on a slip holds and a telephone still reads.
const LONGEST_ADDRESS: usize = 200;

const ABOUT: &str = "\
Writes a page with a slip for each user: name, password, and the address of the service, also as a QR code. Open it in a \
browser, print it, cut it. Children stand by their class, a page for each, others by their type.

PASSWORDS is the file that `import --passwords` wrote: those in it get slips. Without it everybody does but applications \
and administrators, with a line to write the password on.";

/// `cards`.
pub(in crate::cli) fn command() -> Command {
    with_folder_settings(Command::new("cards").about("Write slips to log in with, by class, for printing and cutting"))
        .long_about(ABOUT)
        .arg(
            Arg::new("passwords")
                .value_name("PASSWORDS")
                .value_hint(ValueHint::FilePath)
                .help("The file of made-up passwords that an import wrote"),
        )
        .arg(
            Arg::new("address")
                .long("address")
                .required(true)
                .value_name("URL")
                .value_hint(ValueHint::Url)
                .help("What people open, such as https://school-box:3001: the start of the service names it"),
        )
        .arg(
            Arg::new("to")
                .long("to")
                .required(true)
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .help("Where to: a new file, for you alone, such as slips.html"),
        )
        .arg(
            Arg::new("language")
                .long("language")
                .value_name("CODE")
                .value_parser(PossibleValuesParser::new(LANGUAGES))
                .default_value(LANGUAGES[0])
                .help("The language of the words on the slips"),
        )
}

/// Carries out `cards`.
pub(in crate::cli) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let text = |name: &str| matches.get_one::<String>(name).map(String::as_str).unwrap_or_default();
    let address = text("address");
    let known = ["https://", "http://"].iter().any(|scheme| address.starts_with(scheme));
    if !known || address.len() > LONGEST_ADDRESS || address.contains(char::is_whitespace) {
        return Err(Failure::Usage(format!(
            "--address is no address of at most {LONGEST_ADDRESS} characters: give one such as https://school-box:3001"
        )));
    }
    let passwords = matches.get_one::<String>("passwords").map(|path| read_passwords(Path::new(path))).transpose()?;
    let asked = Asked::reach(matches)?;
    let classes = by_class(slips(&asked, passwords)?);
    let path = PathBuf::from(text("to"));
    let page = slips::page(&classes, address, text("language")).map_err(Failure::Other)?;
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    let written = made.and_then(|mut file| file.write_all(page.as_bytes()).and_then(|()| file.sync_all()));
    written.map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => {
            Failure::Other(format!("{} is there already: name another file with --to", path.display()))
        }
        _ => unwritten(&path, &error),
    })?;
    let count: usize = classes.iter().map(|(_, slips)| slips.len()).sum();
    let shown = path.display().to_string();
    output::print(&match matches.get_flag("json") {
        true => asked.as_json([("cards", json!({"file": shown, "slips": count, "classes": classes.len()}))]),
        false => format!(
            "Wrote {count} slips of {} into {shown}: open it in a browser and print it; delete it when they are handed \
             out.\n",
            asked.folder
        ),
    });
    Ok(())
}

/// The passwords of a file, by type and name.
fn read_passwords(path: &Path) -> Result<HashMap<(String, String), String>, Failure> {
    let refused = |why: String| {
        Failure::Other(format!(
            "{} cannot be read ({why}): name the file that `import --passwords` wrote",
            path.display()
        ))
    };
    let bytes = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
    let made_up = passwords_of(&bytes).map_err(refused)?;
    Ok(made_up.into_iter().map(|one| ((one.r#type, one.username), one.password)).collect())
}

/// The slips of those who have passwords, or of everybody, each with its class.
fn slips(
    asked: &Asked,
    mut passwords: Option<HashMap<(String, String), String>>,
) -> Result<Vec<(String, Slip)>, Failure> {
    let classes = classes(asked)?;
    let mut slips = Vec::new();
    for sheet in Sheet::ALL {
        let Some(role) = sheet.role() else { continue };
        if passwords.is_none() && sheet == Sheet::Applications {
            continue;
        }
        for row in asked.rows(sheet, Left::Out)? {
            let [Some(id), Some(name)] = [row.get(&Column::Id), row.get(&Column::Username)] else { continue };
            let password = match &mut passwords {
                Some(passwords) => match passwords.remove(&(role.word().to_owned(), name.clone())) {
                    Some(password) => Some(password),
                    None => continue,
                },
                None => None,
            };
            let class = classes.get(id).cloned().unwrap_or_else(|| sheet.word().to_owned());
            slips.push((class, Slip { name: name.clone(), password }));
        }
    }
    let unknown = passwords.map_or(0, |passwords| passwords.len());
    if unknown > 0 {
        return Err(Failure::Other(format!(
            "{unknown} of those in the file of passwords are not registered in {}: apply the import first, or name the \
             file that belongs to it",
            asked.folder
        )));
    }
    Ok(slips)
}

/// The class of each child that has one: what its group says, else the group's name; of several the first.
fn classes(asked: &Asked) -> Result<HashMap<String, String>, Failure> {
    let mut classes: HashMap<String, String> = HashMap::new();
    for row in asked.rows(Sheet::Groups, Left::Out)? {
        let Some(class) = [Column::SchoolClass, Column::Name].iter().find_map(|column| row.get(column)) else {
            continue;
        };
        for child in row.get(&Column::Children).into_iter().flat_map(|ids| ids.split(' ')) {
            let held = classes.entry(child.to_owned()).or_insert_with(|| class.clone());
            if natural_order(class, held).is_lt() {
                held.clone_from(class);
            }
        }
    }
    Ok(classes)
}

/// Slips by class, both in the order that people count in.
fn by_class(slips: Vec<(String, Slip)>) -> Vec<(String, Vec<Slip>)> {
    let mut classes: HashMap<String, Vec<Slip>> = HashMap::new();
    for (class, slip) in slips {
        classes.entry(class).or_default().push(slip);
    }
    let mut classes: Vec<_> = classes.into_iter().collect();
    classes.sort_by(|(one, _), (other, _)| natural_order(one, other).then_with(|| one.cmp(other)));
    for (_, slips) in &mut classes {
        slips.sort_by(|one, other| natural_order(&one.name, &other.name).then_with(|| one.name.cmp(&other.name)));
    }
    classes
}
