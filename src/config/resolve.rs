//! Where each setting's value comes from: flag, then environment, then file, then default.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::settings::{SETTINGS, Setting, SettingKind};

/// A start that is refused because of a setting. `Display` is one sentence with the remedy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SettingsError(pub String);

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The command line.
    Flag,
    /// This environment variable.
    Variable(String),
    /// The settings file.
    File(PathBuf),
    /// Nowhere: it is the default.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Flag => f.write_str("flag"),
            Source::Variable(name) => write!(f, "environment, {name}"),
            Source::File(path) => write!(f, "file {}", path.display()),
            Source::Default => f.write_str("default"),
        }
    }
}

/// A setting's value as text, and where it comes from.
#[derive(Clone)]
pub struct Given {
    /// Which setting.
    pub setting: &'static Setting,
    /// The value; empty if there is none.
    pub text: String,
    /// Where it comes from.
    pub source: Source,
}

impl Given {
    /// The value, or stars in place of a secret.
    #[must_use]
    pub fn shown(&self) -> &str {
        match self.setting.kind {
            SettingKind::Secret if !self.text.is_empty() => "***",
            _ => &self.text,
        }
    }

    /// The value without the mark that editors put before text, if it is a secret; refused if it holds a character that
    /// nobody types.
    fn printable(mut self) -> Result<Self, SettingsError> {
        if self.setting.kind == SettingKind::Secret {
            self.text = without_mark(&self.text).to_owned();
        }
        match self.text.chars().find(|c| c.is_control()) {
            Some(found) => Err(SettingsError(format!(
                "--{} ({}) holds a control character, U+{:04X}, which is in no setting: give it again without, in one \
                 line",
                self.setting.flag,
                self.source,
                u32::from(found)
            ))),
            None => Ok(self),
        }
    }

    /// What to warn of if it is a secret that the list of processes shows.
    fn exposed(&self) -> Option<String> {
        let variable = self.setting.variable();
        let shown = self.setting.kind == SettingKind::Secret && self.source == Source::Flag && !self.text.is_empty();
        shown.then(|| {
            format!(
                "--{} is a secret on the command line, where every user of this machine can read it: give it in the \
                 variable {variable}, or in a file that {variable}_FILE names",
                self.setting.flag
            )
        })
    }

    /// An error about this value.
    pub(super) fn wrong(&self, expected: &str) -> SettingsError {
        SettingsError(format!(
            "--{} is \"{}\" ({}), and must be {expected}",
            self.setting.flag,
            self.shown(),
            self.source
        ))
    }
}

/// What the settings are made of. A struct, so that tests need neither a process environment nor files.
pub struct Inputs<'a> {
    /// Flags of the command line and their values.
    pub flags: BTreeMap<String, String>,
    /// The environment.
    pub environment: BTreeMap<String, String>,
    /// Reads a file.
    pub read: &'a dyn Fn(&Path) -> std::io::Result<String>,
}

/// The value of every setting in the table's order, and warnings for the log.
pub struct Resolved {
    /// One for each setting.
    pub values: Vec<Given>,
    /// Of what is harmless, or in force although it should be given otherwise.
    pub warnings: Vec<String>,
}

impl Resolved {
    /// Where the values that are set come from, by flag: those of secrets, too.
    #[must_use]
    pub fn sources(&self) -> BTreeMap<String, String> {
        let set = self.values.iter().filter(|given| given.source != Source::Default);
        set.map(|given| (given.setting.flag.to_owned(), given.source.to_string())).collect()
    }

    /// The values as flags for another process, which may be elsewhere: paths are whole, secrets left out.
    #[must_use]
    pub fn for_others(&self) -> BTreeMap<String, String> {
        let told = self
            .values
            .iter()
            .filter(|given| given.setting.kind != SettingKind::Secret && given.setting.flag != "config");
        told.map(|given| {
            let path = matches!(given.setting.kind, SettingKind::Value("FILE" | "FOLDER")) && !given.text.is_empty();
            let whole = path.then(|| std::path::absolute(&given.text).ok()).flatten();
            let text = whole.map_or_else(|| given.text.clone(), |path| path.display().to_string());
            (given.setting.flag.to_owned(), text)
        })
        .collect()
    }
}

