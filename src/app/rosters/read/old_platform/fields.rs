//! What the documents of each collection hold, as cells of the sheets.

use std::collections::BTreeSet;

use super::secret::is_sealed;
use super::value::{Fields, Value};
use crate::app::rosters::rows::Wrong;
use crate::model::Role;
use crate::model::rosters::{Column, Sheet};

/// What is wrong, and in which column.
type Refused = (Option<Column>, Wrong);

/// The most names of fields that are remembered as left out, and how much of each.
const MOST_LEFT: usize = 50;
const LONGEST_LEFT: usize = 40;

/// Marks that stand beside what is encrypted, and the version of a document: nothing is lost with them.
const MARKS: [&str; 2] = ["__v", "__enc_username"];

/// A document, as far as it is read.
#[derive(Default)]
pub(super) struct Document {
    open: Vec<(String, Value)>,
    /// Its cells.
    pub(super) cells: Vec<(Column, String)>,
    /// What is left out of it, and why that is told.
    pub(super) told: Vec<(Column, Wrong)>,
    /// The fields that nothing became of.
    pub(super) left: BTreeSet<String>,
    /// Whether its username is still encrypted.
    pub(super) is_sealed: bool,
    /// Whether it says that its user has groups.
    pub(super) is_in_groups: bool,
}

impl Document {
    /// A document without the fields that are to be left out.
    pub(super) fn new(fields: Fields, ignored: impl Fn(&str) -> bool) -> Self {
        let (left, open): (Vec<_>, Vec<_>) = fields.0.into_iter().partition(|(name, _)| ignored(name));
        let mut document = Self { open, ..Self::default() };
        left.into_iter().for_each(|(name, _)| document.leave(&name));
        document
    }

    fn leave(&mut self, name: &str) {
        if self.left.len() < MOST_LEFT {
            self.left.insert(name.chars().filter(|c| !c.is_control()).take(LONGEST_LEFT).collect());
        }
    }

    /// The value of a field, if it has one.
    fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.open.iter().position(|(found, _)| found == name)?;
        let (_, value) = self.open.swap_remove(at);
        (value != Value::Null).then_some(value)
    }

    /// What remains is left out.
    fn close(&mut self) {
        for (name, value) in std::mem::take(&mut self.open) {
            if value != Value::Null && !MARKS.contains(&name.as_str()) {
                self.leave(&name);
            }
        }
    }

    /// A field as a cell, in one way of reading it; `should` says what it is to be.
    fn put(
        &mut self,
        (field, column): (&str, Column),
        should: &str,
        read: impl FnOnce(&Value) -> Option<String>,
    ) -> Result<(), Refused> {
        let Some(value) = self.take(field) else { return Ok(()) };
        let Some(text) = read(&value) else {
            return Err((
                Some(column),
                Wrong::refused(format!("this is no {should}: leave it out with --ignore {field}")),
            ));
        };
        if !text.is_empty() {
            self.cells.push((column, text));
        }
        Ok(())
    }

    fn text(&mut self, field: &str, column: Column) -> Result<(), Refused> {
        self.put((field, column), "text", |value| match value {
            Value::Text(_) => value.words(),
            _ => None,
        })
    }

    fn time(&mut self, field: &str, column: Column) -> Result<(), Refused> {
        self.put((field, column), "time", |value| value.time().map(|time| time.to_string()))
    }

    fn id(&mut self, field: &str, column: Column) -> Result<(), Refused> {
        self.put((field, column), "ObjectId", |value| match value {
            Value::Id(id) => Some(id.clone()),
            Value::Text(text) if text.is_empty() => Some(String::new()),
            _ => None,
        })
    }

    /// The thing's own id, without which it is nothing.
    fn own_id(&mut self) -> Result<(), Refused> {
        match self.take("_id") {
            Some(Value::Id(id)) => self.cells.push((Column::Id, id)),
            _ => {
                return Err((
                    Some(Column::Id),
                    Wrong::refused("its _id is no ObjectId: the old platform made none such"),
                ));
            }
        }
        Ok(())
    }

    /// The children that a family or group names: a cell also if there are none, for it may have had some.
    fn children(&mut self) -> Result<(), Refused> {
        let Some(value) = self.take("children") else { return Ok(()) };
        let ids = value.ids().map(|ids| ids.join("|"));
        let ids = ids.ok_or_else(|| (Some(Column::Children), Wrong::refused("this is no list of ObjectIds")))?;
        self.cells.push((Column::Children, ids));
        Ok(())
    }

    /// A list that the old platform gave users of every type, and which says nothing here unless something is in it.
    fn list_of_others(&mut self, field: &str) -> bool {
        match self.take(field) {
            Some(Value::List(items)) => !items.is_empty(),
            Some(_) => true,
            None => false,
        }
    }
}

