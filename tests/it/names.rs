//! What the store keeps in memory of users, against what it says when it looks at every row, as transactions do.

use std::sync::mpsc::channel;

use fastrand::Rng;
use futures_util::future::join_all;
use ocariot_users::model::query::{Direction, Filter, Listed, Presence, Query, SortKey, Test};
use ocariot_users::model::{
    Account, AccountPatch, Age, Error, Field, Gender, Id, Institution, InstitutionFacts, Kind, PasswordHash, Role,
    Text, Username,
};
use ocariot_users::store::{NewAccountRow, Store, Tx, View};

use crate::support::{TestClock, open_store};

const NAMES: [&str; 14] =
    ["ana", "Ana", "ANA", "Aná", "anabel", "bruno", "Bruno", "BR1", "br10", "br2", "Çelik", "Zoë", "zoe", "Νίκη"];
const PATTERNS: [&str; 5] = ["an", "A", "zo", "1", "νικ"];

fn text(text: &str) -> Text {
    Text::new(text, Text::MAX).unwrap()
}

fn insert(tx: &Tx<'_>, role: Role, name: &str, institution: Option<Id<Institution>>) -> Result<Id<Account>, Error> {
    let (username, hash) = (Username::new(name).unwrap(), PasswordHash::from_phc("none".to_owned()));
    let id = tx.insert_account(&NewAccountRow { role, username: &username, hash: &hash, institution })?;
    match role {
        Role::Child => {
            let age = Age::new("7", jiff::civil::date(2026, 1, 1)).unwrap();
            tx.insert_child(id, Gender::Male, &age, None)?;
        }
        _ => tx.insert_application(id, &text("steps"))?,
    }
    Ok(id)
}

/// Something that changes users.
#[derive(Clone)]
enum Deed {
    Insert(Role, String, Option<Id<Institution>>),
    Rename(Id<Account>, String),
    Move(Id<Account>, Id<Institution>),
    Leave(Id<Account>, bool),
    Delete(Id<Account>),
}

impl Deed {
    fn random(random: &mut Rng, users: &[Id<Account>], schools: &[Id<Institution>]) -> Self {
        let name = format!("{}{}", random.choice(NAMES).unwrap(), random.choice(["", "x", "é", "7"]).unwrap());
        let school = *random.choice(schools).unwrap();
        let Some(user) = random.choice(users).copied() else {
            return Deed::Insert(Role::Child, name, None);
        };
        match random.u8(..10) {
            0..4 => {
                let role = if random.bool() { Role::Child } else { Role::Application };
                Deed::Insert(role, name, random.bool().then_some(school))
            }
            4..6 => Deed::Rename(user, name),
            6 => Deed::Move(user, school),
            7..9 => Deed::Leave(user, random.bool()),
            _ => Deed::Delete(user),
        }
    }

    fn carry_out(&self, tx: &Tx<'_>) -> Result<Option<Id<Account>>, Error> {
        let patch = |id: Id<Account>, patch: AccountPatch| match tx.account(id)? {
            Some(account) => tx.update_account(id, account.role, &patch),
            None => Err(Error::NotFound(Kind::Child)),
        };
        match self {
            Deed::Insert(role, name, institution) => return insert(tx, *role, name, *institution).map(Some),
            Deed::Rename(id, name) => {
                patch(*id, AccountPatch { username: Some(Username::new(name).unwrap()), institution: None })?;
            }
            Deed::Move(id, to) => patch(*id, AccountPatch { username: None, institution: Some(*to) })?,
            Deed::Leave(id, away) => drop(tx.set_deactivated(*id, away.then(|| tx.now()))?),
            Deed::Delete(id) => drop(tx.delete_account(*id)?),
        }
        Ok(None)
    }
}

/// Lists that can be had from memory.
fn questions(random: &mut Rng, schools: &[Id<Institution>]) -> Query {
    let pattern = (*random.choice(PATTERNS).unwrap()).to_owned();
    let test = match random.u8(..5) {
        0 => Test::Contains(pattern),
        1 => Test::StartsWith(pattern),
        2 => Test::EndsWith(pattern),
        3 => Test::Equal((*random.choice(NAMES).unwrap()).to_owned()),
        _ => Test::Compare(ocariot_users::model::query::Comparison::NotEqual, pattern),
    };
    let mut query = Query::default();
    if random.u8(..4) > 0 {
        query.filters.push(Filter { field: Some(Field::Username), any_of: vec![test] });
    }
    if random.bool() {
        let direction = if random.bool() { Direction::Ascending } else { Direction::Descending };
        query.sort.push(SortKey { field: Field::Username, direction });
    }
    if random.u8(..3) == 0 {
        query.institutions.push(schools[..random.usize(1..=schools.len())].to_vec());
    }
    query.presence = *random.choice(&[Presence::Active, Presence::All, Presence::Deactivated]).unwrap();
    query.page.limit = *random.choice(&[1, 3, 100]).unwrap();
    query.page.number = random.u64(1..3);
    query
}

