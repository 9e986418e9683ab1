//! The operations of the directory, a file per resource.

pub(in crate::api) mod accounts;
pub(in crate::api) mod applications;
pub(in crate::api) mod catalogue;
pub(in crate::api) mod children;
pub(in crate::api) mod educators;
pub(in crate::api) mod families;
pub(in crate::api) mod faults;
pub(in crate::api) mod fields;
pub(in crate::api) mod groups;
pub(in crate::api) mod healthprofessionals;
pub(in crate::api) mod institutions;
pub(in crate::api) mod professionals;
pub(in crate::api) mod schema;
pub(in crate::api) mod users;

use std::sync::Arc;

use crate::app::App;

/// All operations of the directory.
pub(in crate::api) type Apis = (
    users::UsersApi,
    institutions::InstitutionsApi,
    children::ChildrenApi,
    families::FamiliesApi,
    families::FamilyChildrenApi,
    educators::EducatorsApi,
    educators::EducatorGroupsApi,
    healthprofessionals::HealthProfessionalsApi,
    healthprofessionals::HealthProfessionalGroupsApi,
    applications::ApplicationsApi,
);

/// Makes them.
pub(in crate::api) fn apis(app: &Arc<App>) -> Apis {
    (
        users::UsersApi(Arc::clone(app)),
        institutions::InstitutionsApi(Arc::clone(app)),
        children::ChildrenApi(Arc::clone(app)),
        families::FamiliesApi(Arc::clone(app)),
        families::FamilyChildrenApi(Arc::clone(app)),
        educators::EducatorsApi(Arc::clone(app)),
        educators::EducatorGroupsApi(Arc::clone(app)),
        healthprofessionals::HealthProfessionalsApi(Arc::clone(app)),
        healthprofessionals::HealthProfessionalGroupsApi(Arc::clone(app)),
        applications::ApplicationsApi(Arc::clone(app)),
    )
}
