//! The bare parts: argon2, SQLite and the cipher alone, each doing what the service makes them do.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aes_siv::KeyInit;
use aes_siv::siv::Aes256Siv;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use ocariot_users::store::Store;
use rusqlite::{Connection, OpenFlags, params};

use super::Failure;
use super::site::Site;

const PURPOSE: &[&[u8]] = &[b"ocariot-users account.username"];

const CHILD: &str = "SELECT a.id, a.role, a.username, a.institution_id, a.last_login, c.gender, c.age, c.age_calc_date,
    c.last_sync, c.fitbit_status, c.nfc_tag, c.tag_assigned_at FROM account a JOIN child c ON c.account_id = a.id
    WHERE a.id = ?1 AND a.role = 'child'";
const COUNT: &str = "SELECT count(*) FROM account a WHERE a.role = 'child' AND a.deactivated_at IS NULL";
const PAGE: &str = "SELECT a.id, a.role, a.username, a.institution_id, a.last_login, c.gender, c.age, c.age_calc_date,
    c.last_sync, c.fitbit_status, c.nfc_tag, c.tag_assigned_at FROM account a JOIN child c ON c.account_id = a.id
    WHERE a.role = 'child' AND a.deactivated_at IS NULL ORDER BY a.id DESC LIMIT 100";

/// Does `work` over and over on every core; returns how often in a second.
pub(crate) fn on_all_cores(
    seconds: Duration,
    work: impl Fn(&dyn Fn() -> bool) -> Result<u64, Failure> + Sync,
) -> Result<f64, Failure> {
    let over = AtomicBool::new(false);
    let done = AtomicU64::new(0);
    let start = Instant::now();
    let results: Vec<Result<(), Failure>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores())
            .map(|_| {
                scope.spawn(|| {
                    let count = work(&|| !over.load(Ordering::Relaxed))?;
                    done.fetch_add(count, Ordering::Relaxed);
                    Ok(())
                })
            })
            .collect();
        std::thread::sleep(seconds);
        over.store(true, Ordering::Relaxed);
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a thread panicked".into()))).collect()
    });
    results.into_iter().collect::<Result<(), _>>()?;
    Ok(done.into_inner() as f64 / start.elapsed().as_secs_f64())
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Hashes in a second on all cores, each with its own memory, which it reuses.
pub(crate) fn hashes(seconds: Duration) -> Result<f64, Failure> {
    on_all_cores(seconds, |go_on| {
        let params = Params::default();
        let mut memory = vec![Block::default(); params.block_count()];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let (mut output, mut count) = ([0; 32], 0);
        while go_on() {
            argon2.hash_password_into_with_memory(b"measured", b"sixteen bytes of", &mut output, &mut memory)?;
            count += 1;
        }
        Ok(count)
    })
}

pub(crate) fn reader(site: &Site) -> Result<Connection, Failure> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Ok(Connection::open_with_flags(site.database(), flags)?)
}

