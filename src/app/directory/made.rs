//! What changes of the directory return, for the audit trail.

use crate::app::audit::Made;
use crate::model::{Application, Child, Institution};

macro_rules! made {
    ($($kind:ty: $($path:ident).+;)+) => {
        $(impl Made for $kind {
            fn id(&self) -> Option<[u8; 12]> {
                Some(*self.$($path).+.as_bytes())
            }
        })+
    };
}

made! {
    Child: account.id;
    Application: account.id;
    Institution: id;
}
