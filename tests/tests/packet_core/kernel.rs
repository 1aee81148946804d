//! The committed object, run by the kernel with `BPF_PROG_TEST_RUN`.

use std::{env, net::Ipv4Addr, path::PathBuf};

use aya::{
    Ebpf, EbpfLoader, Pod,
    maps::{Array, HashMap, Map, MapData, MapError, MapType, PerCpuArray, PerCpuValues, RingBuf},
    programs::ProgramError,
};
use nix::time::{ClockId, clock_gettime};
use vrrp_ebpf::{
    Verdict,
    abi::{
        AdvertEvent, ConflictEvent, Counter, Counters, Heard, NodeCounters, Peer, PeerKey,
        RouterKey, RouterRule, Vip, VipKey,
    },
};
use vrrp_tests::craft;

use super::{
    frames::Advert,
    hook::Hook,
    world::{self, Core, IFINDEX, Lease, SLOT, Seen, VIP, World},
};

/// Setting up and judging takes microseconds; past this the process was not running, and what
/// was meant to be a moment ago no longer is.
const PROMPT: u64 = 40_000_000;
const SECOND: u64 = 1_000_000_000;

/// A type of `vrrp_ebpf::abi` in a map.
#[derive(Clone, Copy, Debug, Default)]
#[repr(transparent)]
pub(crate) struct Abi<T>(T);

// SAFETY: `bytemuck::Pod` promises that there is no padding and that every bit pattern is valid;
// `Abi` is transparent.
unsafe impl<T: bytemuck::Pod> Pod for Abi<T> {}

/// One of the programs and its maps. Each instance has its own, so tests may run side by side.
pub(crate) struct Kernel {
    hook: Hook,
    ebpf: Ebpf,
    routers: HashMap<MapData, Abi<RouterKey>, Abi<RouterRule>>,
    vips: HashMap<MapData, Abi<VipKey>, Abi<Vip>>,
    peers: HashMap<MapData, Abi<PeerKey>, Abi<Peer>>,
    features: Array<MapData, u32>,
    leases: Array<MapData, u64>,
    heard: Array<MapData, Abi<Heard>>,
    counters: PerCpuArray<MapData, Abi<Counters>>,
    node: PerCpuArray<MapData, Abi<NodeCounters>>,
    events: RingBuf<MapData>,
    conflicts: RingBuf<MapData>,
    cpus: usize,
}

impl Kernel {
    /// Loads the object and a program of it, or says why that cannot be done on this machine.
    ///
    /// Panics if it is not the machine but the object that is to blame, or if
    /// `VRRP_TESTS_REQUIRED=1` forbids skipping.
    pub(crate) fn load(hook: Hook) -> Option<Self> {
        Self::load_at(hook, 0)
    }

    /// The same with the program tracing at this level of aya-log.
    pub(crate) fn load_at(hook: Hook, level: u8) -> Option<Self> {
        if let Some(reason) = missing() {
            let required = env::var_os("VRRP_TESTS_REQUIRED").is_some_and(|value| value == "1");
            assert!(!required, "this test may not be skipped: {reason}");
            eprintln!("the half in the kernel is skipped: {reason}");
            return None;
        }
        let path = object();
        let mut ebpf = EbpfLoader::new()
            .override_global("AYA_LOG_LEVEL", &level, true)
            .load_file(&path)
            .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        for hook in [hook, Hook::Egress] {
            hook.load(&mut ebpf).unwrap_or_else(|error| panic!("the verifier refuses: {error}"));
        }
        Some(Self {
            routers: take(&mut ebpf, "ROUTERS"),
            vips: take(&mut ebpf, "VIPS"),
            peers: take(&mut ebpf, "PEERS"),
            features: take(&mut ebpf, "FEATURES"),
            leases: take(&mut ebpf, "LEASES"),
            heard: take(&mut ebpf, "HEARD"),
            counters: take(&mut ebpf, "COUNTERS"),
            node: take(&mut ebpf, "NODE_COUNTERS"),
            events: take(&mut ebpf, "EVENTS"),
            conflicts: take(&mut ebpf, "CONFLICTS"),
            cpus: aya::util::nr_cpus().unwrap(),
            hook,
            ebpf,
        })
    }

    /// Puts the program on an interface of this network namespace, for as long as this lives.
    pub(crate) fn attach(&mut self, interface: &str) {
        self.hook.attach(&mut self.ebpf, interface);
    }

