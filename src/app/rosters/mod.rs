//! Rosters: what a school hands over as files becomes a plan, which is shown, applied in one transaction, and can be
//! taken back.

mod apply;
mod archive;
mod cells;
pub(in crate::app) mod desk;
mod export;
mod export_form;
mod oneroster;
mod passwords;
mod plan;
pub(in crate::app) mod policy;
mod read;
pub mod records;
mod references;
mod report;
mod research;
mod roll_over;
mod rows;
mod trail;
mod undo;
mod uploads;
mod usernames;

use std::sync::Arc;

use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::{App, random_bytes};
use crate::model::rosters::Left;
use crate::model::{Conflict, Error, ImportConflict, Invalid, Kind, hex};
use crate::store::Asker;
use plan::Asked;
use records::{Passwords, PlanOptions, PlanRecord, RollOver, RosterCommand, RosterOutcome};

pub use desk::Pouring;
pub use export::{as_csv, columns as exported_columns, passwords_csv, passwords_of, template};
pub use export_form::ExportForm;
pub use oneroster::OneRoster;
pub use read::OldSecret;
pub use research::{ParquetTable, Pseudonyms, Shift, Table, research_csv, research_headers, rows as research_rows};
pub use uploads::UploadRecord;

impl RosterCommand {
    /// The verb that asks for it.
    pub(in crate::app) fn verb(&self) -> &'static str {
        match self {
            Self::Send { .. } | Self::Plan { .. } | Self::Prepare { .. } | Self::Apply { .. } => "import",
            Self::RollOver(_) => "roll-over",
            Self::List {} => "import list",
            Self::Show { .. } => "import show",
            Self::Undo { .. } => "import undo",
            Self::Export { .. } => "export",
        }
    }
}

impl App {
    /// Carries out what operators ask of rosters.
    ///
    /// # Errors
    /// Why not, and what to do.
    pub(in crate::app) async fn operate_rosters(&self, command: RosterCommand) -> Result<RosterOutcome, Refusal> {
        self.carry_out(command).await.map_err(told)
    }

    async fn carry_out(&self, command: RosterCommand) -> Result<RosterOutcome, Error> {
        match command {
            RosterCommand::Send { upload, file, part } => {
                self.rosters.put(self.clock.now(), &upload, file, &part.0)?;
                Ok(RosterOutcome::Sent {})
            }
            RosterCommand::Plan { upload, options } => {
                let planned = self.roster_plan(Asker::Operator, &upload, options).await;
                self.rosters.forget_files(&upload);
                planned.map(RosterOutcome::Planned)
            }
            RosterCommand::RollOver(asked) => {
                self.roster_roll_over(Asker::Operator, "", asked).await.map(RosterOutcome::Planned)
            }
            RosterCommand::Prepare { plan } => self.roster_prepare(&plan).await.map(RosterOutcome::Prepared),
            RosterCommand::Apply { plan } => self.roster_apply(&plan).await,
            RosterCommand::List {} => self.roster_list().map(RosterOutcome::Imports),
            RosterCommand::Show { import } => self.roster_show(import).await.map(RosterOutcome::Import),
            RosterCommand::Undo { import } => self.roster_undo(import).await.map(RosterOutcome::Import),
            RosterCommand::Export { sheet, after, with_left } => {
                let left = if with_left { Left::In } else { Left::Out };
                self.roster_rows((&sheet, left), after).await.map(RosterOutcome::Rows)
            }
        }
    }

    /// Reads the files of an upload, and plans what they would change. Nothing is written.
    async fn roster_plan(&self, asker: Asker, upload: &str, options: PlanOptions) -> Result<PlanRecord, Error> {
        let reading = read::ReadOptions::of(&options).map_err(Invalid::Import)?;
        let removal = plan::Removal::of(&options).map_err(Invalid::Import)?;
        let files = self.rosters.files(self.clock.now(), upload)?;
        self.rosters.forget_plan(upload);
        let (rules, passwords): (_, Passwords) = (self.field_rules(), options.passwords);
        let planned = self.store.scan(asker, move |view| {
            let roster = read::read(view, files.read()?, &reading, &rules)?;
            plan::plan(view, roster, &Asked { passwords, rules, usernames: &reading.usernames, removal })
        });
        self.kept(planned.await?, upload.to_owned(), options.keep)
    }
}

impl App {
    /// Plans a new school year. Nothing is written.
    async fn roster_roll_over(&self, asker: Asker, upload: &str, asked: RollOver) -> Result<PlanRecord, Error> {
        if asked.top.is_some_and(|top| !roll_over::GRADES.contains(&top)) {
            return Err(Invalid::Import("the top grade is one of 1 to 13".to_owned()).into());
        }
        let options = PlanOptions {
            remove_missing: true,
            max_removals: Some(asked.max_removals.clone().unwrap_or_else(|| roll_over::MOST.to_owned())),
            erase_after_days: asked.erase_after_days,
            ..PlanOptions::default()
        };
        let removal = plan::Removal::of(&options).map_err(Invalid::Import)?;
        let removal = removal.ok_or_else(|| Error::internal("a new school year is without leavers"))?;
        let (keep, now) = (asked.keep, self.field_rules().now);
        self.rosters.forget_plan(upload);
        let planned = self.store.scan(asker, move |view| roll_over::plan(view, &asked, (removal, now)));
        self.kept(planned.await?, upload.to_owned(), keep)
    }

    /// What is told of a plan, which is kept if it can be applied.
    fn kept(&self, plan: plan::Plan, upload: String, keep: bool) -> Result<PlanRecord, Error> {
        let name = new_name()?;
        let record = report::record(&name, &plan);
        if keep && plan.problems.count == 0 {
            self.rosters.keep(self.clock.now(), (name, upload), Arc::new(plan));
        }
        Ok(record)
    }
}

/// What operators are told.
fn told(error: Error) -> Refusal {
    let words = match error {
        Error::Invalid(Invalid::Import(words)) => return Refusal(words),
        Error::NotFound(Kind::Upload) => GONE,
        Error::NotFound(Kind::Import) => {
            "there is no import of this number: `ocariot-users import list` names those that there are"
        }
        Error::Conflict(Conflict::Import(conflict)) => match conflict {
            ImportConflict::NoPlan => GONE,
            ImportConflict::Applied => "this import was applied already: start another one",
            ImportConflict::Unprepared => "this plan is not prepared yet: start the import again",
            ImportConflict::OutOfDate => {
                "something was changed meanwhile, and nothing was imported: start the import again"
            }
            ImportConflict::Open => "this plan asks something: answer it",
            ImportConflict::Undone => "this import was taken back already: nothing was changed",
        },
        other => return refusal(other),
    };
    Refusal(words.to_owned())
}

const GONE: &str = "the files of this import are not there any more: another import began, or this one waited too \
                    long; start it again";

/// A name that nobody guesses, for an upload or a plan.
///
/// # Errors
/// If the system has no randomness to give.
pub fn new_name() -> Result<String, Error> {
    let mut text = [0; 24];
    hex::write(&random_bytes::<12>()?, &mut text);
    Ok(String::from_utf8_lossy(&text).into_owned())
}
