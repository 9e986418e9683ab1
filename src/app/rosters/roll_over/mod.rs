//! A new school year: classes become those of a year later, and the children of the top ones leave.

mod grades;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::{SignedDuration, Timestamp};

use crate::app::rosters::plan::{Deed, Item, Plan, Removal, Wanted, leave};
use crate::app::rosters::records::{CountsRecord, RollOver};
use crate::app::rosters::rows::Problems;
use crate::model::rosters::{Column, Left, Sheet, SheetRow, Thing};
use crate::model::{Error, Id, text};
use crate::store::View;
use grades::{grade, next};

pub(in crate::app::rosters) use grades::GRADES;

/// What such plans, and the imports that they become, are called.
pub(in crate::app::rosters) const FORM: &str = "new school year";
/// As many children may leave if nothing else is said: a school of three grades loses a third.
pub(in crate::app::rosters) const MOST: &str = "40%";
/// How soon another one is a mistake, unless it is said to be none.
const TOO_SOON: SignedDuration = SignedDuration::from_hours(24 * 240);
/// How many things are looked at in one look-up.
const AT_ONCE: usize = 500;

/// A group that has a grade.
struct Group {
    id: Id<Thing>,
    row: SheetRow,
    grade: u32,
    /// Where its owner belongs.
    institution: String,
}

impl Group {
    fn text(&self, column: Column) -> &str {
        self.row.get(&column).map(String::as_str).unwrap_or_default()
    }

    fn children(&self) -> impl Iterator<Item = Id<Thing>> {
        self.text(Column::Children).split_whitespace().filter_map(Id::parse)
    }

    /// The values that are others a year later.
    fn a_year_later(&self) -> SheetRow {
        let mut later = SheetRow::new();
        let class = class(&self.row).unwrap_or_default();
        let Some(new) = next(class) else { return later };
        let name = self.text(Column::Name);
        if name.contains(class) {
            later.insert(Column::Name, name.replacen(class, &new, 1));
        } else if let Some(name) = next(name).filter(|_| grade(name) == Some(self.grade)) {
            later.insert(Column::Name, name);
        }
        if self.row.contains_key(&Column::SchoolClass) {
            later.insert(Column::SchoolClass, new);
        }
        later
    }
}

/// What tells the grade of a group: its class, or, without one, its name.
fn class(group: &SheetRow) -> Option<&str> {
    [Column::SchoolClass, Column::Name].iter().find_map(|column| group.get(column)).map(String::as_str)
}

/// Plans a new school year. Nothing is written.
///
/// # Errors
/// Those of the store.
pub(in crate::app::rosters) fn plan(
    view: &View<'_>,
    asked: &RollOver,
    (removal, now): (Removal, Timestamp),
) -> Result<Plan, Error> {
    let mut plan = Plan {
        form: FORM,
        files: Vec::new(),
        items: Vec::new(),
        counts: BTreeMap::new(),
        left_out: Vec::new(),
        meant: Vec::new(),
        problems: Problems::default(),
        notices: Problems::default(),
    };
    let institution = asked.institution.as_deref().map(|word| institution(view, word)).transpose()?;
    if institution == Some(None) {
        plan.problems.file("", "there is no institution of this name or id: see how it is written");
        return Ok(plan);
    }
    let mut year = Year { view, plan, removal, now, top: asked.top, groups: Vec::new(), names: HashMap::new() };
    year.read_groups(institution.flatten())?;
    if !asked.again {
        year.require_time()?;
    }
    if year.groups.is_empty() && year.plan.problems.count == 0 {
        let message = "no group has a grade in its class or its name, such as 3a: there is nothing to move up";
        year.plan.problems.file("", message);
    }
    let tops = year.tops();
    year.move_up(&tops);
    year.let_go(&tops)?;
    Ok(year.plan)
}

/// The institution of this id, or of this name.
fn institution(view: &View<'_>, word: &str) -> Result<Option<Id<Thing>>, Error> {
    match Id::parse(word) {
        Some(id) if view.is_on_sheet(Sheet::Institutions, id)? => Ok(Some(id)),
        _ => view.institution_named(word),
    }
}

struct Year<'v> {
    view: &'v View<'v>,
    plan: Plan,
    removal: Removal,
    now: Timestamp,
    /// The grade that leaves, if it was said.
    top: Option<u32>,
    groups: Vec<Group>,
    /// Which group of an owner is called what.
    names: HashMap<(String, String), Id<Thing>>,
}

