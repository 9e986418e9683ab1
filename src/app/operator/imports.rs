//! Imports of rosters and of files of wearables: one list, and one way to take any back.

use crate::app::App;
use crate::app::imports::{ImportsCommand, ImportsOutcome};
use crate::app::operator::refusal::Refusal;
use crate::app::rosters::records::{RosterCommand, RosterOutcome};
use crate::app::wearables::records::{WearableCommand, WearableOutcome};

impl App {
    /// Carries out what operators ask of imports.
    ///
    /// # Errors
    /// Why not, and what to do.
    pub(in crate::app) async fn operate_imports(&self, command: ImportsCommand) -> Result<ImportsOutcome, Refusal> {
        let (of_wearables, of_rosters) = match command {
            ImportsCommand::List {} => (WearableCommand::List {}, RosterCommand::List {}),
            ImportsCommand::Show { import } => (WearableCommand::Show { import }, RosterCommand::Show { import }),
            ImportsCommand::Undo { import } => (WearableCommand::Undo { import }, RosterCommand::Undo { import }),
        };
        let mut all = match self.operate_wearables(of_wearables).await? {
            WearableOutcome::Import(record) => return Ok(ImportsOutcome::One(record)),
            WearableOutcome::Imports(imports) => imports,
            _ => Vec::new(),
        };
        match self.operate_rosters(of_rosters).await? {
            RosterOutcome::Import(record) => Ok(ImportsOutcome::One(record)),
            RosterOutcome::Imports(imports) => {
                all.extend(imports);
                all.sort_by_key(|record| std::cmp::Reverse(record.import));
                Ok(ImportsOutcome::All(all))
            }
            _ => Err(Refusal("the service answered something else than was asked".to_owned())),
        }
    }
}