    /// Replaces rules and addresses.
    pub(crate) fn configure(&mut self, world: &World) {
        replace(&mut self.routers, &world.rules);
        replace(&mut self.vips, &world.vips);
        replace(&mut self.peers, &world.peers);
        self.features.set(0, world.features, 0).unwrap();
    }

    pub(crate) fn set_lease(&mut self, slot: u32, until: u64) {
        self.leases.set(slot, until, 0).unwrap();
    }

    /// Forgets what was heard and counted for a slot and the node, and throws events away.
    pub(crate) fn forget(&mut self, slot: u32) {
        self.clear(slot);
        while self.events.next().is_some() {}
        while self.conflicts.next().is_some() {}
    }

    fn clear(&mut self, slot: u32) {
        self.heard.set(slot, Abi::default(), 0).unwrap();
        self.counters.set(slot, self.everywhere(Abi::default()), 0).unwrap();
        self.node.set(0, self.everywhere(Abi::default()), 0).unwrap();
    }

    /// Runs the program once; the frame becomes what the program made of it.
    pub(crate) fn show(&self, frame: &mut Vec<u8>) -> Verdict {
        match self.hook.run(&self.ebpf, frame, None) {
            Ok(verdict) => verdict,
            Err(error) => panic!("a frame of {} bytes: {error:?}", frame.len()),
        }
    }

    /// The same with only this many bytes in the linear part, as with frames that a driver
    /// received in several buffers. `None` on kernels before 6.18, which want the whole frame
    /// there.
    pub(crate) fn show_linear(&self, frame: &mut Vec<u8>, linear: usize) -> Option<Verdict> {
        self.show_with(frame, u32::try_from(linear).unwrap(), IFINDEX)
    }

    /// The same with the frame arriving on an interface of this network namespace.
    pub(crate) fn show_on(&self, frame: &mut Vec<u8>, ifindex: u32) -> Option<Verdict> {
        let linear = u32::try_from(frame.len()).unwrap();
        self.show_with(frame, linear, ifindex)
    }

    fn show_with(&self, frame: &mut Vec<u8>, linear: u32, ifindex: u32) -> Option<Verdict> {
        let length = u32::try_from(frame.len()).unwrap();
        let context = self.hook.context(ifindex, linear, length);
        match self.hook.run(&self.ebpf, frame, Some(bytemuck::cast_slice(&context))) {
            Ok(verdict) => Some(verdict),
            Err(ProgramError::SyscallError(error))
                if error.io_error.raw_os_error() == Some(libc::EINVAL) =>
            {
                None
            }
            Err(error) => panic!("{error:?}"),
        }
    }

    /// Runs the program for frames that leave, through [`IFINDEX`].
    pub(crate) fn show_leaving(&self, frame: &mut Vec<u8>) -> Verdict {
        Hook::Egress
            .run(&self.ebpf, frame, None)
            .unwrap_or_else(|error| panic!("a frame of {} bytes: {error:?}", frame.len()))
    }

    pub(crate) fn heard(&self, slot: u32) -> Heard {
        self.heard.get(&slot, 0).unwrap().0
    }

    pub(crate) fn counters(&self, slot: u32) -> Counters {
        let mut sum = Counters::default();
        self.counters.get(&slot, 0).unwrap().iter().for_each(|Abi(table)| sum.merge(table));
        sum
    }

    pub(crate) fn node_counters(&self) -> NodeCounters {
        let mut sum = NodeCounters::default();
        self.node.get(&0, 0).unwrap().iter().for_each(|Abi(table)| sum.merge(table));
        sum
    }

    pub(crate) fn events(&mut self) -> Vec<AdvertEvent> {
        drain(&mut self.events)
    }

    pub(crate) fn conflicts(&mut self) -> Vec<ConflictEvent> {
        drain(&mut self.conflicts)
    }

    /// Publishes until there is no room, without anybody reading.
    fn fill_rings(&mut self) {
        self.configure(&World::v2());
        for round in 0..u16::MAX {
            // Each differs from the one before, and so is published.
            let [_, priority] = round.to_be_bytes();
            self.show(&mut Advert { priority, ..Advert::v2() }.frame());
            if self.counters(SLOT).get(Counter::Lost) > 0 {
                return self.fill_ring_of_conflicts();
            }
        }
        panic!("the ring buffer takes any number of events");
    }

    fn fill_ring_of_conflicts(&mut self) {
        self.configure(&World::arp(Lease::Held));
        self.set_lease(SLOT, u64::MAX);
        let (mac, vip) = ([2, 0, 0, 0, 0, 7], Ipv4Addr::from(VIP));
        for _ in 0..u16::MAX {
            self.heard.set(SLOT, Abi::default(), 0).unwrap();
            self.show(&mut craft::arp_request(mac, vip, vip));
            if self.heard(SLOT).conflict_ns == 0 {
                return;
            }
        }
        panic!("the ring buffer takes any number of conflicts");
    }

