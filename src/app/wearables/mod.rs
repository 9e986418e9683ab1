//! Wearables: what a file of a watch, a band, a scale or a phone says of a child becomes a plan, which is shown, stored,
//! and can be taken back; and what a service has of a child is synced.

pub mod accounts;
mod coverage;
mod deciding;
pub(in crate::app) mod desk;
mod facts;
mod files;
mod gathering;
mod imports;
mod moments;
mod planning;
pub(in crate::app) mod policy;
pub mod provider;
mod questions;
pub mod reading;
pub mod records;
mod sources;
mod storing;
mod undo;
pub(in crate::app) mod uploads;

use std::collections::BTreeMap;

use crate::app::operator::refusal::{Refusal, refusal};
use crate::app::{App, UserName};
use crate::model::{Child, Id, Role};
use crate::store::Asker;
use records::{ChildRecord, WearableCommand, WearableOutcome};

pub use coverage::{COVERAGE_HEADER, Covered};
pub use files::Files;
pub use imports::WearableImport;
pub use questions::QUESTIONS;
pub use sources::{is_source, read};
pub use uploads::{PouringFile, WearableUpload};

impl WearableCommand {
    /// The verb that asks for it.
    pub(in crate::app) fn verb(&self) -> &'static str {
        match self {
            Self::Child { .. } | Self::Send { .. } | Self::Plan { .. } | Self::Apply { .. } => "import-health",
            Self::Coverage { .. } => "coverage",
            Self::List {} => "import list",
            Self::Show { .. } => "import show",
            Self::Undo { .. } => "import undo",
        }
    }
}

impl App {
    /// Carries out what operators ask of files of wearables.
    ///
    /// # Errors
    /// Why not, and what to do.
    pub(in crate::app) async fn operate_wearables(&self, command: WearableCommand) -> Result<WearableOutcome, Refusal> {
        let now = self.clock.now();
        match command {
            WearableCommand::Child { child } => self.health_child(child).map(WearableOutcome::Child),
            WearableCommand::Send { upload, part } => {
                self.wearables.put(now, &upload, &part)?;
                Ok(WearableOutcome::Sent {})
            }
            WearableCommand::Plan { upload, child } => {
                let reading = self.wearables.reading(now, &upload)?;
                let plan = self.plan_reading(Asker::Operator, child_id(&child)?, &reading).await.map_err(refusal)?;
                Ok(WearableOutcome::Planned(plan.record))
            }
            WearableCommand::Apply { upload, child, import } => {
                let reading = self.wearables.reading(now, &upload)?;
                self.store_reading(child_id(&child)?, reading, import).await.map(WearableOutcome::Applied)
            }
            WearableCommand::Coverage { class, from, to } => {
                self.coverage(class, from, to).await.map(WearableOutcome::Covered)
            }
            WearableCommand::List {} => self.wearable_imports().map(WearableOutcome::Imports),
            WearableCommand::Show { import } => self.wearable_show(import).await.map(told),
            WearableCommand::Undo { import } => self.wearable_undo(import).await.map(told),
        }
    }

    fn health_child(&self, child: String) -> Result<ChildRecord, Refusal> {
        let account = self.find_user(&UserName { name: child, role: Some(Role::Child.word().to_owned()) })?;
        let answers = self.store.read(|view| view.wearable_answers(account.id.cast())).map_err(refusal)?;
        let mut by_source: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for ((source, question), answer) in answers {
            by_source.entry(source).or_default().insert(question, answer);
        }
        let username = account.username.as_str().to_owned();
        Ok(ChildRecord { id: account.id.to_string(), username, answers: by_source })
    }
}

fn told(record: Option<crate::app::imports::UndoRecord>) -> WearableOutcome {
    record.map_or(WearableOutcome::NotThere {}, WearableOutcome::Import)
}

fn child_id(text: &str) -> Result<Id<Child>, Refusal> {
    Id::parse(text).ok_or_else(|| Refusal("this is no id of a child: start the import again".to_owned()))
}
