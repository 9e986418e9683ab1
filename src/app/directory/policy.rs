//! Who may do what in the directory (contract, section 4).

use crate::app::access::policy::{All, Grant, Operation, Row, Subject, Target, grant, operations, scopes, target};
use crate::model::{
    Account, Application, Child, Educator, Error, Family, Group, HealthProfessional, Id, Institution, Kind,
};

operations! {
    // operation                      name                            of   scope         A      P    E    H    F    C
    (Account) [users] {
        UserDelete                    user_delete                     one  delete        others -    -    -    -    -;
    }
    (Account) [applications children educators families healthprofessionals] {
        PasswordChange                password_change                 one  update        own    -    own  own  own  -;
    }
    (Account) [users] {
        PasswordReset                 password_reset                  one  resetPassword any    -    -    -    -    -;
        UserUnlock                    user_unlock                     one  resetPassword any    -    -    -    -    -;
        UserDeactivate                user_deactivate                 one  delete        others -    -    -    -    -;
        UserActivate                  user_activate                   one  delete        others -    -    -    -    -;
    }
    (Institution) [institutions] {
        InstitutionCreate             institution_create              all  create        any    -    -    -    -    -;
        InstitutionList               institution_list                all  readAll       any    any  any  any  -    -;
        InstitutionView               institution_view                one  read          any    any  any  any  inst inst;
        InstitutionUpdate             institution_update              one  update        any    -    inst inst -    -;
        InstitutionDelete             institution_delete              one  delete        any    -    -    -    -    -;
    }
    (Child) [children] {
        ChildCreate                   child_create                    all  create        any    -    -    -    -    -;
        ChildList                     child_list                      all  readAll       any    -    any  any  -    -;
        ChildView                     child_view                      one  read          any    -    any  any  kin  own;
        ChildUpdate                   child_update                    one  update        any    -    -    -    -    -;
    }
    (Child) [childrengroups] {
        ChildPasswordReset            child_password_reset            one  update        -      -    allowed -  -    -;
    }
    (TagOfChild) [children] {
        ChildViewByTag                child_view_by_tag               this read          any    -    any  any  kin  own;
    }
    (Child) [children] {
        ChildTagSet                   child_tag_set                   one  update        any    -    -    -    -    -;
        ChildTagClear                 child_tag_clear                 one  update        any    -    -    -    -    -;
    }
    (Educator) [educators] {
        EducatorCreate                educator_create                 all  create        any    -    -    -    -    -;
        EducatorList                  educator_list                   all  readAll       any    -    -    -    -    -;
        EducatorView                  educator_view                   one  read          any    -    own  -    -    -;
        EducatorUpdate                educator_update                 one  update        any    -    own  -    -    -;
    }
    (Educator, Group) [childrengroups] {
        EducatorGroupCreate           educator_group_create           one  create        -      -    own  -    -    -;
        EducatorGroupList             educator_group_list             one  read          -      -    own  -    -    -;
        EducatorGroupView             educator_group_view             part read          -      -    own  -    -    -;
        EducatorGroupUpdate           educator_group_update           part update        -      -    own  -    -    -;
        EducatorGroupDelete           educator_group_delete           part delete        -      -    own  -    -    -;
    }
    (HealthProfessional) [healthprofessionals] {
        HealthProfessionalCreate      healthprofessional_create       all  create        any    -    -    -    -    -;
        HealthProfessionalList        healthprofessional_list         all  readAll       any    -    -    -    -    -;
        HealthProfessionalView        healthprofessional_view         one  read          any    -    -    own  -    -;
        HealthProfessionalUpdate      healthprofessional_update       one  update        any    -    -    own  -    -;
    }
    (HealthProfessional, Group) [childrengroups] {
        HealthProfessionalGroupCreate healthprofessional_group_create one  create        -      -    -    own  -    -;
        HealthProfessionalGroupList   healthprofessional_group_list   one  read          -      -    -    own  -    -;
        HealthProfessionalGroupView   healthprofessional_group_view   part read          -      -    -    own  -    -;
        HealthProfessionalGroupUpdate healthprofessional_group_update part update        -      -    -    own  -    -;
        HealthProfessionalGroupDelete healthprofessional_group_delete part delete        -      -    -    own  -    -;
    }
    (Family) [families] {
        FamilyCreate                  family_create                   all  create        any    -    -    -    -    -;
        FamilyList                    family_list                     all  readAll       any    -    -    -    -    -;
        FamilyView                    family_view                     one  read          any    -    -    -    own  -;
        FamilyUpdate                  family_update                   one  update        any    -    -    -    own  -;
    }
    (Family, Child) [families] {
        FamilyChildList               family_child_list               one  read          any    -    -    -    own  -;
        FamilyChildAdd                family_child_add                part create        any    -    -    -    -    -;
        FamilyChildRemove             family_child_remove             part delete        any    -    -    -    -    -;
    }
    (Application) [applications] {
        ApplicationCreate             application_create              all  create        any    -    -    -    -    -;
        ApplicationList               application_list                all  readAll       any    -    -    -    -    -;
        ApplicationView               application_view                one  read          any    own  -    -    -    -;
        ApplicationUpdate             application_update              one  update        any    -    -    -    -    -;
    }
}

/// The NFC tag of a child.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagOfChild(pub String);

impl Target for TagOfChild {
    fn subject(&self) -> Subject {
        Subject::Tag(self.0.clone())
    }

    /// A child that is not the caller's is one that does not exist.
    fn refusal() -> Error {
        Error::NotFound(Kind::Child)
    }
}

/// An operation that has a deed in common with another.
pub trait Does<D>: Operation {}

/// What educators and health professionals have in common: two names, one set of deeds.
pub mod deed {
    /// Registering one.
    pub enum ProfessionalCreate {}
    /// Listing them.
    pub enum ProfessionalList {}
    /// Viewing one.
    pub enum ProfessionalView {}
    /// Changing one.
    pub enum ProfessionalUpdate {}
    /// Making a group.
    pub enum GroupCreate {}
    /// Listing the groups of one.
    pub enum GroupList {}
    /// Viewing a group.
    pub enum GroupView {}
    /// Changing a group.
    pub enum GroupUpdate {}
    /// Deleting a group.
    pub enum GroupDelete {}
}

macro_rules! deeds {
    ($($deed:ident: $($operation:ident)+;)+) => {
        $($(impl Does<deed::$deed> for $operation {})+)+
    };
}

deeds! {
    ProfessionalCreate: EducatorCreate HealthProfessionalCreate;
    ProfessionalList: EducatorList HealthProfessionalList;
    ProfessionalView: EducatorView HealthProfessionalView;
    ProfessionalUpdate: EducatorUpdate HealthProfessionalUpdate;
    GroupCreate: EducatorGroupCreate HealthProfessionalGroupCreate;
    GroupList: EducatorGroupList HealthProfessionalGroupList;
    GroupView: EducatorGroupView HealthProfessionalGroupView;
    GroupUpdate: EducatorGroupUpdate HealthProfessionalGroupUpdate;
    GroupDelete: EducatorGroupDelete HealthProfessionalGroupDelete;
}
