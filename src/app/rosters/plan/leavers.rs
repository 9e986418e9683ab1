//! Who is missing: users are deactivated, and groups deleted, if it was said so and if they are not too many.

use jiff::Timestamp;

use crate::app::rosters::plan::removal::Removal;
use crate::app::rosters::plan::{Deed, Item, Planner, Subject, Wanted};
use crate::app::rosters::references::{Referring, Target};
use crate::app::rosters::rows::{Place, Wrong};
use crate::model::rosters::{Column, Left, Sheet, SheetRow, Thing};
use crate::model::{Error, Id};

/// How many things are looked at in one look-up.
const AT_ONCE: usize = 500;

impl Planner<'_> {
    /// Notes where the users of a sheet, and the owners of groups, belong.
    pub(super) fn note_within(&mut self, sheet: Sheet, subject: Option<&Subject>, wanted: &Wanted) {
        let column = if sheet == Sheet::Groups { Column::Owner } else { Column::Institution };
        let given = wanted.targets.get(&column).and_then(|targets| targets.first()).copied();
        let held = || subject.and_then(|subject| Id::parse(subject.row.get(&column)?)).map(Target::There);
        // Another program's files are one set: what one of them names, all of them are about.
        let is_one_set = self.names.referring() == Referring::BySource && sheet != Sheet::Groups;
        let sheets: Vec<Sheet> = match is_one_set {
            true => Sheet::ALL.into_iter().filter(|sheet| sheet.role().is_some()).collect(),
            false => vec![sheet],
        };
        // Whoever moves away leaves others where he was.
        for place in [given, held()].into_iter().flatten() {
            if let Target::There(id) = place {
                self.within.extend(sheets.iter().map(|sheet| (*sheet, id)));
            }
        }
    }

    /// A row about somebody whom an import deactivated makes him active again.
    pub(super) fn bring_back(&mut self, subject: &Subject, wanted: &mut Wanted) {
        if !subject.row.contains_key(&Column::DeactivatedAt) {
            return;
        }
        self.inactive += 1;
        if !subject.row.contains_key(&Column::ByImport) {
            self.by_hand += 1;
            return;
        }
        let columns = Column::ALL.into_iter().filter(|column| column.is_of_leaving());
        let held = columns.filter(|column| subject.row.contains_key(column));
        wanted.texts.extend(held.map(|column| (column, String::new())));
    }

    /// Plans what becomes of those who are missing on sheets that are whole, and of those who are said to be gone.
    pub(super) fn leavers(&mut self, whole: &[Sheet], gone: Vec<(Sheet, String, Place)>) -> Result<(), Error> {
        if self.by_hand > 0 {
            let what =
                "who are deactivated: whoever did that by hand activates them, with `ocariot-users user activate`";
            self.plan.left_out.push(format!("{} users {what}", self.by_hand));
        }
        let Some(removal) = self.asked.removal else {
            if !gone.is_empty() {
                let what = "that are said to be gone: --remove-missing deactivates users and deletes groups";
                self.plan.left_out.push(format!("{} rows {what}", gone.len()));
            }
            return Ok(());
        };
        // A row that is wrong makes somebody look missing who is not.
        if self.plan.problems.count > 0 {
            return Ok(());
        }
        for (sheet, source, place) in gone {
            let Some(id) = self.view.sourced(sheet, &source)? else { continue };
            if let Some(first) = self.found.insert((sheet, id), place) {
                let message =
                    format!("{} says that the same {} is there: leave one out", self.row_words(first), sheet.noun());
                let file = self.plan.files[place.file].file.clone();
                self.plan.problems.row(&file, place, None, Wrong::conflict(message));
                continue;
            }
            if let Some(row) = self.view.sheet_row(sheet, id)? {
                self.leaver(sheet, (id, row), Some(place), removal);
            }
        }
        for sheet in whole.iter().copied().filter(|sheet| *sheet != Sheet::Institutions) {
            self.missing(sheet, removal)?;
        }
        self.brake(removal)
    }

    /// What no row of a sheet is about, within what the rows are about.
    fn missing(&mut self, sheet: Sheet, removal: Removal) -> Result<(), Error> {
        let column = if sheet == Sheet::Groups { Column::Owner } else { Column::Institution };
        let mut after = None;
        loop {
            let ids = self.view.sheet_ids((sheet, Left::Out), after, AT_ONCE)?;
            after = ids.last().copied();
            let is_last = ids.len() < AT_ONCE;
            for id in ids.into_iter().filter(|id| !self.found.contains_key(&(sheet, *id))).collect::<Vec<_>>() {
                let Some(row) = self.view.sheet_row(sheet, id)? else { continue };
                let place = row.get(&column).and_then(|id| Id::parse(id));
                let is_within = place.is_some_and(|place| self.within.contains(&(sheet, place)));
                // What the other program does not know, it cannot miss.
                let is_known = self.names.referring() == Referring::ByAnyWord || row.contains_key(&Column::SourcedId);
                if is_within && is_known {
                    self.leaver(sheet, (id, row), None, removal);
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    fn leaver(&mut self, sheet: Sheet, known: (Id<Thing>, SheetRow), place: Option<Place>, removal: Removal) {
        let Some(item) = leave(sheet, known, place, (removal, self.asked.rules.now)) else { return };
        let counts = self.counts(sheet);
        counts.remove += 1;
        counts.missing = counts.missing.saturating_sub(1);
        self.plan.items.push(item);
    }

    /// Too many at once are a file that is not whole.
    fn brake(&mut self, removal: Removal) -> Result<(), Error> {
        let users = Sheet::ALL.into_iter().filter(|sheet| sheet.role().is_some());
        for sheet in users {
            let leaving = self.plan.counts.get(&sheet).map_or(0, |counts| counts.remove);
            let there = self.view.count_sheet(sheet)?;
            removal.brake(sheet, (leaving, there), "see whether the files are whole", &mut self.plan.problems);
        }
        Ok(())
    }
}

/// What becomes of somebody who leaves, or of a group that goes; nothing of a user who left before.
pub(in crate::app::rosters) fn leave(
    sheet: Sheet,
    (id, before): (Id<Thing>, SheetRow),
    place: Option<Place>,
    (removal, now): (Removal, Timestamp),
) -> Option<Item> {
    if before.contains_key(&Column::DeactivatedAt) {
        return None;
    }
    let name = before.get(&sheet.naming()).cloned().unwrap_or_default();
    let mut wanted = Wanted::default();
    let deed = match sheet.role() {
        None => Deed::Delete { id, before },
        Some(_) => {
            wanted.texts.insert(Column::DeactivatedAt, now.as_millisecond().to_string());
            wanted.texts.insert(Column::ByImport, "yes".to_owned());
            let erase_at = removal.erase_after.and_then(|after| now.checked_add(after).ok());
            let erase_at = erase_at.map(|at| (Column::EraseAt, at.as_millisecond().to_string()));
            wanted.texts.extend(erase_at);
            Deed::Change { id, before }
        }
    };
    Some(Item { sheet, place, name, deed, wanted })
}
