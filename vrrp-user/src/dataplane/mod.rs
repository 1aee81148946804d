//! The packet core at work: in the kernel as an eBPF program, and in this process for what the
//! program leaves to the kernel or where none can be attached.
//!
//! This is the only module that names aya.

mod address;
mod attach;
mod egress;
mod fallback;
mod hold;
mod hook;
mod kernel;
mod maps;
mod pins;
mod programs;
mod tc;
#[cfg(test)]
mod testing;

use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    os::fd::{AsFd as _, OwnedFd},
    path::{Path, PathBuf},
};

use vrrp_ebpf::{
    abi::{
        AdvertEvent, ConflictEvent, Counters, FEATURE_NO_ACCEPT, MAX_ROUTERS, NodeCounter,
        NodeCounters, Peer, PeerKey, RouterKey, RouterRule, VIP_NO_ACCEPT, Vip, VipKey,
    },
    advert::Outcome,
};

use self::{address::family_to_abi, fallback::Fallback, kernel::Kernel, pins::Pins, tc::Direction};
pub use self::{
    address::{family_from_abi, from_abi, to_abi},
    attach::AttachError,
    egress::{EgressError, EgressHook},
    hook::{Hook, HookRequest, Interface, Mode},
    kernel::LoadError,
    maps::MapError,
    programs::ProgramLoadError,
};
use crate::{
    hmac::{Sequence, Verifier},
    protocol::{Family, Monotonic, Vrid},
};

/// A router's index into the maps.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Slot(u32);

impl Slot {
    /// `None` past the maps' end.
    #[must_use]
    pub const fn new(index: u32) -> Option<Self> {
        if index < MAX_ROUTERS { Some(Self(index)) } else { None }
    }

    /// The index.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

/// What tells virtual routers apart on the wire.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct RouterId {
    /// Index of the interface on which its adverts arrive.
    pub ifindex: u32,
    /// The family of its adverts.
    pub family: Family,
    /// Its identifier.
    pub vrid: Vrid,
}

/// How the data plane is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Which hook the operator wants.
    pub hook: HookRequest,
    /// Where links are pinned, so that the program outlives a crash of the daemon and fences it.
    /// `None`: not at all.
    pub pins: Option<PathBuf>,
    /// Have the program trace what it does through aya-log.
    pub trace: bool,
}

/// Both halves of the packet core and the state they share.
#[derive(Debug)]
pub struct DataPlane {
    kernel: Option<Kernel>,
    fallback: Fallback,
    /// What the program knows of virtual addresses: it is told of changes only.
    vips: HashMap<VipKey, Vip>,
    /// How many of them packets are not accepted for.
    unaccepted: usize,
    /// Without a program: where a dead daemon may have left its own, which would keep adverts and
    /// requests from the kernel.
    left_behind: Option<Pins>,
    /// Whether filters that a dead daemon left have been looked for.
    is_swept: bool,
}

impl DataPlane {
    /// Loads the eBPF program unless the operator wants none.
    ///
    /// # Errors
    /// When the kernel refuses the program or its maps.
    pub fn load(options: &Options) -> Result<Self, LoadError> {
        let kernel = match options.hook {
            HookRequest::Off => None,
            _ => Some(Kernel::load(options)?),
        };
        Ok(match kernel {
            None => Self::without_ebpf(options),
            kernel => Self {
                kernel,
                fallback: Fallback::default(),
                vips: HashMap::new(),
                unaccepted: 0,
                left_behind: None,
                is_swept: false,
            },
        })
    }

    /// A data plane without eBPF: adverts come through a raw socket, and the kernel answers ARP.
    #[must_use]
    pub fn without_ebpf(options: &Options) -> Self {
        Self {
            kernel: None,
            fallback: Fallback::default(),
            vips: HashMap::new(),
            unaccepted: 0,
            left_behind: options.pins.as_deref().and_then(Pins::find),
            is_swept: false,
        }
    }

    /// Pins links in this directory from now on, so that the program outlives a crash of the daemon,
    /// and takes over those that another daemon left there.
    pub fn open_pins(&mut self, directory: &Path) {
        match &mut self.kernel {
            Some(kernel) => kernel.open_pins(directory),
            None => self.left_behind = Pins::find(directory),
        }
    }

