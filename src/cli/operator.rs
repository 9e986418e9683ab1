//! `admin`, `user` and `keys`: what operators ask, with the service running or stopped.

use std::fmt::Write as _;
use std::io::{self, BufRead, IsTerminal, Write as _};

use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::audit::local_time;
use super::{Failure, audit, flags, keys, limits, operator_verb, output, verb_settings};
use crate::app::{GivenPassword, OperatorCommand, Outcome, UserName, UserRecord, WithPassword};
use crate::config::without_mark;
use crate::model::{Clock, Role};
use crate::operations;

const PASSWORDS: &str = "\
The password is asked for at a terminal, where it is not shown; --password-stdin reads it from the first line of \
standard input instead. If none is given, one is made up and shown once.";

/// `admin` and its verbs.
pub(super) fn admin_command() -> Command {
    let create = operator_verb("create", "Make one more administrator")
        .arg(Arg::new("name").required(true).value_name("USERNAME").help("The new administrator's name"));
    let reset =
        operator_verb("reset-password", "Give an administrator another password; his tokens are refused at once")
            .arg(Arg::new("name").value_name("USERNAME").help("May be left out if there is only one administrator"));
    Command::new("admin")
        .about("Administrators: make one, or reset a lost password")
        .subcommand_required(true)
        .subcommands([create, reset].map(with_password))
}

/// `user` and its verbs.
pub(super) fn user_command() -> Command {
    let of = Arg::new("institution").long("institution").value_name("INSTITUTION");
    let of = of.help("Only users of this institution: its id, or its name");
    let left = Arg::new("deactivated").long("deactivated").action(ArgAction::SetTrue);
    let left = left.help("Those who are deactivated; without, those who are active");
    let list = operator_verb("list", "List the users").arg(kind()).arg(of).arg(left);
    let show = one_user(operator_verb("show", "Show a user"));
    let set =
        one_user(operator_verb("set-password", "Give a user another password; the user's tokens are refused at once"));
    let unlock = one_user(operator_verb(
        "unlock",
        "Forget how often a user's password was tried, so that nobody waits any more",
    ));
    let deactivate = one_user(operator_verb(
        "deactivate",
        "Let a user log in no more, and lists leave it out; its tokens are refused at once",
    ))
    .arg(
        Arg::new("at")
            .long("at")
            .value_name("TIME")
            .help("From then on: a day here, such as 2026-07-31, or a time such as 2026-07-31T12:00:00Z"),
    )
    .arg(
        Arg::new("erase-after")
            .long("erase-after")
            .value_name("TIME")
            .help("Delete the user with all that belongs to it so long after that, such as 30d"),
    );
    let activate = one_user(operator_verb("activate", "Let a user log in again who was deactivated, or is to be"));
    let delete = one_user(operator_verb("delete", "Delete a user with all that belongs to it"))
        .arg(Arg::new("yes").long("yes").action(ArgAction::SetTrue).help("Do not ask whether this is meant"));
    Command::new("user").about("Users of all types").subcommand_required(true).subcommands([
        list,
        show,
        with_password(set),
        unlock,
        deactivate,
        activate,
        delete,
    ])
}

fn with_password(command: Command) -> Command {
    command.long_about(PASSWORDS).arg(
        Arg::new("password-stdin")
            .long("password-stdin")
            .action(ArgAction::SetTrue)
            .help("Read the password from the first line of standard input"),
    )
}

fn one_user(command: Command) -> Command {
    command.arg(Arg::new("name").required(true).value_name("USER").help("A username, or an id")).arg(kind())
}

fn kind() -> Arg {
    let types = Role::ALL.map(Role::word);
    Arg::new("type").long("type").value_name("TYPE").value_parser(types).help("Only users of this type")
}

/// Carries out `limits`, or a verb of `admin`, `user` or `keys`, and prints what became of it.
pub(super) fn run(noun: &str, matches: &ArgMatches) -> Result<(), Failure> {
    let Some((verb, matches)) = matches.subcommand().or((noun == "limits").then_some(("", matches))) else {
        return Err(Failure::Other(format!("{noun} needs a verb: see `ocariot-users {noun} --help`")));
    };
    let config = verb_settings(flags(matches))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::Other(format!("the command cannot be started: {error}")))?;
    let operate = |command| runtime.block_on(operations::operate(&config, Clock::system(), command));
    if verb == "delete" && !matches.get_flag("yes") {
        let shown = operate(OperatorCommand::UserShow { user: user(matches) })?;
        confirm_deletion(&shown)?;
    }
    let outcome = operate(command(noun, verb, matches)?)?;
    let folder = std::path::absolute(&config.data_dir).unwrap_or(config.data_dir).display().to_string();
    let text = if matches.get_flag("json") { as_json(&folder, &outcome)? } else { as_text(&folder, &outcome) };
    output::print(&text);
    Ok(())
}

