//! OneRoster 1.1 and 1.2 as CSV, and Microsoft's School Data Sync 2.1, which is nearly the same: whole sets (bulk), and
//! what changed since one (delta).

use std::collections::HashMap;

use crate::app::FieldRules;
use crate::app::rosters::read::grid::{Grid, GridRow};
use crate::app::rosters::read::names::table_name;
use crate::app::rosters::read::standards::reader::{Grids, Mode, Modes, Reader};
use crate::app::rosters::read::standards::words::Status;
use crate::app::rosters::read::standards::{Class, Org, School, delta, kinds, source};
use crate::app::rosters::read::{Files, ReadOptions, Roster};
use crate::app::rosters::rows::Wrong;
use crate::app::rosters::usernames::Usernames;
use crate::model::Error;
use crate::model::rosters::Sheet;
use crate::store::View;

/// Whether these are files of OneRoster or of School Data Sync.
pub(in crate::app::rosters::read) fn is_oneroster(files: &Files) -> bool {
    let known = |name: &str| kinds::ONEROSTER.iter().any(|kind| kind.name == name);
    files.keys().any(|name| table_name(name).is_some_and(|name| known(&name)))
}

/// Reads the files.
///
/// # Errors
/// Those of the store: a delta is completed by what there is.
pub(in crate::app::rosters::read) fn read(
    view: &View<'_>,
    files: Files,
    options: &ReadOptions,
    rules: &FieldRules,
    roster: &mut Roster,
) -> Result<(), Error> {
    roster.form = "OneRoster";
    let grids = grids(files, options, roster);
    if roster.problems.count > 0 {
        return Ok(());
    }
    let modes = Modes::of(&grids, roster);
    roster.form = form(&grids, roster);
    if roster.problems.count > 0 {
        return Ok(());
    }
    let (mut reader, mut school) = (Reader { roster, options, rules }, School::default());
    if let Some(orgs) = grids.get("orgs") {
        reader.orgs(orgs, &mut school);
    }
    reader.people(view, (&grids, modes.people), &mut school)?;
    reader.demographics(&grids, modes.people, &mut school);
    reader.kin(&grids, modes.people, &mut school);
    reader.classes(&grids, &mut school);
    reader.enrollments(&grids, modes.classes, &mut school);
    roster.whole = modes.whole(&grids);
    if modes.people == Mode::Delta || modes.classes == Mode::Delta {
        delta::complete(view, &mut school, modes, roster)?;
    }
    // What could not be read would be missing everywhere.
    if roster.problems.count == 0 {
        school.write(roster);
    }
    Ok(())
}

/// Reads the files as tables.
fn grids(files: Files, options: &ReadOptions, roster: &mut Roster) -> Grids {
    let columns: Vec<&str> = options
        .usernames
        .values()
        .filter_map(|usernames| match usernames {
            Usernames::Header(header) => Some(header.as_str()),
            Usernames::Pattern(_) => None,
        })
        .collect();
    let mut grids = Grids::new();
    for (name, bytes) in files {
        let bare = table_name(&name).unwrap_or_default();
        if kinds::ELSEWHERE.contains(&bare.as_str()) {
            roster.left_out.push(format!("{name}: nothing in it is registered here"));
            continue;
        }
        let Some(kind) = kinds::ONEROSTER.iter().find(|kind| kind.name == bare) else {
            roster.problems.file(&name, "it is none of OneRoster's files, as others here are: put it elsewhere");
            continue;
        };
        let also = if kind.name == "users" { columns.as_slice() } else { &[] };
        if let Some(grid) = Grid::read((name, bytes), kind, also, options, roster) {
            for column in also.iter().filter(|column| !grid.has(column)) {
                let message = format!("it has no column {column}, which --usernames names: name one that is there");
                roster.problems.file(grid.name(), message);
            }
            grids.insert(kind.name, grid);
        }
    }
    grids
}

impl Modes {
    /// The sheets of which everything is there.
    fn whole(self, grids: &Grids) -> Vec<Sheet> {
        let people = [Sheet::Children, Sheet::Educators, Sheet::Families];
        let people = people.into_iter().filter(|_| self.people == Mode::Bulk && grids.contains_key("users"));
        let groups = [Sheet::Groups].into_iter();
        people.chain(groups.filter(|_| self.classes == Mode::Bulk && grids.contains_key("enrollments"))).collect()
    }

