//! Who reaches a child, whatever he wants with it.

use rusqlite::{OptionalExtension, params};

use crate::model::{Account, Error, Id, Role};
use crate::store::View;
use crate::store::engine::error::Translate;

/// Among which children somebody looks for one.
#[derive(Debug, Clone, Copy)]
pub enum Within {
    /// All.
    All,
    /// Those in the groups of this educator or health professional.
    GroupsOf(Id<Account>, Role),
    /// Those of this family.
    Family(Id<Account>),
}

const IS_CHILD: &str = "SELECT EXISTS (SELECT 1 FROM account a JOIN child c ON c.account_id = a.id
                                       WHERE a.id = ?1 AND a.role = 'child')";

impl View<'_> {
    /// Whether a child is among some; `None` if there is no such child.
    ///
    /// # Errors
    /// `Unavailable` or `Internal` if the database cannot be read.
    pub fn child_within(&self, child: Id<Account>, within: Within) -> Result<Option<bool>, Error> {
        let child = child.as_bytes();
        match within {
            Within::All => {
                let found = self.prepare(IS_CHILD)?.query_row([child], |row| row.get::<_, bool>(0)).translate()?;
                Ok(found.then_some(true))
            }
            Within::GroupsOf(owner, role) => self
                .prepare(
                    "SELECT EXISTS (SELECT 1 FROM group_member m JOIN children_group g ON g.id = m.group_id
                                    JOIN account o ON o.id = g.owner_id
                                    WHERE m.child_id = ?1 AND g.owner_id = ?2 AND o.role = ?3)
                     FROM account a JOIN child c ON c.account_id = a.id WHERE a.id = ?1 AND a.role = 'child'",
                )?
                .query_row(params![child, owner.as_bytes(), role.word()], |row| row.get(0))
                .optional()
                .translate(),
            Within::Family(family) => self
                .prepare(
                    "SELECT EXISTS (SELECT 1 FROM family_child f JOIN account o ON o.id = f.family_id
                                    WHERE f.child_id = ?1 AND f.family_id = ?2 AND o.role = 'family')
                     FROM account a JOIN child c ON c.account_id = a.id WHERE a.id = ?1 AND a.role = 'child'",
                )?
                .query_row(params![child, family.as_bytes()], |row| row.get(0))
                .optional()
                .translate(),
        }
    }
}
