//! The sheets as OneRoster 1.1 (CSV, bulk), for programs that take that. Names of people are not known here, so their
//! columns are empty; health professionals and applications are nothing there.

use std::collections::HashMap;

use crate::app::rosters::cells::harmless;
use crate::app::rosters::export::columns;
use crate::model::rosters::{Column, Sheet};
use crate::model::{Error, calendar_date};

/// A file of the set.
struct File {
    name: &'static str,
    headers: &'static [&'static str],
    /// The sheets whose rows are in it.
    sheets: &'static [Sheet],
}

const FILES: [File; 5] = [
    File {
        name: "orgs.csv",
        headers: &["sourcedId", "status", "dateLastModified", "name", "type", "identifier", "parentSourcedId"],
        sheets: &[Sheet::Institutions],
    },
    File {
        name: "users.csv",
        headers: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "enabledUser",
            "orgSourcedIds",
            "role",
            "username",
            "userIds",
            "givenName",
            "familyName",
            "middleName",
            "identifier",
            "email",
            "sms",
            "phone",
            "agentSourcedIds",
            "grades",
            "password",
        ],
        sheets: &[Sheet::Families, Sheet::Children, Sheet::Educators],
    },
    File {
        name: "demographics.csv",
        headers: &["sourcedId", "status", "dateLastModified", "birthDate", "sex"],
        sheets: &[Sheet::Children],
    },
    File {
        name: "classes.csv",
        headers: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "title",
            "grades",
            "courseSourcedId",
            "classCode",
            "classType",
            "location",
            "schoolSourcedId",
            "termSourcedIds",
            "subjects",
            "subjectCodes",
            "periods",
        ],
        sheets: &[Sheet::Groups],
    },
    File {
        name: "enrollments.csv",
        headers: &[
            "sourcedId",
            "status",
            "dateLastModified",
            "classSourcedId",
            "schoolSourcedId",
            "userSourcedId",
            "role",
            "primary",
            "beginDate",
            "endDate",
        ],
        sheets: &[Sheet::Groups],
    },
];

/// The set in the making: its files are written one after another, in this order.
#[derive(Default)]
pub struct OneRoster {
    /// What things are known by there: by what another program called them, or by their ids.
    sources: HashMap<String, String>,
    /// Children's families.
    agents: HashMap<String, Vec<String>>,
    /// Where owners of groups belong.
    orgs: HashMap<String, String>,
    /// Classes that several teachers have, which are written once.
    classes: std::collections::HashSet<String>,
}

impl OneRoster {
    /// The files, and the sheets whose rows each needs, in order.
    pub fn files() -> impl Iterator<Item = (&'static str, &'static [Sheet])> {
        FILES.iter().map(|file| (file.name, file.sheets))
    }

    /// The file that says which others there are.
    #[must_use]
    pub fn manifest() -> (&'static str, String) {
        let mut text = "propertyName,value\r\nmanifest.version,1.0\r\noneroster.version,1.1\r\n".to_owned();
        for file in ["academicSessions", "categories", "classes", "classResources", "courses", "courseResources"]
            .into_iter()
            .chain(["demographics", "enrollments", "lineItems", "orgs", "resources", "results", "users"])
        {
            let is_there = FILES.iter().any(|known| known.name.strip_suffix(".csv") == Some(file));
            let word = if is_there { "bulk" } else { "absent" };
            text.push_str(&format!("file.{file},{word}\r\n"));
        }
        ("manifest.csv", text)
    }

    /// The next rows of a sheet as rows of a file, behind its headers if they are the first.
    ///
    /// # Errors
    /// `Internal`, which does not happen.
    pub fn rows(&mut self, name: &str, sheet: Sheet, rows: &[Vec<String>], first: bool) -> Result<String, Error> {
        let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
        let headers = FILES.iter().find(|file| file.name == name).map_or(&[][..], |file| file.headers);
        if first {
            writer.write_record(headers).map_err(Error::internal)?;
        }
        for row in rows {
            let cell = |column: Column| {
                let at = columns(sheet).position(|known| known == column);
                at.and_then(|at| row.get(at)).map(String::as_str).unwrap_or_default()
            };
            for record in self.records(name, sheet, &cell) {
                let filled = headers.iter().map(|header| {
                    let found = record.iter().find(|(known, _)| known == header);
                    found.map(|(_, value)| harmless(value)).unwrap_or_default()
                });
                writer.write_record(filled).map_err(Error::internal)?;
            }
        }
        super::export::text_of(writer)
    }

