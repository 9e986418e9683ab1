//! A made-up school to explore the service with. Its ids are the same at every start, so that examples can name them.

use jiff::{SignedDuration, Timestamp};

use super::{App, tracking};
use crate::app::access::hash_queue::Turn;
use crate::model::{
    Account, Age, Child, Error, Gender, Id, Institution, InstitutionFacts, NewGroup, Password, PasswordHash, Role,
    Text, Username,
};
use crate::store::{NewAccountRow, Tx};

pub use super::tracking::demo::{
    ACTIVITY, BODY_FAT, ENVIRONMENT, FIRST_DAY, LAST_DAY, MEASURED_AT, SECOND_DAY, SLEEP, WEIGHT, activity, day_totals,
    environment, sleep,
};

/// Everybody's password.
pub const PASSWORD: &str = "ocariot-demo";
/// How many children there are: `BR0001` and so on.
pub const CHILDREN: usize = 300;

/// The school that everybody below belongs to.
pub const INSTITUTION: &str = "019b8d2b8c00000064656d6f";
/// An institution that nobody belongs to.
pub const HEALTH_CENTER: &str = "019b8d2b8c00000164656d6f";
/// The administrator.
pub const ADMIN: &str = "019b8d2b8c00000264656d6f";
/// The first educator.
pub const EDUCATOR: &str = "019b8d2b8c00000364656d6f";
/// The first health professional.
pub const HEALTH_PROFESSIONAL: &str = "019b8d2b8c00000f64656d6f";
/// The application.
pub const APPLICATION: &str = "019b8d2b8c00001264656d6f";
/// The first child.
pub const CHILD: &str = "019b8d2b8c00001364656d6f";
/// The family of the first child.
pub const FAMILY: &str = "019b8d2b8c00013f64656d6f";
/// The class of the first educator.
pub const EDUCATOR_GROUP: &str = "019b8d2b8c0001d564656d6f";
/// The group of the first health professional.
pub const HEALTH_PROFESSIONAL_GROUP: &str = "019b8d2b8c0001e164656d6f";
/// The NFC tag of the first child.
pub const TAG: &str = "04a22422dd6480";

/// Somebody to log in as, of each type.
pub const LOGINS: [(Role, &str); 6] = [
    (Role::Admin, "admin"),
    (Role::Educator, "educator01"),
    (Role::HealthProfessional, "health01"),
    (Role::Family, "family001"),
    (Role::Child, "BR0001"),
    (Role::Application, "timetable"),
];

const CLASSES: usize = 12;
const HEALTH_PROFESSIONALS: usize = 3;
const FAMILIES: usize = CHILDREN / 2;
/// When all of it was made: 2026-01-05T08:00:00Z, in milliseconds.
const MADE_AT: i64 = 1_767_600_000_000;
const NODE: [u8; 4] = *b"demo";

impl App {
    /// Fills an empty store with the made-up school.
    ///
    /// # Errors
    /// `Conflict` if the store is not empty, or why it cannot write.
    pub async fn fill_demo(&self) -> Result<(), Error> {
        let hash = self.access.hasher.hash(Turn::of_the_machine(), Password::verbatim(PASSWORD)).await?;
        let made_at = Timestamp::from_millisecond(MADE_AT).map_err(Error::internal)?;
        self.store
            .write(move |tx| {
                // Of what is tracked, ids end as those of the database.
                tx.adopt_node(NODE)?;
                tx.made_up(made_at, NODE, |tx| {
                    let children = School { tx, hash: &hash }.fill()?;
                    tracking::demo::fill(tx, &children)
                })?;
                // A second later, so that these ids do not depend on how much there is before them.
                let later = made_at.checked_add(SignedDuration::from_secs(1)).map_err(Error::internal)?;
                let school = Id::parse(INSTITUTION).ok_or_else(|| Error::internal("the school's id is none"))?;
                tx.made_up(later, NODE, |tx| tracking::demo::fill_rooms(tx, school))
            })
            .await
    }
}

struct School<'a> {
    tx: &'a Tx<'a>,
    hash: &'a PasswordHash,
}

impl School<'_> {
    /// The order decides the ids above. Returns the children.
    fn fill(&self) -> Result<Vec<Id<Child>>, Error> {
        let school = self.institution("Escola Municipal Primavera", "School", "Rua das Flores 12, Campina Grande")?;
        self.institution("Centro de Saúde da Praça", "Health Center", "Praça Central 3, Campina Grande")?;
        self.user(Role::Admin, LOGINS[0].1, None)?;
        let educators = self.users(Role::Educator, CLASSES, school, |n| format!("educator{n:02}"))?;
        let professionals =
            self.users(Role::HealthProfessional, HEALTH_PROFESSIONALS, school, |n| format!("health{n:02}"))?;
        let application = self.user(Role::Application, "timetable", Some(school))?;
        self.tx.insert_application(application, &text("Timetable of the school"))?;
        let children = self.children(school)?;
        let families = self.users(Role::Family, FAMILIES, school, |n| format!("family{n:03}"))?;
        for (family, siblings) in families.iter().zip(children.chunks(2)) {
            self.tx.set_family_children(family.cast(), siblings)?;
        }
        self.groups(&educators, &children, "Class")?;
        self.groups(&professionals, &children, "Check-up")?;
        Ok(children)
    }

    fn institution(&self, name: &str, kind: &str, address: &str) -> Result<Id<Institution>, Error> {
        self.tx.insert_institution(&InstitutionFacts {
            name: text(name),
            kind: text(kind),
            address: Some(text(address)),
            latitude: Some(-7.230_6),
            longitude: Some(-35.881_1),
        })
    }

    fn user(&self, role: Role, name: &str, institution: Option<Id<Institution>>) -> Result<Id<Account>, Error> {
        let username = Username::verbatim(name.to_owned());
        self.tx.insert_account(&NewAccountRow { role, username: &username, hash: self.hash, institution })
    }

    /// Users whose names count from 1.
    fn users(
        &self,
        role: Role,
        count: usize,
        school: Id<Institution>,
        name: impl Fn(usize) -> String,
    ) -> Result<Vec<Id<Account>>, Error> {
        (1..=count).map(|n| self.user(role, &name(n), Some(school))).collect()
    }

    fn children(&self, school: Id<Institution>) -> Result<Vec<Id<Child>>, Error> {
        let children = self.users(Role::Child, CHILDREN, school, |n| format!("BR{n:04}"))?;
        for (n, child) in children.iter().enumerate() {
            let gender = if n % 2 == 0 { Gender::Female } else { Gender::Male };
            // Those of a class are of one age, from 6 to 11.
            let age = Age::verbatim((6 + n * CLASSES / CHILDREN / 2).to_string());
            self.tx.insert_child(*child, gender, &age, None)?;
        }
        if let Some(first) = children.first() {
            self.tx.set_tag(first.cast(), &text(TAG))?;
        }
        Ok(children.iter().map(Id::cast).collect())
    }

    /// Shares the children out among the owners, a group each.
    fn groups(&self, owners: &[Id<Account>], children: &[Id<Child>], name: &str) -> Result<(), Error> {
        for (n, (owner, members)) in owners.iter().zip(children.chunks(CHILDREN / owners.len())).enumerate() {
            let school_class = Some(text(&format!("{}", n + 1)));
            let name = text(&format!("{name} {}", n + 1));
            self.tx.insert_group(*owner, &NewGroup { name, school_class, children: members.to_vec() })?;
        }
        Ok(())
    }
}

fn text(words: &str) -> Text {
    Text::verbatim(words.to_owned())
}
