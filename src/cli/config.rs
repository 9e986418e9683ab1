//! `config show`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Failure, output};
use crate::app::InForce;
use crate::config::{Config, Resolved, SETTINGS, SettingKind, resolve_process};
use crate::operations::in_force;

/// A setting as it is shown.
struct Shown {
    flag: &'static str,
    value: String,
    source: String,
}

/// Prints every setting, its value and where that comes from; secrets as stars. Those of the service that runs in the
/// data folder, unless settings are given to try.
pub(super) fn show(flags: BTreeMap<String, String>, json: bool) -> Result<(), Failure> {
    let tries = flags.keys().any(|flag| !matches!(flag.as_str(), "data-dir" | "config"));
    let resolved = resolve_process(flags)?;
    // What would stop the start is an error here too.
    let config = Config::of(&resolved)?;
    let folder = std::path::absolute(&config.data_dir).unwrap_or_else(|_| config.data_dir.clone());
    let running = if tries { Ok(None) } else { in_force(&folder) };
    let shown = folder.display();
    let (whose, settings) = match &running {
        Ok(Some(running)) => (format!("In force in the service that runs in {shown}:"), of_service(running)),
        Ok(None) if tries => ("As a start with these settings would have them:".to_owned(), of_this(&resolved)),
        Ok(None) => (format!("No service runs in {shown}. As a start from here would have them:"), of_this(&resolved)),
        Err(error) => {
            output::warning(&error.to_string());
            (format!("Not those of the service in {shown}. As a start from here would have them:"), of_this(&resolved))
        }
    };
    if json {
        output::print(&format!("{:#}\n", as_json(&settings)));
    } else {
        output::print(&format!("{whose}\n\n{}", as_text(&settings)));
        config.warnings.iter().for_each(|warning| output::print(&format!("warning: {warning}\n")));
    }
    Ok(())
}

fn of_service(running: &InForce) -> Vec<Shown> {
    let shown = SETTINGS.iter().map(|setting| {
        let source = running.sources.get(setting.flag).cloned();
        let value = match setting.kind {
            SettingKind::Secret => source.as_ref().map(|_| "***".to_owned()),
            _ => running.settings.get(setting.flag).cloned(),
        };
        let source = source.unwrap_or_else(|| "default".to_owned());
        Shown { flag: setting.flag, value: value.unwrap_or_default(), source }
    });
    shown.collect()
}

fn of_this(resolved: &Resolved) -> Vec<Shown> {
    let shown = resolved.values.iter().map(|given| Shown {
        flag: given.setting.flag,
        value: given.shown().to_owned(),
        source: given.source.to_string(),
    });
    shown.collect()
}

fn as_json(settings: &[Shown]) -> Value {
    settings
        .iter()
        .map(|Shown { flag, value, source }| json!({"setting": flag, "value": value, "source": source}))
        .collect()
}

fn as_text(settings: &[Shown]) -> String {
    let width = |text: &str| text.chars().count();
    let names = settings.iter().map(|shown| width(shown.flag)).max().unwrap_or(0);
    let values = settings.iter().map(|shown| width(&shown.value)).max().unwrap_or(0);
    settings
        .iter()
        .map(|Shown { flag, value, source }| format!("{flag:<names$}  {value:<values$}  {source}\n"))
        .collect()
}