/// Finds each setting's value.
///
/// # Errors
/// If a variable or a key of the file nearly is a setting, a setting is given twice in one place or holds a control
/// character, or a file cannot be read.
pub fn resolve(inputs: &Inputs<'_>) -> Result<Resolved, SettingsError> {
    let mut warnings = unknown_variables(&inputs.environment)?;
    let config = SETTINGS.iter().find(|setting| setting.flag == "config");
    let file = match config.map(|setting| outside_file(setting, inputs)).transpose()?.flatten() {
        Some(given) => read_file(PathBuf::from(given.printable()?.text), inputs)?,
        None => None,
    };
    let values = SETTINGS
        .iter()
        .map(|setting| {
            let given = outside_file(setting, inputs)?.or_else(|| inside_file(setting, file.as_ref()));
            let default = || Given { setting, text: setting.default.to_owned(), source: Source::Default };
            given.unwrap_or_else(default).printable()
        })
        .collect::<Result<Vec<_>, _>>()?;
    warnings.extend(values.iter().filter_map(Given::exposed));
    warnings.extend(variable(AUTO_SYNC, inputs).map(|_| {
        format!("{AUTO_SYNC} is not read: --wearable-sync-every says how often children's wearables are synced")
    }));
    Ok(Resolved { values, warnings })
}

/// A value from the command line or the environment.
fn outside_file(setting: &'static Setting, inputs: &Inputs<'_>) -> Result<Option<Given>, SettingsError> {
    if let Some(text) = inputs.flags.get(setting.flag) {
        return Ok(Some(Given { setting, text: text.clone(), source: Source::Flag }));
    }
    let ours = setting.variable();
    for name in std::iter::once(ours.as_str()).chain(setting.aliases.iter().copied()) {
        let file = format!("{name}_FILE");
        let (name, text) = match (variable(name, inputs), from_named_file(setting, &file, inputs)?) {
            (Some(_), Some(_)) => {
                return Err(SettingsError(format!("both {name} and {file} are set: keep one of them")));
            }
            (Some(text), None) => (name.to_owned(), text.to_owned()),
            (None, Some(text)) => (file, text),
            (None, None) => continue,
        };
        return Ok(Some(Given { setting, text, source: Source::Variable(name) }));
    }
    Ok(None)
}

/// A variable's value; an empty one counts as not set.
fn variable<'i>(name: &str, inputs: &'i Inputs<'_>) -> Option<&'i str> {
    inputs.environment.get(name).map(String::as_str).filter(|text| !text.is_empty())
}

