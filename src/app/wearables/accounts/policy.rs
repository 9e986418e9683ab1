//! Who may do what with children's accounts at a wearable service (contract of Fitbit's groups, section 2).

use crate::app::access::policy::{All, DataOf, Grant, Operation, Row, grant, operations, scopes, target};
use crate::model::{Account, Child};

operations! {
    // operation                      name                            of    scope         A      P    E     H     F    C
    (Account) [external] {
        FitbitClientView              fitbit_client_view              all   sync          -      any  any   any   any  any;
    }
    (Child) [external] {
        FitbitAuthSet                 fitbit_auth_set                 data  sync          -      any  group group kin  own;
        FitbitAuthView                fitbit_auth_view                data  sync          -      any  group group kin  own;
        FitbitAuthRevoke              fitbit_auth_revoke              data  sync          -      any  group group kin  own;
        FitbitSync                    fitbit_sync                     data  sync          -      any  group group kin  own;
    }
}
