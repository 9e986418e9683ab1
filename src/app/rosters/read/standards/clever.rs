//! Clever's five files: schools, students, teachers, sections and enrollments, the full set each time.

use std::collections::HashMap;

use crate::app::FieldRules;
use crate::app::rosters::read::grid::{Grid, GridRow};
use crate::app::rosters::read::names::table_name;
use crate::app::rosters::read::standards::reader::Reader;
use crate::app::rosters::read::standards::words::{self, Strokes};
use crate::app::rosters::read::standards::{Class, Org, Part, Person, School, kinds, source};
use crate::app::rosters::read::{Files, ReadOptions, Roster};
use crate::app::rosters::rows::Wrong;
use crate::app::rosters::usernames::Usernames;
use crate::model::rosters::Sheet;

/// Clever tells no type of a school.
const TYPE: &str = "school";

/// Whether these are files of Clever.
pub(in crate::app::rosters::read) fn is_clever(files: &Files) -> bool {
    let own = |name: &str| ["schools", "students", "teachers", "sections"].contains(&name);
    files.keys().any(|name| table_name(name).is_some_and(|name| own(&name)))
}

/// Reads the files.
pub(in crate::app::rosters::read) fn read(
    files: Files,
    options: &ReadOptions,
    rules: &FieldRules,
    roster: &mut Roster,
) {
    roster.form = "Clever";
    let mut grids = HashMap::new();
    for (name, bytes) in files {
        let bare = table_name(&name).unwrap_or_default();
        let Some(kind) = kinds::CLEVER.iter().find(|kind| kind.name == bare) else {
            roster.problems.file(&name, "it is none of Clever's five files, as others here are: put it elsewhere");
            continue;
        };
        let also = match (kind.name, options.usernames.get(&Sheet::Children), options.usernames.get(&Sheet::Educators))
        {
            ("students", Some(Usernames::Header(header)), _) | ("teachers", _, Some(Usernames::Header(header))) => {
                vec![header.as_str()]
            }
            _ => Vec::new(),
        };
        if let Some(grid) = Grid::read((name, bytes), kind, &also, options, roster) {
            for column in also.iter().filter(|column| !grid.has(column)) {
                let message = format!("it has no column {column}, which --usernames names: name one that is there");
                roster.problems.file(grid.name(), message);
            }
            grids.insert(kind.name, grid);
        }
    }
    let missing: Vec<_> = kinds::CLEVER.iter().filter(|kind| !grids.contains_key(kind.name)).collect();
    if roster.problems.count == 0 && !missing.is_empty() {
        let names: Vec<_> = missing.iter().map(|kind| format!("{}.csv", kind.name)).collect();
        let message = format!("of Clever's five files {} is missing: put all of one export together", names.join(", "));
        roster.problems.file("", message);
    }
    if roster.problems.count > 0 {
        return;
    }
    let (mut reader, mut school) = (Reader { roster, options, rules }, School::default());
    reader.clever_schools(&grids["schools"], &mut school);
    reader.clever_people(&grids["students"], (Sheet::Children, "studentid"), &mut school);
    reader.clever_people(&grids["teachers"], (Sheet::Educators, "teacherid"), &mut school);
    reader.clever_sections(&grids["sections"], &mut school);
    reader.clever_enrollments(&grids["enrollments"], &mut school);
    // What could not be read would be missing everywhere.
    if roster.problems.count == 0 {
        school.write(roster);
    }
}

impl Reader<'_> {
    fn clever_schools(&mut self, grid: &Grid, school: &mut School) {
        for row in &grid.rows {
            let Some(source) = source(grid, row, "schoolid", self.roster) else { continue };
            let (name, r#type) = (grid.get(row, "schoolname").to_owned(), TYPE.to_owned());
            school.orgs.push(Org { place: grid.place(row), source, name, r#type });
        }
    }

    fn clever_people(&mut self, grid: &Grid, (sheet, id): (Sheet, &str), school: &mut School) {
        for row in &grid.rows {
            let Some(source) = source(grid, row, id, self.roster) else { continue };
            let gender = self.word((grid, row, "gender"), words::gender).flatten();
            let rules = self.rules;
            let born = self.word((grid, row, "dob"), |text| words::day(text, Strokes::MonthFirst, rules)).flatten();
            let username = match self.options.usernames.get(&sheet) {
                Some(Usernames::Header(header)) => grid.get(row, header).to_owned(),
                Some(Usernames::Pattern(_)) => String::new(),
                None if sheet == Sheet::Children => String::new(),
                None => grid.get(row, "username").to_owned(),
            };
            let part = Part { sheet, org: grid.get(row, "schoolid").to_owned(), username };
            let Some(known) = school.people.get_mut(&source) else {
                let person = Person { place: grid.place(row), parts: vec![part], gender, born };
                school.people.insert(source, person);
                continue;
            };
            // A pupil comes once for each person to call.
            let is_again = known.parts.contains(&part) && known.gender == gender && known.born == born;
            if known.place.file != grid.place(row).file {
                known.parts.push(part);
            } else if !is_again || sheet != Sheet::Children {
                let message =
                    format!("row {} has the same id, and says something else: leave one out", known.place.row);
                grid.refuse(self.roster, row, Some(id), Wrong::conflict(message));
            }
        }
    }

    fn clever_sections(&mut self, grid: &Grid, school: &mut School) {
        for row in &grid.rows {
            let Some(class) = source(grid, row, "sectionid", self.roster) else { continue };
            let others = (2..=10).map(|number| format!("teacher{number}id"));
            for header in std::iter::once("teacherid".to_owned()).chain(others) {
                self.clever_member((grid, row, &header), (Sheet::Educators, &class), school);
            }
            let number = grid.get(row, "sectionnumber");
            let title = [grid.get(row, "name"), grid.get(row, "coursename"), number].into_iter();
            let title = title.into_iter().find(|title| !title.is_empty()).unwrap_or(&class).to_owned();
            let place = grid.place(row);
            school.classes.push(Class { place, source: class, title, code: number.to_owned() });
        }
    }

    fn clever_enrollments(&mut self, grid: &Grid, school: &mut School) {
        for row in &grid.rows {
            if let Some(class) = source(grid, row, "sectionid", self.roster) {
                self.clever_member((grid, row, "studentid"), (Sheet::Children, &class), school);
            }
        }
    }

    fn clever_member(
        &mut self,
        (grid, row, header): (&Grid, &GridRow, &str),
        (sheet, class): (Sheet, &str),
        school: &mut School,
    ) {
        let user = grid.get(row, header);
        if user.is_empty() && header != "studentid" {
            return;
        }
        if !school.people.get(user).is_some_and(|person| person.is(sheet)) {
            let message = "there is nobody of this id in the file of people: export all five files at once";
            grid.refuse(self.roster, row, Some(header), Wrong::refused(message));
            return;
        }
        school.enrolled.entry(class.to_owned()).or_default().add(sheet, user.to_owned());
    }
}
