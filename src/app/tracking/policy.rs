//! Who may do what with what is tracked (contract of tracking, section 4).

use crate::app::access::policy::{
    All, DataOf, Grant, Operation, Row, Subject, Target, grant, operations, scopes, target,
};
use crate::app::directory::policy::Does;
use crate::model::tracking::{BodyFat, Environment, PhysicalActivity, Sleep, Weight};
use crate::model::{Account, Child, Educator, Error, Group, HealthProfessional, Id, Institution, Kind, Unfit};

operations! {
    // operation                      name                            of    scope         A      P    E     H     F    C
    (Child, PhysicalActivity) [physicalactivities] {
        PhysicalActivityCreate        physicalactivity_create         data  create        -      any  group -     kin  own;
        PhysicalActivityList          physicalactivity_list           data  read          any    any  group group kin  own;
        PhysicalActivityView          physicalactivity_view           datum read          any    any  group group kin  own;
        // Discontinued: whoever holds the scope is told so, and nothing else is looked at.
        PhysicalActivityUpdate        physicalactivity_update         datum update        -      any  any   -     any  -;
        PhysicalActivityDelete        physicalactivity_delete         datum delete        -      any  group -     kin  -;
    }
    (Child) [physicalactivities] {
        LogCreate                     log_create                      data  create        -      any  group -     kin  own;
        LogList                       log_list                        data  read          any    any  group group kin  own;
        LogListOfType                 log_list_of_type                data  read          any    any  group group kin  own;
    }
    (Child) [physicalactivities] {
        ChildDaysView                 child_days_view                 data  read          any    any  group group kin  own;
    }
    (Educator, Group) [physicalactivities] {
        EducatorGroupDaysView         educator_group_days_view        part  read          -      -    own   -     -    -;
    }
    (HealthProfessional, Group) [physicalactivities] {
        HealthProfessionalGroupDaysView healthprofessional_group_days_view part read      -      -    -     own   -    -;
    }
    (Child, Sleep) [sleep] {
        SleepCreate                   sleep_create                    data  create        -      any  group -     kin  own;
        SleepList                     sleep_list                      data  read          any    any  group group kin  own;
        SleepView                     sleep_view                      datum read          any    any  group group kin  own;
        // Discontinued, too.
        SleepUpdate                   sleep_update                    datum update        -      any  any   -     any  -;
        SleepDelete                   sleep_delete                    datum delete        -      any  group -     kin  -;
    }
    (Child, Weight) [measurements] {
        WeightCreate                  weight_create                   data  create        -      any  group -     kin  own;
        WeightList                    weight_list                     data  read          any    any  group group kin  own;
        WeightView                    weight_view                     datum read          any    any  group group kin  own;
        WeightDelete                  weight_delete                   datum delete        -      any  group -     kin  -;
    }
    (Child, BodyFat) [measurements] {
        BodyFatCreate                 bodyfat_create                  data  create        -      any  group -     kin  own;
        BodyFatList                   bodyfat_list                    data  read          any    any  group group kin  own;
        BodyFatView                   bodyfat_view                    datum read          any    any  group group kin  own;
        BodyFatDelete                 bodyfat_delete                  datum delete        -      any  group -     kin  -;
    }
    (Institution, Environment) [environment] {
        EnvironmentCreate             environment_create              data  create        -      any  -     -     -    -;
        EnvironmentList               environment_list                data  read          any    any  any   any   any  any;
        EnvironmentClear              environment_clear               data  delete        -      any  -     -     -    -;
        EnvironmentDelete             environment_delete              datum delete        -      any  -     -     -    -;
    }
    (Account) [users] {
        OverviewView                  overview_view                   all  resetPassword any    -    -    -     -    -;
    }
    (Child) [children] {
        ChildExport                   child_export                    data  read          any    -    -     -     -    -;
    }
}

impl Target for DataOf<Child> {
    fn subject(&self) -> Subject {
        Subject::DataOf(self.id.cast())
    }

    fn unregistered(&self) -> Option<Error> {
        Some(Unfit::Unregistered(Kind::Child, self.given.clone()).into())
    }
}

impl Target for DataOf<Institution> {
    fn subject(&self) -> Subject {
        Subject::DataOfInstitution(self.id)
    }

    fn unregistered(&self) -> Option<Error> {
        Some(Unfit::Unregistered(Kind::Institution, self.given.clone()).into())
    }
}

/// The deed that educators and health professionals have in common: viewing the days of a group of theirs.
pub enum GroupDaysView {}

impl Does<GroupDaysView> for EducatorGroupDaysView {}
impl Does<GroupDaysView> for HealthProfessionalGroupDaysView {}
