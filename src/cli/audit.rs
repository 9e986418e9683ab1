//! `audit`: what the audit trail tells, a row a line.

use std::io::{self, ErrorKind};

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::{Failure, flags, output, verb_settings, with_folder_settings};
use crate::app::{OperatorCommand, Outcome, TrailCursor, TrailPage, TrailQuery, TrailRecord, audited_actions};
use crate::config::parse_duration;
use crate::model::Clock;
use crate::operations::Operator;

const LIST: &str = "\
Prints who did what to whom, when and from where: every change and log-in, and of what was refused one row a minute for \
each kind and client, with a count. The newest come first, times are those of this machine. What is stored are ids: the \
names before them are those that there are now. --json prints an object a line, with times in UTC.";

/// `audit` and its verb.
pub(super) fn command() -> Command {
    let list = with_folder_settings(Command::new("list").about("Print the audit trail, the newest first"))
        .long_about(LIST)
        .args([instant("since", "From when on [default: 24h]"), instant("until", "Until when, that left out")])
        .args([
            who("actor", "Only what this user did: a username, or an id"),
            who("target", "Only what was done to this user or thing, failed log-ins too: a username, or an id"),
        ])
        .arg(
            Arg::new("action")
                .long("action")
                .value_name("OPERATION")
                .action(ArgAction::Append)
                .value_delimiter(',')
                .value_parser(PossibleValuesParser::new(audited_actions()))
                .hide_possible_values(true)
                .help("Only these: ids of operations, as in the OpenAPI document, such as child_update or auth_login"),
        )
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("COUNT")
                .value_parser(clap::value_parser!(u32).range(1..))
                .help("At most so many rows, the newest"),
        );
    Command::new("audit").about("The audit trail: who did what to whom").subcommand_required(true).subcommand(list)
}

fn instant(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name)
        .long(name)
        .value_name("TIME")
        .value_parser(|text: &str| parse_instant(text, Clock::system().now()))
        .help(format!("{help}: so long ago (30m, 24h, 7d), or a date or time (2026-11-01, 2026-11-01T08:30, UTC)"))
}

fn who(name: &'static str, help: &'static str) -> Arg {
    Arg::new(name).long(name).value_name("USER").help(help)
}

/// An instant given as how long ago it is, as a date, or as a time, which is in UTC unless it says otherwise.
fn parse_instant(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let wrong = || {
        "give how long ago, such as 30m, 24h or 7d, or a date or time in UTC, such as 2026-11-01 or 2026-11-01T08:30"
            .to_owned()
    };
    // A space stands in dates and times alone.
    if let Some(ago) = parse_duration(text).filter(|_| !text.contains(char::is_whitespace)) {
        return now.checked_sub(ago).map_err(|_| "that is too long ago".to_owned());
    }
    // A time without an offset would lose its zone otherwise, also one that there is not.
    if text.contains('[') {
        let zoned = text.parse::<ZonedDateTime>().map(|zoned| zoned.timestamp());
        return zoned.map_err(|error| format!("{error}: give a zone that this machine knows, or the time in UTC"));
    }
    let local = |time: DateTime| TimeZone::UTC.to_timestamp(time).map_err(|_| wrong());
    text.parse::<Timestamp>().or_else(|_| text.parse().map_err(|_| wrong()).and_then(local))
}

/// Carries out the verb of `audit`.
pub(super) fn run(matches: &ArgMatches) -> Result<(), Failure> {
    let Some(("list", matches)) = matches.subcommand() else {
        return Err(Failure::Usage("audit needs a verb: try `ocariot-users audit list`".to_owned()));
    };
    let config = verb_settings(flags(matches))?;
    let given = |name: &str| matches.get_one::<Timestamp>(name).copied();
    let since =
        given("since").map_or_else(|| parse_instant("24h", Clock::system().now()), Ok).map_err(Failure::Other)?;
    let until = given("until").unwrap_or(Timestamp::MAX);
    if until <= since {
        return Err(Failure::Usage(format!(
            "--until {until:.0} is not after --since {since:.0}: nothing lies between"
        )));
    }
    let id = |name: &str| matches.get_one::<String>(name).cloned();
    let mut query = TrailQuery {
        since: since.as_millisecond(),
        before: TrailCursor { at: until.as_millisecond(), row: 0 },
        actor: id("actor"),
        target: id("target"),
        actions: matches.get_many::<String>("action").unwrap_or_default().cloned().collect(),
        limit: matches.get_one::<u32>("limit").map_or(usize::MAX, |limit| *limit as usize),
    };
    let operator = Operator::reach(&config, Clock::system())?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::Other(format!("the command cannot be started: {error}")))?;
    let json = matches.get_flag("json");
    let folder = std::path::absolute(&config.data_dir).unwrap_or(config.data_dir);
    let mut heading = (!json).then(|| {
        format!(
            "Audit trail in {} since {}, the newest first. \"-\" is nobody and nothing that is known: as actor, also \
             whoever runs the machine.\n{}",
            folder.display(),
            local_time(&since.to_string()),
            line(["TIME", "OUTCOME", "ACTION", "ACTOR", "TARGET", "ADDRESS", "REQUEST"], "")
        )
    });
    loop {
        let outcome = runtime.block_on(operator.operate(OperatorCommand::AuditList(query.clone())))?;
        let Outcome::Trail(page) = outcome else {
            return Err(Failure::Other("the service answered something else than was asked".to_owned()));
        };
        let none = if heading.is_some() && page.rows.is_empty() { "(no such row)\n" } else { "" };
        let text = if json { json_lines(&page)? } else { heading.take().unwrap_or_default() + &lines(&page) + none };
        match output::write(&text) {
            Err(gone) if gone.kind() == ErrorKind::BrokenPipe => return Ok(()),
            written => written.map_err(unwritten)?,
        }
        query.limit = query.limit.saturating_sub(page.rows.len());
        match page.next.filter(|_| query.limit > 0) {
            Some(next) => query.before = next,
            None => return Ok(()),
        }
    }
}

