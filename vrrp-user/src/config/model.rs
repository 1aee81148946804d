//! What a configuration means, after every default has been filled in.

mod address;
mod announcing;
pub mod dumps;
mod manners;
pub mod notify;
pub mod probe;
mod route;
mod routing;
mod rule;
pub mod script;
mod starting;
pub mod tracking;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    path::PathBuf,
    time::Duration,
};

pub use address::{AddressFlags, Preferred, VirtualAddress};
pub use route::{Hop, Metric, Metrics, NextHop, Placement, Route, RouteKind, Way};
pub use routing::{Origin, Prefix, Realms, Routing, Table};
pub use rule::{Mark, Range, Rule, RuleAction, Suppressed};

use self::{
    notify::{Fifos, Notify},
    script::{Check, Scripts},
    tracking::{OwnTracks, Track, Trackers},
};
pub use announcing::{GarpSchedule, Pacing, PacingGroup, Pauses, RivalSchedule};
pub use manners::Manners;
pub use starting::{LinkDelay, StartDelay};

use crate::protocol::{AdvertInterval, Family, Priority, Version, Vrid};

/// A whole configuration.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Config {
    /// `router_id` of `global_defs`; only shown to people.
    pub router_id: Option<String>,
    /// How the daemon is scheduled and kept in memory.
    pub process: Process,
    /// Where the state goes when a signal asks for it.
    pub dumps: dumps::Dumps,
    /// The virtual routers, in the order of the file. No two share interface, family and VRID.
    pub instances: Vec<Instance>,
    /// The `vrrp_sync_group`s, in the order of the file. No instance is in two of them.
    pub sync_groups: Vec<SyncGroup>,
    /// The `vrrp_script`s, in the order of the file.
    pub checks: Vec<Check>,
    /// How programs are run.
    pub scripts: Scripts,
    /// Where changes of state are written to.
    pub fifos: Fifos,
    /// The pauses between announcements.
    pub pacing: Pacing,
    /// How long nobody takes over after the start.
    pub start: StartDelay,
    /// `interface_up_down_delays`, by interface.
    pub link_delays: BTreeMap<String, LinkDelay>,
    /// `log_unknown_vrids`: adverts for virtual routers that are not configured are told of.
    pub log_unknown_vrids: bool,
    /// `reload_file`: it is there while the configuration is read.
    pub reload_file: Option<PathBuf>,
    /// What is watched because routers track it.
    pub trackers: Trackers,
    /// What the node has whoever is master.
    pub statics: Statics,
}

/// What is put into the kernel at the start and removed at the end.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Statics {
    /// `static_ipaddress`: each with its `device`, which is `default_interface` without `dev`.
    pub addresses: Vec<VirtualAddress>,
    /// `static_routes` and `static_rules`, each once.
    pub routing: Vec<Routing>,
}

/// CPUs have numbers below this (`CPU_SETSIZE`).
pub const CPUS: u16 = 1024;

/// How the daemon is scheduled and kept in memory.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Process {
    /// `vrrp_rt_priority`: 1 to 99, of the policy `SCHED_RR`; `None` for the ordinary policy.
    pub rt_priority: Option<u8>,
    /// `vrrp_priority`: -20 to 19, where less is better; without real-time priority only.
    pub nice: Option<i8>,
    /// `vrrp_no_swap`: no page of it is ever written to disk.
    pub no_swap: bool,
    /// `vrrp_cpu_affinity`: the CPUs that it may run on, below [`CPUS`]; empty for any.
    pub cpus: BTreeSet<u16>,
    /// `vrrp_rlimit_rttime`: how long it may run without ever waiting, at least 2 µs; with
    /// real-time priority only.
    pub rt_time: Option<Duration>,
}

/// One `vrrp_sync_group`: instances that are master together, or not at all.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SyncGroup {
    /// The name after `vrrp_sync_group`; unique in the file.
    pub name: String,
    /// Names of instances of the file, each once.
    pub members: Vec<String>,
    /// Who is told of its changes of state.
    pub notify: Notify,
}

