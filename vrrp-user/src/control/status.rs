//! What `vrrp status --json` says. Spans are in seconds, times in seconds since 1970 (UTC).

use std::{collections::BTreeMap, net::IpAddr};

use serde::{Deserialize, Serialize};

/// The whole answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Status {
    /// [`super::PROTOCOL`].
    pub version: u32,
    /// Version of the daemon.
    pub daemon: String,
    /// Its process.
    pub pid: u32,
    /// When it started.
    pub started: f64,
    /// `router_id` of the configuration.
    pub router_id: Option<String>,
    /// The configuration file.
    pub config: String,
    /// Reloads that were applied.
    pub reloads: u64,
    /// Whether the eBPF program outlives a crash of the daemon, to fence the node.
    pub pinned: bool,
    /// Counted for the node as a whole.
    pub node: BTreeMap<String, u64>,
    /// Interfaces in use.
    pub interfaces: Vec<InterfaceStatus>,
    /// What the node has whoever is master.
    pub statics: StaticsStatus,
    /// Virtual routers.
    pub routers: Vec<RouterStatus>,
    /// Every `vrrp_script` that is tracked.
    #[serde(default)]
    pub checks: Vec<CheckStatus>,
}

/// A `vrrp_script`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CheckStatus {
    /// Its name.
    pub name: String,
    /// `unknown` before the first run has ended, `well`, `ill`, or `unusable`.
    pub state: String,
    /// How the last run ended, or why there is none: a sentence.
    pub reason: Option<String>,
    /// The exit status of the last run, if it ended by itself.
    pub last_exit: Option<i32>,
    /// When that run began.
    pub last_run: Option<f64>,
    /// How long it took.
    pub last_run_seconds: Option<f64>,
    /// Runs that are over.
    pub runs: u64,
    /// Of these: not good.
    pub failures: u64,
    /// Of these: took too long.
    pub timeouts: u64,
}

/// What the node has whoever is master.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct StaticsStatus {
    /// `static_ipaddress`: addresses with their mask length and interface.
    pub addresses: Vec<String>,
    /// `static_routes`.
    pub routes: Vec<RoutingStatus>,
    /// `static_rules`.
    pub rules: Vec<RoutingStatus>,
}

/// A route or rule.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RoutingStatus {
    /// As `ip` has it, with what tells it from others.
    pub text: String,
    /// Whether it is in the kernel now.
    pub present: bool,
}

/// An interface in use.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct InterfaceStatus {
    /// Name.
    pub name: String,
    /// Index; absent while the interface does not exist.
    pub index: Option<u32>,
    /// Hardware address.
    pub mac: Option<String>,
    /// Whether it is up and has a carrier.
    pub up: bool,
    /// Driver.
    pub driver: Option<String>,
    /// The hook.
    pub hook: HookStatus,
}

/// Where the packet core runs.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct HookStatus {
    /// `native`, `generic` or `off`.
    pub mode: String,
    /// Why.
    pub reason: String,
}

