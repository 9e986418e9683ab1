//! Educators and health professionals: accounts that own groups.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params};

use crate::model::query::Query;
use crate::model::{Account, Error, Id, Professional, Role};
use crate::store::access::accounts::{account, account_column, account_columns};
use crate::store::engine::batches::batches;
use crate::store::engine::error::Translate;
use crate::store::engine::select::{List, select};
use crate::store::{Items, View};

const LIST: List<Professional> = List {
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
    read: |view, row| Ok(Professional { account: account(view, row, 0)?, groups: Vec::new() }),
};

impl View<'_> {
    /// The professional of this id and role, with all groups.
    pub fn professional(&self, role: Role, id: Id<Account>) -> Result<Option<Professional>, Error> {
        let mut found = self
            .prepare(concat!("SELECT ", account_columns!(), " FROM account a WHERE a.id = ?1 AND a.role = ?2"))?
            .query_row(params![id.as_bytes(), role.word()], |row| (LIST.read)(self, row))
            .optional()
            .translate()?;
        self.fill_professionals(found.as_mut_slice())?;
        Ok(found)
    }

    /// Puts out the professionals of a role that a query asks for, with all their groups.
    pub fn professionals(&self, role: Role, query: &Query, out: &mut Items<'_, Professional>) -> Result<(), Error> {
        let found = select(self, &LIST, Value::Text(role.word().to_owned()), query)?;
        out.total(found.total);
        let members = self.count_each(
            "SELECT g.owner_id, count(*) FROM children_group g JOIN group_member m ON m.group_id = g.id
             WHERE g.owner_id IN rarray(?1) GROUP BY g.owner_id",
            found.items.iter().map(|one| one.account.id),
        )?;
        for mut batch in batches(found.items, |one| members.get(&one.account.id).copied().unwrap_or(0)) {
            self.fill_professionals(&mut batch)?;
            out.put_all(batch)?;
        }
        Ok(())
    }

    fn fill_professionals(&self, professionals: &mut [Professional]) -> Result<(), Error> {
        let mut groups = self.groups_by_owner(professionals.iter().map(|one| one.account.id))?;
        for one in professionals {
            one.groups = groups.remove(&one.account.id).unwrap_or_default();
        }
        Ok(())
    }
}
