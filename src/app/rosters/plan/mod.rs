//! What files would change: each row is found, by its id before its name, held against what there is, and becomes an
//! item or a problem.

mod first_password;
mod leavers;
mod namesakes;
mod numbering;
mod removal;
mod room;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::app::FieldRules;
use crate::app::rosters::cells::{checked, is_same, parts};
use crate::app::rosters::read::Roster;
use crate::app::rosters::records::{CountsRecord, FileRecord, Passwords};
use crate::app::rosters::references::{Name, Names, Referring, Target, named};
use crate::app::rosters::rows::{Line, Place, Problems, Wrong};
use crate::app::rosters::usernames::Usernames;
use crate::model::rosters::{Column, Sheet, SheetRow, Thing};
use crate::model::{Error, Id, MAX_CHILDREN};

use crate::store::View;
pub(in crate::app::rosters) use first_password::FirstPassword;
pub(in crate::app::rosters) use leavers::leave;
use numbering::Numbering;
pub(in crate::app::rosters) use removal::Removal;

/// What files would change.
pub(in crate::app::rosters) struct Plan {
    /// What the files were taken for.
    pub(in crate::app::rosters) form: &'static str,
    /// The files.
    pub(in crate::app::rosters) files: Vec<FileRecord>,
    /// What is to be done, in this order.
    pub(in crate::app::rosters) items: Vec<Item>,
    /// How much of each sheet.
    pub(in crate::app::rosters) counts: BTreeMap<Sheet, CountsRecord>,
    /// What was read and comes to nothing here.
    pub(in crate::app::rosters) left_out: Vec<String>,
    /// The institutions that are there, each by a word that means it: once it does no more, the plan is out of date.
    pub(in crate::app::rosters) meant: Vec<(String, Id<Thing>)>,
    /// Why nothing of it can be done, if there is anything.
    pub(in crate::app::rosters) problems: Problems,
    /// What is left out.
    pub(in crate::app::rosters) notices: Problems,
}

impl Plan {
    /// The items that need a password hash.
    pub(in crate::app::rosters) fn users(&self) -> impl Iterator<Item = usize> {
        let needs = |item: &Item| matches!(item.deed, Deed::Create(FirstPassword::Given(_) | FirstPassword::MadeUp));
        self.items.iter().enumerate().filter(move |(_, item)| needs(item)).map(|(at, _)| at)
    }
}

/// What is to be done with one thing.
pub(in crate::app::rosters) struct Item {
    pub(in crate::app::rosters) sheet: Sheet,
    /// Where a file says so; nowhere, if it is missing.
    pub(in crate::app::rosters) place: Option<Place>,
    /// What it is called, for people.
    pub(in crate::app::rosters) name: String,
    pub(in crate::app::rosters) deed: Deed,
    /// The columns to set.
    pub(in crate::app::rosters) wanted: Wanted,
}

/// What is done.
pub(in crate::app::rosters) enum Deed {
    /// It is made.
    Create(FirstPassword),
    /// It is there and becomes another.
    Change { id: Id<Thing>, before: SheetRow },
    /// It is there and is deleted.
    Delete { id: Id<Thing>, before: SheetRow },
}

/// Values to set.
#[derive(Default)]
pub(in crate::app::rosters) struct Wanted {
    pub(in crate::app::rosters) texts: SheetRow,
    pub(in crate::app::rosters) targets: BTreeMap<Column, Vec<Target>>,
}

impl Wanted {
    /// The columns that are set.
    pub(in crate::app::rosters) fn columns(&self) -> BTreeSet<Column> {
        self.texts.keys().chain(self.targets.keys()).copied().collect()
    }
}

impl Item {
    /// What is done, in a word.
    pub(in crate::app::rosters) fn word(&self) -> &'static str {
        let left = self.wanted.texts.get(&Column::DeactivatedAt).map(String::as_str);
        let moves = |column: &Column| matches!(column, Column::Institution | Column::Owner);
        match (&self.deed, left) {
            (Deed::Create(_), _) => "create",
            (Deed::Delete { .. }, _) => "delete",
            (Deed::Change { .. }, Some("")) => "activate",
            (Deed::Change { .. }, Some(_)) => "deactivate",
            (Deed::Change { .. }, None) if self.wanted.columns().iter().all(moves) => "move",
            (Deed::Change { .. }, None) => "change",
        }
    }
}

