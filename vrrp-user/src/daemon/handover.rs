//! A running daemon's state, for the process that goes on in its place.
//!
//! ```text
//!   running daemon                         new process (`vrrp run --replace`)
//!        │                                      reads the file, loads the program, looks at links
//!        │ ◄── take_over: routers it will run ── │
//!   stops, resigns those it will not run,        │
//!   gives up lock and pins, and leaves           │
//!   addresses and programs in place              │
//!        │ ── what each router has come to ───► │
//!       ends                                    replaces the programs, goes on advertising
//! ```
//!
//! Everything slow comes before the question, so that between the last advert of the one and the
//! first of the other there are a few system calls per router: that holds at 10 ms adverts, where
//! a process that is stopped first and started then would be too late. What is handed over is
//! neither maps nor sockets, so that both may be of different versions in everything but this
//! module.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use serde::{Deserialize, Serialize};

use super::{
    driver::Driver,
    perform::complain,
    routing::Holder,
    statics::StaticLegacy,
    tracking::Known,
    virtual_router::{History, Router, Sent},
    wire_form::{Continuity, WireForm},
};
use crate::{
    config::model::{Instance, Routing, Transport, tracking::Tracked},
    dataplane::Slot,
    election::{Standing, State, VirtualRouter},
    hmac::Sequence,
    net::Claim,
    programs::CheckFacts,
    protocol::{Family, Vrid},
};

/// Version of [`Handover`]. Another one is not understood: the new process then stops the old
/// daemon and starts as after any stop.
pub const HANDOVER: u32 = 2;

/// What makes an instance the same virtual router for both processes.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Identity {
    interface: String,
    vrid: Vrid,
    family: Family,
    version: u8,
    virtual_mac: bool,
    is_unicast: bool,
}

impl Identity {
    /// Of an instance of the configuration.
    pub(super) fn of(instance: &Instance) -> Self {
        let Instance { interface, vrid, family, version, virtual_mac, transport, .. } = instance;
        Self {
            interface: interface.clone(),
            vrid: *vrid,
            family: *family,
            version: version.number(),
            virtual_mac: *virtual_mac,
            is_unicast: matches!(transport, Transport::Unicast(_)),
        }
    }
}

/// The state of a daemon that has stopped in another's favour.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Handover {
    /// [`HANDOVER`].
    pub version: u32,
    /// Its process.
    pub pid: u32,
    /// What each `vrrp_script` has come to.
    #[serde(default)]
    pub(super) checks: BTreeMap<String, CheckFacts>,
    routers: Vec<Legacy>,
    /// What is known of tracked things: until the new process knows better, they are so.
    #[serde(default)]
    pub(super) tracked: Vec<(Tracked, Known)>,
    /// What the node has whoever is master.
    pub(super) statics: StaticLegacy,
    /// The interfaces on which it has switched `promote_secondaries` on.
    pub(super) promoting: BTreeSet<String>,
}

/// What becomes of one router.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Legacy {
    pub(super) identity: Identity,
    pub(super) standing: Standing,
    pub(super) expected: u64,
    pub(super) generation: u32,
    pub(super) owned: BTreeSet<(String, IpAddr)>,
    /// What the last genuine trailers of others said of time and order.
    pub(super) senders: Vec<(IpAddr, Sequence)>,
    pub(super) continuity: Continuity,
    pub(super) history: History,
    pub(super) sent: Sent,
    /// Its addresses, as they were put on.
    pub(super) addresses: Vec<Claim>,
    /// Its routes and rules, if it is master.
    routing: Vec<Routing>,
}

impl Handover {
    /// What is known of each router.
    pub(super) fn into_routers(self) -> BTreeMap<Identity, Legacy> {
        self.routers.into_iter().map(|legacy| (legacy.identity.clone(), legacy)).collect()
    }
}

impl Handover {
    /// The addresses of all its routers, and of the node.
    pub(super) fn claims(&self) -> Vec<Claim> {
        self.routers
            .iter()
            .flat_map(|legacy| &legacy.addresses)
            .chain(&self.statics.addresses)
            .cloned()
            .collect()
    }

    /// The routes and rules of all its routers.
    pub(super) fn routing(&self) -> Vec<Routing> {
        self.routers.iter().flat_map(|legacy| &legacy.routing).cloned().collect()
    }
}

impl Driver {
    /// Stops in favour of a process that will run these routers. The others resign.
    pub(super) fn hand_over(&mut self, heirs: &[Identity]) -> Handover {
        let heirs: BTreeSet<&Identity> = heirs.iter().collect();
        let mut routers = Vec::new();
        for slot in self.routers.keys().copied().collect::<Vec<Slot>>() {
            let Some(router) = self.routers.get(&slot) else { continue };
            if heirs.contains(&Identity::of(&router.instance)) {
                routers.push(self.legacy(router));
            } else {
                self.drive_alone(slot, |machine, _, actions| machine.stop(actions));
                let Some(router) = self.routers.get(&slot) else { continue };
                for claim in router.held_claims() {
                    self.netlink.claim(claim.clone(), false);
                }
            }
        }
        Handover {
            version: HANDOVER,
            pid: std::process::id(),
            checks: self.programs.facts(),
            routers,
            tracked: self.tracking.legacy(),
            statics: self.static_legacy(),
            promoting: self.promoting.clone(),
        }
    }

    fn legacy(&self, router: &Router) -> Legacy {
        let Router { instance, slot, machine, .. } = router;
        let heard = machine.master().map(|master| self.plane.last_heard(*slot, master.fingerprint));
        Legacy {
            identity: Identity::of(instance),
            standing: machine.standing(heard.unwrap_or_default()),
            expected: router.expected,
            generation: router.generation,
            owned: router.owned.clone(),
            senders: self.plane.senders(*slot),
            continuity: router
                .wire
                .as_ref()
                .map_or_else(|| router.continuity.clone(), WireForm::continuity),
            history: router.history.clone(),
            sent: router.sent,
            addresses: router.held_claims().cloned().collect(),
            routing: self.routing.of(Holder::Router(*slot)).cloned().collect(),
        }
    }

    /// Has a router, just added, go on where it was left. The addresses that it has no more are
    /// taken off.
    pub(super) fn inherit(&mut self, slot: Slot, legacy: Legacy) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        router.machine = VirtualRouter::resume(router.settings(), legacy.standing);
        router.expected = legacy.expected;
        // What the other process was told of is news to this one.
        router.generation = legacy.generation.wrapping_add(1);
        router.owned = legacy.owned;
        router.senders = legacy.senders;
        router.continuity = legacy.continuity;
        router.history = legacy.history;
        router.sent = legacy.sent;
        let is_master = router.machine.state() == State::Master;
        let lease = router.machine.lease_until();
        let claims: Vec<Claim> = router.held_claims().cloned().collect();
        self.masters += usize::from(is_master);
        self.note_deadline(slot);
        self.expect_link(slot);
        complain(self.plane.set_lease(slot, lease));
        for claim in legacy.addresses {
            if claims.iter().any(|kept| kept.identity() == claim.identity()) {
                // What differs from how it was put on is then put right.
                self.netlink.claim(claim, is_master);
            } else {
                self.netlink.claim(claim.clone(), false);
                self.netlink.forget(claim);
            }
        }
        for claim in claims {
            self.netlink.claim(claim, is_master);
        }
        self.settle_routing(slot, is_master);
    }
}
