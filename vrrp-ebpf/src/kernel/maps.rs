//! The maps, which operators find by these names in `bpftool map`.

use core::ops::{Deref, DerefMut};

use aya_ebpf::{
    btf_maps::{Array, HashMap, PerCpuArray, RingBuf},
    helpers::bpf_ktime_get_ns,
    macros::btf_map,
    maps::ring_buf::RingBufEntry,
};
use vrrp_ebpf::{
    abi::{
        AdvertEvent, CONFLICT_RING_BYTES, ConflictEvent, Counter, Counters, EVENT_RING_BYTES,
        Heard, MAX_PEERS, MAX_ROUTERS, MAX_VIPS, NodeCounter, NodeCounters, Peer, PeerKey,
        RouterKey, RouterRule, Vip, VipKey,
    },
    tables::{Authentication, Tables},
};

const ROUTER_SLOTS: usize = MAX_ROUTERS as usize;

#[btf_map]
static ROUTERS: HashMap<RouterKey, RouterRule, ROUTER_SLOTS> = HashMap::new();

#[btf_map]
static VIPS: HashMap<VipKey, Vip, { MAX_VIPS as usize }> = HashMap::new();

#[btf_map]
static PEERS: HashMap<PeerKey, Peer, { MAX_PEERS as usize }> = HashMap::new();

/// What is in use at all. Written by the daemon only.
#[btf_map]
static FEATURES: Array<u32, 1> = Array::new();

/// `CLOCK_MONOTONIC` nanoseconds by slot. Written by the daemon only.
#[btf_map]
static LEASES: Array<u64, ROUTER_SLOTS> = Array::new();

#[btf_map]
static HEARD: Array<Heard, ROUTER_SLOTS> = Array::new();

#[btf_map]
static COUNTERS: PerCpuArray<Counters, ROUTER_SLOTS> = PerCpuArray::new();

#[btf_map]
static NODE_COUNTERS: PerCpuArray<NodeCounters, 1> = PerCpuArray::new();

#[btf_map]
static EVENTS: RingBuf<AdvertEvent, { EVENT_RING_BYTES as usize }> = RingBuf::new();

#[btf_map]
static CONFLICTS: RingBuf<ConflictEvent, { CONFLICT_RING_BYTES as usize }> = RingBuf::new();

/// The maps as the packet core sees them.
pub(crate) struct Maps;

/// An event in place: the stack has no room for one besides all that was read.
pub(crate) struct Reserved(RingBufEntry<AdvertEvent>);

impl Deref for Reserved {
    type Target = AdvertEvent;

    #[inline(always)]
    fn deref(&self) -> &AdvertEvent {
        // SAFETY: the entry is memory of the kernel's that this program alone has until it submits
        // it, and every bit pattern is an event.
        unsafe { self.0.assume_init_ref() }
    }
}

impl DerefMut for Reserved {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut AdvertEvent {
        // SAFETY: as above.
        unsafe { self.0.assume_init_mut() }
    }
}

impl Tables for Maps {
    type Reserved<'a> = Reserved;

    #[inline(always)]
    fn now(&self) -> u64 {
        // SAFETY: the helper takes nothing and only reads a clock.
        unsafe { bpf_ktime_get_ns() }
    }

    #[inline(always)]
    fn rule(&self, key: &RouterKey) -> Option<&RouterRule> {
        // SAFETY: the daemon replaces entries whole and never writes through them; an entry freed
        // meanwhile stays readable until the program ends (RCU).
        unsafe { ROUTERS.get(key) }
    }

    #[inline(always)]
    fn peer(&self, key: &PeerKey) -> Option<&Peer> {
        // SAFETY: as for `rule`.
        unsafe { PEERS.get(key) }
    }

    #[inline(always)]
    fn vip(&self, key: &VipKey) -> Option<&Vip> {
        // SAFETY: as for `rule`.
        unsafe { VIPS.get(key) }
    }

    #[inline(always)]
    fn features(&self) -> u32 {
        FEATURES.get(0).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn lease_until(&self, slot: u32) -> u64 {
        LEASES.get(slot).copied().unwrap_or(0)
    }

    #[inline(always)]
    fn with_heard<R>(&self, slot: u32, change: impl FnOnce(&mut Heard) -> R) -> Option<R> {
        // SAFETY: the pointer is to an array element, which lives as long as the map. Two CPUs may
        // write at once: every field is one aligned word, and `Heard` is read with that in mind.
        HEARD.get_ptr_mut(slot).map(|heard| change(unsafe { &mut *heard }))
    }

    #[inline(always)]
    fn count(&self, slot: u32, counter: Counter) {
        if let Some(counters) = COUNTERS.get_ptr_mut(slot) {
            // SAFETY: the element is this CPU's own.
            unsafe { &mut *counters }.add(counter);
        }
    }

    #[inline(always)]
    fn count_node(&self, counter: NodeCounter) {
        if let Some(counters) = NODE_COUNTERS.get_ptr_mut(0) {
            // SAFETY: the element is this CPU's own.
            unsafe { &mut *counters }.add(counter);
        }
    }

    #[inline(always)]
    fn reserve(&self) -> Option<Reserved> {
        EVENTS.reserve(0).map(Reserved)
    }

    #[inline(always)]
    fn submit(&self, event: Reserved) {
        event.0.submit(0);
    }

    #[inline(always)]
    fn publish_conflict(&self, event: &ConflictEvent) -> bool {
        CONFLICTS.output(event, 0).is_ok()
    }

    #[inline(always)]
    fn authenticate(&self, _: u32, _: usize, _: usize, _: bool) -> Authentication {
        Authentication::Deferred
    }
}