/// What else helps against a name that is taken.
const RENAME: &str = ", or say --rename-duplicates to have this one called the same with the end of its id behind";

/// What was asked for beside the rows.
pub(in crate::app::rosters) struct Asked<'a> {
    /// What becomes of new users without a password.
    pub(in crate::app::rosters) passwords: Passwords,
    /// What is asked of values.
    pub(in crate::app::rosters) rules: FieldRules,
    /// Where usernames come from.
    pub(in crate::app::rosters) usernames: &'a BTreeMap<Sheet, Usernames>,
    /// What becomes of those who are missing; nothing, if it was not said.
    pub(in crate::app::rosters) removal: Option<Removal>,
}

/// Plans what the rows of a roster change.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn plan(view: &View<'_>, mut roster: Roster, asked: &Asked<'_>) -> Result<Plan, Error> {
    if roster.renames {
        namesakes::rename(view, &mut roster)?;
    }
    let Roster { form, files, mut lines, problems, referring, left_out, whole, gone, own_ids, notices, .. } = roster;
    let (items, counts, meant) = (Vec::new(), BTreeMap::new(), Vec::new());
    let plan = Plan { form, files, items, counts, left_out, meant, problems, notices };
    let names = Names::new(referring);
    let numbering = Numbering::new(asked.usernames);
    let mut planner = Planner {
        view,
        plan,
        asked,
        own_ids,
        numbering,
        names,
        found: HashMap::new(),
        inactive: 0,
        within: HashSet::new(),
        by_hand: 0,
    };
    for sheet in Sheet::WITH_ADMINISTRATORS {
        let Some(lines) = lines.remove(&sheet) else { continue };
        planner.counts(sheet).sheet = sheet.word().to_owned();
        for line in lines {
            if let Err(Refused::Store(error)) = planner.line(sheet, &line) {
                return Err(error);
            }
        }
        let there = view.count_sheet(sheet)?;
        let found = planner.found.keys().filter(|(of, _)| *of == sheet).count() - std::mem::take(&mut planner.inactive);
        planner.counts(sheet).missing = there.saturating_sub(found);
    }
    planner.leavers(&whole, gone)?;
    room::check_room(view, &mut planner.plan)?;
    Ok(Plan { meant: planner.names.meant(), ..planner.plan })
}

/// Why a row becomes no item.
enum Refused {
    /// The reason is among the problems.
    Told,
    Store(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Store(error)
    }
}

struct Planner<'v> {
    view: &'v View<'v>,
    plan: Plan,
    asked: &'v Asked<'v>,
    /// See [`Roster::own_ids`].
    own_ids: BTreeSet<Sheet>,
    numbering: Numbering,
    names: Names,
    /// The things that rows are about, and which rows.
    found: HashMap<(Sheet, Id<Thing>), Place>,
    /// How many of the present sheet's are deactivated.
    inactive: usize,
    /// The institutions that users on a sheet, and the owners whose groups, belong to: who is missing is so within them.
    within: HashSet<(Sheet, Id<Thing>)>,
    /// How many were deactivated by hand, and stay so.
    by_hand: usize,
}

/// The thing that a row is about, as it is.
struct Subject {
    id: Id<Thing>,
    row: SheetRow,
}

