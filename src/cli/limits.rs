//! `limits`: who is limited now.

use std::fmt::Write as _;

use clap::Command;

use super::with_folder_settings;
use crate::app::LimitedReport;

const LIMITS: &str = "\
Prints who was refused for asking or trying too often, and does not yet have all tries again: by which limit \
(--rate-limit-...), from where, whose account, and until when. Users are told by their ids. Limits live only in a running \
service; `ocariot-users user unlock` lifts those of an account.";

/// `limits`.
pub(super) fn limits_command() -> Command {
    with_folder_settings(
        Command::new("limits").about("Print who is limited now, because of asking or trying too often"),
    )
    .long_about(LIMITS)
}

/// Who is limited, for people.
pub(super) fn limited(folder: &str, report: &LimitedReport) -> String {
    if report.rows.is_empty() {
        return format!("Nobody is limited in {folder}\n");
    }
    let mut text = format!("Limited in {folder}, until all tries are free again\n");
    let mut line = |words: [&str; 5], users: &str| {
        let [limit, address, refused, until, all_free] = words;
        let _ = writeln!(text, "{limit:<8}  {address:<24}  {refused:>7}  {until:<24}  {all_free:<24}  {users}");
    };
    line(["LIMIT", "ADDRESS", "REFUSED", "NEXT TRY", "ALL TRIES"], "USER");
    for record in &report.rows {
        let users = match (record.limit.as_str(), record.users.as_slice()) {
            ("account", []) => "no user of this name".to_owned(),
            (_, users) => users.join(", "),
        };
        let address = record.address.as_deref().unwrap_or(if record.limit == "account" { "any" } else { "-" });
        let refused = record.refused.to_string();
        line([&record.limit, address, &refused, &record.until, &record.all_free], &users);
    }
    if !report.complete {
        text.push_str("There may be more: only so many are noted for each limit.\n");
    }
    text
}
