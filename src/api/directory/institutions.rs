//! `/institutions`: the places that users belong to.

use std::sync::Arc;

use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Serialize;

use crate::api::access::auth::Auth;
use crate::api::directory::catalogue::Tag;
use crate::api::http::body::{Body, Fields, ReadBody, missing};
use crate::api::http::params::{ListQuery, Path};
use crate::api::http::query::ListShape;
use crate::api::http::reply::{Created, Done, Found, ListPage};
use crate::api::http::schema::{Degrees, GivenDegrees, IdText};
use crate::app::policy::{
    All, InstitutionCreate, InstitutionDelete, InstitutionList, InstitutionUpdate, InstitutionView,
};
use crate::app::{App, demo};
use crate::model::{Field, Institution, InstitutionFacts, InstitutionPatch, Invalid, Text, query};

pub(in crate::api) struct InstitutionsApi(pub(in crate::api) Arc<App>);

const LIST: ListShape = ListShape { max_limit: query::Page::MAX_LIMIT, of_users: false, ignored: &[] };

#[OpenApi(prefix_path = "/v1/institutions", tag = "Tag::Institutions")]
impl InstitutionsApi {
    /// Register an institution
    ///
    /// The answer's `id` is the `institution_id` of everybody who belongs to it.
    #[oai(path = "/", method = "post", operation_id = "institution_create")]
    async fn institution_create(
        &self,
        auth: Auth<InstitutionCreate>,
        body: Body<NewInstitution>,
    ) -> poem::Result<Created<InstitutionBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let facts = body.read(self.0.field_rules()).await?;
        Ok(Created::of(self.0.institution_create(permit, facts).await?))
    }

    /// List institutions
    #[oai(path = "/", method = "get", operation_id = "institution_list")]
    async fn institution_list(
        &self,
        auth: Auth<InstitutionList>,
        query: ListQuery,
    ) -> poem::Result<ListPage<InstitutionBody>> {
        let permit = auth.permit(&self.0, All::new())?;
        let query = query.read(LIST, self.0.field_rules())?;
        ListPage::read(self.0.institution_list(&permit, query)?).await
    }

    /// View an institution
    #[oai(path = "/:institution_id", method = "get", operation_id = "institution_view")]
    async fn institution_view(
        &self,
        auth: Auth<InstitutionView>,
        institution_id: Path<Institution>,
    ) -> poem::Result<Found<InstitutionBody>> {
        let permit = auth.permit(&self.0, institution_id.id()?)?;
        Ok(Found::of(self.0.institution_view(&permit)?))
    }

    /// Change an institution
    ///
    /// What the body does not name stays as it is.
    #[oai(path = "/:institution_id", method = "patch", operation_id = "institution_update")]
    async fn institution_update(
        &self,
        auth: Auth<InstitutionUpdate>,
        institution_id: Path<Institution>,
        body: Body<InstitutionChanges>,
    ) -> poem::Result<Found<InstitutionBody>> {
        let permit = auth.permit(&self.0, institution_id.id()?)?;
        let patch = body.read(self.0.field_rules()).await?;
        Ok(Found::of(self.0.institution_update(permit, patch).await?))
    }

    /// Delete an institution
    ///
    /// Refused as long as a user belongs to it. Deleting one that is gone succeeds.
    #[oai(path = "/:institution_id", method = "delete", operation_id = "institution_delete")]
    async fn institution_delete(
        &self,
        auth: Auth<InstitutionDelete>,
        institution_id: Path<Institution>,
    ) -> poem::Result<Done> {
        let permit = auth.permit(&self.0, institution_id.id()?)?;
        Ok(self.0.institution_delete(permit).await?.into())
    }
}

/// An institution.
#[derive(Object, Serialize)]
#[oai(rename = "Institution", example, skip_serializing_if_is_none)]
pub(in crate::api) struct InstitutionBody {
    /// Made by the service.
    id: IdText,
    /// What it is.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    kind: String,
    /// Unique among all institutions.
    name: String,
    /// Where its post goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    /// In degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    latitude: Option<Degrees<90>>,
    /// In degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    longitude: Option<Degrees<180>>,
}