/// A virtual router.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct RouterStatus {
    /// Name of the `vrrp_instance`.
    pub name: String,
    /// Interface of the adverts.
    pub interface: String,
    /// Virtual router identifier.
    pub vrid: u8,
    /// Protocol version.
    pub version: u8,
    /// `IPv4` or `IPv6`: that of the adverts.
    pub family: String,
    /// Our priority in the file.
    pub priority: u8,
    /// Our priority in the adverts: what is tracked has been added.
    pub effective_priority: u8,
    /// Our interval.
    pub advert_interval: f64,
    /// `initialize`, `backup`, `master` or `fault`.
    pub state: String,
    /// When that began.
    pub since: f64,
    /// For how long it has been so.
    pub since_seconds: f64,
    /// Why: a stable word.
    pub reason: Option<String>,
    /// Why: a sentence.
    pub reason_text: Option<String>,
    /// Changes of state since the daemon started.
    pub transitions: u64,
    /// How often it became master.
    pub became_master: u64,
    /// The master: this node, or the one that is followed.
    pub master: Option<MasterStatus>,
    /// A backup's time left until it takes over, if it hears nothing.
    pub master_down_in: Option<f64>,
    /// A master's time left in which it may answer for the addresses.
    pub lease_left: Option<f64>,
    /// The unicast peers; empty with multicast.
    pub peers: Vec<IpAddr>,
    /// How adverts are authenticated: `none`, `pass` or `hmac`.
    pub authentication: String,
    /// The virtual hardware address, if one is used.
    pub virtual_mac: Option<String>,
    /// Whether packets to the virtual addresses are for this node.
    pub accept: bool,
    /// The sync group.
    pub sync_group: Option<String>,
    /// What the priority and the state depend on.
    pub tracked: Vec<TrackedStatus>,
    /// Source of our adverts.
    pub source: Option<IpAddr>,
    /// Virtual addresses.
    pub addresses: Vec<AddressStatus>,
    /// `virtual_routes`.
    pub routes: Vec<RoutingStatus>,
    /// `virtual_rules`.
    pub rules: Vec<RoutingStatus>,
    /// Where the packet core runs on the interface.
    pub hook: HookStatus,
    /// Adverts counted.
    pub adverts: AdvertStatus,
    /// ARP counted.
    pub arp: AnswerStatus,
    /// Neighbor Discovery counted.
    pub nd: AnswerStatus,
    /// Claims of others to our addresses while we answered for them.
    pub conflicts: u64,
    /// Packets to the virtual addresses that were not accepted.
    pub not_accepted: u64,
}

/// Something that a router tracks.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct TrackedStatus {
    /// `interface`, `script`, `file`, `process` or `bfd`.
    pub kind: String,
    /// Its name in the configuration.
    pub name: String,
    /// `well`, `ill`, `unknown` before anything is known, or `absent`: a script that cannot be run.
    pub condition: String,
    /// The number that a file holds.
    pub value: Option<i64>,
    /// Since when it has been so.
    pub since: Option<f64>,
    /// For how long it has been so.
    pub since_seconds: Option<f64>,
    /// Its weight in points; 0: the state depends on it.
    pub weight: i16,
    /// Whether it counts the other way round.
    pub reverse: bool,
    /// What it adds to the priority.
    pub contribution: i32,
    /// Whether the router cannot take part because of it.
    pub bars: bool,
}

/// Who is master.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct MasterStatus {
    /// Its address.
    pub address: IpAddr,
    /// Its priority.
    pub priority: u8,
    /// Its interval.
    pub advert_interval: f64,
    /// How long ago it was last heard; absent for ourselves.
    pub heard_seconds_ago: Option<f64>,
    /// Whether it is this node.
    pub is_self: bool,
}

/// A virtual address.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AddressStatus {
    /// The address.
    pub address: IpAddr,
    /// Mask length.
    pub prefix_length: u8,
    /// The interface it is put on.
    pub device: String,
    /// Whether it is in our adverts.
    pub advertised: bool,
}

/// Adverts counted since the daemon started.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AdvertStatus {
    /// Sent.
    pub sent: u64,
    /// Sent with priority 0.
    pub resignations_sent: u64,
    /// Not sent, because the interface refused.
    pub send_errors: u64,
    /// Heard, and passed every check.
    pub received: u64,
    /// Of these: the master repeating itself; nobody was woken.
    pub absorbed: u64,
    /// Of these: handed to the election.
    pub published: u64,
    /// Of these: a repetition of one just handed on; nobody was woken.
    pub repeated: u64,
    /// Of these: lost on the way to the daemon.
    pub lost: u64,
    /// Of these: with other addresses than ours.
    pub address_list_mismatches: u64,
    /// Of these: in version 3 with another interval than ours.
    pub interval_mismatches: u64,
    /// Lesser routers that acted as masters while we were.
    pub lesser_masters_seen: u64,
    /// Heard and discarded, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// The sum of these.
    pub dropped_total: u64,
}

/// ARP or Neighbor Discovery counted since the daemon started.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct AnswerStatus {
    /// Requests answered by the eBPF program.
    pub answered: u64,
    /// Requests dropped, since this node may not answer.
    pub refused: u64,
    /// Announcements sent: gratuitous ARP, in both forms each, or unsolicited advertisements.
    pub announced: u64,
}
