//! One configured virtual router while the daemon runs.

use std::{
    net::Ipv4Addr,
    time::{Duration, SystemTime},
};

use vrrp_ebpf::{
    Fingerprint,
    abi::{RouterRule, from_ipv4},
    wire::vrrp,
};

use super::rate_limit::RateLimit;
use crate::{
    config::model::{Instance, Password, VirtualAddress},
    dataplane::Slot,
    election::{Reason, Settings, State, Transition, VirtualRouter},
    net::Claim,
    protocol::{Monotonic, Version},
    wire::{AdvertContent, AdvertFrame},
};

/// Where adverts go.
pub(super) const GROUP: Ipv4Addr = {
    let [a, b, c, d] = vrrp::GROUP;
    Ipv4Addr::new(a, b, c, d)
};

/// At most one line of a kind in this time, for what others can cause.
const LOG_INTERVAL: Duration = Duration::from_secs(10);

/// A configured router: its election, and what it is made of on the wire.
#[derive(Debug)]
pub(super) struct Router {
    pub(super) instance: Instance,
    pub(super) slot: Slot,
    pub(super) machine: VirtualRouter,
    /// Fingerprint that the eBPF program absorbs; 0 for none.
    pub(super) expected: u64,
    /// Counts the changes of role: an advert that has been told of is news again in another one.
    pub(super) generation: u32,
    /// The virtual address that is the interface's own and only one: neither put there nor taken
    /// off.
    pub(super) owned: Option<Ipv4Addr>,
    /// Present while the interface can be sent on.
    pub(super) wire: Option<WireForm>,
    pub(super) history: History,
    pub(super) sent: Sent,
    pub(super) address_alarm: RateLimit,
    pub(super) rival_alarm: RateLimit,
    pub(super) send_alarm: RateLimit,
    /// Drops by reason that have been told of.
    pub(super) drops_told: vrrp_ebpf::abi::Counters,
}

/// What is sent, ready made.
#[derive(Debug)]
pub(super) struct WireForm {
    /// Index of the interface that adverts leave by.
    pub(super) ifindex: u32,
    pub(super) source: Ipv4Addr,
    pub(super) mac: [u8; 6],
    pub(super) advert: AdvertFrame,
}

/// When the state last changed, and why.
#[derive(Clone, Debug)]
pub(super) struct History {
    pub(super) since: SystemTime,
    pub(super) since_monotonic: Monotonic,
    pub(super) reason: Option<Reason>,
    pub(super) transitions: u64,
    pub(super) became_master: u64,
}

/// What has left this node for the router.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sent {
    pub(super) adverts: u64,
    pub(super) resignations: u64,
    pub(super) announcements: u64,
    pub(super) errors: u64,
    pub(super) lesser_masters_seen: u64,
    pub(super) address_list_mismatches: u64,
}

impl Router {
    pub(super) fn new(instance: Instance, slot: Slot, now: Monotonic) -> Self {
        let own = instance.source.unwrap_or(Ipv4Addr::UNSPECIFIED);
        Self {
            machine: VirtualRouter::new(settings(&instance, own)),
            instance,
            slot,
            expected: 0,
            generation: 0,
            owned: None,
            wire: None,
            history: History {
                since: SystemTime::now(),
                since_monotonic: now,
                reason: None,
                transitions: 0,
                became_master: 0,
            },
            sent: Sent::default(),
            address_alarm: RateLimit::new(LOG_INTERVAL),
            rival_alarm: RateLimit::new(LOG_INTERVAL),
            send_alarm: RateLimit::new(LOG_INTERVAL),
            drops_told: vrrp_ebpf::abi::Counters::default(),
        }
    }

    /// Every virtual address, with the interface that it lies on.
    pub(super) fn claims(&self) -> Vec<Claim> {
        claims(&self.instance)
    }

    /// The virtual addresses that are to be put on interfaces and taken off again.
    pub(super) fn held_claims(&self) -> Vec<Claim> {
        self.claims().into_iter().filter(|claim| !self.owns(claim)).collect()
    }

    /// Whether an address was on its interface before, and stays there.
    pub(super) fn owns(&self, claim: &Claim) -> bool {
        claim.device == self.instance.interface && Some(claim.address.address) == self.owned
    }

    /// How adverts from others are judged.
    pub(super) fn rule(&self, source: Ipv4Addr) -> RouterRule {
        let instance = &self.instance;
        RouterRule {
            expected: self.expected,
            password: instance.password.map_or([0; 8], |Password(bytes)| bytes),
            own_source: from_ipv4(source.octets()),
            group: from_ipv4(GROUP.octets()),
            slot: self.slot.get(),
            generation: self.generation,
            mac: [0; 6],
            flags: 0,
            pad: [0; 5],
            interval: instance.advert_interval.to_wire(instance.version),
            version: instance.version.number(),
            auth_type: match instance.password {
                Some(_) => vrrp::AUTH_PASS,
                None => vrrp::AUTH_NONE,
            },
        }
    }

    /// Makes what is sent, after a change of configuration, source or hardware address.
    pub(super) fn make_wire_form(&mut self, ifindex: u32, source: Ipv4Addr, mac: [u8; 6]) {
        let addresses: Vec<Ipv4Addr> =
            self.instance.addresses.iter().map(|address| address.address).collect();
        let mut advert = AdvertFrame::new(&AdvertContent {
            mac,
            source,
            group: GROUP,
            version: self.instance.version,
            vrid: self.instance.vrid,
            interval: self.instance.advert_interval,
            password: self.instance.password.as_ref(),
            addresses: &addresses,
        });
        if let Some(before) = &self.wire {
            advert.continue_from(&before.advert);
        }
        self.wire = Some(WireForm { ifindex, source, mac, advert });
    }

    /// The settings of the election when adverts leave from `source`.
    pub(super) fn settings(&self, source: Ipv4Addr) -> Settings {
        settings(&self.instance, source)
    }

    /// Digest of the configured address list, for comparison with an advert's.
    pub(super) fn address_digest(&self) -> u64 {
        self.instance
            .addresses
            .iter()
            .fold(Fingerprint::default(), |digest, address| {
                digest.with_ipv4_address(address.address.octets())
            })
            .digest()
    }

    /// Takes note of a change of state, and logs it once.
    pub(super) fn record(&mut self, transition: Transition, now: Monotonic) {
        let Transition { from, to, reason } = transition;
        self.history = History {
            since: SystemTime::now(),
            since_monotonic: now,
            reason: Some(reason),
            transitions: self.history.transitions + 1,
            became_master: self.history.became_master + u64::from(to == State::Master),
        };
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
                    "{name}: {} -> {}: {reason}",
                    shout(from),
                    shout(to),
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

fn settings(instance: &Instance, own_address: Ipv4Addr) -> Settings {
    Settings {
        version: instance.version,
        priority: instance.priority,
        advert_interval: instance.advert_interval,
        preemption: instance.preemption,
        own_address,
        garp: instance.garp,
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