    /// Whether the program outlives a crash of the daemon.
    #[must_use]
    pub fn is_pinned(&self) -> bool {
        self.kernel.as_ref().is_some_and(Kernel::is_pinned)
    }

    /// Whether adverts reach the eBPF program, if attached.
    #[must_use]
    pub const fn has_ebpf(&self) -> bool {
        self.kernel.is_some()
    }

    /// Attaches the program to an interface, replacing one that a dead daemon left pinned.
    ///
    /// # Errors
    /// When every hook that `request` allows is refused.
    pub fn attach(
        &mut self,
        interface: &Interface,
        request: HookRequest,
    ) -> Result<Hook, AttachError> {
        match &mut self.kernel {
            Some(kernel) => kernel.attach(interface, request),
            None => Ok(Hook::off("switched off")),
        }
    }

    /// Detaches from an interface, which may be gone already, its egress too, and removes the pins.
    pub fn detach(&mut self, ifindex: u32) {
        if let Some(kernel) = &mut self.kernel {
            kernel.detach(ifindex);
            kernel.release_egress(ifindex);
        }
    }

    /// Puts the program for what leaves an interface on it, in place of one that a dead daemon left
    /// there. Repeating it does nothing.
    ///
    /// # Errors
    /// When there is no such program, or the kernel refuses it.
    pub fn guard_egress(&mut self, interface: &Interface) -> Result<EgressHook, EgressError> {
        self.kernel.as_mut().ok_or(EgressError::Off)?.guard_egress(interface)
    }

    /// Takes that program off an interface, which may be gone already, and removes the pin.
    pub fn release_egress(&mut self, ifindex: u32) {
        if let Some(kernel) = &mut self.kernel {
            kernel.release_egress(ifindex);
        }
    }

