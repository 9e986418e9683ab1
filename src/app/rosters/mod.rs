//! Rosters: what a school hands over as files becomes a plan, which is shown, applied in one transaction, and can be
//! taken back.

mod apply;
mod cells;
pub(in crate::app) mod desk;
mod export;
mod passwords;
mod plan;
mod read;
pub mod records;
mod references;
mod report;
mod research;
mod rows;
mod trail;
mod undo;
mod usernames;

use std::sync::Arc;

use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::{App, random_bytes};
use crate::model::hex;
use crate::store::Asker;
use plan::Asked;
use records::{Passwords, PlanOptions, PlanRecord, RosterCommand, RosterOutcome};

pub use export::{as_csv, columns as exported_columns, passwords_csv, passwords_of, template};
pub use read::OldSecret;
pub use research::{Pseudonyms, Shift, Table, research_csv, rows as research_rows};

impl RosterCommand {
    /// The verb that asks for it.
    pub(in crate::app) fn verb(&self) -> &'static str {
        match self {
            Self::Send { .. } | Self::Plan { .. } | Self::Prepare { .. } | Self::Apply { .. } => "import",
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
        match command {
            RosterCommand::Send { upload, file, part } => {
                self.rosters.put(self.clock.now(), &upload, file, part.0)?;
                Ok(RosterOutcome::Sent {})
            }
            RosterCommand::Plan { upload, options } => {
                self.roster_plan(&upload, options).await.map(RosterOutcome::Planned)
            }
            RosterCommand::Prepare { plan } => self.roster_prepare(&plan).await.map(RosterOutcome::Prepared),
            RosterCommand::Apply { plan } => self.roster_apply(&plan).await,
            RosterCommand::List {} => self.roster_list().map(RosterOutcome::Imports),
            RosterCommand::Show { import } => self.roster_show(import).await.map(RosterOutcome::Import),
            RosterCommand::Undo { import } => self.roster_undo(import).await.map(RosterOutcome::Import),
            RosterCommand::Export { sheet, after } => self.roster_export(&sheet, after).await.map(RosterOutcome::Rows),
        }
    }

    /// Reads the files of an upload, and plans what they would change. Nothing is written.
    async fn roster_plan(&self, upload: &str, options: PlanOptions) -> Result<PlanRecord, Refusal> {
        let reading = read::ReadOptions::of(&options).map_err(Refusal)?;
        let removal = plan::Removal::of(&options).map_err(Refusal)?;
        let files = self.rosters.take(self.clock.now(), upload)?;
        let (rules, passwords): (_, Passwords) = (self.field_rules(), options.passwords);
        let planned = self.store.scan(Asker::Operator, move |view| {
            let roster = read::read(view, files, &reading, &rules)?;
            plan::plan(view, roster, &Asked { passwords, rules, usernames: &reading.usernames, removal })
        });
        let plan = planned.await.map_err(refusal)?;
        let name = new_name().map_err(refusal)?;
        let record = report::record(&name, &plan);
        if options.keep && plan.problems.count == 0 {
            self.rosters.keep(self.clock.now(), name, Arc::new(plan));
        }
        Ok(record)
    }
}

/// A name that nobody guesses, for an upload or a plan.
///
/// # Errors
/// If the system has no randomness to give.
pub fn new_name() -> Result<String, crate::model::Error> {
    let mut text = [0; 24];
    hex::write(&random_bytes::<12>()?, &mut text);
    Ok(String::from_utf8_lossy(&text).into_owned())
}
