//! With which settings a service runs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// With which settings a service runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The version of the program.
    pub program: String,
    /// Values by flag, without secrets.
    pub settings: BTreeMap<String, String>,
    /// Where those come from that are set, secrets among them.
    #[serde(default)]
    pub sources: BTreeMap<String, String>,
}
