//! Things of all kinds as rows of sheets: read, made, and put as they are to be, every column at once.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Params, params};

use crate::model::rosters::{Column, Left, Sheet, SheetRow, Thing};
use crate::model::{
    Account, Child, Conflict, Departure, Error, Group, Id, Institution, PasswordHash, Role, Username, text,
};
use crate::store::engine::error::Translate;
use crate::store::engine::rows;
use crate::store::{NewAccountRow, Tx, View};

/// A user of any type, with all that there is in one row.
const USER: &str = "SELECT gender, age, age_calc_date, nfc_tag, application_name, tag_assigned_at, deactivated_at, erase_at,
                           by_import, institution_id, username, source
                    FROM account LEFT JOIN child ON child.account_id = id LEFT JOIN departure ON departure.account_id = id
                    LEFT JOIN application ON application.account_id = id LEFT JOIN roster_source ON thing = id
                    WHERE id = ?1 AND role = ?2";
/// Its first columns.
const USER_TEXTS: [Column; 5] =
    [Column::Gender, Column::Age, Column::AgeCalcDate, Column::NfcTag, Column::ApplicationName];
/// And those after them.
const USER_TIMES: [Column; 3] = [Column::TagTime, Column::DeactivatedAt, Column::EraseAt];

impl View<'_> {
    /// A thing as a row of its sheet, with all that it has but its id and password.
    pub fn sheet_row(&self, sheet: Sheet, id: Id<Thing>) -> Result<Option<SheetRow>, Error> {
        let found = match (sheet.role(), sheet) {
            (Some(role), _) => return self.user_row(sheet, role, id),
            (None, Sheet::Groups) => self.group_row(id)?,
            (None, _) => self.institution_row(id)?,
        };
        let Some(mut row) = found else { return Ok(None) };
        put(&mut row, Column::SourcedId, self.source_of(id)?);
        Ok(Some(row))
    }

    fn user_row(&self, sheet: Sheet, role: Role, id: Id<Thing>) -> Result<Option<SheetRow>, Error> {
        let mut row = SheetRow::new();
        let found = self.prepare(USER)?.query_row(params![id.as_bytes(), role.word()], |stored| {
            for (at, column) in USER_TEXTS.into_iter().enumerate() {
                put(&mut row, column, stored.get(at)?);
            }
            for (at, column) in (USER_TEXTS.len()..).zip(USER_TIMES) {
                put(&mut row, column, stored.get::<_, Option<i64>>(at)?.map(|time| time.to_string()));
            }
            let by_import = stored.get::<_, Option<bool>>(8)?.filter(|by_import| *by_import);
            put(&mut row, Column::ByImport, by_import.map(|_| "yes".to_owned()));
            let institution: Option<Id<Institution>> = rows::optional_id(stored, 9)?;
            put(&mut row, Column::Institution, institution.map(|id| id.to_string()));
            Ok((stored.get::<_, Vec<u8>>(10)?, stored.get::<_, Option<Vec<u8>>>(11)?))
        });
        let Some((username, source)) = found.optional().translate()? else { return Ok(None) };
        let username = self.cipher.decrypt(&username).map_err(Error::internal)?;
        row.insert(Column::Username, username.as_str().to_owned());
        put(&mut row, Column::SourcedId, source.map(|sealed| self.opened_source(&sealed)).transpose()?);
        if sheet == Sheet::Families {
            let sql = "SELECT child_id FROM family_child WHERE family_id = ?1 ORDER BY position";
            row.insert(Column::Children, self.joined_ids(sql, id)?);
        }
        Ok(Some(row))
    }

    fn group_row(&self, id: Id<Thing>) -> Result<Option<SheetRow>, Error> {
        let mut row = SheetRow::new();
        let sql = "SELECT name, school_class, owner_id FROM children_group WHERE id = ?1";
        let found = self.fill((sql, id), &mut row, &[Column::Name, Column::SchoolClass], |stored, row| {
            row.insert(Column::Owner, rows::id::<Account>(stored, 2)?.to_string());
            Ok(())
        })?;
        let members = "SELECT child_id FROM group_member WHERE group_id = ?1 ORDER BY position";
        row.insert(Column::Children, self.joined_ids(members, id)?);
        Ok(found.then_some(row))
    }

    fn institution_row(&self, id: Id<Thing>) -> Result<Option<SheetRow>, Error> {
        let mut row = SheetRow::new();
        let sql = "SELECT name, type, address, latitude, longitude FROM institution WHERE id = ?1";
        let found = self.fill((sql, id), &mut row, &[Column::Name, Column::Type, Column::Address], |stored, row| {
            put(row, Column::Latitude, stored.get::<_, Option<f64>>(3)?.map(text::number_text));
            put(row, Column::Longitude, stored.get::<_, Option<f64>>(4)?.map(text::number_text));
            Ok(())
        })?;
        Ok(found.then_some(row))
    }

    /// Reads texts into these columns, and more in another way; returns whether there is such a row.
    fn fill(
        &self,
        (sql, id): (&str, Id<Thing>),
        row: &mut SheetRow,
        texts: &[Column],
        more: impl FnOnce(&rusqlite::Row<'_>, &mut SheetRow) -> rusqlite::Result<()>,
    ) -> Result<bool, Error> {
        let read = |stored: &rusqlite::Row<'_>| {
            for (at, column) in texts.iter().enumerate() {
                put(row, *column, stored.get(at)?);
            }
            more(stored, row)
        };
        Ok(self.prepare(sql)?.query_row([id.as_bytes()], read).optional().translate()?.is_some())
    }

    fn joined_ids(&self, sql: &str, id: Id<Thing>) -> Result<String, Error> {
        let ids: Vec<Id<Child>> = self
            .prepare(sql)?
            .query_map([id.as_bytes()], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()?;
        Ok(ids.iter().map(Id::to_string).collect::<Vec<_>>().join(" "))
    }

    /// The user of this type and name.
    pub fn user_named(&self, role: Role, name: &Username) -> Result<Option<Id<Thing>>, Error> {
        let name = self.cipher.encrypt(name)?;
        self.look_up("SELECT id FROM account WHERE username = ?1 AND role = ?2", params![name, role.word()])
    }

    /// Hands over the names of all users of a type.
    pub fn each_username(&self, role: Role, mut take: impl FnMut(&str)) -> Result<(), Error> {
        let mut statement = self.prepare("SELECT username FROM account WHERE role = ?1")?;
        let names = statement.query_map([role.word()], |row| row.get::<_, Vec<u8>>(0)).translate()?;
        for name in names {
            take(self.cipher.decrypt(&name.translate()?).map_err(Error::internal)?.as_str());
        }
        Ok(())
    }

    /// The institution of this name.
    pub fn institution_named(&self, name: &str) -> Result<Option<Id<Thing>>, Error> {
        self.look_up("SELECT id FROM institution WHERE name = ?1", [name])
    }

    /// The group of this name that the owner has.
    pub fn group_named(&self, owner: Id<Thing>, name: &str) -> Result<Option<Id<Thing>>, Error> {
        self.look_up("SELECT id FROM children_group WHERE owner_id = ?1 AND name = ?2", params![owner.as_bytes(), name])
    }

    /// The child that holds this NFC tag.
    pub fn holder_of_tag(&self, tag: &str) -> Result<Option<Id<Thing>>, Error> {
        self.look_up("SELECT account_id FROM child WHERE nfc_tag = ?1", [tag])
    }

    fn look_up(&self, sql: &str, params: impl Params) -> Result<Option<Id<Thing>>, Error> {
        self.prepare(sql)?.query_row(params, |row| rows::id(row, 0)).optional().translate()
    }

    /// The next things of a sheet after one, at most `count`, in the order in which they were made; of users, those who
    /// are active or all.
    pub fn sheet_ids(
        &self,
        (sheet, left): (Sheet, Left),
        after: Option<Id<Thing>>,
        count: usize,
    ) -> Result<Vec<Id<Thing>>, Error> {
        let after = after.unwrap_or_else(|| Id::from_bytes([0; 12]));
        let sql = match (sheet.role(), sheet, left) {
            (Some(_), _, Left::Out) => {
                "SELECT id FROM account WHERE id > ?1 AND role = ?3 AND deactivated_at IS NULL ORDER BY id LIMIT ?2"
            }
            (Some(_), _, Left::In) => "SELECT id FROM account WHERE id > ?1 AND +role = ?3 ORDER BY id LIMIT ?2",
            (None, Sheet::Groups, _) => {
                "SELECT id FROM children_group WHERE id > ?1 AND ?3 IS NULL ORDER BY id LIMIT ?2"
            }
            (None, ..) => "SELECT id FROM institution WHERE id > ?1 AND ?3 IS NULL ORDER BY id LIMIT ?2",
        };
        self.prepare(sql)?
            .query_map(params![after.as_bytes(), count, sheet.role().map(Role::word)], |row| rows::id(row, 0))
            .translate()?
            .collect::<rusqlite::Result<_>>()
            .translate()
    }

    /// Whether a sheet has this thing.
    pub fn is_on_sheet(&self, sheet: Sheet, id: Id<Thing>) -> Result<bool, Error> {
        let sql = match (sheet.role(), sheet) {
            (Some(_), _) => "SELECT id FROM account WHERE id = ?1 AND role = ?2",
            (None, Sheet::Groups) => "SELECT id FROM children_group WHERE id = ?1 AND ?2 IS NULL",
            (None, _) => "SELECT id FROM institution WHERE id = ?1 AND ?2 IS NULL",
        };
        Ok(self.look_up(sql, params![id.as_bytes(), sheet.role().map(Role::word)])?.is_some())
    }

    /// How many things a sheet has, users only if they are active.
    pub fn count_sheet(&self, sheet: Sheet) -> Result<usize, Error> {
        let sql = match (sheet.role(), sheet) {
            (Some(_), _) => "SELECT count(*) FROM account WHERE role = ?1 AND deactivated_at IS NULL",
            (None, Sheet::Groups) => "SELECT count(*) FROM children_group WHERE ?1 IS NULL",
            (None, _) => "SELECT count(*) FROM institution WHERE ?1 IS NULL",
        };
        self.prepare(sql)?.query_row([sheet.role().map(Role::word)], |row| row.get(0)).translate()
    }

    /// Whether anything hangs on a thing that a sheet does not show: somebody logged in as a user since then, is in an
    /// institution, or a child is in a family or a group, or was tracked, or a user has groups.
    pub fn is_in_use(&self, id: Id<Thing>, since: Timestamp) -> Result<bool, Error> {
        self.prepare(
            "SELECT EXISTS (SELECT 1 FROM account WHERE id = ?1 AND last_login >= ?2)
                 OR EXISTS (SELECT 1 FROM account WHERE institution_id = ?1)
                 OR EXISTS (SELECT 1 FROM tracked_institution WHERE institution_id = ?1)
                 OR EXISTS (SELECT 1 FROM tracked_child WHERE child_id = ?1)
                 OR EXISTS (SELECT 1 FROM family_child WHERE child_id = ?1)
                 OR EXISTS (SELECT 1 FROM group_member WHERE child_id = ?1)
                 OR EXISTS (SELECT 1 FROM children_group WHERE owner_id = ?1)",
        )?
        .query_row(params![id.as_bytes(), since.as_millisecond()], |row| row.get(0))
        .translate()
    }
}

