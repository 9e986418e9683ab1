//! Rows of `child`, and the facts about children that rules ask for.

use std::collections::HashSet;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::query::{Listed, Query};
use crate::model::{
    Account, Age, AgeDate, Child, ChildPatch, ChildTies, Conflict, Error, Family, Field, Gender, Id, Kind, NfcTag,
    Role, Text,
};
use crate::store::access::accounts::{ACCOUNT_COLUMNS, account, account_column, account_columns};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::engine::select::{Column, List, natural, select};
use crate::store::{Tx, View};

/// The columns that [`child`] reads, after those that a statement puts before them.
macro_rules! child_columns {
    () => {
        account_columns!("c.gender, c.age, c.age_calc_date, c.last_sync, c.fitbit_status, c.nfc_tag, c.tag_assigned_at")
    };
}
pub(in crate::store) use child_columns;

const LIST: List<Child> = List {
    columns: child_columns!(),
    from: "account a",
    join: "JOIN child c ON c.account_id = a.id",
    scope: "WHERE a.role = ?1",
    id: "a.id",
    default_order: "a.id DESC",
    of_users: true,
    deactivated: Some("a.deactivated_at"),
    created: "a.created_at",
    column,
    read: |view, row| child(view, row, 0),
};

const OF_FAMILY: List<Child> = List {
    from: "family_child f JOIN account a ON a.id = f.child_id",
    scope: "WHERE f.family_id = ?1",
    default_order: "f.position",
    of_users: false,
    column: nested_column,
    ..LIST
};

fn column(field: Field) -> Option<Column> {
    let own = match field {
        Field::NfcTag => natural!("c.nfc_tag").exact(),
        Field::TagAssignedAt => natural!("time_text(c.tag_assigned_at)"),
        _ => return nested_column(field),
    };
    Some(own.joined())
}

/// The fields that a child shows inside a family or group.
fn nested_column(field: Field) -> Option<Column> {
    let own = match field {
        Field::Gender => natural!("c.gender").exact(),
        Field::Age => natural!("c.age"),
        Field::AgeCalcDate => natural!("c.age_calc_date"),
        Field::LastSync => natural!("time_text(c.last_sync)"),
        Field::FitbitStatus => natural!("c.fitbit_status").exact(),
        _ => return account_column(field),
    };
    Some(own.joined())
}

/// Reads what `child_columns` selects, from column `at` on.
pub(in crate::store) fn child(view: &View<'_>, row: &Row<'_>, at: usize) -> rusqlite::Result<Child> {
    let own = at + ACCOUNT_COLUMNS;
    let tag = rows::optional_text(row, own + 5)?.zip(rows::optional_timestamp(row, own + 6)?);
    Ok(Child {
        account: account(view, row, at)?,
        gender: match row.get_ref(own)?.as_str()? {
            "female" => Gender::Female,
            _ => Gender::Male,
        },
        age: Age::verbatim(row.get(own + 1)?),
        age_calc_date: row.get::<_, Option<String>>(own + 2)?.map(AgeDate::verbatim),
        last_sync: rows::optional_timestamp(row, own + 3)?,
        fitbit_status: row.get(own + 4)?,
        tag: tag.map(|(text, assigned_at)| NfcTag { text, assigned_at }),
    })
}

fn gender_word(gender: Gender) -> &'static str {
    match gender {
        Gender::Male => "male",
        Gender::Female => "female",
    }
}