    /// One value for every CPU.
    fn everywhere<T: bytemuck::Pod>(&self, value: Abi<T>) -> PerCpuValues<Abi<T>> {
        PerCpuValues::try_from(vec![value; self.cpus]).unwrap()
    }

    /// Brings a world about, and tells the moment that its past counts from.
    fn prepare(&mut self, world: &World) -> u64 {
        self.forget(SLOT);
        if world.ring_full {
            self.fill_rings();
            self.clear(SLOT);
        }
        self.configure(world);
        let now = monotonic();
        self.set_lease(
            SLOT,
            match world.lease {
                Lease::Never => 0,
                Lease::Over => now - 1,
                Lease::Held => now + 60 * SECOND,
            },
        );
        self.heard.set(SLOT, Abi(world.heard(now)), 0).unwrap();
        now
    }
}

impl Core for Kernel {
    fn name(&self) -> &'static str {
        self.hook.name()
    }

    fn takes(&self, frame: &[u8]) -> bool {
        self.hook.takes(frame)
    }

    fn run(&mut self, world: &World, frame: &[u8]) -> Seen {
        loop {
            let prepared = self.prepare(world);
            let from = monotonic();
            let mut output = frame.to_vec();
            let verdict =
                if world.leaving { self.show_leaving(&mut output) } else { self.show(&mut output) };
            let to = monotonic();
            if (world.past.is_some() || world.conflict_ago.is_some()) && to - prepared > PROMPT {
                continue;
            }
            let mut events = if world.ring_full { Vec::new() } else { self.events() };
            for event in &mut events {
                assert!((from..=to).contains(&event.received_ns), "the stamp of an event");
                event.received_ns = 0;
            }
            let mut conflicts = if world.ring_full { Vec::new() } else { self.conflicts() };
            for event in &mut conflicts {
                assert!((from..=to).contains(&event.received_ns), "the stamp of a conflict");
                event.received_ns = 0;
            }
            return Seen {
                verdict,
                frame: output,
                counters: self.counters(SLOT),
                node: self.node_counters(),
                heard: world::Heard::of(&self.heard(SLOT), from, to),
                events,
                conflicts,
            };
        }
    }
}

fn replace<K: bytemuck::Pod, V: bytemuck::Pod>(
    map: &mut HashMap<MapData, Abi<K>, Abi<V>>,
    entries: &[(K, V)],
) {
    for key in map.keys().collect::<Result<Vec<_>, _>>().unwrap() {
        map.remove(&key).unwrap();
    }
    for (key, value) in entries {
        map.insert(Abi(*key), Abi(*value), 0).unwrap();
    }
}

fn drain<T: bytemuck::Pod>(ring: &mut RingBuf<MapData>) -> Vec<T> {
    let mut events = Vec::new();
    while let Some(item) = ring.next() {
        events.push(bytemuck::pod_read_unaligned(&item));
    }
    events
}

/// The clock of `bpf_ktime_get_ns`.
pub(crate) fn monotonic() -> u64 {
    let now = clock_gettime(ClockId::CLOCK_MONOTONIC).unwrap();
    u64::try_from(now.tv_sec()).unwrap() * SECOND + u64::try_from(now.tv_nsec()).unwrap()
}

/// What this machine lacks.
fn missing() -> Option<String> {
    if !nix::unistd::geteuid().is_root() {
        return Some("needs root".to_owned());
    }
    match aya::sys::is_map_supported(MapType::RingBuf) {
        Ok(true) => None,
        Ok(false) => Some("the kernel has no ring buffers (it is older than 5.8)".to_owned()),
        Err(error) => Some(format!("the kernel takes no eBPF maps: {error}")),
    }
}

/// `VRRP_EBPF_OBJECT` chooses another, as for the daemon's build.
fn object() -> PathBuf {
    env::var_os("VRRP_EBPF_OBJECT").filter(|value| !value.is_empty()).map_or_else(
        || concat!(env!("CARGO_MANIFEST_DIR"), "/../vrrp-ebpf/prebuilt/vrrp.bpf.o").into(),
        PathBuf::from,
    )
}

fn take<M: TryFrom<Map, Error = MapError>>(ebpf: &mut Ebpf, name: &str) -> M {
    M::try_from(ebpf.take_map(name).unwrap()).unwrap()
}
