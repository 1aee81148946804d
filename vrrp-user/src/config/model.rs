//! What a configuration means, after every default has been filled in.

use std::{net::Ipv4Addr, time::Duration};

use crate::protocol::{AdvertInterval, Priority, Version, Vrid};

/// A whole configuration.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Config {
    /// `router_id` of `global_defs`; only shown to people.
    pub router_id: Option<String>,
    /// The virtual routers, in the order of the file. No two share interface and VRID.
    pub instances: Vec<Instance>,
}

/// One `vrrp_instance`: this node's part in a virtual router.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Instance {
    /// The name after `vrrp_instance`; unique in the file.
    pub name: String,
    /// `interface`: at most 15 bytes. It need not exist (yet).
    pub interface: String,
    /// `virtual_router_id`.
    pub vrid: Vrid,
    /// `version`, or `vrrp_version` of `global_defs`, or 2.
    pub version: Version,
    /// `priority`: 1 to 255.
    pub priority: Priority,
    /// `advert_int`.
    pub advert_interval: AdvertInterval,
    /// `auth_type PASS` with `auth_pass`; `None` without authentication.
    pub password: Option<Password>,
    /// `nopreempt` and `preempt_delay`.
    pub preemption: Preemption,
    /// `mcast_src_ip`: the source of our adverts in place of the interface's primary address.
    pub source: Option<Ipv4Addr>,
    /// `virtual_ipaddress`, in the order of the file: advertised. 1 to 255 of them.
    pub addresses: Vec<VirtualAddress>,
    /// `virtual_ipaddress_excluded`: held and announced, but not advertised.
    pub excluded: Vec<VirtualAddress>,
    /// The schedule of gratuitous ARP.
    pub garp: GarpSchedule,
}

/// The eight bytes that `auth_type PASS` puts on the wire: the first 8 bytes of the configured
/// string, padded with zeros. Never shown.
#[derive(Clone, Copy, Eq, PartialEq)]
pub struct Password(pub [u8; 8]);

impl std::fmt::Debug for Password {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Password(hidden)")
    }
}

/// What to do about a master with a lower priority.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Preemption {
    /// Take over, after hearing the lesser master for `delay` (`preempt_delay`, mostly zero).
    Preempt {
        /// How long a lesser master is suffered first.
        delay: Duration,
    },
    /// Leave it in place (`nopreempt`).
    Never,
}

/// An address of a virtual router and how it is put on the interface.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct VirtualAddress {
    /// The address itself.
    pub address: Ipv4Addr,
    /// Mask length; 32 unless the file says otherwise.
    pub prefix_length: u8,
    /// `dev`: an interface other than the instance's.
    pub device: Option<String>,
    /// `scope`: the number of rtnetlink (global 0, site 200, link 253, host 254, nowhere 255).
    pub scope: u8,
    /// `label`: at most 15 bytes.
    pub label: Option<String>,
    /// `brd`.
    pub broadcast: Option<Ipv4Addr>,
}

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
        }
    }
}
