//! Interfaces that come, change and go.

use std::{net::IpAddr, time::Duration};

use super::{
    driver::Driver,
    handover::Legacy,
    interface::Interface,
    perform::complain,
    port::{Needs, Port},
    rate_limit::Burst,
    virtual_router::Router,
    wire_form::Place,
};
use crate::{
    config::model::{Instance, Transport},
    dataplane::{self, AttachError, Hook, HookRequest, Mode, Slot},
    election::{FaultReason, State},
    net::{Claim, Event, Link, monotonic_now},
    protocol::{Family, virtual_mac},
};

impl Driver {
    /// Brings a configured router into being, in no state yet. `None` if there is no room for it.
    pub(super) fn add_router(
        &mut self,
        instance: Instance,
        legacy: Option<Legacy>,
    ) -> Option<Slot> {
        let Some(slot) = self.slots.take() else {
            tracing::error!(instance = %instance.name, "no room for another virtual router");
            return None;
        };
        complain(self.plane.clear(slot));
        let mut router = Router::new(instance, slot, monotonic_now(), self.not_before);
        router.priority = self.tracking.judge(&router.instance).priority;
        let is_owner = router.instance.priority.is_owner();
        self.routers.insert(slot, router);
        self.enlist(slot);
        if let Some(legacy) = legacy {
            self.inherit(slot, legacy);
            return Some(slot);
        }
        if !is_owner {
            // One that a dead daemon left would be answered for by the kernel. An owner's may be
            // its interface's own address, and it is master as soon as it can be.
            self.claim(slot, false);
        }
        Some(slot)
    }

    /// Takes note of which interfaces a router has to do with.
    pub(super) fn enlist(&mut self, slot: Slot) {
        let Some(router) = self.routers.get(&slot) else { return };
        self.tracking.enlist(slot, &router.instance.track);
        self.interfaces.entry(router.instance.interface.clone()).or_default().enlist(slot, None);
        for claim in &*router.claims() {
            let interface = self.interfaces.entry(claim.device.clone()).or_default();
            interface.enlist(slot, Some(claim.place()));
        }
    }

    /// Takes [`Self::enlist`] back, before the router changes or goes.
    pub(super) fn delist(&mut self, slot: Slot) {
        let Some(router) = self.routers.get(&slot) else { return };
        self.tracking.delist(slot, &router.instance.track);
        if let Some(interface) = self.interfaces.get_mut(&router.instance.interface) {
            interface.delist(slot, None);
        }
        for claim in &*router.claims() {
            if let Some(interface) = self.interfaces.get_mut(&claim.device) {
                interface.delist(slot, Some(claim.place()));
            }
        }
    }

    /// Has the netlink thread report on what the configuration names, and closes what it does not.
    pub(super) fn watch_interfaces(&mut self) {
        let unused: Vec<String> = self
            .interfaces
            .iter()
            .filter(|(_, interface)| interface.is_unused())
            .map(|(name, _)| name.clone())
            .collect();
        for name in unused {
            if let Some(Interface { port: Some(port), .. }) = self.interfaces.remove(&name) {
                self.plane.detach(port.link.index);
            }
        }
        self.swept = false;
        let tracked = self.tracking.interfaces();
        self.netlink.watch(self.interfaces.keys().chain(tracked).cloned().collect());
    }

