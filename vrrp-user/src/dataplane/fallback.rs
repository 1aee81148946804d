//! The packet core in this process.
//!
//! It judges what comes through the raw socket: everything where no program is attached, and
//! what the program leaves to the kernel elsewhere (IP options, reassembled fragments, adverts that
//! carry an HMAC).

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, HashMap, VecDeque},
    net::IpAddr,
};

use bytemuck::Zeroable as _;
use vrrp_ebpf::{
    abi::{
        AdvertEvent, ConflictEvent, Counter, Counters, Heard, NodeCounter, NodeCounters, Peer,
        PeerKey, RouterKey, RouterRule, Vip, VipKey,
    },
    advert::{self, Envelope, Locality, Outcome},
    tables::{Authentication, Tables},
    wire::{ipv4, ipv6},
};

use super::{Slot, address::from_abi, family_from_abi};
use crate::{
    hmac::{Refusal, Sequence, Verifier},
    protocol::Monotonic,
};

/// Events that may wait for the driver; it drains them after each datagram, so this is plenty.
const MAX_EVENTS: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Fallback {
    pub(super) rules: HashMap<RouterKey, RouterRule>,
    pub(super) peers: HashMap<PeerKey, Peer>,
    verifiers: RefCell<BTreeMap<u32, Verifier>>,
    now: Cell<u64>,
    heard: RefCell<BTreeMap<u32, Heard>>,
    counters: RefCell<BTreeMap<u32, Counters>>,
    node: RefCell<NodeCounters>,
    events: RefCell<VecDeque<AdvertEvent>>,
}

impl Fallback {
    pub(super) fn receive(&mut self, ifindex: u32, datagram: &[u8], at: Monotonic) -> Outcome {
        let Some((envelope, message)) = envelope(datagram) else { return Outcome::OutOfReach };
        self.now.set(at.as_nanos());
        let judge = Judge { fallback: self, datagram, envelope: &envelope };
        advert::receive(datagram, &envelope, message, ifindex, Locality::Delivered, &judge)
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

    pub(super) fn count_node(&self, counter: NodeCounter) {
        self.node.borrow_mut().add(counter);
    }

    pub(super) fn clear(&mut self, slot: Slot) {
        self.heard.get_mut().remove(&slot.get());
        self.counters.get_mut().remove(&slot.get());
        self.verifiers.get_mut().remove(&slot.get());
    }

    /// Who verifies a router's adverts. One that judges alike stays, with what it remembers.
    pub(super) fn set_verifier(&mut self, slot: Slot, verifier: Option<Verifier>) {
        let verifiers = self.verifiers.get_mut();
        match verifier {
            None => {
                verifiers.remove(&slot.get());
            }
            Some(mut new) if verifiers.contains_key(&slot.get()) => {
                let old = verifiers.get(&slot.get());
                if old.is_some_and(|old| old.is_like(&new)) {
                    return;
                }
                // Other keys, but the same senders.
                new.know(old.map(Verifier::senders).unwrap_or_default());
                verifiers.insert(slot.get(), new);
            }
            Some(new) => {
                verifiers.insert(slot.get(), new);
            }
        }
    }

    pub(super) fn senders(&self, slot: Slot) -> Vec<(IpAddr, Sequence)> {
        self.verifiers.borrow().get(&slot.get()).map(Verifier::senders).unwrap_or_default()
    }

    fn verify(
        &self,
        slot: u32,
        source: IpAddr,
        message: &[u8],
        trailer: Option<&[u8]>,
    ) -> Authentication {
        let mut verifiers = self.verifiers.borrow_mut();
        let Some(verifier) = verifiers.get_mut(&slot) else { return Authentication::Deferred };
        let trailer = trailer.and_then(|bytes| bytes.first_chunk());
        match verifier.verify(source, message, trailer) {
            Ok(()) => Authentication::Passed,
            Err(refusal) => Authentication::Failed(match refusal {
                Refusal::Missing => Counter::HmacMissing,
                Refusal::UnknownKey => Counter::HmacKey,
                Refusal::Wrong => Counter::HmacInvalid,
                Refusal::Stale | Refusal::Replayed => Counter::HmacReplay,
            }),
        }
    }
}

/// The envelope of a datagram, and where its message begins.
fn envelope(datagram: &[u8]) -> Option<(Envelope, usize)> {
    if datagram.first()? >> 4 == ipv6::VERSION {
        let header = ipv6::Header::read(datagram, 0)?;
        return Some((Envelope::from_ipv6(&header), ipv6::HEADER_LENGTH));
    }
    let header = ipv4::Header::read(datagram, 0)?;
    Some((Envelope::from_ipv4(&header), header.header_length()))
}

/// The tables, for one datagram.
struct Judge<'a> {
    fallback: &'a Fallback,
    datagram: &'a [u8],
    envelope: &'a Envelope,
}

impl Tables for Judge<'_> {
    type Reserved<'a>
        = Box<AdvertEvent>
    where
        Self: 'a;

    fn now(&self) -> u64 {
        self.fallback.now.get()
    }

    fn rule(&self, key: &RouterKey) -> Option<&RouterRule> {
        self.fallback.rules.get(key)
    }

    fn peer(&self, key: &PeerKey) -> Option<&Peer> {
        self.fallback.peers.get(key)
    }

    fn vip(&self, _: &VipKey) -> Option<&Vip> {
        // Without a program it is the kernel that answers for addresses.
        None
    }

    fn features(&self) -> u32 {
        0
    }

    fn lease_until(&self, _: u32) -> u64 {
        0
    }

    fn with_heard<R>(&self, slot: u32, change: impl FnOnce(&mut Heard) -> R) -> Option<R> {
        Some(change(self.fallback.heard.borrow_mut().entry(slot).or_default()))
    }

    fn count(&self, slot: u32, counter: Counter) {
        self.fallback.counters.borrow_mut().entry(slot).or_default().add(counter);
    }

    fn count_node(&self, counter: NodeCounter) {
        self.fallback.count_node(counter);
    }

    fn reserve(&self) -> Option<Box<AdvertEvent>> {
        let has_room = self.fallback.events.borrow().len() < MAX_EVENTS;
        has_room.then(|| Box::new(AdvertEvent::zeroed()))
    }

    fn submit(&self, event: Box<AdvertEvent>) {
        self.fallback.events.borrow_mut().push_back(*event);
    }

    fn publish_conflict(&self, _: &ConflictEvent) -> bool {
        // Only frames tell of hardware addresses.
        false
    }

    fn authenticate(
        &self,
        slot: u32,
        l4: usize,
        message_length: usize,
        trailer: bool,
    ) -> Authentication {
        let Some(family) = family_from_abi(self.envelope.family) else {
            return Authentication::Deferred;
        };
        let end = l4 + message_length;
        let Some(message) = self.datagram.get(l4..end) else { return Authentication::Deferred };
        let trailer = if trailer { self.datagram.get(end..) } else { None };
        self.fallback.verify(slot, from_abi(self.envelope.source, family), message, trailer)
    }
}
