//! How the files of an upload are to be read.

use std::collections::HashMap;

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde_json::{Map, Value};

use crate::api::http::body::{Fields, ReadBody};
use crate::app::rosters::records::PlanOptions;
use crate::model::Invalid;

/// How the files of an upload are to be read, and what becomes of whom.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(super) struct ImportOptions {
    /// The sheet of the only file, if its name does not say so: such as `children`.
    sheet: Option<String>,
    /// The encoding of files that are not UTF-8 and do not say theirs, as on the Web; without, `windows-1252`.
    encoding: Option<String>,
    /// Headers of columns to leave out.
    ignore: Option<Vec<String>>,
    /// What becomes of new users without a password: `given`, they are refused, as without a word; `made_up`, one is
    /// made up; `unset`, they cannot log in until they are given one.
    passwords: Option<String>,
    /// Where usernames come from, by sheet: a header of another program's file, or a pattern such as `BR{0001}` that
    /// numbers those who are new.
    usernames: Option<HashMap<String, String>>,
    /// Whether users who are missing are deactivated, and groups that are missing deleted.
    remove_missing: Option<bool>,
    /// How many users of a type may be deactivated, as a number or a percentage; without, `10%`.
    max_removals: Option<String>,
    /// After how many days those are deleted; without, never.
    erase_after_days: Option<u32>,
    /// What usernames in a dump of the old platform are encrypted with: its `ENCRYPT_SECRET_KEY`.
    old_secret: Option<String>,
    /// Whether users of a dump whose name is taken get another.
    rename_duplicates: Option<bool>,
}

impl Example for ImportOptions {
    fn example() -> Self {
        Self {
            sheet: None,
            encoding: None,
            ignore: None,
            passwords: Some("unset".to_owned()),
            usernames: Some(HashMap::from([("children".to_owned(), "BR{0001}".to_owned())])),
            remove_missing: None,
            max_removals: None,
            erase_after_days: None,
            old_secret: None,
            rename_duplicates: None,
        }
    }
}

impl ReadBody for ImportOptions {
    type Model = PlanOptions;

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        const KEYS: [&str; 10] = [
            "sheet",
            "encoding",
            "ignore",
            "passwords",
            "usernames",
            "remove_missing",
            "max_removals",
            "erase_after_days",
            "old_secret",
            "rename_duplicates",
        ];
        let mut options = PlanOptions::default();
        for key in KEYS {
            let Some(value) = fields.member(key) else { continue };
            // One at a time, so that what is wrong has a name.
            let one = Map::from_iter([(key.to_owned(), value.clone())]);
            let read: PlanOptions = serde_json::from_value(Value::Object(one))
                .map_err(|_| Invalid::Roster(format!("{key} cannot be that")))?;
            options.take(key, read);
        }
        Ok(options)
    }
}