    /// Sets or replaces the rule by which adverts for a router are judged.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_rule(&mut self, router: RouterId, rule: &RouterRule) -> Result<(), MapError> {
        let key = router_key(router);
        self.fallback.rules.insert(key, *rule);
        self.kernel.as_mut().map_or(Ok(()), |kernel| kernel.maps.set_rule(key, rule))
    }

    /// Forgets a router. Its adverts are left to the kernel from now on.
    ///
    /// # Errors
    /// When the kernel refuses for another reason than that there was none.
    pub fn remove_rule(&mut self, router: RouterId) -> Result<(), MapError> {
        let key = router_key(router);
        self.fallback.rules.remove(&key);
        self.kernel.as_mut().map_or(Ok(()), |kernel| kernel.maps.remove_rule(key))
    }

    /// Has adverts from `address` taken for `slot`, within these bounds of TTL.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_peer(&mut self, slot: Slot, address: IpAddr, peer: Peer) -> Result<(), MapError> {
        let key = peer_key(slot, address);
        self.fallback.peers.insert(key, peer);
        self.kernel.as_mut().map_or(Ok(()), |kernel| kernel.maps.set_peer(key, peer))
    }

    /// Knows the peer of `slot` at `address` no more.
    ///
    /// # Errors
    /// When the kernel refuses for another reason than that it was not there.
    pub fn remove_peer(&mut self, slot: Slot, address: IpAddr) -> Result<(), MapError> {
        let key = peer_key(slot, address);
        self.fallback.peers.remove(&key);
        self.kernel.as_mut().map_or(Ok(()), |kernel| kernel.maps.remove_peer(key))
    }

    /// Who verifies the HMACs of a router whose rule asks for it; `None` for nobody.
    pub fn set_verifier(&mut self, slot: Slot, verifier: Option<Verifier>) {
        self.fallback.set_verifier(slot, verifier);
    }

    /// What is known of others' HMAC trailers.
    #[must_use]
    pub fn senders(&self, slot: Slot) -> Vec<(IpAddr, Sequence)> {
        self.fallback.senders(slot)
    }

    /// Has requests for `address` answered as `vip` says while the lease of its slot holds.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_vip(&mut self, ifindex: u32, address: IpAddr, vip: Vip) -> Result<(), MapError> {
        let Some(kernel) = &mut self.kernel else { return Ok(()) };
        let key = vip_key(ifindex, address);
        if self.vips.get(&key) == Some(&vip) {
            return Ok(());
        }
        kernel.maps.set_vip(key, vip)?;
        let before = self.vips.insert(key, vip);
        self.count_unaccepted(before, Some(vip))
    }

    /// After a virtual address has come, changed or gone.
    fn count_unaccepted(
        &mut self,
        before: Option<Vip>,
        after: Option<Vip>,
    ) -> Result<(), MapError> {
        let count =
            |vip: Option<Vip>| usize::from(vip.is_some_and(|vip| vip.flags & VIP_NO_ACCEPT != 0));
        let told = self.features();
        self.unaccepted = (self.unaccepted + count(after)).saturating_sub(count(before));
        let features = self.features();
        match &mut self.kernel {
            Some(kernel) if features != told => kernel.maps.set_features(features),
            _ => Ok(()),
        }
    }

    /// What the program has to look for in every packet.
    fn features(&self) -> u32 {
        if self.unaccepted == 0 { 0 } else { FEATURE_NO_ACCEPT }
    }

    /// Leaves requests for `address` to the kernel.
    ///
    /// # Errors
    /// When the kernel refuses for another reason than that it was not there.
    pub fn remove_vip(&mut self, ifindex: u32, address: IpAddr) -> Result<(), MapError> {
        let Some(kernel) = &mut self.kernel else { return Ok(()) };
        let key = vip_key(ifindex, address);
        kernel.maps.remove_vip(key)?;
        let before = self.vips.remove(&key);
        self.count_unaccepted(before, None)
    }

    /// Permits answering for a router's addresses until then; [`Monotonic::ZERO`] forbids it.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn set_lease(&mut self, slot: Slot, until: Monotonic) -> Result<(), MapError> {
        self.kernel.as_mut().map_or(Ok(()), |kernel| kernel.maps.set_lease(slot, until))
    }

    /// When an advert with this fingerprint was last heard without an event for it.
    #[must_use]
    pub fn last_heard(&self, slot: Slot, fingerprint: u64) -> Monotonic {
        let kernel =
            self.kernel.as_ref().map_or(0, |kernel| kernel.maps.heard(slot).last(fingerprint));
        Monotonic::from_nanos(kernel.max(self.fallback.heard(slot).last(fingerprint)))
    }

    /// What has been counted for a router.
    #[must_use]
    pub fn counters(&self, slot: Slot) -> Counters {
        let mut counters = self.fallback.counters(slot);
        if let Some(kernel) = &self.kernel {
            counters.merge(&kernel.maps.counters(slot));
        }
        counters
    }

    /// What has been counted for the node.
    #[must_use]
    pub fn node_counters(&self) -> NodeCounters {
        let mut counters = self.fallback.node_counters();
        if let Some(kernel) = &self.kernel {
            counters.merge(&kernel.maps.node_counters());
        }
        counters
    }

    /// Clears a slot for a new router.
    ///
    /// # Errors
    /// When the kernel refuses.
    pub fn clear(&mut self, slot: Slot) -> Result<(), MapError> {
        self.fallback.clear(slot);
        self.kernel.as_mut().map_or(Ok(()), |kernel| kernel.maps.clear(slot))
    }

    /// The next advert that says something new; `None` when there is none for now.
    pub fn next_event(&mut self) -> Option<AdvertEvent> {
        self.kernel
            .as_mut()
            .and_then(|kernel| kernel.maps.next_event())
            .or_else(|| self.fallback.next_event())
    }

    /// The next claim of somebody else to a virtual address that this node answers for; `None` when
    /// there is none for now.
    pub fn next_conflict(&mut self) -> Option<ConflictEvent> {
        self.kernel.as_mut().and_then(|kernel| kernel.maps.next_conflict())
    }

    /// Judges a datagram of protocol 112 that came through a raw socket, IP header first.
    pub fn receive(&mut self, ifindex: u32, datagram: &[u8], at: Monotonic) -> Outcome {
        let outcome = self.fallback.receive(ifindex, datagram, at);
        if self.kernel.is_none() {
            // Elsewhere the program has counted what it left to the kernel.
            match outcome {
                Outcome::UnknownRouter => self.fallback.count_node(NodeCounter::UnknownRouter),
                Outcome::OutOfReach => self.fallback.count_node(NodeCounter::NotUnderstood),
                Outcome::Accepted | Outcome::Rejected(_) | Outcome::Deferred => {}
            }
        }
        outcome
    }

    /// Becomes readable when the program has published an event; `None` without a program.
    #[must_use]
    pub fn events_fd(&self) -> Option<io::Result<OwnedFd>> {
        self.kernel.as_ref().map(|kernel| kernel.maps.events.as_fd().try_clone_to_owned())
    }

    /// Becomes readable when the program has published a conflict; `None` without a program.
    #[must_use]
    pub fn conflicts_fd(&self) -> Option<io::Result<OwnedFd>> {
        self.kernel.as_ref().map(|kernel| kernel.maps.conflicts.as_fd().try_clone_to_owned())
    }

    /// Becomes readable when the program has traced something; `None` if it does not trace.
    #[must_use]
    pub fn trace_fd(&self) -> Option<io::Result<OwnedFd>> {
        self.kernel.as_ref().and_then(Kernel::trace_fd)
    }

    /// Passes on what the program has traced.
    pub fn flush_trace(&mut self) {
        if let Some(kernel) = &mut self.kernel {
            kernel.flush_trace();
        }
    }

    /// Detaches the programs from interfaces that a dead daemon used and this one does not.
    pub fn remove_unused_pins(&mut self) {
        if !std::mem::replace(&mut self.is_swept, true) {
            let kernel = self.kernel.as_ref();
            for direction in [Direction::Ingress, Direction::Egress] {
                tc::remove_filters(direction, |ifindex| {
                    kernel.is_some_and(|kernel| kernel.has_tc(direction, ifindex))
                });
            }
        }
        if let Some(kernel) = &self.kernel {
            kernel.remove_unused_pins();
        }
        if let Some(pins) = &self.left_behind {
            pins.remove_unused(&[]);
        }
    }

    /// Detaches everywhere and removes every pin.
    pub fn shut_down(&mut self) {
        if let Some(kernel) = &mut self.kernel {
            kernel.detach_all();
        }
        if let Some(pins) = &self.left_behind {
            pins.close();
        }
    }
}