    /// Takes in what the netlink thread has to tell.
    pub(super) fn on_netlink(&mut self, event: Event) {
        match event {
            Event::Link { name, link } => {
                let link = self.hold_link(&name, link);
                self.follow_link(&name, link);
            }
            Event::AddressAdded { device, address } if self.tells_of(address.address) => {
                tracing::info!(interface = %device, address = %address.address, "holding {}/{} on {device}", address.address, address.prefix_length);
            }
            Event::AddressRestored { device, address } => {
                tracing::warn!(interface = %device, address = %address.address, "someone removed {}/{} from {device}; it is back", address.address, address.prefix_length);
            }
            Event::AddressRemoved { device, address } if self.tells_of(address.address) => {
                tracing::info!(interface = %device, address = %address.address, "removed {}/{} from {device}", address.address, address.prefix_length);
            }
            Event::Failed { device, address, error } => {
                tracing::error!(interface = %device, address = %address.address, %error, "{}/{} on {device}: {error}; trying on", address.address, address.prefix_length);
            }
            Event::RoutingAdded { routing } => {
                tracing::info!("holding {routing}");
                self.routing.note(&routing, true);
            }
            Event::RoutingRestored { routing } => {
                tracing::warn!("someone removed {routing}; it is back");
                self.routing.note(&routing, true);
            }
            Event::RoutingRemoved { routing } => tracing::info!("removed {routing}"),
            Event::RoutingFailed { routing, error } => {
                tracing::error!(%error, "{routing}: {error}; trying on");
                self.routing.note(&routing, false);
            }
            Event::StrayRemoved { what } => {
                tracing::info!("removed {what}, which a daemon that died had left");
            }
            Event::StrayStays { what, error } => {
                tracing::error!(%error, "{what}, which a daemon that died had left, stays: {error}");
            }
            Event::Promoting { device } => {
                tracing::info!(interface = %device, "{device}: promote_secondaries is on for as long as this daemon runs");
                self.promoting.insert(device);
            }
            Event::Resynchronised => {
                tracing::info!("the kernel's notifications overran; everything was read afresh");
            }
            Event::AddressAdded { .. } | Event::AddressRemoved { .. } | Event::Stopped { .. } => {}
        }
    }

    /// Whether people are to hear that an address comes or goes, which others can cause.
    fn tells_of(&mut self, address: IpAddr) -> bool {
        const MOST: u32 = 20;
        const INTERVAL: Duration = Duration::from_secs(10);
        let told = self.addresses_told.entry(address).or_insert_with(|| Burst::new(MOST, INTERVAL));
        told.admit(monotonic_now()).is_some()
    }

    /// Everybody takes in what an interface is like now: the routers on it, and those that track it.
    pub(super) fn follow_link(&mut self, name: &str, link: Option<Link>) {
        let tracked = self.learn_link(name, link.as_ref());
        self.change_link(name, link);
        if let Some(what) = tracked {
            self.follow(&what);
        }
    }

    fn change_link(&mut self, name: &str, link: Option<Link>) {
        let Some(interface) = self.interfaces.get_mut(name) else { return };
        interface.reported = true;
        let users: Vec<Slot> = interface.users().collect();
        let sent_from = interface.port.as_ref().and_then(Port::sends_from);
        let before = interface.port.as_ref().map(|port| port.link.index);
        let after = link.as_ref().map(|link| link.index);
        if before != after
            && let Some(port) = interface.set_port(None)
        {
            self.close_port(name, &port);
        }
        let masters: Vec<Slot> =
            users.iter().copied().filter(|&slot| self.is_master(slot)).collect();
        let mut fault_reason = None;
        if let Some(link) = link {
            match self.interfaces.get_mut(name) {
                Some(interface) if interface.port.is_some() => interface.set_link(link),
                _ => fault_reason = self.open_port(name, link),
            }
        }
        self.prepare_port(name);
        for slot in users {
            self.update_router(slot, name, fault_reason);
        }
        let sends_from = self.port(name).and_then(Port::sends_from);
        if sends_from.is_some() && sends_from != sent_from && !self.is_stepping_in {
            // Clients know another hardware address, or could not be told.
            for slot in masters {
                if self.is_master(slot) {
                    self.announce_on(slot, name);
                }
            }
        }
        // Not before each has had the chance to adopt its own.
        if !self.swept && self.interfaces.values().all(|interface| interface.reported) {
            self.swept = true;
            self.plane.remove_unused_pins();
        }
    }

