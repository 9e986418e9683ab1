//! What goes out as OneRoster comes in again.

use super::oneroster::{SET, applied, called, rows};
use super::{SCHOOL, apply, apply_plan, clean, counts, plan_bytes};
use crate::support::World;

async fn exported(world: &World) -> Vec<u8> {
    world.admin().await.ask("/v1/rosters/export/oneroster").await.into_body().into_vec().await.unwrap()
}

#[tokio::test]
async fn a_school_that_came_as_oneroster_goes_out_so_and_comes_in_without_any_change() {
    let world = World::new().await;
    applied(&world, SET).await;
    let zip = exported(&world).await;
    let plan = plan_bytes(&world, &[("oneroster.zip", &zip)], called("username")).await;
    clean(&plan);
    assert_eq!(plan.format, "OneRoster 1.1");
    assert!(plan.lines.is_empty(), "{:#?}", plan.lines);
    let elsewhere = World::new().await;
    let plan = plan_bytes(&elsewhere, &[("oneroster.zip", &zip)], called("username")).await;
    apply_plan(&elsewhere, &plan).await;
    for sheet in ["institutions", "children", "educators", "families", "groups"] {
        let (here, there) = (rows(&world, sheet).await, rows(&elsewhere, sheet).await);
        let sources =
            |rows: &[String]| rows.iter().map(|row| row.split(',').next().unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!((here.len(), sources(&here)), (there.len(), sources(&there)), "{sheet}");
    }
}

#[tokio::test]
async fn what_has_no_other_programs_id_goes_out_by_its_own() {
    let world = World::new().await;
    apply(&world, SCHOOL).await;
    let zip = exported(&world).await;
    let plan = plan_bytes(&world, &[("oneroster.zip", &zip)], called("username")).await;
    // Ages in years are no dates of birth, and stay.
    clean(&plan);
    assert!(plan.counts.iter().all(|counts| counts.create == 0), "{:?}", plan.counts);
    apply_plan(&world, &plan).await;
    let plan = plan_bytes(&world, &[("oneroster.zip", &zip)], called("username")).await;
    assert!(plan.lines.is_empty(), "{:#?}", plan.lines);
    assert_eq!(counts(&plan, "groups").unchanged, 2);
}
