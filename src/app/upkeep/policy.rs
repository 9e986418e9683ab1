//! Who may look after the service itself: administrators, with a scope that they alone have.

use crate::app::access::policy::{All, Grant, Operation, Row, grant, operations, scopes, target};
use crate::model::Account;

operations! {
    // operation                      name                            of   scope         A      P    E    H    F    C
    (Account) [users] {
        AuditView                     audit_view                      all  resetPassword any    -    -    -    -    -;
        LimitsView                    limits_view                     all  resetPassword any    -    -    -    -    -;
        KeysView                      keys_view                       all  resetPassword any    -    -    -    -    -;
        SettingsView                  settings_view                   all  resetPassword any    -    -    -    -    -;
        BackupsView                   backups_view                    all  resetPassword any    -    -    -    -    -;
        BackupMake                    backup_make                     all  resetPassword any    -    -    -    -    -;
    }
}
