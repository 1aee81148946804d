//! One configured virtual router while the daemon runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::{IpAddr, Ipv4Addr},
    rc::Rc,
    time::{Duration, SystemTime},
};

use serde::{Deserialize, Serialize};
use vrrp_ebpf::{Fingerprint, abi::Peer};

use super::{
    rate_limit::{Burst, RateLimit},
    wire_form::{Continuity, Place, WireForm},
};
use crate::{
    config::model::{Instance, VirtualAddress},
    dataplane::{RouterId, Slot},
    dump::Stats,
    election::{FaultReason, Reason, Settings, State, Transition, VirtualRouter},
    hmac::Sequence,
    net::Claim,
    protocol::{Monotonic, Priority, Version},
};

/// At most one line of a kind in this time, for what others can cause.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// Changes of state that are logged in that time; more are counted.
const TRANSITIONS: u32 = 20;

/// A configured router: its election, and what it is made of on the wire.
#[derive(Debug)]
pub(super) struct Router {
    pub(super) instance: Instance,
    /// Of the instance.
    claims: Rc<[Claim]>,
    /// The effective one, as what it tracks makes it.
    pub(super) priority: Priority,
    /// Why it last could not take part, if it was for something that it tracks.
    pub(super) barred_by: Option<String>,
    pub(super) slot: Slot,
    pub(super) machine: VirtualRouter,
    /// Fingerprint that the eBPF program absorbs; 0 for none.
    pub(super) expected: u64,
    /// Counts the changes of role: an advert that has been told of is news again in another one.
    pub(super) generation: u32,
    /// The virtual addresses that are their interfaces' own, with the interface: neither put there nor
    /// taken off.
    pub(super) owned: BTreeSet<(String, IpAddr)>,
    /// The peers that the packet core has been told of.
    pub(super) peers: BTreeMap<IpAddr, Peer>,
    /// What another process knew of others' trailers, until somebody verifies them here.
    pub(super) senders: Vec<(IpAddr, Sequence)>,
    /// Whether it is a member of a sync group.
    pub(super) grouped: bool,
    /// Present while the interface can be sent on.
    pub(super) wire: Option<WireForm>,
    /// Where the numbers of the wire form stood, when there last was one.
    pub(super) continuity: Continuity,
    pub(super) history: History,
    pub(super) sent: Sent,
    /// What others can make it do may not fill the disk.
    pub(super) transitions_told: Burst,
    pub(super) priorities_told: Burst,
    pub(super) address_alarm: RateLimit,
    pub(super) rival_alarm: RateLimit,
    pub(super) send_alarm: RateLimit,
    pub(super) conflict_alarm: RateLimit,
    pub(super) interval_alarm: RateLimit,
    /// Drops by reason that have been told of.
    pub(super) drops_told: vrrp_ebpf::abi::Counters,
    /// Where the counters stood when somebody asked for a new start of keepalived's statistics.
    pub(super) stats_cleared: Stats,
}

/// When the state last changed, and why.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct History {
    pub(super) since: SystemTime,
    pub(super) since_monotonic: Monotonic,
    pub(super) reason: Option<Reason>,
    pub(super) transitions: u64,
    pub(super) became_master: u64,
}

/// What has left this node for the router.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
pub(super) struct Sent {
    pub(super) adverts: u64,
    pub(super) resignations: u64,
    /// Of IPv4 addresses, by gratuitous ARP.
    pub(super) arp_announcements: u64,
    /// Of IPv6 addresses, by unsolicited Neighbor Advertisement.
    pub(super) nd_announcements: u64,
    pub(super) errors: u64,
    pub(super) lesser_masters_seen: u64,
    pub(super) address_list_mismatches: u64,
    pub(super) interval_mismatches: u64,
    /// Others' resignations, heard.
    #[serde(default)]
    pub(super) resignations_heard: u64,
}

impl Router {
    /// A router that has not started, and that does not take over before `not_before`.
    pub(super) fn new(
        instance: Instance,
        slot: Slot,
        now: Monotonic,
        not_before: Monotonic,
    ) -> Self {
        let settings = settings(&instance, instance.priority, instance.source, false);
        Self {
            machine: VirtualRouter::new(settings).held_back(not_before),
            priority: instance.priority,
            barred_by: None,
            claims: claims(&instance).into(),
            instance,
            slot,
            expected: 0,
            generation: 0,
            owned: BTreeSet::new(),
            peers: BTreeMap::new(),
            senders: Vec::new(),
            grouped: false,
            wire: None,
            continuity: Continuity::default(),
            history: History {
                since: SystemTime::now(),
                since_monotonic: now,
                reason: None,
                transitions: 0,
                became_master: 0,
            },
            sent: Sent::default(),
            transitions_told: Burst::new(TRANSITIONS, LOG_INTERVAL),
            priorities_told: Burst::new(TRANSITIONS, LOG_INTERVAL),
            address_alarm: RateLimit::new(LOG_INTERVAL),
            rival_alarm: RateLimit::new(LOG_INTERVAL),
            send_alarm: RateLimit::new(LOG_INTERVAL),
            conflict_alarm: RateLimit::new(LOG_INTERVAL),
            interval_alarm: RateLimit::new(LOG_INTERVAL),
            drops_told: vrrp_ebpf::abi::Counters::default(),
            stats_cleared: Stats::default(),
        }
    }