fn of(role: Role, view: &View<'_>, query: &Query) -> Result<Listed<Id<Account>>, Error> {
    fn ids<T>(listed: Listed<T>, id: impl Fn(T) -> Account) -> Listed<Id<Account>> {
        Listed { items: listed.items.into_iter().map(|item| id(item).id).collect(), total: listed.total }
    }
    match role {
        Role::Child => view.children(query).map(|listed| ids(listed, |child| child.account)),
        _ => view.applications(query).map(|listed| ids(listed, |application| application.account)),
    }
}

async fn assert_equal(store: &Store, random: &mut Rng, schools: &[Id<Institution>]) {
    for _ in 0..6 {
        let query = questions(random, schools);
        for role in [Role::Child, Role::Application] {
            let from_memory = store.read(|view| of(role, view, &query)).unwrap();
            let asked = query.clone();
            let from_rows = store.write(move |tx| of(role, tx, &asked)).await.unwrap();
            assert_eq!(from_memory, from_rows, "{role:?} {query:?}");
        }
    }
}

async fn schools(store: &Store) -> Vec<Id<Institution>> {
    let made = store.write(|tx| {
        let facts = |number| InstitutionFacts {
            name: text(&format!("School {number}")),
            kind: text("School"),
            address: None,
            latitude: None,
            longitude: None,
        };
        (0..4).map(|number| tx.insert_institution(&facts(number))).collect::<Result<Vec<_>, _>>()
    });
    made.await.unwrap()
}

#[tokio::test]
async fn lists_from_memory_equal_those_from_rows_whatever_was_done_and_undone() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let path = folder.path().join("ocariot.db");
    let mut store = open_store(&path, &clock);
    let schools = schools(&store).await;
    let (mut random, mut users) = (Rng::with_seed(1), Vec::new());
    for round in 0..120 {
        let deeds: Vec<_> = (0..random.usize(1..12)).map(|_| Deed::random(&mut random, &users, &schools)).collect();
        // Some share a commit, and some of those are undone.
        let writes = deeds.chunks(3).map(|deeds| {
            let (deeds, fails) = (deeds.to_vec(), random.u8(..4) == 0);
            store.write(move |tx| {
                let made = deeds.iter().map(|deed| deed.carry_out(tx)).collect::<Result<Vec<_>, _>>()?;
                if fails { Err(Error::NotFound(Kind::Child)) } else { Ok(made) }
            })
        });
        let made = join_all(writes).await;
        users.extend(made.into_iter().flatten().flatten().flatten());
        assert_equal(&store, &mut random, &schools).await;
        if round == 60 {
            drop(store);
            store = open_store(&path, &clock);
        }
    }
    assert!(users.len() > 50, "{} users", users.len());
}

/// The children whose names have an `i`, which all have here, found in both ways.
fn all(view: &View<'_>) -> Result<Vec<Id<Account>>, Error> {
    let filter = Filter { field: Some(Field::Username), any_of: vec![Test::Contains("i".to_owned())] };
    let by_name = Query { filters: vec![filter], ..Query::default() };
    let [plain, found] = [Query::default(), by_name].map(|query| of(Role::Child, view, &query));
    let (plain, found) = (plain?, found?);
    assert_eq!((plain.total, &plain.items), (found.total, &found.items));
    Ok(found.items)
}

#[tokio::test]
async fn a_reader_goes_on_seeing_the_users_that_it_saw_first() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let store = open_store(&folder.path().join("ocariot.db"), &clock);
    let first = store.write(|tx| insert(tx, Role::Child, "first", None)).await.unwrap();
    let ((began, begun), (changed, change)) = (channel(), channel());
    let reading = std::thread::spawn({
        let store = store.clone();
        move || {
            store.read(|view| {
                let before = all(view)?;
                began.send(()).map_err(Error::internal)?;
                change.recv().map_err(Error::internal)?;
                Ok((before, all(view)?))
            })
        }
    });
    begun.recv().unwrap();
    let second = store.write(|tx| insert(tx, Role::Child, "third", None)).await.unwrap();
    // Somebody else sees it, from memory, before the first reader asks again.
    assert_eq!(store.read(all).unwrap(), [second, first]);
    changed.send(()).unwrap();
    let (before, after) = reading.join().unwrap().unwrap();
    assert_eq!((before.as_slice(), after.as_slice()), ([first].as_slice(), [first].as_slice()));
}

#[tokio::test]
async fn lists_are_right_after_a_commit_that_changes_more_users_than_memory_follows() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let store = open_store(&folder.path().join("ocariot.db"), &clock);
    let (schools, mut random) = (schools(&store).await, Rng::with_seed(2));
    assert_equal(&store, &mut random, &schools).await;
    let many =
        store.write(|tx| (0..10_001).try_for_each(|n| insert(tx, Role::Child, &format!("ana {n}"), None).map(drop)));
    many.await.unwrap();
    assert_equal(&store, &mut random, &schools).await;
    store.write(|tx| insert(tx, Role::Child, "ana again", None)).await.unwrap();
    assert_equal(&store, &mut random, &schools).await;
}