    fn open_port(&mut self, name: &str, link: Link) -> Option<FaultReason> {
        let hook = self.attach(name, &link);
        match Port::open(link, hook) {
            Ok(port) => {
                let Port { hook, .. } = &port;
                tracing::info!(interface = %name, hook = hook.mode.name(), "{name}: hook {}: {}", hook.mode, hook.reason);
                self.interfaces.entry(name.to_owned()).or_default().set_port(Some(port));
                None
            }
            Err(error) => {
                tracing::error!(interface = %name, %error, "{name}: cannot open a packet socket");
                Some(FaultReason::NoSocket)
            }
        }
    }

    fn attach(&mut self, name: &str, link: &Link) -> Hook {
        if self.options.hook == HookRequest::Off {
            return Hook::off("asked for");
        }
        if !self.plane.has_ebpf() {
            return Hook::off("the eBPF program cannot be loaded here");
        }
        let interface = dataplane::Interface {
            ifindex: link.index,
            name: name.to_owned(),
            kind: link.kind.clone(),
        };
        match self.plane.attach(&interface, self.options.hook) {
            Ok(hook) => hook,
            Err(error) => {
                tracing::warn!(interface = %name, %error, "{name}: no eBPF here: adverts are read from raw sockets, the kernel answers ARP");
                let reason = match error {
                    AttachError::Busy { .. } => "another XDP program is attached".to_owned(),
                    other => other.to_string(),
                };
                Hook::off(reason)
            }
        }
    }

    /// The interface has gone, and its index with it.
    fn close_port(&mut self, name: &str, port: &Port) {
        let ifindex = port.link.index;
        self.plane.detach(ifindex);
        let Some(interface) = self.interfaces.get(name) else { return };
        for slot in interface.users().collect::<Vec<_>>() {
            let Some(router) = self.routers.get_mut(&slot) else { continue };
            if router.instance.interface == name {
                complain(self.plane.remove_rule(router.id(ifindex)));
                if let Some(wire) = router.wire.take() {
                    router.continuity = wire.continuity();
                }
            }
            for claim in router.claims().iter().filter(|claim| claim.device == name) {
                complain(self.plane.remove_vip(ifindex, claim.address.address));
            }
        }
    }

    /// Tells a router what its interfaces are like now, after a change of the one called `changed`.
    pub(super) fn update_router(
        &mut self,
        slot: Slot,
        changed: &str,
        open_error: Option<FaultReason>,
    ) {
        let Some(router) = self.routers.get(&slot) else { return };
        let claims = router.claims();
        let interface = router.instance.interface.clone();
        let (configured, family) = (router.instance.source, router.instance.family);
        self.note_owned(slot, changed);
        let Some(router) = self.routers.get(&slot) else { return };
        let owner = router.is_owner();
        for claim in claims.iter().filter(|claim| claim.device == changed) {
            self.install_vip(slot, claim);
        }
        if !self.is_placed(slot) {
            return;
        }
        let found = self.interfaces.get(&interface).and_then(|it| it.source(family, owner));
        let source = configured.or(found.map(|source| source.address));
        let port = self.port(&interface);
        if let (Some(port), Some(source)) = (port, source) {
            let place = Place {
                ifindex: port.link.index,
                own_mac: port.mac(),
                source,
                readdresses: port.readdresses(),
            };
            let Some(router) = self.routers.get_mut(&slot) else { return };
            if router.wire.as_ref().is_none_or(|wire| wire.place != place) {
                router.make_wire_form(place);
                self.install_peers(slot);
                self.install_rule(slot);
                self.reconfigure(slot);
            }
        }
        self.settle_participation(slot, open_error);
    }

    /// Takes note of which addresses of an owner (RFC 9568 §1.7) are its interface's own: those that
    /// are there, with the mask of their network, before it has put any there.
    fn note_owned(&mut self, slot: Slot, device: &str) {
        let Some(port) = self.interfaces.get(device).and_then(|found| found.port.as_ref()) else {
            return;
        };
        let Some(router) = self.routers.get_mut(&slot) else { return };
        if !router.instance.priority.is_owner() || router.history.became_master > 0 {
            return;
        }
        for Claim { device, address } in router.claims().iter().filter(|it| it.device == device) {
            let is_own = address.prefix_length < Family::of(address.address).bits()
                && port.link.addresses.iter().any(|there| {
                    (there.address, there.prefix_length) == (address.address, address.prefix_length)
                });
            if is_own {
                router.owned.insert((device.clone(), address.address));
            }
        }
    }

