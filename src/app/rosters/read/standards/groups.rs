//! Classes with who is in them become groups: one of each teacher, since groups are their owners' alone.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use crate::app::rosters::read::standards::{Class, School, line};
use crate::app::rosters::read::{MOST_BYTES, Roster};
use crate::app::rosters::rows::Wrong;
use crate::model::rosters::{Column, Sheet};

/// What a group of a class and a teacher is known by: ids hold no such stroke.
pub(super) fn group_source(class: &str, teacher: &str) -> String {
    format!("{class}|{teacher}")
}

impl School {
    pub(super) fn write_groups(&mut self, roster: &mut Roster) {
        let classes = std::mem::take(&mut self.classes);
        for enrolled in self.enrolled.values_mut() {
            enrolled.settle();
        }
        let (mut rows, mut known) = (HashMap::new(), Vec::new());
        for class in &classes {
            match rows.entry(class.source.as_str()) {
                Entry::Vacant(new) => {
                    new.insert(class.place.row);
                    known.push(class);
                }
                Entry::Occupied(first) => {
                    let file = roster.files[class.place.file].file.clone();
                    let message = format!("row {} of {file} has the same id: leave one out", first.get());
                    roster.problems.cell(&file, class.place, Some(("sourcedid", None)), Wrong::conflict(message));
                }
            }
        }
        let mut alike: HashMap<(&str, &str), usize> = HashMap::new();
        for class in &known {
            for teacher in self.enrolled.get(&class.source).into_iter().flat_map(|enrolled| &enrolled.teachers) {
                *alike.entry((teacher, &class.title)).or_default() += 1;
            }
        }
        let (mut empty, mut held) = (0, 0);
        for class in known {
            let Some(enrolled) = self
                .enrolled
                .get(&class.source)
                .filter(|enrolled| !enrolled.teachers.is_empty() && !enrolled.students.is_empty())
            else {
                empty += 1;
                continue;
            };
            let children = enrolled.students.join("|");
            // Each teacher's group names all of them.
            held += children.len() * enrolled.teachers.len();
            if held > MOST_BYTES {
                let message = "the groups of so many teachers with so many students are larger than all files may be: \
                               import the classes in several parts";
                return roster.problems.file("enrollments.csv", message);
            }
            for teacher in &enrolled.teachers {
                let is_alone = alike.get(&(teacher.as_str(), class.title.as_str())) == Some(&1);
                let cells = [
                    (Column::SourcedId, group_source(&class.source, teacher)),
                    (Column::Owner, teacher.clone()),
                    (Column::Name, if is_alone { class.title.clone() } else { class.whole_name() }),
                    (Column::SchoolClass, class.code.clone()),
                    (Column::Children, children.clone()),
                ];
                line(roster, Sheet::Groups, class.place, cells);
            }
        }
        if empty > 0 {
            self.left_out.insert("classes without a teacher or without students", empty);
        }
        let strangers = self.enrolled.keys().filter(|class| !rows.contains_key(class.as_str())).count();
        if strangers > 0 {
            let message = format!(
                "it names {strangers} classes that are not in the file of classes: export both at once, or leave the \
                 rows out"
            );
            roster.problems.file("enrollments.csv", message);
        }
    }
}

impl Class {
    /// A name that tells it from another class of the same teacher and title.
    fn whole_name(&self) -> String {
        format!("{} ({})", self.title, self.source)
    }
}
