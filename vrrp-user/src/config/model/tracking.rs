//! What a priority, or taking part at all, depends on.

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

/// Something whose state can be tracked, by its name in the file.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
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
