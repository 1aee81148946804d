//! What a priority, or taking part at all, depends on.

use std::{path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

/// What the state of a tracked thing counts.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Weight {
    /// -254 to 254. More than 0: added to the priority while all is well; less than 0: added while it
    /// is not; 0: the router cannot take part while it is not.
    pub points: i16,
    /// `reverse`: the other way round.
    pub reverse: bool,
}

/// A line of `track_interface`, `track_script`, `track_file`, `track_process` or `track_bfd`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Track {
    /// What is tracked.
    pub what: Tracked,
    /// What it counts, the thing's own weight filled in where the line gives none.
    pub weight: Weight,
}

/// What of its own interface an instance depends on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct OwnTracks {
    /// It takes part only while the interface is up; `dont_track_primary` says otherwise.
    pub link: bool,
    /// `track_src_ip`: it takes part only while `source` is an address of the interface.
    pub source: bool,
}

impl Default for OwnTracks {
    fn default() -> Self {
        Self { link: true, source: false }
    }
}

/// Something whose state can be tracked, by its name in the file.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Tracked {
    /// An interface: well while it is up and running.
    Interface(String),
    /// A `vrrp_script`.
    Script(String),
    /// A `track_file`: its number times the weight.
    File(String),
    /// A `vrrp_track_process`.
    Process(String),
    /// A `bfd_instance`.
    Bfd(String),
}

/// What is watched for its state, apart from interfaces and scripts.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Trackers {
    /// The `track_file`s, in the order of the file. Each has a name of its own.
    pub files: Vec<TrackFile>,
    /// The `vrrp_track_process`es, likewise.
    pub processes: Vec<TrackProcess>,
    /// The `bfd_instance`s whose state can be read, likewise.
    pub bfd_instances: Vec<BfdInstance>,
}

/// One `track_file`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrackFile {
    /// The name after `track_file`.
    pub name: String,
    /// `file`: it holds a number as text.
    pub path: PathBuf,
    /// `weight`: what the number is multiplied by where a line gives no other; 1 unless given.
    pub weight: Weight,
    /// `init_file`: what is written to it before it is first read.
    pub init: Option<InitFile>,
}

/// `init_file`
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InitFile {
    /// The number that is written.
    pub value: i32,
    /// `overwrite`: at the start of the daemon also if there is a file.
    pub overwrite: bool,
}

/// One `vrrp_track_process`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct TrackProcess {
    /// The name after `vrrp_track_process`.
    pub name: String,
    /// `process`, the first word: the process's name, or the first word of its command line.
    pub command: String,
    /// `process`, the other words: parameters.
    pub parameters: Vec<String>,
    /// What of a process is compared.
    pub matching: Matching,
    /// `weight`: what it counts where a line gives no other; 0 unless given.
    pub weight: Weight,
    /// `quorum`: all is well with so many processes or more; 0 only if `most` is.
    pub quorum: u32,
    /// `quorum_max`: all is well with no more than so many; at least `quorum`.
    pub most: Option<u32>,
    /// `fork_delay`: enough of them must have been there for so long.
    pub fork_delay: Duration,
    /// `terminate_delay`: too few of them must have been there for so long.
    pub terminate_delay: Duration,
}

/// What of a process is compared with `process`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Matching {
    /// Its name, as in `/proc/PID/comm`.
    Name,
    /// `full_command`: the first word of its command line.
    Command,
    /// That, and all its parameters.
    Exact,
    /// `param_match initial`: that, and its first parameters, of which the last may go on.
    Initial,
    /// `param_match partial`: that, and its first parameters.
    Partial,
}

/// One `bfd_instance`, whose session somebody else runs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BfdInstance {
    /// The name after `bfd_instance`.
    pub name: String,
    /// `state_file`, an extension: it holds `up`, or something else.
    pub state_file: PathBuf,
    /// `weight`: what it counts where a line gives no other; 0 unless given.
    pub weight: Weight,
}
