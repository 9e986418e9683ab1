//! Rosters: files become a plan, a plan is applied, an import is taken back.

mod applied;
mod clever;
mod deltas;
mod deviations;
mod exporters;
mod files;
mod hostile;
mod http;
mod leavers;
mod national;
mod old_platform;
mod oneroster;
mod plans;
mod random;
mod roll_over;
mod round;
mod undone;

use ocariot_users::app::rosters::new_name;
use ocariot_users::app::rosters::records::{
    AppliedRecord, Bytes, CountsRecord, MadeUp, Passwords, PlanOptions, PlanRecord, RosterCommand, RosterOutcome,
    UndoRecord,
};
use ocariot_users::app::{OperatorCommand, Outcome, Refusal};
use ocariot_users::model::rosters::Sheet;

use crate::support::World;

/// Files by name.
type Given<'f> = &'f [(&'f str, &'f str)];

async fn ask(world: &World, command: RosterCommand) -> Result<RosterOutcome, Refusal> {
    match world.app.operate(OperatorCommand::Roster(command)).await? {
        Outcome::Roster(outcome) => Ok(outcome),
        _ => panic!("an outcome of rosters"),
    }
}

fn without_passwords() -> PlanOptions {
    PlanOptions { passwords: Passwords::Unset, keep: true, ..PlanOptions::default() }
}

async fn plan_bytes(world: &World, files: &[(&str, &[u8])], options: PlanOptions) -> PlanRecord {
    let upload = new_name().unwrap();
    for (file, bytes) in files {
        let part = Bytes(bytes.to_vec());
        ask(world, RosterCommand::Send { upload: upload.clone(), file: (*file).to_owned(), part }).await.unwrap();
    }
    match ask(world, RosterCommand::Plan { upload, options }).await.unwrap() {
        RosterOutcome::Planned(planned) => planned,
        _ => panic!("a plan"),
    }
}

/// Plans files; new users get no password.
async fn plan(world: &World, files: Given<'_>) -> PlanRecord {
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    plan_bytes(world, &files, without_passwords()).await
}

/// Prepares a plan; returns the passwords that were made up.
async fn prepare(world: &World, plan: &PlanRecord) -> Vec<MadeUp> {
    let mut made_up = Vec::new();
    loop {
        let outcome = ask(world, RosterCommand::Prepare { plan: plan.plan.clone() }).await.unwrap();
        let RosterOutcome::Prepared(so_far) = outcome else { panic!("a preparation") };
        made_up.extend(so_far.made_up);
        if so_far.done == so_far.total {
            return made_up;
        }
    }
}

#[track_caller]
fn clean(plan: &PlanRecord) {
    assert!(plan.problems.is_empty(), "{:#?}", plan.problems);
}

async fn apply_plan(world: &World, plan: &PlanRecord) -> AppliedRecord {
    clean(plan);
    prepare(world, plan).await;
    match ask(world, RosterCommand::Apply { plan: plan.plan.clone() }).await.unwrap() {
        RosterOutcome::Applied(applied) => applied,
        _ => panic!("it is applied"),
    }
}

/// Plans and applies files; new users get no password.
async fn apply(world: &World, files: Given<'_>) -> AppliedRecord {
    let plan = plan(world, files).await;
    apply_plan(world, &plan).await
}

async fn undo(world: &World, import: i64) -> UndoRecord {
    match ask(world, RosterCommand::Undo { import }).await.unwrap() {
        RosterOutcome::Import(record) => record,
        _ => panic!("an import"),
    }
}

/// All sheets, as they are exported.
async fn export(world: &World) -> Vec<(String, String)> {
    let mut files = Vec::new();
    for sheet in Sheet::ALL {
        let (mut text, mut after) = (String::new(), None);
        loop {
            let command = RosterCommand::Export { sheet: sheet.word().to_owned(), after, with_left: false };
            let RosterOutcome::Rows(rows) = ask(world, command).await.unwrap() else { panic!("rows") };
            text += &ocariot_users::app::rosters::as_csv(sheet, &rows.rows, text.is_empty()).unwrap();
            after = rows.next;
            if after.is_none() {
                break;
            }
        }
        files.push((format!("{}.csv", sheet.word()), text));
    }
    files
}

fn given(files: &[(String, String)]) -> Vec<(&str, &str)> {
    files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect()
}

fn counts<'p>(plan: &'p PlanRecord, sheet: &str) -> &'p CountsRecord {
    plan.counts.iter().find(|counts| counts.sheet == sheet).unwrap_or_else(|| panic!("{sheet} in {:?}", plan.counts))
}

/// A school with two classes, a family, and somebody of each type.
const SCHOOL: Given<'static> = &[
    ("institutions.csv", "name,type,latitude\nEscola Primavera,School,-7.25\nPosto,Health Center,\n"),
    (
        "children.csv",
        "username,institution,gender,age,nfc_tag,sourced_id\n\
         BR0001,Escola Primavera,female,11,04a22422dd6480,S-1\n\
         BR0002,Escola Primavera,male,2015-05-05,,S-2\n\
         0003,Posto,Male,9,,\n",
    ),
    ("educators.csv", "username,institution_id\nanna,Escola Primavera\njosé,Escola Primavera\n"),
    ("healthprofessionals.csv", "username,institution_id\nanna,Posto\n"),
    ("applications.csv", "username,application_name\ntimetable,Timetable\n"),
    ("families.csv", "username,institution,children\nfamily1,Posto,BR0001;BR0002\n"),
    (
        "groups.csv",
        "owner,name,school_class,children\njosé,Class 4a,4a,BR0001|BR0002\njosé,Class 4b,4b,\"0003, BR0001\"\n",
    ),
];