fn put(row: &mut SheetRow, column: Column, value: Option<String>) {
    if let Some(value) = value {
        row.insert(column, value);
    }
}

/// The columns of a row as SQLite takes them.
struct Values<'r>(&'r SheetRow);

impl Values<'_> {
    fn text(&self, column: Column) -> Option<&str> {
        self.0.get(&column).map(String::as_str)
    }

    fn number(&self, column: Column) -> Option<f64> {
        self.text(column).and_then(text::number)
    }

    fn time(&self, column: Column) -> Option<i64> {
        self.text(column)?.parse().ok()
    }

    /// # Errors
    /// `Internal` if there is none: whoever plans rows sees to it.
    fn id<K>(&self, column: Column) -> Result<Id<K>, Error> {
        let id = self.text(column).and_then(Id::parse);
        id.ok_or_else(|| Error::internal(format!("a row has no {}", column.word())))
    }

    fn children(&self) -> Result<Vec<Id<Child>>, Error> {
        let ids = self.text(Column::Children).unwrap_or_default().split(' ').filter(|id| !id.is_empty());
        ids.map(|id| Id::parse(id).ok_or_else(|| Error::internal("a row names a child by no id"))).collect()
    }

    fn username(&self) -> Result<Username, Error> {
        let name = self.text(Column::Username).ok_or_else(|| Error::internal("a row has no username"))?;
        Ok(Username::verbatim(name.to_owned()))
    }
}

