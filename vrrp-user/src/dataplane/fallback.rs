//! The packet core in this process.
//!
//! It judges what comes through the raw socket: everything where no program is attached, and
//! what the program leaves to the kernel elsewhere (IP options, reassembled fragments).

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap, VecDeque},
};

use vrrp_ebpf::{
    abi::{
        AdvertEvent, ConflictEvent, Counter, Counters, Heard, NodeCounter, NodeCounters, Peer,
        PeerKey, RouterKey, RouterRule, Vip, VipKey,
    },
    advert::{self, Envelope, Locality, Outcome},
    tables::{Authentication, Tables},
    wire::ipv4,
};

use super::Slot;
use crate::protocol::Monotonic;

/// Events that may wait for the driver; it drains them after each datagram, so this is plenty.
const MAX_EVENTS: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Fallback {
    pub(super) rules: HashMap<RouterKey, RouterRule>,
    now: Cell<u64>,
    heard: RefCell<BTreeMap<u32, Heard>>,
    counters: RefCell<BTreeMap<u32, Counters>>,
    node: RefCell<NodeCounters>,
    events: RefCell<VecDeque<AdvertEvent>>,
}

impl Fallback {
    pub(super) fn receive(&mut self, ifindex: u32, datagram: &[u8], at: Monotonic) -> Outcome {
        let Some(header) = ipv4::Header::read(datagram, 0) else {
            return Outcome::OutOfReach;
        };
        self.now.set(at.as_nanos());
        let envelope = Envelope::from_ipv4(&header);
        let l4 = header.header_length();
        advert::receive(datagram, &envelope, l4, ifindex, Locality::Delivered, self)
    }

    pub(super) fn next_event(&mut self) -> Option<AdvertEvent> {
        self.events.get_mut().pop_front()
    }

    pub(super) fn heard(&self, slot: Slot) -> Heard {
        self.heard.borrow().get(&slot.get()).copied().unwrap_or_default()
    }

    pub(super) fn counters(&self, slot: Slot) -> Counters {
        self.counters.borrow().get(&slot.get()).copied().unwrap_or_default()
    }

    pub(super) fn node_counters(&self) -> NodeCounters {
        *self.node.borrow()
    }

    pub(super) fn clear(&mut self, slot: Slot) {
        self.heard.get_mut().remove(&slot.get());
        self.counters.get_mut().remove(&slot.get());
    }
}

impl Tables for Fallback {
    type Reserved<'a> = Box<AdvertEvent>;

    fn now(&self) -> u64 {
        self.now.get()
    }

    fn rule(&self, key: &RouterKey) -> Option<&RouterRule> {
        self.rules.get(key)
    }

    fn peer(&self, _: &PeerKey) -> Option<&Peer> {
        None
    }

    fn features(&self) -> u32 {
        0
    }

    fn vip(&self, _: &VipKey) -> Option<&Vip> {
        // Without a program it is the kernel that answers ARP.
        None
    }

    fn lease_until(&self, _: u32) -> u64 {
        0
    }

    fn with_heard<R>(&self, slot: u32, change: impl FnOnce(&mut Heard) -> R) -> Option<R> {
        Some(change(self.heard.borrow_mut().entry(slot).or_default()))
    }

    fn count(&self, slot: u32, counter: Counter) {
        self.counters.borrow_mut().entry(slot).or_default().add(counter);
    }

    fn count_node(&self, counter: NodeCounter) {
        self.node.borrow_mut().add(counter);
    }

    fn reserve(&self) -> Option<Box<AdvertEvent>> {
        let room = self.events.borrow().len() < MAX_EVENTS;
        room.then(|| Box::new(bytemuck::Zeroable::zeroed()))
    }

    fn submit(&self, event: Box<AdvertEvent>) {
        self.events.borrow_mut().push_back(*event);
    }

    fn publish_conflict(&self, _: &ConflictEvent) -> bool {
        true
    }

    fn authenticate(&self, _: u32, _: usize, _: usize, _: bool) -> Authentication {
        Authentication::Passed
    }
}
