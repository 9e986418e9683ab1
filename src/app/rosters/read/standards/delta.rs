//! What changed since an earlier set, made whole by what there is: a row of a sheet says all that a group or family is
//! to have. What a delta does not name, stays; of who belongs to whom it only adds.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::app::rosters::read::Roster;
use crate::app::rosters::read::standards::groups::group_source;
use crate::app::rosters::read::standards::reader::{Mode, Modes};
use crate::app::rosters::read::standards::{Class, Part, Person, School};
use crate::app::rosters::rows::{Place, Wrong};
use crate::model::rosters::{Column, Sheet, SheetRow, Thing};
use crate::model::{Error, Id};
use crate::store::View;

/// The sheets on which somebody of this id stands.
pub(super) fn known_as(view: &View<'_>, source: &str) -> Result<Vec<Sheet>, Error> {
    let mut sheets = Vec::new();
    for sheet in [Sheet::Children, Sheet::Educators, Sheet::Families] {
        if view.sourced(sheet, source)?.is_some() {
            sheets.push(sheet);
        }
    }
    Ok(sheets)
}

/// Completes what is a delta.
///
/// # Errors
/// Those of the store.
pub(super) fn complete(view: &View<'_>, school: &mut School, modes: Modes, roster: &mut Roster) -> Result<(), Error> {
    if modes.people == Mode::Delta {
        complete_people(view, school)?;
        complete_kin(view, school, roster)?;
    }
    if modes.classes == Mode::Delta {
        complete_classes(view, school, roster)?;
    }
    Ok(())
}

/// Those of whom the delta has nothing but when they were born.
fn complete_people(view: &View<'_>, school: &mut School) -> Result<(), Error> {
    for (source, person) in &mut school.people {
        if person.parts.is_empty() && (person.gender.is_some() || person.born.is_some()) {
            let sheets = known_as(view, source)?;
            person.parts = sheets.into_iter().map(part).collect();
        }
    }
    Ok(())
}

/// A part of which nothing but who it is is known.
fn part(sheet: Sheet) -> Part {
    Part { sheet, org: String::new(), username: String::new() }
}

/// Families have the children that they have, and those that are new.
fn complete_kin(view: &View<'_>, school: &mut School, roster: &mut Roster) -> Result<(), Error> {
    let is = |school: &School, source: &str, sheet| -> Result<bool, Error> {
        let here = school.people.get(source).is_some_and(|person| person.is(sheet));
        Ok(here || view.sourced(sheet, source)?.is_some())
    };
    let (mut kin, mut families) = (Vec::new(), HashMap::new());
    for (one, other, place) in std::mem::take(&mut school.kin) {
        let (family, child) = if is(school, &one, Sheet::Families)? && is(school, &other, Sheet::Children)? {
            (one, other)
        } else if is(school, &other, Sheet::Families)? && is(school, &one, Sheet::Children)? {
            (other, one)
        } else if known_as(view, &other)?.is_empty() && !school.people.contains_key(&other) {
            let file = roster.files[place.file].file.clone();
            let message = "it names somebody who is neither here nor in these files: export the whole set (bulk)";
            roster.problems.row(&file, place, None, Wrong::refused(message));
            continue;
        } else {
            continue;
        };
        families.insert(family.clone(), place);
        kin.push((family, child, place));
    }
    families.extend(
        school
            .people
            .iter()
            .filter(|(_, person)| person.is(Sheet::Families))
            .map(|(s, person)| (s.clone(), person.place)),
    );
    let mut whole = Vec::new();
    for (family, place) in families {
        let Some((_, row)) = known(view, Sheet::Families, &family)? else { continue };
        whole.extend(children(&row).map(|child| (family.clone(), child.to_owned(), place)));
        let person = school.people.entry(family).or_insert_with(|| nobody(place));
        if !person.is(Sheet::Families) {
            person.parts.push(part(Sheet::Families));
        }
    }
    // The children that a family has come before those who are new.
    whole.extend(kin);
    school.kin = whole;
    Ok(())
}

fn nobody(place: Place) -> Person {
    Person { place, parts: Vec::new(), gender: None, born: None }
}

fn known(view: &View<'_>, sheet: Sheet, source: &str) -> Result<Option<(Id<Thing>, SheetRow)>, Error> {
    let Some(id) = view.sourced(sheet, source)? else { return Ok(None) };
    Ok(view.sheet_row(sheet, id)?.map(|row| (id, row)))
}

/// The ids of a row's children.
fn children(row: &SheetRow) -> impl Iterator<Item = &str> {
    row.get(&Column::Children).map(String::as_str).unwrap_or_default().split_whitespace()
}

/// A group of a class as it is.
struct Held {
    teacher: String,
    row: SheetRow,
}

/// Classes have the teachers and children that they have, those who are new, and not those who left.
fn complete_classes(view: &View<'_>, school: &mut School, roster: &mut Roster) -> Result<(), Error> {
    let mut held: HashMap<String, Vec<Held>> = HashMap::new();
    for (source, id) in view.sources(Sheet::Groups)? {
        let (Some((class, teacher)), Some(row)) = (source.split_once('|'), view.sheet_row(Sheet::Groups, id)?) else {
            continue;
        };
        held.entry(class.to_owned()).or_default().push(Held { teacher: teacher.to_owned(), row });
    }
    let mut gone = Vec::new();
    for (sheet, class, place) in std::mem::take(&mut roster.gone) {
        match (sheet, held.get(&class)) {
            (Sheet::Groups, Some(groups)) => {
                gone.extend(groups.iter().map(|held| (Sheet::Groups, group_source(&class, &held.teacher), place)));
            }
            (Sheet::Groups, None) => {}
            _ => gone.push((sheet, class, place)),
        }
    }
    let named: HashSet<String> = school.classes.iter().map(|class| class.source.clone()).collect();
    let places: HashMap<String, Place> =
        school.classes.iter().rev().map(|class| (class.source.clone(), class.place)).collect();
    let touched: BTreeSet<String> = school.enrolled.keys().cloned().chain(named.iter().cloned()).collect();
    for class in touched {
        let Some(groups) = held.get(&class) else { continue };
        let enrolled = school.enrolled.entry(class.clone()).or_default();
        let mut left = HashSet::new();
        for user in &enrolled.left {
            left.extend(view.sourced(Sheet::Children, user)?.map(|id| id.to_string()));
        }
        let place = places.get(&class).copied().or(roster.enrollments).unwrap_or(Place { file: 0, row: 1 });
        for Held { teacher, row } in groups {
            let stayed = children(row).filter(|id| !left.contains(*id)).map(str::to_owned);
            enrolled.students.splice(0..0, stayed);
            match enrolled.left.contains(teacher) {
                true => gone.push((Sheet::Groups, group_source(&class, teacher), place)),
                false => enrolled.teachers.insert(0, teacher.clone()),
            }
        }
        if let (false, Some(first)) = (named.contains(&class), groups.first()) {
            let text = |column| first.row.get(&column).cloned().unwrap_or_default();
            let (title, code) = (text(Column::Name), text(Column::SchoolClass));
            school.classes.push(Class { place, source: class, title, code });
        }
    }
    roster.gone = gone;
    Ok(())
}