/// One `vrrp_instance`: this node's part in a virtual router.
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the file")]
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
    /// The family of its adverts: that of the first address, or IPv6 by `native_ipv6`.
    pub family: Family,
    /// `priority`: 1 to 255.
    pub priority: Priority,
    /// `advert_int`.
    pub advert_interval: AdvertInterval,
    /// `auth_type PASS` with `auth_pass`; `None` without authentication. Version 2 only.
    pub password: Option<Password>,
    /// `auth_hmac`; `None` without.
    pub hmac: Option<HmacSettings>,
    /// `nopreempt` and `preempt_delay`.
    pub preemption: Preemption,
    /// `mcast_src_ip` or `unicast_src_ip`: the source of our adverts in place of the interface's
    /// primary (IPv6: link-local) address. Of the instance's family.
    pub source: Option<IpAddr>,
    /// Whom the adverts are sent to.
    pub transport: Transport,
    /// Whether version 3 over IPv4 has the pseudo-header in its checksum; `v3_checksum_as_v2`
    /// leaves it out. Both are accepted.
    pub pseudo_header: bool,
    /// `use_vmac`: adverts, announcements and answers carry the virtual router MAC address.
    pub virtual_mac: bool,
    /// `accept`, the default, or `no_accept`: whether packets to the virtual addresses are for this
    /// node (RFC 9568 §6.1, `Accept_Mode`).
    pub accept: bool,
    /// `down_timer_adverts`: adverts that may go missing before the master is taken for dead, 1 to
    /// 100; 3 unless the file says otherwise.
    pub down_adverts: u8,
    /// `timer_expired_backup`: a master that was not scheduled for so long that a backup of this
    /// priority has taken over by then becomes a backup itself.
    pub late_below: Option<Priority>,
    /// `virtual_ipaddress`, in the order of the file: advertised, all of the instance's family. 0
    /// (by `no_virtual_ipaddress` only) to 255 of them.
    pub addresses: Vec<VirtualAddress>,
    /// `virtual_ipaddress_excluded`: held and announced, but not advertised; of either family.
    pub excluded: Vec<VirtualAddress>,
    /// `virtual_routes` and `virtual_rules`, each once: there while this node is master.
    pub routing: Vec<Routing>,
    /// `promote_secondaries`: when the first address of an IPv4 subnet is removed from `interface`,
    /// its others stay, whoever removes it.
    pub promote_secondaries: bool,
    /// The schedule of gratuitous ARP.
    pub garp: GarpSchedule,
    /// Who is told of its changes of state.
    pub notify: Notify,
    /// What it does about other masters.
    pub manners: Manners,
    /// What its priority, or taking part at all, depends on; that of its sync group included. Nothing
    /// twice, and with priority 255 nothing with points.
    pub track: Vec<Track>,
    /// What of its own interface taking part depends on.
    pub tracks_own: OwnTracks,
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

/// Whom the adverts are sent to, and from whom they are taken.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Transport {
    /// All that listen to this group on the interface.
    Multicast {
        /// The group, of the instance's family: 224.0.0.18 or `ff02::12`, unless `mcast_dst_ip`,
        /// `vrrp_mcast_group4` or `vrrp_mcast_group6` name another.
        group: IpAddr,
    },
    /// `unicast_peer`.
    Unicast(Unicast),
}

/// Adverts that go to named peers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unicast {
    /// The peers, each once, of the instance's family. At least one.
    pub peers: Vec<UnicastPeer>,
    /// `unicast_ttl`: TTL or hop limit of our adverts.
    pub ttl: u8,
    /// `check_unicast_src`, which TTL bounds imply: adverts from others are discarded.
    pub check_source: bool,
}

/// A line of `unicast_peer`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct UnicastPeer {
    /// Where it is.
    pub address: IpAddr,
    /// `min_ttl`: the least TTL or hop limit that its adverts may arrive with; 0 unless given.
    pub min_ttl: u8,
    /// `max_ttl`: the greatest; 255 unless given.
    pub max_ttl: u8,
}

/// `auth_hmac` (keepalived 2.4): a trailer behind each advert that only who knows a key can make.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct HmacSettings {
    /// The keys by identifier, 1 to 255. At least one.
    pub keys: BTreeMap<u8, HmacKey>,
    /// `active_key`: the key that our adverts are made with; one of `keys`.
    pub active: u8,
    /// What is done with adverts, ours and others'.
    pub mode: HmacMode,
    /// How repetitions of old adverts are told.
    pub anti_replay: AntiReplay,
}

/// A shared secret of 32 to 64 bytes. Never shown.
#[derive(Clone, Eq, PartialEq)]
pub struct HmacKey(pub Box<[u8]>);

impl std::fmt::Debug for HmacKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("HmacKey(hidden)")
    }
}

/// `mode` of `auth_hmac`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HmacMode {
    /// Ours carry a trailer, and others without a right one are discarded.
    Enforce,
    /// Ours carry a trailer; others may lack one, but not have a wrong one.
    Permissive,
    /// Ours carry none; others' are judged as in `Permissive`.
    ReceiveOnly,
}

/// `anti_replay` of `auth_hmac`.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AntiReplay {
    /// `time`: the trailer's time must be within `window` of ours, and grow from one advert of a
    /// sender to the next.
    Time {
        /// `time_window`.
        window: Duration,
    },
    /// `monotonic`: it must grow, whatever our own clock says.
    Monotonic,
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