fn unwritten(error: io::Error) -> Failure {
    Failure::Other(format!("the rows cannot be written to standard output: {error}"))
}

fn json_lines(page: &TrailPage) -> Result<String, Failure> {
    let mut text = String::new();
    for row in &page.rows {
        text.push_str(&serde_json::to_string(row).map_err(|error| Failure::Other(error.to_string()))?);
        text.push('\n');
    }
    Ok(text)
}

/// A page of the trail for people.
pub(super) fn lines(page: &TrailPage) -> String {
    page.rows.iter().map(text_line).collect()
}

/// A time in RFC 3339 as clocks here show it, to the second.
pub(super) fn local_time(utc: &str) -> String {
    let zone = TimeZone::system();
    match utc.parse::<Timestamp>() {
        Ok(time) => time.to_zoned_datetime(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
        Err(_) => utc.to_owned(),
    }
}

/// An id, behind the name if there is one.
fn told(id: Option<&String>, name: Option<&String>) -> Option<String> {
    match (id, name) {
        (Some(id), Some(name)) => Some(format!("{name} ({id})")),
        (id, _) => id.cloned(),
    }
}

fn text_line(row: &TrailRecord) -> String {
    let part = told(row.part.as_ref(), row.part_name.as_ref()).into_iter().map(|part| format!("part {part}"));
    let count = (row.count > 1).then(|| format!("{} times", row.count));
    let more = part.chain(count).collect::<Vec<_>>().join(", ");
    let or = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    // Whoever has no id is told by his type.
    let actor = told(row.actor.as_ref(), row.actor_name.as_ref()).or_else(|| row.actor_type.clone());
    let target = told(row.target.as_ref(), row.target_name.as_ref());
    let at = local_time(&row.at);
    let words = [&at, &row.outcome, &row.action, &or(&actor), &or(&target), &or(&row.address)];
    let [at, outcome, action, actor, target, address] = words.map(String::as_str);
    line([at, outcome, action, actor, target, address, &or(&row.request_id)], &more)
}

fn line([at, outcome, action, actor, target, address, request]: [&str; 7], more: &str) -> String {
    let line = format!(
        "{at:<26}  {outcome:<15}  {action:<31}  {actor:<36}  {target:<36}  {address:<15}  {request:<16}  {more}"
    );
    format!("{}\n", line.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_how_long_ago_or_a_date_or_a_time() {
        let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
        for (given, expected) in [
            ("0s", "2026-11-25T12:00:00Z"),
            ("90m", "2026-11-25T10:30:00Z"),
            ("24h", "2026-11-24T12:00:00Z"),
            ("365d", "2025-11-25T12:00:00Z"),
            ("2026-11-01", "2026-11-01T00:00:00Z"),
            ("2026-11-01T08:30", "2026-11-01T08:30:00Z"),
            ("2026-11-01T08:30:15", "2026-11-01T08:30:15Z"),
            ("2026-11-01T08:30:15.5Z", "2026-11-01T08:30:15.5Z"),
            ("2026-11-01T08:30:15+02:00", "2026-11-01T06:30:15Z"),
            ("2026-11-27T08:30[Etc/GMT-2]", "2026-11-27T06:30:00Z"),
            ("2026-11-27T08:30+02:00[Etc/GMT-2]", "2026-11-27T06:30:00Z"),
        ] {
            assert_eq!(parse_instant(given, now), Ok(expected.parse().unwrap()), "{given}");
        }
        for bad in ["", "h", "-1h", "24", "24x", "24 h", "2026-13-01", "yesterday", "99999999999999999999d", "1é"] {
            assert!(parse_instant(bad, now).unwrap_err().contains("2026-11-01"), "{bad}");
        }
        assert!(parse_instant("9999999999d", now).unwrap_err().contains("too long ago"));
        for bad in ["2026-11-27T08:30[Europe/Nowhere]", "2026-11-27T08:30+05:00[Etc/GMT-2]", "2026-11-27T08:30["] {
            assert!(parse_instant(bad, now).unwrap_err().contains("or the time in UTC"), "{bad}");
        }
    }
}