impl Year<'_> {
    fn counts(&mut self, sheet: Sheet) -> &mut CountsRecord {
        let counts = self.plan.counts.entry(sheet).or_default();
        sheet.word().clone_into(&mut counts.sheet);
        counts
    }

    fn read_groups(&mut self, institution: Option<Id<Thing>>) -> Result<(), Error> {
        let (mut after, mut owners) = (None, HashMap::new());
        loop {
            let ids = self.view.sheet_ids((Sheet::Groups, Left::Out), after, AT_ONCE)?;
            after = ids.last().copied();
            let is_last = ids.len() < AT_ONCE;
            for id in ids {
                let Some(row) = self.view.sheet_row(Sheet::Groups, id)? else { continue };
                let owner = row.get(&Column::Owner).cloned().unwrap_or_default();
                let place = match owners.get(&owner) {
                    Some(place) => String::clone(place),
                    None => owners.entry(owner.clone()).or_insert(self.place_of(&owner)?).clone(),
                };
                if institution.is_some_and(|id| id.to_string() != place) {
                    continue;
                }
                let name = row.get(&Column::Name).cloned().unwrap_or_default();
                self.names.insert((owner, name), id);
                match class(&row).and_then(grade) {
                    Some(grade) => self.groups.push(Group { id, row, grade, institution: place }),
                    None => self.counts(Sheet::Groups).unchanged += 1,
                }
            }
            if is_last {
                return Ok(());
            }
        }
    }

    /// Where the owner of a group belongs.
    fn place_of(&self, owner: &str) -> Result<String, Error> {
        let Some(owner) = Id::parse(owner) else { return Ok(String::new()) };
        for sheet in [Sheet::Educators, Sheet::HealthProfessionals] {
            if let Some(row) = self.view.sheet_row(sheet, owner)? {
                return Ok(row.get(&Column::Institution).cloned().unwrap_or_default());
            }
        }
        Ok(String::new())
    }

    /// Two school years do not begin within months.
    fn require_time(&mut self) -> Result<(), Error> {
        let newest = self.view.batches()?.into_iter().find(|batch| batch.format == FORM && batch.undone_at.is_none());
        if let Some(batch) = newest
            && self.now.duration_since(batch.applied_at) < TOO_SOON
        {
            let message = format!(
                "import {} of {} was a new school year already: if this is another one, of another institution, say --again",
                batch.number,
                text::time_text(batch.applied_at)
            );
            self.plan.problems.file("", message);
        }
        Ok(())
    }

    /// The grade that leaves each institution: the highest that it has, if none was said.
    fn tops(&mut self) -> HashMap<String, u32> {
        let mut tops: HashMap<String, u32> = HashMap::new();
        for group in &self.groups {
            let top = tops.entry(group.institution.clone()).or_insert(self.top.unwrap_or(group.grade));
            if self.top.is_none() {
                *top = (*top).max(group.grade);
            }
        }
        let beyond = self.groups.iter().find(|group| self.top.is_some_and(|top| group.grade > top));
        if let (Some(group), Some(top)) = (beyond, self.top) {
            let message = format!(
                "there are groups of grade {}, and {top} was said to be the top one: give them another class, or say \
                 another --top",
                group.grade
            );
            self.plan.problems.file("", message);
        }
        tops
    }

    fn is_top(group: &Group, tops: &HashMap<String, u32>) -> bool {
        tops.get(&group.institution) == Some(&group.grade)
    }

    /// The highest first: each takes the name of one that was moved or deleted before it.
    fn move_up(&mut self, tops: &HashMap<String, u32>) {
        self.groups.sort_by_key(|group| std::cmp::Reverse(group.grade));
        for group in std::mem::take(&mut self.groups) {
            let owner = group.text(Column::Owner).to_owned();
            let name = group.text(Column::Name).to_owned();
            let is_top = Self::is_top(&group, tops);
            let texts = if is_top { SheetRow::new() } else { group.a_year_later() };
            if is_top {
                self.names.remove(&(owner, name.clone()));
                self.counts(Sheet::Groups).remove += 1;
            } else {
                if let Some(new) = texts.get(&Column::Name) {
                    self.rename((&owner, &name), new, group.id);
                }
                self.counts(Sheet::Groups).change += 1;
            }
            let (id, before) = (group.id, group.row.clone());
            let deed = if is_top { Deed::Delete { id, before } } else { Deed::Change { id, before } };
            let wanted = Wanted { texts, ..Wanted::default() };
            self.plan.items.push(Item { sheet: Sheet::Groups, place: None, name, deed, wanted });
            self.groups.push(group);
        }
    }

    fn rename(&mut self, (owner, old): (&str, &str), new: &str, id: Id<Thing>) {
        self.names.remove(&(owner.to_owned(), old.to_owned()));
        if self.names.insert((owner.to_owned(), new.to_owned()), id).is_some() {
            let message =
                format!("the group of the id {id} would be called as another one of its owner: give one another name");
            self.plan.problems.file("", message);
        }
    }

    /// The children of the top classes leave, but for those who are in a class that stays.
    fn let_go(&mut self, tops: &HashMap<String, u32>) -> Result<(), Error> {
        let (top, others): (Vec<_>, Vec<_>) = self.groups.iter().partition(|group| Self::is_top(group, tops));
        let leaving: BTreeSet<_> = top.iter().flat_map(|group| group.children()).collect();
        let staying: BTreeSet<_> = others.iter().flat_map(|group| group.children()).collect();
        let both = leaving.intersection(&staying).count();
        if both > 0 {
            let what = "children who are in a class of another grade, too: they stay";
            self.plan.left_out.push(format!("{both} {what}"));
        }
        for id in leaving.difference(&staying) {
            let Some(before) = self.view.sheet_row(Sheet::Children, *id)? else { continue };
            if let Some(item) = leave(Sheet::Children, (*id, before), None, (self.removal, self.now)) {
                self.counts(Sheet::Children).remove += 1;
                self.plan.items.push(item);
            }
        }
        let there = self.view.count_sheet(Sheet::Children)?;
        let leaving = self.plan.counts.get(&Sheet::Children).map_or(0, |counts| counts.remove);
        let doubt = "see whether these are the classes that leave";
        self.removal.brake(Sheet::Children, (leaving, there), doubt, &mut self.plan.problems);
        Ok(())
    }
}