/// A document of `institutions`.
pub(super) fn institution(document: &mut Document) -> Result<(), Refused> {
    document.own_id()?;
    for (field, column) in [("name", Column::Name), ("type", Column::Type), ("address", Column::Address)] {
        document.text(field, column)?;
    }
    for (field, column) in [("latitude", Column::Latitude), ("longitude", Column::Longitude)] {
        document.put((field, column), "number of degrees", Value::words)?;
    }
    document.time("created_at", Column::CreatedAt)?;
    document.close();
    Ok(())
}

/// A document of `childrengroups`.
pub(super) fn group(document: &mut Document) -> Result<(), Refused> {
    document.own_id()?;
    document.text("name", Column::Name)?;
    document.put(("school_class", Column::SchoolClass), "text", Value::words)?;
    document.id("user_id", Column::Owner)?;
    document.children()?;
    document.time("created_at", Column::CreatedAt)?;
    document.close();
    Ok(())
}

/// A document of `users`: which sheet it belongs on.
pub(super) fn user(document: &mut Document) -> Result<Sheet, Refused> {
    document.own_id()?;
    let role = match document.take("type") {
        Some(Value::Text(word)) => Role::of_word(&word),
        _ => None,
    };
    let role = role.ok_or_else(|| {
        let words: Vec<_> = Role::ALL.into_iter().map(Role::word).collect();
        (Some(Column::Type), Wrong::refused(format!("this is no type of users: there are {}", words.join(", "))))
    })?;
    username(document)?;
    document.text("password", Column::Password)?;
    document.id("institution", Column::Institution)?;
    for (field, column) in [("created_at", Column::CreatedAt), ("last_login", Column::LastLogin)] {
        document.time(field, column)?;
    }
    document.is_in_groups = document.list_of_others("children_groups");
    let sheet = match role {
        Role::Admin => Sheet::Administrators,
        Role::Educator => Sheet::Educators,
        Role::HealthProfessional => Sheet::HealthProfessionals,
        Role::Application => {
            document.text("application_name", Column::ApplicationName)?;
            Sheet::Applications
        }
        Role::Family => {
            document.children()?;
            Sheet::Families
        }
        Role::Child => {
            child(document)?;
            Sheet::Children
        }
    };
    if document.list_of_others("children") {
        document.told.push((Column::Children, Wrong::refused("only families have children: they are left out")));
    }
    document.close();
    Ok(sheet)
}

/// A name, as it is or encrypted.
fn username(document: &mut Document) -> Result<(), Refused> {
    let marked = document.take("__enc_username") == Some(Value::Flag(true));
    document.text("username", Column::Username)?;
    let name = document.cells.iter().find(|(column, _)| *column == Column::Username).map(|(_, text)| text.as_str());
    document.is_sealed = name.is_some_and(is_sealed);
    if marked && !document.is_sealed {
        let message = "it is marked as encrypted, and is not of that form: see whether the value was changed by hand";
        return Err((Some(Column::Username), Wrong::refused(message)));
    }
    Ok(())
}

fn child(document: &mut Document) -> Result<(), Refused> {
    document.text("gender", Column::Gender)?;
    // A number at first, a text later, and a date in some.
    document.put(("age", Column::Age), "age", |value| value.words().or_else(|| value.day()))?;
    document.put(("age_calc_date", Column::AgeCalcDate), "date", Value::day)?;
    document.time("last_sync", Column::LastSync)?;
    document.put(("nfc_tag", Column::NfcTag), "text", Value::words)?;
    document.time("tag_ass_time", Column::TagTime)?;
    if !document.cells.iter().any(|(column, _)| *column == Column::NfcTag) {
        document.cells.retain(|(column, _)| *column != Column::TagTime);
    }
    Ok(())
}
