//! Random rosters on random schools: what was applied and taken back was never there, and what is exported is imported
//! without a change.

use std::collections::BTreeSet;

use ocariot_users::app::rosters::records::{LineRecord, PlanRecord};
use serde_json::json;

use super::{SCHOOL, apply, clean, export, given, plan, undo};
use crate::support::World;

/// A sheet as rows of cells, headers first.
fn table(text: &str) -> Vec<Vec<String>> {
    let text = text.trim_start_matches('\u{feff}');
    let lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect());
    lines.collect()
}

fn text(table: &[Vec<String>], separator: &str) -> String {
    table.iter().map(|row| row.join(separator) + "\r\n").collect()
}

/// Changes some cells, leaves some columns out, and adds some rows.
fn mutated(random: &mut fastrand::Rng, sheet: &str, rows: &[Vec<String>], count: &mut u32) -> Vec<Vec<String>> {
    let headers = rows[0].clone();
    let mut rows: Vec<_> = rows.to_vec();
    let column = |name: &str| headers.iter().position(|header| header == name);
    for row in rows.iter_mut().skip(1) {
        for (name, values) in [("age", ["8", "2014-04-04", "12.5"]), ("gender", ["male", "female", "male"])] {
            if let Some(at) = column(name).filter(|_| random.u8(..4) == 0) {
                row[at] = values[random.usize(..3)].to_owned();
            }
        }
        for name in ["username", "name", "school_class", "address", "application_name", "sourced_id", "nfc_tag"] {
            if let Some(at) = column(name).filter(|_| random.u8(..5) == 0) {
                *count += 1;
                row[at] = format!("n{count}");
            }
        }
        if let Some(at) = column("children").filter(|_| random.u8(..3) == 0) {
            let mut children: Vec<_> = row[at].split('|').map(str::to_owned).collect();
            random.shuffle(&mut children);
            children.truncate(1 + random.usize(..children.len().max(1)));
            row[at] = children.join("|");
        }
    }
    for _ in 0..random.usize(..3) {
        *count += 1;
        let name = format!("new{count}");
        let mut row = vec![String::new(); headers.len()];
        let mut set = |column_name: &str, value: &str| {
            if let Some(at) = column(column_name) {
                row[at] = value.to_owned();
            }
        };
        for (column, value) in [("username", &*name), ("name", &*name), ("gender", "male"), ("age", "9")] {
            set(column, value);
        }
        for (column, value) in [("type", "School"), ("institution_id", "Posto"), ("application_name", "A")] {
            set(column, value);
        }
        set("owner", "josé");
        set("children", "0003");
        if sheet != "institutions.csv" || random.bool() {
            rows.push(row);
        }
    }
    rows
}

/// Somebody gives a child another age whose age an import changed; returns its id.
async fn edit(world: &World, planned: &PlanRecord) -> Option<String> {
    let changes_age = |line: &&LineRecord| {
        line.sheet == "children" && line.deed == "change" && line.columns.iter().any(|column| column.column == "age")
    };
    let id = planned.lines.iter().find(changes_age)?.id.clone()?;
    world.admin().await.patch(&format!("/v1/children/{id}"), json!({"age": "7"})).await.is(200);
    Some(id)
}

#[tokio::test]
async fn what_is_applied_and_taken_back_was_never_there_and_an_export_changes_nothing() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let mut random = fastrand::Rng::with_seed(15);
    let mut count = 0;
    let (mut kinds, mut edits) = (BTreeSet::new(), 0);
    for round in 0..200 {
        let before = export(&world).await;
        let mut files = Vec::new();
        for (name, sheet) in &before {
            // Those whom new rows name keep their names.
            let kept = |line: &str| ["Posto", "0003", "jos"].iter().any(|word| line.contains(word));
            let (kept, open): (Vec<_>, Vec<_>) = table(sheet).into_iter().skip(1).partition(|row| kept(&row.join(",")));
            let headers = table(sheet).remove(0);
            let open: Vec<_> = [headers].into_iter().chain(open).collect();
            let mut rows = mutated(&mut random, name, &open, &mut count);
            rows.extend(kept);
            if random.u8(..8) > 0 {
                let separator = [",", ";", "\t"][random.usize(..3)];
                files.push((name.clone(), text(&rows, separator)));
            }
        }
        let planned = plan(&world, &given(&files)).await;
        clean(&planned);
        kinds.extend(planned.lines.iter().map(|line| (line.deed.clone(), line.sheet.clone())));
        let applied = super::apply_plan(&world, &planned).await;
        let unchanged = plan(&world, &given(&export(&world).await)).await;
        clean(&unchanged);
        assert!(unchanged.lines.is_empty(), "round {round}: {:#?}", unchanged.lines);
        let Some(import) = applied.import else { continue };
        let edited = if random.u8(..4) == 0 { edit(&world, &planned).await } else { None };
        let undone = undo(&world, import).await;
        let left: Vec<_> = undone.left.iter().map(|left| left.id.clone()).collect();
        assert_eq!(left, edited.iter().cloned().collect::<Vec<_>>(), "round {round}: {:?}", undone.left);
        // Whoever was edited since has that age, and all else is as it was.
        let is_other = |line: &&str| edited.as_deref().is_none_or(|id| !line.starts_with(id));
        for ((name, now), (_, before)) in export(&world).await.iter().zip(&before) {
            let rows = |text: &str| text.lines().filter(is_other).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(rows(now), rows(before), "round {round}: {name}");
        }
        edits += usize::from(edited.is_some());
    }
    assert!(edits >= 10, "some were edited in between: {edits}");
    assert!(kinds.len() >= 12, "many kinds of changes were tried: {kinds:?}");
}