    /// What tells the router from others on the interface with this index.
    pub(super) const fn id(&self, ifindex: u32) -> RouterId {
        RouterId { ifindex, family: self.instance.family, vrid: self.instance.vrid }
    }

    /// Every virtual address, with the interface that it lies on.
    pub(super) fn claims(&self) -> Rc<[Claim]> {
        Rc::clone(&self.claims)
    }

    /// The virtual addresses that are to be put on interfaces and taken off again.
    pub(super) fn held_claims(&self) -> impl Iterator<Item = &Claim> {
        self.claims.iter().filter(|claim| !self.owns(claim))
    }

    /// Takes over what the file says now; what follows from it is not done yet.
    pub(super) fn set_instance(&mut self, instance: Instance) {
        self.claims = claims(&instance).into();
        self.instance = instance;
    }

    /// Whether the addresses are its own: by priority, or on the interface before.
    pub(super) fn is_owner(&self) -> bool {
        self.instance.priority.is_owner() || !self.owned.is_empty()
    }

    /// Whether an address was on its interface before, and stays there.
    pub(super) fn owns(&self, claim: &Claim) -> bool {
        let mut owned = self.owned.iter();
        owned.any(|(device, address)| *device == claim.device && *address == claim.address.address)
    }

    /// Makes what is sent, after a change of configuration or place. Without one that fits, nothing
    /// is.
    pub(super) fn make_wire_form(&mut self, place: Place) {
        if let Some(wire) = &self.wire {
            self.continuity = wire.continuity();
        }
        self.wire = WireForm::new(&self.instance, place, &self.continuity);
    }

    /// The settings of the election at the router's place.
    pub(super) fn settings(&self) -> Settings {
        let own = self.wire.as_ref().map(|wire| wire.place.source).or(self.instance.source);
        settings(&self.instance, self.priority, own, self.grouped)
    }

    /// Digest of the configured address list, for comparison with an advert's.
    pub(super) fn address_digest(&self) -> u64 {
        self.instance
            .addresses
            .iter()
            .fold(Fingerprint::default(), |digest, address| match address.address {
                IpAddr::V4(address) => digest.with_ipv4_address(address.octets()),
                IpAddr::V6(address) => digest.with_ipv6_address(address.octets()),
            })
            .digest()
    }

    /// A reason in words, with the name of what is tracked.
    pub(super) fn explain(&self, reason: Reason) -> String {
        match (&self.barred_by, reason) {
            (Some(bar), Reason::Fault(FaultReason::Tracked)) => bar.clone(),
            _ => reason.to_string(),
        }
    }

    /// Takes note of a change of state, and logs it once, as far as that is not too often.
    pub(super) fn record(&mut self, transition: Transition, now: Monotonic) {
        let Transition { from, to, reason } = transition;
        self.history = History {
            since: SystemTime::now(),
            since_monotonic: now,
            reason: Some(reason),
            transitions: self.history.transitions + 1,
            became_master: self.history.became_master + u64::from(to == State::Master),
        };
        let Some(held_back) = self.transitions_told.admit(now) else { return };
        let Instance { name, interface, vrid, .. } = &self.instance;
        macro_rules! tell {
            ($level:ident) => {
                tracing::$level!(
                    instance = %name,
                    %interface,
                    vrid = vrid.get(),
                    from = from.name(),
                    to = to.name(),
                    reason = reason.name(),
                    held_back = (held_back > 0).then_some(held_back),
                    "{name}: {} -> {}: {}",
                    shout(from),
                    shout(to),
                    self.explain(reason),
                )
            };
        }
        if to == State::Fault { tell!(warn) } else { tell!(info) }
    }
}

/// The virtual addresses of an instance, with the interface that each lies on.
pub(super) fn claims(instance: &Instance) -> Vec<Claim> {
    let device = |address: &VirtualAddress| {
        address.device.clone().unwrap_or_else(|| instance.interface.clone())
    };
    instance
        .addresses
        .iter()
        .chain(&instance.excluded)
        .map(|address| Claim { device: device(address), address: address.clone() })
        .collect()
}

fn settings(
    instance: &Instance,
    priority: Priority,
    own_address: Option<IpAddr>,
    grouped: bool,
) -> Settings {
    Settings {
        version: instance.version,
        priority,
        advert_interval: instance.advert_interval,
        preemption: instance.preemption,
        down_adverts: instance.down_adverts,
        late_below: instance.late_below,
        grouped,
        // Nothing is sent, and so nothing compared, before there is one.
        own_address: own_address.unwrap_or(Ipv4Addr::UNSPECIFIED.into()),
        garp: instance.garp,
        manners: instance.manners,
    }
}

/// States as keepalived's users know them from its log.
fn shout(state: State) -> &'static str {
    match state {
        State::Initialize => "INIT",
        State::Backup => "BACKUP",
        State::Master => "MASTER",
        State::Fault => "FAULT",
    }
}

/// Reads the interval field of an advert; `None` if it holds nothing that can be.
pub(super) fn interval_of(field: u16, version: Version) -> Option<crate::protocol::AdvertInterval> {
    crate::protocol::AdvertInterval::from_wire(field, version).ok()
}