fn router_key(router: RouterId) -> RouterKey {
    RouterKey {
        ifindex: router.ifindex,
        family: family_to_abi(router.family),
        vrid: router.vrid.get(),
        pad: [0; 2],
    }
}

/// Detaches everything that a dead daemon of this network namespace has pinned in `directory`, or left
/// without a pin. No other may be alive.
pub fn remove_left_behind(directory: &Path) {
    if let Some(pins) = Pins::find(directory) {
        pins.close();
    }
    for direction in [Direction::Ingress, Direction::Egress] {
        tc::remove_filters(direction, |_| false);
    }
}

fn peer_key(slot: Slot, address: IpAddr) -> PeerKey {
    PeerKey { address: to_abi(address), slot: slot.get() }
}

fn vip_key(ifindex: u32, address: IpAddr) -> VipKey {
    VipKey { address: to_abi(address), ifindex }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_the_object_and_its_maps() {
        for (hook, trace) in [
            (HookRequest::Generic, false),
            (HookRequest::Generic, true),
            (HookRequest::Tc, false),
            (HookRequest::Tc, true),
            (HookRequest::Auto, false),
        ] {
            let options = Options { hook, pins: None, trace };
            let mut plane = match DataPlane::load(&options) {
                Ok(plane) => plane,
                Err(error) if !nix::unistd::geteuid().is_root() => {
                    eprintln!("skipped: not root: {error}");
                    return;
                }
                Err(error) => panic!("{error}: {error:?}"),
            };
            let slot = Slot::new(4095).unwrap();
            plane.clear(slot).unwrap();
            plane.set_lease(slot, Monotonic::from_nanos(7)).unwrap();
            assert_eq!(plane.counters(slot), Counters::default());
            assert_eq!(plane.next_event(), None);
            assert_eq!(plane.trace_fd().is_some(), trace);
        }
    }
}