fn command(noun: &str, verb: &str, matches: &ArgMatches) -> Result<OperatorCommand, Failure> {
    let named = || text(matches, "name");
    Ok(match (noun, verb) {
        ("admin", "create") => {
            OperatorCommand::AdminCreate { username: named().unwrap_or_default(), password: password(matches)? }
        }
        ("admin", "reset-password") => {
            OperatorCommand::AdminResetPassword { username: named(), password: password(matches)? }
        }
        ("user", "list") => {
            let (role, institution) = (text(matches, "type"), text(matches, "institution"));
            OperatorCommand::UserList { role, institution, deactivated: matches.get_flag("deactivated") }
        }
        ("user", "show") => OperatorCommand::UserShow { user: user(matches) },
        ("user", "set-password") => {
            OperatorCommand::UserSetPassword { user: user(matches), password: password(matches)? }
        }
        ("user", "unlock") => OperatorCommand::UserUnlock { user: user(matches) },
        ("limits", _) => OperatorCommand::Limits {},
        ("user", "deactivate") => OperatorCommand::UserDeactivate {
            user: user(matches),
            at: text(matches, "at").map(|at| later(&at)).transpose()?,
            erase_after_days: text(matches, "erase-after").map(|after| days(&after)).transpose()?,
        },
        ("user", "activate") => OperatorCommand::UserActivate { user: user(matches) },
        ("user", "delete") => OperatorCommand::UserDelete { user: user(matches) },
        ("keys", "show") => OperatorCommand::KeysShow,
        ("keys", "rotate") => OperatorCommand::KeysRotate { without_overlap: matches.get_flag("without-overlap") },
        _ => return Err(Failure::Other(format!("{noun} has no verb {verb}: see `ocariot-users {noun} --help`"))),
    })
}

fn text(matches: &ArgMatches, name: &str) -> Option<String> {
    matches.get_one::<String>(name).cloned()
}

fn user(matches: &ArgMatches) -> UserName {
    UserName { name: text(matches, "name").unwrap_or_default(), role: text(matches, "type") }
}

/// The password to set; `None` if one is to be made up.
fn password(matches: &ArgMatches) -> Result<Option<GivenPassword>, Failure> {
    if matches.get_flag("password-stdin") {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line).map_err(|error| unreadable(&error))?;
        let line = without_mark(&line);
        let password = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
        if password.is_empty() {
            return Err(Failure::Other("standard input holds no password: give one in its first line".to_owned()));
        }
        return Ok(Some(password.to_owned().into()));
    }
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    let ask = |prompt| rpassword::prompt_password(prompt).map_err(|error| unreadable(&error));
    let first = ask("New password (leave it empty to have one made up): ")?;
    if first.is_empty() {
        return Ok(None);
    }
    if ask("The same once more: ")? != first {
        return Err(Failure::Other("the two passwords differ: nothing was changed; try again".to_owned()));
    }
    Ok(Some(first.into()))
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::Other(format!("the password cannot be read ({error}): give it with --password-stdin"))
}

fn confirm_deletion(shown: &Outcome) -> Result<(), Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::Other("deleting cannot be undone: say --yes if this is meant".to_owned()));
    }
    if let Outcome::User(user) = shown {
        let mut stderr = io::stderr().lock();
        let _ = write!(stderr, "Delete {}, and all that belongs to it? This cannot be undone. [y/N] ", words(user));
        let _ = stderr.flush();
    }
    let mut reply = String::new();
    io::stdin().lock().read_line(&mut reply).map_err(|error| Failure::Other(error.to_string()))?;
    if matches!(reply.trim().to_lowercase().as_str(), "y" | "yes") {
        return Ok(());
    }
    Err(Failure::Other("nothing was deleted".to_owned()))
}

fn as_json(folder: &str, outcome: &Outcome) -> Result<String, Failure> {
    let mut object = Map::from_iter([("folder".to_owned(), json!(folder))]);
    if let Value::Object(fields) = serde_json::to_value(outcome).map_err(|error| Failure::Other(error.to_string()))? {
        object.extend(fields);
    }
    Ok(format!("{:#}\n", Value::Object(object)))
}