/// Pages of children in a second on all cores: counted, read, decrypted and written as JSON.
pub(crate) fn pages(site: &Site, seconds: Duration) -> Result<f64, Failure> {
    let key = site.key()?;
    on_all_cores(seconds, |go_on| {
        let connection = reader(site)?;
        let mut cipher = Aes256Siv::new((&*key).into());
        let mut done = 0;
        while go_on() {
            let total: i64 = connection.prepare_cached(COUNT)?.query_row([], |row| row.get(0))?;
            let mut statement = connection.prepare_cached(PAGE)?;
            let mut rows = statement.query([])?;
            let mut children = Vec::with_capacity(100);
            while let Some(row) = rows.next()? {
                let name = cipher.decrypt(PURPOSE, row.get_ref(2)?.as_blob()?).map_err(|error| error.to_string())?;
                children.push(serde_json::json!({
                    "id": hex(row.get_ref(0)?.as_blob()?), "type": row.get_ref(1)?.as_str()?,
                    "username": String::from_utf8(name)?, "gender": row.get_ref(5)?.as_str()?,
                    "age": row.get_ref(6)?.as_str()?, "fitbit_status": row.get_ref(9)?.as_str()?,
                }));
            }
            std::hint::black_box((total, serde_json::to_vec(&children)?));
            done += 1;
        }
        Ok(done)
    })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The time that one core takes to read and decrypt the names of all children.
pub(crate) fn decrypt_all(site: &Site) -> Result<Duration, Failure> {
    let connection = reader(site)?;
    let mut statement = connection.prepare("SELECT username FROM account WHERE role = 'child'")?;
    let names = statement.query_map([], |row| row.get::<_, Vec<u8>>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut cipher = Aes256Siv::new((&*site.key()?).into());
    let start = Instant::now();
    for name in &names {
        std::hint::black_box(cipher.decrypt(PURPOSE, name).map_err(|error| error.to_string())?);
    }
    Ok(start.elapsed())
}

/// The time that it takes to copy a site's database, and to have the copy on disk.
pub(crate) fn copy_and_sync(site: &Site) -> Result<Duration, Failure> {
    let copy = Copy::place(site);
    let start = Instant::now();
    std::fs::copy(site.database(), copy.path())?;
    std::fs::File::open(copy.path())?.sync_all()?;
    Ok(start.elapsed())
}

/// The time that one core takes to read a sheet of children and what is stored of each.
pub(crate) fn parse_and_look_up(site: &Site, sheet: &Path) -> Result<Duration, Failure> {
    let key = site.key()?;
    let start = Instant::now();
    let connection = reader(site)?;
    let mut statement = connection.prepare(CHILD)?;
    let mut cipher = Aes256Siv::new((&*key).into());
    let mut rows = csv::Reader::from_path(sheet)?;
    let id_at = rows.headers()?.iter().position(|header| header == "id").ok_or("no ids")?;
    let mut row = csv::StringRecord::new();
    while rows.read_record(&mut row)? {
        let id = unhex(&row[id_at])?;
        let name = statement.query_row([id], |found| found.get::<_, Vec<u8>>(2))?;
        std::hint::black_box(cipher.decrypt(PURPOSE, &name).map_err(|error| error.to_string())?);
    }
    Ok(start.elapsed())
}

fn unhex(digits: &str) -> Result<Vec<u8>, Failure> {
    let pairs = digits.as_bytes().chunks(2);
    pairs.map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

/// A copy of a site's database that is written to, removed when dropped.
pub(crate) struct Copy(PathBuf);

impl Copy {
    /// A whole one, while the service writes.
    pub(crate) fn of(site: &Site) -> Result<Self, Failure> {
        let copy = Self::place(site);
        std::fs::File::create(copy.path())?;
        Store::copy(&site.database(), copy.path()).map_err(|error| error.to_string())?;
        Ok(copy)
    }

    fn place(site: &Site) -> Self {
        Self(site.path().join("copy.db"))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

/// A connection that writes as the service does.
pub(crate) fn writer(copy: &Copy) -> Result<Connection, Failure> {
    let connection = Connection::open(copy.path())?;
    for (name, value) in
        [("journal_mode", "WAL"), ("synchronous", "FULL"), ("foreign_keys", "1"), ("secure_delete", "1")]
    {
        connection.pragma_update(None, name, value)?;
    }
    Ok(connection)
}

/// Changes of usernames in a second, so many to a commit, with the statements of the service.
pub(crate) fn changes(site: &Site, copy: &Copy, together: usize, seconds: Duration) -> Result<f64, Failure> {
    let connection = writer(copy)?;
    let ids: Vec<Vec<u8>> = connection
        .prepare("SELECT id FROM account WHERE role = 'child' LIMIT 4096")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut cipher = Aes256Siv::new((&*site.key()?).into());
    let (mut done, start) = (0_u64, Instant::now());
    while start.elapsed() < seconds {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for _ in 0..together {
            let id = &ids[usize::try_from(done)? % ids.len()];
            let name = format!("raw {done}");
            let name = cipher.encrypt(PURPOSE, name.as_bytes()).map_err(|error| error.to_string())?;
            change(&connection, id, &name, &mut cipher)?;
            done += 1;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(done as f64 / start.elapsed().as_secs_f64())
}

fn change(connection: &Connection, id: &[u8], name: &[u8], cipher: &mut Aes256Siv) -> Result<(), Failure> {
    let mut load = || -> Result<(), Failure> {
        let stored: Vec<u8> = connection.prepare_cached(CHILD)?.query_row([id], |row| row.get(2))?;
        std::hint::black_box(cipher.decrypt(PURPOSE, &stored).map_err(|error| error.to_string())?);
        Ok(())
    };
    let step = |sql| connection.prepare_cached(sql)?.execute([]);
    step("SAVEPOINT job")?;
    load()?;
    let mut taken = connection.prepare_cached("SELECT id FROM account WHERE username = ?1 AND role = 'child'")?;
    std::hint::black_box(taken.exists([name])?);
    connection
        .prepare_cached("UPDATE account SET username = coalesce(?2, username) WHERE id = ?1 AND role = 'child'")?
        .execute(params![id, name])?;
    connection
        .prepare_cached(
            "UPDATE child SET gender = coalesce(?2, gender), age = coalesce(?3, age),
             age_calc_date = coalesce(?4, age_calc_date) WHERE account_id = ?1",
        )?
        .execute(params![id, None::<String>, None::<String>, None::<String>])?;
    load()?;
    connection
        .prepare_cached(
            "INSERT INTO audit (at, actor_id, actor_role, action, target_id, part_id, address, network, outcome,
             request_id, count) VALUES (?1, ?2, 'admin', 'child_update', ?2, NULL, '127.0.0.1', NULL, 'ok', ?3, 1)",
        )?
        .execute(params![1_767_600_000_000_i64, id, "0123456789abcdef"])?;
    step("RELEASE job")?;
    Ok(())
}
