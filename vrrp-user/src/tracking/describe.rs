//! Tracked things in words, for the log and `vrrp status`.

use super::Condition;
use crate::config::model::tracking::Tracked;

impl Tracked {
    /// The stable word for its kind.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Interface(_) => "interface",
            Self::Script(_) => "script",
            Self::File(_) => "file",
            Self::Process(_) => "process",
            Self::Bfd(_) => "bfd",
        }
    }

    /// Its name in the configuration.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Interface(name)
            | Self::Script(name)
            | Self::File(name)
            | Self::Process(name)
            | Self::Bfd(name) => name,
        }
    }
}

/// What a thing is like, as the end of a sentence about it.
const fn is_like(what: &Tracked, is_well: bool) -> &'static str {
    match (what, is_well) {
        (Tracked::Interface(_) | Tracked::Bfd(_), true) => "is up",
        (Tracked::Interface(_) | Tracked::Bfd(_), false) => "is down",
        (Tracked::Script(_), true) => "succeeds",
        (Tracked::Script(_), false) => "fails",
        (Tracked::Process(_), true) => "runs as it should",
        (Tracked::Process(_), false) => "does not run as it should",
        (Tracked::File(_), true) => "is well",
        (Tracked::File(_), false) => "is not well",
    }
}

/// A sentence on a thing.
#[must_use]
pub fn describe(what: &Tracked, condition: Option<Condition>) -> String {
    let (kind, name) = (what.kind(), what.name());
    match condition {
        None => format!("{kind} {name} is not known yet"),
        Some(Condition::Absent) => format!("{kind} {name} cannot be had"),
        Some(Condition::Value(value)) => format!("{kind} {name} holds {value}"),
        Some(condition) => {
            format!("{kind} {name} {}", is_like(what, condition == Condition::Well))
        }
    }
}
