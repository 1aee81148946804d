//! The packet core as compiled for the host.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use vrrp_ebpf::{
    Verdict,
    abi::{
        AdvertEvent, ConflictEvent, Counter, Counters, Heard, MAX_ROUTERS, NodeCounter,
        NodeCounters, Peer, PeerKey, RouterKey, RouterRule, Vip, VipKey,
    },
    egress::{Egress, is_of_interest, on_egress},
    on_frame,
    tables::{Authentication, Tables},
};

use super::world::{self, Core, IFINDEX, Lease, SLOT, Seen, World};

/// A clock that stands still.
const NOW: u64 = 1_000_000_000_000_000;

/// The maps as hash maps. A slot past the kernel's arrays is missing here, too.
#[derive(Debug)]
pub(crate) struct Host {
    pub(crate) now: Cell<u64>,
    pub(crate) rules: HashMap<RouterKey, RouterRule>,
    pub(crate) vips: HashMap<VipKey, Vip>,
    pub(crate) peers: HashMap<PeerKey, Peer>,
    pub(crate) features: u32,
    pub(crate) leases: HashMap<u32, u64>,
    pub(crate) heard: RefCell<HashMap<u32, Heard>>,
    pub(crate) counters: RefCell<HashMap<u32, Counters>>,
    pub(crate) node: Cell<NodeCounters>,
    pub(crate) events: RefCell<Vec<AdvertEvent>>,
    pub(crate) conflicts: RefCell<Vec<ConflictEvent>>,
    pub(crate) ring_full: bool,
    /// What comes of verifying. The kernel's half always defers.
    pub(crate) authentication: Authentication,
    /// What was to be verified: slot, place of the message, its length, whether a trailer follows.
    pub(crate) verified: RefCell<Vec<(u32, usize, usize, bool)>>,
}

impl Host {
    /// The configuration of a world, its lease read off this clock.
    pub(crate) fn new(world: &World, now: u64) -> Self {
        let lease = match world.lease {
            Lease::Never => 0,
            Lease::Over => now - 1,
            Lease::Held => now + 1,
        };
        let host = Self {
            now: Cell::new(now),
            rules: world.rules.iter().copied().collect(),
            vips: world.vips.iter().copied().collect(),
            peers: world.peers.iter().copied().collect(),
            features: world.features,
            leases: HashMap::from([(SLOT, lease)]),
            heard: RefCell::default(),
            counters: RefCell::default(),
            node: Cell::default(),
            events: RefCell::default(),
            conflicts: RefCell::default(),
            ring_full: world.ring_full,
            authentication: Authentication::Deferred,
            verified: RefCell::default(),
        };
        host.heard.borrow_mut().insert(SLOT, world.heard(now));
        host
    }

    /// Shows the core a frame that arrives on [`IFINDEX`].
    pub(crate) fn show(&self, frame: &mut [u8]) -> Verdict {
        self.show_on(frame, IFINDEX)
    }

    /// Shows the core a frame that arrives elsewhere.
    pub(crate) fn show_on(&self, frame: &mut [u8], ifindex: u32) -> Verdict {
        on_frame(frame, ifindex, self)
    }

    /// Shows the core a frame that leaves through [`IFINDEX`].
    pub(crate) fn show_leaving(&self, frame: &mut [u8]) -> Verdict {
        if !is_of_interest(frame) {
            return Verdict::Pass;
        }
        match on_egress(frame, IFINDEX, self) {
            Egress::Pass => Verdict::Pass,
            Egress::Drop => Verdict::Drop,
        }
    }

    pub(crate) fn heard(&self, slot: u32) -> Heard {
        self.heard.borrow().get(&slot).copied().unwrap_or_default()
    }

    pub(crate) fn counters(&self, slot: u32) -> Counters {
        self.counters.borrow().get(&slot).copied().unwrap_or_default()
    }
}

impl Tables for Host {
    type Reserved<'a> = Box<AdvertEvent>;

    fn now(&self) -> u64 {
        self.now.get()
    }

    fn rule(&self, key: &RouterKey) -> Option<&RouterRule> {
        self.rules.get(key)
    }

    fn vip(&self, key: &VipKey) -> Option<&Vip> {
        self.vips.get(key)
    }

    fn peer(&self, key: &PeerKey) -> Option<&Peer> {
        self.peers.get(key)
    }

    fn features(&self) -> u32 {
        self.features
    }

    fn lease_until(&self, slot: u32) -> u64 {
        self.leases.get(&slot).copied().unwrap_or(0)
    }

    fn with_heard<R>(&self, slot: u32, change: impl FnOnce(&mut Heard) -> R) -> Option<R> {
        (slot < MAX_ROUTERS).then(|| change(self.heard.borrow_mut().entry(slot).or_default()))
    }

    fn count(&self, slot: u32, counter: Counter) {
        if slot < MAX_ROUTERS {
            self.counters.borrow_mut().entry(slot).or_default().add(counter);
        }
    }

    fn count_node(&self, counter: NodeCounter) {
        let mut counters = self.node.get();
        counters.add(counter);
        self.node.set(counters);
    }

    fn reserve(&self) -> Option<Box<AdvertEvent>> {
        // As in the ring buffer, what was there before is still there.
        let left_over = [0xa5; size_of::<AdvertEvent>()];
        (!self.ring_full).then(|| Box::new(bytemuck::pod_read_unaligned(&left_over)))
    }

    fn submit(&self, event: Box<AdvertEvent>) {
        self.events.borrow_mut().push(*event);
    }

    fn publish_conflict(&self, event: &ConflictEvent) -> bool {
        if !self.ring_full {
            self.conflicts.borrow_mut().push(*event);
        }
        !self.ring_full
    }

    fn authenticate(
        &self,
        slot: u32,
        l4: usize,
        message_length: usize,
        trailer: bool,
    ) -> Authentication {
        self.verified.borrow_mut().push((slot, l4, message_length, trailer));
        self.authentication
    }
}

/// Builds a [`Host`] for every frame.
pub(crate) struct HostCore;

impl Core for HostCore {
    fn name(&self) -> &'static str {
        "on the host"
    }

    fn run(&mut self, world: &World, frame: &[u8]) -> Seen {
        let host = Host::new(world, NOW);
        let mut frame = frame.to_vec();
        let verdict =
            if world.leaving { host.show_leaving(&mut frame) } else { host.show(&mut frame) };
        let mut events = host.events.take();
        for event in &mut events {
            assert_eq!(event.received_ns, NOW, "the stamp of an event");
            event.received_ns = 0;
        }
        let mut conflicts = host.conflicts.take();
        for event in &mut conflicts {
            assert_eq!(event.received_ns, NOW, "the stamp of a conflict");
            event.received_ns = 0;
        }
        Seen {
            verdict,
            frame,
            counters: host.counters(SLOT),
            node: host.node.get(),
            heard: world::Heard::of(&host.heard(SLOT), NOW, NOW),
            events,
            conflicts,
        }
    }
}