    fn source(&self, id: &str) -> String {
        self.sources.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }

    /// The rows of a file that a row of a sheet becomes.
    fn records<'c>(
        &mut self,
        file: &str,
        sheet: Sheet,
        cell: &impl Fn(Column) -> &'c str,
    ) -> Vec<Vec<(&'static str, String)>> {
        let (id, source) = (cell(Column::Id), cell(Column::SourcedId));
        let source = if source.is_empty() { id } else { source }.to_owned();
        if file != "classes.csv" && file != "enrollments.csv" {
            self.sources.insert(id.to_owned(), source.clone());
        }
        let org = || self.source(cell(Column::Institution));
        match (file, sheet) {
            ("orgs.csv", _) => {
                let (name, r#type) = (cell(Column::Name).to_owned(), cell(Column::Type).to_owned());
                vec![vec![("sourcedId", source), ("name", name), ("type", r#type)]]
            }
            ("users.csv", _) => {
                let (role, org) = (role(sheet), org());
                if sheet == Sheet::Families {
                    for child in cell(Column::Children).split_whitespace() {
                        self.agents.entry(child.to_owned()).or_default().push(source.clone());
                    }
                }
                if sheet == Sheet::Educators {
                    self.orgs.insert(id.to_owned(), org.clone());
                }
                let agents = self.agents.remove(id).unwrap_or_default().join(",");
                vec![vec![
                    ("sourcedId", source),
                    ("enabledUser", "true".to_owned()),
                    ("orgSourcedIds", org),
                    ("role", role.to_owned()),
                    ("username", cell(Column::Username).to_owned()),
                    ("agentSourcedIds", agents),
                ]]
            }
            ("demographics.csv", _) => {
                // An age in years is no date of birth.
                let born = Some(cell(Column::Age)).filter(|age| calendar_date(age).is_ok()).unwrap_or_default();
                let (born, sex) = (born.to_owned(), cell(Column::Gender).to_owned());
                vec![vec![("sourcedId", source), ("birthDate", born), ("sex", sex)]]
            }
            _ => self.of_class(file, &source, cell),
        }
    }

    /// A class is what the groups of all its teachers are.
    fn of_class<'c>(
        &mut self,
        file: &str,
        source: &str,
        cell: &impl Fn(Column) -> &'c str,
    ) -> Vec<Vec<(&'static str, String)>> {
        let owner = cell(Column::Owner);
        let class = source.split_once('|').map_or(source, |(class, _)| class).to_owned();
        // Groups of health professionals are no classes.
        let Some(org) = self.orgs.get(owner).cloned() else { return Vec::new() };
        let is_first = self.classes.insert(format!("{file} {class}"));
        if file == "classes.csv" {
            let row = vec![
                ("sourcedId", class),
                ("title", cell(Column::Name).to_owned()),
                ("classCode", cell(Column::SchoolClass).to_owned()),
                ("classType", "homeroom".to_owned()),
                ("schoolSourcedId", org),
            ];
            return if is_first { vec![row] } else { Vec::new() };
        }
        let member = |user: String, role: &str| {
            vec![
                ("sourcedId", format!("{class}-{user}")),
                ("classSourcedId", class.clone()),
                ("schoolSourcedId", org.clone()),
                ("userSourcedId", user),
                ("role", role.to_owned()),
            ]
        };
        let students = cell(Column::Children).split_whitespace().filter(|_| is_first);
        let teacher = std::iter::once(member(self.source(owner), "teacher"));
        teacher.chain(students.map(|child| member(self.source(child), "student"))).collect()
    }
}

fn role(sheet: Sheet) -> &'static str {
    match sheet {
        Sheet::Children => "student",
        Sheet::Families => "parent",
        _ => "teacher",
    }
}
