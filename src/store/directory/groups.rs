//! Rows of `children_group` and `group_member`.

use std::collections::HashMap;

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::query::Query;
use crate::model::{Account, Child, Conflict, Error, Field, Group, GroupPatch, Id, Kind, NewGroup, Text};
use crate::store::access::accounts::account_columns;
use crate::store::directory::children::{child, child_columns};
use crate::store::engine::batches::batches;
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::engine::select::{Column, List, natural, select};
use crate::store::{Items, Tx, View};

const LIST: List<Group> = List {
    columns: "g.id, g.name, g.school_class",
    from: "children_group g",
    join: "",
    scope: "WHERE g.owner_id = ?1",
    id: "g.id",
    default_order: "g.id DESC",
    of_users: false,
    deactivated: None,
    created: "g.created_at",
    column,
    read: |_, row| group(row, 0),
};

const DUPLICATE: Error = Error::Conflict(Conflict::Name(Kind::Group));

fn column(field: Field) -> Option<Column> {
    match field {
        Field::Id => Some(Column::new("lower(hex(g.id))", "g.id").exact()),
        Field::Name => Some(natural!("g.name")),
        Field::SchoolClass => Some(natural!("g.school_class")),
        _ => None,
    }
}

/// Reads a group, still without its children.
fn group(row: &Row<'_>, at: usize) -> rusqlite::Result<Group> {
    Ok(Group {
        id: rows::id(row, at)?,
        name: rows::text(row, at + 1)?,
        school_class: rows::optional_text(row, at + 2)?,
        children: Vec::new(),
    })
}

impl View<'_> {
    /// The group of this id, if it is this owner's.
    pub fn group(&self, owner: Id<Account>, id: Id<Group>) -> Result<Option<Group>, Error> {
        let mut found = self
            .prepare("SELECT id, name, school_class FROM children_group WHERE id = ?1 AND owner_id = ?2")?
            .query_row(params![id.as_bytes(), owner.as_bytes()], |row| group(row, 0))
            .optional()
            .translate()?;
        self.fill_groups(found.as_mut_slice())?;
        Ok(found)
    }

    /// Puts out the groups of an owner that a query asks for.
    pub fn groups(&self, owner: Id<Account>, query: &Query, out: &mut Items<'_, Group>) -> Result<(), Error> {
        let found = select(self, &LIST, Value::Blob(owner.as_bytes().to_vec()), query)?;
        out.total(found.total);
        let members = self.count_each(
            "SELECT group_id, count(*) FROM group_member WHERE group_id IN rarray(?1) GROUP BY group_id",
            found.items.iter().map(|group| group.id),
        )?;
        for mut batch in batches(found.items, |group| members.get(&group.id).copied().unwrap_or(0)) {
            self.fill_groups(&mut batch)?;
            out.put_all(batch)?;
        }
        Ok(())
    }

    /// Whether a group is this owner's.
    pub fn owns_group(&self, owner: Id<Account>, id: Id<Group>) -> Result<bool, Error> {
        self.prepare("SELECT EXISTS (SELECT 1 FROM children_group WHERE id = ?1 AND owner_id = ?2)")?
            .query_row(params![id.as_bytes(), owner.as_bytes()], |row| row.get(0))
            .translate()
    }

    /// All groups of these owners, newest first, in two statements however many they are.
    pub(in crate::store) fn groups_by_owner(
        &self,
        owners: impl IntoIterator<Item = Id<Account>>,
    ) -> Result<HashMap<Id<Account>, Vec<Group>>, Error> {
        let (owners, mut groups): (Vec<Id<Account>>, Vec<Group>) = self
            .prepare(
                "SELECT owner_id, id, name, school_class FROM children_group
                 WHERE owner_id IN rarray(?1) ORDER BY id DESC",
            )?
            .query_map([rows::array(owners)], |row| Ok((rows::id(row, 0)?, group(row, 1)?)))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        self.fill_groups(&mut groups)?;
        let mut by_owner: HashMap<_, Vec<_>> = HashMap::new();
        for (owner, group) in owners.into_iter().zip(groups) {
            by_owner.entry(owner).or_default().push(group);
        }
        Ok(by_owner)
    }

    /// Fills in the children, in one statement.
    fn fill_groups(&self, groups: &mut [Group]) -> Result<(), Error> {
        if groups.is_empty() {
            return Ok(());
        }
        let ids = rows::array(groups.iter().map(|group| group.id));
        let mut statement = self.prepare(concat!(
            "SELECT m.group_id, ",
            child_columns!(),
            " FROM group_member m JOIN account a ON a.id = m.child_id JOIN child c ON c.account_id = a.id
              WHERE m.group_id IN rarray(?1) AND a.deactivated_at IS NULL ORDER BY m.group_id, m.position"
        ))?;
        let rows =
            statement.query_map([ids], |row| Ok((rows::id::<Group>(row, 0)?, child(self, row, 1)?))).translate()?;
        let mut members: HashMap<Id<Group>, Vec<Child>> = HashMap::new();
        for row in rows {
            let (group, child) = row.translate()?;
            members.entry(group).or_default().push(child);
        }
        for group in groups {
            group.children = members.remove(&group.id).unwrap_or_default();
        }
        Ok(())
    }

    /// Whether another group of this owner has the name.
    pub fn group_name_taken(&self, owner: Id<Account>, name: &Text, except: Option<Id<Group>>) -> Result<bool, Error> {
        let holder: Option<Id<Group>> = self
            .prepare("SELECT id FROM children_group WHERE owner_id = ?1 AND name = ?2")?
            .query_row(params![owner.as_bytes(), name.as_str()], |row| rows::id(row, 0))
            .optional()
            .translate()?;
        Ok(holder.is_some() && holder != except)
    }

    /// How many groups an owner has.
    pub fn count_groups(&self, owner: Id<Account>) -> Result<usize, Error> {
        self.count("SELECT count(*) FROM children_group WHERE owner_id = ?1", owner)
    }

    /// How many children a group has.
    pub fn count_members(&self, id: Id<Group>) -> Result<usize, Error> {
        self.count("SELECT count(*) FROM group_member WHERE group_id = ?1", id)
    }

    /// How many children all groups of an owner have, each counted as often as it is in one.
    pub fn count_group_members(&self, owner: Id<Account>) -> Result<usize, Error> {
        let sql =
            "SELECT count(*) FROM children_group g JOIN group_member m ON m.group_id = g.id WHERE g.owner_id = ?1";
        self.count(sql, owner)
    }

    fn count<K>(&self, sql: &str, of: Id<K>) -> Result<usize, Error> {
        self.prepare(sql)?.query_row([of.as_bytes()], |row| row.get(0)).translate()
    }
}

