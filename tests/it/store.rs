//! What the store promises, whatever is above it.

use std::fs;
use std::panic::AssertUnwindSafe;
use std::path::Path;
use std::sync::mpsc::channel;

use futures_util::FutureExt;
use ocariot_users::model::{Error, Id, Institution, InstitutionFacts, Kind, Text};
use ocariot_users::store::Tx;
use serde_json::json;

use crate::support::{PASSWORD, TestClock, World, open_store, user};

fn insert(tx: &Tx<'_>, name: &str) -> Result<Id<Institution>, Error> {
    let text = |text: &str| Text::new(text, 256).unwrap();
    tx.insert_institution(&InstitutionFacts {
        name: text(name),
        kind: text("School"),
        address: None,
        latitude: None,
        longitude: None,
    })
}

#[tokio::test]
async fn a_write_that_fails_or_panics_hurts_none_that_shares_its_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_store(&folder.path().join("ocariot.db"), &TestClock::new());
    let (go, wait) = channel();
    // The writer is held up until all the others wait: they then share a commit.
    let (held, first, failing, panicking, conflicting, last, ()) = tokio::join!(
        store.write(move |_| wait.recv().map_err(Error::internal)),
        store.write(|tx| insert(tx, "first")),
        store.write(|tx| insert(tx, "failing").and(Err::<(), _>(Error::NotFound(Kind::Institution)))),
        AssertUnwindSafe(store.write(|tx| -> Result<(), Error> {
            insert(tx, "panicking")?;
            panic!("a fault of the job, made by the test");
        }))
        .catch_unwind(),
        store.write(|tx| insert(tx, "first")),
        store.write(|tx| insert(tx, "last")),
        async move { go.send(()).unwrap() },
    );
    held.unwrap();
    assert!(matches!(failing, Err(Error::NotFound(Kind::Institution))));
    assert!(panicking.is_err(), "the panic is its caller's alone");
    assert!(matches!(conflicting, Err(Error::Conflict(_))));
    let (first, last) = (first.unwrap(), last.unwrap());
    assert!(first < last);
    store
        .read(|view| {
            assert!(view.institution(first)?.is_some() && view.institution(last)?.is_some());
            for lost in ["failing", "panicking"] {
                assert!(!view.institution_name_taken(&Text::new(lost, 256).unwrap(), None)?, "{lost}");
            }
            Ok(())
        })
        .unwrap();
    store.write(|tx| insert(tx, "after the panic")).await.unwrap();
}

#[tokio::test]
async fn ids_increase_over_restarts_and_when_the_clock_goes_back() {
    let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::new());
    let mut ids: Vec<Id<Institution>> = Vec::new();
    for round in 0..3 {
        let store = open_store(&folder.path().join("ocariot.db"), &clock);
        for batch in 0..3 {
            let name = move |number: u32| format!("{round}-{batch}-{number}");
            let made =
                store.write(move |tx| (0..100).map(|number| insert(tx, &name(number))).collect::<Result<Vec<_>, _>>());
            ids.extend(made.await.unwrap());
        }
        clock.advance(-86_400);
    }
    assert!(ids.is_sorted_by(|one, next| one < next));
}

#[track_caller]
fn assert_nowhere(folder: &Path, names: &[String]) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let content = fs::read(entry.path()).unwrap();
        for name in names {
            let found = content.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name.as_bytes()));
            assert!(!found, "{name} is readable in {:?}", entry.file_name());
        }
    }
}

#[tokio::test]
async fn no_file_of_the_data_folder_holds_a_username_in_the_clear() {
    let world = World::new().await;
    let admin = world.admin().await;
    let institution = admin.make_institution().await;
    let mut names = Vec::new();
    for number in 0..20 {
        let name = format!("Xanthippe{number:03}");
        let id = admin.post("/v1/children", user("children", &name, &institution, &[])).await.is(201).id();
        let renamed = format!("Wilhelmina{number:03}");
        admin.patch(&format!("/v1/children/{id}"), json!({"username": renamed})).await.is(200);
        names.extend([name, renamed]);
    }
    world.login("Wilhelmina007", PASSWORD).await;
    let found = admin.get("/v1/children?username=*mina*&sort=username").await.is(200);
    assert_eq!(found.body.as_array().unwrap().len(), 20);
    let folder = world.folder.clone();
    assert!(fs::metadata(folder.path().join("ocariot.db-wal")).unwrap().len() > 0, "there is a journal to look into");
    assert_nowhere(folder.path(), &names);
    drop((world, admin));
    assert!(!folder.path().join("ocariot.db-wal").exists(), "the database was closed");
    assert_nowhere(folder.path(), &names);
}
