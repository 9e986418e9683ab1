//! Families: accounts, and rows of `family_child`.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params};

use crate::model::query::Query;
use crate::model::{Account, Child, Error, Family, Id, Role};
use crate::store::access::accounts::{account, account_column, account_columns};
use crate::store::directory::children::{child, child_columns};
use crate::store::engine::batches::batches;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::engine::select::{List, select};
use crate::store::{Items, Tx, View};

const LIST: List<Family> = List {
    columns: account_columns!(),
    from: "account a",
    join: "",
    scope: "WHERE a.role = ?1",
    id: "a.id",
    default_order: "a.id DESC",
    of_users: true,
    deactivated: Some("a.deactivated_at"),
    created: "a.created_at",
    column: account_column,
    read: |view, row| Ok(Family { account: account(view, row, 0)?, children: Vec::new() }),
};

impl View<'_> {
    /// The family of this id.
    pub fn family(&self, id: Id<Family>) -> Result<Option<Family>, Error> {
        let mut found = self
            .prepare(concat!("SELECT ", account_columns!(), " FROM account a WHERE a.id = ?1 AND a.role = 'family'"))?
            .query_row([id.as_bytes()], |row| (LIST.read)(self, row))
            .optional()
            .translate()?;
        self.fill_families(found.as_mut_slice())?;
        Ok(found)
    }

    /// Puts out the families that a query asks for.
    pub fn families(&self, query: &Query, out: &mut Items<'_, Family>) -> Result<(), Error> {
        let found = select(self, &LIST, Value::Text(Role::Family.word().to_owned()), query)?;
        out.total(found.total);
        let children = self.count_each(
            "SELECT family_id, count(*) FROM family_child WHERE family_id IN rarray(?1) GROUP BY family_id",
            found.items.iter().map(|family| family.account.id),
        )?;
        for mut batch in batches(found.items, |family| children.get(&family.account.id).copied().unwrap_or(0)) {
            self.fill_families(&mut batch)?;
            out.put_all(batch)?;
        }
        Ok(())
    }

    /// How many children a family has.
    pub fn count_family_children(&self, id: Id<Family>) -> Result<usize, Error> {
        self.prepare("SELECT count(*) FROM family_child WHERE family_id = ?1")?
            .query_row([id.as_bytes()], |row| row.get(0))
            .translate()
    }

    /// Fills in the children, in one statement.
    fn fill_families(&self, families: &mut [Family]) -> Result<(), Error> {
        let ids = rows::array(families.iter().map(|family| family.account.id));
        let mut statement = self.prepare(concat!(
            "SELECT f.family_id, ",
            child_columns!(),
            " FROM family_child f JOIN account a ON a.id = f.child_id JOIN child c ON c.account_id = a.id
              WHERE f.family_id IN rarray(?1) AND a.deactivated_at IS NULL ORDER BY f.family_id, f.position"
        ))?;
        let rows =
            statement.query_map([ids], |row| Ok((rows::id::<Account>(row, 0)?, child(self, row, 1)?))).translate()?;
        let mut members: HashMap<Id<Account>, Vec<Child>> = HashMap::new();
        for row in rows {
            let (family, child) = row.translate()?;
            members.entry(family).or_default().push(child);
        }
        for family in families {
            family.children = members.remove(&family.account.id).unwrap_or_default();
        }
        Ok(())
    }

    /// Whether the child belongs to the family; `false` also if either is no more.
    pub fn is_kin(&self, family: Id<Family>, child: Id<Child>) -> Result<bool, Error> {
        self.prepare(
            "SELECT EXISTS (SELECT 1 FROM account a JOIN family_child f ON f.family_id = a.id
             WHERE a.id = ?1 AND a.role = 'family' AND f.child_id = ?2)",
        )?
        .query_row(params![family.as_bytes(), child.as_bytes()], |row| row.get(0))
        .translate()
    }
}

impl Tx<'_> {
    /// Makes these the family's children, in this order, in place of those it had.
    pub fn set_family_children(&self, family: Id<Family>, children: &[Id<Child>]) -> Result<(), Error> {
        let present: Vec<Id<Child>> = self
            .prepare("SELECT child_id FROM family_child WHERE family_id = ?1 ORDER BY position")?
            .query_map([family.as_bytes()], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        if present == children {
            return Ok(());
        }
        self.execute("DELETE FROM family_child WHERE family_id = ?1", [family.as_bytes()])?;
        let mut insert =
            self.prepare("INSERT INTO family_child (family_id, child_id, position) VALUES (?1, ?2, ?3)")?;
        for (position, child) in children.iter().enumerate() {
            insert.execute(params![family.as_bytes(), child.as_bytes(), position]).translate()?;
        }
        Ok(())
    }

    /// Adds a child behind the family's others, if it is not there yet.
    pub fn add_family_child(&self, family: Id<Family>, child: Id<Child>) -> Result<(), Error> {
        self.execute(
            "INSERT INTO family_child (family_id, child_id, position)
             SELECT ?1, ?2, coalesce(max(position) + 1, 0) FROM family_child WHERE family_id = ?1
             ON CONFLICT (family_id, child_id) DO NOTHING",
            params![family.as_bytes(), child.as_bytes()],
        )?;
        Ok(())
    }

    /// Takes a child out of the family; returns whether it was there.
    pub fn remove_family_child(&self, family: Id<Family>, child: Id<Child>) -> Result<bool, Error> {
        let removed = self.execute(
            "DELETE FROM family_child WHERE family_id = ?1 AND child_id = ?2",
            params![family.as_bytes(), child.as_bytes()],
        )?;
        Ok(removed == 1)
    }
}
