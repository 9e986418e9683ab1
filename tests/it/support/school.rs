//! One of everything, and the same once more for strangers.

use super::{Client, Person, World};

/// An institution with one user of each type, who belong together.
pub struct School {
    pub institution: String,
    pub child: Person,
    /// In the same family, and in the same groups.
    pub sibling: Person,
    pub family: Person,
    pub educator: Person,
    pub educator_group: String,
    pub professional: Person,
    pub professional_group: String,
    pub application: Person,
}

impl World {
    pub async fn school(&self) -> School {
        let institution = self.admin().await.make_institution().await;
        let child = self.person("children", &institution, &[]).await;
        let sibling = self.person("children", &institution, &[]).await;
        let children = [child.id.as_str(), sibling.id.as_str()];
        let family = self.person("families", &institution, &children).await;
        let educator = self.person("educators", &institution, &[]).await;
        let professional = self.person("healthprofessionals", &institution, &[]).await;
        let application = self.person("applications", &institution, &[]).await;
        let owner = format!("educators/{}", educator.id);
        let educator_group = educator.client.make_group(&owner, &children).await;
        let owner = format!("healthprofessionals/{}", professional.id);
        let professional_group = professional.client.make_group(&owner, &children).await;
        School {
            institution,
            child,
            sibling,
            family,
            educator,
            educator_group,
            professional,
            professional_group,
            application,
        }
    }
}

/// The path that users of a type live under.
pub const PATHS: [&str; 5] = ["children", "families", "educators", "healthprofessionals", "applications"];

impl School {
    /// The user of the type that lives under this path.
    pub fn of(&self, path: &str) -> &Person {
        match path {
            "children" => &self.child,
            "families" => &self.family,
            "educators" => &self.educator,
            "healthprofessionals" => &self.professional,
            "applications" => &self.application,
            other => panic!("nobody lives under {other}"),
        }
    }

    pub fn client(&self, path: &str) -> &Client {
        &self.of(path).client
    }
}