    /// As the manifest says; a set without one is whole. What does not fit together is noted as a problem.
    fn of(grids: &Grids, roster: &mut Roster) -> Self {
        let mut said: HashMap<&str, Mode> = HashMap::new();
        if let Some(manifest) = grids.get("manifest") {
            for row in &manifest.rows {
                let property = manifest.get(row, "propertyname").to_ascii_lowercase();
                let Some(kind) = property
                    .strip_prefix("file.")
                    .and_then(|name| kinds::ONEROSTER.iter().find(|kind| kind.name.eq_ignore_ascii_case(name)))
                else {
                    continue;
                };
                let there = grids.contains_key(kind.name);
                let wrong = match (manifest.get(row, "value").to_ascii_lowercase().as_str(), there) {
                    ("bulk", true) => said.insert(kind.name, Mode::Bulk).map(drop).and(None),
                    ("delta", true) => said.insert(kind.name, Mode::Delta).map(drop).and(None),
                    ("absent", false) => None,
                    ("absent", true) => Some("it says that this file is absent, and it is there: export both anew"),
                    ("bulk" | "delta", false) => {
                        Some("it names this file, and it is not there: put all files of one export together")
                    }
                    _ => Some("this is none of bulk, delta and absent: export the manifest anew"),
                };
                if let Some(message) = wrong {
                    manifest.refuse(roster, row, Some("value"), Wrong::refused(message));
                }
            }
        }
        let mut one = |names: &[&'static str]| {
            let mut modes: Vec<_> = names.iter().filter(|name| grids.contains_key(**name)).collect::<Vec<_>>();
            modes.sort_unstable();
            let of = |name: &&&str| said.get(**name).copied().unwrap_or(Mode::Bulk);
            let first = modes.first().map_or(Mode::Bulk, of);
            if modes.iter().any(|name| of(name) != first) {
                let message =
                    format!("it calls some of {} bulk and some delta: export them in one way", names.join(", "));
                roster.problems.file("manifest.csv", message);
            }
            first
        };
        let people = one(&["users", "roles", "demographics", "relationships"]);
        let classes = one(&["classes", "enrollments"]);
        let pairs =
            [(people, "users", "orgs"), (classes, "enrollments", "classes"), (classes, "classes", "enrollments")];
        for (mode, there, needed) in pairs {
            if mode == Mode::Bulk && grids.contains_key(there) && !grids.contains_key(needed) {
                let message =
                    format!("{needed}.csv is missing, without which {there}.csv cannot be read: put it there, too");
                roster.problems.file(&format!("{there}.csv"), message);
            }
        }
        if (people == Mode::Bulk || classes == Mode::Bulk) && !grids.contains_key("users") {
            roster.problems.file("", "users.csv is missing, which says who there is: put it there, too");
        }
        Self { people, classes }
    }
}

/// What the standard is: as the manifest says, else by what is in the files.
fn form(grids: &Grids, roster: &mut Roster) -> &'static str {
    let said = grids.get("manifest").and_then(|manifest| {
        let is_version = |row: &&GridRow| manifest.get(row, "propertyname").eq_ignore_ascii_case("oneroster.version");
        manifest.rows.iter().find(is_version).map(|row| (manifest, row))
    });
    if let Some((manifest, row)) = said {
        match manifest.get(row, "value") {
            "1.1" => return "OneRoster 1.1",
            "1.2" => return "OneRoster 1.2",
            _ => {
                let message = "this is no version of OneRoster that is understood: export 1.1 or 1.2";
                manifest.refuse(roster, row, Some("value"), Wrong::refused(message));
            }
        }
    }
    let has = |file: &str, header: &str| grids.get(file).is_some_and(|grid| grid.has(header));
    match (grids.contains_key("roles"), has("users", "status") || has("orgs", "status")) {
        (true, true) => "OneRoster 1.2",
        (true, false) => "Microsoft SDS 2.1",
        (false, _) => "OneRoster 1.1",
    }
}

impl Reader<'_> {
    fn orgs(&mut self, grid: &Grid, school: &mut School) {
        for row in &grid.rows {
            let Some(source) = source(grid, row, "sourcedid", self.roster) else { continue };
            match self.status(grid, row) {
                Some(Status::Active) => {
                    let (name, r#type) = (grid.get(row, "name").to_owned(), grid.get(row, "type").to_owned());
                    school.orgs.push(Org { place: grid.place(row), source, name, r#type });
                }
                Some(Status::Gone) => {
                    school.leave_out("organisations that are to be deleted: delete them by themselves")
                }
                None => {}
            }
        }
    }

    fn classes(&mut self, grids: &Grids, school: &mut School) {
        let Some(grid) = grids.get("classes") else { return };
        for row in &grid.rows {
            let Some(source) = source(grid, row, "sourcedid", self.roster) else { continue };
            match self.status(grid, row) {
                Some(Status::Active) => school.classes.push(Class {
                    place: grid.place(row),
                    source,
                    title: grid.get(row, "title").to_owned(),
                    code: grid.get(row, "classcode").to_owned(),
                }),
                Some(Status::Gone) => self.roster.gone.push((Sheet::Groups, source, grid.place(row))),
                None => {}
            }
        }
    }
}
