//! How the files of an upload are to be read.

use std::collections::HashMap;

use poem_openapi::Object;
use poem_openapi::types::Example;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::api::http::body::{Fields, ReadBody};
use crate::app::rosters::records::{PlanOptions, RollOver};
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
    #[oai(validator(minimum(value = "1"), maximum(value = "36500")))]
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
        let keys = [
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
        given(fields, &keys)
    }
}

/// What is said of a new school year.
#[derive(Object)]
#[oai(rename = "NewSchoolYear", example, skip_serializing_if_is_none)]
pub(super) struct RollOverOptions {
    /// The institution whose groups these are, by name or id; without, all.
    institution: Option<String>,
    /// The grade that leaves; without, the highest that there is in an institution.
    #[oai(validator(minimum(value = "1"), maximum(value = "13")))]
    top: Option<u32>,
    /// How many children may leave, as a number or a percentage; without, `40%`.
    max_removals: Option<String>,
    /// After how many days those are deleted; without, never.
    #[oai(validator(minimum(value = "1"), maximum(value = "36500")))]
    erase_after_days: Option<u32>,
    /// Whether there may have been a new school year months ago, such as in another institution.
    again: Option<bool>,
}

impl Example for RollOverOptions {
    fn example() -> Self {
        let institution = Some("Escola Municipal Primavera".to_owned());
        Self { institution, top: Some(13), max_removals: None, erase_after_days: None, again: None }
    }
}

impl ReadBody for RollOverOptions {
    type Model = RollOver;

    fn read(fields: &Fields) -> Result<Self::Model, Invalid> {
        given(fields, &["institution", "top", "max_removals", "erase_after_days", "again"])
    }
}

/// The members of these names, each looked at alone, too, so that what is wrong has a name.
fn given<T: DeserializeOwned>(fields: &Fields, keys: &[&str]) -> Result<T, Invalid> {
    let given = keys.iter().filter_map(|key| Some(((*key).to_owned(), fields.member(key)?.clone())));
    let given: Vec<(String, Value)> = given.collect();
    for one in &given {
        let alone = Map::from_iter([one.clone()]);
        let read: Result<T, _> = serde_json::from_value(Value::Object(alone));
        read.map_err(|_| Invalid::Import(format!("{} cannot be that", one.0)))?;
    }
    let read = serde_json::from_value(Value::Object(given.into_iter().collect()));
    read.map_err(|_| Invalid::Import("these options cannot be meant together".to_owned()))
}