impl Planner<'_> {
    fn counts(&mut self, sheet: Sheet) -> &mut CountsRecord {
        self.plan.counts.entry(sheet).or_default()
    }

    fn refuse(&mut self, line: &Line, column: Option<Column>, wrong: Wrong) -> Refused {
        let file = self.plan.files[line.place.file].file.clone();
        let cell = column.map(|column| (column, line.get(column)));
        self.plan.problems.row(&file, line.place, cell, wrong);
        Refused::Told
    }

    /// Tells that something in a row is left out.
    fn leave_out(&mut self, line: &Line, column: Column, message: &str) {
        let file = self.plan.files[line.place.file].file.clone();
        self.plan.notices.notice(&file, line.place, column, Wrong::refused(message));
    }

    fn row_words(&self, place: Place) -> String {
        format!("row {} of {}", place.row, self.plan.files[place.file].file)
    }

    fn line(&mut self, sheet: Sheet, line: &Line) -> Result<(), Refused> {
        let owner = match (sheet, line.get(Column::Owner)) {
            (Sheet::Groups, Some(_)) => self.targets(sheet, line, Column::Owner)?.first().copied(),
            _ => None,
        };
        if sheet == Sheet::Groups && owner.is_none() && self.own_ids.contains(&sheet) {
            self.leave_out(line, Column::Owner, "this group is nobody's any more: it is left out as a whole");
            return Ok(());
        }
        let subject = self.identify(sheet, line, owner)?;
        if let Some(subject) = &subject
            && let Some(first) = self.found.insert((sheet, subject.id), line.place)
        {
            let first = self.row_words(first);
            let message = format!("{first} is about the same {}: leave one of them out", sheet.noun());
            return Err(self.refuse(line, None, Wrong::conflict(message)));
        }
        let line = match &subject {
            Some(_) => Cow::Borrowed(line),
            None => self.numbering.named(self.view, sheet, line)?,
        };
        let line = &*line;
        let mut wanted = self.wanted(sheet, line, subject.as_ref())?;
        self.note_within(sheet, subject.as_ref(), &wanted);
        if let Some(subject) = &subject {
            self.bring_back(subject, &mut wanted);
        }
        self.claim(sheet, line, subject.as_ref(), &wanted)?;
        match subject {
            Some(subject) => self.change(sheet, line, subject, wanted),
            None => self.create(sheet, line, wanted)?,
        }
        Ok(())
    }

    /// The thing that a row is about: of its id, else of what another program knows it by, else of its name.
    fn identify(&mut self, sheet: Sheet, line: &Line, owner: Option<Target>) -> Result<Option<Subject>, Refused> {
        if let Some(text) = line.get(Column::Id) {
            let id = Id::parse(text);
            let row = id.map(|id| self.view.sheet_row(sheet, id)).transpose()?.flatten();
            return match (id, row) {
                (Some(id), Some(row)) => Ok(Some(Subject { id, row })),
                (Some(id), None) if self.own_ids.contains(&sheet) => self.require_unused(sheet, line, id),
                _ => {
                    let message =
                        format!("there is no {} of this id: leave the cell empty for a new one", sheet.noun());
                    Err(self.refuse(line, Some(Column::Id), Wrong::refused(message)))
                }
            };
        }
        let by_source = line.get(Column::SourcedId).map(|source| self.view.sourced(sheet, source)).transpose()?;
        let name = line.get(sheet.naming());
        let found = match (by_source.flatten(), name, owner) {
            (Some(id), ..) => Some(id),
            (None, Some(name), Some(Target::There(owner))) => named(self.view, sheet, Some(owner), name)?,
            (None, Some(name), None) => named(self.view, sheet, None, name)?,
            (None, ..) => None,
        };
        let Some(id) = found else { return Ok(None) };
        let row = self.view.sheet_row(sheet, id)?;
        let subject = row.map(|row| Subject { id, row });
        if let (Some(given), Some(known)) =
            (line.get(Column::SourcedId), subject.as_ref().and_then(|subject| subject.row.get(&Column::SourcedId)))
            && given != known
        {
            let message = format!(
                "the {} of this name is known by another {}: if it is the same, give its id; if not, another name",
                sheet.noun(),
                Column::SourcedId.word()
            );
            return Err(self.refuse(line, Some(Column::SourcedId), Wrong::conflict(message)));
        }
        Ok(subject)
    }

    /// The id of a new thing is that of no user of another type, and of nobody who was deleted without a word.
    fn require_unused(&mut self, sheet: Sheet, line: &Line, id: Id<Thing>) -> Result<Option<Subject>, Refused> {
        if sheet.role().is_some() {
            if self.view.account(id.cast())?.is_some() {
                let message = "a user of another type has this id: leave one of them out";
                return Err(self.refuse(line, Some(Column::Id), Wrong::conflict(message)));
            }
            if self.view.was_erased(id.cast())? {
                self.leave_out(line, Column::Id, "this user was deleted here since: the import would bring it back");
            }
        }
        Ok(None)
    }

    /// The values of a row that are others than those there are.
    fn wanted(&mut self, sheet: Sheet, line: &Line, subject: Option<&Subject>) -> Result<Wanted, Refused> {
        let (mut wanted, mut refused) = (Wanted::default(), None);
        for (column, text) in line.cells.iter() {
            let before = subject.and_then(|subject| subject.row.get(&column));
            match column {
                Column::Id => {}
                // A first password is of those who are new, and so is what was before they came.
                Column::Password if subject.is_some() => {}
                _ if column.is_past() && subject.is_some() => {}
                _ if column.refers() => match self.targets(sheet, line, column) {
                    // What refers to nothing, and is said to do so, changes nothing.
                    Ok(targets) if targets.is_empty() && column != Column::Children => {}
                    Ok(targets) if before.is_some_and(|before| is_listed(before, &targets, self.names.referring())) => {
                    }
                    Ok(targets) => drop(wanted.targets.insert(column, targets)),
                    Err(error) => refused = Some(error),
                },
                _ if before.is_some_and(|before| is_same(before, text)) => {}
                _ => match checked(column, text, &self.asked.rules) {
                    Ok(value) if before == Some(&value) => {}
                    Ok(value) => drop(wanted.texts.insert(column, value)),
                    Err(wrong) => refused = Some(self.refuse(line, Some(column), wrong)),
                },
            }
            if let Some(Refused::Store(error)) = refused {
                return Err(error.into());
            }
        }
        refused.map_or(Ok(wanted), Err)
    }

    /// What a cell refers to, each once, in the order in which it stands there.
    fn targets(&mut self, sheet: Sheet, line: &Line, column: Column) -> Result<Vec<Target>, Refused> {
        let text = line.get(column).unwrap_or_default();
        let (words, sheets): (Vec<&str>, &[Sheet]) = match column {
            Column::Children => (parts(text).collect(), &[Sheet::Children]),
            Column::Owner => (vec![text], &[Sheet::Educators, Sheet::HealthProfessionals]),
            _ => (vec![text], &[Sheet::Institutions]),
        };
        if words.len() > MAX_CHILDREN {
            let message = format!("a {} has at most {MAX_CHILDREN} children: make several", sheet.noun());
            return Err(self.refuse(line, Some(column), Wrong::refused(message)));
        }
        let mut targets = Vec::with_capacity(words.len());
        for word in words {
            match self.names.resolve(self.view, sheets, word)? {
                Ok(target) if targets.contains(&target) => {}
                Ok(target) => targets.push(target),
                Err(_) if sheets.iter().any(|sheet| self.own_ids.contains(sheet)) => {
                    self.leave_out(line, column, "this refers to nothing that there is: it is left out");
                }
                Err(wrong) => return Err(self.refuse(line, Some(column), wrong)),
            }
        }
        Ok(targets)
    }

    /// Names, tags and what other programs know things by are one thing's alone: here, and in the files.
    fn claim(&mut self, sheet: Sheet, line: &Line, subject: Option<&Subject>, wanted: &Wanted) -> Result<(), Refused> {
        let target = subject.map_or(Target::New(self.plan.items.len()), |subject| Target::There(subject.id));
        let held = |column: Column| {
            wanted.texts.get(&column).or_else(|| subject.and_then(|subject| subject.row.get(&column))).cloned()
        };
        let naming = sheet.naming();
        if let Some(name) = held(naming) {
            let owner = wanted.targets.get(&Column::Owner).and_then(|owners| owners.first()).copied();
            let owner = owner.or_else(|| held(Column::Owner).and_then(|id| Id::parse(&id)).map(Target::There));
            let renamed = wanted.texts.contains_key(&naming) || wanted.targets.contains_key(&Column::Owner);
            self.claim_name((sheet, line), (owner, name), target, renamed)?;
        }
        if let (None, Some(id)) = (subject, line.get(Column::Id).and_then(Id::parse)) {
            let first = self.names.identify(sheet, id, line.place, target);
            self.require_free((line, Column::Id), None, target, first)?;
        }
        if let Some(source) = held(Column::SourcedId) {
            let first = self.names.source(sheet, &source, line.place, target).filter(|first| *first != line.place);
            let holder = self.view.sourced(sheet, &source)?;
            self.require_free((line, Column::SourcedId), holder.map(Target::There), target, first)?;
        }
        if let Some(tag) = wanted.texts.get(&Column::NfcTag) {
            let first = self.names.tag(tag, line.place);
            let holder = self.view.holder_of_tag(tag)?;
            self.require_free((line, Column::NfcTag), holder.map(Target::There), target, first)?;
        }
        Ok(())
    }

    fn claim_name(
        &mut self,
        (sheet, line): (Sheet, &Line),
        name: Name,
        target: Target,
        renamed: bool,
    ) -> Result<(), Refused> {
        let owner = match name.0 {
            Some(Target::There(owner)) => Some(owner),
            _ => None,
        };
        let naming = sheet.naming();
        let holder = if renamed { named(self.view, sheet, owner, &name.1)?.map(Target::There) } else { None };
        let first = self.names.name(sheet, name, line.place, target);
        self.require_free((line, naming), holder, target, first)?;
        if let (Target::There(id), true) = (target, renamed) {
            self.names.rename(id);
        }
        Ok(())
    }

    fn require_free(
        &mut self,
        (line, column): (&Line, Column),
        holder: Option<Target>,
        target: Target,
        first: Option<Place>,
    ) -> Result<(), Refused> {
        let message = match (first, holder.filter(|holder| *holder != target)) {
            (Some(first), _) => format!("{} says the same: only one can have it", self.row_words(first)),
            (None, Some(Target::There(id))) => {
                format!("it is that of another one, of the id {id}: give another, or change that one first")
            }
            _ => return Ok(()),
        };
        let or = if column == Column::Username && !self.own_ids.is_empty() { RENAME } else { "" };
        Err(self.refuse(line, Some(column), Wrong::conflict(message + or)))
    }

    fn change(&mut self, sheet: Sheet, line: &Line, subject: Subject, wanted: Wanted) {
        // Who runs the service is changed by who does, and by no file.
        if sheet == Sheet::Administrators || (wanted.texts.is_empty() && wanted.targets.is_empty()) {
            self.counts(sheet).unchanged += 1;
            return;
        }
        let Subject { id, row: before } = subject;
        let name = before.get(&sheet.naming()).cloned().unwrap_or_default();
        let item = Item { sheet, place: Some(line.place), name, deed: Deed::Change { id, before }, wanted };
        let counts = self.counts(sheet);
        match item.word() {
            "move" => counts.r#move += 1,
            "activate" => counts.activate += 1,
            _ => counts.change += 1,
        }
        self.plan.items.push(item);
    }

    fn create(&mut self, sheet: Sheet, line: &Line, mut wanted: Wanted) -> Result<(), Refused> {
        let set = wanted.columns();
        // In the old platform, what somebody belonged to may have gone since.
        let excused = |column: Column| column.refers() && self.own_ids.contains(&sheet);
        let missing = sheet.required().iter().filter(|column| !set.contains(column) && !excused(**column));
        let missing: Vec<_> = missing.collect();
        if !missing.is_empty() {
            let words: Vec<_> = missing.iter().map(|column| column.word()).collect();
            let hint = match missing.contains(&&Column::Username) {
                true => ", or say with --usernames where usernames come from",
                false => "",
            };
            let message = format!("a new {} needs {}, too: fill that in{hint}", sheet.noun(), words.join(", "));
            return Err(self.refuse(line, None, Wrong::refused(message)));
        }
        if let Some(id) = line.get(Column::Id) {
            wanted.texts.insert(Column::Id, id.to_owned());
        }
        let given = wanted.texts.remove(&Column::Password);
        let of_dump = self.own_ids.contains(&sheet);
        let password = FirstPassword::of(sheet, of_dump, given.as_deref(), self.asked.passwords);
        let password = password.map_err(|wrong| self.refuse(line, Some(Column::Password), wrong))?;
        let name = wanted.texts.get(&sheet.naming()).cloned().unwrap_or_default();
        self.plan.items.push(Item { sheet, place: Some(line.place), name, deed: Deed::Create(password), wanted });
        self.counts(sheet).create += 1;
        Ok(())
    }
}

/// Whether stored ids are these things: of another program, whose files name them in any order, also in another one.
fn is_listed(stored: &str, targets: &[Target], referring: Referring) -> bool {
    if referring == Referring::BySource {
        let stored: BTreeSet<_> = stored.split_whitespace().filter_map(Id::parse).map(Target::There).collect();
        return stored.len() == targets.len() && targets.iter().all(|target| stored.contains(target));
    }
    let mut ids = stored.split_whitespace().map(Id::parse);
    targets.iter().all(|target| matches!((ids.next(), target), (Some(Some(id)), Target::There(there)) if id == *there))
        && ids.next().is_none()
}