impl Example for InstitutionBody {
    fn example() -> Self {
        Self {
            id: IdText::example(demo::INSTITUTION),
            kind: "School".to_owned(),
            name: "Escola Municipal Primavera".to_owned(),
            address: Some("Rua das Flores 12, Campina Grande".to_owned()),
            latitude: Some(Degrees(-7.230_6)),
            longitude: Some(Degrees(-35.881_1)),
        }
    }
}

impl From<Institution> for InstitutionBody {
    fn from(institution: Institution) -> Self {
        let Institution { id, facts } = institution;
        Self {
            id: IdText::of(id),
            kind: facts.kind.as_str().to_owned(),
            name: facts.name.as_str().to_owned(),
            address: facts.address.map(|address| address.as_str().to_owned()),
            latitude: facts.latitude.map(Degrees),
            longitude: facts.longitude.map(Degrees),
        }
    }
}

/// What is needed to register an institution.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in crate::api) struct NewInstitution {
    /// Unique among all institutions.
    #[oai(validator(min_length = 1, max_length = 256))]
    name: String,
    /// What it is.
    #[oai(rename = "type", validator(min_length = 1, max_length = 256))]
    kind: String,
    /// Where its post goes.
    #[oai(validator(min_length = 1, max_length = 1024))]
    address: Option<String>,
    /// In degrees, from -90 to 90.
    latitude: Option<GivenDegrees<90>>,
    /// In degrees, from -180 to 180.
    longitude: Option<GivenDegrees<180>>,
}

impl Example for NewInstitution {
    fn example() -> Self {
        Self {
            name: "Sunflower School".to_owned(),
            kind: "Elementary School".to_owned(),
            address: Some("221B Baker Street, London".to_owned()),
            latitude: Some(GivenDegrees::number(51.5237)),
            longitude: Some(GivenDegrees::number(-0.1585)),
        }
    }
}

impl ReadBody for NewInstitution {
    type Model = InstitutionFacts;

    fn read(fields: &Fields) -> Result<InstitutionFacts, Invalid> {
        let InstitutionPatch { name, kind, address, latitude, longitude } = InstitutionChanges::read(fields)?;
        let given = [(Field::Name, name.is_some()), (Field::Type, kind.is_some())];
        let (name, kind): (Text, Text) = name.zip(kind).ok_or_else(|| missing(&given))?;
        Ok(InstitutionFacts { name, kind, address, latitude, longitude })
    }
}

/// What to change of an institution; what is absent stays as it is.
#[derive(Object)]
#[oai(example, skip_serializing_if_is_none)]
pub(in crate::api) struct InstitutionChanges {
    /// Unique among all institutions.
    #[oai(validator(min_length = 1, max_length = 256))]
    name: Option<String>,
    /// What it is.
    #[oai(rename = "type", validator(min_length = 1, max_length = 256))]
    kind: Option<String>,
    /// Where its post goes.
    #[oai(validator(min_length = 1, max_length = 1024))]
    address: Option<String>,
    /// In degrees, from -90 to 90.
    latitude: Option<GivenDegrees<90>>,
    /// In degrees, from -180 to 180.
    longitude: Option<GivenDegrees<180>>,
}

impl Example for InstitutionChanges {
    fn example() -> Self {
        Self {
            name: Some("Sunflower Primary School".to_owned()),
            kind: None,
            address: Some("223 Baker Street, London".to_owned()),
            latitude: None,
            longitude: None,
        }
    }
}

impl ReadBody for InstitutionChanges {
    type Model = InstitutionPatch;

    fn read(fields: &Fields) -> Result<InstitutionPatch, Invalid> {
        Ok(InstitutionPatch {
            name: fields.text(Field::Name)?,
            kind: fields.text(Field::Type)?,
            address: fields.address()?,
            latitude: fields.degrees(Field::Latitude, 90.0)?,
            longitude: fields.degrees(Field::Longitude, 180.0)?,
        })
    }
}
