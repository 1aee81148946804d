//! Doing what the election wants done.

use std::{collections::BTreeSet, io, net::IpAddr, time::Duration};

use vrrp_ebpf::abi::{AdvertEvent, EVENT_ADDRESSES};

use super::{driver::Driver, virtual_router::Router, wire_form::verifier};
use crate::{
    config::model::Instance,
    dataplane::{MapError, Slot, from_abi},
    election::{Action, Advert, Change, State, VirtualRouter, change},
    net::{Claim, monotonic_now},
    protocol::{Monotonic, Priority},
    wire::Announcement,
};

impl Driver {
    /// Lets the election of a router take something in, does what it wants, and notes when it wants
    /// to be called next.
    pub(super) fn drive(
        &mut self,
        slot: Slot,
        input: impl FnOnce(&mut VirtualRouter, Monotonic, &mut Vec<Action>),
    ) {
        let change = self.drive_alone(slot, input);
        self.keep_in_step(slot, change);
        self.tell_of_group(slot);
    }

    /// As [`Self::drive`], with no heed to the router's sync group.
    pub(super) fn drive_alone(
        &mut self,
        slot: Slot,
        input: impl FnOnce(&mut VirtualRouter, Monotonic, &mut Vec<Action>),
    ) -> Change {
        let mut actions = Vec::new();
        let Some(router) = self.routers.get_mut(&slot) else { return Change::Other };
        input(&mut router.machine, monotonic_now(), &mut actions);
        self.perform_each(slot, actions)
    }

    /// Does what the election of a router wants done, with heed to its sync group.
    pub(super) fn perform_all(&mut self, slot: Slot, actions: Vec<Action>) {
        let change = self.perform_each(slot, actions);
        self.keep_in_step(slot, change);
        self.tell_of_group(slot);
    }

    fn perform_each(&mut self, slot: Slot, actions: Vec<Action>) -> Change {
        let change = change(&actions);
        for action in actions {
            self.perform(slot, action);
        }
        self.note_deadline(slot);
        change
    }

    /// Notes when a router wants to be called next.
    pub(super) fn note_deadline(&mut self, slot: Slot) {
        match self.routers.get(&slot).map(|router| &router.machine) {
            Some(machine) => {
                self.deadlines.set(slot, machine.next_deadline(), machine.earliness());
            }
            None => self.deadlines.set(slot, None, Duration::ZERO),
        }
    }

    fn perform(&mut self, slot: Slot, action: Action) {
        self.send_waiting();
        match action {
            Action::Advertise(priority) => self.advertise(slot, priority),
            Action::RevokeLease => complain(self.plane.set_lease(slot, Monotonic::ZERO)),
            Action::Absorb(fingerprint) => self.absorb(slot, fingerprint.unwrap_or(0)),
            Action::Announce { repeat } => self.announce(slot, repeat),
            Action::AnnounceElsewhere => self.announce_elsewhere(slot),
            Action::HoldAddresses => {
                self.claim(slot, true);
                self.settle_routing(slot, true);
            }
            Action::ReleaseAddresses => {
                self.settle_routing(slot, false);
                self.pacer.forget(slot);
                self.claim(slot, false);
            }
            Action::Report(transition) => {
                let is_master = |state| usize::from(state == State::Master);
                self.masters = (self.masters + is_master(transition.to))
                    .saturating_sub(is_master(transition.from));
                self.is_news = true;
                if let Some(router) = self.routers.get_mut(&slot) {
                    router.record(transition, monotonic_now());
                }
                // Another reason for the same state is no change.
                if transition.from != transition.to {
                    self.tell_of_change(slot, transition.to);
                }
            }
            Action::ReportRival { source, priority } => {
                if let Some(router) = self.routers.get_mut(&slot) {
                    router.tell_of_rival(source, priority);
                }
                self.tell_of_lesser_master(slot);
            }
        }
    }

