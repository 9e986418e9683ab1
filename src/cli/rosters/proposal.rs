//! A plan: shown, and carried out if that was said.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::json;

use super::{Asked, shown, something_else};
use crate::app::rosters::passwords_csv;
use crate::app::rosters::records::{MadeUp, PlanRecord, RosterCommand, RosterOutcome};
use crate::cli::progress::Progress;
use crate::cli::{Failure, output};

/// What is to be done with a plan.
pub(super) struct Proposal<'a> {
    pub(super) asked: &'a Asked,
    pub(super) json: bool,
    /// Whether it is carried out.
    pub(super) apply: bool,
    /// Where passwords go that are made up.
    pub(super) passwords: Option<PathBuf>,
}

impl Proposal<'_> {
    /// Has a plan made, which is kept for applying if that is said; shows it, and carries it out.
    pub(super) fn settle(self, plan: impl Fn(bool) -> Result<PlanRecord, Failure>) -> Result<(), Failure> {
        let Self { asked, json, apply, passwords } = self;
        let planned = plan(apply)?;
        if !json {
            output::print(&shown::plan(&asked.folder, &planned));
        }
        if planned.problems_in_all > 0 || !apply {
            if json {
                output::print(&asked.as_json([("plan", json!(planned))]));
            }
            return wrong(&planned);
        }
        let mut kept = passwords.filter(|_| planned.passwords_to_make_up > 0).map(PasswordFile::new);
        prepare(asked, &planned, kept.as_mut())?;
        match asked.ask(RosterCommand::Apply { plan: planned.plan.clone() }) {
            Ok(RosterOutcome::Applied(applied)) if json => {
                output::print(&asked.as_json([("plan", json!(planned)), ("applied", json!(applied))]));
                Ok(())
            }
            Ok(RosterOutcome::Applied(applied)) => {
                let path = kept.as_ref().map(|kept| kept.path.as_path());
                output::print(&shown::applied(&asked.folder, &applied, path));
                Ok(())
            }
            Ok(RosterOutcome::OutOfDate {}) => {
                kept.into_iter().for_each(PasswordFile::remove);
                let planned = plan(false)?;
                match json {
                    true => output::print(&asked.as_json([("plan", json!(planned))])),
                    false => output::print(&shown::plan(&asked.folder, &planned)),
                }
                Err(Failure::Other(
                    "something was changed meanwhile that this plan is about, and nothing was imported: look at the plan \
                     as it is now, and say --apply once more"
                        .to_owned(),
                ))
            }
            Ok(_) => Err(something_else()),
            // Whether it was carried out is not known if the service did not answer: the passwords are kept.
            Err(error) => Err(error),
        }
    }
}

fn wrong(planned: &PlanRecord) -> Result<(), Failure> {
    let (with, mend) = match planned.files.is_empty() {
        true => ("it", ""),
        false => ("the files", ": mend it"),
    };
    match planned.problems_in_all {
        0 => Ok(()),
        1 => Err(Failure::Other(format!("one thing is wrong with {with}, and nothing was changed{mend}"))),
        more => Err(Failure::Other(format!("{more} things are wrong with {with}, and nothing was changed"))),
    }
}

/// Has the password hashes computed, and keeps what is made up before anything is changed.
fn prepare(asked: &Asked, planned: &PlanRecord, mut kept: Option<&mut PasswordFile>) -> Result<(), Failure> {
    let progress = Progress::begin("Hashing passwords");
    let began = std::time::Instant::now();
    loop {
        let RosterOutcome::Prepared(so_far) = asked.ask(RosterCommand::Prepare { plan: planned.plan.clone() })? else {
            return Err(something_else());
        };
        if let Some(kept) = &mut kept {
            kept.add(&so_far.made_up)?;
        }
        if so_far.done >= so_far.total {
            return Ok(());
        }
        progress.say(&shown::rate(so_far.done, so_far.total, began.elapsed()));
    }
}

/// Where passwords go that are made up: a new file, for its owner alone, on disk before anything is changed.
struct PasswordFile {
    path: PathBuf,
    file: Option<File>,
}

impl PasswordFile {
    fn new(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    fn add(&mut self, made_up: &[MadeUp]) -> Result<(), Failure> {
        let refused = |path: &Path, error: &dyn std::fmt::Display| {
            Failure::Other(format!(
                "{} cannot be written ({error}), and nothing was changed: name another file",
                path.display()
            ))
        };
        let first = self.file.is_none();
        if first {
            let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path);
            self.file = Some(made.map_err(|error| refused(&self.path, &error))?);
        }
        let text = passwords_csv(made_up, first).map_err(|error| refused(&self.path, &error))?;
        let written = self.file.as_mut().map_or(Ok(()), |file| {
            file.write_all(text.as_bytes())?;
            file.sync_all()
        });
        written.map_err(|error| refused(&self.path, &error))
    }

    /// Nobody has these passwords.
    fn remove(self) {
        if self.file.is_some() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}
