//! What programs of schools hand over by a standard: read into one school, whatever the standard, and from there into
//! rows. Names of people are not read. All are found by what the other program knows them by.

mod clever;
mod delta;
mod enrollments;
mod groups;
mod kinds;
mod oneroster;
mod people;
mod reader;
mod words;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use crate::app::rosters::read::Roster;
use crate::app::rosters::read::grid::{Grid, GridRow};
use crate::app::rosters::references::Referring;
use crate::app::rosters::rows::{Line, Place, Wrong};
use crate::model::Text;
use crate::model::rosters::{Column, Sheet};

pub(in crate::app::rosters::read) use clever::{is_clever, read as read_clever};
pub(in crate::app::rosters::read) use oneroster::{is_oneroster, read as read_oneroster};

/// A school as another program knows it: everything in it by what that calls it.
#[derive(Default)]
pub(in crate::app::rosters::read) struct School {
    orgs: Vec<Org>,
    people: HashMap<String, Person>,
    /// Who belongs to which child, as far as somebody says so: a family, a child, and where that stands.
    kin: Vec<(String, String, Place)>,
    classes: Vec<Class>,
    /// By class.
    enrolled: HashMap<String, Enrolled>,
    /// What the files name and nothing is made of, and how often.
    left_out: BTreeMap<&'static str, usize>,
}

struct Org {
    place: Place,
    source: String,
    name: String,
    r#type: String,
}

/// Somebody.
struct Person {
    place: Place,
    /// What he is here; nothing, if he is nobody here.
    parts: Vec<Part>,
    gender: Option<&'static str>,
    born: Option<String>,
}

/// What somebody is.
#[derive(PartialEq)]
struct Part {
    sheet: Sheet,
    org: String,
    username: String,
}

impl Person {
    fn is(&self, sheet: Sheet) -> bool {
        self.parts.iter().any(|part| part.sheet == sheet)
    }
}

struct Class {
    place: Place,
    source: String,
    title: String,
    code: String,
}

/// Who is in a class.
#[derive(Default)]
struct Enrolled {
    teachers: Vec<String>,
    students: Vec<String>,
    /// Those who are not in it any more; only a delta says so.
    left: BTreeSet<String>,
}

impl School {
    fn leave_out(&mut self, what: &'static str) {
        *self.left_out.entry(what).or_default() += 1;
    }

    /// Makes rows of all there is.
    fn write(mut self, roster: &mut Roster) {
        roster.referring = Referring::BySource;
        for Org { place, source, name, r#type } in std::mem::take(&mut self.orgs) {
            let cells = [(Column::SourcedId, source), (Column::Name, name), (Column::Type, r#type)];
            line(roster, Sheet::Institutions, place, cells);
        }
        self.write_people(roster);
        self.write_groups(roster);
        for (what, count) in self.left_out {
            roster.left_out.push(format!("{count} {what}"));
        }
    }

    fn write_people(&mut self, roster: &mut Roster) {
        let mut people: Vec<_> = self.people.iter().collect();
        people.sort_by_key(|(source, person)| (person.place.file, person.place.row, *source));
        let (mut children, mut seen): (HashMap<&str, Vec<&str>>, HashSet<_>) = Default::default();
        for (family, child, _) in &self.kin {
            if seen.insert((family, child)) {
                children.entry(family).or_default().push(child);
            }
        }
        let mut childless = 0;
        for (source, person) in people {
            for Part { sheet, org, username } in &person.parts {
                let mut cells = vec![(Column::SourcedId, source.clone()), (Column::Institution, org.clone())];
                cells.push((Column::Username, username.clone()));
                if *sheet == Sheet::Children {
                    cells.extend(person.gender.map(|gender| (Column::Gender, gender.to_owned())));
                    cells.extend(person.born.clone().map(|born| (Column::Age, born)));
                }
                if *sheet == Sheet::Families {
                    let Some(own) = children.get(source.as_str()) else {
                        childless += 1;
                        continue;
                    };
                    cells.push((Column::Children, own.join("|")));
                }
                line(roster, *sheet, person.place, cells);
            }
        }
        if childless > 0 {
            self.left_out.insert("parents and guardians of no child that is here", childless);
        }
    }
}

/// Adds a row, of the cells that hold something.
fn line(roster: &mut Roster, sheet: Sheet, place: Place, cells: impl IntoIterator<Item = (Column, String)>) {
    let cells = cells.into_iter().filter(|(_, text)| !text.is_empty()).collect();
    roster.lines.entry(sheet).or_default().push(Line { place, cells });
}

/// What another program knows a row's thing by; nothing, which is told, if it cannot be that.
fn source(grid: &Grid, row: &GridRow, header: &str, roster: &mut Roster) -> Option<String> {
    let source = grid.get(row, header);
    if !source.is_empty() && !source.contains(['|', ';', ',']) && source.chars().count() <= Text::MAX {
        return Some(source.to_owned());
    }
    let message = "this id is empty, very long, or holds one of , ; | between which ids are listed: give another";
    grid.refuse(roster, row, Some(header), Wrong::refused(message));
    None
}

/// The ids that a cell lists.
fn listed(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(',').map(str::trim).filter(|id| !id.is_empty())
}