impl View<'_> {
    /// The child of this id.
    pub fn child(&self, id: Id<Child>) -> Result<Option<Child>, Error> {
        self.prepare(concat!(
            "SELECT ",
            child_columns!(),
            " FROM account a JOIN child c ON c.account_id = a.id WHERE a.id = ?1 AND a.role = 'child'"
        ))?
        .query_row([id.as_bytes()], |row| child(self, row, 0))
        .optional()
        .translate()
    }

    /// The child that holds this NFC tag.
    pub fn child_by_tag(&self, tag: &str) -> Result<Option<Child>, Error> {
        self.prepare(concat!(
            "SELECT ",
            child_columns!(),
            " FROM child c JOIN account a ON a.id = c.account_id WHERE c.nfc_tag = ?1 AND a.role = 'child'
              AND a.deactivated_at IS NULL"
        ))?
        .query_row([tag], |row| child(self, row, 0))
        .optional()
        .translate()
    }

    /// When a child was registered, and where it is a member.
    ///
    /// # Errors
    /// `NotFound` if there is no such child.
    pub fn child_ties(&self, id: Id<Child>) -> Result<ChildTies, Error> {
        let registered_at = self
            .prepare("SELECT created_at FROM account WHERE id = ?1 AND role = 'child'")?
            .query_row([id.as_bytes()], |row| rows::timestamp(row, 0))
            .optional()
            .translate()?
            .ok_or(Error::NotFound(Kind::Child))?;
        let families = self
            .prepare("SELECT family_id FROM family_child WHERE child_id = ?1 ORDER BY family_id")?
            .query_map([id.as_bytes()], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        let groups = self
            .prepare(
                "SELECT g.id, g.owner_id FROM group_member m JOIN children_group g ON g.id = m.group_id
                 WHERE m.child_id = ?1 ORDER BY g.id",
            )?
            .query_map([id.as_bytes()], |row| Ok((rows::id(row, 0)?, rows::id(row, 1)?)))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        Ok(ChildTies { registered_at, families, groups })
    }

    /// The children that a query asks for.
    pub fn children(&self, query: &Query) -> Result<Listed<Child>, Error> {
        select(self, &LIST, Value::Text(Role::Child.word().to_owned()), query)
    }

    /// The children of a family that a query asks for.
    pub fn children_of_family(&self, family: Id<Family>, query: &Query) -> Result<Listed<Child>, Error> {
        select(self, &OF_FAMILY, Value::Blob(family.as_bytes().to_vec()), query)
    }

    /// Those of the ids that are no child's, in the given order.
    pub fn missing_children(&self, ids: &[Id<Child>]) -> Result<Vec<Id<Child>>, Error> {
        let known: HashSet<Id<Child>> = self
            .prepare(
                "SELECT a.id FROM rarray(?1) given CROSS JOIN account a ON a.id = given.value
                 JOIN child c ON c.account_id = a.id WHERE a.role = 'child'",
            )?
            .query_map([rows::array(ids.iter().copied())], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        Ok(ids.iter().copied().filter(|id| !known.contains(id)).collect())
    }
}

impl Tx<'_> {
    /// Stores what makes a user a child.
    pub fn insert_child(
        &self,
        id: Id<Account>,
        gender: Gender,
        age: &Age,
        age_calc_date: Option<&AgeDate>,
    ) -> Result<(), Error> {
        self.execute(
            "INSERT INTO child (account_id, gender, age, age_calc_date, fitbit_status) VALUES (?1, ?2, ?3, ?4, 'none')",
            params![id.as_bytes(), gender_word(gender), age.as_str(), age_calc_date.map(AgeDate::as_str)],
        )?;
        Ok(())
    }

    /// Changes what the patch names of a child beyond its shared part.
    pub fn update_child(&self, id: Id<Child>, patch: &ChildPatch) -> Result<(), Error> {
        self.execute(
            "UPDATE child SET gender = coalesce(?2, gender), age = coalesce(?3, age),
             age_calc_date = coalesce(?4, age_calc_date)
             WHERE account_id = ?1 AND (gender, age, age_calc_date) IS DISTINCT FROM
                   (coalesce(?2, gender), coalesce(?3, age), coalesce(?4, age_calc_date))",
            params![
                id.as_bytes(),
                patch.gender.map(gender_word),
                patch.age.as_ref().map(Age::as_str),
                patch.age_calc_date.as_ref().map(AgeDate::as_str),
            ],
        )?;
        Ok(())
    }

    /// Gives a child an NFC tag, as of now; a tag that it holds already keeps its time.
    ///
    /// # Errors
    /// `Conflict` if another child holds the tag.
    pub fn set_tag(&self, id: Id<Child>, tag: &Text) -> Result<(), Error> {
        self.prepare(
            "UPDATE child SET nfc_tag = ?2, tag_assigned_at = ?3 WHERE account_id = ?1 AND nfc_tag IS NOT ?2",
        )?
        .execute(params![id.as_bytes(), tag.as_str(), self.now().as_millisecond()])
        .or_duplicate(Error::Conflict(Conflict::NfcTag))?;
        Ok(())
    }

    /// Takes a child's NFC tag away; returns whether it had one.
    pub fn clear_tag(&self, id: Id<Child>) -> Result<bool, Error> {
        let sql = "UPDATE child SET nfc_tag = NULL, tag_assigned_at = NULL
                   WHERE account_id = ?1 AND nfc_tag IS NOT NULL";
        Ok(self.execute(sql, [id.as_bytes()])? == 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::engine::migrate;
    use crate::store::engine::select::reading;

    #[test]
    fn children_are_counted_and_found_in_an_index_alone_and_paged_in_its_order() {
        let mut database = rusqlite::Connection::open_in_memory().unwrap();
        migrate::create(&mut database).unwrap_or_else(|error| panic!("{error}"));
        let of_list = format!("FROM {} {} AND a.deactivated_at IS NULL", LIST.from, LIST.scope);
        let find = format!("SELECT {}, a.username {of_list} ORDER BY {}", LIST.id, LIST.default_order);
        for sql in [format!("SELECT count(*) {of_list}"), find] {
            let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let steps: Vec<String> =
                explain.query_map(["child"], |row| row.get("detail")).unwrap().map(Result::unwrap).collect();
            assert_eq!(steps, ["SEARCH a USING COVERING INDEX account_by_role (role=? AND deactivated_at=?)"], "{sql}");
        }
    }
    #[test]
    fn children_of_a_page_are_read_by_their_ids_and_no_other_is_looked_at() {
        let mut database = rusqlite::Connection::open_in_memory().unwrap();
        rusqlite::vtab::array::load_module(&database).unwrap();
        migrate::create(&mut database).unwrap_or_else(|error| panic!("{error}"));
        for list in [LIST, OF_FAMILY] {
            let mut explain = database.prepare(&format!("EXPLAIN QUERY PLAN {}", reading(&list))).unwrap();
            let ids = rows::array([Id::<Child>::from_bytes([0; 12])]);
            let steps: Vec<String> = explain
                .query_map(params!["child", ids], |row| row.get("detail"))
                .unwrap()
                .map(Result::unwrap)
                .collect();
            assert!(steps[0].starts_with("SCAN page"), "{steps:?}");
            let by_id =
                |step: &String| step.contains("(id=?)") || step.contains("account_id=?") || step.contains("child_id=?");
            assert!(steps[1..].iter().all(by_id), "{steps:?}");
        }
    }
}