fn as_text(folder: &str, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Users(users) => table(folder, users),
        Outcome::User(user) => one(folder, user),
        Outcome::Created(made) => format!("Made {} in {folder}.\n{}", words(&made.user), password_words(made)),
        Outcome::PasswordSet(set) => format!(
            "Set another password for {} in {folder}; tokens from before are refused.\n{}",
            words(&set.user),
            password_words(set)
        ),
        Outcome::Unlocked(user) => {
            format!("Unlocked {} in {folder}: tries of the password count from nothing again.\n", words(user))
        }
        Outcome::Deactivated(user) => format!("{}{}\n", words_of_leaving(user, folder), erased(user)),
        Outcome::Activated(user) => format!("Activated {} in {folder}: it can log in again.\n", words(user)),
        Outcome::Deleted(user) => format!("Deleted {} from {folder}; its tokens are refused.\n", words(user)),
        Outcome::Keys(found) => keys::shown(folder, found),
        Outcome::Rotated(found) => keys::rotated(folder, found),
        Outcome::Trail(page) => audit::lines(page),
        Outcome::Limited(report) => limits::limited(folder, report),
        // The verbs that ask for it print it themselves.
        Outcome::Roster(_) | Outcome::Wearable(_) | Outcome::Imports(_) => String::new(),
    }
}

/// A time to come: a day begins at midnight here.
fn later(text: &str) -> Result<String, Failure> {
    let day = || TimeZone::system().to_timestamp(text.parse::<Date>().ok()?.to_datetime(Time::midnight())).ok();
    text.parse().ok().or_else(day).map(|time: Timestamp| time.to_string()).ok_or_else(|| {
        Failure::Usage(format!("{text} is no time: write a day as 2026-07-31, or a time as 2026-07-31T12:00:00Z"))
    })
}

/// A number of days, or of weeks or years as so many.
pub(super) fn days(text: &str) -> Result<u32, Failure> {
    let unit = [('d', 1), ('w', 7), ('y', 365)].into_iter().find(|(unit, _)| text.ends_with(*unit));
    let number = unit.and_then(|(unit, days)| text.strip_suffix(unit)?.parse::<u32>().ok()?.checked_mul(days));
    number
        .filter(|days| (1..=36_500).contains(days))
        .ok_or_else(|| Failure::Usage(format!("{text} is no time of 1 day to 100 years: write it as 30d, 4w or 1y")))
}

fn words_of_leaving(user: &UserRecord, folder: &str) -> String {
    match &user.deactivate_at {
        Some(at) => format!("{} in {folder} will be deactivated at {}.", words(user), local_time(at)),
        None => format!("Deactivated {} in {folder}; its tokens are refused.", words(user)),
    }
}

fn erased(user: &UserRecord) -> String {
    user.erase_at.as_ref().map(|at| format!(" It will be deleted after {}.", local_time(at))).unwrap_or_default()
}

fn words(user: &UserRecord) -> String {
    format!("{} {} ({})", user.r#type, user.username, user.id)
}

fn password_words(user: &WithPassword) -> String {
    match &user.password {
        Some(password) => format!("Password: {password}   (shown this once: write it down)\n"),
        None => String::new(),
    }
}

/// Everything about one user.
fn one(folder: &str, user: &UserRecord) -> String {
    let institution = match (&user.institution_name, &user.institution) {
        (Some(name), Some(id)) => format!("{name} ({id})"),
        (None, Some(id)) => id.clone(),
        (_, None) => "none".to_owned(),
    };
    let last = user.last_login.as_deref().map_or_else(|| "never".to_owned(), local_time);
    format!(
        "In {folder}:\n  username     {}\n  type         {}\n  id           {}\n  institution  {institution}\n  \
         last log-in  {last}\n{}",
        user.username,
        user.r#type,
        user.id,
        departure(user)
    )
}

/// What became of a user who left, or will.
fn departure(user: &UserRecord) -> String {
    let known = [
        ("deactivated ", &user.deactivated_at),
        ("deactivated at", &user.deactivate_at),
        ("deleted after", &user.erase_at),
    ];
    let line = |(word, at): (&str, &Option<String>)| {
        at.as_ref().map(|at| format!("  {word:<12} {}\n", local_time(at))).unwrap_or_default()
    };
    known.into_iter().map(line).collect()
}

fn table(folder: &str, users: &[UserRecord]) -> String {
    let mut text = format!(
        "{} in {folder}\n",
        if users.len() == 1 { "1 user".to_owned() } else { format!("{} users", users.len()) }
    );
    let names = users.iter().map(|user| user.username.chars().count()).max().unwrap_or(0).max(8);
    let last = |user: &UserRecord| user.last_login.as_deref().map_or_else(|| "never".to_owned(), local_time);
    if !users.is_empty() {
        let (id, kind, name, last) = ("ID", "TYPE", "USERNAME", "LAST LOG-IN");
        let _ = writeln!(text, "{id:<24}  {kind:<18}  {name:<names$}  {last:<26}  INSTITUTION");
    }
    for user in users {
        let institution = user.institution_name.as_ref().or(user.institution.as_ref()).map_or("-", String::as_str);
        let (id, kind, name, last) = (&user.id, &user.r#type, &user.username, last(user));
        let _ = writeln!(text, "{id:<24}  {kind:<18}  {name:<names$}  {last:<26}  {institution}");
    }
    text
}