    /// What the routers on an interface need of it.
    fn needs_of(&self, interface: &str) -> Needs {
        let mut needs = Needs::default();
        let users = self.interfaces.get(interface).into_iter().flat_map(Interface::users);
        for router in users.filter_map(|slot| self.routers.get(&slot)) {
            let instance = &router.instance;
            if instance.interface != interface {
                continue;
            }
            match instance.transport {
                Transport::Multicast { group } => drop(needs.groups.insert(group)),
                Transport::Unicast(_) => drop(needs.unicast.insert(instance.family)),
            }
            needs.no_accept |= !instance.accept && !instance.priority.is_owner();
            if instance.virtual_mac {
                needs.macs.insert(virtual_mac(instance.family, instance.vrid));
            }
        }
        needs
    }

    /// Gets an interface ready for the routers on it, after a change of either.
    pub(super) fn prepare_port(&mut self, name: &str) {
        let mut needs = self.needs_of(name);
        let Some(port) = self.interfaces.get_mut(name).and_then(|found| found.port.as_mut()) else {
            return;
        };
        let wants_virtual_mac = !needs.macs.is_empty();
        if !port.readdresses() {
            needs.macs.clear();
        }
        if port.link.admin_up
            && let Err(error) = port.provide(&needs)
        {
            tracing::warn!(interface = %name, %error, "{name}: {error}");
        }
        let (ifindex, kind) = (port.link.index, port.link.kind.clone());
        let (mode, readdresses) = (port.hook.mode, port.readdresses());
        if needs.no_accept && mode == Mode::Off && !std::mem::replace(&mut port.told.accepts, true)
        {
            tracing::warn!(interface = %name, "{name}: no_accept is not kept: without the eBPF program packets to the virtual addresses are accepted");
        }
        let is_news = wants_virtual_mac
            && !readdresses
            && !std::mem::replace(&mut port.told.no_virtual_mac, true);
        if !wants_virtual_mac {
            self.plane.release_egress(ifindex);
        } else if readdresses {
            let interface = dataplane::Interface { ifindex, name: name.to_owned(), kind };
            if let Err(error) = self.plane.guard_egress(&interface) {
                tracing::warn!(interface = %name, %error, "{name}: the kernel's own ARP and ND show the interface's hardware address and not the virtual one: {error}");
            }
        } else if is_news {
            tracing::warn!(interface = %name, "{name}: virtual MAC addresses cannot be used with this hook ({}); adverts and answers carry the interface's own", mode);
        }
    }

    /// Whether the kernel has told of the interface, be it only that there is none.
    pub(super) fn is_reported(&self, name: &str) -> bool {
        self.interfaces.get(name).is_some_and(|interface| interface.reported)
    }

    /// Has requests for a virtual address answered on its interface, while the lease holds.
    pub(super) fn install_vip(&mut self, slot: Slot, claim: &Claim) {
        let Some(router) = self.routers.get(&slot) else { return };
        let Some(port) = self.port(&claim.device) else { return };
        let (ifindex, address) = (port.link.index, claim.address.address);
        if router.instance.priority.is_owner() || !port.has_as_its_own(&claim.address) {
            let vip = router.vip(claim, port);
            complain(self.plane.set_vip(ifindex, address, vip));
        } else {
            // The node would not be reached at its own address while it is backup.
            complain(self.plane.remove_vip(ifindex, address));
        }
    }

    /// What is open on an interface.
    pub(super) fn port(&self, name: &str) -> Option<&Port> {
        self.interfaces.get(name).and_then(|interface| interface.port.as_ref())
    }

    /// Whether a router is master now.
    pub(super) fn is_master(&self, slot: Slot) -> bool {
        self.routers.get(&slot).is_some_and(|router| router.machine.state() == State::Master)
    }
}
