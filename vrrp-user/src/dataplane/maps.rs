//! The eBPF program's maps, typed.

use aya::{
    Ebpf, Pod,
    maps::{Array, HashMap, Map, MapData, PerCpuArray, RingBuf},
};
use vrrp_ebpf::abi::{
    AdvertEvent, ConflictEvent, Counters, Heard, NodeCounters, Peer, PeerKey, RouterKey,
    RouterRule, Vip, VipKey,
};

use super::Slot;
use crate::protocol::Monotonic;

/// A type of `vrrp_ebpf::abi`, which may lie in a map.
#[derive(Clone, Copy)]
#[repr(transparent)]
struct Abi<T>(T);

// SAFETY: bytemuck's derive has proved that `T` has no padding and allows every bit pattern, which
// is what aya asks; `Abi` is transparent.
unsafe impl<T: bytemuck::Pod> Pod for Abi<T> {}

/// Why a map could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("the eBPF map `{map}` refused: {source}")]
pub struct MapError {
    map: &'static str,
    source: aya::maps::MapError,
}

/// Names the map in an error.
fn of(map: &'static str) -> impl FnOnce(aya::maps::MapError) -> MapError {
    move |source| MapError { map, source }
}

pub(super) struct Maps {
    routers: HashMap<MapData, Abi<RouterKey>, Abi<RouterRule>>,
    peers: HashMap<MapData, Abi<PeerKey>, Abi<Peer>>,
    vips: HashMap<MapData, Abi<VipKey>, Abi<Vip>>,
    features: Array<MapData, u32>,
    leases: Array<MapData, u64>,
    heard: Array<MapData, Abi<Heard>>,
    counters: PerCpuArray<MapData, Abi<Counters>>,
    node_counters: PerCpuArray<MapData, Abi<NodeCounters>>,
    pub(super) events: RingBuf<MapData>,
    pub(super) conflicts: RingBuf<MapData>,
}

impl std::fmt::Debug for Maps {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Maps").finish_non_exhaustive()
    }
}

/// Why the object does not have the maps this daemon was built for.
#[derive(Debug, thiserror::Error)]
pub enum TakeError {
    /// The map is missing.
    #[error("the eBPF object has no map `{0}`")]
    Missing(&'static str),
    /// The map has another type or layout.
    #[error(transparent)]
    Other(#[from] MapError),
}

impl Maps {
    pub(super) fn take(ebpf: &mut Ebpf) -> Result<Self, TakeError> {
        Ok(Self {
            routers: take(ebpf, "ROUTERS")?,
            peers: take(ebpf, "PEERS")?,
            vips: take(ebpf, "VIPS")?,
            features: take(ebpf, "FEATURES")?,
            leases: take(ebpf, "LEASES")?,
            heard: take(ebpf, "HEARD")?,
            counters: take(ebpf, "COUNTERS")?,
            node_counters: take(ebpf, "NODE_COUNTERS")?,
            events: take(ebpf, "EVENTS")?,
            conflicts: take(ebpf, "CONFLICTS")?,
        })
    }

    pub(super) fn set_rule(&mut self, key: RouterKey, rule: &RouterRule) -> Result<(), MapError> {
        self.routers.insert(Abi(key), Abi(*rule), 0).map_err(of("ROUTERS"))
    }

    pub(super) fn remove_rule(&mut self, key: RouterKey) -> Result<(), MapError> {
        unless_absent(self.routers.remove(&Abi(key))).map_err(of("ROUTERS"))
    }

    pub(super) fn set_peer(&mut self, key: PeerKey, peer: Peer) -> Result<(), MapError> {
        self.peers.insert(Abi(key), Abi(peer), 0).map_err(of("PEERS"))
    }

    pub(super) fn remove_peer(&mut self, key: PeerKey) -> Result<(), MapError> {
        unless_absent(self.peers.remove(&Abi(key))).map_err(of("PEERS"))
    }

    pub(super) fn set_features(&mut self, features: u32) -> Result<(), MapError> {
        self.features.set(0, features, 0).map_err(of("FEATURES"))
    }

    pub(super) fn set_vip(&mut self, key: VipKey, vip: Vip) -> Result<(), MapError> {
        self.vips.insert(Abi(key), Abi(vip), 0).map_err(of("VIPS"))
    }

    pub(super) fn remove_vip(&mut self, key: VipKey) -> Result<(), MapError> {
        unless_absent(self.vips.remove(&Abi(key))).map_err(of("VIPS"))
    }

    pub(super) fn set_lease(&mut self, slot: Slot, until: Monotonic) -> Result<(), MapError> {
        self.leases.set(slot.get(), until.as_nanos(), 0).map_err(of("LEASES"))
    }

    pub(super) fn heard(&self, slot: Slot) -> Heard {
        self.heard.get(&slot.get(), 0).map_or_else(|_| Heard::default(), |Abi(heard)| heard)
    }

    pub(super) fn counters(&self, slot: Slot) -> Counters {
        let mut sum = Counters::default();
        if let Ok(values) = self.counters.get(&slot.get(), 0) {
            values.iter().for_each(|Abi(counters)| sum.merge(counters));
        }
        sum
    }

    pub(super) fn node_counters(&self) -> NodeCounters {
        let mut sum = NodeCounters::default();
        if let Ok(values) = self.node_counters.get(&0, 0) {
            values.iter().for_each(|Abi(counters)| sum.merge(counters));
        }
        sum
    }

    /// Forbids answering, and forgets what was heard and counted.
    pub(super) fn clear(&mut self, slot: Slot) -> Result<(), MapError> {
        self.set_lease(slot, Monotonic::ZERO)?;
        self.heard.set(slot.get(), Abi(Heard::default()), 0).map_err(of("HEARD"))?;
        let cpus = aya::util::nr_cpus().map_or(0, |cpus| cpus);
        if let Ok(zero) = vec![Abi(Counters::default()); cpus].try_into() {
            self.counters.set(slot.get(), zero, 0).map_err(of("COUNTERS"))?;
        }
        Ok(())
    }

    pub(super) fn next_event(&mut self) -> Option<AdvertEvent> {
        next(&mut self.events)
    }

    pub(super) fn next_conflict(&mut self) -> Option<ConflictEvent> {
        next(&mut self.conflicts)
    }
}

fn next<T: bytemuck::Pod>(ring: &mut RingBuf<MapData>) -> Option<T> {
    loop {
        let item = ring.next()?;
        // An entry of another size is of another ABI and cannot be read.
        if let Ok(event) = bytemuck::try_pod_read_unaligned(&item) {
            return Some(event);
        }
    }
}

fn take<M: TryFrom<Map, Error = aya::maps::MapError>>(
    ebpf: &mut Ebpf,
    name: &'static str,
) -> Result<M, TakeError> {
    let map = ebpf.take_map(name).ok_or(TakeError::Missing(name))?;
    M::try_from(map).map_err(of(name)).map_err(TakeError::Other)
}

/// Removing what is not there has succeeded.
fn unless_absent(result: Result<(), aya::maps::MapError>) -> Result<(), aya::maps::MapError> {
    match result {
        Err(aya::maps::MapError::SyscallError(error))
            if error.io_error.raw_os_error() == Some(libc::ENOENT) =>
        {
            Ok(())
        }
        Err(aya::maps::MapError::KeyNotFound) => Ok(()),
        other => other,
    }
}
