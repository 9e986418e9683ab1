//! Rows of `application`.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params};

use crate::model::query::{Listed, Query};
use crate::model::{Account, Application, Error, Field, Id, Role, Text};
use crate::store::access::accounts::{ACCOUNT_COLUMNS, account, account_column, account_columns};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::engine::select::{Column, List, natural, select};
use crate::store::{Tx, View};

const LIST: List<Application> = List {
    columns: account_columns!("p.application_name"),
    from: "account a",
    join: "JOIN application p ON p.account_id = a.id",
    scope: "WHERE a.role = ?1",
    id: "a.id",
    default_order: "a.id DESC",
    of_users: true,
    deactivated: Some("a.deactivated_at"),
    created: "a.created_at",
    column,
    read: application,
};

fn column(field: Field) -> Option<Column> {
    match field {
        Field::ApplicationName => Some(natural!("p.application_name").joined()),
        _ => account_column(field),
    }
}

fn application(view: &View<'_>, row: &Row<'_>) -> rusqlite::Result<Application> {
    Ok(Application { account: account(view, row, 0)?, name: rows::text(row, ACCOUNT_COLUMNS)? })
}

impl View<'_> {
    /// The application of this id.
    pub fn application(&self, id: Id<Application>) -> Result<Option<Application>, Error> {
        self.prepare(concat!(
            "SELECT ",
            account_columns!("p.application_name"),
            " FROM account a JOIN application p ON p.account_id = a.id WHERE a.id = ?1 AND a.role = 'application'"
        ))?
        .query_row([id.as_bytes()], |row| application(self, row))
        .optional()
        .translate()
    }

    /// The applications that a query asks for.
    pub fn applications(&self, query: &Query) -> Result<Listed<Application>, Error> {
        select(self, &LIST, Value::Text(Role::Application.word().to_owned()), query)
    }
}

impl Tx<'_> {
    /// Stores what makes a user an application.
    pub fn insert_application(&self, id: Id<Account>, name: &Text) -> Result<(), Error> {
        self.execute(
            "INSERT INTO application (account_id, application_name) VALUES (?1, ?2)",
            params![id.as_bytes(), name.as_str()],
        )?;
        Ok(())
    }

    /// Gives an application another name to show.
    pub fn rename_application(&self, id: Id<Application>, name: &Text) -> Result<(), Error> {
        self.execute(
            "UPDATE application SET application_name = ?2 WHERE account_id = ?1 AND application_name <> ?2",
            params![id.as_bytes(), name.as_str()],
        )?;
        Ok(())
    }
}
