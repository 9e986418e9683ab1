//! Databases of every released schema are brought up to date with every row as it was.

use std::collections::BTreeMap;
use std::path::Path;

use aes_siv::KeyInit;
use ocariot_users::model::{Role, Username};
use ocariot_users::store::{SCHEMA_VERSION, Store};
use rusqlite::types::Value;

use crate::support::{TestClock, open_store};

/// A database of each released schema before the present one, as SQL; usernames under the key of the tests.
const RELEASED: &[&str] = &[
    include_str!("fixtures/schema-1.sql"),
    include_str!("fixtures/schema-2.sql"),
    include_str!("fixtures/schema-3.sql"),
    include_str!("fixtures/schema-4.sql"),
    include_str!("fixtures/schema-5.sql"),
    include_str!("fixtures/schema-6.sql"),
    include_str!("fixtures/schema-7.sql"),
    include_str!("fixtures/schema-8.sql"),
    include_str!("fixtures/schema-9.sql"),
    include_str!("fixtures/schema-10.sql"),
    include_str!("fixtures/schema-11.sql"),
    include_str!("fixtures/schema-12.sql"),
    include_str!("fixtures/schema-13.sql"),
    include_str!("fixtures/schema-14.sql"),
    include_str!("fixtures/schema-15.sql"),
];

/// Every row of every table, its columns by name.
fn rows(database: &Path) -> BTreeMap<String, Vec<BTreeMap<String, Value>>> {
    let connection = rusqlite::Connection::open(database).unwrap();
    let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let names: Vec<String> = names.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let table = |name: String| {
        let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\" ORDER BY 1, 2")).unwrap();
        let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        let rows = statement.query_map([], |row| {
            columns.iter().enumerate().map(|(at, column)| Ok((column.clone(), row.get(at)?))).collect()
        });
        let rows = rows.unwrap().map(Result::unwrap).collect();
        (name, rows)
    };
    names.into_iter().map(table).collect()
}

fn made(folder: &Path, sql: &str) -> std::path::PathBuf {
    let path = folder.join("ocariot.db");
    rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    path
}

#[test]
fn every_released_schema_has_a_fixture() {
    assert_eq!(RELEASED.len() + 1, SCHEMA_VERSION);
    for (index, sql) in RELEASED.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Store::examine(&made(folder.path(), sql)).unwrap(), index + 1);
    }
}

#[test]
fn an_upgrade_keeps_every_row_and_its_names_can_be_read() {
    for sql in RELEASED {
        let folder = tempfile::tempdir().unwrap();
        let path = made(folder.path(), sql);
        let before = rows(&path);
        assert!(before["account"].len() > 5 && before["child"].len() > 1, "the fixture holds something");
        let store = open_store(&path, &TestClock::new());
        let accounts = store.read(|view| view.accounts(None)).unwrap();
        let names: Vec<_> = accounts.iter().map(|account| account.username.as_str()).collect();
        assert_eq!(names, ["admin", "BR0001", "BR0002", "família", "educator", "health", "app"]);
        assert!(Role::ALL.iter().all(|role| accounts.iter().any(|account| account.role == *role)));
        drop(store);
        assert_eq!(Store::inspect(&path).unwrap().schema, SCHEMA_VERSION);
        let after = rows(&path);
        for (table, rows) in before {
            assert_eq!(rows.len(), after[&table].len(), "{table}");
            for (old, new) in rows.iter().zip(&after[&table]) {
                // There may be more columns now; those that there were hold what they held.
                old.iter().for_each(|(column, value)| assert_eq!(Some(value), new.get(column), "{table}.{column}"));
            }
        }
    }
}

/// A name as a database of the fixtures stores it.
fn stored(name: &str) -> Vec<u8> {
    let mut siv = aes_siv::siv::Aes256Siv::new((&[7; 64]).into());
    siv.encrypt([b"ocariot-users account.username"], name.as_bytes()).unwrap()
}

#[test]
fn an_upgrade_composes_names_unless_somebody_of_the_type_has_the_composed_one() {
    const COMPOSED: &str = "Jos\u{e9}";
    const TYPED: &str = "Jose\u{301}";
    let folder = tempfile::tempdir().unwrap();
    let path = made(folder.path(), RELEASED[4]);
    let database = rusqlite::Connection::open(&path).unwrap();
    let rename = |old: &str, new: &[u8]| {
        let changed = database.execute("UPDATE account SET username = ?2 WHERE username = ?1", (stored(old), new));
        assert_eq!(changed.unwrap(), 1, "{old}");
    };
    rename("educator", &stored(TYPED));
    rename("BR0001", &stored(COMPOSED));
    rename("BR0002", &stored(TYPED));
    rename("app", b"no ciphertext of this key");
    drop(database);

    let store = open_store(&path, &TestClock::new());
    let of = |name: &str| {
        let name = Username::verbatim(name.to_owned());
        let found = store.read(|view| view.credentials(&name)).unwrap();
        found.into_iter().map(|credential| credential.role).collect::<Vec<_>>()
    };
    assert_eq!(of(COMPOSED), [Role::Child, Role::Educator]);
    assert_eq!(of(TYPED), [Role::Child, Role::Educator, Role::Child], "and whose name was taken, by his own spelling");
    assert_eq!(of("admin"), [Role::Admin], "a damaged row keeps nobody else from being found");
}
