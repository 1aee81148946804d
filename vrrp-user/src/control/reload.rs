//! What came of a reload, or would come of one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::Change;

/// The whole answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ReloadReport {
    /// [`super::PROTOCOL`].
    pub version: u32,
    /// The file that was read.
    pub config: String,
    /// What came of it.
    pub outcome: Outcome,
    /// Why the file could not be read.
    pub error: Option<String>,
    /// What differs between the running configuration and the file.
    pub changes: Vec<Change>,
    /// What is wrong with the file, as in `vrrp check --json`.
    pub diagnostics: Vec<Value>,
    /// The same for people.
    pub report: String,
}

/// What came of a file.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The daemon runs with it.
    Applied,
    /// It could be applied; nothing has been done.
    Planned,
    /// It has errors: the old configuration stays.
    Refused,
    /// It is not there: the old configuration stays.
    Missing,
    /// It cannot be read: the old configuration stays.
    Unreadable,
}
