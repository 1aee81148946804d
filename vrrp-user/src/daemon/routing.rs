//! Routes and rules: who wants which to be there.

use std::collections::{BTreeMap, BTreeSet};

use super::driver::Driver;
use crate::{config::model::Routing, dataplane::Slot, net::Netlink};

/// Who wants it.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Holder {
    /// `static_routes` or `static_rules`.
    Node,
    /// A router, while it is master.
    Router(Slot),
}

/// All that are wanted.
#[derive(Debug, Default)]
pub(super) struct RoutingTable(BTreeMap<Routing, Held>);

/// One that is wanted.
#[derive(Debug, Default)]
struct Held {
    /// Two routers may want the same.
    holders: BTreeSet<Holder>,
    /// Whether the kernel has it, as far as it has told.
    is_there: bool,
}

impl RoutingTable {
    /// Has `routing` be there for `holder`.
    fn hold(&mut self, holder: Holder, routing: &Routing, netlink: &Netlink) {
        let held = self.0.entry(routing.clone()).or_default();
        if held.holders.is_empty() {
            netlink.routing(routing.clone(), true);
        }
        held.holders.insert(holder);
    }

    /// It need no more be there for `holder`.
    fn release(&mut self, holder: Holder, routing: &Routing, netlink: &Netlink) {
        let Some(held) = self.0.get_mut(routing) else { return };
        if held.holders.remove(&holder) && held.holders.is_empty() {
            self.0.remove(routing);
            netlink.routing(routing.clone(), false);
        }
    }

    /// Has exactly `wanted` be there for `holder`. What is new comes before the old goes, so that a
    /// changed route leaves no gap.
    fn want(&mut self, holder: Holder, wanted: &[Routing], netlink: &Netlink) {
        for routing in wanted {
            self.hold(holder, routing, netlink);
        }
        let unwanted: Vec<Routing> = self
            .0
            .iter()
            .filter(|(routing, held)| held.holders.contains(&holder) && !wanted.contains(routing))
            .map(|(routing, _)| routing.clone())
            .collect();
        // Rules stand behind routes, and go before them.
        for routing in unwanted.iter().rev() {
            self.release(holder, routing, netlink);
        }
    }

    /// Whether anybody wants it.
    pub(super) fn is_held(&self, routing: &Routing) -> bool {
        self.0.contains_key(routing)
    }

    /// Whether the kernel has it, as far as it has told.
    pub(super) fn is_there(&self, routing: &Routing) -> bool {
        self.0.get(routing).is_some_and(|held| held.is_there)
    }

    /// The kernel has told that it is there, or not.
    pub(super) fn note(&mut self, routing: &Routing, is_there: bool) {
        if let Some(held) = self.0.get_mut(routing) {
            held.is_there = is_there;
        }
    }

    /// What `holder` wants.
    pub(super) fn of(&self, holder: Holder) -> impl Iterator<Item = &Routing> {
        self.0.iter().filter(move |(_, held)| held.holders.contains(&holder)).map(|(it, _)| it)
    }
}

impl Driver {
    /// Has the routes and rules of a router be there or not, after a change of its role or of the
    /// configuration.
    pub(super) fn settle_routing(&mut self, slot: Slot, wanted: bool) {
        let instance = self.routers.get(&slot).map(|router| &router.instance);
        let routing = instance.filter(|_| wanted).map(|instance| instance.routing.as_slice());
        self.routing.want(Holder::Router(slot), routing.unwrap_or_default(), &self.netlink);
    }

    /// Has the node's own routes and rules be there, and no others of them.
    pub(super) fn settle_static_routing(&mut self) {
        self.routing.want(Holder::Node, &self.config.statics.routing, &self.netlink);
    }

    /// Removes what another process has put there, in whose place this one is, and nobody here
    /// wants.
    pub(super) fn drop_inherited_routing(&mut self, inherited: Vec<Routing>) {
        for routing in inherited.into_iter().rev() {
            if !self.routing.is_held(&routing) {
                self.netlink.routing(routing, false);
            }
        }
    }
}
