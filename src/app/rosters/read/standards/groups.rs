//! Classes with who is in them become groups: one of each teacher, since groups are their owners' alone.

use std::collections::HashMap;

use crate::app::rosters::read::Roster;
use crate::app::rosters::read::standards::{Class, School, line};
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
        let mut alike: HashMap<(&str, &str), usize> = HashMap::new();
        for class in &classes {
            for teacher in self.enrolled.get(&class.source).into_iter().flat_map(|enrolled| &enrolled.teachers) {
                *alike.entry((teacher, &class.title)).or_default() += 1;
            }
        }
        let (mut seen, mut empty) = (HashMap::new(), 0);
        for class in &classes {
            if let Some(first) = seen.insert(class.source.as_str(), class.place.row) {
                let file = roster.files[class.place.file].file.clone();
                let message = format!("row {first} of {file} has the same id: leave one out");
                roster.problems.cell(&file, class.place, Some(("sourcedid", None)), Wrong::conflict(message));
                continue;
            }
            let Some(enrolled) = self
                .enrolled
                .get(&class.source)
                .filter(|enrolled| !enrolled.teachers.is_empty() && !enrolled.students.is_empty())
            else {
                empty += 1;
                continue;
            };
            let children = enrolled.students.join("|");
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
        let strangers = self.enrolled.keys().filter(|class| !seen.contains_key(class.as_str())).count();
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
