//! OneRoster's people: what each is, where, born when, and who belongs to whom.

use std::collections::{BTreeSet, HashMap};

use crate::app::rosters::read::MOST_ROWS;
use crate::app::rosters::read::grid::{Grid, GridRow};
use crate::app::rosters::read::standards::delta::known_as;
use crate::app::rosters::read::standards::reader::{Grids, Mode, Reader};
use crate::app::rosters::read::standards::words::{self, Status, Strokes};
use crate::app::rosters::read::standards::{Part, Person, School, listed, source};
use crate::app::rosters::rows::{Place, Wrong};
use crate::app::rosters::usernames::Usernames;
use crate::model::Error;
use crate::model::rosters::Sheet;
use crate::store::View;

/// The most pairs of a parent and a child.
const MOST_KIN: usize = 2 * MOST_ROWS;

/// A role that somebody has, and where.
struct Role {
    sheet: Option<Sheet>,
    org: String,
    is_first: bool,
    status: Status,
}

impl Role {
    fn of(sheet: Option<Sheet>, org: &str) -> Self {
        Self { sheet, org: org.to_owned(), is_first: false, status: Status::Active }
    }
}

impl Reader<'_> {
    /// Everybody in users.csv and roles.csv.
    ///
    /// # Errors
    /// Those of the store: what somebody is of whom a delta does not say it, is known there.
    pub(super) fn people(
        &mut self,
        view: &View<'_>,
        (grids, mode): (&Grids, Mode),
        school: &mut School,
    ) -> Result<(), Error> {
        let mut roles = grids.get("roles").map(|grid| self.roles(grid)).unwrap_or_default();
        if let Some(users) = grids.get("users") {
            for row in &users.rows {
                let Some(source) = source(users, row, "sourcedid", self.roster) else { continue };
                if let Some(first) = school.people.get(&source) {
                    let message = format!("row {} of {} has the same id: leave one out", first.place.row, users.name());
                    users.refuse(self.roster, row, Some("sourcedid"), Wrong::conflict(message));
                    continue;
                }
                let roles = match (roles.remove(&source), users.has("role")) {
                    (Some((_, roles)), _) => roles,
                    (None, true) => self.role_of_user(users, row),
                    (None, false) if mode == Mode::Delta => {
                        let sheets = known_as(view, &source)?.into_iter();
                        sheets.map(|sheet| Role::of(Some(sheet), "")).collect()
                    }
                    (None, false) => Vec::new(),
                };
                self.person((users, row), source, roles, school);
            }
        }
        // Of a delta, those whose role alone changed; of a whole set, nobody.
        let mut others: Vec<_> = roles.into_iter().collect();
        others.sort_by(|one, other| one.0.cmp(&other.0));
        for (source, (place, roles)) in others {
            match mode {
                Mode::Delta => self.without_user(source, roles, place, school),
                Mode::Bulk => self.refuse_stranger(place, "usersourcedid"),
            }
        }
        Ok(())
    }

    /// A row is about somebody whom users.csv does not name.
    fn refuse_stranger(&mut self, place: Place, header: &str) {
        let file = self.roster.files[place.file].file.clone();
        let message = format!(
            "there is nobody of this id in users.csv: export both at once, or leave the column out with --ignore {header}"
        );
        self.roster.problems.cell(&file, place, Some((header, None)), Wrong::refused(message));
    }

    /// The roles of roles.csv, by user, and where the first stands.
    fn roles(&mut self, grid: &Grid) -> HashMap<String, (Place, Vec<Role>)> {
        let mut roles: HashMap<String, (Place, Vec<Role>)> = HashMap::new();
        for row in &grid.rows {
            let Some(user) = source(grid, row, "usersourcedid", self.roster) else { continue };
            let (status, sheet) = (self.status(grid, row), self.word((grid, row, "role"), words::role));
            let (Some(status), Some(sheet)) = (status, sheet) else { continue };
            let org = listed(grid.get(row, "orgsourcedid")).next().unwrap_or_default().to_owned();
            let is_first = grid.get(row, "roletype").eq_ignore_ascii_case("primary")
                || grid.get(row, "isprimary").eq_ignore_ascii_case("true");
            let (_, of_user) = roles.entry(user).or_insert_with(|| (grid.place(row), Vec::new()));
            of_user.push(Role { sheet, org, is_first, status });
        }
        roles
    }

    /// The role in users.csv itself, as 1.1 has it.
    fn role_of_user(&mut self, users: &Grid, row: &GridRow) -> Vec<Role> {
        let Some(sheet) = self.word((users, row, "role"), words::role) else { return Vec::new() };
        let orgs = listed(users.get(row, "orgsourcedids"));
        let roles: Vec<_> = orgs.map(|org| Role::of(sheet, org)).collect();
        if roles.is_empty() { vec![Role::of(sheet, "")] } else { roles }
    }

    fn person(&mut self, (users, row): (&Grid, &GridRow), source: String, roles: Vec<Role>, school: &mut School) {
        let status = self.status(users, row);
        let enabled = self.word((users, row, "enableduser"), words::truth);
        let (Some(status), Some(enabled)) = (status, enabled) else { return };
        let first_org = users.get(row, "primaryorgsourcedid").to_owned();
        let is_gone = status == Status::Gone || !enabled;
        let mut person = Person { place: users.place(row), parts: Vec::new(), gender: None, born: None };
        let (mut elsewhere, mut is_told) = (false, false);
        let sheets: BTreeSet<_> = roles.iter().filter_map(|role| role.sheet).collect();
        for sheet in sheets {
            let of_sheet: Vec<_> = roles.iter().filter(|role| role.sheet == Some(sheet)).collect();
            let active: Vec<_> = of_sheet.iter().filter(|role| role.status == Status::Active).collect();
            if is_gone || active.is_empty() {
                self.roster.gone.push((sheet, source.clone(), person.place));
                continue;
            }
            let orgs: BTreeSet<_> = active.iter().map(|role| role.org.as_str()).filter(|org| !org.is_empty()).collect();
            elsewhere =
                elsewhere || (orgs.len() > 1 && first_org.is_empty() && !active.iter().any(|role| role.is_first));
            let first = active.iter().find(|role| role.is_first).or(active.first());
            let org =
                if first_org.is_empty() { first.map_or("", |role| &role.org).to_owned() } else { first_org.clone() };
            person.parts.push(Part { sheet, org, username: self.username(users, row, sheet) });
            is_told = true;
        }
        match (is_told, is_gone, elsewhere) {
            (_, true, _) => school.leave_out("users who are to be deleted or are not enabled"),
            (false, ..) => {
                school.leave_out("users whose role is registered nowhere here, such as principal or proctor")
            }
            (true, _, true) => school.leave_out("second schools of users: each is in the first that is named"),
            (true, ..) => {}
        }
        school.people.insert(source, person);
    }

    fn username(&self, users: &Grid, row: &GridRow, sheet: Sheet) -> String {
        match (self.options.usernames.get(&sheet), sheet) {
            (Some(Usernames::Header(header)), _) => users.get(row, header).to_owned(),
            // Of a child it would be its name: only what was chosen is taken.
            (Some(Usernames::Pattern(_)), _) | (None, Sheet::Children) => String::new(),
            (None, _) => users.get(row, "username").to_owned(),
        }
    }

    /// Somebody of whom a delta has roles and no more.
    fn without_user(&mut self, source: String, roles: Vec<Role>, place: Place, school: &mut School) {
        let mut person = Person { place, parts: Vec::new(), gender: None, born: None };
        for Role { sheet, org, status, .. } in roles {
            match (sheet, status) {
                (Some(sheet), Status::Gone) => self.roster.gone.push((sheet, source.clone(), place)),
                (Some(sheet), Status::Active) if !person.is(sheet) => {
                    person.parts.push(Part { sheet, org, username: String::new() });
                }
                _ => {}
            }
        }
        school.people.insert(source, person);
    }

    /// When children were born, and whether they are girls or boys.
    pub(super) fn demographics(&mut self, grids: &Grids, mode: Mode, school: &mut School) {
        let Some(grid) = grids.get("demographics") else { return };
        let header = if grid.has("usersourcedid") { "usersourcedid" } else { "sourcedid" };
        let mut seen: HashMap<String, usize> = HashMap::new();
        for row in &grid.rows {
            let Some(source) = source(grid, row, header, self.roster) else { continue };
            let place = grid.place(row);
            if let Some(first) = seen.insert(source.clone(), place.row) {
                let message = format!("row {first} of {} has the same id: leave one out", grid.name());
                grid.refuse(self.roster, row, Some(header), Wrong::conflict(message));
                continue;
            }
            if self.status(grid, row) != Some(Status::Active) {
                continue;
            }
            let gender = self.word((grid, row, "sex"), words::gender).flatten();
            let rules = self.rules;
            let born = self.word((grid, row, "birthdate"), |text| words::day(text, Strokes::Unknown, rules)).flatten();
            match (school.people.get_mut(&source), mode) {
                (Some(person), _) => (person.gender, person.born) = (gender, born),
                (None, Mode::Bulk) => school.leave_out("demographics of users who are not in users.csv"),
                (None, Mode::Delta) => {
                    school.people.insert(source, Person { place, parts: Vec::new(), gender, born });
                }
            }
        }
    }

    /// Who is whose child: in users.csv, in either direction, or in relationships.csv.
    pub(super) fn kin(&mut self, grids: &Grids, mode: Mode, school: &mut School) {
        let mut pairs: Vec<(String, String, Place, &str)> = Vec::new();
        if let Some(users) = grids.get("users") {
            for row in &users.rows {
                let user = users.get(row, "sourcedid");
                let agents = listed(users.get(row, "agentsourcedids"));
                let pair = |agent: &str| (user.to_owned(), agent.to_owned(), users.place(row), "agentsourcedids");
                pairs.extend(agents.map(pair).take(MOST_KIN + 1 - pairs.len().min(MOST_KIN)));
            }
        }
        if let Some(grid) = grids.get("relationships") {
            for row in &grid.rows {
                let (one, other) = (grid.get(row, "usersourcedid"), grid.get(row, "relationshipusersourcedid"));
                if self.status(grid, row) == Some(Status::Active) {
                    pairs.push((one.to_owned(), other.to_owned(), grid.place(row), "relationshipusersourcedid"));
                }
            }
        }
        if pairs.len() > MOST_KIN {
            let message = format!("it names more than {MOST_KIN} parents of children: import it in several parts");
            return self.roster.problems.file("users.csv", message);
        }
        for (one, other, place, header) in pairs {
            let person = |source: &str| school.people.get(source);
            match (person(&one), person(&other), mode) {
                (Some(first), Some(second), _) => {
                    let is = |person: &Person, sheet| person.is(sheet);
                    if is(first, Sheet::Families) && is(second, Sheet::Children) {
                        school.kin.push((one, other, place));
                    } else if is(second, Sheet::Families) && is(first, Sheet::Children) {
                        school.kin.push((other, one, place));
                    }
                }
                (_, _, Mode::Bulk) => self.refuse_stranger(place, header),
                // A delta names whom it does not hold; what they are is known here.
                (_, _, Mode::Delta) => school.kin.push((one, other, place)),
            }
        }
    }
}