impl Tx<'_> {
    /// Stores a group with its children; returns its new id.
    ///
    /// # Errors
    /// `Conflict` if the owner has another group of that name.
    pub fn insert_group(&self, owner: Id<Account>, new: &NewGroup) -> Result<Id<Group>, Error> {
        let id = self.new_id();
        self.prepare(
            "INSERT INTO children_group (id, owner_id, name, school_class, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            id.as_bytes(),
            owner.as_bytes(),
            new.name.as_str(),
            new.school_class.as_ref().map(Text::as_str),
            self.now().as_millisecond(),
        ])
        .or_duplicate(DUPLICATE)?;
        self.insert_members(id, &new.children)?;
        Ok(id)
    }

    /// Changes what the patch names of a group.
    ///
    /// # Errors
    /// `Conflict` if the owner has another group of the new name.
    pub fn update_group(&self, id: Id<Group>, patch: &GroupPatch) -> Result<(), Error> {
        self.prepare(
            "UPDATE children_group SET name = coalesce(?2, name), school_class = coalesce(?3, school_class)
             WHERE id = ?1 AND (name, school_class) IS DISTINCT FROM
                   (coalesce(?2, name), coalesce(?3, school_class))",
        )?
        .execute(params![
            id.as_bytes(),
            patch.name.as_ref().map(Text::as_str),
            patch.school_class.as_ref().map(Text::as_str),
        ])
        .or_duplicate(DUPLICATE)?;
        match &patch.children {
            Some(children) => self.set_members(id, children),
            None => Ok(()),
        }
    }

    /// Makes these the group's children, in this order, in place of those it had.
    pub fn set_members(&self, id: Id<Group>, children: &[Id<Child>]) -> Result<(), Error> {
        if *children != self.members(id)? {
            self.execute("DELETE FROM group_member WHERE group_id = ?1", [id.as_bytes()])?;
            self.insert_members(id, children)?;
        }
        Ok(())
    }

    /// The children of a group, in their order.
    fn members(&self, id: Id<Group>) -> Result<Vec<Id<Child>>, Error> {
        self.prepare("SELECT child_id FROM group_member WHERE group_id = ?1 ORDER BY position")?
            .query_map([id.as_bytes()], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    fn insert_members(&self, id: Id<Group>, children: &[Id<Child>]) -> Result<(), Error> {
        let mut insert = self.prepare("INSERT INTO group_member (group_id, child_id, position) VALUES (?1, ?2, ?3)")?;
        for (position, child) in children.iter().enumerate() {
            insert.execute(params![id.as_bytes(), child.as_bytes(), position]).translate()?;
        }
        Ok(())
    }

    /// Deletes a group if it is this owner's; returns whether it was.
    pub fn delete_group(&self, owner: Id<Account>, id: Id<Group>) -> Result<bool, Error> {
        let deleted = self.execute(
            "DELETE FROM children_group WHERE id = ?1 AND owner_id = ?2",
            params![id.as_bytes(), owner.as_bytes()],
        )?;
        Ok(deleted == 1)
    }
}