/// The content of the file that a variable `<NAME>_FILE` names, without the line's end.
fn from_named_file(setting: &Setting, name: &str, inputs: &Inputs<'_>) -> Result<Option<String>, SettingsError> {
    if setting.kind != SettingKind::Secret {
        return Ok(None);
    }
    let Some(path) = variable(name, inputs) else {
        return Ok(None);
    };
    let text = (inputs.read)(Path::new(path)).map_err(|error| {
        SettingsError(format!("{name} names {path}, which cannot be read ({error}): name another file"))
    })?;
    let text = text.strip_suffix('\n').unwrap_or(&text);
    Ok(Some(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

type File = (PathBuf, toml::Table);

fn read_file(path: PathBuf, inputs: &Inputs<'_>) -> Result<Option<File>, SettingsError> {
    let shown = path.display();
    let text = (inputs.read)(&path).map_err(|error| {
        SettingsError(format!("the settings file {shown} cannot be read ({error}): name another with --config"))
    })?;
    let table: toml::Table = text.parse().map_err(|error: toml::de::Error| {
        SettingsError(format!("the settings file {shown} is not TOML: {}", error.message()))
    })?;
    for (key, value) in &table {
        if !SETTINGS.iter().any(|setting| setting.key() == *key && setting.flag != "config") {
            let nearest = nearest(key, SETTINGS.iter().map(Setting::key), usize::MAX);
            return Err(SettingsError(format!(
                "the settings file {shown} has the unknown key {key}: did you mean {}?",
                nearest.unwrap_or_default()
            )));
        }
        if value.is_table() || value.is_array() || value.is_datetime() {
            return Err(SettingsError(format!(
                "{key} in the settings file {shown} must be text, a number or a boolean"
            )));
        }
    }
    Ok(Some((path, table)))
}

fn inside_file(setting: &'static Setting, file: Option<&File>) -> Option<Given> {
    let (path, table) = file?;
    let text = match table.get(&setting.key())? {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Some(Given { setting, text, source: Source::File(path.clone()) })
}

/// What set in the original platform when all wearables are synced.
const AUTO_SYNC: &str = "EXPRESSION_AUTO_SYNC";

/// Whether a variable is one that this program reads, or begins like one.
pub(super) fn is_ours(name: &str) -> bool {
    let setting = name.strip_suffix("_FILE").unwrap_or(name);
    name.starts_with("OCARIOT_") || SETTINGS.iter().any(|known| known.aliases.contains(&setting))
}

/// Variables that begin like ours and are none: an error if one nearly is, else a warning.
fn unknown_variables(environment: &BTreeMap<String, String>) -> Result<Vec<String>, SettingsError> {
    let known: Vec<String> = SETTINGS
        .iter()
        .flat_map(|setting| {
            let name = setting.variable();
            let file = (setting.kind == SettingKind::Secret).then(|| format!("{name}_FILE"));
            [Some(name), file].into_iter().flatten()
        })
        .collect();
    let mut warnings = Vec::new();
    for name in environment.keys().filter(|name| name.starts_with("OCARIOT_") && !known.contains(name)) {
        if let Some(meant) = nearest(name, known.iter().cloned(), 3) {
            return Err(SettingsError(format!("there is no setting {name}: did you mean {meant}?")));
        }
        warnings.push(format!("the variable {name} means nothing to this program"));
    }
    Ok(warnings)
}

/// The known name that needs the fewest changes to become this one, if that is at most `most`.
#[must_use]
pub fn nearest(name: &str, known: impl Iterator<Item = String>, most: usize) -> Option<String> {
    known
        .map(|other| (strsim::damerau_levenshtein(name, &other), other))
        .filter(|(distance, _)| *distance <= most)
        .min()
        .map(|(_, other)| other)
}

/// A text read from a file or a stream without the mark that some editors put before it (U+FEFF).
#[must_use]
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve_with(flags: &[(&str, &str)], variables: &[(&str, &str)]) -> Result<Resolved, SettingsError> {
        let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let read = |path: &Path| match path.to_str() {
            Some("settings.toml") => Ok("port_https = 4001\nissuer = \"file\"\nplain_http = true\n".to_owned()),
            Some("typo.toml") => Ok("port_htps = 1\n".to_owned()),
            Some("secret") => Ok("from a file\n".to_owned()),
            Some("marked") => Ok("\u{feff}from a file\r\n".to_owned()),
            Some("lines") => Ok("from a file\nand more\n".to_owned()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        };
        resolve(&Inputs { flags: map(flags), environment: map(variables), read: &read })
    }

    fn find<'r>(resolved: &'r Resolved, flag: &str) -> &'r Given {
        resolved.values.iter().find(|given| given.setting.flag == flag).unwrap()
    }

    #[test]
    fn a_flag_goes_before_a_variable_before_an_alias_before_the_file_before_the_default() {
        let file = ("OCARIOT_CONFIG", "settings.toml");
        let case = |flags: &[(&str, &str)], variables: &[(&str, &str)], flag: &str| {
            let resolved = resolve_with(flags, variables).ok().unwrap();
            let given = find(&resolved, flag);
            (given.text.clone(), given.source.to_string())
        };
        let flag = [("port-https", "1")];
        let all = [file, ("OCARIOT_PORT_HTTPS", "2"), ("PORT_HTTPS", "3")];
        assert_eq!(case(&flag, &all, "port-https"), ("1".into(), "flag".into()));
        assert_eq!(case(&[], &all, "port-https"), ("2".into(), "environment, OCARIOT_PORT_HTTPS".into()));
        assert_eq!(case(&[], &[file, all[2]], "port-https"), ("3".into(), "environment, PORT_HTTPS".into()));
        assert_eq!(case(&[], &[file], "port-https"), ("4001".into(), "file settings.toml".into()));
        assert_eq!(case(&[], &[file], "plain-http").0, "true");
        assert_eq!(case(&[], &[("OCARIOT_PORT_HTTPS", "")], "port-https"), ("3001".into(), "default".into()));
    }

    #[test]
    fn a_secret_can_come_from_a_file_and_is_never_shown() {
        let resolved = resolve_with(&[], &[("ADMIN_PASSWORD_FILE", "secret")]).ok().unwrap();
        let given = find(&resolved, "admin-password");
        assert_eq!((given.text.as_str(), given.shown()), ("from a file", "***"));
        let both = [("ADMIN_PASSWORD_FILE", "secret"), ("ADMIN_PASSWORD", "x")];
        let error = resolve_with(&[], &both).err().unwrap().to_string();
        assert!(error.contains("both ADMIN_PASSWORD and ADMIN_PASSWORD_FILE"), "{error}");
    }

    #[test]
    fn that_the_originals_time_of_syncs_is_not_read_is_said() {
        let resolved = resolve_with(&[], &[("EXPRESSION_AUTO_SYNC", "0 0 * * 0")]).ok().unwrap();
        assert!(resolved.warnings[0].contains("--wearable-sync-every"), "{:?}", resolved.warnings);
        assert!(resolve_with(&[], &[]).ok().unwrap().warnings.is_empty());
    }

    #[test]
    fn a_secret_is_read_without_the_mark_that_editors_put_before_text() {
        for (variable, value) in [("ADMIN_PASSWORD_FILE", "marked"), ("OCARIOT_ADMIN_PASSWORD", "\u{feff}from a file")]
        {
            let resolved = resolve_with(&[], &[(variable, value)]).ok().unwrap();
            assert_eq!(find(&resolved, "admin-password").text, "from a file");
        }
    }

    #[test]
    fn a_control_character_in_any_setting_is_refused_and_says_where() {
        for setting in SETTINGS {
            for (flags, variables, source) in [
                (vec![(setting.flag, "a\u{7}b")], vec![], "flag".to_owned()),
                (vec![], vec![(setting.variable(), "a\tb")], format!("environment, {}", setting.variable())),
            ] {
                let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
                let error = resolve_with(&flags, &variables).err().unwrap().to_string();
                assert!(error.starts_with(&format!("--{} ({source}) holds a control char", setting.flag)), "{error}");
                assert!(!error.contains("a\u{7}b"), "{error}");
            }
        }
        let error = resolve_with(&[], &[("ADMIN_PASSWORD_FILE", "lines")]).err().unwrap().to_string();
        assert!(error.contains("(environment, ADMIN_PASSWORD_FILE) holds a control character, U+000A"), "{error}");
        assert!(!error.contains("more"), "{error}");
    }

    #[test]
    fn a_secret_on_the_command_line_draws_a_warning_that_names_the_variable_and_the_file() {
        let secret = [("admin-password", "secret"), ("username-passphrase", "sesame"), ("issuer", "school")];
        let warnings = resolve_with(&secret, &[]).ok().unwrap().warnings;
        for (warning, name) in warnings.iter().zip(["ADMIN_PASSWORD", "USERNAME_PASSPHRASE"]) {
            for words in [format!("variable OCARIOT_{name},"), format!("OCARIOT_{name}_FILE")] {
                assert!(warning.contains(&words), "{warning}");
            }
            assert!(!warning.contains("secret\"") && !warning.contains("sesame"), "{warning}");
        }
        assert_eq!(warnings.len(), 2);
        assert!(resolve_with(&[], &[("ADMIN_PASSWORD", "secret")]).ok().unwrap().warnings.is_empty());
    }

    #[test]
    fn what_nearly_is_a_setting_stops_the_start_and_names_it() {
        for (variables, meant) in [
            ([("OCARIOT_PORT_HTPS", "1")], "did you mean OCARIOT_PORT_HTTP"),
            ([("OCARIOT_ADMIN_PASWORD_FILE", "1")], "did you mean OCARIOT_ADMIN_PASSWORD_FILE?"),
            ([("OCARIOT_CONFIG", "typo.toml")], "unknown key port_htps: did you mean port_http"),
            ([("OCARIOT_CONFIG", "absent.toml")], "settings file absent.toml cannot be read"),
        ] {
            let error = resolve_with(&[], &variables).err().unwrap().to_string();
            assert!(error.contains(meant), "{error}");
        }
        let resolved = resolve_with(&[], &[("OCARIOT_SOMETHING_ELSE_ENTIRELY", "1")]).ok().unwrap();
        assert_eq!(resolved.warnings.len(), 1);
    }
}