    fn advertise(&mut self, slot: Slot, priority: Priority) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        let Some(wire) = &mut router.wire else { return };
        let Some(port) = self
            .interfaces
            .get(&router.instance.interface)
            .and_then(|interface| interface.port.as_ref())
        else {
            return;
        };
        let at = monotonic_now();
        let outcome = wire.send(port, priority);
        if outcome.is_ok() && priority.is_resignation() {
            router.sent.resignations += 1;
        } else {
            self.departed(slot, at, outcome);
        }
    }

    /// An advert that is no resignation has left, or has not, after `at`. Nothing but one that has
    /// left renews the lease, and from before it did: the lease must not outlast a peer's patience.
    pub(super) fn departed(&mut self, slot: Slot, at: Monotonic, outcome: io::Result<()>) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        match outcome {
            Ok(()) => {
                router.sent.adverts += 1;
                let until = router.machine.departed(at);
                complain(self.plane.set_lease(slot, until));
            }
            Err(error) => router.tell_of_send_error(&error, at),
        }
    }

    fn absorb(&mut self, slot: Slot, fingerprint: u64) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        router.expected = fingerprint;
        router.generation = router.generation.wrapping_add(1);
        self.install_rule(slot);
    }

    /// Tells the packet core how to judge what it sees for a router, once it can send.
    pub(super) fn install_rule(&mut self, slot: Slot) {
        let Some(router) = self.routers.get(&slot) else { return };
        if let (Some(wire), Some(rule)) = (&router.wire, router.rule()) {
            complain(self.plane.set_rule(router.id(wire.place.ifindex), &rule));
        }
    }

    /// Tells the packet core who a router's peers are, and who verifies what they send.
    pub(super) fn install_peers(&mut self, slot: Slot) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        let wanted = router.checked_peers();
        let unwanted: BTreeSet<IpAddr> =
            router.peers.keys().filter(|address| !wanted.contains_key(address)).copied().collect();
        for address in unwanted {
            complain(self.plane.remove_peer(slot, address));
        }
        for (&address, &peer) in &wanted {
            if router.peers.get(&address) != Some(&peer) {
                complain(self.plane.set_peer(slot, address, peer));
            }
        }
        router.peers = wanted;
        let senders = std::mem::take(&mut router.senders);
        let verifier = verifier(&router.instance).map(|mut verifier| {
            verifier.know(senders);
            verifier
        });
        self.plane.set_verifier(slot, verifier);
    }

    fn announce(&mut self, slot: Slot, repeat: u32) {
        let Some(router) = self.routers.get(&slot) else { return };
        let claims = router.claims();
        self.announce_claims(slot, &*claims, repeat);
    }

    /// Announces one address on each interface other than the instance's, so that the switches
    /// there go on knowing where to send.
    fn announce_elsewhere(&mut self, slot: Slot) {
        let Some(router) = self.routers.get(&slot) else { return };
        let claims = router.claims();
        let mut devices = BTreeSet::from([router.instance.interface.as_str()]);
        let first = claims.iter().filter(|claim| devices.insert(claim.device.as_str()));
        let first: Vec<Claim> = first.cloned().collect();
        self.announce_claims(slot, &first, 1);
    }

    /// Sends both forms of the announcement of one address.
    pub(super) fn announce_one(&mut self, slot: Slot, claim: &Claim) {
        let Some(router) = self.routers.get_mut(&slot) else { return };
        let Some(port) =
            self.interfaces.get(&claim.device).and_then(|interface| interface.port.as_ref())
        else {
            return;
        };
        let (address, mac) = (claim.address.address, router.announced_mac(claim, port));
        let announcement = Announcement::new(address, mac, port.link.ipv6_forwarding);
        match announcement.frames().try_for_each(|frame| port.socket.send(frame)) {
            Ok(()) if address.is_ipv6() => router.sent.nd_announcements += 1,
            Ok(()) => router.sent.arp_announcements += 1,
            Err(error) => router.tell_of_send_error(&error, monotonic_now()),
        }
    }

    pub(super) fn claim(&self, slot: Slot, present: bool) {
        let Some(router) = self.routers.get(&slot) else { return };
        for claim in router.held_claims() {
            self.netlink.claim(claim.clone(), present);
        }
    }

    /// Announces what lies on one interface, which has changed under a master.
    pub(super) fn announce_on(&mut self, slot: Slot, device: &str) {
        let Some(router) = self.routers.get(&slot) else { return };
        let repeat = router.instance.garp.repeat;
        let claims = router.claims();
        self.announce_claims(slot, claims.iter().filter(|claim| claim.device == device), repeat);
    }
}

impl Router {
    fn tell_of_rival(&mut self, source: IpAddr, priority: Priority) {
        self.sent.lesser_masters_seen += 1;
        if let Some(held_back) = self.rival_alarm.admit(monotonic_now()) {
            tracing::warn!(
                instance = %self.instance.name,
                %source,
                priority = priority.get(),
                held_back,
                "{}: {source} acts as a master too, with the {} priority {priority}; told it who is",
                self.instance.name,
                if priority == self.priority { "same" } else { "lower" },
            );
        }
    }

    fn tell_of_send_error(&mut self, error: &io::Error, now: Monotonic) {
        self.sent.errors += 1;
        if let Some(held_back) = self.send_alarm.admit(now) {
            tracing::warn!(
                instance = %self.instance.name,
                interface = %self.instance.interface,
                %error,
                held_back,
                "{}: a frame could not be sent",
                self.instance.name,
            );
        }
    }

    /// Version 3 follows the master's interval; that it differs is still to be told of.
    pub(super) fn check_interval(&mut self, advert: &Advert, now: Monotonic) {
        let Some(theirs) = advert.interval else { return };
        if theirs == self.instance.advert_interval || advert.priority.is_resignation() {
            return;
        }
        self.sent.interval_mismatches += 1;
        if let Some(held_back) = self.interval_alarm.admit(now) {
            let Instance { name, advert_interval: ours, .. } = &self.instance;
            let source = advert.source;
            tracing::warn!(
                instance = %name,
                %source,
                held_back,
                "{name}: {source} advertises every {theirs}, here `advert_int` is {ours}; followed \
                 while it is master, but make the files agree",
            );
        }
    }

    /// An address list that differs is no reason to have two masters, but one to be told of.
    pub(super) fn check_address_list(
        &mut self,
        event: &AdvertEvent,
        source: IpAddr,
        now: Monotonic,
    ) {
        if usize::from(event.address_count) == self.instance.addresses.len()
            && event.address_digest == self.address_digest()
        {
            return;
        }
        self.sent.address_list_mismatches += 1;
        if let Some(held_back) = self.address_alarm.admit(now) {
            let theirs = event
                .addresses
                .iter()
                .take(usize::from(event.address_count))
                .map(|address| from_abi(*address, self.instance.family).to_string())
                .collect::<Vec<_>>()
                .join(", ");
            let more =
                if usize::from(event.address_count) > EVENT_ADDRESSES { ", …" } else { "" };
            let ours = self
                .instance
                .addresses
                .iter()
                .map(|address| address.address.to_string())
                .collect::<Vec<_>>()
                .join(", ");
            tracing::warn!(
                instance = %self.instance.name,
                %source,
                held_back,
                "{}: {source} advertises other addresses ({theirs}{more}) than are configured here \
                 ({ours}); accepted, but make the files agree",
                self.instance.name,
            );
        }
    }
}

/// A map that refuses leaves the election as it is, but somebody has to know.
pub(super) fn complain(result: Result<(), MapError>) {
    if let Err(error) = result {
        tracing::error!(%error, "the eBPF program could not be told");
    }
}
