//! `config show`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Failure, output};
use crate::config::{Config, Resolved, resolve_process};

/// Prints every setting, its value and where that comes from; secrets as stars.
pub(super) fn show(flags: BTreeMap<String, String>, json: bool) -> Result<(), Failure> {
    let resolved = resolve_process(flags)?;
    // What would stop the start is an error here too.
    let config = Config::of(&resolved)?;
    if json {
        output::print(&format!("{:#}\n", as_json(&resolved)));
    } else {
        output::print(&as_text(&resolved));
        config.warnings.iter().for_each(|warning| output::print(&format!("warning: {warning}\n")));
    }
    Ok(())
}

fn as_json(resolved: &Resolved) -> Value {
    let settings = resolved.values.iter().map(
        |given| json!({"setting": given.setting.flag, "value": given.shown(), "source": given.source.to_string()}),
    );
    settings.collect()
}

fn as_text(resolved: &Resolved) -> String {
    let width = |text: &str| text.chars().count();
    let names = resolved.values.iter().map(|given| width(given.setting.flag)).max().unwrap_or(0);
    let values = resolved.values.iter().map(|given| width(given.shown())).max().unwrap_or(0);
    let lines = resolved
        .values
        .iter()
        .map(|given| format!("{:<names$}  {:<values$}  {}\n", given.setting.flag, given.shown(), given.source));
    lines.collect()
}
