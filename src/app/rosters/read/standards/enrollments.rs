//! OneRoster's enrollments: who teaches a class, and who is in it.

use crate::app::rosters::read::standards::reader::{Grids, Mode, Reader};
use crate::app::rosters::read::standards::words::{self, Status};
use crate::app::rosters::read::standards::{Enrolled, School, source};
use crate::app::rosters::rows::Wrong;
use crate::model::calendar_date;
use crate::model::rosters::Sheet;

impl Reader<'_> {
    /// Who is in which class today.
    pub(super) fn enrollments(&mut self, grids: &Grids, mode: Mode, school: &mut School) {
        let Some(grid) = grids.get("enrollments") else { return };
        for row in &grid.rows {
            let class = source(grid, row, "classsourcedid", self.roster);
            let user = source(grid, row, "usersourcedid", self.roster);
            let sheet = self.word((grid, row, "role"), words::class_role);
            let status = self.status(grid, row);
            let rules = self.rules;
            let has_ended = self.word((grid, row, "enddate"), |text| match text {
                "" => Ok(false),
                _ => calendar_date(text.split(['T', ' ']).next().unwrap_or_default())
                    .map(|day| day < rules.today)
                    .map_err(|_| Wrong::refused("this is no day: write it as 2026-12-31")),
            });
            let (Some(class), Some(user), Some(sheet), Some(status), Some(has_ended)) =
                (class, user, sheet, status, has_ended)
            else {
                continue;
            };
            let Some(sheet) = sheet else {
                school.leave_out("enrollments of administrators and proctors");
                continue;
            };
            let person = school.people.get(&user);
            match (person, mode) {
                (None, Mode::Bulk) => {
                    let message = "there is nobody of this id in users.csv: export both at once";
                    grid.refuse(self.roster, row, Some("usersourcedid"), Wrong::refused(message));
                    continue;
                }
                // Somebody who is to go, or is nobody here.
                (Some(person), Mode::Bulk) if !person.is(sheet) => {
                    school.leave_out("enrollments of users who are not registered here as that");
                    continue;
                }
                _ => {}
            }
            if has_ended && mode == Mode::Bulk {
                school.leave_out("enrollments that have ended");
                continue;
            }
            self.roster.enrollments = self.roster.enrollments.or(Some(grid.place(row)));
            let enrolled = school.enrolled.entry(class).or_default();
            if has_ended || status == Status::Gone {
                enrolled.left.insert(user);
            } else {
                enrolled.add(sheet, user);
            }
        }
    }
}

impl Enrolled {
    /// Adds somebody, once.
    pub(super) fn add(&mut self, sheet: Sheet, user: String) {
        let list = if sheet == Sheet::Children { &mut self.students } else { &mut self.teachers };
        list.push(user);
    }

    /// Each of them once, in the order in which they came, without those who left.
    pub(super) fn settle(&mut self) {
        for list in [&mut self.teachers, &mut self.students] {
            let mut seen = std::collections::HashSet::new();
            list.retain(|user| !self.left.contains(user) && seen.insert(user.clone()));
        }
    }
}
