//! Where the state goes when a signal asks for it.

/// The files of keepalived's dumps.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Dumps {
    /// `state_dump_file`; `keepalived.data` unless given.
    pub state: Option<String>,
    /// `stats_dump_file`; `keepalived.stats` unless given.
    pub stats: Option<String>,
    /// `json_dump_file`; `keepalived.json` unless given.
    pub json: Option<String>,
    /// `json_version`.
    pub json_version: JsonVersion,
    /// `data_use_instance`: the names of network namespace and instance are part of the files'.
    pub use_instance: bool,
    /// `instance`: a name for this daemon among several.
    pub instance: Option<String>,
}

/// `json_version`.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum JsonVersion {
    /// An array of instances.
    #[default]
    V1,
    /// An object with that array.
    V2,
}
