//! What reading the files of a standard needs everywhere.

use std::collections::HashMap;

use crate::app::FieldRules;
use crate::app::rosters::read::grid::{Grid, GridRow};
use crate::app::rosters::read::standards::words::{Status, status};
use crate::app::rosters::read::{ReadOptions, Roster};
use crate::app::rosters::rows::Wrong;

/// The files that something is read of, by name.
pub(super) type Grids = HashMap<&'static str, Grid>;

/// Whether files hold everything, or what changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Everything.
    Bulk,
    /// What changed.
    Delta,
}

/// Of people, and of classes with who is in them.
#[derive(Clone, Copy)]
pub(super) struct Modes {
    pub(super) people: Mode,
    pub(super) classes: Mode,
}

/// What reading needs everywhere.
pub(super) struct Reader<'r> {
    pub(super) roster: &'r mut Roster,
    pub(super) options: &'r ReadOptions,
    pub(super) rules: &'r FieldRules,
}

impl Reader<'_> {
    /// What a cell says, read by one of the [`super::words`]; nothing, which is told, if it cannot be read.
    pub(super) fn word<T>(
        &mut self,
        (grid, row, header): (&Grid, &GridRow, &str),
        read: impl FnOnce(&str) -> Result<T, Wrong>,
    ) -> Option<T> {
        match read(grid.get(row, header)) {
            Ok(word) => Some(word),
            Err(wrong) => {
                grid.refuse(self.roster, row, Some(header), wrong);
                None
            }
        }
    }

    /// What becomes of a row's thing.
    pub(super) fn status(&mut self, grid: &Grid, row: &GridRow) -> Option<Status> {
        self.word((grid, row, "status"), status)
    }
}