impl Tx<'_> {
    /// Makes a thing of a row; returns its id, which is that of the row if it has one. Users get this password.
    ///
    /// # Errors
    /// `Conflict` if its name, its tag or what others know it by is taken; `Internal` if the row lacks something.
    pub fn make_sheet_row(&self, sheet: Sheet, row: &SheetRow, hash: &PasswordHash) -> Result<Id<Thing>, Error> {
        let values = Values(row);
        let taken = || Error::Conflict(Conflict::Name(sheet.kind()));
        let id: Id<Thing> = values.text(Column::Id).and_then(Id::parse).unwrap_or_else(|| self.new_id());
        match (sheet.role(), sheet) {
            (Some(role), _) => {
                let institution = values.text(Column::Institution).and_then(Id::parse);
                let username = &values.username()?;
                if values.text(Column::Id).is_some() {
                    self.take_erasure_back(id.cast())?;
                }
                self.insert_account_as(id.cast(), &NewAccountRow { role, username, hash, institution })?;
                self.make_details(sheet, id, &values)?;
            }
            (None, Sheet::Groups) => {
                self.prepare("INSERT INTO children_group (id, owner_id, name, created_at) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![
                        id.as_bytes(),
                        values.id::<Account>(Column::Owner)?.as_bytes(),
                        values.text(Column::Name),
                        self.now().as_millisecond(),
                    ])
                    .or_duplicate(taken())?;
            }
            (None, _) => {
                self.prepare("INSERT INTO institution (id, name, type, created_at) VALUES (?1, ?2, ?3, ?4)")?
                    .execute(params![
                        id.as_bytes(),
                        values.text(Column::Name),
                        values.text(Column::Type),
                        self.now().as_millisecond(),
                    ])
                    .or_duplicate(taken())?;
            }
        }
        self.put_past(sheet, id, &values)?;
        self.put_sheet_row(sheet, id, row)?;
        Ok(id)
    }

    /// What was before a thing came here, if the row tells: never later than now.
    fn put_past(&self, sheet: Sheet, id: Id<Thing>, values: &Values<'_>) -> Result<(), Error> {
        let time = |column| values.time(column).map(|time| time.min(self.now().as_millisecond() - 1));
        if let Some(made) = time(Column::CreatedAt) {
            let sql = match (sheet.role(), sheet) {
                (Some(_), _) => "UPDATE account SET created_at = ?2 WHERE id = ?1",
                (None, Sheet::Groups) => "UPDATE children_group SET created_at = ?2 WHERE id = ?1",
                (None, _) => "UPDATE institution SET created_at = ?2 WHERE id = ?1",
            };
            self.execute(sql, params![id.as_bytes(), made])?;
        }
        if let Some(login) = time(Column::LastLogin) {
            self.execute("UPDATE account SET last_login = ?2 WHERE id = ?1", params![id.as_bytes(), login])?;
        }
        if let Some(sync) = time(Column::LastSync) {
            self.execute("UPDATE child SET last_sync = ?2 WHERE account_id = ?1", params![id.as_bytes(), sync])?;
        }
        Ok(())
    }

    fn make_details(&self, sheet: Sheet, id: Id<Thing>, values: &Values<'_>) -> Result<(), Error> {
        match sheet {
            Sheet::Children => self.execute(
                "INSERT INTO child (account_id, gender, age, fitbit_status) VALUES (?1, ?2, ?3, 'none')",
                params![id.as_bytes(), values.text(Column::Gender), values.text(Column::Age)],
            )?,
            Sheet::Applications => self.execute(
                "INSERT INTO application (account_id, application_name) VALUES (?1, ?2)",
                params![id.as_bytes(), values.text(Column::ApplicationName)],
            )?,
            _ => 0,
        };
        Ok(())
    }

    /// Makes a thing what the row says, in every column: what is absent there, it does not have.
    ///
    /// # Errors
    /// As [`Tx::make_sheet_row`].
    pub fn put_sheet_row(&self, sheet: Sheet, id: Id<Thing>, row: &SheetRow) -> Result<(), Error> {
        let values = Values(row);
        let taken = || Error::Conflict(Conflict::Name(sheet.kind()));
        match (sheet.role(), sheet) {
            (Some(role), _) => {
                let institution = values.text(Column::Institution).and_then(Id::<Institution>::parse);
                self.prepare(
                    "UPDATE account SET username = ?3, institution_id = ?4, deactivated_at = ?5
                     WHERE id = ?1 AND role = ?2
                     AND (username, institution_id, deactivated_at) IS DISTINCT FROM (?3, ?4, ?5)",
                )?
                .execute(params![
                    id.as_bytes(),
                    role.word(),
                    self.cipher.encrypt(&values.username()?)?,
                    institution.as_ref().map(Id::as_bytes),
                    values.time(Column::DeactivatedAt),
                ])
                .or_duplicate(taken())?;
                self.put_departure(id.cast(), &values)?;
                self.put_details(sheet, id, &values)?;
            }
            (None, Sheet::Groups) => {
                self.prepare(
                    "UPDATE children_group SET owner_id = ?2, name = ?3, school_class = ?4 WHERE id = ?1
                     AND (owner_id, name, school_class) IS DISTINCT FROM (?2, ?3, ?4)",
                )?
                .execute(params![
                    id.as_bytes(),
                    values.id::<Account>(Column::Owner)?.as_bytes(),
                    values.text(Column::Name),
                    values.text(Column::SchoolClass),
                ])
                .or_duplicate(taken())?;
                self.set_members(id.cast::<Group>(), &values.children()?)?;
            }
            (None, _) => {
                self.prepare(
                    "UPDATE institution SET name = ?2, type = ?3, address = ?4, latitude = ?5, longitude = ?6
                     WHERE id = ?1
                     AND (name, type, address, latitude, longitude) IS DISTINCT FROM (?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    id.as_bytes(),
                    values.text(Column::Name),
                    values.text(Column::Type),
                    values.text(Column::Address),
                    values.number(Column::Latitude),
                    values.number(Column::Longitude),
                ])
                .or_duplicate(taken())?;
            }
        }
        self.set_source(sheet, id, values.text(Column::SourcedId))
    }

    /// What is to become of a deactivated user is as the row says; what of an active one, stays.
    fn put_departure(&self, id: Id<Account>, values: &Values<'_>) -> Result<(), Error> {
        let known = self.departure(id)?;
        let erase_at = values.time(Column::EraseAt).and_then(|at| Timestamp::from_millisecond(at).ok());
        let by_import = values.text(Column::ByImport).is_some();
        let wanted = match values.text(Column::DeactivatedAt) {
            Some(_) => Some(Departure { deactivate_at: None, erase_at, by_import }),
            None => known.filter(|known| known.deactivate_at.is_some()),
        };
        if wanted != known { self.set_departure(id, wanted.as_ref()) } else { Ok(()) }
    }

    fn put_details(&self, sheet: Sheet, id: Id<Thing>, values: &Values<'_>) -> Result<(), Error> {
        match sheet {
            Sheet::Children => {
                self.prepare(
                    "UPDATE child SET gender = ?2, age = ?3, age_calc_date = ?4, nfc_tag = ?5, tag_assigned_at = ?6
                     WHERE account_id = ?1 AND (gender, age, age_calc_date, nfc_tag, tag_assigned_at)
                           IS DISTINCT FROM (?2, ?3, ?4, ?5, ?6)",
                )?
                .execute(params![
                    id.as_bytes(),
                    values.text(Column::Gender),
                    values.text(Column::Age),
                    values.text(Column::AgeCalcDate),
                    values.text(Column::NfcTag),
                    values.time(Column::TagTime),
                ])
                .or_duplicate(Error::Conflict(Conflict::NfcTag))?;
            }
            Sheet::Applications => {
                self.execute(
                    "UPDATE application SET application_name = ?2
                     WHERE account_id = ?1 AND application_name IS DISTINCT FROM ?2",
                    params![id.as_bytes(), values.text(Column::ApplicationName)],
                )?;
            }
            Sheet::Families => self.set_family_children(id.cast(), &values.children()?)?,
            _ => {}
        }
        Ok(())
    }

    /// Brings a group back that was deleted, under the id that it had.
    ///
    /// # Errors
    /// As [`Tx::make_sheet_row`].
    pub fn restore_group_row(&self, id: Id<Thing>, row: &SheetRow) -> Result<(), Error> {
        let values = Values(row);
        self.prepare("INSERT INTO children_group (id, owner_id, name, created_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![
                id.as_bytes(),
                values.id::<Account>(Column::Owner)?.as_bytes(),
                values.text(Column::Name),
                self.now().as_millisecond(),
            ])
            .or_duplicate(Error::Conflict(Conflict::Name(Sheet::Groups.kind())))?;
        self.put_sheet_row(Sheet::Groups, id, row)
    }

    /// Deletes a thing with all that belongs to it; returns whether there was one.
    ///
    /// # Errors
    /// `Internal` if somebody belongs to it that is an institution.
    pub fn delete_sheet_row(&self, sheet: Sheet, id: Id<Thing>) -> Result<bool, Error> {
        let sql = match (sheet.role(), sheet) {
            (Some(_), _) => return self.delete_account(id.cast()),
            (None, Sheet::Groups) => "DELETE FROM children_group WHERE id = ?1",
            (None, _) => "DELETE FROM institution WHERE id = ?1",
        };
        Ok(self.execute(sql, [id.as_bytes()])? == 1)
    }
}
