//! When gratuitous ARP and unsolicited Neighbor Advertisements are sent, and how densely.

use std::time::Duration;

/// When gratuitous ARP is sent for every virtual address.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GarpSchedule {
    /// `garp_master_delay`: the second set follows the first after this; zero for no second set.
    pub delay: Duration,
    /// `garp_master_repeat`: announcements per address and set, at least 1.
    pub repeat: u32,
    /// `garp_master_refresh`: repeated at this interval while master; `None` for never.
    pub refresh: Option<Duration>,
    /// `garp_master_refresh_repeat`: announcements per address at each refresh, at least 1.
    pub refresh_repeat: u32,
    /// What follows the adverts of a lesser master.
    pub rivals: RivalSchedule,
    /// `garp_extra_if all`: one address on each interface other than the instance's is announced
    /// at this interval, so that switches go on knowing where it is; `None` for never.
    pub elsewhere: Option<Duration>,
}

impl Default for GarpSchedule {
    /// keepalived's, save for the refresh: keepalived has none, and a client that missed both sets
    /// stays lost.
    fn default() -> Self {
        Self {
            delay: Duration::from_secs(5),
            repeat: 5,
            refresh: Some(Duration::from_secs(60)),
            refresh_repeat: 1,
            rivals: RivalSchedule::UntilQuiet,
            elsewhere: None,
        }
    }
}

/// What a master announces after it has heard a lesser one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum RivalSchedule {
    /// The file does not say: as many as after becoming master at once, again when the lesser one
    /// has become quiet, and again after `garp_master_delay`.
    UntilQuiet,
    /// The file says, and it is done as keepalived does it.
    AsTold {
        /// `garp_lower_prio_delay`: a second set follows after this; zero for none.
        delay: Duration,
        /// `garp_lower_prio_repeat`: announcements per address and set; 0 for none at all.
        repeat: u32,
    },
}

/// How densely announcements follow each other: of all instances, and of all addresses.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Pacing {
    /// `vrrp_garp_interval` and `vrrp_gna_interval`: on each interface that no group names.
    pub every: Pauses,
    /// The `garp_group`s. No interface is in two of them.
    pub groups: Vec<PacingGroup>,
}

/// The least time between two announcements; zero for none.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Pauses {
    /// `garp_interval`: between gratuitous ARPs.
    pub arp: Duration,
    /// `gna_interval`: between unsolicited Neighbor Advertisements.
    pub nd: Duration,
}

/// Interfaces on one switch, whose announcements keep distance from each other.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PacingGroup {
    /// `interface` or `interfaces`: at least one.
    pub interfaces: Vec<String>,
    /// `garp_interval` and `gna_interval`.
    pub pauses: Pauses,
}
